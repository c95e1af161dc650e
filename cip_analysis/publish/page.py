"""An executed notebook as one accessible page that asks nothing of any other machine.

    html = render_page(notebook, PageContext(cover, previous=Link("01_returns.html", "Returns"), next=None))

A page takes only what came through `tables`: a bare table, a picture, a printed line or a warning stops it. The same
notebook gives the same bytes. Source: WCAG 2.2 AA (Public Sector Bodies Accessibility Regulations 2018).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import nbformat
from bs4 import BeautifulSoup, Tag
from markupsafe import Markup
from nbconvert import HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters import Highlight2HTML, markdown2html

from cip_analysis.publish.report.layout import AUDIENCES, MOST_BYTES, TEMPLATES, Cover, Link, PageError, lay_out
from cip_analysis.publish.report.references import NUMBERED, Place, Places, link_references
from cip_analysis.publish.tables import MARK

__all__ = [
    "AUDIENCES", "MOST_BYTES", "TEMPLATES", "Cover", "Draft", "Link", "PageContext", "PageError", "PageSummary",
    "check_outputs", "draft_page", "finish_page", "marks_of", "render_page", "sentences", "summarise",
]  # fmt: skip
IF_ANY = "if-any"
NO_ALT = "No description has been provided for this image"  # what nbconvert writes where there are no words


@dataclass(frozen=True, slots=True)
class PageContext:
    """Where a page stands in its pack."""

    cover: Cover
    previous: Link | None = None
    next: Link | None = None


@dataclass(frozen=True, slots=True)
class PageSummary:
    """What the front page says about another: its title, its question, its answer and its findings."""

    href: str
    title: str
    question: str
    answer: str
    findings: tuple[str, ...]
    data_quality: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A notebook as a page's body, its exhibits numbered and its places named, before what other pages hold is known.

    name: the notebook's, without ending; blank for a page that stands alone. brief: made to be printed short, without
    the numbers behind its charts: its first cell is tagged so.
    """

    name: str
    title: str
    body: BeautifulSoup
    brief: bool = False

    @property
    def place(self) -> Place:
        """The page as others may link to it."""
        headings = self.body.find_all(["h2", "h3", "h4"], id=True)
        named = {str(tag["id"]): tag.get_text(" ", strip=True) for tag in headings}
        exhibits = self.body.find_all(["figure", "div"], class_=["exhibit-figure", "exhibit-table"])
        numbered = {str(tag["id"]): str(tag["id"]).replace("-", " ").capitalize() for tag in exhibits}
        return Place(self.title, numbered | named)


def render_page(notebook: nbformat.NotebookNode, context: PageContext) -> str:
    """The executed notebook as a whole HTML page that stands alone.

    Raises PageError, naming the cell, for output that did not come through the door, an error or a warning; and for a
    page that is not accessible, loads something from elsewhere, or weighs more than 1.5 MB.
    """
    return finish_page(draft_page(notebook, ""), context, {})


def draft_page(notebook: nbformat.NotebookNode, name: str) -> Draft:
    """The executed notebook as a page's body. Raises PageError as `render_page` does."""
    check_outputs(notebook)
    soup = BeautifulSoup(_body_of(notebook), "html.parser")
    title = _outline(soup)
    _number_exhibits(soup, name)
    _finish_tables(soup)
    _check_pictures(soup)
    _check_nothing_remote(soup)
    brief = "brief" in (notebook.cells[0].metadata.get("tags", []) if notebook.cells else [])
    return Draft(name, title, soup, brief)


def finish_page(draft: Draft, context: PageContext, places: Places) -> str:
    """A draft as a whole page, its references to other places of the pack made links.

    places: every page that may be linked to, by name. Raises PageError for a reference that leads nowhere.
    """
    link_references(draft.body, {**places, draft.name: draft.place}, draft.name)
    headings = [Link(str(tag["id"]), tag.get_text(" ", strip=True)) for tag in draft.body.find_all("h2")]
    body = Markup(str(draft.body))  # noqa: S704  (check_outputs and the checks of the draft have passed it)
    return lay_out("page.html.j2", context.cover, heading=draft.title, headings=headings, body=body,
                   brief=draft.brief, previous=context.previous, next=context.next)  # fmt: skip


def summarise(notebook: nbformat.NotebookNode, href: str) -> PageSummary:
    """What the front page says about a notebook.

    Its title is its first heading and its question the first paragraph after. The sentences that cells tagged
    `answer`, `finding` and `data-quality` say are its one-line answer, its headline findings, and its note on data.
    """
    first = next((str(cell.source) for cell in notebook.cells if cell.cell_type == "markdown"), "")
    lines = [block.strip() for block in first.split("\n\n") if block.strip()]
    head, _, rest = lines[0].partition("\n") if lines else ("", "", "")
    title = head.lstrip("# ").strip()
    paragraphs = [rest.strip(), *lines[1:]]
    question = next((block for block in paragraphs if block and not block.startswith("#")), "")
    plain = BeautifulSoup(markdown2html(question), "html.parser").get_text(" ", strip=True)
    answers = sentences(notebook, "answer")
    return PageSummary(
        href, title, plain, answers[0] if answers else "", sentences(notebook, "finding"),
        sentences(notebook, "data-quality"),
    )  # fmt: skip


