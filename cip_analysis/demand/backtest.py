"""The council's own returns forecast again from past dates, with what was known then, and scored against what came.

    scored = backtest_returns(episodes, evidence, asked)
    card = scorecard(scored)                  # columns of SCORECARD_COLUMNS
    record = track_record(scored, NATIONAL)   # "over the last N years forecasts made this way missed by …"

At each origin the histories are cut back to that day (`pathways.known_at`), rates, starts and drift are estimated
again, and every method of forecasting starts is played forward; the rivals of accuracy/rivals.py stand beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from cip_analysis.codes import AGE_BANDS, SETTINGS
from cip_analysis.contracts import empty_table
from cip_analysis.demand.accuracy.rivals import RIVALS
from cip_analysis.demand.accuracy.scores import LEVELS, NO_CHANGE, Numbers, crps, held, interval, score
from cip_analysis.demand.caseload import count_caseload, last_whole_month
from cip_analysis.demand.forecast import Asked, Evidence, ForecastError, prepare
from cip_analysis.demand.inputs import MONTHS_IN_YEAR, month_ends
from cip_analysis.demand.pathways import PathwaysError, known_at
from cip_analysis.demand.simulate import simulate
from cip_analysis.demand.simulation.limits import SimulationError
from cip_analysis.demand.starts import METHODS, StartsError
from cip_analysis.projections import Projection
from cip_analysis.records import Episodes

STOCK, FLOWS = "stock", ("starts", "ceases")
HORIZONS = (12, 24, 36, 48)
FEWEST_YEARS = 3
FEWEST_CHILDREN = 20
"""A setting or age band with fewer at any origin is left out: a share of so few says nothing, and might tell of one."""

STATED = "stated path"
STANDING = tuple(name for name in METHODS if name != STATED)
"""Methods that need nothing stated by the user: those a look back can try."""

SCORED_COLUMNS = {
    "method": "text", "measure": "text", "origin": "date", "horizon_months": "whole", "forecast": "number",
    "p02_5": "number", "p10": "number", "p90": "number", "p97_5": "number", "outturn": "number", "stock": "number",
    "crps": "number", "held_80": "flag", "held_95": "flag",
}  # fmt: skip
SCORECARD_COLUMNS = ("method", "measure", "horizon_months", "n", "mae", "mape", "crps", "coverage_80", "coverage_95")
Progress = Callable[[int, int], None]


class BacktestError(ValueError):
    """A look back was asked for that cannot be made."""


@dataclass(frozen=True, slots=True)
class LookBack:
    """How the returns are looked back on.

    methods: names in starts.METHODS; STANDING unless told. every_months: 12 for origins on
    each 31 March, 6 for 30 September too. years_before: returns an origin must have behind it, FEWEST_YEARS or more.
    """

    methods: tuple[str, ...] = STANDING
    every_months: int = 12
    years_before: int = FEWEST_YEARS

    def __post_init__(self) -> None:
        if self.every_months not in (6, 12):
            raise BacktestError(f"Origins every {self.every_months} months cannot be had: give 6 or 12.")
        if self.years_before < FEWEST_YEARS:
            raise BacktestError(f"{self.years_before} years before an origin are too few: give {FEWEST_YEARS} or more.")
        if not self.methods:
            raise BacktestError("No method to look back on: name at least one.")
        if unknown := set(self.methods) - set(METHODS):
            raise BacktestError(f"No method is called {', '.join(sorted(unknown))}: there are {', '.join(METHODS)}.")


@dataclass(frozen=True, slots=True)
class Scored:
    """Every forecast made from every origin, with its outturn.

    table: one row a method, measure, origin and horizon, with `forecast` (the median), the ends of its 80% and 95%
    ranges (`p10`, `p90`, `p02_5`, `p97_5`), `outturn`, `stock` (the count at the origin; of a flow, in the year before
    it), `crps`, `held_80` and `held_95`. Measures are "stock", "starts" and "ceases" (of the year that ends at the
    horizon), and "stock: " with a setting or an age band.
    origins: month ends forecast from. notes: what was left out, and why.
    """

    table: pd.DataFrame
    origins: tuple[date, ...]
    notes: tuple[str, ...] = ()


def backtest_returns(
    episodes: Episodes,
    evidence: Evidence,
    asked: Asked,
    look_back: LookBack | None = None,
    progress: Progress | None = None,
) -> Scored:
    """Every method's forecasts from every origin within the returns, scored wherever a whole year came after.

    asked: draws, seed, years of history and longest horizon; the methods are `look_back`'s. progress: told how many
    forecasts are done, of how many. Where no origin has enough before and after it, the table has no rows and a note
    says so.
    """
    look_back = look_back or LookBack()
    years, last = _unbroken(evidence.years), last_whole_month(episodes.census_date)
    origins = past_origins(years, last, look_back)
    if not origins:
        return Scored(_score_each([], pd.DataFrame(), []), (), (_too_short(years, look_back),))
    truth = count_outturn(episodes, date(years[0] - 1, 4, 30), last)
    kept = _told_apart(truth, origins)
    made: list[_Made] = []
    notes: list[str] = []
    looks = [_At(origin, _horizons(origin, last, asked.horizon_months)) for origin in origins]
    for step, (at, method) in enumerate((at, method) for at in looks for method in look_back.methods):
        if method == look_back.methods[0]:
            made += _by_rivals(truth[kept], at)
        wanted = replace(asked, method=method, horizon_months=at.horizons[-1])
        forecasts, note = _by_suite(episodes, evidence, wanted, at)
        made, notes = made + forecasts, notes + [note] * bool(note)
        if progress:
            progress(step + 1, len(looks) * len(look_back.methods))
    return Scored(_score_each(made, truth, kept), origins, tuple(notes))


def past_origins(years: Sequence[int], last: date, look_back: LookBack) -> tuple[date, ...]:
    """Month ends to forecast from: `years_before` collection years behind each, and twelve months to `last` after.

    years: collection years held, with none missing between.
    """
    if not years:
        return ()
    first = pd.Timestamp(min(years) - 1 + look_back.years_before, 3, 31)
    until = pd.Timestamp(last) - pd.DateOffset(months=MONTHS_IN_YEAR)
    ends = pd.date_range(first, until + pd.offsets.MonthEnd(0), freq=f"{look_back.every_months}ME")
    return tuple(end.date() for end in ends)


def count_outturn(episodes: Episodes, first_month: date, last_month: date) -> pd.DataFrame:
    """What came: a row a month's end, a column a measure of `Scored`; flows are of the twelve months that end there."""
    table = count_caseload(episodes, first_month, last_month).table
    monthly = table.groupby("month")[["stock", "starts", "ceases"]].sum()
    parts = [monthly["stock"]]
    parts += [monthly[flow].rolling(MONTHS_IN_YEAR).sum() for flow in FLOWS]
    for cell in ("setting", "age_band"):
        stock = table.pivot_table(index="month", columns=cell, values="stock", aggfunc="sum", observed=False)
        parts += [stock[name].rename(within(str(name))) for name in stock]
    return pd.concat(parts, axis=1)


