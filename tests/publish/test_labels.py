"""One count has one name, however a table writes its days, its groups and its totals."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from cip_analysis.publish.declaring.labels import Declared, LabelError, Told, list_cells

STOCK = "children looked after"


def cells(table: pd.DataFrame, plain: list[str], counts: tuple[str, ...] = ("children",), **told: object) -> dict:
    """Every cell of a table -> its count."""
    listings = list_cells(table, Declared(counts, plain, Told(measure=STOCK, **told)), "table 1")  # type: ignore[typeddict-item]
    return {key: count for listing in listings for key, count in listing.cells.items()}


def named(**labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return STOCK, frozenset(labels.items())


def test_a_month_end_a_year_on_31_march_a_day_in_words_and_a_day_told_of_the_table_are_one_day():
    by_month = pd.DataFrame({"month": pd.to_datetime(["2018-03-31"]), "children": [9]})
    by_year = pd.DataFrame({"year": [2018], "children": [9]})
    across = pd.DataFrame({"group": ["all"], "31 March 2018": [9]})
    alone = pd.DataFrame({"children": [9]})
    one = {named(day="2018-03-31"): 9}
    assert cells(by_month, ["month"]) == one
    assert cells(by_year, ["year"], labels={"year": "on 31 March"}) == one
    assert cells(across, ["group"], ("31 March 2018",), across="on 31 March") == one
    assert cells(alone, [], labels={"day": date(2018, 3, 31)}) == one


def test_a_year_of_arrivals_is_no_day():
    table = pd.DataFrame({"year": [2018], "children": [9]})
    assert cells(table, ["year"]) == {named(year="2018"): 9}


@pytest.mark.parametrize("total", ["all", "All", "Total", "all settings", "everyone"])
def test_a_row_for_all_goes_by_fewer_labels(total):
    table = pd.DataFrame({"setting": ["kinship", total], "children": [4, 9]})
    assert cells(table, ["setting"]) == {named(setting="kinship"): 4, named(): 9}


def test_further_words_for_all_may_be_told():
    table = pd.DataFrame({"setting": ["the lot"], "children": [9]})
    assert cells(table, ["setting"], totals=["The lot"]) == {named(): 9}


def test_groups_of_several_kinds_in_one_column_are_labels_of_their_own_and_underscores_make_no_difference():
    mixed = pd.DataFrame({"group": ["Age band: 1 to 4", "Sex: female", "Sex: all"], "children": [4, 5, 9]})
    plain = pd.DataFrame({"age_band": ["1 to 4"], "children": [4]})
    assert cells(mixed, ["group"]) == {
        named(**{"age band": "1 to 4"}): 4, named(sex="female"): 5, named(): 9
    }  # fmt: skip
    assert cells(plain, ["age_band"]).items() <= cells(mixed, ["group"]).items()


def test_numbers_among_the_plain_columns_are_no_labels_unless_told():
    table = pd.DataFrame({"setting": ["kinship"], "published": [12], "children": [4]})
    assert cells(table, ["setting", "published"]) == {named(setting="kinship"): 4}
    assert cells(table, ["setting", "published"], labels=["published"]) == {named(published="12"): 4}


def test_a_label_may_be_told_for_every_row_but_a_column_that_is_not_there_is_refused():
    table = pd.DataFrame({"month": pd.to_datetime(["2018-03-31"]), "children": [4]})
    told = cells(table, ["month"], labels={"month": "month", "setting": "kinship"})
    assert told == {named(day="2018-03-31", setting="kinship"): 4}
    for labels in (["setting"], {"setting": "setting"}, {"year": "on 31 March"}):
        with pytest.raises(LabelError, match="the table has no such column"):
            cells(table, ["month"], labels=labels)


def test_an_unknown_count_is_no_cell():
    table = pd.DataFrame({"setting": ["a", "b"], "children": pd.array([4, None], dtype="Int64")})
    assert cells(table, ["setting"]) == {named(setting="a"): 4}


def test_a_table_that_gives_one_cell_two_counts_tells_its_rows_apart_and_shares_none_of_them():
    table = pd.DataFrame({"setting": ["a", "a"], "children": [4, 9]})
    (listing,) = list_cells(table, Declared(["children"], ["setting"], Told(measure=STOCK)), "table 1")
    assert listing.measure == STOCK
    assert not listing.shared
    assert sorted(listing.cells.values()) == [4, 9]
    assert {key[0] for key in listing.cells} == {"table 1: children"}


def test_of_two_columns_said_to_count_the_same_the_second_is_set_apart_where_it_does_not():
    table = pd.DataFrame({"setting": ["a"], "now": [4], "then": [9]})
    now, then = list_cells(table, Declared(["now", "then"], ["setting"], Told(measure=STOCK)), "table 1")
    assert now.shared
    assert not then.shared


def test_a_count_of_one_day_in_a_table_of_years_is_the_cell_of_that_day():
    rows = pd.DataFrame({"financial_year": [2017, 2018], "there": [40, 50], "before": [30, 40], "census": [50, 50]})
    measure = {
        "there": "children looked after on 31 March",
        "before": "children looked after on the 31 March before",
        "census": "children looked after on 2018-03-31",
    }
    told: Told = {"measure": measure, "labels": {"financial_year": "financial_year", "setting": "kinship"}}
    listings = list_cells(rows, Declared(list(measure), ["financial_year"], told), "table 1")
    days = [[dict(key[1])["day"] for key in listing.keys] for listing in listings]
    assert days == [["2017-03-31", "2018-03-31"], ["2016-03-31", "2017-03-31"], ["2018-03-31"] * 2]
    assert {key[0] for listing in listings for key in listing.keys} == {"children looked after"}
