"""Open a council's payments file, or a folder of them: every cell as typed, under our names, with its file and row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cip_analysis.returns.reading.files import find_files, open_file
from cip_analysis.returns.reading.kinds import name_columns
from cip_analysis.returns.reading.text_tables import Notice, Repair, TextTable, repairs_on_opening
from cip_analysis.settings import PaymentColumns

NEEDED = ("child", "start", "amount")
FIELDS = (
    "child", "start", "end", "setting", "provider", "provider_urn", "platform", "weekly_fee", "health", "education",
    "amount", "kind",
)  # fmt: skip
SYNTHETIC_MARK = "SYNTHETIC"
NO_SUCH_TABLE = "no such table"


class PaymentError(ValueError):
    """A payments file cannot be used at all."""


@dataclass(frozen=True, slots=True)
class SentPayments:
    """Every line of payments as typed.

    lines: text, one column a field of FIELDS, with `file` and `row` (the line in that file, the first being 1); a
    field the file lacks is blank. notices: what the files themselves show. repairs: lines that opening them
    left out or altered.
    """

    lines: pd.DataFrame
    notices: tuple[Notice, ...]
    repairs: tuple[Repair, ...]


def open_payment_files(path: Path, columns: PaymentColumns) -> SentPayments:
    """Every line of payments at `path` (a CSV or Excel file, or a folder of files), recognised by its columns.

    Raises PaymentError where there is nothing, or no table that holds the columns needed.
    """
    if not path.exists():
        raise PaymentError(f"{path.name}: no such payments file. Check the path given.")
    wanted = {_plain(getattr(columns, field)): field for field in FIELDS if getattr(columns, field)}
    needed = {_plain(getattr(columns, field)) for field in NEEDED}

    def is_heading(cells: Sequence[str]) -> bool:
        """Whether a row holds every column needed."""
        return needed <= {_plain(cell) for cell in cells}

    found = find_files(path)
    opened = [open_file(found.root, name, is_heading) for name in found.files]
    tables = [table for file in opened for table in file.tables]
    notices = [notice for file in opened for notice in file.notices]
    if not tables:
        refused = "; ".join(f"{n.where}: {n.meaning} {n.next_step}" for n in notices if n.severity == "refusal")
        raise PaymentError(
            f"{path.name}: no table holds the columns {', '.join(getattr(columns, field) for field in NEEDED)}. "
            f"{refused} Put the file's own column names under [payment_columns] in the council's file."
        )
    notices = [_in_our_words(notice) for notice in notices]
    notices += [notice for table in tables for notice in _column_notices(table, wanted)]
    lines = pd.concat([_under_our_names(table, wanted) for table in tables], ignore_index=True)
    return SentPayments(lines, (*found.notices, *notices), tuple(repairs_on_opening(opened)))


def is_marked_synthetic(path: Path) -> bool:
    """Whether the folder the payments are in, or the one above it, carries the mark of invented data."""
    folder = path if path.is_dir() else path.parent
    return any(next(place.glob(f"{SYNTHETIC_MARK}*"), None) is not None for place in (folder, folder.parent))


def _under_our_names(table: TextTable, wanted: dict[str, str]) -> pd.DataFrame:
    """The table's lines under our names; of two columns with one title, the first."""
    titles = [_plain(name) for name in table.names]
    found = {field: table.cells[titles.index(title)] for title, field in wanted.items() if title in titles}
    ours = pd.DataFrame(found).reindex(columns=list(FIELDS)).astype("str").fillna("")
    return ours.assign(file=table.source, row=table.rows)


def _column_notices(table: TextTable, wanted: dict[str, str]) -> list[Notice]:
    """Columns the council's mapping names that the file lacks, and the file's that are not wanted."""
    titles = [_plain(name) for name in table.names]
    absent = [field for title, field in wanted.items() if title not in titles]
    ignored = [title for title in titles if title and title not in wanted]
    notices = []
    if absent:
        step = "Map them under [payment_columns] in the council's file, or leave them blank there."
        notices.append(Notice("column absent", "note", f"not in the file: {', '.join(absent)}", step, table.source))
    if ignored:
        text = f"columns not read: {name_columns(ignored)}"
        notices.append(Notice("column not read", "note", text, "Nothing to do.", table.source))
    return notices


def _in_our_words(notice: Notice) -> Notice:
    """The reader's notice, where it speaks of a return, said of payments."""
    if notice.rule != NO_SUCH_TABLE:
        return notice
    meaning = "The columns needed are not there, so it was left out."
    return Notice("not a payments table", "note", meaning, "Nothing, if it is not one.", notice.where)


def _plain(title: str) -> str:
    """A column title without its case, outer spaces or doubled spaces."""
    return " ".join(str(title).replace("\ufeff", "").split()).casefold()
