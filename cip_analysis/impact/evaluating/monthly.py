"""Weeks of care by month: what an interrupted series is about, counted from placements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from cip_analysis.codes import AGE_BANDS, SETTINGS
from cip_analysis.demand.estimation.stays import build_stays, day_number
from cip_analysis.demand.inputs import Floats
from cip_analysis.evaluation_settings import month_end
from cip_analysis.records import Episodes

DAYS_IN_WEEK = 7
MIDDLE_OF_A_YEAR = 183
"""Days before a 31 March at which the population published for that year is taken: it is of the middle of the year."""


class MonthlyError(ValueError):
    """Months of weeks of care are blank, repeated, out of order, or asked for after the returns end."""


@dataclass(frozen=True, slots=True, eq=False)
class Monthly:
    """Weeks of care in each month.

    months: month ends, ascending, each once. child_weeks: in each, nought or more. population: children of the area
    in each month; ones where it is not held. children: how many different children they are of, for a page's rule of
    small numbers; none where that is not known. synthetic: made from invented children.
    """

    months: pd.DatetimeIndex
    child_weeks: Floats
    population: Floats
    children: int | None = None
    synthetic: bool = False

    def __post_init__(self) -> None:
        if not (len(self.months) == len(self.child_weeks) == len(self.population)):
            raise MonthlyError("Months, weeks and population are not equally many. Give one of each a month.")
        if not self.months.is_monotonic_increasing or not self.months.is_unique:
            raise MonthlyError("Months are repeated or out of order. Give each month's end once, the earliest first.")
        blank = ~np.isfinite(self.child_weeks) | (self.child_weeks < 0) | ~(self.population > 0)
        if blank.any():
            raise MonthlyError(
                f"{int(blank.sum())} months have weeks that are blank or below nought, or no population, first "
                f"{self.months[int(blank.argmax())]:%B %Y}. Leave a month out of the plan where it is not known."
            )

    @property
    def exposure(self) -> Floats:
        """Days of the month times the population: what weeks would grow with if nothing else changed."""
        days: Floats = self.months.days_in_month.to_numpy("float64") * self.population
        return days


def count_weeks(
    episodes: Episodes, span: tuple[date, date], settings: Sequence[str], ages: Sequence[str] = ()
) -> Monthly:
    """Weeks of care in some settings, month by month, respite series left out, of children of some ages (blank, all).

    span: any day of the first month, and of the last. A night counts in the month of its evening.
    Raises MonthlyError where the last month is not over on the census date.
    """
    months = pd.date_range(date(span[0].year, span[0].month, 1), month_end(span[1]), freq="ME")
    if not len(months) or months[-1].date() > episodes.census_date:
        raise MonthlyError(
            f"The months asked for run to {span[1]:%B %Y}; the returns know whole months to "
            f"{episodes.census_date:%d %B %Y}. Ask for months up to then, the earlier first."
        )
    stays = build_stays(episodes)
    low = np.maximum(stays.start[:, None], np.column_stack([stays.birth * 0 - 10**7, stays.turns()]))
    upper = np.column_stack([stays.turns(), stays.birth * 0 + 10**7])
    high = np.minimum(np.minimum(stays.end, day_number(episodes.census_date) + 1)[:, None], upper)
    wanted = np.isin(np.array(AGE_BANDS), list(ages) or AGE_BANDS)[None, :]
    wanted = wanted & np.isin(stays.setting, [SETTINGS.index(name) for name in settings])[:, None]
    row, band = np.nonzero(wanted & (low < high))
    edges = (months - pd.Timestamp(0)).days.to_numpy() + 1
    edges = np.append(edges[0] - months[0].day, edges)
    first, last = low[row, band], high[row, band]
    nights = _days_beyond(first, edges) - _days_beyond(last, edges)
    there = (first < edges[-1]) & (last > edges[0])
    found = len(np.unique(stays.child[row[there]]))
    return Monthly(months, np.diff(nights) / DAYS_IN_WEEK, np.ones(len(months)), found, episodes.synthetic)


def _days_beyond(days: np.ndarray, edges: np.ndarray) -> Floats:
    """The sum over `days` of how far each edge lies beyond it, nought where it does not."""
    ordered = np.sort(days)
    passed = np.searchsorted(ordered, edges)
    sums = np.append(0.0, np.cumsum(ordered, dtype="float64"))
    beyond: Floats = passed * edges.astype("float64") - sums[passed]
    return beyond


def populate(monthly: Monthly, by_year: pd.Series) -> Monthly:
    """The same weeks with the population of each month, in a straight line between years; as it is where none is held.

    by_year: children of the area, by year ending 31 March. Before the first and after the last it is held still.
    """
    if by_year.empty:
        return monthly
    middles = [(pd.Timestamp(int(year), 3, 31) - pd.Timestamp(0)).days - MIDDLE_OF_A_YEAR for year in by_year.index]
    days = (monthly.months - pd.Timestamp(0)).days.to_numpy()
    people = np.interp(days, middles, by_year.to_numpy("float64"))
    return Monthly(monthly.months, monthly.child_weeks, people, monthly.children, monthly.synthetic)
