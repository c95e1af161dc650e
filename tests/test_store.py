"""Results kept by content: the same in, the same out, and anything changed made again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from demand.invented_model import a_model

from cip_analysis.demand.simulate import simulate
from cip_analysis.store import StoreError, fingerprint, keep_projection, keep_table, write_projections


def test_a_fingerprint_changes_with_any_value_and_with_nothing_else(tmp_path):
    table = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    assert fingerprint(table, 1, "x") == fingerprint(table.copy(), 1, "x")
    assert fingerprint(table) != fingerprint(table.assign(a=[1, 3]))
    assert fingerprint(table) != fingerprint(table.rename(columns={"a": "c"}))
    assert fingerprint("ab", "c") != fingerprint("a", "bc")
    assert fingerprint(np.arange(3)) != fingerprint(np.arange(3.0))
    assert fingerprint(date(2018, 3, 31)) != fingerprint(date(2018, 4, 1))
    path = tmp_path / "x.txt"
    path.write_text("one")
    before = fingerprint(path)
    path.write_text("two")
    assert fingerprint(path) != before
    with pytest.raises(StoreError, match="no fingerprint"):
        fingerprint(object())


def test_a_kept_projection_comes_back_whole_and_is_made_once(tmp_path):
    made = []

    def make():
        made.append(1)
        return replace(simulate(a_model(draws=5, months=7)), notes=("a note",))

    first, second = keep_projection(tmp_path, "one", make), keep_projection(tmp_path, "one", make)
    assert len(made) == 1
    assert (first.stock == second.stock).all()
    assert (first.child_days == second.child_days).all()
    assert (first.months, first.notes, first.method) == (second.months, second.notes, second.method)


def test_half_a_file_is_made_again_rather_than_read(tmp_path):
    (tmp_path / "one.npz").write_bytes(b"PK\x03\x04 not whole")
    (tmp_path / "two.parquet").write_bytes(b"PAR1")
    assert keep_projection(tmp_path, "one", lambda: simulate(a_model(draws=2, months=3))).draws == 2
    assert len(keep_table(tmp_path, "two", lambda: pd.DataFrame({"a": [1]}))) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.npz", "two.parquet"]


def test_a_folder_that_cannot_be_written_to_costs_only_the_wait(tmp_path):
    stopped = tmp_path / "file"
    stopped.write_text("not a folder")
    assert len(keep_table(stopped / "inside", "t", lambda: pd.DataFrame({"a": [1]}))) == 1


def test_every_draw_is_written_and_adds_up_to_the_projection(tmp_path):
    one = simulate(a_model(draws=9, months=5))
    two = replace(one, scenario="other")
    write_projections(tmp_path / "projection.parquet", [one, two])
    rows = pd.read_parquet(tmp_path / "projection.parquet")
    assert list(rows) == ["scenario", "draw", "month", "age_band", "setting", "children"]
    assert rows["children"].dtype == "int16"
    of_one = rows[rows["scenario"] == "other"]
    total = of_one.pivot_table(index="draw", columns="month", values="children", aggfunc="sum", fill_value=0)
    assert (total.to_numpy() == one.total).all()


def test_scenarios_counted_in_wider_numbers_than_the_baseline_are_written_beside_it(tmp_path):
    one = simulate(a_model(draws=3, months=4))
    many = replace(one, scenario="many", stock=one.stock.astype("int32"))
    for order in ([one, many], [many, one]):
        write_projections(tmp_path / "projection.parquet", order)
        rows = pd.read_parquet(tmp_path / "projection.parquet")
        assert rows["children"].dtype == "int32"
        assert (rows.groupby("scenario", observed=True)["children"].sum() == one.total.sum()).all()
