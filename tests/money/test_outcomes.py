from __future__ import annotations

import numpy as np
import numpy_financial
import pytest
from contract_builders import TARIFF, a_contract
from hypothesis import given
from hypothesis import strategies as st

from cip_analysis.contract_settings import PARTIES
from cip_analysis.money.outcomes import (
    OutcomesError,
    council_position,
    draw_shares,
    fee_position,
    find_cliffs,
    investor_return,
    measure,
    pay_for,
    pick_children,
    rate_of,
    reach_of_caps,
    settle,
    weigh_margin,
)
from cip_analysis.work_package_settings import Range

DAYS = "care days avoided"


def settled(units=((10.0, 10.0, 10.0),), **changes):
    """A contract settled on units measured by draw and year."""
    return settle(a_contract(**changes), {DAYS: np.array(units, dtype="float64")})


# ---- identities -------------------------------------------------------------------------------------------------


@given(
    units=st.lists(st.lists(st.floats(-50, 5_000), min_size=3, max_size=3), min_size=1, max_size=4),
    council=st.floats(0, 1), provider=st.floats(0, 1), lag=st.integers(0, 60), cap=st.floats(0, 1e7),
    floor=st.floats(0, 500), tariff=st.floats(0, 1e5),
)  # fmt: skip
def test_transfers_sum_to_nought_and_payment_is_never_lost(units, council, provider, lag, cap, floor, tariff):
    rest = 1 - council
    funding = {"council": council, "provider": provider * rest, "investor": rest * (1 - provider)}
    settlement = settled(units, funding=funding, lag_months=lag, cap_gbp=cap + 3 * floor, floor_gbp=floor,
                         tariffs=({**TARIFF, "tariff_gbp": tariff},))  # fmt: skip
    assert not settlement.transfers.sum(axis=2).any()
    assert (settlement.paid.sum(axis=1) == settlement.earned.sum(axis=1)).all()
    assert (settlement.paid >= 0).all()
    assert (settlement.paid.sum(axis=1) <= round((cap + 3 * floor) * 100)).all()


def test_every_pound_spent_on_the_work_or_on_running_the_contract_is_somebodys():
    settlement = settled(management_gbp=100, lag_months=9, funding={"council": 0.3, "investor": 0.5, "provider": 0.2})
    left = sum(settlement.position(party) for party in PARTIES)
    assert (left == -(settlement.delivering + settlement.managing)).all()


def test_no_outcome_is_paid_nothing():
    assert not settled([[0.0, -5.0, 2.0]]).paid.any()


def test_more_outcomes_never_earn_less():
    units = np.linspace(0, 100, 50)[:, None] * np.ones(3)
    paid = settled(units, cap_gbp=60_000, cap_year_gbp=30_000, floor_gbp=500).paid.sum(axis=1)
    assert (np.diff(paid) >= 0).all()


# ---- worked by hand ---------------------------------------------------------------------------------------------


def test_ten_units_worked_by_hand():
    """£1,000 × (10 × 0.8 - 2) = £6,000 a year to the investor, who puts up £5,000."""
    settlement = settled()
    assert settlement.paid.tolist() == [[600_000] * 3]
    assert settlement.position("investor").tolist() == [[100_000] * 3]
    assert settlement.position("provider").tolist() == [[0] * 3]
    assert settlement.position("council").tolist() == [[-600_000] * 3]


def test_the_public_essex_figures_worked_by_hand():
    """Care days were 10.8% of child days, 55% before and 27% hoped for: of 1,000 days 442 fewer, 280 hoped for."""
    contract = a_contract(tariffs=({**TARIFF, "tariff_gbp": 10.0, "deadweight_share": 0.0, "unpaid_a_year": 0.0},))
    achieved, hoped = 1_000 * (0.55 - 0.108), 1_000 * (0.55 - 0.27)
    paid = pay_for(contract.tariffs[0], np.array([[achieved, hoped]]))
    assert paid[0] == pytest.approx([4_420, 2_800])


def test_a_cap_a_year_and_a_cap_in_all_bind_first_come_first_paid():
    assert settled(cap_year_gbp=4_000).paid.tolist() == [[400_000] * 3]
    assert settled(cap_gbp=10_000).paid.tolist() == [[600_000, 400_000, 0]]
    assert reach_of_caps(settled(cap_gbp=10_000))["chance_capped"].tolist() == [0, 1, 1]


def test_a_floor_is_paid_whatever_comes():
    assert settled([[0.0, 0.0, 10.0]], floor_gbp=1_000).paid.tolist() == [[100_000, 100_000, 600_000]]


def test_payment_eighteen_months_late_falls_in_two_years_and_after_the_contract():
    settlement = settled([[10.0, 0.0, 0.0]], lag_months=18)
    assert settlement.years == (2019, 2020, 2021, 2022, 2023)
    assert settlement.paid.tolist() == [[0, 300_000, 300_000, 0, 0]]


