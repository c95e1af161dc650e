"""What a lever may need beyond the inputs it alters: the population, the neighbours, and the baseline's own course."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from cip_analysis.codes import SETTINGS
from cip_analysis.demand.inputs import Floats, Whole
from cip_analysis.demand.levers.following import Simulate
from cip_analysis.projections import Projection

PER = 10_000


class LeverError(ValueError):
    """A lever needs something that is not there."""


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What a lever may need; whatever no lever of a scenario asks for may be left out.

    population: months from the origin -> children aged 0 to 17 in the area. neighbours_rate: likewise, children in
    care per 10,000. gap_shares: likewise, the share of the gap to neighbours that is usually closed so far ahead. Paths
    are straight between the months given, and level before the first and after the last. baseline: the projection
    of the inputs without levers, at least as far. simulate: what plays inputs forward.
    """

    population: Mapping[int, float] = field(default_factory=dict)
    neighbours_rate: Mapping[int, float] = field(default_factory=dict)
    gap_shares: Mapping[int, float] = field(default_factory=dict)
    baseline: Projection | None = None
    simulate: Simulate | None = None


def path(points: Mapping[int, float], months: Floats | Whole, called: str) -> Floats:
    """A path of the context at some months from the origin.

    Raises LeverError where it has no points, or one is not a number from nought up. called: what it is, in words.
    """
    if not points:
        raise LeverError(f"A lever needs {called}, and none of late is given. Give it, or leave that lever out.")
    if not all(0 <= value < np.inf for value in points.values()):
        raise LeverError(f"A lever needs {called}, and a figure of it is missing or below nought. Correct it.")
    known = sorted(points)
    return np.asarray(np.interp(months, known, [points[month] for month in known]))


def needs_baseline(context: Context, months: int) -> Projection:
    """The baseline's projection over at least so many months after the origin.

    Raises LeverError where there is none, or it is shorter.
    """
    if context.baseline is None or len(context.baseline.months) <= months:
        raise LeverError(
            "A lever stated in children or places needs the baseline's projection over the same months, "
            "to be turned into rates and shares. Project the baseline first."
        )
    return context.baseline


def needs_simulate(context: Context) -> Simulate:
    """What plays inputs forward. Raises LeverError where it is not given."""
    if context.simulate is None:
        raise LeverError("A lever that follows a path needs the simulation to solve for it. Give `simulate`.")
    return context.simulate


def mean_stock(baseline: Projection) -> Floats:
    """The baseline's mean stock, month end x age band x setting."""
    return np.asarray(baseline.stock.mean(axis=0, dtype="float64"))


def mean_inflow(baseline: Projection, setting: str) -> Floats:
    """The baseline's mean placements made in a setting each month after the origin: arrivals and moves into it."""
    place = SETTINGS.index(setting)
    coming = baseline.starts[:, 1:, place].astype("float64") + baseline.moves_in[:, 1:, place]
    return np.asarray(coming.mean(axis=0))
