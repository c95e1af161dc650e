"""What each kind of lever does to the inputs: one function a kind, all of one signature, listed in ALTERATIONS.

Each gives the effects of that lever alone, from the inputs as they were before any lever; `compose` puts them together,
so the order of levers in a file does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from cip_analysis.codes import AGE_BANDS, SETTINGS, WAYS_OUT
from cip_analysis.demand.inputs import DAYS_IN_YEAR, NEED_NAMES, Effects, Floats, ModelInputs, Whole, no_effects
from cip_analysis.demand.levers.amounts import (
    Amount,
    Exchange,
    arrivals_for_children,
    rate_for_children,
    share_for_places,
)
from cip_analysis.demand.levers.context import (
    Context,
    mean_inflow,
    mean_stock,
    needs_baseline,
    path,
)
from cip_analysis.demand.levers.converging import alter_towards_neighbours
from cip_analysis.demand.levers.following import MOST_FACTOR
from cip_analysis.demand.levers.phasing import weight_by_month, weight_on
from cip_analysis.demand.levers.turnover import emptying_rate, moving_rate, share_still_here
from cip_analysis.scenario_settings import (
    DivertingLever,
    LeavingLever,
    Lever,
    MovingLever,
    PlacesLever,
    RateLever,
    StartsLever,
    UnaccompaniedLever,
)

Altered = tuple[Effects, list[str]]
UNACCOMPANIED = 1
ENOUGH = 0.95
MOST_HAZARD = 50.0
"""A chance of one, as a hazard: no double is nearer to one."""


def alter_starts(inputs: ModelInputs, lever: StartsLever, context: Context) -> Altered:  # noqa: ARG001
    """A factor on arrivals by age and need."""
    none = no_effects(len(inputs.effects.entry))
    cells = np.ix_(np.arange(len(none.entry)), _places(lever.ages, AGE_BANDS), _places(lever.needs, NEED_NAMES))
    entry = none.entry.copy()
    entry[cells] = _phased(lever, inputs, lever.factor)[:, None, None]
    return replace(none, entry=entry), []


def alter_unaccompanied(inputs: ModelInputs, lever: UnaccompaniedLever, context: Context) -> Altered:
    """A factor on arrivals of unaccompanied children, or as many more as bring those in care at once to a number."""
    none = no_effects(len(inputs.effects.entry))
    if lever.factor is not None:
        return replace(none, entry_unaccompanied=_phased(lever, inputs, lever.factor)), []
    months = len(none.entry)
    baseline = needs_baseline(context, months).unaccompanied.mean(axis=0)[1 : months + 1]
    wanted = _children_at_once(lever, context, months)
    weight = weight_on(lever, inputs.months[1:])
    staying = share_still_here(inputs.entrants_unaccompanied, inputs.pathways, UNACCOMPANIED, months)
    more = arrivals_for_children(weight * np.maximum(wanted - baseline, 0.0), staying) * (weight > 0)
    coming = inputs.starts_unaccompanied.mean(axis=0) * inputs.effects.entry_unaccompanied
    sought = 1 + np.divide(more, coming, out=np.zeros(months), where=coming > 0)
    factor = np.minimum(sought, MOST_FACTOR)
    short = (more > 0) & ((coming <= 0) | (sought > MOST_FACTOR))
    notes = [
        f"Too few unaccompanied children arrive in the baseline to be multiplied up to {wanted[-1]:,.0f} at once: "
        f"in {short.sum()} months there are none, or fewer than one in {MOST_FACTOR:g} of those it takes."
    ]
    return replace(none, entry_unaccompanied=factor), notes if short.any() else []


def alter_leaving(inputs: ModelInputs, lever: LeavingLever, context: Context) -> Altered:
    """Rates of leaving care by age, setting and way out."""
    none = no_effects(len(inputs.effects.entry))
    ages, settings = _places(lever.ages, AGE_BANDS), _places(lever.settings, SETTINGS)
    cells = np.ix_(np.arange(len(none.entry)), ages, settings, _places(lever.ways_out, WAYS_OUT[:-1]))
    if lever.factor is not None:
        leave = none.leave.copy()
        leave[cells] = _phased(lever, inputs, lever.factor)[:, None, None, None]
        return replace(none, leave=leave), []
    rate, notes = _added_rate(inputs, lever, context, (ages, settings))
    added = none.leave_added.copy()
    added[cells] = rate[:, None, None, None]
    return replace(none, leave_added=added), notes


def alter_moving(inputs: ModelInputs, lever: MovingLever, context: Context) -> Altered:
    """Rates of moving from one setting to another by age."""
    none = no_effects(len(inputs.effects.entry))
    ages = _places(lever.ages, AGE_BANDS)
    here, there = SETTINGS.index(lever.from_setting), SETTINGS.index(lever.to_setting)
    if lever.factor is not None:
        move = none.move.copy()
        move[:, ages, here, there] = _phased(lever, inputs, lever.factor)[:, None]
        return replace(none, move=move), []
    rate, notes = _added_rate(inputs, lever, context, (ages, np.array([here])))
    added = none.move_added.copy()
    added[:, ages, here, there] = rate[:, None]
    return replace(none, move_added=added), notes


def alter_diverting(inputs: ModelInputs, lever: DivertingLever, context: Context) -> Altered:  # noqa: ARG001
    """A share of would-be placements in one setting, made in another."""
    share = lever.share * weight_by_month(lever, inputs.months)
    return divert_share(inputs, lever.from_setting, lever.to_setting, share), []


def alter_places(inputs: ModelInputs, lever: PlacesLever, context: Context) -> Altered:
    """Places of the council's own opened, and filled by diverting; or closed, their would-be children diverted away."""
    months = len(inputs.effects.entry)
    baseline = needs_baseline(context, months)
    opened = lever.in_all > 0
    source, goal = (lever.filled_from, lever.setting) if opened else (lever.setting, lever.filled_from)
    ages = mean_stock(baseline)[:, :, SETTINGS.index(source)].sum(axis=0)
    exchange = _exchange(inputs, SETTINGS.index(lever.setting), SETTINGS.index(lever.filled_from), ages)
    wanted = abs(lever.in_all) * lever.occupancy * weight_on(lever, inputs.months[1:])
    amount = share_for_places(wanted, mean_inflow(baseline, source)[:months], exchange, lever.at_most)
    return divert_share(inputs, source, goal, amount.level), _places_notes(lever, amount, inputs)


