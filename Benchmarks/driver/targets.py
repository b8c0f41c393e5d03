"""The lines of "Must show" in the issue "Speed": what is wanted, what was measured, whether it was reached."""

import statistics


class Line:
    def __init__(self, number, what, wanted, measured, reached):
        self.number, self.what, self.wanted, self.measured, self.reached = number, what, wanted, measured, reached

    @property
    def verdict(self):
        return {True: "reached", False: "NOT REACHED", None: "not measured"}[self.reached]

    def json(self):
        return {"line": self.number, "what": self.what, "wanted": self.wanted, "measured": self.measured,
                "reached": self.reached}


def best_ratio(workload):
    """The quickest peer's label and its ratio: how many times ArchPrior's seconds it takes."""
    ratios = {label: r for label, r in workload["ratios"].items() if not label.startswith("ArchPrior")}
    if not ratios:
        return None, None
    label = min(ratios, key=lambda name: ratios[name]["median"])
    return label, ratios[label]


def lines(results):
    """All lines, those that nothing was measured for too. `results` is the content of bench.json."""
    w, rates, out = results["workloads"], results["matrixProductRates"], []

    def ratio(number, what, key, wanted):
        label, r = best_ratio(w[key]) if key in w else (None, None)
        if r is None:
            return out.append(Line(number, what, f"≥ {wanted}×", "", None))
        measured = f"{r['median']:.2f}× ({r['minimum']:.2f}–{r['maximum']:.2f}) {label}"
        out.append(Line(number, what, f"≥ {wanted}×", measured, r["median"] >= wanted))

    def memory(number, what, key, share):
        if key not in w or "PyTorch" not in w[key]["programs"]:
            return out.append(Line(number, what, f"≤ {share[0]} of PyTorch's", "", None))
        ours, theirs = (w[key]["programs"][name]["peakMemoryMiB"] for name in ("ArchPrior", "PyTorch"))
        out.append(Line(number, what, f"≤ {share[0]} of PyTorch's", f"{ours:.0f} of {theirs:.0f} MiB, {ours / theirs:.2f}",
                        ours / theirs <= share[1]))

    def share_of_rate(number, what, key):
        if key not in w:
            return out.append(Line(number, what, "≥ 60 %", "", None))
        value = w[key]["programs"]["ArchPrior"]["gigaflopPerSecond"] / rates[str(w[key]["threads"])]
        out.append(Line(number, what, "≥ 60 %", f"{100 * value:.0f} %", value >= 0.6))

    def fact(number, what, wanted, value, show, reached):
        """A line of its own kind; `value` is None where it was not measured."""
        out.append(Line(number, what, wanted, "" if value is None else show(value), None if value is None else reached(value)))

    ratio("1", "T-NAS, first order, 1 thread", "tnas-first-1", 5)
    ratio("1", "the same, 2 tasks on 2 threads", "tnas-first-2", 5)
    scaling = w.get("tnas-first-2", {}).get("ratios", {}).get("ArchPrior, 1 thread")
    fact("1", "tasks per second, 2 threads against 1", "≥ 1.8×", scaling,
         lambda r: f"{r['median']:.2f}× ({r['minimum']:.2f}–{r['maximum']:.2f})", lambda r: r["median"] >= 1.8)
    ratio("2", "T-NAS, exact, 5 steps, 1 thread", "tnas-exact-1", 6)
    ratio("2", "the same, 2 tasks on 2 threads", "tnas-exact-2", 6)
    memory("2", "its peak memory", "tnas-exact-1", ("a fifth", 0.2))
    steps = None
    if "tnas-exact-1" in w and "tnas-exact-10-steps" in w:
        steps = [w[k]["programs"]["ArchPrior"]["peakMemoryMiB"] for k in ("tnas-exact-1", "tnas-exact-10-steps")]
    fact("2", "peak memory of 10 steps against 5", "within 10 %", steps,
         lambda s: f"{s[1]:.0f} of {s[0]:.0f} MiB, {100 * (s[1] / s[0] - 1):+.1f} %", lambda s: abs(s[1] / s[0] - 1) <= 0.1)
    for threads in (1, 2):
        text = f"{threads} thread{'s' if threads > 1 else ''}"
        ratio("3", f"MAML Conv-4, first order, {text}", f"maml-first-{threads}", 1.7)
        share_of_rate("3", "its share of the matrix product's rate", f"maml-first-{threads}")
        ratio("3", f"MAML Conv-4, exact, {text}", f"maml-exact-{threads}", 1.4)
        share_of_rate("3", "its share of the matrix product's rate", f"maml-exact-{threads}")
    for threads in (1, 2):
        ratio("4", f"DARTS, second-order step, {threads} thread{'s' if threads > 1 else ''}", f"darts-{threads}", 4)
    ratio("5", "T-NAS on 4×4 images: overhead", "overhead", 20)
    memory("6", "T-NAS, first order: peak memory", "tnas-first-1", ("a third", 1 / 3))

    latency = results.get("latency")
    fact("7", "adaptation, prior in memory, median and 99th percentile", "shown", latency,
         lambda l: ", ".join(f"{t} thread{'s' if t > '1' else ''}: {1e3 * r['median']:.0f} and {1e3 * r['percentile99']:.0f} ms"
                             for t, r in l.items()), lambda l: True)
    fact("7", "one task on 2 threads against 1", "≥ 1.6×", latency,
         lambda l: f"{statistics.median(l['2']['ratios']):.2f}× ({min(l['2']['ratios']):.2f}–{max(l['2']['ratios']):.2f})"
         + ("" if l["2"]["singleTaskThreadsSupported"] else ", the engine runs a task on one thread"),
         lambda l: statistics.median(l["2"]["ratios"]) >= 1.6)
    fact("7", "the same bits on 1 and 2 threads", "equal", latency, lambda l: l["1"]["bits"] + " " + l["2"]["bits"],
         lambda l: l["1"]["bits"] == l["2"]["bits"] and all(r["bitsStayTheSame"] for r in l.values()))
    fact("7", "a cold process, beyond the adaptation", "< 1 s", results.get("cold"),
         lambda c: f"{c['medianBeyondAdaptation']:.3f} s", lambda c: c["medianBeyondAdaptation"] < 1)
    allocations = results.get("allocations")
    fact("8", "buffer allocations a step, steady state", "0", allocations, lambda a: f"{max(a['perStep'])}",
         lambda a: max(a["perStep"]) == 0)
    fact("8", "the same, a first-order and an exact task", "0", allocations,
         lambda a: f"{max(a['perFirstOrderTask'])} and {max(a['perExactTask'])}",
         lambda a: max(a["perFirstOrderTask"] + a["perExactTask"]) == 0)
    primitive = results.get("primitive")
    for key, text in (("plain", "plain"), ("recorded", "recorded"), ("withReverse", "recorded, and its reverse pass")):
        fact("8", f"a primitive on 16 elements, {text}", "< 1000 ns", primitive, lambda p: f"{p[key]:.0f} ns",
             lambda p: p[key] < 1000)
    fact("9", "results unchanged, fused path on and off", "`make test` runs both", None, None, None)
    levels = results.get("kernelLevels")
    fact("10", "the same results at AVX-512, AVX2 and baseline level", "within rounding", levels,
         lambda v: "loss " + ", ".join(f"{r['loss']:.6f} ({r['kernels']}, {r['median']:.1f} s)" for r in v.values()),
         lambda v: agree([r["loss"] for r in v.values()], 1e-4) and agree([r["gradientNorm"] for r in v.values()], 1e-2))
    disagreeing = [f"{key}: {label}" for key, workload in w.items() for label, a in workload["agreement"].items()
                   if not a["agrees"]]
    fact("–", "losses and gradients of all programs", "agree", w or None,
         lambda _: ", ".join(disagreeing) or "largest relative difference of a loss %.0e, of a gradient's norm %.0e" % tuple(
             max((a[k] for x in w.values() for a in x["agreement"].values()), default=0) for k in ("loss", "gradientNorm")),
         lambda _: not disagreeing)
    return out


def agree(values, tolerance):
    middle = statistics.median(values)
    return all(abs(v - middle) <= tolerance * abs(middle) for v in values)
