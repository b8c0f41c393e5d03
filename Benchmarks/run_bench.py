#!/usr/bin/env python3
"""ArchPrior and its peers, alternating in one run on this machine: `make bench`. Python's standard library only.

Prints a table of times, rates, memory and ratios, the lines of "Must show" with their verdicts, and writes all numbers to
Benchmarks/results/bench.json. Run it on a quiet machine; the load average stands in the results.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "driver"))

import measuring
import peers_environment
import programs
import table
import targets
from programs import Failure, environment, note
from workloads import all_workloads

SINGLE = ["latency", "cold", "allocations", "primitive", "levels"]


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--only", help="comma-separated beginnings of workloads: tnas, tnas-exact, maml, darts, overhead, " + ", ".join(SINGLE))
    p.add_argument("--peers", default="PyTorch,JAX", help="PyTorch, JAX or both; none for ArchPrior alone")
    p.add_argument("--minutes", type=float, default=20, help="time for all workloads together; single measurements take about two minutes more")
    p.add_argument("--openblas-default", action="store_true",
                   help="unset OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE for ArchPrior's programs")
    p.add_argument("--output", default=str(programs.ROOT / "Benchmarks/results/bench.json"))
    return p.parse_args()


def machine():
    def first(path, key, separator):
        try:
            lines = pathlib.Path(path).read_text().splitlines()
        except OSError:
            return None
        return next((line.split(separator, 1)[1].strip(' \t"') for line in lines if line.startswith(key)), None)

    swift = subprocess.run([str(programs.ROOT / "scripts/toolchain.sh"), "swift", "--version"], capture_output=True, text=True)
    commit = subprocess.run(["git", "-C", str(programs.ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True)
    return {
        "processor": first("/proc/cpuinfo", "model name", ":"), "cores": os.cpu_count(),
        "memoryMiB": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        "system": first("/etc/os-release", "PRETTY_NAME", "="), "python": platform.python_version(),
        "swift": (swift.stdout.splitlines() or ["unknown"])[0], "commit": commit.stdout.strip(),
        "openblasEnvironment": {name: os.environ.get(name) for name in programs.OPENBLAS_VARIABLES},
    }


def main():
    a = arguments()
    begin = time.monotonic()
    peers = [] if a.peers == "none" else a.peers.split(",")
    wanted = a.only.split(",") if a.only else [""]

    def asked(name):
        return any(name.startswith(w) for w in wanted)

    env = environment(a.openblas_default)
    chosen = [w for w in all_workloads() if asked(w.key)]
    results = {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "machine": machine(),
               "settings": {"only": a.only, "peers": peers, "minutes": a.minutes, "openblasDefault": a.openblas_default},
               "loadAverage": [os.getloadavg()[0]], "workloads": {}}
    if peers:
        peers_environment.prepare()
        results["peers"] = json.loads(peers_environment.versions())
    note("matrix product")
    results["matrixProduct"] = [measuring.matrix_product()]
    latency = measuring.Latency(env)
    latency_rounds = 0 if not asked("latency") else 1 if chosen else 5
    singles = {"cold": ("cold", measuring.cold),
               "allocations": ("allocations", lambda e: programs.report("ArchPrior", ["allocations"], e)),
               "primitive": ("primitive", lambda e: programs.report("ArchPrior", ["overhead"], e)),
               "levels": ("kernelLevels", measuring.kernel_levels)}
    failures = []
    for name, (key, function) in singles.items():
        if asked(name):
            note(name)
            try:
                results[key] = function(env)
            except Failure as failure:
                failures.append(str(failure))
                note(f"  {failure}")
    def adapt():
        for _ in range(latency_rounds):
            note("latency")
            try:
                latency.round()
            except Failure as failure:
                failures.append(str(failure))
                note(f"  {failure}")

    adapt()
    # What a workload leaves over goes to those after it.
    left, shares = 60 * a.minutes * sum(w.share for w in chosen), sum(w.share for w in chosen)
    for workload in chosen:
        budget = left * workload.share / shares
        start = time.monotonic()
        try:
            results["workloads"][workload.key] = measuring.alternate(workload, budget, peers, env)
        except Failure as failure:
            failures.append(str(failure))
            note(f"  {failure}")
        left = max(0, left - (time.monotonic() - start))
        shares -= workload.share
        adapt()
    note("matrix product")
    results["matrixProduct"].append(measuring.matrix_product())
    results["matrixProductRates"] = {str(t): r for t, r in measuring.best_rates(results["matrixProduct"]).items()}
    if latency.ratios:
        results["latency"] = latency.result()
    results["loadAverage"].append(os.getloadavg()[0])
    results["minutes"] = (time.monotonic() - begin) / 60
    results["failures"] = failures
    results["mustShow"] = [line.json() for line in targets.lines(results)]
    output = pathlib.Path(a.output)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    print(table.matrix_product(results), end="\n\n")
    if results["workloads"]:
        print(table.workloads(results), end="\n\n")
    print(table.must_show(results), end="\n\n")
    load = max(results["loadAverage"][0], 0)
    if load > 0.5:
        print(f"The load average was {load:.1f} before the run began: the machine was not quiet.")
    print(f"{results['minutes']:.1f} minutes; all numbers: {output}")
    return 1 if failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Failure, KeyboardInterrupt) as failure:
        sys.exit(f"error: {failure}")
