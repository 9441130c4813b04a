# SPDX-License-Identifier: Apache-2.0
"""The real binome-broker between a registry that this file plays and clients that speak the frames themselves.

    with World() as world:
        acme = world.key("acme")          # known to the broker once the table says so
        world.start()
        with world.client(acme) as client:
            client.hello()
            reply = client.call(60, b"body")

Nothing sleeps for a while and hopes: whatever is waited for has a limit.
"""

import os
import pathlib
import queue
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))

import zmq  # noqa: E402
from zmq.utils import z85  # noqa: E402
from zmq.utils.monitor import recv_monitor_message  # noqa: E402

import hub as support  # noqa: E402
from hub import PATIENCE, keypair, merged, wait_for, write_private, yaml_text  # noqa: E402

support.stubs()
from binome.v1 import envelope_pb2, link_pb2, reply_pb2, stats_pb2  # noqa: E402

GOOD, REVOKED, EXPIRED, SUSPENDED, LEFT = range(1, 6)
HELLO, HEARTBEAT, BYE, REQUEST, REPLY, EVENT = range(1, 7)
LINK = 16
Code = envelope_pb2.Code


def now_ms():
    return int(time.time() * 1000)


def request_id():
    return os.urandom(16)


SUPPRESSIONS = pathlib.Path(__file__).resolve().parents[2] / "support" / "tsan.supp"


class Key:
    def __init__(self, slug, standing=GOOD, role=1, expires_ms=0, organisation=None):
        self.public, self.secret = keypair()
        self.id = os.urandom(16)
        self.organisation = organisation or os.urandom(16)
        self.slug, self.standing, self.role, self.expires_ms = slug, standing, role, expires_ms

    def entry(self):
        return link_pb2.KeyEntry(
            public_key=z85.decode(self.public), id=self.id, organisation=self.organisation, slug=self.slug,
            role=self.role, standing=self.standing, expires_ms=self.expires_ms,
        )  # fmt: skip


class Registry(threading.Thread):
    """Answers LinkHello with the table, sends a pulse each pulse_s (0: none, and no answer to LinkHello: a registry that
    hangs), and gives each request to `answer`, which gives a Reply's code and body, or None: then it is kept in `held`."""

    def __init__(self, endpoint, keys, version=1):
        super().__init__(daemon=True)
        self.endpoint, self.keys, self.version = endpoint, keys, version
        self.instance = int.from_bytes(os.urandom(7), "big")
        self.pulse_s, self.checkpoint_size = 0.3, 5
        self.answer = lambda origin, header, body: (0, reply_pb2.Reply().SerializeToString())
        self.seen, self.held, self.hellos, self.brokers = [], [], [], set()
        self.todo = queue.Queue()
        self.failure = None
        self.bound = threading.Event()
        self.ended = threading.Event()

    def run(self):
        context = zmq.Context()
        self.socket = context.socket(zmq.ROUTER)
        self.socket.linger = 0
        self.socket.set_hwm(0)  # nothing may be dropped here
        self.socket.bind(self.endpoint)
        self.bound.set()
        due = 0
        try:
            while not self.ended.is_set():
                if self.socket.poll(5):
                    self.take(self.socket.recv_multipart())
                while not self.todo.empty():
                    self.todo.get()()
                if time.monotonic() >= due and self.pulse_s:
                    self.pulse()
                    due = time.monotonic() + self.pulse_s
        except Exception as failure:  # seen by the test when it closes the world
            self.failure = failure
            raise
        finally:
            context.destroy(linger=0)

    def do(self, action):
        """Runs action in this thread and waits for it."""
        done = threading.Event()
        self.todo.put(lambda: (action(), done.set()))
        assert done.wait(PATIENCE), "the registry of the test hangs"

    def close(self):
        self.ended.set()
        self.join(PATIENCE)
        if self.failure is not None:
            raise self.failure

    # -- what follows runs in the thread

    def send_link(self, link):
        header = envelope_pb2.Header(version=1, kind=LINK)
        for broker in self.brokers:
            self.socket.send_multipart([broker, b"", header.SerializeToString(), link.SerializeToString()])

    def pulse(self):
        link = link_pb2.Link()
        link.pulse.instance = self.instance
        link.pulse.key_table_version = self.version
        link.pulse.checkpoint.log_size = self.checkpoint_size
        link.pulse.figures.uptime_ms = 7
        self.send_link(link)

    def snapshot(self):
        link = link_pb2.Link()
        link.key_snapshot.version = self.version
        link.key_snapshot.keys.extend(key.entry() for key in self.keys)
        self.send_link(link)

    def take(self, frames):
        broker, origin, header, body = frames
        header = envelope_pb2.Header.FromString(header)
        if header.kind == LINK:
            self.hellos.append(link_pb2.Link.FromString(body).hello)
            self.brokers.add(broker)
            if self.pulse_s:
                self.snapshot()
                self.pulse()
            return
        assert header.kind == REQUEST, header
        request = (broker, origin, header, body)
        parsed = envelope_pb2.Origin.FromString(origin)
        self.seen.append((parsed, header, body))
        answer = self.answer(parsed, header, body)
        if answer is None:
            self.held.append(request)
        else:
            self.reply(request, *answer)

    def reply(self, request, code, body):
        broker, origin, header, _ = request
        answer = envelope_pb2.Header(version=1, kind=REPLY, code=code, in_reply_to=header.request_id, body_type=70)
        self.socket.send_multipart([broker, origin, answer.SerializeToString(), body])

    # -- for tests

    def hold(self):
        self.answer = lambda origin, header, body: None

    def release(self, code=0):
        def reply_all():
            for request in self.held:
                self.reply(request, code, reply_pb2.Reply().SerializeToString())
            self.held = []

        self.do(reply_all)

    def change(self, *keys, start=None):
        """Sends a KeyChange; keys that are new are added."""

        def send():
            link = link_pb2.Link()
            link.key_change.__setattr__("from", self.version if start is None else start)
            self.version += 1
            link.key_change.version = self.version
            link.key_change.keys.extend(key.entry() for key in keys)
            self.keys.extend(key for key in keys if key not in self.keys)
            self.send_link(link)

        self.do(send)


