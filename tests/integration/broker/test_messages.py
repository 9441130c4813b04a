# SPDX-License-Identifier: Apache-2.0
"""What clients send, right and wrong, and what becomes of it."""

import os
import random
import time

from world import BYE, EVENT, HEARTBEAT, LINK, REPLY, REQUEST, envelope_pb2, reply_pb2, request_id, wait_for


def test_a_request_reaches_the_registry_with_who_sent_it_and_the_answer_comes_back(world):
    acme = world.key("acme", role=2)
    world.start()
    client = world.client(acme).greeted()
    body, answer_body = os.urandom(100000), reply_pb2.Reply(unchanged=True).SerializeToString()
    world.registry.answer = lambda origin, header, body: (9, answer_body)
    answer = client.call(61, body, timeout_ms=7000, trace_id=b"t" * 16)
    origin, header, got = world.registry.seen[0]
    assert got == body
    assert header.body_type == 61 and header.trace_id == b"t" * 16
    assert (origin.organisation, origin.key, origin.role) == (acme.organisation, acme.id, 2)
    assert origin.key_table_version == 1 and origin.connection != 0 and origin.ticket != 0
    assert 5000 < origin.timeout_ms <= 7000
    assert answer.code == "FAILED_PRECONDITION" and answer.raw == answer_body and answer.header.body_type == 70


def test_answers_find_their_clients_in_any_order(world):
    keys = [world.key(f"org-{i}") for i in range(5)]
    world.start()
    registry = world.registry
    registry.hold()
    clients = [world.client(key).greeted() for key in keys]
    sent = {}
    for i, client in enumerate(clients):
        sent[client] = [client.send(REQUEST, bytes([i, n]), body_type=60) for n in range(20)]
    wait_for(lambda: len(registry.held) == 100, "all requests")
    random.Random(7).shuffle(registry.held)
    registry.release()
    for client in clients:
        got = {client.receive().header.in_reply_to for _ in range(20)}
        assert got == set(sent[client])
        assert client.nothing_comes(0)


def test_another_version_of_the_protocol_is_refused(world):
    acme = world.key("acme")
    world.start()
    client = world.client(acme).greeted()
    client.send(REQUEST, version=2, body_type=60)
    client.receive().refused("UNIMPLEMENTED", "header.version_unsupported", min=1, max=1, actual=2)
    client.send(REQUEST, version=0, body_type=60)
    client.receive().refused("UNIMPLEMENTED", "header.version_unsupported", actual=0)
    assert world.registry.seen == []


def test_kinds_that_a_client_does_not_send_are_refused(world):
    acme = world.key("acme")
    world.start()
    client = world.client(acme).greeted()
    for kind in (0, REPLY, EVENT, LINK, 77):
        client.send(kind)
        client.receive().refused("INVALID_ARGUMENT", "header.kind_unexpected", kind=kind)
    assert world.registry.seen == []


def test_a_malformed_header_is_answered_where_it_says_whose_it_is_and_else_dropped(world):
    acme = world.key("acme")
    world.start()
    client = world.client(acme).greeted()
    own = request_id()
    good = envelope_pb2.Header(version=1, kind=REQUEST, request_id=own, body_type=60).SerializeToString()
    client.send_frames(good + b"\x0a", b"body")  # a field that is cut off
    answer = client.receive().refused("INVALID_ARGUMENT", "header.malformed")
    assert answer.header.in_reply_to == own
    client.send_frames(good + b"\xfa\x07" + b"\xff\x01" + b"x" * 255, b"body")
    client.receive().refused("INVALID_ARGUMENT", "header.too_long", max=256)
    for header in (b"", b"\xff" * 40, os.urandom(300), b"\x08\x01\x10\x04"):
        client.send_frames(header, b"body")
    wait_for(lambda: world.counter("dropped_malformed_total") == 4, "all to be dropped")
    assert client.call().code == "OK"
    assert len(world.registry.seen) == 1


def test_random_frames_never_reach_the_registry_nor_stop_the_broker(world):
    acme = world.key("acme")
    world.start()
    seed = int.from_bytes(os.urandom(4), "big")
    print("seed", seed)
    draw = random.Random(seed)
    client = world.client(acme).greeted()
    before = world.counter("messages_in_total")
    for _ in range(500):
        client.send_frames(draw.randbytes(draw.randrange(300)), draw.randbytes(draw.randrange(2000)))
    wait_for(lambda: world.counter("messages_in_total") == before + 500, "all to be taken")
    while not client.nothing_comes(0):
        assert client.receive().code != "OK"
    assert client.call().code == "OK"


def test_a_body_beyond_the_limit_is_refused_by_name_and_far_beyond_it_cuts_the_connection(make_world):
    world = make_world(limits={"body_bytes_max": "64KiB"})
    acme = world.key("acme")
    world.start()
    client = world.client(acme).greeted()
    assert client.call(body=b"x" * 65536).code == "OK"
    client.call(body=b"x" * 65537).refused("INVALID_ARGUMENT", "body.too_long", max=65536, actual=65537)
    client.send(REQUEST, b"x" * 80000, body_type=60)
    client.wait_for_end()
    assert len(world.registry.seen) == 1


