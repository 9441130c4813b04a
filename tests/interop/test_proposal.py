# SPDX-License-Identifier: Apache-2.0
"""A client written from the specification alone submits a proposal over CURVE and reads it back."""

import threading
import time

import client
import pytest
import zmq
from binome.v1 import common_pb2, request_pb2
from hub import keypair, wait_for


def a_proposal(title="Prévision de charge du réseau", visibility=common_pb2.VISIBILITY_PROGRAMME, **fields):
    request = request_pb2.Request()
    proposal = request.proposal_submit.proposal
    proposal.workstream = "ai"
    proposal.title = title
    proposal.summary = "Un modèle commun pour prévoir la charge à 48 heures."
    proposal.language = "fr"
    proposal.visibility = visibility
    for name, value in fields.items():
        if isinstance(value, list):
            getattr(proposal, name).extend(value)
        else:
            setattr(proposal, name, value)
    return request


@pytest.fixture(scope="module")
def acme(hub):
    return hub.enrol("acme", kind="large-group")


@pytest.fixture(scope="module")
def nova(hub):
    return hub.enrol("nova", kind="startup")


def test_hello_is_answered_with_who_we_are_and_the_limits(hub, acme):
    with hub.client(acme) as c:
        assert c.welcome.organisation == "acme"
        assert c.welcome.body_bytes_max == 1024 * 1024
        assert c.welcome.unanswered_max == 128
        assert c.welcome.heartbeat_ms == 5000 and c.welcome.idle_ms == 15000
        assert c.welcome.registry_up
        assert len(c.welcome.checkpoint.log_root) == 32
        assert abs(c.hello().header.clock_ms - time.time() * 1000) < 60_000


def test_a_heartbeat_is_answered_with_the_newest_checkpoint(hub, acme):
    with hub.client(acme) as c:
        header, body = c.heartbeat()
        assert header.version == 1
        welcome = client.reply_pb2.Reply.FromString(body).welcome
        assert welcome.organisation == "" and len(welcome.checkpoint.log_root) == 32
        assert welcome.body_bytes_max == c.welcome.body_bytes_max


def test_a_proposal_travels_and_is_read_back(hub, acme, nova):
    with hub.client(acme) as c:
        request_id = client.new_id()
        answer = c.call(a_proposal(), request_id).expect_ok()
        receipt = answer.receipt
        assert receipt.object == client.id_text(request_id), "an object's id is the id of its request"
        assert receipt.version == 1
        read = c.query("proposal_get", id=receipt.object).expect_ok().body.proposal
        assert read.title == "Prévision de charge du réseau" and read.owner == "acme" and read.version == 1
    with hub.client(nova) as c:
        read = c.query("proposal_get", id=receipt.object).expect_ok().body.proposal
        assert read.owner == "acme"
        listed = c.query("proposal_list", owner="acme").expect_ok().body.proposal_page.proposals
        assert receipt.object in [p.id for p in listed]


def test_receipt_leaf_and_path_are_what_the_specification_says(hub, acme):
    with hub.client(acme) as c:
        type, body = c.pack(a_proposal("Jumeau numérique d'un poste source"))
        request_id = client.new_id()
        before = time.time()
        receipt = c.call_packed(type, body, request_id).expect_ok().receipt
        assert receipt.type == type == 60
        assert receipt.request_id == client.id_text(request_id)
        assert len(receipt.organisation) == 16
        assert receipt.digest == client.digest(body)
        assert before - 5 < receipt.recorded_at.seconds + receipt.recorded_at.nanos / 1e9 < time.time() + 5
        assert receipt.log_size >= receipt.sequence
        leaf_hash = client.leaf_hash(client.leaf_of_receipt(receipt))

        # Against the log as the receipt saw it.
        proof = c.query("proof_get", request_id=receipt.request_id, log_size=receipt.log_size).expect_ok().body.proof
        assert proof.receipt == receipt
        assert proof.leaf == leaf_hash
        assert proof.log_size == receipt.log_size and proof.log_root == receipt.log_root
        index = receipt.sequence - 1
        assert client.path_leads_to(receipt.log_root, leaf_hash, index, proof.log_size, proof.path)

        # Against every later state: the same leaf is under each.
        for n in range(5):
            later = c.call(a_proposal(f"Projet commun {n}")).expect_ok().receipt
            proof = c.query("proof_get", request_id=receipt.request_id, log_size=later.log_size).expect_ok().body.proof
            assert proof.log_root == later.log_root
            assert client.path_leads_to(later.log_root, leaf_hash, index, later.log_size, proof.path)
            assert not client.path_leads_to(later.log_root, client.leaf_hash(b"other"), index, later.log_size, proof.path)

        # The newest.
        proof = c.query("proof_get", request_id=receipt.request_id).expect_ok().body.proof
        assert proof.log_size >= later.log_size
        assert client.path_leads_to(proof.log_root, leaf_hash, index, proof.log_size, proof.path)

        # Beyond the end.
        for size in (receipt.sequence - 1, proof.log_size + 1000):
            c.query("proof_get", request_id=receipt.request_id, log_size=size).expect("INVALID_ARGUMENT", "log.size")


