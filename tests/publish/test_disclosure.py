"""Nothing small, and nobody's name, goes through the door."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cip_analysis.publish.disclosure import (
    About,
    DisclosureError,
    part,
    release,
    release_forecast,
    release_published,
    rule_in_words,
)
from cip_analysis.settings import Disclosure

ABOUT = About("invented returns", date(2018, 3, 31), synthetic=True)
COUNTS = pd.DataFrame({"setting": list("abcdef"), "children": [0, 1, 4, 5, 7, 8], "spend_gbp": [0.0, 1, 2, 3, 4, 5]})


def released(table: pd.DataFrame = COUNTS, about: About = ABOUT, **rule: object):
    return release(
        table, replace(about, rule=Disclosure(**rule)), counts=["children"], bases={"spend_gbp": "children"},
        plain=["setting"],
    )  # fmt: skip


def test_counts_of_one_to_four_are_withheld_and_the_others_rounded_to_five_halves_up():
    shown = released()
    assert shown.table["children"].tolist() == [0, pd.NA, pd.NA, 5, 5, 10]
    assert shown.withheld["children"].tolist() == [False, True, True, False, False, False]


def test_a_value_is_withheld_exactly_where_the_count_it_rests_on_is():
    shown = released()
    assert shown.table["spend_gbp"].isna().tolist() == [False, True, True, False, False, False]
    assert shown.table["spend_gbp"].dropna().tolist() == [0.0, 3.0, 4.0, 5.0]


def test_a_value_resting_on_two_counts_is_withheld_where_either_is():
    table = pd.DataFrame({"children": [20, 3, 20], "others": [20, 20, 2], "share": [0.5, 0.1, 0.9]})
    shown = release(table, ABOUT, counts=["children", "others"], bases={"share": ["children", "others"]})
    assert shown.withheld["share"].tolist() == [False, True, True]


def test_noughts_are_withheld_too_where_the_rule_says_so():
    assert released(zeros_shown=False).withheld["children"].tolist() == [True, True, True, False, False, False]


def test_a_base_of_one_rounds_nothing_and_a_threshold_of_one_withholds_nothing():
    shown = released(threshold=1, rounding_base=1)
    assert shown.table["children"].tolist() == [0, 1, 4, 5, 7, 8]
    assert shown.withheld_count == 0


def test_halves_go_up_to_the_next_ten():
    table = pd.DataFrame({"setting": ["a", "b", "c"], "children": [14, 15, 25], "spend_gbp": [1.0, 1, 1]})
    assert released(table, rounding_base=10).table["children"].tolist() == [10, 20, 30]


@given(st.lists(st.integers(0, 400), min_size=1, max_size=30), st.integers(1, 12), st.sampled_from([1, 5, 10]))
@settings(deadline=None)
def test_no_small_count_is_ever_shown_and_no_other_moves_by_more_than_half_the_base(counts, threshold, base):
    table = pd.DataFrame({"setting": "a", "children": counts, "spend_gbp": 1.0})
    shown = released(table, threshold=threshold, rounding_base=base)
    for was, now, hidden in zip(counts, shown.table["children"], shown.withheld["children"], strict=True):
        assert hidden == (1 <= was < threshold)
        assert hidden or abs(now - was) <= base / 2
        assert hidden or now % base == 0
    assert (shown.table["spend_gbp"].isna() == shown.withheld["children"]).all()


def test_an_unknown_count_stays_blank_and_is_not_called_withheld():
    table = COUNTS.assign(children=[None, 6, 6, 6, 6, 6])
    shown = released(table)
    assert shown.table["children"].isna().tolist() == [True, False, False, False, False, False]
    assert shown.withheld_count == 0


def test_releasing_leaves_the_table_as_it_was():
    before = COUNTS.copy(deep=True)
    released()
    pd.testing.assert_frame_equal(before, COUNTS)


def test_what_is_said_about_a_table_goes_with_it():
    shown = released()
    assert (shown.source, shown.as_at, shown.unit, shown.synthetic) == (
        "invented returns", date(2018, 3, 31), "children", True,
    )  # fmt: skip
    assert shown.rule == "Counts of 1 to 4 are withheld; others are rounded to the nearest 5"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Disclosure(zeros_shown=False), "Counts of 0 to 4 are withheld; others are rounded to the nearest 5"),
        (Disclosure(threshold=2, rounding_base=1), "Counts of 1 are withheld; none is rounded"),
        (Disclosure(threshold=1, rounding_base=10), "No count is withheld; others are rounded to the nearest 10"),
    ],
)
def test_the_rule_is_said_in_words(rule, words):
    assert rule_in_words(rule) == words


def test_an_undeclared_column_is_refused_by_name():
    with pytest.raises(DisclosureError, match="mean_age, spend_gbp: not declared"):
        release(COUNTS.assign(mean_age=1.0), ABOUT, counts=["children"], plain=["setting"])


def test_text_must_be_declared_too():
    with pytest.raises(DisclosureError, match="setting: not declared"):
        release(COUNTS, ABOUT, counts=["children"], bases={"spend_gbp": "children"})


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"counts": ["children", "pupils"]}, "pupils: declared but not in the table"),
        ({"plain": ["setting", "children"]}, "children: declared more than once"),
        ({"bases": {"spend_gbp": "setting"}}, "setting: named as a base but not declared a count"),
        ({"bases": {"spend_gbp": []}}, "spend_gbp: no count named to rest on"),
    ],
)
def test_a_declaration_that_does_not_fit_the_table_is_refused(changes, fault):
    asked = {"counts": ["children"], "bases": {"spend_gbp": "children"}, "plain": ["setting"], **changes}
    with pytest.raises(DisclosureError, match=fault):
        release(COUNTS, ABOUT, **asked)


@pytest.mark.parametrize(
    "name",
    ["child", "child_id", "CHILD", "upn", "birth_date", "dob", "postcode", "home_post", "urn", "provider_urn",
     "mother", "household", "date_of_birth", "first_rows", "surname"],
)  # fmt: skip
def test_a_column_that_would_name_a_child_is_refused_however_it_is_declared(name):
    with pytest.raises(DisclosureError, match=name):
        release(pd.DataFrame({name: ["1"], "children": [9]}), ABOUT, counts=["children"], plain=[name])


@pytest.mark.parametrize("name", ["children", "child_days", "children_per_home", "urban", "disturbance", "mothers_day"])
def test_a_column_that_only_sounds_like_it_is_let_through(name):
    assert release(pd.DataFrame({name: [9]}), ABOUT, counts=[name]).table[name].tolist() == [10]


@pytest.mark.parametrize(("value", "what"), [("LE1 4PZ", "a postcode"), ("A123456789012", "a unique pupil number")])
def test_a_label_that_looks_like_a_child_is_refused_without_being_repeated(value, what):
    with pytest.raises(DisclosureError, match=f"1 values in area look like {what}") as refusal:
        release(pd.DataFrame({"area": [value], "children": [9]}), ABOUT, counts=["children"], plain=["area"])
    assert value not in str(refusal.value)


def test_a_named_index_is_refused_because_it_is_usually_the_child():
    with pytest.raises(DisclosureError, match="child would say who"):
        released(COUNTS.assign(child=1).set_index("child"))
    with pytest.raises(DisclosureError, match="named index"):
        released(COUNTS.rename_axis("area"))


def test_an_index_without_a_name_is_dropped():
    assert released(COUNTS.set_axis([901, 902, 903, 904, 905, 906])).table.index.tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("counts", [[1.5, 6, 6, 6, 6, 6], [-6, 6, 6, 6, 6, 6]])
def test_a_mean_or_a_change_is_not_a_count(counts):
    with pytest.raises(DisclosureError, match="1 of its values are not whole, or are below nought"):
        released(COUNTS.assign(children=counts))


def test_words_and_flags_are_not_counts():
    with pytest.raises(DisclosureError, match="declared a count but holds"):
        released(COUNTS.assign(children=True))


def test_published_figures_keep_their_publishers_symbols_and_are_not_rounded():
    published = pd.DataFrame({"area": ["A", "B"], "value": [63.0, None], "symbol": [None, "c"]})
    shown = release_published(published, ABOUT, symbols={"value": "symbol"})
    assert list(shown.table) == ["area", "value"]
    assert shown.table["value"].iloc[0] == 63
    assert shown.withheld["value"].tolist() == [False, True]


def test_figures_worked_out_from_published_ones_are_not_said_to_be_as_published():
    published = pd.DataFrame({"area": ["A"], "rate_per_10k": [40.0976]})
    as_published, worked_out = (release_published(published, ABOUT, worked_out=worked) for worked in (False, True))
    assert as_published.rule == "Published figures, as published: not rounded further"
    assert worked_out.rule == "Worked out from published figures: nothing withheld, nor rounded further"
    assert worked_out.table.equals(as_published.table)


def test_a_table_that_counts_nobody_claims_no_rounding():
    words = release(pd.DataFrame({"places": [248]}), ABOUT, plain=["places"])
    assert words.rule == "Nothing in it is withheld or rounded further"
    assert words.table["places"].tolist() == [248]


def test_a_published_value_beside_a_symbol_is_refused():
    published = pd.DataFrame({"area": ["A"], "value": [3.0], "symbol": ["c"]})
    with pytest.raises(DisclosureError, match="1 rows hold both"):
        release_published(published, ABOUT, symbols={"value": "symbol"})
    with pytest.raises(DisclosureError, match="no column mark"):
        release_published(published, ABOUT, symbols={"value": "mark"})


def test_a_part_keeps_what_is_withheld_and_what_is_said():
    shown = part(released(), ["children"], where={"setting": ["b", "d"]})
    assert shown.withheld["children"].tolist() == [True, False]
    assert shown.rule == released().rule
    with pytest.raises(DisclosureError, match="no column pupils"):
        part(shown, ["pupils"])
    with pytest.raises(DisclosureError, match="No row is left where children is 6"):
        part(shown, where={"children": 6})


# ---- what would give a small count away ---------------------------------------------------------------------------

EXACT = replace(ABOUT, rule=Disclosure(rounding_base=1))


def a_year(*counts: int) -> pd.DataFrame:
    """Settings a, b, c … with their spend, and a row for all."""
    rows = [("all", sum(counts)), *zip("abcdefgh", counts, strict=False)]
    return pd.DataFrame(rows, columns=["setting", "children"]).assign(spend_gbp=lambda table: table["children"] * 1e3)


def test_a_small_count_is_not_left_to_be_worked_out_from_its_total():
    shown = release(a_year(3, 6, 30), EXACT, counts=["children"], bases={"spend_gbp": "children"}, plain=["setting"])
    assert shown.table["children"].tolist() == [39, pd.NA, pd.NA, 30]
    assert shown.withheld["spend_gbp"].tolist() == [False, True, True, False]
    assert shown.rule == (
        "Counts of 1 to 4 are withheld; none is rounded. "
        "Some larger counts are withheld too, because a smaller one could be worked out from them"
    )


def test_two_small_counts_hide_each_other_and_no_more_is_withheld():
    shown = release(a_year(3, 4, 30), EXACT, counts=["children"], bases={"spend_gbp": "children"}, plain=["setting"])
    assert shown.withheld["children"].tolist() == [False, True, True, False]
    assert shown.rule == "Counts of 1 to 4 are withheld; none is rounded"


def test_rounding_that_leaves_room_enough_spares_the_larger_count():
    shown = release(a_year(3, 6, 30), ABOUT, counts=["children"], bases={"spend_gbp": "children"}, plain=["setting"])
    assert shown.table["children"].tolist() == [40, pd.NA, 5, 30]


def test_three_sevens_and_their_total_are_rounded_so_that_they_add_and_that_is_said():
    shown = release(a_year(7, 7, 7), ABOUT, counts=["children"], bases={"spend_gbp": "children"}, plain=["setting"])
    total, *parts = shown.table["children"].tolist()
    assert total == sum(parts) == 20
    assert sorted(parts) == [5, 5, 10]
    assert "so that parts add to their totals" in shown.rule


def test_numbers_that_add_when_rounded_to_the_nearest_stay_there_and_nothing_is_said():
    shown = release(a_year(6, 14, 31), ABOUT, counts=["children"], bases={"spend_gbp": "children"}, plain=["setting"])
    assert shown.table["children"].tolist() == [50, 5, 15, 30]
    assert shown.rule == rule_in_words(ABOUT.rule)


def test_children_counted_in_two_settings_come_to_more_than_their_total_and_bind_nothing():
    table = a_year(3, 6, 30).assign(children=[35, 3, 6, 30])
    shown = release(table, EXACT, counts=["children"], bases={"spend_gbp": "children"}, plain=["setting"])
    assert shown.withheld["children"].tolist() == [False, True, False, False]


def test_a_cost_with_one_provider_behind_it_is_withheld_and_the_number_of_providers_is_not_shown():
    table = pd.DataFrame({"setting": ["a", "b", "c"], "children": [20, 20, 20], "spend_gbp": [1.0, 2.0, 3.0],
                          "paid_to": pd.array([1, 2, None], dtype="Int64")})  # fmt: skip
    shown = release(table, EXACT, counts=["children"], bases={"spend_gbp": "children"}, plain=["setting"],
                    providers={"spend_gbp": "paid_to"})  # fmt: skip
    assert list(shown.table) == ["setting", "children", "spend_gbp"]
    assert shown.withheld["spend_gbp"].tolist() == [True, False, False]
    assert not shown.withheld["children"].any()


def test_an_argument_that_is_not_known_and_a_column_that_is_not_there_are_refused():
    with pytest.raises(DisclosureError, match=r"mesure: not known\. A release takes measure, labels, across"):
        release(COUNTS, ABOUT, counts=["children"], bases={"spend_gbp": "children"}, plain=["setting"], mesure="x")
    with pytest.raises(DisclosureError, match="weeks: declared but not in the table"):
        release(
            COUNTS, ABOUT, counts=["children"], bases={"spend_gbp": "children"}, plain=["setting"], adding=["weeks"]
        )


@given(st.lists(st.integers(0, 60), min_size=2, max_size=6))
@settings(deadline=None)
def test_no_small_count_of_a_row_with_its_total_can_be_worked_out(counts):
    shown = release(a_year(*counts), EXACT, counts=["children"], bases={"spend_gbp": "children"}, plain=["setting"])
    withheld = shown.withheld["children"].tolist()
    small = [0 < count < 5 for count in [sum(counts), *counts]]
    assert all(hidden for hidden, is_small in zip(withheld, small, strict=True) if is_small)
    assert sum(withheld) != 1


def test_a_forecast_of_one_setting_is_withheld_to_protect_another_and_their_sum_is_shown():
    months = pd.to_datetime(["2018-03-31", "2018-04-30"])
    starts = {"all": 39, "a": 3, "b": 6, "c": 30}
    table = pd.concat([pd.DataFrame({"month": months, "setting": name, "p50": [count, count + 1]})
                       for name, count in starts.items()], ignore_index=True)  # fmt: skip
    shown = release_forecast(table, EXACT, by=["setting"])
    assert shown.table["p50"].tolist() == [39, 40, *[pd.NA] * 4, 30, 31]
    assert shown.rule.endswith(
        "A forecast is withheld whole where it starts from a withheld count, and rounded likewise"
    )


def test_a_value_that_rests_on_another_value_is_withheld_wherever_that_is_and_however_far_down():
    table = pd.DataFrame({"children": [20, 3], "pounds": [9.0, 8.0], "share": [0.5, 0.5], "change": [0.1, 0.2]})
    shown = release(table, ABOUT, counts=["children"],
                    bases={"change": "share", "share": "pounds", "pounds": "children"})  # fmt: skip
    assert shown.withheld[["pounds", "share", "change"]].to_numpy().tolist() == [[False] * 3, [True] * 3]


def test_a_reader_who_knows_that_numbers_go_to_the_nearest_five_learns_no_more():
    """Five and two of seven are shown as 5, [c] and 5: to the nearest, that would leave one or two and no more."""
    shown = release(a_year(5, 2), ABOUT, counts=["children"], bases={"spend_gbp": "children"}, plain=["setting"])
    assert shown.withheld["children"].sum() == 2
    assert shown.withheld["children"].iloc[2]