def within(cell: str) -> str:
    """The name of the measure that counts children in one setting or age band.

    >>> within("kinship"), within("1 to 4")
    ('stock: kinship', 'stock: aged 1 to 4')
    """
    return f"stock: {'aged ' if cell in AGE_BANDS else ''}{cell}"


def measure_draws(projection: Projection, horizons: Sequence[int]) -> dict[str, Numbers]:
    """The measures of `Scored` that a projection gives: measure -> draw x horizon (in months)."""
    at = list(horizons)
    by_setting = projection.stock[:, at].sum(axis=2, dtype="int64")
    by_band = projection.stock[:, at].sum(axis=3, dtype="int64")
    drawn = {"stock": projection.total[:, at]}
    for flow in FLOWS:
        so_far = getattr(projection, flow).sum(axis=2, dtype="int64").cumsum(axis=1)
        drawn[flow] = so_far[:, at] - so_far[:, [month - MONTHS_IN_YEAR for month in at]]
    drawn |= {within(name): by_setting[:, :, place] for place, name in enumerate(SETTINGS)}
    drawn |= {within(name): by_band[:, :, place] for place, name in enumerate(AGE_BANDS)}
    return {name: draws.astype("float64") for name, draws in drawn.items()}


def scorecard(scored: Scored, by: Sequence[str] = ()) -> pd.DataFrame:
    """Scores by measure, method and horizon, and by whatever `by` names (`origin`) before them: SCORECARD_COLUMNS.

    mae in children, mape a share of the outturn, crps a share of the count at the origin. No rows where none are
    scored.
    """
    keys = [*by, "measure", "method", "horizon_months"]
    if scored.table.empty:
        return pd.DataFrame(columns=[*by, *SCORECARD_COLUMNS])
    groups = scored.table.groupby(keys, sort=False, observed=True)
    card = groups[["forecast", "outturn", "stock", "crps", "held_80", "held_95"]].apply(score).reset_index()
    return card.assign(n=card["n"].astype("int64"))[[*by, *SCORECARD_COLUMNS]]


