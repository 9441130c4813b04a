# SPDX-License-Identifier: Apache-2.0
"""The program binome-registry: configuration, files, signals, its link over TCP, and time limits of requests."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import time

import client
import pytest
from hub import keypair, merged, wait_for, write_private, yaml_text
from scene import Cast, a_hub, refused, request_of, write_key_file


@pytest.fixture(scope="module")
def idle():
    """A hub that is initialised and does not run: for starts that must fail."""
    with a_hub(start=False) as hub:
        yield hub


def starts_with(hub, name, changes=None, text=None):
    """Path of a configuration beside the hub's own."""
    path = hub.folder / f"{name}.yaml"
    path.write_text(text if text is not None else yaml_text(merged(hub.registry_config, changes or {})))
    return path


def refuses(hub, path, code, *texts, arguments=()):
    """The program ends with that code and says why in one line; the log's lines are JSON and not counted."""
    result = hub.run("binome-registry", "--config", path, *arguments, check=False, timeout=20)
    lines = [line for line in result.stderr.strip().splitlines() if not line.startswith("{")]
    assert result.returncode == code, f"{result.returncode}: {result.stderr}"
    assert len(lines) == 1, result.stderr
    for text in texts:
        assert text in lines[0], lines[0]
    return lines[0]


# -- configuration ---------------------------------------------------------------------------------------------------


def test_usage_and_tables(idle):
    run = lambda *arguments: idle.run("binome-registry", *arguments, check=False)  # noqa: E731
    assert run("--version").stdout.startswith("binome-registry ")
    for option in ("--check-config", "--init", "--check", "SIGHUP"):
        assert option in run("--help").stdout
    assert run("--no-such-option").returncode == 64
    assert run().returncode == 64
    assert run("--markdown", "poems").returncode == 64
    assert run("--config", idle.folder / "registry.yaml", "--init").returncode == 64
    assert "read_ms_max" in run("--example-config").stdout
    for table in ("config", "counters", "fields", "phases", "requests", "views"):
        assert run("--markdown", table).stdout.startswith("| ")


def test_the_example_and_a_good_configuration_are_good(idle):
    result = idle.run("binome-registry", "--config", idle.folder / "registry.yaml", "--check-config")
    assert result.stdout == f"{idle.folder}/registry.yaml: good\n" and result.stderr == ""
    example = idle.run("binome-registry", "--example-config").stdout
    refuses(idle, starts_with(idle, "example", text=example), 78, "database must be given", "config.required")
    filled = example.replace("\ndatabase:", "\ndatabase: hub.sqlite3").replace(
        "\n  endpoint:", "\n  endpoint: ipc://hub.sock"
    )
    idle.run("binome-registry", "--config", starts_with(idle, "example", text=filled), "--check-config")


@pytest.mark.parametrize(
    "line, texts",
    [
        ("colour: blue", ["there is no key colour", "config.unknown_key"]),
        ("limits:\n  read_ms_max: soon", ["limits.read_ms_max", "config.value"]),
        ("limits:\n  read_ms_max: 5ms", ["limits.read_ms_max", "config.value"]),
        ("readers: 17", ["readers", "config.value"]),
        ("limits:\n  patience: 1", ["limits.patience", "config.unknown_key"]),
        ("readers: 2\nreaders: 3", ["readers", "file.duplicate_key"]),
        ("readers: *two", ["file.alias"]),
        ("readers: [1", ["file.syntax"]),
    ],
)
def test_a_wrong_line_is_named(idle, line, texts):
    good = yaml_text({k: v for k, v in idle.registry_config.items()})
    path = starts_with(idle, "wrong", text=good + line + "\n")
    last = len(path.read_text().splitlines())
    said = refuses(idle, path, 78, f"{path}:", *texts)
    assert said.count(str(path)) == 1, said
    assert any(f":{n}:" in said for n in (last, last + 1)), said
    assert refuses(idle, path, 78, arguments=["--check-config"]) == said


def test_what_must_be_there_is_missed(idle):
    refuses(idle, starts_with(idle, "none", {"database": None}), 78, "database", "config.required")
    refuses(idle, starts_with(idle, "level", {"log": {"level": "loud"}}), 78, "log.level")
    refuses(idle, idle.folder / "nowhere.yaml", 78, "nowhere.yaml")
    tcp = {"link": {"endpoint": "tcp://127.0.0.1:*"}}
    refuses(idle, starts_with(idle, "tcp", tcp), 78, "link.key_file", "link.broker_key")
    refuses(idle, starts_with(idle, "tcp", tcp), 78, "link.key_file", arguments=["--check-config"])