def divert_share(inputs: ModelInputs, source: str, goal: str, share: Floats | float) -> Effects:
    """Effects that divert a share (by month, or one for all) of would-be placements in one setting to another."""
    none = no_effects(len(inputs.effects.entry))
    divert = none.divert.copy()
    divert[:, SETTINGS.index(source), SETTINGS.index(goal)] = share
    return replace(none, divert=divert)


ALTERATIONS: Mapping[str, Callable[..., Altered]] = {
    "starts": alter_starts,
    "unaccompanied": alter_unaccompanied,
    "leaving": alter_leaving,
    "moving": alter_moving,
    "diverting": alter_diverting,
    "places": alter_places,
    "converge": alter_towards_neighbours,
}


def compose(first: Effects, others: Sequence[Effects]) -> Effects:
    """Effects put together, in any order: factors multiply, additions add, diversions combine and never pass one.

    Shares diverted from a setting combine as rival hazards: two of a half divert three quarters, half of it each way.
    """
    every = [first, *others]
    diverted = [effects.divert for effects in others if effects.divert.any()]
    return Effects(
        entry=_product([effects.entry for effects in every]),
        entry_unaccompanied=_product([effects.entry_unaccompanied for effects in every]),
        leave=_product([effects.leave for effects in every]),
        leave_added=_sum([effects.leave_added for effects in every]),
        move=_product([effects.move for effects in every]),
        move_added=_sum([effects.move_added for effects in every]),
        divert=_combine([first.divert, *diverted]) if diverted else first.divert,
    )


def _product(arrays: Sequence[Floats]) -> Floats:
    return np.asarray(np.prod(arrays, axis=0))


def _sum(arrays: Sequence[Floats]) -> Floats:
    return np.asarray(np.sum(arrays, axis=0))


