"""Fixture tnas-meta-gradient.json: query loss and meta-gradients of T-NAS on one task, exact and first-order.

Source: Lian et al., "Towards Fast Adaptation of Neural Architectures with Meta Learning", ICLR 2020.
Inner loop of M steps on the support loss L, from the meta-parameters (w~, theta~):

  alternating  (eqs 3, 4)  w' = w - alphaIn dL/dw(w, theta);   theta' = theta - betaIn dL/dtheta(w', theta)
  simultaneous (eqs 5, 6)  w' = w - alphaIn dL/dw(w, theta);   theta' = theta - betaIn dL/dtheta(w, theta)

Outer loss: the query loss at (w^M, theta^M). The exact meta-gradient differentiates it with respect to (w~, theta~)
through the whole loop; the first-order one is the query loss's gradient at (w^M, theta^M). All parameters are adapted,
stem batch norm and head included. Support and query images are separate batches, each with its own batch statistics.

Every exact meta-gradient is compared with central differences of the query loss along three unit directions: in w,
in theta, in both. `check` records, for each, the directional derivative, the central difference and the relative error,
at the best of three step lengths (1e-5, 1e-6, 1e-7).
Run: python tnas_meta_gradient.py
"""

import os
import sys

sys.dont_write_bytecode = True
import torch
import torch.nn.functional as F

import fixture_values as fv
from supernet_model import OPERATIONS, Margins, Supernet

WAY, SHOT, QUERY = 3, 1, 2
CHANNELS, NODES, CELLS = 2, 2, ["normal", "reduction"]
ALPHA_IN = 0.1
THETAS = ["theta.normal", "theta.reduction"]


class Task:
    def __init__(self, size, margins=None):
        self.net = Supernet(1, CHANNELS, NODES, CELLS, WAY, "flat", margins)
        self.declared = self.net.declarations()
        self.start = {n: fv.parameter(n, kind, shape) for n, (kind, shape) in self.declared.items()}
        for t in THETAS:
            self.start[t] = fv.parameter(t, "theta", (self.net.edges, len(OPERATIONS)))
        self.weights = list(self.declared)
        self.support = self.batch("support.images", SHOT, size)
        self.query = self.batch("query.images", QUERY, size)

    def batch(self, name, per_class, size):
        images = fv.values(name, (WAY * per_class, size, size, 1))
        return images.permute(0, 3, 1, 2), fv.class_major_labels(WAY, per_class)

    def loss(self, p, batch):
        w = {n: fv.to_torch_layout(p[n], kind) for n, (kind, _) in self.declared.items()}
        images, labels = batch
        return F.cross_entropy(self.net.forward(images, w, *(p[t] for t in THETAS)), labels)

    def adapt(self, p, variant, steps, beta, exact):
        """(w^M, theta^M) and the support loss at (w^m, theta^m) for m = 0 ..< M."""
        losses = []
        for _ in range(steps):
            names = self.weights if variant == "alternating" else self.weights + THETAS
            p, loss = self.step(p, names, beta, exact)
            losses.append(loss)
            if variant == "alternating":
                p, _ = self.step(p, THETAS, beta, exact)
        return p, losses

    def step(self, p, names, beta, exact):
        # The step uses partial derivatives. In the alternating loop w^{m+1} depends on theta^m (and theta^m on w^m), so
        # the loss is differentiated with respect to aliases that only this evaluation of the loss reads.
        p = {n: t.view_as(t) for n, t in p.items()}
        loss = self.loss(p, self.support)
        gradients = torch.autograd.grad(loss, [p[n] for n in names], create_graph=exact)
        moved = {n: p[n] - (beta if n in THETAS else ALPHA_IN) * g for n, g in zip(names, gradients)}
        if not exact:
            moved = {n: t.detach().requires_grad_() for n, t in moved.items()}
        return p | moved, loss.item()

    def query_loss(self, start, variant, steps, beta):
        p = {n: t.detach().requires_grad_() for n, t in start.items()}
        p, _ = self.adapt(p, variant, steps, beta, exact=False)
        with torch.no_grad():
            return self.loss(p, self.query).item()

    def meta_gradient(self, variant, steps, beta, exact):
        start = {n: t.clone().requires_grad_() for n, t in self.start.items()}
        adapted, losses = self.adapt(start, variant, steps, beta, exact)
        loss = self.loss(adapted, self.query)
        at = start if exact else adapted
        gradient = torch.autograd.grad(loss, [at[n] for n in self.start])
        return loss.item(), losses, dict(zip(self.start, gradient)), {n: t.detach() for n, t in adapted.items()}


