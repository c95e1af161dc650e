"""Forecast a few invented counties and see whether the truth lies where the intervals say (in full: benchmarks/)."""

from __future__ import annotations

import numpy as np
import pytest
from demand.invented_county import KINDS, RESIDENTIAL, STILL, Kind, invent_county
from demand.invented_evidence import evidence_for, without_drift
from scipy.stats import gamma

from cip_analysis.codes import SETTINGS
from cip_analysis.demand.backtest import measure_draws, within
from cip_analysis.demand.forecast import WITHOUT_NATIONAL, Asked, prepare
from cip_analysis.demand.simulate import simulate

HORIZONS = (12, 24, 36, 48)
DRAWS = 200
HOMES = within(SETTINGS[RESIDENTIAL])


@pytest.fixture(scope="module")
def judged():
    """Eight counties, one of each kind, with their draws as forecast and as they would be if nothing drifted."""
    made = []
    for seed, kind in enumerate(KINDS):
        county = invent_county(100 + seed, kind, seen_years=6, size=300)
        asked, evidence = Asked(WITHOUT_NATIONAL, HORIZONS[-1], DRAWS, seed), evidence_for(county)
        inputs = [prepare(county.episodes, each, asked) for each in (evidence, without_drift(evidence))]
        made.append((county, inputs[0].pathways, *[measure_draws(simulate(each), HORIZONS) for each in inputs]))
    return made


def share_held(judged, share):
    tails = [(1 - share) / 2, (1 + share) / 2]
    held = []
    for county, _, drawn, _ in judged:
        for measure, came in (("stock", county.came.sum(axis=1)), (HOMES, county.came[:, RESIDENTIAL])):
            low, high = np.quantile(drawn[measure], tails, axis=0)
            held += list((low <= came[1:]) & (came[1:] <= high))
    return np.mean(held)


def test_intervals_hold_about_as_often_as_they_say(judged):
    assert share_held(judged, 0.95) >= 0.85
    assert 0.60 <= share_held(judged, 0.80) <= 0.97


def test_drift_makes_the_forecast_less_sure_and_the_more_so_the_further_ahead(judged):
    for _, _, drifting, still in judged:
        wider = drifting["stock"].std(axis=0) / still["stock"].std(axis=0)
        assert wider[3] > max(1.3, wider[0])


def test_rates_of_leaving_are_recovered_within_their_own_intervals(judged):
    held = []
    for county, rates, *_ in judged:
        if county.world.kind.leaving == STILL and county.world.kind.early == 1:
            true, seen = county.world.leave, rates.seen.days[0].sum(axis=0)
            events, days = rates.leave.sum(axis=-1)[0].sum(axis=0), rates.days[0].sum(axis=0)
            low, high = (gamma.ppf(end, events, scale=1 / days) for end in (0.025, 0.975))
            told = true * seen >= 5
            held += list((low <= true)[told] & (true <= high)[told])
    assert len(held) > 40
    assert np.mean(held) > 0.85


def test_a_flat_county_is_forecast_to_stay_as_it_is():
    county = invent_county(77, Kind("flat"), size=1500)
    evidence = without_drift(evidence_for(county))
    drawn = measure_draws(simulate(prepare(county.episodes, evidence, Asked(WITHOUT_NATIONAL, 48, 100, 1))), HORIZONS)
    assert drawn["stock"].mean(axis=0) == pytest.approx(np.full(4, 1500), rel=0.07)
