"""Rows of payments that can be read and may yet be wrong: found, counted, their £ said, and left as sent.

Our choices are in docs/decisions/0007-payments-and-stays.md. Money here is in pence, as `returns.finance` reads it.
"""

from __future__ import annotations

import pandas as pd

from cip_analysis.returns.payments.matching import financial_year
from cip_analysis.returns.payments.rules import (
    A_HUNDREDFOLD,
    FEE_AGREES_WITHIN,
    FEE_AGREES_WITHIN_PENCE,
    IMPLAUSIBLE_WEEKLY_GBP,
    LONGEST_PERIOD_DAYS,
    NOTED,
    PENCE_IN_A_POUND,
    Rule,
)
from cip_analysis.returns.payments.twice import doubt_accruals, doubt_overlaps


def note_doubts(kept: pd.DataFrame) -> list[dict[str, object]]:
    """Findings on rows that stay in the total, in the order of rules.NOTED."""
    touched = {**_doubt_cells(kept), **_doubt_sums(kept), **doubt_overlaps(kept), **doubt_accruals(kept)}
    touched |= {"credited more than paid": _over_credited(kept)}
    return [
        as_finding(rule, kept[effect.notna()], effect[effect.notna()])
        for rule in NOTED
        if (effect := touched[rule.name]).notna().any()
    ]


def as_finding(rule: Rule, rows: pd.DataFrame, effect: pd.Series | None = None) -> dict[str, object]:
    """One finding: the rule, and how many rows, children, days and £ it touches.

    effect: the pence that are in doubt, row by row, where that is not the whole amount.
    """
    pence = rows["amount_pence"] if effect is None else effect
    total = round(float(pence.sum()))
    pounds = f"{'-' if total < 0 else ''}£{abs(total) / 100:,.2f}" if pence.notna().any() else "£ unknown"
    return {
        "rule": rule.name,
        "severity": rule.severity,
        "meaning": f"{rule.meaning} ({pounds})",
        "where": ", ".join(dict.fromkeys(rows["file"])),
        "rows": len(rows),
        "first_rows": ", ".join(str(row) for row in rows["row"].head(5)),
        "children": int(rows.loc[rows["child"].ne(""), "child"].nunique()),
        "child_days": paid_days(rows),
        "next_step": rule.next_step,
    }


def paid_days(rows: pd.DataFrame) -> float:
    """Days of the periods that can be read and run forwards."""
    days = (rows["end"] - rows["start"]).dt.days
    return float(days.where(days.between(1, LONGEST_PERIOD_DAYS), 0).sum())


def _doubt_cells(kept: pd.DataFrame) -> dict[str, pd.Series]:
    """Pence, by rule, of the rows where one cell alone is odd; blank elsewhere."""
    touched = {
        "no end date": kept["no_end"],
        "credit note above nought": kept["kind"].eq("credit note") & (kept["amount_pence"] > 0),
        "amount of nought": kept["amount_pence"].eq(0),
        "fee not above nought": kept["fee_pence"] <= 0,
        "implausible fee": kept["fee_pence"] > IMPLAUSIBLE_WEEKLY_GBP * PENCE_IN_A_POUND,
        "unreadable fee": kept["fee_reading"].isin(("unreadable", "formula")),
        "unreadable contribution": kept["bad_contribution"],
        "money typed as text": kept["as_text"],
        "parts of a penny": kept["rounded"],
        "late payment": kept["kind"].eq("late payment"),
        "no child given": kept["child"].eq(""),
        "unknown row type": kept["odd_kind"],
        "unknown platform": kept["odd_platform"],
        "unknown setting": kept["odd_setting"],
    }
    return {name: kept["amount_pence"].where(rows) for name, rows in touched.items()}


def _doubt_sums(kept: pd.DataFrame) -> dict[str, pd.Series]:
    """Pence, by rule, of the rows whose fee, days, amount and contributions do not go together; blank elsewhere."""
    amount, given = kept["amount_pence"], kept["health_pence"] + kept["education_pence"]
    due = ((kept["end"] - kept["start"]).dt.days * kept["fee_pence"] / 7).round()
    whole = kept["kind"].eq("payment") & (amount > 0) & ~kept["no_end"]
    priced = whole & (kept["fee_pence"] > 0)
    differs = priced & ~_agree(due, amount, given)
    fee_in_pence = differs & _agree(due / PENCE_IN_A_POUND, amount, given)
    in_pence = differs & _agree(due, amount / PENCE_IN_A_POUND, given)
    in_pence |= whole & ~(fee_in_pence | in_pence) & _hundredfold(kept[whole]).reindex(kept.index, fill_value=False)
    return {
        "fee and amount differ": amount.where(differs),
        "fee typed in pence": amount.where(fee_in_pence),
        "amount typed in pence": (amount - amount / PENCE_IN_A_POUND).round().where(in_pence),
        "contributions above the fee": (given - due).where(priced & (given > due + FEE_AGREES_WITHIN_PENCE)),
    }


def _agree(due: pd.Series, amount: pd.Series, given: pd.Series) -> pd.Series:
    """Whether days × fee ÷ 7, less contributions or not, is within 5% or £10 of the amount."""
    gap = pd.concat([(due - given - amount).abs(), (due - amount).abs()], axis=1).min(axis=1)
    return (gap <= FEE_AGREES_WITHIN * amount.abs()) | (gap <= FEE_AGREES_WITHIN_PENCE)


def _hundredfold(whole: pd.DataFrame) -> pd.Series:
    """Whether a day of a row costs about a hundred times the median of the child's other rows in that setting.

    whole: payments above nought with an end. About a hundred: 80 to 125.
    """
    keys = ["child", "setting"]
    daily = whole["amount_pence"] / (whole["end"] - whole["start"]).dt.days
    rows = whole[keys].assign(daily=daily, place=whole.index)[whole["child"].ne("")]
    dear = rows[rows["daily"] >= A_HUNDREDFOLD[0] / 2 * rows.groupby(keys)["daily"].transform("min")]
    pairs = dear.merge(rows, on=keys, suffixes=("", "_other"))
    pairs = pairs[pairs["place"] != pairs["place_other"]]
    middle = pairs.groupby("place")["daily_other"].median()
    times = daily.reindex(middle.index) / middle
    return pd.Series(whole.index.isin(times.index[times.between(*A_HUNDREDFOLD)]), index=whole.index)


def _over_credited(kept: pd.DataFrame) -> pd.Series:
    """What is left over, on the first credit note of each child and year in which credits exceed all that was paid.

    The year is that of the first day of the period; the pence are below nought, and blank on every other row.
    """
    year = financial_year(kept["start"])
    net = kept["amount_pence"].groupby([kept["child"], year]).transform("sum")
    credits = kept["kind"].eq("credit note") & kept["child"].ne("") & (net < 0)
    first = ~pd.concat([kept["child"], year], axis=1)[credits].duplicated()
    return net.where(credits).mask(credits & ~first.reindex(kept.index, fill_value=False), 0.0)
