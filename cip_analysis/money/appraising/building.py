"""An option's basis: its effects carried on to the last year, beside what it costs; and what is judged of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import triang

from cip_analysis.codes import SETTINGS
from cip_analysis.demand.inputs import stream
from cip_analysis.money.appraising.discounting import left_at_end, mixed_bias
from cip_analysis.money.appraising.effects import Effects, carry_on, filling, shares_of_years
from cip_analysis.money.appraising.flows import (
    CAPITAL,
    DELIVERED,
    DROP_OFF,
    HOMES,
    LATE,
    MATCHED,
    REVENUE,
    Basis,
)
from cip_analysis.money.homes import HomeCosts, draw_costs
from cip_analysis.money.own.judged import draw_judgement, held_judgements
from cip_analysis.settings import Judgement
from cip_analysis.work_package_settings import AppraisalRules, Block, Homes, Option, Range, WorkPackage

Draws = NDArray[np.float64]
MATCHED_SHARE = "home.matched-price-share"
ENDS = (5, 95)


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What every option of a package stands on.

    rules: how options are appraised. weeks: in a year, by the council's convention. home: what one home costs at the
    likeliest, in the price base; its growth: what its £ are multiplied by in each year forecast, draw x year.
    judgements: the run's. draws, seed: of what is judged.
    """

    package: WorkPackage
    rules: AppraisalRules
    weeks: float
    home: HomeCosts
    growth: Draws
    judgements: Mapping[str, Judgement]
    draws: int
    seed: int

    @property
    def last_year(self) -> int:
        """The last financial year appraised, by its 31 March."""
        return self.package.first_year + self.package.years - 1


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """Something judged of an option: its low, likeliest and high, and its value in each draw."""

    name: str
    low: float
    mid: float
    high: float
    drawn: Draws


# ---- the basis --------------------------------------------------------------------------------------------------


def build_basis(option: Option, effects: Effects, ground: Ground) -> Basis:
    """All that an option's flows rest on, over the years appraised, in the £ of its effects.

    Its homes are as full as planned in every future, as far as there are children to fill them: a home with an empty
    bed is offered another, which open-ended chance in the play of levers would not do.
    """
    years = ground.package.years
    homes = _homes(option.homes, effects, ground)
    block = _block(option.block, effects, ground)
    capital, residual = _capital(option, ground)
    known = len(effects.years)
    wanted = [SETTINGS.index(setting) for setting in ground.package.cohort.settings or SETTINGS]
    return Basis(
        saved=carry_on(effects.saved.sum(axis=2), years),
        fewer=carry_on(effects.fewer[:, :, wanted].sum(axis=2), years),
        revenue=_revenue(option, ground),
        capital=capital,
        residual=residual,
        beyond=np.maximum(np.arange(years) - (known - 1), 0).astype("float64"),
        **homes,
        **block,
    )


def _homes(homes: Homes | None, effects: Effects, ground: Ground) -> dict[str, Draws]:
    """What homes cost, £ a year lived in or not and £ a week; the bed-weeks there are, and of them those lived in."""
    years, shape = ground.package.years, (ground.draws, ground.package.years)
    if homes is None:
        nought = np.zeros(shape)
        none = dict.fromkeys(("fixed", "variable", "lived", "lived_price"), nought)
        return {**none, "bed_weeks": np.zeros(years)}
    open_for = shares_of_years(ground.package.first_year, years, homes.opens)
    growth = carry_on(ground.growth, years)
    running = ground.home.staff_gbp + ground.home.overheads_gbp + ground.home.other_fixed_gbp
    beds, place = homes.number * homes.beds * ground.weeks, SETTINGS.index(homes.filled_from)
    planned = beds * homes.occupancy * filling(ground.package.first_year, years, homes.opens, homes.full_by)
    return {
        "lived": np.minimum(carry_on(effects.weeks[:, :, place], years), planned),
        "lived_price": carry_on(effects.price[:, :, place], years),
        "fixed": np.asarray(homes.number * running * open_for * growth),
        "variable": np.asarray(ground.home.variable_gbp * growth),
        "bed_weeks": beds * open_for,
    }


