"""The throw-away Python environment of the peers: .bench-venv in the repository's root."""

import hashlib
import subprocess
import sys

import programs

REQUIREMENTS = programs.PEERS / "requirements.txt"


def prepare():
    """Installs the peers unless the environment already holds what requirements.txt asks for."""
    stamp = programs.ROOT / ".bench-venv/requirements.sha256"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if programs.PEER_PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    programs.note("installing the peers into .bench-venv; this downloads PyTorch and JAX once")
    for line in ([sys.executable, "-m", "venv", str(programs.ROOT / ".bench-venv")],
                 [str(programs.PEER_PYTHON), "-m", "pip", "install", "--quiet", "-r", str(REQUIREMENTS)]):
        if subprocess.run(line).returncode:
            raise programs.Failure(
                f"{' '.join(line)} failed; --peers none times ArchPrior alone (Debian: apt-get install python3-venv)")
    stamp.write_text(wanted)


def versions():
    line = [str(programs.PEER_PYTHON), "-c",
            "import json, platform; from importlib.metadata import version as v; "
            "print(json.dumps({'python': platform.python_version()} | {n: v(n) for n in ('torch', 'jax', 'jaxlib', 'numpy')}))"]
    done = subprocess.run(line, capture_output=True, text=True)
    return done.stdout.strip()
