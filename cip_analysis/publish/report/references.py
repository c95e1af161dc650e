"""Working cross-references: [[04_demand_forecast#figure-2]] in prose becomes a link, "Figure 2, Demand forecast".

[[04_demand_forecast]] leads to a page, [[#table-1]] to a place on the same page, [[04_demand_forecast#caveats|what it
cannot say]] says words of its own. A place that is not there stops the pack, by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from cip_analysis.publish.report.layout import Link, PageError

REFERENCE = re.compile(r"\[\[([^\[\]|]+)(?:\|([^\[\]]+))?\]\]")
NUMBERED = re.compile(r"^(figure|table)-(\d+)$")
LITERAL = ("pre", "code", "script", "style", "title")


@dataclass(frozen=True, slots=True)
class Place:
    """A page that may be linked to: its title, and the words of each named place on it."""

    title: str
    anchors: Mapping[str, str]


Places = Mapping[str, Place]


def find_place(target: str, places: Places, here: str = "") -> Link:
    """The link that a target means: page, page#place or #place; where `here` is the page it stands on.

    Raises PageError naming the target, and what there is instead.
    """
    page, _, anchor = target.strip().partition("#")
    name = page or here
    if name not in places:
        raise PageError(f"The reference {target.strip()!r} names no page of this pack; there are {', '.join(places)}.")
    place = places[name]
    if anchor and anchor not in place.anchors:
        there = ", ".join(place.anchors) or "none"
        raise PageError(f"The reference {target.strip()!r} leads nowhere: the places on {name} are {there}.")
    if not anchor:
        return Link(f"{name}.html", place.title)
    words = place.anchors[anchor] if NUMBERED.match(anchor) else f"“{place.anchors[anchor]}”"
    if name == here:
        return Link(f"#{anchor}", words)
    return Link(f"{name}.html#{anchor}", f"{words}, {place.title}")


def link_references(soup: BeautifulSoup, places: Places, here: str) -> None:
    """Every reference in the words of a page made a link, in place; code is left as it is written."""
    for text in soup.find_all(string=REFERENCE):
        if any(isinstance(parent, Tag) and parent.name in LITERAL for parent in text.parents):
            continue
        text.replace_with(*_pieces(soup, str(text), places, here))


def _pieces(soup: BeautifulSoup, words: str, places: Places, here: str) -> list[NavigableString | Tag]:
    """Words and links in turn."""
    pieces: list[NavigableString | Tag] = []
    end = 0
    for found in REFERENCE.finditer(words):
        link = find_place(found.group(1), places, here)
        tag = soup.new_tag("a", attrs={"href": link.href})
        tag.string = (found.group(2) or link.words).strip()
        pieces += [NavigableString(words[end : found.start()]), tag]
        end = found.end()
    return [*pieces, NavigableString(words[end:])]
