from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from builders import ROOT
from hypothesis import given
from hypothesis import strategies as st

from cip_analysis.codes import SETTINGS
from cip_analysis.money.own.carers import (
    CarerPlan,
    CarersError,
    CarerTerms,
    break_even_households,
    chance_of_payback,
    draw_terms,
    judged_plan,
    judged_terms,
    payback_month,
    play_plan,
    yearly_course,
)
from cip_analysis.money.own.judged import JudgedError
from cip_analysis.money.pricing.paths import FeePool, PricePaths
from cip_analysis.settings import read_assumptions

JUDGEMENTS = read_assumptions(ROOT / "config" / "assumptions.toml")
FIRST = date(2018, 3, 31)


def make_paths(months=6, draws=1, independent=800.0, in_house=450.0, rise=0.0):
    """Prices of as many months after March 2018: the same in every draw, rising each 1 April; nought elsewhere."""
    ends = tuple(day.date() for day in pd.date_range(FIRST, periods=months + 1, freq="ME"))
    years = np.array([day.year + (day.month > 3) - 2018 for day in ends])
    level = np.zeros((draws, len(ends), len(SETTINGS)))
    level[:, :, SETTINGS.index("independent foster")] = independent * (1 + rise) ** years
    level[:, :, SETTINGS.index("in-house foster")] = in_house * (1 + rise) ** years
    return PricePaths(ends, level, dict.fromkeys(SETTINGS, FeePool.flat()), "nominal", "as the test says")


def make_terms(draws=1, **changes):
    """£100 an enquiry, one in ten approved after a month at £5,000; two places, filled by diverted children; nobody
    leaves; £450 a week more in-house; £12,000 a year more for the carers there are."""
    plain = {"enquiry_gbp": 100, "conversion": 0.1, "assessment_gbp": 5_000, "lag_months": 1, "places_each": 2,
             "fill": 1, "leaving": 0, "diverted": 1, "matched": 1, "marginal_gbp": 450,
             "uplift_gbp": 12_000}  # fmt: skip
    return CarerTerms(**{name: np.full(draws, float(value)) for name, value in {**plain, **changes}.items()})


ONE = CarerPlan(households=1, starts=1, campaign_months=1)


# ---- by hand ----------------------------------------------------------------------------------------------------


def test_one_household_worked_by_hand_is_paid_back_in_september():
    """£1,000 of enquiries in April, £5,000 at approval in May, two children from June at £350 a week saved each."""
    course = play_plan(ONE, make_terms(), make_paths())
    assert course.in_post[0].tolist() == [0, 0, 1, 1, 1, 1, 1]
    assert course.recruiting_gbp[0].tolist() == [0, 1_000, 5_000, 0, 0, 0, 0]
    assert course.uplift_gbp[0].tolist() == [0, *[1_000] * 6]
    assert course.diverted_weeks[0, 3] == pytest.approx(2 * 30 / 7)
    assert course.saving_gbp[0].round(6).tolist() == [0, 0, 0, 3_000, 3_100, 3_100, 3_000]
    assert course.cumulative_gbp[0].round(6).tolist() == [0, -2_000, -8_000, -6_000, -3_900, -1_800, 200]
    assert course.months[payback_month(course)[0]] == date(2018, 9, 30)
    assert chance_of_payback(course) == 1.0


def test_the_households_needed_by_hand_and_that_many_just_pay():
    """Over six months a household brings £12,200 less £6,000; the uplift is £6,000: so 0.97 of one."""
    needed = break_even_households(ONE, make_terms(), make_paths())
    assert needed[0] == pytest.approx(6_000 / 6_200)
    at_that = play_plan(replace(ONE, households=float(needed[0])), make_terms(), make_paths())
    assert at_that.cumulative_gbp[0, -1] == pytest.approx(0, abs=1e-6)


def test_what_recruiting_one_household_costs_by_hand():
    assert make_terms().recruiting_gbp[0] == 100 / 0.1 + 5_000


def test_leaving_for_a_year_leaves_the_stated_share_in_post():
    course = play_plan(ONE, make_terms(leaving=0.2), make_paths(months=14))
    assert course.in_post[0, 2] == 1
    assert course.in_post[0, 14] == pytest.approx(0.8)


def test_money_of_the_last_year_of_outturn_rises_with_in_house_fostering():
    course = play_plan(ONE, make_terms(), make_paths(months=14, rise=0.10))
    assert course.uplift_gbp[0, 1] == pytest.approx(1_000 * 1.1)  # April 2018 is the year after March 2018
    assert course.uplift_gbp[0, 13] == pytest.approx(1_000 * 1.21)
    assert course.saving_gbp[0, 13] == pytest.approx(2 * 30 / 7 * 350 * 1.21)


# ---- identities -------------------------------------------------------------------------------------------------


def test_without_recruits_only_the_uplift_is_spent_and_it_is_never_paid_back():
    course = play_plan(replace(ONE, households=0), make_terms(), make_paths())
    assert not course.saving_gbp.any() and not course.recruiting_gbp.any() and not course.in_post.any()
    assert course.net_gbp[0].tolist() == (-course.uplift_gbp[0]).tolist()
    assert payback_month(course)[0] == len(course.months)
    assert chance_of_payback(course) == 0.0


