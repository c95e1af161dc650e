"""Pounds, weeks and days that add up: what more to withhold, so that none withheld can be worked out from the rest.

A reader is taken to know every value shown to the last decimal (a price and its weeks give the pounds, however the
pounds are rounded), every sum, and that care does not cost less than nothing. A withheld value is safe where all that
still leaves it anything from half to one and a half times the truth (docs/decisions/0024).
Source: the p% rule, and the least and greatest that a table's sums allow each cell; L. Willenborg and T. de Waal,
Elements of Statistical Disclosure Control, 2001, chapter 6; A. Hundepool and others, Statistical Disclosure
Control, 2012.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csgraph

from cip_analysis.publish.protection.cells import Flags, Key, in_order, sums_of
from cip_analysis.publish.protection.rulings import ADDS, Ruled, Ruling

Numbers = NDArray[np.float64]
ROOM = 0.5
"""How far either side of the truth, of its size, a withheld value must be left possible."""
NEARBY = 4.0
NOISE = 0.005
"""Of a total: parts that miss it by less are taken to make it up, because they are rounded."""
NEAR = 1e-6
UNITS = (1e6, 1e5, 1e4, 1e3, 100.0, 10.0, 1.0, 0.1, 0.01)
"""What values may have been rounded to."""
NODES = 5_000


class ValuesError(ValueError):
    """A withheld value cannot be kept from a reader, whatever else is withheld."""


@dataclass(frozen=True, slots=True, eq=False)
class Amounts:
    """One column of values of one table that add up over its labels.

    keys, values: a cell a row; none of either where there is no value. withheld: rows withheld already for their own
    sake, such as few providers. known: the totals that the shares beside them give away -> value.
    """

    column: str
    keys: tuple[Key | None, ...]
    values: tuple[float | None, ...]
    withheld: tuple[bool, ...]
    known: Mapping[Key, float]

    @property
    def cells(self) -> dict[Key, float]:
        """Each cell that has a value, once."""
        pairs = zip(self.keys, self.values, strict=True)
        return {key: value for key, value in pairs if key is not None and value is not None}

    @property
    def hidden(self) -> set[Key]:
        """The cells already withheld."""
        return {key for key, flag in zip(self.keys, self.withheld, strict=True) if flag and key is not None}

    def called(self, what: str) -> Amounts:
        """The same cells as of a thing of another name."""
        keys = tuple(None if key is None else (what, key[1]) for key in self.keys)
        return replace(self, keys=keys, known={(what, key[1]): value for key, value in self.known.items()})


def decide_values(listed: Iterable[Amounts]) -> Ruled:
    """Every value of some tables: withheld or, with nought for its number, shown; a cell is so wherever it is printed.

    A cell withheld in one table is withheld in all. Columns that give one cell two values are told apart.
    Raises ValuesError where a withheld value cannot be protected.
    """
    columns = list(apart_where_torn(listed))
    found = {key: value for one in columns for key, value in (*one.known.items(), *one.cells.items())}
    found = {key: found[key] for key in sorted(found, key=in_order)}
    keys, values = list(found), np.array(list(found.values()), dtype="float64")
    hidden = set().union(*(one.hidden for one in columns)) if columns else set()
    withheld = np.array([key in hidden for key in keys], dtype=bool)
    printed = {key for one in columns for key in one.cells}
    fixed = np.array([key not in printed for key in keys], dtype=bool)
    sums = _sums(found, columns)
    more = protect_values(values, withheld, sums, fixed) if withheld.any() else np.zeros_like(withheld)
    told = zip(keys, withheld, more, strict=True)
    return {key: Ruling(None, ADDS) if kept or added else Ruling(0) for key, kept, added in told}


def apart_where_torn(listed: Iterable[Amounts]) -> Iterator[Amounts]:
    """The columns, one that gives a cell another value than those before it under a name of its own."""
    found: dict[Key, float] = {}
    for number, one in enumerate(listed):
        mine = {**one.known, **one.cells}
        torn = any(abs(mine[key] - found[key]) > NOISE * abs(found[key]) + NEAR for key in mine.keys() & found)
        known = one.called(f"{one.column}, column {number} of the pack") if torn else one
        found |= {**known.known, **known.cells}
        yield known


def protect_values(values: Numbers, withheld: Flags, sums: sparse.csr_array, fixed: Flags | None = None) -> Flags:
    """Which more values to withhold so that each withheld one may be anything from half to one and a half of itself.

    sums: a row a sum, a column a value: +1 for the total and -1 for its parts; what parts lack of their total nobody
    knows, but that it is not below nought. fixed: values that cannot be withheld. The smallest are taken first.
    Raises ValuesError where what is fixed gives a value away.
    """
    free, sums = np.zeros_like(withheld) if fixed is None else fixed, _with_rests(values, sums)
    rests = sums.shape[1] - len(values)
    size = np.concatenate([values, sums[:, len(values) :].T @ -(sums[:, : len(values)] @ values)])
    unseen = np.concatenate([withheld, np.ones(rests, dtype=bool)])
    held = np.concatenate([free, np.zeros(rests, dtype=bool)])
    more = np.zeros(len(size), dtype=bool)
    for places, bound in _components(sums):
        aims = np.flatnonzero((unseen & (np.arange(len(size)) < len(values)))[places])
        if len(aims):
            more[places] = _protect_group(size[places], unseen[places], bound, (held[places], aims))
    return more[: len(values)]


def ranges_of(values: Numbers, withheld: Flags, sums: sparse.csr_array) -> NDArray[np.float64]:
    """The least and greatest that each withheld value can be, given all that is shown: a row each, in order."""
    sums = _with_rests(values, sums)
    rest = sums[:, len(values) :].T @ -(sums[:, : len(values)] @ values)
    size = np.concatenate([values, rest])
    unseen = np.concatenate([withheld, np.ones(len(rest), dtype=bool)])
    found = [
        [size[place] + sign * _furthest(size, unseen, sums, int(place), sign) for sign in (-1, 1)]
        for place in np.flatnonzero(withheld)
    ]
    return np.array(found, dtype="float64").reshape(-1, 2)


# ---- the sums ------------------------------------------------------------------------------------------------------


def _sums(found: Mapping[Key, float], columns: Sequence[Amounts]) -> sparse.csr_array:
    """Every sum that the cells make, those of each column and those across them; parts above their total make none."""
    place = {key: number for number, key in enumerate(found)}
    told = {(total, parts) for total, _over, parts in sums_of(found, found, {})}
    for one in columns:
        own = {**one.known, **one.cells}
        told |= {(total, parts) for total, _over, parts in sums_of(own, found, own)}
    kept = [(place[total], sorted(place[part] for part in parts)) for total, parts in told]
    values = list(found.values())
    rows = sorted(
        (total, parts)
        for total, parts in kept
        if sum(values[part] for part in parts) <= values[total] + NOISE * abs(values[total])
    )
    across = [number for number, (_total, parts) in enumerate(rows) for _one in range(len(parts) + 1)]
    along = [one for total, parts in rows for one in (total, *parts)]
    signs = [sign for _total, parts in rows for sign in (1.0, *[-1.0] * len(parts))]
    return sparse.csr_array((signs, (across, along)), shape=(len(rows), len(found)))


def _with_rests(values: Numbers, sums: sparse.csr_array) -> sparse.csr_array:
    """The sums with a further column for what the parts of each lack of their total, where that is more than noise."""
    lacking = np.asarray(sums @ values, dtype="float64")
    totals = np.asarray(abs(sums.minimum(0)) @ abs(values), dtype="float64")
    noise = np.minimum(NOISE * totals, [_rounding(values[sums.indices[at]]) for at in _rows_of(sums)])
    rows = np.flatnonzero(lacking > noise)
    rests = sparse.csr_array((-np.ones(len(rows)), (rows, range(len(rows)))), shape=(sums.shape[0], len(rows)))
    return sparse.csr_array(sparse.hstack([sums, rests]))


def _rows_of(sums: sparse.csr_array) -> Iterator[slice]:
    """Where each sum's values are told."""
    return (slice(begin, end) for begin, end in pairwise(sums.indptr.tolist()))


