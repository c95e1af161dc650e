"""Draws keep each council's own distribution and rise together as told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from demand.national.invented_panel import figures_by_cell, figures_of
from scipy.special import ndtri

from cip_analysis.demand.accuracy.scores import LEVELS
from cip_analysis.demand.national.panel import panel_at
from cip_analysis.demand.regional.joining import add_regions
from cip_analysis.demand.regional.together import (
    OF_REGION,
    SHARED,
    WITH_SUM,
    draw_beside,
    draw_together,
    shared_share,
    shared_terms,
)
from cip_analysis.returns.published import CEASED, LOOKED_AFTER, POPULATION

DRAWS = 20_000
OVER_YEARS = np.array([[1.0, 0.7], [0.7, 1.0]])


def bells(count: int, spread: float = 0.1) -> np.ndarray:
    """Quantiles of councils of 100, 200 … children at two horizons, in logarithms a normal curve."""
    sizes = 100.0 * np.arange(1, count + 1)
    return sizes[:, None, None] * np.exp(spread * ndtri(LEVELS))[None, None, :] * np.ones((1, 2, 1))


def scores(values: np.ndarray) -> np.ndarray:
    return ndtri((values.argsort(axis=0).argsort(axis=0) + 0.5) / len(values))


def test_two_councils_go_together_as_the_product_of_what_each_shares():
    loading = np.array([[0.8, 0.8], [0.5, 0.5], [0.0, 0.0]])
    drawn = draw_together(bells(3), loading, OVER_YEARS, DRAWS, np.random.default_rng(1))
    found = np.corrcoef(scores(drawn[:, :, 0]).T)
    assert found[0, 1] == pytest.approx(0.4, abs=0.02)
    assert found[0, 2] == pytest.approx(0.0, abs=0.02)


def test_a_draw_high_in_one_year_tends_to_be_high_in_the_next_as_told():
    drawn = draw_together(bells(1), np.array([[0.6, 0.6]]), OVER_YEARS, DRAWS, np.random.default_rng(2))
    assert np.corrcoef(scores(drawn[:, 0, :]).T)[0, 1] == pytest.approx(0.7, abs=0.02)


@pytest.mark.parametrize("shared", [0.0, 0.9])
def test_however_much_is_shared_each_council_keeps_its_own_distribution(shared):
    told = bells(2)
    drawn = draw_together(told, np.full((2, 2), shared), OVER_YEARS, DRAWS, np.random.default_rng(3))
    for level in (0.1, 0.5, 0.9):
        expected = np.quantile(told[1, 0], level)
        assert np.quantile(drawn[:, 1, 0], level) == pytest.approx(expected, rel=0.01)


def test_sharing_widens_the_sum_and_leaves_its_middle():
    apart = draw_together(bells(9), np.zeros((9, 2)), OVER_YEARS, DRAWS, np.random.default_rng(4)).sum(axis=1)
    together = draw_together(bells(9), np.full((9, 2), 0.6), OVER_YEARS, DRAWS, np.random.default_rng(4)).sum(axis=1)
    assert together[:, 0].std() > 1.5 * apart[:, 0].std()
    assert np.median(together[:, 0]) == pytest.approx(np.median(apart[:, 0]), rel=0.01)


def test_the_region_drawn_beside_is_high_where_the_sum_is_as_told():
    councils = draw_together(bells(4), np.zeros((4, 2)), OVER_YEARS, DRAWS, np.random.default_rng(5))
    region = draw_beside(councils, bells(1)[0] * 10, np.array([0.95, 0.5]), OVER_YEARS, np.random.default_rng(6))
    for place, told in enumerate((0.95, 0.5)):
        both = scores(np.column_stack([councils.sum(axis=1)[:, place], region[:, place]]))
        assert np.corrcoef(both.T)[0, 1] == pytest.approx(told, abs=0.02)


def test_what_is_shared_is_never_more_than_nearly_all():
    found = shared_share(np.array([0.04, 0.01]), np.array([[0.01, 0.04]]))
    assert found[0].round(3).tolist() == [0.995, 0.5]


def a_panel_with_regional_years(of_region: float, own: float) -> tuple:
    """Nine regions of twelve authorities; each region's year is a shock of its own, and so is each authority's."""
    chance = np.random.default_rng(11)
    regions = {f"R{one}": [f"{100 + 12 * one + two}" for two in range(12)] for one in range(9)}
    codes = [code for members in regions.values() for code in members]
    years = range(2010, 2022)
    shocks = np.repeat(chance.normal(0, of_region, (9, len(years))), 12, axis=0)
    growth = shocks + chance.normal(0, own, (108, len(years)))
    counts = 5_000 * np.exp(growth.cumsum(axis=1))
    people = np.full_like(counts, 1_000_000.0)
    rows = [
        row
        for name, values in ((LOOKED_AFTER, counts), (POPULATION, people), (CEASED, counts * 0.4))
        for row in figures_by_cell(codes, years, values.round(), name)
    ]
    near = {code: tuple(codes[(place + step) % 108] for step in range(12, 108, 12)) for place, code in enumerate(codes)}
    return panel_at(figures_of(rows, near), 2021), regions


def test_what_councils_of_a_region_share_is_recovered():
    panel, regions = a_panel_with_regional_years(of_region=0.03, own=0.05)
    told = shared_terms(panel, regions, add_regions(panel, regions))
    found = pd.DataFrame(told, columns=["origin", "horizon", "term", "value"]).set_index(["horizon", "term"])["value"]
    assert found[1, OF_REGION] == pytest.approx(0.03**2, rel=0.35)
    assert found[1, WITH_SUM] > 0.8
    assert found[1, SHARED] < 0.03**2


def test_where_nothing_is_shared_nearly_nothing_is_found():
    panel, regions = a_panel_with_regional_years(of_region=0.0, own=0.05)
    told = shared_terms(panel, regions, add_regions(panel, regions))
    found = {(horizon, term): value for _origin, horizon, term, value in told}
    assert found[1, OF_REGION] < 0.1 * 0.05**2
