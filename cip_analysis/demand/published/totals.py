"""A council's total from published figures alone: forecast, and its past forecast again, with no return loaded.

    totals = forecast_totals(published, origin, months=48, draws=1000, seed=1)
    rows = look_back_totals(published, first, last)

The method is the national panel's, the one that a run with returns follows too; it tells how many, and not where they
live or how old they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from cip_analysis.contracts import empty_table
from cip_analysis.demand.accuracy.scores import LEVELS, NO_CHANGE, Numbers, crps, held, interval
from cip_analysis.demand.backtest import SCORED_COLUMNS
from cip_analysis.demand.inputs import MONTHS_IN_YEAR, month_ends, stream
from cip_analysis.demand.national.estimates import (
    HORIZONS,
    NationalError,
    carried_to,
    draw_growth,
    error_correlation,
    forecast_authority,
    untold_drivers,
)
from cip_analysis.demand.national.panel import FEWEST_CHILDREN
from cip_analysis.projections import Totals
from cip_analysis.records import Comparators
from cip_analysis.returns.published import LOOKED_AFTER, latest
from cip_analysis.settings import Council

METHOD = "national panel"
FEWEST_YEARS_BEHIND = 2


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """What is published of a council and its neighbours, and what the national panel teaches of growth and errors."""

    council: Council
    comparators: Comparators
    estimates: pd.DataFrame


def forecast_totals(published: Published, origin: date, months: int, draws: int, seed: int) -> Totals:
    """Children looked after at each month's end from a 31 March on, draw by draw; four years at the most.

    Fewer than FEWEST_CHILDREN are taken to stay as many, straying as they have: no method learned from authorities of
    hundreds speaks of so few.

    Between year ends a draw moves in a straight line in logarithms; within the first year its departure from the middle
    grows with the root of time, as chance does. Raises NationalError where the council has no count.
    """
    year = origin.year
    came = _outturn(published)
    if year in came.index and came[year] < FEWEST_CHILDREN:
        return _stay(came, origin, months, (draws, seed))
    estimates, note = carried_to(published.estimates, year)
    made = forecast_authority(estimates, published.comparators, published.council, year)
    grown = draw_growth(made, error_correlation(estimates, year), draws, stream(seed, "published totals"))
    ahead = min(months, HORIZONS[-1] * MONTHS_IN_YEAR)
    logs = _by_month(grown)[:, : ahead + 1]
    now = _started_from(made)
    notes = [note] if note else []
    if untold := untold_drivers(published.comparators, published.council, year):
        notes.append(f"Taken as at the national mean, because the figures held do not tell it: {', '.join(untold)}.")
    if months > ahead:
        notes.append("Published figures are carried four years ahead and no further: nothing longer was tested.")
    total = np.rint(now * np.exp(logs)).astype("int64")
    return Totals(month_ends(origin, ahead), total, METHOD, notes=tuple(notes))


def look_back_totals(published: Published, first: int, last: int) -> pd.DataFrame:
    """The council's past forecast again from each 31 March, with the figures known then, and beside what came.

    first, last: the earliest origin and the latest outturn. The rows of demand.backtest.Scored, measure "stock", by
    this method and by "no change" on the same origins; and the origins. No rows where none could be made.
    """
    came = _outturn(published)
    rows = [row for year in range(first, last) for row in _looked(published, year, came, last)]
    return pd.DataFrame(rows) if rows else empty_table(SCORED_COLUMNS)


def _looked(published: Published, year: int, came: pd.Series[float], last: int) -> Iterator[dict[str, object]]:
    """The rows of one origin: nothing where it cannot be forecast from."""
    horizons = [years for years in HORIZONS if year + years <= last and year + years in came.index]
    behind = came[came.index < year]
    if not horizons or len(behind) < FEWEST_YEARS_BEHIND or year not in came.index:
        return
    try:
        made = forecast_authority(published.estimates, published.comparators, published.council, year)
    except NationalError:
        return
    known = _started_from(made)
    told = made.loc[horizons, list(map(float, LEVELS))].to_numpy()
    outturn = np.array([came[year + years] for years in horizons], dtype=np.float64)
    for method, quantiles in ((METHOD, told), (NO_CHANGE, _no_change(known, behind, horizons))):
        (p10, p90), (p02_5, p97_5) = interval(quantiles, 0.80), interval(quantiles, 0.95)
        missed, in_80, in_95 = crps(quantiles, outturn), held(quantiles, outturn, 0.80), held(quantiles, outturn, 0.95)
        middle = np.median(quantiles, axis=1)
        for place, years in enumerate(horizons):
            yield {
                "method": method, "measure": "stock", "origin": pd.Timestamp(year, 3, 31),
                "horizon_months": years * MONTHS_IN_YEAR, "forecast": float(middle[place]),
                "p02_5": float(p02_5[place]), "p10": float(p10[place]), "p90": float(p90[place]),
                "p97_5": float(p97_5[place]), "outturn": float(outturn[place]), "stock": known,
                "crps": float(missed[place]), "held_80": bool(in_80[place]), "held_95": bool(in_95[place]),
            }  # fmt: skip


def _no_change(known: float, behind: pd.Series[float], horizons: Sequence[int]) -> Numbers:
    """As many as now, missed by what a year has changed it before, up as well as down, wider with the root of time."""
    logs = np.log(np.maximum([*behind, known], 0.5))
    changes = np.diff(logs)
    a_year_on = np.quantile(np.concatenate([changes, -changes]), LEVELS)
    return np.asarray(known * np.exp(np.sqrt(np.array(horizons, dtype="float64"))[:, None] * a_year_on))


def _outturn(published: Published) -> pd.Series[float]:
    """The council's count on each 31 March as last published, by year."""
    table = latest(published.comparators).table
    own = table[(table["area_code"] == published.council.la_code) & (table["measure"] == LOOKED_AFTER)]
    return own.dropna(subset="value").set_index("year")["value"].sort_index().astype("float64")


