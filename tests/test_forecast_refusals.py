"""Runs that ask for what cannot be had: refused in words, or met by a fallback that the forecast itself tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from builders import a_header, an_episode, write_returns

from cip_analysis.demand.forecast import Asked, ForecastError
from cip_analysis.demand.national.estimates import NationalError, drift_at, error_correlation
from cip_analysis.demand.starts import StartsError
from cip_analysis.forecasts import asked_of, forecast_run
from cip_analysis.returns.reference.national import NationalFileError, read_national
from cip_analysis.run import RunError, open_run
from cip_analysis.settings import SettingsError

SCENARIO = 'name = "{name}"\ntitle = "t"\nsource = "s"\nowner = "o"\nas_of = 2018-07-06\n'


def a_run(folder, settings="", years=range(2014, 2019)):
    """A run on a few invented children, a new one each quarter, with `settings` beside the least there must be."""
    days = pd.date_range(f"{min(years) - 1}-02-10", f"{max(years)}-03-01", freq="91D")
    for year in years:
        begun = [(number, day) for number, day in enumerate(days) if day <= pd.Timestamp(year, 3, 31)]
        rows = [an_episode(CHILD=f"c{number}", DECOM=f"{day:%d/%m/%Y}") for number, day in begun]
        write_returns(folder / "returns", rows, [a_header(CHILD=row["CHILD"]) for row in rows], year=year)
    text = f'title = "t"\ncouncil = "config/councils/leicestershire.toml"\nreturns = "{folder}/returns"\n{settings}'
    (folder / "run.toml").write_text(text, encoding="utf-8")
    return replace(open_run(str(folder / "run.toml")), root=folder)


def a_scenario(folder, name):
    path = folder / f"{name}.toml"
    path.write_text(SCENARIO.format(name=name), encoding="utf-8")
    return path


def forecast(county, **asked):
    return forecast_run(
        county, asked_of(county, **{"method": "constant rate", "horizon_months": 12, "draws": 40} | asked)
    )


@pytest.mark.parametrize("as_at", ["2017-03-31", "2018-12-31"])
def test_an_as_at_day_outside_the_returns_is_told_beside_the_forecast_made_from_another(tmp_path, as_at):
    ahead = forecast(a_run(tmp_path, f"as_at = {as_at}"))
    assert ahead.baseline.months[0] == date(2018, 3, 31)
    assert any("is not within the last collection year sent" in note for note in ahead.notes)


def test_an_as_at_day_within_the_returns_needs_no_telling(tmp_path):
    ahead = forecast(a_run(tmp_path, "as_at = 2018-03-31"))
    assert not any("as-at" in note or "cut within the year" in note for note in ahead.notes)


def test_returns_that_do_not_tell_unaccompanied_children_apart_say_so_beside_the_forecast(tmp_path):
    ahead = forecast(a_run(tmp_path, "as_at = 2018-03-31"))
    assert any("unaccompanied asylum-seeking children cannot be told apart" in note for note in ahead.notes)


def test_a_single_year_of_returns_is_called_one_year_of_twelve_months(tmp_path):
    notes = forecast(a_run(tmp_path, "as_at = 2018-03-31", years=[2018])).notes
    assert "Rates rest on one year of returns, not 4: none earlier is held." in notes
    assert "Rates of leaving and moving rest on 12 months of history, less than two years." in notes


def test_starts_stated_in_the_run_are_those_played(tmp_path):
    county = a_run(tmp_path, 'as_at = 2018-03-31\nmethod = "stated path"\nstated_starts = [1200, 0]')
    made = forecast(county, method=None, horizon_months=24).baseline
    yearly = made.starts[:, 1:].sum(axis=2).reshape(40, 2, 12).sum(axis=2).mean(axis=0)
    assert yearly[0] == pytest.approx(1200, rel=0.05)
    assert yearly[1] == 0
    with pytest.raises(StartsError, match="2 years of starts are stated for 3 years ahead"):
        forecast(county, method=None, horizon_months=36)


def test_two_scenarios_of_one_name_or_one_named_baseline_are_refused(tmp_path):
    twice, base = a_scenario(tmp_path, "twice"), a_scenario(tmp_path, "baseline")
    with pytest.raises(RunError, match="More than one scenario is called twice"):
        a_run(tmp_path, f'scenarios = ["{twice}", "{twice}"]')
    with pytest.raises(SettingsError, match="'baseline' is the name of the forecast without levers"):
        a_run(tmp_path, f'scenarios = ["{base}"]')


def test_a_scenario_without_levers_is_the_baseline_value_for_value(tmp_path):
    ahead = forecast(a_run(tmp_path, f'scenarios = ["{a_scenario(tmp_path, "nothing")}"]'))
    baseline, nothing = (part.drop(columns="scenario") for _, part in ahead.table.groupby("scenario"))
    pd.testing.assert_frame_equal(baseline, nothing.reset_index(drop=True))
    assert (ahead.baseline.stock == ahead.scenarios[0].stock).all()


def test_a_seed_below_nought_is_refused():
    with pytest.raises(ForecastError, match="seed of -1"):
        Asked(seed=-1)


def test_national_estimates_with_no_rows_are_refused_as_a_file(tmp_path):
    path = tmp_path / "national.csv"
    path.write_text("origin,horizon_years,term,value\n", encoding="utf-8")
    with pytest.raises(NationalFileError, match="column names and no rows"):
        read_national(path)


def test_national_estimates_that_are_not_whole_are_refused_by_the_term_they_lack():
    rows = [(2018, horizon, "growth", 0.01) for horizon in (1, 2, 3, 4)]
    estimates = pd.DataFrame(rows, columns=["origin", "horizon_years", "term", "value"])
    with pytest.raises(NationalError, match="they lack 'correlation with 1 years'"):
        error_correlation(estimates, 2018)
    drifts = pd.DataFrame([(2018, 0, "drift_starts_sd", 0.1)], columns=estimates.columns)
    assert "tell no drift at March 2018" in drift_at(drifts, 2018)[1][0]
