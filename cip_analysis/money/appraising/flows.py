"""An option's yearly £ from its effects, its costs and what is judged of both, over the years appraised.

A row is a draw, or a sample of judgements: every array is row x year, in the £ of one price base, and a benefit is a
cost of care that does not come. Who pays is another question (financing.py): £ moved between partners are no cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Draws = NDArray[np.float64]
DELIVERED, LATE, DROP_OFF = "delivered", "late_years", "drop_off"
CAPITAL, REVENUE, HOMES, MATCHED = "capital_over", "revenue_over", "home_cost", "matched_price"
PRICE = "bought_price"
UNMOVED: dict[str, float] = {DELIVERED: 1.0, LATE: 0.0, DROP_OFF: 0.0, CAPITAL: 0.0, REVENUE: 1.0, HOMES: 1.0,
                             MATCHED: 1.0, PRICE: 1.0}  # fmt: skip
"""What is judged of an option -> the value at which it moves nothing."""


class FlowsError(ValueError):
    """Something is judged of an option that no option has."""


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """All that an option's flows rest on, before anything judged of it: row x year, £ in one price base.

    saved: care no longer bought or provided because of its levers and prices. lived: child-weeks in its homes, of
    bed_weeks there are; lived_price: £ each would have cost where it is bought. variable: £ a week lived there. fixed:
    £ of them, lived in or not.
    block_price: £ a child-week in the block's setting; block_beds: bed-weeks of the block, and block_lived: the
    child-weeks there are to live in them, at the occupancy planned; block_off: the share off their price. revenue,
    capital, residual: a figure a year; residual is the part of capital left, in the last year. fewer: child-weeks no
    longer had in the settings it is for. beyond: years since the last that was forecast.
    """

    saved: Draws
    lived: Draws
    lived_price: Draws
    bed_weeks: Draws
    variable: Draws
    fixed: Draws
    block_price: Draws
    block_lived: Draws
    block_beds: Draws
    block_off: Draws
    revenue: Draws
    capital: Draws
    residual: Draws
    fewer: Draws
    beyond: Draws

    def rows(self, places: NDArray[np.int64]) -> Basis:
        """The same for some of its draws, each as often as it is named."""
        by_row = ("saved", "lived", "lived_price", "variable", "fixed", "block_price", "block_lived", "fewer")
        return replace(self, **{name: getattr(self, name)[places] for name in by_row})


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """An option's yearly £ beside doing nothing, row x year, all in one price base.

    benefit: care that costs less, what a block spares or wastes included. revenue, homes, capital: what it costs;
    residual: what is left of capital, in the last year. fewer: child-weeks no longer had in the settings it is for.
    """

    benefit: Draws
    revenue: Draws
    homes: Draws
    capital: Draws
    residual: Draws
    fewer: Draws

    @property
    def cost(self) -> Draws:
        """Everything it costs, less what is left of its capital."""
        return self.revenue + self.homes + self.capital - self.residual

    @property
    def net(self) -> Draws:
        """What it is worth: benefit less cost."""
        return self.benefit - self.cost


def flows_of(basis: Basis, judged: Mapping[str, Draws | float]) -> Flows:
    """An option's flows under what is judged of it: a number, or one of it a row; what is not given moves nothing.

    delivered multiplies what it changes; late_years moves that later, whole years and parts, while costs stay;
    drop_off is lost in each year beyond the forecast; bought_price multiplies what a week not bought would have cost,
    and matched_price that of a week in its homes; capital_over adds to capital; revenue_over and home_cost multiply.
    Weeks in homes and blocks never pass their beds. Raises FlowsError naming what it does not know.
    """
    if unknown := sorted(set(judged) - set(UNMOVED)):
        raise FlowsError(
            f"Nothing called {', '.join(unknown)} is judged of an option. There are: {', '.join(UNMOVED)}."
        )
    at = {name: _column(judged.get(name, still)) for name, still in UNMOVED.items()}
    comes = at[DELIVERED] * (1 - at[DROP_OFF]) ** basis.beyond
    lived = np.minimum(_later(basis.lived * comes, at[LATE]), basis.bed_weeks)
    homes = lived * basis.lived_price * at[MATCHED]
    saved = _later(basis.saved * comes, at[LATE]) + homes + _block(basis, comes, at[LATE])
    whole = np.ones_like(saved)
    return Flows(
        benefit=saved * at[PRICE],
        revenue=basis.revenue * at[REVENUE] * whole,
        homes=(basis.fixed + basis.variable * lived) * at[HOMES] * whole,
        capital=basis.capital * (1 + at[CAPITAL]) * whole,
        residual=basis.residual * (1 + at[CAPITAL]) * whole,
        fewer=(_later(basis.fewer * comes, at[LATE]) + lived) * whole,
    )


def _block(basis: Basis, comes: Draws, late: Draws) -> Draws:
    """What a block spares: the share off every week lived there, less the price of the beds that stand empty.

    By hand: 100 bed-weeks at £4,000 less a tenth, 90 lived in: 90 × £400 - 10 × £3,600 = nought.
    """
    lived = np.minimum(_later(basis.block_lived * comes, late), basis.block_beds)
    empty = basis.block_beds - lived
    return basis.block_price * (lived * basis.block_off - empty * (1 - basis.block_off))


def _column(value: Draws | float) -> Draws:
    """A value a row, shaped to stand beside row x year."""
    return np.atleast_1d(np.asarray(value, dtype="float64"))[:, None]


def _later(flow: Draws, late: Draws) -> Draws:
    """A flow moved later by whole years and parts of one; what would fall after the last year is lost.

    By hand: 0, 10, 10 half a year late is 0, 5, 10.
    """
    years = flow.shape[1]
    start = np.arange(years) - np.broadcast_to(late, (len(late), 1))
    below = np.floor(start).astype("int64")
    part = start - below
    rows = np.arange(max(len(flow), len(late)))[:, None]
    whole = np.broadcast_to(flow, (len(rows), years))
    first, second = (_at(whole, rows, place) for place in (below, below + 1))
    return np.asarray(first * (1 - part) + second * part)


def _at(flow: Draws, rows: NDArray[np.int64], places: NDArray[np.int64]) -> Draws:
    """The flow at some places; nought before the first."""
    years = flow.shape[1]
    spread = np.broadcast_to(places, (len(rows), years))
    return np.where(spread >= 0, flow[rows, np.clip(spread, 0, years - 1)], 0.0)
