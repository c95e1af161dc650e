"""Telling which table of the return a text table is, and putting all of one kind together, typed.

By its columns, never by its name. What has no column of its own in the return is no table of it, and is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cip_analysis.codes import TABLES
from cip_analysis.returns.reading.fields import by_file, type_columns
from cip_analysis.returns.reading.text_tables import Notice, Opened, Repair, TextTable, refusal

SHARED_COLUMNS = frozenset({"CHILD", "SEX", "DOB"})
ALIASES = {"CHILDID": "CHILD", "CHILDIDENTIFIER": "CHILD", "PL": "PLACE"}
COLUMN_OF = {re.sub(r"[^A-Z0-9]", "", column): column for columns in TABLES.values() for column in columns} | ALIASES
ADDED_COLUMNS = ("LA", "YEAR")
INDISPENSABLE = {"episodes": ("CHILD", "DECOM", "DEC")}
IMPORTANT = frozenset({"RNE", "LS", "PLACE", "PLACE_PROVIDER", "REC", "DOB", "SEX"})
PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z _()/-]{0,39}")
NOT_A_CHILD = (
    r"(?i)\s*(?:(?:grand |sub-?)?totals?|count|sum|number of|no\. of|rows?:?|records?)\b.*|\s*child(?:[ _]?id)?\s*"
)
SENTENCE = r".*\S\s+\S.*"


def is_header(names: Sequence[str]) -> bool:
    """Whether a row of cells names the columns of a table of the return."""
    return recognise(names) is not None


def recognise(names: Sequence[str]) -> str | None:
    """Which table of codes.TABLES a row of column names belongs to; None if none, for nothing is guessed.

    CHILD, SEX and DOB stand in many tables and settle nothing, so at least one column that only one table has must
    be there, with two fifths of that table's columns in all. The table with most columns of its own wins.

    >>> recognise(["child", "Sex", "DOB", "DUC"]), recognise(["CHILD", "SEX", "DOB"])
    ('uasc', None)
    """
    known = {canonical(name) for name in names}
    scores = {}
    for kind, columns in TABLES.items():
        own = known & (set(columns) - SHARED_COLUMNS)
        if own and len(known & set(columns)) >= 0.4 * len(columns):
            scores[kind] = (len(own), len(own) / len(columns))
    return max(scores, key=lambda kind: scores[kind]) if scores else None


def canonical(name: str) -> str:
    """A column's name in the return's own spelling, whatever its case, spaces or dashes; others merely capitals.

    >>> canonical(" reason place-change "), canonical("ChildID"), canonical("Team ")
    ('REASON_PLACE_CHANGE', 'CHILD', 'TEAM')
    """
    bare = re.sub(r"[^A-Z0-9]", "", name.upper())
    return COLUMN_OF.get(bare, name.strip().upper())


@dataclass(frozen=True, slots=True)
class Kind:
    """All the files of one kind of table, put together and typed; None if not one of them could be used."""

    kind: str
    table: pd.DataFrame | None
    notices: tuple[Notice, ...] = ()
    repairs: tuple[Repair, ...] = ()


def by_kind(opened: Sequence[Opened]) -> dict[str, list[TextTable]]:
    """The text tables under the kind each one is, in the order of codes.TABLES."""
    found: dict[str, list[TextTable]] = {kind: [] for kind in TABLES}
    for file in opened:
        for text in file.tables:
            found[recognise(text.names) or ""].append(text)
    return {kind: texts for kind, texts in found.items() if texts}


def read_kind(kind: str, texts: Sequence[TextTable]) -> Kind:
    """The files of one kind of table under its own column names, typed, without the rows that are no children."""
    notices: list[Notice] = []
    usable: list[TextTable] = []
    for text in texts:
        names = [canonical(name) for name in text.names]
        lacking = [column for column in TABLES[kind] if column not in names]
        if fatal := [column for column in INDISPENSABLE.get(kind, ("CHILD",)) if column in lacking]:
            what = f"looks like the {kind} table but has no column {' or '.join(fatal)}; add it and send the file again"
            notices.append(refusal(text.source, what))
        else:
            notices += _column_notices(kind, text, names, lacking)
            usable.append(text)
    if not usable:
        return Kind(kind, None, tuple(notices))
    rows, said, repairs = _without_other_rows(_put_together(kind, usable), TABLES[kind])
    typed = type_columns(rows, TABLES[kind])
    children = typed.table["CHILD"]
    repairs += [
        Repair(rule, len(rows), int(changed.sum()), frozenset(children[changed].dropna()))
        for rule, changed in typed.repairs.items()
    ]
    return Kind(kind, typed.table, (*notices, *said, *typed.notices), tuple(repairs))


def _put_together(kind: str, texts: Sequence[TextTable]) -> pd.DataFrame:
    """The files' cells under the return's own column names, with `file`, `row`, `authority` (LA) and `label` (YEAR).

    Where a column stands twice the first is taken; one that a file lacks is blank.
    """
    wanted = (*TABLES[kind], *ADDED_COLUMNS)
    frames = []
    for text in texts:
        names = [canonical(name) for name in text.names]
        present = [name for name in wanted if name in names]
        frames.append(text.cells[[names.index(name) for name in present]].set_axis(present, axis="columns"))
    rows = pd.concat(frames, ignore_index=True).reindex(columns=list(wanted)).astype("str")
    lines = [len(text.rows) for text in texts]
    return rows.drop(columns=list(ADDED_COLUMNS)).assign(
        authority=rows["LA"].str.strip().fillna(""),
        label=rows["YEAR"].str.strip().fillna(""),
        file=pd.Series(np.repeat([text.source for text in texts], lines), dtype="str"),
        row=np.concatenate([text.rows for text in texts]),
    )


def _column_notices(kind: str, text: TextTable, names: list[str], lacking: list[str]) -> list[Notice]:
    """What is unusual about a file's columns: lacking, extra or repeated."""
    notices = []
    if not len(text.rows):
        step = "If the year had none, nothing; otherwise export it again."
        notices.append(Notice("no rows", "warning", f"The {kind} table has a header and no rows.", step, text.source))
    if lacking:
        grave = IMPORTANT & set(lacking) if kind in ("episodes", "header") else set()
        meaning = f"The {kind} table has no column {', '.join(lacking)}; filled with blanks."
        step = "Add the column and send the file again." if grave else "Nothing, unless it was meant to be there."
        notices.append(Notice("column lacking", "error" if grave else "note", meaning, step, text.source))
    extra = [name for name in dict.fromkeys(names) if name not in (*TABLES[kind], *ADDED_COLUMNS)]
    if "" in extra and not text.cells[names.index("")].notna().any():
        extra.remove("")
    if extra:
        meaning = f"Columns that the {kind} table does not have were kept out: {name_columns(extra)}."
        notices.append(Notice("extra columns", "note", meaning, "Nothing.", text.source))
    for name in sorted({name for name in names if name in TABLES[kind] and names.count(name) > 1}):
        places = [place for place, other in enumerate(names) if other == name]
        differ = text.cells[places].fillna("").nunique(axis="columns").gt(1)
        meaning = f"Column {name} stands {len(places)} times; the first was taken."
        rows = tuple(text.rows[differ.to_numpy()])
        notices.append(
            Notice("column repeated", "warning" if rows else "note", meaning, "Keep one.", text.source, rows)
        )
    return notices


