"""Who might come into care, and when: households of invented children, several times as many as are needed.

The county keeps some of these households and never alters one (steering.py), so every history is one that the
journeys' rules made. Sources of the mixes: DfE, Children looked after in England, years ending March 2018 and 2024
(ages, needs, ethnicity of children who started); sibling groups are a judgement, see docs/decisions/0005.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cip_analysis.synthetic.chance import Flags, Numbers, Wholes, pick
from cip_analysis.synthetic.totals.targets import STARTED, STOCK, UASC, UASC_STARTED, Targets

DAY = np.timedelta64(1, "D")
LONGEST_CHILDHOOD_YEARS = 18
ENTRY_AGES = (0.0, 1.0, 5.0, 10.0, 16.0, 17.9)
ENTRY_AGE_SHARES = (0.20, 0.19, 0.17, 0.30, 0.14)
SIBLINGS = (0.66, 0.20, 0.09, 0.04, 0.01)
SIBLINGS_TOGETHER = 0.85
OLDEST_IN_GROUP = 15.0
MALE, MALE_UASC = 0.54, 0.93
NEEDS = ("N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8")
NEED_SHARES = (0.64, 0.03, 0.04, 0.09, 0.15, 0.03, 0.002, 0.018)
NEED_SHARES_OLDER = (0.46, 0.04, 0.03, 0.17, 0.20, 0.07, 0.002, 0.028)
ETHNICITIES = ("WBRI", "WOTH", "WIRI", "WIRT", "WROM", "MWBC", "MWBA", "MWAS", "MOTH", "AIND", "APKN", "ABAN", "AOTH",
               "BCRB", "BAFR", "BOTH", "CHNE", "OOTH", "NOBT")  # fmt: skip
ETHNICITY_SHARES = (0.80, 0.025, 0.003, 0.003, 0.006, 0.035, 0.008, 0.022, 0.025, 0.018, 0.006, 0.005, 0.008, 0.009,
                    0.011, 0.006, 0.001, 0.007, 0.002)  # fmt: skip
ETHNICITIES_UASC = ("OOTH", "BAFR", "AOTH", "WOTH", "BOTH", "NOBT")
ETHNICITY_UASC_SHARES = (0.40, 0.24, 0.19, 0.08, 0.06, 0.03)
DISABLED = 0.05


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Invented children, one place in each array a child; siblings share a household number.

    entry, birth: whole days since 1 January 1970. need, ethnicity: the return's codes.
    """

    household: Wholes
    entry: Wholes
    birth: Wholes
    male: Flags
    uasc: Flags
    disabled: Flags
    need: np.ndarray
    ethnicity: np.ndarray

    def __len__(self) -> int:
        return len(self.entry)


def day_number(year: int, month: int, day: int) -> int:
    """Days since 1 January 1970."""
    return int(np.datetime64(f"{year:04d}-{month:02d}-{day:02d}", "D").astype(np.int64))


def eighteenth_birthday(birth: Wholes) -> Wholes:
    """The day each child turns 18, in days since 1 January 1970; 29 February gives 28 February, as pandas has it."""
    born = birth.astype("datetime64[D]")
    months = born.astype("datetime64[M]")
    day = (born - months.astype("datetime64[D]")).astype(np.int64)
    target = months + np.timedelta64(12 * LONGEST_CHILDHOOD_YEARS, "M")
    first, following = target.astype("datetime64[D]"), (target + np.timedelta64(1, "M")).astype("datetime64[D]")
    birthday: Wholes = first.astype(np.int64) + np.minimum(day, (following - first).astype(np.int64) - 1)
    return birthday


