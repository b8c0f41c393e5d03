"""Fixture optimizers.json: 20-step trajectories of torch.optim's optimizers on a known gradient sequence.

Parameter: value("parameter", i), i = 0 ..< 5. Gradient of step t = 0 ..< 20: value("gradient.t", i) (fixture_values.py);
it does not depend on the parameter. Each case stores its options in torch's names and the parameter after every step,
[20, 5]. Weight decay is added to the gradient (L2), except in AdamW, where it is decoupled. Run: python optimizers.py
"""

import os
import sys

sys.dont_write_bytecode = True
import torch

import fixture_values as fv

STEPS, COUNT = 20, 5
CASES = [
    ("Adam", dict(lr=1e-3, betas=(0.5, 0.999), eps=1e-8, weight_decay=1e-3)),
    ("Adam", dict(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0)),
    ("AdamW", dict(lr=1e-2, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-1)),
    ("SGD", dict(lr=0.1, momentum=0, dampening=0, weight_decay=0, nesterov=False)),
    ("SGD", dict(lr=0.025, momentum=0.9, dampening=0, weight_decay=3e-4, nesterov=False)),
    ("SGD", dict(lr=0.025, momentum=0.9, dampening=0, weight_decay=3e-4, nesterov=True)),
]


def trajectory(name, options):
    parameter = torch.nn.Parameter(fv.values("parameter", (COUNT,)))
    optimizer = getattr(torch.optim, name)([parameter], **options)
    points = []
    for t in range(STEPS):
        parameter.grad = fv.values(f"gradient.{t}", (COUNT,))
        optimizer.step()
        points.append(parameter.detach().clone())
    return torch.stack(points)


if __name__ == "__main__":
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    fv.write("optimizers.json", {
        "about": "optimizers.py: parameters after each of 20 steps, Float64",
        "parameterName": "parameter", "gradientNamePrefix": "gradient.", "steps": STEPS, "count": COUNT,
        "cases": [{"optimizer": n, "options": o, "trajectory": fv.encode(trajectory(n, o))} for n, o in CASES],
    })
