"""Bidders and bids, a module a question; `cip_analysis.impact.bidders` is the door to them."""