def sentences(notebook: nbformat.NotebookNode, tag: str) -> tuple[str, ...]:
    """The sentences said by the cells that carry a tag."""
    return tuple(
        str(output.data["text/plain"])
        for cell in notebook.cells
        if cell.cell_type == "code" and tag in cell.metadata.get("tags", [])
        for output in cell.outputs
        if output.get("metadata", {}).get(MARK, {}).get("kind") == "sentence"
    )


def marks_of(notebook: nbformat.NotebookNode) -> Iterator[dict[str, Any]]:
    """The marks of everything a notebook shows: kind, synthetic, as_at."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if mark := output.get("metadata", {}).get(MARK):
                yield mark


# ---- what may stand on a page -----------------------------------------------------------------------------------


def check_outputs(notebook: nbformat.NotebookNode) -> None:
    """Refuse a notebook that shows anything but released exhibits and sentences.

    Raises PageError listing each cell at fault, never what it showed.
    """
    faults = [
        f"cell {number} {fault}"
        for number, cell in enumerate(notebook.cells, 1)
        for fault in dict.fromkeys(_fault_of(output) for output in cell.get("outputs", []))
        if fault
    ]
    if faults:
        raise PageError("; ".join(faults) + ".")


def _fault_of(output: nbformat.NotebookNode) -> str:
    if output.output_type == "error":
        return f"stopped with {output.ename}"
    if output.output_type == "stream":
        if output.name == "stderr":
            return "wrote a warning or an error; mend its cause, because warnings do not reach a page"
        return "printed text; use say(), which lets numbers through and nothing typed"
    if MARK not in output.get("metadata", {}):
        return "shows something that has not come through table(), exhibit() or say()"
    return ""


# ---- from notebook to HTML --------------------------------------------------------------------------------------


@cache
def _exporter() -> HTMLExporter:
    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="evidence",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    coloured = Highlight2HTML(pygments_lexer="ipython3", parent=exporter)  # type: ignore[no-untyped-call]
    exporter.register_filter("highlight_code", coloured)  # type: ignore[no-untyped-call]
    return exporter


def _body_of(notebook: nbformat.NotebookNode) -> str:
    """The notebook's cells as HTML, each step of code folded once and knowing its number."""
    copied = copy.deepcopy(notebook)
    copied.cells = _joined(cell for cell in _with_something_to_show(copied.cells) if cell.source.strip())
    for number, cell in enumerate((cell for cell in copied.cells if cell.cell_type == "code"), 1):
        cell.metadata["step"] = number
    # As the template gives it: HTMLExporter would read the page again, to add what our own checks ask for.
    return str(TemplateExporter.from_notebook_node(_exporter(), copied)[0])


def _with_something_to_show(cells: Iterable[nbformat.NotebookNode]) -> Iterator[nbformat.NotebookNode]:
    """The cells without the sections that a notebook opens with a cell tagged `if-any` and that show nothing.

    Such a section is for some runs of the notebook only; it goes on to the next heading of the first or second level.
    """
    sections: list[list[nbformat.NotebookNode]] = [[]]
    for cell in cells:
        if cell.cell_type == "markdown" and re.match("##? ", cell.source):
            sections.append([])
        sections[-1].append(cell)
    for section in sections:
        wanted = not section or IF_ANY not in section[0].metadata.get("tags", [])
        if wanted or any(cell.get("outputs") for cell in section):
            yield from section


