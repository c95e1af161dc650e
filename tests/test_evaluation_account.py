"""A run's evaluations on the invented county: before outcomes, on invented years, and where nothing can be judged."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import ROOT
from evaluation_builders import a_plan, a_series, steady_weeks

from cip_analysis import evaluation_account as account
from cip_analysis.evaluation_settings import AS_REGISTERED, CHANGED
from cip_analysis.impact.evaluating import telling
from cip_analysis.impact.evaluating.design import lay_out
from cip_analysis.impact.evaluating.luck import draw_luck
from cip_analysis.impact.evaluating.worth import WorthError, value_for_money
from cip_analysis.impact.interrupted import NAIVE, OURS, ROBUST, find_effect
from cip_analysis.returns.reference.evaluations import EvaluationFileError, read_trials
from cip_analysis.run import Run, open_run

PLAN, EXAMPLE = "config/evaluations/partnership-homes.toml", "config/evaluations/worked-example.toml"
needs_county = pytest.mark.skipif(
    not (ROOT / "data" / "synthetic" / "leicestershire" / "returns").exists(), reason="no invented county: `make data`"
)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run, with its settings at hand and its kept results in a folder of the test's own."""
    run = open_run(str(ROOT / "config/runs/autumn-2018.toml"), check=False)
    root = tmp_path_factory.mktemp("project")
    (root / "config").symlink_to(ROOT / "config")
    (root / "data").symlink_to(ROOT / "data")
    return replace(run, root=root)


# ---- before outcomes --------------------------------------------------------------------------------------------


@needs_county
def test_a_plan_begun_after_the_returns_says_what_it_could_find_and_judges_nothing(county):
    planned = account.open_evaluation(county, PLAN)
    assert planned.standing == AS_REGISTERED and planned.findable is not None
    assert planned.findable.months_before == 84
    found, why = account.judge_plan(county, planned)
    assert found is None and why.startswith("Outcomes are not there yet: the programme begins on 1 April 2019")


@needs_county
def test_a_plan_changed_after_it_was_registered_says_so(county, tmp_path):
    folder = tmp_path / "evaluations"
    folder.mkdir()
    text = (ROOT / PLAN).read_text(encoding="utf-8")
    (folder / "plan.toml").write_text(text.replace("effect = -0.15", "effect = -0.6"), encoding="utf-8")
    (folder / "registered.toml").write_bytes((ROOT / "config/evaluations/registered.toml").read_bytes())
    planned = account.read_plan(county, str(folder / "plan.toml"))
    assert planned.standing == CHANGED
    told = telling.say_standing(planned.standing, planned.digest, planned.registered)
    assert told.startswith("This plan was changed after it was registered")


@needs_county
def test_another_councils_children_are_not_measured_by_this_councils_plan(county):
    planned = account.open_evaluation(replace(county, own_data=False), PLAN)
    assert planned.findable is None and "These returns are of others" in planned.refused
    assert account.judge_plan(county, planned) == (None, planned.refused)


@needs_county
def test_a_plan_of_the_past_is_judged(county, tmp_path):
    text = (ROOT / PLAN).read_text(encoding="utf-8")
    past = {"start = 2019-04-01": "start = 2015-04-01", "full_by = 2019-10-01": "full_by = 2015-10-01",
            "pre_to = 2019-03-31": "pre_to = 2015-03-31", "post_to = 2022-03-31": "post_to = 2018-03-31",
            'key = "partnership-homes"': 'key = "past"'}  # fmt: skip
    for before, after in past.items():
        assert before in text
        text = text.replace(before, after)
    (tmp_path / "past.toml").write_text(text, encoding="utf-8")
    planned = account.open_evaluation(county, str(tmp_path / "past.toml"))
    found, why = account.judge_plan(county, planned)
    assert found is not None and why == ""
    assert found.low < 0 < found.high  # nothing was done
    assert planned.standing == "not registered"


# ---- on invented years ------------------------------------------------------------------------------------------


@needs_county
def test_the_worked_example_finds_what_was_put_in_and_is_kept(county):
    worked, why = account.play_example(county, EXAMPLE, 40)
    assert worked is not None and why == ""
    assert worked.found.low <= worked.found.plan.planted <= worked.found.high
    futures = worked.futures.set_index("way")
    assert (
        futures["false_alarm_share"][OURS] <= 0.15 < min(futures["false_alarm_share"][way] for way in (NAIVE, ROBUST))
    )
    again, _why = account.play_example(county, EXAMPLE, 40)
    assert again is not None and again.found.change == worked.found.change
    pd.testing.assert_frame_equal(again.futures, worked.futures)


