from __future__ import annotations

from datetime import date

import numpy as np
import numpy_financial
import pandas as pd
import pytest
from appraisal_builders import BOUGHT, NOTHING, RULES, a_package, an_option, some_effects, some_ground
from hypothesis import given
from hypothesis import strategies as st

from cip_analysis.codes import SETTINGS
from cip_analysis.money.appraisal import (
    Appraisal,
    AppraisalError,
    appraise,
    effects_of,
    run_budget,
    weigh_options,
    years_to_pay_back,
)
from cip_analysis.money.appraising.building import build_basis, judge
from cip_analysis.money.appraising.discounting import (
    DiscountingError,
    discount_factors,
    left_at_end,
    mixed_bias,
    present_value,
)
from cip_analysis.money.appraising.effects import EffectsError, carry_on, filling, share_of_year
from cip_analysis.money.appraising.financing import provision_and_interest
from cip_analysis.money.appraising.flows import FlowsError, flows_of
from cip_analysis.money.homes import annuity
from cip_analysis.records import Spend
from cip_analysis.work_package_settings import Capital, Option

SCHEDULE = RULES.discounting
BUILDING = Capital(what="a building", gbp=1_000, year=2020, asset_class="standard building", life_years=25)
CERTAIN = {"low": 1, "mid": 1, "high": 1}
ALL_OURS = {"council": 1, "partner": 0, "grant": 0}


def weighed(option, saved=((1_000.0, 2_000.0), (0.0, 0.0)), **ground):
    """An option over four years on two draws, two years of which are forecast."""
    package = a_package(option)
    effects = some_effects([list(row) for row in saved])
    return appraise(option, effects, some_ground(package, draws=len(saved), **ground))


# ---- discounting: the schedule and the oracles ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("year", "factor"),
    [(0, 1.0), (1, 0.966184), (5, 0.841973), (10, 0.708919), (20, 0.502566), (30, 0.356278), (31, 0.3459), (75, 0.0942),
     (125, 0.0274)],
)  # fmt: skip
def test_factors_are_those_of_the_green_book(year, factor):
    places = 6 if year <= 30 else 4
    assert round(float(discount_factors(SCHEDULE, 126)[year]), places) == factor


def test_a_thousand_out_and_three_hundred_back_five_times_is_354_pounds_52():
    flow = np.array([-1_000.0, *[300.0] * 5])
    assert present_value(flow, discount_factors(SCHEDULE, 6)) == pytest.approx(354.5157, abs=1e-4)
    assert present_value(flow, discount_factors(SCHEDULE, 6)) == pytest.approx(numpy_financial.npv(0.035, flow))


def test_an_annuity_is_worth_its_capital():
    paid = np.concatenate([[0.0], np.full(25, annuity(1_000_000, 25, 0.035))])
    assert present_value(paid, discount_factors(SCHEDULE, 26)) == pytest.approx(1_000_000)


def test_years_beyond_the_schedule_are_refused():
    with pytest.raises(DiscountingError, match="reaches year 125"):
        discount_factors(SCHEDULE, 200)


def test_optimism_bias_is_weighted_by_capital():
    equipment = Capital(what="beds", gbp=1_000, year=2020, asset_class="equipment", life_years=5, mitigated=1.0)
    bias = mixed_bias([BUILDING, equipment], RULES.optimism_bias)
    assert (bias.low, bias.mid, bias.high) == pytest.approx(((0.02 + 0.10) / 2, (0.24 + 0.10) / 2, (0.24 + 2.00) / 2))


def test_what_is_left_of_a_building_is_by_its_years():
    assert left_at_end(BUILDING, 2028) == pytest.approx(16 / 25)
    assert left_at_end(BUILDING, 2080) == 0


# ---- identities -------------------------------------------------------------------------------------------------


def test_an_option_with_no_levers_is_exactly_nought():
    nothing = Option.model_validate(NOTHING)
    one = weighed(nothing, saved=((0.0, 0.0), (0.0, 0.0)))
    assert not np.count_nonzero(one.npsv)
    assert not np.count_nonzero(one.flows.net)
    assert not np.count_nonzero(run_budget(one, np.ones(4), 0.05).net)


def test_nothing_that_yet_moves_something_is_refused():
    with pytest.raises(AppraisalError, match="does nothing, and yet"):
        weighed(Option.model_validate(NOTHING))


def test_worth_is_benefit_less_cost_in_every_draw():
    one = weighed(an_option(capital=[BUILDING.model_dump()], shares=ALL_OURS))
    assert one.npsv == pytest.approx(one.benefit - one.cost)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2), st.floats(0, 3))
