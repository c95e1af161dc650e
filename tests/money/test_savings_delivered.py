"""A register of savings delivered: each day held against the returns, counted once, and nobody named."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from builders import a_placement, make_episodes
from hypothesis import given, settings
from hypothesis import strategies as st
from savings_builders import LINE, a_claim, write_register

from cip_analysis.money.saving.delivered import (
    COUNTED,
    ELSEWHERE,
    LATER,
    OUTSIDE,
    REPEATED,
    TWICE,
    count_delivered,
)
from cip_analysis.money.saving.plan import track
from cip_analysis.returns.payments.delivered import NOT_IN_CARE, DeliveredError, read_delivered

CANARY = "CANARY-7741"
KEYS = ("first", "second")
CLAIMS = [a_claim(start=date(2018, 4, 1)), a_claim(key="second", start=date(2018, 4, 1))]
HOME = a_placement(child="1", start="2018-01-01", setting="external residential", end="2018-04-01")
FOSTER = a_placement(child="1", start="2018-04-01", setting="in-house foster", start_reason="placement changed")


def counted(tmp_path, lines, claims=CLAIMS, census="2018-06-30", placements=(HOME, FOSTER)):
    """What a register of these lines comes to."""
    register, findings = read_delivered(write_register(tmp_path, lines), KEYS)
    assert findings.table.empty
    return count_delivered(register, make_episodes(list(placements), census), claims)


def days_by_reason(delivered):
    """Days by claim and reason."""
    return delivered.table.groupby(["claim", "reason"])["days"].sum().to_dict()


def test_a_fortnight_at_700_a_week_is_1400_pounds_and_two_child_weeks(tmp_path):
    delivered = counted(tmp_path, [{}])
    row = delivered.monthly().iloc[0]
    assert (row["claim"], row["month"], row["children"]) == ("first", pd.Timestamp("2018-04-30"), 1)
    assert (row["child_weeks"], row["saved_gbp"]) == (2, 1400)


def test_a_line_over_two_months_is_split_at_the_months_end(tmp_path):
    months = counted(tmp_path, [{"start": "2018-04-24", "end": "2018-05-08"}]).monthly()
    assert months["child_weeks"].tolist() == [1, 1]


def test_a_day_claimed_by_two_programmes_goes_to_the_first_in_order_and_the_pounds_removed_are_listed(tmp_path):
    lines = [{"claim": "second", "weekly_saving": "350"}, {"claim": "first", "end": "2018-04-08"}]
    delivered = counted(tmp_path, lines)
    assert days_by_reason(delivered) == {("first", COUNTED): 7, ("second", COUNTED): 7, ("second", TWICE): 7}
    removed = delivered.by_reason().set_index(["claim", "reason"])["saved_gbp"]
    assert removed["second", TWICE] == 350
    swapped = counted(tmp_path, lines, claims=CLAIMS[::-1])
    assert days_by_reason(swapped) == {("second", COUNTED): 14, ("first", TWICE): 7}


def test_two_lines_of_one_claim_for_the_same_days_count_once(tmp_path):
    assert days_by_reason(counted(tmp_path, [{}, {}])) == {("first", COUNTED): 14, ("first", REPEATED): 14}


def test_days_outside_the_claim_after_the_census_or_elsewhere_do_not_count(tmp_path):
    early = [a_claim(start=date(2018, 4, 8), until=date(2018, 4, 10))]
    assert days_by_reason(counted(tmp_path, [{}], claims=early)) == {("first", OUTSIDE): 11, ("first", COUNTED): 3}
    assert days_by_reason(counted(tmp_path, [{"start": "2018-06-24", "end": "2018-07-08"}])) == {
        ("first", COUNTED): 7, ("first", LATER): 7,
    }  # fmt: skip
    assert days_by_reason(counted(tmp_path, [{"start": "2018-03-25", "end": "2018-04-08"}],
                                  claims=[a_claim(start=date(2018, 1, 1))])) == {
        ("first", ELSEWHERE): 7, ("first", COUNTED): 7,
    }  # fmt: skip


def test_a_child_said_not_to_be_in_care_is_not_there(tmp_path):
    left = a_placement(child="1", start="2018-01-01", end="2018-04-08", setting="external residential",
                       end_reason="returned home")  # fmt: skip
    delivered = counted(tmp_path, [{"to_setting": ""}], placements=[left])
    assert days_by_reason(delivered) == {("first", ELSEWHERE): 7, ("first", COUNTED): 7}
    never = counted(tmp_path, [{"to_setting": NOT_IN_CARE, "child": "9"}], placements=[left])
    assert days_by_reason(never) == {("first", COUNTED): 14}


def test_a_line_that_goes_on_counts_up_to_and_including_the_census_date(tmp_path):
    assert days_by_reason(counted(tmp_path, [{"end": ""}])) == {("first", COUNTED): 91}
    assert counted(tmp_path, [{"start": "2018-07-10", "end": ""}]).table.empty


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(KEYS), st.integers(0, 100), st.integers(1, 60), st.sampled_from(["1", "2"]),
                  st.sampled_from(["", "in-house foster", "kinship"])),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_every_day_of_the_register_is_counted_once_or_listed(tmp_path_factory, drawn):
    first = pd.Timestamp("2018-03-20")
    lines = [
        {"claim": claim, "start": f"{first + pd.Timedelta(days=begin):%Y-%m-%d}",
         "end": f"{first + pd.Timedelta(days=begin + length):%Y-%m-%d}", "child": child, "to_setting": to}
        for claim, begin, length, child, to in drawn
    ]  # fmt: skip
    delivered = counted(tmp_path_factory.mktemp("register"), lines)
    assert delivered.table["days"].sum() == sum(length for _claim, _begin, length, _child, _to in drawn)
    assert delivered.by_reason()["saved_gbp"].sum() == pytest.approx(delivered.table["pence"].sum() / 100)
    kept = delivered.table[delivered.table["reason"].eq(COUNTED)]
    told = {
        (child, first + pd.Timedelta(days=begin + day))
        for _claim, begin, length, child, _to in drawn
        for day in range(length)
    }
    assert kept["days"].sum() <= len(told)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"claim": CANARY}, "A claim that the ledger does not name"),
        ({"child": ""}, "No child"),
        ({"start": CANARY}, "No first day that can be read"),
        ({"end": CANARY}, "A last day that cannot be read"),
        ({"end": "2018-04-01"}, "A last day on or before the first"),
        ({"start": "01/04/1918"}, "A first day before 2000"),
        ({"end": "2118-04-01"}, "a last one more than 18 years later"),
        ({"to_setting": CANARY}, "A setting that is not known"),
        ({"weekly_saving": CANARY}, "A weekly saving that is not a number of £"),
        ({"weekly_saving": "-5"}, "A weekly saving of nought, below it"),
        ({"weekly_saving": "295000"}, "above £20,000"),
    ],
)
def test_a_line_at_fault_is_left_out_and_said_by_its_row_and_never_by_its_child(tmp_path, line, said):
    path = write_register(tmp_path, [{"child": CANARY, **line}, {"child": "2"}])
    register, findings = read_delivered(path, KEYS)
    assert register.table["row"].tolist() == [3]
    assert findings.table["first_rows"].tolist() == ["2"]
    assert said in findings.table["meaning"].iloc[0]
    assert CANARY not in findings.table.to_csv()


def test_a_register_of_no_lines_that_count_comes_to_nothing(tmp_path):
    register, findings = read_delivered(write_register(tmp_path, [{"claim": "another"}]), KEYS)
    delivered = count_delivered(register, make_episodes([HOME, FOSTER], "2018-06-30"), CLAIMS)
    assert len(findings.table) == 1
    assert delivered.monthly().empty
    assert delivered.by_reason().empty


def test_what_was_read_is_left_as_it_was(tmp_path):
    register, _findings = read_delivered(write_register(tmp_path, [{}, {}]), KEYS)
    episodes = make_episodes([HOME, FOSTER], "2018-06-30")
    before = register.table.copy(), episodes.table.copy()
    count_delivered(register, episodes, CLAIMS)
    pd.testing.assert_frame_equal(register.table, before[0])
    pd.testing.assert_frame_equal(episodes.table, before[1])


def test_a_line_without_evidence_is_kept_and_said(tmp_path):
    register, findings = read_delivered(write_register(tmp_path, [{"evidence": ""}]), KEYS)
    assert len(register.table) == 1
    assert findings.table[["severity", "rows"]].to_numpy().tolist() == [["warning", 1]]


def test_a_file_that_is_no_register_is_refused_by_name_and_names_nobody(tmp_path):
    (tmp_path / "register.csv").write_text(f"child,start\n{CANARY},2018-04-01\n", encoding="utf-8")
    with pytest.raises(DeliveredError, match=r"register.csv: no column claim, end, from_setting") as refused:
        read_delivered(tmp_path / "register.csv", KEYS)
    assert CANARY not in str(refused.value)
    with pytest.raises(DeliveredError, match="no such file"):
        read_delivered(tmp_path / "none.csv", KEYS)


def test_pounds_are_read_with_their_sign_and_commas_and_dates_either_way(tmp_path):
    line = {"weekly_saving": "£1,234.50", "start": "01/04/2018"}
    register, _findings = read_delivered(write_register(tmp_path, [line]), KEYS)
    assert register.table["weekly_saving_pence"].tolist() == [123_450]
    assert register.table["start"].tolist() == [pd.Timestamp("2018-04-01")]
    assert LINE["weekly_saving"] == "700"


def test_delivered_stands_within_below_or_above_the_plan():
    months = pd.to_datetime(["2018-04-30", "2018-05-31", "2018-06-30", "2018-07-31"]).astype("datetime64[us]")
    planned = pd.DataFrame({"claim": "first", "month": months, "p10_saving_gbp": 100.0, "p50_saving_gbp": 200.0,
                            "p90_saving_gbp": 300.0})  # fmt: skip
    delivered = pd.DataFrame({"claim": "first", "month": months[:3], "saved_gbp": [50.0, 100.0, 301.0]})
    assert track(planned, delivered)["standing"].tolist() == ["below", "within the plan", "above", ""]
