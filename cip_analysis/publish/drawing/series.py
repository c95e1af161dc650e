"""Forecasts and outturns of released tables as series over time: every kind of date as the day it stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from pandas.api import types as kinds

from cip_analysis.publish.drawing.positions import TIME_COLUMNS, ChartError, accept, numbers
from cip_analysis.publish.words import PERCENTILE, RANGES, STATISTICS
from cip_analysis.records import Released

SHORT_SPAN_DAYS = 550


@dataclass(frozen=True, slots=True)
class Claim:
    """A number somebody has named for a day, to be marked on a chart: "July 2018 report: 706"."""

    when: date
    value: float
    words: str


@dataclass(frozen=True, slots=True)
class Fan:
    """A forecast on a chart. middle: the median by day. bands: percentage -> its low and high ends by day."""

    middle: pd.Series
    bands: dict[int, tuple[pd.Series, pd.Series]]

    @property
    def highest(self) -> float:
        """The highest number drawn, nought where all is withheld."""
        known = pd.concat([self.middle, *[high for _low, high in self.bands.values()]]).dropna()
        return float(known.max()) if len(known) else 0.0


def days_of(released: Released) -> pd.DatetimeIndex:
    """The day each row stands for: a date as it is, a year (ending 31 March) as its last day.

    Raises ChartError where the table has no time column, or several.
    """
    times = [name for name in TIME_COLUMNS if name in released.table.columns]
    if len(times) != 1:
        raise ChartError(f"A chart over time needs one time column, of {', '.join(TIME_COLUMNS)}; found {len(times)}.")
    column = released.table[times[0]]
    if kinds.is_integer_dtype(column):
        return pd.DatetimeIndex(pd.to_datetime(column.astype(str) + "-03-31"))
    return pd.DatetimeIndex(pd.to_datetime(column))


def series_of(released: Released, column: str) -> pd.Series:
    """One column by day, ascending; withheld days are blank.

    Raises ChartError where the column is not there, is not numbers, or a day is repeated.
    """
    accept(released, [column])
    if not kinds.is_numeric_dtype(released.table[column]):
        raise ChartError(f"{column} holds {released.table[column].dtype}, which cannot be drawn.")
    found = pd.Series(numbers(released.table[column]), index=days_of(released), name=column)
    if repeats := int(found.index.duplicated().sum()):
        raise ChartError(f"{repeats} rows repeat a day of {column}. Take one series with `part`, or name its labels.")
    return found.sort_index()


def measure_of(released: Released) -> str:
    """The one column of figures of a table. Raises ChartError where there is none, or several."""
    accept(released, [])
    shown = [
        name for name in released.table.columns
        if kinds.is_numeric_dtype(released.table[name]) and name not in TIME_COLUMNS
    ]  # fmt: skip
    if len(shown) != 1:
        raise ChartError(
            f"The table has {len(shown)} columns of figures ({', '.join(shown)}); keep the one to draw with `part`."
        )
    return shown[0]


def statistic(released: Released, point: str, measure: str) -> str | None:
    """The column of a statistic: p50_children where the table has it, else p50, else none."""
    return next((name for name in (f"{point}_{measure}", point) if name in released.table.columns), None)


def fan_of(released: Released, measure: str, *, bands: Sequence[int] = (95, 80, 50)) -> Fan:
    """The median of a forecast and whichever of its bands the table holds.

    Raises ChartError where it lacks the median, or every band: a lone central line hides what is not known.
    """
    accept(released, [])
    middle = statistic(released, "p50", measure)
    found = {
        percent: (low, high)
        for percent in bands
        if (low := statistic(released, RANGES[percent][0], measure))
        and (high := statistic(released, RANGES[percent][1], measure))
    }
    if middle is None or not found:
        raise ChartError(
            "A forecast is drawn as its median and a band: the table needs p50 and a pair such as p10, p90."
        )
    drawn = {percent: (series_of(released, low), series_of(released, high)) for percent, (low, high) in found.items()}
    return Fan(series_of(released, middle), drawn)


def label_of(released: Released) -> str:
    """The one column of words that tells series apart. Raises ChartError where there is none, or several."""
    accept(released, [])
    figures = {name for name in released.table.columns if name in STATISTICS or PERCENTILE.fullmatch(name)}
    words = [
        name for name in released.table.columns
        if name not in {*figures, *TIME_COLUMNS} and not kinds.is_numeric_dtype(released.table[name])
    ]  # fmt: skip
    if len(words) != 1:
        raise ChartError(f"Series are told apart by one column of words; the table has {len(words)}.")
    return words[0]


def each_series(released: Released, by: str, most: int) -> dict[str, Released]:
    """The table of each value of `by`, in the order of the table, `most` at most.

    Raises ChartError where there are more.
    """
    accept(released, [by])
    names = list(dict.fromkeys(released.table[by].astype(object)))
    if len(names) > most:
        raise ChartError(f"{len(names)} series are too many to tell apart; {most} at most. Choose among them.")
    return {str(name): _rows(released, released.table[by].astype(object).eq(name)) for name in names}


def _rows(released: Released, kept: pd.Series) -> Released:
    return Released(
        released.table[kept].reset_index(drop=True), released.withheld[kept].reset_index(drop=True), released.rule,
        released.source, released.as_at, released.unit, released.synthetic,
    )  # fmt: skip


def set_days(ax: Axes, first: pd.Timestamp, last: pd.Timestamp) -> None:
    """A time axis from `first` to `last`, ticked at each 31 March where the years are few enough, else every other.

    A year and a half or less is ticked at every other month's end, the last among them.
    """
    ax.set_xlim(first - (last - first) * 0.01, last)  # type: ignore[arg-type]
    if last - first <= pd.Timedelta(days=SHORT_SPAN_DAYS):
        ends = pd.date_range(first, last, freq="ME")[::-1][::2][::-1]
        ax.set_xticks(ends, [f"{day:%b %Y}" for day in ends])
        return
    years = list(range(first.year, last.year + 1))
    ticks = [pd.Timestamp(year, 3, 31) for year in years]
    ticks = [tick for tick in ticks if first <= tick <= last] or [first, last]
    step = 1 + (len(ticks) - 1) // 9
    shown = ticks[::-1][::step][::-1]
    ax.set_xticks(shown, [f"{tick.year}" for tick in shown])  # type: ignore[arg-type]


def highest_of(*columns: pd.Series | Sequence[float]) -> np.ndarray:
    """Every known number of several columns, for the axis they share."""
    known = np.concatenate([np.asarray(column, dtype=float).ravel() for column in columns])
    return known[np.isfinite(known)] if np.isfinite(known).any() else np.array([0.0])
