"""Children played forward: what must hold exactly, and what theory says of models simple enough to solve."""

from __future__ import annotations

import itertools
from dataclasses import fields, replace
from datetime import date

import numpy as np
import pytest
from demand.invented_model import a_model, some_effects, uneven_pull
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from cip_analysis.codes import AGE_BANDS, SETTINGS, WAYS_OUT
from cip_analysis.demand.inputs import DAYS_IN_YEAR, GROUPS, Entrants, Pathways, Present, no_effects
from cip_analysis.demand.simulate import SimulationError, simulate
from cip_analysis.demand.simulation.kernel import play_draws
from cip_analysis.projections import Projection

ARRAYS = (
    "stock", "starts", "ceases", "moves_in", "moves_out", "ways_out", "unaccompanied", "child_days",
    "child_days_present",
)  # fmt: skip
CERTAIN = 1e12
"""Days of exposure behind a rate that is as good as known."""


def same(one: Projection, other: Projection) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ARRAYS)


def known_rates(leave: np.ndarray, move: np.ndarray) -> Pathways:
    """Pathways whose rates a day by setting (and way out, or setting moved to) are known and the same at every age."""
    cells = (len(GROUPS), 1, len(AGE_BANDS), len(SETTINGS))
    day = date(2018, 3, 31)
    leaving = np.broadcast_to(leave * CERTAIN, (*cells, len(WAYS_OUT)))
    return Pathways(
        (), np.full(cells, CERTAIN), leaving, np.broadcast_to(move * CERTAIN, (*cells, len(SETTINGS))), day, day
    )


def steady(model, children: int):
    """The model with `children` of two years of age in care, in the first setting, and no drift."""
    birthdays = np.tile(np.array([-365.0, 1000.0, 2800.0, 5000.0, 5700.0]), (children, 1))
    setting, none = np.zeros(children, dtype="int64"), np.zeros(children)
    return replace(
        model, present=Present(birthdays, setting, none.astype(bool), none),
        leave_drift=np.ones_like(model.leave_drift), move_drift=np.ones_like(model.move_drift),
    )  # fmt: skip


def made_of(children: int, setting: int = 0, households: int = 1, age_days: float = 800.0) -> Entrants:
    """Past arrivals of `households`, each of so many children, all alike."""
    count = households * children
    return Entrants(
        np.arange(households + 1) * children, np.full(count, age_days), np.full(count, setting), np.zeros(count, int)
    )


# ---- what must hold exactly -------------------------------------------------------------------------------------


def test_the_numbers_are_the_same_for_any_number_of_threads():
    model = a_model(draws=150, months=12)
    first = simulate(model, threads=1)
    assert same(first, simulate(model, threads=2))
    assert same(first, simulate(model, threads=7))


def test_the_first_draws_of_many_are_those_of_a_run_of_only_them(monkeypatch):
    model = a_model(draws=90, months=12)
    few = replace(
        model,
        starts=model.starts[:25],
        starts_unaccompanied=model.starts_unaccompanied[:25],
        leave_drift=model.leave_drift[:25],
        move_drift=model.move_drift[:25],
    )
    every, some = simulate(model), simulate(few)
    assert all(np.array_equal(getattr(every, name)[:25], getattr(some, name)) for name in ARRAYS)
    monkeypatch.setattr("cip_analysis.demand.simulate.BLOCK_CHILDREN", 300)
    assert same(every, simulate(model))


@pytest.mark.parametrize("crowded", [0, 7])
def test_a_flow_too_large_for_eight_bits_widens_its_numbers_in_whichever_draw_it_comes(monkeypatch, crowded):
    monkeypatch.setattr("cip_analysis.demand.simulate.BLOCK_CHILDREN", 300)
    few = a_model(draws=8, months=3)
    starts = few.starts.copy()
    starts[crowded, 1] = 700.0
    usual, many = simulate(few), simulate(replace(few, starts=starts))
    assert (usual.starts.dtype, many.starts.dtype, many.stock.dtype) == ("int8", "int16", "int16")
    assert many.starts[crowded, 2].max() > np.iinfo("int8").max
    others = np.arange(8) != crowded
    assert all(np.array_equal(getattr(usual, name)[others], getattr(many, name)[others]) for name in ARRAYS)


