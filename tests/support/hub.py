# SPDX-License-Identifier: Apache-2.0
"""A whole hub for a test: real broker, real registry, real sockets, in a temporary folder.

    with Hub() as hub:                        # made, initialised, started; stopped and examined at the end
        acme = hub.enrol("acme", kind="large-group")
        with hub.client(acme) as client: ...  # tests/interop/client.py
        hub.binome("list", "proposals", profile=acme.profile)
        hub.kill("registry"); hub.start("registry")

BINOME_BUILD names the build folder whose bin/ is tested. Nothing here sleeps for a while and hopes: wait_for() looks
until a condition holds or a limit is over. On leaving, both daemons must end with 0 on SIGTERM (unless a test killed
them), and no sanitizer may have reported anything.
"""

import fcntl
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import zmq

ROOT = pathlib.Path(__file__).resolve().parents[2]
READY = {"broker": "broker.serving", "registry": "registry.ready"}  # logged once a daemon serves
PATIENCE = float(os.environ.get("BINOME_TEST_PATIENCE", "30"))  # seconds; a limit, not a wait


def build_folder():
    folder = os.environ.get("BINOME_BUILD")
    if not folder:
        raise RuntimeError("BINOME_BUILD must name the build folder, such as build/dev")
    return pathlib.Path(folder).resolve()


def wait_for(condition, what, seconds=None):
    """Gives the first true value of condition(). Raises AssertionError when there is none in time."""
    limit = time.monotonic() + (PATIENCE if seconds is None else seconds)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > limit:
            raise AssertionError(f"waited in vain for: {what() if callable(what) else what}")
        time.sleep(0.005)


