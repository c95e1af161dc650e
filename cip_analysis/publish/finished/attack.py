"""An intruder who holds a finished pack and nothing else, and tries to work out every withheld cell.

The ranges of withheld cells are found by linear programming over every sum the intruder can find (`sums`) and every
sum among the counts that the pack lists (data/cells.csv), and from products: shares of totals, unit costs and weeks,
rates and populations (`products`). A withheld count is recovered where the range is one number, or holds fewer of the
small ones than the rule leaves; a withheld value where the range is one number or too narrow to hold both half and one
and a half times any value in it.
Source: the audit of a suppressed table, L. Willenborg and T. de Waal, Elements of Statistical Disclosure Control, 2001,
chapter 6; see protection/audit.py and docs/decisions/0025.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import linprog
from scipy.sparse import csgraph

from cip_analysis.publish.finished.grids import COUNT, Flags, Grid, Numbers
from cip_analysis.publish.finished.sums import Place, Sum
from cip_analysis.settings import Disclosure

NEAR = 1e-6
HALF_TO_MORE = 3.0
"""A range that holds half and one and a half times a value has an upper end at least three times its lower."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """One withheld cell that can be worked out. where: in words. how: from what, in words that tell no number."""

    where: str
    how: str

    @property
    def words(self) -> str:
        """The finding as it is said."""
        return f"{self.where}, can be worked out {self.how}"


@dataclass(frozen=True, slots=True, eq=False)
class System:
    """Figures as ranges and the sums among them: one system of linear equations.

    names: of each figure, in words. low, high: its range. hidden: withheld. counts: whether it counts children.
    totals, parts: place of each total and of its parts. sure: whether each sum is certain.
    """

    names: Sequence[str]
    low: Numbers
    high: Numbers
    hidden: Flags
    counts: Flags
    totals: tuple[int, ...]
    parts: tuple[tuple[int, ...], ...]
    sure: tuple[bool, ...]

    def matrix(self, kept: Sequence[int]) -> sparse.csr_array:
        """The sums of some rows: +1 for the total, -1 for its parts."""
        across = [row for row, number in enumerate(kept) for _place in (0, *self.parts[number])]
        along = [place for number in kept for place in (self.totals[number], *self.parts[number])]
        signs = [1.0 if first == 0 else -1.0 for number in kept for first in range(1 + len(self.parts[number]))]
        return sparse.csr_array((signs, (across, along)), shape=(len(kept), len(self.low)))


def system_of(grids: Sequence[Grid], sums: Sequence[Sum]) -> System:
    """The figures of some exhibits, and the sums found among them, as one system."""
    sizes = [grid.low.size for grid in grids]
    begins = np.concatenate([[0], np.cumsum(sizes)])

    def at(place: Place) -> int:
        """Where a figure stands among all."""
        return int(begins[place[0]] + place[1] * len(grids[place[0]].names) + place[2])

    empty = np.zeros(0)
    counts = [np.tile([kind == COUNT for kind in grid.kinds], len(grid.labels)) for grid in grids]
    return System(
        names=[grid.place(*divmod(place, len(grid.names))) for grid in grids for place in range(grid.low.size)],
        low=np.concatenate([empty, *(grid.low.ravel() for grid in grids)]),
        high=np.concatenate([empty, *(grid.high.ravel() for grid in grids)]),
        hidden=np.concatenate([empty.astype(bool), *(grid.hidden.ravel() for grid in grids)]),
        counts=np.concatenate([empty.astype(bool), *counts]),
        totals=tuple(at(one.total) for one in sums),
        parts=tuple(tuple(map(at, one.parts)) for one in sums),
        sure=tuple(one.sure for one in sums),
    )


def attack_sums(system: System, rule: Disclosure) -> tuple[Recovered, ...]:
    """Every withheld cell that the sums of a system give away."""
    return tuple(
        Recovered(system.names[place], "from totals and parts that are shown")
        for places, kept in _components(system)
        for place in _give_away(system, places, kept, rule)
    )


def _components(system: System) -> Iterator[tuple[list[int], list[int]]]:
    """Groups of figures bound by sums, those with something withheld: places of the figures, and rows of the sums."""
    if not system.totals:
        return
    bound = system.matrix(range(len(system.totals)))
    number, group = csgraph.connected_components(abs(bound).T @ abs(bound), directed=False)
    for one in sorted(set(group[system.hidden].tolist())) if number else ():
        kept = [row for row, total in enumerate(system.totals) if group[total] == one]
        if kept:
            yield np.flatnonzero(group == one).tolist(), kept


def _give_away(system: System, places: list[int], kept: list[int], rule: Disclosure) -> Iterator[int]:
    """The withheld cells of one group that can be worked out, by all its sums or, where those contradict what is
    shown or leave no withheld count that is small, by those that are sure.
    """
    limits = np.column_stack([system.low, system.high])[places]
    hidden = [place for place, at in enumerate(places) if system.hidden[at]]
    counted = [place for place in hidden if system.counts[places[place]]]
    for chosen in (kept, [row for row in kept if system.sure[row]]):
        sums = system.matrix(chosen)[:, places] if chosen else None
        first = _solve(np.zeros(len(places)), sums, limits)
        if first is not None and (not counted or _one_is_small(sums, limits, counted, rule)):
            break
    else:
        return
    fits = np.array([first])
    for place in hidden:
        room = _room(system, places[place], chosen, rule)
        fits, low, high = _reach(sums, limits, place, room, fits)
        if is_recovered(low, high, room):
            yield places[place]


def _one_is_small(sums: sparse.csr_array | None, limits: Numbers, counted: Sequence[int], rule: Disclosure) -> bool:
    """Whether any of some withheld counts may be small: nothing would be withheld among counts that are all large."""
    for place in counted:
        aim = np.zeros(len(limits))
        aim[place] = 1.0
        found = _solve(aim, sums, limits)
        if found is None or found[place] < rule.threshold - NEAR:
            return True
    return False


Room = tuple[float, float] | None
"""What must be left possible of a withheld count, least and greatest; none of a value."""


def _room(system: System, place: int, kept: Sequence[int], rule: Disclosure) -> Room:
    """The small numbers that a reader must be left thinking possible of a withheld count.

    A total of several that are not nought is known to be their number at least: its room begins there.
    """
    if not system.counts[place]:
        return None
    least = 1.0 if rule.zeros_shown else 0.0
    parts = [system.parts[row] for row in kept if system.totals[row] == place and len(system.parts[row]) > 1]
    if not parts:
        return least, rule.threshold - 1.0
    floor = max([least, *(float(sum(min(system.low[part], 1.0) for part in row)) for row in parts)])
    return floor, max(rule.threshold - 1.0, floor + 2)


def _reach(
    sums: sparse.csr_array | None, limits: Numbers, place: int, room: Room, fits: Numbers
) -> tuple[Numbers, float, float]:
    """The range of one withheld cell, sought only as far as its room; and all the tables found to fit so far."""
    low, high = float(fits[:, place].min()), float(fits[:, place].max())
    for sign in (1.0, -1.0):
        if is_recovered(low, high, room):
            aim = np.zeros(len(limits))
            aim[place] = sign
            found = _solve(aim, sums, limits)
            if found is None:
                low, high = (low, np.inf) if sign < 0 else (-np.inf, high)
            else:
                fits = np.concatenate([fits, found[None]])
                low, high = min(low, float(found[place])), max(high, float(found[place]))
    return fits, low, high


def _solve(aim: Numbers, sums: sparse.csr_array | None, limits: Numbers) -> Numbers | None:
    """A table that fits and is least by `aim`; none where nothing fits, or nothing ends it."""
    nought = np.zeros(sums.shape[0]) if sums is not None else None
    ends = np.where(np.isnan(limits), [[-np.inf, np.inf]], limits)
    found = linprog(aim, A_eq=sums, b_eq=nought, bounds=ends, method="highs")
    return np.asarray(found.x) if found.status == 0 else None


def is_recovered(low: float, high: float, room: Room) -> bool:
    """Whether a range says more of a withheld cell than the rule leaves to be said."""
    if room is not None:
        low, high = np.ceil(low - NEAR), np.floor(high + NEAR)
        return bool(high <= low or high < room[1] or (low > room[0] and high <= room[1]))
    if not np.isfinite(low):
        return False
    if high - low <= NEAR * max(1.0, abs(low)):
        return True
    return bool(low > 0 and high < HALF_TO_MORE * low * (1 - NEAR))
