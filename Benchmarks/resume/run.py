#!/usr/bin/env python3
"""Kills meta-training runs and compares what they end in with runs that nobody killed, byte for byte.

    make build && python3 Benchmarks/resume/run.py            # about 10 minutes on 2 cores
    python3 Benchmarks/resume/run.py --kills 5 --methods maml

Three parts, for every method and for 1 and 2 threads:

1. SIGKILL at random moments (50 by default), each followed by --resume.
2. SIGKILL during the n-th file operation of the run's folder, for every n until the run ends: a write is done by half first.
   A library that is preloaded (faults.c) does it, so that the program under test is the one that users run.
3. A full disk at the n-th file operation, for every n: the run has to pause and go on, or to say what is wrong and be resumable.

Compared are the newest checkpoint and results/meta-training.json. Prints a table; the exit code is 1 where anything differs.
"""

import argparse
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROGRAM = pathlib.Path(os.environ.get("ARCHPRIOR", ROOT / ".build" / "release" / "archprior"))

CONFIGURATION = """\
name: resume
seed: 11
method: {method}
space: {{channels: 4, nodes: 2, stem: pooled-twice}}
conv4: {{filters: 8}}
data: {{sources: [glyphs-greek, glyphs-hebrew], holdout_sources: [glyphs-thai]}}
task: {{way: 5, shot: 1, query: 5}}
inner: {{steps: 2, test_steps: 2}}
outer: {{meta_batch: 4}}
budget: {{tasks: {tasks}}}
decoded: {{tasks: {decoded}, steps: 2, test_steps: 2, meta_batch: 4}}
evaluation: {{tasks: 4, validation_every: {validation}, validation_tasks: 4}}
checkpoint_every: {every}
"""


