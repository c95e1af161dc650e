"""What an option's worth hangs on: one judgement at a time, the value at which it turns, and shares of its variance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import sobol_indices

from cip_analysis.demand.inputs import stream
from cip_analysis.money.appraising.building import Factor
from cip_analysis.money.appraising.discounting import present_value
from cip_analysis.money.appraising.flows import (
    CAPITAL,
    DELIVERED,
    DROP_OFF,
    HOMES,
    LATE,
    MATCHED,
    PRICE,
    REVENUE,
    Basis,
    flows_of,
)

Draws = NDArray[np.float64]
FUTURES = "futures"
TORNADO = ["judgement", "low", "high", "npsv_at_low_gbp", "npsv_at_high_gbp"]
SWITCHING = ["judgement", "likeliest", "switches_at", "least", "most"]
SOBOL = ["judgement", "alone_share", "in_all_share"]
LOOKED_AT: dict[str, tuple[float, float]] = {
    DELIVERED: (0.0, 3.0), LATE: (0.0, 5.0), DROP_OFF: (0.0, 1.0), CAPITAL: (-1.0, 5.0), REVENUE: (0.0, 5.0),
    HOMES: (0.0, 5.0), MATCHED: (0.0, 3.0), PRICE: (0.0, 3.0),
}  # fmt: skip
"""Where a switching value is looked for."""
SAMPLES = 2048
POINTS = (10, 90)


class SensitivityError(ValueError):
    """Too few samples, or none, to divide a variance among."""


class Samples(Protocol):
    """What a function gives for samples drawn: a row an input, a column a sample."""

    def __call__(self, drawn: Draws, /) -> Draws:
        """One value a sample."""
        ...


def worth(basis: Basis, judged: Mapping[str, Draws | float], discount: Draws) -> Draws:
    """Net present social value of each row, £."""
    return np.asarray(present_value(flows_of(basis, judged).net, discount), dtype="float64")


def tornado(basis: Basis, factors: Mapping[str, Factor], discount: Draws) -> pd.DataFrame:
    """The mean worth with one judgement at its low, then at its high, the others at their likeliest: columns TORNADO.

    The widest first. The last thing moved is not a judgement: the futures themselves, at the 10th and 90th percentile
    of worth over draws; its low and high are blank.
    """
    likeliest = {name: factor.mid for name, factor in factors.items()}
    rows = [
        (name, one.low, one.high, *(float(worth(basis, likeliest | {name: end}, discount).mean())
                                    for end in (one.low, one.high)))
        for name, one in factors.items()
    ]  # fmt: skip
    over = np.percentile(worth(basis, likeliest, discount), POINTS)
    table = pd.DataFrame([*rows, (FUTURES, np.nan, np.nan, float(over[0]), float(over[1]))], columns=TORNADO)
    width = (table["npsv_at_high_gbp"] - table["npsv_at_low_gbp"]).abs()
    ordered = table.assign(width=width).sort_values("width", ascending=False, kind="stable", ignore_index=True)
    return ordered.drop(columns="width").astype({"judgement": "str"})


def switching_values(basis: Basis, factors: Mapping[str, Factor], discount: Draws) -> pd.DataFrame:
    """Where the mean worth is nought with one judgement moved and the rest at their likeliest: columns SWITCHING.

    switches_at: found by Brent's method between least and most; blank where worth keeps its sign all the way. What a
    bought week costs is moved too, as a multiple, whether or not it is judged.
    """
    likeliest = {name: factor.mid for name, factor in factors.items()}

    def mean_worth(value: float, name: str) -> float:
        """Mean worth with one judgement at a value."""
        return float(worth(basis, likeliest | {name: value}, discount).mean())

    rows = []
    for name in [*factors, *([] if PRICE in factors else [PRICE])]:
        least, most = LOOKED_AT[name]
        found = root_of(partial(mean_worth, name=name), least, most)
        rows.append((name, likeliest.get(name, 1.0), found, least, most))
    return pd.DataFrame(rows, columns=SWITCHING).astype({"judgement": "str", "switches_at": "float64"})


def root_of(function: Callable[[float], float], least: float, most: float) -> float | None:
    """Where a function is nought between two values; none where it keeps its sign, or is nought throughout."""
    ends = function(least), function(most)
    if ends[0] == ends[1] or ends[0] * ends[1] > 0:
        return None
    return float(brentq(function, least, most, xtol=1e-9))


def variance_shares(basis: Basis, factors: Mapping[str, Factor], discount: Draws, seed: int) -> pd.DataFrame:
    """How much of the variance of worth each judgement makes, alone and with all it joins in: columns SOBOL.

    Judgements are drawn as they are drawn (`Factor.drawn`), and the future of children and prices is one input more:
    the draws in the order of their worth at the likeliest judgements. Shares alone sum to one at most; the rest joins.
    Source: Saltelli et al. (2010), as scipy has it. Judgements that do not vary are left out.
    """
    moving = {name: factor for name, factor in factors.items() if np.ptp(factor.drawn) > 0}
    likeliest = {name: factor.mid for name, factor in factors.items()}
    by_worth = np.argsort(worth(basis, likeliest, discount), kind="stable")

    def sampled(drawn: Draws) -> Draws:
        """Worth at samples of each input's place in its distribution."""
        luck = np.clip(drawn, 0.0, np.nextafter(1.0, 0.0))
        places = by_worth[(luck[0] * len(by_worth)).astype("int64")]
        judged = {name: np.quantile(one.drawn, row) for (name, one), row in zip(moving.items(), luck[1:], strict=True)}
        return worth(basis.rows(places), likeliest | judged, discount)

    shares = sobol_shares(sampled, [(0.0, 1.0)] * (1 + len(moving)), SAMPLES, seed)
    table = pd.DataFrame(shares, columns=["alone_share", "in_all_share"]).assign(judgement=[FUTURES, *moving])
    ordered = table.sort_values("in_all_share", ascending=False, kind="stable", ignore_index=True)
    return ordered[SOBOL].astype({"judgement": "str"})


def sobol_shares(function: Samples, ranges: Sequence[tuple[float, float]], samples: int, seed: int) -> Draws:
    """First-order and total shares of a function's variance, a row an input, each uniform over its range.

    samples: a power of two. A function that does not vary has noughts throughout.
    """
    if samples < 2 or samples & (samples - 1):
        raise SensitivityError(f"{samples} samples cannot be spread evenly: give a power of two.")
    low, high = (np.array(ends)[:, None] for ends in zip(*ranges, strict=True))

    def scaled(drawn: Draws) -> Draws:
        """The function over each input's own range."""
        return np.atleast_2d(function(low + (high - low) * drawn))

    every = np.asarray(function(low + (high - low) * stream(seed, "Sobol, a look").random((len(ranges), samples))))
    if np.ptp(every) == 0:
        return np.zeros((len(ranges), 2))
    found = sobol_indices(func=scaled, n=samples, dists=[_Uniform()] * len(ranges), rng=stream(seed, "Sobol"))
    return np.stack([np.ravel(found.first_order), np.ravel(found.total_order)], axis=1)


class _Uniform:
    """A place from nought to one, as scipy asks a distribution to be drawn."""

    def ppf(self, luck: Draws) -> Draws:
        """The place itself."""
        return luck
