from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from builders import a_placement, make_episodes

from cip_analysis.impact.outcomes_framework import (
    FrameworkError,
    measure_answers,
    measure_distance,
    measure_run,
    measure_year,
    say_course,
    with_shares,
)
from cip_analysis.records import Returns
from cip_analysis.returns.answers import BUSY, HOUSED, IN_TOUCH, SCORED, read_answers
from cip_analysis.returns.reference.postcodes import DISTANCES, UNKNOWN, band_distances, read_places


def of(told: pd.DataFrame, measure: str, whom: str = "all children") -> tuple[int, int]:
    """Children, and those of whom it is so."""
    row = told[told["measure"].eq(measure) & told["of_whom"].eq(whom)].iloc[0]
    return int(row["children"]), int(row["children_so"])


def stays(*rows: dict[str, object], census: str = "2019-03-31"):
    """Histories of some placements."""
    return make_episodes([a_placement(**row) for row in rows], census=census)


def one_after_another(child: str, days: list[str], **changes: object) -> list[dict[str, object]]:
    """A child's placements, each ending when the next starts; the last open."""
    ends = [*days[1:], None]
    return [{"child": child, "start": start, "end": end, "period_start": days[0], **changes}
            for start, end in zip(days, ends, strict=True)]  # fmt: skip


def test_three_placements_in_the_year_are_many_and_two_are_not():
    episodes = stays(
        *one_after_another("1", ["2017-05-01", "2017-09-01", "2018-01-01"]),
        *one_after_another("2", ["2017-05-01", "2018-01-01"]),
    )
    assert of(measure_year(episodes, 2018), "three or more placements in the year") == (2, 1)


def test_parts_by_setting_are_no_more_than_all():
    episodes = stays(
        *one_after_another("1", ["2017-05-01"], setting="external residential"),
        *one_after_another("2", ["2017-05-01"], setting="kinship"),
    )
    told = measure_year(episodes, 2018)
    wide = told[told["measure"].eq("three or more placements in the year")].set_index("of_whom")["children"]
    assert wide.to_dict() == {"all children": 2, "external residential": 1, "foster homes": 1}


def test_two_years_in_one_placement_are_counted_of_those_long_in_care_and_young():
    born = {"birth_date": "2010-01-01"}
    episodes = stays(
        *one_after_another("1", ["2014-01-01", "2015-06-01"], **born),
        *one_after_another("2", ["2014-01-01", "2017-06-01"], **born),
        *one_after_another("3", ["2017-01-01"], **born),
        *one_after_another("4", ["2014-01-01"], birth_date="2001-01-01"),
    )
    assert of(measure_year(episodes, 2018), "in one placement for two years, of those long in care") == (2, 1)


def test_who_left_went_home_or_came_back():
    left = {"start": "2016-01-01", "end": "2017-06-01", "period_start": "2016-01-01"}
    episodes = stays(
        {"child": "1", **left, "end_reason": "returned home, planned"},
        {"child": "2", **left, "end_reason": "adopted"},
        {"child": "2", "start": "2017-12-01", "end": None, "period": 2, "period_start": "2017-12-01"},
    )
    told = measure_year(episodes, 2018)
    assert of(told, "came back within a year, of those who left") == (2, 1)
    assert of(told, "went home, of those who left") == (2, 1)


def test_who_came_back_is_not_told_before_a_year_has_passed():
    episodes = stays(*one_after_another("1", ["2017-05-01"]), census="2018-06-30")
    assert "came back within a year, of those who left" not in set(measure_year(episodes, 2018)["measure"])


def test_a_year_not_over_is_refused():
    with pytest.raises(FrameworkError, match="not over"):
        measure_year(stays(*one_after_another("1", ["2017-05-01"]), census="2018-01-31"), 2018)


def a_return(**tables: list[dict[str, object]]) -> Returns:
    """Returns that hold only some answers."""
    from cip_analysis.ledgers import Findings, Treatments

    frames = {name: pd.DataFrame(rows).assign(file="f", row=range(2, len(rows) + 2), year=2018)
              for name, rows in tables.items()}  # fmt: skip
    frames = {name: frame.astype({"CHILD": "str", "file": "str"}) for name, frame in frames.items()}
    return Returns(frames, date(2018, 3, 31), Findings.of([]), Treatments.of([]))


