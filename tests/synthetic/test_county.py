"""The invented county is true in total, its histories could be true, and the same seed gives the same county."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from builders import ROOT
from synthetic.invented import a_child, a_county, a_line, the_council

from cip_analysis.codes import RESPITE_STATUSES, TEMPORARY_PLACEMENTS
from cip_analysis.synthetic.county import invent_county
from cip_analysis.synthetic.history import Histories
from cip_analysis.synthetic.totals.calibration import compare_lengths, compare_totals, placements_of
from cip_analysis.synthetic.totals.targets import (
    CEASED,
    EXTERNAL,
    RESPITE,
    STARTED,
    STOCK,
    UASC,
    Targets,
    TargetsError,
    read_targets,
)

DEFAULT_SEED = 20180706
ENOUGH_TO_JUDGE = 60


@cache
def the_targets() -> Targets:
    return read_targets(ROOT / "data" / "reference", the_council())


@cache
def the_county() -> Histories:
    return invent_county(the_council(), the_targets(), DEFAULT_SEED)


@cache
def totals() -> pd.DataFrame:
    return compare_totals(the_county(), the_targets())


def lines_with_children(histories: Histories) -> pd.DataFrame:
    return histories.episodes.merge(histories.children, on="child")


def age_on_start(histories: Histories) -> pd.Series:
    lines = lines_with_children(histories)
    return (lines["start"] - lines["birth_date"]).dt.days / 365.25


# ---- true in total ----------------------------------------------------------------------------------------------


def test_the_stock_of_every_year_is_within_one_per_cent_of_the_published() -> None:
    stock = totals()[totals()["measure"].eq(STOCK)]
    assert len(stock) == 8
    assert (stock["miss"].abs() <= 0.01 * stock["goal"]).all(), stock


@pytest.mark.parametrize("flow", [STARTED, CEASED])
def test_published_flows_are_within_three_per_cent(flow: str) -> None:
    chosen = totals()[totals()["measure"].eq(flow) & ~totals()["inferred"]]
    assert len(chosen) >= 5
    assert (chosen["miss"].abs() <= 0.03 * chosen["goal"]).all(), chosen


def test_every_cell_of_the_last_31_march_is_within_five_children() -> None:
    last = totals()[totals()["year"].eq(2018)]
    dimensions = {name.split(":")[0] for name in last["measure"]}
    assert {"age", "sex", "legal status", "placement", "provider", UASC} <= dimensions
    assert last["miss"].abs().max() <= 5, last.sort_values("miss")


def test_sixty_three_children_are_in_external_residential_care_in_2018_give_or_take_two() -> None:
    external = totals()[totals()["measure"].eq(EXTERNAL)]
    assert external["goal"].tolist() == [63.0]
    assert external["miss"].abs().max() <= 2


def test_as_many_children_have_respite_series_each_year_as_were_published() -> None:
    respite = totals()[totals()["measure"].eq(RESPITE)]
    assert respite["miss"].eq(0).all()
    assert respite["goal"].iloc[0] == 30


def test_lengths_follow_englands_published_distributions() -> None:
    lengths = compare_lengths(the_county(), the_targets()).drop_duplicates(["measure", "group"])
    judged = lengths[lengths["endings"] >= ENOUGH_TO_JUDGE]
    assert {"foster", "placed for adoption", "with parents"} <= set(judged["group"])
    assert judged["distance"].max() <= 0.10, judged[["measure", "group", "distance"]]


def test_any_run_of_published_years_can_be_invented() -> None:
    later = invent_county(the_council(), the_targets(), seed=3, years=(2022, 2023))
    compared = compare_totals(later, the_targets())
    stock = compared[compared["measure"].eq(STOCK)]
    assert (stock["miss"].abs() <= 0.01 * stock["goal"]).all()
    assert compared["miss"].abs().max() <= 6


def test_a_county_of_the_size_asked_for() -> None:
    small = invent_county(the_council(), the_targets(), seed=5, years=(2016, 2018), children=150)
    assert 110 <= len(small.children) <= 190
    large = invent_county(the_council(), the_targets(), seed=5, years=(2017, 2018), children=1800)
    assert 1600 <= len(large.children) <= 2000
    assert not large.episodes.duplicated(["child", "start"]).any()


# ---- histories that could be true -------------------------------------------------------------------------------


def test_children_in_care_on_the_first_day_have_real_pasts() -> None:
    lines = the_county().episodes
    first = pd.Timestamp(the_county().first_day)
    here = lines[(lines["start"] < first) & ~(lines["end"] <= first)]
    began = lines[lines["child"].isin(here["child"]) & lines["start_reason"].eq("S")].groupby("child")["start"].min()
    years_before = (first - began).dt.days / 365.25
    assert len(years_before) > 300
    assert years_before.median() > 0.8
    assert years_before.max() > 8


def test_siblings_of_a_household_arrive_together() -> None:
    starts = lines_with_children(the_county()).query("start_reason == 'S' and legal_status != 'V3'")
    first = starts.sort_values("start").drop_duplicates("child")
    together = first.groupby(["household", "start"])["child"].transform("size")
    assert 0.2 < (together > 1).mean() < 0.6
    assert first.loc[together > 1].groupby("household")["need"].nunique().eq(1).all()


def test_respite_stays_are_short_and_few_and_begin_and_end_at_home() -> None:
    stays = (
        the_county()
        .episodes.query("legal_status in @RESPITE_STATUSES")
        .assign(
            days=lambda rows: (rows["end"] - rows["start"]).dt.days,
            year=lambda rows: (rows["start"] - pd.Timedelta(days=90)).dt.year,
        )
    )
    assert stays["days"].max() <= 17
    assert stays.groupby(["child", "year"])["days"].sum().max() <= 75
    assert stays["start_reason"].eq("S").all()
    assert stays["end_reason"].eq("E4A").all()
    assert set(stays["legal_status"]) <= RESPITE_STATUSES


def test_a_legal_status_and_a_placement_that_exclude_each_other_never_meet() -> None:
    lines = the_county().episodes
    pairs = set(zip(lines["placement"], lines["legal_status"], strict=True))
    assert ("P1", "V2") not in pairs
    assert {status for placement, status in pairs if placement in {"A5", "A6"}} == {"E1"}
    assert {status for placement, status in pairs if placement == "A4"} == {"V2"}
    assert not {"U1", "U4"} & {placement for placement, status in pairs if status == "V3"}


def test_a_placement_and_a_provider_that_exclude_each_other_never_meet() -> None:
    lines = the_county().episodes
    pairs = set(zip(lines["placement"], lines["provider"], strict=True))
    assert {provider for placement, provider in pairs if placement == "P1"} == {"PR0"}
    assert {placement for placement, provider in pairs if provider == "PR0"} == {"P1"}
    assert not {placement for placement, provider in pairs if provider == "PR1"} & {"R2", "R5"}
    assert {placement for placement, provider in pairs if provider == ""} <= TEMPORARY_PLACEMENTS | {"Z1"}


@pytest.mark.parametrize(("placement", "youngest"), [("H5", 14), ("P2", 15), ("R5", 10), ("S1", 4)])
def test_no_child_is_too_young_for_the_placement(placement: str, youngest: int) -> None:
    lines = lines_with_children(the_county())
    chosen = lines[lines["placement"].eq(placement)]
    assert len(chosen)
    assert (chosen["start"] >= chosen["birth_date"] + pd.DateOffset(years=youngest)).all()


def test_adoption_and_coming_of_age_end_every_history() -> None:
    lines = the_county().episodes
    last = lines.drop_duplicates("child", keep="last").index
    final = lines["end_reason"].isin(["E11", "E12", "E2", "E5", "E7", "E15", "E17"]) & (
        lines["end_reason"].isin(["E11", "E12", "E2", "E15", "E17"])
    )
    assert final.sum() > 100
    assert set(lines.index[final]) <= set(last)
    adopted = lines[lines["end_reason"].isin(["E11", "E12"])]
    assert adopted["placement"].isin(["A4", "A5", "A6"]).all()


def test_every_change_of_placement_changes_the_place_and_every_change_of_status_the_status() -> None:
    lines = the_county().episodes
    place = ["placement", "provider", "placement_postcode", "urn"]
    before = lines.shift()
    stayed = lines[place].eq(before[place]).all(axis=1)
    same_status = lines["legal_status"].eq(before["legal_status"])
    reason = lines["start_reason"]
    assert not (stayed & reason.isin(list("PTBU"))).any()
    assert (same_status == reason.isin(list("PT")))[reason.isin(list("PTLBU"))].all()
    assert stayed[reason.eq("L")].all()


def test_a_temporary_stay_returns_to_the_placement_it_left() -> None:
    lines = the_county().episodes
    away = lines.index[lines["placement"].isin(TEMPORARY_PLACEMENTS)]
    assert len(away) > 20
    place = ["child", "placement", "provider", "urn", "placement_postcode", "legal_status"]
    assert (lines.loc[away - 1, place].to_numpy() == lines.loc[away + 1, place].to_numpy()).all()
    assert lines.loc[away - 1, "move_reason"].eq("").all()
    assert lines.loc[away, "move_reason"].eq("").all()


def test_a_home_has_one_number_and_one_place() -> None:
    lines = the_county().episodes
    homes = lines[lines["placement"].eq("K2") & lines["provider"].isin(["PR4", "PR5", "PR2"])]
    homes = homes[~homes["legal_status"].isin(RESPITE_STATUSES)]
    assert homes.groupby("urn")["placement_postcode"].nunique().eq(1).all()
    share = homes["urn"].value_counts(normalize=True)
    assert 30 <= len(share) <= 45
    assert share.iloc[:5].sum() > 0.2


def test_the_councils_closed_home_has_no_child_in_it_after_it_closed() -> None:
    lines = the_county().episodes
    own = lines[lines["placement"].eq("K2") & lines["provider"].eq("PR1")]
    assert len(own)
    assert own["end"].max() <= pd.Timestamp(2017, 6, 30)
    nights = pd.date_range("2011-03-31", "2017-03-31", freq="YS-MAR") + pd.Timedelta(days=30)
    full = [int(((own["start"] <= night) & (own["end"] > night)).sum()) for night in nights]
    assert max(full) <= 6


def test_ages_at_entry_are_spread_over_childhood() -> None:
    ages = age_on_start(the_county())[the_county().episodes["start_reason"].eq("S").to_numpy()]
    shares = np.histogram(ages, [0, 1, 5, 10, 16, 18])[0] / len(ages)
    assert (shares > 0.03).all()


# ---- chance -----------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_county_and_another_seed_another() -> None:
    one, again, other = (
        invent_county(the_council(), the_targets(), seed, years=(2017, 2018), children=120) for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(one.children, again.children)
    pd.testing.assert_frame_equal(one.episodes, again.episodes)
    assert not one.episodes.equals(other.episodes)


def test_inventing_leaves_the_published_totals_as_they_were() -> None:
    targets = read_targets(ROOT / "data" / "reference", the_council())
    figures, durations = targets.figures.copy(), targets.durations.copy()
    invent_county(the_council(), targets, seed=1, years=(2017, 2018), children=60)
    pd.testing.assert_frame_equal(targets.figures, figures)
    pd.testing.assert_frame_equal(targets.durations, durations)


def test_a_year_without_published_totals_is_refused() -> None:
    with pytest.raises(TargetsError, match="2026"):
        invent_county(the_council(), the_targets(), seed=1, years=(2025, 2026))


# ---- the second count -------------------------------------------------------------------------------------------


def test_counting_again_agrees_with_a_county_small_enough_to_count_by_hand() -> None:
    county = a_county(
        a_line(end="2017-08-01", end_reason="X1", move_reason="CARPL"),
        a_line(start="2017-08-01", start_reason="P", placement="K2", provider="PR4", placement_postcode="B1 1BB"),
        a_line(child=2, start="2017-05-01", legal_status="V2", end="2017-06-10", end_reason="E4A"),
        a_line(child=2, start="2018-01-01", legal_status="C1", placement="P1", provider="PR0"),
        a_line(child=3, start="2017-07-01", legal_status="V3", end="2017-07-04", end_reason="E4A"),
        children=(a_child(), a_child(child=2, sex="female", birth_date="2017-03-31"), a_child(child=3)),
    )
    counted = compare_totals(county, the_targets()).set_index(["year", "measure"])["synthetic"]
    assert counted[2017, STOCK] == 1
    assert counted[2018, STOCK] == 2
    assert counted[2018, STARTED] == 1  # child 2 starts twice and counts once
    assert counted[2018, CEASED] == 1
    assert counted[2018, EXTERNAL] == 1
    assert counted[2018, RESPITE] == 1
    assert counted[2018, "age: 1 to 4"] == 1  # one year old that very day
    assert counted[2018, "sex: female"] == 1
    assert counted[2018, "provider: parents"] == 1
    assert counted[2017, "placement: foster"] == 1


def test_a_change_of_status_or_nights_away_do_not_end_a_placement() -> None:
    county = a_county(
        a_line(legal_status="C1", end="2016-07-01", end_reason="X1"),
        a_line(start="2016-07-01", start_reason="L", end="2016-08-01", end_reason="X1"),
        a_line(start="2016-08-01", start_reason="P", placement="T3", provider="", end="2016-08-11", end_reason="X1"),
        a_line(start="2016-08-11", start_reason="P", end="2017-06-01", end_reason="E4A"),
    )
    placements = placements_of(county)
    assert placements["placement"].tolist() == ["U6"]
    lengths = compare_lengths(county, the_targets())
    foster = lengths[lengths["group"].eq("foster")]
    assert foster["endings"].iloc[0] == 1
    assert foster.set_index("from")["synthetic"][183] == 1.0  # 365 days: six months to under a year
