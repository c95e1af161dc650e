"""The account of accuracy: the record kept told in words that agree with it, and the council's own past by hand."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from builders import ROOT

from cip_analysis import accuracy_account as account
from cip_analysis.demand.backtest import Scored
from cip_analysis.demand.national.backtest import ORIGINS
from cip_analysis.demand.national.methods import NO_CHANGE, SHOWN
from cip_analysis.returns.reference.national import EVERY_ORIGIN, EVERY_SIZE, LATEST, RECORD_COLUMNS, read_record

EMPTY = pd.DataFrame({column: [] for column in RECORD_COLUMNS})
ORIGIN = pd.Timestamp("2015-03-31")


def a_score(method: str, mape: float, crps: float, **other: object) -> dict[str, object]:
    base = {
        "origins": EVERY_ORIGIN, "size": EVERY_SIZE, "first_origin": 2014, "last_origin": 2022, "authorities": 150,
        "method": method, "measure": "stock", "horizon_months": 48, "n": 100, "mae": 1.0, "mape": mape, "crps": crps,
        "coverage_80": 0.8, "coverage_95": 0.95,
    }  # fmt: skip
    return base | other


def a_record() -> pd.DataFrame:
    rows = []
    for months in (12, 48):
        far = {"horizon_months": months}
        rows += [a_score(SHOWN, 0.10, 0.09, **far), a_score(NO_CHANGE, 0.12, 0.10, **far)]
        rows += [a_score("whole gap to neighbours", 0.30, 0.20, **far)]
        for group, crps in zip((*ORIGINS, LATEST), (0.08, 0.09, 0.11), strict=True):
            rows += [
                a_score(SHOWN, 0.10, crps, origins=group, **far),
                a_score(NO_CHANGE, 0.12, 0.10, origins=group, **far),
            ]
    return pd.DataFrame(rows)


def test_the_newest_outturn_is_the_longest_horizon_from_its_last_origin():
    assert account.latest_outturn(pd.DataFrame([a_score(SHOWN, 0.1, 0.1, n=887, authorities=151)])) == date(2023, 3, 31)
    since = a_score(SHOWN, 0.1, 0.1, origins=LATEST, first_origin=2020, last_origin=2023, n=32, authorities=16)
    assert account.latest_outturn(pd.DataFrame([since])) == date(2025, 3, 31)


def a_forecast(measure: str, method: str, middle: float, came: float, **other: object) -> dict[str, object]:
    base = {
        "method": method, "measure": measure, "origin": ORIGIN, "horizon_months": 12, "forecast": middle,
        "p02_5": middle - 20, "p10": middle - 10, "p90": middle + 10, "p97_5": middle + 20, "outturn": came,
        "stock": 100.0, "crps": abs(middle - came) / 2, "held_80": abs(middle - came) <= 10,
        "held_95": abs(middle - came) <= 20,
    }  # fmt: skip
    return base | other


def looked_back() -> Scored:
    later = {"origin": pd.Timestamp("2016-03-31"), "stock": 125.0}
    rows = [
        a_forecast("stock", "national panel", 110, 125), a_forecast("stock", NO_CHANGE, 100, 125),
        a_forecast("stock", "national panel", 130, 140, horizon_months=24),
        a_forecast("stock", NO_CHANGE, 100, 140, horizon_months=24),
        a_forecast("stock", "national panel", 135.5, 140, **later), a_forecast("stock", NO_CHANGE, 125, 140, **later),
        a_forecast("stock: kinship", "national panel", 30, 20, **later | {"stock": 22.0}),
        a_forecast("stock: kinship", NO_CHANGE, 22, 20, **later | {"stock": 22.0}),
    ]  # fmt: skip
    return Scored(pd.DataFrame(rows), (date(2015, 3, 31), date(2016, 3, 31)))


def test_the_gain_is_what_the_whole_forecast_error_is_below_that_of_no_change():
    told = account.to_expect(a_record())
    assert told["share_gained_on_no_change"].tolist() == pytest.approx([0.1, 0.1])
    assert told["share_missed_by_no_change"].tolist() == [0.12, 0.12]


def test_the_method_used_here_comes_first_and_the_worst_last():
    methods = account.national_scores(a_record())["method"].drop_duplicates().tolist()
    assert methods == [account.OURS, NO_CHANGE, account.WHOLE_GAP]


def test_the_title_says_which_came_nearest_and_the_sentence_what_later_years_bear_out():
    assert account.nearest_in_words(a_record()) == (
        "The method used here came nearest 4 years ahead, 10.0% out; no change was 12.0% out"
    )
    said = account.confirmed_in_words(a_record())
    assert "20.0% below that of no change 1 year ahead and 20.0% below 4 years ahead" in said
    assert "later years it was 10.0% and 10.0% below" in said
    assert "10.0% above 4 years ahead: there the method gained nothing" in said


def test_another_method_that_comes_nearer_is_named_instead():
    nearer = pd.concat([a_record(), pd.DataFrame([a_score("own flows", 0.05, 0.05)])], ignore_index=True)
    assert account.nearest_in_words(nearer).startswith("Its own starts and leaving go on came nearest")


def test_a_run_without_a_record_has_nothing_to_tell():
    assert account.to_expect(EMPTY).empty
    assert account.national_scores(EMPTY).empty
    assert account.by_size(EMPTY).empty
    assert account.by_origins(EMPTY).empty
    assert account.national_misses(EMPTY).empty
    assert "no record" in account.nearest_in_words(EMPTY)


def test_every_method_of_the_record_kept_has_a_name_in_plain_words_or_is_no_change():
    kept = read_record(ROOT / "data" / "reference" / "national_scorecard.csv")
    unnamed = set(kept["method"]) - set(account.NATIONAL_WORDS)
    assert all(name.startswith(NO_CHANGE) for name in unnamed)
    assert account.national_misses(kept)["method"].nunique() == len(account.DRAWN) == 6
    assert len(account.by_origins(kept)) == 3 * 4


def test_past_forecasts_begin_at_their_origin_and_stand_beside_what_came():
    told = account.own_forecasts(looked_back(), "national panel")
    assert told["made"].unique().tolist() == ["from March 2015", "from March 2016"]
    assert told["month"].dt.date.astype(str).tolist() == ["2015-03-31", "2016-03-31", "2016-03-31", "2017-03-31"]
    assert told["p50"].tolist() == [100, 110, 125, 136]
    assert told["outturn"].tolist() == [100, 125, 125, 140]
    longest = account.longest_forecast(looked_back(), "national panel")
    assert longest[["p10", "p50", "p90"]].to_numpy().tolist()[-1] == [120, 130, 140]
    assert account.own_outturn(looked_back())["children"].tolist() == [100, 125, 140]


def test_the_councils_record_is_in_whole_per_cents_and_says_the_fewest_children_behind_it():
    told = account.own_record(looked_back(), "national panel").set_index(["what", "how_far_ahead"])
    all_children = told.loc[("all children", "1 year")]
    assert all_children["missed"] == "8%"  # the mean of 15 ÷ 125 and 4.5 ÷ 140
    assert all_children["worst"] == "12%"
    assert (all_children[account.IN_80], all_children[account.IN_95]) == ("1 of 2", "2 of 2")
    assert all_children["fewest_children"] == 100
    assert told.loc[("kinship", "1 year"), "fewest_children"] == 20


def test_what_missed_by_more_than_no_change_is_named():
    assert "1 of the 2 missed by more than saying that nothing would change: kinship" in account.worse_in_words(
        looked_back(), "national panel"
    )


def test_the_last_look_says_where_each_outturn_fell():
    last = account.last_look(looked_back(), "national panel").set_index("what")
    assert last.loc["all children", "the_outturn_was"] == "inside the 80% range"
    assert last.loc["all children", ["at_the_start", "p50", "outturn"]].tolist() == [125, 136, 140]
    edge = looked_back().table.assign(outturn=lambda table: table["forecast"] + 15)
    later = account.last_look(Scored(edge, ()), "national panel")
    assert set(later["the_outturn_was"]) == {"inside the 95% range only"}


def test_methods_are_set_side_by_side_nearest_first():
    told = account.own_methods(looked_back(), "national panel")
    assert told["method"].tolist() == ["national panel (used here)", NO_CHANGE]
    assert told["n"].tolist() == [2, 2]
    assert told["missed"].tolist() == ["8%", "15%"]


def test_hindsight_begins_at_the_origin_and_takes_the_baseline_only():
    months = pd.to_datetime(["2018-03-31", "2018-04-30", "2019-03-31"])
    rows = pd.DataFrame({"month": months, "p50": [550, 555, 570]}).assign(scenario="baseline")
    rows = rows.assign(p02_5=rows["p50"] - 20, p10=rows["p50"] - 10, p90=rows["p50"] + 10, p97_5=rows["p50"] + 20)
    every = pd.concat([rows, rows.assign(scenario="other", p50=0)])
    since = pd.DataFrame({"month": pd.to_datetime(["2019-03-31", "2020-03-31"]), "children": [583.0, 654.0]})
    told = account.beside_outturn(every, since)
    assert told["p50"].tolist() == [550, 570]
    assert told["published_since"].iloc[1] == 583
    assert told["the_outturn_was"].iloc[1] == "inside the 95% range only"
    assert told[["published_since", "the_outturn_was"]].iloc[0].isna().all()


def test_a_method_that_stood_in_is_the_one_judged_and_none_where_nothing_was_made():
    assert account.method_judged(looked_back(), "national panel") == "national panel"
    other = looked_back().table.assign(method="shrunken drift")
    assert account.method_judged(Scored(other, ()), "national panel") == "shrunken drift"
    nothing = Scored(looked_back().table.iloc[:0], ())
    assert account.method_judged(nothing, "national panel") == ""
    assert account.own_record(nothing, "").empty
    assert account.own_methods(nothing, "").empty
    assert "too short" in account.own_in_words(nothing, "")
