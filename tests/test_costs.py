"""A run's costs ahead: prices, spend by scenario in nominal and real £, what is kept, and the want of payments."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from builders import ROOT
from typer.testing import CliRunner

from cip_analysis.cli import app
from cip_analysis.codes import SETTINGS
from cip_analysis.costs import (
    COLUMNS,
    general_index,
    outturn_run,
    prices_ahead,
    prices_today,
    real_prices,
    spend_ahead,
    spend_notes,
    spend_run,
)
from cip_analysis.demand.pathways import known_at
from cip_analysis.forecasts import KEPT, asked_of, forecast_run
from cip_analysis.money.outturn import spend_of
from cip_analysis.money.prices import IndicesError, learn_prices
from cip_analysis.money.pricing.today import FOSTER_SETTINGS, RESIDENTIAL_SETTINGS, prices_by_section_251
from cip_analysis.money.spend import count_on, price_projection, weekly_prices
from cip_analysis.run import open_run

RUN = ROOT / "config" / "runs" / "autumn-2018.toml"
pytestmark = pytest.mark.skipif(
    not (ROOT / "data" / "synthetic" / "leicestershire").exists(), reason="the invented county is not made: make data"
)


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """The default run with two scenarios, keeping its results in a folder of its own."""
    opened = open_run(str(RUN), check=False)
    few = tuple(one for one in opened.scenarios if one.name in ("starts-up-20", "step-down"))
    return replace(opened, scenarios=few, root=tmp_path_factory.mktemp("root"))


@pytest.fixture(scope="module")
def ahead(county):
    return forecast_run(county, asked_of(county, horizon_months=24, draws=120))


@pytest.fixture(scope="module")
def unpaid(county):
    """The same run without its payments."""
    return replace(county, payments=replace(county.payments, table=county.payments.table.iloc[:0]))


def test_spend_ahead_prices_whole_years_and_settings_that_sum_to_all_in_the_mean(county, ahead):
    spend = spend_ahead(county, ahead)
    assert tuple(spend) == COLUMNS
    assert set(spend["financial_year"]) == {"2018-19", "2019-20"}
    assert list(spend["price_base"].unique()) == ["nominal", "2017/18 prices"]
    keys = ["scenario", "financial_year", "price_base"]
    means = spend[spend["setting"] != "all"].groupby(keys)["mean"].sum()
    whole = spend[spend["setting"] == "all"].set_index(keys)["mean"]
    assert means.sub(whole).abs().max() < 0.05
    assert whole.loc[("baseline", "2018-19", "nominal")] == pytest.approx(26.6e6, rel=0.05)


def test_real_pounds_are_nominal_ones_by_the_index_and_the_same_as_pricing_at_real_prices(county, ahead):
    nominal, real = spend_run(county, ahead)["baseline"], spend_run(county, ahead, "real")["baseline"]
    index = general_index(county)
    factor = nominal.table["financial_year"].map(lambda year: index.level(2018) / index.level(year))
    for column in ("spend_gbp", "present_gbp"):
        assert (real.table[column] == nominal.table[column] * factor).all()
    paths = real_prices(county, prices_ahead(county, ahead))
    assert real.price_base == paths.price_base == "2017/18 prices"
    again = price_projection(ahead.baseline, paths, ahead.seed).table
    assert (again["spend_gbp"] - real.table["spend_gbp"]).abs().max() < 0.02


def test_every_child_day_is_priced_in_every_scenario_and_one_that_changes_nothing_costs_the_same(county, ahead):
    same = replace(ahead, scenarios=(replace(ahead.baseline, scenario="nothing altered"), *ahead.scenarios))
    spends = spend_run(county, same)
    pd.testing.assert_frame_equal(spends["nothing altered"].table, spends["baseline"].table)
    for projection in same.every:
        days = spends[projection.scenario].table["child_days"].sum()
        assert days == pytest.approx(projection.child_days[:, 1:].sum(dtype="float64"), rel=1e-12)
    totals = {name: spend.table.groupby("draw")["spend_gbp"].sum() for name, spend in spends.items()}
    assert (totals["starts-up-20"] > totals["baseline"]).mean() > 0.95
    assert (totals["step-down"] < totals["baseline"]).mean() > 0.8


def test_spend_is_read_and_not_priced_again_and_other_prices_are_not_taken_for_it(county, ahead):
    first = spend_run(county, ahead)["baseline"]
    kept = sorted((county.root / KEPT).glob("*.parquet"))
    before = [path.stat().st_mtime_ns for path in kept]
    pd.testing.assert_frame_equal(spend_run(county, ahead)["baseline"].table, first.table)
    assert [path.stat().st_mtime_ns for path in kept] == before
    other = spend_run(county, replace(ahead, seed=1))["baseline"]
    assert (other.table["spend_gbp"] != first.table["spend_gbp"]).any()


def test_prices_are_those_paid_last_year_and_the_first_forecast_year_is_one_rise_above(county, ahead):
    today = prices_today(county)
    assert today.price_base == "2017/18 prices" and today.year == 2018
    assert today.weekly["external residential"] == pytest.approx(3354, abs=40)
    paths = prices_ahead(county, ahead)
    assert paths.price_base == "nominal" and paths.draws == 120
    rise = paths.level[:, 1].mean(axis=0)[SETTINGS.index("external residential")] / today.weekly["external residential"]
    assert 1.0 < rise < 1.08


def test_prices_paid_in_another_year_than_the_assumed_are_not_passed_off_as_of_one(tmp_path):
    settings = RUN.read_text(encoding="utf-8").replace("as_at = 2018-03-31", "as_at = 2017-09-30")
    (tmp_path / "run.toml").write_text(settings, encoding="utf-8")
    today = prices_today(open_run(str(tmp_path / "run.toml"), check=False))
    assert today.price_base == "2016/17 prices, 2017/18 prices where too little was paid to tell"
    assert today.years["secure and health"] == 2018 and "external residential" not in today.years


# ---- where something is missing -------------------------------------------------------------------------------


def test_payments_of_foster_care_alone_tell_no_price_of_residential_care(county):
    """A foster row that runs on into a stay elsewhere is a few pounds there: over every week, nearly nothing."""
    rows = county.payments.table
    foster = rows[rows["setting"].isin(FOSTER_SETTINGS)]
    stray = rows[rows["setting"].eq("external residential") & rows["financial_year"].eq(2018)].head(2)
    whole = prices_today(county)
    part = prices_today(replace(county, payments=replace(county.payments, table=pd.concat([foster, stray]))))
    assumed = weekly_prices(county.assumptions)
    assert part.weekly["external residential"] == assumed["external residential"]
    assert part.weekly["in-house foster"] == pytest.approx(whole.weekly["in-house foster"], rel=0.02)
    assert "external residential" in part.notes[0] and "under a year of child-weeks was paid for" in part.notes[0]


def test_too_few_futures_to_tell_a_range_are_said_to_be(county, ahead):
    few = replace(ahead, baseline=forecast_run(county, asked_of(county, horizon_months=24, draws=2)).baseline)
    assert any("fewer than 40 futures" in note for note in spend_notes(county, few))
    assert not any("futures tell little" in note for note in spend_notes(county, ahead))


def test_a_setting_paid_for_in_under_half_of_its_weeks_is_said_to_be(county):
    rows = county.payments.table
    here = rows["setting"].eq("independent foster")
    thinned = rows[~here | (rows["child"].str[-1].isin(("1", "2", "3")))]
    notes = prices_today(replace(county, payments=replace(county.payments, table=thinned))).notes
    assert [note for note in notes if "independent foster" in note and "Check that the payments file is whole" in note]
    assert not any("is whole" in note for note in prices_today(county).notes)


def test_without_payments_prices_are_assumed_and_everyone_is_at_the_mean_and_it_says_so(unpaid, ahead):
    today = prices_today(unpaid)
    assert today.basis == "assumed weekly prices"
    assert "not what the council pays" in spend_notes(unpaid, ahead)[0]
    paths = prices_ahead(unpaid, ahead)
    spent = spend_run(unpaid, ahead)["baseline"]
    assert spent.basis == "projected child-days at assumed weekly prices"
    flat = (ahead.baseline.child_days.astype("float64") * paths.level / 7)[:, 1:13].sum(axis=1)
    told = spent.table[spent.table["financial_year"] == 2019]["spend_gbp"].to_numpy().reshape(flat.shape)
    assert np.abs(told - flat).max() < 0.006


def test_without_payments_section_251_unit_costs_may_stand_in_and_are_not_called_prices(unpaid):
    """The figures of 2016/17, £3,500 and £520, are the last out by 31 March 2018."""
    run = replace(unpaid, settings=unpaid.settings.model_copy(update={"without_payments": "section 251"}))
    today = prices_today(run)
    assert today.year == 2017 and today.years["secure and health"] == 2018
    assert "which are not prices" in today.basis and any("They are not prices" in note for note in today.notes)
    there = count_on(run.episodes, date(2017, 3, 31)).astype("float64")
    for names, figure in ((RESIDENTIAL_SETTINGS, 3500), (FOSTER_SETTINGS, 520)):
        mean = sum(there[name] * today.weekly[name] for name in names) / there[list(names)].sum()
        assert mean == pytest.approx(figure)
    early = prices_today(replace(run, episodes=known_at(run.episodes, date(2016, 3, 31))))
    assert early.basis == "assumed weekly prices" and "was out by 31 March 2016" in early.notes[0]


def test_section_251_by_hand(county):
    """Whoever is in a group on 31 March costs the published figure together, at the assumed prices' proportions."""
    course = pd.DataFrame(
        {"year": [2017], "published": [pd.Timestamp(2017, 12, 31)], "residential_weekly_gbp": [3000.0],
         "fostering_weekly_gbp": [540.0]}
    )  # fmt: skip
    assumed = dict.fromkeys(SETTINGS, 100.0) | {"in-house foster": 400.0, "independent foster": 800.0}
    rows = county.episodes.table.drop_duplicates("setting").set_index("setting", drop=False)
    there = pd.concat([rows.loc[["in-house foster"]], rows.loc[["independent foster"]]]).assign(
        child=["a", "b"], start=pd.Timestamp(2016, 4, 1), end=pd.NaT, respite=False
    )
    two = replace(county.episodes, table=there.reset_index(drop=True), legal=county.episodes.legal.iloc[:0])
    weekly = prices_by_section_251(course, two, assumed, date(2018, 3, 31)).weekly
    assert weekly["in-house foster"] == pytest.approx(360) and weekly["independent foster"] == pytest.approx(720)
    assert weekly["external residential"] == 3000 and weekly["secure and health"] == 100


