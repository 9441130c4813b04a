# SPDX-License-Identifier: Apache-2.0
"""Requests that say something wrong, over the wire: each is refused by field, rule and parameters and keeps nothing.

The first half is generated: from the table of fields that the registry prints, and one good body of every request.
"""

import copy

import client
import pytest
from google.protobuf.descriptor import FieldDescriptor
from hub import keypair
from scene import new_uuid, organisation_text, refused, request_of, table


@pytest.fixture(scope="module")
def acme(cast):
    return cast.enrol("acme", kind="LARGE_GROUP")


@pytest.fixture(scope="module")
def good(cast, acme):
    """One good body of every request, with every part that may be filled, and who may send it."""
    other = cast.enrol("other")
    proposal, offer = acme.submit(), acme.publish()
    money = {"minor_units": 100, "currency": "EUR"}
    reference = {"scheme": "crm", "id": "17"}
    milestone = {"name": "Revue", "due_on": "2026-09-01", "done_on": "2026-09-02"}
    organisation = organisation_text(
        "a-new-one",
        identifiers=[{"scheme": "siren", "value": "732829320"}],
        country="FR",
        activities=[{"nomenclature": "naf-rev2", "code": "62.01Z"}],
        size="SIZE_CATEGORY_SME",
        languages=["fr"],
        description="Ce qu'elle fait",
        contacts=[{"name": "A. Martin", "function": "Achats", "email": "a@example.org", "phone": "+33 1"}],
        website="https://example.org/",
        regions=["FR-IDF"],
        labels=["next40"],
        external_ref=reference,
    )
    proposal_text = {
        "workstream": "ai",
        "sectors": ["energy"],
        "regions": ["FR-IDF"],
        "title": "Prévision",
        "summary": "Résumé",
        "description": "Description",
        "seeks": "Un partenaire",
        "budget": {"min": money, "max": money},
        "trl_now": 3,
        "trl_target": 6,
        "start_on": "2026-09-01",
        "end_on": "2027-09-01",
        "support_asked": money,
        "visibility": "VISIBILITY_INVITED",
        "invited": [other.slug],
        "tags": ["prévision"],
        "language": "fr",
        "external_ref": reference,
        "partners": [other.slug],
    }
    offer_text = {
        "workstreams": ["ai"],
        "sectors": ["energy"],
        "title": "Jumeau",
        "summary": "Résumé",
        "description": "Description",
        "capabilities": ["simulation"],
        "trl": 8,
        "references": ["Un grand groupe"],
        "regions": ["FR-IDF"],
        "languages": ["fr"],
        "available_from": "2026-09-01",
        "visibility": "VISIBILITY_INVITED",
        "invited": [other.slug],
        "tags": ["jumeau"],
        "language": "fr",
        "external_ref": reference,
        "country": "FR",
    }
    programme = {
        "name": "Alliances",
        "languages": ["fr"],
        "currency": "EUR",
        "clocks": {"answer_days": 5, "decide_days": 30, "contract_days": 90, "pay_days": 30},
        "retention_days": 365,
        "description": "Description",
    }
    workstream = {
        "slug": "quantum",
        "title": "Quantum",
        "title_fr": "Quantique",
        "description": "Description",
        "pilot": acme.slug,
        "members": [other.slug],
        "milestones": [milestone],
    }
    key = {"public_key": keypair()[0], "role": "KEY_ROLE_AGENT", "label": "Poste", "expires_at": "2099-01-01T00:00:00Z"}
    revised = {**organisation, "slug": acme.slug, "external_ref": {"scheme": "crm", "id": "18"}}
    page = {"size": 10}
    health = {"overall": "HEALTH_STATE_AT_RISK", "schedule": "HEALTH_STATE_AT_RISK"}
    operator = cast.operator
    bodies = [
        (operator, "programme_get", {}),
        (operator, "programme_edit", {"expected_version": 1, "programme": programme}),
        (acme, "workstream_get", {"slug": "ai"}),
        (acme, "workstream_list", {}),
        (operator, "workstream_edit", {"workstream": workstream}),
        (operator, "organisation_enrol", {"organisation": organisation, "keys": [key], "roles": ["ROLE_COMMITTEE"]}),
        (acme, "organisation_revise", {"expected_version": 1, "organisation": revised}),
        (operator, "organisation_suspend", {"slug": acme.slug, "reason": "Essai"}),
        (operator, "organisation_leave", {"slug": acme.slug, "reason": "Essai"}),
        (acme, "organisation_get", {"slug": acme.slug}),
        (acme, "organisation_list", {"page": page, "kind": "ORGANISATION_KIND_STARTUP", "country": "FR"}),
        (operator, "key_add", {"organisation": acme.slug, "key": key}),
        (acme, "key_revoke", {"organisation": acme.slug, "public_key": acme.member.public, "reason": "Essai"}),
        (acme, "key_list", {"organisation": acme.slug}),
        (acme, "proposal_submit", {"proposal": proposal_text, "submitted_on": "2026-01-05"}),
        (acme, "proposal_revise", {"id": proposal, "expected_version": 1, "proposal": proposal_text}),
        (
            acme,
            "proposal_withdraw",
            {"id": proposal, "expected_version": 1, "reason": "Essai", "effective_on": "2026-01-05"},
        ),
        (acme, "proposal_get", {"id": proposal, "version": 1}),
        (
            acme,
            "proposal_list",
            {"page": page, "workstream": "ai", "owner": acme.slug, "sector": "energy", "language": "fr"},
        ),
        (
            acme,
            "status_update",
            {
                "proposal": proposal,
                "expected_version": 1,
                "progress_percent": 50,
                "health": health,
                "achieved": "Fait",
                "next": "À faire",
                "blockers": [{"reason": "NO_BUDGET", "text": "Rien"}],
                "decisions_asked": ["Décider"],
                "milestones": [milestone],
                "reason": "Essai",
                "effective_on": "2026-01-05",
                "source_word": "construction",
                "ends_on": "2027-01-05",
                "external_ref": reference,
            },
        ),
        (acme, "status_list", {"proposal": proposal, "page": page}),
        (acme, "offer_publish", {"offer": offer_text, "published_on": "2026-01-05"}),
        (acme, "offer_revise", {"id": offer, "expected_version": 1, "offer": offer_text}),
        (acme, "offer_retire", {"id": offer, "expected_version": 1, "reason": "Essai"}),
        (acme, "offer_get", {"id": offer, "version": 1}),
        (acme, "offer_list", {"page": page, "workstream": "ai", "owner": acme.slug, "sector": "energy"}),
        (
            acme,
            "match_find",
            {
                "text": "prévision",
                "filter": {
                    "workstreams": ["ai"],
                    "sectors": ["energy"],
                    "countries": ["FR"],
                    "regions": ["FR-IDF"],
                    "languages": ["fr"],
                    "owners": [other.slug],
                },
            },
        ),
        (acme, "proof_get", {"request_id": proposal}),
    ]
    return [(party, kind, request_of(kind, fields, dry_run=True)) for party, kind, fields in bodies]


