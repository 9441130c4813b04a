# SPDX-License-Identifier: Apache-2.0
"""Suspend, resume, leave; keys and their roles; the programme and its workstreams."""

import client
import pytest
from binome.v1 import proposal_pb2
from hub import keypair, wait_for
from scene import DAY_MS, instant, organisation_text, refused, request_of, table

REASON = {"reason": "Décision du comité"}


def refused_at_the_door(party, rule):
    """A new session of this key is told why it may not."""
    with pytest.raises(client.SessionRefused) as refusal:
        party.client().close()
    refusal.value.answer.expect("UNAUTHENTICATED", rule)


def refused_in_session(party, rule):
    """The open session's next message is refused, and the connection is ended."""
    refused(party.ask("workstream_list"), "UNAUTHENTICATED", rule)
    assert party.open().disconnected(5)
    party.close(bye=False)


# -- suspend, resume, leave ------------------------------------------------------------------------------------------


def test_a_suspended_organisation_is_refused_and_its_offers_rest(cast):
    party, buyer = cast.enrol("suspended"), cast.enrol("buyer", kind="LARGE_GROUP")
    offer = party.publish("Ornithoptère électrique")
    proposal = party.submit("Ornithoptère partagé")
    assert buyer.counterparts(text="ornithoptère") == [offer]
    cast.operator.done("organisation_suspend", {"slug": party.slug, **REASON})
    refused_in_session(party, "organisation.suspended")
    refused_at_the_door(party, "organisation.suspended")
    for target in ("MATCH_TARGET_OFFERS", "MATCH_TARGET_PROPOSALS"):
        answer = buyer.matches(text="ornithoptère", target=target)
        assert not answer.matches and answer.candidates == 0
    # What is on record stays on record.
    assert buyer.read("offer_get", {"id": offer}).state == 1
    assert buyer.read("organisation_get", {"slug": party.slug}).state == 2
    assert party.slug in [row.slug for row in buyer.pages("organisation_list", {"state": 2})]
    again = cast.operator.ask("organisation_suspend", {"slug": party.slug, **REASON})
    refused(again, "FAILED_PRECONDITION", "organisation.state", "organisation_suspend.slug", state="suspended")

    cast.operator.done("organisation_resume", {"slug": party.slug, **REASON})
    assert party.read("offer_get", {"id": offer}).title == "Ornithoptère électrique"
    assert buyer.counterparts(text="ornithoptère") == [offer]
    assert buyer.counterparts(text="ornithoptère", target="MATCH_TARGET_PROPOSALS") == [proposal]
    again = cast.operator.ask("organisation_resume", {"slug": party.slug, **REASON})
    refused(again, "FAILED_PRECONDITION", "organisation.state", "organisation_resume.slug", state="active")


def test_a_suspension_outlives_a_restart(cast):
    party, buyer = cast.enrol("suspended"), cast.enrol("buyer")
    party.publish("Dirigeable solaire")
    cast.operator.done("organisation_suspend", {"slug": party.slug, **REASON})
    cast.hub.restart("registry")
    session = buyer.open()
    assert session.call_safely(request_of("workstream_list")).code == "OK"
    refused_in_session(party, "organisation.suspended")
    assert buyer.counterparts(text="dirigeable") == []


