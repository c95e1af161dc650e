"""The same numbers everywhere: each exhibit's table in every format of a finished pack, cell for cell.

A cell is held to what was released: a withheld one is [c] and nothing else, a blank one [x], a number the released one
as finely as it is printed; and to the other formats, which must print the very same number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd
from pandas.api import types as kinds

from cip_analysis.publish.finished.reading import COMMAS, HTML, WORD, WORKBOOK, Cell, Printed
from cip_analysis.publish.products.columns import TURNING
from cip_analysis.publish.products.exhibits import Exhibit
from cip_analysis.publish.words import NOT_AVAILABLE, WITHHELD, YEAR_COLUMNS, day_in_words, financial_year, is_share

AS_FRACTIONS = (COMMAS, WORKBOOK)
SHORTENED = " … (shortened)"
NO_LETTERS = " (no letters or digits)"
BLANK = frozenset({NOT_AVAILABLE, "", None})
NUMBER = re.compile(r"[-−+]?\d+(\.\d+)?([eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a finished pack, in words that tell no number: where it stands, and what is wrong."""

    where: str
    what: str

    @property
    def words(self) -> str:
        """The fault as it is said."""
        return f"{self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was compared, and what did not agree. tables: by format. cells: how many, over all formats."""

    tables: Mapping[str, int]
    cells: int
    faults: tuple[Fault, ...]


def compare(
    printed: Mapping[str, Mapping[str, Printed]], formats: frozenset[str], exhibits: Sequence[Exhibit]
) -> Comparison:
    """Every exhibit in every format that the pack holds, beside what was released and beside one another.

    printed: format -> exhibit -> its table (reading.read_tables). formats: those that the pack holds.
    """
    faults: list[Fault] = []
    cells = 0
    for kind in sorted(formats):
        tables = printed.get(kind, {})
        faults += [Fault(f"{kind} {name}", "a table that no notebook released")
                   for name in sorted(tables.keys() - {exhibit.name for exhibit in exhibits})]  # fmt: skip
        for exhibit in exhibits:
            if exhibit.name in tables:
                faults += _faults_of(tables[exhibit.name], exhibit)
                cells += exhibit.released.table.size
            elif kind != WORD or exhibit.kind == "table":  # the longer numbers behind charts are not printed in Word
                faults.append(Fault(f"{kind} {exhibit.name}", "the table is missing"))
    return Comparison(
        {kind: len(printed.get(kind, {})) for kind in sorted(formats)}, cells, (*faults, *_between(printed, exhibits))
    )


def place_of(exhibit: Exhibit, column: str, row: int) -> str:
    """One cell in words: its exhibit, page, column and row from the top, counted from one."""
    return f"{exhibit.called} of {exhibit.page}, column {column}, row {row + 1}"


def is_figures(name: str, column: pd.Series) -> bool:
    """Whether a column holds figures, and not years, truths, days or words."""
    numeric = kinds.is_numeric_dtype(column) and not kinds.is_bool_dtype(column)
    return numeric and name not in YEAR_COLUMNS and name != "financial_year"


def number_in(cell: Cell, *, percent: bool) -> tuple[float, float] | None:
    """A printed number and half its last decimal place; none where the cell holds no number.

    percent: whether it is printed as a percentage, to be told as a fraction.
    """
    text = f"{cell!r}" if isinstance(cell, int | float) and not isinstance(cell, bool) else str(cell)
    plain = re.sub(r"[,\s£%]", "", text).replace("−", "-")
    if isinstance(cell, bool) or not NUMBER.fullmatch(plain):
        return None
    decimals = len(plain.partition(".")[2]) if "e" not in plain.casefold() else 12
    scale = 0.01 if percent else 1.0
    return float(plain) * scale, 0.5 * 10.0**-decimals * scale


# ---- against what was released ----------------------------------------------------------------------------------


