"""A lever acts from its day, in a straight line to the day it is in full, and no longer than it is meant to."""

from __future__ import annotations

from datetime import date

import pytest

from cip_analysis.demand.inputs import month_ends
from cip_analysis.demand.levers.phasing import timing_notes, weight_by_month, weight_on
from cip_analysis.scenario_settings import StartsLever

MONTHS = month_ends(date(2018, 3, 31), 6)


def a_lever(begins: date, **days: date) -> StartsLever:
    return StartsLever(begins=begins, factor=0.5, **days)


def test_a_lever_at_once_acts_in_full_from_its_own_day():
    assert list(weight_by_month(a_lever(date(2018, 5, 1)), MONTHS)) == [0, 1, 1, 1, 1, 1]


def test_a_month_begun_part_way_counts_the_days_left_in_it():
    assert weight_by_month(a_lever(date(2018, 4, 16)), MONTHS)[0] == pytest.approx(15 / 30)


def test_a_phased_lever_rises_in_a_straight_line_and_stays():
    phased = a_lever(date(2018, 4, 1), full_by=date(2018, 4, 11))
    assert list(weight_on(phased, [date(2018, 4, day) for day in (1, 6, 11, 30)])) == [0, 0.5, 1, 1]
    assert weight_by_month(phased, MONTHS)[0] == pytest.approx((4.5 + 20) / 30)


def test_a_lever_stops_after_its_last_day():
    brief = a_lever(date(2018, 4, 1), until=date(2018, 5, 31))
    assert list(weight_by_month(brief, MONTHS)) == [1, 1, 0, 0, 0, 0]
    assert list(weight_on(brief, [date(2018, 5, 31), date(2018, 6, 1)])) == [1, 0]


def test_what_falls_outside_the_horizon_is_said():
    assert timing_notes(a_lever(date(2018, 4, 1)), MONTHS) == []
    assert "changes nothing" in timing_notes(a_lever(date(2018, 10, 1)), MONTHS)[0]
    assert "changes nothing" in timing_notes(a_lever(date(2017, 1, 1), until=date(2018, 3, 31)), MONTHS)[0]
    assert "may be counted twice" in timing_notes(a_lever(date(2018, 3, 31)), MONTHS)[0]
