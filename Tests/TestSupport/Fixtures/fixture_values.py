"""Deterministic inputs and the JSON format shared by the fixture generators in this directory.

Inputs are never stored. Every number is a function of a name and of a flat index, so that the Swift tests
compute the very same inputs:

  h     = FNV-1a, 64 bits, of the name's UTF-8 bytes
  z     = h + (i + 1) * 0x9E3779B97F4A7C15                (mod 2^64; i: flat row-major index in OUR layout)
  z     = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
  z     = (z ^ (z >> 27)) * 0x94D049BB133111EB
  z     = z ^ (z >> 31)
  value = 2 * ((z >> 11) * 2^-53) - 1                     in [-1, 1)

Scales (value(name, i) times / plus):
  dense conv [kh, kw, cin, cout]      value / sqrt(kh * kw * cin)
  depthwise  [kh, kw, c]              value / sqrt(kh * kw)
  linear     [in, out]                value / sqrt(in)
  linear bias [out]                   0.1 * value
  batch-norm scale, bias [c]          1 + 0.1 * value, 0.1 * value
  architecture parameters [edges, ops] 0.5 * value        names theta.normal, theta.reduction
  images [n, h, w, c]                 value               name given by the case

Arrays in the JSON are {"shape": [...], "data": base64 of little-endian Float64, row-major}, in OUR layout.
"""

import base64
import json
import math

import numpy as np
import torch

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def fnv1a64(name):
    h = 0xCBF29CE484222325
    for byte in name.encode("utf-8"):
        h = ((h ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return h


def values(name, shape):
    """Float64 array of `shape`: value(name, i) for i = 0 ..< count, row-major."""
    count = int(np.prod(shape, dtype=np.int64))
    with np.errstate(over="ignore"):
        i = np.arange(1, count + 1, dtype=np.uint64)
        z = np.uint64(fnv1a64(name)) + i * GOLDEN
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    u = (z >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return torch.from_numpy((2.0 * u - 1.0).reshape(shape))


def parameter(name, kind, shape):
    """Initial value of a parameter in OUR layout; `kind` is the row of the table of scales above."""
    v = values(name, shape)
    if kind == "dense":
        return v / math.sqrt(shape[0] * shape[1] * shape[2])
    if kind == "depthwise":
        return v / math.sqrt(shape[0] * shape[1])
    if kind == "linear":
        return v / math.sqrt(shape[0])
    if kind == "scale":
        return 1.0 + 0.1 * v
    if kind == "bias":
        return 0.1 * v
    if kind == "theta":
        return 0.5 * v
    raise ValueError(kind)


def to_torch_layout(tensor, kind):
    """OUR layout -> torch's layout, differentiably (so gradients come out in OUR layout)."""
    if kind == "dense":
        return tensor.permute(3, 2, 0, 1)
    if kind == "depthwise":
        return tensor.permute(2, 0, 1).unsqueeze(1)
    if kind == "linear":
        return tensor.t()
    return tensor


def encode(tensor):
    a = np.ascontiguousarray(tensor.detach().cpu().numpy(), dtype="<f8")
    return {"shape": list(a.shape), "data": base64.b64encode(a.tobytes()).decode("ascii")}


def encode_all(tensors):
    return {name: encode(t) for name, t in tensors.items()}


def class_major_labels(way, per_class):
    return torch.tensor([c for c in range(way) for _ in range(per_class)])


def write(path, content):
    """One key a line at the top two levels: small diffs, small files."""
    def dump(value, depth):
        if depth == 0 or not isinstance(value, (dict, list)) or not value:
            return json.dumps(value, sort_keys=False)
        pad = " " * (3 - depth)
        if isinstance(value, dict):
            rows = [pad + json.dumps(k) + ": " + dump(v, depth - 1) for k, v in value.items()]
            return "{\n" + ",\n".join(rows) + "\n" + pad[:-1] + "}"
        return "[\n" + ",\n".join(pad + dump(v, depth - 1) for v in value) + "\n" + pad[:-1] + "]"

    with open(path, "w", encoding="ascii") as f:
        f.write(dump(content, 2) + "\n")
