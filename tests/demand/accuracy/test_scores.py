"""Scores worked by hand and against their closed forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scoringrules
from scipy.stats import norm

from cip_analysis.demand.accuracy.scores import LEVELS, crps, held, interval, score


def normal(mean=0.0, sd=1.0):
    return norm.ppf(LEVELS, mean, sd)[None, :]


@pytest.mark.parametrize("outturn", [-2.0, 0.0, 0.7, 3.0])
def test_the_crps_of_a_normal_forecast_is_that_of_its_closed_form(outturn):
    """x(2Φ(x) − 1) + 2φ(x) − 1/√π; at nought .233695."""
    closed = outturn * (2 * norm.cdf(outturn) - 1) + 2 * norm.pdf(outturn) - 1 / np.sqrt(np.pi)
    assert crps(normal(), np.array([outturn]))[0] == pytest.approx(closed, abs=6e-4)
    assert outturn != 0 or closed == pytest.approx(0.233695, abs=1e-6)


def test_the_crps_of_a_certain_forecast_is_its_error():
    certain = np.full((2, len(LEVELS)), 100.0)
    assert crps(certain, np.array([93.0, 110.0])).tolist() == pytest.approx([7.0, 10.0])


def test_the_crps_is_that_of_the_equally_likely_values():
    """Mean distance from the outturn less half the mean distance between two draws."""
    values = np.sort(np.random.default_rng(1).gamma(3, 20, len(LEVELS)))
    by_definition = np.abs(values - 50).mean() - np.abs(values[:, None] - values).mean() / 2
    assert crps(values[None, :], np.array([50.0]))[0] == pytest.approx(by_definition)


def test_the_crps_and_the_interval_agree_with_an_independent_package():
    """scoringrules: its ensemble CRPS of the same values, its closed form for a normal, and its pinball losses."""
    chance = np.random.default_rng(9)
    values = np.sort(chance.gamma(3, 20, (50, len(LEVELS))), axis=1)
    outturn = chance.gamma(3, 20, 50)
    assert crps(values, outturn) == pytest.approx(scoringrules.crps_ensemble(outturn, values))
    assert crps(values, outturn) == pytest.approx(scoringrules.crps_quantile(outturn, values, LEVELS))
    normals = np.repeat(normal(100, 12), 50, axis=0)
    assert crps(normals, outturn) == pytest.approx(scoringrules.crps_normal(outturn, 100, 12), abs=0.02)


def test_an_honest_distribution_scores_better_than_one_too_narrow_or_too_wide():
    outturn = np.random.default_rng(2).normal(size=4_000)
    scores = [crps(np.repeat(normal(sd=sd), 4_000, axis=0), outturn).mean() for sd in (0.6, 1.0, 1.6)]
    assert scores[1] < min(scores[0], scores[2])


@pytest.mark.parametrize(("coverage", "end"), [(0.80, 1.28155), (0.95, 1.95996)])
def test_a_normal_forecasts_interval_ends_where_it_should(coverage, end):
    below, above = interval(normal(), coverage)
    assert (below[0], above[0]) == (pytest.approx(-end, abs=0.01), pytest.approx(end, abs=0.01))


@pytest.mark.parametrize("coverage", [0.80, 0.95])
def test_honest_intervals_hold_as_often_as_they_say(coverage):
    outturn = np.random.default_rng(3).normal(size=20_000)
    assert held(np.repeat(normal(), 20_000, axis=0), outturn, coverage).mean() == pytest.approx(coverage, abs=0.01)


def test_a_group_of_forecasts_is_scored_as_by_hand():
    """Errors 10 of 110 and 20 of 80; CRPS 5 of 100 and 10 of 50."""
    made = {"forecast": [100.0, 100.0], "outturn": [110.0, 80.0], "stock": [100.0, 50.0], "crps": [5.0, 10.0]}
    scored = score(pd.DataFrame({**made, "held_80": [True, False], "held_95": [True, True]}))
    by_hand = {"n": 2, "mae": 15, "mape": (10 / 110 + 20 / 80) / 2, "crps": 0.125, "coverage_80": 0.5, "coverage_95": 1}
    assert scored.to_dict() == pytest.approx(by_hand)
