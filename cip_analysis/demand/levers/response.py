"""How the total answers to more arrivals and to slower leaving, near enough, from one projection already played.

The total is those of the outturn still here and, for each month since, those who arrived then and are still here: a
straight line in arrivals. The first are read off the projection; the shares still here of the others are as the rates
have them where a child first lives, scaled so that the projection's own total comes out. It says where to look; what
is right is settled by playing (following.py, national/following.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cip_analysis.demand.inputs import Entrants, Floats, ModelInputs
from cip_analysis.demand.levers.turnover import bands_of, share_still_here
from cip_analysis.projections import Projection

LEAST = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """The parts of the total by month of the horizon, the first element the first month.

    present: of those in care at the origin, how many are still there at each month's end, on the average draw.
    arrived, arrived_unaccompanied: children expected in each month. staying, staying_unaccompanied: share of a
    month's arrivals still there at its end, and at the end of each month after. gain: by month, what the arrivals
    still there must be multiplied by for the projection's own total. by_rate: share of children who leave that do not
    do so by turning 18, which no drift of leaving moves.
    """

    present: Floats
    arrived: Floats
    arrived_unaccompanied: Floats
    staying: Floats
    staying_unaccompanied: Floats
    gain: Floats
    by_rate: float

    def slopes(self, month: int) -> Floats:
        """Children at a month's end for each whole factor on the other arrivals of each month up to it."""
        return np.asarray(self.gain[month - 1] * self.arrived[:month] * self.staying[:month][::-1])

    def total(self, starts: Floats, leaving: Floats, month: int) -> Floats:
        """The expected total of each draw at a month's end under factors, draw x month, on starts and on leaving."""
        factor, slower = starts[:, :month], (leaving[:, :month] - 1) * self.by_rate
        gone = -np.log(np.maximum(self.present[:month] / np.r_[self.present[0], self.present[: month - 1]], LEAST))
        here = self.present[month - 1] * np.exp(-slower @ gone)
        here = here + (factor * np.exp(-slower @ _hazards(self.staying, month))) @ self.slopes(month)
        alone = self.arrived_unaccompanied[:month] * self.staying_unaccompanied[:month][::-1]
        stayed = np.exp(-slower @ _hazards(self.staying_unaccompanied, month)) @ alone
        return np.asarray(here + self.gain[month - 1] * stayed)


def response_of(inputs: ModelInputs, played: Projection) -> Response:
    """The response of inputs whose projection, over the same months, is `played`."""
    months = len(played.months) - 1
    staying, staying_unaccompanied = (
        _to_month_ends(share_still_here(entrants, inputs.pathways, group, months))
        for group, entrants in enumerate((inputs.entrants, inputs.entrants_unaccompanied))
    )
    effects = inputs.effects
    arrived = inputs.starts.mean(axis=0)[:months] * expected_weights(inputs.entrants, effects.entry[:months])
    unaccompanied = inputs.starts_unaccompanied.mean(axis=0)[:months] * effects.entry_unaccompanied[:months]
    present = _still_present(played)
    expected = np.array(
        [
            arrived[:month] @ staying[:month][::-1] + unaccompanied[:month] @ staying_unaccompanied[:month][::-1]
            for month in range(1, months + 1)
        ]
    )
    since = played.total.mean(axis=0)[1:] - present
    gain = np.divide(since, expected, out=np.ones_like(expected), where=(expected > 0) & (since > 0))
    left = played.ways_out.sum(axis=(0, 1), dtype="int64")
    by_rate = float(left[:-1].sum() / max(left.sum(), 1))
    return Response(present, arrived, unaccompanied, staying, staying_unaccompanied, gain, by_rate)


def expected_weights(entrants: Entrants, entry: Floats) -> Floats:
    """By month, what factors on arrivals by age and need (month x band x need) make of the number who arrive.

    The mean over past children: a household's weight is the mean of its own children's, so sizes do not matter.
    """
    if not len(entrants.age_days):
        return np.ones(len(entry))
    return np.asarray(entry[:, bands_of(entrants.age_days), entrants.need].mean(axis=1))


def _to_month_ends(share: Floats) -> Floats:
    """Share still here at each month's end of those who arrive evenly through a month, from shares by whole months."""
    return np.asarray((share[:-1] + share[1:]) / 2)


def _still_present(played: Projection) -> Floats:
    """Of those in care at the origin, how many are there at each month's end: from the mean over each month."""
    days = np.diff([month.toordinal() for month in played.months])
    within = played.child_days_present[:, 1:].sum(axis=2, dtype="float64").mean(axis=0) / days
    before = np.r_[float(played.total[0, 0]), within]
    half = np.sqrt(np.divide(within, before[:-1], out=np.ones_like(within), where=before[:-1] > 0))
    half[0] = half[0] ** 2  # from the origin to the middle of the first month is half a month, the others a whole one
    return np.asarray(np.maximum(within * half, LEAST))


def _hazards(staying: Floats, month: int) -> Floats:
    """Chance of leaving, added up as a hazard: month passed (a row) x month of arrival, up to a month's end."""
    kept = np.maximum(staying[:month], LEAST)
    each = -np.diff(np.log(kept), prepend=0.0)
    since = np.arange(month)[:, None] - np.arange(month)[None, :]
    return np.asarray(np.where(since >= 0, each[np.maximum(since, 0)], 0.0))
