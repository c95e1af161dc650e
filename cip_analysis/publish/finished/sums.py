"""Sums that an intruder can find among figures without being told of them: because they hold wherever all is shown.

Along a table's rows (a row of all settings beside each setting), across its columns (children in all beside boys and
girls), and between exhibits (a total on one page, its parts on another, or the same figures twice). A sum is believed
where a row or column says that it is a total, or where it holds too often and too exactly to be chance; and never where
anything shown goes against it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from cip_analysis.publish.finished.grids import ANY_TOTAL, COUNT, MONEY, OTHER, TIMES, Grid, Labels, Numbers

Place = tuple[int, int, int]
"""A figure: its grid, row and column."""
ADDING = frozenset({COUNT, MONEY, OTHER})
SURE = 0.25
"""A sum that holds says something only where its slack is less than this part of the total."""
ALIKE = 3
MOST_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class Sum:
    """A total and its parts. sure: whether it was seen to hold where all is shown, or only says that it is one."""

    total: Place
    parts: tuple[Place, ...]
    sure: bool = True


@dataclass(slots=True)
class _Seen:
    """How a supposed sum fares where everything is shown."""

    held: int = 0
    against: int = 0


def find_sums(grids: Sequence[Grid]) -> list[Sum]:
    """Every sum among the figures of a pack that an intruder would believe."""
    found: dict[Sum, None] = {}
    for number, grid in enumerate(grids):
        found |= dict.fromkeys(_along_rows(number, grid))
        found |= dict.fromkeys(_across_columns(number, grid))
    found |= dict.fromkeys(_between(grids))
    return list(found)


def _judge(low: Numbers, high: Numbers, total: int, parts: Sequence[int]) -> bool | None:
    """Whether a total is the sum of its parts as shown; nothing where that would be so of most numbers."""
    least, most = low[list(parts)].sum(), high[list(parts)].sum()
    fits = bool(least <= high[total] + 1e-9 and most >= low[total] - 1e-9)
    slack = (most - least) + (high[total] - low[total])
    if not fits:
        return False
    return True if slack < SURE * abs(low[total]) and len(parts) > 1 else None


def _tally(seen: _Seen, verdict: bool | None) -> None:
    seen.held += verdict is True
    seen.against += verdict is False


# ---- along the rows of one exhibit ------------------------------------------------------------------------------


def _along_rows(number: int, grid: Grid) -> Iterator[Sum]:
    """Rows that add up others with the same labels but one."""
    names = sorted({name for labels in grid.labels for name, _value in labels})
    for column, kind in enumerate(grid.kinds):
        if kind not in ADDING:
            continue
        for name in names:
            groups = _groups(grid, column, name)
            yield from _called_totals(number, column, grid, groups)
            if name not in TIMES:
                yield from _uncalled_totals(number, column, grid, groups, name)


def _groups(grid: Grid, column: int, name: str) -> list[tuple[int | None, list[int]]]:
    """Rows alike but for one label, and the row that leaves it out, if there is one."""
    rows: dict[Labels, list[int]] = {}
    rest: dict[Labels, int] = {}
    for row, labels in enumerate(grid.labels):
        if np.isnan(grid.low[row, column]) and not grid.hidden[row, column]:
            continue
        without = frozenset(label for label in labels if label[0] != name)
        if len(without) < len(labels):
            rows.setdefault(without, []).append(row)
        else:
            rest[without] = row
    return [(rest.get(labels), listed) for labels, listed in rows.items()]


def _called_totals(
    number: int, column: int, grid: Grid, groups: Sequence[tuple[int | None, list[int]]]
) -> Iterator[Sum]:
    """Totals that say so: a row that leaves a label out beside those that have it."""
    seen, sums = _Seen(), []
    for total, parts in groups:
        if total is None or len(parts) < 2:
            continue
        if grid.known[[total, *parts], column].all():
            _tally(seen, _judge(grid.low[:, column], grid.high[:, column], total, parts))
        sums.append(((number, total, column), tuple((number, part, column) for part in parts)))
    if not seen.against:
        yield from (Sum(total, parts, seen.held > 0) for total, parts in sums)


def _uncalled_totals(
    number: int, column: int, grid: Grid, groups: Sequence[tuple[int | None, list[int]]], name: str
) -> Iterator[Sum]:
    """Totals that do not say so: rows of one value of a label that come to all the others, twice or more."""
    values = sorted({dict(grid.labels[row])[name] for _total, rows in groups for row in rows})
    for value in values:
        seen, sums = _Seen(), []
        for _total, rows in groups:
            picked = [row for row in rows if dict(grid.labels[row])[name] == value]
            parts = [row for row in rows if row not in picked]
            if len(picked) != 1 or len(parts) < 2:
                continue
            if grid.known[rows, column].all():
                _tally(seen, _judge(grid.low[:, column], grid.high[:, column], picked[0], parts))
            sums.append(Sum((number, picked[0], column), tuple((number, part, column) for part in parts)))
        if seen.held > 1 and not seen.against:
            yield from sums


# ---- across the columns of one exhibit --------------------------------------------------------------------------


def _across_columns(number: int, grid: Grid) -> Iterator[Sum]:
    """Columns that add up others standing side by side: by their name, or because they do so in every row shown."""
    alike = {kind: [place for place, one in enumerate(grid.kinds) if one == kind] for kind in ADDING}
    for places in alike.values():
        if 2 < len(places) <= MOST_COLUMNS:
            for first, last in combinations(range(len(places) + 1), 2):
                run = places[first:last]
                for total in (place for place in places if place not in run and len(run) > 1):
                    yield from _column_sum(number, grid, total, run)


def _column_sum(number: int, grid: Grid, total: int, parts: Sequence[int]) -> Iterator[Sum]:
    seen, sums = _Seen(), []
    for row in range(len(grid.labels)):
        places = [total, *parts]
        if grid.known[row, places].all():
            _tally(seen, _judge(grid.low[row], grid.high[row], total, parts))
        if (grid.known[row, places] | grid.hidden[row, places]).all():
            sums.append(Sum((number, row, total), tuple((number, row, part) for part in parts)))
    called = bool(ANY_TOTAL.fullmatch(grid.names[total].replace("_", " ")))
    if not seen.against and seen.held > (0 if called else 1):
        yield from sums


# ---- between exhibits -------------------------------------------------------------------------------------------


def _between(grids: Sequence[Grid]) -> Iterator[Sum]:
    """The same figures in two exhibits, and totals in one of parts in another."""
    columns = [(number, place, _by_labels(grid, place)) for number, grid in enumerate(grids)
               for place, kind in enumerate(grid.kinds) if kind in ADDING]  # fmt: skip
    for (one, first, here), (two, second, there) in combinations(columns, 2):
        if one == two or grids[one].kinds[first] != grids[two].kinds[second]:
            continue
        if grids[one].hidden[:, first].any() or grids[two].hidden[:, second].any():
            yield from _repeated(grids, (one, first, here), (two, second, there))
            yield from _parted(grids, (one, first, here), (two, second, there))
            yield from _parted(grids, (two, second, there), (one, first, here))


def _by_labels(grid: Grid, column: int) -> Mapping[Labels, int]:
    """The row of each set of labels, of those that pick out one row with a figure."""
    rows: dict[Labels, list[int]] = {}
    for row, labels in enumerate(grid.labels):
        if grid.known[row, column] or grid.hidden[row, column]:
            rows.setdefault(labels, []).append(row)
    return {labels: found[0] for labels, found in rows.items() if len(found) == 1}


_Column = tuple[int, int, Mapping[Labels, int]]


def _repeated(grids: Sequence[Grid], one: _Column, two: _Column) -> Iterator[Sum]:
    """Figures of the same labels that are the same wherever both are shown, and differ among themselves."""
    (first, across, here), (second, along, there) = one, two
    common = [labels for labels in here if labels in there and labels]
    shown = [labels for labels in common
             if grids[first].known[here[labels], across] and grids[second].known[there[labels], along]]  # fmt: skip
    pairs = [(grids[first].low[here[labels], across], grids[second].low[there[labels], along]) for labels in shown]
    told = {low for low, _other in pairs if low}
    if len(told) >= ALIKE and all(abs(low - other) <= 1e-9 * max(1.0, abs(low)) for low, other in pairs):
        for labels in common:
            yield Sum((first, here[labels], across), ((second, there[labels], along),))


def _parted(grids: Sequence[Grid], whole: _Column, parts: _Column) -> Iterator[Sum]:
    """Totals of one exhibit whose parts, told apart by one label more, stand in the other."""
    (first, across, here), (second, along, there) = whole, parts
    split: dict[Labels, list[int]] = {}
    for labels, row in there.items():
        for label in labels:
            if label[0] not in TIMES and labels - {label} in here:
                split.setdefault(labels - {label}, []).append(row)
    seen, sums = _Seen(), []
    for labels, rows in split.items():
        names = {name for row in rows for name, _value in grids[second].labels[row] - labels}
        if len(names) != 1 or len(rows) < 2:
            continue
        top = here[labels]
        if grids[first].known[top, across] and grids[second].known[rows, along].all():
            low = np.append(grids[second].low[rows, along], grids[first].low[top, across])
            high = np.append(grids[second].high[rows, along], grids[first].high[top, across])
            _tally(seen, _judge(low, high, len(rows), range(len(rows))))
        sums.append(Sum((first, top, across), tuple((second, row, along) for row in rows)))
    if seen.held > 1 and not seen.against:
        yield from sums
