"""Counties whose truth we set: children played forward from known rates, with no code that estimates or forecasts.

A county has its own rates (a base county's, each cell nudged by chance), a size, and one kind of trouble. It is run
in for 18 years, seen for `seen_years`, and followed for four more that no forecaster may look at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numba
import numpy as np
import pandas as pd
from builders import a_placement

from cip_analysis.codes import SETTINGS, WAYS_OUT
from cip_analysis.records import EPISODE_COLUMNS, Episodes

ORIGIN = date(2018, 3, 31)
RUN_IN_YEARS, TRUTH_YEARS, YEAR = 18, 4, 365.25
AGES = (1, 5, 10, 16, 18)
NO_DAY = 10**7

USED = ("in-house foster", "independent foster", "kinship", "external residential", "in-house residential",
        "16+ supported", "with parents", "placed for adoption")  # fmt: skip
RESIDENTIAL = SETTINGS.index("external residential")

# A row a setting of USED, a column an age band: leavings a year for each child there.
LEAVE_A_YEAR = np.array(
    [
        [0.55, 0.42, 0.24, 0.20, 0.30], [0.45, 0.35, 0.18, 0.15, 0.25], [0.60, 0.55, 0.45, 0.32, 0.40],
        [0.50, 0.50, 0.30, 0.22, 0.35], [0.50, 0.50, 0.35, 0.28, 0.40], [0.50, 0.50, 0.50, 0.50, 0.55],
        [0.70, 0.65, 0.60, 0.50, 0.60], [1.00, 0.90, 0.70, 0.50, 0.50],
    ]
)  # fmt: skip
# A row a setting moved from, a column a setting moved to: moves a year, before the factor of the child's age.
MOVE_A_YEAR = np.array(
    [
        [0.00, 0.16, 0.06, 0.05, 0.02, 0.50, 0.05, 0.30], [0.12, 0.00, 0.04, 0.07, 0.02, 0.45, 0.04, 0.25],
        [0.08, 0.08, 0.00, 0.03, 0.01, 0.25, 0.05, 0.10], [0.05, 0.12, 0.02, 0.00, 0.06, 0.65, 0.05, 0.00],
        [0.08, 0.12, 0.02, 0.20, 0.00, 0.60, 0.06, 0.00], [0.03, 0.04, 0.01, 0.10, 0.02, 0.00, 0.02, 0.00],
        [0.08, 0.08, 0.04, 0.03, 0.01, 0.10, 0.00, 0.00], [0.05, 0.04, 0.01, 0.00, 0.00, 0.00, 0.00, 0.00],
    ]
)  # fmt: skip
# A row an age band, a column a setting moved or come to: what the age makes of the chance.
FIT_FOR_AGE = np.array(
    [
        [1.2, 0.8, 1.2, 0.02, 0.00, 0.0, 1.0, 1.5], [1.0, 1.0, 1.2, 0.03, 0.00, 0.0, 1.0, 1.2],
        [1.0, 1.0, 1.0, 0.60, 0.40, 0.0, 1.0, 0.3], [1.0, 1.2, 0.8, 2.00, 2.00, 0.0, 1.0, 0.0],
        [0.8, 0.8, 0.6, 1.50, 1.50, 1.0, 1.0, 0.0],
    ]
)  # fmt: skip
COME_TO = np.array([0.45, 0.25, 0.14, 0.06, 0.02, 0.40, 0.06, 0.005])
COME_AT_AGE = np.array([0.20, 0.20, 0.18, 0.28, 0.14])
COME_TO_UNACCOMPANIED = np.array([0.10, 0.30, 0.01, 0.03, 0.01, 0.55, 0.0, 0.0])
LEAVE_UNACCOMPANIED, MOVE_UNACCOMPANIED = 0.25, 0.4
"""Of the other children's rates of leaving and moving, what an unaccompanied child meets."""

WAY_BY_SETTING = {"placed for adoption": "adopted", "kinship": "special guardianship or child arrangements",
                  "16+ supported": "independence or adult services"}  # fmt: skip
STILL, ENTRIES, LEAVING, RESIDENTIAL_PULL = (0.0, 0.0), (0.11, 0.09), (0.08, 0.06), (0.12, 0.0)
"""How far flows wander in counties where they do: about as far as those of English authorities (DfE, 2010 to 2018)."""

