"""The front page: Part A of a report to the Cabinet, and in Part B what the pack holds.

    html = render_front(Front(cover, pages, words, places, exhibits, facts, rule))

Findings are the notebooks' own sentences; recommendations, risks and timetable are the analyst's (register.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import escape

from cip_analysis.publish.page import PageSummary
from cip_analysis.publish.products.exhibits import Exhibit
from cip_analysis.publish.report.layout import Cover, Link, PageError, lay_out
from cip_analysis.publish.report.references import Places
from cip_analysis.publish.report.register import Recommendation, ReportWords, Risk, find_evidence

INDEX = "index.html"
DOWNLOADS_HERE = "<!-- downloads -->"
KINDS = {
    ".xlsx": "every table in one workbook",
    ".docx": "the whole pack as a Word document",
    ".pdf": "the whole pack as a tagged PDF",
}
FORMATS = {".xlsx": "Excel workbook", ".docx": "Word", ".pdf": "PDF", ".csv": "CSV", ".json": "JSON"}


@dataclass(frozen=True, slots=True)
class Front:
    """What the front page is made of. facts: name and words of each line of "About this pack".

    extra: pages that are no notebook's, such as the one on what the pack rests on.
    """

    cover: Cover
    pages: tuple[PageSummary, ...]
    words: ReportWords
    places: Places
    exhibits: Sequence[Exhibit]
    facts: tuple[tuple[str, str], ...]
    rule: str
    extra: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence for the front page, and the page that found it."""

    words: str
    href: str
    page: str


@dataclass(frozen=True, slots=True)
class Rested:
    """One line of the analyst's and the links of the evidence it rests on. letter: a, b, c … as reports count them."""

    letter: str
    line: Recommendation | Risk
    evidence: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """One page's figures and tables, each a link that says what it is."""

    title: str
    exhibits: tuple[Link, ...]


def render_front(front: Front) -> str:
    """The front page, but for the sizes of the downloads, which `tell_downloads` adds when they are made.

    Raises PageError for evidence that leads nowhere, naming the line it stands in.
    """
    words, pages = front.words, front.pages
    findings = [Finding(said, page.href, page.title) for page in pages for said in page.findings]
    return lay_out(
        "index.html.j2", front.cover, heading=front.cover.title, pages=pages, words=words, findings=findings,
        recommendations=_rested(words.recommendations, front.places), risks=_rested(words.risks, front.places),
        costs=_findings_of(words.resource_pages, front), notes=[said for page in pages for said in page.data_quality],
        listed=_listed(front), counted=_count_exhibits(front.exhibits), facts=front.facts, rule=front.rule,
        extra=front.extra,
    )  # fmt: skip


def tell_downloads(folder: Path, notes: Sequence[str]) -> str:
    """The finished front page with the files that stand beside it, each with what it is, format and size.

    folder: the pack's, its products made and its manifest not. notes: what could not be made here, in plain words.
    The size of the manifest is not told: it is written last.
    """
    files = [path for kind in KINDS for path in sorted(folder.glob(f"*{kind}"))]
    lines = [_download(path.name, KINDS[path.suffix], path.stat().st_size) for path in files]
    comma = sorted((folder / "data").glob("*.csv"))
    if comma:
        whole = sum(path.stat().st_size for path in comma)
        said = f"a list of the CSV files of the folder data, one for each figure and table ({_size(whole)} together)"
        lines.append(_download("data/contents.csv", said, (folder / "data" / "contents.csv").stat().st_size))
    lines.append(_download("manifest.json", "what went into this pack and what came out, each with its hash", 0))
    lines += [f"<li>{escape(note)}</li>" for note in notes]
    page = (folder / INDEX).read_text(encoding="utf-8")
    told = page.replace(DOWNLOADS_HERE, "\n".join(lines))
    (folder / INDEX).write_text(told, encoding="utf-8", newline="\n")
    return told


def _download(file: str, what: str, size: int) -> str:
    """One line of the downloads."""
    kind = FORMATS[Path(file).suffix]
    said = f"{kind}, {_size(size)}" if size else kind
    return f'<li><a href="{escape(file)}">{escape(Path(file).name)}</a> ({said}): {escape(what)}</li>'


def _size(count: int) -> str:
    """A size as people say it.

    >>> _size(345_678), _size(12_345_678), _size(800)
    ('346 kB', '12.3 MB', '1 kB')
    """
    return f"{count / 1e6:.1f} MB" if count >= 1_000_000 else f"{max(1, round(count / 1000))} kB"


def _rested(lines: Sequence[Recommendation | Risk], places: Places) -> list[Rested]:
    """Each line with its letter and the links of its evidence."""
    return [
        Rested(chr(ord("a") + place), line, find_evidence(line.evidence, places, _what(line)))
        for place, line in enumerate(lines)
    ]


def _what(line: Recommendation | Risk) -> str:
    said = line.recommendation if isinstance(line, Recommendation) else line.risk
    return f"“{said[:60]}{'…' if len(said) > 60 else ''}”"


def _findings_of(names: Sequence[str], front: Front) -> list[Finding]:
    """The findings of the pages named. Raises PageError for a name that is no page's."""
    pages: Mapping[str, PageSummary] = {page.href.removesuffix(".html"): page for page in front.pages}
    if absent := [name for name in names if name not in pages]:
        there = ", ".join(pages)
        raise PageError(f"resource_pages names {', '.join(absent)}: no page of this pack. There are {there}.")
    return [Finding(said, pages[name].href, pages[name].title) for name in names for said in pages[name].findings]


def _listed(front: Front) -> list[Listed]:
    """Every page's figures and tables that has any."""
    every = []
    for page in front.pages:
        name = page.href.removesuffix(".html")
        links = tuple(
            Link(f"{page.href}#{one.kind}-{one.number}", f"{one.called}: {one.caption}")
            for one in front.exhibits
            if one.page == name
        )
        every += [Listed(page.title, links)] if links else []
    return every


def _count_exhibits(exhibits: Sequence[Exhibit]) -> str:
    figures = sum(one.kind == "figure" for one in exhibits)
    tables = len(exhibits) - figures
    return f"{figures} figure{'' if figures == 1 else 's'} and {tables} table{'' if tables == 1 else 's'}"
