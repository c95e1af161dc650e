"""Any file becomes tables of text, or a plain reason why not; nothing a file may hold stops the load."""

from __future__ import annotations

import datetime
import io
import os
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cip_analysis.returns.reading.delimited import MOST_LINE, open_delimited
from cip_analysis.returns.reading.files import decode, find_files, natural_order, open_file
from cip_analysis.returns.reading.kinds import is_header
from cip_analysis.returns.reading.kinds import recognise as is_table
from cip_analysis.returns.reading.text_tables import Opened
from cip_analysis.returns.reading.workbooks import as_text

UASC = "CHILD,SEX,DOB,DUC"


def opened(folder: Path, name: str, content: bytes | str) -> Opened:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return open_file(folder, name, is_header)


def cells_of(given: Opened) -> list[list[str]]:
    (table,) = given.tables
    return table.cells.fillna("").to_numpy().tolist()


def rules_of(given: Opened) -> list[str]:
    return [notice.rule for notice in given.notices]


def test_a_plain_csv_gives_its_cells_and_their_lines(tmp_path):
    given = opened(tmp_path, "uasc.csv", f"{UASC}\n1,2,01/01/2005,\n2,1,,03/04/2018\n")
    (table,) = given.tables
    assert table.names == ("CHILD", "SEX", "DOB", "DUC")
    assert cells_of(given) == [["1", "2", "01/01/2005", ""], ["2", "1", "", "03/04/2018"]]
    assert table.rows.tolist() == [2, 3]
    assert given.notices == ()


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "end"])
def test_every_kind_of_line_ending_is_read_with_or_without_a_last_one(tmp_path, ending, last):
    text = ending.join([UASC, "1,2,,", "2,1,,"]) + (ending if last else "")
    given = opened(tmp_path, "uasc.csv", text)
    assert cells_of(given) == [["1", "2", "", ""], ["2", "1", "", ""]]
    assert given.tables[0].rows.tolist() == [2, 3]


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-8", None), ("utf-8-sig", None), ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be"),
     ("utf-32", "utf-32"), ("cp1252", "cp1252")],
)  # fmt: skip
def test_every_usual_encoding_gives_the_same_cells(tmp_path, encoding, said):
    given = opened(tmp_path, "uasc.csv", f"{UASC}\nZoë,2,,\n".encode(encoding))
    assert cells_of(given) == [["Zoë", "2", "", ""]]
    assert [notice.meaning for notice in given.notices] == (
        [f"The file is not UTF-8; it was read as {said}."] if said else []
    )


def test_bytes_that_mean_nothing_in_any_encoding_are_replaced_and_not_fatal():
    assert decode(b"CHILD\x81\x8d,\xff\n").text == "CHILD\ufffd\ufffd,ÿ\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_wrong_delimiter_is_read_and_said(tmp_path, delimiter):
    given = opened(tmp_path, "uasc.csv", f"{UASC}\n1,2,,\n".replace(",", delimiter))
    assert cells_of(given) == [["1", "2", "", ""]]
    assert rules_of(given) == ([] if delimiter == "," else ["delimiter"])


def test_a_delimiter_inside_quotes_stays_in_its_cell(tmp_path):
    given = opened(tmp_path, "uasc.csv", f'{UASC},NOTE\n1,2,,,"a, b"\n2,1,,,"say ""no"""\n')
    assert [row[4] for row in cells_of(given)] == ["a, b", 'say "no"']
    assert given.notices == ()


def test_a_quoted_cell_may_run_over_lines_and_later_rows_keep_their_line_numbers(tmp_path):
    given = opened(tmp_path, "uasc.csv", f'{UASC},NOTE\n1,2,,,"a\nb\nc"\n2,1,,,d\n')
    assert [row[4] for row in cells_of(given)] == ["a b c", "d"]
    assert given.tables[0].rows.tolist() == [2, 5]
    assert given.notices == ()


