"""Payments against what the return says of the child: paid before birth, or long after the 18th birthday."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cip_analysis.ledgers import Findings
from cip_analysis.records import Episodes, Payments
from cip_analysis.returns.payments.cells import to_pence
from cip_analysis.returns.payments.doubts import as_finding
from cip_analysis.returns.payments.matching import day_numbers
from cip_analysis.returns.payments.rules import AGAINST_STAYS, DAYS_PAST_18


def check_against_stays(payments: Payments, episodes: Episodes) -> Findings:
    """What is odd in the payments once the children are known, by rules.AGAINST_STAYS; nothing is altered.

    The £ of a finding are those of the nights at fault, by days. A child without a birth date, or not in the returns,
    is not judged. Eighteen on the birthday; one born on 29 February on 1 March. 61 days are allowed for the last bill.
    """
    births = episodes.table.dropna(subset=["birth_date"]).groupby("child")["birth_date"].first()
    paid = payments.table
    known = paid["child"].fillna("").isin(births.index)
    rows = paid[known].assign(amount_pence=to_pence(paid.loc[known, "amount_gbp"]))
    born = births.reindex(rows["child"]).set_axis(rows.index)
    start, end = day_numbers(rows["start"]), day_numbers(rows["end"])
    before = np.minimum(end, day_numbers(born)) - start
    after = end - np.maximum(start, day_numbers(turn_18(born)) + DAYS_PAST_18)
    nights = {"paid before birth": before, "paid after the 18th birthday": after}
    findings = []
    for rule in AGAINST_STAYS:
        touched = nights[rule.name] > 0
        if touched.any():
            share = nights[rule.name][touched] / (end - start)[touched]
            pence = (rows.loc[touched, "amount_pence"] * share).round()
            findings.append(_counted_once(as_finding(rule, rows[touched], pence), rows[touched]))
    return Findings.of(findings)


def turn_18(born: pd.Series) -> pd.Series:
    """The day each child turns 18; 1 March for one born on 29 February.

    >>> turn_18(pd.Series(pd.to_datetime(["2000-02-29", "2000-07-06"]))).dt.strftime("%Y-%m-%d").tolist()
    ['2018-03-01', '2018-07-06']
    """
    month = born.to_numpy("datetime64[M]") + np.timedelta64(18 * 12, "M")
    days = month.astype("datetime64[D]") + (born.dt.day.to_numpy() - 1).astype("timedelta64[D]")
    return pd.Series(days.astype("datetime64[us]"), index=born.index)


def _counted_once(finding: dict[str, object], rows: pd.DataFrame) -> dict[str, object]:
    """The finding with each row of the file counted once, though its period was cut at 31 March."""
    once = rows[["file", "row"]].drop_duplicates()
    return {**finding, "rows": len(once), "first_rows": ", ".join(str(row) for row in once["row"].head(5))}
