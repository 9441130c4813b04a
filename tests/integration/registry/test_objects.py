# SPDX-License-Identifier: Apache-2.0
"""Proposals and offers: references, versions, dry runs, pages, filters, and many who read at once."""

import threading

import pytest
from hub import keypair
from scene import new_uuid, refused, request_of

KINDS = {
    "proposal": ("proposal_submit", "proposal_revise", {"workstream": "ai"}),
    "offer": ("offer_publish", "offer_revise", {"workstreams": ["ai"]}),
}


def text(kind, title, **fields):
    return {kind: {"title": title, "visibility": "VISIBILITY_PROGRAMME", **KINDS[kind][2], **fields}}


# -- references of the sender's own system ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_content_under_a_reference_changes_nothing(cast, kind):
    party = cast.enrol("importer")
    create, revise, _ = KINDS[kind]
    reference = {"scheme": "crm", "id": "17"}
    first = party.done(create, text(kind, "Première", external_ref=reference))
    size = cast.operator.read("proof_get", {"sequence": 1}).log_size
    for _ in range(3):
        answer = party.ask(create, text(kind, "Première", external_ref=reference)).expect_ok()
        assert answer.body.unchanged and answer.receipt is None
        held = getattr(answer.body, kind)
        assert (held.id, held.version, held.title) == (first.object, 1, "Première")
    assert cast.operator.read("proof_get", {"sequence": 1}).log_size == size

    second = party.done(create, text(kind, "Seconde", external_ref=reference))
    assert (second.object, second.version) == (first.object, 2) and second.request_id != second.object
    assert party.read(f"{kind}_get", {"id": first.object}).title == "Seconde"
    assert party.read(f"{kind}_get", {"id": first.object, "version": 1}).title == "Première"
    # Back to what it was is a change again.
    assert party.done(create, text(kind, "Première", external_ref=reference)).version == 3

    # A revision that names the reference is what the next import is compared with.
    third = text(kind, "Revue", external_ref=reference)
    party.done(revise, {"id": first.object, "expected_version": 3, **third})
    assert party.ask(create, third).expect_ok().body.unchanged
    listed = party.pages(f"{kind}_list", {"owner": "me", "external_ref": reference})
    assert [(row.id, row.version) for row in listed] == [(first.object, 4)]
    # One that names none does not hide behind it: the import brings its own text back as a new version.
    party.done(revise, {"id": first.object, "expected_version": 4, **text(kind, "À la main")})
    assert party.done(create, third).version == 6
    assert party.ask(create, third).expect_ok().body.unchanged


@pytest.mark.parametrize("kind", KINDS)
def test_references_are_unique_per_owner(cast, kind):
    one, two = cast.enrol("one"), cast.enrol("two")
    create, revise, _ = KINDS[kind]
    reference = {"scheme": "crm", "id": "17"}
    mine = one.done(create, text(kind, "Ici", external_ref=reference)).object
    theirs = two.done(create, text(kind, "Là-bas", external_ref=reference)).object
    assert mine != theirs
    other = one.done(create, text(kind, "Autre", external_ref={"scheme": "crm", "id": "18"})).object
    answer = one.ask(revise, {"id": other, "expected_version": 1, **text(kind, "Autre", external_ref=reference)})
    refused(answer, "ALREADY_EXISTS", "external_ref.taken", f"{revise}.{kind}.external_ref", scheme="crm", id="17")
    assert one.read(f"{kind}_get", {"id": other}).version == 1
    # A proposal's reference and an offer's are two things.
    opposite = "offer" if kind == "proposal" else "proposal"
    assert one.done(KINDS[opposite][0], text(opposite, "Autre", external_ref=reference)).version == 1


def test_a_closed_object_is_not_revised_under_its_reference(cast):
    party = cast.enrol("importer")
    reference = {"scheme": "crm", "id": "17"}
    for kind, close in (("proposal", "proposal_withdraw"), ("offer", "offer_retire")):
        create = KINDS[kind][0]
        id = party.done(create, text(kind, "Première", external_ref=reference)).object
        party.done(close, {"id": id, "reason": "Fini"})
        assert party.ask(create, text(kind, "Première", external_ref=reference)).expect_ok().body.unchanged
        answer = party.ask(create, text(kind, "Seconde", external_ref=reference))
        refused(answer, "FAILED_PRECONDITION", "object.closed", f"{create}.{kind}.external_ref")


