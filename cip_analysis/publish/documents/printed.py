"""A bound pack as a tagged PDF, made by WeasyPrint in a process of its own, beside whatever else is being made.

    printing = start_printing(bound, workplace)
    note = printing.finish(folder / "pack.pdf")     # "" where it was made, else why not, in words

WeasyPrint needs Pango, a library of the operating system, which a machine may lack: then there is no PDF, and the note
says what to install. The PDF has tags, a language, a title, an outline and the words of every picture; no validator of
PDF/UA has seen it, so it is called tagged and no more. The same pages give the same bytes on the same fonts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path

from bs4 import BeautifulSoup

from cip_analysis.publish.documents import press
from cip_analysis.publish.documents.binding import Bound
from cip_analysis.publish.page import Cover
from cip_analysis.publish.words import day_in_words

LONGEST_SECONDS = 300
NO_PANGO = (
    "There is no PDF in this pack, because the library Pango is missing. Install it (Debian and Ubuntu: "
    "`apt install libpango-1.0-0 libpangoft2-1.0-0`; macOS: `brew install pango`), and render the pack again."
)
NOT_MADE = (
    "There is no PDF in this pack: its printing stopped before the end, most often because the machine has no fonts. "
    "Install some (Debian and Ubuntu: `apt install fonts-liberation`) and render the pack again, or print its pages "
    "from a browser."
)


class PrintingError(ValueError):
    """A document cannot be printed."""


@dataclass(frozen=True, slots=True)
class Printing:
    """A PDF under way in a process of its own. workplace: the private folder it is made in."""

    process: subprocess.Popen[bytes]
    workplace: Path

    def finish(self, path: Path) -> str:
        """Wait for the PDF and put it at `path`; a note in words where there is none, and nothing is written."""
        try:
            ended = self.process.wait(LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            self.stop()
            return NOT_MADE
        if ended != 0 or not (self.workplace / press.MADE).is_file():
            return NO_PANGO if ended == press.NO_LIBRARY else NOT_MADE
        shutil.copyfile(self.workplace / press.MADE, path)  # the workplace may stand on another disk
        return ""

    def stop(self) -> None:
        """End the process, should it still run."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def start_printing(bound: Bound, workplace: Path) -> Printing:
    """The bound pack's PDF, begun.

    workplace: a private folder that holds the bound pictures under their names.
    """
    (workplace / press.SOURCE).write_text(as_page(bound), encoding="utf-8", newline="\n")
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", press.__name__, str(workplace)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    return Printing(process, workplace)


def as_page(bound: Bound) -> str:
    """The bound pack as the one HTML page that is printed: a front sheet, contents with page numbers, the chapters."""
    body = BeautifulSoup(bound.body, "lxml")
    for link in body.select("a.to-appendix"):
        link.unwrap()
    for words in body.select(".in-appendix"):
        words.decompose()
    return _document(bound.cover, body)


def _document(cover: Cover, body: BeautifulSoup) -> str:
    made = f"{cover.as_at.isoformat()}T00:00:00Z" if cover.as_at else ""
    dates = "".join(f'<meta name="dcterms.{name}" content="{made}">' for name in ("created", "modified") if made)
    title = escape(f"{cover.title}{' (SYNTHETIC)' if cover.synthetic else ''}")
    inside = body.body.decode_contents() if body.body else ""
    return (
        f'<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8"><title>{title}</title>{dates}</head>'
        f"<body>{_front(cover)}{_contents(body)}{inside}</body></html>"
    )


def marks_of(cover: Cover) -> str:
    """What stands at the head of every page of a document: its status, its audience, whether its data are invented."""
    said = [cover.status.upper(), cover.audience_in_words]
    return " · ".join([*said, *(["SYNTHETIC: invented data, not real children"] if cover.synthetic else [])])


def facts_of(cover: Cover) -> list[str]:
    """The lines under the title of a document."""
    day = [f"Figures as at {day_in_words(cover.as_at)}, unless an exhibit says otherwise."] if cover.as_at else []
    return [f"Evidence for {cover.meeting}.", *day, f"Run {cover.run_id}. Code version {cover.code_version}."]


def _front(cover: Cover) -> str:
    facts = "".join(f'<p class="fact">{escape(words)}</p>' for words in facts_of(cover))
    lines = {"marks": marks_of(cover), "title": cover.title, "council": cover.council}
    said = "".join(f'<p class="{kind}">{escape(words)}</p>' for kind, words in lines.items())
    return f'<section class="front">{said}{facts}</section>'


def _contents(body: BeautifulSoup) -> str:
    lines = "".join(
        f'<li class="{"chapter" if tag.name == "h1" else "section"}-line"><a href="#{escape(str(tag["id"]))}">'
        f"{escape(tag.get_text(' ', strip=True))}</a></li>"
        for tag in body.select("h1[id], h2[id]")
    )
    return f'<section class="contents"><h1>Contents</h1><ol>{lines}</ol></section>'
