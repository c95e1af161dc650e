"""What was known when: the panel at an origin holds what was out by then, and says where a later figure stands in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from demand.national.invented_panel import a_converging_panel, figures_of

from cip_analysis.demand.national.panel import (
    FEWEST_CHILDREN,
    PanelError,
    able_to_be_forecast,
    as_if_at,
    everyone_else,
    gap_to_neighbours,
    outturn,
    panel_at,
    starts_at,
)
from cip_analysis.records import Comparators
from cip_analysis.returns.published import CEASED, LOOKED_AFTER, POPULATION, STARTED


def test_an_origin_knows_the_latest_figure_out_by_then_and_hindsight_the_last():
    figures = figures_of(
        [
            ("855", 2017, LOOKED_AFTER, 510, 2017),
            ("855", 2017, LOOKED_AFTER, 512, 2018),
            ("855", 2018, LOOKED_AFTER, 555, 2018),
            ("855", 2018, LOOKED_AFTER, 554, 2019),
        ]
    )
    assert panel_at(figures, 2017).children.loc["855"].to_dict() == {2017: 510}
    assert panel_at(figures, 2018).children.loc["855"].to_dict() == {2017: 512, 2018: 555}
    assert outturn(figures).loc["855"].to_dict() == {2017: 512, 2018: 554}


def test_where_a_years_own_release_is_not_held_the_earliest_later_one_stands_in_and_is_counted():
    figures = figures_of(
        [
            ("855", 2020, LOOKED_AFTER, 654, 2022),
            ("855", 2020, LOOKED_AFTER, 650, 2023),
            ("855", 2021, LOOKED_AFTER, 699, 2022),
        ]
    )
    panel = panel_at(figures, 2020)
    assert panel.children.loc["855"].to_dict() == {2020: 654}
    assert panel.stand_ins == 1
    assert panel_at(figures, 2021).stand_ins == 2


def test_population_between_two_published_years_is_interpolated_and_never_carried_beyond():
    figures = figures_of(
        [("855", year, LOOKED_AFTER, 500, year) for year in (2010, 2011, 2012, 2013)]
        + [("855", 2010, POPULATION, 100_000, 2010), ("855", 2012, POPULATION, 104_000, 2012)]
    )
    people = panel_at(figures, 2013).population.loc["855"]
    assert people.iloc[:3].tolist() == [100_000, 102_000, 104_000]
    assert np.isnan(people[2013])


def test_the_gap_is_the_logarithm_of_the_neighbours_mean_rate_over_ones_own():
    """Five neighbours at 60 per 10,000 and one's own 50."""
    rows = [("100", 2018, LOOKED_AFTER, 50, 2018), ("100", 2018, POPULATION, 10_000, 2018)]
    others = ("101", "102", "103", "104", "105")
    for code in others:
        rows += [(code, 2018, LOOKED_AFTER, 120, 2018), (code, 2018, POPULATION, 20_000, 2018)]
    gap = gap_to_neighbours(panel_at(figures_of(rows, {"100": others, "101": others[1:]}), 2018))
    assert gap.loc["100", 2018] == pytest.approx(np.log(60 / 50))
    assert np.isnan(gap.loc["101", 2018]), "four neighbours are too few"


def test_an_authority_made_or_unmade_by_a_boundary_change_or_with_few_children_is_left_out():
    figures = a_converging_panel(areas=20)
    table = figures.table
    new = (table["area_code"] == "101") & (table["year"] < 2016)
    gone = (table["area_code"] == "102") & (table["year"] > 2016)
    few = table["area_code"].eq("103") & table["measure"].eq(LOOKED_AFTER)
    figures = Comparators(
        table.assign(value=table["value"].mask(few, FEWEST_CHILDREN - 1))[~new & ~gone], figures.neighbours
    )
    assert set(panel_at(figures, 2018).children.index) - set(able_to_be_forecast(panel_at(figures, 2018))) == {
        "101", "102", "103",
    }  # fmt: skip


def test_without_a_list_every_other_authority_is_a_neighbour():
    near = everyone_else(a_converging_panel(areas=12))
    assert set(near["100"]) == set(near) - {"100"}


def test_an_origin_nobody_has_a_figure_for_is_refused():
    with pytest.raises(PanelError, match="No authority has looked_after for 2009"):
        panel_at(a_converging_panel(areas=12), 2009)


def test_where_starts_are_not_held_those_implied_stand_in_less_the_share_by_which_the_two_differ():
    """500 → 540 with 160 ceased implies 200; in 2013, where 180 starts are held, 200 are implied too: a tenth off."""
    rows = [("855", 2010, LOOKED_AFTER, 500, 2010), ("855", 2013, STARTED, 180, 2013)]
    for year, stock, ceased in ((2011, 540, 160), (2012, 580, 160), (2013, 620, 160)):
        rows += [("855", year, LOOKED_AFTER, stock, year), ("855", year, CEASED, ceased, year)]
    rows += [("855", 2010, STARTED, 150, 2010)]
    starts = starts_at(figures_of(rows), 2013).children.loc["855"]
    assert starts.tolist() == pytest.approx([150, 180, 180, 180])


def test_as_if_at_an_earlier_year_nothing_later_is_held():
    panel = as_if_at(panel_at(a_converging_panel(areas=12), 2018), 2015)
    assert panel.origin == 2015
    for table in (panel.children, panel.population, panel.ceased):
        assert table.columns.max() == 2015


def test_making_a_panel_leaves_the_figures_as_they_were():
    figures = a_converging_panel(areas=12)
    before = figures.table.copy()
    panel_at(figures, 2018)
    pd.testing.assert_frame_equal(figures.table, before)
