"""A council's simulated total made to follow the national method: its centre, and the spread of its past errors.

Who arrives, where they live and how they leave stay the council's own; only how many arrive is raised, lowered and
made less certain. Why: docs/decisions/0016-the-method-shown.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from cip_analysis.demand.inputs import Floats, ModelInputs, stream
from cip_analysis.demand.levers.following import follow_total
from cip_analysis.demand.simulate import simulate
from cip_analysis.demand.starts import Drift

MONTHS_IN_YEAR = 12
TESTED_MONTHS = (12, 24, 36, 48)
SOLVING_DRAWS = 400
"""Draws a variance is measured on: inputs need as many at least."""

MARGIN = 1.15
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
    spread = match_spread(inputs, {mark: _at(national["spread"], mark, 0.5) for mark in marks}, drift)
    growth = {mark: _at(national["growth"], mark, 1.0) for mark in marks}
    targets = {mark: now * grown for mark, grown in growth.items()}
    followed = _halved(spread, targets)
    if months <= TESTED_MONTHS[-1]:
        return followed
    said = "Beyond four years starts stay as in the fourth, and their drift goes on: nothing so far ahead was tested."
    return replace(followed, notes=(*followed.notes, said))


def _halved(inputs: ModelInputs, targets: Mapping[int, float]) -> ModelInputs:
    """The total made to meet the targets, half by more or fewer arriving, half by fewer or more leaving.

    The panel tells how a total grows, not by which of the two; as many leave in a year as arrive, so that a share more
    of the one does about what that share less of the other does.
    """
    by_starts = follow_total(inputs, targets, simulate, centre="median", draws=SOLVING_DRAWS)
    factor = np.clip(by_starts.effects.entry[:, 0, 0], *FURTHEST)
    eased = replace(inputs, leave_drift=inputs.leave_drift / np.sqrt(factor))
    return follow_total(eased, targets, simulate, centre="median", draws=SOLVING_DRAWS)


def match_spread(inputs: ModelInputs, wanted: Mapping[int, float], drift: Drift) -> ModelInputs:
    """Starts and leaving made to drift, and to jump from year to year, until the total spreads as widely as `wanted`.

    wanted: month -> standard deviation of the logarithm of the total at its end. drift: of starts and of leaving, as
    the panel has them. Their drifts are widened or narrowed together, and so is the noise of single years, because
    the panel tells how far each wanders but not how they offset each other. Drift adds variance mostly late and noise
    mostly early, both in proportion to their own: one trial of each, and least squares over the months, settle it.
    Where the total still spreads MARGIN wider or narrower than wanted somewhere, a note says so.
    """
    marks = sorted(wanted)
    chance = stream(inputs.seed, "drift of starts and of leaving").standard_normal((4, *inputs.starts.shape))
    alone = _variance(inputs, marks)
    trials = [_variance(_wandering(inputs, chance, drift, *scale), marks) - alone for scale in ((1, 0), (0, 1))]
    aim = np.array([wanted[mark] for mark in marks]) ** 2
    design = np.maximum(np.column_stack(trials), 0.0) / aim[:, None]
    squares, _ = nnls(design, np.maximum(aim - alone, 0.0) / aim)
    wandering = _wandering(inputs, chance, drift, *np.sqrt(squares))
    reached = np.sqrt(_variance(wandering, marks) / aim)
    apart = [mark for mark, ratio in zip(marks, reached, strict=True) if not 1 / MARGIN <= ratio <= MARGIN]
    if not apart:
        return wandering
    said = (
        f"The simulated total spreads {reached[marks.index(apart[0])]:.2f} times as widely as the national method's "
        f"errors {apart[0]} months ahead."
    )
    return replace(wandering, notes=(*wandering.notes, said))


def _wandering(inputs: ModelInputs, chance: Floats, drift: Drift, drifting: float, jumping: float) -> ModelInputs:
    """The inputs with drift and yearly noise in starts and in leaving.

    chance: standard normal, four arrays of draw x month. drifting, jumping: how many times the panel's own.
    """
    starts = _walk(chance[0], drifting * drift.starts_sd) * _jumps(chance[1], jumping * drift.starts_noise_sd)
    leaving = _walk(chance[2], drifting * drift.leaving_sd) * _jumps(chance[3], jumping * drift.leaving_noise_sd)
    return replace(inputs, starts=inputs.starts * starts, leave_drift=inputs.leave_drift * leaving)


def _walk(steps: Floats, sd_a_year: float) -> Floats:
    """A random walk of mean one, draw x month; sd_a_year: in logarithms."""
    monthly = sd_a_year / np.sqrt(MONTHS_IN_YEAR)
    passed = np.arange(1, steps.shape[1] + 1)
    return np.asarray(np.exp(np.cumsum(steps * monthly, axis=1) - passed * monthly**2 / 2))


def _jumps(steps: Floats, sd: float) -> Floats:
    """A factor of mean one for each whole year ahead, the same in its months: draw x month."""
    year = np.arange(steps.shape[1]) // MONTHS_IN_YEAR
    return np.asarray(np.exp(steps[:, year] * sd - sd**2 / 2))


def _variance(inputs: ModelInputs, marks: Sequence[int]) -> Floats:
    """Variance of the logarithm of the simulated total at each of some months."""
    total = simulate(inputs.cut(SOLVING_DRAWS, max(marks))).total[:, list(marks)]
    return np.asarray(np.log(np.maximum(total, 1)).var(axis=0))


def _at(yearly: pd.Series[float], month: int, power: float) -> float:
    """A year's growth or spread at a month; within the first year, as it would have got there by then.

    power: 1 for growth, which compounds; 0.5 for a spread, whose square grows with time.
    """
    value = float(yearly.loc[max(month // MONTHS_IN_YEAR, 1)])
    share = min(month / MONTHS_IN_YEAR, 1.0)
    return float(value * share**power if power < 1 else value**share)
