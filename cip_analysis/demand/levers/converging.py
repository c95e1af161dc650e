"""The gap to the neighbours' rate closed, in whole or in part, by raising or lowering arrivals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from cip_analysis.demand.inputs import MONTHS_IN_YEAR, Effects, ModelInputs, no_effects
from cip_analysis.demand.levers.context import PER, Context, needs_baseline, needs_simulate, path
from cip_analysis.demand.levers.following import arrival_factors
from cip_analysis.demand.levers.phasing import weight_by_month, weight_on
from cip_analysis.scenario_settings import ConvergeLever


def alter_towards_neighbours(inputs: ModelInputs, lever: ConvergeLever, context: Context) -> tuple[Effects, list[str]]:
    """Factors on arrivals such that the mean total closes so much of the gap to the neighbours' rate.

    Raises LeverError where the context has no population, neighbours' rate, usual shares (if asked for) or simulation.
    """
    none = no_effects(len(inputs.effects.entry))
    target = dict(target_totals(inputs, lever, context))
    if not target:
        return none, []
    before = int(np.flatnonzero(weight_by_month(lever, inputs.months))[0])
    if before:
        target[before] = float(needs_baseline(context, before).total[:, before].mean())
    factors, notes = arrival_factors(inputs, target, needs_simulate(context))
    acting = weight_by_month(lever, inputs.months) > 0
    return replace(none, entry=none.entry * np.where(acting, factors, 1.0)[:, None, None]), notes


def target_totals(inputs: ModelInputs, lever: ConvergeLever, context: Context) -> Mapping[int, float]:
    """Children in care at each year's end from the origin, when the lever is in full, and at the horizon.

    Where nothing of the gap is closed the rate at the origin stays, so the number moves with the population.
    """
    horizon = len(inputs.months) - 1
    acting = np.flatnonzero(weight_on(lever, inputs.months) > 0)
    stops = {*range(MONTHS_IN_YEAR, horizon, MONTHS_IN_YEAR), horizon, *_month_in_full(lever, inputs)}
    months = np.array(sorted(stops & set(acting.tolist()) - {0}), dtype="int64")
    if not len(months):
        return {}
    population = path(context.population, np.array([0, *months]), "the population aged 0 to 17")
    theirs = path(context.neighbours_rate, months, "the neighbours' rate") / PER
    own = len(inputs.present.setting) / population[0]
    weight = weight_on(lever, inputs.months)[months]
    if lever.share == "estimated":
        share = path(
            {0: 0.0, **context.gap_shares} if context.gap_shares else {}, months, "the usual shares of the gap"
        )
    else:
        share = weight * (1.0 if lever.share == "full" else lever.share)
    totals = population[1:] * (own + share * (theirs - own))
    return dict(zip(months.tolist(), totals.tolist(), strict=True))


def _month_in_full(lever: ConvergeLever, inputs: ModelInputs) -> list[int]:
    """The month end on or just after the day it is in full, where the horizon reaches it."""
    reached = [month for month, day in enumerate(inputs.months) if lever.full_by and day >= lever.full_by]
    return reached[:1]
