"""What care is bought, from whom and how: payments that met a stay, with their weeks and the kind of provider.

The table is for working with, never for showing: it names children and providers. The council's own carers and homes
are no supplier, and are left out. Choices: docs/decisions/0034-market-and-bidders.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cip_analysis.money.basis.providers import OWN_SETTINGS, count_providers
from cip_analysis.money.pricing.fees import BILLED, CREDITED, NOT_SAID
from cip_analysis.money.spend import ON_A_STAY
from cip_analysis.records import Episodes, Payments
from cip_analysis.returns.payments.cells import to_pence

IN_HOUSE = "in-house"


def bought_lines(payments: Payments, episodes: Episodes, first_year: int, last_year: int) -> pd.DataFrame:
    """Payments for bought care that met a stay, one row each, with what the market is told by.

    Adds supplier (the provider's name, however it is cased or spaced; its URN where no name is given; else "not said"),
    provider_type (as the return says of the stay: private, voluntary and so on), bought_how (framework, spot, block),
    days (billed, less those credited) and pence (net of contributions, nominal).
    """
    paid = payments.table
    kept = paid["match"].isin(ON_A_STAY) & paid["financial_year"].between(first_year, last_year)
    kept &= ~paid["setting"].isin(OWN_SETTINGS) & paid["platform"].fillna("").ne(IN_HOUSE)
    paid = paid[kept].reset_index(drop=True)
    days, credited = (paid["end"] - paid["start"]).dt.days, paid["kind"].eq(CREDITED) & paid["weekly_fee_gbp"].gt(0)
    return paid.assign(
        supplier=name_suppliers(paid),
        provider_type=_types(paid, episodes),
        bought_how=paid["platform"].fillna("").replace("", NOT_SAID),
        days=days.where(paid["kind"].isin(BILLED), 0) - days.where(credited & paid["amount_gbp"].lt(0), 0),
        pence=to_pence(paid["amount_gbp"]),
    )


def name_suppliers(paid: pd.DataFrame) -> pd.Series:
    """One name for each provider: the spelling met first of those that differ only by case and spaces."""
    name = paid["provider"].fillna("").str.split().str.join(" ")
    name = name.where(name.ne(""), paid["provider_urn"].fillna("").str.strip()).replace("", NOT_SAID)
    spelt = name.groupby(name.str.casefold()).transform("first")
    return spelt.astype("str")


def _types(paid: pd.DataFrame, episodes: Episodes) -> pd.Series:
    """The kind of provider of the stay under way when the period begins, or of the child's next."""
    stays = episodes.table[["child", "start", "provider"]].sort_values("start", kind="stable")
    ordered = paid[["child", "start"]].assign(place=paid.index).sort_values("start", kind="stable")
    before = pd.merge_asof(ordered, stays, on="start", by="child", direction="backward")
    after = pd.merge_asof(ordered, stays, on="start", by="child", direction="forward")
    told = before["provider"].fillna(after["provider"]).fillna(NOT_SAID).set_axis(before["place"])
    return told.reindex(paid.index).replace("", NOT_SAID).astype("str")


def buy_table(bought: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Children, weeks and £ of bought care by the columns named: children, weeks_paid, spend_gbp, providers.

    bought: as `bought_lines` gives it. providers: how many stand behind the £, one where one takes nearly all.
    share_of_spend and share_of_weeks are of the table's own total of each financial year and setting.
    """
    counted = bought.groupby(list(by)).agg(
        children=("child", "nunique"), days=("days", "sum"), pence=("pence", "sum"), suppliers=("supplier", "nunique")
    )
    counted = counted.assign(providers=count_providers(bought, by).reindex(counted.index)).reset_index()
    whole = counted.groupby(["financial_year", "setting"])[["pence", "days"]].transform("sum")
    return counted.assign(
        weeks_paid=counted["days"] / 7,
        spend_gbp=counted["pence"] / 100,
        share_of_spend=counted["pence"] / whole["pence"].where(whole["pence"].gt(0)),
        share_of_weeks=counted["days"] / whole["days"].where(whole["days"].gt(0)),
    ).drop(columns=["days", "pence"])
