"""Rules of growth and their errors: worked by hand, beside statsmodels, and told apart where we set the truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from demand.national.invented_panel import a_converging_panel, figures_of
from scipy.stats import norm
from statsmodels.tsa.holtwinters import Holt

from cip_analysis.demand.national.drivers import LARGEST_COUNTED, depart, learn_growth, tell_drivers
from cip_analysis.demand.national.errors import KNOTS, Errors, ErrorsError, learn_errors, shared_by_all
from cip_analysis.demand.national.methods import (
    METHODS,
    POOL,
    POOLED,
    SHOWN,
    drivers,
    errors_apart,
    forecast_all,
    no_growth,
    recalibrated_errors,
)
from cip_analysis.demand.national.panel import panel_at
from cip_analysis.demand.national.trends import damped_trend, own_flows, smooth, walk_with_drift
from cip_analysis.records import Comparators
from cip_analysis.returns.published import CEASED, LOOKED_AFTER, STARTED


def a_panel(counts, ceased=None, first=2010):
    """The panel of one authority with these yearly counts, and those who ceased where told."""
    years = range(first, first + len(counts))
    rows = [("100", year, LOOKED_AFTER, count, year) for year, count in zip(years, counts, strict=True)]
    rows += [("100", year, CEASED, count, year) for year, count in zip(years, ceased or [], strict=False)]
    return panel_at(figures_of(rows), years[-1])


def test_the_damped_trend_is_that_of_statsmodels():
    logs = np.log([330, 352, 373, 435, 456, 471, 469, 510, 555.0])
    level, trend = smooth(logs[None, :], 0.8, 0.3, 0.9)
    model = Holt(logs, damped_trend=True, initialization_method="known", initial_level=level[0, 0], initial_trend=0.0)
    fitted = model.fit(smoothing_level=0.8, smoothing_trend=0.3, damping_trend=0.9, optimized=False)
    ahead = level[0, -1] + trend[0, -1] * np.cumsum(0.9 ** np.arange(1, 5))
    assert ahead == pytest.approx(fitted.forecast(4), abs=1e-9)


def test_a_steady_growth_is_carried_on_damped_and_a_flat_past_not_at_all():
    rising, flat = a_panel([1_000 * 1.05**year for year in range(9)]), a_panel([500] * 9)
    grown = [damped_trend(rising, years).loc["100", 2018] for years in (1, 4)]
    assert 0 < grown[0] < np.log(1.05)
    assert grown[0] < grown[1] < 4 * grown[0]
    assert damped_trend(flat, 4).loc["100", 2018] == pytest.approx(0.0)


def test_the_random_walks_drift_is_the_mean_growth_of_every_year_known():
    panel = a_panel([100, 110, 110, 132])
    assert walk_with_drift(panel, 2).loc["100", 2013] == pytest.approx(np.log(132 / 100) / 3 * 2)


def test_a_stock_with_steady_flows_nears_starts_over_the_rate_of_leaving():
    """400 children, 200 who leave a year of 400 in the middle and 200 who start: nothing moves."""
    assert own_flows(a_panel([400] * 5, [200] * 5), 4).loc["100", 2014] == pytest.approx(0.0)


def test_a_stock_whose_starts_outnumber_those_who_leave_grows_less_each_year():
    """Of 100 to 160 by 20 a year with 60 ceasing: 80 start a year, 60 ÷ 130 leave on average over three years."""
    panel = a_panel([100, 120, 140, 160], [60] * 4)
    rate, level = 60 / 130, 80 / (60 / 130)
    expected = np.log((level + (160 - level) * np.exp(-rate * 2)) / 160)
    assert own_flows(panel, 2).loc["100", 2013] == pytest.approx(expected)


def test_flows_that_nobody_published_tell_no_growth():
    assert own_flows(a_panel([100, 120, 140, 160]), 2).loc["100", 2013] == 0.0


def test_what_all_authorities_miss_alike_is_what_they_did_or_what_wandering_national_years_add_up_to():
    """Mean misses of 0.1 and -0.1: a variance of 0.01. Growths of 0, 0.1, 0.2 wander by 0.01 a year, few known."""
    missed = pd.DataFrame({2010: [0.2, 0.0], 2011: [-0.2, 0.0]})
    assert shared_by_all(missed, pd.Series([0.0]), 2) == pytest.approx(0.01)
    assert shared_by_all(missed, pd.Series([0.0, 0.1, 0.2]), 2) == pytest.approx(2 * 0.01 * (1 + 2 / 3))


def test_errors_unknown_anywhere_are_refused():
    unknown = pd.DataFrame({2010: [np.nan, np.nan]})
    with pytest.raises(ErrorsError, match="too short a history"):
        learn_errors(unknown, unknown)


def test_growth_that_follows_size_is_learned_and_an_outlandish_year_teaches_no_more_than_it_may():
    figures = a_converging_panel(areas=300, noise=0.01, share=0.1)
    table = figures.table
    odd = table["area_code"].eq("150") & table["year"].ge(2015) & table["measure"].eq(LOOKED_AFTER)
    wild = Comparators(table.assign(value=table["value"].mask(odd, table["value"] * 40)), figures.neighbours)
    learned = {}
    for name, one in (("tame", figures), ("wild", wild)):
        panel = panel_at(one, 2018)
        learned[name] = learn_growth(panel, depart(tell_drivers(panel)), 1).weights["gap to neighbours"]
    assert np.log(40) > LARGEST_COUNTED
    assert learned["tame"] == pytest.approx(0.1, abs=0.03)
    assert learned["wild"] > 0.3 * learned["tame"]


def test_of_starts_no_national_growth_is_carried_on():
    stock = panel_at(a_converging_panel(areas=60), 2018)
    starts = replace(stock, measure=STARTED)
    told = depart(tell_drivers(stock))
    assert learn_growth(starts, told, 4).growth == 0.0
    assert learn_growth(stock, told, 4).growth != 0.0


def test_past_intervals_that_held_as_they_should_leave_the_errors_as_they_are():
    panel = panel_at(a_converging_panel(share=0.0, areas=400, noise=0.05), 2020)
    before = errors_apart(panel, no_growth(panel, 1), 1)
    after = recalibrated_errors(panel, no_growth, 1)
    assert after.knots == pytest.approx(before.knots, rel=0.05)


def test_past_intervals_that_held_too_seldom_widen_the_errors():
    """Growth wanders three times as widely from 2016 on: what was promised before was too narrow."""
    chance = np.random.default_rng(3)
    wander = np.where(np.arange(2010, 2020) < 2016, 0.03, 0.09)
    counts = np.round(800 * np.exp((chance.normal(size=(300, 10)) * wander).cumsum(axis=1)))
    rows = [
        (f"{100 + row}", 2010 + year, LOOKED_AFTER, counts[row, year], 2010 + year)
        for row in range(300)
        for year in range(10)
    ]
    panel = panel_at(figures_of(rows), 2019)
    before, after = errors_apart(panel, no_growth(panel, 1), 1), recalibrated_errors(panel, no_growth, 1)
    assert (np.abs(after.knots) >= np.abs(before.knots)).all()
    assert after.standard(np.array([0.9]))[0] > 1.1 * before.standard(np.array([0.9]))[0]


def test_without_an_earlier_origin_to_judge_by_nothing_is_recalibrated():
    panel = panel_at(a_converging_panel(areas=60), 2014)
    before, after = errors_apart(panel, drivers(panel, 4), 4), recalibrated_errors(panel, drivers, 4)
    assert (after.a, after.b, after.knots.tolist()) == (before.a, before.b, before.knots.tolist())


def test_the_pool_is_the_mean_of_its_members_quantile_by_quantile():
    made = forecast_all(panel_at(a_converging_panel(areas=40), 2018), 2)
    members = [made[name].quantiles.loc["110"].to_numpy() for name in POOLED]
    assert made[POOL].quantiles.loc["110"].to_numpy() == pytest.approx(np.mean(members, axis=0))
    assert list(made) == [*METHODS, POOL]
    assert SHOWN in POOLED


def test_errors_are_read_off_between_the_levels_kept_as_a_normal_curve_runs():
    """Errors that are normal at the levels kept are normal at every other."""
    normal = Errors(0.01, 0.0, norm.ppf(KNOTS))
    asked = np.array([0.0125, 0.125, 0.37, 0.66, 0.93])
    assert normal.standard(asked) == pytest.approx(norm.ppf(asked), abs=1e-9)
    assert normal.around(np.array([100.0]), asked)[0] == pytest.approx(0.1 * norm.ppf(asked), abs=1e-9)
