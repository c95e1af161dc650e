"""A Word document put in order after pandoc: contents, tables that fit and repeat headings, pictures said once."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from docx.document import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt
from docx.table import Table
from docx.text.paragraph import Paragraph

from cip_analysis.publish.documents.house_style import SOURCE_NOTE, TABLE_TEXT

CONTENTS_HERE = "The contents list stands here."
CONTENTS_CODE = ' TOC \\o "1-2" \\h \\z \\u '
HOW_TO_NUMBER = "To add page numbers in Word, click in the list and press F9."
PLAIN_WORDS = ("Body Text", "First Paragraph", "Compact")
LISTED = {"Heading 1": "toc 1", "Heading 2": "toc 2"}
TWIPS_PER_CM = 567
MARKS = (qn("w:bookmarkStart"), qn("w:bookmarkEnd"))
Element = Any  # lxml's, which tells no types


class FinishingError(ValueError):
    """A Word document did not come back from pandoc as it was sent."""


@dataclass(frozen=True, slots=True)
class PaperTable:
    """A table on paper: its columns' widths in cm, the size of its type in points, whether its page lies on its side.

    No widths where the table has rows of unlike length; it then keeps those that pandoc gave it. exhibit: the name of
    the exhibit whose numbers it holds; blank where it is no exhibit.
    """

    widths_cm: tuple[float, ...]
    size: float
    landscape: bool
    exhibit: str = ""


def finish(document: Document, tables: Sequence[PaperTable]) -> None:
    """Put the document in order, in place.

    tables: what each table of the document is on paper, in its order.
    Raises FinishingError where the document holds more or fewer tables than that.
    """
    held = list(document.tables)
    if len(held) != len(tables):
        raise FinishingError(f"The Word document holds {len(held)} tables where the pages hold {len(tables)}.")
    for table, paper in zip(held, tables, strict=True):
        _lay_out(document, table, paper)
        _tell_its_file(table, paper.exhibit)
        _stand_clear(document, table)
    for table, paper in zip(held, tables, strict=True):
        if paper.landscape:
            _turn_on_its_side(document, table)
    _say_pictures_once(document)
    _list_contents(document)


# ---- tables -----------------------------------------------------------------------------------------------------


def _lay_out(document: Document, table: Table, paper: PaperTable) -> None:
    """Widths that stay on the page, small type, headings that repeat, rows that are not torn across pages."""
    element = table._tbl
    style = document.styles[TABLE_TEXT[paper.size]].style_id
    for place, row in enumerate(element.tr_lst):
        shape = row.get_or_add_trPr()
        if shape.find(qn("w:cantSplit")) is None:
            shape.insert(0, OxmlElement("w:cantSplit"))
        for line in row.iter(qn("w:p")):
            line.get_or_add_pPr().style = style
            _set_bold(line, bold=place == 0 and shape.find(qn("w:tblHeader")) is not None)
    if len(paper.widths_cm) == len(element.tblGrid.gridCol_lst):
        _set_widths(element, [round(width * TWIPS_PER_CM) for width in paper.widths_cm])


def _stand_clear(document: Document, table: Table) -> None:
    """Keep plain words that follow a table a little below it; its own notes stand close."""
    after = table._tbl.getnext()
    while after is not None and after.tag in MARKS:
        after = after.getnext()
    if after is not None and _style_of(after) in {document.styles[name].style_id for name in PLAIN_WORDS}:
        Paragraph(after, table._parent).paragraph_format.space_before = Pt(8)


def _tell_its_file(table: Table, exhibit: str) -> None:
    """Say in the table's own properties which file holds the same numbers, for whoever reads it aloud or by program."""
    if exhibit:
        said = OxmlElement("w:tblDescription")
        said.set(qn("w:val"), f"The same numbers are in data/{exhibit}.csv.")
        table._tbl.tblPr.append(said)


def _set_bold(line: Element, *, bold: bool) -> None:
    """A heading's words in bold."""
    for run in line.iter(qn("w:r")) if bold else ():
        shape = run.get_or_add_rPr()
        if shape.find(qn("w:b")) is None:
            shape.append(OxmlElement("w:b"))


def _set_widths(element: Element, twips: Sequence[int]) -> None:
    """Each column's width, told in grid, table and every cell, because readers differ in which they heed."""
    for column, width in zip(element.tblGrid.gridCol_lst, twips, strict=True):
        column.set(qn("w:w"), str(width))
    whole = element.tblPr.find(qn("w:tblW"))
    whole.set(qn("w:type"), "dxa")
    whole.set(qn("w:w"), str(sum(twips)))
    element.tblPr.autofit = False
    for row in element.tr_lst:
        for cell, width in zip(row.tc_lst, twips, strict=True):
            shape = cell.get_or_add_tcPr()
            held = shape.find(qn("w:tcW"))
            if held is None:
                held = OxmlElement("w:tcW")
                shape.insert(0, held)
            held.set(qn("w:type"), "dxa")
            held.set(qn("w:w"), str(width))


