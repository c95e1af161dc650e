"""Opening delimited text: in one go where every line is a clean row, else line by line."""

from __future__ import annotations

import csv
import io

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from cip_analysis.returns.reading.text_tables import (
    IsHeader,
    Layout,
    Notice,
    Opened,
    TextTable,
    no_cells,
    table_of,
    titles_above,
    unmatched,
)

MOST_LINE = 100_000
HEADER_SEARCH = 30
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def open_delimited(text: str, name: str, is_header: IsHeader) -> Opened:
    """The table in delimited text: the first row of names within the first lines, and all that follows it."""
    first_lines = [line[:MOST_LINE] for line in text.split("\n", HEADER_SEARCH)[:HEADER_SEARCH]]
    for number, line in enumerate(first_lines, 1):
        for delimiter in DELIMITERS:
            names = _split(line, delimiter)
            if is_header(names):
                return _read_delimited(text, Layout(name, tuple(names), delimiter, number))
    return Opened(notices=(unmatched(name),))


def _read_delimited(text: str, layout: Layout) -> Opened:
    notices = _layout_notices(layout)
    body = text.split("\n", layout.header_line)[layout.header_line :]
    lines = body[0].rstrip("\n") if body else ""
    cut_short = bool(lines) and not text.endswith("\n")
    table = _read_fast(lines, layout)
    if table is not None:
        return Opened((table,), notices)
    grid, faults = _split_lines(lines.split("\n"), layout)
    opened = table_of(grid, layout, cut_short=cut_short)
    return Opened(opened.tables, notices + tuple(faults) + opened.notices)


def _layout_notices(layout: Layout) -> tuple[Notice, ...]:
    notices: list[Notice] = []
    if layout.delimiter != "," and not (layout.delimiter == "\t" and layout.source.lower().endswith(".tsv")):
        meaning = f"Cells are parted by {DELIMITERS[layout.delimiter]}, not commas; read as such."
        notices.append(Notice("delimiter", "note", meaning, "Nothing, if the tables look right.", layout.source))
    if layout.header_line > 1:
        notices.append(titles_above(layout))
    return tuple(notices)


def _read_fast(lines: str, layout: Layout) -> TextTable | None:
    """The table read in one go, where every line is one clean row; None where any is not."""
    count = lines.count("\n") + 1 if lines else 0
    if count == 0:
        return TextTable(layout.source, layout.names, no_cells(len(layout.names)), np.array([], dtype="int64"))
    columns = [str(number) for number in range(len(layout.names))]
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(lines.encode()),
            arrow_csv.ReadOptions(column_names=columns, block_size=1 << 22, use_threads=False),
            arrow_csv.ParseOptions(delimiter=layout.delimiter),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.large_string()), null_values=[""], strings_can_be_null=True
            ),
        )
    except (pa.ArrowException, UnicodeEncodeError):
        return None
    if table.num_rows != count:
        return None
    cells = table.to_pandas().set_axis(range(len(columns)), axis="columns")
    return TextTable(layout.source, layout.names, cells, np.arange(count) + layout.header_line + 1)


def _split_lines(lines: list[str], layout: Layout) -> tuple[list[tuple[int, list[str]]], list[Notice]]:
    """Each line's cells with its number, one line at a time, so that no fault can reach beyond its own line."""
    grid: list[tuple[int, list[str]]] = []
    long: list[int] = []
    unclosed: list[int] = []
    skip = 0
    for place, line in enumerate(lines):
        number = layout.header_line + 1 + place
        if skip:
            skip -= 1
        elif len(line) > MOST_LINE:
            long.append(number)
        elif line.count('"') % 2 == 0:
            grid.append((number, _split(line, layout.delimiter)))
        elif joined := _join_quoted(lines[place : place + 20], layout):
            cells, skip = joined
            grid.append((number, cells))
        else:
            unclosed.append(number)
            grid.append((number, line.replace('"', "").split(layout.delimiter)))
    return grid, _line_faults(layout.source, long, unclosed)


def _line_faults(source: str, long: list[int], unclosed: list[int]) -> list[Notice]:
    notices = []
    if long:
        meaning = f"Lines are longer than {MOST_LINE:,} characters, so they are not rows of a return; left out."
        notices.append(Notice("line too long", "error", meaning, "Export the file again.", source, tuple(long)))
    if unclosed:
        meaning = "Quotation marks open and do not close; they were taken out and the line split at every delimiter."
        notices.append(Notice("unclosed quote", "warning", meaning, "Check those rows.", source, tuple(unclosed)))
    return notices


def _join_quoted(lines: list[str], layout: Layout) -> tuple[list[str], int] | None:
    """A row whose quoted cell runs over line breaks, and how many lines more it took; None if it never closes.

    A line with the delimiters of a whole row is a row of its own, so a stray quote never swallows one.
    """
    whole = len(layout.names) - 1
    for more in range(1, len(lines)):
        if lines[more].count(layout.delimiter) >= whole:
            return None
        if lines[more].count('"') % 2 == 0:
            continue
        text = " ".join(lines[: more + 1])
        cells = _split(text, layout.delimiter) if len(text) <= MOST_LINE else []
        return (cells, more) if len(cells) == len(layout.names) else None
    return None


def _split(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), []) if '"' in line else line.split(delimiter)
