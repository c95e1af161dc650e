"""What says who a child is, read from the run's own returns and payments, and a search for it in a finished pack.

Searched for: children's identifiers, birth dates, postcodes and pupil numbers, and in a public pack providers' names.
Not searched for, because they would be found by chance:
- identifiers of fewer than five letters and figures, and plain numbers that are also among the pack's own figures;
- other purely numeric identifiers anywhere but in words (not among a style sheet's, a worksheet's or a file's numbers);
- a birth date that is the first or last day of a month, or that stands in what holds no child: settings, notebooks,
  code and published figures; likewise an identifier or a provider's name that stands there ("Own service");
- part of a longer run of letters or figures; a date with the year in two figures; and what is drawn in pixels.
Matching disregards capitals, and what stands between the words and figures of one value.
"""

from __future__ import annotations

import calendar
import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from defusedxml import DefusedXmlException, ElementTree

from cip_analysis.publish.finished.passages import Passage

CHILD, BIRTH, POSTCODE, PUPIL, PROVIDER = (
    "a child's identifier", "a birth date", "a postcode", "a pupil number", "a provider's name"
)  # fmt: skip
COLUMNS = {
    "child": CHILD, "childid": CHILD, "childlaid": CHILD, "upn": PUPIL, "provider": PROVIDER, "providername": PROVIDER,
    "dob": BIRTH, "mcdob": BIRTH, "birthdate": BIRTH, "dateofbirth": BIRTH,
    "homepost": POSTCODE, "plpost": POSTCODE, "postcode": POSTCODE, "homepostcode": POSTCODE,
}  # fmt: skip
LEAST_LETTERS = 5
WORD = re.compile(r"[^\W_]+")
NUMBERED = re.compile(r"(?<!\d)(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})(?!\d)")
SPELT = re.compile(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?[^\S\n]+(?:of[^\S\n]+)?([a-z]{3,9})\.?,?[^\S\n]+(\d{4})(?!\d)")
SPELT_FIRST = re.compile(r"(?<![a-z])([a-z]{3,9})[^\S\n]+(\d{1,2})(?:st|nd|rd|th)?,?[^\S\n]+(\d{4})(?!\d)")
EIGHT = re.compile(r"(?<![\w.,])(\d{8})(?![\w.,]?\d)")
MONTHS = {name[:3].casefold(): number for number, name in enumerate(calendar.month_name) if number}
NO_CODE = re.compile(r"[A-Z]{2}\d|UN\d|NA|NONE", re.IGNORECASE)
READ_ENDINGS = frozenset({".csv", ".xml", ".xlsx", ".txt"})
OPEN = ("settings", "notebook", "reference", "published", "national", "track_record", "indices", "code")
OPEN_ENDINGS = frozenset({".py", ".toml", ".ipynb", ".csv", ".md", ".j2", ".css"})
Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Secrets:
    """What must not stand in a pack. phrases: the words of each value, as they follow one another -> what it is.

    births: birth dates. figures: whole numbers that stand in the pack as figures, which a numeric identifier may equal.
    """

    phrases: Mapping[Words, str]
    births: frozenset[date]
    figures: frozenset[str] = field(default_factory=frozenset)

    @property
    def count(self) -> int:
        """How many values are searched for."""
        return len(self.phrases) + len(self.births)

    def without(self, known: Iterable[Passage]) -> Secrets:
        """Those that do not stand in passages known to hold no child."""
        phrases, births = set[Words](), set[date]()
        begins = _by_first(self.phrases)
        for passage in known:
            text = passage.text.casefold()
            phrases |= set(_phrases_in(text, begins, words=True))
            births |= _days_in(text, words=True)
        return Secrets(
            {one: what for one, what in self.phrases.items() if one not in phrases}, self.births - births, self.figures
        )


@dataclass(frozen=True, slots=True, order=True)
class Leak:
    """A secret found. where: the file, and what inside it. what: which kind of secret; never the secret."""

    where: str
    what: str


def read_secrets(sources: Mapping[str, Sequence[Path]], audience: str) -> Secrets:
    """The secrets of a run's returns and payments, told by the names of their columns.

    sources: what the pack rests on, by its use (plan.sources): returns and payments are read for secrets; settings,
    notebooks, code and published figures tell which values stand anywhere and say nothing of a child.
    audience: providers' names are secret in a public pack only.
    """
    values = {kind: set[str]() for kind in (CHILD, BIRTH, POSTCODE, PUPIL, PROVIDER)}
    for path in _files([*sources.get("returns", ()), *sources.get("payments", ())], READ_ENDINGS):
        for kind, value in _values_in(path):
            values[kind].add(value)
    if audience != "public":
        values[PROVIDER].clear()
    secrets = secrets_from(values)
    if not secrets.count:
        return secrets
    known = [path for role in OPEN for path in _files(sources.get(role, ()), OPEN_ENDINGS)]
    return secrets.without(Passage("", path.read_text("utf-8", errors="replace"), words=True) for path in known)


def secrets_from(values: Mapping[str, Iterable[str]]) -> Secrets:
    """The secrets among some values, those too short or too common to search for left out.

    values: kind (CHILD, BIRTH and so on) -> values as they stand in a return.
    """
    days = {day for value in values.get(BIRTH, ()) for day in _days_in(value.casefold(), words=True)}
    phrases: dict[Words, str] = {}
    for kind in (CHILD, POSTCODE, PUPIL, PROVIDER):
        for value in values.get(kind, ()):
            words = tuple(WORD.findall(value.casefold()))
            if sum(map(len, words)) >= LEAST_LETTERS and not NO_CODE.fullmatch(value.strip()):
                phrases[words] = kind
                if kind != PROVIDER:
                    phrases[("".join(words),)] = kind
    return Secrets(phrases, frozenset(day for day in days if not _is_end_of_month(day)))


def search(passages: Iterable[Passage], secrets: Secrets) -> tuple[Leak, ...]:
    """Every secret found, each place and kind once, in order; never the secret itself."""
    if not secrets.count:
        return ()
    begins = _by_first(secrets.phrases)
    found: set[Leak] = set()
    for passage in passages:
        text = passage.text.casefold()
        for words in _phrases_in(text, begins, words=passage.words):
            if not (len(words) == 1 and words[0] in secrets.figures):
                found.add(Leak(passage.where, secrets.phrases[words]))
        if secrets.births & _days_in(text, words=passage.words, figures=secrets.figures):
            found.add(Leak(passage.where, BIRTH))
    return tuple(sorted(found))


# ---- in passages ------------------------------------------------------------------------------------------------


def _by_first(phrases: Iterable[Words]) -> dict[str, list[Words]]:
    """Phrases by their first word."""
    found: dict[str, list[Words]] = {}
    for words in phrases:
        found.setdefault(words[0], []).append(words)
    return found


def _phrases_in(text: str, begins: Mapping[str, list[Words]], *, words: bool) -> Iterator[Words]:
    """The phrases that stand in a text. words: whether a phrase of figures alone means anything there."""
    tokens = WORD.findall(text)
    if not begins.keys() & set(tokens):
        return
    for place, first in enumerate(tokens):
        for phrase in begins.get(first, ()):
            if tuple(tokens[place : place + len(phrase)]) == phrase and (words or not "".join(phrase).isdigit()):
                yield phrase


def _days_in(text: str, *, words: bool, figures: frozenset[str] = frozenset()) -> set[date]:
    """Every day that a text tells, in figures or words. words: whether eight figures in a row may be one."""
    found = {_day(int(first), int(second), int(third)) for first, second, third in NUMBERED.findall(text)}
    found |= {_day(int(day), MONTHS.get(month[:3], 0), int(year)) for day, month, year in SPELT.findall(text)}
    found |= {_day(int(day), MONTHS.get(month[:3], 0), int(year)) for month, day, year in SPELT_FIRST.findall(text)}
    if words:
        found |= {_day(int(run[:4]), int(run[4:6]), int(run[6:])) for run in EIGHT.findall(text) if run not in figures}
    return {day for day in found if day}


def _day(first: int, second: int, third: int) -> date | None:
    """A day from its three numbers, the year first or last; none where they are no day."""
    year, day = (first, third) if first > 31 else (third, first)
    try:
        return date(year, second, day) if year > 1900 else None
    except ValueError:
        return None


def _is_end_of_month(day: date) -> bool:
    return day.day in (1, calendar.monthrange(day.year, day.month)[1])


# ---- in returns and payments ------------------------------------------------------------------------------------


def _files(sources: Iterable[Path], endings: frozenset[str]) -> Iterator[Path]:
    for source in sources:
        listed = sorted(source.rglob("*")) if source.is_dir() else [source]
        yield from (path for path in listed if path.is_file() and path.suffix.casefold() in endings)


def _values_in(path: Path) -> Iterator[tuple[str, str]]:
    """Every secret value of one file with its kind; nothing of what cannot be read, which the run then refuses too."""
    held = path.read_bytes()
    if held.startswith(b"PK\x03\x04"):
        yield from _in_workbook(held)
    elif path.suffix.casefold() == ".xml" or held.lstrip()[:5] == b"<?xml":
        yield from _in_xml(held)
    else:
        yield from _in_lines(_text(held))


def _text(held: bytes) -> str:
    if held.startswith((b"\xff\xfe", b"\xfe\xff")):
        return held.decode("utf-16", errors="replace")
    return held.decode("utf-8-sig", errors="replace")


def _kind(name: str) -> str:
    return COLUMNS.get(re.sub(r"[^a-z]", "", name.casefold()), "")


def _in_lines(text: str) -> Iterator[tuple[str, str]]:
    """The secrets of a table of lines, whatever stands between its cells."""
    head = text.split("\n", 1)[0]
    between = max(",;\t|", key=head.count)
    rows = csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=between)
    try:
        kinds = [_kind(name) for name in next(rows, [])]
        for row in rows:
            yield from ((kind, cell.strip()) for kind, cell in zip(kinds, row, strict=False) if kind and cell.strip())
    except csv.Error:
        return


def _in_xml(held: bytes) -> Iterator[tuple[str, str]]:
    try:
        root = ElementTree.fromstring(held)
    except (ElementTree.ParseError, DefusedXmlException, ValueError):
        return
    for part in root.iter():
        kind = _kind(str(part.tag).rpartition("}")[2])
        if kind and part.text and part.text.strip():
            yield kind, part.text.strip()


def _in_workbook(held: bytes) -> Iterator[tuple[str, str]]:
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(held), read_only=True, data_only=True)
    except (KeyError, ValueError, OSError, zipfile.BadZipFile):
        return
    for sheet in book.worksheets:
        rows = sheet.iter_rows(values_only=True)
        kinds = [_kind(str(name)) for name in next(rows, ())]
        for row in rows:
            yield from ((kind, f"{cell:%Y-%m-%d}" if isinstance(cell, date) else str(cell).strip())
                        for kind, cell in zip(kinds, row, strict=False) if kind and cell is not None)  # fmt: skip
