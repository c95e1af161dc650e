"""The months of a plan and what stands for each of them in a segmented regression: trend, season, programme.

The programme's column rises from nought before it begins to one when it is in full, day by day, so that a month half
way up counts for half; where weeks follow slowly, because children stay, it rises as a stock does that follows what is
done. Its coefficient is the logarithm of the rate ratio once all of it has come.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cip_analysis.demand.inputs import DAYS_IN_YEAR, MONTHS_IN_YEAR, Flags, Floats, Whole
from cip_analysis.evaluation_settings import EvaluationPlan

FEWEST_BEFORE, FEWEST_AFTER, FEWEST_IN_FULL = 12, 8, 3
PROGRAMME = "programme in full"
SLOPE = "programme, a year after it is in full"


class DesignError(ValueError):
    """A plan has too few months, or a programme that never comes in full within them."""


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """What stands for each month of a plan.

    months: month ends kept. at: months since the first, so that months left out leave a gap. matrix: month x term.
    terms: their names. tested: weights of the terms whose sum is the effect tested, a logarithm of a rate ratio.
    acting: month x term, the part of `matrix` that is the programme's, nought elsewhere. after: months from the
    programme's first on.
    """

    months: pd.DatetimeIndex
    at: Whole
    matrix: Floats
    terms: tuple[str, ...]
    tested: Floats
    acting: Floats
    after: Flags

    def before(self, known: pd.DatetimeIndex) -> Design:
        """The months before that are known, without the programme's terms, which no month of them could tell."""
        rows, plain = ~self.after & self.months.isin(known), np.flatnonzero(~self.acting.any(axis=0))
        names = tuple(self.terms[place] for place in plain)
        matrix = self.matrix[rows][:, plain]
        return Design(self.months[rows], self.at[rows], matrix, names, np.eye(len(names))[0], 0 * matrix,
                      self.after[rows])  # fmt: skip


def lay_out(plan: EvaluationPlan) -> Design:
    """The design of a plan: of what it says alone, so it can be made before any outcome is seen.

    Raises DesignError for fewer than 12 months before, 8 after, or 3 after the programme is in full.
    """
    before, after = plan.months_before, plan.months_after
    months = pd.DatetimeIndex([*before, *after])
    at = np.asarray((months.year - months[0].year) * MONTHS_IN_YEAR + months.month - months[0].month, dtype="int64")
    columns = {"level": np.ones(len(months)), "trend, a year": (at - at.mean()) / MONTHS_IN_YEAR}
    for pair in range(1, plan.season_pairs + 1):
        turn = 2 * np.pi * pair * months.month.to_numpy() / MONTHS_IN_YEAR
        columns |= {f"season, wave {pair} (sine)": np.sin(turn), f"season, wave {pair} (cosine)": np.cos(turn)}
    share = _share_in_full(plan, at)
    acting = {PROGRAMME: _following(share, plan.follow_months)[at]}
    if plan.slope:
        acting[SLOPE] = _years_in_full(plan, months)
    _refuse_too_few(plan, len(before), len(after), int((share[at] == 1).sum()))
    matrix = np.column_stack([*columns.values(), *acting.values()])
    programme = np.where(np.arange(matrix.shape[1]) >= len(columns), matrix, 0.0)
    tested, from_then = _tested(programme), np.asarray(months >= after[0])
    return Design(months, at, matrix, (*columns, *acting), tested, programme, from_then)


def _tested(acting: Floats) -> Floats:
    """The effect tested: the ratio once all of it has come and, with a slope, what has been added by the last month."""
    weights: Floats = acting[-1].copy()
    weights[np.flatnonzero(weights)[0]] = 1.0
    return weights


def _share_in_full(plan: EvaluationPlan, at: Whole) -> Floats:
    """How far the programme is in full in each month from the first to the last, on the mean of its days."""
    first = pd.Timestamp(plan.months_before[0]) - pd.offsets.MonthBegin(1)
    days = pd.date_range(first, first + pd.offsets.MonthEnd(int(at[-1]) + 1), freq="D")
    since = (days - pd.Timestamp(plan.start)).days.to_numpy()
    ramp = (plan.in_full - plan.start).days
    share = np.clip((since + 0.5) / ramp, 0.0, 1.0) if ramp else (since >= 0).astype("float64")
    return pd.Series(share, index=days).groupby(days + pd.offsets.MonthEnd(0)).mean().to_numpy("float64")


def _following(share: Floats, months: float) -> Floats:
    """What a stock shows of a cause that acts by so much each month, where it follows by 1/months a month."""
    if not months:
        return share
    stays = np.exp(-1 / months)
    within = 1 - months * (1 - stays)  # what is seen in a month of a cause that began with it
    shown, level = np.empty_like(share), 0.0
    for month, cause in enumerate(share):
        shown[month] = cause * within + level * (1 - within)
        level = cause + (level - cause) * stays
    return shown


def _years_in_full(plan: EvaluationPlan, months: pd.DatetimeIndex) -> Floats:
    """Years since the programme came in full, nought before, at each month's middle."""
    since = (months - pd.Timestamp(plan.in_full)).days.to_numpy() - months.days_in_month.to_numpy() / 2
    return np.asarray(np.clip(since / DAYS_IN_YEAR, 0.0, None))


def _refuse_too_few(plan: EvaluationPlan, before: int, after: int, in_full: int) -> None:
    """Refuse a plan that could not be told from luck whatever came."""
    for found, needed, what, how in (
        (before, FEWEST_BEFORE, "before the programme", "an earlier pre_from"),
        (after, FEWEST_AFTER, "after it begins", "a later post_to"),
        (in_full, FEWEST_IN_FULL, "after it is in full", "a later post_to, or an earlier full_by"),
    ):
        if found < needed:
            raise DesignError(
                f"{plan.key}: {found} months {what} are too few; an interrupted series needs {needed}. "
                f"Give the plan {how}, or another method."
            )
