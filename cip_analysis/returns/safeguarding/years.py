"""One continuous record cut into collection years: what a return of each year would have said of it.

A line belongs to every year it touches, its end told only where it had come. What has no day that can be read goes into
the last year as it stands, for the readers of the return to say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from cip_analysis.codes import TABLES
from cip_analysis.safeguarding import CODES_THEN, LETTERS_FROM

SEX_NUMBERS = {"M": "1", "F": "2", "U": "", "I": ""}


@dataclass(frozen=True, slots=True)
class Year:
    """A collection year as it stood on its last day.

    number: the year it ends in. first, last: its first day, and its 31 March or the day of the extract. lines: those
    of lines.lines_of that touch it, what came after `last` blank.
    """

    number: int
    first: pd.Timestamp
    last: pd.Timestamp
    final: bool
    lines: pd.DataFrame

    @property
    def children(self) -> frozenset[str]:
        """Children with a line in the year."""
        return frozenset(self.lines["CHILD"])

    @property
    def in_care(self) -> frozenset[str]:
        """Children with a line other than respite."""
        return frozenset(self.lines.loc[~self.lines["respite"], "CHILD"])

    def holds(self, days: pd.Series, text: pd.Series) -> pd.Series:
        """Which rows are of this year by their day; those whose day cannot be read are of the last year."""
        return days.between(self.first, self.last) | (days.isna() & text.ne("") & self.final)


def year_ending(day: date) -> int:
    """The collection year a day lies in."""
    return day.year + (day.month > 3)


def cut(lines: pd.DataFrame, number: int, as_at: date) -> Year:
    """One collection year of the lines."""
    first = pd.Timestamp(number - 1, 4, 1)
    last = min(pd.Timestamp(number, 3, 31), pd.Timestamp(as_at))
    final = number == year_ending(as_at)
    start, end = lines["start"], lines["end"]
    backwards = end < start
    reached = (start <= last) & (end.isna() | (end >= first) | (backwards & (start >= first)))
    touches = lines[reached | (start.isna() & final)]
    came = (touches["end"] <= last) | touches["end"].isna()
    told = {name: touches[name].where(came, "") for name in ("DEC", "REC", "REASON_PLACE_CHANGE")}
    ended = touches["end"].where(came)
    place = _place_then(touches["PLACE"], still_open=told["DEC"].eq(""), year=number)
    return Year(number, first, last, final, touches.assign(**told, ended=ended, PLACE=place))


def _place_then(codes: pd.Series, *, still_open: pd.Series, year: int) -> pd.Series:
    """The kind of placement of a line that goes on past the year, in the year's own codes; of others as it stands."""
    for until, then in reversed(CODES_THEN):
        if year <= until:
            codes = codes.mask(still_open, codes.replace(dict(then)))
    return codes


def left_out(lines: pd.DataFrame, first_year: int, as_at: date) -> Mapping[str, int]:
    """How many lines are of no year taken, and why."""
    over = (lines["end"] < pd.Timestamp(first_year - 1, 4, 1)) & (lines["start"] <= lines["end"])
    return {
        f"episodes over before April {first_year - 1}": int(over.sum()),
        "episodes that begin after the day of the extract": int((lines["start"] > pd.Timestamp(as_at)).sum()),
    }


def sex_of(sexes: pd.Series, year: int) -> pd.Series:
    """Sex in the codes of the year: numbers until 2023/24, letters since; what is neither as it stands."""
    letter = sexes.str.strip().str.upper().str[:1]
    known = letter.isin(list(SEX_NUMBERS))
    codes = letter if year >= LETTERS_FROM else letter.map(SEX_NUMBERS)
    return sexes.where(~known, codes).astype("str")


def as_return(table: str, columns: Mapping[str, pd.Series]) -> pd.DataFrame:
    """A table of the return in its own columns, those not given blank."""
    index = next(iter(columns.values())).index if columns else pd.RangeIndex(0)
    blank = pd.Series("", index, dtype="str")
    return pd.DataFrame({name: columns.get(name, blank) for name in TABLES[table]}, index=index)


def looked_up(children: pd.Series, by_child: pd.Series) -> pd.Series:
    """What stands for each child in a column indexed by child, as text; blank where nothing does."""
    found = by_child.reindex(children).set_axis(children.index).astype("object")
    return found.where(found.notna(), "").astype("str")
