"""Options weighed beside doing nothing, draw by draw: the door to effects, flows, worth, sensitivity and the budget.

    effects = effects_of(nothing, spend_under_the_option, years)        # on the baseline's own draws
    weighed = appraise(option, effects, ground)                         # -> Appraisal
    weigh_options([weighed, ...]); tornado(...), switching_values(...), variance_shares(...)

Worth is real and discounted, to society, whoever pays; the budget is nominal, the council's own and not discounted. The
two are never added. Choices: docs/decisions/0030-options-appraisal.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cip_analysis.money.appraising.building import Factor, Ground, build_basis, judge
from cip_analysis.money.appraising.discounting import discount_factors, present_value
from cip_analysis.money.appraising.effects import Effects, EffectsError, effects_of
from cip_analysis.money.appraising.financing import Budget, Terms, budget_of, years_to_pay_back
from cip_analysis.money.appraising.flows import CAPITAL, Basis, Flows, flows_of
from cip_analysis.money.appraising.sensitivity import (
    SensitivityError,
    sobol_shares,
    switching_values,
    tornado,
    variance_shares,
)
from cip_analysis.work_package_settings import Option

__all__ = [
    "Appraisal", "AppraisalError", "Basis", "Budget", "Effects", "EffectsError", "Factor", "Flows", "Ground",
    "SensitivityError", "Terms", "appraise", "budget_of", "discount_factors", "effects_of", "present_value",
    "sobol_shares", "switching_values", "tornado", "variance_shares", "weigh_options", "years_to_pay_back",
]  # fmt: skip

Draws = NDArray[np.float64]
WEIGHED = [
    "option", "mean_npsv_gbp", "p10_npsv_gbp", "p50_npsv_gbp", "p90_npsv_gbp", "chance_worse", "benefit_gbp",
    "cost_gbp", "benefit_cost_ratio", "chance_pays_back", "p50_payback_years", "fewer_weeks", "cost_per_week_gbp",
]  # fmt: skip
FEWEST_WEEKS = 26.0
"""Child-weeks, discounted, below which a cost for each of them says nothing."""


class AppraisalError(ValueError):
    """An appraisal breaks its own accounts."""


@dataclass(frozen=True, slots=True, eq=False)
class Appraisal:
    """One option beside doing nothing, a row a draw: what it is worth, year by year, and what that rests on.

    effects, basis, factors: what its flows are made of, and what is judged. flows: row x year, £ in `price_base`.
    discount: what £1 of each year is worth in the first. Doing nothing is exactly nought in every draw and year.
    """

    option: Option
    effects: Effects
    basis: Basis
    factors: Mapping[str, Factor]
    flows: Flows
    discount: Draws
    price_base: str
    first_year: int

    def __post_init__(self) -> None:
        moved = sum(int(np.count_nonzero(part)) for part in (self.flows.benefit, self.flows.cost, self.flows.fewer))
        if self.option.does_nothing and moved:
            raise AppraisalError(f"{self.option.key} does nothing, and yet {moved} of its figures are not nought.")
        if not np.isfinite(self.flows.net).all():
            raise AppraisalError(f"{self.option.key}: a yearly figure is not a number.")

    @property
    def npsv(self) -> Draws:
        """Net present social value, £, an element a draw."""
        return self._worth(self.flows.net)

    @property
    def benefit(self) -> Draws:
        """Present value of care that costs less, £."""
        return self._worth(self.flows.benefit)

    @property
    def cost(self) -> Draws:
        """Present value of all it costs, less what is left of its capital, £: the ratio's denominator."""
        return self._worth(self.flows.cost)

    @property
    def fewer(self) -> Draws:
        """Child-weeks no longer had in the settings it is for, discounted as the £ are."""
        return self._worth(self.flows.fewer)

    def _worth(self, flow: Draws) -> Draws:
        return np.asarray(present_value(flow, self.discount), dtype="float64")


def appraise(option: Option, effects: Effects, ground: Ground) -> Appraisal:
    """One option weighed: its effects carried on, its costs, and what is judged of both drawn in every future.

    Raises AppraisalError where the option does nothing and something follows; EffectsError, DiscountingError and
    JudgedError as their modules say.
    """
    basis, factors = build_basis(option, effects, ground), judge(option, ground)
    flows = flows_of(basis, {name: factor.drawn for name, factor in factors.items()})
    discount = discount_factors(ground.rules.discounting, ground.package.years)
    return Appraisal(option, effects, basis, factors, flows, discount, effects.price_base, ground.package.first_year)


def weigh_options(appraisals: Sequence[Appraisal]) -> pd.DataFrame:
    """Every option beside doing nothing: columns WEIGHED, a row an option.

    Mean and percentiles of net present social value; chance_worse than doing nothing (worth below nought);
    benefit_cost_ratio, of the means, whose denominator is all the option costs, capital with its bias and homes
    included, less what is left of capital (blank where that is nought or less); chance_pays_back within the years
    appraised, not discounted, and the middle of the years it takes, over every draw (blank where that is never);
    cost_per_week_gbp: cost over child-weeks no longer had, both discounted (blank under FEWEST_WEEKS).
    """
    return pd.DataFrame([_weigh(one) for one in appraisals], columns=WEIGHED).astype({"option": "str"})


def _weigh(one: Appraisal) -> dict[str, object]:
    npsv, benefit, cost, fewer = (float(part.mean()) for part in (one.npsv, one.benefit, one.cost, one.fewer))
    low, middle, high = np.percentile(one.npsv, [10, 50, 90])
    years = years_to_pay_back(one.flows.net)
    half = float(np.percentile(years, 50, method="inverted_cdf"))
    return {
        "option": one.option.title,
        "mean_npsv_gbp": npsv,
        "p10_npsv_gbp": float(low),
        "p50_npsv_gbp": float(middle),
        "p90_npsv_gbp": float(high),
        "chance_worse": float((one.npsv < 0).mean()),
        "benefit_gbp": benefit,
        "cost_gbp": cost,
        "benefit_cost_ratio": benefit / cost if cost > 0 else np.nan,
        "chance_pays_back": float(np.isfinite(years).mean()),
        "p50_payback_years": half if np.isfinite(half) else np.nan,
        "fewer_weeks": fewer,
        "cost_per_week_gbp": cost / fewer if fewer >= FEWEST_WEEKS else np.nan,
    }


def run_budget(one: Appraisal, inflation: Draws, borrowing_rate: float) -> Budget:
    """The council's budget under an option already weighed: `budget_of` with its own draws of capital.

    inflation: £ of each year appraised to one in the appraisal's price base.
    """
    drawn = one.factors[CAPITAL].drawn if CAPITAL in one.factors else np.zeros(len(one.flows.net))
    return budget_of(one.option, one.flows, drawn, inflation, Terms(one.first_year, borrowing_rate))
