"""Who is present, who arrived, what was exposed to what: identities with the counts, examples by hand, and rules."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from builders import ROOT, SHARED

from cip_analysis.codes import AGE_BANDS, SETTINGS
from cip_analysis.demand.caseload import count_caseload, count_stock
from cip_analysis.demand.estimation.stays import build_stays, count_events, day_number, sum_exposure
from cip_analysis.demand.pathways import children_present, known_at, past_entrants
from cip_analysis.returns.episodes import build_episodes
from cip_analysis.returns.ssda903 import read_returns

COUNTY = ROOT / "data" / "synthetic" / "leicestershire" / "returns"
SAMPLE = SHARED / "ssda903_sample"
HISTORIES = [
    pytest.param((COUNTY, date(2010, 3, 31), date(2018, 3, 31)), id="invented county", marks=pytest.mark.skipif(
        not COUNTY.exists(), reason="the invented county is not made: make data")),
    pytest.param((SAMPLE, date(2017, 3, 31), date(2022, 3, 31)), id="public sample", marks=pytest.mark.skipif(
        not SAMPLE.exists(), reason="the public sample of returns is not here")),
]  # fmt: skip
FOSTER, HOME = SETTINGS.index("in-house foster"), SETTINGS.index("external residential")


@pytest.fixture(scope="module", params=HISTORIES)
def history(request):
    """Episodes read from a folder of returns, and the window they describe."""
    folder, first, last = request.param
    episodes, _ = build_episodes(read_returns(folder, None))
    return episodes, first, last


def caseload_of(episodes, first, last):
    return count_caseload(episodes, first + timedelta(days=1), last).table


def by_cell(table, column):
    """A count summed over months, age band x setting."""
    summed = table.groupby(["age_band", "setting"], observed=False)[column].sum()
    return summed.to_numpy().reshape(len(AGE_BANDS), len(SETTINGS))


def test_at_the_census_date_everything_is_known(history):
    episodes, _, last = history
    known = known_at(episodes, last)
    pd.testing.assert_frame_equal(known.table, episodes.table)
    pd.testing.assert_frame_equal(known.legal, episodes.legal)


def test_counts_before_a_day_do_not_change_when_only_what_was_known_then_is_kept(history):
    episodes, first, last = history
    day = date(last.year - 2, 9, 30)
    then, now = (caseload_of(told, first, day) for told in (known_at(episodes, day), episodes))
    pd.testing.assert_frame_equal(then, now)


def test_children_present_are_the_stock_by_age_band_and_setting(history):
    episodes, first, last = history
    counted = caseload_of(episodes, first, last)
    for month in counted["month"].unique()[::13]:
        present, notes = children_present(episodes, month.date())
        cells = np.zeros((len(AGE_BANDS), len(SETTINGS)))
        np.add.at(cells, ((present.birthdays[:, :4] <= 0).sum(axis=1), present.setting), 1)
        assert (cells == by_cell(counted[counted["month"] == month], "stock")).all()
        assert (present.birthdays[:, 4] > 0).all() and (present.days_in_care >= 0).all() and not notes


def test_events_are_those_of_the_count_by_age_band_and_setting(history):
    episodes, first, last = history
    events = count_events(build_stays(episodes), [(day_number(first), day_number(last))], (56, 365))
    counted = caseload_of(episodes, first, last)
    assert (events.leave.sum(axis=(0, 1, 4)) == by_cell(counted, "ceases")).all()
    assert (events.move.sum(axis=(0, 1, 4)) == by_cell(counted, "moves_out")).all()
    moved_in = counted.groupby("setting", observed=False)["moves_in"].sum()
    assert (events.move.sum(axis=(0, 1, 2, 3)) == moved_in.to_numpy()).all()


def test_exposure_is_the_stock_added_up_over_the_nights(history):
    episodes, _, last = history
    nights = [last - timedelta(days=day) for day in range(1, 41)]
    window = [(day_number(nights[-1]), day_number(last))]
    stays, in_care = build_stays(episodes), sum(count_stock(episodes, night) for night in nights)
    whole, cut = (sum_exposure(stays, window, edges) for edges in ((), (56, 365, 1096)))
    assert whole.sum() == in_care
    assert (cut.sum(axis=1) == whole[:, 0]).all() and (cut > 0).any(axis=(0, 2, 3)).all()


def test_arrivals_are_the_starts_of_the_count(history):
    episodes, first, last = history
    others, alone, _ = past_entrants(episodes, first, last)
    assert len(others.age_days) + len(alone.age_days) == caseload_of(episodes, first, last)["starts"].sum()
