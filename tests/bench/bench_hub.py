# SPDX-License-Identifier: Apache-2.0
"""Receipted durable proposals of 1 KiB per second, beside two limits in the same run on the same disk.

The bare pipeline (bare.c) takes the same bytes over the same transport and does the least that could be called keeping
them. Runs alternate hub and bare, so that a machine whose speed drifts disturbs both alike; medians are quoted.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import hub as hubs  # noqa: E402

SHAPES = [(1, 1), (8, 1), (64, 1), (1, 64), (8, 64), (64, 64)]
CLIENTS_MAX = 64


def tool(name):
    return str(hubs.build_folder() / "bin" / name)


def load(endpoint, clients, window, seconds, keys=None, server_key=None):
    command = [tool("bench_load"), "--endpoint", endpoint, "--clients", clients, "--window", window]
    command += ["--seconds", seconds, "--warmup", 0.7]
    if keys:
        command += ["--keys", keys, "--server-key", server_key]
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120)
    if result.returncode != 0:
        raise SystemExit(f"load failed: {result.stderr.strip()}")
    return json.loads(result.stdout)


class Bare:
    def __init__(self, folder, transport):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bare-", dir=folder))
        endpoint = f"ipc://{self.folder}/s" if transport == "ipc" else "tcp://127.0.0.1:*"
        command = [tool("bench_bare"), "--database", str(self.folder / "db"), "--endpoint", endpoint]
        self.public = None
        if transport == "tcp":
            self.public, secret = hubs.keypair()
            command += ["--curve", secret]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.endpoint = self.process.stdout.readline().strip()

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        shutil.rmtree(self.folder)


class Tested:
    """The real hub, with one organisation for each connection; a local socket for ipc without CURVE."""

    def __init__(self, folder):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hub-", dir=folder))
        local = f"ipc://{self.folder}/run/local.sock"
        self.hub = hubs.Hub(
            broker={"local": {"endpoint": local, "organisation": "member-0"},
                    "limits": {"handshakes_per_minute": 10000}, "log": {"level": "info"}},
            registry={"log": {"level": "info"}},
            folder=self.folder,
            start=False,
        )
        # The local socket speaks for an organisation that must be there: enrolled through a hub without it first.
        kept = self.hub.broker_config.pop("local")
        self.hub.write_configuration()
        self.hub.start()
        self.members = [self.hub.enrol(f"member-{i}") for i in range(CLIENTS_MAX)]
        self.keys = self.folder / "keys"
        self.keys.write_text("".join(m.secret + "\n" for m in self.members))
        self.hub.stop()
        self.hub.broker_config["local"] = kept
        self.hub.write_configuration()
        self.hub.start()
        self.local = local

    def load(self, transport, clients, window, seconds):
        if transport == "ipc":
            return load(self.local, clients, window, seconds)
        return load(self.hub.endpoint, clients, window, seconds, self.keys, self.hub.hub_public)

    def peak_bytes(self, name):
        text = pathlib.Path(f"/proc/{self.hub.processes[name].pid}/status").read_text()
        return int(next(line.split()[1] for line in text.splitlines() if line.startswith("VmHWM"))) * 1024

    def stats(self):
        return self.hub.stats()

    def close(self):
        self.hub.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def bare_sqlite(folder, batch, seconds):
    database = tempfile.mktemp(prefix="sqlite-", dir=folder)
    command = [tool("bench_bare"), "--database", database, "--sqlite", batch, "--seconds", seconds]
    output = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120, check=True).stdout
    for suffix in ("", "-wal", "-shm"):
        pathlib.Path(database + suffix).unlink(missing_ok=True)
    return json.loads(output)["per_second"]


def median(rows, key):
    return statistics.median(row[key] for row in rows)


def machine():
    model = next(l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name"))
    return f"{os.cpu_count()} cores, {model}, Linux {os.uname().release}"


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run hub", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="alternated runs of each shape (3)")
    parser.add_argument("--seconds", type=float, default=3, help="measured time of one run (3)")
    parser.add_argument("--quick", action="store_true", help="one short run of each shape")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    parser.add_argument("--folder", default=str(ROOT / "build"), help="where the databases lie (build/)")
    options = parser.parse_args()
    if options.quick:
        options.runs, options.seconds = 1, 1
    figures = []

    def figure(name, value, unit):
        figures.append({"name": name, "value": round(value, 3), "unit": unit})

    print(f"{time.strftime('%Y-%m-%d')}, {machine()}")
    print(f"medians of {options.runs} alternated runs of {options.seconds:g} s; 1 KiB proposals; databases in build/\n")
    tested = Tested(options.folder)
    try:
        for transport in ("ipc", "tcp"):
            name = "ipc, no CURVE" if transport == "ipc" else "TCP with CURVE"
            print(f"| {name}: clients x window | hub /s | p50 µs | p99 µs | bare /s | p50 µs | p99 µs | ratio |")
            print("|---|---|---|---|---|---|---|---|")
            for clients, window in SHAPES:
                hub_rows, bare_rows = [], []
                for _ in range(options.runs):
                    hub_rows.append(tested.load(transport, clients, window, options.seconds))
                    bare = Bare(options.folder, transport)
                    try:
                        bare_rows.append(
                            load(bare.endpoint, clients, window, options.seconds,
                                 tested.keys if bare.public else None, bare.public)
                        )  # fmt: skip
                    finally:
                        bare.close()
                if any(row["refused"] for row in hub_rows):
                    raise SystemExit(f"the hub refused requests: {hub_rows}")
                ratio = median(hub_rows, "per_second") / median(bare_rows, "per_second")
                cells = []
                for kind, rows in (("hub", hub_rows), ("bare", bare_rows)):
                    for key, unit in (("per_second", "1/s"), ("p50_us", "us"), ("p99_us", "us")):
                        figure(f"{transport}.{clients}x{window}.{kind}.{key}", median(rows, key), unit)
                        cells.append(f"{median(rows, key):,.0f}")
                figure(f"{transport}.{clients}x{window}.ratio", ratio, "")
                print(f"| {clients}x{window} | " + " | ".join(cells) + f" | {ratio:.2f} |", flush=True)
            print()
        stats = tested.stats()
        commit, batch = stats.registry.commit, stats.registry.batch_size
        print(f"commits: {commit.count:,}, p50 {commit.p50_us} µs, p99 {commit.p99_us} µs; "
              f"requests a commit: p50 {batch.p50_us}, p99 {batch.p99_us}")  # fmt: skip
        for name in ("broker", "registry"):
            peak = tested.peak_bytes(name)
            figure(f"{name}.peak", peak / 2**20, "MiB")
            print(f"binome-{name}: peak memory {peak / 2**20:.0f} MiB")
        print("\n| bare SQLite, inserts a commit | rows /s |\n|---|---|")
        for size in (1, 8, 64, 512, 2048):
            rate = bare_sqlite(options.folder, size, options.seconds)
            figure(f"sqlite.{size}", rate, "1/s")
            print(f"| {size} | {rate:,.0f} |")
    finally:
        tested.close()
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"figures": figures}, indent=1) + "\n")


main()