def invent_arrivals(targets: Targets, years: tuple[int, int], generous: float, chance: np.random.Generator) -> Arrivals:
    """Households that might enter care from 18 years before the first year until the end of the last.

    years: first and last year ending 31 March. generous: how many times the published starts to invent.
    """
    entries, uasc = _entry_days(targets, years, generous, chance)
    size = np.where(uasc, 1, 1 + pick(chance, np.tile(SIBLINGS, (len(entries), 1))))
    eldest = _entry_ages(uasc, chance)
    size = np.where(eldest >= OLDEST_IN_GROUP, 1, size)
    order = np.concatenate([np.arange(count) for count in size]) if len(size) else np.zeros(0, dtype=np.int64)
    household = np.repeat(np.arange(len(size)), size)
    age = eldest[household] - order * chance.uniform(1.2, 2.8, len(household))
    late = (order > 0) & (chance.random(len(household)) > SIBLINGS_TOGETHER)
    entry = entries[household] + np.where(late, chance.integers(20, 400, len(household)), 0)
    unborn = age < 0
    entry = np.where(unborn, entries[household] + np.round(-age * 365.25).astype(np.int64), entry)
    age = np.where(unborn, 0.0, age)
    kept = (order == 0) | ~unborn | (chance.random(len(household)) < 0.3)
    return _attributes(household[kept], entry[kept], age[kept], uasc[household][kept], chance)


def _entry_days(
    targets: Targets, years: tuple[int, int], generous: float, chance: np.random.Generator
) -> tuple[Wholes, Flags]:
    """Days on which a household enters, and whether it is one unaccompanied child."""
    days: list[Wholes] = []
    alone: list[Flags] = []
    mean_size = float(np.dot(SIBLINGS, np.arange(1, len(SIBLINGS) + 1)))
    first, last = years
    for year in range(first - LONGEST_CHILDHOOD_YEARS, last + 1):
        started = targets.nearest(STARTED, year, default=0.45 * targets.nearest(STOCK, year))
        unaccompanied = targets.nearest(UASC_STARTED, year) if year > 2019 else 0.7 * targets.nearest(UASC, year)
        families = max(1, round(generous * max(1.0, started - unaccompanied) / (0.86 * mean_size)))
        singles = round(generous * 1.3 * unaccompanied)
        start, end = day_number(year - 1, 4, 1), day_number(year, 4, 1)
        days.append(chance.integers(start, end, families + singles))
        alone.append(np.arange(families + singles) >= families)
    return np.concatenate(days), np.concatenate(alone)


def _entry_ages(uasc: Flags, chance: np.random.Generator) -> Numbers:
    """Age in years of the eldest of each household on the day it enters."""
    band = pick(chance, np.tile(ENTRY_AGE_SHARES, (len(uasc), 1)))
    low, high = np.array(ENTRY_AGES)[band], np.array(ENTRY_AGES)[band + 1]
    drawn = low + (high - low) * np.where(band == 0, chance.random(len(uasc)) ** 3, chance.random(len(uasc)))
    return np.where(uasc, 17.9 - 3.2 * chance.random(len(uasc)) ** 1.4, drawn)


def _attributes(household: Wholes, entry: Wholes, age: Numbers, uasc: Flags, chance: np.random.Generator) -> Arrivals:
    """Sex, need and ethnicity; siblings share the last two."""
    count, households = len(entry), int(household.max(initial=-1)) + 1
    older = np.zeros(households, dtype=bool)
    older[household] = age >= 10
    need = np.array(NEEDS)[pick(chance, np.where(older[:, None], NEED_SHARES_OLDER, NEED_SHARES))]
    ethnicity = np.array(ETHNICITIES)[pick(chance, np.tile(ETHNICITY_SHARES, (households, 1)))]
    unaccompanied = np.array(ETHNICITIES_UASC)[pick(chance, np.tile(ETHNICITY_UASC_SHARES, (households, 1)))]
    need, ethnicity = need[household], np.where(uasc, unaccompanied[household], ethnicity[household])
    need = np.where(uasc, "N8", need)
    return Arrivals(
        household=household,
        entry=entry,
        birth=entry - np.floor(age * 365.25).astype(np.int64),
        male=chance.random(count) < np.where(uasc, MALE_UASC, MALE),
        uasc=uasc,
        disabled=(need == "N2") | (chance.random(count) < DISABLED),
        need=need,
        ethnicity=ethnicity,
    )
