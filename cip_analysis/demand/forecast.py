"""The forecast of one council: what its returns and the published panel give, put together and played forward.

    inputs = prepare(episodes, evidence, asked)      # baseline
    projection = simulate(inputs)
    table = summarise(projection)                     # a row a month, setting and age band, with its interval

Of the total, the national panel's winning method gives the centre and the spread (docs/accuracy.md says how right it
has been); who the children are and where they live comes from the council's own returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cip_analysis.codes import AGE_BANDS, SETTINGS
from cip_analysis.demand.arrivals.chance import jumps
from cip_analysis.demand.caseload import last_whole_month
from cip_analysis.demand.inputs import GROUPS, MONTHS_IN_YEAR, Entrants, ModelInputs, no_effects, stream
from cip_analysis.demand.national.estimates import (
    NationalError,
    carried_to,
    drift_at,
    forecast_authority,
    untold_drivers,
)
from cip_analysis.demand.national.following import SOLVING_DRAWS, follow_national
from cip_analysis.demand.pathways import children_present, estimate_pathways, known_at, past_entrants
from cip_analysis.demand.starts import METHODS, StartsAhead, count_starts, drift_path, forecast_starts
from cip_analysis.projections import BASELINE, Projection, Totals
from cip_analysis.records import Comparators, Episodes
from cip_analysis.returns.published import POPULATION, last_march
from cip_analysis.settings import Council

NATIONAL = "national panel"
WITHOUT_NATIONAL = "shrunken drift"
QUANTILES = {"p02_5": 0.025, "p10": 0.10, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p90": 0.90, "p97_5": 0.975}
STATISTICS = ("mean", *QUANTILES)
FORECAST_COLUMNS = ("month", "scenario", "setting", "age_band", *STATISTICS)
ALL = "all"
LONGEST = 240
SHORTEST_PLAYED = 48
"""Months that follow the national panel, however few are asked for: half a year ahead is then the same either way."""
MOST_DRAWS = 100_000


class ForecastError(ValueError):
    """A forecast was asked for that cannot be made."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a forecast.

    method: a name in starts.METHODS. history_years: how many years to the origin the rates come from. arrivals_years:
    those whose arrivals stand for the ones to come, fewer, because where children are first placed changes faster.
    stated: children a year, for the method that takes them from the user. duration_edges: days in care at which rates
    change.
    Raises ForecastError for a horizon, draws, seed or method that cannot be.
    """

    method: str = NATIONAL
    horizon_months: int = 48
    draws: int = 1000
    seed: int = 20180706
    history_years: int = 4
    arrivals_years: int = 2
    stated: tuple[float, ...] = ()
    duration_edges: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.horizon_months <= LONGEST:
            raise ForecastError(
                f"A horizon of {self.horizon_months} months cannot be forecast: give from 1 to {LONGEST}. "
                "The track record runs to 48; beyond that nothing here has been tested."
            )
        if not 1 <= self.draws <= MOST_DRAWS:
            raise ForecastError(
                f"{self.draws:,} draws cannot be played: give from 1 to {MOST_DRAWS:,}; 1,000 is usual."
            )
        if self.seed < 0:
            raise ForecastError(f"A seed of {self.seed} cannot be used: give a whole number, nought or more.")
        if self.method not in METHODS:
            raise ForecastError(f"No way of forecasting starts is called {self.method!r}: {', '.join(METHODS)}.")


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What stands beside the council's own histories.

    years: collection years its returns cover, ascending. comparators, estimates: published figures, and what the
    national panel teaches of growth and drift (demand/national/estimates.py); either may have no rows.
    moves_sd: sd a year, in logarithms, by which the pull of a setting drifts: a judgement.
    """

    council: Council
    years: tuple[int, ...]
    comparators: Comparators
    estimates: pd.DataFrame
    moves_sd: float


def prepare(episodes: Episodes, evidence: Evidence, asked: Asked) -> ModelInputs:
    """The baseline's inputs: as things are, with nothing decided.

    The origin is the last whole month of the returns. Every fallback taken is among the notes.
    Raises ForecastError for returns with less than a year behind them.
    """
    origin = last_whole_month(episodes.census_date)
    known = known_at(episodes, origin) if origin < episodes.census_date else episodes
    from_day, notes = _window(evidence.years, origin, asked.history_years)
    if origin < episodes.census_date:
        notes.append(f"The returns end within a month: the forecast starts from {_in_full(origin)}.")
    growth, method = _national(evidence, origin, asked, notes)
    months = max(asked.horizon_months, SHORTEST_PLAYED if method == NATIONAL else 1)
    played = replace(asked, method=method, draws=max(asked.draws, SOLVING_DRAWS), horizon_months=months)
    inputs = _assemble(known, evidence, played, (from_day, origin), notes)
    followed = (
        inputs
        if growth is None
        else follow_national(inputs, growth, drift_at(evidence.estimates, last_march(origin))[0])
    )
    return followed.cut(asked.draws, asked.horizon_months)


