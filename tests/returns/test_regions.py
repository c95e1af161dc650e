"""The region's small tables are read as they are, and anything else is refused by row."""

from __future__ import annotations

import pytest
from builders import ROOT

from cip_analysis.returns.reference.regions import RegionFileError, read_homes, read_lessons, read_region_record

REFERENCE = ROOT / "data" / "reference"


def written(folder, text):
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_tables_kept_are_read():
    assert set(read_lessons(REFERENCE / "east_midlands_lessons.csv")["origin"]) == set(range(2014, 2024))
    assert set(read_region_record(REFERENCE / "region_scorecard.csv")["level"]) == {"region", "council"}
    homes = read_homes(REFERENCE / "east_midlands_homes.csv")
    assert homes[homes["year"] == 2018]["places"].sum() == 1303


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("origin,area_code,term\n2018,855,size\n", "no column value"),
        ("origin,area_code,term,value\n", "column names and no rows"),
        ("origin,area_code,term,value\n2018,855,size,6\n2018,855,size,7\n", "1 rows .* first row 3"),
        ("origin,area_code,term,value\n2018,855,size,many\n", "1 rows .* first row 2"),
        ("origin,area_code,term,value\n2018.5,855,size,6\n", "1 rows .* first row 2"),
        ("origin,area_code,term,value\n2018,,size,6\n", "1 rows .* first row 2"),
    ],
)
def test_lessons_that_are_none_are_refused(tmp_path, text, told):
    with pytest.raises(RegionFileError, match=told):
        read_lessons(written(tmp_path, text))


def test_a_share_above_one_and_fewer_than_no_places_are_refused(tmp_path):
    whole = (REFERENCE / "region_scorecard.csv").read_text(encoding="utf-8").splitlines()
    with pytest.raises(RegionFileError, match="first row 2"):
        read_region_record(written(tmp_path, "\n".join([whole[0], whole[1].rsplit(",", 1)[0] + ",1.2"])))
    with pytest.raises(RegionFileError, match="first row 2"):
        read_homes(written(tmp_path, "year,area,area_code,sector,homes,places\n2018,Derby,831,Private,1,-4\n"))


def test_a_file_that_is_not_there_is_said_to_be():
    with pytest.raises(RegionFileError, match=r"nowhere\.csv: no such file"):
        read_lessons(REFERENCE / "nowhere.csv")
