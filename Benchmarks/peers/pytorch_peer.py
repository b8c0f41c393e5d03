"""The benchmark's workloads in PyTorch, eager: one JSON object a run, or a dialogue with a driver (harness.py).

  tnas   one or more T-NAS tasks: inner steps on (w, theta), then the query loss's gradient (first order: at the adapted
         point; exact: through the steps). The network is Tests/TestSupport/Fixtures/supernet_model.py, the tests' oracle.
  maml   a meta-batch of MAML tasks with Conv-4.
  darts  dV/dalpha through one plain SGD step of the weights: V(w - xi dL/dw(w, alpha), alpha), differentiated exactly.

    python pytorch_peer.py tnas --order exact --threads 1
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "Tests", "TestSupport", "Fixtures"))

import torch
import torch.nn.functional as F

import harness
import inputs
from supernet_model import OPERATIONS, Supernet


def images_and_labels(batch, layout):
    images = torch.from_numpy(batch[0]).float().permute(0, 3, 1, 2).contiguous(memory_format=layout)
    return images, torch.from_numpy(batch[1])


def starting_values(declarations, layout):
    """Parameters in torch's own layouts, so that no permutation is timed."""
    tensors = []
    for name, (kind, shape) in declarations.items():
        t = torch.from_numpy(inputs.parameter(name, kind, shape)).float()
        if kind == "dense":
            t = t.permute(3, 2, 0, 1).contiguous(memory_format=layout)
        elif kind == "depthwise":
            t = t.permute(2, 0, 1).unsqueeze(1).contiguous(memory_format=layout)
        elif kind == "linear":
            t = t.t().contiguous()
        tensors.append(t)
    return tensors


def supernet(a, channels_in, cells, layout):
    class LaidOutSupernet(Supernet):
        """The memory format of one-channel images is ambiguous, so the stem's output is put into the wanted one."""

        def cell(self, k, reduction, previous_reduced, s0, s1, w, mixture):
            s0, s1 = (s.contiguous(memory_format=layout) for s in (s0, s1))
            return super().cell(k, reduction, previous_reduced, s0, s1, w, mixture)

    net = LaidOutSupernet(channels_in, a.channels, 4, cells, a.way)
    declared = net.declarations()
    names = list(declared)
    start = starting_values(declared, layout)
    start += [torch.from_numpy(inputs.parameter(f"theta.{kind}", "theta", (net.edges, len(OPERATIONS)))).float()
              for kind in ("normal", "reduction")]
    count = len(names)

    def loss(p, data):
        return F.cross_entropy(net.forward(data[0], dict(zip(names, p)), p[count], p[count + 1]), data[1])

    return start, count, loss


def few_shot_task(start, rates, loss, support, query, steps, exact):
    first = p = [t.detach().requires_grad_() for t in start]
    for _ in range(steps):
        gradients = torch.autograd.grad(loss(p, support), p, create_graph=exact)
        if exact:
            p = [t - r * g for t, r, g in zip(p, rates, gradients)]
        else:
            p = [(t.detach() - r * g).requires_grad_() for t, r, g in zip(p, rates, gradients)]
    end = loss(p, query)
    return end.item(), torch.autograd.grad(end, first if exact else p)


def mean(results):
    """(loss, gradient) over tasks."""
    count = len(results)
    gradient = list(results[0][1])
    for _, g in results[1:]:
        for t, u in zip(gradient, g):
            t += u
    return sum(r[0] for r in results) / count, gradient, 1 / count


def outcome(loss, gradient, scale=1.0):
    return loss, lambda: scale * sum(float((g.double() ** 2).sum()) for g in gradient) ** 0.5


def tnas(a, layout):
    start, count, loss = supernet(a, 1, inputs.tnas_cells(), layout)
    rates = [a.weight_rate] * count + [a.architecture_rate] * 2
    return start, rates, loss


def conv4(a, layout):
    declared = inputs.conv4_declarations(a.filters, a.way, a.size)
    start = starting_values(declared, layout)

    def loss(p, data):
        x = data[0]
        for k in range(4):
            x = F.conv2d(x, p[3 * k], padding=1)
            x = F.batch_norm(x, None, None, p[3 * k + 1], p[3 * k + 2], training=True, eps=1e-5)
            x = F.max_pool2d(F.relu(x), 2)
        return F.cross_entropy(F.linear(x.flatten(1), p[12], p[13]), data[1])

    return start, [a.weight_rate] * len(start), loss


def few_shot(a, layout):
    start, rates, loss = (tnas if a.workload == "tnas" else conv4)(a, layout)
    tasks = [tuple(images_and_labels(b, layout) for b in inputs.task(k, a.way, a.query, a.size)) for k in range(a.tasks)]

    def one(task):
        return few_shot_task(start, rates, loss, *task, a.steps, a.order == "exact")

    if a.workers > 1:
        pool = ThreadPoolExecutor(a.workers)
        return lambda: outcome(*mean(list(pool.map(one, tasks))))
    return lambda: outcome(*mean([one(t) for t in tasks]))


def darts(a, layout):
    start, count, loss = supernet(a, 3, inputs.darts_cells(), layout)
    training, validation = (images_and_labels(inputs.darts_batch(n, a.batch, a.size), layout)
                            for n in ("training", "validation"))

    def once():
        p = [t.detach().requires_grad_() for t in start]
        w, alpha = p[:count], p[count:]
        slope = torch.autograd.grad(loss(p, training), w, create_graph=True)
        end = loss([t - a.weight_rate * g for t, g in zip(w, slope)] + alpha, validation)
        return outcome(end.item(), torch.autograd.grad(end, alpha))

    return once


def main():
    p = harness.options(__doc__.split("\n")[0])
    p.add_argument("--layout", choices=["channels-last", "channels-first"], default="channels-last")
    p.add_argument("--workers", type=int, default=1, help="tasks at once, each on threads / workers threads")
    a = harness.complete(p.parse_args())
    torch.set_num_threads(max(1, a.threads // a.workers))
    layout = torch.channels_last if a.layout == "channels-last" else torch.contiguous_format
    once = darts(a, layout) if a.workload == "darts" else few_shot(a, layout)
    harness.measure(a, "PyTorch", torch.__version__,
                    {"order": a.order, "layout": a.layout, "workers": a.workers, "size": a.size, "query": a.query,
                     "steps": a.steps}, once)


if __name__ == "__main__":
    main()
