"""Households are weighed and chosen so that the totals come out: small cases, and a truth that is recovered."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from cip_analysis.synthetic.chance import stream
from cip_analysis.synthetic.totals.counting import Sums, totals
from cip_analysis.synthetic.totals.steering import choose_households, tolerances, weigh_households


def sums_of(adds: np.ndarray, goal: list[float]) -> Sums:
    """Households x goals as given."""
    rows = {"year": 2018, "measure": [f"goal {number}" for number in range(len(goal))], "goal": goal}
    return Sums(sparse.csr_array(adds.astype(float)), pd.DataFrame(rows).assign(tolerance=0.1, endings=np.nan))


def test_weights_bring_the_totals_to_the_goals_and_stay_between_nought_and_one() -> None:
    adds = np.repeat(np.array([[1, 0], [0, 1], [1, 1]]), 100, axis=0)
    sums = sums_of(adds, [80.0, 30.0])
    weight, _ = weigh_households(sums, np.full(300, 0.2), tolerances(sums, 5.0))
    assert np.allclose(sums.adds.T @ weight, [80, 30], atol=0.5)
    assert ((weight >= 0) & (weight <= 1)).all()


def test_like_households_get_like_weights_and_goals_already_met_change_nothing() -> None:
    adds = np.repeat(np.array([[1, 0], [0, 1]]), 50, axis=0)
    sums = sums_of(adds, [10.0, 10.0])
    weight, pull = weigh_households(sums, np.full(100, 0.2), tolerances(sums, 5.0))
    assert np.allclose(weight, 0.2)
    assert np.allclose(pull, 0.0)


def test_a_known_pull_gives_the_same_weights_in_one_round() -> None:
    adds = stream(1, "adds").integers(0, 3, (400, 4))
    sums = sums_of(adds, [90.0, 70.0, 85.0, 80.0])
    tolerance = tolerances(sums, 5.0)
    weight, pull = weigh_households(sums, np.full(400, 0.2), tolerance)
    again, _ = weigh_households(sums, np.full(400, 0.2), tolerance, pull)
    assert np.allclose(weight, again, atol=1e-3)


def test_a_county_that_exists_is_found_again_in_total() -> None:
    adds = stream(2, "adds").poisson(0.3, (2000, 40))
    truth = stream(2, "truth").random(2000) < 0.2
    sums = sums_of(adds, (adds.T @ truth).astype(float).tolist())
    tolerance = np.ones(40)
    weight, _ = weigh_households(sums, np.full(2000, 0.2), tolerance)
    chosen = choose_households(sums, weight, tolerance, stream(2, "choice"))
    assert np.abs(totals(sums, chosen) - adds.T @ truth).max() <= 2
    assert (chosen != truth).sum() > 100  # another county, the same in total


def test_choosing_needs_no_more_than_whole_households() -> None:
    adds = np.array([[2, 1], [1, 0], [0, 3], [1, 1]])
    sums = sums_of(np.repeat(adds, 20, axis=0), [11.0, 7.0])
    chosen = choose_households(sums, np.full(80, 0.1), np.ones(2), stream(3, "choice"))
    assert totals(sums, chosen).tolist() == [11.0, 7.0]
