#!/usr/bin/env python3
"""The table of speeds in docs/results.md, from Benchmarks/results/bench.json: prints it, or with --write puts it there. Standard library only."""

import json
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from targets import best_ratio

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
START, END = "<!-- speed: python3 Benchmarks/driver/summary.py --write -->\n", "<!-- end of speed -->\n"
# Workload, what it is.
ROWS = [
    ("tnas-first-1", "T-NAS task, first order"), ("tnas-first-2", "T-NAS, two tasks, first order"),
    ("tnas-exact-1", "T-NAS task, exact"), ("tnas-exact-2", "T-NAS, two tasks, exact"),
    ("overhead", "T-NAS, eight tasks on 4×4 images: overhead only"),
    ("maml-first-1", "MAML Conv-4, 32 tasks, first order"), ("maml-exact-1", "MAML Conv-4, 32 tasks, exact"),
    ("maml-exact-2", "MAML Conv-4, 32 tasks, exact"), ("darts-1", "DARTS, second-order step"),
]


def table(results):
    lines = ["| work | threads | ArchPrior | times as fast as the best peer (least – greatest ratio) | peak memory, and the peer's |", "| --- | --- | --- | --- | --- |"]
    for key, title in ROWS:
        workload = results["workloads"].get(key)
        if workload is None:
            continue
        own = workload["programs"]["ArchPrior"]
        label, ratio = best_ratio(workload)
        memory = workload["programs"][label]["peakMemoryMiB"]
        lines.append(f"| {title} | {workload['threads']} | {own['median']:.3g} s | **{ratio['median']:.1f}** ({ratio['minimum']:.1f} – {ratio['maximum']:.1f}) {label.split(',')[0]} "
                     f"| {own['peakMemoryMiB']:.0f}, {memory:.0f} MiB |")
    machine, peers = results["machine"], results["peers"]
    lines += ["", f"Medians of one `make bench` of {results['date'][:10]}, commit {machine['commit']}, {machine['cores']} cores of an {machine['processor']}; PyTorch {peers['torch']} and JAX "
              f"{peers['jax']} on the processor, in their best settings found, alternating with ArchPrior. All numbers: [bench.json](../Benchmarks/results/bench.json)."]
    return "\n".join(lines) + "\n"


def main():
    text = table(json.loads((ROOT / "Benchmarks/results/bench.json").read_text()))
    if "--write" not in sys.argv:
        print(text, end="")
        return
    page = ROOT / "docs/results.md"
    before, rest = page.read_text().split(START)
    page.write_text(before + START + text + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
