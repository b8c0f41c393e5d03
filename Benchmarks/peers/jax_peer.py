"""The benchmark's workloads in JAX, compiled by XLA for the CPU: one JSON object a run, or a dialogue with a driver (harness.py).

The same computations as pytorch_peer.py, in the layouts that XLA's CPU compiler does best with:

- Convolutions of MAML's network as matrix products over patches (im2col), mapped over the tasks of a meta-batch.
- Depthwise convolutions as sums of shifted images, poolings as maxima and sums of shifted images: XLA fuses them into loops, where
  its own grouped convolution and window reductions have slow or no CPU code for their derivatives.

Compiled programs are kept in .bench-venv/jax-cache, so that a second run does not compile them again.
"""

import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))


def limit_threads(count):
    """XLA's pool has as many threads as the process may use cores; this must come before JAX is loaded."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:count]))


# Wide registers, which LLVM avoids unless told.
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_prefer_vector_width=512")

import harness
import inputs


def main():
    p = harness.options(__doc__.split("\n")[0])
    p.add_argument("--convolution", choices=["im2col", "native"], default="im2col")
    p.add_argument("--at-once", type=int, default=1, help="tasks that are mapped over together; the others follow in a loop")
    a = harness.complete(p.parse_args())
    limit_threads(a.threads)

    import jax

    jax.config.update("jax_compilation_cache_dir", os.path.join(HERE, "..", "..", ".bench-venv", "jax-cache"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 1.0)
    import jax_models

    once = jax_models.darts(a) if a.workload == "darts" else jax_models.few_shot(a)
    harness.measure(a, "JAX", jax.__version__,
                    {"order": a.order, "convolution": a.convolution, "atOnce": a.at_once, "size": a.size, "query": a.query,
                     "steps": a.steps}, once)


if __name__ == "__main__":
    main()