def summarise(projection: Projection | Totals) -> pd.DataFrame:
    """Statistics of the draws, columns FORECAST_COLUMNS: all, each setting, and each age band, every month.

    Of totals alone: all, every month.
    """
    parts = [_statistics(projection, projection.total[..., None], [(ALL, ALL)])]
    if isinstance(projection, Totals):
        return parts[0]
    by_setting = projection.stock.sum(axis=2, dtype="int64")
    parts.append(_statistics(projection, by_setting, [(setting, ALL) for setting in SETTINGS]))
    by_band = projection.stock.sum(axis=3, dtype="int64")
    parts.append(_statistics(projection, by_band, [(ALL, band) for band in AGE_BANDS]))
    return pd.concat(parts, ignore_index=True)


def summarise_years(projection: Projection) -> pd.DataFrame:
    """Starts and ceases in each whole year after the origin: year (number), ending, flow, and STATISTICS."""
    whole = (len(projection.months) - 1) // MONTHS_IN_YEAR * MONTHS_IN_YEAR
    endings = projection.months[MONTHS_IN_YEAR : whole + 1 : MONTHS_IN_YEAR]
    parts = []
    for flow in ("starts", "ceases"):
        monthly = getattr(projection, flow)[:, 1 : whole + 1].sum(axis=2, dtype="int64")
        yearly = monthly.reshape(projection.draws, -1, MONTHS_IN_YEAR).sum(axis=2)
        parts.append(describe_draws(yearly).assign(ending=[pd.Timestamp(day) for day in endings], flow=flow))
    return pd.concat(parts, ignore_index=True)[["ending", "flow", *STATISTICS]]


def describe_draws(values: NDArray[np.number]) -> pd.DataFrame:
    """Mean and quantiles over the first axis, a row for each of the rest in order: columns STATISTICS."""
    flat = values.reshape(len(values), -1)
    quantiles = np.quantile(flat, list(QUANTILES.values()), axis=0)
    return pd.DataFrame({"mean": flat.mean(axis=0), **dict(zip(QUANTILES, quantiles, strict=True))})


def _statistics(
    projection: Projection | Totals, values: NDArray[np.integer], cells: Sequence[tuple[str, str]]
) -> pd.DataFrame:
    """Rows of `summarise` for values of draw x month x cell."""
    months, settings, bands = len(projection.months), *zip(*cells, strict=True)
    labels = pd.DataFrame(
        {
            "month": np.repeat(pd.DatetimeIndex(list(projection.months)), len(cells)),
            "scenario": projection.scenario,
            "setting": list(settings) * months,
            "age_band": list(bands) * months,
        }
    )
    return pd.concat([labels, describe_draws(values)], axis=1)[list(FORECAST_COLUMNS)]


# ---- the parts, put together ------------------------------------------------------------------------------------


def _window(years: Sequence[int], origin: date, history_years: int) -> tuple[date, list[str]]:
    """The day whose end rates are estimated from: never across a missing year, never before the returns begin."""
    covered = sorted(year for year in years if date(year - 1, 4, 1) <= origin)
    if not covered:
        raise ForecastError(f"No returns cover {_in_full(origin)}, so there is nothing to forecast from.")
    unbroken = covered[-1]
    while unbroken - 1 in covered:
        unbroken -= 1
    notes = []
    if unbroken > covered[0]:
        notes.append(f"A year of returns is missing before {unbroken - 1}/{unbroken % 100:02d}: rates use later years.")
    wanted = (pd.Timestamp(origin) - pd.DateOffset(years=history_years)).date()
    first = max(wanted, date(unbroken - 1, 3, 31))
    days = (origin - first).days
    if days < 365:
        raise ForecastError(
            f"Only {days} days of returns lie before {_in_full(origin)}: rates need a year at least, and three or more "
            "to be worth much. Add earlier years of returns."
        )
    if first > wanted:
        held = f"{days / 365.25:.0f} years" if days >= 365 * 1.5 else "one year"
        notes.append(f"Rates rest on {held} of returns, not {history_years}: none earlier is held.")
    return first, notes


