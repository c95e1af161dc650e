"""Starts by population and season: a Poisson regression, where the history can bear one."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from cip_analysis.demand.arrivals.history import Numbers, StartsHistory, days_in

if TYPE_CHECKING:
    from statsmodels.genmod.generalized_linear_model import GLMResults

FEWEST_MONTHS_FOR_SEASON = 24
FEWEST_STARTS_FOR_SEASON = 60
HARMONICS = 2
POPULATION_YEARS = 5


def fit_season(history: StartsHistory) -> GLMResults | None:
    """The regression on population and season; None where the history is too short or thin, or it does not settle."""
    if len(history.months) < FEWEST_MONTHS_FOR_SEASON or history.children.sum() < FEWEST_STARTS_FOR_SEASON:
        return None
    # fetched when first wanted: it takes longer than a county's forecast
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

    model = GLM(
        history.children, season_waves(history.months), family=Poisson(), offset=log_offset(history, history.months)
    )
    with warnings.catch_warnings():
        # raised of months that are all alike, too, where nothing is amiss: `converged` tells the two apart
        warnings.simplefilter("ignore", PerfectSeparationWarning)
        fitted = model.fit()
    return fitted if fitted.converged else None


def season_waves(months: Sequence[date]) -> Numbers:
    """A column of ones and HARMONICS pairs of waves through the year, one row a month."""
    turn = 2 * np.pi * (np.array([month.month for month in months]) - 0.5) / 12
    waves = [wave(pair * turn) for pair in range(1, HARMONICS + 1) for wave in (np.sin, np.cos)]
    return np.column_stack([np.ones(len(turn)), *waves])


def log_offset(history: StartsHistory, months: Sequence[date]) -> Numbers:
    """Logarithm of population x days in each month; of the days only, where no population is known."""
    days = np.log(days_in(months))
    known = history.population.sort_index()
    if known.empty:
        return days
    # the year ending March y has the estimate of the middle of y - 1
    at = known.index.to_numpy("float64") - 0.5
    logs = np.log(known.to_numpy("float64"))
    when = np.array([month.year + (month.month - 0.5) / 12 for month in months])
    back = max(0, len(at) - 1 - POPULATION_YEARS)
    growth = (logs[-1] - logs[back]) / (at[-1] - at[back]) if len(at) > 1 else 0.0
    return np.asarray(days + np.interp(when, at, logs) + growth * np.maximum(when - at[-1], 0))
