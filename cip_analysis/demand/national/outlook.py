"""What lies ahead outside the council's returns: its population carried on, its neighbours' rate, what closes a gap."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from cip_analysis.demand.inputs import MONTHS_IN_YEAR
from cip_analysis.demand.levers.context import PER, Context
from cip_analysis.demand.others import POOLED, rates_by_series
from cip_analysis.projections import Projection
from cip_analysis.records import Comparators
from cip_analysis.returns.published import LOOKED_AFTER, POPULATION, known_with_census, last_march, latest
from cip_analysis.settings import Council

YEARS_OF_GROWTH = 5
GAP_SHARE = "share of gap"
OLDEST_YEARS = 2
"""How old a published rate or population may be at the origin: one from longer ago does not stand in for today's."""


def population_known(comparators: Comparators, council: Council, origin: date) -> pd.Series[float]:
    """Children aged 0 to 17 in the council's area by year ending 31 March, as published with the origin's figures."""
    known = latest(known_with_census(comparators, council.la_code, origin)).table
    own = known[(known["area_code"] == council.la_code) & (known["measure"] == POPULATION)]
    held = own[own["value"].notna() & (own["year"] <= origin.year)]
    return held.set_index("year")["value"].sort_index().astype("float64")


def population_ahead(population: pd.Series[float], origin: date, months: int) -> dict[int, float]:
    """Months from the origin, by the year -> population, growing as it grew on average over the last five years.

    population: as `population_known` gives it; nothing comes of none, nor of one that ends more than OLDEST_YEARS
    before the last 31 March. Projections by the statistics office would be
    better; none as known at each origin is held.
    """
    recent = population[population.index > (population.index.max() if len(population) else 0) - YEARS_OF_GROWTH - 1]
    if recent.empty or recent.index[-1] < last_march(origin) - OLDEST_YEARS:
        return {}
    years = int(recent.index[-1]) - int(recent.index[0])
    growth = float(np.log(recent.iloc[-1] / recent.iloc[0])) / years if years else 0.0
    since = (origin.year - int(recent.index[-1])) + (origin.month - 3) / MONTHS_IN_YEAR
    marks = range(0, months + MONTHS_IN_YEAR, MONTHS_IN_YEAR)
    return {mark: float(recent.iloc[-1] * np.exp(growth * (since + mark / MONTHS_IN_YEAR))) for mark in marks}


def neighbours_rate(comparators: Comparators, council: Council, origin: date) -> float | None:
    """The neighbours' pooled rate per 10,000 as published with the origin's figures; none where they are old."""
    known = known_with_census(comparators, council.la_code, origin)
    rates = rates_by_series(known, council)
    of_late = rates["year"].between(last_march(origin) - OLDEST_YEARS, last_march(origin))
    pooled = rates[(rates["series"] == POOLED) & of_late]
    return float(pooled["rate_per_10k"].iloc[-1]) if len(pooled) else None


def gap_shares(estimates: pd.DataFrame, origin: date) -> dict[int, float]:
    """Months ahead -> the share of the gap to neighbours that authorities have closed so far ahead, as known."""
    chosen = estimates[(estimates["term"] == GAP_SHARE) & (estimates["origin"] == last_march(origin))]
    return {
        int(years) * MONTHS_IN_YEAR: float(share)
        for years, share in zip(chosen["horizon_years"], chosen["value"], strict=True)
    }


def rate_ahead(projection: Projection, population: dict[int, float]) -> pd.DataFrame:
    """The projected total per 10,000 of the population carried on: draw x month, as a table of draws.

    Columns are the projection's months; rows its draws. The population moves in a straight line between the marks.
    """
    marks = sorted(population)
    people = np.interp(np.arange(len(projection.months)), marks, [population[mark] for mark in marks])
    return pd.DataFrame(projection.total / people * PER, columns=pd.DatetimeIndex(list(projection.months)))


def what_levers_need(
    comparators: Comparators, estimates: pd.DataFrame, council: Council, baseline: Projection
) -> Context:
    """The context of a run's scenarios, with no way to simulate yet; what is not known is left out of it."""
    origin, months = baseline.months[0], len(baseline.months) - 1
    if comparators.table.empty:
        return Context(baseline=baseline)
    people = population_ahead(population_known(comparators, council, origin), origin, months)
    rate = neighbours_rate(comparators, council, origin)
    near = {} if rate is None else {0: rate}
    return Context(people, near, gap_shares(estimates, origin), baseline)


def published_since(comparators: Comparators, council: Council, origin: date) -> pd.DataFrame:
    """Children looked after on each 31 March after the origin, as published since: month, children. With hindsight."""
    table = latest(comparators).table
    own = table[(table["area_code"] == council.la_code) & (table["measure"] == LOOKED_AFTER) & table["value"].notna()]
    later = own[own["year"] > origin.year].sort_values("year")
    months = pd.to_datetime([f"{year}-03-31" for year in later["year"]])
    return pd.DataFrame({"month": months, "children": later["value"].to_numpy()})
