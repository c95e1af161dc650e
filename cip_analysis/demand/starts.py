"""How many children will start to be looked after, month by month, as draws: interchangeable methods in one dict.

Every draw holds what is not known of the level (its posterior), of where it drifts (a random walk whose size the
published panel tells) and of its unevenness. What chance does to whole children is left out, because the simulation
adds it: it plays households as a Poisson process, and siblings with them. So unevenness here is only what the history
shows beyond both: its variance above siblings x mean, where `siblings` is the variance over the mean that arriving
together alone gives. No draw's uncertainty raises the mean: every factor has a mean of one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from cip_analysis.demand.arrivals.chance import dispersion, drift_path, noise, unevenness, with_chance, year_by_year
from cip_analysis.demand.arrivals.history import (
    Counts,
    Drift,
    Numbers,
    StartsAhead,
    StartsError,
    StartsHistory,
    count_starts,
    days_in,
    months_ahead,
)
from cip_analysis.demand.arrivals.own_drift import OwnDrift, estimate_drift
from cip_analysis.demand.arrivals.season import (
    FEWEST_MONTHS_FOR_SEASON,
    FEWEST_STARTS_FOR_SEASON,
    fit_season,
    log_offset,
    season_waves,
)
from cip_analysis.demand.inputs import month_ends, stream

__all__ = [
    "METHODS", "Drift", "OwnDrift", "StartsAhead", "StartsError", "StartsHistory", "StartsMethod", "count_starts",
    "drift_path", "estimate_drift", "forecast_starts", "forecast_unaccompanied", "unevenness",
]  # fmt: skip

RECENT_MONTHS = 24
"""How far back unaccompanied children are counted: dispersal and transfer schemes change faster than other care."""

DAMPING_A_YEAR = 0.5
"""What is left, a year on, of the drift a council had at the origin: docs/methods.md says why."""

StartsMethod = Callable[[StartsHistory, StartsAhead], Numbers]


def forecast_starts(
    history: StartsHistory, ahead: StartsAhead, method: str
) -> tuple[Numbers, Numbers, tuple[str, ...]]:
    """Children expected to start by draw and month; the unaccompanied likewise; and every fallback, for the page.

    method: a name in METHODS; StartsError lists them for any other.
    """
    if method not in METHODS:
        raise StartsError(f"No way to forecast starts is called {method!r}. There are: {', '.join(METHODS)}.")
    notes = _notes(history, method)
    return METHODS[method](history, ahead), forecast_unaccompanied(history, ahead), notes


# ---- the methods ----------------------------------------------------------------------------------------------


def constant_rate(history: StartsHistory, ahead: StartsAhead) -> Numbers:
    """The mean daily rate over the whole history, drifting from its last month on; draws x months.

    The rate's posterior is gamma: shape (children + 1/2) ÷ dispersion over days ÷ dispersion, which is Jeffreys' for
    a Poisson rate where the dispersion (variance over mean: siblings and unevenness, never below one) is one.
    """
    return _steady(history, history.children, history.siblings, ahead, "starts")


def national_panel(history: StartsHistory, ahead: StartsAhead) -> Numbers:
    """The level of `constant_rate` with the panel's drift, the same draws; draws x months.

    It is where demand/forecast.py begins: that solves one factor a month on these starts, so that the children in
    care in all follow the best national method. Only the spread about the centre and its unevenness stand as here.
    """
    return constant_rate(history, ahead)


def population_and_season(history: StartsHistory, ahead: StartsAhead) -> Numbers:
    """A Poisson regression on children aged 0 to 17 (an offset, so in proportion) and the season; draws x months.

    HARMONICS pairs of yearly waves. Coefficients are drawn from their estimated distribution, its covariance widened
    by the dispersion. Beyond the last year known, population goes on growing as in the POPULATION_YEARS before it.
    Too short or too thin a history falls back on `constant_rate`, and a note of `forecast_starts` says so.
    """
    fitted = fit_season(history)
    if fitted is None:
        return constant_rate(history, ahead)
    expected = np.asarray(fitted.fittedvalues)
    uneven = unevenness(history.children, expected, history.siblings, len(fitted.params))
    covariance = np.asarray(fitted.cov_params()) * dispersion(expected, uneven, history.siblings)
    design = season_waves(months_ahead(history, ahead))
    chance = stream(ahead.seed, "starts season").standard_normal((ahead.draws, len(covariance)))
    apart = chance @ np.linalg.cholesky(covariance).T @ design.T
    widening = ((design @ covariance) * design).sum(axis=1)
    log_mean = design @ np.asarray(fitted.params) + log_offset(history, months_ahead(history, ahead))
    return with_chance(np.exp(log_mean + apart - widening / 2), uneven, ahead, "starts")


def shrunken_drift(history: StartsHistory, ahead: StartsAhead) -> Numbers:
    """The level at the last month and the council's own drift, shrunk and damped; draws x months.

    As `estimate_drift` gives them. The drift carried on halves each year (DAMPING_A_YEAR), and around it the panel's
    random walk goes on.
    """
    own = estimate_drift(history, ahead.drift)
    years_ahead = (np.arange(ahead.months) + 0.5) / 12
    carried = (1 - DAMPING_A_YEAR**years_ahead) / -np.log(DAMPING_A_YEAR)
    design = np.column_stack([np.ones_like(carried), carried])
    chance = stream(ahead.seed, "starts own drift").standard_normal((ahead.draws, 2))
    apart = chance @ np.linalg.cholesky(own.covariance).T @ design.T
    widening = ((design @ own.covariance) * design).sum(axis=1)
    log_rate = design @ np.array([own.log_level, own.drift]) + apart - widening / 2
    uneven = unevenness(history.children, year_by_year(history.children, history.days), history.siblings)
    return with_chance(np.exp(log_rate) * days_in(months_ahead(history, ahead)), uneven, ahead, "starts")


def stated_path(history: StartsHistory, ahead: StartsAhead) -> Numbers:
    """Children a year as the user states them, spread over the days of each year; draws x months.

    The path is taken at its word: around it are the panel's noise of single years and this council's unevenness, but
    no drift. Raises StartsError unless one figure, nought or more, is stated for each year ahead.
    """
    stated = np.asarray(ahead.stated, dtype="float64")
    if not len(stated):
        raise StartsError(
            "No path of starts is stated. State children a year (`stated_starts` of the run), or choose another method."
        )
    if len(stated) != ahead.years:
        raise StartsError(
            f"{len(stated)} years of starts are stated for {ahead.years} years ahead. State one for each."
        )
    if wrong := int((~(np.isfinite(stated) & (stated >= 0))).sum()):
        raise StartsError(f"{wrong} of the stated years of starts are below nought or not numbers. Correct them.")
    whole = month_ends(history.months[-1], 12 * ahead.years)[1:]
    days = days_in(whole).reshape(ahead.years, 12)
    path = (stated[:, None] * days / days.sum(axis=1, keepdims=True)).ravel()[: ahead.months]
    uneven = unevenness(history.children, year_by_year(history.children, history.days), history.siblings)
    return np.asarray(path * noise(uneven, ahead, "starts"))


METHODS: Mapping[str, StartsMethod] = {
    "constant rate": constant_rate,
    "population and season": population_and_season,
    "shrunken drift": shrunken_drift,
    "national panel": national_panel,
    "stated path": stated_path,
}


def forecast_unaccompanied(history: StartsHistory, ahead: StartsAhead) -> Numbers:
    """Unaccompanied children: the rate of the last RECENT_MONTHS, drifting; draws x months. Nothing is borrowed."""
    recent = replace(
        history, months=history.months[-RECENT_MONTHS:], children=history.children[-RECENT_MONTHS:],
        unaccompanied=history.unaccompanied[-RECENT_MONTHS:],
    )  # fmt: skip
    return _steady(recent, recent.unaccompanied, recent.siblings_unaccompanied, ahead, "starts unaccompanied")


def _steady(history: StartsHistory, counts: Counts, siblings: float, ahead: StartsAhead, stage: str) -> Numbers:
    """One group's starts at a constant rate, with drift and noise."""
    expected = year_by_year(counts, history.days)
    uneven = unevenness(counts, expected, siblings)
    spread = dispersion(expected, uneven, siblings)
    shape, exposure = (counts.sum() + 0.5) / spread, history.days.sum() / spread
    rate = stream(ahead.seed, f"{stage} level").gamma(shape, size=(ahead.draws, 1)) / exposure
    return with_chance(rate * days_in(months_ahead(history, ahead)), uneven, ahead, stage)


def _notes(history: StartsHistory, method: str) -> tuple[str, ...]:
    """Every fallback this method takes with this history, in words for the page."""
    months, notes = len(history.months), []
    if not history.children.any():
        notes.append(f"No child started in {months} months: a rate of half a child over that time is taken.")
    if not history.unaccompanied[-RECENT_MONTHS:].any():
        recent = min(RECENT_MONTHS, months)
        notes.append(f"No unaccompanied child started in {recent} months: half a child over that time is taken.")
    if method == "population and season":
        if fit_season(history) is None:
            notes.append(
                f"{months} months, or the starts in them, are too few to tell a season from "
                f"({FEWEST_MONTHS_FOR_SEASON} and {FEWEST_STARTS_FOR_SEASON} are needed), or the season could not be "
                "estimated: starts are forecast at a constant rate."
            )
        elif len(history.population) < 2:
            notes.append("No growth of population is known: starts are forecast by season only.")
    if method == "shrunken drift" and months < 24:
        notes.append("One whole year of starts tells no drift: none is taken but the panel's random walk.")
    return tuple(notes)
