"""Fees as billed and children's own prices: days and £ kept, credits taken off, pools with a mean of one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from builders import a_placement, make_episodes
from money_builders import a_payment, make_payments

from cip_analysis.codes import SETTINGS
from cip_analysis.money.pricing.fees import fee_lines
from cip_analysis.money.pricing.pools import fee_pools
from cip_analysis.money.spend import price_outturn

HOME = "external residential"


def a_home(child: str, start: str = "2017-04-01", end: str | None = None, **changes: object) -> dict[str, object]:
    """A stay in somebody else's home."""
    return a_placement(child=child, start=start, end=end, setting=HOME, **changes)


def a_bill(child: str, weekly: float, start: str = "2017-04-01", end: str = "2018-04-01", **changes: object):
    """A bill for so much a week over the days from `start` to before `end`."""
    days = (pd.Timestamp(end) - pd.Timestamp(start)).days
    return a_payment(child=child, start=start, end=end, weekly_fee_gbp=weekly,
                     amount_gbp=round(weekly * days / 7, 2), **changes)  # fmt: skip


def six_children(*more: dict[str, object]) -> list[dict[str, object]]:
    """Six children at £1,000 to £6,000 a week all year, and `more` bills."""
    return [a_bill(str(child), 1000.0 * child) for child in range(1, 7)] + list(more)


SIX = [a_home(str(child)) for child in range(1, 7)]


# ---- lines ----------------------------------------------------------------------------------------------------


def test_a_line_is_a_child_with_a_provider_for_a_year_its_fee_weighed_by_days():
    """By hand: 100 days at £700 and 265 at £1,400 are £1,208.22 a week."""
    payments = make_payments(
        [a_bill("1", 700.0, end="2017-07-10"), a_bill("1", 1400.0, start="2017-07-10", kind="late payment")]
    )
    line = fee_lines(payments, make_episodes([a_home("1")]), 2018, 2018).iloc[0]
    assert line["days"] == 365
    assert line["weekly_fee_gbp"] == pytest.approx((100 * 700 + 265 * 1400) / 365)
    assert (line["age_band"], line["length"]) == ("5 to 9", "over a year")
    assert line["provider_size"] == "up to 1½ places"


def test_support_and_contributions_are_in_what_was_paid_and_not_in_the_fee():
    """By hand: £700 a week gross, £100 a week from health, and £50 a week of support: £650 net."""
    weeks = 365 / 7
    fee = a_payment(child="1", weekly_fee_gbp=700.0, health_gbp=100 * weeks, amount_gbp=600 * weeks)
    support = a_payment(child="1", weekly_fee_gbp=None, amount_gbp=50 * weeks, kind="additional support")
    line = fee_lines(make_payments([fee, support]), make_episodes([a_home("1")]), 2018, 2018).iloc[0]
    assert line["weekly_fee_gbp"] == pytest.approx(700)
    assert line["weekly_net_gbp"] == pytest.approx(650, abs=0.01)


def test_an_overrun_and_its_credit_leave_days_and_price_as_they_were():
    stay = make_episodes([a_home("1", end="2017-10-01")])
    plain = fee_lines(make_payments([a_bill("1", 700.0, end="2017-10-01")]), stay, 2018, 2018)
    credit = a_bill("1", 700.0, start="2017-10-01", end="2017-10-08", kind="credit note", match="part stay")
    overrun = a_bill("1", 700.0, end="2017-10-08", match="part stay")
    credited = fee_lines(make_payments([overrun, credit | {"amount_gbp": -700.0}]), stay, 2018, 2018)
    assert credited["days"].tolist() == plain["days"].tolist() == [183]
    assert credited["weekly_net_gbp"].iloc[0] == pytest.approx(700)


def test_a_bill_that_states_no_weekly_fee_gives_what_it_came_to_before_contributions():
    bill = a_payment(child="1", weekly_fee_gbp=None, health_gbp=3650.0, amount_gbp=36500.0)
    line = fee_lines(make_payments([bill]), make_episodes([a_home("1")]), 2018, 2018).iloc[0]
    assert line["weekly_fee_gbp"] == pytest.approx((36500 + 3650) / 365 * 7)


def test_bills_that_met_no_stay_and_credits_alone_are_no_price():
    lost = a_bill("1", 700.0, match="no stay")
    credit = a_bill("2", 700.0, kind="credit note") | {"amount_gbp": -100.0}
    assert fee_lines(make_payments([lost, credit]), make_episodes([a_home("1"), a_home("2")]), 2018, 2018).empty


# ---- pools ----------------------------------------------------------------------------------------------------


def test_a_pool_is_each_childs_price_over_the_mean_and_its_mean_is_one():
    """By hand: £1,000 to £6,000, a mean of £3,500: 0.286 to 1.714, each a sixth likely."""
    pool = fee_pools(make_payments(six_children()), make_episodes(SIX), 2018)[HOME]
    assert np.sort(pool.pool) == pytest.approx(np.arange(1, 7) / 3.5)
    assert pool.weights == pytest.approx(np.full(6, 1 / 6))
    assert np.sort(pool.present) == pytest.approx(np.arange(1, 7) / 3.5)


