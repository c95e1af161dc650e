"""How long each invented period of care lasts, and under which legal statuses: the ways through care.

A period follows one way through care, drawn by age at entry. A way is a length for each legal status in a fixed
order (some of nought), and a day of leaving; a child still in care at 18 leaves that day. Sources: DfE, Children
looked after in England, year ending March 2024 (legal status on starting, reasons for ceasing, age at both);
lengths of care proceedings by year, Ministry of Justice family court statistics, rounded. The shares of the ways
are judgements that the steering then weighs, see docs/decisions/0005.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cip_analysis.synthetic.chance import Flags, Numbers, Wholes, about, days_between, pick
from cip_analysis.synthetic.children.arrivals import Arrivals, day_number, eighteenth_birthday

NEVER = np.inf
STATUSES = ("J1", "L1", "L2", "V2", "C1", "C2", "E1", "C2")
J1, L1, L2, V2, C1, C2, E1, C2_AGAIN = range(8)

WAYS = (
    "home within weeks", "home within a year or two", "section 20 until grown", "proceedings then home",
    "proceedings then guardianship", "care order until grown", "care order then out", "adopted",
    "placement order not used", "section 20 then care order", "remand", "police protection", "relinquished",
)  # fmt: skip
(HOME_SOON, HOME_LATER, GROWN_UP, COURT_HOME, COURT_GUARDIAN, ORDER_GROWN, ORDER_OUT, ADOPTED, NOT_PLACED,
 SLOW_ORDER, REMAND, POLICE, RELINQUISHED) = range(13)  # fmt: skip
WAY_AGES = (1, 5, 10, 16)
WAY_SHARES = np.array(
    [
        [0.05, 0.07, 0.00, 0.12, 0.20, 0.02, 0.04, 0.40, 0.03, 0.03, 0.00, 0.01, 0.03],
        [0.10, 0.11, 0.00, 0.13, 0.17, 0.07, 0.15, 0.17, 0.04, 0.04, 0.00, 0.02, 0.00],
        [0.17, 0.15, 0.04, 0.12, 0.10, 0.15, 0.18, 0.01, 0.02, 0.04, 0.00, 0.02, 0.00],
        [0.24, 0.20, 0.15, 0.05, 0.03, 0.11, 0.09, 0.00, 0.00, 0.08, 0.02, 0.03, 0.00],
        [0.22, 0.16, 0.48, 0.01, 0.00, 0.03, 0.01, 0.00, 0.00, 0.02, 0.05, 0.02, 0.00],
    ]
)
RETURNING_WAYS = (HOME_SOON, HOME_LATER, COURT_HOME, ORDER_OUT, POLICE)
COMES_BACK = 0.17
YOUNGEST_REMANDED = 12.0
MOST_PERIODS = 4
PROCEEDINGS_DAYS = ((2012, 340.0), (2013, 280.0), (2014, 220.0), (2020, 215.0), (9999, 300.0))


@dataclass(frozen=True, slots=True)
class Periods:
    """Periods of care, one place in each array a period.

    child: position in the arrivals. start, end: days since 1 January 1970; `end` may lie past the last day wanted.
    way: position in WAYS. begins: for each status of STATUSES, days into the period on which it begins, or NEVER.
    placed: days into the period on which the child is placed for adoption, or NEVER. same_carer: by the foster
    carer. grown: the child leaves by turning 18.
    """

    child: Wholes
    start: Wholes
    end: Wholes
    way: Wholes
    begins: Numbers
    placed: Numbers
    same_carer: Flags
    grown: Flags

    def __len__(self) -> int:
        return len(self.child)

    def taken(self, which: Wholes | Flags) -> Periods:
        """Some of these periods, in the order asked."""
        return Periods(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def join_periods(parts: list[Periods]) -> Periods:
    """Several sets of periods as one."""
    return Periods(*(np.concatenate([getattr(part, name) for part in parts]) for name in Periods.__dataclass_fields__))


def walk_through_care(arrivals: Arrivals, chance: np.random.Generator) -> Periods:
    """Every period of care of every arrival: the first, and for some who went home another, up to MOST_PERIODS."""
    adult = eighteenth_birthday(arrivals.birth)
    child = np.arange(len(arrivals))
    entry = arrivals.entry
    waves: list[Periods] = []
    for wave_number in range(MOST_PERIODS):
        wave = _walk_once(arrivals, child, entry, adult[child], chance)
        if wave_number:
            wave = _without_emergency(wave)
        waves.append(wave)
        back = np.isin(wave.way, RETURNING_WAYS) & ~wave.grown & (chance.random(len(wave)) < COMES_BACK)
        back &= ~arrivals.uasc[child]
        again = wave.end + days_between(chance, np.full(len(wave), 15.0), np.full(len(wave), 1300.0)).astype(np.int64)
        back &= again < adult[child] - 60
        child, entry = child[back], again[back]
    return join_periods(waves)


def _walk_once(arrivals: Arrivals, child: Wholes, entry: Wholes, adult: Wholes, chance: np.random.Generator) -> Periods:
    age = (entry - arrivals.birth[child]) / 365.25
    way = pick(chance, WAY_SHARES[np.searchsorted(WAY_AGES, age, side="right")])
    siblings_first = np.searchsorted(arrivals.household[child], arrivals.household[child])
    follows = (chance.random(len(child)) < 0.7) & (np.abs(age - age[siblings_first]) < 5.0) & (age >= 1.0)
    follows &= (way[siblings_first] != ADOPTED) | (age < 5.0)
    way = np.where(follows & (way[siblings_first] != REMAND), way[siblings_first], way)
    way = np.where((way == REMAND) & (age < YOUNGEST_REMANDED), HOME_SOON, way)
    way = np.where(arrivals.uasc[child], GROWN_UP, way)
    lengths, placed, same_carer = _lengths(way, entry, chance)
    begins, left = _begins(lengths)
    stays = np.minimum(left, (adult - entry).astype(np.float64))
    stays = np.where(arrivals.uasc[child] & (chance.random(len(child)) < 0.13), np.maximum(3, stays * 0.4), stays)
    stays = np.maximum(np.floor(stays), 1.0)
    return Periods(
        child=child,
        start=entry,
        end=_off_the_last_day(entry + stays.astype(np.int64), entry, way),
        way=way,
        begins=np.where(begins < stays[:, None], begins, NEVER),
        placed=np.where(placed < stays, placed, NEVER),
        same_carer=same_carer,
        grown=entry + stays.astype(np.int64) >= adult,
    )


def _without_emergency(wave: Periods) -> Periods:
    """The same periods, those that began with an emergency now accommodated from the first day.

    The statutory rules 361 and 362 measure a child's emergencies from the first to the last, so a child has one.
    """
    begins = wave.begins.copy()
    emergency = np.isfinite(begins[:, L1]) | np.isfinite(begins[:, L2])
    begins[emergency, V2] = 0.0
    begins[:, [L1, L2]] = NEVER
    return replace(wave, begins=begins)


def _off_the_last_day(end: Wholes, start: Wholes, way: Wholes) -> Wholes:
    """Adoptions of 31 March are made the day before: rule 187 takes that day for one in care."""
    months = end.astype("datetime64[D]").astype("datetime64[M]")
    day = end - months.astype("datetime64[D]").astype(np.int64)
    last_day = (months.astype(np.int64) % 12 == 2) & (day == 30)
    sooner: Wholes = end - (last_day & np.isin(way, (ADOPTED, RELINQUISHED)) & (end > start + 1))
    return sooner


def _proceedings(entry: Wholes, chance: np.random.Generator) -> Numbers:
    """Days of an interim care order: the courts' usual time in the year of entry, give or take."""
    median = np.zeros(len(entry))
    for last_year, days in reversed(PROCEEDINGS_DAYS):
        median[entry < day_number(min(last_year, 2100), 4, 1)] = days
    return about(chance, np.where(median > 0, median, PROCEEDINGS_DAYS[-1][1]), 0.38)


