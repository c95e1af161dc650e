"""The forecast of a region and of each of its councils, as draws that add up, by interchangeable methods.

    base = base_at(known, lessons, origin, members, region)     # what each is forecast to be, by itself
    together = forecast_region(base, "summed, errors together", 1000, seed)
    together.region                                             # draws x horizons of 1 to 4 years

Each council alone is forecast as page 04 forecasts a council with nothing but published figures; the region alone by
the same method, learned on whole regions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cip_analysis.demand.accuracy.scores import LEVELS, Numbers
from cip_analysis.demand.inputs import stream
from cip_analysis.demand.national.estimates import HORIZONS, error_correlation, forecast_told
from cip_analysis.demand.regional.lessons import PAST_WEIGHT, SHRUNK
from cip_analysis.demand.regional.reconcile import Together, add_up, council_weights, divide, reconcile
from cip_analysis.demand.regional.together import (
    OF_REGION,
    SHARED,
    WITH_SUM,
    draw_beside,
    draw_together,
    shared_share,
)

APART, TOGETHER = "summed, each by itself", "summed, errors together"
FROM_ABOVE = "the region's forecast divided"
EQUALLY, BY_SPREAD, BY_PAST = "reconciled equally", "reconciled by spread", "reconciled by past errors"


class RegionError(ValueError):
    """A region's forecast cannot be made from what is held."""


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """What each is forecast to be by itself, before anything is made to add up.

    stock: by council, at the origin. councils: councils x horizons x LEVELS. region: horizons x LEVELS. centres:
    councils x horizons. loading: each council's correlation with what its region shares, councils x horizons.
    with_sum: correlation of the region's own errors with the councils' sum, by horizon. past_weights: by council.
    correlation: of errors over horizons.
    """

    stock: Numbers
    councils: Numbers
    region: Numbers
    centres: Numbers
    loading: Numbers
    with_sum: Numbers
    past_weights: Numbers
    correlation: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Draws of each by itself: councils drawn apart and together, and the region's own beside the latter."""

    apart: Numbers
    councils: Numbers
    region: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """What the panel taught: national and regional in ESTIMATE_COLUMNS, areas in lessons.LESSON_COLUMNS."""

    national: pd.DataFrame
    regional: pd.DataFrame
    areas: pd.DataFrame


def base_at(stock: pd.Series[float], lessons: Lessons, origin: int, region: str) -> Base:
    """What a region and its councils are forecast to be, each by itself.

    stock: children looked after at the origin by council code, as known when first published.
    Raises RegionError for a count, or NationalError for an origin, that is not held.
    """
    if absent := [str(code) for code in stock.index[stock.isna().to_numpy()]]:
        raise RegionError(f"No count of children looked after at 31 March {origin} is held of {', '.join(absent)}.")
    told = _told(lessons.areas, origin)
    if untold := [code for code in (*map(str, stock.index), region) if code not in told]:
        raise RegionError(
            f"Nothing was learned of {', '.join(untold)} at March {origin}. Write the region's lessons again with "
            "benchmarks/region_accuracy.py, or name them in the region's file."
        )
    alone = [
        forecast_told(lessons.national, origin, float(now), _drivers(told[str(code)])) for code, now in stock.items()
    ]
    whole = forecast_told(lessons.regional, origin, float(stock.sum()), _drivers(told[region]))
    shared = _terms(lessons.regional, origin, (SHARED, OF_REGION)).sum(axis=1).to_numpy()
    size = _terms(lessons.national, origin, ("error_a", "error_b"))
    variance = size["error_a"].to_numpy() + size["error_b"].to_numpy() / stock.to_numpy()[:, None]
    return Base(
        stock=np.asarray(stock, dtype="float64"),
        councils=np.array([one[list(map(float, LEVELS))].to_numpy() for one in alone]),
        region=whole[list(map(float, LEVELS))].to_numpy(),
        centres=np.array([one["centre"].to_numpy() for one in alone]),
        loading=shared_share(shared, variance),
        with_sum=_terms(lessons.regional, origin, (WITH_SUM,))[WITH_SUM].to_numpy(),
        past_weights=np.array([told[str(code)].get(PAST_WEIGHT, np.nan) for code in stock.index]),
        correlation=error_correlation(lessons.national, origin),
    )


