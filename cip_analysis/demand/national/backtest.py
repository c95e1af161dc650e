"""Forecast the published panel again from each past year, with what was known then, and score it against outturn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cip_analysis.demand.accuracy.scores import NO_CHANGE, crps, held, score
from cip_analysis.demand.national.estimates import FIRST_ORIGIN, HORIZONS
from cip_analysis.demand.national.methods import SCORED, Forecast, forecast_all
from cip_analysis.demand.national.panel import YEARS_BEFORE, Panel, able_to_be_forecast, outturn, panel_at, starts_at
from cip_analysis.records import Comparators
from cip_analysis.returns.published import LOOKED_AFTER, STARTED

SETTLED_BY = 2018
FEWEST_AUTHORITIES = 20
ORIGINS = (f"settling, to {SETTLED_BY}", f"confirming, from {SETTLED_BY + 1}")
"""Origins that methods were chosen on, and later ones that had no part in it (docs/decisions/0012)."""

SIZES = ("smallest third", "middle third", "largest third")
MEASURES: Mapping[str, str] = {"stock": LOOKED_AFTER, "starts": STARTED}
PANELS: Mapping[str, Callable[[Comparators, int], Panel]] = {"stock": panel_at, "starts": starts_at}
SCORECARD_COLUMNS = ("method", "measure", "horizon_months", "n", "mae", "mape", "crps", "coverage_80", "coverage_95")


class BacktestError(ValueError):
    """The panel is too short to forecast from the past."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """Every forecast made from every origin, with its outturn.

    table: one row a measure, method, origin (year), horizon (years) and authority, with `forecast`, `outturn`, `stock`
    (the count at the origin), `size` (third of authorities at that origin), `crps`, `held_80`, `held_95`, and
    `origins`: one of ORIGINS, and `stand_ins`: how many figures of that panel a later release stood in for.
    """

    table: pd.DataFrame


def backtest_national(
    figures: Comparators, later: Comparators | None = None, origins: Sequence[int] | None = None
) -> Backtest:
    """Each method's forecasts from each origin, 1 to 4 years on, of every authority all methods can forecast.

    figures: the panel with its releases apart, and the neighbours. later: where the outturn is read, `figures`
    unless told. origins: years ending 31 March; every one from FIRST_ORIGIN unless told.
    Raises BacktestError where no origin has an outturn.
    """
    rows = [
        made
        for measure, published in MEASURES.items()
        for made in _forecasts_of(measure, figures, outturn(later or figures, published), origins)
    ]
    if not rows:
        raise BacktestError(
            f"No forecast can be scored. A back-test needs local authorities with neighbours, children looked "
            f"after and population for {FIRST_ORIGIN - YEARS_BEFORE} to {FIRST_ORIGIN} at least, and an outturn after."
        )
    return Backtest(pd.concat(rows, ignore_index=True))


def scorecard(backtest: Backtest, by: Sequence[str] = ()) -> pd.DataFrame:
    """Scores by measure, method and horizon, and by whatever `by` names (`size`, `origins`, `origin`) before them.

    Columns of SCORECARD_COLUMNS, after those of `by`: mae in children, mape a share of the outturn, crps a share of
    the stock at the origin.
    """
    made = backtest.table.assign(
        horizon_months=12 * backtest.table["horizon"],
        measure=pd.Categorical(backtest.table["measure"], list(MEASURES)),
        method=pd.Categorical(backtest.table["method"], list(SCORED)),
    )  # fmt: skip
    keys = [*by, "measure", "method", "horizon_months"]
    groups = made.groupby(keys, observed=True)[["forecast", "outturn", "stock", "crps", "held_80", "held_95"]]
    scored = groups.apply(score).reset_index()
    scored = scored.assign(
        n=scored["n"].astype("int64"), method=scored["method"].astype("str"), measure=scored["measure"].astype("str")
    )
    return scored[[*by, *SCORECARD_COLUMNS]]


def skill(card: pd.DataFrame) -> pd.Series[float]:
    """How far each row's CRPS is below that of *no change* for the same measure and horizon, as a share.

    Positive is better. card: as `scorecard` gives it, in no groups but its own.
    """
    keys = ["measure", "horizon_months"]
    naive = card.loc[card["method"] == NO_CHANGE, [*keys, "crps"]]
    beside = card[keys].merge(naive, on=keys, how="left", validate="many_to_one")
    return pd.Series(1 - card["crps"].to_numpy() / beside["crps"].to_numpy(), card.index)


def _forecasts_of(
    measure: str, figures: Comparators, came: pd.DataFrame, origins: Sequence[int] | None
) -> Iterator[pd.DataFrame]:
    last = int(came.columns.max()) if len(came.columns) else 0
    for origin in range(FIRST_ORIGIN, last) if origins is None else origins:
        if origin not in came or origin >= last:
            continue
        panel = PANELS[measure](figures, origin)
        able = able_to_be_forecast(panel)
        if len(able) >= FEWEST_AUTHORITIES:
            yield from (made.assign(measure=measure) for made in _forecasts_from(panel, came.reindex(able)))


def _forecasts_from(panel: Panel, came: pd.DataFrame) -> Iterator[pd.DataFrame]:
    now = panel.children.loc[came.index, panel.origin]
    size = pd.qcut(now.rank(method="first"), 3, labels=list(SIZES)).astype("str")
    for horizon in HORIZONS:
        if (year := panel.origin + horizon) not in came:
            continue
        happened = came[year].dropna()
        for name, forecast in forecast_all(panel, horizon).items():
            made = _scored(forecast, happened)
            yield made.assign(
                method=name, origin=panel.origin, horizon=horizon, stock=now.loc[happened.index],
                size=size.loc[happened.index], stand_ins=panel.stand_ins, origins=ORIGINS[panel.origin > SETTLED_BY],
            ).reset_index(names="area_code")  # fmt: skip


def _scored(forecast: Forecast, happened: pd.Series[float]) -> pd.DataFrame:
    quantiles, truth = forecast.quantiles.loc[happened.index].to_numpy(), np.asarray(happened, dtype="float64")
    return pd.DataFrame(
        {
            "forecast": forecast.centre.loc[happened.index],
            "outturn": happened,
            "crps": crps(quantiles, truth),
            "held_80": held(quantiles, truth, 0.80),
            "held_95": held(quantiles, truth, 0.95),
        }
    )
