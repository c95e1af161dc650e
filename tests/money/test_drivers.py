"""Why spend changed: every split adds up to the penny, and says nothing moved that did not move."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cip_analysis.codes import SETTINGS
from cip_analysis.money.change.splitting import Cells, take_apart
from cip_analysis.money.drivers import (
    ELEMENTS,
    DriversError,
    element_draws,
    join_small_steps,
    split_chained,
    split_change,
    split_draws,
    split_years,
    steps_by_cell,
    steps_of,
    steps_to,
    total_split,
)
from cip_analysis.money.spend import UNMATCHED
from cip_analysis.records import Spend
from cip_analysis.returns.payments.cells import to_pence

HOME, FOSTER = "external residential", "independent foster"
NAMES = [f"setting {place}" for place in range(8)]
MONEY = [f"{name}_gbp" for name in ELEMENTS]


def a_year(**cells: tuple[float, float]) -> pd.DataFrame:
    """One year of spend: cell -> (child-days, £)."""
    rows = [(name.replace("_", " "), days, spend) for name, (days, spend) in cells.items()]
    return pd.DataFrame(rows, columns=["setting", "child_days", "spend_gbp"])


def years_of(seed: int, cells: int = 6) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two years of invented cells: some new, some gone, some free, some with £ and no days, some credits."""
    chance = np.random.default_rng(seed)
    made = []
    for _year in range(2):
        days = chance.integers(0, 5000, cells) * (chance.random(cells) > 0.25)
        days[0] = 1 + days[0]
        pence = (days * chance.uniform(0, 60000, cells) + chance.normal(0, 1e6, cells)).round()
        pence *= chance.random(cells) > 0.15
        made.append(pd.DataFrame({"setting": NAMES[:cells], "child_days": days, "spend_gbp": pence / 100}))
    return made[0], made[1]


def pence_of(split: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: to_pence(split[name]) for name in [*MONEY, "before_gbp", "after_gbp", "change_gbp"]})


def make_spend(rows: list[tuple[int, int, str, float, float]], price_base: str = "nominal") -> Spend:
    """Spend from rows of draw, year, setting, child-days, £."""
    table = pd.DataFrame(rows, columns=["draw", "financial_year", "setting", "child_days", "spend_gbp"])
    table = table.assign(children=3, present_gbp=0.0).astype({"setting": "str"})
    return Spend(table, price_base, "invented", synthetic=True)


def a_future(draws: int = 200, years: int = 4, seed: int = 3) -> tuple[Spend, Spend]:
    """A year of outturn and what may follow it, on three settings."""
    chance = np.random.default_rng(seed)
    names, days, price = [HOME, FOSTER, "kinship"], np.array([20000, 50000, 28000]), np.array([400.0, 120.0, 37.0])
    outturn = [(0, 2018, name, day, round(day * each, 2)) for name, day, each in zip(names, days, price, strict=True)]
    outturn += [(0, 2018, UNMATCHED, 0, 136674.5), (0, 2017, HOME, 17000, 5e6)]
    shape = (draws, years, 3)
    moved = (np.exp(chance.normal(0.02, 0.05, shape).cumsum(axis=1)) * days).round()
    spent = (np.exp(chance.normal(0.03, 0.02, shape).cumsum(axis=1)) * price * moved).round(2)
    draw, year, setting = (axis.ravel() for axis in np.indices(shape))
    table = pd.DataFrame({
        "draw": draw, "financial_year": 2019 + year, "setting": np.array(names)[setting], "children": 3,
        "child_days": moved.ravel(), "spend_gbp": spent.ravel(), "present_gbp": 0.0,
    })  # fmt: skip
    return make_spend(outturn), Spend(table.astype({"setting": "str"}), "nominal", "invented", synthetic=True)


