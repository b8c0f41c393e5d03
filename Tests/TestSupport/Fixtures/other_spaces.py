"""Fixture other-spaces.json: networks of NAS-Bench-101, NAS-Bench-Macro and NASNet cells.

Functions over parameters that are declared as they are used, after the published descriptions and independently of the Swift code:

- NAS-Bench-101: Ying et al., ICML 2019, section 2, and the description of `build_module` in google-research/nasbench.
- NAS-Bench-Macro: Su et al., CVPR 2021, section 4 (inverted bottlenecks, ReLU, 1x1 convolution to 1,280 channels).
- NASNet: Zoph et al., CVPR 2018, figures 2 and 4, with this project's conventions for what the paper leaves open: inputs are brought to C
  channels (ReLU, 1x1 convolution, BN; a factorised reduction where one is twice as large), concatenated operands are projected back to C
  channels, the identity is a factorised reduction at stride 2, unused inputs of a reduction cell too.

Names and inputs: fixture_values.py; parameters stand in OUR layout. Run: python other_spaces.py
"""

import os
import sys

sys.dont_write_bytecode = True
import torch
import torch.nn.functional as F

import fixture_values as fv

BATCH, SIZE = 4, 8
IMAGES = fv.values("images", (BATCH, SIZE, SIZE, 3)).permute(0, 3, 1, 2).contiguous()


