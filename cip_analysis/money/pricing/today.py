"""What a week costs in each setting today: as paid or, where there are no payments, as assumed or as section 251 tells.

Everything ahead is counted from these. Choices: docs/decisions/0018-spend-ahead.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from cip_analysis.codes import SETTINGS
from cip_analysis.money.basis.section_251 import FOSTERING, RESIDENTIAL
from cip_analysis.money.outturn import ASSUMED_PRICE_BASE, weeks_paid
from cip_analysis.money.pricing.indices import price_base, year_name, year_of_base
from cip_analysis.money.spend import count_on, price_outturn, unit_costs
from cip_analysis.records import Episodes, Payments

WEEKS_TO_TELL_A_PRICE = 52
PART_PAID = 0.5
ASSUMED_YEAR = year_of_base(ASSUMED_PRICE_BASE)
RESIDENTIAL_SETTINGS = ("external residential", "in-house residential")
FOSTER_SETTINGS = ("in-house foster", "independent foster", "kinship")
NO_PAYMENTS = "There are no payments: prices are those assumed, not what the council pays."


@dataclass(frozen=True, slots=True)
class PricesToday:
    """What a week costs in each setting before anything is forecast.

    weekly: setting -> £ a child-week, the mean of the financial year ending `year`, in nominal £ of that year; a
    setting told by another year has that in `years`. basis: where they come from, in words. notes: every fallback.
    """

    weekly: dict[str, float]
    year: int
    basis: str
    years: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def price_base(self) -> str:
        """What the £ are: of one year or, where some settings are told by another, of both."""
        others = dict.fromkeys(price_base(year) for year in self.years.values() if year != self.year)
        return price_base(self.year) + "".join(f", {other} where too little was paid to tell" for other in others)


def prices_assumed(assumed: Mapping[str, float]) -> PricesToday:
    """The prices of the assumptions, as there are no payments."""
    return PricesToday(dict(assumed), ASSUMED_YEAR, "assumed weekly prices", notes=(NO_PAYMENTS,))


def prices_paid(episodes: Episodes, payments: Payments, assumed: Mapping[str, float], year: int) -> PricesToday:
    """What was paid in the financial year ending `year` ÷ child-weeks there that year, for every setting.

    A setting with less than a year of child-weeks paid for keeps the assumed price: too few to tell one. A file of some
    settings alone therefore tells nothing of the rest, though a row of it runs on into a stay elsewhere; and where
    under half of a setting's weeks were paid for, a note says so.
    """
    cost = unit_costs(price_outturn(episodes, payments, year, year), episodes, "52.18")  # by child-weeks: no convention
    weeks = weeks_paid(payments).reindex(pd.MultiIndex.from_product([[year], cost["setting"]]), fill_value=0.0)
    paid = weeks.set_axis(cost.index)
    known = cost[(np.minimum(paid, cost["child_weeks"]) >= WEEKS_TO_TELL_A_PRICE) & (cost["spend_gbp"] > 0)]
    told = {str(name): float(price) for name, price in known.set_index("setting")["weekly_by_child_weeks_gbp"].items()}
    untold = [name for name in SETTINGS if name not in told]
    basis = f"weekly prices paid in {year_name(year)}" + (
        ", assumed where too little was paid to tell" if untold else ""
    )
    few = f"Assumed prices stand in where under a year of child-weeks was paid for: {', '.join(untold)}."
    partly = [name for name, share in (paid / cost["child_weeks"]).set_axis(cost["setting"]).items()
              if name in told and share < PART_PAID]  # fmt: skip
    half = (
        f"Under half of the weeks of care there in {year_name(year)} meet a payment, so the price, spend over all "
        f"weeks, may be too low: {', '.join(map(str, partly))}. Check that the payments file is whole."
    )
    notes = tuple(note for note, rests_on in ((few, untold), (half, partly)) if rests_on)
    years = dict.fromkeys(untold, ASSUMED_YEAR) if year != ASSUMED_YEAR else {}
    return PricesToday({**assumed, **told}, year, basis, years, notes)


def prices_by_section_251(
    course: pd.DataFrame, episodes: Episodes, assumed: Mapping[str, float], day: date
) -> PricesToday:
    """Assumed prices, those of residential and of foster care brought to the section 251 unit costs last out by a day.

    course: as section_251.own_course gives it. Each group keeps the proportions of the assumed prices, and costs the
    published figure over those there that 31 March; foster care with relatives is among the foster care. A unit cost
    is not a price: it holds overheads, and moves with who was there on one day. The notes say so. Where none was
    out, the assumed prices.

    By hand: 1 child of 2 at £400 and 1 at £800 cost £600 a week; where £540 is published, £360 and £720.
    """
    out = course[course["published"].le(pd.Timestamp(day))].dropna(subset=[RESIDENTIAL, FOSTERING])
    if out.empty:
        note = f"No section 251 unit cost of the council was out by {day.day} {day:%B %Y}."
        return PricesToday(dict(assumed), ASSUMED_YEAR, "assumed weekly prices", notes=(note, NO_PAYMENTS))
    latest = out.iloc[-1]
    year, told = int(latest["year"]), dict[str, float]()
    there = count_on(episodes, date(year, 3, 31)).fillna(0)
    for names, figure in ((RESIDENTIAL_SETTINGS, RESIDENTIAL), (FOSTER_SETTINGS, FOSTERING)):
        children = float(there[list(names)].sum())
        usual = sum(float(there[name]) * assumed[name] for name in names) / children if children else assumed[names[0]]
        told |= {name: assumed[name] * float(latest[figure]) / usual for name in names}
    note = (
        f"Section 251 unit costs of {year_name(year)} stand in for prices of residential and foster care. They are not "
        "prices: they hold the council's overheads, and rest on who was there on 31 March."
    )
    years = {} if year == ASSUMED_YEAR else {name: ASSUMED_YEAR for name in SETTINGS if name not in told}
    basis = f"section 251 unit costs of {year_name(year)}, which are not prices, and assumed weekly prices for the rest"
    return PricesToday({**assumed, **told}, year, basis, years, (note, NO_PAYMENTS))
