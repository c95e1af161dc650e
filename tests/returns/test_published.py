"""Published figures: every layout read alike, symbols never noughts, and nothing known before it was published."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from builders import ROOT, SHARED, a_placement, make_episodes

from cip_analysis.demand.others import (
    MEAN_OF_RATES,
    POOLED,
    ComparisonError,
    compare_flows,
    compare_rates,
    count_beside_published,
    rate_per_10k,
    value_of,
    vintages,
    with_every_year,
)
from cip_analysis.records import Comparators
from cip_analysis.returns.published import (
    LOOKED_AFTER,
    MEASURES,
    POPULATION,
    UASC,
    PublishedError,
    as_known_at,
    first_known,
    known_with_census,
    latest,
    read_neighbours,
    read_published,
    release_day,
)
from cip_analysis.settings import Council, read_settings

REFERENCE = ROOT / "data" / "reference" / "comparators.csv"
DOWNLOAD = SHARED / "published" / "ees" / "cla_number_and_rate_per_10k_children_2023.csv"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the publishers' own files lie beside the project")

PLACE = "2025,Reporting year,Local authority,E92000001,England,E12000004,East Midlands,855,Leicestershire,E10000018"
LATER = f"""time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,old_la_code,\
la_name,new_la_code,population_type,population_estimate,children_count,rate_per_10000
2025,Reporting year,National,E92000001,England,,,,,,Children looked after on 31 March,12183016,81770,67
2025,Reporting year,National,E92000001,England,,,,,,Children looked after on 31 March excluding \
unaccompanied asylum-seeking children,12183016,75240,62
2025,Reporting year,Regional,E92000001,England,E12000004,East Midlands,,,,\
Children looked after on 31 March,999990,6600,66
{PLACE},Children looked after on 31 March,147439,694,47
{PLACE},Children who started to be looked after during the year,147439,c,c
{PLACE},Children who ceased to be looked after during the year,147439,z,z
{PLACE},Children looked after on 31 March who were unaccompanied asylum-seeking children,147439,low,low
"""
PANEL = """geographic_level,new_code,old_la_code,name,year,measure,value,raw,publication
Local authority,E10000018,855,Leicestershire,2018,cla_31_march,555,555,2018
Local authority,E10000018,855,Leicestershire,2018,cla_31_march,554,554,2019
Local authority,E10000018,855,Leicestershire,2018,population_0_17,138410,"138,410",2018
Local authority,E10000018,855,Leicestershire,2018,uasc,,x,2018
Local authority,E10000018,855,Leicestershire,2018,place_foster,405,405,2018
Regional,E12000004,,East Midlands,2018,cla_31_march,5640,5640,2018
"""


def a_file(folder, text, name="published.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def the_council() -> Council:
    return read_settings(ROOT / "config" / "councils" / "leicestershire.toml", Council)


def test_the_later_spelling_of_the_download_is_read_like_the_earlier(tmp_path):
    figures = read_published(a_file(tmp_path, "\ufeff" + LATER))
    assert value_of(figures, "855", LOOKED_AFTER, 2025) == 694
    assert value_of(figures, "855", POPULATION, 2025) == 147_439
    assert value_of(figures, "E12000004", LOOKED_AFTER, 2025) == 6600
    assert value_of(figures, "E92000001", LOOKED_AFTER, 2025) == 81_770
    assert set(figures.table["level"]) == {"authority", "region", "country"}
    assert figures.table["publication"].unique().tolist() == [
        "DfE, Children looked after in England, year ending March 2025"
    ]


def test_a_symbol_is_kept_as_printed_and_is_never_a_nought(tmp_path):
    table = read_published(a_file(tmp_path, LATER)).table
    withheld = table[table["symbol"].notna()]
    assert withheld.set_index("measure")["symbol"].to_dict() == {"started": "c", "ceased": "z", "uasc": "low"}
    assert withheld["value"].isna().all()
    assert not (table["value"] == 0).any()


def test_a_symbol_has_no_rate(tmp_path):
    figures = read_published(a_file(tmp_path, LATER))
    assert rate_per_10k(figures, "started").empty
    assert rate_per_10k(figures).loc[lambda rates: rates["area_code"] == "855", "rate_per_10k"].round(2).tolist() == [
        47.07
    ]


def test_the_panel_keeps_each_publication_and_leaves_measures_it_does_not_know(tmp_path):
    figures = read_published(a_file(tmp_path, PANEL))
    assert set(figures.table["measure"]) == {LOOKED_AFTER, POPULATION, UASC}
    assert value_of(as_known_at(figures, date(2018, 11, 30)), "855", LOOKED_AFTER, 2018) == 555
    assert value_of(latest(figures), "855", LOOKED_AFTER, 2018) == 554
    assert value_of(figures, "855", POPULATION, 2018) == 138_410
    assert value_of(figures, "855", UASC, 2018) is None


def test_nothing_is_known_before_it_was_published(tmp_path):
    figures = read_published(a_file(tmp_path, PANEL))
    assert as_known_at(figures, date(2018, 7, 6)).table.empty
    assert first_known(figures, "855", 2018) == date(2018, 11, 15)
    assert first_known(figures, "855", 1999) is None


def test_a_census_is_read_with_what_was_known_when_it_first_came_out():
    figures = read_published(REFERENCE)
    then = known_with_census(figures, "855", date(2018, 3, 31))
    assert value_of(then, "855", LOOKED_AFTER, 2018) == 555
    assert value_of(then, "855", LOOKED_AFTER, 2019) is None
    in_year = known_with_census(figures, "855", date(2019, 2, 1))
    pd.testing.assert_frame_equal(in_year.table, then.table)
    assert (
        value_of(known_with_census(figures, "855", date(2018, 3, 31), hindsight=True), "855", LOOKED_AFTER, 2025) == 694
    )
    assert known_with_census(figures, "999", date(2012, 3, 31)).table["year"].max() == 2011


def test_the_councils_own_count_stands_beside_the_departments():
    episodes = make_episodes([a_placement(start="2016-06-01"), a_placement(child="2", start="2017-06-01")])
    table = count_beside_published(episodes, read_published(REFERENCE), the_council(), [2017, 2018, 2019])
    assert table["year"].tolist() == [2017, 2018]
    assert table[["looked_after", "started", "ceased"]].to_numpy().tolist() == [[1, 1, 0], [2, 1, 0]]
    assert table.loc[1, ["published_looked_after", "published_started", "published_ceased"]].tolist() == [554, 218, 179]


def test_choosing_a_vintage_leaves_the_figures_untouched():
    figures = read_published(REFERENCE)
    before = figures.table.copy(deep=True)
    as_known_at(figures, date(2018, 11, 30))
    latest(figures)
    compare_rates(figures, the_council())
    pd.testing.assert_frame_equal(figures.table, before)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "a web page, not CSV"),
        (b"PK\x03\x04rubbish", "a zip or spreadsheet"),
        (b'{"releases": []}', "JSON"),
        (b"time_period,geographic_level\n", "column names and no rows"),
        (b"year,children\n2018,554\n", r"columns \(year, children, …\) are of no layout"),
        ("area,über\nx,y\n".encode("utf-16"), "not readable as UTF-8"),
        (LATER.replace(",694,", ",six hundred,").encode(), "1 figures are neither a number nor a known symbol"),
    ],
)
def test_what_is_not_a_published_file_is_refused_with_what_it_is_instead(tmp_path, text, says):
    with pytest.raises(PublishedError, match=says) as refusal:
        read_published(a_file(tmp_path, text))
    assert str(refusal.value).startswith("published.csv: ")


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(PublishedError, match=r"figures\.csv: no such file"):
        read_published(tmp_path / "figures.csv")


def test_neighbours_come_nearest_first_and_an_unknown_model_is_refused(tmp_path):
    rows = [
        "model,old_la_code,la_name,rank,sn_old_la_code",
        "2021,855,L,2,937",
        "2021,855,L,1,803",
        "2021,855,L,10,895",
    ]
    path = a_file(tmp_path, "\n".join(rows))
    assert read_neighbours(path, "2021") == {"855": ("803", "937", "895")}
    with pytest.raises(PublishedError, match="it holds 2021"):
        read_neighbours(path, "2017")
    with pytest.raises(PublishedError, match="no column rank"):
        read_neighbours(a_file(tmp_path, "model,old_la_code,sn_old_la_code\n2021,855,803\n"), "2021")


def test_a_pooled_rate_weighs_by_population_and_a_mean_of_rates_does_not():
    rows = [("803", 10, 1000), ("937", 300, 10_000), ("855", 40, 1000), ("E12000004", 9, 900), ("E92000001", 9, 900)]
    counts = [(*row, LOOKED_AFTER) for row in rows]
    people = [(code, population, population, POPULATION) for code, _, population in rows]
    table = pd.DataFrame(counts + people, columns=["area_code", "value", "_", "measure"]).assign(
        area="made", level="authority", year=2018, symbol=None, publication="made",
        published=pd.Timestamp("2018-11-15"),
    ).astype({"symbol": "str", "value": "float64"})  # fmt: skip
    compared = compare_rates(Comparators(table), the_council()).set_index("series")
    assert compared.loc[POOLED, "rate_per_10k"] == pytest.approx(310 / 11_000 * 10_000)
    assert compared.loc[MEAN_OF_RATES, "rate_per_10k"] == pytest.approx((100 + 300) / 2)
    assert compared.loc[POOLED, "areas"] == 2


def test_few_children_start_in_the_county_and_fewer_still_leave():
    flows = compare_flows(as_known_at(read_published(REFERENCE), date(2018, 11, 30)), the_council()).set_index("year")
    assert flows.index.tolist() == [2010, 2014, 2015, 2016, 2017, 2018]
    assert flows.loc[2018].round(1).tolist() == [15.8, 21.0, 12.9, 18.2]
    assert flows.loc[2018, "started_per_10k"] == pytest.approx(218 / 138_410 * 10_000)


def test_a_year_without_a_rate_is_a_gap_and_not_a_line_drawn_across_it():
    rates = compare_rates(read_published(REFERENCE), the_council())
    assert rates["series"].drop_duplicates().tolist()[:2] == ["Leicestershire", POOLED]
    gaps = with_every_year(rates)
    assert sorted(gaps.loc[gaps["rate_per_10k"].isna(), "year"].unique()) == [2011, 2012, 2013]
    pd.testing.assert_frame_equal(gaps.dropna(ignore_index=True), rates, check_dtype=False)


# ---- the table the project carries -----------------------------------------------------------------------------


def test_the_reference_table_holds_both_the_first_figure_and_the_revised_one():
    figures = read_published(REFERENCE)
    moved = vintages(figures, "855").set_index("year")
    assert moved.loc[2018, ["first_figure", "latest_figure", "change"]].tolist() == [555, 554, -1]
    assert moved.loc[2018, "first_release"] == "November 2018"
    stock = [value_of(figures, "855", LOOKED_AFTER, year) for year in range(2010, 2026)]
    assert stock == [330, 352, 373, 435, 456, 471, 469, 510, 554, 583, 654, 706, 696, 681, 725, 694]


def test_the_reference_table_covers_the_council_its_neighbours_region_and_england_every_year():
    figures = read_published(REFERENCE)
    council = the_council()
    stock = latest(figures).table.loc[lambda table: table["measure"] == LOOKED_AFTER]
    expected = {council.la_code, council.region_code, "E92000001", *council.neighbours}
    assert set(stock["area_code"]) == expected
    assert (stock.groupby("area_code")["year"].nunique() == 16).all()
    assert set(figures.table["measure"]) <= set(MEASURES)


def test_a_council_the_statistics_do_not_hold_is_refused_with_what_to_do():
    testshire = the_council().model_copy(update={"name": "Testshire", "la_code": "999"})
    with pytest.raises(ComparisonError, match=r"to March 2025 of Testshire \(999\)\. Check the codes"):
        compare_rates(read_published(REFERENCE), testshire)
    alone = the_council().model_copy(update={"neighbours": ("999",)})
    with pytest.raises(ComparisonError, match="any of its neighbours"):
        compare_rates(read_published(REFERENCE), alone)
    early = as_known_at(read_published(REFERENCE), date(2000, 1, 1))
    with pytest.raises(ComparisonError, match="for any year known by the census"):
        compare_rates(early, the_council())


def test_areas_are_called_as_the_councils_file_calls_them():
    shire = the_council().model_copy(update={"name": "The Shire", "region": "The Midlands"})
    series = set(compare_rates(read_published(REFERENCE), shire)["series"])
    assert series == {"The Shire", "The Midlands", "England", POOLED, MEAN_OF_RATES}


def test_the_july_2018_comparisons_come_out_of_the_reference_table():
    rates = compare_rates(as_known_at(read_published(REFERENCE), date(2018, 11, 30)), the_council())
    at = rates.set_index(["year", "series"])["rate_per_10k"].round(1)
    assert at[2018, "Leicestershire"] == 40.1
    assert at[2018, POOLED] == 50.9
    assert [round(at[year, "East Midlands"]) for year in (2017, 2018)] == [55, 57]
    assert [round(at[year, "England"]) for year in (2017, 2018)] == [62, 64]


@needs_shared
def test_the_departments_own_download_agrees_with_the_reference_table():
    fetched, held = read_published(DOWNLOAD), read_published(REFERENCE)
    ours = as_known_at(held, release_day(2023)).table
    keys = ["area_code", "year", "measure"]
    both = fetched.table.merge(ours, on=keys, suffixes=("", "_held"))
    both = both[both["publication"] == both["publication_held"]]
    assert len(both) > 50
    assert (both["value"] == both["value_held"]).all()
    assert fetched.table["symbol"].isin(["c", "z"]).sum() > 0


@needs_shared
def test_the_panels_of_earlier_releases_are_read_whole():
    for name in ("leicestershire_and_comparators_2010_2025.csv", "children_looked_after_as_published.csv"):
        assert len(read_published(SHARED / "published" / name).table) > 1000
    neighbours = read_neighbours(SHARED / "published" / "statistical_neighbours.csv", "2021")
    assert neighbours["855"] == the_council().neighbours


def test_a_folder_in_the_place_of_a_download_is_said(tmp_path):
    with pytest.raises(PublishedError, match="cannot be opened"):
        read_published(tmp_path)