def test_without_an_index_spend_is_nominal_alone_and_says_why(county, ahead):
    bare = replace(county, indices=county.indices.iloc[:0])
    assert set(spend_ahead(bare, ahead)["price_base"]) == {"nominal"}
    assert any(
        note.startswith("Spend is in nominal £ alone. No index 'GDP deflator' is held")
        for note in spend_notes(bare, ahead)
    )
    with pytest.raises(IndicesError, match="Choose one in the run's settings"):
        spend_run(bare, ahead, "real")


def test_where_no_year_is_projected_whole_there_is_a_header_and_the_command_says_why(tmp_path):
    settings = RUN.read_text(encoding="utf-8").replace("scenarios = [", "scenarios = []\nunused = [").split("unused")[0]
    tail = RUN.read_text(encoding="utf-8").split("]\nmethod", 1)[1]
    (tmp_path / "run.toml").write_text(settings + "method" + tail, encoding="utf-8")
    told = CliRunner().invoke(
        app, ["forecast", str(tmp_path / "run.toml"), "--to", str(tmp_path), "--horizon", "6", "--draws", "20",
              "--no-track-record"],
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    assert "No financial year is projected whole, so none is priced" in told.output
    assert (tmp_path / "spend.csv").read_text(encoding="utf-8").strip() == ",".join(COLUMNS)


def test_without_payments_outturn_is_moved_to_each_year_as_prices_are_expected_to_rise(unpaid):
    trend = learn_prices(unpaid.payments, unpaid.episodes, unpaid.assumptions, 2018).trend.set_index("setting")
    moved = outturn_run(unpaid, [2016, 2017, 2018]).table.set_index(["financial_year", "setting"])["spend_gbp"]
    weekly = prices_today(unpaid).weekly
    still = spend_of(unpaid.episodes, unpaid.payments, weekly, [2016, 2017, 2018]).table
    still = still.set_index(["financial_year", "setting"])["spend_gbp"]
    assert moved.loc[2018].equals(still.loc[2018])
    before = still[(2016, "kinship")] / (1 + trend.loc["kinship", "rise"]) ** 2
    assert moved[(2016, "kinship")] == pytest.approx(before, abs=0.01)
    assert outturn_run(unpaid, [2018]).price_base == "nominal"


def test_with_payments_outturn_is_what_was_paid(county):
    paid = spend_of(county.episodes, county.payments, {}, [2018])
    assert outturn_run(county, [2018]).table.equals(paid.table)


def test_no_note_tells_a_sum_that_may_rest_on_a_child_or_two(county, ahead):
    notes = spend_notes(county, ahead)
    assert any("met no stay" in note for note in notes)
    assert not any(re.search(r"£\d", note) for note in notes)
