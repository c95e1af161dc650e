from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import ROOT
from hypothesis import given
from hypothesis import strategies as st

from cip_analysis.money.homes import (
    CONVENTIONS,
    COSTS,
    SAVING_OF_A_BED,
    HomeCosts,
    HomesError,
    annuity,
    break_even_from_unit_cost,
    break_even_occupancy,
    cost_per_occupied_week,
    cost_year,
    draw_costs,
    heat_of_saving,
    judged_costs,
    reopening_occupancy,
    saving_per_bed_week,
    saving_year,
    say_break_even,
    uprated,
)
from cip_analysis.money.own.judged import JudgedError, draw_judgement
from cip_analysis.money.own.same_basis import PUBLISHED
from cip_analysis.settings import read_assumptions

JUDGEMENTS = read_assumptions(ROOT / "config" / "assumptions.toml")


def a_home(**changes):
    """Four beds: £400,000 a year fixed before the building, £100 a child-week, and a building that is already paid."""
    plain = HomeCosts(staff_gbp=300_000, overheads_gbp=60_000, other_fixed_gbp=40_000, variable_gbp=100, capital_gbp=0,
                      life_years=25, rate=0.035, beds=4, weeks=50, price_base="2017/18 prices")  # fmt: skip
    return replace(plain, **changes)


# ---- worked examples --------------------------------------------------------------------------------------------


def test_a_million_over_25_years_at_three_and_a_half_per_cent_is_291_pounds_a_bed_week_of_four():
    assert round(annuity(1_000_000, 25, 0.035), 2) == 60_674.04
    assert round(annuity(1_000_000, 25, 0.035) / (4 * 52.18)) == 291


def test_a_home_worked_by_hand():
    home = a_home()
    assert home.bed_weeks == 200
    assert cost_per_occupied_week(home, 0.8) == pytest.approx(400_000 / 160 + 100)  # £2,600
    assert cost_year(home, 0.8) == pytest.approx(400_000 + 160 * 100)
    assert break_even_occupancy(home, 2_600) == pytest.approx(0.8)
    assert saving_per_bed_week(home, 1.0, 2_600) == pytest.approx(2_500 - 2_000)


def test_the_published_pairs_come_out_at_the_occupancy_each_unit_cost_is_read_at():
    expected = {"England": 1.02, "Lincolnshire": 0.66, "Derbyshire": 0.54}
    assert {pair.area: round(pair.break_even, 2) for pair in PUBLISHED} == expected
    assert {pair.area: pair.at_occupancy for pair in PUBLISHED} == {"England": 0.85, "Lincolnshire": 1, "Derbyshire": 1}
    assert say_break_even(PUBLISHED[0].break_even) == "never: it would have to be 102% full"


def test_the_two_county_pairs_would_be_lower_still_if_their_unit_costs_were_at_85_per_cent():
    assert round(break_even_from_unit_cost(4_083, 0.85, 6_147), 2) == 0.56
    assert round(break_even_from_unit_cost(3_642, 0.85, 6_744), 2) == 0.46


def test_a_home_that_never_breaks_even_says_so_and_why():
    assert say_break_even(float(break_even_occupancy(a_home(), 2_000))) == "never: it would have to be 105% full"
    assert np.isinf(break_even_occupancy(a_home(), 100))
    assert np.isinf(break_even_occupancy(a_home(), 40))
    assert say_break_even(float("inf")).startswith("never: a bought week costs no more")


# ---- identities -------------------------------------------------------------------------------------------------


@given(fixed=st.floats(0, 2e6), variable=st.floats(0, 2_000), capital=st.floats(0, 5e6), occupancy=st.floats(0.05, 1.0))
def test_at_its_break_even_occupancy_a_home_costs_just_what_a_bought_week_does(fixed, variable, capital, occupancy):
    home = a_home(staff_gbp=fixed, variable_gbp=variable, capital_gbp=capital)
    price = cost_per_occupied_week(home, occupancy)
    assert break_even_occupancy(home, price) == pytest.approx(occupancy)
    assert saving_per_bed_week(home, occupancy, price) == pytest.approx(0, abs=1e-6)


@given(occupancy=st.floats(0.05, 1.0), price=st.floats(0, 10_000))
def test_the_saving_of_a_bed_week_times_the_bed_weeks_is_bought_weeks_less_the_homes_cost(occupancy, price):
    home = a_home(capital_gbp=800_000)
    bought = home.bed_weeks * occupancy * price
    assert saving_per_bed_week(home, occupancy, price) * home.bed_weeks == pytest.approx(
        bought - cost_year(home, occupancy)
    )


def test_the_cost_of_an_occupied_week_times_the_weeks_is_the_cost_of_the_year():
    home = a_home(capital_gbp=1_000_000)
    for occupancy in (0.5, 0.85, 1.0):
        weeks = home.bed_weeks * occupancy
        assert cost_per_occupied_week(home, occupancy) * weeks == pytest.approx(cost_year(home, occupancy))


def test_the_yearly_charges_discounted_over_the_life_are_the_capital():
    charge = annuity(640_000, 30, 0.04)
    assert sum(charge / 1.04**year for year in range(1, 31)) == pytest.approx(640_000)


def test_without_interest_capital_is_spread_evenly():
    assert annuity(100_000, 25, 0.0) == 4_000
    assert annuity(100_000, 25, 1e-9) == pytest.approx(4_000)


def test_draws_follow_the_same_formula_as_single_numbers():
    several = a_home(staff_gbp=np.array([300_000.0, 500_000.0]))
    weekly = cost_per_occupied_week(several, 0.8)
    assert weekly.tolist() == [cost_per_occupied_week(a_home(staff_gbp=staff), 0.8) for staff in (300_000, 500_000)]


