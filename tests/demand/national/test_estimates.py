"""The small table that stands in for the panel: the panel's own forecast again, drift recovered, paths as told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from builders import ROOT, SHARED
from demand.national.invented_panel import a_converging_panel

from cip_analysis.demand.accuracy.scores import LEVELS, interval
from cip_analysis.demand.national.drift import drift_and_noise, learn_drift
from cip_analysis.demand.national.errors import correlation_of
from cip_analysis.demand.national.estimates import (
    HORIZONS,
    NationalError,
    carried_to,
    draw_growth,
    drift_at,
    error_correlation,
    forecast_authority,
    learn,
    origins_of,
    untold_drivers,
)
from cip_analysis.demand.national.methods import METHODS
from cip_analysis.demand.national.panel import panel_at
from cip_analysis.records import Comparators
from cip_analysis.returns.published import read_neighbours, read_published, release_day
from cip_analysis.returns.reference.national import read_national
from cip_analysis.settings import Council, read_settings

PUBLISHED, REFERENCE = SHARED / "published", ROOT / "data" / "reference"
SHOWN = "several drivers"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the publishers' own files lie beside the project")
GOLDEN_2018 = [[580.3, 531.9, 630.8], [601.5, 532.7, 687.2], [621.9, 539.3, 716.4], [641.6, 538.3, 766.3]]
LEICESTERSHIRE = read_settings(ROOT / "config" / "councils" / "leicestershire.toml", Council)


def a_council(code, neighbours):
    return LEICESTERSHIRE.model_copy(update={"name": f"Authority {code}", "la_code": code, "neighbours": neighbours})


def assert_same_forecast(made, panel, code):
    for horizon in HORIZONS:
        whole = METHODS[SHOWN](panel, horizon)
        assert made.loc[horizon, "centre"] == pytest.approx(whole.centre[code], rel=1e-4)
        assert made.loc[horizon, list(LEVELS)].tolist() == pytest.approx(whole.quantiles.loc[code].tolist(), rel=1e-4)


@pytest.fixture(scope="module")
def invented():
    figures = a_converging_panel(areas=60, by_size=0.5)
    return figures, learn(figures, [2016, 2018])


def test_one_council_and_its_neighbours_are_forecast_as_the_whole_panel_forecasts_them(invented):
    figures, estimates = invented
    for code in ("100", "133"):
        near = figures.neighbours[code]
        few = Comparators(figures.table[figures.table["area_code"].isin([code, *near])])
        made = forecast_authority(estimates, few, a_council(code, near), 2018)
        assert_same_forecast(made, panel_at(figures, 2018), code)


def test_what_is_learned_at_an_origin_owes_nothing_to_what_was_published_later(invented):
    figures, estimates = invented
    late = figures.table["published"] > pd.Timestamp(release_day(2016))
    altered = figures.table.assign(value=figures.table["value"].mask(late, figures.table["value"] * 3 + 17))
    pd.testing.assert_frame_equal(
        learn(Comparators(altered, figures.neighbours), [2016]),
        estimates[estimates["origin"] == 2016].reset_index(drop=True),
    )


def test_growth_and_spread_are_those_of_the_quantiles(invented):
    figures, estimates = invented
    made = forecast_authority(estimates, figures, a_council("100", figures.neighbours["100"]), 2018)
    now = panel_at(figures, 2018).children.loc["100", 2018]
    assert (made["growth"] * now).tolist() == pytest.approx(made["centre"].tolist())
    assert made["spread"].tolist() == pytest.approx(np.log(made[list(LEVELS)]).std(axis=1, ddof=0).tolist())
    assert made["spread"].is_monotonic_increasing


def test_drawn_paths_have_each_years_quantiles_and_go_together_as_past_errors_did(invented):
    figures, estimates = invented
    made = forecast_authority(estimates, figures, a_council("100", figures.neighbours["100"]), 2018)
    together = error_correlation(estimates, 2018)
    drawn = draw_growth(made, together, 40_000, np.random.default_rng(4))
    now = panel_at(figures, 2018).children.loc["100", 2018]
    assert drawn.shape == (40_000, 4)
    for column, horizon in enumerate(HORIZONS):
        wanted = np.log(made.loc[horizon, [LEVELS[20], LEVELS[100], LEVELS[180]]].to_numpy(dtype="float64") / now)
        assert np.quantile(drawn[:, column], LEVELS[[20, 100, 180]]) == pytest.approx(wanted, abs=0.003)
    assert np.corrcoef(drawn.T) == pytest.approx(together, abs=0.03)
    assert together[0, 3] < together[2, 3]


def test_errors_that_add_up_year_by_year_go_together_as_the_root_of_the_ratio_of_years():
    """Of a random walk, the correlation of the first year's change and four years' is √(1 ÷ 4)."""
    steps = np.random.default_rng(6).normal(size=(3_000, 4)).cumsum(axis=1)
    after = {years: pd.DataFrame({2010: steps[:, years - 1]}) for years in (1, 4)}
    assert correlation_of(after[1], after[4]) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(("drift", "noise"), [(0.10, 0.05), (0.0, 0.10), (0.15, 0.0)])
def test_drift_and_noise_of_invented_flows_are_recovered(drift, noise):
    chance = np.random.default_rng(8)
    shape = (2_000, 9)
    level = np.log(200) + chance.normal(0, drift, shape).cumsum(axis=1) + chance.normal(0, noise, shape)
    events = pd.DataFrame(chance.poisson(np.exp(level)).astype("float64"))
    assert drift_and_noise(events, events * 0 + 1) == pytest.approx((drift, noise), abs=0.02)


def test_where_starts_are_not_held_the_change_in_stock_and_those_who_ceased_stand_in():
    figures = a_converging_panel(areas=200)
    panel = panel_at(figures, 2018)
    implied = panel.children.diff(axis=1) + panel.ceased
    assert learn_drift(panel, implied * np.nan) == pytest.approx(learn_drift(panel, implied), nan_ok=True)
    assert np.isfinite(list(learn_drift(panel, implied * np.nan).values())).all()


def test_an_origin_without_an_estimate_is_refused_and_a_later_one_may_take_the_last_and_says_so(invented):
    figures, estimates = invented
    council = a_council("100", figures.neighbours["100"])
    with pytest.raises(NationalError, match="they hold 2016 to 2018"):
        forecast_authority(estimates, figures, council, 2020)
    carried, note = carried_to(estimates, 2020)
    assert "March 2018 stands in" in note
    assert (forecast_authority(carried, figures, council, 2020)["spread"] > 0).all()
    assert carried_to(estimates, 2018) == (estimates, "")
    for origin in (2015, 2024):
        with pytest.raises(NationalError, match="learn them again"):
            carried_to(estimates, origin)


def test_a_council_without_a_count_at_the_origin_is_refused_by_name(invented):
    figures, estimates = invented
    with pytest.raises(NationalError, match="Leicestershire: no count of 20 children or more at 31 March 2018"):
        forecast_authority(estimates, figures, LEICESTERSHIRE, 2018)


def test_drift_told_for_another_year_or_not_at_all_says_so(invented):
    estimates = invented[1]
    found, notes = drift_at(estimates, 2018)
    assert (notes, found.source) == ((), "the national panel as known for March 2018")
    assert "learned at March 2016" in drift_at(estimates, 2017)[1][0]
    assert "No national estimates are held" in drift_at(estimates.iloc[:0], 2018)[1][0]


def test_a_council_without_its_neighbours_figures_is_forecast_and_what_could_not_be_told_is_named(invented):
    figures, estimates = invented
    council = a_council("100", figures.neighbours["100"])
    alone = Comparators(figures.table[figures.table["area_code"] == "100"])
    assert untold_drivers(figures, council, 2018) == ()
    assert untold_drivers(alone, council, 2018) == (
        "gap to neighbours", "neighbours' population growth", "neighbours' ceases to stock",
    )  # fmt: skip
    assert (forecast_authority(estimates, alone, council, 2018)["growth"] > 0).all()


def test_leicestershires_forecast_from_march_2018_is_as_written_down():
    """Centre, and the ends of the 80% interval, from the project's own two tables."""
    estimates, small = (
        read_national(REFERENCE / "national_estimates.csv"),
        read_published(REFERENCE / "comparators.csv"),
    )
    made = forecast_authority(estimates, small, LEICESTERSHIRE, 2018)
    ends = np.column_stack(interval(made[list(LEVELS)].to_numpy(), 0.80))
    told = np.column_stack([made["centre"], ends]).round(1)
    assert told.tolist() == GOLDEN_2018


@pytest.fixture(scope="module")
def published():
    figures = read_published(PUBLISHED / "children_looked_after_as_published.csv")
    return replace(figures, neighbours=read_neighbours(PUBLISHED / "statistical_neighbours.csv", "2021"))


@needs_shared
@pytest.mark.parametrize("origin", [2014, 2018, 2023])
def test_leicestershire_is_forecast_from_the_projects_own_tables_as_from_the_whole_panel(published, origin):
    small = read_published(REFERENCE / "comparators.csv")
    estimates = read_national(REFERENCE / "national_estimates.csv")
    made = forecast_authority(estimates, small, LEICESTERSHIRE, origin)
    assert_same_forecast(made, panel_at(published, origin), "855")


@needs_shared
def test_every_authority_is_forecast_from_the_estimates_as_from_the_whole_panel(published):
    estimates = read_national(REFERENCE / "national_estimates.csv")
    panel = panel_at(published, 2018)
    for code in ("202", "204", "330", "891", "926"):
        council = a_council(code, published.neighbours[code])
        assert_same_forecast(forecast_authority(estimates, published, council, 2018), panel, code)


@needs_shared
def test_every_year_with_a_count_from_2014_teaches(published):
    assert list(origins_of(published)) == list(range(2014, 2024))
