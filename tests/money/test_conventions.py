"""Conventions stated, and what the number of weeks in a year is worth in £."""

from __future__ import annotations

import pandas as pd
import pytest
from builders import ROOT

from cip_analysis.money.basis.conventions import Basis, state_conventions, weigh_conventions
from cip_analysis.money.spend import SpendError
from cip_analysis.settings import Council, read_settings


def some_costs(children: int = 63) -> pd.DataFrame:
    line = {
        "financial_year": 2018,
        "setting": "external residential",
        "spend_gbp": 9.7e6,
        "children_31_march": children,
    }
    return pd.DataFrame([line])


def test_the_number_of_weeks_is_worth_what_the_worked_example_says():
    weighed = weigh_conventions(some_costs(), "external residential", 2018).set_index("weeks_per_year")
    assert weighed["weekly_cost_gbp"].round().tolist() == [2961, 2953, 2951]
    assert weighed["budget_difference_gbp"].round().tolist() == [0, 26115, 33577]


def test_nobody_there_on_31_march_leaves_the_weekly_cost_blank():
    assert weigh_conventions(some_costs(0), "external residential", 2018)["weekly_cost_gbp"].isna().all()


def test_a_setting_without_spend_is_refused_by_name():
    with pytest.raises(SpendError, match="No spend on kinship"):
        weigh_conventions(some_costs(), "kinship", 2018)


def stated(**changes: object) -> dict[str, str]:
    council = read_settings(ROOT / "config" / "councils" / "leicestershire.toml", Council)
    table = state_conventions(
        council, Basis(**{"prices": "payments, in the prices of each year", "paid": True, **changes})
    )
    return dict(zip(table["convention"], table["here"], strict=True))


def test_a_page_that_looks_back_says_nothing_of_prices_ahead_and_one_that_looks_ahead_does():
    assert "prices of the years ahead" not in stated()
    assert stated(ahead="last year's, rising")["prices of the years ahead"] == "last year's, rising"


def test_the_councils_own_weeks_and_what_is_left_out_are_stated():
    told = stated()
    assert told["weeks in a year"].startswith("52.18")
    assert {"prices", "contributions", "value added tax", "included", "left out"} <= set(told)


def test_without_payments_nothing_is_claimed_of_contributions_or_tax():
    told = stated(paid=False)
    assert told["contributions"] == told["value added tax"] == "none: no payments file says"
