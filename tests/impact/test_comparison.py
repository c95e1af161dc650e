from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from builders import ROOT
from scipy.optimize import minimize

from cip_analysis.impact.comparing.placebo import Placebos, leave_each_out, smallest_found, try_everyone
from cip_analysis.impact.comparing.weighting import CLASSIC, Weighting, alike, gap, weigh
from cip_analysis.impact.comparison import (
    DEFAULT,
    METHODS,
    ComparisonOverTimeError,
    PlaceboError,
    compare,
    find_smallest,
    list_compared,
    list_gaps,
    list_left_out,
    list_weights,
    make_panel,
)
from cip_analysis.records import COMPARATOR_COLUMNS, Comparators
from cip_analysis.returns.published import read_published


def some_figures(rows: dict[str, dict[int, float]]) -> Comparators:
    """Children looked after by area and year, as published."""
    lines = [
        {"area": f"Area {code}", "area_code": code, "level": "authority", "year": year, "measure": "looked_after",
         "value": value, "symbol": None, "publication": "invented", "published": pd.Timestamp(f"{year}-11-01")}
        for code, by_year in rows.items()
        for year, value in by_year.items()
    ]  # fmt: skip
    table = pd.DataFrame(lines)
    text = [name for name, kind in COMPARATOR_COLUMNS.items() if kind.startswith("text")]
    return Comparators(table.astype(dict.fromkeys(text, "str")))


def walks(units: int, years: int, seed: int = 1) -> np.ndarray:
    """Logarithms that wander, a unit a row."""
    return np.log(500) + np.cumsum(np.random.default_rng(seed).normal(0.02, 0.04, (units, years)), axis=1)


# ---- worked by hand and recovery --------------------------------------------------------------------------------


def test_two_by_two_worked_by_hand():
    """Ours falls by 0.3 while the others rise by 0.1 and 0.2: minus 0.45."""
    panel = np.array([[1.0, 1.0, 0.7], [2.0, 2.0, 2.1], [3.0, 3.0, 3.2]])
    found = try_everyone(panel, 0, 2, None)
    assert found.effect == pytest.approx(-0.3 - 0.15)
    assert found.weights.tolist() == [0.5, 0.5]


def test_a_convex_mix_is_recovered_exactly():
    others = walks(6, 12)
    truth = np.array([0.5, 0.3, 0.2, 0.0, 0.0, 0.0])
    found = weigh(truth @ others, others, 3, CLASSIC)
    assert found == pytest.approx(truth, abs=1e-6)
    assert found.sum() == pytest.approx(1, abs=1e-12)


def test_on_its_course_the_level_of_others_does_not_count():
    others = walks(6, 12)
    truth = np.array([0.5, 0.5, 0.0, 0.0, 0.0, 0.0])
    found = weigh(truth @ others + 2.0, others, 3, Weighting(spread=0.0))
    assert found == pytest.approx(truth, abs=1e-6)


@pytest.mark.parametrize("how", [Weighting(), CLASSIC])
def test_weights_are_those_of_an_outside_minimiser(how):
    others, own = walks(5, 9, seed=3), walks(1, 9, seed=8)[0]
    shifted = (own - own.mean(), others - others.mean(axis=1, keepdims=True)) if how.level else (own, others)
    zeta = how.spread * 3**0.25 * np.diff(others, axis=1).std()

    def lost(weights):
        return ((shifted[0] - weights @ shifted[1]) ** 2).sum() + zeta**2 * 9 * (weights**2).sum()

    best = minimize(lost, np.full(5, 0.2), method="SLSQP", bounds=[(0, 1)] * 5, tol=1e-14, options={"maxiter": 500},
                    constraints={"type": "eq", "fun": lambda weights: weights.sum() - 1})  # fmt: skip
    found = weigh(own, others, 3, how)
    assert lost(found) <= lost(best.x) + 1e-9
    assert (found >= 0).all()


def test_a_planted_fall_is_found_to_its_size():
    panel = walks(7, 14)
    mix = np.vstack([panel[:3].mean(axis=0), panel])
    mix[0, 11:] += np.log(0.85)
    found = try_everyone(mix, 0, 11, Weighting(spread=0.0))
    assert np.expm1(found.effect) == pytest.approx(-0.15, abs=1e-6)
    assert found.chance == pytest.approx(1 / 8)


def test_the_interval_holds_what_the_test_does_not_refuse():
    found = try_everyone(walks(40, 12), 0, 9, Weighting())
    low, high = (np.log1p(end) for end in found.interval(0.1))
    for inside, effect in ((True, (low + high) / 2), (False, low - 0.001), (False, high + 0.001)):
        moved = Placebos(found.gaps, found.weights, found.effect - effect, found.fit, found.ratios)
        assert (moved.chance > 0.1) == inside


