"""The record of every authority: read as kept, agreeing with itself, and anything else refused with what to do."""

from __future__ import annotations

import numpy as np
import pytest
from builders import ROOT

from cip_analysis.returns.reference.national import (
    EVERY_ORIGIN,
    EVERY_SIZE,
    LATEST,
    RECORD_COLUMNS,
    NationalFileError,
    read_record,
)

KEPT = ROOT / "data" / "reference" / "national_scorecard.csv"
HEAD = ",".join(RECORD_COLUMNS)
ROW = "every origin,every size,2014,2022,151,no change,stock,12,100,28.8,0.06,0.044,0.81,0.95"


def test_the_record_kept_tells_every_method_by_origins_and_by_size():
    kept = read_record(KEPT)
    assert list(kept) == list(RECORD_COLUMNS)
    assert set(kept["horizon_months"]) == {12, 24, 36, 48}
    assert len(set(kept["size"])) == 4
    assert {EVERY_ORIGIN, LATEST} < set(kept["origins"])
    groups = kept.groupby(["origins", "size", "measure"])["method"].nunique()
    assert groups.nunique() == 1


@pytest.mark.parametrize("group", ["origins", "size"])
def test_the_groups_kept_add_up_to_the_whole(group):
    kept = read_record(KEPT).query("origins != @LATEST")
    keys = ["measure", "method", "horizon_months"]
    whole = kept[(kept["origins"] == EVERY_ORIGIN) & (kept["size"] == EVERY_SIZE)].set_index(keys)
    parts = kept[kept[group] != (EVERY_ORIGIN if group == "origins" else EVERY_SIZE)]
    n = parts.groupby(keys)["n"].sum()
    assert (n == whole["n"].reindex(n.index)).all()
    for score in ("mae", "mape", "crps", "coverage_80", "coverage_95"):
        weighed = (parts[score] * parts["n"]).groupby([parts[key] for key in keys]).sum() / n
        assert np.allclose(weighed, whole[score].reindex(n.index), rtol=1e-4)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["a,b", "1,2"], "no column origins"),
        ([HEAD, ROW, ROW], "1 rows .* first row 3"),
        ([HEAD, ROW.replace("28.8", "many")], "first row 2"),
        ([HEAD, ROW.replace("0.81", "1.81")], "first row 2"),
        ([HEAD, ROW.replace(",100,", ",0,")], "first row 2"),
        ([HEAD, ROW.replace("28.8", "-28.8")], "first row 2"),
        ([HEAD, ROW.replace("no change", "")], "first row 2"),
    ],
)
def test_a_record_of_another_kind_or_with_a_wrong_row_is_refused(tmp_path, lines, reason):
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(NationalFileError, match=reason):
        read_record(wrong)


def test_a_record_that_is_not_there_is_refused_with_the_command_that_writes_it(tmp_path):
    with pytest.raises(NationalFileError, match=r"no such file.*cip backtest"):
        read_record(tmp_path / "absent.csv")
