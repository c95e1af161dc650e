"""From returned rows to histories: each repair by a worked example, and the identities that hold for every return."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from builders import SHARED, a_header, an_episode
from returned import returned

from cip_analysis.records import Episodes, Returns
from cip_analysis.returns.episodes import build_episodes
from cip_analysis.returns.histories import HISTORY_REPAIRS, PLACEMENT_REPAIRS
from cip_analysis.returns.repairs import REPAIRS

IN_2019 = date(2019, 3, 31)


def stays(episodes: Episodes, *more: str) -> list[tuple[str, ...]]:
    """Starts and ends as text, "open" where there is no end, then any columns named."""
    table = episodes.table.assign(start=episodes.table["start"].dt.strftime("%d/%m/%Y"))
    table = table.assign(end=episodes.table["end"].dt.strftime("%d/%m/%Y").fillna("open"))
    return list(table[["start", "end", *more]].itertuples(index=False, name=None))


def histories(*lines: dict[str, object], census: date = date(2018, 3, 31), **others: object) -> Episodes:
    """The episodes built from lines of one or more returns."""
    return build_episodes(returned(list(lines), census=census, **others))[0]


def change(rule: str, returns: Returns) -> tuple[int, float]:
    """Rows changed and child-days gained by a repair, from the ledger."""
    line = build_episodes(returns)[1].table.set_index("rule").loc[rule]
    return int(line["rows_changed"]), float(line["child_days_after"] - line["child_days_before"])


def test_a_stay_with_one_move_is_two_placements_of_one_period():
    first = an_episode(DECOM="01/05/2017", DEC="01/09/2017", REC="X1", REASON_PLACE_CHANGE="CHILD")
    second = an_episode(DECOM="01/09/2017", RNE="P", PLACE="K2", PLACE_PROVIDER="PR4", URN="SC9")
    episodes = histories(first, second)
    assert stays(episodes, "period", "setting", "start_reason", "end_reason", "move_reason") == [
        ("01/05/2017", "01/09/2017", 1, "in-house foster", "started to be looked after", "continues", "child asked"),
        ("01/09/2017", "open", 1, "external residential", "placement changed", pytest.approx(float("nan"), nan_ok=True),
         pytest.approx(float("nan"), nan_ok=True)),
    ]  # fmt: skip
    second_row = episodes.table.iloc[1]
    assert second_row["period_start"] == pd.Timestamp(2017, 5, 1)
    assert (second_row["need"], second_row["provider_urn"], second_row["sex"]) == ("abuse or neglect", "SC9", "male")
    assert (second_row["file"], second_row["row"]) == ("episodes_2018.csv", 3)


def test_an_episode_open_on_31_march_and_returned_again_is_one_episode():
    line = an_episode(DECOM="01/05/2017")
    episodes = histories(
        {**line, "year": 2018}, {**line, "year": 2019, "DEC": "01/06/2018", "REC": "E4A"}, census=IN_2019
    )
    assert stays(episodes, "end_reason", "file") == [
        ("01/05/2017", "01/06/2018", "returned home, planned", "episodes_2019.csv")
    ]


def test_a_later_submission_replaces_the_whole_of_an_earlier_one():
    earlier = [an_episode(CHILD="1"), an_episode(CHILD="2")]
    later = {**an_episode(CHILD="1", DEC="01/02/2018", REC="E8"), "file": "resent_2018.csv"}
    returns = returned([*earlier, later])
    assert build_episodes(returns)[0].table["file"].tolist() == ["resent_2018.csv"]
    assert change("a later submission replaces an earlier one", returns)[0] == 2


def test_an_exact_duplicate_counts_once_and_its_days_are_in_the_ledger():
    line = an_episode(DECOM="22/03/2018")
    returns = returned([line, line])
    assert len(build_episodes(returns)[0].table) == 1
    assert change("exact duplicates are counted once", returns) == (1, -10.0)


def test_rows_with_no_child_or_no_start_are_left_out_and_counted():
    returns = returned([an_episode(), an_episode(CHILD="", DECOM="30/03/2018"), an_episode(CHILD="2", DECOM="soon")])
    assert build_episodes(returns)[0].table["child"].tolist() == ["1"]
    assert change("rows with no child or no start are left out", returns) == (2, -2.0)


def test_a_code_on_no_list_is_unknown_and_the_row_stays():
    episodes = histories(an_episode(LS="C7", PLACE="Q9", PLACE_PROVIDER="PR8", CIN="N0"))
    row = episodes.table.iloc[0]
    assert row[["legal_status", "placement", "provider", "need"]].isna().all()
    assert row["setting"] == "other"
    assert episodes.legal.empty


def test_nothing_is_known_after_the_census_date():
    ends_later = an_episode(DEC="01/04/2018", REC="E4A")
    starts_later = an_episode(CHILD="2", DECOM="01/04/2018")
    assert stays(histories(ends_later, starts_later)) == [("01/06/2016", "open")]


def test_an_end_before_its_start_gives_way_to_what_follows():
    wrong = an_episode(DECOM="01/05/2017", DEC="01/04/2017", REC="X1")
    assert stays(histories(wrong, an_episode(DECOM="01/08/2017", RNE="P"))) == [
        ("01/05/2017", "01/08/2017"),
        ("01/08/2017", "open"),
    ]


def test_an_end_before_its_start_with_nothing_after_it_ends_within_its_year():
    wrong = an_episode(DECOM="01/05/2017", DEC="01/04/2017", REC="E4A")
    assert stays(histories(wrong)) == [("01/05/2017", "31/03/2018")]


def test_an_episode_left_open_ends_when_the_next_begins():
    opened = {**an_episode(DECOM="01/05/2017"), "year": 2018}
    moved = {**an_episode(DECOM="01/02/2018", RNE="P"), "year": 2019}
    assert stays(histories(opened, moved, census=IN_2019), "period") == [
        ("01/05/2017", "01/02/2018", 1),
        ("01/02/2018", "open", 1),
    ]


@pytest.mark.parametrize("later", [{"CHILD": "2"}, {"RNE": "S", "DECOM": "01/11/2018"}])
def test_an_episode_left_open_with_no_sequel_has_its_last_night_on_31_march(later):
    opened = {**an_episode(DECOM="01/05/2017"), "year": 2018}
    episodes = histories(opened, {**an_episode(**later), "year": 2019}, census=IN_2019)
    assert stays(episodes)[0] == ("01/05/2017", "01/04/2018")
    stock = episodes.table["end"].fillna(pd.Timestamp(2100, 1, 1)) > pd.Timestamp(2018, 3, 31)
    assert stock.all(), "the child counts in the stock of the 31 March whose return left it open"


def test_a_move_in_a_later_year_is_carried_over_a_missing_return_but_not_over_one_without_the_child():
    opened = {**an_episode(DECOM="01/05/2015"), "year": 2016}
    moved = {**an_episode(DECOM="01/02/2018", RNE="P"), "year": 2018}
    assert stays(histories(opened, moved))[0] == ("01/05/2015", "01/02/2018")
    other = {**an_episode(CHILD="2", DECOM="01/05/2016"), "year": 2017}
    assert stays(histories(opened, moved, other))[0] == ("01/05/2015", "01/04/2016")


def test_within_one_return_a_later_start_ends_the_episode_before():
    outer = an_episode(DECOM="01/05/2017", DEC="01/12/2017", REC="E4A")
    inner = an_episode(DECOM="01/08/2017", DEC="01/09/2017", RNE="P", REC="E4A")
    returns = returned([outer, inner])
    assert stays(build_episodes(returns)[0]) == [("01/05/2017", "01/08/2017"), ("01/08/2017", "01/09/2017")]
    overlap_and_tail = (date(2017, 12, 1) - date(2017, 8, 1)).days
    assert change("overlaps are settled", returns) == (1, -float(overlap_and_tail))


def test_the_later_return_is_believed_over_the_earlier():
    as_first_sent = {**an_episode(DECOM="10/11/2017", PLACE="K2"), "year": 2018}
    corrected = {**an_episode(DECOM="09/11/2017", DEC="01/08/2018", REC="E8", PLACE="U6"), "year": 2019}
    episodes = histories(as_first_sent, corrected, census=IN_2019)
    assert stays(episodes, "placement") == [("09/11/2017", "01/08/2018", "foster carer, other")]


def test_of_two_rows_that_start_together_the_later_line_stands():
    rows = [an_episode(PLACE="U6", DEC="01/09/2017", REC="X1"), an_episode(PLACE="K2", DEC="01/08/2017", REC="E8")]
    assert stays(histories(*rows), "placement") == [("01/06/2016", "01/08/2017", "children's home")]


@pytest.mark.parametrize(
    ("born", "kept"),
    [
        ("01/01/2035", [("01/05/2017", "01/09/2017")]),
        ("01/05/1991", [("01/05/2017", "01/09/2017")]),
        ("02/05/1991", []),
        ("01/06/2017", [("01/06/2017", "01/09/2017")]),
        ("01/09/2017", []),
        ("01/08/1999", [("01/05/2017", "01/08/2017")]),
        ("01/05/1999", []),
        ("", [("01/05/2017", "01/09/2017")]),
    ],
)
def test_care_lies_between_birth_and_the_eighteenth_birthday_where_the_birth_date_can_be_true(born, kept):
    line = an_episode(DECOM="01/05/2017", DEC="01/09/2017", REC="E8")
    assert stays(histories(line, headers=[a_header(DOB=born)])) == kept


def test_an_impossible_birth_date_gives_way_to_a_possible_one_from_another_year():
    rows = [{**an_episode(), "year": year} for year in (2018, 2019)]
    headers = [{**a_header(), "year": 2018}, {**a_header(DOB="01/01/1910"), "year": 2019}]
    assert histories(*rows, headers=headers, census=IN_2019).table["birth_date"].tolist() == [pd.Timestamp(2010, 1, 1)]


def test_a_leap_day_child_is_eighteen_on_1_march():
    line = an_episode(DECOM="01/05/2017")
    assert stays(histories(line, headers=[a_header(DOB="29/02/2000")])) == [("01/05/2017", "01/03/2018")]


def test_without_a_header_age_and_sex_are_unknown_and_the_uasc_table_may_still_tell():
    alone, seeker = an_episode(CHILD="1"), an_episode(CHILD="2")
    listed = {"CHILD": "2", "SEX": "1", "DOB": "01/01/2001", "DUC": ""}
    table = histories(alone, seeker, headers=[], uasc=[listed]).table.set_index("child")
    assert pd.isna(table.loc["1", "birth_date"])
    assert table.loc["1", ["sex", "ethnic_group", "uasc"]].tolist() == ["unknown", "Refused or not known", False]
    assert table.loc["2", ["sex", "birth_date", "uasc"]].tolist() == ["male", pd.Timestamp(2001, 1, 1), True]


def test_a_placement_begun_after_asylum_status_ceased_is_not_of_an_asylum_seeker():
    first = an_episode(DEC="01/09/2017", REC="X1")
    second = an_episode(DECOM="01/09/2017", RNE="P", PLACE="K2")
    listed = {"CHILD": "1", "SEX": "1", "DOB": "01/01/2010", "DUC": "01/08/2017"}
    assert histories(first, second, uasc=[listed]).table["uasc"].tolist() == [True, False]


def test_a_change_of_legal_status_alone_joins_the_placement_and_is_kept_apart():
    accommodated = an_episode(LS="V2", DEC="01/09/2017", REC="X1")
    ordered = an_episode(DECOM="01/09/2017", RNE="L", LS="C1", DEC="01/12/2017", REC="X1", REASON_PLACE_CHANGE="PLACE")
    moved = an_episode(DECOM="01/12/2017", RNE="P", LS="C1", PLACE="K2")
    episodes = histories(accommodated, ordered, moved)
    assert stays(episodes, "legal_status", "move_reason")[0] == (
        "01/06/2016", "01/12/2017", "section 20", "placement no longer available",
    )  # fmt: skip
    assert len(episodes.table) == 2
    legal = episodes.legal
    assert legal["legal_status"].tolist() == ["section 20", "interim care order"]
    assert legal["start"].tolist() == [pd.Timestamp(2016, 6, 1), pd.Timestamp(2017, 9, 1)]
    assert legal["end"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    "second", [{"PLACE": "K2"}, {"PLACE_PROVIDER": "PR4"}, {"URN": "SC2"}, {"LS": "V3"}, {"DECOM": "02/09/2017"}]
)
def test_a_row_said_to_change_legal_status_alone_does_not_join_another_placement_or_respite(second):
    first = an_episode(LS="V2", URN="SC1", DEC="01/09/2017", REC="X1")
    assert len(histories(first, an_episode(**{"DECOM": "01/09/2017", "RNE": "L", "LS": "C1", **second})).table) == 2


def test_a_temporary_placement_keeps_the_setting_before_it_in_the_same_period():
    home = an_episode(PLACE="K2", PLACE_PROVIDER="PR4", DEC="01/09/2017", REC="X1")
    hospital = an_episode(PLACE="T1", PLACE_PROVIDER="", DECOM="01/09/2017", DEC="05/09/2017", RNE="P", REC="E8")
    fresh = an_episode(PLACE="T0", PLACE_PROVIDER="", DECOM="01/11/2017", DEC="05/11/2017", REC="E8")
    assert histories(home, hospital, fresh).table[["setting", "temporary"]].to_numpy().tolist() == [
        ["external residential", False],
        ["external residential", True],
        ["other", True],
    ]


def test_periods_are_numbered_and_open_after_a_gap_or_a_fresh_start():
    first = an_episode(DECOM="01/05/2017", DEC="01/06/2017", REC="X1")
    after_a_gap = an_episode(DECOM="03/06/2017", DEC="01/07/2017", REC="E4A", RNE="P")
    same_day = an_episode(DECOM="01/07/2017", DEC="01/08/2017", REC="X1", RNE="S")
    continued = an_episode(DECOM="01/08/2017", RNE="", PLACE="K2")
    other = an_episode(CHILD="2")
    table = histories(first, after_a_gap, same_day, continued, other).table
    assert table["period"].tolist() == [1, 2, 3, 3, 1]
    assert table["start_reason"].tolist() == [
        "started to be looked after", "placement changed", "started to be looked after", "placement changed",
        "started to be looked after",
    ]  # fmt: skip
    assert table["end_reason"].fillna("unknown").tolist() == [
        "unknown", "returned home, planned", "continues", "unknown", "unknown",
    ]  # fmt: skip


def test_respite_is_flagged_and_kept():
    returns = [an_episode(LS="V3", DEC="10/06/2016", REC="E4A"), an_episode(DECOM="01/08/2016", LS="V2")]
    episodes = histories(*returns)
    assert episodes.table["respite"].tolist() == [True, False]
    assert episodes.legal["respite"].tolist() == [True, False]


def test_children_of_one_address_who_started_together_are_one_household_and_no_address_is_kept():
    together = [an_episode(CHILD="1", HOME_POST="LE1 1AA"), an_episode(CHILD="2", HOME_POST="LE11AA")]
    apart = [an_episode(CHILD="3", HOME_POST="LE1 1AA", DECOM="02/06/2016"), an_episode(CHILD="4")]
    moved = an_episode(CHILD="1", HOME_POST="LE9 9ZZ", DECOM="01/09/2017", RNE="P", PLACE="K2")
    episodes = histories(*together, *apart, moved)
    assert episodes.table["household"].astype("float64").fillna(0).tolist() == [1, 1, 1, 2, 0]
    assert not episodes.table.astype("str").apply(lambda column: column.str.contains("LE1")).to_numpy().any()


def test_a_return_without_a_usable_row_is_an_empty_history():
    episodes, treatments = build_episodes(returned([an_episode(CHILD="", DECOM="")], headers=[a_header()]))
    assert episodes.table.empty
    assert episodes.legal.empty
    assert len(treatments.table) == len(REPAIRS) + len(HISTORY_REPAIRS) + len(PLACEMENT_REPAIRS)


def test_columns_that_were_not_sent_are_unknown():
    line = {name: value for name, value in an_episode().items() if name not in ("URN", "HOME_POST", "CIN", "REC")}
    row = histories(line).table.iloc[0]
    assert row[["provider_urn", "household", "need", "end_reason"]].isna().all()


def test_building_leaves_the_returns_as_they_were():
    returns = returned([an_episode(DEC="01/01/2010"), an_episode(DECOM="01/01/2017", RNE="Q", HOME_POST="")])
    before = {name: table.copy(deep=True) for name, table in returns.tables.items()}
    build_episodes(returns)
    for name, table in returns.tables.items():
        pd.testing.assert_frame_equal(table, before[name])


def test_the_ledger_tells_every_repair_in_order_and_never_whom_it_touched():
    returns = returned([an_episode(CHILD="SECRET7", DEC="01/01/2010")])
    table = build_episodes(returns)[1].table
    assert table["rule"].tolist() == [repair.rule for repair in (*REPAIRS, *HISTORY_REPAIRS, *PLACEMENT_REPAIRS)]
    assert table["rule"].is_unique
    assert "SECRET7" not in table.to_csv()


# ---- the public sample, where it lies beside the project -------------------------------------------------------


def test_the_public_sample_becomes_histories_and_touches_as_many_children_as_decision_0001_says():
    if not (SHARED / "ssda903_sample").is_dir():
        pytest.skip("the public sample is not beside the project")
    from cip_analysis.returns.ssda903 import read_returns

    episodes, treatments = build_episodes(read_returns(SHARED / "ssda903_sample"))
    overlaps = treatments.table.set_index("rule").loc["overlaps are settled"]
    assert (overlaps["rows_changed"], overlaps["children"]) == (52, 25)
    assert overlaps["child_days_before"] - overlaps["child_days_after"] == 7061
    assert episodes.table["child"].nunique() == 820
