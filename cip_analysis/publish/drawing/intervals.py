"""Charts of a middle and its range, a row a name: differences, drivers, and how a forecast has done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import blended_transform_factory, offset_copy

from cip_analysis.publish.drawing import style
from cip_analysis.publish.drawing.positions import ChartError, accept, numbers
from cip_analysis.publish.drawing.series import statistic
from cip_analysis.publish.words import (
    RANGES,
    WITHHELD,
    figure_in_words,
    is_share,
    number_in_words,
    places_for,
)
from cip_analysis.records import Released

SIGNED = ("difference", "change", "gap")
MOST_ROWS, NAME_WIDTH = 16, 36
COVERAGE = {80: ("coverage_80", "o", 0.17), 95: ("coverage_95", "D", -0.17)}
TORNADO_KEY = "Hollow dot: at its low end. Filled dot: at its high end. Dashed line: all at the likeliest."
GLYPHS = {80: "●", 95: "◆"}


def whiskers(released: Released, measure: str, *, by: str, title: str, ax: Axes | None = None) -> Axes:
    """A row a name: a dot at the median, a line over the 80% range, and both written out; a line at nought.

    measure: the table's columns are p10_difference, p50_difference and p90_difference for "difference", or plain p10,
    p50 and p90. Differences, changes and gaps are written with their sign. by: column of the names, in the order
    of the table, 16 at most.
    Raises ChartError where a name is repeated, a column is missing, or the table is not released.
    """
    table, withheld = _intervals(released, measure, by)
    names = [style.folded(name, NAME_WIDTH) for name in table.index]
    each = max(0.36, 0.18 * max(name.count("\n") + 1 for name in names) + 0.06)
    with style.canvas(released, title, ax, grid="x", height=style.height_for(len(table), each)) as drawn:
        places = np.arange(len(table))
        drawn.axvline(0, color=style.INK, linewidth=1.1, zorder=1)
        drawn.hlines(places, table["low"], table["high"], colors=style.LOOKS[6].colour, linewidth=3)
        for end in ("low", "high"):
            drawn.plot(table[end], places, "|", color=style.LOOKS[6].colour, markersize=9, markeredgewidth=2)
        drawn.plot(table["middle"], places, "o", color=style.OURS, markersize=8, markeredgecolor="white")
        _signed_axis(drawn, measure, released, table)
        said = [WITHHELD if hidden else _interval_in_words(row, measure, released)
                for hidden, row in zip(withheld, table.to_dict("records"), strict=True)]  # fmt: skip
        _write_column(drawn, places, said)
        drawn.set_yticks(places, names)
        drawn.set_ylim(-0.6, len(table) - 0.4)
        style.write_key(drawn, "Dot: {}. Line: 80% range.", ["p50"])
    return drawn


def tornado(released: Released, measure: str, *, by: str, title: str, ax: Axes | None = None) -> Axes:
    """A row a judgement: from what the measure is at its low end to what it is at its high one, both written out.

    measure: the table's columns are low_, middle_ and high_ of it; the middle, the same in every row, is a line. A
    filled dot stands at the high end and a hollow one at the low, so that neither is told by colour. by: column of the
    judgements, in the order of the table, 16 at most.
    Raises ChartError where a judgement is repeated, a column is missing, or the table is not released.
    """
    columns = {end: f"{end}_{measure}" for end in ("low", "middle", "high")}
    accept(released, [by, *columns.values()])
    table, withheld = _named_rows(released, by, columns)
    names = [style.folded(name, NAME_WIDTH) for name in table.index]
    each = max(0.36, 0.2 * max(name.count("\n") + 1 for name in names) + 0.08)
    with style.canvas(released, title, ax, grid="x", height=style.height_for(len(table), each)) as drawn:
        places = np.arange(len(table))
        drawn.axvline(0, color=style.INK, linewidth=1.1, zorder=1)
        drawn.axvline(table["middle"].iloc[0], color=style.QUIET, linewidth=1.1, linestyle=(0, (4, 2)), zorder=1)
        drawn.hlines(places, table["low"], table["high"], colors=style.LOOKS[6].colour, linewidth=3)
        drawn.plot(table["low"], places, "o", color="white", markersize=8, markeredgecolor=style.OURS)
        drawn.plot(table["high"], places, "o", color=style.OURS, markersize=8, markeredgecolor="white")
        _signed_axis(drawn, measure, released, table)
        said = [WITHHELD if hidden else _ends_in_words(row, measure, released)
                for hidden, row in zip(withheld, table.to_dict("records"), strict=True)]  # fmt: skip
        _write_column(drawn, places, said)
        drawn.set_yticks(places, names)
        drawn.set_ylim(-0.6, len(table) - 0.4)
        style.write_key(drawn, TORNADO_KEY, [])
    return drawn


def coverage(released: Released, *, by: str = "horizon_months", title: str, ax: Axes | None = None) -> Axes:
    """How often past forecasts' ranges held what came, a row a horizon, beside how often they should have.

    The table needs coverage_80 or coverage_95, or both, as shares from 0 to 1. by: column of the rows; months ahead
    are said in years where they are whole. The dotted lines are what each range promises.
    Raises ChartError where a row is repeated, there is neither column, or the table is not released.
    """
    accept(released, [by])
    shown = {percent: look for percent, look in COVERAGE.items() if look[0] in released.table.columns}
    if not shown:
        raise ChartError("A chart of how ranges held needs the column coverage_80 or coverage_95.")
    _refuse_repeats(released, by)
    table = released.table.iloc[::-1]
    places = np.arange(len(table))
    with style.canvas(released, title, ax, grid="", height=style.height_for(len(table), 0.55)) as drawn:
        for percent, (column, marker, offset) in shown.items():
            look, promised = style.LOOKS[0 if percent == 80 else 1], percent / 100
            drawn.axvline(promised, color=look.colour, linewidth=1.5, linestyle=(0, (2, 1.5)), zorder=1)
            drawn.annotate(f"{percent}%", (promised, 1), (0, 3), xycoords=drawn.get_xaxis_transform(),
                           textcoords="offset points", ha="center", fontsize=9, color=style.INK)  # fmt: skip
            held = numbers(table[column])
            drawn.plot(held, places + offset, marker, color=look.colour, markersize=8, linestyle="", zorder=3)
            words = [WITHHELD if hidden else f"{GLYPHS[percent]} {percent}% range: {figure_in_words(share * 100)}%"
                     for share, hidden in zip(held, released.withheld[column].iloc[::-1], strict=True)]  # fmt: skip
            _write_column(drawn, places + offset, words)
        lowest = float(np.nanmin([numbers(table[column]) for column, _m, _o in shown.values()], initial=0.6))
        drawn.set_xlim(np.floor(lowest * 10 - 0.5) / 10, 1.005)
        drawn.xaxis.set_major_formatter(lambda value, _place: f"{figure_in_words(value * 100)}%")
        drawn.set_xlabel("Outturns that fell in the range (the axis does not begin at 0%)", loc="left",
                         color=style.QUIET, fontsize=9.5)  # fmt: skip
        drawn.set_yticks(places, [_row_in_words(name, by) for name in table[by]])
        drawn.set_ylim(-0.6, len(table) - 0.4)
    return drawn


def horizon_in_words(months: int) -> str:
    """Months ahead as people say them.

    >>> horizon_in_words(12), horizon_in_words(48), horizon_in_words(18)
    ('1 year ahead', '4 years ahead', '18 months ahead')
    """
    years, left = divmod(int(months), 12)
    if left or not years:
        return f"{months} month{'s' if months != 1 else ''} ahead"
    return f"{years} year{'s' if years != 1 else ''} ahead"


def _row_in_words(name: object, by: str) -> str:
    return horizon_in_words(int(str(name))) if by in ("horizon_months", "months_ahead") else style.folded(name, 30)


def _intervals(released: Released, measure: str, by: str) -> tuple[pd.DataFrame, list[bool]]:
    """Low, middle and high by name, the last of the table first, and whether each is withheld."""
    accept(released, [by])
    low, high = RANGES[80]
    ends = {"low": low, "middle": "p50", "high": high}
    found = {end: statistic(released, point, measure) for end, point in ends.items()}
    if missing := [ends[end] for end, column in found.items() if column is None]:
        raise ChartError(
            f"A dot with its range needs p10, p50 and p90 of {measure}; {', '.join(missing)} is not there."
        )
    return _named_rows(released, by, {end: str(column) for end, column in found.items()})


def _named_rows(released: Released, by: str, columns: Mapping[str, str]) -> tuple[pd.DataFrame, list[bool]]:
    """Some columns by name, the last of the table first, and whether any of a row is withheld."""
    _refuse_repeats(released, by)
    if len(released.table) > MOST_ROWS:
        raise ChartError(f"{len(released.table)} rows are too many to read; {MOST_ROWS} at most. Choose among them.")
    table = pd.DataFrame({end: numbers(released.table[column]) for end, column in columns.items()})
    hidden = released.withheld[list(columns.values())].any(axis=1).to_numpy()
    return table.set_index(pd.Index(released.table[by].astype(object))).iloc[::-1], list(hidden[::-1])


def _refuse_repeats(released: Released, by: str) -> None:
    if repeats := int(released.table[by].duplicated().sum()):
        raise ChartError(f"{repeats} rows repeat a value of {by}. Take one row each with `part`.")


def _signed_axis(ax: Axes, measure: str, released: Released, table: pd.DataFrame) -> None:
    """The axis of the measure with nought on it, and signs where it is a difference."""
    style.measure_axis(ax, "x", measure, released, table.to_numpy().ravel())
    if not is_signed(measure):
        return
    scale, ending = (0.01, "%") if is_share(measure) else (1.0, "")
    ax.xaxis.set_major_formatter(lambda value, _place: _sign(value) + figure_in_words(value / scale) + ending)


def is_signed(measure: str) -> bool:
    """Whether a measure is a difference, to be written with its sign."""
    return any(word in measure.split("_") for word in SIGNED)


def _sign(value: float) -> str:
    return "+" if value > 0 else ""


def _interval_in_words(row: dict[Any, float], measure: str, released: Released) -> str:
    """A middle and its range: "+20 (−5 to +45)"."""
    if any(np.isnan(value) for value in row.values()):
        return number_in_words(float("nan"), measure, released)
    places = places_for(list(row.values()), measure)
    low, middle, high = (
        (_sign(round(row[end], places)) if is_signed(measure) else "")
        + number_in_words(row[end], measure, released, places)
        for end in ("low", "middle", "high")
    )
    return f"{middle} ({low} to {high})"


def _ends_in_words(row: dict[Any, float], measure: str, released: Released) -> str:
    """What the measure is at the low end and at the high one: "−9.2 to −3.1"."""
    places = places_for(list(row.values()), measure)
    return " to ".join(number_in_words(row[end], measure, released, places) for end in ("low", "high"))


def _write_column(ax: Axes, places: np.ndarray, words: list[str]) -> None:
    """Words in a column to the right of the axes, one at each height."""
    at = offset_copy(blended_transform_factory(ax.transAxes, ax.transData), ax.get_figure(root=True), 0.1, 0)
    for place, said in zip(places, words, strict=True):
        ax.text(1, place, said, transform=at, ha="left", va="center", fontsize=9.5)
