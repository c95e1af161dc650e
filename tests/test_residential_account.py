"""One setting's page: its tables are the spend they say, and every sentence is what its table would let one say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from builders import ROOT, a_placement, make_episodes
from money.test_looking_back import a_look
from money.test_projected_spend import HOME, a_projection, price_flat
from money_builders import a_payment, make_payments
from test_homes_account import make_paths

from cip_analysis.homes_account import home_table, list_judgements
from cip_analysis.money.homes import SAVING_OF_A_BED
from cip_analysis.money.outturn import spend_of
from cip_analysis.money.pricing.looking_back import LookedBack
from cip_analysis.publish.disclosure import About, release
from cip_analysis.records import Released, Spend
from cip_analysis.residential_account import (
    ResidentialAccountError,
    bought_both_ways,
    home_choices,
    judgements_in_words,
    largest_step,
    last_change,
    paid_in_both,
    past_misses,
    premium_on,
    read_heat,
    read_premium,
    spent_on,
    to_come_on,
    who_changed,
    why_not,
)
from cip_analysis.returns.payments.cells import to_pence
from cip_analysis.run import open_run
from cip_analysis.settings import Disclosure

RUN = ROOT / "config" / "runs" / "autumn-2018.toml"
OPEN = Disclosure(threshold=5, zeros_shown=True, rounding_base=5)
ABOUT = About("a worked example", date(2018, 3, 31), "£", synthetic=True, rule=OPEN)
needs_county = pytest.mark.skipif(
    not (ROOT / "data" / "synthetic" / "leicestershire").exists(), reason="the invented county is not made: make data"
)


@pytest.fixture(scope="module")
def county():
    """The default run, its returns not held against the rules."""
    return open_run(str(RUN), check=False)


@pytest.fixture
def unpaid(county):
    """The same without its payments."""
    return replace(county, payments=replace(county.payments, table=county.payments.table.iloc[:0]))


def an_outturn() -> Spend:
    rows = [(0, 2017, "kinship", 4, 700.0, 1e6), (0, 2017, HOME, 6, 350.0, 1e6), (0, 2018, HOME, 8, 350.0, 7.5e6),
            (0, 2018, "kinship", 4, 700.0, 2.5e6)]  # fmt: skip
    columns = ["draw", "financial_year", "setting", "children", "child_days", "spend_gbp"]
    return Spend(pd.DataFrame(rows, columns=columns), "nominal", "a worked example")


# ---- what was spent and what may be -------------------------------------------------------------------------------


def test_what_was_spent_on_one_setting_is_its_share_of_each_year():
    told = spent_on(an_outturn(), HOME)
    assert list(told) == ["financial_year", "children", "spend_gbp_million", "share_of_spend"]
    assert told.to_numpy().tolist() == [[2017, 6, 1.0, 0.5], [2018, 8, 7.5, 0.75]]


def test_a_setting_nothing_was_ever_spent_on_is_refused_by_name():
    with pytest.raises(ResidentialAccountError, match="No spend on secure and health in any year"):
        spent_on(an_outturn(), "secure and health")


def test_what_may_come_is_one_settings_and_all_of_it_where_it_is_the_only_one():
    projection = a_projection(700.0)
    spend = price_flat(projection, {HOME: 1_000.0})
    told = to_come_on(spend, projection, HOME)
    assert told["financial_year"].tolist() == [2019, 2020] and told["children_at_census"].tolist() == [10, 10]
    assert told["mean_spend_gbp_million"].tolist() == pytest.approx([12 * 1.5 * 700 / 7 * 1_000 / 1e6] * 2)
    pd.testing.assert_frame_equal(told, to_come_on(spend, projection, "all"))


# ---- how right it has been ----------------------------------------------------------------------------------------


def test_past_misses_count_forecasts_and_the_intervals_that_held():
    table = a_look(
        forecast_gbp=[11e6, 9e6, 12e6, 5e6], outturn_gbp=[10e6, 10e6, 10e6, 5e6], last_year_gbp=[8e6, 10e6, 9e6, 4e6],
        held_80=[False, True, False, True], held_95=[True, True, False, True], years_ahead=[1, 1, 2, 1],
        setting=["all", "all", "all", HOME],
    )  # fmt: skip
    told = past_misses(LookedBack(table), HOME)
    assert told[["spending", "ahead"]].to_numpy().tolist() == [
        [HOME, "1 year"], ["all placements", "1 year"], ["all placements", "2 years"],
    ]  # fmt: skip
    assert told["average_miss_share"].tolist() == pytest.approx([0, 0.10, 0.20])
    assert told["no_change_miss_share"].tolist() == pytest.approx([0.20, 0.10, 0.10])
    assert told["within_80_range"].tolist() == ["1 of 1", "1 of 2", "0 of 1"]
    assert told["within_95_range"].tolist() == ["1 of 1", "2 of 2", "0 of 1"]


def test_where_no_forecast_could_be_made_there_are_no_misses():
    looked = LookedBack(a_look(forecast_gbp=[], outturn_gbp=[]))
    assert past_misses(looked, HOME).empty


# ---- what moved it ------------------------------------------------------------------------------------------------


def two_children_then_three(county):
    """£1,000 a week each for the whole of 2016/17; in 2017/18 one left on the first day, and two came at £2,000."""
    stays = [
        a_placement(child="stays", start="2016-04-01", setting=HOME),
        a_placement(child="left", start="2016-04-01", end="2017-04-01", setting=HOME),
        *(a_placement(child=name, start="2017-04-01", setting=HOME) for name in ("came", "came too")),
    ]
    year, after = {"start": "2016-04-01", "end": "2017-04-01"}, {"start": "2017-04-01", "end": "2018-04-01"}
    bills = [
        *(a_payment(child=name, amount_gbp=52_000.0, weekly_fee_gbp=1_000.0, **year) for name in ("stays", "left")),
        a_payment(child="stays", amount_gbp=52_000.0, weekly_fee_gbp=1_000.0, **after),
        *(
            a_payment(child=name, amount_gbp=104_000.0, weekly_fee_gbp=2_000.0, **after)
            for name in ("came", "came too")
        ),
    ]
    return replace(county, episodes=make_episodes(stays), payments=make_payments(bills))


@needs_county
def test_the_last_change_by_hand_adds_up_to_the_penny(county):
    steps = last_change(two_children_then_three(county), HOME, 2018, 1.02)
    pence = to_pence(steps["spend_gbp_million"] * 1e6)
    assert (pence.iloc[0], pence.iloc[-1]) == (10_400_000, 26_000_000)
    assert pence.iloc[0] + pence[steps["kind"].eq("change")].sum() == pence.iloc[-1]
    assert steps["children_before"].unique().tolist() == [2] and steps["children_after"].unique().tolist() == [3]


@needs_county
def test_who_changed_by_hand_adds_up_to_the_same_change(county):
    told = who_changed(two_children_then_three(county), HOME, 2018)
    assert sorted(told["children"]) == [1, 1, 2]
    assert told["change_gbp_million"].sum() == pytest.approx(0.156)
    assert sorted(told["change_gbp_million"].round(6)) == [-0.052, 0.0, 0.208]
    apart = told[["by_weeks_gbp_million", "by_weekly_cost_gbp_million"]].sum(axis=1)
    np.testing.assert_allclose(apart, told["change_gbp_million"], atol=1e-9)


@needs_county
def test_the_countys_own_change_by_part_and_by_child_is_one_change(county):
    steps, turned = last_change(county, HOME, 2018, 1.02), who_changed(county, HOME, 2018)
    levels = to_pence(steps.loc[steps["kind"].eq("level"), "spend_gbp_million"] * 1e6).tolist()
    moved = to_pence(steps.loc[steps["kind"].eq("change"), "spend_gbp_million"] * 1e6).sum()
    assert levels[0] + moved == levels[1]
    assert turned["change_gbp_million"].sum() * 1e6 == pytest.approx((levels[1] - levels[0]) / 100, abs=0.05)


def some_steps(amounts: list[float], children: int = 20) -> Released:
    """A waterfall of £20m and these changes to it, resting on so many children."""
    table = pd.DataFrame({
        "step": ["2016/17", *[f"step {place}" for place in range(len(amounts))], "2017/18"],
        "kind": ["level", *["change"] * len(amounts), "level"],
        "spend_gbp_million": [20.0, *amounts, 20.0 + sum(amounts)], "children": children,
    })  # fmt: skip
    return release(table, ABOUT, plain=["step", "kind"], counts=["children"], bases={"spend_gbp_million": "children"})


def test_the_largest_step_is_the_furthest_either_way_and_never_a_level():
    assert largest_step(some_steps([1.07, 0.67, -0.07])) == ("step 0", "up £1.1 million")
    assert largest_step(some_steps([1.07, -3.21])) == ("step 1", "down £3.2 million")


def test_of_no_step_that_may_be_shown_nothing_is_said():
    assert largest_step(some_steps([1.07, 0.67], children=3)) is None
    assert largest_step(some_steps([])) is None


# ---- the framework ------------------------------------------------------------------------------------------------


def a_premium(middle: float, low: float, high: float, children: int = 20) -> Released:
    """What spot purchase is dearer by, as billed (a half) and like for like."""
    table = pd.DataFrame({
        "platform": ["spot", "spot", "block"], "compared": ["as billed", "like for like", "like for like"],
        "children": [60, children, 60], "dearer_share": [0.5, middle, 0.9], "low_95_share": [0.4, low, 0.8],
        "high_95_share": [0.6, high, 1.0],
    })  # fmt: skip
    bases = dict.fromkeys(["dearer_share", "low_95_share", "high_95_share"], "children")
    return release(table, ABOUT, plain=["platform", "compared"], counts=["children"], bases=bases)


def test_the_premium_read_is_the_like_for_like_one_of_spot_purchase():
    sure = "like for like over all years it was +12%, and could be +4% to +21%."
    assert read_premium(a_premium(0.12, 0.04, 0.21)) == sure
    assert read_premium(a_premium(-0.12, -0.21, -0.04)) == (
        "like for like over all years it was −12%, and could be −21% to −4%."
    )


def test_a_premium_whose_range_holds_nought_says_so():
    told = read_premium(a_premium(0.03, -0.04, 0.10))
    assert told.endswith("+3%, and could be −4% to +10%, so that the framework makes no difference is not ruled out.")


def test_a_premium_on_too_few_children_is_not_read():
    few = a_premium(0.12, 0.04, 0.21, children=3)
    assert few.table.loc[1, ["dearer_share", "low_95_share"]].isna().all()
    assert read_premium(few) == "Like for like, too few were bought either way to tell."


@needs_county
def test_the_premium_in_words_is_the_premium_in_figures(county):
    told = premium_on(county, HOME)
    assert set(told["compared"]) == {"as billed", "like for like"} and "framework" not in set(told["platform"])
    assert (told["low_95_share"] < told["dearer_share"]).all() and (told["dearer_share"] < told["high_95_share"]).all()
    for words, share in zip(told["premium"], told["dearer_share"], strict=True):
        assert int(words.split("%")[0].replace("−", "-")) == round(100 * share)


@needs_county
def test_without_payments_there_is_no_premium_to_tell(unpaid):
    assert premium_on(unpaid, HOME).empty


# ---- a home of our own --------------------------------------------------------------------------------------------


@needs_county
def test_the_homes_choices_are_of_the_first_year_ahead_to_the_nearest_thousand(county):
    paths = make_paths(external=4_000.0)
    told, exact = home_choices(county, paths), home_table(county, paths).query("financial_year == 2019")
    money = [name for name in told if name.endswith("_gbp")]
    assert len(money) == 5 and (told[money] % 1_000 == 0).all(axis=None)
    assert told["option"].tolist() == exact["option"].tolist()
    assert np.abs(told[money].to_numpy() - exact[money].to_numpy()).max() <= 500
    assert told["chance_cheaper"].tolist() == exact["chance_cheaper"].tolist()


def a_heat() -> pd.DataFrame:
    """What a bed-week saves at three occupancies and two prices."""
    rows = [("80%", "£3,500", -200.0), ("85%", "£3,500", -0.01), ("90%", "£3,500", 79.0),
            ("80%", "£4,000", 10.0), ("85%", "£4,000", 200.0), ("90%", "£4,000", 400.0)]  # fmt: skip
    return pd.DataFrame(rows, columns=["occupancy", "external_price", SAVING_OF_A_BED])


@pytest.mark.parametrize(("price", "says"), [
    (3_480.0, "Where a bought week costs £3,500, an own bed pays from 90% full"),
    (3_900.0, "Where a bought week costs £4,000, an own bed pays from 80% full"),
    (9_999.0, "Where a bought week costs £4,000, an own bed pays from 80% full"),
])  # fmt: skip
def test_a_grid_is_read_at_the_listed_price_nearest_the_one_paid(price, says):
    assert read_heat(a_heat(), price) == says


def test_a_bed_that_never_pays_is_said_not_to_and_breaking_even_is_paying():
    heat = a_heat()
    losing = heat.assign(**{SAVING_OF_A_BED: -1.0})
    assert read_heat(losing, 3_500) == "Where a bought week costs £3,500, an own bed does not pay however full"
    even = heat.assign(**{SAVING_OF_A_BED: 0.0})
    assert read_heat(even, 3_500).endswith("pays from 80% full")


def test_judgements_are_told_in_words_with_thousands_and_fractions_apart():
    judged = pd.DataFrame({
        "assumption": ["£ a year", "share"], "value": [571_000.0, 0.9], "low": [500_000.0, 0.85],
        "high": [640_000.0, 1.0], "source": ["a budget", "a guess"], "owner": ["finance", "placements"],
    })  # fmt: skip
    assert judgements_in_words(judged).to_numpy().tolist() == [
        ["£ a year", "571,000", "500,000 to 640,000", "a budget", "finance"],
        ["share", "0.9", "0.85 to 1", "a guess", "placements"],
    ]


@needs_county
def test_every_judgement_of_the_home_has_its_likeliest_figure_a_range_and_an_owner(county):
    told = judgements_in_words(list_judgements(county, "home"))
    assert len(told) > 5 and told.notna().all(axis=None) and told["owner"].str.len().gt(0).all()
    assert told["range"].str.contains(" to ").all()


# ---- where a setting is not paid for, or bought one way only ---------------------------------------------------


@needs_county
def test_a_setting_nobody_is_paid_for_is_said_to_be_so_and_not_taken_apart(county, unpaid):
    years = list(county.closed_years)
    spend = spend_of(county.episodes, county.payments, {}, years)
    assert paid_in_both(county, spend, "external residential") and not paid_in_both(county, spend, "with parents")
    assert not paid_in_both(unpaid, spend, "external residential")
    assert "No payments file" in why_not(unpaid, "kinship") and "too little of kinship care" in why_not(
        county, "kinship"
    )


def test_platforms_are_compared_only_in_a_year_that_has_both():
    gap = pd.DataFrame({"financial_year": [2017, 2017, 2018], "platform": ["framework", "spot", "in-house"]})
    assert bought_both_ways(gap, 2017) and not bought_both_ways(gap, 2018)


def test_a_setting_nobody_lived_in_last_year_is_refused_and_an_older_year_not_told_as_the_last():
    rows = [(0, 2017, "other", 1, 7.0, 500.0), (0, 2018, "kinship", 4, 700.0, 2.5e6)]
    names = ["draw", "financial_year", "setting", "children", "child_days", "spend_gbp"]
    with pytest.raises(ResidentialAccountError, match="Nobody lived in other care in 2017/18"):
        spent_on(Spend(pd.DataFrame(rows, columns=names), "nominal", "a worked example"), "other")
