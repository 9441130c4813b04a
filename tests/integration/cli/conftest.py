# SPDX-License-Identifier: Apache-2.0
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))

import hub as hub_module  # noqa: E402

hub_module.stubs()

import desk as desk_module  # noqa: E402


@pytest.fixture(scope="module")
def desk():
    """One hub for the tests of a file; each test enrols organisations of its own."""
    with desk_module.a_hub() as hub:
        yield desk_module.Desk(hub)


@pytest.fixture
def acme(desk):
    return desk.join("acme", kind="large-group")


@pytest.fixture
def startup(desk):
    return desk.join("previzio")
