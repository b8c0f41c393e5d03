#!/usr/bin/env python3
"""All few-shot learners on Omniglot, and one table of what they reach: `make omniglot`. Python's standard library only.

Trains every learner of this folder that has no results yet, as many at once as there are cores, and evaluates it once on 600 meta-test tasks.
Stop it with Control-C whenever you like: the next start goes on from the checkpoints. Results are copied to results/NAME here, and
results/table.md, results/curves.svg and the table in README.md are made from them (`--table` makes only these). `--again` first removes the results
and runs that there are, so that everything is trained anew: about 130 minutes on two cores.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))

import curves

PROGRAM = ROOT / ".build/release/archprior"
TASKS = 600
BEGIN, END = "<!-- table -->", "<!-- end of table -->"
PROGRESS = re.compile(r"\[[#.]{10,}\]")

# name, title, way and shot, published accuracy and where it stands, minutes at most on two cores, accuracy wanted
LEARNERS = [
    ("maml-5w1s", "MAML", "5w1s", "98.7 (Finn et al. 2017)", 40, 97.0),
    ("maml-5w5s", "MAML", "5w5s", "99.9 (Finn et al. 2017)", 40, 98.8),
    ("proto-net-5w1s", "ProtoNet", "5w1s", "98.8 (Snell et al. 2017)", 20, 97.5),
    ("reptile-5w1s", "Reptile, transductive", "5w1s", "97.68 (Nichol et al. 2018)", 20, None),
    ("anil-5w1s", "ANIL", "5w1s", "none; 96.2 at 20w1s (Raghu et al. 2020)", 20, None),
    ("meta-sgd-5w1s", "Meta-SGD", "5w1s", "99.53 (Li et al. 2017)", 20, None),
    ("maml-plus-plus-5w1s", "MAML++", "5w1s", "99.47 (Antoniou et al. 2019)", 20, None),
    ("imaml-5w1s", "iMAML, gradient descent", "5w1s", "99.16 (Rajeswaran et al. 2019)", 20, None),
    ("t-nas-5w1s", "T-NAS, decoded network", "5w1s", "99.36 (Lian et al. 2020)", 90, 97.5),
]

# T-NAS has a folder of its own, and trains in two stages; the decoded network is what counts.
TNAS = ROOT / "Benchmarks/omniglot-5w1s"


def configuration(name):
    return TNAS / "config.yaml" if name == "t-nas-5w1s" else HERE / f"{name}.yaml"


def target(name):
    return TNAS / "results" if name == "t-nas-5w1s" else HERE / "results" / name


def run_folder(name):
    return ROOT / "runs/omniglot-learners" / name


class Queue:
    """Learners that wait for a core; stopping lets the programs save their checkpoints."""

    def __init__(self, names, program):
        self.names, self.program = list(names), program
        self.lock, self.running, self.stopped, self.failed = threading.Lock(), set(), False, []

    def work(self):
        while True:
            with self.lock:
                if self.stopped or not self.names:
                    return
                name = self.names.pop(0)
            if not self.learn(name):
                with self.lock:
                    if not self.stopped:
                        self.failed.append(name)

    def learn(self, name):
        folder = run_folder(name)
        resume = ["--resume"] if (folder / "checkpoints").is_dir() and any((folder / "checkpoints").iterdir()) else ["--overwrite"]
        print(f"{name}: {'goes on' if resume == ['--resume'] else 'starts'}", flush=True)
        train = ["meta-train", str(configuration(name)), "--output", str(folder), *resume]
        evaluate = ["evaluate", str(folder), "--dataset", "omniglot", "--tasks", str(TASKS)]
        if not self.call(train, folder.with_suffix(".train.log")) or self.stopped:
            return False
        if not self.call(evaluate, folder.with_suffix(".evaluate.log")):
            return False
        collect(name, folder)
        print(f"{name}: {accuracy(name)[0]:.2f} %", flush=True)
        return True

    def call(self, arguments, log):
        log.parent.mkdir(parents=True, exist_ok=True)
        with open(log, "a") as out:
            with self.lock:
                if self.stopped:
                    return False
                process = subprocess.Popen([str(self.program), *arguments], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
                                           start_new_session=True)
                self.running.add(process)
            code = process.wait()
            with self.lock:
                self.running.discard(process)
        if code and not self.stopped:
            print(f"{arguments[0]} failed; see {log}", file=sys.stderr)
        return code == 0

    def stop(self):
        with self.lock:
            self.stopped = True
            for process in self.running:
                process.send_signal(signal.SIGINT)


def collect(name, folder):
    results = target(name)
    results.mkdir(parents=True, exist_ok=True)
    for file in ("results/evaluation.json", "log.jsonl", "provenance.json"):
        if (folder / file).exists():
            shutil.copy(folder / file, results / pathlib.Path(file).name)
    # What the commands printed, without the progress lines.
    for command in ("train", "evaluate"):
        log = folder.with_suffix(f".{command}.log")
        if log.exists():
            lines = log.read_text().splitlines()
            (results / f"{command}.log").write_text("".join(f"{line}\n" for line in lines if not PROGRESS.search(line)))


def accuracy(name):
    """Mean and half the confidence interval, in percent; None without results."""
    file = target(name) / "evaluation.json"
    if not file.exists():
        return None
    rows = json.loads(file.read_text())
    learner = "decoded" if name == "t-nas-5w1s" else rows[0]["learner"]
    row = next(r for r in rows if r["tasks"] == TASKS and r["learner"] == learner)
    return 100 * row["mean"], 50 * (row["upper"] - row["lower"])


def journal(folder):
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [line for line in lines if line.get("event") == "point"]


def table():
    rows, lines = [], {}
    for name, title, kind, published, minutes, wanted in LEARNERS:
        reached = accuracy(name)
        if reached is None:
            continue
        points = journal(target(name))
        stages = {p["stage"]: p for p in points}
        rows.append((title, kind, reached, sum(p["tasks"] for p in stages.values()),
                     sum(p["seconds"] for p in stages.values()) / 60, published, minutes, wanted))
        # Stages one after the other; the last one's curve, from where its own time begins.
        last = points[-1]["stage"]
        before = sum(p["seconds"] for stage, p in stages.items() if stage != last)
        lines[f"{title}, {kind}"] = [((before + p["seconds"]) / 60, 100 * p["validationAccuracy"])
                                     for p in points if p["stage"] == last and "validationAccuracy" in p]
    text = ["| learner | task | accuracy on 600 meta-test tasks | wanted | meta-training tasks | minutes | published |",
            "| --- | --- | --- | --- | --- | --- | --- |"]
    for title, kind, (mean, half), tasks, spent, published, minutes, wanted in rows:
        text.append(f"| {title} | {kind} | {mean:.2f} ± {half:.2f} % | {'–' if wanted is None else f'{wanted} %'} | {tasks:,} | "
                    f"{spent:.1f} (at most {minutes}) | {published} |")
    (HERE / "results/table.md").write_text("\n".join(text) + "\n")
    (HERE / "results/curves.svg").write_text(curves.drawing(lines))
    readme = HERE / "README.md"
    before, _, rest = readme.read_text().partition(BEGIN)
    readme.write_text(before + BEGIN + "\n" + "\n".join(text) + "\n" + END + rest.partition(END)[2])
    print("\n".join(text))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", help="names of learners, with commas: " + ", ".join(row[0] for row in LEARNERS))
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="learners at once, each on one thread")
    parser.add_argument("--again", action="store_true", help="remove the results and runs that there are, and train anew")
    parser.add_argument("--table", action="store_true", help="make table and curves from the results that there are")
    options = parser.parse_args()
    names = [row[0] for row in LEARNERS]
    wanted = options.only.split(",") if options.only else names
    unknown = [name for name in wanted if name not in names]
    if unknown:
        parser.error(f"no learner is called {unknown[0]}; there are {', '.join(names)}")
    if not options.table:
        if not (ROOT.parent / "shared/data/images_background.zip").exists():
            sys.exit("Omniglot is not there: put images_background.zip and images_evaluation.zip into ../shared/data")
        for name in wanted if options.again else []:
            shutil.rmtree(run_folder(name), ignore_errors=True)
            for log in run_folder(name).parent.glob(f"{name}.*.log"):
                log.unlink()
            (target(name) / "evaluation.json").unlink(missing_ok=True)
        queue = Queue([name for name in wanted if accuracy(name) is None], PROGRAM)
        threads = [threading.Thread(target=queue.work) for _ in range(max(1, options.jobs))]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        except KeyboardInterrupt:
            print("stopping; the same command goes on from here", flush=True)
            queue.stop()
            for thread in threads:
                thread.join()
            sys.exit(130)
        if queue.failed:
            sys.exit(f"without results: {', '.join(queue.failed)}")
    table()


if __name__ == "__main__":
    main()