def direction(task, k, names):
    d = {n: fv.values(f"direction.{k}.{n}", task.start[n].shape) for n in names}
    length = sum(float((t * t).sum()) for t in d.values()) ** 0.5
    return {n: t / length for n, t in d.items()}


def check(task, gradient, variant, steps, beta):
    rows = []
    for k, names in enumerate([task.weights, THETAS, task.weights + THETAS]):
        d = direction(task, k, names)
        slope = sum(float((gradient[n] * t).sum()) for n, t in d.items())
        best = None
        for h in (1e-5, 1e-6, 1e-7):
            ends = [task.query_loss(task.start | {n: task.start[n] + s * h * t for n, t in d.items()}, variant, steps, beta)
                    for s in (1, -1)]
            difference = (ends[0] - ends[1]) / (2 * h)
            row = {"direction": ["w", "theta", "both"][k], "step": h, "gradient": slope, "centralDifference": difference,
                   "relativeError": abs(difference - slope) / abs(slope)}
            if best is None or row["relativeError"] < best["relativeError"]:
                best = row
        rows.append(best)
    return rows


def main():
    cases = []
    for size in (10, 8):
        for variant in ("simultaneous", "alternating"):
            for beta in (0.5, 30.0):
                for steps in (1, 3, 5) if size == 10 else (2,):
                    margins = Margins()
                    task = Task(size, margins)
                    loss, support, exact, adapted = task.meta_gradient(variant, steps, beta, exact=True)
                    task.net.margins = None
                    loss1, _, first, _ = task.meta_gradient(variant, steps, beta, exact=False)
                    assert abs(loss - loss1) < 1e-12
                    task.net.last_maximum = True
                    other = task.meta_gradient(variant, steps, beta, exact=True)[2]
                    task.net.last_maximum = False
                    tie_effect = max(float((exact[n] - other[n]).abs().max()) for n in exact)
                    assert tie_effect < 1e-10, tie_effect
                    rows = check(task, exact, variant, steps, beta)
                    assert all(r["relativeError"] < 1e-6 for r in rows), rows
                    difference = sum(float(((exact[n] - first[n]) ** 2).sum()) for n in exact) ** 0.5
                    norm = sum(float((exact[n] ** 2).sum()) for n in exact) ** 0.5
                    print(f"{size}x{size} {variant:12} beta {beta:4} steps {steps}  loss {loss:.6f}  |exact| {norm:.3e}"
                          f"  |exact - first| {difference:.3e}  errors", *(f"{r['relativeError']:.1e}" for r in rows),
                          f" relu {margins.relu:.0e} ({margins.relu_zeros} zeros) pool {margins.pool:.0e}"
                          f" ({margins.pool_ties} ties, rule {tie_effect:.0e})", flush=True)
                    cases.append({
                        "size": size, "variant": variant, "alphaIn": ALPHA_IN, "betaIn": beta, "innerSteps": steps,
                        "supportLosses": support, "queryLoss": loss,
                        "margins": margins.json() | {"effectOfTheTieRuleOnGradients": tie_effect}, "check": rows,
                        "adaptedTheta": fv.encode_all({t: adapted[t] for t in THETAS}),
                        "exact": fv.encode_all(exact), "firstOrder": fv.encode_all(first),
                    })
    fv.write("tnas-meta-gradient.json", {
        "about": "tnas_meta_gradient.py: T-NAS meta-gradients in Float64",
        "network": task.net.describe() | {"operations": OPERATIONS},
        "way": WAY, "shot": SHOT, "queryPerClass": QUERY,
        "supportImagesName": "support.images", "queryImagesName": "query.images",
        "cases": cases,
    })
    print("KiB", os.path.getsize("tnas-meta-gradient.json") // 1024)


if __name__ == "__main__":
    torch.set_num_threads(1)
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    main()
