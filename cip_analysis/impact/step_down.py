"""Stepping down from residential care to a family, child by child: how many by when, beside children like them before.

The chance of having stepped down by a day, where leaving care, turning 18 and moving elsewhere compete with it
(Aalen-Johansen). The earlier cohort is weighted to the later one's mix of age, need and time there; the difference
has an interval by resampling children. Choices: docs/decisions/0032-evaluation.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from cip_analysis.demand.inputs import Floats, stream
from cip_analysis.impact.evaluating.spells import CAUSES, STEPPED, STILL, Cohort, Spells, gather_cohort, match_weights

RESAMPLES = 2000
FEWEST = 10
DAYS_IN_MONTH = 30.4375
FOUND_FOUR_IN_FIVE = 2.8016
"""Standard errors from nought at which a difference is told from luck (1.96) four times in five (and 0.8416)."""


class StepDownError(ValueError):
    """Two cohorts cannot be compared."""


@dataclass(frozen=True, slots=True, eq=False)
class Incidence:
    """The chance of each way out by each day, competing. days: ascending, nought first.

    still: resample x day, still there. by_cause: resample x cause x day; with `still` they come to one on every day.
    """

    days: Floats
    still: Floats
    by_cause: Floats

    def at(self, day: float) -> Floats:
        """The chance of each way out by the end of a day, resample x cause."""
        return np.asarray(self.by_cause[:, :, np.searchsorted(self.days, day, side="right") - 1])


def count_incidence(cohort: Cohort, weights: Floats) -> Incidence:
    """Cumulative incidence by Aalen and Johansen, for each row of weights (resample x child).

    A child followed for so many days is at risk up to and including the last of them.
    Source: Aalen and Johansen (1978), Scandinavian Journal of Statistics 5.
    """
    ended = cohort.cause != STILL
    times = np.unique(cohort.days[ended]).astype("float64")
    at_risk = weights @ (cohort.days[:, None] >= times[None, :])
    out = [weights @ ((cohort.days[:, None] == times[None, :]) & (cohort.cause == cause)[:, None])
           for cause in range(len(CAUSES))]  # fmt: skip
    hazards = np.stack(out, axis=1) / np.where(at_risk > 0, at_risk, 1.0)[:, None, :]
    still = np.cumprod(1 - hazards.sum(axis=1), axis=1)
    before = np.concatenate([np.ones((len(weights), 1)), still[:, :-1]], axis=1)
    by_cause = np.cumsum(before[:, None, :] * hazards, axis=2)
    nought = np.zeros((len(weights), len(CAUSES), 1))
    return Incidence(np.append(0.0, times), np.concatenate([np.ones((len(weights), 1)), still], axis=1),
                     np.concatenate([nought, by_cause], axis=2))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Following:
    """How two cohorts are followed: from which days, for how many months, joined for how many, known to which day."""

    later: date
    earlier: date
    months: int
    joining_months: int
    known_to: date


@dataclass(frozen=True, slots=True, eq=False)
class SteppedDown:
    """Two cohorts compared.

    following: how they were followed. course: months, later_share, earlier_share (of children who had stepped down by
    then), later_stepped, earlier_stepped (how many had, unweighted). difference, low, high: later less earlier at the
    end, as shares of children. findable: the difference that would be found four times in five. later, earlier:
    children compared; unmatched_later, unmatched_earlier: those with no like in the other, left out. ways: way_out, and
    the share (weighted) and leavers (not) of each cohort, at the end.
    """

    following: Following
    course: pd.DataFrame
    difference: float
    low: float
    high: float
    findable: float
    later: int
    earlier: int
    unmatched_later: int
    unmatched_earlier: int
    ways: pd.DataFrame


def compare_cohorts(spells: Spells, following: Following, seed: int) -> SteppedDown:
    """Children followed from one day beside those like them who were followed from an earlier one.

    Raises StepDownError where fewer than 10 of either are matched, or the cohorts' times overlap; SpellsError where
    the later is not known to the end.
    """
    later, earlier = _gather(spells, following)
    ones = np.ones((1, len(later.child))), np.ones((1, len(earlier.child)))
    matched = match_weights(later, earlier, ones)
    kept = [int((weights > 0).sum()) for weights in matched]
    if min(kept) < FEWEST:
        raise StepDownError(
            f"Fewer than {FEWEST} children of the later cohort, or of the earlier, are like one another. Follow them "
            "from a day with more of them, or for longer."
        )
    end = following.months * DAYS_IN_MONTH + 1
    now, then = (count_incidence(cohort, weights) for cohort, weights in zip((later, earlier), matched, strict=True))
    apart = _resampled(later, earlier, end, seed)
    low, high = (float(point) for point in np.quantile(apart, [0.025, 0.975]))
    place = CAUSES.index(STEPPED)
    ways = pd.DataFrame(
        {"way_out": CAUSES, "later_share": now.at(end)[0], "later_leavers": _leavers(later, matched[0]),
         "earlier_share": then.at(end)[0], "earlier_leavers": _leavers(earlier, matched[1])}
    )  # fmt: skip
    course, difference = _course((later, earlier), matched, following.months), now.at(end)[0] - then.at(end)[0]
    return SteppedDown(
        following, course, float(difference[place]), low, high,
        FOUND_FOUR_IN_FIVE * float(apart.std()), kept[0], kept[1], len(later.child) - kept[0],
        len(earlier.child) - kept[1], ways,
    )  # fmt: skip


def _leavers(cohort: Cohort, weights: Floats) -> list[int]:
    """How many matched children left by each of CAUSES, unweighted."""
    return [int(((cohort.cause == cause) & (weights[0] > 0)).sum()) for cause in range(len(CAUSES))]


def _gather(spells: Spells, following: Following) -> tuple[Cohort, Cohort]:
    """The two cohorts, whose times must not overlap, or one child's step down would count for both."""
    if pd.Timestamp(following.earlier) + pd.DateOffset(months=following.months) > pd.Timestamp(following.later):
        raise StepDownError(
            f"Children followed from {following.earlier:%d %B %Y} for {following.months} months run into those "
            f"followed from {following.later:%d %B %Y}. Begin the earlier sooner, or follow both for less."
        )
    later, earlier = (
        gather_cohort(spells, day, following.months, following.joining_months, following.known_to)
        for day in (following.later, following.earlier)
    )
    return later, earlier


