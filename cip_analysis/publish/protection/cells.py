"""Counts that add up, from one table or many: each cell once, however many tables print it, and every sum among them.

A cell is known by what it counts and the labels that pick it out, so the same cell in two tables is one cell, and a
table that adds over a label meets the one that keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]
Key = tuple[str, frozenset[tuple[str, str]]]
ALL = "all"


class CellsError(ValueError):
    """Tables that are said to add up do not, or give one cell two counts."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Every cell of a set of tables, once, and the sums that bind them.

    keys: what each counts, and the labels that pick it out (a label added over is not among them). counts: the true
    numbers. sums: a row a sum, a column a cell: +1 for the total and -1 for its parts, so that sums @ counts is nought.
    """

    keys: tuple[Key, ...]
    counts: Whole
    sums: sparse.csr_array

    def __post_init__(self) -> None:
        if len(self.keys) != len(self.counts) or self.sums.shape[1] != len(self.counts):
            raise CellsError("Keys, counts and sums are not of the same cells.")
        if (self.counts < 0).any():
            raise CellsError(f"{int((self.counts < 0).sum())} counts lie below nought.")
        if off := int(np.count_nonzero(self.sums @ self.counts)):
            raise CellsError(
                f"{off} totals are not the sum of their parts. Correct the tables, or do not call them all."
            )

    def most_parts(self, place: int) -> int:
        """Of the sums that a cell is the total of, the most parts above nought; nought where it is none's."""
        column = self.sums[:, [place]].toarray().ravel()
        rows = self.sums[np.flatnonzero(column > 0)]
        return int(((rows < 0) @ (self.counts > 0).astype("int64")).max(initial=0))

    def place(self, what: str, **labels: object) -> int:
        """Where one cell stands. Raises CellsError where there is no such cell."""
        key = (what, frozenset((name, str(value)) for name, value in labels.items()))
        if key not in self.keys:
            raise CellsError(f"No cell of {what} at {', '.join(f'{name} {value}' for name, value in labels.items())}.")
        return self.keys.index(key)


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """One table in long form: a row a cell. by: its columns of labels, ALL marking a sum over that label; count: the
    column of counts; what: the name of what is counted, alike in every table that counts the same.
    """

    table: pd.DataFrame
    by: tuple[str, ...]
    count: str
    what: str


def link(tables: Iterable[Crossing]) -> Cells:
    """The cells of several tables as one system: each once, with every sum that any of them shows.

    A sum is one where a table holds the total (ALL) and its parts. A total that repeats its only part binds the two.
    Raises CellsError where two tables give one cell different counts, or a total is not its parts' sum.
    """
    found: dict[Key, int] = {}
    sums: dict[tuple[Key, frozenset[Key]], None] = {}
    for crossing in tables:
        own = _cells_of(crossing)
        if differing := [key for key, count in own.items() if found.get(key, count) != count]:
            raise CellsError(f"{len(differing)} cells of {crossing.what} have two counts in two tables.")
        found |= own
        sums |= dict.fromkeys(_sums_of(own, crossing.by))
    place = {key: number for number, key in enumerate(found)}
    rows = [_row(total, parts, place) for total, parts in sums]
    matrix = sparse.csr_array(np.array(rows).reshape(len(rows), len(place)))
    return Cells(tuple(found), np.array(list(found.values()), dtype="int64"), matrix)


def _cells_of(crossing: Crossing) -> dict[Key, int]:
    """Each cell of a table and its count."""
    labels = crossing.table[list(crossing.by)].astype(str)
    counts = crossing.table[crossing.count]
    if counts.isna().any() or (counts % 1 != 0).any():
        raise CellsError(f"{crossing.what}: a count is blank or no whole number.")
    keys = [_key(crossing.what, crossing.by, row) for row in labels.itertuples(index=False, name=None)]
    if len(set(keys)) < len(keys):
        raise CellsError(f"{crossing.what}: {len(keys) - len(set(keys))} cells are given more than once in one table.")
    return dict(zip(keys, counts.astype("int64").tolist(), strict=True))


def _key(what: str, by: Sequence[str], labels: Sequence[str]) -> Key:
    return what, frozenset((name, label) for name, label in zip(by, labels, strict=True) if label != ALL)


def _sums_of(cells: dict[Key, int], by: Sequence[str]) -> list[tuple[Key, frozenset[Key]]]:
    """Each total of a table with its parts over one label."""
    parts: dict[tuple[str, Key], set[Key]] = {}
    for what, labels in cells:
        for name, label in labels:
            total = (what, labels - {(name, label)})
            if total in cells and name in by:
                parts.setdefault((name, total), set()).add((what, labels))
    return [(total, frozenset(own)) for (_name, total), own in parts.items()]


def _row(total: Key, parts: frozenset[Key], place: dict[Key, int]) -> Whole:
    """One sum as a row over the cells."""
    row = np.zeros(len(place), dtype="int64")
    row[place[total]] = 1
    row[[place[key] for key in parts]] = -1
    return row
