"""Chance for the invented county: named streams, and draws made for many children at once."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Wholes = NDArray[np.int64]
Flags = NDArray[np.bool_]


def stream(seed: int, stage: str) -> np.random.Generator:
    """One independent source of chance per named stage, so adding a stage never moves another's numbers."""
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(stage.encode())]))


def pick(chance: np.random.Generator, weights: Numbers) -> Wholes:
    """For each row of `weights` (not negative, not all nought), the column drawn in proportion to them.

    >>> pick(stream(1, "doctest"), np.array([[0.0, 2.0], [1.0, 0.0]])).tolist()
    [1, 0]
    """
    upper = np.cumsum(weights, axis=1)
    drawn = chance.random(len(weights)) * upper[:, -1]
    column: Wholes = np.minimum((upper <= drawn[:, None]).sum(axis=1), weights.shape[1] - 1).astype(np.int64)
    return column


def days_between(chance: np.random.Generator, low: Numbers, high: Numbers) -> Numbers:
    """Whole days in [low, high), short ones likelier: uniform on the logarithm. `low` must be at least 1."""
    drawn = np.exp(np.log(low) + chance.random(len(low)) * (np.log(high) - np.log(low)))
    days: Numbers = np.minimum(np.floor(drawn), high - 1)
    return days


def about(chance: np.random.Generator, median: Numbers, spread: float) -> Numbers:
    """Whole days, log-normal about `median`; at least 1. spread: standard deviation of the logarithm."""
    return np.maximum(1.0, np.round(median * np.exp(spread * chance.standard_normal(len(median)))))
