"""Uprating: chains and round trips come out even, vintages are chosen by day, £ of two kinds are never mixed."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from builders import ROOT
from hypothesis import given
from hypothesis import strategies as st

from cip_analysis.money.pricing.indices import (
    STATED,
    IndicesError,
    PriceIndex,
    as_known_at,
    choose_index,
    price_base,
    restate_spend,
    stated_index,
    uprate,
    year_of_base,
)
from cip_analysis.records import Spend
from cip_analysis.returns.reference.indices import read_indices
from cip_analysis.settings import read_assumptions

HELD = read_indices(ROOT / "data" / "reference" / "price_indices.csv")
ASSUMPTIONS = read_assumptions(ROOT / "config" / "assumptions.toml")
DEFLATOR = choose_index(HELD, "GDP deflator", date(2019, 4, 1), ASSUMPTIONS)
YEARS = st.integers(2009, 2030)


def an_index(**changes: object) -> PriceIndex:
    parts = {"name": "CPI", "publication": "Invented", "published": date(2018, 2, 1),
             "values": {2017: 100.0, 2018: 103.0, 2019: 105.0}, **changes}  # fmt: skip
    return PriceIndex(**parts)


def some_spend(price_base: str) -> Spend:
    table = pd.DataFrame({"draw": 0, "financial_year": [2017, 2018], "setting": "kinship", "children": 1,
                          "child_days": 7.0, "spend_gbp": [1000.0, 2000.0]})  # fmt: skip
    return Spend(table, price_base, "invented")


def test_a_thousand_pounds_by_hand():
    """OBR's deflator of March 2019: 102.6000 in 2017/18 and 104.4235 in 2018/19, so £1,000 becomes £1,017.77."""
    assert uprate(1000.0, 2018, 2019, DEFLATOR) == pytest.approx(1000 * 104.4235 / 102.6)
    assert round(uprate(1000.0, 2018, 2019, DEFLATOR), 2) == 1017.77


@given(YEARS, YEARS, YEARS, st.floats(0.01, 1e9))
def test_through_a_third_year_changes_nothing_and_there_and_back_is_where_one_began(one, two, three, amount):
    through = uprate(uprate(amount, one, two, DEFLATOR), two, three, DEFLATOR)
    assert through == pytest.approx(uprate(amount, one, three, DEFLATOR), rel=1e-12)
    assert uprate(uprate(amount, one, two, DEFLATOR), two, one, DEFLATOR) == pytest.approx(amount, rel=1e-12)


@given(YEARS, YEARS, YEARS)
def test_another_base_year_is_another_label_and_no_other_amount(base, one, two):
    relabelled = DEFLATOR.rebased(base)
    assert relabelled.level(base) == pytest.approx(100)
    assert uprate(1.0, one, two, relabelled) == pytest.approx(uprate(1.0, one, two, DEFLATOR), rel=1e-12)


def test_a_year_before_the_index_or_past_it_without_a_stated_rise_is_refused():
    index = an_index()
    with pytest.raises(IndicesError, match=r"CPI .* runs from 2016/17 to 2018/19 and says nothing of 2015/16"):
        uprate(1.0, 2016, 2018, index)
    with pytest.raises(IndicesError, match="nothing of 2019/20"):
        uprate(1.0, 2018, 2020, index)


def test_past_its_end_an_index_goes_on_at_the_stated_rise_and_says_so():
    index = an_index(carried_rise=0.02)
    assert index.level(2021) == pytest.approx(105 * 1.02**2)
    assert index.notes_for([2018, 2019]) == ()
    assert "CPI ends in 2018/19; after it, 2.0% a year is assumed." in index.notes_for([2018, 2021])
    assert index.rebased(2021).level(2022) == pytest.approx(102)


def test_the_vintage_is_the_newest_out_by_the_day():
    assert as_known_at(HELD, "CPI", date(2019, 3, 13)).published == date(2019, 3, 13)
    assert as_known_at(HELD, "CPI", date(2024, 12, 30)).published == date(2019, 3, 13)
    later = as_known_at(HELD, "CPI", date(2024, 12, 31))
    assert later.published == date(2024, 12, 31)
    assert later.notes == ()
    assert later.forecast_from == 2024


def test_where_no_vintage_was_out_the_earliest_stands_in_and_is_called_hindsight():
    early = as_known_at(HELD, "GDP deflator", date(2018, 3, 31))
    assert early.published == date(2019, 3, 13)
    assert "published by 31 March 2018 is held" in early.notes[0]
    assert "hindsight" in early.notes[0]


def test_an_index_nobody_holds_is_refused_with_those_there_are():
    with pytest.raises(IndicesError, match="No index 'RPI' is held; there are: CPI, CPIH, GDP deflator"):
        choose_index(HELD, "RPI", date(2019, 4, 1), ASSUMPTIONS)


def test_stated_fee_inflation_is_an_index_of_its_own_assumption():
    stated = choose_index(HELD, STATED, date(2018, 3, 31), ASSUMPTIONS)
    rise = ASSUMPTIONS["price.stated-fee-inflation"].value
    assert uprate(100.0, 2018, 2020, stated) == pytest.approx(100 * (1 + rise) ** 2)
    assert "assumption" in stated.notes[0]
    with pytest.raises(IndicesError, match=r"price\.stated-fee-inflation"):
        stated_index({})


def test_spend_of_each_year_is_restated_by_its_own_year():
    """By hand: index 100 then 103; £1,000 and £2,000 nominal are £1,030 and £2,000 of 2017/18."""
    real = restate_spend(some_spend("nominal"), an_index(), 2018)
    assert real.table["spend_gbp"].tolist() == pytest.approx([1030, 2000])
    assert real.price_base == "2017/18 prices"


def test_what_children_already_there_cost_is_restated_beside_all_spend():
    spend = some_spend("nominal")
    spend = Spend(spend.table.assign(present_gbp=[500.0, 200.0]), spend.price_base, spend.basis)
    real = restate_spend(spend, an_index(), 2018)
    assert real.table["present_gbp"].tolist() == pytest.approx([515, 200])


def test_spend_in_one_years_pounds_moves_from_that_year_and_not_from_each_lines_own():
    """By hand: in 2016/17 £ already, both lines rise by 103 ÷ 100, whatever year they were spent in."""
    moved = restate_spend(some_spend("2016/17 prices"), an_index(), 2018)
    assert moved.table["spend_gbp"].tolist() == pytest.approx([1030, 2060])


def test_pounds_of_two_years_at_once_are_refused():
    mixed = "2018/19 prices, 2017/18 prices where too little was paid to tell"
    with pytest.raises(IndicesError, match="does not name the £ of one financial year"):
        restate_spend(some_spend(mixed), an_index(), 2018)
    for wrong in ("nominal", "2017/19 prices", "real"):
        with pytest.raises(IndicesError):
            year_of_base(wrong)


@given(st.integers(1901, 2199))
def test_a_price_base_names_its_year_and_is_read_back(year):
    assert year_of_base(price_base(year)) == year


def test_an_index_with_a_gap_or_a_level_of_nought_cannot_be_made():
    with pytest.raises(IndicesError, match="without a gap"):
        an_index(values={2017: 100.0, 2019: 105.0})
    with pytest.raises(IndicesError, match="above nought"):
        an_index(values={2017: 100.0, 2018: 0.0})
