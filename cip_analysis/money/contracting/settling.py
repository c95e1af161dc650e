"""A contract settled: what is measured, what is paid for it and when, and every party's flows. Nothing is lost or made.

payment = min(cap, tariff × max(0, measured × (1 - deadweight) - what goes unpaid)), summed over metrics, at least the
floor. Money between parties is in whole pence, so that it sums to exactly nought.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import triang

from cip_analysis.contract_settings import PARTIES, Contract, Metric, Tariff
from cip_analysis.demand.inputs import stream
from cip_analysis.work_package_settings import Range

Draws = NDArray[np.float64]
Pence = NDArray[np.int64]
COUNCIL, INVESTOR, PROVIDER = range(len(PARTIES))
MONTHS = 12


class OutcomesError(ValueError):
    """Outcomes cannot be paid for, or a settlement breaks its own accounts."""


@dataclass(frozen=True, slots=True, eq=False)
class Settlement:
    """Who paid whom, draw x financial year x party (contract_settings.PARTIES), whole pence: received, less paid out.

    years: those of the contract, and after them those into which payment is put off. transfers: between the parties,
    which sum to nought in every draw and year. delivering: what the provider spends on the work, a year, pence.
    managing: what the council spends on running the contract, a year, pence. paid: outcome payments, draw x year.
    earned: of them, what each contract year's outcomes earn, before payment is put off. uncapped: with no cap or floor.
    """

    contract: Contract
    years: tuple[int, ...]
    transfers: Pence
    delivering: Pence
    managing: Pence
    paid: Pence
    earned: Pence
    uncapped: Pence

    def __post_init__(self) -> None:
        if apart := int(np.count_nonzero(self.transfers.sum(axis=2))):
            raise OutcomesError(f"Transfers between parties do not sum to nought in {apart} draws and years.")
        if (self.paid.sum(axis=1) != self.earned.sum(axis=1)).any():
            raise OutcomesError("What is paid is not what was earned: payment was lost or made on the way.")

    def position(self, party: str) -> Pence:
        """What a party is left with, draw x year: its transfers, less what delivering or managing costs it."""
        place = PARTIES.index(party)
        own = {PROVIDER: self.delivering, COUNCIL: self.managing}.get(place)
        return self.transfers[:, :, place] - (own if own is not None else 0)


def measure(effect: Draws, anyway: Draws) -> Draws:
    """What is measured where an effect comes on top of what would have come anyway: effect ÷ (1 - anyway).

    By hand: 6 children more, where a quarter of those measured would have moved anyway, are measured as 8.
    """
    return effect / (1 - np.atleast_1d(anyway)[:, None])


def draw_shares(name: str, judged: Range, draws: int, seed: int) -> Draws:
    """A share drawn from the triangle over its range; one value where low and high are the same."""
    width = judged.high - judged.low
    if width == 0:
        return np.full(draws, judged.mid)
    luck = stream(seed, f"outcomes contract, {name}").random(draws)
    return np.asarray(triang.ppf(luck, (judged.mid - judged.low) / width, loc=judged.low, scale=width))


def pay_for(tariff: Tariff, measured: Draws) -> Draws:
    """£ for each year's units of one metric, draw x year, before cap and floor; nothing for an outcome below nought.

    By hand: £1,000 a unit, a fifth deadweight, 2 unpaid: 10 measured earn 1,000 × (8 - 2) = £6,000.
    """
    counted = measured * (1 - tariff.deadweight_share) - tariff.unpaid_a_year
    return tariff.tariff_gbp * np.maximum(counted, 0.0)


def settle(contract: Contract, measured: Mapping[Metric, Draws]) -> Settlement:
    """The contract settled in every draw. measured: metric -> units as measured, draw x year of the contract.

    Raises OutcomesError where a metric that is paid for is missing, one is not paid for, or its years are not the
    contract's.
    """
    _refuse_unlike(contract, measured)
    earning = np.sum([pay_for(tariff, measured[tariff.metric]) for tariff in contract.tariffs], axis=0)
    uncapped = _pence(earning)
    earned = _within(contract, np.maximum(uncapped, round(contract.floor_gbp * 100)))
    later = -(-contract.lag_months // MONTHS)
    years = tuple(range(contract.first_year, contract.first_year + contract.years + later))
    paid = _put_off(earned, contract.lag_months, len(years))
    delivering, managing = np.zeros(len(years), dtype="int64"), np.zeros(len(years), dtype="int64")
    delivering[: contract.years] = _pence(np.array(contract.intervention_gbp))
    managing[: contract.years] = round(contract.management_gbp * 100)
    return Settlement(
        contract, years, _transfers(contract, delivering, paid), delivering, managing, paid, earned, uncapped
    )


def _within(contract: Contract, earned: Pence) -> Pence:
    """What is earned, held to the cap of a year and to that of the whole contract, first come first paid."""
    if contract.cap_year_gbp is not None:
        earned = np.minimum(earned, round(contract.cap_year_gbp * 100))
    running = np.minimum(np.cumsum(earned, axis=1), round(contract.cap_gbp * 100))
    return np.diff(running, axis=1, prepend=0)


def _put_off(earned: Pence, months: int, years: int) -> Pence:
    """Payments moved later by some months: parts of a year fall in two years, and none is lost.

    By hand: 1,200 eighteen months late is 600 in the next year and 600 in the one after.
    """
    whole, part = divmod(months, MONTHS)
    paid = np.zeros((len(earned), years), dtype="int64")
    second = earned * part // MONTHS
    paid[:, whole : whole + earned.shape[1]] += earned - second
    if part:
        paid[:, whole + 1 : whole + 1 + earned.shape[1]] += second
    return paid


def _transfers(contract: Contract, delivering: Pence, paid: Pence) -> Pence:
    """Between the parties: the intervention's cost put up and paid to the provider, and outcomes paid for."""
    flows = np.zeros((*paid.shape, len(PARTIES)), dtype="int64")
    for party, share in ((COUNCIL, contract.funding.council), (INVESTOR, contract.funding.investor)):
        put_up = np.rint(delivering * share).astype("int64")
        flows[:, :, party] -= put_up
        flows[:, :, PROVIDER] += put_up
    to_investor = np.rint(paid * contract.payees["investor"]).astype("int64")
    flows[:, :, COUNCIL] -= paid
    flows[:, :, INVESTOR] += to_investor
    flows[:, :, PROVIDER] += paid - to_investor
    return flows


def _pence(pounds: Draws) -> Pence:
    return np.rint(pounds * 100).astype("int64")


def _refuse_unlike(contract: Contract, measured: Mapping[Metric, Draws]) -> None:
    paid_for = {tariff.metric for tariff in contract.tariffs}
    if unlike := sorted(paid_for ^ set(measured)):
        raise OutcomesError(
            f"{contract.title} pays for {', '.join(sorted(paid_for))}; {', '.join(unlike)} is missing or not paid for."
        )
    for metric, units in measured.items():
        if units.ndim != 2 or units.shape[1] != contract.years:
            raise OutcomesError(f"{metric}: {units.shape} is not draws by the contract's {contract.years} years.")
        if not np.isfinite(units).all():
            raise OutcomesError(f"{metric}: a unit measured is not a number.")
