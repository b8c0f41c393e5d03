"""Fixture maml-conv4.json: query loss and meta-gradients of MAML with the four-block convolutional network.

Source: Finn et al., "Model-Agnostic Meta-Learning for Fast Adaptation of Deep Networks", ICML 2017, section 5.2.
Network: 4 x [conv3x3 pad 1 without bias, BN affine (batch statistics, biased variance, eps 1e-5), ReLU, max pool 2x2
stride 2], F = 4 filters, 28x28x1 images -> 1x1xF -> linear with bias. Names: conv.K.weight, norm.K.scale, norm.K.bias
(K = 0 ... 3), head.weight, head.bias. Inputs: fixture_values.py.

Inner loop: all parameters, M steps of w' = w - alphaIn dL/dw on the support loss. Outer loss: the query loss at w^M.
`exact` differentiates it through the loop, `firstOrder` is its gradient at w^M. The exact ones are compared with central
differences along three unit directions, at the best of three step lengths. Run: python maml_conv4.py
"""

import os
import sys

sys.dont_write_bytecode = True
import torch
import torch.nn.functional as F

import fixture_values as fv
from supernet_model import Margins

WAY, SHOT, QUERY, FILTERS, SIZE = 5, 1, 2, 4, 28


def declarations():
    d = {}
    channels = 1
    for k in range(4):
        d[f"conv.{k}.weight"] = ("dense", (3, 3, channels, FILTERS))
        d[f"norm.{k}.scale"] = ("scale", (FILTERS,))
        d[f"norm.{k}.bias"] = ("bias", (FILTERS,))
        channels = FILTERS
    d["head.weight"] = ("linear", (FILTERS, WAY))
    d["head.bias"] = ("bias", (WAY,))
    return d


DECLARED = declarations()


def batch(name, per_class):
    images = fv.values(name, (WAY * per_class, SIZE, SIZE, 1)).permute(0, 3, 1, 2)
    return images, fv.class_major_labels(WAY, per_class)


def forward(p, x, margins=None):
    w = {n: fv.to_torch_layout(p[n], kind) for n, (kind, _) in DECLARED.items()}
    for k in range(4):
        x = F.conv2d(x, w[f"conv.{k}.weight"], padding=1)
        x = F.batch_norm(x, None, None, w[f"norm.{k}.scale"], w[f"norm.{k}.bias"], training=True, eps=1e-5)
        if margins is not None:
            margins.see_relu(x)
            margins.see_pool(x, 2, 2, 0)
        x = F.max_pool2d(F.relu(x), 2)
    return F.linear(x.flatten(1), w["head.weight"], w["head.bias"])


def loss_of(p, data, margins=None):
    return F.cross_entropy(forward(p, data[0], margins), data[1])


def adapt(p, support, steps, alpha, exact, margins=None):
    losses = []
    for _ in range(steps):
        loss = loss_of(p, support, margins)
        losses.append(loss.item())
        gradients = torch.autograd.grad(loss, list(p.values()), create_graph=exact)
        p = {n: t - alpha * g for (n, t), g in zip(p.items(), gradients)}
        if not exact:
            p = {n: t.detach().requires_grad_() for n, t in p.items()}
    return p, losses


def query_loss(start, support, query, steps, alpha):
    p = {n: t.detach().requires_grad_() for n, t in start.items()}
    p, _ = adapt(p, support, steps, alpha, exact=False)
    with torch.no_grad():
        return loss_of(p, query).item()


def check(start, gradient, support, query, steps, alpha):
    rows = []
    for k in range(3):
        d = {n: fv.values(f"direction.{k}.{n}", t.shape) for n, t in start.items()}
        length = sum(float((t * t).sum()) for t in d.values()) ** 0.5
        slope = sum(float((gradient[n] * t).sum()) for n, t in d.items()) / length
        tries = []
        for h in (1e-5, 1e-6, 1e-7):
            ends = [query_loss({n: t + s * h / length * d[n] for n, t in start.items()}, support, query, steps, alpha)
                    for s in (1, -1)]
            difference = (ends[0] - ends[1]) / (2 * h)
            tries.append({"step": h, "gradient": slope, "centralDifference": difference,
                          "relativeError": abs(difference - slope) / abs(slope)})
        rows.append(min(tries, key=lambda r: r["relativeError"]))
    assert all(r["relativeError"] < 1e-6 for r in rows), rows
    return rows


def main():
    support, query = batch("support.images", SHOT), batch("query.images", QUERY)
    values = {n: fv.parameter(n, kind, shape) for n, (kind, shape) in DECLARED.items()}
    cases = []
    for alpha, steps in ((0.4, 1), (0.1, 5), (0.4, 5)):
        margins = Margins()
        start = {n: t.clone().requires_grad_() for n, t in values.items()}
        adapted, losses = adapt(start, support, steps, alpha, True, margins)
        loss = loss_of(adapted, query, margins)
        exact = dict(zip(start, torch.autograd.grad(loss, list(start.values()))))
        adapted, _ = adapt({n: t.clone().requires_grad_() for n, t in values.items()}, support, steps, alpha, False)
        first = dict(zip(start, torch.autograd.grad(loss_of(adapted, query), list(adapted.values()))))
        rows = check(values, exact, support, query, steps, alpha)
        print(f"alpha {alpha} steps {steps} loss {loss.item():.6f} errors", *(f"{r['relativeError']:.1e}" for r in rows),
              margins.json())
        cases.append({"alphaIn": alpha, "innerSteps": steps, "supportLosses": losses, "queryLoss": loss.item(),
                      "margins": margins.json(), "check": rows,
                      "exact": fv.encode_all(exact), "firstOrder": fv.encode_all(first)})
    with torch.no_grad():
        logits = forward(values, support[0])
    fv.write("maml-conv4.json", {
        "about": "maml_conv4.py: MAML meta-gradients in Float64",
        "network": {"size": SIZE, "inputChannels": 1, "filters": FILTERS, "blocks": 4},
        "way": WAY, "shot": SHOT, "queryPerClass": QUERY,
        "supportImagesName": "support.images", "queryImagesName": "query.images",
        "supportLogitsAtStart": fv.encode(logits),
        "cases": cases,
    })


if __name__ == "__main__":
    torch.set_num_threads(1)
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    main()
