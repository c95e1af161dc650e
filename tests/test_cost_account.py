"""The cost of care on a page: growth, price rises and a claimed growth are what a hand would make of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from builders import ROOT, SHARED, a_placement, make_episodes
from money.test_projected_spend import HOME, a_projection, price_flat
from money_builders import a_payment, make_payments

from cip_analysis import cost_account
from cip_analysis.cost_account import (
    PLACEMENTS,
    SECTION_251,
    cost_of_settings,
    days_needed,
    decisions,
    growth_among_draws,
    growth_by_year,
    growth_needs,
    in_millions,
    inflation_between,
    last_year_spend,
    only,
    own_trend,
    price_rises,
    prices_needed,
    read_narrow,
    record_by_setting,
    say_carers,
    steps_ahead,
)
from cip_analysis.forecasts import Ahead
from cip_analysis.money.own.carers import CarerPlan, CarersFound
from cip_analysis.money.pricing.indices import STATED, IndicesError
from cip_analysis.money.pricing.looking_back import LookedBack
from cip_analysis.money.spend import UNMATCHED, price_outturn
from cip_analysis.records import Spend
from cip_analysis.returns.payments.cells import to_pence
from cip_analysis.run import open_run

RUN = ROOT / "config" / "runs" / "autumn-2018.toml"
SAMPLE = SHARED / "ssda903_sample"
FOSTER, CLAIMED = "independent foster", 12e6
needs_county = pytest.mark.skipif(
    not (ROOT / "data" / "synthetic" / "leicestershire").exists(), reason="the invented county is not made: make data"
)


def a_spend(rows: list[tuple[int, int, str, int, float, float]]) -> Spend:
    """Nominal spend from rows of draw, year, setting, children, child-days, £."""
    columns = ["draw", "financial_year", "setting", "children", "child_days", "spend_gbp"]
    return Spend(pd.DataFrame(rows, columns=columns).assign(present_gbp=0.0), "nominal", "a worked example")


def an_outturn() -> Spend:
    """£1m of homes over 3,650 days and £0.25m of fostering over 7,300 in 2017/18, dearer than the year before."""
    return a_spend([
        (0, 2017, HOME, 12, 3_650.0, 900_000.0), (0, 2018, HOME, 12, 3_650.0, 1_000_000.0),
        (0, 2018, FOSTER, 21, 7_300.0, 250_000.0), (0, 2018, UNMATCHED, 2, 0.0, 40_000.0),
    ])  # fmt: skip


def an_ahead() -> Ahead:
    """Ten children in homes, four years ahead, in two draws of which the second has twice the days."""
    return Ahead(a_projection(300.0, months=48), (), {"cheaper": "Cheaper fees", "dearer": "Dearer fees"})


def spend_at(weekly: float) -> Spend:
    """Those children at one price of a week, in the £ of each year: 3,600 days a year, or 7,200."""
    return price_flat(an_ahead().baseline, {HOME: weekly}, "nominal")


def toy_indices(levels: dict[int, float]) -> pd.DataFrame:
    """One vintage of the general index, out before the run's day."""
    return pd.DataFrame({
        "index": "GDP deflator", "publication": "a toy", "published": pd.Timestamp("2018-03-13").as_unit("us"),
        "financial_year": list(levels), "forecast": False, "value": list(levels.values()),
    })  # fmt: skip


@pytest.fixture(scope="module")
def county():
    """The default run, its returns not held against the rules."""
    return open_run(str(RUN), check=False)


@pytest.fixture(scope="module")
def rising(county):
    """The same with prices in general that rise by a tenth in the first year and by a tenth over the next three."""
    return replace(county, indices=toy_indices({2017: 80.0, 2018: 100.0, 2019: 110.0, 2020: 112.0, 2021: 115.0,
                                                2022: 121.0}))  # fmt: skip


@pytest.fixture(scope="module")
def needs(rising):
    return growth_needs(rising, an_outturn(), {"baseline": spend_at(2_000.0)}, 2022, CLAIMED)


