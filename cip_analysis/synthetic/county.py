"""An invented county, true in total: households are invented, weighed, chosen, and written as histories.

How it works, and what is not realistic about it: docs/decisions/0005-synthetic-county.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from math import ceil

import numpy as np
import pandas as pd

from cip_analysis.settings import Council
from cip_analysis.synthetic.chance import Flags, Numbers, stream
from cip_analysis.synthetic.children.arrivals import Arrivals, day_number, invent_arrivals
from cip_analysis.synthetic.children.journeys import walk_through_care
from cip_analysis.synthetic.children.lines import write_lines
from cip_analysis.synthetic.children.placing import OWN_HOMES_CLOSED, place_children
from cip_analysis.synthetic.children.providers import carer_places, family_places, find_places
from cip_analysis.synthetic.children.respite import invent_respite
from cip_analysis.synthetic.children.temporary import add_temporary_stays
from cip_analysis.synthetic.history import CHILD_COLUMNS, EPISODE_COLUMNS, Histories
from cip_analysis.synthetic.totals.counting import Pool, Sums, present, sum_households
from cip_analysis.synthetic.totals.steering import choose_households, tolerances, weigh_households
from cip_analysis.synthetic.totals.targets import OWN_HOMES, RESPITE, STARTED, STOCK, Targets, goals

GENEROUS = 5.0
FAR_APART = 1_000_003  # between the seeds of the parts of a larger county
MOTHERS = 0.06
YOUNGEST_MOTHER = 14.5
CLOSED_HOMES_SHUT = pd.Timestamp(np.datetime64(OWN_HOMES_CLOSED, "D"))


@dataclass(frozen=True, slots=True)
class _Plan:
    """What every part of the county is made from; all parts share one market of homes and agencies."""

    council: Council
    targets: Targets
    years: tuple[int, int]
    size: float
    seed: int
    market_seed: int


def invent_county(
    council: Council,
    targets: Targets,
    seed: int,
    years: tuple[int, int] = (2011, 2018),
    children: int | None = None,
) -> Histories:
    """The county's children and histories; the same seed gives the same county.

    years: first and last collection year, ending 31 March. children: about how many children in all, respite
    included; left out, as many as the published totals imply. A larger county is several, each with its own chance.
    Raises TargetsError where a year's totals are not published.
    """
    natural = _natural_size(targets, years)
    counties = max(1, ceil((children or natural) / natural))
    size = (children or natural) / natural / counties
    pull: Numbers | None = None
    parts: list[tuple[pd.DataFrame, pd.DataFrame]] = []
    for number in range(counties):
        plan = _Plan(council, targets, years, size, seed + FAR_APART * number, market_seed=seed)
        part, pull = _one_county(plan, pull)
        parts.append(part)
    return _join(parts, years, stream(seed, "numbers"))


def _natural_size(targets: Targets, years: tuple[int, int]) -> float:
    """About how many children the published totals imply over the years."""
    wanted = goals(targets, *years)
    started = wanted.loc[wanted["measure"].eq(STARTED), "goal"].sum()
    respite = sum(targets.nearest(RESPITE, year) for year in range(years[0], years[1] + 1))
    return float(targets.nearest(STOCK, years[0] - 1) + 0.93 * started + 0.5 * respite)


def _one_county(plan: _Plan, pull: Numbers | None) -> tuple[tuple[pd.DataFrame, pd.DataFrame], Numbers]:
    """Children and lines of one county, and the pull towards its goals, which the next may start from."""
    pool = _invent_pool(plan)
    chosen, pull = _choose(plan, pool, pull)
    first, last = day_number(plan.years[0] - 1, 4, 1), day_number(plan.years[1], 3, 31)
    pool = _only(pool, chosen, (first, last))
    children = _describe(plan, pool.arrivals)
    whereabouts = find_places(
        pool,
        children["home_postcode"].to_numpy(dtype="<U8"),
        plan.council,
        stream(plan.market_seed, "market"),
        stream(plan.seed, "whereabouts"),
    )
    lines = write_lines(pool, whereabouts, last, stream(plan.seed, "lines"))
    lines = lines.sort_values(["child", "start"], ignore_index=True)
    places = family_places(plan.council), carer_places(plan.council)
    lines = add_temporary_stays(lines, places[1], _date(plan.years[1]), stream(plan.seed, "temporary"))
    wanted = {
        year: round(plan.size * plan.targets.nearest(RESPITE, year)) for year in range(plan.years[0], plan.years[1] + 1)
    }
    respite = invent_respite(wanted, places, stream(plan.seed, "respite"))
    return _append([(children, lines), respite]), pull


def _date(year: int) -> pd.Timestamp:
    """31 March of the year."""
    return pd.Timestamp(year, 3, 31)


def _invent_pool(plan: _Plan) -> Pool:
    """Every household that might be chosen, and what would become of its children."""
    generous = GENEROUS * plan.size
    arrivals = invent_arrivals(plan.targets, plan.years, generous, stream(plan.seed, "arrivals"))
    periods = walk_through_care(arrivals, stream(plan.seed, "periods"))
    placings = place_children(arrivals, periods, plan.targets, plan.council, stream(plan.seed, "placings"))
    return Pool(arrivals, periods, placings)


def _choose(plan: _Plan, pool: Pool, pull: Numbers | None) -> tuple[Flags, Numbers]:
    """Which households are the county."""
    wanted = goals(plan.targets, *plan.years)
    wanted = pd.concat([wanted, _home_goals(plan, wanted)], ignore_index=True)
    wanted = wanted.assign(goal=wanted["goal"] * plan.size)
    sums = sum_households(pool, wanted, plan.targets)
    here = present(pool, day_number(plan.years[0] - 1, 4, 1), day_number(plan.years[1], 3, 31))
    able = np.flatnonzero(here)
    sums = Sums(sums.adds[able], sums.goals)
    tolerance = tolerances(sums, GENEROUS)
    weight, pull = weigh_households(sums, np.full(len(able), 1 / GENEROUS), tolerance, pull)
    chosen = np.zeros(len(here), dtype=bool)
    chosen[able] = choose_households(sums, weight, tolerance, stream(plan.seed, "choice"))
    return chosen, pull


def _home_goals(plan: _Plan, wanted: pd.DataFrame) -> pd.DataFrame:
    """The council's own children's homes are nearly full while open, and empty once closed."""
    homes = plan.council.capacity.homes
    beds = 0.8 * sum(home.beds for home in homes)
    still_open = any(home.open for home in homes)
    years = sorted(set(wanted["year"]))
    full = [beds if still_open or _date(year) < CLOSED_HOMES_SHUT else 0.0 for year in years]
    return pd.DataFrame({"year": years, "measure": OWN_HOMES, "goal": full, "tolerance": 1.0, "inferred": True})


def _only(pool: Pool, chosen: Flags, days: tuple[int, int]) -> Pool:
    """The chosen households' children who are in care at some time from the first day to the last, numbered afresh."""
    seen = (pool.periods.start <= days[1]) & (pool.periods.end >= days[0])
    child = np.intersect1d(np.flatnonzero(chosen[pool.arrivals.household]), pool.periods.child[seen])
    new_child = np.full(len(pool.arrivals), -1)
    new_child[child] = np.arange(len(child))
    period = np.flatnonzero(new_child[pool.periods.child] >= 0)
    new_period = np.full(len(pool.periods), -1)
    new_period[period] = np.arange(len(period))
    placing = np.flatnonzero(new_period[pool.placings.period] >= 0)
    arrivals = Arrivals(*(getattr(pool.arrivals, name)[child] for name in Arrivals.__dataclass_fields__))
    periods = pool.periods.taken(period)
    placings = type(pool.placings)(
        *(getattr(pool.placings, name)[placing] for name in type(pool.placings).__dataclass_fields__)
    )
    return Pool(
        arrivals,
        replace(periods, child=new_child[periods.child]),
        replace(placings, period=new_period[placings.period]),
    )


