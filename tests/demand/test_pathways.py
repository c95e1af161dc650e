"""Who is present, who arrived, and what they met: identities with the counts, examples by hand, stated fallbacks."""

from __future__ import annotations

import shutil
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from builders import ROOT, SHARED, a_placement, make_episodes
from demand.estimation.invented_histories import CENSUS, FIRST, play_histories, rates_that_vary
from demand.test_caseload import histories
from hypothesis import given, settings
from hypothesis import strategies as st

from cip_analysis.codes import AGE_BANDS, NEEDS, SETTINGS, WAYS_OUT
from cip_analysis.demand.caseload import count_caseload, count_stock
from cip_analysis.demand.estimation.stays import build_stays, count_events, day_number, sum_exposure
from cip_analysis.demand.pathways import PathwaysError, children_present, estimate_pathways, known_at, past_entrants
from cip_analysis.returns.episodes import build_episodes
from cip_analysis.returns.ssda903 import read_returns

COUNTY = ROOT / "data" / "synthetic" / "leicestershire" / "returns"
SAMPLE = SHARED / "ssda903_sample"
HISTORIES = [
    pytest.param((COUNTY, date(2010, 3, 31), date(2018, 3, 31)), id="invented county", marks=pytest.mark.skipif(
        not COUNTY.exists(), reason="the invented county is not made: make data")),
    pytest.param((SAMPLE, date(2017, 3, 31), date(2022, 3, 31)), id="public sample", marks=pytest.mark.skipif(
        not SAMPLE.exists(), reason="the public sample of returns is not here")),
]  # fmt: skip
FOSTER, KINSHIP = SETTINGS.index("in-house foster"), SETTINGS.index("kinship")


@pytest.fixture(scope="module", params=HISTORIES)
def history(request):
    """Episodes read from a folder of returns, and the window they describe."""
    folder, first, last = request.param
    episodes, _ = build_episodes(read_returns(folder, None))
    return episodes, first, last


def caseload_of(episodes, first, last):
    return count_caseload(episodes, first + timedelta(days=1), last).table


def by_cell(table, column):
    """A count summed over months, age band x setting."""
    summed = table.groupby(["age_band", "setting"], observed=False)[column].sum()
    return summed.to_numpy().reshape(len(AGE_BANDS), len(SETTINGS))


def test_at_the_census_date_everything_is_known(history):
    episodes, _, last = history
    known = known_at(episodes, last)
    pd.testing.assert_frame_equal(known.table, episodes.table)
    pd.testing.assert_frame_equal(known.legal, episodes.legal)


def test_counts_before_a_day_do_not_change_when_only_what_was_known_then_is_kept(history):
    episodes, first, last = history
    day = date(last.year - 2, 9, 30)
    then, now = (caseload_of(told, first, day) for told in (known_at(episodes, day), episodes))
    pd.testing.assert_frame_equal(then, now)


def test_children_present_are_the_stock_by_age_band_and_setting(history):
    episodes, first, last = history
    counted = caseload_of(episodes, first, last)
    for month in counted["month"].unique()[::13]:
        present, notes = children_present(episodes, month.date())
        cells = np.zeros((len(AGE_BANDS), len(SETTINGS)))
        np.add.at(cells, ((present.birthdays[:, :4] <= 0).sum(axis=1), present.setting), 1)
        assert (cells == by_cell(counted[counted["month"] == month], "stock")).all()
        assert (present.birthdays[:, 4] > 0).all() and (present.days_in_care >= 0).all() and not notes


def test_events_are_those_of_the_count_by_age_band_and_setting(history):
    episodes, first, last = history
    events = count_events(build_stays(episodes), [(day_number(first), day_number(last))], (56, 365))
    counted = caseload_of(episodes, first, last)
    assert (events.leave.sum(axis=(0, 1, 4)) == by_cell(counted, "ceases")).all()
    assert (events.move.sum(axis=(0, 1, 4)) == by_cell(counted, "moves_out")).all()
    moved_in = counted.groupby("setting", observed=False)["moves_in"].sum()
    assert (events.move.sum(axis=(0, 1, 2, 3)) == moved_in.to_numpy()).all()


