# SPDX-License-Identifier: Apache-2.0
import pathlib
import shutil
import tempfile

import pytest

from world import World


@pytest.fixture
def make_world():
    """Makes worlds, each with its configuration; closes them at the end of the test and looks at how they ended."""
    worlds, folders = [], []

    def make(**configuration):
        folder = tempfile.mkdtemp(prefix="bn-broker-")  # short: an ipc path has at most 107 bytes
        folders.append(folder)
        worlds.append(World(pathlib.Path(folder), **configuration))
        return worlds[-1]

    yield make
    for world in worlds:
        world.__exit__(None)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def world(make_world):
    return make_world()
