"""Reference values for EdgeTests.swift and ExactRankTests.swift: `python3 edges_reference.py > edges.json` (SciPy 1.17, NumPy 2, mpmath 1.3)."""

import itertools
import json
from fractions import Fraction

import mpmath as mp
import numpy as np
from scipy import stats

mp.mp.dps = 50
rng = np.random.default_rng(20261130)
out = {}


def t_tail(t, v):
    """P(T > t) by quadrature of the density, t >= 0."""
    t, v = mp.mpf(t), mp.mpf(v)
    scale = mp.exp(mp.loggamma((v + 1) / 2) - mp.loggamma(v / 2)) / mp.sqrt(v * mp.pi)
    density = lambda x: scale * mp.exp(-(v + 1) / 2 * mp.log1p(x * x / v))
    if t < 1:
        return mp.mpf(1) / 2 - mp.quad(density, [0, t])
    width = t if v < 5 else 1 / t
    if v >= 1e4:  # falls like exp(-t u): pieces of two such lengths
        return mp.quad(density, [t + k * 2 * min(width, 1) for k in range(60)])
    return mp.quad(density, [t, t + width, t + 4 * width, t + 12 * width, t + 40 * width, t + 200 * width, mp.inf])


out["tTail"] = [
    {"df": v, "t": t, "p": float(t_tail(t, v))}
    for v, t in [
        (3, 1e-9), (3, 1e-5), (1, 1e-12), (599, 1e-8), (1e6, 1e-7), (1e10, 1e-9), (1e10, 0.5), (1e10, 2), (1e10, 6), (1e10, 20),
        (1e6, 1.5), (1e6, 8), (2e4, 3), (9999, 3), (1e5, 30), (1e15, 4),
    ]
]
# The Cauchy distribution: 1/2 - atan(t)/pi = atan(1/t)/pi.
out["tTail"] += [{"df": 1.0, "t": t, "p": float(mp.atan(1 / mp.mpf(t)) / mp.pi)} for t in [1e8, 1e100, 1e200, 1e300]]
out["tQuantile"] = []
for v in [1e4, 1e6, 1e10]:
    for p in [0.4, 0.025, 1e-6, 1e-12]:
        guess = stats.norm.isf(p)
        out["tQuantile"].append({"df": v, "p": p, "t": float(mp.findroot(lambda t: mp.log(t_tail(t, v)) - mp.log(mp.mpf(p)), guess))})
out["tQuantile"] += [{"df": 1.0, "p": p, "t": float(1 / mp.tan(mp.pi * mp.mpf(p)))} for p in [1e-100, 1e-300, 0.4999999]]

out["normalQuantile"] = [{"p": p, "z": float(stats.norm.isf(p))} for p in [5e-324, 1e-320, 1e-308, 0.49999999999]]


def q_gamma(a, x):
    a, x = mp.mpf(a), mp.mpf(x)
    s = mp.sqrt(a)
    density = lambda t: mp.exp((a - 1) * mp.log(t) - t - mp.loggamma(a))
    return mp.quad(density, [x, x + s, x + 4 * s, x + 12 * s, x + 40 * s, x + 200 * s])


out["chiSquareTail"] = [
    {"df": v, "x": v + k * float(np.sqrt(2 * v)), "p": 0.0} for v in [300, 2e4, 1e6, 2e10] for k in [-3, -0.5, 0, 0.3, 2, 9]
]
for row in out["chiSquareTail"]:
    row["p"] = float(q_gamma(row["df"] / 2, mp.mpf(row["x"]) / 2))

mp.mp.dps = 40
out["fTail"] = [
    {"d1": d1, "d2": d2, "x": x, "p": float(mp.betainc(mp.mpf(d2) / 2, mp.mpf(d1) / 2, 0, mp.mpf(d2) / (d2 + d1 * mp.mpf(x)), regularized=True))}
    for d1, d2, x in [(3, 2e5, 2.0), (4, 1e6, 5.0), (2, 1e6, 1e-9), (50, 3e4, 1.4), (1, 1, 1e200), (1, 3, 1e100)]
]
# As many as infinitely many: chi-square.
out["fTail"].append({"d1": 4, "d2": 1e12, "x": 2.5, "p": float(stats.chi2.sf(10, 4))})