@pytest.fixture(scope="module")
def fields(cast):
    """(message, field) -> row of the table."""
    return {(row["message"], row["field"]): row for row in table(cast.hub, "fields")}


def send(party, request, mark=None):
    """mark: a text that stands in the request where these bytes are to be sent instead."""
    type, body = party.open().pack(request)
    for text, raw in (mark or {}).items():
        assert body.count(text) == 1 and len(text) == len(raw)
        body = body.replace(text, raw)
    return party.open().call_packed(type, body)


def walk(message, path=""):
    """Every filled message below a request with its path, itself included."""
    yield path, message
    for field, value in message.ListFields():
        if field.type != FieldDescriptor.TYPE_MESSAGE:
            continue
        if field.label == FieldDescriptor.LABEL_REPEATED:
            for index, element in enumerate(value):
                yield from walk(element, f"{path}.{field.name}[{index}]".lstrip("."))
        else:
            yield from walk(value, f"{path}.{field.name}".lstrip("."))


def places(request, fields):
    """(path of the field, path of its message, row, field descriptor) of everything that a request may fill."""
    for path, message in walk(request):
        for field in message.DESCRIPTOR.fields:
            row = fields.get((message.DESCRIPTOR.name, field.name))
            if row is not None and row["form"] != "written by the hub" and not path.endswith("expires_at"):
                yield f"{path}.{field.name}".lstrip("."), path, row, field