def test_another_seed_is_another_future_and_draws_differ():
    model = a_model(draws=5)
    projection = simulate(model)
    assert not same(projection, simulate(replace(model, seed=2)))
    assert len(np.unique(projection.stock.reshape(5, -1), axis=0)) == 5


def test_effects_that_alter_nothing_change_nothing_to_the_last_bit():
    model = a_model(edges=(90, 400))
    unaltered = replace(model, effects=no_effects(24))
    assert same(simulate(model), simulate(unaltered))
    barely = no_effects(24)
    barely.leave[-1, :, :, 0] = 1 + 1e-15
    baseline, touched = simulate(model), simulate(model.with_effects(barely, "a hair's breadth in the last month"))
    assert np.array_equal(baseline.stock[:, :-1], touched.stock[:, :-1])


def test_a_lever_from_the_second_year_leaves_the_first_untouched_to_the_last_bit():
    model = a_model(months=24)
    effects, early = some_effects(24), no_effects(24)
    for part in fields(effects):
        getattr(effects, part.name)[:12] = getattr(early, part.name)[:12]
    baseline, scenario = simulate(model), simulate(model.with_effects(effects, "from the second year"))
    for name in ARRAYS:
        assert np.array_equal(getattr(baseline, name)[:, :13], getattr(scenario, name)[:, :13]), name
        assert not np.array_equal(getattr(baseline, name), getattr(scenario, name)), name


def test_the_inputs_are_left_untouched():
    model, again = a_model(months=12), a_model(months=12)
    model = model.with_effects(some_effects(12), "levers")
    for part in (model.present, model.entrants, model.pathways, model.effects, model):
        for name in part.__slots__:
            if isinstance(array := getattr(part, name), np.ndarray):
                array.flags.writeable = False
    simulate(again)
    compiled = len(play_draws.signatures)
    simulate(model)
    assert np.array_equal(model.starts, again.starts)
    assert len(play_draws.signatures) == compiled, "arrays that may not be written to were compiled for anew"


def test_everyone_is_out_on_their_eighteenth_birthday_and_by_no_other_way_if_none_leaves_sooner():
    model = a_model(draws=3, months=48, children=200, starts_a_year=0)
    still = known_rates(np.zeros((len(SETTINGS), len(WAYS_OUT))), np.zeros((len(SETTINGS), len(SETTINGS))))
    projection = simulate(replace(model, pathways=still))
    ends = np.array([(month - model.origin).days for month in projection.months])
    birthdays = model.present.birthdays[:, -1]
    here = (birthdays[:, None] > ends).sum(axis=0)
    assert (projection.total == here).all()
    assert (projection.ways_out[:, 1:, -1] == -np.diff(here)).all()
    assert projection.ceases.sum() == projection.ways_out[:, :, WAYS_OUT.index("turned 18")].sum()
    lived = np.clip(np.minimum(birthdays[:, None], ends[1:]) - ends[:-1], 0, None).sum(axis=0)
    np.testing.assert_allclose(projection.child_days.sum(axis=2)[:, 1:], np.tile(lived, (3, 1)), rtol=1e-6)


def test_nobody_moves_past_a_birthday_without_changing_band():
    model = a_model(draws=2, months=36, children=300, starts_a_year=0)
    still = known_rates(np.zeros((len(SETTINGS), len(WAYS_OUT))), np.zeros((len(SETTINGS), len(SETTINGS))))
    projection = simulate(replace(model, pathways=still))
    for month, end in enumerate(projection.months):
        past = (model.present.birthdays <= (end - model.origin).days).sum(axis=1)
        assert (projection.stock[0, month].sum(axis=1) == np.bincount(past, minlength=6)[:5]).all()


