"""The repairs that turn returned rows into one history per child: a fixed order, each repair told in the ledger.

A repair takes the rows and gives back new ones with the positions of those it changed. The order is that of REPAIRS
and matters: years are stitched before overlaps are settled, and overlaps before ages are looked at.
Source: DfE, SSDA903 guide, on how episodes follow one another; our own choices are in docs/decisions/0001 and 0003.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from cip_analysis.codes import (
    END_REASONS,
    LEGAL_STATUSES,
    MOVE_REASONS,
    NEEDS,
    PLACEMENTS,
    PROVIDERS,
    START_REASONS,
    STARTS_A_PERIOD,
    Code,
)
from cip_analysis.returns.rules.sent import ONE_DAY, final_submission, no_later

CODED: Mapping[str, Mapping[str, Code]] = {
    "RNE": START_REASONS, "LS": LEGAL_STATUSES, "CIN": NEEDS, "PLACE": PLACEMENTS, "PLACE_PROVIDER": PROVIDERS,
    "REC": END_REASONS, "REASON_PLACE_CHANGE": MOVE_REASONS,
}  # fmt: skip
SENT_COLUMNS = ["child", "start", "end", *CODED, "HOME_POST", "PL_POST", "URN", "year"]
FAR = pd.Timestamp(2262, 1, 1)


@dataclass(frozen=True, slots=True)
class Around:
    """What repairs look up. births: one row a birth date given: child number, date, in the order they were given."""

    census: pd.Timestamp
    years: tuple[int, ...]
    births: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Repaired:
    """The rows after a repair, and which of the rows before it were changed or dropped (one flag each)."""

    rows: pd.DataFrame
    changed: np.ndarray


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair: its name and reason in the ledger, and the function that makes it."""

    rule: str
    why: str
    make: Callable[[pd.DataFrame, Around], Repaired]


def count_child_days(rows: pd.DataFrame, census: pd.Timestamp) -> float:
    """The nights the rows cover, added up row by row: open rows through the census date, nothing after it.

    A row with no start, or whose end is not after its start, covers none. Columns `start` and `end`.
    """
    until = no_later(rows["end"].fillna(FAR), census + ONE_DAY)
    return float((until - rows["start"]).dt.days.clip(lower=0).sum())


def _keep(rows: pd.DataFrame, kept: pd.Series | np.ndarray) -> Repaired:
    flags = np.asarray(kept, dtype=bool)
    return Repaired(rows[flags].reset_index(drop=True), ~flags)


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows by child, start, year and place in the file, so that on equal starts the later return comes last."""
    keys = (rows["position"].to_numpy(), rows["year"].to_numpy(), rows["start"].to_numpy(), rows["child"].to_numpy())
    return rows.iloc[np.lexsort(keys)].reset_index(drop=True)


def _replace_submissions(rows: pd.DataFrame, around: Around) -> Repaired:  # noqa: ARG001
    return _keep(rows, final_submission(rows)) if len(rows) else _keep(rows, np.array([], dtype=bool))


def _drop_duplicates(rows: pd.DataFrame, around: Around) -> Repaired:  # noqa: ARG001
    alike = rows.duplicated(["child", "start", "year"], keep=False).to_numpy()
    repeated = np.zeros(len(rows), dtype=bool)
    repeated[alike] = rows.loc[alike, SENT_COLUMNS].duplicated().to_numpy()
    return _keep(rows, ~repeated)


def _drop_unplaceable(rows: pd.DataFrame, around: Around) -> Repaired:  # noqa: ARG001
    """Rows that name a child and a start, from here on in order of child and start."""
    placed = _keep(rows, rows["child"].ge(0) & rows["start"].notna())
    return Repaired(_in_order(placed.rows), placed.changed)


def _blank_unknown_codes(rows: pd.DataFrame, around: Around) -> Repaired:  # noqa: ARG001
    unknown = {column: rows[column].notna() & ~rows[column].isin(codes.keys()) for column, codes in CODED.items()}
    known = {column: rows[column].mask(flags) for column, flags in unknown.items() if flags.any()}
    return Repaired(rows.assign(**known), np.logical_or.reduce([flags.to_numpy() for flags in unknown.values()]))


def _cut_at_census(rows: pd.DataFrame, around: Around) -> Repaired:
    late_end = rows["end"] > around.census
    late_start = rows["start"] > around.census
    kept = rows.assign(end=rows["end"].mask(late_end))[~late_start].reset_index(drop=True)
    return Repaired(kept, (late_end | late_start).to_numpy())


def _blank_backward_ends(rows: pd.DataFrame, around: Around) -> Repaired:  # noqa: ARG001
    backwards = rows["end"] < rows["start"]
    return Repaired(rows.assign(end=rows["end"].mask(backwards), ended=backwards), backwards.to_numpy())


def _merge_years(rows: pd.DataFrame, around: Around) -> Repaired:  # noqa: ARG001
    latest = rows.groupby(["child", "start"])["year"].transform("max")
    return _keep(rows, rows["year"].eq(latest))


def _drop_nightless(rows: pd.DataFrame, around: Around) -> Repaired:  # noqa: ARG001
    return _keep(rows, rows["end"].isna() | rows["end"].gt(rows["start"]))


def _next_start(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """For rows in order: the child's next later start, and why that episode began; blank where there is none."""
    child, start = rows["child"].to_numpy(), rows["start"].to_numpy()
    fresh = np.ones(len(rows), dtype=bool)
    fresh[1:] = (child[1:] != child[:-1]) | (start[1:] != start[:-1])
    group = fresh.cumsum() - 1
    firsts = np.append(np.flatnonzero(fresh), -1)
    following = firsts[group + 1]
    following = np.where((following >= 0) & (child[following] == child), following, -1)
    begins = pd.Series(rows["start"].array.take(following, allow_fill=True), index=rows.index)
    return begins, pd.Series(rows["RNE"].array.take(following, allow_fill=True), index=rows.index)


