"""How forecasts made from a council's own returns have done: the run's own past, and that of invented counties.

Usage: python benchmarks/own_returns.py [--run config/runs/autumn-2018.toml] [--counties 24] [--draws 200] [--write]

Each origin is a 31 March with three years of returns behind it and one at least after. With --write the tables go into
docs/accuracy.md between the markers of own returns; otherwise they are printed.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pandas as pd
from accuracy_document import as_markdown, tell

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from demand.invented_county import KINDS, invent_county  # noqa: E402
from demand.invented_evidence import evidence_for  # noqa: E402

from cip_analysis.demand.accuracy.scores import NO_CHANGE  # noqa: E402
from cip_analysis.demand.backtest import (  # noqa: E402
    STANDING,
    LookBack,
    Scored,
    backtest_returns,
    forecast_alike,
    scorecard,
    track_record,
)
from cip_analysis.demand.forecast import NATIONAL, WITHOUT_NATIONAL, Asked  # noqa: E402
from cip_analysis.forecasts import look_back_run  # noqa: E402
from cip_analysis.run import open_run  # noqa: E402

PART = "own returns"
OTHER_SEEDS = 500
"""Counties here are not those whose future judged the intervals."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", default="config/runs/autumn-2018.toml")
    parser.add_argument("--counties", type=int, default=24)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    with ProcessPoolExecutor(2) as workers:
        made = list(workers.map(partial(_look_back, draws=arguments.draws), range(arguments.counties)))
    invented = Scored(pd.concat([one.table for one in made], ignore_index=True), made[0].origins)
    text = _own(look_back_run(open_run(str(ROOT / arguments.run)))) + "\n\n" + _invented(invented, arguments.counties)
    tell(text, PART, arguments.write)


def _look_back(number: int, draws: int) -> Scored:
    county = invent_county(OTHER_SEEDS + number, KINDS[number % len(KINDS)])
    asked = Asked(WITHOUT_NATIONAL, draws=draws, seed=number)
    ways = LookBack(tuple(name for name in STANDING if name != NATIONAL))
    return backtest_returns(county.episodes, evidence_for(county), asked, ways)


def _own(scored: Scored) -> str:
    alike = forecast_alike(scored)
    card = scorecard(alike)
    record = track_record(scored, NATIONAL)
    record = record.assign(
        **{name: record[name].map("{:.1%}".format) for name in ("missed", "missed_no_change", "worst")},
        **{"in 80%": _of(record, "held_80"), "in 95%": _of(record, "held_95"), "too high": _of(record, "too_high")},
        years_ahead=record["horizon_months"] // 12,
    )
    shown = record[
        ["measure", "years_ahead", "n", "missed", "missed_no_change", "worst", "too high", "in 80%", "in 95%"]
    ]
    notes = "\n".join(f"- {note}" for note in alike.notes)
    return (
        f"### The invented county's own past, {len(scored.origins)} origins: {NATIONAL}\n\n{as_markdown(shown)}\n\n"
        f"### The same past, every method, all children\n\n{as_markdown(_shares(card[card['measure'] == 'stock']))}\n\n"
        f"{notes}"
    )


def _invented(scored: Scored, counties: int) -> str:
    card = scorecard(scored)
    chosen = card[card["measure"].isin(["stock", "starts", "stock: external residential"])]
    return (
        f"### {counties} invented counties looked back on: which method wins\n\n"
        f"{as_markdown(_shares(chosen))}\n\n"
        f"Skill of a method is how far its CRPS lies below that of *{NO_CHANGE}* for the same measure and years."
    )


def _of(record: pd.DataFrame, name: str) -> pd.Series:
    return record[name].astype(int).astype("str") + " of " + record["n"].astype("str")


def _shares(card: pd.DataFrame) -> pd.DataFrame:
    keys = ["measure", "horizon_months"]
    naive = card[card["method"] == NO_CHANGE].set_index(keys)["crps"]
    skill = 1 - card["crps"].to_numpy() / naive.reindex(pd.MultiIndex.from_frame(card[keys])).to_numpy()
    shown = card.assign(skill=skill, years=card["horizon_months"] // 12, MAE=card["mae"].map("{:.1f}".format))
    shown = shown.rename(columns={"mape": "MAPE", "crps": "CRPS", "coverage_80": "80% held", "coverage_95": "95% held"})
    for name in ("MAPE", "CRPS", "skill", "80% held", "95% held"):
        shown[name] = shown[name].map("{:.1%}".format)
    return shown[["measure", "method", "years", "n", "MAE", "MAPE", "CRPS", "skill", "80% held", "95% held"]]


if __name__ == "__main__":
    main()