def test_every_kind_of_change_is_recorded_as_receipted(hub):
    def enrol(r):
        r.organisation_enrol.organisation.slug = r.organisation_enrol.organisation.legal_name = "zeta"
        r.organisation_enrol.organisation.kind = 3

    def suspend(r):
        r.organisation_suspend.slug, r.organisation_suspend.reason = "zeta", "Essai"

    def edit(r):
        r.workstream_edit.workstream.slug, r.workstream_edit.workstream.title = "climate", "Climate"

    def add_key(r):
        r.key_add.organisation, r.key_add.key.public_key = "zeta", keypair()[0]

    with hub.client() as c:
        for fill in (enrol, add_key, suspend, edit):
            request = request_pb2.Request()
            fill(request)
            type, body = c.pack(request)
            request_id = client.new_id()
            receipt = c.call_packed(type, body, request_id).expect_ok().receipt
            assert receipt.type == type and receipt.digest == client.digest(body)
            assert c.query("proof_get", request_id=receipt.request_id).expect_ok().body.proof.receipt == receipt
            again = c.call_packed(type, body, request_id).expect_ok()
            assert again.body.replayed and again.receipt == receipt


def test_the_root_is_that_of_all_leaves(hub):
    """The operator reads every record; the root is computed from the leaves by its definition."""
    with hub.client() as c:
        size = c.query("proof_get", sequence=1).expect_ok().body.proof.log_size
        proofs = [c.query("proof_get", sequence=n, log_size=size).expect_ok().body.proof for n in range(1, size + 1)]
        leaves = [client.leaf_hash(client.leaf_of_receipt(proof.receipt)) for proof in proofs]
        root = client.root_of(leaves)
        for index, (proof, leaf) in enumerate(zip(proofs, leaves)):
            assert proof.receipt.sequence == index + 1
            assert proof.leaf == leaf and proof.log_root == root
            assert client.path_leads_to(root, leaf, index, size, proof.path)


def test_the_checkpoint_that_the_broker_tells_follows_within_seconds(hub, acme):
    with hub.client(acme) as c:
        receipt = c.call(a_proposal("Point de contrôle")).expect_ok().receipt
        checkpoint = wait_for(
            lambda: (told := c.hello().body.welcome.checkpoint).log_size >= receipt.log_size and told, "the checkpoint", 5
        )
        proof = c.query("proof_get", request_id=receipt.request_id, log_size=checkpoint.log_size).expect_ok().body.proof
        assert proof.log_root == checkpoint.log_root


def test_another_organisations_record_looks_absent(hub, acme, nova):
    with hub.client(acme) as c:
        receipt = c.call(a_proposal("Chiffrement homomorphe")).expect_ok().receipt
    with hub.client(nova) as c:
        absent = c.query("proof_get", request_id=client.id_text(client.new_id())).expect("NOT_FOUND", "receipt.absent")
        other = c.query("proof_get", request_id=receipt.request_id).expect("NOT_FOUND", "receipt.absent")
        assert absent.body == other.body


def test_a_retry_under_the_same_id_gets_the_same_receipt(hub, acme):
    with hub.client(acme) as c:
        type, body = c.pack(a_proposal("Paiement instantané en boutique"))
        request_id = client.new_id()
        first = c.call_packed(type, body, request_id).expect_ok()
        again = c.call_packed(type, body, request_id).expect_ok()
        assert not first.body.replayed and again.body.replayed
        assert again.receipt == first.receipt
    with hub.client(acme) as c:
        later = c.call_packed(type, body, request_id, timeout_ms=9999).expect_ok()
        assert later.body.replayed and later.receipt == first.receipt
        listed = c.query("proposal_list", owner="me").expect_ok().body.proposal_page.proposals
        assert [p.title for p in listed].count("Paiement instantané en boutique") == 1