# ---- identities -----------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.floats(0.8, 1.6), st.booleans())
def test_every_cell_and_every_column_add_up_to_the_penny(seed, index, price_first):
    before, after = years_of(seed)
    split = split_change(before, after, ["setting"], index, price_first=price_first)
    pence = pence_of(split)
    assert (pence[MONEY].sum(axis=1) == pence["change_gbp"]).all()
    assert (pence["after_gbp"] - pence["before_gbp"] == pence["change_gbp"]).all()
    change = to_pence(after["spend_gbp"]).sum() - to_pence(before["spend_gbp"]).sum()
    total = pence_of(total_split(split)).iloc[0]
    assert total[MONEY].sum() == total["change_gbp"] == change


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_where_nothing_changed_every_element_is_nought(seed):
    before, _after = years_of(seed)
    assert (split_change(before, before, ["setting"], 1.0)[MONEY] == 0).all(axis=None)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(2, 9))
def test_more_days_of_everything_is_volume_alone(seed, times):
    before, _after = years_of(seed)
    before = before[before["child_days"] > 0]
    after = before.assign(child_days=before["child_days"] * times, spend_gbp=before["spend_gbp"] * times)
    split = split_change(before, after, ["setting"], 1.0)
    assert (to_pence(split["volume_gbp"]) == to_pence(split["change_gbp"])).all()
    assert (split[["mix_gbp", "inflation_gbp", "price_gbp", "without_days_gbp"]] == 0).all(axis=None)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from([1.0, 2.0]))
def test_twice_the_price_of_everything_is_price_alone_or_inflation_where_that_doubled_too(seed, index):
    before, _after = years_of(seed)
    before = before[before["child_days"] > 0]
    split = split_change(before, before.assign(spend_gbp=before["spend_gbp"] * 2), ["setting"], index)
    whole, none = ("price_gbp", "inflation_gbp") if index == 1 else ("inflation_gbp", "price_gbp")
    assert (to_pence(split[whole]) == to_pence(split["change_gbp"])).all()
    assert (split[["volume_gbp", "mix_gbp", none]] == 0).all(axis=None)


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_children_who_change_places_at_the_old_prices_are_mix_alone(seed):
    chance = np.random.default_rng(seed)
    days, pence = chance.integers(1, 9000, 5), chance.integers(0, 70000, 5)
    other = chance.permutation(days)
    before, after = (
        pd.DataFrame({"setting": NAMES[:5], "child_days": each, "spend_gbp": each * pence / 100})
        for each in (days, other)
    )
    split = split_change(before, after, ["setting"], 1.0)
    assert (to_pence(split["mix_gbp"]) == to_pence(split["change_gbp"])).all()
    assert (split[["volume_gbp", "inflation_gbp", "price_gbp"]] == 0).all(axis=None)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.floats(0.9, 1.3))
def test_rounding_moves_no_element_of_a_cell_by_more_than_two_pence(seed, index):
    before, after = years_of(seed)
    split = split_change(before, after, ["setting"], index)
    growth = after["child_days"].sum() / before["child_days"].sum()
    lived = (split["child_days_before"] > 0) & (split["child_days_after"] > 0)
    old = split["before_gbp"] / split["child_days_before"].where(lived)
    new = split["after_gbp"] / split["child_days_after"].where(lived)
    exact = pd.DataFrame({
        "mix_gbp": old * (split["child_days_after"] - split["child_days_before"] * growth),
        "inflation_gbp": old * split["child_days_after"] * (index - 1),
        "price_gbp": split["child_days_after"] * (new - old * index),
    })  # fmt: skip
    assert ((split[list(exact)] - exact)[lived].abs() <= 0.0201).all(axis=None)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.floats(0.9, 1.3))
def test_in_the_prices_of_one_year_there_is_no_inflation_and_the_rest_stands(seed, index):
    before, after = years_of(seed)
    with_it, without = (total_split(split_change(before, after, ["setting"], each)).iloc[0] for each in (index, 1.0))
    assert without["inflation_gbp"] == 0
    for name in ("volume_gbp", "mix_gbp", "without_days_gbp"):
        assert with_it[name] == without[name]
    both = with_it["inflation_gbp"] + with_it["price_gbp"]
    assert both == pytest.approx(without["price_gbp"], abs=0.005)


def test_the_inputs_are_left_as_they_were():
    before, after = years_of(5)
    copies = before.copy(), after.copy()
    split_change(before, after, ["setting"], 1.02)
    pd.testing.assert_frame_equal(before, copies[0])
    pd.testing.assert_frame_equal(after, copies[1])


