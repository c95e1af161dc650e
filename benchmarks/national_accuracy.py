"""How right forecasts of every authority were: the tables of docs/accuracy.md, from the department's own releases.

Usage: python benchmarks/national_accuracy.py FOLDER [--write]

FOLDER holds the releases side by side (children_looked_after_as_published.csv), each year's latest figure
(children_looked_after_2010_2023.csv), the lists of neighbours (statistical_neighbours.csv) and, of a few authorities,
later years (leicestershire_and_comparators_2010_2025.csv). With --write the tables go into docs/accuracy.md between
its national markers; otherwise they are printed.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
from accuracy_document import as_markdown, tell

from cip_analysis.demand.accuracy.scores import NO_CHANGE
from cip_analysis.demand.national.backtest import ORIGINS, Backtest, backtest_national, scorecard, skill
from cip_analysis.demand.national.methods import SHOWN
from cip_analysis.records import Comparators
from cip_analysis.returns.published import publication_name, read_neighbours, read_published, release_day

ROOT = Path(__file__).resolve().parents[1]
PART = "national"
MODEL = "2021"
TRIAL_ORIGINS = range(2016, 2023)
COVID_YEAR = 2021
SHARES = {
    "mape": "MAPE", "crps": "CRPS", "skill": "skill", "coverage_80": "80% held", "coverage_95": "95% held",
}  # fmt: skip


def main() -> None:
    arguments = _arguments()
    folder = arguments.folder
    figures = replace(
        read_published(folder / "children_looked_after_as_published.csv"),
        neighbours=read_neighbours(folder / "statistical_neighbours.csv", MODEL),
    )
    latest = read_published(folder / "children_looked_after_2010_2023.csv")
    began = time.process_time()
    made = backtest_national(figures, latest)
    seconds = time.process_time() - began
    trial = _hindsight(figures, latest)
    parts = [
        f"{made.table['area_code'].nunique()} authorities, origins {made.table['origin'].min()} to "
        f"{made.table['origin'].max()}, {len(made.table):,} forecasts, {seconds:.0f} seconds of one processor.",
        "### Stock, every origin\n\n" + _scores(made, "stock"),
        "### Stock, origins that settled the method and origins that confirm it\n\n" + _by(made, "stock", "origins"),
        "### Stock, by size of authority\n\n" + _by(made, "stock", "size"),
        "### Starts, every origin\n\n" + _scores(made, "starts"),
        "### Starts, origins that settled the method and origins that confirm it\n\n" + _by(made, "starts", "origins"),
        "### Starts, by size of authority\n\n" + _by(made, "starts", "size"),
        "### Starts, forecasts of the year to March 2021 and of other years\n\n" + _covid(made),
        "### Stock, each year's latest figure, origins 2016 to 2022\n\n" + _scores(trial, "stock"),
        "### Stock, outturns of March 2024 and 2025, of the authorities held\n\n" + _fresh(figures, folder),
    ]
    text = "\n\n".join(parts)
    tell(text, PART, arguments.write)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def _scores(made: Backtest, measure: str) -> str:
    card = scorecard(made)
    return _shown(card.assign(skill=skill(card))[card["measure"].eq(measure)], [])


def _by(made: Backtest, measure: str, group: str) -> str:
    """The shown method and the naive one, within each group."""
    card = scorecard(made, [group])
    scored = pd.concat([one.assign(skill=skill(one)) for _, one in card.groupby(group, sort=False)])
    chosen = scored[scored["measure"].eq(measure) & scored["method"].isin([NO_CHANGE, SHOWN])]
    if group == "origins":
        chosen = chosen.assign(origins=pd.Categorical(chosen["origins"], ORIGINS)).sort_values("origins", kind="stable")
    return _shown(chosen, [group])


def _covid(made: Backtest) -> str:
    came = made.table["origin"] + made.table["horizon"]
    named = came.eq(COVID_YEAR).map({True: "year to March 2021", False: "every other year"})
    return _by(Backtest(made.table.assign(outturn_of=named)), "starts", "outturn_of")


def _hindsight(figures: Comparators, latest: Comparators) -> Backtest:
    """The back-test an earlier trial made: each year's latest figure taken for what was known in its own year."""
    both = pd.concat([figures.table, latest.table]).sort_values("published", kind="stable")
    last = both.drop_duplicates(["area_code", "year", "measure", "level"], keep="last")
    dated = last.assign(
        publication=last["year"].map(publication_name), published=pd.to_datetime(last["year"].map(release_day))
    )
    return backtest_national(Comparators(dated, figures.neighbours), None, list(TRIAL_ORIGINS))


def _fresh(figures: Comparators, folder: Path) -> str:
    """Years after the panel's last, which no choice can have seen."""
    later = read_published(folder / "leicestershire_and_comparators_2010_2025.csv")
    last = int(figures.table["year"].max())
    made = backtest_national(figures, later, list(range(last - 3, last + 1))).table
    return _scores(Backtest(made[made["origin"] + made["horizon"] > last]), "stock")


def _shown(card: pd.DataFrame, groups: list[str]) -> str:
    shares = {title: card[name].map("{:.1%}".format) for name, title in SHARES.items()}
    named = {name.replace("_", " "): card[name] for name in groups}
    counted = {"years": card["horizon_months"] // 12, "n": card["n"].map("{:,}".format)}
    missed = {"MAE": card["mae"].map("{:.1f}".format)}
    return as_markdown(pd.DataFrame({"method": card["method"], **named, **counted, **missed, **shares}))


if __name__ == "__main__":
    main()
