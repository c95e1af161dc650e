"""Each record refuses a table that breaks its invariant, and says which and how many."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from demand.invented_model import a_model

from cip_analysis.contracts import RecordError, check_columns
from cip_analysis.demand.simulate import simulate
from cip_analysis.ledgers import Findings, Treatments
from cip_analysis.projections import ProjectionError
from cip_analysis.records import CASELOAD_COLUMNS, Caseload, Comparators, Released, Spend


def a_caseload(stocks: list[int], starts: list[int]) -> pd.DataFrame:
    months = pd.date_range("2018-01-31", periods=len(stocks), freq="ME")
    flows = dict.fromkeys(CASELOAD_COLUMNS, 0)
    return pd.DataFrame({**flows, "month": months, "age_band": "5 to 9", "setting": "kinship", "stock": stocks}).assign(
        starts=starts
    )


def test_stock_that_follows_from_its_flows_is_accepted():
    assert len(Caseload(a_caseload([10, 12], [0, 2]), "published").table) == 2


def test_stock_that_does_not_follow_from_its_flows_is_refused():
    with pytest.raises(RecordError, match="does not follow from its flows in 1 cells"):
        Caseload(a_caseload([10, 13], [0, 2]), "published")


def test_a_missing_column_a_wrong_kind_and_a_blank_are_all_named_at_once():
    table = pd.DataFrame({"a": ["x", "y"], "b": ["z", None]})
    with pytest.raises(RecordError, match=r"a is str, not whole; b is blank in 1 rows; no column c"):
        check_columns(table, {"a": "whole", "b": "text", "c": "date"}, "Trial")


def test_a_suppression_symbol_never_stands_beside_a_value():
    row = {
        "area": "A", "area_code": "E1", "level": "authority", "year": 2018, "measure": "stock", "publication": "p",
    }  # fmt: skip
    with pytest.raises(RecordError, match="both a value and a suppression symbol"):
        Comparators(pd.DataFrame([{**row, "value": 0.0, "symbol": "x"}]))


def test_a_severity_nobody_knows_is_refused():
    finding = {
        "rule": "141", "severity": "grave", "meaning": "m", "where": "f.csv", "rows": 1, "first_rows": "2",
        "children": 1, "child_days": 0.0, "next_step": "n",
    }  # fmt: skip
    with pytest.raises(RecordError, match=r"\['grave'\]"):
        Findings.of([finding])


def test_ledgers_join_in_order_and_empty_ones_leave_no_trace():
    line = {
        "rule": "first", "rows_seen": 1, "rows_changed": 0, "children": 0, "child_days_before": 1.0,
        "child_days_after": 1.0, "gbp": 0.0, "why": "w",
    }  # fmt: skip
    first, second = Treatments.of([line]), Treatments.of([{**line, "rule": "second"}])
    assert list(first.join(Treatments.of([])).join(second).table["rule"]) == ["first", "second"]
    assert len(Treatments.of([]).join(Treatments.of([])).table) == 0


def test_spend_counts_each_draw_year_and_setting_once():
    row = {"draw": 0, "financial_year": 2018, "setting": "kinship", "children": 1, "child_days": 7.0, "spend_gbp": 1.0}
    with pytest.raises(RecordError, match="1 rows repeat"):
        Spend(pd.DataFrame([row, row]), "nominal", "a worked example")


def test_a_withheld_cell_holds_no_value():
    table, withheld = pd.DataFrame({"n": [3.0]}), pd.DataFrame({"n": [True]})
    with pytest.raises(RecordError, match="1 withheld cells still hold a value"):
        Released(table, withheld, rule="under 5 withheld", source="a trial", as_at=date(2018, 3, 31))


def test_nothing_is_released_without_its_rule_and_source():
    table, withheld = pd.DataFrame({"n": [30.0]}), pd.DataFrame({"n": [False]})
    with pytest.raises(RecordError, match="without its disclosure rule and its source"):
        Released(table, withheld, rule="", source="", as_at=date(2018, 3, 31))


@pytest.mark.parametrize("draw", [0, 149])
def test_a_projection_whose_stock_or_ways_out_do_not_follow_from_its_flows_is_refused_in_whichever_draw(draw):
    played = simulate(a_model(draws=150, months=6))
    for name, message in (("stock", "follow from its flows in 1 months"), ("ways_out", "not the sum of the ways out")):
        broken = getattr(played, name).copy()
        broken[draw, 6, ..., 0] += 1 if name == "ways_out" else np.eye(1, broken.shape[2], dtype=broken.dtype)[0]
        with pytest.raises(ProjectionError, match=message):
            replace(played, **{name: broken})


def test_flows_held_in_eight_bits_are_added_up_without_running_over():
    played = simulate(a_model(draws=2, months=2, children=0, starts_a_year=0))
    busy = {name: getattr(played, name).copy() for name in ("starts", "ceases", "moves_in", "moves_out", "ways_out")}
    for values in busy.values():
        assert values.dtype == "int8"
        values[:, 1, 0] = 120
    assert replace(played, **busy).draws == 2
    busy["moves_out"][0, 1, 0] = 119
    with pytest.raises(ProjectionError, match="in 1 months and settings"):
        replace(played, **busy)
