"""Counts rounded so that they still add: every total shown is the sum of the parts as shown.

Source: L. H. Cox, A constructive procedure for unbiased controlled rounding, Journal of the American Statistical
Association 82, 1987, for the idea; here the rounding nearest to the truth is found as a whole-number programme.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from cip_analysis.publish.protection.cells import Cells, Whole

MOST_STEPS = 3
NODES = 5_000
"""How far a search may go, in branches and not in seconds, so that the same counts are rounded alike everywhere."""


class RoundingError(ValueError):
    """No rounding that still adds was found."""


def nearest(counts: Whole, base: int) -> Whole:
    """Counts to the nearest multiple of `base`, halves up."""
    return (2 * counts + base) // (2 * base) * base


def round_to_add(cells: Cells, base: int, fixed: Whole | None = None) -> Whole:
    """Every count as a multiple of `base` near it, such that every sum of `cells` holds among the rounded.

    A count that is a multiple already stays if it can, and nought always does. Each goes to one of the two multiples
    around it or, where no such rounding adds up, to the next beyond; of those that add, the sum of distances is least.
    fixed: multiples that cells must go to, if any such rounding adds; below nought where a cell is free.
    Raises RoundingError where none is found within a few steps or the search allowed.

    By hand: 1 + 1 + 1 = 3 to base 3: each part may go to 0 or 3 and the total must be 3, so one part is 3.
    """
    if base == 1:
        return cells.counts.copy()
    free = np.full(len(cells.counts), -1)
    tries = [(1, free if fixed is None else fixed), *[(steps, free) for steps in range(1, MOST_STEPS + 1)]]
    for steps, held in tries:
        rounded = _rounded(cells, base, steps, held)
        if rounded is not None:
            return rounded
    raise RoundingError(
        f"No rounding to the nearest {base} was found under which {cells.sums.shape[0]} sums still add."
    )


def _rounded(cells: Cells, base: int, steps: int, fixed: Whole) -> Whole | None:
    """The nearest rounding that adds with every count at most so many multiples away; none where there is none."""
    number = len(cells.counts)
    floor, rest = np.divmod(cells.counts, base)
    low = np.maximum(floor - (steps - 1) - (rest == 0) * (steps > 1), 0)
    high = floor + (rest > 0) + (steps - 1) + (rest == 0) * (steps > 1)
    still = cells.counts == 0
    low, high = (np.where(fixed >= 0, fixed // base, np.where(still, 0, end)) for end in (low, high))
    # distances as variables after the multiples: distance >= |base x multiple - count|
    one, ahead = sparse.eye_array(number), base * sparse.eye_array(number)
    apart = [
        LinearConstraint(sparse.hstack([ahead, -one]), ub=cells.counts),
        LinearConstraint(sparse.hstack([ahead, one]), lb=cells.counts),
    ]
    nothing = sparse.csr_array((cells.sums.shape[0], number))
    adding = [LinearConstraint(sparse.hstack([cells.sums, nothing]), 0, 0)] if cells.sums.shape[0] else []
    found = milp(
        np.concatenate([np.zeros(number), np.where(cells.printed, 1.0, 0.0)]),
        integrality=np.concatenate([np.ones(number), np.zeros(number)]),
        bounds=Bounds(np.concatenate([low, np.zeros(number)]), np.concatenate([high, np.full(number, np.inf)])),
        constraints=[*adding, *apart],
        options={"node_limit": NODES},
    )
    return None if found.x is None else base * np.rint(found.x[:number]).astype("int64")