def test_who_leaves_takes_everything_open_along(cast):
    party, buyer = cast.enrol("leaving", identifiers=[{"scheme": "siren", "value": "443061841"}]), cast.enrol("buyer")
    stream = cast.workstream()
    offer, retired = party.publish("Sous-marin biologique"), party.publish("Vieux sous-marin")
    party.done("offer_retire", {"id": retired, "reason": "Trop vieux"})
    states = {}
    for phase in ("SUBMITTED", "UNDER_REVIEW", "OPEN", "ENGAGED", "SUSPENDED", "DELIVERED", "REJECTED", "WITHDRAWN"):
        id = states[phase] = party.submit(f"Sous-marin {phase}", workstream=stream)
        for step in ["UNDER_REVIEW"] * (phase == "REJECTED") + [phase] * (phase != "SUBMITTED"):
            move = {"proposal": id, "phase": f"PHASE_{step}", **REASON}
            cast.operator.done("status_update", move)
    many = [party.submit(f"Sous-marin {n}", visibility="DRAFT" if n % 2 else "INVITED") for n in range(40)]
    bystander = buyer.publish("Sous-marin d'un autre")

    receipt = party.done("organisation_leave", {"reason": "Fusion"})
    refused_in_session(party, "organisation.left")
    refused_at_the_door(party, "organisation.left")

    for phase, id in states.items():
        read = cast.operator.read("proposal_get", {"id": id})
        kept = phase in ("DELIVERED", "REJECTED", "WITHDRAWN")
        assert proposal_pb2.Phase.Name(read.phase) == f"PHASE_{phase if kept else 'WITHDRAWN'}", phase
        last = cast.operator.pages("status_list", {"proposal": id})[-1]
        if not kept:
            assert (last.reason, last.by, last.sequence) == ("Fusion", party.slug, receipt.sequence)
            assert proposal_pb2.Phase.Name(last.phase_before) == f"PHASE_{phase}"
    assert cast.operator.read("offer_get", {"id": offer}).state == 2
    for id in many[::2]:
        assert cast.operator.read("proposal_get", {"id": id}).phase == proposal_pb2.PHASE_WITHDRAWN
    assert buyer.counterparts(text="sous-marin", target="MATCH_TARGET_PROPOSALS") == []
    assert cast.operator.counterparts(text="sous-marin") == [bystander]
    assert buyer.read("organisation_get", {"slug": party.slug}).state == 3
    keys = cast.operator.read("key_list", {"organisation": party.slug}).keys
    assert [key.state for key in keys] == [2]

    # It is final: neither slug nor key comes back, nor is anything done in its name.
    text = organisation_text(party.slug)
    refused(
        cast.operator.ask("organisation_enrol", {"organisation": text}), "ALREADY_EXISTS", "organisation.slug_taken"
    )
    text = organisation_text("newcomer")
    keys = [{"public_key": party.member.public}]
    answer = cast.operator.ask("organisation_enrol", {"organisation": text, "keys": keys})
    refused(answer, "ALREADY_EXISTS", "key.taken", "organisation_enrol.keys[0].public_key")
    for verb in ("organisation_resume", "organisation_suspend", "organisation_leave"):
        answer = cast.operator.ask(verb, {"slug": party.slug, **REASON})
        refused(answer, "FAILED_PRECONDITION", "organisation.state", f"{verb}.slug", state="left")
    add = {"organisation": party.slug, "key": {"public_key": keypair()[0]}}
    refused(cast.operator.ask("key_add", add), "FAILED_PRECONDITION", "organisation.state")
    revise = {"expected_version": 2, "organisation": organisation_text(party.slug)}
    refused(cast.operator.ask("organisation_revise", revise), "FAILED_PRECONDITION", "organisation.state")
    publish = {"offer": {"title": "Encore", "visibility": "VISIBILITY_PROGRAMME", "workstreams": ["ai"]}}
    answer = cast.operator.ask("offer_publish", publish, on_behalf_of=party.slug)
    refused(answer, "FAILED_PRECONDITION", "organisation.state", "on_behalf_of", state="left")


def test_leaving_is_sound_after_a_crash(cast):
    party = cast.enrol("leaving")
    ids = [party.submit(f"Projet {n}") for n in range(30)]
    party.done("organisation_leave", {"reason": "Fusion"})
    party.close(bye=False)
    cast.hub.kill("registry")
    cast.hub.start("registry")
    operator = cast.operator.open()
    for id in ids[:1]:
        read = operator.call_safely(request_of("proposal_get", {"id": id})).expect_ok()
    phases = {cast.operator.read("proposal_get", {"id": id}).phase for id in ids}
    assert phases == {read.body.proposal.phase} == {7}


def test_who_may_suspend_and_leave(cast):
    party, other = cast.enrol("one"), cast.enrol("two", roles=["COORDINATION"])
    for verb in ("organisation_suspend", "organisation_resume"):
        refused(party.ask(verb, {"slug": party.slug, **REASON}), "PERMISSION_DENIED", "role.operator_only")
        refused(other.ask(verb, {"slug": party.slug, **REASON}), "PERMISSION_DENIED", "role.operator_only")
    answer = other.ask("organisation_leave", {"slug": party.slug, **REASON})
    refused(answer, "PERMISSION_DENIED", "role.owner_only", "organisation_leave.slug")
    # A hub without an operator could not be mended by anybody.
    for verb in ("organisation_suspend", "organisation_leave"):
        answer = cast.operator.ask(verb, {"slug": cast.operator.slug, **REASON})
        refused(answer, "FAILED_PRECONDITION", "key.last_of_operator", f"{verb}.slug")
    answer = cast.operator.ask("organisation_leave", {"slug": party.slug, **REASON}, dry_run=True)
    assert answer.expect_ok().receipt is None and party.read("organisation_get").state == 1


