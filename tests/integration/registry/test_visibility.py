# SPDX-License-Identifier: Apache-2.0
"""Nobody reads what is not theirs: get, list and match against one plain model, and what is hidden looks absent."""

import client
import pytest
from scene import WORKSTREAMS, new_uuid, refused, seeded

VISIBILITIES = ("DRAFT", "INVITED", "WORKSTREAM", "PROGRAMME", "PUBLIC")
COMMON = "zirconium"  # stands in every text of the matrix, so that a match finds whatever it may


# -- the matrix ------------------------------------------------------------------------------------------------------


class Thing:
    """A proposal or an offer of the matrix, as the model knows it."""

    def __init__(self, kind, owner, visibility, workstreams, invited):
        self.kind, self.owner, self.visibility = kind, owner, visibility
        self.workstreams, self.invited = workstreams, invited
        self.id, self.version = None, 1

    def text(self, n=0):
        text = {
            "title": f"{COMMON} {n}",
            "visibility": f"VISIBILITY_{self.visibility}",
            "invited": [party.slug for party in self.invited],
            "language": "fr" if n % 2 else "en",
        }
        if self.kind == "proposal":
            return {**text, "workstream": self.workstreams[0]}
        return {**text, "workstreams": self.workstreams}

    def __repr__(self):
        invited = ",".join(party.slug for party in self.invited)
        return f"{self.kind} of {self.owner.slug}: {self.visibility} {self.workstreams} invited {invited}"


class Model:
    """Who sees what, in the words of docs/protocol.md section 11.2."""

    def __init__(self):
        self.pilots, self.members, self.roles = {}, {}, {}

    def sees(self, party, thing):
        if party is thing.owner:
            return True
        if thing.visibility == "DRAFT":
            return False
        if "OPERATOR" in self.roles.get(party, ()) or thing.visibility in ("PROGRAMME", "PUBLIC"):
            return True
        if party in thing.invited or any(self.pilots.get(w) is party for w in thing.workstreams):
            return True
        if thing.visibility == "INVITED":
            return False
        if {"COMMITTEE", "COORDINATION"} & set(self.roles.get(party, ())):
            return True
        return any(party in self.members.get(w, ()) for w in thing.workstreams)

    def finds(self, party, thing):
        """One's own texts and drafts are nobody's counterpart."""
        return self.sees(party, thing) and thing.owner is not party and thing.visibility != "DRAFT"


@pytest.fixture(scope="module")
def matrix(cast):
    """Organisations in every relation, and things of every visibility, drawn by the seed."""
    random = seeded("visibility matrix")
    model = Model()
    parties = {name: cast.enrol(name) for name in ("owner", "second", "guest", "pilot", "member", "both", "stranger")}
    for role in ("COMMITTEE", "COORDINATION"):
        parties[role.lower()] = party = cast.enrol(role.lower(), roles=["MEMBER", role])
        model.roles[party] = (role,)
    parties["operator"] = cast.operator
    model.roles[cast.operator] = ("OPERATOR",)
    streams = [
        cast.workstream(pilot=parties["pilot"].slug, members=[parties["member"].slug]),
        cast.workstream(pilot=parties["both"].slug, members=[parties["both"].slug, parties["guest"].slug]),
        cast.workstream(),
    ]
    model.pilots = {streams[0]: parties["pilot"], streams[1]: parties["both"]}
    model.members = {streams[0]: [parties["member"]], streams[1]: [parties["both"], parties["guest"]]}
    things = []
    for kind in ("proposal", "offer"):
        for visibility in VISIBILITIES:
            for owner in ("owner", "second", "operator"):
                for stream in streams if kind == "proposal" else [streams[:1], streams[1:], streams[:2]]:
                    invited = (
                        [] if visibility == "DRAFT" else random.sample(list(parties.values()), random.randrange(3))
                    )
                    place = [stream] if kind == "proposal" else stream
                    things.append(Thing(kind, parties[owner], visibility, place, invited))
    random.shuffle(things)
    for n, thing in enumerate(things):
        if thing.kind == "proposal":
            thing.id = thing.owner.done("proposal_submit", {"proposal": thing.text(n)}).object
        else:
            thing.id = thing.owner.done("offer_publish", {"offer": thing.text(n)}).object
    return parties, streams, things, model, random


