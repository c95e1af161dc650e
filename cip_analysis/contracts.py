"""What a table must hold to be handed on: which columns, of which kinds, blank or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
from pandas.api import types as kinds


class RecordError(ValueError):
    """A stage tried to hand on a table that breaks its record's contract."""


def _is_text(column: pd.Series) -> bool:
    return bool(kinds.is_string_dtype(column)) or isinstance(column.dtype, pd.CategoricalDtype)


KIND_CHECKS: Mapping[str, Callable[[pd.Series], bool]] = {
    "date": kinds.is_datetime64_any_dtype,
    "text": _is_text,
    "whole": kinds.is_integer_dtype,
    "number": kinds.is_numeric_dtype,
    "flag": kinds.is_bool_dtype,
}


def check_columns(table: pd.DataFrame, contract: Mapping[str, str], record: str) -> None:
    """Refuse a table that lacks a column of its contract, or holds another kind in it.

    contract: column name -> "date", "text", "whole", "number" or "flag", with "?" after it where blanks are allowed.
    Kinds are compared, not dtypes, because readers differ in resolution. A column with nothing in it may be of any
    kind.
    Raises RecordError naming every column at fault.
    """
    faults = [f"no column {name}" for name in contract if name not in table.columns]
    for name in contract.keys() & set(table.columns):
        kind = contract[name]
        if table[name].notna().any() and not KIND_CHECKS[kind.rstrip("?")](table[name]):
            faults.append(f"{name} is {table[name].dtype}, not {kind.rstrip('?')}")
        elif not kind.endswith("?") and table[name].isna().any():
            faults.append(f"{name} is blank in {int(table[name].isna().sum())} rows")
    if faults:
        raise RecordError(f"{record}: " + "; ".join(sorted(faults)) + ".")


EMPTY_KINDS = {"date": "datetime64[us]", "text": "str", "whole": "int64", "number": "float64", "flag": "bool"}


def empty_table(contract: Mapping[str, str]) -> pd.DataFrame:
    """A table with the columns and kinds of a contract, and no rows."""
    return pd.DataFrame({name: pd.Series(dtype=EMPTY_KINDS[kind.rstrip("?")]) for name, kind in contract.items()})
