# SPDX-License-Identifier: Apache-2.0
"""The program: configuration, signals, the local endpoint, the stats socket."""

import os
import signal
import socket
import stat
import struct
import time

import zmq

from world import BYE, HELLO, REQUEST, Code, now_ms, request_id, stats_pb2, wait_for, yaml_text, envelope_pb2


def refused(result, code, *texts):
    assert result.returncode == code, result
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    for text in texts:
        assert text in lines[0], lines[0]


def test_help_and_version(world):
    assert "--check-config" in world.run("--help").stdout
    assert world.run("--version").stdout.startswith("binome-broker ")


def test_misuse_is_64(world):
    assert world.run("--no-such-option").returncode == 64
    assert world.run().returncode == 64
    assert world.run("--markdown", "poems").returncode == 64


def test_the_example_is_a_good_configuration(world):
    example = world.run("--example-config").stdout
    assert "body_bytes_max" in example
    rows = world.run("--markdown", "config").stdout
    assert "| `limits.unanswered_max`" in rows or "limits.unanswered_max" in rows
    assert "| `requests_total` | requests |" in world.run("--markdown", "counters").stdout


def test_a_good_configuration_is_said_to_be_good(world):
    result = world.run("--config", "broker.yaml", "--check-config")
    assert result.returncode == 0 and "good" in result.stdout and result.stderr == ""


def test_an_unknown_configuration_key_is_named_with_its_line(world):
    path = world.folder / "broker.yaml"
    path.write_text(yaml_text(world.configuration) + "colour: blue\n")
    line = len(path.read_text().splitlines())
    refused(world.run("--config", "broker.yaml"), 78, f"broker.yaml:{line}", "colour")


def test_values_that_do_not_fit_are_refused(make_world):
    for changes, text in (
        ({"limits": {"unanswered_max": "many"}}, "unanswered_max"),
        ({"limits": {"idle_ms": "6s"}}, "limits.idle_ms"),
        ({"stats": {"endpoint": "tcp://127.0.0.1:1"}}, "stats.endpoint"),
        ({"registry": {"endpoint": "tcp://127.0.0.1:1"}}, "registry.server_key"),
    ):
        world = make_world(**changes)
        refused(world.run("--config", "broker.yaml"), 78, text)


def test_a_configuration_that_is_not_there(world):
    refused(world.run("--config", "nowhere.yaml"), 78, "nowhere.yaml")


def test_a_key_file_that_others_may_read_is_refused(world):
    (world.folder / "hub.secret").chmod(0o644)
    refused(world.run("--config", "broker.yaml"), 78, "hub.secret")
    refused(world.run("--config", "broker.yaml", "--check-config"), 78, "hub.secret")


def test_a_folder_without_write_permission(make_world):
    world = make_world(stats={"endpoint": "ipc:///proc/binome-stats.sock"})
    refused(world.run("--config", "broker.yaml"), 78, "/proc/binome-stats.sock")


def test_a_port_in_use_is_said_in_one_line(make_world):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        endpoint = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        world = make_world(public={"endpoint": endpoint})
        world.start_registry()
        result = world.run("--config", "broker.yaml")
    assert result.returncode == 69
    last = result.stderr.strip().splitlines()[-1]
    assert endpoint in last and "endpoint.in_use" in last


def test_sigterm_answers_what_is_under_way_and_says_bye(world):
    acme = world.key("acme")
    world.start()
    client = world.client(acme).greeted()
    world.registry.hold()
    under_way = client.send(REQUEST, body_type=60)
    wait_for(lambda: world.registry.held, "the request")
    world.process.send_signal(signal.SIGTERM)
    world.wait_for_log("broker.draining")
    client.call().refused("UNAVAILABLE", "hub.draining", retry_after_ms=1000)
    client.hello().refused("UNAVAILABLE", "hub.draining")
    world.registry.release()
    answer = client.receive()
    assert answer.code == "OK" and answer.header.in_reply_to == under_way
    assert client.receive().header.kind == BYE
    assert world.process.wait(5) == 0


def test_sigterm_waits_no_longer_than_it_may(make_world):
    world = make_world(limits={"drain_ms": "300ms"})
    acme = world.key("acme")
    world.start()
    world.registry.hold()
    world.client(acme).greeted().send(REQUEST, body_type=60)
    wait_for(lambda: world.registry.held, "the request")
    began = time.monotonic()
    assert world.stop() == 0
    assert time.monotonic() - began < 5


def test_sigterm_before_there_is_a_registry(world):
    world.start_broker()
    world.wait_for_log("broker.started")
    assert world.stop() == 0


def test_sighup_takes_new_limits_and_keeps_the_old_ones_when_the_file_is_wrong(world):
    acme = world.key("acme")
    world.start()
    client = world.client(acme).greeted()
    world.configure(limits={"unanswered_max": 7, "queue_messages_max": 5})
    world.process.send_signal(signal.SIGHUP)
    world.wait_for_log("config.reloaded")
    assert client.hello().reply.welcome.unanswered_max == 7
    assert str(world.log_events("config.reloaded")[0]["wait_for_restart"]) == "1"
    for wrong in ("limits: {unanswered_max: 9, colour: blue}\n", "limits: {unanswered_max: 9, idle_ms: 1s}\n", "][\n"):
        before = len(world.log_events("config.refused"))
        path = world.folder / "broker.yaml"
        path.write_text(yaml_text({key: value for key, value in world.configuration.items() if key != "limits"}) + wrong)
        world.process.send_signal(signal.SIGHUP)
        world.wait_for_log("config.refused", before + 1)
        assert client.hello().reply.welcome.unanswered_max == 7
    assert world.counter("reloads_total") == 1 and world.counter("reloads_refused_total") == 3


