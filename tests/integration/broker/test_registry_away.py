# SPDX-License-Identifier: Apache-2.0
"""What clients see while the registry does not answer, is away, or starts again."""

import time

from world import REQUEST, wait_for


def away(world):
    registry = world.registry
    registry.do(lambda: setattr(registry, "pulse_s", 0))
    wait_for(lambda: not world.stats().registry_up, "the registry to count as away")


def test_a_request_that_is_not_answered_in_time_is_a_timeout(world):
    acme = world.key("acme")
    world.start()
    world.registry.hold()
    client = world.client(acme).greeted()
    began = time.monotonic()
    client.call(timeout_ms=300).refused("DEADLINE_EXCEEDED", "hub.timeout", timeout_ms=300)
    assert 0.25 < time.monotonic() - began < 2
    world.registry.release()
    wait_for(lambda: world.counter("replies_late_total") == 1, "the late answer to be dropped")
    assert client.nothing_comes(0.1)
    assert world.counter("queue_requests") == 0


def test_no_request_may_wait_longer_than_the_hub_allows(make_world):
    world = make_world(limits={"timeout_ms_max": "500ms", "timeout_ms_default": "200ms"})
    acme = world.key("acme")
    world.start()
    world.registry.hold()
    client = world.client(acme).greeted()
    client.call(timeout_ms=100000).refused("DEADLINE_EXCEEDED", "hub.timeout", timeout_ms=500)
    client.call().refused("DEADLINE_EXCEEDED", "hub.timeout", timeout_ms=200)


def test_three_seconds_without_a_pulse_mean_away_and_requests_wait(world):
    acme = world.key("acme")
    world.start()
    client = world.client(acme).greeted()
    away(world)
    assert client.hello().reply.welcome.registry_up is False
    client.call(timeout_ms=200).refused("UNAVAILABLE", "hub.registry_away", retry_after_ms=1000)
    request = client.send(REQUEST, b"patient", body_type=60)
    wait_for(lambda: world.counter("queue_waiting") == 1, "the request to wait")
    registry = world.registry
    registry.do(lambda: setattr(registry, "pulse_s", 0.3))
    answer = client.receive()
    assert answer.code == "OK" and answer.header.in_reply_to == request
    assert [body for _, _, body in registry.seen] == [b"patient"]
    assert world.counter("registry_lost_total") == 1


def test_what_waits_goes_on_in_the_order_it_came(world):
    acme = world.key("acme")
    world.start()
    client = world.client(acme).greeted()
    away(world)
    for i in range(50):
        client.send(REQUEST, b"%d" % i, body_type=60)
    wait_for(lambda: world.counter("queue_waiting") == 50, "all to wait")
    registry = world.registry
    registry.do(lambda: setattr(registry, "pulse_s", 0.3))
    for _ in range(50):
        assert client.receive().code == "OK"
    assert [body for _, _, body in registry.seen] == [b"%d" % i for i in range(50)]


def test_a_full_queue_refuses_at_once(make_world):
    world = make_world(limits={"queue_messages_max": 5})
    acme = world.key("acme")
    world.start()
    client = world.client(acme).greeted()
    world.registry.hold()
    for _ in range(5):
        client.send(REQUEST, body_type=60)
    client.call().refused("RESOURCE_EXHAUSTED", "limit.queue", retry_after_ms=100, max=5)
    away(world)
    client.call().refused("UNAVAILABLE", "hub.registry_away", retry_after_ms=1000)


def test_a_queue_is_full_by_bytes_too(make_world):
    world = make_world(limits={"queue_bytes_max": "1MiB"})
    acme = world.key("acme")
    world.start()
    client = world.client(acme).greeted()
    world.registry.hold()
    client.send(REQUEST, b"x" * 600000, body_type=60)
    client.call(body=b"x" * 600000).refused("RESOURCE_EXHAUSTED", "limit.queue")
    client.send(REQUEST, b"x" * 300000, body_type=60)
    wait_for(lambda: len(world.registry.held) == 2, "the smaller one to be let in")


def test_requests_with_a_short_time_do_not_get_round_the_bound(make_world):
    """Their clients have been answered, but the registry may still have them all."""
    world = make_world(limits={"queue_messages_max": 5})
    acme = world.key("acme")
    world.start()
    world.registry.hold()
    client = world.client(acme).greeted()
    for _ in range(5):
        client.send(REQUEST, body_type=60, timeout_ms=1)
    for _ in range(5):
        client.receive().refused("DEADLINE_EXCEEDED", "hub.timeout")
    client.call().refused("RESOURCE_EXHAUSTED", "limit.queue")
    world.registry.release()
    world.registry.answer = lambda *_: (0, b"")
    wait_for(lambda: world.counter("queue_requests") == 0, "the places to be free")
    assert client.call().code == "OK"


def test_a_registry_that_restarts_under_its_old_connection_loses_what_it_had(world):
    acme = world.key("acme")
    world.start()
    world.registry.hold()
    client = world.client(acme).greeted()
    request = client.send(REQUEST, body_type=60)
    wait_for(lambda: world.registry.held, "the request")
    world.registry.do(lambda: setattr(world.registry, "instance", 4711))
    answer = client.receive().refused("UNAVAILABLE", "hub.registry_away", retry_after_ms=200)
    assert answer.header.in_reply_to == request
    assert world.stats().registry_restarts == 1
    world.registry.answer = lambda *_: (0, b"")
    assert client.call().code == "OK"


def test_a_registry_that_is_gone_is_noticed_at_once_and_found_again(world):
    acme = world.key("acme")
    world.start()
    world.registry.hold()
    client = world.client(acme).greeted()
    client.send(REQUEST, body_type=60)
    wait_for(lambda: world.registry.held, "the request")
    world.registry.close()
    began = time.monotonic()
    client.receive().refused("UNAVAILABLE", "hub.registry_away", retry_after_ms=200)
    assert time.monotonic() - began < 2
    request = client.send(REQUEST, body_type=60)
    world.start_registry()
    answer = client.receive()
    assert answer.code == "OK" and answer.header.in_reply_to == request
    assert world.registry.hellos[0].key_table_version == 1


def test_nonsense_from_the_registry_does_no_harm(world):
    acme = world.key("acme")
    world.start()
    registry = world.registry

    def nonsense():
        for broker in registry.brokers:
            for frames in ([b"x"], [b"", b"", b""], [b"\xff", b"\x08\x01\x10\x05", b""], [b"", b"\x08\x01\x10\x10", b"\xff\xff"],
                           [b"\x40\x7f", b"\x08\x01\x10\x05", b""], [b""] * 9):  # fmt: skip
                registry.socket.send_multipart([broker, *frames])

    registry.do(nonsense)
    wait_for(lambda: world.counter("link_dropped_total") >= 4, "nonsense to be dropped")
    assert world.client(acme).greeted().call().code == "OK"
