"""Reference values for MannWhitneyTests.swift from SciPy: `python3 mann_whitney.py > mann_whitney.json` (SciPy 1.17, NumPy 2)."""

import json

import numpy as np
from scipy import stats

rng = np.random.default_rng(20260202)
cases = [
    (rng.normal(0, 1, 30).tolist(), rng.normal(0.5, 1, 40).tolist()),
    (rng.integers(0, 5, 25).astype(float).tolist(), rng.integers(1, 6, 12).astype(float).tolist()),
    ([1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]),
    ([1.0], [1.0]),
    ([2.0, 2.0, 3.0], [2.0, 2.0, 2.0]),
    ((rng.integers(0, 400, 300) / 100).tolist(), (rng.integers(20, 420, 300) / 100).tolist()),
]
out = []
for first, second in cases:
    result = stats.mannwhitneyu(first, second, alternative="two-sided", method="asymptotic", use_continuity=True)
    out.append({"first": first, "second": second, "statistic": float(result.statistic), "p": float(result.pvalue)})
print(json.dumps(out))
