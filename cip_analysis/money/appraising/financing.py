"""What an option does to the council's budget, in the £ of each year: another question than what it is worth.

Capital is borrowed and paid for over its life: a minimum revenue provision and interest each year. A partner's capital
is paid back over its term; a grant is not. Nothing is discounted, and what is left of a building is not income.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cip_analysis.money.appraising.flows import Flows
from cip_analysis.money.homes import annuity
from cip_analysis.work_package_settings import Capital, Option, Shares

Draws = NDArray[np.float64]
ALL_THE_COUNCILS = Shares(council=1, partner=0, grant=0)


@dataclass(frozen=True, slots=True, eq=False)
class Budget:
    """What a council's budget bears, draw x year, nominal £; what is saved is above nought, what is paid below.

    care: what care costs less. running: of homes and services. provision: minimum revenue provision on what the council
    borrowed. interest: on it. to_partner: what its capital is paid back at.
    """

    care: Draws
    running: Draws
    provision: Draws
    interest: Draws
    to_partner: Draws

    @property
    def net(self) -> Draws:
        """What the year's budget gains."""
        return self.care + self.running + self.provision + self.interest + self.to_partner


@dataclass(frozen=True, slots=True)
class Terms:
    """first_year: of the years appraised. borrowing_rate: nominal, a year."""

    first_year: int
    borrowing_rate: float


def provision_and_interest(borrowed: Draws, life_years: int, rate: float) -> tuple[Draws, Draws]:
    """Minimum revenue provision and interest on sums borrowed in some years: £ a year each, both nought or above.

    borrowed: £ by year, the last axis. Each is provided for in equal parts over its life from the year after, and
    interest is paid on what is not yet provided for at each year's start. Source: the asset life method of the
    statutory guidance on minimum revenue provision (MHCLG, 2018). By hand: £100 over 4 years at 10%: provision 0, 25,
    25, 25, 25; interest 0, 10, 7.50, 5, 2.50.
    """
    provision, interest = np.zeros_like(borrowed), np.zeros_like(borrowed)
    years = borrowed.shape[-1]
    for spent in range(years):
        for since in range(1, min(life_years, years - 1 - spent) + 1):
            provision[..., spent + since] += borrowed[..., spent] / life_years
            interest[..., spent + since] += borrowed[..., spent] * (1 - (since - 1) / life_years) * rate
    return provision, interest


def budget_of(option: Option, flows: Flows, capital_over: Draws, inflation: Draws, terms: Terms) -> Budget:
    """The option's budget, year by year, in the £ of each. capital_over: the bias drawn; inflation: £ of each year to
    one in the flows' price base.
    """
    shares = option.shares or ALL_THE_COUNCILS
    care = flows.benefit * inflation
    running = -(flows.revenue + flows.homes) * inflation
    provision, interest, back = (np.zeros_like(care) for _ in range(3))
    for one in option.capital:
        spent = _spent(one, capital_over, inflation, terms)
        own, paid = provision_and_interest(spent * shares.council, one.life_years, terms.borrowing_rate)
        provision, interest = provision - own, interest - paid
        back = back - _paid_back(spent * shares.partner, option.partner_years, option.partner_rate)
    return Budget(care, running, provision, interest, back)


def _spent(one: Capital, over: Draws, inflation: Draws, terms: Terms) -> Draws:
    """One sum of capital with its bias, row x year, nominal £."""
    place = one.year - terms.first_year
    spent = np.zeros((len(over), len(inflation)))
    spent[:, place] = one.gbp * (1 + over) * inflation[place]
    return spent


def _paid_back(lent: Draws, years: int, rate: float) -> Draws:
    """Level payments to a partner from the year after, £ a year."""
    back = np.zeros_like(lent)
    level = float(annuity(1.0, years, rate))
    for spent in range(lent.shape[1]):
        back[:, spent + 1 : spent + 1 + years] += lent[:, [spent]] * level
    return back


def years_to_pay_back(net: Draws) -> Draws:
    """How many years until what was put in has come back, counting the first: a number a row, infinite where never.

    The first year from which the running total is at nought or above and stays there. A row of noughts has nothing to
    pay back: nought years.
    """
    running = np.cumsum(net, axis=1)
    below = running < 0
    last_below = np.where(below.any(axis=1), below.shape[1] - np.argmax(below[:, ::-1], axis=1), 0)
    return np.where(last_below == net.shape[1], np.inf, np.where(last_below == 0, 0.0, last_below + 1.0))
