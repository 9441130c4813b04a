# SPDX-License-Identifier: Apache-2.0
"""Submissions from YAML, JSON, options and standard input; templates; dry runs; revisions."""

import json

import pytest
from binome.v1 import proposal_pb2
from desk import PROPOSAL
from google.protobuf import json_format

AS_JSON = {
    "workstream": "ai", "title": "Predict pump failures", "trlNow": 4, "trl_target": "7", "tags": ["pumps"],
    "budget": {"min": {"minorUnits": "5000000", "currency": "EUR"}, "max": {"minor_units": 15000000, "currency": "EUR"}},
    "visibility": "VISIBILITY_PROGRAMME", "language": "en",
}  # fmt: skip
OPTIONS = (
    "--workstream", "ai", "--title", "Predict pump failures", "--trl-now", "4", "--trl-target", "7", "--tag", "pumps",
    "--budget", "50k-150kEUR", "--language", "en",
)  # fmt: skip


def kept(desk, who, id):
    proposal = desk.done("show", id, "--json", as_=who).message(proposal_pb2.Proposal)
    for name in ("id", "recorded_at", "submitted_at"):
        proposal.ClearField(name)
    return proposal


def test_yaml_json_options_and_standard_input_give_the_same_proposal(desk, acme):
    small = "\n".join(line for line in PROPOSAL.splitlines() if line.split(":")[0].strip() in
                      ("workstream", "title", "trl_now", "trl_target", "tags", "budget", "min", "max", "language"))  # fmt: skip
    ways = [
        desk.done("propose", desk.write("p.yaml", small + "\n"), as_=acme),
        desk.done("propose", desk.write("p.json", json.dumps(AS_JSON)), as_=acme),
        desk.done("propose", *OPTIONS, as_=acme),
        desk.done("propose", "-", as_=acme, input=small + "\n"),
        desk.done("propose", "-", as_=acme, input=json.dumps(AS_JSON)),
    ]
    proposals = [kept(desk, acme, way.field("Id")) for way in ways]
    assert all(proposal == proposals[0] for proposal in proposals), proposals
    assert proposals[0].visibility == proposal_pb2.Proposal(visibility=4).visibility
    assert proposals[0].budget.max.minor_units == 15000000


def test_options_win_over_the_file(desk, acme):
    id = desk.submit(acme, PROPOSAL, "--title", "Another title", "--tag", "a", "--tag", "b")
    shown = desk.done("show", id, "--json", as_=acme).json
    assert (shown["title"], shown["tags"], shown["trl_now"]) == ("Another title", ["a", "b"], 4)


def fill(template, **values):
    """Writes values behind the keys of a template, as a person does in an editor."""
    lines = []
    for line in template.splitlines():
        key = line.split(":")[0]
        if key in values:
            line = f"{key}: {json.dumps(values.pop(key), ensure_ascii=False)}  {line[line.index('#'):]}"
        lines.append(line)
    assert not values, f"not in the template: {values}\n{template}"
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_template_can_be_filled_and_submitted(desk, acme, startup, lang):
    text = desk.done("propose", "--template", "--lang", lang, as_=acme).out
    filled = fill(
        text, workstream="ai", title="Un titre", trl_now=3, sectors=["eau"], language="fr", visibility="programme"
    )
    id = desk.submit(acme, filled)
    assert desk.done("show", id, "--json", as_=acme).json["sectors"] == ["eau"]
    text = desk.done("offer", "template", "--lang", lang, as_=startup).out
    assert text == desk.done("offer", "publish", "--template", "--lang", lang, as_=startup).out
    offer = desk.write(
        "offer.yaml", fill(text, workstreams=["ai"], title="Une offre", capabilities=["capteurs"], language="fr")
    )
    desk.done("offer", "publish", offer, as_=startup)
    text = desk.done("status", "--template", "--lang", lang, as_=acme).out
    status = desk.write("status.yaml", fill(text, achieved="Premier essai", progress_percent=20))
    desk.done("status", id, status, as_=acme)
    desk.done("status", "list", id, as_=acme).says("Premier essai")
    text = desk.done("org", "template", "--lang", lang).out
    slug = f"from-template-{lang}"
    file = desk.write("org.yaml", fill(text, slug=slug, legal_name="Modèle", kind="startup", country="FR"))
    desk.done("admin", "enrol", file)
    desk.done("org", "show", slug).says("Modèle")


def test_a_dry_run_is_judged_by_the_hub_and_keeps_nothing(desk, acme):
    before = desk.log_size()
    text = desk.write("p.yaml", PROPOSAL)
    dry = desk.done("propose", text, "--dry-run", as_=acme)
    dry.says("The hub would take this. Nothing was kept.")
    assert "Receipt" not in dry.out
    assert "receipt" not in desk.done("propose", text, "--dry-run", "--json", as_=acme).json
    refused = desk.run("propose", text, "--dry-run", "--trl-target", "2", as_=acme).expect(65)
    refused.says("proposal_submit.proposal.trl_target", "trl.wrong_order")
    assert desk.log_size() == before
    assert desk.done("list", "proposals", "--owner", "me", "--json", as_=acme).json == {"proposals": []}
    assert not list(acme.profile.glob("receipts/*"))


