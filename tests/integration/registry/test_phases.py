# SPDX-License-Identifier: Apache-2.0
"""Who moves a proposal from where to where, what its history says, and plans that take effect on their day."""

import pytest
from binome.v1 import proposal_pb2
from scene import refused, request_of, table

PHASES = ("submitted", "under-review", "open", "engaged", "delivered", "rejected", "withdrawn", "suspended")


def enum(phase):
    return "PHASE_" + phase.upper().replace("-", "_")


def name(value):
    return proposal_pb2.Phase.Name(value)[len("PHASE_") :].lower().replace("_", "-")


class Company:
    """The organisations that stand around the proposals of a test."""

    def __init__(self, cast):
        self.cast = cast
        self.owner, self.pilot, self.stranger = cast.enrol("owner"), cast.enrol("pilot"), cast.enrol("stranger")
        self.coordination = cast.enrol("coordination", roles=["COORDINATION"])
        self.stream = cast.workstream(pilot=self.pilot.slug, members=[self.stranger.slug])

    def actors(self):
        """Who acts, and what the table of moves calls them."""
        return {
            self.owner: "owner",
            self.pilot: "pilot",
            self.coordination: "pilot",
            self.cast.operator: "operator",
            self.stranger: None,
        }

    def proposal(self, phase="submitted", **fields):
        id = self.owner.submit(workstream=self.stream, **fields)
        steps = {"rejected": ["rejected"], "submitted": []}.get(phase, [phase])
        for step in steps:
            self.move(self.cast.operator, id, step)
        return id

    def move(self, party, id, phase, reason="Il le faut", **fields):
        return party.done("status_update", {"proposal": id, "phase": enum(phase), "reason": reason, **fields})

    def phase(self, id, party=None):
        return name((party or self.owner).read("proposal_get", {"id": id}).phase)


@pytest.fixture(scope="module")
def company(cast):
    return Company(cast)


@pytest.fixture(scope="module")
def moves(cast):
    """(from, to) -> (who, whether a reason is compulsory)."""
    rows = table(cast.hub, "phases")
    return {(r["from"], r["to"]): (set(r["by"].split(", ")), r["reason"] == "compulsory") for r in rows}


# -- who may ---------------------------------------------------------------------------------------------------------


def test_every_move_by_everybody_goes_as_the_table_says(company, moves):
    """Judged by the hub without being made: 8 x 8 moves by five organisations, with and without a reason."""
    for start in PHASES:
        id = company.proposal(start)
        assert company.phase(id) == start
        for end in PHASES:
            for actor, called in company.actors().items():
                for reason in ("", "Il le faut"):
                    fields = {"proposal": id, "phase": enum(end), "reason": reason}
                    answer = actor.ask("status_update", fields, dry_run=True)
                    where = f"{start} to {end} by {actor.slug}, reason {reason!r}: {answer.code} {answer.rules}"
                    who, compulsory = moves.get((start, end), (set(), False))
                    if called is None:
                        refused(answer, "PERMISSION_DENIED", "role.not_allowed", "status_update.proposal")
                    elif start == end:
                        assert answer.code == "OK", where
                    elif not who:
                        refused(answer, "FAILED_PRECONDITION", "phase.no_such_move", "status_update.phase")
                    elif called not in who:
                        refused(answer, "PERMISSION_DENIED", "phase.role", "status_update.phase")
                    elif compulsory and not reason:
                        refused(answer, "INVALID_ARGUMENT", "phase.reason_required", "status_update.reason")
                    else:
                        assert answer.code == "OK" and answer.receipt is None, where
        assert company.phase(id) == start