def test_a_birthday_on_a_months_last_day_is_counted_in_that_month():
    model = a_model(draws=1, months=2, children=1, starts_a_year=0)
    still = known_rates(np.zeros((len(SETTINGS), len(WAYS_OUT))), np.zeros((len(SETTINGS), len(SETTINGS))))
    present = replace(model.present, birthdays=np.array([[-6000.0, -5000, -3000, -700, 30]]))
    assert simulate(replace(model, pathways=still, present=present)).total.tolist() == [[1, 0, 0]]
    present = replace(model.present, birthdays=np.array([[-6000.0, -5000, -3000, -700, 31]]))
    assert simulate(replace(model, pathways=still, present=present)).total.tolist() == [[1, 1, 0]]


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**64 - 1), children=st.integers(0, 60), starts=st.floats(0, 80), months=st.integers(1, 30),
    edges=st.lists(st.integers(1, 900), max_size=3, unique=True).map(sorted), levers=st.booleans(),
)  # fmt: skip
def test_whatever_the_inputs_the_accounts_balance(seed, children, starts, months, edges, levers):
    model = a_model(draws=3, months=months, children=children, starts_a_year=starts, edges=tuple(edges))
    model = replace(model, seed=seed, effects=some_effects(months, seed % 97) if levers else model.effects)
    projection = simulate(model)
    whole = {name: getattr(projection, name).astype("int64") for name in ARRAYS[:7]}
    stock = whole["stock"].sum(axis=2)
    net = whole["starts"] - whole["ceases"] + whole["moves_in"] - whole["moves_out"]
    assert (np.diff(stock, axis=1) == net[:, 1:]).all()
    assert (whole["moves_in"].sum(axis=2) == whole["moves_out"].sum(axis=2)).all()
    assert (whole["ways_out"].sum(axis=2) == whole["ceases"].sum(axis=2)).all()
    assert (whole["unaccompanied"] <= projection.total).all()
    assert (projection.total[:, 0] == children).all()
    days = np.diff([(month - model.origin).days for month in projection.months])
    assert (projection.child_days_present <= projection.child_days + 1e-3).all()
    most = (stock[:, :-1] + whole["starts"][:, 1:] + whole["moves_in"][:, 1:]) * days[:, None]
    assert (projection.child_days[:, 1:] <= most + 1e-3).all()
    least = (stock[:, :-1] - whole["ceases"][:, 1:] - whole["moves_out"][:, 1:]).clip(0) * days[:, None]
    assert (projection.child_days[:, 1:] >= least - 1e-3).all()


# ---- scenarios share luck ---------------------------------------------------------------------------------------


def test_more_expected_adds_households_and_moves_none():
    model = a_model(draws=30, months=36)
    more = replace(model, starts=model.starts * 1.3)
    fewer, baseline, raised = (simulate(one) for one in (replace(model, starts=model.starts * 0.6), model, more))
    for name in ("stock", "starts", "ceases", "moves_in", "ways_out"):
        low, middle, high = (getattr(one, name) for one in (fewer, baseline, raised))
        assert (low <= middle).all() and (middle <= high).all() and (low < high).any(), name


@pytest.mark.parametrize("factors", [(0.0, 0.4, 1.0), (1.0, 1.2, 2.0), (0.7, 2.5, 4.1)])
def test_a_lever_on_entries_takes_out_or_adds_households_and_disturbs_no_other(factors):
    model = a_model(draws=20, months=24)
    neutral = no_effects(24)
    played = [
        simulate(model.with_effects(replace(neutral, entry=neutral.entry * factor), f"{factor}")) for factor in factors
    ]
    for low, high in itertools.pairwise(played):
        assert all((getattr(low, name) <= getattr(high, name)).all() for name in ("stock", "starts", "ceases"))
    others = [(one.starts.sum(dtype="int64") / one.draws) for one in played]
    unaccompanied = model.starts_unaccompanied.sum(axis=1).mean()
    for factor, starts in zip(factors, others, strict=True):
        expected = factor * model.starts.sum(axis=1).mean() + unaccompanied
        assert abs(starts - expected) < 4.5 * np.sqrt((expected + 1) * 2 / model.draws)


