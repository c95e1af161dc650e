"""What each party stands to gain: the investor's return, the council's position, and the same work paid by fee."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from cip_analysis.contract_settings import Contract
from cip_analysis.money.contracting.settling import OutcomesError, Settlement

Draws = NDArray[np.float64]
LOWEST_RATE, HIGHEST_RATE = -0.99, 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Return:
    """An investor's return, an element a draw.

    multiple: received over put up. npv_gbp: at the rate its risk asks for, the first year not discounted. rate:
    internal rate of return a year; not a number where nothing comes back or nothing is put up. turns: how often its
    flow changes sign: above one, more than one rate may do, and one of them is given.
    """

    multiple: Draws
    npv_gbp: Draws
    rate: Draws
    turns: NDArray[np.int64]

    @property
    def chance_of_loss(self) -> float:
        """The share of draws in which less comes back than was put up."""
        return float((self.multiple < 1).mean()) if np.isfinite(self.multiple).any() else float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Position:
    """What the council is left with, draw x year, £: care that costs less, and its side of a contract or a fee."""

    saving: Draws
    contract: Draws

    @property
    def net(self) -> Draws:
        """What it is left with in each year."""
        return np.asarray(self.saving + self.contract)

    @property
    def total(self) -> Draws:
        """Over all years, an element a draw."""
        return np.asarray(self.net.sum(axis=1))

    @property
    def chance_worse(self) -> float:
        """The share of draws in which it would have been better without."""
        return float((self.total < 0).mean())


def investor_return(settlement: Settlement) -> Return:
    """What the investor makes of what it puts up, in every draw."""
    flow = settlement.position("investor") / 100
    out, back = -np.minimum(flow, 0).sum(axis=1), np.maximum(flow, 0).sum(axis=1)
    put_up = settlement.contract.funding.investor * settlement.delivering.sum() / 100
    received = flow.sum(axis=1) + put_up
    multiple = received / put_up if put_up else np.full(len(flow), np.nan)
    factors = (1 + settlement.contract.investor_rate) ** -np.arange(flow.shape[1])
    rates = np.array([rate_of(row) for row in flow]) if (out.any() and back.any()) else np.full(len(flow), np.nan)
    signs = np.sign(np.round(flow, 2))
    return Return(multiple, flow @ factors, rates, np.array([_turns(row) for row in signs]))


def rate_of(flow: Draws) -> float:
    """The rate a year at which a flow is worth nought, by Brent's method: not a number where it never is.

    Looked for from -99% to 1,000% a year. By hand: -100 and then 110 is 10%.

    >>> round(rate_of(np.array([-100.0, 110.0])), 6)
    0.1
    """

    def worth(rate: float) -> float:
        """Present value at a rate."""
        return float(flow @ (1 + rate) ** -np.arange(len(flow)))

    ends = worth(LOWEST_RATE), worth(HIGHEST_RATE)
    if not (flow.min() < 0 < flow.max()) or ends[0] * ends[1] > 0:
        return float("nan")
    return float(brentq(worth, LOWEST_RATE, HIGHEST_RATE))


def council_position(settlement: Settlement, saving: Draws) -> Position:
    """The council's side of the contract beside what care costs less, draw x year of the settlement.

    saving: £ by draw and year, of the contract's years at least; what is saved after the settlement's last is left out.
    Raises OutcomesError where draws or years do not fit.
    """
    return Position(_saving_for(settlement, saving), settlement.position("council") / 100)


def fee_position(settlement: Settlement, saving: Draws) -> Position:
    """The same work paid by a fee a year whatever comes of it: the same saving, less the fee."""
    contract: Contract = settlement.contract
    fee = np.zeros(len(settlement.years))
    fee[: contract.years] = -contract.fee_gbp
    return Position(_saving_for(settlement, saving), np.broadcast_to(fee, settlement.paid.shape))


def _saving_for(settlement: Settlement, saving: Draws) -> Draws:
    years = len(settlement.years)
    if len(saving) != len(settlement.paid) or saving.shape[1] < years:
        raise OutcomesError(
            f"A saving of {saving.shape[0]:,} draws and {saving.shape[1]} years does not cover the contract's "
            f"{len(settlement.paid):,} and {years}. Appraise the option over more years."
        )
    return saving[:, :years]


def _turns(signs: Draws) -> int:
    """How often a flow changes sign, noughts left out."""
    kept = signs[signs != 0]
    return int((np.diff(kept) != 0).sum())
