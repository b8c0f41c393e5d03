#!/usr/bin/env python3
"""Lets the real TensorBoard read the event file of a run, and compares what it says with the run's journal.

    make build && python3 Benchmarks/tensorboard/check.py              # installs tensorboard from PyPI into a throw-away environment
    python3 Benchmarks/tensorboard/check.py --python PYTHON --run RUN  # an interpreter that has tensorboard, a run that exists

The run is killed once on the way and resumed, so that events which are written twice would show.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = pathlib.Path(os.environ.get("ARCHPRIOR", ROOT / ".build" / "release" / "archprior"))
CONFIGURATION = """\
name: board
seed: 2
space: {channels: 2, nodes: 1, stem: pooled-twice}
data: {sources: [glyphs-greek], holdout_sources: [glyphs-thai]}
task: {way: 3, shot: 1, query: 2}
inner: {steps: 1, test_steps: 1}
outer: {meta_batch: 2}
budget: {tasks: 400}
decoded: {tasks: 80, steps: 1, test_steps: 1, meta_batch: 2}
evaluation: {tasks: 4, validation_every: 80, validation_tasks: 4}
checkpoint_every: 20
"""

READER = """
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
board = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0}, purge_orphaned_data=False)
board.Reload()
tags = board.Tags()
scalars = {tag: [(e.step, e.value) for e in board.Scalars(tag)] for tag in tags["scalars"]}
images = {tag: [(e.step, e.width, e.height, e.encoded_image_string[:8].hex()) for e in board.Images(tag)] for tag in tags["images"]}
print(json.dumps({"scalars": scalars, "images": images}))
"""


def train(folder):
    configuration = folder / "board.yaml"
    configuration.write_text(CONFIGURATION)
    run = folder / "run"
    words = [str(PROGRAM), "meta-train", str(configuration), "--output", str(run)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and len(list(run.glob("checkpoints/tasks-*"))) < 2:
        time.sleep(0.005)
    process.kill()
    process.wait()
    subprocess.run(words + ["--resume"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", help="an interpreter that has tensorboard")
    parser.add_argument("--run", type=pathlib.Path, help="a run to read instead of a fresh one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="archprior-board-") as name:
        folder = pathlib.Path(name)
        python = options.python
        if not python:
            venv.create(folder / "environment", with_pip=True)
            python = str(folder / "environment" / "bin" / "python")
            subprocess.run([python, "-m", "pip", "-q", "install", "tensorboard"], check=True)
        run = options.run or train(folder)
        outcome = subprocess.run([python, "-c", READER, str(run / "tensorboard")], capture_output=True, text=True)
        if outcome.returncode != 0:
            sys.exit(outcome.stderr)
        board = json.loads(outcome.stdout)
        points = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
        points = [p for p in points if p["event"] == "point"]
    wrong = 0
    keys = {"query loss": "queryLoss", "query accuracy": "queryAccuracy", "meta-validation accuracy": "validationAccuracy"}
    for tag, events in sorted(board["scalars"].items()):
        stage, what = tag.split("/", 1)
        expected = [(p["tasks"], p[keys[what]]) for p in points if p["stage"] == stage and keys[what] in p]
        agrees = len(events) == len(expected) and all(
            s == step and abs(v - value) <= 1e-6 * max(1, abs(value)) for (s, v), (step, value) in zip(events, expected)
        )
        wrong += not agrees
        print(f"scalar  {tag:40} {len(events):4} events, {'as in the journal' if agrees else 'NOT AS IN THE JOURNAL'}")
    for tag, events in sorted(board["images"].items()):
        png = all(head == "89504e470d0a1a0a" for *_, head in events)
        wrong += not png
        print(f"image   {tag:40} {len(events):4} events, {events[0][1]} × {events[0][2]}, {'PNG' if png else 'NO PNG'}")
    if not board["scalars"] or (points and not options.run and not board["images"]):
        wrong += 1
        print("nothing was read")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
