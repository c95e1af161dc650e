"""How true in total an invented county is: its own histories counted again, beside what was published.

These counts are made from the finished lines, not from what the steering added up, so they are a check on it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cip_analysis.codes import (
    MOVES_PLACEMENT,
    RESIDENTIAL_PLACEMENTS,
    RESPITE_STATUSES,
    STARTS_A_PERIOD,
    TEMPORARY_PLACEMENTS,
    age_band,
)
from cip_analysis.synthetic.history import Histories
from cip_analysis.synthetic.totals.targets import (
    CEASED,
    DURATION_GROUPS,
    EXTERNAL,
    GROUPS_FROM_2020,
    GROUPS_TO_2019,
    LEGAL_MEASURES,
    NEW_GROUPS_FROM,
    NOT_REPORTED,
    OTHER_LEGAL,
    PROVIDER_MEASURES,
    RESPITE,
    SEX_MEASURES,
    STARTED,
    STOCK,
    UASC,
    UASC_CEASED,
    UASC_STARTED,
    Targets,
    goals,
)

FINISHED = {"": False, "X1": False}


def compare_totals(histories: Histories, targets: Targets) -> pd.DataFrame:
    """Every goal of every year beside the county's figure: year, measure, goal, inferred, synthetic, miss."""
    years = range(histories.first_day.year + 1, histories.last_day.year + 1)
    wanted = goals(targets, years[0], years[-1])
    respite = [
        {"year": year, "measure": RESPITE, "goal": targets.nearest(RESPITE, year), "inferred": year not in known}
        for known in [set(targets.series(RESPITE).index)]
        for year in years
    ]
    wanted = pd.concat([wanted, pd.DataFrame(respite)], ignore_index=True).drop(columns="tolerance")
    counted = pd.concat([_count_year(histories, year) for year in years])
    synthetic = wanted.set_index(["year", "measure"]).index.map(counted.to_dict()).fillna(0.0)
    compared = wanted.assign(synthetic=synthetic.astype(float))
    return compared.assign(miss=compared["synthetic"] - compared["goal"])


def compare_lengths(histories: Histories, targets: Targets) -> pd.DataFrame:
    """England's shares of endings by band beside the county's, with each group's total variation distance.

    One row a measure, group and band: measure, group, from, below, published, synthetic (shares), endings (of the
    group in the county over all years), distance (of the group's two distributions: 0 alike, 1 wholly apart).
    """
    tables: list[pd.DataFrame] = []
    for measure, group, lengths in _endings(histories):
        shares = targets.shares(measure, group)
        band = np.searchsorted(shares["from"].to_numpy(), lengths.to_numpy(), side="right") - 1
        found = np.bincount(band, minlength=len(shares)) / max(1, len(lengths))
        distance = float(np.abs(found - shares["share"].to_numpy()).sum() / 2)
        tables.append(
            shares.rename(columns={"share": "published"}).assign(
                measure=measure, group=group, synthetic=found, endings=len(lengths), distance=distance
            )
        )
    return pd.concat(tables, ignore_index=True)


def _count_year(histories: Histories, year: int) -> pd.Series:
    """The county's figures for one year, by (year, measure)."""
    first, last = pd.Timestamp(year - 1, 4, 1), pd.Timestamp(year, 3, 31)
    child = histories.children.set_index("child")
    lines = histories.episodes
    respite = lines["legal_status"].isin(RESPITE_STATUSES)
    staying = lines[respite & (lines["start"] <= last) & ~(lines["end"] < first)]
    counted = _flows(lines[~respite], child["uasc"], (first, last))
    counted[RESPITE] = staying["child"].nunique()
    here = lines[~respite & (lines["start"] <= last) & ~(lines["end"] <= last)]
    counted |= _stock(_usual(here, lines), child, last, year)
    return pd.Series({(year, measure): count for measure, count in counted.items()}, dtype=float)


