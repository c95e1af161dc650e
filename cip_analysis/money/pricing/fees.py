"""Fees as billed: one row a child's stay with a provider and financial year, on what terms, and what it came to.

The table is for working with, never for showing: it names children. Choices: docs/decisions/0017-prices.md.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cip_analysis.codes import AGE_BANDS, AGE_UNKNOWN
from cip_analysis.demand.inputs import BIRTHDAYS, DAYS_IN_YEAR
from cip_analysis.money.spend import ON_A_STAY
from cip_analysis.records import Episodes, Payments
from cip_analysis.returns.payments.cells import to_pence

BILLED, CREDITED = ("payment", "late payment"), "credit note"
NOT_SAID = "not said"
PLACES, SIZES = (1.5, 4.0), ("up to 1½ places", "1½ to 4 places", "over 4 places")
LENGTHS_DAYS, LENGTHS = (91, 365), ("up to 3 months", "3 to 12 months", "over a year")
LINE = ["child", "setting", "provider", "platform", "financial_year"]


def fee_lines(payments: Payments, episodes: Episodes, first_year: int, last_year: int) -> pd.DataFrame:
    """What was billed for each child, setting, provider, platform and financial year, from payments that met a stay.

    Columns LINE, provider_size (places paid for there that year, banded: SIZES), age_band (at the middle of the days),
    length (days since the stay with the provider was first billed, at the year's last: LENGTHS), days (billed, less
    those credited), weekly_fee_gbp (gross, as billed, weighed by days) and weekly_net_gbp (all that was paid less
    contributions and credits, support included, ÷ days × 7). Nominal £. Lines with no days or no fee are left out: a
    credit for another year's bill is not a price.
    """
    paid = payments.table
    paid = paid[paid["match"].isin(ON_A_STAY) & paid["financial_year"].between(first_year, last_year)]
    provider = paid["provider"].replace("", None).fillna(paid["provider_urn"]).replace("", None).fillna(NOT_SAID)
    platform = paid["platform"].replace("", None).fillna(NOT_SAID)
    counted = _counted(paid.assign(provider=provider, platform=platform))
    lines = counted.groupby(LINE, as_index=False).agg(
        start=("start", "min"), end=("end", "max"), days=("days", "sum"), fee_days=("fee_days", "sum"),
        fee_gbp_days=("fee_gbp_days", "sum"), pence=("pence", "sum"),
    )  # fmt: skip
    lines = lines[(lines["days"] > 0) & (lines["fee_days"] > 0)].reset_index(drop=True)
    began = lines.groupby(["child", "setting", "provider"])["start"].transform("min")
    return lines.assign(
        provider_size=_provider_sizes(lines),
        age_band=_age_bands(lines, episodes),
        length=_banded((lines["end"] - began).dt.days, LENGTHS_DAYS, LENGTHS),
        weekly_fee_gbp=lines["fee_gbp_days"] / lines["fee_days"],
        weekly_net_gbp=lines["pence"] / 100 / lines["days"] * 7,
    ).drop(columns=["start", "end", "fee_days", "fee_gbp_days", "pence"])


def _counted(paid: pd.DataFrame) -> pd.DataFrame:
    """The payments with days billed (less than nought where credited), and days × gross fee of those that bill a fee.

    Where a bill states no weekly fee, what it came to before contributions, ÷ days × 7, stands for it.
    """
    days, billed = (paid["end"] - paid["start"]).dt.days, paid["kind"].isin(BILLED)
    gross = (paid["amount_gbp"] + paid["health_gbp"] + paid["education_gbp"]) / days * 7
    fee = paid["weekly_fee_gbp"].where(paid["weekly_fee_gbp"].gt(0), gross)
    fee_days = days.where(billed & fee.gt(0), 0)
    credited = paid["kind"].eq(CREDITED) & paid["amount_gbp"].lt(0) & paid["weekly_fee_gbp"].gt(0)
    return paid.assign(
        days=days.where(billed, 0) - days.where(credited, 0),
        fee_days=fee_days,
        fee_gbp_days=fee.where(fee_days.gt(0), 0.0) * fee_days,
        pence=to_pence(paid["amount_gbp"]),
    )


def _provider_sizes(lines: pd.DataFrame) -> pd.Series:
    """How many places of one setting the provider was paid for in the year, banded."""
    at = lines.groupby(["setting", "provider", "financial_year"])["days"].transform("sum")
    return _banded(at / DAYS_IN_YEAR, PLACES, SIZES)


def _age_bands(lines: pd.DataFrame, episodes: Episodes) -> pd.Series:
    """The child's age band half way through the line's days."""
    born = lines["child"].map(episodes.table.groupby("child")["birth_date"].first())
    middle = lines["start"] + (lines["end"] - lines["start"]) / 2
    age = (middle - born).dt.days / DAYS_IN_YEAR
    return _banded(age, BIRTHDAYS[: len(AGE_BANDS) - 1], AGE_BANDS).mask(age.isna(), AGE_UNKNOWN)


def _banded(numbers: pd.Series, edges: tuple[float, ...], names: tuple[str, ...]) -> pd.Series:
    """The band each number is in; one on an edge is in the band above."""
    at = np.searchsorted(edges, numbers.fillna(0).to_numpy(dtype="float64"), side="right")
    return pd.Series(np.array(names, dtype=object)[at], index=numbers.index, dtype="str")
