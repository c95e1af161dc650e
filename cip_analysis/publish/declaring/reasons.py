"""Why each cell of a table is withheld: a step a function, each given the reasons so far and returning more of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from cip_analysis.publish.protection.cells import Listing
from cip_analysis.publish.protection.rulings import ADDS, CHILDREN, PROVIDERS, RESTS, Ruled, Ruling
from cip_analysis.publish.protection.summed import Summed, adds_up
from cip_analysis.settings import Disclosure


def no_reasons(table: pd.DataFrame) -> pd.DataFrame:
    """A frame in the shape of a table, blank: nothing of it is withheld yet."""
    return pd.DataFrame("", index=table.index, columns=table.columns, dtype="str")


def what_is_ruled(why: pd.DataFrame, listings: Sequence[Listing], ruled: Ruled) -> pd.DataFrame:
    """Why each count is withheld."""
    nothing = Ruling(None)
    told = {one.column: [ruled.get(key, nothing).why if key else "" for key in one.keys] for one in listings}
    return why.assign(**{name: pd.Series(reasons, why.index, dtype="str") for name, reasons in told.items()})


def what_rests(why: pd.DataFrame, rests_on: Mapping[str, list[str]]) -> pd.DataFrame:
    """The same, with every value withheld where something that it rests on is, a count or another value."""
    for _deep in range(len(rests_on)):
        resting = {value: (why[base] != "").any(axis=1) for value, base in rests_on.items()}
        more = why.assign(**{name: why[name].mask(rows & why[name].eq(""), RESTS) for name, rows in resting.items()})
        if more.equals(why):
            break
        why = more
    return why


def few_providers(
    why: pd.DataFrame, table: pd.DataFrame, providers: Mapping[str, str], rule: Disclosure
) -> pd.DataFrame:
    """The same, with every value but nought withheld that has providers behind it, yet fewer than the rule asks for."""
    few = {value: table[behind].lt(rule.fewest_providers) & table[behind].gt(0) for value, behind in providers.items()}
    flagged = {
        value: so.fillna(False).astype(bool) & table[value].ne(0).fillna(True) & why[value].eq("")
        for value, so in few.items()
    }
    return why.assign(**{value: why[value].mask(flags, PROVIDERS) for value, flags in flagged.items()})


def what_adds(why: pd.DataFrame, summed: Sequence[Summed], ruled: Ruled) -> pd.DataFrame:
    """The same, with every value withheld from which another withheld one could be worked out."""
    flags = adds_up(summed, ruled, why.index)
    return why.assign(**{name: why[name].mask(rows & why[name].eq(""), ADDS) for name, rows in flags.items()})


def few_children(
    why: pd.DataFrame, table: pd.DataFrame, rests_on: Mapping[str, list[str]], rule: Disclosure
) -> pd.DataFrame:
    """The same, with every value withheld that rests on some children but fewer than the rule asks for behind one."""
    fewest = rule.fewest_children or rule.threshold
    made = why
    for value, bases in rests_on.items():
        for name in (one for one in bases if one not in rests_on):
            few = (table[name].lt(fewest) & table[name].gt(0)).fillna(False).astype(bool)
            made = made.assign(**{value: made[value].mask(few & made[value].eq(""), CHILDREN)})
    return made
