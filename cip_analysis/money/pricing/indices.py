"""Prices of one year put in the £ of another, by a named and dated index; nominal and real are never mixed.

Financial years are named by the 31 March that ends them. Choices: docs/decisions/0017-prices.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cip_analysis.records import Spend
from cip_analysis.settings import Judgement

NOMINAL = "nominal"
STATED = "stated fee inflation"
STATED_RISE, CARRIED_RISE = "price.stated-fee-inflation", "price.index-carried-on"
STATED_FROM, STATED_TO = 2001, 2051
CARRIED_AT_MOST = 30
REAL = re.compile(r"(\d{4})/(\d{2}) prices")
Factors = NDArray[np.float64]
Amounts = TypeVar("Amounts", float, pd.Series)


class IndicesError(ValueError):
    """An index does not reach, or £ of two kinds would be mixed."""


@dataclass(frozen=True, slots=True, eq=False)
class PriceIndex:
    """A price index by financial year, as one publication gave it.

    values: financial year (ending 31 March) -> level, every year from the first to the last, above nought; only ratios
    matter. forecast_from: the first year that rests on the publisher's forecast; none where all is outturn.
    carried_rise: fraction a year by which the index goes on after its last year; none where it may not.
    notes: what a page must say of the choice of vintage.
    """

    name: str
    publication: str
    published: date
    values: Mapping[int, float]
    forecast_from: int | None = None
    carried_rise: float | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        years = sorted(self.values)
        if not years or years != list(range(years[0], years[-1] + 1)):
            raise IndicesError(f"{self.name} ({self.publication}): its years do not run on without a gap.")
        if not all(0 < self.values[year] < float("inf") for year in years):
            raise IndicesError(f"{self.name} ({self.publication}): a level is not a number above nought.")

    @property
    def first_year(self) -> int:
        """The first financial year the publication gives."""
        return min(self.values)

    @property
    def last_year(self) -> int:
        """The last financial year the publication gives."""
        return max(self.values)

    def level(self, year: int) -> float:
        """The index in one financial year; past the last, carried on by the stated rise.

        Raises IndicesError for a year before the first, or past the last where nothing carries it on.
        """
        if year in self.values:
            return self.values[year]
        beyond = year - self.last_year
        if self.carried_rise is None or not 0 < beyond <= CARRIED_AT_MOST:
            raise IndicesError(
                f"{self.name} ({self.publication}) runs from {year_name(self.first_year)} to "
                f"{year_name(self.last_year)} and says nothing of {year_name(year)}. Choose another index or year, or "
                f"state how it goes on as {CARRIED_RISE} in config/assumptions.toml."
            )
        return float(self.values[self.last_year] * (1 + self.carried_rise) ** beyond)

    def notes_for(self, years: Sequence[int]) -> tuple[str, ...]:
        """What a page must say that uses the index in these years: vintage, and where it was carried on."""
        if max(years) <= self.last_year or self.carried_rise is None:
            return self.notes
        return (
            *self.notes,
            f"{self.name} ends in {year_name(self.last_year)}; after it, {self.carried_rise:.1%} a year is assumed.",
        )

    def rebased(self, year: int, level: float = 100.0) -> PriceIndex:
        """The same index with `level` in one year: another label, the same ratios."""
        times = level / self.level(year)
        return replace(self, values={at: value * times for at, value in self.values.items()})


# ---- which index ----------------------------------------------------------------------------------------------


def as_known_at(table: pd.DataFrame, name: str, day: date) -> PriceIndex:
    """The newest vintage of an index out by a day; where none was, the earliest held, with a note that says so.

    table: as `returns.reference.indices.read_indices` gives it. Raises IndicesError naming the indices held.
    """
    held = table[table["index"].eq(name)]
    if held.empty:
        known = ", ".join(sorted(table["index"].unique())) or "none"
        raise IndicesError(f"No index {name!r} is held; there are: {known}. Choose one in the run's settings.")
    out = held[held["published"].le(pd.Timestamp(day))]
    chosen = held["published"].min() if out.empty else out["published"].max()
    vintage = held[held["published"].eq(chosen)]
    publication = str(vintage["publication"].iloc[0])
    note = (
        f"No {name} published by {day.day} {day:%B %Y} is held, so the earliest held stands in: {publication}, of "
        f"{chosen.day} {chosen:%B %Y}. That is hindsight."
    )
    forecast = vintage.loc[vintage["forecast"], "financial_year"]
    return PriceIndex(
        name,
        publication,
        chosen.date(),
        dict(zip(vintage["financial_year"].tolist(), vintage["value"].tolist(), strict=True)),
        forecast_from=None if forecast.empty else int(forecast.min()),
        notes=(note,) if out.empty else (),
    )


def stated_index(assumptions: Mapping[str, Judgement]) -> PriceIndex:
    """Prices that rise every year by the assumption `price.stated-fee-inflation`: an index nobody published."""
    rise = _judged(assumptions, STATED_RISE)
    values = {year: 100 * (1 + rise.value) ** (year - STATED_FROM) for year in range(STATED_FROM, STATED_TO + 1)}
    note = f"{STATED.capitalize()} is an assumption, {rise.value:.1%} a year: {rise.source}."
    return PriceIndex(STATED, rise.source, rise.as_of, values, notes=(note,))


def choose_index(table: pd.DataFrame, name: str, day: date, assumptions: Mapping[str, Judgement]) -> PriceIndex:
    """The index a run names, as known at a day, carried on past its end as the assumptions say.

    table: as `returns.reference.indices.read_indices` gives it. Raises IndicesError where it is not held.
    """
    if name == STATED:
        return stated_index(assumptions)
    return replace(as_known_at(table, name, day), carried_rise=_judged(assumptions, CARRIED_RISE).value)


def _judged(assumptions: Mapping[str, Judgement], key: str) -> Judgement:
    if key not in assumptions:
        raise IndicesError(f"The assumptions have no {key}. Add it to config/assumptions.toml.")
    return assumptions[key]


# ---- putting £ in another year's ------------------------------------------------------------------------------


def financial_year_of(day: date) -> int:
    """The financial year a day falls in, as the year of its 31 March.

    >>> financial_year_of(date(2018, 3, 31)), financial_year_of(date(2018, 4, 30))
    (2018, 2019)
    """
    return day.year + (day.month > 3)


def year_name(year: int) -> str:
    """The financial year ending 31 March `year`, as finance writes it.

    >>> year_name(2018), year_name(2000)
    ('2017/18', '1999/00')
    """
    return f"{year - 1}/{year % 100:02d}"


def price_base(year: int) -> str:
    """What £ of one financial year are called in a record.

    >>> price_base(2018)
    '2017/18 prices'
    """
    return f"{year_name(year)} prices"


def year_of_base(base: str) -> int:
    """The financial year whose £ a price base names.

    Raises IndicesError where it names none, or two: nominal £ are of every year they were paid in.
    """
    found = REAL.fullmatch(base)
    if not found or (year := int(found[1]) + 1) % 100 != int(found[2]):
        raise IndicesError(f"{base!r} does not name the £ of one financial year, as '2017/18 prices' does.")
    return year


def uprate(amounts: Amounts, from_year: int, to_year: int, index: PriceIndex) -> Amounts:
    """£ of one financial year in the £ of another: amount × index of `to_year` ÷ index of `from_year`.

    Going through a third year changes nothing, and there and back is where one began. Raises IndicesError for a year
    the index says nothing of. By hand: an index of 102.6 in 2017/18 and 104.4 in 2018/19 makes £1,000 into £1,017.54.
    """
    return amounts * (index.level(to_year) / index.level(from_year))


def restating_factors(index: PriceIndex, years: Sequence[int], to_year: int) -> Factors:
    """By what each year's nominal £ are multiplied to be £ of `to_year`."""
    return np.array([index.level(to_year) / index.level(year) for year in years])


def restate_spend(spend: Spend, index: PriceIndex, year: int) -> Spend:
    """Spend in the £ of the financial year ending `year`: nominal lines by the index of their own year.

    Spend already in one year's £ moves from that year to this one. Lines are not rounded, so that there and back is
    where one began. Raises IndicesError where its price base names neither.
    """
    own = spend.table["financial_year"]
    if spend.price_base == NOMINAL:
        factors = own.map({int(at): index.level(year) / index.level(int(at)) for at in own.unique()})
    else:
        factors = pd.Series(index.level(year) / index.level(year_of_base(spend.price_base)), index=own.index)
    money = [name for name in ("spend_gbp", "present_gbp") if name in spend.table]
    table = spend.table.assign(**{name: spend.table[name] * factors.astype("float64") for name in money})
    return replace(spend, table=table, price_base=price_base(year))
