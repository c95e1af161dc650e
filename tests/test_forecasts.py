"""A run's forecast, written by command and told on a page: columns, identities, kept results and plain refusals."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from builders import ROOT
from typer.testing import CliRunner

from cip_analysis import forecast_account
from cip_analysis.cli import app
from cip_analysis.demand.accuracy.rivals import RIVALS
from cip_analysis.demand.forecast import FORECAST_COLUMNS, STATISTICS, ForecastError
from cip_analysis.forecasts import (
    KEPT,
    RunForecastError,
    asked_of,
    drivers_of,
    forecast_run,
    look_back_run,
)
from cip_analysis.publish.disclosure import About, release, release_forecast
from cip_analysis.returns.checks import check_returns
from cip_analysis.run import keep_ahead, open_run, read_ahead
from cip_analysis.store import fingerprint

RUN = ROOT / "config" / "runs" / "autumn-2018.toml"
pytestmark = pytest.mark.skipif(
    not (ROOT / "data" / "synthetic" / "leicestershire").exists(), reason="the invented county is not made: make data"
)


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """The default run with few scenarios, keeping its results in a folder of its own."""
    opened = open_run(str(RUN))
    few = tuple(one for one in opened.scenarios if one.name in ("starts-up-20", "step-down", "partnership"))
    return replace(opened, scenarios=few, root=tmp_path_factory.mktemp("root"))


@pytest.fixture(scope="module")
def asked(county):
    return asked_of(county, horizon_months=24, draws=120)


@pytest.fixture(scope="module")
def ahead(county, asked):
    return forecast_run(county, asked)


def test_the_baseline_comes_first_and_every_scenario_begins_where_it_does(ahead):
    assert [one.scenario for one in ahead.every] == ["baseline", "starts-up-20", "step-down", "partnership"]
    assert all((one.stock[:, 0] == ahead.baseline.stock[:, 0]).all() for one in ahead.scenarios)
    assert ahead.chance(date(2018, 3, 31), 1) == 1.0
    assert 0 < ahead.chance(date(2020, 3, 31), 600) < 1
    with pytest.raises(RunForecastError, match="not a month's end"):
        ahead.chance(date(2019, 4, 1), 600)


def test_the_same_seed_gives_the_same_numbers_and_another_gives_others(county, asked, ahead, tmp_path):
    elsewhere = replace(county, root=tmp_path, scenarios=())
    again = forecast_run(elsewhere, asked)
    assert (again.baseline.stock == ahead.baseline.stock).all()
    other = forecast_run(elsewhere, replace(asked, seed=1))
    assert (other.baseline.stock != ahead.baseline.stock).any()


def test_a_kept_forecast_is_read_and_not_played_again(county, asked, ahead):
    kept = sorted((county.root / KEPT).glob("*.npz"))
    before = [path.stat().st_mtime_ns for path in kept]
    assert (forecast_run(county, asked).table == ahead.table).all(axis=None)
    assert [path.stat().st_mtime_ns for path in kept] == before
    assert len(kept) == len(ahead.every)


def test_other_folders_children_are_forecast_from_their_own_alone(county, asked):
    strangers = forecast_run(replace(county, own_data=False, scenarios=()), replace(asked, draws=20))
    assert strangers.baseline.method == "shrunken drift"
    assert any("No published figures" in note for note in strangers.notes)


def test_differences_and_drivers_are_told_in_words_with_the_baseline_beside_them(county, asked, ahead):
    told = forecast_account.show_differences(ahead)
    assert set(told["setting"]) == {forecast_account.IN_ALL, "external residential"}
    stress = told[told["scenario"].str.startswith("Stress")].set_index("setting")
    assert stress.loc[forecast_account.IN_ALL, "p50_difference"] > 0
    drivers = forecast_account.show_drivers(drivers_of(county, "partnership", ahead, asked), ahead)
    assert "all together" in set(drivers["lever"])
    with pytest.raises(RunForecastError, match="the run names starts-up-20"):
        drivers_of(county, "no such", ahead, asked)


def test_the_page_names_the_largest_movers_and_how_far_apart_they_end(county, ahead):
    movers = forecast_account.largest_movers(ahead, most=2)
    assert movers[0] == "starts-up-20"
    ours = About(county.source, county.as_at, "children", county.synthetic, county.disclosure)
    titled = forecast_account.with_titles(release_forecast(ahead.cut(), ours, by=["scenario"]), ahead)
    assert "Stress: a fifth more children start" in set(titled.table["scenario"])
    assert forecast_account.widest_apart(titled).startswith("By March 2020 the scenarios' middles run from ")
    table = forecast_account.show_differences(ahead)
    differences = ["p10_difference", "p50_difference", "p90_difference"]
    released = release(table, ours, counts=["now"], bases=dict.fromkeys(differences, "now"),
                       plain=["scenario", "setting"])  # fmt: skip
    assert '"Stress: a fifth more children start" adds' in forecast_account.furthest(released, forecast_account.IN_ALL)
    told = forecast_account.to_the_child(released)
    assert told.rule.startswith(released.rule) and "to the nearest child" in told.rule


def test_what_moves_a_setting_too_small_to_show_is_not_told():
    ours = About("returns", date(2018, 3, 31))
    rows = pd.DataFrame({"scenario": ["more"], "setting": ["kinship"], "baseline": [3], "p50_difference": [2.0]})
    small = release(
        rows, ours, counts=["baseline"], bases={"p50_difference": "baseline"}, plain=["scenario", "setting"]
    )
    assert forecast_account.furthest(small, "kinship") == "Too few children there to show what moves it"
    assert forecast_account.furthest(small, "secure and health") == "No scenario moves it"


def test_the_outturn_nearest_the_horizon_is_said():
    since = pd.DataFrame({"month": pd.to_datetime(["2019-03-31", "2022-03-31"]), "children": [583.0, 696.0]})
    assert forecast_account.outturn_nearest(since, date(2022, 3, 31)) == "696 children in March 2022"
    assert forecast_account.outturn_nearest(since, date(2018, 9, 30)) == "583 children in March 2019"


def test_the_record_is_read_out_in_words():
    record = pd.DataFrame({
        "years_ahead": [1, 2], "forecasts": [4, 3], "average_miss_share": [0.037, 0.047], "years": [4, 4],
        "no_change_miss_share": [0.05, 0.086], "largest_miss_share": [0.055, 0.097], "too_high": [1, 0],
        "held_by_80_range": [4, 2], "held_by_95_range": [4, 3],
    })  # fmt: skip
    told = forecast_account.read_record(record)
    assert told["how_far_ahead"].tolist() == ["1 year", "2 years"]
    assert told["in_the_80%_range"].tolist() == ["4 of 4", "2 of 3"]
    assert told["too_high"].tolist() == ["1 of 4", "0 of 3"]
    assert told["share_missed_by_no_change"].tolist() == [0.05, 0.086]


def test_the_neighbours_rate_is_turned_into_children_on_the_last_march(county, ahead):
    told = forecast_account.at_neighbours_rate(county, ahead)
    assert told.day == date(2020, 3, 31)
    assert told.children == pytest.approx(50.92 / 10_000 * 140_000, rel=0.02)
    assert told.usual_share is not None and 0 < told.usual_share < 0.5
    assert forecast_account.at_neighbours_rate(replace(county, own_data=False), ahead).day is None
    table = county.comparators.table
    without = table[~((table["area_code"] == county.council.la_code) & (table["measure"] == "population_0_17"))]
    unpeopled = replace(county, comparators=replace(county.comparators, table=without))
    assert forecast_account.at_neighbours_rate(unpeopled, ahead).day is None


def test_rivals_begin_at_outturn_and_a_short_line_has_none(ahead):
    months = pd.date_range("2014-04-30", "2018-03-31", freq="ME")
    line = pd.DataFrame({"month": months, "children": range(500, 500 + len(months))})
    told = forecast_account.show_rivals(line, ahead)
    first = told[told["month"] == told["month"].min()]
    assert (first[["p10", "p50", "p90"]] == 547).all(axis=None)
    assert (told["p10"] <= told["p50"]).all() and (told["p50"] <= told["p90"]).all()
    assert forecast_account.show_rivals(line.tail(6), ahead).empty


@pytest.mark.slow
def test_the_own_past_is_looked_back_on_once_and_kept(county, asked):
    quick = replace(asked, draws=30)
    first, second = look_back_run(county, quick), look_back_run(county, quick)
    assert (first.table == second.table).all(axis=None)
    assert first.notes == second.notes and first.origins == second.origins
    record = forecast_account.show_record(first, "national panel")
    assert record["years_ahead"].tolist() == [1, 2, 3, 4]
    assert record["average_miss_share"].between(0, 0.3).all()


def call(*words):
    return CliRunner().invoke(app, ["forecast", *map(str, words)], env={"COLUMNS": "200"})


@pytest.mark.slow
def test_the_command_writes_what_it_says_it_does(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    result = call(RUN, "--to", tmp_path, "--horizon", 12, "--draws", 30, "--seed", 3)
    assert result.exit_code == 0, result.output
    assert "SYNTHETIC" in result.output
    forecast = pd.read_csv(tmp_path / "forecast.csv")
    assert list(forecast) == list(FORECAST_COLUMNS)
    assert forecast["month"].iloc[0] == "2018-03-31"
    points = forecast[[name for name in STATISTICS if name != "mean"]]
    assert (points.diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
    assert (forecast[list(STATISTICS)] >= 0).all(axis=None)
    draws = pd.read_parquet(tmp_path / "projection.parquet")
    last = draws[(draws["scenario"] == "baseline") & (draws["month"] == date(2019, 3, 31))]
    mean = last.groupby("draw")["children"].sum().mean()
    shown = forecast.query(
        "scenario == 'baseline' and month == '2019-03-31' and setting == 'all' and age_band == 'all'"
    )
    assert shown["mean"].item() == pytest.approx(mean, rel=1e-4)
    spend = pd.read_csv(tmp_path / "spend.csv")
    assert list(spend)[:4] == ["financial_year", "scenario", "setting", "price_base"]
    assert list(spend["price_base"].unique()) == ["nominal", "2017/18 prices"]
    of_all, keys = spend["setting"] == "all", ["scenario", "price_base"]
    by_scenario = [part.groupby(keys)["mean"].sum() for part in (spend[of_all], spend[~of_all])]
    assert by_scenario[0].sub(by_scenario[1]).abs().max() < 0.1
    assert "£ million, nominal" in result.output and "£ million, 2017/18 prices" in result.output
    assert "Spend looked back on: 5 forecasts 1 year ahead" in " ".join(result.output.split())
    assert set(pd.read_csv(tmp_path / "scorecard.csv")["method"]) == {"national panel", *RIVALS}


@pytest.mark.slow
def test_the_command_leaves_the_track_record_out_when_told(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    quick = ("--horizon", 12, "--draws", 30, "--seed", 3)
    result = call(RUN, "--to", tmp_path / "without", "--no-track-record", *quick)
    assert result.exit_code == 0, result.output
    written = {path.name for path in (tmp_path / "without").iterdir()}
    assert written == {"projection.parquet", "forecast.csv", "spend.csv"}


def test_a_run_opened_without_the_rules_has_the_same_histories_and_only_what_reading_noticed(monkeypatch):
    monkeypatch.chdir(ROOT)
    whole, quick = open_run(str(RUN)), open_run(str(RUN), check=False)
    assert quick.episodes.table.equals(whole.episodes.table)
    assert quick.findings.table.equals(whole.returns.findings.table)
    assert whole.findings.table.equals(quick.findings.join(check_returns(quick.returns)).table)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--horizon", 0), "horizon of 0 months"),
        (("--horizon", 480), "from 1 to 240"),
        (("--draws", 0), "0 draws"),
        (("--draws", 10_000_000), "10,000,000 draws"),
        (("--method", "tea leaves"), "constant rate"),
    ],
)
def test_what_cannot_be_forecast_is_a_wrong_call(tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(ROOT)
    result = call(RUN, "--to", tmp_path, *words)
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())
    assert not list(tmp_path.iterdir())


def test_asking_for_nothing_more_takes_the_runs_own_settings(county):
    asked = asked_of(county)
    assert (asked.horizon_months, asked.draws, asked.duration_edges) == (48, 1000, (56, 365))
    with pytest.raises(ForecastError):
        asked_of(county, draws=0)


def test_a_run_read_ahead_is_what_would_have_been_read_and_is_given_once(monkeypatch):
    monkeypatch.chdir(ROOT)
    run = "config/runs/autumn-2018.toml"
    keep_ahead(read_ahead(root=str(ROOT), run=run))
    ready, read = open_run(run), open_run(run)
    parts = [(each.episodes.table, each.payments.table, each.findings.table) for each in (ready, read)]
    assert fingerprint(*parts[0]) == fingerprint(*parts[1])
    assert ready is not read
    keep_ahead(read_ahead(root=str(ROOT), run="config/runs/none.toml"))
    with pytest.raises(ValueError, match="none"):
        open_run("config/runs/none.toml")
