"""The chance in a forecast of starts: how rates wander, how uneven months and years are. Every factor has mean one.

What chance does to whole children is not here: the simulation plays households as a Poisson process, and siblings
with them. Unevenness is what a history shows beyond both: its variance above siblings x mean.
"""

from __future__ import annotations

import numpy as np

from cip_analysis.demand.arrivals.history import Counts, Numbers, StartsAhead
from cip_analysis.demand.inputs import stream


def drift_path(sd_per_year: float, months: int, draws: int, rng: np.random.Generator) -> Numbers:
    """A factor that wanders as a random walk in logarithms and has a mean of one in every month; draws x months.

    sd_per_year: of the logarithm after twelve months. A longer path begins as a shorter one with the same rng.
    """
    steps = rng.standard_normal((months, draws)) * (sd_per_year / np.sqrt(12))
    fall = sd_per_year**2 / 24 * np.arange(1, months + 1)[:, None]
    return np.ascontiguousarray(np.exp(np.cumsum(steps, axis=0) - fall).T)


def unevenness(counts: Counts, expected: Numbers, siblings: float, terms: int | None = None) -> float:
    """Variance of a month's own factor, of mean one, beyond Poisson households and the siblings in them.

    By moments: what the squared misses of `expected` leave over siblings x mean, never below nought. terms: how many
    numbers `expected` was fitted with; each year of twelve months, or part, unless told.
    """
    freedom = len(counts) - (-(-len(counts) // 12) if terms is None else terms)
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
    year = np.arange(len(counts))[::-1] // 12
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
    left = max(0.0, ahead.drift.starts_noise_sd**2 - uneven / 12)
    yearly = stream(ahead.seed, f"{stage} yearly noise").standard_normal((ahead.years, ahead.draws))
    factor = np.exp(yearly * np.sqrt(left) - left / 2)
    return np.ascontiguousarray((monthly * np.repeat(factor, 12, axis=0)[: ahead.months]).T)
