"""A run before any return is loaded: what published figures alone can tell of a council.

    county = open_run(run, council="855")     # a run whose settings name no returns
    ahead = foresee(county)                   # Ahead where there are returns, else PublicAhead

The panel's method forecasts how many; where they live, how old they are and what each costs need its own data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import pandas as pd

from cip_analysis.contracts import empty_table
from cip_analysis.councils import boundaries_in_words
from cip_analysis.demand.backtest import SCORED_COLUMNS, Scored
from cip_analysis.demand.caseload import count_caseload
from cip_analysis.demand.forecast import ALL, summarise
from cip_analysis.demand.national.estimates import FIRST_ORIGIN, NationalError
from cip_analysis.demand.published.totals import Published, forecast_totals, look_back_totals
from cip_analysis.forecasts import KEPT, Ahead, RunForecastError, forecast_run, look_back_run
from cip_analysis.projections import Projection, Totals
from cip_analysis.records import Comparators
from cip_analysis.returns.published import LOOKED_AFTER, latest
from cip_analysis.run import Run
from cip_analysis.store import code_files, fingerprint, keep_table

RECENT_YEARS = 8
"""Years of outturn drawn before a forecast that rests on published figures alone."""


@dataclass(frozen=True, eq=False)
class PublicAhead:
    """What may come, from published figures alone: children in all, and no scenario, setting or age.

    Reads like forecasts.Ahead: `table` has the columns of forecast.csv, its rows of all children only.
    """

    baseline: Totals
    scenarios: tuple[Projection, ...] = ()

    @cached_property
    def table(self) -> pd.DataFrame:
        """Statistics of the draws: columns of demand.forecast.FORECAST_COLUMNS."""
        return summarise(self.baseline)

    def cut(self, setting: str = ALL, age_band: str = ALL) -> pd.DataFrame:
        """All children: month, scenario and the statistics; no rows for a setting or an age."""
        chosen = self.table[(self.table["setting"] == setting) & (self.table["age_band"] == age_band)]
        return chosen.drop(columns=["setting", "age_band"]).reset_index(drop=True)

    def chance(self, day: date, at_least: float) -> float:
        """The share of draws with so many children or more on a month's end.

        Raises RunForecastError for a day that is not one of the months drawn.
        """
        if day not in self.baseline.months:
            first, last = self.baseline.months[0], self.baseline.months[-1]
            raise RunForecastError(f"{day.day} {day:%B %Y} is not a month's end from {first} to {last}.")
        return float((self.baseline.total[:, self.baseline.months.index(day)] >= at_least).mean())

    @property
    def notes(self) -> tuple[str, ...]:
        """Every fallback taken."""
        return self.baseline.notes


def foresee(run: Run) -> Ahead | PublicAhead:
    """The run's forecast: of every child played forward where it has returns, else of the published total.

    Raises RunForecastError, with what is known of the area's boundaries, where the published figures cannot be
    forecast either.
    """
    if run.has_returns:
        return forecast_run(run)
    try:
        asked = run.settings
        return PublicAhead(forecast_totals(_published(run), run.as_at, asked.horizon_months, asked.draws, asked.seed))
    except NationalError as error:
        raise RunForecastError(f"{error} {boundaries_in_words(run.root, run.council.la_code)}".strip()) from None


def look_back(run: Run) -> Scored:
    """The run's own past forecast again and scored: from its returns, or from the published total alone."""
    if run.has_returns:
        return look_back_run(run)
    seen = _published(run)
    key = fingerprint("look back at totals", seen, run.as_at.year, code_files())
    rows = keep_table(run.root / KEPT, key, lambda: look_back_totals(seen, FIRST_ORIGIN, run.as_at.year))
    if rows.empty:
        note = boundaries_in_words(run.root, run.council.la_code)
        said = f"Too few published years of {run.council.name} to forecast from its past. {note}".strip()
        return Scored(empty_table(SCORED_COLUMNS), (), (said,))
    return Scored(rows, tuple(sorted({pd.Timestamp(day).date() for day in rows["origin"]})))


def outturn(run: Run, origin: date) -> pd.DataFrame:
    """Children looked after to the origin: month, children. Every month from returns, else each 31 March."""
    if run.has_returns:
        history = count_caseload(run.episodes, run.first_month, origin).table
        monthly = history.groupby("month")["stock"].sum()
        return pd.DataFrame({"month": monthly.index, "children": monthly.to_numpy()})
    table = latest(run.comparators).table
    own = table[
        (table["area_code"] == run.council.la_code) & (table["measure"] == LOOKED_AFTER) & table["value"].notna()
    ]
    own = own[own["year"].between(origin.year - RECENT_YEARS, origin.year)].sort_values("year")
    days = pd.to_datetime([f"{year}-03-31" for year in own["year"]]).as_unit("us")
    return pd.DataFrame({"month": days, "children": own["value"].astype("int64").to_numpy()})


def _published(run: Run) -> Published:
    """What the forecast of one council can see: its own figures and its neighbours', of all those held."""
    seen = {run.council.la_code, *run.council.neighbours}
    table = run.comparators.table
    return Published(run.council, Comparators(table[table["area_code"].isin(seen)]), run.estimates)
