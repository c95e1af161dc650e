"""Which more counts to withhold, so that all a reader can learn of a small one is that it is small.

For each small count in turn, the fewest and smallest other counts are found, by whole-number programming, that leave
room for it to be anything from 1 to threshold - 1 with everything still shown unchanged; those already withheld are
free. Then whatever proves needless is shown again.
Source: the two-sided problem of M. Fischetti and J. J. Salazar, Solving the cell suppression problem on tabular data
with linear constraints, Management Science 47, 2001, taken one small count at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from cip_analysis.publish.protection.audit import NEAR, Shown, reach, room_for
from cip_analysis.publish.protection.cells import Cells, Flags, Whole
from cip_analysis.publish.protection.rounding import nearest

Numbers = NDArray[np.float64]
NODES = 5_000
"""How far a search may go, in branches and not in seconds, so that the same counts are withheld everywhere."""
NEARBY = 4
"""Thresholds within which a table that protects a count is first looked for."""
GAP = 0.02
"""How far from the cheapest choice a choice may be, of its cost."""


class SuppressionError(ValueError):
    """A small count cannot be kept from a reader, whatever else is withheld."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Counts from least to threshold - 1 are withheld, others shown to the nearest base; least 0 withholds noughts."""

    threshold: int
    base: int
    least: int = 1

    def seen(self, cells: Cells, shown: Whole, withheld: Flags) -> Shown:
        """What a reader sees, when these cells are withheld beside those that no table prints; and what he knows of
        the rounding: that it is to the nearest, if it is throughout.
        """
        unseen = withheld | ~cells.printed
        near = bool((shown == nearest(cells.counts, self.base))[~unseen].all())
        far = int(abs(shown - cells.counts)[~unseen].max(initial=0))
        return Shown(shown, unseen, self.threshold, self.base, self.least, near, far)


@dataclass(frozen=True, slots=True, eq=False)
class Protection:
    """What to withhold. small: counts too small to show. more: counts withheld only to protect those."""

    small: Flags
    more: Flags

    @property
    def withheld(self) -> Flags:
        """Every cell withheld."""
        return self.small | self.more


def protect(
    cells: Cells, shown: Whole, rule: Rule, fixed: Flags | None = None, also: Flags | None = None
) -> Protection:
    """The counts to withhold so that of a small one nothing can be learned but that it is small (`audit.room_for`).

    shown: every count as it would be shown, rounded so that sums still add (`rounding.round_to_add`). fixed: cells that
    are out already, in a pack released before, and cannot be withheld any more. also: cells to withhold though they are
    not small, because of such a pack; a reader is left room of threshold - 1 on either side of each.
    Raises SuppressionError where what is out already gives a small count away.
    """
    small = (cells.counts >= rule.least) & (cells.counts < rule.threshold) & (cells.printed | (cells.counts > 0))
    held = np.zeros_like(small) if fixed is None else fixed
    forced = np.zeros_like(small) if also is None else also & ~small & ~held & (cells.counts > 0)
    if (small & held).any():
        raise SuppressionError(f"{int((small & held).sum())} small counts are out already, in a pack released before.")
    seen = rule.seen(cells, shown, small | forced)
    rooms = {int(place): room_for(cells, int(place), seen) for place in np.flatnonzero(small)}
    rooms |= {int(place): _around(cells.counts[place], rule) for place in np.flatnonzero(forced)}
    if cells.sums.shape[0] < 2 and _roomy_at_once(cells, seen, rooms):
        return Protection(small, forced)
    more, fits = forced.copy(), cells.counts[None].astype("float64")
    for place, room in rooms.items():
        seen = rule.seen(cells, shown, small | more)
        tables = _still_roomy(cells, seen.limits(), {place: room}, fits)
        if tables is None:
            added, tables = _make_room(cells, seen, (place, *room), held)
            more, tables = more | added, np.concatenate([fits, tables])
        fits = tables
    return Protection(small, forced | _without_needless(cells, rule.seen(cells, shown, small | more), rooms, fits))


def _around(count: int, rule: Rule) -> tuple[int, int]:
    """The room a reader must be left around a count that is withheld because of an earlier pack."""
    return max(rule.least, int(count) - rule.threshold + 1), int(count) + rule.threshold - 1


def _roomy_at_once(cells: Cells, seen: Shown, rooms: Mapping[int, tuple[int, int]]) -> bool:
    """Whether every small count has its room where one sum, or none, binds the cells: no programme is needed."""
    low, high = seen.limits()
    signs = cells.sums.toarray().ravel() if cells.sums.shape[0] else np.zeros(len(low))
    for place, room in rooms.items():
        others = np.where(np.arange(len(signs)) == place, 0, -signs * (signs[place] or 1))
        least = np.where(others > 0, low, high)[others != 0] @ others[others != 0]
        most = np.where(others > 0, high, low)[others != 0] @ others[others != 0]
        if signs[place] and (least > room[0] or most < room[1]):
            return False
    return True


