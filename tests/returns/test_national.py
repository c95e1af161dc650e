"""The table of national estimates: read as kept, and anything else refused with what to do."""

from __future__ import annotations

import pytest
from builders import ROOT

from cip_analysis.demand.national.estimates import ESTIMATE_COLUMNS
from cip_analysis.returns.reference.national import NationalFileError, read_national

KEPT = ROOT / "data" / "reference" / "national_estimates.csv"


def test_the_estimates_kept_cover_every_origin_and_horizon():
    kept = read_national(KEPT)
    assert list(kept) == list(ESTIMATE_COLUMNS)
    cells = kept[["origin", "horizon_years"]].drop_duplicates()
    assert sorted(map(tuple, cells.to_numpy().tolist())) == [
        (year, ahead) for year in range(2014, 2024) for ahead in range(5)
    ]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["a,b", "1,2"], "no column origin"),
        (["origin,horizon_years,term,value", "2014,1,growth,0.1", "2014,1,growth,0.2"], "1 rows .* first row 3"),
        (["origin,horizon_years,term,value", "2014,1,growth,x"], "first row 2"),
        (["origin,horizon_years,term,value", "2014.5,1,growth,0.1"], "first row 2"),
        (["origin,horizon_years,term,value", "2014,1,growth,inf"], "first row 2"),
    ],
)
def test_a_table_of_another_kind_or_with_a_wrong_row_is_refused(tmp_path, lines, reason):
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(NationalFileError, match=reason):
        read_national(wrong)


def test_a_file_that_is_not_there_or_not_text_is_refused_with_the_command_that_writes_it(tmp_path):
    with pytest.raises(NationalFileError, match=r"no such file.*cip backtest"):
        read_national(tmp_path / "absent.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(NationalFileError, match="not readable as UTF-8 CSV"):
        read_national(tmp_path / "binary.csv")
