"""Levers alter what is played from: none is the baseline, each does what it says, and together they compose."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from itertools import islice, permutations

import numpy as np
import pandas as pd
import pytest
from builders import ROOT
from demand.invented_model import ORIGIN, a_model
from hypothesis import given
from hypothesis import strategies as st

from cip_analysis.codes import AGE_BANDS, SETTINGS, WAYS_OUT
from cip_analysis.demand.inputs import DAYS_IN_YEAR, NEED_NAMES, Effects, no_effects
from cip_analysis.demand.levers.altering import compose, divert_share
from cip_analysis.demand.scenarios import (
    Context,
    LeverError,
    ScenarioError,
    apply_scenario,
    compare_scenarios,
    describe_lever,
    driver_table,
)
from cip_analysis.demand.simulate import simulate
from cip_analysis.scenario_settings import (
    ConvergeLever,
    DivertingLever,
    LeavingLever,
    Lever,
    MovingLever,
    PlacesLever,
    Scenario,
    StartsLever,
    UnaccompaniedLever,
)
from cip_analysis.settings import read_settings

BEGINS = date(2018, 4, 1)
COUNTY = a_model(draws=200, months=36, children=300, starts_a_year=120)
BASELINE = simulate(COUNTY)
A_HOME = PlacesLever(begins=BEGINS, setting="in-house residential", filled_from="external residential", places=4)
CONTEXT = Context(
    population={0: 75_000},
    neighbours_rate={0: 50.0},
    gap_shares={12: 0.1, 24: 0.2},
    baseline=BASELINE,
    simulate=simulate,
)


def a_scenario(*levers: Lever) -> Scenario:
    return Scenario(name="a-trial", title="a trial", source="a test", owner="a tester", as_of=BEGINS, levers=levers)


def applied(*levers: Lever, inputs=COUNTY, context=CONTEXT):
    return apply_scenario(inputs, a_scenario(*levers), context)


def at(*names: str) -> list[int]:
    return [SETTINGS.index(name) for name in names]


def mean_stock(projection, setting: str) -> np.ndarray:
    return projection.stock[:, :, :, SETTINGS.index(setting)].sum(axis=2).mean(axis=0)


# ---- identities -------------------------------------------------------------------------------------------------


def test_a_scenario_with_no_levers_equals_the_baseline_value_for_value():
    projection = simulate(applied())
    assert projection.scenario == "a-trial"
    for part in fields(projection):
        if isinstance(getattr(projection, part.name), np.ndarray):
            assert (getattr(projection, part.name) == getattr(BASELINE, part.name)).all(), part.name


def test_levers_that_change_nothing_leave_every_effect_as_it_was():
    still = applied(
        StartsLever(begins=BEGINS, factor=1), UnaccompaniedLever(begins=BEGINS, factor=1),
        LeavingLever(begins=BEGINS, factor=1),
        MovingLever(begins=BEGINS, factor=1, from_setting="other", to_setting="kinship"),
        DivertingLever(begins=BEGINS, share=0, from_setting="other", to_setting="kinship"),
        ConvergeLever(begins=date(2030, 1, 1), full_by=date(2031, 1, 1), share="full"),
    ).effects  # fmt: skip
    for part in fields(Effects):
        assert (getattr(still, part.name) == getattr(no_effects(36), part.name)).all(), part.name


def test_the_inputs_given_are_left_as_they_were():
    before = {part.name: getattr(COUNTY.effects, part.name).copy() for part in fields(Effects)}
    applied(
        StartsLever(begins=BEGINS, factor=2),
        DivertingLever(begins=BEGINS, share=0.5, from_setting="other", to_setting="kinship"),
    )
    assert all((getattr(COUNTY.effects, name) == values).all() for name, values in before.items())


def test_the_order_of_levers_does_not_matter():
    levers = (
        StartsLever(begins=BEGINS, factor=0.8, ages=("10 to 15",)),
        PlacesLever(begins=BEGINS, setting="in-house foster", filled_from="independent foster", places=10),
        DivertingLever(begins=BEGINS, share=0.5, from_setting="independent foster", to_setting="kinship"),
        MovingLever(
            begins=BEGINS, children_a_year=6, from_setting="external residential", to_setting="in-house foster"
        ),
    )
    first, *others = (applied(*order).effects for order in islice(permutations(levers), 0, 24, 5))
    for part in fields(Effects):
        for other in others:
            assert getattr(other, part.name) == pytest.approx(getattr(first, part.name)), part.name


# ---- worked by hand ---------------------------------------------------------------------------------------------


def test_a_factor_on_starts_touches_its_ages_and_needs_and_phases_in():
    lever = StartsLever(begins=BEGINS, full_by=date(2019, 4, 1), factor=0.5, ages=("10 to 15",), needs=("low income",))
    entry = applied(lever).effects.entry
    cell = entry[:, AGE_BANDS.index("10 to 15"), NEED_NAMES.index("low income")]
    assert cell[0] == pytest.approx(1 - 0.5 * 14.5 / 365)
    assert (cell[12:] == 0.5).all()
    assert (np.delete(entry, AGE_BANDS.index("10 to 15"), axis=1) == 1).all()
    assert (np.delete(entry, NEED_NAMES.index("low income"), axis=2) == 1).all()


def test_factors_on_leaving_and_moving_touch_their_own_cells_alone():
    home = LeavingLever(begins=BEGINS, factor=1.5, settings=("kinship",), ways_out=("returned home",), ages=("5 to 9",))
    effects = applied(home).effects
    cell = np.zeros_like(effects.leave, dtype=bool)
    cell[:, AGE_BANDS.index("5 to 9"), SETTINGS.index("kinship"), WAYS_OUT.index("returned home")] = True
    assert (effects.leave[cell] == 1.5).all()
    assert (effects.leave[~cell] == 1).all()
    step = MovingLever(
        begins=BEGINS, factor=3, from_setting="external residential", to_setting="kinship", ages=("5 to 9",)
    )
    effects = applied(step).effects
    assert effects.move[0, 2, SETTINGS.index("external residential"), SETTINGS.index("kinship")] == 3
    assert (effects.move != 1).sum() == 36


def test_a_rate_a_year_is_added_by_the_day():
    lever = LeavingLever(begins=BEGINS, added_rate_a_year=0.2, ways_out=("adopted",), settings=("kinship",))
    added = applied(lever).effects.leave_added
    assert added[0, 0, SETTINGS.index("kinship"), WAYS_OUT.index("adopted")] == pytest.approx(0.2 / DAYS_IN_YEAR)
    assert (added > 0).sum() == 36 * len(AGE_BANDS)


def test_two_levers_on_one_cell_multiply_and_two_additions_add():
    twice = applied(StartsLever(begins=BEGINS, factor=0.5), StartsLever(begins=BEGINS, factor=0.8)).effects.entry
    assert twice == pytest.approx(np.full_like(twice, 0.4))
    lever = MovingLever(begins=BEGINS, added_rate_a_year=0.1, from_setting="other", to_setting="kinship")
    added = applied(lever, lever).effects.move_added
    assert added.max() == pytest.approx(0.2 / DAYS_IN_YEAR)


def test_diversions_combine_as_rivals_and_never_pass_one():
    halves = compose(
        no_effects(1),
        [divert_share(COUNTY.cut(1, 1), "external residential", goal, 0.5) for goal in ("kinship", "in-house foster")],
    )
    row = halves.divert[0, SETTINGS.index("external residential")]
    assert row[at("kinship", "in-house foster")] == pytest.approx([0.375, 0.375])
    whole = [
        divert_share(COUNTY.cut(1, 1), "other", goal, 1.0) for goal in ("kinship", "with parents", "family centre")
    ]
    row = compose(no_effects(1), whole).divert[0, SETTINGS.index("other")]
    assert row.sum() == pytest.approx(1)
    assert row.max() == pytest.approx(1 / 3)


@given(
    st.lists(st.tuples(st.sampled_from(("kinship", "in-house foster", "with parents")), st.floats(0, 1)), max_size=5)
)
def test_diversions_in_any_order_are_the_same_and_never_pass_one(shares):
    one_month = COUNTY.cut(1, 1)
    diversions = [divert_share(one_month, "other", goal, share) for goal, share in shares]
    row = compose(no_effects(1), diversions).divert[0, SETTINGS.index("other")]
    assert row == pytest.approx(compose(no_effects(1), diversions[::-1]).divert[0, SETTINGS.index("other")])
    assert row.sum() == pytest.approx(1 - np.prod([1 - share for _, share in shares]), abs=1e-9)
    assert row.sum() <= 1 + 1e-12


# ---- recovery: what the simulation makes of a lever ---------------------------------------------------------------


def test_places_opened_hold_as_many_more_children_as_their_occupancy_says():
    lever = PlacesLever(
        begins=BEGINS, setting="in-house foster", filled_from="independent foster", places=15, occupancy=0.8
    )
    projection = simulate(applied(lever))
    more = mean_stock(projection, "in-house foster") - mean_stock(BASELINE, "in-house foster")
    fewer = mean_stock(projection, "independent foster") - mean_stock(BASELINE, "independent foster")
    assert more[12:] == pytest.approx(np.full(25, 12.0), rel=0.15)
    assert fewer[-1] < -9


def test_places_closed_hold_as_many_fewer():
    lever = PlacesLever(begins=BEGINS, setting="in-house foster", filled_from="independent foster", places=-15)
    projection = simulate(applied(lever))
    fewer = mean_stock(projection, "in-house foster") - mean_stock(BASELINE, "in-house foster")
    assert fewer[18:] == pytest.approx(np.full(19, -15.0), rel=0.15)


def test_more_places_than_can_be_filled_are_said_in_words():
    lever = PlacesLever(
        begins=BEGINS, setting="in-house residential", filled_from="family centre", places=20, at_most=0.5
    )
    notes = applied(lever).notes
    held = (
        mean_stock(simulate(applied(lever)), "in-house residential")[-1]
        - mean_stock(BASELINE, "in-house residential")[-1]
    )
    said = notes[-1]
    assert said.startswith("in-house residential, 20 places at an occupancy of 100%: ")
    assert said.endswith(" of 20 places can be filled by March 2021, as too few placements are made in family centre.")
    assert int(said.split(": ")[1].split(" of ")[0]) == pytest.approx(held, abs=1)


def test_children_a_year_are_moved_at_about_that_number():
    pathways = COUNTY.pathways
    move = pathways.move.copy()
    move[..., SETTINGS.index("external residential"), SETTINGS.index("kinship")] = 0.0
    county = replace(COUNTY, pathways=replace(pathways, move=move))
    context = replace(CONTEXT, baseline=simulate(county))
    lever = MovingLever(begins=BEGINS, children_a_year=6, from_setting="external residential", to_setting="kinship")
    altered = applied(lever, inputs=county, context=context)
    stock = simulate(altered).child_days[:, 1:, SETTINGS.index("external residential")].mean(axis=0)
    rate = altered.effects.move_added[:, 0, SETTINGS.index("external residential"), SETTINGS.index("kinship")]
    assert (rate * stock).sum() / 3 == pytest.approx(6, rel=0.05)


def test_more_children_a_year_than_there_are_is_said_in_words():
    lever = LeavingLever(
        begins=BEGINS, children_a_year=500, settings=("secure and health",), ways_out=("returned home",)
    )
    assert applied(lever).notes[-1].startswith("Of 1,500 children to go over the months forecast, ")


def test_the_transfer_scheme_brings_unaccompanied_children_to_their_share_and_no_further():
    lever = UnaccompaniedLever(begins=BEGINS, full_by=date(2019, 9, 30), share_of_children=0.0007)
    unaccompanied = simulate(applied(lever)).unaccompanied.mean(axis=0)
    assert BASELINE.unaccompanied.mean(axis=0)[-1] < 40
    assert unaccompanied[18:] == pytest.approx(np.full(19, 0.0007 * 75_000), rel=0.12)
    already = applied(replace_share(lever, 0.0001)).effects.entry_unaccompanied
    assert (already == 1).all()


def replace_share(lever: UnaccompaniedLever, share: float) -> UnaccompaniedLever:
    return lever.model_copy(update={"share_of_children": share})


def test_no_unaccompanied_arrivals_to_multiply_is_said():
    none = replace(COUNTY, starts_unaccompanied=np.zeros_like(COUNTY.starts_unaccompanied))
    altered = applied(UnaccompaniedLever(begins=BEGINS, children_at_once=80), inputs=none)
    assert (altered.effects.entry_unaccompanied == 1).all()
    assert "multiplied up to 80 at once: in 36 months there are none" in altered.notes[-1]


def test_closing_the_gap_in_full_reaches_the_neighbours_rate_on_the_day_and_stays():
    lever = ConvergeLever(begins=BEGINS, full_by=date(2020, 3, 31), share="full")
    total = simulate(applied(lever)).total.mean(axis=0)
    assert total[[12, 24, 36]] == pytest.approx([(300 + 375) / 2, 375, 375], abs=0.7)


def test_closing_the_usual_share_follows_the_shares_given_and_the_last_is_held():
    lever = ConvergeLever(begins=BEGINS, share="estimated")
    total = simulate(applied(lever)).total.mean(axis=0)
    assert total[[12, 24, 36]] == pytest.approx([300 + 7.5, 300 + 15, 300 + 15], abs=0.5)


def test_a_stated_share_is_closed_and_given_up_after_its_last_day():
    lever = ConvergeLever(begins=BEGINS, full_by=date(2019, 3, 31), until=date(2020, 3, 31), share=0.5)
    altered = applied(lever)
    assert simulate(altered).total[:, [12, 24]].mean(axis=0) == pytest.approx([337.5, 337.5], abs=0.7)
    assert (altered.effects.entry[24:] == 1).all()


def test_a_gap_closed_from_a_later_day_alters_nothing_before_it():
    lever = ConvergeLever(begins=date(2019, 10, 1), full_by=date(2021, 3, 31), share="full")
    altered = applied(lever)
    assert (altered.effects.entry[:18] == 1).all()
    assert (simulate(altered).stock[:, :19] == BASELINE.stock[:, :19]).all()
    assert simulate(altered).total[:, 36].mean() == pytest.approx(375, abs=0.7)


def test_a_lever_solved_for_and_another_on_top_multiply():
    lever = ConvergeLever(begins=BEGINS, full_by=date(2020, 3, 31), share="full")
    alone = applied(lever).effects.entry
    both = applied(StartsLever(begins=BEGINS, factor=0.9), lever).effects.entry
    assert both == pytest.approx(alone * 0.9)


# ---- what is missing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lever", "context", "said"),
    [
        (A_HOME, Context(), "baseline's projection"),
        (UnaccompaniedLever(begins=BEGINS, share_of_children=0.1), Context(baseline=BASELINE), "the population aged 0"),
        (ConvergeLever(begins=BEGINS, share="estimated"), Context(population={0: 1e5}), "the neighbours' rate"),
        (ConvergeLever(begins=BEGINS, share="estimated"), Context({0: 1e5}, {0: 50}), "the usual shares of the gap"),
        (ConvergeLever(begins=BEGINS, share="estimated"), Context({0: 1e5}, {0: float("nan")}), "or below nought"),
        (ConvergeLever(begins=BEGINS, full_by=BEGINS, share=0.3), Context({0: 1e5}, {0: 50}), "Give `simulate`"),
    ],
)  # fmt: skip
def test_a_lever_that_needs_what_is_not_there_says_what(lever, context, said):
    with pytest.raises(LeverError, match=said):
        applied(lever, context=context)


# ---- comparing ----------------------------------------------------------------------------------------------------


def test_differences_are_taken_draw_by_draw_at_each_year_end():
    other = simulate(applied(StartsLever(begins=BEGINS, factor=1.3)))
    table = compare_scenarios(BASELINE, [other])
    assert list(table["year_end"].unique()) == [pd.Timestamp(year, 3, 31) for year in (2019, 2020, 2021)]
    row = table[table["setting"].eq("all") & table["measure"].eq("children")].iloc[1]
    apart = other.total[:, 24] - BASELINE.total[:, 24]
    assert row[["mean", "p10", "p50", "p90"]].tolist() == pytest.approx(
        [apart.mean(), *np.percentile(apart, [10, 50, 90])]
    )
    for _, part in table.groupby(["year_end", "measure"]):
        assert part.loc[part["setting"].ne("all"), "mean"].sum() == pytest.approx(
            part.loc[part["setting"].eq("all"), "mean"].item()
        )
    days = table[table["setting"].eq("all") & table["measure"].eq("child-days")]["mean"].sum()
    assert days == pytest.approx((other.child_days - BASELINE.child_days).sum(axis=(1, 2)).mean(), rel=1e-5)


def test_the_baseline_differs_from_itself_by_nothing():
    table = compare_scenarios(BASELINE, [BASELINE])
    assert (table[["mean", "p10", "p50", "p90"]] == 0).all(axis=None)
    assert compare_scenarios(BASELINE, []).empty


def test_a_horizon_that_ends_within_a_year_is_compared_at_its_end_too():
    short = simulate(COUNTY.cut(5, 14))
    ends = compare_scenarios(short, [short])["year_end"].unique()
    assert list(ends) == [pd.Timestamp(2019, 3, 31), pd.Timestamp(2019, 5, 31)]


def test_other_draws_or_months_or_another_outturn_cannot_be_compared():
    with pytest.raises(ScenarioError, match="has 5 draws of 36 months to 2021-03-31, the baseline 200"):
        compare_scenarios(BASELINE, [simulate(COUNTY.cut(5, 36))])
    elsewhere = simulate(a_model(draws=200, months=36, children=300, starts_a_year=120, seed=2))
    with pytest.raises(ScenarioError, match="another outturn"):
        compare_scenarios(BASELINE, [elsewhere])


def test_each_levers_effect_and_their_interaction_add_up_to_what_they_do_together():
    levers = (
        StartsLever(begins=BEGINS, factor=0.7),
        DivertingLever(begins=BEGINS, share=0.5, from_setting="external residential", to_setting="independent foster"),
    )
    table = driver_table(COUNTY, a_scenario(*levers), CONTEXT)
    for setting in ("all", "external residential"):
        mean = table[table["setting"].eq(setting)].set_index("lever")["mean"]
        assert mean.index.tolist() == [*map(describe_lever, levers), "all together", "interaction"]
        assert mean.iloc[:2].sum() + mean["interaction"] == pytest.approx(mean["all together"])
    residential = table[table["setting"].eq("external residential")].set_index("lever")["mean"]
    assert residential["interaction"] > 0, "fewer starts leave fewer to divert"
    moved = simulate(applied(levers[0])).total[:, -1] - BASELINE.total[:, -1]
    assert table.loc[0, "mean"] == pytest.approx(moved.mean())


def test_drivers_are_not_measured_against_another_projections_draws():
    with pytest.raises(ScenarioError, match="has 5 draws"):
        driver_table(COUNTY.cut(5, 36), a_scenario(StartsLever(begins=BEGINS, factor=0.7)), CONTEXT)


def test_one_lever_has_no_interaction_and_none_moves_nothing():
    table = driver_table(COUNTY, a_scenario(StartsLever(begins=BEGINS, factor=0.7)), CONTEXT).set_index("lever")
    assert (table.loc["interaction", ["mean", "p10", "p90"]] == 0).all(axis=None)
    assert (driver_table(COUNTY, a_scenario(), CONTEXT)["mean"] == 0).all()


def test_levers_are_described_in_plain_words():
    shipped = sorted((ROOT / "config" / "scenarios").glob("*.toml"))
    said = {path.stem: [describe_lever(lever) for lever in read_settings(path, Scenario).levers] for path in shipped}
    assert said["neighbours-2022"] == [
        "all of the gap to neighbours closed, from 1 April 2018, in full by 31 March 2022"
    ]
    assert said["home-reopened"] == [
        "4 places in in-house residential opened, filled from external residential, from 1 April 2019"
    ]
    assert said["family-group-conferencing"] == [
        "starts × 0.85, aged 10 to 15, for 3 of the needs recorded, from 1 October 2018, in full by 1 October 2019"
    ]
    assert said["unaccompanied-transfer-scheme"][0].startswith("unaccompanied children up to 0.07% of children, from")


@pytest.mark.parametrize("path", sorted((ROOT / "config" / "scenarios").glob("*.toml")), ids=lambda path: path.stem)
def test_every_scenario_shipped_plays_and_moves_something(path):
    county = replace(COUNTY.cut(50, 36), origin=ORIGIN)
    context = replace(CONTEXT, baseline=simulate(county))
    altered = apply_scenario(county, read_settings(path, Scenario), context)
    table = compare_scenarios(context.baseline, [simulate(altered)])
    assert table["mean"].abs().max() > 0
