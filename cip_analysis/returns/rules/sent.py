"""What a rule is, and the return laid out so that every rule is one look across whole columns.

A rule reads `Sent` and answers with a flag for each row of its table. Nothing here changes what was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cip_analysis.codes import ADULT_AGE, DATE_COLUMNS, TABLES
from cip_analysis.records import Returns

ONE_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sent:
    """The return's tables with blanks as blanks and what rules look up worked out once.

    tables: every table that was sent, under the return's own column names, each column of codes.TABLES present.
    Every table has `submission` (one number a year and file, in file order) and `final` (no later file of the same
    table for that year). Episodes also have `previous` and `next` (row positions of the child's neighbours in the
    same submission, -1 for none), `year_start`, `year_end` (31 March, or the census date of an in-year extract),
    `days` (child-days of the row) and `birth_date`.
    census: the last day the returns describe. years: the collection years of the episodes, ascending.
    """

    tables: Mapping[str, pd.DataFrame]
    census: pd.Timestamp
    years: tuple[int, ...]

    @property
    def episodes(self) -> pd.DataFrame:
        """The episodes table."""
        return self.tables["episodes"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its statutory number or our own name, what breaking it means, and how to find the rows that do."""

    name: str
    severity: str
    table: str
    meaning: str
    next_step: str
    broken: Callable[[Sent], pd.Series]


def lay_out(returns: Returns) -> Sent:
    """The returns as rules read them; the tables sent are left as they are."""
    census = pd.Timestamp(returns.census_date)
    tables = {name: _complete(table, name) for name, table in returns.tables.items() if name in TABLES}
    tables["episodes"] = _with_neighbours(with_years(tables["episodes"], census))
    tables["episodes"] = tables["episodes"].assign(birth_date=_birth_dates(tables))
    return Sent(tables, census, returns.years)


def blank_to_missing(column: pd.Series) -> pd.Series:
    """A text column in which an empty string is missing; dates and numbers as they are."""
    return column.where(column != "") if pd.api.types.is_string_dtype(column) else column


def neighbour(table: pd.DataFrame, column: str, which: str) -> pd.Series:
    """A column's value in each row's neighbour; blank where there is none.

    which: "previous" or "next".
    """
    values = table[column].array.take(table[which].to_numpy(), allow_fill=True)
    return pd.Series(values, index=table.index)


def years_on(dates: pd.Series, years: int) -> pd.Series:
    """The same day `years` later; 29 February becomes 1 March where that year has none.

    >>> years_on(pd.Series(pd.to_datetime(["2000-02-29"])), 18).dt.strftime("%d %B %Y").item()
    '01 March 2018'
    """
    months = dates.to_numpy().astype("datetime64[M]") + np.timedelta64(12 * years, "M")
    moved = months.astype("datetime64[D]") + (dates.dt.day.fillna(1).to_numpy() - 1).astype("timedelta64[D]")
    return pd.Series(moved.astype("datetime64[us]"), index=dates.index)


def no_later(dates: pd.Series, day: pd.Timestamp) -> pd.Series:
    """The dates, those after `day` brought back to it; blanks stay blank."""
    return dates.mask(dates > day, day)


def adult_from(birth_date: pd.Series) -> pd.Series:
    """The eighteenth birthday, the first day on which nobody is looked after."""
    return years_on(birth_date, ADULT_AGE)


def final_submission(table: pd.DataFrame) -> pd.Series:
    """Whether each row's file is the last of its year, in file order: a later submission replaces an earlier one."""
    order = pd.Series(pd.factorize(table["file"])[0], index=table.index)
    return order.eq(order.groupby(table["year"].to_numpy()).transform("max"))


def _complete(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The table with every column of the return, blanks missing, and its submissions numbered."""
    columns = {column: _column(table, column) for column in TABLES[name]}
    laid = pd.DataFrame({**columns, **{column: table[column] for column in ("file", "row", "year")}})
    laid = laid.assign(final=final_submission(laid), submission=laid.groupby(["year", "file"], sort=False).ngroup())
    return laid.reset_index(drop=True)


def _column(table: pd.DataFrame, column: str) -> pd.Series:
    """One column of the return, blanks missing; all missing where it was not sent."""
    if column in DATE_COLUMNS:
        return table.get(column, pd.Series(pd.NaT, index=table.index)).astype("datetime64[us]")
    return blank_to_missing(table.get(column, pd.Series(None, index=table.index, dtype="str")))


def with_years(episodes: pd.DataFrame, census: pd.Timestamp) -> pd.DataFrame:
    """The episodes with `year_start`, `year_end` and `days`: each row's nights, an open one's through `year_end`.

    episodes: `year`, DECOM and DEC. A row with no start, or that ends before it, covers none.
    """
    years = episodes["year"].to_numpy().astype("int64")
    april = (years - 1 - 1970).astype("datetime64[Y]").astype("datetime64[M]") + np.timedelta64(3, "M")
    start = pd.Series(april.astype("datetime64[us]"), index=episodes.index)
    end = no_later(years_on(start, 1) - ONE_DAY, census)
    until = no_later(episodes["DEC"].fillna(end + ONE_DAY), census + ONE_DAY)
    days = (until - episodes["DECOM"]).dt.days.clip(lower=0).fillna(0.0)
    return episodes.assign(year_start=start, year_end=end, days=days)


def _with_neighbours(episodes: pd.DataFrame) -> pd.DataFrame:
    """Each row's neighbours in the child's own sequence; rows with no child or no start have none."""
    known = np.flatnonzero((episodes["CHILD"].notna() & episodes["DECOM"].notna()).to_numpy())
    rows = episodes.iloc[known]
    child = pd.factorize(rows["CHILD"])[0]
    last = rows["DEC"].fillna(pd.Timestamp.max.floor("us")).to_numpy()
    order = np.lexsort((last, rows["DECOM"].to_numpy(), child, rows["submission"].to_numpy()))
    together = child[order][1:] == child[order][:-1]
    together &= np.diff(rows["submission"].to_numpy()[order]) == 0
    position = known[order]
    previous, following = np.full(len(episodes), -1), np.full(len(episodes), -1)
    previous[position[1:][together]] = position[:-1][together]
    following[position[:-1][together]] = position[1:][together]
    return episodes.assign(previous=previous, next=following)


def _birth_dates(tables: Mapping[str, pd.DataFrame]) -> pd.Series:
    """Each episode's child's birth date: that year's header where it gives one, else the latest given anywhere."""
    given = [tables[name][["CHILD", "year", "DOB"]] for name in ("uasc", "header") if name in tables]
    episodes = tables["episodes"]
    if not given:
        return pd.Series(pd.NaT, index=episodes.index, dtype="datetime64[us]")
    dates = pd.concat(given).dropna().sort_values("year", kind="stable")
    same_year = dates.drop_duplicates(["CHILD", "year"], keep="last")
    latest = dates.drop_duplicates("CHILD", keep="last").set_index("CHILD")["DOB"]
    in_year = episodes[["CHILD", "year"]].merge(same_year, on=["CHILD", "year"], how="left")["DOB"]
    any_year = latest.reindex(episodes["CHILD"]).reset_index(drop=True)
    return in_year.fillna(any_year)
