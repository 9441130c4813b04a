# SPDX-License-Identifier: Apache-2.0
"""Every verb, from keygen to verify, as the people of the programme would use them one after the other."""

import json
import re
import stat

from desk import PROPOSAL
from hub import Member


def test_a_newcomer_makes_a_profile_is_enrolled_and_is_known(desk):
    folder = desk.path("newcomer")
    made = desk.done(
        "profile", "make", folder, "--hub", desk.hub.endpoint, "--hub-key", desk.hub.hub_public,
        "--organisation", "newcomer",
    )  # fmt: skip
    key = made.field("Public key")
    made.says("Send the public key to the programme's operator")
    assert (folder / "key.public").read_text() == key + "\n"
    assert stat.S_IMODE((folder / "key.secret").stat().st_mode) == 0o600
    assert key not in (folder / "key.secret").read_text()

    desk.run("org", "show", profile=folder).expect(77).says("does not know this key", "key.unknown", "Next: Send your")
    enrolled = desk.done(
        "admin", "enrol", "--slug", "newcomer", "--name", "Newcomer SAS", "--kind", "startup", "--country", "FR",
        "--siren", "732 829 320", "--key", key, "--key-label", "first",
    )  # fmt: skip
    enrolled.says("The organisation is enrolled.", "number ")
    desk.done("org", "show", profile=folder).says("Newcomer SAS", "siren:732 829 320", "active")
    assert desk.done("profile", "show", folder, "--json").json["public_key"] == key
    desk.done("profile", "show", folder).says(key, desk.hub.endpoint, "newcomer")
    assert desk.done("keygen", folder / "second", "--json").json["public_key"] != key
    again = desk.run("keygen", folder / "second").expect(65)
    again.says("is there already; a key is never overwritten", "file.exists")


def test_the_operator_enrols_from_a_file_and_looks_after_keys(desk):
    member = desk.hub.new_member("keyring")
    text = desk.done("org", "template").out
    assert "legal_name:" in text
    file = desk.write(
        "org.yaml", "slug: keyring\nlegal_name: Key Ring\nkind: large-group\ncountry: FR\nlanguages: [fr]\n"
    )
    desk.done("org", "enrol", file, "--key", member.public, "--key-label", "laptop")
    second, third = Member("keyring", *keys(desk)), Member("keyring", *keys(desk))
    desk.done("admin", "key", "keyring", second.public, "--key-role", "agent", "--key-label", "CRM")
    desk.done("org", "add-key", third.public, "--key-role", "reader", as_=member)
    listed = desk.done("org", "keys", as_=member).says("laptop", "CRM", "agent", "reader", third.public)
    assert desk.done("admin", "list", "keyring").out == listed.out
    desk.done("list", "keys", as_=member).says("laptop")
    # by its label, by the end of its id, and by the key itself
    desk.done("admin", "revoke", "keyring", "CRM", "--reason", "Sold the CRM")
    id_of_third = next(k["id"] for k in desk.done("list", "keys", "--json", as_=member).json["keys"]
                       if k["public_key"] == third.public)  # fmt: skip
    desk.done("org", "revoke-key", id_of_third[-8:], "--reason", "No longer needed", as_=member)
    assert desk.done("org", "keys", as_=member).out.count("revoked") == 2
    desk.run("admin", "revoke", "keyring", "no such", "--reason", "x").expect(65).says("Code: ", "Next: ")
    desk.run("admin", "revoke", "keyring", member.public).expect(64).says("--reason is missing")
    desk.done("admin", "revoke", "keyring", member.public, "--reason", "Stolen").says("its connections end now")
    desk.run("org", "show", as_=member).expect(77).says("This key was revoked.", "Make a new one with binome keygen")


def keys(desk):
    folder = desk.path("keys")
    public = desk.done("keygen", folder, "--json").json["public_key"]
    return public, (folder / "key.secret").read_text().strip()


