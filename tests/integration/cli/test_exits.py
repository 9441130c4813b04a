# SPDX-License-Identifier: Apache-2.0
"""Every exit code that can be had, each with cause, place and next step, in French and in English, for people and as
JSON."""

import os
import pathlib
import shutil
import signal
import tempfile
import time

import desk as desk_module
import pytest
from desk import PROPOSAL
from hub import build_folder, keypair

WORDS = {"en": ("  Where: ", "  Next: ", "  Code: "), "fr": ("  Où : ", "  Suite : ", "  Code : ")}
ABSENT = "01900000-0000-7000-8000-000000000000"


def judged(ran, code, rule, where):
    """The error names cause, place, next step, code and rule, in this order."""
    ran.expect(code)
    lang = "fr" if "fr" in ran.words else "en"
    place, step, names = WORDS[lang]
    assert ran.out == "" and ran.err.startswith("binome: "), ran
    at = ran.err.index(step)
    assert len(ran.err.splitlines()[0]) > len("binome: ") + 5
    if where is not None:
        assert ran.err.index(place + where) < at, ran
    assert len(ran.err[at + len(step) :].splitlines()[0]) > 5
    assert rule in ran.err[ran.err.index(names) :], ran
    assert not any(hole in ran.err for hole in ("{", "[{", "|")), ran
    return ran


def in_both_languages(desk, words, code, rule, where=None, **options):
    said = [judged(desk.run(*words, "--lang", lang, **options), code, rule, where) for lang in ("en", "fr")]
    assert said[0].err.splitlines()[0] != said[1].err.splitlines()[0], f"not translated: {said}"
    error = desk.run(*words, "--json", **options).expect(code).error_json
    assert error["exit"] == code and error["code"].isupper()
    for violation in error["violations"]:
        assert violation["cause"] and violation["next"]
    assert rule in [violation["rule"] for violation in error["violations"]]
    return said[0]


# -- 64: the command line --------------------------------------------------------------------------------------------

USAGE = {
    "no verb": (),
    "no such verb": ("propse",),
    "no second word": ("list",),
    "no such second word": ("list", "propsals"),
    "no such option": ("list", "orgs", "--colour", "red"),
    "no value": ("list", "orgs", "--kind"),
    "no such choice": ("list", "orgs", "--kind", "giant"),
    "no number": ("list", "orgs", "--limit", "many"),
    "a number too large": ("match", "--text", "x", "--limit", "101"),
    "one word too many": ("show", "a", "b"),
    "a word missing": ("verify", "receipt.json"),
    "twice": ("match", "--text", "a", "--text", "b"),
    "a flag with a value": ("list", "orgs", "--json=yes"),
    "no file and no options": ("propose",),
    "nothing to revise": ("propose", "revise", ABSENT),
    "nothing to revise in oneself": ("org", "revise"),
    "an option that would do nothing": ("org", "revise", "--key", "x"),
    "no reason": ("propose", "withdraw", ABSENT),
    "two sources": ("match", ABSENT, "--text", "x"),
    "no amount": ("propose", "--title", "Abc", "--budget", "cheap"),
    "no time": ("list", "orgs", "--timeout", "0"),
    "no hub": ("profile", "make", "nowhere"),
    "no hub key": ("profile", "make", "nowhere", "--hub", "tcp://hub.example:5555"),
}


@pytest.mark.parametrize("what", USAGE)
def test_64_for_a_wrong_command_line(desk, what):
    english, french = (desk.run(*USAGE[what], "--lang", lang).expect(64) for lang in ("en", "fr"))
    assert english.out == french.out == ""
    assert english.err.startswith("binome: ") and english.err != french.err
    if what not in ("two sources", "no amount", "no number", "a number too large"):
        english.says("\n  Next: ")
        french.says("\n  Suite : ")
    if "--json=yes" not in USAGE[what]:
        assert desk.run(*USAGE[what], "--json").expect(64).error_json["exit"] == 64