def draw_base(base: Base, draws: int, seed: int) -> Drawn:
    """Draws of every council and of the region, by themselves: the same seed gives the same."""
    nothing = np.zeros_like(base.loading)
    apart = draw_together(base.councils, nothing, base.correlation, draws, stream(seed, "region apart"))
    councils = draw_together(base.councils, base.loading, base.correlation, draws, stream(seed, "region together"))
    beside = draw_beside(councils, base.region, base.with_sum, base.correlation, stream(seed, "region beside"))
    return Drawn(apart, councils, beside)


def forecast_region(base: Base, method: str, draws: int, seed: int) -> Together:
    """Draws that add up, by one of METHODS. Raises RegionError for another."""
    if method not in METHODS:
        raise RegionError(f"No way of putting a region together is called {method!r}: {', '.join(METHODS)}.")
    return METHODS[method](base, draw_base(base, draws, seed))


def _equally(base: Base, drawn: Drawn) -> Together:
    """Ordinary least squares: every forecast believed as much as any other."""
    weights = council_weights(np.eye(len(base.stock) + 1))
    return reconcile(drawn.councils, drawn.region, weights[:, None])


def _by_spread(_base: Base, drawn: Drawn) -> Together:
    """Weighted least squares: each believed by the variance of its one-year draws."""
    variance = np.concatenate([[drawn.region[:, 0].var()], drawn.councils[:, :, 0].var(axis=0)])
    return reconcile(drawn.councils, drawn.region, council_weights(np.diag(variance))[:, None])


def _by_past(base: Base, drawn: Drawn) -> Together:
    """Least trace: by the shrunk covariance of past one-year errors."""
    if np.isnan(base.past_weights).any():
        raise RegionError("The region's lessons hold no weights by past errors. Write them again, or choose another.")
    return reconcile(drawn.councils, drawn.region, base.past_weights[:, None])


Method = Callable[[Base, Drawn], Together]
METHODS: Mapping[str, Method] = {
    APART: lambda _base, drawn: add_up(drawn.apart),
    TOGETHER: lambda _base, drawn: add_up(drawn.councils),
    FROM_ABOVE: lambda base, drawn: divide(drawn.region, base.centres),
    EQUALLY: _equally,
    BY_SPREAD: _by_spread,
    BY_PAST: _by_past,
}
"""Each takes what stands alone and its draws, and gives draws that add up."""


def _told(areas: pd.DataFrame, origin: int) -> dict[str, dict[str, float]]:
    """Terms of every area at one origin: area code -> term -> value."""
    chosen = areas[areas["origin"] == origin]
    return {
        str(code): dict(zip(group["term"], map(float, group["value"]), strict=True))
        for code, group in chosen.groupby("area_code")
    }


def _drivers(told: Mapping[str, float]) -> dict[str, float]:
    """The terms of an area that are drivers of its growth."""
    return {name: value for name, value in told.items() if name not in (PAST_WEIGHT, SHRUNK)}


def _terms(estimates: pd.DataFrame, origin: int, names: Sequence[str]) -> pd.DataFrame:
    """Some terms of one origin: a horizon a row, a term a column."""
    chosen = estimates[(estimates["origin"] == origin) & estimates["term"].isin(names)]
    table = chosen.pivot_table(index="horizon_years", columns="term", values="value")
    if table.reindex(index=list(HORIZONS), columns=list(names)).isna().to_numpy().any():
        raise RegionError(
            f"The estimates lack {' or '.join(names)} for March {origin}. Write them again with "
            "benchmarks/region_accuracy.py."
        )
    return table.loc[list(HORIZONS), list(names)]