def test_systemd_is_told(world):
    path = str(world.folder / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(path)
        notify.settimeout(10)
        os.environ["NOTIFY_SOCKET"], os.environ["WATCHDOG_USEC"] = path, "400000"
        try:
            world.start()
        finally:
            del os.environ["NOTIFY_SOCKET"], os.environ["WATCHDOG_USEC"]
        seen = set()
        while not {"READY=1", "WATCHDOG=1"} <= seen:
            seen.update(notify.recv(4096).decode().splitlines())
        assert world.stop() == 0
        while "STOPPING=1" not in seen:
            seen.update(notify.recv(4096).decode().splitlines())


def local(make_world, organisation="acme"):
    world = make_world(local={"endpoint": None, "organisation": organisation})
    world.configure(local={"endpoint": f"ipc://{world.folder}/local", "organisation": organisation})
    return world


def test_the_local_endpoint_speaks_for_its_organisation_as_a_member(make_world):
    world = local(make_world)
    acme = world.key("acme", role=3)
    world.start()
    assert stat.S_IMODE(os.stat(world.folder / "local").st_mode) == 0o660
    client = world.local_client()
    assert client.hello().reply.welcome.organisation == "acme"
    assert client.call(60, b"x").code == "OK"
    origin = world.registry.seen[0][0]
    assert (origin.organisation, origin.role) == (acme.organisation, 1)
    assert origin.key == b"\0" * 16 or origin.key == b""


def test_a_local_endpoint_of_an_organisation_that_is_not_there_serves_nobody(make_world):
    world = local(make_world, "nobody")
    world.key("acme")
    world.start()
    world.local_client().hello().refused("UNAUTHENTICATED", "key.unknown")
    assert world.registry.seen == []


def zmtp_command(name, properties):
    body = bytes([len(name)]) + name
    for key, value in properties:
        body += bytes([len(key)]) + key + struct.pack(">I", len(value)) + value
    return bytes([4, len(body)]) + body


def test_a_forged_user_id_in_the_handshake_changes_nothing(make_world):
    """A client of the local endpoint, made by hand, says in its handshake that it is somebody. It is the local
    organisation at most."""
    world = local(make_world)
    acme = world.key("acme")
    world.key("victim")
    world.start()
    for forged in (b"0" * 32, b"victim", b""):
        seen, dropped = len(world.registry.seen), world.counter("dropped_unknown_total")
        with socket.socket(socket.AF_UNIX) as raw:
            raw.settimeout(5)
            raw.connect(str(world.folder / "local"))
            raw.sendall(b"\xff" + b"\0" * 8 + b"\x7f\x03\x01" + b"NULL".ljust(20, b"\0") + b"\0" * 32)
            raw.sendall(zmtp_command(b"READY", [(b"Socket-Type", b"DEALER"), (b"User-Id", forged)]))
            heard = b""
            while b"READY" not in heard:  # libzmq takes what comes earlier for a part of the handshake
                heard += raw.recv(4096)
            for kind in (HELLO, REQUEST):
                header = envelope_pb2.Header(
                    version=1, kind=kind, request_id=request_id(), body_type=60, clock_ms=now_ms()
                ).SerializeToString()
                raw.sendall(bytes([1, len(header)]) + header + b"\x00\x04body")
            wait_for(
                lambda: len(world.registry.seen) > seen or world.counter("dropped_unknown_total") >= dropped + 2,
                "the message to be taken or dropped",
            )
    assert {origin.organisation for origin, _, _ in world.registry.seen} <= {acme.organisation}


def test_the_stats_socket_tells_what_happened(world):
    acme, other = world.key("acme"), world.key("other")
    world.start()
    client = world.client(acme).greeted()
    world.client(other).greeted()
    for code in (0, 0, 3):
        world.registry.answer = lambda *_, code=code: (code, b"")
        client.call(60, b"x" * 1000)
    client.call(65, b"")
    stats = world.stats()
    counters = {counter.name: counter.value for counter in stats.counters}
    assert counters["requests_total"] == counters["requests_forwarded_total"] == counters["replies_total"] == 4
    assert counters["connections"] == 2 and counters["hellos_total"] == 2 and counters["keys"] == 2
    assert counters["bytes_in_total"] > 3000 and counters["queue_requests"] == 0
    organisations = {organisation.slug: organisation for organisation in stats.organisations}
    assert organisations["acme"].requests == 4 and organisations["acme"].refused == 2
    assert organisations["acme"].connections == organisations["other"].connections == 1
    types = {entry.name: {Code.Name(c.code): c.count for c in entry.codes} for entry in stats.types}
    assert types == {
        "proposal_submit": {"CODE_OK": 2, "CODE_INVALID_ARGUMENT": 1},
        "status_update": {"CODE_INVALID_ARGUMENT": 1},
    }
    assert stats.latency.count == 4 and 0 < stats.latency.p50_us <= stats.latency.p99_us <= stats.latency.max_us
    assert stats.registry_up and stats.registry.uptime_ms == 7 and stats.uptime_ms > 0 and stats.version
    assert stat.S_IMODE(os.stat(world.folder / "stats").st_mode) == 0o660


def test_a_subscriber_of_the_stats_socket_gets_numbered_snapshots_each_second(world):
    world.start()
    watcher = world.context.socket(zmq.DEALER)
    watcher.linger = 0
    watcher.connect(world.stats_endpoint)
    watcher.send(stats_pb2.StatsRequest(subscribe=True).SerializeToString())
    numbers = []
    for _ in range(3):
        assert watcher.poll(5000)
        numbers.append(stats_pb2.Stats.FromString(watcher.recv()).number)
    watcher.close(0)
    assert numbers == sorted(set(numbers))