class Answer:
    def __init__(self, frames):
        assert len(frames) == 2, frames
        self.header = envelope_pb2.Header.FromString(frames[0])
        self.raw = frames[1]
        self.reply = reply_pb2.Reply.FromString(frames[1])

    @property
    def code(self):
        return Code.Name(self.header.code)[len("CODE_"):]

    @property
    def rule(self):
        return self.reply.error.violations[0].rule if self.reply.error.violations else None

    @property
    def params(self):
        return {param.name: param.value for param in self.reply.error.violations[0].params}

    def refused(self, code, rule, retry_after_ms=None, **params):
        assert (self.code, self.rule) == (code, rule), self.reply
        for name, value in params.items():
            assert self.params[name] == str(value), self.params
        if retry_after_ms is not None:
            assert self.header.retry_after_ms == retry_after_ms
        return self


class Client:
    """A DEALER that sends what it is told, right or wrong."""

    def __init__(self, context, endpoint, hub_public=None, key=None, identity=None, receive_messages_max=1000):
        self.socket = context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.immediate = 1
        self.socket.rcvhwm = receive_messages_max
        self.socket.reconnect_ivl = -1
        if identity is not None:
            self.socket.identity = identity
        if key is not None:
            self.socket.curve_serverkey = hub_public.encode()
            self.socket.curve_publickey = key.public.encode()
            self.socket.curve_secretkey = key.secret.encode()
        self.monitor = self.socket.get_monitor_socket()
        self.socket.connect(endpoint)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if not self.socket.closed:
            self.socket.disable_monitor()
            self.monitor.close(0)
            self.socket.close(0)

    def send_frames(self, *frames):
        assert self.socket.poll(int(PATIENCE * 1000), zmq.POLLOUT), "the hub does not take messages"
        self.socket.send_multipart(frames, copy=False)

    def send(self, kind, body=b"", version=1, request=None, **fields):
        request = request_id() if request is None else request
        header = envelope_pb2.Header(version=version, kind=kind, request_id=request, **fields)
        self.send_frames(header.SerializeToString(), body)
        return request

    def receive(self, seconds=PATIENCE):
        assert self.socket.poll(int(seconds * 1000)), "no answer"
        return Answer(self.socket.recv_multipart())

    def nothing_comes(self, seconds):
        return not self.socket.poll(int(seconds * 1000))

    def hello(self, clock_ms=None):
        request = self.send(HELLO, clock_ms=now_ms() if clock_ms is None else clock_ms)
        answer = self.receive()
        assert answer.header.in_reply_to == request
        return answer

    def greeted(self):
        assert self.hello().code == "OK"
        return self

    def call(self, body_type=60, body=b"", **fields):
        request = self.send(REQUEST, body, body_type=body_type, **fields)
        answer = self.receive()
        assert answer.header.in_reply_to == request
        return answer

    def wait_for_event(self, *wanted, seconds=PATIENCE):
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if self.monitor.poll(50):
                event = recv_monitor_message(self.monitor)
                if event["event"] in wanted:
                    return event
        raise AssertionError(f"no such event: {wanted}")

    def wait_for_end(self, seconds=PATIENCE):
        return self.wait_for_event(zmq.EVENT_DISCONNECTED, seconds=seconds)


