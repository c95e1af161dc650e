"""Prices drawn ahead, a path for each draw and setting, beside a projection's months.

A price steps once a year, on 1 April. Its logarithm moves by the setting's rise, drawn once a draw from what is known
of it, and by a shock of the year, part of it shared by every setting. Both have a mean of one, so that the mean over
draws of the price t years after its base is base × (1 + rise)^t. Choices: docs/decisions/0017-prices.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cip_analysis.codes import SETTINGS
from cip_analysis.demand.inputs import stream
from cip_analysis.money.pricing.indices import (
    NOMINAL,
    IndicesError,
    PriceIndex,
    financial_year_of,
    price_base,
    restating_factors,
)
from cip_analysis.money.pricing.paths import FeePool, PricePaths

Draws = NDArray[np.float64]


class PricesAheadError(ValueError):
    """Prices cannot be drawn ahead from what was given."""


@dataclass(frozen=True, slots=True, eq=False)
class YearlyShocks:
    """How far prices stray from their trend in a year.

    sd: setting -> standard deviation, in logarithms. shared: the part of its variance that all settings have in common.
    """

    sd: Mapping[str, float]
    shared: float

    def __post_init__(self) -> None:
        if wrong := [setting for setting in SETTINGS if not 0 <= self.sd.get(setting, -1) < float("inf")]:
            raise PricesAheadError(
                f"The yearly stray of {', '.join(wrong)} is not a standard deviation from nought up."
            )
        if not 0 <= self.shared <= 1:
            raise PricesAheadError(f"The shared part of a year's stray is a share from 0 to 1, not {self.shared:g}.")


@dataclass(frozen=True, slots=True, eq=False)
class PricesAsked:
    """What prices ahead are asked for.

    base: setting -> £ a child-week, nominal, the mean of the financial year `base_year` (ending 31 March); a setting
    whose price is of another year has that year in `base_years`. months: month ends, a Projection's. basis: where the
    base prices come from, in words.
    """

    base: Mapping[str, float]
    base_year: int
    months: tuple[date, ...]
    draws: int
    seed: int
    basis: str
    base_years: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if missing := [setting for setting in SETTINGS if setting not in self.base]:
            raise PricesAheadError(f"No base price for {', '.join(missing)}. Add them to config/assumptions.toml.")
        if wrong := [setting for setting in SETTINGS if not 0 <= self.base[setting] < float("inf")]:
            raise PricesAheadError(f"The base price of {', '.join(wrong)} is not a number of £ from nought up.")
        if self.draws < 1 or not self.months:
            raise PricesAheadError("Prices ahead need a draw and a month or more.")


def forward_prices(
    asked: PricesAsked, trend: pd.DataFrame, shocks: YearlyShocks, pools: Mapping[str, FeePool]
) -> PricePaths:
    """Nominal £ a child-week by draw, month and setting.

    trend: a row a setting with `rise_log` (rise a year in logarithms) and `rise_log_se`, as `trend.price_trend` gives
    it. With b the rise of the draw, its mean over draws exp(rise_log), and e a year's shock,
    level[t] = base × exp(b t - se² t² ÷ 2) × Π exp(e - sd² ÷ 2): t counts financial years from the base year, so the
    first forecast year's price is one rise above the mean of the year before. The same seed and draw give the same
    path whatever the horizon, the number of draws or the scenario.
    Raises PricesAheadError naming settings without a trend.
    """
    known = trend.set_index("setting")
    if missing := [setting for setting in SETTINGS if setting not in known.index]:
        raise PricesAheadError(f"No price trend for {', '.join(missing)}. `price_trend` gives every setting one.")
    rise = known.loc[list(SETTINGS), "rise_log"].to_numpy(dtype="float64")
    se = known.loc[list(SETTINGS), "rise_log_se"].to_numpy(dtype="float64")
    base_years = np.array([asked.base_years.get(setting, asked.base_year) for setting in SETTINGS])
    of_month = np.array([financial_year_of(day) for day in asked.months])
    first, last = int(min(base_years.min(), of_month.min())), int(max(base_years.max(), of_month.max()))
    sd = np.array([shocks.sd[setting] for setting in SETTINGS])
    walked = sd * _walks(asked, shocks.shared, first, last)
    strayed = walked - walked[:, base_years - first, np.arange(len(SETTINGS))][:, None]
    years = np.arange(first, last + 1)[:, None] - base_years
    off = se * stream(asked.seed, "prices rise").standard_normal((asked.draws, len(SETTINGS)))
    log = (rise + off[:, None]) * years - (se * years) ** 2 / 2 + strayed - sd**2 / 2 * np.abs(years)
    base = np.array([asked.base[setting] for setting in SETTINGS])
    level = (base * np.exp(log))[:, of_month - first]
    return PricePaths(asked.months, level, pools, NOMINAL, asked.basis)


def _walks(asked: PricesAsked, shared: float, first: int, last: int) -> Draws:
    """Standard shocks added up from the first year (nought there) to the last: draw x year x setting."""
    walks = np.zeros((asked.draws, last - first + 1, len(SETTINGS)))
    for place, year in enumerate(range(first + 1, last + 1), start=1):
        shock = stream(asked.seed, f"prices shock {year}").standard_normal((asked.draws, len(SETTINGS) + 1))
        mixed = np.sqrt(shared) * shock[:, :1] + np.sqrt(1 - shared) * shock[:, 1:]
        walks[:, place] = walks[:, place - 1] + mixed
    return walks


def in_price_base(paths: PricePaths, index: PriceIndex, year: int) -> PricePaths:
    """Nominal paths in the £ of the financial year ending `year`, each month by the index of its financial year.

    Raises IndicesError where the paths are already in some year's £.
    """
    if paths.price_base != NOMINAL:
        raise IndicesError(f"These prices are in {paths.price_base}, not nominal £: they are not put in real £ twice.")
    years = [financial_year_of(day) for day in paths.months]
    factors = restating_factors(index, years, year)
    notes = tuple(dict.fromkeys([*paths.notes, *index.notes_for([*years, year])]))
    return replace(paths, level=paths.level * factors[:, None], price_base=price_base(year), notes=notes)
