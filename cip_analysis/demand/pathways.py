"""Who is in care on a day, who has arrived, and at what rates children leave and move: all from a council's history."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from cip_analysis.demand.estimation.durations import weigh_durations
from cip_analysis.demand.estimation.rates import PathwaysError, count_in_words, estimate_pathways
from cip_analysis.demand.estimation.reading import describe_rates, flows_between, generator, mean_stay
from cip_analysis.demand.estimation.stays import (
    Stays,
    build_stays,
    day_number,
    draw_births,
    reach_age,
)
from cip_analysis.demand.inputs import BIRTHDAYS, GROUPS, Entrants, Flags, Present, Whole
from cip_analysis.records import Episodes

__all__ = [
    "PathwaysError",
    "children_present",
    "describe_rates",
    "estimate_pathways",
    "flows_between",
    "generator",
    "known_at",
    "mean_stay",
    "past_entrants",
    "weigh_durations",
]


def known_at(episodes: Episodes, day: date) -> Episodes:
    """The histories as the returns would have told them at the end of an earlier day.

    Placements and legal statuses that began later are gone; those that ended later are open, without a reason. What
    the returns say of a child (birth date, household, whether unaccompanied) is kept as it is known now.
    Raises PathwaysError where the day lies after the census date: it is unknown, not empty.
    """
    _refuse_after_census(episodes, day)
    table, legal = (_cut(rows, pd.Timestamp(day)) for rows in (episodes.table, episodes.legal))
    return Episodes(table, legal, day, episodes.synthetic)


def _cut(rows: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    begun = rows[rows["start"] <= day]
    later = begun["end"] > day
    blanked = [name for name in ("end", "end_reason", "move_reason") if name in begun]
    return begun.assign(**{name: begun[name].mask(later) for name in blanked}).reset_index(drop=True)


def children_present(episodes: Episodes, day: date) -> tuple[Present, tuple[str, ...]]:
    """The children in care at the end of a day, as the simulation begins from them, and notes for the page.

    Respite series are left out; whoever has turned 18 has gone. A child without a birth date takes an age from
    the others in its setting that day (`draw_births`), and a note says how many did.
    Raises PathwaysError where the day lies after the census date.
    """
    _refuse_after_census(episodes, day)
    stays, at = build_stays(episodes), day_number(day)
    there = (stays.start <= at) & (stays.end > at)
    setting, known = stays.setting[there], stays.known[there]
    births = draw_births(stays.birth[there], known, setting, np.full(len(known), at))
    present = Present(
        birthdays=np.stack([reach_age(births, age) - at for age in BIRTHDAYS], axis=1).astype("float64"),
        setting=setting,
        unaccompanied=stays.group[there] == 1,
        days_in_care=(at - stays.begun[there]).astype("float64"),
    )
    return present, _note_on_ages(known, "in care", "others in their setting")


def past_entrants(episodes: Episodes, from_day: date, to_day: date) -> tuple[Entrants, Entrants, tuple[str, ...]]:
    """Households whose children started in the window: others, unaccompanied, and notes for the page.

    from_day, to_day: starts after the first day, up to and including the second. A child starts with the first
    placement of a period of care, respite series apart. Children of one household who started on one day arrive
    together; one without a household is alone. Children without a birth date take an age from others who started in
    their setting. Where nobody started the record is empty, and a note says so.
    Raises PathwaysError where the window ends after the census date or before it begins.
    """
    _refuse_after_census(episodes, to_day)
    if from_day >= to_day:
        raise PathwaysError(f"No day lies between {from_day:%d %B %Y} and {to_day:%d %B %Y}. Put the earlier first.")
    stays = build_stays(episodes)
    began = stays.begins & (stays.start > day_number(from_day)) & (stays.start <= day_number(to_day))
    births = stays.birth.copy()
    births[began] = draw_births(births[began], stays.known[began], stays.setting[began], stays.start[began])
    others, alone = (_gathered(stays, births, began & (stays.group == group)) for group in range(len(GROUPS)))
    window = f"between {from_day.day} {from_day:%B %Y} and {to_day.day} {to_day:%B %Y}"
    empty = [name for name, found in zip(GROUPS, (others, alone), strict=True) if not found.households]
    notes = [f"No {name.removesuffix(' children')} children started to be looked after {window}." for name in empty]
    return others, alone, (*notes, *_note_on_ages(stays.known[began], "who started", "others who started in theirs"))


def _gathered(stays: Stays, births: Whole, chosen: Flags) -> Entrants:
    """The chosen starts as households, in order of the day; within a day, those of one household side by side."""
    at = np.flatnonzero(chosen)
    household = np.where(stays.household[at] >= 0, stays.household[at], -1 - np.arange(len(at)))
    order = np.lexsort((household, stays.start[at]))
    at, household = at[order], household[order]
    start = stays.start[at]
    opens = np.append(True, (household[1:] != household[:-1]) | (start[1:] != start[:-1]))[: len(at)]
    return Entrants(
        first=np.append(np.flatnonzero(opens), len(at)).astype("int64"),
        age_days=np.clip(start - births[at], 0, None).astype("float64"),
        setting=stays.setting[at],
        need=stays.need[at],
    )


def _note_on_ages(known: Flags, who: str, others: str) -> tuple[str, ...]:
    lacking = int((~known).sum())
    return (f"{count_in_words(lacking)} {who} have no birth date: their ages are taken from {others}.",) * (lacking > 0)


def _refuse_after_census(episodes: Episodes, day: date) -> None:
    if day > episodes.census_date:
        raise PathwaysError(
            f"{day:%d %B %Y} is after the census date, {episodes.census_date:%d %B %Y}: what happened then is not "
            "known. Choose a day up to it."
        )
