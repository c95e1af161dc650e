"""What tells an authority's growth from others': its drivers, and how much each counts, learned within years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cip_analysis.demand.accuracy.scores import Numbers
from cip_analysis.demand.national.panel import Panel, gap_to_neighbours, logarithm, mean_of_neighbours
from cip_analysis.returns.published import STARTED

DRIFT_YEARS = 5
PENALTY = 200.0
"""How hard the weights of one year are drawn to nought, and half as hard those of two, and so on: growth over more
years stands out more. This, LARGEST_COUNTED and the drivers were settled on origins to 2018 (docs/decisions/0012)."""

LARGEST_COUNTED = 0.3
"""Departures from the year's mean growth beyond this teach no more than this: many are a change of practice."""

SMALLEST_SPREAD = 1e-9


class DriverError(ValueError):
    """Growth cannot be learned from what the panel holds."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What growth over `horizon` years was learned to be, in logarithms.

    growth: of all authorities. weights: what a driver's departure from the year's mean adds, by driver.
    """

    growth: float
    weights: Mapping[str, float]


def learn_growth(panel: Panel, told: Mapping[str, pd.DataFrame], horizon: int) -> Lesson:
    """The lesson of every known start year: a ridge regression within years, around the mean growth of them all.

    told: drivers as departures, from `depart`. Each is scaled to a standard deviation of one and its weight drawn to
    nought as by PENALTY ÷ horizon more authorities and years that told nothing. Of starts no national growth is
    carried on: it did not last (docs/decisions/0012). Raises DriverError where no growth is known.
    """
    grown, gap = pairs(panel, horizon, gap_to_neighbours(panel))
    known = (grown.notna() & gap.notna()).to_numpy()
    target = (grown - grown.mean()).clip(-LARGEST_COUNTED, LARGEST_COUNTED).to_numpy()[known]
    design = np.column_stack([driver.iloc[:, :-horizon].to_numpy()[known] for driver in told.values()])
    size = np.maximum(design.std(axis=0), SMALLEST_SPREAD) if len(design) else np.ones(len(told))
    scaled = design / size
    drawn = PENALTY / horizon * np.eye(len(told))
    weights = np.linalg.solve(scaled.T @ scaled + drawn, scaled.T @ target) / size
    growth = 0.0 if panel.measure == STARTED else mean_growth(panel, horizon)
    return Lesson(growth, dict(zip(told, map(float, weights), strict=True)))


def expected_growth(lesson: Lesson, told: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Growth (in logarithms) expected by a lesson of every authority and year that `told` describes."""
    everywhere = next(iter(told.values())) * 0.0 + lesson.growth
    return sum((told[name] * weight for name, weight in lesson.weights.items()), start=everywhere)


def tell_drivers(panel: Panel) -> dict[str, pd.DataFrame]:
    """What may tell an authority's growth from others', by authority and year; blank where it is not known.

    Each uses figures of its own year and before.
    """
    people = five_year_mean(logarithm(panel.population).diff(axis=1))
    leaving = logarithm((panel.ceased / panel.children).where((panel.ceased > 0) & (panel.children > 0)))
    return {
        "gap to neighbours": gap_to_neighbours(panel),
        "growth last year": panel.log_children.diff(axis=1),
        "neighbours' population growth": mean_of_neighbours(panel, people),
        "ceases to stock": leaving,
        "neighbours' ceases to stock": mean_of_neighbours(panel, leaving),
        "size": panel.log_children,
    }


def depart(told: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Drivers as departures from each year's mean. A blank counts as the mean: nothing told."""
    return {name: (values - values.mean()).fillna(0.0) for name, values in told.items()}


def pairs(panel: Panel, horizon: int, values: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Growth over `horizon` years, and `values` at their start, for every start whose outcome is known."""
    logs = panel.log_children
    grown = logs.shift(-horizon, axis=1) - logs
    return grown.iloc[:, :-horizon], values.iloc[:, :-horizon]


def mean_growth(panel: Panel, horizon: int) -> float:
    """Mean growth (in logarithms) of all authorities over `horizon` years, all known years together."""
    grown: Numbers = pairs(panel, horizon, panel.log_children)[0].to_numpy()
    if np.isnan(grown).all():
        raise DriverError(f"No growth over {horizon} years is known by {panel.origin}: too short a history.")
    return float(np.nanmean(grown))


def five_year_mean(values: pd.DataFrame) -> pd.DataFrame:
    """The mean over the last DRIFT_YEARS, or as many as are known, by authority and year."""
    return values.T.rolling(DRIFT_YEARS, min_periods=1).mean().T
