"""Fixture pc-darts.json: the partially connected supernet of NAS-Bench-201 cells, with weighted edges.

After Xu et al., "PC-DARTS: Partial channel connections for memory-efficient architecture search", ICLR 2020, section 3 and eq. 2-4:
of K equal shares of a node's channels the first goes through the mixed operation of an edge, the others pass by; both are
concatenated and the channels dealt anew (channel shuffle with K groups); a node is the sum of its edges, weighted by the softmax of
beta over the edges into it. Written edge by edge as in the paper, where the Swift code sums first and shuffles once.

Network, names and inputs: nasbench201.py. Run: python pc_darts.py
"""

import os
import sys

sys.dont_write_bytecode = True
import torch
import torch.nn as nn
import torch.nn.functional as F

import fixture_values as fv
import nasbench201 as nb

K = 2


def channel_shuffle(x, groups):
    n, c, h, w = x.shape
    return x.view(n, groups, c // groups, h, w).transpose(1, 2).reshape(n, c, h, w)


class PartialCell(nn.Module):
    def __init__(self, net, name, channels):
        super().__init__()
        self.net = [net]
        self.edges = nn.ModuleList(
            nn.ModuleList(nb.operation(net, f"{name}.edges.{a}.{b}", o, channels // K, affine=False) for o in range(5))
            for a, b in nb.EDGES)

    def mixed(self, edge, x):
        share = x.shape[1] // K
        first, others = x[:, :share], x[:, share:]
        alpha = torch.softmax(self.net[0].alpha, 1)[edge]
        mixed = sum(a * op(first) for a, op in zip(alpha, self.edges[edge]))
        return channel_shuffle(torch.cat([mixed, others], 1), K)

    def forward(self, x):
        nodes = [x]
        for node in (1, 2, 3):
            incoming = [e for e, (a, b) in enumerate(nb.EDGES) if b == node]
            beta = torch.softmax(self.net[0].beta[incoming], 0)
            nodes.append(sum(w * self.mixed(e, nodes[nb.EDGES[e][0]]) for w, e in zip(beta, incoming)))
        return nodes[3]


def main():
    torch.set_num_threads(1)
    nb.MixedCell = PartialCell
    net = nb.Network(None)
    net.alpha = fv.values("theta", (6, 5)).requires_grad_()
    net.beta = fv.values("beta", (6,)).requires_grad_()
    logits = net(nb.IMAGES)
    loss = F.cross_entropy(logits, nb.LABELS)
    names = list(net.p)
    found = torch.autograd.grad(loss, [net.alpha, net.beta] + [net.p[n] for n in names])
    here = os.path.dirname(os.path.abspath(__file__))
    fv.write(os.path.join(here, "pc-darts.json"), {
        "divisor": K, "logits": fv.encode(logits), "loss": loss.item(), "alpha": fv.encode(found[0]),
        "beta": fv.encode(found[1]), "gradientNorms": {n: g.norm().item() for n, g in zip(names, found[2:])}})


if __name__ == "__main__":
    main()
