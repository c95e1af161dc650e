"""Which collection year each row belongs to, and the last day the returns describe.

A collection year runs from 1 April to 31 March and is called by the year in which it ends. A year in a file's name
may be either end of it: the public sample's "2017" files hold April 2017 to March 2018. So the dates decide, and a
name only settles what the dates leave open:

1. Episodes end inside their collection year, so the year in which most of a file's DEC fall is its year. Where a
   name (or a YEAR column) gives a year, the two years it may mean are tried first; where neither holds half of the
   ends while four fifths of them fall in one other year, the dates win and it is said. An end before its own start
   tells nothing.
2. A file without DEC goes by its latest starts; what is still open goes by the way the other files are named, and
   then by the year as written.
3. A file whose ends spread over years, none of them holding four fifths, is one history of several years: each row
   takes the year its episode ended, and open ones the last.
4. Tables with no dates of their own take the year of the episodes named alike, or standing in the same folder or
   file, or, failing these, of the latest year; and it is said.

Decided in docs/decisions/0008-reading-returns.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from cip_analysis.returns.reading.text_tables import Notice

MOST = 0.8
HALF = 0.5
FEWEST_FOR_HISTORY = 10
LONG_GAP_DAYS = 28
EVENTS_MISSED = 12
STRAYS = 0.005
DAY_STAMP = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")
STAMP_DAY = re.compile(r"(?<!\d)(0[1-9]|[12]\d|3[01])[-_./](0[1-9]|1[0-2])[-_./]((?:19|20)\d\d)(?!\d)")
PAIR = re.compile(r"(?<!\d)((?:19|20)\d\d)\s*[-_/ ]?(?:to)?[-_/ ]?\s*((?:19|20)?\d\d)(?!\d)")
SHORT_PAIR = re.compile(r"(?<!\d)(\d\d)[-_/]?(\d\d)(?!\d)")
SINGLE = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")


@dataclass(frozen=True, slots=True)
class NamedYear:
    """A year as a name gives it. sure: the name gives both ends, or a day, so `year` is the year it ends."""

    year: int
    sure: bool = False

    def may_mean(self) -> tuple[int, ...]:
        """The collection years (ending 31 March) it may mean, the likelier first."""
        return (self.year,) if self.sure else (self.year, self.year + 1)


def named_year(text: str) -> NamedYear | None:
    """The year written in a name or in a YEAR cell; the last one, where there are several; None where there is none.

    "2021" is the year 2021 and not, as "1920" or "2122" would be, two years run together.

    >>> named_year("episodes_2017"), named_year("2017-18"), named_year("1718"), named_year("extract 20180930")
    (NamedYear(year=2017, sure=False), NamedYear(year=2018, sure=True), NamedYear(year=2018, sure=True), \
NamedYear(year=2019, sure=True))
    """
    for match in reversed(list(DAY_STAMP.finditer(text))):
        return NamedYear(int(match[1]) + (int(match[2]) > 3), sure=True)
    for match in reversed(list(STAMP_DAY.finditer(text))):
        return NamedYear(int(match[3]) + (int(match[2]) > 3), sure=True)
    for pattern in (PAIR, SHORT_PAIR):
        for match in reversed(list(pattern.finditer(text))):
            first, second = int(match[1][-2:]), int(match[2][-2:])
            if (first + 1) % 100 == second and match[0] != "2021":
                return NamedYear(int(match[1]) + 1 if len(match[1]) == 4 else 2001 + first, sure=True)
    singles = SINGLE.findall(text)
    return NamedYear(int(singles[-1])) if singles else None


def year_of_file(source: str) -> NamedYear | None:
    """The year in a source's own name: its sheet, else its file, else the nearest folder that has one."""
    path, _, sheet = source.partition(" [")
    parts = [sheet.rstrip("]"), Path(path).stem, *reversed(Path(path).parts[:-1])]
    return next((found for part in parts if (found := named_year(part))), None)


def year_ending(dates: pd.Series) -> pd.Series:
    """The collection year (ending 31 March) each date falls in; blank where the date is."""
    return pd.Series(dates.dt.year + (dates.dt.month > 3), index=dates.index)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Rows of one table, from one source, under one written year: what is given a year as a whole.

    ends, starts: how many DEC and DECOM fall in each collection year. history: the year varies by row.
    """

    table: str
    source: str
    label: str
    named: NamedYear | None
    ends: Mapping[int, int]
    starts: Mapping[int, int]


def parts_of(table: str, rows: pd.DataFrame) -> list[Part]:
    """The parts a typed table falls into, in the order they are met.

    rows: the table, with `file` and `label` (the YEAR cell as text, blank where there is none).
    """
    parts = []
    for (source, label), part in rows.groupby(["file", "label"], sort=False, observed=True):
        named = named_year(str(label)) if label else year_of_file(str(source))
        ends, starts = (_by_year(part, column) for column in ("DEC", "DECOM"))
        parts.append(Part(table, str(source), str(label), named, ends, starts))
    return parts


def _by_year(rows: pd.DataFrame, column: str) -> dict[int, int]:
    """How many of a column's dates fall in each year; a DEC of 1 April is taken with the year it closes."""
    if column not in rows:
        return {}
    dates = _believable(rows, column).dropna() - pd.Timedelta(days=int(column == "DEC"))
    years, counts = np.unique(year_ending(dates).to_numpy(dtype="int64"), return_counts=True)
    return dict(zip(years.tolist(), counts.tolist(), strict=True))


