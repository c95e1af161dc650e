"""Which more counts to withhold, so that all a reader can learn of a small one is that it is small.

For each small count in turn, the fewest and smallest other counts are found, by whole-number programming, that leave
room for it to be anything from 1 to threshold - 1 with everything still shown unchanged; those already withheld are
free. Then whatever proves needless is shown again.
Source: the two-sided problem of M. Fischetti and J. J. Salazar, Solving the cell suppression problem on tabular data
with linear constraints, Management Science 47, 2001, taken one small count at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from cip_analysis.publish.protection.audit import NEAR, Shown, reach, room_for
from cip_analysis.publish.protection.cells import Cells, Flags, Whole

Numbers = NDArray[np.float64]
SECONDS = 10.0
NEARBY = 4
"""Thresholds within which a table that protects a count is first looked for."""
GAP = 0.02
"""How far from the cheapest choice a choice may be, of its cost."""


class SuppressionError(ValueError):
    """A small count cannot be kept from a reader, whatever else is withheld."""


@dataclass(frozen=True, slots=True, eq=False)
class Protection:
    """What to withhold. small: counts from 1 to threshold - 1. more: counts withheld only to protect those."""

    small: Flags
    more: Flags

    @property
    def withheld(self) -> Flags:
        """Every cell withheld."""
        return self.small | self.more


def protect(cells: Cells, shown: Whole, threshold: int, base: int, fixed: Flags | None = None) -> Protection:
    """The counts to withhold so that of a small one nothing can be learned but that it is small (`audit.room_for`).

    shown: every count as it would be shown, rounded so that sums still add (`rounding.round_to_add`). base: what they
    are rounded to. fixed: cells that are out already, in a pack released before, and cannot be withheld any more.
    Noughts are shown. Raises SuppressionError where what is out already gives a small count away.
    """
    small = (cells.counts > 0) & (cells.counts < threshold)
    held = np.zeros(len(small), dtype=bool) if fixed is None else fixed
    if (small & held).any():
        raise SuppressionError(f"{int((small & held).sum())} small counts are out already, in a pack released before.")
    rooms = {int(place): room_for(cells, int(place), threshold) for place in np.flatnonzero(small)}
    more, fits = np.zeros_like(small), cells.counts[None].astype("float64")
    for place, room in rooms.items():
        if fits[:, place].min() > room[0] or fits[:, place].max() < room[1]:
            added, tables = _make_room(cells, Shown(shown, small | more, threshold, base), (place, *room), held)
            more, fits = more | added, np.concatenate([fits, tables])
    return Protection(small, _without_needless(cells, Shown(shown, small | more, threshold, base), rooms, fits))


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
    raise SuppressionError("A small count cannot be protected: what is out already gives it away.")


def _solve(cells: Cells, seen: Shown, wanted: tuple[int, int, int], fixed: Flags, apart: int) -> Numbers | None:
    """The two tables and the choice of `_make_room`, no count further than `apart` from the truth; or none."""
    number, (place, least, greatest) = len(cells.counts), wanted
    own = seen.limits()
    floor = np.where(cells.counts > 0, np.maximum(cells.counts - apart, 1), 0).astype("float64")
    roof = np.where(cells.counts > 0, cells.counts + apart, 0).astype("float64")
    low, high = np.maximum(own[0], floor), np.minimum(own[1], roof)
    may = ~seen.withheld & ~fixed & (cells.counts > 0)
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
        options={"time_limit": SECONDS, "mip_rel_gap": GAP},
    )  # fmt: skip
    return None if found.x is None else np.asarray(found.x, dtype="float64").reshape(3, number)


def _without_needless(cells: Cells, seen: Shown, rooms: Mapping[int, tuple[int, int]], fits: Numbers) -> Flags:
    """Of the cells withheld to protect others, those without which some small count could be learned.

    fits: tables that fit what is shown, between them giving every small count its room. Only counts whose room rested
    on a table that no longer fits are tried again.
    """
    small = np.zeros_like(seen.withheld)
    small[list(rooms)] = True
    kept = seen.withheld & ~small
    for place in sorted(np.flatnonzero(kept).tolist(), key=lambda cell: -cells.counts[cell]):
        trial = kept.copy()
        trial[place] = False
        limits = Shown(seen.shown, small | trial, seen.threshold, seen.base).limits()
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
