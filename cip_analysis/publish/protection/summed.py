"""Values that add up beside counts (pounds, weeks of care), and the counts that each rests on.

What is withheld of them follows from what is withheld of those counts, on the page and then in the whole pack, so a
record of both is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from cip_analysis.publish.protection.cells import Key, Listing
from cip_analysis.publish.protection.rulings import ADDS, Ruled, Ruling, read_key, told_key
from cip_analysis.publish.protection.values import Amounts, apart_where_torn, decide_values


@dataclass(frozen=True, slots=True, eq=False)
class Summed:
    """One column of values that add up. amounts: its cells, those withheld whatever becomes of their counts flagged.
    rests: for each row, the counts it rests on.
    """

    amounts: Amounts
    rests: tuple[tuple[Key, ...], ...]

    def given(self, ruled: Ruled) -> Amounts:
        """The values with those flagged that rest on a count that is withheld."""
        resting = [any(ruled[key].shown is None for key in keys) for keys in self.rests]
        flags = (flag or low for flag, low in zip(self.amounts.withheld, resting, strict=True))
        return replace(self.amounts, withheld=tuple(flags))


def list_summed(
    amounts: Iterable[Amounts], listings: Sequence[Listing], rests_on: Mapping[str, Sequence[str]]
) -> tuple[Summed, ...]:
    """Each column of values with the counts that its rows rest on.

    rests_on: column of values -> the counts it rests on, or other values and through them theirs.
    """
    keys = {listing.column: listing.keys for listing in listings}
    made = []
    for one in amounts:
        columns = [keys[name] for name in _counts_under(one.column, rests_on) if name in keys]
        rows = ([key for key in row if key is not None] for row in zip(*columns, strict=True))
        made.append(Summed(one, tuple(map(tuple, rows)) or ((),) * len(one.keys)))
    return tuple(made)


def _counts_under(column: str, rests_on: Mapping[str, Sequence[str]]) -> list[str]:
    """Everything that a column rests on, itself or through another, once."""
    found, ahead = dict.fromkeys([column]), [column]
    while ahead:
        fresh = [name for name in rests_on.get(ahead.pop(), ()) if name not in found]
        found |= dict.fromkeys(fresh)
        ahead += fresh
    return list(found)[1:]


def rule_on_values(amounts: Sequence[Amounts]) -> list[Ruled]:
    """What is withheld of each column of values, given all of them, by the names its cells have there."""
    apart = list(apart_where_torn(amounts))
    ruled = decide_values(apart)
    return [
        {key: ruled[known] for key, known in zip(own.keys, one.keys, strict=True) if key and known and known in ruled}
        for own, one in zip(amounts, apart, strict=True)
    ]


def adds_up(summed: Sequence[Summed], ruled: Ruled, index: pd.Index) -> dict[str, pd.Series]:
    """Which rows of each column of values are withheld because another withheld sum could be worked out from them."""
    shown = Ruling(0)
    flags = {
        one.amounts.column: [key is not None and ruled.get(key, shown).why == ADDS for key in one.amounts.keys]
        for one in summed
    }
    return {name: pd.Series(rows, index, dtype="bool") for name, rows in flags.items()}


def told_summed(summed: Summed) -> dict[str, Any]:
    """A column of values in plain values, for a file."""
    one = summed.amounts
    return {
        "column": one.column,
        "keys": [None if key is None else told_key(key) for key in one.keys],
        "values": list(one.values),
        "withheld": list(one.withheld),
        "known": [[*told_key(key), value] for key, value in one.known.items()],
        "rests": [[told_key(key) for key in keys] for keys in summed.rests],
    }


def read_summed(told: Mapping[str, Any]) -> Summed:
    """A column of values from plain values. Raises KeyError, TypeError or ValueError where it is none."""
    amounts = Amounts(
        told["column"],
        tuple(None if key is None else read_key(*key) for key in told["keys"]),
        tuple(told["values"]),
        tuple(told["withheld"]),
        {read_key(what, labels): value for what, labels, value in told["known"]},
    )
    return Summed(amounts, tuple(tuple(read_key(*key) for key in keys) for keys in told["rests"]))
