"""Interrupted series: what carries over, what luck does, what is found, and what is refused."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from builders import a_placement, make_episodes
from evaluation_builders import a_plan, a_series, steady_weeks
from hypothesis import given
from hypothesis import strategies as some

from cip_analysis.impact.evaluating.carrying import (
    NOTHING_CARRIED,
    TURNOVERS,
    CarryingError,
    correlate,
    factors_of,
    weigh,
    whiten,
)
from cip_analysis.impact.evaluating.design import PROGRAMME, DesignError, lay_out
from cip_analysis.impact.evaluating.finding import longer, what_is_findable
from cip_analysis.impact.evaluating.luck import LuckError, draw_luck, luck_from
from cip_analysis.impact.evaluating.monthly import MonthlyError, count_weeks, populate
from cip_analysis.impact.interrupted import InterruptedSeriesError, find_effect, other_ways

PLAN = a_plan()
LUCK = draw_luck(lay_out(PLAN), 1, 1000)
WEEKS = steady_weeks(60, 1, 5)[0]


# ---- what carries over ------------------------------------------------------------------------------------------


def test_the_correlation_of_months_is_that_of_a_decaying_stock_averaged_over_each():
    fine, turnover = 400, 0.2
    moments = (np.arange(3 * fine) + 0.5) / fine
    stock = np.exp(-turnover * np.abs(moments[:, None] - moments[None, :]))
    by_month = stock.reshape(3, fine, 3, fine).mean(axis=(1, 3))
    assert correlate(np.arange(3), turnover) == pytest.approx(by_month / by_month[0, 0], abs=1e-5)


@given(turnover=some.sampled_from(TURNOVERS), months=some.integers(2, 60))
def test_every_correlation_is_one_that_could_be(turnover, months):
    matrix = correlate(np.arange(months), turnover)
    assert (np.diag(matrix) == 1).all() and (np.linalg.eigvalsh(matrix) > 0).all()


def test_months_left_out_leave_a_gap_in_what_carries_over():
    whole, gap = correlate(np.arange(4), 0.1), correlate(np.array([0, 1, 3]), 0.1)
    assert gap[1, 2] == whole[1, 3]


def test_where_nothing_carries_over_it_is_least_squares():
    design, outcome = lay_out(PLAN), np.log(WEEKS)
    plain = sm.OLS(outcome, design.matrix).fit()
    alone = [
        factor for factor, turnover in zip(factors_of(design.at), TURNOVERS, strict=True) if turnover == NOTHING_CARRIED
    ]
    weighed = weigh(whiten(design, alone), outcome[:, None])
    assert weighed.effect[0, 0] == pytest.approx(plain.params[-1], abs=1e-6)
    assert weighed.error[0, 0] == pytest.approx(plain.bse[-1], rel=1e-5)


def test_where_months_carry_over_it_is_generalised_least_squares():
    design, outcome, place = lay_out(PLAN), np.log(WEEKS), 5
    known = sm.GLS(outcome, design.matrix, sigma=correlate(design.at, TURNOVERS[place])).fit()
    weighed = weigh(whiten(design, factors_of(design.at)), outcome[:, None])
    assert weighed.effect[place, 0] == pytest.approx(known.params[-1], rel=1e-8)
    assert weighed.error[place, 0] == pytest.approx(known.bse[-1], rel=1e-8)


def test_terms_that_repeat_one_another_are_refused():
    design = lay_out(PLAN)
    twice = type(design)(design.months, design.at, np.column_stack([design.matrix, design.matrix[:, 0]]),
                         (*design.terms, "again"), np.append(design.tested, 0.0), design.acting,
                         design.after)  # fmt: skip
    with pytest.raises(CarryingError, match="repeat one another"):
        whiten(twice, factors_of(design.at))


# ---- the design -------------------------------------------------------------------------------------------------


def test_a_month_half_way_up_the_ramp_counts_for_half():
    design = lay_out(a_plan(start=date(2015, 4, 1), full_by=date(2015, 5, 1)))
    rising = design.matrix[:, design.terms.index(PROGRAMME)]
    assert rising[35:38].tolist() == pytest.approx([0.0, 0.5, 1.0])


def test_a_programme_at_once_on_the_sixteenth_counts_for_the_half_month():
    design = lay_out(a_plan(start=date(2015, 4, 16), full_by=None))
    assert design.matrix[36, -1] == pytest.approx(0.5)


def test_weeks_that_follow_slowly_follow_as_a_stock_does():
    """By hand: a cause from the first day, followed over 10 months, shows 1 - 10(1 - e^-0.1) of itself in month 1."""
    design = lay_out(a_plan(start=date(2015, 4, 1), full_by=None, follow_months=10))
    shown, stays = design.matrix[36:, -1], np.exp(-0.1)
    assert shown[0] == pytest.approx(1 - 10 * (1 - stays))
    assert 1 - shown[1:] == pytest.approx((1 - shown[0]) * stays ** np.arange(1, len(shown)))


def test_the_effect_tested_is_that_once_all_has_come():
    assert lay_out(a_plan(follow_months=10)).tested[-1] == 1
    slope = lay_out(a_plan(slope=True))
    assert slope.tested[-2:] == pytest.approx([1, slope.matrix[-1, -1]])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"pre_from": date(2014, 6, 1)}, "10 months before the programme are too few"),
        ({"post_to": date(2015, 10, 31)}, "7 months after it begins are too few"),
        ({"full_by": date(2017, 2, 1)}, "2 months after it is in full are too few"),
    ],
)
def test_too_few_months_are_refused_and_counted(changes, told):
    with pytest.raises(DesignError, match=told):
        lay_out(a_plan(**changes))


def test_months_the_plan_leaves_out_are_in_neither():
    left = {"from": date(2014, 1, 1), "to": date(2014, 6, 30), "because": "a change of recording"}
    design = lay_out(a_plan(left_out=[left]))
    assert len(design.months) == 54 and design.at.max() == 59


# ---- weeks of care ----------------------------------------------------------------------------------------------


def test_weeks_by_month_are_nights_by_hand():
    """A child from 30 March to 4 April 2017 has two nights of March and three of April; one open has all of April's."""
    rows = [a_placement(child="1", start="2017-03-30", end="2017-04-04", end_reason="returned home"),
            a_placement(child="2", start="2017-04-01")]  # fmt: skip
    monthly = count_weeks(make_episodes(rows, "2017-05-31"), (date(2017, 3, 1), date(2017, 4, 30)), ["in-house foster"])
    assert (monthly.child_weeks * 7).tolist() == pytest.approx([2, 3 + 30])
    assert monthly.children == 2


