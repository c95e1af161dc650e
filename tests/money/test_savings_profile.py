"""What of a saving is likely to come: delivery, wear and running costs, and a target reached in so many draws."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from savings_builders import a_claim, some_spend

from cip_analysis.money.saving.ledger import LedgerError, keep_ledger
from cip_analysis.money.saving.profile import (
    ALL_KINDS,
    Terms,
    draw_delivery,
    likely_savings,
    profile_savings,
    running_cost_pence,
    staying,
    terms_of,
)

TERMS = Terms(seed=1, shared=0.5, cost_rise=0.02)
HALF_SURE = {"low": 0.2, "mid": 0.5, "high": 1.0}


def a_ledger(saved, year=2019, keys=("first",)):
    """A ledger whose first claim saves these £ by draw (row) and year, and every other nothing."""
    baseline = some_spend([[1000.0] * len(row) for row in saved], year)
    after = some_spend([[1000.0 - pounds for pounds in row] for row in saved], year)
    return keep_ledger(baseline, dict.fromkeys(keys, after), dict.fromkeys(keys, after))


def test_delivery_follows_its_triangle_and_is_the_same_again():
    drawn = draw_delivery([a_claim(delivered=HALF_SURE)], 40_000, TERMS)["first"]
    assert drawn.min() >= 0.2
    assert drawn.max() <= 1.0
    assert drawn.mean() == pytest.approx((0.2 + 0.5 + 1.0) / 3, abs=0.005)
    assert (drawn == draw_delivery([a_claim(delivered=HALF_SURE)], 40_000, TERMS)["first"]).all()


def test_claims_share_the_part_of_their_luck_that_is_shared_and_no_more():
    both = [a_claim(delivered=HALF_SURE), a_claim(key="second", delivered=HALF_SURE)]
    for shared in (0.0, 0.5, 1.0):
        drawn = draw_delivery(both, 20_000, Terms(1, shared, 0.0))
        assert np.corrcoef(drawn["first"], drawn["second"])[0, 1] == pytest.approx(shared, abs=0.03)


def test_adding_a_claim_leaves_the_others_luck_alone():
    both = [a_claim(delivered=HALF_SURE), a_claim(key="second", delivered=HALF_SURE)]
    assert (draw_delivery(both, 50, TERMS)["first"] == draw_delivery(both[:1], 50, TERMS)["first"]).all()


def test_a_saving_wears_off_by_its_share_a_year_once_it_is_in_full():
    claim = a_claim(start=date(2018, 4, 1), full_by=date(2019, 4, 1), drop_off=0.1)
    kept = staying(claim, [date(2018, 6, 30), date(2019, 4, 1), date(2021, 4, 1)])
    assert kept == pytest.approx([1, 1, 0.81], abs=0.0005)


def test_running_costs_by_hand():
    mistle = a_claim(start=date(2018, 10, 1), running_cost_gbp=450_000, one_off_gbp=10_000)
    assert running_cost_pence(mistle, 2018, 0.02) == 0
    assert running_cost_pence(mistle, 2019, 0.02) == 22_438_356 + 1_000_000
    assert running_cost_pence(mistle, 2020, 0.02) == 45_900_000
    assert running_cost_pence(mistle, 2021, 0.02) == 46_818_000


def test_running_costs_stop_after_the_last_day():
    short = a_claim(start=date(2018, 4, 1), until=date(2018, 4, 10), running_cost_gbp=365)
    assert [running_cost_pence(short, year, 0.0) for year in (2019, 2020)] == [1_000, 0]


def test_delivered_in_full_without_wear_or_cost_the_likely_saving_is_the_ledgers_to_the_penny():
    ledger = a_ledger([[123.45, 67.89], [0.01, -5.0]])
    likely = likely_savings(ledger, [a_claim()], TERMS)
    likely, saved = (lines.sort_values(["draw", "financial_year"]) for lines in (likely, ledger.by_claim()))
    assert likely["gross_pence"].tolist() == saved["saved_pence"].tolist() == [12_345, 6_789, 1, -500]
    assert (likely["net_pence"] == likely["gross_pence"]).all()


def test_the_likely_saving_by_hand():
    claim = a_claim(delivered={"low": 0.5, "mid": 0.5, "high": 0.5}, running_cost_gbp=100, drop_off=0.19,
                    start=date(2017, 10, 1))  # fmt: skip
    lines = likely_savings(a_ledger([[1000.0]]), [claim], Terms(1, 0.5, 0.0))
    years = [(day - date(2017, 10, 1)).days / 365.25 for day in (date(2018, 4, 30), date(2019, 3, 31))]
    gross = lines["gross_pence"].iloc[0]
    assert 100_000 * 0.5 * 0.81 ** years[1] < gross < 100_000 * 0.5 * 0.81 ** years[0]
    assert lines["net_pence"].iloc[0] == gross - 10_000


def test_what_a_claim_costs_is_spent_whether_it_delivers_or_not():
    claim = a_claim(delivered={"low": 0, "mid": 0, "high": 0}, running_cost_gbp=100)
    lines = likely_savings(a_ledger([[1000.0], [500.0]]), [claim], TERMS)
    assert lines["net_pence"].tolist() == [-10_000, -10_000]


def test_a_profile_by_hand():
    likely = likely_savings(a_ledger([[float(pounds)] for pounds in range(0, 1100, 100)]), [a_claim()], TERMS)
    row = profile_savings(likely, 750.0).set_index("kind").loc[ALL_KINDS]
    assert (row["mean_saving_gbp"], row["p10_saving_gbp"], row["p50_saving_gbp"]) == (500, 100, 500)
    assert row["chance_of_target"] == pytest.approx(3 / 11)
    assert row["shortfall_at_p10_gbp"] == 650


def test_a_target_met_exactly_is_met_and_leaves_no_shortfall():
    likely = likely_savings(a_ledger([[100.0], [100.0]]), [a_claim()], TERMS)
    row = profile_savings(likely, 100.0).iloc[-1]
    assert (row["chance_of_target"], row["shortfall_at_p10_gbp"]) == (1, 0)


def test_kinds_are_told_apart_and_added_only_where_it_is_said():
    claims = [a_claim(), a_claim(key="second", kind="growth reduced")]
    table = profile_savings(likely_savings(a_ledger([[300.0]], keys=("first", "second")), claims, TERMS), 1.0)
    assert table["kind"].tolist() == ["cashable", "growth reduced", ALL_KINDS]
    assert table["mean_saving_gbp"].tolist() == [300, 0, 300]


def test_no_claims_leave_a_profile_of_nothing():
    empty = keep_ledger(some_spend([[1.0]]), {}, {})
    assert profile_savings(likely_savings(empty, [], TERMS), 1.0).empty


def test_terms_that_are_missing_or_cannot_be_are_refused_by_name():
    with pytest.raises(LedgerError, match=r"savings\.shared-delivery"):
        terms_of({}, 1)
    with pytest.raises(LedgerError, match="from 0 to 1"):
        Terms(1, 1.5, 0.0)


def test_the_ledger_is_left_as_it_was():
    ledger = a_ledger([[10.0]])
    before = ledger.table.copy()
    likely_savings(ledger, [a_claim(drop_off=0.5)], TERMS)
    pd.testing.assert_frame_equal(ledger.table, before)
