# SPDX-License-Identifier: Apache-2.0
"""Receipts and proofs: every receipt at every size of the log, between two commits too, and over restarts."""

import client
from scene import refused, request_of


def submit_window(party, count, title="Lot"):
    """Receipts of proposals that were all on their way at once, so that many share a commit."""
    c = party.open()
    ids = []
    for n in range(count):
        text = {"title": f"{title} {n}", "visibility": "VISIBILITY_DRAFT", "workstream": "ai"}
        ids.append(c.send(*c.pack(request_of("proposal_submit", {"proposal": text}))))
    return [c.answer_to(id).expect_ok().receipt for id in ids]


def leaves(cast, size):
    """Leaf hashes of the whole log, computed from the records that the operator reads."""
    proofs = [cast.operator.read("proof_get", {"sequence": n}) for n in range(1, size + 1)]
    hashes = [client.leaf_hash(client.leaf_of_receipt(proof.receipt)) for proof in proofs]
    assert [proof.leaf for proof in proofs] == hashes
    return hashes


def proves(party, receipt, size, root=None):
    proof = party.read("proof_get", {"request_id": receipt.request_id, "log_size": size})
    assert proof.receipt == receipt and proof.log_size == size
    assert root is None or proof.log_root == root
    leaf = client.leaf_hash(client.leaf_of_receipt(receipt))
    assert client.path_leads_to(proof.log_root, leaf, receipt.sequence - 1, size, proof.path)


def test_every_receipt_is_proved_at_every_size(cast):
    """Also at sizes inside a commit, which no receipt names: the roots are those of the definition."""
    party = cast.enrol("prover")
    receipts = submit_window(party, 70)
    sizes = {receipt.log_size for receipt in receipts}
    size = max(sizes)
    hashes = leaves(cast, size)
    roots = {n: client.root_of(hashes[:n]) for n in range(1, size + 1)}
    for receipt in receipts:
        assert receipt.log_root == roots[receipt.log_size]
    assert len(sizes) < 70, "some receipts share a commit"
    for receipt in receipts[::6]:
        for n in range(receipt.sequence, size + 1):
            proves(party, receipt, n, roots[n])
    last = receipts[-1]
    for n in (last.sequence - 1, size + 1000):
        answer = party.ask("proof_get", {"request_id": last.request_id, "log_size": n})
        refused(answer, "INVALID_ARGUMENT", "log.size", "proof_get.log_size", min=last.sequence, actual=n)


def test_the_log_goes_on_where_it_was_after_a_restart_and_a_kill(cast):
    party = cast.enrol("prover")
    old = submit_window(party, 20, "Avant")
    for how in ("restart", "kill"):
        if how == "restart":
            cast.hub.restart("registry")
        else:
            cast.hub.kill("registry")
            cast.hub.start("registry")
        party.open().call_safely(request_of("programme_get")).expect_ok()
        new = submit_window(party, 5, how)
        assert new[0].sequence > old[-1].sequence
        for receipt in old[::5]:
            for later in (receipt, *new):
                proves(party, receipt, later.log_size, later.log_root)
        old += new


def test_many_leaves_cross_the_tiles(cast):
    """More than 256 and 512 leaves: the stored subtrees and the leaves in between give one tree."""
    party = cast.enrol("prover")
    receipts = [receipt for n in range(6) for receipt in submit_window(party, 100, f"Tuile {n}")]
    size = receipts[-1].log_size
    assert size > 600
    hashes = leaves(cast, size)
    root = client.root_of(hashes)
    for receipt in receipts[::37]:
        proves(party, receipt, size, root)
        proves(party, receipt, receipt.log_size, receipt.log_root)
    for n in (255, 256, 257, 511, 512, 513):
        for receipt in [r for r in receipts if r.sequence <= n][:1]:
            proves(party, receipt, n, client.root_of(hashes[:n]))


def test_sequences_have_no_gaps_and_times_do_not_go_back(cast):
    party = cast.enrol("prover")
    refused(
        party.ask(
            "proposal_submit", {"proposal": {"title": "x", "visibility": "VISIBILITY_DRAFT", "workstream": "ai"}}
        ),
        "INVALID_ARGUMENT",
        "text.too_short",
    )
    receipts = submit_window(party, 50)
    assert [r.sequence for r in receipts] == list(range(receipts[0].sequence, receipts[0].sequence + 50))
    times = [r.recorded_at.ToMilliseconds() for r in receipts]
    assert times == sorted(times)
    assert all(r.log_size >= r.sequence for r in receipts)


def test_the_check_of_the_whole_log_agrees_with_the_hub(cast):
    party = cast.enrol("prover")
    receipt = submit_window(party, 10)[-1]
    checkpoint = cast.operator.read("proof_get", {"sequence": 1})
    cast.hub.stop("registry")
    said = cast.hub.run("binome-registry", "--config", cast.hub.folder / "registry.yaml", "--check").stdout
    cast.hub.start("registry")
    assert said == f"sound: {checkpoint.log_size} accepted requests, root {checkpoint.log_root.hex()}\n"
    party.open().call_safely(request_of("programme_get")).expect_ok()
    proves(party, receipt, checkpoint.log_size, checkpoint.log_root)
