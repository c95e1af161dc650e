"""Whether recruiting foster carers pays: what it costs, when their homes fill, what they save, and by when.

Month by month and draw by draw, in nominal £: a household enquires, is approved some months later, takes children from
the month after, and some leave. Choices: docs/decisions/0020-homes-and-carers.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cip_analysis.codes import SETTINGS
from cip_analysis.demand.capacity import LEAVING, PLACES_EACH, USABLE
from cip_analysis.money.own.judged import draw_judgement, held_judgements
from cip_analysis.money.pricing.indices import NOMINAL, financial_year_of
from cip_analysis.money.pricing.paths import PricePaths
from cip_analysis.settings import Judgement

Draws = NDArray[np.floating]
IN_HOUSE, INDEPENDENT = "in-house foster", "independent foster"
UPLIFT = "claim.fostering-fee-uplift-year"
HOUSEHOLDS, TO_START, CAMPAIGN = "carers.households", "carers.months-to-start", "carers.campaign-months"
WEEKLY_PARTS = ("carers.allowance-week", "carers.fee-week", "carers.supervision-week")
DRAWN = {
    "enquiry_gbp": "carers.enquiry-cost",
    "conversion": "carers.conversion",
    "assessment_gbp": "carers.assessment-cost",
    "lag_months": "carers.approval-lag",
    "places_each": PLACES_EACH,
    "fill": USABLE["fostering"],
    "leaving": LEAVING,
    "diverted": "carers.share-diverted",
    "matched": "carers.matched-price-share",
    "uplift_gbp": UPLIFT,
}
"""Part of CarerTerms -> the judgement it is drawn from."""

YEARLY = {
    "diverted_weeks": "diverted_child_weeks",
    "saving_gbp": "saving_gbp",
    "recruiting_gbp": "recruiting_gbp",
    "uplift_gbp": "uplift_gbp",
    "net_gbp": "net_gbp",
}
"""Part of CarerCourse -> its column by year."""


class CarersError(ValueError):
    """Whether recruiting carers pays cannot be told from what was given."""


@dataclass(frozen=True, slots=True)
class CarerPlan:
    """What is decided: how many households, and when.

    households: to be approved through the campaign, beyond those approved anyway. starts: months after the first of
    the months given (the last of outturn) until the campaign and the new fees begin; 1 is the first month ahead.
    campaign_months: months over which enquiries come in evenly.
    """

    households: float
    starts: int
    campaign_months: int

    def __post_init__(self) -> None:
        if self.households < 0 or self.starts < 1 or self.campaign_months < 1:
            raise CarersError("A campaign has no households below nought, begins after outturn and lasts a month.")


@dataclass(frozen=True, slots=True, eq=False)
class CarerTerms:
    """What is judged, an element a draw; £ of the last year of outturn.

    enquiry_gbp: £ an enquiry. conversion: households approved ÷ households that enquire. assessment_gbp: £ a household
    approved. lag_months: from enquiry to approval. places_each, fill: children a household has at a time are places
    × fill. leaving: share of households that leave in a year. diverted: share of their child-weeks that would have
    been bought from independent agencies. matched: what those would have cost ÷ the mean independent price.
    marginal_gbp: £ a child-week more in-house: allowance, fee, supervision. uplift_gbp: £ a year more in fees for the
    carers there are.
    """

    enquiry_gbp: Draws
    conversion: Draws
    assessment_gbp: Draws
    lag_months: Draws
    places_each: Draws
    fill: Draws
    leaving: Draws
    diverted: Draws
    matched: Draws
    marginal_gbp: Draws
    uplift_gbp: Draws

    def __post_init__(self) -> None:
        if (self.conversion <= 0).any() or (self.leaving >= 1).any():
            raise CarersError("Some who enquire must be approved, and some households must stay: check [carers.*].")

    @property
    def recruiting_gbp(self) -> Draws:
        """What recruiting one household costs, £: enquiries it takes × £ each + its assessment."""
        return self.enquiry_gbp / self.conversion + self.assessment_gbp


@dataclass(frozen=True, slots=True, eq=False)
class CarerCourse:
    """What a plan brings, draw x month, nominal £; the first month is the last of outturn and holds nothing.

    in_post: recruited households at the month's end. diverted_weeks: child-weeks not bought from agencies.
    saving_gbp: diverted weeks × (independent price - in-house price at the margin); recruiting_gbp, uplift_gbp: costs.
    """

    months: tuple[date, ...]
    in_post: Draws
    diverted_weeks: Draws
    saving_gbp: Draws
    recruiting_gbp: Draws
    uplift_gbp: Draws

    @property
    def net_gbp(self) -> Draws:
        """Saving less both costs, draw x month."""
        return self.saving_gbp - self.recruiting_gbp - self.uplift_gbp

    @property
    def cumulative_gbp(self) -> Draws:
        """Net so far, draw x month."""
        return np.cumsum(self.net_gbp, axis=1)


# ---- the course of a plan ---------------------------------------------------------------------------------------


def play_plan(plan: CarerPlan, terms: CarerTerms, paths: PricePaths) -> CarerCourse:
    """What a plan brings, month by month and draw by draw.

    Households enquire evenly over the campaign; each share of them is approved `lag_months` later (whole months), takes
    children from the month after, and stays a month with chance (1 - leaving)^(1/12). Child-weeks of a month = those
    in post at its start who stay × places × fill × days ÷ 7. A diverted week saves matched × independent price -
    marginal cost; one that is not diverted saves nothing. £ of the last year of outturn rise as in-house fostering
    does in `paths`.
    Raises CarersError where the paths are not nominal, have other draws, or give in-house fostering no price.
    By hand (tests/money/test_carers.py): 1 household, 2 places, all filled and diverted, saving £350 a week each, is
    £700 a week.
    """
    _check(terms, paths)
    rises = _rises(paths)
    months = np.arange(len(paths.months))
    enquired = (months >= plan.starts) & (months < plan.starts + plan.campaign_months)
    each_month = plan.households / plan.campaign_months
    begins = plan.starts + np.round(terms.lag_months)[:, None]
    approved = each_month * ((months >= begins) & (months < begins + plan.campaign_months))
    in_post, placing = _in_post(approved, (1 - terms.leaving) ** (1 / 12))
    weeks = placing * (terms.places_each * terms.fill * terms.diverted)[:, None] * _weeks_of(paths.months)
    apart = terms.matched[:, None] * _level(paths, INDEPENDENT) - terms.marginal_gbp[:, None] * rises
    enquiries = each_month * enquired / terms.conversion[:, None]
    return CarerCourse(
        months=paths.months,
        in_post=in_post,
        diverted_weeks=weeks,
        saving_gbp=weeks * apart,
        recruiting_gbp=rises * (enquiries * terms.enquiry_gbp[:, None] + approved * terms.assessment_gbp[:, None]),
        uplift_gbp=rises * (months >= plan.starts) * terms.uplift_gbp[:, None] / 12,
    )


def payback_month(course: CarerCourse) -> NDArray[np.int64]:
    """By draw, the first month from which the cumulative net is never below nought again, as a place in `months`.

    0 where it never was; the number of months where it is still below at the last: not paid back within the horizon.
    """
    below = course.cumulative_gbp < -0.005
    last = below.shape[1] - 1 - np.argmax(below[:, ::-1], axis=1)
    return np.where(below.any(axis=1), last + 1, 0).astype("int64")


def chance_of_payback(course: CarerCourse) -> float:
    """The share of draws in which the plan is paid back by the last month held."""
    return float((payback_month(course) < len(course.months)).mean())


def break_even_households(plan: CarerPlan, terms: CarerTerms, paths: PricePaths) -> Draws:
    """By draw, how many households the campaign must bring to be paid back by the last month: infinite where none do.

    Saving and recruiting go with the number of households and the uplift does not, so it is uplift ÷ net of one
    household, both over the whole of the months.
    """
    one = play_plan(replace(plan, households=1.0), terms, paths)
    each = (one.saving_gbp - one.recruiting_gbp).sum(axis=1)
    uplift = one.uplift_gbp.sum(axis=1)
    needed = np.where(each > 0, uplift / np.where(each > 0, each, 1.0), np.inf)
    return np.where(uplift > 0, needed, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class CarersFound:
    """Whether the plan pays within the months held, for a sentence.

    chance: of being paid back by the last month; chance_pays_its_way: that the last twelve months save more than they
    cost. payback: month ends at the 10th, 50th and 90th percentile of draws, none where beyond. households_needed: the
    same of the number of households that just pays; infinite where none does. recruiting_gbp: what a household costs to
    recruit, and saving_week_gbp: what a diverted week saves in the last month, medians.
    """

    plan: CarerPlan
    chance: float
    chance_pays_its_way: float
    payback: tuple[date | None, date | None, date | None]
    households_needed: tuple[float, float, float]
    recruiting_gbp: float
    saving_week_gbp: float


def weigh_plan(plan: CarerPlan, terms: CarerTerms, paths: PricePaths) -> CarersFound:
    """Whether a plan pays, how soon, and how many households it takes."""
    course = play_plan(plan, terms, paths)
    needed = np.percentile(break_even_households(plan, terms, paths), [10, 50, 90], method="inverted_cdf")
    weeks = course.diverted_weeks[:, -1]
    saved = course.saving_gbp[:, -1] / np.where(weeks > 0, weeks, np.nan)
    return CarersFound(
        plan=plan,
        chance=chance_of_payback(course),
        chance_pays_its_way=float((course.net_gbp[:, -12:].sum(axis=1) > 0).mean()),
        payback=(paid_back_by(course, 10), paid_back_by(course, 50), paid_back_by(course, 90)),
        households_needed=(float(needed[0]), float(needed[1]), float(needed[2])),
        recruiting_gbp=float(np.median(terms.recruiting_gbp)),
        saving_week_gbp=float(np.median(saved)) if (weeks > 0).all() else float("nan"),
    )


def paid_back_by(course: CarerCourse, percentile: float) -> date | None:
    """The month end by which so many per cent of draws are paid back; none where that lies beyond the last."""
    place = int(np.percentile(payback_month(course), percentile, method="inverted_cdf"))
    return course.months[place] if place < len(course.months) else None


def _in_post(approved: Draws, stay: Draws) -> tuple[Draws, Draws]:
    """Households in post at each month's end, and those of the month's start who were still there at its end."""
    in_post, placing = np.zeros_like(approved), np.zeros_like(approved)
    for month in range(1, approved.shape[1]):
        placing[:, month] = in_post[:, month - 1] * stay
        in_post[:, month] = placing[:, month] + approved[:, month]
    return in_post, placing


def _weeks_of(months: Sequence[date]) -> Draws:
    """Weeks in each month."""
    return np.array([day.day / 7 for day in months])


def _level(paths: PricePaths, setting: str) -> Draws:
    return paths.level[:, :, SETTINGS.index(setting)]


def _rises(paths: PricePaths) -> Draws:
    """What £ of the first month's year are multiplied by in each month: in-house fostering's price over its first."""
    level = _level(paths, IN_HOUSE)
    return level / level[:, :1]


def _check(terms: CarerTerms, paths: PricePaths) -> None:
    """Refuse prices that cannot be set beside the terms."""
    if paths.price_base != NOMINAL:
        raise CarersError(f"Carers are reckoned in nominal £; these prices are in {paths.price_base}.")
    if len(terms.diverted) != paths.draws:
        raise CarersError(f"The prices have {paths.draws:,} draws and the terms {len(terms.diverted):,}. Draw as many.")
    if (_level(paths, IN_HOUSE)[:, 0] <= 0).any():
        raise CarersError(f"A week of {IN_HOUSE} care costs nothing in these prices, so nothing can rise with it.")


# ---- what is judged ---------------------------------------------------------------------------------------------


def judged_plan(judgements: Mapping[str, Judgement]) -> CarerPlan:
    """The plan that the assumptions hold likeliest. Raises JudgedError naming what is missing."""
    held = held_judgements(judgements, (HOUSEHOLDS, TO_START, CAMPAIGN))
    return CarerPlan(held[HOUSEHOLDS].value, round(held[TO_START].value) + 1, round(held[CAMPAIGN].value))


def draw_terms(judgements: Mapping[str, Judgement], draws: int, seed: int) -> CarerTerms:
    """The terms, each drawn from its range (own/judged.py). Raises JudgedError naming what is missing."""
    held = held_judgements(judgements, (*DRAWN.values(), *WEEKLY_PARTS))
    parts = {part: draw_judgement(held[name], name, draws, seed) for part, name in DRAWN.items()}
    marginal = [draw_judgement(held[name], name, draws, seed) for name in WEEKLY_PARTS]
    return CarerTerms(**parts, marginal_gbp=np.sum(marginal, axis=0))


def judged_terms(judgements: Mapping[str, Judgement], draws: int = 1) -> CarerTerms:
    """The terms at their likeliest values, the same in every draw: for a worked example, or prices drawn alone."""
    held = held_judgements(judgements, (*DRAWN.values(), *WEEKLY_PARTS))
    parts = {part: np.full(draws, held[name].value) for part, name in DRAWN.items()}
    return CarerTerms(**parts, marginal_gbp=np.full(draws, sum(held[name].value for name in WEEKLY_PARTS)))


# ---- tables -----------------------------------------------------------------------------------------------------


def yearly_course(course: CarerCourse) -> pd.DataFrame:
    """What a plan brings by financial year ahead, a row a year; nominal £.

    Columns financial_year, whole_year (all its months are held), in_post (recruited households at its end, mean),
    diverted_child_weeks, saving_gbp, recruiting_gbp, uplift_gbp, net_gbp (means, so that they add up), then
    p10_net_gbp, p50_net_gbp, p90_net_gbp and the same of cumulative_gbp at the year's end.
    """
    of_month = np.array([financial_year_of(day) for day in course.months[1:]])
    rows = []
    for year in np.unique(of_month).tolist():
        at = np.flatnonzero(of_month == year) + 1
        sums = {name: getattr(course, name)[:, at].sum(axis=1) for name in YEARLY}
        sums["cumulative_gbp"] = course.cumulative_gbp[:, at[-1]]
        rows.append(
            {
                "financial_year": year,
                "whole_year": len(at) == 12,
                "in_post": float(course.in_post[:, at[-1]].mean()),
                **{YEARLY[name]: float(sums[name].mean()) for name in YEARLY},
                **{
                    f"p{point}_{name}": float(np.percentile(sums[name], point))
                    for name in ("net_gbp", "cumulative_gbp")
                    for point in (10, 50, 90)
                },
            }
        )
    return pd.DataFrame(rows)
