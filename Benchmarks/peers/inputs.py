"""The weights and images that all programs of the benchmark start from, and the networks' parameters. NumPy only.

Every number is a function of a name and an index, by the rule of the tests' fixtures
(Tests/TestSupport/Fixtures/fixture_values.py) and of Benchmarks/Engine/DeterministicInputs.swift, so that losses and
gradients can be compared between languages. Layouts are ArchPrior's: images [n, h, w, c], convolutions
[kh, kw, cin, cout], depthwise [kh, kw, c], linear [in, out].
"""

import math

import numpy as np

OPERATIONS = [
    "none", "max_pool_3x3", "avg_pool_3x3", "skip_connect",
    "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5",
]


def values(name, shape):
    """Float64 numbers in [-1, 1): splitmix64 over an FNV-1a hash of the name."""
    h = 0xCBF29CE484222325
    for byte in name.encode("utf-8"):
        h = ((h ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    with np.errstate(over="ignore"):
        z = np.uint64(h) + np.arange(1, math.prod(shape) + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    u = (z >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return (2.0 * u - 1.0).reshape(shape)


def parameter(name, kind, shape):
    """The first value of a parameter, in ArchPrior's layout."""
    v = values(name, shape)
    if kind in ("dense", "depthwise", "linear"):
        return v / math.sqrt(math.prod(shape[:-1]))
    return {"scale": lambda: 1.0 + 0.1 * v, "bias": lambda: 0.1 * v, "theta": lambda: 0.5 * v}[kind]()


def task(index, way, query, side):
    """Support and query images of a task with one support image a class; labels go class by class."""
    def batch(name, per_class):
        images = values(f"task.{index}.{name}", (way * per_class, side, side, 1))
        return images, np.repeat(np.arange(way), per_class)

    return batch("support", 1), batch("query", query)


def darts_batch(name, count, side):
    """Images of a batch of DARTS' search; image i is of class i mod 10."""
    return values(f"darts.{name}", (count, side, side, 3)), np.arange(count) % 10


def conv4_declarations(filters, way, side=28):
    """Parameters of the four-layer network: name -> (kind, shape)."""
    d = {}
    channels = 1
    for k in range(4):
        d[f"conv.{k}.weight"] = ("dense", (3, 3, channels, filters))
        d[f"norm.{k}.scale"] = ("scale", (filters,))
        d[f"norm.{k}.bias"] = ("bias", (filters,))
        channels = filters
        side //= 2
    d["head.weight"] = ("linear", (filters * side * side, way))
    d["head.bias"] = ("bias", (way,))
    return d


def tnas_cells():
    return ["normal", "reduction"]


def darts_cells():
    """Four cells, reductions at one and two thirds of the depth."""
    return ["normal", "reduction", "reduction", "normal"]
