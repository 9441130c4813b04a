# SPDX-License-Identifier: Apache-2.0
"""What the tests of the hub as a whole share: organisations that speak, requests as plain dicts, a clock.

Every refusal that comes by here is held against the contract: its rule must stand in proto/base/rule.h with those
parameters, and its field must be a path of the request that was sent.
"""

import datetime
import os
import pathlib
import random
import re
import tempfile
import time

import client
from binome.v1 import envelope_pb2, request_pb2
from google.protobuf import json_format
from hub import ROOT, Hub, build_folder, keypair, write_private

DAY_MS = 86_400_000
SEED = int(os.environ.get("BINOME_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)
WORKSTREAMS = ("skills", "ai", "data-sovereignty", "payments", "startups")

# Neither handshakes nor pauses between two tests of a file are what these tests are about.
PATIENT = {"limits": {"handshakes_per_minute": 1_000_000, "idle_ms": "600s", "connections_per_key": 100}}


def a_hub(broker=None, **options):
    return Hub(broker={**PATIENT, **(broker or {})}, **options)


def has_test_clock():
    return b"BINOME_TEST_CLOCK" in (build_folder() / "bin" / "binome-registry").read_bytes()


def seeded(name):
    """Random numbers of one test; the seed is printed and BINOME_SEED repeats it."""
    print(f"BINOME_SEED={SEED}")
    return random.Random(f"{SEED} {name}")


class Clock:
    """The hub's wall clock: a file that its processes read. Starts at the real time and stands still."""

    def __init__(self):
        handle, self.path = tempfile.mkstemp(prefix="bn-clock-")
        os.close(handle)
        self.environment = {"BINOME_TEST_CLOCK": self.path}
        self.set(int(time.time() * 1000))

    def set(self, ms):
        """Written beside and renamed: a process reads the old time or the new one, never a half."""
        self.now_ms = ms
        pathlib.Path(self.path + ".new").write_text(str(ms))
        os.replace(self.path + ".new", self.path)

    def forward(self, days=0, ms=0):
        self.set(self.now_ms + days * DAY_MS + ms)

    def day(self, offset=0):
        moment = datetime.datetime.fromtimestamp(self.now_ms / 1000, datetime.timezone.utc)
        return (moment.date() + datetime.timedelta(days=offset)).isoformat()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.unlink(self.path)


# -- refusals, held against the contract -----------------------------------------------------------------------------


def rules():
    """Names of the rules, each with the names of its parameters."""
    text = (ROOT / "proto" / "base" / "rule.h").read_text()
    return {name: params.split() for name, params in re.findall(r'X\(\w+, "([a-z0-9_.]+)", "([^"]*)"\)', text)}


RULES = rules()
NO_FIELD = {"frames", "header", "body", "session", "key", "organisation", "hub", "reply"}


def is_path(field, kind):
    """Whether the field is a path of the request's body, or one of the names that stand for what is no field."""
    if field in NO_FIELD:
        return True
    names = field.split(".")
    if names[0] == "header":
        return len(names) == 2 and names[1] in envelope_pb2.Header.DESCRIPTOR.fields_by_name
    descriptor = request_pb2.Request.DESCRIPTOR
    first = descriptor.fields_by_name.get(names[0])
    if first is None or (first.containing_oneof is not None and names[0] != kind):
        return False
    for name in names:
        plain, _, index = name.partition("[")
        member = descriptor.fields_by_name.get(plain) if descriptor is not None else None
        if member is None or (index and (member.label != member.LABEL_REPEATED or not index[:-1].isdigit())):
            return False
        descriptor = member.message_type
    return True


def hold_against_the_contract(answer, kind):
    for violation in answer.body.error.violations:
        assert violation.rule in RULES, f"{violation.rule} is not in the table of rules"
        assert [p.name for p in violation.params] == RULES[violation.rule], f"parameters of {violation}"
        assert is_path(violation.field, kind), f"{violation.field} is no field of {kind}: {violation}"


def refused(answer, code, rule, field=None, **params):
    """The answer says no with this code, rule, field and these parameters. Gives the violation."""
    answer.expect(code, rule)
    found = [v for v in answer.body.error.violations if v.rule == rule and field in (None, v.field)]
    assert found, f"{rule} not at {field}: {answer.body.error}"
    said = {p.name: p.value for p in found[0].params}
    for name, value in params.items():
        assert said.get(name) == str(value), f"{name} is {said.get(name)} and not {value}"
    return found[0]


# -- organisations that speak ----------------------------------------------------------------------------------------


def request_of(kind, fields=None, on_behalf_of="", dry_run=False):
    """A Request from plain dicts, with the names of the .proto files."""
    tree = {kind: fields or {}}
    if on_behalf_of:
        tree["on_behalf_of"] = on_behalf_of
    if dry_run:
        tree["dry_run"] = True
    return json_format.ParseDict(tree, request_pb2.Request())


class Party:
    """An organisation and its open session."""

    def __init__(self, cast, member):
        self.cast, self.member, self.slug = cast, member, member.slug
        self.session = None

    def client(self, **options):
        """Another session of the same key, which the caller closes."""
        c = self.cast.hub.client(self.member, hello=False, **options)
        try:
            c.hello(clock_ms=self.cast.now_ms())
        except BaseException:
            c.close(bye=False)
            raise
        return c

    def open(self):
        if self.session is None:
            self.session = self.client()
        return self.session

    def close(self, bye=True):
        if self.session is not None:
            self.session.close(bye=bye)
            self.session = None

    def ask(self, kind, fields=None, request_id=None, on_behalf_of="", dry_run=False, **options):
        answer = self.open().call(request_of(kind, fields, on_behalf_of, dry_run), request_id, **options)
        hold_against_the_contract(answer, kind)
        return answer

    def done(self, kind, fields=None, **options):
        """The receipt of a request that must be accepted."""
        answer = self.ask(kind, fields, **options).expect_ok()
        assert answer.receipt is not None, answer.body
        return answer.receipt

    def read(self, kind, fields=None, **options):
        """The body of the reply to a query that must be answered."""
        body = self.ask(kind, fields, **options).expect_ok().body
        return getattr(body, body.WhichOneof("body"))

    def submit(self, title="Prévision de charge", visibility="PROGRAMME", workstream="ai", request_id=None, **fields):
        """Id of a new proposal."""
        text = {"title": title, "visibility": f"VISIBILITY_{visibility}", "workstream": workstream, **fields}
        return self.done("proposal_submit", {"proposal": text}, request_id=request_id).object

    def publish(self, title="Jumeau numérique", visibility="PROGRAMME", workstreams=("ai",), **fields):
        """Id of a new offer."""
        text = {"title": title, "visibility": f"VISIBILITY_{visibility}", "workstreams": list(workstreams), **fields}
        return self.done("offer_publish", {"offer": text}).object

    def pages(self, kind, fields=None, size=0):
        """All rows of a list, page by page."""
        rows, token = [], ""
        while True:
            page = self.read(kind, {**(fields or {}), "page": {"size": size, "token": token}})
            listed = [field for field, _ in page.ListFields() if field.label == field.LABEL_REPEATED]
            rows += list(getattr(page, listed[0].name)) if listed else []
            token = page.page.next_token
            if not token:
                return rows

    def matches(self, **fields):
        """What a match gives now that the index has seen everything accepted so far."""
        newest = self.cast.operator.read("proof_get", {"sequence": 1}).log_size
        limit = time.monotonic() + 20
        while True:
            answer = self.read("match_find", {"limit": 100, "at_least_sequence": newest, **fields})
            if answer.behind == 0:
                return answer
            assert time.monotonic() < limit, f"the index stays {answer.behind} behind"

    def counterparts(self, **fields):
        return sorted(match.id for match in self.matches(**fields).matches)


class Cast:
    """The organisations of one hub."""

    def __init__(self, hub, clock=None):
        self.hub, self.clock = hub, clock
        self.parties = {}
        self.count = 0
        self.operator = self.parties[hub.OPERATOR] = Party(self, hub.operator)

    def now_ms(self):
        return self.clock.now_ms if self.clock else int(time.time() * 1000)

    def enrol(self, name="party", kind="STARTUP", key_role="MEMBER", roles=(), expires_ms=0, **fields):
        """A new organisation with one key; the slug is the name and a number, so that tests do not meet."""
        self.count += 1
        member = self.hub.new_member(f"{name}-{self.count}")
        key = {"public_key": member.public, "role": f"KEY_ROLE_{key_role}"}
        if expires_ms:
            key["expires_at"] = instant(expires_ms)
        self.operator.done(
            "organisation_enrol",
            {
                "organisation": organisation_text(member.slug, kind=f"ORGANISATION_KIND_{kind}", **fields),
                "keys": [key],
                "roles": [f"ROLE_{role}" for role in roles],
            },
        )
        party = self.parties[member.slug] = Party(self, member)
        return party

    def with_key(self, party, key_role):
        """The same organisation through another key."""
        public, secret = keypair()
        self.operator.done(
            "key_add",
            {"organisation": party.slug, "key": {"public_key": public, "role": f"KEY_ROLE_{key_role}"}},
        )
        member = type(party.member)(party.slug, public, secret)
        other = self.parties[public] = Party(self, member)
        return other

    def workstream(self, pilot="", members=()):
        """Slug of a new workstream."""
        self.count += 1
        slug = f"stream-{self.count}"
        text = {"slug": slug, "title": f"Workstream {self.count}", "pilot": pilot, "members": list(members)}
        self.operator.done("workstream_edit", {"workstream": text})
        return slug

    def counter(self, name):
        """A figure of the registry, as of its last pulse."""
        return {c.name: c.value for c in self.hub.stats().registry.counters}[name]

    def close(self):
        for party in self.parties.values():
            party.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def organisation_text(slug, kind="ORGANISATION_KIND_STARTUP", **fields):
    return {"slug": slug, "legal_name": slug.replace("-", " ").title(), "kind": kind, **fields}


def instant(ms):
    """A Timestamp as JSON has it."""
    moment = datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03}Z"


def table(hub, name, *arguments):
    """The rows of a table that the registry prints for the documentation, as dicts."""
    lines = hub.run("binome-registry", "--markdown", name, *arguments).stdout.strip().splitlines()
    cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    return [dict(zip(cells[0], row)) for row in cells[2:]]


def write_key_file(path):
    """A new key file; gives its public key."""
    public, secret = keypair()
    write_private(path, secret + "\n")
    return public


def new_uuid():
    return client.id_text(client.new_id())
