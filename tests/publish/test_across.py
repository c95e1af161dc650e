"""Forecasts across a page, and counts told a year, give no more than was released."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from cip_analysis.publish.disclosure import About, part, release, release_forecast
from cip_analysis.publish.ranges import RangeError, a_year, across, with_ranges

ABOUT = About("a return", date(2018, 3, 31))


def a_forecast(small: int = 3) -> pd.DataFrame:
    months = pd.to_datetime(["2018-03-31", "2019-03-31"])
    rows = [
        ("kinship", months[0], 80, 80, 80), ("kinship", months[1], 70, 85, 100),
        ("other", months[0], small, small, small), ("other", months[1], 0, 6, 10),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["setting", "month", "p10", "p50", "p90"])


def test_a_row_a_setting_holds_the_middle_and_its_range_and_a_certain_number_alone():
    written = with_ranges(release_forecast(a_forecast(), ABOUT, by=["setting"]), ranges=[80])
    wide = across(written, rows="setting")
    assert list(wide.table) == ["setting", "March 2018", "March 2019"]
    assert wide.table.iloc[0].tolist() == ["kinship", "80", "85 (70 to 100)"]


def test_a_setting_withheld_is_withheld_all_the_way_across():
    wide = across(with_ranges(release_forecast(a_forecast(), ABOUT, by=["setting"]), ranges=[80]), rows="setting")
    assert wide.withheld.iloc[1].tolist() == [False, True, True]
    assert wide.table.iloc[1, 1:].isna().all()
    assert not wide.withheld.iloc[0].any()


def test_a_forecast_withheld_whole_keeps_its_rows_and_days():
    every = part(release_forecast(a_forecast(), ABOUT, by=["setting"]), where={"setting": "other"})
    wide = across(with_ranges(every, ranges=[80]), rows="setting")
    assert wide.table.shape == (1, 3)


def test_two_ranges_or_a_day_repeated_are_refused():
    twice = release_forecast(a_forecast(), ABOUT, by=["setting"])
    with pytest.raises(RangeError, match="one row for each"):
        across(with_ranges(twice, ranges=[80]), rows="month", columns="month")


def test_a_count_over_years_is_told_a_year_from_the_rounded_number():
    flows = release(pd.DataFrame({"to": ["home", "kin", "all"], "children": [341, 3, 0]}), ABOUT,
                    counts=["children"], plain=["to"])  # fmt: skip
    yearly = a_year(flows, "children", 4)
    assert list(yearly.table) == ["to", "children_a_year"]
    assert yearly.table["children_a_year"].tolist() == [85, pd.NA, 0]
    assert yearly.withheld["children_a_year"].tolist() == [False, True, False]
    assert "worked from the rounded" in yearly.rule
    with pytest.raises(RangeError, match="0 years"):
        a_year(flows, "children", 0)