def test_revise_keeps_what_is_not_its_own(cast):
    party, other = cast.enrol("one"), cast.enrol("two")
    text = organisation_text(party.slug, legal_name="Un nouveau nom", description="Depuis hier")
    text["legal_name"] = "Un nouveau nom"
    assert party.done("organisation_revise", {"expected_version": 1, "organisation": text}).version == 2
    read = other.read("organisation_get", {"slug": party.slug})
    assert (read.legal_name, read.version, list(read.roles)) == ("Un nouveau nom", 2, [1])
    answer = other.ask("organisation_revise", {"expected_version": 2, "organisation": text})
    refused(answer, "PERMISSION_DENIED", "role.owner_only")
    grab = {"expected_version": 2, "organisation": text, "roles": ["ROLE_OPERATOR"]}
    refused(
        party.ask("organisation_revise", grab), "PERMISSION_DENIED", "role.operator_only", "organisation_revise.roles"
    )
    grab["roles"] = ["ROLE_COMMITTEE"]
    cast.operator.done("organisation_revise", grab)
    assert list(other.read("organisation_get", {"slug": party.slug}).roles) == [1, 2]
    # The name in match lists is the new one as well.
    party.publish("Cerf-volant captif")
    assert [m.owner_name for m in other.matches(text="cerf-volant").matches] == ["Un nouveau nom"]


def test_a_reference_of_another_organisation_is_taken(cast):
    reference = {"scheme": "crm", "id": "shared"}
    party, other = cast.enrol("one", external_ref=reference), cast.enrol("two")
    text = organisation_text(other.slug, external_ref=reference)
    answer = other.ask("organisation_revise", {"expected_version": 1, "organisation": text})
    refused(answer, "ALREADY_EXISTS", "external_ref.taken", "organisation_revise.organisation.external_ref")
    # Enrolled again with the same words it is known; with the reference and another slug it is somebody else's.
    text = organisation_text("three", external_ref=reference)
    answer = cast.operator.ask("organisation_enrol", {"organisation": text})
    refused(answer, "ALREADY_EXISTS", "external_ref.taken", "organisation_enrol.organisation.external_ref")
    text = organisation_text(party.slug, external_ref=reference)
    answer = cast.operator.ask("organisation_enrol", {"organisation": text}).expect_ok()
    assert answer.body.unchanged and answer.body.organisation.slug == party.slug
    text["description"] = "Autre chose"
    receipt = cast.operator.done("organisation_enrol", {"organisation": text})
    assert receipt.version == 2 and party.read("organisation_get").description == "Autre chose"


# -- keys ------------------------------------------------------------------------------------------------------------


def test_every_request_keeps_to_the_roles_of_key_and_organisation(cast):
    """By the printed table: each request, by each kind of key, of a member, a coordination and the operator."""
    rows = table(cast.hub, "requests")
    assert len(rows) > 25
    speakers = []
    for called, party in (
        ("member", cast.enrol("roles")),
        ("coordination", cast.enrol("roles", roles=["COORDINATION"])),
        ("operator", cast.operator),
    ):
        speakers.append((called, "member", party))
        speakers += [(called, role, cast.with_key(party, role.upper())) for role in ("agent", "reader")]
    for row in rows:
        for called, role, party in speakers:
            answer = party.ask(row["request"], judgeable(row["request"]), dry_run=True)
            told = f"{row['request']} with a {role} key of the {called}: {answer.code} {answer.rules}"
            if role not in row["keys"].split(", "):
                refused(answer, "PERMISSION_DENIED", "key.role", "key", role=role)
            elif row["organisations"] != "any" and called not in row["organisations"].split(", "):
                rule = "role.operator_only" if row["organisations"] == "operator" else "role.not_allowed"
                refused(answer, "PERMISSION_DENIED", rule, row["request"])
            else:
                assert "key.role" not in answer.rules, told
                assert answer.code in ("OK", "NOT_FOUND", "FAILED_PRECONDITION"), told


