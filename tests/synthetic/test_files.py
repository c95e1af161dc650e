"""Each year's return holds what was known that 31 March, in that year's codes; together they are the histories."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from synthetic.invented import a_child, a_county, a_line, a_small_county

from cip_analysis import codes
from cip_analysis.synthetic.files import (
    UPN_LETTERS,
    collection_years,
    end_codes,
    episodes_table,
    header_table,
    invent_identities,
    lines_as_told,
    lines_of_year,
    move_codes,
    placement_codes,
    sex_codes,
)
from cip_analysis.synthetic.history import Histories
from cip_analysis.synthetic.outcomes import leavers_of_year

MODERN = ["start_reason", "legal_status", "need", "provider", "placement_postcode"]


def episodes_of(histories: Histories, year: int) -> pd.DataFrame:
    return episodes_table(lines_of_year(histories, year), invent_identities(histories.children, 1))


def header_of(histories: Histories, year: int) -> pd.DataFrame:
    this, before = lines_of_year(histories, year), lines_of_year(histories, year - 1)
    leavers = leavers_of_year(histories.children, this, before)
    return header_table(this, leavers, invent_identities(histories.children, 1))


def moved_in_may() -> Histories:
    """A child who moves on 10 May 2017 and goes home on 1 April 2018, a day past the first two years."""
    return a_county(
        a_line(end="2017-05-10", end_reason="X1", move_reason="CARPL"),
        a_line(
            start="2017-05-10", start_reason="P", placement="K2", provider="PR4", end="2018-04-01", end_reason="E4A"
        ),
        years=(2017, 2019),
    )


def test_a_line_is_open_in_the_year_it_outlasts_and_closed_in_the_next():
    first, second = (episodes_of(moved_in_may(), year).iloc[0] for year in (2017, 2018))
    assert (first["DEC"], first["REC"], first["REASON_PLACE_CHANGE"]) == ("", "", "")
    assert (second["DEC"], second["REC"], second["REASON_PLACE_CHANGE"]) == ("10/05/2017", "X1", "CARPL")
    assert (first["DECOM"], second["DECOM"]) == ("01/06/2016", "01/06/2016")


def test_a_line_that_ends_on_1_april_is_open_in_one_return_and_closed_in_the_next():
    open_line, closed_line = (episodes_of(moved_in_may(), year).iloc[-1] for year in (2018, 2019))
    assert (open_line["DEC"], closed_line["DEC"]) == ("", "01/04/2018")


def test_a_line_that_ends_on_31_march_is_in_no_later_return():
    county = a_county(a_line(end="2017-03-31", end_reason="E4A"))
    assert list(episodes_of(county, 2017)["DEC"]) == ["31/03/2017"]
    assert episodes_of(county, 2018).empty


def test_the_returns_of_all_years_together_are_the_histories():
    histories = a_small_county()
    years = [lines_of_year(histories, year).lines for year in collection_years(histories)]
    latest = pd.concat(years).drop_duplicates(["child", "start"], keep="last").sort_values(["child", "start"])
    told = lines_as_told(histories.episodes)
    told = told[~(told["end"] < pd.Timestamp(histories.first_day))]
    pd.testing.assert_frame_equal(
        latest[list(told)].reset_index(drop=True), told.reset_index(drop=True), check_dtype=False
    )


def test_stitching_the_files_by_child_and_start_gives_every_day_in_care_once():
    histories = a_small_county()
    files = pd.concat([episodes_of(histories, year) for year in collection_years(histories)])
    latest = files.drop_duplicates(["CHILD", "DECOM"], keep="last")
    after = pd.Timestamp(histories.last_day) + pd.Timedelta(days=1)
    read = pd.to_datetime(latest["DEC"], format="%d/%m/%Y").fillna(after)
    days = (read - pd.to_datetime(latest["DECOM"], format="%d/%m/%Y")).dt.days.sum()
    told = lines_as_told(histories.episodes)
    told = told[~(told["end"] < pd.Timestamp(histories.first_day))]
    assert days == (told["end"].fillna(after) - told["start"]).dt.days.sum()


def test_every_code_of_every_year_was_in_use_that_year():
    histories = a_small_county()
    lists = {
        "RNE": codes.START_REASONS, "LS": codes.LEGAL_STATUSES, "CIN": codes.NEEDS, "PLACE": codes.PLACEMENTS,
        "PLACE_PROVIDER": codes.PROVIDERS, "REC": codes.END_REASONS, "REASON_PLACE_CHANGE": codes.MOVE_REASONS,
    }  # fmt: skip
    for year in collection_years(histories):
        episodes = episodes_of(histories, year)
        for column, known in lists.items():
            used = set(episodes[column]) - {""}
            assert {code for code in used if not known[code].valid_in(year)} == set(), (year, column)
        assert all(codes.SEXES[code].valid_in(year) for code in header_of(histories, year)["SEX"])


@pytest.mark.parametrize(
    ("year", "age", "placement", "expected"),
    [
        (2015, 10, "U6", "Q2"), (2015, 10, "U3", "Q1"), (2016, 10, "U6", "U6"),
        (2023, 16, "K3", "H5"), (2023, 16, "H5", "H5"), (2024, 16, "H5", "K3"), (2024, 14, "H5", "H5"),
        (2025, 16, "P2", "P2"), (2026, 16, "P2", "K3"), (2026, 16, "Z1", "Z14"), (2026, 14, "H5", "Z11"),
    ],
)  # fmt: skip
def test_a_placement_is_written_in_the_codes_of_the_collection_year(year, age, placement, expected):
    start = pd.Timestamp(year - 1, 6, 1)
    child = a_child(birth_date=start - pd.DateOffset(years=age, months=2))
    county = a_county(a_line(start=start, placement=placement), children=(child,), years=(year, year))
    assert list(placement_codes(lines_of_year(county, year))) == [expected]


@pytest.mark.parametrize(
    ("matched_on", "starts", "reasons"),
    [("2014-09-01", [1], ["S"]), ("2015-09-01", [1, 1], ["S", "T"])],
)
def test_a_long_term_match_with_the_same_carer_could_not_be_told_before_its_code_was_there(matched_on, starts, reasons):
    county = a_county(
        a_line(start="2014-06-01", end=matched_on, end_reason="X1", move_reason="CARPL"),
        a_line(start=matched_on, start_reason="T", placement="U4", end="2016-10-02", end_reason="E4A"),
        years=(2015, 2017),
    )
    told = lines_as_told(county.episodes)
    assert (list(told["start"].dt.day), list(told["start_reason"])) == (starts, reasons)
    assert told["end"].iloc[-1] == pd.Timestamp(2016, 10, 2)
    assert [episodes_of(county, year)["PLACE"].iloc[-1] for year in (2015, 2017)] == ["Q2", "U4"]


def test_a_long_term_match_that_came_with_an_order_was_told_as_the_order_alone():
    county = a_county(
        a_line(start="2014-06-01", legal_status="C1", end="2014-09-01", end_reason="X1", move_reason="CARPL"),
        a_line(start="2014-09-01", start_reason="U", placement="U4"),
        years=(2015, 2016),
    )
    told = episodes_of(county, 2015)
    assert list(told["RNE"]) == ["S", "L"]
    assert list(told["REASON_PLACE_CHANGE"]) == ["", ""]


@pytest.mark.parametrize(("end", "expected"), [("2023-10-01", "H5"), ("2024-01-05", "K3")])
def test_supported_accommodation_that_ended_before_it_had_to_register_keeps_its_old_code(end, expected):
    line = a_line(start="2023-05-01", placement="H5", provider="PR4", urn="", end=end, end_reason="E8")
    county = a_county(line, children=(a_child(birth_date="2006-05-20"),), years=(2024, 2024))
    written = episodes_of(county, 2024).iloc[0]
    assert written["PLACE"] == expected
    assert bool(written["URN"]) == (expected == "K3")


@pytest.mark.parametrize(
    ("year", "reason", "expected"), [(2018, "E45", "E43"), (2018, "E48", "E44"), (2019, "E45", "E45")]
)
def test_special_guardianship_has_two_codes_until_2018_and_four_after(year, reason, expected):
    line = a_line(start=f"{year - 1}-05-01", placement="U3", end=f"{year}-02-01", end_reason=reason)
    assert list(end_codes(lines_of_year(a_county(line, years=(year, year)), year))) == [expected]


@pytest.mark.parametrize(("year", "expected"), [(2018, "OTHER"), (2019, "CUSTOD")])
def test_custody_is_a_reason_for_moving_from_2019(year, expected):
    county = a_county(
        a_line(start=f"{year - 1}-05-01", end=f"{year - 1}-08-01", end_reason="X1", move_reason="CUSTOD"),
        a_line(start=f"{year - 1}-08-01", start_reason="P", placement="R5", provider="PR3"),
        years=(year, year),
    )
    assert list(move_codes(lines_of_year(county, year))) == [expected, ""]


def test_sex_is_a_number_until_2024_and_a_letter_after():
    sexes = pd.Series(["male", "female"])
    assert list(sex_codes(sexes, 2024)) == ["1", "2"]
    assert list(sex_codes(sexes, 2025)) == ["M", "F"]


def test_numbers_of_children_are_six_digits_without_repeats_and_tell_nothing_of_their_order():
    ids = invent_identities(a_small_county().children, seed=3).ids
    assert ids.str.fullmatch(r"[1-9]\d{5}").all()
    assert ids.is_unique
    assert abs(ids.astype(int).reset_index(drop=True).corr(pd.Series(range(len(ids))), method="spearman")) < 0.2


def test_no_pupil_number_could_be_real():
    for upn in invent_identities(a_small_county().children, seed=3).upns:
        assert re.fullmatch(r"[A-HJ-NP-RT-Z]000\d{9}", upn)
        weighed = sum(int(digit) * weight for weight, digit in enumerate(upn[1:], start=2))
        assert upn[0] != UPN_LETTERS[weighed % 23]


def test_every_child_of_the_year_has_one_header_row_and_every_row_a_child():
    histories = a_small_county()
    for year in collection_years(histories):
        header, episodes = header_of(histories, year), episodes_of(histories, year)
        assert header["CHILD"].is_unique
        assert set(episodes["CHILD"]) <= set(header["CHILD"])


def test_a_child_too_young_for_school_has_no_pupil_number_and_later_has_one():
    child = a_child(birth_date="2012-10-01")
    county = a_county(a_line(start="2016-05-01"), children=(child,), years=(2017, 2019))
    assert [header_of(county, year)["UPN"].iloc[0] == "UN1" for year in (2017, 2018, 2019)] == [True, True, False]


def test_motherhood_is_asked_of_girls_in_care_and_told_from_the_year_of_the_birth():
    girl = a_child(sex="female", birth_date="2001-06-15", mother=True, mother_child_birth_date="2017-07-01")
    county = a_county(a_line(start="2016-05-01"), children=(girl,))
    told = [tuple(header_of(county, year)[["MOTHER", "MC_DOB"]].iloc[0]) for year in (2017, 2018)]
    assert told == [("0", ""), ("1", "01/07/2017")]
    assert header_of(a_county(a_line()), 2017)["MOTHER"].iloc[0] == ""


def test_a_birth_after_the_last_line_ended_that_year_is_told_as_of_the_day_it_ended():
    girl = a_child(sex="female", birth_date="2001-06-15", mother=True, mother_child_birth_date="2017-02-01")
    moved = a_line(end="2016-11-20", end_reason="X1", move_reason="CARPL")
    later = a_line(start="2016-11-20", start_reason="P", placement="K2")
    county = a_county(moved, later, children=(girl,))
    assert [header_of(county, year)["MC_DOB"].iloc[0] for year in (2017, 2018)] == ["20/11/2016", "20/11/2016"]


def test_respite_carries_no_postcode_and_an_unaccompanied_child_no_home():
    respite = a_line(legal_status="V3", end="2016-06-05", end_reason="E4A")
    alone = a_line(child=2, legal_status="V2")
    county = a_county(respite, alone, children=(a_child(), a_child(child=2, uasc=True)))
    first, second = (row for _, row in episodes_of(county, 2017).iterrows())
    assert (first["HOME_POST"], first["PL_POST"], first["URN"]) == ("", "", "")
    assert (second["HOME_POST"], second["PL_POST"]) == ("", "LE10 1HB")
