"""What a contract's terms reward, whether or not it is meant: tables a negotiator should have seen first."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cip_analysis.contract_settings import Contract, Metric
from cip_analysis.money.contracting.settling import Settlement, pay_for

Draws = NDArray[np.float64]
CHANCES = (0.0, 0.25, 0.5, 0.75, 0.9)
CLOSE = 0.1


def weigh_margin(contract: Contract, measured: Mapping[Metric, Draws], saving: Draws) -> pd.DataFrame:
    """What one unit more is paid, beside what a unit saves the council: metric, paid_gbp, saves_gbp, reading.

    saving: £ by draw and year of the contract. A unit's saving is the whole saving over the units measured, so that of
    the last is less sure.
    """
    rows = []
    for tariff in contract.tariffs:
        paid = tariff.tariff_gbp * (1 - tariff.deadweight_share)
        units = float(measured[tariff.metric].sum())
        saves = float(saving[:, : contract.years].sum()) / units if units > 0 else float("nan")
        rows.append((tariff.metric, paid, saves, _reading(paid, saves)))
    return pd.DataFrame(rows, columns=["metric", "paid_gbp", "saves_gbp", "reading"])


def pick_children(contract: Contract, saves_a_child: float) -> pd.DataFrame:
    """What is paid for a child, by how likely they were to get there anyway.

    Columns sure_anyway (in words), paid_gbp, worth_gbp, net_gbp. For the first metric's unit, one child's. The payment
    is the same for all; the worth to the council is not.
    """
    first = contract.tariffs[0]
    paid = first.tariff_gbp * (1 - first.deadweight_share)
    rows = [
        (f"{chance:.0%}", paid, saves_a_child * (1 - chance), saves_a_child * (1 - chance) - paid) for chance in CHANCES
    ]
    return pd.DataFrame(rows, columns=["sure_anyway", "paid_gbp", "worth_gbp", "net_gbp"])


def find_cliffs(contract: Contract) -> pd.DataFrame:
    """Where one week more earns a whole tariff and the weeks before it nothing: metric, week, before_gbp, at_gbp."""
    rows = [
        (tariff.metric, tariff.sustained_weeks, 0.0, float(pay_for(tariff, _one_more(tariff.unpaid_a_year,
         tariff.deadweight_share))[0, 0]))
        for tariff in contract.tariffs
        if tariff.sustained_weeks
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["metric", "week", "before_gbp", "at_gbp"])


def reach_of_caps(settlement: Settlement) -> pd.DataFrame:
    """How often a cap binds in each contract year, after which more earns nothing: financial_year, chance_capped."""
    capped = settlement.uncapped > settlement.earned
    years = settlement.years[: settlement.contract.years]
    return pd.DataFrame({"financial_year": years, "chance_capped": capped.mean(axis=0)})


def _one_more(unpaid: float, deadweight: float) -> Draws:
    """As many units as earn exactly one tariff."""
    return np.array([[(unpaid + 1) / (1 - deadweight) if deadweight < 1 else 0.0]])


def _reading(paid: float, saves: float) -> str:
    if np.isnan(saves):
        return "no unit is measured, so none is weighed"
    if paid > saves * (1 + CLOSE):
        return "pays more than a unit saves"
    return "pays about what a unit saves" if paid > saves * (1 - CLOSE) else "pays less than a unit saves"
