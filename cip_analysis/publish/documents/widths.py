"""How wide a table's columns are on paper, how small its type, and whether its page lies on its side.

Worked out from the longest word and the longest line of each column, so that no table runs off the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag

PORTRAIT_CM, LANDSCAPE_CM = 17.0, 25.7  # A4 within margins of 2 cm
SIZES = (9.0, 8.0, 7.0)  # points
LETTER_CM = 0.0195  # of a letter's mean width in a plain type, for each point of its size
BOLDER = 1.15  # how much wider a heading's letters are
GAP_CM = 0.55
CAPTION_CM = 13.0  # the least width in print of a table, whose caption is as wide as it is
MOST_WANTED_CM = 40.0
SHORT_CM = 3.2
SMALLEST_CM = 1.2
HELD_TOGETHER = "\N{NO-BREAK SPACE}"
WIDE, WIDE_PAGE = "wide", "wide-page"


@dataclass(frozen=True, slots=True)
class Fit:
    """A table on paper: each column's width in cm, its type's size in points, and whether it needs the long side."""

    widths_cm: tuple[float, ...]
    size: float
    landscape: bool


def fit(cells: Sequence[Sequence[str]]) -> Fit:
    """How a table stands on paper: upright and in full size if it can, else smaller, else on its side.

    cells: its rows, heading first, each of as many cells.
    """
    columns = list(zip(*cells, strict=True))
    for room, size in ((PORTRAIT_CM, 9.0), (PORTRAIT_CM, 8.0), (LANDSCAPE_CM, 9.0), (LANDSCAPE_CM, 8.0)):
        least = [_least(column, size) for column in columns]
        if sum(least) <= room:
            return Fit(_shared(least, [_wanted(column, size) for column in columns], room), size, room > PORTRAIT_CM)
    least = [_least(column, SIZES[-1]) for column in columns]
    shrunk = min(1.0, LANDSCAPE_CM / sum(least))
    return Fit(tuple(width * shrunk for width in least), SIZES[-1], True)


def lay_out_tables(chapter: Tag) -> None:
    """Give each table of a chapter its columns' widths, and a class where it is small or its page lies on its side."""
    for table in chapter.find_all("table"):
        for unit in table.find_all(class_="unit"):
            unit.string = unit.get_text().replace(" ", HELD_TOGETHER)
        lines = table.find_all("tr")
        rows = [[cell.get_text(" ", strip=True) for cell in line.find_all(["th", "td"])] for line in lines]
        if not rows or len({len(row) for row in rows}) != 1:
            continue
        fitted = fit(rows)
        table["class"], table["data-size"] = _classes(fitted), f"{fitted.size:g}"
        table["style"] = f"width: {max(CAPTION_CM, sum(fitted.widths_cm)):.2f}cm"
        table.insert(1 if table.caption is not None else 0, _column_group(fitted))
        for cell in table.find_all(class_="figures"):
            cell["style"] = "text-align: right"
        if fitted.landscape:
            _turn_page(table)


def _turn_page(table: Tag) -> None:
    """Let what holds a wide table, its caption and its notes with it, stand on a page that lies on its side."""
    around = table.find_parent(class_="exhibit-table") or table.find_parent("details")
    around = around or table.find_parent(class_="scroll") or table
    around["class"] = f"{' '.join(around.get_attribute_list('class'))} {WIDE_PAGE}"


def _classes(fitted: Fit) -> str:
    return f"{WIDE} type-{fitted.size:g}" if fitted.landscape else f"type-{fitted.size:g}"


def _column_group(fitted: Fit) -> Tag:
    """The widths as HTML tells them."""
    soup = BeautifulSoup("", "lxml")
    group = soup.new_tag("colgroup")
    for width in fitted.widths_cm:
        group.append(soup.new_tag("col", attrs={"style": f"width: {width:.2f}cm", "data-cm": f"{width:.2f}"}))
    return group


def _least(column: Sequence[str], size: float) -> float:
    """The width that the longest word of a column needs."""
    lengths = [max((len(word) for word in cell.replace("-", "- ").split(" ")), default=1) for cell in column]
    longest = max(lengths[0] * BOLDER, *lengths[1:], 1.0)
    return max(SMALLEST_CM, longest * LETTER_CM * size + GAP_CM)


def _wanted(column: Sequence[str], size: float) -> float:
    """The width that a column's longest cell would like, within reason; its heading may take two lines."""
    longest = max(len(column[0]) / 2, *(len(cell) for cell in column[1:]), 1.0)
    return max(_least(column, size), min(MOST_WANTED_CM, longest * LETTER_CM * size + GAP_CM))


def _shared(least: Sequence[float], wanted: Sequence[float], room: float) -> tuple[float, ...]:
    """Each column what it would like where there is room for all.

    Else short columns what they would like if that leaves the others their least, and the rest by how much they hold.
    """
    if sum(wanted) <= room:
        return tuple(wanted)
    firm = [high if high <= SHORT_CM else low for low, high in zip(least, wanted, strict=True)]
    held = firm if sum(firm) <= room else least
    left, asked = room - sum(held), sum(wanted) - sum(held)
    return tuple(low + (high - low) * left / asked for low, high in zip(held, wanted, strict=True))