def test_what_would_have_come_anyway_is_measured_too():
    assert measure(np.array([[6.0]]), np.array([0.25])).tolist() == [[8.0]]


def test_the_council_is_left_with_its_saving_less_what_it_pays():
    settlement = settled(management_gbp=100)
    position = council_position(settlement, np.full((1, 4), 8_000.0))
    assert position.net[0] == pytest.approx([8_000 - 6_000 - 100] * 3)
    fee = fee_position(settlement, np.full((1, 4), 8_000.0))
    assert fee.net[0] == pytest.approx([3_000] * 3)
    assert (position.chance_worse, fee.chance_worse) == (0, 0)
    with pytest.raises(OutcomesError, match="does not cover the contract's"):
        council_position(settlement, np.zeros((1, 2)))


def test_risk_moves_from_the_council_to_the_investor_when_pay_follows_outcomes():
    units = np.random.default_rng(4).gamma(4, 4, (500, 3))
    settlement = settled(units)
    saving = units * 900
    by_outcome, by_fee = council_position(settlement, saving), fee_position(settlement, saving)
    assert by_outcome.total.std() < by_fee.total.std()
    assert settlement.position("investor").sum(axis=1).std() > 0


# ---- the investor -----------------------------------------------------------------------------------------------


def test_the_investors_return_agrees_with_an_outside_reckoning():
    settlement = settled([[0.0, 10.0, 40.0], [20.0, 5.0, 12.0]], lag_months=12)
    found = investor_return(settlement)
    for draw, flow in enumerate(settlement.position("investor") / 100):
        assert found.rate[draw] == pytest.approx(numpy_financial.irr(flow), abs=1e-9)
        assert found.npv_gbp[draw] == pytest.approx(numpy_financial.npv(0.07, flow))
    assert found.multiple == pytest.approx(settlement.paid.sum(axis=1) / 1_500_000)


def test_a_return_is_not_told_where_there_is_none():
    assert np.isnan(investor_return(settled([[0.0] * 3])).rate).all()
    assert np.isnan(investor_return(settled(funding={"council": 1, "investor": 0, "provider": 0})).multiple).all()
    assert np.isnan(rate_of(np.array([1.0, 2.0])))
    assert investor_return(settled([[0.0] * 3])).chance_of_loss == 1


# ---- what the terms reward --------------------------------------------------------------------------------------


def test_a_child_who_would_have_moved_anyway_is_paid_for_and_worth_nothing():
    found = pick_children(a_contract(), 2_000.0)
    assert found["paid_gbp"].nunique() == 1
    assert found["worth_gbp"].tolist() == [2_000, 1_500, 1_000, 500, pytest.approx(200)]


def test_the_margin_says_when_a_unit_is_paid_more_than_it_saves():
    units = {DAYS: np.full((2, 3), 10.0)}
    assert weigh_margin(a_contract(), units, np.full((2, 3), 5_000.0))["reading"][0] == "pays more than a unit saves"
    assert weigh_margin(a_contract(), units, np.full((2, 3), 50_000.0))["reading"][0] == "pays less than a unit saves"
    none = weigh_margin(a_contract(), {DAYS: np.zeros((2, 3))}, np.zeros((2, 3)))
    assert none["reading"][0] == "no unit is measured, so none is weighed"


def test_a_cliff_is_a_whole_tariff_for_one_week():
    step = {"metric": "sustained step-down", "tariff_gbp": 80_000.0, "deadweight_share": 0.2, "sustained_weeks": 26,
            "anyway": {"low": 0, "mid": 0.1, "high": 0.2}}  # fmt: skip
    found = find_cliffs(a_contract(tariffs=(step,)))
    assert found.iloc[0].tolist() == ["sustained step-down", 26, 0.0, pytest.approx(80_000)]
    assert find_cliffs(a_contract()).empty


def test_units_of_something_not_paid_for_are_refused():
    with pytest.raises(OutcomesError, match="missing or not paid for"):
        settle(a_contract(), {"weeks out of care": np.ones((1, 3))})
    with pytest.raises(OutcomesError, match="3 years"):
        settle(a_contract(), {DAYS: np.ones((1, 2))})
    with pytest.raises(OutcomesError, match="not a number"):
        settle(a_contract(), {DAYS: np.full((1, 3), np.nan)})


def test_shares_are_drawn_within_their_range_and_alike_each_time():
    judged = Range(low=0.1, mid=0.25, high=0.5)
    first, second = (draw_shares("anyway", judged, 400, 3) for _ in range(2))
    assert (first == second).all()
    assert first.min() >= 0.1
    assert first.max() <= 0.5
    assert first.mean() == pytest.approx((0.1 + 0.25 + 0.5) / 3, abs=0.01)
