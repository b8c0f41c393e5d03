"""The networks and meta-gradients of jax_peer.py, in NHWC with ArchPrior's parameter layouts."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

import inputs
from inputs import OPERATIONS

NORM_EPSILON = 1e-5


def as_array(x):
    return jnp.asarray(x, jnp.float32)


def cross_entropy(logits, labels):
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1).mean()


def batch_norm(x, scale=None, bias=None):
    mean = x.mean((0, 1, 2))
    y = (x - mean) * lax.rsqrt(((x - mean) ** 2).mean((0, 1, 2)) + NORM_EPSILON)
    return y if scale is None else y * scale + bias


def shifted(x, kernel, stride, padding, dilation=1, value=0.0):
    """The views of an image that a window's elements see, row by row."""
    n, h, w, c = x.shape
    extent = lambda size: (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    oh, ow = extent(h), extent(w)
    x = jnp.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)), constant_values=value)
    for i in range(kernel):
        for j in range(kernel):
            top, left = i * dilation, j * dilation
            yield x[:, top:top + (oh - 1) * stride + 1:stride, left:left + (ow - 1) * stride + 1:stride]


def convolution(x, w, how):
    """3×3 or another odd kernel, stride 1, size kept."""
    kernel, _, cin, cout = w.shape
    if how == "native":
        return lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
    patches = jnp.concatenate(list(shifted(x, kernel, 1, kernel // 2)), axis=-1)
    return (patches.reshape(-1, kernel * kernel * cin) @ w.reshape(-1, cout)).reshape(*x.shape[:3], cout)


def pointwise(x, w):
    return (x.reshape(-1, x.shape[-1]) @ w[0, 0]).reshape(*x.shape[:3], w.shape[-1])


def conv4(parameters, images, how):
    x = images
    for k in range(4):
        p = parameters[3 * k:3 * k + 3]
        x = jax.nn.relu(batch_norm(convolution(x, p[0], how), p[1], p[2]))
        n, h, w, c = x.shape
        x = x[:, :h // 2 * 2, :w // 2 * 2].reshape(n, h // 2, 2, w // 2, 2, c).max((2, 4))
    return x.reshape(x.shape[0], -1) @ parameters[12] + parameters[13]


def max_pool(x, stride):
    # A tie's gradient goes to all maxima in equal parts here and to the first one in the other programs; ties occur only between
    # zeros that a later 1×1 convolution never reads (supernet_model.py).
    return jnp.stack(list(shifted(x, 3, stride, 1, value=-jnp.inf))).max(0)


def average_pool(x, stride):
    ones = jnp.ones((1, x.shape[1], x.shape[2], 1), x.dtype)
    return sum(shifted(x, 3, stride, 1)) / sum(shifted(ones, 3, stride, 1))


def depthwise(x, w, stride, padding, dilation=1):
    return sum(view * w[i // w.shape[0], i % w.shape[0]]
               for i, view in enumerate(shifted(x, w.shape[0], stride, padding, dilation)))


class Supernet:
    """The T-NAS supernet; conventions in Tests/TestSupport/Fixtures/supernet_model.py."""

    def __init__(self, inputs_count, channels, cells, way, how):
        self.cells, self.channels, self.how, self.nodes, self.way = cells, channels, how, 4, way
        self.inputs = inputs_count
        self.edges = sum(j + 2 for j in range(self.nodes))

    def declarations(self):
        """name -> (kind, shape)"""
        d = {"stem.conv": ("dense", (3, 3, self.inputs, 3 * self.channels)),
             "stem.norm.scale": ("scale", (3 * self.channels,)), "stem.norm.bias": ("bias", (3 * self.channels,))}
        c, c0, c1, previous_reduced = self.channels, 3 * self.channels, 3 * self.channels, False
        for k, kind in enumerate(self.cells):
            reduction = kind == "reduction"
            c *= 2 if reduction else 1
            p = f"cells.{k}."
            for name in ("conv_a", "conv_b") if previous_reduced else ("conv",):
                d[f"{p}preprocess0.{name}"] = ("dense", (1, 1, c0, c // 2 if previous_reduced else c))
            d[p + "preprocess1.conv"] = ("dense", (1, 1, c1, c))
            for edge, (_, i) in enumerate((j, i) for j in range(self.nodes) for i in range(j + 2)):
                for op in OPERATIONS:
                    q = f"{p}edges.{edge}.{op}."
                    if op == "skip_connect" and reduction and i < 2:
                        d[q + "conv_a"] = d[q + "conv_b"] = ("dense", (1, 1, c, c // 2))
                    elif "conv" in op:
                        size = int(op[-1])
                        for step in ("1", "2") if op.startswith("sep") else ("",):
                            d[q + "depthwise" + step] = ("depthwise", (size, size, c))
                            d[q + "pointwise" + step] = ("dense", (1, 1, c, c))
            c0, c1, previous_reduced = c1, self.nodes * c, reduction
        d["head.weight"] = ("linear", (c1, self.way))
        d["head.bias"] = ("bias", (self.way,))
        return d

    @staticmethod
    def reduced(x, w, name):
        x = jax.nn.relu(x)
        other = jnp.pad(x[:, 1:, 1:], ((0, 0), (0, 1), (0, 1), (0, 0)))
        return batch_norm(jnp.concatenate(
            [pointwise(x[:, ::2, ::2], w[name + "conv_a"]), pointwise(other[:, ::2, ::2], w[name + "conv_b"])], axis=-1))

    def operation(self, op, x, w, q, stride):
        if op == "max_pool_3x3":
            return batch_norm(max_pool(x, stride))
        if op == "avg_pool_3x3":
            return batch_norm(average_pool(x, stride))
        if op == "skip_connect":
            return x if stride == 1 else self.reduced(x, w, q)
        k = int(op[-1])

        def separable(x, step, stride, padding, dilation=1):
            x = depthwise(jax.nn.relu(x), w[q + "depthwise" + step], stride, padding, dilation)
            return batch_norm(pointwise(x, w[q + "pointwise" + step]))

        if op.startswith("sep"):
            return separable(separable(x, "1", stride, k // 2), "2", 1, k // 2)
        return separable(x, "", stride, k - 1, dilation=2)

    def logits(self, w, theta, images):
        x = batch_norm(convolution(images, w["stem.conv"], self.how), w["stem.norm.scale"], w["stem.norm.bias"])
        s0 = s1 = x
        previous_reduced = False
        for k, kind in enumerate(self.cells):
            reduction = kind == "reduction"
            mixture = jax.nn.softmax(theta[kind])
            p = f"cells.{k}."
            first = (self.reduced(s0, w, p + "preprocess0.") if previous_reduced
                     else batch_norm(pointwise(jax.nn.relu(s0), w[p + "preprocess0.conv"])))
            states = [first, batch_norm(pointwise(jax.nn.relu(s1), w[p + "preprocess1.conv"]))]
            edge = 0
            for j in range(self.nodes):
                total = 0
                for i in range(j + 2):
                    stride = 2 if reduction and i < 2 else 1
                    for o, op in enumerate(OPERATIONS):
                        if op != "none":
                            total += mixture[edge, o] * self.operation(op, states[i], w, f"{p}edges.{edge}.{op}.", stride)
                    edge += 1
                states.append(total)
            s0, s1 = s1, jnp.concatenate(states[2:], axis=-1)
            previous_reduced = reduction
        return s1.mean((1, 2)) @ w["head.weight"] + w["head.bias"]


def starting_values(declared):
    return {name: as_array(inputs.parameter(name, kind, shape)) for name, (kind, shape) in declared.items()}


def supernet(a, channels_in, cells):
    net = Supernet(channels_in, a.channels, cells, a.way, a.convolution)
    w = starting_values(net.declarations())
    theta = {kind: as_array(inputs.parameter(f"theta.{kind}", "theta", (net.edges, len(OPERATIONS))))
             for kind in ("normal", "reduction")}
    return net, w, theta


def batch(data):
    return as_array(data[0]), jnp.asarray(data[1], jnp.int32)


def outcome(loss, gradient):
    """Waits for the numbers: JAX computes in the background."""
    loss, gradient = jax.block_until_ready((loss, gradient))
    return float(loss), lambda: sum(float((np.asarray(g, np.float64) ** 2).sum()) for g in jax.tree.leaves(gradient)) ** 0.5


def few_shot(a):
    if a.workload == "tnas":
        net, w, theta = supernet(a, 1, inputs.tnas_cells())
        start = {"w": w, "theta": theta}
        rates = {"w": a.weight_rate, "theta": a.architecture_rate}
        rates = {part: jax.tree.map(lambda _: rates[part], start[part]) for part in start}

        def loss(p, data):
            return cross_entropy(net.logits(p["w"], p["theta"], data[0]), data[1])
    else:
        start = list(starting_values(inputs.conv4_declarations(a.filters, a.way, a.size)).values())
        rates = [a.weight_rate] * len(start)

        def loss(p, data):
            return cross_entropy(conv4(p, data[0], a.convolution), data[1])

    def step(p, support):
        return jax.tree.map(lambda t, r, g: t - r * g, p, rates, jax.grad(loss)(p, support))

    def adapt(p, support):
        # A loop in the program for the large network, which would take minutes to compile if it stood there five times.
        if a.workload == "tnas":
            return lax.scan(lambda p, _: (step(p, support), None), p, None, length=a.steps)[0]
        for _ in range(a.steps):
            p = step(p, support)
        return p

    def one(p, support, query):
        if a.order == "exact":
            return jax.value_and_grad(lambda p: loss(adapt(p, support), query))(p)
        return jax.value_and_grad(loss)(adapt(p, support), query)

    def all_tasks(p, support, query):
        if a.tasks == 1:
            return one(p, *jax.tree.map(lambda t: t[0], (support, query)))
        losses, gradients = lax.map(lambda task: one(p, *task), (support, query), batch_size=a.at_once)
        return losses.mean(), jax.tree.map(lambda g: g.mean(0), gradients)

    tasks = [tuple(batch(b) for b in inputs.task(k, a.way, a.query, a.size)) for k in range(a.tasks)]
    support, query = (tuple(jnp.stack([t[part][i] for t in tasks]) for i in (0, 1)) for part in (0, 1))
    compiled = jax.jit(all_tasks)
    return lambda: outcome(*compiled(start, support, query))


def darts(a):
    net, w, theta = supernet(a, 3, inputs.darts_cells())
    training, validation = (batch(inputs.darts_batch(n, a.batch, a.size)) for n in ("training", "validation"))

    def loss(w, theta, data):
        return cross_entropy(net.logits(w, theta, data[0]), data[1])

    def end(theta, w):
        slope = jax.grad(loss)(w, theta, training)
        return loss(jax.tree.map(lambda t, g: t - a.weight_rate * g, w, slope), theta, validation)

    compiled = jax.jit(jax.value_and_grad(end))
    return lambda: outcome(*compiled(theta, w))
