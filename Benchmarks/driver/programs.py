"""Programs that time a workload: ArchPrior's and the peers', kept alive so that their runs can alternate."""

import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCH = ROOT / ".build/release/archprior-bench"
COMMAND = ROOT / ".build/release/archprior"
PEERS = ROOT / "Benchmarks/peers"
PEER_PYTHON = ROOT / ".bench-venv/bin/python"

# OpenBLAS' choice of kernels, where the environment makes it.
OPENBLAS_VARIABLES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


class Failure(Exception):
    """A program that did not do what it was asked; the message says which and why."""


def environment(default_openblas=False, **more):
    """The environment of a program; with default_openblas, OpenBLAS chooses its kernels by itself."""
    e = dict(os.environ)
    if default_openblas:
        for name in OPENBLAS_VARIABLES:
            e.pop(name, None)
    return e | more


def command_line(engine, arguments):
    if engine == "ArchPrior":
        return [str(BENCH), *arguments]
    script = {"PyTorch": "pytorch_peer.py", "JAX": "jax_peer.py"}[engine]
    return [str(PEER_PYTHON), str(PEERS / script), *arguments]


def report(engine, arguments, env=None):
    """Runs a program to its end and gives the JSON object that it prints."""
    line = command_line(engine, arguments)
    done = subprocess.run(line, capture_output=True, text=True, env=env)
    if done.returncode:
        raise Failure(f"{' '.join(line)} failed: {done.stderr.strip()[-800:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


class Program:
    """A program in dialogue: `start` warms it up, `run` times one run, `finish` gives its report."""

    def __init__(self, label, engine, arguments, env=None):
        self.label, self.engine, self.arguments, self.env = label, engine, arguments, env
        self.seconds = []
        self.warmup = None

    def start(self):
        begin = time.monotonic()
        self.line = command_line(self.engine, [*self.arguments, "--interactive"])
        self.errors = open(os.path.join(os.environ.get("TMPDIR", "/tmp"), f"archprior-bench-{os.getpid()}.log"), "w+")
        self.process = subprocess.Popen(
            self.line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, env=self.env)
        self._answer("ready")
        self.warmup = time.monotonic() - begin

    def run(self):
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        self.seconds.append(self._answer("seconds"))
        return self.seconds[-1]

    def finish(self):
        self.process.stdin.close()
        result = self._answer("workload", whole=True)
        self.process.wait()
        self.errors.close()
        return result | {"label": self.label, "commandLine": self.line, "startSeconds": self.warmup}

    def stop(self):
        """Ends the program whatever it does."""
        if getattr(self, "process", None) and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def _answer(self, key, whole=False):
        line = self.process.stdout.readline()
        try:
            answer = json.loads(line)
            return answer if whole else answer[key]
        except (ValueError, KeyError):
            self.stop()
            self.errors.seek(0)
            raise Failure(f"{' '.join(self.line)} failed: {line}{self.errors.read().strip()[-800:]}") from None


def note(text):
    print(text, file=sys.stderr, flush=True)