def _believable(rows: pd.DataFrame, column: str) -> pd.Series:
    """A column's dates without ends that come before their own starts: one of the two is wrong, and tells no year."""
    if column != "DEC" or "DECOM" not in rows:
        return rows[column]
    return rows[column].mask(rows[column] < rows["DECOM"])


@dataclass(frozen=True, slots=True)
class Dated:
    """The year given to a part; None where each row has its own. disputed: its name says another year."""

    year: int | None
    disputed: bool = False


def date_episodes(parts: list[Part]) -> dict[Part, Dated]:
    """The collection year of each part of the episodes, by rules 1 to 3 of this module."""
    first = {part: _date_part(part, None) for part in parts}
    habit = naming_habit(first)
    return {part: _date_part(part, habit) for part in parts}


def naming_habit(dated: Mapping[Part, Dated]) -> int:
    """How the files are named, by majority: 0 where a name's year is the one the collection ends in, 1 the start."""
    gaps = Counter(
        given.year - part.named.year
        for part, given in dated.items()
        if given.year and part.named and not part.named.sure and not given.disputed and part.ends
    )
    return 1 if gaps[1] > gaps[0] else 0


def _date_part(part: Part, habit: int | None) -> Dated:
    total = sum(part.ends.values())
    usual = max(part.ends, key=lambda year: part.ends[year]) if total else 0
    together = bool(total) and part.ends[usual] >= MOST * total
    spread = not together and total >= FEWEST_FOR_HISTORY
    if part.named is None:
        if total:
            return Dated(usual if together else None)
        return Dated(max(part.starts) if part.starts else None)
    means = part.named.may_mean()
    ranks = {
        year: (part.ends.get(year, 0), part.starts.get(year, 0), year - means[0] == (habit or 0)) for year in means
    }
    best = max(means, key=lambda year: ranks[year])
    if total and part.ends.get(best, 0) < HALF * total:
        if together:
            return Dated(usual, disputed=True)
        if spread:
            return Dated(None)
    return Dated(best)


def years_of_history(rows: pd.DataFrame) -> pd.Series:
    """The year of each row of a history: the one its episode ended in; open ones, and strays beyond, take the last.

    The last year is the latest that at least two dates, and a fiftieth of a usual year's, fall in.
    """
    counts = pd.concat([year_ending(rows[column].dropna()) for column in ("DEC", "DECOM")]).value_counts()
    usual = counts.median() if len(counts) else 0
    real = counts.index[counts >= max(2, usual / 50)] if len(counts) else []
    last = int(max(real)) if len(real) else int(max(counts.index, default=0))
    return year_ending(rows["DEC"]).fillna(last).clip(upper=last).astype("int64")


# ---- the census date ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Census:
    """The last day the returns describe, and what there is to say about it."""

    day: date
    notices: tuple[Notice, ...] = ()


def census_date(episodes: pd.DataFrame, as_at: date | None) -> Census:
    """The last day the returns describe.

    episodes: typed, with `year`. It is `as_at` where that lies within the last collection year; otherwise 31 March
    of that year, unless its starts and ends visibly stop before: none for 28 days or more up to 31 March, where the
    pace until then makes twelve or more likely. Then it is the day of the last of them, and a warning says so. Two
    events, or a two-hundredth of them, may stray beyond the stop (an end planned and typed in advance).
    Returns with too few events to tell are taken as whole years.
    """
    last = int(episodes["year"].max())
    start, end = pd.Timestamp(last - 1, 4, 1), pd.Timestamp(last, 3, 31)
    if as_at is not None and start <= pd.Timestamp(as_at) <= end:
        return Census(as_at)
    notices = () if as_at is None else (_as_at_outside(as_at, last),)
    in_year = episodes[episodes["year"] == last]
    events = pd.concat([in_year["DECOM"], in_year["DEC"]]).dropna()
    stop = _stop(np.sort(events[(events >= start) & (events <= end)].to_numpy()), start, end)
    if stop is None or as_at is not None:
        return Census(end.date(), notices)
    return Census(stop.date(), (_in_year(stop, end), *notices))


def _stop(events: np.ndarray, start: pd.Timestamp, end: pd.Timestamp) -> pd.Timestamp | None:
    """The day of the last event before a silence too long to be chance; None where there is no such silence."""
    strays = max(2, int(len(events) * STRAYS))
    for left_out in range(min(strays, max(len(events) - 1, 0)) + 1):
        kept = events[: len(events) - left_out]
        if not len(kept):
            return None
        stop = pd.Timestamp(kept[-1])
        silence, spoken = (end - stop).days, (stop - start).days + 1
        if silence >= LONG_GAP_DAYS and len(kept) / spoken * silence >= EVENTS_MISSED + left_out:
            return stop
    return None


def _in_year(stop: pd.Timestamp, end: pd.Timestamp) -> Notice:
    meaning = (
        f"The last collection year stops at {stop:%d %B %Y}, {(end - stop).days} days before it ends, so it looks like "
        "an extract cut within the year; that day is taken as the census date."
    )
    step = "Give the day it was cut as the as-at date, or send the whole year."
    return Notice("extract within the year", "warning", meaning, step, "episodes")


def _as_at_outside(as_at: date, last: int) -> Notice:
    meaning = (
        f"The as-at date {as_at:%d %B %Y} is not within the last collection year sent, 1 April {last - 1} to "
        f"31 March {last}; 31 March {last} was taken."
    )
    return Notice(
        "as-at date outside the returns", "warning", meaning, "Correct it, or send later returns.", "episodes"
    )