def _course(cohorts: tuple[Cohort, Cohort], weights: tuple[Floats, Floats], months: int) -> pd.DataFrame:
    """The chance of having stepped down by each month's end, in both cohorts, and how many matched children had."""
    place, columns = CAUSES.index(STEPPED), {"months": np.arange(months + 1)}
    days = columns["months"] * DAYS_IN_MONTH + 1
    for name, cohort, weight in zip(("later", "earlier"), cohorts, weights, strict=True):
        found = count_incidence(cohort, weight)
        stepped = cohort.days[(cohort.cause == place) & (weight[0] > 0)]
        columns[f"{name}_share"] = np.array([found.at(day)[0, place] for day in days])
        columns[f"{name}_stepped"] = np.searchsorted(np.sort(stepped), days, side="right")
    return pd.DataFrame(columns)


def _resampled(later: Cohort, earlier: Cohort, end: float, seed: int) -> Floats:
    """The difference at the end in each resample of children, drawn once for both cohorts and matched anew."""
    children = np.unique(np.concatenate([later.child, earlier.child]))
    chance = stream(seed, "resamples of children who step down")
    times = chance.multinomial(len(children), np.full(len(children), 1 / len(children)), RESAMPLES).astype("float64")
    copies = tuple(times[:, np.searchsorted(children, cohort.child)] for cohort in (later, earlier))
    weights = match_weights(later, earlier, (copies[0], copies[1]))
    now, then = (count_incidence(cohort, one).at(end)[:, CAUSES.index(STEPPED)]
                 for cohort, one in zip((later, earlier), weights, strict=True))  # fmt: skip
    return np.asarray(now - then)
