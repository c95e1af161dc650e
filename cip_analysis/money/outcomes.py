"""Contracts paid by outcome: the door to settling them, what each party stands to gain, and what the terms reward.

    settlement = settle(contract, {"sustained step-down": measured})     # draw x year of the contract
    investor_return(settlement); council_position(settlement, saving); fee_position(settlement, saving)
    weigh_margin(...), pick_children(...), find_cliffs(...), reach_of_caps(...)          # what the terms reward

Choices: docs/decisions/0031-outcomes-contract.md.
"""

from cip_analysis.money.contracting.gaming import find_cliffs, pick_children, reach_of_caps, weigh_margin
from cip_analysis.money.contracting.settling import (
    OutcomesError,
    Settlement,
    draw_shares,
    measure,
    pay_for,
    settle,
)
from cip_analysis.money.contracting.standing import (
    Position,
    Return,
    council_position,
    fee_position,
    investor_return,
    rate_of,
)

__all__ = [
    "OutcomesError", "Position", "Return", "Settlement", "council_position", "draw_shares", "fee_position",
    "find_cliffs", "investor_return", "measure", "pay_for", "pick_children", "rate_of", "reach_of_caps", "settle",
    "weigh_margin",
]  # fmt: skip
