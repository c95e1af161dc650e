"""The page on what changed since the last pack: what went in otherwise, and the figures that moved most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cip_analysis.publish.report.comparing import Cell, Compared
from cip_analysis.publish.report.layout import Cover, Link, lay_out

CHANGES = "changes"
TITLE = "What changed since the last pack"
MOST_CELLS = 60


def render_changes(cover: Cover, compared: Compared, pages: Mapping[str, Link]) -> str:
    """The page, whole. pages: the link of each notebook's page of this pack, by name."""
    return lay_out(
        "changes.html.j2", cover, heading=TITLE, compared=compared, pages=pages, cells=compared.cells[:MOST_CELLS],
        left=max(0, len(compared.cells) - MOST_CELLS), change=change_in_words,
    )  # fmt: skip


def change_in_words(cell: Cell) -> str:
    """How far a cell moved.

    >>> from cip_analysis.publish.report.comparing import Table
    >>> table = Table("a", "p", "Page", "Table 1", "Caption", (), ())
    >>> print(change_in_words(Cell(table, "r", "c", "100", "120", "", "", 20 / 120)))
    up by 20.0%
    """
    if cell.share is None:
        return "shown before, not now" if cell.before not in ("[c]", "[x]") else "not shown before"
    was, now = float(cell.before), float(cell.after)
    way = "up" if now > was else "down"
    return f"{way} by {abs(now - was) / abs(was):.1%}" if was else f"{way} from nought"


def lines_of(compared: Compared, most: int) -> Iterator[str]:
    """The comparison in lines of text, `most` cells of it."""
    yield f"{compared.before.name} and then {compared.after.name}. {compared.why}"
    for one in compared.causes:
        yield f"  {one.kind}: {one.what}: {one.before} -> {one.after}"
    tables = len(compared.moved_tables)
    yield f"Cells that moved: {len(compared.cells)}, in {tables} figures and tables; {compared.same} are as they were."
    for cell in compared.cells[:most]:
        was, now = _told(cell.before, cell.range_before), _told(cell.after, cell.range_after)
        yield f"  {cell.table.where}: {cell.column}, {cell.row}: {was} -> {now}, {change_in_words(cell)}"
    if (left := len(compared.cells) - most) > 0:
        yield f"  and {left} more; --most 0 lists them all."
    for words, tables_told in (("New", compared.added), ("Gone", compared.gone)):
        for table in tables_told:
            yield f"{words}: {table.where}: {table.caption}"


def _told(value: str, beside: str) -> str:
    value = value.replace("-", "−", 1) if value.startswith("-") else value
    return f"{value} ({beside})" if beside else value
