#!/usr/bin/env python3
"""What Reptile owes to Adam's second moments, which its authors' code keeps from task to task, in PyTorch: an oracle beside ArchPrior's Reptile.

    python3 Benchmarks/omniglot-learners/reptile_moments.py kept            # or fresh: zero at the start of every task
    python3 Benchmarks/omniglot-learners/reptile_moments.py kept --whole-map # the head reads the whole last map, as the authors' does

Needs PyTorch, NumPy and ../shared/data/omniglot28.npz. Prints meta-validation accuracy, 5-way 1-shot, 100 tasks; same hyperparameters as reptile-5w1s.yaml.
"""

import argparse
import pathlib
import time

import numpy as np
import torch
import torch.nn.functional as F

parser = argparse.ArgumentParser()
parser.add_argument("moments", choices=["kept", "fresh"])
parser.add_argument("--whole-map", action="store_true")
parser.add_argument("--steps", type=int, default=800, help="outer steps of five tasks")
options = parser.parse_args()

torch.set_num_threads(1)
torch.manual_seed(0)
rng = np.random.default_rng(0)
data = np.load(pathlib.Path(__file__).resolve().parents[3] / "shared/data/omniglot28.npz")
images = data["images"].reshape(1623, 20, 28, 28).astype(np.float32) / 255
# Vinyals' split of the characters with their rotations.
train, validation = ([(c, r) for c in range(1623) for r in range(4) if data["class_vinyals"][c, r] == part] for part in (0, 1))


def task(classes, shots):
    """[5, shots, 28, 28] and labels."""
    drawn = [classes[place] for place in rng.choice(len(classes), 5, replace=False)]
    x = np.stack([np.rot90(images[c, rng.choice(20, shots, replace=False)], r, (1, 2)) for c, r in drawn])
    return torch.tensor(x.copy()), torch.arange(5)[:, None].expand(5, shots)


def start():
    parameters, channels = [], 1
    for _ in range(4):
        weight = torch.nn.init.xavier_uniform_(torch.empty(64, channels, 3, 3))
        parameters += [weight, torch.ones(64), torch.zeros(64)]
        channels = 64
    head = torch.nn.init.xavier_uniform_(torch.empty(5, 256 if options.whole_map else 64))
    return parameters + [head, torch.zeros(5)]


def network(p, x):
    x = x[:, None]
    for i in range(4):
        x = F.relu(F.batch_norm(F.conv2d(x, p[3 * i], stride=2, padding=1), None, None, p[3 * i + 1], p[3 * i + 2], True))
    return F.linear(x.flatten(1) if options.whole_map else x.mean((2, 3)), p[12], p[13])


def batches(x, y, size, count):
    x, y, done = x.reshape(-1, 28, 28), y.reshape(-1), 0
    while done < count:
        order = torch.tensor(rng.permutation(len(y)))
        for first in range(0, len(y) - size + 1, size):
            if done < count:
                yield x[order[first:first + size]], y[order[first:first + size]]
            done += 1


def adapt(weights, batches, second, steps):
    """Adam without momentum; `second` changes in place."""
    p = [weight.clone().requires_grad_() for weight in weights]
    for x, y in batches:
        slopes = torch.autograd.grad(F.cross_entropy(network(p, x), y), p)
        steps += 1
        with torch.no_grad():
            for parameter, moment, slope in zip(p, second, slopes):
                moment.mul_(0.999).addcmul_(slope, slope, value=0.001)
                parameter -= 1e-3 * slope / ((moment / (1 - 0.999**steps)).sqrt() + 1e-8)
    return [parameter.detach() for parameter in p], steps


def validate(weights, second, steps, count=100):
    rights = []
    for _ in range(count):
        x, y = task(validation, 10)
        moments = [moment.clone() for moment in second] if options.moments == "kept" else [torch.zeros_like(w) for w in weights]
        p, _ = adapt(weights, batches(x[:, :1], y[:, :1], 5, 50), moments, steps if options.moments == "kept" else 0)
        with torch.no_grad():
            rights.append((network(p, x[:, 1:].reshape(-1, 28, 28)).argmax(1) == y[:, 1:].reshape(-1)).float().mean().item())
    return 100 * np.mean(rights), 196 * np.std(rights) / count**0.5


weights, began = start(), time.time()
second, steps = [torch.zeros_like(w) for w in weights], 0
for step in range(1, options.steps + 1):
    ends = []
    for _ in range(5):
        if options.moments == "fresh":
            second, steps = [torch.zeros_like(w) for w in weights], 0
        end, steps = adapt(weights, batches(*task(train, 10), 10, 5), second, steps)
        ends.append(end)
    rate = 1 - (step - 1) / options.steps
    weights = [w + rate * (torch.stack(parts).mean(0) - w) for w, parts in zip(weights, zip(*ends))]
    if step % (options.steps // 2) == 0:
        mean, half = validate(weights, second, steps)
        print(f"{options.moments}, {'whole map' if options.whole_map else 'mean'}: {5 * step} of {5 * options.steps} tasks, "
              f"{mean:.1f} ± {half:.1f} %, {time.time() - began:.0f} s", flush=True)
