"""Reading returns: tables told by their columns, cells typed and counted, years told by their dates."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from builders import SHARED, a_header, an_episode, write_returns, write_table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cip_analysis.codes import DATE_COLUMNS, TABLES
from cip_analysis.records import Returns
from cip_analysis.returns.reading.kinds import canonical, recognise
from cip_analysis.returns.reading.years import NamedYear, named_year, year_of_file
from cip_analysis.returns.ssda903 import ReturnError, read_returns

SAMPLE = SHARED / "ssda903_sample"
sample_only = pytest.mark.skipif(not SAMPLE.is_dir(), reason="the public sample is not on this machine")


def rules(returns: Returns, severity: str = "") -> set[str]:
    found = returns.findings.table
    return set(found.loc[found["severity"].eq(severity) if severity else found.index, "rule"])


def finding(returns: Returns, rule: str) -> pd.Series:
    (row,) = (row for _, row in returns.findings.table[returns.findings.table["rule"] == rule].iterrows())
    return row


def repaired(returns: Returns) -> dict[str, int]:
    return dict(returns.treatments.table[["rule", "rows_changed"]].itertuples(index=False))


def episodes_of(returns: Returns) -> pd.DataFrame:
    return returns.tables["episodes"]


def cells(returns: Returns, column: str, table: str = "episodes") -> list[object]:
    return [None if pd.isna(cell) else cell for cell in returns.tables[table][column]]


def a_full_year(year: int, days: int = 365, children: int = 60) -> list[dict[str, str]]:
    """Episodes that start and end every six days or so through the first `days` of a collection year."""
    first = date(year - 1, 4, 1)
    rows = []
    for k in range(children):
        start = first + timedelta(days=k * days // children)
        end = start + timedelta(days=30)
        closed = end < first + timedelta(days=days)
        rows.append(
            an_episode(CHILD=str(1000 * year + k), DECOM=f"{start:%d/%m/%Y}", DEC=f"{end:%d/%m/%Y}" if closed else "",
                       REC="E8" if closed else "")
        )  # fmt: skip
    return rows


# ---- which table it is ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TABLES)
def test_every_table_is_told_by_its_columns_in_any_order_and_case(kind):
    names = [f" {name.lower().replace('_', ' ')} " for name in reversed(TABLES[kind])]
    assert recognise(names) == kind
    assert sorted(map(canonical, names)) == sorted(TABLES[kind])


def test_columns_that_many_tables_share_settle_nothing():
    assert recognise(["CHILD", "SEX", "DOB"]) is None
    assert recognise(["CHILD", "DOB"]) is None
    assert recognise(["CHILD", "SEX", "DOB", "DUC"]) == "uasc"
    assert recognise(["CHILD", "SEX", "DOB", "ETHNIC"]) == "header"
    assert recognise(["team", "budget", "DEC"]) is None


def test_names_are_not_believed(tmp_path):
    write_returns(tmp_path, [an_episode()])
    (tmp_path / "header_2017.csv").rename(tmp_path / "x")
    (tmp_path / "episodes_2017.csv").rename(tmp_path / "header_2017.csv")
    (tmp_path / "x").rename(tmp_path / "episodes_2017.csv")
    returns = read_returns(tmp_path)
    assert cells(returns, "file") == ["header_2017.csv"]
    assert cells(returns, "file", "header") == ["episodes_2017.csv"]


def test_a_file_that_is_no_table_of_the_return_is_reported_and_not_guessed(tmp_path):
    write_returns(tmp_path, [an_episode()])
    write_table(tmp_path, "fees_2017.csv", [{"CHILD": "1", "weekly": "3000"}])
    assert finding(read_returns(tmp_path), "no such table")["where"] == "fees_2017.csv"


def test_lines_carry_their_file_and_row_as_sent(tmp_path):
    write_returns(tmp_path / "one", [an_episode(CHILD="1"), an_episode(CHILD="2")])
    returns = read_returns(tmp_path)
    assert episodes_of(returns)[["CHILD", "file", "row", "year"]].to_numpy().tolist() == [
        ["1", "one/episodes_2017.csv", 2, 2017],
        ["2", "one/episodes_2017.csv", 3, 2017],
    ]


def test_every_column_of_the_return_is_there_and_of_its_kind(tmp_path):
    write_table(
        tmp_path, "e.csv", [{"CHILD": "1", "DECOM": "01/06/2016", "DEC": "", "RNE": "S", "LS": "C2", "PLACE": "U6"}]
    )
    table = episodes_of(read_returns(tmp_path))
    assert list(table) == [*TABLES["episodes"], "file", "row", "year"]
    for column in TABLES["episodes"]:
        assert table[column].dtype == ("datetime64[us]" if column in DATE_COLUMNS else "str"), column


def test_a_single_file_may_be_given(tmp_path):
    write_returns(tmp_path, [an_episode()])
    returns = read_returns(tmp_path / "episodes_2017.csv")
    assert set(returns.tables) == {"episodes"}
    header = returns.findings.table.query("rule == 'table missing' and where == 'header'")
    assert header["severity"].tolist() == ["warning"]
    assert "every age" in header["meaning"].item()


# ---- what a cell says -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("01/06/2016", None), ("1/6/2016", None), ("2016-06-01", "dates with the year first"),
        ("2016-06-01T00:00:00", "dates with the year first"), ("2016-06-01 13:45:00.000", "dates with the year first"),
        ("01-06-2016", "dates with dashes"), ("01.06.2016", "dates with points"),
        ("01/06/2016 00:00", "times of day on dates"), ("1-Jun-2016", "dates with month names"),
        ("01 june 2016", "dates with full month names"), ("20160601", "dates run together"),
        ("01/06/16", "dates with two-figure years"), ("42522", "dates as spreadsheet numbers"),
        (" 01/06/2016 ", "stray spaces and quotes"),
    ],
)  # fmt: skip
def test_a_date_with_one_reading_is_read_and_its_form_counted(tmp_path, written, rule):
    returns = read_returns(write_returns(tmp_path, [an_episode(DECOM=written), an_episode(CHILD="2")]))
    assert cells(returns, "DECOM")[0] == pd.Timestamp(2016, 6, 1)
    assert repaired(returns).get(rule) == (1 if rule else None)
    assert bool(repaired(returns)) == bool(rule)


@pytest.mark.parametrize("written", ["31/02/2016", "soon", "01/06/0216", "2016", "00/00/0000", "1/6/216", "99999"])
def test_a_date_with_no_reading_is_blank_and_said_with_its_row(tmp_path, written):
    returns = read_returns(write_returns(tmp_path, [an_episode(DECOM=written), an_episode(CHILD="2")]))
    assert cells(returns, "DECOM")[0] is None
    found = finding(returns, "unreadable date")
    assert (found["where"], found["rows"], found["first_rows"], found["children"]) == ("episodes_2017.csv", 1, "2", 1)
    assert written not in found["meaning"]


def births(tmp_path: Path, *dates: str) -> Returns:
    episodes = [an_episode(CHILD=str(child)) for child in range(len(dates))]
    headers = [a_header(CHILD=str(child), DOB=dob) for child, dob in enumerate(dates)]
    return read_returns(write_returns(tmp_path, episodes, headers))


def test_a_file_with_the_month_first_is_blanked_throughout_and_never_turned_round(tmp_path):
    returns = births(tmp_path, "04/25/2010", "05/06/2010", "07/07/2010")
    assert cells(returns, "DOB", "header") == [None, None, pd.Timestamp(2010, 7, 7)]
    assert finding(returns, "month before day")["rows"] == 2


def test_where_a_file_mixes_them_only_the_impossible_ones_are_blank_and_the_doubtful_are_said(tmp_path):
    returns = births(tmp_path, "04/25/2010", "05/06/2010", "25/04/2010")
    assert cells(returns, "DOB", "header") == [None, pd.Timestamp(2010, 6, 5), pd.Timestamp(2010, 4, 25)]
    assert finding(returns, "month before day")["first_rows"] == "2"
    assert finding(returns, "day or month first")["first_rows"] == "3"


def test_codes_are_trimmed_and_capitalised_and_the_rows_counted_once(tmp_path):
    sent = [an_episode(LS=" c2", PLACE="u6 ", REC="null"), an_episode(CHILD="2"), an_episode(CHILD='="3"')]
    returns = read_returns(write_returns(tmp_path, sent, [a_header(CHILD="1")]))
    assert cells(returns, "LS") == ["C2"] * 3
    assert cells(returns, "CHILD") == ["1", "2", "3"]
    assert cells(returns, "REC") == [None] * 3
    assert repaired(returns) == {"stray spaces and quotes": 2, "lower case": 1, "words for a blank": 1}


def test_a_point_a_spreadsheet_gave_a_whole_number_is_taken_off(tmp_path):
    returns = read_returns(write_returns(tmp_path, [an_episode(CHILD="12.0", URN="1234567.0")], [a_header(CHILD="12")]))
    assert (cells(returns, "CHILD"), cells(returns, "URN")) == (["12"], ["1234567"])


def test_an_identifier_a_spreadsheet_rounded_names_nobody(tmp_path):
    sent = [an_episode(CHILD="1.23E+05"), an_episode(CHILD="2")]
    returns = read_returns(write_returns(tmp_path, sent, [a_header(CHILD="2")]))
    assert cells(returns, "CHILD") == [None, "2"]
    assert finding(returns, "child identifier rounded")["rows"] == 1


def test_reading_changes_nothing_it_does_not_count(tmp_path):
    """Every cell that differs from what was sent, beyond dates becoming dates, lies in a row some treatment counts."""
    sent = [an_episode(CHILD=str(child), LS=ls) for child, ls in enumerate(["C2", "c2", "V2 ", "V2", ""])]
    returns = read_returns(write_returns(tmp_path, sent))
    got = cells(returns, "LS")
    changed = sum((was or None) != now for was, now in zip(["C2", "c2", "V2 ", "V2", ""], got, strict=True))
    assert changed == sum(repaired(returns).values()) == 2


# ---- columns --------------------------------------------------------------------------------------------------


def test_extra_columns_are_kept_out_and_named_unless_the_name_could_identify_someone(tmp_path):
    write_table(tmp_path, "e_2017.csv", [an_episode() | {"Team": "north", "A123456789012": "x"}])
    returns = read_returns(tmp_path)
    assert "TEAM and 1 more" in finding(returns, "extra columns")["meaning"]
    assert "A1234" not in returns.findings.table.to_string()


def test_a_column_standing_twice_gives_its_first_and_the_rows_that_differ(tmp_path):
    (tmp_path / "e_2017.csv").write_text(
        "CHILD,DECOM,DEC,RNE,LS,PLACE,DEC\n1,01/06/2016,,S,C2,U6,\n2,01/06/2016,01/08/2016,S,C2,U6,01/09/2016\n"
    )
    returns = read_returns(tmp_path)
    assert cells(returns, "DEC") == [None, pd.Timestamp(2016, 8, 1)]
    assert finding(returns, "column repeated")["first_rows"] == "3"


def test_a_table_without_what_it_cannot_do_without_is_refused_and_the_rest_read(tmp_path):
    write_returns(tmp_path, [an_episode()])
    write_table(tmp_path, "episodes_2018.csv", [{k: v for k, v in an_episode().items() if k != "DEC"}])
    returns = read_returns(tmp_path)
    assert returns.years == (2017,)
    assert "no column DEC" in finding(returns, "file not used")["meaning"]


# ---- collection years -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("episodes_2017", NamedYear(2017)), ("2017-18", NamedYear(2018, sure=True)),
        ("2017_2018", NamedYear(2018, sure=True)),
        ("ssda903 2017/18", NamedYear(2018, sure=True)), ("201718", NamedYear(2018, sure=True)),
        ("1718", NamedYear(2018, sure=True)), ("2021", NamedYear(2021)), ("2122", NamedYear(2022, sure=True)),
        ("extract 30-09-2018", NamedYear(2019, sure=True)), ("20180331", NamedYear(2018, sure=True)),
        ("1999-00", NamedYear(2000, sure=True)),
        ("ssda903", None), ("header", None), ("903_v2", None),
    ],
)  # fmt: skip
def test_a_year_in_a_name_is_read_however_it_is_written(text, expected):
    assert named_year(text) == expected


def test_the_nearest_name_gives_the_year():
    assert year_of_file("2015/returns 2016/episodes 2017.csv") == NamedYear(2017)
    assert year_of_file("2015/returns 2016/episodes.csv") == NamedYear(2016)
    assert year_of_file("2015/book 2016.xlsx [Episodes 2017-18]") == NamedYear(2018, sure=True)


@pytest.mark.parametrize("gap", [0, 1])
def test_a_name_may_give_the_start_or_the_end_of_the_year_and_the_dates_decide(tmp_path, gap):
    for year in (2016, 2017, 2018):
        write_returns(tmp_path / str(year - gap), a_full_year(year), year=year - gap)
    returns = read_returns(tmp_path)
    assert returns.years == (2016, 2017, 2018)
    assert set(returns.tables["header"]["year"]) == {2016, 2017, 2018}
    assert ("names give the start" in rules(returns)) == bool(gap)
    assert not rules(returns, "warning")


def test_names_that_disagree_with_each_other_are_said_and_the_dates_believed(tmp_path):
    write_returns(tmp_path / "a", a_full_year(2017), year=2016)
    write_returns(tmp_path / "b", a_full_year(2018), year=2018)
    returns = read_returns(tmp_path)
    assert returns.years == (2017, 2018)
    assert "names disagree" in rules(returns, "warning")


def test_a_name_the_dates_contradict_is_not_believed(tmp_path):
    write_returns(tmp_path, a_full_year(2014), year=2018)
    returns = read_returns(tmp_path)
    assert returns.years == (2014,)
    assert finding(returns, "year disputed")["severity"] == "warning"


def test_files_without_years_in_their_names_are_dated_by_their_episodes(tmp_path):
    for folder, year in (("old", 2016), ("new", 2017)):
        write_table(tmp_path / folder, "episodes.csv", a_full_year(year))
        write_table(tmp_path / folder, "header.csv", [a_header(CHILD=row["CHILD"]) for row in a_full_year(year)])
    returns = read_returns(tmp_path)
    assert returns.tables["header"].groupby("file")["year"].unique().map(list).to_dict() == {
        "new/header.csv": [2017], "old/header.csv": [2016],
    }  # fmt: skip


def test_a_year_in_which_nothing_ended_goes_by_its_starts_and_by_how_the_others_are_named(tmp_path):
    write_returns(tmp_path, a_full_year(2017), year=2016)
    write_table(tmp_path, "episodes_2017.csv", [an_episode(DECOM="01/06/2017")])
    write_table(tmp_path, "episodes_2018.csv", [an_episode(DECOM="01/06/2015")])
    assert read_returns(tmp_path).years == (2017, 2018, 2019)


@pytest.mark.parametrize("gap", [0, 1])
def test_a_pooled_file_is_split_by_its_year_column(tmp_path, gap):
    rows = [row | {"LA": "855", "YEAR": str(year - gap)} for year in (2016, 2017) for row in a_full_year(year)]
    write_table(tmp_path, "episodes.csv", rows)
    returns = read_returns(tmp_path)
    assert returns.years == (2016, 2017)
    assert episodes_of(returns)["year"].value_counts().to_dict() == {2016: 60, 2017: 60}
    assert "extra columns" not in rules(returns)


def test_a_history_without_years_is_split_by_when_each_episode_ended(tmp_path):
    write_table(
        tmp_path, "all.csv", a_full_year(2015) + a_full_year(2016) + a_full_year(2017) + [an_episode(DEC="01/01/2031")]
    )
    returns = read_returns(tmp_path)
    assert returns.years == (2015, 2016, 2017)
    assert returns.census_date == date(2017, 3, 31)
    assert "several years in one" in rules(returns, "warning")


def test_several_authorities_in_one_file_do_not_share_children(tmp_path):
    write_table(tmp_path, "e_2017.csv", [an_episode() | {"LA": "855"}, an_episode() | {"LA": "856"}])
    returns = read_returns(tmp_path)
    assert cells(returns, "CHILD") == ["855:1", "856:1"]
    assert "several authorities" in rules(returns, "warning")


# ---- a year that came twice -------------------------------------------------------------------------------------


def test_the_same_bytes_for_the_same_year_are_read_once(tmp_path):
    write_returns(tmp_path / "a", a_full_year(2017))
    write_returns(tmp_path / "b", a_full_year(2017))
    returns = read_returns(tmp_path)
    assert len(episodes_of(returns)) == 60
    assert set(episodes_of(returns)["file"]) == {"a/episodes_2017.csv"}
    assert repaired(returns) == {"twin files": 120}


def test_the_same_bytes_for_two_years_are_no_twins(tmp_path):
    for year in (2016, 2017):
        write_returns(tmp_path, [an_episode(DECOM="01/06/2014")], year=year)
    returns = read_returns(tmp_path)
    assert returns.years == (2016, 2017)
    assert repaired(returns) == {}


def test_two_submissions_of_a_year_are_both_kept_the_later_name_further_down(tmp_path):
    rows = a_full_year(2017)
    for name in ("v10", "v2", "v1"):
        write_table(tmp_path / name, "episodes_2017.csv", [*rows, an_episode(CHILD=name)])
    returns = read_returns(tmp_path)
    assert episodes_of(returns)["file"].unique().tolist() == [
        f"{name}/episodes_2017.csv" for name in ("v1", "v2", "v10")
    ]
    assert "v10/episodes_2017.csv" in finding(returns, "year sent twice")["meaning"]


def test_two_halves_of_a_year_are_one_submission(tmp_path):
    rows = a_full_year(2017)
    write_table(tmp_path, "A-M_2017.csv", rows[:30])
    write_table(tmp_path, "N-Z_2017.csv", rows[30:])
    returns = read_returns(tmp_path)
    assert episodes_of(returns)["file"].unique().tolist() == ["A-M_2017.csv + N-Z_2017.csv"]
    assert len(episodes_of(returns)) == 60
    assert "year sent twice" not in rules(returns)


def test_a_short_table_of_a_later_submission_is_no_half_of_the_earlier_one(tmp_path):
    gone = {"DOB": "01/01/2010", "MISSING": "M", "MIS_START": "01/06/2016", "MIS_END": "02/06/2016"}
    rows = a_full_year(2017)
    for name, child in (("v1", "2017000"), ("v2", "2017001")):
        write_table(tmp_path / name, "episodes_2017.csv", [*rows, an_episode(CHILD=name)])
        write_table(tmp_path / name, "missing_2017.csv", [{"CHILD": child, **gone}])
    returns = read_returns(tmp_path)
    assert cells(returns, "file", "missing") == ["v1/missing_2017.csv", "v2/missing_2017.csv"]


# ---- the census date --------------------------------------------------------------------------------------------


def test_a_whole_year_is_described_to_its_31_march(tmp_path):
    returns = read_returns(write_returns(tmp_path, a_full_year(2017)))
    assert returns.census_date == date(2017, 3, 31)
    assert "extract within the year" not in rules(returns)


def test_a_year_that_stops_in_september_is_described_to_its_last_event(tmp_path):
    rows = a_full_year(2018, days=183)
    returns = read_returns(write_returns(tmp_path, rows, year=2018))
    last = max(day for row in rows for day in (row["DECOM"], row["DEC"]) if day[3:] == "09/2017")
    assert f"{returns.census_date:%d/%m/%Y}" == last
    assert "within the year" in finding(returns, "extract within the year")["rule"]


def test_an_end_planned_beyond_the_cut_does_not_hide_it(tmp_path):
    rows = [*a_full_year(2018, days=183), an_episode(DECOM="01/06/2017", DEC="01/03/2018", REC="E8")]
    assert read_returns(write_returns(tmp_path, rows, year=2018)).census_date.month == 9


def test_the_day_it_was_cut_may_be_given(tmp_path):
    folder = write_returns(tmp_path, a_full_year(2018, days=183), year=2018)
    returns = read_returns(folder, as_at=date(2017, 10, 2))
    assert returns.census_date == date(2017, 10, 2)
    assert "extract within the year" not in rules(returns)


def test_a_day_outside_the_last_year_is_not_taken_and_that_is_said(tmp_path):
    returns = read_returns(write_returns(tmp_path, a_full_year(2017)), as_at=date(2017, 7, 6))
    assert returns.census_date == date(2017, 3, 31)
    assert "as-at date outside the returns" in rules(returns, "warning")


def test_too_few_events_to_tell_are_taken_as_a_whole_year(tmp_path):
    assert read_returns(write_returns(tmp_path, [an_episode(DEC="01/07/2016", REC="E8")])).census_date == date(
        2017, 3, 31
    )


# ---- nothing usable, and nothing in the way ----------------------------------------------------------------------


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ReturnError, match="no such folder"):
        read_returns(tmp_path / "nowhere")


def test_a_folder_of_something_else_is_refused_with_what_was_found(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    write_table(tmp_path, "header.csv", [a_header()])
    with pytest.raises(ReturnError, match="no episodes") as refusal:
        read_returns(tmp_path)
    assert refusal.value.findings.table["rule"].tolist() == ["not a return"]
    assert str(tmp_path.parent) not in str(refusal.value)


def test_the_mark_of_invented_data_is_seen_beside_or_above_what_was_read(tmp_path):
    write_returns(tmp_path / "2017", [an_episode()])
    assert not read_returns(tmp_path).synthetic
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "SYNTHETIC.txt").write_text("invented")
    assert not read_returns(tmp_path).synthetic
    (tmp_path / "SYNTHETIC.txt").write_text("invented")
    assert read_returns(tmp_path).synthetic
    (tmp_path / "SYNTHETIC.txt").rename(tmp_path / "2017" / "SYNTHETIC.txt")
    assert read_returns(tmp_path).synthetic
    assert read_returns(tmp_path / "2017" / "episodes_2017.csv").synthetic


@sample_only
def test_the_public_sample_is_read_whole_and_unaltered():
    returns = read_returns(SAMPLE)
    assert returns.years == (2018, 2019, 2020, 2021, 2022)
    assert returns.census_date == date(2022, 3, 31)
    assert not rules(returns, "error") | rules(returns, "refusal") | rules(returns, "warning")
    for kind, table in returns.tables.items():
        sent = pd.concat(
            [pd.read_csv(path, dtype="str", keep_default_na=False) for path in sorted(SAMPLE.glob(f"*-{kind}.csv"))],
            ignore_index=True,
        )
        for column in TABLES[kind]:
            got = table[column].dt.strftime("%d/%m/%Y") if column in DATE_COLUMNS else table[column]
            expected = sent[column].replace("1.0", "1") if column == "MOTHER" else sent[column]
            assert got.fillna("").tolist() == expected.tolist(), (kind, column)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=200),
    cut=st.integers(0, 400),
    suffix=st.sampled_from(["csv", "xml", "xlsx"]),
    alone=st.booleans(),
)
def test_whatever_a_file_holds_only_a_refusal_may_be_raised(tmp_path, content, cut, suffix, alone):
    folder = tmp_path / str(abs(hash((content, cut, suffix, alone))))
    write_returns(folder, [an_episode(), an_episode(CHILD="2", DEC="01/08/2016", REC="E8")])
    whole = (folder / "episodes_2017.csv").read_bytes()
    (folder / f"odd_2017.{suffix}").write_bytes(whole[:cut] + content + whole[cut:])
    if alone:
        (folder / "episodes_2017.csv").unlink()
    try:
        returns = read_returns(folder)
    except ReturnError as refusal:
        assert alone
        assert str(refusal)
    else:
        assert set(returns.tables["episodes"]["year"]) <= set(range(1900, 2101))


CELL = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["01/04/2017", "2017-04-01", "04/25/2017", "42826", "C2", "S", "1.0", "1E+05", "", "NULL", "٣", "1/1/1"]
    ),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELL, min_size=8, max_size=8), min_size=1, max_size=12))
def test_whatever_the_cells_hold_only_a_refusal_may_be_raised(tmp_path, rows):
    columns = ["CHILD", "DECOM", "DEC", "RNE", "LS", "PLACE", "YEAR", "LA"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "e.csv", index=False, encoding="utf-8", errors="replace")
    try:
        returns = read_returns(tmp_path)
    except ReturnError as refusal:
        assert "no episodes" in str(refusal)
    else:
        assert episodes_of(returns)[["CHILD", "DECOM"]].notna().all(axis="columns").any()


def test_an_unreadable_end_breaks_rule_147_and_tells_its_child_days_and_its_treatment(tmp_path):
    """An end nobody can read leaves the row open to 31 March 2017: 304 nights from 1 June 2016."""
    returns = read_returns(write_returns(tmp_path, [an_episode(DECOM="01/06/2016", DEC="soon"), an_episode(CHILD="2")]))
    found = finding(returns, "147")
    assert (found["rows"], found["children"], found["child_days"]) == (1, 1, 304)
    assert repaired(returns) == {"unreadable dates": 1}


def test_every_row_left_out_or_blanked_by_the_reader_is_a_line_of_the_ledger(tmp_path):
    """The rounded identifier stands in the header as well."""
    sent = [an_episode(CHILD=str(child)) for child in range(9)]
    sent[0]["CHILD"], sent[1]["DECOM"], sent[2]["DEC"] = "1.2E+05", "05/25/2016", "never"
    sent[2]["DECOM"] = "25/05/2016"
    folder = write_returns(tmp_path, sent)
    path = folder / "episodes_2017.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[4] += ",one,two,three"
    lines[5] = "x" * 200_000
    lines[6] = lines[6].replace("S", "\0S", 1)
    lines[7] = lines[7].replace("S", '"S', 1)
    lines[8] = lines[8].rpartition(",")[0]
    path.write_text("\n".join(lines) + "\n1,01/", encoding="utf-8")
    assert repaired(read_returns(folder)) == {
        "too many cells": 1, "line too long": 1, "nul characters": 1, "unclosed quote": 1, "file cut short": 1,
        "too few cells": 1, "unreadable dates": 1, "dates with the month first": 1,
        "identifiers a spreadsheet rounded": 2,
    }  # fmt: skip


def test_halves_of_a_year_tell_the_child_days_of_their_own_rows(tmp_path):
    """1 June 2016 to 31 March 2017 is 304 nights; the other half's row of the same number is another child's."""
    for half, end in (("a", "02/06/2016"), ("b", "soon")):
        rows = [an_episode(CHILD=half, DECOM="01/06/2016", DEC=end), an_episode(CHILD=f"{half}2", DEC="31/03/2017")]
        write_table(tmp_path, f"episodes_2017_{half}.csv", rows)
    assert finding(read_returns(tmp_path, date(2017, 3, 31)), "147")["child_days"] == 304


def test_an_end_before_its_own_start_has_no_say_in_which_year_a_file_is(tmp_path):
    wrong = [an_episode(CHILD=str(number), DEC="31/12/2015", REC="E11") for number in range(4)]
    right = [an_episode(CHILD=str(number)) for number in range(4, 40)]
    assert read_returns(write_returns(tmp_path, [*wrong, *right], year=2017)).years == (2017,)
