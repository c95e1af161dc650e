"""The counties that forecasts are judged by are themselves what they claim to be."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from demand.invented_county import KINDS, ORIGIN, RESIDENTIAL, TOGETHER, Kind, invent_county

from cip_analysis.codes import AGE_BANDS, SETTINGS
from cip_analysis.demand.caseload import count_caseload, count_stock, count_year_flows


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_invented_county_is_as_big_as_asked_and_its_truth_meets_its_returns(kind):
    county = invent_county(1, kind, size=500)
    assert count_stock(county.episodes, ORIGIN) == county.came[0].sum()
    assert 300 < count_stock(county.episodes, date(2012, 3, 31)) < 800
    by_setting = count_caseload(county.episodes, ORIGIN, ORIGIN).table.groupby("setting", observed=False)["stock"].sum()
    assert by_setting.reindex(SETTINGS).tolist() == county.came[0].tolist()


def test_one_seed_gives_one_county_and_another_gives_another():
    first, again, other = (invent_county(seed, KINDS[-1], size=300) for seed in (5, 5, 6))
    assert first.episodes.table.equals(again.episodes.table)
    assert (first.came == again.came).all()
    assert not (first.came == other.came).all()


def test_nothing_that_came_after_the_origin_is_in_the_returns():
    table = invent_county(2, size=300).episodes.table
    assert table["start"].max().date() <= ORIGIN
    assert table["end"].max().date() <= ORIGIN
    assert table.loc[table["end"].isna(), "end_reason"].isna().all()


def test_events_over_exposure_recover_the_rates_the_county_runs_on():
    county = invent_county(3, size=4000)
    last = count_caseload(county.episodes, date(2009, 4, 30), ORIGIN).table
    cells = last.groupby(["age_band", "setting"], observed=True)[["stock", "ceases", "moves_in"]].sum()
    for band, setting in (("1 to 4", "kinship"), ("10 to 15", "external residential"), ("5 to 9", "in-house foster")):
        cell = cells.loc[(band, setting)]
        true = county.world.leave[AGE_BANDS.index(band), SETTINGS.index(setting)] * 365.25 / 12
        chance = 1 / np.sqrt(cell["ceases"])
        assert cell["ceases"] / cell["stock"] == pytest.approx(true, rel=4 * chance)


def test_stock_is_arrivals_times_mean_stay():
    county = invent_county(4, Kind("flat"), size=3000)
    flows = [count_year_flows(county.episodes, year) for year in range(2011, 2019)]
    started = np.mean([flow.starts for flow in flows])
    assert started == pytest.approx(county.world.arrivals[0] * 12, rel=0.05)
    assert np.mean([flow.stock_after for flow in flows]) == pytest.approx(3000, rel=0.06)


def test_siblings_make_arrivals_more_uneven_than_single_children():
    def unevenness(kind):
        county = invent_county(8, kind, size=3000)
        table = county.episodes.table.drop_duplicates("child")
        table = table[table["period_start"] >= "2010-04-01"]
        monthly = table.groupby(table["period_start"].dt.to_period("M")).size()
        return monthly.var() / monthly.mean()

    assert unevenness(Kind("one by one")) < 1.5 < unevenness(Kind("siblings", households=TOGETHER))


def test_drift_moves_what_it_is_said_to_move_and_only_since_the_county_was_first_seen():
    for kind, drifting in zip(KINDS[2:5], ("arrivals", "leave_factor", "residential_factor"), strict=True):
        world = invent_county(9, kind, size=300).world
        for name in ("arrivals", "leave_factor", "residential_factor"):
            moved = np.log(getattr(world, name)).std() > 0.01
            assert moved == (name == drifting)
        assert np.ptp(getattr(world, drifting)[: 18 * 12]) == 0
    assert invent_county(9, KINDS[0], size=300).came[:, RESIDENTIAL].min() > 5