def test_exposure_is_the_stock_added_up_over_the_nights(history):
    episodes, _, last = history
    nights = [last - timedelta(days=day) for day in range(1, 41)]
    window = [(day_number(nights[-1]), day_number(last))]
    stays, in_care = build_stays(episodes), sum(count_stock(episodes, night) for night in nights)
    whole, cut = (sum_exposure(stays, window, edges) for edges in ((), (56, 365, 1096)))
    assert whole.sum() == in_care
    assert (cut.sum(axis=1) == whole[:, 0]).all() and (cut > 0).any(axis=(0, 2, 3)).all()


def test_arrivals_are_the_starts_of_the_count(history):
    episodes, first, last = history
    others, alone, _ = past_entrants(episodes, first, last)
    assert len(others.age_days) + len(alone.age_days) == caseload_of(episodes, first, last)["starts"].sum()


@settings(max_examples=40, deadline=None)
@given(histories(), st.dates(date(2016, 1, 1), date(2018, 3, 31)))
def test_any_history_gives_the_stock_starts_ceases_and_moves_of_the_count(rows, day):
    """Gaps, respite, birthdays, unknown ages: those without an age are in their setting, and leave when they do."""
    episodes = make_episodes(rows)
    first, last = date(2015, 12, 31), date(2018, 3, 31)
    counted = (
        caseload_of(episodes, first, last).groupby("setting", observed=False)[["starts", "ceases", "moves_out"]].sum()
    )
    window = [(day_number(first), day_number(last))]
    stays = build_stays(episodes)
    events = count_events(stays, window, (30,))
    assert (events.leave.sum(axis=(0, 1, 2, 4)) == counted["ceases"]).all()
    assert (events.move.sum(axis=(0, 1, 2, 4)) == counted["moves_out"]).all()
    others, alone, _ = past_entrants(episodes, first, last)
    assert (np.bincount(others.setting, minlength=len(SETTINGS)) == counted["starts"]).all() and not alone.households
    present, _ = children_present(episodes, day)
    assert len(present.setting) == count_stock(episodes, day) and (present.birthdays[:, 4] > 0).all()
    nights = [day - timedelta(days=back) for back in (1, 2, 3)]
    exposure = sum_exposure(stays, [(day_number(nights[-1]), day_number(day))], (30,))
    assert exposure.sum() == sum(count_stock(episodes, night) for night in nights)
    assert count_stock(known_at(episodes, day), nights[0]) == count_stock(episodes, nights[0])


# ---- who is present ---------------------------------------------------------------------------------------------


def test_a_day_known_later_is_told_as_it_stood():
    rows = [
        a_placement(start="2016-06-01", end="2017-02-01", end_reason="continues", move_reason="care plan"),
        a_placement(start="2017-02-01", end="2017-09-01", end_reason="returned home, planned", setting="kinship"),
    ]
    known = known_at(make_episodes(rows), date(2017, 1, 31))
    assert known.census_date == date(2017, 1, 31) and len(known.table) == len(known.legal) == 1
    assert known.table[["end", "end_reason", "move_reason"]].isna().all(axis=None) and known.legal["end"].isna().all()
    ended = known_at(make_episodes(rows), date(2017, 2, 1)).table
    assert ended.loc[0, "end"] == pd.Timestamp("2017-02-01") and ended.loc[0, "move_reason"] == "care plan"
    assert len(known_at(make_episodes(rows), date(2016, 5, 31)).table) == 0


