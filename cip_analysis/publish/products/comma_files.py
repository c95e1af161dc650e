"""Every exhibit of a pack as a file of comma-separated values, and one more that lists them.

    write_comma_files(exhibits, titles, folder)      # data/04_demand_forecast-figure-2.csv …, data/contents.csv

The first line names the columns, unit in each name; then one row a line, and nothing else. UTF-8 without a byte order
mark, lines ended by a line feed, days as 2018-03-31, financial years as 2017-18, shares as fractions, [c] withheld, [x]
not available. A text that a spreadsheet would run as a formula is led by an apostrophe (docs/decisions/0026).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from cip_analysis.publish.products.columns import FINANCIAL_YEAR, Cell, count_not_available, plain_text, rows_of
from cip_analysis.publish.products.exhibits import Exhibit

DATA = "data"
CONTENTS = "contents.csv"
LISTED = (
    "page", "page_title", "exhibit", "caption", "file", "sheet", "columns", "rows", "source", "rule", "unit", "as_at",
    "withheld_cells", "not_available_cells", "synthetic",
)  # fmt: skip
STARTS_A_FORMULA = tuple("=+-@\t\r|%＝＋－＠")
HARMLESS = "'"


def write_comma_files(exhibits: Sequence[Exhibit], titles: Mapping[str, str], folder: Path) -> None:
    """A file of each exhibit and the list of them, in `folder`/data.

    titles: the title of each page, by its name.
    """
    data = folder / DATA
    data.mkdir(exist_ok=True)
    for exhibit in exhibits:
        (data / f"{exhibit.name}.csv").write_text(table_as_text(exhibit), encoding="utf-8", newline="\n")
    listed = (_line(exhibit, place, titles) for place, exhibit in enumerate(exhibits, 1))
    (data / CONTENTS).write_text(_as_text([LISTED, *listed]), encoding="utf-8", newline="\n")


def table_as_text(exhibit: Exhibit) -> str:
    """One exhibit's table as comma-separated values, its first line the names of its columns."""
    names = list(exhibit.released.table.columns)
    rows = ([_plain(name, cell) for name, cell in zip(names, row, strict=True)] for row in rows_of(exhibit.released))
    return _as_text([[harmless(plain_text(name)) for name in names], *rows])


def harmless(words: str) -> str:
    """Text that no spreadsheet takes for a formula: led by an apostrophe where it would be.

    >>> print(harmless("=1+1"), harmless("Moor House"), harmless("- none"), sep=" | ")
    '=1+1 | Moor House | '- none
    """
    return f"{HARMLESS}{words}" if words.lstrip(" '\"").startswith(STARTS_A_FORMULA) else words


def _plain(name: str, cell: Cell) -> str:
    """One cell as it stands in the file; numbers, negative ones too, are left as they are."""
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int | float):
        return str(cell)
    return harmless(cell.replace("/", "-") if name == FINANCIAL_YEAR else cell)


def _line(exhibit: Exhibit, place: int, titles: Mapping[str, str]) -> list[str]:
    """What the list says of one exhibit."""
    released = exhibit.released
    said = (
        exhibit.page, titles.get(exhibit.page, exhibit.page), exhibit.called, exhibit.caption, f"{exhibit.name}.csv",
        f"Table_{place}", " ".join(plain_text(name).replace(" ", "_") for name in released.table.columns),
        str(len(released.table)), released.source, released.rule, released.unit, released.as_at.isoformat(),
        str(released.withheld_count), str(count_not_available(released)), "yes" if released.synthetic else "no",
    )  # fmt: skip
    return [harmless(plain_text(words)) for words in said]


def _as_text(rows: Iterable[Sequence[str]]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()