def test_an_organisation_revises_itself_is_suspended_resumed_and_leaves(desk):
    member = desk.join("leaver")
    revised = desk.done(
        "org", "revise", "--website", "https://leaver.example", "--label", "next40", "--yes", as_=member
    )
    revised.says("Website", "+ https://leaver.example", "+ next40", "The organisation is revised.")
    desk.done("org", "show", as_=member).says("https://leaver.example")
    desk.done("org", "revise", "--label", "next40", "--yes", as_=member).says("Nothing changed")
    desk.done("admin", "suspend", member.slug, "--reason", "Contract ended")
    desk.run("list", "offers", as_=member).expect(77).says("The organisation is suspended.", "organisation.suspended")
    desk.done("list", "orgs", "--state", "suspended").says(member.slug)
    desk.done("admin", "resume", member.slug, "--reason", "Contract signed")
    desk.done("list", "offers", as_=member)
    desk.run("org", "leave", member.slug, "--reason", "Merged", as_=member).expect(64).says("--yes")
    desk.done("org", "leave", member.slug, "--reason", "Merged", "--yes", as_=member)
    desk.run("list", "offers", as_=member).expect(77)
    desk.done("org", "list").says(member.slug, "left")


def test_a_proposal_travels_from_its_text_to_its_delivery(desk, acme, startup):
    pilot = desk.join("pilot", kind="cluster")
    desk.done("admin", "workstream", "ai", "--pilot", pilot.slug, "--yes").says("+ " + pilot.slug)
    desk.done("show", "ai").says(pilot.slug)
    desk.publish(startup, "--title", "Vibration analysis of pumps", "--workstream", "ai", "--capability",
                 "vibration sensors", "--trl", "8", "--language", "en")  # fmt: skip
    id = desk.submit(acme)
    desk.done("show", id, as_=acme).says("Predict pump failures", "submitted", "50 000 EUR - 150 000 EUR")
    desk.done("show", id, as_=startup).says("Predict pump failures")
    desk.done("list", "proposals", "--owner", "me", as_=acme).says(id, "Predict pump failures")
    found = desk.match(id, as_=acme)
    found.says("Vibration analysis of pumps", "Vibration +", "score 0 to 1000")
    desk.done("status", id, "--phase", "under-review", as_=pilot)
    desk.run("status", id, "--phase", "engaged", as_=pilot).expect(65).says(
        "a reason is needed", "phase.reason_required"
    )
    desk.run("status", id, "--progress", "5", as_=startup).expect(77).says("it is open to", "role.not_allowed")
    desk.done(
        "status", id, "--phase", "engaged", "--reason", "Partner known", "--progress", "10", "--health", "on-track",
        "--achieved", "Contract signed", "--blocker", "PURCHASING_RULES:tender", "--decision", "Raise the threshold",
        "--milestone", "Pilot:2027-03-01", as_=pilot,
    )  # fmt: skip
    desk.done("status", desk.write("status.json", json.dumps({"proposal": id, "progressPercent": 60})), as_=acme)
    history = desk.done("status", "list", id, as_=acme).says("under-review", "engaged", "Partner known", "on-track")
    assert [line.split()[1] for line in history.out.splitlines()[1:4]] == ["submitted", "under-review", "engaged"]
    assert "60" in history.out.splitlines()[4]
    desk.done("propose", "revise", id, "--trl-target", "8", "--yes", as_=acme).says("- 7", "+ 8", "is revised")
    desk.done("show", id, "--version-number", "1", as_=acme).says("TRL aimed at      7")
    desk.done("status", id, "--phase", "delivered", as_=acme)
    assert desk.done("show", id, "--json").json["phase"] == "PHASE_DELIVERED"


def test_a_proposal_is_withdrawn_with_a_reason(desk, acme):
    id = desk.submit(acme)
    desk.run("propose", "withdraw", id, as_=acme).expect(64).says("--reason is missing", 'Add --reason "..."')
    desk.done("propose", "withdraw", id, "--reason", "The site is closed", as_=acme).says("is withdrawn")
    desk.run("propose", "withdraw", id, "--reason", "again", as_=acme).expect(65)
    desk.done("list", "proposals", "--phase", "withdrawn", "--owner", "me", as_=acme).says(id)


