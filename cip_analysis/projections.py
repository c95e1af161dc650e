"""The record of what may come: every child played forward, and the statistics of it that are written out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from cip_analysis.codes import AGE_BANDS, SETTINGS, WAYS_OUT

Counts = NDArray[np.integer]
Numbers = NDArray[np.floating]
CHECKED_AT_ONCE = 100
"""Draws whose accounts are checked together: a check of all at once would need as much room again as they do."""

BASELINE = "baseline"
"""The name of the scenario in which nothing is decided."""

FLOWS = ("starts", "ceases", "moves_in", "moves_out")
BY_SETTING = (*FLOWS, "child_days", "child_days_present")


class ProjectionError(ValueError):
    """What was played forward breaks its own accounts."""


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Every child played forward, draw by draw: whatever yields one of these can be priced, scored and drawn.

    scenario, method: the scenario's name (BASELINE for none) and how starts were forecast. months: month ends, the
    first of them the last of outturn. stock: children at each, an array of draw x month x age band (codes.AGE_BANDS)
    x setting (codes.SETTINGS). starts, ceases, moves_in, moves_out: in the month ending then, draw x month x setting;
    noughts in the first month. ways_out: ceases by draw x month x way out (codes.WAYS_OUT). unaccompanied: children
    of `stock` who are unaccompanied asylum seekers, draw x month. child_days, child_days_present: days in care
    in the month, draw x month x setting, of all children and of those already in care at the first month's end.
    notes: every fallback taken, in words for the page. No cell is ever below nought. Counts are whole numbers of 8, 16
    or 32 bits with a sign: a difference of two holds as it is, and sums (numpy's widen by themselves) are cast first.
    """

    scenario: str
    method: str
    months: tuple[date, ...]
    stock: Counts
    starts: Counts
    ceases: Counts
    moves_in: Counts
    moves_out: Counts
    ways_out: Counts
    unaccompanied: Counts
    child_days: Numbers
    child_days_present: Numbers
    notes: tuple[str, ...] = ()
    synthetic: bool = False

    def __post_init__(self) -> None:
        draws, months = len(self.stock), len(self.months)
        by_setting = (draws, months, len(SETTINGS))
        wanted = {
            "stock": (draws, months, len(AGE_BANDS), len(SETTINGS)), "ways_out": (draws, months, len(WAYS_OUT)),
            "unaccompanied": (draws, months), **dict.fromkeys(BY_SETTING, by_setting),
        }  # fmt: skip
        for name, shape in wanted.items():
            if getattr(self, name).shape != shape:
                raise ProjectionError(f"Projection: {name} has shape {getattr(self, name).shape}, not {shape}.")
            if getattr(self, name).min(initial=0) < 0:
                raise ProjectionError(f"Projection: {name} falls below nought.")
        if draws and (self.stock[:, 0] != self.stock[0, 0]).any():
            raise ProjectionError("Projection: draws do not all begin from the same outturn.")
        self._check_identity()

    def _check_identity(self) -> None:
        """Refuse a projection whose stock does not follow from its flows, in any draw, month or setting."""
        broken = unlike = 0
        for first in range(0, self.draws, CHECKED_AT_ONCE):
            rows = slice(first, first + CHECKED_AT_ONCE)
            change = np.diff(self.stock[rows].sum(axis=2, dtype="int32"), axis=1)
            net = self.starts[rows].astype("int32") - self.ceases[rows] + self.moves_in[rows] - self.moves_out[rows]
            broken += int((change != net[:, 1:]).sum())
            ceased = self.ceases[rows].sum(axis=2, dtype="int64")
            unlike += int((self.ways_out[rows].sum(axis=2, dtype="int64") != ceased).sum())
        if broken:
            raise ProjectionError(f"Projection: stock does not follow from its flows in {broken} months and settings.")
        if unlike:
            raise ProjectionError("Projection: children who leave are not the sum of the ways out.")

    @property
    def draws(self) -> int:
        """How many futures were played."""
        return len(self.stock)

    @property
    def total(self) -> Counts:
        """Children in all, draw x month."""
        return np.asarray(self.stock.sum(axis=(2, 3), dtype="int64"))


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """Children in all, draw by draw, and no more: what published figures alone can tell of the years ahead.

    months: month ends, the first of them the last of outturn. total: draw x month, whole and never below nought; every
    draw begins from the same outturn. scenario, method, notes: as a Projection's.
    """

    months: tuple[date, ...]
    total: Counts
    method: str
    scenario: str = BASELINE
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.total.ndim != 2 or self.total.shape[1] != len(self.months):
            raise ProjectionError(f"Totals: {self.total.shape} is not draws by {len(self.months)} months.")
        if self.total.min(initial=0) < 0:
            raise ProjectionError("Totals: fall below nought.")
        if len(self.total) and (self.total[:, 0] != self.total[0, 0]).any():
            raise ProjectionError("Totals: draws do not all begin from the same outturn.")

    @property
    def draws(self) -> int:
        """How many futures were drawn."""
        return len(self.total)