# ---- growth, by hand ----------------------------------------------------------------------------------------------


def test_growth_is_spend_ahead_less_last_years_that_met_a_stay():
    assert last_year_spend(an_outturn()) == 1_250_000.0
    told = growth_by_year(spend_at(7_000.0), an_ahead(), an_outturn())
    assert told["financial_year"].tolist() == [2019, 2020, 2021, 2022]
    assert told["children_at_census"].tolist() == [10] * 4
    # 3,600 or 7,200 days at £1,000: £3.6m or £7.2m, the middle £5.4m, a tenth of the way between them £3.96m
    for end, spent in {"p10": 3.96, "p50": 5.4, "p90": 6.84}.items():
        assert told[f"{end}_growth_gbp_million"].tolist() == pytest.approx([spent - 1.25] * 4)


def test_growth_over_a_year_repeated_is_nought():
    projection = a_projection(300.0)
    paid = a_spend([(0, 2018, HOME, 10, 5_400.0, 5_400_000.0), (0, 2018, UNMATCHED, 1, 0.0, 77.0)])
    told = growth_by_year(price_flat(projection, {HOME: 7_000.0}), Ahead(projection, (), {}), paid)
    assert told["p50_growth_gbp_million"].tolist() == pytest.approx([0.0, 0.0])


def test_one_setting_is_its_own_lines_and_the_spend_given_is_left_whole():
    outturn = an_outturn()
    alone = only(outturn, HOME)
    assert alone.table["setting"].unique().tolist() == [HOME] and alone.table.index.tolist() == [0, 1]
    assert (alone.price_base, alone.basis, len(outturn.table)) == (outturn.price_base, outturn.basis, 4)
    assert only(outturn, "kinship").table.empty


def test_every_column_of_pounds_is_told_in_millions_and_nothing_else_is():
    table = pd.DataFrame({"step": ["a"], "spend_gbp": [1_500_000.0], "weekly_cost_gbp_per_week": [3.0]})
    told = in_millions(table)
    assert told.columns.tolist() == ["step", "spend_gbp_million", "weekly_cost_gbp_per_week"]
    assert told["spend_gbp_million"].tolist() == [1.5] and table["spend_gbp"].tolist() == [1_500_000.0]


@needs_county
def test_what_a_setting_costs_by_hand_with_a_line_for_what_met_no_stay(county):
    stays = [a_placement(child=str(child), start="2017-04-01", setting=HOME) for child in range(2)]
    bills = [a_payment(child=str(child), amount_gbp=73_000.0) for child in range(2)]
    stray = a_payment(child="9", amount_gbp=1_000.0, setting="", match="no child")
    episodes = make_episodes(stays)
    outturn = price_outturn(episodes, make_payments([*bills, stray]), 2018, 2018)
    told = cost_of_settings(replace(county, episodes=episodes), outturn, 2018).set_index("setting")
    # 730 nights and £146,000: £200 a night
    assert told.loc[HOME, "child_weeks"] == pytest.approx(730 / 7, abs=0.05)
    assert told.loc[HOME, "weekly_cost_gbp"] == pytest.approx(1_400.0)
    assert told["spend_gbp_million"].sum() == pytest.approx(0.147) and told["share_of_spend"].sum() == pytest.approx(1)
    assert told.loc[UNMATCHED, ["child_weeks", "weekly_cost_gbp"]].isna().all()


# ---- prices -------------------------------------------------------------------------------------------------------


@needs_county
def test_inflation_of_a_toy_index_is_the_ratio_of_its_levels_and_chains(rising):
    assert inflation_between(rising, 2018, 2019) == pytest.approx(1.10)
    assert inflation_between(rising, 2017, 2022) == pytest.approx(121 / 80)
    chained = inflation_between(rising, 2018, 2020) * inflation_between(rising, 2020, 2022)
    assert cost_account.inflation_to(rising, 2022) == pytest.approx(chained)
    assert inflation_between(rising, 2020, 2020) == 1.0
    assert cost_account.base_in_words(rising) == "2017/18 prices"


