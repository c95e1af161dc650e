"""Reviews, missing spells, social workers, health, leavers and adoption agree with the histories they hang on."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest
from synthetic.invented import a_child, a_county, a_line, a_small_county

from cip_analysis.synthetic.adoption import ADOPTERS, adoptions_table, invent_decisions, placed_adoption_table
from cip_analysis.synthetic.attachments import (
    Events,
    invent_events,
    missing_table,
    previous_permanence_table,
    reviews_table,
    uasc_table,
)
from cip_analysis.synthetic.files import collection_years, invent_identities, lines_of_year
from cip_analysis.synthetic.history import Histories
from cip_analysis.synthetic.outcomes import health_table, leavers_of_year, leavers_table, long_in_care


@cache
def the_events() -> Events:
    return invent_events(a_small_county(), "855", seed=5)


def lines_at(histories: Histories, events: pd.DataFrame, day: str) -> pd.DataFrame:
    """Each event beside every line of its child that holds the event's day, ends included."""
    both = events.reset_index(names="event").merge(histories.episodes, on="child", suffixes=("_event", ""))
    ends = both["end"].fillna(pd.Timestamp(2100, 1, 1))
    return both[(both[day] >= both["start"]) & (both[day] <= ends)]


def test_every_review_is_held_while_the_child_is_in_care_and_not_in_respite():
    reviews = the_events().reviews
    told = reviews[reviews["day"] <= pd.Timestamp(a_small_county().last_day)]
    during = lines_at(a_small_county(), told, "day")
    assert set(during.loc[~during["legal_status"].isin(["V3", "V4"]), "event"]) == set(told.index)


def test_reviews_come_within_a_month_then_three_then_every_six():
    events = invent_events(a_county(a_line(start="2015-04-10"), years=(2016, 2018)), "855", seed=5)
    gaps = events.reviews["day"].diff().dt.days.dropna()
    assert (events.reviews["day"].iloc[0] - pd.Timestamp(2015, 4, 10)).days <= 28
    assert gaps.iloc[0] <= 100
    assert gaps.iloc[1:].between(165, 195).all()
    assert len(gaps) >= 5


def test_a_child_under_four_takes_no_part_in_a_review():
    young = a_county(a_line(start="2016-04-10"), children=(a_child(birth_date="2014-04-10"),), years=(2017, 2019))
    reviews = invent_events(young, "855", seed=5).reviews
    under_four = reviews["day"] < pd.Timestamp(2018, 4, 10)
    assert (reviews["code"].eq("PN0") == under_four).all()
    assert under_four.any() and not under_four.all()


def test_missing_spells_lie_inside_one_line_and_never_touch():
    histories, spells = a_small_county(), the_events().missing
    during = lines_at(histories, spells.rename(columns={"start": "gone", "end": "back"}), "gone")
    inside = during["back"] <= during["end"].fillna(pd.Timestamp(2100, 1, 1))
    assert set(during.loc[inside, "event"]) == set(spells.index)
    same = spells["child"].eq(spells["child"].shift())
    assert (spells["start"] > spells["end"].shift())[same].all()
    assert len(spells) > 30


def test_no_missing_spell_is_open_on_a_31_march():
    spells = the_events().missing
    year = [days.dt.year + (days.dt.month > 3) for days in (spells["start"], spells["end"])]
    assert (year[0] == year[1]).all()
    histories = a_small_county()
    told = [missing_table(lines_of_year(histories, year), the_events(), invent_identities(histories.children, 5))
            for year in collection_years(histories)]  # fmt: skip
    assert all(table["MIS_END"].ne("").all() for table in told)


def test_a_child_always_has_one_social_worker_at_a_time():
    workers = the_events().workers
    same = workers["child"].eq(workers["child"].shift())
    assert (workers["start"] == workers["end"].shift())[same].all()
    assert workers.groupby("child")["reason"].first().eq("FCONTA").all()


