"""NAS-Bench-101 cells with hash, pruned form and parameters: `python3 nasbench101.py > nasbench101.json`; Python's standard library only.

A second route to what NASBench101*.swift compute: hashes by Python's own str() and hashlib, parameters by listing layers. Sizes of
the network and hash as described in Ying et al., ICML 2019, and google-research/nasbench.
"""

import hashlib
import json
import random

OPERATIONS = ["conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3"]


def prune(matrix, labels):
    n = len(matrix)

    def reach(start, edges):
        seen, todo = {start}, [start]
        while todo:
            v = todo.pop()
            for w in edges(v):
                if w not in seen:
                    seen.add(w)
                    todo.append(w)
        return seen

    forward = reach(0, lambda v: [w for w in range(n) if matrix[v][w]])
    backward = reach(n - 1, lambda v: [w for w in range(n) if matrix[w][v]])
    keep = sorted(forward & backward)
    if 0 not in keep or n - 1 not in keep:
        return None
    return [[matrix[a][b] for b in keep] for a in keep], [labels[a] for a in keep]


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def fingerprint(matrix, labels):
    n = len(matrix)
    state = [
        md5(str((sum(matrix[v]), sum(row[v] for row in matrix), labels[v]))) for v in range(n)
    ]
    for _ in range(n):
        state = [
            md5(
                "".join(sorted(state[w] for w in range(n) if matrix[w][v]))
                + "|"
                + "".join(sorted(state[w] for w in range(n) if matrix[v][w]))
                + "|"
                + state[v]
            )
            for v in range(n)
        ]
    return md5(str(sorted(state)))


def widths(matrix, cin, cout):
    n = len(matrix)
    w = [0] * n
    w[0], w[-1] = cin, cout
    into = [v for v in range(1, n - 1) if matrix[v][n - 1]]
    for i, v in enumerate(into):
        w[v] = cout // len(into) + (1 if i < cout % len(into) else 0)
    for v in reversed(range(1, n - 1)):
        if not matrix[v][n - 1]:
            w[v] = max(w[d] for d in range(v + 1, n - 1) if matrix[v][d])
    return w


def parameters(matrix, labels):
    def conv_bn(k, cin, cout):
        return k * k * cin * cout + 2 * cout

    total, c, previous = conv_bn(3, 3, 128), 128, 128
    for stack in range(3):
        if stack:
            c *= 2
        for _ in range(3):
            w = widths(matrix, previous, c)
            n = len(matrix)
            for v in range(1, n):
                if matrix[0][v]:
                    total += conv_bn(1, previous, w[v])
                if v < n - 1 and labels[v] < 2:
                    total += conv_bn([3, 1][labels[v]], w[v], w[v])
            previous = c
    return total + c * 10 + 10


def main():
    rng = random.Random(101)
    out = []
    while len(out) < 60:
        n = rng.choice([2, 3, 4, 5, 6, 7, 7, 7])
        matrix = [[int(b > a and rng.random() < 0.45) for b in range(n)] for a in range(n)]
        labels = [-1] + [rng.randrange(3) for _ in range(n - 2)] + [-2]
        pruned = prune(matrix, labels)
        row = {
            "adjacency": "".join(str(x) for r in matrix for x in r),
            "operations": ",".join(["input"] + [OPERATIONS[x] for x in labels[1:-1]] + ["output"]),
        }
        if pruned:
            m, l = pruned
            row["pruned"] = "".join(str(x) for r in m for x in r)
            row["hash"] = fingerprint(m, l)
            row["parameters"] = parameters(m, l)
        out.append(row)
    print(json.dumps(out, indent=0))


main()
