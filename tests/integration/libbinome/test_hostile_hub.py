# SPDX-License-Identifier: Apache-2.0
"""A hub that lies: replies without what they should hold, with what nobody asked for, of wild numbers and texts.

Whatever it says, the command ends by itself with one of its exit codes, within its time and its memory, and no
sanitizer has a word to say. Random replies come from a seed that is printed; BINOME_SEED repeats it.
"""

import os
import pathlib
import random
import resource
import subprocess
import sys
import threading
import time

import pytest
import zmq

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))

import hub as hub_module  # noqa: E402

hub_module.stubs()

from binome.v1 import envelope_pb2, reply_pb2  # noqa: E402
from google.protobuf.descriptor import FieldDescriptor as Field  # noqa: E402

ROUNDS = int(os.environ.get("BINOME_HOSTILE_ROUNDS", "8"))
EXITS = {0, 64, 65, 69, 77}
HELLO, BYE, REPLY = 1, 3, 5
OK, UNAVAILABLE = 0, 14
MEMORY = 256 * 1024 * 1024
PROGRAM = hub_module.build_folder() / "bin" / "binome"
SANITIZED = any(mark in PROGRAM.read_bytes() for mark in (b"__asan_init", b"__tsan_init"))  # they want all addresses
ID = "01890a5d-ac96-774b-bcce-b302099a8057"

PROPOSAL = "workstream: ai\ntitle: Predict failures\nsummary: A model.\nvisibility: programme\nlanguage: en\n"
COMMANDS = [
    ["show", ID],
    ["show", "some-slug"],
    ["show", "ai", "--json"],
    ["list", "proposals"],
    ["list", "proposals", "--json"],
    ["list", "offers"],
    ["list", "orgs"],
    ["list", "workstreams"],
    ["list", "keys"],
    ["match", ID],
    ["match", "--text", "pumps", "--json"],
    ["status", "list", ID],
    ["status", ID, "--progress", "10", "--yes"],
    ["propose", "{proposal}", "--yes"],
    ["propose", "{proposal}", "--dry-run"],
    ["propose", "revise", ID, "{proposal}", "--yes"],
    ["propose", "withdraw", ID, "--reason", "done", "--yes"],
    ["offer", "retire", ID, "--reason", "old", "--yes"],
    ["org", "show", "some-slug"],
    ["org", "list", "--json"],
    ["offer", "revise", ID, "--title", "Another", "--yes"],
    ["admin", "list"],
    ["admin", "suspend", "some-slug", "--reason", "why", "--yes"],
    ["export", "{out}"],
]


class LyingHub(threading.Thread):
    """CURVE on 127.0.0.1, everybody let in; answer(request header, body) gives what to send to a request."""

    def __init__(self, answer, welcome=None):
        super().__init__(daemon=True)
        self.public, secret = zmq.curve_keypair()
        self.answer, self.welcome = answer, welcome or reply_pb2.Reply
        self.hellos = self.requests = 0
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.ROUTER)
        self.socket.curve_server, self.socket.curve_secretkey, self.socket.linger = True, secret, 0
        self.socket.router_handover = 1
        port = self.socket.bind_to_random_port("tcp://127.0.0.1")
        self.endpoint = f"tcp://127.0.0.1:{port}"
        self.ending = threading.Event()

    def run(self):
        while not self.ending.is_set():
            if not self.socket.poll(20):
                continue
            frames = self.socket.recv_multipart()
            header = envelope_pb2.Header.FromString(frames[1])
            if header.kind == HELLO:
                self.hellos += 1
                self.send(frames[0], self.header_to(header), self.welcome().SerializeToString())
            elif header.body_type:
                self.requests += 1
                for head, body in self.answer(header, frames[2]):
                    self.send(frames[0], head, body)

    def send(self, peer, header, body):
        head = header if isinstance(header, bytes) else header.SerializeToString()
        self.socket.send_multipart([peer, head, *(body if isinstance(body, list) else [body])])

    @staticmethod
    def header_to(asked, code=OK, **more):
        return envelope_pb2.Header(version=1, kind=REPLY, in_reply_to=asked.request_id, code=code, **more)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join()
        self.context.destroy(linger=0)


def a_welcome():
    reply = reply_pb2.Reply()
    reply.welcome.SetInParent()
    return reply


@pytest.fixture
def company(tmp_path):
    """A profile folder and files to send; run() runs the command against a hub."""
    return Company(tmp_path)


