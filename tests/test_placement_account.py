"""Tables of where children live, move and stay agree with what they are made from, and words with their numbers."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from builders import a_placement, make_episodes
from demand.invented_model import a_model, some_pathways

from cip_analysis.codes import SETTINGS
from cip_analysis.demand.backtest import SCORED_COLUMNS, Scored
from cip_analysis.demand.caseload import count_caseload
from cip_analysis.demand.pathways import describe_rates, estimate_pathways, flows_between, mean_stay
from cip_analysis.demand.simulate import simulate
from cip_analysis.forecasts import Ahead
from cip_analysis.placement_account import (
    HOMES_OF,
    LEAVES,
    LEFT,
    MOVES,
    OTHER,
    OTHER_WAYS,
    STARTED,
    PlacementAccountError,
    count_setting,
    describe_leaving,
    describe_routes,
    describe_stays,
    find_chances,
    gather_flows,
    list_changes,
    list_fallbacks,
    list_settings_ahead,
    name_largest,
    say_ahead,
    say_busiest,
    say_changes,
    say_mix,
    say_record,
    show_setting_record,
    to_base,
)

FROM, TO = date(2014, 3, 31), date(2018, 3, 31)
RESIDENTIAL = {"placement": "children's home", "setting": "external residential"}


@pytest.fixture(scope="module")
def ahead() -> Ahead:
    baseline = simulate(a_model(draws=40, months=24))
    return Ahead(baseline, (), {}, ("Left out: a scenario.",))


def moves_of(children: int):
    """Children who start fostered, half of whom move to residential care after a year and leave it after another."""
    rows = []
    for child in range(children):
        moved = child % 2 == 0
        first = {"child": str(child), "start": "2015-06-01", "end": "2016-06-01", "end_reason": None if moved else
                 "returned home, planned", "move_reason": "change to another placement" if moved else None}  # fmt: skip
        second = first | {"start": "2016-06-01", "end": "2017-06-01", "start_reason": "changed placement",
                          "end_reason": "returned home, planned", "move_reason": None, **RESIDENTIAL}  # fmt: skip
        rows += [a_placement(**first), *([a_placement(**second)] if moved else [])]
    return make_episodes(rows)


@pytest.fixture(scope="module")
def pathways():
    return estimate_pathways(moves_of(60), FROM, TO)


# ---- where they will live ---------------------------------------------------------------------------------------


def test_every_setting_and_month_is_listed_once_and_begins_at_outturn(ahead):
    listed = list_settings_ahead(ahead)
    assert len(listed) == len(SETTINGS) * len(ahead.baseline.months)
    assert list(dict.fromkeys(listed["setting"])) == list(SETTINGS)
    first = listed[listed["month"] == pd.Timestamp(ahead.baseline.months[0])]
    assert first["p50"].tolist() == ahead.baseline.stock[0, 0].sum(axis=0).tolist()
    assert (first["p02_5"] == first["p97_5"]).all()


def test_the_stock_of_one_setting_is_that_of_the_caseload():
    caseload = count_caseload(moves_of(10), date(2016, 4, 30), date(2016, 7, 31)).table
    assert count_setting(caseload, "external residential")["children"].tolist() == [0, 0, 5, 5]
    assert name_largest(caseload, date(2016, 4, 30), most=1) == ["in-house foster"]


def test_changes_are_those_of_the_draws_to_the_base_and_settings_nobody_is_in_are_left_out(ahead):
    changes = list_changes(ahead, 5).set_index("setting")
    stock = ahead.baseline.stock.sum(axis=2, dtype="int64")
    assert set(changes.index) == {name for name, now in zip(SETTINGS, stock[0, 0], strict=True) if now}
    here = SETTINGS.index("in-house foster")
    exact = np.percentile(stock[:, -1, here] - stock[0, 0, here], [10, 50, 90])
    told = changes.loc["in-house foster", ["p10_change", "p50_change", "p90_change"]].to_numpy("int64")
    assert (told % 5 == 0).all()
    assert (np.abs(told - exact) <= 2.5).all()
    assert list_changes(ahead, 1)["children"].sum() == stock[0, 0].sum()


def test_rounding_to_a_base_of_one_keeps_whole_numbers():
    assert to_base(np.array([-3.0, 0.0, 7.0]), 1).tolist() == [-3, 0, 7]


@pytest.mark.parametrize(
    ("now", "low", "high", "course"),
    [
        (80, 85, 100, "likely to grow"), (80, 80, 100, "may grow,"), (80, 60, 70, "likely to shrink"),
        (80, 60, 80, "may shrink,"), (80, 60, 100, "may grow or shrink"),
    ],
)  # fmt: skip
def test_a_title_says_what_the_range_does(now, low, high, course):
    assert course in say_ahead("kinship", now, low, high, pd.Timestamp(2022, 3, 31))


def test_a_title_of_a_withheld_forecast_gives_no_number():
    said = say_ahead("external residential", 65, pd.NA, pd.NA, pd.Timestamp(2022, 3, 31))
    assert said == "External residential care: too few children to show a forecast"
    assert say_ahead("kinship", 80, 90, 90, pd.Timestamp(2022, 3, 31)).endswith("to about 90 by March 2022")


def test_the_largest_change_is_named_whichever_way_it_goes():
    changes = pd.DataFrame(
        {
            "setting": ["kinship", "external residential", "other"], "children": [80, 65, None],
            "p10_change": [-40, -5, None], "p50_change": [-20, 15, None], "p90_change": [0, 35, None],
        }
    )  # fmt: skip
    assert say_changes(changes) == (
        "Largest change: kinship homes, about 20 fewer (from 40 fewer to no change, eight times in ten)"
    )
    assert say_changes(changes.iloc[2:]) == "No setting is likely to change much"
    assert say_changes(changes.assign(p50_change=0)) == "No setting is likely to change much"


def test_the_mix_names_the_largest_settings_and_leaves_out_the_withheld_and_the_empty():
    day = pd.Timestamp(2022, 3, 31)
    ends = pd.DataFrame(
        {"setting": ["kinship", "in-house foster", "other", "family centre"], "month": day, "p50": [80, 195, None, 0]}
    )
    assert say_mix(ends, day.date()) == "195 in in-house foster homes and 80 in kinship homes"
    assert set(HOMES_OF) == set(SETTINGS)


# ---- how they move ----------------------------------------------------------------------------------------------


def test_gathered_flows_lose_nobody_but_those_who_move_between_the_settings_joined():
    flows = flows_between(moves_of(60), FROM, TO)
    gathered = gather_flows(flows, ["in-house foster", "external residential"])
    told = gathered.set_index(["come_from", "gone_to"])["children"].to_dict()
    assert told == {
        (STARTED, "in-house foster"): 60, ("in-house foster", "external residential"): 30,
        ("in-house foster", LEFT): 30, ("external residential", LEFT): 30,
    }  # fmt: skip
    joined = gather_flows(flows, [])
    assert joined.set_index(["come_from", "gone_to"])["children"].to_dict() == {(STARTED, OTHER): 60, (OTHER, LEFT): 60}


def test_the_busiest_move_is_between_named_settings_that_are_not_withheld():
    flows = pd.DataFrame(
        {
            "come_from": [STARTED, OTHER, "kinship", "in-house foster"],
            "gone_to": ["kinship", "kinship", "in-house foster", "kinship"],
            "children_a_year": pd.array([100, 50, 12, None], "Int64"),
        }
    )
    assert "from kinship homes to in-house foster homes: about 12 children a year" in say_busiest(flows)
    assert say_busiest(flows.iloc[[0, 1, 3]]) == "Too few children moved between any two settings to show"


def test_chances_of_one_cell_are_those_of_the_rates_described():
    pathways = estimate_pathways(moves_of(60), FROM, TO)
    rates = describe_rates(pathways)
    routes = describe_routes(pathways, "external residential", 5).set_index("what_happens")
    home = rates[
        (rates["setting"] == "external residential") & (rates["to"] == "returned home") & (rates["events"] > 0)
    ]
    assert routes.loc["leaves care: returned home", "events"] == home["events"].sum() == 30
    assert routes.loc["leaves care: returned home", "chance_a_year"] == pytest.approx(
        home["chance_a_year"].iloc[0], rel=1e-6
    )
    low, high = routes.loc["leaves care: returned home", ["p02_5_chance", "p97_5_chance"]]
    assert (low, high) == pytest.approx((home["low"].iloc[0], home["high"].iloc[0]), rel=1e-6)


def test_events_of_leaving_and_moving_are_all_of_the_flows(pathways):
    leaving = describe_leaving(pathways).set_index(["setting", "what_happens"])["events"]
    assert leaving["in-house foster", LEAVES] == leaving["in-house foster", MOVES] == 30
    assert leaving["external residential", LEAVES] == 30
    assert leaving["external residential", MOVES] == 0
    assert set(leaving.index.get_level_values("setting")) == {"in-house foster", "external residential"}


def test_ranges_hold_their_chance_and_lie_within_nought_and_one(pathways):
    told = describe_leaving(pathways)
    assert (told["p02_5_chance"] <= told["chance_a_year"]).all()
    assert (told["chance_a_year"] <= told["p97_5_chance"]).all()
    assert told["p02_5_chance"].ge(0).all()
    assert told["p97_5_chance"].le(1).all()


def test_ways_too_few_took_are_joined_in_the_last_row_and_nobody_is_lost(pathways):
    routes = describe_routes(pathways, "in-house foster", 31)
    assert routes["what_happens"].tolist() == [OTHER_WAYS]
    assert routes["events"].tolist() == [60]
    assert describe_routes(pathways, "kinship", 5).empty


def test_the_chances_of_a_setting_that_is_withheld_or_missing_are_blank(pathways):
    told = describe_leaving(pathways)
    left, moved = find_chances(told, "in-house foster")
    assert 0 < left < 1
    assert 0 < moved < 1
    assert np.isnan(find_chances(told, "kinship")).all()


def test_lengths_of_stay_are_the_mean_stays_in_months_where_a_stay_ended(pathways):
    stays = describe_stays(pathways).set_index("setting")
    days = mean_stay(pathways).set_index("setting")["days"]
    assert stays["stays_ended"].to_dict() == {"in-house foster": 60, "external residential": 30}
    assert stays.loc["in-house foster", "stay_months"] == pytest.approx(days["in-house foster"] * 12 / 365.25, abs=0.05)


def test_rates_that_were_stated_have_no_events_to_show():
    with pytest.raises(PlacementAccountError, match="no events stand behind them"):
        describe_leaving(some_pathways(np.random.default_rng(1)))


# ---- fallbacks and the record ---------------------------------------------------------------------


def test_every_fallback_is_listed_once(ahead):
    listed = list_fallbacks(ahead, ["Places are stated."], ["Places are stated.", "One origin is left out."])
    assert listed["what_stood_in"].tolist() == [
        "Left out: a scenario.",
        "Places are stated.",
        "One origin is left out.",
    ]


def scored_of(rows: list[tuple[str, str, float, float, bool]]) -> Scored:
    """Forecasts a year ahead: method, measure, forecast, outturn, whether the 80% range held."""
    table = pd.DataFrame(rows, columns=["method", "measure", "forecast", "outturn", "held_80"])
    table = table.assign(
        origin=pd.Timestamp(2016, 3, 31), horizon_months=12, stock=100.0, crps=0.1, held_95=True
    ).reindex(columns=list(dict.fromkeys([*SCORED_COLUMNS, *table])))
    return Scored(table, (date(2016, 3, 31),))


def test_the_record_by_setting_is_that_of_its_forecasts_and_the_total_is_not_among_them():
    scored = scored_of(
        [
            ("ours", "stock", 100, 100, True), ("no change", "stock", 100, 100, True),
            ("ours", "stock: kinship", 90, 100, True), ("no change", "stock: kinship", 80, 100, True),
            ("ours", "stock: other", 150, 100, False), ("no change", "stock: other", 110, 100, True),
        ]
    )  # fmt: skip
    record = show_setting_record(scored, "ours").set_index("setting")
    assert record["share_missed"].to_dict() == pytest.approx({"kinship": 0.1, "other": 0.5})
    assert record["share_missed_by_no_change"].to_dict() == pytest.approx({"kinship": 0.2, "other": 0.1})
    assert record["inside the 80% range"].to_dict() == {"kinship": "1 of 1", "other": "0 of 1"}
    said = say_record(record.reset_index())
    assert "nearer than no change in 1 of 2 settings" in said
    assert "held 1 of 2 outturns, where 2 were to be expected." in said
    assert "worst missed other placements by 50%" in said
    assert "too narrow" not in said
    assert "too narrow" in say_record(record.reset_index().assign(**{"inside the 80% range": "0 of 4"}))


def test_without_a_past_to_look_back_on_the_record_says_so():
    empty = show_setting_record(Scored(pd.DataFrame(columns=list(SCORED_COLUMNS)), ()), "ours")
    assert empty.empty
    assert say_record(empty).startswith("Nobody can say")
