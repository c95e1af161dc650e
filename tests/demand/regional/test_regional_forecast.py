"""A region forecast from an invented panel: every method adds up, each council stands as it is forecast alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from demand.national.invented_panel import a_converging_panel

from cip_analysis.demand.accuracy.scores import LEVELS
from cip_analysis.demand.national.backtest import ORIGINS
from cip_analysis.demand.national.estimates import forecast_told, learn
from cip_analysis.demand.regional.backtest import (
    ALONE,
    COUNCIL,
    EVERY_ORIGIN,
    NO_CHANGE,
    RECORD_COLUMNS,
    REGION,
    backtest_regions,
    choose,
    scorecard,
)
from cip_analysis.demand.regional.forecast import (
    APART,
    BY_PAST,
    BY_SPREAD,
    METHODS,
    TOGETHER,
    Lessons,
    RegionError,
    base_at,
    draw_base,
    forecast_region,
)
from cip_analysis.demand.regional.lessons import PAST_WEIGHT, SHRUNK, teach

ORIGIN, DRAWS, SEED = 2018, 400, 5
REGIONS = {f"R{one}": [f"{100 + 10 * one + two}" for two in range(10)] for one in range(15)}


@pytest.fixture(scope="module")
def figures():
    return a_converging_panel(noise=0.03, by_size=0.5)


@pytest.fixture(scope="module")
def taught(figures):
    return teach(figures, REGIONS, [], ORIGIN)


@pytest.fixture(scope="module")
def lessons(figures, taught):
    return Lessons(learn(figures, [ORIGIN]), taught.regional, taught.areas)


@pytest.fixture(scope="module")
def base(taught, lessons):
    stock = taught.panel.children.loc[list(taught.members["R3"]), ORIGIN]
    return base_at(stock, lessons, ORIGIN, "R3")


@pytest.mark.parametrize("method", list(METHODS))
def test_in_every_draw_the_councils_add_up_to_the_region(base, method):
    made = forecast_region(base, method, DRAWS, SEED)
    assert made.councils.shape == (DRAWS, 10, 4)
    np.testing.assert_allclose(made.councils.sum(axis=1), made.region, rtol=1e-9)
    assert (made.councils >= 0).all()


def test_the_same_seed_gives_the_same_draws_and_another_others(base):
    one, again, other = (forecast_region(base, BY_SPREAD, DRAWS, seed).region for seed in (5, 5, 6))
    np.testing.assert_array_equal(one, again)
    assert (one != other).all()


def test_summing_leaves_each_council_the_forecast_it_has_alone(base, lessons, taught):
    told = taught.areas[taught.areas["area_code"] == "133"].set_index("term")["value"].drop([PAST_WEIGHT])
    alone = forecast_told(lessons.national, ORIGIN, base.stock[3], told.to_dict())
    np.testing.assert_allclose(base.councils[3], alone[list(map(float, LEVELS))].to_numpy())
    drawn = forecast_region(base, TOGETHER, 20_000, SEED).councils[:, 3, 1]
    assert np.quantile(drawn, 0.9) == pytest.approx(np.quantile(base.councils[3, 1], 0.9), rel=0.01)


def test_errors_kept_together_widen_the_region_and_not_its_councils(base):
    apart, together = (forecast_region(base, method, 4_000, SEED) for method in (APART, TOGETHER))
    assert together.region.std(axis=0).min() > 1.05 * apart.region.std(axis=0).min()
    np.testing.assert_allclose(together.councils.std(axis=0), apart.councils.std(axis=0), rtol=0.12)


def test_reconciled_lies_between_the_sum_and_the_regions_own(base):
    drawn = draw_base(base, DRAWS, SEED)
    own, summed = drawn.region.mean(axis=0), drawn.councils.sum(axis=1).mean(axis=0)
    made = METHODS[BY_SPREAD](base, drawn).region.mean(axis=0)
    assert (np.minimum(own, summed) - 1e-9 <= made).all()
    assert (made <= np.maximum(own, summed) + 1e-9).all()


def test_weights_by_past_errors_are_learned_for_every_council_and_say_how_far_they_were_drawn(taught):
    weights = taught.areas[taught.areas["term"] == PAST_WEIGHT]
    assert len(weights) == 150
    assert taught.areas.loc[taught.areas["term"] == SHRUNK, "value"].between(0, 1).all()


def test_a_count_a_council_or_a_method_that_is_not_held_is_refused_by_name(base, lessons):
    with pytest.raises(RegionError, match="is held of 131"):
        base_at(pd.Series({"130": 90.0, "131": np.nan}), lessons, ORIGIN, "R3")
    with pytest.raises(RegionError, match="Nothing was learned of 999"):
        base_at(pd.Series({"999": 90.0}), lessons, ORIGIN, "R3")
    with pytest.raises(RegionError, match="'magic'"):
        forecast_region(base, "magic", DRAWS, SEED)


def test_no_weights_by_past_errors_is_refused_only_by_the_method_that_needs_them(taught, lessons):
    without = Lessons(lessons.national, lessons.regional, taught.areas[taught.areas["term"] != PAST_WEIGHT])
    stock = taught.panel.children.loc[list(taught.members["R3"]), ORIGIN]
    bare = base_at(stock, without, ORIGIN, "R3")
    assert forecast_region(bare, TOGETHER, 50, SEED).region.shape == (50, 4)
    with pytest.raises(RegionError, match="no weights by past errors"):
        forecast_region(bare, BY_PAST, 50, SEED)


def test_estimates_without_what_councils_share_are_refused(lessons):
    less = lessons.regional[lessons.regional["term"] != "shared by a region"]
    with pytest.raises(RegionError, match="lack shared by all or shared by a region"):
        base_at(pd.Series({"130": 90.0}), Lessons(lessons.national, less, lessons.areas), ORIGIN, "R3")


# ---- the back-test -----------------------------------------------------------------------------------------------


def test_a_panel_that_is_forecast_again_is_scored_once_for_each_region_and_council(figures, taught, lessons):
    made = backtest_regions([taught], lessons.national, figures, [], (200, SEED))
    assert set(made["method"]) == {NO_CHANGE, ALONE, *METHODS}
    counted = made[(made["method"] == TOGETHER) & (made["horizon"] == 2)].groupby("level").size()
    assert counted.to_dict() == {COUNCIL: 150, REGION: 15}
    regions = made[(made["method"] == TOGETHER) & (made["level"] == REGION) & (made["area_code"] == "R3")]
    councils = made[made["area_code"].isin(REGIONS["R3"]) & (made["method"] == TOGETHER)]
    sums = councils.groupby("horizon")[["outturn", "stock"]].sum()
    assert regions.set_index("horizon")[["outturn", "stock"]].equals(sums)
    card = scorecard(made)
    assert list(card) == list(RECORD_COLUMNS)
    assert card[["coverage_80", "coverage_95"]].le(1).all(axis=None)


def test_no_figure_after_an_origin_moves_its_forecast(figures, taught):
    later = figures.table["year"] > ORIGIN
    known = type(figures)(figures.table[~later].reset_index(drop=True), figures.neighbours)
    again = teach(known, REGIONS, [], ORIGIN)
    pd.testing.assert_frame_equal(again.regional, taught.regional)
    pd.testing.assert_frame_equal(again.areas, taught.areas)


def a_record(*rows):
    return pd.DataFrame(rows, columns=["origins", "level", "method", "crps", "coverage_95"])


def test_the_rule_takes_the_least_error_among_ranges_that_held_and_looks_at_nothing_else():
    card = a_record(
        (ORIGINS[0], REGION, APART, 0.020, 0.86),
        (ORIGINS[0], REGION, TOGETHER, 0.021, 0.96),
        (ORIGINS[0], REGION, BY_SPREAD, 0.022, 0.95),
        (ORIGINS[0], REGION, NO_CHANGE, 0.010, 0.95),
        (ORIGINS[0], COUNCIL, BY_SPREAD, 0.001, 0.95),
        (ORIGINS[1], REGION, BY_SPREAD, 0.001, 0.95),
        (EVERY_ORIGIN, REGION, BY_SPREAD, 0.001, 0.95),
    )
    assert choose(card) == TOGETHER