def _joined(cells: Iterable[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """The cells, code that shows nothing folded with the code after it, or where none is with that before."""
    joined: list[nbformat.NotebookNode] = []
    for cell in cells:
        if joined and cell.cell_type == joined[-1].cell_type == "code" and not joined[-1].outputs:
            cell.source = f"{joined[-1].source}\n\n{cell.source}"
            tags = [*joined.pop().metadata.get("tags", []), *cell.metadata.get("tags", [])]
            cell.metadata["tags"] = list(dict.fromkeys(tags))
        joined.append(cell)
    for place in range(len(joined) - 1, 0, -1):
        if joined[place - 1].cell_type == joined[place].cell_type == "code" and not joined[place].outputs:
            joined[place - 1].source += f"\n\n{joined.pop(place).source}"
    return joined


def _outline(soup: BeautifulSoup) -> str:
    """The page's title. Refuses no title, two titles or a skipped level; gives each heading an id of its own."""
    tags = soup.find_all(re.compile("^h[1-6]$"))
    titles = [tag.get_text(" ", strip=True) for tag in tags if tag.name == "h1"]
    if len(titles) != 1 or tags[0].name != "h1":
        raise PageError(f"A notebook begins with its one title (# …); this one has {len(titles)}: {titles}.")
    seen = {"main": 1, "contents-title": 1}
    before = 1
    for tag in tags:
        words, level = tag.get_text(" ", strip=True), int(tag.name[1])
        if level > before + 1:
            raise PageError(f"The heading {words!r} skips from level {before} to {level}. Use {'#' * (before + 1)}.")
        before = level
        slug = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-") or "section"
        slug = f"section-{slug}" if NUMBERED.match(slug) else slug
        seen[slug] = seen.get(slug, 0) + 1
        tag.attrs = {"id": slug if seen[slug] == 1 else f"{slug}-{seen[slug]}"}
    return titles[0]


def _number_exhibits(soup: BeautifulSoup, name: str) -> None:
    """Figures and tables numbered in the order of the page, named by those numbers, each with its file beside it."""
    for number, figure in enumerate(soup.select("figure.exhibit-figure"), 1):
        called = f"Figure {number}"
        _begin_with(_one(figure, "figcaption"), f"{called}: ")
        _begin_with(_one(figure, "caption"), f"Numbers behind {called}: ")
        _one(figure, ".scroll")["aria-label"] = f"Numbers behind {called}, scrolls sideways"
        _one(figure, "summary").string = f"Numbers behind {called}"
        _name_exhibit(soup, figure, called, name)
    for number, exhibit in enumerate(soup.select("div.exhibit-table"), 1):
        called = f"Table {number}"
        _begin_with(_one(exhibit, "caption"), f"{called}: ")
        _one(exhibit, ".scroll")["aria-label"] = f"{called}, scrolls sideways"
        _name_exhibit(soup, exhibit, called, name)


def _name_exhibit(soup: BeautifulSoup, exhibit: Tag, called: str, name: str) -> None:
    """Give an exhibit a place of its own to link to, and a link to its numbers as a file."""
    place = called.lower().replace(" ", "-")
    exhibit["id"] = place
    if name:
        file = soup.new_tag("a", attrs={"href": f"data/{name}-{place}.csv", "download": ""})
        file.string = f"{called} as a CSV file"
        beside = soup.new_tag("p", attrs={"class": "files screen-only"})
        beside.append(file)
        exhibit.append(beside)


def _one(tag: Tag, selector: str) -> Tag:
    found = tag.select_one(selector)
    if found is None:
        raise PageError(f"An exhibit has no {selector}. Make it with table() or exhibit().")
    return found


def _begin_with(tag: Tag, words: str) -> None:
    tag.insert(0, words)


def _finish_tables(soup: BeautifulSoup) -> None:
    """Tables written in prose made as readable as ours: heading scope, no empty heading, a caption, a region."""
    for number, found in enumerate(soup.select(".prose table"), 1):
        above = found.find_previous(re.compile("^h[1-6]$"))
        words = f"{above.get_text(' ', strip=True) if above else 'Table'} ({number})"
        caption = soup.new_tag("caption", attrs={"class": "hidden-words"})
        caption.string = words
        found.insert(0, caption)
        for cell in found.select("thead th"):
            cell["scope"] = "col"
            if not cell.get_text(strip=True):
                cell.name = "td"
                del cell["scope"]
        region = {"class": "scroll", "role": "region", "tabindex": "0", "aria-label": f"{words}, scrolls sideways"}
        found.wrap(soup.new_tag("div", attrs=region))


def _check_pictures(soup: BeautifulSoup) -> None:
    for picture in soup.find_all("img"):
        if str(picture.get("alt", "")).strip() in ("", NO_ALT):
            raise PageError("A picture has no alt text. Show charts with exhibit(), and write alt text in ![…](…).")


def _check_nothing_remote(soup: BeautifulSoup) -> None:
    """Refuse anything that would run, or be fetched, when the page is opened."""
    if active := soup.find(["script", "iframe", "object", "embed", "link", "form", "video", "audio", "base", "style"]):
        raise PageError(f"The page holds a <{active.name}>, which a page of evidence may not.")
    for tag in soup.find_all(True):
        for name, value in tag.attrs.items():
            if name in ("src", "srcset", "background", "poster") and not str(value).startswith("data:"):
                raise PageError(f"A <{tag.name}> loads something from elsewhere. A page carries everything in itself.")
            if name.startswith("on") or str(value).strip().lower().startswith("javascript:"):
                raise PageError(f"A <{tag.name}> would run something. A page of evidence runs nothing.")
