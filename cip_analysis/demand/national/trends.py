"""Rules that look at an authority's own past alone: the growth each expects, by authority and year."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd

from cip_analysis.demand.accuracy.scores import Numbers
from cip_analysis.demand.national.drivers import five_year_mean
from cip_analysis.demand.national.panel import Panel, implied_starts
from cip_analysis.returns.published import LOOKED_AFTER

FLOW_YEARS = 3
SMOOTHINGS = tuple(product((0.6, 0.8, 1.0), (0.1, 0.3), (0.7, 0.8, 0.9)))
"""Smoothings of level and of trend, and damping, that `damped_trend` chooses from, for all authorities together."""


def own_drift(panel: Panel, horizon: int) -> pd.DataFrame:
    """The mean yearly growth of the last five years, or as many as are known, carried on; none known, none."""
    return five_year_mean(panel.log_children.diff(axis=1)).fillna(panel.log_children * 0.0) * horizon


def walk_with_drift(panel: Panel, horizon: int) -> pd.DataFrame:
    """The mean yearly growth of every year known, carried on: a random walk with drift."""
    grown = panel.log_children.diff(axis=1)
    return grown.T.expanding(min_periods=1).mean().T.fillna(panel.log_children * 0.0) * horizon


def damped_trend(panel: Panel, horizon: int) -> pd.DataFrame:
    """Holt's damped trend on logarithms, its smoothings those that missed the next year least over all authorities.

    Chosen once for every authority: a dozen yearly counts of one cannot settle three numbers.
    Source: Gardner and McKenzie (1985); statsmodels' Holt is the oracle in the tests.
    """
    logs = panel.log_children
    _, level, trend, damping = min(_smoothed(logs), key=lambda made: made[0])
    ahead = sum(damping**step for step in range(1, horizon + 1))
    return pd.DataFrame(level + trend * ahead, index=logs.index, columns=logs.columns) - logs


def own_flows(panel: Panel, horizon: int) -> pd.DataFrame:
    """The stock moved on by its own starts and rate of leaving, as they were on average over the last FLOW_YEARS.

    Starts a year are the change in stock and those who ceased; the rate of leaving is ceases ÷ mid-year stock. With
    both as they are, the stock nears starts ÷ rate. No growth where they are not known, nor of starts themselves.
    """
    nothing = panel.log_children * 0.0
    if panel.measure != LOOKED_AFTER:
        return nothing
    stock = panel.children
    middle = (stock + stock.shift(axis=1)) / 2
    starts, ceased, exposed = (_recent(flow) for flow in (implied_starts(panel), panel.ceased, middle))
    rate = (ceased / exposed).where(ceased > 0)
    level = (starts / rate).clip(lower=stock / 4, upper=stock * 4)
    stays = np.exp(-rate.to_numpy() * horizon)
    moved = (level + (stock - level) * stays) / stock
    return pd.DataFrame(np.log(moved.to_numpy(dtype="float64")), stock.index, stock.columns).fillna(nothing) + nothing


def smooth(logs: Numbers, level_weight: float, trend_weight: float, damping: float) -> tuple[Numbers, Numbers]:
    """Level and trend after each year of a damped trend; logs: an authority a row, a year a column, blanks skipped.

    The first known year is the first level, with no trend. A row with a blank starts again after it.
    """
    level, trend = np.full_like(logs, np.nan), np.zeros_like(logs)
    level[:, 0] = logs[:, 0]
    for year in range(1, logs.shape[1]):
        expected = level[:, year - 1] + damping * trend[:, year - 1]
        level[:, year] = level_weight * logs[:, year] + (1 - level_weight) * expected
        moved = trend_weight * (level[:, year] - level[:, year - 1])
        trend[:, year] = moved + (1 - trend_weight) * damping * trend[:, year - 1]
        again = np.isnan(level[:, year])
        level[again, year], trend[again, year] = logs[again, year], 0.0
    return level, trend


def _smoothed(logs: pd.DataFrame) -> Iterator[tuple[float, Numbers, Numbers, float]]:
    """Each smoothing's mean squared miss a year ahead, with what it makes."""
    values = logs.to_numpy(dtype="float64")
    for level_weight, trend_weight, damping in SMOOTHINGS:
        level, trend = smooth(values, level_weight, trend_weight, damping)
        missed = values[:, 1:] - level[:, :-1] - damping * trend[:, :-1]
        known = np.isfinite(missed)
        yield float((missed[known] ** 2).mean()) if known.any() else 0.0, level, trend, damping


def _recent(flow: pd.DataFrame) -> pd.DataFrame:
    return flow.T.rolling(FLOW_YEARS, min_periods=1).mean().T