def at(request, path):
    """The message at a path of walk()."""
    message = request
    for name in path.split(".") if path else ():
        plain, _, index = name.partition("[")
        message = getattr(message, plain)
        if index:
            message = message[int(index[:-1])]
    return message


def test_the_good_bodies_are_good(good):
    for party, kind, request in good:
        answer = party.ask(kind) if kind == "programme_get" else send(party, request)
        assert answer.code == "OK", f"{kind}: {answer.body.error}"
        assert answer.receipt is None


def test_every_field_that_must_be_there_is_missed_by_name(good, fields):
    tried = 0
    for party, kind, request in good:
        for path, parent, row, field in places(request, fields):
            if row["must be there"] != "yes":
                continue
            changed = copy.deepcopy(request)
            at(changed, parent).ClearField(field.name)
            # A number that is not there is 0 on the wire.
            rule = "number.out_of_range" if row["form"] == "number" else "field.required"
            refused(send(party, changed), "INVALID_ARGUMENT", rule, path)
            tried += 1
    assert tried > 60


# Texts that must say something definite, which a long row of letters does not.
JUDGED = ("page.token", "activities[0].code", "identifiers[0].value")


def test_every_text_ends_where_its_row_says(good, fields):
    """At the limit it is taken, one character above it is refused. Characters count, not bytes."""
    tried = 0
    for party, kind, request in good:
        for path, parent, row, field in places(request, fields):
            if row["form"] not in ("text", "line of text") or path in ("match_find.text", "proposal_list.page.token"):
                continue
            least, most = map(int, row["bounds"].split(" to "))
            listed = field.label == FieldDescriptor.LABEL_REPEATED
            where = path + "[0]" if listed else path
            for length, expected in ((most, None), (most + 1, "text.too_long"), (least - 1, "text.too_short")):
                if length < 1 or (length == most and path.endswith(JUDGED)):
                    continue
                changed = copy.deepcopy(request)
                if listed:
                    getattr(at(changed, parent), field.name)[0] = "é" * length
                else:
                    setattr(at(changed, parent), field.name, "é" * length)
                answer = send(party, changed)
                if expected is None:
                    assert where not in answer.fields, f"{length} characters: {answer.body.error}"
                else:
                    bound = {"max": most} if expected == "text.too_long" else {"min": least}
                    refused(answer, "INVALID_ARGUMENT", expected, where, actual=length, **bound)
                tried += 1
    assert tried > 150


def test_every_list_ends_where_its_row_says(good, fields):
    tried = 0
    for party, kind, request in good:
        for path, parent, row, field in places(request, fields):
            if not row["list of at most"]:
                continue
            most = int(row["list of at most"])
            changed = copy.deepcopy(request)
            elements = getattr(at(changed, parent), field.name)
            if not elements:
                continue
            elements.extend([copy.deepcopy(elements[0])] * most)
            refused(send(party, changed), "INVALID_ARGUMENT", "list.too_long", path, max=most, actual=most + 1)
            tried += 1
    assert tried > 30


def test_every_number_ends_where_its_row_says(good, fields):
    tried = 0
    for party, kind, request in good:
        for path, parent, row, field in places(request, fields):
            if row["form"] != "number" or field.type == FieldDescriptor.TYPE_BOOL:
                continue
            least, most = map(int, row["bounds"].split(" to "))
            for value in (most + 1, least - 1):
                if value < 0 and field.cpp_type in (FieldDescriptor.CPPTYPE_UINT32, FieldDescriptor.CPPTYPE_UINT64):
                    continue
                if value == 0:
                    continue  # absent, which is another rule
                changed = copy.deepcopy(request)
                setattr(at(changed, parent), field.name, value)
                answer = send(party, changed)
                assert answer.code == "INVALID_ARGUMENT" and path in answer.fields, f"{path} = {value}: {answer.code}"
                tried += 1
    assert tried > 30


