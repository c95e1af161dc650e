"""The market that care is bought in, a module a question; `cip_analysis.impact.market` is the door to them."""
