"""Opening whatever a council holds: any file becomes tables of text, or a plain reason why it does not.

Nothing here knows what the tables mean. The caller says which row of names it is looking for (`IsHeader`), and gets
back the cells under that row exactly as they stand, with the line each one came from. What a file is, is decided by
its bytes and never by its name.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from cip_analysis.returns.reading.delimited import open_delimited
from cip_analysis.returns.reading.statutory_xml import open_xml
from cip_analysis.returns.reading.text_tables import IsHeader, Notice, Opened, not_a_return, refusal, unmatched

MOST_FILES = 2_000
MOST_BYTES = 1 << 30
NOT_TABLES = {
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a compressed file (gzip); unpack it and point at what was inside",
    b"7z\xbc\xaf": "a compressed file (7-zip); unpack it and point at what was inside",
    b"Rar!": "a compressed file (RAR); unpack it and point at what was inside",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
}


@dataclass(frozen=True, slots=True)
class Found:
    """The files under a folder, in natural order of their names, each with its path from there.

    single: one file was given, and not a folder.
    """

    root: Path
    files: tuple[str, ...]
    notices: tuple[Notice, ...] = ()
    single: bool = False


def find_files(folder: Path) -> Found:
    """Every ordinary file at or under `folder` (or `folder` itself, if it is a file), hidden ones left out.

    Links to folders are not followed, so a loop of links ends; devices and pipes are never opened.
    """
    if not folder.is_dir():
        return Found(folder.parent, (folder.name,), single=True)
    files: list[str] = []
    notices: list[Notice] = []
    locked: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=locked.append):
        here = Path(place)
        folders[:] = sorted(name for name in folders if not _hidden(name))
        notices += [refusal(_under(folder, here / name), LINKED) for name in folders if (here / name).is_symlink()]
        files += [_under(folder, here / name) for name in names if not _hidden(name)]
        if len(files) > MOST_FILES:
            break
    notices += [
        refusal(_under(folder, Path(error.filename)), f"cannot be opened ({_reason(error)})") for error in locked
    ]
    return Found(folder, tuple(sorted(files, key=natural_order)), tuple(notices))


def natural_order(name: str) -> tuple[tuple[tuple[int, int, str], ...], ...]:
    """A key that sorts names as people do: v2 before v10, and a bare name before the same name with more after it.

    >>> sorted(["a/e_v10.csv", "a/e_v2.csv", "a/e.csv"], key=natural_order)
    ['a/e.csv', 'a/e_v2.csv', 'a/e_v10.csv']
    """
    path = Path(name)
    return tuple(_natural(part) for part in (*path.parts[:-1], path.stem, path.suffix))


def open_file(root: Path, path: str, is_header: IsHeader) -> Opened:
    """The tables of text in one file, whatever it is, whose row of names satisfies `is_header`.

    Never raises for anything a file may hold: what cannot be read comes back as a notice of severity "refusal".
    """
    name = path.encode("utf-8", "replace").decode()
    try:
        content = _content(root / path)
    except OSError as error:
        return Opened(notices=(refusal(name, f"cannot be opened ({_reason(error)}); check who may read it"),))
    if content is None:
        return Opened(notices=(refusal(name, f"is not an ordinary file of less than {MOST_BYTES >> 30} GB"),))
    return replace(_open_content(content, name, is_header), digest=hashlib.sha256(content).hexdigest())


def _open_content(content: bytes, name: str, is_header: IsHeader) -> Opened:
    if content.startswith(b"PK\x03\x04"):
        return _open_zip(content, name, is_header)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        locked = "EncryptedPackage".encode("utf-16-le") in content
        return Opened(notices=(refusal(name, LOCKED if locked else OLD_WORKBOOK),))
    if kind := next((kind for mark, kind in NOT_TABLES.items() if content.startswith(mark)), None):
        return Opened(notices=(not_a_return(name, kind),))
    return _open_text(content, name, is_header)


LINKED = "is a link to another folder, and links are not followed; point at the folder itself"
LOCKED = "is locked with a password; save it without one"
OLD_WORKBOOK = "is in an old Office format; save it as .xlsx or .csv"


def _under(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _hidden(name: str) -> bool:
    """Whether a file or folder is the system's own and not the council's."""
    return name.startswith((".", "~$", "__MACOSX")) or name.lower() in ("thumbs.db", "desktop.ini")


def _natural(text: str) -> tuple[tuple[int, int, str], ...]:
    return tuple(
        (0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", text.lower()) if part
    )


def _reason(error: OSError) -> str:
    """The system's reason in words, without the path."""
    return (error.strerror or type(error).__name__).lower()


