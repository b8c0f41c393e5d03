"""Reference values for StatisticsTests.swift from SciPy: `python3 scipy_reference.py > scipy.json` (SciPy 1.17.1, NumPy 2.4.6)."""

import json

import numpy as np
from scipy import stats

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
print(json.dumps(out, indent=1))
