"""Placement payments and fees, from a council's own file: read, checked, split by financial year; never guessed.

What leaves the total is listed with its rows and £, so that the file's total and the record's reconcile to the penny.
Our choices are in docs/decisions/0007-payments-and-stays.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from cip_analysis.codes import SETTINGS
from cip_analysis.ledgers import Findings, Treatments
from cip_analysis.records import KEPT_OUT_COLUMNS, PAYMENT_COLUMNS, Payments
from cip_analysis.returns.payments.cells import by_value, read_days, read_money, read_reference
from cip_analysis.returns.payments.doubts import as_finding, note_doubts, paid_days
from cip_analysis.returns.payments.files import FIELDS, PaymentError, is_marked_synthetic, open_payment_files
from cip_analysis.returns.payments.matching import match_payments, share_by_days, split_by_year
from cip_analysis.returns.payments.rules import (
    KEPT_OUT,
    KINDS,
    LONGEST_PERIOD_DAYS,
    PLATFORMS,
)
from cip_analysis.returns.reading.text_tables import MENDED_ON_OPENING, Repair
from cip_analysis.settings import PaymentColumns

__all__ = ["PaymentError", "match_payments", "read_payments"]

MONEY_FIELDS = ("amount", "weekly_fee", "health", "education")
SAYS_TOTAL = r"(?i)(?:sub|grand)?[- ]?totals?\b"
PENCE_FIELDS = ("amount_pence", "health_pence", "education_pence")


def read_payments(path: Path, columns: PaymentColumns) -> tuple[Payments, Findings, Treatments]:
    """The council's placement payments, one row a period within one financial year, not yet matched to stays.

    path: a CSV or Excel file, or a folder of them. columns: the council's own names for its columns.
    A row that cannot be read one way only is kept out and listed; the rest are kept. `match` is "no child" until
    `match_payments`. Raises PaymentError where there is no usable file or not one usable row.
    """
    sent = open_payment_files(path, columns)
    lines = _read_lines(sent.lines, columns)
    kept, left_out, findings, treatments = _keep_usable(lines)
    if kept.empty:
        raise PaymentError(
            f"{path.name}: none of its {len(lines)} rows of payments can be used. "
            "Check that the columns under [payment_columns] in the council's file are the right ones."
        )
    findings = [notice.as_finding() for notice in sent.notices] + findings + note_doubts(kept)
    treatments = _mended(sent.repairs, lines) + treatments + _alterations(kept)
    table, split = split_payments(kept)
    treatments.append(split)
    payments = Payments(table, is_marked_synthetic(path), _list_kept_out(left_out))
    return payments, Findings.of(findings), Treatments.of(treatments)


def _read_lines(sent: pd.DataFrame, columns: PaymentColumns) -> pd.DataFrame:
    """Every line with its cells read: pence, days, references; and the flags the rules look at."""
    text = sent[list(FIELDS)].apply(lambda column: column.str.strip())
    money = {field: _read_money_once(text[field]) for field in MONEY_FIELDS}
    end = read_days(text["end"])
    ends_after = end + pd.Timedelta(days=1) if columns.end_is == "last day paid" else end
    start = read_days(text["start"])
    no_end = text["end"].eq("") & start.notna()
    kind = by_value(text["kind"], _kind_of)
    amount = money["amount"]["pence"].where(money["amount"]["reading"].isin(("plain", "as text")))
    flags = _flags(text, money)
    return sent[["file", "row"]].assign(
        child=read_reference(text["child"]).mask(flags["says_total"] & start.isna(), ""),
        start=start,
        end=ends_after.mask(no_end, start + pd.Timedelta(days=1)),
        setting=by_value(text["setting"], _setting_of),
        provider=text["provider"],
        provider_urn=read_reference(text["provider_urn"]),
        platform=by_value(text["platform"], lambda words: words.str.lower().map(PLATFORMS).fillna("")),
        kind=kind.mask(kind.eq("payment") & (amount < 0), "credit note"),
        credit_by_sign=kind.eq("payment") & (amount < 0),
        amount_pence=amount,
        fee_pence=money["weekly_fee"]["pence"],
        health_pence=money["health"]["pence"].fillna(0),
        education_pence=money["education"]["pence"].fillna(0),
        **flags,
        no_end=no_end,
        repeat=text.duplicated(),
    )


def _read_money_once(typed: pd.Series) -> pd.DataFrame:
    """`read_money` of a column, each distinct cell read once: fees and contributions repeat, and most are blank."""
    places, values = pd.factorize(typed, use_na_sentinel=False)
    return read_money(pd.Series(values)).take(places).set_axis(typed.index)


def _kind_of(words: pd.Series) -> pd.Series:
    """Our name for each row type; its own words where we know none, and a payment where there are none."""
    words = words.str.lower()
    return words.map(KINDS).fillna(words).mask(words.eq(""), "payment")


def _setting_of(words: pd.Series) -> pd.Series:
    """Our setting where the words are one of ours in any case; otherwise the words."""
    plain = words.str.lower()
    return plain.where(plain.isin(SETTINGS), words)


def _flags(text: pd.DataFrame, money: Mapping[str, pd.DataFrame]) -> dict[str, pd.Series]:
    """What the text itself tells of a line, before it is read: one column a flag."""
    labels = text[["child", "start", "setting", "provider", "kind"]].apply(lambda cell: cell.str.match(SAYS_TOTAL))
    contributions = [money[field]["reading"] for field in ("health", "education")]
    return {
        "amount_reading": money["amount"]["reading"],
        "fee_reading": money["weekly_fee"]["reading"],
        "bad_contribution": pd.concat(
            [~reading.isin(("plain", "as text", "blank")) for reading in contributions], axis=1
        ).any(axis=1),
        "as_text": pd.concat([money[field]["reading"].eq("as text") for field in MONEY_FIELDS], axis=1).any(axis=1),
        "rounding_gbp": money["amount"]["rounding_gbp"],
        "rounded": pd.concat([money[field]["rounding_gbp"].ne(0) for field in MONEY_FIELDS], axis=1).any(axis=1),
        "blank": (text == "").all(axis=1),
        "says_total": labels.any(axis=1),
        "no_start": text["start"].eq(""),
        "odd_setting": ~by_value(text["setting"], lambda words: words.str.lower().isin((*SETTINGS, ""))),
        "odd_kind": text["kind"].ne("") & ~text["kind"].str.lower().isin(KINDS),
        "odd_platform": text["platform"].ne("") & ~text["platform"].str.lower().isin(PLATFORMS),
    }


def _faults(lines: pd.DataFrame) -> dict[str, pd.Series]:
    """Which lines each rule of KEPT_OUT touches; a line is put down to the first."""
    reading = lines["amount_reading"]
    days = (lines["end"] - lines["start"]).dt.days
    return {
        "blank row": lines["blank"],
        "totals row": (lines["says_total"] & lines["start"].isna()) | _sums_the_rest(lines),
        "formula without a value": reading.eq("formula"),
        "amount by the week": reading.eq("by the week"),
        "no amount": reading.eq("blank"),
        "unreadable amount": reading.eq("unreadable"),
        "no start date": lines["no_start"],
        "unreadable date": lines["start"].isna() | lines["end"].isna(),
        "period runs backwards": days <= 0,
        "period too long": days > LONGEST_PERIOD_DAYS,
        "repeated row": lines["repeat"],
    }


def _sums_the_rest(lines: pd.DataFrame) -> pd.Series:
    """Rows with neither child nor date whose amount is the sum of the rows above, or of those since the last such."""
    bare = lines["child"].eq("") & lines["no_start"] & lines["amount_pence"].notna()
    running = lines["amount_pence"].fillna(0).mask(bare, 0).groupby(lines["file"]).cumsum()
    before = running.where(bare).groupby(lines["file"]).ffill().groupby(lines["file"]).shift().fillna(0)
    amount = lines["amount_pence"]
    return bare & amount.ne(0) & (amount.eq(running) | amount.eq(running - before))


def _keep_usable(
    lines: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame, list[dict[str, object]], list[dict[str, object]]]:
    """The rows that can be read one way only; and the rest under their `rule`, what is wrong, what leaves the total."""
    findings: list[dict[str, object]] = []
    treatments: list[dict[str, object]] = []
    left_out = [lines.head(0).assign(rule="")]
    faults, kept = _faults(lines), lines
    for rule in KEPT_OUT:
        at_fault = faults[rule.name].reindex(kept.index)
        if at_fault.any():
            rest = kept[~at_fault]
            findings.append(as_finding(rule, kept[at_fault]))
            treatments.append(_treatment(f"payment kept out: {rule.name}", kept, rest, rule.meaning))
            left_out.append(kept[at_fault].assign(rule=rule.name))
            kept = rest
    return kept, pd.concat(left_out), findings, treatments


def _list_kept_out(left_out: pd.DataFrame) -> pd.DataFrame:
    """The rows that are not in the total, as KEPT_OUT_COLUMNS: where each is, why, its £, and of which year's days."""
    days = (left_out["end"] - left_out["start"]).dt.days
    dated = days.between(1, LONGEST_PERIOD_DAYS) & left_out["amount_pence"].notna()
    parts = split_by_year(left_out.loc[dated, ["rule", "child", "file", "row", "start", "end", "amount_pence"]])
    shared = parts.assign(amount_gbp=share_by_days(parts["amount_pence"], parts) / 100)
    rest = left_out[~dated].assign(amount_gbp=lambda rows: rows["amount_pence"] / 100)
    columns, whole = list(KEPT_OUT_COLUMNS), {"financial_year": "Int64", "amount_gbp": "float64"}
    listed = pd.concat([part.reindex(columns=columns).astype(whole) for part in (shared, rest)])
    return listed.sort_values(["file", "row", "financial_year"], kind="stable", ignore_index=True)


