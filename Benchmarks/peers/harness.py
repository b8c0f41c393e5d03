"""How every peer runs: options, timing, memory, and one JSON object, with the keys of archprior-bench's reports.

With --interactive a program warms up, prints {"ready": true}, times one run for each line of standard input, and reports
when the input ends: a driver can alternate between programs without paying for their start and compilation each time.
"""

import argparse
import json
import os
import statistics
import sys
import time


def memory(field):
    """A line of /proc/self/status in MiB: VmRSS now, VmHWM at most."""
    with open("/proc/self/status") as f:
        for line in f:
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024


def options(description):
    p = argparse.ArgumentParser(description=description)
    p.add_argument("workload", choices=["tnas", "maml", "darts"])
    p.add_argument("--order", choices=["first", "exact"], default="first")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--tasks", type=int, help="tasks a run; 1 for tnas, 32 for maml")
    p.add_argument("--size", type=int, help="image side; 28, for darts 32")
    p.add_argument("--query", type=int, default=15, help="query images a class")
    p.add_argument("--steps", type=int, default=5)
    p.add_argument("--channels", type=int, default=16)
    p.add_argument("--filters", type=int, default=64)
    p.add_argument("--batch", type=int, default=64, help="images of each of darts' two batches")
    p.add_argument("--weight-rate", type=float, default=0.01)
    p.add_argument("--architecture-rate", type=float, default=1.0)
    p.add_argument("--repeats", type=int, default=5)
    p.add_argument("--warmup", type=int, default=1)
    p.add_argument("--interactive", action="store_true")
    return p


def complete(a):
    a.tasks = a.tasks or (32 if a.workload == "maml" else 1)
    a.size = a.size or (32 if a.workload == "darts" else 28)
    a.way = 10 if a.workload == "darts" else 5
    return a


def measure(a, engine, version, settings, once):
    """Calls once() -> (loss, function that gives the gradient's norm), and prints the report."""
    before = memory("VmRSS")
    outcome = None
    begin = time.perf_counter()
    for _ in range(a.warmup):
        outcome = once()
    warmup = time.perf_counter() - begin
    seconds, processor = [], []

    def timed():
        nonlocal outcome
        outcome = None
        begin, busy = time.perf_counter(), time.process_time()
        result = once()
        seconds.append(time.perf_counter() - begin)
        processor.append(time.process_time() - busy)
        outcome = result
        if a.interactive:
            print(json.dumps({"seconds": seconds[-1], "loss": result[0]}), flush=True)

    if a.interactive:
        print(json.dumps({"ready": True}), flush=True)
        for _ in sys.stdin:
            timed()
    else:
        for _ in range(a.repeats):
            timed()
    print(json.dumps({
        "workload": a.workload, "engine": engine, "version": version, "settings": settings, "threads": a.threads,
        "tasks": a.tasks, "seconds": seconds, "median": statistics.median(seconds), "minimum": min(seconds),
        "maximum": max(seconds),
        # What the run took of all cores: on a machine that is not quiet it tells settings apart better than the clock.
        "processorSeconds": processor, "loss": outcome[0], "gradientNorm": outcome[1](),
        "peakMemoryMiB": memory("VmHWM"), "memoryBeforeMiB": before, "warmupSeconds": warmup,
        "loadAverage": os.getloadavg()[0],
    }), flush=True)
