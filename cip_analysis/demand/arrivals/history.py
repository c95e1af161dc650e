"""Who started to be looked after in each month, and what is asked of a forecast of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cip_analysis.demand.caseload import count_caseload, last_whole_month
from cip_analysis.demand.inputs import month_ends
from cip_analysis.records import Episodes

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]

FEWEST_MONTHS = 12


class StartsError(ValueError):
    """Starts cannot be forecast from this history, or not by this method."""


@dataclass(frozen=True, slots=True, eq=False)
class StartsHistory:
    """Who started to be looked after in each month: every period of care begun counted, respite series apart.

    months: ends of whole months, ascending, none missing. children: who started in each, unaccompanied
    asylum-seeking children apart; unaccompanied: those. population: aged 0 to 17 by year (ending 31 March; the
    mid-year before it), or empty. siblings, siblings_unaccompanied: mean of household size squared over mean size,
    the variance of starts over their mean that arriving together alone gives; 1 where all come singly.
    Raises StartsError where fewer than FEWEST_MONTHS, a month is missing, or a count is below nought.
    """

    months: tuple[date, ...]
    children: Counts
    unaccompanied: Counts
    population: pd.Series[float] = field(default_factory=lambda: pd.Series(dtype="float64"))
    siblings: float = 1.0
    siblings_unaccompanied: float = 1.0

    def __post_init__(self) -> None:
        if len(self.months) < FEWEST_MONTHS:
            raise StartsError(
                f"{len(self.months)} whole months of starts are too few to forecast from: {FEWEST_MONTHS} are needed. "
                "Add an earlier year of returns."
            )
        expected = month_ends(self.months[0], len(self.months) - 1)
        if self.months != expected:
            missing = len(set(expected) - set(self.months))
            raise StartsError(
                f"Starts are not counted month by month from {self.months[0]:%B %Y}: {missing} of "
                f"{len(expected)} months missing or out of order. Give every month's end once, ascending."
            )
        for name, counts in (("children", self.children), ("unaccompanied", self.unaccompanied)):
            if len(counts) != len(self.months):
                raise StartsError(f"{len(counts)} counts of {name} for {len(self.months)} months of starts.")
            if below := int((counts < 0).sum()):
                raise StartsError(f"{below} months have fewer than no {name} who started. Count the starts again.")
        if unusable := int((~(self.population > 0)).sum()):
            raise StartsError(f"The population is blank or nought in {unusable} years. Leave those years out.")

    @property
    def days(self) -> Numbers:
        """Days in each month."""
        return days_in(self.months)


@dataclass(frozen=True, slots=True)
class Drift:
    """What the published panel tells of how rates wander, pooled over authorities; sd a year, in logarithms.

    starts_sd, leaving_sd: of the lasting change of a year (a random walk's step). starts_noise_sd, leaving_noise_sd:
    of what comes in one year and goes with it, beyond the chance of small numbers. source: of the estimate, in words.
    """

    starts_sd: float
    starts_noise_sd: float
    leaving_sd: float
    leaving_noise_sd: float
    source: str


@dataclass(frozen=True, slots=True)
class StartsAhead:
    """What is asked for: how many months from the history's last, how many draws, and what is not the history's.

    stated: children a year expected by the user, unaccompanied apart, one figure for each twelve months ahead.
    """

    months: int
    draws: int
    seed: int
    drift: Drift
    stated: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.months < 1 or self.draws < 1:
            raise StartsError(f"{self.months} months ahead in {self.draws} draws: ask for one of each at least.")

    @property
    def years(self) -> int:
        """Twelvemonths ahead, the last perhaps begun only."""
        return -(-self.months // 12)


def count_starts(episodes: Episodes, from_day: date, to_day: date, population: pd.Series[float]) -> StartsHistory:
    """Starts in every whole month from `from_day` to `to_day`, as the caseload counts them.

    from_day: not before the first year of the returns: of earlier starts only children who stayed are in them.
    Raises StartsError as StartsHistory does, CaseloadError where `to_day` is after the census date.
    """
    first = pd.Timestamp(from_day) + pd.offsets.MonthBegin(0)
    last = last_whole_month(to_day)
    months = tuple(end.date() for end in pd.date_range(first, last, freq="ME"))
    counts, siblings = {}, {}
    for unaccompanied in (False, True):
        table = episodes.table[(episodes.table["uasc"] == unaccompanied) & ~episodes.table["respite"]]
        counts[unaccompanied] = np.zeros(len(months), dtype="int64")
        if len(table) and months:
            counted = count_caseload(replace(episodes, table=table), months[0], last).table
            counts[unaccompanied] = counted.groupby("month")["starts"].sum().to_numpy()
        siblings[unaccompanied] = _siblings(table, first, pd.Timestamp(last))
    return StartsHistory(months, counts[False], counts[True], population, siblings[False], siblings[True])


def months_ahead(history: StartsHistory, ahead: StartsAhead) -> tuple[date, ...]:
    """Ends of the months asked for, the first after the history's last."""
    return month_ends(history.months[-1], ahead.months)[1:]


def days_in(months: Sequence[date]) -> Numbers:
    """Days in each month, given by its end."""
    return np.array([month.day for month in months], dtype="float64")


def _siblings(table: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> float:
    """Mean of household size squared over mean size, of those who started from `first` to the end of `last`."""
    begun = table.drop_duplicates(["child", "period"])
    begun = begun[begun["start"].between(first, last)]
    alone = int(begun["household"].isna().sum())
    together = begun.dropna(subset=["household"]).groupby(["household", "start"]).size()
    size = alone + int(together.sum())
    return (alone + float((together**2).sum())) / size if size else 1.0
