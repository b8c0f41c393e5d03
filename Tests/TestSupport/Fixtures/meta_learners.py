"""Fixture meta-learners.json: meta-gradients of Meta-SGD, MAML++, iMAML, and of DARTS and SAMA, on the four-block network.

Network, task and inputs are those of maml_conv4.py (Float64, batch norm by the batch's statistics).

  meta-sgd   Li et al. 2017, eq. 3: w' = w - a o dL/dw, 5 steps; gradients of w and of the rates a, one for each weight.
             rate.NAME = 0.1 + 0.02 value("rate.NAME").
  maml++     Antoniou et al. 2019: rates [steps] for every tensor that adapts (rate.NAME, as above); batch-norm scale and bias
             [steps, channels], not adapted: support loss and query loss of step k use row k; outer loss sum_k v_k L_q(w_k+1).
  imaml      Rajeswaran et al. 2019: inner objective L + lambda/2 |w - theta|^2, then (I + H/lambda)^-1 dL_q/dw with the
             dense Hessian H of L and a direct solver. Once to convergence, with lambda = 1000: for less the minimum lies on
             a kink of some ReLU, where no gradient step ends. And once after the paper's 16 steps with lambda = 2, where
             the Hessian has eigenvalues far below -lambda.
  darts      Liu et al. 2019, eq. 7-8: outer variables are logits of example weights and a log weight decay of the inner
             loss sum_i softmax(a)_i CE_i + exp(r)/2 |w|^2. Two SGD steps with momentum, then `exact`, the derivative
             through the third, and `difference`, the formula with epsilon = 0.01 / |v|.
  sama       Choe et al. 2023: the same outer variables, two Adam steps, then the third with D = d(update)/d(gradient), its
             diagonal by autograd, and the difference of size 1.

Every gradient is compared with central differences of the outer loss along unit directions (for darts and sama: of the loss
after the third step from the second's weights and moments; for imaml: of the loss after the whole inner loop, and where
that has not converged, H x of the gradient's differences along x).
Run: python meta_learners.py
"""

import os
import sys

sys.dont_write_bytecode = True
import torch
import torch.nn.functional as F

import fixture_values as fv
from maml_conv4 import DECLARED, QUERY, SHOT, WAY, batch, forward
from supernet_model import Margins

STEPS = 5
MULTI_STEP = [0.1, 0.1, 0.2, 0.2, 0.4]


def flat(tree):
    return torch.cat([t.reshape(-1) for t in tree.values()])


def loss_of(p, data):
    return F.cross_entropy(forward(p, data[0]), data[1])


def rates(names, shape_of):
    return {"rate." + n: 0.1 + 0.02 * fv.values("rate." + n, shape_of(n)) for n in names}


def differences(value, point, gradient, label):
    """Central differences along three unit directions; the smallest relative error over the step lengths."""
    rows = []
    for k in range(3):
        d = {n: fv.values(f"direction.{k}.{n}", tuple(t.shape)) for n, t in point.items()}
        length = sum(float((t * t).sum()) for t in d.values()) ** 0.5
        slope = sum(float((gradient[n] * t).sum()) for n, t in d.items()) / length
        tries = []
        for h in (1e-4, 1e-5, 1e-6, 1e-7):
            ends = [value({n: t + s * h / length * d[n] for n, t in point.items()}) for s in (1, -1)]
            difference = (ends[0] - ends[1]) / (2 * h)
            tries.append({"step": h, "gradient": slope, "centralDifference": difference,
                          "relativeError": abs(difference - slope) / abs(slope)})
        rows.append(min(tries, key=lambda r: r["relativeError"]))
    print(label, *(f"{r['relativeError']:.1e}" for r in rows), flush=True)
    assert all(r["relativeError"] < 1e-6 for r in rows), rows
    return rows


def leaves(point):
    return {n: t.detach().clone().requires_grad_() for n, t in point.items()}


def differentiated(value, point, label):
    p = leaves(point)
    loss = value(p)
    gradient = dict(zip(p, torch.autograd.grad(loss, list(p.values()))))
    return loss.item(), gradient, differences(lambda q: value(leaves(q)).item(), point, gradient, label)