# -- files -----------------------------------------------------------------------------------------------------------


def test_a_folder_that_is_not_there_or_may_not_be_written(idle):
    path = starts_with(idle, "folder", {"database": str(idle.folder / "nowhere" / "registry.sqlite3")})
    refuses(idle, path, 78, "nowhere", "file.cannot_write")
    path = starts_with(idle, "folder", {"database": "/proc/registry.sqlite3"})
    refuses(idle, path, 78, "/proc/registry.sqlite3", "file.cannot_write")
    path = starts_with(idle, "folder", {"link": {"endpoint": f"ipc://{idle.folder}/nowhere/registry.sock"}})
    assert "nowhere" in refuses(idle, path, 78)


def test_a_folder_without_write_permission_as_another_user(idle):
    if os.getuid() != 0:
        pytest.skip("needs root to become somebody else")
    folder = idle.folder / "closed"
    folder.mkdir(mode=0o555)
    for name in (idle.folder, idle.folder / "run"):
        name.chmod(0o711)
    path = starts_with(idle, "closed", {"database": str(folder / "registry.sqlite3")})
    path.chmod(0o644)
    # The build may lie where nobody else may go, such as /root.
    program = shutil.copy(idle.program("binome-registry"), idle.folder / "program")
    pathlib.Path(program).chmod(0o755)
    result = subprocess.run(
        [program, "--config", str(path)],
        capture_output=True,
        text=True,
        user=65534,
        group=65534,
    )
    assert result.returncode == 78, result.stderr
    assert "Permission denied" in result.stderr and str(folder) in result.stderr


def test_a_foreign_file_is_left_alone(idle):
    foreign = idle.folder / "foreign.sqlite3"
    with contextlib.closing(sqlite3.connect(foreign)) as db:
        db.execute("CREATE TABLE poems (text TEXT)")
        db.commit()
    before = foreign.read_bytes()
    path = starts_with(idle, "foreign", {"database": str(foreign)})
    refuses(idle, path, 78, "foreign.sqlite3", "database.foreign")
    assert foreign.read_bytes() == before
    foreign.write_text("Dear diary, " * 100)
    refuses(idle, path, 78, "foreign.sqlite3", "database.foreign")
    assert foreign.read_text().startswith("Dear diary")


def test_a_newer_database_is_refused(idle):
    newer = idle.folder / "newer.sqlite3"
    with contextlib.closing(sqlite3.connect(idle.registry_config["database"])) as db:
        with contextlib.closing(sqlite3.connect(newer)) as copy:
            db.backup(copy)
            version = copy.execute("PRAGMA user_version").fetchone()[0]
            copy.execute(f"PRAGMA user_version = {version + 1}")
            copy.commit()
    refuses(idle, starts_with(idle, "newer", {"database": str(newer)}), 78, "newer.sqlite3", "database.newer")


def test_a_damaged_database_is_found(idle):
    damaged = idle.folder / "damaged.sqlite3"
    with contextlib.closing(sqlite3.connect(idle.registry_config["database"])) as db:
        with contextlib.closing(sqlite3.connect(damaged)) as copy:
            db.backup(copy)
    data = bytearray(damaged.read_bytes())
    data[4096 * 2 : 4096 * 12] = os.urandom(4096 * 10)
    damaged.write_bytes(data)
    path = starts_with(idle, "damaged", {"database": str(damaged)})
    result = idle.run("binome-registry", "--config", path, "--check", check=False)
    assert result.returncode == 65 and "damaged.sqlite3" in result.stderr, result


def test_init_twice_changes_nothing(idle):
    arguments = [
        "--init",
        "--operator-slug",
        "usurper",
        "--operator-name",
        "U",
        "--operator-key",
        keypair()[0],
        "--programme",
        "P",
    ]
    refuses(idle, idle.folder / "registry.yaml", 65, "initialised before", arguments=arguments)
    for slug, key in (("Not A Slug", keypair()[0]), ("operator", "not-a-key")):
        fresh = starts_with(idle, "fresh", {"database": str(idle.folder / "fresh.sqlite3")})
        arguments = [
            "--init",
            "--operator-slug",
            slug,
            "--operator-name",
            "U",
            "--operator-key",
            key,
            "--programme",
            "P",
        ]
        refuses(idle, fresh, 65, arguments=arguments)
    assert not (idle.folder / "fresh.sqlite3").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_file_that_others_may_read_is_refused(idle, mode):
    key_file = idle.folder / "link.secret"
    write_key_file(key_file)
    key_file.chmod(mode)
    link = {"endpoint": "tcp://127.0.0.1:*", "key_file": str(key_file), "broker_key": keypair()[0]}
    path = starts_with(idle, "modes", {"link": link})
    refuses(idle, path, 78, "link.secret", "file.mode")
    refuses(idle, path, 78, "link.secret", "file.mode", arguments=["--check-config"])


