"""Projected child-days priced: every day once, whole years only, summed draw by draw."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from demand.invented_model import a_model

from cip_analysis.codes import AGE_BANDS, SETTINGS, WAYS_OUT
from cip_analysis.demand.forecast import STATISTICS, describe_draws
from cip_analysis.demand.inputs import month_ends
from cip_analysis.demand.simulate import simulate
from cip_analysis.money.pricing.paths import FeePool, PricePaths
from cip_analysis.money.spend import SpendError, constant_prices, price_months, price_projection, summarise_spend
from cip_analysis.projections import Projection
from cip_analysis.records import Spend

HOME = "external residential"


def a_projection(days_a_month: float, months: int = 24) -> Projection:
    """Two draws of one setting used: 10 children throughout, nobody starting or leaving."""
    ends = month_ends(date(2018, 3, 31), months)
    shape = (2, months + 1, len(SETTINGS))
    nothing = np.zeros(shape, dtype="uint16")
    stock = np.zeros((2, months + 1, len(AGE_BANDS), len(SETTINGS)), dtype="uint16")
    stock[:, :, 3, SETTINGS.index("external residential")] = 10
    days = np.zeros(shape, dtype="float32")
    days[0, 1:, SETTINGS.index("external residential")] = days_a_month
    days[1, 1:, SETTINGS.index("external residential")] = 2 * days_a_month
    return Projection(
        "baseline", "constant rate", ends, stock, nothing, nothing, nothing, nothing,
        np.zeros((2, months + 1, len(WAYS_OUT)), dtype="uint16"), np.zeros((2, months + 1), dtype="uint16"), days, days,
    )  # fmt: skip


def price_flat(projection: Projection, prices: dict[str, float], price_base: str = "2017/18 prices") -> Spend:
    """What it costs at constant prices."""
    return price_projection(projection, constant_prices(projection, prices, price_base), 1)


def test_every_projected_child_day_is_priced_once_and_by_hand():
    projected = price_flat(a_projection(300.0), {HOME: 2950.0})
    spent = projected.table[projected.table["setting"] == HOME].set_index(["draw", "financial_year"])
    assert spent.loc[(0, 2019), "child_days"] == 3600
    assert spent.loc[(0, 2019), "spend_gbp"] == round(3600 * 2950 / 7, 2)
    assert spent.loc[(1, 2020), "spend_gbp"] == round(7200 * 2950 / 7, 2)
    assert projected.table["child_days"].sum() == a_projection(300.0).child_days.sum()
    assert (projected.table["present_gbp"] == projected.table["spend_gbp"]).all()
    assert projected.basis == "projected child-days at constant weekly prices"


def test_a_part_year_is_not_priced_as_a_whole_one():
    with pytest.raises(SpendError, match="lengthen the horizon"):
        price_flat(a_projection(300.0, months=11), {HOME: 2950.0})
    assert set(price_flat(a_projection(300.0, months=18), {HOME: 1.0}).table["financial_year"]) == {2019}


def test_a_setting_with_days_and_no_price_is_named_and_prices_of_other_months_or_draws_are_refused():
    projection = a_projection(300.0)
    with pytest.raises(SpendError, match=f"No weekly price for {HOME}"):
        constant_prices(projection, {"kinship": 300.0}, "x")
    with pytest.raises(SpendError, match="12 months and 1 draws cannot price a projection over 25 and 2"):
        short = constant_prices(a_projection(300.0, months=11), {HOME: 1.0}, "x")
        price_projection(projection, short, 1)
    paths = constant_prices(projection, {HOME: 1.0}, "x")
    with pytest.raises(SpendError, match="Draw them for the same"):
        price_projection(projection, replace(paths, level=np.repeat(paths.level, 3, axis=0)), 1)


def test_projected_spend_is_summed_over_settings_draw_by_draw():
    projected = price_flat(a_projection(300.0), {HOME: 700.0})
    told = summarise_spend(projected, describe_draws).set_index(["financial_year", "setting"])
    assert told.loc[("2018-19", "all"), "mean"] == told.loc[("2018-19", HOME), "mean"] == 540_000
    assert list(told.columns) == ["price_base", *STATISTICS]
    there = summarise_spend(projected, describe_draws, "present_gbp").set_index(["financial_year", "setting"])
    assert there.loc[("2018-19", "all"), "mean"] == 540_000


# ---- a model of hundreds of children, with levels that differ by draw and fees that differ by child ------------------


@pytest.fixture(scope="module")
def played() -> Projection:
    return simulate(a_model(draws=600, months=24, children=200, starts_a_year=80.0))


def levels(projection: Projection, pools: dict[str, FeePool] | None = None) -> PricePaths:
    """A price for each draw, year and setting, and pools where given."""
    rng = np.random.default_rng(4)
    years = np.array([day.year + (day.month > 3) for day in projection.months])
    drawn = rng.lognormal(6.5, 0.3, (projection.draws, 3, len(SETTINGS)))
    level = drawn[:, years - years[0]]
    flat = {name: FeePool.flat() for name in SETTINGS}
    return PricePaths(projection.months, level, flat | (pools or {}), "nominal", "prices of a test")


def a_pool(spread: float = 0.6, present: int = 30) -> FeePool:
    """Fifty multiples, unevenly likely, with a mean of one, and some children known to be there."""
    rng = np.random.default_rng(5)
    weights = rng.dirichlet(np.ones(50))
    pool = rng.lognormal(0, spread, 50)
    return FeePool(rng.choice(pool / (pool @ weights), present, p=weights), pool / (pool @ weights), weights)


def test_flat_pools_cost_exactly_days_by_level_over_seven(played):
    paths = levels(played)
    spent, present = price_months(played, paths, 1)
    assert (spent == played.child_days.astype("float64") * paths.level / 7).all()
    assert (present == played.child_days_present.astype("float64") * paths.level / 7).all()
    assert (spent[:, 0] == 0).all()


def test_child_days_priced_are_the_child_days_projected_and_years_are_their_months(played):
    paths = levels(played, {HOME: a_pool()})
    table = price_projection(played, paths, 1).table
    shape = (played.draws, 2, len(SETTINGS))
    days = np.stack(
        [played.child_days[:, part].sum(axis=1, dtype="float64") for part in (slice(1, 13), slice(13, 25))], 1
    )
    assert (table["child_days"].to_numpy().reshape(shape) == days).all()
    spent, present = price_months(played, paths, 1)
    last_year = table["spend_gbp"].to_numpy().reshape(shape)[:, 1, SETTINGS.index(HOME)]
    assert last_year == pytest.approx(spent[:, 13:, SETTINGS.index(HOME)].sum(axis=1), abs=0.006)
    assert table["spend_gbp"].sum() == pytest.approx(spent.sum(), abs=len(table) * 0.006)
    assert (table["present_gbp"] <= table["spend_gbp"]).all() and table["present_gbp"].sum() > 0
    assert table["present_gbp"].sum() == pytest.approx(present.sum(), abs=len(table) * 0.006)


def test_a_scenario_with_no_levers_costs_what_the_baseline_does_value_for_value(played):
    paths = levels(played, {name: a_pool() for name in SETTINGS})
    before = paths.level.copy(), played.child_days.copy()
    same = price_projection(replace(played, scenario="no levers"), paths, 1).table
    pd.testing.assert_frame_equal(same, price_projection(played, paths, 1).table)
    assert (paths.level == before[0]).all() and (played.child_days == before[1]).all()
    assert not same.equals(price_projection(played, paths, 2).table)


def test_over_many_draws_a_pool_about_one_costs_days_by_level_over_seven(played):
    """Those known to be there at first are of the pool too, in the mean."""
    paths = levels(played, {name: replace(a_pool(), present=np.zeros(0)) for name in SETTINGS})
    spent, _ = price_months(played, paths, 3)
    flat, _ = price_months(played, levels(played), 3)
    ratio = (spent - flat).sum(axis=(1, 2))
    assert abs(ratio.mean()) < 4 * ratio.std() / np.sqrt(played.draws)
    assert ratio.std() > 0.01 * flat.sum(axis=(1, 2)).mean()


def test_the_fewer_the_children_the_wider_the_spread_of_what_one_costs(played):
    paths = levels(played, {name: replace(a_pool(), present=np.zeros(0)) for name in SETTINGS})
    paths = replace(paths, level=np.full_like(paths.level, 700.0))
    spent, _ = price_months(played, paths, 3)
    days = played.child_days.astype("float64")
    a_day = spent[:, 1:13].sum(axis=1) / np.maximum(days[:, 1:13].sum(axis=1), 1) / 100  # £700 a week is £100 a day
    stock = played.stock[0, 0].sum(axis=0)
    spread = a_day.std(axis=0)
    big, small = np.argmax(stock), SETTINGS.index("in-house residential")
    assert stock[big] > 8 * stock[small] > 0
    assert spread[small] > 2 * spread[big] > 0
