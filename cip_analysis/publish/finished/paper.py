"""The words of a PDF: what its pages print, read out and link to, from its bytes.

Reads what WeasyPrint writes: streams packed with deflate, objects inside streams, glyphs told as four hexadecimal
figures and turned into letters by the map that each font carries. A PDF made otherwise gives what of it is so.
Source: ISO 32000-1, Document management, Portable document format, sections 7.3 (objects), 7.5.7 (object streams),
9.4.3 (showing text) and 9.10.3 (ToUnicode maps).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping

NUMBERED_STREAM = re.compile(rb"(\d+) 0 obj\b(?:(?!endobj).)*?stream\r?\n(.*?)endstream", re.DOTALL)
FONT = re.compile(rb"<<(?:(?!<<|>>).)*?/BaseFont\s*/([A-Z]{6})\+(?:(?!<<|>>).)*?>>", re.DOTALL)
MAP = re.compile(rb"/ToUnicode\s+(\d+)\s+0\s+R")
CHARACTERS, RANGES = (re.compile(rb"begin%s(.*?)end%s" % (kind, kind), re.DOTALL) for kind in (b"bfchar", b"bfrange"))
CHARACTER = re.compile(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>")
RANGE = re.compile(rb"<([0-9a-fA-F]{4})>\s*<([0-9a-fA-F]{4})>\s*<([0-9a-fA-F]{4})>")
SHOWN = re.compile(rb"/([A-Z]{6})\s+[\d.]+\s+Tf|<([0-9a-fA-F]+)>|\b(ET)\b")
OBJECTS = re.compile(rb"(\s*\d+\s+\d+)+\s*(<<|\[|\()")
LITERAL = re.compile(rb"\(((?:[^()\\]|\\.)*)\)|<((?:[0-9a-fA-F]{2})+)>", re.DOTALL)
MARK_OF_STRUCTURE = re.compile(rb"\(\d+(-\d+)+\)")
SIXTEEN = b"\xfe\xff"


def unpacked_streams(held: bytes) -> dict[int, bytes]:
    """Every stream of a PDF by the number of its object, unpacked where it is packed."""
    found = {}
    for match in NUMBERED_STREAM.finditer(held):
        try:
            found[int(match.group(1))] = zlib.decompressobj().decompress(match.group(2))
        except zlib.error:
            found[int(match.group(1))] = match.group(2)
    return found


def words_of_paper(held: bytes) -> str:
    """The words that a PDF prints on its pages and keeps as titles, alt texts, links and properties."""
    streams = unpacked_streams(held)
    objects = b"\n".join([NUMBERED_STREAM.sub(b" ", held), *(part for part in streams.values() if OBJECTS.match(part))])
    fonts = _fonts(objects, streams)
    printed = (words for part in streams.values() if b" Tf" in part for words in _printed(part, fonts))
    return "\n".join([*printed, *_kept(objects)])


def _fonts(objects: bytes, streams: Mapping[int, bytes]) -> dict[bytes, dict[str, str]]:
    """The letters of each font's glyphs."""
    fonts = {}
    for match in FONT.finditer(objects):
        mapped = MAP.search(match.group())
        if mapped and int(mapped.group(1)) in streams:
            fonts[match.group(1)] = _letters(streams[int(mapped.group(1))])
    return fonts


def _letters(told: bytes) -> dict[str, str]:
    """Glyph -> letters, from a font's map."""
    found = {}
    for first, last, letter in RANGE.findall(b"".join(RANGES.findall(told))):
        for step in range(int(last, 16) - int(first, 16) + 1):
            found[f"{int(first, 16) + step:04x}"] = chr(int(letter, 16) + step)
    for glyph, letters in CHARACTER.findall(b"".join(CHARACTERS.findall(told))):
        found[glyph.decode().casefold()] = bytes.fromhex(letters.decode()).decode("utf-16-be", errors="replace")
    return found


def _printed(content: bytes, fonts: Mapping[bytes, Mapping[str, str]]) -> Iterator[str]:
    """The words of one page's content, a line each time that text ends."""
    font: Mapping[str, str] = {}
    line: list[str] = []
    for name, glyphs, ended in SHOWN.findall(content):
        if name:
            font = fonts.get(name, {})
        elif glyphs:
            told = glyphs.decode().casefold()
            line += [font.get(told[at : at + 4], "") for at in range(0, len(told), 4)]
        elif ended:
            yield "".join(line)
            line = []


def _kept(objects: bytes) -> Iterator[str]:
    """The texts that objects hold: titles, alt texts, links."""
    for literal, hexed in LITERAL.findall(objects):
        if literal and MARK_OF_STRUCTURE.fullmatch(b"(" + literal + b")"):
            continue
        text = bytes.fromhex(hexed.decode()) if hexed else re.sub(rb"\\(.)", rb"\1", literal, flags=re.DOTALL)
        if text.startswith(SIXTEEN):
            yield text[2:].decode("utf-16-be", errors="replace")
        else:
            yield text.decode("utf-8", errors="replace")
