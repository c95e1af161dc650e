"""What the panel taught at each origin, in one small table: enough to forecast one council without the panel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from cip_analysis.demand.accuracy.scores import LEVELS, Numbers
from cip_analysis.demand.national.drift import learn_drift
from cip_analysis.demand.national.drivers import depart, learn_growth, tell_drivers
from cip_analysis.demand.national.errors import KNOTS, Errors, correlation_of, likely_together
from cip_analysis.demand.national.methods import drivers, estimated_share, missed_by, recalibrated_errors
from cip_analysis.demand.national.panel import FEWEST_CHILDREN, Panel, PanelError, panel_at
from cip_analysis.demand.starts import Drift
from cip_analysis.records import Comparators
from cip_analysis.returns.published import LOOKED_AFTER, STARTED
from cip_analysis.settings import Council

FIRST_ORIGIN = 2014
HORIZONS = (1, 2, 3, 4)
ESTIMATE_COLUMNS = ("origin", "horizon_years", "term", "value")
OF_THE_YEAR = 0
"""The `horizon_years` of terms that belong to an origin whatever the horizon."""

FURTHEST_CARRIED = 5
UNTOLD = Drift(0.11, 0.09, 0.08, 0.06, "as the national panel showed for March 2018")
"""Drift where no estimates are held: the panel's at 2018, rounded."""


class NationalError(ValueError):
    """The national estimates, or the council's comparators, do not allow a forecast."""


def origins_of(figures: Comparators) -> range:
    """Every origin that can teach: from FIRST_ORIGIN to the last year with a count of children looked after."""
    held = figures.table[(figures.table["measure"] == LOOKED_AFTER) & figures.table["value"].notna()]
    return range(FIRST_ORIGIN, int(held["year"].max()) + 1 if len(held) else FIRST_ORIGIN)


def learn(figures: Comparators, origins: Sequence[int]) -> pd.DataFrame:
    """The best method's lessons at each origin, from the whole panel as known then: columns ESTIMATE_COLUMNS.

    Terms at horizons 1 to 4 years: `growth` (of all, in logarithms), `weight of …` a driver, `share of gap` closed to
    neighbours on average, `error_a` and `error_b` (variance a + b ÷ children), `error at …` a level (in standard
    deviations), `correlation with … years` (of errors from one start, in normal scores). At horizon 0: `mean of …` a
    driver over all authorities in the origin's year, and the terms of `drift.learn_drift`.
    Raises PanelError, DriverError or ErrorsError where too little is known.
    """
    rows = [row for origin in origins for row in _lessons(figures, origin)]
    table = pd.DataFrame(rows, columns=list(ESTIMATE_COLUMNS))
    return table[table["value"].notna()].reset_index(drop=True)


def forecast_authority(
    estimates: pd.DataFrame, comparators: Comparators, council: Council, origin: int
) -> pd.DataFrame:
    """A council's children looked after 1 to 4 years on, from its own and its neighbours' figures known at `origin`.

    estimates: as `learn` gives them. Index `horizon_years`; columns `growth` (centre ÷ count at the origin), `spread`
    (standard deviation of the count's logarithm), and in children `centre` and each of scores.LEVELS. It is what the
    panel's own forecast gives. Raises NationalError where the origin has no estimate or the council no count.
    """
    own = _own_panel(comparators, council, origin)
    told = {name: _figure(values, council, origin) for name, values in tell_drivers(own).items()}
    return forecast_told(estimates, origin, _figure(own.children, council, origin), told)


def forecast_told(estimates: pd.DataFrame, origin: int, now: float, told: Mapping[str, float]) -> pd.DataFrame:
    """A count 1 to 4 years on, from the count at `origin` and its drivers by name: as `forecast_authority` gives it.

    told: a driver that is not known, or not named, counts as the mean. Raises NationalError for an origin without
    estimates.
    """
    year = _terms(estimates, origin, OF_THE_YEAR)
    departures = {name: value - year[f"mean of {name}"] for name, value in told.items()}
    made = {}
    for horizon in HORIZONS:
        terms = _terms(estimates, origin, horizon)
        moved = sum(terms[f"weight of {name}"] * value for name, value in departures.items() if np.isfinite(value))
        centre = np.log(now) + terms["growth"] + moved
        around = _errors(terms).around(np.array([now]))[0]
        grown = float(np.exp(centre) / now)
        made[horizon] = [grown, float(around.std()), grown * now, *np.exp(centre + around)]
    columns = ["growth", "spread", "centre", *map(float, LEVELS)]
    return pd.DataFrame.from_dict(made, orient="index", columns=columns).rename_axis("horizon_years")


