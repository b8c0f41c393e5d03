"""Fixture nasbench201.json: networks of NAS-Bench-201 cells, zero-cost proxies, and the supernet.

Written with torch.nn modules and hooks after the published descriptions, independently of the Swift code:

- The network: Dong, Yang, ICLR 2020, figure 1. Stem conv3x3 -> C, BN; three stages of N cells, between them a residual block
  (ReLU-conv3x3 stride 2-BN, ReLU-conv3x3-BN, plus average pooling 2x2 and conv1x1 without BN); BN, ReLU, mean over pixels,
  linear. Cell operations ReLU-conv-BN, identity, average pooling 3x3 (padding not counted), zero. BN uses the batch.
- The proxies: Abdelfattah et al., ICLR 2021 (snip, grasp, fisher, synflow, grad_norm, jacob_cov) and Mellor et al., ICML 2021
  (naswot), weights of convolutions and linear layers alone.
- The supernet: all operations on every edge, BN in cells without scale and bias, strengths softmax(theta); for the choice of one
  operation an edge the given operations with the given strengths.

Names and inputs: fixture_values.py; parameters stand in OUR layout. Run: python nasbench201.py
"""

import os
import sys

sys.dont_write_bytecode = True
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

import fixture_values as fv

OPERATIONS = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
EDGES = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]
CHANNELS, CELLS, SIZE, CLASSES, BATCH = 4, 2, 8, 5, 6


class Conv(nn.Module):
    """A convolution or linear layer whose weight is looked up by name."""

    def __init__(self, net, name, cin, cout, kernel, stride=1):
        super().__init__()
        self.net, self.name, self.stride, self.padding = [net], name, stride, kernel // 2
        net.declare(name, "dense", (kernel, kernel, cin, cout))
        self.mark = nn.Identity()

    def forward(self, x):
        w = fv.to_torch_layout(self.net[0].p[self.name], "dense")
        return self.mark(F.conv2d(x, w, stride=self.stride, padding=self.padding))


class Norm(nn.Module):
    def __init__(self, net, name, channels, affine=True):
        super().__init__()
        self.net, self.name, self.affine = [net], name, affine
        if affine:
            net.declare(name + ".scale", "scale", (channels,))
            net.declare(name + ".bias", "bias", (channels,))

    def forward(self, x):
        net = self.net[0]
        if net.without_norms:
            return x
        scale = net.p[self.name + ".scale"] if self.affine else None
        bias = net.p[self.name + ".bias"] if self.affine else None
        return F.batch_norm(x, None, None, scale, bias, training=True, eps=1e-5)


class Zero(nn.Module):
    def forward(self, x):
        return x * 0


def unit(net, name, cin, cout, kernel, stride=1, affine=True):
    return nn.Sequential(nn.ReLU(), Conv(net, name + ".conv", cin, cout, kernel, stride),
                         Norm(net, name + ".norm", cout, affine))


def operation(net, name, index, channels, affine=True):
    kind = OPERATIONS[index]
    if kind == "none":
        return Zero()
    if kind == "skip_connect":
        return nn.Identity()
    if kind == "avg_pool_3x3":
        return nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
    return unit(net, f"{name}.{kind}", channels, channels, 1 if "1x1" in kind else 3, affine=affine)


class Residual(nn.Module):
    def __init__(self, net, name, cin, cout):
        super().__init__()
        self.first = unit(net, name + ".first", cin, cout, 3, 2)
        self.second = unit(net, name + ".second", cout, cout, 3)
        self.short = nn.Sequential(nn.AvgPool2d(2, 2), Conv(net, name + ".short_cut", cin, cout, 1))

    def forward(self, x):
        return self.short(x) + self.second(self.first(x))


class Cell(nn.Module):
    def __init__(self, net, name, operations, channels):
        super().__init__()
        self.edges = nn.ModuleList(
            operation(net, f"{name}.edges.{a}.{b}", o, channels) for (a, b), o in zip(EDGES, operations))

    def forward(self, x):
        nodes = [x]
        for node in (1, 2, 3):
            nodes.append(sum(op(nodes[a]) for (a, b), op in zip(EDGES, self.edges) if b == node))
        return nodes[3]


