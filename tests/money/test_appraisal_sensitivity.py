from __future__ import annotations

import numpy as np
import pytest
from appraisal_builders import a_package, an_option, some_effects, some_ground

from cip_analysis.money.appraisal import (
    SensitivityError,
    appraise,
    sobol_shares,
    switching_values,
    tornado,
    variance_shares,
)
from cip_analysis.money.appraising.sensitivity import FUTURES, root_of, worth

JUDGED = {"delivered": {"low": 0.2, "mid": 1.0, "high": 1.5}, "revenue_over": {"low": 0.9, "mid": 1.0, "high": 1.4}}


def an_appraisal(draws=400, **changes):
    """A team that saves about £150 a year for £100, in draws that differ."""
    option = an_option(**{**JUDGED, **changes})
    saved = np.random.default_rng(5).normal(150, 60, draws)
    effects = some_effects([[one, one] for one in saved])
    return appraise(option, effects, some_ground(a_package(option), draws=draws))


def test_ishigami_has_its_published_shares():
    def ishigami(drawn):
        return np.sin(drawn[0]) + 7 * np.sin(drawn[1]) ** 2 + 0.1 * drawn[2] ** 4 * np.sin(drawn[0])

    found = sobol_shares(ishigami, [(-np.pi, np.pi)] * 3, 2**14, 1)
    assert found[:, 0] == pytest.approx([0.3139, 0.4424, 0.0], abs=0.01)
    assert found[:, 1] == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.01)


def test_a_function_that_does_not_move_has_no_variance_to_share():
    assert not sobol_shares(lambda drawn: np.zeros(drawn.shape[1]), [(0, 1)] * 2, 64, 1).any()
    with pytest.raises(SensitivityError, match="power of two"):
        sobol_shares(lambda drawn: drawn[0], [(0, 1)], 100, 1)


def test_worth_is_nought_at_every_switching_value():
    one = an_appraisal()
    likeliest = {name: factor.mid for name, factor in one.factors.items()}
    found = switching_values(one.basis, one.factors, one.discount)
    turned = found.dropna(subset=["switches_at"])
    assert {"delivered", "revenue_over", "bought_price"} <= set(turned["judgement"])
    for row in turned.to_dict("records"):
        at = worth(one.basis, likeliest | {row["judgement"]: row["switches_at"]}, one.discount)
        assert at.mean() == pytest.approx(0.0, abs=1e-3)


def test_a_switching_value_by_hand():
    """£100 a year is spared by two thirds of £150, on average: delivered switches where saving equals the cost."""
    one = an_appraisal()
    mean = one.basis.saved.mean()
    found = switching_values(one.basis, one.factors, one.discount).set_index("judgement")
    assert found["switches_at"]["delivered"] == pytest.approx(100 / mean)
    assert found["switches_at"]["revenue_over"] == pytest.approx(mean / 100)


def test_what_never_turns_has_no_switching_value():
    assert root_of(lambda value: 5.0 + value, 0.0, 3.0) is None
    assert root_of(lambda value: 0.0 * value, 0.0, 3.0) is None
    assert root_of(lambda value: value - 2.0, 0.0, 3.0) == pytest.approx(2.0)


def test_the_tornado_moves_one_thing_at_a_time_and_puts_the_widest_first():
    one = an_appraisal()
    found = tornado(one.basis, one.factors, one.discount)
    width = (found["npsv_at_high_gbp"] - found["npsv_at_low_gbp"]).abs()
    assert width.is_monotonic_decreasing
    row = found.set_index("judgement").loc["revenue_over"]
    years = one.discount.sum()
    assert row["npsv_at_low_gbp"] - row["npsv_at_high_gbp"] == pytest.approx(100 * years * (1.4 - 0.9))
    assert found.set_index("judgement")["low"].isna()[FUTURES]


def test_shares_of_variance_recover_a_sum_of_known_parts():
    """Worth = years × (futures + £100 × -revenue_over): the shares are those of the two variances."""
    one = an_appraisal(delivered={"low": 1, "mid": 1, "high": 1})
    found = variance_shares(one.basis, one.factors, one.discount, 3).set_index("judgement")
    futures = one.basis.saved[:, 0].var()
    costs = 100**2 * one.factors["revenue_over"].drawn.var()
    assert found["alone_share"][FUTURES] == pytest.approx(futures / (futures + costs), abs=0.05)
    assert found["alone_share"].sum() == pytest.approx(1.0, abs=0.05)
    assert "delivered" not in found.index  # it does not vary


def test_the_same_seed_shares_alike():
    one = an_appraisal(draws=50)
    first, second = (variance_shares(one.basis, one.factors, one.discount, 3) for _ in range(2))
    assert first.equals(second)
