"""A council's simulated total made to follow the national method: its centre, and the spread of its past errors.

Who arrives, where they live and how they leave stay the council's own; only how many arrive is raised, lowered and
made less certain. Why: docs/decisions/0016-the-method-shown.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cip_analysis.demand.arrivals.chance import jumps, walk
from cip_analysis.demand.inputs import MONTHS_IN_YEAR, Floats, ModelInputs, stream
from cip_analysis.demand.levers.following import follow_total, likely_factors
from cip_analysis.demand.levers.response import Response, response_of
from cip_analysis.demand.simulate import simulate
from cip_analysis.demand.starts import Drift
from cip_analysis.projections import Projection

TESTED_MONTHS = (12, 24, 36, 48)
SOLVING_DRAWS = 400
"""Draws a variance is measured on: inputs need as many at least."""

MARGIN = 1.15
NEAR_ENOUGH = 0.05
"""Of a standard deviation; chance moves one over SOLVING_DRAWS by 0.035 either way."""

MOST_TRIES = 2
GAIN = (0.5, 2.0)
FURTHEST = (0.25, 4.0)


def follow_national(inputs: ModelInputs, national: pd.DataFrame, drift: Drift) -> ModelInputs:
    """The inputs with starts such that the total has the national method's centre and spread at each year's end.

    national: a row a horizon in years, columns `growth` (count expected ÷ count at the origin) and `spread` (standard
    deviation of its logarithm). Growth is carried over, not the count, because the published count and the council's
    own may differ by a child or two. drift: how starts and leaving wander, for the proportion of the one to the other.
    The inputs bring neither. Beyond the years tested, starts stay as in the last of them.
    """
    months, now = len(inputs.months) - 1, len(inputs.present.setting)
    marks = [mark for mark in TESTED_MONTHS if mark <= months] or [months]
    wanted = {mark: _at(national["spread"], mark, 0.5) for mark in marks}
    spread, played = _spread_as(inputs, wanted, drift)
    growth = {mark: _at(national["growth"], mark, 1.0) for mark in marks}
    followed = _halved(spread, {mark: now * grown for mark, grown in growth.items()}, played)
    if months <= TESTED_MONTHS[-1]:
        return followed
    said = "Beyond four years starts stay as in the fourth, and their drift goes on: nothing so far ahead was tested."
    return replace(followed, notes=(*followed.notes, said))


def _halved(inputs: ModelInputs, targets: Mapping[int, float], played: Projection) -> ModelInputs:
    """The total made to meet the targets, half by more or fewer arriving, half by fewer or more leaving.

    The panel tells how a total grows, not by which of the two; as many leave in a year as arrive, so that a share more
    of the one does about what that share less of the other does. played: a projection of the inputs as they come,
    which tells nearly how many more would have to arrive; what is left is solved by playing.
    """
    factor = np.clip(likely_factors(inputs, targets, played, centre="median"), *FURTHEST)
    entry = inputs.effects.entry * np.sqrt(factor)[:, None, None]
    eased = replace(
        inputs, leave_drift=inputs.leave_drift / np.sqrt(factor), effects=replace(inputs.effects, entry=entry)
    )
    return follow_total(eased, targets, simulate, centre="median", draws=SOLVING_DRAWS)


def match_spread(inputs: ModelInputs, wanted: Mapping[int, float], drift: Drift) -> ModelInputs:
    """Starts and leaving made to drift, and to jump from year to year, until the total spreads as widely as `wanted`.

    wanted: month -> standard deviation of the logarithm of the total at its end. drift: of starts and of leaving, as
    the panel has them. Their drifts are widened or narrowed together, and so is the noise of single years, because
    the panel tells how far each wanders but not how they offset each other. Drift adds variance mostly late and noise
    mostly early, both in proportion to their own: least squares over the months settle how much of each, on what they
    would do to a projection without them (levers/response.py); that is then played, and put right once.
    Where the total still spreads MARGIN wider or narrower than wanted somewhere, a note says so.
    """
    return _spread_as(inputs, wanted, drift)[0]


def _spread_as(inputs: ModelInputs, wanted: Mapping[int, float], drift: Drift) -> tuple[ModelInputs, Projection]:
    """The inputs of `match_spread`, and the projection of SOLVING_DRAWS of them."""
    marks, few = sorted(wanted), inputs.cut(SOLVING_DRAWS, max(wanted))
    chance = stream(inputs.seed, "drift of starts and of leaving").standard_normal((4, *inputs.starts.shape))
    aim = np.array([wanted[mark] for mark in marks]) ** 2
    played = simulate(few)
    wandering, trial = inputs, _Trial(response_of(few, played), _logs(played, marks), chance[:, :SOLVING_DRAWS], drift)
    gain = np.ones(len(marks))
    for _ in range(MOST_TRIES):
        scale = trial.settle(aim, gain, marks)
        wandering = _wandering(inputs, chance, drift, *scale)
        if not scale.any():
            break
        played = simulate(wandering.cut(SOLVING_DRAWS, max(marks)))
        came = _logs(played, marks).var(axis=0)
        if (np.abs(np.sqrt(came / aim) - 1) <= NEAR_ENOUGH).all():
            break
        told = trial.added(marks, *scale)
        gain = np.divide(came - trial.logs.var(axis=0), told, out=np.ones_like(gain), where=told > 0).clip(*GAIN)
    return replace(wandering, notes=(*wandering.notes, *_apart(played, aim, marks))), played


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """A projection without drift or noise, to try them on without playing.

    response: how its total answers. logs: of its totals at the marks, draw x mark. chance: as in `_wandering`.
    """

    response: Response
    logs: Floats
    chance: Floats
    drift: Drift

    def added(self, marks: Sequence[int], drifting: float, jumping: float) -> Floats:
        """What drift and noise, so many times the panel's own, would add to the variance of the logarithm."""
        starts, leaving = _wander(self.chance, self.drift, drifting, jumping)
        still = np.ones_like(starts[:1])
        moved = [
            np.log(self.response.total(starts, leaving, mark) / self.response.total(still, still, mark))
            for mark in marks
        ]
        return np.asarray((self.logs + np.column_stack(moved)).var(axis=0) - self.logs.var(axis=0))

    def settle(self, aim: Floats, gain: Floats, marks: Sequence[int]) -> Floats:
        """How many times the panel's own drift and noise, for variances near the aim; gain: on what they would add."""
        left = np.maximum(aim - self.logs.var(axis=0), 0.0) / aim
        parts = [np.maximum(self.added(marks, *scale) * gain, 0.0) / aim for scale in ((1, 0), (0, 1))]
        return np.sqrt(_least_squares(np.column_stack(parts), left))


