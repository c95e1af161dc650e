"""Children who step down: spells, competing ways out by hand, matching, and the dearest a year later."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from builders import a_placement, make_episodes
from evaluation_builders import a_cohort
from hypothesis import given
from hypothesis import strategies as some
from statsmodels.duration.survfunc import CumIncidenceRight

from cip_analysis.impact.evaluating.dearest import follow_dearest
from cip_analysis.impact.evaluating.spells import (
    CAUSES,
    ELSEWHERE,
    LEFT,
    STEPPED,
    STILL,
    TURNED,
    Spells,
    SpellsError,
    find_spells,
    gather_cohort,
    match_weights,
)
from cip_analysis.impact.evaluating.telling_children import pool_dearest
from cip_analysis.impact.step_down import Following, StepDownError, compare_cohorts, count_incidence
from cip_analysis.records import PAYMENT_COLUMNS, Payments

HOME = {"setting": "external residential", "placement": "children's home", "provider": "private"}
ENDS = some.lists(
    some.tuples(some.integers(1, 12), some.sampled_from([*CAUSES, "still there"])), min_size=1, max_size=25
)


# ---- spells -----------------------------------------------------------------------------------------------------


def spells_of(*rows: dict[str, object], census: str = "2018-03-31") -> Spells:
    """Spells in external residential care of these placements."""
    return find_spells(make_episodes(list(rows), census), ["external residential"])


@pytest.mark.parametrize(
    ("after", "way"),
    [
        ({"setting": "in-house foster", "end": None}, STEPPED),
        ({"setting": "16+ supported", "end": None}, ELSEWHERE),
        (None, LEFT),
    ],
)
def test_a_spell_ends_by_what_follows_it(after, way):
    first = a_placement(**HOME, start="2016-06-01", end="2016-09-01", end_reason=None if after else "returned home")
    rows = [first, *([a_placement(start="2016-09-01", **after)] if after else [])]
    assert [CAUSES[cause] for cause in spells_of(*rows).cause] == [way]


def test_a_move_between_homes_does_not_end_a_spell_and_a_gap_does():
    moved = [a_placement(**HOME, start="2016-06-01", end="2016-09-01"), a_placement(**HOME, start="2016-09-01")]
    assert len(spells_of(*moved).child) == 1 and spells_of(*moved).cause.tolist() == [STILL]
    gone = [a_placement(**HOME, start="2016-06-01", end="2016-09-01", end_reason="returned home"),
            a_placement(**HOME, start="2016-10-01", period=2)]  # fmt: skip
    assert len(spells_of(*gone).child) == 2


def test_a_spell_that_lasts_to_the_eighteenth_birthday_ends_there():
    row = a_placement(**HOME, start="2016-06-01", end=None, birth_date="1999-06-01")
    assert [CAUSES[cause] for cause in spells_of(row).cause] == [TURNED]


def test_children_are_followed_from_the_day_or_from_the_day_they_enter():
    rows = [a_placement(**HOME, child="1", start="2015-01-01", end="2016-05-01", end_reason="returned home"),
            a_placement(**HOME, child="2", start="2016-06-01"),
            a_placement(**HOME, child="3", start="2017-06-01")]  # fmt: skip
    cohort = gather_cohort(spells_of(*rows), date(2016, 4, 1), 24, 12, date(2018, 3, 31))
    assert cohort.days.tolist() == [30, (date(2018, 4, 1) - date(2016, 6, 1)).days]
    assert [way.split("; there ")[1] for way in cohort.stratum] == ["half a year to two", "under half a year"]


def test_children_are_not_followed_past_what_the_returns_know():
    with pytest.raises(SpellsError, match="not known to the end"):
        gather_cohort(spells_of(a_placement(**HOME)), date(2016, 4, 2), 24, 12, date(2018, 3, 31))


# ---- competing ways out -----------------------------------------------------------------------------------------


def test_incidence_by_hand():
    """Five children: one steps down on day 1, one leaves on day 2, one is last seen then, one steps down on day 3.

    Day 1: 1/5 step down, 4/5 stay. Day 2: 4/5 x 1/4 = 1/5 leave, 3/5 stay. Day 3, 2 at risk: 3/5 x 1/2 = 3/10 step
    down.
    """
    cohort = a_cohort((1, STEPPED), (2, LEFT), (2, "still there"), (3, STEPPED), (9, "still there"))
    found = count_incidence(cohort, np.ones((1, 5)))
    assert found.at(1)[0].tolist() == pytest.approx([1 / 5, 0, 0, 0])
    assert found.at(2)[0].tolist() == pytest.approx([1 / 5, 1 / 5, 0, 0])
    assert found.at(3)[0].tolist() == pytest.approx([1 / 5 + 3 / 10, 1 / 5, 0, 0])
    assert found.at(0)[0].sum() == 0


@given(ended=ENDS)
def test_the_ways_out_and_those_still_there_come_to_one(ended):
    found = count_incidence(a_cohort(*ended), np.ones((1, len(ended))))
    assert found.still + found.by_cause.sum(axis=1) == pytest.approx(np.ones_like(found.still), abs=1e-12)


@given(ended=ENDS)
def test_incidence_is_that_of_statsmodels(ended):
    cohort = a_cohort(*ended)
    found = count_incidence(cohort, np.ones((1, len(ended))))
    known = CumIncidenceRight(cohort.days, cohort.cause + 1, freq_weights=np.ones(len(ended)))
    for cause, theirs in enumerate(known.cinc):
        ours = [found.at(day)[0, cause] for day in known.times]
        assert ours == pytest.approx(list(theirs), abs=1e-9)


@given(ended=ENDS, times=some.integers(2, 5))
def test_a_weight_of_so_many_is_so_many_children(ended, times):
    once, often = a_cohort(*ended), a_cohort(*(ended * times))
    weighted = count_incidence(once, np.full((1, len(ended)), float(times)))
    assert weighted.by_cause == pytest.approx(count_incidence(often, np.ones((1, len(ended) * times))).by_cause)


# ---- matching ---------------------------------------------------------------------------------------------------


def test_the_earlier_cohort_is_given_the_mix_of_the_later():
    later = a_cohort(*[(1, LEFT)] * 4, strata=("young", "young", "young", "old"))
    earlier = a_cohort(*[(1, LEFT)] * 4, strata=("young", "old", "old", "alone"))
    now, then = match_weights(later, earlier, (np.ones((1, 4)), np.ones((1, 4))))
    assert now[0].tolist() == [1, 1, 1, 1]
    assert then[0].tolist() == [3, 0.5, 0.5, 0]


def test_a_difference_of_mix_alone_is_no_difference_once_matched():
    stays, goes = (30, "still there"), (5, STEPPED)
    later = a_cohort(goes, goes, goes, stays, strata=("quick",) * 3 + ("slow",))
    earlier = a_cohort(goes, stays, stays, stays, strata=("quick",) + ("slow",) * 3)
    weights = match_weights(later, earlier, (np.ones((1, 4)), np.ones((1, 4))))
    now, then = (
        count_incidence(one, weight).at(30)[0, 0] for one, weight in zip((later, earlier), weights, strict=True)
    )
    assert now == pytest.approx(then) and now == pytest.approx(0.75)


def two_cohorts(children: int, later_share: float, earlier_share: float, seed: int) -> Spells:
    """Spells of children there from well before April 2014 and 2016, of whom so many step down within the two years."""
    chance = np.random.default_rng(seed)
    day = {year: (date(year, 4, 1) - date(1970, 1, 1)).days for year in (2014, 2016)}
    starts = np.repeat([day[2016], day[2014]], children)
    goes = chance.random(2 * children) < np.repeat([later_share, earlier_share], children)
    ended = starts + np.where(goes, chance.integers(1, 720, 2 * children), 730)
    ended = np.where(~goes & (starts == day[2016]), 10**8, ended)
    cause = np.where(goes, CAUSES.index(STEPPED), np.where(ended == 10**8, STILL, CAUSES.index(LEFT)))
    number = np.arange(2 * children)
    return Spells(number, starts - 100, ended, cause, starts - 12 * 365, np.zeros_like(number))


FOLLOWING = Following(date(2016, 4, 1), date(2014, 4, 1), 24, 12, date(2018, 3, 31))


def test_a_step_down_put_in_is_found_and_its_interval_holds_it():
    found = compare_cohorts(two_cohorts(400, 0.5, 0.2, 1), FOLLOWING, 1)
    assert found.low <= 0.3 <= found.high and found.low > 0.2
    assert found.difference == pytest.approx(0.3, abs=0.08)
    assert (found.later, found.earlier, found.unmatched_later) == (400, 400, 0)


def test_no_step_down_put_in_is_seldom_found():
    found = [compare_cohorts(two_cohorts(60, 0.3, 0.3, seed), FOLLOWING, 1) for seed in range(60)]
    assert np.mean([one.low > 0 or one.high < 0 for one in found]) <= 0.13


def test_too_few_children_alike_are_refused():
    with pytest.raises(StepDownError, match="Fewer than 10 children of the later cohort"):
        compare_cohorts(two_cohorts(6, 0.5, 0.2, 1), FOLLOWING, 1)


def test_cohorts_whose_times_run_into_each_other_are_refused():
    close = Following(date(2016, 4, 1), date(2015, 4, 1), 24, 12, date(2018, 3, 31))
    with pytest.raises(StepDownError, match="run into those"):
        compare_cohorts(two_cohorts(40, 0.5, 0.2, 1), close, 1)


# ---- the dearest ------------------------------------------------------------------------------------------------


def paid_for(weekly: dict[int, np.ndarray]) -> tuple[object, Payments]:
    """Children in care throughout, each paid for at so much a week in each financial year."""
    children = len(next(iter(weekly.values())))
    stays = [a_placement(**HOME, child=f"{child:04d}", start="2015-04-01") for child in range(children)]
    rows = [
        {"child": f"{child:04d}", "start": pd.Timestamp(year - 1, 4, 1), "end": pd.Timestamp(year, 4, 1),
         "financial_year": year, "setting": "external residential", "provider": f"provider {child % 7}",
         "provider_urn": "", "platform": "spot", "weekly_fee_gbp": fee, "health_gbp": 0.0, "education_gbp": 0.0,
         "amount_gbp": round(float(fee) * (pd.Timestamp(year, 4, 1) - pd.Timestamp(year - 1, 4, 1)).days / 7, 2),
         "kind": "fee", "match": "stay", "file": "payments.csv", "row": child}
        for year, fees in weekly.items() for child, fee in enumerate(fees)
    ]  # fmt: skip
    dates = {"start": "datetime64[us]", "end": "datetime64[us]"}
    table = pd.DataFrame(rows)[list(PAYMENT_COLUMNS)].astype(dates)
    return make_episodes(stays, "2018-03-31"), Payments(table, synthetic=True)


def test_costs_that_have_nothing_to_do_with_each_other_fall_back_to_everyones_mean():
    chance = np.random.default_rng(3)
    years = follow_dearest(*paid_for({year: chance.lognormal(7, 0.5, 300) for year in (2017, 2018)}), (2017, 2018))
    pooled = pool_dearest(years)
    assert pooled["fall"] > 0.4 and pooled["regression_share"] == pytest.approx(1, abs=0.12)


def test_costs_that_do_not_change_do_not_fall_back():
    fees = np.random.default_rng(3).lognormal(7, 0.5, 60)
    years = follow_dearest(*paid_for({2017: fees, 2018: fees}), (2017, 2018))
    row = years.iloc[0]
    assert row["later_gbp_per_week"] == pytest.approx(row["then_gbp_per_week"], rel=1e-4)
    assert row["regressed_gbp_per_week"] == pytest.approx(row["then_gbp_per_week"], rel=1e-4)
    assert pool_dearest(years)["fall"] == pytest.approx(0, abs=1e-4)


def test_a_rise_that_everyone_has_is_no_part_of_the_fall():
    fees = np.random.default_rng(3).lognormal(7, 0.5, 60)
    years = follow_dearest(*paid_for({2017: fees, 2018: fees * 1.1}), (2017, 2018))
    assert years["as_others_gbp_per_week"].iloc[0] == pytest.approx(years["later_gbp_per_week"].iloc[0], rel=1e-4)


def test_a_year_with_few_children_in_both_is_left_out():
    fees = np.full(20, 1000.0)
    assert follow_dearest(*paid_for({2017: fees, 2018: fees}), (2017, 2018)).empty
    assert pool_dearest(follow_dearest(*paid_for({2017: fees}), (2017,)))["fall"] == 0
