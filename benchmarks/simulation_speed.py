"""How long children take to play forward, in how much memory, and `cip forecast` beside cs-demand-model 0.5.1.

Usage: python benchmarks/simulation_speed.py [--to FOLDER] [--peer PYTHON] [--part goals|cost|whole ...] [--seed N]

goals: a county of 560 children and 250 starts a year over 10,000 draws, and England's 84,000 children and 31,000
starts a year over 1,000, both over 60 months, each in a process of its own after a first that compiles; seconds are
of processor, all threads together. cost: the same against children, draws and months, printed and drawn as
simulation-cost.png in FOLDER. whole: `cip forecast RUN --no-track-record`, over five years of 1,000 draws, beside the
peer's daily steps on the same returns: of 600 children and of 29,000 in all (--children: others), everyone the returns
hold being counted, a quarter of them in care on the census date; then `cip forecast` as it comes, which scores its past
too. The goal is a tenth of the peer's time. Nothing is kept from one to the next, but for compiled code. --peer names
the interpreter of an environment that holds cs-demand-model 0.5.1 (Python 3.10); the variable CS_DEMAND_MODEL_PYTHON
does as well. Exit 1 where a goal is missed, unless --report: then it is only said.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from measuring import PEER_VARIABLE, measure, name_peer

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from demand.invented_model import a_model

from cip_analysis.demand.simulate import simulate
from cip_analysis.settings import Council, read_settings
from cip_analysis.synthetic.write import SynthesisOptions, synthesise

ROOT = Path(__file__).resolve().parents[1]
COUNCIL = "config/councils/leicestershire.toml"
YEARS = 5
TIMES = 10
PARTS = ("goals", "cost", "whole")
PLAY = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from demand.invented_model import a_model
from cip_analysis.demand.simulate import simulate
draws, months, children, starts = (int(word) for word in sys.argv[2:])
inputs = a_model(draws=draws, months=months, children=children, starts_a_year=float(starts), shared_drift=True)
began, cpu_began = time.perf_counter(), time.process_time()
projection = simulate(inputs)
took = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu_began, "peak_mb": peak_mb()}
print(json.dumps({**took, "children_then": float(projection.total[:, -1].mean())}))
"""
COMMAND = """
import json, sys, time
began, cpu_began = time.perf_counter(), time.process_time()
from cip_analysis.cli import app
app(sys.argv[1:], standalone_mode=False)
took = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu_began}
print(json.dumps({**took, "peak_mb": peak_mb()}))
"""
PEERS = """
import json, sys, time, warnings
began, cpu_began = time.perf_counter(), time.process_time()
warnings.simplefilter("ignore")
from datetime import timedelta
from cs_demand_model import Config, DemandModellingDataContainer, ModelPredictor, PopulationStats, fs_datastore
returns = DemandModellingDataContainer(fs_datastore(sys.argv[1]), Config())
end = returns.end_date
fitted = ModelPredictor.from_model(PopulationStats(returns.enriched_view, Config()), end - timedelta(days=182), end)
ahead = fitted.predict(int(sys.argv[2]))
ahead.to_csv(sys.argv[3])
took = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu_began}
print(json.dumps({**took, "peak_mb": peak_mb()}))
"""
RUN = """
title = "Speed"
council = "{council}"
returns = "{returns}"
national = "data/reference/national_estimates.csv"
published = "data/reference/comparators.csv"
horizon_months = {months}
draws = 1000
"""


@dataclass(frozen=True, slots=True)
class Goal:
    """One size to play over 60 months, and what it may take: seconds of processor, and megabytes at most."""

    name: str
    draws: int
    children: int
    starts_a_year: int
    seconds: float
    megabytes: float = float("inf")


GOALS = (Goal("a county", 10_000, 560, 250, 5.0, 400.0), Goal("England", 1_000, 84_000, 31_000, 90.0))


