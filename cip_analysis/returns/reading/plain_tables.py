"""A plain table kept by hand or written by a command: one CSV file, its cells as text under the columns it must have.

    PLACES = PlainTable(CapacityFileError, COLUMNS, "docs/data_dictionary.md says what it holds.", optional=("name",))
    cells = PLACES.read(path)
    PLACES.refuse(path, cells["kind"].eq(""), "have no kind")

Whatever is wrong is said in the reader's own error: the file, the column, how many rows and the first, what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

NO_CSV = {b"<": "a web page", b"PK\x03\x04": "a spreadsheet or a zip", b"{": "JSON"}


@dataclass(frozen=True, slots=True)
class PlainTable:
    """What a file of one kind must be.

    error: what is raised. columns: those read, in this order. advice: what to do, which ends every refusal. optional:
    columns that may be left out, and are then blank. absent: what to do where there is no such file, if not the advice.
    may_be_empty: a file with column names alone is a table without rows.
    """

    error: type[ValueError]
    columns: tuple[str, ...]
    advice: str
    optional: tuple[str, ...] = ()
    absent: str = ""
    may_be_empty: bool = False

    def read(self, path: Path) -> pd.DataFrame:
        """The file's cells as trimmed text, one column each of `columns`; other columns are left aside.

        Names of columns are the same in any case. Raises `error`, saying what the file is instead or what it lacks.
        """
        sheet = self._open(path)
        if missing := [name for name in self.columns if name not in sheet and name not in self.optional]:
            raise self.error(f"{path.name}: no column {', '.join(missing)}. {self.advice}")
        if repeated := sorted(name for name in set(self.columns) & set(sheet) if list(sheet).count(name) > 1):
            raise self.error(
                f"{path.name}: column {', '.join(repeated)} stands more than once. Keep one. {self.advice}"
            )
        if sheet.empty and not self.may_be_empty:
            raise self.error(f"{path.name}: column names and no rows. {self.advice}")
        known = sheet[[name for name in self.columns if name in sheet]].reindex(columns=list(self.columns))
        cells: pd.DataFrame = known.astype("str").fillna("")
        return pd.DataFrame({name: cells[name].str.strip() for name in self.columns})

    def refuse(self, path: Path, wrong: pd.Series, fault: str, column: str = "") -> None:
        """Raise `error` where any row is at fault, saying how many and the first, the header being row 1."""
        if count := int(wrong.sum()):
            first, where = int(wrong.to_numpy().argmax()) + 2, f" in {column}" if column else ""
            raise self.error(f"{path.name}: {count} rows {fault}{where}, first row {first}. {self.advice}")

    def _open(self, path: Path) -> pd.DataFrame:
        try:
            with path.open("rb") as file:
                start = file.read(200).lstrip(b"\xef\xbb\xbf \t\r\n")
            if instead := next((kind for mark, kind in NO_CSV.items() if start.startswith(mark)), ""):
                raise self.error(f"{path.name}: {instead}, not CSV. Save the table as UTF-8 CSV. {self.advice}")
            sheet = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        except FileNotFoundError:
            raise self.error(f"{path.name}: no such file. {self.absent or self.advice}") from None
        except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
            raise self.error(f"{path.name}: not readable as UTF-8 CSV. Save it as one. {self.advice}") from None
        return sheet.set_axis([str(name).strip().lower() for name in sheet.columns], axis=1)


def read_listed_days(text: pd.Series) -> pd.Series:
    """Days as dd/mm/yyyy or ISO; blank where neither."""
    day_first = pd.to_datetime(text, format="%d/%m/%Y", errors="coerce")
    return day_first.fillna(pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")).astype("datetime64[us]")
