"""Arrivals are solved so that the simulated total meets a path, and what cannot be met is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from demand.invented_model import a_model

from cip_analysis.demand.inputs import Entrants
from cip_analysis.demand.levers.following import few_draws
from cip_analysis.demand.levers.response import expected_weights
from cip_analysis.demand.scenarios import FollowingError, arrival_factors, follow_total
from cip_analysis.demand.simulate import simulate

COUNTY = a_model(draws=300, months=36, children=300, starts_a_year=120)


def totals(inputs, months):
    return simulate(inputs).total[:, months]


def test_the_mean_total_meets_every_target_within_a_third_of_a_child():
    target = {12: 310.0, 24: 335.0, 36: 320.0}
    followed = follow_total(COUNTY, target, simulate)
    assert totals(followed, [12, 24, 36]).mean(axis=0) == pytest.approx([310, 335, 320], abs=0.3)
    assert followed.notes == COUNTY.notes


def test_the_median_can_be_asked_to_meet_it_instead():
    followed = follow_total(COUNTY, {24: 330.0}, simulate, centre="median")
    assert np.median(totals(followed, [24])) == pytest.approx(330, abs=0.6)


def test_a_part_of_the_draws_finds_nearly_the_factors_of_them_all():
    followed = follow_total(COUNTY, {12: 310.0, 36: 330.0}, simulate, draws=100)
    error = totals(followed, [12, 36]).std(axis=0) / 10
    assert (np.abs(totals(followed, [12, 36]).mean(axis=0) - [310, 330]) < 3 * error).all()


def test_factors_that_were_put_in_are_found_again():
    truth = np.repeat([1.4, 0.7, 1.1], 12)
    known = replace(COUNTY, effects=replace(COUNTY.effects, entry=COUNTY.effects.entry * truth[:, None, None]))
    path = dict(zip([12, 24, 36], totals(known, [12, 24, 36]).mean(axis=0), strict=True))
    factors, unmet = arrival_factors(COUNTY, path, simulate)
    assert factors == pytest.approx(truth, abs=0.02)
    assert unmet == []


def test_each_factor_holds_to_its_target_month_and_the_last_to_the_horizon():
    factors, _ = arrival_factors(COUNTY, {12: 310.0, 18: 330.0}, simulate)
    assert len(set(factors[:12])) == 1
    assert len(set(factors[12:])) == 1
    assert factors[0] != factors[12]


def test_a_total_below_what_survivors_give_is_told_with_the_nearest_found():
    followed = follow_total(COUNTY, {12: 50.0}, simulate)
    assert (followed.effects.entry == 0).all()
    reached = totals(followed, [12]).mean()
    assert followed.notes[-1] == (
        f"A total of 50 on 31 March 2019 cannot be met: with no arrivals at all {reached:.0f} would be in care. "
        f"The nearest found is {reached:.0f}."
    )


def test_a_path_that_jumps_up_and_straight_down_says_that_those_who_came_are_still_there():
    followed = follow_total(COUNTY, {12: 500.0, 24: 260.0}, simulate)
    assert "31 March 2020 cannot be met: those who came before" in followed.notes[-1]
    assert totals(followed, [12]).mean() == pytest.approx(500, abs=0.5)


def test_with_nobody_to_multiply_it_is_said_and_nothing_else_is_changed():
    closed = replace(COUNTY, starts=np.zeros_like(COUNTY.starts))
    followed = follow_total(closed, {12: 400.0}, simulate)
    assert (followed.effects.entry == 1).all()
    assert "no arrivals to multiply" in followed.notes[-1]


def test_a_single_draw_in_which_nobody_happened_to_arrive_is_still_solved():
    lone = a_model(draws=1, months=1, children=20, starts_a_year=10)
    assert simulate(lone).starts.sum() == 0
    factors, _ = arrival_factors(lone, {1: 25.0}, simulate)
    assert factors[0] > 1


@pytest.mark.parametrize(
    ("target", "said"),
    [({}, "it has none"), ({0: 1.0}, "it has 0"), ({12: 1.0, 37: 1.0}, "from 1 to 36, the horizon; it has 37"),
     ({12: -1.0}, "below nought, or not a number, at month 12"), ({12: float("nan")}, "not a number")],
)  # fmt: skip
def test_a_path_outside_the_horizon_or_below_nought_is_refused(target, said):
    with pytest.raises(FollowingError, match=said):
        follow_total(COUNTY, target, simulate)


def test_a_few_draws_expect_the_starts_of_all_of_them_month_by_month():
    few = few_draws(COUNTY, 20, 12)
    assert few.starts.shape == (20, 12)
    assert few.starts.mean(axis=0) == pytest.approx(COUNTY.starts[:, :12].mean(axis=0))
    assert few.starts_unaccompanied.mean(axis=0) == pytest.approx(COUNTY.starts_unaccompanied[:, :12].mean(axis=0))


def test_factors_weigh_by_the_past_arrivals_they_touch():
    past = Entrants(
        np.array([0, 2, 3, 4]), np.array([100.0, 4000, 4100, 100]), np.zeros(4, int), np.array([0, 0, 1, 1])
    )
    entry = np.ones((1, 5, 9))
    entry[:, 3, 1] = 0.5
    assert expected_weights(past, entry) == pytest.approx([(1 + 1 + 0.5 + 1) / 4])
