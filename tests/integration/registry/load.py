# SPDX-License-Identifier: Apache-2.0
"""A client that never loses a request (docs/protocol.md section 10.2): a window of unanswered requests, the same bytes
under the same id until there is a receipt, and a ledger of its own beside the hub's."""

import random
import threading
import time

import client
from scene import request_of

RETRY = ("UNAVAILABLE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED", "INTERNAL")
SILENCE_S = 3.0


class Entry:
    def __init__(self, kind, type, body):
        self.kind, self.type, self.body = kind, type, body
        self.receipt = None
        self.times_sent = 0


class Load(threading.Thread):
    """Sends until stop(), then until everything has its receipt. Leaving the context ends it, whatever is missing."""

    def __init__(self, party, seed, window=48):
        super().__init__(name=party.slug)
        self.party, self.window = party, window
        self.random = random.Random(seed)
        self.ledger = {}  # request id -> Entry, in the order they were made
        self.receipted = 0
        self.replayed = 0
        self.ending = False
        self.abandoned = False
        self.failure = None
        self.base = party.submit("Un projet suivi", visibility="DRAFT")
        self.session = party.client()

    def unanswered(self):
        return len(self.ledger) - self.receipted

    def a_request(self):
        n = len(self.ledger)
        draw = self.random.random()
        if draw < 0.2:
            return request_of("status_update", {"proposal": self.base, "progress_percent": n % 101})
        text = {"title": f"Charge {n}", "visibility": "VISIBILITY_DRAFT", "summary": "x" * self.random.randrange(500)}
        if draw < 0.3:
            reference = {"scheme": "load", "id": str(n)}
            return request_of("offer_publish", {"offer": {**text, "workstreams": ["ai"], "external_ref": reference}})
        return request_of("proposal_submit", {"proposal": {**text, "workstream": "ai"}})

    def send(self, request_id):
        entry = self.ledger[request_id]
        entry.times_sent += 1
        self.session.send(entry.type, entry.body, request_id)

    def send_new(self):
        request = self.a_request()
        type, body = self.session.pack(request)
        request_id = client.new_id()
        self.ledger[request_id] = Entry(request.WhichOneof("body"), type, body)
        self.send(request_id)

    def take(self, header, body):
        if header.kind != client.envelope_pb2.KIND_REPLY or header.in_reply_to not in self.ledger:
            return
        answer = client.Answer(header, client.reply_pb2.Reply.FromString(body))
        entry = self.ledger[header.in_reply_to]
        if answer.code in RETRY:
            if entry.receipt is None:
                time.sleep(0.002)
                self.send(header.in_reply_to)
            return
        answer.expect_ok()
        assert answer.receipt is not None, answer.body
        if entry.receipt is not None:
            assert answer.receipt == entry.receipt, "two receipts for one request"
            return
        self.replayed += answer.body.replayed
        entry.receipt = answer.receipt
        self.receipted += 1

    def run(self):
        try:
            while not self.abandoned and (not self.ending or self.unanswered()):
                while not self.ending and self.unanswered() < self.window:
                    self.send_new()
                if not self.unanswered():
                    time.sleep(0.005)  # told to stand still; looks again whether it still must
                    continue
                try:
                    self.take(*self.session.receive(SILENCE_S))
                except client.NoAnswer:
                    for request_id, entry in self.ledger.items():
                        if entry.receipt is None:
                            self.send(request_id)
        except BaseException as error:
            self.failure = error
        finally:
            self.session.close()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.abandoned = True
        self.join(2 * SILENCE_S)

    def stop(self, seconds=60):
        self.ending = True
        self.join(seconds)
        assert not self.is_alive(), f"{self.name}: {self.unanswered()} requests stay without an answer"
        if self.failure is not None:
            raise self.failure