@needs_county
def test_an_index_that_does_not_reach_a_year_is_named(rising):
    with pytest.raises(IndicesError, match="says nothing of 2009/10"):
        inflation_between(rising, 2010, 2018)


@needs_county
def test_the_rise_ahead_is_in_order_and_rests_on_payments_and_judgement(county):
    told = price_rises(county).set_index("setting")
    assert {HOME, FOSTER} <= set(told.index) and told["judgement_share"].between(0, 1).all()
    ahead = told[[f"{end}_price_rise_a_year_share" for end in ("p10", "p50", "p90")]]
    assert (ahead.diff(axis=1).iloc[:, 1:] > 0).all(axis=None)
    assert (told["seen_low_share"] <= told["seen_rise_a_year_share"]).all()
    assert (told["seen_rise_a_year_share"] <= told["seen_high_share"]).all()


@needs_county
def test_the_trend_of_all_prices_is_that_of_the_one_setting_paid_for_and_between_those_of_two(county):
    alone = [own_trend(county, only(an_outturn(), name)) for name in (HOME, FOSTER)]
    assert min(alone) < own_trend(county, an_outturn()) < max(alone)
    # £1m at one rise and £0.25m at the other
    assert own_trend(county, an_outturn()) == pytest.approx(0.8 * alone[0] + 0.2 * alone[1])


# ---- what moves it ------------------------------------------------------------------------------------------------


@needs_county
@pytest.mark.parametrize("setting", ["all", HOME])
def test_the_steps_ahead_add_up_from_outturn_to_the_last_year_to_the_penny(rising, setting):
    outturn = an_outturn()
    steps = steps_ahead(rising, an_ahead(), outturn, spend_at(2_000.0), setting)
    pence = to_pence(steps["spend_gbp_million"] * 1e6)
    moved = pence[steps["kind"].eq("change")].sum()
    assert pence.iloc[0] == (129_000_000 if setting == "all" else 100_000_000)
    assert pence.iloc[0] + moved == pence.iloc[-1] == round(5_400 * 2_000 / 7 * 100)
    assert steps["step"].iloc[[0, -1]].tolist() == ["2017/18", "2021/22"]
    assert steps["children_at_census"].unique().tolist() == [10]
    assert steps.loc[steps["kind"].eq("change"), "spend_gbp_million"].ne(0).all()


# ---- a claimed growth ---------------------------------------------------------------------------------------------


@needs_county
def test_every_row_of_what_growth_needs_multiplies_back_to_the_growth(needs):
    years = 4
    after = (
        needs["base_gbp_million"] * (1 + needs["more_child_days_share"]) * (1 + needs["mix_share"])
        * (1 + needs["price_rise_a_year_share"]) ** years
    )  # fmt: skip
    np.testing.assert_allclose(after - needs["base_gbp_million"], CLAIMED / 1e6, rtol=1e-9)
    own = needs[needs["basis"].eq(PLACEMENTS)]
    assert own["base_gbp_million"].unique().tolist() == [1.25]
    assert needs["growth_gbp_million"].unique().tolist() == [12.0]


@needs_county
def test_growth_needs_by_hand(needs):
    """£1.25m + £12m is 10.6 times; as many days and the same mix need the fourth root of it, 80.4% a year."""
    own = needs[needs["basis"].eq(PLACEMENTS)].set_index(["solved_for", "given", "mix"])
    still = own.loc[("price rise", "as last year", "as last year")]
    assert still["price_rise_a_year_share"] == pytest.approx(10.6**0.25 - 1) == pytest.approx(0.8044, abs=1e-4)
    general = own.loc[("child-days", "as all prices do", "as last year")]
    assert (1 + general["price_rise_a_year_share"]) ** 4 == pytest.approx(1.21)
    assert general["more_child_days_share"] == pytest.approx(10.6 / 1.21 - 1)