def wilcoxon_exact(n, plus):
    """2 P(W+ <= plus) for ranks 1...n, in whole numbers."""
    counts = [0] * (plus + 1)
    counts[0] = 1
    for rank in range(1, n + 1):
        for s in range(plus, rank - 1, -1):
            counts[s] += counts[s - rank]
    return float(min(Fraction(1), Fraction(2 * sum(counts), 2**n)))


out["wilcoxonLarge"] = []
# The first ranks are positive until their sum is about the one wanted.
for n, share in [(60, 0.3), (400, 0.43), (1100, 0.47)]:
    wanted, signs, total = int(n * (n + 1) / 2 * share), [], 0
    for rank in range(n, 0, -1):
        take = total + rank <= wanted
        total += rank if take else 0
        signs.append((rank, take))
    differences = [float(rank if take else -rank) for rank, take in signs]
    out["wilcoxonLarge"].append({"differences": differences, "p": wilcoxon_exact(n, total)})


def mann_whitney_exact(a, b):
    """Twice the smaller tail over all divisions of the numbers; SciPy's PermutationMethod does the same, but wants two numbers a sample."""
    ranks = np.rint(2 * stats.rankdata(a + b)).astype(int).tolist()
    observed = sum(ranks[: len(a)])
    sums = [sum(c) for c in itertools.combinations(ranks, len(a))]
    p = min(1.0, 2 * min(sum(s <= observed for s in sums), sum(s >= observed for s in sums)) / len(sums))
    if min(len(a), len(b)) > 1:
        other = stats.mannwhitneyu(a, b, method=stats.PermutationMethod(n_resamples=np.inf)).pvalue
        assert abs(p - other) < 1e-12, (p, other)
    return p


cases = [
    ([1.0, 2.0, 3.0], [4.0, 5.0, 6.0]),
    ([1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]),
    ([1.0], [1.0]),
    ([1.0], [2.0]),
    ([2.0, 2.0, 3.0], [2.0, 2.0, 2.0]),
    ([1.0, 1.0, 2.0], [1.0, 2.0, 3.0, 3.0]),
    (rng.integers(0, 4, 6).astype(float).tolist(), rng.integers(1, 5, 5).astype(float).tolist()),
    (rng.normal(0, 1, 8).tolist(), rng.normal(1, 1, 7).tolist()),
    ([3.0, 3.0, 3.0], [3.0, 3.0]),
]
out["mannWhitneyExact"] = [
    {"first": a, "second": b, "p": mann_whitney_exact(a, b)} for a, b in cases
]
a, b = rng.normal(0, 1, 24).tolist(), rng.normal(0.5, 1, 20).tolist()
out["mannWhitneyExact"].append({"first": a, "second": b, "p": float(stats.mannwhitneyu(a, b, method="exact").pvalue)})


def friedman_exact(table):
    """All orders of the ranks of every block, as whole numbers."""
    ranks = [np.rint(2 * stats.rankdata(-row)).astype(int).tolist() for row in table]
    middle = len(ranks) * (len(ranks[0]) + 1)
    spread = lambda sums: sum((s - middle) ** 2 for s in sums)
    observed = spread(map(sum, zip(*ranks)))
    # The first block may stay as it is: methods are exchangeable.
    orders = [[tuple(ranks[0])]] + [list(itertools.permutations(row)) for row in ranks[1:]]
    hits = total = 0
    for choice in itertools.product(*orders):
        total += 1
        hits += spread(map(sum, zip(*choice))) >= observed
    return hits / total


tables = [
    [[1.0, 2, 3], [1, 2, 3], [1, 2, 3]],
    [[1.0, 2, 3], [2, 1, 3], [1, 3, 2], [1, 2, 3]],
    [[1.0, 1, 3], [2, 2, 2], [1, 3, 3], [1, 2, 3]],
    [[1.0, 2], [1, 2], [2, 1], [1, 2], [1, 2]],
    [[4.0, 2, 3, 1], [4, 3, 2, 1], [3, 4, 2, 2]],
    rng.integers(0, 4, (4, 4)).astype(float).tolist(),
    [[5.0, 4, 3, 2, 1], [5, 4, 3, 1, 2], [4, 5, 2, 3, 1]],
    [[1.0, 1, 1], [2, 2, 2]],
]
out["friedmanExact"] = [{"scores": t, "p": friedman_exact(np.array(t))} for t in tables]
print(json.dumps(out))
