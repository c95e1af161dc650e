"""Simple rivals that look only at the line a count has drawn: what a forecast of children one by one must beat.

A rival is a function of a monthly history (ascending, no month missing, above nought) and the months ahead; it gives
the count at each of scores.LEVELS (a row) and each horizon (a column). All work in logarithms, so that none falls to
nought or below. Their intervals rest on the line's own past alone.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtri

from cip_analysis.demand.accuracy.scores import LEVELS, NO_CHANGE, Numbers
from cip_analysis.demand.inputs import MONTHS_IN_YEAR

FEWEST_MONTHS = 24
LEAST = 0.5
"""What stands for a month of nobody where a logarithm is taken."""

Rival = Callable[[Numbers, Sequence[int]], Numbers]


class RivalError(ValueError):
    """A history is too short for any rival to go on."""


def no_change(history: Numbers, horizons: Sequence[int]) -> Numbers:
    """As many as now; missed by what a year has changed it before, up as well as down, wider with the root of time."""
    logs = _logs(history)
    changes = logs[MONTHS_IN_YEAR:] - logs[:-MONTHS_IN_YEAR]
    a_year_on = np.quantile(np.concatenate([changes, -changes]), LEVELS)
    return _counts(logs[-1], a_year_on[:, None] * np.sqrt(_years(horizons)))


def drift(history: Numbers, horizons: Sequence[int]) -> Numbers:
    """The mean yearly growth of the whole history carried on; its intervals as those of `no_change`."""
    logs = _logs(history)
    grown = (logs[-1] - logs[0]) / (len(logs) - 1) * MONTHS_IN_YEAR
    return np.asarray(no_change(history, horizons) * np.exp(grown * _years(horizons)))


def random_walk(history: Numbers, horizons: Sequence[int]) -> Numbers:
    """A random walk with drift: months' changes are normal about their mean, which is itself not known exactly.

    Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice (3rd edition), section 5.5.
    """
    steps = np.diff(_logs(history))
    ahead = np.asarray(horizons, dtype="float64")
    spread = steps.std(ddof=1) * np.sqrt(ahead * (1 + ahead / len(steps)))
    return _counts(float(np.log(max(history[-1], LEAST))) + steps.mean() * ahead, ndtri(LEVELS)[:, None] * spread)


def damped_trend(history: Numbers, horizons: Sequence[int]) -> Numbers:
    """Exponential smoothing with a trend that dies away, ETS(A,Ad,N), on logarithms.

    Where its likelihood does not settle, it is taken where the search stopped: a rival need not be at its best.
    Source: statsmodels, ETSModel; Hyndman, Koehler, Ord and Snyder (2008), Forecasting with Exponential Smoothing.
    """
    # fetched when first wanted: it takes longer than a county's forecast
    from statsmodels.tools.sm_exceptions import ConvergenceWarning
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    logs = _logs(history)
    model = ETSModel(pd.Series(logs), error="add", trend="add", damped_trend=True, initialization_method="heuristic")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = model.fit(disp=False)
    ahead = fitted.get_prediction(start=len(logs), end=len(logs) + max(horizons) - 1)
    at = np.asarray(horizons) - 1
    centre, spread = np.asarray(ahead.predicted_mean)[at], np.sqrt(np.asarray(ahead.forecast_variance)[at])
    return _counts(centre, ndtri(LEVELS)[:, None] * spread)


RIVALS: Mapping[str, Rival] = {
    NO_CHANGE: no_change,
    "own drift": drift,
    "random walk with drift": random_walk,
    "damped trend": damped_trend,
}


def _logs(history: Numbers) -> Numbers:
    if len(history) < FEWEST_MONTHS:
        raise RivalError(f"{len(history)} months are too few for a rival: {FEWEST_MONTHS} are needed.")
    return np.asarray(np.log(np.maximum(np.asarray(history, dtype="float64"), LEAST)))


def _years(horizons: Sequence[int]) -> Numbers:
    return np.asarray(horizons, dtype="float64") / MONTHS_IN_YEAR


def _counts(centre: Numbers | float, around: Numbers) -> Numbers:
    return np.asarray(np.exp(centre + around))
