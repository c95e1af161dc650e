"""Councils and region add up in every draw, with weights that an independent formula confirms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from cip_analysis.demand.regional.reconcile import (
    ReconcileError,
    Together,
    add_up,
    council_weights,
    divide,
    reconcile,
    shrunk_covariance,
)


def by_the_matrix(covariance: np.ndarray, base: np.ndarray) -> np.ndarray:
    """The reconciled forecasts as the paper writes them: S (S' W⁻¹ S)⁻¹ S' W⁻¹ y, the region first."""
    count = len(base) - 1
    summing = np.vstack([np.ones(count), np.eye(count)])
    inverse = np.linalg.inv(covariance)
    return summing @ np.linalg.solve(summing.T @ inverse @ summing, summing.T @ inverse @ base)


def a_covariance(count: int, seed: int) -> np.ndarray:
    root = np.random.default_rng(seed).normal(size=(count, count))
    return root @ root.T + np.eye(count)


def test_equal_belief_by_hand():
    """A region of 12 and councils of 4 and 5 are three apart: each gives way by one."""
    made = reconcile(np.array([[[4.0], [5.0]]]), np.array([[12.0]]), council_weights(np.eye(3))[:, None])
    assert made.councils[0, :, 0].tolist() == [5, 6]
    assert made.region[0, 0] == 11


def test_the_less_sure_council_gives_way_more():
    """Variances of 1 (region), 3 and 1: of five apart the councils take 3 and 1, the region gives up 1."""
    weights = council_weights(np.diag([1.0, 3.0, 1.0]))
    assert (weights * 5).round(9).tolist() == [3, 1]


@pytest.mark.parametrize("seed", range(5))
def test_the_weights_are_those_of_the_matrix_formula(seed):
    covariance = a_covariance(5, seed)
    base = np.array([500.0, 90, 110, 130, 150])
    weights = council_weights(covariance)
    made = reconcile(base[None, 1:, None], base[None, :1], weights[:, None])
    expected = by_the_matrix(covariance, base)
    np.testing.assert_allclose(made.councils[0, :, 0], expected[1:])
    np.testing.assert_allclose(made.region[0, 0], expected[0])


@pytest.mark.parametrize("seed", range(5))
def test_no_other_weights_leave_less_variance(seed):
    covariance = a_covariance(4, seed)
    best = council_weights(covariance)

    def trace(weights: np.ndarray) -> float:
        summing = np.vstack([np.ones(3), np.eye(3)])
        taking = np.column_stack([weights, np.eye(3) - weights[:, None]])
        reconciled = summing @ taking
        return float(np.trace(reconciled @ covariance @ reconciled.T))

    chance = np.random.default_rng(seed)
    assert all(trace(best) <= trace(best + chance.normal(scale=0.05, size=3)) + 1e-9 for _ in range(200))


@given(
    some.lists(some.floats(0, 2000), min_size=8, max_size=8),
    some.lists(some.floats(0, 9000), min_size=2, max_size=2),
    some.lists(some.floats(-0.5, 1.5), min_size=4, max_size=4),
)
def test_in_every_draw_councils_add_up_and_none_is_below_nought(councils, region, weights):
    drawn = np.array(councils).reshape(2, 4, 1)
    made = reconcile(drawn, np.array(region).reshape(2, 1), np.array(weights)[:, None])
    np.testing.assert_allclose(made.councils.sum(axis=1), made.region, rtol=1e-9)
    assert (made.councils >= 0).all()


def test_summing_keeps_the_councils_and_dividing_keeps_the_region():
    councils, region = np.array([[[10.0], [30.0]]]), np.array([[50.0]])
    assert add_up(councils).region[0, 0] == 40
    divided = divide(region, np.array([[1.0], [3.0]]))
    assert divided.councils[0, :, 0].tolist() == [12.5, 37.5]
    assert divided.region[0, 0] == 50


def test_forecasts_that_agree_already_stay():
    councils = np.array([[[10.0], [30.0]]])
    made = reconcile(councils, np.array([[40.0]]), council_weights(np.eye(3))[:, None])
    np.testing.assert_array_equal(made.councils, councils)


def test_draws_that_do_not_add_up_are_refused_with_how_many():
    with pytest.raises(ReconcileError, match="1 draws do not add up"):
        Together(np.array([[[1.0], [2.0]], [[1.0], [1.0]]]), np.array([[4.0], [2.0]]))
    with pytest.raises(ReconcileError, match="do not belong"):
        Together(np.ones((2, 3, 1)), np.ones((2, 2)))


def test_two_years_say_nothing_of_correlation():
    covariance, share = shrunk_covariance(np.array([[3.0, 4.0], [-3.0, -4.0]]))
    assert share == 1
    assert covariance.tolist() == [[9, 0], [0, 16]]


def test_what_truly_goes_together_is_kept_and_what_does_not_is_drawn_to_nought():
    chance = np.random.default_rng(3)
    common, own = chance.normal(size=(400, 1)), chance.normal(size=(400, 4))
    together, kept = shrunk_covariance(3 * common + own)
    _apart, drawn = shrunk_covariance(own[:12])
    assert kept < 0.05
    assert together[0, 1] / together[0, 0] == pytest.approx(0.9, abs=0.05)
    assert drawn > 0.5


def test_no_past_error_is_refused():
    with pytest.raises(ReconcileError, match="No past error"):
        shrunk_covariance(np.empty((0, 3)))
