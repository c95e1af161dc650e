"""The tables kept for the region's page are what the published panel teaches, where that lies beside the project."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from builders import ROOT, SHARED

from cip_analysis.demand.regional.joining import ENGLAND
from cip_analysis.demand.regional.lessons import teach
from cip_analysis.region_settings import Region
from cip_analysis.returns.published import read_neighbours, read_published
from cip_analysis.returns.reference.national import read_national
from cip_analysis.returns.reference.regions import read_lessons
from cip_analysis.settings import read_settings

PUBLISHED, REFERENCE = SHARED / "published", ROOT / "data" / "reference"
LONDON = {"E13000001": "E12000007", "E13000002": "E12000007"}
ORIGIN = 2018
pytestmark = pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the publishers' own files lie beside the project")


@pytest.fixture(scope="module")
def regions():
    sheet = pd.read_csv(PUBLISHED / "ees" / "cla_number_and_rate_per_10k_children_2023.csv", dtype=str)
    own = sheet[sheet["geographic_level"] == "Local authority"]
    called = {part: one.code for one in ENGLAND for part in one.parts}
    named = own.assign(code=own["old_la_code"].replace(called), region=own["region_code"].replace(LONDON))
    return {str(code): sorted(set(group["code"])) for code, group in named.groupby("region")}


@pytest.fixture(scope="module")
def taught(regions):
    figures = replace(
        read_published(PUBLISHED / "children_looked_after_as_published.csv"),
        neighbours=read_neighbours(PUBLISHED / "statistical_neighbours.csv", "2021"),
    )
    return teach(figures, regions, ENGLAND, ORIGIN)


def test_the_regions_file_names_every_council_the_department_puts_in_it(regions):
    held = read_settings(ROOT / "config" / "regions" / "east-midlands.toml", Region)
    assert sorted(held.councils) == regions[held.code]


def test_what_is_kept_of_councils_is_what_the_panel_teaches(regions, taught):
    kept = read_lessons(REFERENCE / "east_midlands_lessons.csv")
    kept = kept[kept["origin"] == ORIGIN].set_index(["area_code", "term"])["value"]
    told = taught.areas.set_index(["area_code", "term"])["value"]
    pd.testing.assert_series_equal(kept, told.reindex(kept.index), rtol=1e-4)
    assert set(kept.index.get_level_values("area_code")) == {"E12000004", *regions["E12000004"]}


def test_what_is_kept_of_regions_is_what_the_panel_teaches(taught):
    keys = ["horizon_years", "term"]
    kept = read_national(REFERENCE / "region_estimates.csv")
    kept = kept[kept["origin"] == ORIGIN].set_index(keys)["value"].sort_index()
    pd.testing.assert_series_equal(kept, taught.regional.set_index(keys)["value"].sort_index(), rtol=1e-4)


def test_the_figures_kept_are_those_published():
    columns = ["area_code", "year", "publication", "measure"]
    kept = read_published(REFERENCE / "east_midlands.csv").table.set_index(columns)["value"]
    published = read_published(PUBLISHED / "children_looked_after_as_published.csv").table.set_index(columns)["value"]
    pd.testing.assert_series_equal(kept, published.reindex(kept.index), check_names=False)
