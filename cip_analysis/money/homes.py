"""What a bed in a home of the council's own costs, beside the same child-week bought: true cost, break-even, draws.

Every figure is on one basis: staff, overheads, beds left empty and the building are in, as they are in the fee that a
provider charges; social work is in neither. Choices: docs/decisions/0020-homes-and-carers.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cip_analysis.money.own.judged import draw_judgement, held_judgements
from cip_analysis.settings import Judgement

Draws = NDArray[np.floating]
Amount = float | Draws
"""A number, or one of it a draw."""

COSTS = {
    "staff_gbp": "home.staff-year",
    "overheads_gbp": "home.overheads-year",
    "other_fixed_gbp": "home.other-fixed-year",
    "variable_gbp": "home.variable-child-week",
    "capital_gbp": "home.capital",
    "life_years": "home.capital-life",
    "rate": "home.capital-rate",
}
"""Part of HomeCosts -> the judgement it comes from."""

CONVENTIONS = ("life_years", "rate")
"""Parts that are agreed and not drawn: nothing happens by which they would turn out otherwise."""

CLOSED, MATCHED = "home.closed-cost-year", "home.matched-price-share"
FULL = 1.0
SAVING_OF_A_BED = "saving_of_a_bed_gbp_per_week"


class HomesError(ValueError):
    """A home's costs cannot be told from what was given."""


@dataclass(frozen=True, slots=True, eq=False)
class HomeCosts:
    """What one home costs, each part a number or an array of draws.

    staff_gbp, overheads_gbp, other_fixed_gbp: £ a year, whoever lives there. variable_gbp: £ a child-week.
    capital_gbp: £ once, for building and fitting out, spread over life_years at `rate` a year. weeks: in a year, by the
    council's convention. price_base: what the £ are, e.g. "2017/18 prices".
    """

    staff_gbp: Amount
    overheads_gbp: Amount
    other_fixed_gbp: Amount
    variable_gbp: Amount
    capital_gbp: Amount
    life_years: Amount
    rate: Amount
    beds: int
    weeks: float
    price_base: str

    def __post_init__(self) -> None:
        parts = (*COSTS, "beds", "weeks")
        if wrong := [name for name in parts if not np.isfinite(getattr(self, name)).all()]:
            raise HomesError(f"{', '.join(wrong)} of a home is not a number. Correct it in config/assumptions.toml.")
        if wrong := [name for name in parts if np.min(getattr(self, name)) < 0]:
            raise HomesError(f"{', '.join(wrong)} of a home lies below nought. Correct it in config/assumptions.toml.")
        if self.beds < 1 or self.weeks <= 0 or np.min(self.life_years) <= 0:
            raise HomesError("A home needs a bed or more, weeks in its year, and years to spread its capital over.")

    @property
    def capital_year_gbp(self) -> Amount:
        """Capital as a level yearly charge, £ a year."""
        return annuity(self.capital_gbp, self.life_years, self.rate)

    @property
    def fixed_gbp(self) -> Amount:
        """What a year costs with nobody living there, the building's charge included, £."""
        return self.staff_gbp + self.overheads_gbp + self.other_fixed_gbp + self.capital_year_gbp

    @property
    def bed_weeks(self) -> float:
        """Weeks of beds in a year, filled or not."""
        return self.beds * self.weeks


# ---- the formulas -----------------------------------------------------------------------------------------------


def annuity(capital_gbp: Amount, years: Amount, rate: Amount) -> Amount:
    """The level payment a year, at each year's end, that pays for capital over its life: £ a year.

    capital × rate ÷ (1 - (1 + rate)^-years); capital ÷ years where the rate is nought. It is also what the money could
    have earned, so it belongs in a cost whether or not the council borrows. Source: HM Treasury, The Green Book
    (equivalent annual cost).
    By hand: £1m over 25 years at 3.5% is £60,674 a year; four beds at 52.18 weeks, £291 a bed-week.

    >>> round(annuity(1_000_000, 25, 0.035)), round(annuity(1_000_000, 25, 0.035) / (4 * 52.18))
    (60674, 291)
    """
    flat = np.equal(rate, 0)
    safe = np.where(flat, 1.0, rate)
    charge = np.where(flat, 1 / np.asarray(years), safe / -np.expm1(-np.asarray(years) * np.log1p(safe)))
    return _as_given(np.asarray(capital_gbp * charge))


