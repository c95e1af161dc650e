"""Whoever is dear stays dear: a queue of multiples by hand, by identity and against known means and variances."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from cip_analysis.codes import AGE_BANDS, SETTINGS, WAYS_OUT
from cip_analysis.demand.inputs import month_ends
from cip_analysis.money.pricing import queue
from cip_analysis.money.pricing.paths import FeePool
from cip_analysis.money.pricing.queue import mean_multiples
from cip_analysis.projections import Projection

HOME = "external residential"
HERE = SETTINGS.index(HOME)


def pool_of(*multiples: float, present: tuple[float, ...] = ()) -> FeePool:
    """Equally likely multiples, and those known to be there."""
    return FeePool(np.array(present), np.array(multiples), np.full(len(multiples), 1 / len(multiples)))


def flows(at_first: int, came: list[int], left: list[int], draws: int = 1) -> Projection:
    """So many there at first, and so many who start and cease in each later month, the same in every draw."""
    months = len(came) + 1
    by_setting, ways = (draws, months, len(SETTINGS)), np.zeros((draws, months, len(WAYS_OUT)), "int16")
    starts, ceases = np.zeros(by_setting, "int16"), np.zeros(by_setting, "int16")
    starts[:, 1:, HERE], ceases[:, 1:, HERE], ways[:, 1:, 0] = came, left, left
    stock = np.zeros((draws, months, len(AGE_BANDS), len(SETTINGS)), "int16")
    stock[:, :, 3, HERE] = at_first + (starts - ceases)[:, :, HERE].cumsum(axis=1)
    nothing, days = np.zeros(by_setting, "int16"), np.zeros(by_setting, "float32")
    days[:, 1:, HERE] = 30 * stock[:, 1:].sum(axis=2)[:, :, HERE]
    return Projection(
        "baseline", "by hand", month_ends(date(2018, 3, 31), months - 1), stock, starts, ceases, nothing, nothing,
        ways, np.zeros((draws, months), "int16"), days, days,
    )  # fmt: skip


def test_two_children_by_hand_one_comes_and_the_first_leaves():
    """0.8 and 1.2 there in either order; whoever stands first leaves, and a 1 comes; then nothing changes."""
    there = pool_of(1.0, present=(0.8, 1.2))
    found = mean_multiples(flows(2, [1, 0], [1, 0], draws=40), HOME, there, seed=1)
    assert found[:, 0] == pytest.approx(1.0)
    stays = np.where(found[:, 2] > 1, 1.2, 0.8)
    assert found[:, 2] == pytest.approx((stays + 1.0) / 2)
    assert found[:, 1] == pytest.approx((0.8 + 1.2 + stays + 1.0) / 4)
    assert {round(float(one), 2) for one in stays} == {0.8, 1.2}


def test_a_child_who_comes_and_goes_within_a_month_is_priced_at_its_own_multiple():
    found = mean_multiples(flows(0, [1, 0], [1, 0], draws=300), HOME, pool_of(0.5, 1.5), seed=1)
    assert set(found[:, 1].round(9)) == {0.5, 1.5}
    assert (found[:, [0, 2]] == 1).all()


def test_where_everyone_is_at_the_mean_so_is_every_month():
    assert (mean_multiples(flows(3, [2, 1], [1, 4]), HOME, FeePool.flat(), 1) == 1).all()


def test_while_nobody_comes_or_goes_those_there_keep_their_mean():
    found = mean_multiples(flows(3, [0] * 6, [0] * 6, draws=5), HOME, pool_of(1.0, present=(0.5, 1.0, 2.1)), 1)
    assert found == pytest.approx(3.6 / 3)


def test_those_who_are_not_known_are_as_of_the_pool_and_more_known_than_there_are_are_not_all_used():
    some = mean_multiples(flows(4, [0], [0], draws=4000), HOME, pool_of(0.5, 1.5, present=(3.0, 3.0)), 1)
    assert some[:, 0].mean() == pytest.approx((6 + 2) / 4, abs=0.02)
    assert {round(float(one), 9) for one in some[:, 0]} == {1.75, 2.0, 2.25}
    too_many = mean_multiples(flows(1, [0], [0], draws=400), HOME, pool_of(1.0, present=(2.0, 4.0)), 1)
    assert set(too_many[:, 0]) == {2.0, 4.0}


def test_mean_and_variance_are_those_of_a_mean_of_as_many_draws():
    """A pool of variance v: the mean of n children has variance v ÷ n; once all have gone, the new ones' likewise."""
    pool = pool_of(0.4, 0.6, 0.8, 1.0, 2.2)
    for children in (2, 10, 50):
        found = mean_multiples(flows(children, [children, 0], [children, 0], draws=20_000), HOME, pool, 3)
        for month in (0, 2):
            assert found[:, month].mean() == pytest.approx(1, abs=5 * pool.pool.std() / np.sqrt(children * 20_000))
            assert found[:, month].var() == pytest.approx(pool.pool.var() / children, rel=0.05)
        assert abs(np.corrcoef(found[:, 0], found[:, 2])[0, 1]) < 0.03


