"""The national back-test: no hindsight, truth recovered where we set it, and the scores written down reproduced."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from builders import ROOT, SHARED
from demand.national.invented_panel import a_converging_panel, figures_of
from typer.testing import CliRunner

from cip_analysis.cli import app
from cip_analysis.demand.national.backtest import (
    ORIGINS,
    SCORECARD_COLUMNS,
    BacktestError,
    backtest_national,
    scorecard,
    skill,
)
from cip_analysis.demand.national.errors import error_by_size
from cip_analysis.demand.national.methods import (
    METHODS,
    NO_CHANGE,
    SCORED,
    SHOWN,
    MethodError,
    estimated_share,
    forecast_all,
)
from cip_analysis.demand.national.panel import panel_at
from cip_analysis.records import Comparators
from cip_analysis.returns.published import release_day
from cip_analysis.returns.reference.national import read_national, read_record

PUBLISHED = SHARED / "published"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the publishers' own files lie beside the project")


def forecasts(figures, origin, horizon=3):
    return forecast_all(panel_at(figures, origin), horizon)


@pytest.mark.parametrize("origin", [2014, 2018])
def test_altering_what_was_published_after_an_origin_changes_no_forecast_from_it(origin):
    figures = a_converging_panel(areas=40)
    revised = figures.table[figures.table["year"] == 2012].assign(
        publication="a later revision", published=pd.Timestamp(release_day(origin + 1))
    )
    both = pd.concat([figures.table, revised], ignore_index=True)
    late = both["published"] > pd.Timestamp(release_day(origin))
    altered = both.assign(value=both["value"].mask(late, both["value"] * 3 + 17))
    assert late.sum() > len(revised)
    before, after = (forecasts(Comparators(one, figures.neighbours), origin) for one in (figures.table, altered))
    for name in SCORED:
        pd.testing.assert_series_equal(before[name].centre, after[name].centre)
        pd.testing.assert_frame_equal(before[name].quantiles, after[name].quantiles)


def test_altering_what_was_known_at_an_origin_does_change_its_forecasts():
    """Else the test above could not fail."""
    figures = a_converging_panel(areas=40)
    known = figures.table["year"] == 2016
    altered = figures.table.assign(value=figures.table["value"].mask(known, figures.table["value"] * 1.3))
    before, after = (forecasts(Comparators(one, figures.neighbours), 2018) for one in (figures.table, altered))
    for name in SCORED:
        assert not before[name].quantiles.equals(after[name].quantiles), name


@pytest.mark.parametrize("share", [0.0, 0.05, 0.15])
def test_the_share_of_the_gap_closed_is_recovered(share):
    """After h years of closing a share s a year, 1 − (1 − s)^h of it, near enough, while neighbours stand still."""
    panel = panel_at(a_converging_panel(share=share, areas=300, noise=0.01), 2018)
    assert estimated_share(panel, 1) == pytest.approx(share, abs=0.012)
    assert estimated_share(panel, 4) == pytest.approx(1 - (1 - share) ** 4, abs=0.04)


def test_where_authorities_do_converge_the_estimated_share_beats_no_change_and_its_intervals_hold():
    figures = a_converging_panel(share=0.1)
    card = scorecard(backtest_national(figures, origins=[2014, 2016, 2018, 2020]))
    card = card.assign(skill=skill(card))
    stock = card[card["measure"] == "stock"].set_index(["method", "horizon_months"])
    for method in ("estimated share of gap", "several drivers"):
        assert (stock.loc[method, "skill"].to_numpy() > [0.10, 0.20, 0.30, 0.35]).all()
    assert (stock.loc[NO_CHANGE, "skill"] == 0).all()
    assert stock.loc["estimated share of gap", "coverage_80"].between(0.74, 0.86).all()
    assert stock.loc["estimated share of gap", "coverage_95"].between(0.92, 0.98).all()


def test_errors_that_shrink_with_size_are_told_from_those_that_do_not():
    chance = np.random.default_rng(5)
    sizes = chance.uniform(30, 1_500, 20_000)
    errors = chance.normal(size=20_000) * np.sqrt(0.004 + 1.5 / sizes)
    assert error_by_size(errors, sizes) == (pytest.approx(0.004, rel=0.1), pytest.approx(1.5, rel=0.1))


def test_small_authorities_get_the_wider_interval_and_no_count_is_below_nought():
    panel = panel_at(a_converging_panel(by_size=1.0), 2018)
    made, now = METHODS["estimated share of gap"](panel, 2), panel.children[2018]
    width = (made.quantiles.iloc[:, -5] - made.quantiles.iloc[:, 5]) / made.centre
    assert width[now.idxmin()] > width[now.idxmax()]
    assert (made.quantiles.to_numpy() >= 0).all()
    assert (np.diff(made.quantiles.to_numpy(), axis=1) >= 0).all()


def test_no_change_expects_as_many_as_now_with_the_errors_it_has_made():
    """Growth by a tenth a year everywhere: every error of one year was a tenth."""
    rows = [
        (str(code), year, "looked_after", 1_000 * 1.1 ** (year - 2010), year)
        for code in range(100, 106)
        for year in range(2010, 2016)
    ]
    made = METHODS[NO_CHANGE](panel_at(figures_of(rows), 2015), 1)
    assert made.centre["100"] == pytest.approx(1_000 * 1.1**5)
    assert made.quantiles.loc["100"].tolist() == pytest.approx([1_000 * 1.1**6] * 200)


def test_every_method_is_scored_on_the_same_forecasts():
    made = backtest_national(a_converging_panel(areas=40), origins=[2014, 2018])
    card = scorecard(made)
    assert list(card) == list(SCORECARD_COLUMNS)
    assert card.groupby(["measure", "horizon_months"])["n"].agg(lambda counts: counts.max() - counts.min()).eq(0).all()
    assert set(card["method"]) == set(SCORED)
    assert scorecard(made, ["size"]).groupby(["measure", "method", "horizon_months"])["n"].sum().isin([40, 80]).all()


def test_a_history_too_short_for_any_error_is_refused():
    figures = a_converging_panel(areas=20, years=range(2010, 2013))
    with pytest.raises(MethodError, match="at 4 years"):
        METHODS[NO_CHANGE](panel_at(figures, 2012), 4)
    with pytest.raises(BacktestError, match="No forecast can be scored"):
        backtest_national(figures)


def test_the_command_refuses_what_it_cannot_score_and_leaves_with_two(tmp_path):
    panel = tmp_path / "panel.csv"
    panel.write_text(
        "geographic_level,new_code,old_la_code,name,year,measure,value,raw,publication\n"
        "Local authority,E10000018,855,Leicestershire,2018,cla_31_march,555,555,2018\n"
    )
    result = CliRunner().invoke(app, ["backtest", "--national", str(panel)])
    assert result.exit_code == 2
    assert "No forecast can be scored" in result.output


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """The folder the command writes from the published panel."""
    names = {
        "--national": "children_looked_after_as_published.csv",
        "--neighbours": "statistical_neighbours.csv",
        "--outturn": "children_looked_after_2010_2023.csv",
        "--since": "leicestershire_and_comparators_2010_2025.csv",
    }
    folder = tmp_path_factory.mktemp("measured")
    given = [part for option, name in names.items() for part in (option, str(PUBLISHED / name))]
    assert CliRunner().invoke(app, ["backtest", *given, "--to", str(folder)]).exit_code == 0
    return folder


@needs_shared
def test_the_scores_in_docs_accuracy_are_those_the_command_measures(measured):
    card = pd.read_csv(measured / "scorecard.csv")
    card = card.assign(skill=skill(card))
    written = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8").split("### Stock, every origin")[1]
    lines = re.findall(r"^\| ([a-z][^|]+?) \| (\d) \| ([^\n]+) \|$", written.split("###")[0], re.M)
    assert len(lines) == 4 * len(SCORED)
    for method, years, cells in lines:
        asked = (card["method"] == method) & (card["measure"] == "stock") & (card["horizon_months"] == 12 * int(years))
        shares = card.loc[asked, ["mape", "crps", "skill", "coverage_80", "coverage_95"]].iloc[0]
        printed = [float(cell.rstrip("%")) / 100 for cell in cells.split(" | ")[2:]]
        assert printed == pytest.approx(shares.tolist(), abs=0.00051), (method, years)


@needs_shared
def test_the_estimates_kept_are_those_the_command_writes(measured):
    written, kept = (
        read_national(folder / "national_estimates.csv") for folder in (measured, ROOT / "data" / "reference")
    )
    assert written.drop(columns="value").equals(kept.drop(columns="value"))
    assert written["value"].to_numpy() == pytest.approx(kept["value"].to_numpy(), rel=2e-5, abs=1e-9)


@needs_shared
def test_the_record_kept_is_the_one_the_command_writes(measured):
    written, kept = (
        read_record(folder / "national_scorecard.csv") for folder in (measured, ROOT / "data" / "reference")
    )
    scores = ["mae", "mape", "crps", "coverage_80", "coverage_95"]
    assert written.drop(columns=scores).equals(kept.drop(columns=scores))
    assert written[scores].to_numpy() == pytest.approx(kept[scores].to_numpy(), rel=2e-4, abs=1e-9)


@needs_shared
def test_the_method_shown_beats_no_change_by_the_margin_asked_and_its_intervals_hold_as_often_as_they_say(measured):
    card = pd.read_csv(measured / "scorecard.csv")
    shown = card.assign(skill=skill(card))[card["method"] == SHOWN].set_index("measure")
    assert (shown.loc["stock", "skill"].to_numpy() > [0.025, 0.03, 0.05, 0.07]).all()
    for measure in ("stock", "starts"):
        assert shown.loc[measure, "coverage_80"].between(0.77, 0.83).all(), measure
        assert shown.loc[measure, "coverage_95"].between(0.93, 0.97).all(), measure


@needs_shared
def test_on_origins_that_had_no_part_in_choosing_it_the_method_shown_still_beats_no_change(measured):
    card = pd.read_csv(measured / "scorecard_by_origins.csv")
    later = card[(card["origins"] == ORIGINS[1]) & (card["measure"] == "stock")].reset_index(drop=True)
    shown = later.assign(skill=skill(later))[later["method"] == SHOWN]
    assert (shown["skill"].to_numpy() > [0.025, 0.04, 0.06, 0.07]).all()
    assert shown["coverage_80"].between(0.75, 0.85).all()
    assert shown["coverage_95"].between(0.92, 0.98).all()


@needs_shared
def test_in_each_third_of_authorities_by_size_intervals_hold_within_six_points_of_what_they_say(measured):
    card = pd.read_csv(measured / "scorecard_by_size.csv")
    shown = card[card["method"] == SHOWN]
    assert shown["coverage_80"].between(0.74, 0.86).all()
    assert shown["coverage_95"].between(0.91, 0.99).all()