class MixedCell(nn.Module):
    def __init__(self, net, name, channels):
        super().__init__()
        self.net = [net]
        self.edges = nn.ModuleList(
            nn.ModuleList(operation(net, f"{name}.edges.{a}.{b}", o, channels, affine=False) for o in range(5))
            for a, b in EDGES)

    def forward(self, x):
        nodes = [x]
        for node in (1, 2, 3):
            terms = []
            for e, (a, b) in enumerate(EDGES):
                if b == node:
                    terms += [s * self.edges[e][o](nodes[a]) for o, s in self.net[0].strengths(e)]
            nodes.append(sum(terms))
        return nodes[3]


class Network(nn.Module):
    """`cell` is six operations, or None for the supernet."""

    def __init__(self, cell):
        super().__init__()
        self.p, self.kinds, self.without_norms = {}, {}, False
        width = CHANNELS
        self.stem = nn.Sequential(Conv(self, "stem.conv", 3, width, 3), Norm(self, "stem.norm", width))
        blocks = []
        for stage in range(3):
            if stage:
                blocks.append(Residual(self, f"cells.{len(blocks)}", width, 2 * width))
                width *= 2
            for _ in range(CELLS):
                name = f"cells.{len(blocks)}"
                blocks.append(MixedCell(self, name, width) if cell is None else Cell(self, name, cell, width))
        self.blocks = nn.Sequential(*blocks)
        self.last = nn.Sequential(Norm(self, "last.norm", width), nn.ReLU())
        self.declare("head.weight", "linear", (width, CLASSES))
        self.declare("head.bias", "bias", (CLASSES,))
        self.mark = nn.Identity()

    def declare(self, name, kind, shape):
        self.kinds[name] = kind
        self.p[name] = fv.parameter(name, kind, shape).requires_grad_()

    def forward(self, x):
        x = self.last(self.blocks(self.stem(x))).mean((2, 3))
        return self.mark(F.linear(x, self.p["head.weight"].t(), self.p["head.bias"]))

    def counted(self):
        return [n for n, k in self.kinds.items() if k in ("dense", "linear")]

    def marks(self):
        return [m.mark for m in self.modules() if isinstance(m, (Conv, Network))]


IMAGES = fv.values("images", (BATCH, SIZE, SIZE, 3)).permute(0, 3, 1, 2).contiguous()
LABELS = torch.arange(BATCH) % CLASSES


def snip(net):
    names = net.counted()
    g = torch.autograd.grad(F.cross_entropy(net(IMAGES), LABELS), [net.p[n] for n in names])
    return sum((net.p[n] * d).abs().sum().item() for n, d in zip(names, g))


def grad_norm(net):
    names = net.counted()
    g = torch.autograd.grad(F.cross_entropy(net(IMAGES), LABELS), [net.p[n] for n in names])
    return sum(d.norm().item() for d in g)


def grasp(net):
    names = net.counted()
    w = [net.p[n] for n in names]
    fixed = torch.autograd.grad(F.cross_entropy(net(IMAGES), LABELS), w)
    g = torch.autograd.grad(F.cross_entropy(net(IMAGES), LABELS), w, create_graph=True)
    z = sum((a.detach() * b).sum() for a, b in zip(fixed, g))
    return sum(-(v * d).sum().item() for v, d in zip(w, torch.autograd.grad(z, w)))


def fisher(net):
    seen = []
    hooks = [m.register_forward_hook(lambda m, i, o: (o.retain_grad(), seen.append(o))[1]) for m in net.marks()]
    F.cross_entropy(net(IMAGES), LABELS).backward()
    for h in hooks:
        h.remove()
    total = 0.0
    for a in seen:
        effect = a.detach() * a.grad
        if a.dim() > 2:
            effect = effect.sum((2, 3))
        total += effect.pow(2).mean(0).mul(0.5).sum().item()
    return total


