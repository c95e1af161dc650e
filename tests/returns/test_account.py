"""The account of what was sent adds up, and puts the gravest first."""

from __future__ import annotations

from datetime import date

import pandas as pd

from cip_analysis.codes import TABLES
from cip_analysis.ledgers import Findings, Treatments
from cip_analysis.records import Returns
from cip_analysis.returns.account import (
    STITCHING,
    TABLE_WORDS,
    count_lines,
    findings_by_rule,
    repairs_in_words,
    repairs_made,
    share_of_days_changed,
    split_sums,
)
from cip_analysis.returns.repairs import REPAIRS


def a_finding(**changes: object) -> dict[str, object]:
    finding = {
        "rule": "141", "severity": "error", "meaning": "no start", "where": "a.csv", "rows": 3, "first_rows": "2, 3, 4",
        "children": 2, "child_days": 30.0, "next_step": "correct the return",
    }  # fmt: skip
    return {**finding, **changes}


def a_treatment(before: float, after: float) -> dict[str, object]:
    return {
        "rule": "r", "rows_seen": 9, "rows_changed": 1, "children": 1, "child_days_before": before,
        "child_days_after": after, "gbp": 0.0, "why": "w",
    }  # fmt: skip


def some_returns() -> Returns:
    episodes = pd.DataFrame({"CHILD": ["1", "1", "2"], "file": "e.csv", "row": [2, 3, 4], "year": [2017, 2018, 2018]})
    header = pd.DataFrame({"CHILD": ["1", "2"], "file": "h.csv", "row": [2, 3], "year": [2018, 2018]})
    nothing = Findings.of([]), Treatments.of([])
    return Returns({"header": header, "episodes": episodes}, date(2018, 3, 31), *nothing)


def test_lines_are_counted_by_year_and_table_and_add_up_to_what_was_sent():
    counted = count_lines(some_returns())
    assert counted.to_dict("list") == {"year": [2017, 2018], "children": [1, 2], "header": [0, 2], "episodes": [1, 2]}


def test_a_rule_broken_in_two_files_is_one_row_with_both():
    table = findings_by_rule(Findings.of([a_finding(), a_finding(where="b.csv", rows=4)]))
    assert table[["files", "rows", "children", "child_days"]].to_numpy().tolist() == [[2, 7, 4, 60.0]]


def test_the_gravest_come_first_and_then_the_widest():
    rows = [
        a_finding(rule="note", severity="note", rows=99),
        a_finding(rule="few", rows=1),
        a_finding(rule="many", rows=50),
        a_finding(rule="stop", severity="refusal", rows=1),
    ]
    assert list(findings_by_rule(Findings.of(rows))["rule"]) == ["stop", "many", "few", "note"]


def test_no_findings_make_an_empty_table():
    assert findings_by_rule(Findings.of([])).empty


def test_days_lost_and_days_gained_do_not_cancel():
    ledger = Treatments.of([a_treatment(1000, 990), a_treatment(990, 1010)])
    assert share_of_days_changed(ledger) == (10 + 20) / 1010


def test_telling_the_same_days_again_each_year_is_not_a_repair():
    stitched = a_treatment(5000, 1000) | {"rule": "an episode returned in several years becomes one"}
    assert share_of_days_changed(Treatments.of([stitched, a_treatment(1000, 1000)])) == 0.0


def test_the_lines_that_stitch_years_are_lines_the_repairs_write():
    assert {repair.rule for repair in REPAIRS} >= STITCHING


def test_a_ledger_that_saw_no_days_changed_none():
    assert share_of_days_changed(Treatments.of([])) == 0.0


def test_only_repairs_that_changed_a_row_are_shown_with_what_they_did():
    ledger = Treatments.of([a_treatment(1000, 990), a_treatment(990, 990) | {"rows_changed": 0}])
    assert repairs_made(ledger)["child_days_change"].tolist() == [-10]


def test_repairs_that_moved_no_day_are_not_given_a_share():
    assert repairs_in_words(Treatments.of([a_treatment(1000, 1000)])) != repairs_in_words(
        Treatments.of([a_treatment(1000, 990)])
    )
    assert "%" not in repairs_in_words(Treatments.of([a_treatment(1000, 1000)]))
    assert "1.01%" in repairs_in_words(Treatments.of([a_treatment(1000, 990)]))


def test_every_table_of_the_return_has_a_name_in_words():
    assert TABLE_WORDS.keys() == {"children", *TABLES}


def test_the_pounds_of_a_meaning_go_to_a_column_where_they_can_be_withheld():
    broken = findings_by_rule(Findings.of([a_finding(meaning="paid twice (£1,234.56)"), a_finding(rule="2")]))
    told = split_sums(broken).set_index("rule")
    assert told.loc["141", "meaning"] == "paid twice"
    assert told.loc["141", "effect_gbp"] == 1234.56
    credit = split_sums(findings_by_rule(Findings.of([a_finding(meaning="credited (-£5.00)")])))
    assert credit[["meaning", "effect_gbp"]].to_numpy().tolist() == [["credited", -5.0]]
    assert told.loc["2", ["meaning", "effect_gbp"]].isna().tolist() == [False, True]
    assert split_sums(findings_by_rule(Findings.of([]))).empty
