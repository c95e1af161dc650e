"""When a lever acts: how much of it, month by month, and what of it falls outside the horizon."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import numpy as np

from cip_analysis.demand.inputs import Floats
from cip_analysis.scenario_settings import Lever


def weight_on(lever: Lever, days: Sequence[date]) -> Floats:
    """How much of a lever acts on each day: nought before it begins, one when in full, between in a straight line."""
    numbers = np.array([day.toordinal() for day in days], dtype="float64")
    begins = lever.begins.toordinal()
    full_by = (lever.full_by or lever.begins).toordinal()
    phased = (numbers - begins) / (full_by - begins) if full_by > begins else np.ones(len(numbers))
    acting = (numbers >= begins) & (numbers <= (lever.until or date.max).toordinal())
    return np.where(acting, np.clip(phased, 0.0, 1.0), 0.0)


def weight_by_month(lever: Lever, months: Sequence[date]) -> Floats:
    """How much of a lever acts in the month after each month end but the last: the mean over its days."""
    weights = []
    for before, end in pairwise(months):
        days = [date.fromordinal(number) for number in range(before.toordinal() + 1, end.toordinal() + 1)]
        weights.append(weight_on(lever, days).mean())
    return np.array(weights)


def timing_notes(lever: Lever, months: Sequence[date]) -> list[str]:
    """What of a lever the horizon does not hold, in words for the page."""
    if lever.begins > months[-1] or (lever.until and lever.until <= months[0]):
        return [f"A lever on {lever_name(lever)} acts outside the months forecast, and changes nothing in them."]
    if lever.begins <= months[0]:
        return [
            f"A lever on {lever_name(lever)} began before the forecast does: the rates already hold "
            "what it had done by then, so its effect may be counted twice."
        ]
    return []


def lever_name(lever: Lever) -> str:
    """What a lever is on, in one word, as its file has it."""
    return str(getattr(lever, "what", "nothing"))