def _turn_on_its_side(document: Document, table: Table) -> None:
    """A section of its own for a wide table, its caption and its notes, on a page that lies on its side."""
    body_section = document.element.body.sectPr
    first = table._tbl.getprevious()
    caption = document.styles["Table Caption"].style_id
    before = first if first is not None and _style_of(first) == caption else table._tbl
    last, note = table._tbl, document.styles[SOURCE_NOTE].style_id
    while last.getnext() is not None and (_style_of(last.getnext()) == note or last.getnext().tag in MARKS):
        last = last.getnext()
    before.addprevious(_section_break(body_section, landscape=False))
    last.addnext(_section_break(body_section, landscape=True))


def _style_of(element: Element) -> str | None:
    return element.style if element.tag == qn("w:p") else None


def _section_break(section: Element, *, landscape: bool) -> Element:
    """A paragraph that ends a section like the document's own, upright or on its side."""
    ended = copy.deepcopy(section)
    if landscape:
        size = ended.find(qn("w:pgSz"))
        width, height = size.get(qn("w:w")), size.get(qn("w:h"))
        size.set(qn("w:w"), height)
        size.set(qn("w:h"), width)
        size.set(qn("w:orient"), "landscape")
    line = OxmlElement("w:p")
    line.get_or_add_pPr().append(ended)
    return line


# ---- pictures ---------------------------------------------------------------------------------------------------


def _say_pictures_once(document: Document) -> None:
    """Leave each picture its words where readers aloud look for them, and take out the second telling beside it."""
    for picture in document.element.body.iter(qn("pic:cNvPr")):
        picture.attrib.pop("descr", None)
        picture.set("name", "")
    for place, shape in enumerate(document.element.body.iter(qn("wp:docPr")), 1):
        shape.set("name", f"Chart {place}")
        shape.attrib.pop("title", None)
    for line in document.paragraphs:
        if next(line._p.iter(qn("wp:inline")), None) is not None:
            line.paragraph_format.keep_with_next = True


# ---- contents ---------------------------------------------------------------------------------------------------


def _list_contents(document: Document) -> None:
    """A contents list that Word knows as one, filled in with links to the headings."""
    place = next((line for line in document.paragraphs if line.text == CONTENTS_HERE), None)
    if place is None:
        raise FinishingError("The Word document has lost the place of its contents list.")
    lines = list(_contents_lines(document))
    lines[0].insert(1, _part("begin"))
    lines[0].insert(2, _part(code=CONTENTS_CODE))
    lines[0].insert(3, _part("separate"))
    lines[-1].append(_part("end"))
    heading = _paragraph(document, "TOC Heading", "Contents")
    heading.get_or_add_pPr().insert_element_before(OxmlElement("w:pageBreakBefore"), "w:widowControl", "w:spacing")
    for line in (heading, _paragraph(document, SOURCE_NOTE, HOW_TO_NUMBER), *lines):
        place._p.addprevious(line)
    place._p.getparent().remove(place._p)


def _contents_lines(document: Document) -> Iterator[Element]:
    """One line of the contents for each chapter and each section, linked to its heading."""
    headings = [(line, line.style.name if line.style else None) for line in document.paragraphs]
    listed = [(heading, LISTED[name]) for heading, name in headings if name in LISTED]
    for number, (heading, style) in enumerate(listed, 1):
        name = f"_Toc{number:08d}"
        _mark(heading, name, 900_000 + number)
        line = _paragraph(document, style, "")
        link = OxmlElement("w:hyperlink")
        link.set(qn("w:anchor"), name)
        link.set(qn("w:history"), "1")
        link.append(_run(heading.text))
        line.append(link)
        yield line


def _mark(heading: Paragraph, name: str, number: int) -> None:
    """A bookmark around a heading."""
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    start.set(qn("w:id"), str(number))
    start.set(qn("w:name"), name)
    end.set(qn("w:id"), str(number))
    heading._p.insert(1 if heading._p.pPr is not None else 0, start)
    heading._p.append(end)


def _paragraph(document: Document, style: str, words: str) -> Element:
    line = OxmlElement("w:p")
    line.get_or_add_pPr().style = document.styles[style].style_id
    if words:
        line.append(_run(words))
    return line


def _run(words: str) -> Element:
    run, text = OxmlElement("w:r"), OxmlElement("w:t")
    text.set(qn("xml:space"), "preserve")
    text.text = words
    run.append(text)
    return run


def _part(kind: str = "", code: str = "") -> Element:
    """One part of a field: where it begins, what it asks for, where its answer begins and ends."""
    run = OxmlElement("w:r")
    part = OxmlElement("w:instrText" if code else "w:fldChar")
    if code:
        part.set(qn("xml:space"), "preserve")
        part.text = code
    else:
        part.set(qn("w:fldCharType"), kind)
    run.append(part)
    return run
