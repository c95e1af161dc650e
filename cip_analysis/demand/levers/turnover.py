"""How long children stay and how fast a setting empties, as the estimated rates have it: what turns children a year and
places into rates and shares.
"""

from __future__ import annotations

import numpy as np

from cip_analysis.codes import ADULT_AGE, AGE_BAND_STARTS, AGE_BANDS
from cip_analysis.demand.inputs import DAYS_IN_YEAR, Entrants, Floats, Pathways, Whole

MONTHS_IN_YEAR = 12
DAYS_IN_MONTH = DAYS_IN_YEAR / MONTHS_IN_YEAR
LAST_BAND_YEARS = ADULT_AGE - AGE_BAND_STARTS[-1]


def bands_of(age_days: Floats) -> Whole:
    """Position in codes.AGE_BANDS of each age in days."""
    starts = np.array(AGE_BAND_STARTS[1:]) * DAYS_IN_YEAR
    return np.asarray(np.searchsorted(starts, age_days, side="right"))


def share_still_here(entrants: Entrants, pathways: Pathways, group: int, months: int) -> Floats:
    """Of children who arrive, the share expected still in care each whole month after, the month of arrival first.

    group: position in inputs.GROUPS. Each leaves at the rates of the setting and duration met on arrival, ages, and
    leaves at 18; moves are not followed, so this is near, not exact: what uses it is put right by simulation. Nobody
    having arrived, everybody stays.
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


def emptying_rate(pathways: Pathways, setting: int, ages: Floats) -> float:
    """Rate a day at which children of some ages go from a setting: leaving, moving on, turning 18.

    ages: children (or shares) by age band. Durations are pooled by exposure. Turning 18 is taken as one in two a
    year of those aged 16 and over, their birthdays falling evenly.
    """
    days = pathways.days[0, :, :, setting].sum(axis=0)
    events = (pathways.leave.sum(axis=-1) + pathways.move.sum(axis=-1))[0, :, :, setting].sum(axis=0)
    birthdays = np.zeros(len(AGE_BANDS))
    birthdays[-1] = 1 / (LAST_BAND_YEARS * DAYS_IN_YEAR)
    weights = ages / ages.sum() if ages.sum() > 0 else np.full(len(AGE_BANDS), 1 / len(AGE_BANDS))
    return float(weights @ (events / days + birthdays))
