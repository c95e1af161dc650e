"""How many providers stand behind a sum paid: what a price may tell of one of them is not for a public page.

The council's own carers and homes are no provider: what they cost is the council's to tell (docs/decisions/0024).
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cip_analysis.demand.forecast import ALL
from cip_analysis.money.spend import ON_A_STAY, UNMATCHED
from cip_analysis.records import Payments

OWN_SETTINGS = ("in-house foster", "kinship", "in-house residential")
DOMINANT_SHARE = 0.85
"""Of a sum: where one provider, or one child, makes up so much of it, the sum is as good as theirs."""


def paid_by_setting(payments: Payments) -> pd.DataFrame:
    """Payments with the setting that their £ are counted under: what met no stay has a line of its own."""
    rows = payments.table
    return rows.assign(setting=rows["setting"].where(rows["match"].isin(ON_A_STAY), UNMATCHED))


def count_providers(paid: pd.DataFrame, by: Sequence[str]) -> pd.Series:
    """Providers behind each sum paid, those the council runs itself apart.

    paid: payments, as `paid_by_setting` gives them or some of them. by: columns that tell the sums apart; none for one
    sum. A sum of which one provider, or one child, takes DOMINANT_SHARE or more counts one. Blank where nothing was
    bought, or no provider is named. A provider with several homes is one.

    By hand: £60 to one home and £40 to another are two providers; £90 and £10 are one.
    """
    keys = [paid[name] for name in by] or [pd.Series(ALL, index=paid.index, name=ALL)]
    named = paid["provider"].fillna("").str.strip().str.casefold()
    named = named.where(named.ne(""), paid["provider_urn"].fillna("").str.strip())
    bought = ~paid["setting"].isin(OWN_SETTINGS) & named.ne("")
    told = paid.assign(provider_behind=named.where(bought), child_behind=paid["child"].fillna("").replace("", pd.NA))
    number = told["provider_behind"].groupby(keys).nunique().astype("Int64")
    alone = _dominated(told, keys, "provider_behind") | _dominated(told, keys, "child_behind")
    counted: pd.Series = number.mask(number.eq(0)).mask(alone, 1)
    return counted


def _dominated(paid: pd.DataFrame, keys: Sequence[pd.Series], by: str) -> pd.Series:
    """Whether the largest of those who are paid, or paid for, takes nearly all of each sum."""
    whole = paid["amount_gbp"].groupby(list(keys)).sum()
    each = paid["amount_gbp"].groupby([*keys, paid[by]]).sum()
    largest = each.groupby(level=list(range(len(keys)))).max().reindex(whole.index)
    return (whole.gt(0) & largest.ge(DOMINANT_SHARE * whole)).astype(bool)


def with_providers(
    table: pd.DataFrame, payments: Payments, year: int | None = None, setting: str = ALL
) -> pd.DataFrame:
    """The table with a column `providers`: how many stand behind each row's £ (`count_providers`).

    Its rows are told apart by their `financial_year` and `setting`; all are of `year` where that is given, and of
    `setting` where there is no such column. "all" is every setting together. Blank throughout without payments.
    """
    paid = paid_by_setting(payments)
    number = pd.concat(
        [
            count_providers(paid, ["financial_year", "setting"]),
            pd.concat({ALL: count_providers(paid, ["financial_year"])}).swaplevel(),
        ]
    )
    years = table["financial_year"] if year is None else pd.Series(year, table.index)
    settings = table["setting"] if "setting" in table else pd.Series(setting, table.index)
    wanted = pd.MultiIndex.from_arrays([years.astype("int64"), settings.astype("str")])
    return table.assign(providers=pd.Series(number.reindex(wanted).to_numpy(), table.index, dtype="Int64"))
