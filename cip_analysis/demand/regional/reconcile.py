"""Forecasts of councils made to add up to their region's, in every draw.

With one total there is one thing to put right: the region's own forecast less the councils' sum. A method says what
share of it the region gives up and how the councils divide the rest, so that both meet; the weights come from how far
each forecast's errors spread. Source: Wickramasuriya, Athanasopoulos and Hyndman (2019), Optimal forecast
reconciliation for hierarchical and grouped time series through trace minimization; of draws, Panagiotelis, Gamakumara,
Athanasopoulos and Hyndman (2023), Probabilistic forecast reconciliation. Choices:
docs/decisions/0038-the-region-together.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cip_analysis.demand.accuracy.scores import Numbers

TOLERANCE = 1e-9
"""How far, as a share of the region, a draw's councils may be from adding up to it: what floating point leaves."""

SMALLEST = 1e-12


class ReconcileError(ValueError):
    """Forecasts cannot be made to add up."""


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """Draws that add up: councils, draws x councils x horizons; region, draws x horizons, always their sum."""

    councils: Numbers
    region: Numbers

    def __post_init__(self) -> None:
        if self.councils.shape[::2] != self.region.shape:
            raise ReconcileError(
                f"Draws of {self.councils.shape} for councils and {self.region.shape} for the region do not belong "
                "together: give both the same draws and horizons."
            )
        out = np.abs(self.councils.sum(axis=1) - self.region) > TOLERANCE * np.maximum(self.region, 1.0)
        fewer = (self.councils < 0).any(axis=1)
        if wrong := int((out | fewer).any(axis=1).sum()):
            raise ReconcileError(
                f"{wrong} draws do not add up, or hold less than no child. Make them with a function of this module."
            )


def add_up(councils: Numbers) -> Together:
    """The councils as they are, and the region their sum: bottom-up."""
    return Together(councils, councils.sum(axis=1))


def divide(region: Numbers, shares: Numbers) -> Together:
    """The region as it is, and each council its share of it: top-down. shares: councils x horizons, adding to one."""
    councils = region[:, None, :] * (shares / shares.sum(axis=0))
    return Together(councils, councils.sum(axis=1))


def reconcile(councils: Numbers, region: Numbers, weights: Numbers) -> Together:
    """Councils moved so that they add up, each by its weight in the region's own forecast less their sum.

    councils: draws x councils x horizons. region: draws x horizons. weights: councils x horizons, or a column for all
    (`council_weights`); what they add to is how far the region's own forecast is believed. A council that would
    fall below nought stays there, and the region is what the councils then add up to.
    """
    apart = region - councils.sum(axis=1)
    moved = councils + apart[:, None, :] * weights
    return add_up(np.maximum(moved, 0.0))


def council_weights(covariance: Numbers) -> Numbers:
    """What share of (region − sum) each council takes, so that the sum of all errors' variances is least.

    covariance: of base forecasts' errors, the region first and then every council, in children squared; its diagonal
    alone gives weighted least squares, and the identity ordinary.
    With c = (1, −1, …, −1) the reconciled forecasts are y − W c (c′ y) ÷ (c′ W c), W the covariance.
    """
    apart = np.concatenate([[1.0], -np.ones(len(covariance) - 1)])
    towards = covariance @ apart
    return np.asarray(-towards[1:] / max(float(apart @ towards), SMALLEST))


def shrunk_covariance(errors: Numbers) -> tuple[Numbers, float]:
    """The covariance of errors, its correlations drawn to nought by as much as so few years ask; and by how much.

    errors: a year a row, the region first and then every council, in children. The share is the one that makes the
    expected squared error of the correlations least; it is one where two years or fewer are known.
    Source: Schäfer and Strimmer (2005), A shrinkage approach to large-scale covariance matrix estimation.
    """
    years = len(errors)
    if not years:
        raise ReconcileError("No past error is known, so nothing tells how far each forecast may miss.")
    spread = np.sqrt(np.maximum((errors**2).mean(axis=0), SMALLEST))
    standard = errors / spread
    correlation = standard.T @ standard / years
    share = 1.0 if years <= 2 else _shrinkage(standard, correlation)
    drawn = (1 - share) * correlation + share * np.eye(len(correlation))
    return np.outer(spread, spread) * drawn, share


def _shrinkage(standard: Numbers, correlation: Numbers) -> float:
    """How far correlations are drawn to nought: what chance alone makes of them over what they are."""
    years, count = standard.shape
    products = standard[:, :, None] * standard[:, None, :]
    by_chance = ((products - correlation) ** 2).sum(axis=0) / (years * (years - 1))
    off = ~np.eye(count, dtype=bool)
    return float(np.clip(by_chance[off].sum() / max((correlation[off] ** 2).sum(), SMALLEST), 0.0, 1.0))
