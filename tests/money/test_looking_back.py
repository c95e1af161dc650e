"""Spend forecast again from past dates: nothing paid later is known, what came is what was paid, and misses by hand."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from builders import ROOT

from cip_analysis.costs import look_back_spend
from cip_analysis.forecasts import KEPT, asked_of
from cip_analysis.money.pricing.looking_back import PAST_COLUMNS, LookedBack, spend_record, tell_record
from cip_analysis.money.spend import UNMATCHED, price_outturn
from cip_analysis.run import open_run

MADE = (ROOT / "data" / "synthetic" / "leicestershire").exists()
needs_county = pytest.mark.skipif(not MADE, reason="the invented county is not made: make data")


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    opened = open_run(str(ROOT / "config" / "runs" / "autumn-2018.toml"), check=False)
    return replace(opened, root=tmp_path_factory.mktemp("root"))


@pytest.fixture(scope="module")
def looked(county):
    return look_back_spend(county, asked_of(county, draws=40))


def a_look(**columns: list[object]) -> pd.DataFrame:
    """Rows of a look back, all of one setting a year ahead unless told."""
    rows = len(columns["forecast_gbp"])
    usual = {
        "origin": pd.to_datetime([f"{2013 + place}-03-31" for place in range(rows)]), "years_ahead": [1] * rows,
        "financial_year": list(range(2014, 2014 + rows)), "setting": ["all"] * rows, "p02_5_gbp": [0.0] * rows,
        "p10_gbp": [0.0] * rows, "p90_gbp": [2e7] * rows, "p97_5_gbp": [3e7] * rows, "last_year_gbp": [1e7] * rows,
        "held_80": [True] * rows, "held_95": [True] * rows,
    }  # fmt: skip
    return pd.DataFrame(usual | columns)[list(PAST_COLUMNS)]


def test_a_miss_is_a_share_of_what_was_spent_and_over_and_under_cancel_in_the_bias_alone():
    table = a_look(forecast_gbp=[11e6, 9e6], outturn_gbp=[10e6, 10e6], last_year_gbp=[8e6, 10e6], held_80=[False, True])
    record = spend_record(table).iloc[0]
    assert (record["n"], record["held_80"], record["held_95"], record["last_year"]) == (2, 1, 2, 2015)
    assert record["missed"] == pytest.approx(0.10) and record["bias"] == pytest.approx(0, abs=1e-12)
    assert record["missed_no_change"] == pytest.approx(0.10) and record["worst"] == pytest.approx(0.10)
    assert tell_record(LookedBack(table, ("One left out.",))) == (
        "Spend looked back on: 2 forecasts 1 year ahead, made each 31 March from 2013, missed by 10.0% on average (no "
        "change: 10.0%); 1 of the 2 outturns lay within the 80% interval, 2 within the 95%.",
        "One left out.",
    )


@needs_county
def test_what_came_is_what_was_paid_for_stays_and_every_origin_is_looked_on_as_far_as_it_can_be(county, looked):
    table = looked.table[looked.table["setting"].eq("all")]
    assert sorted(zip(table["origin"].dt.year, table["years_ahead"], strict=True)) == [
        (year, ahead) for year in range(2013, 2018) for ahead in (1, 2, 3) if year + ahead <= 2018
    ]
    spent = price_outturn(county.episodes, county.payments, 2013, 2018).table
    spent = spent[spent["setting"].ne(UNMATCHED)].groupby("financial_year")["spend_gbp"].sum()
    assert (table["outturn_gbp"].to_numpy() == spent[table["financial_year"]].to_numpy()).all()
    assert (table["last_year_gbp"].to_numpy() == spent[table["origin"].dt.year].to_numpy()).all()
    assert (looked.table["p02_5_gbp"] <= looked.table["p10_gbp"]).all()
    held = looked.table["outturn_gbp"].between(looked.table["p10_gbp"], looked.table["p90_gbp"])
    assert (held == looked.table["held_80"]).all()


@needs_county
def test_nothing_paid_after_an_origin_moves_its_forecast(county, looked, tmp_path):
    rows = county.payments.table
    dearer = rows.assign(amount_gbp=rows["amount_gbp"].where(rows["financial_year"].le(2016), rows["amount_gbp"] * 3))
    run = replace(county, payments=replace(county.payments, table=dearer), root=tmp_path)
    again = look_back_spend(run, asked_of(run, draws=40)).table
    early = looked.table["origin"].dt.year.le(2016)
    assert (again["forecast_gbp"][early] == looked.table["forecast_gbp"][early]).all()
    late = looked.table["financial_year"].ge(2017) & looked.table["setting"].eq("all")
    assert (again["outturn_gbp"][late] > 2.9 * looked.table["outturn_gbp"][late]).all()
    assert (again["forecast_gbp"][~early] > 2 * looked.table["forecast_gbp"][~early]).all()


@needs_county
def test_a_look_back_is_kept_and_read_again(county, looked):
    kept = {path: path.stat().st_mtime_ns for path in (county.root / KEPT).glob("*.parquet")}
    again = look_back_spend(county, asked_of(county, draws=40))
    pd.testing.assert_frame_equal(again.table, looked.table)
    assert {path: path.stat().st_mtime_ns for path in (county.root / KEPT).glob("*.parquet")} == kept


@needs_county
def test_without_payments_there_is_no_record_and_a_sentence_says_what_it_takes(county):
    bare = replace(county, payments=replace(county.payments, table=county.payments.table.iloc[:0]))
    looked = look_back_spend(bare)
    assert looked.table.empty and list(looked.table) == list(PAST_COLUMNS)
    assert tell_record(looked)[0].endswith("There are 8 whole years of returns and payments of 0.")
