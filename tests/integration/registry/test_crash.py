# SPDX-License-Identifier: Apache-2.0
"""The registry is killed, statements fail, the disk is full: what has a receipt stays, and nothing is done twice."""

import contextlib
import os
import pathlib
import signal
import sqlite3
import subprocess
import tempfile
import time

import client
import pytest
from hub import wait_for
from load import Load
from scene import SEED, Cast, a_hub, refused, request_of, seeded

KILLS = int(os.environ.get("BINOME_KILLS", "40"))


def check(hub):
    """What the registry itself and SQLite say of the file; the registry is stopped. Gives the log's size."""
    said = hub.run("binome-registry", "--config", hub.folder / "registry.yaml", "--check").stdout
    assert said.startswith("sound: "), said
    with contextlib.closing(sqlite3.connect(f"file:{database(hub)}?mode=ro", uri=True)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    return int(said.split()[1])


def database(hub):
    return hub.registry_config["database"]


def objects(hub, organisation_id):
    """Ids of the objects that an organisation owns, as the file has them."""
    with contextlib.closing(sqlite3.connect(f"file:{database(hub)}?mode=ro", uri=True)) as db:
        rows = db.execute(
            "SELECT a.request FROM object o JOIN accepted a ON a.sequence = o.number "
            "JOIN organisation g ON g.number = o.owner WHERE g.id = ?",
            (organisation_id,),
        )
        return [bytes(row[0]) for row in rows]


# -- SIGKILL ---------------------------------------------------------------------------------------------------------


def test_killed_again_and_again_under_load_nothing_receipted_is_missing():
    """Half of the kills come while requests are under way, at a random moment after the first receipt; the rest between
    requests. BINOME_SEED repeats the draws, BINOME_KILLS sets how many."""
    random = seeded("kills")
    with a_hub() as hub, Cast(hub) as cast, contextlib.ExitStack() as stack:
        loads = [stack.enter_context(Load(cast.enrol("load"), f"{SEED} {n}")) for n in range(3)]
        under_way = 0
        for kill in range(KILLS):
            before = [load.receipted for load in loads]
            wait_for(lambda: all(l.receipted > b or l.failure for l, b in zip(loads, before)), "receipts from all")
            assert not any(load.failure for load in loads), [load.failure for load in loads]
            time.sleep(random.random() * 0.05)  # the moment is what is drawn; nothing is waited for
            if kill % 4 == 3:  # between requests
                for load in loads:
                    load.window = 0
                wait_for(lambda: all(load.unanswered() == 0 for load in loads), "nothing under way")
            under_way += sum(load.unanswered() for load in loads)
            hub.kill("registry")
            for load in loads:
                load.window = random.choice((1, 16, 48, 100))
            hub.start("registry")
        for load in loads:
            load.stop()
        receipts = [entry.receipt for load in loads for entry in load.ledger.values()]
        replayed = sum(load.replayed for load in loads)
        print(f"{KILLS} kills, {len(receipts)} receipts, {under_way} under way at a kill, {replayed} of them kept")
        assert under_way > KILLS, "the kills must hit work"
        assert replayed > 0, "some were committed and not answered: else no kill came at the interesting moment"
        examine(cast, loads)


def examine(cast, loads):
    hub = cast.hub
    entries = [(load, id, entry) for load in loads for id, entry in load.ledger.items()]
    assert len({entry.receipt.sequence for _, _, entry in entries}) == len(entries)

    # Each proves itself against the newest root, and has the same root again that it named.
    newest = cast.operator.read("proof_get", {"sequence": 1})
    for load, id, entry in entries[:: max(1, len(entries) // 400)]:
        assert entry.receipt.digest == client.digest(entry.body)
        leaf = client.leaf_hash(client.leaf_of_receipt(entry.receipt))
        for size, root in ((newest.log_size, newest.log_root), (entry.receipt.log_size, entry.receipt.log_root)):
            proof = load.party.read("proof_get", {"request_id": client.id_text(id), "log_size": size})
            assert proof.receipt == entry.receipt and proof.log_root == root
            assert client.path_leads_to(root, leaf, entry.receipt.sequence - 1, size, proof.path)

    # Every one sent again, in windows, gets what it got, and the log does not grow.
    for load in loads:
        c = load.party.open()
        ids = list(load.ledger)
        for start in range(0, len(ids), 100):
            for id in ids[start : start + 100]:
                c.send(load.ledger[id].type, load.ledger[id].body, id)
            for id in ids[start : start + 100]:
                answer = c.answer_to(id).expect_ok()
                assert answer.body.replayed and answer.receipt == load.ledger[id].receipt
    assert cast.operator.read("proof_get", {"sequence": 1}).log_size == newest.log_size

    # One effect each: one object for each creation, one version for each update.
    for load in loads:
        updates = sum(entry.kind == "status_update" for entry in load.ledger.values())
        assert load.party.read("proposal_get", {"id": load.base}).version == 1 + updates
        assert len(load.party.pages("status_list", {"proposal": load.base}, size=500)) == 1 + updates
        load.organisation_id = client.id_bytes(load.party.read("organisation_get").id)
    cast.close()
    hub.stop("registry")
    assert check(hub) == newest.log_size
    for load in loads:
        made = {id for id, entry in load.ledger.items() if entry.kind != "status_update"}
        kept = objects(hub, load.organisation_id)
        assert len(kept) == len(set(kept)) and set(kept) == made | {client.id_bytes(load.base)}
    hub.start("registry")


def test_killed_while_it_starts_it_starts_again():
    random = seeded("starts")
    with a_hub() as hub, Cast(hub) as cast:
        party = cast.enrol("patient")
        receipts = [party.done("proposal_submit", {"proposal": a_text(f"Avant {n}")}) for n in range(200)]
        cast.close()
        hub.kill("registry")
        for _ in range(8):
            process = subprocess.Popen(
                [hub.program("binome-registry"), "--config", str(hub.folder / "registry.yaml")],
                stderr=subprocess.DEVNULL,
                env=hub.environment,
            )
            time.sleep(random.random() * 0.03)  # the moment is what is drawn
            process.kill()
            process.wait()
        hub.start("registry")
        session = party.open()
        session.call_safely(request_of("programme_get")).expect_ok()
        proofs = [party.read("proof_get", {"request_id": receipt.request_id}) for receipt in receipts]
        assert [proof.receipt for proof in proofs] == receipts


# -- a statement that fails within a batch ---------------------------------------------------------------------------


def a_text(title, **fields):
    return {"title": title, "visibility": "VISIBILITY_PROGRAMME", "workstream": "ai", **fields}


# Each makes one request of a batch fail in its own way; nothing in the programs knows of it.
FAULTS = {
    "the transaction is rolled back": (
        "BEFORE INSERT ON accepted WHEN instr(NEW.body, CAST('brontosaure' AS BLOB)) > 0",
        "ROLLBACK",
    ),
    "the statement fails and the transaction stays": (
        "BEFORE INSERT ON accepted WHEN instr(NEW.body, CAST('brontosaure' AS BLOB)) > 0",
        "ABORT",
    ),
    "a later statement of the same request fails": ("BEFORE INSERT ON object WHEN NEW.language = 'eo'", "ABORT"),
    "a later statement rolls everything back": ("BEFORE INSERT ON object WHEN NEW.language = 'eo'", "ROLLBACK"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_statement_that_fails_takes_no_other_request_along(fault):
    when, how = FAULTS[fault]
    with a_hub(start=False) as hub:
        with contextlib.closing(sqlite3.connect(database(hub))) as db:
            db.execute(f"CREATE TRIGGER fault {when} BEGIN SELECT RAISE({how}, 'the test says no'); END")
        hub.start()
        with Cast(hub) as cast:
            poisoned = one_bad_in_a_batch(cast)
        hub.stop("registry")
        size = check(hub)
        with contextlib.closing(sqlite3.connect(database(hub))) as db:
            db.execute("DROP TRIGGER fault")
        hub.start("registry")
        # A refused id may be used again: once the fault is gone the same bytes are accepted.
        party, type, body, request_id = poisoned
        session = party.open()
        session.call_safely(request_of("programme_get")).expect_ok()
        answer = session.call_packed(type, body, request_id).expect_ok()
        assert not answer.body.replayed and answer.receipt.sequence == size + 1
        party.close()


def one_bad_in_a_batch(cast):
    """A batch with a bit of everything, taken by the registry in one go because it stood still meanwhile."""
    hub, party, other = cast.hub, cast.enrol("batched"), cast.enrol("other")
    old = request_of("proposal_submit", {"proposal": a_text("Déjà là")})
    old_type, old_body = party.open().pack(old)
    old_id = client.new_id()
    old_receipt = party.open().call_packed(old_type, old_body, old_id).expect_ok().receipt
    wrong = request_of("proposal_submit", {"proposal": a_text("Mal placé", workstream="no-such")})
    poison = request_of("proposal_submit", {"proposal": a_text("Le brontosaure", language="eo")})
    new_key = hub.new_member("new-key")
    # ROUTER takes turns between its peers only from message to message: one session keeps the order.
    c, sent = party.open(), []

    def send(request, expected, request_id=None):
        type, body = c.pack(request)
        sent.append((c.send(type, body, request_id), expected))
        return sent[-1][0], type, body

    hub.signal("registry", signal.SIGSTOP)
    try:
        for n in range(30):
            id, type, body = send(request_of("proposal_submit", {"proposal": a_text(f"Bon {n}")}), "OK")
            if n == 10:
                send(wrong, "workstream.unknown")
            if n == 12:
                update = {"proposal": client.id_text(id), "progress_percent": 12}
                send(request_of("status_update", update), "OK")
            if n == 14:
                again = c.send(type, body, id)  # once more, in the same batch
            if n == 15:
                bad = send(poison, "hub.internal")
            if n == 20:
                c.send(old_type, old_body, old_id)
            if n == 22:
                send(request_of("key_add", {"key": {"public_key": new_key.public}}), "OK")
        theirs = other.open().send(*other.open().pack(request_of("proposal_submit", {"proposal": a_text("Voisin")})))
    finally:
        hub.signal("registry", signal.SIGCONT)

    receipts = []
    for id, expected in sent:
        answer = c.answer_to(id)
        if expected == "OK":
            receipts.append(answer.expect_ok().receipt)
        elif expected == "hub.internal":
            refused(answer, "INTERNAL", "hub.internal", "hub")
            assert answer.receipt is None
        else:
            refused(answer, "INVALID_ARGUMENT", expected)
    assert c.answer_to(again).expect_ok().receipt in receipts
    assert c.answer_to(old_id).expect_ok().receipt == old_receipt
    receipts.append(other.open().answer_to(theirs).expect_ok().receipt)
    wait_for(lambda: cast.counter("registry_retried_total") > 1, "requests tried again alone")

    # The log goes on without a gap, and every receipt is proved by it.
    sequences = sorted(receipt.sequence for receipt in receipts)
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
    for receipt in receipts[:-1]:
        newest = party.read("proof_get", {"request_id": receipt.request_id})
        leaf = client.leaf_hash(client.leaf_of_receipt(receipt))
        assert newest.receipt == receipt
        assert client.path_leads_to(newest.log_root, leaf, receipt.sequence - 1, newest.log_size, newest.path)
    read = party.read("proposal_get", {"id": receipts[12].object})
    assert party.ask("proposal_get", {"id": client.id_text(bad[0])}).code == "NOT_FOUND"
    assert read.title.startswith("Bon 1") and len(party.pages("proposal_list", {"owner": "me"})) == 31
    # The key of the batch works, and the bad one goes on failing alone.
    with hub.client(new_key) as fresh:
        assert fresh.welcome.organisation == party.slug
    bad_id, bad_type, bad_body = bad
    refused(c.call_packed(bad_type, bad_body, bad_id), "INTERNAL", "hub.internal")
    party.submit("Et la suite")
    return party, bad_type, bad_body, bad_id


# -- a full disk -----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def small_disk(size):
    folder = tempfile.mkdtemp(prefix="bn-disk-")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], capture_output=True)
    if mounted.returncode != 0:
        os.rmdir(folder)
        pytest.skip("may not mount a small disk here")
    try:
        yield pathlib.Path(folder)
    finally:
        subprocess.run(["umount", folder], check=True)
        os.rmdir(folder)


def large(n):
    return request_of("proposal_submit", {"proposal": a_text(f"Place {n}", description="x" * 19_000)})


def fill(party, most):
    """Submits until the hub no longer takes it; gives what was receipted, and the answer and bytes of the last one."""
    c, done = party.open(), []
    while len(done) < most:
        type, body = c.pack(large(len(done)))
        id = c.send(type, body, timeout_ms=3000)
        answer = c.answer_to(id, 20)
        if answer.code != "OK":
            return done, answer, (type, body, id)
        done.append((type, body, id, answer.receipt))
    raise AssertionError(f"{most} requests found room")


def on_disk(disk, free_min):
    os.chmod(disk, 0o700)
    limits = {"disk_free_bytes_min": free_min}
    return a_hub(registry={"database": str(disk / "registry.sqlite3"), "limits": limits})


def test_writes_are_refused_before_the_disk_is_full_and_reads_go_on():
    with small_disk("64m") as disk, on_disk(disk, "40MiB") as hub, Cast(hub) as cast:
        party = cast.enrol("filling")
        c = party.open()
        done = [(*c.pack(large(n)), client.new_id()) for n in range(20)]
        receipts = [c.call_packed(*request).expect_ok().receipt for request in done]
        new = (*c.pack(large(20)), client.new_id())
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(30 << 20))
        dry = request_of("proposal_submit", {"proposal": a_text("Sec")}, dry_run=True)
        wait_for(lambda: c.call(dry).code == "RESOURCE_EXHAUSTED", "the refusal", 10)
        for start in ("as it was", "started on such a disk"):
            if start != "as it was":
                hub.restart("registry")
                c.call_safely(request_of("programme_get")).expect_ok()
            answer = c.call_packed(*new)
            refused(answer, "RESOURCE_EXHAUSTED", "hub.disk_full", "hub")
            assert answer.header.retry_after_ms > 0
            assert party.read("proposal_get", {"id": receipts[-1].object}).version == 1
            assert len(party.matches(text="place", target="MATCH_TARGET_PROPOSALS").matches) == 0, "one's own"
            assert len(party.pages("proposal_list", {"owner": "me"})) == 20
        ballast.unlink()
        wait_for(lambda: c.call_packed(*new).code == "OK", "room", 10)
        for request, receipt in zip(done, receipts):
            again = c.call_packed(*request).expect_ok()
            assert again.body.replayed and again.receipt == receipt


def test_a_full_disk_loses_nothing_that_was_receipted():
    """The fate of the commit is not known: the registry says nothing and ends; with room it starts with all of it."""
    with small_disk("3m") as disk, on_disk(disk, 0) as hub, Cast(hub) as cast:
        party = cast.enrol("filling")
        done, answer, (type, body, id) = fill(party, 1000)
        answer.expect("UNAVAILABLE", "hub.registry_away")
        assert answer.header.retry_after_ms > 0 and len(done) > 20
        assert hub.processes.pop("registry").wait(20) == 70, hub.log_text("registry")
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        hub.start("registry")
        c = party.open()
        c.call_safely(request_of("programme_get")).expect_ok()
        answer = c.call_packed(type, body, id).expect_ok()  # the one whose fate was not known
        done.append((type, body, id, answer.receipt))
        for type, body, id, receipt in done:
            again = c.call_packed(type, body, id).expect_ok()
            assert again.body.replayed and again.receipt == receipt
        assert len(party.pages("proposal_list", {"owner": "me"}, size=500)) == len(done)
        cast.close()
        hub.stop("registry")
        assert check(hub) == max(receipt.sequence for _, _, _, receipt in done)
