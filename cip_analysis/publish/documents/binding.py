"""A pack's finished pages bound into one document, to be printed or taken into Word.

    bound = bind(pages, exhibits, cover)          # pages: file name -> its HTML, the front page first

Each page becomes a chapter. What serves only a screen goes: navigation, skip links, folded code (auditors have the
page). The numbers behind a chart follow it, or where they are many stand in an appendix. Links between pages lead to
the chapters; links to files beside the pages become plain words, because a document is passed on alone.
"""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from cip_analysis.publish.documents.widths import lay_out_tables
from cip_analysis.publish.page import Cover
from cip_analysis.publish.products.columns import plain_text
from cip_analysis.publish.products.exhibits import Exhibit

FRONT = "index"
FRONT_TITLE = "The report in brief"
MANY_ROWS = 24
PARTS_FOR_SCREENS = ("nav", "script", "style", "noscript")
FOR_SCREENS = frozenset({"skip", "hidden-words", "screen-only", "watermark", "code"})
STEPS = frozenset({"step", "prose"})
ELSEWHERE = re.compile(r"^(https?:|mailto:)", re.IGNORECASE)
HELD_WITHIN = re.compile(r'src="data:image/(png|jpeg|gif);base64,([A-Za-z0-9+/=\s]+)"')


@dataclass(frozen=True, slots=True)
class Bound:
    """One document made of a pack's pages.

    cover: what every page says of its pack. body: the chapters as HTML, each a section that begins with its h1.
    appendix: the longer tables of numbers behind charts, as HTML of one more chapter; empty where there are none.
    pictures: file name -> the bytes of each picture the HTML shows by that name.
    """

    cover: Cover
    body: str
    appendix: str
    pictures: Mapping[str, bytes]


class BindingError(ValueError):
    """A page cannot be bound into a document."""


def titles_of(pages: Mapping[str, str]) -> dict[str, str]:
    """The title of each page by its name without ending, from its first heading."""
    return {_name(file): _title(file, html) for file, html in pages.items()}


def bind(pages: Mapping[str, str], exhibits: Sequence[Exhibit], cover: Cover) -> Bound:
    """The pages as one document, in the order given.

    Raises BindingError naming a page that has no main part or no title.
    """
    sheets = {f"{one.page}/{one.called}": f"Table_{place}" for place, one in enumerate(exhibits, 1)}
    files = {_name(file) for file in pages}
    long: list[str] = []
    chapters: list[str] = []
    pictures: dict[str, bytes] = {}
    for file, html in pages.items():
        chapter = _main_of(file, _take_out_pictures(html, pictures))
        name = _name(file)
        _strip(chapter)
        _name_exhibits(chapter, name)
        title = one(chapter, "h1")
        if name == FRONT and plain_text(title.get_text(" ")) == plain_text(cover.title):
            title.string = FRONT_TITLE
        _lead_links(chapter, name, files)
        lay_out_tables(chapter)
        long += _unfold_numbers(chapter, name, sheets)
        _flatten_figures(chapter)
        chapters.append(str(chapter))
    return Bound(cover, "\n".join(chapters), _appendix(long), pictures)


def _name(file: str) -> str:
    return PurePosixPath(file).stem


def _title(file: str, html: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)
    if found is None:
        raise BindingError(f"{file} has no title to call its chapter by.")
    return plain_text(BeautifulSoup(found.group(1), "html.parser").get_text(" "))


def _take_out_pictures(html: str, pictures: dict[str, bytes]) -> str:
    """The page with each picture named in place of being held within, and added to `pictures`."""

    def _name_it(found: re.Match[str]) -> str:
        """The picture's new name."""
        file = f"picture-{len(pictures) + 1:03d}.{found.group(1).lower()}"
        pictures[file] = base64.b64decode(found.group(2))
        return f'src="{file}"'

    return HELD_WITHIN.sub(_name_it, html)


def _main_of(file: str, html: str) -> Tag:
    """The main part of a page, as a section of its own."""
    main = BeautifulSoup(html, "lxml").find("main")
    if not isinstance(main, Tag) or main.h1 is None:
        raise BindingError(f"{file} has no main part with a title. Render the pack again.")
    main.name = "section"
    main.attrs.clear()
    main["class"] = "chapter"
    return main


