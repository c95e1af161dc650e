"""What was spent, as a page tells it: from payments where there are any, shares, and what a convention is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from cip_analysis.money.spend import ON_A_STAY, SpendError, price_by_assumption, price_outturn
from cip_analysis.records import Episodes, Payments, Spend

SUPPORT = "additional support"
ASSUMED_PRICE_BASE = "2017/18 prices"


def spend_of(episodes: Episodes, payments: Payments, weekly_prices: Mapping[str, float], years: Sequence[int]) -> Spend:
    """Spend of some financial years: what was paid or, where there is no payments file, days at assumed prices.

    weekly_prices: setting -> £ a child a week, used only without payments. The record says in `basis` which it is.
    """
    if not years:
        raise SpendError("No financial year is over on the census date, so there is no outturn to price.")
    if payments.table.empty:
        return price_by_assumption(episodes, weekly_prices, min(years), max(years), ASSUMED_PRICE_BASE)
    return price_outturn(episodes, payments, min(years), max(years))


def share_spend(spend: Spend) -> pd.DataFrame:
    """Each setting's part of its year's spend.

    Columns financial_year, setting, children, spend_gbp_million, share_of_spend (of all that year's spend, credit
    notes and unmatched payments included; blank where nothing was spent).
    """
    table = spend.table
    total = table.groupby("financial_year")["spend_gbp"].transform("sum")
    return table[["financial_year", "setting", "children"]].assign(
        spend_gbp_million=table["spend_gbp"] / 1e6,
        share_of_spend=table["spend_gbp"] / total.where(total.ne(0)),
    )


def prices_in_words(spend: Spend) -> str:
    """How the spend was priced and in what £, for a foot or a sentence."""
    base = "the prices of each year" if spend.price_base == "nominal" else spend.price_base
    return f"{spend.basis}, in {base}"


def split_support(payments: Payments, setting: str, year: int) -> pd.DataFrame:
    """What met stays in one setting and year, by fees and by support billed beside them (staff, transport, therapy).

    Columns part, children, spend_gbp, share_of_spend. Credit notes and late payments are with the fees. The lines sum
    to the setting's spend.
    """
    paid = payments.table
    paid = paid[paid["setting"].eq(setting) & paid["financial_year"].eq(year) & paid["match"].isin(ON_A_STAY)]
    part = paid["kind"].eq(SUPPORT).map({True: "support billed beside the fee", False: "fees, net of credit notes"})
    grouped = paid.assign(part=part).groupby("part", as_index=False)
    lines = grouped.agg(children=("child", "nunique"), spend_gbp=("amount_gbp", "sum"))
    return lines.assign(share_of_spend=lines["spend_gbp"] / lines["spend_gbp"].sum())


def read_snapshots(before: float, after: float) -> str:
    """Why spend over the children of one 31 March misleads, when their number moved over the year.

    before, after: children there at the two ends of the year, as released; blank where withheld.
    """
    if pd.isna(before) or pd.isna(after):
        return "The number there on 31 March is too small to show, and so too small to divide by."
    if before == after:
        return (
            f"About {after:,.0f} were there at both ends of the year, so the ways differ by who came and went between."
        )
    how, looks = ("grew", "cheaper") if after > before else ("fell", "dearer")
    return (
        f"The number there {how} from {before:,.0f} to {after:,.0f} over the year. Dividing by those there at its end "
        f"therefore makes a week look {looks} than it was for the children who lived there."
    )