def test_a_quote_that_never_closes_costs_nobody_a_row(tmp_path):
    rows = "\n".join(
        f'{child},2,"01/01/2005,' if child in (3, 4, 7) else f"{child},2,01/01/2005," for child in range(9)
    )
    given = opened(tmp_path, "uasc.csv", f"{UASC}\n{rows}\n")
    assert [row[:3] for row in cells_of(given)] == [[str(child), "2", "01/01/2005"] for child in range(9)]
    assert [(notice.rule, notice.rows) for notice in given.notices] == [("unclosed quote", (5, 6, 9))]


def test_blank_lines_are_passed_over_and_do_not_shift_line_numbers(tmp_path):
    given = opened(tmp_path, "uasc.csv", f"{UASC}\n\n1,2,,\n\n\n2,1,,\n,,,\n\n")
    assert given.tables[0].rows.tolist() == [3, 6]


def test_a_row_with_too_many_cells_is_left_out_and_one_with_too_few_is_filled(tmp_path):
    given = opened(tmp_path, "uasc.csv", f"{UASC}\n1,2,,\n2,1,,,extra\n3,1\n4,2,,,\n")
    assert [row[0] for row in cells_of(given)] == ["1", "3", "4"]
    assert {notice.rule: notice.rows for notice in given.notices} == {"too many cells": (3,), "too few cells": (4,)}


def test_a_last_row_broken_off_is_left_out_but_a_whole_one_without_a_line_end_is_kept(tmp_path):
    broken = opened(tmp_path, "broken.csv", f"{UASC}\n1,2,01/01/2005,\n2,1,01/0")
    whole = opened(tmp_path, "whole.csv", f"{UASC}\n1,2,01/01/2005,\n2,1,01/01/2006,")
    assert [row[0] for row in cells_of(broken)] == ["1"]
    assert rules_of(broken) == ["file cut short"]
    assert [row[0] for row in cells_of(whole)] == ["1", "2"]


def test_a_line_longer_than_any_row_is_left_out_and_its_neighbours_kept(tmp_path):
    given = opened(tmp_path, "uasc.csv", f"{UASC}\n1,2,,\n{'9' * (MOST_LINE + 1)}\n2,1,,\n")
    assert [row[0] for row in cells_of(given)] == ["1", "2"]
    assert [(notice.rule, notice.rows) for notice in given.notices] == [("line too long", (3,))]


def test_the_careful_reading_and_the_fast_one_agree_on_a_clean_file():
    lines = [UASC, *(f'{child},{child % 2 + 1},"0{child % 9 + 1}/01/2005",' for child in range(200))]
    fast = open_delimited("\n".join(lines) + "\n", "a", is_header)
    careful = open_delimited("\n".join([*lines, ""]) + "\n", "a", is_header)
    ragged = open_delimited("\n".join([*lines, "x"]) + "\n", "a", is_header)
    assert fast.tables[0].cells.equals(careful.tables[0].cells)
    assert ragged.tables[0].cells.head(200).equals(fast.tables[0].cells)
    assert ragged.tables[0].rows[:200].tolist() == fast.tables[0].rows.tolist()


def test_a_header_may_stand_below_titles_and_beside_a_mark(tmp_path):
    given = opened(tmp_path, "uasc.csv", b"\xef\xbb\xbfUnaccompanied children\n,,,\n" + f"{UASC}\n1,2,,\n".encode())
    assert given.tables[0].rows.tolist() == [4]
    assert [(notice.rule, notice.rows) for notice in given.notices] == [("title above the header", (1, 2))]


