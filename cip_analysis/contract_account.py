"""A work package's outcomes contract, settled on the draws of the option it pays for.

    held = contract_of(county, weighed)      # none where the package has no contract
    held.settlement, held.council, held.fee, held.investor

What the contract measures is the option's effect and, on top of it, what would have come anyway. Choices:
docs/decisions/0031-outcomes-contract.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cip_analysis.appraisal_account import Weighed
from cip_analysis.contract_settings import Contract, Metric, Tariff
from cip_analysis.money.appraisal import Appraisal
from cip_analysis.money.appraising.effects import carry_on, filling
from cip_analysis.money.appraising.flows import LATE, flows_of
from cip_analysis.money.outcomes import (
    Position,
    Return,
    Settlement,
    council_position,
    draw_shares,
    fee_position,
    investor_return,
    measure,
    settle,
)
from cip_analysis.run import Run
from cip_analysis.scenario_settings import MovingLever
from cip_analysis.settings import read_settings

Draws = NDArray[np.float64]
DAYS_A_WEEK, WEEKS_A_YEAR = 7, 52.18


class ContractAccountError(ValueError):
    """A contract cannot be settled on the option it is said to pay for."""


@dataclass(frozen=True, slots=True, eq=False)
class Contracted:
    """A contract settled: what is measured, every party's flows, and what each is left with.

    measured: metric -> units, draw x year of the contract. saving: what care costs less, draw x year appraised, £.
    """

    contract: Contract
    option: str
    measured: Mapping[Metric, Draws]
    saving: Draws
    settlement: Settlement
    council: Position
    fee: Position
    investor: Return

    @property
    def saves_a_child(self) -> float:
        """What a unit of the first metric saves that would not have come anyway, £; not a number where none does."""
        first = self.contract.tariffs[0]
        units = float(self.measured[first.metric].sum()) * (1 - first.anyway.mid)
        return float(self.saving[:, : self.contract.years].sum()) / units if units > 0 else float("nan")


def contract_of(run: Run, weighed: Weighed) -> Contracted | None:
    """The package's contract on the draws of its option; none where it has none, or the option could not be played.

    Raises ContractAccountError where the contract begins in another year, or is paid out after the years appraised.
    """
    package = weighed.package
    if not package.contract or package.contract_option not in weighed.options:
        return None
    contract = read_settings(run.root / package.contract, Contract)
    later = -(-contract.lag_months // 12)
    if contract.first_year != package.first_year or contract.years + later > package.years:
        raise ContractAccountError(
            f"{contract.title} runs from the year to March {contract.first_year} and is paid out over "
            f"{contract.years + later} years; {package.title} is appraised from {package.first_year} over "
            f"{package.years}. Bring the two together."
        )
    one, seed = weighed.options[package.contract_option], weighed.ground.seed
    measured = {tariff.metric: _measured(one, tariff, contract, seed) for tariff in contract.tariffs}
    settlement = settle(contract, measured)
    saving = one.flows.benefit
    return Contracted(
        contract, one.option.title, measured, saving, settlement, council_position(settlement, saving),
        fee_position(settlement, saving), investor_return(settlement),
    )  # fmt: skip


def _measured(one: Appraisal, tariff: Tariff, contract: Contract, seed: int) -> Draws:
    """One metric as it would be measured: the option's effect, and what would have come anyway on top."""
    draws = len(one.flows.net)
    effect = _effect(one, tariff) * draw_shares(f"sustained, {tariff.metric}", tariff.sustained, draws, seed)[:, None]
    anyway = draw_shares(f"anyway, {tariff.metric}", tariff.anyway, draws, seed)
    return measure(effect, anyway)[:, : contract.years]


def _effect(one: Appraisal, tariff: Tariff) -> Draws:
    """The option's effect in the metric's units, draw x year appraised."""
    if tariff.metric == "weeks out of the setting":
        return np.asarray(one.flows.fewer)
    years = len(one.discount)
    if tariff.metric == "sustained step-down":
        planned = np.broadcast_to(_planned_moves(one, years), one.flows.net.shape)
        return _as_delivered(one, planned, tariff.sustained_weeks / WEEKS_A_YEAR)
    weeks = _as_delivered(one, carry_on(one.effects.fewer.sum(axis=2), years), 0.0)
    return weeks * DAYS_A_WEEK if tariff.metric == "care days avoided" else weeks


def _planned_moves(one: Appraisal, years: int) -> Draws:
    """Children a year that the option's levers would move, as they are phased in."""
    moving = [lever for lever in one.option.levers if isinstance(lever, MovingLever) and lever.children_a_year]
    if not moving:
        raise ContractAccountError(
            f"{one.option.title} moves no number of children a year, so no step down of it can be counted. "
            "Give it a lever on moving with children_a_year, or pay for weeks."
        )
    each = [
        (lever.children_a_year or 0.0) * filling(one.first_year, years, lever.begins, lever.full_by or lever.begins)
        for lever in moving
    ]
    return np.asarray(np.sum(each, axis=0))


def _as_delivered(one: Appraisal, units: Draws, later: float) -> Draws:
    """Units under what is judged of the option: how much comes, how late, and what wears off."""
    judged: dict[str, Draws | float] = {name: factor.drawn for name, factor in one.factors.items()}
    judged[LATE] = np.asarray(judged.get(LATE, 0.0)) + later
    alone = replace(one.basis, fewer=units, lived=np.zeros_like(one.basis.lived))
    return np.asarray(flows_of(alone, judged).fewer)