@pytest.mark.parametrize(
    "actor, start, end",
    [
        ("pilot", "submitted", "under-review"),
        ("coordination", "under-review", "open"),
        ("owner", "open", "engaged"),
        ("owner", "engaged", "delivered"),
        ("pilot", "under-review", "rejected"),
        ("owner", "submitted", "withdrawn"),
        ("owner", "engaged", "suspended"),
        ("owner", "suspended", "engaged"),
        ("pilot", "suspended", "open"),
        ("pilot", "submitted", "delivered"),
        ("coordination", "rejected", "open"),
        ("operator", "delivered", "engaged"),
        ("owner", "withdrawn", "submitted"),
        ("pilot", "delivered", "withdrawn"),
    ],
)
def test_a_move_is_made_and_told(company, actor, start, end):
    party = company.cast.operator if actor == "operator" else getattr(company, actor)
    id = company.proposal(start)
    before = company.owner.read("proposal_get", {"id": id}).version
    receipt = company.move(party, id, end)
    assert receipt.object == id and receipt.version == before + 1
    read = company.stranger.read("proposal_get", {"id": id})
    assert name(read.phase) == end and read.version == before + 1
    last = company.stranger.pages("status_list", {"proposal": id})[-1]
    assert (name(last.phase_before), name(last.phase), last.by) == (start, end, party.slug)
    assert last.id == receipt.request_id and last.sequence == receipt.sequence


@pytest.mark.parametrize("actor, may", [("owner", True), ("operator", True), ("pilot", False), ("stranger", False)])
def test_a_withdrawal_is_the_owners(company, actor, may):
    party = company.cast.operator if actor == "operator" else getattr(company, actor)
    id = company.proposal("open")
    answer = party.ask("proposal_withdraw", {"id": id, "reason": "Plus de budget"})
    if not may:
        answer.expect("PERMISSION_DENIED")
        assert company.phase(id) == "open"
        return
    answer.expect_ok()
    assert company.phase(id) == "withdrawn"
    last = company.owner.pages("status_list", {"proposal": id})[-1]
    assert last.reason == "Plus de budget" and name(last.phase) == "withdrawn"
    # Withdrawn is closed: the text rests until somebody brings the proposal back.
    text = {"title": "Encore", "visibility": "VISIBILITY_PROGRAMME", "workstream": company.stream}
    revise = {"id": id, "expected_version": answer.receipt.version, "proposal": text}
    refused(company.owner.ask("proposal_revise", revise), "FAILED_PRECONDITION", "object.closed", state="withdrawn")
    again = party.ask("proposal_withdraw", {"id": id, "reason": "Deux fois"})
    refused(again, "FAILED_PRECONDITION", "phase.no_such_move")


def test_nobody_but_the_owner_revises(company):
    id = company.proposal()
    text = {"title": "À ma façon", "visibility": "VISIBILITY_PROGRAMME", "workstream": company.stream}
    for party in (company.pilot, company.coordination, company.stranger, company.cast.operator):
        answer = party.ask("proposal_revise", {"id": id, "expected_version": 1, "proposal": text})
        refused(answer, "PERMISSION_DENIED", "role.owner_only", "proposal_revise.id")
    offer = company.owner.publish()
    for party in (company.pilot, company.stranger, company.cast.operator):
        answer = party.ask("offer_retire", {"id": offer, "reason": "Essai"})
        refused(answer, "PERMISSION_DENIED", "role.owner_only", "offer_retire.id")


# -- history ---------------------------------------------------------------------------------------------------------