def _least_squares(design: Floats, aim: Floats) -> Floats:
    """How much of each of two columns comes nearest to the aim, neither below nought."""
    choices = [np.zeros(2)]
    for kept in ([0, 1], [0], [1]):
        amounts = np.zeros(2)
        amounts[kept] = np.linalg.lstsq(design[:, kept], aim, rcond=None)[0]
        choices += [amounts] if (amounts >= 0).all() else []
    return min(choices, key=lambda amounts: float(((design @ amounts - aim) ** 2).sum()))


def _apart(played: Projection, aim: Floats, marks: Sequence[int]) -> list[str]:
    """In words, the first month at which the total spreads otherwise than it should."""
    ratios = np.sqrt(_logs(played, marks).var(axis=0) / aim)
    return [
        f"The simulated total spreads {ratio:.2f} times as widely as the national method's errors {mark} months ahead."
        for mark, ratio in zip(marks, ratios, strict=True)
        if not 1 / MARGIN <= ratio <= MARGIN
    ][:1]


def _logs(played: Projection, marks: Sequence[int]) -> Floats:
    """Logarithm of the simulated total at some months, draw x month."""
    return np.asarray(np.log(np.maximum(played.total[:, list(marks)], 1)))


def _wandering(inputs: ModelInputs, chance: Floats, drift: Drift, drifting: float, jumping: float) -> ModelInputs:
    """The inputs with drift and yearly noise in starts and in leaving."""
    starts, leaving = _wander(chance, drift, drifting, jumping)
    return replace(inputs, starts=inputs.starts * starts, leave_drift=inputs.leave_drift * leaving)


def _wander(chance: Floats, drift: Drift, drifting: float, jumping: float) -> tuple[Floats, Floats]:
    """Factors on starts and on leaving, draw x month.

    chance: standard normal, four arrays of draw x month. drifting, jumping: how many times the panel's own.
    """
    months = chance.shape[-1]
    starts = walk(chance[0], drifting * drift.starts_sd) * jumps(chance[1], jumping * drift.starts_noise_sd, months)
    leaving = walk(chance[2], drifting * drift.leaving_sd) * jumps(chance[3], jumping * drift.leaving_noise_sd, months)
    return starts, leaving


def _at(yearly: pd.Series[float], month: int, power: float) -> float:
    """A year's growth or spread at a month; within the first year, as it would have got there by then.

    power: 1 for growth, which compounds; 0.5 for a spread, whose square grows with time.
    """
    value = float(yearly.loc[max(month // MONTHS_IN_YEAR, 1)])
    share = min(month / MONTHS_IN_YEAR, 1.0)
    return float(value * share**power if power < 1 else value**share)
