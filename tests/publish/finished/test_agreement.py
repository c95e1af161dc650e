"""The same numbers in every file of a finished pack: read back, and one altered byte of one cell found."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
from publish.finished.packs import PUBLIC

from cip_analysis.publish.finished.agreement import compare
from cip_analysis.publish.finished.checking import AuditError, audit_pack
from cip_analysis.publish.finished.reading import formats_there, read_tables
from cip_analysis.publish.finished.secrets import Secrets

NOBODY = Secrets({}, frozenset())


@pytest.fixture
def copied(whole, tmp_path) -> Path:
    """The finished pack in a folder of its own, to be tampered with."""
    return Path(shutil.copytree(whole.folder, tmp_path / "small"))


def in_archive(path: Path, member: str, change: dict[str, str]) -> None:
    """Words of one member of an office file put in the place of others."""
    with zipfile.ZipFile(path) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    text = held[member].decode()
    for before, after in change.items():
        assert before in text
        text = text.replace(before, after)
    with zipfile.ZipFile(path, "w") as archive:
        for name, inside in (held | {member: text.encode()}).items():
            archive.writestr(name, inside)


def in_text(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_every_table_is_read_back_from_every_file_with_the_same_cells(whole):
    printed = read_tables(whole.folder, whole.exhibits)
    assert list(printed) == ["HTML", "CSV", "XLSX", "DOCX"]
    assert all(list(tables) == ["01_first-table-1"] for tables in printed.values())
    assert printed["CSV"]["01_first-table-1"].rows[2] == ("2016-17", "kinship", "[c]", "[c]", "[c]")
    assert printed["HTML"]["01_first-table-1"].rows[1][3:] == ("2,400,000", "100.0")
    assert printed["XLSX"]["01_first-table-1"].rows[1][2:] == (120, 2400000, 1)
    compared = compare(printed, formats_there(whole.folder), whole.exhibits)
    assert compared.faults == ()
    assert compared.cells == 4 * 4 * 5


def test_a_whole_pack_is_audited_and_told_in_words(whole):
    audit = audit_pack(whole.folder, whole.exhibits, PUBLIC, NOBODY)
    assert (audit.cells, audit.withheld, audit.tables["DOCX"]) == (80, 3, 1)
    assert "80 cells agreed" in audit.in_words


def test_another_number_in_any_one_file_fails_the_pack(whole, copied):
    changes = {
        "CSV, Table 1 of 01_first, column children, row 1: not what": lambda: in_text(
            copied / "data/01_first-table-1.csv", "foster,100", "foster,105"
        ),
        "HTML, Table 1 of 01_first, column children, row 1: not what": lambda: in_text(
            copied / "01_first.html", ">100<", ">105<"
        ),
        "XLSX, Table 1 of 01_first, column children, row 1": lambda: in_archive(
            copied / "tables.xlsx", "xl/worksheets/sheet4.xml", {"<v>100</v>": "<v>105</v>"}
        ),
        "DOCX, Table 1 of 01_first, column children, row 1": lambda: in_archive(
            copied / "small.docx", "word/document.xml", {">100<": ">105<"}
        ),
    }
    for said, change in changes.items():
        shutil.rmtree(copied)
        shutil.copytree(whole.folder, copied)
        change()
        with pytest.raises(AuditError, match=said):
            audit_pack(copied, whole.exhibits, PUBLIC, NOBODY)


@pytest.mark.parametrize("shown", ["3", "", "[x]", "fewer than 5"])
def test_a_withheld_cell_that_shows_anything_else_fails_the_pack_and_is_not_quoted(whole, copied, shown):
    in_text(copied / "data/01_first-table-1.csv", "kinship,[c],", f"kinship,{shown},")
    with pytest.raises(AuditError, match="column children, row 3: a withheld cell shows something else") as failure:
        audit_pack(copied, whole.exhibits, PUBLIC, NOBODY)
    assert "fewer than 5" not in str(failure.value)


def test_a_number_printed_more_finely_in_one_file_than_on_the_page_is_found(whole, copied):
    in_text(copied / "data/01_first-table-1.csv", "2000050,0.985", "2000049.6,0.985239")
    with pytest.raises(
        AuditError, match=r"in 2 places:\nCSV, .* column spend_gbp, row 1: another number than on the page"
    ):
        audit_pack(copied, whole.exhibits, PUBLIC, NOBODY)


def test_a_missing_table_and_one_that_nobody_released_fail_the_pack(whole, copied):
    (copied / "data/01_first-table-1.csv").rename(copied / "data/01_first-table-9.csv")
    with pytest.raises(AuditError) as failure:
        audit_pack(copied, whole.exhibits, PUBLIC, NOBODY)
    assert "CSV 01_first-table-1: the table is missing" in str(failure.value)
    assert "CSV 01_first-table-9: a table that no notebook released" in str(failure.value)


@pytest.mark.parametrize("file", ["tables.xlsx", "small.docx"])
def test_a_file_that_is_not_what_its_name_says_fails_the_pack_in_words(whole, copied, file):
    (copied / file).write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(AuditError, match=f"{file}: .* cannot be opened. Render the pack again"):
        audit_pack(copied, whole.exhibits, PUBLIC, NOBODY)