def test_where_nothing_is_diverted_nothing_is_saved_and_no_number_of_households_pays():
    course = play_plan(ONE, make_terms(diverted=0), make_paths())
    assert not course.saving_gbp.any()
    assert np.isinf(break_even_households(ONE, make_terms(diverted=0), make_paths())).all()


def test_where_a_week_in_house_costs_what_an_agency_does_nothing_is_saved():
    assert not play_plan(ONE, make_terms(marginal_gbp=800), make_paths()).saving_gbp.any()


def test_a_plan_that_costs_nothing_and_brings_nothing_is_exactly_nought_and_owes_nothing():
    course = play_plan(replace(ONE, households=0), make_terms(uplift_gbp=0), make_paths())
    assert not course.net_gbp.any()
    assert payback_month(course)[0] == 0


@given(households=st.floats(0, 60), lag=st.integers(0, 12), campaign=st.integers(1, 24), leaving=st.floats(0, 0.5))
def test_net_goes_in_a_straight_line_with_the_number_of_households(households, lag, campaign, leaving):
    terms, paths = make_terms(lag_months=lag, leaving=leaving), make_paths(months=30, rise=0.02)
    plan = CarerPlan(households, 2, campaign)
    net = [play_plan(replace(plan, households=at), terms, paths).net_gbp.sum() for at in (0.0, 1.0, households)]
    assert net[2] == pytest.approx(net[0] + households * (net[1] - net[0]), rel=1e-9, abs=1e-4)


def test_payback_is_the_last_crossing_not_the_first():
    """A late campaign after an early saving would cross nought twice; what counts is from when it stays above."""
    course = play_plan(ONE, make_terms(), make_paths())
    wavering = replace(course, saving_gbp=np.array([[0, 5_000, 0, 0, 9_000, 0, 9_000.0]]))
    assert wavering.cumulative_gbp[0].tolist() == [0, 3_000, -3_000, -4_000, 4_000, 3_000, 11_000]
    assert payback_month(wavering)[0] == 4


def test_yearly_figures_add_up_to_the_months_and_to_each_other():
    terms, paths = draw_terms(JUDGEMENTS, 50, 3), make_paths(months=30, draws=50, rise=0.02)
    course = play_plan(judged_plan(JUDGEMENTS), terms, paths)
    yearly = yearly_course(course)
    assert yearly["financial_year"].tolist() == [2019, 2020, 2021]
    assert yearly["whole_year"].tolist() == [True, True, False]
    assert yearly["net_gbp"].sum() == pytest.approx(course.cumulative_gbp[:, -1].mean())
    apart = yearly["saving_gbp"] - yearly["recruiting_gbp"] - yearly["uplift_gbp"]
    assert yearly["net_gbp"].tolist() == pytest.approx(apart.tolist())
    assert (yearly["p10_net_gbp"] <= yearly["p90_net_gbp"]).all()


def test_playing_leaves_prices_and_terms_untouched():
    terms, paths = make_terms(), make_paths()
    before = paths.level.copy()
    play_plan(ONE, terms, paths)
    assert (paths.level == before).all() and terms.uplift_gbp.tolist() == [12_000]


# ---- the judgements ---------------------------------------------------------------------------------------------


def test_the_judged_plan_begins_in_october_2018_and_its_terms_are_the_assumptions():
    plan, terms = judged_plan(JUDGEMENTS), judged_terms(JUDGEMENTS, 3)
    assert make_paths(months=12).months[plan.starts] == date(2018, 10, 31)
    assert terms.uplift_gbp.tolist() == [JUDGEMENTS["claim.fostering-fee-uplift-year"].value] * 3
    assert terms.marginal_gbp[0] == 190 + 150 + 80


def test_the_cost_at_the_margin_is_below_the_mean_price_that_carries_the_service_as_well():
    assert judged_terms(JUDGEMENTS).marginal_gbp[0] < JUDGEMENTS["weekly_price.in-house-foster"].value


def test_drawn_terms_lie_in_their_ranges():
    terms = draw_terms(JUDGEMENTS, 2_000, 5)
    for part, name in (("conversion", "carers.conversion"), ("diverted", "carers.share-diverted")):
        drawn = getattr(terms, part)
        assert JUDGEMENTS[name].low <= drawn.min() < drawn.max() <= JUDGEMENTS[name].high


# ---- what is refused --------------------------------------------------------------------------------------------


def test_real_prices_other_draws_and_no_price_of_in_house_fostering_are_refused():
    with pytest.raises(CarersError, match="2017/18 prices"):
        play_plan(ONE, make_terms(), replace(make_paths(), price_base="2017/18 prices"))
    with pytest.raises(CarersError, match="2 draws and the terms 1"):
        play_plan(ONE, make_terms(), make_paths(draws=2))
    with pytest.raises(CarersError, match="costs nothing"):
        play_plan(ONE, make_terms(), make_paths(in_house=0.0))


@pytest.mark.parametrize("changes", [{"households": -1}, {"starts": 0}, {"campaign_months": 0}])
def test_a_campaign_that_cannot_be_is_refused(changes):
    with pytest.raises(CarersError, match="campaign"):
        replace(ONE, **changes)


def test_a_missing_judgement_is_named():
    short = {name: one for name, one in JUDGEMENTS.items() if name != "carers.conversion"}
    with pytest.raises(JudgedError, match=r"no carers\.conversion"):
        draw_terms(short, 5, 1)
