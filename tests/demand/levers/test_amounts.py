"""Children a year and places become rates and shares that give as many as there are, and no more."""

from __future__ import annotations

import numpy as np
import pytest
from demand.invented_model import a_model

from cip_analysis.codes import AGE_BANDS, SETTINGS
from cip_analysis.demand.inputs import DAYS_IN_YEAR, Entrants
from cip_analysis.demand.levers.amounts import (
    MOST_OF_A_MONTH,
    Exchange,
    arrivals_for_children,
    rate_for_children,
    share_for_places,
)
from cip_analysis.demand.levers.turnover import DAYS_IN_MONTH, emptying_rate, moving_rate, share_still_here

STILL = Exchange(0.0, 0.0, 0.0, 0.0)


def test_children_a_year_over_the_children_there_is_the_rate():
    amount = rate_for_children(np.array([12.0, 12.0]), np.full(3, 60.0), emptying=0.0)
    assert amount.given == pytest.approx([1, 1])
    assert amount.level == pytest.approx([1 / 59.5 / DAYS_IN_MONTH, 1 / 58.5 / DAYS_IN_MONTH])
    assert amount.met == 1


def test_no_more_can_go_than_half_of_those_there_in_a_month():
    amount = rate_for_children(np.array([120.0, 120.0]), np.full(3, 8.0), emptying=0.0)
    assert amount.given == pytest.approx([8 * MOST_OF_A_MONTH, 4 * MOST_OF_A_MONTH])
    assert amount.met == pytest.approx(6 / 20)


def test_nobody_there_means_nobody_goes():
    amount = rate_for_children(np.array([12.0]), np.zeros(2), emptying=0.01)
    assert (amount.given == 0).all()
    assert (amount.level == 0).all()


def test_places_that_never_empty_are_filled_once_and_held():
    amount = share_for_places(np.full(4, 3.0), np.full(4, 2.0), STILL, at_most=0.5)
    assert list(amount.level) == [0.5, 0.5, 0.5, 0]
    assert list(amount.given) == [1, 2, 3, 3]


def test_places_that_empty_are_kept_filled_by_as_many_as_go():
    empties = np.log(2) / DAYS_IN_MONTH
    amount = share_for_places(np.full(2, 1.0), np.full(2, 100.0), Exchange(empties, 0.0, 0.0, 0.0), at_most=1.0)
    assert amount.given == pytest.approx([1, 1])
    assert amount.level == pytest.approx([np.sqrt(2) / 100, np.sqrt(2) / 200])


def test_fewer_children_in_the_other_setting_send_fewer_moves_of_their_own():
    swapping = Exchange(0.0, 0.0, 0.0, 0.1 / DAYS_IN_MONTH)
    amount = share_for_places(np.full(2, 10.0), np.full(2, 100.0), swapping, at_most=1.0)
    assert amount.level == pytest.approx([0.10, 0.01])


def test_arrivals_make_up_for_those_who_have_gone():
    staying = np.array([1.0, 0.5, 0.25])
    arrivals = arrivals_for_children(np.array([3.0, 3.0]), staying)
    assert arrivals == pytest.approx([3 / 0.75, (3 - 4 * 0.375) / 0.75])


def test_arrivals_are_never_taken_away():
    assert list(arrivals_for_children(np.array([5.0, 1.0]), np.ones(3))) == [5, 0]


def test_those_still_here_leave_at_the_rates_of_their_age_and_are_gone_at_18():
    pathways = a_model().pathways
    sixteen_and_a_half = Entrants(np.array([0, 1]), np.array([16.5 * DAYS_IN_YEAR]), np.array([0]), np.array([0]))
    here = share_still_here(sixteen_and_a_half, pathways, 0, 24)
    rate = pathways.leave_rates.sum(axis=-1)[0, 0, 4, 0]
    assert here[:18] == pytest.approx(np.exp(-rate * DAYS_IN_MONTH * np.arange(18)))
    assert (here[18:] == 0).all()


def test_a_setting_empties_by_leaving_moving_and_birthdays_out_of_its_last_band():
    pathways = a_model().pathways
    only, inside = np.zeros((len(AGE_BANDS), len(SETTINGS))), np.zeros((len(AGE_BANDS), len(SETTINGS)), dtype=bool)
    only[4, 3], inside[4, 3] = 7.0, True
    expected = pathways.leave_rates[0, 0, 4, 3].sum() + pathways.move_rates[0, 0, 4, 3].sum() + 1 / (2 * DAYS_IN_YEAR)
    assert emptying_rate(pathways, only, inside) == pytest.approx(expected)
    assert emptying_rate(pathways, np.zeros_like(only), inside) == pytest.approx(expected)


def test_moves_and_birthdays_within_the_group_do_not_empty_it():
    pathways = a_model().pathways
    everywhere = np.ones((len(AGE_BANDS), len(SETTINGS)))
    only = np.zeros_like(everywhere)
    only[2, 0] = 1.0
    assert emptying_rate(pathways, only, everywhere > 0) == pytest.approx(pathways.leave_rates[0, 0, 2, 0].sum())


def test_the_rate_of_moving_weighs_the_ages_given():
    pathways = a_model().pathways
    rates = pathways.move_rates[0, 0, :, 1, 3]
    assert moving_rate(pathways, np.array([0.0, 0, 0, 1, 1]), 1, 3) == pytest.approx((rates[3] + rates[4]) / 2)
