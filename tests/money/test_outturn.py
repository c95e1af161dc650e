"""Spend from payments where there are any, shares that add to one, and what a convention is worth."""

from __future__ import annotations

import pandas as pd
import pytest
from builders import a_placement, make_episodes
from money_builders import a_payment, make_payments

from cip_analysis.contracts import empty_table
from cip_analysis.money.outturn import (
    prices_in_words,
    read_snapshots,
    share_spend,
    spend_of,
    split_support,
    weeks_paid,
    years_paid,
)
from cip_analysis.money.spend import SpendError
from cip_analysis.records import PAYMENT_COLUMNS, Payments, Spend


def some_spend() -> Spend:
    rows = [(0, 2018, "kinship", 4, 700.0, 2.5e6), (0, 2018, "external residential", 2, 350.0, 7.5e6)]
    columns = ["draw", "financial_year", "setting", "children", "child_days", "spend_gbp"]
    return Spend(pd.DataFrame(rows, columns=columns), "nominal", "a worked example")


def test_the_shares_of_a_year_add_to_one_and_the_money_to_what_was_spent():
    shares = share_spend(some_spend())
    assert shares["share_of_spend"].tolist() == [0.25, 0.75]
    assert shares["spend_gbp_million"].sum() == 10


def test_without_a_payments_file_days_are_priced_by_assumption_and_the_record_says_so():
    episodes = make_episodes([a_placement(start="2017-04-01", end="2017-04-15", setting="kinship")])
    spend = spend_of(episodes, Payments(empty_table(PAYMENT_COLUMNS)), {"kinship": 250.0}, [2018])
    assert spend.table["spend_gbp"].tolist() == [500.0]
    assert "assumed" in spend.basis
    assert spend.price_base == "2017/18 prices"


def test_a_run_with_no_closed_year_is_told_so():
    with pytest.raises(SpendError, match="No financial year is over"):
        spend_of(make_episodes([a_placement()]), Payments(empty_table(PAYMENT_COLUMNS)), {}, [])


def paid_over(*periods: tuple[str, str]) -> Payments:
    """One child's payments, a row a period [start, end)."""
    return make_payments([a_payment(start=start, end=end) for start, end in periods])


def test_years_the_payments_do_not_hold_are_left_out_and_not_shown_as_care_that_cost_nothing():
    """A late bill of a week of 2016/17 beside the whole of 2017/18 does not make 2016/17 a year that is held."""
    episodes = make_episodes([a_placement(child="1", start="2015-04-01")])
    paid = paid_over(("2017-03-25", "2017-04-01"), ("2017-04-01", "2018-04-01"))
    assert years_paid(paid) == (2018,)
    spend = spend_of(episodes, paid, {}, [2016, 2017, 2018])
    assert set(spend.table["financial_year"]) == {2018}
    assert spend.table["spend_gbp"].sum() == 36500.0
    both = paid_over(("2016-04-01", "2017-04-01"), ("2017-04-01", "2018-04-01"))
    assert set(spend_of(episodes, both, {}, [2016, 2017, 2018]).table["financial_year"]) == {2017, 2018}


def test_payments_that_hold_nothing_of_the_last_year_are_refused_by_name():
    episodes = make_episodes([a_placement(child="1", start="2015-04-01")])
    with pytest.raises(SpendError, match=r"next to nothing of 2017/18.*Years held: 2016/17"):
        spend_of(episodes, paid_over(("2016-04-01", "2017-04-01")), {}, [2017, 2018])


def test_support_and_credit_notes_are_no_weeks_paid_for():
    rows = [a_payment(), a_payment(kind="additional support"), a_payment(kind="credit note", amount_gbp=-100.0)]
    assert weeks_paid(make_payments(rows)).tolist() == [365 / 7]


def some_paid(rows: list[tuple[str, str, str, float]]) -> Payments:
    """Payments of 2017/18 from rows of (child, kind, match, £), all in external residential care."""
    table = pd.DataFrame(rows, columns=["child", "kind", "match", "amount_gbp"]).assign(
        start=pd.Timestamp("2017-05-01"), end=pd.Timestamp("2017-05-08"), financial_year=2018, provider="a home",
        setting="external residential", provider_urn="", platform="spot", weekly_fee_gbp=1.0, health_gbp=0.0,
        education_gbp=0.0, file="payments.csv", row=range(len(rows)),
    )  # fmt: skip
    return Payments(table[list(PAYMENT_COLUMNS)], synthetic=False)


def test_support_billed_beside_the_fee_stands_apart_and_what_met_no_stay_is_in_neither():
    paid = some_paid([
        ("1", "payment", "stay", 900.0), ("2", "credit note", "part stay", -100.0),
        ("1", "additional support", "stay", 200.0), ("3", "payment", "no stay", 50.0),
    ])  # fmt: skip
    split = split_support(paid, "external residential", 2018).set_index("part")
    assert split["spend_gbp"].to_dict() == {"fees, net of credit notes": 800.0, "support billed beside the fee": 200.0}
    assert split["children"].tolist() == [2, 1]
    assert split["share_of_spend"].tolist() == [0.8, 0.2]


def test_a_growing_number_makes_a_week_by_31_march_look_cheaper_and_a_falling_one_dearer():
    assert "look cheaper" in read_snapshots(45, 65)
    assert "look dearer" in read_snapshots(65, 45)
    assert "at both ends" in read_snapshots(45, 45)
    assert "too small to show" in read_snapshots(float("nan"), 45)


def test_the_price_base_is_said_in_words():
    assert prices_in_words(some_spend()) == "a worked example, in the prices of each year"
