"""Beds together never hold fewer children than beds apart, and an outside formula and a simulation agree."""

from __future__ import annotations

import heapq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from cip_analysis.demand.regional.beds import (
    BedsError,
    blocked,
    divide_beds,
    fill,
    fill_alone,
    need_lost_to_distance,
)

ALL = np.ones(1)


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def played(beds: int, comings: float, mean_stay: float, spread: float) -> tuple[float, float]:
    """Children coming one by one for beds, turned away where none is ready: share turned away, and mean held."""
    chance = np.random.default_rng(5)
    held: list[float] = []
    day, refused, days_held, came = 0.0, 0, 0.0, 60_000
    for wait in chance.exponential(1 / comings, came):
        day += wait
        while held and held[0] <= day:
            heapq.heappop(held)
        if len(held) == beds:
            refused += 1
            continue
        stay = mean_stay * chance.lognormal(-(spread**2) / 2, spread)
        days_held += stay
        heapq.heappush(held, day + stay)
    return refused / came, days_held / day


@pytest.mark.parametrize(
    ("beds", "load", "share"), [(1, 1.0, 0.5), (2, 1.0, 0.2), (3, 2.0, 4 / 19), (10, 5.0, 0.018385)]
)
def test_erlangs_formula_by_hand_and_by_its_tables(beds, load, share):
    assert blocked(beds, np.array([load]))[0] == pytest.approx(share, abs=5e-7)


@pytest.mark.parametrize(("beds", "load", "spread"), [(5, 4.0, 0.3), (5, 4.0, 1.2), (12, 15.0, 0.8)])
def test_children_played_one_by_one_are_turned_away_as_the_formula_says_however_stays_vary(beds, load, spread):
    refused, held = played(beds, load / 300, 300, spread)
    share = float(blocked(beds, np.array([load]))[0])
    assert refused == pytest.approx(share, abs=0.015)
    assert held == pytest.approx(load * (1 - share), rel=0.03)


def test_one_bed_by_hand():
    """One child on average wants one bed: half who come find it taken, so half the time it holds a child."""
    made = fill(1, np.array([1.0]), ALL, rng())
    assert made.filled[0] == 0.5
    assert made.turned_away[0] == 0.5
    assert made.at_most[0] == pytest.approx(1 - np.exp(-1))


def test_two_beds_shared_by_two_councils_by_hand():
    """Half a child each wants a bed: apart each holds 1/3, together two beds hold 1 x (1 − 0.2)."""
    needs = np.array([[0.5, 0.5]])
    alone = fill_alone((1, 1), needs, ALL, rng())
    together = fill(2, needs.sum(axis=1), ALL, rng())
    assert alone.filled[0] == pytest.approx(2 / 3)
    assert together.filled[0] == pytest.approx(0.8)
    assert alone.turned_away[0] == pytest.approx(1 / 3)


def test_turn_round_takes_time_from_a_held_bed():
    """With beds usable for four fifths, countless children keep a bed held always and occupied four fifths."""
    made = fill(3, np.array([1e6]), np.array([0.8]), rng())
    assert made.filled[0] == pytest.approx(2.4, rel=1e-4)


@settings(max_examples=60, deadline=None)
@given(
    some.lists(some.floats(0, 30), min_size=3, max_size=3),
    some.lists(some.integers(0, 12), min_size=3, max_size=3),
    some.floats(0.3, 1.0),
)
def test_together_never_holds_fewer_and_never_more_than_if_children_waited(needs, shares, usable):
    table, share = np.array([needs]), np.array([usable])
    together = fill(sum(shares), table.sum(axis=1), share, rng())
    alone = fill_alone(shares, table, share, rng())
    assert together.filled[0] >= alone.filled[0] - 1e-9
    assert together.at_most[0] >= alone.at_most[0] - 1e-9
    assert together.filled[0] <= together.at_most[0] + 1e-9
    assert together.filled[0] <= min(sum(shares) * usable, table.sum()) + 1e-9


def test_on_the_same_day_what_pooled_beds_could_hold_is_never_less():
    """The identity draw by draw: min(n, all children) is at least the sum of each council's min."""
    children, shares = np.random.default_rng(2).poisson(3, (5_000, 4)), np.array([2, 3, 4, 1])
    pooled = np.minimum(shares.sum(), children.sum(axis=1))
    assert (pooled >= np.minimum(shares, children).sum(axis=1)).all()


def test_days_looked_at_come_to_the_expected_number():
    need, usable = np.full(40_000, 6.0), np.full(40_000, 0.85)
    made = fill(8, need, usable, rng())
    assert made.at_a_moment.mean() == pytest.approx(made.filled.mean(), rel=0.01)
    assert made.at_a_moment.max() <= 8
    assert made.chance_filled == pytest.approx(made.filled.mean() / 8)


def test_no_beds_hold_nobody_and_turn_all_away():
    made = fill(0, np.array([3.0]), ALL, rng())
    assert (made.filled[0], made.turned_away[0], made.chance_filled) == (0, 1, 0)


@given(some.integers(0, 60), some.lists(some.floats(0.1, 1000), min_size=1, max_size=9))
def test_beds_divided_are_whole_and_add_up(beds, sizes):
    shares = divide_beds(beds, np.array(sizes))
    assert sum(shares) == beds
    assert min(shares) >= 0


def test_what_distance_may_take_is_where_pooling_gains_nothing():
    needs = np.array([[2.0, 3.0, 1.0]])
    alone, together = fill_alone((2, 3, 1), needs, ALL, rng()), fill(6, needs.sum(axis=1), ALL, rng())
    lost = need_lost_to_distance(together, alone, needs.sum(axis=1), ALL)
    left = fill(6, needs.sum(axis=1) * (1 - lost), ALL, rng())
    assert 0 < lost < 1
    assert left.filled[0] == pytest.approx(alone.filled[0], rel=1e-6)
    assert need_lost_to_distance(alone, together, needs.sum(axis=1), ALL) == 0


@pytest.mark.parametrize(("beds", "need", "usable"), [(-1, 1.0, 1.0), (2, -1.0, 1.0), (2, 1.0, 0.0), (2, 1.0, 1.2)])
def test_what_cannot_be_is_refused(beds, need, usable):
    with pytest.raises(BedsError, match="cannot be filled"):
        fill(beds, np.array([need]), np.array([usable]), rng())