def compare(parties, things, model):
    for name, party in parties.items():
        for kind in ("proposal", "offer"):
            of_kind = [thing for thing in things if thing.kind == kind]
            seen = {thing.id for thing in of_kind if model.sees(party, thing)}
            found = {thing.id for thing in of_kind if model.finds(party, thing)}

            got = {thing.id for thing in of_kind if party.ask(f"{kind}_get", {"id": thing.id}).code == "OK"}
            told = {thing.id: repr(thing) for thing in of_kind}
            assert got == seen, f"get by {name}: {[told[id] for id in got ^ seen]}"

            listed = {row.id for row in party.pages(f"{kind}_list", size=17)} & set(told)
            assert listed == seen, f"list by {name}: {[told[id] for id in listed ^ seen]}"

            target = f"MATCH_TARGET_{kind.upper()}S"
            answer = party.matches(text=COMMON, target=target)
            matched = {match.id for match in answer.matches}
            assert matched == found, f"match by {name}: {[told.get(id, id) for id in matched ^ found]}"
            assert answer.candidates == len(found), f"{name} is told of {answer.candidates} candidates"


def test_get_list_and_match_agree_with_the_model(matrix):
    parties, _, things, model, _ = matrix
    compare(parties, things, model)


def test_filters_of_lists_never_show_more(matrix):
    parties, streams, things, model, _ = matrix
    proposals = [thing for thing in things if thing.kind == "proposal"]
    for name, party in parties.items():
        for stream in streams:
            for owner in (parties["owner"], parties["second"]):
                expected = {
                    t.id for t in proposals if stream in t.workstreams and t.owner is owner and model.sees(party, t)
                }
                fields = {"workstream": stream, "owner": owner.slug}
                assert {row.id for row in party.pages("proposal_list", fields)} == expected, f"{name}, {fields}"
        own = {t.id for t in proposals if t.owner is party}
        assert {row.id for row in party.pages("proposal_list", {"owner": "me"})} >= own
        for language in ("fr", "en"):
            rows = party.pages("proposal_list", {"language": language, "workstream": streams[0]})
            assert all(row.language == language for row in rows)
            assert {row.id for row in rows} <= {t.id for t in proposals if model.sees(party, t)}


def test_the_list_of_the_invited_is_shown_to_owner_and_operator_alone(matrix):
    parties, _, things, model, _ = matrix
    for thing in things:
        for name, party in parties.items():
            if thing.invited and model.sees(party, thing):
                row = party.read(f"{thing.kind}_get", {"id": thing.id})
                expected = {p.slug for p in thing.invited} if party in (thing.owner, parties["operator"]) else set()
                assert set(row.invited) == expected, f"{thing} read by {name}"


def test_what_changes_is_seen_otherwise_at_once(cast, matrix):
    """Visibility, invitations, pilots and members move; all three ways of reading move with them."""
    parties, streams, things, model, random = matrix
    for n, thing in enumerate(random.sample(things, 20)):
        thing.visibility = random.choice(VISIBILITIES)
        thing.invited = (
            [] if thing.visibility == "DRAFT" else random.sample(list(parties.values()), random.randrange(3))
        )
        kind, verb = ("proposal", "proposal_revise") if thing.kind == "proposal" else ("offer", "offer_revise")
        fields = {"id": thing.id, "expected_version": thing.version, kind: thing.text(n)}
        thing.version = thing.owner.done(verb, fields).version
    model.pilots = {streams[0]: parties["member"], streams[2]: parties["pilot"]}
    model.members = {streams[0]: [parties["stranger"]], streams[1]: [parties["guest"]], streams[2]: [parties["both"]]}
    for stream in streams:
        text = {
            "slug": stream,
            "title": "Autrement",
            "pilot": model.pilots[stream].slug if stream in model.pilots else "",
            "members": [party.slug for party in model.members[stream]],
        }
        cast.operator.done("workstream_edit", {"expected_version": 1, "workstream": text})
    compare(parties, things, model)


# -- what is hidden looks absent -------------------------------------------------------------------------------------


def plain(answer, *ids):
    """A refusal with the ids taken out: what remains must not tell hidden from absent."""
    header, body = answer.header, answer.body
    text = repr((header.code, header.body_type, header.retry_after_ms, body))
    for id in ids:
        text = text.replace(id, "ID")
    return text