def _content(path: Path) -> bytes | None:
    """The file's bytes; None where it is a device, a pipe, or too big to be a return."""
    about = path.stat()
    if not stat.S_ISREG(about.st_mode) or about.st_size > MOST_BYTES:
        return None
    return path.read_bytes()


def _open_zip(content: bytes, name: str, is_header: IsHeader) -> Opened:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError):
        return Opened(notices=(refusal(name, "is a damaged workbook or zip; open and save it again"),))
    if "xl/workbook.xml" in parts:
        from cip_analysis.returns.reading.workbooks import open_workbook  # few folders need it, and it is slow to fetch

        return open_workbook(content, name, is_header)
    if "xl/workbook.bin" in parts or "content.xml" in parts:
        return Opened(notices=(refusal(name, OLD_WORKBOOK),))
    if "[Content_Types].xml" in parts:
        return Opened(notices=(not_a_return(name, "an Office document"),))
    return Opened(
        notices=(refusal(name, f"is a zip holding {len(parts)} of them; unzip it and point at what was inside"),)
    )


def _open_text(content: bytes, name: str, is_header: IsHeader) -> Opened:
    decoded = decode(content)
    notices = tuple(replace(notice, where=name) for notice in decoded.notices)
    start = decoded.text[:2000].lstrip().lower()
    if not start and not decoded.text.strip():
        opened = Opened(notices=(refusal(name, "is empty; send it again, or take it away"),))
    elif start.startswith("<") and any(mark in start for mark in ("<html", "<!doctype html", "<table")):
        opened = Opened(notices=(refusal(name, "is a web page, not a table; download the data itself"),))
    elif start.startswith("<"):
        opened = _wanted(open_xml(decoded.text, name), name, is_header)
    else:
        opened = open_delimited(decoded.text, name, is_header)
    return replace(opened, notices=notices + opened.notices)


def _wanted(opened: Opened, name: str, is_header: IsHeader) -> Opened:
    """What was opened, if any of its tables is one that is looked for: a return's XML is no ledger."""
    tables = tuple(table for table in opened.tables if is_header(table.names))
    return replace(opened, tables=tables) if tables or not opened.tables else Opened(notices=(unmatched(name),))


# ---- text -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text with lines ending in a plain line feed, and what had to be done to get it."""

    text: str
    notices: tuple[Notice, ...] = ()


def decode(content: bytes) -> Decoded:
    """Text out of bytes: UTF-8 with or without its mark, UTF-16, UTF-32, or else Windows (cp1252).

    Anything not UTF-8 is said; NUL bytes are taken out and counted by line; bytes that mean nothing are replaced.
    """
    notices: list[Notice] = []
    encoding = _encoding(content)
    text = content.decode(encoding, errors="replace")
    if not encoding.startswith("utf-8"):
        meaning = f"The file is not UTF-8; it was read as {encoding}."
        notices.append(Notice("encoding", "note", meaning, "Check that names and accents look right."))
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        lines = tuple(number for number, line in enumerate(text.split("\n"), 1) if "\0" in line)
        meaning = "Lines hold NUL characters, which no text should; they were taken out."
        notices.append(Notice("nul characters", "warning", meaning, "Look at those lines in the source.", rows=lines))
        text = text.replace("\0", "")
    return Decoded(text, tuple(notices))


def _encoding(content: bytes) -> str:
    """The text's encoding: by its mark, else by where its NULs fall, else UTF-8 if it is, else Windows."""
    marks = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe\0\0": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    for mark, encoding in marks.items():
        if content.startswith(mark):
            return encoding
    sample = content[:2000]
    if len(sample) >= 4 and sample[1::2].count(0) > len(sample) * 0.4:
        return "utf-16-le"
    if len(sample) >= 4 and sample[0::2].count(0) > len(sample) * 0.4:
        return "utf-16-be"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"