def _lengths(way: Wholes, entry: Wholes, chance: np.random.Generator) -> tuple[Numbers, Numbers, Flags]:
    """Days of each status for each period; days until placed for adoption; whether by the foster carer."""
    count = len(way)
    lengths = np.zeros((count, len(STATUSES)))
    court = _proceedings(entry, chance)
    short = days_between(chance, np.full(count, 2.0), np.full(count, 230.0))
    medium = days_between(chance, np.full(count, 45.0), np.full(count, 1100.0))
    years: Numbers = np.floor(365.25 * chance.exponential(3.2, count)) + 120
    forever = np.full(count, 8000.0)
    before = np.where(chance.random(count) < 0.25, days_between(chance, np.full(count, 15.0), np.full(count, 300.0)), 0)
    some_leave = np.where(chance.random(count) < 0.25, medium, forever)

    def say(ways: tuple[int, ...], status: int, days: Numbers) -> None:
        """Give periods of these ways this many days of the status."""
        chosen = np.isin(way, ways)
        lengths[chosen, status] = days[chosen]

    courts = (COURT_HOME, COURT_GUARDIAN, ORDER_GROWN, ORDER_OUT, ADOPTED, NOT_PLACED)
    say(courts, V2, before)
    say((*courts, SLOW_ORDER), C1, court)
    say((HOME_SOON,), V2, short)
    say((HOME_LATER,), V2, medium)
    say((GROWN_UP,), V2, some_leave)
    say((SLOW_ORDER,), V2, medium)
    waits = days_between(chance, np.full(count, 80.0), np.full(count, 530.0))
    say((COURT_GUARDIAN,), C2, np.where(chance.random(count) < 0.35, waits, 0))
    say((ORDER_GROWN, SLOW_ORDER), C2, forever)
    say((ORDER_OUT,), C2, years)
    say((REMAND,), J1, days_between(chance, np.full(count, 4.0), np.full(count, 110.0)))
    say((POLICE,), L1, chance.integers(1, 4, count).astype(np.float64))
    _urgent_starts(lengths, np.isin(way, (*courts, HOME_SOON, HOME_LATER)), chance)
    say((RELINQUISHED,), V2, forever)
    return _adoption(way, lengths, chance)