def _started_from(made: pd.DataFrame) -> float:
    """The count that a forecast started from."""
    return float(round(made["centre"].iloc[0] / made["growth"].iloc[0]))


def _stay(came: pd.Series[float], origin: date, months: int, drawn: tuple[int, int]) -> Totals:
    """As many as now, each draw straying by changes of a year seen before, up as well as down. drawn: draws, seed."""
    now, known = float(came[origin.year]), came[came.index <= origin.year]
    changes = np.diff(known.to_numpy()) if len(known) > 1 else np.zeros(1)
    ahead = min(months, HORIZONS[-1] * MONTHS_IN_YEAR)
    chance = stream(drawn[1], "published totals")
    yearly = chance.choice(np.concatenate([changes, -changes]), (drawn[0], len(HORIZONS))).cumsum(axis=1)
    marks = np.column_stack([np.zeros(drawn[0]), yearly])
    month = np.arange(ahead + 1) / MONTHS_IN_YEAR
    strayed = np.array([np.interp(month, range(len(HORIZONS) + 1), row) for row in marks])
    total = np.rint(np.maximum(now + strayed, 0)).astype("int64")
    note = (
        f"Fewer than {FEWEST_CHILDREN} children were looked after: too few for a method learned from other councils. "
        "They are taken to stay as many, straying as they have from year to year."
    )
    return Totals(month_ends(origin, ahead), total, NO_CHANGE, notes=(note,))


def _by_month(grown: Numbers) -> Numbers:
    """Growth in logarithms since the origin at every month's end, from growth at each year's end: draw x month."""
    years = np.arange(len(HORIZONS) + 1) * MONTHS_IN_YEAR
    marks = np.column_stack([np.zeros(len(grown)), grown])
    months = np.arange(years[-1] + 1)
    after = np.clip(months // MONTHS_IN_YEAR, 0, len(HORIZONS) - 1)
    share = (months - years[after]) / MONTHS_IN_YEAR
    logs = marks[:, after] * (1 - share) + marks[:, after + 1] * share
    middle = np.median(grown[:, 0])
    first = months <= MONTHS_IN_YEAR
    within = months[first] / MONTHS_IN_YEAR
    logs[:, first] = middle * within + (grown[:, :1] - middle) * np.sqrt(within)
    return np.asarray(logs)
