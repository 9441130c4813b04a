# SPDX-License-Identifier: Apache-2.0
"""Real corpora through a real hub: every record, nothing refused, and what the hub holds afterwards is what this file
computes from the records by itself, by the tables of docs/import.md."""

import collections
import datetime

import pytest
from binome.v1 import offer_pb2, organisation_pb2, proposal_pb2
from desk import DATA, WITHOUT_DATA, Desk, a_hub, load_json_lines
from google.protobuf import json_format
from round_trip import compare_exports

if DATA is None:
    pytest.skip(WITHOUT_DATA, allow_module_level=True)

PHASES = {
    "investigation": "UNDER_REVIEW", "construction": "OPEN", "acceleration": "ENGAGED", "consolidation": "ENGAGED",
    "opere": "DELIVERED", "transfere": "DELIVERED", "abandon-investigation": "REJECTED", "abandon": "WITHDRAWN",
}  # fmt: skip
CORPORA = ("betagouv", "offers-ilab", "offers-crunchbase")


def rows(*parts):
    return load_json_lines(DATA.joinpath(*parts))


@pytest.fixture(scope="module")
def loaded():
    """A hub with all three corpora, and what each import said, the first and the second time."""
    with a_hub() as hub:
        desk = Desk(hub)
        first = {name: desk.done("import", DATA / name, "--json", timeout=240).json for name in CORPORA}
        second = {name: desk.done("import", DATA / name, "--json", timeout=240).json for name in CORPORA}
        yield desk, first, second


def made(report):
    return {kind: row["created"] for kind, row in report["records"].items() if row["read"]}


def listed(desk, kind, type):
    return json_format.Parse(desk.done("list", kind, "--limit", "0", "--json", timeout=240).out, type())


def is_siren(text):
    digits = [int(c) for c in text]
    doubled = [d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(reversed(digits))]
    return len(digits) == 9 and sum(doubled) % 10 == 0


def test_every_record_is_read_and_none_refused(loaded):
    _, first, _ = loaded
    offers = rows("offers-ilab", "offers.jsonl")
    listed_sirens = {row["siren"] for row in rows("offers-ilab", "organisations.jsonl")}
    # an offer without a company in the file makes one: by its SIREN, else by its own id
    made_owners = {o["siren"] or o["id"] for o in offers if o["siren"] not in listed_sirens}
    crunchbase = rows("offers-crunchbase", "offers.jsonl")
    assert made(first["betagouv"]) == {
        "organisations": len(rows("betagouv", "organisations.jsonl")),
        "proposals": len(rows("betagouv", "proposals.jsonl")),
        "status": len(rows("betagouv", "status.jsonl")),
    }
    assert made(first["offers-ilab"]) == {"organisations": len(listed_sirens) + len(made_owners), "offers": len(offers)}
    assert made(first["offers-crunchbase"]) == {"organisations": len(crunchbase), "offers": len(crunchbase)}
    for report in first.values():
        assert report["refusals"] == []
        for row in report["records"].values():
            assert row["read"] == row["created"] and row["changed"] == row["unchanged"] == row["refused"] == 0


def test_a_second_run_changes_nothing(loaded):
    _, first, second = loaded
    for name in CORPORA:
        for kind, row in second[name]["records"].items():
            assert row["created"] == row["changed"] == row["refused"] == 0
            assert row["unchanged"] == row["read"] == first[name]["records"][kind]["read"]


def test_what_was_mapped_is_counted_by_rule(loaded):
    _, first, _ = loaded
    beta, ilab = rows("betagouv", "proposals.jsonl"), rows("offers-ilab", "offers.jsonl")
    companies = rows("offers-ilab", "organisations.jsonl")
    without_name = [o for o in ilab if not o["name"]]
    assert first["betagouv"]["remarks"] == {"owner.incubator": sum(not p["sponsors"] for p in beta)}
    remarks = first["offers-ilab"]["remarks"]
    assert remarks["title.from_pitch"] == sum(bool(o["one_liner"]) for o in without_name)
    assert remarks["title.from_tag"] == sum(not o["one_liner"] for o in without_name)
    assert remarks["name.from_siren"] == sum(not c["name"] for c in companies)
    assert remarks["siren.unverified"] == sum(not is_siren(c["siren"]) for c in companies)


