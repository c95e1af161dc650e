"""A bound pack as a Word document, made by pandoc from the finished pages and put in order by python-docx.

    writing = start_word(bound, workplace)
    note = writing.finish(folder / "pack.docx")     # "" where it was made, else why not, in words

Headings, lists, links, captions, tables and the words of pictures come from the pages. Afterwards: a contents list,
header rows that repeat, widths that stay on the page, wide tables on their side, nothing said twice about a picture.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from html import escape
from pathlib import Path

import pypandoc
from bs4 import BeautifulSoup, Tag
from docx import Document
from docx.opc.exceptions import PackageNotFoundError

from cip_analysis.publish.documents.binding import Bound
from cip_analysis.publish.documents.finishing import CONTENTS_HERE, PaperTable, finish
from cip_analysis.publish.documents.house_style import FACT, FINDING, SOURCE_NOTE, reference_document
from cip_analysis.publish.documents.printed import facts_of, marks_of
from cip_analysis.publish.documents.widths import WIDE
from cip_analysis.publish.page import Cover
from cip_analysis.publish.products.archives import write_again

SOURCE, REFERENCE, MADE = "word.html", "reference.docx", "word.docx"
LONGEST_SECONDS = 180
PICTURE_WIDTH = "15.6cm"
EARLIEST = date(1980, 1, 1)
NO_PANDOC = (
    "There is no Word document in this pack, because the program pandoc is missing. It comes with the Python package "
    "pypandoc-binary: install the project's packages afresh, and render the pack again."
)
NOT_MADE = "There is no Word document in this pack: its making stopped before the end. Render the pack again."
STYLES = {"p.figure-caption": "Image Caption", "p.source, p.key": SOURCE_NOTE, "p.said": FINDING}


@dataclass(frozen=True, slots=True)
class Writing:
    """A Word document under way. process: pandoc's, none where there is no pandoc. tables: its tables, in order."""

    process: subprocess.Popen[bytes] | None
    workplace: Path
    tables: tuple[PaperTable, ...]

    def finish(self, path: Path) -> str:
        """Wait for the document and put it at `path`; a note in words where there is none, and nothing is written."""
        if self.process is None:
            return NO_PANDOC
        try:
            ended = self.process.wait(LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            self.stop()
            return NOT_MADE
        made = self.workplace / MADE
        if ended != 0:
            return NOT_MADE
        try:
            document = Document(str(made))
        except PackageNotFoundError:
            return NOT_MADE
        finish(document, self.tables)
        document.save(str(made))
        write_again(made, {})
        shutil.copyfile(made, path)  # the workplace may stand on another disk
        return ""

    def stop(self) -> None:
        """End pandoc, should it still run."""
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()


def start_word(bound: Bound, workplace: Path) -> Writing:
    """The bound pack's Word document, begun.

    workplace: a private folder that holds the bound pictures under their names.
    """
    soup = BeautifulSoup(f"<body>{bound.body}{bound.appendix}</body>", "lxml")
    tables = tuple(_paper_tables(soup))
    try:
        pandoc = _pandoc()
        own = _own_reference(pandoc)
    except (OSError, subprocess.CalledProcessError):
        return Writing(None, workplace, tables)
    cover = bound.cover
    (workplace / REFERENCE).write_bytes(reference_document(own, marks_of(cover), cover.title))
    (workplace / SOURCE).write_text(_page(cover, soup), encoding="utf-8", newline="\n")
    asked = [
        pandoc, "--from=html", "--to=docx", f"--output={MADE}", f"--reference-doc={REFERENCE}", "--wrap=none",
        "--syntax-highlighting=none",
        f"--metadata=title:{cover.title}{' (SYNTHETIC)' if cover.synthetic else ''}", "--metadata=lang:en-GB", SOURCE,
    ]  # fmt: skip
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(asked, cwd=workplace, env=_environment(cover), **quiet)  # type: ignore[call-overload]  # noqa: S603
    return Writing(process, workplace, tables)


@cache
def _own_reference(pandoc: str) -> bytes:
    """The document pandoc takes its styles from; asked for once."""
    asked = [pandoc, "--print-default-data-file", "reference.docx"]
    return subprocess.run(asked, capture_output=True, check=True).stdout  # noqa: S603


def _pandoc() -> str:
    """The pandoc to use: the one named in PYPANDOC_PANDOC, else the one installed with us, else the system's."""
    ours = Path(pypandoc.__file__).parent / "files" / "pandoc"
    return os.environ.get("PYPANDOC_PANDOC") or (str(ours) if ours.is_file() else "pandoc")


def _environment(cover: Cover) -> Mapping[str, str]:
    """What pandoc needs, with the day it is to write in place of the clock's."""
    day = cover.as_at or EARLIEST
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return {**os.environ, "SOURCE_DATE_EPOCH": str(int(moment.timestamp()))}


def _paper_tables(soup: BeautifulSoup) -> Iterator[PaperTable]:
    """Every table's widths, size of type and lie, in the order of the document."""
    for table in soup.select("table"):
        widths = tuple(float(str(column["data-cm"])) for column in table.select("col[data-cm]"))
        size, lies = float(str(table.get("data-size", "9"))), WIDE in table.get_attribute_list("class")
        yield PaperTable(widths, size, lies, str(table.get("data-exhibit", "")))


def _page(cover: Cover, soup: BeautifulSoup) -> str:
    """The bound pages as pandoc takes them: each kind of paragraph named by its style, each picture given its width."""
    for selector, style in STYLES.items():
        for words in soup.select(selector):
            _wrap(soup, words, style)
    for line in soup.select("ul.findings > li"):
        line.name = "p"
        _wrap(soup, line, FINDING)
    for found in soup.select("ul.findings"):
        found.unwrap()
    for picture in soup.select("img"):
        picture["width"] = PICTURE_WIDTH
    facts = "".join(f'<div data-custom-style="{FACT}"><p>{escape(words)}</p></div>' for words in _front(cover))
    contents = f"<p>{CONTENTS_HERE}</p>"
    inside = soup.body.decode_contents() if soup.body else ""
    return f'<!DOCTYPE html><html lang="en-GB"><body>{facts}{contents}{inside}</body></html>'


def _front(cover: Cover) -> list[str]:
    return [cover.council, *facts_of(cover), f"{marks_of(cover)}."]


def _wrap(soup: BeautifulSoup, words: Tag, style: str) -> None:
    division = soup.new_tag("div", attrs={"data-custom-style": style})
    if words.get("id"):
        division["id"] = words["id"]
        del words["id"]
    words.wrap(division)