def meta_sgd(p, support, query):
    w = {n: p[n] for n in DECLARED}
    for _ in range(STEPS):
        g = torch.autograd.grad(loss_of(w, support), list(w.values()), create_graph=True)
        w = {n: t - p["rate." + n] * d for (n, t), d in zip(w.items(), g)}
    return loss_of(w, query)


def is_norm(name):
    return name.startswith("norm.")


def maml_plus_plus(p, support, query):
    adapted = {n: p[n] for n in DECLARED if not is_norm(n)}

    def whole(w, k):
        return {n: p[n][k] if is_norm(n) else w[n] for n in DECLARED}

    total = 0
    for k in range(STEPS):
        g = torch.autograd.grad(loss_of(whole(adapted, k), support), list(adapted.values()), create_graph=True)
        adapted = {n: t - p["rate." + n][k] * d for (n, t), d in zip(adapted.items(), g)}
        total = total + MULTI_STEP[k] * loss_of(whole(adapted, k), query)
    return total


def imaml(start, support, query, rate, proximal, steps, converged):
    def adapt(theta):
        w = {n: t.detach().clone() for n, t in theta.items()}
        for _ in range(steps):
            w = leaves(w)
            g = torch.autograd.grad(loss_of(w, support), list(w.values()))
            w = {n: (t - rate * (d + proximal * (t - theta[n]))).detach() for (n, t), d in zip(w.items(), g)}
        return w

    def support_gradient(w, graph=False):
        return torch.cat([t.reshape(-1) for t in torch.autograd.grad(loss_of(w, support), list(w.values()), create_graph=graph)])

    def shaped(vector):
        return dict(zip(start, (t.view(u.shape) for t, u in zip(vector.split([t.numel() for t in start.values()]), start.values()))))

    w = leaves(adapt(start))
    loss = loss_of(w, query)
    v = torch.cat([t.reshape(-1) for t in torch.autograd.grad(loss, list(w.values()))])
    g = support_gradient(w, graph=True)
    residual = float((g + proximal * (flat(w) - flat(start))).detach().abs().max())
    hessian = torch.stack([
        torch.cat([t.reshape(-1) for t in torch.autograd.grad(g[i], list(w.values()), retain_graph=True)])
        for i in range(len(g))])
    x = torch.linalg.solve(torch.eye(len(v), dtype=v.dtype) + hessian / proximal, v)
    smallest = torch.linalg.eigvalsh((hessian + hessian.t()) / 2)[0].item()
    print(f"imaml: residual {residual:.1e}, smallest eigenvalue {smallest:.3f}", flush=True)
    if converged:
        rows = differences(lambda q: loss_of(adapt(q), query).item(), start, shaped(x), "imaml")
    else:
        # All that is not a solve by a library is the Hessian, here along the solution itself.
        d = shaped(x / x.norm())
        tries = []
        for h in (1e-5, 1e-6, 1e-7):
            ends = [support_gradient(leaves({n: t + s * h * d[n] for n, t in w.items()})) for s in (1, -1)]
            difference = (ends[0] - ends[1]) / (2 * h)
            product = hessian @ (x / x.norm())
            tries.append({"step": h, "relativeError": float((difference - product).norm() / product.norm())})
        rows = [min(tries, key=lambda r: r["relativeError"])]
        print("imaml, 16 steps", rows, flush=True)
        assert rows[0]["relativeError"] < 1e-6
    return {"queryLoss": loss.item(), "check": rows, "exact": fv.encode_all(shaped(x)), "optimality": residual,
            "smallestEigenvalue": smallest, "rate": rate, "proximal": proximal, "steps": steps}


def reweighted(w, outer, support):
    each = F.cross_entropy(forward(w, support[0]), support[1], reduction="none")
    return (outer["logits"].softmax(0) * each).sum() + torch.exp(outer["decay"]) / 2 * sum((t * t).sum() for t in w.values())


def momentum_step(w, state, g, rate=0.1, mu=0.9):
    v = {n: mu * state["v"][n] + d for n, d in g.items()}
    return {n: t - rate * v[n] for n, t in w.items()}, {"v": v}


def adam_step(w, state, g, rate=0.01, b1=0.9, b2=0.999, epsilon=1e-8):
    count = state["count"] + 1
    m = {n: b1 * state["m"][n] + (1 - b1) * d for n, d in g.items()}
    v = {n: b2 * state["v"][n] + (1 - b2) * d * d for n, d in g.items()}
    new = {n: t - rate * (m[n] / (1 - b1**count)) / ((v[n] / (1 - b2**count)).sqrt() + epsilon) for n, t in w.items()}
    return new, {"m": m, "v": v, "count": count}


