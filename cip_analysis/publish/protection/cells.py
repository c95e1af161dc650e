"""Counts that add up, from one table or many: each cell once, however many tables print it, and every sum among them.

A cell is known by what it counts and the labels that pick it out, so the same cell in two tables is one cell, and a
table that adds over a label meets the one that keeps it. A total shown with some of its parts only has a rest, which
no table prints but which anyone can work out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]
Label = tuple[str, str]
Key = tuple[str, frozenset[Label]]
Sum = tuple[Key, frozenset[Key]]
ALL = "all"
REST = "the rest"
TIMES = frozenset({"day", "year", "financial year", "month"})
"""Labels over which counts are not added, unless a table prints that total itself: a child is there on many days."""


class CellsError(ValueError):
    """Tables that are said to add up do not, or give one cell two counts."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Every cell of a set of tables, once, and the sums that bind them.

    keys: what each counts, and the labels that pick it out (a label added over is not among them). counts: the true
    numbers. sums: a row a sum, a column a cell: +1 for the total and -1 for its parts, so that sums @ counts is nought.
    hidden: cells that no table prints, the rest of a total shown with some of its parts; none unless told.
    """

    keys: tuple[Key, ...]
    counts: Whole
    sums: sparse.csr_array
    hidden: Flags | None = None

    def __post_init__(self) -> None:
        if len(self.keys) != len(self.counts) or self.sums.shape[1] != len(self.counts):
            raise CellsError("Keys, counts and sums are not of the same cells.")
        if (self.counts < 0).any():
            raise CellsError(f"{int((self.counts < 0).sum())} counts lie below nought.")
        if off := int(np.count_nonzero(self.sums @ self.counts)):
            raise CellsError(
                f"{off} totals are not the sum of their parts. Correct the tables, or do not call them all."
            )

    @property
    def printed(self) -> Flags:
        """Which cells some table prints."""
        return np.ones(len(self.counts), dtype=bool) if self.hidden is None else ~self.hidden

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

    def components(self) -> Iterator[tuple[Whole, Cells]]:
        """The cells in groups that no sum binds to one another: their places, and a system of them."""
        bound = abs(self.sums)
        number, group = csgraph.connected_components(bound.T @ bound, directed=False)
        order = np.argsort(group, kind="stable")
        for places in np.split(order, np.cumsum(np.bincount(group, minlength=number))[:-1]):
            yield places, self._of(places)

    def _of(self, places: Whole) -> Cells:
        sums = self.sums[:, places]
        own = sums[np.flatnonzero(np.diff(sums.indptr))]
        own.sort_indices()
        hidden = None if self.hidden is None else self.hidden[places]
        return Cells(tuple(self.keys[place] for place in places), self.counts[places], own, hidden)


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """One column of counts of one table. keys, counts: a cell a row; none of either where a count is unknown.

    measure: what it is said to count, alike wherever that is counted; blank where its cells are this table's alone.
    """

    column: str
    keys: tuple[Key | None, ...]
    counts: tuple[int | None, ...]
    measure: str = ""

    @property
    def shared(self) -> bool:
        """Whether its cells are the same wherever they are printed."""
        return bool(self.measure) and all(key is None or key[0] == self.measure for key in self.keys)

    def called(self, what: str) -> Listing:
        """The same cells as of a thing of another name."""
        return replace(self, keys=tuple(None if key is None else (what, key[1]) for key in self.keys))

    @property
    def cells(self) -> dict[Key, int]:
        """Each cell whose count is known, once."""
        pairs = zip(self.keys, self.counts, strict=True)
        return {key: count for key, count in pairs if key is not None and count is not None}


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """One table in long form: a row a cell. by: its columns of labels, ALL marking a sum over that label; count: the
    column of counts; what: the name of what is counted, alike in every table that counts the same.
    """

    table: pd.DataFrame
    by: tuple[str, ...]
    count: str
    what: str

    def listing(self) -> Listing:
        """The table as a list of cells. Raises CellsError where a count is blank or broken, or a cell comes twice."""
        counts = self.table[self.count]
        if counts.isna().any() or (counts % 1 != 0).any():
            raise CellsError(f"{self.what}: a count is blank or no whole number.")
        rows = self.table[list(self.by)].astype(str).itertuples(index=False, name=None)
        keys = tuple(_key(self.what, self.by, row) for row in rows)
        if len(set(keys)) < len(keys):
            raise CellsError(f"{self.what}: {len(keys) - len(set(keys))} cells are given more than once in one table.")
        return Listing(self.count, keys, tuple(counts.astype("int64").tolist()), self.what)


def _key(what: str, by: Sequence[str], labels: Sequence[str]) -> Key:
    return what, frozenset((name, label) for name, label in zip(by, labels, strict=True) if label != ALL)


def link(tables: Iterable[Crossing | Listing]) -> Cells:
    """The cells of several tables as one system: each once, with every sum that any of them shows.

    A sum is one where a table lists parts whose total is printed in it or in another. Parts that come to less than
    their total have a hidden rest; parts that come to more do not add up (a child counted under two labels) and bind
    nothing. A total that repeats its only part binds the two.
    The order of the tables makes no difference. Raises CellsError where two give one cell different counts.
    """
    listings = [one.listing() if isinstance(one, Crossing) else one for one in tables]
    found: dict[Key, int] = {}
    for listing in listings:
        if differing := differing_from(listing, found):
            raise CellsError(f"{differing} cells of {listing.column} have two counts in two tables.")
        found |= listing.cells
    found = {key: found[key] for key in sorted(found, key=in_order)}
    return _system(found, _sums_among([listing.cells for listing in listings], found))


def in_order(key: Key) -> tuple[str, list[Label]]:
    """By what cells are put in order, whatever the order of the tables."""
    return key[0], sorted(key[1])


def differing_from(listing: Listing, found: Mapping[Key, int]) -> int:
    """How many cells of a table have another count among those found before, or two in the table itself."""
    known = {**listing.cells, **{key: found[key] for key in listing.cells if key in found}}
    pairs = zip(listing.keys, listing.counts, strict=True)
    return sum(key is not None and count is not None and known[key] != count for key, count in pairs)


def _system(found: Mapping[Key, int], sums: Iterable[Sum]) -> Cells:
    """The cells and their sums, with the rest of each total whose parts come to less."""
    keys, counts = list(found), list(found.values())
    rows: list[list[int]] = []
    place = {key: number for number, key in enumerate(found)}
    for total, parts in sums:
        rest = found[total] - sum(found[part] for part in parts)
        if rest < 0:
            continue
        places = [place[total], *sorted(place[part] for part in parts)]
        if rest:
            places.append(len(keys))
            keys.append((total[0], total[1] | {(REST, str(len(rows)))}))
            counts.append(rest)
        rows.append(places)
    hidden = np.arange(len(keys)) >= len(found)
    across = [number for number, places in enumerate(rows) for _place in places]
    signs = [1 if first == 0 else -1 for places in rows for first in range(len(places))]
    along = [place for places in rows for place in places]
    matrix = sparse.csr_array((signs, (across, along)), shape=(len(rows), len(keys)), dtype="int64")
    return Cells(tuple(keys), np.array(counts, dtype="int64"), matrix, hidden)


def _sums_among(listed: Sequence[Mapping[Key, int]], found: Mapping[Key, int]) -> list[Sum]:
    """Every sum: of a total and all its parts wherever listed or, where those overlap, of each table's own parts."""
    sums: dict[Sum, None] = {}
    whole = {(total, over): parts for total, over, parts in sums_of(found, found, {})}
    for own in listed:
        for total, over, parts in sums_of(own, found, own):
            everywhere = whole.get((total, over), parts)
            adds = sum(found[part] for part in everywhere) <= found[total]
            sums[total, everywhere if adds else parts] = None
    return sorted(sums, key=lambda pair: (in_order(pair[0]), sorted(map(in_order, pair[1]))))


