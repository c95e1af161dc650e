"""How long returns take to read, check and clean, and in how much memory, beside cs-demand-model 0.5.1.

Usage: python benchmarks/returns_speed.py [--peer PYTHON] [--seed N] [--case NAME ...]

Three invented returns, every table of them: a county's ten years; 410,000 lines of episodes over eight years; and
145,000 children over eight years, which is more again. The large ones are a county's returns copied under new
identifiers, so that every copy has the shape of a real one. Each measurement runs in a process of its own, so that
its peak memory is its own, and all run one after another on the same files.

--peer names the interpreter of an environment that holds cs-demand-model 0.5.1 (Python 3.10); the variable
CS_DEMAND_MODEL_PYTHON does as well. Without either that half is left out, and said. The peer reads two tables of the
ten and checks nothing; its "fit" is its rates of moving over the last half-year, which it must have before it can say
anything, as ours must clean.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from measuring import PEER_VARIABLE, measure, name_peer

from cip_analysis.settings import Council, read_settings
from cip_analysis.synthetic.write import SynthesisOptions, synthesise

ROOT = Path(__file__).resolve().parents[1]
COUNCIL = ROOT / "config" / "councils" / "leicestershire.toml"
STAGES = ("read", "check", "clean")
OURS = """
import json, sys, time
from pathlib import Path
from cip_analysis.returns.checks import check_returns
from cip_analysis.returns.episodes import build_episodes
from cip_analysis.returns.ssda903 import read_returns
began, cpu_began = time.perf_counter(), time.process_time()
returns = read_returns(Path(sys.argv[1]))
read = time.perf_counter()
findings = check_returns(returns)
checked = time.perf_counter()
episodes, treatments = build_episodes(returns)
cleaned = time.perf_counter()
cpu = time.process_time() - cpu_began
stages = {"read": read - began, "check": checked - read, "clean": cleaned - checked}
print(json.dumps({**stages, "cpu": cpu, "peak_mb": peak_mb()}))
"""
PEERS = """
import json, sys, time, warnings
from datetime import timedelta
warnings.simplefilter("ignore")
from cs_demand_model import Config, DemandModellingDataContainer, ModelPredictor, PopulationStats, fs_datastore
began, cpu_began = time.perf_counter(), time.process_time()
returns = DemandModellingDataContainer(fs_datastore(sys.argv[1]), Config())
episodes = returns.enriched_view
loaded = time.perf_counter()
end = returns.end_date
ModelPredictor.from_model(PopulationStats(episodes, Config()), end - timedelta(days=182), end)
fitted = time.perf_counter()
cpu = time.process_time() - cpu_began
print(json.dumps({"load": loaded - began, "fit": fitted - loaded, "cpu": cpu, "peak_mb": peak_mb()}))
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One return to measure: which years of the invented county, and copies enough to reach a size.

    seconds, megabytes: what ours may take; None where nothing is promised.
    """

    name: str
    first_year: int
    last_year: int
    children: int = 0
    episode_lines: int = 0
    seconds: float | None = None
    megabytes: float | None = None


CASES = (
    Case("a county, ten years", 2016, 2025, seconds=2.0),
    Case("410,000 lines of episodes", 2011, 2018, episode_lines=410_000, seconds=15.0, megabytes=1024.0),
    Case("145,000 children", 2011, 2018, children=145_000),
)


def main() -> int:
    """Measure every case and print the table; exit 1 where ours takes more than it may."""
    arguments = _arguments()
    peer = name_peer(arguments.peer)
    measured = []
    with tempfile.TemporaryDirectory() as held:
        for number, case in enumerate(case for case in CASES if not arguments.case or case.name in arguments.case):
            print(f"Making {case.name} …", flush=True)
            folder = make(case, Path(held) / str(number), arguments.seed)
            measured.append({**_size(case, folder), **_ours(folder), **(_peers(peer, folder) if peer else {})})
    table = pd.DataFrame(measured).set_index("case")
    print(as_lines(table))
    if not peer:
        print(f"\ncs-demand-model left out: neither --peer nor {PEER_VARIABLE} names an interpreter that holds it.")
    slow = [case.name for case in CASES if case.name in table.index and exceeds(case, table.loc[case.name])]
    print(f"\nOver what was promised: {', '.join(slow) or 'none'}.")
    return 1 if slow else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Speed of reading, checking and cleaning returns.")
    parser.add_argument("--peer", default="", help="interpreter of an environment with cs-demand-model 0.5.1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case", nargs="*", choices=[case.name for case in CASES], default=[])
    return parser.parse_args()


def make(case: Case, folder: Path, seed: int) -> Path:
    """The case's returns on disk, one folder a year; the folder of returns."""
    options = SynthesisOptions(seed=seed, first_year=case.first_year, last_year=case.last_year)
    synthesise(read_settings(COUNCIL, Council), folder / "county", options)
    returns = folder / "county" / "returns"
    size = _size(case, returns)
    copies = max(-(-case.children // size["children"]), -(-case.episode_lines // size["episode_lines"]), 1)
    if copies == 1:
        return returns
    for path in sorted(returns.glob("*/*.csv")):
        _copy(path, folder / "large" / path.parent.name / path.name, copies)
    return folder / "large"


def _copy(source: Path, to: Path, copies: int) -> None:
    """A table repeated under new identifiers: the copy's number in two figures before each child's own."""
    to.parent.mkdir(parents=True, exist_ok=True)
    table = pd.read_csv(source, dtype="str", keep_default_na=False)
    repeated = [table.assign(CHILD=f"{10 + copy}" + table["CHILD"]) for copy in range(copies)]
    pd.concat(repeated).to_csv(to, index=False)


def _size(case: Case, folder: Path) -> dict[str, object]:
    children: set[str] = set()
    lines = 0
    for path in folder.glob("*/episodes.csv"):
        column = pd.read_csv(path, usecols=["CHILD"], dtype="str")["CHILD"]
        children |= set(column)
        lines += len(column)
    megabytes = sum(path.stat().st_size for path in folder.glob("*/*.csv")) / 1e6
    return {"case": case.name, "children": len(children), "episode_lines": lines, "csv_mb": megabytes}


def _ours(folder: Path) -> dict[str, float]:
    return measure(sys.executable, OURS, str(folder))


def _peers(interpreter: str, folder: Path) -> dict[str, float]:
    return {f"peer_{name}": value for name, value in measure(interpreter, PEERS, str(folder)).items()}


def exceeds(case: Case, measured: pd.Series) -> bool:
    """Whether ours took longer, or more memory, than the case allows; a failure to finish counts as too long."""
    seconds = measured.reindex(list(STAGES)).astype("float64").sum(skipna=False)
    slow = case.seconds is not None and not seconds <= case.seconds
    return slow or (case.megabytes is not None and not measured["peak_mb"] <= case.megabytes)


def as_lines(table: pd.DataFrame) -> str:
    """The figures a case, in seconds and megabytes, and how many times longer the peer takes."""
    lines = []
    whole = table.astype({"children": "int64", "episode_lines": "int64"}).astype("object")
    for name in table.index:
        row = whole.loc[name]
        total = float(row.reindex(list(STAGES)).sum())
        lines.append(
            f"\n{name}: {row['children']:,} children, {row['episode_lines']:,} lines of episodes, "
            f"{row['csv_mb']:.0f} MB of CSV\n  ours  "
            + "  ".join(f"{stage} {row[stage]:.2f} s" for stage in STAGES)
            + f"  in all {total:.2f} s ({row['cpu']:.2f} s of processor), {row['peak_mb']:.0f} MB at most"
        )
        if "peer_load" in row and pd.notna(row["peer_load"]):
            peers = row["peer_load"] + row["peer_fit"]
            lines.append(
                f"  cs-demand-model 0.5.1  load {row['peer_load']:.2f} s  fit {row['peer_fit']:.2f} s  in all "
                f"{peers:.2f} s ({row['peer_cpu']:.2f} s of processor), {row['peer_peak_mb']:.0f} MB at most"
            )
            lines.append(f"  it takes {peers / total:.1f} times as long as ours, in its load alone "
                         f"{row['peer_load'] / total:.1f} times")  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