def forecast_alike(scored: Scored) -> Scored:
    """Only what every method tried on a measure could forecast, so that all are compared on the same origins.

    A note says how many origins go.
    """
    keys = ["measure", "origin", "horizon_months"]
    methods = scored.table.groupby("measure")["method"].transform("nunique")
    shared = scored.table.groupby(keys)["method"].transform("size") == methods
    kept = scored.table[shared].reset_index(drop=True)
    gone = len(scored.origins) - kept["origin"].nunique()
    note = f"{gone} of {len(scored.origins)} origins left out of the comparison: not every method could forecast them."
    return replace(scored, table=kept, notes=(*scored.notes, *(note,) * (gone > 0 and len(kept) > 0)))


def track_record(scored: Scored, method: str) -> pd.DataFrame:
    """What one method's forecasts came to: "over the last `years` years, forecasts made this way missed by `missed`".

    One row a measure and horizon, with `n` forecasts, `first_origin`, `last_outturn` and `years` from one to the
    other; `missed`, the mean miss as a share of the outturn, beside `missed_no_change` from the same origins;
    `worst`, the greatest; `too_high`, how many were above the outturn; `held_80` and `held_95`, how many outturns lay
    in the interval. No rows where nothing is scored. Raises BacktestError where the method was not among those tried.
    """
    keys = ["measure", "horizon_months"]
    table = scored.table.assign(miss=(scored.table["forecast"] / scored.table["outturn"] - 1))
    if len(table) and method not in set(table["method"]):
        raise BacktestError(f"No forecast by {method!r} is scored. There are: {', '.join(table['method'].unique())}.")
    naive = table.loc[table["method"] == NO_CHANGE, [*keys, "origin", "miss"]].rename(columns={"miss": "naive"})
    made = table[table["method"] == method].merge(naive, on=[*keys, "origin"], how="left", validate="one_to_one")
    made = made.assign(
        high=made["miss"] > 0, miss=made["miss"].abs(), naive=made["naive"].abs(),
        came=[_later(day.date(), months) for day, months in zip(made["origin"], made["horizon_months"], strict=True)],
    )  # fmt: skip
    record = made.groupby(keys, sort=False).agg(
        n=("miss", "size"), first_origin=("origin", "min"), last_outturn=("came", "max"), missed=("miss", "mean"),
        missed_no_change=("naive", "mean"), worst=("miss", "max"), too_high=("high", "sum"),
        held_80=("held_80", "sum"), held_95=("held_95", "sum"),
    ).reset_index()  # fmt: skip
    first = record["first_origin"].dt.year.astype("int64")
    return record.assign(years=[end.year - start for start, end in zip(first, record["last_outturn"], strict=True)])


# ---- one origin -------------------------------------------------------------------------------------------------


class _At(NamedTuple):
    """A day forecast from, and the months ahead whose outturn is known."""

    origin: date
    horizons: tuple[int, ...]


class _Made(NamedTuple):
    """One method's forecasts of one measure from one origin: draw x horizon."""

    method: str
    measure: str
    at: _At
    draws: Numbers


