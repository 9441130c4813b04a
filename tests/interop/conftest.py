# SPDX-License-Identifier: Apache-2.0
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import hub as hub_module  # noqa: E402

hub_module.stubs()


@pytest.fixture(scope="module")
def hub():
    """One hub for the tests of a file; each test enrols organisations of its own."""
    with hub_module.Hub() as running:
        yield running
