"""Savings on care placements: the door to the ledger of claims, what is likely to come of it, and what has come.

    ledger = keep_ledger(baseline, alone, running)      # spend priced on the same draws: a child-week is saved once
    likely = likely_savings(ledger, claims, terms)      # delivery, wear and running costs
    profile_savings(likely, target_gbp)                 # by financial year: the chance of the target, the shortfall
    count_delivered(register, episodes, claims)         # what programmes say they have delivered, held against returns

How claims are played and priced for a run: cip_analysis/savings_account.py. Choices: docs/decisions/0021.
"""

from cip_analysis.money.saving.delivered import COUNTED, REASONS, Delivered, count_delivered
from cip_analysis.money.saving.ledger import Ledger, LedgerError, keep_ledger, merge_levers
from cip_analysis.money.saving.plan import (
    IN_ALL,
    likely_plan,
    lower_prices,
    monthly_pence,
    plan_claim,
    track,
)
from cip_analysis.money.saving.profile import (
    ALL_KINDS,
    Terms,
    draw_delivery,
    likely_savings,
    profile_savings,
    running_cost_pence,
    staying,
    terms_of,
)

__all__ = [
    "ALL_KINDS", "COUNTED", "IN_ALL", "REASONS", "Delivered", "Ledger", "LedgerError", "Terms", "count_delivered",
    "draw_delivery", "keep_ledger", "likely_plan", "likely_savings", "lower_prices", "merge_levers", "monthly_pence",
    "plan_claim", "profile_savings", "running_cost_pence", "staying", "terms_of", "track",
]  # fmt: skip