def judgeable(kind):
    """A body of good form whose object does not exist: whoever may ask gets as far as that."""
    nowhere, key = "01900000-0000-7000-8000-000000000000", {"public_key": keypair()[0]}
    proposal = {"title": "Essai", "visibility": "VISIBILITY_PROGRAMME", "workstream": "ai"}
    offer = {"title": "Essai", "visibility": "VISIBILITY_PROGRAMME", "workstreams": ["ai"]}
    named = {"id": nowhere, "expected_version": 1}
    return {
        "programme_edit": {"expected_version": 1, "programme": {"name": "P", "languages": ["fr"], "currency": "EUR"}},
        "workstream_get": {"slug": "nowhere"},
        "workstream_edit": {"workstream": {"slug": "brand-new", "title": "Nouveau"}},
        "organisation_enrol": {"organisation": organisation_text("brand-new")},
        "organisation_revise": {"expected_version": 1, "organisation": organisation_text("nowhere")},
        "organisation_suspend": {"slug": "nowhere", **REASON},
        "organisation_resume": {"slug": "nowhere", **REASON},
        "organisation_leave": {"slug": "nowhere", **REASON},
        "organisation_get": {"slug": "nowhere"},
        "key_add": {"organisation": "nowhere", "key": key},
        "key_revoke": {"organisation": "nowhere", **key, **REASON},
        "key_list": {"organisation": "nowhere"},
        "proposal_submit": {"proposal": proposal},
        "proposal_revise": {**named, "proposal": proposal},
        "proposal_withdraw": {**named, **REASON},
        "proposal_get": {"id": nowhere},
        "status_update": {"proposal": nowhere},
        "status_list": {"proposal": nowhere},
        "offer_publish": {"offer": offer},
        "offer_revise": {**named, "offer": offer},
        "offer_retire": {**named, **REASON},
        "offer_get": {"id": nowhere},
        "match_find": {"proposal": nowhere},
        "proof_get": {"request_id": nowhere},
    }.get(kind, {})


def test_two_keys_of_one_organisation_are_two(cast):
    party = cast.enrol("two-keys")
    agent = cast.with_key(party, "AGENT")
    id = agent.submit("De l'agent")
    assert party.read("proposal_get", {"id": id}).owner == party.slug
    revoke = {"public_key": agent.member.public, "reason": "Poste perdu"}
    refused(agent.ask("key_revoke", revoke), "PERMISSION_DENIED", "key.role")
    party.done("key_revoke", revoke)
    refused_in_session(agent, "key.revoked")
    refused_at_the_door(agent, "key.revoked")
    party.submit("De l'autre clé, comme avant")
    refused(party.ask("key_revoke", revoke), "FAILED_PRECONDITION", "key.revoked", "key_revoke.public_key")
    add = {"key": {"public_key": agent.member.public}}
    refused(party.ask("key_add", add), "ALREADY_EXISTS", "key.taken", "key_add.key.public_key")
    listed = party.read("key_list").keys
    assert [(key.role, key.state) for key in listed] == [(1, 1), (2, 2)]
    assert listed[1].public_key == agent.member.public


def test_keys_of_others_are_none_of_ones_business(cast):
    party, other = cast.enrol("one"), cast.enrol("two")
    add = {"organisation": party.slug, "key": {"public_key": keypair()[0]}}
    refused(other.ask("key_add", add), "PERMISSION_DENIED", "role.owner_only")
    revoke = {"organisation": party.slug, "public_key": party.member.public, "reason": "Vol"}
    refused(other.ask("key_revoke", revoke), "PERMISSION_DENIED", "role.owner_only")
    refused(other.ask("key_list", {"organisation": party.slug}), "PERMISSION_DENIED", "role.owner_only")
    # Naming another's key as one's own finds nothing.
    answer = other.ask("key_revoke", {"public_key": party.member.public, "reason": "Vol"})
    refused(answer, "NOT_FOUND", "key.unknown", "key_revoke.public_key")
    party.read("workstream_list")