def test_messages_of_many_frames_are_dropped_and_the_third_ends_the_connection(world):
    acme = world.key("acme")
    world.start()
    client = world.client(acme).greeted()
    client.send_frames(b"only one")
    client.receive().refused("INVALID_ARGUMENT", "frame.wrong_count", expected=2, actual=1)
    client.send_frames(b"a", b"b", b"c")
    client.receive().refused("INVALID_ARGUMENT", "frame.wrong_count", expected=2, actual=3)
    assert client.call().code == "OK"
    client.send_frames(*[b"x" * 100] * 50)
    client.wait_for_end(2)
    assert world.counter("dropped_frames_total") == 3


def test_a_message_of_very_many_frames_does_not_fill_the_memory(world):
    """libzmq buffers a message whole, whatever its water marks say: the governor must cut in before it is all there."""
    acme, other = world.key("acme"), world.key("other")
    world.start()
    honest = world.client(other).greeted()
    attacker = world.client(acme).greeted()
    before = world.memory_bytes()
    frame = b"x" * (1 << 20)
    attacker.send_frames(*[frame] * 600)
    attacker.wait_for_end()
    assert world.counter("backlog_kicked_total") == 1
    assert world.memory_bytes() - before < 400 << 20
    assert honest.call().code == "OK"


def test_large_bodies_sent_as_fast_as_they_go_are_not_taken_for_an_attack(make_world):
    world = make_world(limits={"queue_bytes_max": "256MiB"})
    acme = world.key("acme")
    world.start()
    client = world.client(acme).greeted()
    body = b"x" * (1 << 19)
    sent = {client.send(REQUEST, body, body_type=60) for _ in range(100)}
    got = set()
    while len(got) < 100:
        answer = client.receive()
        assert answer.code == "OK", answer.reply
        got.add(answer.header.in_reply_to)
    assert got == sent
    assert world.counter("backlog_kicked_total") == 0


def test_only_so_many_requests_of_a_connection_may_be_unanswered(make_world):
    world = make_world(limits={"unanswered_max": 3})
    acme = world.key("acme")
    world.start()
    world.registry.hold()
    client, second = world.client(acme).greeted(), world.client(acme).greeted()
    for _ in range(3):
        client.send(REQUEST, body_type=60)
    client.call().refused("RESOURCE_EXHAUSTED", "limit.unanswered", retry_after_ms=100, max=3)
    second.send(REQUEST, body_type=60)
    wait_for(lambda: len(world.registry.held) == 4, "the second connection's request")
    world.registry.release()
    assert [client.receive().code for _ in range(3)] == ["OK"] * 3
    world.registry.answer = lambda *_: (0, b"")
    assert client.call().code == "OK"


def test_a_heartbeat_is_answered_and_keeps_a_session_alive(make_world):
    world = make_world(limits={"idle_ms": "1s", "heartbeat_ms": "300ms"})
    acme = world.key("acme")
    world.start()
    client = world.client(acme).greeted()
    until = time.monotonic() + 3
    while time.monotonic() < until:
        request = client.send(HEARTBEAT)
        answer = client.receive()
        assert answer.header.kind == HEARTBEAT and answer.header.in_reply_to == request
        assert answer.reply.welcome.checkpoint.log_size == 5
        client.nothing_comes(0.3)
    assert client.call().code == "OK"


def test_bye_ends_a_session(world):
    acme = world.key("acme")
    world.start()
    client = world.client(acme).greeted()
    client.send(BYE)
    client.call().refused("FAILED_PRECONDITION", "session.no_hello")
    assert world.stats().organisations[0].connections == 0


def test_an_answer_for_a_client_that_has_gone_is_dropped_and_counted(world):
    acme = world.key("acme")
    world.start()
    world.registry.hold()
    client = world.client(acme).greeted()
    client.send(REQUEST, body_type=60)
    wait_for(lambda: world.registry.held, "the request")
    client.close()
    wait_for(lambda: world.counter("sessions") == 0, "the session's end")
    world.registry.release()
    wait_for(lambda: world.counter("replies_gone_total") == 1, "the answer to be dropped")
    assert world.counter("queue_requests") == 0


def test_a_client_that_does_not_read_its_answers_loses_its_session_and_nobody_else_waits(world):
    acme, other = world.key("acme"), world.key("other")
    world.start()
    large = reply_pb2.Reply(error={"detail": "x" * 60000}).SerializeToString()
    world.registry.answer = lambda origin, header, body: (0, large)
    deaf = world.client(acme, receive_messages_max=1).greeted()
    stuck = lambda: world.counter("replies_stuck_total") > 0  # noqa: E731
    asked = 0
    while not stuck():  # until kernel and queues hold no more
        for _ in range(50):
            deaf.send(REQUEST, body_type=60)
        asked += 50
        assert asked < 3000
        wait_for(lambda: stuck() or world.counter("replies_total") == asked, "the answers")
    assert world.counter("replies_stuck_total") == 1
    world.registry.answer = lambda *_: (0, b"")
    assert world.client(other).greeted().call().code == "OK"
    wait_for(lambda: world.counter("sessions") == 1, "the end of the session that does not read")
