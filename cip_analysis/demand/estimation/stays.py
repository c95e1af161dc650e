"""Stays, and what is counted from them: days of exposure, and who left or moved, by group, duration, age and setting.

A child in care at the end of day d is exposed through the night to day d + 1. A window `(from, to)` therefore holds the
nights from the end of its first day to the end of its last, and the events of the days after the first up to and
including the last; windows that meet share nothing. Days are counted from 1970.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from cip_analysis.codes import ADULT_AGE, AGE_BAND_STARTS, AGE_BANDS, NEEDS, SETTINGS, WAY_OUT_OF, WAYS_OUT
from cip_analysis.demand.caseload import birthdays
from cip_analysis.demand.inputs import GROUPS, NEED_NAMES, Flags, Floats, Whole
from cip_analysis.records import Episodes

Window = tuple[int, int]
OPEN = 10**8
STAYS_ON = -1
TURNED_18 = WAYS_OUT.index("turned 18")
UNRECORDED = WAYS_OUT.index("other or not recorded")
OLDEST_DRAWN, MIDDLE_AGE = 18 * 365, 13 * 365
"""Days of age: no age drawn is past the first, and the second stands in where no child has one to draw from."""


@dataclass(frozen=True, slots=True, eq=False)
class Stays:
    """Placements of children under 18, respite series left out, ordered by child and day; one element a placement.

    child: its number. start, end: `[start, end)`, capped at the eighteenth birthday; OPEN where not ended by then.
    begun: the day this unbroken time in care began. setting, need, group: positions in codes.SETTINGS, NEED_NAMES
    and GROUPS. moves_to: the setting that follows at once, STAYS_ON where care ends or goes on in the same one.
    leaves_by: the way out by which care ends with this placement, STAYS_ON where it does not. household: -1 if alone.
    birth: day of birth, drawn by `draw_births` where `known` is not set.
    """

    child: Whole
    start: Whole
    end: Whole
    begun: Whole
    setting: Whole
    need: Whole
    group: Whole
    moves_to: Whole
    leaves_by: Whole
    household: Whole
    birth: Whole
    known: Flags

    @property
    def begins(self) -> Flags:
        """Whether care begins with this placement."""
        return np.asarray(self.start == self.begun)

    def turns(self) -> Whole:
        """Placement x age band after the first: the day the child comes into it."""
        return np.stack([reach_age(self.birth, age) for age in AGE_BAND_STARTS[1:]], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """How often children left or moved, by the cell they were in on the night before.

    leave: group x duration x band x setting x way out, eighteenth birthdays among them. move: the same x setting
    moved to; a move within a setting is none.
    """

    leave: Floats
    move: Floats


def build_stays(episodes: Episodes) -> Stays:
    """Every child's stays. Whoever has no birth date is given an age on the last day seen in care."""
    table = episodes.table[~episodes.table["respite"]]
    child = pd.factorize(table["child"])[0].astype("int64")
    start, setting = _days(table["start"]), _positions(SETTINGS, table["setting"])
    known = table["birth_date"].notna().to_numpy()
    birth = np.where(known, _days(table["birth_date"]), 0)
    last = np.append(child[1:] != child[:-1], True)[: len(child)]
    seen = np.minimum(_days(table["end"]) - 1, day_number(episodes.census_date))
    drawn = draw_births(birth[last], known[last], setting[last], seen[last])
    birth = drawn[child]
    adult = reach_age(birth, ADULT_AGE)
    end = np.minimum(_days(table["end"]), adult)
    end = np.where(adult > day_number(episodes.census_date), _days(table["end"]), end)
    keep = start < end
    ways = table["end_reason"].map({name: WAYS_OUT.index(way) for name, way in WAY_OUT_OF.items()})
    by = np.where(end == adult, TURNED_18, ways.fillna(UNRECORDED).to_numpy("int64"))
    need = np.where(table["need"].isna(), len(NEEDS), _positions(NEED_NAMES, table["need"].fillna("")))
    household = table["household"].astype("Int64").fillna(-1).to_numpy("int64")
    columns = (child, start, end, setting, need, table["uasc"].to_numpy("int64"), by, household, birth, known)
    return _linked([column[keep] for column in columns], table["period"].to_numpy("int64")[keep])


def _linked(columns: Sequence[np.ndarray], period: Whole) -> Stays:
    """Stays with what follows each: `columns` in the order of `build_stays`."""
    child, start, end, setting, need, group, by, household, birth, known = columns
    meets = (child[1:] == child[:-1]) & (period[1:] == period[:-1]) & (start[1:] == end[:-1])
    before, after = np.append(False, meets)[: len(child)], np.append(meets, False)[: len(child)]
    first = np.maximum.accumulate(np.where(before, 0, np.arange(len(child))))
    follows = np.append(setting[1:], STAYS_ON)[: len(child)]
    return Stays(
        child=child, start=start, end=end, begun=start[first] if len(start) else start, setting=setting, need=need,
        group=group, moves_to=np.where(after & (follows != setting), follows, STAYS_ON),
        leaves_by=np.where(~after & (end < OPEN), by, STAYS_ON), household=household, birth=birth, known=known,
    )  # fmt: skip


