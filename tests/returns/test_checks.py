"""Each rule told by the least that breaks it; a sound return breaks none; the public sample breaks what it breaks."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from builders import SHARED, a_header, an_episode
from returned import returned

from cip_analysis.codes import DATE_COLUMNS, TABLES
from cip_analysis.ledgers import Findings, Treatments
from cip_analysis.records import Returns
from cip_analysis.returns.checks import RULES, check_returns

SAMPLE = SHARED / "ssda903_sample"
STAY = {"DECOM": "01/05/2017", "PL_POST": "LE1 1AA", "URN": "SC1"}
MOVE = {"DECOM": "01/09/2017", "RNE": "P", "PL_POST": "LE2 2BB", "URN": "SC2"}
UP_TO_MOVE = {**STAY, "DEC": "01/09/2017", "REC": "X1"}


def rows_breaking(rule: str, returns: Returns) -> list[str]:
    """The rows said to break a rule, as the finding gives them."""
    table = check_returns(returns, [known for known in RULES if known.name == rule]).table
    return table.loc[table["rule"].eq(rule), "first_rows"].tolist()


def a_stay_and_a_move(first: dict[str, object] | None = None, second: dict[str, object] | None = None) -> Returns:
    """A sound stay with one change of placement on 1 September, with changes to either row."""
    return returned([an_episode(**{**UP_TO_MOVE, **(first or {})}), an_episode(**{**MOVE, **(second or {})})])


def test_a_sound_history_over_two_years_breaks_no_rule():
    first = an_episode(**UP_TO_MOVE)
    still_there = an_episode(**MOVE)
    returns = returned(
        [
            {**first, "year": 2018},
            {**still_there, "year": 2018},
            {**still_there, "year": 2019, "DEC": "01/06/2018", "REC": "X1"},
            {**still_there, "year": 2019, "DECOM": "01/06/2018", "RNE": "L", "LS": "E1"},
        ],
        census=date(2019, 3, 31),
    )
    assert check_returns(returns).table.empty


ONE_ROW = [
    ("141", {"DECOM": "31/02/2017"}, {}),
    ("143", {"RNE": "Q"}, {"RNE": ""}),
    ("144", {"LS": "C9"}, {"LS": ""}),
    ("145", {"CIN": "N9"}, {"CIN": ""}),
    ("146", {"PLACE": "K3"}, {"PLACE": "K2"}),
    ("149", {"DEC": "01/06/2017", "REC": "E45"}, {"DEC": "01/06/2017", "REC": "E43"}),
    ("1009", {"REASON_PLACE_CHANGE": "CUSTOD"}, {"REASON_PLACE_CHANGE": "CHILD"}),
    ("178", {"PLACE_PROVIDER": "PR9"}, {"PLACE_PROVIDER": ""}),
    ("178", {"PLACE": "Z1", "PLACE_PROVIDER": "PR4"}, {"PLACE": "Z1", "PLACE_PROVIDER": ""}),
    ("213", {"PLACE": "T1", "RNE": "P"}, {"PLACE": "T1", "RNE": "P", "PLACE_PROVIDER": ""}),
    ("355", {"DEC": "01/05/2017"}, {"DEC": "02/05/2017"}),
    ("356", {"DEC": "30/04/2017"}, {"DEC": "01/05/2017"}),
    ("364", {"LS": "J2", "DEC": "23/05/2017"}, {"LS": "J2", "DEC": "22/05/2017"}),
    ("365", {"LS": "V3", "DEC": "19/05/2017"}, {"LS": "V3", "DEC": "18/05/2017"}),
    ("366", {"LS": "V3", "RNE": "P"}, {"LS": "V3", "RNE": "S"}),
    ("367", {"LS": "V3", "DEC": "16/07/2017"}, {"LS": "V3", "DEC": "15/07/2017"}),
    ("371", {"PLACE": "H5"}, {"PLACE": "K2"}),
    ("380", {"PLACE": "T1", "RNE": "S"}, {"PLACE": "T1", "RNE": "B"}),
    ("381", {"PLACE": "T1", "DEC": "01/06/2017", "REC": "E4A"}, {"PLACE": "T1", "DEC": "01/06/2017", "REC": "X1"}),
    ("385", {"DEC": "01/04/2018", "REC": "E4A"}, {"DEC": "31/03/2018", "REC": "E4A"}),
    ("388", {"DEC": "01/06/2017", "REC": "X1"}, {"DEC": "01/06/2017", "REC": "E4A"}),
    ("526", {"PLACE_PROVIDER": ""}, {"PLACE_PROVIDER": "", "PLACE": "T0"}),
    ("527", {"PLACE": "P1", "PLACE_PROVIDER": "PR1"}, {"PLACE": "P1", "PLACE_PROVIDER": "PR0"}),
    ("528", {"PLACE": "R5", "PLACE_PROVIDER": "PR2"}, {"PLACE": "R5", "PLACE_PROVIDER": "PR3"}),
    ("529", {"PLACE": "U6", "PLACE_PROVIDER": "PR3"}, {"PLACE": "R1", "PLACE_PROVIDER": "PR3"}),
    ("530", {"PLACE": "P1", "PLACE_PROVIDER": "PR4"}, {"PLACE": "K2", "PLACE_PROVIDER": "PR4"}),
    ("531", {"PLACE": "P1", "PLACE_PROVIDER": "PR5"}, {"PLACE": "K2", "PLACE_PROVIDER": "PR5"}),
    ("550", {"PLACE": "U6", "PLACE_PROVIDER": "PR0"}, {"PLACE": "P1", "PLACE_PROVIDER": "PR0"}),
    ("date after the census", {"DECOM": "01/04/2018"}, {"DECOM": "31/03/2018"}),
    ("care before birth", {"DECOM": "31/12/2009"}, {"DECOM": "01/01/2010"}),
    ("no child", {"CHILD": ""}, {"CHILD": "3"}),
]


@pytest.mark.parametrize(("rule", "broken", "kept"), ONE_ROW, ids=[row[0] for row in ONE_ROW])
def test_a_rule_on_one_row_tells_the_row_that_breaks_it_from_one_that_keeps_it(rule, broken, kept):
    returns = returned(
        [an_episode(**{**STAY, **kept, "CHILD": kept.get("CHILD", "2")}), an_episode(**{**STAY, **broken})]
    )
    assert rows_breaking(rule, returns) == ["3"]


TWO_ROWS = [
    ("142", {"DEC": "", "REC": ""}, {}, "2"),
    ("388", {"REC": "E4A"}, {}, "2"),
    ("431", {}, {"RNE": "S"}, "3"),
    ("432", {"REC": "E4A"}, {}, "3"),
    ("433", {}, {"DECOM": "02/09/2017"}, "3"),
    ("434", {}, {"RNE": "L", "LS": "E1"}, "3"),
    ("434", {}, {"RNE": "L", "PL_POST": "LE1 1AA", "URN": "SC1"}, "3"),
    ("435", {}, {"LS": "E1"}, "3"),
    ("435", {}, {"RNE": "T", "PL_POST": "LE1 1AA", "URN": "SC1"}, "3"),
    ("436", {}, {"RNE": "B"}, "3"),
    ("436", {}, {"RNE": "U", "LS": "E1", "PL_POST": "LE1 1AA", "URN": "SC1"}, "3"),
    ("437", {"REC": "E2"}, {}, "2"),
    ("501", {}, {"DECOM": "31/08/2017"}, "3"),
    ("504", {}, {"CIN": "N2"}, "3"),
]


@pytest.mark.parametrize(("rule", "first", "second", "row"), TWO_ROWS)
def test_a_rule_on_what_follows_what_tells_the_row(rule, first, second, row):
    assert rows_breaking(rule, a_stay_and_a_move()) == []
    assert rows_breaking(rule, a_stay_and_a_move(first, second)) == [row]


def test_police_custody_over_touching_episodes_is_added_up():
    held = {"LS": "J2", "DEC": "15/05/2017"}
    again = {"LS": "J2", "DECOM": "15/05/2017", "DEC": "24/05/2017"}
    assert rows_breaking("364", a_stay_and_a_move(held, again)) == ["2, 3"]
    assert rows_breaking("364", a_stay_and_a_move(held, {**again, "DECOM": "16/05/2017"})) == []


def test_the_lowest_age_for_supported_living_rose_in_2023_24():
    def rows(year: int, place: str) -> Returns:
        at_fifteen = an_episode(PLACE=place, DECOM=f"01/06/{year - 1}")
        born = a_header(DOB=f"01/01/{year - 16}")
        return returned([{**at_fifteen, "year": year}], [{**born, "year": year}], census=date(year, 3, 31))

    assert rows_breaking("371", rows(2023, "H5")) == []
    assert rows_breaking("371", rows(2024, "H5")) == ["2"]
    assert rows_breaking("371", rows(2025, "K3")) == ["2"]


def test_after_a_temporary_placement_the_child_goes_back_to_the_one_before():
    def back_to(place: str, reason: str = "P", year: int = 2018, postcode: str = "LE1 1AA") -> Returns:
        start = year - 1
        away = {"PLACE": "T1", "PLACE_PROVIDER": "", "RNE": "P", "DECOM": f"01/06/{start}", "DEC": f"05/06/{start}"}
        rows = [
            an_episode(DECOM=f"01/05/{start}", DEC=f"01/06/{start}", REC="X1", PL_POST="LE1 1AA"),
            an_episode(**away, REC="X1"),
            an_episode(DECOM=f"05/06/{start}", RNE=reason, PLACE=place, PL_POST=postcode),
        ]
        return returned([{**row, "year": year} for row in rows], census=date(year, 3, 31))

    assert rows_breaking("383", back_to("U6")) == []
    assert rows_breaking("383", back_to("K2")) == ["4"]
    assert rows_breaking("383", back_to("U6", reason="T")) == ["4"]
    assert rows_breaking("383", back_to("U6", postcode="LE9 9ZZ")) == []
    assert rows_breaking("383", back_to("U6", year=2026, postcode="LE9 9ZZ")) == ["4"]


def over_two_years(last: dict[str, str], this: dict[str, str]) -> Returns:
    """One row in the year to March 2018 and one in the next, for one child."""
    rows = [{**an_episode(**last), "year": 2018}, {**an_episode(**this), "year": 2019}]
    return returned(rows, census=date(2019, 3, 31))


def test_years_that_do_not_join_are_told():
    start = {"DECOM": "01/05/2017"}
    assert rows_breaking("502", over_two_years(start, start)) == []
    assert rows_breaking("562", over_two_years(start, start)) == []
    assert rows_breaking("502", over_two_years(start, {"DECOM": "02/05/2017"})) == ["2"]
    assert rows_breaking("562", over_two_years(start, {"DECOM": "02/05/2017"})) == ["2"]
    ended = {**start, "DEC": "01/06/2017", "REC": "E4A"}
    assert rows_breaking("502", over_two_years(ended, {"DECOM": "01/05/2018"})) == []
    assert rows_breaking("562", over_two_years({"CHILD": "2"}, start)) == ["2"]


def test_a_child_in_care_on_31_march_and_gone_the_next_year_is_told():
    assert rows_breaking("unexplained disappearance", over_two_years({}, {"CHILD": "2"})) == ["2"]
    assert rows_breaking("unexplained disappearance", over_two_years({}, {})) == []
    left = {"DEC": "01/02/2018", "REC": "E4A"}
    assert rows_breaking("unexplained disappearance", over_two_years(left, {"CHILD": "2"})) == []


def test_headers_that_disagree_over_the_years_are_told():
    rows = [{**an_episode(), "year": year} for year in (2018, 2019)]
    earlier = {**a_header(DOB="02/01/2010", SEX="2"), "year": 2018}
    returns = returned(rows, [earlier, {**a_header(), "year": 2019}], census=date(2019, 3, 31))
    assert rows_breaking("two birth dates", returns) == ["2"]
    assert rows_breaking("two sexes", returns) == ["2"]


def test_a_sex_recoded_from_number_to_letter_is_the_same_sex():
    rows = [{**an_episode(), "year": year} for year in (2024, 2025)]
    headers = [{**a_header(SEX="1"), "year": 2024}, {**a_header(SEX="M"), "year": 2025}]
    returns = returned(rows, headers, census=date(2025, 3, 31))
    assert rows_breaking("two sexes", returns) == []
    assert rows_breaking("101", returns) == []
    assert rows_breaking("101", returned(rows, [{**headers[0], "year": 2025}], census=date(2025, 3, 31))) == ["2"]


@pytest.mark.parametrize(
    ("rule", "born"),
    [
        ("birth date unknown", "nobody knows"),
        ("birth date impossible", "01/01/2035"),
        ("birth date impossible", "01/05/1977"),
        ("aged 18 or over", "01/05/1999"),
        ("aged 18 or over", "30/03/2000"),
    ],
)
def test_birth_dates_that_cannot_be_are_told(rule, born):
    broken = returned([an_episode(**STAY)], [a_header(DOB=born)])
    assert rows_breaking(rule, broken) == ["2"]
    assert rows_breaking(rule, returned([an_episode(**STAY)])) == []


def test_other_tables_are_checked_where_they_were_sent():
    adopted = {"CHILD": "1", "DATE_INT": "01/01/2017", "DATE_MATCH": "", "FOSTER_CARE": "0"}
    left = {"CHILD": "1", "IN_TOUCH": "YES", "ACTIV": "", "ACCOM": "K2"}
    nothing = {"CHILD": "2", "IN_TOUCH": "", "ACTIV": "", "ACCOM": ""}
    returns = returned([an_episode(**STAY)], ad1=[adopted], oc3=[left, nothing])
    assert rows_breaking("151", returns) == ["2"]
    assert rows_breaking("153", returns) == ["2"]
    touched = check_returns(returns).table.set_index("rule").loc["153"]
    assert touched["child_days"] == (date(2018, 4, 1) - date(2017, 5, 1)).days


def test_duplicates_and_missing_headers_are_told():
    twice = returned([an_episode(**STAY)] * 2, [a_header(), a_header(), a_header(ETHNIC="MWBC"), a_header(CHILD="9")])
    assert rows_breaking("duplicate row", twice) == ["3"]
    assert rows_breaking("duplicate child", twice) == ["4"]
    alone = returned([an_episode(**STAY), an_episode(CHILD="2")], [a_header()])
    assert rows_breaking("child not in the header", alone) == ["3"]


def test_a_return_without_a_header_is_checked_on_what_it_holds():
    found = check_returns(returned([an_episode(**STAY, PLACE="ZZ")], headers=[])).table
    assert found["rule"].tolist() == ["146"]


def test_blanks_may_be_empty_text_or_missing():
    written = returned([an_episode(**STAY), an_episode(CHILD="", RNE="", PLACE_PROVIDER="")])
    blanked = {name: table.mask(table.eq("")) for name, table in written.tables.items()}
    missing = Returns(blanked, written.census_date, written.findings, written.treatments)
    pd.testing.assert_frame_equal(check_returns(written).table, check_returns(missing).table)


def test_the_run_of_years_is_checked_as_a_whole():
    many = [{**an_episode(CHILD=str(n), **STAY, DEC="01/06/2017", REC="E4A"), "year": 2018} for n in range(10)]
    few = [{**an_episode(CHILD=str(n), DECOM="01/05/2018"), "year": 2019} for n in range(4)]
    later = [{**an_episode(CHILD="1", DECOM="01/05/2020"), "year": 2021}]
    resent = [{**few[0], "file": "resent.csv"}]
    table = check_returns(returned(many + few + resent + later, census=date(2021, 3, 31))).table.set_index("rule")
    assert table.loc["year missing", "meaning"] == "There is no return for the year to March 2020."
    assert "2019 holds 1 episodes, less than half of the 10" in table.loc["year probably incomplete", "meaning"]
    assert table.loc["later submission", ["where", "rows", "severity"]].tolist() == ["episodes_2019.csv", 4, "warning"]
    assert "3 of its children are in this file only" in table.loc["later submission", "meaning"]


def test_findings_count_rows_children_and_child_days_by_file_and_name_five_rows_at_most():
    wrong = [an_episode(CHILD=str(n % 4), PLACE="U6", PLACE_PROVIDER="PR0", DECOM="22/03/2018") for n in range(8)]
    line = check_returns(returned(wrong)).table.set_index("rule").loc["550"]
    assert line["first_rows"] == "2, 3, 4, 5, 6"
    assert (line["rows"], line["children"], line["child_days"]) == (8, 4, 80.0)


def test_an_in_year_extract_counts_to_the_day_it_was_cut():
    returns = returned([an_episode(PLACE_PROVIDER="PR0", DECOM="21/09/2017")], census=date(2017, 9, 30))
    line = check_returns(returns).table.set_index("rule").loc["550"]
    assert line["child_days"] == 10


def test_no_finding_names_a_child():
    rows = [an_episode(CHILD="SECRET7", PLACE="ZZ", RNE="Q", DECOM="01/05/2019"), an_episode(CHILD="SECRET7")]
    text = check_returns(returned(rows, [a_header(CHILD="SECRET7", DOB="01/01/2035")])).table.to_csv()
    assert "SECRET7" not in text
    assert "2035" not in text


def test_checking_leaves_the_returns_as_they_were():
    returns = a_stay_and_a_move({"DEC": ""}, {"RNE": "Q", "PLACE": ""})
    before = {name: table.copy(deep=True) for name, table in returns.tables.items()}
    check_returns(returns)
    for name, table in returns.tables.items():
        pd.testing.assert_frame_equal(table, before[name])


def test_rules_have_one_name_each_and_the_words_are_whole():
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    for rule in RULES:
        assert rule.meaning.endswith(".") and rule.next_step.endswith("."), rule.name
        assert rule.table in TABLES


def test_every_rule_that_decides_stock_flow_and_cost_is_asked():
    wanted = {141, 142, 143, 145, 146, 151, 153, 178, 213, 355, 356, *range(364, 368), 371, 380, 381, 383, 385, 388}
    wanted |= {*range(431, 438), 501, 502, 504, *range(526, 532), 550, 562}
    assert {str(number) for number in wanted} <= {rule.name for rule in RULES}


# ---- the public sample, where it lies beside the project -------------------------------------------------------

# Rows that break each rule in the years to March 2018 ... 2022, as the statutory validator (csc-validator-be-903,
# rule set of 2022/23, each rule on its own copy of the data) finds them too: docs/decisions/0002.
AS_THE_VALIDATOR = {
    "142": (6, 1, 0, 2, 0), "364": (88, 66, 41, 25, 27), "365": (94, 68, 45, 36, 18), "366": (80, 60, 48, 37, 20),
    "367": (89, 55, 38, 35, 20), "385": (2, 0, 1, 0, 0), "388": (13, 3, 3, 2, 2), "431": (9, 2, 1, 3, 0),
    "432": (6, 2, 1, 1, 2), "433": (15, 5, 3, 2, 4), "434": (20, 17, 5, 4, 4), "435": (87, 46, 37, 27, 14),
    "436": (9, 4, 1, 2, 0), "437": (3, 0, 0, 0, 0), "501": (17, 5, 4, 3, 3), "502": (0, 6, 3, 0, 2),
    "562": (0, 102, 97, 41, 36),
}  # fmt: skip
OURS_ALONE = {"149": (84, 0, 0, 0, 0), "1009": (58, 0, 0, 0, 0), "unexplained disappearance": (84, 39, 25, 21, 0)}


def the_public_sample() -> Returns:
    """The sample's tables as the reader hands them on."""
    if not SAMPLE.is_dir():
        pytest.skip("the public sample is not beside the project")
    tables: dict[str, pd.DataFrame] = {}
    for name in TABLES:
        paths = sorted(SAMPLE.glob(f"20??-{name}.csv"))
        read = [pd.read_csv(path, dtype="str") for path in paths]
        years = [int(path.name[:4]) + 1 for path in paths]
        placed = [
            table.assign(file=path.name, row=range(2, len(table) + 2), year=year)
            for table, path, year in zip(read, paths, years, strict=True)
        ]
        if placed:
            whole = pd.concat(placed, ignore_index=True)
            dates = {column: pd.to_datetime(whole[column], format="%d/%m/%Y") for column in DATE_COLUMNS & set(whole)}
            tables[name] = whole.assign(**dates)
    return Returns(tables, date(2022, 3, 31), Findings.of([]), Treatments.of([]))


def test_the_public_sample_breaks_the_rules_the_statutory_validator_says_it_does():
    table = check_returns(the_public_sample()).table
    counted = {
        rule: tuple(int(rows.loc[rows["where"].str.startswith(str(year)), "rows"].sum()) for year in range(2017, 2022))
        for rule, rows in table.groupby("rule")
    }
    assert counted == AS_THE_VALIDATOR | OURS_ALONE
