# SPDX-License-Identifier: Apache-2.0
"""--json: every answer parses as the message that it is, with the names of the .proto files and nothing lost."""

import json

import pytest
from binome.v1 import (
    match_pb2,
    offer_pb2,
    organisation_pb2,
    programme_pb2,
    proposal_pb2,
    reply_pb2,
    stats_pb2,
)
from desk import PROPOSAL


@pytest.fixture(scope="module")
def told(desk):
    """Ids of a proposal and an offer with a history behind them."""
    acme, startup = desk.join("acme", kind="large-group"), desk.join("previzio")
    proposal = desk.submit(acme, PROPOSAL, "--support", "40kEUR", "--ref", "crm:1", "--invite", startup.slug)
    desk.done("status", proposal, "--phase", "under-review", "--progress", "0", "--health", "at-risk",
              "--health-cost", "off-track", "--blocker", "NO_BUDGET:none left", "--milestone",
              "Pilot:2027-03-01", "--milestone", "Kick-off:2026-01-01:2026-01-02")  # fmt: skip
    offer = desk.publish(startup, "--title", "Vibration of pumps \"é\" \\ \u2028 \U0001f527", "--workstream", "ai", "--workstream",
                         "skills", "--trl", "8", "--available-from", "2027-03-01", "--reference", "RATP", "--language",
                         "fr")  # fmt: skip
    return acme, startup, proposal, offer


def test_objects(desk, told):
    acme, startup, proposal, offer = told
    shown = desk.done("show", proposal, "--json", as_=acme).message(proposal_pb2.Proposal)
    assert shown.budget.min.minor_units == 5000000 and shown.HasField("progress_percent")
    assert shown.progress_percent == 0 and shown.health.cost == proposal_pb2.HEALTH_STATE_OFF_TRACK
    assert shown.submitted_at.seconds > 1_700_000_000
    published = desk.done("show", offer, "--json", as_=acme).message(offer_pb2.Offer)
    assert published.title == 'Vibration of pumps "é" \\ \u2028 \U0001f527'
    desk.done("show", acme.slug, "--json", as_=startup).message(organisation_pb2.Organisation)
    desk.done("org", "show", "--json", as_=acme).message(organisation_pb2.Organisation)
    desk.done("show", "ai", "--json", as_=acme).message(programme_pb2.Workstream)
    desk.done("show", "programme", "--json", as_=acme).message(programme_pb2.Programme)


def test_lists(desk, told):
    acme, _, proposal, offer = told
    page = desk.done("list", "proposals", "--json", as_=acme).message(proposal_pb2.ProposalPage)
    assert proposal in [p.id for p in page.proposals]
    page = desk.done("list", "offers", "--json", as_=acme).message(offer_pb2.OfferPage)
    assert offer in [o.id for o in page.offers]
    desk.done("list", "orgs", "--limit", "0", "--json", as_=acme).message(organisation_pb2.OrganisationPage)
    desk.done("list", "workstreams", "--json", as_=acme).message(programme_pb2.Workstreams)
    assert (
        desk.done("list", "keys", "--json", as_=acme).message(organisation_pb2.Keys).keys[0].public_key == acme.public
    )
    assert desk.done("list", "offers", "--owner", acme.slug, "--json", as_=acme).json == {"offers": []}
    history = desk.done("status", "list", proposal, "--json", as_=acme).message(proposal_pb2.StatusPage)
    assert [len(update.milestones) for update in history.updates] == [0, 2]
    assert history.updates[1].blockers[0].text == "none left"


def test_matches(desk, told):
    acme, _, proposal, offer = told
    found = desk.match(proposal, "--json", as_=acme).message(match_pb2.Matches)
    assert found.matches[0].id == offer and found.matches[0].contributions
    nothing = desk.match("--text", "le la les", "--json", as_=acme).message(match_pb2.Matches)
    assert nothing.empty_because == "match.no_words"


def test_receipts_and_dry_runs(desk, told):
    acme, startup, proposal, offer = told
    ways = (
        (acme, ("propose", desk.write("p.yaml", PROPOSAL))),
        (acme, ("propose", "revise", proposal, "--summary", "Another", "--yes")),
        (acme, ("status", proposal, "--progress", "5")),
        (acme, ("propose", "withdraw", proposal, "--reason", "because")),
        (startup, ("offer", "publish", "--title", "Other", "--workstream", "ai", "--language", "en")),
        (startup, ("offer", "revise", offer, "--summary", "Another", "--yes")),
        (startup, ("offer", "retire", offer, "--reason", "because")),
        (startup, ("org", "revise", "--website", "https://x.example", "--yes")),
        (None, ("admin", "suspend", startup.slug, "--reason", "because")),
        (None, ("admin", "resume", startup.slug, "--reason", "because")),
        (None, ("admin", "workstream", "ai", "--title-fr", "IA", "--yes")),
        (None, ("admin", "programme", "--pay-days", "30", "--yes")),
    )
    for who, words in ways:
        if words[1] == "resume":  # not suspended yet
            continue
        dry = desk.done(*words, "--dry-run", "--json", as_=who).message(reply_pb2.Reply)
        assert not dry.HasField("receipt"), words
    for who, words in ways:
        reply = desk.done(*words, "--json", as_=who).message(reply_pb2.Reply)
        assert reply.receipt.sequence > 0 and len(reply.receipt.digest) == 32, words
        kept = (who or desk.hub.operator).profile / "receipts" / f"receipt-{reply.receipt.request_id}.json"
        assert json.loads(kept.read_text())["sequence"] == str(reply.receipt.sequence)


def test_an_unchanged_repeat_says_so(desk, told):
    acme = told[0]
    words = ("propose", "--title", "Abc", "--workstream", "ai", "--language", "en", "--ref", "crm:9", "--json")
    assert not desk.done(*words, as_=acme).message(reply_pb2.Reply).unchanged
    assert desk.done(*words, as_=acme).message(reply_pb2.Reply).unchanged


def test_figures(desk):
    stats = desk.done("stats", "--json").message(stats_pb2.Stats)
    assert stats.registry_up and any(type.name == "organisation_enrol" for type in stats.types)


def test_what_is_no_message_is_still_one_json_value(desk):
    folder = desk.path("keys")
    assert set(desk.done("keygen", folder, "--json").json) == {"public_key"}
    profile = desk.path("profile")
    made = desk.done("profile", "make", profile, "--hub", "tcp://h:1", "--hub-key", desk.hub.hub_public, "--json")
    assert set(made.json) == {"folder", "public_key"}
    assert desk.done("profile", "show", profile, "--json").json["hub"] == "tcp://h:1"
    assert set(desk.done("export", desk.path("export"), "--json").json) == {"folder"}