def draw_births(birth: Whole, known: Flags, setting: Whole, day: Whole) -> Whole:
    """Births with those not known filled in: the child is as old on `day` as others of its setting were on theirs.

    One element a child. The k-th of n children without a birth date in a setting takes the age at the share
    (k - 1/2) / n of the known ages there in order; where none is known there, of all; where none is known, 13 years.
    No chance is in it. Rule: docs/decisions/0013-pathways.md.
    """
    filled = birth.copy()
    ages = np.clip(day - birth, 0, OLDEST_DRAWN)
    for here in np.unique(setting[~known]):
        lack = np.flatnonzero(~known & (setting == here))
        donors = known & (setting == here)
        donors = donors if donors.any() else known
        given = np.sort(ages[donors]) if donors.any() else np.array([MIDDLE_AGE])
        at = ((np.arange(len(lack)) + 0.5) / len(lack) * len(given)).astype("int64")
        filled[lack] = day[lack] - given[at]
    return filled


def sum_exposure(stays: Stays, windows: Sequence[Window], edges: tuple[int, ...] = ()) -> Floats:
    """Nights in care within the windows, group x duration x band x setting.

    edges: days in care at which durations change. Every night of every stay lies in exactly one cell.
    """
    shape = (len(GROUPS), len(edges) + 1, len(AGE_BANDS), len(SETTINGS))
    nights = np.zeros(shape)
    turns = [np.full(len(stays.start), -OPEN), *stays.turns().T, np.full(len(stays.start), OPEN)]
    marks = [-OPEN, *edges, OPEN]
    for low, high in windows:
        start, end = np.maximum(stays.start, low), np.minimum(stays.end, high)
        for (band, (young, old)), (length, (short, long)) in itertools.product(
            enumerate(itertools.pairwise(turns)), enumerate(itertools.pairwise(marks))
        ):
            until = np.minimum(np.minimum(end, old), stays.begun + long)
            spent = np.maximum(until - np.maximum(np.maximum(start, young), stays.begun + short), 0)
            cell = stays.group * len(SETTINGS) + stays.setting
            counted = np.bincount(cell, weights=spent, minlength=len(GROUPS) * len(SETTINGS))
            nights[:, length, band] += counted.reshape(len(GROUPS), len(SETTINGS))
    return nights


def count_events(stays: Stays, windows: Sequence[Window], edges: tuple[int, ...] = ()) -> Events:
    """Children who left or moved within the windows, by the cell of the night before."""
    shape = (len(GROUPS), len(edges) + 1, len(AGE_BANDS), len(SETTINGS))
    inside = np.zeros(len(stays.start), dtype=bool)
    for low, high in windows:
        inside |= (stays.end > low) & (stays.end <= high)
    night = stays.end - 1
    band = (stays.turns() <= night[:, None]).sum(axis=1)
    length = np.searchsorted(np.array(edges, dtype="int64"), night - stays.begun, side="right")
    cell = np.ravel_multi_index((stays.group, length, band, stays.setting), shape)

    def _tally(to: Whole, kinds: int) -> Floats:
        chosen = inside & (to != STAYS_ON)
        counts = np.bincount(cell[chosen] * kinds + to[chosen], minlength=int(np.prod(shape)) * kinds)
        return counts.reshape(*shape, kinds).astype("float64")

    return Events(_tally(stays.leaves_by, len(WAYS_OUT)), _tally(stays.moves_to, len(SETTINGS)))


def reach_age(birth: Whole, age_years: int) -> Whole:
    """The day each child reaches an age; a leap-day child's is 1 March."""
    born = pd.Series(np.asarray(birth, dtype="int64").astype("datetime64[D]").astype("datetime64[us]"))
    return np.asarray(birthdays(born, age_years).to_numpy().astype("datetime64[D]").astype("int64"))


def day_number(day: date) -> int:
    """Days from 1970 to a date."""
    return int(np.datetime64(day, "D").astype("int64"))


def _days(dates: pd.Series) -> Whole:
    """Days since 1970; OPEN where blank."""
    days = dates.to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(days), OPEN, days.astype("int64"))


def _positions(names: tuple[str, ...], column: pd.Series) -> Whole:
    return np.asarray(pd.Index(names).get_indexer(pd.Index(column)), dtype="int64")
