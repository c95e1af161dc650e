"""The national panel as it was known at each origin: what any forecaster could have held on the day, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cip_analysis.records import Comparators
from cip_analysis.returns.published import CEASED, LOOKED_AFTER, POPULATION, STARTED, release_day

FEWEST_NEIGHBOURS = 5
FEWEST_CHILDREN = 20
YEARS_BEFORE = 4


class PanelError(ValueError):
    """The published figures cannot make a panel to forecast from."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Every authority's yearly counts as known when the figures for 31 March `origin` came out.

    children, population, ceased: an authority (three-digit code) a row, a year a column ascending to `origin`; blank
    where not published, and population between two published years interpolated.
    neighbours: authority -> its statistical neighbours.
    stand_ins: figures whose own release is not held, taken from the earliest later release: what hindsight remains
    in the figures themselves.
    measure: what `children` counts: those looked after on 31 March, or those who started in the year to it.
    """

    origin: int
    children: pd.DataFrame
    population: pd.DataFrame
    ceased: pd.DataFrame
    neighbours: Mapping[str, tuple[str, ...]]
    stand_ins: int
    measure: str = LOOKED_AFTER

    @property
    def log_children(self) -> pd.DataFrame:
        """Natural logarithm of the counts, blank where there are fewer than FEWEST_CHILDREN."""
        return logarithm(self.children.where(self.children >= FEWEST_CHILDREN))


def panel_at(figures: Comparators, origin: int, measure: str = LOOKED_AFTER) -> Panel:
    """The panel as known when the figures for the year ending 31 March `origin` first came out.

    Of each authority and year to `origin`, the latest figure out by then. Where no release held is that early, the
    earliest later one stands in and is counted. Raises PanelError where nobody has a figure for `origin`.
    """
    children, stood_in = _known(figures, origin, measure)
    if children.empty or children[origin].isna().all():
        raise PanelError(f"No authority has {measure} for {origin}. Choose an origin the panel covers.")
    population, stood_in_too = _known(figures, origin, POPULATION)
    ceased, stood_in_last = _known(figures, origin, CEASED)
    population, ceased = (each.reindex_like(children).astype("float64") for each in (population, ceased))
    between = population.interpolate(axis=1, limit_area="inside")
    stand_ins = stood_in + stood_in_too + stood_in_last
    return Panel(origin, children, between, ceased, dict(figures.neighbours), stand_ins, measure)


def starts_at(figures: Comparators, origin: int) -> Panel:
    """The panel of starts as known at the origin, with `implied_starts` where none are held, so that none is blank.

    The two differ by a share, the mean of which where both are known is taken off. Raises PanelError as `panel_at`.
    """
    panel = panel_at(figures, origin, STARTED)
    implied = implied_starts(panel_at(figures, origin)).reindex_like(panel.children)
    both = (implied >= FEWEST_CHILDREN) & (panel.children >= FEWEST_CHILDREN)
    apart = (logarithm(implied.where(both)) - logarithm(panel.children.where(both))).to_numpy()
    share = float(np.exp(np.mean(apart[np.isfinite(apart)]))) if np.isfinite(apart).any() else 1.0
    told = implied.where(implied >= FEWEST_CHILDREN) / share
    return replace(panel, children=panel.children.fillna(told))


def implied_starts(panel: Panel) -> pd.DataFrame:
    """Starts in each year as the change in stock and those who ceased imply them. panel: of children looked after."""
    return panel.children.diff(axis=1) + panel.ceased


def as_if_at(panel: Panel, year: int) -> Panel:
    """The panel with nothing after `year`, its figures as known at its own origin."""
    held = [one for one in map(int, panel.children.columns) if one <= year]
    return replace(
        panel, origin=year, children=panel.children[held], population=panel.population[held], ceased=panel.ceased[held]
    )


def outturn(figures: Comparators, measure: str = LOOKED_AFTER) -> pd.DataFrame:
    """What came to pass: the last published count, an authority a row and a year a column. With hindsight."""
    held = _of_authorities(figures, measure).sort_values("published", kind="stable")
    last = held.drop_duplicates(["area_code", "year"], keep="last")
    return last.pivot_table(index="area_code", columns="year", values="value")


def able_to_be_forecast(panel: Panel) -> pd.Index[str]:
    """Authorities every method can forecast from this origin, so that methods are scored on the same ones.

    They have a count and a population for the origin, at least FEWEST_CHILDREN children (a percentage of fewer says
    nothing), neighbours enough, and a count for each of the YEARS_BEFORE years before: an authority made or unmade
    by a boundary change has not, under its code.
    """
    recent = panel.children.reindex(columns=range(panel.origin - YEARS_BEFORE, panel.origin + 1))
    gap = gap_to_neighbours(panel)[panel.origin]
    able = recent.notna().all(axis=1) & gap.notna() & (panel.children[panel.origin] >= FEWEST_CHILDREN)
    return able.index[able.to_numpy()]


def gap_to_neighbours(panel: Panel) -> pd.DataFrame:
    """Logarithm of the neighbours' mean rate over the authority's own, by authority and year.

    0.1 means the neighbours look after about 10% more for their population. Blank where fewer than
    FEWEST_NEIGHBOURS of them have a rate.
    """
    rates = (panel.children / panel.population).where(panel.children > 0)
    return logarithm(mean_of_neighbours(panel, rates) / rates)


def mean_of_neighbours(panel: Panel, values: pd.DataFrame) -> pd.DataFrame:
    """The mean of `values` over each authority's neighbours, by year; blank where too few have one."""
    place = {code: row for row, code in enumerate(values.index)}
    near = np.zeros((len(place), len(place)))
    for code, row in place.items():
        near[row, [place[other] for other in panel.neighbours.get(code, ()) if other in place]] = 1.0
    held = values.notna().to_numpy(dtype="float64")
    counted = near @ held
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(counted >= FEWEST_NEIGHBOURS, near @ values.fillna(0.0).to_numpy() / counted, np.nan)
    return pd.DataFrame(means, index=values.index, columns=values.columns)


