"""Choosing households so that the invented county is true in total.

First every household gets a weight, as survey statisticians calibrate a sample: the smallest change (on the raking
scale) that brings the totals to the goals. Then households are drawn by weight, whole, and swapped in and out one
at a time wherever that brings the totals nearer. No history is altered. Method: docs/decisions/0005.
Source of the weighting: Deville and Särndal (1992), calibration estimators, raking distance, with a ridge because
withheld and rounded figures cannot all hold at once.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg, sparse

from cip_analysis.synthetic.chance import Flags, Numbers
from cip_analysis.synthetic.counting import Sums

LENGTH_TOLERANCE = 0.02
SMALLEST_TOLERANCE = 3.0
ROUNDS, ROUNDS_WHEN_KNOWN = 12, 1
LONGEST_STEP = 0.5
FACTOR_LIMITS = (-4.0, 3.4)
SWAPS = 6000
LOOKED_AT = 3000
GIVES_UP_AFTER = 60


def tolerances(sums: Sums, generous: float) -> Numbers:
    """The miss of each goal that matters as much as any other's; for lengths, a share of their group's endings."""
    lengths = np.maximum(SMALLEST_TOLERANCE, LENGTH_TOLERANCE * sums.goals["endings"].fillna(0.0) / generous)
    return sums.goals["tolerance"].fillna(lengths).to_numpy(dtype=np.float64)


def weigh_households(
    sums: Sums, likely: Numbers, tolerance: Numbers, pull: Numbers | None = None
) -> tuple[Numbers, Numbers]:
    """How likely each household is to be in a county that meets the goals, between nought and one; and the pull.

    likely: the same before the goals are looked at. pull: of each goal on the weights (the multipliers of the
    calibration) where a county like this one has been weighed before; a few rounds then suffice.
    """
    adds = sums.adds.toarray().astype(np.float32)
    goal = sums.goals["goal"].to_numpy(dtype=np.float64)
    rounds = ROUNDS if pull is None else ROUNDS_WHEN_KNOWN
    pull = np.zeros(len(goal)) if pull is None else pull
    ridge = np.diag(tolerance**2)
    for _ in range(rounds):
        weight = _weights(adds, likely, pull)
        short = goal - adds.T @ weight - tolerance**2 * pull
        curve = adds.T @ (adds * weight[:, None].astype(np.float32))
        step = linalg.solve(curve.astype(np.float64) + ridge, short, assume_a="pos")
        pull = pull + np.clip(step, -LONGEST_STEP, LONGEST_STEP)
    return _weights(adds, likely, pull), pull


def _weights(adds: np.ndarray, likely: Numbers, pull: Numbers) -> Numbers:
    factor = np.exp(np.clip(adds @ pull.astype(np.float32), *FACTOR_LIMITS))
    return np.minimum(likely * factor, 1.0).astype(np.float64)


def choose_households(sums: Sums, weight: Numbers, tolerance: Numbers, chance: np.random.Generator) -> Flags:
    """Households drawn by weight, then swapped in and out while that brings the totals nearer the goals."""
    chosen = _draw(weight, chance)
    importance = 1.0 / tolerance**2
    size = np.asarray(sums.adds.power(2) @ importance)
    missing = sums.goals["goal"].to_numpy(dtype=np.float64) - sums.adds.T @ chosen.astype(np.float64)
    useful = np.flatnonzero((size > 0) & (weight > 1e-3))
    idle = 0
    for _ in range(SWAPS):
        looked = useful[chance.permutation(len(useful))[:LOOKED_AT]]
        best, gain = _best_change(sums.adds[looked], chosen[looked], size[looked], importance * missing)
        idle = idle + 1 if gain <= 0 else 0
        if idle >= GIVES_UP_AFTER:
            break
        if gain > 0:
            household = looked[best]
            sign = -1.0 if chosen[household] else 1.0
            chosen[household] = ~chosen[household]
            missing = missing - sign * sums.adds[[household]].toarray()[0]
    return chosen


def _draw(weight: Numbers, chance: np.random.Generator) -> Flags:
    """A systematic sample: as many households as the weights add up to, give or take one."""
    order = chance.permutation(len(weight))
    steps = np.floor(np.cumsum(weight[order]) + chance.random())
    drawn = np.diff(steps, prepend=np.floor(steps[:1] - weight[order[:1]])) > 0
    chosen = np.zeros(len(weight), dtype=bool)
    chosen[order[drawn]] = True
    return chosen


def _best_change(adds: sparse.csr_array, chosen: Flags, size: Numbers, pull: Numbers) -> tuple[int, float]:
    """Which household's coming or going lowers the sum of weighted squared misses most, and by how much."""
    sign = np.where(chosen, -1.0, 1.0)
    gains = 2.0 * sign * np.asarray(adds @ pull) - size
    best = int(np.argmax(gains))
    return best, float(gains[best])
