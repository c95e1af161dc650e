"""A panel of authorities whose truth we set: counts that close a known share of the gap to their neighbours."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cip_analysis.records import Comparators
from cip_analysis.returns.published import CEASED, LOOKED_AFTER, POPULATION, STARTED, publication_name, release_day


def figures_of(rows, neighbours=None):
    """Published figures from rows of (code, year, measure, value, publication)."""
    table = pd.DataFrame(rows, columns=["area_code", "year", "measure", "value", "release"])
    table = table.assign(
        area="Authority " + table["area_code"], level="authority", symbol=pd.Series(pd.NA, table.index, dtype="str"),
        value=table["value"].astype("float64"), publication=table["release"].map(publication_name),
        published=pd.to_datetime(table["release"].map(release_day)),
    )  # fmt: skip
    return Comparators(table.drop(columns="release"), neighbours or {})


def figures_by_cell(codes, years, values, measure):
    """Rows of a table of values, each published in its own year."""
    return [
        (code, year, measure, float(values[row, column]), year)
        for row, code in enumerate(codes)
        for column, year in enumerate(years)
    ]


def a_converging_panel(share=0.1, areas=150, noise=0.02, years=range(2010, 2024), by_size=0.0):
    """Authorities in rings of ten neighbours, each closing `share` of the gap to their mean rate every year.

    noise: standard deviation of a year's growth that all share; by_size ÷ children is added to its variance.
    """
    chance = np.random.default_rng(7)
    codes = [f"{number:03d}" for number in range(100, 100 + areas)]
    near = [[(row + step) % areas for step in range(1, 11)] for row in range(areas)]
    people = chance.uniform(20_000, 200_000, areas)
    rates = [chance.lognormal(np.log(0.006), 0.3, areas)]
    for _ in years[1:]:
        now = rates[-1]
        gap = np.log(now[near].mean(axis=1) / now)
        rates.append(
            now * np.exp(share * gap + chance.normal(size=areas) * np.sqrt(noise**2 + by_size / (now * people)))
        )
    counts = np.maximum(np.round(np.array(rates).T * people[:, None]), 1)
    population = np.repeat(people[:, None], len(years), axis=1)
    flows = np.round(counts * 0.4)
    measured = {LOOKED_AFTER: counts, POPULATION: population, CEASED: flows, STARTED: flows}
    rows = [row for name, values in measured.items() for row in figures_by_cell(codes, years, values, name)]
    return figures_of(rows, {code: tuple(codes[one] for one in near[row]) for row, code in enumerate(codes)})
