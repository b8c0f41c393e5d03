"""Times one T-NAS task in PyTorch: adaptation of weights and architecture on the support set, then the query gradient.

The peer of the engine's own T-NAS benchmark: the same supernet (Tests/ModelsTests/Fixtures/supernet_model.py, whose
numbers the engine's tests are checked against), Float32, random weights, simultaneous inner steps (Lian et al. 2020,
eqs 5-6). A task is `steps` support gradients and updates, and one query gradient: at (w^M, theta^M) for
`--order first`, through the loop for `--order exact`. Prints one JSON object: seconds of a task (median, least, all),
of the inner loop and of the query gradient, and the process's peak memory.

    python pytorch_tnas.py --channels 16 --stem flat --threads 1 --steps 5 --order first
"""

import argparse
import json
import os
import platform
import resource
import statistics
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "Tests", "ModelsTests", "Fixtures"))

import torch
import torch.nn.functional as F

from supernet_model import OPERATIONS, Supernet


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--channels", type=int, default=16)
    p.add_argument("--stem", choices=["flat", "pooledTwice"], default="flat")
    p.add_argument("--size", type=int, help="image side; default 28 for flat, 84 for pooledTwice")
    p.add_argument("--inputs", type=int, help="image channels; default 1 for flat, 3 for pooledTwice")
    p.add_argument("--nodes", type=int, default=4)
    p.add_argument("--way", type=int, default=5)
    p.add_argument("--shot", type=int, default=1)
    p.add_argument("--query", type=int, default=15, help="query images per class")
    p.add_argument("--steps", type=int, default=5)
    p.add_argument("--order", choices=["first", "exact"], default="first")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--layout", choices=["channels-last", "channels-first"], default="channels-last")
    p.add_argument("--repeats", type=int, default=5)
    p.add_argument("--warmup", type=int, default=1)
    p.add_argument("--seed", type=int, default=0)
    a = p.parse_args()
    a.size = a.size or (28 if a.stem == "flat" else 84)
    a.inputs = a.inputs or (1 if a.stem == "flat" else 3)
    return a


def main():
    a = arguments()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    layout = torch.channels_last if a.layout == "channels-last" else torch.contiguous_format

    class LaidOutSupernet(Supernet):
        """The memory format of one-channel images is ambiguous, so the stem's output is put into the wanted one."""

        def cell(self, k, reduction, previous_reduced, s0, s1, w, mixture):
            s0, s1 = (s.contiguous(memory_format=layout) for s in (s0, s1))
            output = super().cell(k, reduction, previous_reduced, s0, s1, w, mixture)
            assert output.is_contiguous(memory_format=layout)
            return output

    net = LaidOutSupernet(a.inputs, a.channels, a.nodes, ["normal", "reduction"], a.way, a.stem)

    # Weights directly in torch's own layouts: no permutation is timed.
    start = []
    names = []
    for name, (kind, shape) in net.declarations().items():
        if kind == "dense":
            kh, kw, cin, cout = shape
            t = (torch.randn(cout, cin, kh, kw) * (2 / (kh * kw * cin)) ** 0.5).contiguous(memory_format=layout)
        elif kind == "depthwise":
            kh, kw, c = shape
            t = (torch.randn(c, 1, kh, kw) * (2 / (kh * kw)) ** 0.5).contiguous(memory_format=layout)
        elif kind == "linear":
            t = torch.randn(shape[1], shape[0]) / shape[0] ** 0.5
        else:
            t = torch.ones(shape) if kind == "scale" else torch.zeros(shape)
        names.append(name)
        start.append(t)
    weights = len(start)
    start += [1e-3 * torch.randn(net.edges, len(OPERATIONS)) for _ in range(2)]
    rates = [0.1] * weights + [30.0] * 2

    def batch(per_class):
        images = torch.randn(a.way * per_class, a.inputs, a.size, a.size).contiguous(memory_format=layout)
        return images, torch.arange(a.way).repeat_interleave(per_class)

    support, query = batch(a.shot), batch(a.query)

    def loss_of(p, data):
        logits = net.forward(data[0], dict(zip(names, p)), p[weights], p[weights + 1])
        return F.cross_entropy(logits, data[1])

    def task():
        exact = a.order == "exact"
        begin = time.perf_counter()
        first = p = [t.detach().requires_grad_() for t in start]
        for _ in range(a.steps):
            gradients = torch.autograd.grad(loss_of(p, support), p, create_graph=exact)
            if exact:
                p = [t - r * g for t, r, g in zip(p, rates, gradients)]
            else:
                p = [(t.detach() - r * g).requires_grad_() for t, r, g in zip(p, rates, gradients)]
        middle = time.perf_counter()
        loss = loss_of(p, query)
        torch.autograd.grad(loss, first if exact else p)
        end = time.perf_counter()
        return end - begin, middle - begin, end - middle, loss.item()

    for _ in range(a.warmup):
        task()
    runs = [task() for _ in range(a.repeats)]
    seconds = [r[0] for r in runs]
    print(json.dumps({
        "benchmark": "tnas-task", "engine": "PyTorch " + torch.__version__, "python": platform.python_version(),
        "settings": vars(a), "parameters": sum(t.numel() for t in start),
        "secondsMedian": statistics.median(seconds), "secondsLeast": min(seconds), "seconds": seconds,
        "innerLoopSecondsMedian": statistics.median(r[1] for r in runs),
        "queryGradientSecondsMedian": statistics.median(r[2] for r in runs),
        "peakMemoryMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "queryLoss": runs[-1][3], "loadAverage": os.getloadavg()[0],
    }, indent=1))


if __name__ == "__main__":
    main()