def main() -> int:
    """Measure the parts asked for, print them; exit 1 where a goal is missed."""
    arguments = _arguments()
    arguments.to.mkdir(parents=True, exist_ok=True)
    missed = []
    if "goals" in arguments.part:
        missed = measure_goals()
    if "cost" in arguments.part:
        draw_cost(measure_cost(), arguments.to / "simulation-cost.png")
    if "whole" in arguments.part:
        missed += compare_whole(name_peer(arguments.peer), arguments.seed, arguments.children)
    print(f"\nGoals missed: {', '.join(missed) or 'none'}.")
    return 1 if missed and not arguments.report else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Speed of the simulation and of the whole forecast.")
    parser.add_argument("--to", type=Path, default=ROOT / "reports" / "benchmarks", help="folder for the chart")
    parser.add_argument("--peer", default="", help="interpreter of an environment with cs-demand-model 0.5.1")
    parser.add_argument("--part", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--children", nargs="*", type=int, default=[600, 29_000], help="sizes for the part whole")
    parser.add_argument("--report", action="store_true", help="exit 0 even where a goal is missed")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def measure_goals() -> list[str]:
    """Play each goal's size in a process of its own; the names of those that took more than they may."""
    began = time.perf_counter()
    measure(sys.executable, PLAY, str(ROOT / "tests"), "2", "2", "20", "20")
    print(f"A first small run, compiled anew or found on disk: {time.perf_counter() - began:.1f} s")
    missed = []
    for goal in GOALS:
        sizes = (str(size) for size in (goal.draws, 60, goal.children, goal.starts_a_year))
        took = measure(sys.executable, PLAY, str(ROOT / "tests"), *sizes)
        print(
            f"{goal.name}, {goal.draws:,} draws of {goal.children:,} children, {goal.starts_a_year:,} starts a year: "
            f"{took['cpu']:.1f} s of processor (goal {goal.seconds:g}), {took['seconds']:.1f} s by the clock, "
            f"{took['peak_mb']:.0f} MB at most (goal {goal.megabytes:g})"
        )
        if not (took["cpu"] <= goal.seconds and took["peak_mb"] <= goal.megabytes):
            missed.append(goal.name)
    return missed


def measure_cost() -> pd.DataFrame:
    """Seconds of processor against each size in turn, the others as a county's."""
    usual = {"children": 560, "draws": 500, "months": 60}
    sizes = {
        "children": (70, 280, 1120, 4480, 17920), "draws": (50, 200, 1000, 4000),
        "months": (12, 24, 60, 120, 240),
    }  # fmt: skip
    simulate(a_model(draws=2, months=2))
    rows = []
    for what, values in sizes.items():
        for value in values:
            size = {**usual, what: value}
            inputs = a_model(**size, starts_a_year=size["children"] * 250 / 560, shared_drift=True)
            began = time.process_time()
            simulate(inputs)
            rows.append({"against": what, "size": value, "cpu_seconds": time.process_time() - began})
    table = pd.DataFrame(rows)
    print(f"\nSeconds of processor, otherwise {usual}\n{table.to_string(index=False, float_format='%.3f')}")
    return table


def draw_cost(table: pd.DataFrame, path: Path) -> None:
    """The costs as three panels on logarithmic axes, with the line on which twice the size costs twice as much."""
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), sharey=True, layout="constrained")
    for axis, (against, rows) in zip(axes, table.groupby("against", sort=False), strict=True):
        axis.loglog(rows["size"], rows["cpu_seconds"], marker="o", color="#12436D")
        last = rows.iloc[-1]
        axis.loglog(rows["size"], last["cpu_seconds"] * rows["size"] / last["size"], ":", color="#801650")
        axis.set_xlabel(str(against))
        axis.set_xticks(list(rows["size"]), [f"{size:,}" for size in rows["size"]], fontsize=8)
        axis.minorticks_off()
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("seconds of processor")
    axes[0].annotate("in proportion", (0.55, 0.42), xycoords="axes fraction", color="#801650")
    figure.suptitle("What playing children forward costs (county of 560, 500 draws, 60 months unless varied)")
    figure.savefig(path, dpi=110)
    plt.close(figure)
    print(f"Chart: {path.name}")


def compare_whole(peer: str, seed: int, sizes: Sequence[int]) -> list[str]:
    """`cip forecast` and the peer, one after the other on the same returns and five years; the sizes that took longer
    than they may."""
    command, missed = ("forecast", "run.toml", "--to", "forecast"), []
    for children in sizes:
        with tempfile.TemporaryDirectory() as held:
            root = make_root(Path(held), children, seed)
            ours = measure(sys.executable, COMMAND, *command, "--no-track-record", folder=root)
            print(
                f"\n{children:,} children in the returns\n  cip forecast --no-track-record: {_in_words(ours)}",
                flush=True,
            )
            shutil.rmtree(root / "reports", ignore_errors=True)
            both = measure(sys.executable, COMMAND, *command, folder=root)
            print(f"  cip forecast, with its track record: {_in_words(both)}", flush=True)
            theirs = measure(peer, PEERS, "returns", str(YEARS * 365), "ahead.csv", folder=root) if peer else {}
        if not peer:
            print(f"  cs-demand-model left out: neither --peer nor {PEER_VARIABLE} names an interpreter with it.")
        elif not theirs:
            print("  cs-demand-model did not finish, so nothing is compared.")
        else:
            print(f"  cs-demand-model 0.5.1, daily steps, no intervals: {_in_words(theirs)}")
            missed += [f"a tenth of the peer's time at {children:,} children"] * _slower_than_a_tenth(ours, theirs)
    return missed


def _slower_than_a_tenth(ours: dict[str, float], theirs: dict[str, float]) -> bool:
    """Whether ours took more than a tenth of the peer's processor time, which is said by the clock as well."""
    if not ours:
        return True
    cpu, clock = theirs["cpu"] / ours["cpu"], theirs["seconds"] / ours["seconds"]
    print(
        f"  it takes {cpu:.1f} times the processor and {clock:.1f} times as long as ours without its record (goal 10)"
    )
    return cpu < TIMES


def make_root(root: Path, children: int, seed: int) -> Path:
    """A project's folder with nothing kept from before: settings, reference figures, a run, and invented returns."""
    shutil.copytree(ROOT / "config", root / "config")
    shutil.copytree(ROOT / "data" / "reference", root / "data" / "reference")
    (root / "notebooks").mkdir()
    options = SynthesisOptions(seed=seed, first_year=2011, last_year=2018, children=children)
    synthesise(read_settings(ROOT / COUNCIL, Council), root / "county", options)
    shutil.move(root / "county" / "returns", root / "returns")
    (root / "run.toml").write_text(RUN.format(council=COUNCIL, returns="returns", months=YEARS * 12))
    return root


def _in_words(took: dict[str, float]) -> str:
    if not took:
        return "did not finish"
    return f"{took['seconds']:.1f} s by the clock, {took['cpu']:.1f} s of processor, {took['peak_mb']:.0f} MB at most"


if __name__ == "__main__":
    sys.exit(main())