def test_birthdays_are_counted_in_days_from_the_origin_and_the_leap_days_child_has_one_on_1_march():
    rows = [a_placement(start="2018-01-01", birth_date="2000-04-10"),
            a_placement(child="2", start="2018-01-30", birth_date="2012-02-29", uasc=True)]  # fmt: skip
    present, notes = children_present(make_episodes(rows), date(2018, 3, 31))
    assert present.birthdays[0, 4] == 10 and present.days_in_care.tolist() == [89, 60]
    assert present.birthdays[1, 1] == (date(2017, 3, 1) - date(2018, 3, 31)).days
    assert present.unaccompanied.tolist() == [False, True] and notes == ()


def test_whoever_turns_18_that_day_has_gone_and_respite_is_left_out():
    rows = [a_placement(birth_date="2000-03-31"), a_placement(child="2", respite=True)]
    present, _ = children_present(make_episodes(rows), date(2018, 3, 31))
    assert len(present.setting) == 0 and present.birthdays.shape == (0, 5)
    assert len(children_present(make_episodes(rows), date(2018, 3, 30))[0].setting) == 1


def test_a_child_without_a_birth_date_takes_the_middle_age_of_its_setting_and_a_note_says_so():
    rows = [a_placement(child=str(age), birth_date=f"{2018 - age}-01-01") for age in (2, 7, 9)]
    rows += [a_placement(child="x", birth_date=None), a_placement(child="y", birth_date=None, setting="kinship")]
    present, notes = children_present(make_episodes(rows), date(2018, 3, 31))
    assert len(present.setting) == 5
    assert present.birthdays[3].tolist() == present.birthdays[1].tolist()
    assert present.birthdays[4].tolist() == present.birthdays[1].tolist(), "none known in kinship: all lend"
    assert notes == ("Fewer than 5 children in care have no birth date: their ages are taken from others in their "
                     "setting.",)  # fmt: skip


def test_no_child_is_lost_where_no_birth_date_is_known_at_all():
    rows = [a_placement(child=str(number), start="1995-01-01", birth_date=None) for number in range(6)]
    present, notes = children_present(make_episodes(rows), date(2018, 3, 31))
    assert len(present.setting) == 6 and (present.birthdays[:, 4] > 0).all() and notes[0].startswith("6 children")
    pathways = estimate_pathways(make_episodes(rows), date(2016, 3, 31), date(2018, 3, 31))
    assert pathways.seen.days.sum() == 6 * 730


@pytest.mark.parametrize("ask", [
    lambda told: known_at(told, date(2018, 4, 1)),
    lambda told: children_present(told, date(2018, 4, 1)),
    lambda told: past_entrants(told, date(2017, 4, 1), date(2018, 4, 1)),
])  # fmt: skip
def test_a_day_after_the_census_is_refused(ask):
    with pytest.raises(PathwaysError, match="after the census date, 31 March 2018"):
        ask(make_episodes([a_placement()]))


# ---- who arrived ------------------------------------------------------------------------------------------------


def test_children_of_one_household_arrive_together_and_one_without_is_alone():
    rows = [
        a_placement(child="1", start="2017-05-01", household=7, birth_date="2017-04-01"),
        a_placement(child="2", start="2017-04-20", need=None, setting="kinship"),
        a_placement(child="3", start="2017-05-01", household=7, birth_date="2010-05-01"),
        a_placement(child="4", start="2017-05-01", uasc=True, birth_date="2001-05-01"),
        a_placement(child="5", start="2017-05-01"),
        a_placement(child="6", start="2017-06-01", household=7),
    ]
    others, alone, notes = past_entrants(make_episodes(rows), date(2017, 4, 1), date(2018, 3, 31))
    sizes = np.diff(others.first)
    assert sizes.tolist() == [1, 1, 2, 1] and alone.households == 1 and notes == ()
    assert others.setting[0] == KINSHIP and others.need[0] == len(NEEDS)
    assert others.age_days[others.first[2] : others.first[3]].tolist() == [30, 2557]
    assert alone.age_days.tolist() == [5844]


