"""Disabled children who stay away a few nights at a time: the respite series, which the department counts apart.

Each stay is a line of its own under V3, at most 17 days, with the parents' home between; a child's stays come to
well under 75 days in any twelve months. Source: Children Act 1989 regulations as the return's guide gives them
(rules 365 to 367); numbers of children a year, DfE (Leicestershire's short-term placements only).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cip_analysis.synthetic.chance import Wholes
from cip_analysis.synthetic.children.arrivals import day_number

STAYS_ON = 0.62
AGES = (4.5, 16.8)
STAYS_A_YEAR = (6, 15)
LONGEST_STAY, USUAL_NIGHTS = 14, (1, 4)
ONE_LONG_STAY = 0.3
MALE = 0.66
LINE = {
    "start_reason": "S",
    "legal_status": "V3",
    "need": "N2",
    "end_reason": "E4A",
    "move_reason": "",
}


def invent_respite(
    wanted: dict[int, int], places: tuple[tuple[str, ...], tuple[str, ...]], chance: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Children with respite series, and their stays, in the shape of Histories but for child and household numbers.

    wanted: children with at least one stay, by year ending 31 March. places: postcodes of families, and of carers
    and homes. `child` counts from nought.
    """
    years = _years_of_each(wanted, chance)
    count = len(years)
    births = np.array([_birth(spell, chance) for spell in years], dtype=np.int64)
    placed = chance.integers(0, 2, count)
    children = pd.DataFrame(
        {
            "child": np.arange(count),
            "birth_date": births.astype("datetime64[D]").astype("datetime64[us]"),
            "sex": np.where(chance.random(count) < MALE, "male", "female"),
            "ethnicity": chance.choice(["WBRI", "AIND", "MOTH", "WOTH"], count, p=[0.82, 0.09, 0.05, 0.04]),
            "uasc": False,
            "disabled": True,
            "mother": False,
            "mother_child_birth_date": pd.Series(pd.NaT, index=range(count), dtype="datetime64[us]"),
            "household": np.arange(count),
            "home_postcode": chance.choice(places[0], count),
        }
    )
    carer = chance.choice(places[1], count)
    stays = [_stays(child, spell, chance) for child, spell in enumerate(years)]
    lines = pd.concat(stays, ignore_index=True) if stays else _no_stays()
    child = lines["child"].to_numpy()
    in_home = placed[child] == 1
    lines = lines.assign(
        **LINE,
        placement=np.where(in_home, "K2", "U6"),
        provider=np.where(in_home, "PR5", "PR1"),
        placement_postcode=carer[child],
        urn=np.where(in_home, "SC994001", "SC990001"),
    )
    return children, lines


def _no_stays() -> pd.DataFrame:
    return pd.DataFrame({"child": np.zeros(0, dtype=np.int64), "start": [], "end": []}).astype(
        {"start": "datetime64[us]", "end": "datetime64[us]"}
    )


def _years_of_each(wanted: dict[int, int], chance: np.random.Generator) -> list[list[int]]:
    """The years in which each child has stays: some stay on from year to year, others come new."""
    years: list[list[int]] = []
    for year in sorted(wanted):
        before = [child for child, spell in enumerate(years) if spell[-1] == year - 1 and len(spell) < 10]
        staying = min(wanted[year], round(STAYS_ON * len(before)))
        for position in chance.permutation(len(before))[:staying]:
            years[before[position]].append(year)
        years += [[year] for _ in range(wanted[year] - staying)]
    return years


def _birth(spell: list[int], chance: np.random.Generator) -> int:
    """A birth day that keeps the child within AGES throughout the spell."""
    youngest, oldest = AGES
    latest = day_number(spell[0] - 1, 4, 1) - round(youngest * 365.25)
    earliest = day_number(spell[-1], 3, 31) - round(oldest * 365.25)
    return int(chance.integers(earliest, latest))


def _stays(child: int, spell: list[int], chance: np.random.Generator) -> pd.DataFrame:
    """A child's stays: spread over each year, none on 31 March, none touching the next."""
    starts: list[Wholes] = []
    nights: list[Wholes] = []
    for year in spell:
        count = int(chance.integers(*STAYS_A_YEAR))
        width = 355 // count
        length = chance.integers(*USUAL_NIGHTS, count)
        if chance.random() < ONE_LONG_STAY:
            length[int(chance.integers(0, count))] = chance.integers(5, min(LONGEST_STAY, width - 2) + 1)
        offset = np.arange(count) * width + chance.integers(0, np.maximum(1, width - length - 1))
        starts.append(day_number(year - 1, 4, 1) + offset)
        nights.append(length)
    start = np.concatenate(starts)
    end = start + np.concatenate(nights)
    return pd.DataFrame(
        {
            "child": child,
            "start": start.astype("datetime64[D]").astype("datetime64[us]"),
            "end": end.astype("datetime64[D]").astype("datetime64[us]"),
        }
    )