def _block(block: Block | None, effects: Effects, ground: Ground) -> dict[str, Draws]:
    """The beds of a block, the weeks there are to live in them and what a week is bought at beside it."""
    years, shape = ground.package.years, (ground.draws, ground.package.years)
    if block is None:
        nought, none = np.zeros(shape), np.zeros(years)
        return {"block_price": nought, "block_lived": nought, "block_beds": none, "block_off": none}
    place = SETTINGS.index(block.setting)
    beds = block.beds * ground.weeks * shares_of_years(ground.package.first_year, years, block.begins)
    lived = np.minimum(carry_on(effects.weeks[:, :, place], years), beds * block.occupancy)
    return {
        "block_price": carry_on(effects.price[:, :, place], years),
        "block_lived": lived,
        "block_beds": beds,
        "block_off": np.full(years, block.share_off),
    }


def _revenue(option: Option, ground: Ground) -> Draws:
    """Running costs less those it spares, £ a year."""
    first, years = ground.package.first_year, ground.package.years
    signed = [*((one, 1.0) for one in option.revenue), *((one, -1.0) for one in option.spared)]
    each = [sign * one.gbp_a_year * shares_of_years(first, years, one.begins, one.until) for one, sign in signed]
    return np.sum(each, axis=0) if each else np.zeros(years)


def _capital(option: Option, ground: Ground) -> tuple[Draws, Draws]:
    """Capital before optimism bias, and what is left of it in the last year, £ a year."""
    spent, left = np.zeros(ground.package.years), np.zeros(ground.package.years)
    for one in option.capital:
        spent[one.year - ground.package.first_year] += one.gbp
        left[-1] += one.gbp * left_at_end(one, ground.last_year)
    return spent, left


# ---- what is judged ---------------------------------------------------------------------------------------------


def judge(option: Option, ground: Ground) -> dict[str, Factor]:
    """What is judged of an option, by name, with a value in each draw; those that cannot vary are left out.

    Two options judged of the same thing share its luck, so that what tells them apart is their ranges. Optimism bias
    goes from its lower bound to its upper one.
    """
    ranges = {
        DELIVERED: option.delivered,
        LATE: option.late_years,
        DROP_OFF: option.drop_off,
        REVENUE: option.revenue_over if option.revenue or option.spared else None,
        CAPITAL: mixed_bias(option.capital, ground.rules.optimism_bias) if option.capital else None,
    }
    if option.does_nothing:
        return {}
    found = {name: _drawn(name, one, ground) for name, one in ranges.items() if one is not None}
    return found | (_of_homes(ground) if option.homes else {})


def _drawn(name: str, judged: Range, ground: Ground) -> Factor:
    """A factor drawn from the triangle over its range; one value where low and high are the same."""
    luck = stream(ground.seed, f"appraisal, {name}").random(ground.draws)
    width = judged.high - judged.low
    drawn = (
        np.full(ground.draws, judged.mid)
        if width == 0
        else np.asarray(triang.ppf(luck, (judged.mid - judged.low) / width, loc=judged.low, scale=width))
    )
    return Factor(name, judged.low, judged.mid, judged.high, drawn)


def _of_homes(ground: Ground) -> dict[str, Factor]:
    """What homes cost to run against the likeliest, and what their children would have cost against the mean."""
    drawn = draw_costs(ground.home, ground.judgements, ground.draws, ground.seed)
    cost = sum((getattr(drawn, part) for part in ("staff_gbp", "overheads_gbp", "other_fixed_gbp")), np.zeros(1))
    likeliest = ground.home.staff_gbp + ground.home.overheads_gbp + ground.home.other_fixed_gbp
    ratio = np.asarray(cost / likeliest)
    low, high = np.percentile(ratio, ENDS)
    share = held_judgements(ground.judgements, [MATCHED_SHARE])[MATCHED_SHARE]
    matched = draw_judgement(share, MATCHED_SHARE, ground.draws, ground.seed)
    return {
        HOMES: Factor(HOMES, float(low), 1.0, float(high), ratio),
        MATCHED: Factor(MATCHED, share.low, share.value, share.high, matched),
    }