def _urgent_starts(lengths: Numbers, able: Flags, chance: np.random.Generator) -> None:
    """Some begin with police protection (at most 72 hours) or an emergency protection order (8 days)."""
    drawn = chance.random(len(lengths))
    police = able & (drawn < 0.10)
    emergency = able & (drawn > 0.97)
    lengths[police, L1] = 1 + chance.integers(0, 3, police.sum())
    lengths[emergency, L2] = 2 + chance.integers(0, 7, emergency.sum())


def _adoption(way: Wholes, lengths: Numbers, chance: np.random.Generator) -> tuple[Numbers, Numbers, Flags]:
    """Placement orders, days until placed, and leaving by adoption."""
    count = len(way)
    adopted, relinquished = way == ADOPTED, way == RELINQUISHED
    matching = about(chance, np.full(count, 190.0), 0.6)
    with_adopters = about(chance, np.full(count, 235.0), 0.55)
    same_carer = adopted & (chance.random(count) < 0.20)
    matching = np.where(same_carer, 0.0, matching)
    until_order = lengths[:, : C2 + 1].sum(axis=1)
    lengths[adopted, E1] = (matching + with_adopters)[adopted]
    placed = np.where(adopted, until_order + matching, NEVER)
    waiting = about(chance, np.full(count, 150.0), 0.4)
    placed = np.where(relinquished, waiting, placed)
    lengths[relinquished, V2] = (waiting + with_adopters)[relinquished]
    tried = way == NOT_PLACED
    lengths[tried, E1] = days_between(chance, np.full(count, 200.0), np.full(count, 800.0))[tried]
    lengths[tried, C2_AGAIN] = 8000.0
    return lengths, placed, same_carer


def _begins(lengths: Numbers) -> tuple[Numbers, Numbers]:
    """Day on which each status begins (NEVER where it has no length), and the day the period ends."""
    ends = np.cumsum(lengths, axis=1)
    return np.where(lengths > 0, ends - lengths, NEVER), ends[:, -1]