def test_the_receipt_outlives_a_crash_of_the_registry(hub, acme):
    with hub.client(acme) as c:
        type, body = c.pack(a_proposal("Données de santé souveraines"))
        request_id = client.new_id()
        first = c.call_packed(type, body, request_id).expect_ok()
    hub.kill("registry")
    hub.start("registry")
    with hub.client(acme) as c:
        again = wait_for(
            lambda: (a := c.call_packed(type, body, request_id)).code not in ("UNAVAILABLE",) and a, "the registry"
        )
        assert again.expect_ok().body.replayed and again.receipt == first.receipt


def test_another_body_under_the_same_id_is_refused(hub, acme, nova):
    with hub.client(acme) as c:
        request_id = client.new_id()
        first = c.call(a_proposal("Premier titre"), request_id).expect_ok()
        c.call(a_proposal("Second titre"), request_id).expect("ALREADY_EXISTS", "request_id.reused")
        # Another salt alone is another body.
        c.call(a_proposal("Premier titre"), request_id).expect("ALREADY_EXISTS", "request_id.reused")
        read = c.query("proposal_get", id=first.receipt.object).expect_ok().body.proposal
        assert read.title == "Premier titre" and read.version == 1


def test_a_refused_id_may_be_used_again(hub, acme):
    with hub.client(acme) as c:
        request_id = client.new_id()
        c.call(a_proposal("", workstream="ai"), request_id).expect("INVALID_ARGUMENT", "field.required")
        c.call(a_proposal("Un titre, cette fois"), request_id).expect_ok()


def test_a_dry_run_is_judged_and_leaves_nothing(hub, acme):
    with hub.client(acme) as c:
        request = a_proposal("À blanc")
        request.dry_run = True
        request_id = client.new_id()
        assert c.call(request, request_id).expect_ok().receipt is None
        c.query("proposal_get", id=client.id_text(request_id)).expect("NOT_FOUND")
        c.query("proof_get", request_id=client.id_text(request_id)).expect("NOT_FOUND")
        wrong = a_proposal("À blanc", workstream="no-such-workstream")
        wrong.dry_run = True
        c.call(wrong).expect("INVALID_ARGUMENT", "workstream.unknown")


def test_many_requests_wait_on_one_connection(hub, acme):
    with hub.client(acme) as c:
        sent = {}
        for n in range(100):
            type, body = c.pack(a_proposal(f"Lot {n}"))
            sent[c.send(type, body)] = client.digest(body)
        sequences = set()
        for request_id, body_digest in sent.items():
            receipt = c.answer_to(request_id).expect_ok().receipt
            assert receipt.digest == body_digest
            sequences.add(receipt.sequence)
        assert len(sequences) == 100


def test_a_request_before_hello_is_refused(hub, acme):
    with hub.client(acme, hello=False) as c:
        c.call(a_proposal()).expect("FAILED_PRECONDITION", "session.no_hello")
        c.hello()
        c.call(a_proposal("Après le bonjour")).expect_ok()


def test_a_wrong_clock_is_named(hub, acme):
    with hub.client(acme, hello=False) as c:
        for off_s in (-3600, 3600):
            with pytest.raises(client.SessionRefused) as refusal:
                c.hello(clock_ms=int((time.time() + off_s) * 1000))
            refusal.value.answer.expect("FAILED_PRECONDITION", "session.clock_off")


def test_an_unknown_key_is_refused_at_the_handshake(hub):
    public, secret = keypair()
    c = client.Client(hub.endpoint, hub.hub_public, public, secret, hello=False)
    try:
        assert c.disconnected(5), "refused within seconds"
    finally:
        c.close(bye=False)


def test_a_revoked_key_is_refused_at_once_and_cut_within_a_second(hub):
    victim = hub.enrol("victime")
    with hub.client(victim) as c, hub.client() as operator:
        c.call(a_proposal("Avant")).expect_ok()
        revoke = request_pb2.Request()
        revoke.key_revoke.organisation = "victime"
        revoke.key_revoke.public_key = victim.public
        revoke.key_revoke.reason = "Ordinateur volé"
        operator.call(revoke).expect_ok()
        revoked = time.monotonic()
        try:
            c.call(a_proposal("Après")).expect("UNAUTHENTICATED", "key.revoked")
        except client.NoAnswer:
            pytest.fail("the refusal must be told before the connection is cut")
        assert c.disconnected(2)
        assert time.monotonic() - revoked < 2
    with pytest.raises(client.SessionRefused) as refusal:
        hub.client(victim)
    refusal.value.answer.expect("UNAUTHENTICATED", "key.revoked")


