"""Every place in a finished pack where an identifier could hide is looked into; what is chance is passed over."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from base64 import b64encode
from datetime import date

import pypdf
import pytest
from builders import a_header, an_episode, write_returns, write_table
from PIL import Image, PngImagePlugin

from cip_analysis.publish.finished.paper import words_of_paper
from cip_analysis.publish.finished.passages import Passage, passages_of, read_passages
from cip_analysis.publish.finished.secrets import (
    BIRTH,
    CHILD,
    POSTCODE,
    PROVIDER,
    PUPIL,
    Leak,
    read_secrets,
    search,
    secrets_from,
)

HELD = secrets_from(
    {CHILD: ["KX71031QZ", "675864", "12"], BIRTH: ["16/04/2007", "31/03/2010"], POSTCODE: ["QX7 9ZJ"],
     PUPIL: ["V913704228601"], PROVIDER: ["Moor & Vale Homes"]}
)  # fmt: skip


def found(name: str, held: bytes) -> set[str]:
    """The kinds of secrets found in one file."""
    return {leak.what for leak in search(read_passages(name, held), HELD)}


def a_picture(**words: str) -> bytes:
    kept, told = io.BytesIO(), PngImagePlugin.PngInfo()
    for name, text in words.items():
        told.add_text(name, text, zip=name == "packed")
    Image.new("RGB", (4, 4)).save(kept, "png", pnginfo=told)
    return kept.getvalue()


def an_archive(members: dict[str, bytes], comment: bytes = b"") -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inside in members.items():
            archive.writestr(name, inside)
        archive.comment = comment
    return kept.getvalue()


WORD_PART = b'<w:document xmlns:w="http://x/w"><w:p><w:r><w:t>%s</w:t></w:r></w:p></w:document>'


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("x.txt", b"child KX71031QZ left"),
        ("x.txt", "kx71031qz".encode("utf-16")),
        ("x.html", b"<html><p>KX71031&#81;Z</p>"),
        ("x.html", b'<html><img alt="KX71031QZ">'),
        ("x.html", b"<html><!-- KX71031QZ -->"),
        ("x.html", b'<html><img src="data:image/png;base64,' + b64encode(a_picture(note="KX71031QZ")) + b'">'),
        ("x.png", a_picture(packed="KX71031QZ " * 20)),
        ("x.png", a_picture(note="fine") + b"KX71031QZ"),
        ("x.docx", an_archive({"word/document.xml": WORD_PART % b"KX71031QZ"})),
        ("x.docx", an_archive({"docProps/core.xml": b"<c><creator>KX71031QZ</creator></c>"})),
        ("x.docx", an_archive({"media/a.png": a_picture(note="KX71031QZ")})),
        ("x.xlsx", an_archive({"xl/KX71031QZ.xml": b"<a/>"})),
        ("x.xlsx", an_archive({"a.xml": b"<a/>"}, comment=b"KX71031QZ")),
        ("x.xlsx", an_archive({"inside.zip": an_archive({"a": b"KX71031QZ"})})),
        ("x.json", json.dumps({"KX71031QZ": 1}).encode()),
        ("x.pdf", b"%PDF-1.7\n1 0 obj\n<</Title (of KX71031QZ)>>\nendobj"),
        ("x.pdf", b"%PDF-1.7\n1 0 obj\n<<>>\nstream\n" + zlib.compress(b"of KX71031QZ") + b"\nendstream\nendobj"),
        ("x.bin", struct.pack(">I", 7) + b" KX71031QZ "),
    ],
)  # fmt: skip
def test_an_identifier_is_found_wherever_it_hides(name, held):
    assert found(name, held) == {CHILD}


def test_an_identifier_is_found_in_the_name_of_a_file(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "KX71031QZ.csv").touch()
    assert search(passages_of(tmp_path), HELD) == (Leak("the name of a file", CHILD),)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("born 16/04/2007", BIRTH), ("2007-04-16", BIRTH), ("16 April 2007", BIRTH), ("April 16th, 2007", BIRTH),
        ("16.4.2007", BIRTH), ("of 20070416", BIRTH), ("at QX79ZJ", POSTCODE), ("at qx7&nbsp;9zj.", POSTCODE),
        ("V913704228601", PUPIL), ("MOOR &amp; VALE HOMES", PROVIDER), ("moor-vale homes ltd", PROVIDER),
        ("675864", CHILD), ("born 16\n  April 2007", BIRTH), ("born <b>16</b> April 2007", BIRTH),
    ],
)  # fmt: skip
def test_each_kind_of_secret_is_found_in_any_of_its_spellings(words, what):
    assert found("x.html", f"<html><p>{words}</p>".encode()) == {what}


@pytest.mark.parametrize(
    "held",
    [
        b"<html><style>p{width:675864px}</style><p>31 March 2010, 675,864 children, 12</p>",
        b"<html><p>" + b"a675864b" * 4 + b" 0.20070416 1.20070416</p>",
        b"<html><p>xKX71031QZx; Moor and the Vale; homes of Moor</p>",
        b"<html><table><tr><td>March 2007</td><td>16</td></tr>\n<tr><td>April 2007</td><td>16</td></tr></table>",
    ],
)
def test_what_stands_there_by_chance_is_passed_over(held):
    assert found("x.html", held) == set()


def test_a_count_and_the_month_in_the_next_cell_of_a_word_table_are_no_day():
    cells = b"".join(b"<w:tc><w:p><w:r><w:t>%s</w:t></w:r></w:p></w:tc>" % words for words in (b"16", b"April 2007"))
    table = b'<w:document xmlns:w="http://x/w"><w:tbl><w:tr>%s</w:tr></w:tbl></w:document>' % cells
    assert found("x.docx", an_archive({"word/document.xml": table})) == set()
    halves = WORD_PART % b"born 16 </w:t></w:r><w:r><w:t>April 2007"
    assert found("x.docx", an_archive({"word/document.xml": halves})) == {BIRTH}


def test_a_number_of_the_file_itself_is_no_identifier():
    sheet = b"<worksheet><c><v>675864</v></c></worksheet>"
    assert found("t.xlsx", an_archive({"xl/worksheets/sheet1.xml": sheet})) == set()
    assert (
        found("m.json", json.dumps({"bytes": 675864, "contentSize": "675864", "sha256": "ab" * 32}).encode()) == set()
    )
    assert found("m.json", json.dumps({"child": "675864"}).encode()) == {CHILD}


def test_a_plain_number_that_the_pack_shows_as_a_figure_is_not_taken_for_an_identifier():
    shown = [Passage("a.csv", "secure,675864", words=True)]
    assert [leak.what for leak in search(shown, HELD)] == [CHILD]
    known = type(HELD)(HELD.phrases, HELD.births, frozenset({"675864"}))
    assert search(shown, known) == ()


def test_a_leak_tells_the_place_and_the_kind_and_never_the_secret():
    leaks = search(read_passages("x.txt", b"KX71031QZ of QX7 9ZJ born 16/04/2007 at Moor & Vale Homes"), HELD)
    assert [(leak.where, leak.what) for leak in leaks] == [
        ("x.txt", what) for what in (BIRTH, CHILD, POSTCODE, PROVIDER)
    ]


def test_secrets_are_read_from_the_columns_of_returns_and_payments_but_not_what_stands_in_settings(tmp_path):
    folder = write_returns(
        tmp_path / "returns", [an_episode(CHILD="KX71031QZ", HOME_POST="QX7 9ZJ")],
        [a_header(CHILD="KX71031QZ", DOB="16/04/2007", UPN="V913704228601")],
    )  # fmt: skip
    paid = [{"child_id": "KX71031QZ", "provider_name": name} for name in ("Moor & Vale Homes", "Own service")]
    payments = write_table(tmp_path, "payments.csv", paid)
    (folder / "census.xml").write_text("<?xml version='1.0'?><M><CHILDID>Zeta-99-12</CHILDID></M>", encoding="utf-8")
    (tmp_path / "run.toml").write_text('note = "own  SERVICE"', encoding="utf-8")
    sources = {"returns": [folder], "payments": [payments], "settings": [tmp_path / "run.toml"]}
    public, exempt = (read_secrets(sources, audience) for audience in ("public", "exempt"))
    assert set(public.phrases) >= {
        ("kx71031qz",),
        ("zeta", "99", "12"),
        ("qx7", "9zj"),
        ("qx79zj",),
        ("moor", "vale", "homes"),
    }
    assert public.births == {date(2007, 4, 16)}
    assert ("own", "service") not in public.phrases
    assert set(public.phrases) - set(exempt.phrases) == {("moor", "vale", "homes")}


def test_the_words_of_a_pdf_are_those_that_another_reader_finds(whole):
    held = (whole.folder / "small.pdf").read_bytes()
    ours = set(words_of_paper(held).split())
    theirs = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(held)).pages).split()
    assert len(theirs) > 50
    assert sum(word in ours for word in theirs) > 0.95 * len(theirs)