@needs_county
@pytest.mark.parametrize(("lay_out", "solved_for", "given", "answer", "ending"), [
    (prices_needed, "price rise", "children", "price_rise_a_year_share", "rise_a_year_share"),
    (days_needed, "child-days", "prices_rise", "more_child_days_share", "growth_share"),
])  # fmt: skip
def test_the_tables_laid_out_hold_every_answer_once_and_no_other(needs, lay_out, solved_for, given, answer, ending):
    rows, laid = needs[needs["solved_for"].eq(solved_for)], lay_out(needs)
    same, forecast = f"same_mix_{ending}", f"forecast_mix_{ending}"
    answers = pd.concat([laid[same], laid[forecast].dropna()])
    assert sorted(answers) == sorted(rows[answer])
    assert laid.loc[laid["spending"].eq(SECTION_251), forecast].isna().all()
    assert laid.loc[laid["spending"].eq(PLACEMENTS), forecast].notna().all()
    assert not laid.duplicated(["spending", given]).any()
    assert set(laid["spend_gbp_million"]) == set(rows["base_gbp_million"])


@needs_county
def test_the_claim_is_weighed_at_the_neighbours_rate_where_that_is_played(rising, needs):
    spends = {"baseline": spend_at(2_000.0), cost_account.NEIGHBOURS: spend_at(2_000.0)}
    more = prices_needed(growth_needs(rising, an_outturn(), spends, 2022, CLAIMED))
    assert set(more["children"]) - set(prices_needed(needs)["children"]) == {"at the neighbours' rate"}


@needs_county
def test_another_folders_children_are_not_held_against_the_councils_published_spend(rising, needs):
    elsewhere = replace(rising, own_data=False)
    told = growth_needs(elsewhere, an_outturn(), {"baseline": spend_at(2_000.0)}, 2022, CLAIMED)
    assert set(told["basis"]) == {PLACEMENTS} and set(needs["basis"]) == {PLACEMENTS, SECTION_251}
    pd.testing.assert_frame_equal(told, needs[needs["basis"].eq(PLACEMENTS)].reset_index(drop=True))


@needs_county
def test_a_claim_is_set_among_the_draws_in_nominal_and_in_real_pounds(rising):
    """£1.25m grows to £3.6m or £7.2m: a claim of £2.35m is reached in both, in real £ (÷ 1.21) in one."""
    told = growth_among_draws(rising, an_outturn(), spend_at(7_000.0), 2022, 2_350_000.0).set_index("price_base")
    assert told.index.tolist() == ["nominal", "2017/18 prices"]
    assert told["share_at_or_above"].tolist() == [1.0, 0.5]
    assert told["mean_gbp_million"].tolist() == pytest.approx([5.4 - 1.25, 5.4 / 1.21 - 1.25])


# ---- decisions ----------------------------------------------------------------------------------------------------


def test_decisions_are_the_dearest_first_and_no_lever_moves_nothing():
    spends = {"baseline": spend_at(2_000.0), "cheaper": spend_at(1_800.0), "none": spend_at(2_000.0),
              "dearer": spend_at(2_100.0)}  # fmt: skip
    told = decisions(an_ahead(), spends, 2022)
    assert told["scenario"].tolist() == ["Dearer fees", "none", "Cheaper fees"]
    ends = [f"{end}_difference_gbp_million" for end in ("p10", "p50", "p90")]
    assert told.loc[told["scenario"].eq("none"), [*ends, "chance_cheaper"]].to_numpy().tolist() == [[0, 0, 0, 0]]
    # the middle of 3,600 and 7,200 days, £200 a week less
    assert told["p50_difference_gbp_million"].iloc[-1] == pytest.approx(-5_400 / 7 * 200 / 1e6, abs=1e-7)


def test_a_run_without_scenarios_has_no_decisions():
    assert decisions(an_ahead(), {"baseline": spend_at(2_000.0)}, 2022).empty


# ---- what is not there --------------------------------------------------------------------------------------------