def test_a_lever_on_one_age_leaves_arrivals_of_other_ages_as_they_were():
    model = replace(a_model(draws=20, months=24, children=0), entrants=made_of(1, age_days=2000.0))
    neutral = no_effects(24)
    neutral.entry[:, AGE_BANDS.index("10 to 15")] = 3.0
    assert same(simulate(model), simulate(model.with_effects(neutral, "teenagers only")))


def test_a_diversion_moves_the_share_it_says_on_arrival_and_nobody_else():
    nobody = known_rates(np.zeros((len(SETTINGS), len(WAYS_OUT))), np.zeros((len(SETTINGS), len(SETTINGS))))
    model = replace(a_model(draws=200, months=12, children=0, starts_a_year=100), entrants=made_of(1), pathways=nobody)
    effects = no_effects(12)
    effects.divert[:, 0, 3] = 0.25
    baseline, diverted = simulate(model), simulate(model.with_effects(effects, "diverted"))
    assert np.array_equal(baseline.starts.sum(axis=2), diverted.starts.sum(axis=2))
    arrived = int(baseline.starts[:, :, 0].sum(dtype="int64"))
    moved = int(diverted.starts[:, :, 3].sum(dtype="int64")) - int(baseline.starts[:, :, 3].sum(dtype="int64"))
    assert abs(moved - 0.25 * arrived) < 4 * np.sqrt(arrived * 0.25 * 0.75)


def test_under_an_uneven_pull_more_expected_or_let_in_adds_households_and_changes_none():
    model = uneven_pull(a_model(draws=20, months=24), 0.4)
    neutral = no_effects(24)
    raised = replace(neutral, entry=neutral.entry * 2.5, entry_unaccompanied=neutral.entry_unaccompanied * 2.5)
    baseline = simulate(model)
    for more in (replace(model, starts=model.starts * 1.3), model.with_effects(raised, "more let in")):
        projection = simulate(more)
        for name in ("stock", "starts", "ceases", "moves_in"):
            low, high = getattr(baseline, name), getattr(projection, name)
            assert (low <= high).all() and (low < high).any(), name


# ---- what theory says -------------------------------------------------------------------------------------------


def test_at_constant_rates_the_mean_path_is_the_matrix_exponential():
    leave, move = np.zeros((len(SETTINGS), len(WAYS_OUT))), np.zeros((len(SETTINGS), len(SETTINGS)))
    leave[:3, 0], leave[1, 2] = (0.0012, 0.0005, 0.0003), 0.0004
    move[0, 1], move[0, 2], move[1, 0], move[2, 1] = 0.002, 0.0007, 0.0011, 0.0015
    children, draws, months = 40, 1500, 24
    model = steady(a_model(draws=draws, months=months, starts_a_year=0), children)
    projection = simulate(replace(model, pathways=known_rates(leave, move)))
    generator = move - np.diag(move.sum(axis=1) + leave.sum(axis=1))
    for month in (1, 6, 12, 24):
        chance = expm(generator * (projection.months[month] - model.origin).days)[0]
        error = np.sqrt(children * chance * (1 - chance) / draws) + 1e-12
        z = (projection.stock[:, month].sum(axis=1).mean(axis=0) - children * chance) / error
        assert np.abs(z[:3]).max() < 4
        assert (projection.stock[:, month, :, 3:] == 0).all()
    gone = projection.ways_out[:, :, (0, 2)].sum(axis=(0, 1), dtype="int64")
    occupied = projection.child_days.sum(axis=(0, 1), dtype="float64")
    expected = np.array([leave[:, 0] @ occupied, leave[:, 2] @ occupied])
    assert (np.abs(gone - expected) < 4 * np.sqrt(expected)).all()