# ---- worked by hand -------------------------------------------------------------------------------------------


def test_two_settings_by_hand():
    before, after = a_year(a=(100, 1000.0), b=(100, 3000.0)), a_year(a=(120, 1320.0), b=(130, 4290.0))
    total = total_split(split_change(before, after, ["setting"], 1.02)).iloc[0]
    assert total[[*MONEY, "change_gbp"]].tolist() == [1000, 100, 102, 408, 0, 1610]


def test_the_other_order_moves_the_same_change_between_the_same_elements():
    before, after = a_year(a=(100, 1000.0), b=(100, 3000.0)), a_year(a=(120, 1320.0), b=(130, 4290.0))
    total = total_split(split_change(before, after, ["setting"], 1.02, price_first=True)).iloc[0]
    # price at the old days: 100 × 0.80 + 100 × 2.40; volume and mix at the new prices, £11 and £33
    assert total[[*MONEY, "change_gbp"]].tolist() == [1100, 110, 80, 320, 0, 1610]


def test_a_new_setting_is_mix_at_its_new_price_and_one_gone_is_mix_but_for_its_share_of_volume():
    before, after = a_year(a=(100, 1000.0), gone=(100, 500.0)), a_year(a=(100, 1000.0), new=(200, 4000.0))
    split = split_change(before, after, ["setting"], 1.1).set_index("setting")
    assert split.loc["new", MONEY].tolist() == [0, 4000, 0, 0, 0]
    assert split.loc["gone", MONEY].tolist() == [250, -750, 0, 0, 0]
    assert split.loc["a", MONEY].tolist() == [500, -500, 100, -100, 0]


def test_spend_without_days_is_an_element_of_its_own_whatever_the_setting():
    before, after = a_year(a=(100, 1000.0), home=(0, 300.0)), a_year(a=(100, 1000.0), home=(0, 450.0))
    split = split_change(before, after, ["setting"], 1.0).set_index("setting")
    assert split.loc["home", MONEY].tolist() == [0, 0, 0, 0, 150]
    opened = a_year(a=(100, 1000.0), home=(50, 450.0))
    split = split_change(before, opened, ["setting"], 1.0).set_index("setting")
    assert split.loc["home", MONEY].tolist() == [0, 450, 0, 0, -300]


def test_days_that_cost_nothing_have_a_price_of_nought_and_charging_for_them_is_price():
    before, after = a_year(a=(100, 1000.0), parents=(50, 0.0)), a_year(a=(100, 1000.0), parents=(50, 200.0))
    split = split_change(before, after, ["setting"], 1.05).set_index("setting")
    assert split.loc["parents", MONEY].tolist() == [0, 0, 0, 200, 0]


def test_cells_may_be_told_apart_by_more_than_one_column():
    before, after = a_year(a=(100, 1000.0)), a_year(a=(100, 1000.0))
    parts = [before.assign(platform=name) for name in ("framework", "spot")]
    other = [after.assign(platform=name, child_days=days, spend_gbp=days * 10.0)
             for name, days in (("framework", 150), ("spot", 50))]  # fmt: skip
    split = split_change(pd.concat(parts), pd.concat(other), ["setting", "platform"], 1.0)
    assert split["mix_gbp"].tolist() == [500, -500]


def test_outturn_is_split_between_any_two_of_its_years_with_its_unmatched_line_apart():
    spend = make_spend([(0, 2016, HOME, 50, 400.0), (0, 2017, HOME, 100, 1000.0), (0, 2017, UNMATCHED, 0, 70.0),
                        (0, 2018, HOME, 150, 1800.0), (0, 2018, UNMATCHED, 0, 50.0)])  # fmt: skip
    total = total_split(split_years(spend, 2017, 2018, 1.1)).iloc[0]
    assert total[MONEY].tolist() == [500, 0, 150, 150, -20]
    assert total["children_after"] == 6
    assert total_split(split_years(spend, 2016, 2018, 1.0)).iloc[0]["change_gbp"] == 1450