class Company:
    def __init__(self, folder):
        self.folder, self.profile = folder, folder / "profile"
        self.profile.mkdir(mode=0o700)
        _, secret = hub_module.keypair()
        hub_module.write_private(self.profile / "key.secret", secret + "\n")
        (folder / "proposal.yaml").write_text(PROPOSAL)

    def run(self, hub, words, seconds=2):
        (self.profile / "profile.yaml").write_text(
            hub_module.yaml_text({"hub": hub.endpoint, "hub_key": hub.public.decode(), "organisation": "some-slug"})
        )
        words = [word.format(proposal=self.folder / "proposal.yaml", out=self.folder / "out") for word in words]
        environment = dict(
            os.environ, LC_ALL="C.UTF-8", ASAN_OPTIONS="exitcode=99", UBSAN_OPTIONS="exitcode=99:print_stacktrace=1"
        )
        environment.pop("BINOME_PROFILE", None)
        before = time.monotonic()
        ran = subprocess.run(
            [str(PROGRAM), *words, "--profile", str(self.profile),
             "--timeout", str(seconds)],
            capture_output=True, env=environment, timeout=60, stdin=subprocess.DEVNULL,
            preexec_fn=None if SANITIZED else lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
        )  # fmt: skip
        took = time.monotonic() - before
        texts = [text.decode(errors="replace") for text in (ran.stdout, ran.stderr)]
        said = f"binome {' '.join(words)}: {ran.returncode}\n{texts[0][-2000:]}\n{texts[1][-6000:]}"
        assert ran.returncode in EXITS, said
        assert took < 20, f"{took} s: {said}"
        return ran


# ---- replies by descriptor ----

TEXTS = ["", "x", "%s%n", "\n\t", "é" * 300, "\x1b[31m", "0", "-1", ID, "phase.role", "key.revoked", "{field}", "a" * 5000]


def scalar(field, rng):
    if field.type == Field.TYPE_STRING:
        return rng.choice(TEXTS)
    if field.type == Field.TYPE_BYTES:
        return rng.randbytes(rng.choice([0, 1, 16, 32, 33]))
    if field.type == Field.TYPE_BOOL:
        return rng.random() < 0.5
    if field.type == Field.TYPE_ENUM:
        return rng.choice([0, 1, 2, 3, 9, 77, 2**31 - 1, -1])
    if field.type in (Field.TYPE_DOUBLE, Field.TYPE_FLOAT):
        return rng.choice([0.0, 1e300, float("inf"), float("nan")])
    signed = field.type in (Field.TYPE_INT32, Field.TYPE_INT64, Field.TYPE_SINT32, Field.TYPE_SINT64)
    wide = field.type in (Field.TYPE_INT64, Field.TYPE_SINT64, Field.TYPE_UINT64, Field.TYPE_FIXED64)
    most = 2 ** ((64 if wide else 32) - (1 if signed else 0)) - 1
    return rng.choice([0, 1, 3, 100, 1000, most] + ([-1, -most - 1] if signed else []))


def fill(message, rng, density, depth=0):
    for field in message.DESCRIPTOR.fields:
        if rng.random() > density or depth > 4:
            continue
        if field.label == Field.LABEL_REPEATED:
            values = getattr(message, field.name)
            for _ in range(rng.choice([1, 2, 7])):
                if field.type == Field.TYPE_MESSAGE:
                    fill(values.add(), rng, density, depth + 1)
                else:
                    values.append(scalar(field, rng))
        elif field.type == Field.TYPE_MESSAGE:
            inner = getattr(message, field.name)
            inner.SetInParent()
            fill(inner, rng, density, depth + 1)
        else:
            setattr(message, field.name, scalar(field, rng))
    return message


MEMBERS = [field.name for field in reply_pb2.Reply.DESCRIPTOR.oneofs[0].fields]


def a_reply(rng):
    """Some member or none, some of its fields or none; sometimes an error and a receipt as well."""
    reply = reply_pb2.Reply()
    density = rng.choice([0.0, 0.3, 0.7, 1.0])
    fill(reply, rng, density)
    reply.ClearField(reply_pb2.Reply.DESCRIPTOR.oneofs[0].fields[0].name)
    for name in MEMBERS:
        reply.ClearField(name)
    if rng.random() < 0.9:
        inner = getattr(reply, rng.choice(MEMBERS))
        inner.SetInParent()
        fill(inner, rng, density)
    return reply