def _mended(repairs: Iterable[Repair], lines: pd.DataFrame) -> list[dict[str, object]]:
    """What opening the files left out or altered, a line each; the £ of a row that was never read are not known."""
    days = paid_days(lines)
    return [
        {
            "rule": f"payments file: {repair.rule}",
            "rows_seen": repair.rows_seen,
            "rows_changed": repair.rows_changed,
            "children": 0,
            "child_days_before": days,
            "child_days_after": days,
            "gbp": 0.0,
            "why": MENDED_ON_OPENING[repair.rule],
        }
        for repair in repairs
    ]


def _alterations(kept: pd.DataFrame) -> list[dict[str, object]]:
    """What was read otherwise than as typed on rows that stay, a line each; nothing is said of a rule that met none."""
    rounded = kept["rounding_gbp"].ne(0)
    altered = {
        "payment rounded to the penny": (rounded, float(kept.loc[rounded, "rounding_gbp"].sum()), "typed finer"),
        "payment called a credit note by its sign": (kept["credit_by_sign"], 0.0, "typed as a payment, yet negative"),
        "contribution taken as nought": (kept["bad_contribution"], 0.0, "no one reading; the amount itself is as sent"),
        "period without an end held on its first day": (kept["no_end"], 0.0, "the £ fall in that day's financial year"),
        "money typed as text read": (kept["as_text"], 0.0, "signs, commas or words, with one reading"),
    }
    days = paid_days(kept)
    return [
        {
            "rule": rule,
            "rows_seen": len(kept),
            "rows_changed": int(rows.sum()),
            "children": int(kept.loc[rows & kept["child"].ne(""), "child"].nunique()),
            "child_days_before": days,
            "child_days_after": days,
            "gbp": gbp,
            "why": why,
        }
        for rule, (rows, gbp, why) in altered.items()
        if rows.any()
    ]


