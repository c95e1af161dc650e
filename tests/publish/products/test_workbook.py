"""The workbook: accessible, numbers as numbers, nothing in it run or followed, the same bytes each time."""

from __future__ import annotations

import zipfile
from datetime import date, datetime

import openpyxl
import pandas as pd
import pytest
from publish.shown import COVER, released_months, released_stock

from cip_analysis.publish.products.exhibits import Exhibit
from cip_analysis.publish.products.workbook import write_workbook
from cip_analysis.records import Released

HOSTILE = [
    "<script>alert(1)</script>", '=HYPERLINK("http://x","y")', "[click](http://x)", "http://x", "***", "a" * 40_000,
    "nul\x00led", "two\nlines", "\u202egnp.exe",
]  # fmt: skip


@pytest.fixture
def book(written):
    """The small pack's workbook, opened."""
    return openpyxl.load_workbook(written.folder / "tables.xlsx")


def a_workbook_of(released: Released, path):
    write_workbook([Exhibit("01_first", "table", 1, "A caption", "", released)], {}, COVER, path)
    return openpyxl.load_workbook(path)


def rows_of(sheet) -> list[tuple[object, ...]]:
    """The rows of a sheet's table, heading first."""
    (table,) = sheet.tables.values()
    return [tuple(cell.value for cell in row) for row in sheet[table.ref]]


def test_the_sheets_are_cover_contents_notes_and_one_table_each(book, written):
    assert book.sheetnames == ["Cover", "Contents", "Notes", "Table_1", "Table_2", "Table_3"]
    assert len(written.pack.exhibits) == 3
    for place in (1, 2, 3):
        assert list(book[f"Table_{place}"].tables) == [f"Table_{place}"]


def test_numbers_are_numbers_shown_as_on_the_page_and_marks_are_text(book):
    rows = rows_of(book["Table_1"])
    assert rows[0] == ("Financial year", "Setting", "Children", "Spend (£)", "Share of spend (%)")
    assert rows[1] == ("2016/17", "In-house foster", 100, 2_000_050, 0.985)
    assert rows[3] == ("2016/17", "Kinship", "[c]", "[c]", "[c]")
    (table,) = book["Table_1"].tables.values()
    formats = [cell.number_format for cell in book["Table_1"][table.ref][1]]
    assert formats[2:] == ["#,##0", "#,##0", "0.0%"]


def test_months_are_days_that_excel_can_count(book):
    rows = rows_of(book["Table_3"])
    assert rows[1] == (datetime(2016, 1, 31), "[x]")
    assert rows[2] == (datetime(2016, 2, 29), 505)


def test_invented_data_say_so_on_the_cover_and_on_every_sheet(book):
    for sheet in book.worksheets:
        assert "SYNTHETIC" in str(sheet["A1"].value), sheet.title
        assert "SYNTHETIC" in sheet.oddHeader.left.text


def test_each_sheet_says_its_marks_source_day_and_rule_above_its_table(book):
    above = [row[0].value for row in book["Table_1"].iter_rows(max_row=11)]
    assert "[c] means withheld to protect children's privacy. It is not a nought." in above
    assert "[x] means not available. It is not a nought." not in above
    assert "Source: invented returns." in above
    assert "As at 31 March 2018." in above
    assert "Counts of 1 to 4 are withheld; others are rounded to the nearest 5." in above


def test_the_contents_link_to_every_sheet_and_every_sheet_links_back(book):
    contents = book["Contents"]
    links = {cell.value: cell.hyperlink.location for row in contents.iter_rows() for cell in row if cell.hyperlink}
    assert links == {f"Table_{place}": f"'Table_{place}'!A1" for place in (1, 2, 3)}
    back = [cell.hyperlink.location for row in book["Table_2"].iter_rows() for cell in row if cell.hyperlink]
    assert back == ["'Contents'!A1"]


def test_nothing_is_merged_and_no_row_inside_a_table_is_blank(book):
    for sheet in book.worksheets:
        assert not sheet.merged_cells.ranges
        for table in sheet.tables.values():
            assert all(cell.value is not None for row in sheet[table.ref] for cell in row)


def test_hostile_text_is_shown_and_never_run_or_followed(tmp_path):
    shown = pd.DataFrame({"provider": HOSTILE, "children": range(5, 5 + len(HOSTILE))})
    released = Released(shown, shown.isna() & False, "No rule", "=1+1", date(2018, 3, 31))
    sheet = a_workbook_of(released, tmp_path / "one.xlsx")["Table_1"]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert [cell.value for cell in cells if cell.hyperlink] == ["Back to contents"]
    provider = [row[0] for row in rows_of(sheet)[1:]]
    assert provider[:5] == [*HOSTILE[:2], "[click](http://x)", "Http://x", "*** (no letters or digits)"]
    assert provider[5].endswith(" … (shortened)")
    assert provider[6:8] == ["Nulled", "Two lines"]


def test_a_long_table_keeps_its_headings_in_sight_and_a_short_one_leaves_the_screen_free(tmp_path):
    assert a_workbook_of(released_months(40), tmp_path / "long.xlsx")["Table_1"].freeze_panes is not None
    assert a_workbook_of(released_stock(), tmp_path / "short.xlsx")["Table_1"].freeze_panes is None


def test_two_columns_that_read_alike_are_told_apart(tmp_path):
    shown = pd.DataFrame({"setting": ["kinship"], "spend": [10.0], "Spend": [20.0]})
    released = Released(shown, shown.isna() & False, "No rule", "invented", date(2018, 3, 31))
    assert len(set(rows_of(a_workbook_of(released, tmp_path / "one.xlsx")["Table_1"])[0])) == 3


def test_the_properties_say_title_and_language_and_no_author_or_clock(written):
    with zipfile.ZipFile(written.folder / "tables.xlsx") as archive:
        core = archive.read("docProps/core.xml").decode()
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert "<dc:title>A small pack: tables (SYNTHETIC)</dc:title>" in core
    assert "<dc:language>en-GB</dc:language>" in core
    assert "<dc:creator></dc:creator>" in core
    assert core.count("2018-03-31T00:00:00Z") == 2