# ---- tests ----


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_reply_of_any_kind_is_no_harm(words, company):
    seed = int(os.environ.get("BINOME_SEED") or time.time_ns() % 2**32)
    print(f"BINOME_SEED={seed}")
    rng = random.Random(f"{seed} {words}")

    def answer(header, _):
        code = rng.choice([OK] * 6 + [rng.randrange(0, 20), 2**31 - 1])
        yield hub.header_to(header, code), a_reply(rng).SerializeToString()

    with LyingHub(answer, a_welcome) as hub:
        for _ in range(ROUNDS):
            company.run(hub, words, seconds=1)
        assert hub.requests > 0


@pytest.mark.parametrize("member", MEMBERS)
def test_a_reply_with_an_empty_member_is_no_harm(member, company):
    def answer(header, _):
        reply = reply_pb2.Reply()
        getattr(reply, member).SetInParent()
        yield hub.header_to(header), reply.SerializeToString()

    with LyingHub(answer, a_welcome) as hub:
        for words in (["show", ID], ["list", "proposals"], ["match", ID], ["status", "list", ID], ["org", "show", "x-y"]):
            company.run(hub, words)


def test_replies_to_nobody_and_replies_twice_are_passed_over(company):
    def answer(header, _):
        other = envelope_pb2.Header(version=1, kind=REPLY, in_reply_to=os.urandom(16))
        reply = reply_pb2.Reply()
        reply.proposal_page.SetInParent()
        good = hub.header_to(header)
        body = reply.SerializeToString()
        yield other, body
        yield envelope_pb2.Header(version=1, kind=REPLY), body
        yield b"\xff" * 300, body
        yield good.SerializeToString(), [body, b"a third frame"]
        yield envelope_pb2.Header(version=1, kind=99), body
        yield good, body
        yield good, body

    with LyingHub(answer, a_welcome) as hub:
        company.run(hub, ["list", "proposals"])
        assert hub.requests >= 1


def test_a_reply_that_is_too_large_ends_at_the_limit_of_time_and_memory(company):
    def answer(header, _):
        yield hub.header_to(header), bytes(64 * 1024 * 1024)

    with LyingHub(answer, a_welcome) as hub:
        assert company.run(hub, ["list", "proposals"], seconds=3).returncode == 69
        assert hub.requests <= 8


def test_a_reply_of_a_million_parts_is_refused_before_it_is_unpacked(company):
    def answer(header, _):
        yield hub.header_to(header), b"\x0a\x00" * 500_000

    with LyingHub(answer, a_welcome) as hub:
        company.run(hub, ["list", "proposals"])


def wild_welcome(rng):
    reply = reply_pb2.Reply()
    reply.welcome.SetInParent()
    fill(reply.welcome, rng, rng.choice([0.2, 0.6, 1.0]))
    return reply


def test_a_wild_welcome_neither_stops_nor_spins_the_client(company):
    rng = random.Random(int(os.environ.get("BINOME_SEED") or time.time_ns() % 2**32))
    welcomes = [lambda: wild_welcome(rng) for _ in range(20)]
    welcomes += [reply_pb2.Reply, lambda: a_reply(rng)]

    def answer(header, _):
        yield hub.header_to(header), reply_pb2.Reply().SerializeToString()

    for welcome in welcomes:
        with LyingHub(answer, welcome) as hub:
            company.run(hub, ["list", "proposals"], seconds=1)
            assert hub.hellos < 20 and hub.requests < 50


@pytest.mark.parametrize("retry_after_ms", [0, 1, 2**32 - 1])
def test_never_now_is_tried_again_with_patience_and_given_up_in_time(retry_after_ms, company):
    def answer(header, _):
        yield hub.header_to(header, UNAVAILABLE, retry_after_ms=retry_after_ms), reply_pb2.Reply().SerializeToString()

    with LyingHub(answer, a_welcome) as hub:
        assert company.run(hub, ["list", "proposals"], seconds=3).returncode == 69
        assert hub.requests <= 6


def test_bye_after_every_hello_is_given_up_in_time(company):
    def answer(header, _):
        yield envelope_pb2.Header(version=1, kind=BYE), b""

    with LyingHub(answer, a_welcome) as hub:
        assert company.run(hub, ["list", "proposals"], seconds=3).returncode == 69
        assert hub.hellos <= 6