def untold_drivers(comparators: Comparators, council: Council, origin: int) -> tuple[str, ...]:
    """Drivers that the figures held cannot tell for the council at `origin`: in its forecast they count as the mean.

    For the page to say: a council without its neighbours' figures is forecast as one that has no gap to them.
    """
    told = tell_drivers(_own_panel(comparators, council, origin))
    return tuple(name for name, values in told.items() if not np.isfinite(_figure(values, council, origin)))


def stock_known(comparators: Comparators, council: Council, origin: int) -> float:
    """The council's children looked after on 31 March `origin` as known when first published: the forecast's start."""
    return _figure(_own_panel(comparators, council, origin).children, council, origin)


def error_correlation(estimates: pd.DataFrame, origin: int) -> Numbers:
    """How errors at 1 to 4 years from one start went together, in normal scores: horizon x horizon."""
    together = np.eye(len(HORIZONS))
    for row, horizon in enumerate(HORIZONS):
        terms = _terms(estimates, origin, horizon)
        for column in range(row):
            together[row, column] = together[column, row] = terms[_correlation(HORIZONS[column])]
    return together


def draw_growth(forecast: pd.DataFrame, correlation: Numbers, draws: int, rng: np.random.Generator) -> Numbers:
    """Growth since the origin (in logarithms), a draw a row and a horizon of 1 to 4 years a column.

    forecast: as `forecast_authority` gives it, so that every column has its quantiles. correlation: as
    `error_correlation` gives it, so that a draw high at one year tends to be high at the next.
    """
    chance = likely_together(correlation, draws, rng)
    now = (forecast["centre"] / forecast["growth"]).to_numpy()[:, None]
    logs = np.log(forecast[list(map(float, LEVELS))].to_numpy() / now)
    return np.column_stack([np.interp(chance[:, column], LEVELS, logs[column]) for column in range(len(logs))])


def drift_at(estimates: pd.DataFrame, origin: int) -> tuple[Drift, tuple[str, ...]]:
    """How flows wander, as the panel told at `origin`, and notes for the page where it told nothing for that year.

    The nearest origin held stands in, a later one only where none is earlier; where no estimates are held at all,
    UNTOLD does.
    """
    held = sorted(map(int, estimates["origin"].unique())) if len(estimates) else []
    if not held:
        return UNTOLD, (f"No national estimates are held: flows are taken to drift {UNTOLD.source}.",)
    year = max((one for one in held if one <= origin), default=held[0])
    terms = _terms(estimates, year, OF_THE_YEAR)
    starts, starts_noise, leaving, leaving_noise = (
        terms.get(f"{kind}_{flow}_sd", np.nan) for flow in ("starts", "leaving") for kind in ("drift", "noise")
    )
    told = f"the national panel as known for March {year}"
    found = Drift(starts, starts_noise, leaving, leaving_noise, told)
    if np.isnan([found.starts_sd, found.leaving_sd]).any():
        return UNTOLD, (f"The national estimates tell no drift at March {year}: it is taken {UNTOLD.source}.",)
    note = f"Drift of flows is that learned at March {year}: the national estimates have none for {origin}."
    return found, () if year == origin else (note,)


def carried_to(estimates: pd.DataFrame, origin: int) -> tuple[pd.DataFrame, str]:
    """Estimates that serve `origin`, and a note for the page: blank where the origin has its own.

    An origin up to FURTHEST_CARRIED years after the last takes the last, and the note says so. Raises NationalError
    for any other origin without one.
    """
    held = sorted(estimates["origin"].unique())
    if origin in held:
        return estimates, ""
    if not held or not held[-1] < origin <= held[-1] + FURTHEST_CARRIED:
        raise NationalError(_no_estimate(estimates, origin))
    last = int(held[-1])
    note = (
        f"Nothing was learned from the national panel at March {origin}: what it taught at March {last} stands in. "
        "Growth and errors since then are not in the intervals."
    )
    carried = estimates[estimates["origin"] == last].assign(origin=origin)
    return pd.concat([estimates, carried], ignore_index=True), note


