"""A T-NAS supernet (DARTS operations, DARTS cells) as functions over a dictionary of parameters, in PyTorch.

Written independently of the Swift engine; it is the oracle of its tests. Conventions:

- Parameters are declared in OUR layouts (fixture_values.py); `forward` takes them in torch's layouts.
- No convolution has a bias. Batch norm always uses the batch's statistics (biased variance, eps 1e-5), keeps
  no running statistics, and has no affine parameters except in the stem.
- Stem `flat`: conv3x3 pad 1 (in -> 3C), BN.  Stem `pooledTwice`: conv3x3 (in -> 3C/2), BN, max pool 2x2
  stride 2, ReLU, conv3x3 (3C/2 -> 3C), BN, max pool 2x2 stride 2. BN affine in both.
- Cells: s0 = s1 = stem for cell 0, then the outputs of the two cells before. A reduction cell doubles C first.
  preprocess: ReLU, 1x1 conv to C, BN; preprocess0 is a factorised reduction if the previous cell was a reduction.
  Node j sums the mixed operations over edges from all earlier states; edges are numbered node by node, then by
  input. Edges from a reduction cell's two inputs have stride 2. The output concatenates the nodes' channels.
- Mixed operation: sum over o of softmax(theta[edge])[o] * o(x), in the order of OPERATIONS; `none` gives zero
  but takes its part of the softmax. All normal cells share theta.normal, all reduction cells theta.reduction.
  - max_pool_3x3 (pad 1), avg_pool_3x3 (pad 1, padding not counted): pool, BN.
  - skip_connect: identity at stride 1, factorised reduction at stride 2.
  - sep_conv_k: twice [ReLU, depthwise k pad k/2 (the first with the edge's stride), pointwise, BN].
  - dil_conv_k: ReLU, depthwise k dilation 2 pad k-1 with the edge's stride, pointwise, BN.
- Factorised reduction C -> C': ReLU; conv_a: 1x1 stride 2, C -> C'/2, on x; conv_b: the same on x shifted by one
  pixel (x[1:, 1:] with a zero row below and a zero column to the right); concatenation a, b; BN.
- Head: mean over the pixels, linear(nodes * C -> way) with a bias. Loss: mean softmax cross-entropy.

Parameter names: stem.conv, stem.norm.scale, stem.norm.bias (flat); stem.conv1, stem.norm1.*, stem.conv2,
stem.norm2.* (pooledTwice); cells.K.preprocess0.conv or .conv_a and .conv_b; cells.K.preprocess1.conv;
cells.K.edges.E.<operation>.depthwise1 .pointwise1 .depthwise2 .pointwise2 (sep), .depthwise .pointwise (dil),
.conv_a .conv_b (skip at stride 2); head.weight, head.bias.

Ties in max pooling: the first maximum in row-major order takes the gradient (torch's rule). `last_maximum` takes the
last one instead, which lets the generators show that no fixture depends on the rule: the only ties are between pixels
that are zero in all channels before a 1x1 convolution, where the gradient vanishes anyway.
"""

import torch
import torch.nn.functional as F

OPERATIONS = [
    "none", "max_pool_3x3", "avg_pool_3x3", "skip_connect",
    "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5",
]


class Margins:
    """How far the forward pass stays from the kinks of ReLU and max pooling."""

    def __init__(self):
        self.relu = float("inf")
        self.relu_zeros = 0
        self.pool = float("inf")
        self.pool_ties = 0

    def see_relu(self, x):
        a = x.detach().abs()
        self.relu_zeros += int((a == 0).sum())
        a = a[a > 0]
        if a.numel():
            self.relu = min(self.relu, float(a.min()))

    def see_pool(self, x, kernel, stride, padding):
        x = F.pad(x.detach(), (padding,) * 4, value=float("-inf"))
        windows = x.unfold(2, kernel, stride).unfold(3, kernel, stride).flatten(-2)
        top = windows.topk(2, dim=-1).values
        gap = top[..., 0] - top[..., 1]
        self.pool_ties += int((gap == 0).sum())
        gap = gap[gap > 0]
        if gap.numel():
            self.pool = min(self.pool, float(gap.min()))

    def json(self):
        return {"smallestReLUInput": self.relu, "exactReLUZeros": self.relu_zeros,
                "smallestMaxPoolGap": self.pool, "exactMaxPoolTies": self.pool_ties}


