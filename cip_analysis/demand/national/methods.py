"""Interchangeable ways to forecast an authority's count from the published panel, each with its own past errors.

A method is a function of a panel and a horizon. Its rule expects a growth (in logarithms) from every year it knows,
and its intervals are the rule's own errors at that horizon, from those years whose outcome was known at the origin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from cip_analysis.demand.accuracy.scores import LEVELS, NO_CHANGE, Numbers
from cip_analysis.demand.national.drivers import (
    depart,
    expected_growth,
    learn_growth,
    mean_growth,
    pairs,
    tell_drivers,
)
from cip_analysis.demand.national.errors import Errors, learn_errors, shared_by_all
from cip_analysis.demand.national.panel import FEWEST_CHILDREN, Panel, as_if_at, gap_to_neighbours
from cip_analysis.demand.national.trends import damped_trend, own_drift, own_flows, walk_with_drift

SHOWN = "several drivers"
"""The method that scores best, whose lessons `estimates` keeps."""

RECALIBRATED_AT = (0.5, 0.8, 0.9, 0.95)
YEARS_TO_TRUST = 1.0
"""Past origins after which half of how far their intervals were out is believed."""

FEWEST_JUDGED = 20


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
Rule = Callable[[Panel, int], pd.DataFrame]


def no_growth(panel: Panel, _horizon: int) -> pd.DataFrame:
    """As many as at the origin, whatever the horizon."""
    return panel.log_children * 0.0


def national_growth(panel: Panel, horizon: int) -> pd.DataFrame:
    """The mean growth of all authorities over as many years, as known at the origin, for every one alike."""
    return no_growth(panel, horizon) + mean_growth(panel, horizon)


def whole_gap(panel: Panel, _horizon: int) -> pd.DataFrame:
    """The rate of the statistical neighbours by the horizon: what the July 2018 report took for granted."""
    return gap_to_neighbours(panel)


def gap_share(panel: Panel, horizon: int) -> pd.DataFrame:
    """A share of the gap to statistical neighbours closed, the share estimated from what was known at the origin."""
    return gap_to_neighbours(panel) * estimated_share(panel, horizon)


def drivers(panel: Panel, horizon: int) -> pd.DataFrame:
    """National growth, and around it what the drivers tell, weighed together by a shrunken regression."""
    told = depart(tell_drivers(panel))
    return expected_growth(learn_growth(panel, told, horizon), told) + no_growth(panel, horizon)


def no_change(panel: Panel, horizon: int) -> Forecast:
    """As many as at the origin, missed by as much, in proportion, as *no change* has missed before: the yardstick."""
    missed = missed_by(panel, no_growth(panel, horizon), horizon).to_numpy()
    errors = missed[np.isfinite(missed)]
    if not len(errors):
        raise MethodError(f"No error at {horizon} years is known by {panel.origin}: too short a history.")
    now = _now(panel)
    around = np.broadcast_to(np.quantile(errors, LEVELS), (len(now), len(LEVELS)))
    return _around(now, no_growth(panel, horizon)[panel.origin], around)


def forecast_all(panel: Panel, horizon: int) -> dict[str, Forecast]:
    """What every method forecasts, by the names in SCORED: METHODS, and the mean of POOLED, quantile by quantile."""
    made = {name: method(panel, horizon) for name, method in METHODS.items()}
    members = [made[name] for name in POOLED]
    centre = sum((one.centre for one in members[1:]), start=members[0].centre) / len(members)
    quantiles = sum((one.quantiles for one in members[1:]), start=members[0].quantiles) / len(members)
    return {**made, POOL: Forecast(centre, quantiles)}


def forecast_by(rule: Rule, panel: Panel, horizon: int) -> Forecast:
    """What a rule expects, its intervals all its own past errors, wider for small authorities."""
    growth = rule(panel, horizon)
    missed = missed_by(panel, growth, horizon)
    return _spread(panel, growth, learn_errors(missed, panel.children[missed.columns]))


def forecast_recalibrated(rule: Rule, panel: Panel, horizon: int) -> Forecast:
    """What a rule expects, its errors split in authorities' own and what all share, and recalibrated."""
    return _spread(panel, rule(panel, horizon), recalibrated_errors(panel, rule, horizon))


