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
SECONDS = 20.0


class RoundingError(ValueError):
    """No rounding that still adds was found."""


def round_to_add(cells: Cells, base: int) -> Whole:
    """Every count as a multiple of `base` near it, such that every sum of `cells` holds among the rounded.

    A count that is a multiple already stays if it can, and nought always does. Each goes to one of the two multiples
    around it or, where no such rounding adds up, to the next beyond; of those that add, the sum of distances is least.
    Raises RoundingError where none is found within a few steps or the time allowed.

    By hand: 1 + 1 + 1 = 3 to base 3: each part may go to 0 or 3 and the total must be 3, so one part is 3.
    """
    if base == 1:
        return cells.counts.copy()
    for steps in range(1, MOST_STEPS + 1):
        rounded = _rounded(cells, base, steps)
        if rounded is not None:
            return rounded
    raise RoundingError(
        f"No rounding to the nearest {base} was found under which {cells.sums.shape[0]} sums still add."
    )


def _rounded(cells: Cells, base: int, steps: int) -> Whole | None:
    """The nearest rounding that adds with every count at most so many multiples away; none where there is none."""
    number = len(cells.counts)
    floor, rest = np.divmod(cells.counts, base)
    low = np.maximum(floor - (steps - 1) - (rest == 0) * (steps > 1), 0)
    high = floor + (rest > 0) + (steps - 1) + (rest == 0) * (steps > 1)
    still = cells.counts == 0
    low, high = np.where(still, 0, low), np.where(still, 0, high)
    # distances as variables after the multiples: distance >= |base x multiple - count|
    one, ahead = sparse.eye_array(number), base * sparse.eye_array(number)
    apart = [
        LinearConstraint(sparse.hstack([ahead, -one]), ub=cells.counts),
        LinearConstraint(sparse.hstack([ahead, one]), lb=cells.counts),
    ]
    nothing = sparse.csr_array((cells.sums.shape[0], number))
    adding = [LinearConstraint(sparse.hstack([cells.sums, nothing]), 0, 0)] if cells.sums.shape[0] else []
    found = milp(
        np.concatenate([np.zeros(number), np.ones(number)]),
        integrality=np.concatenate([np.ones(number), np.zeros(number)]),
        bounds=Bounds(np.concatenate([low, np.zeros(number)]), np.concatenate([high, np.full(number, np.inf)])),
        constraints=[*adding, *apart],
        options={"time_limit": SECONDS},
    )
    return None if found.x is None else base * np.rint(found.x[:number]).astype("int64")
