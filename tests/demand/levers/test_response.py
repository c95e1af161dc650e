"""How the total answers to arrivals and to leaving: exact where nothing is altered, near where something is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from demand.invented_model import a_model

from cip_analysis.demand.levers.following import arrival_factors, likely_factors
from cip_analysis.demand.levers.response import response_of
from cip_analysis.demand.simulate import simulate

COUNTY = a_model(draws=300, months=36, children=300, starts_a_year=120)
PLAYED = simulate(COUNTY)
RESPONSE = response_of(COUNTY, PLAYED)
AS_IT_IS = np.ones((1, 36))
MARKS = (12, 24, 36)


def test_with_nothing_altered_it_gives_the_projections_own_mean():
    told = [RESPONSE.total(AS_IT_IS, AS_IT_IS, month).item() for month in range(1, 37)]
    assert told == pytest.approx(PLAYED.total[:, 1:].mean(axis=0))


def test_those_in_care_at_the_origin_go_as_they_would_with_no_arrivals():
    closed = replace(COUNTY, starts=0 * COUNTY.starts, starts_unaccompanied=0 * COUNTY.starts_unaccompanied)
    assert RESPONSE.present == pytest.approx(simulate(closed).total[:, 1:].mean(axis=0), rel=0.01)


@pytest.mark.parametrize(("starts", "leaving"), [(1.3, 1.0), (1.0, 0.8), (0.8, 1.2)])
def test_it_foretells_what_a_change_of_starts_or_of_leaving_does(starts, leaving):
    changed = simulate(replace(COUNTY, starts=COUNTY.starts * starts, leave_drift=COUNTY.leave_drift * leaving))
    came = changed.total.mean(axis=0) - PLAYED.total.mean(axis=0)
    for month in MARKS:
        told = RESPONSE.total(AS_IT_IS * starts, AS_IT_IS * leaving, month).item() - PLAYED.total[:, month].mean()
        assert told == pytest.approx(came[month], rel=0.25)


def test_more_children_who_leave_at_eighteen_make_the_drift_of_leaving_matter_less():
    assert 0 < RESPONSE.by_rate < 1
    left = PLAYED.ways_out.sum(axis=(0, 1))
    assert RESPONSE.by_rate == pytest.approx(left[:-1].sum() / left.sum())


def test_factors_likely_from_one_projection_are_near_those_that_playing_finds():
    target = {12: 310.0, 24: 325.0, 36: 335.0}
    likely = likely_factors(COUNTY, target, PLAYED, centre="mean")
    found, unmet = arrival_factors(COUNTY, target, simulate)
    assert unmet == []
    assert likely == pytest.approx(found, rel=0.1)
