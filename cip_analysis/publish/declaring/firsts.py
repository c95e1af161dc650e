"""The count that each series of a forecast starts from: its last outturn, a cell like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from cip_analysis.publish.declaring.labels import Declared, Told, list_cells
from cip_analysis.publish.protection.cells import Listing
from cip_analysis.publish.protection.rulings import Ruled
from cip_analysis.settings import Disclosure

NO_CELLS = frozenset({"scenario", "rival", "counted"})
"""Labels of a forecast under which its first month, the last outturn, is the same count."""


@dataclass(frozen=True, slots=True, eq=False)
class Firsts:
    """Where the series of a forecast start.

    series: the number of the series of each row. rows: the first month of each, a row a series, with its middle p50.
    listing: those that are counts, as cells; no cell where the first month is a forecast already.
    """

    series: pd.Series
    rows: pd.DataFrame
    listing: Listing

    def shown(self, ruled: Ruled) -> pd.Series:
        """The count that each series starts from as it is shown, by the row of its first month; none where withheld."""
        numbers = [None if key is None else ruled[key].shown for key in self.listing.keys]
        return pd.Series(numbers, index=self.rows.index, dtype="Int64").dropna()

    def withheld(self, ruled: Ruled, rule: Disclosure) -> pd.Series:
        """Which rows belong to a series that starts from a withheld count, or from a forecast as small as one."""
        middle = self.rows["p50"].astype("float64")
        small = middle.lt(rule.threshold) & (middle.gt(0) | (not rule.zeros_shown))
        pairs = zip(self.listing.keys, small, strict=True)
        flags = [bool(low) if key is None else ruled[key].shown is None for key, low in pairs]
        return self.series.isin(self.series[self.rows.index[flags]])


def list_firsts(table: pd.DataFrame, statistics: Sequence[str], by: Sequence[str], told: Told, own: str) -> Firsts:
    """The first month of each series, and the counts among them as cells.

    A first month is a count where all its statistics are the same whole number. Its labels are the day and those of
    `by`, but for NO_CELLS, unless told otherwise. own: what cells without a measure are called.
    """
    series = table.groupby(list(by), dropna=False, sort=False).ngroup() if by else pd.Series(0, table.index)
    rows = table[table["month"].eq(table["month"].groupby(series).transform("min"))]
    numbers = rows[list(statistics)].astype("Float64")
    counts = numbers["p50"].where(numbers.eq(numbers["p50"], axis=0).all(axis=1) & (numbers["p50"] % 1 == 0))
    labels = told.get("labels", [name for name in by if name not in NO_CELLS])
    named = labels if isinstance(labels, Mapping) else {name: name for name in labels}
    declared: Told = {**told, "labels": {"month": "month", **named}}
    (listing,) = list_cells(rows.assign(p50=counts), Declared(["p50"], [], declared), own)
    return Firsts(series, rows, listing)
