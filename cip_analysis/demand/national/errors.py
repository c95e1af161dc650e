"""How far a forecast may miss: its own past errors, wider for small authorities, told at a few levels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from cip_analysis.demand.accuracy.scores import LEVELS, Numbers

KNOTS: Numbers = np.array(
    [
        0.0025, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5,
        0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.975, 0.99, 0.9975,
    ]
)  # fmt: skip
"""Levels at which errors are kept; between them they are read off a line in the normal curve's own scale."""


FEWEST_TOGETHER = 30
FEWEST_YEARS = 3
SMALLEST_VARIANCE = 1e-12


class ErrorsError(ValueError):
    """No error has been made yet that an interval could rest on."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors of a rule in logarithms: their variance is a + b ÷ children; `knots` are their size at KNOTS beside it."""

    a: float
    b: float
    knots: Numbers

    def around(self, children: Numbers, levels: Numbers = LEVELS) -> Numbers:
        """How far off the centre (in logarithms) authorities of so many children are at each level, one a row."""
        return np.asarray(np.sqrt(self.a + self.b / children)[:, None] * self.standard(levels))

    def standard(self, levels: Numbers) -> Numbers:
        """The standardised error at each level, whatever the shape of `levels`; at the ends beyond KNOTS."""
        return np.asarray(np.interp(ndtri(levels), ndtri(KNOTS), self.knots))


def learn_errors(missed: pd.DataFrame, children: pd.DataFrame) -> Errors:
    """Errors as a shape and a size; missed: by authority and start year, in logarithms. children: at each start.

    Raises ErrorsError where nothing is known.
    """
    errors = missed.to_numpy()
    known = np.isfinite(errors)
    if not known.any():
        raise ErrorsError("No past error is known over so many years: too short a history.")
    sizes = children.to_numpy()[known]
    a, b = error_by_size(errors[known], sizes)
    size = np.sqrt(np.maximum(a + b / sizes, SMALLEST_VARIANCE))
    return Errors(a, b, np.asarray(np.quantile(errors[known] / size, KNOTS)))


def shared_by_all(missed: pd.DataFrame, yearly: pd.Series[float], horizon: int) -> float:
    """Variance of what a rule misses for all authorities alike: a national year is not known beforehand.

    The larger of what the start years' mean misses were, and what national growth that wanders from year to year
    adds up to over `horizon` years, widened because few years are known.
    yearly: mean growth of all authorities in each known year.
    """
    seen = float((missed.mean() ** 2).mean())
    if len(yearly) < FEWEST_YEARS:
        return seen
    return max(seen, horizon * float(yearly.var()) * (1 + horizon / len(yearly)))


def error_by_size(errors: Numbers, sizes: Numbers) -> tuple[float, float]:
    """A and b, neither below nought, such that an error's variance is about a + b ÷ size.

    The first part is what big and small authorities share; the second is the chance of small numbers.
    """
    from scipy.optimize import nnls  # slow to fetch, and only learning from the panel wants it

    design = np.column_stack([np.ones_like(sizes), 1 / sizes])
    weight = np.sqrt(sizes)
    (a, b), _ = nnls(design * weight[:, None], errors**2 * weight)
    return float(a), float(b)


def correlation_of(some: pd.DataFrame, others: pd.DataFrame) -> float:
    """Correlation of two tables of errors in normal scores, over the authorities and start years both know.

    Nought where fewer than FEWEST_TOGETHER are known to both.
    """
    first, second = (each.to_numpy() for each in some.align(others, join="inner"))
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < FEWEST_TOGETHER:
        return 0.0
    scores = [ndtri(pd.Series(each[both]).rank().to_numpy() / (both.sum() + 1)) for each in (first, second)]
    return float(np.corrcoef(scores)[0, 1])


def likely_together(correlation: Numbers, draws: int, rng: np.random.Generator) -> Numbers:
    """Chances between nought and one, a draw a row, whose normal scores are correlated as told."""
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    root = root / np.linalg.norm(root, axis=1, keepdims=True)
    return np.asarray(ndtr(rng.standard_normal((draws, len(correlation))) @ root.T))