def _by_suite(episodes: Episodes, evidence: Evidence, asked: Asked, at: _At) -> tuple[list[_Made], str]:
    """Forecasts by one of our own methods from the histories as known at the origin; none, and why, if it cannot."""
    try:
        inputs = prepare(known_at(episodes, at.origin), evidence, asked)
        if inputs.method != asked.method:
            return [], f"{asked.method}, from {at.origin:%B %Y}: could not be made; {inputs.method} stood in, unscored."
        drawn = measure_draws(simulate(inputs), at.horizons)
    except (ForecastError, PathwaysError, StartsError, SimulationError) as error:
        return [], f"{asked.method}, from {at.origin:%B %Y}: {error}"
    return [_Made(asked.method, measure, at, draws) for measure, draws in drawn.items()], ""


def _score_each(made: Sequence[_Made], truth: pd.DataFrame, kept: Sequence[str]) -> pd.DataFrame:
    """A row for each forecast, as in `Scored`."""
    rows = [_score_one(each, truth) for each in made if each.measure in kept]
    return pd.concat(rows, ignore_index=True) if rows else empty_table(SCORED_COLUMNS)


def _score_one(made: _Made, truth: pd.DataFrame) -> pd.DataFrame:
    came = truth[made.measure]
    outturn = np.array([came[pd.Timestamp(_later(made.at.origin, months))] for months in made.at.horizons], "float64")
    quantiles = np.quantile(made.draws, LEVELS, axis=0).T
    (p10, p90), (p02_5, p97_5) = interval(quantiles, 0.80), interval(quantiles, 0.95)
    return pd.DataFrame(
        {
            "method": made.method, "measure": made.measure, "origin": pd.Timestamp(made.at.origin),
            "horizon_months": list(made.at.horizons), "forecast": np.median(made.draws, axis=0),
            "p02_5": p02_5, "p10": p10, "p90": p90, "p97_5": p97_5, "outturn": outturn,
            "stock": float(came[pd.Timestamp(made.at.origin)]), "crps": crps(quantiles, outturn),
            "held_80": held(quantiles, outturn, 0.80), "held_95": held(quantiles, outturn, 0.95),
        }
    )  # fmt: skip


def _by_rivals(truth: pd.DataFrame, at: _At) -> list[_Made]:
    """Forecasts that look only at a measure's line: by every rival of all children, by *no change* of the rest."""
    made = []
    for measure in map(str, truth):
        history = truth.loc[: pd.Timestamp(at.origin), measure].dropna().to_numpy("float64")
        rivals = RIVALS if measure == STOCK else {NO_CHANGE: RIVALS[NO_CHANGE]}
        made += [_Made(name, measure, at, rival(history, at.horizons)) for name, rival in rivals.items()]
    return made


def _told_apart(truth: pd.DataFrame, origins: Sequence[date]) -> list[str]:
    """Measures with enough children at every origin to be scored at all."""
    at_origins = truth.loc[[pd.Timestamp(day) for day in origins]]
    return [str(name) for name in truth if (at_origins[name] >= FEWEST_CHILDREN).all()]


def _horizons(origin: date, last: date, longest: int) -> tuple[int, ...]:
    """The HORIZONS that are over by the last month."""
    return tuple(
        months for months in HORIZONS if months <= max(longest, HORIZONS[0]) and _later(origin, months) <= last
    )


def _later(day: date, months: int) -> date:
    """The month end some months after a month end."""
    return month_ends(day, months)[-1]


def _unbroken(years: Sequence[int]) -> tuple[int, ...]:
    """The collection years up to the last with none missing between."""
    held_years = sorted(set(years))
    start = max(
        (place for place in range(1, len(held_years)) if held_years[place] - held_years[place - 1] > 1), default=0
    )
    return tuple(held_years[start:])


def _too_short(years: Sequence[int], look_back: LookBack) -> str:
    return (
        f"No forecast can be looked back on: it takes {look_back.years_before} years of returns before an origin and "
        f"one after, with none missing between, and there are {len(years)} in a row. Add earlier years of returns."
    )