METHODS: Mapping[str, Method] = {
    NO_CHANGE: no_change,
    "no change, errors by size": partial(forecast_by, no_growth),
    "national growth": partial(forecast_by, national_growth),
    "random walk with drift": partial(forecast_by, walk_with_drift),
    "own five-year drift": partial(forecast_by, own_drift),
    "damped trend": partial(forecast_by, damped_trend),
    "own flows": partial(forecast_by, own_flows),
    "whole gap to neighbours": partial(forecast_by, whole_gap),
    "estimated share of gap": partial(forecast_by, gap_share),
    SHOWN: partial(forecast_recalibrated, drivers),
}
POOL, POOLED = "pool of the best two", ("estimated share of gap", SHOWN)
SCORED = (*METHODS, POOL)


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


def errors_apart(panel: Panel, growth: pd.DataFrame, horizon: int) -> Errors:
    """A rule's errors at a horizon, about each year's mean, and apart from them what all authorities share."""
    missed = missed_by(panel, growth, horizon)
    apart = learn_errors(missed - missed.mean(), panel.children[missed.columns])
    yearly = panel.log_children.diff(axis=1).mean().dropna()
    return replace(apart, a=apart.a + shared_by_all(missed, yearly, horizon))


def recalibrated_errors(panel: Panel, rule: Rule, horizon: int) -> Errors:
    """A rule's errors, scaled by how far its intervals from earlier origins were out, so far as that is known.

    From every earlier year that had errors to rest on and whose outcome was known by the panel's origin, the rule is
    learned again from the years before it alone. The scale is the ratio of its errors' size to that promised,
    averaged over RECALIBRATED_AT and those years, and drawn to one where they are few.
    """
    growth = rule(panel, horizon)
    errors = errors_apart(panel, growth, horizon)
    first = int(panel.children.columns.min())
    starts = range(first + horizon + 1, panel.origin - horizon + 1)
    wider = [ratio for start in starts if (ratio := _too_narrow(panel, rule, horizon, start)) is not None]
    if not wider:
        return errors
    believed = len(wider) / (len(wider) + YEARS_TO_TRUST)
    return replace(errors, knots=errors.knots * np.exp(believed * np.log(np.mean(wider))))


def _too_narrow(panel: Panel, rule: Rule, horizon: int, start: int) -> float | None:
    """How much larger errors from `start` were than promised then; None where too few can be judged."""
    past = as_if_at(panel, start)
    grown = panel.log_children[start + horizon] - panel.log_children[start]
    if missed_by(past, no_growth(past, horizon), horizon).notna().sum().sum() < FEWEST_JUDGED:
        return None
    growth = rule(past, horizon)
    missed = (grown - growth[start]).dropna()
    if len(missed) < FEWEST_JUDGED:
        return None
    promised = errors_apart(past, growth, horizon)
    size = np.sqrt(promised.a + promised.b / past.children.loc[missed.index, start].to_numpy())
    standard = np.quantile(np.abs(missed.to_numpy() / size), RECALIBRATED_AT)
    return float(np.mean(standard / np.quantile(np.abs(promised.standard(LEVELS)), RECALIBRATED_AT)))


def _now(panel: Panel) -> pd.Series[float]:
    return panel.children[panel.origin].where(panel.children[panel.origin] >= FEWEST_CHILDREN).astype("float64")


def _spread(panel: Panel, growth: pd.DataFrame, errors: Errors) -> Forecast:
    now = _now(panel)
    return _around(now, growth[panel.origin], errors.around(np.asarray(now, dtype="float64")))


def _around(now: pd.Series[float], growth: pd.Series[float], around: Numbers) -> Forecast:
    """Forecasts from the origin: the growth expected, and what may come around it, an authority a row."""
    centre = np.log(now.to_numpy()) + growth.to_numpy()
    return Forecast(
        pd.Series(np.exp(centre), index=now.index), pd.DataFrame(np.exp(centre[:, None] + around), index=now.index)
    )
