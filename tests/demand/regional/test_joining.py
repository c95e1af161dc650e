"""Split and merged authorities stand together: the region's total is the same across the line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from demand.national.invented_panel import figures_of

from cip_analysis.demand.national.panel import panel_at
from cip_analysis.demand.regional.joining import (
    JoiningError,
    add_regions,
    join_parts,
    join_rows,
    members_known,
    shares_of_parts,
    split_draws,
)
from cip_analysis.region_settings import Joined
from cip_analysis.returns.published import CEASED, LOOKED_AFTER, POPULATION

SHIRE = Joined(code="928", name="The shire", before=("928",), after=("940", "941"), since=2013)
COUNTS = pd.DataFrame(
    {2011: [100.0, np.nan, np.nan, 50.0], 2012: [110.0, np.nan, np.nan, 52.0], 2013: [np.nan, 70.0, 48.0, 55.0]},
    index=["928", "940", "941", "999"],
)


def a_panel(origin=2013):
    rows = [
        (code, year, measure, value * scale, year)
        for measure, scale in ((LOOKED_AFTER, 1), (POPULATION, 200), (CEASED, 0.5))
        for code, values in COUNTS.iterrows()
        for year, value in values.items()
        if np.isfinite(value)
    ]
    return panel_at(figures_of(rows, {"940": ("941", "999"), "941": ("940", "999"), "999": ("940", "928")}), origin)


def test_a_shire_cut_in_two_has_one_unbroken_line():
    joined = join_rows(COUNTS, [SHIRE])
    assert joined.loc["928"].tolist() == [100, 110, 118]
    assert list(joined.index) == ["928", "999"]


def test_the_total_of_all_authorities_is_the_same_joined_or_not():
    assert join_rows(COUNTS, [SHIRE]).sum().tolist() == COUNTS.sum().tolist()


def test_a_year_in_which_one_part_is_withheld_is_blank_and_not_the_other_part():
    withheld = COUNTS.assign(**{"2013": COUNTS[2013].where(COUNTS.index != "941")}).drop(columns=2013)
    assert np.isnan(join_rows(withheld, [SHIRE]).loc["928", "2013"])


def test_joining_leaves_the_counts_as_they_were():
    before = COUNTS.copy()
    join_rows(COUNTS, [SHIRE])
    pd.testing.assert_frame_equal(COUNTS, before)


def test_neighbours_are_called_by_the_joined_code_and_none_is_its_own():
    joined = join_parts(a_panel(), [SHIRE])
    assert joined.neighbours["999"] == ("928",)
    assert joined.neighbours["928"] == ("999",)
    assert set(joined.neighbours) == {"928", "999"}


def test_a_region_is_the_sum_of_its_members_and_its_neighbours_are_the_others():
    joined = join_parts(a_panel(), [SHIRE])
    whole = add_regions(joined, {"A": ["928", "999"], "B": ["999"]})
    assert whole.children.loc["A"].tolist() == [150, 162, 173]
    assert whole.population.loc["A", 2013] == 173 * 200
    assert whole.neighbours == {"A": ("B",), "B": ("A",)}


def test_a_region_with_no_members_is_refused_by_name():
    with pytest.raises(JoiningError, match="belongs to E1"):
        add_regions(a_panel(), {"E1": []})


def test_members_too_small_or_with_a_missing_year_are_left_out():
    joined = join_parts(a_panel(), [SHIRE])
    assert members_known(joined, ["928", "999", "000"], 20) == ("928", "999")
    assert members_known(joined, ["928", "999"], 51) == ("928",)


def test_a_shire_that_has_come_apart_divides_by_its_parts_last_counts():
    assert shares_of_parts(COUNTS, [SHIRE], 2013) == {"928": {"940": 70 / 118, "941": 48 / 118}}
    assert shares_of_parts(COUNTS, [SHIRE], 2012) == {}


def test_dividing_a_shire_moves_no_child_of_any_draw():
    draws = np.array([[118.0, 55.0], [236.0, 60.0]])
    split, codes = split_draws(draws, ["928", "999"], {"928": {"940": 70 / 118, "941": 48 / 118}})
    assert codes == ["940", "941", "999"]
    assert split[0].round(9).tolist() == [70, 48, 55]
    np.testing.assert_allclose(split.sum(axis=1), draws.sum(axis=1), rtol=1e-12)