def _describe(plan: _Plan, arrivals: Arrivals) -> pd.DataFrame:
    """The children as Histories has them, `child` being their position in the arrivals."""
    chance = stream(plan.seed, "children")
    count = len(arrivals)
    households = int(arrivals.household.max(initial=-1)) + 1
    home = chance.choice(family_places(plan.council), households)[arrivals.household]
    age_at_end = (day_number(plan.years[1], 3, 31) - arrivals.birth) / 365.25
    mother = ~arrivals.male & (age_at_end > YOUNGEST_MOTHER + 1) & (chance.random(count) < MOTHERS)
    first_child = arrivals.birth + np.round(365.25 * chance.uniform(YOUNGEST_MOTHER, 17.8, count)).astype(np.int64)
    mother &= first_child < day_number(plan.years[1], 3, 31)
    born = first_child.astype("datetime64[D]").astype("datetime64[us]")
    born[~mother] = np.datetime64("NaT", "us")
    return pd.DataFrame(
        {
            "child": np.arange(count),
            "birth_date": arrivals.birth.astype("datetime64[D]").astype("datetime64[us]"),
            "sex": np.where(arrivals.male, "male", "female"),
            "ethnicity": arrivals.ethnicity,
            "uasc": arrivals.uasc,
            "disabled": arrivals.disabled,
            "mother": mother,
            "mother_child_birth_date": born,
            "household": arrivals.household,
            "home_postcode": np.where(arrivals.uasc, "", home),
        }
    )


def _append(parts: list[tuple[pd.DataFrame, pd.DataFrame]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All parts' children and lines as one, children and households numbered on from part to part."""
    next_child = next_household = 0
    children: list[pd.DataFrame] = []
    lines: list[pd.DataFrame] = []
    for people, stretches in parts:
        children.append(
            people.assign(child=people["child"] + next_child, household=people["household"] + next_household)
        )
        lines.append(stretches.assign(child=stretches["child"] + next_child))
        if len(people):
            next_child += int(people["child"].max()) + 1
            next_household += int(people["household"].max()) + 1
    return pd.concat(children, ignore_index=True), pd.concat(lines, ignore_index=True)


def _join(
    parts: list[tuple[pd.DataFrame, pd.DataFrame]], years: tuple[int, int], chance: np.random.Generator
) -> Histories:
    """The parts as one county, children and households numbered afresh in no order."""
    children, lines = _append(parts)
    number = pd.Series(chance.permutation(len(children)) + 1, index=children["child"].to_numpy())
    homes = children["household"].unique()
    household = pd.Series(chance.permutation(len(homes)) + 1, index=homes)
    children = children.assign(
        child=children["child"].map(number), household=children["household"].map(household)
    ).sort_values("child", ignore_index=True)
    lines = lines.assign(child=lines["child"].map(number)).sort_values(["child", "start"], ignore_index=True)
    return Histories(
        children[list(CHILD_COLUMNS)], lines[list(EPISODE_COLUMNS)], date(years[0] - 1, 4, 1), date(years[1], 3, 31)
    )
