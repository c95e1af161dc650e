"""Counting: the identities, worked examples by hand, and a count done the slow way beside the fast one."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from builders import a_placement, make_episodes
from hypothesis import given, settings
from hypothesis import strategies as st

from cip_analysis.codes import AGE_BAND_STARTS, AGE_BANDS, AGE_UNKNOWN, SETTINGS
from cip_analysis.demand.caseload import CaseloadError, birthdays, count_caseload, count_stock, count_year_flows

FLOWS = ["starts", "ceases", "moves_in", "moves_out", "birthdays_in", "birthdays_out"]


def cell(caseload, month, band, setting):
    """The one row of a month (its last day, as text), band and setting."""
    table = caseload.table
    chosen = table[(table["month"] == month) & (table["age_band"] == band) & (table["setting"] == setting)]
    assert len(chosen) == 1
    return chosen.iloc[0]


def in_total(caseload, month):
    return caseload.table[caseload.table["month"] == month][["stock", *FLOWS]].sum()


def test_a_start_and_a_cease_are_counted_once_in_their_own_month_and_cell():
    caseload = count_caseload(
        make_episodes([a_placement(start="2017-05-31", end="2017-07-01")]), date(2017, 4, 1), date(2017, 8, 1)
    )
    ends = ("2017-05-31", "2017-06-30", "2017-07-31")
    may, june, july = (cell(caseload, end, "5 to 9", "in-house foster") for end in ends)
    assert (may["starts"], may["stock"]) == (1, 1)
    assert (june["stock"], june[FLOWS].sum()) == (1, 0)
    assert (july["ceases"], july["stock"]) == (1, 0)


def test_a_placement_that_ends_on_the_last_of_the_month_is_not_in_that_months_stock():
    episodes = make_episodes([a_placement(start="2017-05-01", end="2017-05-31")])
    assert in_total(count_caseload(episodes, date(2017, 5, 1), date(2017, 5, 1)), "2017-05-31")["stock"] == 0
    assert count_stock(episodes, date(2017, 5, 30)) == 1
    assert count_stock(episodes, date(2017, 5, 31)) == 0


def test_a_move_leaves_one_setting_and_enters_another_and_a_move_within_a_setting_is_none():
    rows = [
        a_placement(start="2017-05-01", end="2017-06-10"),
        a_placement(start="2017-06-10", end="2017-06-20", placement="foster carer, long term"),
        a_placement(
            start="2017-06-20", placement="children's home", provider="private", setting="external residential"
        ),
    ]
    caseload = count_caseload(make_episodes(rows), date(2017, 5, 1), date(2017, 6, 1))
    both = ("in-house foster", "external residential")
    foster, home = (cell(caseload, "2017-06-30", "5 to 9", setting) for setting in both)
    assert (foster["moves_out"], foster["moves_in"], foster["stock"]) == (1, 0, 0)
    assert (home["moves_in"], home["starts"], home["stock"]) == (1, 0, 1)


def test_a_birthday_moves_a_child_between_bands():
    caseload = count_caseload(
        make_episodes([a_placement(start="2017-05-01", birth_date="2007-06-15")]), date(2017, 5, 1), date(2017, 6, 1)
    )
    younger, older = (cell(caseload, "2017-06-30", band, "in-house foster") for band in ("5 to 9", "10 to 15"))
    assert (younger["birthdays_out"], younger["stock"]) == (1, 0)
    assert (older["birthdays_in"], older["stock"]) == (1, 1)


def test_a_move_on_a_birthday_goes_through_the_new_setting_in_the_old_band():
    rows = [
        a_placement(start="2017-05-01", end="2017-06-15", birth_date="2007-06-15"),
        a_placement(start="2017-06-15", setting="kinship", birth_date="2007-06-15"),
    ]
    caseload = count_caseload(make_episodes(rows), date(2017, 5, 1), date(2017, 6, 1))
    between = cell(caseload, "2017-06-30", "5 to 9", "kinship")
    assert (between["moves_in"], between["birthdays_out"], between["stock"]) == (1, 1, 0)
    assert cell(caseload, "2017-06-30", "10 to 15", "kinship")["birthdays_in"] == 1


def test_a_birthday_between_two_periods_of_care_is_a_cease_and_a_start():
    rows = [
        a_placement(start="2017-05-01", end="2017-06-01", birth_date="2007-06-15"),
        a_placement(start="2017-06-20", period=2, birth_date="2007-06-15"),
    ]
    june = in_total(count_caseload(make_episodes(rows), date(2017, 5, 1), date(2017, 6, 1)), "2017-06-30")
    assert (june["starts"], june["ceases"], june["birthdays_in"], june["stock"]) == (1, 1, 0, 1)


def test_everyone_leaves_on_their_eighteenth_birthday_even_if_the_placement_is_left_open():
    caseload = count_caseload(make_episodes([a_placement(birth_date="1999-06-15")]), date(2017, 5, 1), date(2017, 7, 1))
    june = cell(caseload, "2017-06-30", "16 and over", "in-house foster")
    assert (june["ceases"], june["stock"]) == (1, 0)
    assert in_total(caseload, "2017-07-31").sum() == 0


def test_a_leap_day_child_has_a_birthday_on_the_first_of_march():
    born = pd.Series(pd.to_datetime(["2008-02-29", "2008-02-28", None]))
    reached = birthdays(born, 10)
    assert list(reached[:2].dt.strftime("%Y-%m-%d")) == ["2018-03-01", "2018-02-28"]
    assert reached.isna().tolist() == [False, False, True]
    assert birthdays(born, 16)[0] == pd.Timestamp("2024-02-29")


def test_a_child_of_unknown_age_has_a_band_of_their_own_and_no_birthdays():
    rows = [a_placement(birth_date=None), a_placement(child="2")]
    caseload = count_caseload(make_episodes(rows), date(2016, 6, 1), date(2018, 3, 1))
    assert cell(caseload, "2018-03-31", AGE_UNKNOWN, "in-house foster")["stock"] == 1
    assert caseload.table["birthdays_in"].sum() == 0


def test_respite_counts_only_in_full():
    episodes = make_episodes(
        [a_placement(respite=True, legal_status="respite series, agreement"), a_placement(child="2")]
    )
    assert count_stock(episodes, date(2018, 3, 31)) == 1
    assert count_stock(episodes, date(2018, 3, 31), "full") == 2
    full = count_caseload(episodes, date(2018, 3, 1), date(2018, 3, 1), "full")
    assert (full.definition, full.synthetic, in_total(full, "2018-03-31")["stock"]) == ("full", True, 2)


def test_every_month_holds_every_cell_in_order():
    caseload = count_caseload(make_episodes([a_placement()]), date(2017, 4, 30), date(2018, 3, 2))
    assert len(caseload.table) == 12 * len(AGE_BANDS) * len(SETTINGS)
    assert caseload.table["month"].is_monotonic_increasing
    assert caseload.table.duplicated(["month", "age_band", "setting"]).sum() == 0


def test_no_children_is_a_caseload_of_noughts():
    caseload = count_caseload(make_episodes([]), date(2017, 4, 1), date(2017, 6, 1))
    assert caseload.table[["stock", *FLOWS]].to_numpy().sum() == 0


def test_a_month_not_over_on_the_census_date_is_refused():
    with pytest.raises(CaseloadError, match=r"April 2018 is not over.*31 March 2018"):
        count_caseload(make_episodes([a_placement()]), date(2018, 1, 1), date(2018, 4, 1))
    with pytest.raises(CaseloadError, match="earlier one first"):
        count_caseload(make_episodes([a_placement()]), date(2018, 2, 1), date(2018, 1, 1))
    with pytest.raises(CaseloadError, match="published or full"):
        count_caseload(make_episodes([a_placement()]), date(2018, 1, 1), date(2018, 1, 1), "all")
    with pytest.raises(CaseloadError, match="not over"):
        count_year_flows(make_episodes([a_placement()]), 2019)
    with pytest.raises(CaseloadError, match="after the census"):
        count_stock(make_episodes([a_placement()]), date(2018, 4, 1))


def test_counting_leaves_the_episodes_untouched():
    episodes = make_episodes([a_placement(birth_date="2007-06-15"), a_placement(child="2", respite=True)])
    before = episodes.table.copy(deep=True)
    count_caseload(episodes, date(2017, 4, 1), date(2018, 3, 1))
    count_year_flows(episodes, 2018)
    pd.testing.assert_frame_equal(episodes.table, before)


def test_a_child_who_starts_twice_in_a_year_is_one_child_who_started():
    rows = [
        a_placement(start="2017-05-01", end="2017-06-01"),
        a_placement(start="2017-08-01", end="2017-09-01", period=2),
        a_placement(start="2018-01-01", period=3),
        a_placement(child="2", start="2016-06-01", end="2017-03-31"),
        a_placement(child="3", start="2016-06-01", end="2018-03-31"),
        a_placement(child="4", start="2017-06-01", respite=True),
    ]
    flows = count_year_flows(make_episodes(rows), 2018)
    assert (flows.started, flows.starts) == (1, 3)
    assert (flows.ceased, flows.ceases) == (2, 3)
    assert (flows.stock_before, flows.stock_after) == (1, 1)


def test_a_respite_series_that_turns_into_care_starts_when_it_does():
    rows = [
        a_placement(start="2016-06-01", end="2017-06-01", respite=True),
        a_placement(start="2017-06-01", end="2018-02-01"),
    ]
    flows = count_year_flows(make_episodes(rows), 2018)
    assert (flows.stock_before, flows.started, flows.ceased, flows.stock_after) == (0, 1, 1, 0)


# ---- any history at all ----------------------------------------------------------------------------------------


@st.composite
def histories(draw):
    """Up to six children's placements: gaps, moves, new periods, respite, unknown ages, open ends."""
    rows = []
    for child in range(draw(st.integers(1, 6))):
        birth = draw(st.one_of(st.none(), st.dates(date(1998, 1, 1), date(2016, 12, 31))))
        day, period = pd.Timestamp(draw(st.dates(date(2015, 1, 1), date(2017, 12, 1)))), 1
        for _ in range(draw(st.integers(1, 5))):
            end = day + pd.Timedelta(days=draw(st.integers(1, 200)))
            rows.append(
                a_placement(
                    child=str(child), start=day, end=end, period=period, birth_date=birth,
                    setting=draw(st.sampled_from(SETTINGS)), respite=draw(st.integers(0, 9)) == 0,
                )
            )  # fmt: skip
            gap = draw(st.sampled_from([0, 0, 0, 1, 40]))
            period, day = period + bool(gap), end + pd.Timedelta(days=gap)
    census = pd.Timestamp("2018-03-31")
    rows = [row for row in rows if row["start"] <= census]
    return [{**row, "end": row["end"] if row["end"] <= census else None} for row in rows]


