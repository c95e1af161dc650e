"""What an intruder reads of each exhibit: every figure as the range its printing leaves it, or withheld.

A rounded count lies within half the base of what is printed, or within the base where the rule under the exhibit says
that some are rounded further; a printed value within half its last decimal place. A withheld count is at least the
least that is withheld; a withheld value of a column that shows none below nought is not below nought either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pandas.api import types as kinds

from cip_analysis.publish.disclosure import AS_PUBLISHED, ROUNDED_TO_ADD, WORKED_OUT
from cip_analysis.publish.finished.agreement import is_figures, number_in, place_of
from cip_analysis.publish.finished.reading import COMMAS, HTML, WORD, WORKBOOK, Printed
from cip_analysis.publish.products.exhibits import Exhibit
from cip_analysis.publish.words import WITHHELD, is_money, is_share, unit_of
from cip_analysis.settings import Disclosure

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Labels = frozenset[tuple[str, str]]
ANY_TOTAL = re.compile(r"(all|total|whole|every|both)\b.*|.*\b(total|together|in all)")
TIMES = frozenset({"day", "year", "month", "financial_year", "financial year", "collection_year", "date"})
COUNT, MONEY, OTHER, SHARE = "count", "money", "other", "share"
ORDER = (COMMAS, WORKBOOK, HTML, WORD)


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """One exhibit's figures as an intruder has them: rows by columns.

    names, kinds: of the columns of figures; count, money, share or other. labels: what picks out each row, a label that
    adds up the others left out. low, high: the range of each figure, not numbers where none is given. hidden: withheld.
    about: the exhibit, to name a cell by.
    """

    about: Exhibit
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    labels: tuple[Labels, ...]
    low: Numbers
    high: Numbers
    hidden: Flags

    @property
    def known(self) -> Flags:
        """Which figures are shown."""
        return ~self.hidden & ~np.isnan(self.low)

    def place(self, row: int, column: int) -> str:
        """One cell in words."""
        return place_of(self.about, self.names[column], row)


def read_grids(
    printed: Mapping[str, Mapping[str, Printed]], exhibits: Sequence[Exhibit], rule: Disclosure
) -> tuple[Grid, ...]:
    """Every exhibit that has figures, from the format that prints them most exactly.

    printed: format -> exhibit -> its table (reading.read_tables).
    """
    grids = []
    for exhibit in exhibits:
        table = next((printed[kind][exhibit.name] for kind in ORDER if exhibit.name in printed.get(kind, {})), None)
        if table is not None and len(table.headings) == exhibit.released.table.shape[1]:
            grids.append(_grid(table, exhibit, rule))
    return tuple(grid for grid in grids if grid.names)


def is_total(value: str) -> bool:
    """Whether a row's label says that the row adds up others.

    >>> is_total("All settings"), is_total("total"), is_total("in-house foster")
    (True, True, False)
    """
    return bool(ANY_TOTAL.fullmatch(value.casefold().strip()))


def _grid(table: Printed, exhibit: Exhibit, rule: Disclosure) -> Grid:
    released = exhibit.released.table
    places = [place for place, name in enumerate(released.columns) if is_figures(name, released[name])]
    names = tuple(str(released.columns[place]) for place in places)
    others = [place for place in range(len(released.columns)) if place not in places]
    labels = tuple(
        frozenset((str(released.columns[place]), said) for place in others if not is_total(said := str(row[place])))
        for row in table.rows
    )
    low, high, hidden = np.zeros((3, len(table.rows), len(places)))
    for column, place in enumerate(places):
        low[:, column], high[:, column], hidden[:, column] = _column(table, exhibit, place, rule)
    told = tuple(_kind(name, exhibit) for name in names)
    return Grid(exhibit, names, told, labels, low, high, hidden.astype(bool))


def _kind(name: str, exhibit: Exhibit) -> str:
    """What a column of figures holds, as far as its name and unit tell."""
    if is_share(name) or name.endswith(("per_10k", "_per_10k")):
        return SHARE
    if is_money(name, exhibit.released.unit) or "gbp" in name:
        return MONEY
    whole = kinds.is_integer_dtype(exhibit.released.table[name])
    timed = name.startswith(("child_", "weeks_", "days_")) or name.endswith(("_days", "_weeks", "_months", "_years"))
    return COUNT if whole and not timed and unit_of(name, exhibit.released) != "places" else OTHER


def _column(table: Printed, exhibit: Exhibit, place: int, rule: Disclosure) -> tuple[Numbers, Numbers, Flags]:
    """The range of each figure of one column, and which are withheld."""
    name = str(exhibit.released.table.columns[place])
    percent = is_share(name) and table.format in (HTML, WORD)
    cells = [row[place] for row in table.rows]
    found = [number_in(cell, percent=percent) for cell in cells]
    hidden = np.array([cell == WITHHELD for cell in cells], dtype=bool)
    value = np.array([one[0] if one else np.nan for one in found])
    spread = np.array([one[1] if one else np.nan for one in found])
    low, high = value - spread, value + spread
    if _kind(name, exhibit) == COUNT:
        low, high = _count_limits(value, exhibit.released.rule, rule)
    floor = -np.inf if np.nanmin(value, initial=0) < 0 else 0.0
    if _kind(name, exhibit) == COUNT:
        floor = 1.0 if rule.zeros_shown else 0.0
    return np.where(hidden, floor, low), np.where(hidden, np.inf, high), hidden & _ours(exhibit)


def _ours(exhibit: Exhibit) -> bool:
    """Whether what is withheld in an exhibit is withheld by us, and not by whoever published the figures."""
    return not exhibit.released.rule.startswith((AS_PUBLISHED, WORKED_OUT))


def _count_limits(value: Numbers, words: str, rule: Disclosure) -> tuple[Numbers, Numbers]:
    """The least and greatest that each shown count may be."""
    known = value[~np.isnan(value)]
    base = rule.rounding_base if (known % rule.rounding_base == 0).all() else 1
    spread = base - 1 if ROUNDED_TO_ADD in words else base // 2
    low = np.where(value == 0, 0, np.maximum(value - spread, rule.threshold if base > 1 else 0))
    high = np.where((value == 0) & rule.zeros_shown, 0, value + spread)
    return low, high