def test_the_spread_of_the_rates_between_draws_is_that_of_their_posterior():
    leave, move = np.zeros((len(SETTINGS), len(WAYS_OUT))), np.zeros((len(SETTINGS), len(SETTINGS)))
    leave[0, 0] = 1 / 500
    days, children, draws = 6_000.0, 4000, 400
    known = known_rates(leave, move)
    thin = replace(known, days=np.full_like(known.days, days), leave=known.leave * days / CERTAIN)
    model = steady(a_model(draws=draws, months=1, starts_a_year=0), children)
    projection = simulate(replace(model, pathways=thin))
    rates = projection.ceases.sum(axis=(1, 2)) / projection.child_days.sum(axis=(1, 2))
    shape = days / 500
    assert abs(rates.mean() - 1 / 500) < 4 * np.sqrt(shape) / days / np.sqrt(draws)
    process = (1 / 500) / projection.child_days.sum(axis=(1, 2)).mean()
    ratio = (rates.var(ddof=1) - process) / (shape / days**2)
    assert 0.75 < ratio < 1.3


def stock_of_a_steady_flow(children_together: int, draws: int = 3000) -> tuple[np.ndarray, float, float]:
    """Stock after four years of steady arrivals; its mean in theory, and the pairs of one household still in care."""
    leave, move = np.zeros((len(SETTINGS), len(WAYS_OUT))), np.zeros((len(SETTINGS), len(SETTINGS)))
    rate, months = 1 / 200, 48
    leave[0, 0] = rate
    model = steady(a_model(draws=draws, months=months, children=0), 0)
    days = np.diff([(month - model.origin).days for month in model.months])
    model = replace(
        model, pathways=known_rates(leave, move), entrants=made_of(children_together),
        starts=np.tile(0.15 * days, (draws, 1)), starts_unaccompanied=np.zeros((draws, months)),
    )  # fmt: skip
    horizon = days.sum()
    mean = 0.15 / rate * (1 - np.exp(-rate * horizon))
    both = 0.15 / (2 * rate) * (1 - np.exp(-2 * rate * horizon))
    return simulate(model).total[:, -1], mean, both


def test_stock_fed_by_single_arrivals_is_poisson_whatever_the_stay():
    stock, mean, _ = stock_of_a_steady_flow(1)
    assert abs(stock.mean() - mean) < 4 * np.sqrt(mean / len(stock))
    assert abs(stock.var(ddof=1) / mean - 1) < 4 * np.sqrt(2 / len(stock))


def test_siblings_who_arrive_together_spread_the_stock_as_theory_says():
    stock, mean, both = stock_of_a_steady_flow(3)
    variance = (
        mean + 2 * both
    )  # each of a household's three has two others: the mean number of ordered pairs still in care
    assert abs(stock.mean() - mean) < 4 * np.sqrt(variance / len(stock))
    assert 0.88 < stock.var(ddof=1) / variance < 1.12
    assert variance / mean > 1.9


def test_arrivals_in_a_month_are_poisson_and_fall_evenly_over_it():
    nobody = known_rates(np.zeros((len(SETTINGS), len(WAYS_OUT))), np.zeros((len(SETTINGS), len(SETTINGS))))
    model = a_model(draws=4000, months=1, children=0)
    model = replace(
        model, pathways=nobody, entrants=made_of(1), starts=np.full((4000, 1), 40.0),
        starts_unaccompanied=np.zeros((4000, 1)),
    )  # fmt: skip
    projection = simulate(model)
    arrived = projection.starts.sum(axis=(1, 2))
    assert abs(arrived.mean() - 40) < 4 * np.sqrt(40 / 4000)
    assert abs(arrived.var(ddof=1) / 40 - 1) < 4 * np.sqrt(2 / 4000)
    days = projection.child_days.sum() / arrived.sum()
    assert abs(days - 15) < 4 * 30 / np.sqrt(12 * arrived.sum())


def test_where_every_setting_pulls_alike_arrivals_are_those_drawn_before_pull_was_felt_on_arrival():
    projection = simulate(a_model(draws=20, months=24))
    assert projection.starts.sum(axis=(0, 1), dtype="int64").tolist() == [386, 231, 244, 101, 0, 76, 52, 65, 30, 7, 9]


