"""Choosing households so that the invented county is true in total.

First every household gets a weight, as survey statisticians calibrate a sample: the smallest change (on the raking
scale) that brings the totals to the goals. Then households are drawn by weight, whole, and swapped in and out one
at a time wherever that brings the totals nearer. No history is altered. Method: docs/decisions/0005.
Source of the weighting: Deville and Särndal (1992), calibration estimators, raking distance, with a ridge because
withheld and rounded figures cannot all hold at once.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

from cip_analysis.synthetic.chance import Flags, Numbers
from cip_analysis.synthetic.totals.counting import Sums

LENGTH_TOLERANCE = 0.008
SMALLEST_TOLERANCE = 3.0
ROUNDS, ROUNDS_WHEN_KNOWN = 8, 1
LONGEST_STEP = 0.6
CLOSE_ENOUGH, MOST_STEPS = 1e-4, 300
FACTOR_LIMITS = (-4.0, 3.4)
NEVER_CHOSEN = 1e-3
MOST_CHANGES = 400
LOOKED_AT = 12
LEAST_GAIN = 1e-6
SAME_GAIN_DECIMALS = 8


def tolerances(sums: Sums, generous: float) -> Numbers:
    """The miss of each goal that matters as much as any other's; for lengths, a share of their group's endings."""
    lengths = (LENGTH_TOLERANCE * sums.goals["endings"].fillna(0.0) / generous).clip(lower=SMALLEST_TOLERANCE)
    return sums.goals["tolerance"].fillna(lengths).to_numpy(dtype=np.float64)


def weigh_households(
    sums: Sums, likely: Numbers, tolerance: Numbers, pull: Numbers | None = None
) -> tuple[Numbers, Numbers]:
    """How likely each household is to be in a county that meets the goals, between nought and one; and the pull.

    likely: the same before the goals are looked at. pull: of each goal on the weights (the multipliers of the
    calibration) where a county like this one has been weighed before; a few rounds then suffice.
    """
    goal = sums.goals["goal"].to_numpy(dtype=np.float64)
    rounds = ROUNDS if pull is None else ROUNDS_WHEN_KNOWN
    pull = np.zeros(len(goal)) if pull is None else pull
    for _ in range(rounds):
        weight = _weights(sums.adds, likely, pull)
        short = goal - np.asarray(sums.adds.T @ weight) - tolerance**2 * pull
        step = _newton_step(sums.adds, weight, tolerance**2, short)
        pull = pull + np.clip(step, -LONGEST_STEP, LONGEST_STEP)
    return _weights(sums.adds, likely, pull), pull


def _weights(adds: sparse.csr_array, likely: Numbers, pull: Numbers) -> Numbers:
    factor = np.exp(np.clip(np.asarray(adds @ pull), *FACTOR_LIMITS))
    weight: Numbers = np.minimum(likely * factor, 1.0)
    return weight


def _newton_step(adds: sparse.csr_array, weight: Numbers, ridge: Numbers, short: Numbers) -> Numbers:
    """The change of pull that would close what is short, by conjugate gradients.

    Sparse products only: a dense solve would be shared among threads, and its last digits depend on how many.
    """

    def curve(pull: Numbers) -> Numbers:
        """How far the totals move for a change of pull."""
        return np.asarray(adds.T @ (weight * np.asarray(adds @ pull))) + ridge * pull

    size = len(short)
    scale = np.asarray(adds.power(2).T @ weight) + ridge
    operator = linalg.LinearOperator((size, size), matvec=curve, dtype=np.float64)
    nearly = linalg.LinearOperator((size, size), matvec=lambda pull: pull / scale, dtype=np.float64)
    step, _ = linalg.cg(operator, short, rtol=CLOSE_ENOUGH, maxiter=MOST_STEPS, M=nearly)
    return np.asarray(step, dtype=np.float64)


def choose_households(sums: Sums, weight: Numbers, tolerance: Numbers, chance: np.random.Generator) -> Flags:
    """Households drawn by weight, then changed one for another while that brings the totals nearer the goals."""
    scaled = sparse.csr_array(sums.adds / tolerance)
    missing = sums.goals["goal"].to_numpy(dtype=np.float64) / tolerance
    chosen = _draw(weight, chance)
    missing = missing - np.asarray(scaled.T @ chosen.astype(np.float64))
    size = np.asarray(scaled.power(2).sum(axis=1)).ravel()
    able = weight > NEVER_CHOSEN
    for _ in range(MOST_CHANGES):
        changes = _best_changes(scaled, chosen, size, missing, able)
        if not changes:
            break
        for household in changes:
            sign = -1.0 if chosen[household] else 1.0
            chosen[household] = ~chosen[household]
            missing = missing - sign * scaled[[household]].toarray()[0]
    return chosen


def _draw(weight: Numbers, chance: np.random.Generator) -> Flags:
    """A systematic sample: as many households as the weights add up to, give or take one."""
    order = chance.permutation(len(weight))
    steps = np.floor(np.concatenate([[0.0], np.cumsum(weight[order])]) + chance.random())
    chosen = np.zeros(len(weight), dtype=bool)
    chosen[order[np.diff(steps) > 0]] = True
    return chosen


def _best_changes(
    scaled: sparse.csr_array, chosen: Flags, size: Numbers, missing: Numbers, able: Flags
) -> tuple[int, ...]:
    """The coming or going, or the pair of them, that lowers the sum of squared misses most; none if none does.

    A pair is sought among the few best single changes with every other household. Gains are rounded before they
    are compared, so that ties fall the same way on every machine.
    """
    sign = np.where(chosen, -1.0, 1.0)
    gains = np.where(able, 2.0 * sign * np.asarray(scaled @ missing) - size, -np.inf)
    first = np.sort(np.argpartition(-np.round(gains, SAME_GAIN_DECIMALS), LOOKED_AT)[:LOOKED_AT])
    cross = np.asarray(scaled @ scaled[first].toarray().T).T * sign[first][:, None] * sign[None, :]
    both = gains[first][:, None] + gains[None, :] - 2.0 * cross
    both[np.arange(len(first)), first] = gains[first]
    row, column = np.unravel_index(int(np.argmax(np.round(both, SAME_GAIN_DECIMALS))), both.shape)
    if both[row, column] <= LEAST_GAIN:
        return ()
    return (int(first[row]),) if first[row] == column else (int(first[row]), int(column))
