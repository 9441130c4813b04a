#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads every #include and refuses those that go against the arrows: clients -> proto <- services.

The two tables below are the rule (docs/architecture.md, section 5). Run with the root of the tree; prints what is wrong.
"""

import os
import pathlib
import re
import sys

# Folder (the longest that fits decides) -> what its files may include by path below proto/, services/ and clients/.
# A name that ends in / is a folder with all below it. Generated messages are binome/v1/ and google/.
MESSAGES = ["binome/v1/", "google/protobuf/"]
MAY_INCLUDE = {
    "proto/base/": ["base/"],
    "proto/wire/": ["base/", "wire/", *MESSAGES],
    "proto/text/": ["base/", "wire/", "text/", *MESSAGES],
    "proto/link/": ["base/", "wire/", "link/", *MESSAGES],
    "services/common/": ["base/", "wire/", "text/", "link/", "common/", *MESSAGES],
    "services/broker/": ["base/", "wire/", "text/", "link/", "common/", "broker/", *MESSAGES],
    "services/registry/rules/": [
        "base/", "wire/", "registry/rules/", "registry/record.h", "registry/view.h", *MESSAGES,
    ],
    "services/registry/store/": [
        "base/", "wire/", "registry/store/", "registry/record.h", "registry/view.h", *MESSAGES,
    ],
    "services/registry/match/": ["base/", "wire/", "registry/match/", "registry/view.h", *MESSAGES],
    "services/registry/match/eval/": ["base/", "text/", "registry/match/", "registry/view.h"],
    "services/registry/": ["base/", "wire/", "text/", "link/", "common/", "registry/", *MESSAGES],
    "services/portal/": ["base/", "wire/", "text/", "link/", "common/", "portal/", "binome/binome.h", *MESSAGES],
    "clients/libbinome/": ["base/", "wire/", "text/", "link/", "libbinome/", "binome/binome.h", *MESSAGES],
    "clients/agent/": ["base/", "wire/", "text/", "link/", "agent/", "binome/binome.h", *MESSAGES],
    "clients/cli/": ["base/", "wire/", "text/", "cli/", "binome/binome.h", "libbinome/profile.h", *MESSAGES],
}  # fmt: skip

# System header -> folders whose files may include it. What is not named here is anybody's.
MAY_USE = {
    "sqlite3.h": ["services/registry/store/", "clients/agent/spool/"],
    "zmq.h": [
        "proto/link/", "services/common/", "services/broker/", "services/registry/", "clients/libbinome/",
        "clients/agent/",
    ],
    "libstemmer.h": ["services/registry/match/"],
    "yaml.h": ["proto/text/"],
    "jansson.h": ["proto/text/"],
    "sodium.h": ["proto/base/", "proto/text/", "services/broker/"],
    "protobuf-c/protobuf-c.h": ["proto/wire/", "proto/text/", "services/registry/", "clients/"],
    "sys/socket.h": ["proto/base/", "proto/link/", "services/common/", "clients/"],
}  # fmt: skip
# Within a folder of MAY_USE, these parts may not after all.
BUT_NOT = {"zmq.h": ["services/registry/rules/", "services/registry/store/", "services/registry/match/"]}

# (folder, pattern, why): calls that a header cannot show.
MAY_NOT_CALL = [
    ("services/registry/rules/", r"\b(bn_clock_\w+|time|clock_gettime|gettimeofday)\s*\(", "rules take the time as an argument"),
    ("services/registry/match/", r"\b(bn_clock_wall_ms|time|gettimeofday)\s*\(", "the index gives the same answer at any time"),
    ("services/broker/", r"\bbinome__v1__(request|event)__unpack\s*\(", "the broker never decodes a body"),
]  # fmt: skip

SPDX = "SPDX-License-Identifier: Apache-2.0"
SOURCES = re.compile(r"(\.(c|h|proto|py|sh|cmake|sql|yaml|yml|txt\.in|h\.in)|CMakeLists\.txt)$")
SKIP_FOLDERS = {".git", "build", "__pycache__", ".cache"}


def files_of(root):
    for folder, names, files in os.walk(root):
        names[:] = sorted(n for n in names if n not in SKIP_FOLDERS)
        for file in sorted(files):
            path = pathlib.Path(folder) / file
            if not path.is_symlink():
                yield path.relative_to(root).as_posix(), path


def fits(name, patterns):
    return any(name == p or (p.endswith("/") and name.startswith(p)) for p in patterns)


def check_includes(name, text):
    wrong = []
    folders = [f for f in MAY_INCLUDE if name.startswith(f)]
    if not folders:
        if name.startswith(("proto/", "services/", "clients/")):
            return [f"{name}: in a folder that the table does not know"]
        return []
    allowed = MAY_INCLUDE[max(folders, key=len)]
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match is None:
            continue
        quote, header = match.groups()
        if quote == '"' and not fits(header, allowed):
            wrong.append(f'{name}:{number}: may not include "{header}"')
        if quote == "<" and header in MAY_USE:
            if not fits(name, MAY_USE[header]) or fits(name, BUT_NOT.get(header, [])):
                wrong.append(f"{name}:{number}: may not include <{header}>")
    # Comments may name what the code must not call.
    code = re.sub(r"/\*.*?\*/|//[^\n]*", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)
    for folder, pattern, why in MAY_NOT_CALL:
        if name.startswith(folder):
            for number, line in enumerate(code.splitlines(), 1):
                if re.search(pattern, line):
                    wrong.append(f"{name}:{number}: {why}")
    return wrong


def check(root):
    """The list of what is wrong below root."""
    wrong = []
    for name, path in files_of(root):
        source = SOURCES.search(name)
        if not source:
            with path.open("rb") as file:
                source = file.read(2) == b"#!"
        if not source:
            continue
        text = path.read_text(errors="replace")
        if SPDX not in "\n".join(text.splitlines()[:2]):
            wrong.append(f"{name}: no line with {SPDX} at its head")
        if name.endswith((".c", ".h")):
            wrong += check_includes(name, text)
    return wrong


if __name__ == "__main__":
    findings = check(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    print("\n".join(findings), end="\n" if findings else "")
    sys.exit(1 if findings else 0)
