"""An intruder with the finished files: what is not protected is found, and what is protected is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from publish.finished.packs import ABOUT, ALL, EXACT, EXACTLY, PUBLIC, a_county, as_shown, write_pack

from cip_analysis.publish.disclosure import release
from cip_analysis.publish.finished.checking import Audit, AuditError, audit_pack
from cip_analysis.publish.finished.secrets import Secrets
from cip_analysis.publish.protection.earlier import write_list
from cip_analysis.publish.protection.rulings import Ruling
from cip_analysis.records import Released
from cip_analysis.settings import Disclosure

NOBODY = Secrets({}, frozenset())
COUNTED = {"counts": ["children"], "plain": ["year", "setting"]}


def audited(folder, pages: dict[str, list[Released]], rule: Disclosure = PUBLIC) -> Audit:
    return audit_pack(folder, write_pack(folder, pages), rule, NOBODY)


def small_alone(county: pd.DataFrame) -> Released:
    """A county table with its small counts withheld, and nothing else."""
    hidden = [(row, "children") for row in county.index[county["children"].between(1, 4)]]
    return as_shown(county, hidden)


# ---- what is not protected is found ----------------------------------------------------------------------------


def test_a_small_count_beside_its_total_is_taken_from_it(tmp_path):
    stock = pd.DataFrame({"setting": ["foster", "kinship", "secure", ALL], "children": [120, 40, 3, 163]})
    with pytest.raises(AuditError, match="column children, row 3, can be worked out from totals") as failure:
        audited(tmp_path / "p", {"01_first": [as_shown(stock, [(2, "children")])]}, EXACT)
    assert "3," not in str(failure.value).replace("row 3,", "")


def test_of_a_hundred_tables_with_small_counts_alone_withheld_the_audit_fails_nearly_all(tmp_path):
    caught = 0
    for seed in range(100):
        try:
            audited(tmp_path / str(seed), {"01_first": [small_alone(a_county(seed))]}, EXACT)
        except AuditError:
            caught += 1
    assert caught > 80


@pytest.mark.parametrize("base", [1, 5])
def test_one_cell_shown_again_in_a_protected_table_fails_the_pack(tmp_path, base):
    about = ABOUT if base == 5 else EXACTLY
    county = a_county(4)
    released = release(county, about, **COUNTED)
    assert audited(tmp_path / "whole", {"01_first": [released]}, about.rule).withheld > 1
    again = released.withheld.assign(children=False)
    exact = Released(county, again, released.rule, released.source, released.as_at)
    with pytest.raises(AuditError):
        audited(tmp_path / "again", {"01_first": [released], "02_second": [exact]}, about.rule)


def test_a_total_printed_on_another_page_gives_away_its_one_withheld_part(tmp_path):
    county = a_county(2, rows=4)
    parts = county[county["setting"] != ALL].reset_index(drop=True)
    totals = county[county["setting"] == ALL].drop(columns="setting").reset_index(drop=True)
    row = int(parts["children"].between(1, 4).idxmax())
    pages = {"01_first": [as_shown(parts, [(row, "children")])], "02_second": [as_shown(totals)]}
    with pytest.raises(AuditError, match=f"01_first, column children, row {row + 1}, can be worked out"):
        audited(tmp_path / "p", pages, EXACT)


def test_the_same_count_withheld_on_one_page_and_shown_on_another_is_found(tmp_path):
    county = a_county(3)
    county = county[county["setting"] != ALL].reset_index(drop=True)
    row = int(county["children"].between(1, 4).idxmax())
    pages = {"01_first": [as_shown(county, [(row, "children")])], "02_second": [as_shown(county)]}
    with pytest.raises(AuditError, match=f"01_first, column children, row {row + 1}, can be worked out"):
        audited(tmp_path / "p", pages, EXACT)


def test_columns_that_add_up_give_away_the_one_that_is_withheld(tmp_path):
    stock = pd.DataFrame(
        {"year": [2016, 2017, 2018], "girls": [60, 71, 2], "boys": [75, 62, 90], "children": [135, 133, 92]}
    )
    with pytest.raises(AuditError, match="column girls, row 3"):
        audited(tmp_path / "p", {"01_first": [as_shown(stock, [(2, "girls")])]}, EXACT)


def test_pounds_that_add_up_give_away_what_a_few_children_cost(tmp_path):
    spend = pd.DataFrame(
        {"setting": ["foster", "kinship", "secure", ALL], "spend_gbp": [2_400_321, 510_200, 88_417, 2_998_938]}
    )
    with pytest.raises(AuditError, match="column spend_gbp, row 3"):
        audited(tmp_path / "p", {"01_first": [as_shown(spend, [(2, "spend_gbp")])]})
    two = as_shown(spend, [(1, "spend_gbp"), (2, "spend_gbp")])
    assert audited(tmp_path / "q", {"01_first": [two]}).withheld == 2


def test_a_share_of_a_shown_total_gives_away_the_count_it_is_a_share_of(tmp_path):
    counts = np.array([120, 64, 33, 3, 20])
    stock = pd.DataFrame({"setting": list("abcde"), "children": counts, "share_of_children": counts / counts.sum()})
    with pytest.raises(AuditError, match="column children, row 4, can be worked out from a share"):
        audited(tmp_path / "p", {"01_first": [as_shown(stock, [(3, "children")])]}, EXACT)
    both = as_shown(stock, [(3, "children"), (3, "share_of_children"), (4, "children"), (4, "share_of_children")])
    assert audited(tmp_path / "q", {"01_first": [both]}, EXACT).withheld == 4


def test_a_unit_cost_and_its_weeks_give_away_the_pounds(tmp_path):
    weeks, price = np.array([510.0, 233.0, 871.0, 41.0]), np.array([812.0, 3105.0, 455.0, 5120.0])
    spend = pd.DataFrame(
        {"setting": list("abcd"), "spend_gbp": weeks * price, "child_weeks": weeks, "weekly_cost_gbp": price}
    )
    with pytest.raises(AuditError, match="column spend_gbp, row 4, can be worked out from a share, rate or unit cost"):
        audited(tmp_path / "p", {"01_first": [as_shown(spend, [(3, "spend_gbp")])]})


def test_a_rate_and_a_population_on_another_page_give_away_the_count(tmp_path):
    people, counts = np.array([61_230, 44_870, 90_410, 30_120, 52_000]), np.array([310, 190, 402, 2, 241])
    rates = pd.DataFrame({"area": list("abcde"), "children": counts, "rate_per_10k": counts / people * 10_000})
    towns = pd.DataFrame({"area": list("abcde"), "population_aged_under_18": people.astype(float)})
    pages = {"01_first": [as_shown(rates, [(3, "children")])], "02_second": [as_shown(towns)]}
    with pytest.raises(AuditError, match="column children, row 4, can be worked out from a share, rate"):
        audited(tmp_path / "p", pages, EXACT)


def test_a_count_twice_another_gives_it_away_and_two_that_grow_alike_do_not(tmp_path):
    places = pd.DataFrame({"area": list("abcde"), "homes": [40, 62, 18, 25, 3], "places": [80, 124, 36, 50, 6]})
    with pytest.raises(AuditError, match="column homes, row 5, can be worked out from a share, rate or unit cost"):
        audited(tmp_path / "p", {"01_first": [as_shown(places, [(4, "homes")])]}, EXACT)
    alike = pd.DataFrame(
        {
            "area": list("abcdefgh"),
            "children": [10, 5, 2, 5, 10, 15, 20, 2],
            "children_ever": [60, 55, 45, 50, 70, 120, 155, 40],
        }
    )
    let_out = as_shown(alike, [(2, "children"), (7, "children")])
    assert audited(tmp_path / "q", {"01_first": [let_out]}).withheld == 2


def test_two_differences_withheld_of_one_sum_may_be_anything_where_some_are_below_nought(tmp_path):
    saved = {"claim": ["early help", "conferences", "step-down", "own home", ALL], "saving": [-0.5, 2.0, 3.0, 1.5, 6.0]}
    two = as_shown(pd.DataFrame(saved), [(2, "saving"), (3, "saving")])
    assert audited(tmp_path / "p", {"01_first": [two]}).withheld == 2
    with pytest.raises(AuditError, match="column saving, row 3, can be worked out from totals"):
        audited(tmp_path / "q", {"01_first": [as_shown(pd.DataFrame(saved), [(2, "saving")])]})


def test_the_list_of_a_packs_counts_ties_totals_to_parts_that_no_page_prints_together(tmp_path):
    stock = pd.DataFrame({"setting": ["foster", "kinship", "secure"], "children": [120, 40, 3]})
    folder, shown = tmp_path / "p", as_shown(stock, [(2, "children")])
    exhibits = write_pack(folder, {"01_first": [shown]})
    assert audit_pack(folder, exhibits, EXACT, NOBODY).withheld == 1
    at = "children looked after", ("day", "2018-03-31")
    parts = {(at[0], frozenset({at[1], ("setting", name)})): count for name, count in
             (("foster", 120), ("kinship", 40), ("secure", None))}  # fmt: skip
    cells = {key: Ruling(count) for key, count in (parts | {(at[0], frozenset({at[1]})): 163}).items()}
    write_list(cells, 1, folder / "data" / "cells.csv")
    with pytest.raises(AuditError, match=r"cells.csv, children looked after .*setting secure.*, can be worked out"):
        audit_pack(folder, exhibits, EXACT, NOBODY)
    write_list(
        cells | {(at[0], frozenset({at[1], ("setting", "kinship")})): Ruling(None)}, 1, folder / "data/cells.csv"
    )
    assert audit_pack(folder, exhibits, EXACT, NOBODY).tried == 3


# ---- what is protected is not ----------------------------------------------------------------------------------


@pytest.mark.parametrize("base", [1, 5])
@pytest.mark.parametrize("first", range(0, 100, 20))
def test_of_random_tables_rendered_and_audited_not_one_cell_is_recovered(tmp_path, base, first):
    about = ABOUT if base == 5 else EXACTLY
    for seed in range(first, first + 20):
        released = release(a_county(seed, rows=4, years=3), about, **COUNTED)
        found = audited(tmp_path / str(seed), {"01_first": [released]}, about.rule)
        assert found.withheld == released.withheld_count


def test_a_table_with_nothing_withheld_is_looked_at_and_let_pass(tmp_path):
    stock = pd.DataFrame({"setting": ["foster", "kinship", ALL], "children": [120, 40, 160]})
    found = audited(tmp_path / "p", {"01_first": [as_shown(stock)]}, EXACT)
    assert (found.withheld, found.tried, found.sums) == (0, 0, 1)
    assert found.cells == 2 * stock.size


def test_a_rest_that_no_table_prints_protects_what_is_withheld(tmp_path):
    counts = {2015: (90, 31, 170), 2016: (84, 40, 155), 2017: (99, 28, 180), 2018: (95, 3, 140)}
    rows = [(year, *pair) for year, one in counts.items() for pair in zip(["foster", "kinship", ALL], one, strict=True)]
    shown = pd.DataFrame(rows, columns=["year", "setting", "children"])
    assert audited(tmp_path / "p", {"01_first": [as_shown(shown, [(10, "children")])]}, EXACT).withheld == 1


def test_a_row_of_all_beside_some_of_its_parts_alone_does_not_pass_for_their_sum(tmp_path):
    stock = pd.DataFrame({"setting": ["foster", "kinship", ALL], "children": [250, 3, 500]})
    assert audited(tmp_path / "p", {"01_first": [as_shown(stock, [(1, "children")])]}, EXACT).withheld == 1