REASON_OF_WAY = {"adopted": "adopted, not contested", "returned home": "returned home, planned",
                 "special guardianship or child arrangements": "child arrangements order",
                 "independence or adult services": "independent living, supported",
                 "turned 18": "aged 18, stayed with carers"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """What is the matter with a county.

    entries, leaving, residential: how arrivals, every rate of leaving, and moves into external residential wander: the
    standard deviation a year, in logarithms, of what stays, and of a single year's jump. households: chances of 1, 2,
    3, 4 children arriving together. early, late: factor on leaving within a child's first half year, and after two
    years. unaccompanied: their share of arrivals.
    """

    name: str
    entries: tuple[float, float] = STILL
    leaving: tuple[float, float] = STILL
    residential: tuple[float, float] = STILL
    households: tuple[float, ...] = (1.0,)
    early: float = 1.0
    late: float = 1.0
    unaccompanied: float = 0.0


TOGETHER = (0.68, 0.19, 0.09, 0.04)
BY_DURATION = {"early": 2.5, "late": 0.6}
KINDS: tuple[Kind, ...] = (
    Kind("flat"),
    Kind("flat, siblings, by duration", households=TOGETHER, **BY_DURATION),
    Kind("entries drift", ENTRIES),
    Kind("leaving drifts", leaving=LEAVING),
    Kind("residential drifts", residential=RESIDENTIAL_PULL),
    Kind("entries drift, siblings", ENTRIES, households=TOGETHER),
    Kind("leaving drifts, by duration", leaving=LEAVING, **BY_DURATION),
    Kind("all at once", ENTRIES, LEAVING, RESIDENTIAL_PULL, TOGETHER, 2.5, 0.6, unaccompanied=0.12),
)


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """What a county runs on. Rates are a day, over codes.SETTINGS (unused ones nought), of all but the unaccompanied.

    leave: band x setting. move: band x setting x setting. come: chance of group x band x setting, adding to 1 within
    each group. arrivals: a month of the run, households expected. leave_factor, residential_factor: likewise.
    """

    kind: Kind
    leave: np.ndarray
    move: np.ndarray
    come: np.ndarray
    arrivals: np.ndarray
    leave_factor: np.ndarray
    residential_factor: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class InventedCounty:
    """One county: what a forecaster may see, what then came, and what was true all along.

    episodes: to ORIGIN. came: years ahead x setting, children on that 31 March (row 0 is ORIGIN).
    """

    world: World
    episodes: Episodes
    came: np.ndarray

    @property
    def kind(self) -> str:
        """Its kind's name."""
        return self.world.kind.name


def invent_county(seed: int, kind: Kind = KINDS[0], seen_years: int = 9, size: int | None = None) -> InventedCounty:
    """One county of about `size` children (300 to 800 unless told), the same for the same seed."""
    chance = np.random.default_rng([seed, 20180331])
    size = size or int(chance.integers(300, 800))
    first_day = _day(date(ORIGIN.year - seen_years, 4, 1))
    marks = _month_marks(ORIGIN.year - seen_years - RUN_IN_YEARS)
    world = _world(chance, kind, marks, first_day, size)
    stints = _play(chance, world, marks)
    days = [_day(date(ORIGIN.year + year, 3, 31)) for year in range(TRUTH_YEARS + 1)]
    return InventedCounty(world, _as_episodes(stints, first_day), np.array([_on(stints, day) for day in days]))


def a_world_of(kind: Kind, chance: np.random.Generator, months: int) -> World:
    """A base county's rates, each cell nudged, with arrivals of one household a month before any is scaled."""
    settings = len(SETTINGS)
    at = [SETTINGS.index(name) for name in USED]
    leave, move, come = np.zeros((5, settings)), np.zeros((5, settings, settings)), np.zeros((2, 5, settings))
    leave[:, at] = LEAVE_A_YEAR.T * chance.lognormal(0, 0.15, (5, len(at)))
    by_age = MOVE_A_YEAR * FIT_FOR_AGE[:, None, :] * chance.lognormal(0, 0.2, (5, len(at), len(at)))
    move[np.ix_(range(5), at, at)] = by_age
    arriving = COME_TO * FIT_FOR_AGE * chance.lognormal(0, 0.2, (5, len(at)))
    come[0][:, at] = arriving / arriving.sum(axis=1, keepdims=True) * COME_AT_AGE[:, None]
    come[1][4, at] = COME_TO_UNACCOMPANIED
    come[0] /= come[0].sum()
    come[1] /= come[1].sum()
    flat = np.ones(months)
    return World(kind, leave / YEAR, move / YEAR, come, flat, flat, flat)


def _world(chance, kind, marks, first_day, size):
    """A county's rates and drifts, its arrivals scaled so that it stands at about `size` when first seen."""
    base = a_world_of(kind, chance, len(marks) - 1)
    seen = marks[:-1] >= first_day
    drifting = replace(
        base,
        leave_factor=_wander(chance, kind.leaving, seen),
        residential_factor=_wander(chance, kind.residential, seen),
    )
    trial = _play(chance, replace(base, arrivals=np.full(len(marks) - 1, 100.0)), marks)
    households = 100.0 * size / _on(trial, first_day).sum()
    return replace(drifting, arrivals=households * _wander(chance, kind.entries, seen))


def _wander(chance, sizes, moving):
    """A factor a month: 1 until it begins to move, then a random walk in logarithms and a jump each year from April."""
    stays, jumps = sizes
    walk = np.cumsum(np.where(moving, chance.normal(0, stays / np.sqrt(12), len(moving)), 0.0))
    yearly = np.repeat(chance.normal(0, jumps, len(moving) // 12 + 1), 12)[: len(moving)]
    return np.exp(walk + np.where(moving, yearly, 0.0))


# ---- the children --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Stints:
    """Placements, `[start, end)` in days since 1970, in order of child; `left` is 0 where another
    follows or none is known, 1 where care ended with it, 2 where it ended on the eighteenth birthday."""

    child: np.ndarray
    start: np.ndarray
    end: np.ndarray
    setting: np.ndarray
    left: np.ndarray
    born: np.ndarray
    household: np.ndarray
    unaccompanied: np.ndarray


def _play(chance, world, marks):
    """Every placement of every child who ever came."""
    shares = np.array(world.kind.households)
    households = chance.poisson(world.arrivals)
    month = np.repeat(np.arange(len(households)), households)
    day = marks[month] + (chance.random(len(month)) * (marks[month + 1] - marks[month])).astype("int64")
    unaccompanied = chance.random(len(month)) < world.kind.unaccompanied
    many = np.where(unaccompanied, 1, 1 + chance.choice(len(shares), len(month), p=shares))
    household = np.repeat(np.arange(len(month)), many)
    day, unaccompanied = day[household], unaccompanied[household]
    cell = np.empty(len(day), dtype="int64")
    for group in (0, 1):
        mine = unaccompanied == bool(group)
        cell[mine] = chance.choice(world.come[group].size, mine.sum(), p=world.come[group].ravel())
    band, setting = cell // len(SETTINGS), cell % len(SETTINGS)
    low, high = np.array([0, 1, 5, 10, 16.0])[band], np.array([1, 5, 10, 16, 17.95])[band]
    born = day - (YEAR * (low + chance.random(len(day)) * (high - low))).astype("int64")
    turns = _birthdays(born)
    kept = day < turns[:, -1]
    rates = (world.leave, world.move, world.leave_factor, world.residential_factor, world.kind.early, world.kind.late)
    made = _live(
        int(chance.integers(2**31)), marks, (day[kept], setting[kept], unaccompanied[kept], turns[kept]), rates
    )
    child, start, end, where, left = made
    return _Stints(child, start, end, where, left, born[kept][child], household[kept][child],
                   unaccompanied[kept][child])  # fmt: skip


@numba.njit(cache=True)
def _live(seed, marks, children, rates):  # pragma: no cover
    """Each child's stints: hazards hold constant to the next month, birthday or edge of duration."""
    day, setting, unaccompanied, turns = children
    leave, move, leave_factor, residential_factor, early, late = rates
    np.random.seed(seed)
    who, starts, ends = [0 for _ in range(0)], [0 for _ in range(0)], [0 for _ in range(0)]
    wheres, lefts = [0 for _ in range(0)], [0 for _ in range(0)]
    last = marks[-1]
    hazards = np.zeros(leave.shape[1] + 1)
    for child in range(len(day)):
        here, since, now = setting[child], day[child], float(day[child])
        month, band = np.searchsorted(marks, day[child], side="right") - 1, 0
        while band < 4 and turns[child, band] <= now:
            band += 1
        going = True
        while going:
            in_care = now - day[child]
            edge = 182.0 if in_care < 182.0 else (730.0 if in_care < 730.0 else 1e9)
            until = min(float(marks[month + 1]), float(turns[child, band]), day[child] + edge)
            pace = early if in_care < 182.0 else (1.0 if in_care < 730.0 else late)
            out, around = (LEAVE_UNACCOMPANIED, MOVE_UNACCOMPANIED) if unaccompanied[child] else (1.0, 1.0)
            hazards[0] = leave[band, here] * leave_factor[month] * pace * out
            for there in range(leave.shape[1]):
                drift = residential_factor[month] if there == RESIDENTIAL else 1.0
                hazards[there + 1] = move[band, here, there] * drift * around
            total = hazards.sum()
            wait = np.random.exponential(1.0 / total) if total > 0 else 1e9
            if now + wait < until:
                now += wait
                pick, which = np.random.random() * total, 0
                while which < len(hazards) - 1 and pick >= hazards[which]:
                    pick -= hazards[which]
                    which += 1
                ended = min(max(int(np.ceil(now)), since + 1), turns[child, 4])
                who.append(child)
                starts.append(since)
                ends.append(ended)
                wheres.append(here)
                lefts.append(2 if ended == turns[child, 4] else (1 if which == 0 else 0))
                going = lefts[-1] == 0
                here, since = which - 1, ended
                continue
            now = until
            if now >= turns[child, 4] or now >= last:
                who.append(child)
                starts.append(since)
                ends.append(turns[child, 4] if now >= turns[child, 4] else NO_DAY)
                wheres.append(here)
                lefts.append(2 if now >= turns[child, 4] else 0)
                going = False
            elif now == turns[child, band]:
                band += 1
            if now == marks[month + 1]:
                month += 1
    return np.array(who), np.array(starts), np.array(ends), np.array(wheres), np.array(lefts)


def _on(stints, day):
    """Children in each setting at the end of a day."""
    there = (stints.start <= day) & (stints.end > day)
    return np.bincount(stints.setting[there], minlength=len(SETTINGS))


# ---- what a forecaster may see -------------------------------------------------------------------------------


def _as_episodes(stints, first_day):
    """The placements known on ORIGIN that were not over when the county was first seen."""
    census = _day(ORIGIN)
    seen = (stints.start <= census) & (stints.end >= first_day)
    open_still = stints.end[seen] > census
    start, end = _dates(stints.start[seen]), _dates(np.where(open_still, 0, stints.end[seen]))
    child = stints.child[seen]
    came = _dates(pd.Series(stints.start).groupby(stints.child).transform("min").to_numpy()[seen])
    left = np.where(open_still, 0, stints.left[seen])
    names = np.array(SETTINGS)[stints.setting[seen]]
    over = np.select([left == 2, left == 1], [REASON_OF_WAY[WAYS_OUT[-1]], _reasons(names)], default="")
    table = pd.DataFrame([a_placement()] * len(child)).assign(
        child=pd.Series(child).map("{:06d}".format), start=start, end=pd.Series(end).where(~open_still),
        period_start=came, start_reason=np.where(start == came, "started to be looked after", "placement changed"),
        end_reason=pd.Series(over).where(over != ""), setting=names, household=stints.household[seen],
        uasc=stints.unaccompanied[seen], birth_date=_dates(stints.born[seen]), row=np.arange(2, len(child) + 2),
    )  # fmt: skip
    table = table.sort_values(["child", "start"], ignore_index=True)
    texts = {name: "str" for name, kind in EPISODE_COLUMNS.items() if kind.startswith("text")}
    table = table.astype({**texts, "household": "Int64"})
    legal = table[["child", "start", "end", "legal_status", "respite"]]
    return Episodes(table, legal, ORIGIN, synthetic=True)


def _reasons(names):
    """Why a child who left before 18 did so, by the setting left: enough for the ways out to be told apart."""
    return np.array([REASON_OF_WAY[WAY_BY_SETTING.get(name, "returned home")] for name in names])


def _birthdays(born):
    """The day each child reaches each of AGES."""
    dates = born.astype("datetime64[D]")
    month = dates.astype("datetime64[M]")
    return np.column_stack(
        [((month + np.timedelta64(12 * age, "M")).astype("datetime64[D]") + (dates - month)).astype("int64")
         for age in AGES]
    )  # fmt: skip


def _month_marks(first_year):
    """The first day of every month from April `first_year` until the truth is over, and of the one after."""
    months = np.arange(np.datetime64(f"{first_year}-04"), np.datetime64(f"{ORIGIN.year + TRUTH_YEARS}-05"))
    return months.astype("datetime64[D]").astype("int64")


def _day(day):
    return int(np.datetime64(day, "D").astype("int64"))


def _dates(days):
    return days.astype("datetime64[D]").astype("datetime64[us]")