def test_a_history_is_told_oldest_first_and_in_full(company):
    owner, pilot = company.owner, company.pilot
    id = owner.done(
        "proposal_submit",
        {
            "proposal": {"title": "Histoire", "visibility": "VISIBILITY_PROGRAMME", "workstream": company.stream},
            "submitted_on": "2025-01-06",
        },
    ).object
    company.move(pilot, id, "under-review", effective_on="2025-02-03")
    text = {"title": "Histoire, revue", "visibility": "VISIBILITY_PROGRAMME", "workstream": company.stream}
    owner.done("proposal_revise", {"id": id, "expected_version": 2, "proposal": text})
    company.move(pilot, id, "open", effective_on="2025-03-03")
    owner.done("status_update", {"proposal": id, "progress_percent": 10, "achieved": "Trois entretiens"})
    company.move(owner, id, "engaged", source_word="construction", effective_on="2025-06-02")
    owner.done(
        "status_update",
        {
            "proposal": id,
            "progress_percent": 60,
            "health": {"overall": "HEALTH_STATE_AT_RISK"},
            "blockers": [{"reason": "NO_BUDGET", "text": "Budget gelé"}],
            "milestones": [{"name": "Revue", "due_on": "2025-09-01"}],
        },
    )
    owner.done("status_update", {"proposal": id, "health": {"cost": "HEALTH_STATE_OFF_TRACK"}})
    rows = company.stranger.pages("status_list", {"proposal": id}, size=2)
    assert [(name(row.phase_before) if row.phase_before else "", name(row.phase)) for row in rows] == [
        ("", "submitted"),
        ("submitted", "under-review"),
        ("under-review", "open"),
        ("open", "open"),
        ("open", "engaged"),
        ("engaged", "engaged"),
        ("engaged", "engaged"),
    ]
    assert [row.effective_on for row in rows[:5:2]] == ["2025-01-06", "2025-03-03", "2025-06-02"]
    assert [row.version for row in rows] == [1, 2, 4, 5, 6, 7, 8], "the revision is a version, not a status"
    assert [row.sequence for row in rows] == sorted(row.sequence for row in rows)
    assert rows[0].by == owner.slug and rows[1].by == pilot.slug
    assert rows[3].achieved == "Trois entretiens" and rows[4].source_word == "construction"
    assert rows[5].blockers[0].text == "Budget gelé" and rows[5].milestones[0].name == "Revue"
    read = owner.read("proposal_get", {"id": id})
    assert read.progress_percent == 60 and read.phase_since == "2025-06-02" and read.version == 8
    # A health that says one part leaves the others as they were.
    assert (read.health.overall, read.health.cost) == (2, 3)


def test_progress_of_zero_is_not_the_same_as_none(company):
    id = company.proposal()
    assert company.owner.read("proposal_get", {"id": id}).WhichOneof("progress_") is None
    company.owner.done("status_update", {"proposal": id, "progress_percent": 0})
    assert company.owner.read("proposal_get", {"id": id}).WhichOneof("progress_") == "progress_percent"


def test_a_status_under_a_reference_is_kept_once(company):
    id = company.proposal()
    update = {
        "proposal": id,
        "phase": "PHASE_OPEN",
        "reason": "Import",
        "external_ref": {"scheme": "betagouv", "id": "phase-1"},
    }
    company.cast.operator.done("status_update", update, on_behalf_of=company.owner.slug)
    for n in range(2):
        answer = company.cast.operator.ask("status_update", update, on_behalf_of=company.owner.slug).expect_ok()
        assert answer.body.unchanged and answer.receipt is None
    answer = company.cast.operator.ask("status_update", {**update, "reason": "Autre"}, on_behalf_of=company.owner.slug)
    refused(
        answer, "ALREADY_EXISTS", "external_ref.taken", "status_update.external_ref", scheme="betagouv", id="phase-1"
    )
    assert len(company.owner.pages("status_list", {"proposal": id})) == 2


def test_a_stranger_does_not_learn_which_references_an_owner_uses(company):
    id = company.proposal()
    used, unused = {"scheme": "crm", "id": "secret-17"}, {"scheme": "crm", "id": "secret-18"}
    company.owner.done("status_update", {"proposal": id, "achieved": "Fait", "external_ref": used})
    answers = [
        company.stranger.ask("status_update", {"proposal": id, "achieved": achieved, "external_ref": reference})
        for achieved, reference in (("Fait", used), ("Autre", used), ("Fait", unused))
    ]
    for answer in answers:
        refused(answer, "PERMISSION_DENIED", "role.not_allowed", "status_update.proposal")
        assert answer.body == answers[0].body


# -- plans -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def planned(later):
    return Company(later)


def found(party, id):
    """Whether a match of proposals gives this one."""
    return id in party.counterparts(text="planification", target="MATCH_TARGET_PROPOSALS")