def test_two_imports_of_one_record_at_once_make_one_object(cast):
    party = cast.enrol("importer")
    c = party.open()
    request = request_of("proposal_submit", text("proposal", "Course", external_ref={"scheme": "crm", "id": "race"}))
    ids = []
    for _ in range(30):
        request.salt = b""
        ids.append(c.send(*c.pack(request)))
    answers = [c.answer_to(id).expect_ok() for id in ids]
    assert sum(answer.receipt is not None for answer in answers) == 1
    assert sum(answer.body.unchanged for answer in answers) == 29
    assert len(party.pages("proposal_list", {"owner": "me"})) == 1


# -- versions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_version_can_be_read(cast, kind):
    party = cast.enrol("writer")
    create, revise, _ = KINDS[kind]
    id = party.done(create, text(kind, "Version 1")).object
    titles = {1: "Version 1"}
    for version in range(2, 12):
        if kind == "proposal" and version % 3 == 0:
            party.done("status_update", {"proposal": id, "progress_percent": version})
            titles[version] = titles[version - 1]
        else:
            titles[version] = f"Version {version}"
            party.done(revise, {"id": id, "expected_version": version - 1, **text(kind, titles[version])})
    for version, title in titles.items():
        read = party.read(f"{kind}_get", {"id": id, "version": version})
        assert (read.version, read.title, read.id) == (version, title, id)
    newest = party.read(f"{kind}_get", {"id": id})
    assert (newest.version, newest.title) == (11, titles[11])
    answer = party.ask(f"{kind}_get", {"id": id, "version": 12})
    refused(answer, "NOT_FOUND", "version.absent", f"{kind}_get.version", value=12, current=11)


def test_a_revision_replaces_the_whole_text(cast):
    party = cast.enrol("writer")
    full = text("proposal", "Pleine", summary="Résumé", tags=["a"], trl_now=3, sectors=["energy"], partners=["Voisin"])
    id = party.done("proposal_submit", full).object
    party.done("proposal_revise", {"id": id, "expected_version": 1, **text("proposal", "Vide")})
    read = party.read("proposal_get", {"id": id})
    assert (read.title, read.summary, list(read.tags), read.trl_now) == ("Vide", "", [], 0)
    assert not read.sectors and not read.partners
    assert party.pages("proposal_list", {"owner": "me", "sector": "energy"}) == []


def test_what_the_hub_writes_is_not_taken_from_the_request(cast):
    party, other = cast.enrol("writer"), cast.enrol("other")
    forged = text(
        "proposal",
        "Falsifiée",
        owner=other.slug,
        id=new_uuid(),
        version=99,
        phase="PHASE_DELIVERED",
        progress_percent=100,
    )
    id = party.done("proposal_submit", forged).object
    read = party.read("proposal_get", {"id": id})
    assert (read.owner, read.version, read.phase, read.WhichOneof("progress_")) == (party.slug, 1, 1, None)
    assert read.id == id


# -- dry runs --------------------------------------------------------------------------------------------------------


def test_a_dry_run_keeps_nothing_of_any_change(cast):
    party, operator = cast.enrol("dry"), cast.operator
    id, offer = party.submit("Humide"), party.publish("Humide")
    programme = operator.read("programme_get")
    size = operator.read("proof_get", {"sequence": 1}).log_size
    reason = {"reason": "Essai"}
    reference = {"scheme": "crm", "id": "dry"}
    changes = [
        (
            operator,
            "programme_edit",
            {
                "expected_version": programme.version,
                "programme": {"name": "Sec", "languages": ["fr"], "currency": "EUR"},
            },
        ),
        (operator, "workstream_edit", {"workstream": {"slug": "dry", "title": "Sec"}}),
        (operator, "workstream_edit", {"expected_version": 1, "workstream": {"slug": "payments", "title": "Sec"}}),
        (
            operator,
            "organisation_enrol",
            {
                "organisation": {"slug": "dry", "legal_name": "Sec", "kind": "ORGANISATION_KIND_STARTUP"},
                "keys": [{"public_key": keypair()[0]}],
            },
        ),
        (
            party,
            "organisation_revise",
            {
                "expected_version": 1,
                "organisation": {"slug": party.slug, "legal_name": "Sec", "kind": "ORGANISATION_KIND_STARTUP"},
            },
        ),
        (operator, "organisation_suspend", {"slug": party.slug, **reason}),
        (party, "organisation_leave", reason),
        (party, "key_add", {"key": {"public_key": keypair()[0]}}),
        (party, "key_revoke", {"public_key": party.member.public, **reason}),
        (party, "proposal_submit", text("proposal", "Sec", external_ref=reference)),
        (party, "proposal_revise", {"id": id, "expected_version": 1, **text("proposal", "Sec")}),
        (party, "proposal_withdraw", {"id": id, **reason}),
        (operator, "status_update", {"proposal": id, "phase": "PHASE_OPEN", **reason}),
        (party, "offer_publish", text("offer", "Sec", external_ref=reference)),
        (party, "offer_revise", {"id": offer, "expected_version": 1, **text("offer", "Sec")}),
        (party, "offer_retire", {"id": offer, **reason}),
    ]
    for who, kind, fields in changes:
        answer = who.ask(kind, fields, dry_run=True).expect_ok()
        assert answer.receipt is None and not answer.body.replayed, kind
    assert operator.read("proof_get", {"sequence": 1}).log_size == size
    assert operator.read("programme_get") == programme
    refused(operator.ask("workstream_get", {"slug": "dry"}), "NOT_FOUND", "workstream.unknown")
    refused(operator.ask("organisation_get", {"slug": "dry"}), "NOT_FOUND", "organisation.unknown")
    assert party.read("organisation_get").version == 1 and len(party.read("key_list").keys) == 1
    assert [(r.title, r.version, r.phase) for r in party.pages("proposal_list", {"owner": "me"})] == [("Humide", 1, 1)]
    assert [(r.title, r.version, r.state) for r in party.pages("offer_list", {"owner": "me"})] == [("Humide", 1, 1)]


