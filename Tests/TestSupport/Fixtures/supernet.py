"""Fixtures supernet-28.json, supernet-84.json, supernet-three-cells.json: logits, loss and all gradients of a supernet.

The conventions are at the top of fixture_values.py (inputs) and supernet_model.py (network). Run: python supernet.py
"""

import os
import sys

sys.dont_write_bytecode = True
import torch
import torch.nn.functional as F

import fixture_values as fv
from supernet_model import OPERATIONS, Margins, Supernet

CASES = {
    "supernet-28": dict(size=28, inputs=1, stem="flat", channels=4, nodes=4, cells=["normal", "reduction"], way=5,
                        labels=[0, 1, 2, 3, 4]),
    # With the images named "images" a ReLU lies within Float32 rounding of its kink: PyTorch's own Float32 gradients then
    # differ from its Float64 ones by 1.3e-3 of the largest element; with "images.3" by 9e-6.
    "supernet-84": dict(size=84, inputs=3, stem="pooledTwice", channels=4, nodes=4, cells=["normal", "reduction"], way=2,
                        labels=[0, 1], images="images.3"),
    # Odd sizes and a factorised preprocess0, which needs a cell after a reduction.
    "supernet-three-cells": dict(size=11, inputs=2, stem="flat", channels=4, nodes=2,
                                 cells=["normal", "reduction", "normal"], way=3, labels=[0, 1, 2, 2]),
}


def evaluate(case, margins=None, last_maximum=False):
    net = Supernet(case["inputs"], case["channels"], case["nodes"], case["cells"], case["way"], case["stem"], margins)
    net.last_maximum = last_maximum
    declared = net.declarations()
    leaves = {n: fv.parameter(n, kind, shape).requires_grad_() for n, (kind, shape) in declared.items()}
    for t in ("theta.normal", "theta.reduction"):
        leaves[t] = fv.parameter(t, "theta", (net.edges, len(OPERATIONS))).requires_grad_()
    labels = torch.tensor(case["labels"])
    images = fv.values(case.get("images", "images"), (len(labels), case["size"], case["size"], case["inputs"]))
    w = {n: fv.to_torch_layout(leaves[n], kind) for n, (kind, _) in declared.items()}
    logits = net.forward(images.permute(0, 3, 1, 2), w, leaves["theta.normal"], leaves["theta.reduction"])
    loss = F.cross_entropy(logits, labels)
    gradients = dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values()))))
    return net, images, logits, loss, gradients


def run(name, case):
    margins = Margins()
    net, images, logits, loss, gradients = evaluate(case, margins)
    other = evaluate(case, last_maximum=True)[4]
    tie_effect = max(float((gradients[n] - other[n]).abs().max()) for n in gradients)
    assert tie_effect < 1e-12, tie_effect
    fv.write(name + ".json", {
        "about": "supernet.py: logits, loss and gradients in Float64",
        "network": net.describe() | {"size": case["size"], "operations": OPERATIONS},
        "imagesName": case.get("images", "images"),
        "labels": case["labels"],
        "firstImageValues": images.flatten()[:4].tolist(),
        "margins": margins.json() | {"effectOfTheTieRuleOnGradients": tie_effect},
        "loss": loss.item(),
        "logits": fv.encode(logits),
        "gradients": fv.encode_all(gradients),
    })
    print(name, "loss", loss.item(), "parameters", sum(t.numel() for t in gradients.values()),
          margins.json(), "tie rule", tie_effect,
          "KiB", os.path.getsize(name + ".json") // 1024)


if __name__ == "__main__":
    torch.set_num_threads(1)
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    for name in sys.argv[1:] or CASES:
        run(name, CASES[name])
