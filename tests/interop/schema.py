#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the .proto files with what was recorded, so that no number is ever changed or used again.

  schema.py            compares; 1 when something is wrong, with a sentence for each
  schema.py --update   records what was added or taken away; refuses what must never happen

The record, schema/v1.txt, has a line for each field and enum value. A field that is taken away stays in it as `gone`:
its number and its name must be reserved in the .proto file and may never come back. Numbers that are reserved for a
later family are free until that family uses them, so reserved ranges alone are not recorded.
"""

import pathlib
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECORD = pathlib.Path(__file__).resolve().parent / "schema" / "v1.txt"
HEAD = """\
# SPDX-License-Identifier: Apache-2.0
# Every field and enum value that was ever on the wire. Written by tests/interop/schema.py --update, not by hand.
# message number name label type [oneof]     enum number name     gone: taken away, never to be used again
"""


def describe(proto_folder=ROOT / "proto"):
    """({(owner, number): "name label type [oneof]"}, {owner: (reserved ranges, reserved names)})"""
    proto_folder = pathlib.Path(proto_folder)
    protos = sorted((proto_folder / "binome" / "v1").glob("*.proto"))
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(
            ["protoc", f"-I{proto_folder}", f"--descriptor_set_out={out.name}", *map(str, protos)], check=True
        )
        files = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(out.name).read_bytes())
    lines, reserved = {}, {}

    def message(prefix, m):
        owner = f"{prefix}.{m.name}"
        reserved[owner] = ([(r.start, r.end - 1) for r in m.reserved_range], set(m.reserved_name))
        for f in m.field:
            label = "repeated" if f.label == f.LABEL_REPEATED else "single"
            type = f.type_name.lstrip(".") or descriptor_pb2.FieldDescriptorProto.Type.Name(f.type)[5:].lower()
            oneof = " " + m.oneof_decl[f.oneof_index].name if f.HasField("oneof_index") else ""
            lines[owner, f.number] = f"{f.name} {label} {type}{oneof}"
        for inner in m.nested_type:
            message(owner, inner)
        for inner in m.enum_type:
            enum(owner, inner)

    def enum(prefix, e):
        owner = f"{prefix}.{e.name}"
        reserved[owner] = ([(r.start, r.end) for r in e.reserved_range], set(e.reserved_name))
        for v in e.value:
            lines[owner, v.number] = v.name

    for file in files.file:
        for m in file.message_type:
            message(file.package, m)
        for e in file.enum_type:
            enum(file.package, e)
    return lines, reserved


def read_record(path=RECORD):
    """({(owner, number): text}, {(owner, number): text of those gone})"""
    here, gone = {}, {}
    if path.exists():
        for line in path.read_text().splitlines():
            if line and not line.startswith("#"):
                owner, number, text = line.split(" ", 2)
                if text.startswith("gone "):
                    gone[owner, int(number)] = text[len("gone ") :]
                else:
                    here[owner, int(number)] = text
    return here, gone


def compare(now, reserved, here, gone):
    """(what must never happen, what is only not recorded yet)"""
    wrong, news = [], []

    def is_kept(owner, number, name):
        ranges, names = reserved.get(owner, ([], set()))
        return any(first <= number <= last for first, last in ranges) and name in names

    for (owner, number), text in here.items():
        found = now.get((owner, number))
        name = text.split(" ")[0]
        if found is not None and found != text:
            wrong.append(f"{owner} {number} was `{text}` and is now `{found}`")
        elif found is None and owner in reserved and not is_kept(owner, number, name):
            wrong.append(f"{owner} {number} `{name}` was taken away: reserve both the number and the name")
        elif found is None and owner not in reserved:
            wrong.append(f"{owner} was taken away; keep it, empty, with its numbers and names reserved")
        elif found is None:
            news.append(f"{owner} {number} `{name}` is gone")
    for (owner, number), text in gone.items():
        name = text.split(" ")[0]
        if (owner, number) in now or not is_kept(owner, number, name):
            wrong.append(f"{owner} {number} `{name}` was taken away once: number and name must stay reserved")
    for (owner, number), text in now.items():
        if (owner, number) not in here and (owner, number) not in gone:
            news.append(f"{owner} {number} `{text}` is new")
    return wrong, news


def write_record(now, here, gone, path=RECORD):
    gone = {**gone, **{key: text for key, text in here.items() if key not in now}}
    lines = {**{key: text for key, text in now.items()}, **{key: f"gone {text}" for key, text in gone.items()}}
    path.parent.mkdir(exist_ok=True)
    path.write_text(HEAD + "".join(f"{owner} {number} {text}\n" for (owner, number), text in sorted(lines.items())))


def main(arguments):
    if arguments not in ([], ["--update"]):
        sys.exit(__doc__)
    now, reserved = describe()
    here, gone = read_record()
    wrong, news = compare(now, reserved, here, gone)
    for line in wrong:
        print(f"must not be: {line}")
    if wrong:
        return 1
    if arguments == ["--update"]:
        write_record(now, here, gone)
        print(f"recorded {len(news)} changes")
        return 0
    for line in news:
        print(f"not recorded: {line}")
    if news:
        print("run tests/interop/schema.py --update and commit the record with the change")
    return 1 if news else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
