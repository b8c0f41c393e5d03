"""Reference values for StatisticsTests.swift from SciPy: `python3 scipy_reference.py > scipy.json` (SciPy 1.17.1, NumPy 2.4.6, mpmath 1.3.0,
statsmodels 0.15.0)."""

import json

import mpmath
import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(20260101)
out = {"scipy": "scipy.stats"}

out["tQuantile"] = [
    {"df": df, "p": p, "t": stats.t.isf(p, df)}
    for df in [1, 2, 3, 5, 9.5, 29, 99, 599, 5999]
    for p in [0.4, 0.1, 0.025, 0.005, 1e-6, 1e-12]
]
out["tTail"] = [
    {"df": df, "t": t, "p": stats.t.sf(t, df)} for df in [1, 2.5, 7, 40, 599] for t in [-3.0, 0.0, 0.1, 1.0, 2.5, 8.0, 30.0]
]
out["normalQuantile"] = [{"p": p, "z": stats.norm.isf(p)} for p in [0.9, 0.5, 0.49, 0.3, 0.025, 0.005, 1e-4, 1e-10, 1e-100, 1e-300]]

samples = [
    [0.2, 0.4],
    [1.0, 1.0, 1.0, 1.0],
    [1e9 + 1, 1e9 + 2, 1e9 + 4],
    (rng.integers(0, 76, 600) / 75).tolist(),
    rng.normal(0.5, 0.1, 37).tolist(),
]
out["samples"] = []
for values in samples:
    a = np.array(values, dtype=np.longdouble)
    mean, sd = float(a.mean()), float(a.std(ddof=1))
    rows = []
    for level in [0.5, 0.9, 0.95, 0.99]:
        half = stats.t.ppf((1 + level) / 2, len(values) - 1) * sd / np.sqrt(len(values))
        rows.append({"level": level, "lower": mean - half, "upper": mean + half})
    out["samples"].append({"values": values, "mean": mean, "sd": sd, "intervals": rows})

out["wilson"] = []
for k, n in [(0, 10), (1, 10), (5, 10), (10, 10), (431, 600), (0, 1), (1, 1), (99999, 100000)]:
    for level in [0.9, 0.95, 0.99]:
        ci = stats.binomtest(k, n).proportion_ci(confidence_level=level, method="wilson")
        out["wilson"].append({"successes": k, "trials": n, "level": level, "lower": ci.low, "upper": ci.high})

