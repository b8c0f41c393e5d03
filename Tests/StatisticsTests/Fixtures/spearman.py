"""Reference values for RankCorrelationTests.swift from SciPy: `python3 spearman.py > spearman.json` (SciPy 1.17, NumPy 2)."""

import json

import numpy as np
from scipy import stats

rng = np.random.default_rng(20260303)
x = rng.normal(0, 1, 40)
cases = [
    (x.tolist(), (x + rng.normal(0, 1, 40)).tolist()),
    (rng.integers(0, 6, 50).astype(float).tolist(), rng.integers(0, 4, 50).astype(float).tolist()),
    ([1.0, 2.0, 3.0, 4.0], [10.0, 20.0, 30.0, 1e9]),
    ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]),
    ([1.0, 2.0], [5.0, 5.5]),
]
print(json.dumps([{"first": a, "second": b, "rho": float(stats.spearmanr(a, b).statistic)} for a, b in cases]))
