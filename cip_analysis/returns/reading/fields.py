"""Typing the return's columns: text trimmed and upper-cased, dates read where there is one reading, all of it counted.

Every column is worked on by its distinct values, so a repair costs the same for ten rows as for a million alike, and
each repair is a flag a row, so that it can be counted and its rows named.
A date that could only be month first is never turned round: docs/decisions/0008-reading-returns.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cip_analysis.codes import DATE_COLUMNS
from cip_analysis.returns.reading.text_tables import Notice

EDGES = " \t\n\x0b\x0c\xa0\u2007\u200b\u202f\ufeff'\""
BLANKS = frozenset(
    {"", "-", "--", ".", "NULL", "(NULL)", "NONE", "NA", "N/A", "NAN", "NAT", "#N/A", "#REF!", "#VALUE!", "#NAME?",
     "#NUM!", "#NULL!", "#DIV/0!"}
)  # fmt: skip
EXPONENT = r"[+-]?\d(?:[.,]\d+)?E[+-]?\d+"
CLOCK = r"[ T]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:Z|[AP]M|[+-]\d{2}:?\d{2})?$"
DAY_FIRST = "%d/%m/%Y"
FORMS: Mapping[str, tuple[str, str]] = {
    "dates with the year first": (r"\d{4}-\d{1,2}-\d{1,2}", "%Y-%m-%d"),
    "dates with dashes": (r"\d{1,2}-\d{1,2}-\d{4}", "%d-%m-%Y"),
    "dates with points": (r"\d{1,2}\.\d{1,2}\.\d{4}", "%d.%m.%Y"),
    "dates with month names": (r"\d{1,2} [A-Z]{3} \d{4}", "%d %b %Y"),
    "dates with full month names": (r"\d{1,2} [A-Z]{4,9} \d{4}", "%d %B %Y"),
    "dates run together": (r"(?:19|20)\d{6}", "%Y%m%d"),
    "dates with two-figure years": (r"\d{1,2}/\d{1,2}/\d{2}", "%d/%m/%y"),
}
SERIAL = r"[2-6]\d{4}(?:\.\d+)?"
SERIAL_ORIGIN = pd.Timestamp(1899, 12, 30)
EARLIEST, LATEST = pd.Timestamp(1900, 1, 1), pd.Timestamp(2100, 1, 1)
RULE_OF_COLUMN = {"DEC": "147"}  # 141, on DECOM, is asked of blanks as well: `rules.dates`
STATUTORY_RULES = {"DOB": " (rule 102)", "DECOM": " (rule 141)", "DEC": " (rule 147)"}
Repairs = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Typed:
    """A table with its columns typed; what was noticed, one notice a rule, column and file; and what was repaired.

    repairs: rule -> a flag for every row the rule changed.
    """

    table: pd.DataFrame
    notices: tuple[Notice, ...]
    repairs: Mapping[str, np.ndarray]


def type_columns(table: pd.DataFrame, columns: tuple[str, ...]) -> Typed:
    """The table with `columns` typed: dates of codes.DATE_COLUMNS as dates, everything else as trimmed upper case.

    table: text, beside `file` and `row`, which are left as they are.
    """
    typed: dict[str, pd.Series] = {}
    notices: list[Notice] = []
    repairs: Repairs = {}
    files = pd.factorize(table["file"])[0]
    for column in columns:
        codes, uniques = pd.factorize(table[column])
        cells = _Cells(codes, pd.Series(uniques, dtype="str"), files)
        read = _read_dates if column in DATE_COLUMNS else _read_text
        values, changed, faults = read(cells, column)
        typed[column] = values.set_axis(table.index)
        notices += [found for fault in faults for found in by_file(fault.notice, table, fault.rows)]
        for rule, rows in changed.items():
            repairs[rule] = repairs[rule] | rows if rule in repairs else rows
    others = {name: table[name] for name in table.columns if name not in columns}
    return Typed(pd.DataFrame({**typed, **others}, index=table.index), tuple(notices), repairs)


def by_file(notice: Notice, table: pd.DataFrame, rows: np.ndarray) -> list[Notice]:
    """One notice a file, with its row numbers and count of children, for the flagged rows of a table."""
    flagged = table.loc[rows, ["file", "row", "CHILD"]]
    return [
        replace(notice, where=str(file), rows=tuple(part["row"]), children=int(part["CHILD"].nunique()))
        for file, part in flagged.groupby("file", sort=False, observed=True)
    ]


@dataclass(frozen=True, slots=True)
class _Cells:
    """A column as its distinct values and, for each row, which of them it holds (-1 is blank) and its file's number."""

    codes: np.ndarray
    uniques: pd.Series
    files: np.ndarray

    def rows(self, flags: pd.Series | np.ndarray) -> np.ndarray:
        """Flags on the distinct values as flags on the rows."""
        on_values: np.ndarray = np.append(np.asarray(flags, dtype=bool), False)
        return on_values.take(self.codes, mode="wrap")

    def column(self, values: pd.Series) -> pd.Series:
        """New distinct values as a column of rows."""
        return pd.Series(values.array.take(self.codes, allow_fill=True))


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong with the flagged rows of a column."""

    notice: Notice
    rows: np.ndarray


Read = tuple[pd.Series, Repairs, list[_Fault]]


# ---- text -----------------------------------------------------------------------------------------------------


def _tidy(cells: _Cells) -> tuple[pd.Series, Repairs]:
    """The distinct values trimmed, unwrapped and upper-cased, with words for a blank taken as blank."""
    repairs: Repairs = {}
    text = cells.uniques
    wrapped = text.str.startswith("=") & text.str.endswith('"')
    if wrapped.any():
        text = text.mask(wrapped, text.str.removeprefix("="))
    trimmed = text.str.strip(EDGES)
    if (changed := trimmed.ne(cells.uniques)).any():
        repairs["stray spaces and quotes"] = cells.rows(changed)
    upper = trimmed.str.upper()
    if (changed := upper.ne(trimmed)).any():
        repairs["lower case"] = cells.rows(changed)
    blank = upper.isin(BLANKS)
    if blank.any():
        if (words := blank & upper.ne("")).any():
            repairs["words for a blank"] = cells.rows(words)
        upper = upper.mask(blank)
    return upper, repairs


def _read_text(cells: _Cells, column: str) -> Read:
    """A column of codes or identifiers; a whole number that a spreadsheet gave a point loses it."""
    text, repairs = _tidy(cells)
    faults: list[_Fault] = []
    pointed = text.str.fullmatch(r"\d+\.0+").fillna(False).astype(bool)
    if pointed.any():
        repairs["whole numbers with a point"] = cells.rows(pointed)
        text = text.mask(pointed, text.str.replace(r"\.0+$", "", regex=True))
    if column == "CHILD":
        faults = _child_faults(cells, text)
        rounded = _exponent(text)
        if rounded.any():
            repairs["identifiers a spreadsheet rounded"] = cells.rows(rounded)
        text = text.mask(rounded)
    return cells.column(text), repairs, faults


def _exponent(text: pd.Series) -> pd.Series:
    return text.str.fullmatch(EXPONENT).fillna(False).astype(bool)


def _child_faults(cells: _Cells, text: pd.Series) -> list[_Fault]:
    """Identifiers that name nobody: blank ones, and those a spreadsheet has rounded."""
    faults = []
    rounded = _exponent(text)
    if rounded.any():
        meaning = "CHILD was turned into powers of ten by a spreadsheet, and its last figures are lost; left blank."
        step = "Export again with CHILD as text."
        notice = Notice("child identifier rounded", "error", meaning, step)
        faults.append(_Fault(notice, cells.rows(rounded)))
    blank = cells.rows(text.isna()) | (cells.codes < 0)
    if blank.any():
        meaning = "CHILD is blank, so the rows belong to nobody and can be counted nowhere."
        faults.append(_Fault(Notice("child identifier blank", "error", meaning, "Fill it in."), blank))
    return faults


# ---- dates ----------------------------------------------------------------------------------------------------


def _read_dates(cells: _Cells, column: str) -> Read:
    """A column of dates: day first by slashes as the return asks, then every other form with a single reading."""
    text, repairs = _tidy(cells)
    repairs.pop("lower case", None)
    dates = _parse(text, DAY_FIRST)
    if (text.notna() & dates.isna()).any():
        dates = _read_other_forms(cells, text, dates, repairs)
    dates = _plausible(dates)
    unread = text.notna() & dates.isna()
    if not unread.any():
        return cells.column(dates), repairs, []
    turned, faults = _month_first(cells, text, dates, column)
    if turned.any():
        repairs["dates with the month first"] = turned
    others = cells.rows(unread & ~_is_month_first(text))
    if others.any():
        repairs["unreadable dates"] = others
        meaning = f"{column} cannot be read as a date{STATUTORY_RULES.get(column, '')}; left blank."
        rule = RULE_OF_COLUMN.get(column, "unreadable date")
        faults.append(_Fault(Notice(rule, "error", meaning, "Write it dd/mm/yyyy."), others))
    return cells.column(dates).mask(turned), repairs, faults


def _read_other_forms(cells: _Cells, text: pd.Series, dates: pd.Series, repairs: Repairs) -> pd.Series:
    """The dates with blanks filled from every other form that has one reading, each form a repair of its own."""
    bare = text.str.replace(CLOCK, "", regex=True)
    clocked = dates.isna() & bare.ne(text) & text.notna()
    if clocked.any():
        repairs["times of day on dates"] = cells.rows(clocked)
        dates, _ = _fill(dates, bare.where(clocked), DAY_FIRST)
    spelt = bare.str.replace(r"(?<=\d)[- ]+(?=[A-Z])|(?<=[A-Z])[- ]+(?=\d)", " ", regex=True)
    for rule, (pattern, form) in FORMS.items():
        dates, found = _fill(dates, spelt.where(spelt.str.fullmatch(pattern)), form)
        if found.any():
            repairs[rule] = cells.rows(found)
    serial = dates.isna() & bare.str.fullmatch(SERIAL)
    if serial.any():
        repairs["dates as spreadsheet numbers"] = cells.rows(serial)
        days = pd.to_timedelta(pd.to_numeric(bare.where(serial)) // 1, unit="D")
        dates = dates.fillna((SERIAL_ORIGIN + days).astype("datetime64[us]"))
    return dates


def _is_month_first(text: pd.Series) -> pd.Series:
    """Whether a value reads as a date with the month first."""
    return _plausible(_parse(text.str.replace(CLOCK, "", regex=True), "%m/%d/%Y")).notna()


def _month_first(cells: _Cells, text: pd.Series, dates: pd.Series, column: str) -> tuple[np.ndarray, list[_Fault]]:
    """Rows to blank because their file writes the month first, and what to say of them.

    A file in which some dates can only be month first, and none only day first, has the month first throughout:
    its dates that read either way are blanked too. Where a file has both kinds, those are read day first, and said.
    """
    month_first = _is_month_first(text)
    only_month = cells.rows(month_first & dates.isna())
    only_day = cells.rows(dates.notna() & ~month_first & text.str.contains("/"))
    day = dates.dt.day
    either = cells.rows(dates.notna() & month_first & day.ne(dates.dt.month))
    turned = np.isin(cells.files, np.setdiff1d(cells.files[only_month], cells.files[only_day]))
    mixed = np.isin(cells.files, np.intersect1d(cells.files[only_month], cells.files[only_day]))
    faults = []
    if (blanked := only_month | (turned & either)).any():
        statutory = STATUTORY_RULES.get(column, "")
        meaning = f"{column} has the month before the day{statutory}; it was not turned round but left blank."
        faults.append(_Fault(Notice("month before day", "error", meaning, "Export it as dd/mm/yyyy."), blanked))
    if (doubtful := mixed & either).any():
        meaning = f"{column} reads either way in a file that mixes day first and month first; read day first."
        faults.append(_Fault(Notice("day or month first", "warning", meaning, "Export it as dd/mm/yyyy."), doubtful))
    return blanked, faults


def _parse(text: pd.Series, form: str) -> pd.Series:
    return pd.to_datetime(text, format=form, errors="coerce").astype("datetime64[us]")


def _fill(dates: pd.Series, text: pd.Series, form: str) -> tuple[pd.Series, pd.Series]:
    """The dates with blanks filled from text in one form, and flags of what was filled."""
    wanted = dates.isna() & text.notna()
    if not wanted.any():
        return dates, wanted
    filled = dates.fillna(_parse(text.where(wanted), form))
    return filled, wanted & filled.notna()


def _plausible(dates: pd.Series) -> pd.Series:
    """Dates outside 1900 to 2099 are slips of the key, not dates."""
    return dates.where((dates >= EARLIEST) & (dates < LATEST))
