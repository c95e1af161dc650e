from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, poisson
from statsmodels.stats.proportion import proportion_confint

from cip_analysis.impact.equality import (
    POOLED,
    EqualityError,
    count_interval,
    pool_small,
    rate_ratio,
    rates_by_group,
    share_interval,
    shares_by_group,
)

# ---- intervals: outside oracles, and how often they hold ---------------------------------------------------------


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0.0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.39)])
def test_a_counts_interval_is_the_published_one(count, low, high):
    assert count_interval(count) == pytest.approx((low, high), abs=0.001)


@pytest.mark.parametrize(("part", "whole"), [(0, 10), (3, 17), (17, 17), (5, 63)])
def test_a_shares_interval_agrees_with_two_outside_reckonings(part, whole):
    found = share_interval(part, whole)
    assert found == pytest.approx(proportion_confint(part, whole, method="beta"), nan_ok=True)
    outside = binomtest(part, whole).proportion_ci(method="exact")
    assert found == pytest.approx((outside.low, outside.high))


@pytest.mark.parametrize("share", [0.02, 0.11, 0.5, 0.93])
def test_a_shares_interval_holds_at_least_as_often_as_it_says(share):
    held = [low <= share <= high for low, high in (share_interval(part, 40) for part in range(41))]
    assert binom.pmf(np.arange(41), 40, share)[held].sum() >= 0.95


@pytest.mark.parametrize("mean", [0.7, 4.0, 20.0])
def test_a_counts_interval_holds_at_least_as_often_as_it_says(mean):
    counts = np.arange(200)
    held = [low <= mean <= high for low, high in map(count_interval, counts.tolist())]
    assert poisson.pmf(counts, mean)[held].sum() >= 0.95


def test_no_share_lies_beyond_its_whole():
    with pytest.raises(EqualityError, match="11 of 10 is no share"):
        share_interval(11, 10)


# ---- ratios ----------------------------------------------------------------------------------------------------


def test_a_ratio_by_hand():
    assert rate_ratio(30, 10_000, 20, 10_000)[0] == pytest.approx(1.5)
    assert rate_ratio(30, 5_000, 30, 20_000)[0] == pytest.approx(4.0)
    assert rate_ratio(5, 100, 0, 100)[0] == float("inf")
    with pytest.raises(EqualityError, match="needs people"):
        rate_ratio(0, 10, 0, 10)


@given(st.integers(1, 200), st.integers(1, 200), st.integers(1, 10**6), st.integers(1, 10**6))
def test_the_ratio_the_other_way_round_is_its_inverse(count, others, people, other_people):
    ratio, low, high = rate_ratio(count, people, others, other_people)
    back, low_back, high_back = rate_ratio(others, other_people, count, people)
    assert ratio * back == pytest.approx(1)
    assert low * high_back == pytest.approx(1)
    assert high * low_back == pytest.approx(1)
    assert low <= ratio <= high


def test_rates_sum_back_to_their_children():
    counts, people = {"a": 12, "b": 30, "c": 8}, {"a": 4_000, "b": 9_000, "c": 1_500}
    found = rates_by_group(counts, people)
    assert (found["rate_per_10k"] * found["people"] / 10_000).sum() == pytest.approx(50)
    assert found.set_index("group")["ratio"]["a"] == pytest.approx((12 / 4_000) / (38 / 10_500))


def test_a_group_without_people_is_left_out_of_the_others_too():
    found = rates_by_group({"a": 10, "b": 20, "not recorded": 500}, {"a": 1_000, "b": 2_000})
    assert found["ratio"].tolist() == pytest.approx([1, 1])
    with pytest.raises(EqualityError, match="Fewer than two groups"):
        rates_by_group({"a": 10, "b": 20}, {"a": 1_000})


# ---- pooling ---------------------------------------------------------------------------------------------------


def test_small_groups_join_until_they_can_be_told():
    told = pool_small({"White": 53, "Mixed": 5, "Asian": 2, "Black": 2, "Other": 1, "none": 0}, 5)
    assert told == {
        "White": "White",
        "Mixed": "Mixed",
        "Asian": POOLED,
        "Black": POOLED,
        "Other": POOLED,
        "none": "none",
    }


def test_one_small_group_takes_the_next_with_it():
    assert pool_small({"a": 40, "b": 6, "c": 2}, 5) == {"a": "a", "b": POOLED, "c": POOLED}


def test_where_all_would_be_one_none_is_pooled():
    assert pool_small({"yes": 3, "no": 60}, 5) == {"yes": "yes", "no": "no"}


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 60), min_size=1))
def test_a_pool_always_holds_the_threshold(counts):
    told = pool_small(counts, 5)
    pooled = sum(counts[group] for group in counts if told[group] == POOLED)
    assert pooled == 0 or pooled >= 5
    assert list(told) == list(counts)


# ---- shares and reach ------------------------------------------------------------------------------------------


def test_shares_by_group_worked_by_hand():
    groups = pd.Series(["a"] * 20 + ["b"] * 30)
    there = pd.Series([True] * 10 + [False] * 10 + [True] * 6 + [False] * 24)
    found = shares_by_group(groups, there, 5).set_index("group")
    assert found["share"].to_dict() == {"b": 0.2, "a": 0.5}
    assert found["children"].sum() == 50
    assert found.loc["a", ["low_share", "high_share"]].tolist() == pytest.approx(share_interval(10, 20))
