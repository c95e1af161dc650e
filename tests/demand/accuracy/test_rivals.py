"""The rivals are the textbook's, and their intervals are what their own past says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from cip_analysis.demand.accuracy.rivals import NO_CHANGE, RIVALS, RivalError
from cip_analysis.demand.accuracy.scores import LEVELS

AHEAD = (12, 24, 48)


def a_walk(months=61, monthly_sd=0.02, growth=0.0, seed=1):
    """A line that wanders, from 500."""
    return 500 * np.exp(np.cumsum(np.random.default_rng(seed).normal(growth, monthly_sd, months)))


def middle(quantiles):
    return (quantiles[99] + quantiles[100]) / 2


@pytest.mark.parametrize("name", RIVALS)
def test_every_rival_gives_ascending_counts_above_nought_that_widen_with_time(name):
    quantiles = RIVALS[name](a_walk(), AHEAD)
    assert quantiles.shape == (len(LEVELS), len(AHEAD))
    assert (np.diff(quantiles, axis=0) >= 0).all() and quantiles.min() > 0
    wide = np.log(quantiles[194] / quantiles[5])
    assert wide[0] < wide[1] < wide[2]


def test_no_change_stays_and_spreads_as_a_year_has_changed_it():
    history = 400 * 1.1 ** (np.arange(37) / 12)
    quantiles = RIVALS[NO_CHANGE](history, (12, 48))
    assert middle(quantiles) == pytest.approx([history[-1]] * 2, rel=0.002)
    assert quantiles[-1] == pytest.approx(history[-1] * np.array([1.1, 1.21]))
    assert quantiles[0] == pytest.approx(history[-1] / np.array([1.1, 1.21]))


def test_own_drift_goes_on_as_it_came():
    history = 400 * 1.1 ** (np.arange(37) / 12)
    reached = middle(RIVALS["own drift"](history, AHEAD))
    assert reached == pytest.approx(history[-1] * np.array([1.1, 1.1**2, 1.1**4]), rel=0.002)


def test_a_random_walk_with_drift_is_the_textbook_formula():
    history = a_walk(growth=0.003)
    steps = np.diff(np.log(history))
    spread = steps.std(ddof=1) * np.sqrt(24 * (1 + 24 / 60))
    expected = history[-1] * np.exp(steps.mean() * 24 + spread * norm.ppf(LEVELS[[5, 194]]))
    assert RIVALS["random walk with drift"](history, (24,))[[5, 194], 0] == pytest.approx(expected)


def test_a_random_walk_holds_what_a_random_walk_does():
    held = []
    for seed in range(200):
        walk = a_walk(months=121, seed=seed)
        quantiles = RIVALS["random walk with drift"](walk[:73], (48,))
        held.append(quantiles[20, 0] <= walk[-1] <= quantiles[179, 0])
    assert np.mean(held) == pytest.approx(0.8, abs=0.08)


def test_a_damped_trend_carries_a_steady_climb_part_of_the_way():
    history = 400 * 1.05 ** (np.arange(61) / 12) + np.random.default_rng(3).normal(0, 0.5, 61)
    ahead = middle(RIVALS["damped trend"](history, (48,)))[0]
    assert history[-1] * 1.05 < ahead < history[-1] * 1.05**4 * 1.02


def test_a_month_of_nobody_is_half_a_child_and_not_a_failure():
    assert np.isfinite(RIVALS[NO_CHANGE](np.array([0.0] * 12 + [4.0] * 24), AHEAD)).all()


def test_too_short_a_line_is_refused():
    with pytest.raises(RivalError, match="23 months are too few"):
        RIVALS[NO_CHANGE](a_walk(23), AHEAD)