def test_invalid_utf8_and_control_characters_are_found_in_every_text(good, fields):
    wrong = {b"\xff\xfe\xfd\xfc\xff\xfe": "text.not_utf8", b"ab\x00cde": "text.control_character"}
    tried = 0
    for party, kind, request in good:
        for path, parent, row, field in places(request, fields):
            if field.type != FieldDescriptor.TYPE_STRING or path == "proof_get.request_id":
                continue
            changed = copy.deepcopy(request)
            where = path
            if field.label == FieldDescriptor.LABEL_REPEATED:
                getattr(at(changed, parent), field.name)[:] = ["zyxwvu"]
                where += "[0]"
            else:
                setattr(at(changed, parent), field.name, "zyxwvu")
            for raw, rule in wrong.items():
                answer = send(party, changed, mark={b"zyxwvu": raw})
                refused(answer, "INVALID_ARGUMENT", rule, where)
                tried += 1
    assert tried > 200


def test_enums_take_no_other_numbers(good, fields):
    tried = 0
    for party, kind, request in good:
        for path, parent, row, field in places(request, fields):
            if row["form"] != "enum":
                continue
            changed = copy.deepcopy(request)
            where = path
            if field.label == FieldDescriptor.LABEL_REPEATED:
                getattr(at(changed, parent), field.name)[:] = [77]
                where += "[0]"
            else:
                setattr(at(changed, parent), field.name, 77)
            refused(send(party, changed), "INVALID_ARGUMENT", "enum.unknown", where, value=77)
            tried += 1
    assert tried > 15


# -- what is wrong in a way of its own -------------------------------------------------------------------------------


def proposal(**fields):
    text = {"title": "Prévision", "visibility": "VISIBILITY_PROGRAMME", "workstream": "ai", **fields}
    return "proposal_submit", {"proposal": text}


def offer(**fields):
    text = {"title": "Jumeau", "visibility": "VISIBILITY_PROGRAMME", "workstreams": ["ai"], **fields}
    return "offer_publish", {"offer": text}


def eur(amount):
    return {"minor_units": amount, "currency": "EUR"}


P, O, E = "proposal_submit.proposal.", "offer_publish.offer.", "organisation_enrol.organisation."


@pytest.mark.parametrize(
    "ask, field, rule",
    [
        (proposal(start_on="2026-13-01"), P + "start_on", "date.wrong_form"),
        (proposal(start_on="2026-02-30"), P + "start_on", "date.wrong_form"),
        (proposal(start_on="26-01-01"), P + "start_on", "date.wrong_form"),
        (proposal(start_on="1899-12-31"), P + "start_on", "date.out_of_range"),
        (proposal(end_on="2200-01-01"), P + "end_on", "date.out_of_range"),
        (proposal(start_on="2026-09-02", end_on="2026-09-01"), P + "end_on", "date.wrong_order"),
        (proposal(trl_now=7, trl_target=6), P + "trl_target", "trl.wrong_order"),
        (proposal(budget={"min": eur(2), "max": eur(1)}), P + "budget", "amount.wrong_order"),
        (
            proposal(budget={"min": eur(1), "max": {"minor_units": 2, "currency": "USD"}}),
            P + "budget.max.currency",
            "currency.mixed",
        ),
        (proposal(support_asked={"minor_units": -1, "currency": "EUR"}), P + "support_asked.minor_units", None),
        (
            proposal(support_asked={"minor_units": 1, "currency": "XXQ"}),
            P + "support_asked.currency",
            "currency.unknown",
        ),
        (proposal(language="xx"), P + "language", "language.unknown"),
        (proposal(language="fra"), P + "language", "language.unknown"),
        (proposal(invited=["acme"], visibility="VISIBILITY_DRAFT"), P + "invited", "field.not_allowed"),
        (proposal(title="Deux\nlignes"), P + "title", "text.control_character"),
        (proposal(external_ref={"scheme": "Mon SI", "id": "1"}), P + "external_ref.scheme", None),
        (offer(country="ZZ"), O + "country", "country.unknown"),
        (offer(languages=["fr", "zz"]), O + "languages[1]", "language.unknown"),
        (offer(workstreams=["ai", "no-such"]), O + "workstreams[1]", "workstream.unknown"),
        (offer(available_from="soon"), O + "available_from", "date.wrong_form"),
        (proposal(workstream="no-such"), P + "workstream", "workstream.unknown"),
        (("proposal_list", {"workstream": "no-such"}), "proposal_list.workstream", "workstream.unknown"),
        (("offer_list", {"workstream": "no-such"}), "offer_list.workstream", "workstream.unknown"),
        (
            ("match_find", {"text": "x", "filter": {"workstreams": ["ai", "no-such"]}}),
            "match_find.filter.workstreams[1]",
            "workstream.unknown",
        ),
        (("proposal_list", {"page": {"token": "yesterday"}}), "proposal_list.page.token", "page.token_invalid"),
        (("proposal_list", {"page": {"token": "-1"}}), "proposal_list.page.token", "page.token_invalid"),
        (("offer_list", {"page": {"token": "9" * 30}}), "offer_list.page.token", "page.token_invalid"),
        (("organisation_list", {"page": {"token": "0x10"}}), "organisation_list.page.token", "page.token_invalid"),
        (("proposal_list", {"page": {"size": 501}}), "proposal_list.page.size", "number.out_of_range"),
        (("proposal_list", {"external_ref": {"scheme": "a", "id": "b"}}), "proposal_list.owner", "field.required"),
        (("proposal_get", {"id": "not-an-id"}), "proposal_get.id", "id.wrong_form"),
        (("match_find", {"text": "x", "limit": 101}), "match_find.limit", "number.out_of_range"),
        (("match_find", {}), "match_find.proposal", "field.required"),
        (("proof_get", {"sequence": 0}), "proof_get", "receipt.absent"),
    ],
)
def test_a_wrong_value_is_named(acme, ask, field, rule):
    kind, fields = ask
    answer = acme.ask(kind, fields)
    code = "NOT_FOUND" if rule == "receipt.absent" else "INVALID_ARGUMENT"
    refused(answer, code, rule or answer.rules[0], field)
    assert answer.receipt is None


