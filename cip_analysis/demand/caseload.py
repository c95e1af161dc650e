"""Month-end stock, starts, ceases, moves and birthdays by age band and setting, counted from placements.

A child is in care on a day d when a placement has start <= d < end, so one that ends on 31 March is not in the
31 March count. Everyone leaves on their 18th birthday. A leap-day child's birthday falls on 1 March.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from cip_analysis.codes import ADULT_AGE, AGE_BAND_STARTS, AGE_BANDS, AGE_UNKNOWN, SETTINGS
from cip_analysis.records import Caseload, Episodes

Definition = Literal["published", "full"]
Days = np.ndarray[tuple[int], np.dtype[np.int64]]

OPEN = np.int64(10**8)
BANDS: tuple[str, ...] = (*AGE_BANDS, AGE_UNKNOWN)


class CaseloadError(ValueError):
    """A count was asked for that the returns cannot give."""


@dataclass(frozen=True, slots=True)
class YearFlows:
    """A collection year as the department counts it: each child once a way, respite series left out.

    stock_before, stock_after: children on 31 March before and at the end of the year. started, ceased: children
    who did so at least once. starts, ceases: every time counted, so stock_before + starts - ceases = stock_after.
    """

    year: int
    stock_before: int
    started: int
    ceased: int
    starts: int
    ceases: int
    stock_after: int


def count_caseload(
    episodes: Episodes, first_month: date, last_month: date, definition: Definition = "published"
) -> Caseload:
    """Stock at each month's end and the month's flows, for every cell of age band and setting.

    first_month, last_month: any day in each; both are counted. definition: "published" leaves respite series out,
    as the department does; "full" keeps them. A move counts where the setting changes. Where a child moves and has
    a birthday that changes band on one day, the move comes first. The band for unknown ages is there only where a
    child needs it.
    Raises CaseloadError where the last month ends after the census date: that part of it is unknown, not empty.
    """
    ends = pd.date_range(date(first_month.year, first_month.month, 1), _month_end(last_month), freq="ME")
    if not len(ends):
        raise CaseloadError(f"No month runs from {first_month:%B %Y} to {last_month:%B %Y}. Put the earlier one first.")
    if ends[-1].date() > episodes.census_date:
        raise CaseloadError(
            f"{last_month:%B %Y} is not over on the census date, {episodes.census_date:%d %B %Y}. "
            "Count to the last whole month before it."
        )
    pieces = _pieces(episodes, definition)
    bands = BANDS if (pieces.band == len(AGE_BANDS)).any() else AGE_BANDS
    opening = ends[0] - pd.offsets.MonthBegin(1) - pd.Timedelta(days=1)
    marks = _days(pd.Series([opening, *ends]))
    flows = {name: _by_month(days, cells, marks, len(bands)) for name, (days, cells) in _events(pieces).items()}
    net = flows["starts"] - flows["ceases"] + flows["moves_in"] - flows["moves_out"]
    stock = (net + flows["birthdays_in"] - flows["birthdays_out"]).cumsum(axis=0)
    return Caseload(_as_table(ends, bands, {"stock": stock, **flows}), definition, episodes.synthetic)


def count_year_flows(episodes: Episodes, year: int, definition: Definition = "published") -> YearFlows:
    """The collection year ending 31 March `year`, as the department counts it.

    A child who starts twice in the year is one child who started (the department takes the first), and one who
    ceases twice is one who ceased (it takes the last), so the two published flows do not explain the change in stock.
    Raises CaseloadError where the returns stop before that 31 March.
    """
    closing = date(year, 3, 31)
    if closing > episodes.census_date:
        raise CaseloadError(
            f"The year ending March {year} is not over on the census date, {episodes.census_date:%d %B %Y}."
        )
    first, last = _day(date(year - 1, 4, 1)), _day(closing)
    pieces = _pieces(episodes, definition)
    begun = pieces.begins & (pieces.start >= first) & (pieces.start <= last)
    over = pieces.leaves & (pieces.end >= first) & (pieces.end <= last)
    return YearFlows(
        year=year,
        stock_before=_on(pieces, first - 1),
        started=len(np.unique(pieces.child[begun])),
        ceased=len(np.unique(pieces.child[over])),
        starts=int(begun.sum()),
        ceases=int(over.sum()),
        stock_after=_on(pieces, last),
    )


def count_stock(episodes: Episodes, day: date, definition: Definition = "published") -> int:
    """Children looked after at the end of one day."""
    if day > episodes.census_date:
        raise CaseloadError(f"{day:%d %B %Y} is after the census date, {episodes.census_date:%d %B %Y}.")
    return _on(_pieces(episodes, definition), _day(day))


def last_whole_month(day: date) -> date:
    """The last day of the last month that is over by the end of `day`.

    >>> last_whole_month(date(2018, 3, 31)), last_whole_month(date(2018, 9, 14))
    (datetime.date(2018, 3, 31), datetime.date(2018, 8, 31))
    """
    return (pd.Timestamp(day) + pd.Timedelta(days=1) - pd.offsets.MonthEnd(1)).date()


def birthdays(birth_dates: pd.Series, age_years: int) -> pd.Series:
    """The day each child reaches an age; blank where the birth date is. A leap-day child's is 1 March."""
    born = birth_dates.to_numpy().astype("datetime64[D]")
    month = born.astype("datetime64[M]")
    reached = (month + np.timedelta64(12 * age_years, "M")).astype("datetime64[D]") + (born - month)
    return pd.Series(reached.astype("datetime64[us]"), index=birth_dates.index)