def test_organisations_are_as_the_files_have_them(loaded):
    desk, _, _ = loaded
    page = listed(desk, "orgs", organisation_pb2.OrganisationPage)
    by_ref = {(o.external_ref.scheme, o.external_ref.id): o for o in page.organisations if o.external_ref.id}
    for row in rows("betagouv", "organisations.jsonl"):
        assert by_ref["betagouv", row["id"]].legal_name == row["name"], row
    for row in rows("offers-ilab", "organisations.jsonl"):
        organisation = by_ref["ilab", row["id"]]
        scheme = "siren" if is_siren(row["siren"]) else "siren-unverified"
        assert [(i.scheme, i.value) for i in organisation.identifiers] == [(scheme, row["siren"])]
        assert organisation.legal_name == (row["name"] or row["siren"]).strip() or "\u0080" <= min(row["name"])
    for row in rows("offers-crunchbase", "offers.jsonl"):
        assert by_ref["crunchbase", row["id"]].legal_name == row["name"].strip()
    assert len({o.slug for o in page.organisations}) == len(page.organisations)


def test_offers_are_as_the_files_have_them(loaded):
    desk, _, _ = loaded
    offers = {o.external_ref.id: o for o in listed(desk, "offers", offer_pb2.OfferPage).offers}
    owners = {o.slug: o for o in listed(desk, "orgs", organisation_pb2.OrganisationPage).organisations}
    for row in rows("offers-crunchbase", "offers.jsonl"):
        offer = offers[row["id"]]
        assert owners[offer.owner].external_ref.id == row["id"]
        assert list(offer.workstreams) == ["startups"] and offer.language == "en"
    for row in rows("offers-ilab", "offers.jsonl"):
        offer = offers[row["id"]]
        owner = owners[offer.owner]
        assert owner.external_ref.id == (f"siren:{row['siren']}" if row["siren"] else row["id"])
        assert list(offer.tags) == row["tags"]
        assert str(row["award_year"]) in offer.references[0]
    assert len(offers) == len(rows("offers-ilab", "offers.jsonl")) + len(rows("offers-crunchbase", "offers.jsonl"))


def test_proposals_have_their_owner_their_history_and_their_phase(loaded):
    desk, _, _ = loaded
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    proposals = {p.external_ref.id: p for p in desk.proposals()}
    owners = {o.slug: o.external_ref.id for o in listed(desk, "orgs", organisation_pb2.OrganisationPage).organisations}
    steps = collections.defaultdict(list)
    for row in rows("betagouv", "status.jsonl"):
        steps[row["project"]].append(row)
    for row in rows("betagouv", "proposals.jsonl"):
        proposal = proposals.pop(row["id"])
        assert owners[proposal.owner] == (row["sponsors"] or [row["incubator"]])[0], row["id"]
        assert proposal.workstream == "startups" and len(proposal.description) <= 20_000
        phase, since = "SUBMITTED", min([s["date"] for s in steps[row["id"]] if s["date"] <= today] or [today])
        for step in steps[row["id"]]:
            if step["kind"] == "phase" and step["date"] <= today:
                now = PHASES[step["name"]]
                phase, since = now, step["date"] if now != phase else since
        assert proposal_pb2.Phase.Name(proposal.phase) == f"PHASE_{phase}", row["id"]
        assert proposal.phase_since == since, row["id"]
    assert not proposals


def test_each_history_has_the_rows_of_its_project_in_order(loaded):
    desk, _, _ = loaded
    folder = desk.path("export")
    desk.done("export", folder, timeout=240)
    names = {row["id"]: row["external_ref"]["id"] for row in load_json_lines(folder / "proposals.jsonl")}
    told, submitted = collections.defaultdict(list), {}
    for row in load_json_lines(folder / "status.jsonl"):
        if row["id"] == row["proposal"]:
            submitted[names[row["proposal"]]] = row["effective_on"]
        else:
            told[names[row["proposal"]]].append((row["source_word"], row["effective_on"], row.get("ends_on", "")))
    steps = collections.defaultdict(list)
    for row in rows("betagouv", "status.jsonl"):
        steps[row["project"]].append((row["name"], row["date"], row["end"] or ""))
    assert told == steps
    assert submitted == {id: min(date for _, date, _ in steps[id]) for id in names.values()}


def test_the_whole_hub_goes_into_an_empty_one_and_comes_out_the_same(loaded):
    desk, _, _ = loaded
    first, second = desk.path("first"), desk.path("second")
    desk.done("export", first, timeout=240)
    with a_hub() as empty:
        other = Desk(empty)
        report = other.done("import", first, "--format", "binome", "--json", timeout=240).json
        assert report["refusals"] == []
        again = other.done("import", first, "--format", "binome", "--json", timeout=240).json
        assert sum(row["created"] + row["changed"] + row["refused"] for row in again["records"].values()) == 0
        other.done("export", second, timeout=240)
    compared = compare_exports(first, second)
    assert compared[1:3] == [len(rows("betagouv", "proposals.jsonl")),
                             len(rows("offers-ilab", "offers.jsonl")) + len(rows("offers-crunchbase", "offers.jsonl"))]  # fmt: skip