# -- a registry that runs --------------------------------------------------------------------------------------------


def test_a_second_registry_on_the_same_database_is_refused(cast):
    link = {"endpoint": f"ipc://{cast.hub.folder}/run/second.sock"}
    path = starts_with(cast.hub, "second", {"link": link})
    for arguments, code in (((), 78), (("--check",), 65)):
        refuses(cast.hub, path, code, "database.locked", arguments=arguments)
    cast.enrol("untouched").submit()


def test_a_link_in_use_is_said(cast):
    """By another registry that lives; over TCP and over ipc."""
    other = {"database": str(cast.hub.folder / "other.sqlite3")}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        key_file = cast.hub.folder / "link.secret"
        write_key_file(key_file)
        endpoint = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        link = {"endpoint": endpoint, "key_file": str(key_file), "broker_key": keypair()[0]}
        refuses(cast.hub, starts_with(cast.hub, "taken", {**other, "link": link}), 69, endpoint, "endpoint.in_use")
    endpoint = cast.hub.registry_config["link"]["endpoint"]
    refuses(cast.hub, starts_with(cast.hub, "taken", other), 69, endpoint, "endpoint.in_use")
    cast.enrol("untouched").submit()


def test_files_and_sockets_are_this_users_alone(cast):
    for name in ("registry.sqlite3", "registry.sqlite3-wal", "registry.sqlite3.lock"):
        assert stat.S_IMODE((cast.hub.folder / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE((cast.hub.folder / "run" / "registry.sock").stat().st_mode) == 0o660


def test_no_secret_and_no_text_of_a_member_is_in_the_log(cast):
    party = cast.enrol("discreet", contacts=[{"name": "Camille Secret"}])
    party.submit("Titre confidentiel")
    party.ask("proposal_submit", {"proposal": {"title": "Mot de passe", "workstream": "no-such"}})
    for name in ("registry", "broker"):
        log = cast.hub.log_text(name)
        for text in ("confidentiel", "Camille", "Mot de passe", cast.hub.hub_secret, party.member.secret):
            assert text not in log


def test_sigterm_answers_what_is_under_way(cast):
    party = cast.enrol("hurried")
    c = party.open()
    ids = [c.send(*c.pack(request_of("proposal_submit", {"proposal": a_text(n)}))) for n in range(100)]
    wait_for(lambda: c.socket.poll(0), "the first answer")
    cast.hub.stop("registry")  # must end with 0
    cast.hub.start("registry")
    codes = [c.answer_to(id).code for id in ids]
    assert set(codes) <= {"OK", "UNAVAILABLE"} and "OK" in codes
    c.call_safely(request_of("programme_get")).expect_ok()
    kept = len(party.pages("proposal_list", {"owner": "me"}))
    assert kept >= codes.count("OK")


def a_text(n, **fields):
    return {"title": f"Texte {n}", "visibility": "VISIBILITY_DRAFT", "workstream": "ai", **fields}


def reload(hub, event, **fields):
    mark = hub.log_mark("registry")
    hub.signal("registry", signal.SIGHUP)
    return hub.wait_for_log("registry", event, mark, **fields)


def test_sighup_takes_what_reloads_and_keeps_the_rest(cast):
    hub = cast.hub
    config = hub.folder / "registry.yaml"
    good = config.read_text()
    try:
        config.write_text(yaml_text({**hub.registry_config, "log": {"level": "warn"}, "readers": 5}))
        mark = hub.log_mark("registry")
        hub.signal("registry", signal.SIGHUP)
        cast.enrol("quiet").submit()
        config.write_text(good + "colour: blue\n")
        said = reload(hub, "registry.reload_failed", rule="config.unknown_key")
        assert said["place"].startswith(str(config))
        assert not any(line.get("level") == "info" for line in hub.events("registry", mark))
        cast.operator.read("programme_get")
        config.write_text(good.replace("readers: 5", ""))
        assert reload(hub, "registry.reloaded")["waiting_for_restart"] == 0
        config.write_text(yaml_text({**hub.registry_config, "readers": 5}))
        assert reload(hub, "registry.reloaded")["waiting_for_restart"] == 1
    finally:
        config.write_text(good)
        reload(hub, "registry.reloaded")


def test_a_limit_of_waiting_queries_holds_as_soon_as_it_is_reloaded(cast):
    hub = cast.hub
    config = hub.folder / "registry.yaml"
    good = config.read_text()
    party = cast.enrol("asking")
    try:
        config.write_text(yaml_text({**hub.registry_config, "limits": {"queued_reads_max": 1}}))
        reload(hub, "registry.reloaded")
        c = party.open()
        hub.signal("registry", signal.SIGSTOP)
        ids = [c.send(*c.pack(request_of("organisation_list"))) for _ in range(100)]
        hub.signal("registry", signal.SIGCONT)
        codes = []
        for id in ids:
            answer = c.answer_to(id)
            codes.append(answer.code)
            if answer.code != "OK":
                refused(answer, "RESOURCE_EXHAUSTED", "limit.queue", "hub", max=1)
                assert answer.header.retry_after_ms > 0
        assert "OK" in codes and "RESOURCE_EXHAUSTED" in codes
    finally:
        config.write_text(good)
        reload(hub, "registry.reloaded")
    wait_for(lambda: cast.counter("registry_reads_refused_total") > 0, "the counter")


# -- time limits -----------------------------------------------------------------------------------------------------


def test_a_request_whose_time_is_over_is_answered_and_its_retry_knows(cast):
    """The registry stands still: the broker says that nobody knows; the same bytes again find out, with one effect."""
    party = cast.enrol("waiting")
    c = party.open()
    type, body = c.pack(request_of("proposal_submit", {"proposal": a_text("tardif")}))
    request_id = client.new_id()
    cast.hub.signal("registry", signal.SIGSTOP)
    try:
        started = time.monotonic()
        answer = c.call_packed(type, body, request_id, timeout_ms=300)
        refused(answer, "DEADLINE_EXCEEDED", "hub.timeout", timeout_ms=300)
        assert 0.25 < time.monotonic() - started < 3
        refused(c.call(request_of("programme_get"), timeout_ms=100), "DEADLINE_EXCEEDED", "hub.timeout")
    finally:
        cast.hub.signal("registry", signal.SIGCONT)
    answer = c.call_packed(type, body, request_id).expect_ok()
    again = c.call_packed(type, body, request_id).expect_ok()
    assert again.body.replayed and again.receipt == answer.receipt
    assert len(party.pages("proposal_list", {"owner": "me"})) == 1


# -- the link over TCP -----------------------------------------------------------------------------------------------


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def over_tcp():
    """A hub whose broker and registry meet over TCP with CURVE; nothing runs yet."""
    with a_hub(start=False) as hub:
        broker_key = write_key_file(hub.folder / "broker-link.secret")
        registry_key = write_key_file(hub.folder / "registry-link.secret")
        endpoint = f"tcp://127.0.0.1:{free_port()}"
        hub.registry_config["link"] = {
            "endpoint": endpoint,
            "key_file": str(hub.folder / "registry-link.secret"),
            "broker_key": broker_key,
        }
        hub.broker_config["registry"] = {
            "endpoint": endpoint,
            "key_file": str(hub.folder / "broker-link.secret"),
            "server_key": registry_key,
        }
        hub.write_configuration()
        yield hub


def test_a_link_over_tcp_with_the_right_keys_carries_everything(over_tcp):
    hub = over_tcp
    hub.start()
    with Cast(hub) as cast:
        party = cast.enrol("far")
        id = party.submit()
        assert party.read("proposal_get", {"id": id}).owner == party.slug
        hub.kill("registry")
        hub.start("registry")
        party.open().call_safely(request_of("programme_get")).expect_ok()
        party.submit()


@pytest.mark.parametrize("wrong", ["broker", "registry"])
def test_a_link_with_a_wrong_key_lets_nobody_in(over_tcp, wrong):
    """A broker that is not the one named, and a registry that is not: neither gets a key table or a request through."""
    hub = over_tcp
    if wrong == "broker":
        write_private(hub.folder / "broker-link.secret", keypair()[1] + "\n")
    else:
        hub.broker_config["registry"]["server_key"] = keypair()[0]
        hub.write_configuration()
    hub.start("registry")
    with open(hub.folder / "log" / "broker.log", "ab") as log:
        broker = subprocess.Popen(
            [hub.program("binome-broker"), "--config", str(hub.folder / "broker.yaml")], stderr=log, env=hub.environment
        )
    try:
        hub.wait_for_log("broker", "broker.started")
        time.sleep(1.0)  # what must not happen has had its time
        events = [line.get("event") for line in hub.events("broker")]
        assert broker.poll() is None, hub.log_text("broker")
        assert "keys.taken" not in events and "broker.serving" not in events
        assert "registry.broker_joined" not in [line.get("event") for line in hub.events("registry")]
    finally:
        broker.terminate()
        assert broker.wait(10) == 0