def sums_of(
    own: Mapping[Key, float], found: Mapping[Key, float], timed: Mapping[Key, float]
) -> Iterator[tuple[Key, frozenset[str], frozenset[Key]]]:
    """Each printed total, the labels it adds over, one or if need be several, and those parts of it that are its own.

    own: cells that may be parts. found: cells that may be totals. timed: those that may be totals over time.
    """
    alike: dict[tuple[str, frozenset[str]], list[Key]] = {}
    for key in own:
        alike.setdefault((key[0], frozenset(name for name, _value in key[1])), []).append(key)
    for (_what, names), keys in alike.items():
        for number in range(1, len(names) + 1):
            for over in combinations(sorted(names), number):
                totals = timed if TIMES & {*over} else found
                for total, parts in _totals_over(keys, frozenset(over), found):
                    if total in totals:
                        yield total, frozenset(over), parts


def _totals_over(
    keys: Iterable[Key], over: frozenset[str], found: Mapping[Key, float]
) -> Iterator[tuple[Key, frozenset[Key]]]:
    """What may be totals over some labels, with their parts; none where totals over fewer of them lie between."""
    parts: dict[Key, list[Key]] = {}
    for key in keys:
        parts.setdefault((key[0], frozenset(label for label in key[1] if label[0] not in over)), []).append(key)
    for total, listed in parts.items():
        between = len(over) > 1 and any(
            (total[0], key[1] - {label}) in found for key in listed for label in key[1] if label[0] in over
        )
        if not between:
            yield total, frozenset(listed)