def test_a_planned_phase_holds_from_its_day_on_in_every_way(later, planned):
    clock, owner = later.clock, planned.owner
    id = planned.proposal("open", title="Planification")
    day = clock.day(3)
    planned.move(owner, id, "engaged", effective_on=day)
    read = owner.read("proposal_get", {"id": id})
    assert (name(read.phase), read.phase_since) == ("open", clock.day())
    assert found(planned.stranger, id)
    last = owner.pages("status_list", {"proposal": id})[-1]
    assert (name(last.phase), last.effective_on) == ("engaged", day)
    clock.forward(days=2)
    assert planned.phase(id) == "open"
    assert id in [row.id for row in planned.stranger.pages("proposal_list", {"phase": "PHASE_OPEN"})]
    clock.forward(days=1)
    read = owner.read("proposal_get", {"id": id})
    assert (name(read.phase), read.phase_since) == ("engaged", day)
    assert id in [row.id for row in planned.stranger.pages("proposal_list", {"phase": "PHASE_ENGAGED"})]
    assert id not in [row.id for row in planned.stranger.pages("proposal_list", {"phase": "PHASE_OPEN"})]
    assert not found(planned.stranger, id), "who is engaged seeks nobody"
    # Moves start from the phase now in force.
    owner.ask("status_update", {"proposal": id, "phase": "PHASE_DELIVERED"}, dry_run=True).expect_ok()


def test_a_plan_that_opens_a_proposal_brings_it_into_matches_on_its_day(later, planned):
    clock = later.clock
    id = planned.proposal("suspended", title="Planification suspendue")
    assert not found(planned.stranger, id)
    planned.move(planned.pilot, id, "open", effective_on=clock.day(1))
    assert not found(planned.stranger, id)
    clock.forward(days=1)
    assert planned.phase(id) == "open"
    assert found(planned.stranger, id)


def test_a_plan_survives_a_restart_and_its_day_may_pass_meanwhile(later, planned):
    clock = later.clock
    id = planned.proposal("open", title="Planification longue")
    planned.move(planned.owner, id, "engaged", effective_on=clock.day(2))
    later.hub.kill("registry")
    clock.forward(days=2)
    later.hub.start("registry")
    read = planned.owner.open().call_safely(request_of("proposal_get", {"id": id})).expect_ok().body.proposal
    assert name(read.phase) == "engaged"
    assert not found(planned.stranger, id)


def test_the_newest_plan_counts_and_a_move_at_once_ends_it(later, planned):
    clock, owner = later.clock, planned.owner
    id = planned.proposal("open")
    planned.move(owner, id, "engaged", effective_on=clock.day(2))
    planned.move(owner, id, "suspended", effective_on=clock.day(3))
    clock.forward(days=2)
    assert planned.phase(id) == "open", "the second plan took the place of the first"
    planned.move(owner, id, "engaged")
    clock.forward(days=5)
    assert planned.phase(id) == "engaged", "a move at once ends what was planned"
    # A status without a phase leaves the plan alone.
    planned.move(owner, id, "delivered", effective_on=clock.day(1))
    owner.done("status_update", {"proposal": id, "progress_percent": 90})
    clock.forward(days=1)
    assert planned.phase(id) == "delivered"


def test_a_planned_withdrawal_closes_on_its_day(later, planned):
    clock, owner = later.clock, planned.owner
    id = planned.proposal("open")
    version = owner.done(
        "proposal_withdraw", {"id": id, "reason": "Fin de budget", "effective_on": clock.day(1)}
    ).version
    text = {"title": "Encore", "visibility": "VISIBILITY_PROGRAMME", "workstream": planned.stream}
    revise = {"id": id, "expected_version": version, "proposal": text}
    owner.ask("proposal_revise", revise, dry_run=True).expect_ok()
    clock.forward(days=1)
    refused(owner.ask("proposal_revise", revise), "FAILED_PRECONDITION", "object.closed")
    assert planned.phase(id) == "withdrawn"
