"""What was spent, as a page tells it: from payments where there are any, shares, and what a convention is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from cip_analysis.money.spend import ON_A_STAY, SpendError, price_by_assumption, price_outturn
from cip_analysis.records import Episodes, Payments, Spend

SUPPORT = "additional support"
ASSUMED_PRICE_BASE = "2017/18 prices"
NOT_FOR_NIGHTS = (SUPPORT, "credit note", "adjustment")
LEAST_OF_FULLEST = 0.1


def spend_of(episodes: Episodes, payments: Payments, weekly_prices: Mapping[str, float], years: Sequence[int]) -> Spend:
    """Spend of some financial years: what was paid or, where there is no payments file, days at assumed prices.

    weekly_prices: setting -> £ a child a week, used only without payments. The record says in `basis` which it is.
    Years that the payments do not hold (`years_paid`) are left out, and not shown as though care had cost nothing.
    Raises SpendError where no year is asked for, or the last is not held.
    """
    if not years:
        raise SpendError("No financial year is over on the census date, so there is no outturn to price.")
    if payments.table.empty:
        return price_by_assumption(episodes, weekly_prices, min(years), max(years), ASSUMED_PRICE_BASE)
    held = years_paid(payments)
    if max(years) not in held:
        named = ", ".join(f"{year - 1}/{year % 100:02d}" for year in held) or "none"
        raise SpendError(
            f"The payments hold next to nothing of {max(years) - 1}/{max(years) % 100:02d}, so its cost is not known. "
            f"Years held: {named}. Add that year's payments, or name no payments: care is then priced as assumed."
        )
    spend = price_outturn(episodes, payments, min(years), max(years))
    return replace(spend, table=spend.table[spend.table["financial_year"].isin(held)].reset_index(drop=True))


def years_paid(payments: Payments) -> tuple[int, ...]:
    """The financial years the payments hold, ascending: not those of which there are only late bills or strays.

    A year counts where its weeks paid for are at least a tenth of those of the year with most.
    """
    rows = payments.table
    weeks = weeks_paid(payments).groupby("financial_year").sum()
    weeks = weeks.reindex(sorted(set(rows["financial_year"])), fill_value=0.0)
    return tuple(int(year) for year in weeks.index[weeks >= LEAST_OF_FULLEST * weeks.max()])


def weeks_paid(payments: Payments) -> pd.Series:
    """Weeks that payments above nought on a stay cover, by financial_year and setting.

    Nights paid for twice count twice; support billed beside a fee, credit notes and adjustments count none.
    """
    rows = payments.table
    rows = rows[rows["match"].isin(ON_A_STAY) & ~rows["kind"].isin(NOT_FOR_NIGHTS) & (rows["amount_gbp"] > 0)]
    nights = (rows["end"] - rows["start"]).dt.days
    return nights.groupby([rows["financial_year"], rows["setting"]]).sum() / 7


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