def counted_slowly(rows, day):
    """Children on a day by band and setting, one placement at a time."""
    counts = {}
    for row in rows:
        born = row["birth_date"]
        age = None if born is None else day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        there = row["start"] <= day and (row["end"] is None or row["end"] > day)
        if there and not row["respite"] and (age is None or age < 18):
            band = AGE_UNKNOWN if age is None else AGE_BANDS[max(0, sum(age >= edge for edge in AGE_BAND_STARTS) - 1)]
            key = (band, row["setting"])
            counts[key] = counts.get(key, 0) + 1
    return counts


@settings(max_examples=60, deadline=None)
@given(histories())
def test_stock_equals_a_count_of_children_one_by_one_and_follows_from_its_flows(rows):
    episodes = make_episodes(rows)
    caseload = count_caseload(episodes, date(2015, 1, 1), date(2018, 3, 1))
    for month, cells in caseload.table.groupby("month"):
        stock = cells[cells["stock"] > 0].set_index(["age_band", "setting"])["stock"].to_dict()
        assert stock == counted_slowly(rows, month)
    totals = caseload.table.groupby("month")[["stock", *FLOWS]].sum()
    assert (totals["stock"].diff().dropna() == (totals["starts"] - totals["ceases"]).iloc[1:]).all()
    assert (totals["moves_in"] == totals["moves_out"]).all()
    assert (totals["birthdays_in"] == totals["birthdays_out"]).all()


@settings(max_examples=60, deadline=None)
@given(histories())
def test_a_years_stock_follows_from_every_start_and_cease_and_months_add_to_years(rows):
    episodes = make_episodes(rows)
    flows = count_year_flows(episodes, 2018)
    months = count_caseload(episodes, date(2017, 4, 1), date(2018, 3, 1)).table
    assert flows.stock_before + flows.starts - flows.ceases == flows.stock_after
    assert (flows.starts, flows.ceases) == (months["starts"].sum(), months["ceases"].sum())
    assert flows.started <= flows.starts and flows.ceased <= flows.ceases
    assert flows.stock_after == months.loc[months["month"] == "2018-03-31", "stock"].sum()
