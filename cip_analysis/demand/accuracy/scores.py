"""How good a forecast was: error of its centre, of its whole distribution, and how often its intervals held."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

NO_CHANGE = "no change"
"""The rival every method stands beside: whatever it was at the origin, it stays."""

LEVELS: Numbers = (np.arange(200) + 0.5) / 200
"""Where a forecast's distribution is told: 200 quantiles, each standing for the same share of chance."""


def crps(quantiles: Numbers, outturn: Numbers) -> Numbers:
    """Continuous ranked probability score, one a forecast, in the unit of the forecast; 0 is perfect, less is better.

    quantiles: one forecast a row, its values at LEVELS ascending. The score is twice the mean pinball loss over the
    levels, which is the CRPS of the equally likely values themselves.
    Source: Gneiting and Raftery (2007), section 4.2; Laio and Tamea (2007) for the quantile form.

    >>> from scipy.stats import norm
    >>> round(float(crps(norm.ppf(LEVELS)[None, :], np.array([0.0]))[0]), 3)
    0.234
    """
    short = outturn[:, None] - quantiles
    return np.asarray(2 * np.maximum(LEVELS * short, (LEVELS - 1) * short).mean(axis=1))


def held(quantiles: Numbers, outturn: Numbers, coverage: float) -> NDArray[np.bool_]:
    """Whether each outturn lies in its forecast's central interval of `coverage` (0.8 is from 10% to 90%)."""
    below, above = interval(quantiles, coverage)
    return np.asarray((below <= outturn) & (outturn <= above))


def interval(quantiles: Numbers, coverage: float) -> tuple[Numbers, Numbers]:
    """Both ends of each forecast's central interval, interpolated between its quantiles."""
    ends = np.array([(1 - coverage) / 2, (1 + coverage) / 2])
    place = np.clip(ends * len(LEVELS) - 0.5, 0, len(LEVELS) - 1)
    lower = np.floor(place).astype(int)
    upper = np.minimum(lower + 1, len(LEVELS) - 1)
    values = quantiles[:, lower] + (place - lower) * (quantiles[:, upper] - quantiles[:, lower])
    return values[:, 0], values[:, 1]


def score(scored: pd.DataFrame) -> pd.Series[float]:
    """The scores of a group of forecasts: n, mae, mape, crps, coverage_80, coverage_95.

    scored: one forecast a row, with `forecast` (its centre), `outturn`, `stock` at the origin, `crps`, `held_80` and
    `held_95`. mae is in children; mape is a share of the outturn; crps a share of the stock at the origin, which the
    forecaster knew, so that the score stays proper.
    """
    miss = (scored["forecast"] - scored["outturn"]).abs()
    return pd.Series(
        {
            "n": float(len(scored)),
            "mae": miss.mean(),
            "mape": (miss / scored["outturn"]).mean(),
            "crps": (scored["crps"] / scored["stock"]).mean(),
            "coverage_80": scored["held_80"].mean(),
            "coverage_95": scored["held_95"].mean(),
        }
    )
