"""Every exhibit of a pack in one accessible workbook: cover, contents, notes, then one table a sheet.

    write_workbook(exhibits, titles, cover, folder / "tables.xlsx")

Laid out as the Government Analysis Function asks: one table a sheet from column A, no merged cells, no blank rows
inside, units in headings, marks explained, plain sheet names. Text is written as text: nothing in a cell is run or
followed but our own links. The same exhibits give the same bytes.
Source: Government Analysis Function, Releasing statistics in spreadsheets.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from gptables import Cover as FrontSheet
from gptables import GPTable
from gptables.core.wrappers import GPWorkbook, GPWorksheet

from cip_analysis.publish.page import Cover
from cip_analysis.publish.products.archives import with_language, write_again
from cip_analysis.publish.products.columns import (
    Cell,
    count_not_available,
    headings,
    is_figures,
    places_of,
    plain_text,
    shared_rule,
    values_of,
)
from cip_analysis.publish.products.exhibits import Exhibit
from cip_analysis.publish.words import NOT_AVAILABLE, WITHHELD, capital, day_in_words, is_share
from cip_analysis.records import Released

FILE = "tables.xlsx"
CONTENTS, NOTES = "Contents", "Notes"
BACK = "Back to contents"
INVENTED = "SYNTHETIC: invented data, not real children."
MEANINGS = {
    WITHHELD: "withheld to protect children's privacy. It is not a nought.",
    NOT_AVAILABLE: "not available. It is not a nought.",
}
MOST_LETTERS = 32_000  # Excel holds 32,767 in a cell
SHORTENED = " … (shortened)"
NO_LETTERS = " (no letters or digits)"
WIDEST, NARROWEST = 60, 10
LINE_HEIGHT, SPACE = 16, 3  # points
ROWS_THAT_SCROLL = 25
OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


class _Sheet(GPWorksheet):  # type: ignore[misc]
    """A sheet that follows no link but its own, and aligns columns by what they were declared to hold."""

    def _parse_urls(self, sheet: object) -> None:
        """Leave text as it is, so that no cell that looks like a link becomes one; ours alone is one."""
        if isinstance(sheet, GPTable):
            link = {BACK: f"internal:'{CONTENTS}'!A1"}
            sheet.subtitles = [link if words == BACK else words for words in sheet.subtitles]

    def _apply_column_alignments(self, data_table: object, formats_table: object, index_columns: object) -> None:
        """Leave alignment to the formats each table asks for."""


class _Book(GPWorkbook):  # type: ignore[misc]
    """A workbook of such sheets."""

    def add_worksheet(self, name: str | None = None, gridlines: str = "hide_all") -> _Sheet:
        """A sheet in the book's theme."""
        sheet: _Sheet = super(GPWorkbook, self).add_worksheet(name, _Sheet)
        sheet.theme, sheet._workbook = self.theme, self
        sheet.hide_gridlines({"show_all": 0, "hide_printed": 1, "hide_all": 2}[gridlines])
        return sheet


def write_workbook(exhibits: Sequence[Exhibit], titles: Mapping[str, str], cover: Cover, path: Path) -> None:
    """The workbook of every exhibit at `path`.

    titles: the title of each page, by its name.
    """
    book = _Book(str(path), OPTIONS)
    made = cover.as_at or max((exhibit.released.as_at for exhibit in exhibits), default=date(1980, 1, 1))
    book.set_properties(
        {"title": plain_text(f"{cover.title}: tables{_invented(cover.synthetic)}"), "author": "",
         "company": plain_text(cover.council), "category": cover.audience_in_words, "status": cover.status.capitalize(),
         "created": datetime(made.year, made.month, made.day)}
    )  # fmt: skip
    front = _front_sheet(cover, exhibits)
    sheet = book.add_worksheet(front.cover_label)
    sheet.write_cover(front)
    for row, words in enumerate(_lines_of(front)):
        sheet.set_row(row, LINE_HEIGHT * _lines_needed(words, front.width) + SPACE)
    _add(book, CONTENTS, _contents(exhibits, titles, cover))
    _add(book, NOTES, _notes(exhibits, cover))
    for place, exhibit in enumerate(exhibits, 1):
        _add(book, f"Table_{place}", _table(exhibit, place, titles.get(exhibit.page, exhibit.page)))
    for sheet in book.worksheets():
        _lay_out_for_print(sheet, cover)
    book.close()
    write_again(path, {"docProps/core.xml": with_language("en-GB")})


