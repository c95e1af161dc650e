"""Withheld figures worked out by multiplying or dividing: shares and totals, unit costs and weeks, rates and people.

An intruder looks, among figures with the same labels on one page or another, for one column that is another times a
constant (a share times its total), or the product of two others times a constant (spend = weeks x unit cost). What
holds in every row where all are shown, exactly enough that it is not chance, gives the figure that is withheld
wherever the others are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np

from cip_analysis.publish.finished.attack import Recovered, is_recovered
from cip_analysis.publish.finished.grids import COUNT, Flags, Grid, Labels, Numbers
from cip_analysis.settings import Disclosure

LEAST_ROWS = 3
VARIED = 0.05
"""How much a column must vary over the rows that prove a rule, as a part of its size, to prove anything."""
EXACT = 0.1
"""How narrowly the rows must agree on the constant of a rule, as a part of it, for the rule to be believed."""
PINNED = 0.25
"""How narrowly a row must tell the constant by itself, as a part of it, to prove a rule between counts alone: nobody
expects one there, and ranges as wide as small counts are rounded to agree on one by chance."""
MOST_COLUMNS = 14
Range = tuple[Numbers, Numbers]


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Figures of one or more exhibits that share labels, a row a set of labels and a column a column of an exhibit.

    names: of the cells, in words, rows by columns. low, high: ranges, not numbers where none. hidden: withheld.
    counts: which columns count children.
    """

    names: Sequence[Sequence[str]]
    low: Numbers
    high: Numbers
    hidden: Flags
    counts: tuple[bool, ...]


def attack_products(grids: Sequence[Grid], rule: Disclosure) -> tuple[Recovered, ...]:
    """Every withheld figure that a product or a ratio of shown ones gives away."""
    found: dict[Recovered, None] = {}
    for sheet in _sheets(grids):
        found |= dict.fromkeys(_pairs(sheet, rule))
        found |= dict.fromkeys(_triples(sheet, rule))
    return tuple(found)


# ---- figures side by side ---------------------------------------------------------------------------------------


def _sheets(grids: Sequence[Grid]) -> Iterator[Sheet]:
    """Each exhibit with something withheld, beside others of the same labels, and by itself a label at a time."""
    for grid in grids:
        if grid.hidden.any():
            beside = [other for other in grids if other is not grid and _names(other) == _names(grid)]
            whole = _joined([grid, *beside])
            yield whole
            for rows in _parts(grid):
                yield _of_rows(_joined([grid]), rows)


def _names(grid: Grid) -> frozenset[str]:
    """The names of the labels that pick out an exhibit's rows."""
    return frozenset(name for labels in grid.labels for name, _value in labels)


def _parts(grid: Grid) -> Iterator[list[int]]:
    """Rows of one value of one label: a share's total may differ from year to year."""
    for name in sorted(_names(grid)):
        rows: dict[str, list[int]] = {}
        for row, labels in enumerate(grid.labels):
            rows.setdefault(dict(labels).get(name, ""), []).append(row)
        if len(rows) > 1:
            yield from (listed for listed in rows.values() if len(listed) > LEAST_ROWS)


def _joined(grids: Sequence[Grid]) -> Sheet:
    """The rows of the first exhibit, with the columns of every exhibit that has a row of the same labels."""
    rows = grids[0].labels
    columns = [_beside(rows, grid, place) for grid in grids for place in range(len(grid.names))][:MOST_COLUMNS]
    kinds = [kind == COUNT for grid in grids for kind in grid.kinds][:MOST_COLUMNS]
    names = [[column[0][row] for column in columns] for row in range(len(rows))]
    low, high, hidden = (np.column_stack([column[part] for column in columns]) for part in (1, 2, 3))
    return Sheet(names, low, high, hidden.astype(bool), tuple(kinds))


def _beside(rows: Sequence[Labels], grid: Grid, place: int) -> tuple[list[str], Numbers, Numbers, Flags]:
    """One column of an exhibit in the order of some labels."""
    if rows is grid.labels:
        at: list[int | None] = list(range(len(rows)))
    else:
        known: Mapping[Labels, int] = {labels: row for row, labels in reversed(list(enumerate(grid.labels)))}
        at = [known.get(labels) for labels in rows]
    low = np.array([np.nan if row is None else grid.low[row, place] for row in at])
    high = np.array([np.nan if row is None else grid.high[row, place] for row in at])
    hidden = np.array([row is not None and bool(grid.hidden[row, place]) for row in at])
    return ["" if row is None else grid.place(row, place) for row in at], low, high, hidden


