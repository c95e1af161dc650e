"""Interchangeable ways to forecast an authority's count from the published panel, each with its own past errors.

A method is a function of a panel and a horizon. It expects a growth (in logarithms) from every year it knows, and
its intervals are its own errors at that horizon, from those years whose outcome was known at the origin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from cip_analysis.demand.accuracy.scores import LEVELS, Numbers
from cip_analysis.demand.national.panel import FEWEST_CHILDREN, Panel, gap_to_neighbours, logarithm, mean_of_neighbours

NO_CHANGE = "no change"
DRIFT_YEARS = 5
PENALTY = 25.0
"""How hard the weights of `drivers` are drawn to nought; settled on origins to 2018 (docs/decisions/0012)."""

SMALLEST_SPREAD = 1e-9


class MethodError(ValueError):
    """A method cannot forecast from what the panel holds."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Counts expected `horizon` years after the panel's origin.

    centre: by authority, blank where it has too few children to forecast. quantiles: an authority a row, its count at
    each of scores.LEVELS ascending.
    """

    centre: pd.Series[float]
    quantiles: pd.DataFrame


Method = Callable[[Panel, int], Forecast]


def no_change(panel: Panel, horizon: int) -> Forecast:
    """As many as at the origin, missed by as much, in proportion, as *no change* has missed before."""
    return _spread(panel, _zero(panel), horizon, by_size=False)


def no_change_by_size(panel: Panel, horizon: int) -> Forecast:
    """As many as at the origin, with errors wider for small authorities."""
    return _spread(panel, _zero(panel), horizon, by_size=True)


def own_drift(panel: Panel, horizon: int) -> Forecast:
    """The authority's own mean yearly growth over the five years before, or as many as are known, carried on."""
    return _spread(panel, _drift(panel) * horizon, horizon, by_size=True)


def whole_gap(panel: Panel, horizon: int) -> Forecast:
    """The rate of the statistical neighbours by the horizon: what the July 2018 report took for granted."""
    return _spread(panel, gap_to_neighbours(panel), horizon, by_size=True)


def gap_share(panel: Panel, horizon: int) -> Forecast:
    """A share of the gap to statistical neighbours closed, the share estimated from what was known at the origin."""
    return _spread(panel, gap_to_neighbours(panel) * estimated_share(panel, horizon), horizon, by_size=True)


def national_growth(panel: Panel, horizon: int) -> Forecast:
    """The mean growth of all authorities over as many years, as known at the origin, for every one alike."""
    return _spread(panel, _zero(panel) + _mean_growth(panel, horizon), horizon, by_size=True)


def drivers(panel: Panel, horizon: int) -> Forecast:
    """National growth, and around it what DRIVERS tell, weighed together by a shrunken regression."""
    return _spread(panel, _weighed(panel, horizon) + _mean_growth(panel, horizon), horizon, by_size=True)


METHODS: Mapping[str, Method] = {
    NO_CHANGE: no_change,
    "no change, errors by size": no_change_by_size,
    "national growth": national_growth,
    "own five-year drift": own_drift,
    "whole gap to neighbours": whole_gap,
    "estimated share of gap": gap_share,
    "several drivers": drivers,
}


def estimated_share(panel: Panel, horizon: int) -> float:
    """The share of the gap to neighbours that authorities closed in `horizon` years, on average, as known.

    Least squares of growth on the gap `horizon` years before, within each year so that a national rise is not taken
    for convergence. Raises MethodError where no such pair of years is known.
    """
    grown, gap = _pairs(panel, horizon, gap_to_neighbours(panel))
    grown, gap = grown - grown.mean(), gap - gap.mean()
    both = (grown.notna() & gap.notna()).to_numpy()
    if not both.any():
        raise MethodError(f"No authority is known both {horizon} years apart and beside its neighbours.")
    known_gap = gap.to_numpy()[both]
    return float(known_gap @ grown.to_numpy()[both] / (known_gap @ known_gap))


def error_by_size(errors: Numbers, sizes: Numbers) -> tuple[float, float]:
    """A and b, neither below nought, such that an error's variance is about a + b ÷ size.

    The first part is what big and small authorities share; the second is the chance of small numbers.
    """
    design = np.column_stack([np.ones_like(sizes), 1 / sizes])
    weight = np.sqrt(sizes)
    (a, b), _ = nnls(design * weight[:, None], errors**2 * weight)
    return float(a), float(b)


