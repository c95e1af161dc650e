"""What an option changes beside doing nothing, in the years that are forecast, and how that is carried on after them.

Every figure is a difference of two projections played and priced on the same draws, so it is the option and not luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from cip_analysis.codes import SETTINGS
from cip_analysis.records import Spend

Draws = NDArray[np.float64]
OWN = "in-house residential"
AT_OWN = SETTINGS.index(OWN)
DAYS_A_WEEK = 7


class EffectsError(ValueError):
    """An option's spend cannot be set beside that of doing nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """What one option changes beside doing nothing, arrays of draw x financial year x setting (codes.SETTINGS).

    years: those forecast whole. saved: £ of care no longer bought or provided, below nought where more is. fewer:
    child-weeks no longer had. weeks: child-weeks had under the option. price: £ a child-week under doing nothing,
    nought where nobody was there. price_base: of every £.
    """

    years: tuple[int, ...]
    saved: Draws
    fewer: Draws
    weeks: Draws
    price: Draws
    price_base: str

    @property
    def draws(self) -> int:
        """How many futures."""
        return len(self.saved)


def effects_of(nothing: Spend, option: Spend, years: Sequence[int]) -> Effects:
    """Doing nothing less the option, draw by draw, in the years asked for.

    Raises EffectsError where the two are in different £, or over other draws, years or settings.
    """
    if nothing.price_base != option.price_base:
        raise EffectsError(f"£ of {nothing.price_base} and of {option.price_base} cannot be compared. Restate one.")
    before, after = (_cube(spend, years) for spend in (nothing, option))
    if before[0].shape != after[0].shape:
        raise EffectsError(
            f"The option has {len(after[0]):,} draws and doing nothing {len(before[0]):,}. Play both on the same draws."
        )
    (spent_before, weeks_before), (spent_after, weeks_after) = before, after
    price = np.divide(spent_before, weeks_before, out=np.zeros_like(spent_before), where=weeks_before > 0)
    return Effects(
        tuple(years), spent_before - spent_after, weeks_before - weeks_after, weeks_after, price, nothing.price_base
    )


def _cube(spend: Spend, years: Sequence[int]) -> tuple[Draws, Draws]:
    """£ and child-weeks, draw x year x setting."""
    wanted = spend.table[spend.table["financial_year"].isin(list(years))]
    missing = sorted(set(years) - set(wanted["financial_year"].tolist()))
    if missing or not years:
        raise EffectsError(f"Spend has no year to March {', '.join(map(str, missing)) or '(none asked for)'}.")
    order = {setting: place for place, setting in enumerate(SETTINGS)}
    lines = wanted.assign(place=wanted["setting"].map(order)).sort_values(["draw", "financial_year", "place"])
    shape = (wanted["draw"].nunique(), len(years), len(SETTINGS))
    if len(lines) != shape[0] * shape[1] * shape[2]:
        raise EffectsError(f"Spend has {len(lines):,} lines, not one a draw, year and setting. Price it again.")
    money, days = (lines[name].to_numpy(dtype="float64").reshape(shape) for name in ("spend_gbp", "child_days"))
    return money, days / DAYS_A_WEEK


def carry_on(known: Draws, years: int) -> Draws:
    """What is known of the first years, then its last year again to the end: the second axis are years.

    A forecast of four years says nothing of the fifth: it is held where it was, and `drop_off` says how it wears.
    """
    if known.shape[1] >= years:
        return known[:, :years]
    tail = np.repeat(known[:, -1:], years - known.shape[1], axis=1)
    return np.concatenate([known, tail], axis=1)


def share_of_year(year: int, begins: date, until: date | None = None) -> float:
    """The share of the days of the financial year ending 31 March `year` from a day to a day, both in it.

    By hand: from 1 October 2019, 183 of the 366 days of 2019/20.
    """
    opens, closes = date(year - 1, 4, 1), date(year, 4, 1)
    last = until + timedelta(days=1) if until else closes
    days = (min(last, closes) - max(begins, opens)).days
    return max(days, 0) / (closes - opens).days


def filling(first_year: int, years: int, opens: date, full_by: date) -> Draws:
    """How full of what is planned, on average over each financial year: nought at opening, one from full_by on.

    By hand: opened on 1 April and full a year later, half over that year and one after it.
    """
    starts = np.array([date(first_year + place - 1, 4, 1).toordinal() for place in range(years + 1)], dtype="float64")
    rise = max(full_by.toordinal() - opens.toordinal(), 1e-9)
    into = np.clip(starts - opens.toordinal(), 0.0, rise)
    beyond = np.maximum(starts - opens.toordinal() - rise, 0.0)
    return np.asarray(np.diff(into**2 / (2 * rise) + beyond) / np.diff(starts), dtype="float64")


def shares_of_years(first_year: int, years: int, begins: date, until: date | None = None) -> Draws:
    """`share_of_year` in each of so many financial years from the first."""
    return np.array([share_of_year(first_year + place, begins, until) for place in range(years)])