def one_step(start, outer, support, query, step, state, size):
    """Two steps, then the derivative through the third."""
    def gradients(w, o, graph=False):
        return dict(zip(w, torch.autograd.grad(reweighted(w, o, support), list(w.values()), create_graph=graph)))

    w = start
    for _ in range(2):
        w = leaves(w)
        w, state = step(w, state, gradients(w, outer))
        w = {n: t.detach() for n, t in w.items()}

    def value(o):
        before = leaves(w)
        after, _ = step(before, state, gradients(before, o, graph=True))
        return loss_of(after, query)

    loss, exact, rows = differentiated(value, outer, step.__name__)

    # The published formula: v = (d update / d gradient) dL_q/dw', by autograd of the update rule alone.
    g = leaves(gradients(leaves(w), outer))
    after, _ = step(w, state, g)
    at = leaves(after)
    slope = torch.autograd.grad(loss_of(at, query), list(at.values()))
    v = torch.autograd.grad(list(after.values()), list(g.values()), grad_outputs=list(slope))
    v = {n: -t for n, t in zip(w, v)}
    epsilon = size / flat(v).norm()

    def mixed(sign):
        moved = {n: t + sign * epsilon * v[n] for n, t in w.items()}
        o = leaves(outer)
        return torch.autograd.grad(reweighted(moved, o, support), list(o.values()))

    difference = {n: -(a - b) / (2 * epsilon) for n, a, b in zip(outer, mixed(1), mixed(-1))}
    apart = max(float((exact[n] - difference[n]).abs().max()) for n in outer) / max(float(t.abs().max()) for t in exact.values())
    print(f"  difference against exact {apart:.1e}", flush=True)
    return {"queryLoss": loss, "check": rows, "exact": fv.encode_all(exact), "difference": fv.encode_all(difference)}


def main():
    support, query = batch("support.images", SHOT), batch("query.images", QUERY)
    start = {n: fv.parameter(n, kind, shape) for n, (kind, shape) in DECLARED.items()}
    cases = {}

    point = start | rates(DECLARED, lambda n: DECLARED[n][1])
    loss, gradient, rows = differentiated(lambda p: meta_sgd(p, support, query), point, "meta-sgd")
    cases["meta-sgd"] = {"queryLoss": loss, "check": rows, "exact": fv.encode_all(gradient)}

    adapted = [n for n in DECLARED if not is_norm(n)]
    point = {n: start[n] for n in adapted}
    point |= {n: fv.parameter(n, kind, (STEPS,) + shape) for n, (kind, shape) in DECLARED.items() if is_norm(n)}
    point |= rates(adapted, lambda n: (STEPS,))
    loss, gradient, rows = differentiated(lambda p: maml_plus_plus(p, support, query), point, "maml++")
    cases["maml++"] = {"queryLoss": loss, "check": rows, "exact": fv.encode_all(gradient)}

    cases["imaml"] = imaml(start, support, query, 0.0003, 1000.0, 120, True)
    cases["imaml-16"] = imaml(start, support, query, 0.1, 2.0, 16, False)

    outer = {"logits": fv.values("logits", (WAY * SHOT,)), "decay": torch.tensor(-4.0, dtype=torch.float64)}
    zeros = {n: torch.zeros_like(t) for n, t in start.items()}
    cases["darts"] = one_step(start, outer, support, query, momentum_step, {"v": zeros}, 0.01)
    cases["sama"] = one_step(start, outer, support, query, adam_step, {"m": zeros, "v": zeros, "count": 0}, 1.0)

    margins = Margins()
    with torch.no_grad():
        forward(start, support[0], margins)
    fv.write("meta-learners.json", {
        "about": "meta_learners.py: meta-gradients of the methods beyond MAML in Float64",
        "way": WAY, "shot": SHOT, "queryPerClass": QUERY, "steps": STEPS, "multiStepWeights": MULTI_STEP,
        "cases": cases,
    })
    print("KiB", os.path.getsize("meta-learners.json") // 1024)


if __name__ == "__main__":
    torch.set_num_threads(1)
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    main()
