"""What the simulation plays forward: the children present, who arrives, the rates they meet, and what levers alter.

Arrays are indexed by the position of a setting in codes.SETTINGS, of an age band in codes.AGE_BANDS, of a way out in
codes.WAYS_OUT and of a need in NEED_NAMES. Rates are per day. No array says who a child is.
"""

from __future__ import annotations

import zlib
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from cip_analysis.codes import AGE_BANDS, NEEDS, SETTINGS, WAYS_OUT
from cip_analysis.projections import BASELINE

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

GROUPS = ("other children", "unaccompanied")
"""Whose rates are estimated apart: unaccompanied asylum-seeking children are the second."""

NEED_NAMES: tuple[str, ...] = (*(code.name for code in NEEDS.values()), "not recorded")
BIRTHDAYS = (1, 5, 10, 16, 18)
"""Ages in years at which a child changes band, and the last, at which everyone leaves."""

DAYS_IN_YEAR = 365.25
MONTHS_IN_YEAR = 12
MARCH = 3
"""The month that financial years, and collections, end with."""


class InputsError(ValueError):
    """The parts of a model do not fit together."""


@dataclass(frozen=True, slots=True, eq=False)
class Present:
    """Children in care at the end of the origin's day, one element a child, respite series left out.

    birthdays: child x BIRTHDAYS, days from the origin until the child reaches each age; nought or below is past.
    setting: position in SETTINGS. unaccompanied: in the second of GROUPS. days_in_care: since the period began.
    """

    birthdays: Floats
    setting: Whole
    unaccompanied: Flags
    days_in_care: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Entrants:
    """Past arrivals to draw future ones from: children of one household arrive together.

    first: household -> position of its first child, with one more at the end, so household h holds children
    first[h] to first[h + 1] - 1. age_days, setting, need: one element a child, as on the day care began.
    """

    first: Whole
    age_days: Floats
    setting: Whole
    need: Whole

    @property
    def households(self) -> int:
        """How many past arrivals there are to draw from."""
        return len(self.first) - 1

    @property
    def children_a_household(self) -> float:
        """Mean number of children that arrive together; 1 where there are no past arrivals."""
        return len(self.age_days) / self.households if self.households else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a window held before any pooling: child-days, events of leaving and of moving, shaped as in Pathways."""

    days: Floats
    leave: Floats
    move: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Pathways:
    """Rates of leaving and of moving, as the gamma posterior of each: shape events, over days of exposure.

    duration_edges: days in care at which rates change, ascending; none means they do not depend on duration.
    days: group x duration x band x setting, child-days of exposure, the pooled prior's included.
    leave: the same and way out (the last, turning 18, always nought: birthdays see to it), events with the prior's.
    move: the same and setting moved to (a setting to itself nought), events with the prior's.
    from_day, to_day: the window estimated from. notes: every fallback taken, in words for the page.
    seen: what the rates were estimated from, to be shown beside them; none where they were not estimated.
    """

    duration_edges: tuple[int, ...]
    days: Floats
    leave: Floats
    move: Floats
    from_day: date
    to_day: date
    notes: tuple[str, ...] = ()
    seen: Seen | None = None

    def __post_init__(self) -> None:
        cells = (len(GROUPS), len(self.duration_edges) + 1, len(AGE_BANDS), len(SETTINGS))
        wanted = {"days": cells, "leave": (*cells, len(WAYS_OUT)), "move": (*cells, len(SETTINGS))}
        for name, shape in wanted.items():
            if getattr(self, name).shape != shape:
                raise InputsError(f"Pathways: {name} has shape {getattr(self, name).shape}, not {shape}.")
        if (self.days <= 0).any() or (self.leave < 0).any() or (self.move < 0).any():
            raise InputsError("Pathways: a cell has no exposure, or events below nought.")

    @property
    def leave_rates(self) -> Floats:
        """Expected rate of leaving a day, shaped as `leave`."""
        return np.asarray(self.leave / self.days[..., None])

    @property
    def move_rates(self) -> Floats:
        """Expected rate of moving a day, shaped as `move`."""
        return np.asarray(self.move / self.days[..., None])


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """What a scenario alters, month by month; `no_effects` alters nothing.

    entry: month x band x need, factor on arrivals (a household by the mean of its children). entry_unaccompanied:
    month, likewise. leave, move: month x band x setting x way out (or setting moved to), factor on the rate.
    leave_added, move_added: the same shapes, added to the rate a day. divert: month x setting x setting, the chance
    that a child about to be placed in the first, on arrival or on a move, is placed in the second.
    """

    entry: Floats
    entry_unaccompanied: Floats
    leave: Floats
    leave_added: Floats
    move: Floats
    move_added: Floats
    divert: Floats


@dataclass(frozen=True, slots=True, eq=False)
class ModelInputs:
    """Everything one projection is played from. A scenario takes one of these and gives another.

    origin: last day of outturn, a month's end. present, entrants, entrants_unaccompanied, pathways: as estimated.
    starts, starts_unaccompanied: draw x month, children expected to start, before `effects`; the draws hold the
    uncertainty of the level, its drift and its unevenness. leave_drift: draw x month, factor on every rate of leaving.
    move_drift: draw x month x setting, the pull of it: a factor on the rate of moving into it and, beside the others'
    pull, on the weight of past arrivals first placed in it. scenario, method: names for the page.
    seed: of every draw of chance. notes: every fallback taken. synthetic: made from invented children.
    """

    origin: date
    present: Present
    entrants: Entrants
    entrants_unaccompanied: Entrants
    pathways: Pathways
    starts: Floats
    starts_unaccompanied: Floats
    leave_drift: Floats
    move_drift: Floats
    effects: Effects
    seed: int
    scenario: str = BASELINE
    method: str = ""
    notes: tuple[str, ...] = ()
    synthetic: bool = False

    def __post_init__(self) -> None:
        shape = self.starts.shape
        for name, wanted in (
            ("starts_unaccompanied", shape), ("leave_drift", shape), ("move_drift", (*shape, len(SETTINGS))),
        ):  # fmt: skip
            if getattr(self, name).shape != wanted:
                raise InputsError(f"ModelInputs: {name} has shape {getattr(self, name).shape}, not {wanted}.")
        if len(self.effects.entry) != shape[1]:
            raise InputsError(f"ModelInputs: effects over {len(self.effects.entry)} months, starts over {shape[1]}.")

    @property
    def draws(self) -> int:
        """How many futures to play."""
        return int(self.starts.shape[0])

    @property
    def months(self) -> tuple[date, ...]:
        """Month ends from the origin on, the origin first."""
        return month_ends(self.origin, int(self.starts.shape[1]))

    def with_effects(self, effects: Effects, scenario: str, notes: Sequence[str] = ()) -> ModelInputs:
        """The same inputs under a scenario."""
        return replace(self, effects=effects, scenario=scenario, notes=(*self.notes, *notes))

    def cut(self, draws: int, months: int) -> ModelInputs:
        """The first draws and months of the same inputs, for a quick look: what they hold is unchanged."""
        few = slice(draws), slice(months)
        short = {part.name: getattr(self.effects, part.name)[:months] for part in fields(Effects)}
        return replace(
            self, starts=self.starts[few], starts_unaccompanied=self.starts_unaccompanied[few],
            leave_drift=self.leave_drift[few], move_drift=self.move_drift[few], effects=Effects(**short),
        )  # fmt: skip


def no_effects(months: int) -> Effects:
    """Effects that alter nothing."""
    ages, settings = len(AGE_BANDS), len(SETTINGS)
    leave, move = (months, ages, settings, len(WAYS_OUT)), (months, ages, settings, settings)
    return Effects(
        entry=np.ones((months, ages, len(NEED_NAMES))), entry_unaccompanied=np.ones(months),
        leave=np.ones(leave), leave_added=np.zeros(leave), move=np.ones(move), move_added=np.zeros(move),
        divert=np.zeros((months, settings, settings)),
    )  # fmt: skip


def month_ends(origin: date, months: int) -> tuple[date, ...]:
    """The origin and the month ends after it.

    >>> month_ends(date(2018, 3, 31), 2)
    (datetime.date(2018, 3, 31), datetime.date(2018, 4, 30), datetime.date(2018, 5, 31))
    """
    first = origin.year * MONTHS_IN_YEAR + origin.month - 1
    ahead = [divmod(first + month, MONTHS_IN_YEAR) for month in range(months + 1)]
    return tuple(date(year, month + 1, monthrange(year, month + 1)[1]) for year, month in ahead)


def stream(seed: int, stage: str) -> np.random.Generator:
    """One independent source of chance per named stage, so adding a stage never moves another's numbers."""
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(stage.encode())]))
