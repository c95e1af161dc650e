"""Every word of a finished pack, wherever it lies: pages, pictures' own text, members of zip archives, properties.

A file is read twice. As bytes: everything decoded, escapes undone, NUL bytes dropped so that UTF-16 reads like the
rest, what is compressed unpacked. As words: only what a reader is shown or read out, and names and properties, without
the numbers that a format keeps for itself (sizes, positions, hashes), so that a bare number there says something.
Pixels are not read: what is drawn in a chart is drawn from a released table, which is.
"""

from __future__ import annotations

import html
import io
import json
import re
import struct
import zipfile
import zlib
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from defusedxml import DefusedXmlException, ElementTree

from cip_analysis.publish.finished.paper import MARK_OF_STRUCTURE, unpacked_streams, words_of_paper

PICTURES = re.compile(r"base64,([A-Za-z0-9+/=]+)")
PNG = b"\x89PNG\r\n\x1a\n"
PIXELS = frozenset({b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"pHYs", b"gAMA", b"sRGB", b"cHRM", b"IEND"})
APART = re.compile(
    r"</?(?:t[dhr]|p|li|h[1-6]|div|caption|figcaption|dt|dd|br|section|summary|title)\b[^>]*>", re.IGNORECASE
)
"""Where one text ends and the next begins: a count and the month in the next cell are no day."""
STYLE, TAG = re.compile(r"<style\b.*?</style>", re.DOTALL | re.IGNORECASE), re.compile(r"<[^>]*>")
READ_OUT = re.compile(r'\s(alt|title|aria-label|summary|content|id|href|value|placeholder|data-[\w-]+)="([^"]*)"')
PRINTED = " (its words)"
SAID_IN_XML = frozenset(
    {"descr", "title", "name", "alt", "sheet", "author", "Target", "location", "display", "tooltip"}
)
OWN_NUMBERS = frozenset({"bytes", "contentSize", "sha256", "size"})
STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
NAMESPACE = re.compile(r"http://(www\.w3\.org|schemas\.[\w.]+|purl\.org|ns\.adobe\.com)/[^\s\"'<>]*")
"""Names of formats, some of which hold a day."""
HASH = re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{32,64}(?![0-9a-zA-Z])")


@dataclass(frozen=True, slots=True)
class Passage:
    """Some text of a pack. where: the file and what inside it. words: whether it is only what a reader is told."""

    where: str
    text: str
    words: bool


def passages_of(folder: Path, but: Container[str] = ()) -> Iterator[Passage]:
    """Every passage of every file of a pack, and its files' names. but: files left out, by their place in the pack."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name not in but:
            yield Passage("the name of a file", name, words=True)
            if path.is_file():
                yield from read_passages(name, path.read_bytes())


def read_passages(name: str, held: bytes) -> Iterator[Passage]:
    """The passages of one file, by what its bytes are and not what its ending says.

    name: as told in a message. What cannot be read as its kind is read as bytes alone.
    """
    if held.startswith(PNG):
        yield from _of_picture(name, held)
    elif held.startswith(b"PK\x03\x04"):
        yield from _of_archive(name, held)
    elif held.startswith(b"%PDF"):
        yield from _of_pdf(name, held)
    else:
        text = _decoded(held)
        yield Passage(name, HASH.sub(" ", PICTURES.sub(" ", html.unescape(text))), words=False)
        yield Passage(name, _words_of(name, text), words=True)
        for place, found in enumerate(PICTURES.findall(text), 1):
            yield from _embedded(f"{name}, picture {place}", found)


def _decoded(held: bytes) -> str:
    """Bytes as text; where there are NUL bytes, read both as letters of two bytes and as words that these part."""
    readings = [held.replace(b"\0", b""), *([held.replace(b"\0", b" ")] if b"\0" in held else [])]
    return NAMESPACE.sub(" ", b"\n".join(readings).decode("utf-8", errors="replace"))


def _embedded(name: str, found: str) -> Iterator[Passage]:
    try:
        yield from read_passages(name, b64decode(found))
    except NoBase64:
        yield Passage(name, found, words=False)


# ---- words ------------------------------------------------------------------------------------------------------


def _words_of(name: str, text: str) -> str:
    """What a reader is told by a file of text."""
    if "<html" in text[:2000].casefold():
        return _page_words(text)
    if name.endswith((".json", ".ipynb")):
        return _json_words(text)
    return HASH.sub(" ", text)


def _page_words(text: str) -> str:
    """A page's text and what is read out of its tags, its style sheet left out."""
    body = " ".join(STYLE.sub(" ", PICTURES.sub("", text)).split())
    said = [value for _name, value in READ_OUT.findall(body)]
    return HASH.sub(" ", html.unescape("\n".join([TAG.sub(" ", APART.sub("\n", body)), *said])))


