"""Interrupted series: whether weeks of care changed with a programme by more than they change by themselves.

A regression of the logarithm of monthly weeks, a day and child of the population, on trend, season and the programme,
in which months carry over to one another because children stay (impact/evaluating/carrying.py). How large an effect
must be to be told from luck is worked out from the plan alone (impact/evaluating/luck.py), and what the design could
find from the months before alone (impact/evaluating/finding.py).

    design = lay_out(plan); luck = draw_luck(design, seed)      # before outcomes
    found = find_effect(monthly, plan, luck)

Choices, and how often it is wrong: docs/decisions/0032-evaluation.md, docs/accuracy.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from statsmodels.stats.contrast import ContrastResults

from cip_analysis.demand.inputs import DAYS_IN_YEAR, MONTHS_IN_YEAR, Floats
from cip_analysis.evaluation_settings import EvaluationPlan
from cip_analysis.impact.evaluating.carrying import (
    TURNOVERS,
    Weighed,
    Whitened,
    coefficients,
    weigh,
)
from cip_analysis.impact.evaluating.design import Design
from cip_analysis.impact.evaluating.luck import Luck
from cip_analysis.impact.evaluating.monthly import DAYS_IN_WEEK, Monthly

FEWEST_CHILDREN = 5.0
WEEKS_IN_MONTH = DAYS_IN_YEAR / MONTHS_IN_YEAR / DAYS_IN_WEEK
OURS, NAIVE, ROBUST = "months carried over", "months taken as independent", "Newey-West errors"


class InterruptedSeriesError(ValueError):
    """An interrupted series has months missing, or too few children."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """One regression.

    weighed: under every turnover, of one outcome. best: the place of the likeliest. whitened: under it. outcome:
    logarithm of weeks a day and child of the population. coefficients: of the terms. expected: weeks they expect.
    """

    weighed: Weighed
    best: int
    whitened: Whitened
    outcome: Floats
    coefficients: Floats
    expected: Floats

    @property
    def scale(self) -> float:
        """The variance of a month's deviation, as a share."""
        return float(self.weighed.scale[self.best, 0])


@dataclass(frozen=True, slots=True, eq=False)
class Interrupted:
    """What an interrupted series found.

    change: of weeks once all of the effect has come, as a share (-0.15 is 15% fewer), with `low` and `high` of its
    interval at 1 - alpha. p_value: the chance of as much or more by luck. needed, surprise: how many standard errors
    from nought were needed, and were found. weeks: taken away since it began (`weeks_low`, `weeks_high`), less than
    nought where there were more. turnover: children who leave a month, as a share, likeliest and the two ends not
    ruled out. dispersion: variance beside that of children who come and go one by one. carried: correlation of one
    month's deviation with the next's. left_over: the same once what carries over is taken out; near nought where
    the model serves. path: month, seen_weeks, expected_weeks, without_weeks, low_weeks, high_weeks (the last three
    blank before the programme). ways: what other ways of reckoning would have said: way, change, low, high, p_value.
    """

    plan: EvaluationPlan
    change: float
    low: float
    high: float
    p_value: float
    needed: float
    surprise: float
    weeks: float
    weeks_low: float
    weeks_high: float
    turnover: tuple[float, float, float]
    dispersion: float
    carried: float
    left_over: float
    path: pd.DataFrame
    ways: pd.DataFrame

    @property
    def is_found(self) -> bool:
        """Whether it is told from luck at the plan's own chance of a false alarm."""
        return self.surprise > self.needed


def find_effect(monthly: Monthly, plan: EvaluationPlan, luck: Luck) -> Interrupted:
    """What the plan's months say of its programme.

    luck: of the plan's own design. Raises InterruptedSeriesError where a month of the plan is missing, where there
    are fewer than 5 children at a time, or a month with nobody.
    """
    design = luck.design
    seen = take_months(monthly, design)
    refuse_few(seen, plan)
    fitted = fit(seen, design, luck.whitened)
    needed = float(luck.needed_for(fitted.weighed, plan.alpha)[0])
    effect = float(design.tested @ fitted.coefficients)
    error = float(fitted.weighed.error[fitted.best, 0])
    surprise = abs(effect) / error
    change, low, high = (float(np.expm1(effect + side * needed * error)) for side in (0, -1, 1))
    path = _path(seen, design, fitted, needed)
    weeks, weeks_low, weeks_high = (float((path[name] - path["seen_weeks"]).sum())
                                    for name in ("without_weeks", "low_weeks", "high_weeks"))  # fmt: skip
    possible = fitted.weighed.not_ruled_out[:, 0]
    likely = [TURNOVERS[place] for place in np.flatnonzero(possible)]
    ways = pd.DataFrame([_way(OURS, change, low, high, luck.chance(surprise, possible)),
                         *other_ways(seen, design, plan.alpha)])  # fmt: skip
    return Interrupted(
        plan, change, low, high, float(ways["p_value"].iloc[0]), needed, surprise, weeks, weeks_low, weeks_high,
        (TURNOVERS[fitted.best], likely[0], likely[-1]), fitted.scale * float(seen.child_weeks.mean()) / WEEKS_IN_MONTH,
        *_correlations(seen, fitted), path, ways,
    )  # fmt: skip