def stubs():
    """Makes Python stubs of the .proto files in the build folder and puts them on the path. Once per build folder."""
    out = build_folder() / "tests" / "python"
    out.mkdir(parents=True, exist_ok=True)
    protos = sorted((ROOT / "proto" / "binome" / "v1").glob("*.proto"))
    with open(out / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = out / ".done"
        if not done.exists() or any(p.stat().st_mtime > done.stat().st_mtime for p in protos):
            subprocess.run(["protoc", f"-I{ROOT / 'proto'}", f"--python_out={out}", *map(str, protos)], check=True)
            done.touch()
    if str(out) not in sys.path:
        sys.path.insert(0, str(out))
    return out


def keypair():
    """(public, secret), each 40 characters of z85."""
    public, secret = zmq.curve_keypair()
    return public.decode(), secret.decode()


def write_private(path, text):
    path = pathlib.Path(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def yaml_text(tree, indent=0):
    """Nested maps, lists of texts and scalars as YAML; texts in double quotes, which JSON and YAML agree about."""
    lines = []
    for key, value in tree.items():
        pad = " " * indent
        if isinstance(value, dict):
            lines.append(f"{pad}{key}:\n{yaml_text(value, indent + 2)}")
        elif isinstance(value, list):
            lines.append(f"{pad}{key}: {json.dumps(value, ensure_ascii=False)}\n")
        else:
            lines.append(f"{pad}{key}: {json.dumps(value, ensure_ascii=False)}\n")
    return "".join(lines)


def merged(base, changes):
    """base with the nested maps of changes laid over it; a value None takes the key away."""
    result = dict(base)
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = merged(result.get(key) or {}, value)
        else:
            result[key] = value
    return result


SUPPORT = pathlib.Path(__file__).resolve().parent


class Member:
    """An organisation with one key: slug, public, secret (z85), profile (folder)."""

    def __init__(self, slug, public, secret, profile=None):
        self.slug, self.public, self.secret, self.profile = slug, public, secret, profile

    def __repr__(self):
        return f"Member({self.slug})"


class Hub:
    OPERATOR = "operator"

    def __init__(self, broker=None, registry=None, environment=None, start=True, folder=None):
        """broker, registry: changes to the configuration files, as nested dicts. folder: keep the hub there."""
        self.bin = build_folder() / "bin"
        self.folder = pathlib.Path(folder) if folder else pathlib.Path(tempfile.mkdtemp(prefix="bn-hub-"))
        self.keeps_folder = folder is not None
        self.processes = {}
        self.members = {}
        self.endpoint = None
        self.environment = dict(os.environ)
        self.environment.update(
            ASAN_OPTIONS=f"log_path={self.folder}/sanitizer.asan:exitcode=99:detect_leaks=1:abort_on_error=0",
            UBSAN_OPTIONS=f"log_path={self.folder}/sanitizer.ubsan:print_stacktrace=1:exitcode=99",
            TSAN_OPTIONS=f"log_path={self.folder}/sanitizer.tsan:exitcode=99:ignore_noninstrumented_modules=1:suppressions={SUPPORT / 'tsan.supp'}",
            LC_ALL="C.UTF-8",
        )
        self.environment.pop("BINOME_PROFILE", None)
        self.environment.update(environment or {})
        for name in ("run", "log", "profiles"):
            (self.folder / name).mkdir(mode=0o700, exist_ok=True)
        self.hub_public, self.hub_secret = keypair()
        write_private(self.folder / "hub.secret", self.hub_secret + "\n")
        (self.folder / "hub.public").write_text(self.hub_public + "\n")
        self.configure(broker or {}, registry or {})
        self.operator = self.new_member(self.OPERATOR)
        try:
            self.init()
            if start:
                self.start()
        except BaseException:
            self.close(examine=False)
            raise

    # -- configuration -----------------------------------------------------------------------------------------------

    def configure(self, broker, registry):
        link = f"ipc://{self.folder}/run/registry.sock"
        self.stats_endpoint = f"ipc://{self.folder}/run/stats.sock"
        self.broker_config = merged(
            {
                "public": {"endpoint": "tcp://127.0.0.1:*", "key_file": str(self.folder / "hub.secret")},
                "registry": {"endpoint": link},
                "stats": {"endpoint": self.stats_endpoint},
                "log": {"level": "debug"},
            },
            broker,
        )
        self.registry_config = merged(
            {
                "database": str(self.folder / "registry.sqlite3"),
                "link": {"endpoint": link},
                "log": {"level": "debug"},
            },
            registry,
        )
        self.write_configuration()

    def write_configuration(self):
        (self.folder / "broker.yaml").write_text(yaml_text(self.broker_config))
        (self.folder / "registry.yaml").write_text(yaml_text(self.registry_config))

    def init(self):
        """Makes the database with the programme, its workstreams and the operator. Nothing if it is there."""
        if (self.folder / "registry.sqlite3").exists():
            return
        self.run(
            "binome-registry", "--config", self.folder / "registry.yaml", "--init",
            "--operator-slug", self.OPERATOR, "--operator-name", "Test operator",
            "--operator-key", self.operator.public, "--programme", "Test programme",
        )  # fmt: skip

    # -- processes ---------------------------------------------------------------------------------------------------

    def program(self, name):
        return str(self.bin / name)

    def run(self, name, *arguments, check=True, input=None, environment=None, timeout=PATIENCE):
        """Runs one of our programs to its end; gives the CompletedProcess with texts."""
        result = subprocess.run(
            [self.program(name), *map(str, arguments)],
            input=input, capture_output=True, text=True, timeout=timeout,
            env={**self.environment, **(environment or {})},
        )  # fmt: skip
        if check and result.returncode != 0:
            raise AssertionError(
                f"{name} {' '.join(map(str, arguments))} ended with {result.returncode}\n{result.stdout}{result.stderr}"
            )
        return result

    def start(self, *names):
        """Starts registry and broker (or only those named) and waits until they serve."""
        for name in names or ("registry", "broker"):
            assert name not in self.processes, f"{name} runs already"
            mark = self.log_mark(name)
            with open(self.folder / "log" / f"{name}.log", "ab") as log:
                process = subprocess.Popen(
                    [self.program(f"binome-{name}"), "--config", str(self.folder / f"{name}.yaml")],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment,
                )  # fmt: skip
            self.processes[name] = process
            self.wait_for_log(name, READY[name], mark)
            if name == "broker":
                self.endpoint = self.wait_for_log(name, "endpoint.bound", mark, name="public")["endpoint"]
                self.rewrite_profiles()

    def wait_for_log(self, daemon, event, mark=0, **fields):
        """Gives the first line of that event (and with those values) that a daemon logged after mark."""

        def found():
            for line in self.events(daemon, mark):
                if line.get("event") == event and all(str(line.get(k)) == str(v) for k, v in fields.items()):
                    return line
            process = self.processes.get(daemon)
            if process is not None and process.poll() is not None:
                code = self.processes.pop(daemon).returncode
                raise AssertionError(
                    f"{daemon} ended with {code} instead of logging {event}:\n{self.log_text(daemon)}"
                )
            return None

        return wait_for(found, lambda: f"{event} in the log of {daemon}:\n{self.log_text(daemon)}")

    def signal(self, name, number):
        self.processes[name].send_signal(number)

    def stop(self, *names):
        """SIGTERM, broker first; each must end with 0."""
        for name in names or ("broker", "registry"):
            process = self.processes.pop(name, None)
            if process is None:
                continue
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
            try:
                code = process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise AssertionError(f"{name} did not end on SIGTERM:\n{self.log_text(name)}") from None
            self.assert_no_sanitizer_reports()
            assert code == 0, f"{name} ended with {code} on SIGTERM:\n{self.log_text(name)}"

    def kill(self, *names):
        """SIGKILL."""
        for name in names:
            process = self.processes.pop(name)
            process.kill()
            process.wait()

    def restart(self, *names):
        names = names or ("registry", "broker")
        self.stop(*reversed(names))
        self.start(*names)

    def alive(self, name):
        process = self.processes.get(name)
        return process is not None and process.poll() is None

    def memory_bytes(self, name):
        """Resident memory of a daemon."""
        pages = int(pathlib.Path(f"/proc/{self.processes[name].pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    # -- logs --------------------------------------------------------------------------------------------------------

    def log_text(self, name):
        path = self.folder / "log" / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def log_mark(self, name):
        path = self.folder / "log" / f"{name}.log"
        return path.stat().st_size if path.exists() else 0

    def events(self, name, mark=0):
        """The log's lines as dicts, from the byte `mark` on; a line that is no JSON comes as {"text": line}."""
        path = self.folder / "log" / f"{name}.log"
        if not path.exists():
            return []
        lines = path.read_bytes()[mark:].split(b"\n")[:-1]
        result = []
        for line in lines:
            try:
                result.append(json.loads(line))
            except ValueError:
                result.append({"text": line.decode(errors="replace")})
        return result

    # -- organisations -----------------------------------------------------------------------------------------------

    def new_member(self, slug):
        """Keys and a profile folder; nothing is told to the hub."""
        public, secret = keypair()
        member = Member(slug, public, secret, self.folder / "profiles" / slug)
        member.profile.mkdir(mode=0o700, exist_ok=True)
        write_private(member.profile / "key.secret", secret + "\n")
        (member.profile / "key.public").write_text(public + "\n")
        self.members[slug] = member
        self.write_profile(member)
        return member

    def write_profile(self, member):
        (member.profile / "profile.yaml").write_text(
            yaml_text(
                {
                    "hub": self.endpoint or "tcp://127.0.0.1:5555",
                    "hub_key": self.hub_public,
                    "key_file": "key.secret",
                    "organisation": member.slug,
                    "stats": self.stats_endpoint,
                }
            )
        )

    def rewrite_profiles(self):
        for member in self.members.values():
            self.write_profile(member)

    def client(self, member=None, **options):
        """A Python client (tests/interop/client.py) that has said hello; a context manager."""
        return interop_client().Client(self.endpoint, self.hub_public, *self.keys_of(member), **options)

    def keys_of(self, member):
        member = member or self.operator
        return member.public, member.secret

    def enrol(self, slug, kind="startup", key_role="member", **fields):
        """Enrols an organisation with a new key, as the operator. Gives its Member."""
        stubs()
        from binome.v1 import envelope_pb2, organisation_pb2, request_pb2

        member = self.new_member(slug)
        request = request_pb2.Request()
        organisation = request.organisation_enrol.organisation
        organisation.slug = slug
        organisation.legal_name = fields.pop("legal_name", slug.replace("-", " ").title())
        organisation.kind = organisation_pb2.OrganisationKind.Value(
            "ORGANISATION_KIND_" + kind.upper().replace("-", "_")
        )
        organisation.country = fields.pop("country", "FR")
        for name, value in fields.items():
            if isinstance(value, list):
                getattr(organisation, name).extend(value)
            else:
                setattr(organisation, name, value)
        key = request.organisation_enrol.keys.add()
        key.public_key = member.public
        key.role = envelope_pb2.KeyRole.Value("KEY_ROLE_" + key_role.upper())
        with self.client() as operator:
            operator.call(request).expect_ok()
        return member

    def binome(self, *arguments, member=None, check=True, input=None, environment=None, timeout=PATIENCE):
        """Runs the `binome` command with a member's profile (the operator's when none is named)."""
        profile = (member or self.operator).profile
        environment = {"BINOME_PROFILE": str(profile), **(environment or {})}
        return self.run(
            "binome", *arguments, check=check, input=input, environment=environment, timeout=timeout
        )  # fmt: skip

    def stats(self):
        """One snapshot of the stats socket."""
        stubs()
        from binome.v1 import stats_pb2

        context = zmq.Context()
        try:
            socket = context.socket(zmq.DEALER)
            socket.linger = 0
            socket.connect(self.stats_endpoint)
            socket.send(stats_pb2.StatsRequest().SerializeToString())
            if not socket.poll(int(PATIENCE * 1000)):
                raise AssertionError("the stats socket gives no answer")
            return stats_pb2.Stats.FromString(socket.recv())
        finally:
            context.destroy(linger=0)

    # -- the end -----------------------------------------------------------------------------------------------------

    def assert_no_sanitizer_reports(self):
        reports = sorted(self.folder.glob("sanitizer.*"))
        texts = "\n".join(path.read_text(errors="replace") for path in reports)
        assert not reports, f"sanitizer reports:\n{texts}"
        for name in ("broker", "registry"):
            for mark in ("AddressSanitizer", "runtime error:", "ThreadSanitizer", "LeakSanitizer"):
                assert mark not in self.log_text(name), f"{mark} in the log of {name}:\n{self.log_text(name)}"

    def close(self, examine=True):
        try:
            if examine:
                for name, process in self.processes.items():
                    code = process.poll()
                    assert code is None, f"{name} ended by itself with {code}:\n{self.log_text(name)}"
                self.stop()
                self.assert_no_sanitizer_reports()
        finally:
            for process in self.processes.values():
                process.kill()
                process.wait()
            self.processes.clear()
            if not self.keeps_folder and not os.environ.get("BINOME_KEEP"):
                shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            self.close()
            return
        # The test has failed already: its error is the one to see, with the logs beside it.
        for name in ("broker", "registry"):
            sys.stderr.write(f"--- {name}.log (last 4,000 characters)\n{self.log_text(name)[-4000:]}\n")
        self.close(examine=False)


def interop_client():
    """The module tests/interop/client.py."""
    stubs()
    folder = str(ROOT / "tests" / "interop")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    import client

    return client
