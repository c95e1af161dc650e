"""A measurement in a process of its own, ours or the peer's: so that its memory at most is its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PEER_VARIABLE = "CS_DEMAND_MODEL_PYTHON"
LONGEST_SECONDS = 900
PEAK = """
def peak_mb():
    # The kernel's own high-water mark: ru_maxrss would start from what the parent held when it made this process.
    try:
        lines = open("/proc/self/status").read().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        import resource
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
"""


def name_peer(named: str) -> str:
    """The peer's interpreter, from wherever it is called; none where neither the command nor the variable names one."""
    chosen = named or os.environ.get(PEER_VARIABLE, "")
    return str(Path(chosen).absolute()) if chosen else ""


def measure(interpreter: str, program: str, *words: str, folder: Path = ROOT) -> dict[str, float]:
    """What a program printed last, as JSON; nothing where it failed or took longer than anyone waits, which is said.

    The program may ask `peak_mb()` for its memory at most.
    """
    paths = {"PYTHONPATH": str(ROOT)} if interpreter == sys.executable else {}
    try:
        done = subprocess.run(
            [interpreter, "-c", PEAK + program, *words], cwd=folder, capture_output=True, text=True, check=False,
            env={**os.environ, **paths}, timeout=LONGEST_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        print(f"Stopped after {LONGEST_SECONDS} seconds.")
        return {}
    if done.returncode:
        print(f"Failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}")
        return {}
    figures: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures
