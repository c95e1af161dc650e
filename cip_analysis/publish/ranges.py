"""A forecast's statistics as readers know them: a middle and its ranges, not percentiles.

table(with_ranges(part(forecast, where={"month": year_ends})), "Children looked after, baseline")
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from cip_analysis.publish.words import PERCENTILE, RANGES, figure_in_words, in_words, is_share, places_for
from cip_analysis.records import Released

TIME_COLUMNS = ("month", "year", "financial_year", "date")


class RangeError(ValueError):
    """A released table has no range to write out, or two that do not fit together."""


def with_ranges(released: Released, *, ranges: Sequence[int] = (80, 95)) -> Released:
    """The table with each pair of percentiles joined in one column: "80% range", holding "560 to 740".

    ranges: percentages, of words.RANGES, in the order wanted; those whose percentiles the table lacks are left out.
    The median and every other column stay; the mean and the percentiles do not. A range is withheld where either end
    is. A median names what it is of, where that has a name ("Median change"), and so does each range where a table
    holds several: "80% range: needed".
    Raises RangeError where the table holds none of the ranges.
    """
    percentiles = {name: found for name in released.table.columns if (found := PERCENTILE.fullmatch(name))}
    measures = list(dict.fromkeys(found.group(2) or "" for found in percentiles.values()))
    pairs = {
        _heading(percent, measure, several=len(measures) > 1): tuple(_column(end, measure) for end in RANGES[percent])
        for measure in measures
        for percent in ranges
        if {_column(end, measure) for end in RANGES[percent]} <= set(percentiles)
    }
    if not pairs:
        raise RangeError(f"The table holds no {' or '.join(f'{percent}%' for percent in ranges)} range.")
    middles = {_column("p50", measure) for measure in measures}
    means = {_column("mean", measure) for measure in measures}
    kept = [name for name in released.table.columns if name not in {*percentiles, *means} - middles]
    table, withheld = released.table[kept], released.withheld[kept]
    for heading, (low, high) in pairs.items():
        hidden = released.withheld[low] | released.withheld[high]
        table = table.assign(**{heading: _joined(released.table[low], released.table[high]).mask(hidden)})
        withheld = withheld.assign(**{heading: hidden})
    named = {_column("p50", measure): f"median_{measure}" for measure in measures if measure}
    return replace(released, table=table.rename(columns=named), withheld=withheld.rename(columns=named))


def beside(outturn: Released, forecast: Released) -> Released:
    """The numbers behind a fan in one table: each month's outturn, then the median and its ranges.

    Both need the same one time column and no series to tell apart; the rule and source said are the forecast's, and
    the outturn's too where they differ. Raises RangeError where the time columns differ.
    """
    written = with_ranges(forecast)
    shared = [name for name in TIME_COLUMNS if name in outturn.table and name in written.table]
    if len(shared) != 1:
        raise RangeError("The outturn and the forecast do not have one time column in common.")
    columns = [shared[0], *[name for name in outturn.table if name not in shared]]
    columns += [name for name in written.table if name not in columns]
    merged = {
        half: getattr(outturn, half).assign(**{shared[0]: outturn.table[shared[0]]})
        .merge(getattr(written, half).assign(**{shared[0]: written.table[shared[0]]}), on=shared[0], how="outer")
        .sort_values(shared[0])[columns].reset_index(drop=True)
        for half in ("table", "withheld")
    }  # fmt: skip
    withheld = merged["withheld"].eq(True).assign(**{shared[0]: False})
    return replace(together(forecast, outturn), table=merged["table"], withheld=withheld)


def across(written: Released, *, rows: str, columns: str = "month") -> Released:
    """A long table with ranges as a wide one: a row each of `rows`, a column a day, each cell "65 (60 to 95)".

    written: as `with_ranges` gives it, with the median p50 and one range. A cell whose ends are written alike holds
    one number. Raises RangeError where it holds no range, or several, or a row repeats a day.
    """
    ranges = [name for name in written.table if "% range" in str(name)]
    if len(ranges) != 1 or written.table.duplicated([rows, columns]).any():
        raise RangeError(f"A table across needs one range, and one row for each of {rows} and {columns}.")
    hidden = written.withheld["p50"] | written.withheld[ranges[0]]
    pairs = zip(written.table["p50"], written.table[ranges[0]], hidden, strict=True)
    words = [None if withheld else _cell(middle, span) for middle, span, withheld in pairs]
    names, days = list(dict.fromkeys(written.table[rows])), written.table[columns].map(lambda day: f"{day:%B %Y}")
    places = pd.MultiIndex.from_arrays([written.table[rows], days])
    cells = pd.MultiIndex.from_product([names, list(dict.fromkeys(days))])
    wide, flags = (
        pd.DataFrame(series.reindex(cells).to_numpy().reshape(len(names), -1), columns=list(dict.fromkeys(days)))
        for series in (pd.Series(words, places, dtype="object"), pd.Series(hidden.to_numpy(), places))
    )
    table = wide.astype("str").where(wide.notna())
    table.insert(0, rows, pd.Series(names, dtype="str"))
    flags.insert(0, rows, False)
    return replace(written, table=table, withheld=flags.astype(bool))


def a_year(released: Released, column: str, years: float) -> Released:
    """A released count over several years as one a year, to a whole number, worked from the rounded one.

    years: how many the count is over. The new column is called `column` and "_a_year", and stands in its place.
    Raises RangeError where no time has passed.
    """
    if years <= 0:
        raise RangeError(f"A count over {years} years cannot be told a year.")
    name, told = f"{column}_a_year", f"{released.rule.rstrip('.')}. Numbers a year are worked from the rounded ones"
    yearly = (released.table[column].astype("Float64") / years).round().astype("Int64")
    return replace(
        released, rule=told, table=released.table.assign(**{column: yearly}).rename(columns={column: name}),
        withheld=released.withheld.rename(columns={column: name}),
    )  # fmt: skip


def together(first: Released, *others: Released) -> Released:
    """The first table, with what is said of all: every source, each sentence of a rule once, if any is invented."""
    every = [first, *others]
    sources = list(dict.fromkeys(one.source.rstrip(".") for one in every))
    rules = dict.fromkeys(said for one in every for said in one.rule.rstrip(".").split(". "))
    return replace(
        first, source="; ".join(sources), rule=". ".join(rules),
        synthetic=any(one.synthetic for one in every),
    )  # fmt: skip


def _cell(middle: float, span: str) -> str:
    """A middle with its range in brackets, or one number where they are written alike."""
    words = figure_in_words(middle)
    return words if words == span else f"{words} ({span})"


def _column(statistic: str, measure: str) -> str:
    """The column of a statistic: p10 alone, or p10_difference where the table names its measure."""
    return f"{statistic}_{measure}" if measure else statistic


def _heading(percent: int, measure: str, *, several: bool) -> str:
    said = f"{percent}% range"
    return f"{said}: {in_words(measure).lower()}" if several and measure else said


def _joined(low: pd.Series, high: pd.Series) -> pd.Series:
    """Two columns of numbers as one of words, with as many decimal places as the pair needs."""
    found = PERCENTILE.fullmatch(str(low.name))
    share = found is not None and is_share(found.group(2) or "")
    ends = [column.astype("Float64") * (100 if share else 1) for column in (low, high)]
    places = places_for([float(value) for end in ends for value in end.dropna()], str(low.name))
    mark = "%" if share else ""
    words = [
        None if pd.isna(below) or pd.isna(above) else _range(below, above, places) + mark
        for below, above in zip(*ends, strict=True)
    ]
    return pd.Series(words, index=low.index, dtype="str")


def _range(low: float, high: float, places: int) -> str:
    """Two numbers as "560 to 740", or the one they are written as alike."""
    below, above = figure_in_words(low, places), figure_in_words(high, places)
    return below if below == above else f"{below} to {above}"