def test_a_silent_connection_of_a_revoked_key_is_cut_within_a_second(hub):
    victim = hub.enrol("muette")
    with hub.client(victim) as c, hub.client() as operator:
        revoke = request_pb2.Request()
        revoke.key_revoke.organisation = "muette"
        revoke.key_revoke.public_key = victim.public
        revoke.key_revoke.reason = "Départ"
        operator.call(revoke).expect_ok()
        start = time.monotonic()
        assert c.disconnected(3)
        assert time.monotonic() - start < 1.5


def test_the_sender_is_what_the_key_proves(hub, acme, nova):
    """Neither a routing id nor a message field makes nova speak for acme."""
    request = a_proposal("Au nom d'un autre")
    request.on_behalf_of = "acme"
    with hub.client(nova) as c:
        c.call(request).expect("PERMISSION_DENIED", "on_behalf_of.operator_only")
    context = zmq.Context()
    try:
        s = context.socket(zmq.DEALER)
        s.curve_serverkey, s.curve_publickey = hub.hub_public.encode(), nova.public.encode()
        s.curve_secretkey, s.linger, s.routing_id = nova.secret.encode(), 0, b"acme"
        s.connect(hub.endpoint)
        hello = client.envelope_pb2.Header(version=1, kind=1, request_id=client.new_id(), clock_ms=int(time.time() * 1000))
        s.send_multipart([hello.SerializeToString(), b""])
        assert s.poll(10_000)
        _, body = s.recv_multipart()
        assert client.reply_pb2.Reply.FromString(body).welcome.organisation == "nova"
    finally:
        context.destroy(linger=0)


def test_a_reader_key_only_reads(hub):
    reader = hub.enrol("lectrice", key_role="reader")
    with hub.client(reader) as c:
        c.query("workstream_list").expect_ok()
        c.call(a_proposal("Interdit")).expect("PERMISSION_DENIED", "key.role")


def test_an_invited_only_proposal_looks_absent_to_others(hub, acme, nova):
    guest = hub.enrol("invitee")
    with hub.client(acme) as c:
        request = a_proposal("Sous embargo", visibility=common_pb2.VISIBILITY_INVITED, invited=["invitee"])
        receipt = c.call(request).expect_ok().receipt
    with hub.client(guest) as c:
        assert c.query("proposal_get", id=receipt.object).expect_ok().body.proposal.title == "Sous embargo"
    with hub.client(nova) as c:
        hidden = c.query("proposal_get", id=receipt.object)
        hidden.expect("NOT_FOUND", "object.absent")
        absent = c.query("proposal_get", id=client.id_text(client.new_id())).expect("NOT_FOUND", "object.absent")
        hidden.body.error.violations[0].ClearField("params")
        absent.body.error.violations[0].ClearField("params")
        hidden.body.error.detail = absent.body.error.detail = ""
        assert hidden.body == absent.body
        titles = [p.title for p in c.query("proposal_list").expect_ok().body.proposal_page.proposals]
        assert "Sous embargo" not in titles


def test_requests_wait_while_the_registry_is_away(hub, acme):
    with hub.client(acme) as c:
        hub.kill("registry")
        type, body = c.pack(a_proposal("En attente"))
        request_id = c.send(type, body, timeout_ms=60_000)
        short = c.send(*c.pack(a_proposal("Impatiente")), timeout_ms=500)
        answer = c.answer_to(short)
        answer.expect("UNAVAILABLE", "hub.registry_away")
        hub.start("registry")
        answer = c.answer_to(request_id, 30)
        answer.expect_ok()
        assert not answer.body.replayed


def test_the_broker_keeps_nothing_that_was_acknowledged(hub, acme):
    """Killing the broker between requests loses no receipt, and a client that retries ends with each exactly once."""
    titles = [f"Reprise {n}" for n in range(30)]
    with hub.client(acme) as c:
        done = []

        def submit():
            for title in titles:
                done.append(c.call_safely(a_proposal(title)).expect_ok().receipt)

        worker = threading.Thread(target=submit)
        worker.start()
        wait_for(lambda: len(done) >= 10, "ten receipts")
        port = hub.endpoint.rsplit(":", 1)[1]
        hub.kill("broker")
        hub.broker_config["public"]["endpoint"] = f"tcp://127.0.0.1:{port}"
        hub.write_configuration()
        hub.start("broker")
        worker.join(60)
        assert not worker.is_alive() and len(done) == len(titles)
        counted = []
        token = ""
        while True:
            request = request_pb2.Request()
            request.proposal_list.owner = "me"
            request.proposal_list.page.token = token
            page = c.call_safely(request).expect_ok().body.proposal_page
            counted += [p.title for p in page.proposals if p.title.startswith("Reprise ")]
            token = page.page.next_token
            if not token:
                break
        assert sorted(counted) == sorted(titles)
