"""Withheld pounds and weeks cannot be worked out from totals, from other pages, or from shares printed beside them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from cip_analysis.publish.protection.cells import Key
from cip_analysis.publish.protection.values import (
    Amounts,
    ValuesError,
    decide_values,
    protect_values,
    ranges_of,
)

ONE_TOTAL = sparse.csr_array([[1.0, -1.0, -1.0, -1.0]])


def spend(year: int, **settings: float) -> dict[Key, float]:
    """£ of one year by setting, `all` being the total."""
    return {
        ("spend", frozenset({("year", str(year)), *([("setting", name)] if name != "all" else [])})): gbp
        for name, gbp in settings.items()
    }


def a_column(cells: dict[Key, float], hidden: set[str] = frozenset(), known: dict[Key, float] | None = None) -> Amounts:
    flags = tuple(any(value in hidden for _name, value in key[1]) for key in cells)
    return Amounts("spend_gbp", tuple(cells), tuple(cells.values()), flags, known or {})


def withheld_of(ruled, year: int = 2018) -> set[str]:
    """The settings withheld of one year, `all` for its total."""
    mine = [key for key, ruling in ruled.items() if ruling.shown is None and ("year", str(year)) in key[1]]
    return {dict(key[1]).get("setting", "all") for key in mine}


def some_money(seed: int) -> tuple[np.ndarray, np.ndarray, sparse.csr_array]:
    """A table of pounds by two labels with every total: its values, which parts are withheld, and its sums."""
    chance = np.random.default_rng(seed)
    rows, columns = chance.integers(2, 6), chance.integers(2, 5)
    inner = np.round(chance.lognormal(11, 1.6, (rows, columns)) * (chance.random((rows, columns)) > 0.15), 2)
    places = {cell: number for number, cell in enumerate(product([*range(rows), None], [*range(columns), None]))}
    values = [
        inner[slice(None) if row is None else row, slice(None) if column is None else column].sum()
        for row, column in places
    ]
    signs = np.zeros((rows + columns + 2, len(places)))
    for line, row in enumerate([*range(rows), None]):
        signs[line, [places[row, column] for column in range(columns)]] = -1
        signs[line, places[row, None]] = 1
    for line, column in enumerate([*range(columns), None], rows + 1):
        signs[line, [places[row, column] for row in range(rows)]] = -1
        signs[line, places[None, column]] = 1
    part = np.array([None not in cell for cell in places])
    withheld = part & (np.array(values) > 0) & (chance.random(len(places)) < 0.25)
    return np.array(values), withheld, sparse.csr_array(signs)


def found_out(values: np.ndarray, withheld: np.ndarray, aims: np.ndarray, sums: sparse.csr_array) -> int:
    """How many of the aims an intruder pins down to within half: in pounds themselves, by another programme."""
    scale = values.max()
    bounds = [(0, None) if hidden else (value / scale,) * 2 for value, hidden in zip(values, withheld, strict=True)]
    known = 0
    for place in np.flatnonzero(aims):
        aim = np.eye(len(values))[place]
        ends = [
            linprog(sign * aim, A_eq=sums, b_eq=np.asarray(sums @ values) / scale, bounds=bounds, method="highs-ds")
            for sign in (1, -1)
        ]
        low, high = (0.0 if end.status == 2 else np.inf if end.status == 3 else sign * end.fun * scale
                     for end, sign in zip(ends, (1, -1), strict=True))  # fmt: skip
        known += low > 0.501 * values[place] or high < 1.499 * values[place]
    return known


def test_by_hand_one_sum_withheld_of_a_total_takes_the_smallest_other_that_hides_it():
    # 100 = 10 + 30 + 60 with 10 withheld: the total less 90 is 10. With 30 withheld too, the two make 40: 0 to 40.
    values = np.array([100.0, 10, 30, 60])
    withheld = np.array([False, True, False, False])
    more = protect_values(values, withheld, ONE_TOTAL)
    assert more.tolist() == [False, False, True, False]
    assert ranges_of(values, withheld | more, ONE_TOTAL).tolist() == [[0, 40], [0, 40]]


def test_by_hand_a_companion_too_small_to_hide_a_sum_is_no_protection():
    # 10 withheld beside 2 may be no more than 12: within half of it. 20 leaves room up to 30.
    values = np.array([132.0, 10, 2, 20])
    sums = sparse.csr_array([[1.0, -1.0, -1.0, -1.0, -1.0]])
    more = protect_values(np.append(values, 100.0), np.array([False, True, False, False, False]), sums)
    assert more.tolist() == [False, False, False, True, False]


def test_nothing_more_is_withheld_where_a_total_is_shown_with_some_of_its_parts_only():
    # the rest of the total, which no page prints, may be anything: 10 withheld is 0 to 70
    values = np.array([100.0, 10, 30, 0])
    more = protect_values(values, np.array([False, True, False, False]), ONE_TOTAL)
    assert not more.any()


def test_a_value_that_must_be_shown_and_gives_another_away_is_refused():
    values = np.array([10.0, 10, 0, 0])
    with pytest.raises(ValuesError, match="Leave its total out"):
        protect_values(values, np.array([False, True, False, False]), ONE_TOTAL, np.array([True, False, True, True]))


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_in_random_tables_of_money_nothing_withheld_is_known_to_within_half(first):
    before = after = more_of = 0
    for seed in range(first, first + 50):
        values, withheld, sums = some_money(seed)
        more = protect_values(values, withheld, sums)
        before += found_out(values, withheld, withheld, sums)
        after += found_out(values, withheld | more, withheld, sums)
        more_of += int(more.sum())
    assert before > 20  # without further withholding many are
    assert after == 0
    assert more_of > 0


def test_a_total_on_one_page_and_its_parts_on_another_are_one_table():
    parts = a_column(spend(2018, foster=10.0, homes=30.0, kinship=60.0), {"foster"})
    whole = a_column(spend(2018, all=100.0))
    assert withheld_of(decide_values([parts])) == {"foster"}
    assert withheld_of(decide_values([parts, whole])) == {"foster", "homes"}
    assert withheld_of(decide_values([whole, parts])) == {"foster", "homes"}


def test_what_one_page_withholds_every_page_withholds():
    shy = a_column(spend(2018, foster=10.0, homes=30.0), {"foster"})
    bold = a_column(spend(2018, foster=10.0, homes=30.0))
    assert withheld_of(decide_values([bold, shy])) == {"foster"}


def test_shares_give_the_total_away_though_no_page_prints_it():
    cells = spend(2018, foster=10.0, homes=30.0, kinship=60.0)
    known = spend(2018, all=100.0)
    assert withheld_of(decide_values([a_column(cells, {"foster"}, known)])) == {"foster", "homes"}


def test_a_sum_too_small_to_tell_from_what_no_part_accounts_for_is_hidden_by_it():
    paid = {"foster": 15_835_554.75, "homes": 6_857_913.14, "secure": 225_742.42, "centre": 2_389.65}
    known = spend(2018, all=sum(paid.values()) + 69_635.44)  # what no setting accounts for: under half a hundredth
    every = a_column(spend(2018, **paid), {"secure", "centre"}, known)
    fewer = a_column(spend(2018, **{name: paid[name] for name in ("foster", "homes", "secure")}), {"secure"})
    assert withheld_of(decide_values([every, fewer])) == {"secure", "centre", "homes"}


def test_the_same_sum_rounded_is_one_cell_and_another_sum_is_not():
    exact = a_column(spend(2018, foster=10.001, homes=30.0), {"foster"})
    rounded = a_column(spend(2018, foster=10.0, homes=30.0))
    other = a_column(spend(2018, foster=25.0, homes=30.0))
    assert withheld_of(decide_values([rounded, exact])) == {"foster"}
    told = decide_values([exact, other])
    assert {key[0] for key in told} == {"spend", "spend_gbp, column 1 of the pack"}


def test_years_are_not_added_unless_a_table_prints_their_sum():
    one, other = spend(2017, foster=5.0, homes=9.0), spend(2018, foster=10.0, homes=30.0)
    assert withheld_of(decide_values([a_column({**one, **other}, {"foster"})])) == {"foster"}
