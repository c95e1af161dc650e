"""Ways to spoil a file at random: bytes, lines, cells, encodings, and the parts of a spreadsheet's archive."""

from __future__ import annotations

import io
import zipfile

import numpy as np

TOKENS = (
    b"",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b'"',
    b'""',
    b"'",
    b",",
    b";",
    b"\t",
    b"\n",
    b"\r\n",
    b"\r",
    b"<",
    b">",
    b"&",
    b"&lol;",
    b"]]>",
    b"<!--",
    b"<![CDATA[",
    b"</",
    b"=1+1",
    b"@SUM(A1)",
    b"-",
    b"0",
    b"-1",
    b"1e308",
    b"NaN",
    b"inf",
    b"9" * 40,
    b"31/02/2016",
    b"2016-02-31",
    b"01/01/0001",
    b"31/12/9999",
    b"00/00/0000",
    b"29/02/2015",
    b"12:61",
    b"null",
    b"None",
    b"true",
    b"\xc3\x28",
    "\u202e".encode(),
    "\u0000".encode(),
    "\ufffd".encode(),
    "é".encode("latin-1"),
    b"X1",
    b"CHILD",
    b"DECOM",
    b"[",
    b"]",
    b"{",
    b"}",
    b"=",
    b"#",
    b"\\",
    b"\\u0000",
    b"2018-03-31T00:00:00Z",
    b"1_000",
    b"0x1F",
    b" " * 300,
    b"A" * 5_000,
    b"%s%n",
    b"../../x",
    b"\x1a",
    b"\x7f",
)
ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "utf-8-sig", "cp037")


def spoil(raw: bytes, chance: np.random.Generator) -> bytes:
    """A file's bytes after a handful of changes, 200,000 of them at most."""
    for _ in range(1 + int(chance.geometric(0.45))):
        raw = WAYS[int(chance.integers(len(WAYS)))](raw, chance)
    return raw[:200_000]


def _place(raw: bytes, chance: np.random.Generator) -> int:
    return int(chance.integers(len(raw) + 1))


def _flip(raw: bytes, chance: np.random.Generator) -> bytes:
    changed = bytearray(raw)
    for _ in range(int(chance.integers(1, 5))):
        if changed:
            changed[int(chance.integers(len(changed)))] = int(chance.integers(256))
    return bytes(changed)


def _insert(raw: bytes, chance: np.random.Generator) -> bytes:
    place = _place(raw, chance)
    return raw[:place] + TOKENS[int(chance.integers(len(TOKENS)))] + raw[place:]


def _cut(raw: bytes, chance: np.random.Generator) -> bytes:
    first, last = sorted((_place(raw, chance), _place(raw, chance)))
    return raw[:first] + raw[last:] if chance.random() < 0.7 else raw[:last]


def _repeat(raw: bytes, chance: np.random.Generator) -> bytes:
    first, last = sorted((_place(raw, chance), _place(raw, chance)))
    return raw[:last] + raw[first:last] * int(chance.integers(1, 4)) + raw[last:]


def _lines(raw: bytes, chance: np.random.Generator) -> bytes:
    lines = raw.split(b"\n")
    first, second = (int(chance.integers(len(lines))) for _ in range(2))
    way = int(chance.integers(4))
    if way == 0:
        lines[first], lines[second] = lines[second], lines[first]
    elif way == 1:
        del lines[first]
    elif way == 2:
        lines.insert(second, lines[first])
    else:
        lines[first] = lines[first][: int(chance.integers(len(lines[first]) + 1))]
    return b"\n".join(lines)


def _cell(raw: bytes, chance: np.random.Generator) -> bytes:
    """One cell, between commas, brackets or quotes, swapped for an awkward one or for another cell."""
    marks = [place for place, byte in enumerate(raw) if byte in b',<>"=\n']
    if len(marks) < 4:
        return raw
    first = int(chance.integers(len(marks) - 1))
    if chance.random() < 0.5:
        other = int(chance.integers(len(marks) - 1))
        cell = raw[marks[other] + 1 : marks[other + 1]]
    else:
        cell = TOKENS[int(chance.integers(len(TOKENS)))]
    return raw[: marks[first] + 1] + cell + raw[marks[first + 1] :]


def _encode(raw: bytes, chance: np.random.Generator) -> bytes:
    text = raw.decode("utf-8", "replace")
    return text.encode(ENCODINGS[int(chance.integers(len(ENCODINGS)))], "replace")


def _ends(raw: bytes, chance: np.random.Generator) -> bytes:
    return raw.replace(b"\n", (b"\r\n", b"\r", b"\n\n", b" \n", b";\n")[int(chance.integers(5))])


def _split(raw: bytes, chance: np.random.Generator) -> bytes:
    return raw.replace(b",", (b";", b"\t", b"|", b",,", b" , ")[int(chance.integers(5))])


WAYS = (_flip, _insert, _cut, _repeat, _lines, _lines, _cell, _cell, _cell, _encode, _ends, _split)


def spoil_archive(raw: bytes, chance: np.random.Generator) -> bytes:
    """A spreadsheet with a part of its archive spoiled, lost, or called by another's name."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    names = sorted(parts)
    chosen = names[int(chance.integers(len(names)))]
    if chance.random() < 0.5:
        chosen = next(name for name in names if "worksheets/sheet" in name)
    way = chance.random()
    if way < 0.85:
        parts[chosen] = spoil(parts[chosen], chance)
    elif way < 0.93:
        del parts[chosen]
    else:
        parts[names[int(chance.integers(len(names)))]] = parts[chosen]
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return made.getvalue()
