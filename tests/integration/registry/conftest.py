# SPDX-License-Identifier: Apache-2.0
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))

import hub as hub_module  # noqa: E402

hub_module.stubs()
hub_module.interop_client()

import scene  # noqa: E402


@pytest.fixture(scope="module")
def cast():
    """One hub for the tests of a file; each test enrols organisations of its own."""
    with scene.a_hub() as hub:
        with scene.Cast(hub) as made:
            yield made


@pytest.fixture(scope="module")
def later():
    """A cast whose hub takes its day from a clock that the test moves; skipped where the programs have none."""
    if not scene.has_test_clock():
        pytest.skip("built without BN_TEST_CLOCK")
    with scene.Clock() as clock:
        with scene.a_hub(environment=clock.environment) as hub:
            with scene.Cast(hub, clock) as made:
                yield made
