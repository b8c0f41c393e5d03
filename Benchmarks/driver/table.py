"""Plain text tables of the results."""

import targets


def aligned(rows, numbers=()):
    """Columns as wide as their widest cell; those in `numbers` end at the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [c.rjust(w) if i in numbers else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "─" * max(map(len, lines)))
    return "\n".join(lines)


def workloads(results):
    """Seconds, rates, memory and ratios of every program."""
    rows = [["workload", "threads", "program", "median s", "min", "max", "GFLOP/s", "share", "peak MiB", "× ArchPrior's s", "min", "max"]]
    for w in results["workloads"].values():
        for number, (label, p) in enumerate(w["programs"].items()):
            r = w["ratios"].get(label)
            threads = p["threads"]
            rows.append([
                w["title"] if number == 0 else "", str(threads), label, f"{p['median']:.3f}", f"{p['minimum']:.3f}",
                f"{p['maximum']:.3f}", f"{p['gigaflopPerSecond']:.1f}",
                f"{100 * p['gigaflopPerSecond'] / results['matrixProductRates'][str(threads)]:.0f} %", f"{p['peakMemoryMiB']:.0f}",
                *([f"{r['median']:.2f}", f"{r['minimum']:.2f}", f"{r['maximum']:.2f}"] if r else ["", "", ""])])
    return aligned(rows, numbers=(1, 3, 4, 5, 6, 7, 8, 9, 10, 11))


def must_show(results):
    """The issue's lines with their verdicts."""
    rows = [["line", "what", "wanted", "measured", ""]]
    rows += [[l.number, l.what, l.wanted, l.measured, l.verdict] for l in targets.lines(results)]
    return aligned(rows)


def matrix_product(results):
    rows = [["OpenBLAS' matrix product", "threads", "kernels", "GFLOP/s", ""]]
    for run in results["matrixProduct"]:
        for m in run.values():
            rows.append([m["choice"], str(m["threads"]), m.get("core", "?"), f"{m['gigaflopPerSecond']:.0f}",
                         "" if m["isRight"] else "WRONG"])
    return aligned(rows, numbers=(1, 3))
