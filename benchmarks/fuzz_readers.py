"""Every reader given inputs spoiled at random, and what came of them.

    python benchmarks/fuzz_readers.py --reader csv --count 100000 [--first 0]

A reader of folders is given TOGETHER of them at once, each in a folder of its own beside the good files, and each by
itself where that shows a fault. The database's inputs are rows, so many to a database. Prints how many were tried, how
fast, and each kind of fault with the first seed that showed it. tests/test_fuzz.py tries the seeds of every fault ever
found again, and some hundreds of fresh ones.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from fuzzing import TARGETS, faults_of  # noqa: E402
from fuzzing_rows import ROWS_A_DATABASE, fault_of_rows  # noqa: E402

ROWS = "database"
TOGETHER = 100


def main() -> int:
    """Run one reader's inputs; the number of faults is the exit code, at most 1."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--reader", choices=[*sorted(TARGETS), ROWS], required=True)
    asked.add_argument("--count", type=int, default=100_000)
    asked.add_argument("--first", type=int, default=0)
    told = asked.parse_args()
    warnings.simplefilter("error")
    faults: dict[str, list[int]] = {}
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as made:  # noqa: S108
        folder = Path(made) / "returns"
        folder.mkdir()
        if told.reader == ROWS:
            for seed in range(told.first, told.first + told.count // ROWS_A_DATABASE):
                if fault := fault_of_rows(seed, folder):
                    faults.setdefault(fault, []).append(seed)
        else:
            last = told.first + told.count
            for start in range(told.first, last, TOGETHER):
                seeds = range(start, min(start + TOGETHER, last))
                for seed, fault in faults_of(TARGETS[told.reader], seeds, folder).items():
                    faults.setdefault(fault, []).append(seed)
    seconds = time.monotonic() - begun
    print(f"{told.reader}: {told.count:,} inputs in {seconds:,.0f} s ({1000 * seconds / told.count:.1f} ms each)")
    for fault, seeds in sorted(faults.items(), key=lambda item: -len(item[1])):
        print(f"  {len(seeds):6,}  {fault}   first seeds {seeds[:3]}")
    return min(len(faults), 1)


if __name__ == "__main__":
    sys.exit(main())