def every_way(id):
    """Every request that names a proposal or an offer."""
    proposal = {"title": "Autre", "visibility": "VISIBILITY_PROGRAMME", "workstream": "ai"}
    offer = {"title": "Autre", "visibility": "VISIBILITY_PROGRAMME", "workstreams": ["ai"]}
    return [
        ("proposal_get", {"id": id}),
        ("proposal_get", {"id": id, "version": 1}),
        ("proposal_revise", {"id": id, "expected_version": 1, "proposal": proposal}),
        ("proposal_revise", {"id": id, "expected_version": 9, "proposal": proposal}),
        ("proposal_withdraw", {"id": id, "reason": "Essai"}),
        ("proposal_withdraw", {"id": id, "expected_version": 9, "reason": "Essai"}),
        ("status_update", {"proposal": id, "phase": "PHASE_OPEN", "reason": "Essai"}),
        ("status_update", {"proposal": id, "external_ref": {"scheme": "crm", "id": "status-1"}}),
        ("status_list", {"proposal": id}),
        ("match_find", {"proposal": id}),
        ("match_find", {"offer": id}),
        ("offer_get", {"id": id}),
        ("offer_get", {"id": id, "version": 1}),
        ("offer_revise", {"id": id, "expected_version": 1, "offer": offer}),
        ("offer_revise", {"id": id, "expected_version": 9, "offer": offer}),
        ("offer_retire", {"id": id, "reason": "Essai"}),
        ("proof_get", {"request_id": id}),
    ]


@pytest.mark.parametrize("kind", ["proposal", "offer"])
@pytest.mark.parametrize("visibility", ["DRAFT", "INVITED", "WORKSTREAM"])
def test_a_hidden_object_looks_absent_in_every_way(cast, kind, visibility):
    owner, stranger = cast.enrol("owner"), cast.enrol("stranger")
    if kind == "proposal":
        hidden = owner.submit("Sous embargo", visibility=visibility)
        owner.done("status_update", {"proposal": hidden, "external_ref": {"scheme": "crm", "id": "status-1"}})
    else:
        hidden = owner.publish("Sous embargo", visibility=visibility)
    absent = new_uuid()
    parties = [stranger] if visibility != "DRAFT" else [stranger, cast.operator]
    for party in parties:
        for (way, fields), (_, other) in zip(every_way(hidden), every_way(absent)):
            if way == "proof_get" and party is cast.operator:
                continue
            answer, nothing = party.ask(way, fields), party.ask(way, other)
            answer.expect("NOT_FOUND")
            assert plain(answer, hidden, absent) == plain(nothing, hidden, absent), way
    # And nothing was done.
    assert owner.read(f"{kind}_get", {"id": hidden}).version == (2 if kind == "proposal" else 1)


def test_of_the_other_kind_looks_absent_too(cast):
    owner = cast.enrol("owner")
    proposal, offer, absent = owner.submit(), owner.publish(), new_uuid()
    for kind, fields, id in (("proposal_get", {"id": offer}, offer), ("offer_get", {"id": proposal}, proposal)):
        refused(owner.ask(kind, fields), "NOT_FOUND", "object.absent", f"{kind}.id")
        assert plain(owner.ask(kind, fields), id) == plain(owner.ask(kind, {"id": absent}), absent).replace(
            absent, "ID"
        )


def test_a_hidden_text_is_in_no_list_and_no_match(cast):
    owner, stranger = cast.enrol("owner"), cast.enrol("stranger")
    reference = {"scheme": "crm", "id": "embargo"}
    proposal = owner.submit("Xylophage quintessenciel", visibility="INVITED", external_ref=reference)
    offer = owner.publish("Xylophage quintessenciel", visibility="INVITED", external_ref=reference)
    for kind, id in (("proposal_list", proposal), ("offer_list", offer)):
        assert id not in [row.id for row in stranger.pages(kind)]
        assert stranger.pages(kind, {"owner": owner.slug}) == []
        assert stranger.pages(kind, {"owner": owner.slug, "external_ref": reference}) == []
        assert [row.id for row in owner.pages(kind, {"owner": "me", "external_ref": reference})] == [id]
    for target in ("MATCH_TARGET_OFFERS", "MATCH_TARGET_PROPOSALS"):
        hidden = stranger.matches(text="xylophage", target=target)
        nowhere = stranger.matches(text="brontosaure", target=target)
        assert not hidden.matches and not nowhere.matches
        assert (hidden.empty_because, hidden.candidates) == (nowhere.empty_because, nowhere.candidates)
        seen = cast.operator.matches(text="xylophage", target=target)
        assert len(seen.matches) == 1 and seen.candidates == 1