def test_a_late_bill_over_three_nights_is_nobodys_price_and_its_pounds_stay_in():
    """By hand: £70,000 a week over 3 nights and £2,000 over 24 are one price between them, £9,556 a week."""
    brief = a_home("7", start="2017-05-01", end="2017-05-04"), a_home("8", start="2017-06-01", end="2017-06-25")
    bills = [a_bill("7", 70000.0, start="2017-05-01", end="2017-05-04"),
             a_bill("8", 2000.0, start="2017-06-01", end="2017-06-25")]  # fmt: skip
    payments, episodes = make_payments(six_children(*bills)), make_episodes([*SIX, *brief])
    pool = fee_pools(payments, episodes, 2018)[HOME]
    spent = price_outturn(episodes, payments, 2018, 2018).table.set_index("setting").loc[HOME]
    mean = spent["spend_gbp"] / spent["child_days"] * 7
    assert len(pool.pool) == 7
    assert pool.pool[-1] * mean == pytest.approx((70000 * 3 + 2000 * 24) / 27, rel=1e-6)
    assert pool.pool[:6] * mean == pytest.approx(1000 * np.arange(1, 7), rel=1e-6)


def test_a_child_just_arrived_whose_bill_is_not_in_is_not_cheap():
    """Nine days, one of them billed so far, at £3,500 a week: at the mean of the fees, not a ninth of it."""
    new = a_bill("7", 3500.0, start="2018-03-23", end="2018-03-24")
    episodes = make_episodes([*SIX, a_home("7", start="2018-03-23")])
    pool = fee_pools(make_payments(six_children(new)), episodes, 2018)[HOME]
    assert len(pool.present) == 7
    assert pool.present[-1] == pytest.approx(1.0, abs=0.001)


def test_a_child_there_with_no_bill_at_all_is_left_to_the_pool():
    episodes = make_episodes([*SIX, a_home("7", start="2018-03-23"), a_home("8")])
    assert len(fee_pools(make_payments(six_children()), episodes, 2018)[HOME].present) == 6


def test_the_price_of_a_child_there_is_of_the_stay_they_are_in():
    """Child 6 cost £6,000 a week until September and, placed again in January with another provider, £1,000."""
    bills = [*six_children()[:5], a_bill("6", 6000.0, end="2017-09-01"), a_bill("6", 1000.0, start="2018-01-01")]
    stays = [*SIX[:5], a_home("6", end="2017-09-01"), a_home("6", start="2018-01-01", period=2)]
    payments, episodes = make_payments(bills), make_episodes(stays)
    pool = fee_pools(payments, episodes, 2018)[HOME]
    spent = price_outturn(episodes, payments, 2018, 2018).table.set_index("setting").loc[HOME]
    mean = spent["spend_gbp"] / spent["child_days"] * 7
    assert pool.present.min() == pytest.approx(1000 / mean, rel=1e-6)
    assert np.count_nonzero(np.isclose(pool.present, pool.present.min())) == 2


def test_respite_is_in_the_pool_and_not_among_those_present():
    episodes = make_episodes([*SIX[:5], a_home("6", respite=True)])
    pool = fee_pools(make_payments(six_children()), episodes, 2018)[HOME]
    assert (len(pool.pool), len(pool.present)) == (6, 5)


def test_settings_nobody_or_few_were_paid_for_are_flat_and_every_setting_has_a_pool():
    pools = fee_pools(make_payments(six_children()[:4]), make_episodes(SIX), 2018)
    assert set(pools) == set(SETTINGS)
    assert all(pool.pool.tolist() == [1.0] for pool in pools.values())


def test_pooling_leaves_payments_and_histories_as_they_were():
    payments, episodes = make_payments(six_children()), make_episodes(SIX)
    before = payments.table.copy(), episodes.table.copy()
    fee_pools(payments, episodes, 2018)
    fee_lines(payments, episodes, 2018, 2018)
    pd.testing.assert_frame_equal(payments.table, before[0])
    pd.testing.assert_frame_equal(episodes.table, before[1])


def test_a_county_with_nobody_left_or_nobody_matched_still_has_its_pools():
    ended = [a_home(str(child), end="2018-02-01") for child in range(1, 7)]
    bills = [a_bill(str(child), 1000.0 * child, end="2018-02-01") for child in range(1, 7)]
    pool = fee_pools(make_payments(bills), make_episodes(ended), 2018)[HOME]
    assert (len(pool.pool), len(pool.present)) == (6, 0)
    lost = [bill | {"match": "no stay"} for bill in bills]
    assert fee_pools(make_payments(lost), make_episodes(SIX), 2018)[HOME].pool.tolist() == [1.0]
    elsewhere = [a_home(str(child), end="2016-02-01", start="2015-04-01") for child in range(1, 7)]
    assert fee_pools(make_payments(bills), make_episodes(elsewhere), 2018)[HOME].pool.tolist() == [1.0]


def test_on_a_day_within_the_year_those_present_are_set_against_the_mean_of_their_own_year():
    """In September fees have doubled for everyone: who is dear is as dear beside the others as before."""
    later = [a_bill(str(child), 2000.0 * child, start="2018-04-01", end="2018-10-01") for child in range(1, 7)]
    episodes = make_episodes(SIX, census="2018-09-30")
    pool = fee_pools(make_payments([*six_children(), *later]), episodes, 2018)[HOME]
    assert np.sort(pool.present) == pytest.approx(np.arange(1, 7) / 3.5)
    assert np.sort(pool.pool) == pytest.approx(np.arange(1, 7) / 3.5)
