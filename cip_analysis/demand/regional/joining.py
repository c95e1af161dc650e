"""Authorities that were split or merged, put back together so that a region has one unbroken history.

Before its day a joined authority is the sum of what stood before, after it the sum of what followed: the region's total
is the same either way, because the ground is. Choices: docs/decisions/0038-the-region-together.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cip_analysis.demand.accuracy.scores import Numbers
from cip_analysis.demand.national.panel import Panel
from cip_analysis.region_settings import Joined


class JoiningError(ValueError):
    """Figures of a region cannot be put together."""


ENGLAND: tuple[Joined, ...] = (
    Joined(code="928", name="Northamptonshire", before=("928",), after=("940", "941"), since=2022),
    Joined(code="838", name="Dorset and its coast", before=("835", "836", "837"), after=("838", "839"), since=2019),
)
"""Northamptonshire, two since April 2021; Dorset, Bournemouth and Poole, two where three stood since April 2019."""


def join_rows(counts: pd.DataFrame, joined: Sequence[Joined]) -> pd.DataFrame:
    """Counts by authority and year with every joined authority as one row, and its parts gone.

    A year is the sum of those before where each has a figure, else of those after, else blank.
    """
    for one in joined:
        sums = [
            counts.reindex(list(codes)).astype("float64").sum(axis=0, min_count=len(codes))
            for codes in (one.before, one.after)
        ]
        rest = counts.drop(index=[code for code in one.parts if code in counts.index])
        whole = sums[0].fillna(sums[1]).rename(one.code).to_frame().T
        counts = pd.concat([rest, whole]).sort_index()
    return counts


def join_parts(panel: Panel, joined: Sequence[Joined]) -> Panel:
    """A panel with every joined authority as one, in its own figures and among the neighbours of others."""
    called = {part: one.code for one in joined for part in one.parts}
    near = {called.get(code, code): () for code in panel.neighbours} | dict(panel.neighbours)
    renamed = {
        code: tuple(dict.fromkeys(called.get(other, other) for other in _first_list(near, code, joined)))
        for code in near
        if called.get(code, code) == code
    }
    neighbours = {code: tuple(other for other in others if other != code) for code, others in renamed.items()}
    tables = (join_rows(table, joined) for table in (panel.children, panel.population, panel.ceased))
    children, population, ceased = tables
    return replace(panel, children=children, population=population, ceased=ceased, neighbours=neighbours)


def _first_list(near: Mapping[str, tuple[str, ...]], code: str, joined: Sequence[Joined]) -> tuple[str, ...]:
    """An authority's own list of neighbours, or where it has none that of its first part that has one."""
    parts = next((one.parts for one in joined if one.code == code), ())
    return next((near[name] for name in (code, *parts) if near.get(name)), ())


def members_known(panel: Panel, members: Collection[str], fewest: int) -> tuple[str, ...]:
    """The members with a count of `fewest` or more in every year of the panel, by code."""
    able = (panel.children.reindex(sorted(members)) >= fewest).all(axis=1)
    return tuple(map(str, able.index[able.to_numpy()]))


def add_regions(panel: Panel, regions: Mapping[str, Sequence[str]]) -> Panel:
    """The panel of whole regions: each the sum of its members, its neighbours all the others.

    regions: a region's code -> its members' codes, joined as in the panel. A year in which a member has no figure is
    blank. Raises JoiningError where a region has no members.
    """
    if empty := [code for code, members in regions.items() if not members]:
        raise JoiningError(
            f"No authority with figures belongs to {', '.join(empty)}. Name its members, or leave it out."
        )

    def added(table: pd.DataFrame) -> pd.DataFrame:
        """One of the panel's tables by region."""
        rows = {code: table.reindex(list(names)).sum(axis=0, min_count=len(names)) for code, names in regions.items()}
        return pd.DataFrame.from_dict(rows, orient="index", columns=table.columns).astype("float64")

    others = {code: tuple(other for other in regions if other != code) for code in regions}
    return replace(
        panel, children=added(panel.children), population=added(panel.population), ceased=added(panel.ceased),
        neighbours=others,
    )  # fmt: skip


def shares_of_parts(counts: pd.DataFrame, joined: Sequence[Joined], origin: int) -> dict[str, dict[str, float]]:
    """How each joined authority that has come apart by `origin` divides, by its later parts' counts then: code -> part
    -> share.

    counts: by authority and year, before joining. One that is still whole is left out, and so is one whose parts have
    no counts at the origin.
    """
    shares = {}
    for one in joined:
        if origin < one.since or not set(one.after) <= set(counts.index):
            continue
        parts = counts.loc[list(one.after), origin].astype("float64")
        if parts.notna().all():
            shares[one.code] = {str(code): float(count / parts.sum()) for code, count in parts.items()}
    return shares


def split_draws(
    draws: Numbers, codes: Sequence[str], shares: Mapping[str, Mapping[str, float]]
) -> tuple[Numbers, list[str]]:
    """Draws x authorities with each that has come apart as its parts, in its place, and the codes of all.

    shares: as `shares_of_parts` gives them. The sum of every draw stays what it was.
    """
    columns, named = [], []
    for place, code in enumerate(codes):
        for part, share in shares.get(code, {code: 1.0}).items():
            columns.append(draws[:, place] * share)
            named.append(part)
    return np.column_stack(columns), named
