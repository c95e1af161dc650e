"""An earlier report's growth in spend: what must hold for it is exact, and it is set where it falls among our draws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from builders import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from cip_analysis.demand.others import value_of
from cip_analysis.impact.claims import Claims
from cip_analysis.money.change.claim import (
    GrowthClaim,
    demand_ahead,
    points_over_trend,
    what_happened,
    what_moves_most,
    what_must_hold,
    where_it_sits,
)
from cip_analysis.money.drivers import DriversError
from cip_analysis.money.spend import UNMATCHED
from cip_analysis.records import Comparators, Spend
from cip_analysis.returns.published import read_published
from cip_analysis.settings import read_settings

HOME, FOSTER = "external residential", "independent foster"
LEICESTERSHIRE = "855"
FACTORS = {"flat": 1.0, "a fifth more": 1.2}
SECTION_251 = GrowthClaim(34_513_377, 12e6, 4, "section 251, all spend on looked-after children")


def make_spend(rows: list[tuple[int, int, str, float, float]], price_base: str = "nominal") -> Spend:
    """Spend from rows of draw, year, setting, child-days, £."""
    table = pd.DataFrame(rows, columns=["draw", "financial_year", "setting", "child_days", "spend_gbp"])
    table = table.assign(children=3, present_gbp=0.0).astype({"setting": "str"})
    return Spend(table, price_base, "invented", synthetic=True)


def a_last_year() -> Spend:
    return make_spend([(0, 2018, HOME, 20_000, 8e6), (0, 2018, FOSTER, 50_000, 6e6), (0, 2018, UNMATCHED, 0, 1e5)])


def some_futures(growths: list[float], price_base: str = "nominal") -> Spend:
    """One draw a growth, in £: in child-days of homes at the old price, nothing else moving."""
    rows = []
    for draw, growth in enumerate(growths):
        rows += [(draw, 2022, HOME, (8e6 + growth) / 400, 8e6 + growth), (draw, 2022, FOSTER, 50_000, 6e6)]
    return make_spend(rows, price_base)


# ---- what must hold -------------------------------------------------------------------------------------------


@given(st.floats(1e6, 1e9), st.floats(-0.5, 3), st.integers(1, 30), st.floats(0.3, 3), st.floats(0.3, 3))
@settings(max_examples=60)
def test_every_row_of_what_must_hold_comes_to_the_growth_claimed(base, grown, years, more, shift):
    claim = GrowthClaim(base, base * grown, years, "invented")
    table = what_must_hold(claim, {**FACTORS, "given": more}, {"none": 1.0, "given": shift}, {"2%": 0.02, "-1%": -0.01})
    assert len(table) == 3 * 2 + 2 * 2
    spend = (
        base * (1 + table["more_child_days_share"]) * (1 + table["mix_share"])
        * (1 + table["price_rise_a_year_share"]) ** years
    )  # fmt: skip
    assert spend.tolist() == pytest.approx([base * (1 + grown)] * len(table), rel=1e-9)


def test_what_must_hold_by_hand():
    table = what_must_hold(GrowthClaim(30e6, 12e6, 4, "by hand"), {"a fifth more": 1.2}, {"none": 1.0}, {"2%": 0.02})
    assert table["solved_for"].tolist() == ["price rise", "child-days"]
    assert table["price_rise_a_year_share"].tolist() == pytest.approx([0.0393, 0.02], abs=5e-5)
    assert table["more_child_days_share"].tolist() == pytest.approx([0.2, 0.2934], abs=5e-5)


def test_the_claim_on_section_251_needs_nearly_eight_per_cent_a_year_if_demand_stands_still():
    table = what_must_hold(SECTION_251, FACTORS, {"none": 1.0}, {"no rise": 0.0})
    assert table["price_rise_a_year_share"].tolist() == pytest.approx([0.07745, 0.02944, 0], abs=5e-6)
    assert table["more_child_days_share"].iloc[-1] == pytest.approx(12e6 / 34_513_377)
    assert table["basis"].unique().tolist() == ["section 251, all spend on looked-after children"]


def test_a_claim_of_no_growth_with_nothing_else_moving_needs_no_rise():
    table = what_must_hold(GrowthClaim(5e6, 0, 4, "none"), {"flat": 1.0}, {"none": 1.0}, {"none": 0.0})
    assert (table[["price_rise_a_year_share", "more_child_days_share"]] == 0).all(axis=None)


# ---- over trends ----------------------------------------------------------------------------------------------


@given(st.floats(-0.02, 0.1), st.floats(0.5, 2), st.floats(-0.3, 1.5), st.integers(1, 10))
@settings(max_examples=60)
def test_with_one_trend_for_all_the_root_is_the_closed_form(trend, more, grown, years):
    last = a_last_year().table
    claim = GrowthClaim(14e6, 14e6 * grown, years, "invented")
    days = {HOME: 20_000 * more, FOSTER: 50_000 * more}
    found = points_over_trend(last, days, dict.fromkeys(days, trend), claim)
    closed = what_must_hold(claim, {"given": more}, {"none": 1.0}, {})["price_rise_a_year_share"].iloc[0] - trend
    assert found == pytest.approx(closed, abs=1e-10)


def test_with_trends_of_their_own_the_points_found_give_back_the_growth():
    last, days, trends = a_last_year().table, {HOME: 26_000, FOSTER: 48_000}, {HOME: 0.06, FOSTER: 0.01}
    claim = GrowthClaim(14e6, 5e6, 4, "invented")
    points = points_over_trend(last, days, trends, claim)
    spend = 26_000 * 400 * (1.06 + points) ** 4 + 48_000 * 120 * (1.01 + points) ** 4
    assert spend == pytest.approx(19e6, abs=0.01)
    assert points_over_trend(last, days, trends, GrowthClaim(14e6, 6e6, 4, "more")) > points


def test_a_setting_without_a_trend_or_a_growth_no_price_could_bring_is_refused():
    last, claim = a_last_year().table, GrowthClaim(14e6, 5e6, 4, "invented")
    with pytest.raises(DriversError, match=r"No trend of price.*external"):
        points_over_trend(last, {HOME: 1, FOSTER: 1}, {FOSTER: 0.1}, claim)
    with pytest.raises(DriversError, match="1,000%"):
        points_over_trend(last, {HOME: 1e-9, FOSTER: 0}, {HOME: 0.0, FOSTER: 0.0}, claim)


# ---- where it sits --------------------------------------------------------------------------------------------


def test_where_a_claim_sits_by_hand():
    ahead = some_futures([1e6, 2e6, 3e6, 4e6])
    table = where_it_sits(a_last_year(), ahead, 2022, 3e6, {"nominal": 1.0, "2017/18 prices": 1.25})
    assert table["share_at_or_above"].tolist() == [0.5, 0]
    assert (table["share_at_or_above"] + table["share_below"]).tolist() == [1, 1]
    # £14m without the unmatched £0.1m; £17m ÷ 1.25 = £13.6m, so in the £ of 2017/18 the growth is below nought
    assert table["base_gbp"].tolist() == [14e6, 14e6]
    assert table["mean_gbp"].tolist() == pytest.approx([2.5e6, 16.5e6 / 1.25 - 14e6])


def test_the_verdict_says_which_side_of_the_range_a_claim_lies():
    ahead = some_futures(np.linspace(1e6, 100e6, 1000).tolist())
    said = {
        0.5e6: "below the 10th percentile of our futures: more than 99 in 100 grow by as much or more",
        50.5e6: "within the 80% range of our futures: 50 in 100 grow by as much or more",
        95.05e6: "above the 90th percentile of our futures: 5 in 100 grow by as much or more",
        200e6: "above the 90th percentile of our futures: fewer than 1 in 100 grow by as much or more",
    }
    for claimed, words in said.items():
        assert where_it_sits(a_last_year(), ahead, 2022, claimed, {"nominal": 1.0})["verdict"].tolist() == [words]


def test_real_spend_is_not_divided_again():
    ahead = some_futures([1e6], "2017/18 prices")
    assert where_it_sits(a_last_year(), ahead, 2022, 1e6, {"2017/18 prices": 1.0})["share_at_or_above"].tolist() == [1]
    with pytest.raises(DriversError, match="already"):
        where_it_sits(a_last_year(), ahead, 2022, 1e6, {"2017/18 prices": 1.1})
    with pytest.raises(DriversError, match="not among those projected"):
        where_it_sits(a_last_year(), ahead, 2030, 1e6, {"2017/18 prices": 1.0})


def test_what_moves_most_is_what_we_moved():
    last = a_last_year()
    demand = make_spend([(draw, 2022, name, days * (1.2 + draw / 10), spend * (1.2 + draw / 10)) for draw in range(3)
                         for name, days, spend in ((HOME, 20_000, 8e6), (FOSTER, 50_000, 6e6))])  # fmt: skip
    price = make_spend([(draw, 2022, name, days, spend * 1.5) for draw in range(3)
                        for name, days, spend in ((HOME, 20_000, 8e6), (FOSTER, 50_000, 6e6))])  # fmt: skip
    mix = make_spend([(draw, 2022, name, days, days * each) for draw in range(3)
                      for name, days, each in ((HOME, 40_000, 400), (FOSTER, 30_000, 120))])  # fmt: skip
    for named, ahead in {"demand": demand, "price": price, "mix": mix}.items():
        table = what_moves_most(last, ahead, 2022, 1.0).set_index("mover")
        assert table["chance_largest"].to_dict() == {name: float(name == named) for name in ("demand", "mix", "price")}
        others = [name for name in table.index if name != named]
        assert table.loc[others, "mean_gbp"].tolist() == pytest.approx([0, 0], abs=0.05)


def test_demand_ahead_is_days_and_mix_at_old_prices():
    mixed = make_spend([(draw, 2022, name, days, days * 1000.0) for draw in range(3)
                        for name, days in ((HOME, 30_000), (FOSTER, 54_000))])  # fmt: skip
    more, shift = demand_ahead(a_last_year(), mixed, 2022)
    assert more == pytest.approx(1.2)
    assert 14e6 * more * shift == pytest.approx(30_000 * 400 + 54_000 * 120)


# ---- hindsight ------------------------------------------------------------------------------------------------


def published() -> Comparators:
    return read_published(ROOT / "data" / "reference" / "comparators.csv")


def test_what_was_published_afterwards_is_fifteen_million_and_its_parts_add_up():
    row = what_happened(published(), LEICESTERSHIRE, 2018, 2022, 1.09).iloc[0]
    assert row["change_gbp"] == 49_710_204 - 34_513_377
    parts = row[["volume_gbp", "inflation_gbp", "price_gbp"]].sum()
    assert parts == pytest.approx(row["change_gbp"], abs=0.005)
    assert row["children_before"] == pytest.approx((510 + 554) / 2, abs=2)
    grown = row["children_after"] / row["children_before"]
    assert row["before_gbp"] * grown * (1 + row["price_rise_a_year_share"]) ** 4 == pytest.approx(row["after_gbp"])


def test_a_year_not_published_is_refused_by_name():
    with pytest.raises(DriversError, match="2010"):
        what_happened(published(), LEICESTERSHIRE, 2010, 2022, 1.1)


def test_what_cannot_be_claimed_or_held_is_refused():
    for base, growth, years in ((0, 1, 4), (5, -5, 4), (5, 1, 0)):
        with pytest.raises(DriversError, match="above nought at both ends"):
            GrowthClaim(base, growth, years, "wrong")
    with pytest.raises(DriversError, match="flat"):
        what_must_hold(SECTION_251, {"flat": 0.0}, {"none": 1.0}, {})


def test_the_claim_taken_apart_is_the_one_in_the_report_on_the_spend_published_for_its_first_year():
    claims = read_settings(ROOT / "config" / "claims" / "cabinet-2018-07-06.toml", Claims)
    said = next(claim for claim in claims.claims if claim.key == "cost-growth")
    assert said.stated * 1e6 == SECTION_251.growth_gbp
    first, last = (int(dict(said.at)[end]) for end in ("from", "to"))
    assert last - first == SECTION_251.years
    assert value_of(published(), LEICESTERSHIRE, "spend_gbp", first) == SECTION_251.base_gbp
