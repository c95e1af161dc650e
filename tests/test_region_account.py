"""The region's page: opened from published files alone, councils that add up, beds that can be checked by hand."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
from builders import ROOT

from cip_analysis.demand.accuracy.scores import LEVELS
from cip_analysis.demand.national.backtest import ORIGINS
from cip_analysis.demand.national.estimates import forecast_authority
from cip_analysis.demand.regional.backtest import choose
from cip_analysis.demand.regional.forecast import APART, METHODS
from cip_analysis.region_account import (
    RegionAccountError,
    adds_up_in_words,
    beside_other_ways,
    compare_methods,
    confirmed_in_words,
    fan_of_region,
    forecast_of,
    history,
    list_councils,
    open_region,
    record_in_words,
    region_record,
    round_together,
    split_in_words,
)
from cip_analysis.region_places_account import (
    RegionPlacesError,
    beds_in_words,
    commission,
    distance_in_words,
    gained,
    list_beds,
    list_places,
    own_places_in_words,
    places_grown,
    title_places,
)
from cip_analysis.region_settings import Region
from cip_analysis.returns.published import read_published
from cip_analysis.returns.reference.national import read_national
from cip_analysis.settings import Council, SettingsError, read_settings

RUN, REGION = "config/runs/autumn-2018.toml", "config/regions/east-midlands.toml"
SIZES = "5, 10, 20, 40"


def a_bare_project(folder, as_at="as_at = 2018-03-31"):
    """Settings and reference tables, the run's day as told, and no child's data of any kind."""
    shutil.copytree(ROOT / "config", folder / "config")
    shutil.copytree(ROOT / "data" / "reference", folder / "data" / "reference")
    (folder / "notebooks").mkdir()
    run = folder / RUN
    run.write_text(run.read_text(encoding="utf-8").replace("as_at = 2018-03-31", as_at), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(a_bare_project(tmp_path_factory.mktemp("project")))
        return open_region(RUN, REGION)


@pytest.fixture(scope="module")
def ahead(county):
    return forecast_of(county)


@pytest.fixture(scope="module")
def made(county, ahead):
    return commission(county, ahead, SIZES, "", 2)


def test_it_opens_without_a_child_in_sight_and_adds_up_what_was_published(county):
    past = history(county).set_index("month")["children"]
    assert past[pd.Timestamp("2018-03-31")] == 5630
    assert past[pd.Timestamp("2010-03-31")] == 4221
    assert past.is_monotonic_increasing


def test_a_council_is_forecast_as_page_04_forecasts_it_without_returns(county, ahead):
    council = read_settings(ROOT / "config" / "councils" / "leicestershire.toml", Council)
    estimates = read_national(ROOT / "data" / "reference" / "national_estimates.csv")
    figures = read_published(ROOT / "data" / "reference" / "comparators.csv")
    alone = forecast_authority(estimates, figures, council, 2018)
    ours = ahead.base.councils[county.codes.index("855")]
    np.testing.assert_allclose(ours, alone[list(map(float, LEVELS))].to_numpy(), rtol=1e-5)


def test_councils_add_up_in_every_draw_and_as_printed(county, ahead):
    np.testing.assert_allclose(ahead.together.councils.sum(axis=1), ahead.together.region, rtol=1e-9)
    table = list_councils(county, ahead, 4)
    assert table["now"].iloc[:-1].sum() == table["now"].iloc[-1] == 5630
    assert table["expected"].iloc[:-1].sum() == table["expected"].iloc[-1]
    assert table["p90"].iloc[:-1].sum() > table["p90"].iloc[-1]
    assert adds_up_in_words(county, ahead).startswith("In all 1,000 futures, in every year, the councils add up")


def test_whole_numbers_keep_their_sum():
    assert round_together(np.array([0.5, 0.5, 1.5])) == [1, 1, 1]
    assert sum(round_together(np.random.default_rng(0).uniform(0, 99, 40))) == round(
        np.random.default_rng(0).uniform(0, 99, 40).sum()
    )


def test_the_fan_begins_at_the_count_and_widens(county, ahead):
    fan = fan_of_region(county, ahead)
    assert fan.iloc[0][["p02_5", "p50", "p97_5"]].tolist() == [5630] * 3
    assert (fan["p97_5"] - fan["p02_5"]).is_monotonic_increasing


def test_the_way_used_is_the_one_the_rule_chooses_from_the_record_kept(county):
    assert county.region.method == choose(county.record)


def test_the_record_is_told_beside_saying_that_nothing_changes(county):
    record = region_record(county)
    assert record["n"].tolist() == [81, 72, 63, 54]
    assert (record["mape"] < record["share_missed_by_no_change"]).all()
    assert "1 year ahead" in record_in_words(county)


def test_every_way_is_set_beside_plain_summing_and_one_is_marked(county):
    for group in ORIGINS:
        table = compare_methods(county, group).set_index("way")
        assert table.loc[APART, "error_beside_plain_summing"] == "1.00 times"
        assert [name for name in table.index if "(used here)" in name] == [f"{county.region.method} (used here)"]
    assert "has not been shown to beat" in confirmed_in_words(county)


def test_every_way_gives_this_region_a_range(county):
    table = beside_other_ways(county, 4)
    assert len(table) == len(METHODS)
    assert (table["p10"] < table["expected"]).all()
    assert (table["expected"] < table["p90"]).all()


def test_a_run_without_a_day_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(a_bare_project(tmp_path, as_at=""))
    with pytest.raises(RegionAccountError, match="states no as_at"):
        open_region(RUN, REGION)


def test_an_audience_nobody_has_is_refused(monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(SettingsError, match="not an audience"):
        open_region(RUN, REGION, "members")


def test_after_the_split_the_two_halves_are_told_and_the_region_is_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(a_bare_project(tmp_path, as_at="as_at = 2023-03-31"))
    county = open_region(RUN, REGION)
    made = forecast_of(county)
    table = list_councils(county, made, 4).set_index("council")
    assert table.loc[["North Northamptonshire", "West Northamptonshire"], "now"].tolist() == [545, 688]
    assert "Northamptonshire" not in table.index
    assert table["expected"].iloc[:-1].sum() == table["expected"].iloc[-1]
    past = history(county).set_index("month")["children"]
    assert past[pd.Timestamp("2021-03-31")] == 6398
    assert past[pd.Timestamp("2023-03-31")] == 6601
    assert "divided as its parts last were" in split_in_words(county)
    assert list_places(county, made, 2).set_index("council").loc["Northamptonshire", "council_run_places"] == 0


@pytest.mark.parametrize(
    ("change", "told"), [({"928": "Elsewhere"}, "is joined but is not"), ({"940": "North"}, "cannot stand beside")]
)
def test_a_region_file_that_contradicts_itself_is_refused(county, change, told):
    held = county.region.model_dump()
    assert Region.model_validate(held) == county.region
    with pytest.raises(ValueError, match=told):
        Region.model_validate({**held, "councils": {**held["councils"], **change}})


# ---- places and beds --------------------------------------------------------------------------------------------


def test_places_are_ofsteds_and_children_the_forecasts(county, ahead):
    table = list_places(county, ahead, 2).set_index("council")
    assert table.loc["Leicester", ["council_run_places", "other_places"]].tolist() == [39, 17]
    assert table.loc["East Midlands", ["homes", "council_run_places", "other_places"]].tolist() == [212, 321, 982]
    assert table.loc["Leicestershire", "now_in_homes"] == round(555 * 0.089)
    assert "run 321 (25%)" in own_places_in_words(table.reset_index())
    assert title_places(table.reset_index()).endswith("Rutland 7.2, Leicester 0.9")
    assert places_grown(county) == (2016, pytest.approx(1303 / 1220 - 1, abs=0.001))


def test_beds_together_hold_more_than_beds_apart_in_every_future(made):
    for together, alone in zip(made.together, made.alone, strict=True):
        assert (together.filled >= alone.filled - 1e-9).all()
        assert together.beds == alone.beds
    assert (gained(made)["more_children"] > 0).all()


def test_filled_and_empty_are_all_the_beds_there_are(made):
    table = list_beds(made)
    sizes = [5, 5, 10, 10, 20, 20, 40, 40]
    np.testing.assert_allclose(table["expected_filled"] + table["empty_places"], sizes)
    np.testing.assert_allclose(table["share_filled"], table["expected_filled"] / sizes)
    assert (table["expected_filled"] <= table["filled_at_most"]).all()
    assert table["share_turned_away"].between(0, 1).all()


def test_more_beds_are_each_less_full_and_turn_fewer_away(made):
    together = list_beds(made).iloc[::2]
    assert together["share_filled"].is_monotonic_decreasing
    assert together["share_turned_away"].is_monotonic_decreasing


def test_fewer_councils_want_fewer_beds_and_one_alone_gains_nothing(county, ahead, made):
    two = commission(county, ahead, "5", "Leicestershire, Leicester", 2)
    one = commission(county, ahead, "5", "Leicestershire", 2)
    assert two.names == ("Leicestershire", "Leicester")
    assert two.need.sum(axis=1).mean() < made.need.sum(axis=1).mean()
    np.testing.assert_allclose(one.together[0].filled, one.alone[0].filled)
    assert gained(one)["need_lost_share"].tolist() == [0]


def test_sentences_tell_the_fewest_and_the_most_beds_once(made, county, ahead):
    assert beds_in_words(made).count("commissioned together") == 2
    assert beds_in_words(commission(county, ahead, "8", "", 2)).count("commissioned together") == 1
    assert "10 beds" not in distance_in_words(made)


@pytest.mark.parametrize(
    ("sizes", "councils", "years", "told"),
    [
        ("five", "", 2, "no numbers of beds"), ("", "", 2, "no numbers of beds"), ("0", "", 2, "no numbers of beds"),
        ("5", "Rutland, Surrey", 2, "has no Surrey"), ("5", "", 5, "give 1 to 4"), ("5", "", 0, "give 1 to 4"),
    ],
)  # fmt: skip
def test_beds_councils_and_years_that_cannot_be_are_refused(county, ahead, sizes, councils, years, told):
    with pytest.raises(RegionPlacesError, match=told):
        commission(county, ahead, sizes, councils, years)
