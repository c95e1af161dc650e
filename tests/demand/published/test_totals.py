"""The total from published figures alone: the panel's own forecast, drawn; and its past, judged as any other."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest
from builders import ROOT

from cip_analysis.councils import read_council
from cip_analysis.demand.national.estimates import NationalError, forecast_authority
from cip_analysis.demand.published.totals import Published, forecast_totals, look_back_totals
from cip_analysis.records import Comparators
from cip_analysis.returns.published import LOOKED_AFTER, read_published
from cip_analysis.returns.reference.national import read_national

REFERENCE = ROOT / "data" / "reference"
ORIGIN = date(2023, 3, 31)


@cache
def figures() -> Comparators:
    return read_published(REFERENCE / "authority_figures.csv")


def published(code: str = "855", of: Comparators | None = None) -> Published:
    return Published(read_council(ROOT, code), of or figures(), read_national(REFERENCE / "national_estimates.csv"))


def test_the_draws_have_the_quantiles_of_the_panels_forecast_at_each_year_end():
    totals = forecast_totals(published(), ORIGIN, 48, 20_000, 7)
    seen = published()
    made = forecast_authority(seen.estimates, seen.comparators, seen.council, 2023)
    levels = [column for column in made if isinstance(column, float)]
    for years in (1, 2, 3, 4):
        drawn = totals.total[:, 12 * years]
        for wanted in (0.1, 0.5, 0.9):
            told = np.interp(wanted, levels, made.loc[years, levels].astype(float))
            assert np.quantile(drawn, wanted) == pytest.approx(told, rel=0.01), (years, wanted)


def test_every_draw_starts_from_the_count_published_and_every_month_is_drawn():
    totals = forecast_totals(published(), ORIGIN, 48, 300, 7)
    assert set(totals.total[:, 0]) == {681}
    assert totals.months[0] == ORIGIN
    assert totals.months[-1] == date(2027, 3, 31)
    assert totals.total.shape == (300, 49)
    spread = np.log(totals.total / 681).std(axis=0)
    assert spread[3] == pytest.approx(spread[12] / 2, rel=0.05), "the root of a quarter of a year is a half"
    assert (np.diff(spread[::12]) > 0).all()


def test_the_same_seed_gives_the_same_draws_and_more_figures_change_nothing():
    near = {"855", *read_council(ROOT, "855").neighbours}
    table = figures().table
    alone = Comparators(table[table["area_code"].isin(near)])
    ours, every = (forecast_totals(published("855", of), ORIGIN, 48, 200, 7) for of in (alone, figures()))
    assert (ours.total == every.total).all()


def test_a_longer_horizon_than_was_tested_is_cut_and_said():
    totals = forecast_totals(published(), ORIGIN, 60, 50, 7)
    assert len(totals.months) == 49
    assert any("no further" in note for note in totals.notes)


def test_few_children_stay_as_many_and_stray_as_they_have():
    totals = forecast_totals(published("201"), ORIGIN, 48, 4_000, 7)
    assert totals.method == "no change"
    assert set(totals.total[:, 0]) == {9}
    assert (totals.total >= 0).all()
    assert any("Fewer than 20" in note for note in totals.notes)
    changes = np.diff([15, 9, 6, 7, 7, 8, 11, 12, 10, 20, 24, 20, 10, 9])
    a_year_on = totals.total[:, 12].astype(float)
    assert a_year_on.std() == pytest.approx(np.sqrt(np.mean(np.square(changes))), rel=0.1)


def test_nobody_stays_nobody():
    totals = forecast_totals(published("420"), ORIGIN, 12, 10, 7)
    assert (totals.total == 0).all()


def test_an_authority_without_a_count_is_refused():
    with pytest.raises(NationalError, match="Cumberland: no count"):
        forecast_totals(published("942"), ORIGIN, 48, 10, 7)


def test_the_past_is_forecast_from_what_was_known_then_and_judged_by_what_came():
    scored = look_back_totals(published(), 2014, 2023)
    ours = scored[scored["method"] == "national panel"]
    assert sorted(ours["origin"].dt.year.unique()) == list(range(2014, 2023))
    assert ours.groupby("horizon_months").size().to_dict() == {12: 9, 24: 8, 36: 7, 48: 6}
    last = ours[(ours["origin"] == "2018-03-31") & (ours["horizon_months"] == 48)].iloc[0]
    assert last["stock"] == 555, "as first published, before it was revised to 554"
    assert last["outturn"] == 696
    assert (ours["p02_5"] < ours["p10"]).all()
    assert (ours["p10"] < ours["forecast"]).all()
    naive = scored[scored["method"] == "no change"]
    assert (naive["forecast"] / naive["stock"]).between(0.999, 1.001).all()
    assert set(map(tuple, naive[["origin", "horizon_months"]].to_numpy())) == set(
        map(tuple, ours[["origin", "horizon_months"]].to_numpy())
    )


def test_a_later_figure_changes_no_past_forecast():
    table = figures().table
    changed = (table["measure"] == LOOKED_AFTER) & (table["year"] == 2023) & table["value"].notna()
    later = table.assign(value=table["value"].mask(changed, 5_000))
    before, after = (look_back_totals(published("855", Comparators(each)), 2014, 2022) for each in (table, later))
    pd.testing.assert_frame_equal(before, after)


def test_over_every_authority_the_ranges_hold_as_often_as_the_national_record_says():
    """The same forecasts as the national back-test's, made one council at a time: their coverage must agree with it."""
    codes = [code for code in sorted(figures().table["area_code"].unique()) if not code.startswith("E")][::6]
    table = figures().table
    parts = []
    for code in codes:
        seen = {code, *read_council(ROOT, code).neighbours}
        parts.append(look_back_totals(published(code, Comparators(table[table["area_code"].isin(seen)])), 2014, 2023))
    every = pd.concat([part for part in parts if len(part)])
    ours = every[every["method"] == "national panel"]
    assert len(ours) > 600
    assert ours["held_80"].mean() == pytest.approx(0.80, abs=0.05)
    assert ours["held_95"].mean() == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize("code", ["353", "359", "855"])
def test_what_was_known_is_a_whole_count(code):
    near = {code, *read_council(ROOT, code).neighbours}
    table = figures().table
    scored = look_back_totals(published(code, Comparators(table[table["area_code"].isin(near)])), 2014, 2023)
    assert (scored["stock"] % 1 == 0).all()


def test_an_authority_made_of_late_has_no_past_to_judge():
    assert look_back_totals(published("940"), 2014, 2023).empty
