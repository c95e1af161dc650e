"""Random tables, alone and linked, are shown so that they add and so that no small count can be worked out."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from publish.protection.intruder import a_table, found_out, some_counts

from cip_analysis.publish.protection.cells import Listing, link
from cip_analysis.publish.protection.deciding import Before, DecisionError, decide_cells
from cip_analysis.publish.protection.rulings import EARLIER, PROTECTS, SMALL, Ruling
from cip_analysis.settings import Disclosure

RULES = {base: Disclosure(threshold=5, rounding_base=base) for base in (1, 5)}


def only_small_withheld(listings: list[Listing], rule: Disclosure) -> dict:
    """The plain rule: small counts withheld, the rest to the nearest base."""
    cells = link(listings)
    return {
        key: Ruling(None, SMALL) if 0 < count < rule.threshold else Ruling(
            (2 * count + rule.rounding_base) // (2 * rule.rounding_base) * rule.rounding_base)
        for key, count, printed in zip(cells.keys, cells.counts.tolist(), cells.printed, strict=True) if printed
    }  # fmt: skip


@pytest.mark.parametrize("base", [1, 5])
@pytest.mark.parametrize("first", range(0, 80, 20))
def test_of_random_tables_by_two_labels_nothing_small_is_found_out(first, base):
    for seed in range(first, first + 20):
        listings = [a_table(some_counts(seed, (4, 4)), ("setting", "age"))]
        assert found_out(listings, decide_cells(listings, RULES[base]), RULES[base]).empty


@pytest.mark.parametrize("base", [1, 5])
def test_of_random_tables_by_three_labels_nothing_small_is_found_out(base):
    for seed in range(20):
        listings = [a_table(some_counts(seed, (3, 3, 2)), ("setting", "age", "sex"))]
        assert found_out(listings, decide_cells(listings, RULES[base]), RULES[base]).empty


@pytest.mark.parametrize("base", [1, 5])
@pytest.mark.parametrize("first", [0, 20])
def test_of_random_pairs_of_tables_that_share_a_margin_nothing_small_is_found_out(first, base):
    for seed in range(first, first + 20):
        whole = some_counts(seed, (3, 3, 3))
        listings = [a_table(whole.sum(axis=2), ("setting", "age")), a_table(whole.sum(axis=1), ("setting", "sex"))]
        assert found_out(listings, decide_cells(listings, RULES[base]), RULES[base]).empty


def test_where_noughts_are_withheld_too_nothing_small_is_found_out():
    rule = Disclosure(zeros_shown=False, rounding_base=1)
    for seed in range(20):
        listings = [a_table(some_counts(seed, (4, 3)), ("setting", "age"))]
        ruled = decide_cells(listings, rule)
        assert found_out(listings, ruled, rule).empty
        counts = listings[0].cells
        assert all(ruled[key].shown is None for key, count in counts.items() if count < rule.threshold)


def test_a_table_that_withholds_only_its_small_counts_is_found_out():
    found = [found_out([table], only_small_withheld([table], RULES[1]), RULES[1])
             for table in (a_table(some_counts(seed, (4, 4)), ("setting", "age")) for seed in range(20))]  # fmt: skip
    assert sum(not one.empty for one in found) >= 15


def test_each_of_two_tables_is_safe_alone_and_found_out_together_and_then_no_more():
    """By setting 3 + 9 = 12 and by age 4 + 8 = 12, apart and exact; bound by their total and by a table of both."""
    whole = np.array([[1, 2], [3, 6]])
    by_setting, by_age = a_table(whole, ("setting", "age")), a_table(whole.sum(axis=0), ("age",))
    rule = RULES[1]
    alone = decide_cells([by_setting], rule) | decide_cells([by_age.called("other")], rule)
    apart = {**alone, **{("children", key[1]): ruling for key, ruling in alone.items() if key[0] == "other"}}
    together = decide_cells([by_setting, by_age], rule)
    assert found_out([by_setting, by_age], together, rule).empty
    assert len(together) == len(by_setting.cells)
    assert {key for key, ruling in together.items() if ruling.shown is None} >= {
        key for key, ruling in apart.items() if ruling.why == SMALL and key in together
    }


def test_the_rest_of_a_total_is_protected_though_no_table_prints_it():
    """All 40, three settings of 20, 10 and 8: the setting left out holds 2, which subtraction would tell."""
    parts = {("children", frozenset({("setting", name)})): count for name, count in {"a": 20, "b": 10, "c": 8}.items()}
    listing = Listing("children", (("children", frozenset()), *parts), (40, *parts.values()), "children")
    ruled = decide_cells([listing], RULES[1])
    withheld = [ruling for ruling in ruled.values() if ruling.shown is None]
    assert [ruling.why for ruling in withheld] == [PROTECTS]
    assert found_out([listing], ruled, RULES[1]).empty


def test_a_total_that_another_table_repeats_under_another_label_is_known_to_be_what_its_parts_are():
    """Three children, one in each of three settings, all of one age: of neither can a reader be left thinking one."""
    by_setting = a_table(np.array([1, 1, 1]), ("setting",))
    by_age = a_table(np.array([3]), ("age",))
    ruled = decide_cells([by_setting, by_age], RULES[1])
    assert {ruling.why for ruling in ruled.values()} == {SMALL}
    assert found_out([by_setting, by_age], ruled, RULES[1]).empty


@given(st.integers(0, 100_000), st.sampled_from([5, 10]), st.integers(2, 4), st.integers(2, 4))
@settings(max_examples=40, deadline=None)
def test_where_every_count_is_shown_totals_are_exactly_the_sums_of_their_parts(seed, base, across, down):
    listing = a_table(some_counts(seed, (across, down)) + 20, ("setting", "age"))
    cells = link([listing])
    ruled = decide_cells([listing], Disclosure(rounding_base=base))
    shown = np.array([ruled[key].shown for key in cells.keys])
    assert (cells.sums @ shown == 0).all()
    assert (shown % base == 0).all()
    assert (abs(shown - cells.counts) < base).all()


@given(st.integers(0, 100_000))
@settings(max_examples=25, deadline=None)
def test_numbers_that_already_add_when_rounded_to_the_nearest_are_left_there(seed):
    inner = some_counts(seed, (3, 3)) * 5 + 5
    ruled = decide_cells([a_table(inner, ("setting", "age"))], RULES[5])
    cells = a_table(inner, ("setting", "age")).cells
    assert all(ruled[key].shown == count for key, count in cells.items())


def test_the_same_tables_in_another_order_are_decided_alike():
    whole = some_counts(7, (3, 3, 3))
    one, two = a_table(whole.sum(axis=2), ("setting", "age")), a_table(whole.sum(axis=1), ("setting", "sex"))
    assert decide_cells([one, two], RULES[5]) == decide_cells([two, one], RULES[5])


def test_what_is_not_small_and_not_bound_to_anything_small_is_shown_as_it_always_was():
    listing = a_table(np.array([[12, 23], [34, 41]]), ("setting", "age"))
    ruled = decide_cells([listing], RULES[1])
    assert [ruled[key].shown for key in listing.keys] == list(listing.counts)


# ---- packs released before --------------------------------------------------------------------------------------


def a_row(*counts: int) -> Listing:
    """Settings a, b, c … and their total."""
    cells = {("children", frozenset({("setting", "abcdef"[at])})): count for at, count in enumerate(counts)}
    return Listing("children", (("children", frozenset()), *cells), (sum(counts), *counts), "children")


def test_what_is_out_stays_shown_and_another_is_withheld_in_its_place():
    listing = a_row(3, 8, 30)
    key = {name: ("children", frozenset({("setting", name)})) for name in "abc"}
    free = decide_cells([listing], RULES[1])
    assert free[key["b"]].why == PROTECTS
    bound = decide_cells([listing], RULES[1], Before(out={key["b"]: 8}))
    assert bound[key["b"]].shown == 8
    assert PROTECTS in {bound[key["c"]].why, bound["children", frozenset()].why}
    assert found_out([listing], bound, RULES[1]).empty


def test_what_was_withheld_before_is_not_shown_now_nor_to_be_worked_out():
    listing = a_row(9, 8, 30)
    key = ("children", frozenset({("setting", "a")}))
    ruled = decide_cells([listing], RULES[1], Before(hold=frozenset({key})))
    assert ruled[key] == Ruling(None, EARLIER)
    assert sum(ruling.shown is None for ruling in ruled.values()) == 2


def test_where_all_the_rest_is_out_a_small_count_cannot_be_protected_and_that_is_said_without_a_count():
    listing = a_row(3, 8, 30)
    out = {key: count for key, count in listing.cells.items() if count >= 5}
    with pytest.raises(DecisionError, match="what is out already gives it away") as error:
        decide_cells([listing], RULES[1], Before(out=out))
    assert set(error.value.about) == set(listing.keys)
    assert "3" not in str(error.value)


# ---- speed ------------------------------------------------------------------------------------------------------


def months_by_settings(months: int, seed: int = 1) -> Listing:
    """A county's children by month and eleven settings, with each month's total."""
    mean = np.array([150, 70, 40, 30, 20, 10, 8, 5, 3, 2, 1.0])
    drawn = np.random.default_rng(seed).poisson(mean, (months, 11))
    cells = {}
    for month, row in enumerate(drawn.tolist()):
        day = ("day", f"{2011 + month // 12}-{month % 12 + 1:02}-28")
        cells["children", frozenset({day})] = sum(row)
        cells |= {("children", frozenset({day, ("setting", str(at))})): count for at, count in enumerate(row)}
    return Listing("children", tuple(cells), tuple(cells.values()), "children")


@pytest.mark.parametrize("base", [1, 5])
def test_a_table_of_eighty_four_months_by_eleven_settings_takes_seconds_and_not_minutes(base):
    listing = months_by_settings(84)
    started = time.process_time()
    ruled = decide_cells([listing], RULES[base])
    assert time.process_time() - started < 10
    assert found_out([listing], ruled, RULES[base]).empty
