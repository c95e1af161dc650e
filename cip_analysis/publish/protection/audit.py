"""An intruder with every table in hand: what range a withheld count must lie in, by linear programming.

Source: the audit of a suppressed table by the least and greatest value that its sums allow each cell; L. Willenborg and
T. de Waal, Elements of Statistical Disclosure Control, 2001, chapter 6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog

from cip_analysis.publish.protection.cells import Cells, Flags, Whole

Numbers = NDArray[np.float64]
NEAR = 1e-6


class AuditError(ValueError):
    """What is shown contradicts itself, so nothing can be said of what is withheld."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What a reader sees: each count as shown, or withheld.

    shown: the counts as rounded; ignored where withheld. withheld: cells marked [c]. threshold: the reader knows that
    counts from least to threshold - 1 are never shown (least is 1 where noughts are shown, else 0). base: multiples
    shown, within less than which the truth lies (1: exact). nearest: each is the nearest multiple, halves up, and the
    reader knows it. spread: how far from the multiple the truth may lie where that is further than less than the base,
    because nothing nearer added up.
    """

    shown: Whole
    withheld: Flags
    threshold: int
    base: int
    least: int = 1
    nearest: bool = False
    spread: int = 0

    def limits(self) -> tuple[Numbers, Numbers]:
        """The least and greatest that each true count may be, from its own cell alone."""
        below, above = [max(self.base - 1, self.spread)] * 2
        if self.nearest:
            below, above = self.base // 2, (self.base - 1) // 2
        nought = (self.shown == 0) & (self.least > 0)
        low = np.where(nought, 0, np.maximum(self.shown - below, self.threshold))
        high = np.where(nought, 0, self.shown + above)
        return np.where(self.withheld, float(self.least), low), np.where(self.withheld, np.inf, high)


def recover(cells: Cells, seen: Shown, targets: Flags) -> pd.DataFrame:
    """The range that each target must lie in, given everything shown and every sum: an intruder's best.

    targets: the cells to try, those withheld because they are small. Columns cell (its place), count (the truth), low
    and high (whole numbers; high is blank where there is no upper end).
    Raises AuditError where no true counts at all agree with what is shown.
    """
    limits = seen.limits()
    rows = []
    for place in np.flatnonzero(targets):
        least, most = (reach(cells, limits, int(place), sign)[0] for sign in (1, -1))
        rows.append((int(place), int(cells.counts[place]), np.ceil(least - NEAR), np.floor(most + NEAR)))
    table = pd.DataFrame(rows, columns=["cell", "count", "low", "high"])
    return table.assign(high=table["high"].where(np.isfinite(table["high"].astype("float64"))))


def give_away(cells: Cells, seen: Shown, targets: Flags) -> pd.DataFrame:
    """Those targets of which a reader can learn more than that they are small (`room_for`): rows as `recover`."""
    ranges = recover(cells, seen, targets)
    room = np.array([room_for(cells, int(place), seen) for place in ranges["cell"]]).reshape(-1, 2)
    learned = (ranges["low"] > room[:, 0]) | (ranges["high"] < room[:, 1])
    return ranges[learned].reset_index(drop=True)


def room_for(cells: Cells, place: int, seen: Shown) -> tuple[int, int]:
    """What a reader must be left thinking possible of a small count: its least and its greatest.

    From 1 to threshold - 1 where that can be, or from nought where noughts are withheld. A total of several small
    counts, and whatever else comes to the same, is known to be at least their number, because noughts are shown: its
    room begins there, and holds three numbers or more.
    """
    if not seen.least or (cells.sums.shape[0] < 2 and cells.most_parts(place) < 2):
        return seen.least, seen.threshold - 1
    free = np.where(cells.counts > 0, 1.0, 0.0), np.where(cells.counts > 0, np.inf, 0.0)
    least = int(np.ceil(reach(cells, free, place, 1)[0] - NEAR))
    return least, max(seen.threshold - 1, least + 2 * (least > 1))


def reach(cells: Cells, limits: tuple[Numbers, Numbers], place: int, sign: int) -> tuple[float, Numbers | None]:
    """The least (sign 1) or greatest (sign -1) that one cell can be, and a whole table where it is so.

    Infinity, and no table, where nothing holds it. Raises AuditError where nothing fits the limits.
    """
    aim = np.zeros(len(cells.counts))
    aim[place] = sign
    sums = cells.sums if cells.sums.shape[0] else None
    nought = np.zeros(cells.sums.shape[0]) if sums is not None else None
    found = linprog(aim, A_eq=sums, b_eq=nought, bounds=np.column_stack(limits), method="highs")
    if found.status == 3:
        return -sign * np.inf, None
    if found.status != 0:
        raise AuditError("No counts agree with everything shown: a rounded total is not the sum of its parts.")
    return float(sign * found.fun), found.x