# ---- what is not a table --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n", "is empty"),
        (b"  <!doctype HTML><html><body>login</body></html>", "web page"),
        (b"%PDF-1.4 ...", "PDF"),
        (b"\x1f\x8b\x08\x00....", "gzip"),
        (b"\xd0\xcf\x11\xe0" + bytes(100), "old Office format"),
        (b"\xd0\xcf\x11\xe0" + bytes(100) + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"PK\x03\x04 nonsense", "damaged workbook or zip"),
        (b"<?xml version='1.0'?><Workbook><Sheet/></Workbook>", "XML of another kind"),
        (b"<a><b></a>", "not well formed"),
        (b"team,budget\nnorth,3\n", "match no table"),
        (b"\x00\x01\x02\x03" * 50, "match no table"),
    ],
)
def test_what_is_no_table_of_the_return_is_named_for_what_it_is(tmp_path, content, words):
    given = opened(tmp_path, "uasc.csv", content)
    assert given.tables == ()
    assert any(words in notice.meaning for notice in given.notices), given.notices


def test_a_zip_is_reported_with_advice_and_never_unpacked(tmp_path):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("uasc.csv", f"{UASC}\n1,2,,\n")
    (notice,) = opened(tmp_path, "uasc.csv", held.getvalue()).notices
    assert notice.severity == "refusal"
    assert "Unzip" in notice.next_step


def test_documents_beside_the_data_are_noted_and_no_more(tmp_path):
    for name in ("README.md", "SOURCE.md", "notes.docx", "README.txt"):
        (notice,) = opened(tmp_path, name, "What these are.\n").notices
        assert (notice.rule, notice.severity) == ("not a return", "note")


# ---- folders --------------------------------------------------------------------------------------------------