def _add(book: _Book, name: str, table: GPTable) -> None:
    """One sheet: its table, room for its words, and its headings kept in sight where there is much to scroll."""
    sheet = book.add_worksheet(name)
    sheet.write_gptable(table, False)
    widths = _widths(table.table)
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    heading = table.data_range[0]
    for row, cells in enumerate([tuple(table.table.columns), *table.table.itertuples(index=False, name=None)]):
        lines = max(_lines_needed(_read_out(cell), width) for cell, width in zip(cells, widths, strict=True))
        if lines > 1:
            sheet.set_row(heading + row, LINE_HEIGHT * lines + SPACE)
    sheet.repeat_rows(heading)
    if len(table.table) > ROWS_THAT_SCROLL:
        sheet.freeze_panes(heading + 1, 0)


def _lay_out_for_print(sheet: _Sheet, cover: Cover) -> None:
    """A4 on its side, one page wide, with the pack's marks on every page."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    marks = [cover.status.upper(), cover.audience_in_words, *([INVENTED] if cover.synthetic else [])]
    sheet.set_header(f"&L{' · '.join(marks)}")
    sheet.set_footer("&L&A&RPage &P of &N")


# ---- the sheets before the tables -------------------------------------------------------------------------------


def _front_sheet(cover: Cover, exhibits: Sequence[Exhibit]) -> FrontSheet:
    """What the workbook is, who may read it and how to read it."""
    withheld = sum(exhibit.released.withheld_count for exhibit in exhibits)
    day = [f"Figures as at {day_in_words(cover.as_at)}, unless a sheet says otherwise."] if cover.as_at else []
    return FrontSheet(
        title=_text(f"{cover.title}: tables{_invented(cover.synthetic)}"),
        intro=[
            *([INVENTED] if cover.synthetic else []),
            _text(f"{cover.council}. Evidence for {cover.meeting}."),
            f"Status: {cover.status}. {cover.audience_in_words}.",
            *day,
            _text(f"Run {cover.run_id}. Code version {cover.code_version}."),
        ],
        about=[
            f"This workbook holds the {len(exhibits)} tables and charts of the pack, one a sheet, in the order of its "
            "pages. A chart is here as the numbers behind it.",
            "The sheet called Contents lists them, with a link to each. The sheet called Notes says how to read them.",
            *[f"{mark} means {meaning}" for mark, meaning in MEANINGS.items()],
            f"{withheld:,} cells are withheld in this workbook.",
            "Numbers are as exact here as on the pages, and no more: more decimals could give small counts away.",
        ],
        width=100,
    )


def _contents(exhibits: Sequence[Exhibit], titles: Mapping[str, str], cover: Cover) -> GPTable:
    """The list of sheets, each with a link."""
    rows = [
        ({f"Table_{place}": f"internal:'Table_{place}'!A1"}, _text(titles.get(exhibit.page, exhibit.page)),
         exhibit.called, _text(exhibit.caption), exhibit.released.withheld_count)
        for place, exhibit in enumerate(exhibits, 1)
    ]  # fmt: skip
    names = ["Sheet", "Page of the pack", "Called there", "What it shows", "Cells withheld"]
    return GPTable(
        pd.DataFrame(rows, columns=names, dtype=object),
        "contents_table",
        _text(f"Contents{_invented(cover.synthetic)}"),
        subtitles=[_text(cover.title)],
        instructions="This worksheet contains one table. Follow a sheet's name to go to it.",
        index_columns={},
        additional_formatting=[*(_left(place, "General") for place in range(4)), _right(4, "0")],
    )


def _notes(exhibits: Sequence[Exhibit], cover: Cover) -> GPTable:
    """How to read the tables: marks, units, rounding, and the rules they were released under."""
    rules = shared_rule([exhibit.released.rule for exhibit in exhibits])
    notes = [
        *[(mark, capital(meaning)) for mark, meaning in MEANINGS.items()],
        ("Units", "The unit of a column stands in brackets in its heading. Percentages are held as fractions and "
                  "shown with a per cent sign."),
        ("Rounding", "Rounded figures may not add up to their totals; shares, rates and unit costs are worked out "
                     "before rounding."),
        ("Financial year", "A financial year such as 2017/18 ends on 31 March of its second year."),
        *[(f"Disclosure rule {place}", _text(f"{rule}.")) for place, rule in enumerate(rules, 1)],
        *([("SYNTHETIC", INVENTED)] if cover.synthetic else []),
    ]  # fmt: skip
    return GPTable(
        pd.DataFrame(notes, columns=["Note", "What it means"], dtype=object),
        "notes_table",
        f"Notes{_invented(cover.synthetic)}",
        subtitles=[BACK],
        instructions="This worksheet contains one table.",
        index_columns={2: 0},
        additional_formatting=[_left(0, "General"), _left(1, "General")],
    )


# ---- one exhibit ------------------------------------------------------------------------------------------------


def _table(exhibit: Exhibit, place: int, page_title: str) -> GPTable:
    """One exhibit as a sheet's table, with what it is, where it comes from and what its marks mean above it."""
    released, names = exhibit.released, headings(exhibit.released)
    cells = {said: _cells(name, released) for name, said in zip(released.table.columns, names, strict=True)}
    used = {WITHHELD: released.withheld_count, NOT_AVAILABLE: count_not_available(released)}
    return GPTable(
        pd.DataFrame(cells, dtype=object),
        f"Table_{place}",
        _text(f"Table_{place}: {exhibit.caption}{_invented(released.synthetic)}"),
        subtitles=[_text(f"{exhibit.called} of the page “{page_title}”"), BACK],
        instructions="This worksheet contains one table.",
        legend=[
            *[f"{mark} means {MEANINGS[mark]}" for mark, count in used.items() if count],
            *[_text(f"{sentence}.") for sentence in released.rule.rstrip(".").split(". ")],
            *([INVENTED] if released.synthetic else []),
        ],
        source=_text(f"Source: {released.source.rstrip('.')}."),
        scope=f"As at {day_in_words(released.as_at)}.",
        index_columns={} if is_figures(released.table.columns[0], released.table.iloc[:, 0]) else {2: 0},
        additional_formatting=[_format(number, name, released) for number, name in enumerate(released.table.columns)],
    )  # fmt: skip


