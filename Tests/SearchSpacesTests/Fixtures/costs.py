"""Parameters and multiply-adds of cell networks, by listing every weight tensor of the modules as DARTS' PyTorch code creates them.

A second route to the numbers in NetworkCostTests.swift, which the library computes in closed form: `python3 costs.py`.
"""

from math import ceil, prod

PRIMITIVES = ["none", "max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5"]


class Counter:
    def __init__(self, affine):
        self.parameters = self.madds = 0
        self.affine = affine

    def conv(self, shape, out):
        """One weight tensor (out channels, in channels / groups, k, k); `out` is the output's (height, width)."""
        self.parameters += prod(shape)
        for _ in range(shape[0]):
            self.madds += shape[1] * shape[2] * shape[3] * out[0] * out[1]

    def bn(self, c, affine=None):
        if self.affine if affine is None else affine:
            self.parameters += c  # weight
            self.parameters += c  # bias


def half(size):
    return (ceil(size[0] / 2), ceil(size[1] / 2))


def factorized_reduce(net, cin, cout, size):
    net.conv((cout // 2, cin, 1, 1), half(size))
    net.conv((cout // 2, cin, 1, 1), half(size))
    net.bn(cout)
    return half(size)


def operation(net, name, c, stride, size):
    out = half(size) if stride == 2 else size
    k = int(name[-1]) if name[-1].isdigit() else 0
    if name == "skip_connect" and stride == 2:
        factorized_reduce(net, c, c, size)
    if name.startswith("sep_conv"):
        for _ in range(2):
            net.conv((c, 1, k, k), out)
            net.conv((c, c, 1, 1), out)
            net.bn(c)
    if name.startswith("dil_conv"):
        net.conv((c, 1, k, k), out)
        net.conv((c, c, 1, 1), out)
        net.bn(c)
    return out


def network(genotype, cells, c, stem, size, cin, way, nodes=4):
    """genotype: None for the supernet, otherwise {kind: [[(operation, input), ...] per node]}."""
    net = Counter(affine=genotype is not None)
    widths = [3 * c // 2, 3 * c] if stem == "pooledTwice" else [3 * c]
    for width in widths:
        net.conv((width, cin, 3, 3), size)
        net.bn(width, affine=True)
        cin = width
        if stem != "flat":
            size = (size[0] // 2, size[1] // 2)
    states = [(cin, size), (cin, size)]
    reduced = False
    for kind in cells:
        c *= 2 if kind == "reduction" else 1
        (c0, size0), (c1, size1) = states
        if reduced:
            assert factorized_reduce(net, c0, c, size0) == size1
        else:
            net.conv((c, c0, 1, 1), size0)
            net.bn(c)
        net.conv((c, c1, 1, 1), size1)
        net.bn(c)
        for node in range(nodes):
            if genotype is None:
                edges = [(name, i) for i in range(node + 2) for name in PRIMITIVES]
            else:
                edges = genotype[kind][node]
            for name, i in edges:
                stride = 2 if kind == "reduction" and i < 2 else 1
                inner = half(size1) if kind == "reduction" and i >= 2 else size1
                out = operation(net, name, c, stride, inner)
        states = [states[1], (nodes * c, out)]
        reduced = kind == "reduction"
    features = states[1][0]
    net.parameters += way * features + way
    net.madds += way * features
    return net.parameters, net.madds


def published(pairs):
    return [[pairs[2 * i], pairs[2 * i + 1]] for i in range(len(pairs) // 2)]


m, a, s, s3, s5, d3, d5 = PRIMITIVES[1:]
DARTS_V2 = {
    "normal": published([(s3, 0), (s3, 1), (s3, 0), (s3, 1), (s3, 1), (s, 0), (s, 0), (d3, 2)]),
    "reduction": published([(m, 0), (m, 1), (s, 2), (m, 1), (m, 0), (s, 2), (s, 2), (m, 1)]),
}
AUTO_MAML_2 = {
    "normal": published([(a, 0), (a, 1), (a, 1), (a, 2), (a, 1), (a, 2), (d3, 3), (a, 2)]),
    "reduction": published([(a, 0), (d5, 1), (a, 0), (d5, 1), (s, 3), (d5, 2), (s, 4), (s, 3)]),
}
AUTO_MAML_3 = {
    "normal": published([(d5, 1), (d5, 0), (d5, 2), (d3, 1), (s5, 2), (s3, 3), (s, 4), (d3, 3)]),
    "reduction": published([(s5, 0), (a, 1), (a, 1), (s, 2), (s, 2), (a, 1), (s, 2), (m, 1)]),
}
CIFAR = ["reduction" if i in (6, 13) else "normal" for i in range(20)]
TWO = ["normal", "reduction"]

if __name__ == "__main__":
    print("DARTS_V2, CIFAR-10", network(DARTS_V2, CIFAR, 36, "flat", (32, 32), 3, 10))
    for name, genotype in [("AUTO_MAML_2", AUTO_MAML_2), ("AUTO_MAML_3", AUTO_MAML_3), ("supernet", None)]:
        print(name, "84x84", network(genotype, TWO, 16, "pooledTwice", (84, 84), 3, 5))
        print(name, "28x28 grey, pooled once", network(genotype, TWO, 8, "pooledOnce", (28, 28), 1, 20))
        print(name, "33x30, four cells", network(genotype, TWO + TWO, 4, "flat", (33, 30), 3, 5))