def _make_room(cells: Cells, seen: Shown, wanted: tuple[int, int, int], fixed: Flags) -> tuple[Flags, Numbers]:
    """The cheapest further cells to withhold for one small count; and two tables that fit what would still be shown.

    wanted: where the count stands, and the least and greatest that it must be left room for: it is the one in the first
    table and the other in the second. First sought close to the truth, which is quick, then as far away as need be.
    """
    far = int(cells.counts.max()) + seen.threshold * len(cells.counts)
    for most in (NEARBY * seen.threshold, far):
        found = _solve(cells, seen, wanted, fixed, most)
        if found is not None:
            return found[2] > 0.5, found[:2]
    every = ~seen.withheld & ~fixed & (cells.counts >= seen.least)
    if (tables := _tables_with(cells, replace(seen, withheld=seen.withheld | every), wanted)) is not None:
        return every, tables
    raise SuppressionError("A small count cannot be protected: what is out already gives it away.")


def _tables_with(cells: Cells, seen: Shown, wanted: tuple[int, int, int]) -> Numbers | None:
    """Tables that fit what is shown and give one count its room; none where it has none."""
    place, *room = wanted
    return _still_roomy(cells, seen.limits(), {place: (room[0], room[1])}, cells.counts[None].astype("float64"))


def _solve(cells: Cells, seen: Shown, wanted: tuple[int, int, int], fixed: Flags, apart: int) -> Numbers | None:
    """The two tables and the choice of `_make_room`, no count further than `apart` from the truth; or none."""
    number, (place, least, greatest) = len(cells.counts), wanted
    own = seen.limits()
    moving = cells.counts >= seen.least
    floor = np.where(moving, np.maximum(cells.counts - apart, seen.least), 0).astype("float64")
    roof = np.where(moving, cells.counts + apart, 0).astype("float64")
    low, high = np.maximum(own[0], floor), np.minimum(own[1], roof)
    may = ~seen.withheld & ~fixed & moving
    drop = sparse.diags_array(np.where(may, low - floor, 0.0))
    rise = sparse.diags_array(np.where(may, roof - high, 0.0))
    one, nothing = sparse.eye_array(number), sparse.csr_array((number, number))
    sums, blank = cells.sums, sparse.csr_array(cells.sums.shape)
    limits = [LinearConstraint(sparse.hstack([*pair, drop]), lb=low) for pair in ((one, nothing), (nothing, one))]
    limits += [LinearConstraint(sparse.hstack([*pair, -rise]), ub=high) for pair in ((one, nothing), (nothing, one))]
    if sums.shape[0]:
        limits += [LinearConstraint(sparse.hstack([*pair, blank]), 0, 0) for pair in ((sums, blank), (blank, sums))]
    ends = np.stack([floor, floor, np.zeros(number)]), np.stack([roof, roof, may.astype("float64")])
    for row, value in ((0, least), (1, greatest)):
        ends[0][row, place] = ends[1][row, place] = value
    found = milp(
        np.concatenate([np.zeros(2 * number), np.where(may, 1.0 + np.log1p(cells.counts), 0.0)]),
        bounds=Bounds(ends[0].ravel(), ends[1].ravel()), constraints=limits,
        integrality=np.concatenate([np.zeros(2 * number), np.ones(number)]),
        options={"node_limit": NODES, "mip_rel_gap": GAP},
    )  # fmt: skip
    return None if found.x is None else np.asarray(found.x, dtype="float64").reshape(3, number)


def _without_needless(cells: Cells, seen: Shown, rooms: Mapping[int, tuple[int, int]], fits: Numbers) -> Flags:
    """Of the cells withheld to protect others, those without which some small count could be learned.

    fits: tables that fit what is shown, between them giving every small count its room. Only counts whose room rested
    on a table that no longer fits are tried again.
    """
    small = np.zeros_like(seen.withheld)  # and those withheld because of an earlier pack
    small[list(rooms)] = True
    kept = seen.withheld & ~small & cells.printed
    for place in sorted(np.flatnonzero(kept).tolist(), key=lambda cell: -cells.counts[cell]):
        trial = kept.copy()
        trial[place] = False
        limits = replace(seen, withheld=small | trial | ~cells.printed).limits()
        standing = fits[(fits[:, place] >= limits[0][place] - NEAR) & (fits[:, place] <= limits[1][place] + NEAR)]
        found = _still_roomy(cells, limits, rooms, standing)
        if found is not None:
            kept, fits = trial, found
    return kept


def _still_roomy(
    cells: Cells, limits: tuple[Numbers, Numbers], rooms: Mapping[int, tuple[int, int]], fits: Numbers
) -> Numbers | None:
    """Tables that fit and give every small count its room, those given first; none where some count has lost it."""
    for place, room in rooms.items():
        for sign, wanted in ((1, room[0]), (-1, room[1])):
            if (sign * fits[:, place]).min(initial=np.inf) <= sign * wanted + NEAR:
                continue
            end, table = reach(cells, limits, place, sign)
            if sign * end > sign * wanted + NEAR:
                return None
            if table is not None:
                fits = np.concatenate([fits, table[None]])
    return fits