class Parameters:
    def __init__(self):
        self.p = {}

    def get(self, name, kind, shape):
        if name not in self.p:
            self.p[name] = fv.parameter(name, kind, shape).requires_grad_()
        return fv.to_torch_layout(self.p[name], kind)

    def conv(self, name, x, cout, kernel, **more):
        kernel = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        more.setdefault("padding", (kernel[0] // 2, kernel[1] // 2))
        return F.conv2d(x, self.get(name, "dense", (*kernel, x.shape[1], cout)), **more)

    def depthwise(self, name, x, kernel, stride):
        w = self.get(name, "depthwise", (kernel, kernel, x.shape[1]))
        return F.conv2d(x, w, stride=stride, padding=kernel // 2, groups=x.shape[1])

    def norm(self, name, x):
        c = x.shape[1]
        return F.batch_norm(x, None, None, self.get(name + ".scale", "scale", (c,)), self.get(name + ".bias", "bias", (c,)),
                            training=True, eps=1e-5)

    def unit(self, name, x, cout, kernel, relu=True, **more):
        x = self.norm(name + ".norm", self.conv(name + ".conv", x, cout, kernel, **more))
        return F.relu(x) if relu else x

    def head(self, x, classes):
        x = x.mean((2, 3))
        w = self.get("head.weight", "linear", (x.shape[1], classes))
        return F.linear(x, w, self.get("head.bias", "bias", (classes,)))


def nasbench101(p, matrix, operations, channels, classes):
    last = len(matrix) - 1

    def widths(cin, cout):
        w = [0] * (last + 1)
        w[0], w[last] = cin, cout
        feeding = [v for v in range(1, last) if matrix[v][last]]
        if feeding:
            share, extra = divmod(cout, len(feeding))
            for i, v in enumerate(feeding):
                w[v] = share + (1 if i < extra else 0)
        for v in range(last - 2, 0, -1):
            if not matrix[v][last]:
                w[v] = max(w[d] for d in range(v + 1, last) if matrix[v][d])
        return w

    x = p.unit("stem", IMAGES, channels, 3)
    for stack in range(3):
        if stack:
            x = F.max_pool2d(x, 2, 2)
            channels *= 2
        for module in range(3):
            name = f"stacks.{stack}.{module}"
            w = widths(x.shape[1], channels)
            values, joined = [x], []
            for v in range(1, last):
                terms = [values[s][:, :w[v]] for s in range(1, v) if matrix[s][v]]
                if matrix[0][v]:
                    terms.append(p.unit(f"{name}.vertex{v}.projection", x, w[v], 1))
                total = sum(terms)
                op = operations[v - 1]
                if op == "maxpool3x3":
                    values.append(F.max_pool2d(total, 3, 1, 1))
                else:
                    values.append(p.unit(f"{name}.vertex{v}", total, w[v], 3 if op == "conv3x3-bn-relu" else 1))
                if matrix[v][last]:
                    joined.append(values[v])
            direct = p.unit(f"{name}.vertex{last}.projection", x, channels, 1) if matrix[0][last] else 0
            x = torch.cat(joined, 1) + direct if joined else direct
    return p.head(x, classes)


def macro(p, digits, classes):
    x = p.unit("stem", IMAGES, 32, 3)
    channels, number = 32, 0
    for stage in (2, 3, 3):
        for place in range(stage):
            name, stride = f"layers.{number}", 2 if place == 0 else 1
            cin, channels = channels, channels * (2 if place == 0 else 1)
            digit = int(digits[number])
            number += 1
            if digit == 0:
                if place == 0:
                    x = p.unit(name + ".identity", x, channels, 1, relu=False, stride=2)
                continue
            kernel, inner = (3, 3 * cin) if digit == 1 else (5, 6 * cin)
            y = p.unit(name + ".expansion", x, inner, 1)
            y = F.relu(p.norm(name + ".norm", p.depthwise(name + ".depthwise", y, kernel, stride)))
            y = p.unit(name + ".projection", y, channels, 1, relu=False)
            x = y + x if place else y
    return p.head(p.unit("last", x, 1280, 1), classes)


def reduced(p, name, x, cout):
    x = F.relu(x)
    shifted = F.pad(x[:, :, 1:, 1:], (0, 1, 0, 1))
    a = p.conv(name + ".conv_a", x, cout // 2, 1, stride=2)
    b = p.conv(name + ".conv_b", shifted, cout - cout // 2, 1, stride=2)
    return p.norm(name + ".norm", torch.cat([a, b], 1))


def nasnet_operation(p, name, op, x, stride):
    c = x.shape[1]
    if op == "identity":
        return x if stride == 1 else reduced(p, name, x, c)
    if op == "avg_pool_3x3":
        return F.avg_pool2d(x, 3, stride, 1, count_include_pad=False)
    if op.startswith("max_pool"):
        k = int(op[-1])
        return F.max_pool2d(x, k, stride, k // 2)
    if op.startswith("conv_1x") and op != "conv_1x1":
        k = int(op[7])
        x = p.norm(name + ".norm1", p.conv(name + ".conv1", F.relu(x), c, (1, k), stride=(1, stride)))
        return p.norm(name + ".norm2", p.conv(name + ".conv2", F.relu(x), c, (k, 1), stride=(stride, 1)))
    if op.startswith("sep"):
        k = int(op[-1])
        for i in (1, 2):
            x = p.depthwise(f"{name}.depthwise{i}", F.relu(x), k, stride if i == 1 else 1)
            x = p.norm(f"{name}.norm{i}", p.conv(f"{name}.pointwise{i}", x, c, 1))
        return x
    k = int(op[-1])
    more = {"padding": 2, "dilation": 2} if op.startswith("dil") else {}
    return p.unit(f"{name}.{op}", F.relu(x), c, k, relu=False, stride=stride, **more)


def nasnet(p, cells, kinds, channels, classes):
    x = p.norm("stem.norm", p.conv("stem.conv", IMAGES, 3 * channels, 3))
    previous = current = x
    was_reduction = False
    for number, kind in enumerate(kinds):
        name, blocks = f"cells.{number}", cells[kind]
        if kind == "reduction":
            channels *= 2
        first = (reduced(p, name + ".preprocess0", previous, channels) if was_reduction
                 else p.unit(name + ".preprocess0", F.relu(previous), channels, 1, relu=False))
        states = [first, p.unit(name + ".preprocess1", F.relu(current), channels, 1, relu=False)]
        used = set()
        for b, (s1, s2, o1, o2, how) in enumerate(blocks):
            used |= {s1, s2}
            parts = [nasnet_operation(p, f"{name}.blocks.{b}.{which}", o, states[s], 2 if kind == "reduction" and s < 2 else 1)
                     for which, s, o in (("first", s1, o1), ("second", s2, o2))]
            if how == "add":
                states.append(parts[0] + parts[1])
            else:
                states.append(p.unit(f"{name}.blocks.{b}.projection", F.relu(torch.cat(parts, 1)), channels, 1, relu=False))
        out = [reduced(p, f"{name}.output.{s}", states[s], channels) if kind == "reduction" and s < 2 else states[s]
               for s in range(len(states)) if s not in used]
        previous, current, was_reduction = current, torch.cat(out, 1), kind == "reduction"
    return p.head(current, classes)


OPERATIONS = ["identity", "conv_1x3_3x1", "conv_1x7_7x1", "dil_conv_3x3", "avg_pool_3x3", "max_pool_3x3", "max_pool_5x5",
              "max_pool_7x7", "conv_1x1", "conv_3x3", "sep_conv_3x3", "sep_conv_5x5", "sep_conv_7x7"]


def nasnet_cells(choices):
    half = len(choices) // 2
    result = {}
    for kind, part in (("normal", choices[:half]), ("reduction", choices[half:])):
        result[kind] = [(part[i], part[i + 1], OPERATIONS[part[i + 2]], OPERATIONS[part[i + 3]],
                         "add" if part[i + 4] == 0 else "concatenate") for i in range(0, half, 5)]
    return result


def case(space, text, forward, classes):
    p = Parameters()
    logits = forward(p)
    loss = F.cross_entropy(logits, torch.arange(BATCH) % classes)
    gradients = torch.autograd.grad(loss, list(p.p.values()))
    return {"space": space, "architecture": text, "logits": fv.encode(logits), "loss": loss.item(),
            "gradientNorms": {n: g.norm().item() for n, g in zip(p.p, gradients)}}


def main():
    torch.set_num_threads(1)
    rows = []
    for rows_text, operations in [
        ("0111001 0010000 0001010 0000101 0000001 0000001 0000000",
         ["conv3x3-bn-relu", "maxpool3x3", "conv1x1-bn-relu", "conv3x3-bn-relu", "maxpool3x3"]),
        ("01001 00101 00010 00001 00000", ["conv1x1-bn-relu", "conv3x3-bn-relu", "maxpool3x3"]),
        ("01 00", []),
    ]:
        matrix = [[int(c) for c in row] for row in rows_text.split()]
        text = rows_text.replace(" ", "") + ":" + ",".join(["input"] + operations + ["output"])
        rows.append(case("nas-bench-101", text, lambda p: nasbench101(p, matrix, operations, 6, 5), 5))
    for digits in ("01210210", "20012102"):
        rows.append(case("nas-bench-macro", digits, lambda p: macro(p, digits, 5), 5))
    for choices in (
        [0, 1, 1, 9, 0, 2, 0, 10, 5, 1, 1, 3, 3, 0, 0] + [1, 1, 2, 4, 0, 2, 1, 11, 8, 1, 3, 0, 6, 1, 0],
        [1, 1, 12, 4, 1, 1, 2, 0, 3, 0, 2, 3, 7, 2, 0] + [0, 1, 0, 3, 0, 0, 2, 9, 10, 1, 1, 0, 12, 7, 0],
    ):
        rows.append(case("nasnet", ",".join(map(str, choices)),
                         lambda p: nasnet(p, nasnet_cells(choices), ["normal", "reduction", "normal"], 4, 5), 5))
    here = os.path.dirname(os.path.abspath(__file__))
    fv.write(os.path.join(here, "other-spaces.json"), {"batch": BATCH, "size": SIZE, "cases": rows})


if __name__ == "__main__":
    main()
