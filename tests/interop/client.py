# SPDX-License-Identifier: Apache-2.0
"""A client of the Binome protocol in Python, written from docs/protocol.md (the numbers of its sections stand here).

It is small on purpose: one connection, one thread, no background work. The stubs of the .proto files must be on the
path (tests/support/hub.py makes them).
"""

import hashlib
import os
import struct
import threading
import time

import zmq
from binome.v1 import envelope_pb2, reply_pb2, request_pb2

VERSION = 1


# -- identifiers and the log (sections 4, 10, 12) ------------------------------------------------------------------------

_last = [0, 0]
_lock = threading.Lock()


def new_id():
    """A UUIDv7 (RFC 9562); ids made in one millisecond are in order."""
    with _lock:
        now = time.time_ns() // 1_000_000
        _last[:] = [now, 0] if now > _last[0] else [_last[0], _last[1] + 1]
        high = (_last[0] << 80) | (7 << 76) | ((_last[1] & 0xFFF) << 64)
    return (high | (2 << 62) | (int.from_bytes(os.urandom(8), "big") >> 2)).to_bytes(16, "big")


def id_text(raw):
    digits = raw.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def id_bytes(text):
    return bytes.fromhex(text.replace("-", ""))


def digest(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def leaf(sequence, recorded_ms, type, organisation, request_id, body_digest):
    """Section 12.2."""
    return struct.pack(">QqI", sequence, recorded_ms, type) + organisation + request_id + body_digest + bytes(8)


def leaf_hash(data):
    return digest(b"\x00" + data)


def node_hash(left, right):
    return digest(b"\x01" + left + right)


def leaf_of_receipt(receipt):
    assert receipt.recorded_at.nanos % 1_000_000 == 0
    recorded_ms = receipt.recorded_at.seconds * 1000 + receipt.recorded_at.nanos // 1_000_000
    return leaf(
        receipt.sequence, recorded_ms, receipt.type, receipt.organisation, id_bytes(receipt.request_id), receipt.digest
    )


def root_of(hashes):
    """Root of a log by the definition of section 12.1, from all leaf hashes."""
    if not hashes:
        return digest(b"")
    if len(hashes) == 1:
        return hashes[0]
    cut = 1
    while cut * 2 < len(hashes):
        cut *= 2
    return node_hash(root_of(hashes[:cut]), root_of(hashes[cut:]))


def path_leads_to(root, leaf_digest, index, size, path):
    """Section 12.3."""
    if index >= size:
        return False
    first, last, current = index, size - 1, leaf_digest
    for sibling in path:
        if last == 0:
            return False
        if first & 1 or first == last:
            current = node_hash(sibling, current)
            while not first & 1 and first != 0:
                first >>= 1
                last >>= 1
        else:
            current = node_hash(current, sibling)
        first >>= 1
        last >>= 1
    return last == 0 and current == root


# -- one connection (sections 2, 3, 8) -----------------------------------------------------------------------------------


class Answer:
    """A reply: header, body, and what a test wants to ask of them."""

    def __init__(self, header, body):
        self.header, self.body = header, body

    @property
    def code(self):
        return envelope_pb2.Code.Name(self.header.code)[len("CODE_") :]

    @property
    def rules(self):
        return [violation.rule for violation in self.body.error.violations]

    @property
    def fields(self):
        return [violation.field for violation in self.body.error.violations]

    @property
    def receipt(self):
        return self.body.receipt if self.body.HasField("receipt") else None

    def expect_ok(self):
        assert self.code == "OK", f"{self.code}: {self.body.error}"
        assert not self.body.HasField("error")
        return self

    def expect(self, code, rule=None):
        assert self.code == code, f"{self.code} in place of {code}: {self.body}"
        assert self.body.HasField("error"), "a refusal must say why"
        if rule is not None:
            assert rule in self.rules, f"{self.rules} without {rule}"
        return self


class SessionRefused(Exception):
    """The hub answered hello with something other than OK."""

    def __init__(self, answer):
        super().__init__(f"{answer.code} {answer.rules}")
        self.answer = answer


class NoAnswer(Exception):
    pass


class Client:
    def __init__(self, endpoint, hub_key, public, secret, hello=True, seconds=20):
        self.seconds = seconds
        self.welcome = None
        self.early = []  # replies that came while another was waited for
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.DEALER)
        self.monitor = self.socket.get_monitor_socket()
        s = self.socket
        s.curve_serverkey, s.curve_publickey, s.curve_secretkey = hub_key.encode(), public.encode(), secret.encode()
        s.immediate, s.linger, s.handshake_ivl, s.connect_timeout = 1, 2000, 5000, 5000
        s.heartbeat_ivl, s.heartbeat_timeout, s.heartbeat_ttl = 15000, 30000, 45000
        s.maxmsgsize = 1024 * 1024 + 4096
        s.connect(endpoint)
        if hello:
            try:
                self.hello()
            except BaseException:
                self.close(bye=False)
                raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self, bye=True):
        if self.context is None:
            return
        if bye and self.welcome is not None:
            try:
                self.send_frames([self.header(envelope_pb2.KIND_BYE), b""], zmq.DONTWAIT)
            except zmq.ZMQError:
                pass
        self.socket.disable_monitor()
        self.context.destroy(linger=200)
        self.context = None

    # frames

    @staticmethod
    def header(kind, **fields):
        return envelope_pb2.Header(version=VERSION, kind=kind, **fields).SerializeToString()

    def send_frames(self, frames, flags=0):
        self.socket.send_multipart(frames, flags)

    def receive(self, seconds=None):
        """The next message as (Header, body bytes); NoAnswer when none comes in time."""
        if not self.socket.poll(int(1000 * (self.seconds if seconds is None else seconds))):
            raise NoAnswer()
        frames = self.socket.recv_multipart()
        assert len(frames) == 2, f"{len(frames)} frames from the hub"
        assert len(frames[0]) <= 256
        return envelope_pb2.Header.FromString(frames[0]), frames[1]

    def answer_to(self, request_id, seconds=None):
        """The reply to that request (b"": one that names no request). Others are kept for whoever asks."""
        for i, answer in enumerate(self.early):
            if answer.header.in_reply_to == request_id:
                return self.early.pop(i)
        limit = time.monotonic() + (self.seconds if seconds is None else seconds)
        while True:
            header, body = self.receive(max(0.0, limit - time.monotonic()))
            if header.kind != envelope_pb2.KIND_REPLY:
                continue
            answer = Answer(header, reply_pb2.Reply.FromString(body))
            assert answer.body.HasField("error") == (header.code != 0), answer.body
            member = answer.body.WhichOneof("body")
            number = reply_pb2.Reply.DESCRIPTOR.fields_by_name[member].number if member else 0
            assert header.body_type == number, f"header says {header.body_type}, body has {number}"
            if header.in_reply_to == request_id:
                return answer
            self.early.append(answer)

    # messages

    def hello(self, clock_ms=None, version=VERSION):
        request_id = new_id()
        header = envelope_pb2.Header(
            version=version,
            kind=envelope_pb2.KIND_HELLO,
            request_id=request_id,
            clock_ms=int(time.time() * 1000) if clock_ms is None else clock_ms,
        )
        self.send_frames([header.SerializeToString(), b""])
        answer = self.answer_to(request_id)
        if answer.code != "OK":
            raise SessionRefused(answer)
        assert answer.body.WhichOneof("body") == "welcome"
        self.welcome = answer.body.welcome
        return answer

    def heartbeat(self):
        """Sends one and gives the hub's: header and body bytes."""
        self.send_frames([self.header(envelope_pb2.KIND_HEARTBEAT), b""])
        limit = time.monotonic() + self.seconds
        while True:
            header, body = self.receive(max(0.0, limit - time.monotonic()))
            if header.kind == envelope_pb2.KIND_HEARTBEAT:
                return header, body

    def replies_before_heartbeat(self):
        """Sends a heartbeat and gives the replies that came before its answer: what the broker said to what was sent
        before. Empty when that was dropped."""
        self.send_frames([self.header(envelope_pb2.KIND_HEARTBEAT), b""])
        replies = []
        limit = time.monotonic() + self.seconds
        while True:
            header, body = self.receive(max(0.0, limit - time.monotonic()))
            if header.kind == envelope_pb2.KIND_HEARTBEAT:
                return replies
            if header.kind == envelope_pb2.KIND_REPLY:
                replies.append(Answer(header, reply_pb2.Reply.FromString(body)))

    @staticmethod
    def pack(request):
        """(member's number, body bytes); fills the salt."""
        if not request.salt:
            request.salt = os.urandom(16)
        member = request.WhichOneof("body")
        return request_pb2.Request.DESCRIPTOR.fields_by_name[member].number, request.SerializeToString()

    def send(self, type, body, request_id=None, timeout_ms=0):
        request_id = request_id or new_id()
        header = self.header(
            envelope_pb2.KIND_REQUEST, request_id=request_id, body_type=type, timeout_ms=timeout_ms
        )
        self.send_frames([header, body])
        return request_id

    def call_packed(self, type, body, request_id=None, timeout_ms=0):
        return self.answer_to(self.send(type, body, request_id, timeout_ms))

    def call(self, request, request_id=None, timeout_ms=0):
        """Sends a request once and gives its answer."""
        return self.call_packed(*self.pack(request), request_id, timeout_ms)

    def query(self, member, **fields):
        """call() for a request with one member: query("proposal_get", id=...)."""
        request = request_pb2.Request()
        getattr(request, member).SetInParent()
        for name, value in fields.items():
            setattr(getattr(request, member), name, value)
        return self.call(request)

    def call_safely(self, request, request_id=None, seconds=60):
        """Section 10.2 over one connection that libzmq re-makes: the same bytes under the same id until an answer."""
        type, body = self.pack(request)
        request_id = request_id or new_id()
        limit, pause = time.monotonic() + seconds, 0.05
        while True:
            try:
                self.send_frames(
                    [self.header(envelope_pb2.KIND_HELLO, request_id=new_id(), clock_ms=int(time.time() * 1000)), b""]
                )
                self.send(type, body, request_id)
                answer = self.answer_to(request_id, 5)
                wait = max(pause, answer.header.retry_after_ms / 1000)
                if answer.code not in ("UNAVAILABLE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED", "INTERNAL"):
                    return answer
            except NoAnswer:
                wait = pause
            if time.monotonic() > limit:
                raise NoAnswer()
            time.sleep(wait)
            pause = min(pause * 2, 1.0)

    def disconnected(self, seconds=10):
        """Waits until the transport says that the connection ended; False when it does not in time."""
        limit = time.monotonic() + seconds
        while self.monitor.poll(int(1000 * max(0.0, limit - time.monotonic()))):
            event = struct.unpack("=HI", self.monitor.recv_multipart()[0])
            if event[0] in (zmq.EVENT_DISCONNECTED, zmq.EVENT_HANDSHAKE_FAILED_AUTH):
                return True
        return False