def write_configuration(folder, name, method, tasks, every):
    path = folder / name
    path.write_text(
        CONFIGURATION.format(method=method, tasks=tasks, decoded=max(4, tasks // 4), validation=4 * every, every=every)
    )
    return path


def command(configuration, run, threads):
    """What a user types after a crash: --resume where there is a run, and the plain command where there is none yet."""
    words = [PROGRAM, "meta-train", configuration, "--output", run, "--threads", str(threads)]
    return [str(w) for w in words] + (["--resume"] if (run / "configuration.yaml").exists() else [])


def remains(run):
    checkpoint = max((run / "checkpoints").glob("tasks-*.checkpoint"))
    files = [checkpoint, run / "results" / "meta-training.json"]
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def finish(configuration, run, threads, environment=None, timeout=600):
    return subprocess.run(
        command(configuration, run, threads), capture_output=True, text=True, timeout=timeout,
        env={**os.environ, **(environment or {})},
    )


def random_kills(configuration, scratch, expected, threads, kills, generator, seconds):
    """One run after the other is killed at random moments, until there were enough kills."""
    done = runs = differing = during_write = 0
    while done < kills:
        run = scratch / f"random-{threads}-{runs}"
        while True:
            process = subprocess.Popen(command(configuration, run, threads), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if done < kills:
                # From the very start of the process to somewhat beyond a third of the run.
                time.sleep(generator.uniform(0, 0.4 * seconds + 0.3))
                if process.poll() is None:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    done += 1
                    during_write += any(".tmp-" in p.name for p in run.rglob(".*"))
                    continue
            if process.wait() != 0:
                return done, runs, differing + 1, during_write
            break
        runs += 1
        if remains(run) != expected:
            differing += 1
            print(f"  differs: {run}", flush=True)
        else:
            shutil.rmtree(run)
    return done, runs, differing, during_write


def every_operation(kind, shim, configuration, scratch, expected, threads):
    """The n-th operation, for n = 1, 2, … until the run has fewer."""
    differing, paused, refused, n = 0, 0, 0, 1
    while True:
        run = scratch / f"{kind}-{threads}-{n}"
        count = scratch / "count"
        environment = {
            "LD_PRELOAD": str(shim), "FAULT_FOLDER": str(run), "FAULT_AT": str(n), "FAULT_KIND": kind, "FAULT_COUNT": str(count),
        }
        count.unlink(missing_ok=True)
        outcome = finish(configuration, run, threads, environment)
        if outcome.returncode == 0:
            total = int(count.read_text()) if count.exists() else 0
            if total < n:
                shutil.rmtree(run, ignore_errors=True)
                return n - 1, differing, paused, refused
            paused += "paused: " in outcome.stderr
        elif kind == "full":
            refused += 1
            if "the disk is full" not in outcome.stderr and "No space left" not in outcome.stderr:
                print(f"  operation {n}: no word of the full disk: {outcome.stderr[-300:]}", flush=True)
                differing += 1
        if outcome.returncode != 0:
            again = finish(configuration, run, threads)
            if again.returncode != 0:
                print(f"  operation {n}: cannot go on: {again.stderr[-300:]}", flush=True)
                differing += 1
        if remains(run) != expected:
            print(f"  operation {n}: differs: {run}", flush=True)
            differing += 1
        else:
            shutil.rmtree(run)
        n += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50, help="random kills for each method and number of threads")
    parser.add_argument("--methods", default="t-nas,maml")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=pathlib.Path, default=HERE / "results.json")
    options = parser.parse_args()
    if not PROGRAM.exists():
        sys.exit(f"no {PROGRAM}: make build")
    generator = random.Random(options.seed)
    rows = []
    with tempfile.TemporaryDirectory(prefix="archprior-resume-") as name:
        scratch = pathlib.Path(name)
        shim = scratch / "faults.so"
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", shim, HERE / "faults.c", "-ldl"], check=True)
        for method in options.methods.split(","):
            long = write_configuration(scratch, f"{method}.yaml", method, tasks=480, every=8)
            short = write_configuration(scratch, f"{method}-short.yaml", method, tasks=16, every=8)
            expected, seconds = {}, 0.0
            for configuration in [long, short]:
                whole = scratch / f"whole-{configuration.stem}"
                start = time.monotonic()
                outcome = finish(configuration, whole, 2)
                if outcome.returncode != 0:
                    sys.exit(outcome.stderr)
                if configuration is long:
                    seconds = time.monotonic() - start
                expected[configuration] = remains(whole)
            for threads in map(int, options.threads.split(",")):
                start = time.monotonic()
                kills, runs, wrong, torn = random_kills(long, scratch, expected[long], threads, options.kills, generator, seconds)
                operations, wrong_kill, _, _ = every_operation("kill", shim, short, scratch, expected[short], threads)
                _, wrong_full, paused, refused = every_operation("full", shim, short, scratch, expected[short], threads)
                rows.append(
                    {
                        "method": method, "threads": threads, "random_kills": kills, "runs": runs,
                        "kills_during_a_write": torn, "kills_at_operations": operations, "full_disk_paused": paused,
                        "full_disk_refused": refused, "differing": wrong + wrong_kill + wrong_full,
                        "seconds": round(time.monotonic() - start, 1),
                    }
                )
                print(json.dumps(rows[-1]), flush=True)
    options.output.write_text(json.dumps(rows, indent=1) + "\n")
    print(f"\n{'method':8}{'threads':>8}{'random kills':>14}{'in a write':>12}{'n-th operation':>16}{'disk full':>11}{'differing':>11}")
    for row in rows:
        full = row["full_disk_paused"] + row["full_disk_refused"]
        print(
            f"{row['method']:8}{row['threads']:>8}{row['random_kills']:>14}{row['kills_during_a_write']:>12}"
            f"{row['kills_at_operations']:>16}{full:>11}{row['differing']:>11}"
        )
    sys.exit(1 if any(row["differing"] for row in rows) else 0)


if __name__ == "__main__":
    main()