def test_everyone_who_starts_in_the_year_says_what_permanence_they_had_before():
    histories = a_small_county()
    ids = invent_identities(histories.children, 5)
    for year in collection_years(histories):
        this = lines_of_year(histories, year)
        table = previous_permanence_table(this, the_events(), ids)
        began = this.lines[this.lines["start_reason"].eq("S") & this.lines["start"].between(this.first, this.last)]
        assert set(table["CHILD"]) == set(began["child"].map(ids.ids))
        assert (table["PREV_PERM"].eq("Z1") == table["DATE_PERM"].eq("")).all()
        assert (table["PREV_PERM"].eq("Z1") == table["LA_PERM"].eq("")).all()


def test_a_child_only_in_respite_has_no_review_in_the_file():
    stays = [a_line(start=f"2016-0{month}-03", legal_status="V3", end=f"2016-0{month}-09", end_reason="E4A")
             for month in (5, 6, 7)]  # fmt: skip
    county = a_county(*stays)
    table = reviews_table(
        lines_of_year(county, 2017), invent_events(county, "855", 1), invent_identities(county.children, 1)
    )
    assert table.empty


def test_unaccompanied_status_lasts_to_the_18th_birthday():
    alone = a_child(uasc=True, birth_date="2001-09-01")
    county = a_county(a_line(legal_status="V2"), children=(alone,))
    table = uasc_table(lines_of_year(county, 2017), invent_identities(county.children, 1))
    assert list(table["DUC"]) == ["01/09/2019"]


# ---- health -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "whole_year"),
    [
        ({"start": "2016-03-31"}, True),
        ({"start": "2016-04-01"}, True),
        ({"start": "2016-04-02"}, False),
        ({"start": "2015-05-01", "end": "2017-03-31", "end_reason": "E4A"}, True),
        ({"start": "2015-05-01", "end": "2017-03-30", "end_reason": "E4A"}, False),
        ({"start": "2017-03-20", "legal_status": "V3"}, False),
    ],
)
def test_health_is_told_of_those_in_care_the_whole_year(line, whole_year):
    county = a_county(a_line(**line))
    assert (1 in long_in_care(lines_of_year(county, 2017))) is whole_year


@pytest.mark.parametrize(
    ("birth_date", "scored", "convicted", "promoted"),
    [
        ("2013-06-01", False, False, True),  # 3 at the end of the year
        ("2012-06-01", True, False, True),  # 4
        ("2010-06-01", True, False, False),  # 6
        ("2005-06-01", True, True, False),  # 11
        ("1999-03-01", False, True, False),  # 17 before the year began
    ],
)
def test_each_item_of_health_is_told_at_the_ages_it_is_asked(birth_date, scored, convicted, promoted):
    county = a_county(a_line(start="2016-01-01"), children=(a_child(birth_date=birth_date),))
    row = health_table(lines_of_year(county, 2017), invent_identities(county.children, 1), seed=1).iloc[0]
    assert (bool(row["SDQ_SCORE"]) != bool(row["SDQ_REASON"])) is scored
    assert (row["CONVICTED"] != "") is convicted
    assert (row["HEALTH_CHECK"] != "") is promoted


# ---- leavers ----------------------------------------------------------------------------------------------------


def leavers(line: dict[str, object], birth_date: str) -> list[int]:
    """Leavers told of in the year to March 2018, of one child with one line."""
    county = a_county(line, children=(a_child(birth_date=birth_date),))
    this, before = lines_of_year(county, 2018), lines_of_year(county, 2017)
    return list(leavers_of_year(county.children, this, before)["child"])


def test_a_leaver_is_told_of_at_the_next_birthday_from_17_on():
    left = a_line(start="2015-01-01", end="2017-05-01", end_reason="E5")
    assert leavers(left, "2000-08-01") == [1]  # 16 on leaving, 17 in August
    assert leavers(left, "2000-04-15") == []  # 17 before leaving, 18 only next April
    assert leavers(left, "2001-08-01") == []  # 16 in August


def test_who_was_in_care_too_short_a_time_is_no_leaver():
    short = a_line(start="2017-02-01", end="2017-05-01", end_reason="E5")
    enough = a_line(start="2017-01-30", end="2017-05-01", end_reason="E5")
    assert (leavers(short, "2000-08-01"), leavers(enough, "2000-08-01")) == ([], [1])


