"""Savings claimed: one ledger of them, what of it is likely to come, and what has come."""
