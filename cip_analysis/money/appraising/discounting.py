"""What later £ are worth in the first year, by a dated schedule of real rates, and capital's optimism bias.

Source: HM Treasury, The Green Book, discounting: real rates by distance from the first year, which is not discounted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cip_analysis.work_package_settings import Bias, Capital, DiscountBand, Range

Draws = NDArray[np.float64]


class DiscountingError(ValueError):
    """Years cannot be discounted, or a class of asset has no optimism bias."""


def discount_factors(schedule: Sequence[DiscountBand], years: int) -> Draws:
    """What £1 in each of so many years is worth in the first: 1, then each year's rate compounded on the last.

    Rates apply to the years they name: after year 30 a lower one compounds on what thirty years at the first came to.
    By hand at 3.5%, 3.0% and 2.5%: 0.966184 in year 1, 0.708919 in year 10, 0.345901 in year 31, 0.0942 in year 75.
    Raises DiscountingError where the schedule ends before the years do.
    """
    if years < 1 or schedule[-1].last < years - 1:
        raise DiscountingError(
            f"The discount schedule reaches year {schedule[-1].last}, and {years} years are asked for. Appraise "
            "fewer, or add the later rates to the appraisal's rules."
        )
    rates = [next(band.rate for band in schedule if band.first <= year <= band.last) for year in range(1, years)]
    return np.concatenate([[1.0], 1 / np.cumprod(1 + np.array(rates))]) if rates else np.ones(1)


def present_value(flow: Draws, factors: Draws) -> Draws:
    """Total of a yearly flow in the first year's £: the last axis are years. £ in, £ out.

    By hand: -1,000, then 300 in each of five years, at 3.5%: 354.5157.
    """
    if flow.shape[-1] != len(factors):
        raise DiscountingError(f"A flow of {flow.shape[-1]} years has no worth at {len(factors)} years' factors.")
    return np.asarray(flow @ factors, dtype="float64")


def bias_of(capital: Capital, biases: Sequence[Bias]) -> Range:
    """By how much capital is likely to be over what is stated: shares, the lower bound to the upper.

    The likeliest stands at the upper bound until work done lowers it: upper - mitigated × (upper - lower).
    Raises DiscountingError where the rules have no bound for its class.
    """
    found = {bias.asset_class: bias for bias in biases}
    if capital.asset_class not in found:
        raise DiscountingError(
            f"{capital.what}: the appraisal's rules have no optimism bias for {capital.asset_class}. They have: "
            f"{', '.join(found) or 'none'}."
        )
    bound = found[capital.asset_class]
    return Range(low=bound.lower, mid=bound.upper - capital.mitigated * (bound.upper - bound.lower), high=bound.upper)


def mixed_bias(capital: Sequence[Capital], biases: Sequence[Bias]) -> Range:
    """The bias of a mixed project: each class weighted by its capital. Noughts where there is no capital."""
    total = sum(one.gbp for one in capital)
    if not total:
        return Range(low=0, mid=0, high=0)
    each = [(one.gbp / total, bias_of(one, biases)) for one in capital]
    low, mid, high = (sum(share * getattr(bias, end) for share, bias in each) for end in ("low", "mid", "high"))
    return Range(low=min(low, mid), mid=mid, high=max(mid, high))


def left_at_end(capital: Capital, last_year: int) -> float:
    """The share of capital not yet used up at the end of the last year appraised, in a straight line over its life.

    By hand: spent in 2019/20 with a life of 25 years, at the end of 2027/28 nine years are used: 16 ÷ 25 = 0.64.
    """
    used = last_year - capital.year + 1
    return max(0.0, 1 - used / capital.life_years)
