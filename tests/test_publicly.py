"""A run before any return is loaded."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest
from builders import ROOT

from cip_analysis import publicly
from cip_analysis.forecasts import RunForecastError
from cip_analysis.returns.published import PublishedError
from cip_analysis.run import Run, RunError, open_run
from cip_analysis.settings import SettingsError

RUN = str(ROOT / "config/runs/published-only.toml")


@cache
def opened(council: str = "") -> Run:
    return open_run(RUN, council=council)


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_it_is_as_at_the_last_count_published_and_has_no_child_in_it():
    run = opened()
    assert run.as_at == date(2023, 3, 31)
    assert not run.has_returns
    assert run.episodes.table.empty
    assert run.years == ()
    assert run.last_year == 2023
    assert run.source == "DfE, Children looked after in England"
    assert not run.synthetic


def test_a_code_chooses_the_council():
    assert opened("Rutland").council.la_code == "857"


def test_a_run_with_returns_is_of_one_council():
    with pytest.raises(RunError, match="only in a run without returns"):
        open_run(str(ROOT / "config/runs/autumn-2018.toml"), council="857")


def test_an_unknown_code_is_named():
    with pytest.raises(SettingsError, match="999"):
        opened("999")


def test_one_whose_count_is_not_held_is_refused_with_what_became_of_it():
    with pytest.raises(PublishedError, match="part of Cumbria"):
        opened("942")


def test_the_forecast_reads_like_any_other():
    ahead = publicly.foresee(opened())
    cut = ahead.cut()
    assert list(cut["scenario"].unique()) == ["baseline"]
    assert cut["p50"].iloc[0] == 681
    assert ahead.cut("external residential").empty
    assert 0 < ahead.chance(date(2027, 3, 31), 765) < 1
    with pytest.raises(RunForecastError, match="not a month's end"):
        ahead.chance(date(2030, 3, 31), 1)


def test_outturn_is_each_31_march_published():
    told = publicly.outturn(opened(), date(2023, 3, 31))
    assert told["month"].dt.month.eq(3).all()
    assert told["children"].tolist()[-3:] == [706, 696, 681]


def test_its_past_is_judged_or_said_to_be_too_short():
    assert len(publicly.look_back(opened()).origins) == 9
    late = publicly.look_back(opened("940"))
    assert late.origins == ()
    assert "Made on 1 April 2021" in late.notes[0]
