"""Who the money goes on and on what terms: cost by child, how unevenly it falls, framework and off-framework fees.

The tables by child are for working with, never for showing; the others carry the counts their figures rest on.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from cip_analysis.codes import SETTINGS
from cip_analysis.money.spend import KEYS, ON_A_STAY, SpendError, yearly_stays
from cip_analysis.records import Episodes, Payments
from cip_analysis.returns.payments.cells import to_pence

SPREAD = (0.10, 0.25, 0.50, 0.75, 0.90)
SHORTEST_STAY_DAYS = 28
CONCENTRATION = (
    "financial_year", "children", "dearest_children", "spend_gbp", "dearest_spend_gbp", "dearest_share",
    "spend_without_child_gbp",
)  # fmt: skip


def weekly_costs(episodes: Episodes, payments: Payments, year: int) -> pd.DataFrame:
    """What each child's weeks cost in one financial year, one row a child and setting. Names children: internal only.

    Columns child, setting, days, weeks, spend_gbp, weekly_cost_gbp = spend ÷ (days ÷ 7), nominal £ net of
    contributions. Only payments that met a stay, and children with both days and £.
    """
    days = yearly_stays(episodes, year, year).groupby(["child", "setting"], as_index=False)["days"].sum()
    paid = payments.table
    paid = paid[paid["financial_year"].eq(year) & paid["match"].isin(ON_A_STAY)]
    spent = paid.assign(pence=to_pence(paid["amount_gbp"])).groupby(["child", "setting"], as_index=False)["pence"].sum()
    costs = days.merge(spent[spent["pence"].ne(0)], on=["child", "setting"])
    costs = costs.assign(weeks=costs["days"] / 7, spend_gbp=costs["pence"] / 100).drop(columns="pence")
    by_child: pd.DataFrame = costs.assign(weekly_cost_gbp=costs["spend_gbp"] / costs["weeks"])
    return by_child


def weekly_cost_spread(costs: pd.DataFrame, shortest_days: int = SHORTEST_STAY_DAYS) -> pd.DataFrame:
    """The spread of weekly cost among the children of each setting, each child counted once.

    costs: as `weekly_costs` makes it. shortest_days: children there for fewer days in the year are left out, because
    a late bill over three nights is not a weekly cost.
    Columns setting, children, mean_weekly_cost_gbp, p10_weekly_cost_gbp … p90_weekly_cost_gbp.
    """
    long = costs[costs["days"] >= shortest_days].groupby("setting")["weekly_cost_gbp"]
    spread = pd.DataFrame({"children": long.size(), "mean_weekly_cost_gbp": long.mean()})
    spread = spread.assign(**{f"p{share * 100:.0f}_weekly_cost_gbp": long.quantile(share) for share in SPREAD})
    return (
        spread.reindex([setting for setting in SETTINGS if setting in spread.index])
        .rename_axis("setting")
        .reset_index()
    )


def cost_by_child(payments: Payments, year: int) -> pd.Series:
    """£ paid for each identifier in one financial year, cheapest first. Names children: internal only.

    Rows without an identifier are left out; `concentration` gives their £.
    """
    paid = payments.table[payments.table["financial_year"].eq(year)]
    named = paid[paid["child"].fillna("").ne("")]
    pence = named.assign(pence=to_pence(named["amount_gbp"])).groupby("child")["pence"].sum()
    by_cost: pd.Series = pence.sort_values(kind="stable") / 100
    return by_cost


def concentration(payments: Payments, first_year: int, last_year: int, dearest: float = 0.10) -> pd.DataFrame:
    """How much of each year's spend went on the dearest tenth of the children paid for.

    dearest: their share of the children, e.g. 0.10; a part of a child is rounded up to a whole one.
    Columns financial_year, children (paid for), dearest_children, spend_gbp, dearest_spend_gbp, dearest_share =
    dearest_spend_gbp ÷ spend_gbp, spend_without_child_gbp (outside both). If every child cost the same the share
    would be dearest_children ÷ children. A re-keyed child counts as two, which understates the share a little.
    Raises SpendError unless 0 < dearest <= 1.
    """
    if not 0 < dearest <= 1:
        raise SpendError(f"The dearest share must lie above 0 and up to 1, not {dearest:g}.")
    years = [year for year in range(first_year, last_year + 1) if payments.table["financial_year"].eq(year).any()]
    return pd.DataFrame([_concentrated(payments, year, dearest) for year in years], columns=list(CONCENTRATION))


def _concentrated(payments: Payments, year: int, dearest: float) -> dict[str, float]:
    pence = to_pence(cost_by_child(payments, year))
    everyone = to_pence(payments.table.loc[payments.table["financial_year"].eq(year), "amount_gbp"]).sum()
    top = math.ceil(round(len(pence) * dearest, 9))
    spent, on_top = int(pence.sum()), int(pence.tail(top).sum()) if top else 0
    return {
        "financial_year": year,
        "children": len(pence),
        "dearest_children": top,
        "spend_gbp": spent / 100,
        "dearest_spend_gbp": on_top / 100,
        "dearest_share": on_top / spent if spent else float("nan"),
        "spend_without_child_gbp": (int(everyone) - spent) / 100,
    }


def parts_for(payments: Payments, year: int, most: int = 10, least: int = 10) -> int:
    """Into how many parts the children paid for in a year can be put, `most` at most, with `least` or more in each."""
    return min(most, len(cost_by_child(payments, year)) // least)


def lorenz_points(payments: Payments, year: int, parts: int = 10) -> pd.DataFrame:
    """The Lorenz curve of one year's spend over children, cheapest first, at `parts` + 1 points.

    Columns children (the cheapest so far), children_in_part, share_of_children, share_of_spend. The first point is
    (0, 0) and the last (1, 1). Parts hold whole children, as equal as can be.
    Raises SpendError where nothing was paid for a named child that year, or there are fewer children than parts.
    Source: M. O. Lorenz, Methods of measuring the concentration of wealth, 1905.
    """
    costs = cost_by_child(payments, year).to_numpy()
    if len(costs) < parts or costs.sum() <= 0:
        raise SpendError(
            f"{len(costs)} children were paid for in the year to March {year}: too few for {parts} points. "
            "Ask for fewer, or another year."
        )
    upto = np.round(np.arange(parts + 1) * len(costs) / parts).astype("int64")
    running = np.concatenate([[0.0], costs.cumsum()])
    return pd.DataFrame(
        {
            "children": upto,
            "children_in_part": np.diff(upto, prepend=0),
            "share_of_children": upto / len(costs),
            "share_of_spend": running[upto] / running[-1],
        }
    )


def framework_gap(payments: Payments, first_year: int, last_year: int) -> pd.DataFrame:
    """Framework against off-framework by financial year and setting: share of spend and of weeks, and the mean fee.

    Columns financial_year, setting, platform, children, weeks_paid, spend_gbp (net of contributions), share_of_spend
    (of that setting's with a platform given), weekly_fee_gbp = Σ fee × days ÷ Σ days over rows of kind payment or
    late payment (gross of contributions, nominal), dearer_than_framework = weekly_fee_gbp ÷ the framework's - 1.
    A raw gap: it says nothing of how alike the children are; the adjusted one comes with prices.
    """
    paid = payments.table
    paid = paid[paid["financial_year"].between(first_year, last_year) & paid["match"].isin(ON_A_STAY)]
    paid = paid[paid["platform"].fillna("").ne("")]
    fee_days = (paid["end"] - paid["start"]).dt.days.where(
        paid["weekly_fee_gbp"].gt(0) & paid["kind"].isin(("payment", "late payment")), 0
    )
    priced = paid.assign(fee_days=fee_days, fee_gbp=fee_days * paid["weekly_fee_gbp"].fillna(0))
    priced = priced.assign(pence=to_pence(paid["amount_gbp"]))
    counted = priced.groupby([*KEYS, "platform"], as_index=False).agg(
        children=("child", "nunique"), fee_days=("fee_days", "sum"), fee_gbp=("fee_gbp", "sum"), pence=("pence", "sum")
    )
    in_setting = counted.groupby(KEYS)["pence"].transform("sum")
    counted = counted.assign(
        weeks_paid=counted["fee_days"] / 7,
        spend_gbp=counted["pence"] / 100,
        share_of_spend=counted["pence"] / in_setting.where(in_setting.ne(0)),
        weekly_fee_gbp=counted["fee_gbp"] / counted["fee_days"].where(counted["fee_days"] > 0),
    ).drop(columns=["fee_days", "fee_gbp", "pence"])
    framework = counted.loc[counted["platform"].eq("framework"), [*KEYS, "weekly_fee_gbp"]]
    beside = counted.merge(framework.rename(columns={"weekly_fee_gbp": "framework_fee"}), on=KEYS, how="left")
    beside = beside.assign(dearer_than_framework=beside["weekly_fee_gbp"] / beside["framework_fee"] - 1)
    return beside.drop(columns="framework_fee")
