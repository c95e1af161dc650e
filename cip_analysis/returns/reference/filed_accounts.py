"""Accounts that bidders have published, one row a bidder and year: read the file, refuse what cannot be true."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from cip_analysis.returns.reading.plain_tables import PlainTable, read_listed_days

NEVER_BELOW_NOUGHT = (
    "turnover_gbp", "interest_gbp", "current_assets_gbp", "stock_gbp", "current_liabilities_gbp", "cash_gbp",
    "debt_gbp",
)  # fmt: skip
EITHER_SIGN = ("operating_profit_gbp", "equity_gbp")
MARKS = ("going_concern_doubt", "audit_qualified")
COLUMNS = (
    "bidder", "year_end", "filed_on", "turnover_gbp", "operating_profit_gbp", "interest_gbp", "current_assets_gbp",
    "stock_gbp", "current_liabilities_gbp", "cash_gbp", "debt_gbp", "equity_gbp", "largest_customer_share", *MARKS,
)  # fmt: skip
SAID = {"yes": True, "no": False}
ADVICE = "docs/data_dictionary.md says what a file of bidders' accounts holds."


class AccountsFileError(ValueError):
    """A file is not a table of published accounts, or says what cannot be."""


FILE = PlainTable(AccountsFileError, COLUMNS, ADVICE, absent="Check `accounts` in the bids file.")


def read_accounts(path: Path, bidders: Sequence[str]) -> pd.DataFrame:
    """Published accounts, one row a bidder and year-end, in the order of `bidders` and then of years.

    bidders: every one that bids; accounts of others are refused, and so is a bidder without any. Names are the same
    whatever their case and spaces. Columns COLUMNS: days are ISO or dd/mm/yyyy, £ plain numbers, the share from 0 to 1,
    the marks yes or no. A blank largest_customer_share is unknown.
    Raises AccountsFileError naming the file, the column and how many rows are at fault, the first by its number.
    """
    text = FILE.read(path)
    called = {_plain(name): name for name in bidders}
    table = pd.DataFrame({"bidder": text["bidder"].map(lambda name: called.get(_plain(name), ""))})
    FILE.refuse(path, table["bidder"].eq(""), "name no bidder of the bids file", "bidder")
    table = table.assign(
        **{name: _days(path, name, text[name]) for name in ("year_end", "filed_on")},
        **{name: _amounts(path, name, text[name]) for name in (*NEVER_BELOW_NOUGHT, *EITHER_SIGN)},
        largest_customer_share=_shares(path, text["largest_customer_share"]),
        **{name: _marks(path, name, text[name]) for name in MARKS},
    )
    _refuse_contradictions(path, table)
    if absent := [name for name in bidders if name not in set(table["bidder"])]:
        raise AccountsFileError(f"{path.name}: no accounts of {', '.join(absent)}. Add a row a year. {ADVICE}")
    order = {name: place for place, name in enumerate(bidders)}
    table = table.assign(order=table["bidder"].map(order)).sort_values(["order", "year_end"], ignore_index=True)
    return table[list(COLUMNS)].astype({"bidder": "str"})


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _days(path: Path, name: str, text: pd.Series) -> pd.Series:
    """Days as dd/mm/yyyy or ISO; any other is refused."""
    days = read_listed_days(text)
    FILE.refuse(path, days.isna(), "hold no day (write 2018-03-31 or 31/03/2018)", name)
    return days


def _amounts(path: Path, name: str, text: pd.Series) -> pd.Series:
    """£ as numbers, a pound sign and commas allowed; blanks and amounts that cannot be are refused."""
    bare = text.str.replace("£", "").str.replace(",", "").str.strip()
    pounds = pd.to_numeric(bare, errors="coerce").astype("float64")
    FILE.refuse(path, pd.Series(~np.isfinite(pounds), text.index), "hold no number of pounds", name)
    if name in NEVER_BELOW_NOUGHT:
        FILE.refuse(path, pounds < 0, "are below nought, which this cannot be", name)
    if name == "turnover_gbp":
        FILE.refuse(path, pounds.eq(0), "have a turnover of nought, by which ratios cannot be taken", name)
    if name == "current_liabilities_gbp":
        FILE.refuse(path, pounds.eq(0), "have current liabilities of nought, by which ratios cannot be taken", name)
    return pounds


def _shares(path: Path, text: pd.Series) -> pd.Series:
    """Shares from 0 to 1, blank where unknown; a per cent such as 40 or 40% is refused."""
    name = "largest_customer_share"
    shares = pd.to_numeric(text.where(text.ne("")), errors="coerce").astype("float64")
    FILE.refuse(path, shares.isna() & text.ne(""), "hold no number (40% is written 0.4)", name)
    FILE.refuse(path, ~shares.between(0, 1) & shares.notna(), "are not from 0 to 1 (40% is written 0.4)", name)
    return shares


def _marks(path: Path, name: str, text: pd.Series) -> pd.Series:
    said = text.str.lower().map(SAID)
    FILE.refuse(path, said.isna(), "say neither yes nor no", name)
    return said.astype("bool")


def _refuse_contradictions(path: Path, table: pd.DataFrame) -> None:
    """Refuse rows whose columns contradict each other, and a year given twice."""
    FILE.refuse(path, table["filed_on"] < table["year_end"], "were filed before the year's end", "filed_on")
    FILE.refuse(path, table.duplicated(["bidder", "year_end"]), "repeat a bidder's year", "year_end")
    held = table["cash_gbp"] + table["stock_gbp"]
    over = held > table["current_assets_gbp"] * (1 + 1e-9)
    FILE.refuse(path, over, "are less than the cash and stock that are part of them", "current_assets_gbp")
