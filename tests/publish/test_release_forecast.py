"""A forecast goes through the door whole or not at all, rounded, in order, and in words a councillor knows."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from publish.projects import ABOUT

from cip_analysis.publish.disclosure import (
    DisclosureError,
    forecast_per_10k,
    part,
    release,
    release_forecast,
)
from cip_analysis.publish.ranges import RangeError, beside, with_ranges
from cip_analysis.publish.tables import table
from cip_analysis.publish.words import STATISTICS, between, one_in, small_numbers
from cip_analysis.settings import Disclosure

POINTS = list(STATISTICS)
EXEMPT = replace(ABOUT, rule=Disclosure(threshold=1, rounding_base=1))


def forecast_of(state: float, *later: float, **labels: object) -> pd.DataFrame:
    """A series that starts at `state` and whose spread grows by one child a month."""
    rows = [[middle, *[max(0.0, middle + step * place) for step in (-3, -2, -1, 0, 1, 2, 3)]]
            for place, middle in enumerate([state, *later])]  # fmt: skip
    months = pd.date_range("2018-03-31", periods=len(rows), freq="ME")
    return pd.DataFrame(rows, columns=POINTS).assign(month=months, **labels)


TWO = pd.concat([forecast_of(63, 64, 70, setting="kinship"), forecast_of(3, 20, 40, setting="other")],
                ignore_index=True)  # fmt: skip


def test_a_series_that_starts_from_a_withheld_count_is_withheld_in_every_month_and_statistic():
    shown = release_forecast(TWO, ABOUT, by=["setting"])
    small = shown.table["setting"] == "other"
    assert shown.withheld.loc[small, POINTS].to_numpy().all()
    assert not shown.withheld.loc[~small].to_numpy().any()
    assert not shown.withheld["month"].any()


def test_it_is_withheld_however_its_rows_are_ordered():
    shown = release_forecast(TWO.iloc[::-1], ABOUT, by=["setting"])
    assert shown.withheld["p50"].tolist() == [True] * 3 + [False] * 3


def test_a_forecast_that_falls_below_the_threshold_later_is_shown_because_it_counts_nobody_yet():
    shown = release_forecast(forecast_of(20, 3), ABOUT, by=[])
    assert shown.table["p50"].tolist() == [20, 5]
    assert shown.withheld_count == 0


@pytest.mark.parametrize(("zeros_shown", "withheld"), [(True, False), (False, True)])
def test_a_series_that_starts_from_nought_follows_the_rule_for_noughts(zeros_shown, withheld):
    about = replace(ABOUT, rule=Disclosure(zeros_shown=zeros_shown))
    assert release_forecast(forecast_of(0, 8), about, by=[]).withheld["p50"].tolist() == [withheld] * 2


def test_every_statistic_is_rounded_to_the_base_halves_up():
    shown = release_forecast(forecast_of(60, 62.5, 62.4), ABOUT, by=[])
    assert shown.table["p50"].tolist() == [60, 65, 60]
    assert shown.table["p10"].tolist() == [60, 60, 60]


def test_to_an_audience_that_may_see_all_a_forecast_is_whole_children():
    assert release_forecast(forecast_of(3, 4.5), EXEMPT, by=[]).table["p50"].tolist() == [3, 5]


@given(st.lists(st.floats(0, 900), min_size=7, max_size=7), st.sampled_from([1, 5, 10]), st.integers(0, 900))
@settings(deadline=None)
def test_rounding_keeps_intervals_in_order_and_moves_nothing_by_more_than_half_the_base(ends, base, state):
    points = sorted(ends)
    row = dict(zip(POINTS, [points[3], *points], strict=True))
    rows = pd.DataFrame([dict.fromkeys(POINTS, float(state)), row]).assign(
        month=pd.to_datetime(["2018-03-31", "2018-04-30"])
    )
    shown = release_forecast(rows, replace(ABOUT, rule=Disclosure(rounding_base=base)), by=[])
    assert shown.withheld["p50"].all() == (1 <= state < 5)
    if shown.withheld_count == 0:
        after = [int(shown.table[name].iloc[1]) for name in POINTS[1:]]
        assert after == sorted(after)
        assert all(abs(now - was) <= base / 2 and now % base == 0 for now, was in zip(after, points, strict=True))


def test_the_first_month_of_a_forecast_is_shown_as_the_outturn_is():
    states = pd.DataFrame({"month": pd.Timestamp("2018-03-31"), "children": [63, 554, 7, 4, 0]})
    outturn = release(states, ABOUT, counts=["children"], plain=["month"])
    series = pd.concat([forecast_of(state, 90, name=str(state)) for state in states["children"]], ignore_index=True)
    first = release_forecast(series, ABOUT, by=["name"]).table["p50"].iloc[::2]
    assert first.reset_index(drop=True).equals(outturn.table["children"].rename("p50"))


def test_what_rests_on_a_forecast_is_withheld_where_it_is():
    rests = TWO.assign(chance_above=0.2, spend_gbp=1e6)
    shown = release_forecast(rests, ABOUT, by=["setting"], bases={"chance_above": "p50", "spend_gbp": ["p10", "p90"]})
    assert shown.withheld["chance_above"].equals(shown.withheld["p50"])
    assert shown.withheld["spend_gbp"].equals(shown.withheld["p50"])


def test_what_rests_on_nothing_declared_is_refused_by_name():
    with pytest.raises(DisclosureError, match="chance_above: not declared"):
        release_forecast(TWO.assign(chance_above=0.2), ABOUT, by=["setting"])


def test_the_rule_says_what_was_done_to_a_forecast():
    assert release_forecast(TWO, ABOUT, by=["setting"]).rule == (
        "Counts of 1 to 4 are withheld; others are rounded to the nearest 5. A forecast is withheld whole where it "
        "starts from a withheld count, and rounded likewise"
    )


def test_a_part_of_a_forecast_keeps_what_is_withheld():
    shown = part(release_forecast(TWO, ABOUT, by=["setting"]), ["month", "p50"], where={"setting": "other"})
    assert shown.withheld["p50"].tolist() == [True] * 3


def test_releasing_a_forecast_leaves_the_table_as_it_was():
    before = TWO.copy(deep=True)
    release_forecast(TWO, ABOUT, by=["setting"])
    pd.testing.assert_frame_equal(before, TWO)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda t: t.drop(columns="p50"), "p50: declared but not in the table"),
        (lambda t: t.assign(p10=t["p50"] + 50), "rows of the forecast hold percentiles out of order"),
        (lambda t: t.assign(p02_5=-1.0), "blank or below nought"),
        (lambda t: t.assign(p90=float("nan")), "blank or below nought"),
        (lambda t: t.assign(month="March"), "other than dates"),
        (lambda t: t.assign(setting="kinship"), "3 rows of the forecast repeat a month"),
        (lambda t: t.assign(mean=True), "mean is a statistic of a forecast but holds bool"),
        (lambda t: t.assign(child="17"), "child would say who"),
    ],
)
def test_what_is_not_a_forecast_is_refused_in_words(change, fault):
    with pytest.raises(DisclosureError, match=fault):
        release_forecast(change(TWO), ABOUT, by=["setting"])


# ---- rates ------------------------------------------------------------------------------------------------------


def test_a_rate_is_worked_from_the_rounded_number_so_it_gives_back_no_exact_one():
    shown = release_forecast(forecast_of(554, 640), ABOUT, by=[])
    people = pd.Series([138_410, 138_410], index=shown.table["month"])
    rates = forecast_per_10k(shown, people)
    assert rates.table["p50_rate_per_10k"].tolist() == [40.1, 46.2]
    assert rates.table["p50_rate_per_10k"].iloc[0] == round(555 / 13.841, 1)
    assert "median_rate_per_10k" in with_ranges(rates).table
    assert rates.unit == "children per 10,000"
    assert "worked from the rounded numbers" in rates.rule


def test_a_withheld_forecast_has_no_rate_and_months_without_a_population_are_left_out():
    shown = part(release_forecast(TWO, ABOUT, by=["setting"]), where={"setting": "other"})
    rates = forecast_per_10k(shown, pd.Series([1000.0], index=[shown.table["month"].iloc[1]]))
    assert rates.withheld["p50_rate_per_10k"].tolist() == [True]
    with pytest.raises(DisclosureError, match="population above nought"):
        forecast_per_10k(shown, pd.Series([1000.0], index=pd.to_datetime(["1999-03-31"])))


# ---- ranges in words --------------------------------------------------------------------------------------------


def test_percentiles_are_joined_into_ranges_that_readers_know():
    written = with_ranges(release_forecast(forecast_of(60, 640, 1200), ABOUT, by=[]))
    assert list(written.table) == ["p50", "month", "80% range", "95% range"]
    assert written.table["80% range"].tolist() == ["60", "640", "1,195 to 1,205"]


def test_a_range_is_withheld_where_its_ends_are_and_the_page_marks_it():
    written = with_ranges(release_forecast(TWO, ABOUT, by=["setting"]), ranges=[80])
    assert written.withheld["80% range"].tolist() == [False] * 3 + [True] * 3
    html = table(written, "Forecast by setting").html
    assert "Median" in html
    assert "p10" not in html
    assert html.count("[c]</td>") == 6


def test_differences_keep_their_minus_and_several_measures_their_names():
    rows = pd.DataFrame({"name": ["a"], "p10_gap": [-12.0], "p50_gap": [3.0], "p90_gap": [9.0],
                         "p10_places": [190.0], "p50_places": [195.0], "p90_places": [200.0]})  # fmt: skip
    written = with_ranges(release(rows, ABOUT, plain=list(rows)))
    assert list(written.table) == ["name", "median_gap", "median_places", "80% range: gap", "80% range: places"]
    assert written.table["80% range: gap"].tolist() == ["−12 to 9"]


def test_a_table_without_a_range_is_refused():
    with pytest.raises(RangeError, match="no 80% or 95% range"):
        with_ranges(release(pd.DataFrame({"children": [9]}), ABOUT, counts=["children"]))


def test_outturn_and_forecast_stand_in_one_table_with_every_month_of_both_once():
    months = pd.date_range("2018-01-31", periods=3, freq="ME")
    outturn = release(pd.DataFrame({"month": months, "children": [3, 61, 63]}), ABOUT, counts=["children"],
                      plain=["month"])  # fmt: skip
    both = beside(outturn, release_forecast(forecast_of(63, 64), ABOUT, by=[]))
    assert both.table["month"].dt.month.tolist() == [1, 2, 3, 4]
    assert both.withheld["children"].tolist() == [True, False, False, False]
    assert both.table["p50"].isna().tolist() == [True, True, False, False]
    further = replace(outturn, rule=f"{outturn.rule}. Some sums are withheld too")
    said = beside(further, both_forecast()).rule
    assert said.count("Counts of 1 to 4 are withheld") == 1
    assert said.endswith("Some sums are withheld too")
    with pytest.raises(RangeError, match="one time column in common"):
        beside(release(pd.DataFrame({"year": [2018]}), ABOUT, plain=["year"]), both_forecast())


def both_forecast():
    return release_forecast(forecast_of(63, 64), ABOUT, by=[])


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (between(560, 740), "between 560 and 740"),
        (between(pd.NA, 740), "[c]"),
        (one_in(0.5), "1 in 2"),
        (one_in(1), "more than 99 in 100"),
        (small_numbers(63), "63 children: chance alone moves such a count by about 8 either way"),
        (small_numbers(float("nan")), "too few children to show, or to say how far chance alone moves such a count"),
        (small_numbers(1), "1 child: chance alone moves such a count by about 1 either way"),
    ],
)
def test_chances_and_ranges_are_said_as_people_say_them(said, words):
    assert said == words


@given(st.floats(0.005, 0.995))
@settings(deadline=None)
def test_a_chance_in_words_is_never_far_from_the_chance(chance):
    numerator, denominator = one_in(chance).split(" in ")
    assert abs(int(numerator) / int(denominator) - chance) <= 0.0301


def test_a_chance_outside_nought_to_one_is_refused():
    with pytest.raises(ValueError, match="lies from 0 to 1"):
        one_in(1.2)