@pytest.mark.parametrize(
    "scheme, value, rule",
    [
        ("siren", "732829320", None),
        ("siren", "732 829 320", None),
        ("siren", "732829321", "siren.invalid"),
        ("siren", "000000000", "siren.invalid"),
        ("siren", "73282932", "siren.invalid"),
        ("siren", "7328293200", "siren.invalid"),
        ("siren", "73282932O", "siren.invalid"),
        ("siret", "73282932000074", None),
        ("siret", "73282932000075", "siret.invalid"),
        ("siret", "35600000049837", None),
        ("vat", "FR44732829320", None),
        ("vat", "FR45732829320", "identifier.invalid"),
        ("lei", "969500T3MBS4SQAMHJ45", "identifier.invalid"),
        ("siren-unverified", "732829321", None),
        ("our-crm", "n'importe quoi", None),
    ],
)
def test_identifiers_are_judged_by_their_scheme(cast, scheme, value, rule):
    text = organisation_text(
        "identified", identifiers=[{"scheme": "crm", "value": "1"}, {"scheme": scheme, "value": value}]
    )
    answer = cast.operator.ask("organisation_enrol", {"organisation": text}, dry_run=True)
    if rule is None:
        answer.expect_ok()
    else:
        refused(answer, "INVALID_ARGUMENT", rule, E + "identifiers[1].value", value=value)


def test_an_identifier_that_another_has_is_taken_however_it_is_written(cast):
    owner = cast.enrol("first", identifiers=[{"scheme": "siren", "value": "552 100 554"}])
    text = organisation_text("second", identifiers=[{"scheme": "siren", "value": "552100554"}])
    answer = cast.operator.ask("organisation_enrol", {"organisation": text})
    refused(answer, "ALREADY_EXISTS", "identifier.taken", E + "identifiers[0]", scheme="siren", value="552100554")
    late = cast.enrol("late")
    text = organisation_text(late.slug, identifiers=[{"scheme": "siren", "value": "5521-00554"}])
    answer = late.ask("organisation_revise", {"expected_version": 1, "organisation": text})
    refused(answer, "ALREADY_EXISTS", "identifier.taken", "organisation_revise.organisation.identifiers[0]")
    # Its own it may keep, in another spelling too.
    text = organisation_text(owner.slug, identifiers=[{"scheme": "siren", "value": "552100554"}])
    owner.done("organisation_revise", {"expected_version": 1, "organisation": text})


