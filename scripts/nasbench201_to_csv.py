#!/usr/bin/env python3
"""Writes the table that `archprior search --space nas-bench-201 --benchmark` reads from NAS-Bench-201's official file.

    pip install nats_bench
    python3 nasbench201_to_csv.py NATS-tss-v1_0-3ffb9-simple nasbench201.csv.gz

The first argument is what `nats_bench.create(…, "tss")` takes: the folder NATS-tss-v1_0-3ffb9-simple (quick, little memory) or the
file NATS-tss-v1_0-3ffb9.pickle.pbz2 (much of both). `--self-test` writes a table from a made-up API object instead and needs nothing.

Columns: index, arch (six digits, the operations of edges 0→1, 0→2, 1→2, 0→3, 1→3, 2→3) and for c10, c100 and in16: val12, test12,
val200, test200 (percent, means over seeds), val200_s0 … s2 (single seeds), train_s (seconds of 200 epochs). As the benchmark's
authors do, validation on CIFAR-10 is of training on half of the images (`cifar10-valid`), test of training on all (`cifar10`).
"""

import argparse
import csv
import gzip
import io
import sys

OPERATIONS = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
# prefix, data set of the validation accuracies, data set of the test accuracies
SETS = [("c10", "cifar10-valid", "cifar10"), ("c100", "cifar100", "cifar100"), ("in16", "ImageNet16-120", "ImageNet16-120")]
CELLS = 5**6


def digits(arch):
    """The six operation numbers of `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`."""
    names = [part.split("~")[0] for node in arch.split("+") for part in node.strip("|").split("|")]
    if len(names) != 6 or any(name not in OPERATIONS for name in names):
        sys.exit(f"error: {arch}: not an architecture of the topology space")
    return "".join(str(OPERATIONS.index(name)) for name in names)


def mean(api, index, dataset, epochs, key):
    return api.get_more_info(index, dataset, hp=epochs, is_random=False)[key]


def seeds(api, index, dataset):
    """Validation accuracies after 200 epochs of each training, in the order of the seeds; at most three."""
    trainings = api.query_by_index(index, dataset, hp="200")
    return [trainings[seed].get_eval("x-valid")["accuracy"] for seed in sorted(trainings)][:3]


def row(api, index):
    values = [index, digits(api.arch(index))]
    for _, validation, test in SETS:
        single = seeds(api, index, validation)
        values += [
            mean(api, index, validation, "12", "valid-accuracy"), mean(api, index, test, "12", "test-accuracy"),
            mean(api, index, validation, "200", "valid-accuracy"), mean(api, index, test, "200", "test-accuracy"),
        ]
        values += single + [""] * (3 - len(single))
        values.append(mean(api, index, validation, "200", "train-all-time"))
    return [round(v, 5) if isinstance(v, float) else v for v in values]


def header():
    columns = ["val12", "test12", "val200", "test200", "val200_s0", "val200_s1", "val200_s2", "train_s"]
    return ["index", "arch"] + [f"{prefix}_{column}" for prefix, _, _ in SETS for column in columns]


def write(api, path, cells=CELLS):
    with open(path, "wb") as file:
        # Without name and time, so that equal tables are equal files.
        packed = gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) if path.endswith(".gz") else file
        text = io.TextIOWrapper(packed, encoding="ascii", newline="")
        table = csv.writer(text, lineterminator="\n")
        table.writerow(header())
        for index in range(cells):
            table.writerow(row(api, index))
        text.close()


class MadeUpAPI:
    """Answers as nats_bench's API object does, with numbers that follow from the arguments."""

    class Training:
        def __init__(self, accuracy):
            self.accuracy = accuracy

        def get_eval(self, name):
            assert name == "x-valid"
            return {"accuracy": self.accuracy}

    def arch(self, index):
        ops = [OPERATIONS[index // 5**place % 5] for place in reversed(range(6))]
        return f"|{ops[0]}~0|+|{ops[1]}~0|{ops[2]}~1|+|{ops[3]}~0|{ops[4]}~1|{ops[5]}~2|"

    def get_more_info(self, index, dataset, iepoch=None, hp="12", is_random=True):
        assert is_random is False
        base = 10 + index % 70 + len(dataset) / 10 + int(hp) / 100
        return {"valid-accuracy": base, "test-accuracy": base + 0.5, "train-all-time": 1000.0 + index}

    def query_by_index(self, index, dataname, hp="12"):
        assert hp == "200"
        return {seed: self.Training(10 + index % 70 + seed / 1000) for seed in ([777, 888, 999] if index % 2 else [777, 888])}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="?", help="the official folder or file")
    parser.add_argument("output", help="the table to write, .csv or .csv.gz")
    parser.add_argument("--self-test", action="store_true", help="write a table of made-up numbers")
    arguments = parser.parse_args()
    if arguments.self_test:
        return write(MadeUpAPI(), arguments.output)
    if not arguments.source:
        parser.error("give the official folder or file")
    try:
        import nats_bench
    except ImportError:
        sys.exit("error: the package nats_bench is missing\nhelp: pip install nats_bench")
    # The folders called “-simple” hold one small file a cell, read when it is asked for.
    write(nats_bench.create(arguments.source, "tss", fast_mode=arguments.source.rstrip("/").endswith("simple"), verbose=False), arguments.output)


main()
