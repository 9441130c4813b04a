# SPDX-License-Identifier: Apache-2.0
"""Whatever comes over an authenticated connection gets a named refusal, hurts nobody else and stops nothing.

BINOME_SEED repeats a run of the random part.
"""

import os
import random
import subprocess
import threading
import time

import client
import pytest
import zmq
from binome.v1 import common_pb2, envelope_pb2, request_pb2
from hub import Hub, wait_for
from test_proposal import a_proposal

SEED = int(os.environ.get("BINOME_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)


@pytest.fixture(scope="module")
def hub():
    """Handshakes without end, so that a kicked connection can come back at once."""
    limits = {"handshakes_per_minute": 1_000_000, "connections_per_key": 1000}
    with Hub(broker={"limits": limits}) as running:
        yield running


@pytest.fixture(scope="module")
def mallory(hub):
    return hub.enrol("mallory")


@pytest.fixture(scope="module")
def witness(hub):
    """An honest organisation; each test ends with the proof that it is served as before."""
    return hub.enrol("temoin")


@pytest.fixture(autouse=True)
def others_are_served(hub, witness):
    yield
    assert hub.alive("broker") and hub.alive("registry")
    with hub.client(witness) as c:
        c.call(a_proposal("Témoin")).expect_ok()


def request_header(type, request_id, **fields):
    fields.setdefault("version", 1)
    fields.setdefault("kind", envelope_pb2.KIND_REQUEST)
    return envelope_pb2.Header(request_id=request_id, body_type=type, **fields).SerializeToString()


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, data):
    """A length-delimited field, by hand."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def submit_body(proposal_bytes, salt=bytes(range(16))):
    return field(1, salt) + field(60, field(1, proposal_bytes))


GOOD = field(1, b"ai") + field(4, b"Titre") + b"\x70\x04" + field(17, b"fr")


def test_the_body_made_by_hand_is_a_good_one(hub, mallory):
    with hub.client(mallory) as c:
        c.call_packed(60, submit_body(GOOD, os.urandom(16))).expect_ok()


# -- frames ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3, 4, 1000])
def test_the_third_message_of_a_wrong_number_of_frames_ends_the_connection(hub, mallory, count):
    with hub.client(mallory) as c:
        type, body = c.pack(a_proposal("Deux trames"))
        frames = [request_header(type, client.new_id())] + [body] * (count - 1)
        for _ in range(2):
            c.send_frames(frames)
            (reply,) = c.replies_before_heartbeat()
            reply.expect("INVALID_ARGUMENT", "frame.wrong_count")
            assert reply.header.in_reply_to == b""
        c.send_frames(frames)
        assert c.disconnected()


def test_a_request_in_three_frames_is_not_done(hub, mallory):
    with hub.client(mallory) as c:
        type, body = c.pack(a_proposal("Trois trames"))
        request_id = client.new_id()
        c.send_frames([request_header(type, request_id), body, b""])
        c.query("proposal_get", id=client.id_text(request_id)).expect("NOT_FOUND")


def test_truncated_headers_stop_nothing(hub, mallory):
    """Cut at the end of a field it is another good header; cut anywhere else it is refused or dropped."""
    with hub.client(mallory) as c:
        type, body = c.pack(a_proposal("Tronqué"))
        request_id = client.new_id()
        header = request_header(type, request_id, timeout_ms=30_000)
        for size in range(len(header)):
            c.send_frames([header[:size], body])
            try:
                id_read = envelope_pb2.Header.FromString(header[:size]).request_id == request_id
            except Exception:
                id_read = size > header.index(request_id) + 16
            replies = c.replies_before_heartbeat()
            if id_read and not replies:
                c.answer_to(request_id)
            for reply in replies:
                assert id_read and reply.header.in_reply_to == request_id, f"cut at {size}"


def test_a_header_that_is_too_long_does_nothing(hub, mallory):
    with hub.client(mallory) as c:
        type, body = c.pack(a_proposal("Long"))
        request_id = client.new_id()
        c.send_frames([request_header(type, request_id) + field(100, bytes(300)), body])
        for reply in c.replies_before_heartbeat():
            reply.expect("INVALID_ARGUMENT", "header.too_long")
            assert reply.header.in_reply_to == request_id
        c.query("proposal_get", id=client.id_text(request_id)).expect("NOT_FOUND")


def test_unknown_header_fields_are_ignored(hub, mallory):
    with hub.client(mallory) as c:
        type, body = c.pack(a_proposal("Champ inconnu"))
        request_id = client.new_id()
        c.send_frames([request_header(type, request_id) + field(100, b"later"), body])
        c.answer_to(request_id).expect_ok()


@pytest.mark.parametrize("version", [0, 2, 2**32 - 1])
def test_an_unknown_version_is_refused_with_the_versions_that_are_known(hub, mallory, version):
    with hub.client(mallory) as c:
        type, body = c.pack(a_proposal("Version"))
        request_id = client.new_id()
        c.send_frames([request_header(type, request_id, version=version), body])
        answer = c.answer_to(request_id).expect("UNIMPLEMENTED", "header.version_unsupported")
        params = {p.name: p.value for p in answer.body.error.violations[0].params}
        assert params["min"] == "1" and params["max"] == "1"
    with hub.client(mallory, hello=False) as c:
        with pytest.raises(client.SessionRefused) as refusal:
            c.hello(version=version)
        refusal.value.answer.expect("UNIMPLEMENTED", "header.version_unsupported")


@pytest.mark.parametrize("request_id", [b"", b"short", bytes(range(17))])
def test_a_request_without_an_id_of_16_bytes_is_dropped(hub, mallory, request_id):
    with hub.client(mallory) as c:
        before = counter(hub, "dropped_malformed_total")
        type, body = c.pack(a_proposal("Sans identité"))
        c.send_frames([request_header(type, request_id), body])
        assert c.replies_before_heartbeat() == []
        wait_for(lambda: counter(hub, "dropped_malformed_total") == before + 1, "one more dropped message", 5)
        titles = [p.title for p in c.query("proposal_list", owner="me").expect_ok().body.proposal_page.proposals]
        assert "Sans identité" not in titles


def counter(hub, name):
    """As of the newest snapshot: up to a second old."""
    return {c.name: c.value for c in hub.stats().counters}[name]


@pytest.mark.parametrize("kind", [0, 5, 6, 7, 8, 16, 99, 2**31 - 1])
def test_a_kind_that_a_client_may_not_send_is_refused(hub, mallory, kind):
    with hub.client(mallory) as c:
        request_id = client.new_id()
        header = varint(1 << 3) + b"\x01" + varint(2 << 3) + varint(kind) + field(3, request_id)
        c.send_frames([header, b""])
        c.answer_to(request_id).expect("INVALID_ARGUMENT", "header.kind_unexpected")


def test_a_header_type_that_is_not_the_bodys_is_refused(hub, mallory):
    with hub.client(mallory) as c:
        _, body = c.pack(a_proposal("Type"))
        for type in (0, 20, 61, 300, 2**32 - 1):
            answer = c.call_packed(type, body)
            answer.expect("INVALID_ARGUMENT", "header.type")


# -- bodies ----------------------------------------------------------------------------------------------------------


def test_a_body_at_the_limit_is_judged_and_one_above_is_refused(hub, mallory):
    with hub.client(mallory) as c:
        limit = c.welcome.body_bytes_max
        request = request_pb2.Request(salt=bytes(16))
        request.match_find.text = ""
        rest = len(request.SerializeToString())
        request.match_find.text = "mot " * ((limit - rest - 20) // 4)
        type, body = c.pack(request)
        while len(body) < limit:
            request.match_find.text += "x"
            type, body = c.pack(request)
        assert len(body) == limit
        assert c.call_packed(type, body).code == "OK"
        c.call_packed(type, body + b" ").expect("INVALID_ARGUMENT", "body.too_long")


def test_a_frame_beyond_the_transports_limit_ends_the_connection_only(hub, mallory):
    with hub.client(mallory) as c:
        c.send(60, bytes(c.welcome.body_bytes_max + 8192))
        assert c.disconnected()


def test_every_truncation_of_a_body_is_refused_or_another_request(hub, mallory):
    with hub.client(mallory) as c:
        _, body = c.pack(a_proposal("Tronqué"))
        for size in range(len(body)):
            answer = c.call_packed(60, body[:size])
            assert answer.code == "INVALID_ARGUMENT", f"{size} of {len(body)} bytes: {answer.code} {answer.body}"


def test_a_body_without_a_request_is_refused(hub, mallory):
    with hub.client(mallory) as c:
        c.call_packed(0, b"").expect("INVALID_ARGUMENT", "body.no_request")
        c.call_packed(60, field(1, bytes(16))).expect("INVALID_ARGUMENT")


def test_a_request_that_this_hub_does_not_know_is_unimplemented(hub, mallory):
    with hub.client(mallory) as c:
        answer = c.call_packed(5000, field(1, bytes(16)) + field(5000, b""))
        answer.expect("UNIMPLEMENTED", "body.unknown_request")


@pytest.mark.parametrize("text", [b"\xff\xfe", b"Ti\xc3", b"\xed\xa0\x80titre", b"\xc0\x80titre", b"\xf4\x90\x80\x80 x"])
def test_invalid_utf8_is_refused_by_field(hub, mallory, text):
    with hub.client(mallory) as c:
        answer = c.call_packed(60, submit_body(field(1, b"ai") + field(4, text) + b"\x70\x04"))
        answer.expect("INVALID_ARGUMENT", "text.not_utf8")
        assert answer.fields == ["proposal_submit.proposal.title"]


@pytest.mark.parametrize("text", [b"Titre\x00cache", b"Ti\x1btre", b"Ti\xc2\x85tre", b"Titre\x7f"])
def test_control_characters_are_refused_by_field(hub, mallory, text):
    with hub.client(mallory) as c:
        answer = c.call_packed(60, submit_body(field(1, b"ai") + field(4, text) + b"\x70\x04"))
        answer.expect("INVALID_ARGUMENT", "text.control_character")
        assert answer.fields == ["proposal_submit.proposal.title"]


def test_a_fault_in_a_list_is_named_by_index(hub, mallory):
    tags = field(16, b"un") + field(16, b"deux") + field(16, b"\xff")
    with hub.client(mallory) as c:
        answer = c.call_packed(60, submit_body(GOOD + tags)).expect("INVALID_ARGUMENT", "text.not_utf8")
        assert answer.fields == ["proposal_submit.proposal.tags[2]"]


def test_bodies_that_would_grow_in_memory_are_refused_before_they_do(hub, mallory):
    """A megabyte on the wire that unpacks to a hundred: empty strings, empty messages, unknown fields, deep nests."""
    limit = 1024 * 1024 - 100
    empty_tags = (varint(16 << 3 | 2) + b"\x00") * (limit // 3)
    nested = b""
    for _ in range(20_000):
        nested = field(1, nested)
    bombs = {
        "empty strings": submit_body(GOOD + empty_tags),
        "empty messages": field(1, bytes(16)) + field(65, field(1, b"x") + (varint(8 << 3 | 2) + b"\x00") * (limit // 2)),
        "the same member again": (varint(60 << 3 | 2) + b"\x00") * (limit // 3),
        "unknown varints": submit_body(GOOD) + (varint(5000 << 3) + b"\x01") * (limit // 4),
        "unknown strings": submit_body(GOOD + (varint(900 << 3 | 2) + b"\x00") * (limit // 4)),
        "deep unknown": submit_body(GOOD) + field(700, nested),
        "groups": submit_body(GOOD) + varint(800 << 3 | 3) * 10_000,
    }
    before = hub.memory_bytes("registry"), hub.memory_bytes("broker")
    with hub.client(mallory) as c:
        for name, body in bombs.items():
            for _ in range(4):
                answer = c.call_packed(65 if "messages" in name else 60, body[: 1024 * 1024])
                assert answer.code == "INVALID_ARGUMENT", f"{name}: {answer.code} {answer.body}"
    grown = hub.memory_bytes("registry") - before[0], hub.memory_bytes("broker") - before[1]
    # A sanitizer's quarantine keeps what was freed; without one a few bodies' worth is all that may stay.
    ceiling = 512 * 1024 * 1024 if sanitized(hub) else 48 * 1024 * 1024
    assert max(grown) < ceiling, f"registry, broker grew by {grown} bytes"


def sanitized(hub):
    return b"__asan_" in open(hub.program("binome-registry"), "rb").read()


def test_random_frames_stop_nothing(hub, mallory):
    print(f"seed {SEED} (BINOME_SEED)")
    rng = random.Random(SEED)
    good_header = request_header(60, client.new_id(), timeout_ms=1000)
    good_body = submit_body(GOOD)

    def mutated(data):
        data = bytearray(data)
        for _ in range(rng.randrange(1, 8)):
            at = rng.randrange(len(data) + 1)
            what = rng.randrange(4)
            if what == 0 and at < len(data):
                data[at] ^= 1 << rng.randrange(8)
            elif what == 1:
                data[at:at] = rng.randbytes(rng.randrange(1, 9))
            elif what == 2:
                del data[at : at + rng.randrange(1, 9)]
            else:
                data[at : at + 1] = bytes([rng.choice((0, 1, 0x7F, 0x80, 0xFF))])
        return bytes(data)

    c = hub.client(mallory)
    try:
        for n in range(3000):
            header = rng.choice((good_header, mutated(good_header), rng.randbytes(rng.randrange(300))))
            body = rng.choice((mutated(good_body), mutated(good_body), rng.randbytes(rng.randrange(2000))))
            try:
                c.send_frames([header, body], zmq.DONTWAIT)
            except zmq.Again:
                pass  # more is on its way than may be
            if n % 50 == 49:
                drain(c)
                c.close(bye=False)
                c = hub.client(mallory)
    finally:
        c.close(bye=False)


def drain(c):
    """Takes what has been answered; every message must be well-formed."""
    limit = time.monotonic() + 5
    while time.monotonic() < limit:
        try:
            header, body = c.receive(0.02)
        except client.NoAnswer:
            return
        if header.kind == envelope_pb2.KIND_REPLY:
            client.reply_pb2.Reply.FromString(body)


def test_more_unanswered_requests_than_allowed_are_refused_early(hub, mallory):
    """The registry stands still; the broker says no to what is beyond the window and keeps the rest."""
    import signal

    fresh = hub.enrol("presse")
    with hub.client(fresh) as c:
        hub.signal("registry", signal.SIGSTOP)
        try:
            ids = [c.send(*c.pack(a_proposal(f"Flot {n}")), timeout_ms=60_000) for n in range(200)]
            refused = [c.answer_to(i) for i in ids[c.welcome.unanswered_max :]]
            for answer in refused:
                answer.expect("RESOURCE_EXHAUSTED", "limit.unanswered")
                assert answer.header.retry_after_ms > 0
        finally:
            hub.signal("registry", signal.SIGCONT)
        for request_id in ids[: c.welcome.unanswered_max]:
            c.answer_to(request_id, 30).expect_ok()


def test_a_client_that_does_not_read_costs_bounded_memory(hub):
    """Answers that are never taken end the session; they do not pile up in the broker."""
    deaf = hub.enrol("sourde")
    with hub.client(deaf) as c:
        for n in range(20):
            c.call(a_proposal(f"Longue {n}", description="x" * 19_000)).expect_ok()
    before = hub.memory_bytes("broker")
    context = zmq.Context()
    try:
        s = context.socket(zmq.DEALER)
        s.curve_serverkey, s.curve_publickey = hub.hub_public.encode(), deaf.public.encode()
        s.curve_secretkey, s.linger, s.rcvhwm, s.sndhwm = deaf.secret.encode(), 0, 1, 1000
        s.connect(hub.endpoint)
        hello = envelope_pb2.Header(version=1, kind=1, request_id=client.new_id(), clock_ms=int(time.time() * 1000))
        s.send_multipart([hello.SerializeToString(), b""])
        request = request_pb2.Request(salt=bytes(16))
        request.proposal_list.owner = "me"
        body = request.SerializeToString()
        for _ in range(600):
            try:
                s.send_multipart([request_header(64, client.new_id()), body], zmq.DONTWAIT)
            except zmq.Again:
                break
        wait_for(lambda: quiet(hub), "the broker has dealt with it", 30)
    finally:
        context.destroy(linger=0)
    ceiling = 1024 if sanitized(hub) else 192
    assert hub.memory_bytes("broker") - before < ceiling * 1024 * 1024


def quiet(hub, counts=[]):
    """Two snapshots in a row with the same number of answers."""
    stats = hub.stats()
    counts.append(stats.latency.count)
    time.sleep(0.1)
    return len(counts) > 2 and counts[-1] == counts[-2]


def test_a_match_text_is_taken_as_words(hub, mallory):
    with hub.client(mallory) as c:
        for text in ('" OR 1=1 --', "titre AND NOT (", "NEAR(a b)", "*", "a:b^2", "'; DROP TABLE accepted; --", "\\", "%_"):
            request = request_pb2.Request()
            request.match_find.text = text
            c.call(request).expect_ok()


def test_visibility_zero_and_unknown_enum_values_are_refused(hub, mallory):
    with hub.client(mallory) as c:
        c.call(a_proposal("Sans visibilité", visibility=common_pb2.VISIBILITY_UNSPECIFIED)).expect("INVALID_ARGUMENT")
        body = submit_body(field(1, b"ai") + field(4, b"Titre") + b"\x70" + varint(77))
        answer = c.call_packed(60, body).expect("INVALID_ARGUMENT", "enum.unknown")
        assert answer.fields == ["proposal_submit.proposal.visibility"]


@pytest.mark.parametrize("bye", [True, False])
def test_connections_that_come_and_go_are_told_apart(hub, mallory, bye):
    """The system gives a closed connection's number to the next one at once: what is known of the old one must not
    fall upon the new. Several clients at a time, each with many short connections."""
    failures = []

    def come_and_go():
        for n in range(60):
            try:
                c = hub.client(mallory, seconds=10)
                try:
                    for _ in range(3):
                        c.query("workstream_list").expect_ok()
                finally:
                    c.close(bye=bye)
            except Exception as error:
                failures.append(f"connection {n}: {error!r}")
                return

    workers = [threading.Thread(target=come_and_go) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []


def test_a_late_note_of_a_closed_connection_does_not_end_the_next(hub, witness):
    """The same with the odds turned: the broker's threads that watch connections get what the others leave over."""
    pid = hub.processes["broker"].pid
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/comm") as comm:
            if int(thread) != pid and not comm.read().startswith("ZMQ"):
                os.sched_setscheduler(int(thread), os.SCHED_IDLE, os.sched_param(0))
    hogs = [subprocess.Popen(["/bin/sh", "-c", "while :; do :; done"]) for _ in range(os.cpu_count())]
    try:
        for _ in range(60):
            with hub.client(witness) as c:
                for _ in range(3):
                    c.query("workstream_list").expect_ok()
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()