def _combine(diverted: Sequence[Floats]) -> Floats:
    """Shares diverted, each month x setting x setting, as rival hazards."""
    hazards = _sum([_hazards(shares) for shares in diverted])
    total = hazards.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(hazards * -np.expm1(-total), total, out=np.zeros_like(hazards), where=total > 0))


def _hazards(shares: Floats) -> Floats:
    total = shares.sum(axis=-1, keepdims=True)
    hazard = np.minimum(-np.log1p(-np.minimum(total, 1 - 2**-53)), MOST_HAZARD)
    return np.asarray(np.divide(shares * hazard, total, out=np.zeros_like(shares), where=total > 0))


def _phased(lever: Lever, inputs: ModelInputs, factor: float) -> Floats:
    """A factor by month, as much of it as acts."""
    return 1 + weight_by_month(lever, inputs.months) * (factor - 1)


def _places(names: Sequence[str], known: Sequence[str]) -> Whole:
    """Positions of some names among all; of none, all of them."""
    return np.array([known.index(name) for name in names] or range(len(known)))


def _children_at_once(lever: UnaccompaniedLever, context: Context, months: int) -> Floats:
    """Unaccompanied children wanted in care at once, at each month's end."""
    if lever.children_at_once is not None:
        return np.full(months, lever.children_at_once)
    share = lever.share_of_children or 0.0
    return share * path(context.population, np.arange(1, months + 1), "the population aged 0 to 17")


def _added_rate(
    inputs: ModelInputs, lever: RateLever, context: Context, cells: tuple[Whole, Whole]
) -> tuple[Floats, list[str]]:
    """The rate a day to add in some ages and settings, by month."""
    weight = weight_by_month(lever, inputs.months)
    if lever.added_rate_a_year is not None:
        return weight * lever.added_rate_a_year / DAYS_IN_YEAR, []
    months = len(weight)
    stock = mean_stock(needs_baseline(context, months))[: months + 1]
    inside = np.zeros((len(AGE_BANDS), len(SETTINGS)), dtype=bool)
    inside[np.ix_(*cells)] = True
    wanted = weight * (lever.children_a_year or 0.0)
    emptying = emptying_rate(inputs.pathways, stock.mean(axis=0), inside)
    amount = rate_for_children(wanted, stock[:, inside].sum(axis=1), emptying)
    if amount.met >= ENOUGH:
        return amount.level, []
    return amount.level, [
        f"Of {amount.wanted.sum():,.0f} children to go over the months forecast, {amount.given.sum():,.0f} can: "
        "no more are there in the baseline."
    ]


def _exchange(inputs: ModelInputs, own: int, other: int, ages: Floats) -> Exchange:
    """How the own setting and the other empty and swap children of these ages (weights by band)."""
    stock = np.outer(ages, np.ones(len(SETTINGS)))
    own_empties, other_empties = (
        emptying_rate(inputs.pathways, stock, np.tile(np.arange(len(SETTINGS)) == setting, (len(AGE_BANDS), 1)))
        for setting in (own, other)
    )
    return Exchange(
        own_empties, other_empties,
        moving_rate(inputs.pathways, ages, own, other), moving_rate(inputs.pathways, ages, other, own),
    )  # fmt: skip


def _places_notes(lever: PlacesLever, amount: Amount, inputs: ModelInputs) -> list[str]:
    """Whether the places fill (or empty) by the end of the horizon, and when, in words."""
    wanted, held = amount.wanted[-1], amount.given[-1]
    verb, whence = ("filled", lever.filled_from) if lever.in_all > 0 else ("emptied", lever.setting)
    where = f"{lever.setting}, {abs(lever.in_all):g} places at an occupancy of {lever.occupancy:.0%}"
    if wanted and held < ENOUGH * wanted:
        return [
            f"{where}: {held:,.0f} of {wanted:,.0f} places can be {verb} by {inputs.months[-1]:%B %Y}, "
            f"as too few placements are made in {whence}."
        ]
    in_full = np.flatnonzero(amount.wanted >= amount.wanted.max() * (1 - 1e-9))
    reached = np.flatnonzero(amount.given >= ENOUGH * amount.wanted.max())
    if wanted and len(reached) and reached[0] > in_full[0]:
        return [f"{where}: they are {verb} by {inputs.months[reached[0] + 1]:%B %Y}, not at once."]
    return []
