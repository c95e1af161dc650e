"""Two million episodes out of a database: seconds, rows a second and the most memory, on SQLite and PostgreSQL.

    python benchmarks/database_scale.py [--rows 2000000] [--only sqlite]

The database is filled with copies of the invented county under other identifiers. Each reading is a Python of its own,
so that its memory is its own.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from postgres_server import a_server, installed  # noqa: E402

from cip_analysis.safeguarding import TABLES  # noqa: E402
from cip_analysis.settings import Council, read_settings  # noqa: E402
from cip_analysis.synthetic.database.rows import by_year, standard_rows  # noqa: E402
from cip_analysis.synthetic.database.writing import append_county, write_county  # noqa: E402
from cip_analysis.synthetic.write import SynthesisOptions, county_files  # noqa: E402

READ = """
import resource, sys, tempfile, time
from datetime import date
from pathlib import Path
from cip_analysis.returns.database import Asked, take_extract
with tempfile.TemporaryDirectory() as made:
    begun = time.monotonic()
    taken = take_extract(sys.argv[1], Path(made) / "extract", Asked(date(2018, 3, 31), 2011))
    seconds = time.monotonic() - begun
    lines = taken.rows["episodes"]
print(f"{seconds:.0f} {lines} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}")
"""


def fill(address: str, rows: dict[str, pd.DataFrame], wanted: int) -> int:
    """Copies of the county until so many episodes are held; how many rows there are of all tables."""
    held = write_county(rows, address)
    copies = -(-wanted // len(rows["ssd_cla_episodes"]))
    for number in range(1, copies):
        held += append_county({name: _renamed(rows[name], number) for name in TABLES}, address)
    return held


def _renamed(table: pd.DataFrame, number: int) -> pd.DataFrame:
    """The same rows of other children: every identifier with the copy's number after it."""
    keys = [name for name in table if str(name).endswith(("_id", "_person_id"))]
    return table.assign(**{str(key): table[key] + f"-{number}" for key in keys})


def measure(kind: str, address: str, rows: dict[str, pd.DataFrame], wanted: int) -> None:
    """Fill one database, read it, and say what it took."""
    begun = time.monotonic()
    held = fill(address, rows, wanted)
    print(f"{kind}: {held:,} rows written in {time.monotonic() - begun:,.0f} s", flush=True)
    said = subprocess.run(
        [sys.executable, "-c", READ, address], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.split()
    seconds, lines, peak = (int(word) for word in said)
    print(f"{kind}: read into {lines:,} lines of returns in {seconds} s, {held / max(seconds, 1):,.0f} rows a second, "
          f"{peak:,} MB at most", flush=True)  # fmt: skip


def main() -> None:
    """Both databases, one after the other."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=2_000_000)
    asked.add_argument("--only", choices=("sqlite", "postgresql"))
    told = asked.parse_args()
    council = read_settings(ROOT / "config/councils/leicestershire.toml", Council)
    rows = standard_rows(by_year(county_files(council, SynthesisOptions(seed=1))))
    if told.only != "postgresql":
        with tempfile.TemporaryDirectory() as made:
            measure("sqlite", f"sqlite:///{made}/county.db", rows, told.rows)
    if told.only != "sqlite":
        with a_server() if installed() else nullcontext() as server:
            if server is None:
                print("postgresql: not installed")
            else:
                measure("postgresql", server[0], rows, told.rows)
    print(f"filling took {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:,} MB")


if __name__ == "__main__":
    main()