def test_a_start_on_the_windows_first_day_belongs_to_the_window_before():
    episodes = make_episodes([a_placement(start="2017-04-01")])
    assert past_entrants(episodes, date(2017, 3, 31), date(2017, 4, 1))[0].households == 1
    others, alone, notes = past_entrants(episodes, date(2017, 4, 1), date(2018, 3, 31))
    assert others.households == alone.households == 0 and others.first.tolist() == [0]
    assert notes[0] == "No other children started to be looked after between 1 April 2017 and 31 March 2018."


def test_a_return_to_care_and_the_end_of_respite_are_arrivals_and_a_move_is_none():
    rows = [
        a_placement(start="2017-04-10", end="2017-05-01", respite=True),
        a_placement(start="2017-05-01", end="2017-06-01"),
        a_placement(start="2017-06-01", end="2017-07-01", setting="kinship"),
        a_placement(start="2017-09-01", period=2, setting="kinship"),
    ]
    others, _, _ = past_entrants(make_episodes(rows), date(2017, 4, 1), date(2018, 3, 31))
    assert others.setting.tolist() == [FOSTER, KINSHIP]


# ---- rates ------------------------------------------------------------------------------------------------------


def a_short_history():
    """One child moves and goes home, one turns 18, one stays: all in a year of 365 nights."""
    return make_episodes([
        a_placement(start="2017-04-10", end="2017-06-09", end_reason="continues", birth_date="2007-06-01"),
        a_placement(start="2017-06-09", end="2017-06-19", setting="kinship", birth_date="2007-06-01",
                    end_reason="returned home, planned"),
        a_placement(child="2", birth_date="1999-07-01", end="2017-07-01", end_reason="independent living, supported"),
        a_placement(child="3", uasc=True, birth_date="2001-01-01"),
    ])  # fmt: skip


def test_nights_and_events_by_hand():
    stays, window = build_stays(a_short_history()), [(day_number(date(2017, 3, 31)), day_number(date(2018, 3, 31)))]
    days, events = sum_exposure(stays, window, (56,)), count_events(stays, window, (56,))
    assert days[0, :, 2, FOSTER].tolist() == [52, 0] and days[0, :, 3, FOSTER].tolist() == [4, 4]
    assert days[0, :, 3, KINSHIP].tolist() == [0, 10] and days[0, 1, 4, FOSTER] == 92 and days[1].sum() == 365
    assert days.sum() == 52 + 8 + 10 + 92 + 365
    assert events.move.sum() == events.move[0, 1, 3, FOSTER, KINSHIP] == 1
    assert events.leave[0, 1, 3, KINSHIP, WAYS_OUT.index("returned home")] == 1
    assert events.leave[0, 1, 4, FOSTER, WAYS_OUT.index("turned 18")] == 1 and events.leave.sum() == 2


def test_an_eighteenth_birthday_ends_exposure_and_is_no_event():
    pathways = estimate_pathways(a_short_history(), date(2017, 3, 31), date(2018, 3, 31))
    assert (pathways.leave[..., WAYS_OUT.index("turned 18")] == 0).all()
    assert pathways.seen.leave.sum() == 2 and (pathways.days > 0).all()
    assert pathways.leave[..., WAYS_OUT.index("adopted")].sum() == 0, "never seen in any setting"


def test_windows_that_meet_share_nothing_and_lose_nothing():
    stays = build_stays(play_histories(np.random.default_rng(1), 200, rates_that_vary(np.random.default_rng(1))))
    first, middle, last = (day_number(day) for day in (FIRST, date(2015, 1, 17), CENSUS))
    halves = [(first, middle)], [(middle, last)]
    whole = [(first, last)]
    assert (sum(sum_exposure(stays, half) for half in halves) == sum_exposure(stays, whole)).all()
    for kind in ("leave", "move"):
        parts = [getattr(count_events(stays, half), kind) for half in halves]
        assert (sum(parts) == getattr(count_events(stays, whole), kind)).all() and sum(parts).sum() > 50


