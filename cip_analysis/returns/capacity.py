"""The council's own foster households and homes: read the file, refuse what cannot be true, keep no names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

COLUMNS = ("name", "kind", "places", "opened", "closed", "reason")
NEEDED = ("kind", "places", "opened", "closed")
HOUSEHOLD, HOME = "foster household", "children's home"
KINDS = (HOUSEHOLD, HOME)
MOST_PLACES = 100
ADVICE = "docs/data_dictionary.md says what a capacity file holds."


class CapacityFileError(ValueError):
    """A file is not a table of the council's own households and homes, or says what cannot be."""


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
    sheet = _open(path)
    if missing := [name for name in NEEDED if name not in sheet]:
        raise CapacityFileError(f"{path.name}: no column {', '.join(missing)}. {ADVICE}")
    if repeated := sorted(name for name in set(COLUMNS) & set(sheet) if list(sheet).count(name) > 1):
        raise CapacityFileError(f"{path.name}: column {', '.join(repeated)} stands more than once. Keep one. {ADVICE}")
    if sheet.empty:
        raise CapacityFileError(
            f"{path.name}: no foster household or home is listed under the column names. List them, or leave "
            f"`capacity` out of the run, and what the council's settings state stands in. {ADVICE}"
        )
    known = sheet[[name for name in COLUMNS if name in sheet]]
    text = known.reindex(columns=list(COLUMNS), fill_value="").apply(lambda column: column.fillna("").str.strip())
    kind = text["kind"].str.lower().str.replace("’", "'")
    places = pd.to_numeric(text["places"], errors="coerce")
    opened, closed = _dates(text["opened"]), _dates(text["closed"])
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


def _open(path: Path) -> pd.DataFrame:
    try:
        sheet = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise CapacityFileError(f"{path.name}: no such file. Check the run's `capacity`.") from None
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
        raise CapacityFileError(f"{path.name}: not readable as UTF-8 CSV. Save it as one. {ADVICE}") from None
    return sheet.set_axis([str(name).strip().lower() for name in sheet.columns], axis=1)


def _dates(text: pd.Series) -> pd.Series:
    """Days as dd/mm/yyyy or ISO; blank where neither."""
    day_first = pd.to_datetime(text, format="%d/%m/%Y", errors="coerce")
    return day_first.fillna(pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")).astype("datetime64[us]")


def _refuse(path: Path, fault: str, rows: pd.Series) -> None:
    if rows.any():
        found = [int(row) + 2 for row in rows.to_numpy().nonzero()[0]]
        first = ", ".join(map(str, found[:5]))
        raise CapacityFileError(
            f"{path.name}: {len(found)} row{'s' if len(found) > 1 else ''} with {fault}, first at row {first}. "
            f"Correct the file. {ADVICE}"
        )
