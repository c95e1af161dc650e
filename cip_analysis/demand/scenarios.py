"""Named levers that alter what a projection is played from, never what comes out of it."""

from __future__ import annotations

from cip_analysis.demand.levers.following import follow_total

__all__ = ["follow_total"]
