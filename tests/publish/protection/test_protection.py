"""Small counts that cannot be worked out: sums across tables, rounding that adds, what to withhold, and an audit."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cip_analysis.publish.protection.audit import AuditError, Shown, give_away, recover
from cip_analysis.publish.protection.cells import ALL, Cells, CellsError, Crossing, Listing, link
from cip_analysis.publish.protection.rounding import round_to_add
from cip_analysis.publish.protection.suppression import Rule, SuppressionError, protect

THRESHOLD = 5


def a_crossing(inner: np.ndarray, by: tuple[str, str] = ("setting", "year"), what: str = "children") -> Crossing:
    """A table of two labels with every total, from its inner counts."""
    rows, columns = ([*map(str, range(size)), ALL] for size in inner.shape)
    whole = np.block([[inner, inner.sum(axis=1, keepdims=True)], [inner.sum(axis=0, keepdims=True), inner.sum()]])
    table = pd.DataFrame([(*pair, count) for pair, count in zip(product(rows, columns), whole.ravel(), strict=True)])
    return Crossing(table.set_axis([*by, "children"], axis=1), by, "children", what)


def some_counts(seed: int, shape: tuple[int, int]) -> np.ndarray:
    chance = np.random.default_rng(seed)
    return chance.poisson(chance.gamma(0.5, 14.0, shape))


def what_fits(cells: Cells, seen: Shown, most: int) -> np.ndarray:
    """Every whole-number table up to `most` that fits what is shown, counted out one by one: the plain intruder."""
    low, high = seen.limits()
    ranges = [range(int(first), int(min(last, most)) + 1) for first, last in zip(low, high, strict=True)]
    tables = np.array(list(product(*ranges)))
    return tables[(tables @ cells.sums.toarray().T == 0).all(axis=1)]


# ---- identities -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", [1, 5])
@pytest.mark.parametrize("first", range(0, 100, 10))
def test_of_random_tables_not_one_small_count_can_be_recovered(base, first):
    for seed in range(first, first + 10):
        cells = link([a_crossing(some_counts(seed, (4, 3)))])
        shown = round_to_add(cells, base)
        made = protect(cells, shown, Rule(THRESHOLD, base))
        assert give_away(cells, Shown(shown, made.withheld, THRESHOLD, base), made.small).empty
        assert not (made.more & (cells.counts == 0)).any()


@given(st.integers(0, 10_000), st.sampled_from([3, 5, 10]))
@settings(max_examples=25, deadline=None)
def test_rounded_counts_are_multiples_that_still_add_and_noughts_stay(seed, base):
    cells = link([a_crossing(some_counts(seed, (3, 4)))])
    rounded = round_to_add(cells, base)
    assert (rounded % base == 0).all()
    assert (cells.sums @ rounded == 0).all()
    assert (rounded[cells.counts == 0] == 0).all()
    assert (abs(rounded - cells.counts) < 2 * base).all()


def test_rounding_to_ones_changes_nothing():
    cells = link([a_crossing(some_counts(3, (3, 3)))])
    assert (round_to_add(cells, 1) == cells.counts).all()


# ---- worked examples ------------------------------------------------------------------------------------------


def test_one_small_count_beside_its_total_is_worked_out_by_subtraction_and_then_no_more():
    cells = link([a_crossing(np.array([[3, 20], [30, 40]]))])
    small = (cells.counts > 0) & (cells.counts < THRESHOLD)
    alone = recover(cells, Shown(cells.counts, small, THRESHOLD, 1), small)
    assert alone[["low", "high"]].to_numpy().tolist() == [[3.0, 3.0]]
    made = protect(cells, cells.counts, Rule(THRESHOLD, 1))
    assert made.more.sum() == 3  # the corner's rectangle: one more in its row, in its column, and where they meet
    ranges = recover(cells, Shown(cells.counts, made.withheld, THRESHOLD, 1), made.small)
    assert ranges["low"].iloc[0] <= 1
    assert ranges["high"].iloc[0] >= THRESHOLD - 1


def test_two_tables_that_share_a_total_are_one_system():
    by_setting = a_crossing(np.array([[3, 20], [30, 40]]))
    by_age = a_crossing(np.array([[13, 30], [20, 30]]), by=("age", "year"))
    cells = link([by_setting, by_age])
    assert len(cells.keys) == 9 + 9 - 3  # the totals of the two years and of both are in each
    assert cells.counts[cells.place("children", year=0)] == 33
    assert cells.counts[cells.place("children")] == 93


def test_a_total_of_three_small_counts_is_known_to_be_three_or_more_and_that_is_no_fault():
    cells = link([a_crossing(np.array([[1, 1, 1], [20, 20, 20]]))])
    made = protect(cells, cells.counts, Rule(THRESHOLD, 1))
    seen = Shown(cells.counts, made.withheld, THRESHOLD, 1)
    total = recover(cells, seen, made.small).set_index("cell").loc[cells.place("children", setting=0)]
    assert total["low"] == 3
    assert np.isnan(total["high"]) or total["high"] >= 5
    assert give_away(cells, seen, made.small).empty


# ---- an outside view ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", [1, 2])
def test_the_audit_finds_what_counting_out_every_table_finds(base):
    cells = link([a_crossing(np.array([[2, 6], [5, 3]]))])
    shown = round_to_add(cells, base)
    small = (cells.counts > 0) & (cells.counts < THRESHOLD)
    withheld = small | (np.arange(len(small)) == cells.place("children", setting=0))
    seen = Shown(shown, withheld, THRESHOLD, base)
    tables = what_fits(cells, seen, 16)
    found = recover(cells, seen, small).set_index("cell")
    for place in np.flatnonzero(small):
        assert found.loc[place, "low"] == tables[:, place].min()
        assert found.loc[place, "high"] == tables[:, place].max()


# ---- refusals -------------------------------------------------------------------------------------------------


def test_what_a_released_pack_already_shows_cannot_be_withheld_again_and_is_refused():
    cells = link([a_crossing(np.array([[3, 20], [30, 40]]))])
    out_already = cells.counts >= THRESHOLD
    with pytest.raises(SuppressionError, match="already gives it away"):
        protect(cells, cells.counts, Rule(THRESHOLD, 1), out_already)
    with pytest.raises(SuppressionError, match="1 small counts are out already"):
        protect(cells, cells.counts, Rule(THRESHOLD, 1), np.ones(len(cells.counts), dtype=bool))


def a_listing(what: str, cells: dict[frozenset[tuple[str, str]], int]) -> Listing:
    return Listing("children", tuple((what, labels) for labels in cells), tuple(cells.values()))


def test_parts_that_come_to_more_than_their_total_bind_nothing_and_to_less_leave_a_rest_nobody_prints():
    parts = {frozenset({("setting", "a")}): 7, frozenset({("setting", "b")}): 8}
    less = link([a_listing("children", {frozenset(): 18, **parts})])
    assert less.counts.tolist() == [18, 7, 8, 3]
    assert less.printed.tolist() == [True, True, True, False]
    more = link([a_listing("children", {frozenset(): 14, **parts})])
    assert more.sums.shape[0] == 0


def test_the_rest_of_a_total_is_what_no_table_lists():
    first = a_listing("children", {frozenset(): 20, frozenset({("setting", "a")}): 7})
    second = a_listing("children", {frozenset({("setting", "b")}): 10})
    assert link([first, second]).counts.tolist() == [20, 7, 10, 3]


def test_tables_that_disagree_are_refused():
    good = a_crossing(np.array([[3, 20], [30, 40]]))
    other = a_crossing(np.array([[4, 20], [30, 40]]))
    with pytest.raises(CellsError, match="two counts in two tables"):
        link([good, other])


def test_what_is_shown_must_not_contradict_itself():
    cells = link([a_crossing(np.array([[10, 20], [30, 40]]))])
    shown = cells.counts + 50 * (np.arange(len(cells.counts)) == 0)
    with pytest.raises(AuditError, match="No counts agree"):
        recover(cells, Shown(shown, cells.counts == 20, THRESHOLD, 1), cells.counts == 20)