def test_weights_are_kept():
    pool = FeePool(np.zeros(0), np.array([4.0, 0.5]), np.array([1 / 7, 6 / 7]))
    found = mean_multiples(flows(1, [0], [0], draws=20_000), HOME, pool, 3)
    assert (found[:, 0] == 4.0).mean() == pytest.approx(1 / 7, abs=0.01)


def test_a_dear_child_stays_dear_from_month_to_month():
    """Ten children, one of them changing each month: after three months seven tenths of them are the same."""
    found = mean_multiples(flows(10, [1] * 12, [1] * 12, draws=20_000), HOME, pool_of(0.5, 1.5), 3)
    ends = [found[:, 0]]
    for month in range(1, 7):
        ends.append(2 * found[:, month] - ends[-1])  # a month's multiple is the mean of its two ends
    assert np.corrcoef(ends[1], ends[4])[0, 1] == pytest.approx(0.7, abs=0.02)


def test_chance_is_shared_whatever_the_draws_the_months_or_how_many_come():
    pool = pool_of(0.5, 0.7, 1.8, present=(1.0, 2.0))
    long = mean_multiples(flows(5, [3, 2, 4, 1], [1, 2, 3, 4], draws=600), HOME, pool, 9)
    assert (mean_multiples(flows(5, [3, 2], [1, 2], draws=7), HOME, pool, 9) == long[:7, :3]).all()
    more = mean_multiples(flows(5, [3, 2, 9, 1], [1, 2, 3, 4], draws=600), HOME, pool, 9)
    assert (more[:, :3] == long[:, :3]).all() and (more[:, 3] != long[:, 3]).any()
    assert (mean_multiples(flows(5, [3], [1], draws=600), HOME, pool, 8) != long[:, :2]).any()


def test_a_cheaper_pool_leaves_every_child_its_rank():
    pool = pool_of(0.5, 0.7, 1.8)
    cheap = replace(pool, pool=np.array([0.9, 1.3, 0.8]))  # the same ranks in another order
    dear = mean_multiples(flows(1, [0], [0], draws=600), HOME, pool, 9)[:, 0]
    less = mean_multiples(flows(1, [0], [0], draws=600), HOME, cheap, 9)[:, 0]
    assert {(round(float(a), 9), round(float(b), 9)) for a, b in zip(dear, less, strict=True)} == {
        (0.5, 0.8), (0.7, 0.9), (1.8, 1.3),
    }  # fmt: skip


def test_a_very_long_queue_comes_round_again_without_a_jump(monkeypatch):
    monkeypatch.setattr(queue, "LONGEST", 4)
    found = mean_multiples(flows(0, [4] * 6, [0] + [4] * 5, draws=50), HOME, pool_of(0.5, 1.5), 2)
    assert found[:, 2:] == pytest.approx(np.repeat(found[:, 1:2], 5, axis=1))
