"""Value for money of an effect found: what the weeks not had would have cost, beside what the programme cost."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cip_analysis.demand.inputs import MONTHS_IN_YEAR
from cip_analysis.evaluation_settings import EvaluationPlan
from cip_analysis.impact.interrupted import Interrupted

COLUMNS = ("estimate", "weeks_not_had", "worth_gbp", "programme_gbp", "net_gbp", "programme_gbp_per_week")


class WorthError(ValueError):
    """A week in a setting of the plan has no price."""


def price_of(plan: EvaluationPlan, weekly: Mapping[str, float]) -> float:
    """£ that a week not had spares: the mean price in the plan's settings less that of where the child then lives.

    weekly: setting -> £ a child-week. Raises WorthError naming the settings without a price.
    """
    wanted = [*plan.settings, *([plan.goes_to] if plan.goes_to else [])]
    if unpriced := [name for name in wanted if name not in weekly]:
        raise WorthError(f"{', '.join(unpriced)} has no weekly price. Add it to config/assumptions.toml.")
    spared = float(np.mean([weekly[name] for name in plan.settings]))
    return spared - (weekly[plan.goes_to] if plan.goes_to else 0.0)


def value_for_money(found: Interrupted, weekly: Mapping[str, float]) -> pd.DataFrame:
    """The estimate and both ends of its interval, a row each: COLUMNS, £ of the prices' year, over the months after.

    A programme's running cost is counted for every month from its first. programme_gbp_per_week: its cost for each week
    not had; blank where no week was spared. Below nought, more weeks were had, and money was lost.
    """
    plan, spared = found.plan, price_of(found.plan, weekly)
    months = len(plan.months_after)
    cost = plan.one_off_gbp + plan.running_cost_gbp * months / MONTHS_IN_YEAR
    weeks = np.array([found.weeks, *sorted((found.weeks_low, found.weeks_high))])
    per_week = np.where(weeks > 0, cost / np.where(weeks > 0, weeks, 1.0), np.nan)
    return pd.DataFrame(
        dict(zip(COLUMNS, (["estimate", "low end", "high end"], weeks, weeks * spared, cost, weeks * spared - cost,
                           per_week), strict=True))
    )  # fmt: skip
