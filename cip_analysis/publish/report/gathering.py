"""What a whole pack holds, gathered from its executed notebooks and drafted pages: judgements used, sources, caveats.

Nothing here is worked out anew: it is what the pages said, asked for and rested on, brought together.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import nbformat
from bs4 import Tag
from markupsafe import Markup

from cip_analysis.publish.page import Draft, marks_of
from cip_analysis.publish.products.exhibits import Exhibit
from cip_analysis.publish.report.layout import Link
from cip_analysis.settings import Judgement

CAVEATS = re.compile(r"^(caveats|limits)", re.IGNORECASE)
PERCENT = re.compile(r"^(share|fraction)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Used:
    """One judgement that a page asked for. name: its dotted name in the assumptions file. pages: which asked."""

    name: str
    judgement: Judgement
    pages: tuple[Link, ...]

    @property
    def words(self) -> str:
        """Its name in words: "weekly_price.in-house-foster" as "Weekly price: in-house foster"."""
        group, _, rest = self.name.partition(".")
        words = rest.replace("-", " ").replace("in house", "in-house").replace("16 plus", "16+")
        return f"{group.replace('_', ' ').replace('-', ' ').capitalize()}: {words}"


@dataclass(frozen=True, slots=True)
class Source:
    """One source of exhibits: its words, the first and last day its figures are as at, and the pages that show it."""

    words: str
    first: date
    last: date
    pages: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """A part of another page, shown again with a link to where it stands."""

    link: Link
    html: Markup


def judgements_used(
    executed: Mapping[str, nbformat.NotebookNode], held: Mapping[str, Judgement], pages: Mapping[str, Link]
) -> tuple[Used, ...]:
    """Every judgement that any page asked for, in the order of the file; a page's outputs carry what it asked.

    pages: the link of each notebook, by name.
    """
    asked = {
        name: {judgement for mark in marks_of(notebook) for judgement in mark.get("asked", [])}
        for name, notebook in executed.items()
    }
    every = [
        Used(name, judgement, tuple(pages[page] for page, names in asked.items() if name in names))
        for name, judgement in held.items()
    ]
    return tuple(used for used in every if used.pages)


def sources_of(exhibits: Sequence[Exhibit], pages: Mapping[str, Link]) -> tuple[Source, ...]:
    """Every source that an exhibit names, in the order met."""
    found: dict[str, list[Exhibit]] = {}
    for exhibit in exhibits:
        found.setdefault(exhibit.released.source, []).append(exhibit)
    return tuple(
        Source(
            words,
            min(one.released.as_at for one in named),
            max(one.released.as_at for one in named),
            tuple(pages[page] for page in dict.fromkeys(one.page for one in named)),
        )
        for words, named in found.items()
    )


def caveats_of(drafts: Sequence[Draft]) -> tuple[Repeated, ...]:
    """What each page says that it cannot say: all between its heading on caveats and the next heading."""
    found = []
    for draft in drafts:
        heading = next((tag for tag in draft.body.find_all("h2") if CAVEATS.match(tag.get_text())), None)
        if heading is None:
            continue
        parts = []
        for part in heading.find_next_siblings():
            if part.name == "h2":
                break
            parts.append(_moved(part, draft))
        link = Link(f"{draft.name}.html#{heading['id']}", draft.title)
        found.append(Repeated(link, Markup("".join(map(str, parts)))))  # noqa: S704  (a finished page's own HTML)
    return tuple(found)


def exhibits_tagged(drafts: Sequence[Draft], tag: str) -> tuple[Repeated, ...]:
    """The tables of cells that carry a tag, to be shown again, each under a link to where it stands."""
    return tuple(
        Repeated(
            Link(f"{draft.name}.html#{place}", f"{place.replace('-', ' ').capitalize()}, {draft.title}"),
            Markup(str(_moved(exhibit, draft, f"{tag}, "))),  # noqa: S704  (a finished page's own HTML)
        )
        for draft in drafts
        for exhibit in draft.body.select(f".tagged-{tag} div.exhibit-table")
        for place in [str(exhibit["id"])]
    )


def words_of(drafts: Sequence[Draft]) -> str:
    """All that a reader reads, without code."""
    return "\n".join(
        part.get_text(" ", strip=True)
        for draft in drafts
        for part in draft.body.select(".prose, .said, figcaption, caption, th, td")
    )


def _moved(part: Tag, draft: Draft, where: str = "") -> Tag:
    """A copy of part of a page for another: no names of places, links led back, an exhibit no longer counted as one.

    where: under which heading it stands again, to tell its region from another of the same table.
    """
    copied = copy.copy(part)
    for tag in [copied, *copied.find_all(True)]:
        tag.attrs.pop("id", None)
        if str(tag.get("href", "")).startswith("#"):
            tag["href"] = f"{draft.name}.html{tag['href']}"
    for file in copied.select(".files"):
        file.decompose()
    if "exhibit" in copied.get_attribute_list("class"):
        copied["class"] = "repeated"
        for region in copied.select("[role=region]"):
            region["aria-label"] = f"{where.capitalize()}{draft.title}: {region['aria-label']}"
    return copied