# -- pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 7, 50, 500])
def test_pages_neither_repeat_nor_skip(cast, size):
    party = cast.enrol("pager")
    ids = [party.submit(f"Page {n}") for n in range(60)]
    rows = [row.id for row in party.pages("proposal_list", {"owner": "me"}, size=size)]
    assert rows == list(reversed(ids)), "newest first"


def test_a_list_that_grows_meanwhile_neither_repeats_nor_skips(cast):
    party = cast.enrol("pager")
    ids = [party.submit(f"Avant {n}") for n in range(30)]
    seen, token = [], ""
    while True:
        page = party.read("proposal_list", {"owner": "me", "page": {"size": 4, "token": token}})
        seen += [row.id for row in page.proposals]
        party.submit("Pendant")
        party.done("status_update", {"proposal": ids[0], "progress_percent": len(seen)})
        token = page.page.next_token
        if not token:
            break
    assert seen == list(reversed(ids))


def test_a_page_of_large_rows_ends_before_the_limit_of_a_message(cast):
    party = cast.enrol("large")
    ids = [party.submit(f"Grande {n}", description="é" * 19_000) for n in range(60)]
    answer = party.ask("proposal_list", {"owner": "me", "page": {"size": 500}}).expect_ok()
    page = answer.body.proposal_page
    assert page.page.next_token and len(page.proposals) < 60
    assert len(answer.body.SerializeToString()) <= 1024 * 1024
    assert [row.id for row in party.pages("proposal_list", {"owner": "me"}, size=500)] == list(reversed(ids))


def test_history_and_organisations_come_in_pages_too(cast):
    party = cast.enrol("pager")
    id = party.submit()
    for n in range(25):
        party.done("status_update", {"proposal": id, "progress_percent": n})
    rows = party.pages("status_list", {"proposal": id}, size=4)
    assert [row.version for row in rows] == list(range(1, 27))
    slugs = [row.slug for row in party.pages("organisation_list", size=3)]
    assert len(slugs) == len(set(slugs)) and slugs[0] == cast.operator.slug and party.slug in slugs
    startups = [row.slug for row in party.pages("organisation_list", {"kind": "ORGANISATION_KIND_STARTUP"}, size=3)]
    assert set(startups) < set(slugs) and cast.operator.slug not in startups


def test_lists_are_filtered(cast):
    party = cast.enrol("lister")
    energy = party.submit("Énergie", sectors=["Energy"], language="fr", workstream="ai")
    health = party.submit("Santé", sectors=["health"], language="en", workstream="skills")
    cast.operator.done("status_update", {"proposal": health, "phase": "PHASE_OPEN", "reason": "Essai"})
    mine = {"owner": "me"}
    for fields, expected in (
        ({}, [health, energy]),
        ({"sector": "energy"}, [energy]),
        ({"sector": "ENERGY"}, [energy]),
        ({"language": "en"}, [health]),
        ({"workstream": "ai"}, [energy]),
        ({"phase": "PHASE_OPEN"}, [health]),
        ({"phase": "PHASE_SUBMITTED", "sector": "health"}, []),
    ):
        assert [row.id for row in party.pages("proposal_list", {**mine, **fields})] == expected, fields
    offer = party.publish("Les deux", workstreams=("ai", "skills"))
    retired = party.publish("Retirée", workstreams=("payments",))
    party.done("offer_retire", {"id": retired, "reason": "Essai"})
    for fields, expected in (
        ({"workstream": "ai"}, [offer]),
        ({"workstream": "skills"}, [offer]),
        ({"state": "OFFER_STATE_RETIRED"}, [retired]),
        ({"state": "OFFER_STATE_PUBLISHED"}, [offer]),
    ):
        assert [row.id for row in party.pages("offer_list", {**mine, **fields})] == expected, fields
    refused(
        party.ask("offer_revise", {"id": retired, "expected_version": 2, **text("offer", "Encore")}),
        "FAILED_PRECONDITION",
        "object.closed",
    )


