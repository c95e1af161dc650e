"""A child-week is saved once: the ledger adds up to the penny in every draw, whatever the claims and their order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from demand.invented_model import a_model
from hypothesis import given, settings
from hypothesis import strategies as st
from savings_builders import a_claim, a_scenario, flat_paths, some_spend

from cip_analysis.codes import SETTINGS
from cip_analysis.demand.levers.context import Context
from cip_analysis.demand.scenarios import apply_scenario
from cip_analysis.demand.simulate import simulate
from cip_analysis.money.saving.ledger import LedgerError, keep_ledger, merge_levers
from cip_analysis.money.saving.plan import lower_prices, monthly_pence, plan_claim
from cip_analysis.money.spend import price_projection
from cip_analysis.returns.payments.cells import to_pence

STEP_DOWN = {"what": "moving", "from": date(2018, 4, 1), "factor": 3.0, "from_setting": "external residential",
             "to_setting": "in-house foster"}  # fmt: skip
FEWER_START = {"what": "starts", "from": date(2018, 4, 1), "factor": 0.6, "ages": ["10 to 15"]}
HOME = {"what": "leaving", "from": date(2018, 4, 1), "factor": 1.5}
LEVERS = {"step": STEP_DOWN, "starts": FEWER_START, "home": HOME}
CLAIMS = {key: a_claim(key=key) for key in LEVERS}
NAMED = {key: (a_scenario(lever, name=key),) for key, lever in LEVERS.items()}
POUNDS = st.integers(0, 10_000_000).map(lambda pence: pence / 100)


@pytest.fixture(scope="module")
def model():
    return a_model(draws=12, months=24, origin=date(2018, 3, 31))


@pytest.fixture(scope="module")
def play(model):
    """What plays some claims, by key, on the same draws."""
    baseline = simulate(model)
    context = Context(baseline=baseline, simulate=simulate)

    def played(*keys, named=NAMED, claims=CLAIMS):
        """The projection under the levers of these claims."""
        return simulate(apply_scenario(model, merge_levers([claims[key] for key in keys], named, "some"), context))

    return played


def ledger_of(play, keys, **how):
    """The ledger of some claims in an order, at £700 a week."""
    baseline = play(**how)
    paths = flat_paths(baseline)

    def priced(*some):
        """Spend under some claims."""
        return price_projection(play(*some, **how), paths, 1)

    return keep_ledger(
        priced(), {key: priced(key) for key in keys}, {key: priced(*keys[: at + 1]) for at, key in enumerate(keys)}
    )


def in_all(ledger):
    """Pence saved by draw and year, all claims together."""
    return ledger.table.groupby(["draw", "financial_year"])["saved_pence"].sum()


def test_the_ledger_sums_to_the_baseline_less_all_claims_to_the_penny_in_every_draw(play):
    ledger = ledger_of(play, ["step", "starts", "home"])
    paths = flat_paths(play())
    baseline, every = (price_projection(play(*keys), paths, 1).table for keys in ([], ["step", "starts", "home"]))
    apart = (to_pence(baseline["spend_gbp"]) - to_pence(every["spend_gbp"])).groupby(
        [baseline["draw"], baseline["financial_year"]]
    )
    pd.testing.assert_series_equal(in_all(ledger), apart.sum(), check_names=False)
    assert in_all(ledger).ne(0).all()


def test_alone_less_double_counted_is_the_ledgers_in_every_draw(play):
    table = ledger_of(play, ["step", "starts", "home"]).by_claim()
    assert (table["alone_pence"] - table["double_pence"] == table["saved_pence"]).all()
    assert (table.loc[table["claim"].eq("step"), "double_pence"] == 0).all()
    assert table.loc[table["claim"].eq("home"), "double_pence"].ne(0).any()


def test_another_order_gives_claims_other_shares_of_the_same_total(play):
    ledgers = [ledger_of(play, list(order)) for order in permutations(["step", "starts", "home"])]
    assert all(in_all(ledger).equals(in_all(ledgers[0])) for ledger in ledgers)
    shares = {tuple(ledger.table.groupby("claim")["saved_pence"].sum().sort_index()) for ledger in ledgers}
    assert len(shares) > 1


def test_no_claims_save_nought(play):
    ledger = keep_ledger(price_projection(play(), flat_paths(play()), 1), {}, {})
    assert ledger.table.empty
    assert ledger.by_claim().empty


def test_a_claim_listed_twice_saves_once_and_nothing_is_left_for_the_second(play):
    claims = {**CLAIMS, "again": a_claim(key="again", title="The same under another name", start=date(2018, 10, 1))}
    twice = ledger_of(play, ["step", "again"], named={**NAMED, "again": NAMED["step"]}, claims=claims)
    once = ledger_of(play, ["step"])
    assert in_all(twice).equals(in_all(once))
    second = twice.table[twice.table["claim"].eq("again")]
    assert (second["saved_pence"] == 0).all()
    assert second["alone_pence"].ne(0).any()


def test_two_claims_on_the_same_children_save_less_together_than_each_says(play):
    claims = {**CLAIMS, "more": a_claim(key="more")}
    half = (a_scenario({**FEWER_START, "factor": 0.5}, name="more"),)
    table = ledger_of(play, ["starts", "more"], named={**NAMED, "more": half}, claims=claims).by_claim()
    means = table.groupby("claim")[["alone_pence", "saved_pence"]].mean()
    assert 0 < means.loc["more", "saved_pence"] < means.loc["more", "alone_pence"]


@settings(deadline=None)
@given(st.lists(st.lists(POUNDS, min_size=4, max_size=4), min_size=3, max_size=3))
def test_whatever_the_spend_the_claims_sum_to_the_first_less_the_last(pounds):
    baseline, first, second = (some_spend([row[:2], row[2:]]) for row in pounds)
    ledger = keep_ledger(baseline, {"a": first, "b": second}, {"a": first, "b": second})
    total = to_pence(baseline.table["spend_gbp"]) - to_pence(second.table["spend_gbp"])
    assert in_all(ledger).tolist() == total.tolist()


def test_a_ledger_by_hand():
    baseline, one, both = some_spend([[1000.0]]), some_spend([[900.0]]), some_spend([[850.0]])
    second_alone = some_spend([[920.0]])
    table = keep_ledger(baseline, {"a": one, "b": second_alone}, {"a": one, "b": both}).by_claim().set_index("claim")
    assert table["alone_pence"].tolist() == [10_000, 8_000]
    assert table["saved_pence"].tolist() == [10_000, 5_000]
    assert table["double_pence"].tolist() == [0, 3_000]
    assert table["double_days"].tolist() == [0.0, 30.0]


def test_spend_over_other_draws_years_or_pounds_is_refused_because_the_difference_would_be_luck():
    baseline, other = some_spend([[1.0]]), some_spend([[1.0], [2.0]])
    with pytest.raises(LedgerError, match="a is priced over other draws"):
        keep_ledger(baseline, {"a": other}, {"a": other})
    real = replace(some_spend([[1.0]]), price_base="2017/18 prices")
    with pytest.raises(LedgerError, match="in other £"):
        keep_ledger(baseline, {"a": real}, {"a": real})
    with pytest.raises(LedgerError, match="are not the claims"):
        keep_ledger(baseline, {"a": baseline}, {})


def test_levers_act_on_the_days_of_their_claim():
    claim = a_claim(start=date(2019, 4, 1), full_by=date(2020, 4, 1), until=date(2021, 3, 31))
    lever = merge_levers([claim], {"first": NAMED["step"]}, "some").levers[0]
    assert (lever.begins, lever.full_by, lever.until) == (date(2019, 4, 1), date(2020, 4, 1), date(2021, 3, 31))


def test_the_plan_by_month_sums_to_the_ledger_by_year_within_rounding_to_the_penny(play):
    before, after = play(), play("step")
    paths = flat_paths(before)
    plan = plan_claim(
        CLAIMS["step"], (before, monthly_pence(before, paths, 1)), (after, monthly_pence(after, paths, 1))
    )
    year = plan["month"].dt.year + (plan["month"].dt.month > 3)
    monthly = plan.groupby([plan["draw"], year])["saved_pence"].sum().to_numpy()
    yearly = ledger_of(play, ["step"]).by_claim().sort_values(["draw", "financial_year"])["saved_pence"].to_numpy()
    assert np.abs(monthly - yearly).max() <= 24


def test_weeks_planned_are_those_of_the_settings_the_claim_names(play):
    before, after = play(), play("step")
    pence = monthly_pence(before, flat_paths(before), 1)
    plan = plan_claim(a_claim(settings=("external residential",)), (before, pence), (after, pence))
    place = SETTINGS.index("external residential")
    days = (before.child_days - after.child_days)[:, 1:, place].sum()
    assert plan["saved_days"].sum() == pytest.approx(days, rel=1e-5)
    assert (plan["saved_pence"] == 0).all()


def test_a_tenth_off_a_price_twice_leaves_81_per_cent_and_the_same_share_twice_is_taken_once(play):
    paths = flat_paths(play(), 1000.0)
    place = SETTINGS.index("external residential")
    tenth = {"setting": "external residential", "share_off": 0.1}
    first, same = a_claim(prices=(tenth,)), a_claim(key="same", prices=(tenth,))
    other = a_claim(key="other", prices=({**tenth, "share_off": 0.1000001},))
    assert lower_prices(paths, [first, same]).level[0, -1, place] == pytest.approx(900)
    assert lower_prices(paths, [first, other]).level[0, -1, place] == pytest.approx(810, abs=0.001)
    assert lower_prices(paths, [first]).level[0, -1, place + 1] == 1000
    assert lower_prices(paths, [a_claim()]) is paths


def test_a_price_lever_is_phased_in_and_saves_its_share_of_what_the_weeks_cost(play):
    projection = play()
    paths = flat_paths(projection, 700.0)
    share = {"setting": "external residential", "share_off": 0.2}
    cheaper = lower_prices(paths, [a_claim(prices=(share,), start=date(2018, 4, 1), full_by=date(2019, 4, 1))])
    place = SETTINGS.index("external residential")
    factor = cheaper.level[0, :, place] / 700
    assert factor[0] == 1
    assert (np.diff(factor[:13]) < 0).all()
    assert factor[13:] == pytest.approx(0.8)
    before, after = (price_projection(projection, some, 1).table for some in (paths, cheaper))
    second = before["financial_year"].eq(2020) & before["setting"].eq("external residential")
    assert after.loc[second, "spend_gbp"].sum() == pytest.approx(0.8 * before.loc[second, "spend_gbp"].sum(), rel=1e-6)