def _rounding(values: Numbers) -> float:
    """How far the total and parts of a sum may be apart by rounding alone: half of what each is rounded to."""
    unit = next((unit for unit in UNITS if np.allclose(values, np.round(values / unit) * unit, rtol=0, atol=NEAR)), 0.0)
    return unit * len(values) / 2 + NEAR * float(abs(values).max(initial=0.0))


def _components(sums: sparse.csr_array) -> Iterator[tuple[NDArray[np.int64], sparse.csr_array]]:
    """The places of the values that sums bind to one another, and those sums."""
    bound = abs(sums)
    number, group = csgraph.connected_components(bound.T @ bound, directed=False)
    for one in range(number):
        places = np.flatnonzero(group == one)
        own = sparse.csr_array(sums[:, places])
        yield places, own[np.flatnonzero(np.diff(own.indptr))]


# ---- what more to withhold -----------------------------------------------------------------------------------------


def _protect_group(
    values: Numbers, unseen: Flags, sums: sparse.csr_array, wanted: tuple[Flags, NDArray[np.int64]]
) -> Flags:
    """What more to withhold of one group. wanted: which values cannot be, and where those to protect stand."""
    fixed, aims = wanted
    more = np.zeros_like(unseen)
    for place in sorted(aims.tolist(), key=lambda aim: -abs(values[aim])):
        if not _roomy(values, unseen | more, sums, place):
            more |= _make_room(values, (unseen | more, ~(unseen | more | fixed) & (values != 0)), sums, place)
    for place in sorted(np.flatnonzero(more).tolist(), key=lambda one: -abs(values[one])):
        fewer = more.copy()
        fewer[place] = False
        if all(_roomy(values, unseen | fewer, sums, int(aim)) for aim in aims):
            more = fewer
    return more


