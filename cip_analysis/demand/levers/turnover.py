"""How long children stay and how fast settings empty, as the estimated rates have it.

It turns children a year and places into rates and shares, near enough; where it must be right it is put right by
simulation (following.py).
"""

from __future__ import annotations

import numpy as np

from cip_analysis.codes import ADULT_AGE, AGE_BAND_STARTS
from cip_analysis.demand.inputs import DAYS_IN_YEAR, MONTHS_IN_YEAR, Entrants, Flags, Floats, Pathways, Whole

DAYS_IN_MONTH = DAYS_IN_YEAR / MONTHS_IN_YEAR


def bands_of(age_days: Floats) -> Whole:
    """Position in codes.AGE_BANDS of each age in days."""
    starts = np.array(AGE_BAND_STARTS[1:]) * DAYS_IN_YEAR
    return np.asarray(np.searchsorted(starts, age_days, side="right"))


def share_still_here(entrants: Entrants, pathways: Pathways, group: int, months: int) -> Floats:
    """Of children who arrive, the share expected still in care each whole month after, from none to `months`.

    group: position in inputs.GROUPS. Each meets the rates of leaving of the setting arrived in, ages, and leaves at 18;
    moves are not followed. Where nobody is known to have arrived, everybody stays.
    """
    if not len(entrants.age_days):
        return np.ones(months + 1)
    since = (np.arange(months + 1) * DAYS_IN_MONTH)[None, :]
    ages = entrants.age_days[:, None] + since
    durations = np.searchsorted(np.array(pathways.duration_edges), since, side="right")
    rates = pathways.leave_rates.sum(axis=-1)[group][durations, bands_of(ages), entrants.setting[:, None]]
    gone = np.cumsum(rates * DAYS_IN_MONTH, axis=1)
    before = np.concatenate([np.zeros((len(ages), 1)), gone[:, :-1]], axis=1)
    return np.asarray((np.exp(-before) * (ages < ADULT_AGE * DAYS_IN_YEAR)).mean(axis=0))


def emptying_rate(pathways: Pathways, stock: Floats, inside: Flags) -> float:
    """Rate a day at which children go from a group of cells: leaving, moving on, or growing out of it.

    stock: children by age band x setting, the weights. inside: which cells are the group. Durations are pooled by
    exposure; birthdays within a band fall evenly. Where nobody is in the group, its cells weigh alike.
    """
    days = pathways.days[0].sum(axis=0)
    moving_out = (pathways.move[0].sum(axis=0) * ~inside[:, None, :]).sum(axis=-1)
    rates = (pathways.leave[0].sum(axis=(0, -1)) + moving_out) / days
    widths = np.diff([*AGE_BAND_STARTS, ADULT_AGE])[:, None] * DAYS_IN_YEAR
    older_inside = np.concatenate([inside[1:], np.zeros((1, inside.shape[1]), dtype=bool)])
    rates = rates + np.where(older_inside, 0.0, 1.0 / widths)
    weights = np.where(inside, stock, 0.0)
    weights = weights if weights.sum() > 0 else inside.astype("float64")
    return float((rates * weights).sum() / weights.sum())


def moving_rate(pathways: Pathways, ages: Floats, from_setting: int, to_setting: int) -> float:
    """Rate a day of moving from one setting to another, children's ages (weights by age band) being as given."""
    days = pathways.days[0, :, :, from_setting].sum(axis=0)
    rates = pathways.move[0, :, :, from_setting, to_setting].sum(axis=0) / days
    return float(np.average(rates, weights=ages if ages.sum() > 0 else None))