class Supernet:
    def __init__(self, inputs, channels, nodes, cells, way, stem="flat", margins=None):
        self.inputs, self.channels, self.nodes, self.cells, self.way, self.stem = inputs, channels, nodes, cells, way, stem
        self.margins = margins
        self.last_maximum = False
        self.edges = sum(j + 2 for j in range(nodes))

    # Declaration: name -> (kind, shape in OUR layout), in the order of use.

    def declarations(self):
        d = {}
        c = self.channels
        stem = 3 * c

        def norm(name, n):
            d[name + ".scale"] = ("scale", (n,))
            d[name + ".bias"] = ("bias", (n,))

        if self.stem == "flat":
            d["stem.conv"] = ("dense", (3, 3, self.inputs, stem))
            norm("stem.norm", stem)
        else:
            d["stem.conv1"] = ("dense", (3, 3, self.inputs, stem // 2))
            norm("stem.norm1", stem // 2)
            d["stem.conv2"] = ("dense", (3, 3, stem // 2, stem))
            norm("stem.norm2", stem)
        c0 = c1 = stem
        previous_reduced = False
        for k, kind in enumerate(self.cells):
            reduction = kind == "reduction"
            if reduction:
                c *= 2
            p = f"cells.{k}."
            if previous_reduced:
                d[p + "preprocess0.conv_a"] = ("dense", (1, 1, c0, c // 2))
                d[p + "preprocess0.conv_b"] = ("dense", (1, 1, c0, c // 2))
            else:
                d[p + "preprocess0.conv"] = ("dense", (1, 1, c0, c))
            d[p + "preprocess1.conv"] = ("dense", (1, 1, c1, c))
            edge = 0
            for j in range(self.nodes):
                for i in range(j + 2):
                    stride = 2 if reduction and i < 2 else 1
                    for op in OPERATIONS:
                        q = f"{p}edges.{edge}.{op}."
                        size = int(op[-1]) if op[-1].isdigit() else 0
                        if op == "skip_connect" and stride == 2:
                            d[q + "conv_a"] = ("dense", (1, 1, c, c // 2))
                            d[q + "conv_b"] = ("dense", (1, 1, c, c // 2))
                        elif op.startswith("sep_conv"):
                            for step in "12":
                                d[q + "depthwise" + step] = ("depthwise", (size, size, c))
                                d[q + "pointwise" + step] = ("dense", (1, 1, c, c))
                        elif op.startswith("dil_conv"):
                            d[q + "depthwise"] = ("depthwise", (size, size, c))
                            d[q + "pointwise"] = ("dense", (1, 1, c, c))
                    edge += 1
            c0, c1 = c1, self.nodes * c
            previous_reduced = reduction
        d["head.weight"] = ("linear", (c1, self.way))
        d["head.bias"] = ("bias", (self.way,))
        return d

    # Building blocks (NCHW).

    def relu(self, x):
        if self.margins is not None:
            self.margins.see_relu(x)
        return F.relu(x)

    def max_pool(self, x, kernel, stride, padding):
        if self.margins is not None:
            self.margins.see_pool(x, kernel, stride, padding)
        if self.last_maximum:
            windows = F.pad(x, (padding,) * 4, value=float("-inf")).unfold(2, kernel, stride).unfold(3, kernel, stride)
            windows = windows.flatten(-2).flip(-1)
            return windows.gather(-1, windows.argmax(dim=-1, keepdim=True)).squeeze(-1)
        return F.max_pool2d(x, kernel, stride, padding)

    @staticmethod
    def norm(x, scale=None, bias=None):
        return F.batch_norm(x, None, None, scale, bias, training=True, eps=1e-5)

    def factorised_reduction(self, x, w, name):
        x = self.relu(x)
        a = F.conv2d(x, w[name + "conv_a"], stride=2)
        b = F.conv2d(F.pad(x[:, :, 1:, 1:], (0, 1, 0, 1)), w[name + "conv_b"], stride=2)
        return self.norm(torch.cat([a, b], dim=1))

    def separable(self, x, depthwise, pointwise, stride, padding, dilation=1):
        x = self.relu(x)
        x = F.conv2d(x, depthwise, stride=stride, padding=padding, dilation=dilation, groups=x.shape[1])
        return self.norm(F.conv2d(x, pointwise))

    def operation(self, op, x, w, name, stride):
        if op == "max_pool_3x3":
            return self.norm(self.max_pool(x, 3, stride, 1))
        if op == "avg_pool_3x3":
            return self.norm(F.avg_pool2d(x, 3, stride, 1, count_include_pad=False))
        if op == "skip_connect":
            return x if stride == 1 else self.factorised_reduction(x, w, name)
        k = int(op[-1])
        if op.startswith("sep_conv"):
            x = self.separable(x, w[name + "depthwise1"], w[name + "pointwise1"], stride, k // 2)
            return self.separable(x, w[name + "depthwise2"], w[name + "pointwise2"], 1, k // 2)
        return self.separable(x, w[name + "depthwise"], w[name + "pointwise"], stride, k - 1, dilation=2)

    def cell(self, k, reduction, previous_reduced, s0, s1, w, mixture):
        p = f"cells.{k}."
        if previous_reduced:
            s0 = self.factorised_reduction(s0, w, p + "preprocess0.")
        else:
            s0 = self.norm(F.conv2d(self.relu(s0), w[p + "preprocess0.conv"]))
        s1 = self.norm(F.conv2d(self.relu(s1), w[p + "preprocess1.conv"]))
        states = [s0, s1]
        edge = 0
        for j in range(self.nodes):
            total = 0
            for i in range(j + 2):
                stride = 2 if reduction and i < 2 else 1
                for o, op in enumerate(OPERATIONS):
                    if op != "none":
                        name = f"{p}edges.{edge}.{op}."
                        total = total + mixture[edge, o] * self.operation(op, states[i], w, name, stride)
                edge += 1
            states.append(total)
        return torch.cat(states[2:], dim=1)

    def forward(self, images, w, theta_normal, theta_reduction):
        """Logits [n, way] of `images` [n, c, h, w]; `w` in torch's layouts."""
        if self.stem == "flat":
            x = F.conv2d(images, w["stem.conv"], padding=1)
            x = self.norm(x, w["stem.norm.scale"], w["stem.norm.bias"])
        else:
            x = F.conv2d(images, w["stem.conv1"], padding=1)
            x = self.norm(x, w["stem.norm1.scale"], w["stem.norm1.bias"])
            x = self.relu(self.max_pool(x, 2, 2, 0))
            x = F.conv2d(x, w["stem.conv2"], padding=1)
            x = self.norm(x, w["stem.norm2.scale"], w["stem.norm2.bias"])
            x = self.max_pool(x, 2, 2, 0)
        mixtures = {"normal": theta_normal.softmax(dim=1), "reduction": theta_reduction.softmax(dim=1)}
        s0 = s1 = x
        previous_reduced = False
        for k, kind in enumerate(self.cells):
            reduction = kind == "reduction"
            s0, s1 = s1, self.cell(k, reduction, previous_reduced, s0, s1, w, mixtures[kind])
            previous_reduced = reduction
        return F.linear(s1.mean(dim=(2, 3)), w["head.weight"], w["head.bias"])

    def describe(self):
        return {"inputChannels": self.inputs, "channels": self.channels, "nodes": self.nodes, "cells": self.cells,
                "way": self.way, "stem": self.stem}
