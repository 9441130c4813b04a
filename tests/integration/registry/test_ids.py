# SPDX-License-Identifier: Apache-2.0
"""Request ids: the same again gets the original receipt, for ever; another body is refused. And who speaks for whom."""

import client
from hub import keypair
from scene import refused, request_of


def a_proposal(title="Une fois", **fields):
    text = {"title": title, "visibility": "VISIBILITY_PROGRAMME", "workstream": "ai", **fields}
    return request_of("proposal_submit", {"proposal": text})


def again(session, type, body, request_id, receipt):
    answer = session.call_packed(type, body, request_id).expect_ok()
    assert answer.body.replayed and answer.receipt == receipt
    return answer


def every_change(cast, party):
    """One accepted request of every kind that changes something: (session, type, body, id, receipt)."""
    operator, done = cast.operator, []

    def do(who, kind, fields, **options):
        c = who.open()
        type, body = c.pack(request_of(kind, fields, **options))
        request_id = client.new_id()
        receipt = c.call_packed(type, body, request_id).expect_ok().receipt
        done.append((who, type, body, request_id, receipt))
        return receipt

    slug = f"{party.slug}-made"
    reason = {"reason": "Essai"}
    key = {"public_key": keypair()[0]}
    proposal = {"title": "Tout", "visibility": "VISIBILITY_PROGRAMME", "workstream": "ai"}
    offer = {"title": "Tout", "visibility": "VISIBILITY_PROGRAMME", "workstreams": ["ai"]}
    organisation = {"slug": slug, "legal_name": "Faite", "kind": "ORGANISATION_KIND_STARTUP"}
    version = operator.read("programme_get").version
    programme = {"name": "Encore", "languages": ["fr"], "currency": "EUR"}
    do(operator, "programme_edit", {"expected_version": version, "programme": programme})
    do(operator, "workstream_edit", {"workstream": {"slug": slug, "title": "Fait"}})
    do(operator, "organisation_enrol", {"organisation": organisation})
    do(operator, "organisation_revise", {"expected_version": 1, "organisation": organisation})
    do(operator, "key_add", {"organisation": slug, "key": key})
    do(operator, "key_revoke", {"organisation": slug, **key, **reason})
    do(operator, "organisation_suspend", {"slug": slug, **reason})
    do(operator, "organisation_resume", {"slug": slug, **reason})
    id = do(party, "proposal_submit", {"proposal": proposal}).object
    do(party, "proposal_revise", {"id": id, "expected_version": 1, "proposal": proposal})
    do(party, "status_update", {"proposal": id, "progress_percent": 5})
    do(party, "proposal_withdraw", {"id": id, **reason})
    id = do(party, "offer_publish", {"offer": offer}).object
    do(party, "offer_revise", {"id": id, "expected_version": 1, "offer": offer})
    do(party, "offer_retire", {"id": id, **reason})
    do(operator, "offer_publish", {"offer": offer}, on_behalf_of=slug)
    do(operator, "organisation_leave", {"slug": slug, **reason})
    return done


def test_every_accepted_request_gets_its_receipt_again_for_ever(cast):
    """At once, after a restart and after SIGKILL; and nothing is done twice."""
    party = cast.enrol("repeating")
    done = every_change(cast, party)
    assert len({type for _, type, _, _, _ in done}) == 16
    size = cast.operator.read("proof_get", {"sequence": 1}).log_size
    for how in ("at once", "restart", "kill"):
        if how == "restart":
            cast.hub.restart("registry")
        elif how == "kill":
            cast.hub.kill("registry")
            cast.hub.start("registry")
        cast.operator.open().call_safely(request_of("programme_get")).expect_ok()
        for who, type, body, request_id, receipt in done:
            again(who.open(), type, body, request_id, receipt)
            refused(
                who.open().call_packed(type, body + b"\xc8\xaf\x02\x01", request_id),  # an unknown field more
                "ALREADY_EXISTS",
                "request_id.reused",
                "header.request_id",
            )
        assert cast.operator.read("proof_get", {"sequence": 1}).log_size == size