def _usual(here: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Lines of one night, those in a temporary placement shown in the usual one."""
    before = lines.groupby("child")[["placement", "provider"]].shift().loc[here.index]
    away = here["placement"].isin(TEMPORARY_PLACEMENTS)
    return here.assign(
        placement=here["placement"].where(~away, before["placement"]),
        provider=here["provider"].where(~away, before["provider"]),
    )


def _flows(lines: pd.DataFrame, uasc: pd.Series, year: tuple[pd.Timestamp, pd.Timestamp]) -> dict[str, float]:
    starts = lines["start_reason"].eq(STARTS_A_PERIOD) & lines["start"].between(*year)
    ends = ~lines["end_reason"].isin(FINISHED) & lines["end"].between(*year)
    counted: dict[str, float] = {}
    for chosen, everyone, alone in ((starts, STARTED, UASC_STARTED), (ends, CEASED, UASC_CEASED)):
        children = pd.Index(lines.loc[chosen, "child"].unique())
        counted[everyone] = len(children)
        counted[alone] = float(uasc.loc[children].sum())
    return counted


def _stock(here: pd.DataFrame, child: pd.DataFrame, night: pd.Timestamp, year: int) -> dict[str, float]:
    """Children in care on one night by every published view."""
    about = child.loc[here["child"]]
    born = about["birth_date"]
    before = (born.dt.month > night.month) | ((born.dt.month == night.month) & (born.dt.day > night.day))
    ages = night.year - born.dt.year - before
    groups = GROUPS_FROM_2020 if year >= NEW_GROUPS_FROM else GROUPS_TO_2019
    external = here["placement"].isin(RESIDENTIAL_PLACEMENTS) & here["provider"].ne("PR1")
    views = [
        "age: " + ages.map(age_band),
        about["sex"].map(dict(SEX_MEASURES)),
        here["legal_status"].map(dict(LEGAL_MEASURES)).fillna(OTHER_LEGAL),
        here["placement"].map(dict(groups)),
        here["provider"].map(dict(PROVIDER_MEASURES)).fillna(NOT_REPORTED),
    ]
    counted: dict[str, float] = {STOCK: len(here), UASC: float(about["uasc"].sum()), EXTERNAL: float(external.sum())}
    for view in views:
        counted |= view.value_counts().astype(float).to_dict()
    return counted


def placements_of(histories: Histories) -> pd.DataFrame:
    """Each placement as the department counts one: child, start, end, placement, period (from 1), starts_period.

    Changes of legal status alone do not end a placement, nor do nights away; respite series are left out.
    """
    lines = histories.episodes[~histories.episodes["legal_status"].isin(RESPITE_STATUSES)]
    away = lines["placement"].isin(TEMPORARY_PLACEMENTS)
    back = away.shift(fill_value=False) & lines["child"].eq(lines["child"].shift())
    opens = lines["start_reason"].isin({*MOVES_PLACEMENT, STARTS_A_PERIOD}) & ~away & ~back
    starts_period = lines["start_reason"].eq(STARTS_A_PERIOD)
    grouped = lines.assign(placing=opens.cumsum(), period=starts_period.cumsum()).groupby("placing")
    return pd.DataFrame(
        {
            "child": grouped["child"].first(),
            "period": grouped["period"].first(),
            "start": grouped["start"].first(),
            "end": grouped["end"].last().where(grouped["end_reason"].last().ne("")),
            "placement": grouped["placement"].first(),
            "leaves": ~grouped["end_reason"].last().isin(FINISHED),
        }
    )


def _endings(histories: Histories) -> list[tuple[str, str, pd.Series]]:
    """Measure, group and lengths of everything that ended within the county's years."""
    placements = placements_of(histories)
    first, last = pd.Timestamp(histories.first_day), pd.Timestamp(histories.last_day)
    ended = placements[placements["end"].between(first, last)]
    days = (ended["end"] - ended["start"]).dt.days
    group = ended["placement"].map(dict(DURATION_GROUPS))
    found = [("placements ended", name, days[group.eq(name)]) for name in sorted(set(DURATION_GROUPS.values()))]
    periods = placements.groupby("period").agg(
        start=("start", "min"), end=("end", "max"), leaves=("leaves", "any"), moves=("start", "size")
    )
    over = periods[periods["leaves"] & periods["end"].between(first, last)]
    found.append(("periods of care ended", "all", (over["end"] - over["start"]).dt.days))
    found.append(("placements in the period of care ended", "all", over["moves"].clip(upper=10)))
    return found