def _faults_of(table: Printed, exhibit: Exhibit) -> Iterator[Fault]:
    """What one format prints of one exhibit that was not so released."""
    released = exhibit.released
    if (len(table.rows), len(table.headings)) != released.table.shape or any(
        len(row) != len(table.headings) for row in table.rows
    ):
        yield Fault(f"{table.format} {exhibit.name}", "the table has other rows or columns than were released")
        return
    for across, name in enumerate(released.table.columns):
        column, hidden = released.table[name], released.withheld[name]
        figures, share = is_figures(name, column), is_share(name)
        for row, (value, held) in enumerate(zip(column, hidden, strict=True)):
            cell = table.rows[row][across]
            percent = share and table.format not in AS_FRACTIONS
            if not _is_so(cell, value, held=bool(held), percent=percent if figures else None, name=name):
                said = "a withheld cell shows something else than [c]" if held else "not what was released"
                yield Fault(f"{table.format}, {place_of(exhibit, name, row)}", said)


def _is_so(cell: Cell, value: object, *, held: bool, percent: bool | None, name: str) -> bool:
    """Whether a cell says what was released. percent: none where the column holds no figures."""
    if held or value is None or pd.isna(value):  # type: ignore[call-overload]
        return cell == WITHHELD if held else (cell in BLANK)
    if percent is not None:
        found = number_in(cell, percent=percent)
        return found is not None and abs(found[0] - float(value)) <= found[1] * 1.001 + 1e-9 * abs(float(value))  # type: ignore[arg-type]
    return _plain(cell) in _sayings(value, name) or _is_shortened(cell, value)


def _sayings(value: object, name: str) -> frozenset[str]:
    """Every way in which a label may be written."""
    if isinstance(value, bool | np.bool_):
        return frozenset({"yes" if value else "no", "true" if value else "false"})
    if isinstance(value, date | datetime):
        said = {day_in_words(value), f"{value:%Y-%m-%d}", *([f"{value:%B %Y}"] if name == "month" else [])}
        return frozenset(_plain(words) for words in said)
    if isinstance(value, int | np.integer | float):
        whole = int(value)
        year = financial_year(whole) if name == "financial_year" else str(whole)
        return frozenset({_plain(year), _plain(year.replace("/", "-"))})
    words = _plain(str(value))
    return frozenset({words, words.replace("/", "-"), *([] if words else [NOT_AVAILABLE]), f"{words}{NO_LETTERS}"})


def _plain(cell: object) -> str:
    """Words as they compare: no control or turning marks, one space between, no capitals, no apostrophe led."""
    if isinstance(cell, date):
        return f"{cell:%Y-%m-%d}"
    spaced = re.sub(r"\s+", " ", str(cell))
    kept = "".join(letter for letter in spaced if unicodedata.category(letter) != "Cc" and letter not in TURNING)
    return kept.strip().removeprefix("'").strip().casefold()


def _is_shortened(cell: Cell, value: object) -> bool:
    """Whether a long text stands cut, and says so."""
    words = _plain(cell)
    return words.endswith(_plain(SHORTENED)) and _plain(value).startswith(words.removesuffix(_plain(SHORTENED)).strip())


# ---- against one another ----------------------------------------------------------------------------------------


def _between(printed: Mapping[str, Mapping[str, Printed]], exhibits: Sequence[Exhibit]) -> Iterator[Fault]:
    """Numbers that another format prints otherwise than the page."""
    pages = printed.get(HTML, {})
    for exhibit in exhibits:
        page = pages.get(exhibit.name)
        for kind, tables in printed.items():
            other = tables.get(exhibit.name)
            if kind != HTML and page and other and len(page.rows) == len(other.rows):
                yield from _unlike(page, other, exhibit)


def _unlike(page: Printed, other: Printed, exhibit: Exhibit) -> Iterator[Fault]:
    """Cells of figures that two formats print as different numbers."""
    table = exhibit.released.table
    for across, name in enumerate(table.columns):
        if not is_figures(name, table[name]):
            continue
        share = is_share(name)
        for row, (one, two) in enumerate(zip(page.rows, other.rows, strict=True)):
            if across >= min(len(one), len(two)):
                continue
            here = number_in(one[across], percent=share)
            there = number_in(two[across], percent=share and other.format not in AS_FRACTIONS)
            if here and there and abs(here[0] - there[0]) > 1e-9 * max(1.0, abs(here[0])):
                yield Fault(f"{other.format}, {place_of(exhibit, name, row)}", "another number than on the page")