def test_an_activity_code_needs_its_nomenclature(cast):
    for nomenclature, code, good in (
        ("naf-rev2", "62.01Z", True),
        ("nace-rev2", "62.01", True),
        ("nace-rev2", "62.01Z", False),
        ("naf-rev2", "62.0Z", False),
        ("naf-rev2", "soft", False),
        ("isic", "6201", False),
    ):
        text = organisation_text("active", activities=[{"nomenclature": nomenclature, "code": code}])
        answer = cast.operator.ask("organisation_enrol", {"organisation": text}, dry_run=True)
        if good:
            answer.expect_ok()
        else:
            refused(answer, "INVALID_ARGUMENT", "activity.invalid", E + "activities[0]")


@pytest.mark.parametrize("slug", ["Acme", "a_b", "-a", "a-", "é", "me", "a b", "a" * 200])
def test_a_slug_has_its_form(cast, slug):
    answer = cast.operator.ask("organisation_enrol", {"organisation": organisation_text(slug)})
    assert answer.code == "INVALID_ARGUMENT" and E + "slug" in answer.fields


def test_several_faults_are_told_at_once(acme):
    answer = acme.ask(*proposal(title="", workstream="no-such", trl_now=12, language="xx", start_on="soon"))
    assert {P + "title", P + "trl_now", P + "language", P + "start_on"} <= set(answer.fields)
    answer = acme.ask(*proposal(workstream="no-such", trl_now=5, trl_target=4, invited=["nobody"]))
    assert {"workstream.unknown", "trl.wrong_order", "organisation.unknown"} <= set(answer.rules)


def test_a_change_without_salt_is_refused(acme):
    request = request_of(*proposal())
    type, _ = acme.open().pack(request)
    for salt in (b"", b"short", bytes(17)):
        request.salt = salt
        answer = acme.open().call_packed(type, request.SerializeToString())
        answer.expect("INVALID_ARGUMENT")
        assert answer.fields == ["salt"]


def test_a_refused_request_leaves_nothing(cast, acme):
    before = cast.operator.read("proof_get", {"sequence": 1}).log_size
    request_id = client.new_id()
    refused(acme.ask(*proposal(workstream="no-such"), request_id=request_id), "INVALID_ARGUMENT", "workstream.unknown")
    refused(acme.ask("proof_get", {"request_id": client.id_text(request_id)}), "NOT_FOUND", "receipt.absent")
    assert cast.operator.read("proof_get", {"sequence": 1}).log_size == before
    acme.submit(request_id=request_id)


# -- versions --------------------------------------------------------------------------------------------------------


def test_a_stale_version_is_aborted_and_changes_nothing(cast, acme):
    proposal_id, offer_id = acme.submit("Version un"), acme.publish("Version un")
    text, other = proposal(title="Version deux")[1]["proposal"], offer(title="Version deux")[1]["offer"]
    acme.done("proposal_revise", {"id": proposal_id, "expected_version": 1, "proposal": text})
    acme.done("offer_revise", {"id": offer_id, "expected_version": 1, "offer": other})
    workstream = cast.workstream()
    programme = cast.operator.read("programme_get")
    organisation = acme.read("organisation_get")
    edited = {"name": "Autre", "languages": ["fr"], "currency": "EUR"}
    stale = [
        (acme, "proposal_revise", "expected_version", {"id": proposal_id, "proposal": text}, 2),
        (acme, "proposal_withdraw", "expected_version", {"id": proposal_id, "reason": "Essai"}, 2),
        (acme, "status_update", "expected_version", {"proposal": proposal_id, "progress_percent": 9}, 2),
        (acme, "offer_revise", "expected_version", {"id": offer_id, "offer": other}, 2),
        (acme, "offer_retire", "expected_version", {"id": offer_id, "reason": "Essai"}, 2),
        (
            acme,
            "organisation_revise",
            "expected_version",
            {"organisation": organisation_text(acme.slug)},
            organisation.version,
        ),
        (cast.operator, "programme_edit", "expected_version", {"programme": edited}, programme.version),
        (
            cast.operator,
            "workstream_edit",
            "expected_version",
            {"workstream": {"slug": workstream, "title": "Autre"}},
            1,
        ),
    ]
    for party, kind, name, fields, current in stale:
        for expected in (current + 1, current - 1):
            answer = party.ask(kind, {**fields, name: expected})
            if expected == 0 and answer.code != "ABORTED":
                answer.expect("INVALID_ARGUMENT", "number.out_of_range")
                continue
            refused(answer, "ABORTED", "version.stale", f"{kind}.{name}", expected=expected, current=current)
    assert acme.read("proposal_get", {"id": proposal_id}).version == 2
    assert acme.read("offer_get", {"id": offer_id}).version == 2
    assert acme.read("organisation_get").version == organisation.version
    assert cast.operator.read("programme_get") == programme
    assert cast.operator.read("workstream_get", {"slug": workstream}).version == 1