def one(tag: Tag, selector: str) -> Tag:
    """The first part of a page that a selector finds.

    Raises BindingError where there is none.
    """
    found = tag.select_one(selector)
    if found is None:
        raise BindingError(f"A page's exhibit has no {selector}. Render the pack again.")
    return found


def _strip(chapter: Tag) -> None:
    """Take out what serves only a screen, folded code with it, and undo the steps around what is left."""
    for tag in [*chapter.find_all(PARTS_FOR_SCREENS), *chapter.find_all(class_=FOR_SCREENS.__contains__)]:
        tag.extract()
    for step in chapter.find_all("div", class_=STEPS.__contains__):
        step.unwrap()


def _name_exhibits(chapter: Tag, name: str) -> None:
    """Let each exhibit's table know whose it is, by the name of its files."""
    for kind, selector in (("figure", "figure.exhibit-figure"), ("table", "div.exhibit-table")):
        for number, exhibit in enumerate(chapter.select(selector), 1):
            for table in exhibit.select("table"):
                table["data-exhibit"] = f"{name}-{kind}-{number}"


def _lead_links(chapter: Tag, name: str, files: set[str]) -> None:
    """Make names of places the chapter's own, and lead links to them; a link to a file beside the pages is undone."""
    for tag in chapter.find_all(id=True):
        tag["id"] = f"{name}--{tag['id']}"
    one(chapter, "h1")["id"] = name
    for link in chapter.find_all("a"):
        href = str(link.get("href", ""))
        file, _, place = unquote(href).partition("#")
        target = _name(file) if file else name
        if ELSEWHERE.match(href):
            link.attrs = {"href": href}
        elif target in files and (not file or file.endswith(".html")):
            link.attrs = {"href": f"#{target}--{place}" if place and place != "main" else f"#{target}"}
        else:
            link.unwrap()


def _unfold_numbers(chapter: Tag, name: str, sheets: Mapping[str, str]) -> list[str]:
    """Put the numbers behind each chart after it; take out longer ones, and return them for the appendix."""
    taken = []
    title = one(chapter, "h1").get_text(" ", strip=True)
    for figure in chapter.select("figure:has(> details)"):
        details, caption = one(figure, "details"), one(figure, "figcaption").get_text(" ", strip=True)
        one(details, "summary").decompose()
        called = caption.partition(":")[0]
        place = f"{name}--numbers-{called.rpartition(' ')[2]}"
        if len(details.select("tbody tr")) > MANY_ROWS:
            taken.append(_as_appended(details, place, f"{title}: {called}"))
            details.replace_with(_pointer(place, called, sheets.get(f"{name}/{called}", "")))
        else:
            figure.insert_after(details)
            details.name = "div"
    return taken


def _as_appended(details: Tag, place: str, words: str) -> str:
    """A long table of numbers as it stands in the appendix, under a heading that names its chart."""
    moved = copy.copy(details)
    moved.name = "div"
    heading = BeautifulSoup("", "lxml").new_tag("h2", id=place)
    heading.string = words
    return f"{heading}{moved}"


def _pointer(place: str, called: str, sheet: str) -> Tag:
    """What stands under a chart whose numbers are many."""
    soup = BeautifulSoup("", "lxml")
    words = soup.new_tag("p", attrs={"class": "source"})
    link = soup.new_tag("a", attrs={"class": "to-appendix", "href": f"#{place}"})
    link.string = f"The numbers behind {called}"
    appended = soup.new_tag("span", attrs={"class": "in-appendix"})
    appended.string = " in the appendix, and"
    words.extend([link, NavigableString(" are"), appended])
    words.append(f" on the sheet {sheet or 'of that name'} of tables.xlsx.")
    return words


def _flatten_figures(chapter: Tag) -> None:
    """Turn each figure into a division whose caption is a paragraph before its picture."""
    for figure in chapter.select("figure"):
        figure.name = "div"
        caption = one(figure, "figcaption")
        caption.name = "p"
        caption["class"] = "figure-caption"
        for picture in figure.select("img"):
            picture.wrap(BeautifulSoup("", "lxml").new_tag("p", attrs={"class": "picture"}))


def _appendix(long: Sequence[str]) -> str:
    if not long:
        return ""
    opening = '<section class="chapter"><h1 id="appendix">Appendix: numbers behind the charts</h1>'
    said = "<p>The longer tables of numbers behind the charts, in the order of the pages.</p>"
    return f"{opening}{said}{''.join(long)}</section>"
