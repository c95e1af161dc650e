"""Partial pooling of rates: cells with little of their own to say are drawn to what their setting and age say.

A gamma-Poisson model in steps. Each kind of event begins from its rate over all settings. In turn, each setting, age
band, duration and group multiplies what is expected so far by (events + s) / (expected + s), first for leaving and
moving as a whole and then for the kinds of each; every cell then does the same. The strength s of a step, in events,
is estimated from the data: large where cells differ no more than chance would have them.
Choices: docs/decisions/0013-pathways.md. Source: Clayton and Kaldor (1987), Biometrics 43.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, xlogy

from cip_analysis.demand.inputs import Floats

STRENGTHS = np.geomspace(0.05, 500.0, 70)
LOG_SPREAD = 1.5
"""Spread of log strength around 1 before any data: it settles a step with two levels and bends few others."""
LEAST_FREEDOM = 0.25
STEPS = (3, 2, 1, 0)
"""Axes of a cell in the order they are allowed for: setting, age band, duration, group."""


def estimate_strength(events: Floats, expected: Floats) -> Floats:
    """The strength under which the events are likeliest, one a kind of event.

    events, expected: kinds along the last axis. Events are Poisson around expected x factor, and factors are gamma
    with mean 1 and shape the strength, so events are negative binomial. Gives the likeliest of STRENGTHS, drawn a
    little to 1.
    """
    strength = STRENGTHS[:, None, None]
    events, expected = (counts.reshape(-1, counts.shape[-1]) for counts in (events, expected))
    likelihood = gammaln(events + strength) - gammaln(strength) - (events + strength) * np.log(expected + strength)
    likelihood = likelihood + strength * np.log(strength) + xlogy(events, expected)
    penalty = 0.5 * (np.log(STRENGTHS) / LOG_SPREAD) ** 2
    return np.asarray(STRENGTHS[np.argmax(likelihood.sum(axis=1) - penalty[:, None], axis=0)])


def pool_rates(events: Floats, days: Floats, exposed: Floats, families: Floats) -> tuple[Floats, Floats]:
    """The gamma posterior of every rate: its shape, cell x kind, over the days of its cell.

    events: cell x kind, cell being group x duration x band x setting. days: cell. exposed: setting x kind, 1 where
    the event can happen there (a move to itself cannot) and 0 elsewhere. families: kind x family, 1 where the kind is
    of it (leaving, moving): each step allows for how common a family is before it looks at its kinds.
    The mean of a rate is that of its own pooling. Its variance holds the doubt of the cell and, as far as the cell
    leans on them, of the steps before; the strength counts for less there, for what was fitted. All kinds of a cell
    share one number of days, so it is the one that gives the rate of all of them together the variance it has. Every
    cell has days above nought.
    """
    at_risk = days[..., None] * exposed
    overall = events.sum(axis=(0, 1, 2, 3)) / np.maximum(at_risk.sum(axis=(0, 1, 2, 3)), 1.0)
    rate = np.broadcast_to(overall, events.shape) * exposed
    doubt = np.zeros(events.shape)
    for axis in STEPS:
        others = tuple(step for step in STEPS if step != axis)
        if events.shape[axis] == 1:
            continue
        for family in (families, np.eye(events.shape[-1])):
            seen, expected = (counts.sum(others, keepdims=True) @ family for counts in (events, rate * at_risk))
            strength = estimate_strength(seen, expected)
            rate = rate * ((seen + strength) / (expected + strength) @ family.T)
            doubt = doubt + 1 / (seen + strength) @ family.T
    expected = rate * at_risk
    strength = estimate_strength(events, expected)
    mean = rate * (events + strength) / (expected + strength)
    unsure = strength * _freedom(expected)
    doubt = 1 / (events + unsure) + (strength / (expected + strength)) ** 2 * doubt
    variance, total = (mean**2 * doubt).sum(axis=-1), mean.sum(axis=-1)
    shared = np.divide(total, variance, out=days + 1.0, where=variance > 0)
    return mean * shared[..., None], shared


def _freedom(expected: Floats) -> Floats:
    """The share of cells left once settings, ages, durations and groups have been fitted to them, one a kind.

    What was fitted to events lies nearer to them than the truth does: cells seem to differ less than they do, and
    their strength comes out too high by about this share. Only cells and levels with an event or more expected count.
    """
    cells = (expected >= 1).sum(axis=(0, 1, 2, 3))
    fitted = 1 - len(STEPS)
    for axis in STEPS:
        others = tuple(step for step in STEPS if step != axis)
        fitted = fitted + np.maximum((expected.sum(axis=others) >= 1).sum(axis=0), 1)
    return np.asarray(np.clip((cells - fitted) / np.maximum(cells, 1), LEAST_FREEDOM, 1.0))
