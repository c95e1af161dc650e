"""Tables of a work package's appraisal, shaped for a page: nothing is drawn, released or said here.

Options go by their titles. Money is £ million of the appraisal's price base unless a column says otherwise.
`children_now` are those the package is for, on the census date: where they are too few to show, so is what is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cip_analysis.money.appraisal import Appraisal, Budget, weigh_options
from cip_analysis.money.appraising.discounting import mixed_bias
from cip_analysis.money.appraising.flows import (
    CAPITAL,
    DELIVERED,
    DROP_OFF,
    HOMES,
    LATE,
    MATCHED,
    PRICE,
    REVENUE,
)
from cip_analysis.money.appraising.sensitivity import FUTURES
from cip_analysis.money.pricing.indices import year_name
from cip_analysis.work_package_settings import Bias, Option, Range, WorkPackage

MILLION = 1e6
POINTS = {"p10": 10, "p50": 50, "p90": 90}
JUDGED = {
    DELIVERED: "How much of its effect comes",
    LATE: "Years its effect comes late",
    DROP_OFF: "Effect lost each year after forecast",
    CAPITAL: "Capital over what is stated",
    REVENUE: "Running costs to those stated",
    HOMES: "Running of homes to the likeliest",
    MATCHED: "Price of children who fit, to mean",
    PRICE: "Price of a bought week to forecast",
    FUTURES: "Children who come, and prices",
}
NOWHERE = "nowhere in reach"
Draws = NDArray[np.float64]


def list_options(package: WorkPackage) -> pd.DataFrame:
    """What each option is: option, kind, what."""
    rows = [(option.title, option.kind, option.what) for option in package.options]
    return pd.DataFrame(rows, columns=["option", "kind", "what"], dtype="str")


def list_costs(package: WorkPackage, biases: Sequence[Bias]) -> pd.DataFrame:
    """What each option costs as stated: capital_gbp before and after optimism bias, running_cost_gbp a year, who pays.

    running_cost_gbp is that of the first year in which all of it runs, what is spared taken off; homes' own running is
    apart. Options that cost nothing are left out.
    """
    rows = [
        {
            "option": option.title,
            "capital_gbp": sum(one.gbp for one in option.capital),
            "share_added_for_bias": mixed_bias(option.capital, biases).mid,
            "with_bias_gbp": sum(one.gbp for one in option.capital) * (1 + mixed_bias(option.capital, biases).mid),
            "who_pays_capital": _shares_in_words(option),
            "homes_and_beds": _beds_in_words(option),
            "running_cost_gbp": _running(option),
        }
        for option in package.options
        if not option.does_nothing
    ]
    return pd.DataFrame(rows)


def list_judged(package: WorkPackage) -> pd.DataFrame:
    """What is judged of each option, as low to high and likeliest: option and a column a judgement, in words."""
    rows = [
        {
            "option": option.title,
            "how_much_of_its_effect_comes": _range_in_words(option.delivered, "{:.0%}"),
            "years_late": _range_in_words(option.late_years, "{:g}"),
            "lost_each_year_after_the_forecast": _range_in_words(option.drop_off, "{:.0%}"),
            "running_costs_to_those_stated": _range_in_words(option.revenue_over, "{:.0%}"),
        }
        for option in package.options
        if not option.does_nothing
    ]
    return pd.DataFrame(rows, dtype="str")


def worth_of_options(appraisals: Mapping[str, Appraisal], children: int) -> pd.DataFrame:
    """What each option is worth beside doing nothing, £ million: option; mean_, p10_, p50_ and p90_worth_gbp_million
    (net present social value); benefit_ and cost_gbp_million, benefit_to_cost (a ratio, in words), chance_worse,
    chance_pays_back, middle_payback_years, fewer_weeks, cost_per_week_gbp, children_now.

    Doing nothing, which is nought throughout, is left out.
    """
    told = weigh_options([one for one in appraisals.values() if not one.option.does_nothing])
    told = told.rename(columns=lambda name: str(name).replace("npsv", "worth"))
    told = told.rename(columns={"p50_payback_years": "middle_payback_years"}).assign(
        benefit_to_cost=[f"{ratio:.2f}" if ratio == ratio else "none" for ratio in told["benefit_cost_ratio"]]
    )
    money = [str(name) for name in told if str(name).endswith("_gbp") and name != "cost_per_week_gbp"]
    millions = {f"{name}_million": told[name] / MILLION for name in money}
    return told.assign(**millions, children_now=children).drop(columns=[*money, "benefit_cost_ratio"])


def budget_by_year(budgets: Mapping[str, Budget], appraisals: Mapping[str, Appraisal], children: int) -> pd.DataFrame:
    """What each option does to the council's budget in each year, nominal: option, in_the_year, p10_, p50_ and p90_
    budget_gbp_million (above nought the budget gains), children_now.
    """
    rows = []
    for key, budget in budgets.items():
        spread = {name: np.percentile(budget.net, point, axis=0) for name, point in POINTS.items()}
        for place in range(budget.net.shape[1]):
            year = {
                "option": appraisals[key].option.title,
                "in_the_year": year_name(appraisals[key].first_year + place),
            }
            rows.append(year | {f"{name}_budget_gbp_million": float(spread[name][place]) / MILLION for name in POINTS})
    return pd.DataFrame(rows).assign(children_now=children)


def budget_parts(budget: Budget, one: Appraisal, children: int) -> pd.DataFrame:
    """One option's budget by year and part, on average: in_the_year and a column a part, £ million, nominal.

    The parts sum to net_gbp_million in every year.
    """
    parts = {"care": budget.care, "running": budget.running, "provision": budget.provision,
             "interest": budget.interest, "to_partner": budget.to_partner, "net": budget.net}  # fmt: skip
    years = [year_name(one.first_year + place) for place in range(budget.net.shape[1])]
    means = {f"{name}_gbp_million": part.mean(axis=0) / MILLION for name, part in parts.items()}
    return pd.DataFrame({"in_the_year": years, **means}).assign(children_now=children)


def show_tornado(table: pd.DataFrame, middle: float, children: int) -> pd.DataFrame:
    """A tornado for a chart: judgement (in words), from_to, low_, middle_ and high_worth_gbp_million, children_now."""
    return pd.DataFrame(
        {
            "judgement": table["judgement"].map(JUDGED),
            "from_to": [_ends(low, high) for low, high in zip(table["low"], table["high"], strict=True)],
            "low_worth_gbp_million": table["npsv_at_low_gbp"] / MILLION,
            "middle_worth_gbp_million": middle / MILLION,
            "high_worth_gbp_million": table["npsv_at_high_gbp"] / MILLION,
            "children_now": children,
        }
    )


def show_switching(table: pd.DataFrame, children: int) -> pd.DataFrame:
    """Switching values: judgement, likeliest, switches_at (words where there is none), children_now."""
    said = [NOWHERE if pd.isna(value) else f"{value:.2f}" for value in table["switches_at"]]
    looked = [f"{low:g} to {high:g}" for low, high in zip(table["least"], table["most"], strict=True)]
    return pd.DataFrame(
        {"judgement": table["judgement"].map(JUDGED), "likeliest": [f"{one:.2f}" for one in table["likeliest"]],
         "worth_is_nought_at": said, "looked_from_to": looked, "children_now": children}
    )  # fmt: skip


def show_shares(table: pd.DataFrame, children: int) -> pd.DataFrame:
    """Shares of variance: judgement, share_alone, share_with_others, children_now. Noise below nought is nought."""
    return pd.DataFrame(
        {"judgement": table["judgement"].map(JUDGED), "share_alone": table["alone_share"].clip(lower=0),
         "share_with_others": table["in_all_share"].clip(lower=0), "children_now": children}
    )  # fmt: skip


def list_outcomes(package: WorkPackage) -> pd.DataFrame:
    """What no £ is put on: outcome, measured_by, evidence, and a column an option: how it stands to doing nothing."""
    names = {option.key: option.title for option in package.options if not option.does_nothing}
    rows = [
        {"outcome": one.what, "measured_by": one.measure, "evidence": one.evidence}
        | {names[key]: standing for key, standing in one.options.items()}
        for one in package.outcomes
    ]
    return pd.DataFrame(rows, dtype="str")


def list_risks(package: WorkPackage) -> pd.DataFrame:
    """Risks: risk, likelihood, impact, what_is_done, owner."""
    rows = [(risk.what, risk.likelihood, risk.impact, risk.mitigation, risk.owner) for risk in package.risks]
    return pd.DataFrame(rows, columns=["risk", "likelihood", "impact", "what_is_done", "owner"], dtype="str")


def compare_packages(rows: Sequence[tuple[WorkPackage, Appraisal, int]]) -> pd.DataFrame:
    """Every package's preferred option beside doing nothing: package, option, and columns of `worth_of_options`."""
    parts = [worth_of_options({one.option.key: one}, children).assign(package=package.title)
             for package, one, children in rows]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def show_together(together: Draws, summed: Draws, years: Sequence[int], children: int) -> pd.DataFrame:
    """What care costs less under every preferred option at once, and if each were counted alone, on average.

    Columns: in_the_year, counted_alone_gbp_million, counted_twice_gbp_million, together_gbp_million, children_now.
    """
    alone, joint = (part.mean(axis=0) / MILLION for part in (summed, together))
    return pd.DataFrame(
        {"in_the_year": [year_name(year) for year in years], "counted_alone_gbp_million": alone,
         "counted_twice_gbp_million": alone - joint, "together_gbp_million": joint, "children_now": children}
    )  # fmt: skip