def cost_year(costs: HomeCosts, occupancy: Amount) -> Amount:
    """What a year costs, £: fixed + variable × child-weeks lived there. occupancy: share of bed-weeks lived in."""
    return costs.fixed_gbp + costs.variable_gbp * (costs.bed_weeks * _share(occupancy))


def cost_per_occupied_week(costs: HomeCosts, occupancy: Amount) -> Amount:
    """The true cost of a child-week at an occupancy, £: fixed ÷ (weeks × beds × occupancy) + variable.

    Fixed has the building's yearly charge in it. Raises HomesError at an occupancy of nought: nobody lived there.
    """
    if np.min(_share(occupancy)) == 0:
        raise HomesError("A home nobody lives in has no cost an occupied week. Ask for its cost a year instead.")
    return costs.fixed_gbp / (costs.bed_weeks * occupancy) + costs.variable_gbp


def saving_per_bed_week(costs: HomeCosts, occupancy: Amount, external_price: Amount) -> Amount:
    """What a bed-week saves against buying the weeks lived in it, £; below nought it costs more than buying.

    occupancy × (external price - variable) - fixed ÷ (weeks × beds). external_price: £ a child-week of the children
    who live there, had they been placed elsewhere.
    """
    return _share(occupancy) * (external_price - costs.variable_gbp) - costs.fixed_gbp / costs.bed_weeks


def break_even_occupancy(costs: HomeCosts, external_price: Amount) -> Amount:
    """The share of bed-weeks that must be lived in for a week to cost what a bought one does.

    fixed ÷ (weeks × beds × (external price - variable)). Above 1 it never breaks even at that price; infinite where a
    bought week costs no more than a child's own weekly cost in the home.
    """
    return _share_needed(costs.fixed_gbp / costs.bed_weeks, external_price - costs.variable_gbp)


def reopening_occupancy(costs: HomeCosts, closed_gbp: Amount, external_price: Amount) -> Amount:
    """The share of bed-weeks that must be lived in for opening a home the council already has to beat leaving it shut.

    (fixed - the building's charge - closed_gbp) ÷ (weeks × beds × (external price - variable)): the building stands
    either way and what is paid while it is shut, closed_gbp a year, is spared. Nought where opening costs no more.
    """
    spared = np.asarray(costs.capital_year_gbp + closed_gbp)
    more = np.maximum(costs.fixed_gbp - spared, 0.0)
    return _share_needed(more / costs.bed_weeks, external_price - costs.variable_gbp)


def saving_year(costs: HomeCosts, closed_gbp: Amount, external_price: Amount, occupancy: Amount) -> Amount:
    """What a home saves in a year against buying the weeks lived in it, £; below nought where it is shut.

    A home that is shut (occupancy nought) costs closed_gbp and its building's charge, and spares nothing.
    """
    if np.max(_share(occupancy)) == 0:
        return -(closed_gbp + costs.capital_year_gbp)
    return saving_per_bed_week(costs, occupancy, external_price) * costs.bed_weeks


def uprated(costs: HomeCosts, rise: Amount, price_base: str) -> HomeCosts:
    """The same home with every £ multiplied by `rise`, a number or an element a draw, in the £ of `price_base`."""
    money = {part: getattr(costs, part) * rise for part in COSTS if part not in CONVENTIONS}
    return replace(costs, **money, price_base=price_base)


