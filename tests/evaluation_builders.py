"""Small builders for evaluations: a plan, a monthly series, a cohort of children followed."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from cip_analysis.evaluation_settings import EvaluationPlan
from cip_analysis.impact.evaluating.monthly import Monthly
from cip_analysis.impact.evaluating.spells import CAUSES, STILL, Cohort

PLAN = {
    "key": "trial", "title": "A trial", "programme": "A programme", "outcome": "weeks of care",
    "settings": ("external residential",), "start": date(2015, 4, 1), "full_by": date(2015, 10, 1),
    "pre_from": date(2012, 4, 1), "pre_to": date(2015, 3, 31), "post_to": date(2017, 3, 31), "effect": -0.15,
    "source": "invented", "owner": "nobody", "agreed": date(2014, 7, 6),
}  # fmt: skip


def a_plan(**changes: object) -> EvaluationPlan:
    """A plan of 36 months before and 24 after, with `changes` to it."""
    return EvaluationPlan.model_validate({**PLAN, **changes})


def a_series(weeks: np.ndarray, first: str = "2012-04-30") -> Monthly:
    """Weeks of care in months from the one that ends on `first`."""
    months = pd.date_range(first, periods=len(weeks), freq="ME")
    return Monthly(months, np.asarray(weeks, dtype="float64"), np.ones(len(weeks)), 100, True)


def steady_weeks(months: int, series: int, seed: int, children: float = 60.0, stay: float = 12.0) -> np.ndarray:
    """Weeks of care, series x month from April 2012, where children come one by one and stay so many months."""
    chance, left = np.random.default_rng(seed), np.exp(-1 / stay)
    there = chance.poisson(children, series)
    days = pd.date_range("2012-04-30", periods=months, freq="ME").days_in_month.to_numpy()
    out = np.empty((series, months))
    for month in range(months):
        before = there
        there = chance.binomial(there, left) + chance.poisson(children * (1 - left), series)
        out[:, month] = (before + there) / 2 * days[month] / 7
    return out


def a_cohort(*ended: tuple[int, str], strata: tuple[str, ...] = ()) -> Cohort:
    """A cohort of children followed for so many days who left by so: (days, way out, or "still there")."""
    cause = [CAUSES.index(way) if way in CAUSES else STILL for _days, way in ended]
    return Cohort(np.arange(len(ended)), np.array([days for days, _way in ended]), np.array(cause),
                  strata or ("all",) * len(ended))  # fmt: skip
