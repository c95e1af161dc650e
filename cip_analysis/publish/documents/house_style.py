"""The house style of a Word document, as the reference document that pandoc takes its styles, header and footer from.

Made from pandoc's own each time, because the header says what the pack is: its status, its audience, whether invented.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph

TYPEFACE = "Arial"
INK, QUIET, BLUE, WARN = "0B0C0C", "505A5F", "12436D", "801650"  # each at least 4.5:1 on white
LINE = "B1B4B6"
TEXT_CM = 17.0
SOURCE_NOTE, FINDING, FACT = "Source Note", "Finding", "Fact"
TABLE_TEXT = {9.0: "Table Text", 8.0: "Table Text Small", 7.0: "Table Text Smallest"}
THEMED = ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme")


@dataclass(frozen=True, slots=True)
class Look:
    """How a paragraph style looks: its size in points, weight, colour, and the space before and after it in points."""

    size: float
    bold: bool = False
    colour: str = INK
    before: float = 0
    after: float = 6
    with_next: bool = False


LOOKS = {
    "Normal": Look(10.5),
    "Body Text": Look(10.5),
    "First Paragraph": Look(10.5),
    "Compact": Look(10.5, after=2),
    "Block Text": Look(10.5, colour=QUIET),
    "Definition Term": Look(10.5, bold=True, before=4, after=1, with_next=True),
    "Definition": Look(10.5, after=2),
    "Title": Look(28, bold=True, colour=BLUE, before=170, after=18),
    "Heading 1": Look(20, bold=True, colour=BLUE, after=12, with_next=True),
    "Heading 2": Look(14, bold=True, colour=BLUE, before=16, after=6, with_next=True),
    "Heading 3": Look(12, bold=True, colour=BLUE, before=12, after=4, with_next=True),
    "Heading 4": Look(10.5, bold=True, colour=BLUE, before=10, after=4, with_next=True),
    "Table Caption": Look(10, bold=True, before=10, after=4, with_next=True),
    "Image Caption": Look(10, bold=True, before=10, after=4, with_next=True),
    "TOC Heading": Look(20, bold=True, colour=BLUE, after=12, with_next=True),
}
NEW_LOOKS = {
    SOURCE_NOTE: Look(8, colour=QUIET, before=2, after=3),
    FINDING: Look(10.5, before=5, after=5),
    FACT: Look(11, colour=QUIET, after=3),
    "Table Text": Look(9, after=0),
    "Table Text Small": Look(8, after=0),
    "Table Text Smallest": Look(7, after=0),
    "toc 1": Look(10.5, bold=True, before=6, after=1, with_next=True),
    "toc 2": Look(9.5, after=0),
}


def reference_document(pandoc_reference: bytes, marks: str, title: str) -> bytes:
    """The reference document in the house style.

    pandoc_reference: pandoc's own. marks: what stands at the head of every page. title: what stands at the foot.
    """
    document = docx.Document(io.BytesIO(pandoc_reference))
    _use_typeface(document)
    for name, look in LOOKS.items():
        _dress(document.styles[name], look)
    for name, look in NEW_LOOKS.items():
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=name.startswith("toc"))
        style.base_style = document.styles["Normal"]
        _dress(style, look)
    document.styles["Heading 1"].paragraph_format.page_break_before = True
    document.styles["toc 2"].paragraph_format.left_indent = Cm(0.6)
    _bar_at_left(document.styles[FINDING])
    document.styles["Hyperlink"].font.color.rgb = RGBColor.from_string("1A5A96")
    _rule_tables(document.styles["Table"].element)
    _set_page(document, marks, title)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _use_typeface(document: Document) -> None:
    """One typeface throughout, in place of the theme's."""
    for fonts in document.styles.element.iter(qn("w:rFonts")):
        for name in THEMED:
            fonts.attrib.pop(qn(f"w:{name}"), None)
        if fonts.get(qn("w:ascii")) is None or fonts.get(qn("w:ascii")) != "Consolas":
            for name in ("ascii", "hAnsi", "cs"):
                fonts.set(qn(f"w:{name}"), TYPEFACE)


def _dress(style: ParagraphStyle, look: Look) -> None:
    """A paragraph style made to look so."""
    style.font.name, style.font.size, style.font.bold, style.font.italic = TYPEFACE, Pt(look.size), look.bold, False
    style.font.color.rgb = RGBColor.from_string(look.colour)
    shape = style.paragraph_format
    shape.space_before, shape.space_after, shape.keep_with_next = Pt(look.before), Pt(look.after), look.with_next
    shape.line_spacing, shape.widow_control = 1.12, True
    if style.name in ("Title", "Table Caption", "Image Caption"):
        shape.alignment = 0


def _bar_at_left(style: ParagraphStyle) -> None:
    """A bar beside a finding, as on the page."""
    style.paragraph_format.left_indent = Cm(0.3)
    borders, left = OxmlElement("w:pBdr"), OxmlElement("w:left")
    for name, value in {"val": "single", "sz": "24", "space": "8", "color": BLUE}.items():
        left.set(qn(f"w:{name}"), value)
    borders.append(left)
    style.element.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:contextualSpacing", "w:jc"
    )


def _rule_tables(style: Any) -> None:
    """A thin rule under each row of a table, and a little air around its words."""
    shape = style.find(qn("w:tblPr"))
    borders = OxmlElement("w:tblBorders")
    for side in ("bottom", "insideH"):
        rule = OxmlElement(f"w:{side}")
        for name, value in {"val": "single", "sz": "4", "space": "0", "color": LINE}.items():
            rule.set(qn(f"w:{name}"), value)
        borders.append(rule)
    margins = shape.find(qn("w:tblCellMar"))
    margins.addprevious(borders)
    for side, width in {"top": "40", "bottom": "40", "left": "85", "right": "85"}.items():
        margins.find(qn(f"w:{side}")).set(qn("w:w"), width)


def _set_page(document: Document, marks: str, title: str) -> None:
    """A4, with what the pack is and the chapter at the head of every page, and its title and number at the foot."""
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2)
    section.header_distance = section.footer_distance = Cm(0.9)
    head, foot = section.header.paragraphs[0], section.footer.paragraphs[0]
    for line in (head, foot):
        line.paragraph_format.tab_stops.add_tab_stop(Cm(TEXT_CM), WD_TAB_ALIGNMENT.RIGHT)
    _write(head, marks, WARN, bold=True)
    _write(head, "\t", QUIET)
    _field(head, 'STYLEREF "Heading 1"')
    _write(foot, f"{title}\tPage ", QUIET)
    _field(foot, "PAGE")
    _write(foot, " of ", QUIET)
    _field(foot, "NUMPAGES")


def _write(line: Paragraph, words: str, colour: str, *, bold: bool = False) -> None:
    run = line.add_run(words)
    run.font.size, run.font.bold, run.font.color.rgb = Pt(8), bold, RGBColor.from_string(colour)


def _field(line: Paragraph, code: str) -> None:
    """A field that Word fills in as it lays out the page."""
    for kind in ("begin", code, "separate", "end"):
        run = line.add_run()
        run.font.size, run.font.color.rgb = Pt(8), RGBColor.from_string(QUIET)
        if kind == code:
            part = OxmlElement("w:instrText")
            part.set(qn("xml:space"), "preserve")
            part.text = f" {code} "
        else:
            part = OxmlElement("w:fldChar")
            part.set(qn("w:fldCharType"), kind)
        run._r.append(part)
