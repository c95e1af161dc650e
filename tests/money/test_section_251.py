"""Section 251 outturn of a council beside its neighbours, from published figures."""

from __future__ import annotations

import pandas as pd
import pytest
from builders import ROOT

from cip_analysis.money.basis.section_251 import (
    FIGURES,
    MEDIAN,
    Section251Error,
    beside_neighbours,
    define_unit_costs,
    figures_251,
    own_course,
    place_among,
)
from cip_analysis.records import Comparators
from cip_analysis.returns.published import read_published
from cip_analysis.settings import Council, read_settings

COUNCIL = read_settings(ROOT / "config" / "councils" / "leicestershire.toml", Council)
PUBLISHED = read_published(ROOT / "data" / "reference" / "comparators.csv")


def test_spend_a_child_is_the_published_spend_over_the_published_children():
    own = figures_251(PUBLISHED, COUNCIL)
    own = own[own["area_code"].eq(COUNCIL.la_code) & own["year"].eq(2018)].iloc[0]
    assert own["spend_per_child_gbp"] == pytest.approx(34_513_377 / 554)
    assert own["spend_per_resident_child_gbp"] == pytest.approx(34_513_377 / 138_410, rel=1e-3)


def test_the_council_comes_first_and_the_median_of_its_neighbours_second():
    table = beside_neighbours(PUBLISHED, COUNCIL, 2018)
    assert table["area"].tolist()[:2] == ["Leicestershire", MEDIAN]
    near = table["residential_weekly_gbp"].iloc[2:]
    assert len(near) == 10
    assert table["residential_weekly_gbp"].iloc[1] == near.median()
    assert table[list(FIGURES)].notna().all().all()


def test_the_place_among_them_counts_who_is_dearer():
    table = pd.DataFrame({"area": ["ours", MEDIAN, "a", "b"], "cost": [3515.0, 3747.5, 4395.0, 3100.0]})
    assert place_among(table, "cost") == (2, 3)


def test_the_councils_course_is_of_the_years_asked_for():
    course = own_course(PUBLISHED, COUNCIL, 2017, 2018)
    assert course["year"].tolist() == [2017, 2018]
    assert course["spend_gbp_million"].round(1).tolist() == [29.5, 34.5]


def test_a_year_nobody_reported_is_refused_and_an_empty_file_gives_no_rows():
    with pytest.raises(Section251Error, match="the council is held for the year to March 2012"):
        beside_neighbours(PUBLISHED, COUNCIL, 2012)
    assert figures_251(Comparators(PUBLISHED.table.iloc[:0]), COUNCIL).empty


def test_every_definition_says_what_is_spent_what_divides_it_and_what_moves_it():
    assert define_unit_costs().notna().all().all()