def test_the_operators_last_key_stays(cast):
    public = cast.operator.member.public
    answer = cast.operator.ask("key_revoke", {"public_key": public, "reason": "Essai"})
    refused(answer, "FAILED_PRECONDITION", "key.last_of_operator", "key_revoke.public_key")
    cast.with_key(cast.operator, "AGENT")
    answer = cast.operator.ask("key_revoke", {"public_key": public, "reason": "Essai"})
    refused(answer, "FAILED_PRECONDITION", "key.last_of_operator")


def test_nothing_of_a_key_is_accepted_once_its_revocation_was_answered(cast):
    """Under load: the revocation comes in between the requests of a window. What has a receipt came before it."""
    victim = cast.enrol("victim")
    c = victim.open()
    for round in range(5):
        sent, receipts, after = [], [], None
        key = cast.with_key(victim, "MEMBER")
        c = key.open()
        for n in range(120):
            text = {"title": f"Flot {n}", "visibility": "VISIBILITY_DRAFT", "workstream": "ai"}
            sent.append(c.send(*c.pack(request_of("proposal_submit", {"proposal": text}))))
            if n == 60:
                revoke = {"organisation": victim.slug, "public_key": key.member.public, "reason": "Vol"}
                after = cast.operator.done("key_revoke", revoke).sequence
        for request_id in sent:
            try:
                answer = c.answer_to(request_id, 2)
            except client.NoAnswer:
                break  # the connection has been ended
            if answer.code == "OK":
                receipts.append(answer.receipt.sequence)
            else:
                answer.expect("UNAUTHENTICATED", "key.revoked")
        assert all(sequence < after for sequence in receipts)
        assert len(receipts) < len(sent)
        key.close(bye=False)


def test_a_key_ends_with_its_time(later):
    clock = later.clock
    party = later.enrol("expiring", expires_ms=clock.now_ms + 3_600_000)
    party.submit()
    clock.forward(ms=3_599_000)
    party.read("workstream_list")
    clock.forward(ms=2_000)
    refused_in_session(party, "key.expired")
    refused_at_the_door(party, "key.expired")
    keys = later.operator.read("key_list", {"organisation": party.slug}).keys
    assert [key.state for key in keys] == [3]
    # Another key of the same organisation goes on.
    later.with_key(party, "MEMBER").submit()


def test_the_last_key_of_the_operator_is_the_last_one_whose_time_is_not_over(later):
    second = keypair()[0]
    key = {"public_key": second, "role": "KEY_ROLE_MEMBER", "expires_at": instant(later.clock.now_ms + DAY_MS)}
    later.operator.done("key_add", {"key": key})
    later.clock.forward(ms=DAY_MS + 1000)
    revoke = {"public_key": later.operator.member.public, **REASON}
    later.operator.close(bye=False)
    refused(later.operator.ask("key_revoke", revoke), "FAILED_PRECONDITION", "key.last_of_operator")
    later.operator.done("key_revoke", {"public_key": second, **REASON})


def test_a_time_of_zero_is_not_taken_for_never(cast):
    party = cast.enrol("party")
    key = {"public_key": keypair()[0], "expires_at": "1970-01-01T00:00:00Z"}
    party.done("key_add", {"key": key})
    states = {row.public_key: row.state for row in party.read("key_list").keys}
    assert states[key["public_key"]] == 3


def test_an_enrolment_sent_again_drops_no_key_and_no_role_in_silence(cast):
    reference = {"scheme": "registre", "id": "42"}
    party = cast.enrol("party", external_ref=reference)
    other = cast.enrol("other")
    text = organisation_text(party.slug, external_ref=reference)
    known = {"organisation": text, "keys": [{"public_key": party.member.public}]}
    assert cast.operator.ask("organisation_enrol", known).expect_ok().body.unchanged
    fresh = {"organisation": text, "keys": [{"public_key": keypair()[0]}]}
    answer = cast.operator.ask("organisation_enrol", fresh)
    refused(answer, "INVALID_ARGUMENT", "field.not_allowed", "organisation_enrol.keys[0].public_key")
    answer = cast.operator.ask("organisation_enrol", {**known, "keys": [{"public_key": other.member.public}]})
    refused(answer, "ALREADY_EXISTS", "key.taken", "organisation_enrol.keys[0].public_key")
    answer = cast.operator.ask("organisation_enrol", {**known, "roles": ["ROLE_COMMITTEE"]})
    refused(answer, "INVALID_ARGUMENT", "field.not_allowed", "organisation_enrol.roles")
    cast.operator.done("organisation_leave", {"slug": party.slug, **REASON})
    answer = cast.operator.ask("organisation_enrol", {"organisation": {**text, "legal_name": "Revenue"}})
    refused(answer, "FAILED_PRECONDITION", "organisation.state", state="left")


