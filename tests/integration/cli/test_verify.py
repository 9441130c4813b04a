# SPDX-License-Identifier: Apache-2.0
"""`binome verify`: a good receipt, and everything that may be wrong with one."""

import base64
import json

import pytest
from desk import PROPOSAL

UNSIGNED = {"en": "unsigned: not proof against the hub", "fr": "non signé"}


@pytest.fixture(scope="module")
def receipted(desk):
    """A member, and the files of one of its receipts in the middle of a log."""
    acme = desk.join("acme")
    for i in range(3):
        desk.submit(acme, PROPOSAL, "--title", f"Before {i}")
    receipt, body = desk.path("receipt.json"), desk.path("body.bin")
    desk.done("propose", desk.write("p.yaml", PROPOSAL), "--receipt", receipt, "--body", body, as_=acme)
    for i in range(5):
        desk.submit(acme, PROPOSAL, "--title", f"After {i}")
    return acme, receipt, body


def test_a_good_receipt_is_proven_and_said_to_be_unsigned(desk, receipted):
    acme, receipt, body = receipted
    for lang in ("en", "fr"):
        ran = desk.done("verify", receipt, body, "--lang", lang, as_=acme)
        ran.says(UNSIGNED[lang])
    desk.done("verify", receipt, body, as_=acme).says("The file is what was sent, and the hub's log of")
    said = desk.done("verify", receipt, body, "--json", as_=acme).json
    assert said["verified"] is True and said["signed"] is False
    assert int(said["log_size"]) > int(said["sequence"])


def test_it_holds_after_both_daemons_were_started_anew(desk, receipted):
    acme, receipt, body = receipted
    desk.hub.restart()
    desk.done("verify", receipt, body, as_=acme)


@pytest.mark.parametrize("place", ["first", "middle", "last", "more", "less"])
def test_a_tampered_body_is_told_without_asking_the_hub(desk, receipted, place):
    acme, receipt, body = receipted
    data = bytearray(body.read_bytes())
    if place == "more":
        data += b"\0"
    elif place == "less":
        data.pop()
    else:
        data[{"first": 0, "middle": len(data) // 2, "last": -1}[place]] ^= 1
    tampered = desk.path("tampered.body")
    tampered.write_bytes(data)
    ran = desk.run("verify", receipt, tampered, as_=acme).expect(65)
    ran.says("its digest differs", "Next: Keep receipt and file safe, and ask the operator")
    said = desk.run("verify", receipt, tampered, "--json", as_=acme).expect(65).json
    assert said["verified"] is False and "digest" in said["wrong"]
    nowhere = desk.path("away")
    nowhere.mkdir(mode=0o700)
    assert desk.run("verify", receipt, tampered, profile=nowhere).code == 65


def other(text):
    data = bytearray(base64.b64decode(text))
    data[3] ^= 0x40
    return base64.b64encode(bytes(data)).decode()


CHANGES = {
    "sequence": lambda r: {"sequence": str(int(r["sequence"]) - 1)},
    "request id": lambda r: {"request_id": r["request_id"][:-1] + ("0" if r["request_id"][-1] != "0" else "1")},
    "organisation": lambda r: {"organisation": other(r["organisation"])},
    "time": lambda r: {"recorded_at": "2020-01-01T00:00:00Z"},
    "type": lambda r: {"type": r["type"] + 1},
    "log size": lambda r: {"log_size": str(int(r["log_size"]) + 1)},
    "log root": lambda r: {"log_root": other(r["log_root"])},
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_tampered_receipt_is_told(desk, receipted, what):
    acme, receipt, body = receipted
    honest = json.loads(receipt.read_text())
    tampered = desk.write("tampered.json", json.dumps({**honest, **CHANGES[what](honest)}))
    ran = desk.run("verify", tampered, body, as_=acme).expect(65)
    ran.says("Next: ")
    assert "unsigned" not in ran.out


def test_receipts_and_bodies_cannot_be_exchanged(desk, receipted):
    acme, receipt, body = receipted
    second, second_body = desk.path("second.json"), desk.path("second.body")
    desk.done("propose", desk.write("p.yaml", PROPOSAL), "--receipt", second, "--body", second_body, as_=acme)
    desk.done("verify", second, second_body, as_=acme)
    desk.run("verify", receipt, second_body, as_=acme).expect(65)
    desk.run("verify", second, body, as_=acme).expect(65)


def test_what_is_no_receipt_is_refused(desk, receipted):
    acme, receipt, body = receipted
    desk.run("verify", body, receipt, as_=acme).expect(65).says("  Next: ", "  Code: ")
    desk.run("verify", desk.write("empty.json", "{}"), body, as_=acme).expect(65).says("  Next: ")
    desk.run("verify", receipt, desk.path("none"), as_=acme).expect(65).says("file.absent")
    stranger = desk.join("stranger")
    ran = desk.run("verify", receipt, body, as_=stranger).expect(65)
    ran.says("The hub has no record of this request.", "receipt.absent")
