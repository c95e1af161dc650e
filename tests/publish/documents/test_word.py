"""The Word document: chapters, contents, captions, header rows, words for pictures, the house style, wide tables."""

from __future__ import annotations

import re
import zipfile

import docx
import pytest
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from publish.shown import COVER

from cip_analysis.publish.documents.binding import bind
from cip_analysis.publish.documents.finishing import CONTENTS_HERE, FinishingError, finish
from cip_analysis.publish.documents.word import start_word


@pytest.fixture(scope="module")
def document(folder):
    return docx.Document(str(folder / "small.docx"))


def headings(document, style):
    return [line.text for line in document.paragraphs if line.style.name == style]


def test_each_page_is_a_chapter_and_the_appendix_comes_last(document):
    assert headings(document, "Heading 1") == [
        "The report in brief", "Children in care", "Where they live", "Appendix: numbers behind the charts",
    ]  # fmt: skip


def test_the_contents_list_is_words_own_and_filled_in_with_links_that_lead_somewhere(document):
    code = [part.text.strip() for part in document.element.body.iter(qn("w:instrText"))]
    assert code == ['TOC \\o "1-2" \\h \\z \\u']
    kinds = [part.get(qn("w:fldCharType")) for part in document.element.body.iter(qn("w:fldChar"))]
    assert kinds == ["begin", "separate", "end"]
    lines = [line for line in document.paragraphs if line.style.name in ("toc 1", "toc 2")]
    assert "Where they live" in [line.text for line in lines]
    marks = {mark.get(qn("w:name")) for mark in document.element.body.iter(qn("w:bookmarkStart"))}
    assert {link.get(qn("w:anchor")) for link in document.element.body.iter(qn("w:hyperlink"))} - {None} <= marks
    assert CONTENTS_HERE not in "".join(line.text for line in document.paragraphs)


def test_links_between_pages_lead_within_the_document(document):
    links = {
        "".join(text.text for text in link.iter(qn("w:t"))): link.get(qn("w:anchor"))
        for link in document.element.body.iter(qn("w:hyperlink"))
    }
    assert links["where they live"] is not None
    assert "a file" not in links


def test_every_picture_has_its_words_once_and_nothing_else(document):
    shapes = list(document.element.body.iter(qn("wp:docPr")))
    assert [shape.get("descr") for shape in shapes] == ["Bars. Most children live in foster homes, by far."] * 2
    for picture in document.element.body.iter(qn("pic:cNvPr")):
        assert picture.get("descr") is None
        assert "base64" not in str(picture.attrib)


def test_every_table_repeats_its_heading_and_tears_no_row(document):
    for table in document.tables:
        first, *others = table._tbl.tr_lst
        assert first.trPr.find(qn("w:tblHeader")) is not None
        assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in (first, *others))
        assert table._tbl.tblPr.find(qn("w:tblCaption")) is not None


def test_captions_stand_before_what_they_name(document):
    order = [line.style.name for line in document.paragraphs if line.style.name in ("Image Caption", "Table Caption")]
    assert order == [
        "Table Caption",
        "Image Caption",
        "Table Caption",
        "Image Caption",
        "Table Caption",
        "Table Caption",
    ]
    lines = document.paragraphs
    for place, line in enumerate(lines):
        if line.style.name == "Image Caption":
            assert next(lines[place + 1]._p.iter(qn("wp:inline")), None) is not None


def test_figures_stand_to_the_right_and_no_table_is_wider_than_its_page(document):
    widths = [int(table._tbl.tblPr.find(qn("w:tblW")).get(qn("w:w"))) for table in document.tables]
    assert max(widths) <= 25.8 * 567
    cell = document.tables[0].cell(1, 2)
    assert cell.paragraphs[0].alignment == 2


def test_plain_words_that_follow_a_table_stand_clear_of_it(tmp_path):
    rows = "<tr><th>Year</th></tr><tr><td>2018</td></tr>"
    page = f"<main><h1>About</h1><p>Before.</p><table>{rows}</table><p>After.</p><p>Later.</p></main>"
    assert start_word(bind({"about.html": page}, (), COVER), tmp_path).finish(tmp_path / "one.docx") == ""
    spaces = {
        line.text: line.paragraph_format.space_before for line in docx.Document(str(tmp_path / "one.docx")).paragraphs
    }
    assert (spaces["Before."], spaces["After."], spaces["Later."]) == (None, Pt(8), None)


def test_a_wide_table_lies_on_its_side_in_a_section_of_its_own(document):
    turned = [section.orientation for section in document.sections]
    assert turned == [WD_ORIENT.PORTRAIT, WD_ORIENT.LANDSCAPE, WD_ORIENT.PORTRAIT]
    assert document.sections[1].page_width == pytest.approx(Cm(29.7), rel=1e-3)
    within = [table for table in document.tables if len(table.columns) == 14]
    assert len(within) == 1
    assert sum(int(one.get(qn("w:w"))) for one in within[0]._tbl.tblGrid.gridCol_lst) <= 25.8 * 567


def test_every_page_says_status_audience_and_that_the_data_are_invented(document):
    for section in document.sections:
        head = section.header.paragraphs[0].text
        assert head.startswith("DRAFT · Public version · SYNTHETIC: invented data, not real children")
        foot = "".join(part.text for part in section.footer._element.iter(qn("w:instrText")))
        assert "PAGE" in foot
        assert "NUMPAGES" in foot


def test_the_language_title_and_typeface_are_the_house_s(folder, document):
    with zipfile.ZipFile(folder / "small.docx") as archive:
        core, styles = (archive.read(name).decode() for name in ("docProps/core.xml", "word/styles.xml"))
    assert "<dc:language>en-GB</dc:language>" in core
    assert "<dc:title>A small pack (SYNTHETIC)</dc:title>" in core
    assert re.search(r'<w:lang [^>]*w:val="en-GB"', styles)
    assert "asciiTheme" not in styles
    assert document.styles["Heading 2"].font.name == "Arial"


def test_words_on_white_have_contrast_enough(document):
    def part(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4

    for style in document.styles:
        colour = getattr(getattr(style, "font", None), "color", None)
        if colour is not None and colour.rgb is not None:
            light = sum(
                weight * part(value) for weight, value in zip((0.2126, 0.7152, 0.0722), colour.rgb, strict=True)
            )
            assert 1.05 / (light + 0.05) >= 4.5, style.name


def test_a_document_with_other_tables_than_the_pages_is_refused(folder):
    document = docx.Document(str(folder / "small.docx"))
    with pytest.raises(FinishingError, match="holds 4 tables where the pages hold 0"):
        finish(document, ())
