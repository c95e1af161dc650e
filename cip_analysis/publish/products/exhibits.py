"""Every exhibit of a pack as a record: what a notebook showed, to be written again as CSV, workbook, Word and PDF.

A table or chart carries its released table with it in the executed notebook, beside its HTML, under a type of its own;
nothing but what was released is in it. The pages number them; so does this, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import nbformat
import pandas as pd
from pandas.api import types as kinds

from cip_analysis.records import Released

EXHIBIT_TYPE = "application/vnd.cip.exhibit+json"
DAYS, TEXT, WHOLE, NUMBER, TRUTH = "days", "text", "whole", "number", "truth"
KINDS = {DAYS: "datetime64[us]", WHOLE: "Int64", NUMBER: "float64", TRUTH: "boolean", TEXT: "object"}


class ExhibitError(ValueError):
    """What a notebook showed cannot be read back."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One figure or table of a pack.

    page: the notebook's name. kind: figure or table; number: its number among its kind on the page. caption, alt: its
    words; a table has no alt text. released: its numbers, as shown, or behind the chart.
    """

    page: str
    kind: str
    number: int
    caption: str
    alt: str
    released: Released

    @property
    def called(self) -> str:
        """As the page calls it: Figure 2, Table 1."""
        return f"{self.kind.capitalize()} {self.number}"

    @property
    def name(self) -> str:
        """The name of its files, without ending: 04_demand_forecast-figure-2."""
        return f"{self.page}-{self.kind}-{self.number}"


def tell(released: Released, kind: str, caption: str, alt: str = "") -> dict[str, Any]:
    """An exhibit as it lies in an executed notebook: plain values only; a withheld cell is blank and flagged."""
    return {
        "kind": kind,
        "caption": caption,
        "alt": alt,
        "rule": released.rule,
        "source": released.source,
        "as_at": released.as_at.isoformat(),
        "unit": released.unit,
        "synthetic": released.synthetic,
        "columns": [_column(released.table[name], released.withheld[name]) for name in released.table.columns],
    }


def read_exhibits(page: str, notebook: nbformat.NotebookNode) -> tuple[Exhibit, ...]:
    """Every figure and table that an executed notebook shows, in the order of the page, numbered as the page does.

    page: the notebook's name, without ending. Raises ExhibitError where one cannot be read back.
    """
    counted = {"figure": 0, "table": 0}
    found = []
    for told in _told(notebook):
        counted[told["kind"]] += 1
        found.append(_exhibit(page, counted[told["kind"]], told))
    return tuple(found)


def _column(column: pd.Series, withheld: pd.Series) -> dict[str, Any]:
    """One column in plain values: days as 2018-03-31, blanks as none."""
    kind = _kind(column)
    values = [None if pd.isna(value) else _plain(value, kind) for value in column]
    return {"name": column.name, "kind": kind, "values": values, "withheld": withheld.tolist()}


def _kind(column: pd.Series) -> str:
    """What a column holds."""
    if kinds.is_bool_dtype(column):
        return TRUTH
    if kinds.is_integer_dtype(column):
        return WHOLE
    if kinds.is_numeric_dtype(column):
        return NUMBER
    known = column.dropna()
    return DAYS if len(known) and all(isinstance(value, date) for value in known) else TEXT


def _plain(value: Any, kind: str) -> Any:
    """One value as JSON holds it."""
    if kind == DAYS:
        return f"{value:%Y-%m-%d}"
    return {TRUTH: bool, WHOLE: int, NUMBER: float, TEXT: str}[kind](value)


def _told(notebook: nbformat.NotebookNode) -> Iterator[Mapping[str, Any]]:
    """Each exhibit of a notebook as it lies there."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if told := output.get("data", {}).get(EXHIBIT_TYPE):
                yield told


def _exhibit(page: str, number: int, told: Mapping[str, Any]) -> Exhibit:
    """One exhibit read back, its table of the kinds it had."""
    try:
        columns = told["columns"]
        shown = pd.DataFrame({one["name"]: pd.Series(one["values"], dtype=KINDS[one["kind"]]) for one in columns})
        withheld = pd.DataFrame({one["name"]: pd.Series(one["withheld"], dtype="bool") for one in columns})
        released = Released(
            shown, withheld, told["rule"], told["source"], date.fromisoformat(told["as_at"]),
            told["unit"], told["synthetic"],
        )  # fmt: skip
    except (KeyError, ValueError, TypeError):
        raise ExhibitError(f"{page}: {told['kind']} {number} cannot be read back. Render the pack again.") from None
    return Exhibit(page, told["kind"], number, told["caption"], told["alt"], released)