def _of_rows(sheet: Sheet, rows: Sequence[int]) -> Sheet:
    return Sheet(
        [sheet.names[row] for row in rows], sheet.low[rows], sheet.high[rows], sheet.hidden[rows], sheet.counts
    )


# ---- rules that hold, and what they give away -------------------------------------------------------------------


def _pairs(sheet: Sheet, rule: Disclosure) -> Iterator[Recovered]:
    """One column a constant times another: a count and its share or rate."""
    for wanted, given in permutations(range(len(sheet.counts)), 2):
        if (sheet.hidden[:, wanted] & _shown(sheet, given)).any():
            one, told = np.ones(len(sheet.low)), (sheet.low[:, given], sheet.high[:, given])
            if not (sheet.counts[wanted] and sheet.counts[given]) or _is_pinned(sheet, wanted, told):
                yield from _worked_out(sheet, wanted, told, (one, one), rule)


def _is_pinned(sheet: Sheet, wanted: int, told: Range) -> bool:
    """Whether enough rows tell the constant between two columns narrowly, each by itself."""
    proving = _shown(sheet, wanted) & (told[0] > 0)
    least, most = sheet.low[proving, wanted] / told[1][proving], sheet.high[proving, wanted] / told[0][proving]
    return bool((most - least <= PINNED * most).sum() >= LEAST_ROWS)


def _triples(sheet: Sheet, rule: Disclosure) -> Iterator[Recovered]:
    """One column the product of two others, or one divided by another, times a constant."""
    for wanted in np.flatnonzero(sheet.hidden.any(axis=0)).tolist():
        others = [place for place in range(len(sheet.counts)) if place != wanted]
        for first, second in combinations(others, 2):
            given = _shown(sheet, first) & _shown(sheet, second)
            if not (sheet.hidden[:, wanted] & given).any():
                continue
            one, two = ((sheet.low[:, place], sheet.high[:, place]) for place in (first, second))
            nothing = np.ones(len(sheet.low))
            with np.errstate(invalid="ignore"):  # nought times a figure with no upper end is not a number, and no proof
                product = (one[0] * two[0], one[1] * two[1])
            yield from _worked_out(sheet, wanted, product, (nothing, nothing), rule)
            yield from _worked_out(sheet, wanted, one, two, rule)
            yield from _worked_out(sheet, wanted, two, one, rule)


def _shown(sheet: Sheet, place: int) -> Flags:
    """Rows in which a column is shown, and above nought."""
    return ~sheet.hidden[:, place] & (sheet.low[:, place] > 0)


def _worked_out(sheet: Sheet, wanted: int, above: Range, below: Range, rule: Disclosure) -> Iterator[Recovered]:
    """Withheld cells of a column that is a constant times one range over another, where that is so of all it shows."""
    least, most = (_over(one, other) for one, other in ((above[0], below[1]), (above[1], below[0])))
    usable = (least > 0) & np.isfinite(most)
    proving = _shown(sheet, wanted) & usable
    if proving.sum() < LEAST_ROWS or not _varied(sheet.low[proving, wanted]) or not _varied(least[proving]):
        return
    lowest = (sheet.low[proving, wanted] / most[proving]).max()
    highest = (sheet.high[proving, wanted] / least[proving]).min()
    if lowest > highest * (1 + 1e-9) or highest - lowest > EXACT * highest:
        return
    room = (1.0 if rule.zeros_shown else 0.0, rule.threshold - 1.0) if sheet.counts[wanted] else None
    for row in np.flatnonzero(sheet.hidden[:, wanted] & usable).tolist():
        low, high = sorted((lowest * least[row], highest * most[row]))
        if is_recovered(low, high, room):
            yield Recovered(sheet.names[row][wanted], "from a share, rate or unit cost that is shown")


def _over(above: Numbers, below: Numbers) -> Numbers:
    """One range end over another, not a number where that is nothing."""
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)


def _varied(values: Numbers) -> bool:
    """Whether numbers differ enough among themselves for a rule over them to say something."""
    return bool(values.max() - values.min() > VARIED * abs(values).max())