def test_64_names_what_there_is_instead(desk):
    desk.run("list", "propsals").says(
        'there is no "list propsals"', "proposals, offers, orgs", "Next: binome list --help"
    )
    desk.run("list", "orgs", "--kind", "giant").says("large-group|mid-size|startup")
    desk.run("propose", "--lang", "de").expect(64).says("--lang: fr, en")


# -- 65: refused data ------------------------------------------------------------------------------------------------

REFUSED = {  # changes to the proposal, rule, field
    "title too short": (("--title", "A"), "text.too_short", "proposal_submit.proposal.title"),
    "title too long": (("--title", "A" * 201), "text.too_long", "proposal_submit.proposal.title"),
    "no such workstream": (("--workstream", "moon"), "workstream.unknown", "proposal_submit.proposal.workstream"),
    "dates in the wrong order": (("--end", "2026-12-01"), "date.wrong_order", "proposal_submit.proposal."),
    "no date": (("--start", "soon"), "date.wrong_form", "proposal_submit.proposal.start_on"),
    "amounts in the wrong order": (("--budget", "9-5EUR"), "amount.wrong_order", "proposal_submit.proposal.budget"),
    "no currency": (("--support", "40XXQ"), "currency.unknown", "proposal_submit.proposal.support_asked.currency"),
    "TRL out of range": (("--trl-now", "12"), "number.out_of_range", "proposal_submit.proposal.trl_now"),
    "no language": (("--language", "english"), "language.unknown", "proposal_submit.proposal.language"),
    "invited nobody": (("--visibility", "invited", "--invite", "Acme SA"), "slug.wrong_form",
                       "proposal_submit.proposal.invited[0]"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_65_for_refused_data(desk, acme, what):
    words, rule, where = REFUSED[what]
    text = desk.write("p.yaml", PROPOSAL)
    in_both_languages(desk, ("propose", text, *words), 65, rule, where, as_=acme)
    assert desk.done("list", "proposals", "--owner", "me", "--json", as_=acme).json["proposals"] == []


def test_65_lists_every_fault_of_one_submission(desk, acme):
    text = desk.write("p.yaml", PROPOSAL)
    ran = desk.run("propose", text, "--title", "A", "--trl-now", "12", "--language", "english", as_=acme).expect(65)
    ran.says("text.too_short", "number.out_of_range", "language.unknown")
    assert ran.err.count("Next: ") == 3


def test_65_for_what_is_not_there_closed_or_stale(desk, acme, startup):
    in_both_languages(desk, ("show", ABSENT), 65, "", ABSENT, as_=acme)
    in_both_languages(desk, ("match", ABSENT), 65, "object.absent", as_=acme)
    in_both_languages(desk, ("match", "pumps"), 65, "id.wrong_form", as_=acme)
    in_both_languages(desk, ("propose", "nowhere.yaml"), 65, "file.absent", "nowhere.yaml", as_=acme)
    id = desk.submit(acme)
    words = ("status", id, "--progress", "4", "--expected-version", "9")
    in_both_languages(desk, words, 65, "version.stale", as_=acme)
    hidden = desk.submit(acme, PROPOSAL, "--visibility", "draft")
    in_both_languages(desk, ("show", hidden), 65, "", hidden, as_=startup)
    in_both_languages(desk, ("status", hidden, "--progress", "4"), 65, "object.absent", as_=startup)
    siren = ("admin", "enrol", "--slug", "wrong", "--name", "Wrong", "--kind", "startup", "--country", "FR", "--siren",
             "732829321")  # fmt: skip
    in_both_languages(desk, siren, 65, "siren.invalid", "organisation_enrol.organisation.identifiers[0].value")
    taken = ("admin", "enrol", "--slug", acme.slug, "--name", "Acme", "--kind", "startup", "--country", "FR")
    in_both_languages(desk, taken, 65, "organisation.slug_taken", "organisation_enrol.organisation.slug")


# -- 69: the hub is away ---------------------------------------------------------------------------------------------


def profile_of(member, target, **changes):
    """A copy of a profile folder with other lines in profile.yaml."""
    shutil.copytree(member.profile, target, ignore=shutil.ignore_patterns("receipts"))
    lines = (target / "profile.yaml").read_text().splitlines()
    lines = [line for line in lines if line.split(":")[0] not in changes]
    lines += [f'{key}: "{value}"' for key, value in changes.items() if value is not None]
    (target / "profile.yaml").write_text("\n".join(lines) + "\n")
    return target


def test_69_when_nobody_answers(desk, acme):
    profile = profile_of(acme, desk.path("away"), hub="tcp://127.0.0.1:1")
    words = ("list", "orgs", "--timeout", "0.7")
    in_both_languages(desk, words, 69, "hub.unreachable", "tcp://127.0.0.1:1", profile=profile)


def test_69_when_the_registry_is_away_or_the_broker_hangs():
    with desk_module.a_hub() as hub:
        desk = desk_module.Desk(hub)
        acme = desk.join("acme")
        hub.signal("registry", signal.SIGSTOP)
        begun = time.monotonic()
        ran = desk.run("list", "orgs", "--timeout", "1", as_=acme).expect(69)
        ran.says("  Next: ", "  Code: ")
        assert time.monotonic() - begun < 5
        hub.signal("registry", signal.SIGCONT)
        desk.done("list", "orgs", as_=acme)
        hub.kill("registry")
        ran = desk.run("propose", "-", "--timeout", "1", as_=acme, input=PROPOSAL).expect(69)
        ran.says("  Next: ", "  Code: ")
        # a patient one sees nothing of it: the request waits at the hub until the registry is back
        waiting = desk.popen("list", "orgs", "--json", "--timeout", "30", as_=acme)
        hub.start("registry")
        out, err = waiting.communicate(timeout=30)
        assert waiting.returncode == 0 and acme.slug in out, err
        hub.signal("broker", signal.SIGSTOP)
        try:
            desk.run("list", "orgs", "--timeout", "1", as_=acme).expect(69).says("  Next: ")
        finally:
            hub.signal("broker", signal.SIGCONT)


def test_69_for_stats_without_a_broker(desk):
    words = ("stats", "--stats", f"ipc://{desk.scratch}/none.sock")
    ran = desk.run(*words).expect(69)
    ran.says("  Next: ", "  Code: ")


# -- 77: not permitted -----------------------------------------------------------------------------------------------


def test_77_for_what_only_others_may_do(desk, acme, startup):
    enrol = ("admin", "enrol", "--slug", "other", "--name", "Other", "--kind", "startup", "--country", "FR")
    in_both_languages(desk, enrol, 77, "role.operator_only", "organisation_enrol", as_=acme)
    text = desk.write("p.yaml", PROPOSAL)
    behalf = ("propose", text, "--on-behalf-of", startup.slug)
    in_both_languages(desk, behalf, 77, "on_behalf_of.operator_only", as_=acme)
    id = desk.submit(acme)
    in_both_languages(desk, ("propose", "withdraw", id, "--reason", "Not mine"), 77, "phase.role", as_=startup)
    in_both_languages(desk, ("status", id, "--progress", "1"), 77, "role.not_allowed", as_=startup)


def test_77_for_a_key_that_may_not(desk, acme):
    reader = desk.hub.new_member("reader")
    desk.done("org", "add-key", reader.public, "--key-role", "reader", as_=acme)
    desk.done("list", "proposals", as_=reader)
    in_both_languages(desk, ("propose", desk.write("p.yaml", PROPOSAL)), 77, "key.role", as_=reader)
    stranger = desk.hub.new_member("stranger")
    in_both_languages(desk, ("list", "orgs"), 77, "key.unknown", as_=stranger)
    desk.done("org", "revoke-key", reader.public, "--reason", "done", as_=acme)
    in_both_languages(desk, ("list", "orgs"), 77, "key.revoked", as_=reader)


# -- 78: profile and key file ----------------------------------------------------------------------------------------


def test_78_without_a_profile(desk):
    for lang, cause, step in (("en", "there is no profile in", "binome profile make"),
                              ("fr", "il n'y a pas de profil dans", "binome profile make")):  # fmt: skip
        desk.run("list", "orgs", "--lang", lang, profile=desk.path("none")).expect(78).says(cause, step)
    assert desk.run("list", "orgs", "--json", profile=desk.path("none")).expect(78).error_json["exit"] == 78
    home = desk.path("home")
    home.mkdir()
    environment = {"HOME": str(home), "BINOME_PROFILE": "", "XDG_CONFIG_HOME": ""}
    desk.run("list", "orgs", environment=environment).expect(78).says(f"{home}/.config/binome/default")


PROFILES = {
    "no such key": ({"colour": "red"}, "config.unknown_key", "profile.yaml:"),
    "no endpoint": ({"hub": "hub.example"}, "endpoint.wrong_form", None),
    "no hub": ({"hub": None}, "config.required", "profile.yaml"),
    "no key of the hub": ({"hub_key": "too short"}, "key.wrong_form", None),
    "no key file": ({"key_file": "none.secret"}, "file.absent", None),
}


@pytest.mark.parametrize("what", PROFILES)
def test_78_for_a_wrong_profile(desk, acme, what):
    changes, rule, where = PROFILES[what]
    profile = profile_of(acme, desk.path("wrong"), **changes)
    ran = in_both_languages(desk, ("list", "orgs", "--timeout", "5"), 78, rule, profile=profile)
    assert where is None or where in ran.err


def test_78_for_another_hub(desk, acme):
    profile = profile_of(acme, desk.path("other"), hub_key=keypair()[0])
    in_both_languages(desk, ("list", "orgs", "--timeout", "8"), 78, "hub.wrong_key", desk.hub.endpoint, profile=profile)


def test_78_for_a_key_file_that_is_not_safe(desk, acme):
    open_to_all = profile_of(acme, desk.path("open"))
    (open_to_all / "key.secret").chmod(0o644)
    ran = in_both_languages(desk, ("list", "orgs"), 78, "file.mode", profile=open_to_all)
    ran.says("may be read by others", "chmod 600")
    linked = profile_of(acme, desk.path("linked"))
    (linked / "key.secret").rename(linked / "real.secret")
    (linked / "key.secret").symlink_to("real.secret")
    in_both_languages(desk, ("list", "orgs"), 78, "file.symbolic_link", profile=linked)
    broken = profile_of(acme, desk.path("broken"))
    (broken / "key.secret").write_text("nothing\n")
    in_both_languages(desk, ("list", "orgs"), 78, "key.wrong_form", profile=broken)
    desk.run("profile", "show", broken).expect(78)


def test_78_for_a_clock_that_is_off(desk, acme):
    if b"BINOME_TEST_CLOCK" not in (build_folder() / "bin" / "binome").read_bytes():
        pytest.skip("built without BN_TEST_CLOCK")
    handle, path = tempfile.mkstemp(prefix="bn-clock-")
    os.write(handle, str(int(time.time() * 1000) - 3_600_000).encode())
    os.close(handle)
    try:
        ran = in_both_languages(
            desk, ("list", "orgs"), 78, "session.clock_off", as_=acme, environment={"BINOME_TEST_CLOCK": path}
        )
        ran.says("Set the clock (NTP)")
    finally:
        pathlib.Path(path).unlink()


def test_78_when_the_output_cannot_be_written(desk, acme):
    with open("/dev/full", "w") as full:
        import subprocess

        ran = subprocess.run(
            [desk.hub.program("binome"), "list", "orgs"], stdout=full, stderr=subprocess.PIPE, text=True,
            env={**desk.hub.environment, "BINOME_PROFILE": str(acme.profile)},
        )  # fmt: skip
    assert ran.returncode == 78 and "could not be written" in ran.stderr
