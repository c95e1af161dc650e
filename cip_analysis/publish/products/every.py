"""Everything that stands beside a pack's pages: comma-separated values, workbook, Word document and PDF.

    with products_under_way(pages, exhibits, cover, folder, kept=root / "reports/.cache/products") as finish:
        notes = finish()

Word and PDF are made in processes of their own while the rest is written. Where pandoc or Pango is missing, or either
stops, the others are made all the same and a note in plain words says what is not there, why, and what to do.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cip_analysis.publish.documents.binding import bind, titles_of
from cip_analysis.publish.documents.printed import start_printing
from cip_analysis.publish.documents.word import start_word
from cip_analysis.publish.page import Cover
from cip_analysis.publish.products.comma_files import write_comma_files
from cip_analysis.publish.products.exhibits import Exhibit
from cip_analysis.publish.products.keeping import fingerprint, keep, take_kept
from cip_analysis.publish.products.workbook import FILE as WORKBOOK
from cip_analysis.publish.products.workbook import write_workbook

Finish = Callable[[], tuple[str, ...]]


@contextmanager
def products_under_way(
    pages: Mapping[str, str], exhibits: Sequence[Exhibit], cover: Cover, folder: Path, kept: Path | None = None,
    fresh: bool = False,
) -> Iterator[Finish]:  # fmt: skip
    """data/*.csv, data/contents.csv, tables.xlsx and <folder's name>.docx in `folder`; the .pdf is being printed while
    the block does something else.

    pages: file name -> finished HTML, the front page first. kept: a folder where workbook, Word and PDF are kept by
    what they are made from, to be taken again while that stays the same; none keeps nothing. fresh: nothing kept is
    taken. What is given is to be called inside the block: it waits for the PDF, puts it in `folder` and returns notes
    on what could not be made here, in plain words; none where all was. What is noted leaves no file.
    Raises BindingError where a page is not one of ours.
    """
    titles = titles_of(pages)
    write_comma_files(exhibits, titles, folder)
    files = documents_of(folder.name)[0 if exhibits else 1 :]  # without an exhibit there is no workbook
    key = fingerprint(pages, exhibits, cover) if kept else ""
    if kept and not fresh and take_kept(kept, key, files, folder):
        yield tuple
        return
    with _making(pages, exhibits, cover, folder) as finish:

        def _finish_and_keep() -> tuple[str, ...]:
            """The notes; what was made is kept where all was."""
            notes = finish()
            if kept and not notes:
                keep(kept, key, files, folder)
            return notes

        yield _finish_and_keep


def documents_of(name: str) -> tuple[str, str, str]:
    """The names of a pack's workbook, Word document and PDF."""
    return WORKBOOK, f"{name}.docx", f"{name}.pdf"


@contextmanager
def _making(pages: Mapping[str, str], exhibits: Sequence[Exhibit], cover: Cover, folder: Path) -> Iterator[Finish]:
    """Workbook and Word document made afresh, the PDF being printed."""
    workbook, word, printed = (folder / file for file in documents_of(folder.name))
    bound = bind(pages, exhibits, cover)
    with tempfile.TemporaryDirectory(prefix="cip-binding-") as making, ExitStack() as under_way:
        workplace = Path(making)
        for file, picture in bound.pictures.items():
            (workplace / file).write_bytes(picture)
        printing = start_printing(bound, workplace)
        under_way.callback(printing.stop)
        writing = start_word(bound, workplace)
        under_way.callback(writing.stop)
        if exhibits:
            write_workbook(exhibits, titles_of(pages), cover, workbook)
        told = writing.finish(word)
        yield lambda: tuple(note for note in (told, printing.finish(printed)) if note)
