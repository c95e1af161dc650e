"""Comma-separated values: machine readable, no finer than the page, never run by a spreadsheet."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from publish.shown import released_months, released_stock

from cip_analysis.publish.products.comma_files import harmless, table_as_text
from cip_analysis.publish.products.exhibits import Exhibit
from cip_analysis.records import Released


def an_exhibit(released: Released) -> Exhibit:
    return Exhibit("01_first", "table", 1, "A caption", "", released)


def a_released(**columns: list[object]) -> Released:
    shown = pd.DataFrame(columns)
    return Released(shown, shown.isna() & False, "No rule", "invented", date(2018, 3, 31))


def test_a_table_of_counts_pounds_and_shares_is_written_as_the_page_prints_it():
    assert table_as_text(an_exhibit(released_stock())) == (
        "financial_year,setting,children,spend_gbp,share_of_spend\n"
        "2016-17,in-house foster,100,2000050,0.985\n"
        "2017-18,in-house foster,120,2400000,1.0\n"
        "2016-17,kinship,[c],[c],[c]\n"
        "2017-18,kinship,0,0,0.0\n"
    )


def test_days_are_iso_dates_and_a_blank_that_is_not_withheld_is_not_available():
    lines = table_as_text(an_exhibit(released_months(3))).splitlines()
    assert lines == ["month,children", "2016-01-31,[x]", "2016-02-29,505", "2016-03-31,510"]


def test_a_share_of_few_children_does_not_carry_the_decimals_that_would_tell_them():
    thirty_seven_of_113 = table_as_text(an_exhibit(a_released(share=[37 / 113])))
    assert thirty_seven_of_113 == "share\n0.327\n"


@pytest.mark.parametrize("hostile", ["=1+1", "+1", "-1 child", "@SUM(A1)", "\t=1", "  =1", '"=1', "＝1", "|calc"])
def test_text_that_a_spreadsheet_would_run_is_led_by_an_apostrophe(hostile):
    lines = table_as_text(an_exhibit(a_released(provider=[hostile], children=[-5])))
    assert lines.splitlines()[1].lstrip('"').startswith("'")
    assert lines.endswith(",-5\n")


def test_plain_text_and_the_mark_of_a_withheld_cell_are_left_alone():
    assert [harmless(words) for words in ("Moor House", "[c]", "16+ supported", "")] == [
        "Moor House", "[c]", "16+ supported", "",
    ]  # fmt: skip


def test_text_with_commas_quotes_and_line_ends_comes_back_as_one_cell(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text(table_as_text(an_exhibit(a_released(provider=['Moor, "House"\nLtd'], n=[1]))), encoding="utf-8")
    assert pd.read_csv(path).to_dict("records") == [{"provider": 'Moor, "House" Ltd', "n": 1}]


def test_every_exhibit_has_a_file_and_a_line_in_the_contents(written):
    listed = pd.read_csv(written.folder / "data" / "contents.csv", dtype=str)
    names = [exhibit.name for exhibit in written.pack.exhibits]
    assert names == ["01_first-table-1", "01_first-figure-1", "02_second-figure-1"]
    assert listed["file"].tolist() == [f"{name}.csv" for name in names]
    assert {path.name for path in (written.folder / "data").iterdir()} == {*listed["file"], "contents.csv"}
    first = listed.iloc[0]
    assert (first["page_title"], first["exhibit"], first["sheet"]) == ("Children in care", "Table 1", "Table_1")
    assert (first["withheld_cells"], first["not_available_cells"], first["as_at"]) == ("3", "0", "2018-03-31")
    assert (first["synthetic"], first["rows"]) == ("yes", "4")
    assert first["columns"] == "financial_year setting children spend_gbp share_of_spend"


def test_the_files_are_utf_8_without_a_byte_order_mark_and_with_plain_line_ends(written):
    for path in (written.folder / "data").iterdir():
        held = path.read_bytes()
        assert held.decode("utf-8")[0] != "\ufeff"
        assert b"\r" not in held