# ---- placements cut at the birthdays that change a band --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Stretches of one child in one band and setting, in order; days are counted from 1970, OPEN is no end.

    begins: care starts with this piece. leaves: care ends with it. Otherwise it meets the one before or after.
    """

    child: Days
    start: Days
    end: Days
    band: Days
    setting: Days
    begins: np.ndarray[tuple[int], np.dtype[np.bool_]]
    leaves: np.ndarray[tuple[int], np.dtype[np.bool_]]


def _pieces(episodes: Episodes, definition: Definition) -> _Pieces:
    table = episodes.table
    if definition not in ("published", "full"):
        raise CaseloadError(f"No definition is called {definition!r}: use published or full.")
    if definition == "published":
        table = table[~table["respite"]]
    start, end = _days(table["start"]), _days(table["end"])
    child = pd.factorize(table["child"])[0].astype("int64")
    period = table["period"].to_numpy("int64")
    setting = np.asarray(pd.Index(SETTINGS).get_indexer(pd.Index(table["setting"])), dtype="int64")
    known = table["birth_date"].notna().to_numpy()
    turns = [np.where(known, _days(birthdays(table["birth_date"], age)), OPEN) for age in AGE_BAND_STARTS[1:]]
    adult = np.where(known, _days(birthdays(table["birth_date"], ADULT_AGE)), OPEN)
    end = np.minimum(end, adult)
    edges = [np.full(len(table), -OPEN), *turns, np.full(len(table), OPEN)]
    cuts = [(np.maximum(start, low), np.minimum(end, high)) for low, high in itertools.pairwise(edges)]
    cut_start, cut_end = (np.concatenate([cut[side] for cut in cuts]) for side in (0, 1))
    band = np.repeat(np.arange(len(AGE_BANDS)), len(table))
    band = np.where(np.tile(known, len(AGE_BANDS)), band, len(AGE_BANDS))
    row = np.tile(np.arange(len(table)), len(AGE_BANDS))
    keep = np.flatnonzero(cut_start < cut_end)
    keep = keep[np.lexsort((cut_start[keep], child[row[keep]]))]
    at = row[keep]
    meets = (child[at][1:] == child[at][:-1]) & (period[at][1:] == period[at][:-1])
    meets &= cut_start[keep][1:] == cut_end[keep][:-1]
    begins = np.concatenate([[True], ~meets]) if len(keep) else np.zeros(0, dtype=bool)
    leaves = np.concatenate([~meets, [True]]) if len(keep) else np.zeros(0, dtype=bool)
    return _Pieces(
        child[at], cut_start[keep], cut_end[keep], band[keep], setting[at], begins, leaves & (cut_end[keep] < OPEN)
    )


def _events(pieces: _Pieces) -> dict[str, tuple[Days, Days]]:
    """The day and cell of everything that changes the stock of a cell.

    Between two pieces that meet, the setting changes first and the band after it, so that each has its own cell.
    """
    cell = pieces.band * len(SETTINGS) + pieces.setting
    after = np.flatnonzero(~pieces.begins)
    before = after - 1
    between = pieces.band[before] * len(SETTINGS) + pieces.setting[after]
    day = pieces.start[after]
    moved, aged = cell[before] != between, between != cell[after]
    return {
        "starts": (pieces.start[pieces.begins], cell[pieces.begins]),
        "ceases": (pieces.end[pieces.leaves], cell[pieces.leaves]),
        "moves_in": (day[moved], between[moved]),
        "moves_out": (day[moved], cell[before][moved]),
        "birthdays_in": (day[aged], cell[after][aged]),
        "birthdays_out": (day[aged], between[aged]),
    }


def _by_month(days: Days, cells: Days, marks: Days, bands: int) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Events in each month (row 0: before the first) and cell; those after the last month are left out."""
    width = bands * len(SETTINGS)
    month = np.searchsorted(marks, days, side="left")
    inside = month < len(marks)
    counts = np.bincount(month[inside] * width + cells[inside], minlength=len(marks) * width)
    return counts.reshape(len(marks), width)


def _as_table(
    ends: pd.DatetimeIndex, bands: tuple[str, ...], counts: dict[str, np.ndarray[tuple[int, int], np.dtype[np.int64]]]
) -> pd.DataFrame:
    """One row a month, band and setting; the months before the first have gone into its stock."""
    cells = len(bands) * len(SETTINGS)
    band = pd.Categorical(np.repeat(bands, len(SETTINGS)), bands, ordered=True)
    setting = pd.Categorical(np.tile(SETTINGS, len(bands)), SETTINGS, ordered=True)
    return pd.DataFrame(
        {
            "month": np.repeat(ends.to_numpy().astype("datetime64[us]"), cells),
            "age_band": band[np.tile(np.arange(cells), len(ends))],
            "setting": setting[np.tile(np.arange(cells), len(ends))],
            **{name: count[1:].ravel() for name, count in counts.items()},
        }
    )


def _on(pieces: _Pieces, day: int) -> int:
    return int(((pieces.start <= day) & (pieces.end > day)).sum())


def _days(dates: pd.Series) -> Days:
    """Days since 1970; OPEN where blank."""
    days = dates.to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(days), OPEN, days.astype("int64"))


def _day(day: date) -> int:
    return int(np.datetime64(day, "D").astype("int64"))


def _month_end(day: date) -> pd.Timestamp:
    return pd.Timestamp(day) + pd.offsets.MonthEnd(0)