def name_columns(names: Sequence[str]) -> str:
    """Columns by name in a message, those that are plain words; the others, which may be cells of a row, are counted.

    >>> name_columns(["Team", "Case worker", "100862"])
    'Team, Case worker and 1 more'
    """
    shown = [name for name in names if PLAIN_NAME.fullmatch(name)]
    more = f" and {len(names) - len(shown)} more" if len(shown) < len(names) else ""
    return f"{', '.join(shown) or 'unnamed'}{more}"


def _without_other_rows(
    rows: pd.DataFrame, columns: tuple[str, ...]
) -> tuple[pd.DataFrame, list[Notice], list[Repair]]:
    """The rows that are children's: without blank rows, totals, footers, and headers repeated among them."""
    cells = rows[list(columns)]
    filled = cells.notna().sum(axis="columns").to_numpy()
    blank = filled == 0
    few = (filled > 0) & (filled <= max(2, len(columns) // 2))
    other = np.zeros(len(rows), dtype=bool)
    if few.any():
        first = cells[few].bfill(axis="columns").iloc[:, 0]
        alone = filled[few] == 1
        other[few] = first.str.fullmatch(NOT_A_CHILD) | (alone & first.str.fullmatch(SENTENCE))
    other |= rows["CHILD"].isin(("CHILD", "Child", "child")).to_numpy()
    meaning = "Rows are a total, a footer or a second header, and no child; left out."
    said = by_file(Notice("totals and footers", "note", meaning, "Nothing."), rows.assign(CHILD=""), other)
    repairs = [
        Repair(rule, len(rows), int(flags.sum()))
        for rule, flags in (("blank rows", blank), ("totals and footers", other))
        if flags.any()
    ]
    return rows[~(blank | other)].reset_index(drop=True), said, repairs
