"""Spend: identities to the penny, worked examples by hand, and unit costs on each definition."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from builders import ROOT, a_placement, make_episodes
from hypothesis import given, settings
from hypothesis import strategies as st
from money_builders import a_payment, make_payments

from cip_analysis.codes import SETTINGS
from cip_analysis.contracts import empty_table
from cip_analysis.money.concentration import (
    concentration,
    cost_by_child,
    framework_gap,
    lorenz_points,
    parts_for,
    weekly_cost_spread,
    weekly_costs,
)
from cip_analysis.money.reconciliation import reconcile_payments, unpaid_stays
from cip_analysis.money.spend import (
    UNMATCHED,
    SpendError,
    count_child_days,
    count_on,
    price_by_assumption,
    price_key,
    price_outturn,
    unit_costs,
    weekly_prices,
)
from cip_analysis.records import PAYMENT_COLUMNS, PAYMENT_MATCHES, Payments, Spend
from cip_analysis.returns.finance import match_payments
from cip_analysis.returns.payments.cells import to_pence
from cip_analysis.settings import read_assumptions

HOME = "external residential"


def a_home(**changes):
    return a_placement(**{"setting": HOME, "provider_urn": "SC001", "start": "2017-04-01", **changes})


def line(table, year, setting):
    """The one line of a year and setting."""
    chosen = table[(table["financial_year"] == year) & (table["setting"] == setting)]
    assert len(chosen) == 1
    return chosen.iloc[0]


def a_county(seed: int, children: int = 40):
    """Invented stays and payments, some of which met no stay, with awkward pence."""
    chance = np.random.default_rng(seed)
    starts = pd.Timestamp("2015-04-01") + pd.to_timedelta(chance.integers(0, 1000, children), unit="D")
    stays = [
        a_placement(child=str(number), start=start, end=start + pd.Timedelta(days=int(length)), setting=setting)
        for number, start, length, setting in zip(
            range(children), starts, chance.integers(1, 900, children), chance.choice(SETTINGS, children), strict=True
        )
    ]
    stays = [{**stay, "end": stay["end"] if stay["end"] < pd.Timestamp("2018-03-31") else None} for stay in stays]
    begins = pd.Timestamp("2015-04-01") + pd.to_timedelta(chance.integers(0, 1000, 3 * children), unit="D")
    payments = [
        a_payment(
            child=str(who) if who < children else "", start=begin, end=begin + pd.Timedelta(days=7), setting="",
            amount_gbp=round(float(amount), 2),
        )
        for who, begin, amount in zip(
            chance.integers(0, children + 5, 3 * children), begins, chance.normal(700, 600, 3 * children), strict=True
        )
    ]  # fmt: skip
    episodes = make_episodes(stays)
    return episodes, match_payments(make_payments(payments), episodes)[0]


# ---- identities -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_every_year_of_spend_sums_to_its_payments_to_the_penny(seed):
    episodes, payments = a_county(seed)
    spend = price_outturn(episodes, payments, 2016, 2018).table
    paid = payments.table.assign(pence=to_pence(payments.table["amount_gbp"]))
    by_year = paid.groupby("financial_year")["pence"].sum()
    spent = spend.assign(pence=to_pence(spend["spend_gbp"])).groupby("financial_year")["pence"].sum()
    assert UNMATCHED in spend["setting"].tolist()
    assert spent[by_year.index].tolist() == by_year.tolist()


@pytest.mark.parametrize("seed", range(5))
def test_the_days_priced_are_the_days_of_the_stays(seed):
    episodes, payments = a_county(seed)
    until = episodes.table["end"].fillna(pd.Timestamp(episodes.census_date) + pd.Timedelta(days=1))
    assert count_child_days(episodes, 2010, 2020)["child_days"].sum() == (until - episodes.table["start"]).dt.days.sum()
    spend = price_outturn(episodes, payments, 2010, 2020).table
    assert spend["child_days"].sum() == count_child_days(episodes, 2010, 2020)["child_days"].sum()


@pytest.mark.parametrize("by", ["match", "kind"])
def test_the_reconciliation_sums_to_the_ledger_and_lists_every_kind_of_match(by):
    _, payments = a_county(7)
    table = reconcile_payments(payments, by)
    assert to_pence(table["spend_gbp"]).sum() == to_pence(payments.table["amount_gbp"]).sum()
    assert table["rows"].sum() == len(payments.table)
    assert table["share_of_spend"].sum() == pytest.approx(1)
    assert by == "kind" or table["match"].tolist() == list(PAYMENT_MATCHES)


def test_prices_scale_spend_and_settings_without_days_have_no_line():
    episodes, _ = a_county(3)
    prices = dict.fromkeys(SETTINGS, 700.0)
    once = price_by_assumption(episodes, prices, 2016, 2018, "2017/18 prices").table
    twice = price_by_assumption(
        episodes, {setting: 2 * price for setting, price in prices.items()}, 2016, 2018, "2017/18 prices"
    ).table
    assert (once["spend_gbp"] == 100 * once["child_days"]).all()
    assert twice["spend_gbp"].sum() == 2 * once["spend_gbp"].sum()
    assert (once["child_days"] > 0).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 10**7), min_size=10, max_size=60).filter(any), st.integers(2, 10))
def test_a_lorenz_curve_runs_from_nought_to_one_below_the_diagonal_and_bends_one_way(pence, parts):
    payments = make_payments([a_payment(child=str(n), amount_gbp=each / 100) for n, each in enumerate(pence)])
    curve = lorenz_points(payments, 2018, parts)
    spend, children = curve["share_of_spend"], curve["share_of_children"]
    assert (spend.iloc[0], children.iloc[0]) == (0, 0)
    assert (spend.iloc[-1], children.iloc[-1]) == (pytest.approx(1), 1)
    assert (spend <= children + 1e-9).all()
    slopes = spend.diff().iloc[1:] / children.diff().iloc[1:]
    assert (slopes.diff().iloc[1:] >= -1e-9).all()
    assert curve["children_in_part"].sum() == len(pence)


def test_no_stage_alters_what_it_was_given():
    episodes, payments = a_county(11)
    stays, paid = episodes.table.copy(deep=True), payments.table.copy(deep=True)
    unit_costs(price_outturn(episodes, payments, 2016, 2018), episodes, "52.18")
    weekly_cost_spread(weekly_costs(episodes, payments, 2017))
    concentration(payments, 2016, 2018)
    framework_gap(payments, 2016, 2018)
    unpaid_stays(episodes, payments, 2016, 2018)
    pd.testing.assert_frame_equal(episodes.table, stays)
    pd.testing.assert_frame_equal(payments.table, paid)


# ---- worked examples ------------------------------------------------------------------------------------------


def test_a_year_in_care_is_365_nights_and_a_leap_year_366():
    episodes = make_episodes([a_home(start="2015-04-01", end="2017-04-01")], census="2018-03-31")
    assert count_child_days(episodes, 2016, 2017)["child_days"].tolist() == [366, 365]


def test_an_open_stay_counts_to_the_census_night_and_a_day_of_leaving_is_no_night():
    episodes = make_episodes([a_home(start="2018-03-30"), a_home(child="2", start="2018-03-30", end="2018-03-31")])
    counted = line(count_child_days(episodes, 2018, 2018), 2018, HOME)
    assert (counted["children"], counted["child_days"], counted["child_weeks"]) == (2, 3, 3 / 7)


def test_ten_nights_at_700_a_week_cost_1000():
    episodes = make_episodes([a_home(start="2017-06-01", end="2017-06-11")])
    spend = price_by_assumption(episodes, {HOME: 700.0}, 2018, 2018, "2017/18 prices")
    assert spend.table["spend_gbp"].tolist() == [1000.0]
    assert (spend.price_base, spend.basis) == ("2017/18 prices", "child-days at assumed weekly prices")


def test_a_setting_without_a_price_is_refused_by_name():
    with pytest.raises(SpendError, match="external residential"):
        price_by_assumption(make_episodes([a_home()]), {"kinship": 1.0}, 2018, 2018, "2017/18 prices")


@pytest.mark.parametrize(("weeks", "weekly"), [("52", 2960.93), ("52.14", 2952.98), ("52.18", 2950.71)])
def test_the_july_report_nine_point_seven_million_for_63_children_by_each_convention_of_weeks(weeks, weekly):
    episodes = make_episodes([a_home(child=str(number)) for number in range(63)])
    table = pd.DataFrame(
        {"draw": [0], "financial_year": [2018], "setting": [HOME], "children": [63], "child_days": [63 * 365],
         "spend_gbp": [9.7e6]}
    )  # fmt: skip
    costs = unit_costs(Spend(table, "nominal", "the report"), episodes, weeks).iloc[0]
    assert round(costs["yearly_by_31_march_gbp"]) == 153_968
    assert round(costs["weekly_by_31_march_gbp"], 2) == weekly
    assert round(costs["weekly_by_child_weeks_gbp"], 2) == 2952.82  # 365 nights are 52.142857 weeks


def test_three_unit_costs_differ_when_children_come_and_go():
    stays = [
        a_home(child="1", start="2016-04-01", end=None),
        a_home(child="2", start="2016-04-01", end="2017-10-01"),
        a_home(child="3", start="2017-10-01", end=None),
        a_home(child="4", start="2018-03-25", end=None),
    ]
    payments = [
        a_payment(child="1", amount_gbp=36500.0),
        a_payment(child="2", end="2017-10-01", amount_gbp=18300.0),
        a_payment(child="3", start="2017-10-01", amount_gbp=18200.0),
        a_payment(child="4", start="2018-03-25", amount_gbp=700.0),
    ]
    episodes = make_episodes(stays)
    spend = price_outturn(episodes, match_payments(make_payments(payments), episodes)[0], 2018, 2018)
    costs = line(unit_costs(spend, episodes, "52"), 2018, HOME)
    assert (costs["children"], costs["children_31_march"], costs["children_31_march_before"]) == (4, 3, 2)
    assert costs["child_days"] == 365 + 183 + 182 + 7
    assert costs["weekly_by_child_weeks_gbp"] == pytest.approx(73700 / (737 / 7))  # £700 a week for everyone
    assert costs["weekly_by_31_march_gbp"] == pytest.approx(73700 / 3 / 52)
    assert costs["weekly_by_average_gbp"] == pytest.approx(73700 / 2.5 / 52)


def test_a_31_march_after_the_census_is_unknown_and_nobody_to_divide_by_gives_no_figure():
    episodes = make_episodes([a_home(start="2018-04-10", end="2018-05-10")], census="2018-09-30")
    spend = price_by_assumption(episodes, {HOME: 700.0}, 2019, 2019, "2017/18 prices")
    costs = line(unit_costs(spend, episodes, "52"), 2019, HOME)
    assert pd.isna(costs["children_31_march"])
    assert pd.isna(costs["weekly_by_31_march_gbp"])
    assert costs["children_31_march_before"] == 0
    assert costs["weekly_by_child_weeks_gbp"] == pytest.approx(700)
    gone = make_episodes([a_home(start="2017-04-10", end="2017-05-10")])
    costs = unit_costs(price_by_assumption(gone, {HOME: 700.0}, 2018, 2018, "x"), gone, "52").iloc[0]
    assert costs["children_31_march"] == 0
    assert pd.isna(costs["weekly_by_31_march_gbp"])


def test_respite_is_paid_for_but_not_in_the_31_march_count():
    episodes = make_episodes([a_home(start="2018-03-30", respite=True), a_home(child="2", start="2018-03-30")])
    assert count_on(episodes, date(2018, 3, 31))[HOME] == 1
    assert line(count_child_days(episodes, 2018, 2018), 2018, HOME)["children"] == 2


def test_payments_for_nobody_are_a_line_of_their_own_with_no_days():
    episodes = make_episodes([a_home()])
    paid, _ = match_payments(
        make_payments([a_payment(), a_payment(child="9", amount_gbp=10.01), a_payment(child="", amount_gbp=0.02)]),
        episodes,
    )
    lost = line(price_outturn(episodes, paid, 2018, 2018).table, 2018, UNMATCHED)
    assert (lost["children"], lost["child_days"], lost["spend_gbp"]) == (2, 0, 10.03)


def test_a_council_without_payments_has_spend_of_nought_and_empty_tables_with_their_columns():
    episodes, nothing = make_episodes([a_home()]), Payments(empty_table(PAYMENT_COLUMNS))
    matched, _ = match_payments(nothing, episodes)
    assert price_outturn(episodes, matched, 2018, 2018).table["spend_gbp"].tolist() == [0.0]
    assert reconcile_payments(matched)["rows"].sum() == 0
    for table in (concentration(matched, 2018, 2018), framework_gap(matched, 2018, 2018)):
        assert table.empty
        assert {"financial_year", "children", "spend_gbp"} <= set(table.columns)
    assert weekly_cost_spread(weekly_costs(episodes, matched, 2018)).empty


def test_unit_costs_leave_out_what_met_no_stay_and_refuse_draws():
    episodes = make_episodes([a_home()])
    paid, _ = match_payments(make_payments([a_payment(), a_payment(child="9")]), episodes)
    spend = price_outturn(episodes, paid, 2018, 2018)
    assert unit_costs(spend, episodes, "52")["setting"].tolist() == [HOME]
    draws = pd.concat([spend.table, spend.table.assign(draw=1)], ignore_index=True)
    with pytest.raises(SpendError, match="more than one draw"):
        unit_costs(Spend(draws, "nominal", "draws"), episodes, "52")


def test_a_stay_nobody_paid_for_is_listed_and_a_paid_one_is_not():
    episodes = make_episodes([a_home(), a_home(child="2", start="2018-03-22"), a_home(child="3", start="2018-02-01")])
    paid, _ = match_payments(make_payments([a_payment(), a_payment(child="3", start="2018-03-31")]), episodes)
    unpaid = line(unpaid_stays(episodes, paid, 2018, 2018), 2018, HOME)
    assert (unpaid["stays"], unpaid["children"], unpaid["child_days"]) == (1, 1, 10)
    assert unpaid["share_of_child_days"] == 10 / (365 + 10 + 59)


# ---- by child, concentration, framework -----------------------------------------------------------------------


def test_the_dearest_tenth_is_rounded_up_to_a_whole_child_and_takes_what_it_takes():
    payments = [a_payment(child=str(number), amount_gbp=100.0) for number in range(10)]
    payments += [a_payment(child="dear", amount_gbp=900.0), a_payment(child="", amount_gbp=50.0)]
    table = concentration(make_payments(payments), 2018, 2018).iloc[0]
    assert (table["children"], table["dearest_children"]) == (11, 2)
    assert (table["spend_gbp"], table["dearest_spend_gbp"], table["spend_without_child_gbp"]) == (1900, 1000, 50)
    assert table["dearest_share"] == 1000 / 1900


def test_if_every_child_cost_the_same_the_dearest_tenth_take_a_tenth():
    payments = make_payments([a_payment(child=str(number)) for number in range(40)])
    table = concentration(payments, 2018, 2018).iloc[0]
    assert (table["dearest_children"], table["dearest_share"]) == (4, 0.1)
    assert lorenz_points(payments, 2018)["share_of_spend"].to_numpy() == pytest.approx(np.arange(11) / 10)


@pytest.mark.parametrize("dearest", [0, -0.1, 1.5])
def test_a_dearest_share_that_is_no_share_is_refused(dearest):
    with pytest.raises(SpendError, match="above 0 and up to 1"):
        concentration(make_payments([a_payment()]), 2018, 2018, dearest)


def test_a_lorenz_curve_of_fewer_children_than_points_is_refused():
    with pytest.raises(SpendError, match="too few"):
        lorenz_points(make_payments([a_payment()]), 2018)


def test_a_childs_payments_and_credits_in_a_year_are_netted():
    payments = make_payments(
        [a_payment(amount_gbp=10.5), a_payment(amount_gbp=-0.25), a_payment(start="2016-04-01", end="2016-05-01")]
    )
    assert cost_by_child(payments, 2018).to_dict() == {"1": 10.25}


def test_a_childs_weekly_cost_is_what_was_paid_over_weeks_there():
    episodes = make_episodes([a_home(end="2017-04-15"), a_home(child="2", start="2018-03-31")])
    paid, _ = match_payments(
        make_payments([a_payment(end="2017-04-15", amount_gbp=6000.0), a_payment(child="2", start="2018-03-31")]),
        episodes,
    )
    costs = weekly_costs(episodes, paid, 2018)
    assert costs[["weeks", "weekly_cost_gbp"]].to_numpy().tolist() == [[2.0, 3000.0], [1 / 7, 36500.0 * 7]]
    spread = weekly_cost_spread(costs, shortest_days=14)
    assert spread[["setting", "children", "p50_weekly_cost_gbp"]].to_numpy().tolist() == [[HOME, 1, 3000.0]]


def test_the_framework_gap_weighs_fees_by_days_and_leaves_out_credits_and_extras():
    payments = make_payments(
        [
            a_payment(end="2017-04-08", weekly_fee_gbp=1000.0, amount_gbp=1000.0),
            a_payment(child="2", end="2017-04-22", weekly_fee_gbp=2000.0, amount_gbp=6000.0),
            a_payment(child="3", end="2017-04-08", weekly_fee_gbp=2100.0, amount_gbp=2100.0, platform="spot"),
            a_payment(child="3", end="2017-04-08", amount_gbp=-100.0, platform="spot", kind="credit note"),
            a_payment(
                child="3", end="2017-04-08", weekly_fee_gbp=float("nan"), platform="spot", kind="additional support"
            ),
            a_payment(child="4", end="2017-04-08", match="no child"),
            a_payment(child="5", end="2017-04-08", platform=""),
        ]
    )
    table = framework_gap(payments, 2018, 2018).set_index("platform")
    assert table["children"].to_dict() == {"framework": 2, "spot": 1}
    assert table["weeks_paid"].to_dict() == {"framework": 4.0, "spot": 1.0}
    assert table["weekly_fee_gbp"].to_dict() == {"framework": 1750.0, "spot": 2100.0}
    assert table["dearer_than_framework"].to_dict() == {"framework": 0.0, "spot": pytest.approx(0.2)}
    assert table["share_of_spend"].to_dict() == {
        "framework": pytest.approx(7000 / 45500),
        "spot": pytest.approx(38500 / 45500),
    }


# ---- assumptions ----------------------------------------------------------------------------------------------


def test_the_assumptions_price_every_setting_and_say_where_each_price_comes_from():
    assumptions = read_assumptions(ROOT / "config" / "assumptions.toml")
    low, central, high = (weekly_prices(assumptions, at) for at in ("low", "value", "high"))
    assert list(central) == list(SETTINGS)
    assert all(low[setting] <= central[setting] <= high[setting] for setting in SETTINGS)
    assert central[HOME] == 2950
    assert 790 <= central["independent foster"] <= 850
    assert 400 <= central["in-house foster"] <= 550
    assert all(judgement.source and judgement.owner for judgement in assumptions.values())


def test_a_setting_missing_from_the_assumptions_is_refused_by_key():
    assumptions = read_assumptions(ROOT / "config" / "assumptions.toml")
    without = {key: value for key, value in assumptions.items() if key != "weekly_price.16-plus-supported"}
    with pytest.raises(SpendError, match=r"weekly_price\.16-plus-supported"):
        weekly_prices(without)


def test_price_keys_are_plain_and_distinct():
    keys = [price_key(setting) for setting in SETTINGS]
    assert len(set(keys)) == len(keys)
    assert all(key.replace("-", "").isalnum() for key in keys)


def test_children_are_put_in_as_many_parts_as_leave_ten_in_each():
    paid = [a_payment(child=str(number)) for number in range(57)]
    assert parts_for(make_payments(paid), 2018) == 5
    assert parts_for(make_payments(paid * 3), 2018) == 5
    assert parts_for(make_payments(paid[:7]), 2018) == 0
    assert parts_for(make_payments(paid), 2018, most=3) == 3
