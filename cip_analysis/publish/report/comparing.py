"""What moved between two packs, and why: what went in, and every cell of every figure and table.

    moved = compare(read_pack(Path("reports/july")), read_pack(Path("reports/autumn")))

Only what both packs show is used: their manifests, the files of their exhibits and of the assumptions they used. What
is withheld in a pack stays withheld.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cip_analysis.publish.provenance import read_manifest
from cip_analysis.publish.words import NOT_AVAILABLE, WITHHELD, YEAR_COLUMNS, in_words

CONTENTS = Path("data") / "contents.csv"
ASSUMPTIONS = "assumptions.csv"
MARKS = (WITHHELD, NOT_AVAILABLE)
LABELS = YEAR_COLUMNS | {"financial_year", "month"}
PERCENTILE = re.compile(r"(?<![a-z0-9])p(02_5|10|25|50|75|90|97_5)(?![a-z0-9])")
RANGES = (("p10", "p90"), ("p02_5", "p97_5"))
FACTS = {
    "council": "Council", "as_at": "Figures as at", "audience": "Audience", "synthetic": "Invented data",
    "seed": "Seed", "python": "Python",
}  # fmt: skip
Rows = tuple[tuple[str, ...], ...]


class ComparisonError(ValueError):
    """Two packs cannot be set side by side."""


@dataclass(frozen=True, slots=True)
class Table:
    """One exhibit as its file holds it. name: of its file. called: Figure 2, Table 1. rows: every cell as text."""

    name: str
    page: str
    page_title: str
    called: str
    caption: str
    columns: tuple[str, ...]
    rows: Rows

    @property
    def where(self) -> str:
        """As a reader would look for it."""
        return f"{self.called}, {self.page_title}"


@dataclass(frozen=True, slots=True)
class PackFacts:
    """What a pack shows of itself. facts: as its manifest. assumptions: name -> what is said of it, by column."""

    name: str
    facts: Mapping[str, Any]
    tables: tuple[Table, ...]
    assumptions: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that went in otherwise. kind: settings, data, assumptions, code, packages, parameters or the run."""

    kind: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell that moved. range_…: the range beside it where its table tells one. share: the change as a fraction of
    the larger of the two; none where either is not a number.
    """

    table: Table
    row: str
    column: str
    before: str
    after: str
    range_before: str
    range_after: str
    share: float | None


@dataclass(frozen=True, slots=True)
class Compared:
    """Two packs side by side. cells: those that moved, the largest first. added, gone: exhibits. same: how many are."""

    before: PackFacts
    after: PackFacts
    causes: tuple[Cause, ...]
    cells: tuple[Cell, ...]
    added: tuple[Table, ...]
    gone: tuple[Table, ...]
    same: int

    @property
    def moved_tables(self) -> tuple[tuple[Table, int], ...]:
        """Each exhibit in which a cell moved, and in how many, most first."""
        counted = Counter(cell.table.name for cell in self.cells)
        named = {cell.table.name: cell.table for cell in self.cells}
        return tuple((named[name], count) for name, count in counted.most_common())

    @property
    def why(self) -> str:
        """What the movement may be put down to, in a sentence."""
        kinds = list(dict.fromkeys(cause.kind for cause in self.causes))
        if not kinds:
            return "Nothing that went in differs."
        if len(kinds) == 1:
            return f"Only the {kinds[0]} differ: whatever moved, moved because of that."
        return f"More than one thing differs ({', '.join(kinds)}), so no movement can be put down to one of them alone."


def read_pack(folder: Path) -> PackFacts:
    """A pack's own files, read.

    Raises ComparisonError, or ProvenanceError where there is no manifest.
    """
    facts = read_manifest(folder)
    if not (folder / CONTENTS).is_file():
        raise ComparisonError(f"{folder.name}: no {CONTENTS.as_posix()} here. Render that pack again to compare it.")
    tables = tuple(_table(folder, line) for line in _lines(folder / CONTENTS))
    held = folder / ASSUMPTIONS
    assumptions = {line["name"]: line for line in _lines(held)} if held.is_file() else {}
    return PackFacts(folder.name, facts, tables, assumptions)


def table_from(text: str, name: str, page: tuple[str, str], said: tuple[str, str]) -> Table:
    """An exhibit from its comma-separated values. page: name and title. said: what it is called, and its caption."""
    columns, *rows = [tuple(row) for row in csv.reader(io.StringIO(text, newline=""))]
    return Table(name, *page, *said, columns, tuple(rows))


def assumptions_from(text: str) -> dict[str, dict[str, str]]:
    """The assumptions used from their comma-separated values."""
    return {line["name"]: line for line in csv.DictReader(io.StringIO(text, newline=""))}


def compare(before: PackFacts, after: PackFacts) -> Compared:
    """What differs in what went in, and every cell that moved, the largest first."""
    pairs = _pair(before.tables, after.tables)
    cells = sorted((cell for one, other in pairs for cell in _moved(one, other)), key=_largest_first)
    met = {one.name for one, _ in pairs}, {other.name for _, other in pairs}
    return Compared(
        before, after, tuple(_causes(before, after)), tuple(cells),
        added=tuple(one for one in after.tables if one.name not in met[1]),
        gone=tuple(one for one in before.tables if one.name not in met[0]),
        same=len(pairs) - len({cell.table.name for cell in cells}),
    )  # fmt: skip


def _lines(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as opened:
            return list(csv.DictReader(opened))
    except (OSError, UnicodeDecodeError, csv.Error):
        raise ComparisonError(f"{path.parent.name}/{path.name}: cannot be read. Render that pack again.") from None


def _table(folder: Path, line: Mapping[str, str]) -> Table:
    """One exhibit, as the list of a pack's exhibits names it; a file outside the pack's own is refused."""
    file = line.get("file", "")
    if Path(file).name != file or not (folder / "data" / file).is_file():
        raise ComparisonError(f"{folder.name}: {CONTENTS.as_posix()} names a file that is not there. Verify the pack.")
    text = (folder / "data" / file).read_text(encoding="utf-8")
    return table_from(text, Path(file).stem, (line["page"], line["page_title"]), (line["exhibit"], line["caption"]))


# ---- what went in -----------------------------------------------------------------------------------------------


def _causes(before: PackFacts, after: PackFacts) -> Iterator[Cause]:
    """Everything that went in otherwise."""
    was, now = before.facts, after.facts
    for key, words in FACTS.items():
        if was.get(key) != now.get(key):
            yield Cause("run", words, str(was.get(key)), str(now.get(key)))
    codes = [str(facts.get("code", {}).get("commit", ""))[:10] or "not recorded" for facts in (was, now)]
    if codes[0] != codes[1]:
        yield Cause("code", "Commit", *codes)
    yield from _unlike("packages", was.get("packages", {}), now.get("packages", {}))
    yield from _parameters_unlike(was.get("parameters", {}), now.get("parameters", {}))
    judged = [{name: _judged(one) for name, one in pack.assumptions.items()} for pack in (before, after)]
    yield from _unlike("assumptions", *judged)
    yield from _inputs(was.get("inputs", []), now.get("inputs", []))


def _parameters_unlike(was: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]) -> Iterator[Cause]:
    """Each parameter that differs, once for all the notebooks in which it differs alike."""
    every: dict[tuple[str, str, str], list[str]] = {}
    for page in dict.fromkeys([*was, *now]):
        for cause in _unlike("parameters", was.get(page, {}), now.get(page, {})):
            every.setdefault((cause.what, cause.before, cause.after), []).append(page)
    for (name, before, after), pages in every.items():
        where = pages[0] if len(pages) == 1 else f"{len(pages)} notebooks"
        yield Cause("parameters", f"{name} of {where}", before, after)


def _judged(told: Mapping[str, str]) -> str:
    return f"{told['value']} ({told['low']} to {told['high']}) {told['unit']}"


def _unlike(kind: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Cause]:
    """Each name whose value differs, is new or is gone."""
    for name in dict.fromkeys([*was, *now]):
        if was.get(name) != now.get(name):
            yield Cause(kind, str(name), str(was.get(name, "none")), str(now.get(name, "none")))


def _inputs(was: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> Iterator[Cause]:
    """Files that went in, by what they are for: how many are new, gone and altered, the first of them named."""
    held = [{(one["role"], one["path"]): one["sha256"] for one in inputs} for inputs in (was, now)]
    for role in sorted({role for files in held for role, _path in files} - {"code", "previous"}):
        before, after = ({path: hashed for (of, path), hashed in files.items() if of == role} for files in held)
        unlike = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
        if unlike:
            kind = "settings" if role in ("settings", "words", "notebook") else "data"
            more = f" and {len(unlike) - 1} more" if len(unlike) > 1 else ""
            yield Cause(kind, f"{role}: {unlike[0]}{more}", _count(before), _count(after))


def _count(files: Mapping[str, str]) -> str:
    return f"{len(files)} file{'' if len(files) == 1 else 's'}"


# ---- what came out ----------------------------------------------------------------------------------------------


def _pair(before: Sequence[Table], after: Sequence[Table]) -> list[tuple[Table, Table]]:
    """The exhibits that are the same in both: of one page and caption, or failing that of one name."""
    left = list(before)
    pairs: list[tuple[Table, Table]] = []
    for alike in (lambda one, other: (one.page, one.caption) == (other.page, other.caption),
                  lambda one, other: one.name == other.name):  # fmt: skip
        for other in [other for other in after if other not in [new for _, new in pairs]]:
            found = next((one for one in left if alike(one, other)), None)
            if found is not None:
                left.remove(found)
                pairs.append((found, other))
    return pairs


def _moved(before: Table, after: Table) -> Iterator[Cell]:
    """Every figure that both tables show under one label and that is not the same."""
    labels = _label_columns(before) | _label_columns(after)
    was, now = _by_label(before, labels), _by_label(after, labels)
    shared = [name for name in after.columns if name in before.columns and name not in labels]
    for row in (row for row in now if row in was):
        for name in shared:
            if was[row][name] != now[row][name] and not _is_told_beside(name, shared):
                words = ", ".join(part for part in row[:-1] if part) or "the one row"
                yield Cell(after, words, in_words(name), was[row][name], now[row][name], _range(name, was[row]),
                           _range(name, now[row]), _share(was[row][name], now[row][name]))  # fmt: skip


def _label_columns(table: Table) -> set[str]:
    """The columns that name the rows: words, years and months; the first too, where all hold figures."""
    words = {
        name
        for place, name in enumerate(table.columns)
        if name in LABELS or any(_number(row[place]) is None and row[place] not in MARKS for row in table.rows)
    }
    return words or set(table.columns[:1])


def _by_label(table: Table, labels: set[str]) -> dict[tuple[str, ...], dict[str, str]]:
    """Every row by its labels and, for those named alike, by which of them it is."""
    found: dict[tuple[str, ...], dict[str, str]] = {}
    seen: Counter[tuple[str, ...]] = Counter()
    for row in table.rows:
        cells = dict(zip(table.columns, row, strict=True))
        named = tuple(cells[name] for name in table.columns if name in labels)
        seen[named] += 1
        found[(*named, str(seen[named]))] = cells
    return found


def _is_told_beside(name: str, columns: Sequence[str]) -> bool:
    """Whether a column is an end of the range of another, which tells it."""
    found = PERCENTILE.search(name)
    return found is not None and found.group() != "p50" and PERCENTILE.sub("p50", name) in columns


def _range(name: str, cells: Mapping[str, str]) -> str:
    """The range beside a middle, in words; nothing where there is none."""
    if (found := PERCENTILE.search(name)) is None or found.group() != "p50":
        return ""
    for low, high in RANGES:
        ends = PERCENTILE.sub(low, name), PERCENTILE.sub(high, name)
        if all(end in cells for end in ends):
            return f"{cells[ends[0]]} to {cells[ends[1]]}"
    return ""


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _share(before: str, after: str) -> float | None:
    was, now = _number(before), _number(after)
    if was is None or now is None:
        return None
    return (now - was) / max(abs(was), abs(now))


def _largest_first(cell: Cell) -> tuple[bool, float, str, str, str]:
    return (cell.share is None, -abs(cell.share or 0.0), cell.table.name, cell.row, cell.column)
