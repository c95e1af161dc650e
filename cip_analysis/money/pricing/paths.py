"""The record of what a week of care may cost ahead: beside a Projection it is all that pricing needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from cip_analysis.codes import SETTINGS
from cip_analysis.contracts import RecordError

Numbers = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class FeePool:
    """How children's own prices in one setting lie about its mean, as multiples of it.

    present: of the children there on the last day of outturn, in no order; where fewer are known than were there, the
    rest are as of the pool. pool: those a child yet to come may have, each as likely as `weights` says (they sum to 1;
    the mean of the pool so weighed is 1).
    """

    present: Numbers
    pool: Numbers
    weights: Numbers

    def __post_init__(self) -> None:
        if not len(self.pool) or len(self.pool) != len(self.weights):
            raise RecordError("FeePool: a pool needs a multiple or more, and as many weights.")
        if abs(float(self.weights.sum()) - 1) > 1e-9 or abs(float((self.pool * self.weights).sum()) - 1) > 1e-9:
            raise RecordError("FeePool: the weights must sum to 1, and the pool so weighed must have a mean of 1.")
        if min(self.pool.min(), self.weights.min(), self.present.min(initial=0)) < 0:
            raise RecordError("FeePool: a multiple or a weight lies below nought.")

    @classmethod
    def flat(cls) -> FeePool:
        """Everyone at the mean: where no fees by child are known."""
        return cls(present=np.ones(0), pool=np.ones(1), weights=np.ones(1))


@dataclass(frozen=True, slots=True, eq=False)
class PricePaths:
    """What a child-week may cost ahead, draw by draw, on the months of a Projection.

    months: month ends, as the Projection's. level: £ a child-week, the mean of the setting's children, an array of
    draw x month x setting (codes.SETTINGS), in `price_base`: "nominal" or e.g. "2017/18 prices". pools: setting ->
    how children's own prices lie about that mean. basis: where the prices come from, in words. notes: every fallback.
    """

    months: tuple[date, ...]
    level: Numbers
    pools: Mapping[str, FeePool]
    price_base: str
    basis: str
    notes: tuple[str, ...] = ()
    synthetic: bool = False

    def __post_init__(self) -> None:
        if self.level.shape[1:] != (len(self.months), len(SETTINGS)):
            raise RecordError(f"PricePaths: level has shape {self.level.shape}, not draws by months by settings.")
        if not np.isfinite(self.level).all() or self.level.min(initial=0) < 0:
            raise RecordError("PricePaths: a price is not a number, or lies below nought.")
        if missing := set(SETTINGS) - set(self.pools):
            raise RecordError(f"PricePaths: no pool of fees for {', '.join(sorted(missing))}.")

    @property
    def draws(self) -> int:
        """How many futures of prices there are."""
        return len(self.level)
