"""Arrivals solved so that the simulated total follows a stated path. Why so: docs/decisions/0015-scenarios.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from cip_analysis.demand.inputs import Floats, ModelInputs
from cip_analysis.demand.levers.response import response_of
from cip_analysis.projections import Projection

Simulate = Callable[[ModelInputs], Projection]
Centre = Literal["mean", "median"]

MOST_ROUNDS = 4
NEAR_ENOUGH = {"mean": 0.25, "median": 0.5}
"""Children: a median moves by halves."""
NEAR_ENOUGH_SHARE = {"mean": 1 / 2000, "median": 1 / 600}
"""Of what is wanted, where that is more: chance moves a council's median three times as far, over 400 draws."""

TO_SAY = 1.0
MOST_FACTOR = 100.0
"""More arrivals than a hundred times as many are not looked for."""


class FollowingError(ValueError):
    """A path was asked for that the projection does not reach."""


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """What the total was at each target month under some factors."""

    factors: Floats
    totals: Floats

    def miss(self, wanted: Floats) -> Floats:
        """By how much each total falls short of what is wanted; below nought where it is beyond."""
        return np.asarray(wanted - self.totals)


def follow_total(
    inputs: ModelInputs, target: Mapping[int, float], simulate: Simulate, *, centre: Centre = "mean", draws: int = 1000
) -> ModelInputs:
    """The inputs with arrivals raised or lowered so that the simulated total meets a path.

    target: months from the origin -> children in care in all. centre: which total of the draws is to meet it. draws:
    how many are played to find out. One factor (nought to MOST_FACTOR) on the arrivals of other than unaccompanied
    children holds from each target month to the next, and the last one on to the horizon; it multiplies what
    `effects.entry` has. A total that cannot be met (too few arrivals to take away, or none to multiply) is told in
    `notes`, with the nearest found.
    Raises FollowingError where a target month lies outside the horizon, or a target is below nought.
    """
    factors, unmet = arrival_factors(inputs, target, simulate, centre=centre, draws=draws)
    return replace(_with_arrivals(inputs, factors), notes=(*inputs.notes, *unmet))


def arrival_factors(
    inputs: ModelInputs, target: Mapping[int, float], simulate: Simulate, *, centre: Centre = "mean", draws: int = 1000
) -> tuple[Floats, list[str]]:
    """The factors of `follow_total`, one a month of the horizon, and in words what could not be met."""
    months = _checked(target, inputs)
    wanted = np.array([float(target[month]) for month in months])
    trial = few_draws(inputs, draws, months[-1])

    def play(factors: Floats) -> _Trial:
        """The totals under one factor a segment."""
        projection = simulate(_with_arrivals(trial, _by_month(factors, months, months[-1])))
        return _Trial(factors, _centres(projection, months, centre))

    projection = simulate(trial)
    now = _Trial(np.ones(len(months)), _centres(projection, months, centre))
    near = np.maximum(NEAR_ENOUGH[centre], wanted * NEAR_ENOUGH_SHARE[centre])
    best = _solve(now, wanted, _slopes(trial, projection, months), (play, near))
    if (np.abs(best.miss(wanted)) <= np.maximum(TO_SAY, 2 * near)).all():
        return _by_month(best.factors, months, len(inputs.effects.entry)), []
    unmet = _unmet(inputs, dict(zip(months, wanted, strict=True)), best, play(np.zeros(len(months))))
    return _by_month(best.factors, months, len(inputs.effects.entry)), unmet


def likely_factors(inputs: ModelInputs, target: Mapping[int, float], played: Projection, *, centre: Centre) -> Floats:
    """The factors of `arrival_factors` as one projection has them, for a start: near, where it is near to the path.

    played: the inputs over any of their draws, to the last target month.
    """
    months = _checked(target, inputs)
    wanted = np.array([float(target[month]) for month in months])
    trial = inputs.cut(played.draws, months[-1])
    now = _Trial(np.ones(len(months)), _centres(played, months, centre))
    factors = _step(now, wanted, _slopes(trial, played, months))
    return _by_month(factors, months, len(inputs.effects.entry))


def few_draws(inputs: ModelInputs, draws: int, months: int) -> ModelInputs:
    """The first draws and months of the inputs, starts scaled month by month to the mean that all the draws have."""
    if inputs.draws <= draws:
        return inputs.cut(inputs.draws, months)
    few = inputs.cut(draws, months)
    scaled = {}
    for name in ("starts", "starts_unaccompanied"):
        kept = getattr(few, name)
        mean = kept.mean(axis=0)
        every = getattr(inputs, name)[:, :months].mean(axis=0)
        scaled[name] = kept * np.divide(every, mean, out=np.ones_like(mean), where=mean > 0)
    return replace(few, **scaled)


