"""The council's own foster households and homes: read the file, refuse what cannot be true, keep no names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from cip_analysis.returns.reading.plain_tables import PlainTable, read_listed_days

COLUMNS = ("name", "kind", "places", "opened", "closed", "reason")
HOUSEHOLD, HOME = "foster household", "children's home"
KINDS = (HOUSEHOLD, HOME)
MOST_PLACES = 100
ADVICE = "docs/data_dictionary.md says what a capacity file holds."


class CapacityFileError(ValueError):
    """A file is not a table of the council's own households and homes, or says what cannot be."""


FILE = PlainTable(
    CapacityFileError, COLUMNS, ADVICE, optional=("name", "reason"), absent="Check the run's `capacity`.",
    may_be_empty=True,
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class OwnPlaces:
    """Every foster household and home the council has had, one row each, without names.

    table: kind (of KINDS), places (whole, one or more), opened, closed (blank while open), reason; in the file's order.
    source: the file's name.
    """

    table: pd.DataFrame
    source: str

    def open_on(self, day: date) -> pd.DataFrame:
        """Those open at the end of a day: opened by it, and not closed by it."""
        at = pd.Timestamp(day)
        return self.table[(self.table["opened"] <= at) & ~(self.table["closed"] <= at)]


def read_capacity(path: Path) -> OwnPlaces:
    """The council's capacity file (CSV): columns COLUMNS, of which name and reason may be left out.

    Dates are dd/mm/yyyy or ISO. Names are not kept.
    Raises CapacityFileError naming the file and rows at fault, never a name; and for a file that lists nobody, because
    an export gone wrong looks the same and would leave every child without a place.
    """
    text = FILE.read(path)
    if text.empty:
        raise CapacityFileError(
            f"{path.name}: no foster household or home is listed under the column names. List them, or leave "
            f"`capacity` out of the run, and what the council's settings state stands in. {ADVICE}"
        )
    kind = text["kind"].str.lower().str.replace("’", "'")
    places = pd.to_numeric(text["places"], errors="coerce")
    opened, closed = read_listed_days(text["opened"]), read_listed_days(text["closed"])
    faults = {
        f"a kind other than {' or '.join(KINDS)}": ~kind.isin(KINDS),
        f"places that are not a whole number from 1 to {MOST_PLACES}": ~(
            places.between(1, MOST_PLACES) & (places % 1 == 0)
        ),
        "no day opened that can be read": opened.isna(),
        "a day closed that cannot be read": closed.isna() & text["closed"].ne(""),
        "a day closed before the day opened": closed < opened,
    }
    for fault, rows in faults.items():
        _refuse(path, fault, rows)
    table = pd.DataFrame(
        {"kind": kind, "places": places.astype("int64"), "opened": opened, "closed": closed, "reason": text["reason"]}
    )
    return OwnPlaces(table, path.name)


def _refuse(path: Path, fault: str, rows: pd.Series) -> None:
    if rows.any():
        found = [int(row) + 2 for row in rows.to_numpy().nonzero()[0]]
        first = ", ".join(map(str, found[:5]))
        raise CapacityFileError(
            f"{path.name}: {len(found)} row{'s' if len(found) > 1 else ''} with {fault}, first at row {first}. "
            f"Correct the file. {ADVICE}"
        )