@pytest.mark.parametrize("reason", ["E2", "E3"])
def test_who_died_or_went_to_another_council_is_no_leaver(reason):
    assert leavers(a_line(start="2015-01-01", end="2017-05-01", end_reason=reason), "2000-08-01") == []


def test_nothing_but_contact_is_told_of_leavers_out_of_touch():
    histories = a_small_county()
    ids = invent_identities(histories.children, 5)
    tables = []
    for year in collection_years(histories):
        this, before = lines_of_year(histories, year), lines_of_year(histories, year - 1)
        tables.append(leavers_table(this, leavers_of_year(histories.children, this, before), ids, seed=5))
    told = pd.concat(tables)
    assert (told["IN_TOUCH"].eq("YES") == told["ACTIV"].ne("0")).all()
    assert (told["ACTIV"].ne("0") == told["ACCOM"].ne("0")).all()
    assert len(told) > 10


# ---- adoption ---------------------------------------------------------------------------------------------------


def on_the_way_to_adoption(end: str | None, reason: str) -> Histories:
    """Care order, placement order in July 2016, placed in January 2017, and an ending."""
    return a_county(
        a_line(start="2016-05-01", end="2016-07-10", end_reason="X1"),
        a_line(
            start="2016-07-10",
            start_reason="L",
            legal_status="E1",
            end="2017-01-20",
            end_reason="X1",
            move_reason="CARPL",
        ),
        a_line(start="2017-01-20", start_reason="P", legal_status="E1", placement="A6", end=end, end_reason=reason),
        children=(a_child(birth_date="2015-02-01"),),
        years=(2017, 2019),
    )


def test_a_decision_comes_in_care_and_before_the_order_and_the_match_before_the_placement():
    for seed in range(20):
        decision = invent_decisions(on_the_way_to_adoption("2017-12-01", "E12"), seed).iloc[0]
        assert pd.Timestamp(2016, 5, 1) <= decision["decided"] < pd.Timestamp(2016, 7, 10)
        assert decision["decided"] <= decision["matched"] <= pd.Timestamp(2017, 1, 20)


def test_an_adoption_is_told_once_with_the_date_of_its_decision():
    county = on_the_way_to_adoption("2017-12-01", "E12")
    decisions, ids = invent_decisions(county, 3), invent_identities(county.children, 3)
    years = {year: lines_of_year(county, year) for year in (2017, 2018, 2019)}
    adopted = {year: adoptions_table(this, decisions, ids) for year, this in years.items()}
    placed = {year: placed_adoption_table(this, decisions, ids) for year, this in years.items()}
    assert [len(adopted[year]) for year in years] == [0, 1, 0]
    assert [len(placed[year]) for year in years] == [1, 1, 0]
    assert (
        adopted[2018]["DATE_INT"].iloc[0] == placed[2017]["DATE_PLACED"].iloc[0] == placed[2018]["DATE_PLACED"].iloc[0]
    )
    assert set(placed[2018]["DATE_PLACED_CEASED"]) == {""}
    assert tuple(adopted[2018][["NB_ADOPTR", "SEX_ADOPTR", "LS_ADOPTR"]].iloc[0]) in ADOPTERS


def test_a_decision_ceases_with_a_reason_when_the_child_leaves_otherwise():
    county = on_the_way_to_adoption("2017-12-01", "E4A")
    decisions, ids = invent_decisions(county, 3), invent_identities(county.children, 3)
    first, second = (
        placed_adoption_table(lines_of_year(county, year), decisions, ids).iloc[0] for year in (2017, 2018)
    )
    assert (first["DATE_PLACED_CEASED"], first["REASON_PLACED_CEASED"]) == ("", "")
    assert second["DATE_PLACED_CEASED"] == "01/12/2017"
    assert second["REASON_PLACED_CEASED"].startswith("RD")


def test_a_decision_that_stands_is_told_every_year():
    county = on_the_way_to_adoption(None, "")
    decisions, ids = invent_decisions(county, 3), invent_identities(county.children, 3)
    told = [placed_adoption_table(lines_of_year(county, year), decisions, ids) for year in (2017, 2018, 2019)]
    assert [len(table) for table in told] == [1, 1, 1]
    assert len({table["DATE_PLACED"].iloc[0] for table in told}) == 1
