# SPDX-License-Identifier: Apache-2.0
"""What `cmake --install` puts into a folder works from there: a whole hub, the command in both languages, the library."""

import gzip
import os
import pathlib
import re
import shutil
import subprocess

import pytest
from desk import Desk, a_hub
from hub import ROOT, build_folder


def cached(name):
    found = re.search(rf"^{name}:\w+=(.*)$", (build_folder() / "CMakeCache.txt").read_text(), re.M)
    return found.group(1) if found else ""


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """Where the programs of DESTDIR lie."""
    destdir = tmp_path_factory.mktemp("destdir")
    environment = {**os.environ, "DESTDIR": str(destdir)}
    subprocess.run(
        [cached("CMAKE_COMMAND") or "cmake", "--install", str(build_folder())],
        check=True, capture_output=True, text=True, env=environment,
    )  # fmt: skip
    outside = [p for p in destdir.rglob("*") if p.is_file() and cached("CMAKE_INSTALL_PREFIX") not in str(p)]
    assert not outside, outside
    return pathlib.Path(f"{destdir}{cached('CMAKE_INSTALL_PREFIX')}")


def files(prefix, pattern):
    return sorted(p for p in prefix.rglob(pattern) if p.is_file())


def test_programs_and_files_are_where_they_belong(prefix):
    assert {"binome", "binome-broker", "binome-registry"} <= {p.name for p in (prefix / "bin").iterdir()}
    for program in (prefix / "bin").iterdir():
        assert os.access(program, os.X_OK)
        subprocess.run([program, "--version"], check=True, capture_output=True)
        subprocess.run([program, "--help"], check=True, capture_output=True)
    assert files(prefix, "libbinome.so*") and files(prefix, "libbinome.a")
    assert [p.parent.name for p in files(prefix, "binome.h")] == ["binome"]
    assert files(prefix, "proposal.pb-c.h") and not files(prefix, "link.pb-c.h")
    assert files(prefix, "binome.pc") and files(prefix, "binome.mo")
    for path in prefix.rglob("*"):
        assert not (path.is_file() and b"/cli/test_" in path.read_bytes()), path


def test_the_manual_page_is_there_and_names_every_verb(prefix):
    if shutil.which("scdoc") is None:
        pytest.skip("scdoc is not installed")
    (page,) = files(prefix, "binome.1*")
    text = (gzip.open(page, "rt") if page.suffix == ".gz" else open(page)).read()
    for verb in ("keygen", "propose", "offer", "match", "status", "import", "export", "verify"):
        assert f"\\fB{verb}\\fR" in text, verb


def test_the_completion_completes(prefix):
    (completion,) = files(prefix, "bash-completion/completions/binome")
    script = f"source {completion}; COMP_WORDS=(binome prop); COMP_CWORD=1; _binome; echo ${{COMPREPLY[*]}}"
    ran = subprocess.run(
        ["bash", "--norc", "-c", script], capture_output=True, text=True,
        env={**os.environ, "PATH": f"{prefix}/bin:{os.environ['PATH']}"},
    )  # fmt: skip
    assert "propose" in ran.stdout, ran


def test_a_hub_and_the_command_run_from_there_also_in_french(prefix, monkeypatch):
    monkeypatch.setenv("BINOME_BUILD", str(prefix))
    with a_hub() as hub:
        desk = Desk(hub)
        acme = desk.join("acme")
        desk.submit(acme)
        desk.done("list", "proposals", "--lang", "fr", as_=acme).says("IDENTIFIANT", "CHANTIER")
        desk.done("stats").says("registry there")


def test_a_program_is_built_with_the_library_and_runs(prefix, desk, acme):
    (pc,) = files(prefix, "binome.pc")
    environment = {**os.environ, "PKG_CONFIG_PATH": str(pc.parent)}
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "binome"], check=True, capture_output=True, text=True, env=environment
    ).stdout.split()
    program = prefix / "example"
    sanitize = [f"-fsanitize={cached('BN_SANITIZE')}"] if cached("BN_SANITIZE") else []
    subprocess.run(
        [cached("CMAKE_C_COMPILER"), "-Wall", "-Wextra", "-Werror", *sanitize, ROOT / "docs" / "example.c", "-o", program,
         *flags], check=True,
    )  # fmt: skip
    (library,) = {p.parent for p in files(prefix, "libbinome.so*")}
    ran = subprocess.run(
        [program, acme.profile, "ai", "Built elsewhere"], capture_output=True, text=True, timeout=60,
        env={**desk.hub.environment, "LD_LIBRARY_PATH": str(library)},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    desk.done("list", "proposals", "--owner", "me", as_=acme).says("Built elsewhere")