def eight_years(seed: int) -> Spend:
    """Outturn of eight years in which days, mix and prices all move a good deal, with an unmatched line each."""
    chance = np.random.default_rng(seed)
    days, price = np.array([18000.0, 3000.0, 66000.0]), np.array([300.0, 110.0, 62.0])
    rows = []
    for year in range(2011, 2019):
        rows += [(0, year, name, round(day), round(round(day) * each, 2))
                 for name, day, each in zip([HOME, FOSTER, "in-house foster"], days, price, strict=True)]  # fmt: skip
        rows.append((0, year, UNMATCHED, 0, round(float(chance.uniform(0, 2e5)), 2)))
        days = days * np.array([1.03, 1.4, 1.0]) * chance.uniform(0.97, 1.03, 3)
        price = price * np.array([1.07, 1.01, 1.015])
    return make_spend(rows)


@pytest.mark.parametrize("seed", range(3))
def test_a_chain_of_years_adds_up_and_depends_less_on_the_order_than_one_leap(seed):
    spend, levels = eight_years(seed), {year: 1.016 ** (year - 2011) for year in range(2011, 2019)}
    leap = total_split(split_years(spend, 2011, 2018, levels[2018])).iloc[0]
    chained, other = (total_split(split_chained(spend, 2011, 2018, levels, price_first=each)) for each in (False, True))
    pence = chained[[*MONEY, "change_gbp"]].apply(to_pence).iloc[0]
    assert pence[MONEY].sum() == pence["change_gbp"]
    assert chained[["before_gbp", "after_gbp", "change_gbp"]].iloc[0].tolist() == leap[
        ["before_gbp", "after_gbp", "change_gbp"]].tolist()  # fmt: skip
    ends = [spend.table[spend.table["financial_year"].eq(year)] for year in (2011, 2018)]
    leap_other = total_split(split_change(*ends, ["setting"], levels[2018], price_first=True)).iloc[0]
    for name in ("volume_gbp", "mix_gbp", "price_gbp"):
        assert abs(chained[name].iloc[0] - other[name].iloc[0]) < abs(leap[name] - leap_other[name]), name


def test_a_chain_of_one_year_is_the_year():
    spend = eight_years(1)
    chained = split_chained(spend, 2017, 2018, {2017: 50.0, 2018: 51.0})
    pd.testing.assert_frame_equal(chained, split_years(spend, 2017, 2018, 1.02))


# ---- as a waterfall -------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_the_steps_lead_from_one_year_to_the_other_to_the_penny(seed):
    before, after = years_of(seed)
    steps = steps_of(split_change(before, after, ["setting"], 1.03), ("2016/17", "2017/18"))
    pence = to_pence(steps["spend_gbp"])
    assert pence.iloc[:-1].sum() == pence.iloc[-1]
    assert steps["kind"].tolist() == ["level", *["change"] * (len(steps) - 2), "level"]


def test_a_step_that_is_nought_is_left_out_unless_it_is_volume_mix_or_price():
    before = a_year(a=(100, 1000.0))
    steps = steps_of(split_change(before, before, ["setting"], 1.0), ("then", "now"))
    assert len(steps) == 5


def some_steps(**children: int) -> pd.DataFrame:
    """Steps between two levels, each of £10 a child."""
    names = ["then", *children, "now"]
    return pd.DataFrame({
        "step": names, "kind": ["level", *["change"] * len(children), "level"],
        "spend_gbp": [100.0, *(10.0 * number for number in children.values()), 100 + 10.0 * sum(children.values())],
        "children": [50, *children.values(), 60],
    })  # fmt: skip


def test_a_step_on_few_children_is_joined_to_the_next_smallest_so_that_none_stands_alone():
    joined = join_small_steps(some_steps(left=30, few=2, new=9, nobody=0), 5)
    assert joined["step"].tolist() == ["then", "left", "other changes together", "now"]
    assert joined["spend_gbp"].tolist() == [100, 300, 110, 510]
    assert joined["children"].tolist() == [50, 30, 9, 60]


def test_steps_on_enough_children_are_left_as_they_are():
    steps = some_steps(left=30, new=9)
    pd.testing.assert_frame_equal(join_small_steps(steps, 5), steps)


