"""Draws of councils that rise and fall together as much as their past forecasts have missed together.

Each council keeps its own distribution, value for value in rank; only which draw is high with which is chosen. Errors
are split in what all authorities share in a year, what those of one region share beyond it, and the council's own.
Source of the reordering: Clark and others (2004), the Schaake shuffle; here the dependence is a copula fitted to past
errors, because a region has too few past years to lend their order. Choices:
docs/decisions/0038-the-region-together.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from cip_analysis.demand.accuracy.scores import LEVELS, Numbers
from cip_analysis.demand.national.errors import correlation_of, shared_by_all
from cip_analysis.demand.national.estimates import HORIZONS
from cip_analysis.demand.national.methods import drivers, missed_by
from cip_analysis.demand.national.panel import Panel, logarithm

MOST_SHARED = 0.99
SHARED, OF_REGION, WITH_SUM = "shared by all", "shared by a region", "correlation with the sum"


def shared_terms(panel: Panel, regions: Mapping[str, Sequence[str]], whole: Panel) -> list[tuple[int, int, str, float]]:
    """What councils' errors share, at each horizon: rows of estimates.ESTIMATE_COLUMNS.

    panel: of authorities; whole: of regions (`add_regions`). SHARED is the variance (of logarithms) that all
    authorities share, OF_REGION what those of one region share beyond it, never below nought, and WITH_SUM the
    correlation of a region's own errors with those of its councils' sum; where too few are known over so many years,
    that over one year fewer.
    """
    rows, with_sum = [], 0.0
    for horizon in HORIZONS:
        growth = drivers(panel, horizon)
        missed = missed_by(panel, growth, horizon)
        yearly = panel.log_children.diff(axis=1).mean().dropna()
        alone = missed_by(whole, drivers(whole, horizon), horizon)
        with_sum = correlation_of(alone, missed_by_sum(panel, growth, horizon, regions)) or with_sum
        within = _within_regions(missed - missed.mean(), regions)
        terms = {SHARED: shared_by_all(missed, yearly, horizon), OF_REGION: within, WITH_SUM: with_sum}
        rows += [(panel.origin, horizon, name, value) for name, value in terms.items()]
    return rows


def missed_by_sum(
    panel: Panel, growth: pd.DataFrame, horizon: int, regions: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """By how much the councils' forecasts together missed (in logarithms), by region and start year."""
    came = panel.children.shift(-horizon, axis=1)
    expected = panel.children * np.exp(growth)
    rows = {}
    for code, members in regions.items():
        sums = [each.reindex(list(members)).sum(axis=0, min_count=len(members)) for each in (came, expected)]
        rows[code] = logarithm(sums[0].to_frame().T).iloc[0] - logarithm(sums[1].to_frame().T).iloc[0]
    return pd.DataFrame.from_dict(rows, orient="index").iloc[:, :-horizon]


def _within_regions(apart: pd.DataFrame, regions: Mapping[str, Sequence[str]]) -> float:
    """The mean product of two councils' errors of one region and year, every pair of every region alike."""
    products, pairs = 0.0, 0.0
    for members in regions.values():
        errors = apart.reindex(list(members)).to_numpy(dtype="float64")
        known = np.isfinite(errors).sum(axis=0)
        held = np.where(np.isfinite(errors), errors, 0.0)
        products += float((held.sum(axis=0) ** 2 - (held**2).sum(axis=0)).sum())
        pairs += float((known * (known - 1)).sum())
    return max(products / pairs, 0.0) if pairs else 0.0


def shared_share(shared: Numbers, variance: Numbers) -> Numbers:
    """The correlation of each council's errors with what its region shares, councils x horizons.

    shared: variance that all councils of the region share, by horizon. variance: each council's own, councils x
    horizons. Two councils' errors then correlate as the product of theirs.
    """
    return np.sqrt(np.clip(shared / variance, 0.0, MOST_SHARED))


def draw_together(
    quantiles: Numbers, loading: Numbers, correlation: Numbers, draws: int, rng: np.random.Generator
) -> Numbers:
    """Counts of every council, draws x councils x horizons, that share what `loading` says.

    quantiles: councils x horizons x LEVELS, ascending. loading: as `shared_share` gives it; noughts make councils
    independent. correlation: of errors over horizons from one start, for what is shared and what is not alike.
    """
    root = _root(correlation)
    common = rng.standard_normal((draws, 1, len(root))) @ root.T
    own = rng.standard_normal((draws, len(quantiles), len(root))) @ root.T
    return read_off(ndtr(loading * common + np.sqrt(1 - loading**2) * own), quantiles)


def draw_beside(
    councils: Numbers, quantiles: Numbers, with_sum: Numbers, correlation: Numbers, rng: np.random.Generator
) -> Numbers:
    """The region's own counts, draws x horizons, high where the councils' sum is, as past errors went together.

    quantiles: horizons x LEVELS. with_sum: by horizon, the correlation with the sum, in normal scores.
    """
    draws = len(councils)
    ranks = councils.sum(axis=1).argsort(axis=0).argsort(axis=0)
    of_sum = ndtri((ranks + 0.5) / draws)
    own = rng.standard_normal((draws, len(with_sum))) @ _root(correlation).T
    scores = with_sum * of_sum + np.sqrt(1 - with_sum**2) * own
    return read_off(ndtr(scores)[:, None, :], quantiles[None])[:, 0]


def read_off(chance: Numbers, quantiles: Numbers) -> Numbers:
    """Values at chances of nought to one: draws x series x horizons, from quantiles series x horizons x LEVELS."""
    values = np.empty_like(chance)
    for series, horizon in np.ndindex(quantiles.shape[:2]):
        values[:, series, horizon] = np.interp(chance[:, series, horizon], LEVELS, quantiles[series, horizon])
    return values


def _root(correlation: Numbers) -> Numbers:
    """A square root of a correlation, each row of length one even where it is not quite one."""
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(root / np.linalg.norm(root, axis=1, keepdims=True))