def _running(option: Option) -> float:
    """£ a year once everything runs, what is spared taken off."""
    lasting = [one.gbp_a_year for one in option.revenue if one.until is None]
    return sum(lasting) - sum(one.gbp_a_year for one in option.spared)


def _shares_in_words(option: Option) -> str:
    if option.shares is None:
        return "no capital"
    shares = {"the council": option.shares.council, "the partner": option.shares.partner, "grants": option.shares.grant}
    return ", ".join(f"{who} {share:.0%}" for who, share in shares.items() if share)


def _beds_in_words(option: Option) -> str:
    if option.homes:
        homes = option.homes
        return f"{homes.number} of {homes.beds} beds, {homes.occupancy:.0%} full, from {homes.opens:%B %Y}"
    if option.block:
        return f"block of {option.block.beds} beds, {option.block.share_off:.0%} off"
    return "none"


def _range_in_words(one: Range, form: str) -> str:
    """A range as a page says it; one value where it has no width."""
    low, mid, high = (form.format(value) for value in (one.low, one.mid, one.high))
    return low if low == high else f"{low} to {high}, likeliest {mid}"


def _ends(low: float, high: float) -> str:
    return "1 in 10 lower to 1 in 10 higher" if np.isnan(low) else f"{low:.2f} to {high:.2f}"