def test_steps_by_setting_name_those_that_moved_most_and_join_the_rest():
    before, after = years_of(11)
    split = split_change(before.assign(children=7), after.assign(children=8), ["setting"], 1.02)
    steps = steps_by_cell(split, ("then", "now"), most=2)
    largest = split.loc[split["change_gbp"].abs().nlargest(2).index, "setting"]
    assert set(steps["step"]) == {"then", *largest, "other settings", "now"}
    assert to_pence(steps["spend_gbp"]).iloc[:-1].sum() == to_pence(steps["spend_gbp"]).iloc[-1]
    assert steps["children_before"].tolist() == [42, 7, 7, 28, 42]


# ---- what may come --------------------------------------------------------------------------------------------


def test_every_draw_adds_up_to_the_penny_and_is_what_two_years_would_give():
    outturn, ahead = a_future(draws=7)
    index = {2019: 1.02, 2020: 1.04, 2021: 1.06, 2022: 1.08}
    years, parts = element_draws(outturn, ahead, index)
    assert years == (2019, 2020, 2021, 2022)
    assert (sum(parts[name] for name in ELEMENTS) == parts["change"]).all()
    one = ahead.table[ahead.table["draw"].eq(4) & ahead.table["financial_year"].eq(2021)]
    last = outturn.table[outturn.table["financial_year"].eq(2018)]
    split = total_split(split_change(last, one, ["setting"], 1.06)).iloc[0]
    for name in ELEMENTS:
        assert parts[name][4, 2].sum() == round(split[f"{name}_gbp"] * 100), name


def test_the_means_add_up_to_the_mean_change_and_the_rest_lie_in_order():
    outturn, ahead = a_future()
    summary = split_draws(outturn, ahead, dict.fromkeys(range(2019, 2023), 1.05), by_setting=True)
    for (year, setting), rows in summary.groupby(["financial_year", "setting"]):
        means = to_pence(rows.set_index("element")["mean_gbp"])
        assert means[list(ELEMENTS)].sum() == means["change"], (year, setting)
    points = summary[["p02_5_gbp", "p10_gbp", "p25_gbp", "p50_gbp", "p75_gbp", "p90_gbp", "p97_5_gbp"]].to_numpy()
    assert (np.diff(points, axis=1) >= 0).all()
    every = summary[summary["setting"].eq("all")]
    assert every.groupby("financial_year")["chance_largest"].sum().tolist() == pytest.approx([1] * 4)


def test_the_settings_add_up_to_all_of_them_in_the_mean():
    outturn, ahead = a_future()
    summary = split_draws(outturn, ahead, dict.fromkeys(range(2019, 2023), 1.0), by_setting=True)
    wide = summary.pivot_table(index=["financial_year", "element"], columns="setting", values="mean_gbp")
    assert wide.drop(columns="all").sum(axis=1).tolist() == pytest.approx(wide["all"].tolist(), abs=0.05)


def test_payments_that_met_no_stay_are_not_projected_and_are_taken_off():
    outturn, ahead = a_future()
    summary = split_draws(outturn, ahead, dict.fromkeys(range(2019, 2023), 1.0))
    taken = summary[summary["element"].eq("without_days")]
    assert (taken[["mean_gbp", "p10_gbp", "p90_gbp"]] == -136674.5).all(axis=None)


def test_a_projection_that_repeats_the_last_year_moves_nothing():
    outturn, _ahead = a_future()
    last = outturn.table[outturn.table["financial_year"].eq(2018) & outturn.table["setting"].ne(UNMATCHED)]
    again = pd.concat([last.assign(draw=draw, financial_year=year) for draw in range(5) for year in (2019, 2020)])
    parts = element_draws(outturn, Spend(again, "nominal", "invented"), {2019: 1.0, 2020: 1.0})[1]
    assert all((parts[name] == 0).all() for name in ELEMENTS if name != "without_days")