def _checked(target: Mapping[int, float], inputs: ModelInputs) -> list[int]:
    horizon = inputs.starts.shape[1]
    outside = sorted(month for month in target if not 1 <= month <= horizon)
    if outside or not target:
        raise FollowingError(
            f"A path to follow needs months from 1 to {horizon}, the horizon; "
            + (f"it has {', '.join(str(month) for month in outside)}. " if outside else "it has none. ")
            + "Shorten the path, or lengthen the horizon."
        )
    if low := [month for month in sorted(target) if not target[month] >= 0]:
        raise FollowingError(f"A path to follow is below nought, or not a number, at month {low[0]}.")
    return sorted(target)


def _by_month(factors: Floats, months: Sequence[int], horizon: int) -> Floats:
    """Each factor from the target month before to its own; the last one on to the horizon."""
    segment = np.searchsorted(months, np.arange(1, horizon + 1), side="left")
    return np.asarray(factors[np.minimum(segment, len(months) - 1)])


def _with_arrivals(inputs: ModelInputs, factors: Floats) -> ModelInputs:
    effects = replace(inputs.effects, entry=inputs.effects.entry * factors[:, None, None])
    return replace(inputs, effects=effects)


def _centres(projection: Projection, months: Sequence[int], centre: Centre) -> Floats:
    totals = projection.total[:, list(months)]
    return np.asarray(totals.mean(axis=0) if centre == "mean" else np.median(totals, axis=0), dtype="float64")


def _slopes(inputs: ModelInputs, played: Projection, months: Sequence[int]) -> Floats:
    """Children at each target month (rows) for each whole factor on the arrivals of a segment (columns), roughly."""
    response = response_of(inputs, played)
    slopes = np.zeros((len(months), len(months)))
    for row, month in enumerate(months):
        each = response.slopes(month)
        for column, (first, last) in enumerate(pairwise([0, *months[: row + 1]])):
            slopes[row, column] = each[first:last].sum()
    return slopes


def _solve(first: _Trial, wanted: Floats, slopes: Floats, played: tuple[Callable[[Floats], _Trial], Floats]) -> _Trial:
    """Secant steps down the months: the total is a straight line in every factor, so a few are enough."""
    play, near = played
    best = trial = first
    for _ in range(MOST_ROUNDS):
        if (np.abs(trial.miss(wanted)) <= near).all():
            return trial
        factors = _step(trial, wanted, slopes)
        expected = slopes @ (factors - trial.factors)
        if (np.abs(expected) < near / 5).all():
            break
        before, trial = trial, play(factors)
        slopes = _corrected(slopes, expected, trial.totals - before.totals, near)
        if np.abs(trial.miss(wanted)).sum() < np.abs(best.miss(wanted)).sum():
            best = trial
    return best


def _corrected(slopes: Floats, expected: Floats, came: Floats, near: Floats) -> Floats:
    """The slopes put right by what a step did, where it was long enough to tell."""
    told = (np.abs(expected) > 4 * near) & (expected * came > 0)
    ratio = np.divide(came, expected, out=np.ones_like(came), where=told)
    return np.asarray(slopes * np.clip(ratio, 0.5, 2.0)[:, None])


def _step(trial: _Trial, wanted: Floats, slopes: Floats) -> Floats:
    """The factors that would meet every total in turn, were the slopes exact; none below nought or past MOST_FACTOR."""
    factors, miss = trial.factors.copy(), trial.miss(wanted)
    for row, slope in enumerate(np.diag(slopes)):
        if slope > 0:
            left = miss[row] - slopes[row, :row] @ (factors[:row] - trial.factors[:row])
            factors[row] = np.clip(trial.factors[row] + left / slope, 0.0, MOST_FACTOR)
    return factors


def _unmet(inputs: ModelInputs, wanted: Mapping[int, float], best: _Trial, alone: _Trial) -> list[str]:
    """What could not be met, in words: each month missed by more than a child."""
    notes = []
    for (month, goal), reached, survivors in zip(wanted.items(), best.totals, alone.totals, strict=True):
        if abs(goal - reached) <= TO_SAY:
            continue
        if goal < survivors:
            why = f"with no arrivals at all {survivors:,.0f} would be in care"
        elif goal < reached:
            why = "those who came before, to meet earlier totals, are still in care"
        else:
            why = "no arrivals to multiply" if reached - survivors < TO_SAY else "the steps taken did not reach it"
        day = f"{inputs.months[month].day} {inputs.months[month]:%B %Y}"
        notes.append(f"A total of {goal:,.0f} on {day} cannot be met: {why}. The nearest found is {reached:,.0f}.")
    return notes