def test_ages_share_weeks_without_losing_one():
    row = a_placement(start="2015-12-01", birth_date="2011-01-16")
    span, episodes = (date(2015, 12, 1), date(2016, 2, 28)), make_episodes([row], "2016-03-31")
    young, older = (count_weeks(episodes, span, ["in-house foster"], [band]) for band in ("1 to 4", "5 to 9"))
    assert (young.child_weeks * 7).tolist() == pytest.approx([31, 15, 0])
    assert (older.child_weeks * 7).tolist() == pytest.approx([0, 16, 29])


def test_months_after_the_returns_are_not_taken_for_empty():
    with pytest.raises(MonthlyError, match="returns know whole months"):
        count_weeks(make_episodes([a_placement()], "2017-05-30"), (date(2017, 4, 1), date(2017, 5, 1)), ["kinship"])


def test_population_lies_in_a_straight_line_between_years():
    grown = populate(a_series(WEEKS), pd.Series({2013: 1000.0, 2014: 1100.0}))
    assert grown.population[0] == 1000 and grown.population[-1] == 1100
    assert (np.diff(grown.population[6:18]) > 0).all()


def test_blank_weeks_are_refused_with_their_month():
    with pytest.raises(MonthlyError, match=r"1 months have weeks that are blank or below nought.*first June 2012"):
        a_series(np.where(np.arange(60) == 2, np.nan, WEEKS))


# ---- what is found ----------------------------------------------------------------------------------------------


def test_a_share_off_every_month_in_full_is_found_to_the_digit_where_nothing_else_moves():
    design = lay_out(PLAN)
    quiet = 300 * design.months.days_in_month.to_numpy() / 30 * np.exp(np.log(0.7) * design.matrix[:, -1])
    wobble = 1 + 1e-6 * np.random.default_rng(1).standard_normal(60)
    found = find_effect(a_series(quiet * wobble), PLAN, LUCK)
    assert found.change == pytest.approx(-0.3, abs=1e-4) and found.is_found
    assert found.path["without_weeks"].iloc[-1] == pytest.approx(found.path["seen_weeks"].iloc[-1] / 0.7, rel=1e-3)


def test_what_is_put_in_moves_the_effect_by_exactly_that():
    design = lay_out(PLAN)
    before = find_effect(a_series(WEEKS), PLAN, LUCK)
    after = find_effect(a_series(WEEKS * np.exp(np.log(0.8) * design.matrix[:, -1])), PLAN, LUCK)
    assert (1 + after.change) / (1 + before.change) == pytest.approx(0.8)
    assert (after.turnover, after.needed) == (before.turnover, before.needed)


def test_weeks_not_had_are_the_gap_in_the_path():
    found = find_effect(a_series(WEEKS), PLAN, LUCK)
    after = found.path.dropna()
    assert found.weeks == pytest.approx((after["without_weeks"] - after["seen_weeks"]).sum())
    assert len(after) == 24 and found.weeks_low <= found.weeks <= found.weeks_high


def test_the_interval_leaves_out_nought_exactly_where_the_effect_is_told_from_luck():
    design = lay_out(PLAN)
    every = [
        find_effect(a_series(WEEKS * np.exp(share * design.matrix[:, -1])), PLAN, LUCK) for share in (0.0, -0.2, -0.9)
    ]
    for found in every:
        assert found.is_found == (found.high < 0 or found.low > 0)
        assert (found.p_value <= PLAN.alpha + 0.01) if found.is_found else (found.p_value >= PLAN.alpha - 0.01)


