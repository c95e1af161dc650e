"""How others are weighed to stand for one council: all alike, or a mix of them that went as it did before.

A panel is unit x year of logarithms, so that a gap of 0.1 is about a tenth more. Weights are none below nought and sum
to one: what stands for the council lies among the others, never beyond them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

Panel = NDArray[np.float64]
TIED = 1e4
"""How hard the sum of weights is held to one, beside the panel's own scale; they are scaled to it exactly after."""


@dataclass(frozen=True, slots=True)
class Weighting:
    """How a council is stood for.

    level: whether others may lie on another level, so that only the course before counts. spread: how much weights are
    spread over others: nought for none, one for as much as the steps of others before and the years after ask for.
    Source: spread and level after Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), without their time weights.
    """

    level: bool = True
    spread: float = 1.0


CLASSIC = Weighting(level=False, spread=0.0)
"""Abadie, Diamond and Hainmueller (2010) on the outcome alone."""


def weigh(own: Panel, others: Panel, after: int, how: Weighting) -> Panel:
    """Weights of others, one each, that follow the council's years before.

    own: the years before. others: unit x the same years. after: how many years follow. Minimises the squared gap
    before, and ζ² × years × the squared weights, ζ being (years after)^¼ × the standard deviation of the others' steps
    from year to year.
    """
    shift = (own.mean(), others.mean(axis=1, keepdims=True)) if how.level else (0.0, 0.0)
    target, mix = own - shift[0], (others - shift[1]).T
    steps = np.diff(others, axis=1)
    ridge = how.spread * after**0.25 * (steps.std() if steps.size else 0.0) * np.sqrt(len(own))
    held = TIED * max(float(np.abs(mix).max(initial=0.0)), 1e-12)
    rows = np.vstack([mix, ridge * np.eye(len(others)), np.full((1, len(others)), held)])
    goal = np.concatenate([target, np.zeros(len(others)), [held]])
    found = nnls(rows, goal)[0]
    return np.asarray(found / found.sum())


def alike(others: Panel) -> Panel:
    """The same weight for each of the others: difference in differences."""
    return np.full(len(others), 1 / len(others))


def gap(own: Panel, others: Panel, weights: Panel, before: int, *, level: bool) -> Panel:
    """The council less what stands for it, year by year, on the level of the years before where that may differ."""
    apart = own - weights @ others
    return np.asarray(apart - apart[:before].mean() if level else apart)
