# SPDX-License-Identifier: Apache-2.0
"""The arrows between the folders hold, and the check would notice if they did not."""

import pathlib

import layering
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]


def test_the_tree_keeps_the_arrows():
    assert layering.check(ROOT) == []


def test_the_tree_is_really_read():
    names = [name for name, _ in layering.files_of(ROOT)]
    assert "proto/base/code.h" in names and len(names) > 50


def findings(tmp_path, name, line, head=f"/* {layering.SPDX} */"):
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text(f"{head}\n{line}\n")
    return layering.check(tmp_path)


@pytest.mark.parametrize(
    "name, line",
    [
        ("proto/base/x.c", '#include "wire/header.h"'),
        ("proto/wire/x.c", '#include "broker/session.h"'),
        ("proto/text/x.c", '#include "link/socket.h"'),
        ("proto/link/x.c", '#include "cli/cli.h"'),
        ("proto/base/x.c", "#include <zmq.h>"),
        ("proto/wire/x.h", "#  include  <sqlite3.h>"),
        ("services/broker/x.c", '#include "registry/store/store.h"'),
        ("services/broker/x.c", "#include <sqlite3.h>"),
        ("services/broker/x.c", "x = binome__v1__request__unpack(NULL, size, data);"),
        ("services/common/x.c", '#include "broker/session.h"'),
        ("services/registry/x.c", '#include "broker/session.h"'),
        ("services/registry/x.c", "#include <sqlite3.h>"),
        ("services/registry/rules/x.c", '#include "registry/store/store.h"'),
        ("services/registry/rules/x.c", "#include <zmq.h>"),
        ("services/registry/rules/x.c", "now = bn_clock_wall_ms();"),
        ("services/registry/store/x.c", '#include "registry/rules/check.h"'),
        ("services/registry/store/x.c", '#include "registry/match/match.h"'),
        ("services/registry/match/x.c", '#include "registry/store/store.h"'),
        ("services/registry/match/x.c", "#include <zmq.h>"),
        ("clients/libbinome/x.c", '#include "registry/record.h"'),
        ("clients/libbinome/x.c", '#include "cli/cli.h"'),
        ("clients/cli/x.c", '#include "libbinome/session.h"'),
        ("clients/cli/x.c", '#include "common/counter.h"'),
        ("clients/new/x.c", '#include "base/code.h"'),
    ],
)
def test_an_arrow_in_the_wrong_direction_is_found(tmp_path, name, line):
    assert len(findings(tmp_path, name, line)) == 1


@pytest.mark.parametrize(
    "name, line",
    [
        ("proto/link/x.c", "#include <zmq.h>"),
        ("services/registry/store/x.c", "#include <sqlite3.h>"),
        ("services/registry/rules/x.c", "/* bn_clock_wall_ms() is the caller's to ask */"),
        ("services/broker/x.c", '#include "common/counter.h"'),
        ("clients/cli/import/x.c", '#include "cli/cli.h"'),
        ("tests/unit/store/x_test.c", '#include "registry/store/store.h"'),
    ],
)
def test_an_arrow_in_the_right_direction_passes(tmp_path, name, line):
    assert findings(tmp_path, name, line) == []


@pytest.mark.parametrize("name", ["proto/base/x.c", "tests/run.py", "deploy/x.sh", "x/CMakeLists.txt", "bin/no-ending"])
def test_a_source_file_without_a_licence_line_is_found(tmp_path, name):
    assert len(findings(tmp_path, name, "", head="#!/bin/sh")) == 1
