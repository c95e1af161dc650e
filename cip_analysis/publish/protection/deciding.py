"""What is shown of each cell of a system of tables: rounded so that it adds, and withheld where it must be.

Cells that no sum binds are taken apart, so that a table of many months is many small ones; alike ones are decided once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from cip_analysis.publish.protection.cells import Cells, Flags, Key, Listing, Whole, link
from cip_analysis.publish.protection.rounding import RoundingError, nearest, round_to_add
from cip_analysis.publish.protection.rulings import EARLIER, PROTECTS, SMALL, Ruling
from cip_analysis.publish.protection.suppression import Rule, SuppressionError, protect
from cip_analysis.settings import Disclosure

FREE = -1


class DecisionError(ValueError):
    """Some cells cannot be protected. about: which, all bound together."""

    def __init__(self, message: str, about: tuple[Key, ...]) -> None:
        super().__init__(message)
        self.about = about


@dataclass(frozen=True, slots=True)
class Before:
    """What packs released before bind. out: cells shown in them, and still the same -> the number shown.
    hold: cells that must not be shown now.
    """

    out: Mapping[Key, int] = field(default_factory=dict)
    hold: frozenset[Key] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class _Decided:
    """A group of cells as decided: the numbers as shown, which are small, which are withheld for another reason."""

    shown: Whole
    small: Flags
    more: Flags
    held: Flags


def decide_cells(listings: Iterable[Listing], rule: Disclosure, before: Before | None = None) -> dict[Key, Ruling]:
    """Every cell of some tables as it may be shown, given that all of them are printed.

    Raises CellsError where two tables give one cell two counts, and DecisionError where what is out already gives a
    small count away.
    """
    known: dict[bytes, _Decided] = {}
    decided: dict[Key, Ruling] = {}
    bound = before or Before()
    for _places, group in link(listings).components():
        fixed = np.array([bound.out.get(key, FREE) for key in group.keys], dtype="int64")
        held = np.array([key in bound.hold for key in group.keys], dtype=bool)
        alike = _mark(group, fixed, held)
        if alike not in known:
            known[alike] = _decide(group, rule, fixed, held)
        decided |= _rulings(group, known[alike])
    return decided


def _mark(group: Cells, fixed: Whole, held: Flags) -> bytes:
    """What is alike in groups that are to be decided alike."""
    sums = group.sums
    parts = group.counts, sums.indptr, sums.indices, sums.data, group.printed, fixed, held
    return b"|".join(np.ascontiguousarray(part, dtype="int64").tobytes() for part in parts)


def _decide(group: Cells, rule: Disclosure, fixed: Whole, held: Flags) -> _Decided:
    """One group of cells bound together."""
    least = 1 if rule.zeros_shown else 0
    small = (group.counts >= least) & (group.counts < rule.threshold) & (group.printed | (group.counts > 0))
    shown = round_group(group, small, rule.rounding_base, fixed)
    if not (small | held).any():
        return _Decided(shown, small, np.zeros_like(small), held)
    try:
        made = protect(group, shown, Rule(rule.threshold, rule.rounding_base, least), fixed >= 0, held)
    except SuppressionError as error:
        raise DecisionError(str(error), group.keys) from None
    return _Decided(shown, made.small, made.more, held)


def round_group(group: Cells, small: Flags, base: int, fixed: Whole) -> Whole:
    """Counts to the nearest multiple where that already adds, whatever small counts are thought to be; else so that
    they add. Where nothing near adds, to the nearest, and the exhibit says that its numbers may not add.

    fixed: the multiple that a cell must go to, being out already; FREE where there is none.
    """
    if base == 1:
        return group.counts.copy()
    near = np.where(fixed >= 0, fixed, nearest(group.counts, base))
    unseen = small | ~group.printed
    missing = group.sums @ np.where(unseen, 0, near)
    most = np.where(group.printed, base, np.iinfo("int32").max) * unseen
    if ((missing >= -((group.sums > 0) @ most)) & (missing <= (group.sums < 0) @ most)).all():
        return near
    try:
        return round_to_add(group, base, fixed)
    except RoundingError:
        return near


def _rulings(group: Cells, made: _Decided) -> dict[Key, Ruling]:
    """What was decided of each cell that is printed."""
    withheld = np.select([made.small, made.more & made.held, made.more], [SMALL, EARLIER, PROTECTS], "")
    told = zip(group.keys, made.shown.tolist(), withheld.tolist(), group.printed.tolist(), strict=True)
    return {key: Ruling(None if why else number, why) for key, number, why, printed in told if printed}