def _national(evidence: Evidence, origin: date, asked: Asked, notes: list[str]) -> tuple[pd.DataFrame | None, str]:
    """The national method's growth and spread by horizon in years, where asked for and where it can be made."""
    if asked.method != NATIONAL:
        return None, asked.method
    if evidence.comparators.table.empty:
        notes.append(f"No published figures of these children's council: starts are forecast by {WITHOUT_NATIONAL}.")
        return None, WITHOUT_NATIONAL
    year = last_march(origin)
    try:
        estimates, note = carried_to(evidence.estimates, year)
        made = forecast_authority(estimates, evidence.comparators, evidence.council, year)
    except NationalError as error:
        notes.append(f"{error} Starts are forecast by {WITHOUT_NATIONAL} instead, from the council's own returns.")
        return None, WITHOUT_NATIONAL
    notes.extend([note] if note else [])
    if origin != date(year, 3, 31):
        notes.append(
            f"The national method counts from 31 March {year}: its growth is carried over to {_in_full(origin)}."
        )
    if untold := untold_drivers(evidence.comparators, evidence.council, year):
        notes.append(f"Taken as at the national mean, because the figures held do not tell it: {', '.join(untold)}.")
    return made, NATIONAL


def _assemble(
    episodes: Episodes, evidence: Evidence, asked: Asked, window: tuple[date, date], notes: Sequence[str]
) -> ModelInputs:
    """The inputs with starts by the method asked for, before the total is made to follow anything."""
    origin, months, draws = window[1], asked.horizon_months, asked.draws
    present, present_notes = children_present(episodes, origin)
    (others, unaccompanied), entrant_notes = _arrivals(episodes, window, asked.arrivals_years)
    pathways = estimate_pathways(episodes, *window, asked.duration_edges)
    drift, drift_notes = drift_at(evidence.estimates, last_march(origin))
    still = replace(drift, starts_sd=0.0, leaving_sd=0.0, leaving_noise_sd=0.0)
    own = still if asked.method == NATIONAL else drift
    history = count_starts(episodes, *window, population_of(evidence, origin))
    ahead = StartsAhead(months, draws, asked.seed, own, asked.stated)
    starts, starts_unaccompanied, starts_notes = forecast_starts(history, ahead, asked.method)
    if not unaccompanied.households:  # what is said of their rate gives way to what the arrivals say
        starts_notes = tuple(note for note in starts_notes if GROUPS[1] not in note)
    starts = starts if others.households else np.zeros_like(starts)
    starts_unaccompanied = starts_unaccompanied if unaccompanied.households else np.zeros_like(starts)
    leaving = drift_path(own.leaving_sd, months, draws, stream(asked.seed, "drift of leaving"))
    yearly = stream(asked.seed, "noise of leaving").standard_normal((draws, ahead.years))
    leaving = leaving * jumps(yearly, own.leaving_noise_sd, months)
    moving = [
        drift_path(evidence.moves_sd, months, draws, stream(asked.seed, f"drift of moves to {setting}"))
        for setting in SETTINGS
    ]
    told = (*notes, *present_notes, *entrant_notes, *pathways.notes, *drift_notes, *starts_notes)
    return ModelInputs(
        origin, present, others, unaccompanied, pathways, starts, starts_unaccompanied, leaving,
        np.stack(moving, axis=-1), no_effects(months), asked.seed, BASELINE, asked.method, told, episodes.synthetic,
    )  # fmt: skip


def _arrivals(
    episodes: Episodes, window: tuple[date, date], years: int
) -> tuple[tuple[Entrants, Entrants], tuple[str, ...]]:
    """Past arrivals to draw from, unaccompanied children second: of the last years or, where none came then, of all.

    Where none came in the whole window, none is expected, and the notes say so.
    """
    *recent, notes = past_entrants(episodes, _since(window, years), window[1])
    *every, longer_notes = past_entrants(episodes, *window)
    chosen = [late if late.households else all_of_them for late, all_of_them in zip(recent, every, strict=True)]
    lacking = [who for who, found in zip(GROUPS, chosen, strict=True) if not found.households]
    said = [f"No {'child' if who == GROUPS[0] else 'unaccompanied child'} started in the years that rates come from, "
            "so none is expected to." for who in lacking]  # fmt: skip
    return (chosen[0], chosen[1]), tuple(dict.fromkeys((*(longer_notes if lacking else notes), *said)))


def _since(window: tuple[date, date], years: int) -> date:
    """The window's last `years`, or all of it where it has no more."""
    return max(window[0], (pd.Timestamp(window[1]) - pd.DateOffset(years=years)).date())


def population_of(evidence: Evidence, origin: date) -> pd.Series[float]:
    """Children aged 0 to 17 in the council's area by year (ending 31 March), as published by the origin's release."""
    table = evidence.comparators.table
    own = table[(table["area_code"] == evidence.council.la_code) & (table["measure"] == POPULATION)]
    held = own[own["value"].notna() & (own["year"] <= origin.year)]
    return held.sort_values("published", kind="stable").groupby("year")["value"].last().astype("float64")


def _in_full(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