def test_a_reason_nobody_recorded_is_a_way_out_of_its_own():
    rows = [a_placement(child=str(number), start="2017-05-01", end="2017-06-01") for number in range(30)]
    pathways = estimate_pathways(make_episodes(rows), date(2017, 3, 31), date(2018, 3, 31))
    rates = pathways.leave_rates[0, 0, 2, FOSTER]
    assert rates.argmax() == WAYS_OUT.index("other or not recorded")
    assert rates.max() == pytest.approx(1 / 31, rel=1e-9), "one cell holds all there is: its rate is the raw one"


def test_estimating_leaves_the_histories_as_they_were():
    episodes = a_short_history()
    before = episodes.table.copy()
    estimate_pathways(episodes, date(2017, 3, 31), date(2018, 3, 31))
    known_at(episodes, date(2017, 5, 1))
    pd.testing.assert_frame_equal(episodes.table, before)


# ---- fallbacks, said --------------------------------------------------------------------------------------------


def notes_of(episodes, first, last):
    return " ".join(estimate_pathways(episodes, first, last).notes)


def test_a_short_window_past_the_census_with_few_leavers_says_all_of_that():
    notes = notes_of(a_short_history(), date(2017, 9, 30), date(2018, 9, 30))
    assert "up to 30 September 2018; the returns stop at 31 March 2018" in notes
    assert "6 months of history, less than one year" in notes
    assert 'Nobody lived in "independent foster", "kinship", "external residential"' in notes
    assert 'Nobody left care from "in-house foster" before 18' in notes
    assert "No unaccompanied children left before 18 or moved" in notes


def test_a_break_in_coding_within_the_window_is_named():
    episodes = make_episodes([a_placement(start="2020-01-01")], census="2025-03-31")
    assert 'setting "16+ supported" span a break in coding in 2024' in notes_of(
        episodes, date(2022, 3, 31), date(2025, 3, 31)
    )
    assert "break in coding" not in notes_of(episodes, date(2020, 3, 31), date(2023, 3, 31))


@pytest.mark.skipif(not COUNTY.exists(), reason="the invented county is not made: make data")
def test_a_year_missing_from_the_returns_is_left_out_and_the_others_count_as_if_it_were_there(tmp_path):
    shutil.copytree(COUNTY, tmp_path / "returns", ignore=shutil.ignore_patterns("2014"))
    whole, gapped = (build_episodes(read_returns(folder, None))[0] for folder in (COUNTY, tmp_path / "returns"))
    first, last = date(2010, 3, 31), date(2018, 3, 31)
    pathways = estimate_pathways(gapped, first, last)
    assert any("years to March 2014" in note for note in pathways.notes)
    assert "2014" not in notes_of(whole, first, last)
    years = [
        (day_number(low), day_number(high)) for low, high in ((first, date(2013, 3, 31)), (date(2014, 3, 31), last))
    ]
    stays = build_stays(whole)
    assert pathways.seen.days.sum() == pytest.approx(sum_exposure(stays, years).sum(), rel=0.001)
    assert pathways.seen.leave.sum() == pytest.approx(count_events(stays, years).leave.sum(), rel=0.001)


@pytest.mark.parametrize(
    ("first", "last", "edges", "message"),
    [
        (date(2018, 3, 31), date(2019, 3, 31), (), "No day lies between 31 March 2018 and 31 March 2018"),
        (date(2010, 3, 31), date(2011, 3, 31), (), "No child was in care between"),
        (date(2017, 3, 31), date(2018, 3, 31), (365, 56), "do not ascend"),
        (date(2017, 3, 31), date(2018, 3, 31), (0,), "do not ascend"),
    ],
)
def test_a_window_that_holds_nothing_is_refused(first, last, edges, message):
    with pytest.raises(PathwaysError, match=message):
        estimate_pathways(a_short_history(), first, last, edges)
