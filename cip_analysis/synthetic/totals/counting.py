"""What each invented household would add to each published figure: the county's sums, before anyone is chosen.

Counts follow the department: a child in care at the end of 31 March is in that day's stock; a child who starts
(or ceases) in a year counts once in it, however often; respite series are left out. Lengths of placements and of
periods are counted where they end within the years.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from cip_analysis.codes import AGE_BAND_STARTS, RESIDENTIAL_PLACEMENTS
from cip_analysis.synthetic.chance import Flags, Numbers, Wholes
from cip_analysis.synthetic.children.arrivals import Arrivals, day_number
from cip_analysis.synthetic.children.journeys import STATUSES, Periods
from cip_analysis.synthetic.children.placing import KINDS, PROVIDERS, Placings
from cip_analysis.synthetic.totals.targets import (
    AGE_MEASURES,
    CEASED,
    DURATION_GROUPS,
    EXTERNAL,
    GROUPS_FROM_2020,
    GROUPS_TO_2019,
    LEGAL_MEASURES,
    NEW_GROUPS_FROM,
    NOT_REPORTED,
    OTHER_LEGAL,
    OWN_HOMES,
    PROVIDER_MEASURES,
    SEX_MEASURES,
    STARTED,
    STOCK,
    UASC,
    UASC_CEASED,
    UASC_STARTED,
    Targets,
)

ENDINGS = ("placements ended", "periods of care ended", "placements in the period of care ended")


@dataclass(frozen=True, slots=True)
class Pool:
    """Everyone invented, and what became of them; nobody chosen yet."""

    arrivals: Arrivals
    periods: Periods
    placings: Placings


@dataclass(frozen=True, slots=True)
class Sums:
    """What each household adds to each goal.

    adds: households x goals. goals: one row a goal: year, measure, goal, tolerance, inferred; year 0 for lengths,
    whose goal is that a band's endings less its published share of its group's endings come to nought.
    """

    adds: sparse.csr_array
    goals: pd.DataFrame


def sum_households(pool: Pool, goals: pd.DataFrame, targets: Targets) -> Sums:
    """What every household of the pool adds to every goal, and to England's distributions of length."""
    households = int(pool.arrivals.household.max(initial=-1)) + 1
    place = {key: row for row, key in enumerate(zip(goals["year"], goals["measure"], strict=True))}
    years = sorted(set(goals["year"]))
    rows: list[Wholes] = []
    columns: list[Wholes] = []
    for year in years:
        for household, measure in [*_on_31_march(pool, year), *_during(pool, year)]:
            column = np.array([place.get((year, name), -1) for name in measure.names])[measure.codes]
            rows.append(household[column >= 0])
            columns.append(column[column >= 0])
    row, column = np.concatenate(rows), np.concatenate(columns)
    counts = sparse.csr_array((np.ones(len(row)), (row, column)), shape=(households, len(goals)))
    lengths, length_goals = _lengths(pool, targets, (years[0], years[-1]), households)
    return Sums(sparse.csr_array(sparse.hstack([counts, lengths])), pd.concat([goals, length_goals], ignore_index=True))


@dataclass(frozen=True, slots=True)
class _Named:
    """Names, and which of them each row has."""

    names: tuple[str, ...]
    codes: Wholes


def _all_of(name: str, count: int) -> _Named:
    return _Named((name,), np.zeros(count, dtype=np.int64))


def _on_31_march(pool: Pool, year: int) -> list[tuple[Wholes, _Named]]:
    """For every published view of 31 March, the household and measure of each child in care that night."""
    day = day_number(year, 3, 31)
    placings, periods = pool.placings, pool.periods
    begun = periods.start[placings.period]
    here = np.flatnonzero((begun + placings.start <= day) & (begun + placings.end > day))
    period, kind, provider = placings.period[here], placings.kind[here], placings.provider[here]
    child = periods.child[period]
    household = pool.arrivals.household[child]
    age = _whole_years(pool.arrivals.birth[child], day)
    status = status_on(periods, period, np.full(len(period), day) - periods.start[period])
    legal = tuple(LEGAL_MEASURES.get(code, OTHER_LEGAL) for code in STATUSES)
    groups = GROUPS_FROM_2020 if year >= NEW_GROUPS_FROM else GROUPS_TO_2019
    residential = np.array([code in RESIDENTIAL_PLACEMENTS for code in KINDS])[kind]
    own = np.array(PROVIDERS)[provider] == "PR1"
    views = [
        _all_of(STOCK, len(here)),
        _Named(AGE_MEASURES, np.searchsorted(AGE_BAND_STARTS[1:], age, side="right")),
        _Named(tuple(SEX_MEASURES.values()), np.where(pool.arrivals.male[child], 0, 1)),
        _Named(legal, status),
        _Named(tuple(groups[code] for code in KINDS), kind),
        _Named(tuple(PROVIDER_MEASURES.get(code, NOT_REPORTED) for code in PROVIDERS), provider),
        _Named(("", UASC), pool.arrivals.uasc[child].astype(np.int64)),
        _Named(("", EXTERNAL, OWN_HOMES), np.where(residential, 1 + own, 0)),
    ]
    return [(household, view) for view in views]


