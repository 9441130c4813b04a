# SPDX-License-Identifier: Apache-2.0
"""`binome import` and `binome export` over a real hub: faults in the files, daemons killed in the middle, the way back."""

import json

import pytest
from binome.v1 import proposal_pb2
from desk import PROPOSAL, Desk, a_hub, load_json_lines
from records import write_betagouv, write_lines
from round_trip import compare_exports


def counts(ran):
    return ran.json["records"]


def test_an_import_outlives_broker_and_registry_killed_in_the_middle(desk):
    desk.fix_port()
    folder = write_betagouv(desk.path("long"), proposals=2500)
    begin = desk.log_size()
    running = desk.popen("import", folder, "--json")
    killed = 0
    for daemons in (("broker",), ("registry",), ("broker", "registry")):
        desk.wait_for_log(begin + 1500 * (killed + 1))
        assert running.poll() is None, "the import was over before the daemons could be killed"
        desk.hub.kill(*daemons)
        desk.hub.start(*reversed(daemons))
        killed += 1
    out, err = running.communicate(timeout=120)
    assert running.returncode == 0, out + err
    done = json.loads(out)["records"]
    assert sum(row["refused"] for row in done.values()) == 0, done
    assert [done[kind]["read"] for kind in ("organisations", "proposals", "status")] == [20, 2500, 10000]
    assert [done[kind]["created"] for kind in ("organisations", "proposals", "status")] == [20, 2500, 10000]
    # each request took effect once: the log has grown by as many leaves as there are records
    assert desk.log_size() == begin + 12520
    proposals = [p for p in desk.proposals() if p.external_ref.id.startswith(f"bg:{folder.name}-")]
    assert len(proposals) == 2500 and {p.phase for p in proposals} == {proposal_pb2.PHASE_DELIVERED}
    again = counts(desk.done("import", folder, "--json", timeout=60))
    assert sum(row["created"] + row["changed"] + row["refused"] for row in again.values()) == 0, again
    assert desk.log_size() == begin + 12520
    desk.hub.stop()
    desk.hub.run("binome-registry", "--config", desk.hub.folder / "registry.yaml", "--check")
    desk.hub.start()


def test_an_import_interrupted_is_run_again(desk):
    folder = write_betagouv(desk.path("cut"), proposals=1500)
    begin = desk.log_size()
    running = desk.popen("import", folder, "--json")
    desk.wait_for_log(begin + 800)
    running.kill()
    running.communicate()
    done = counts(desk.done("import", folder, "--json", timeout=60))
    assert sum(row["refused"] for row in done.values()) == 0
    assert 0 < done["proposals"]["unchanged"] < 1500 and done["status"]["unchanged"] + done["status"]["created"] == 6000
    assert desk.log_size() == begin + 20 + 1500 + 6000


def test_a_dry_run_keeps_nothing(desk):
    folder = write_betagouv(desk.path("dry"), proposals=20)
    begin = desk.log_size()
    ran = desk.done("import", folder, "--dry-run")
    ran.says("Dry run: the hub judged, nothing was kept.", "80 status changes could not be judged")
    assert desk.log_size() == begin


def test_faults_are_listed_with_file_and_line_and_the_rest_is_loaded(desk):
    folder = write_betagouv(desk.path("faults"), proposals=5)
    rows = load_json_lines(folder / "proposals.jsonl")
    rows[1]["language"] = "klingon"
    rows[3]["sponsors"] = ["org:nobody"]
    write_lines(folder / "proposals.jsonl", rows)
    with open(folder / "proposals.jsonl", "a") as file:
        file.write('{"id": "bg:broken"\n')
    ran = desk.run("import", folder, "--json").expect(65)
    refusals = ran.json["refusals"]
    assert ("language.unknown", 2) in [(r["rule"], r["line"]) for r in refusals]
    assert any(r["line"] == 4 and r["file"].endswith("proposals.jsonl") for r in refusals)
    assert any(r["line"] == 6 for r in refusals)
    assert all(r["cause"] for r in refusals), refusals
    for row in counts(ran).values():
        assert row["read"] == row["created"] + row["changed"] + row["unchanged"] + row["refused"], row
    assert (counts(ran)["proposals"]["created"], counts(ran)["proposals"]["refused"]) == (3, 3)
    assert (counts(ran)["status"]["created"], counts(ran)["status"]["refused"]) == (12, 8)
    for lang, sentence in (
        ("en", '"klingon" is not a language code'),
        ("fr", '"klingon" n\'est pas un code de langue'),
    ):
        again = desk.run("import", folder, "--lang", lang).expect(65)
        again.says("proposals.jsonl:2: proposal_submit.proposal.language language.unknown: " + sentence)


