"""A council's own level and drift of starts, the drift shrunk as the published panel says it should be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cip_analysis.demand.arrivals.chance import dispersion, unevenness, year_by_year
from cip_analysis.demand.arrivals.history import Drift, Numbers, StartsHistory

LASTING_SD = 0.02
"""How far councils differ in a drift that goes on from year to year, beyond the random walk: sd a year, in logarithms.

Hardly at all: over English authorities, growth of starts in one year and in another two to four years later covary
-0.005, -0.001 and -0.002 (children looked after as published to 2018; -0.004, -0.001 and -0.001 to 2023), where a
lasting drift would make them covary by its variance. A prior as wide as the random walk counted the same wandering
twice, and on invented counties its intervals held every truth (docs/accuracy.md).
"""


@dataclass(frozen=True, slots=True, eq=False)
class OwnDrift:
    """A council's own starts at its last month: what they are and where they are going.

    log_level: logarithm of children a day. drift: change of it a year, after shrinking. covariance: of the two.
    raw_drift: before shrinking. kept: the share of it kept. Both are nought where there is one year only.
    """

    log_level: float
    drift: float
    covariance: Numbers
    raw_drift: float
    kept: float


def estimate_drift(history: StartsHistory, drift: Drift) -> OwnDrift:
    """Level and drift by least squares over whole years back from the last month, the drift shrunk toward nought.

    A year's log rate is level + drift x years from the end + a random walk of the panel's starts_sd + chance of
    variance dispersion ÷ (children + 1/2) + starts_noise_sd²; all three are in the weights. Beforehand the drift is
    held to be normal about nought with sd LASTING_SD, so of the unshrunk drift b with standard error s there is kept
    the share LASTING_SD² ÷ (LASTING_SD² + s²): the empirical Bayes estimate of Efron and Morris (1975).
    """
    years = len(history.months) // 12
    counts, days = (
        values[-12 * years :].reshape(years, 12).sum(axis=1)[::-1] for values in (history.children, history.days)
    )
    expected = year_by_year(history.children, history.days)
    uneven = unevenness(history.children, expected, history.siblings)
    chance = dispersion(expected, uneven, history.siblings) / (counts + 0.5) + drift.starts_noise_sd**2
    inverse = np.linalg.inv(np.diag(chance) + drift.starts_sd**2 * _walk_back(years))
    design = np.column_stack([np.ones(years), -(np.arange(years) + 0.5)])
    told = design.T @ inverse @ design
    prior = np.diag([0.0, 1 / LASTING_SD**2])
    heard = design.T @ inverse @ np.log((counts + 0.5) / days)
    covariance = np.linalg.inv(told + prior)
    level, shrunk = covariance @ heard
    raw, error = (np.linalg.solve(told, heard)[1], np.linalg.inv(told)[1, 1]) if years > 1 else (0.0, np.inf)
    kept = LASTING_SD**2 / (LASTING_SD**2 + error)
    return OwnDrift(float(level), float(shrunk) if years > 1 else 0.0, covariance, float(raw), float(kept))


def _walk_back(years: int) -> Numbers:
    """Covariance of a unit random walk, nought at the end, averaged over each year back from it."""
    earlier = np.minimum.outer(np.arange(years), np.arange(years))
    return np.asarray(earlier + 0.5 - np.eye(years) / 6)
