"""Tables and sentences of an outcomes contract, shaped for a page: nothing is drawn or released here.

`children_now` are those the package is for; what is told of flows rests on them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cip_analysis.contract_settings import PARTIES, Contract, Metric, Tariff
from cip_analysis.money.contracting.gaming import find_cliffs, pick_children, reach_of_caps, weigh_margin
from cip_analysis.money.contracting.settling import Settlement
from cip_analysis.money.contracting.standing import Position, Return
from cip_analysis.money.pricing.indices import year_name
from cip_analysis.money.saving.wording import in_millions
from cip_analysis.work_package_settings import Range

Draws = NDArray[np.float64]
MILLION = 1e6
POINTS = {"p10": 10, "p50": 50, "p90": 90}
BY_OUTCOME, BY_FEE = "paid by outcome", "paid by fee"


def list_terms(contract: Contract) -> pd.DataFrame:
    """The contract's terms: term, what_is_agreed."""
    funding = contract.funding
    put_up = ", ".join(f"{party} {getattr(funding, party):.0%}" for party in PARTIES if getattr(funding, party))
    rows = [
        ("Years in which outcomes count", f"{year_name(contract.first_year)} and {contract.years - 1} more"),
        *((f"Paid for: {tariff.metric}", _tariff_in_words(tariff)) for tariff in contract.tariffs),
        ("Judged to come anyway", "; ".join(_range_in_words(tariff.anyway) for tariff in contract.tariffs)),
        ("The work is put up by", put_up),
        ("Most paid in all", f"£{contract.cap_gbp:,.0f}"),
        ("Most paid for a year's outcomes", f"£{contract.cap_year_gbp:,.0f}" if contract.cap_year_gbp else "no cap"),
        ("Paid a year whatever comes", f"£{contract.floor_gbp:,.0f}" if contract.floor_gbp else "nothing"),
        ("Paid after", f"{contract.lag_months} months" if contract.lag_months else "at once"),
        ("The council's own cost of the contract", f"£{contract.management_gbp:,.0f} a year"),
        ("Return the investor's risk asks for", f"{contract.investor_rate:.1%} a year"),
        ("The same work for a fee", f"£{contract.fee_gbp:,.0f} a year, whatever comes of it"),
    ]
    return pd.DataFrame(rows, columns=["term", "what_is_agreed"], dtype="str")


def flows_by_year(settlement: Settlement, children: int) -> pd.DataFrame:
    """What passes between the parties in each year on average: in_the_year, a column a party in £, children_now.

    Above nought received, below paid out; each year sums to nought before it is rounded.
    """
    means = settlement.transfers.mean(axis=0) / 100
    columns = {f"{party}_gbp": np.round(means[:, place], -3) for place, party in enumerate(PARTIES)}
    years = [year_name(year) for year in settlement.years]
    return pd.DataFrame({"in_the_year": years, **columns, "children_now": children})


def positions(by_outcome: Position, by_fee: Position, children: int) -> pd.DataFrame:
    """What the council is left with over the contract, each way of paying: way, p10_, p50_, p90_position_gbp_million,
    mean_position_gbp_million, spread_gbp_million (standard deviation), chance_worse, children_now.
    """
    rows = []
    for way, position in ((BY_OUTCOME, by_outcome), (BY_FEE, by_fee)):
        spread = {f"{name}_position_gbp_million": np.percentile(position.total, point) / MILLION
                  for name, point in POINTS.items()}  # fmt: skip
        rows.append(
            {"way": way, **spread, "mean_position_gbp_million": position.total.mean() / MILLION,
             "spread_gbp_million": position.total.std() / MILLION, "chance_worse": position.chance_worse}
        )  # fmt: skip
    return pd.DataFrame(rows).assign(children_now=children)


def show_return(found: Return, children: int) -> pd.DataFrame:
    """The investor's return: measure, p10, p50, p90 (in words), children_now. Where nothing is put up, no rows."""
    if not np.isfinite(found.multiple).any():
        return pd.DataFrame(columns=["measure", *POINTS, "children_now"])
    rates = np.where(np.isfinite(found.rate), found.rate, -1.0)
    rows = [
        ("Received for each £1 put up", *_points(found.multiple, "£{:.2f}")),
        ("Return a year (internal rate; all lost counts as −100%)", *_points(rates, "{:.0%}")),
        ("Worth at the return its risk asks for", *_points(found.npv_gbp / MILLION, "£{:.2f} million")),
    ]
    return pd.DataFrame(rows, columns=["measure", *POINTS]).assign(children_now=children)


