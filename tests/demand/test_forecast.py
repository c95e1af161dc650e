"""The forecast put together: begins at outturn, follows what it is to follow, and refuses or says what it cannot do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from builders import ROOT
from demand.invented_model import a_model

from cip_analysis.demand.caseload import count_caseload
from cip_analysis.demand.forecast import (
    NATIONAL,
    STATISTICS,
    Asked,
    Evidence,
    ForecastError,
    describe_draws,
    prepare,
    summarise,
    summarise_years,
)
from cip_analysis.demand.national.estimates import forecast_authority, stock_known
from cip_analysis.demand.national.following import SOLVING_DRAWS, match_spread
from cip_analysis.demand.simulate import simulate
from cip_analysis.demand.starts import Drift
from cip_analysis.run import open_run

COUNTY = ROOT / "data" / "synthetic" / "leicestershire"
needs_county = pytest.mark.skipif(not COUNTY.exists(), reason="the invented county is not made: make data")
ONE_DRIFT = Drift(0.1, 0.1, 0.08, 0.06, "a test")


@pytest.fixture(scope="module")
def county():
    return open_run("config/runs/autumn-2018.toml")


@pytest.fixture(scope="module")
def evidence(county):
    return Evidence(county.council, county.years, county.comparators, county.estimates, 0.1)


@pytest.fixture(scope="module")
def baseline(county, evidence):
    return simulate(prepare(county.episodes, evidence, Asked(draws=SOLVING_DRAWS)))


@needs_county
def test_the_first_month_is_outturn_in_every_band_and_setting(county, baseline):
    outturn = count_caseload(county.episodes, date(2018, 3, 1), date(2018, 3, 31)).table
    counted = outturn.pivot_table(index="age_band", columns="setting", values="stock", sort=False, observed=False)
    assert (baseline.stock[0, 0] == counted.to_numpy()).all()


@needs_county
def test_the_total_follows_the_national_methods_centre_and_spread(county, evidence, baseline):
    known = evidence.estimates, evidence.comparators, evidence.council
    national = forecast_authority(*known, 2018)
    growth = national["centre"] / stock_known(*known[1:], 2018)
    for year in (1, 2, 3, 4):
        total = baseline.total[:, 12 * year]
        assert np.median(total) == pytest.approx(555 * growth[year], rel=0.015)
        low, high = np.log(national.loc[year].iloc[[21, 180]])
        below, above = np.log(np.quantile(total, [0.1, 0.9]))
        assert (above - below) / (high - low) == pytest.approx(1.0, abs=0.2)


@needs_county
def test_half_a_year_ahead_is_the_same_however_far_the_forecast_goes_on(county, evidence):
    near, far = (
        simulate(prepare(county.episodes, evidence, Asked(horizon_months=months, draws=60))) for months in (6, 24)
    )
    assert len(near.months) == 7
    assert (near.stock == far.stock[:, :7]).all()


@needs_county
def test_a_council_without_published_figures_is_forecast_from_its_own_and_the_page_says_so(county, evidence):
    nobody = replace(county.comparators, table=county.comparators.table.iloc[:0])
    inputs = prepare(county.episodes, replace(evidence, comparators=nobody), Asked(draws=20, horizon_months=12))
    assert inputs.method == "shrunken drift"
    assert any("No published figures" in note for note in inputs.notes)


@needs_county
def test_a_census_date_within_a_month_starts_the_forecast_at_the_last_whole_one(county, evidence):
    cut = replace(county.episodes, census_date=date(2018, 3, 31))
    later = replace(cut, census_date=date(2018, 4, 12))
    inputs = prepare(later, evidence, Asked(draws=20, horizon_months=6))
    assert inputs.origin == date(2018, 3, 31)
    assert any("end within a month" in note for note in inputs.notes)


@needs_county
def test_rates_never_reach_across_a_missing_year(county, evidence):
    gap = replace(evidence, years=(2011, 2012, 2013, 2014, 2016, 2017, 2018))
    inputs = prepare(county.episodes, gap, Asked(draws=20, horizon_months=6))
    assert inputs.pathways.from_day == date(2015, 3, 31)
    assert any("missing before 2015/16" in note for note in inputs.notes)


@needs_county
def test_where_nobody_came_of_late_earlier_arrivals_stand_for_those_to_come(county, evidence):
    table = county.episodes.table
    late = table["uasc"] & (table["period_start"] > pd.Timestamp(2016, 3, 31))
    without = replace(county.episodes, table=table[~late].reset_index(drop=True))
    inputs = prepare(without, evidence, Asked(draws=20, horizon_months=6))
    assert inputs.entrants_unaccompanied.households
    nobody = replace(county.episodes, table=table[~table["uasc"]].reset_index(drop=True))
    inputs = prepare(nobody, evidence, Asked(draws=20, horizon_months=6))
    assert not inputs.starts_unaccompanied.any()
    assert any("unaccompanied" in note and "none is expected to" in note for note in inputs.notes)
    assert not any("half a child" in note for note in inputs.notes)
    assert simulate(inputs).unaccompanied.max() == 0


@needs_county
def test_too_short_a_history_is_refused_with_what_to_do(county, evidence):
    with pytest.raises(ForecastError, match="Add earlier years"):
        prepare(replace(county.episodes, census_date=date(2018, 4, 30)), replace(evidence, years=(2019,)), Asked())
    with pytest.raises(ForecastError, match="nothing to forecast from"):
        prepare(county.episodes, replace(evidence, years=()), Asked())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"horizon_months": 0}, "horizon of 0 months"),
        ({"horizon_months": 480}, "from 1 to 240"),
        ({"draws": 0}, "0 draws"),
        ({"draws": 10_000_000}, "10,000,000 draws"),
        ({"method": "crystal ball"}, "constant rate"),
    ],
)
def test_what_cannot_be_forecast_is_refused_by_name(wrong, said):
    with pytest.raises(ForecastError, match=said):
        Asked(**wrong)


def test_statistics_of_draws_by_hand():
    told = describe_draws(np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0], [4.0, 40.0], [5.0, 50.0]]))
    assert list(told.columns) == list(STATISTICS)
    assert told.loc[0].tolist() == [3.0, 1.1, 1.4, 2.0, 3.0, 4.0, 4.6, 4.9]
    assert told.loc[1, "p50"] == 30.0


def test_settings_and_age_bands_both_sum_to_the_total():
    projection = simulate(a_model(draws=30, months=14))
    told = summarise(projection).pivot_table(index="month", columns=["setting", "age_band"], values="mean")
    settings = told.loc[:, [(name, band) for name, band in told.columns if name != "all"]].sum(axis=1)
    bands = told.loc[:, [(name, band) for name, band in told.columns if band != "all"]].sum(axis=1)
    assert np.allclose(settings, told[("all", "all")])
    assert np.allclose(bands, told[("all", "all")])


def test_a_years_flows_are_its_months_added_up():
    projection = simulate(a_model(draws=30, months=26))
    years = summarise_years(projection).set_index(["ending", "flow"])["mean"]
    first = projection.starts[:, 1:13].sum(axis=(1, 2)).mean()
    assert years[(pd.Timestamp(projection.months[12]), "starts")] == pytest.approx(first)
    assert len(years) == 4


def test_a_spread_asked_for_is_reached():
    inputs = a_model(draws=SOLVING_DRAWS, months=24)
    alone = np.log(simulate(inputs).total[:, [12, 24]]).std(axis=0)
    wanted = {12: 1.6 * alone[0], 24: 1.9 * alone[1]}
    reached = np.log(simulate(match_spread(inputs, wanted, ONE_DRIFT)).total[:, [12, 24]]).std(axis=0)
    assert reached == pytest.approx(list(wanted.values()), rel=0.15)


def test_where_the_county_alone_is_less_sure_than_asked_nothing_drifts_and_a_note_says_so():
    inputs = a_model(draws=SOLVING_DRAWS, months=12)
    made = match_spread(inputs, {12: 0.001}, ONE_DRIFT)
    assert (made.starts == inputs.starts).all()
    assert any("spreads" in note for note in made.notes)


def test_the_method_named_for_a_run_is_one_there_is():
    assert Asked().method == NATIONAL
