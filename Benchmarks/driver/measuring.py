"""Runs workloads and single measurements, and puts what they report into plain dictionaries."""

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import programs
from programs import Program, environment, note

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from png import write_png  # noqa: E402


def ratios(slow, fast):
    """How many times as long the first took, run by run: the two alternated."""
    values = [s / f for s, f in zip(slow, fast)]
    return {"median": statistics.median(values), "minimum": min(values), "maximum": max(values), "all": values}


def alternate(workload, budget, peers, env):
    """Times all programs of a workload in turn until the budget (seconds, their start included) is used up."""
    begin = time.monotonic()
    chosen = [Program(label, engine, arguments, env if engine == "ArchPrior" else environment())
              for label, (engine, arguments) in workload.programs.items() if engine == "ArchPrior" or engine in peers]
    note(f"{workload.key}: {', '.join(p.label for p in chosen)}")
    try:
        for program in chosen:
            program.start()
            note(f"  {program.label} ready after {program.warmup:.1f} s")
        ready = time.monotonic()
        rounds = 0
        while rounds < workload.most:
            # Every round starts with another program, so that none always runs after the same one.
            for offset in range(len(chosen)):
                chosen[(rounds + offset) % len(chosen)].run()
            rounds += 1
            now = time.monotonic()
            if rounds >= workload.least and now - begin + 0.7 * (now - ready) / rounds > budget:
                break
        reports = {p.label: p.finish() for p in chosen}
    finally:
        for program in chosen:
            program.stop()
    ours = reports["ArchPrior"]
    result = {"title": workload.title, "threads": workload.threads, "rounds": rounds, "programs": reports,
              "ratios": {}, "agreement": {}}
    for label, peer in reports.items():
        if label == "ArchPrior":
            continue
        result["ratios"][label] = ratios(peer["seconds"], ours["seconds"])
        differences = {key: abs(peer[key] - ours[key]) / abs(ours[key]) for key in ("loss", "gradientNorm")}
        agrees = (differences["loss"] <= workload.loss_tolerance
                  and differences["gradientNorm"] <= workload.gradient_tolerance)
        result["agreement"][label] = differences | {"agrees": agrees}
        r = result["ratios"][label]
        note(f"  {label}: {r['median']:.2f}× ({r['minimum']:.2f}–{r['maximum']:.2f}) ArchPrior's seconds"
             + ("" if agrees else "  DISAGREES"))
    for peer in reports.values():
        # All programs do the same work: what ArchPrior counts holds for all of them.
        peer["gigaflop"] = ours["gigaflop"]
        peer["gigaflopPerSecond"] = ours["gigaflop"] / peer["median"]
    return result


def matrix_product():
    """OpenBLAS' rate with its kernels chosen by the environment and by itself."""
    result = {}
    for name, default in (("as the environment has it", False), ("OpenBLAS' own choice", True)):
        for threads in (1, 2):
            try:
                r = programs.report("ArchPrior", ["sgemm", "--threads", str(threads)], environment(default))
            except programs.Failure as failure:  # some kernels crash on some processors
                r = {"isRight": False, "gigaflopPerSecond": 0.0, "failure": str(failure)}
            result[f"{name}, {threads}"] = r | {"threads": threads, "choice": name}
    return result


def best_rates(measurements):
    """Threads -> the highest rate among right results."""
    return {threads: max((m["gigaflopPerSecond"] for run in measurements for m in run.values()
                          if m["threads"] == threads and m["isRight"]), default=float("nan")) for threads in (1, 2)}


class Latency:
    """Adaptations with the prior in memory on one and on two threads, in turn; `ratios` are those of neighbouring medians.

    Rounds are spread over the whole run: a virtual machine's two processors are at times those of one core, for minutes.
    """

    def __init__(self, env, repeats=10):
        self.env, self.repeats = env, repeats
        self.reports, self.ratios = {}, []

    def round(self):
        medians = {}
        for threads in (1, 2):
            r = programs.report("ArchPrior", ["latency", "--threads", str(threads), "--repeats", str(self.repeats)], self.env)
            medians[threads] = statistics.median(r["seconds"])
            if threads in self.reports:
                r["seconds"] = self.reports[threads]["seconds"] + r["seconds"]
                r["bitsStayTheSame"] = r["bitsStayTheSame"] and r["bits"] == self.reports[threads]["bits"]
            self.reports[threads] = r
        self.ratios.append(medians[1] / medians[2])

    def result(self):
        for r in self.reports.values():
            ordered = sorted(r["seconds"])
            r["median"] = statistics.median(ordered)
            r["percentile99"] = ordered[min(len(ordered) - 1, -(-99 * len(ordered) // 100) - 1)]
        return {str(threads): r | ({"ratios": self.ratios} if threads == 2 else {}) for threads, r in self.reports.items()}


def kernel_levels(env):
    """The same task with the kernels of every level."""
    return {level: programs.report("ArchPrior", ["tnas", "--repeats", "1", "--warmup", "0"],
                                   env | {"ARCHPRIOR_KERNELS": level}) for level in ("avx512", "avx2", "baseline")}


def cold(env, repeats=5):
    """`archprior adapt` from the start of the process on a task of PNG files, beside its own adaptation time."""
    with tempfile.TemporaryDirectory(prefix="archprior-bench-") as folder:
        folder = pathlib.Path(folder)
        write_task(folder / "task")
        run = folder / "run"
        command = [str(programs.COMMAND)]
        train = subprocess.run(
            command + ["meta-train", str(programs.ROOT / "Benchmarks/driver/cold.yaml"), "--output", str(run)],
            capture_output=True, text=True, env=env, cwd=programs.ROOT)
        if train.returncode:
            raise programs.Failure(f"archprior meta-train failed: {train.stderr.strip()[-800:]}")
        total, inside = [], []
        for number in range(repeats + 1):
            begin = time.perf_counter()
            done = subprocess.run(command + ["adapt", str(run), "--task", str(folder / "task"), "--json"],
                                  capture_output=True, text=True, env=env, cwd=programs.ROOT)
            seconds = time.perf_counter() - begin
            if done.returncode:
                raise programs.Failure(f"archprior adapt failed: {done.stderr.strip()[-800:]}")
            if number:  # the first one reads the program from the disk
                total.append(seconds)
                inside.append(json.loads(done.stdout)["seconds"])
    beyond = [t - i for t, i in zip(total, inside)]
    return {"seconds": total, "adaptationSeconds": inside, "beyondAdaptation": beyond,
            "median": statistics.median(total), "medianBeyondAdaptation": statistics.median(beyond)}


def write_task(folder, classes=5, queries=15, side=28):
    """Drawings of random strokes as PNG files: support/CLASS/*.png and query/CLASS/*.png."""
    for number in range(classes):
        for part, count in (("support", 1), ("query", queries)):
            (folder / part / f"class-{number}").mkdir(parents=True)
            for image in range(count):
                pixels = [bytearray(b"\xff" * side) for _ in range(side)]
                for step in range(side - 8):  # a line of the class's own slope, shifted a little from image to image
                    pixels[4 + step][(4 + step * (number + 1) // classes + image % 5) % side] = 0
                write_png(folder / part / f"class-{number}" / f"{image:02}.png", side, 1, b"".join(pixels))
