"""What time in care is worth to rates of leaving and moving, on a council's own returns.

Usage: python benchmarks/pathways.py [FOLDER] [--draws N]

FOLDER holds returns; left out, the invented county's (made by `make data`). Two tables, as markdown, by duration
edges: held-out log-likelihood; and stock played forward with the starts that came, so that only rates are judged.
Decision 0013 quotes them.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from accuracy_document import as_markdown

from cip_analysis.codes import SETTINGS
from cip_analysis.demand.caseload import count_caseload
from cip_analysis.demand.inputs import Floats, ModelInputs, month_ends, no_effects
from cip_analysis.demand.pathways import (
    children_present,
    estimate_pathways,
    known_at,
    past_entrants,
    weigh_durations,
)
from cip_analysis.demand.simulate import simulate
from cip_analysis.records import Episodes
from cip_analysis.returns.episodes import build_episodes
from cip_analysis.returns.ssda903 import read_returns

ROOT = Path(__file__).resolve().parents[1]
EDGES: tuple[tuple[int, ...], ...] = ((), (56,), (183,), (56, 365), (56, 365, 1096))
YEARS = (1, 2, 3)
SEED = 7


def main() -> None:
    arguments = _arguments()
    returns = read_returns(arguments.folder, None)
    episodes, _ = build_episodes(returns)
    first = date(returns.years[0] - 1, 3, 31)
    print(f"Returns to {episodes.census_date:%d %B %Y}, {episodes.table['child'].nunique():,} children.\n")
    weighed = weigh_durations(episodes, first, EDGES)
    gains = weighed.groupby("edges", sort=False)["gain_per_100_events"].agg(["mean", "min", "max"])
    print(
        f"Gain per 100 events, {weighed['origin'].nunique()} origins\n\n{as_markdown(gains.round(1).reset_index())}\n"
    )
    origins = [date(year, 3, 31) for year in range(first.year + 3, episodes.census_date.year - max(YEARS) + 1)]
    if not origins:
        print("Too few years to play stock forward three years from an origin with three behind it.")
        return
    played = [row for origin in origins for row in play_stock(episodes, (first, origin), arguments.draws)]
    means = pd.DataFrame(played).groupby(["edges", "years"], sort=False).mean().reset_index().round(1)
    print(
        f"Stock played forward with the starts that came, {len(origins)} origins, in children\n\n{as_markdown(means)}"
    )


def play_stock(episodes: Episodes, window: tuple[date, date], draws: int) -> list[dict[str, object]]:
    """A row for each set of edges and horizon: how far the stock played forward from the origin missed."""
    origin, months = window[1], 12 * max(YEARS)
    ends = month_ends(origin, months)
    arrived = [past_entrants(episodes, before, after) for before, after in itertools.pairwise(ends)]
    starts, alone = ([len(month[group].age_days) for month in arrived] for group in (0, 1))
    known = known_at(episodes, origin)
    entrants, unaccompanied, _ = past_entrants(known, window[0], origin)
    truth = (
        count_caseload(episodes, ends[1], ends[-1]).table.groupby(["month", "setting"], observed=False)["stock"].sum()
    )
    outturn = truth.to_numpy().reshape(months, len(SETTINGS))
    rows: list[dict[str, object]] = []
    for edges in EDGES:
        inputs = ModelInputs(
            origin=origin, present=children_present(known, origin)[0], entrants=entrants,
            entrants_unaccompanied=unaccompanied, pathways=estimate_pathways(known, *window, edges),
            starts=np.tile(np.array(starts, dtype="float64"), (draws, 1)),
            starts_unaccompanied=np.tile(np.array(alone, dtype="float64"), (draws, 1)),
            leave_drift=np.ones((draws, months)), move_drift=np.ones((draws, months, len(SETTINGS))),
            effects=no_effects(months), seed=SEED,
        )  # fmt: skip
        stock = simulate(inputs).stock.sum(axis=2).astype("float64")
        rows += [_scored(edges, years, stock[:, 12 * years], outturn[12 * years - 1]) for years in YEARS]
    return rows


def _scored(edges: Sequence[int], years: int, drawn: Floats, outturn: Floats) -> dict[str, object]:
    total, came = drawn.sum(axis=1, keepdims=True), outturn.sum(keepdims=True)
    return {
        "edges": ", ".join(map(str, edges)) or "none", "years": years, "miss": float(total.mean() - came[0]),
        "crps": _crps(total, came), "crps_settings": _crps(drawn, outturn),
    }  # fmt: skip


def _crps(drawn: Floats, outturn: Floats) -> float:
    """Continuous ranked probability score of the draws, added up over columns."""
    spread = np.abs(drawn[:, None] - drawn[None]).mean(axis=(0, 1))
    return float((np.abs(drawn - outturn).mean(axis=0) - spread / 2).sum())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    county = ROOT / "data" / "synthetic" / "leicestershire" / "returns"
    parser.add_argument("folder", type=Path, nargs="?", default=county)
    parser.add_argument("--draws", type=int, default=300)
    return parser.parse_args()


if __name__ == "__main__":
    main()
