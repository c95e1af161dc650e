"""Small builders for money: one line of a payments file, a file of them, or payments as the readers hand them on."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cip_analysis.ledgers import Findings, Treatments
from cip_analysis.records import PAYMENT_COLUMNS, Payments
from cip_analysis.returns.finance import read_payments
from cip_analysis.settings import PaymentColumns

SENT = {
    "child_id": "1", "period_start": "01/04/2017", "period_end": "31/03/2018", "placement_type": "External residential",
    "provider_name": "Invented Provider 01", "provider_urn": "SC001", "procurement_platform": "Framework",
    "weekly_fee": "700.00", "health_contribution": "", "education_contribution": "", "amount": "36500.00",
    "row_type": "Payment",
}  # fmt: skip
PAID = {
    "child": "1", "start": "2017-04-01", "end": "2018-04-01", "financial_year": None, "setting": "external residential",
    "provider": "Invented Provider 01", "provider_urn": "SC001", "platform": "framework", "weekly_fee_gbp": 700.0,
    "health_gbp": 0.0, "education_gbp": 0.0, "amount_gbp": 36500.0, "kind": "payment", "match": "stay",
    "file": "payments.csv",
}  # fmt: skip


def a_sent_payment(**changes: str) -> dict[str, str]:
    """One line of a payments file as a council would send it, with `changes` to it."""
    return {**SENT, **changes}


def write_payments(folder: Path, rows: list[dict[str, str]], name: str = "payments.csv") -> Path:
    """The lines as a CSV file; its path."""
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(folder / name, index=False)
    return folder / name


def read_sent(
    folder: Path, rows: list[dict[str, str]], columns: PaymentColumns | None = None
) -> tuple[Payments, Findings, Treatments]:
    """What the reader makes of the lines."""
    return read_payments(write_payments(folder, rows), columns or PaymentColumns())


def a_payment(**changes: object) -> dict[str, object]:
    """One payment as the stages after the reader hold it, already matched, with `changes` to it."""
    return {**PAID, **changes}


def make_payments(rows: list[dict[str, object]]) -> Payments:
    """Payments from rows as `a_payment` gives; a blank financial year is that of the start."""
    table = pd.DataFrame(rows)
    for name in ("start", "end"):
        table[name] = pd.to_datetime(table[name]).astype("datetime64[us]")
    year = (table["start"].dt.year + (table["start"].dt.month > 3)).astype("int64")
    text = [name for name, kind in PAYMENT_COLUMNS.items() if kind.startswith("text")]
    table = table.assign(financial_year=year, row=range(2, len(table) + 2))
    return Payments(table.astype(dict.fromkeys(text, "str"))[list(PAYMENT_COLUMNS)], synthetic=True)
