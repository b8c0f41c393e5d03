#!/usr/bin/env python3
"""Spearman's correlation of an estimator's scores with the table's CIFAR-100 test accuracies, and a 95 % interval of it (Fisher's z,
variance 1.06 / (n - 3)).

    python3 correlation.py cells-trained/results.csv

The file is what `archprior search … --estimator … --benchmark …` writes; a row is a search of a single evaluation.
"""

import csv
import math
import statistics
import sys


def ranks(values):
    """Ranks from 1, the mean of their places for equal values."""
    ordered = sorted(values)
    return [(2 * ordered.index(value) + ordered.count(value) + 1) / 2 for value in values]


with open(sys.argv[1], newline="") as file:
    rows = list(csv.DictReader(file))
scores = ranks([float(row["score"]) for row in rows])
tested = ranks([float(row["cifar100_test_200"]) for row in rows])
found = statistics.correlation(scores, tested)
width = 1.96 * math.sqrt(1.06 / (len(rows) - 3))
low, high = (math.tanh(math.atanh(found) + side * width) for side in (-1, 1))
print(f"{len(rows)} cells, Spearman {found:.2f}, 95 % interval {low:.2f} to {high:.2f}")