class World:
    def __init__(self, tmp_path, **configuration):
        self.folder = pathlib.Path(tmp_path)
        self.context = zmq.Context()
        self.keys, self.clients = [], []
        self.process = self.registry = None
        self.log_path = self.folder / "broker.log"
        self.hub_public, secret = keypair()
        write_private(self.folder / "hub.secret", secret + "\n")
        self.link = f"ipc://{self.folder}/link"
        self.stats_endpoint = f"ipc://{self.folder}/stats"
        self.configure(**configuration)

    def configure(self, **changes):
        base = {
            "public": {"endpoint": "tcp://127.0.0.1:*", "key_file": "hub.secret"},
            "registry": {"endpoint": self.link},
            "stats": {"endpoint": self.stats_endpoint},
            "log": {"level": "debug"},
        }
        self.configuration = merged(base, changes)
        (self.folder / "broker.yaml").write_text(yaml_text(self.configuration))

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for client in self.clients:
            client.close()
        code = self.stop() if self.process is not None else 0
        self.context.destroy(linger=0)
        if self.registry is not None:
            self.registry.close()
        reports = list(self.folder.glob("sanitizer.*"))
        assert not reports, "\n".join(report.read_text(errors="replace") for report in reports)
        if kind is None:
            assert code == 0, f"the broker ended with {code}:\n{self.log()}"

    def key(self, slug, **fields):
        self.keys.append(Key(slug, **fields))
        return self.keys[-1]

    def environment(self):
        return {
            **os.environ,
            "ASAN_OPTIONS": f"log_path={self.folder}/sanitizer.asan:exitcode=99:detect_leaks=1",
            "UBSAN_OPTIONS": f"log_path={self.folder}/sanitizer.ubsan:print_stacktrace=1:exitcode=99",
            "TSAN_OPTIONS": f"log_path={self.folder}/sanitizer.tsan:exitcode=99:ignore_noninstrumented_modules=1:suppressions={SUPPRESSIONS}",
        }

    def command(self, *arguments):
        return [str(support.build_folder() / "bin" / "binome-broker"), *arguments]

    def run(self, *arguments):
        return subprocess.run(
            self.command(*arguments), cwd=self.folder, env=self.environment(), capture_output=True, text=True,
            timeout=PATIENCE,
        )  # fmt: skip

    def start_registry(self, version=1):
        self.registry = Registry(self.link, self.keys, version)
        self.registry.start()
        assert self.registry.bound.wait(PATIENCE)

    def start_broker(self):
        self.process = subprocess.Popen(
            self.command("--config", str(self.folder / "broker.yaml")), cwd=self.folder, env=self.environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(self.log_path, "ab"),
        )  # fmt: skip

    def start(self):
        self.start_registry()
        self.start_broker()
        return self.serving()

    def serving(self):
        self.wait_for_log("broker.serving")
        self.endpoint = self.log_events("endpoint.bound")[0]["endpoint"]
        return self

    def stop(self, number=signal.SIGTERM):
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(number)
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"the broker does not end:\n{self.log()}") from None

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_events(self, name):
        import json

        events = [json.loads(line) for line in self.log().splitlines() if line.startswith("{") and line.endswith("}")]
        return [event for event in events if event["event"] == name]

    def wait_for_log(self, name, count=1):
        def look():
            assert self.process is None or self.process.poll() is None, f"the broker ended:\n{self.log()}"
            return len(self.log_events(name)) >= count

        wait_for(look, lambda: f"{name} in:\n{self.log()}")

    def client(self, key, **options):
        client = Client(self.context, self.endpoint, self.hub_public, key, **options)
        self.clients.append(client)
        return client

    def local_client(self, **options):
        client = Client(self.context, self.configuration["local"]["endpoint"], **options)
        self.clients.append(client)
        return client

    def stats(self):
        socket = self.context.socket(zmq.DEALER)
        socket.linger = 0
        try:
            socket.connect(self.stats_endpoint)
            socket.send(stats_pb2.StatsRequest().SerializeToString())
            assert socket.poll(int(PATIENCE * 1000)), "the stats socket gives no answer"
            return stats_pb2.Stats.FromString(socket.recv())
        finally:
            socket.close(0)

    def counter(self, name):
        return {counter.name: counter.value for counter in self.stats().counters}[name]

    def wait_for_counter(self, name, value):
        wait_for(lambda: self.counter(name) >= value, lambda: f"{name} >= {value}, is {self.counter(name)}")

    def memory_bytes(self):
        pages = int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