def test_worth_moves_in_proportion_to_what_is_delivered(saved, delivered):
    one = weighed(an_option(revenue=[], prices=[{"setting": "kinship", "share_off": 0.1}], prices_from="2018-04-01"),
                  saved=(tuple(saved), tuple(saved)))  # fmt: skip
    flows = flows_of(one.basis, {"delivered": delivered})
    assert flows.benefit == pytest.approx(one.basis.saved * delivered, abs=1e-6)


def test_effects_are_the_difference_draw_by_draw_and_settings_sum_to_it():
    lines = [(draw, year, setting) for draw in range(2) for year in (2019, 2020) for setting in SETTINGS]
    table = pd.DataFrame(lines, columns=["draw", "financial_year", "setting"]).assign(children=1, child_days=70)
    chance = np.random.default_rng(3)
    before, after = (Spend(table.assign(spend_gbp=chance.random(len(table))), "nominal", "x") for _ in range(2))
    effects = effects_of(before, after, (2019, 2020))
    apart = before.table["spend_gbp"].sum() - after.table["spend_gbp"].sum()
    assert effects.saved.sum() == pytest.approx(apart)
    assert (effects_of(before, before, (2019, 2020)).saved == 0).all()
    assert effects.price[0, 0, 0] == pytest.approx(before.table["spend_gbp"][0] / 10)
    with pytest.raises(EffectsError, match="cannot be compared"):
        effects_of(before, Spend(after.table, "2017/18 prices", "x"), (2019,))
    with pytest.raises(EffectsError, match="no year to March 2021"):
        effects_of(before, after, (2019, 2021))


# ---- worked by hand ---------------------------------------------------------------------------------------------


def test_a_team_worked_by_hand():
    """£100 a year for four years; saves £1,000, £2,000, then £2,000 and £2,000, as the last year forecast goes on."""
    one = weighed(an_option())
    rate = 1.035
    benefit = 1_000 + 2_000 / rate + 2_000 / rate**2 + 2_000 / rate**3
    cost = 100 * (1 + 1 / rate + 1 / rate**2 + 1 / rate**3)
    assert one.npsv == pytest.approx([benefit - cost, -cost])
    told = weigh_options([one]).iloc[0]
    assert told["benefit_cost_ratio"] == pytest.approx((benefit / 2) / cost)
    assert told["chance_worse"] == 0.5


def test_what_wears_off_does_so_only_after_the_forecast():
    one = weighed(an_option(drop_off={"low": 0.5, "mid": 0.5, "high": 0.5}))
    assert one.flows.benefit[0] == pytest.approx([1_000, 2_000, 1_000, 500])


def test_what_comes_late_comes_by_parts_of_a_year_and_costs_do_not_wait():
    one = weighed(an_option(late_years={"low": 0.5, "mid": 0.5, "high": 0.5}))
    assert one.flows.benefit[0] == pytest.approx([500, 1_500, 2_000, 2_000])
    assert one.flows.cost[0] == pytest.approx([100] * 4)


def test_a_home_costs_what_it_costs_and_spares_what_a_bought_week_costs():
    """Four beds of 50 weeks, 80% full from the first day of 2019/20: 160 weeks at £3,000, for £400,000 and £16,000."""
    homes = {"number": 1, "beds": 4, "opens": "2019-04-01", "full_by": "2019-04-01", "occupancy": 0.8}
    option = an_option(revenue=[], homes=homes)
    one = weighed(option, saved=((0.0, 0.0),))
    flows = flows_of(one.basis, {})
    assert flows.benefit[0] == pytest.approx([0, 480_000, 480_000, 480_000])
    assert flows.homes[0] == pytest.approx([0, 416_000, 416_000, 416_000])
    assert flows.fewer[0] == pytest.approx([0, 160, 160, 160])
    crowded = flows_of(one.basis, {"delivered": 3.0})
    assert crowded.fewer[0].max() == pytest.approx(200)  # there are no more beds


def test_a_home_cannot_be_fuller_than_there_are_children():
    homes = {"number": 1, "beds": 4, "opens": "2019-04-01", "full_by": "2019-04-01", "occupancy": 0.8}
    option = an_option(revenue=[], homes=homes)
    effects = some_effects([[0.0, 0.0]], weeks=30)
    basis = build_basis(option, effects, some_ground(a_package(option), draws=1))
    assert basis.lived.max() == 30


def test_a_home_that_fills_over_a_year_is_half_full_in_it():
    assert filling(2019, 3, date(2019, 4, 1), date(2020, 4, 1)) == pytest.approx([0, 0.5, 1])
    assert filling(2019, 3, date(2019, 4, 1), date(2019, 4, 1)) == pytest.approx([0, 1, 1])


def test_a_block_pays_for_the_beds_that_stand_empty():
    """Two beds of 50 weeks at £3,000 less a tenth, nine tenths lived in: 90 × £300 spared, 10 × £2,700 wasted."""
    block = {"setting": "external residential", "beds": 2, "share_off": 0.1, "occupancy": 0.9, "begins": "2018-04-01"}
    option = an_option(revenue=[], block=block)
    one = weighed(option, saved=((0.0, 0.0),))
    assert one.flows.benefit[0] == pytest.approx([90 * 300 - 10 * 2_700] * 4)