def test_an_offer_is_published_revised_found_and_retired(desk, acme, startup):
    id = desk.publish(startup, "--title", "Écoute acoustique des fuites", "--workstream", "data-sovereignty",
                      "--language", "fr", "--region", "Bretagne")  # fmt: skip
    desk.done("list", "offers", "--owner", "me", as_=startup).says(id, "Écoute acoustique des fuites", "published")
    desk.done("offer", "revise", id, "--available-from", "2027-03-01", "--yes", as_=startup).says("+ 2027-03-01")
    desk.match("--text", "détecter une fuite d'eau par l'acoustique", as_=acme).says(id, "acoustique +")
    need = desk.submit(acme, PROPOSAL.replace("Predict pump failures", "Écoute acoustique de fuites"))
    desk.match("--offer", id, "--target", "proposals", as_=startup).says(need)
    desk.run("offer", "retire", id, as_=startup).expect(64)
    desk.done("offer", "retire", id, "--reason", "Sold out", as_=startup).says("is retired")
    desk.done("list", "offers", "--state", "retired", "--owner", startup.slug).says(id, "retired")
    assert id not in desk.match("--text", "écoute acoustique", as_=acme).out


def test_lists_are_filtered_and_cut(desk, acme, startup):
    ids = [desk.submit(acme, PROPOSAL, "--title", f"Number {i} of the series", "--workstream", w)
           for i, w in enumerate(("skills", "payments", "skills"))]  # fmt: skip
    listed = desk.done("list", "proposals", "--owner", "me", "--workstream", "skills", as_=acme)
    assert ids[0] in listed.out and ids[2] in listed.out and ids[1] not in listed.out
    desk.done("list", "proposals", "--owner", "me", "--limit", "1", as_=acme).says("There are more")
    desk.done("list", "offers", "--owner", acme.slug, as_=startup).says("Nothing to show.")
    kinds = desk.done("list", "orgs", "--kind", "large-group", "--limit", "0", as_=startup)
    assert acme.slug in kinds.out and startup.slug not in kinds.out
    desk.done("list", "workstreams", as_=startup).says("skills", "data-sovereignty", "startups")


def test_the_programme_is_shown_and_edited_by_the_operator(desk, acme):
    desk.done("show", "programme", as_=acme).says("Test programme")
    desk.done("admin", "programme", "--answer-days", "10", "--yes").says("answer_days 10")
    desk.done("admin", "programme").says("answer_days 10")
    desk.run("admin", "programme", "--answer-days", "11", "--yes", as_=acme).expect(77)
    desk.done("admin", "workstream", "space", "--title", "Space", "--title-fr", "Espace", "--yes")
    desk.done("list", "workstreams", as_=acme).says("space")
    desk.run("admin", "workstream", "nowhere").expect(65).says('there is no workstream "nowhere"', "--title")


def test_help_is_there_for_every_verb_in_both_languages(desk):
    verbs = re.findall(r"^  ([a-z]+)  ", desk.done("--help").out.split("\nOptions")[0], re.M)
    assert {"keygen", "profile", "org", "propose", "offer", "match", "status", "show", "list", "stats", "import",
            "export", "admin", "verify"} <= set(verbs)  # fmt: skip
    for verb in verbs:
        english, french = desk.done(verb, "--help"), desk.done(verb, "--help", "--lang", "fr")
        english.says("Usage: binome " + verb, "Examples\n  binome ")
        french.says("Exemples")
        assert english.out != french.out
    assert desk.done("--version").out.startswith("binome 0.")
    assert desk.done("--help", environment={"LANGUAGE": "fr"}).out == desk.done("--help", "--lang", "fr").out
    desk.done("completion", "bash").says("complete ")
