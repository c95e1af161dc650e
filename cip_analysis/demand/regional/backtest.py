"""Every region forecast again from each past year by every method, and judged by what came.

The rule by which a method was chosen stands here: least error of the whole forecast of regions from the origins to
SETTLED_BY, among methods whose 95% range then held a region's count FEWEST_HELD of the time or more. Later origins had
no part in it. Choices: docs/decisions/0038-the-region-together.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from cip_analysis.demand.accuracy.scores import LEVELS, NO_CHANGE, Numbers, crps, held, score
from cip_analysis.demand.national.backtest import ORIGINS, SETTLED_BY
from cip_analysis.demand.national.estimates import HORIZONS
from cip_analysis.demand.national.methods import no_change
from cip_analysis.demand.national.panel import Panel, outturn
from cip_analysis.demand.regional.forecast import METHODS, Lessons, base_at, draw_base
from cip_analysis.demand.regional.joining import add_regions, join_rows
from cip_analysis.demand.regional.lessons import Taught
from cip_analysis.records import Comparators
from cip_analysis.region_settings import Joined

ALONE = "each by itself, not adding up"
REGION, COUNCIL = "region", "council"
FEWEST_HELD = 0.90
EVERY_ORIGIN = "every origin"
SCORED = (NO_CHANGE, *METHODS, ALONE)
RECORD_COLUMNS = (
    "origins", "level", "first_origin", "last_origin", "areas", "method", "horizon_months", "n", "mae", "mape", "crps",
    "coverage_80", "coverage_95",
)  # fmt: skip


def backtest_regions(
    taught: Sequence[Taught],
    national: pd.DataFrame,
    later: Comparators,
    joined: Sequence[Joined],
    asked: tuple[int, int],
) -> pd.DataFrame:
    """Every forecast of every region and council from every origin taught, with its outturn.

    national: the panel's estimates at those origins. later: where outturns are read. asked: draws and seed.
    Columns: level, method, area_code, origin, horizon (years), forecast, outturn, stock, crps, held_80, held_95,
    origins (one of national.backtest.ORIGINS). A region counts where all its members then have an outturn.
    """
    came = join_rows(outturn(later), joined)
    rows = [row for one in taught for row in _from_origin(one, national, came, asked)]
    return pd.concat(rows, ignore_index=True)


def scorecard(made: pd.DataFrame) -> pd.DataFrame:
    """Scores by group of origins, level, method and horizon: columns of RECORD_COLUMNS. made: as `backtest_regions`."""
    parts = []
    for group in (EVERY_ORIGIN, *ORIGINS):
        chosen = made if group == EVERY_ORIGIN else made[made["origins"] == group]
        keys = ["level", "method", "horizon"]
        scored = chosen.groupby(keys)[["forecast", "outturn", "stock", "crps", "held_80", "held_95"]].apply(score)
        about = chosen.groupby("level").agg(
            first_origin=("origin", "min"), last_origin=("origin", "max"), areas=("area_code", "nunique")
        )
        parts.append(scored.reset_index().merge(about.reset_index(), on="level").assign(origins=group))
    card = pd.concat(parts, ignore_index=True)
    card = card.assign(
        horizon_months=12 * card["horizon"], n=card["n"].astype("int64"), order=card["method"].map(SCORED.index)
    )
    groups = pd.Categorical(card["origins"], [EVERY_ORIGIN, *ORIGINS])
    card = card.assign(group=groups.codes, lower=card["level"] == COUNCIL)
    ordered = card.sort_values(["group", "lower", "order", "horizon_months"], kind="stable", ignore_index=True)
    return ordered[list(RECORD_COLUMNS)]


def choose(card: pd.DataFrame) -> str:
    """The method that the rule above chooses, from a record's first group of origins and its regions alone."""
    settled = card[(card["origins"] == ORIGINS[0]) & (card["level"] == REGION) & card["method"].isin(list(METHODS))]
    means = settled.groupby("method")[["crps", "coverage_95"]].mean()
    able = means[means["coverage_95"] >= FEWEST_HELD]
    return str(able["crps"].idxmin())


def _from_origin(
    taught: Taught, national: pd.DataFrame, came: pd.DataFrame, asked: tuple[int, int]
) -> Iterator[pd.DataFrame]:
    """Every region's forecasts from one origin."""
    panel, origin = taught.panel, taught.panel.origin
    lessons = Lessons(national, taught.regional, taught.areas)
    unchanged = [_unchanged(one) for one in (panel, add_regions(panel, taught.members))]
    for place, (region, members) in enumerate(taught.members.items()):
        codes = list(members)
        stock = panel.children.loc[codes, origin].astype("float64")
        base = base_at(stock, lessons, origin, region)
        drawn = draw_base(base, asked[0], asked[1] + place)
        told = {
            NO_CHANGE: (_picked(unchanged[0], codes), _picked(unchanged[1], [region])),
            ALONE: (base.councils, base.region[None]),
        }
        for name, method in METHODS.items():
            made = method(base, drawn)
            told[name] = (_quantiles(made.councils), _quantiles(made.region[:, None]))
        truths = (came.reindex(codes), _summed(came.reindex(codes), region))
        stocks = (stock, pd.Series({region: stock.sum()}))
        for name, both in told.items():
            for level, quantiles, truth, now in zip((COUNCIL, REGION), both, truths, stocks, strict=True):
                yield from (one.assign(method=name, level=level) for one in _scored(quantiles, truth, now, origin))


def _scored(quantiles: Numbers, came: pd.DataFrame, stock: pd.Series[float], origin: int) -> Iterator[pd.DataFrame]:
    """Forecasts of some areas from one origin, horizon by horizon, beside what came. quantiles: areas x horizons x
    LEVELS, in the order of `stock`.
    """
    for place, horizon in enumerate(HORIZONS):
        if (year := origin + horizon) not in came:
            continue
        known = came[year].notna().to_numpy()
        truth, told = came[year].to_numpy(dtype="float64")[known], quantiles[known, place]
        yield pd.DataFrame(
            {
                "area_code": stock.index[known], "origin": origin, "horizon": horizon,
                "forecast": np.median(told, axis=1), "outturn": truth, "stock": stock.to_numpy()[known],
                "crps": crps(told, truth), "held_80": held(told, truth, 0.80), "held_95": held(told, truth, 0.95),
                "origins": ORIGINS[origin > SETTLED_BY],
            }
        )  # fmt: skip


def _unchanged(panel: Panel) -> list[pd.DataFrame]:
    """No change of every area, horizon by horizon: an area a row, its count at each of LEVELS."""
    return [no_change(panel, horizon).quantiles for horizon in HORIZONS]


def _picked(tables: Sequence[pd.DataFrame], codes: Sequence[str]) -> Numbers:
    """Some areas' quantiles: areas x horizons x LEVELS."""
    return np.stack([table.loc[list(codes)].to_numpy(dtype="float64") for table in tables], axis=1)


def _summed(came: pd.DataFrame, region: str) -> pd.DataFrame:
    """A region's outturn by year, blank where a member has none."""
    return came.sum(axis=0, min_count=len(came)).rename(region).to_frame().T


def _quantiles(draws: Numbers) -> Numbers:
    """Draws x areas x horizons as areas x horizons x LEVELS."""
    return np.moveaxis(np.quantile(draws, LEVELS, axis=0), 0, -1)
