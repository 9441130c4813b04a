# SPDX-License-Identifier: Apache-2.0
"""The JSON and YAML of text/message.h against Google's own json_format, both ways, on random messages.

json_format_test.py BRIDGE PROTO_FOLDER; ends with 77 (skipped) where Python has no protobuf or protoc is missing.
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

try:
    from google.protobuf import descriptor_pb2, json_format  # noqa: F401
except ImportError:
    print("skipped: no protobuf for this Python")
    sys.exit(77)

# In the order of contract.h.
TYPES = ["envelope.Header", "envelope.Origin", "request.Request", "reply.Reply", "event.Event", "link.Link",
         "stats.Stats", "proposal.Proposal", "offer.Offer", "organisation.Organisation", "programme.Programme",
         "programme.Workstream", "common.Receipt", "proposal.StatusUpdate"]
ROUNDS = 1500


def load_types(folder, proto):
    names = sorted("binome/v1/" + name for name in os.listdir(proto + "/binome/v1") if name.endswith(".proto"))
    subprocess.run(["protoc", "--python_out=" + folder, "-I" + proto] + names, check=True)
    sys.path.insert(0, folder)
    found = []
    for name in TYPES:
        module, kind = name.split(".")
        found.append(getattr(__import__("binome.v1.%s_pb2" % module, fromlist=[kind]), kind))
    return found


class Bridge:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, verb, kind, data):
        self.process.stdin.write("%s %d %s\n" % (verb, kind, data.hex()))
        self.process.stdin.flush()
        word, _, rest = self.process.stdout.readline().strip().partition(" ")
        return bytes.fromhex(rest) if word == "OK" else None, rest

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def random_text(rng):
    pieces = ["word ", "a", "é", "\n", "\t", " ", "1", '"', "\\", ": ", "😀", "/", "#", "\u2028", "\x07", "\x85", "\ufeff",
              "true", "null", "a sentence that is long enough to have blocks folded at the end of a line, "]
    return "".join(rng.choice(pieces) for _ in range(rng.randrange(16)))


def random_value(rng, field):
    kind = field.cpp_type
    if kind == field.CPPTYPE_STRING:
        return rng.randbytes(rng.randrange(40)) if field.type == field.TYPE_BYTES else random_text(rng)
    if kind == field.CPPTYPE_BOOL:
        return rng.random() < 0.5
    if kind == field.CPPTYPE_ENUM:
        return rng.choice(field.enum_type.values).number
    low, high = {field.CPPTYPE_INT32: (-2**31, 2**31 - 1), field.CPPTYPE_UINT32: (0, 2**32 - 1),
                 field.CPPTYPE_INT64: (-2**63, 2**63 - 1), field.CPPTYPE_UINT64: (0, 2**64 - 1)}[kind]
    return rng.choice([low, high, 0, 1, rng.randint(low, high)])


def fill(rng, message):
    if message.DESCRIPTOR.full_name == "google.protobuf.Timestamp":
        message.seconds = rng.randint(-62135596800, 253402300799)
        message.nanos = rng.randrange(10**9) // rng.choice([1, 1, 1000, 10**6]) * rng.choice([1, 1000, 10**6]) % 10**9
        return
    for field in message.DESCRIPTOR.fields:
        if rng.random() < 0.5:
            continue
        repeated = field.label == field.LABEL_REPEATED
        for _ in range(rng.randrange(3) if repeated else 1):
            if field.message_type:
                inner = getattr(message, field.name).add() if repeated else getattr(message, field.name)
                inner.SetInParent() if not repeated else None
                fill(rng, inner)
            elif repeated:
                getattr(message, field.name).append(random_value(rng, field))
            else:
                setattr(message, field.name, random_value(rng, field))


def check(condition, *what):
    if not condition:
        print("FAILED:", *what)
        sys.exit(1)


def one_round(rng, bridge, kind, make):
    message = make()
    fill(rng, message)
    packed = message.SerializeToString()
    for verb in ("json", "pretty"):
        text, why = bridge.ask(verb, kind, packed)
        check(text is not None, verb, why, message)
        check(json_format.Parse(text.decode(), make()) == message, "ours read by Google's differs", text.decode(), message)
    for names in (True, False):
        theirs = json_format.MessageToJson(message, preserving_proto_field_name=names,
                                           including_default_value_fields=rng.random() < 0.3)
        back, why = bridge.ask("from-json", kind, theirs.encode())
        check(back is not None, why, theirs)
        check(make.FromString(back) == message, "Google's read by ours differs", theirs)
    yaml, why = bridge.ask("yaml", kind, packed)
    check(yaml is not None, why)
    back, why = bridge.ask("from-yaml", kind, yaml)
    check(back is not None, why, yaml.decode())
    check(make.FromString(back) == message, "YAML differs", yaml.decode(), message)


def main():
    if shutil.which("protoc") is None:
        print("skipped: no protoc")
        return 77
    seed = int(os.environ.get("BINOME_SEED") or time.time())
    print("BINOME_SEED=%d" % seed, flush=True)
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="binome-test-") as folder:
        types = load_types(folder, sys.argv[2])
        bridge = Bridge(sys.argv[1])
        for round_number in range(ROUNDS):
            kind = round_number % len(types)
            one_round(rng, bridge, kind, types[kind])
        check(bridge.close() == 0, "the bridge ended badly")
    print("%d messages of %d types, the same both ways" % (ROUNDS, len(types)))
    return 0


sys.exit(main())
