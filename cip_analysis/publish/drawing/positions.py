"""From a released table to positions on a chart, and nothing else.

Here every chart refuses what did not come through the door, lacks a column, or would be drawn as a wrong total.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from pandas.api import types as kinds

from cip_analysis.publish.words import WITHHELD, capital, in_words, number_in_words, places_for, unit_of
from cip_analysis.records import Released

TIME_COLUMNS = ("month", "year", "financial_year", "date")
MOST_SERIES = 6


class ChartError(ValueError):
    """A chart was asked for that cannot be drawn honestly from the table given."""


def accept(released: Released, needed: Sequence[str]) -> None:
    """Refuse anything that did not come through the door, or lacks a column."""
    if not isinstance(released, Released):
        raise ChartError(
            f"A chart takes a released table, not a {type(released).__name__}. Pass it through `release` first."
        )
    if missing := [name for name in needed if name not in released.table.columns]:
        raise ChartError(f"The table has no column {', '.join(missing)}; it has {', '.join(released.table.columns)}.")
    if released.table.empty:
        raise ChartError("The table has no rows to draw.")


def by_time(released: Released, measure: str, by: str | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The measure and its withheld flags, time down and series across."""
    accept(released, [measure])
    times = [name for name in TIME_COLUMNS if name in released.table.columns]
    if len(times) != 1:
        raise ChartError(f"A line needs one time column, of {', '.join(TIME_COLUMNS)}; this table has {len(times)}.")
    wide = _wide(released, measure, [times[0], by] if by else [times[0]])
    table, withheld = (half.sort_index() for half in wide)
    return table, withheld


def by_labels(
    released: Released, measure: str, by: str | Sequence[str], most: int = MOST_SERIES
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The measure and its withheld flags, first label down and second across, in the order of the table."""
    names = names_of(by)
    if not 1 <= len(names) <= 2:
        raise ChartError(f"`by` names one or two columns, not {len(names)}.")
    return _wide(released, measure, names, most)


def _wide(
    released: Released, measure: str, labels: Sequence[str], most: int = MOST_SERIES
) -> tuple[pd.DataFrame, pd.DataFrame]:
    accept(released, [measure, *labels])
    table = released.table
    if not kinds.is_numeric_dtype(table[measure]):
        raise ChartError(f"{measure} holds {table[measure].dtype}, which cannot be drawn.")
    if repeats := int(table.duplicated(list(labels)).sum()):
        raise ChartError(f"{repeats} rows repeat a value of {' and '.join(labels)}. Add them up, or name another `by`.")
    keys = table[list(labels)].astype(
        {name: object for name in labels if not kinds.is_datetime64_any_dtype(table[name])}
    )
    flat = keys.assign(_value=numbers(table[measure]), _withheld=released.withheld[measure].to_numpy())
    if len(labels) == 1:
        flat = flat.set_index(labels[0])
        return flat[["_value"]].set_axis([measure], axis=1), flat[["_withheld"]].set_axis([measure], axis=1)
    down, across = (list(dict.fromkeys(flat[name])) for name in labels)
    if len(across) > most:
        raise ChartError(
            f"{len(across)} series are too many to tell apart; {most} at most. Join the smallest as other."
        )
    spread = {
        name: flat.pivot_table(index=labels[0], columns=labels[1], values=name, aggfunc="first", dropna=False).reindex(
            index=down, columns=across
        )
        for name in ("_value", "_withheld")
    }
    return spread["_value"], spread["_withheld"].eq(True)


def values_in_words(table: pd.DataFrame, withheld: pd.DataFrame, released: Released) -> list[str]:
    """The numbers of a one-column table as they are written at the ends of bars."""
    measure = str(table.columns[0])
    places = places_for(table[measure].tolist(), measure)
    return [
        WITHHELD if hidden else number_in_words(value, measure, released, places)
        for value, hidden in zip(table[measure], withheld.iloc[:, 0], strict=True)
    ]


def last_values(table: pd.DataFrame, measure: str, released: Released, *, named: bool) -> list[str]:
    """Each series' name and last known value."""
    ends = {name: table[name].dropna() for name in table.columns}
    said = {name: number_in_words(float(end.iloc[-1]), measure, released) if len(end) else WITHHELD
            for name, end in ends.items()}  # fmt: skip
    return [f"{capital(name)} {value}" if named else value for name, value in said.items()]


def numbers(column: pd.Series) -> np.ndarray:
    """A column as floats, blanks as NaN."""
    return column.to_numpy(dtype=float, na_value=np.nan)


def spread_of_what(middle: str, released: Released) -> str:
    """What quantile columns are quantiles of, with its unit."""
    _point, _, measure = middle.partition("_")
    return f"{in_words(measure)} ({unit_of(middle, released)})" if in_words(measure) else unit_of(middle, released)


def names_of(by: str | Sequence[str]) -> list[str]:
    """One name or several, as a list."""
    return [by] if isinstance(by, str) else list(by)


def column_holding(released: Released, name: str) -> str:
    """The one column that holds `name`. Raises ChartError where none or several do."""
    found = [column for column in released.table.columns if (released.table[column].astype(object) == name).any()]
    if len(found) != 1:
        raise ChartError(f"{name!r} to pick out is in {len(found)} columns of the table; it must be in exactly one.")
    return found[0]
