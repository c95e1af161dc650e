"""Models that turn prices into marks, who wins under each, and at which weight of price that changes.

Sources: P. S. Stilger, J. Siderius and E. M. van Raaij, Journal of Public Procurement 17(1), 2017, who compare such
formulas; M. Bergman and S. Lundberg, 2013, on bids that lose and yet decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np
import pandas as pd

from cip_analysis.bidder_settings import MODELS, Bids, Evaluation

LIKE = 1e-9
TIE = " and "


class PriceModelError(ValueError):
    """Prices cannot be marked."""


def relative_to_lowest(prices: pd.Series, _rules: Evaluation) -> pd.Series:
    """100 × the lowest price ÷ the price. By hand: £50 and £75 are 100 and 66.7."""
    marks: pd.Series = 100 * prices.min() / prices
    return marks


def distance_from_mean(prices: pd.Series, rules: Evaluation) -> pd.Series:
    """`mean_marks` at the mean of the bids, `marks_per_cent` less for each per cent above it; from 0 to 100."""
    above = (prices / prices.mean() - 1) * 100
    return (rules.mean_marks - rules.marks_per_cent * above).clip(0, 100)


def linear_above_lowest(prices: pd.Series, rules: Evaluation) -> pd.Series:
    """100 at the lowest price, none at `nothing_at` times it, in line between."""
    marks: pd.Series = 100 * (rules.nothing_at - prices / prices.min()) / (rules.nothing_at - 1)
    return marks.clip(0, 100)


def against_ceiling(prices: pd.Series, rules: Evaluation) -> pd.Series:
    """100 × (1 - price ÷ ceiling), none above it: no other bid enters, so none that loses can decide."""
    return (100 * (1 - prices / rules.ceiling_gbp)).clip(0, 100)


MARKING: Mapping[str, Callable[[pd.Series, Evaluation], pd.Series]] = dict(
    zip(MODELS, (relative_to_lowest, distance_from_mean, linear_above_lowest, against_ceiling), strict=True)
)


def list_bids(bids: Bids) -> pd.DataFrame:
    """The bids as a table: a row a bidder, yearly_gbp and quality, in the file's order."""
    rows = {bid.bidder: {"yearly_gbp": bid.yearly_gbp, "quality": bid.quality} for bid in bids.bids}
    return pd.DataFrame(rows).T.rename_axis("bidder")


def total_marks(offers: pd.DataFrame, rules: Evaluation, model: str) -> pd.Series:
    """Price weight × marks for price + the rest × marks for quality, by bidder. offers: as `list_bids` gives them."""
    marks = MARKING[model](offers["yearly_gbp"], rules)
    return rules.price_weight * marks + (1 - rules.price_weight) * offers["quality"]


def winner_of(totals: pd.Series) -> str:
    """Who has the most marks; all of them, where they tie."""
    best = totals[totals >= totals.max() - LIKE]
    return TIE.join(str(name) for name in best.index)


def compare_models(bids: Bids) -> pd.DataFrame:
    """Who wins under each model, and by how much: columns model, winner, lead_marks, and the marks of each bidder.

    The first row is the lowest price alone, whatever the quality, with no marks.
    """
    offers, rules = list_bids(bids), bids.evaluation
    rows: list[dict[str, object]] = [{"model": "lowest price alone", "winner": winner_of(-offers["yearly_gbp"])}]
    for model in MODELS:
        totals = total_marks(offers, rules, model)
        best = totals.sort_values(ascending=False)
        rows.append({"model": model, "winner": winner_of(totals), "lead_marks": best.iloc[0] - best.iloc[1], **totals})
    return pd.DataFrame(rows)


def switching_weights(offers: pd.DataFrame, rules: Evaluation, model: str) -> pd.DataFrame:
    """Who wins at each weight of price from nought to one: columns model, winner, from_share, to_share, in order.

    Totals are straight lines in the weight, so the ends are where two of them cross, found exactly.
    """
    price, quality = MARKING[model](offers["yearly_gbp"], rules).to_numpy(), offers["quality"].to_numpy()
    slope = price - quality
    apart, turn = quality[:, None] - quality[None, :], slope[None, :] - slope[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        crossings = (apart / turn)[np.abs(turn) > LIKE]
    inside = crossings[(crossings > LIKE) & (crossings < 1 - LIKE)]
    ends = [0.0, *np.unique(inside.round(12)).tolist(), 1.0]
    rows: list[dict[str, object]] = []
    for start, end in pairwise(ends):
        middle = (start + end) / 2
        name = winner_of(pd.Series(quality + middle * slope, offers.index))
        if rows and rows[-1]["winner"] == name:
            rows[-1]["to_share"] = end
        else:
            rows.append({"model": model, "winner": name, "from_share": start, "to_share": end})
    return pd.DataFrame(rows)


def remove_losers(offers: pd.DataFrame, rules: Evaluation, model: str) -> pd.DataFrame:
    """Who would win if each bid that loses had not been made: columns model, without, winner, winner_then, changes."""
    winner = winner_of(total_marks(offers, rules, model))
    rows = []
    for name in offers.index:
        if len(offers) > 2 and str(name) not in winner.split(TIE):
            then = winner_of(total_marks(offers.drop(index=name), rules, model))
            rows.append((model, str(name), winner, then, then != winner))
    return pd.DataFrame(rows, columns=["model", "without", "winner", "winner_then", "changes"])
