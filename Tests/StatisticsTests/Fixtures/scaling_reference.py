"""Reference values for ScalingTests.swift: `python3 scaling_reference.py > scaling.json` (SciPy 1.17.1, NumPy 2.4.6)."""

import json

import numpy as np
from scipy.spatial.distance import jensenshannon, pdist, squareform

rng = np.random.default_rng(7)
out = {"scaling": [], "jensenShannon": []}
flat = rng.normal(size=(6, 2)) * [3, 1]
for distances in [
    squareform(pdist(flat)),
    squareform(pdist(rng.normal(size=(9, 5)))),
    squareform(pdist(rng.dirichlet(np.ones(4), 7), lambda p, q: jensenshannon(p, q, base=2))),
    np.zeros((3, 3)),
]:
    n = len(distances)
    centre = np.eye(n) - 1 / n
    values, vectors = np.linalg.eigh(-0.5 * centre @ distances**2 @ centre)
    order = np.argsort(values)[::-1]
    points = np.zeros((n, 2))
    for axis, index in enumerate(order[:2]):
        if values[index] > 1e-12:
            column = vectors[:, index]
            points[:, axis] = column * np.sqrt(values[index]) * np.sign(column[np.argmax(np.abs(column))])
    positive = values[values > 0].sum()
    explained = float(values[order[:2]].clip(0).sum() / positive) if positive > 1e-12 else 0.0
    out["scaling"].append({"distances": distances.tolist(), "points": points.tolist(), "explained": explained})
for size in [2, 3, 8]:
    p, q = rng.dirichlet(np.ones(size)), rng.dirichlet(np.ones(size))
    out["jensenShannon"].append({"p": p.tolist(), "q": q.tolist(), "distance": float(jensenshannon(p, q, base=2))})
out["jensenShannon"].append({"p": [1.0, 0.0], "q": [0.0, 1.0], "distance": float(jensenshannon([1, 0], [0, 1], base=2))})
print(json.dumps(out, indent=1))