def show_margin(contract: Contract, measured: Mapping[Metric, Draws], saving: Draws, children: int) -> pd.DataFrame:
    """`gaming.weigh_margin` with children_now."""
    return weigh_margin(contract, measured, saving).assign(children_now=children)


def show_picked(contract: Contract, saves_a_child: float, children: int) -> pd.DataFrame:
    """`gaming.pick_children` with children_now."""
    return pick_children(contract, saves_a_child).assign(children_now=children)


def list_cliffs(contract: Contract) -> pd.DataFrame:
    """`gaming.find_cliffs`, which is the contract's own and rests on no child."""
    return find_cliffs(contract)


def show_caps(settlement: Settlement, children: int) -> pd.DataFrame:
    """`gaming.reach_of_caps` with each year named, in_the_year, and children_now."""
    caps = reach_of_caps(settlement)
    years = [year_name(int(year)) for year in caps["financial_year"]]
    return caps.drop(columns="financial_year").assign(in_the_year=years, children_now=children)


def say_ways(shown: pd.DataFrame) -> str:
    """Which way of paying leaves the council more in a poor case, for a title. shown: as `positions`, released."""
    poor = shown.set_index("way")["p10_position_gbp_million"].astype("float64")
    if poor.isna().any():
        return "Too few children to show what the council is left with"
    better = str(poor.idxmax())
    return f"In a poor case the council is left with more if the work is {better}: {in_millions(poor.max() * MILLION)}"


def say_council(by_outcome: Position, by_fee: Position) -> str:
    """Which way of paying leaves the council better off, and what passing on the risk costs it."""
    price = float(by_fee.total.mean() - by_outcome.total.mean())
    calmer = 1 - by_outcome.total.std() / by_fee.total.std() if by_fee.total.std() else 0.0
    ending = (
        "that is the price of passing on the risk"
        if price > 0
        else "at these terms it is the investor who pays, and may not sign"
    )
    costs, narrows = ("costs" if price > 0 else "spares"), ("narrows" if calmer > 0 else "widens")
    return (
        f"Over the contract, paying by outcome {costs} the council {in_millions(abs(price))} on average beside paying "
        f"the fee, and {narrows} the spread of what it is left with by {abs(calmer):.0%}: {ending}."
    )


def say_investor(found: Return) -> str:
    """How often the investor loses, in words."""
    if not np.isfinite(found.multiple).any():
        return "No investor puts anything up."
    return (
        f"The investor gets back less than it puts up in {found.chance_of_loss:.0%} of futures, and "
        f"£{np.nanmedian(found.multiple):.2f} for each £1 in the middle one."
    )


def say_margin(margin: pd.DataFrame) -> str:
    """What one unit more pays against what it saves, a sentence a metric."""
    said = [f"{metric}: {reading}" for metric, reading in zip(margin["metric"], margin["reading"], strict=True)]
    return f"At the margin: {'; '.join(said)}."


def _tariff_in_words(tariff: Tariff) -> str:
    unit = {"care days avoided": "a day", "sustained step-down": "a child"}.get(tariff.metric, "a week")
    parts = [f"£{tariff.tariff_gbp:,.0f} {unit}", f"{tariff.deadweight_share:.0%} of what is measured is not paid for"]
    parts += [f"nor the first {tariff.unpaid_a_year:g} a year"] if tariff.unpaid_a_year else []
    parts += [f"counts after {tariff.sustained_weeks} weeks"] if tariff.sustained_weeks else []
    return "; ".join(parts)


def _range_in_words(judged: Range) -> str:
    return f"{judged.low:.0%} to {judged.high:.0%}, likeliest {judged.mid:.0%}"


def _points(values: Draws, form: str) -> list[str]:
    """The three percentiles in words, minus signs as a page writes them."""
    at = np.percentile(values, list(POINTS.values()))
    return [form.format(value).replace("£-", "−£").replace("-", "−") for value in at]