def test_a_repeat_with_a_reference_changes_nothing_and_other_content_makes_a_version(desk, acme):
    first = desk.done("propose", *OPTIONS, "--ref", "crm:17", as_=acme)
    again = desk.done("propose", *OPTIONS, "--ref", "crm:17", as_=acme)
    again.says("Nothing changed: the hub holds this very content already.")
    other = desk.done("propose", *OPTIONS, "--ref", "crm:17", "--summary", "New", as_=acme)
    assert other.field("Id") == first.field("Id") and other.field("Version") == "2"


def test_a_revision_shows_the_difference_and_asks(desk, acme):
    id = desk.submit(acme)
    changed = desk.write("p.yaml", PROPOSAL.replace("trl_target: 7", "trl_target: 8").replace("tags: [pumps]\n", ""))
    unasked = desk.run("propose", "revise", id, changed, as_=acme).expect(64)
    unasked.says("TRL aimed at\n  - 7\n  + 8\n", "Tags\n  - pumps\n", "Add --yes")
    for answer, code, version in (("n\n", 64, 1), ("y\n", 0, 2)):
        terminal = desk.terminal("propose", "revise", id, changed, as_=acme)
        terminal.wait_for("Send these changes?")
        terminal.type(answer)
        assert terminal.end() == code, terminal.text
        assert "- 7" in terminal.text and "+ 8" in terminal.text
        assert desk.done("show", id, "--json", as_=acme).json["version"] == version
    desk.done("propose", "revise", id, changed, "--yes", as_=acme).says("Nothing changed")
    assert desk.done("propose", "revise", id, changed, "--yes", "--json", as_=acme).json == {"unchanged": True}
    dry = desk.done("propose", "revise", id, "--title", "Only a thought", "--dry-run", as_=acme)
    dry.says("+ Only a thought", "Nothing was kept")
    as_json = desk.done("propose", "revise", id, "--title", "Title of the program", "--yes", "--json", as_=acme)
    assert as_json.json["receipt"]["version"] == 3
    assert "+ Title of the program" in as_json.err


BAD_FILES = {
    "unknown key": ("titel: Abc\n", "file.unknown_key", "1:1 titel"),
    "unknown key below": ("budget: {mon: 3}\n", "file.unknown_key", "budget.mon"),
    "key of another language": ("titre: Abc\n", "file.unknown_key", "titre"),
    "duplicate": ("title: Abc\nlanguage: fr\ntitle: Abd\n", "file.duplicate_key", ":3:1"),
    "duplicate in JSON": ('{"title": "Abc",\n"title": "Abd"}', "file.duplicate_key", ":2"),
    "the same by its other name": ("trl_now: 3\ntrlNow: 4\n", "file.duplicate_key", ":2:1"),
    "anchor and alias": ("title: &a Abc\nsummary: *a\n", "file.alias", ":1:8"),
    "merge": ("<<: {title: Abc}\n", None, ":1:1"),
    "tag": ("title: !!python/object Abc\n", "file.alias", ":1:8"),
    "two documents": ("title: Abc\n---\ntitle: Abd\n", "file.syntax", ":2"),
    "syntax": ("title: Abc\n  x: [\n", "file.syntax", ":2"),
    "syntax of JSON": ('{"title": "Abc",}', "file.syntax", ":1"),
    "wrong type": ("title: Abc\ntrl_now: many\n", "file.wrong_type", ":2:10 trl_now"),
    "list for a text": ("title: [Abc]\n", "file.wrong_type", "title"),
    "no such value": ("title: Abc\nvisibility: everyone\n", "enum.unknown", ":2:13 visibility"),
    "a number too large": ("trl_now: 99999999999\n", "number.out_of_range", "trl_now"),
}


@pytest.mark.parametrize("what", BAD_FILES)
def test_a_bad_file_is_refused_with_line_and_rule(desk, startup, what):
    text, rule, place = BAD_FILES[what]
    file = desk.write("bad.yaml" if text[0] != "{" else "bad.json", text)
    for words, input in (((str(file),), None), (("-",), text)):
        for lang, next_step in (("en", "Next: "), ("fr", "Suite : ")):
            ran = desk.run("propose", *words, "--lang", lang, as_=startup, input=input).expect(65)
            ran.says(next_step, place, rule or "file.")
            assert ran.out == ""
    error = desk.run("propose", file, "--json", as_=startup).expect(65).error_json
    assert place in error["violations"][0]["field"] and error["exit"] == 65
    assert error["violations"][0]["cause"] and error["violations"][0]["next"]


def test_what_is_shown_as_json_can_be_submitted_again(desk, acme):
    id = desk.submit(acme)
    shown = desk.done("show", id, "--json", as_=acme)
    revised = desk.done("propose", "revise", id, desk.write("again.json", shown.out), "--yes", as_=acme)
    revised.says("Nothing changed")
    camel = json_format.MessageToJson(shown.message(proposal_pb2.Proposal))
    assert "trlNow" in camel
    desk.done("propose", "revise", id, desk.write("camel.json", camel), "--yes", as_=acme).says("Nothing changed")


def test_receipt_and_body_are_kept_in_the_profile_and_where_asked(desk, acme):
    receipt, body = desk.path("receipt.json"), desk.path("body.bin")
    ran = desk.done("propose", *OPTIONS, "--receipt", receipt, "--body", body, as_=acme)
    request = ran.field("Kept in")
    assert open(request).read() == receipt.read_text()
    assert open(request.replace(".json", ".body"), "rb").read() == body.read_bytes()
    assert json.loads(receipt.read_text())["object"] == ran.field("Id")
