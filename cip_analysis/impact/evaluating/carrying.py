"""How the weeks of one month carry over to the next, and a regression that reckons with it.

Children stay for months, so a month's weeks are mostly last month's. Where children come at a steady rate and leave at
`turnover` a month, months k apart (k of 1 or more) are correlated by the mean over each of a stock that decays, which
is known in closed form; turnover is then the one thing not known. Each turnover of a grid is tried and weighed by its
restricted likelihood, which allows for the terms fitted. Choices: docs/decisions/0032-evaluation.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from cip_analysis.demand.inputs import Flags, Floats, Whole
from cip_analysis.impact.evaluating.design import Design

NOTHING_CARRIED = 1e6
TURNOVERS: tuple[float, ...] = (*(float(rate) for rate in np.geomspace(0.006, 2.0, 11)), NOTHING_CARRIED)
"""Shares of children who leave, a month: from stays of twenty years to nothing carried over."""
NOT_RULED_OUT = 1.92
"""A turnover is not ruled out while its log-likelihood is within so much of the best: half of chi-square 3.84."""


class CarryingError(ValueError):
    """A regression cannot be told: its terms say the same thing."""


def correlate(at: Whole, turnover: float) -> Floats:
    """The correlation of the weeks of months that lie at `at` (months since the first), month x month.

    The mean over each month of a stock whose correlation after t months is exp(-turnover t).
    Source: the stationary M/M/infinity queue (Poisson arrivals, exponential stays), integrated over each month.

    >>> correlate(np.array([0, 1]), NOTHING_CARRIED).round(3).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    apart = np.abs(at[:, None] - at[None, :])
    same = 2 * (turnover - 1 + np.exp(-turnover))
    other = (1 - np.exp(-turnover)) ** 2 * np.exp(-turnover * (np.maximum(apart, 1) - 1))
    return np.where(apart == 0, 1.0, other / same)


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """The correlation under one turnover: its Cholesky factor, that factor's inverse and log-determinant."""

    lower: Floats
    inverse: Floats
    log_size: float


@dataclass(frozen=True, slots=True, eq=False)
class Whitened:
    """A design under one turnover, its months made unalike: what is left of each after those before it.

    inverse: of the correlation's Cholesky factor. basis: orthonormal terms. effect: weights of `basis` that give the
    effect tested. terms: the same for every term. log_size: the part of the restricted likelihood no outcome moves.
    """

    inverse: Floats
    basis: Floats
    effect: Floats
    terms: Floats
    log_size: float


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """Outcomes weighed under every turnover: turnover x outcome.

    likelihood: restricted, in logarithms. effect: as tested. error: its standard error. scale: the variance left over.
    """

    likelihood: Floats
    effect: Floats
    error: Floats
    scale: Floats

    @property
    def best(self) -> Whole:
        """The place of the likeliest turnover, one an outcome."""
        return np.asarray(self.likelihood.argmax(axis=0))

    @property
    def not_ruled_out(self) -> Flags:
        """Which turnovers an outcome does not rule out, turnover x outcome."""
        return np.asarray(self.likelihood >= self.likelihood.max(axis=0) - NOT_RULED_OUT)

    @property
    def surprise(self) -> Floats:
        """How far the effect lies from nought in standard errors at the likeliest turnover, without its sign."""
        place = self.best, np.arange(self.effect.shape[1])
        return np.asarray(np.abs(self.effect[place]) / self.error[place])


def factors_of(at: Whole) -> tuple[Factor, ...]:
    """The correlation under each of TURNOVERS, taken apart."""
    return tuple(
        _factor(np.asarray(np.linalg.cholesky(correlate(at, turnover)), dtype="float64")) for turnover in TURNOVERS
    )


def _factor(lower: Floats) -> Factor:
    """A Cholesky factor with what it is needed for."""
    inverse = solve_triangular(lower, np.eye(len(lower)), lower=True)
    return Factor(lower, inverse, float(np.log(np.diag(lower)).sum()))


def whiten(design: Design, factors: Sequence[Factor]) -> tuple[Whitened, ...]:
    """The design under each turnover.

    Raises CarryingError where terms repeat one another over the months there are.
    """
    matrix = design.matrix
    if np.linalg.matrix_rank(matrix) < matrix.shape[1]:
        raise CarryingError(
            f"{matrix.shape[1]} terms over {len(matrix)} months repeat one another, so none can be told. "
            "Leave out the season or the slope, or give more months."
        )
    return tuple(_whitened(matrix, factor, design.tested) for factor in factors)


def _whitened(matrix: Floats, factor: Factor, tested: Floats) -> Whitened:
    """The terms of a matrix under one correlation."""
    basis, upper = np.linalg.qr(factor.inverse @ matrix)
    back = np.linalg.inv(upper)
    log_size = factor.log_size + float(np.log(np.abs(np.diag(upper))).sum())
    return Whitened(factor.inverse, basis, tested @ back, back, log_size)


def weigh(whitened: Sequence[Whitened], outcomes: Floats) -> Weighed:
    """Outcomes (logarithms, month x outcome) under every turnover given."""
    free = len(outcomes) - whitened[0].basis.shape[1]
    parts = []
    for one in whitened:
        seen = one.inverse @ outcomes
        held = one.basis.T @ seen
        left = np.maximum((seen**2).sum(axis=0) - (held**2).sum(axis=0), 1e-300)
        scale = left / free
        parts.append((-0.5 * free * np.log(left) - one.log_size, one.effect @ held,
                      np.sqrt(one.effect @ one.effect * scale), scale))  # fmt: skip
    return Weighed(*(np.array(part) for part in zip(*parts, strict=True)))


def coefficients(one: Whitened, outcome: Floats) -> Floats:
    """Every term's coefficient under one turnover, of one outcome."""
    return np.asarray(one.terms @ (one.basis.T @ (one.inverse @ outcome)))