def synflow(net):
    kept = net.p
    net.p = {n: t.detach().abs().requires_grad_() for n, t in kept.items()}
    net.without_norms = True
    names = net.counted()
    g = torch.autograd.grad(net(torch.ones(1, 3, SIZE, SIZE, dtype=torch.float64)).sum(), [net.p[n] for n in names])
    score = sum((net.p[n] * d).abs().sum().item() for n, d in zip(names, g))
    net.p, net.without_norms = kept, False
    return score


def jacov(net):
    x = IMAGES.clone().requires_grad_()
    net(x).sum().backward()
    correlations = np.corrcoef(x.grad.reshape(BATCH, -1).numpy())
    v = np.linalg.eigvalsh(correlations)
    return float(-np.sum(np.log(v + 1e-5) + 1.0 / (v + 1e-5)))


def naswot(net):
    kernel = np.zeros((BATCH, BATCH))

    def hook(module, inputs, output):
        x = (inputs[0].reshape(BATCH, -1) > 0).double().numpy()
        kernel.__iadd__(x @ x.T + (1 - x) @ (1 - x).T)

    hooks = [m.register_forward_hook(hook) for m in net.modules() if isinstance(m, nn.ReLU)]
    with torch.no_grad():
        net(IMAGES)
    for h in hooks:
        h.remove()
    sign, value = np.linalg.slogdet(kernel)
    return float(value) if sign > 0 else -float("inf")


def main():
    torch.set_num_threads(1)
    rows = []
    for digits in ("312432", "233123", "310042", "103320"):
        net = Network([int(d) for d in digits])
        logits = net(IMAGES)
        loss = F.cross_entropy(logits, LABELS)
        gradients = dict(zip(net.p, torch.autograd.grad(loss, list(net.p.values()), allow_unused=True)))
        rows.append({
            "cell": digits,
            "parameters": sum(t.numel() for t in net.p.values()),
            "logits": fv.encode(logits),
            "loss": loss.item(),
            "gradientNorms": {n: 0.0 if g is None else g.norm().item() for n, g in gradients.items()},
            "proxies": {"synflow": synflow(net), "naswot": naswot(net), "jacov": jacov(net), "snip": snip(net),
                        "grasp": grasp(net), "fisher": fisher(net), "grad-norm": grad_norm(net)},
        })

    net = Network(None)
    theta = fv.values("theta", (6, 5)).requires_grad_()
    net.strengths = lambda e: list(enumerate(torch.softmax(theta, 1)[e]))
    logits = net(IMAGES)
    loss = F.cross_entropy(logits, LABELS)
    names = list(net.p)
    found = torch.autograd.grad(loss, [theta] + [net.p[n] for n in names])
    whole = {"logits": fv.encode(logits), "loss": loss.item(), "theta": fv.encode(found[0]),
             "gradientNorms": {n: g.norm().item() for n, g in zip(names, found[1:])}}
    hessian = torch.autograd.functional.hessian(lambda t: loss_at(net, t), theta.detach())
    whole["largestEigenvalue"] = float(np.linalg.eigvalsh(hessian.reshape(30, 30).numpy())[-1])

    chosen = [3, 0, 4, 2, 1, 3]
    strengths = (1 + 0.25 * fv.values("strengths", (6,))).requires_grad_()
    net.strengths = lambda e: [(chosen[e], strengths[e])]
    logits = net(IMAGES)
    loss = F.cross_entropy(logits, LABELS)
    one = {"chosen": chosen, "logits": fv.encode(logits), "loss": loss.item(),
           "strengths": fv.encode(torch.autograd.grad(loss, strengths)[0])}
    here = os.path.dirname(os.path.abspath(__file__))
    fv.write(os.path.join(here, "nasbench201.json"), {
        "network": {"channels": CHANNELS, "cellsPerStage": CELLS, "size": SIZE, "classes": CLASSES, "batch": BATCH},
        "cells": rows, "supernet": whole, "choice": one})


def loss_at(net, theta):
    before = net.strengths
    net.strengths = lambda e: list(enumerate(torch.softmax(theta, 1)[e]))
    loss = F.cross_entropy(net(IMAGES), LABELS)
    net.strengths = before
    return loss


if __name__ == "__main__":
    main()
