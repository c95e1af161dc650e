"""Spend shaped for pages: years and settings add up, and what is ahead rests on who was there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from money.test_projected_spend import HOME, a_projection, price_flat

from cip_analysis.records import Spend
from cip_analysis.spend_account import (
    chance_above,
    compare_spend,
    spend_by_year,
    spend_to_come,
    split_commitment,
    there_at_census,
)


def an_outturn() -> Spend:
    rows = [(0, 2018, "kinship", 4, 700.0, 2.5e6), (0, 2018, HOME, 2, 350.0, 7.5e6)]
    columns = ["draw", "financial_year", "setting", "children", "child_days", "spend_gbp"]
    return Spend(pd.DataFrame(rows, columns=columns), "nominal", "a worked example")


def test_all_settings_come_first_and_are_their_sum():
    told = spend_by_year(an_outturn())
    assert told["setting"].tolist() == ["all", "kinship", HOME]
    assert told["spend_gbp_million"].tolist() == [10.0, 2.5, 7.5]
    assert told["children"].tolist() == [6, 4, 2]


def test_what_may_come_is_in_millions_beside_the_children_it_rests_on():
    projection = a_projection(700.0)
    told = spend_to_come(price_flat(projection, {HOME: 1000.0}), projection).set_index(["financial_year", "setting"])
    assert told.loc[(2019, HOME), "children_at_census"] == there_at_census(projection)[HOME] == 10
    assert told.loc[(2019, "all"), "mean_spend_gbp_million"] == pytest.approx(12 * 1.5 * 700 / 7 * 1000 / 1e6)
    assert told.loc[(2020, "kinship"), "children_at_census"] == 0
    assert told.index.get_level_values("financial_year").unique().tolist() == [2019, 2020]


def test_commitment_already_made_and_new_make_the_whole():
    projection = a_projection(700.0)
    split = split_commitment(price_flat(projection, {HOME: 1000.0}), projection, HOME)
    whole = split["already_in_care_gbp_million"] + split["yet_to_come_gbp_million"]
    np.testing.assert_allclose(whole, split["spend_gbp_million"])
    assert (split["share_already_in_care"] == 1).all()


def test_a_scenario_that_changes_nothing_moves_spend_by_nothing_and_a_cheaper_one_by_what_it_saves():
    projection = a_projection(700.0)
    spend = price_flat(projection, {HOME: 1000.0})
    cheaper = price_flat(projection, {HOME: 900.0})
    told = compare_spend(spend, [("the same", spend), ("a tenth less", cheaper)], 2020, 10).set_index("scenario")
    assert told.loc["the same", "p50_difference_gbp_million"] == 0
    assert told.loc["the same", "chance_cheaper"] == 0
    assert told.loc["a tenth less", "p10_difference_gbp_million"] == pytest.approx(-0.1 * (2.4 - 0.1 * 1.2), rel=1e-6)
    assert told.loc["a tenth less", "chance_cheaper"] == 1


def test_the_chance_of_a_sum_is_the_share_of_draws_at_or_above_it():
    spend = price_flat(a_projection(700.0), {HOME: 1000.0})  # 1.2 and 2.4 million a year
    assert [chance_above(spend, 2019, gbp) for gbp in (1.2e6, 1.3e6, 2.5e6)] == [1.0, 0.5, 0.0]
    assert chance_above(spend, 2019, 1.0, "kinship") == 0