@pytest.mark.parametrize("unaccompanied", [False, True])
def test_arrivals_are_placed_in_a_setting_by_its_share_of_past_ones_times_its_pull(unaccompanied):
    past = replace(made_of(1, households=10), setting=np.array([0, 0, 0, 0, 0, 1, 1, 1, 2, 2]))
    model = a_model(draws=300, months=12, children=0)
    flow, nobody = np.full((300, 12), 8.0), np.zeros((300, 12))
    pull = np.ones((300, 12, len(SETTINGS)))
    pull[:, 6:, 1] = 2.0
    model = replace(
        model, entrants=past, entrants_unaccompanied=past, starts=nobody if unaccompanied else flow,
        starts_unaccompanied=flow if unaccompanied else nobody, move_drift=pull,
    )  # fmt: skip
    starts = simulate(model).starts[:, 1:].sum(axis=0, dtype="int64")
    for months, share in (slice(0, 6), [0.5, 0.3, 0.2]), (slice(6, 12), [5 / 13, 6 / 13, 2 / 13]):
        came, chance = starts[months].sum(axis=0)[:3], np.array(share)
        z = (came - came.sum() * chance) / np.sqrt(came.sum() * chance * (1 - chance))
        assert np.abs(z).max() < 4


def test_a_household_comes_whole_and_by_the_pull_of_its_first_childs_setting():
    past = Entrants(np.array([0, 3, 4]), np.full(4, 800.0), np.array([1, 0, 0, 0]), np.zeros(4, int))
    model = a_model(draws=300, months=6, children=0)
    pull = np.ones((300, 6, len(SETTINGS)))
    pull[:, :, 1] = 3.0
    model = replace(
        model, entrants=past, starts=np.full((300, 6), 8.0), starts_unaccompanied=np.zeros((300, 6)), move_drift=pull
    )
    starts = simulate(model).starts.sum(axis=(0, 1), dtype="int64")
    threes, ones = starts[1], starts[0] - 2 * starts[1]
    assert abs(threes - 0.75 * (threes + ones)) < 4 * np.sqrt((threes + ones) * 0.75 * 0.25)


def test_a_very_large_flow_is_as_exact_as_a_small_one():
    nobody = known_rates(np.zeros((len(SETTINGS), len(WAYS_OUT))), np.zeros((len(SETTINGS), len(SETTINGS))))
    model = a_model(draws=300, months=1, children=0)
    model = replace(
        model, pathways=nobody, entrants=made_of(1), starts=np.full((300, 1), 50_000.0),
        starts_unaccompanied=np.zeros((300, 1)),
    )  # fmt: skip
    projection = simulate(model)
    assert projection.stock.dtype == np.int32
    arrived = projection.total[:, -1]
    assert abs(arrived.mean() - 50_000) < 4 * np.sqrt(50_000 / 300)
    assert 0.7 < arrived.var(ddof=1) / 50_000 < 1.35


def test_rates_that_change_with_time_in_care_change_on_the_day():
    model = steady(a_model(draws=40, months=12, starts_a_year=0), 300)
    known = known_rates(np.zeros((len(SETTINGS), len(WAYS_OUT))), np.zeros((len(SETTINGS), len(SETTINGS))))
    leave = np.concatenate([known.leave, known.leave, known.leave], axis=1)
    leave[:, 1, :, :, 0] = CERTAIN / 20
    pathways = replace(
        known, duration_edges=(100, 161), days=np.concatenate([known.days] * 3, axis=1), leave=leave,
        move=np.concatenate([known.move] * 3, axis=1),
    )  # fmt: skip
    projection = simulate(replace(model, pathways=pathways))
    ends = np.array([(month - model.origin).days for month in projection.months])
    total = projection.total.astype("float64").mean(axis=0)
    assert (total[ends <= 100] == 300).all()
    assert np.ptp(total[ends >= 161]) == 0
    assert abs(total[-1] - 300 * np.exp(-61 / 20)) < 4 * np.sqrt(300 * np.exp(-61 / 20) / 40)


# ---- what is refused --------------------------------------------------------------------------------------------