@given(closed=st.floats(0, 200_000), price=st.floats(500, 9_000))
def test_opened_at_its_reopening_occupancy_a_home_is_no_better_and_no_worse_than_shut(closed, price):
    home = a_home(capital_gbp=700_000)
    share = reopening_occupancy(home, closed, price)
    if 0 < share <= 1:
        shut = saving_year(home, closed, price, 0.0)
        assert saving_year(home, closed, price, share) == pytest.approx(shut, abs=1e-3)
    assert share < break_even_occupancy(home, price)


def test_a_shut_home_by_hand_costs_what_is_kept_up_and_its_building():
    home = a_home(capital_gbp=100_000, rate=0.0)
    assert saving_year(home, 30_000, 5_000, 0.0) == -34_000
    assert saving_year(home, 30_000, 2_600, 0.8) == pytest.approx(-4_000)
    assert reopening_occupancy(home, 30_000, 2_600) == pytest.approx(370_000 / (200 * 2_500))


def test_uprating_moves_every_pound_and_nothing_else():
    home = a_home(capital_gbp=500_000)
    dearer = uprated(home, 1.1, "nominal")
    assert cost_year(dearer, 0.7) == pytest.approx(1.1 * cost_year(home, 0.7))
    assert (dearer.life_years, dearer.rate, dearer.beds, dearer.price_base) == (25, 0.035, 4, "nominal")
    assert break_even_occupancy(dearer, 1.1 * 2_600) == pytest.approx(break_even_occupancy(home, 2_600))


# ---- the judgements ---------------------------------------------------------------------------------------------


def test_the_judged_home_agrees_with_the_assumed_weekly_price_of_homes_of_the_councils_own():
    home = judged_costs(JUDGEMENTS, 4, 52.18, "2017/18 prices")
    without_building = replace(home, capital_gbp=0)
    usable = JUDGEMENTS["capacity.home-beds-usable"].value
    assert cost_per_occupied_week(without_building, usable) == pytest.approx(
        JUDGEMENTS["weekly_price.in-house-residential"].value, rel=0.01
    )


def test_draws_lie_within_their_ranges_about_their_pert_mean():
    judged = JUDGEMENTS["home.staff-year"]
    drawn = draw_judgement(judged, "home.staff-year", 20_000, 7)
    assert judged.low <= drawn.min() < drawn.max() <= judged.high
    assert drawn.mean() == pytest.approx((judged.low + 4 * judged.value + judged.high) / 6, rel=0.01)


def test_a_judgement_without_a_range_is_not_drawn_and_conventions_stay():
    judged = JUDGEMENTS["home.staff-year"]
    certain = judged.model_copy(update={"low": judged.value, "high": judged.value})
    assert set(draw_judgement(certain, "home.staff-year", 5, 7)) == {judged.value}
    home = judged_costs(JUDGEMENTS, 4, 52.18, "2017/18 prices")
    drawn = draw_costs(home, JUDGEMENTS, 50, 7)
    assert all(getattr(drawn, part) == getattr(home, part) for part in CONVENTIONS)
    assert all(len(getattr(drawn, part)) == 50 for part in COSTS if part not in CONVENTIONS)


def test_one_judgement_more_moves_no_other_and_two_do_not_move_together():
    home = judged_costs(JUDGEMENTS, 4, 52.18, "2017/18 prices")
    drawn = draw_costs(home, JUDGEMENTS, 4_000, 7)
    wider = {**JUDGEMENTS, "home.capital": JUDGEMENTS["home.capital"].model_copy(update={"high": 2e6})}
    assert (draw_costs(home, wider, 4_000, 7).staff_gbp == drawn.staff_gbp).all()
    assert abs(np.corrcoef(drawn.staff_gbp, drawn.overheads_gbp)[0, 1]) < 0.05


# ---- the heat map -----------------------------------------------------------------------------------------------


def test_the_heat_table_changes_sign_just_where_the_home_breaks_even():
    home = a_home()
    table = heat_of_saving(home, [0.7, 0.8, 0.9], [2_100, 2_600, 3_100])
    wide = table.pivot_table(index="occupancy", columns="external_price", values=SAVING_OF_A_BED)
    assert wide.loc["80%", "£2,600"] == pytest.approx(0, abs=1e-9)
    for price in (2_100, 2_600, 3_100):
        for share in (0.7, 0.8, 0.9):
            pays = wide.loc[f"{share:.0%}", f"£{price:,.0f}"] > 1e-9
            assert pays == (share > break_even_occupancy(home, price) + 1e-9)


# ---- what is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"beds": 0}, "a bed or more"),
        ({"weeks": 0}, "a bed or more"),
        ({"life_years": 0}, "a bed or more"),
        ({"staff_gbp": -1.0}, "staff_gbp of a home lies below nought"),
        ({"capital_gbp": float("nan")}, "capital_gbp of a home is not a number"),
    ],
)
def test_a_home_that_cannot_be_is_refused(changes, says):
    with pytest.raises(HomesError, match=says):
        a_home(**changes)


def test_an_occupancy_outside_nought_to_one_is_refused_and_an_empty_home_has_no_weekly_cost():
    with pytest.raises(HomesError, match="share from 0 to 1"):
        cost_per_occupied_week(a_home(), 85)
    with pytest.raises(HomesError, match="no cost an occupied week"):
        cost_per_occupied_week(a_home(), 0.0)


def test_a_missing_judgement_is_named():
    short = {name: one for name, one in JUDGEMENTS.items() if name != "home.staff-year"}
    with pytest.raises(JudgedError, match=r"no home\.staff-year"):
        judged_costs(short, 4, 52.18, "2017/18 prices")
