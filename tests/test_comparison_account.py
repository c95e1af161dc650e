from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from builders import ROOT

from cip_analysis.comparison_account import LOOSE, list_trials, say_found, say_smallest, set_beside
from cip_analysis.impact.comparison import DEFAULT
from cip_analysis.records import Comparators
from cip_analysis.returns.reference.comparisons import TRIAL_COLUMNS, ComparisonFileError, read_comparison_trials
from cip_analysis.run import open_run

RUN = ROOT / "config" / "runs" / "autumn-2018.toml"
pytestmark = pytest.mark.skipif(
    not (ROOT / "data" / "synthetic" / "leicestershire").exists(), reason="the invented county is not made: make data"
)


@pytest.fixture(scope="module")
def county():
    return open_run(str(RUN), check=False)


def test_before_the_programme_the_last_years_stand_in_and_it_is_said(county):
    beside, why = set_beside(county, 2020)
    assert why == ""
    assert beside.placebo
    assert beside.alpha == LOOSE
    assert "when nothing had begun" in say_found(beside)
    assert "10 other authorities" in say_smallest(beside)


def test_a_year_already_published_is_not_a_placebo(county):
    beside, _ = set_beside(county, 2015)
    assert not beside.placebo
    assert beside.start == 2015
    assert "nothing had begun" not in say_found(beside)


def test_the_trials_shown_are_those_of_such_others(county):
    beside, _ = set_beside(county, 2020)
    trials = list_trials(county, beside)
    assert trials["planted"].tolist() == ["nothing", "−5%", "−15%", "−30%"]
    assert trials["called_share"].is_monotonic_increasing
    assert abs(trials["called_share"][0] - LOOSE) < 0.03


def test_a_council_without_published_figures_is_set_beside_none_with_a_reason(county):
    bare = replace(county, comparators=Comparators(county.comparators.table.iloc[:0]))
    assert set_beside(bare, 2020) == (None, "No published figures of the council whose returns these are, so it is set "
                                      "beside no other.")  # fmt: skip


def test_a_council_without_neighbours_held_has_a_reason_too(county):
    own = county.comparators.table["area_code"].eq(county.council.la_code)
    alone = replace(county, comparators=Comparators(county.comparators.table[own]))
    beside, why = set_beside(alone, 2020)
    assert beside is None
    assert "Name more neighbours" in why


def test_every_scored_trial_on_published_figures_calls_no_more_than_promised():
    """What benchmarks/comparison_accuracy.py wrote: false alarms at the level asked for, within two points."""
    trials = read_comparison_trials(ROOT / "data" / "reference" / "comparison_scorecard.csv")
    nothing = trials[trials["planted_share"].eq(0) & trials["way"].eq(DEFAULT)]
    assert len(nothing) == 4
    assert (np.abs(nothing["called_share"] - nothing["level_share"]) < 0.02).all()


def test_a_file_of_other_columns_is_refused_and_none_is_no_rows(tmp_path):
    pd.DataFrame({"way": ["x"]}).to_csv(tmp_path / "trials.csv", index=False)
    with pytest.raises(ComparisonFileError, match="no column others"):
        read_comparison_trials(tmp_path / "trials.csv")
    assert list(read_comparison_trials(tmp_path / "none.csv")) == list(TRIAL_COLUMNS)