def _during(pool: Pool, year: int) -> list[tuple[Wholes, _Named]]:
    """For started and ceased, the household and measure of each child counted in the year."""
    first, last = day_number(year - 1, 4, 1), day_number(year, 3, 31)
    found: list[tuple[Wholes, _Named]] = []
    for days, all_children, alone in (
        (pool.periods.start, STARTED, UASC_STARTED),
        (pool.periods.end, CEASED, UASC_CEASED),
    ):
        child = np.unique(pool.periods.child[(days >= first) & (days <= last)])
        household = pool.arrivals.household[child]
        found.append((household, _all_of(all_children, len(child))))
        found.append((household, _Named(("", alone), pool.arrivals.uasc[child].astype(np.int64))))
    return found


def _whole_years(birth: Wholes, day: int) -> Wholes:
    """Age in completed years on `day`."""
    born = birth.astype("datetime64[D]")
    months = born.astype("datetime64[M]").astype(np.int64)
    day_of_month = (born - born.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
    today = np.datetime64(day, "D")
    month, at = int(today.astype("datetime64[M]").astype(np.int64)), today - today.astype("datetime64[M]")
    years: Wholes = (month - months - (day_of_month > at.astype(np.int64))) // 12
    return years


def status_on(periods: Periods, which: Wholes, day: Wholes) -> Wholes:
    """Position in STATUSES of the legal status of each period `which` on a day of that period."""
    begun = periods.begins[which] <= day[:, None]
    latest: Wholes = len(STATUSES) - 1 - np.argmax(begun[:, ::-1], axis=1)
    return latest


def _lengths(
    pool: Pool, targets: Targets, years: tuple[int, int], households: int
) -> tuple[sparse.csr_array, pd.DataFrame]:
    """For each band of each published distribution: endings in the band less its share of the group's endings."""
    blocks: list[sparse.csr_array] = []
    goals: list[dict[str, object]] = []
    for measure, group, household, length in _endings(pool, years):
        shares = targets.shares(measure, group)
        band = np.searchsorted(shares["from"].to_numpy(), length, side="right") - 1
        ones = sparse.csr_array((np.ones(len(band)), (household, band)), shape=(households, len(shares)))
        every = sparse.csr_array(np.asarray(ones.sum(axis=1)).reshape(-1, 1))
        blocks.append(sparse.csr_array(ones - every @ sparse.csr_array(shares["share"].to_numpy().reshape(1, -1))))
        goals += [
            {"year": 0, "measure": f"{measure}: {group}: {low}", "goal": 0.0, "endings": len(band)}
            for low in shares["from"]
        ]
    return sparse.csr_array(sparse.hstack(blocks)), pd.DataFrame(goals)


def _endings(pool: Pool, years: tuple[int, int]) -> list[tuple[str, str, Wholes, Wholes]]:
    """Measure, group, household and length of everything that ended within the years."""
    first, last = day_number(years[0] - 1, 4, 1), day_number(years[1], 3, 31)
    periods, placings = pool.periods, pool.placings
    of_child = pool.arrivals.household[periods.child]
    ended = (periods.end >= first) & (periods.end <= last)
    moves = np.minimum(np.bincount(placings.period, minlength=len(periods)), 10)
    found = [
        (ENDINGS[1], "all", of_child[ended], (periods.end - periods.start)[ended]),
        (ENDINGS[2], "all", of_child[ended], moves[ended]),
    ]
    ends = periods.start[placings.period] + placings.end
    ended = (ends >= first) & (ends <= last)
    group = np.array([DURATION_GROUPS.get(code, "") for code in KINDS])[placings.kind]
    for name in sorted(set(DURATION_GROUPS.values())):
        chosen = ended & (group == name)
        found.append((ENDINGS[0], name, of_child[placings.period[chosen]], (placings.end - placings.start)[chosen]))
    return found


def present(pool: Pool, first_day: int, last_day: int) -> Flags:
    """Whether each household has a child in care on some day from `first_day` to `last_day`."""
    seen = (pool.periods.start <= last_day) & (pool.periods.end >= first_day)
    flags = np.zeros(int(pool.arrivals.household.max(initial=-1)) + 1, dtype=bool)
    flags[pool.arrivals.household[pool.periods.child[seen]]] = True
    return flags


def totals(sums: Sums, chosen: Flags) -> Numbers:
    """The county's figure for each goal if these households were it."""
    return np.asarray(sums.adds.T @ chosen.astype(np.float64))