def test_capital_carries_its_bias_and_what_is_left_comes_back_at_the_end():
    option = an_option(revenue=[], capital=[BUILDING.model_dump()], shares=ALL_OURS)
    one = weighed(option, saved=((0.0, 0.0),))
    flows = flows_of(one.basis, {"capital_over": 0.24})
    assert flows.cost[0] == pytest.approx([0, 1_240, 0, -1_240 * 22 / 25])


def test_running_costs_that_go_are_taken_off():
    spared = [{"what": "upkeep", "gbp_a_year": 60.0, "begins": "2019-04-01"}]
    assert weighed(an_option(spared=spared)).flows.revenue[0] == pytest.approx([100, 40, 40, 40])


def test_shares_of_a_year_are_by_its_days():
    assert share_of_year(2020, date(2019, 10, 1)) == 183 / 366
    assert share_of_year(2019, date(2019, 10, 1)) == 0
    assert share_of_year(2020, date(2018, 1, 1), date(2019, 4, 30)) == 30 / 366


def test_the_last_year_known_goes_on():
    assert carry_on(np.array([[1.0, 2.0]]), 4).tolist() == [[1, 2, 2, 2]]


# ---- the budget is another question -----------------------------------------------------------------------------


def test_provision_and_interest_worked_by_hand():
    provision, interest = provision_and_interest(np.array([[100.0, 0, 0, 0, 0]]), 4, 0.10)
    assert provision[0].tolist() == [0, 25, 25, 25, 25]
    assert interest[0] == pytest.approx([0, 10, 7.5, 5, 2.5])


def test_a_grant_costs_the_budget_nothing_and_a_partner_is_paid_back():
    granted = an_option(revenue=[], capital=[BUILDING.model_dump()], shares={"council": 0, "partner": 0, "grant": 1})
    assert not run_budget(weighed(granted, saved=((0.0, 0.0),)), np.ones(4), 0.05).net.any()
    lent = an_option(revenue=[], capital=[BUILDING.model_dump()], shares={"council": 0, "partner": 1, "grant": 0},
                     partner_rate=0.06, partner_years=10)  # fmt: skip
    one = weighed(lent, saved=((0.0, 0.0),))
    budget = run_budget(one, np.ones(4), 0.05)
    level = 1_000 * (1 + one.factors["capital_over"].drawn[0]) * annuity(1.0, 10, 0.06)
    assert budget.net[0] == pytest.approx([0, 0, -level, -level])
    alike = weighed(granted, saved=((0.0, 0.0),))
    assert one.npsv == pytest.approx(alike.npsv)  # who pays does not change what it is worth


def test_the_budget_is_in_the_pounds_of_each_year():
    budget = run_budget(weighed(an_option()), np.array([1.0, 1.1, 1.2, 1.3]), 0.0)
    assert budget.net[0] == pytest.approx([900, 1.1 * 1_900, 1.2 * 1_900, 1.3 * 1_900])


@pytest.mark.parametrize(
    ("net", "years"),
    [([-10, 4, 4, 4], 4), ([-10, 20, -20, 5], np.inf), ([5, 5, 5, 5], 0), ([-10, 10, 0, 0], 2),
     ([-1, -1, -1, -1], np.inf)],
)  # fmt: skip
def test_years_to_pay_back_count_the_first_and_must_last(net, years):
    assert years_to_pay_back(np.array([net], dtype="float64"))[0] == years


# ---- what is judged ---------------------------------------------------------------------------------------------


def test_two_options_judged_alike_share_their_luck():
    delivered = {"low": 0.2, "mid": 0.7, "high": 1.1}
    options = [an_option(key=key, delivered=delivered) for key in ("one", "two")]
    ground = some_ground(a_package(*options), draws=500)
    first, second = (judge(option, ground)["delivered"].drawn for option in options)
    assert (first == second).all()
    assert first.mean() == pytest.approx((0.2 + 0.7 + 1.1) / 3, abs=0.02)


def test_an_unknown_judgement_is_refused_by_name():
    with pytest.raises(FlowsError, match="Nothing called luck"):
        flows_of(weighed(an_option()).basis, {"luck": 1.0})


def test_inputs_are_left_as_they_were():
    option = an_option()
    effects, package = some_effects([[1_000.0, 2_000.0], [0.0, 0.0]]), a_package(option)
    before = effects.saved.copy()
    appraise(option, effects, some_ground(package))
    assert (effects.saved == before).all()
    assert effects.saved[0, 0, BOUGHT] == 1_000
    assert isinstance(weighed(option), Appraisal)