def _json_words(text: str) -> str:
    """The strings of a file of JSON, without sizes and hashes."""
    try:
        return HASH.sub(" ", "\n".join(_strings(json.loads(text))))
    except ValueError:
        return text


def _strings(told: Any) -> Iterator[str]:
    if isinstance(told, dict):
        for name, value in told.items():
            yield str(name)
            yield from () if name in OWN_NUMBERS else _strings(value)
    elif isinstance(told, list):
        for value in told:
            yield from _strings(value)
    elif isinstance(told, str):
        yield told


# ---- pictures, archives, PDF ------------------------------------------------------------------------------------


def _of_picture(name: str, held: bytes) -> Iterator[Passage]:
    """The text kept in a picture: every part of it that holds no pixels, unpacked, and anything after its end."""
    place, kept = len(PNG), []
    while place + 12 <= len(held):
        length, kind = struct.unpack(">I4s", held[place : place + 8])
        if kind not in PIXELS:
            kept.append(_unpacked(held[place + 8 : place + 8 + length]))
        place += 12 + length
    text = _decoded(b"\n".join([*kept, held[place:]]))
    for words in (True, False):
        yield Passage(f"{name} (text in the picture)", text, words)


def _unpacked(part: bytes) -> bytes:
    """A part of a picture and, where some of it is compressed, that unpacked too."""
    found = [part]
    for begin in (match.start() for match in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", part)):
        try:
            found.append(zlib.decompressobj().decompress(part[begin:]))
        except zlib.error:
            continue
    return b"\n".join(found)


def _of_archive(name: str, held: bytes) -> Iterator[Passage]:
    """Every member of a zip archive, the names of its members and its comments."""
    try:
        with zipfile.ZipFile(io.BytesIO(held)) as archive:
            told = [archive.comment, *(part for one in archive.infolist() for part in (one.comment, one.extra))]
            names = "\n".join(archive.namelist())
            yield Passage(f"{name}, its own list", f"{names}\n{_decoded(b' '.join(told))}", words=False)
            members = [(member, archive.read(member)) for member in archive.namelist()]
    except (zipfile.BadZipFile, RuntimeError, zlib.error):
        yield Passage(name, _decoded(held), words=False)
        return
    for member, inside in members:
        where = f"{name}, {member}"
        if inside.startswith((PNG, b"PK\x03\x04", b"%PDF")):
            yield from read_passages(where, inside)
        else:
            yield Passage(where, HASH.sub(" ", html.unescape(_decoded(inside))), words=False)
            yield Passage(where, _xml_words(member, inside), words=True)


def _xml_words(member: str, inside: bytes) -> str:
    """The words of one part of an office file: its text, its titles and alt texts; not a worksheet's own numbers."""
    try:
        root = ElementTree.fromstring(inside)
    except (ElementTree.ParseError, DefusedXmlException):
        return ""
    said = []
    for part in root.iter():
        kind = str(part.tag).rpartition("}")[2]
        if part.text and not (kind == "v" and "worksheets/" in member):
            said.append(part.text if kind == "t" else f" {part.text} ")
        if kind in ("p", "si", "tc"):
            said.append("\n")
        elif kind in ("br", "tab"):
            said.append(" ")
        said += [f" {value} " for name, value in part.attrib.items() if name.rpartition("}")[2] in SAID_IN_XML]
    return "".join(said)


def _of_pdf(name: str, held: bytes) -> Iterator[Passage]:
    """A PDF's bytes with its streams unpacked, fonts and pixels left out, and the words it prints and keeps."""
    parts = [part for part in unpacked_streams(held).values() if _is_text(part)]
    whole = MARK_OF_STRUCTURE.sub(b" ", b"\n".join([STREAM.sub(b" ", held), *parts]))
    yield Passage(name, _decoded(whole), words=False)
    yield Passage(f"{name}{PRINTED}", words_of_paper(held), words=True)


def _is_text(part: bytes) -> bool:
    """Whether nearly all of some bytes are letters: fonts and pixels are not, nor is what places glyphs on a page."""
    head = part[:2000]
    return b" Tf" not in part and sum(32 <= byte < 127 or byte in (9, 10, 13) for byte in head) > 0.9 * len(head)
