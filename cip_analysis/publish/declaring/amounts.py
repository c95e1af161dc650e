"""Which sums the values of a table are, what its shares tell of their total, and what is divided by a rounded count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cip_analysis.publish.declaring.labels import Declared, name_values
from cip_analysis.publish.protection.cells import TIMES, Key
from cip_analysis.publish.protection.rulings import RESTS
from cip_analysis.publish.protection.values import Amounts
from cip_analysis.publish.words import is_share

DAY = "day"
ONE_TOTAL = 0.01
"""How far apart, of their size, the totals that several shares give may lie and still be one total."""


def list_amounts(
    table: pd.DataFrame, why: pd.DataFrame, declared: Declared, rests_on: Mapping[str, Sequence[str]], own: str
) -> tuple[Amounts, ...]:
    """Each column of values that adds up, as cells; millions in ones, so that a sum is the same however it is told.

    why: why a cell is withheld; one that rests on a withheld count is not flagged, because its count may change.
    rests_on: column -> what it rests on; a share that rests on such values gives their total away.
    own: what values without a measure are called, alike in no other table.
    """
    names, labels = name_values(table, declared, own)
    return tuple(
        _list_column(table, column, [(what, row) for row in labels], (why, declared, rests_on))
        for column, what in names.items()
    )


def work_from_shown(
    table: pd.DataFrame, rounded: Mapping[str, pd.Series], per: Mapping[str, Sequence[str]]
) -> dict[str, pd.Series]:
    """Values that are a sum over a count, worked again from the count as shown, so that they do not tell the true one.

    rounded: counts as shown. per: column of values -> the counts, added together, that it was divided by. Blank where
    the count is not shown, or shown as nought.

    By hand: £126,000 over 63 children is £2,000; over the 65 that are shown, £1,938.46.
    """
    made = {}
    for value, counts in per.items():
        true = table[list(counts)].astype("Float64").sum(axis=1, skipna=False)
        seen = pd.DataFrame({name: rounded[name] for name in counts}).astype("Float64").sum(axis=1, skipna=False)
        made[value] = table[value].astype("Float64") * true / seen.where(seen > 0)
    return made


def _list_column(
    table: pd.DataFrame,
    column: str,
    named: Sequence[Key],
    known: tuple[pd.DataFrame, Declared, Mapping[str, Sequence[str]]],
) -> Amounts:
    """One column of values as cells; rows that its labels do not tell apart are told by their number."""
    why, declared, rests_on = known
    ones = table[column].astype("Float64") * (1_000_000 if column.endswith("_million") else 1)
    values = [None if pd.isna(value) else float(value) for value in ones]
    apart = len(set(named)) == len(named)
    keys: list[Key | None] = [
        None if value is None else key if apart else (key[0], key[1] | {("row", str(row))})
        for row, (key, value) in enumerate(zip(named, values, strict=True))
    ]
    flagged = (~why[column].isin(["", RESTS])).tolist()
    told: dict[Key, list[float]] = {}
    for share in (one for one, bases in rests_on.items() if column in bases and is_share(one)):
        over = declared.told.get("over", {}).get(share)
        parts = table[share].to_numpy(dtype="float64", na_value=np.nan)
        for key, value, part in zip(keys, values, parts, strict=True):
            if key is not None and value and part and not np.isnan(part):
                told.setdefault(_total_of(key, over), []).append(value / part)
    return Amounts(column, tuple(keys), tuple(values), tuple(flagged), _one_total(told, set(keys)))


def _total_of(key: Key, over: Sequence[str] | None) -> Key:
    """The cell that a share is a share of: without the labels it is over, which are all but times unless told."""
    gone = {name.casefold().replace("_", " ") for name in over or ()}
    kept = (label for label in key[1] if (label[0] in {*TIMES, DAY} if over is None else label[0] not in gone))
    return key[0], frozenset(kept)


def _one_total(told: Mapping[Key, Sequence[float]], printed: set[Key | None]) -> dict[Key, float]:
    """The totals that shares agree on and that the column itself does not print."""
    return {
        key: float(np.median(totals))
        for key, totals in told.items()
        if key not in printed and max(totals) - min(totals) <= ONE_TOTAL * abs(max(totals))
    }