def test_nothing_put_in_is_called_an_effect_about_one_time_in_twenty_and_newey_west_far_oftener():
    weeks, design = steady_weeks(60, 600, 11), lay_out(PLAN)
    judged = LUCK.judge(np.log(weeks / design.months.days_in_month.to_numpy()).T, 0.05)
    assert 0.02 <= (np.abs(judged.effect) > judged.reach).mean() <= 0.08
    robust = [other_ways(a_series(one), design, 0.05)[1]["p_value"] for one in weeks[:100]]
    assert (np.array(robust) < 0.05).mean() > 0.25


def test_a_fall_put_in_comes_out_without_bias():
    weeks, design = steady_weeks(60, 600, 12), lay_out(PLAN)
    fallen = np.log(weeks / design.months.days_in_month.to_numpy()).T + np.log(0.7) * design.matrix[:, [-1]]
    judged = LUCK.judge(fallen, 0.05)
    assert np.expm1(judged.effect.mean()) == pytest.approx(-0.3, abs=0.03)
    assert 0.9 <= (np.abs(judged.effect - np.log(0.7)) <= judged.reach).mean() <= 0.98


def test_luck_depends_on_the_plan_and_the_seed_alone():
    again, other = (draw_luck(lay_out(PLAN), seed, 200).surprises for seed in (3, 4))
    assert (draw_luck(lay_out(PLAN), 3, 200).surprises == again).all() and not (again == other).all()


def test_luck_kept_comes_back_as_it_was_and_of_other_turnovers_is_refused():
    kept = LUCK.as_table()
    assert (luck_from(kept, LUCK.design).surprises == LUCK.surprises).all()
    with pytest.raises(LuckError, match="Draw it again"):
        luck_from(kept.iloc[:, 1:], LUCK.design)


# ---- what could be found ----------------------------------------------------------------------------------------


def test_what_is_findable_looks_at_nothing_after_the_programme_begins():
    upset = np.where(np.arange(60) < 36, WEEKS, WEEKS * 9)
    plain, other = (what_is_findable(a_series(weeks), PLAN, LUCK, 1) for weeks in (WEEKS, upset))
    pd.testing.assert_frame_equal(plain.curve, other.curve)
    assert plain.fall == other.fall == what_is_findable(a_series(WEEKS[:36]), PLAN, LUCK, 1).fall


def test_the_chance_of_finding_a_fall_is_as_foretold():
    weeks, design = steady_weeks(60, 600, 13), lay_out(PLAN)
    fallen = np.log(weeks / design.months.days_in_month.to_numpy()).T + np.log(0.7) * design.matrix[:, [-1]]
    judged = LUCK.judge(fallen, 0.05)
    foretold = [what_is_findable(a_series(one), PLAN, LUCK, 1).curve.set_index("fall_share")["chance_of_finding"][0.3]
                for one in weeks[:25]]  # fmt: skip
    assert (judged.effect < -judged.reach).mean() == pytest.approx(np.mean(foretold), abs=0.12)


def test_a_larger_fall_is_found_oftener_and_the_smallest_found_is_where_the_plan_asks():
    findable = what_is_findable(a_series(WEEKS), PLAN, LUCK, 1)
    assert findable.curve["chance_of_finding"].iloc[1:].is_monotonic_increasing
    at_fall = what_is_findable(a_series(WEEKS), a_plan(effect=-findable.fall), LUCK, 1)
    assert at_fall.at_effect == pytest.approx(PLAN.power, abs=0.01)
    assert not findable.is_enough


def test_too_few_known_months_before_are_refused():
    with pytest.raises(InterruptedSeriesError, match="11 months before the programme are known"):
        what_is_findable(a_series(WEEKS[:11]), PLAN, LUCK, 1)


def test_longer_plans_end_so_many_months_after_the_first():
    ends = [(plan.post_to, len(plan.months_after)) for plan in longer(PLAN, (12, 24))]
    assert ends == [(date(2016, 3, 31), 12), (date(2017, 3, 31), 24)]


# ---- what is refused --------------------------------------------------------------------------------------------


def test_months_that_are_missing_are_counted_and_the_first_named():
    with pytest.raises(InterruptedSeriesError, match="4 months of the plan have no weeks, first December 2016"):
        find_effect(a_series(WEEKS[:56]), PLAN, LUCK)


def test_a_handful_of_children_is_refused():
    with pytest.raises(InterruptedSeriesError, match="fewer than 5 children at a time"):
        find_effect(a_series(WEEKS / 20), PLAN, LUCK)


def test_a_month_with_nobody_is_refused():
    with pytest.raises(InterruptedSeriesError, match="1 months have no week of care at all"):
        find_effect(a_series(np.where(np.arange(60) == 7, 0.0, WEEKS)), PLAN, LUCK)
