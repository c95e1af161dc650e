"""Children a year and places, turned into rates and shares: as many as the baseline's own children allow.

Each is an account, month by month, of the difference made so far: it shrinks as children leave, move on or grow up, as
they would have done, and grows by what is done in the month. Why so: docs/decisions/0015-scenarios.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cip_analysis.demand.inputs import DAYS_IN_YEAR, Floats
from cip_analysis.demand.levers.turnover import DAYS_IN_MONTH

MOST_OF_A_MONTH = 0.5
"""Of the children there, the most that a lever moves or returns within one month."""


@dataclass(frozen=True, slots=True, eq=False)
class Amount:
    """What a lever comes to, by month after the origin.

    level: the rate a day, or the share. given, wanted: children, in the month or at its end.
    """

    level: Floats
    given: Floats
    wanted: Floats

    @property
    def met(self) -> float:
        """Share of what was wanted that is given, over the horizon; one where nothing was."""
        wanted = float(self.wanted.sum())
        return float(self.given.sum()) / wanted if wanted > 0 else 1.0


def rate_for_children(wanted_a_year: Floats, stock: Floats, emptying: float) -> Amount:
    """The rate a day, by month, at which so many children a year go from a group whose stock is known.

    wanted_a_year: by month. stock: in the baseline at each month end, the origin first. emptying: rate a day at which
    children go from the group anyway. At most MOST_OF_A_MONTH of those left in it go in one month.
    """
    wanted = wanted_a_year * DAYS_IN_MONTH / DAYS_IN_YEAR
    middle = (stock[:-1] + stock[1:]) / 2
    rate, given, fewer = np.zeros(len(wanted)), np.zeros(len(wanted)), 0.0
    for month, asked in enumerate(wanted):
        left = max(middle[month] - fewer, 0.0)
        given[month] = min(asked, MOST_OF_A_MONTH * left)
        if given[month] > 0:
            rate[month] = given[month] / ((left - given[month] / 2) * DAYS_IN_MONTH)
        fewer = fewer * np.exp(-emptying * DAYS_IN_MONTH) + given[month] * np.exp(-emptying * DAYS_IN_MONTH / 2)
    return Amount(rate, given, wanted)


@dataclass(frozen=True, slots=True)
class Exchange:
    """Rates a day at which two settings empty and swap children: the council's own, and the other it fills from."""

    own_empties: float
    other_empties: float
    own_to_other: float
    other_to_own: float


def share_for_places(places: Floats, inflow: Floats, exchange: Exchange, at_most: float) -> Amount:
    """The share of placements to divert, by month, so that so many more children are in the own setting at its end.

    places: more children wanted at each month's end. inflow: placements a month that may be diverted. at_most: the
    most of the inflow that may come. With more children here and fewer there, fewer move here from there, and more
    the other way: both are counted. To close places, count children fewer, and divert from the own setting.
    """
    own_stays, other_stays = (np.exp(-rate * DAYS_IN_MONTH) for rate in (exchange.own_empties, exchange.other_empties))
    fewer_come, more_return = exchange.other_to_own * DAYS_IN_MONTH, exchange.own_to_other * DAYS_IN_MONTH
    share, held, more, fewer = np.zeros(len(places)), np.zeros(len(places)), 0.0, 0.0
    for month, wanted in enumerate(places):
        alone = more * own_stays - fewer * fewer_come
        coming = min(max(wanted - alone, 0.0) / np.sqrt(own_stays), at_most * inflow[month])
        share[month] = coming / inflow[month] if coming > 0 else 0.0
        fewer = fewer * other_stays - more * more_return + coming * np.sqrt(other_stays)
        more = held[month] = alone + coming * np.sqrt(own_stays)
    return Amount(share, held, places)


def arrivals_for_children(more: Floats, staying: Floats) -> Floats:
    """More arrivals in each month so that so many more children are in care at its end; never fewer than none.

    staying: share of arrivals still in care each whole month after, from none (turnover.share_still_here).
    """
    middle = (staying[:-1] + staying[1:]) / 2
    arrivals = np.zeros(len(more))
    for month, wanted in enumerate(more):
        here = arrivals[:month] @ middle[1 : month + 1][::-1]
        arrivals[month] = max(wanted - here, 0.0) / middle[0] if middle[0] > 0 else 0.0
    return arrivals