def test_a_key_enrolled_with_its_time_over_gets_nowhere(later):
    party = later.enrol("expired", expires_ms=later.clock.now_ms - DAY_MS)
    refused_at_the_door(party, "key.expired")


# -- programme and workstreams ---------------------------------------------------------------------------------------


def test_the_programme_is_edited_by_the_operator(cast):
    party = cast.enrol("member")
    before = party.read("programme_get")
    assert (before.name, before.currency) == ("Test programme", "EUR")
    text = {
        "name": "Alliances numériques",
        "languages": ["fr", "en"],
        "currency": "EUR",
        "clocks": {"answer_days": 10, "decide_days": 30},
        "description": "Un programme",
    }
    edit = {"expected_version": before.version, "programme": text}
    refused(party.ask("programme_edit", edit), "PERMISSION_DENIED", "role.operator_only")
    receipt = cast.operator.done("programme_edit", edit)
    after = party.read("programme_get")
    assert (after.name, list(after.languages), after.clocks.answer_days) == ("Alliances numériques", ["fr", "en"], 10)
    assert after.version == before.version + 1 == receipt.version and receipt.object == ""


def test_workstreams_are_made_and_edited(cast):
    pilot, member = cast.enrol("pilot"), cast.enrol("member")
    coordination = cast.enrol("coordination", roles=["COORDINATION"])
    text = {"slug": "climate", "title": "Climate", "title_fr": "Climat", "pilot": pilot.slug, "members": [member.slug]}
    refused(pilot.ask("workstream_edit", {"workstream": text}), "PERMISSION_DENIED", "role.not_allowed")
    first = coordination.done("workstream_edit", {"workstream": text})
    assert first.version == 1 and first.object == first.request_id
    again = cast.operator.ask("workstream_edit", {"workstream": text})
    refused(again, "ABORTED", "version.stale", "workstream_edit.expected_version", expected=0, current=1)
    id = member.submit(workstream="climate", visibility="WORKSTREAM")
    assert pilot.read("proposal_get", {"id": id}).workstream == "climate"
    text.update(title="Climate and energy", members=[], milestones=[{"name": "Revue", "due_on": "2026-10-01"}])
    cast.operator.done("workstream_edit", {"expected_version": 1, "workstream": text})
    read = member.read("workstream_get", {"slug": "climate"})
    assert (read.title, read.version, read.id, read.pilot) == ("Climate and energy", 2, first.object, pilot.slug)
    assert read.milestones[0].due_on == "2026-10-01"
    slugs = [row.slug for row in member.read("workstream_list").workstreams]
    assert slugs[:5] == ["skills", "ai", "data-sovereignty", "payments", "startups"] and "climate" in slugs
    for field, value in (("pilot", "nobody"), ("members", [member.slug, "nobody"])):
        answer = cast.operator.ask("workstream_edit", {"expected_version": 2, "workstream": {**text, field: value}})
        where = f"workstream_edit.workstream.{field}" + ("[1]" if field == "members" else "")
        refused(answer, "NOT_FOUND", "organisation.unknown", where, value="nobody")


def test_there_are_at_most_62_workstreams(later):
    have = len(later.operator.read("workstream_list").workstreams)
    for n in range(have, 62):
        later.workstream()
    answer = later.operator.ask("workstream_edit", {"workstream": {"slug": "too-many", "title": "Trop"}})
    refused(answer, "RESOURCE_EXHAUSTED", "workstream.limit", "workstream_edit.workstream.slug", max=62)
    last = later.operator.read("workstream_list").workstreams[-1].slug
    party = later.enrol("last")
    id = party.submit(workstream=last, visibility="WORKSTREAM")
    assert later.operator.pages("proposal_list", {"workstream": last})[0].id == id
    wait_for(lambda: later.operator.counterparts(text="prévision", target="MATCH_TARGET_PROPOSALS"), "the match")
