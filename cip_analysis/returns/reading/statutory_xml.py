"""Opening the statutory XML: one file a year, one element a child, holding its header and its repeated records.

Shape (DfE schema files, 2015/16 to 2023/24; the root has been EXPSSDA903): root > CHILD > HEADER, in which stand the
child's single items (CHILDID, SEX, DOB, ...) and its repeated ones (AREVIEW, AMISSING, OC2, PERMANENCE, AD_PLACED), and
CHILD > EPISODE, repeated, with PL for the placement. Any other repeated group is recognised by its items, so that
social worker episodes need no rule of their own.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from xml.sax import SAXException, handler
from xml.sax.xmlreader import InputSource, Locator

import numpy as np
import pandas as pd
from defusedxml import DefusedXmlException
from defusedxml import sax as safe_sax

from cip_analysis.codes import TABLES
from cip_analysis.returns.reading.text_tables import Notice, Opened, TextTable, not_a_return, refusal

RENAMED = {"CHILDID": "CHILD", "PL": "PLACE"}
IN_HEADER = {"header": "DOB", "uasc": "UASC", "oc3": "IN_TOUCH", "ad1": "DATE_INT"}
OF_THE_CHILD = ("CHILD", "SEX", "DOB")
Leaves = dict[str, str]


def open_xml(text: str, name: str) -> Opened:
    """The tables of the return in one statutory XML file.

    Document types and entities are refused outright. Where the text breaks off or is malformed, the children whose
    elements are complete before that place are kept, and it is said.
    """
    children = _Children()
    broken: int | None = None
    source = InputSource()
    source.setCharacterStream(io.StringIO(text))
    parser = safe_sax.make_parser()
    parser.forbid_dtd = True
    parser.setContentHandler(children)
    try:
        parser.parse(source)
    except DefusedXmlException:
        return Opened(notices=(refusal(name, "declares a document type or entities, which a return never does"),))
    except (SAXException, ValueError, LookupError):
        broken = children.line
    tables = tuple(table for table in (_table(children, kind, name) for kind in TABLES) if table is not None)
    if not tables:
        kind = "not well formed XML; export it again" if broken else ""
        return Opened(notices=(refusal(name, f"is {kind}") if broken else not_a_return(name, "XML of another kind"),))
    notices = _break_notices(name, broken, children.count) + _one_line_notices(name, children)
    return Opened(tables, notices)


def _break_notices(name: str, broken: int | None, count: int) -> tuple[Notice, ...]:
    if broken is None:
        return ()
    meaning = (
        f"The XML breaks off or is malformed at line {broken}; the {count:,} children complete before it were read, "
        "and none after it."
    )
    return (
        Notice("file cut short", "error", meaning, "Export it again; until then this year is short.", name, (broken,)),
    )


def _one_line_notices(name: str, children: _Children) -> tuple[Notice, ...]:
    if not children.one_line:
        return ()
    meaning = "The XML has no line breaks, so its row numbers count the records of each table."
    return (Notice("xml on one line", "note", meaning, "Nothing.", name),)


@dataclass
class _Element:
    """An element that is open: its single items so far."""

    tag: str
    line: int
    text: list[str] = field(default_factory=list)
    leaves: Leaves = field(default_factory=dict)
    has_children: bool = False


class _Children(handler.ContentHandler):
    """Collects each child's records when its element closes, and not before."""

    def __init__(self) -> None:
        super().__init__()
        self._locator: Locator | None = None
        self.records: dict[str, list[tuple[int, Leaves]]] = {kind: [] for kind in TABLES}
        self.count = 0
        self._open: list[_Element] = []
        self._groups: list[_Element] = []
        self._lines: set[int] = set()

    @property
    def line(self) -> int:
        """The line the parser has reached."""
        return int(self._locator.getLineNumber() or 1) if self._locator else 1

    @property
    def one_line(self) -> bool:
        """Whether several children stand on one line, so that line numbers say nothing."""
        return self.count > len(self._lines)

    def startElement(self, name: str, attrs: object) -> None:  # noqa: ARG002, N802 - the parser calls it so
        """Open an element."""
        if self._open:
            self._open[-1].has_children = True
        self._open.append(_Element(name.rpartition(":")[2].upper(), self.line))

    def characters(self, content: str) -> None:
        """Gather text."""
        if self._open:
            self._open[-1].text.append(content)

    def endElement(self, name: str) -> None:  # noqa: ARG002, N802 - the parser calls it so
        """Close an element: a leaf becomes an item of the one around it, a group waits for its child to close."""
        element = self._open.pop()
        if not element.has_children and self._open:
            tag = RENAMED.get(element.tag, element.tag)
            self._open[-1].leaves.setdefault(tag, "".join(element.text).strip())
        elif element.leaves:
            self._groups.append(element)
        if len(self._open) == 1:
            self._keep_child(element.line)

    def _keep_child(self, line: int) -> None:
        """File a complete child's groups under their tables; one without an identifier too, for the checks to tell."""
        groups, self._groups = self._groups, []
        own: Leaves = {}
        for group in groups:
            own |= {tag: text for tag, text in group.leaves.items() if tag in OF_THE_CHILD and tag not in own}
        filed = [(kind, group) for group in groups for kind in _kinds(group.leaves)]
        if not filed:
            return
        self.count += 1
        self._lines.add(line)
        for kind, group in filed:
            self.records[kind].append((group.line, own | group.leaves))


def _kinds(leaves: Leaves) -> list[str]:
    """The tables that one group of items feeds: several for a header, otherwise the one its items fit best."""
    if "CHILD" in leaves and leaves.keys() & {"DOB", "SEX", "ETHNIC", "UPN"}:
        return [kind for kind, mark in IN_HEADER.items() if kind == "header" or leaves.get(mark, "") not in ("", "0")]
    fits = {kind: len(leaves.keys() & (set(columns) - set(OF_THE_CHILD))) for kind, columns in TABLES.items()}
    best = max(fits, key=lambda kind: fits[kind])
    return [best] if fits[best] else []


def _table(children: _Children, kind: str, name: str) -> TextTable | None:
    """All the records of one table as text, with the line each one opens on."""
    records = children.records[kind]
    if not records:
        return None
    columns = TABLES[kind]
    cells = pd.DataFrame([[leaves.get(column, "") for column in columns] for _, leaves in records], dtype="str")
    rows = range(1, len(records) + 1) if children.one_line else [line for line, _ in records]
    return TextTable(name, columns, cells.mask(cells == ""), np.array(rows, dtype="int64"))
