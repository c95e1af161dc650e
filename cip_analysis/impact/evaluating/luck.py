"""What chance alone does to the statistic tested, under each turnover: known from a plan before any outcome is seen.

Months without any effect are drawn under each turnover and put through the very estimate that outcomes are. How far
the statistic then lies from nought is the yardstick: no table of Student's serves, because the turnover is estimated
from the same few months.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cip_analysis.demand.inputs import Flags, Floats, stream
from cip_analysis.impact.evaluating.carrying import TURNOVERS, Factor, Weighed, Whitened, factors_of, weigh, whiten
from cip_analysis.impact.evaluating.design import Design

REPEATS = 2000


class LuckError(ValueError):
    """What was kept of luck is not what it should be."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Effects of many series, one element a series: logarithm of the rate ratio, its error, and errors needed."""

    effect: Floats
    error: Floats
    needed: Floats

    @property
    def reach(self) -> Floats:
        """How far the interval reaches either side of the effect."""
        return np.asarray(self.needed * self.error)


@dataclass(frozen=True, slots=True, eq=False)
class Luck:
    """How far from nought the statistic lies by chance.

    design: of the plan. factors: the correlation of its months under each turnover; whitened: the design under it.
    surprises: turnover x repeat, in standard errors, ascending along each row.
    """

    design: Design
    factors: tuple[Factor, ...]
    whitened: tuple[Whitened, ...]
    surprises: Floats

    def needed(self, alpha: float) -> Floats:
        """How far it must lie to be called an effect, under each turnover, with that chance of a false alarm."""
        return np.asarray(np.quantile(self.surprises, 1 - alpha, axis=1))

    def needed_for(self, weighed: Weighed, alpha: float) -> Floats:
        """The most that is needed under any turnover an outcome does not rule out, one an outcome."""
        return np.asarray(np.where(weighed.not_ruled_out, self.needed(alpha)[:, None], 0).max(axis=0))

    def judge(self, outcomes: Floats, alpha: float) -> Judged:
        """Many series judged at once. outcomes: logarithms of weeks by exposure, month of the design x series."""
        weighed = weigh(self.whitened, outcomes)
        best = weighed.best, np.arange(outcomes.shape[1])
        return Judged(weighed.effect[best], weighed.error[best], self.needed_for(weighed, alpha))

    def chance(self, surprise: float, possible: Flags) -> float:
        """The chance of as much or more by luck, the largest under any turnover that is possible."""
        repeats = self.surprises.shape[1]
        beyond = [repeats - np.searchsorted(row, surprise) for row in self.surprises[possible]]
        return float((max(beyond) + 1) / (repeats + 1))

    def as_table(self) -> pd.DataFrame:
        """A column a turnover, to be kept."""
        return pd.DataFrame({f"{turnover:.6g}": row for turnover, row in zip(TURNOVERS, self.surprises, strict=True)})


def draw_luck(design: Design, seed: int, repeats: int = REPEATS) -> Luck:
    """What chance alone does under a design. Nothing of the outcome enters."""
    factors = factors_of(design.at)
    whitened = whiten(design, factors)
    noise = stream(seed, "luck of an interrupted series").standard_normal((len(design.at), repeats))
    drawn = (weigh(whitened, factor.lower @ noise).surprise for factor in factors)
    return Luck(design, factors, whitened, np.array([np.sort(surprise) for surprise in drawn]))


def luck_from(table: pd.DataFrame, design: Design) -> Luck:
    """Luck again from what `as_table` made of it. Raises LuckError for a table of other turnovers."""
    if [*table.columns] != [f"{turnover:.6g}" for turnover in TURNOVERS]:
        raise LuckError(f"The table kept has {table.shape[1]} turnovers, not {len(TURNOVERS)}. Draw it again.")
    factors = factors_of(design.at)
    return Luck(design, factors, whiten(design, factors), table.to_numpy("float64").T)
