"""A council's published rates beside its statistical neighbours, its region and England."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd

from cip_analysis.demand.caseload import count_year_flows
from cip_analysis.records import Comparators, Episodes
from cip_analysis.returns.published import CEASED, LOOKED_AFTER, POPULATION, STARTED, latest
from cip_analysis.settings import Council

POOLED = "Neighbours, pooled"
MEAN_OF_RATES = "Neighbours, mean of rates"
ENGLAND_CODE = "E92000001"


class ComparisonError(ValueError):
    """The published statistics held do not cover the council or those it is compared with."""


def march(year: int) -> date:
    """The 31 March that a published year ends on.

    >>> march(2018)
    datetime.date(2018, 3, 31)
    """
    return date(int(year), 3, 31)


def rate_per_10k(comparators: Comparators, measure: str = LOOKED_AFTER) -> pd.DataFrame:
    """Every area's yearly rate from the count and the population, not the publisher's rate in whole numbers.

    Columns: area, area_code, level, year, children, population, rate_per_10k. The population is the mid-year
    estimate before the year's 31 March, as the department uses. A year without both is left out: a withheld count
    has no rate. Where a figure was revised, the last one held counts.
    """
    figures = latest(comparators).table
    keys = ["area_code", "year"]
    counted = figures[figures["measure"] == measure][["area", "level", *keys, "value"]]
    people = figures[figures["measure"] == POPULATION][[*keys, "value"]]
    both = counted.rename(columns={"value": "children"}).merge(people.rename(columns={"value": "population"}), on=keys)
    rated = both.dropna(subset=["children", "population"])
    rated = rated.assign(rate_per_10k=rated["children"] / rated["population"] * 10_000)
    columns = ["area", "area_code", "level", "year", "children", "population", "rate_per_10k"]
    return rated[columns].sort_values(keys, ignore_index=True)


def only_compared(comparators: Comparators, council: Council) -> Comparators:
    """The figures of the council and of those it is set beside: its neighbours, its region and England."""
    beside = {council.la_code, *council.neighbours, council.region_code, ENGLAND_CODE}
    kept = comparators.table[comparators.table["area_code"].isin(beside)]
    return Comparators(kept.reset_index(drop=True), comparators.neighbours)


def compare_rates(comparators: Comparators, council: Council, measure: str = LOOKED_AFTER) -> pd.DataFrame:
    """The council, its neighbours two ways, its region and England, by year: `rates_by_series`, all of them there.

    Raises ComparisonError where one of the four has no figure for the latest year, or there are none at all; of starts
    and ceases only the council and its neighbours are needed.
    """
    needed = {council.la_code: council.name}
    if measure == LOOKED_AFTER:
        needed |= {council.region_code: council.region, ENGLAND_CODE: "England"}
    _refuse_uncovered(rate_per_10k(comparators, measure), council, needed, measure)
    return rates_by_series(comparators, council, measure)


def rates_by_series(comparators: Comparators, council: Council, measure: str = LOOKED_AFTER) -> pd.DataFrame:
    """Whatever rates are held of the council, its neighbours two ways, its region and England, by year.

    Columns: year, series, areas (how many authorities stand behind the figure), children, population, rate_per_10k.
    Pooled neighbours are their children over their population, so large counties weigh more; the mean of rates
    gives each the same weight. Neighbours without a figure for a year are left out of it, and `areas` says so.
    The council, its region and England are called as the council's file calls them, however the publisher does.
    """
    rates = rate_per_10k(comparators, measure)
    names = {council.la_code: council.name, council.region_code: council.region, ENGLAND_CODE: "England"}
    single = rates[rates["area_code"].isin(names)]
    single = single.assign(series=single["area_code"].map(names), areas=1)
    near = rates[rates["area_code"].isin(council.neighbours)].groupby("year", as_index=False)
    sums = near.agg(
        areas=("area_code", "size"), children=("children", "sum"), population=("population", "sum"),
        rate_per_10k=("rate_per_10k", "mean"),
    )  # fmt: skip
    pooled = sums.assign(series=POOLED, rate_per_10k=sums["children"] / sums["population"] * 10_000)
    columns = ["year", "series", "areas", "children", "population", "rate_per_10k"]
    together = pd.concat([single[columns], pooled[columns], sums.assign(series=MEAN_OF_RATES)[columns]])
    order = [council.name, POOLED, MEAN_OF_RATES, council.region]
    place = together["series"].map({name: position for position, name in enumerate(order)}).fillna(len(order))
    return together.assign(place=place).sort_values(["year", "place"], ignore_index=True)[columns]


def _refuse_uncovered(rates: pd.DataFrame, council: Council, names: Mapping[str, str], measure: str) -> None:
    """Refuse rates that lack, for their latest year, an area of `names` (code -> name) or every neighbour."""
    held = rates[rates["year"] == rates["year"].max()]["area_code"]
    absent = [f"{name} ({code})" for code, name in names.items() if code not in set(held)]
    if not held.isin(council.neighbours).any():
        absent.append("any of its neighbours")
    if absent:
        year = f"for the year to March {rates['year'].max()}" if len(rates) else "for any year known by the census"
        raise ComparisonError(
            f"The published statistics have no children {measure.replace('_', ' ')}, with a population, {year} of "
            f"{', '.join(absent)}. Check the codes in the council's file, or name a file that covers them (see "
            "data/reference/README.md) under `published` in the run's settings; or take the notebooks that compare "
            "out of the pack."
        )


def compare_flows(comparators: Comparators, council: Council) -> pd.DataFrame:
    """Children who started and who ceased per 10,000, the council beside its neighbours pooled, by year.

    Columns: year, started_per_10k, neighbours_started_per_10k, ceased_per_10k, neighbours_ceased_per_10k; only years
    for which all four are known.
    """
    sides = {"": council.name, "neighbours_": POOLED}
    columns = {}
    for measure in (STARTED, CEASED):
        rates = compare_rates(comparators, council, measure).set_index(["series", "year"])["rate_per_10k"]
        for prefix, series in sides.items():
            columns[f"{prefix}{measure}_per_10k"] = rates.xs(series)
    return pd.DataFrame(columns).dropna().reset_index()


def with_every_year(rates: pd.DataFrame) -> pd.DataFrame:
    """The same rates with a blank row for each series in each year between that has none, so that a line breaks there.

    rates: as `compare_rates` gives, or some of its columns, with year and series among them.
    """
    years = range(int(rates["year"].min()), int(rates["year"].max()) + 1)
    series = rates["series"].drop_duplicates()
    grid = pd.MultiIndex.from_product([years, series], names=["year", "series"])
    return rates.set_index(["year", "series"]).reindex(grid).reset_index()


def count_beside_published(
    episodes: Episodes, comparators: Comparators, council: Council, years: Sequence[int]
) -> pd.DataFrame:
    """The council's own count of each collection year beside the department's, on the department's definition.

    years: ending 31 March; one that is not over on the census date is left out. Columns: year; looked_after, started
    and ceased as the returns give them, each with its published_ twin (blank where none was published).
    """
    measures = (LOOKED_AFTER, STARTED, CEASED)
    rows = []
    for year in [year for year in years if date(year, 3, 31) <= episodes.census_date]:
        flows = count_year_flows(episodes, year)
        ours = (flows.stock_after, flows.started, flows.ceased)
        theirs = [value_of(comparators, council.la_code, measure, year) for measure in measures]
        rows.append([year, *(count for pair in zip(ours, theirs, strict=True) for count in pair)])
    columns = ["year", *(f"{side}{measure}" for measure in measures for side in ("", "published_"))]
    blanks = {f"published_{measure}": "float64" for measure in measures}
    return pd.DataFrame(rows, columns=columns).astype(blanks)


def value_of(comparators: Comparators, area_code: str, measure: str, year: int) -> float | None:
    """One published figure, the last held; None where there is none or a symbol stood in its place."""
    figures = latest(comparators).table
    chosen = figures.loc[
        (figures["area_code"] == area_code) & (figures["measure"] == measure) & (figures["year"] == year), "value"
    ].dropna()
    return None if chosen.empty else float(chosen.iloc[0])


def vintages(comparators: Comparators, area_code: str, measure: str = LOOKED_AFTER) -> pd.DataFrame:
    """Each figure of one area that changed after it was first published.

    Columns: year, first_figure, first_release, latest_figure, latest_release (releases by month, as "November 2018"),
    change; only the years that moved.
    """
    figures = comparators.table
    chosen = figures[(figures["area_code"] == area_code) & (figures["measure"] == measure)].dropna(subset=["value"])
    ordered = chosen.sort_values(["year", "published"]).groupby("year")
    ends = pd.DataFrame(
        {
            "first_figure": ordered["value"].first(),
            "first_release": ordered["published"].first().dt.strftime("%B %Y"),
            "latest_figure": ordered["value"].last(),
            "latest_release": ordered["published"].last().dt.strftime("%B %Y"),
        }
    )
    moved = ends[ends["first_figure"] != ends["latest_figure"]]
    return moved.assign(change=moved["latest_figure"] - moved["first_figure"]).reset_index()