@needs_county
def test_a_worked_example_that_begins_before_the_returns_end_is_refused(county):
    worked, why = account.play_example(
        replace(county, episodes=replace(county.episodes, census_date=date(2020, 5, 31))), EXAMPLE
    )
    assert worked is None and "begin before the returns end" in why
    worked, why = account.play_example(county, PLAN)
    assert worked is None and "needs `planted`" in why


# ---- worth, and words -------------------------------------------------------------------------------------------


def found_in(planted: float):
    """What is found in a steady series with a share put in."""
    plan = a_plan(goes_to="in-house foster", running_cost_gbp=100_000, one_off_gbp=50_000)
    luck = draw_luck(lay_out(plan), 1, 300)
    weeks = steady_weeks(60, 1, 5)[0] * np.exp(np.log1p(planted) * luck.design.matrix[:, -1])
    return find_effect(a_series(weeks), plan, luck)


def test_value_for_money_by_hand():
    found = found_in(-0.5)
    worth = value_for_money(found, {"external residential": 3000.0, "in-house foster": 500.0}).set_index("estimate")
    assert worth["worth_gbp"]["estimate"] == pytest.approx(found.weeks * 2500)
    assert worth["programme_gbp"].tolist() == [250_000] * 3
    assert worth["net_gbp"]["low end"] == pytest.approx(min(found.weeks_low, found.weeks_high) * 2500 - 250_000)
    assert worth["programme_gbp_per_week"]["estimate"] == pytest.approx(250_000 / found.weeks)


def test_weeks_that_rose_have_no_cost_for_each_not_had():
    worth = value_for_money(found_in(1.5), {"external residential": 3000.0, "in-house foster": 500.0})
    assert worth["programme_gbp_per_week"].isna().all() and (worth["net_gbp"] < 0).all()
    assert telling.say_worth(worth).startswith("Net of its cost it loses")


def test_a_setting_without_a_price_is_named():
    with pytest.raises(WorthError, match="in-house foster has no weekly price"):
        value_for_money(found_in(-0.5), {"external residential": 3000.0})


def test_what_cannot_be_told_from_luck_is_not_said_to_have_failed():
    said = telling.say_found(found_in(0.0))
    assert "not told from luck" in said and "these months cannot tell" in said
    assert "by more than luck" in telling.say_found(found_in(-0.7))


def test_trials_that_cannot_be_are_refused_by_row(tmp_path: Path):
    table = pd.read_csv(ROOT / "data/reference/evaluation_scorecard.csv")
    assert len(read_trials(ROOT / "data/reference/evaluation_scorecard.csv")) == len(table)
    table.assign(held_share=table["held_share"].where(table.index != 3, 1.4)).to_csv(
        tmp_path / "trials.csv", index=False
    )
    with pytest.raises(EvaluationFileError, match="1 rows hold no score that can be, first row 5"):
        read_trials(tmp_path / "trials.csv")
    with pytest.raises(EvaluationFileError, match="no such file"):
        read_trials(tmp_path / "none.csv")


def test_where_nothing_was_put_in_one_trial_in_twenty_gives_a_false_alarm():
    trials = read_trials(ROOT / "data/reference/evaluation_scorecard.csv")
    ours = trials[trials["method"].eq(OURS)]
    nothing = ours[ours["planted_share"].eq(0)]
    assert len(nothing) == 9 and nothing["called_share"].between(0.03, 0.07).all()
    assert (ours["series"] >= 1000).all()
    bias = (1 + ours["mean_found_share"]) / (1 + ours["planted_share"]) - 1
    assert bias.abs().max() < 0.025
    foretold = ours["predicted_share"] - ours["called_share"]
    assert foretold.min() > -0.12 and foretold.max() < 0.06  # it promises little more than it keeps


@needs_county
def test_a_plan_whose_months_begin_after_the_returns_end_is_refused_with_the_day(county, tmp_path):
    text = (ROOT / PLAN).read_text(encoding="utf-8").replace("pre_from = 2011-04-01", "pre_from = 2018-04-01")
    (tmp_path / "later.toml").write_text(text, encoding="utf-8")
    planned = account.open_evaluation(county, str(tmp_path / "later.toml"))
    assert planned.findable is None
    assert planned.refused == "partnership-homes: its months begin on 1 April 2018; the returns end before."


@needs_county
def test_a_plan_that_asks_for_months_before_the_returns_begin_is_worked_out_from_those_there_are(county, tmp_path):
    text = (ROOT / PLAN).read_text(encoding="utf-8").replace("pre_from = 2011-04-01", "pre_from = 2005-04-01")
    (tmp_path / "earlier.toml").write_text(text, encoding="utf-8")
    planned = account.open_evaluation(county, str(tmp_path / "earlier.toml"))
    assert planned.findable is not None and planned.findable.months_before == 96