def test_an_older_version_is_shown_to_those_who_might_have_seen_it(cast):
    """What stood in a draft does not come out with the version that was published."""
    owner, guest, stranger = cast.enrol("owner"), cast.enrol("guest"), cast.enrol("stranger")
    stream = cast.workstream(members=[guest.slug])
    for kind, submit, revise, place in (
        ("proposal", "proposal_submit", "proposal_revise", {"workstream": stream}),
        ("offer", "offer_publish", "offer_revise", {"workstreams": [stream]}),
    ):

        def text(title, visibility):
            return {kind: {"title": title, "visibility": f"VISIBILITY_{visibility}", **place}}

        id = owner.done(submit, text("Avec le prix", "DRAFT")).object
        owner.done(revise, {"id": id, "expected_version": 1, **text("Pour le chantier", "WORKSTREAM")})
        owner.done(revise, {"id": id, "expected_version": 2, **text("Pour tous", "PROGRAMME")})

        def title(party, version):
            answer = party.ask(f"{kind}_get", {"id": id, "version": version})
            if answer.code == "OK":
                return getattr(answer.body, kind).title
            refused(answer, "NOT_FOUND", "version.absent", f"{kind}_get.version", value=version, current=3)
            return None

        assert [title(owner, v) for v in (0, 1, 2, 3)] == ["Pour tous", "Avec le prix", "Pour le chantier", "Pour tous"]
        assert [title(guest, v) for v in (0, 1, 2, 3)] == ["Pour tous", None, "Pour le chantier", "Pour tous"]
        assert [title(stranger, v) for v in (0, 1, 2, 3)] == ["Pour tous", None, None, "Pour tous"]
        assert [title(cast.operator, v) for v in (0, 1, 2, 3)] == ["Pour tous", None, "Pour le chantier", "Pour tous"]


def test_what_was_reported_on_a_draft_does_not_come_out_with_the_publication(cast):
    owner, stranger = cast.enrol("owner"), cast.enrol("stranger")

    def text(visibility):
        return {"title": "Pilote", "visibility": f"VISIBILITY_{visibility}", "workstream": "ai"}

    id = owner.done("proposal_submit", {"proposal": text("DRAFT")}).object
    owner.done("status_update", {"proposal": id, "achieved": "Prix: 40 k", "reason": "entre nous"})
    owner.done("proposal_revise", {"id": id, "expected_version": 2, "proposal": text("PROGRAMME")})
    owner.done("status_update", {"proposal": id, "achieved": "Lancement"})
    mine, theirs = owner.pages("status_list", {"proposal": id}), stranger.pages("status_list", {"proposal": id})
    assert [row.achieved for row in mine] == ["", "Prix: 40 k", "Lancement"]
    assert [row.achieved for row in theirs] == ["", "", "Lancement"]
    assert [row.reason for row in theirs] == ["", "", ""]
    assert [(row.version, row.phase, row.by) for row in theirs] == [(row.version, row.phase, row.by) for row in mine]


def test_what_is_no_longer_shown_is_gone_with_all_its_versions(cast):
    owner, stranger = cast.enrol("owner"), cast.enrol("stranger")
    id = owner.submit("Ouvert d'abord")
    assert stranger.read("proposal_get", {"id": id}).title == "Ouvert d'abord"
    text = {"title": "Fermé ensuite", "visibility": "VISIBILITY_DRAFT", "workstream": "ai"}
    owner.done("proposal_revise", {"id": id, "expected_version": 1, "proposal": text})
    for fields in ({"id": id}, {"id": id, "version": 1}):
        refused(stranger.ask("proposal_get", fields), "NOT_FOUND", "object.absent")
    refused(stranger.ask("status_list", {"proposal": id}), "NOT_FOUND", "object.absent")


def test_contacts_are_shown_to_the_organisation_itself_and_the_operator(cast):
    contact = {"name": "Camille Martin", "email": "camille@example.org"}
    owner, stranger = cast.enrol("owner", contacts=[contact]), cast.enrol("stranger")
    for party, many in ((owner, 1), (cast.operator, 1), (stranger, 0)):
        assert len(party.read("organisation_get", {"slug": owner.slug}).contacts) == many
        rows = {row.slug: row for row in party.pages("organisation_list")}
        assert len(rows[owner.slug].contacts) == many
        assert b"camille" not in party.ask("organisation_list").body.SerializeToString() or many


def test_an_id_that_another_has_used_is_refused_without_a_word_about_it(cast):
    """The id of a hidden object cannot be taken for a new one, nor is anything said of the object."""
    owner, stranger = cast.enrol("owner"), cast.enrol("stranger")
    request_id = client.new_id()
    owner.submit("Sous embargo", visibility="DRAFT", request_id=request_id)
    text = {"title": "Autre chose", "visibility": "VISIBILITY_PROGRAMME", "workstream": WORKSTREAMS[0]}
    answer = stranger.ask("proposal_submit", {"proposal": text}, request_id=request_id)
    refused(answer, "ALREADY_EXISTS", "request_id.reused", "header.request_id")
    assert (
        b"embargo" not in answer.body.SerializeToString() and owner.slug.encode() not in answer.body.SerializeToString()
    )