def _treatment(rule: str, before: pd.DataFrame, after: pd.DataFrame, why: str) -> dict[str, object]:
    """One line of the ledger: `gbp` is the change the rule makes to the total."""
    gone = before[~before.index.isin(after.index)]
    return {
        "rule": rule,
        "rows_seen": len(before),
        "rows_changed": len(gone),
        "children": int(gone.loc[gone["child"].ne(""), "child"].nunique()),
        "child_days_before": paid_days(before),
        "child_days_after": paid_days(after),
        "gbp": 0.0 - gone["amount_pence"].sum() / 100,
        "why": why,
    }


def split_payments(kept: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, object]]:
    """The payments cut at 31 March, each sum shared by days in whole pence; and the line that says how many were."""
    parts = split_by_year(
        kept[[name for name in kept.columns if name in {*PAYMENT_COLUMNS, "fee_pence", *PENCE_FIELDS}]]
    )
    shared = {name: share_by_days(parts[name], parts) for name in PENCE_FIELDS}
    table = parts.assign(
        weekly_fee_gbp=parts["fee_pence"] / 100,
        match="no child",
        **{name.replace("_pence", "_gbp"): pence / 100 for name, pence in shared.items()},
    )
    crossing = parts["origin"].duplicated(keep=False)
    line = {
        "rule": "payment period cut at 31 March",
        "rows_seen": len(kept),
        "rows_changed": int(parts.loc[crossing, "origin"].nunique()),
        "children": int(parts.loc[crossing & parts["child"].ne(""), "child"].nunique()),
        "child_days_before": paid_days(kept),
        "child_days_after": float(parts["days"].sum()),
        "gbp": 0.0,
        "why": "each sum shared over its days, whole pence, so that a year's spend is for that year's days",
    }
    return table[list(PAYMENT_COLUMNS)].reset_index(drop=True), line