def test_the_steps_ahead_lead_from_outturn_to_the_mean_of_the_year_with_a_range_on_each():
    outturn, ahead = a_future()
    index = {2019: 1.02, 2020: 1.04, 2021: 1.06, 2022: 1.08}
    steps = steps_to(split_draws(outturn, ahead, index), outturn, 2022, ("2017/18", "2021/22"))
    pence = to_pence(steps["spend_gbp"])
    assert pence.iloc[:-1].sum() == pence.iloc[-1]
    mean = ahead.table[ahead.table["financial_year"].eq(2022)]["spend_gbp"].sum() / 200
    assert steps["spend_gbp"].iloc[-1] == pytest.approx(mean, abs=0.01)
    ranged = steps.iloc[1:]
    assert (ranged["p10_spend_gbp"] <= ranged["spend_gbp"]).all()
    assert (ranged["spend_gbp"] <= ranged["p90_spend_gbp"]).all()


def test_the_order_of_rows_ahead_does_not_matter():
    outturn, ahead = a_future(draws=30)
    shuffled = Spend(ahead.table.sample(frac=1, random_state=2), "nominal", "invented")
    index = dict.fromkeys(range(2019, 2023), 1.05)
    pd.testing.assert_frame_equal(split_draws(outturn, ahead, index), split_draws(outturn, shuffled, index))


def test_ten_thousand_draws_over_five_years_and_every_setting_are_taken_apart_in_a_second():
    chance, shape = np.random.default_rng(8), (10_000, 5, len(SETTINGS))
    draw, year, setting = (axis.ravel() for axis in np.indices(shape))
    days = chance.integers(100, 60_000, shape).ravel()
    table = pd.DataFrame({
        "draw": draw, "financial_year": 2019 + year, "setting": np.array(SETTINGS)[setting], "children": 3,
        "child_days": days, "spend_gbp": (days * chance.uniform(30, 500, days.size)).round(2), "present_gbp": 0.0,
    })  # fmt: skip
    ahead = Spend(table.astype({"setting": "str"}), "nominal", "invented")
    outturn = make_spend([(0, 2018, name, 5_000, 1e6) for name in SETTINGS])
    begun = time.process_time()
    split_draws(outturn, ahead, dict.fromkeys(range(2019, 2024), 1.05), by_setting=True)
    assert time.process_time() - begun < 1


# ---- what is refused ------------------------------------------------------------------------------------------


def test_what_cannot_be_taken_apart_is_refused_in_words():
    before, after = years_of(1)
    outturn, ahead = a_future(draws=2)
    none = before.assign(child_days=0)
    real = make_spend([(0, 2018, HOME, 1, 1.0)], "2017/18 prices")
    refused = {
        "no child-days": lambda: split_change(none, after, ["setting"], 1.0),
        "more than once": lambda: split_change(pd.concat([before, before]), after, ["setting"], 1.0),
        "no column platform": lambda: split_change(before, after, ["setting", "platform"], 1.0),
        "above nought": lambda: split_change(before, after, ["setting"], 0.0),
        "no spend or no name": lambda: split_change(before.assign(spend_gbp=np.nan), after, ["setting"], 1.0),
        "nought or more": lambda: split_change(before.assign(child_days=-1), after, ["setting"], 1.0),
        "year to March 1999": lambda: split_years(outturn, 1999, 2018, 1.0),
        "has one draw": lambda: split_years(ahead, 2019, 2020, 1.0),
        "out of it already": lambda: split_years(real, 2018, 2018, 1.1),
        "2013": lambda: split_chained(outturn, 2012, 2018, {2012: 1.0}),
        "is not after": lambda: split_chained(outturn, 2018, 2018, {2018: 1.0}),
        "No general price index": lambda: split_draws(outturn, ahead, {2019: 1.0}),
        "not among those projected": lambda: steps_to(
            split_draws(outturn, ahead, dict.fromkeys(range(2019, 2023), 1.0)), outturn, 2030, ("a", "b")),
        "must be alike": lambda: Cells(np.ones(2), np.ones(3, dtype="int64")),
    }  # fmt: skip
    for words, attempt in refused.items():
        with pytest.raises(DriversError, match=words):
            attempt()


def test_growth_may_be_told_to_the_arithmetic_apart_from_the_cells():
    before, after = (Cells(np.array([100.0]), np.array([pence])) for pence in (100_000, 100_000))
    parts = take_apart(before, after, 2.0, 1.0)
    assert (parts["volume"][0], parts["mix"][0]) == (100_000, -100_000)
