"""Who the children are: every way of counting adds to the same stock, and durations fall in the published bands."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from builders import a_placement, make_episodes

from cip_analysis.codes import AGE_UNKNOWN
from cip_analysis.demand.caseload import CaseloadError, count_caseload, count_stock
from cip_analysis.demand.profile import (
    CHARACTERISTICS,
    NOT_RECORDED,
    OTHER,
    care_durations,
    count_on,
    describe_children,
    main_settings,
    middle_band,
    placement_durations,
)

CENSUS = date(2018, 3, 31)


def counted(episodes, by, day=CENSUS):
    table = count_on(episodes, day, by)
    return table[table["children"] > 0].set_index(by)["children"].to_dict()


def several():
    return make_episodes(
        [
            a_placement(child="1", start="2016-06-01", end="2017-06-01", need="family dysfunction"),
            a_placement(
                child="1",
                start="2017-06-01",
                placement="children's home",
                provider="private",
                setting="external residential",
            ),
            a_placement(child="2", sex="female", birth_date="2002-03-31", uasc=True, ethnic_group="Other"),
            a_placement(child="3", birth_date=None, need=None, provider=None, placement=None, setting="other"),
            a_placement(child="4", respite=True, legal_status="respite series, agreement"),
            a_placement(child="5", birth_date="2000-03-31"),
            a_placement(child="6", birth_date="2018-01-01", start="2018-01-10", legal_status="placement order"),
        ]
    )


@pytest.mark.parametrize("by", CHARACTERISTICS)
def test_every_characteristic_adds_to_the_stock_and_its_shares_to_one(by):
    table = count_on(several(), CENSUS, by)
    assert table["children"].sum() == count_stock(several(), CENSUS) == 4
    assert table["share"].sum() == pytest.approx(1)


def test_ages_are_whole_years_on_the_day_itself():
    assert counted(several(), "age band") == {"under 1": 1, "5 to 9": 1, "16 and over": 1, AGE_UNKNOWN: 1}
    assert counted(several(), "age band", date(2018, 3, 30)) == {
        "under 1": 1, "5 to 9": 1, "10 to 15": 1, "16 and over": 1, AGE_UNKNOWN: 1,
    }  # fmt: skip


def test_children_are_described_by_the_placement_of_that_day():
    assert counted(several(), "setting", date(2017, 5, 31))["in-house foster"] == 3
    assert counted(several(), "setting") == {"in-house foster": 2, "external residential": 1, "other": 1}
    assert counted(several(), "placement") == {"foster": 2, "secure or children's home": 1, "other": 1}
    assert counted(several(), "provider") == {"own authority": 2, "private": 1, NOT_RECORDED: 1}
    assert counted(several(), "need") == {"abuse or neglect": 3, NOT_RECORDED: 1}
    assert counted(several(), "unaccompanied asylum-seeking") == {"yes": 1, "no": 3}


def test_a_legal_status_that_changes_within_a_placement_is_read_on_the_day():
    episodes = make_episodes(
        [a_placement(start="2017-01-01")],
        legal=[("1", "2017-01-01", "2017-06-01", "interim care order"), ("1", "2017-06-01", None, "full care order")],
    )
    assert counted(episodes, "legal status", date(2017, 5, 31)) == {"interim care order": 1}
    assert counted(episodes, "legal status", date(2017, 6, 1)) == {"full care order": 1}


def test_every_category_is_there_even_where_no_child_is():
    table = count_on(make_episodes([a_placement()]), CENSUS, "sex")
    assert table["sex"].tolist() == ["male", "female"]
    assert table["children"].tolist() == [1, 0]


def test_several_days_stand_side_by_side_and_empty_categories_go():
    table = describe_children(several(), [date(2017, 5, 31), CENSUS], ["sex", "setting"])
    assert list(table) == ["group", "31 May 2017", "31 March 2018"]
    assert table["group"].tolist() == [
        "Sex: male", "Sex: female", "Setting: in-house foster", "Setting: external residential", "Setting: other",
    ]  # fmt: skip
    of = table["group"].str.split(":").str[0]
    sums = table.drop(columns="group").groupby(of).sum()
    assert sums.to_numpy().tolist() == [[4, 4], [4, 4]]


def test_the_smaller_settings_are_joined_and_nobody_is_lost():
    sizes = {"in-house foster": 5, "kinship": 4, "external residential": 3, "with parents": 2, "family centre": 1}
    rows = [
        a_placement(child=f"{setting}{number}", setting=setting)
        for setting, size in sizes.items()
        for number in range(size)
    ]
    caseload = count_caseload(make_episodes(rows), date(2016, 6, 1), date(2018, 3, 1))
    table = main_settings(caseload, most=3)
    assert table["year"].tolist() == [2017] * 4 + [2018] * 4
    latest = table[table["year"] == 2018].set_index("setting")["children"]
    assert latest.to_dict() == {"in-house foster": 5, "kinship": 4, "external residential": 3, OTHER: 3}
    assert list(latest.index)[-1] == OTHER
    before = count_caseload(make_episodes(rows), date(2016, 6, 1), date(2016, 8, 1))
    assert main_settings(before).empty


def test_an_unknown_characteristic_or_a_day_past_the_census_is_refused():
    with pytest.raises(CaseloadError, match="one of age band, sex"):
        count_on(several(), CENSUS, "height")
    with pytest.raises(CaseloadError, match="after the census"):
        count_on(several(), date(2018, 4, 1), "sex")


def test_placements_fall_in_the_published_bands_by_calendar_months():
    ends = {
        "2017-05-08": "1 to 7 days",
        "2017-05-09": "8 days to under 1 month",
        "2017-05-31": "8 days to under 1 month",
        "2017-06-01": "1 month to under 3 months",
        "2017-08-01": "3 months to under 6 months",
        "2017-11-01": "6 months to under 1 year",
    }
    for end, duration in ends.items():
        table = placement_durations(make_episodes([a_placement(start="2017-05-01", end=end)]), 2018)
        assert table.loc[table["placements"] == 1, "duration"].tolist() == [duration], end
    over_a_year = make_episodes([a_placement(start="2012-05-01", end="2017-05-01", birth_date="2005-01-01")])
    assert placement_durations(over_a_year, 2018)["placements"].tolist() == [0] * 7 + [1]


def test_only_placements_that_ended_in_the_year_count_and_only_in_the_setting_asked_for():
    rows = [
        a_placement(start="2016-06-01", end="2017-03-31"),
        a_placement(start="2017-03-31", end="2017-04-01", setting="kinship"),
        a_placement(start="2017-04-01", end="2018-03-31"),
        a_placement(child="2", temporary=True, end="2017-06-01"),
        a_placement(child="3", respite=True, end="2017-06-01"),
    ]
    assert placement_durations(make_episodes(rows), 2018)["placements"].sum() == 2
    assert placement_durations(make_episodes(rows), 2018, "kinship")["placements"].sum() == 1


def test_the_middle_stay_falls_in_the_band_that_reaches_half():
    table = pd.DataFrame({"duration": ["short", "middling", "long"], "children": [4, 1, 5]})
    assert middle_band(table, "children") == "middling"
    assert middle_band(table.assign(children=[1, 1, 5]), "children") == "long"
    assert middle_band(table.assign(children=0), "children") == "none"


def test_care_lasts_from_the_start_of_the_period_and_a_child_counts_once():
    rows = [
        a_placement(start="2016-06-01", end="2017-05-01"),
        a_placement(start="2017-05-01", end="2017-06-01"),
        a_placement(start="2017-07-01", end="2017-07-10", period=2),
        a_placement(child="2", start="2016-06-01", end="2017-06-01"),
        a_placement(child="3", start="2016-06-01", end="2017-06-01"),
        a_placement(child="3", start="2017-06-01"),
    ]
    table = care_durations(make_episodes(rows), 2018)
    assert table[table["children"] > 0].set_index("duration")["children"].to_dict() == {
        "under 2 weeks": 1, "1 year to under 2 years": 1,
    }  # fmt: skip
