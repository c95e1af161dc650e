"""The trend and premium of fees: invented truths come back, and intervals hold them as often as they say."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from builders import ROOT

from cip_analysis.codes import SETTINGS
from cip_analysis.money.pricing.trend import (
    EIGHTY,
    TrendError,
    believed_trend,
    framework_premium,
    price_trend,
    walk_slope_variance,
)
from cip_analysis.settings import Judgement, read_assumptions

HOME = "external residential"
FLAT = dict.fromkeys(SETTINGS, 0.0)
WORLDS = 200


def a_line(**changes: object) -> dict[str, object]:
    """One line of fees as fee_lines gives them, with `changes`."""
    return {
        "child": "1", "setting": HOME, "provider": "A", "platform": "framework", "financial_year": 2018,
        "provider_size": "over 4 places", "age_band": "10 to 15", "length": "over a year", "days": 365,
        "weekly_fee_gbp": 1000.0, "weekly_net_gbp": 1000.0, **changes,
    }  # fmt: skip


def a_world(seed: int, rise: float = 0.03, premium: float = 0.15, children: int = 120) -> pd.DataFrame:
    """Fees of children who stay one to four of eight years: unlike each other, dearer off the framework, and older."""
    chance = np.random.default_rng(seed)
    first = chance.integers(2009, 2019, children)
    child = np.repeat(np.arange(children), stays := chance.integers(1, 5, children))
    year = np.repeat(first, stays) + np.concatenate([np.arange(number) for number in stays])
    spot, older = (chance.random(children) < share for share in (0.35, 0.5))
    own = chance.normal(0, 0.25, children) + np.log1p(premium) * spot + 0.10 * older
    log_fee = 7.5 + np.log1p(rise) * (year - 2018) + own[child] + chance.normal(0, 0.05, len(child))
    fees = pd.DataFrame(
        {
            "child": child.astype(str), "setting": HOME, "provider": "A", "financial_year": year,
            "platform": np.where(spot[child], "spot", "framework"), "provider_size": "over 4 places",
            "age_band": np.where(older[child], "16 and over", "10 to 15"), "length": "over a year",
            "days": chance.integers(30, 366, len(child)),
            "weekly_fee_gbp": np.exp(log_fee),
        }
    )  # fmt: skip
    return fees[fees["financial_year"].between(2011, 2018)].assign(weekly_net_gbp=0.0)


@cache
def judgements() -> dict[str, Judgement]:
    return read_assumptions(ROOT / "config" / "assumptions.toml")


def test_fees_that_rise_alike_give_their_rise_exactly():
    fees = pd.DataFrame(
        [
            a_line(child=str(child), financial_year=year, weekly_fee_gbp=(800 + 10 * child) * 1.035 ** (year - 2014))
            for child in range(20)
            for year in range(2014, 2019)
        ]
    )
    seen = price_trend(fees).set_index("setting").loc[HOME]
    assert seen["seen_rise"] == pytest.approx(0.035)
    assert (seen["years"], seen["children"]) == (5, 20)
    assert seen["scatter_sd"] == pytest.approx(0, abs=1e-9)


def test_a_mix_that_grows_dearer_is_not_taken_for_a_rise():
    """Fees never move, but ever more care is bought off the framework, at half as much again."""
    fees = pd.DataFrame(
        [
            a_line(child=f"{year} {number}", financial_year=year, platform="spot" if off else "framework",
                   weekly_fee_gbp=1500.0 if off else 1000.0)
            for year in range(2014, 2019) for number in range(10) for off in [number < year - 2013]
        ]
    )  # fmt: skip
    assert price_trend(fees)["seen_rise"].iloc[0] == pytest.approx(0, abs=1e-12)


def test_intervals_of_rise_and_premium_hold_the_truth_nineteen_times_in_twenty():
    held = []
    for seed in range(WORLDS):
        fees = a_world(seed)
        seen = price_trend(fees).iloc[0]
        premium = framework_premium(fees, HOME).set_index("compared").loc["like for like"]
        held.append(
            (seen["seen_low_95"] <= 0.03 <= seen["seen_high_95"], premium["low_95"] <= 0.15 <= premium["high_95"])
        )
    rise, dearer = np.mean(held, axis=0)
    assert 0.92 <= rise <= 0.98
    assert 0.92 <= dearer <= 0.98


def test_whole_years_that_scatter_about_the_line_are_seen_to():
    chance = np.random.default_rng(3)
    found = []
    for seed in range(60):
        fees = a_world(seed, children=400)
        strays = dict(zip(range(2011, 2019), chance.normal(0, 0.06, 8), strict=True))
        strayed = np.exp(fees["financial_year"].map(strays))
        found.append(price_trend(fees.assign(weekly_fee_gbp=fees["weekly_fee_gbp"] * strayed))["scatter_sd"].iloc[0])
    assert np.sqrt(np.mean(np.square(found))) == pytest.approx(0.06, rel=0.15)


def test_trend_and_its_error_are_those_of_an_outside_library():
    """statsmodels' weighed least squares with errors clustered by child, on the same columns."""
    fees = a_world(5)
    columns = {"rise": fees["financial_year"] - 2014.0, "spot": fees["platform"].eq("spot") * 1.0,
               "older": fees["age_band"].eq("16 and over") * 1.0, "constant": 1.0}  # fmt: skip
    design = pd.DataFrame(columns, index=fees.index)
    outside = sm.WLS(np.log(fees["weekly_fee_gbp"]), design, weights=fees["days"]).fit(
        cov_type="cluster", cov_kwds={"groups": fees["child"].astype("int64")}
    )
    seen = price_trend(fees).iloc[0]
    assert seen["seen_log"] == pytest.approx(outside.params["rise"], rel=1e-8)
    assert seen["seen_log_se"] == pytest.approx(outside.bse["rise"], rel=1e-8)