def _close_left_open(rows: pd.DataFrame, around: Around) -> Repaired:
    """End what a later start or a later year shows to have ended.

    A row carries on to the next start if that is not a new period of care and falls no later than the next year
    returned; otherwise it ends with its own year (last night 31 March), or the next start if that is sooner. A row
    whose end was unreadable ended within its year. Only the last year's rows with nothing after them stay open.
    """
    if rows.empty:
        return Repaired(rows, np.array([], dtype=bool))
    begins, reason = _next_start(rows)
    is_open = rows["end"].isna()
    after = dict(pairwise(around.years))
    returned_next = rows["year"].map(after).fillna(rows["year"]).astype("int64")
    reach = year_end(returned_next).where(returned_next.ne(rows["year"]), FAR)
    carries_on = begins.notna() & reason.ne(STARTS_A_PERIOD) & begins.le(reach)
    last_day = no_later(year_end(rows["year"]), around.census)
    own_end = last_day.where(rows["ended"], last_day + ONE_DAY)
    close = begins.where(carries_on, np.minimum(own_end, begins.fillna(FAR)))
    still_open = rows["year"].eq(around.years[-1]) & begins.isna() & ~rows["ended"]
    changed = is_open & ~still_open
    closed = rows.assign(end=rows["end"].mask(changed, close))
    kept = closed["end"].isna() | closed["end"].gt(closed["start"])
    return Repaired(closed[kept].reset_index(drop=True), changed.to_numpy())


def year_end(years: pd.Series) -> pd.Series:
    """31 March of each collection year."""
    april = (years.to_numpy() - 1970).astype("datetime64[Y]").astype("datetime64[M]") + np.timedelta64(3, "M")
    return pd.Series(april.astype("datetime64[us]"), index=years.index) - ONE_DAY


def _settle_overlaps(rows: pd.DataFrame, around: Around) -> Repaired:  # noqa: ARG001
    """One place at a time: docs/decisions/0001-overlapping-episodes.md."""
    until = rows["end"].fillna(FAR)
    clash = rows["child"].eq(rows["child"].shift()) & (rows["start"] < until.shift())
    involved = rows["child"].isin(rows.loc[clash, "child"].unique())
    settled = _one_at_a_time(rows[involved].assign(end=until[involved], mark=np.flatnonzero(involved)))
    settled = settled.assign(end=settled["end"].mask(settled["end"].eq(FAR)))
    after = settled.set_index("mark")[["start", "end"]].reindex(np.flatnonzero(involved))
    before = rows.loc[involved, ["start", "end"]].fillna({"end": FAR}).to_numpy()
    changed = involved.to_numpy().copy()
    changed[changed] = (after.fillna({"end": FAR}).to_numpy() != before).any(axis=1)
    return Repaired(_in_order(pd.concat([rows[~involved], settled.drop(columns="mark")])), changed)


def _one_at_a_time(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows in order with no open ends, cut until none of a child's overlap: each pass settles neighbours.

    The later return wins its whole stretch; within one return a later start ends the episode before it.
    """
    while True:
        child, year = rows["child"].to_numpy(), rows["year"].to_numpy()
        start, end = rows["start"].to_numpy().copy(), rows["end"].to_numpy().copy()
        clash = np.flatnonzero((child[1:] == child[:-1]) & (start[1:] < end[:-1]))
        if not len(clash):
            return rows
        later_wins = year[clash + 1] >= year[clash]
        first, second = clash[later_wins], clash[~later_wins] + 1
        ends_before = end[second - 1]
        end[first] = start[first + 1]
        start[second] = ends_before
        kept = end > start
        rows = _in_order(rows.assign(start=start, end=end)[kept])


REPAIRS: tuple[Repair, ...] = (
    Repair("a later submission replaces an earlier one", "One return a year: the file that comes last for a year "
           "stands whole, so a correction is never mixed with what it corrects.", _replace_submissions),
    Repair("exact duplicates are counted once", "A row that repeats another of its year in every column says nothing "
           "new.", _drop_duplicates),
    Repair("rows with no child or no start are left out", "Without a child or a day to begin, a row belongs to no "
           "history.", _drop_unplaceable),
    Repair("codes on no list become unknown", "A code no year's list holds cannot be read; the row stays and what it "
           "codes is unknown.", _blank_unknown_codes),
    Repair("nothing is known after the census date", "A start after it is left out and an end after it left open: "
           "the returns describe no later day.", _cut_at_census),
    Repair("an end before its start is blanked", "The end cannot be right; it is worked out from what follows, within "
           "the year it was returned for.", _blank_backward_ends),
    Repair("an episode returned in several years becomes one", "An episode open on 31 March is returned again the "
           "next year; the latest return of the same child and start stands.", _merge_years),
    Repair("episodes without a night are left out", "Intervals are nights in care; a row that begins and ends on one "
           "day has none.", _drop_nightless),
    Repair("episodes left open are closed", "The next start ends it; where that is a new period of care, or the child "
           "is in no later return, the last night is the 31 March of the return that left it open.",
           _close_left_open),
    Repair("overlaps are settled", "A child is in one place at a time: the later return is believed, and within one "
           "return a later start ends the episode before it.", _settle_overlaps),
)  # fmt: skip
