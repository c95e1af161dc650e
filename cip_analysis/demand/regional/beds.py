"""What beds commissioned by several councils together would be filled, beside each commissioning its share alone.

In each future children need such a bed at a rate that follows from the forecast. A bed stands ready or is held: by a
child, or by the turn-round after one. A child for whom none is ready goes elsewhere and is not moved back. So beds
behave as the lines of a telephone exchange do: a loss system, whose answer depends on lengths of stay only through
their mean. Source: Erlang (1917); for any length of stay Sevastyanov (1957); that pooling never carries less, Smith and
Whitt (1981). Choices: docs/decisions/0038-the-region-together.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cip_analysis.demand.accuracy.scores import Numbers

ENDS = (0.1, 0.9)


class BedsError(ValueError):
    """Beds and need cannot be set against each other."""


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """What becomes of some beds.

    beds: how many. filled: expected children in them in each draw. at_most: the same, if a child turned away took a bed
    as soon as one is ready. turned_away: share of those who come for a bed and find none, in each draw. at_a_moment:
    children in them on one day of each future, whole.
    """

    beds: int
    filled: Numbers
    at_most: Numbers
    turned_away: Numbers
    at_a_moment: Numbers

    @property
    def chance_filled(self) -> float:
        """The chance that a bed holds a child on a day of a future; nought where there is none."""
        return float(self.filled.mean() / self.beds) if self.beds else 0.0

    @property
    def range_80(self) -> tuple[float, float]:
        """Children in the beds on a day: eight futures in ten lie between."""
        low, high = np.quantile(self.at_a_moment, ENDS)
        return float(low), float(high)


def blocked(beds: int, load: Numbers) -> Numbers:
    """The share of those who come and find no bed ready: Erlang's loss formula, by its recursion.

    load: mean number who would hold a bed if there were no end of them (comings a day x days held).

    >>> blocked(2, np.array([1.0])).round(3).tolist()
    [0.2]
    """
    share = np.ones_like(load)
    for bed in range(1, beds + 1):
        share = load * share / (bed + load * share)
    return share


def fill(beds: int, need: Numbers, usable: Numbers, rng: np.random.Generator) -> Filled:
    """What becomes of `beds` beds in each future.

    need: children who would be in such beds on a day if there were no end of them, by draw. usable: by draw, the share
    of a held bed's time in which a child is in it; the rest is turn-round and matching. rng: which day is looked at.
    Raises BedsError for fewer than no beds, or a share that is none.
    """
    if beds < 0 or (need < 0).any() or not ((usable > 0) & (usable <= 1)).all():
        raise BedsError(f"{beds} beds cannot be filled: beds and need are nought or more, shares usable above it.")
    load = need / usable
    lost = blocked(beds, load)
    held = (rng.random(len(load))[:, None] > np.cumsum(_chances(beds, load), axis=1)).sum(axis=1)
    there = rng.binomial(np.minimum(held, beds), usable).astype("float64")
    return Filled(beds, usable * load * (1 - lost), usable * _held_if_they_waited(beds, load), lost, there)


def divide_beds(beds: int, sizes: Numbers) -> tuple[int, ...]:
    """Whole beds by councils' sizes, the largest remainders rounded up, so that they add up to `beds`.

    >>> divide_beds(5, np.array([600.0, 300.0, 100.0]))
    (3, 2, 0)
    """
    exact = beds * sizes / sizes.sum()
    whole = np.floor(exact).astype(int)
    largest = np.argsort(-(exact - whole), kind="stable")[: beds - int(whole.sum())]
    whole[largest] += 1
    return tuple(int(each) for each in whole)


def fill_alone(shares: Sequence[int], needs: Numbers, usable: Numbers, rng: np.random.Generator) -> Filled:
    """The same where each council has its own beds and takes nobody else's child: added up over councils.

    shares: beds by council. needs: draws x councils.
    """
    each = [fill(beds, needs[:, place], usable, rng) for place, beds in enumerate(shares)]
    needed = needs.sum(axis=1)
    lost = sum((one.turned_away * needs[:, place] for place, one in enumerate(each)), start=np.zeros(len(needs)))
    return Filled(
        beds=sum(shares),
        filled=np.sum([one.filled for one in each], axis=0),
        at_most=np.sum([one.at_most for one in each], axis=0),
        turned_away=np.divide(lost, needed, out=np.zeros(len(needs)), where=needed > 0),
        at_a_moment=np.sum([one.at_a_moment for one in each], axis=0),
    )


def need_lost_to_distance(together: Filled, alone: Filled, need: Numbers, usable: Numbers) -> float:
    """The share of need that distance could take away before beds together fill no better than beds apart.

    Found by halving: nought where pooling gains nothing, one where it is ahead whatever is lost.
    """
    target, low, high = float(alone.filled.mean()), 0.0, 1.0
    if together.filled.mean() <= target:
        return 0.0
    for _step in range(40):
        middle = (low + high) / 2
        load = need * (1 - middle) / usable
        ahead = float((usable * load * (1 - blocked(together.beds, load))).mean()) > target
        low, high = (middle, high) if ahead else (low, middle)
    return low


def _chances(beds: int, load: Numbers) -> Numbers:
    """The chance that so many beds are held, draws x (nought to `beds`): a Poisson cut off at the beds there are."""
    count = np.arange(beds + 1)
    steps = np.log(np.maximum(load, 1e-300))[:, None] - np.log(np.maximum(count, 1))[None, :]
    logs = np.cumsum(np.where(count > 0, steps, 0.0), axis=1)
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _held_if_they_waited(beds: int, load: Numbers) -> Numbers:
    """The mean of the smaller of `beds` and a Poisson number of that mean."""
    from scipy.stats import poisson  # slow to fetch, and only this wants it

    count = np.arange(beds)
    short = ((beds - count) * poisson.pmf(count, load[:, None])).sum(axis=1)
    return np.asarray(beds - short)
