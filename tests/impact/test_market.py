"""The market: what is bought, how concentrated it is, how far prices differ and what leaks off the framework."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from builders import a_placement, make_episodes
from money_builders import a_payment, make_payments

from cip_analysis.impact.market import (
    band_of,
    bought_lines,
    buy_table,
    concentrate,
    disperse,
    herfindahl,
    leak,
    rank_bands,
)
from cip_analysis.impact.supply.concentration import ConcentrationError

HOMES = {"setting": "external residential", "placement": "children's home", "provider": "private"}


def market_of(amounts: dict[str, float], **more: object) -> pd.DataFrame:
    """Bought lines of one child with each provider, paid these £."""
    children = [str(number) for number in range(len(amounts))]
    stays = make_episodes([a_placement(child=child, **HOMES) for child in children])
    paid = [
        a_payment(child=child, provider=name, amount_gbp=gbp, **more)
        for child, (name, gbp) in zip(children, amounts.items(), strict=True)
    ]
    return bought_lines(make_payments(paid), stays, 2018, 2018)


def test_an_index_by_hand():
    assert herfindahl(pd.Series([50.0, 30.0, 20.0])) == pytest.approx(3800)


@pytest.mark.parametrize("number", [1, 3, 10, 100])
def test_equal_providers_have_an_index_of_ten_thousand_over_their_number(number):
    assert herfindahl(pd.Series([7.0] * number)) == pytest.approx(10_000 / number)


def test_the_index_does_not_move_with_the_unit():
    amounts = pd.Series([3.0, 1.0, 9.0])
    assert herfindahl(amounts) == pytest.approx(herfindahl(amounts * 1234))


def test_nothing_bought_has_no_index():
    with pytest.raises(ConcentrationError, match="No amount is above nought"):
        herfindahl(pd.Series([0.0, -5.0]))


def test_bands_turn_above_their_ends():
    assert [band_of(at) for at in (999, 1000, 1000.1, 2000, 2000.1)] == [
        "not concentrated", "not concentrated", "concentrated", "concentrated", "highly concentrated",
    ]  # fmt: skip


def test_a_year_is_told_by_hand():
    told = concentrate(market_of({"A": 500.0, "B": 300.0, "C": 200.0})).iloc[0]
    assert told["hhi_by_spend"] == pytest.approx(3800)
    assert told["hhi_by_weeks"] == pytest.approx(10_000 / 3)
    assert (told["suppliers"], told["largest_share"], told["top_five_share"]) == (3, 0.5, 1.0)


def test_an_index_of_two_providers_counts_as_ones_because_it_gives_both_shares():
    told = concentrate(market_of({"A": 60.0, "B": 40.0})).iloc[0]
    assert (told["providers"], told["index_providers"]) == (2, 1)


def test_the_share_of_five_of_six_counts_as_ones_because_it_gives_the_sixth_away():
    six = concentrate(market_of(dict.fromkeys("ABCDEF", 10.0))).iloc[0]
    seven = concentrate(market_of(dict.fromkeys("ABCDEFG", 10.0))).iloc[0]
    assert (six["top_providers"], seven["top_providers"]) == (1, 5)


def test_a_provider_is_one_however_it_is_spelt():
    told = concentrate(market_of({"Oak  House": 1.0, "oak house": 1.0, "OAK HOUSE ": 2.0})).iloc[0]
    assert told["suppliers"] == 1


def test_a_hostile_name_is_text():
    lines = market_of({"<script>alert(1)</script>": 1.0, "=1+1": 2.0})
    assert set(lines["supplier"]) == {"<script>alert(1)</script>", "=1+1"}


def test_parts_add_up_to_what_was_bought_to_the_penny():
    lines = rank_bands(market_of({name: 10.01 * (place + 1) for place, name in enumerate("ABCDEFGHIJKLM")}))
    for by in ("rank_band", "provider_type", "bought_how"):
        table = buy_table(lines, ["financial_year", "setting", by])
        assert round(table["spend_gbp"].sum() * 100) == lines["pence"].sum()
        assert table["share_of_spend"].sum() == pytest.approx(1)
    ranks = rank_bands(lines).groupby("rank_band")["supplier"].nunique()
    assert ranks.to_dict() == {"five largest": 5, "next five": 5, "all others": 3}


def test_the_councils_own_care_is_no_market():
    assert market_of({"Own": 5.0}, platform="in-house").empty


def test_the_kind_of_provider_is_that_of_the_stay():
    assert set(market_of({"A": 5.0})["provider_type"]) == {"private"}


def invented_lines(noise: float, premium: float, seed: int = 3) -> pd.DataFrame:
    """Fees whose spread within like needs and premium of spot purchase are known."""
    chance = np.random.default_rng(seed)
    number = 4000
    need, spot = chance.integers(0, 4, number), chance.random(number) < 0.3
    logs = 7 + 0.3 * need + np.log1p(premium) * spot + noise * chance.standard_normal(number)
    return pd.DataFrame({
        "child": np.arange(number).astype(str), "setting": "external residential", "financial_year": 2018,
        "provider": "A", "supplier": "a", "provider_size": "over 4 places",
        "platform": np.where(spot, "spot", "framework"),
        "age_band": need.astype(str), "like_need": need.astype(str), "length": "over a year", "days": 100,
        "weekly_fee_gbp": np.exp(logs),
    })  # fmt: skip


def test_the_spread_that_was_planted_is_left_when_what_is_known_is_taken_out():
    told = disperse(invented_lines(noise=0.2, premium=0.0), ["external residential"])
    gaps = told["typical_gap_share"].to_numpy()
    assert gaps[0] > gaps[1]
    assert gaps[-1] == pytest.approx(np.expm1(0.9538725524 * 0.2), rel=0.03)


def test_prices_that_need_tells_wholly_leave_no_gap():
    told = disperse(invented_lines(noise=0.0, premium=0.0), ["external residential"])
    assert told["typical_gap_share"].iloc[1] == pytest.approx(0, abs=1e-5)
    assert told["explained_share"].iloc[1] == pytest.approx(1)


def test_too_few_children_tell_no_spread():
    assert disperse(invented_lines(0.2, 0.0).head(19), ["external residential"]).empty


def test_leakage_gives_back_the_premium_that_was_planted():
    lines = market_of({"A": 1100.0, "B": 1000.0}).assign(bought_how=["spot", "framework"])
    told = leak(lines, invented_lines(noise=0.1, premium=0.10)).iloc[0]
    assert told["dearer_share"] == pytest.approx(0.10, abs=0.01)
    assert told["extra_gbp"] == pytest.approx(1100 * told["dearer_share"] / (1 + told["dearer_share"]))
    assert told["low_95_extra_gbp"] < told["extra_gbp"] < told["high_95_extra_gbp"]
    assert told["share_of_spend"] == pytest.approx(1100 / 2100)


def test_without_both_ways_of_buying_nothing_leaks():
    assert leak(market_of({"A": 5.0}), invented_lines(0.1, 0.0).query("platform == 'framework'")).empty
