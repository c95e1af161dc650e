"""The compiled simulation against its plain twin: the same children, value for value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from demand.invented_model import a_model, some_effects, uneven_pull

from cip_analysis.demand.simulate import simulate
from cip_analysis.demand.simulation.plain import play_plainly
from cip_analysis.projections import Projection

COUNTED = ("stock", "starts", "ceases", "moves_in", "moves_out", "ways_out", "unaccompanied")
CASES = {
    "plain": {},
    "a long horizon": {"months": 100, "draws": 2},
    "bands of duration": {"edges": (30, 182, 730)},
    "large households": {"siblings": 3.0},
    "nobody in care yet": {"children": 0},
    "nobody to come": {"starts_a_year": 0.0},
    "thin evidence": {"evidence": 0.0005},
    "another seed, of more than 32 bits": {"seed": 2**40 + 7},
}


def assert_same(projection: Projection, model) -> None:
    plain = play_plainly(model)
    for name in COUNTED:
        np.testing.assert_array_equal(getattr(projection, name), getattr(plain, name), err_msg=name)
    for name in ("child_days", "child_days_present"):
        np.testing.assert_allclose(getattr(projection, name), getattr(plain, name), rtol=1e-6, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_compiled_simulation_plays_the_very_same_children_as_the_plain_one(case):
    model = a_model(**{"draws": 4, "months": 18, "children": 40, **CASES[case]})
    projection = simulate(model)
    assert projection.total.sum() > 0
    assert_same(projection, model)


@pytest.mark.parametrize("spread", [0.3, 6.0])
def test_where_settings_pull_unevenly_the_two_draw_the_same_arrivals(spread):
    model = a_model(draws=4, months=12, children=10, starts_a_year=60.0, siblings=1.0)
    drifted = uneven_pull(model, spread)
    projection = simulate(drifted)
    assert (projection.starts != simulate(model).starts).any()
    assert_same(projection, drifted)


def test_where_nothing_pulls_at_all_arrivals_are_drawn_evenly():
    model = a_model(draws=2, months=6, children=0, starts_a_year=60.0)
    nowhere = replace(model, move_drift=np.zeros_like(model.move_drift))
    projection = simulate(nowhere)
    assert np.array_equal(projection.starts, simulate(model).starts)
    assert_same(projection, nowhere)


def test_under_every_kind_of_lever_at_once_the_two_still_agree():
    model = a_model(draws=6, months=15, children=50, edges=(90,))
    altered = uneven_pull(model, 0.3).with_effects(some_effects(15), "everything altered")
    projection = simulate(altered)
    assert (projection.stock != simulate(model).stock).any()
    assert_same(projection, altered)


def test_a_child_already_past_eighteen_is_counted_in_the_outturn_and_out_in_the_first_month():
    model = a_model(draws=2, months=3, children=10, starts_a_year=0.0)
    present = replace(model.present, birthdays=model.present.birthdays - np.arange(10)[:, None] * 900)
    model = replace(model, present=present)
    past = int((present.birthdays[:, -1] <= 0).sum())
    projection = simulate(model)
    assert past > 0
    assert (projection.total[:, 0] == 10).all()
    assert (projection.ways_out[:, 1, -1] >= past).all()
    assert_same(projection, model)