def test_of_two_who_change_the_same_version_one_is_told(acme):
    """Sent at once over one connection: exactly one goes through, whatever batch they fall into."""
    proposal_id = acme.submit()
    c = acme.open()
    ids = []
    for n in range(10):
        text = proposal(title=f"Course {n}")[1]["proposal"]
        ids.append(
            c.send(*c.pack(request_of("proposal_revise", {"id": proposal_id, "expected_version": 1, "proposal": text})))
        )
    codes = [c.answer_to(request_id).code for request_id in ids]
    assert sorted(codes) == ["ABORTED"] * 9 + ["OK"]
    read = acme.read("proposal_get", {"id": proposal_id})
    assert read.version == 2 and read.title == f"Course {codes.index('OK')}"


# -- match texts are words -------------------------------------------------------------------------------------------


def test_query_syntax_in_a_match_text_is_taken_as_words(cast, acme):
    nova = cast.enrol("nova")
    for title, summary in (
        ("Panneaux solaires", "Onduleurs et panneaux solaires pour toitures"),
        ("Batteries", "Stockage solaire and panneau de commande"),
        ("Éoliennes", "Pales et mâts"),
    ):
        nova.publish(title, summary=summary)
    plain = acme.matches(text="solaire and panneau")
    assert len(plain.matches) == 2
    for text in (
        '"solaire" AND panneau*',
        "(solaire) AND -panneau",
        "+solaire^ and/panneau:",
        "solaire; AND 'panneau' --",
        "{solaire} \\AND [panneau] %",
        "solaire\tAND\npanneau",
    ):
        assert acme.matches(text=text).matches == plain.matches, text
    # A word that negates or restricts elsewhere is a word here.
    assert {m.title for m in acme.matches(text="NOT panneaux").matches} >= {"Panneaux solaires"}
    assert {m.title for m in acme.matches(text=f"owner:{nova.slug} éoliennes").matches} >= {"Éoliennes"}
    for text in ("*", '"', "%_%", "()", "-- ;", "\\", "AND/*"):
        found = acme.matches(text=text)
        assert not found.matches or text == "AND/*"
        assert found.matches or found.empty_because in ("match.no_words", "match.nothing_in_common")


def test_what_is_not_there_is_not_found(cast, acme):
    for kind, fields, rule in (
        ("workstream_get", {"slug": "no-such"}, "workstream.unknown"),
        ("organisation_get", {"slug": "no-such"}, "organisation.unknown"),
        ("organisation_get", {"slug": new_uuid()}, "organisation.unknown"),
        ("proposal_get", {"id": new_uuid()}, "object.absent"),
        ("proposal_list", {"owner": "no-such"}, "organisation.unknown"),
        ("match_find", {"text": "x", "filter": {"owners": ["no-such"]}}, "organisation.unknown"),
        ("match_find", {"proposal": new_uuid()}, "object.absent"),
        ("key_revoke", {"public_key": keypair()[0], "reason": "Essai"}, "key.unknown"),
    ):
        refused(acme.ask(kind, fields), "NOT_FOUND", rule)
    assert acme.ask(*proposal(invited=["no-such"], visibility="VISIBILITY_INVITED")).fields == [P + "invited[0]"]
    refused(
        cast.operator.ask("organisation_suspend", {"slug": "no-such", "reason": "Essai"}),
        "NOT_FOUND",
        "organisation.unknown",
    )
