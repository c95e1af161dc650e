"""A model made by hand, small or large, so that the simulation can be tried before anything is estimated."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from cip_analysis.codes import AGE_BANDS, SETTINGS, WAYS_OUT
from cip_analysis.demand.inputs import (
    BIRTHDAYS,
    DAYS_IN_YEAR,
    GROUPS,
    NEED_NAMES,
    Effects,
    Entrants,
    ModelInputs,
    Pathways,
    Present,
    no_effects,
)

ORIGIN = date(2018, 3, 31)
SHARES = np.array([0.34, 0.18, 0.16, 0.11, 0.02, 0.09, 0.05, 0.03, 0.01, 0.005, 0.005])


def present_children(children: int, rng: np.random.Generator, unaccompanied: float = 0.2) -> Present:
    """Children of every age and setting in care at the origin; of those of 14 and over, a share unaccompanied."""
    age_days = rng.integers(0, 18 * 365, children)
    birthdays = np.round(np.array(BIRTHDAYS) * DAYS_IN_YEAR - age_days[:, None])
    days = np.minimum(np.round(rng.exponential(900, children)), age_days).astype("float64")
    setting = rng.choice(len(SETTINGS), children, p=SHARES)
    alone = (rng.random(children) < unaccompanied) & (age_days > 14 * DAYS_IN_YEAR)
    return Present(birthdays, setting, alone, days)


def past_arrivals(households: int, rng: np.random.Generator, siblings: float = 0.4, youngest: float = 0.0) -> Entrants:
    """Arrivals of one child or, now and then, of up to five together; ages in years from `youngest`."""
    sizes = 1 + rng.binomial(4, siblings / 4, households)
    first = np.concatenate([[0], np.cumsum(sizes)])
    children = int(first[-1])
    return Entrants(
        first, np.floor(rng.uniform(youngest * DAYS_IN_YEAR, 17.9 * DAYS_IN_YEAR, children)),
        rng.choice(len(SETTINGS), children, p=SHARES), rng.integers(0, len(NEED_NAMES), children),
    )  # fmt: skip


def some_pathways(rng: np.random.Generator, edges: tuple[int, ...] = (), events: float = 1.0) -> Pathways:
    """Rates of about a cease in two and a half years and a move in two; `events` times a small county's evidence."""
    cells = (len(GROUPS), len(edges) + 1, len(AGE_BANDS), len(SETTINGS))
    days = rng.uniform(2_000, 60_000, cells) * events
    leave = rng.dirichlet(np.full(len(WAYS_OUT) - 1, 0.7), cells) * (days / 900)[..., None]
    move = rng.dirichlet(SHARES * 10, cells) * (days / 700)[..., None]
    move[..., np.arange(len(SETTINGS)), np.arange(len(SETTINGS))] = 0.0
    return Pathways(edges, days, np.concatenate([leave, np.zeros((*cells, 1))], axis=-1), move, ORIGIN, ORIGIN)


def some_effects(months: int, seed: int = 3) -> Effects:
    """Every lever pulled somewhere, up and down: arrivals, rates, additions to rates, diversions."""
    rng, neutral = np.random.default_rng(seed), no_effects(months)
    divert = rng.dirichlet(np.ones(len(SETTINGS)), (months, len(SETTINGS))) * rng.random((months, len(SETTINGS), 1))
    divert[: months // 2] = 0.0
    return Effects(
        entry=rng.uniform(0.2, 2.6, neutral.entry.shape), entry_unaccompanied=rng.uniform(0.3, 2.2, months),
        leave=rng.uniform(0.5, 1.5, neutral.leave.shape),
        leave_added=rng.uniform(-2e-4, 2e-4, neutral.leave.shape) * (rng.random((months, 1, 1, 1)) < 0.5),
        move=rng.uniform(0.5, 1.5, neutral.move.shape),
        move_added=rng.uniform(-1e-4, 1e-4, neutral.move.shape) * (rng.random((months, 1, 1, 1)) < 0.5), divert=divert,
    )  # fmt: skip


def a_model(
    *,
    draws: int = 20,
    months: int = 24,
    children: int = 60,
    starts_a_year: float = 30.0,
    seed: int = 1,
    **changes: object,
) -> ModelInputs:
    """A model of `children` in care and `starts_a_year` expected, with drift; `changes` replace its parts.

    By name too: `edges` of duration, the mean number of `siblings`, how much `evidence` there is of rates (1 for a
    small county's), and whether the pull of every setting has one `shared_drift`, which takes less room.
    """
    rng = np.random.default_rng(seed)
    edges, siblings, evidence = changes.pop("edges", ()), changes.pop("siblings", 0.4), changes.pop("evidence", 1.0)
    pull = (
        np.broadcast_to
        if changes.pop("shared_drift", False)
        else lambda drift, shape: np.broadcast_to(drift, shape).copy()
    )
    level = np.exp(0.1 * rng.standard_normal((draws, months)).cumsum(axis=1) / 4)
    model = ModelInputs(
        origin=ORIGIN, present=present_children(children, rng),
        entrants=past_arrivals(80, rng, siblings), entrants_unaccompanied=past_arrivals(10, rng, 0.0, youngest=14.0),
        pathways=some_pathways(rng, edges, evidence), starts=0.95 * starts_a_year / 12 * level,
        starts_unaccompanied=0.05 * starts_a_year / 12 * level, leave_drift=level**-0.5,
        move_drift=pull(level[..., None] ** 0.3, (draws, months, len(SETTINGS))), effects=no_effects(months), seed=seed,
        method="made by hand", synthetic=True,
    )  # fmt: skip
    return replace(model, **changes)


def uneven_pull(model: ModelInputs, spread: float, seed: int = 5) -> ModelInputs:
    """The model, with the pull of each setting another in every draw and month, `spread` apart in logarithms."""
    pull = np.exp(spread * np.random.default_rng(seed).standard_normal(model.move_drift.shape))
    return replace(model, move_drift=pull)
