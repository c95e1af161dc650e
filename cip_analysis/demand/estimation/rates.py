"""Rates of leaving and of moving, estimated from a window of a council's own history: events over days of exposure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from cip_analysis.codes import SETTINGS, WAYS_OUT, crosswalks_between
from cip_analysis.demand.estimation.pooling import pool_rates
from cip_analysis.demand.estimation.stays import (
    STAYS_ON,
    TURNED_18,
    Events,
    Stays,
    Window,
    build_stays,
    count_events,
    day_number,
    sum_exposure,
)
from cip_analysis.demand.inputs import DAYS_IN_YEAR, GROUPS, Floats, Pathways, Seen
from cip_analysis.records import Episodes

LEAVERS_LOOKED_FOR = 8.0
"""A year is missing where this many leavers were to be expected and none came: a chance of 1 in 3,000."""
THIN_GROUP = 20
"""Fewer leavers and movers than this, and a group's rates are mostly those of the others."""
FEW = 5


class PathwaysError(ValueError):
    """Rates or children were asked for that the returns cannot give."""


def estimate_pathways(
    episodes: Episodes, from_day: date, to_day: date, duration_edges: tuple[int, ...] = ()
) -> Pathways:
    """Rates of leaving and moving from the window's events over its child-days, thin cells drawn to others.

    from_day, to_day: the window runs from the end of the first to the end of the second; it is cut at the census
    date. duration_edges: days in care at which rates change, ascending; none means they do not depend on duration.
    Leaving on the eighteenth birthday is no event: exposure ends there, and the column "turned 18" is nought. A year
    that the returns do not describe is left out of the window. Every fallback taken is in `notes`.
    Raises PathwaysError where the window is empty, holds no child, or the edges do not ascend.
    """
    if any(low >= high for low, high in zip((0, *duration_edges), duration_edges, strict=False)):
        raise PathwaysError(f"Duration edges {duration_edges} do not ascend from 1 day. Put them in order.")
    until = min(to_day, episodes.census_date)
    if from_day >= until:
        raise PathwaysError(
            f"No day lies between {from_day:%d %B %Y} and {until:%d %B %Y}, the last the returns describe. "
            "Begin the window earlier."
        )
    stays = build_stays(episodes)
    windows, missing = usable_windows(stays, from_day, until)
    days, events = sum_exposure(stays, windows, duration_edges), count_events(stays, windows, duration_edges)
    if not days.sum():
        raise PathwaysError(
            f"No child was in care between {from_day:%d %B %Y} and {until:%d %B %Y} in a year that the returns "
            "describe: there is nothing to estimate rates from. Choose another window."
        )
    leave, move, shared = _posterior(days, events)
    notes = (
        *_notes_on_window(stays, windows, (from_day, until, to_day)), *_notes_on_years(missing),
        *_notes_on_cells(days, events),
    )  # fmt: skip
    seen = Seen(days, events.leave, events.move)
    return Pathways(duration_edges, shared, leave, move, from_day, until, notes, seen)


def _posterior(days: Floats, events: Events) -> tuple[Floats, Floats, Floats]:
    """Shapes of leaving and of moving, and the days they share."""
    leave = events.leave.copy()
    leave[..., TURNED_18] = 0.0
    exposed = np.concatenate([np.ones((len(SETTINGS), len(WAYS_OUT))), 1 - np.eye(len(SETTINGS))], axis=1)
    moving = np.arange(len(WAYS_OUT) + len(SETTINGS)) >= len(WAYS_OUT)
    families = np.stack([~moving, moving], axis=1).astype("float64")
    shapes, shared = pool_rates(np.concatenate([leave, events.move], axis=-1), days, exposed, families)
    return shapes[..., : len(WAYS_OUT)], shapes[..., len(WAYS_OUT) :], shared


# ---- the part of a window that the returns describe -------------------------------------------------------------


def usable_windows(stays: Stays, from_day: date, to_day: date) -> tuple[list[Window], list[int]]:
    """The window without the collection years that the returns do not describe, and those years.

    A year is missing where, at the rate at which children left care before 18 in the other years, LEAVERS_LOOKED_FOR
    or more were to be expected and none did: the children then seen are those who were still there afterwards.
    """
    years = range(_collection_year(from_day), _collection_year(to_day) + 1)
    spans = [(day_number(date(year - 1, 3, 31)), day_number(date(year, 3, 31))) for year in years]
    spans = [(low, min(high, day_number(to_day))) for low, high in spans]
    nights = np.array([_nights(stays, span) for span in spans])
    leavers = np.array([_leavers(stays, span) for span in spans])
    described = leavers > 0
    rate = leavers.sum() / max(1.0, nights[described].sum())
    missing = ~described & (rate * nights >= LEAVERS_LOOKED_FOR)
    kept = [
        (max(low, day_number(from_day)), high) for (low, high), lost in zip(spans, missing, strict=True) if not lost
    ]
    return _joined(kept), [year for year, lost in zip(years, missing, strict=True) if lost]


