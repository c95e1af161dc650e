"""Spells in some settings, child by child, how each ended, and two cohorts of them matched. Names children: internal.

A spell is unbroken time in the settings, moves between them included. It ends by a step down to a family, by leaving
care, at eighteen, or by a move elsewhere; one still open on the census date has not ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from cip_analysis.codes import SETTINGS
from cip_analysis.demand.estimation.stays import OPEN, STAYS_ON, TURNED_18, build_stays, day_number
from cip_analysis.demand.inputs import NEED_NAMES, Floats, Whole
from cip_analysis.records import Episodes

FAMILY = ("in-house foster", "independent foster", "kinship", "with parents", "placed for adoption")
STEPPED, LEFT, TURNED, ELSEWHERE = "stepped down to a family", "left care", "turned 18", "moved elsewhere"
CAUSES = (STEPPED, LEFT, TURNED, ELSEWHERE)
STILL = -1
AGES, AGE_NAMES = (10, 13, 16), ("under 10", "10 to 12", "13 to 15", "16 and over")
SINCE, SINCE_NAMES = (182, 730), ("under half a year", "half a year to two", "two years or more")
NEED_GROUPS = {"abuse or neglect": "abuse or neglect", "child's disability": "child's disability"}
OTHER_NEED = "other need"
DAYS_IN_YEAR = 365.25


class SpellsError(ValueError):
    """A cohort was asked for that the returns cannot give."""


@dataclass(frozen=True, slots=True, eq=False)
class Spells:
    """Spells, one element each. child: its number. entered, ended: days since 1970; OPEN where not ended.

    cause: position in CAUSES, STILL where not ended. birth: day of birth. need: position in demand's NEED_NAMES.
    """

    child: Whole
    entered: Whole
    ended: Whole
    cause: Whole
    birth: Whole
    need: Whole


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """Children followed from a day, one element a spell.

    child: its number. days: followed. cause: position in CAUSES, STILL where not ended while followed.
    stratum: age, need and time since entry when following began, in words.
    """

    child: Whole
    days: Whole
    cause: Whole
    stratum: tuple[str, ...]


def find_spells(episodes: Episodes, settings: Sequence[str]) -> Spells:
    """Every spell in those settings, respite series left out; everyone leaves at eighteen."""
    stays = build_stays(episodes)
    inside = np.isin(stays.setting, [SETTINGS.index(name) for name in settings])
    joins = (stays.child[1:] == stays.child[:-1]) & (stays.begun[1:] == stays.begun[:-1])
    joins &= (stays.start[1:] == stays.end[:-1]) & inside[1:] & inside[:-1]
    first = inside & np.append(True, ~joins)[: len(inside)]
    last = inside & np.append(~joins, True)[: len(inside)]
    begins, ends = np.flatnonzero(first), np.flatnonzero(last)
    followed = stays.moves_to[ends]
    to_family = np.isin(followed, [SETTINGS.index(name) for name in FAMILY])
    cause = np.where(to_family, CAUSES.index(STEPPED), CAUSES.index(ELSEWHERE))
    cause = np.where(stays.leaves_by[ends] != STAYS_ON, CAUSES.index(LEFT), cause)
    cause = np.where(stays.leaves_by[ends] == TURNED_18, CAUSES.index(TURNED), cause)
    cause = np.where(stays.end[ends] >= OPEN, STILL, cause)
    return Spells(
        stays.child[begins], stays.start[begins], stays.end[ends], cause, stays.birth[begins], stays.need[begins]
    )


def gather_cohort(spells: Spells, start: date, months: int, joining_months: int, known_to: date) -> Cohort:
    """Children in a spell on `start`, and those whose spell begins within so many months of it, followed to `months`.

    Those there on the day are followed from it; the others from the day they enter; all until `months` after `start`.
    Raises SpellsError where that is after `known_to`, the last day the returns describe.
    """
    closes = (pd.Timestamp(start) + pd.DateOffset(months=months)).date()
    if closes > known_to + timedelta(days=1):
        raise SpellsError(
            f"Children followed from {start:%d %B %Y} for {months} months are not known to the end: the returns stop "
            f"on {known_to:%d %B %Y}. Follow them from an earlier day, or for less."
        )
    opens, shuts = day_number(start), day_number(closes)
    joined = day_number((pd.Timestamp(start) + pd.DateOffset(months=joining_months)).date())
    chosen = (spells.entered < joined) & (spells.ended > opens)
    entered, birth = spells.entered[chosen], spells.birth[chosen]
    begun = np.maximum(entered, opens)
    days = np.minimum(spells.ended[chosen], shuts) - begun
    cause = np.where(spells.ended[chosen] <= shuts, spells.cause[chosen], STILL)
    age = np.searchsorted(AGES, (begun - birth) / DAYS_IN_YEAR, side="right")
    since = np.searchsorted(SINCE, begun - entered, side="right")
    needs = [NEED_GROUPS.get(NEED_NAMES[place], OTHER_NEED) for place in spells.need[chosen]]
    stratum = tuple(f"{AGE_NAMES[one]}; {need}; there {SINCE_NAMES[two]}"
                    for one, need, two in zip(age, needs, since, strict=True))  # fmt: skip
    return Cohort(spells.child[chosen], days, cause, stratum)


def match_weights(later: Cohort, earlier: Cohort, copies: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Weights, resample x child, that give the earlier cohort the later one's strata; nought in strata not in both.

    copies: how often each child of either is counted in each resample, resample x child; ones for the cohorts as found.
    Rule: docs/decisions/0032-evaluation.md.
    """
    strata = sorted({*later.stratum, *earlier.stratum})
    marks = [
        np.array([[one == name for name in strata] for one in cohort.stratum])
        .reshape(-1, len(strata))
        .astype("float64")
        for cohort in (later, earlier)
    ]
    sums = [count @ mark for count, mark in zip(copies, marks, strict=True)]
    both = (sums[0] > 0) & (sums[1] > 0)
    scale = np.where(both, sums[0] / np.where(sums[1] > 0, sums[1], 1.0), 0.0)
    return copies[0] * (both @ marks[0].T), copies[1] * (scale @ marks[1].T)