def test_answers_are_translated_once_and_a_blank_is_no_answer():
    lines = [{"CHILD": "1", "TEETH_CHECK": "1", "SDQ_SCORE": "17"}, {"CHILD": "2", "TEETH_CHECK": "", "SDQ_SCORE": ""},
             {"CHILD": "3", "TEETH_CHECK": "0", "SDQ_SCORE": "16"}]  # fmt: skip
    leavers = [{"CHILD": "1", "IN_TOUCH": "YES", "ACTIV": "G4", "ACCOM": "B1"},
               {"CHILD": "2", "IN_TOUCH": "NO", "ACTIV": "0", "ACCOM": "0"},
               {"CHILD": "3", "IN_TOUCH": "YES", "ACTIV": "F2", "ACCOM": "W2"}]  # fmt: skip
    told = measure_answers(read_answers(a_return(oc2=lines, oc3=leavers)), [2018]).set_index("measure")
    assert told.loc["teeth checked in the year", ["children", "children_so"]].tolist() == [2, 1]
    assert told.loc[SCORED, ["children", "children_so"]].tolist() == [2, 1]
    assert told.loc[IN_TOUCH, ["children", "children_so"]].tolist() == [3, 2]
    assert told.loc[BUSY, ["children", "children_so"]].tolist() == [2, 1]
    assert told.loc[HOUSED, ["children", "children_so"]].tolist() == [2, 1]


def test_distance_is_told_in_bands_of_those_whose_postcodes_are_known(tmp_path):
    """A mile is 1,609 metres: 5, 15 and 25 miles east of home, and a postcode nobody knows."""
    rows = ["postcode,la_code,easting,northing", "AA1 1AA,E10000018,450000,300000", "AA1 1AB,E10000018,458047,300000",
            "AA1 1AC,E10000018,474140,300000", "AA1 1AD,E06000016,490234,300000"]  # fmt: skip
    (tmp_path / "places.csv").write_text("\n".join(rows), encoding="utf-8")
    lines = [{"CHILD": str(number), "HOME_POST": "AA1 1AA", "PL_POST": post}
             for number, post in enumerate(["AA1 1AB", "aa11ac", "AA1 1AD", "ZZ9 9ZZ"])]  # fmt: skip
    bands = band_distances(a_return(episodes=lines), read_places(tmp_path / "places.csv"))
    assert bands.tolist() == [*DISTANCES, UNKNOWN]
    placed = [
        {**one_after_another(str(number), ["2017-05-01"])[0], "file": "f", "row": number + 2} for number in range(4)
    ]
    told = measure_distance(stays(*placed), bands, DISTANCES[2], UNKNOWN, [2018])
    assert of(told, "placed 20 miles and over from home") == (3, 1)


def test_a_file_that_does_not_say_where_postcodes_lie_tells_no_distance(tmp_path):
    (tmp_path / "places.csv").write_text("postcode,la_code\nAA1 1AA,E10000018\n", encoding="utf-8")
    places = read_places(tmp_path / "places.csv")
    assert places.empty
    bands = band_distances(a_return(episodes=[{"CHILD": "1", "HOME_POST": "AA1 1AA", "PL_POST": "AA1 1AA"}]), places)
    assert bands.tolist() == [UNKNOWN]
    placed = {**one_after_another("1", ["2017-05-01"])[0], "file": "f", "row": 2}
    assert measure_distance(stays(placed), bands, DISTANCES[2], UNKNOWN, [2018]).empty


def test_returns_without_answers_have_no_rows():
    assert read_answers(a_return()).empty


def test_shares_are_worked_from_rounded_counts_and_counts_are_left():
    told = pd.DataFrame(
        {"measure": ["m"], "of_whom": ["all children"], "year": [2018], "children": [52], "children_so": [13]}
    )
    shown = with_shares(told, 5).iloc[0]
    assert shown["share"] == 15 / 50
    assert shown["children"] == 52


def test_a_course_is_told_only_where_ranges_lie_apart():
    episodes = stays(*one_after_another("1", ["2015-05-01"], setting="kinship"))
    framework = measure_run(episodes, read_answers(a_return()), [2017, 2018], 1)
    assert say_course(framework).startswith("No measure lies surely apart")
    two = pd.DataFrame({"measure": ["m"] * 2, "of_whom": ["all children"] * 2, "year": [2017, 2018],
                        "children": [500] * 2, "children_so": [50, 200]})  # fmt: skip
    assert say_course(with_shares(two, 1)) == "Surely up: m."