def take_months(monthly: Monthly, design: Design) -> Monthly:
    """The months of a design, in its order. Raises InterruptedSeriesError counting those that are not there."""
    places = monthly.months.get_indexer(design.months)
    if (missing := places < 0).any():
        raise InterruptedSeriesError(
            f"{int(missing.sum())} months of the plan have no weeks, first {design.months[missing][0]:%B %Y}. "
            "Add the returns they are in, or leave them out in the plan, with the reason."
        )
    return Monthly(
        monthly.months[places], monthly.child_weeks[places], monthly.population[places], monthly.children,
        monthly.synthetic,
    )  # fmt: skip


def refuse_few(seen: Monthly, plan: EvaluationPlan) -> None:
    """Refuse a series of so few children that one of them is an effect."""
    children = float(seen.child_weeks.mean()) / WEEKS_IN_MONTH
    if children < FEWEST_CHILDREN:
        raise InterruptedSeriesError(
            f"{plan.key}: fewer than {FEWEST_CHILDREN:.0f} children at a time live in {', '.join(plan.settings)}, too "
            "few for a series to be told from luck. Take more settings together, or follow the children one by one."
        )


def fit(seen: Monthly, design: Design, whitened: Sequence[Whitened]) -> Fitted:
    """The regression at the likeliest turnover. Raises InterruptedSeriesError where a month has nobody in it."""
    if nobody := int((seen.child_weeks == 0).sum()):
        raise InterruptedSeriesError(
            f"{nobody} months have no week of care at all, so no share of them can change. Take more settings "
            "together, or follow the children one by one."
        )
    outcome = np.log(seen.child_weeks / seen.exposure)
    weighed = weigh(whitened, outcome[:, None])
    best = int(weighed.best[0])
    terms = coefficients(whitened[best], outcome)
    expected = np.exp(design.matrix @ terms) * seen.exposure
    return Fitted(weighed, best, whitened[best], outcome, terms, expected)


def _independent(seen: Monthly, design: Design) -> sm.GLMResults:
    """The same regression with months taken as independent."""
    model = sm.GLM(seen.child_weeks, design.matrix, family=sm.families.Poisson(), exposure=seen.exposure)
    return model.fit(scale="X2")


def _path(seen: Monthly, design: Design, fitted: Fitted, needed: float) -> pd.DataFrame:
    """The weeks of each month, what the terms expect of it, and what would have been without the programme."""
    moved = design.acting @ fitted.coefficients
    best = fitted.whitened.terms
    spread = needed * np.sqrt(((design.acting @ best) ** 2).sum(axis=1) * fitted.scale)
    after, weeks = design.after, seen.child_weeks
    without = {"without_weeks": 0.0, "low_weeks": 1.0, "high_weeks": -1.0}
    lines = {name: np.where(after, weeks * np.exp(-moved - side * spread), np.nan) for name, side in without.items()}
    return pd.DataFrame({"month": seen.months, "seen_weeks": weeks, "expected_weeks": fitted.expected, **lines})


def _correlations(seen: Monthly, fitted: Fitted) -> tuple[float, float]:
    """How one month's deviation goes with the next's, before and after what carries over is taken out."""
    plain = np.log(seen.child_weeks / fitted.expected)
    fresh = fitted.whitened.inverse @ plain
    return _next_to(plain), _next_to(fresh)


def _next_to(values: Floats) -> float:
    """The correlation of each value with the next."""
    return float(np.corrcoef(values[1:], values[:-1])[0, 1])


# ---- what other ways would have said ----------------------------------------------------------------------------


def other_ways(seen: Monthly, design: Design, alpha: float) -> Sequence[dict[str, object]]:
    """Two ways in common use, for comparison alone: both call luck an effect far too often on weeks of care."""
    plain = _independent(seen, design)
    lags = int(np.floor(4 * (len(design.at) / 100) ** (2 / 9)))
    robust = sm.GLM(seen.child_weeks, design.matrix, family=sm.families.Poisson(), exposure=seen.exposure).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}
    )
    return [_way_of(way, results.t_test(design.tested), alpha) for way, results in ((NAIVE, plain), (ROBUST, robust))]


def _way_of(way: str, test: ContrastResults, alpha: float) -> dict[str, object]:
    """One way's effect as shares."""
    ends = np.expm1([np.ravel(test.effect)[0], *test.conf_int(alpha)[0]])
    return _way(way, *(float(end) for end in ends), float(np.ravel(test.pvalue)[0]))


def _way(way: str, *figures: float) -> dict[str, object]:
    return {"way": way, **dict(zip(("change", "low", "high", "p_value"), figures, strict=True))}
