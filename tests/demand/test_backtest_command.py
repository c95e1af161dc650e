"""`cip backtest RUN`: a scorecard of the run's own past, and plain words for a call that means nothing."""

from __future__ import annotations

import pandas as pd
import pytest
from builders import ROOT
from typer.testing import CliRunner

from cip_analysis.cli import app
from cip_analysis.demand.backtest import SCORECARD_COLUMNS

RUN = ROOT / "config" / "runs" / "autumn-2018.toml"
RETURNS = ROOT / "data" / "synthetic" / "leicestershire" / "returns"


def call(*words):
    return CliRunner().invoke(app, ["backtest", *map(str, words)], env={"COLUMNS": "200"})


@pytest.mark.parametrize("words", [(), (RUN, "--national", "panel.csv")], ids=["neither", "both"])
def test_one_thing_to_look_back_on_is_asked_for(words):
    result = call(*words)
    assert result.exit_code == 2
    assert "one of the two" in " ".join(result.output.split())


@pytest.mark.skipif(not RETURNS.exists(), reason="the invented county is not there: make data")
def test_an_unknown_method_is_refused_by_name(monkeypatch):
    monkeypatch.chdir(ROOT)
    result = call(RUN, "--method", "tea leaves")
    assert result.exit_code == 2
    assert "tea leaves" in result.output and "constant rate" in result.output


@pytest.mark.skipif(not RETURNS.exists(), reason="the invented county is not there: make data")
def test_a_scorecard_of_the_runs_own_past_is_written_and_printed(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    result = call(RUN, "--to", tmp_path, "--draws", 40, "--seed", 7)
    assert result.exit_code == 0, result.output
    card = pd.read_csv(tmp_path / "scorecard.csv")
    assert tuple(card) == SCORECARD_COLUMNS
    assert {"stock", "starts", "ceases", "stock: external residential", "stock: aged 10 to 15"} <= set(card["measure"])
    assert {"no change", "damped trend", "constant rate", "national panel"} <= set(card["method"])
    assert card.groupby(["measure", "horizon_months"])["n"].nunique().eq(1).all()
    assert card["mape"].ge(0).all() and card["crps"].gt(0).all()
    assert "external residential" not in result.output and "no change" in result.output
