"""How much flows drift and jump from year to year, pooled over authorities: in starts, and in the rate of leaving."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cip_analysis.demand.national.panel import FEWEST_CHILDREN, Panel, implied_starts

FEWEST_EVENTS = 20
LONGEST_LAG = 4
FEWEST_PAIRS = 100


def learn_drift(panel: Panel, started: pd.DataFrame) -> dict[str, float]:
    """Standard deviations (in logarithms) of starts and of the rate of leaving, as known at the panel's origin.

    started: by authority and year, blank where not held; there, the change in stock plus those who ceased stands in.
    `drift_…_sd` is of a change that stays, a year; `noise_…_sd` of one that does not last: both beyond the chance of
    counting (Poisson). The rate of leaving is ceases ÷ the mean of the stock on both 31 Marches.
    Blank (not a number) where fewer than FEWEST_PAIRS pairs of years are known at some two lags.
    """
    stock = panel.children.where(panel.children >= FEWEST_CHILDREN)
    starts = started.reindex_like(stock).fillna(implied_starts(panel))
    middle = (stock + stock.shift(axis=1)) / 2
    leaving = drift_and_noise(panel.ceased, middle)
    found = {"starts": drift_and_noise(starts, middle * 0.0 + 1.0), "leaving": leaving}
    return {
        f"{kind}_{flow}_sd": value
        for flow, both in found.items()
        for kind, value in zip(("drift", "noise"), both, strict=True)
    }


def drift_and_noise(events: pd.DataFrame, exposure: pd.DataFrame) -> tuple[float, float]:
    """Standard deviation a year of the drift of log(events ÷ exposure), and of noise that does not last.

    events, exposure: an authority a row, a year a column. The variance of a change over h years, less that of
    counting (1 ÷ events at each end) and about the change all shared on average, is h × drift² + 2 × noise².
    Fitted by least squares, neither below nought, each lag weighed by its pairs. Not a number where too few are known.
    """
    from scipy.optimize import nnls  # slow to fetch, and only learning from the panel wants it

    held = events.where(events >= FEWEST_EVENTS)
    logs = (held / exposure).map(np.log)
    lags = [(lag, *_beyond_counting(logs, held, lag)) for lag in range(1, min(LONGEST_LAG, logs.shape[1] - 1) + 1)]
    known = [(lag, variance, count) for lag, variance, count in lags if count >= FEWEST_PAIRS]
    if len(known) < 2:
        return float("nan"), float("nan")
    lag, variance, count = np.array(known).T
    weight = np.sqrt(count)
    (drift, noise), _ = nnls(np.column_stack([lag, np.full_like(lag, 2.0)]) * weight[:, None], variance * weight)
    return float(np.sqrt(drift)), float(np.sqrt(noise))


def _beyond_counting(logs: pd.DataFrame, events: pd.DataFrame, lag: int) -> tuple[float, int]:
    """Variance of change over `lag` years beyond that of counting, and the pairs it rests on."""
    change = logs.diff(lag, axis=1).to_numpy()
    if np.isnan(change).all():
        return float("nan"), 0
    counting = (1 / events + 1 / events.shift(lag, axis=1)).to_numpy()
    return float(np.nanmean((change - np.nanmean(change)) ** 2 - counting)), int(np.isfinite(change).sum())