def test_wrong_ways_to_call_it(desk, acme):
    folder = write_betagouv(desk.path("plain"), proposals=1)
    desk.run("import", desk.path("none")).expect(65).says("file.absent", "Next: ")
    empty = desk.path("empty")
    empty.mkdir()
    desk.run("import", empty).expect(65).says("file.wrong_form", "Next: ")
    desk.run("import", folder, "--workstream", "moon").expect(65).says(
        'no workstream "moon"', "binome list workstreams"
    )
    desk.run("import", folder, as_=acme).expect(77).says("role.operator_only")
    desk.run("import", folder, "--format", "csv").expect(64)
    unknown = desk.path("unknown")
    unknown.mkdir()
    write_lines(unknown / "proposals.jsonl", [{"id": "x:1"}])
    desk.run("import", unknown).expect(65).says("--format betagouv")


def test_a_progress_bar_is_for_terminals_only(desk):
    folder = write_betagouv(desk.path("bar"), proposals=300)
    terminal = desk.terminal("import", folder)
    assert terminal.end() == 0
    assert "importing [" in terminal.text and "/1520" in terminal.text
    assert desk.done("import", folder).err == ""


@pytest.fixture(scope="module")
def lived_in():
    """A hub with what people do, beside what an import brings: versions, drafts, invitations, withdrawals, retired
    offers."""
    with a_hub() as hub:
        desk = Desk(hub)
        live(desk)
        yield desk


def live(desk):
    acme, startup = desk.join("acme", kind="large-group", website="https://acme.example"), desk.join("previzio")
    ids = [desk.submit(acme, PROPOSAL, "--title", f"Native {i}", "--support", "40kEUR") for i in range(3)]
    desk.done("propose", "revise", ids[0], "--summary", "Another", "--yes", as_=acme)
    desk.done("status", ids[0], "--phase", "under-review", "--health", "at-risk", "--progress", "0")
    desk.done("status", ids[0], "--phase", "engaged", "--reason", "Found at once", "--blocker", "NO_BUDGET:none")
    desk.done("status", ids[0], "--milestone", "Pilot:2027-03-01", "--effective-on", "2030-01-01", as_=acme)
    desk.done("propose", "withdraw", ids[1], "--reason", "The site is closed", as_=acme)
    desk.submit(acme, PROPOSAL, "--visibility", "draft", "--title", "A draft")
    desk.submit(acme, PROPOSAL, "--visibility", "invited", "--invite", startup.slug, "--ref", "crm:1")
    desk.submit(acme, PROPOSAL, "--submitted-on", "2024-02-29", "--title", "Of an older system")
    desk.publish(startup)
    desk.publish(startup, "--title", "Of an older system", "--workstream", "ai", "--language", "en", "--published-on",
                 "2023-05-01")  # fmt: skip
    desk.done("offer", "retire", desk.publish(startup), "--reason", "Sold out", as_=startup)
    desk.done("admin", "workstream", "space", "--title", "Space", "--pilot", acme.slug, "--yes")
    desk.done("import", write_betagouv(desk.path("imported"), proposals=30))


def test_what_is_exported_can_be_imported_elsewhere_and_is_the_same(lived_in):
    desk = lived_in
    first, second = desk.path("first"), desk.path("second")
    desk.done("export", first).says("organisations.jsonl", "status.jsonl")
    here = counts(desk.done("import", first, "--format", "binome", "--json"))
    assert sum(row["created"] + row["changed"] + row["refused"] for row in here.values()) == 0, here
    with a_hub() as empty:
        other = Desk(empty)
        loaded = counts(other.done("import", first, "--json", "--format", "binome"))
        assert sum(row["refused"] for row in loaded.values()) == 0, loaded
        again = counts(other.done("import", first, "--json", "--format", "binome"))
        assert sum(row["created"] + row["changed"] + row["refused"] for row in again.values()) == 0, again
        other.done("export", second)
    compare_exports(first, second)


def test_a_member_exports_what_it_may_see(lived_in):
    desk = lived_in
    member = desk.join("curious")
    folder = desk.path("mine")
    desk.done("export", folder, as_=member)
    titles = [row["title"] for row in load_json_lines(folder / "proposals.jsonl")]
    assert "Native 0" in titles and "A draft" not in titles
    assert all(not row.get("contacts") for row in load_json_lines(folder / "organisations.jsonl"))
