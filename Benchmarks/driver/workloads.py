"""What is compared: each workload with the command lines of all programs that do the same work.

`share` is the workload's part of the time, starts and warm-up included. Where a peer has several settings that may be its best, each is a program of
its own, and the quickest counts.
"""

from dataclasses import dataclass


@dataclass
class Workload:
    key: str
    title: str
    threads: int
    share: float
    # label -> (engine, arguments)
    programs: dict
    # Rounds at least and at most.
    least: int = 2
    most: int = 7
    # Losses and gradients agree to these relative differences.
    loss_tolerance: float = 1e-3
    gradient_tolerance: float = 1e-2


def same(*arguments, pytorch=({},), jax=None, archprior=({},)):
    """The same arguments for all engines, with the variants of each: label suffix -> further arguments."""
    programs = {}
    for engine, variants in (("ArchPrior", archprior), ("PyTorch", pytorch), ("JAX", jax or ())):
        for variant in variants:
            for suffix, more in (variant or {"": []}).items():
                programs[engine + suffix] = (engine, [*arguments, *more])
    return programs


def all_workloads():
    result = []

    def add(key, title, threads, share, programs, **more):
        result.append(Workload(key, title, threads, share, programs, **more))

    add("tnas-first-1", "T-NAS, first order", 1, 0.05, same("tnas", "--threads", "1"))
    add("tnas-first-2", "T-NAS, first order, 2 tasks", 2, 0.07, same(
        "tnas", "--tasks", "2",
        archprior=({"": ["--threads", "2"], ", 1 thread": ["--threads", "1"]},),
        pytorch=({"": ["--threads", "2"], ", a thread a task": ["--threads", "2", "--workers", "2"]},)))
    add("tnas-exact-1", "T-NAS, exact", 1, 0.06, same("tnas", "--order", "exact", "--threads", "1"), most=4)
    add("tnas-exact-2", "T-NAS, exact, 2 tasks", 2, 0.08, same(
        "tnas", "--order", "exact", "--tasks", "2", "--threads", "2",
        pytorch=({"": [], ", a thread a task": ["--workers", "2"]},)), most=3)
    add("tnas-exact-10-steps", "T-NAS, exact, 10 steps", 1, 0.04, same(
        "tnas", "--order", "exact", "--steps", "10", "--threads", "1", pytorch=({"": ["--warmup", "0"]},)), least=1, most=1)
    # Eight tasks a run: one alone takes ArchPrior about as long as ten wake-ups of a process that waited for its turn.
    add("overhead", "T-NAS, 8 tasks, 4×4 images, 1 query a class", 1, 0.03, same(
        "tnas", "--size", "4", "--query", "1", "--threads", "1", "--tasks", "8"), least=5, most=9)
    for threads in (1, 2):
        for order, share in (("first", 0.07), ("exact", 0.10)):
            add(f"maml-{order}-{threads}", f"MAML Conv-4, {'first order' if order == 'first' else 'exact'}", threads, share, same(
                "maml", "--order", order, "--threads", str(threads), jax=({"": []},),
                pytorch=({"": []} if threads == 1 else {"": [], ", a thread a task": ["--workers", "2"]},)))
    for threads in (1, 2):
        add(f"darts-{threads}", "DARTS, second-order step", threads, 0.10, same("darts", "--threads", str(threads)), most=3)
    return result