def test_a_folder_is_walked_in_natural_order_without_the_systems_own_files(tmp_path):
    for name in ("v10/a.csv", "v2/a.csv", ".DS_Store", "v2/~$a.xlsx", ".git/a.csv", "__MACOSX/a.csv", "Thumbs.db"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert find_files(tmp_path).files == ("v2/a.csv", "v10/a.csv")


def test_a_later_version_sorts_after_the_file_it_replaces():
    names = ["e_2018_v10.csv", "e_2018.csv", "e_2018_v2.csv"]
    assert sorted(names, key=natural_order) == ["e_2018.csv", "e_2018_v2.csv", "e_2018_v10.csv"]


def test_a_loop_of_links_ends_and_is_said(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "uasc.csv").write_text(f"{UASC}\n")
    (tmp_path / "data" / "again").symlink_to(tmp_path, target_is_directory=True)
    found = find_files(tmp_path)
    assert found.files == ("data/uasc.csv",)
    assert "link" in found.notices[0].meaning


def test_a_link_to_nowhere_is_a_refusal_of_that_file_only(tmp_path):
    (tmp_path / "uasc.csv").symlink_to(tmp_path / "gone.csv")
    (notice,) = open_file(tmp_path, "uasc.csv", is_header).notices
    assert notice.severity == "refusal"
    assert str(tmp_path) not in notice.meaning


def test_a_pipe_is_never_opened(tmp_path):
    os.mkfifo(tmp_path / "uasc.csv")
    (notice,) = open_file(tmp_path, "uasc.csv", is_header).notices
    assert "not an ordinary file" in notice.meaning


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_that_may_not_be_read_is_a_refusal_of_that_file_only(tmp_path):
    (tmp_path / "uasc.csv").write_text(UASC)
    (tmp_path / "uasc.csv").chmod(0)
    (notice,) = open_file(tmp_path, "uasc.csv", is_header).notices
    assert "check who may read it" in notice.next_step.lower()


# ---- workbooks ------------------------------------------------------------------------------------------------


def a_workbook(path: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_sheets_are_told_by_their_columns_and_dates_come_as_a_council_types_them(tmp_path):
    header = UASC.split(",")
    a_workbook(
        tmp_path / "return.xlsx",
        Sheet1=[["Unaccompanied children"], [], header, [398768, 2.0, datetime.datetime(2005, 1, 31), None]],
        Costs=[["team", "budget"], ["north", 3]],
    )
    given = open_file(tmp_path, "return.xlsx", is_header)
    assert cells_of(given) == [["398768", "2", "31/01/2005", ""]]
    assert given.tables[0].source == "return.xlsx [Sheet1]"
    assert given.tables[0].rows.tolist() == [4]
    assert [(notice.rule, notice.where) for notice in given.notices] == [
        ("title above the header", "return.xlsx [Sheet1]"),
        ("no such table", "return.xlsx [Costs]"),
    ]


def test_a_formula_never_worked_out_is_blank_and_said(tmp_path):
    a_workbook(tmp_path / "return.xlsx", Sheet1=[UASC.split(","), ["=1+1", 2, None, None], [7, 2, None, None]])
    given = open_file(tmp_path, "return.xlsx", is_header)
    assert [row[0] for row in cells_of(given)] == ["", "7"]
    assert {notice.rule: notice.rows for notice in given.notices} == {
        "formula cells": (2,),
        "formula without a value": (2,),
    }


def test_a_formula_worked_out_gives_its_value(tmp_path):
    a_workbook(tmp_path / "made.xlsx", Sheet1=[UASC.split(","), ["=3+4", 2, None, None]])
    with zipfile.ZipFile(tmp_path / "made.xlsx") as made, zipfile.ZipFile(tmp_path / "saved.xlsx", "w") as saved:
        for part in made.infolist():
            content = made.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                content = (
                    content.replace(b"<v />", b"<v>7</v>")
                    .replace(b"<v></v>", b"<v>7</v>")
                    .replace(b"<v/>", b"<v>7</v>")
                )
            saved.writestr(part, content)
    given = open_file(tmp_path, "saved.xlsx", is_header)
    assert cells_of(given) == [["7", "2", "", ""]]
    assert rules_of(given) == ["formula cells"]


def test_numbers_in_a_workbook_keep_every_figure():
    assert [as_text(cell) for cell in (123456789012345.0, 0.5, True, 10**17)] == [
        "123456789012345", "0.5", "True", "100000000000000000",
    ]  # fmt: skip


# ---- the statutory XML ------------------------------------------------------------------------------------------

CHILD = """  <CHILD>
    <HEADER>
      <CHILDID>{0}</CHILDID><SEX>1</SEX><DOB>01/02/2003</DOB><ETHNIC>WBRI</ETHNIC><UPN>UN1</UPN><UASC>{1}</UASC><DUC>{2}</DUC>
      <IN_TOUCH>YES</IN_TOUCH><ACTIV>F1</ACTIV><ACCOM>K2</ACCOM>
      <AREVIEW><REVIEW>05/05/2016</REVIEW><REVIEW_CODE>PN1</REVIEW_CODE></AREVIEW>
      <AREVIEW><REVIEW>06/11/2016</REVIEW><REVIEW_CODE>PN3</REVIEW_CODE></AREVIEW>
      <AMISSING><MISSING>M</MISSING><MIS_START>01/06/2016</MIS_START></AMISSING>
      <OC2><SDQ_SCORE>12</SDQ_SCORE><CONVICTED>0</CONVICTED></OC2>
      <PERMANENCE><PREV_PERM>P1</PREV_PERM><LA_PERM>855</LA_PERM></PERMANENCE>
      <AD_PLACED><DATE_PLACED>07/07/2016</DATE_PLACED></AD_PLACED>
    </HEADER>
    <EPISODE><DECOM>01/04/2016</DECOM><RNE>S</RNE><LS>C2</LS><CIN>N1</CIN><PL>U6</PL><PLACE_PROVIDER>PR1</PLACE_PROVIDER></EPISODE>
    <EPISODE><DECOM>01/06/2016</DECOM><RNE>P</RNE><PL>K2</PL></EPISODE>
    <SWEPISODE><SW_ID>AB1</SW_ID><SW_DECOM>01/04/2016</SW_DECOM></SWEPISODE>
  </CHILD>
"""


def an_xml(*children: str) -> str:
    return f"<?xml version='1.0' encoding='utf-8'?>\n<EXPSSDA903>\n{''.join(children)}</EXPSSDA903>\n"


def tables_of(given: Opened) -> dict[str, list[dict[str, str]]]:
    return {
        is_table(table.names): [
            {name: cell for name, cell in zip(table.names, row, strict=True) if cell}
            for row in table.cells.fillna("").to_numpy().tolist()
        ]
        for table in given.tables
    }  # fmt: skip


def test_a_childs_element_feeds_every_table_it_holds(tmp_path):
    given = opened(tmp_path, "return.xml", an_xml(CHILD.format("7", "1", "03/04/2018"), CHILD.format("8", "0", "")))
    tables = tables_of(given)
    who = {"CHILD": "7", "DOB": "01/02/2003"}
    assert {kind: len(rows) for kind, rows in tables.items()} == {
        "header": 2, "episodes": 4, "uasc": 1, "reviews": 4, "oc2": 2, "oc3": 2, "placed_adoption": 2,
        "previous_permanence": 2, "missing": 2, "social_workers": 2,
    }  # fmt: skip
    assert tables["header"][0] == {**who, "SEX": "1", "ETHNIC": "WBRI", "UPN": "UN1"}
    assert tables["uasc"] == [{**who, "SEX": "1", "DUC": "03/04/2018"}]
    assert tables["episodes"][1] == {"CHILD": "7", "DECOM": "01/06/2016", "RNE": "P", "PLACE": "K2"}
    assert tables["reviews"][1] == {**who, "REVIEW": "06/11/2016", "REVIEW_CODE": "PN3"}
    assert tables["oc3"][0] == {**who, "IN_TOUCH": "YES", "ACTIV": "F1", "ACCOM": "K2"}
    assert tables["oc2"][0] == {**who, "SDQ_SCORE": "12", "CONVICTED": "0"}
    assert tables["missing"][0] == {**who, "MISSING": "M", "MIS_START": "01/06/2016"}
    assert tables["previous_permanence"][0] == {**who, "PREV_PERM": "P1", "LA_PERM": "855"}
    assert tables["placed_adoption"][0] == {**who, "DATE_PLACED": "07/07/2016"}
    assert tables["social_workers"][0] == {**who, "SW_ID": "AB1", "SW_DECOM": "01/04/2016"}
    assert given.notices == ()


def test_rows_of_xml_are_the_lines_their_elements_open_on(tmp_path):
    given = opened(tmp_path, "return.xml", an_xml(CHILD.format("7", "0", "")))
    rows = {is_table(table.names): table.rows.tolist() for table in given.tables}
    assert rows["header"] == [4]
    assert rows["episodes"] == [14, 15]


def test_xml_on_one_line_numbers_its_records_and_says_so(tmp_path):
    text = an_xml(CHILD.format("7", "0", ""), CHILD.format("8", "0", "")).replace("\n", "")
    given = opened(tmp_path, "return.xml", text)
    assert rules_of(given) == ["xml on one line"]
    assert {is_table(table.names): table.rows.tolist() for table in given.tables}["episodes"] == [1, 2, 3, 4]


def test_xml_broken_off_keeps_the_children_complete_before_and_none_in_part(tmp_path):
    whole = an_xml(CHILD.format("7", "0", ""), CHILD.format("8", "0", ""))
    for cut in range(whole.index("</CHILD>") + 8, whole.rindex("</CHILD>"), 97):
        given = opened(tmp_path, "return.xml", whole[:cut])
        assert {row["CHILD"] for rows in tables_of(given).values() for row in rows} == {"7"}
        assert rules_of(given) == ["file cut short"]
        assert "the 1 children complete before it" in given.notices[0].meaning


def test_a_prefix_on_every_element_changes_nothing(tmp_path):
    plain = an_xml(CHILD.format("7", "1", ""))
    spaced = plain.replace("<", "<d:").replace("<d:/", "</d:").replace("<d:?", "<?")
    spaced = spaced.replace("<d:EXPSSDA903>", '<d:EXPSSDA903 xmlns:d="urn:returns">')
    assert tables_of(opened(tmp_path, "a.xml", spaced)) == tables_of(opened(tmp_path, "b.xml", plain))


@pytest.mark.parametrize(
    "declared",
    ['<!DOCTYPE a [<!ENTITY x "y">]>', '<!DOCTYPE a SYSTEM "file:///etc/hostname">', "<!DOCTYPE EXPSSDA903>"],
)
def test_a_document_type_is_refused_whatever_it_declares(tmp_path, declared):
    text = an_xml(CHILD.format("7", "0", "")).replace("<EXPSSDA903>", f"{declared}<EXPSSDA903>")
    (notice,) = opened(tmp_path, "return.xml", text).notices
    assert (notice.severity, "document type" in notice.meaning) == ("refusal", True)


# ---- any bytes whatever -----------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [UASC.encode(), b"CHILD,DECOM,RNE,LS,CIN,PLACE,DEC", b"\n", b"\r\n", b'"', b",", b";", b"\t", b"\0", b"\xff\xfe",
     b"\xef\xbb\xbf", b"01/04/2017", b"<?xml version='1.0'?>", b"<EXPSSDA903><CHILD><HEADER><CHILDID>1</CHILDID>",
     b"</HEADER></CHILD>", b"<!DOCTYPE a [<!ENTITY x 'y'>]>", b"&x;", b"PK\x03\x04", b"1", b"Total", b"="]
)  # fmt: skip
BYTES = st.one_of(
    st.binary(max_size=300), st.lists(st.one_of(PIECES, st.binary(max_size=12)), max_size=40).map(b"".join)
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=BYTES, suffix=st.sampled_from(["csv", "xml", "xlsx", "txt", "zip"]))
def test_no_bytes_whatever_raise_anything(tmp_path, content, suffix):
    given_back = opened(tmp_path, f"any.{suffix}", content)
    assert given_back.tables or given_back.notices


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.integers(0, 6000), what=st.binary(min_size=1, max_size=30), cut=st.booleans())
def test_no_harm_to_a_workbook_raises_anything(tmp_path, where, what, cut):
    path = tmp_path / "whole.xlsx"
    if not path.exists():
        a_workbook(path, Sheet1=[UASC.split(","), ["=1", 2, datetime.datetime(2005, 1, 31), None]])
    content = path.read_bytes()
    place = where % len(content)
    harmed = content[:place] if cut else content[:place] + what + content[place + len(what) :]
    given_back = opened(tmp_path, "harmed.xlsx", harmed)
    assert given_back.tables or given_back.notices


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sheet=BYTES)
def test_no_sheet_inside_a_workbook_raises_anything(tmp_path, sheet):
    a_workbook(tmp_path / "whole.xlsx", Sheet1=[UASC.split(",")])
    harmed = io.BytesIO()
    with zipfile.ZipFile(tmp_path / "whole.xlsx") as whole, zipfile.ZipFile(harmed, "w") as archive:
        for part in whole.namelist():
            archive.writestr(part, sheet if part.endswith("sheet1.xml") else whole.read(part))
    given_back = opened(tmp_path, "harmed.xlsx", harmed.getvalue())
    assert given_back.tables or given_back.notices


def test_a_child_of_the_xml_without_an_identifier_is_kept_for_the_checks_to_tell(tmp_path):
    nameless = CHILD.format("7", "0", "").replace("<CHILDID>7</CHILDID>", "")
    tables = tables_of(opened(tmp_path, "return.xml", an_xml(nameless, CHILD.format("8", "0", ""))))
    assert [row.get("CHILD") for row in tables["episodes"]] == [None, None, "8", "8"]