def _nights(stays: Stays, span: Window) -> int:
    return int(np.maximum(np.minimum(stays.end, span[1]) - np.maximum(stays.start, span[0]), 0).sum())


def _leavers(stays: Stays, span: Window) -> int:
    """Children who left before 18 within a span; an end on the day after it opens is how a lost year begins."""
    left = (stays.leaves_by != STAYS_ON) & (stays.leaves_by != TURNED_18)
    return int((left & (stays.end > span[0] + 1) & (stays.end <= span[1])).sum())


def _joined(spans: Sequence[Window]) -> list[Window]:
    joined: list[Window] = []
    for low, high in spans:
        if joined and joined[-1][1] == low:
            joined[-1] = (joined[-1][0], high)
        elif low < high:
            joined.append((low, high))
    return joined


def _collection_year(day: date) -> int:
    """The year ending 31 March in which the night that follows a day lies."""
    following = day + timedelta(days=1)
    return following.year + (following.month >= 4)


# ---- what was done where the returns say too little -------------------------------------------------------------


def _notes_on_window(stays: Stays, windows: Sequence[Window], days: tuple[date, date, date]) -> list[str]:
    """Notes on the days used. days: the window's first, the last used, the last asked for."""
    from_day, until, asked = days
    notes = []
    if asked > until:
        notes.append(
            f"Rates were asked for up to {asked.day} {asked:%B %Y}; the returns stop at {until.day} {until:%B %Y}."
        )
    first = int(stays.start.min(initial=day_number(until)))
    described = sum(high - max(low, min(first, high)) for low, high in windows)
    months = math.floor((described + 1) / (DAYS_IN_YEAR / 12))  # a year of 365 nights is twelve months
    if described < 2 * 365:
        least = "one year: one season weighs more than another" if described < 365 else "two years"
        notes.append(f"Rates of leaving and moving rest on {months} months of history, less than {least}.")
    for walk in crosswalks_between(_collection_year(from_day), _collection_year(until - timedelta(days=1))):
        notes.append(f'Rates of the setting "{walk.setting}" span a break in coding in {walk.year}: {walk.note}.')
    lacking = len(np.unique(stays.child[~stays.known & _within(stays, windows)]))
    if lacking:
        notes.append(
            f"{count_in_words(lacking)} without a birth date took an age from others last seen in their setting."
        )
    return notes


def _within(stays: Stays, windows: Sequence[Window]) -> np.ndarray:
    return np.asarray((stays.start < windows[-1][1]) & (stays.end > windows[0][0])) if windows else stays.start < 0


def _notes_on_years(missing: Sequence[int]) -> list[str]:
    if not missing:
        return []
    years = _listed([str(year) for year in missing])
    return [
        f"The returns show no child leaving care in the years to March {years}, when several were to be expected: "
        "such years are taken as missing and left out of the rates."
    ]


def _notes_on_cells(days: Floats, events: Events) -> list[str]:
    """Notes on settings without children or without leavers, and on a thin group."""
    nights = days.sum(axis=(0, 1, 2))
    leavers = events.leave[..., :TURNED_18].sum(axis=(0, 1, 2, 4))
    notes = []
    if unused := [f'"{name}"' for name, spent in zip(SETTINGS, nights, strict=True) if not spent]:
        notes.append(f"Nobody lived in {_listed(unused)} in these years: rates there are those of all settings.")
    still = [f'"{name}"' for name, spent, left in zip(SETTINGS, nights, leavers, strict=True) if spent and not left]
    if still:
        notes.append(
            f"Nobody left care from {_listed(still)} before 18 in these years: rates of leaving there are "
            "drawn from all settings."
        )
    told = events.leave[1, ..., :TURNED_18].sum() + events.move[1].sum()
    if told < THIN_GROUP:
        whose = "No" if not told else f"Fewer than {THIN_GROUP}"
        notes.append(
            f"{whose} {GROUPS[1]} children left before 18 or moved in these years: their rates are drawn to those "
            f"of {GROUPS[0]}."
        )
    return notes


def count_in_words(number: int) -> str:
    """A number of children in words; one below FEW is not told."""
    return f"{number:,} children" if number >= FEW else f"Fewer than {FEW} children"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
