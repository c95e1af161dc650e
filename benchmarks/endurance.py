"""A great many packs made by one process: its memory, open files, threads and children after each.

    python benchmarks/endurance.py [--packs 100]

Each pack is a notebook's run, its pages, workbook, Word document, PDF and audit, made afresh with kernels that last, as
a batch's worker makes them. Prints a line every ten packs, and how much each figure grew from the tenth to the last.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from publish.projects import make_project  # noqa: E402

SETTLED_AFTER = 10


def figures() -> dict[str, float]:
    """What this process holds now: memory in MB, open files, threads, and processes it started that still run."""
    gc.collect()
    told = Path("/proc/self/status").read_text().splitlines()
    memory = next(int(line.split()[1]) / 1000 for line in told if line.startswith("VmRSS"))
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return {
        "memory_mb": memory,
        "open_files": len(list(Path("/proc/self/fd").iterdir())),
        "threads": threading.active_count(),
        "children": len(children),
    }


def run(packs: int, every: int = 10, tell: bool = True) -> tuple[dict[str, float], dict[str, float]]:
    """The figures after SETTLED_AFTER packs (or half of fewer) and after the last."""
    settled: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="endurance-") as made:
        project = make_project(Path(made))
        begun = time.monotonic()
        for number in range(1, packs + 1):
            project.render(fresh=True, lasting=True, jobs=1)
            if number == min(SETTLED_AFTER, packs // 2):
                settled = figures()
            if tell and number % every == 0:
                now = figures()
                seconds = (time.monotonic() - begun) / number
                print(f"{number:4} packs, {seconds:.1f} s each: " + ", ".join(f"{n} {v:.0f}" for n, v in now.items()))
        return settled, figures()


def main() -> None:
    """Make them, and tell what grew."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--packs", type=int, default=100)
    settled, last = run(asked.parse_args().packs)
    print("grew by: " + ", ".join(f"{name} {last[name] - settled[name]:+.1f}" for name in last))


if __name__ == "__main__":
    main()