@needs_county
def test_without_payments_no_rise_is_seen_and_the_trend_is_the_judged_one(county):
    unpaid = replace(county, payments=replace(county.payments, table=county.payments.table.iloc[:0]))
    assert price_rises(unpaid).empty
    judged = county.assumptions["price.rise-external-residential"].value
    assert own_trend(unpaid, only(an_outturn(), HOME)) == pytest.approx(judged)


@needs_county
def test_without_an_index_nothing_is_said_of_inflation_and_the_rest_stands(county):
    bare, spend = replace(county, indices=county.indices.iloc[:0]), spend_at(7_000.0)
    assert steps_ahead(bare, an_ahead(), an_outturn(), spend).empty
    assert inflation_between(bare, 2018, 2022) == 0.0
    told = growth_among_draws(bare, an_outturn(), spend, 2022, CLAIMED)
    pd.testing.assert_frame_equal(told, growth_among_draws(county, an_outturn(), spend, 2022, CLAIMED).iloc[:1])
    asked = growth_needs(bare, an_outturn(), {"baseline": spend}, 2022, CLAIMED)
    assert set(days_needed(asked)["prices_rise"]) == {"as its own prices have"}


@needs_county
def test_prices_that_rise_as_assumed_need_no_file_of_indices(county):
    chosen = county.settings.model_copy(update={"general_index": STATED})
    stated = replace(county, indices=county.indices.iloc[:0], settings=chosen)
    rise = county.assumptions["price.stated-fee-inflation"].value
    assert inflation_between(stated, 2018, 2022) == pytest.approx((1 + rise) ** 4)
    assert len(steps_ahead(stated, an_ahead(), an_outturn(), spend_at(7_000.0))) > 2


@needs_county
@pytest.mark.skipif(not SAMPLE.exists(), reason="the statutory sample is not beside the project")
def test_another_folder_of_returns_has_no_rises_and_only_its_own_claim():
    sample = open_run(str(RUN), returns=str(SAMPLE), check=False)
    assert not sample.own_data and price_rises(sample).empty
    assert list(price_rises(sample).columns) == ["setting", "children"]


def test_a_settings_record_is_of_the_furthest_years_and_says_whose_range_was_too_narrow():
    rows = [
        ("kinship", 1, True),
        ("kinship", 2, True),
        ("kinship", 2, True),
        ("in-house foster", 2, False),
        ("all", 2, True),
    ]
    past = pd.DataFrame(rows, columns=["setting", "years_ahead", "held_80"]).assign(
        origin=pd.Timestamp("2015-03-31"), financial_year=2017, forecast_gbp=11.0, outturn_gbp=10.0, last_year_gbp=9.0,
        held_95=True,
    )  # fmt: skip
    record = record_by_setting(LookedBack(past)).set_index("setting")
    assert list(record.index) == ["kinship", "in-house foster"]
    assert record.loc["kinship", "within_80_range"] == "2 of 2"
    assert record.loc["kinship", "average_miss_share"] == pytest.approx(0.1)
    assert record["range_told"].tolist() == ["as it should", "too narrow"]
    assert "in-house foster care has been too narrow" in read_narrow(record.reset_index())
    assert "as often as it should" in read_narrow(record.reset_index().iloc[:1])


def test_a_campaign_that_never_pays_is_said_to_and_one_that_does_says_by_when():
    plan = CarerPlan(households=30, starts=7, campaign_months=24)
    months = (None, date(2021, 8, 31), None)
    pays = CarersFound(plan, 0.6, 0.9, months, (20.0, 42.0, 210.0), 10_000.0, 360.0)
    assert "In the middle future a campaign for 30 households is paid back by August 2021" in say_carers(pays)
    assert "About 42 would just pay (20 to 210 in eight futures of ten)." in say_carers(pays)
    never = CarersFound(plan, 0.0, 0.0, (None, None, None), (np.inf, np.inf, np.inf), 10_000.0, -5.0)
    assert "is not paid back within the years priced" in say_carers(never)
    assert say_carers(never).endswith("No number of households would just pay.")
