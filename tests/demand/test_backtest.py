"""Forecasts looked back on: nothing leaks from after an origin, counts are exact, scores are checked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from builders import a_placement, make_episodes
from demand.invented_county import KINDS, ORIGIN, invent_county
from demand.invented_evidence import evidence_for

from cip_analysis.codes import AGE_BANDS, SETTINGS
from cip_analysis.demand.accuracy.rivals import NO_CHANGE, RIVALS
from cip_analysis.demand.backtest import (
    SCORECARD_COLUMNS,
    BacktestError,
    LookBack,
    Scored,
    backtest_returns,
    count_outturn,
    forecast_alike,
    measure_draws,
    past_origins,
    scorecard,
    track_record,
    within,
)
from cip_analysis.demand.caseload import count_stock, count_year_flows
from cip_analysis.demand.forecast import Asked, prepare
from cip_analysis.demand.pathways import known_at
from cip_analysis.demand.simulate import simulate
from cip_analysis.records import Episodes

ASKED = Asked("constant rate", draws=60, seed=3)
CONSTANT = LookBack(("constant rate",))


@pytest.fixture(scope="module")
def county():
    return invent_county(11, KINDS[0], seen_years=6, size=300)


@pytest.fixture(scope="module")
def evidence(county):
    return evidence_for(county)


@pytest.fixture(scope="module")
def scored(county, evidence):
    return backtest_returns(county.episodes, evidence, ASKED, LookBack(("constant rate", "shrunken drift")))


def without_a_future(episodes, day):
    """The same returns to a day, and after it nobody starts, moves or leaves."""
    known = known_at(episodes, day)
    return Episodes(known.table, known.legal, episodes.census_date, synthetic=True)


def test_nothing_that_happens_after_an_origin_changes_what_is_forecast_from_it(county, evidence, scored):
    first = scored.origins[0]
    altered = without_a_future(county.episodes, first)
    again = backtest_returns(altered, evidence, ASKED, LookBack(("constant rate", "shrunken drift")))
    keys = ["method", "measure", "origin", "horizon_months"]
    both = scored.table.merge(again.table, on=keys, suffixes=("", "_altered"))
    both = both[both["origin"] == pd.Timestamp(first)]
    assert set(both["method"]) == {*RIVALS, "constant rate", "shrunken drift"}
    assert both["forecast"].tolist() == both["forecast_altered"].tolist()
    assert both["stock"].tolist() == both["stock_altered"].tolist()
    started = both[both["measure"] == "starts"]
    assert (started["outturn"] > 0).all() and (started["outturn_altered"] == 0).all()


def test_every_origin_with_an_outturn_is_scored_once_for_each_method_and_horizon(scored):
    assert scored.origins == (date(2015, 3, 31), date(2016, 3, 31), date(2017, 3, 31))
    card = scorecard(scored)
    assert tuple(card) == SCORECARD_COLUMNS
    counted = card[card["measure"] == "stock"].groupby("method")["n"].apply(list).to_dict()
    assert counted == {name: [3, 2, 1] for name in (*RIVALS, "constant rate", "shrunken drift")}
    assert set(card.loc[card["measure"] == "starts", "method"]) == {NO_CHANGE, "constant rate", "shrunken drift"}
    assert card["n"].sum() == len(scored.table)
    assert not scored.table.duplicated(["method", "measure", "origin", "horizon_months"]).any()


def test_outturns_are_what_the_caseload_counts(county, scored):
    outturn = scored.table.drop_duplicates(["measure", "origin", "horizon_months"])
    outturn = outturn.set_index(["measure", "origin", "horizon_months"])["outturn"]
    for year in (2016, 2017, 2018):
        came, flows = (pd.Timestamp("2015-03-31"), 12 * (year - 2015)), count_year_flows(county.episodes, year)
        assert outturn[("stock", *came)] == count_stock(county.episodes, date(year, 3, 31))
        assert outturn[("starts", *came)] == flows.starts
        assert outturn[("ceases", *came)] == flows.ceases
    last = (pd.Timestamp("2017-03-31"), 12)
    assert outturn[("stock: in-house foster", *last)] == county.came[0, SETTINGS.index("in-house foster")]


def test_measures_of_a_projection_add_up(county, evidence):
    projection = simulate(prepare(county.episodes, evidence, replace(ASKED, horizon_months=24)))
    drawn = measure_draws(projection, (12, 24))
    assert (sum(drawn[within(name)] for name in SETTINGS) == drawn["stock"]).all()
    assert (sum(drawn[within(name)] for name in AGE_BANDS) == drawn["stock"]).all()
    before = np.column_stack([np.full(60, county.came[0].sum()), drawn["stock"][:, 0]])
    assert (drawn["stock"] - before == drawn["starts"] - drawn["ceases"]).all()


def test_small_settings_and_ages_are_not_scored(county, scored):
    assert within("in-house residential") not in set(scored.table["measure"])
    assert within("in-house foster") in set(scored.table["measure"])
    assert scored.table["stock"].min() >= 20


def test_no_change_expects_as_many_as_there_are_and_widens_with_time(scored):
    naive = scored.table[(scored.table["method"] == NO_CHANGE) & (scored.table["measure"] == "stock")]
    assert naive["forecast"].to_numpy() == pytest.approx(naive["stock"].to_numpy(), rel=0.01)


def scored_by_hand():
    """Two forecasts a method: 100 children expected and 110 came, then 200 expected and 160 came."""
    rows = pd.DataFrame(
        {
            "method": ["constant rate"] * 2 + [NO_CHANGE] * 2, "measure": "stock",
            "origin": pd.to_datetime(["2015-03-31", "2016-03-31"] * 2), "horizon_months": 12,
            "forecast": [100.0, 200.0, 99.0, 152.0], "outturn": [110.0, 160.0] * 2, "stock": [100.0, 150.0] * 2,
            "crps": [5.0, 30.0, 6.0, 6.0], "held_80": [False, False, True, True], "held_95": [True, False, True, True],
        }
    )  # fmt: skip
    return Scored(rows, (date(2015, 3, 31), date(2016, 3, 31)))


def test_an_outturn_is_held_where_it_lies_between_the_ends_of_its_range(scored):
    made = scored.table
    assert len(made)
    assert ((made["p02_5"] <= made["p10"]) & (made["p10"] <= made["p90"]) & (made["p90"] <= made["p97_5"])).all()
    assert (made["outturn"].between(made["p10"], made["p90"]) == made["held_80"]).all()
    assert (made["outturn"].between(made["p02_5"], made["p97_5"]) == made["held_95"]).all()


def test_a_scorecard_is_what_a_pencil_says():
    card = scorecard(scored_by_hand()).set_index("method").loc["constant rate"]
    assert card["n"] == 2
    assert card["mae"] == pytest.approx((10 + 40) / 2)
    assert card["mape"] == pytest.approx((10 / 110 + 40 / 160) / 2)
    assert card["crps"] == pytest.approx((5 / 100 + 30 / 150) / 2)
    assert (card["coverage_80"], card["coverage_95"]) == (0.0, 0.5)


def test_a_track_record_is_what_a_pencil_says():
    record = track_record(scored_by_hand(), "constant rate").iloc[0]
    assert (record["n"], record["years"], record["last_outturn"]) == (2, 2, date(2017, 3, 31))
    assert record["missed"] == pytest.approx((10 / 110 + 40 / 160) / 2)
    assert record["missed_no_change"] == pytest.approx((11 / 110 + 8 / 160) / 2)
    assert record["worst"] == pytest.approx(0.25)
    assert (record["too_high"], record["held_80"], record["held_95"]) == (1, 0, 1)


def test_methods_are_compared_only_where_all_could_forecast():
    made = scored_by_hand()
    made = replace(made, table=made.table.iloc[[1, 2, 3]])
    alike = forecast_alike(made)
    assert alike.table["origin"].dt.year.tolist() == [2016, 2016]
    assert "1 of 2 origins" in alike.notes[-1]
    assert forecast_alike(scored_by_hand()).notes == ()


def test_a_measure_that_fewer_methods_forecast_is_compared_among_those(scored):
    assert forecast_alike(scored).table.equals(scored.table)


def test_a_method_nobody_tried_has_no_record():
    with pytest.raises(BacktestError, match="No forecast by 'tea leaves'"):
        track_record(scored_by_hand(), "tea leaves")


def test_origins_leave_years_before_and_one_after():
    last = date(2018, 3, 31)
    assert past_origins(range(2011, 2019), last, LookBack())[0] == date(2013, 3, 31)
    assert past_origins(range(2011, 2019), last, LookBack())[-1] == date(2017, 3, 31)
    assert past_origins(range(2016, 2019), last, LookBack()) == ()
    half_yearly = past_origins(range(2014, 2019), date(2018, 9, 30), LookBack(every_months=6))
    assert half_yearly == (date(2016, 3, 31), date(2016, 9, 30), date(2017, 3, 31), date(2017, 9, 30))


def test_too_short_a_history_is_said_and_scores_nothing(county, evidence):
    short = backtest_returns(county.episodes, replace(evidence, years=(2013, 2016, 2017, 2018)), ASKED, CONSTANT)
    assert "there are 3 in a row" in short.notes[0]
    assert short.table.empty and short.origins == ()
    assert tuple(scorecard(short)) == SCORECARD_COLUMNS and scorecard(short).empty
    assert track_record(short, "constant rate").empty


def test_a_look_back_that_cannot_be_is_refused_by_name():
    with pytest.raises(BacktestError, match="every 5 months"):
        LookBack(every_months=5)
    with pytest.raises(BacktestError, match="tea leaves"):
        LookBack(("tea leaves",))
    with pytest.raises(BacktestError, match="2 years before an origin"):
        LookBack(years_before=2)
    with pytest.raises(BacktestError, match="at least one"):
        LookBack(())


def test_a_method_that_cannot_be_made_is_a_note_and_not_a_stand_in(county, evidence):
    scored = backtest_returns(county.episodes, evidence, ASKED, LookBack(("national panel",)))
    assert set(scored.table["method"]) == set(RIVALS)
    assert len(scored.notes) == 3 and all("national panel" in note for note in scored.notes)


def test_progress_is_told_of_every_forecast(county, evidence):
    told = []
    backtest_returns(county.episodes, evidence, replace(ASKED, draws=5), CONSTANT, lambda *at: told.append(at))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_outturn_of_a_small_county_by_hand():
    rows = [
        a_placement(child="1", start="2016-04-10"),
        a_placement(child="2", start="2016-06-01", end="2016-12-05", end_reason="returned home, planned"),
        a_placement(child="3", start="2017-05-02", setting="kinship"),
    ]
    truth = count_outturn(make_episodes(rows), date(2016, 4, 30), ORIGIN)
    march = truth.loc[["2017-03-31", "2018-03-31"], ["stock", "starts", "ceases", within("kinship")]]
    assert march.to_numpy().tolist() == [[1, 2, 1, 0], [2, 1, 0, 1]]
    assert truth["starts"].isna().sum() == 11