def lessons_of(panel: Panel, more: Mapping[str, float] | None = None) -> Iterator[tuple[int, int, str, float]]:
    """What one panel teaches at its origin: rows of ESTIMATE_COLUMNS.

    more: further terms of the origin's year, such as drift, which wants starts as well.
    """
    origin = panel.origin
    raw = tell_drivers(panel)
    told = depart(raw)
    means = {f"mean of {name}": float(values[origin].mean()) for name, values in raw.items()}
    yield from ((origin, OF_THE_YEAR, term, value) for term, value in (means | dict(more or {})).items())
    missed = {}
    for horizon in HORIZONS:
        lesson = learn_growth(panel, told, horizon)
        growth = drivers(panel, horizon)
        errors = recalibrated_errors(panel, drivers, horizon)
        terms = {"growth": lesson.growth} | {f"weight of {name}": value for name, value in lesson.weights.items()}
        terms |= {"share of gap": estimated_share(panel, horizon)}
        terms |= {"error_a": errors.a, "error_b": errors.b}
        terms |= {_error_at(level): float(value) for level, value in zip(KNOTS, errors.knots, strict=True)}
        yield from ((origin, horizon, term, value) for term, value in terms.items())
        missed[horizon] = missed_by(panel, growth, horizon)
        for earlier in HORIZONS[: horizon - 1]:
            yield origin, horizon, _correlation(earlier), correlation_of(missed[earlier], missed[horizon])


def _lessons(figures: Comparators, origin: int) -> Iterator[tuple[int, int, str, float]]:
    """Every row of one origin."""
    panel = panel_at(figures, origin)
    yield from lessons_of(panel, learn_drift(panel, _started(figures, panel)))


def _started(figures: Comparators, panel: Panel) -> pd.DataFrame:
    """Starts as known at the panel's origin, by authority and year; blank throughout where none are held."""
    try:
        return panel_at(figures, panel.origin, STARTED).children
    except PanelError:
        return panel.children * np.nan


def _own_panel(comparators: Comparators, council: Council, origin: int) -> Panel:
    """The panel of the areas a small table holds, as known at the origin, with the council's own list of neighbours."""
    near = {council.la_code: council.neighbours}
    try:
        panel = panel_at(Comparators(comparators.table, near), origin)
        now = _figure(panel.children, council, origin)
    except (PanelError, KeyError):
        now = float("nan")
    if not now >= FEWEST_CHILDREN:
        raise NationalError(
            f"{council.name}: no count of {FEWEST_CHILDREN} children or more at 31 March {origin} in the published "
            "figures. Add that release to the comparators, or forecast from a year they hold."
        )
    return panel


def _figure(values: pd.DataFrame, council: Council, year: int) -> float:
    return float(values[year].astype("float64").to_dict()[council.la_code])


class _Terms(dict[str, float]):
    """Terms of one origin and horizon, by name: one that is not held is refused in words."""

    def __missing__(self, term: str) -> float:
        raise NationalError(
            f"The national estimates are not whole: they lack {term!r}. Learn them again with "
            "`cip backtest --national … --to FOLDER`."
        )


def _terms(estimates: pd.DataFrame, origin: int, horizon: int) -> _Terms:
    chosen = estimates[(estimates["origin"] == origin) & (estimates["horizon_years"] == horizon)]
    if chosen.empty:
        raise NationalError(_no_estimate(estimates, origin))
    return _Terms(zip(chosen["term"], map(float, chosen["value"]), strict=True))


def _no_estimate(estimates: pd.DataFrame, origin: int) -> str:
    held = sorted(estimates["origin"].unique())
    holds = f"they hold {held[0]} to {held[-1]}" if held else "they hold none"
    return (
        f"The national estimates have nothing for an origin of March {origin}: {holds}. Forecast from one of those, "
        "carry the last one on (`carried_to`), or learn them again with `cip backtest --national … --to FOLDER`."
    )


def _errors(terms: dict[str, float]) -> Errors:
    return Errors(terms["error_a"], terms["error_b"], np.array([terms[_error_at(level)] for level in KNOTS]))


def _error_at(level: float) -> str:
    return f"error at {level:.4f}"


def _correlation(years: int) -> str:
    return f"correlation with {years} years"
