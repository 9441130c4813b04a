# SPDX-License-Identifier: Apache-2.0
"""The program `binome` at a desk: run as one organisation or another, and what it said."""

import itertools
import json
import os
import pathlib
import pty
import re
import select
import subprocess
import time

from binome.v1 import proposal_pb2
from google.protobuf import json_format
from hub import PATIENCE, Hub, wait_for

# Handshakes are not what these tests are about: each run of the program is one.
PATIENT = {"limits": {"handshakes_per_minute": 1_000_000, "connections_per_key": 100}}
DATA = pathlib.Path(os.environ["BINOME_DATA"]) if os.environ.get("BINOME_DATA") else None
WITHOUT_DATA = "BINOME_DATA does not name a folder of real data"

PROPOSAL = """\
workstream: ai
title: Predict pump failures
summary: A model that tells a week ahead which pump will fail.
description: |
  Four hundred pumps, ten years of vibration.
  One alarm in three is false.
seeks: time series, vibration
sectors: [water, energy]
budget:
  min: {minor_units: 5000000, currency: EUR}
  max: {minor_units: 15000000, currency: EUR}
trl_now: 4
trl_target: 7
start_on: 2027-01-01
end_on: 2027-12-31
visibility: programme
tags: [pumps]
language: en
"""

_numbers = itertools.count(1)


def a_hub(broker=None, **options):
    return Hub(broker={**PATIENT, **(broker or {})}, **options)


def load_json_lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


class Ran:
    """What a run said and how it ended."""

    def __init__(self, words, completed):
        self.words = words
        self.code, self.out, self.err = completed.returncode, completed.stdout, completed.stderr

    def __repr__(self):
        return f"binome {' '.join(map(str, self.words))}: {self.code}\n{self.out}\n{self.err}"

    def expect(self, code):
        assert self.code == code, self
        assert "?" not in self.err or code in (0, 64), f"a hole in a sentence: {self}"
        return self

    def says(self, *texts):
        for text in texts:
            assert text in self.out + self.err, f"{text!r} is not in: {self}"
        return self

    def field(self, label):
        """What stands behind a label of the output."""
        found = re.search(rf"^{re.escape(label)}  +(.*)$", self.out, re.M)
        assert found, f"{label} is not in: {self}"
        return found.group(1)

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def error_json(self):
        return json.loads(self.err)

    def message(self, type):
        """The output as that message. Its names must be those of the .proto files, and nothing may be lost."""
        message = json_format.Parse(self.out, type())
        again = json_format.MessageToDict(message, preserving_proto_field_name=True)
        assert again == self.json, f"not as the .proto files have it: {self.json}\n{again}"
        return message


class Desk:
    def __init__(self, hub):
        self.hub = hub
        self.scratch = hub.folder / "desk"
        self.scratch.mkdir(exist_ok=True)

    def join(self, name, **fields):
        """Enrols an organisation whose short name begins so. Gives its Member."""
        return self.hub.enrol(f"{name}-{next(_numbers)}", **fields)

    def path(self, name):
        return self.scratch / f"{next(_numbers)}-{name}"

    def write(self, name, text):
        path = self.path(name)
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, *words, as_=None, input=None, lang="en", profile=None, environment=None, timeout=PATIENCE):
        """Runs the program as an organisation (the operator when none is named), whatever comes of it."""
        environment = {"LANGUAGE": lang, **(environment or {})}
        if profile is not None:
            environment["BINOME_PROFILE"] = str(profile)
        completed = self.hub.binome(
            *words, member=as_, check=False, input=input if input is not None else "",
            environment=environment, timeout=timeout,
        )  # fmt: skip
        return Ran(words, completed)

    def done(self, *words, **options):
        return self.run(*words, **options).expect(0)

    def match(self, *words, **options):
        """A match over an index that has seen everything: it follows the log by moments."""

        def answer():
            ran = self.done("match", *words, **options)
            late = ran.json.get("behind") if "--json" in words else "The index has not seen" in ran.out
            return None if late else ran

        return wait_for(answer, "an index that has seen everything")

    def submit(self, who, text=PROPOSAL, *words):
        """Submits a proposal; gives its id."""
        return self.done("propose", self.write("proposal.yaml", text), *words, as_=who).field("Id")

    def publish(self, who, *words):
        """Publishes an offer from options; gives its id."""
        words = words or ("--title", "Vibration of pumps", "--workstream", "ai", "--language", "en")
        return self.done("offer", "publish", *words, as_=who).field("Id")

    def terminal(self, *words, as_=None):
        return Terminal(self, words, as_)

    def popen(self, *words, as_=None):
        member = as_ or self.hub.operator
        return subprocess.Popen(
            [self.hub.program("binome"), *map(str, words)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**self.hub.environment, "BINOME_PROFILE": str(member.profile), "LANGUAGE": "en"},
        )  # fmt: skip

    def log_size(self):
        """How many requests the hub has accepted."""
        with self.hub.client() as client:
            answer = client.query("proof_get", sequence=1)
            return 0 if answer.code == "NOT_FOUND" else answer.expect_ok().body.proof.log_size

    def wait_for_log(self, size):
        wait_for(lambda: self.log_size() >= size, lambda: f"a log of {size}: {self.log_size()}")

    def proposals(self):
        """All of them, as the operator sees them."""
        listed = self.done("list", "proposals", "--limit", "0", "--json")
        return json_format.Parse(listed.out, proposal_pb2.ProposalPage()).proposals

    def fix_port(self):
        """From now on the broker binds the port that it has: a client finds it again after a restart."""
        self.hub.broker_config["public"]["endpoint"] = self.hub.endpoint
        self.hub.write_configuration()


class Terminal:
    """The program on a terminal of 80 columns: what it prints is read as it comes, and it can be answered."""

    def __init__(self, desk, words, as_):
        member = as_ or desk.hub.operator
        self.words, self.text = words, ""
        self.fd, theirs = pty.openpty()
        environment = {
            **desk.hub.environment,
            "BINOME_PROFILE": str(member.profile), "LANGUAGE": "en", "COLUMNS": "80", "TERM": "xterm",
        }  # fmt: skip
        self.process = subprocess.Popen(
            [desk.hub.program("binome"), *map(str, words)], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
        )
        os.close(theirs)

    def read_some(self, seconds):
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the other side is closed
            return False
        self.text += data.decode(errors="replace")
        return bool(data)

    def wait_for(self, text):
        wait_for(
            lambda: self.read_some(0.05) and text in self.text or text in self.text, lambda: f"{text}: {self.text}"
        )

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        """Reads to the end; gives the exit code."""
        limit = time.monotonic() + PATIENCE
        while self.read_some(0.05) and time.monotonic() < limit:
            pass
        os.close(self.fd)
        return self.process.wait(PATIENCE)
