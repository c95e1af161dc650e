"""Histories are settled with three statutory rules, and otherwise left alone."""

from __future__ import annotations

import pandas as pd
import pytest
from synthetic.invented import a_child, a_county, a_line, a_small_county

from cip_analysis.synthetic.statutory import settle


def test_an_adoption_of_31_march_is_made_the_day_before():
    county = a_county(a_line(placement="A6", legal_status="E1", end="2017-03-31", end_reason="E12"))
    assert settle(county).episodes["end"].iloc[0] == pd.Timestamp(2017, 3, 30)


@pytest.mark.parametrize("reason", ["E4A", "E45"])
def test_other_endings_of_31_march_stay(reason):
    county = a_county(a_line(placement="U3", end="2017-03-31", end_reason=reason))
    assert settle(county).episodes["end"].iloc[0] == pd.Timestamp(2017, 3, 31)


def two_protections(next_reason: str, **changes: object):
    """A child under police protection twice; what followed the second time is begun by `next_reason`."""
    moved = "CARPL" if next_reason == "B" else ""
    return a_county(
        a_line(start="2016-06-01", legal_status="L1", end="2016-06-03", end_reason="X1"),
        a_line(start="2016-06-03", start_reason="L", legal_status="V2", end="2016-07-01", end_reason="E4A"),
        a_line(start="2016-09-01", legal_status="L1", end="2016-09-03", end_reason="X1", move_reason=moved),
        a_line(start="2016-09-03", start_reason=next_reason, legal_status="C1", **changes),
    )


def test_a_second_police_protection_joins_the_order_it_led_to():
    settled = settle(two_protections("L")).episodes
    assert list(settled["legal_status"]) == ["L1", "V2", "C1"]
    assert list(settled["start"].dt.day) == [1, 3, 1]
    assert settled["end"].isna().tolist() == [False, False, True]
    assert list(settled["end_reason"]) == ["X1", "E4A", ""]


def test_a_second_police_protection_that_ended_in_a_move_leaves_only_the_move():
    settled = settle(two_protections("B", placement="K2", provider="PR4", urn="SC9")).episodes
    assert list(settled["legal_status"]) == ["L1", "V2", "C1", "C1"]
    assert list(settled["start_reason"]) == ["S", "L", "S", "P"]


def test_a_second_police_protection_that_led_to_nothing_is_section_20():
    settled = settle(
        a_county(
            a_line(legal_status="L1", end="2016-06-03", end_reason="E4A"),
            a_line(start="2016-09-01", legal_status="L1", end="2016-09-02", end_reason="E4A"),
        )
    ).episodes
    assert list(settled["legal_status"]) == ["L1", "V2"]


def test_a_protection_order_that_spans_a_move_is_one_order():
    county = a_county(
        a_line(legal_status="L2", end="2016-06-05", end_reason="X1"),
        a_line(
            start="2016-06-05", start_reason="P", legal_status="L2", placement="K2", end="2016-06-09", end_reason="X1"
        ),
        a_line(start="2016-06-09", start_reason="L", legal_status="C1", placement="K2"),
    )
    pd.testing.assert_frame_equal(settle(county).episodes, county.episodes)


def test_a_birth_after_the_last_line_ended_that_year_is_told_on_the_day_it_ended():
    girl = a_child(sex="female", birth_date="2001-06-15", mother=True, mother_child_birth_date="2017-02-01")
    county = a_county(
        a_line(end="2016-11-20", end_reason="X1", move_reason="CARPL"),
        a_line(start="2016-11-20", start_reason="P", placement="K2"),
        children=(girl,),
    )
    assert settle(county).children["mother_child_birth_date"].iloc[0] == pd.Timestamp(2016, 11, 20)


def test_a_settled_county_is_settled():
    histories = a_small_county()
    again = settle(histories)
    pd.testing.assert_frame_equal(again.episodes, histories.episodes)
    pd.testing.assert_frame_equal(again.children, histories.children)
