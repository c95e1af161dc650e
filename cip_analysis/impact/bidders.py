"""Bidders and bids: the door to financial standing, its sensitivity, and models of price evaluation.

    ratios = work_ratios(accounts, bids); marks = mark_ratios(ratios, bids.standing)
    score_bidders(marks, bids.standing); try_weights(marks, bids.standing, bids.seed)
    raise_warnings(accounts, ratios, bids)
    compare_models(bids); switching_weights(list_bids(bids), bids.evaluation, model); remove_losers(...)

Choices: docs/decisions/0034-market-and-bidders.md.
"""

from cip_analysis.impact.bidding.prices import (
    MARKING,
    compare_models,
    list_bids,
    remove_losers,
    switching_weights,
    total_marks,
    winner_of,
)
from cip_analysis.impact.bidding.standing import (
    drop_measures,
    mark_ratios,
    raise_warnings,
    score_bidders,
    try_weights,
    work_ratios,
)

__all__ = [
    "MARKING", "compare_models", "drop_measures", "list_bids", "mark_ratios", "raise_warnings", "remove_losers",
    "score_bidders", "switching_weights", "total_marks", "try_weights", "winner_of", "work_ratios",
]  # fmt: skip
