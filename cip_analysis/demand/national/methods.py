"""Interchangeable ways to forecast an authority's count from the published panel, each with its own past errors.

A method is a function of a panel and a horizon. It expects a growth (in logarithms) from every year it knows, and
its intervals are its own errors at that horizon, from those years whose outcome was known at the origin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cip_analysis.demand.accuracy.scores import LEVELS, Numbers
from cip_analysis.demand.national.drivers import (
    depart,
    expected_growth,
    learn_growth,
    mean_growth,
    own_drift_of,
    pairs,
    tell_drivers,
)
from cip_analysis.demand.national.errors import learn_errors
from cip_analysis.demand.national.panel import FEWEST_CHILDREN, Panel, gap_to_neighbours

NO_CHANGE = "no change"


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
    return _spread(panel, own_drift_of(panel) * horizon, horizon, by_size=True)


def whole_gap(panel: Panel, horizon: int) -> Forecast:
    """The rate of the statistical neighbours by the horizon: what the July 2018 report took for granted."""
    return _spread(panel, gap_to_neighbours(panel), horizon, by_size=True)


def gap_share(panel: Panel, horizon: int) -> Forecast:
    """A share of the gap to statistical neighbours closed, the share estimated from what was known at the origin."""
    return _spread(panel, gap_to_neighbours(panel) * estimated_share(panel, horizon), horizon, by_size=True)


def national_growth(panel: Panel, horizon: int) -> Forecast:
    """The mean growth of all authorities over as many years, as known at the origin, for every one alike."""
    return _spread(panel, _zero(panel) + mean_growth(panel, horizon), horizon, by_size=True)


def drivers(panel: Panel, horizon: int) -> Forecast:
    """National growth, and around it what the drivers tell, weighed together by a shrunken regression."""
    return _spread(panel, driven_growth(panel, horizon), horizon, by_size=True)


METHODS: Mapping[str, Method] = {
    NO_CHANGE: no_change,
    "no change, errors by size": no_change_by_size,
    "national growth": national_growth,
    "own five-year drift": own_drift,
    "whole gap to neighbours": whole_gap,
    "estimated share of gap": gap_share,
    "several drivers": drivers,
}


def driven_growth(panel: Panel, horizon: int) -> pd.DataFrame:
    """Growth (in logarithms) that `drivers` expects over `horizon` years, by authority and year."""
    told = depart(tell_drivers(panel))
    return expected_growth(learn_growth(panel, told, horizon), told) + _zero(panel)


def estimated_share(panel: Panel, horizon: int) -> float:
    """The share of the gap to neighbours that authorities closed in `horizon` years, on average, as known.

    Least squares of growth on the gap `horizon` years before, within each year so that a national rise is not taken
    for convergence. Raises MethodError where no such pair of years is known.
    """
    grown, gap = pairs(panel, horizon, gap_to_neighbours(panel))
    grown, gap = grown - grown.mean(), gap - gap.mean()
    both = (grown.notna() & gap.notna()).to_numpy()
    if not both.any():
        raise MethodError(f"No authority is known both {horizon} years apart and beside its neighbours.")
    known_gap = gap.to_numpy()[both]
    return float(known_gap @ grown.to_numpy()[both] / (known_gap @ known_gap))


def missed_by(panel: Panel, growth: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """By how much a rule's growth missed (in logarithms), by authority and start year; blank where not yet known."""
    grown, expected = pairs(panel, horizon, growth)
    return grown - expected


def known_misses(panel: Panel, growth: pd.DataFrame, horizon: int) -> tuple[Numbers, Numbers]:
    """Every known miss of a rule, and the children at its start. Raises MethodError where there is none."""
    missed = missed_by(panel, growth, horizon).to_numpy()
    known = ~np.isnan(missed)
    if not known.any():
        raise MethodError(f"No error at {horizon} years is known by {panel.origin}: too short a history.")
    return missed[known], panel.children.iloc[:, :-horizon].to_numpy()[known]


def _zero(panel: Panel) -> pd.DataFrame:
    return panel.log_children * 0.0


def _spread(panel: Panel, growth: pd.DataFrame, horizon: int, by_size: bool) -> Forecast:
    """Forecasts from the origin: the growth expected, and around it the errors the same rule made before."""
    errors, sizes = known_misses(panel, growth, horizon)
    now = panel.children[panel.origin].where(panel.children[panel.origin] >= FEWEST_CHILDREN)
    if by_size:
        around = learn_errors(errors, sizes).around(now.to_numpy())
    else:
        around = np.broadcast_to(np.quantile(errors, LEVELS), (len(now), len(LEVELS)))
    centre = np.log(now.to_numpy()) + growth[panel.origin].to_numpy()
    return Forecast(
        pd.Series(np.exp(centre), index=now.index),
        pd.DataFrame(np.exp(centre[:, None] + around), index=now.index),
    )