def test_a_setting_with_few_children_or_years_is_left_to_judgement():
    few = pd.DataFrame(
        [a_line(child=str(child), financial_year=year) for child in range(19) for year in (2016, 2017, 2018)]
    )
    short = pd.DataFrame(
        [a_line(child=str(child), financial_year=year) for child in range(40) for year in (2017, 2018)]
    )
    assert price_trend(few).empty
    assert price_trend(short).empty
    trend, notes = believed_trend(price_trend(few), judgements(), FLAT)
    home = trend.set_index("setting").loc[HOME]
    assert home["rise"] == pytest.approx(judgements()["price.rise-external-residential"].value)
    assert home["weight_of_payments"] == 0
    assert HOME in notes[0]


def test_belief_lies_between_what_was_seen_and_what_is_judged_nearer_the_surer():
    """By hand: a judgement and payments equally unsure (0.02 each) meet half way, unsure by 0.02 ÷ √2."""
    judged = Judgement(value=np.expm1(0.06), unit="", low=np.expm1(0.06 - EIGHTY * 0.02),
                       high=np.expm1(0.06 + EIGHTY * 0.02), source="", as_of=date(2018, 3, 31), owner="")  # fmt: skip
    assumptions = judgements() | {"price.rise-external-residential": judged}
    seen = price_trend(a_world(1)).assign(seen_log=0.02, seen_log_se=0.02)
    trend, _ = believed_trend(seen, assumptions, FLAT)
    home = trend.set_index("setting").loc[HOME]
    assert home["rise_log"] == pytest.approx(0.04)
    assert home["rise_log_se"] == pytest.approx(0.02 / np.sqrt(2))
    assert home["weight_of_payments"] == pytest.approx(0.5)


def test_a_line_through_a_random_walk_strays_as_the_formula_says():
    walks = np.random.default_rng(1).normal(size=(40_000, 8)).cumsum(axis=1)
    years = np.arange(8) - 3.5
    assert walk_slope_variance(pd.Series([3])).iloc[0] == pytest.approx(0.5)
    assert (walks @ years / (years**2).sum()).var() == pytest.approx(
        walk_slope_variance(pd.Series([8])).iloc[0], rel=0.03
    )


def test_the_premium_for_like_children_is_free_of_an_age_that_goes_with_the_platform():
    """All spot children are older, older children cost half as much again, and the platform costs nothing."""
    fees = pd.DataFrame(
        [
            a_line(child=str(number), platform="spot" if number % 4 == 0 else "framework",
                   age_band="16 and over" if number % 4 < 2 else "10 to 15",
                   weekly_fee_gbp=1500.0 if number % 4 < 2 else 1000.0)
            for number in range(40)
        ]
    )  # fmt: skip
    premium = framework_premium(fees, HOME).set_index("compared")["premium"]
    assert premium["as billed"] == pytest.approx(np.exp(np.log(1.5) * 2 / 3) - 1)
    assert premium["like for like"] == pytest.approx(0, abs=1e-12)


def test_no_premium_is_made_up_where_nothing_is_bought_on_the_framework():
    fees = pd.DataFrame([a_line(child=str(number), platform="spot") for number in range(30)])
    assert framework_premium(fees, HOME).empty
    assert framework_premium(fees, "kinship").empty


def test_a_judgement_that_is_missing_or_quite_sure_is_refused_by_name():
    without = {key: value for key, value in judgements().items() if key != "price.rise-kinship"}
    with pytest.raises(TrendError, match=r"price\.rise-kinship"):
        believed_trend(price_trend(a_world(1)), without, FLAT)
    sure = judgements()["price.rise-kinship"].model_copy(update={"low": 0.02, "value": 0.02, "high": 0.02})
    with pytest.raises(TrendError, match=r"price\.rise-kinship"):
        believed_trend(price_trend(a_world(1)), judgements() | {"price.rise-kinship": sure}, FLAT)
