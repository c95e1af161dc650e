"""Levers moved by hand: at nought they are the baseline, in a second or two they are an answer, and never a child."""

from __future__ import annotations

import sys

import pytest
from builders import ROOT

from cip_analysis.explorer import WORDS, Levers, explore, scenario_of
from cip_analysis.run import open_run

pytestmark = pytest.mark.skipif(
    not (ROOT / "data" / "synthetic" / "leicestershire").exists(), reason="the invented county is not made: make data"
)


@pytest.fixture(scope="module")
def explorer():
    return explore(open_run("config/runs/autumn-2018.toml"))


def both(answer):
    table = answer.table.set_index(["counted", "month", "scenario"])["p50"].astype(int)
    return table.xs("baseline", level="scenario"), table.xs("explored", level="scenario")


def test_levers_at_nought_are_the_baseline_value_for_value(explorer):
    before, after = both(explorer.answer(Levers()))
    assert (before == after).all()


def test_fewer_starts_are_fewer_children_and_a_step_down_empties_homes_only(explorer):
    before, after = both(explorer.answer(Levers(starts_percent=-20)))
    assert (after["children in all"].iloc[1:] < before["children in all"].iloc[1:]).all()
    before, after = both(explorer.answer(Levers(stepped_down=20)))
    assert after["external residential"].iloc[-1] < before["external residential"].iloc[-1]
    assert abs(after["children in all"] - before["children in all"]).max() <= 15


def test_every_lever_can_be_set_to_either_end(explorer):
    for end in (1, 2):
        levers = Levers(**{name: told[end] for name, told in WORDS.items()})
        assert len(scenario_of(levers, explorer.inputs).levers) >= 3
        assert len(explorer.answer(levers).table) == 20


def test_without_widgets_there_is_still_the_table(explorer, monkeypatch):
    assert "application/vnd.jupyter.widget-view+json" in explorer._repr_mimebundle_()
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    shown = explorer._repr_mimebundle_()
    assert set(shown) == {"text/html", "text/plain"}
    assert "<caption>" in shown["text/html"]
    assert "SYNTHETIC" in shown["text/html"]


def test_a_slider_let_go_works_the_answer_out_again(explorer):
    from cip_analysis.explorer import _sliders

    box = _sliders(Levers(), explorer.shown)
    *sliders, answer = box.children
    before = answer.value
    sliders[0].value = -30
    assert answer.value != before
    assert "<table" in answer.value