def test_with_ten_others_nothing_is_sure_to_one_in_twenty():
    found = try_everyone(walks(11, 10), 0, 7, Weighting())
    assert found.chance >= 1 / 11
    assert np.isinf(found.reach(0.05))
    assert np.isnan(smallest_found(found, 0.05, 0.8))
    assert smallest_found(found, 0.2, 0.8) < 0


def test_false_alarms_are_as_many_as_promised_where_all_are_alike():
    """Forty invented councils, each treated in turn: a twentieth are called, as ranks must be."""
    alarms = [try_everyone(walks(41, 10, seed), 0, 7, Weighting()).chance <= 0.05 for seed in range(120)]
    assert np.mean(alarms) <= 0.12


def test_more_power_asks_for_a_larger_fall():
    found = try_everyone(walks(60, 12), 0, 9, Weighting())
    assert smallest_found(found, 0.05, 0.9) <= smallest_found(found, 0.05, 0.5) < 0


def test_one_who_carries_the_effect_alone_shows_when_left_out():
    panel = walks(8, 10, seed=2)
    panel[0] = panel[1]
    without = leave_each_out(panel, 0, 7, Weighting(spread=0.0))
    assert abs(without[0] - try_everyone(panel, 0, 7, Weighting(spread=0.0)).effect) == max(
        abs(without - try_everyone(panel, 0, 7, Weighting(spread=0.0)).effect)
    )


def test_gaps_are_on_the_level_of_the_years_before():
    panel = walks(4, 8)
    apart = gap(panel[0], panel[1:], alike(panel[1:]), 5, level=True)
    assert apart[:5].mean() == pytest.approx(0, abs=1e-12)


# ---- panels -----------------------------------------------------------------------------------------------------

YEARS = range(2010, 2019)
COUNTS = {code: {year: 100.0 + 5 * place + year - 2010 for year in YEARS} for place, code in enumerate("abcdef")}


def test_others_that_do_not_cover_the_years_are_left_out_and_named():
    holed = {**COUNTS, "c": {year: value for year, value in COUNTS["c"].items() if year != 2014},
             "d": dict.fromkeys(YEARS, 3.0)}  # fmt: skip
    panel = make_panel(some_figures(holed), "a", ["b", "c", "d", "e", "z"], YEARS)
    assert panel.areas == ("Area a", "Area b", "Area e")
    said = list_left_out(panel)
    assert "Area c: no figure for 2014." in said
    assert "Area d: fewer than 20 children" in said
    assert "z: no figure is held." in said


@pytest.mark.parametrize(
    ("council", "donors", "years", "words"),
    [
        ("a", ["a", "b", "c"], YEARS, "among those that are to stand for it"),
        ("z", ["a", "b"], YEARS, "z: no figure is held. It cannot be compared"),
        ("a", ["b", "y", "z"], YEARS, "1 of 3 others cover 2010 to 2018"),
        ("a", ["b", "c"], [2010, 2012], "without a gap"),
    ],
)
def test_a_panel_that_cannot_be_is_refused_in_words(council, donors, years, words):
    with pytest.raises(ComparisonOverTimeError, match=words):
        make_panel(some_figures(COUNTS), council, donors, years)


def test_a_start_outside_the_years_is_refused():
    panel = make_panel(some_figures(COUNTS), "a", list("bcde"), YEARS)
    for start in (2012, 2019):
        with pytest.raises(ComparisonOverTimeError, match="years come before"):
            compare(panel, start)
    with pytest.raises(PlaceboError, match="there must be two others"):
        try_everyone(panel.logs[:2], 0, 4, None)


def test_tables_for_a_page_hold_together():
    panel = make_panel(some_figures(COUNTS), "a", list("bcdef"), YEARS)
    every = compare(panel, 2016)
    assert [one.method for one in every] == list(METHODS)
    chosen = next(one for one in every if one.method == DEFAULT)
    assert list_weights(chosen, least=0.0)["weight_share"].sum() == pytest.approx(1)
    gaps = list_gaps(chosen).set_index(["line", "year"])["index_first_year_100"]
    assert gaps["Area a"][2010] == pytest.approx(100)
    table = list_compared(every, 0.1)
    assert table["low_share"].isna().all()  # five others cannot say it to one in ten
    assert not list_compared(every, 0.2)["low_share"].isna().any()


def test_the_county_has_ten_neighbours_to_stand_for_it_and_what_they_could_find_is_known_before():
    figures = read_published(ROOT / "data" / "reference" / "comparators.csv")
    codes = sorted(figures.table.loc[figures.table["level"].eq("authority"), "area_code"].unique())
    panel = make_panel(figures, "855", [code for code in codes if code != "855"], range(2010, 2019))
    assert len(panel.areas) == 11
    assert np.isnan(find_smallest(panel, 3, alpha=0.05))
    assert -0.6 < find_smallest(panel, 3, alpha=0.2) < -0.02