def logarithm(values: pd.DataFrame) -> pd.DataFrame:
    """Natural logarithm of a table of positive numbers, blank where it is."""
    return pd.DataFrame(np.log(values.to_numpy(dtype="float64")), index=values.index, columns=values.columns)


def everyone_else(figures: Comparators) -> dict[str, tuple[str, ...]]:
    """Every other authority as each one's neighbours: the comparison left where no list of neighbours is held."""
    codes = sorted(set(_of_authorities(figures, LOOKED_AFTER)["area_code"]))
    return {code: tuple(other for other in codes if other != code) for code in codes}


def _of_authorities(figures: Comparators, measure: str) -> pd.DataFrame:
    """The rows of authorities that hold a figure of `measure`."""
    held = figures.table
    return held[(held["level"] == "authority") & (held["measure"] == measure) & held["value"].notna()]


def _known(figures: Comparators, origin: int, measure: str) -> tuple[pd.DataFrame, int]:
    """Counts by authority and year as known at `origin`, and how many a later release stands in for."""
    held = _of_authorities(figures, measure)
    held = held[held["year"] <= origin]
    early = held["published"] <= pd.Timestamp(release_day(origin))
    known = held[early].sort_values("published", kind="stable").drop_duplicates(["area_code", "year"], keep="last")
    late = held[~early].sort_values("published", kind="stable").drop_duplicates(["area_code", "year"], keep="first")
    both = pd.concat([known, late]).drop_duplicates(["area_code", "year"], keep="first")
    counts = both.pivot_table(index="area_code", columns="year", values="value")
    if counts.empty:
        return counts, 0
    return counts.reindex(columns=range(int(counts.columns.min()), origin + 1)), len(both) - len(known)
