"""Prices ahead: means that rise as stated, the same chance whatever is asked, real £ that are nominal ones restated."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from builders import ROOT, a_placement, make_episodes
from money_builders import a_payment, make_payments

from cip_analysis.codes import SETTINGS
from cip_analysis.contracts import empty_table
from cip_analysis.money.prices import PricesAsked, PricesError, YearlyShocks, in_price_base, learn_prices, price_paths
from cip_analysis.money.pricing.ahead import PricesAheadError, forward_prices
from cip_analysis.money.pricing.indices import IndicesError, PriceIndex
from cip_analysis.money.pricing.paths import FeePool
from cip_analysis.records import PAYMENT_COLUMNS, Payments
from cip_analysis.settings import read_assumptions

ASSUMPTIONS = read_assumptions(ROOT / "config" / "assumptions.toml")
NO_PAYMENTS = Payments(empty_table(PAYMENT_COLUMNS))
FLAT = {setting: FeePool.flat() for setting in SETTINGS}
HOME, OWN = SETTINGS.index("external residential"), SETTINGS.index("in-house foster")
STEADY = YearlyShocks(dict.fromkeys(SETTINGS, 0.0), 0.0)
SHOCKS = YearlyShocks(dict.fromkeys(SETTINGS, 0.08), 0.25)


def months(count: int, first: str = "2018-03-31") -> tuple[date, ...]:
    return tuple(day.date() for day in pd.date_range(first, periods=count, freq="ME"))


def asked(**changes: object) -> PricesAsked:
    parts = {"base": dict.fromkeys(SETTINGS, 1000.0), "base_year": 2018, "months": months(49), "draws": 4000,
             "seed": 1, "basis": "invented", **changes}  # fmt: skip
    return PricesAsked(**parts)


def a_trend(rise: float, se: float = 0.0) -> pd.DataFrame:
    return pd.DataFrame({"setting": SETTINGS, "rise_log": np.log1p(rise), "rise_log_se": se})


def test_without_chance_a_price_steps_once_a_year_on_the_first_of_april():
    """By hand: £1,000 in 2017/18 rising 5%: £1,050 all 2018/19, £1,215.51 in 2021/22."""
    level = forward_prices(asked(draws=2), a_trend(0.05), STEADY, FLAT).level[0, :, HOME]
    assert level[0] == pytest.approx(1000)
    assert level[1:13] == pytest.approx(1050)
    assert level[37:] == pytest.approx(1215.50625)


def test_the_mean_over_draws_rises_as_believed_however_wide_the_chance():
    level = forward_prices(asked(draws=40_000), a_trend(0.04, se=0.02), SHOCKS, FLAT).level
    means = level[:, [12, 24, 36, 48]].mean(axis=0)
    assert means == pytest.approx(1000 * 1.04 ** np.arange(1, 5)[:, None] * np.ones(len(SETTINGS)), rel=0.005)


def test_the_spread_is_of_a_rise_unknown_and_a_walk():
    """By hand: after four years the log has variance (4 × 0.02)² + 4 × 0.08² = 0.032."""
    level = forward_prices(asked(draws=40_000), a_trend(0.04, se=0.02), SHOCKS, FLAT).level
    assert np.log(level[:, 48, HOME]).var() == pytest.approx(0.032, rel=0.03)


def test_what_settings_share_of_a_year_is_as_stated():
    level = forward_prices(asked(draws=40_000), a_trend(0.04), SHOCKS, FLAT).level
    strays = np.log(level[:, 12])
    assert np.corrcoef(strays[:, HOME], strays[:, OWN])[0, 1] == pytest.approx(0.25, abs=0.02)


def test_a_longer_horizon_more_draws_or_other_prices_leave_the_chance_as_it_was():
    short = forward_prices(asked(draws=10, months=months(25)), a_trend(0.04, 0.02), SHOCKS, FLAT).level
    longer = forward_prices(asked(draws=50), a_trend(0.04, 0.02), SHOCKS, FLAT).level
    assert longer[:10, :25] == pytest.approx(short, rel=1e-12)
    dearer = forward_prices(asked(draws=10, base=dict.fromkeys(SETTINGS, 2000.0)), a_trend(0.04, 0.02), SHOCKS, FLAT)
    assert dearer.level == pytest.approx(2 * longer[:10], rel=1e-12)
    other = forward_prices(asked(draws=10, seed=2, months=months(25)), a_trend(0.04, 0.02), SHOCKS, FLAT).level
    assert np.abs(other[:, 13:] / short[:, 13:] - 1).min() > 0


def test_a_setting_priced_in_another_year_rises_from_that_year():
    """By hand: two settings at £1,000, one of 2015/16: two rises of 5% behind, it stands at £1,102.50 in 2017/18."""
    chosen = asked(draws=1, base_years={"kinship": 2016})
    level = forward_prices(chosen, a_trend(0.05), STEADY, FLAT).level[0, 0]
    assert level[SETTINGS.index("kinship")] == pytest.approx(1102.5)
    assert level[HOME] == pytest.approx(1000)


def test_prices_before_their_base_year_are_walked_back_to():
    earlier = forward_prices(asked(months=months(13, "2016-03-31"), draws=40_000), a_trend(0.05), SHOCKS, FLAT).level
    assert earlier[:, 0, HOME].mean() == pytest.approx(1000 / 1.05**2, rel=0.005)


def test_real_prices_are_nominal_ones_by_the_index_of_their_year_and_only_once():
    """By hand: an index of 100, 103, 106.09: £1,102.50 in 2019/20 is £1,039.21 of 2017/18."""
    index = PriceIndex("CPI", "invented", date(2018, 1, 1), {2018: 100.0, 2019: 103.0, 2020: 106.09})
    paths = forward_prices(asked(draws=1, months=months(25)), a_trend(0.05), STEADY, FLAT)
    real = in_price_base(paths, index, 2018)
    assert real.price_base == "2017/18 prices"
    assert real.level[0, [0, 12, 24], HOME] == pytest.approx([1000, 1050 / 1.03, 1102.5 / 1.0609])
    with pytest.raises(IndicesError, match="not put in real £ twice"):
        in_price_base(real, index, 2018)
    with pytest.raises(IndicesError, match="nothing of 2020/21"):
        in_price_base(forward_prices(asked(draws=1), a_trend(0.05), STEADY, FLAT), index, 2018)


def test_what_cannot_be_drawn_is_refused_in_words():
    with pytest.raises(PricesAheadError, match="No base price for kinship"):
        asked(base={setting: 1.0 for setting in SETTINGS if setting != "kinship"})
    with pytest.raises(PricesAheadError, match="base price of kinship"):
        asked(base={**dict.fromkeys(SETTINGS, 1.0), "kinship": float("nan")})
    with pytest.raises(PricesAheadError, match="No price trend for kinship"):
        forward_prices(asked(), a_trend(0.05).query("setting != 'kinship'"), STEADY, FLAT)
    with pytest.raises(PricesAheadError, match="share from 0 to 1"):
        replace(STEADY, shared=1.5)
    with pytest.raises(PricesAheadError, match="stray of kinship"):
        replace(STEADY, sd={**STEADY.sd, "kinship": -0.1})


# ---- what is learned ------------------------------------------------------------------------------------------


def test_without_payments_prices_rise_as_judged_everyone_is_at_the_mean_and_it_is_said():
    evidence = learn_prices(NO_PAYMENTS, make_episodes([a_placement()]), ASSUMPTIONS, 2018)
    rises = evidence.trend.set_index("setting")["rise"]
    assert rises["external residential"] == pytest.approx(ASSUMPTIONS["price.rise-external-residential"].value)
    assert all(pool.pool.tolist() == [1.0] for pool in evidence.pools.values())
    assert "judgement" in evidence.notes[0]
    assert "no payments are of 2017/18" in evidence.notes[1]
    paths = price_paths(asked(draws=5), evidence)
    assert paths.notes == evidence.notes
    assert (paths.price_base, paths.basis) == ("nominal", "invented")


def test_a_spread_judged_by_later_figures_is_called_hindsight_and_one_of_its_time_is_not():
    of_its_time = {key: one.model_copy(update={"as_of": date(2018, 3, 31)}) for key, one in ASSUMPTIONS.items()}
    for assumptions, told in ((ASSUMPTIONS, True), (of_its_time, False)):
        notes = learn_prices(NO_PAYMENTS, make_episodes([a_placement()]), assumptions, 2018).notes
        assert any("hindsight" in note for note in notes) is told


def test_what_the_council_sets_itself_strays_less_than_what_it_buys():
    shocks = learn_prices(NO_PAYMENTS, make_episodes([a_placement()]), ASSUMPTIONS, 2018).shocks
    assert shocks.sd["in-house foster"] < shocks.sd["independent foster"] == shocks.sd["external residential"]
    without = {key: value for key, value in ASSUMPTIONS.items() if key != "price.shared-shock"}
    with pytest.raises(PricesError, match=r"price\.shared-shock"):
        learn_prices(NO_PAYMENTS, make_episodes([a_placement()]), without, 2018)


def test_payments_teach_the_rise_and_the_pool_and_carry_their_mark():
    children = [str(number) for number in range(30)]
    stays = [a_placement(child=child, start="2013-04-01", setting="external residential") for child in children]
    rows = [
        a_payment(child=child, start=f"{year - 1}-04-01", end=f"{year}-04-01", weekly_fee_gbp=fee,
                  amount_gbp=round(fee * 52, 2))
        for number, child in enumerate(children) for year in range(2014, 2019)
        for fee in [(900 + 10 * number) * 1.08 ** (year - 2018)]
    ]  # fmt: skip
    evidence = learn_prices(make_payments(rows), make_episodes(stays), ASSUMPTIONS, 2018)
    home = evidence.trend.set_index("setting").loc["external residential"]
    assert home["seen_rise"] == pytest.approx(0.08)
    assert ASSUMPTIONS["price.rise-external-residential"].value < home["rise"] < 0.08
    assert len(evidence.pools["external residential"].present) == 30
    assert evidence.synthetic
