"""What a design could find, worked out from the months before the programme and from nothing after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cip_analysis.demand.inputs import Floats, stream
from cip_analysis.evaluation_settings import EvaluationPlan
from cip_analysis.impact.evaluating.carrying import TURNOVERS, factors_of, whiten
from cip_analysis.impact.evaluating.design import FEWEST_BEFORE
from cip_analysis.impact.evaluating.luck import Judged, Luck
from cip_analysis.impact.evaluating.monthly import Monthly
from cip_analysis.impact.interrupted import Fitted, InterruptedSeriesError, fit, refuse_few, take_months

REPEATS = 4000
LEAN = 0.5
"""Slow turnover is weighed up by its power of -1/2: a few years show less of what drifts slowly than there is of it."""
CURVE = (0.0, 0.05, 0.10, 0.15, 0.20, 0.30, 0.40, 0.50, 0.60)


@dataclass(frozen=True, slots=True, eq=False)
class Findable:
    """What a design could find: of series drawn as the months before say they come, with falls planted in them.

    fall, rise: the smallest change of weeks that would be found with the plan's chance, as shares; rise is without
    end where no rise would be. curve: fall (share of weeks), power. at_effect: the chance of finding the plan's own.
    months_before, months_after: how many months it was worked out from, and how many would follow.
    is_enough: whether the effect worth finding is found as surely as the plan asks.
    """

    fall: float
    rise: float
    curve: pd.DataFrame
    at_effect: float
    months_before: int
    months_after: int
    is_enough: bool


def what_is_findable(monthly: Monthly, plan: EvaluationPlan, luck: Luck, seed: int) -> Findable:
    """The smallest effect that a plan would find, and the chance of finding others.

    monthly: may run past the months before, which are not looked at, or end within them: those there are must do.
    luck: of the plan's own design. Raises what `find_effect` raises, and InterruptedSeriesError where fewer than 12 of
    the months before are known.
    """
    before = luck.design.before(monthly.months)
    if (known := len(before.months)) < FEWEST_BEFORE:
        raise InterruptedSeriesError(
            f"{plan.key}: {known} months before the programme are known, too few to say what it could find; it needs "
            f"{FEWEST_BEFORE}. Wait, or add earlier years of returns."
        )
    seen = take_months(monthly, before)
    refuse_few(seen, plan)
    drawn = _drawn(fit(seen, before, whiten(before, factors_of(before.at))), (luck, plan.alpha), seed)
    effects, least = drawn.effect, drawn.reach
    power = [_power(effects, least, np.log1p(-fall)) for fall in CURVE]
    curve = pd.DataFrame({"fall_share": CURVE, "chance_of_finding": power})
    at_effect = _power(effects, least, float(np.log1p(plan.effect)))
    fall = float(-np.expm1(-np.quantile(least + effects, plan.power)))
    rise = float(np.expm1(np.quantile(least - effects, plan.power)))
    return Findable(fall, rise, curve, at_effect, known, int(luck.design.after.sum()), at_effect >= plan.power)


def _power(effects: Floats, least: Floats, planted: float) -> float:
    """The share of draws that find a planted effect (a logarithm) the right way round; of nought, either way."""
    if not planted:
        return float((np.abs(effects) > least).mean())
    return float((np.sign(planted) * (effects + planted) > least).mean())


def _drawn(before: Fitted, tested: tuple[Luck, float], seed: int) -> Judged:
    """Effects, errors and what is needed, of series without an effect, drawn as the months before say.

    Turnover is drawn by how likely each is, slow ones more (LEAN); the spread about the terms as little as it is known.
    """
    luck, alpha = tested
    chance = stream(seed, "what an interrupted series can find")
    likelihood = before.weighed.likelihood[:, 0]
    weight = np.exp(likelihood - likelihood.max()) * np.minimum(TURNOVERS, TURNOVERS[-2]) ** -LEAN
    times = chance.multinomial(REPEATS, weight / weight.sum())
    free = len(before.expected) - len(before.coefficients)
    parts: list[Floats] = []
    for place in np.flatnonzero(times):
        scale = before.weighed.scale[place, 0] * free / chance.chisquare(free, times[place])
        noise = chance.standard_normal((len(luck.design.at), times[place]))
        parts.append(luck.factors[place].lower @ noise * np.sqrt(scale))
    return luck.judge(np.concatenate(parts, axis=1), alpha)


def longer(plan: EvaluationPlan, months: Sequence[int]) -> list[EvaluationPlan]:
    """The same plan with so many months after it begins."""
    first = pd.Timestamp(plan.start)
    ends = [first + pd.offsets.MonthEnd(0) + pd.offsets.MonthEnd(number - 1) for number in months]
    return [plan.model_copy(update={"post_to": end.date()}) for end in ends if end.date() > plan.in_full]
