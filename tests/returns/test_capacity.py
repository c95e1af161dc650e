"""The capacity file is read without its names, and what cannot be true is refused by row."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from builders import ROOT

from cip_analysis.returns.capacity import CapacityFileError, read_capacity

COUNTY = ROOT / "data" / "synthetic" / "leicestershire" / "capacity.csv"
HEADER = "name,kind,places,opened,closed,reason"
GOOD = "A family,foster household,2,12/09/2010,08/01/2014,retired"


def a_file(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "capacity.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_both_forms_of_date_are_read_and_names_are_not_kept(tmp_path):
    own = read_capacity(a_file(tmp_path, GOOD, "Oak Lodge,Children’s Home, 4 ,2011-04-01"))
    assert own.source == "capacity.csv"
    assert "name" not in own.table
    assert own.table["kind"].tolist() == ["foster household", "children's home"]
    assert own.table["places"].tolist() == [2, 4]
    assert own.table["opened"].tolist() == [pd.Timestamp(2010, 9, 12), pd.Timestamp(2011, 4, 1)]
    assert own.table["closed"].isna().tolist() == [False, True]


def test_a_household_is_open_from_the_day_it_opened_until_the_day_it_closed(tmp_path):
    own = read_capacity(a_file(tmp_path, GOOD))
    days = {date(2010, 9, 11): 0, date(2010, 9, 12): 1, date(2014, 1, 7): 1, date(2014, 1, 8): 0}
    assert {day: len(own.open_on(day)) for day in days} == days


def test_columns_in_another_case_and_order_are_read_and_names_and_reasons_may_be_left_out(tmp_path):
    own = read_capacity(a_file(tmp_path, "01/04/2015,,3,foster household", header="Opened,Closed,Places,KIND"))
    assert own.table["places"].tolist() == [3]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("Smith,foster,2,12/09/2010,,", "1 row with a kind other than foster household or children's home"),
        ("Smith,foster household,1.5,12/09/2010,,", "1 row with places that are not"),
        ("Smith,foster household,,12/09/2010,,", "1 row with places that are not"),
        ("Smith,foster household,0,12/09/2010,,", "1 row with places that are not"),
        ("Smith,foster household,2,,,", "1 row with no day opened that can be read"),
        ("Smith,foster household,2,13/13/2010,,", "1 row with no day opened that can be read"),
        ("Smith,foster household,2,12/09/2010,soon,", "1 row with a day closed that cannot be read"),
        ("Smith,foster household,2,12/09/2010,11/09/2010,", "1 row with a day closed before the day opened"),
    ],
)
def test_a_row_that_cannot_be_true_is_refused_by_its_number_and_never_by_its_name(tmp_path, row, said):
    with pytest.raises(CapacityFileError, match=rf"capacity\.csv: {said}.*, first at row 3\. Correct") as refusal:
        read_capacity(a_file(tmp_path, GOOD, row))
    assert "Smith" not in str(refusal.value)


def test_a_file_that_is_not_there_not_text_or_lacks_a_column_is_refused(tmp_path):
    with pytest.raises(CapacityFileError, match=r"absent\.csv: no such file"):
        read_capacity(tmp_path / "absent.csv")
    with pytest.raises(CapacityFileError, match="no column places, closed"):
        read_capacity(a_file(tmp_path, header="name,kind,opened"))
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\xff\xfe\x00")
    with pytest.raises(CapacityFileError, match="not readable as UTF-8 CSV"):
        read_capacity(tmp_path / "picture.csv")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    with pytest.raises(CapacityFileError, match="not readable"):
        read_capacity(tmp_path / "empty.csv")


@pytest.mark.parametrize("rows", [[], ["", ""]])
def test_a_file_that_lists_nobody_is_refused_and_not_read_as_no_places(tmp_path, rows):
    with pytest.raises(
        CapacityFileError, match=r"capacity\.csv: no foster household or home is listed.*leave `capacity`"
    ):
        read_capacity(a_file(tmp_path, *rows))


@pytest.mark.skipif(not COUNTY.exists(), reason="the invented county is not made: make data")
def test_the_invented_county_has_the_carers_its_settings_state_and_no_home_open():
    here = read_capacity(COUNTY).open_on(date(2018, 3, 31))
    assert here["kind"].value_counts().to_dict() == {"foster household": 125}