def _cells(name: str, released: Released) -> list[Cell]:
    """A column's cells as the sheet holds them: words as the page says them, the rest as it is."""
    return [_text(capital(cell)) if isinstance(cell, str) else cell for cell in values_of(name, released)]


def _text(words: str) -> str:
    """Words as a cell can hold them: on one line, of a length Excel opens, with a letter or digit to be read out."""
    said = plain_text(words)
    said = said if len(said) <= MOST_LETTERS else said[:MOST_LETTERS] + SHORTENED
    return said if any(letter.isascii() and letter.isalnum() for letter in said) else f"{said}{NO_LETTERS}"


def _format(number: int, name: str, released: Released) -> dict[str, Any]:
    """How a column of one table is written."""
    column = released.table[name]
    if is_figures(name, column):
        places = places_of(name, released)
        decimals = f".{'0' * places}" if places else ""
        return _right(number, f"0{decimals}%" if is_share(name) else f"#,##0{decimals}")
    if pd.api.types.is_datetime64_any_dtype(column):
        return _left(number, "mmmm yyyy" if name == "month" else "d mmmm yyyy")
    return _left(number, "0" if pd.api.types.is_integer_dtype(column) else "General")


def _right(number: int, shown: str) -> dict[str, Any]:
    """A column of figures: to the right, heading and all."""
    how = {"num_format": shown, "align": "right", "valign": "top"}
    return {"column": {"columns": [number], "format": how, "include_names": True}}


def _left(number: int, shown: str) -> dict[str, Any]:
    """A column of words: to the left, a little away from figures that stand before it."""
    how = {"num_format": shown, "align": "left", "valign": "top", "indent": 1 if number else 0}
    return {"column": {"columns": [number], "format": how, "include_names": True}}


# ---- room for words ---------------------------------------------------------------------------------------------


def _widths(table: pd.DataFrame) -> list[int]:
    """How wide each column is, in letters: as its longest cell, within bounds; headings wrap between words."""
    wanted = (
        max(NARROWEST, *(len(word) + 2 for word in name.split()), *(len(_read_out(cell)) + 3 for cell in table[name]))
        for name in table.columns
    )
    return [min(WIDEST, width) for width in wanted]


def _read_out(cell: object) -> str:
    """A cell as long as it will be shown."""
    if isinstance(cell, dict):
        return str(next(iter(cell)))
    return "30 September 2018" if isinstance(cell, date) else f"{cell:,}" if isinstance(cell, int) else str(cell)


def _lines_needed(words: str, width: int) -> int:
    """How many lines words take in a column of so many letters, word by word, with room to spare for wide letters."""
    return len(textwrap.wrap(words, max(4, int(width * 0.95)))) or 1


def _lines_of(front: FrontSheet) -> list[str]:
    """The rows of the first sheet, in its order."""
    return [front.title, "Introductory information", *front.intro, "About these data", *front.about]


def _invented(synthetic: bool) -> str:
    return " (SYNTHETIC)" if synthetic else ""