def test_the_same_again_in_one_batch_takes_effect_once(cast):
    party = cast.enrol("hasty")
    c = party.open()
    for _ in range(5):
        type, body = c.pack(a_proposal("Deux fois d'un coup"))
        request_id = client.new_id()
        for _ in range(20):
            c.send(type, body, request_id)
        answers = [c.answer_to(request_id).expect_ok() for _ in range(20)]
        assert len({answer.receipt.sequence for answer in answers}) == 1
        assert all(answer.receipt == answers[0].receipt for answer in answers)
        assert sum(not answer.body.replayed for answer in answers) == 1
    assert len(party.pages("proposal_list", {"owner": "me"})) == 5


def test_two_bodies_under_one_id_in_one_batch(cast):
    party = cast.enrol("hasty")
    c = party.open()
    request_id = client.new_id()
    bodies = [c.pack(a_proposal(f"Titre {n}")) for n in range(10)]
    for type, body in bodies:
        c.send(type, body, request_id)
    codes = [c.answer_to(request_id).code for _ in bodies]
    assert sorted(codes) == ["ALREADY_EXISTS"] * 9 + ["OK"]
    assert len(party.pages("proposal_list", {"owner": "me"})) == 1


def test_an_id_belongs_to_the_organisation_not_to_the_key_or_the_session(cast):
    party = cast.enrol("two-keys")
    agent = cast.with_key(party, "AGENT")
    type, body = party.open().pack(a_proposal())
    request_id = client.new_id()
    receipt = party.open().call_packed(type, body, request_id).expect_ok().receipt
    again(agent.open(), type, body, request_id, receipt)
    with party.client() as other:
        again(other, type, body, request_id, receipt)
    proof = agent.read("proof_get", {"request_id": receipt.request_id})
    assert proof.receipt == receipt


def test_ids_of_two_organisations_do_not_meet(cast):
    """Where no object is made, both may use the same id; each has its own receipt."""
    one, two = cast.enrol("one"), cast.enrol("two")
    ids = {party: party.submit() for party in (one, two)}
    request_id = client.new_id()
    receipts = {
        party: party.done("status_update", {"proposal": ids[party], "achieved": party.slug}, request_id=request_id)
        for party in (one, two)
    }
    assert receipts[one].sequence != receipts[two].sequence
    for party in (one, two):
        proof = party.read("proof_get", {"request_id": client.id_text(request_id)})
        assert proof.receipt == receipts[party] and proof.receipt.object == ids[party]


def test_an_accepted_request_keeps_its_receipt_when_its_sender_may_no_longer_ask(cast):
    """A retry must not say that nothing was kept where something was."""
    party = cast.enrol("former", roles=["COORDINATION"])
    c = party.open()
    type, body = c.pack(request_of("workstream_edit", {"workstream": {"slug": f"{party.slug}-s", "title": "Fait"}}))
    request_id = client.new_id()
    receipt = c.call_packed(type, body, request_id).expect_ok().receipt
    text = {"slug": party.slug, "legal_name": "Simple membre", "kind": "ORGANISATION_KIND_STARTUP"}
    cast.operator.done("organisation_revise", {"expected_version": 1, "organisation": text, "roles": ["ROLE_MEMBER"]})
    refused(
        party.ask("workstream_edit", {"workstream": {"slug": "other", "title": "X"}}),
        "PERMISSION_DENIED",
        "role.not_allowed",
    )
    again(c, type, body, request_id, receipt)
    reader = cast.with_key(party, "READER")
    again(reader.open(), type, body, request_id, receipt)


def test_a_retry_for_an_owner_that_has_left_meanwhile_gets_its_receipt(cast):
    party = cast.enrol("gone")
    c = cast.operator.open()
    text = {"title": "Importé", "visibility": "VISIBILITY_PROGRAMME", "workstream": "ai"}
    type, body = c.pack(request_of("proposal_submit", {"proposal": text}, on_behalf_of=party.slug))
    request_id = client.new_id()
    receipt = c.call_packed(type, body, request_id).expect_ok().receipt
    party.done("organisation_leave", {"reason": "Fusion"})
    again(c, type, body, request_id, receipt)


