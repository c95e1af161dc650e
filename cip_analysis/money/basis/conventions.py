"""The conventions behind a page's money, stated in one table, and what the number of weeks in a year is worth."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from cip_analysis.money.spend import SpendError
from cip_analysis.settings import Council

WEEKS_IN_A_YEAR = ("52", "52.14", "52.18")
NOT_A_COST = "none: no payments file says"


@dataclass(frozen=True, slots=True)
class Basis:
    """What a page's money is.

    prices: where the £ come from and in what £ they are, as `outturn.prices_in_words` says it. paid: there is a
    payments file. ahead: how prices of the years ahead were made, blank on a page that looks back. real: the price
    base of what is shown in real terms and the index used, blank where nothing is.
    """

    prices: str
    paid: bool
    ahead: str = ""
    real: str = ""


def state_conventions(council: Council, basis: Basis) -> pd.DataFrame:
    """The convention table of a page of money: columns convention, here (both words)."""
    words = council.conventions
    rows = {
        "weeks in a year": f"{council.weeks_per_year}, where a yearly cost is put by the week; seven nights are a week",
        "prices": basis.prices,
        "prices of the years ahead": basis.ahead,
        "real terms": basis.real,
        "contributions": "health's and education's taken off" if basis.paid else NOT_A_COST,
        "value added tax": words.vat if basis.paid else NOT_A_COST,
        "included": words.included if basis.paid else "a price a week for each setting",
        "left out": words.excluded,
    }
    told = {name: here for name, here in rows.items() if here}
    return pd.DataFrame({"convention": list(told), "here": list(told.values())})


def weigh_conventions(costs: pd.DataFrame, setting: str, year: int) -> pd.DataFrame:
    """What the number of weeks in a year is worth to one setting's unit cost, and to a budget made from it.

    costs: as `spend.unit_costs` makes it. One row a convention: weeks_per_year, children_31_march, weekly_cost_gbp =
    spend ÷ children on 31 March ÷ weeks, and budget_difference_gbp = what a budget of that many children at the
    weekly cost of the *first* convention would differ by if the year were taken to be this many weeks long.
    Raises SpendError where nothing was spent on the setting that year.
    By hand: £9.7m at 52 weeks is £186,538 a week; 0.18 weeks more of it is £33,577.
    """
    found = costs[costs["setting"].eq(setting) & costs["financial_year"].eq(year)]
    if found.empty:
        raise SpendError(f"No spend on {setting} in the year to March {year}.")
    spent, children = float(found["spend_gbp"].iloc[0]), found["children_31_march"].iloc[0]
    weeks = pd.Series([float(name) for name in WEEKS_IN_A_YEAR])
    per_child = spent / children if children else float("nan")
    return pd.DataFrame(
        {
            "weeks_per_year": WEEKS_IN_A_YEAR,
            "children_31_march": children,
            "weekly_cost_gbp": per_child / weeks,
            "budget_difference_gbp": spent / weeks[0] * (weeks - weeks[0]),
        }
    )
