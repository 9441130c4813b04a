# SPDX-License-Identifier: Apache-2.0
"""The numbers of the worked example in docs/protocol.md follow from its rules."""

import datetime
import pathlib
import re

import client
from binome.v1 import envelope_pb2, request_pb2

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "protocol.md"
EXAMPLE = {name: bytes.fromhex(value) for name, value in re.findall(r"^(\w+) += ([0-9a-f]{2,})$", PAGE.read_text(), re.M)}

MADE_MS = int(datetime.datetime(2026, 11, 25, 8, tzinfo=datetime.timezone.utc).timestamp() * 1000)
RECORDED_MS = MADE_MS + 123


def test_the_example_is_found():
    assert set(EXAMPLE) == set(
        "header body request_id organisation digest leaf leaf_hash h0 h1 h3 h4 n01 n23 n0123 root".split()
    )


def test_the_header_says_what_the_text_says():
    header = envelope_pb2.Header.FromString(EXAMPLE["header"])
    assert (header.version, header.kind, header.body_type, header.timeout_ms) == (1, 4, 60, 30000)
    assert header.request_id == EXAMPLE["request_id"]
    assert int.from_bytes(header.request_id[:6], "big") == MADE_MS


def test_the_body_says_what_the_text_says():
    request = request_pb2.Request.FromString(EXAMPLE["body"])
    assert request.salt == bytes(range(16))
    proposal = request.proposal_submit.proposal
    assert (proposal.title, proposal.workstream, proposal.language, proposal.visibility) == ("Forecast", "ai", "en", 4)
    assert request_pb2.Request.DESCRIPTOR.fields_by_name[request.WhichOneof("body")].number == 60


def test_digest_and_leaf_follow():
    assert client.digest(EXAMPLE["body"]) == EXAMPLE["digest"]
    leaf = client.leaf(3, RECORDED_MS, 60, EXAMPLE["organisation"], EXAMPLE["request_id"], EXAMPLE["digest"])
    assert leaf == EXAMPLE["leaf"] and len(leaf) == 92
    assert client.leaf_hash(leaf) == EXAMPLE["leaf_hash"]


def test_tree_and_path_follow():
    e = EXAMPLE
    hashes = [e["h0"], e["h1"], e["leaf_hash"], e["h3"], e["h4"]]
    assert client.node_hash(e["h0"], e["h1"]) == e["n01"]
    assert client.node_hash(e["leaf_hash"], e["h3"]) == e["n23"]
    assert client.node_hash(e["n01"], e["n23"]) == e["n0123"]
    assert client.root_of(hashes) == e["root"]
    path = [e["h3"], e["n01"], e["h4"]]
    assert client.path_leads_to(e["root"], e["leaf_hash"], 2, 5, path)
    for wrong in (path[:-1], path + [e["h0"]], path[::-1], [e["h0"], *path[1:]]):
        assert not client.path_leads_to(e["root"], e["leaf_hash"], 2, 5, wrong)
    assert not client.path_leads_to(e["root"], e["leaf_hash"], 1, 5, path)
    assert not client.path_leads_to(e["root"], e["h3"], 2, 5, path)
    assert not client.path_leads_to(e["root"], e["leaf_hash"], 5, 5, path)
