"""Do rates that change with time in care forecast better? Held-out years, by rolling origins, say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from cip_analysis.demand.estimation.rates import PathwaysError, estimate_pathways, usable_windows
from cip_analysis.demand.estimation.stays import TURNED_18, Stays, build_stays, count_events, sum_exposure
from cip_analysis.demand.inputs import Pathways
from cip_analysis.records import Episodes

EDGES_WEIGHED: tuple[tuple[int, ...], ...] = ((), (56,), (183,), (56, 365, 1096))
NO_EDGES = "none"
LEAST_RATE = 1e-9
"""A day, about one in 2.7 million child-years: an event of a kind never seen before the origin scores as if this were
its rate, the same for every candidate."""
LEAST_YEARS = 2
YEAR = timedelta(days=365)


def weigh_durations(
    episodes: Episodes, from_day: date, candidates: Sequence[tuple[int, ...]] = EDGES_WEIGHED
) -> pd.DataFrame:
    """How well each set of duration edges foretells the leaving and moving of the year after each origin.

    from_day: where the history begins. Origins lie a whole number of 365 days before the census date, the first with
    two years of history behind it. At each, rates are estimated from the window that ends there, and the next year's
    events scored by their log-likelihood: the sum of log rates at the events, less the rates over the exposure.
    Columns: edges ("none", or e.g. "56, 365"), origin, events (in the held-out year), log_likelihood, gain (over no
    edges; positive is better), gain_per_100_events. One row a candidate and origin; "none" is always there.
    Raises PathwaysError where fewer than three years of history are at hand.
    """
    origins = _origins(from_day, episodes.census_date)
    stays = build_stays(episodes)
    weighed = [(), *(edges for edges in candidates if edges)]
    rows = [_weigh(episodes, stays, (from_day, origin), edges) for origin in origins for edges in weighed]
    table = pd.DataFrame(rows).astype({"edges": "str"})
    plain = table[table["edges"] == NO_EDGES].set_index("origin")["log_likelihood"]
    gain = table["log_likelihood"] - table["origin"].map(plain)
    return table.assign(gain=gain, gain_per_100_events=100 * gain / table["events"].clip(lower=1))


def _origins(from_day: date, census: date) -> list[date]:
    years = (census - from_day).days // YEAR.days
    if years <= LEAST_YEARS:
        raise PathwaysError(
            f"Only {(census - from_day).days:,} days of history lie between {from_day:%d %B %Y} and the census date: "
            f"weighing durations takes {LEAST_YEARS + 1} years. Leave rates independent of duration."
        )
    return [census - YEAR * back for back in range(years - LEAST_YEARS, 0, -1)]


def _weigh(episodes: Episodes, stays: Stays, known: tuple[date, date], edges: tuple[int, ...]) -> dict[str, object]:
    """One row: rates from what was known, and how likely they make the year after."""
    pathways = estimate_pathways(episodes, *known, edges)
    events, likelihood = score_rates(pathways, stays, known[1], known[1] + YEAR)
    return {
        "edges": ", ".join(map(str, edges)) or NO_EDGES,
        "origin": known[1],
        "events": events,
        "log_likelihood": likelihood,
    }


def score_rates(pathways: Pathways, stays: Stays, from_day: date, to_day: date) -> tuple[int, float]:
    """Events of a window, eighteenth birthdays apart, and their log-likelihood under the rates."""
    windows, _ = usable_windows(stays, from_day, to_day)
    seen = count_events(stays, windows, pathways.duration_edges)
    days = sum_exposure(stays, windows, pathways.duration_edges)
    events = np.concatenate([np.delete(seen.leave, TURNED_18, axis=-1), seen.move], axis=-1)
    rates = np.concatenate([np.delete(pathways.leave_rates, TURNED_18, axis=-1), pathways.move_rates], axis=-1)
    likelihood = (events * np.log(np.maximum(rates, LEAST_RATE))).sum() - (rates.sum(axis=-1) * days).sum()
    return int(events.sum()), float(likelihood)
