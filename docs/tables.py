#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps the tables in docs/ as the programs print them, and the links between the pages whole.

  docs/tables.py BUILD             compares; 1 when a page is not what the programs in BUILD/bin print, or a link leads
                                   to a file that is not there
  docs/tables.py BUILD --update    writes them into the pages

A table stands between two comments in a page:

  <!-- table: binome-broker config -->      the output of `binome-broker --markdown config`
  <!-- end of table -->
"""

import pathlib
import re
import subprocess
import sys

DOCS = pathlib.Path(__file__).resolve().parent
TABLE = re.compile(r"(<!-- table: ([a-z-]+) ([a-z-]+) -->\n)(.*?)(<!-- end of table -->)", re.S)


def printed(build, program, what):
    result = subprocess.run(
        [build / "bin" / program, "--markdown", what], capture_output=True, text=True, check=True, timeout=30
    )
    return "\n" + result.stdout.strip("\n") + "\n\n"


def broken_links():
    pages = [*DOCS.glob("*.md"), DOCS.parent / "README.md"]
    for page in sorted(pages):
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                yield f"{page.relative_to(DOCS.parent)}: there is no {target}"


def main(arguments):
    if not arguments or len(arguments) > 2 or (len(arguments) == 2 and arguments[1] != "--update"):
        sys.exit(__doc__)
    build = pathlib.Path(arguments[0]).resolve()
    stale, tables = [], 0
    for page in sorted(DOCS.glob("*.md")):
        old = page.read_text()
        new = TABLE.sub(lambda m: m[1] + printed(build, m[2], m[3]) + m[5], old)
        tables += len(TABLE.findall(old))
        if new == old:
            continue
        stale.append(page.name)
        if len(arguments) == 2:
            page.write_text(new)
    if len(arguments) == 2:
        print(f"{tables} tables, changed in: {', '.join(stale) or 'none'}")
        return 0
    for name in stale:
        print(f"docs/{name} is not what the programs print: run docs/tables.py {arguments[0]} --update")
    broken = list(broken_links())
    print("\n".join(broken), end="\n" if broken else "")
    return 1 if stale or broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
