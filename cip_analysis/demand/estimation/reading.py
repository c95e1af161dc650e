"""What estimated rates come to, in figures a reader can check: chances a year, lengths of stay, flows, a generator."""

from __future__ import annotations

import itertools
from datetime import date

import numpy as np
import pandas as pd
from scipy.special import gammaincinv

from cip_analysis.codes import AGE_BANDS, SETTINGS, WAYS_OUT
from cip_analysis.demand.estimation.stays import (
    TURNED_18,
    build_stays,
    count_events,
    day_number,
)
from cip_analysis.demand.inputs import DAYS_IN_YEAR, GROUPS, Floats, Pathways
from cip_analysis.records import Episodes

OUTSIDE_CARE = "outside care"
LIKELY = (0.025, 0.975)


class ReadingError(ValueError):
    """A figure was asked of rates or histories that do not hold it."""


def describe_rates(pathways: Pathways) -> pd.DataFrame:
    """Every rate as the chance of that event within a year, were it the only one and the age band not left.

    One row a group, duration, setting, age band and event. Columns: group, duration (in days of care), setting,
    age_band, event ("leaves" or "moves"), to (way out, or setting moved to), chance_a_year with its 95% interval low
    and high, and what was seen of it before pooling: events, child_years (blank where rates were not estimated).
    chance = 1 - exp(-rate x 365.25), rate ~ gamma(events, child-days). Turning 18 is no rate and has no row.
    """
    shapes = np.concatenate([pathways.leave, pathways.move], axis=-1)
    names = [("leaves", way) for way in WAYS_OUT] + [("moves", setting) for setting in SETTINGS]
    group, length, band, here, event = (axis.ravel() for axis in np.indices(shapes.shape))
    seen = _seen(pathways)
    shape, days = shapes.ravel(), np.broadcast_to(pathways.days[..., None], shapes.shape).ravel()
    lengths = duration_names(pathways.duration_edges)
    low, high = (np.where(shape > 0, gammaincinv(np.maximum(shape, 1e-9), share), 0.0) / days for share in LIKELY)
    table = pd.DataFrame(
        {
            "group": np.take(GROUPS, group), "duration": np.take(lengths, length),
            "setting": np.take(SETTINGS, here), "age_band": np.take(AGE_BANDS, band),
            "event": np.take([kind for kind, _ in names], event), "to": np.take([to for _, to in names], event),
            "chance_a_year": _within_a_year(shape / days), "low": _within_a_year(low), "high": _within_a_year(high),
            "events": seen[0].ravel(), "child_years": seen[1].ravel() / DAYS_IN_YEAR,
        }
    )  # fmt: skip
    possible = (event != TURNED_18) & (event != here + len(WAYS_OUT))
    order = np.lexsort((event, band, here, length, group))
    described: pd.DataFrame = table.iloc[order[possible[order]]]
    return described.reset_index(drop=True)


def _seen(pathways: Pathways) -> tuple[Floats, Floats]:
    """Events and child-days seen of each rate; blank where the rates were not estimated."""
    kinds = len(WAYS_OUT) + len(SETTINGS)
    if pathways.seen is None:
        blank = np.full((*pathways.days.shape, kinds), np.nan)
        return blank, blank
    events = np.concatenate([pathways.seen.leave, pathways.seen.move], axis=-1)
    return events, np.broadcast_to(pathways.seen.days[..., None], events.shape)


def _within_a_year(rate: Floats) -> Floats:
    """The chance of an event within a year, from its rate a day."""
    return np.asarray(1 - np.exp(-rate * DAYS_IN_YEAR))


def duration_names(edges: tuple[int, ...]) -> list[str]:
    """The bands of time in care between edges, in words.

    >>> duration_names((56, 365))
    ['under 56 days', '56 to 364 days', '365 days and over']
    """
    if not edges:
        return ["any"]
    between = [f"{low} to {high - 1} days" for low, high in itertools.pairwise(edges)]
    return [f"under {edges[0]} days", *between, f"{edges[-1]} days and over"]


def mean_stay(pathways: Pathways, group: int = 0) -> pd.DataFrame:
    """Expected length of a stay in each setting, as if nobody turned 18: one over the rate of leaving and moving.

    group: position in GROUPS. Columns: setting, days with its 95% interval low and high. Ages and durations weigh by
    the child-days seen in them; where none were, or rates were not estimated, by those of the posterior.
    """
    ends = (pathways.leave.sum(axis=-1) + pathways.move.sum(axis=-1))[group]
    days, seen = pathways.days[group], pathways.days[group] if pathways.seen is None else pathways.seen.days[group]
    weight = np.where(seen.sum(axis=(0, 1)) > 0, seen, days)
    weight = weight / weight.sum(axis=(0, 1))
    rate, spread = (weight * ends / days).sum(axis=(0, 1)), (weight**2 * ends / days**2).sum(axis=(0, 1))
    rate, spread = np.where(rate > 0, rate, np.nan), np.where(rate > 0, spread, np.nan)
    low, high = (1 / (gammaincinv(rate**2 / spread, share) * spread / rate) for share in LIKELY[::-1])
    return pd.DataFrame({"setting": list(SETTINGS), "days": 1 / rate, "low": low, "high": high})


def generator(pathways: Pathways, group: int, duration: int, band: int) -> Floats:
    """The generator a day of one cell's Markov chain: settings and ways out, in that order, both ways.

    group, duration, band: positions. Ways out keep whoever comes there. Every row adds up to nought, so the chances
    of being in each state after t days are the matrix exponential of t x generator.
    """
    settings = len(SETTINGS)
    rates = np.zeros((settings + len(WAYS_OUT), settings + len(WAYS_OUT)))
    rates[:settings, :settings] = pathways.move_rates[group, duration, band]
    rates[:settings, settings:] = pathways.leave_rates[group, duration, band]
    return rates - np.diag(rates.sum(axis=1))


def flows_between(episodes: Episodes, from_day: date, to_day: date) -> pd.DataFrame:
    """Children a year who started in, moved between and left from settings in a window, for a flow chart.

    from_day, to_day: from the end of the first to the end of the second. Columns: from ("outside care" or a setting),
    to (a setting or a way out), children (counted each time), children_a_year. Flows nobody took are left out.
    Raises ReadingError where the window is empty or ends after the census date.
    """
    if not from_day < to_day <= episodes.census_date:
        raise ReadingError(
            f"Flows from {from_day:%d %B %Y} to {to_day:%d %B %Y}: the first must come before the second, and the "
            f"second no later than the census date, {episodes.census_date:%d %B %Y}."
        )
    stays, window = build_stays(episodes), (day_number(from_day), day_number(to_day))
    events = count_events(stays, [window])
    began = stays.begins & (stays.start > window[0]) & (stays.start <= window[1])
    starts = np.bincount(stays.setting[began], minlength=len(SETTINGS))
    onward = np.concatenate([events.move, events.leave], axis=-1).sum(axis=(0, 1, 2))
    table = pd.DataFrame(
        {
            "from": [*([OUTSIDE_CARE] * len(SETTINGS)), *np.repeat(SETTINGS, onward.shape[1])],
            "to": [*SETTINGS, *np.tile((*SETTINGS, *WAYS_OUT), len(SETTINGS))],
            "children": [*starts, *onward.ravel().astype("int64")],
        }
    ).astype({"from": "str", "to": "str"})
    years = (window[1] - window[0]) / DAYS_IN_YEAR
    taken = table[table["children"] > 0].reset_index(drop=True)
    return taken.assign(children_a_year=taken["children"] / years)
