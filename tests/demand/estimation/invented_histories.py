"""Histories of invented children who leave and move at rates that are known, night by night."""

from __future__ import annotations

from datetime import date

import numpy as np
from builders import a_placement, make_episodes

from cip_analysis.codes import AGE_BANDS, SETTINGS, WAY_OUT_OF, WAYS_OUT
from cip_analysis.demand.estimation.stays import day_number, reach_age

FIRST, CENSUS = date(2012, 3, 31), date(2018, 3, 31)
KINDS = len(WAYS_OUT) + len(SETTINGS)
LIVED_IN = (0, 2, 3)
"""In-house foster, kinship and external residential."""
HOME, GUARDIAN = WAYS_OUT.index("returned home"), WAYS_OUT.index("special guardianship or child arrangements")
POSSIBLE = (HOME, GUARDIAN, *(len(WAYS_OUT) + setting for setting in LIVED_IN))
REASONS = {way: reason for reason, way in reversed(WAY_OUT_OF.items())}


def rates_that_vary(chance, spread=0.5):
    """True rates a day, band x setting x way out and setting: two ways out and moves among three settings."""
    rates = np.zeros((len(AGE_BANDS), len(SETTINGS), KINDS))
    for kind in POSSIBLE:
        by_setting, by_age = chance.lognormal(0, spread, 3), chance.lognormal(0, spread, (len(AGE_BANDS), 1))
        cells = by_setting * by_age * chance.lognormal(0, spread / 2, (len(AGE_BANDS), 3)) / 1000
        rates[:, LIVED_IN, kind] = cells
    for setting in LIVED_IN:
        rates[:, setting, len(WAYS_OUT) + setting] = 0
    return rates


def play_histories(chance, children, rates, edges=(), early=1.0):
    """Episodes of children who start between FIRST and CENSUS at any age, and live by `rates`.

    edges, early: before the first edge, in days of care, every rate is `early` times as high.
    """
    starts = chance.integers(day_number(FIRST) + 1, day_number(CENSUS), children)
    births = starts - chance.integers(0, 17 * 365, children)
    turns = np.stack([reach_age(births, age) for age in (1, 5, 10, 16, 18)], axis=1)
    rows = []
    for child in range(children):
        placed = _play(chance, starts[child], turns[child], (rates, edges, early))
        birth = str(np.datetime64(int(births[child]), "D"))
        rows += [
            a_placement(child=f"c{child:06d}", birth_date=birth, setting=SETTINGS[setting], start=_text(start),
                        end=_text(end), end_reason=reason)
            for start, end, setting, reason in placed
        ]  # fmt: skip
    return make_episodes(rows, CENSUS.isoformat())


def _play(chance, start, turns, truth):
    """One child's placements: (start, end, setting, reason), the last open if care goes on."""
    rates, edges, early = truth
    day, setting, placed = start, int(chance.choice(LIVED_IN)), []
    until = min(turns[-1], day_number(CENSUS))
    while day < until:
        band = int((turns[:-1] <= day).sum())
        new = edges and day - start < edges[0]
        marks = [until, *turns[turns > day], *([start + edges[0]] if new else [])]
        at = rates[band, setting] * (early if new else 1.0)
        waited = chance.geometric(at.sum())
        if day + waited > min(marks):
            day = min(marks)
            continue
        day += waited
        kind = int(chance.choice(KINDS, p=at / at.sum()))
        moved = kind - len(WAYS_OUT)
        placed.append((start if not placed else placed[-1][1], day, setting, _reason(kind)))
        if moved < 0:
            return placed
        setting = moved
    begun = placed[-1][1] if placed else start
    adult = turns[-1] <= day_number(CENSUS)
    return [*placed, (begun, turns[-1] if adult else None, setting, None)] if begun < turns[-1] else placed


def _reason(kind):
    return REASONS[WAYS_OUT[kind]] if kind < len(WAYS_OUT) else "continues"


def _text(day):
    return None if day is None else str(np.datetime64(int(day), "D"))
