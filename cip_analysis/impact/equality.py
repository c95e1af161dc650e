"""Rates and shares by group, how far a group stands from all others, and how sure that is with numbers so small.

Intervals are exact: a count's is Garwood's (chi-squared), a share's Clopper and Pearson's, and a ratio of two rates
follows from the share of the two counts together (Przyborowski and Wilenski). They hold at least as often as they say.
A group is set against all others, never against a total that it is part of.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from scipy.stats import beta, chi2

POOLED = "smaller groups together"
PER, LEVEL = 10_000, 0.95
RATED = [
    "group",
    "children",
    "people",
    "rate_per_10k",
    "low_per_10k",
    "high_per_10k",
    "ratio",
    "low_ratio",
    "high_ratio",
]
SHARED = ["group", "children", "children_there", "share", "low_share", "high_share"]


class EqualityError(ValueError):
    """Groups cannot be compared."""


def count_interval(count: int, level: float = LEVEL) -> tuple[float, float]:
    """The exact interval of a Poisson count. Source: Garwood (1936).

    By hand: 0 is 0 to 3.69; 10 is 4.80 to 18.39.

    >>> tuple(round(end, 2) for end in count_interval(10))
    (4.8, 18.39)
    """
    tail = (1 - level) / 2
    low = chi2.ppf(tail, 2 * count) / 2 if count else 0.0
    return float(low), float(chi2.ppf(1 - tail, 2 * count + 2) / 2)


def share_interval(part: int, whole: int, level: float = LEVEL) -> tuple[float, float]:
    """The exact interval of a share. Source: Clopper and Pearson (1934).

    By hand: none of 10 is 0 to 0.308. Raises EqualityError unless 0 ≤ part ≤ whole and the whole is above nought.

    >>> tuple(round(end, 3) for end in share_interval(0, 10))
    (0.0, 0.308)
    """
    if not 0 <= part <= whole or whole == 0:
        raise EqualityError(
            f"{part} of {whole} is no share. A part lies from nought to its whole, which is above nought."
        )
    tail = (1 - level) / 2
    low = beta.ppf(tail, part, whole - part + 1) if part else 0.0
    high = beta.ppf(1 - tail, part + 1, whole - part) if part < whole else 1.0
    return float(low), float(high)


def rate_ratio(count: int, people: int, others: int, other_people: int) -> tuple[float, float, float]:
    """A group's rate over that of all others, and its exact interval; infinite where no other has any.

    Given how many there are in both, the group's share of them is binomial. By hand: 30 of 10,000 against 20 of 10,000
    is 1.5. Raises EqualityError where nobody is in either, or a population is nought.
    """
    if people <= 0 or other_people <= 0 or count + others == 0:
        raise EqualityError("A ratio needs people in both groups, and a child in one of them.")
    scale = other_people / people
    ends = share_interval(count, count + others)
    return tuple(_odds(share) * scale for share in (count / (count + others), *ends))  # type: ignore[return-value]


def pool_small(counts: Mapping[str, int], threshold: int) -> dict[str, str]:
    """Group -> the group it is told as: itself, or POOLED with others too small to tell.

    Groups of 1 to threshold - 1 join, and then the next larger, by count and then by name, until the pool holds the
    threshold. Groups of none stay as they are. Where that would pool every group with any, none is: nothing would be
    left to tell apart. Deterministic, so that two pages pool alike.
    By hand, at 5: 53, 5, 2, 2 and 1 is 53, 5 and a pool of 5.
    """
    held = sorted((group for group in counts if counts[group]), key=lambda group: (counts[group], group))
    pooled = [group for group in held if counts[group] < threshold]
    while pooled and sum(counts[group] for group in pooled) < threshold and len(pooled) < len(held):
        pooled.append(held[len(pooled)])
    alone = len(pooled) < 2 or len(pooled) == len(held)
    return {group: POOLED if group in pooled and not alone else group for group in counts}


def rates_by_group(counts: Mapping[str, int], people: Mapping[str, int]) -> pd.DataFrame:
    """Each group's rate per 10,000 of its own people, and its ratio to that of all others: columns RATED.

    Groups without people are left out, of the others too. Raises EqualityError with fewer than two groups.
    """
    groups = [group for group in counts if people.get(group, 0) > 0]
    if len(groups) < 2:
        raise EqualityError("Fewer than two groups have a population, so none can be set against others.")
    whole, everyone = sum(counts[group] for group in groups), sum(people[group] for group in groups)
    rows = []
    for group in groups:
        low, high = count_interval(counts[group])
        ratio = rate_ratio(counts[group], people[group], whole - counts[group], everyone - people[group])
        per = PER / people[group]
        rows.append((group, counts[group], people[group], counts[group] * per, low * per, high * per, *ratio))
    return pd.DataFrame(rows, columns=RATED).astype({"group": "str"})


def shares_by_group(groups: pd.Series, there: pd.Series, threshold: int) -> pd.DataFrame:
    """Of each group's children, the share of whom something is true, with its interval: columns SHARED.

    groups, there: a value a child. Groups in which too few are there to tell are pooled by `pool_small`.
    """
    named = groups.astype("str")
    told = named.map(pool_small({group: int(there[named == group].sum()) for group in named.unique()}, threshold))
    rows = []
    for group in sorted(told.unique(), key=lambda name: (name == POOLED, -int((told == name).sum()), name)):
        mine = there[told == group]
        rows.append((group, len(mine), int(mine.sum()), mine.mean(), *share_interval(int(mine.sum()), len(mine))))
    return pd.DataFrame(rows, columns=SHARED).astype({"group": "str"})


def _odds(share: float) -> float:
    return float("inf") if share >= 1 else share / (1 - share)