def _zero(panel: Panel) -> pd.DataFrame:
    return panel.log_children * 0.0


def _drift(panel: Panel) -> pd.DataFrame:
    """Mean yearly growth over the last DRIFT_YEARS, or as many as are known, by authority and year; none, no drift."""
    return _five_year_mean(panel.log_children.diff(axis=1)).fillna(_zero(panel))


def _five_year_mean(values: pd.DataFrame) -> pd.DataFrame:
    return values.T.rolling(DRIFT_YEARS, min_periods=1).mean().T


def _pairs(panel: Panel, horizon: int, values: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Growth over `horizon` years, and `values` at their start, for every start whose outcome is known."""
    logs = panel.log_children
    grown = logs.shift(-horizon, axis=1) - logs
    return grown.iloc[:, :-horizon], values.iloc[:, :-horizon]


def _mean_growth(panel: Panel, horizon: int) -> float:
    """Mean growth (in logarithms) of all authorities over `horizon` years, all known years together."""
    grown = _pairs(panel, horizon, panel.log_children)[0].to_numpy()
    if np.isnan(grown).all():
        raise MethodError(f"No growth over {horizon} years is known by {panel.origin}: too short a history.")
    return float(np.nanmean(grown))


def tell_drivers(panel: Panel) -> dict[str, pd.DataFrame]:
    """What may tell an authority's growth from others', by authority and year, as departures from the year's mean.

    Each uses figures of its own year and before. A blank counts as the mean: nothing told.
    """
    people = _five_year_mean(logarithm(panel.population).diff(axis=1))
    leaving = logarithm((panel.ceased / panel.children).where((panel.ceased > 0) & (panel.children > 0)))
    told = {
        "gap to neighbours": gap_to_neighbours(panel),
        "growth last year": panel.log_children.diff(axis=1),
        "own drift": _drift(panel),
        "population growth": people,
        "neighbours' population growth": mean_of_neighbours(panel, people),
        "ceases to stock": leaving,
        "neighbours' ceases to stock": mean_of_neighbours(panel, leaving),
    }
    return {name: (values - values.mean()).fillna(0.0) for name, values in told.items()}


def _weighed(panel: Panel, horizon: int) -> pd.DataFrame:
    """Departure from national growth expected by a ridge regression within years, by authority and year.

    Each driver is scaled to a standard deviation of one and its weight drawn to nought as by PENALTY more
    authorities and years that told nothing.
    """
    told = tell_drivers(panel)
    grown, gap = _pairs(panel, horizon, gap_to_neighbours(panel))
    known = (grown.notna() & gap.notna()).to_numpy()
    target = (grown - grown.mean()).to_numpy()[known]
    design = np.column_stack([driver.iloc[:, :-horizon].to_numpy()[known] for driver in told.values()])
    size = np.maximum(design.std(axis=0), SMALLEST_SPREAD)
    scaled = design / size
    weights = np.linalg.solve(scaled.T @ scaled + PENALTY * np.eye(len(told)), scaled.T @ target) / size
    return sum((driver * weight for driver, weight in zip(told.values(), weights, strict=True)), start=_zero(panel))


def _spread(panel: Panel, growth: pd.DataFrame, horizon: int, by_size: bool) -> Forecast:
    """Forecasts from the origin: the growth expected, and around it the errors the same rule made before."""
    grown, expected = _pairs(panel, horizon, growth)
    missed = (grown - expected).to_numpy()
    known = ~np.isnan(missed)
    if not known.any():
        raise MethodError(f"No error at {horizon} years is known by {panel.origin}: too short a history.")
    errors = missed[known]
    now = panel.children[panel.origin].where(panel.children[panel.origin] >= FEWEST_CHILDREN)
    if by_size:
        sizes = panel.children.iloc[:, :-horizon].to_numpy()[known]
        a, b = error_by_size(errors, sizes)
        chance = np.quantile(errors / np.sqrt(a + b / sizes), LEVELS)
        around = np.sqrt(a + b / now.to_numpy())[:, None] * chance
    else:
        around = np.broadcast_to(np.quantile(errors, LEVELS), (len(now), len(LEVELS)))
    centre = np.log(now.to_numpy()) + growth[panel.origin].to_numpy()
    return Forecast(
        pd.Series(np.exp(centre), index=now.index),
        pd.DataFrame(np.exp(centre[:, None] + around), index=now.index),
    )
