"""Parameters and multiply-adds of NASNet-space networks from PyTorch modules: `python3 nasnet_costs.py > nasnet_costs.json` (torch 2).

A second route to NASNetSpace+Cost.swift: real modules are built and run; parameters are counted from the modules, multiply-adds by
hooks from the shapes that flow.
"""

import json
import random

import torch
from torch import nn

OPERATIONS = [
    "identity", "conv_1x3_3x1", "conv_1x7_7x1", "dil_conv_3x3", "avg_pool_3x3", "max_pool_3x3", "max_pool_5x5", "max_pool_7x7",
    "conv_1x1", "conv_3x3", "sep_conv_3x3", "sep_conv_5x5", "sep_conv_7x7",
]


def conv_bn(cin, cout, k, stride=1, padding=0, groups=1, dilation=1, norm=True):
    layers = [nn.ReLU(), nn.Conv2d(cin, cout, k, stride, padding, dilation, groups, bias=False)]
    return layers + ([nn.BatchNorm2d(cout)] if norm else [])


class FactorizedReduction(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.a = nn.Conv2d(cin, cout // 2, 1, 2, bias=False)
        self.b = nn.Conv2d(cin, cout - cout // 2, 1, 2, bias=False)
        self.norm = nn.BatchNorm2d(cout)

    def forward(self, x):
        x = x.relu()
        return self.norm(torch.cat([self.a(x), self.b(nn.functional.pad(x, (0, 1, 0, 1))[:, :, 1:, 1:])], 1))


def operation(name, c, stride):
    k = int(name[-1]) if name[-1].isdigit() else 1
    if name == "identity":
        return nn.Identity() if stride == 1 else FactorizedReduction(c, c)
    if name.startswith("conv_1x") and name != "conv_1x1":
        p = int(name[7])  # "conv_1x7_7x1"
        return nn.Sequential(
            *conv_bn(c, c, (1, p), (1, stride), (0, p // 2)), *conv_bn(c, c, (p, 1), (stride, 1), (p // 2, 0))
        )
    if name.startswith("dil"):
        return nn.Sequential(*conv_bn(c, c, 3, stride, 2, dilation=2))
    if name.startswith("avg"):
        return nn.AvgPool2d(3, stride, 1)
    if name.startswith("max"):
        return nn.MaxPool2d(k, stride, k // 2)
    if name.startswith("conv"):
        return nn.Sequential(*conv_bn(c, c, k, stride, k // 2))
    return nn.Sequential(
        *conv_bn(c, c, k, stride, k // 2, groups=c, norm=False), *conv_bn(c, c, 1)[1:],
        *conv_bn(c, c, k, 1, k // 2, groups=c, norm=False), *conv_bn(c, c, 1)[1:],
    )


class Cell(nn.Module):
    def __init__(self, tokens, kind, c0, c1, c, halve0):
        super().__init__()
        self.stride = 2 if kind == "reduction" else 1
        self.pre0 = FactorizedReduction(c0, c) if halve0 else nn.Sequential(*conv_bn(c0, c, 1))
        self.pre1 = nn.Sequential(*conv_bn(c1, c, 1))
        self.blocks, used = nn.ModuleList(), set()
        self.inputs = []
        for i in range(0, len(tokens), 5):
            a, b, opa, opb, combine = tokens[i : i + 5]
            used |= {a, b}
            self.inputs.append((a, b, combine))
            self.blocks.append(
                nn.ModuleList(
                    [operation(OPERATIONS[o], c, self.stride if s < 2 else 1) for s, o in ((a, opa), (b, opb))]
                    + ([nn.Sequential(*conv_bn(2 * c, c, 1))] if combine else [])
                )
            )
        self.unused = [s for s in range(len(tokens) // 5 + 2) if s not in used]
        self.ends = nn.ModuleDict(
            {str(s): FactorizedReduction(c, c) for s in self.unused if s < 2 and self.stride == 2}
        )
        self.width = len(self.unused) * c

    def forward(self, x0, x1):
        states = [self.pre0(x0), self.pre1(x1)]
        for (a, b, combine), block in zip(self.inputs, self.blocks):
            one, two = block[0](states[a]), block[1](states[b])
            states.append(block[2](torch.cat([one, two], 1)) if combine else one + two)
        return torch.cat([self.ends[str(s)](states[s]) if str(s) in self.ends else states[s] for s in self.unused], 1)


class Network(nn.Module):
    def __init__(self, tokens, cells, c, classes):
        super().__init__()
        half = len(tokens) // 2
        self.stem = nn.Sequential(nn.Conv2d(3, 3 * c, 3, 1, 1, bias=False), nn.BatchNorm2d(3 * c))
        self.cells = nn.ModuleList()
        c0 = c1 = 3 * c
        before = "normal"
        for kind in cells:
            if kind == "reduction":
                c *= 2
            cell = Cell(tokens[:half] if kind == "normal" else tokens[half:], kind, c0, c1, c, before == "reduction")
            self.cells.append(cell)
            c0, c1, before = c1, cell.width, kind
        self.head = nn.Linear(c1, classes)

    def forward(self, x):
        a = b = self.stem(x)
        for cell in self.cells:
            a, b = b, cell(a, b)
        return self.head(b.mean((2, 3)))


def measure(network, size):
    madds = 0

    def hook(module, _, output):
        nonlocal madds
        weights = module.weight.numel()
        madds += weights * (output.shape[2] * output.shape[3] if output.dim() == 4 else 1)

    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.register_forward_hook(hook)
    network.eval()
    with torch.no_grad():
        network(torch.zeros(1, 3, size, size))
    return sum(p.numel() for p in network.parameters()), madds


def main():
    rng = random.Random(5)
    out = []
    for number in range(8):
        tokens = []
        for _ in range(2):
            for block in range(5):
                tokens += [rng.randrange(block + 2), rng.randrange(block + 2), rng.randrange(13), rng.randrange(13), rng.randrange(2)]
        cells = ["normal", "reduction", "normal", "reduction", "normal"]
        network = Network(tokens, cells, 16, 10)
        parameters, madds = measure(network, 32)
        out.append({"tokens": ",".join(map(str, tokens)), "parameters": parameters, "multiplyAdds": madds})
    print(json.dumps(out, indent=0))


main()
