"""What chance makes of a gap: every other council treated in turn as if the programme were its own.

One treated council has no standard error. A council's statistic is its mean gap after over the size of its gaps before,
so that small councils, whose gaps are wide, do not pass for found effects. Source: Abadie et al. (2010), placebos in
space.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cip_analysis.impact.comparing.weighting import Panel, Weighting, alike, gap, weigh

SMALLEST_FIT = 1e-6
WIDEST_FIT = 0.10
MOST = 100.0


class PlaceboError(ValueError):
    """Chance cannot be reckoned from the councils there are."""


@dataclass(frozen=True, slots=True, eq=False)
class Placebos:
    """One council's gap and everyone else's as if treated.

    gaps: year, of the council. weights: of the others. effect: mean gap after (a logarithm). fit: root mean square of
    its gaps before. ratios: of every other, mean gap after over its own fit, with their sign.
    """

    gaps: Panel
    weights: Panel
    effect: float
    fit: float
    ratios: Panel

    @property
    def ratio(self) -> float:
        """The council's own mean gap after, over its fit."""
        return self.effect / self.fit

    @property
    def chance(self) -> float:
        """The chance of a ratio as far from nought, either way, if nothing happened: its rank among all of them."""
        return (1 + int((np.abs(self.ratios) >= abs(self.ratio)).sum())) / (1 + len(self.ratios))

    def reach(self, alpha: float) -> float:
        """How far from what was found an effect may lie and not be refused at `alpha`: infinite with too few others.

        The test turned round: as many others as alpha allows lie beyond, so with ten, nothing is sure to one in twenty.
        """
        beyond = int(np.floor(alpha * (1 + len(self.ratios)) + 1e-9))
        return float(np.sort(np.abs(self.ratios))[-beyond] * self.fit) if beyond else float("inf")

    def interval(self, alpha: float) -> tuple[float, float]:
        """Effects not refused at `alpha`, as shares: from, to. By hand: -0.2 with a reach of 0.1 is -26% to -10%."""
        reach = self.reach(alpha)
        return float(np.expm1(self.effect - reach)), float(np.expm1(min(self.effect + reach, MOST)))


def try_everyone(panel: Panel, treated: int, before: int, how: Weighting | None) -> Placebos:
    """The council of one row, and every other as if it were, with the council itself left out of what stands for them.

    panel: unit x year, whole. before: how many years come first. how: none for everyone weighed alike.
    Raises PlaceboError with fewer than two others, or without years before and after.
    """
    alone = try_one(panel, treated, before, how)
    others = np.delete(np.arange(len(panel)), treated)
    ratios = []
    for other in others:
        apart, _ = _gap_of(panel, int(other), others[others != other], before, how)
        ratios.append(apart[before:].mean() / _fit(apart, before))
    return replace(alone, ratios=np.array(ratios))


def try_one(panel: Panel, treated: int, before: int, how: Weighting | None) -> Placebos:
    """The council of one row alone, with no placebos: whoever treats every council in turn has them already.

    Raises PlaceboError as `try_everyone` does.
    """
    others = np.delete(np.arange(len(panel)), treated)
    if len(others) < 2 or before < 2 or before >= panel.shape[1]:
        raise PlaceboError(
            f"{len(others)} others, {before} years before and {panel.shape[1] - before} after: there must be two "
            "others, two years before and one after."
        )
    gaps, weights = _gap_of(panel, treated, others, before, how)
    return Placebos(gaps, weights, float(gaps[before:].mean()), _fit(gaps, before), np.zeros(0))


def smallest_found(placebos: Placebos, alpha: float, power: float) -> float:
    """The smallest fall, a share below nought, found with so much power at `alpha`; not a number where none ever is.

    placebos: of years before alone, so that no outcome has been seen. A fall is found where the council's ratio, moved
    by it from what chance gave each other, lies beyond the reach.
    """
    reach = placebos.reach(alpha)
    if not np.isfinite(reach):
        return float("nan")
    by_chance = placebos.ratios * placebos.fit
    needed = np.sort(np.maximum(by_chance + reach, 0.0))
    place = min(len(needed) - 1, int(np.ceil(power * len(needed))) - 1)
    return float(np.expm1(-needed[place]))


def leave_each_out(panel: Panel, treated: int, before: int, how: Weighting | None) -> Panel:
    """The effect without each other in turn, in their order: one that carries it alone shows."""
    others = np.delete(np.arange(len(panel)), treated)
    return np.array([_gap_of(panel, treated, others[others != one], before, how)[0][before:].mean() for one in others])


def _gap_of(
    panel: Panel, unit: int, others: NDArray[np.int64], before: int, how: Weighting | None
) -> tuple[Panel, Panel]:
    own, rest = panel[unit], panel[others]
    weights = alike(rest) if how is None else weigh(own[:before], rest[:, :before], panel.shape[1] - before, how)
    return gap(own, rest, weights, before, level=how is None or how.level), weights


def _fit(apart: Panel, before: int) -> float:
    """Root mean square of the gaps before; never quite nought."""
    return max(float(np.sqrt(np.mean(apart[:before] ** 2))), SMALLEST_FIT)
