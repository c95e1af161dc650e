"""Pooling: what it must do at its limits, and that it recovers rates that were invented."""

from __future__ import annotations

import numpy as np
import pytest
from demand.estimation.invented_histories import (
    CENSUS,
    FIRST,
    KINDS,
    LIVED_IN,
    POSSIBLE,
    play_histories,
    rates_that_vary,
)
from scipy.stats import gamma, nbinom

from cip_analysis.codes import AGE_BANDS, SETTINGS
from cip_analysis.demand.estimation.pooling import STRENGTHS, estimate_strength, pool_rates
from cip_analysis.demand.pathways import estimate_pathways

CELLS = (2, 1, len(AGE_BANDS), len(SETTINGS))
ANYWHERE = np.ones((len(SETTINGS), 1))
ALONE = np.ones((1, 1))
"""One kind of event, which is its own family."""


def pooled(rate_by_setting, nights, chance):
    """Pooled mean rates of one kind of event whose true rate depends on the setting alone, and the raw events."""
    days = np.broadcast_to(nights, CELLS).astype("float64")
    events = chance.poisson(days * rate_by_setting).astype("float64")[..., None]
    shape, shared = pool_rates(events, days, ANYWHERE, ALONE)
    return shape[..., 0] / shared, events[..., 0], days


def test_with_much_to_go_by_a_cell_speaks_for_itself():
    mean, events, days = pooled(np.linspace(0.001, 0.01, len(SETTINGS)), 1e7, np.random.default_rng(1))
    assert mean == pytest.approx(events / days, rel=0.01)


def test_with_nothing_to_go_by_a_cell_takes_the_rate_of_its_setting():
    nights = np.full(CELLS, 1e6)
    nights[:, :, 3, :] = 0
    rates = np.linspace(0.001, 0.01, len(SETTINGS))
    mean, _, _ = pooled(rates, nights, np.random.default_rng(2))
    assert mean[:, :, 3] == pytest.approx(np.broadcast_to(rates, (2, 1, len(SETTINGS))), rel=0.05)


def test_a_setting_never_used_takes_the_rate_of_all_and_is_the_least_certain():
    nights = np.full(CELLS, 1e4)
    nights[..., 5] = 0
    events = np.random.default_rng(3).poisson(nights * 0.003).astype("float64")[..., None]
    shape, shared = pool_rates(events, nights, ANYWHERE, ALONE)
    assert shape[..., 5, 0] / shared[..., 5] == pytest.approx(events.sum() / nights.sum(), rel=0.1)
    assert (shared[..., 5].max() < np.delete(shared, 5, axis=-1)).all() and (shared > 0).all()


def test_what_has_never_happened_anywhere_has_no_rate_and_what_cannot_happen_gets_none():
    nights = np.full(CELLS, 1e4)
    events = np.zeros((*CELLS, 2))
    events[..., :5, 1] = 3
    exposed = np.ones((len(SETTINGS), 2))
    exposed[7, 1] = 0
    shape, shared = pool_rates(events, nights, exposed, np.ones((2, 1)))
    assert (shape[..., 0] == 0).all() and (shape[..., 7, 1] == 0).all() and (shape[..., 8, 1] > 0).all()
    assert shared[..., 7] == pytest.approx(nights[..., 7] + 1)


def test_a_setting_nobody_moves_out_of_is_told_by_all_its_moves_together():
    """Ten kinds of move, each too rare to tell by itself that one setting has none of any."""
    nights = np.full(CELLS, 500.0)
    events = np.random.default_rng(6).poisson(0.3, (*CELLS, 10)).astype("float64")
    events[:, :, :, 7] = 0
    exposed = np.ones((len(SETTINGS), 10))
    left_over = []
    for families in (np.ones((10, 1)), np.eye(10)):
        shape, shared = pool_rates(events, nights, exposed, families)
        left_over.append((shape.sum(axis=-1) / shared)[..., 7].mean() / (events.sum() / nights.sum()))
    assert left_over[0] < 0.15 and left_over[0] < 0.4 * left_over[1]


def test_the_strength_is_where_the_negative_binomial_is_likeliest():
    chance = np.random.default_rng(4)
    expected = chance.uniform(1, 30, (400, 1))
    events = chance.poisson(expected * chance.gamma(4.0, 1 / 4.0, (400, 1))).astype("float64")
    found = estimate_strength(events, expected)[0]
    by_scipy = [nbinom.logpmf(events, s, s / (s + expected)).sum() - 0.5 * (np.log(s) / 1.5) ** 2 for s in STRENGTHS]
    assert found == STRENGTHS[np.argmax(by_scipy)] and 3 < found < 5.5


def test_cells_that_differ_by_chance_alone_are_drawn_hard_and_beat_their_own_rates():
    mean, events, days = pooled(np.full(len(SETTINGS), 0.004), 2000, np.random.default_rng(5))
    missed, missed_alone = np.abs(mean - 0.004).mean(), np.abs(events / days - 0.004).mean()
    assert missed < 0.35 * missed_alone


def test_true_rates_lie_within_their_intervals_19_times_in_20_and_pooling_comes_nearer_than_cells_alone():
    held, missed, missed_alone = [], [], []
    for seed in range(5):
        chance = np.random.default_rng(seed)
        truth = rates_that_vary(chance)
        pathways = estimate_pathways(play_histories(chance, 2000, truth), FIRST, CENSUS)
        shape = np.concatenate([pathways.leave, pathways.move], axis=-1)[0, 0]
        seen = np.concatenate([pathways.seen.leave, pathways.seen.move], axis=-1)[0, 0]
        possible = truth > 0
        assert (shape[:, :, [kind for kind in range(KINDS) if kind not in POSSIBLE]] == 0).all()
        days = np.broadcast_to(pathways.days[0, 0, :, :, None], shape.shape)[possible]
        nights = np.broadcast_to(pathways.seen.days[0, 0, :, :, None], shape.shape)[possible]
        low, high = (gamma.ppf(share, shape[possible]) / days for share in (0.025, 0.975))
        held += list((low <= truth[possible]) & (truth[possible] <= high))
        missed.append(((shape[possible] / days - truth[possible]) ** 2).mean())
        missed_alone.append(((seen[possible] / nights - truth[possible]) ** 2).mean())
    assert len(held) == 5 * len(AGE_BANDS) * len(LIVED_IN) * (len(POSSIBLE) - 1)
    assert 0.90 <= np.mean(held) <= 0.98
    assert np.sum(missed) < 0.8 * np.sum(missed_alone)
