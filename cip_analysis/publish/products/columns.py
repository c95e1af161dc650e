"""The columns of a released table as every file of a pack writes them: headings, and numbers no finer than the page's.

A share worked out from two counts tells both, if enough of its decimals are printed. So a number goes into every file
exactly as finely as the page prints it (docs/decisions/0026).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
from pandas.api import types as kinds

from cip_analysis.publish.words import (
    NOT_AVAILABLE,
    WITHHELD,
    YEAR_COLUMNS,
    financial_year,
    in_words,
    is_money,
    is_share,
    places_for,
    unit_of,
)
from cip_analysis.records import Released

FINANCIAL_YEAR = "financial_year"
LEAST_MONEY_IN_WHOLE_POUNDS = 100
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
Cell = str | int | float | date


def is_figures(name: str, column: pd.Series) -> bool:
    """Whether a column holds figures, and not years or words."""
    return (
        kinds.is_numeric_dtype(column)
        and not kinds.is_bool_dtype(column)
        and name not in YEAR_COLUMNS
        and name != FINANCIAL_YEAR
    )


def unit_in_heading(name: str, released: Released) -> str:
    """The unit that stands behind a column's words, or nothing where the words say it or the column has none."""
    if not is_figures(name, released.table[name]):
        return ""
    unit = unit_of(name, released)
    return "" if unit != "%" and unit.lower() in in_words(name).lower() else unit


def headings(released: Released) -> list[str]:
    """Every column's heading with its unit in brackets, as on the page; two that would read alike are numbered."""
    said: list[str] = []
    for name in released.table.columns:
        unit = unit_in_heading(name, released)
        words = plain_text(f"{in_words(name)} ({unit})" if unit else in_words(name)) or "Column"
        alike = sum(one == words or one.startswith(f"{words} [") for one in said)
        said.append(f"{words} [{alike + 1}]" if alike else words)
    return said


def places_of(name: str, released: Released) -> int:
    """How many decimal places the page prints of a column of figures; of a percentage, those of the percentage."""
    if is_share(name):
        return 1
    known = released.table[name].to_numpy(dtype=float, na_value=np.nan)
    in_pounds = is_money(name, released.unit) and np.nanmax(np.abs(known), initial=0) >= LEAST_MONEY_IN_WHOLE_POUNDS
    return 0 if in_pounds else places_for(known.tolist(), name)


def values_of(name: str, released: Released) -> list[Cell]:
    """A column's cells: figures as finely as the page prints them, [c] where withheld and [x] where not available.

    A share stays a fraction (0.327 where the page prints 32.7 under a heading of %). Days stay days.
    """
    column, withheld = released.table[name], released.withheld[name]
    places = places_of(name, released) if is_figures(name, column) else None
    return [
        WITHHELD if hidden else NOT_AVAILABLE if pd.isna(value) else _value(name, value, places)
        for value, hidden in zip(column, withheld, strict=True)
    ]


def rows_of(released: Released) -> list[tuple[Cell, ...]]:
    """The table's rows, each cell as `values_of` gives it."""
    return list(zip(*(values_of(name, released) for name in released.table.columns), strict=True))


def count_not_available(released: Released) -> int:
    """How many cells are blank without being withheld."""
    return int((released.table.isna() & ~released.withheld).to_numpy().sum())


def plain_text(words: str) -> str:
    """Words on one line, without the control characters that some readers of files act upon, nor the marks that turn
    round the order in which what follows is shown (a number read backwards is another number).

    >>> plain_text("Home" + chr(0) + " for" + chr(9) + "four")
    'Home for four'
    """
    spaced = re.sub(r"\s+", " ", words)
    return "".join(
        letter for letter in spaced if unicodedata.category(letter) != "Cc" and letter not in TURNING
    ).strip()


def shared_rule(rules: Sequence[str]) -> tuple[str, ...]:
    """The rules of several exhibits, each once, in the order met."""
    return tuple(dict.fromkeys(rule.rstrip(".") for rule in rules))


def _value(name: str, value: object, places: int | None) -> Cell:
    if places is not None:
        return _figure(float(value), places, share=is_share(name))  # type: ignore[arg-type]
    if name == FINANCIAL_YEAR and isinstance(value, int | np.integer):
        return financial_year(int(value))
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    if isinstance(value, int | np.integer):
        return int(value)
    return plain_text(str(value)) or NOT_AVAILABLE


def _figure(value: float, places: int, *, share: bool) -> int | float:
    """A number cut to what the page prints of it, by the same printing."""
    printed = float(f"{value * 100 if share else value:.{places}f}") + 0.0
    if share:
        return round(printed / 100, places + 2)
    return round(printed) if places == 0 else printed