# -- on behalf of ----------------------------------------------------------------------------------------------------


def test_only_the_operator_speaks_for_others_and_stays_the_sender(cast):
    owner, other = cast.enrol("owner"), cast.enrol("other", roles=["COMMITTEE", "COORDINATION"])
    text = {"title": "Importé", "visibility": "VISIBILITY_DRAFT", "workstream": "ai"}
    for party in (other, owner):
        answer = party.ask("proposal_submit", {"proposal": text}, on_behalf_of=owner.slug)
        refused(answer, "PERMISSION_DENIED", "on_behalf_of.operator_only", "on_behalf_of")
    agent = cast.with_key(cast.operator, "AGENT")
    receipt = agent.done("proposal_submit", {"proposal": text}, on_behalf_of=owner.slug)
    operator_id = client.id_bytes(cast.operator.read("organisation_get").id)
    assert receipt.organisation == operator_id
    id = receipt.object
    read = owner.read("proposal_get", {"id": id})
    assert read.owner == owner.slug
    refused(cast.operator.ask("proposal_get", {"id": id}), "NOT_FOUND", "object.absent")
    revise = {"id": id, "expected_version": 1, "proposal": {**text, "title": "Revu"}}
    refused(cast.operator.ask("proposal_revise", revise), "NOT_FOUND", "object.absent")
    cast.operator.done("proposal_revise", revise, on_behalf_of=owner.slug)
    cast.operator.done("status_update", {"proposal": id, "achieved": "Importé"}, on_behalf_of=owner.slug)
    history = owner.pages("status_list", {"proposal": id})
    assert [row.by for row in history] == [cast.operator.slug] * 2
    # The record is the operator's; to the owner it is not its own request.
    refused(owner.ask("proof_get", {"request_id": receipt.request_id}), "NOT_FOUND", "receipt.absent")
    assert cast.operator.read("proof_get", {"request_id": receipt.request_id}).receipt == receipt
    # Its own id again from the owner, who made another object meanwhile, is another request.
    refused(
        owner.ask("proposal_submit", {"proposal": text}, request_id=client.id_bytes(id)),
        "ALREADY_EXISTS",
        "request_id.reused",
    )


def test_on_behalf_of_where_it_means_nothing_is_refused(cast):
    owner = cast.enrol("owner")
    for kind, fields in (
        ("workstream_edit", {"workstream": {"slug": "behalf", "title": "X"}}),
        ("organisation_suspend", {"slug": owner.slug, "reason": "Essai"}),
        ("proposal_list", {}),
        ("match_find", {"text": "x"}),
        ("proof_get", {"sequence": 1}),
    ):
        answer = cast.operator.ask(kind, fields, on_behalf_of=owner.slug)
        refused(answer, "INVALID_ARGUMENT", "field.not_allowed", "on_behalf_of")
    text = {"title": "Importé", "visibility": "VISIBILITY_DRAFT", "workstream": "ai"}
    answer = cast.operator.ask("proposal_submit", {"proposal": text}, on_behalf_of="nobody")
    refused(answer, "NOT_FOUND", "organisation.unknown", "on_behalf_of", value="nobody")


def test_the_operator_does_not_touch_one_owners_object_in_the_name_of_another(cast):
    owner, other = cast.enrol("owner"), cast.enrol("other")
    id, offer = owner.submit(), owner.publish()
    text = {"title": "Autre", "visibility": "VISIBILITY_PROGRAMME", "workstream": "ai"}
    revise = {"id": id, "expected_version": 1, "proposal": text}
    refused(
        cast.operator.ask("proposal_revise", revise, on_behalf_of=other.slug), "PERMISSION_DENIED", "role.owner_only"
    )
    retire = {"id": offer, "reason": "Essai"}
    refused(cast.operator.ask("offer_retire", retire, on_behalf_of=other.slug), "PERMISSION_DENIED", "role.owner_only")
