"""Accounts that bidders have published, one row a bidder and year: read the file, refuse what cannot be true."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

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


def read_accounts(path: Path, bidders: Sequence[str]) -> pd.DataFrame:
    """Published accounts, one row a bidder and year-end, in the order of `bidders` and then of years.

    bidders: every one that bids; accounts of others are refused, and so is a bidder without any. Names are the same
    whatever their case and spaces. Columns COLUMNS: days are ISO or dd/mm/yyyy, £ plain numbers, the share from 0 to 1,
    the marks yes or no. A blank largest_customer_share is unknown.
    Raises AccountsFileError naming the file, the column and how many rows are at fault, the first by its number.
    """
    sheet = _open(path)
    if missing := [name for name in COLUMNS if name not in sheet]:
        raise AccountsFileError(f"{path.name}: no column {', '.join(missing)}. {ADVICE}")
    if sheet.empty:
        raise AccountsFileError(f"{path.name}: column names and no rows. {ADVICE}")
    text = sheet[list(COLUMNS)].apply(lambda column: column.fillna("").str.strip())
    called = {_plain(name): name for name in bidders}
    table = pd.DataFrame({"bidder": text["bidder"].map(lambda name: called.get(_plain(name), ""))})
    _refuse(path, "bidder", "name no bidder of the bids file", table["bidder"].eq(""))
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
    day_first = pd.to_datetime(text, format="%d/%m/%Y", errors="coerce")
    days = day_first.fillna(pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")).astype("datetime64[us]")
    _refuse(path, name, "hold no day (write 2018-03-31 or 31/03/2018)", days.isna())
    return days


def _amounts(path: Path, name: str, text: pd.Series) -> pd.Series:
    """£ as numbers, a pound sign and commas allowed; blanks and amounts that cannot be are refused."""
    bare = text.str.replace("£", "").str.replace(",", "").str.strip()
    pounds = pd.to_numeric(bare, errors="coerce").astype("float64")
    _refuse(path, name, "hold no number of pounds", pd.Series(~np.isfinite(pounds), text.index))
    if name in NEVER_BELOW_NOUGHT:
        _refuse(path, name, "are below nought, which this cannot be", pounds < 0)
    if name == "turnover_gbp":
        _refuse(path, name, "have a turnover of nought, by which ratios cannot be taken", pounds.eq(0))
    if name == "current_liabilities_gbp":
        _refuse(path, name, "have current liabilities of nought, by which ratios cannot be taken", pounds.eq(0))
    return pounds


def _shares(path: Path, text: pd.Series) -> pd.Series:
    """Shares from 0 to 1, blank where unknown; a per cent such as 40 or 40% is refused."""
    name = "largest_customer_share"
    shares = pd.to_numeric(text.where(text.ne("")), errors="coerce").astype("float64")
    _refuse(path, name, "hold no number (40% is written 0.4)", shares.isna() & text.ne(""))
    _refuse(path, name, "are not from 0 to 1 (40% is written 0.4)", ~shares.between(0, 1) & shares.notna())
    return shares


def _marks(path: Path, name: str, text: pd.Series) -> pd.Series:
    said = text.str.lower().map(SAID)
    _refuse(path, name, "say neither yes nor no", said.isna())
    return said.astype("bool")


def _refuse_contradictions(path: Path, table: pd.DataFrame) -> None:
    """Refuse rows whose columns contradict each other, and a year given twice."""
    _refuse(path, "filed_on", "were filed before the year's end", table["filed_on"] < table["year_end"])
    _refuse(path, "year_end", "repeat a bidder's year", table.duplicated(["bidder", "year_end"]))
    held = table["cash_gbp"] + table["stock_gbp"]
    over = held > table["current_assets_gbp"] * (1 + 1e-9)
    _refuse(path, "current_assets_gbp", "are less than the cash and stock that are part of them", over)


def _open(path: Path) -> pd.DataFrame:
    try:
        sheet = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise AccountsFileError(f"{path.name}: no such file. Check `accounts` in the bids file.") from None
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
        raise AccountsFileError(f"{path.name}: not readable as UTF-8 CSV. Save it as one. {ADVICE}") from None
    return sheet.set_axis([str(name).strip().lower() for name in sheet.columns], axis=1)


def _refuse(path: Path, column: str, fault: str, wrong: pd.Series) -> None:
    """Refuse the file where any row is at fault, naming how many and the first (the header is row 1)."""
    if count := int(wrong.sum()):
        first = int(wrong.to_numpy().argmax()) + 2
        raise AccountsFileError(f"{path.name}: {count} rows {fault} in {column}, first row {first}. {ADVICE}")