# -- matches follow --------------------------------------------------------------------------------------------------


def test_a_match_follows_every_change_of_its_texts(cast):
    seller, buyer = cast.enrol("seller"), cast.enrol("buyer")
    offer = seller.publish("Thermostat quantique")
    proposal = buyer.submit("Thermostats pour nos usines", workstream="ai")
    assert buyer.counterparts(proposal=proposal) == [offer]
    assert seller.counterparts(offer=offer) == [proposal]
    seller.done("offer_revise", {"id": offer, "expected_version": 1, **text("offer", "Baromètre anéroïde")})
    assert buyer.counterparts(text="thermostat") == []
    found = buyer.matches(text="baromètre").matches
    assert [(m.id, m.version, m.owner) for m in found] == [(offer, 2, seller.slug)]
    assert 0 < found[0].score <= 1000 and found[0].contributions
    seller.done("offer_retire", {"id": offer, "reason": "Vendu"})
    assert buyer.counterparts(text="baromètre") == []


def test_the_same_question_gets_the_same_scores_also_after_a_restart(cast):
    seller, buyer = cast.enrol("seller"), cast.enrol("buyer")
    for n in range(12):
        seller.publish(f"Capteur {n}", summary="Capteur de pression " * (n + 1), sectors=["industry"])
    ask = {"text": "capteurs de pression", "filter": {"sectors": ["industry"]}}
    before = buyer.matches(**ask)
    assert len(before.matches) == 12
    cast.hub.restart("registry")
    buyer.open().call_safely(request_of("programme_get")).expect_ok()
    after = buyer.matches(**ask)
    assert after == before
    assert buyer.matches(**ask) == after


# -- many at once ----------------------------------------------------------------------------------------------------


def test_many_readers_and_a_writer_do_not_disturb_each_other(cast):
    """Whoever holds a receipt reads its object, from any connection; nobody is refused."""
    writer = cast.enrol("writer")
    readers = [cast.enrol("reader") for _ in range(6)]
    ids, failures, stop = [writer.submit("Première")], [], threading.Event()

    def read(party):
        try:
            with party.client() as c:
                while not stop.is_set():
                    newest = ids[-1]
                    window = [
                        c.send(*c.pack(request_of("proposal_get", {"id": newest}))),
                        c.send(*c.pack(request_of("proposal_list", {"owner": writer.slug, "page": {"size": 5}}))),
                        c.send(*c.pack(request_of("organisation_list"))),
                        c.send(*c.pack(request_of("match_find", {"text": "première écriture"}))),
                        c.send(*c.pack(request_of("proof_get", {"request_id": newest}))),
                    ]
                    answers = [c.answer_to(id) for id in window]
                    assert [a.code for a in answers] == ["OK"] * 4 + ["NOT_FOUND"], [a.body for a in answers]
                    assert answers[0].body.proposal.id == newest
                    listed = answers[1].body.proposal_page.proposals
                    assert listed[0].version >= 1 and listed[0].title.startswith(("Écriture", "Première"))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=read, args=(party,)) for party in readers]
    for thread in threads:
        thread.start()
    try:
        for n in range(300):
            ids.append(writer.submit(f"Écriture {n}"))
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert not failures, failures[0]


def test_who_has_a_receipt_reads_its_effect_at_once(cast):
    """Of rights too: what an edit opened or closed holds for the next question of anybody."""
    owner, other = cast.enrol("owner"), cast.enrol("other")
    stream = cast.workstream()
    id = owner.submit("Selon le chantier", workstream=stream, visibility="WORKSTREAM")
    for n in range(1, 21):
        members = [other.slug] if n % 2 else []
        edit = {"expected_version": n, "workstream": {"slug": stream, "title": "X", "members": members}}
        cast.operator.done("workstream_edit", edit)
        assert other.ask("proposal_get", {"id": id}).code == ("OK" if n % 2 else "NOT_FOUND")