def break_even_from_unit_cost(
    unit_cost: float, at_occupancy: float, external_price: float, variable: float = 0.0
) -> float:
    """Break-even occupancy where only a published unit cost is known, all but `variable` of it fixed.

    (unit cost - variable) × occupancy it was reckoned at ÷ (external price - variable). All in £ a child-week.
    By hand: £4,750 at 85% against £3,970 is 4,750 × 0.85 ÷ 3,970 = 102%.

    >>> round(break_even_from_unit_cost(4750, 0.85, 3970), 2)
    1.02
    """
    return float(_share_needed((unit_cost - variable) * _share(at_occupancy), external_price - variable))


def say_break_even(occupancy: float) -> str:
    """A break-even occupancy in words.

    >>> say_break_even(0.66), say_break_even(1.02), say_break_even(float("inf"))
    ('66% full', 'never: it would have to be 102% full', 'never: a bought week costs no more than the child alone')
    """
    if np.isinf(occupancy):
        return "never: a bought week costs no more than the child alone"
    return f"{occupancy:.0%} full" if occupancy <= FULL else f"never: it would have to be {occupancy:.0%} full"


def _share_needed(fixed_a_bed_week: Amount, margin: Amount) -> Amount:
    """Fixed cost over what each week lived there saves; infinite where it saves nothing."""
    saves = np.greater(margin, 0)
    return _as_given(np.where(saves, fixed_a_bed_week / np.where(saves, margin, 1.0), np.inf))


def _share(occupancy: Amount) -> Amount:
    if np.min(occupancy) < 0 or np.max(occupancy) > FULL:
        raise HomesError(f"An occupancy is a share from 0 to 1; {np.max(occupancy):g} is not.")
    return occupancy


def _as_given(amount: NDArray[np.float64]) -> Amount:
    """A number where there is one, draws where there are draws."""
    return amount if amount.ndim else float(amount)


# ---- what is judged ---------------------------------------------------------------------------------------------


def judged_costs(judgements: Mapping[str, Judgement], beds: int, weeks: float, price_base: str) -> HomeCosts:
    """A home of so many beds at the judgements' likeliest values.

    The judgements are of a home of four beds: staff and the other fixed parts are taken as they stand whatever `beds`
    is. Raises JudgedError naming every judgement that is missing.
    """
    held = held_judgements(judgements, list(COSTS.values()))
    return HomeCosts(**{part: held[name].value for part, name in COSTS.items()}, beds=beds, weeks=weeks,
                     price_base=price_base)  # fmt: skip


def draw_costs(costs: HomeCosts, judgements: Mapping[str, Judgement], draws: int, seed: int) -> HomeCosts:
    """The same home with each part of its cost drawn from its range; life and rate are conventions and stay.

    Raises JudgedError naming every judgement that is missing.
    """
    drawn = {name for part, name in COSTS.items() if part not in CONVENTIONS}
    held = held_judgements(judgements, sorted(drawn))
    parts: dict[str, Amount] = {
        part: draw_judgement(held[name], name, draws, seed) if name in drawn else getattr(costs, part)
        for part, name in COSTS.items()
    }
    return HomeCosts(**parts, beds=costs.beds, weeks=costs.weeks, price_base=costs.price_base)


# ---- tables -----------------------------------------------------------------------------------------------------


def heat_of_saving(costs: HomeCosts, occupancies: Sequence[float], prices: Sequence[float]) -> pd.DataFrame:
    """What a bed-week saves at each occupancy and external price, a row a pair of the two, in words ("85%", "£3,500").

    Columns occupancy, external_price and saving_of_a_bed_gbp_per_week: £ a bed-week, filled or not; below nought it
    costs more than buying. costs: one number a part, in whose price base the saving is.
    """
    rows = [
        (f"{share:.0%}", f"£{price:,.0f}", float(saving_per_bed_week(costs, share, price)))
        for share in occupancies
        for price in prices
    ]
    table = pd.DataFrame(rows, columns=["occupancy", "external_price", SAVING_OF_A_BED])
    return table.astype({"occupancy": "str", "external_price": "str"})
