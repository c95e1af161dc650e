"""How long a council's payments take to read and to match to stays, and in how much memory.

Usage: python benchmarks/payments_speed.py [--seed N] [--case NAME ...]

Two invented files: a county's eight years, and a million rows. The large one is the county's own rows copied under new
identifiers, beside a county whose stays are copied in the same way, so that every copy has the shape of a real file.
Each case runs in a process of its own, so that its peak memory is its own. Making the files, and the histories the
payments are matched to, is not timed; the histories are in the peak.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from measuring import measure

from cip_analysis.settings import Council, read_settings
from cip_analysis.synthetic.write import SynthesisOptions, synthesise

ROOT = Path(__file__).resolve().parents[1]
COUNCIL = ROOT / "config" / "councils" / "leicestershire.toml"
STAGES = ("read", "match", "check")
PROGRAM = """
import json, sys, time
from dataclasses import replace
from pathlib import Path
import pandas as pd
from cip_analysis.returns.episodes import build_episodes
from cip_analysis.returns.finance import read_payments
from cip_analysis.returns.payments.against_stays import check_against_stays
from cip_analysis.returns.payments.matching import match_payments
from cip_analysis.returns.ssda903 import read_returns
from cip_analysis.settings import PaymentColumns
county, payments_file, copies = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
episodes = build_episodes(read_returns(county / "returns"))[0]
if copies > 1:
    stays = episodes.table
    counties = [stays.assign(child=f"{10 + copy}" + stays["child"]) for copy in range(copies)]
    episodes = replace(episodes, table=pd.concat(counties, ignore_index=True))
before = peak_mb()
began, cpu_began = time.perf_counter(), time.process_time()
payments, findings, treatments = read_payments(payments_file, PaymentColumns())
read = time.perf_counter()
payments, matches = match_payments(payments, episodes)
matched = time.perf_counter()
check_against_stays(payments, episodes)
checked = time.perf_counter()
cpu = time.process_time() - cpu_began
stages = {"read": read - began, "match": matched - read, "check": checked - matched, "cpu": cpu}
print(json.dumps({**stages, "before_mb": before, "peak_mb": peak_mb(), "stays": len(episodes.table)}))
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One payments file to measure: how many rows at least (nought: the county's own), and the seconds it may take."""

    name: str
    rows: int
    seconds: float


CASES = (Case("a county, eight years", 0, 3.0), Case("a million rows", 1_000_000, 20.0))


def main() -> int:
    """Measure every case and print a line for each; exit 1 where one takes longer than it may."""
    parser = argparse.ArgumentParser(description="Speed of reading and matching payments.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case", nargs="*", choices=[case.name for case in CASES], default=[])
    arguments = parser.parse_args()
    slow = []
    with tempfile.TemporaryDirectory() as held:
        county = Path(held) / "county"
        synthesise(read_settings(COUNCIL, Council), county, SynthesisOptions(arguments.seed, 2011, 2018))
        for case in CASES:
            if arguments.case and case.name not in arguments.case:
                continue
            path, copies, rows = make(case, county, Path(held))
            figures = measure(sys.executable, PROGRAM, str(county), str(path), str(copies))
            print(as_line(case, rows, path.stat().st_size / 1e6, figures), flush=True)
            taken = sum(figures.get(stage, float("inf")) for stage in STAGES)
            slow += [case.name] if taken > case.seconds else []
    print(f"\nOver what was promised: {', '.join(slow) or 'none'}.")
    return 1 if slow else 0


def make(case: Case, county: Path, folder: Path) -> tuple[Path, int, int]:
    """The case's payments file; how many copies of the county it holds; its rows."""
    own = county / "payments.csv"
    table = pd.read_csv(own, dtype="str", keep_default_na=False)
    copies = max(-(-case.rows // len(table)), 1)
    if copies == 1:
        return own, 1, len(table)
    path = folder / "large.csv"
    for copy in range(copies):
        child = table["child_id"].where(table["child_id"].eq(""), f"{10 + copy}" + table["child_id"])
        table.assign(child_id=child).to_csv(path, index=False, mode="a" if copy else "w", header=not copy)
    return path, copies, copies * len(table)


def as_line(case: Case, rows: int, megabytes: float, figures: dict[str, float]) -> str:
    """The figures of a case, in seconds and megabytes."""
    if not figures:
        return f"\n{case.name}: no figures."
    stages = "  ".join(f"{stage} {figures[stage]:.2f} s" for stage in STAGES)
    return (
        f"\n{case.name}: {rows:,} rows ({megabytes:.0f} MB of CSV), {figures['stays']:,.0f} stays\n  {stages}  "
        f"in all {sum(figures[stage] for stage in STAGES):.2f} s ({figures['cpu']:.2f} s of processor; may take "
        f"{case.seconds:.0f} s), {figures['peak_mb']:,.0f} MB at most, "
        f"of which {figures['before_mb']:,.0f} before reading"
    )


if __name__ == "__main__":
    sys.exit(main())
