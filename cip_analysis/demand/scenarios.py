"""Named levers that alter what a projection is played from, never what comes out of it; and how scenarios compare.

    scenario = read_settings(path, Scenario)
    inputs = apply_scenario(baseline_inputs, scenario, context)
    table = compare_scenarios(baseline, [simulate(inputs)])

A scenario plays on the baseline's own draws, so a difference is the lever and not luck. What each lever does, and how
places and children a year become rates: docs/decisions/0015-scenarios.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cip_analysis.codes import SETTINGS
from cip_analysis.demand.forecast import ALL
from cip_analysis.demand.inputs import MARCH, ModelInputs
from cip_analysis.demand.levers.altering import ALTERATIONS, compose
from cip_analysis.demand.levers.context import Context, LeverError, needs_baseline, needs_simulate
from cip_analysis.demand.levers.following import FollowingError, Simulate, arrival_factors, follow_total
from cip_analysis.demand.levers.phasing import timing_notes
from cip_analysis.demand.levers.wording import describe_lever
from cip_analysis.projections import Projection
from cip_analysis.scenario_settings import Scenario

__all__ = [
    "Context", "FollowingError", "LeverError", "ScenarioError", "Simulate", "apply_scenario", "arrival_factors",
    "compare_scenarios", "describe_lever", "driver_table", "follow_total",
]  # fmt: skip

DIFFERENCE = ("mean", "p10", "p50", "p90")
COMPARED_COLUMNS = ("scenario", "year_end", "setting", "measure", *DIFFERENCE)
DRIVEN = (ALL, "external residential")
TOGETHER, INTERACTION = "all together", "interaction"


class ScenarioError(ValueError):
    """Scenarios cannot be set beside one another."""


def apply_scenario(inputs: ModelInputs, scenario: Scenario, context: Context) -> ModelInputs:
    """The inputs under a scenario: every lever's effects, put together in any order, and what there is to say of them.

    Raises LeverError where a lever needs something the context has not; FollowingError where it cannot be followed.
    """
    effects, notes = [], []
    for lever in scenario.levers:
        altered, said = ALTERATIONS[lever.what](inputs, lever, context)
        effects.append(altered)
        notes += [*timing_notes(lever, inputs.months), *said]
    return inputs.with_effects(compose(inputs.effects, effects), scenario.name, notes)


def compare_scenarios(baseline: Projection, others: Sequence[Projection]) -> pd.DataFrame:
    """How far each scenario is from the baseline, draw by draw: columns COMPARED_COLUMNS.

    A row a scenario, year end (31 March, and the last month), setting or "all", and measure: `children` at the year's
    end, or `child-days` in the year to it. Mean, 10th, 50th and 90th percentiles of the differences.
    Raises ScenarioError where a scenario has other draws or months, or another outturn.
    """
    stops = _year_ends(baseline)
    parts = []
    for other in others:
        _refuse_unlike(baseline, other)
        for measure, count in MEASURES.items():
            apart = count(other, stops) - count(baseline, stops)
            parts.append(_differences(apart, baseline, measure).assign(scenario=other.scenario))
    if not parts:
        return pd.DataFrame(columns=list(COMPARED_COLUMNS))
    return pd.concat(parts, ignore_index=True)[list(COMPARED_COLUMNS)]


def driver_table(inputs: ModelInputs, scenario: Scenario, context: Context) -> pd.DataFrame:
    """What each lever moves by the horizon, alone and all together, on the same draws.

    A row a lever (in words), then "all together", then "interaction": what they do together beyond the sum of each
    alone, draw by draw. Columns: lever, setting ("all" or "external residential"), and the mean and percentiles of
    the difference from the baseline, in children.
    Raises LeverError where the context lacks the baseline or the simulation, ScenarioError where the baseline has other
    draws or months than the inputs.
    """
    simulate, baseline = needs_simulate(context), needs_baseline(context, len(inputs.months) - 1)
    last = [len(inputs.months) - 1]
    before = _children(baseline, last)

    def moved(part: Scenario) -> NDArray[np.float64]:
        """What some of the levers move by the horizon, draw by draw."""
        projection = simulate(apply_scenario(inputs, part, context))
        _refuse_unlike(baseline, projection)
        return np.asarray(_children(projection, last) - before)

    alone = [moved(scenario.model_copy(update={"levers": (lever,)})) for lever in scenario.levers]
    together = moved(scenario) if len(alone) != 1 else alone[0]
    named = [*zip(map(describe_lever, scenario.levers), alone, strict=True), (TOGETHER, together)]
    named.append((INTERACTION, together - np.sum(alone, axis=0) if alone else together))
    parts = [_differences(children, baseline, "children", last).assign(lever=name) for name, children in named]
    table = pd.concat(parts, ignore_index=True)
    return table.loc[table["setting"].isin(DRIVEN), ["lever", "setting", *DIFFERENCE]].reset_index(drop=True)


def _refuse_unlike(baseline: Projection, other: Projection) -> None:
    """Refuse a scenario that was not played on the baseline's draws, months and outturn."""
    if baseline.stock.shape != other.stock.shape or baseline.months != other.months:
        raise ScenarioError(
            f"{other.scenario} has {other.draws:,} draws of {len(other.months) - 1} months to "
            f"{other.months[-1]}, the baseline {baseline.draws:,} of {len(baseline.months) - 1} to "
            f"{baseline.months[-1]}. Project both over the same draws and months."
        )
    if (baseline.stock[:, 0] != other.stock[:, 0]).any():
        raise ScenarioError(f"{other.scenario} begins from another outturn than the baseline. Project both again.")


def _year_ends(projection: Projection) -> list[int]:
    """Months from the origin of each 31 March after it, and of the last month."""
    months = range(1, len(projection.months))
    return [month for month in months if projection.months[month].month == MARCH or month == months[-1]]


def _children(projection: Projection, stops: Sequence[int]) -> NDArray[np.float64]:
    """Children at some months, draw x month x (all, then each setting)."""
    by_setting = projection.stock[:, list(stops)].sum(axis=2, dtype="float64")
    return np.concatenate([by_setting.sum(axis=-1, keepdims=True), by_setting], axis=-1)


def _days(projection: Projection, stops: Sequence[int]) -> NDArray[np.float64]:
    """Child-days from each stop to the next, the origin the first, shaped as `_children`."""
    running = np.cumsum(projection.child_days, axis=1, dtype="float64")[:, [0, *stops]]
    by_setting = np.diff(running, axis=1)
    return np.concatenate([by_setting.sum(axis=-1, keepdims=True), by_setting], axis=-1)


MEASURES: Mapping[str, Callable[[Projection, Sequence[int]], NDArray[np.float64]]] = {
    "children": _children,
    "child-days": _days,
}


def _differences(
    values: NDArray[np.float64], baseline: Projection, measure: str, stops: Sequence[int] | None = None
) -> pd.DataFrame:
    """Mean and percentiles over draws of differences by stop and setting, a row for each in order."""
    ends = [pd.Timestamp(baseline.months[stop]) for stop in stops or _year_ends(baseline)]
    cells = pd.MultiIndex.from_product([ends, [ALL, *SETTINGS]], names=["year_end", "setting"])
    percentiles = np.percentile(values, [10, 50, 90], axis=0).reshape(3, -1)
    spread = dict(zip(DIFFERENCE, [values.mean(axis=0).ravel(), *percentiles], strict=True))
    return pd.DataFrame(spread, index=cells).reset_index().assign(measure=measure)