cases = [
    ("exact", rng.normal(0.3, 1, 1).tolist()),
    ("exact", rng.normal(0.3, 1, 5).tolist()),
    ("exact", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
    ("exact", [0.0, 0.0] + rng.normal(0.5, 1, 12).tolist()),
    ("exact", rng.normal(0.2, 1, 50).tolist()),
    ("approx", rng.normal(0.2, 1, 51).tolist()),
    ("approx", rng.integers(-3, 5, 30).astype(float).tolist()),
    ("approx", [0.5, 0.5, -0.5, 0.0]),
    ("approx", (rng.integers(-20, 25, 600) / 75).tolist()),
]
out["wilcoxon"] = []
for method, d in cases:
    result = stats.wilcoxon(d, zero_method="wilcox", correction=False, method=method)
    out["wilcoxon"].append(
        {"method": method, "differences": d, "statistic": float(result.statistic), "p": float(result.pvalue)}
    )

a, b = rng.normal(0.6, 0.1, 40), rng.normal(0.58, 0.1, 40)
test = stats.ttest_rel(a, b)
ci = test.confidence_interval(0.95)
out["paired"] = {
    "a": a.tolist(), "b": b.tolist(), "difference": float((a - b).mean()), "lower": float(ci.low), "upper": float(ci.high),
    "p": float(stats.wilcoxon(a, b, method="exact").pvalue),
}

# Ties: SciPy goes through all 2^n signs, up to n = 13 at a bearable cost; above that, the same here by hand.
tied = [
    [1.0, 1.0, -1.0, 2.0, 0.0, 3.0],
    [0.5, 0.5, -0.5, 0.0],
    rng.integers(-3, 5, 12).astype(float).tolist(),
    [2.0, 2.0, 2.0, 2.0],
]
every_sign = stats.PermutationMethod(n_resamples=np.inf)
out["wilcoxonTies"] = [
    {"differences": d, "p": float(stats.wilcoxon(d, zero_method="wilcox", method=every_sign).pvalue)} for d in tied
]
d = rng.integers(-4, 7, 20).astype(float)
kept = d[d != 0]
ranks = stats.rankdata(np.abs(kept))
signs = (np.arange(2 ** len(kept))[:, None] >> np.arange(len(kept))) & 1
sums = signs @ ranks
smaller = min(ranks[kept > 0].sum(), ranks[kept < 0].sum())
out["wilcoxonTies"].append({"differences": d.tolist(), "p": min(1.0, 2 * float((sums <= smaller).mean()))})

out["chiSquareTail"] = [
    {"df": df, "x": x, "p": float(stats.chi2.sf(x, df))}
    for df in [1, 2, 3, 7.5, 30, 400]
    for x in [0.0, 1e-3, 0.5, 2.0, 9.0, 40.0, 390.0, 900.0]
]
out["fTail"] = [
    {"d1": d1, "d2": d2, "x": x, "p": float(stats.f.sf(x, d1, d2))}
    for d1, d2 in [(1, 1), (2, 5), (4, 36), (9, 171), (3.5, 800)]
    for x in [0.0, 0.1, 1.0, 3.2, 25.0]
]

# SciPy integrates to 1e-11 only; mpmath to 30 digits. Both are kept, so that one may check the other.
mpmath.mp.dps = 30


def range_tail(q, k):
    cdf = lambda x: mpmath.erfc(-x / mpmath.sqrt(2)) / 2
    f = lambda z: mpmath.npdf(z) * (cdf(z) ** (k - 1) - (cdf(z) - cdf(z - q)) ** (k - 1))
    return k * mpmath.quad(f, mpmath.linspace(-12, q + 12, 25))


out["rangeTail"] = [
    {"k": k, "q": q, "p": float(range_tail(mpmath.mpf(q), k)), "scipy": float(stats.studentized_range.sf(q, k, np.inf))}
    for k in [2, 3, 5, 10, 40]
    for q in [0.05, 1.0, 2.5, 4.0, 7.0, 12.0]
]
out["rangeQuantile"] = [
    {"k": k, "p": p, "q": float(mpmath.findroot(lambda q: range_tail(q, k) - mpmath.mpf(p), stats.studentized_range.isf(p, k, np.inf)))}
    for k in [2, 3, 4, 7, 10, 20]
    for p in [0.1, 0.05, 0.01]
]

tables = [
    rng.normal([0.0, 0.2, 0.5], 1, (10, 3)),
    rng.integers(0, 4, (12, 5)).astype(float),
    rng.normal([0.6, 0.62, 0.7, 0.71, 0.5, 0.66], 0.05, (7, 6)),
    np.array([[1.0, 2.0], [3.0, 4.0], [2.0, 1.0]]),
]
out["friedman"] = []
for table in tables:
    n, k = table.shape
    ranks = np.mean([stats.rankdata(-row) for row in table], axis=0)
    # SciPy wants three samples; for two the formula of its source.
    if k > 2:
        chi2, p = stats.friedmanchisquare(*table.T)
    else:
        chi2 = 12 * n / (k * (k + 1)) * (np.sum(ranks**2) - k * (k + 1) ** 2 / 4)
        p = stats.chi2.sf(chi2, k - 1)
    f = (n - 1) * chi2 / (n * (k - 1) - chi2)
    se = np.sqrt(k * (k + 1) / (6 * n))
    q = float(mpmath.findroot(lambda x: range_tail(x, k) - mpmath.mpf("0.05"), stats.studentized_range.isf(0.05, k, np.inf)))
    out["friedman"].append(
        {
            "scores": table.tolist(), "ranks": ranks.tolist(), "statistic": float(chi2), "p": float(p), "f": float(f),
            "fp": float(stats.f.sf(f, k - 1, (k - 1) * (n - 1))), "cd": q / np.sqrt(2) * se,
            "pairs": [
                [float(range_tail(mpmath.mpf(abs(a - b) / se * np.sqrt(2)), k)) if a != b else 1.0 for b in ranks] for a in ranks
            ],
        }
    )

effects = [
    (rng.normal(0.3, 1, 30), rng.normal(0, 1, 30)),
    (rng.integers(0, 5, 17).astype(float), rng.integers(0, 5, 17).astype(float)),
    (np.array([1.0, 2.0, 3.0]), np.array([7.0, 9.0, 8.5])),
]
out["effects"] = [
    {
        "a": a.tolist(), "b": b.tolist(),
        "delta": float(2 * stats.mannwhitneyu(a, b).statistic / (len(a) * len(b)) - 1),
        "d": float((a - b).mean() / (a - b).std(ddof=1)),
    }
    for a, b in effects
]
families = [[0.01, 0.04, 0.03, 0.005], rng.uniform(0, 1, 9).tolist(), rng.uniform(0, 0.01, 6).tolist() + [0.01, 0.01, 1.0, 0.0]]
out["holm"] = [{"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()} for p in families]
print(json.dumps(out, indent=1))
