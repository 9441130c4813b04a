# SPDX-License-Identifier: Apache-2.0
"""What happens to the command while it is connected: keys revoked, daemons gone and back; and the library's example."""

import os
import subprocess

import pytest
from desk import PROPOSAL
from hub import ROOT, build_folder
from records import write_betagouv


def test_a_revocation_is_seen_in_the_middle_of_a_session(desk, acme):
    id = desk.submit(acme)
    terminal = desk.terminal("propose", "revise", id, "--title", "While I think", as_=acme)
    terminal.wait_for("Send these changes?")  # connected: it has asked for the present text
    desk.done("admin", "revoke", acme.slug, acme.public, "--reason", "Laptop stolen")
    terminal.type("y\n")
    assert terminal.end() == 77, terminal.text
    assert "This key was revoked." in terminal.text and "key.revoked" in terminal.text
    assert desk.done("show", id, "--json").json["title"] == "Predict pump failures"


def test_a_suspension_is_seen_in_the_middle_of_a_session_and_its_end_in_the_next(desk, acme):
    id = desk.submit(acme)
    terminal = desk.terminal("propose", "revise", id, "--title", "While I think", as_=acme)
    terminal.wait_for("Send these changes?")
    desk.done("admin", "suspend", acme.slug, "--reason", "Contract ended")
    terminal.type("y\n")
    assert terminal.end() == 77, terminal.text
    assert "The organisation is suspended." in terminal.text
    desk.done("admin", "resume", acme.slug, "--reason", "Contract signed")
    desk.done("propose", "revise", id, "--title", "After all", "--yes", as_=acme)


def test_an_import_stops_when_its_key_is_revoked_and_goes_on_with_another(desk):
    second = desk.hub.new_member("operator-second")
    desk.done("org", "add-key", second.public)
    folder = write_betagouv(desk.path("records"), proposals=3000)
    running = desk.popen("import", folder, "--json", as_=second)
    desk.wait_for_log(400)
    desk.done("admin", "revoke", desk.hub.OPERATOR, second.public, "--reason", "Wrong hands")
    out, err = running.communicate(timeout=60)
    assert running.returncode == 77, err
    assert '"rule":"key.revoked"' in err or "key.revoked" in err
    done = desk.done("import", folder, "--json").json["records"]
    assert all(counts["refused"] == 0 for counts in done.values()), done
    assert done["proposals"]["read"] == 3000 and done["proposals"]["unchanged"] > 0


def test_a_session_outlives_a_broker_that_starts_anew(desk, acme):
    desk.fix_port()
    id = desk.submit(acme)
    terminal = desk.terminal("propose", "revise", id, "--title", "Before the restart", as_=acme)
    terminal.wait_for("Send these changes?")
    desk.hub.kill("broker")
    desk.hub.start("broker")
    terminal.type("y\n")
    assert terminal.end() == 0, terminal.text
    assert desk.done("show", id, "--json", as_=acme).json["title"] == "Before the restart"


def example():
    program = build_folder() / "tests" / "binome-example"
    assert program.exists(), "the example of docs/ is not built"
    assert len((ROOT / "docs" / "example.c").read_text().splitlines()) <= 60
    return program


def run_example(desk, *words):
    return subprocess.run(
        [example(), *map(str, words)], capture_output=True, text=True, timeout=60, env=desk.hub.environment
    )


def test_the_example_of_the_library_submits_a_proposal(desk, acme):
    ran = run_example(desk, acme.profile)
    assert ran.returncode == 0, ran.stderr
    id = ran.stdout.split("object ")[1].split(",")[0]
    assert "in a log of" in ran.stdout and "version 1" in ran.stdout
    desk.done("show", id, as_=acme).says("Forecast the load of a charging network", "programme")


@pytest.mark.parametrize(
    "words, code, said", [(("moon",), 65, "workstream.unknown"), (("ai", "A"), 65, "text.too_short")]
)
def test_the_example_of_the_library_says_what_was_refused(desk, acme, words, code, said):
    ran = run_example(desk, acme.profile, *words)
    assert ran.returncode == code and said in ran.stderr, ran.stderr


def test_the_example_of_the_library_says_that_the_key_is_not_known(desk):
    stranger = desk.hub.new_member("stranger")
    ran = run_example(desk, stranger.profile)
    assert ran.returncode == 69 and "key" in ran.stderr, ran.stderr
