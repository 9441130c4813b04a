# SPDX-License-Identifier: Apache-2.0
"""No field number is ever changed or used again, and the check would notice."""

import re
import shutil

import pytest
import schema

HERE, GONE = schema.read_record()


def test_the_proto_files_are_as_recorded():
    assert schema.compare(*schema.describe(), HERE, GONE) == ([], [])


def changed(tmp_path, file, pattern, replacement):
    """Findings after one edit of a .proto file."""
    shutil.copytree(schema.ROOT / "proto" / "binome", tmp_path / "binome")
    path = tmp_path / "binome" / "v1" / file
    text, count = re.subn(pattern, replacement, path.read_text(), count=1)
    assert count == 1
    path.write_text(text)
    return schema.compare(*schema.describe(tmp_path), HERE, GONE)


@pytest.mark.parametrize(
    "file, pattern, replacement",
    [
        ("envelope.proto", r"uint32 timeout_ms = 6;", "uint32 timeout_ms = 60;"),
        ("envelope.proto", r"uint32 timeout_ms = 6;", "uint64 timeout_ms = 6;"),
        ("envelope.proto", r"uint32 timeout_ms = 6;", "uint32 limit_ms = 6;"),
        ("envelope.proto", r"uint32 timeout_ms = 6;", "repeated uint32 timeout_ms = 6;"),
        ("envelope.proto", r"uint32 timeout_ms = 6;", ""),
        ("envelope.proto", r"uint32 timeout_ms = 6;", "reserved 6;"),
        ("request.proto", r"OfferPublish offer_publish = 80;", "OfferRetire offer_publish = 80;"),
        ("request.proto", r"\n    MatchFind match_find = 100;", ""),
        ("proposal.proto", r"PHASE_OPEN = 3;", "PHASE_OPENED = 3;"),
        ("match.proto", r"message Contribution \{[^}]*\}", "message Contribution {}"),
    ],
)
def test_a_breaking_change_is_found(tmp_path, file, pattern, replacement):
    wrong, _ = changed(tmp_path, file, pattern, replacement)
    assert wrong


def test_a_new_field_is_allowed_and_asks_to_be_recorded(tmp_path):
    wrong, news = changed(tmp_path, "envelope.proto", r"uint32 timeout_ms = 6;", "uint32 timeout_ms = 6; bool x = 11;")
    assert wrong == [] and len(news) == 1


def test_a_field_taken_away_stays_recorded_and_may_never_come_back(tmp_path):
    wrong, news = changed(tmp_path, "envelope.proto", r"uint32 timeout_ms = 6;", 'reserved 6; reserved "timeout_ms";')
    assert wrong == [] and len(news) == 1
    record = tmp_path / "record.txt"
    schema.write_record(schema.describe(tmp_path)[0], HERE, GONE, record)
    here, gone = schema.read_record(record)
    assert ("binome.v1.Header", 6) in gone and ("binome.v1.Header", 6) not in here
    wrong, _ = schema.compare(*schema.describe(), here, gone)
    assert len(wrong) == 1
