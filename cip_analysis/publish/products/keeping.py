"""Finished documents kept by what they were made from, so that an unchanged pack need not be bound again.

Only what a pack would hold anyway is kept. A kept document that is not whole is never taken.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from cip_analysis.publish.page import Cover
from cip_analysis.publish.products.exhibits import Exhibit

DIGESTS = "digests.txt"
MOST_KEPT = 8
CODE = ("products/*.py", "documents/*.py", "documents/*.css", "words.py")
MAKERS = ("gptables", "xlsxwriter", "pypandoc_binary", "python-docx", "weasyprint", "beautifulsoup4")


def fingerprint(pages: Mapping[str, str], exhibits: Sequence[Exhibit], cover: Cover) -> str:
    """What the documents are made from, in one hash: pages, exhibits, cover, this code, the libraries used."""
    code = Path(__file__).parents[1]
    parts = [
        *(f"{file}\n{html}" for file, html in pages.items()),
        *(_told(exhibit) for exhibit in exhibits),
        repr(sorted(asdict(cover).items())),
        *(path.read_text(encoding="utf-8") for pattern in CODE for path in sorted(code.glob(pattern))),
        *(f"{maker} {importlib.metadata.version(maker)}" for maker in MAKERS),
    ]
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(f"{len(part)}\n{part}".encode())
    return hashed.hexdigest()


def take_kept(kept: Path, key: str, files: Iterable[str], folder: Path) -> bool:
    """Put the kept documents into `folder`; False where they are not there whole, or another pack clears them away."""
    entry = kept / key
    with suppress(OSError):
        if (entry / DIGESTS).read_text(encoding="utf-8") != _digests(entry, files):
            return False
        for file in files:
            shutil.copyfile(entry / _plain(file), folder / file)
        os.utime(entry)
        return True
    return False


def keep(kept: Path, key: str, files: Iterable[str], folder: Path) -> None:
    """Keep the documents of `folder` under their key, readable by their owner alone; the oldest beyond a few go."""
    kept.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".keeping-", dir=kept) as making:
        entry = Path(making) / key
        entry.mkdir()
        for file in files:
            shutil.copyfile(folder / file, entry / _plain(file))
        (entry / DIGESTS).write_text(_digests(entry, files), encoding="utf-8")
        shutil.rmtree(kept / key, ignore_errors=True)
        if not (kept / key).exists():
            entry.rename(kept / key)
    entries = sorted((one for one in kept.iterdir() if one.is_dir() and one.name[0] != "."), key=_age)
    for old in entries[:-MOST_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _age(entry: Path) -> tuple[float, str]:
    return entry.stat().st_mtime, entry.name


def _plain(file: str) -> str:
    """A document's name where it is kept: by its kind alone."""
    return f"document{Path(file).suffix}"


def _digests(entry: Path, files: Iterable[str]) -> str:
    """The hash of each kept document, or that it is not there."""
    held = [entry / _plain(file) for file in files]
    return "\n".join(
        f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else 'gone'}" for path in held
    )


def _told(exhibit: Exhibit) -> str:
    """All that an exhibit says and shows."""
    released = exhibit.released
    words = (exhibit.name, exhibit.caption, released.rule, released.source, released.as_at, released.unit)
    return f"{words} {released.synthetic}\n{released.table.to_csv()}\n{released.withheld.to_csv()}"