def spoiled(part: str, value: float) -> dict[str, object]:
    array = getattr(a_model(draws=3, months=4), part).copy()
    array.flat[5] = value
    return {part: array}


REFUSED = {
    "no draws": (lambda: a_model(draws=0), "0 draws cannot be played"),
    "no months": (lambda: a_model(months=0), "A horizon of 0 months"),
    "forty years": (lambda: a_model(draws=1, months=480), "A horizon of 480 months cannot be played: ask for 1 to 240"),
    "blank starts": (lambda: a_model(draws=3, months=4, **spoiled("starts", np.nan)), "starts: 1 of 12 are blank"),
    "starts below nought": (lambda: a_model(draws=3, months=4, **spoiled("starts", -1)), "below nought"),
    "infinite drift": (lambda: a_model(draws=3, months=4, **spoiled("leave_drift", np.inf)), "leave_drift: 1 of 12"),
    "nobody to draw from": (
        lambda: a_model(entrants=Entrants(np.zeros(1, int), np.zeros(0), np.zeros(0, int), np.zeros(0, int))),
        "no past arrivals to draw them from",
    ),
    "a setting nobody knows": (lambda: a_model(entrants=made_of(1, setting=11)), "entrants: setting: 1 of 1 are not"),
    "a negative seed": (lambda: replace(a_model(), seed=-1), "The seed"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_played_is_refused_in_words(case):
    build, words = REFUSED[case]
    with pytest.raises(SimulationError, match=words):
        simulate(build())


def test_too_many_draws_are_refused_before_anything_is_made():
    model = a_model(draws=1, months=1)
    many = {
        name: np.broadcast_to(getattr(model, name), (10_000_000, *getattr(model, name).shape[1:]))
        for name in ("starts", "starts_unaccompanied", "leave_drift", "move_drift")
    }
    with pytest.raises(SimulationError, match="10,000,000 draws cannot be played: ask for 1 to 100,000"):
        simulate(replace(model, **many))


def test_a_projection_too_large_to_hold_is_refused_with_how_many_draws_would_fit():
    model = a_model(draws=1, months=240)
    many = {
        name: np.broadcast_to(getattr(model, name), (60_000, *getattr(model, name).shape[1:]))
        for name in ("starts", "starts_unaccompanied", "leave_drift")
    }
    many["move_drift"] = np.broadcast_to(model.move_drift, (60_000, 240, len(SETTINGS)))
    with pytest.raises(SimulationError, match=r"60,000 draws of 240 months need .* GB, over the .* draws would fit"):
        simulate(replace(model, **many))


def test_chances_of_diversion_past_one_are_refused():
    effects = no_effects(24)
    effects.divert[0, 0, 1:4] = 0.5
    with pytest.raises(SimulationError, match=r"add up to 1\.50"):
        simulate(a_model().with_effects(effects, "too much"))


def test_nobody_at_all_is_a_projection_of_noughts():
    model = a_model(draws=2, children=0, starts_a_year=0)
    empty = Entrants(np.zeros(1, int), np.zeros(0), np.zeros(0, int), np.zeros(0, int))
    projection = simulate(replace(model, entrants=empty, entrants_unaccompanied=empty))
    assert not any(getattr(projection, name).any() for name in ARRAYS)


def test_progress_is_told_of_every_draw_and_a_failure_there_stops_the_work():
    told = []
    simulate(a_model(draws=150, months=3), progress=lambda done, whole: told.append((done, whole)))
    assert told[-1] == (150, 150)
    assert [done for done, _ in told] == sorted({done for done, _ in told})

    def stop(done, whole):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(a_model(draws=150, months=3), progress=stop)


def test_an_arrival_of_eighteen_years_comes_and_goes_in_a_moment():
    model = a_model(draws=20, months=6, children=0, entrants=made_of(1, age_days=18.2 * DAYS_IN_YEAR))
    model = replace(model, starts_unaccompanied=np.zeros_like(model.starts))
    projection = simulate(model)
    assert projection.starts.any()
    assert np.array_equal(projection.starts, projection.ceases)
    assert not projection.total.any() and not projection.child_days.any()
