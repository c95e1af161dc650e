"""How dear a setting's children are, draw by draw and month by month: a queue of their own multiples of its price.

In each draw the children there at the last of outturn stand first, then everyone who comes later, in order. Whoever
comes first leaves first, so those there at a month's end are a window of the queue. Few children make a wide spread,
many a narrow one, and a dear child stays dear while it stays. Choices: docs/decisions/0018-spend-ahead.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cip_analysis.codes import SETTINGS
from cip_analysis.demand.inputs import stream
from cip_analysis.money.pricing.paths import FeePool
from cip_analysis.projections import Projection

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]

BLOCK = 250
"""Draws whose chance is drawn together, however many are asked for: more draws leave the numbers of the first alone."""

LONGEST = 8192
"""Children yet to come whose multiples are drawn; after so many the same ones come round again. A mean of 8,192 fees
that vary by half strays by 0.6%: less than is known of any price."""


def mean_multiples(projection: Projection, setting: str, pool: FeePool, seed: int) -> Numbers:
    """The mean multiple of the setting's children in each month, draw x month: 1 where all are at the mean price.

    In the first month, of those there at its end. In every other, of those at its two ends, whoever is there at both
    counting twice and who came or left within it once; where nobody is at either end, of those who came within it.
    The same seed gives the same child of the queue the same multiple whatever the scenario, the horizon, the number of
    draws or the months asked for.

    By hand: multiples 0.8 and 1.2 there at first, 2.0 comes and 0.8 leaves: (0.8 + 1.2 + 1.2 + 2.0) ÷ 4 = 1.3.
    """
    place = SETTINGS.index(setting)
    if all((some == 1).all() for some in (pool.pool, pool.present)):
        return np.ones((projection.draws, len(projection.months)))
    there = projection.stock[:, :, :, place].sum(axis=2, dtype="int64")
    came = projection.starts[:, :, place].astype("int64") + projection.moves_in[:, :, place].astype("int64")
    parts = []
    for first in range(0, projection.draws, BLOCK):
        rows = slice(first, first + BLOCK)
        chance = f"fees {setting}, draws from {first}"
        parts.append(_mean_of_windows(there[rows], came[rows], pool, (seed, chance)))
    return np.concatenate(parts)


def present_multiples(pool: FeePool, children: int, chance: np.random.Generator) -> Numbers:
    """Multiples of the children there at first, child x draw of a BLOCK, in an order of its own in every draw.

    Where fewer are known than there are children, the rest are drawn from the pool; where more, some stay out.
    """
    unknown = drawn_from(pool, chance.random((BLOCK, max(children - len(pool.present), 0))))
    known = np.broadcast_to(pool.present, (BLOCK, len(pool.present)))
    shuffled = chance.permuted(np.concatenate([known, unknown], axis=1), axis=1)
    return np.asarray(shuffled[:, :children].T, dtype="float64")


def drawn_from(pool: FeePool, uniform: Numbers) -> Numbers:
    """The pool's multiple at each uniform number: the cheapest for the least, so that a change of the pool leaves every
    child its rank.
    """
    order = np.argsort(pool.pool, kind="stable")
    reached = np.cumsum(pool.weights[order], dtype="float64")
    at = np.searchsorted(reached / reached[-1], uniform, side="right")
    return np.asarray(pool.pool[order], dtype="float64")[at]


def _mean_of_windows(there: Whole, came: Whole, pool: FeePool, chance: tuple[int, str]) -> Numbers:
    """`mean_multiples` of a block of draws. there, came: children, draw x month. chance: seed and stage."""
    at_first, draws = int(there[0, 0]), len(there)
    seed, stage = chance
    present = present_multiples(pool, at_first, stream(seed, f"{stage}, there at first"))[:, :draws]
    later = min(int(came.sum(axis=1).max()), LONGEST)
    coming = drawn_from(pool, stream(seed, stage).random((later, BLOCK)))[:, :draws]
    upto = at_first + came.cumsum(axis=1)
    reached, before = np.hsplit(_sums(present, coming, np.concatenate([upto, upto - there], axis=1)), 2)
    window = reached - before
    both, counted = window[:, 1:] + window[:, :-1], there[:, 1:] + there[:, :-1]
    monthly = np.where(counted > 0, both, np.diff(reached, axis=1))
    monthly = monthly / np.maximum(np.where(counted > 0, counted, came[:, 1:]), 1)
    nobody = (counted == 0) & (came[:, 1:] == 0)
    first = window[:, :1] / at_first if at_first else np.ones((draws, 1))
    every = np.concatenate([first, np.where(nobody, 1.0, monthly)], axis=1)
    return np.asarray(np.maximum(every, 0.0))  # a difference of sums may end a hair below nought


def _sums(present: Numbers, coming: Numbers, place: Whole) -> Numbers:
    """Sum of the multiples of all before a place in the queue, draw x month; `coming` comes round for ever."""
    children, draw = len(present), np.arange(len(place))[:, None]
    of_present, of_coming = (
        np.concatenate([np.zeros((1, len(place))), each.cumsum(axis=0)]) for each in (present, coming)
    )
    rounds, rest = np.divmod(np.maximum(place - children, 0), max(len(coming), 1))
    first = of_present[np.minimum(place, children), draw]
    return np.asarray(first + of_coming[-1][:, None] * rounds + of_coming[rest, draw])
