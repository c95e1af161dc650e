"""Where every £ of the payments went: by match, by row, by rule, and against the general ledger. Nominal £ throughout.

Our choices are in docs/decisions/0007-payments-and-stays.md.
"""

from __future__ import annotations

from typing import Literal

import pandas as pd

from cip_analysis.codes import SETTINGS
from cip_analysis.money.spend import KEYS, ON_A_STAY, yearly_stays
from cip_analysis.records import PAYMENT_MATCHES, Episodes, Payments
from cip_analysis.returns.payments.cells import to_pence
from cip_analysis.returns.payments.matching import overlaps_any


def reconcile_payments(payments: Payments, by: Literal["match", "kind"] = "match") -> pd.DataFrame:
    """Where every £ of the payments went: rows, children, £ and share, one line a kind of match (or of row).

    Columns `by`, rows, children (identifiers paid for), spend_gbp, share_of_spend. Every kind of match has its line,
    nought or not, and the lines sum to the payments' total to the penny.
    """
    table = payments.table
    lines = table.assign(pence=to_pence(table["amount_gbp"]), known=table["child"].replace("", None))
    counted = lines.groupby(by).agg(rows=("pence", "size"), children=("known", "nunique"), pence=("pence", "sum"))
    if by == "match":
        counted = counted.reindex(pd.Index(PAYMENT_MATCHES, name="match"), fill_value=0)
    total = counted["pence"].sum()
    shares = counted["pence"] / total if total else counted["pence"] * 0.0
    return counted.assign(spend_gbp=counted["pence"] / 100, share_of_spend=shares).drop(columns="pence").reset_index()


def unpaid_stays(episodes: Episodes, payments: Payments, first_year: int, last_year: int) -> pd.DataFrame:
    """Stays no payment met on any day of that financial year: a gap in the file, or care that costs nothing.

    Columns financial_year, setting, stays, children, child_days, share_of_child_days (of the setting's that year).
    """
    pieces = yearly_stays(episodes, first_year, last_year)
    unpaid = pieces[~overlaps_any(pieces, payments.table[payments.table["match"].isin(ON_A_STAY)])]
    counted = unpaid.groupby(KEYS, as_index=False).agg(
        stays=("days", "size"), children=("child", "nunique"), child_days=("days", "sum")
    )
    volume = pieces.groupby(KEYS, as_index=False).agg(all_days=("days", "sum"))
    counted = counted.merge(volume, on=KEYS).sort_values(KEYS, key=_in_order, ignore_index=True)
    return counted.assign(share_of_child_days=counted["child_days"] / counted["all_days"]).drop(columns="all_days")


def _in_order(keys: pd.Series) -> pd.Series:
    """Settings by their place in codes.SETTINGS; years as they are."""
    return keys if keys.name != "setting" else keys.map({name: place for place, name in enumerate(SETTINGS)})