def _roomy(values: Numbers, unseen: Flags, sums: sparse.csr_array, place: int) -> bool:
    """Whether a reader is left with half to one and a half of one value."""
    need = ROOM * abs(values[place]) * (1 - NEAR)
    return all(_furthest(values, unseen, sums, place, sign) >= need for sign in (1, -1))


def _furthest(values: Numbers, unseen: Flags, sums: sparse.csr_array, place: int, sign: int) -> float:
    """How far above (sign 1) or below (-1) the truth one withheld value may be thought to lie, given the rest."""
    unit = abs(values[place]) or 1.0
    moving = np.flatnonzero(unseen)
    aim = np.zeros(len(moving))
    aim[np.searchsorted(moving, place)] = -sign
    low = np.where(values[moving] >= 0, -values[moving] / unit, -np.inf)
    own = sparse.csr_array(sums[:, moving])
    ties = {"A_eq": own, "b_eq": np.zeros(own.shape[0])} if own.shape[0] else {}
    found = linprog(aim, bounds=np.column_stack([low, np.full(len(moving), np.inf)]), method="highs", **ties)
    return np.inf if found.status == 3 else float(-found.fun) * unit


def _make_room(values: Numbers, flags: tuple[Flags, Flags], sums: sparse.csr_array, place: int) -> Flags:
    """The fewest and smallest further values that give one its room. flags: those unseen, and those that may be."""
    unseen, may = flags
    chosen = _choose(values / (abs(values[place]) or 1.0), (unseen, may), sums, place)
    if chosen is not None and _roomy(values, unseen | chosen, sums, place):
        return chosen
    if _roomy(values, unseen | may, sums, place):
        return may
    raise ValuesError("A withheld sum cannot be protected: what must be shown gives it away. Leave its total out.")


def _choose(values: Numbers, flags: tuple[Flags, Flags], sums: sparse.csr_array, place: int) -> Flags | None:
    """The choice of `_make_room` by whole-number programming, values in units of the one to protect; or none."""
    number, (unseen, may) = len(values), flags
    low = np.where(unseen | may, np.where(values >= 0, np.maximum(-values, -NEARBY), -NEARBY), 0.0)
    high = np.where(unseen | may, NEARBY, 0.0)
    ends = np.tile(low, 2), np.tile(high, 2)
    for table, moved in ((0, -ROOM), (1, ROOM)):
        ends[0][table * number + place] = ends[1][table * number + place] = moved
    one, none = sparse.eye_array(number), sparse.csr_array((number, number))
    reach = sparse.diags_array(np.where(may, NEARBY, 0.0))
    slack = np.where(may, 0.0, NEARBY)
    pairs = ((one, none), (none, one))
    limits = [LinearConstraint(sparse.hstack([*pair, -reach]), ub=slack) for pair in pairs]
    limits += [LinearConstraint(sparse.hstack([*pair, reach]), lb=-slack) for pair in pairs]
    if sums.shape[0]:
        blank = sparse.csr_array(sums.shape)
        limits += [LinearConstraint(sparse.hstack([*pair, blank]), 0, 0) for pair in ((sums, blank), (blank, sums))]
    found = milp(
        np.concatenate([np.zeros(2 * number), np.where(may, 1 + np.log1p(abs(values)), 0)]),
        bounds=Bounds(np.concatenate([ends[0], np.zeros(number)]), np.concatenate([ends[1], may.astype("float64")])),
        constraints=limits,
        integrality=np.concatenate([np.zeros(2 * number), np.ones(number)]),
        options={"node_limit": NODES},
    )
    return None if found.x is None else np.asarray(found.x[2 * number :] > ROOM)
