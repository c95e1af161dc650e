"""A change in spend taken apart cell by cell, in whole pence, so that the parts add up to it exactly.

The order of the parts is our choice, and so is where a penny of rounding goes: docs/decisions/0019-drivers-of-spend.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pence = NDArray[np.int64]
Days = NDArray[np.float64]
Factor = float | NDArray[np.float64]

ELEMENTS = ("volume", "mix", "inflation", "price", "without_days")
NOTHING: Pence = np.zeros((), dtype="int64")
ALL_DAYS = -1


class DriversError(ValueError):
    """A change in spend cannot be taken apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Child-days and spend of one year: arrays of one shape, the last axis the cells (settings, platforms).

    days: nights in care, not below nought. pence: spend, whole pence, credits below nought.
    """

    days: Days
    pence: Pence

    def __post_init__(self) -> None:
        if self.days.shape != self.pence.shape:
            raise DriversError(
                f"Child-days have shape {self.days.shape}, spend {self.pence.shape}: they must be alike."
            )
        if not np.isfinite(self.days).all() or self.days.min(initial=0) < 0:
            raise DriversError("Child-days must be numbers of nought or more. Look at the counts of this year's days.")


def growth_of(before: Days, after: Days) -> NDArray[np.float64]:
    """All child-days after ÷ all before, the last axis kept at length one. Raises DriversError for none before."""
    there = before.sum(axis=-1, keepdims=True)
    if (there <= 0).any():
        raise DriversError("The earlier year has no child-days, so nothing can be said of what changed. Take another.")
    return np.asarray(after.sum(axis=-1, keepdims=True) / there)


def take_apart(
    before: Cells, after: Cells, growth: Factor, index: Factor, *, price_first: bool = False
) -> dict[str, Pence]:
    """Each cell's change in spend as ELEMENTS, in whole pence that add up to it exactly.

    growth: all child-days after ÷ all before. index: general price index of the later year ÷ of the earlier.
    A cell's price p is its spend ÷ its child-days. With q its child-days, old and new as 0 and 1:
    volume = p0 × q0 × (growth - 1); mix = p0 × (q1 - q0 × growth); inflation = p0 × q1 × (index - 1);
    price (beyond inflation) = q1 × (p1 - p0 × index). So volume and mix are at old prices, the others on new days.
    price_first: the other order: inflation and price on old days, volume and mix at new prices.
    A cell without child-days in one year has no price to compare: all it adds or takes beyond volume is mix. Spend
    without child-days is an element of its own, without_days. Rounding goes to price, or to mix where there is none.
    Source: Laspeyres quantity index and Paasche price index, the usual pair; DOMAIN: volume at old mix and price.

    By hand: 100 days at £10 and 100 at £30 become 120 at £11 and 130 at £33, with an index of 1.02. The change of
    £1,610 is volume 4,000 × 0.25 = 1,000, mix (120 - 125) × 10 + (130 - 125) × 30 = 100, inflation (1,200 + 3,900) ×
    0.02 = 102 and price 120 × 0.80 + 130 × 2.40 = 408.
    """
    had, has = np.broadcast_arrays(before.days > 0, after.days > 0)
    old, new = np.where(had, before.pence, 0), np.where(has, after.pence, 0)
    both = had & has
    change = (after.pence - before.pence) + np.zeros_like(old)
    was = old / np.where(had, before.days, 1.0)
    if price_first:
        at_new_price = np.where(both, new / np.where(has, after.days, 1.0) * before.days, old)
        inflation = _pence(np.where(both, old * (index - 1), 0.0))
        price = _pence(np.where(both, at_new_price - old, 0.0)) - inflation
        volume = _pence(at_new_price * (growth - 1))
        mix = new - old - volume - inflation - price
    else:
        inflation = _pence(np.where(both, was * after.days * (index - 1), 0.0))
        volume = _pence(old * (growth - 1))
        mix = np.where(both, _pence(was * (after.days - before.days * growth)), new - old - volume)
        price = new - old - volume - inflation - mix
    return dict(zip(ELEMENTS, (volume, mix, inflation, price, change - (new - old)), strict=True))


def _pence(exact: NDArray[np.float64]) -> Pence:
    """Rounded to whole pence."""
    return np.rint(exact).astype("int64")
