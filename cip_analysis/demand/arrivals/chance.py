"""The chance in a forecast of starts: how rates wander, how uneven months and years are. Every factor has mean one.

What chance does to whole children is not here: the simulation plays households as a Poisson process, and siblings
with them. Unevenness is what a history shows beyond both: its variance above siblings x mean.
"""

from __future__ import annotations

import numpy as np

from cip_analysis.demand.arrivals.history import Counts, Numbers, StartsAhead
from cip_analysis.demand.inputs import MONTHS_IN_YEAR, stream


def drift_path(sd_per_year: float, months: int, draws: int, rng: np.random.Generator) -> Numbers:
    """A factor that wanders as a random walk in logarithms and has a mean of one in every month; draws x months.

    sd_per_year: of the logarithm after twelve months. A longer path begins as a shorter one with the same rng.
    """
    return np.ascontiguousarray(walk(rng.standard_normal((months, draws)).T, sd_per_year))


def walk(steps: Numbers, sd_per_year: float) -> Numbers:
    """The path of `drift_path` that given steps make. steps: standard normal, draws x months.

    >>> walk(np.array([[1.0, -1.0]]), np.sqrt(12)).round(3).tolist()
    [[1.649, 0.368]]
    """
    monthly = sd_per_year / np.sqrt(MONTHS_IN_YEAR)
    passed = np.arange(1, steps.shape[1] + 1)
    return np.asarray(np.exp(np.cumsum(steps * monthly, axis=1) - passed * monthly**2 / 2))


def jumps(yearly: Numbers, sd: float, months: int) -> Numbers:
    """What comes in one year and goes with it: a factor of mean one a year, the same in its months; draws x months.

    yearly: standard normal, draws x years, as many as the months reach into. sd: of the factor's logarithm.

    >>> jumps(np.array([[0.5, 1.5]]), 1.0, 13).round(3)[0, -2:].tolist()
    [1.0, 2.718]
    """
    factor = np.exp(yearly[:, : -(-months // MONTHS_IN_YEAR)] * sd - sd**2 / 2)
    return np.repeat(factor, MONTHS_IN_YEAR, axis=1)[:, :months]


def unevenness(counts: Counts, expected: Numbers, siblings: float, terms: int | None = None) -> float:
    """Variance of a month's own factor, of mean one, beyond Poisson households and the siblings in them.

    By moments: what the squared misses of `expected` leave over siblings x mean, never below nought. terms: how many
    numbers `expected` was fitted with; each year of twelve months, or part, unless told.
    """
    freedom = len(counts) - (-(-len(counts) // MONTHS_IN_YEAR) if terms is None else terms)
    squares = float((expected**2).sum())
    if freedom < 1 or squares == 0:
        return 0.0
    missed = float(((counts - expected) ** 2).sum()) * len(counts) / freedom
    return max(0.0, (missed - siblings * float(expected.sum())) / squares)


def dispersion(expected: Numbers, uneven: float, siblings: float) -> float:
    """Variance over mean of a sum of months: siblings, and unevenness in proportion to the size of a month."""
    total = float(expected.sum())
    return siblings + (uneven * float((expected**2).sum()) / total if total else 0.0)


def year_by_year(counts: Counts, days: Numbers) -> Numbers:
    """What each month would have at the rate of its own twelve months, told back from the last: drift is no noise."""
    year = np.arange(len(counts))[::-1] // MONTHS_IN_YEAR
    rate = np.bincount(year, counts) / np.bincount(year, days)
    return np.asarray(rate[year] * days)


def with_chance(expected: Numbers, uneven: float, ahead: StartsAhead, stage: str) -> Numbers:
    """Expected starts, draws x months (or one row or column of them), with drift and noise upon them."""
    wander = drift_path(ahead.drift.starts_sd, ahead.months, ahead.draws, stream(ahead.seed, f"{stage} drift"))
    return np.asarray(expected * wander * noise(uneven, ahead, stage))


def noise(uneven: float, ahead: StartsAhead, stage: str) -> Numbers:
    """What comes and goes, of mean one: a gamma factor a month, and of the panel's yearly noise what that leaves over.

    Twelve uneven months make a year uneven by a twelfth of their variance: that much of the yearly noise is there.
    """
    monthly = np.ones((ahead.months, ahead.draws))
    if uneven > 0:
        chance = stream(ahead.seed, f"{stage} noise").standard_gamma(1 / uneven, size=monthly.shape)
        monthly = chance * uneven
    left = max(0.0, ahead.drift.starts_noise_sd**2 - uneven / MONTHS_IN_YEAR)
    yearly = stream(ahead.seed, f"{stage} yearly noise").standard_normal((ahead.years, ahead.draws))
    return np.ascontiguousarray(monthly.T) * jumps(yearly.T, float(np.sqrt(left)), ahead.months)
