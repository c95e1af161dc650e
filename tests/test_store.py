"""Results kept by content: the same in, the same out, and anything changed made again."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import ROOT
from demand.invented_model import a_model

from cip_analysis.demand.simulate import simulate
from cip_analysis.store import (
    SHOW_ONLY,
    StoreError,
    code_files,
    fingerprint,
    keep_projection,
    keep_table,
    write_projections,
)


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


def wait_for(path: Path) -> None:
    """Until a file is there, or a minute has gone."""
    until = time.monotonic() + 60
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert path.exists()


MAKING = """
import sys, time
from pathlib import Path
import pandas as pd
from cip_analysis.store import keep_table
folder = Path(sys.argv[1])
def make():
    with (folder / "made").open("a") as opened:
        opened.write("x")
    time.sleep(1)
    return pd.DataFrame({"children": [5]})
assert keep_table(folder / "kept", "one", make)["children"].tolist() == [5]
"""


def test_a_result_that_two_want_at_once_is_made_once(tmp_path):
    asking = [subprocess.Popen([sys.executable, "-c", MAKING, str(tmp_path)]) for _ in range(3)]
    assert [one.wait(60) for one in asking] == [0, 0, 0]
    assert (tmp_path / "made").read_text() == "x"
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["one.parquet"]


def test_a_maker_that_is_killed_or_fails_holds_nobody_up(tmp_path):
    killed = subprocess.Popen([sys.executable, "-c", MAKING.replace("sleep(1)", "sleep(60)"), str(tmp_path)])
    wait_for(tmp_path / "made")
    killed.kill()
    killed.wait(10)

    def fail() -> pd.DataFrame:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        keep_table(tmp_path / "kept", "one", fail)
    made = keep_table(tmp_path / "kept", "one", lambda: pd.DataFrame({"children": [7]}))
    assert made["children"].tolist() == [7]
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["one.parquet"]


def test_what_only_shows_or_commands_is_no_part_of_a_fingerprint_and_nothing_that_works_results_out_imports_it():
    names = {path.relative_to(ROOT / "cip_analysis").as_posix() for path in code_files()}
    assert {"store.py", "demand/simulate.py", "money/spend.py", "run.py"} <= names
    assert not [name for name in names if name.startswith("publish/")]
    showing = "|".join(name.removesuffix(".py") for name in SHOW_ONLY)
    asks = re.compile(rf"^\s*(?:from|import) cip_analysis(?:\.| import )(?:{showing})\b", re.MULTILINE)
    assert not [path.name for path in code_files() if asks.search(path.read_text(encoding="utf-8"))]
