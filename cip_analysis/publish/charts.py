"""Charts of released tables. Each returns its axes, shows nothing, saves nothing and computes only positions.

`title` is the finding in words; the unit stands on the axis, the source and the rule at the foot. The time column is
the one called month, year, financial_year or date; `by` names the column, or columns, that tell series apart.

    picture = lines(stock, "children", by="setting", title="Foster homes did not keep up with need")
    exhibit(picture, stock, caption="Children looked after by setting", alt="Line chart. In-house foster …")
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from pandas.api import types as kinds

from cip_analysis.publish import style
from cip_analysis.publish.words import WITHHELD, capital, in_words, number_in_words, places_for, unit_of
from cip_analysis.records import Released

TIME_COLUMNS = ("month", "year", "financial_year", "date")
MOST_SERIES = 6


class ChartError(ValueError):
    """A chart was asked for that cannot be drawn honestly from the table given."""


def lines(released: Released, measure: str, *, by: str | None = None, title: str, ax: Axes | None = None) -> Axes:
    """One line a series over time, each labelled at its end; withheld points are gaps marked [c].

    by: column that tells the series apart, six at most. Outturn is always solid or its setting's own dash with a
    marker at every point; the measure's axis starts at nought.
    Raises ChartError where the table is not released, lacks a column, repeats a point, or holds too many series.
    """
    table, withheld = _by_time(released, measure, by)
    with style.canvas(released, title, ax) as drawn:
        style.draw_lines(drawn, table, marked=len(table) <= 20)
        style.measure_axis(drawn, "y", measure, released, table.to_numpy())
        style.write_withheld(drawn, table.index, withheld)
        style.label_ends(drawn, table, [capital(name) if by else "" for name in table.columns])
        style.time_axis(drawn, table.index)
    return drawn


def month_end(released: Released, measure: str, *, by: str | None = None, title: str, ax: Axes | None = None) -> Axes:
    """Month-end stock as an unbroken line of outturn, with its last value written beside it.

    The table needs a `month` column of month ends. Raises ChartError as `lines` does.
    """
    _accept(released, ["month"])
    table, withheld = _by_time(released, measure, by)
    with style.canvas(released, title, ax) as drawn:
        style.draw_lines(drawn, table, marked=False)
        style.measure_axis(drawn, "y", measure, released, table.to_numpy())
        style.write_withheld(drawn, table.index, withheld)
        style.label_ends(drawn, table, _last_values(table, measure, released, named=by is not None))
        style.time_axis(drawn, table.index)
    return drawn


def bars(released: Released, measure: str, *, by: str | Sequence[str], title: str, ax: Axes | None = None) -> Axes:
    """Upright bars, one group a value of the first column of `by`, side by side for each value of the second.

    A single series carries its numbers on the bars. Raises ChartError as `lines` does.
    """
    table, withheld = _by_labels(released, measure, by)
    width = 0.8 / len(table.columns)
    with style.canvas(released, title, ax) as drawn:
        places = np.arange(len(table))
        for position, name in enumerate(table.columns):
            look = style.look_of(str(name), position)
            offset = (position - (len(table.columns) - 1) / 2) * width
            drawn.bar(places + offset, table[name].fillna(0), width * 0.94, label=capital(name), **style.bar_look(look))
            if len(table.columns) > 1:
                style.write_withheld(drawn, places + offset, withheld[[name]])
        style.measure_axis(drawn, "y", measure, released, table.to_numpy())
        if len(table.columns) == 1:
            style.write_on_bars(drawn, table.iloc[:, 0], _values_in_words(table, withheld, released))
        style.label_categories(drawn, table.index, _names(by)[0])
        style.bar_legend(drawn, len(table.columns))
    return drawn


def stacked(released: Released, measure: str, *, by: Sequence[str], title: str, ax: Axes | None = None) -> Axes:
    """Upright bars of parts that add up: one bar a value of the first column of `by`, one part a value of the second.

    A bar with a part withheld carries [c] above it, because its height is then short of the whole.
    Raises ChartError as `lines` does.
    """
    table, withheld = _by_labels(released, measure, by)
    parts = table.fillna(0)
    with style.canvas(released, title, ax) as drawn:
        places, height = np.arange(len(table)), np.zeros(len(table))
        for position, name in enumerate(table.columns):
            look = style.look_of(str(name), position)
            drawn.bar(places, parts[name], 0.72, bottom=height, label=capital(name), **style.bar_look(look))
            height = height + parts[name].to_numpy()
        style.measure_axis(drawn, "y", measure, released, height)
        for place in np.flatnonzero(withheld.any(axis=1)):
            drawn.annotate(
                f"+{WITHHELD}", (place, height[place]), (0, 2), textcoords="offset points", ha="center", fontsize=9
            )
        style.label_categories(drawn, table.index, _names(by)[0])
        style.bar_legend(drawn, len(table.columns))
    return drawn


def compare(released: Released, measure: str, *, ours: str | Sequence[str], title: str, ax: Axes | None = None) -> Axes:
    """Areas, or anything with a name, as bars across from the highest to the lowest, ours picked out.

    ours: the name or names to pick out; the first is the council's own, any others (its region, the country) stand
    hatched between. The column of names is the one that holds them. Raises ChartError as `lines` does.
    """
    _accept(released, [measure])
    picked = _names(ours)
    labels = _column_holding(released, picked[0])
    table, withheld = _by_labels(released, measure, labels)
    ordered = table.iloc[:, 0].sort_values(ascending=True, na_position="first", kind="stable")
    with style.canvas(released, title, ax, grid="x", height=style.height_for(len(ordered), 0.27)) as drawn:
        looks = [style.area_look(str(name), picked) for name in ordered.index]
        for place, (height, look) in enumerate(zip(ordered.fillna(0), looks, strict=True)):
            drawn.barh(place, height, 0.74, **style.bar_look(look))
        style.measure_axis(drawn, "x", measure, released, ordered.to_numpy())
        words = _values_in_words(ordered.to_frame(measure), withheld.reindex(ordered.index), released)
        style.write_on_bars(drawn, ordered, words, across=True)
        drawn.set_yticks(range(len(ordered)), [capital(name) for name in ordered.index])
        for label in drawn.get_yticklabels():
            label.set_fontweight("bold" if label.get_text() == capital(picked[0]) else "normal")
    return drawn


def quantiles(released: Released, *, by: str, title: str, ax: Axes | None = None) -> Axes:
    """The spread of a measure in each group: a thin line between the outer quantiles, a thick one between the inner.

    The table needs columns named p10, p25, p50, p75 and p90 (or any such five), with the unit after where the
    table's own does not say it: p10_weekly_price_gbp. The middle one is written beside its mark.
    Raises ChartError where there are not five of them, or as `lines` does.
    """
    _accept(released, [by])
    names = [name for name in released.table.columns if name[:1] == "p" and name[1:].split("_")[0].isdigit()]
    if len(names) != 5:
        raise ChartError(f"A chart of spread needs five quantile columns such as p10 to p90; found {len(names)}.")
    low, lower, middle, upper, high = sorted(names, key=lambda name: int(name[1:].split("_")[0]))
    table = released.table.iloc[::-1].reset_index(drop=True)
    with style.canvas(released, title, ax, grid="x", height=style.height_for(len(table), 0.48)) as drawn:
        places, look = np.arange(len(table)), style.LOOKS[0]
        drawn.hlines(places, _numbers(table[low]), _numbers(table[high]), colors=style.FAINT, linewidth=2.5)
        drawn.hlines(places, _numbers(table[lower]), _numbers(table[upper]), colors=look.colour, linewidth=9)
        drawn.plot(_numbers(table[middle]), places, "D", color="white", markeredgecolor=style.INK, markersize=7)
        style.measure_axis(drawn, "x", middle, released, _numbers(table[high]))
        known = table[middle].astype("Float64")
        for place, height in enumerate(known):
            words = WITHHELD if pd.isna(height) else number_in_words(float(height), middle, released)
            drawn.annotate(words, (0 if pd.isna(height) else height, place), (0, 9), **ABOVE)
        drawn.set_xlabel(_spread_of_what(middle, released), loc="left")
        style.write_key(drawn, "Line: {} to {}. Bar: {} to {}. Diamond: {}.", [low, high, lower, upper, middle])
        drawn.set_yticks(places, [capital(name) for name in table[by]])
        drawn.set_ylim(-0.6, len(table) - 0.35)
    return drawn


def lorenz(
    released: Released,
    measure: str = "share_of_spend",
    *,
    against: str = "share_of_children",
    title: str,
    ax: Axes | None = None,
) -> Axes:
    """How unevenly a total falls: the running share of `measure` against the running share of children, cheapest first.

    Both columns hold fractions from 0 to 1. The dashed line is where the curve would lie if every child cost the same.
    Raises ChartError as `lines` does.
    """
    _accept(released, [measure, against])
    curve = released.table[[against, measure]].astype("Float64").dropna().astype(float).sort_values(against)
    with style.canvas(released, title, ax) as drawn:
        drawn.plot([0, 1], [0, 1], color=style.QUIET, linestyle=(0, (5, 3)), linewidth=1.2)
        drawn.fill_between(curve[against], curve[measure], curve[against], color=style.OURS, alpha=0.12, linewidth=0)
        drawn.plot(curve[against], curve[measure], color=style.OURS, linewidth=2.5)
        drawn.annotate("if every child cost the same", (0.5, 0.5), (-6, 4), ha="right", **BESIDE)
        style.measure_axis(drawn, "y", measure, released, np.array([0.0, 1.0]))
        style.measure_axis(drawn, "x", against, released, np.array([0.0, 1.0]))
        drawn.set_xlim(0, 1)
        drawn.set_ylim(0, 1)
    return drawn


def heat(released: Released, measure: str, *, by: Sequence[str], title: str, ax: Axes | None = None) -> Axes:
    """A table of two labels with each cell shaded by its number and the number written in it.

    by: the column of rows, then the column of columns. Withheld cells are white and marked [c].
    Raises ChartError as `lines` does.
    """
    table, withheld = _by_labels(released, measure, by, most=12)
    shades = LinearSegmentedColormap.from_list("house", ["#FFFFFF", "#ADD1F1", "#2073BC", "#12436D"])
    values = table.to_numpy()
    with style.canvas(released, title, ax, grid="") as drawn:
        drawn.imshow(values, cmap=shades, aspect="auto", vmin=0)
        most = float(np.nanmax(values)) if np.isfinite(values).any() else 1.0
        for (row, column), value in np.ndenumerate(values):
            words = WITHHELD if withheld.iloc[row, column] else number_in_words(value, measure, released)
            colour = "white" if value > most * 0.55 else style.INK
            drawn.text(column, row, words, ha="center", va="center", fontsize=9.5, color=colour)
        drawn.set_xticks(range(len(table.columns)), [style.folded(name, 12) for name in table.columns])
        drawn.set_yticks(range(len(table)), [style.folded(name, 24) for name in table.index])
        drawn.tick_params(length=0)
        drawn.set_xlabel(unit_of(measure, released), loc="left", color=style.QUIET, fontsize=9.5)
    return drawn


ABOVE: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "fontsize": 9}
BESIDE: dict[str, Any] = {"textcoords": "offset points", "fontsize": 9, "va": "bottom"}


# ---- from a released table to positions -------------------------------------------------------------------------


def _accept(released: Released, needed: Sequence[str]) -> None:
    """Refuse anything that did not come through the door, or lacks a column."""
    if not isinstance(released, Released):
        raise ChartError(
            f"A chart takes a released table, not a {type(released).__name__}. Pass it through `release` first."
        )
    if missing := [name for name in needed if name not in released.table.columns]:
        raise ChartError(f"The table has no column {', '.join(missing)}; it has {', '.join(released.table.columns)}.")
    if released.table.empty:
        raise ChartError("The table has no rows to draw.")


def _by_time(released: Released, measure: str, by: str | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The measure and its withheld flags, time down and series across."""
    _accept(released, [measure])
    times = [name for name in TIME_COLUMNS if name in released.table.columns]
    if len(times) != 1:
        raise ChartError(f"A line needs one time column, of {', '.join(TIME_COLUMNS)}; this table has {len(times)}.")
    wide = _wide(released, measure, [times[0], by] if by else [times[0]])
    table, withheld = (half.sort_index() for half in wide)
    return table, withheld


def _by_labels(
    released: Released, measure: str, by: str | Sequence[str], most: int = MOST_SERIES
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The measure and its withheld flags, first label down and second across, in the order of the table."""
    names = _names(by)
    if not 1 <= len(names) <= 2:
        raise ChartError(f"`by` names one or two columns, not {len(names)}.")
    return _wide(released, measure, names, most)


def _wide(
    released: Released, measure: str, labels: Sequence[str], most: int = MOST_SERIES
) -> tuple[pd.DataFrame, pd.DataFrame]:
    _accept(released, [measure, *labels])
    table = released.table
    if not kinds.is_numeric_dtype(table[measure]):
        raise ChartError(f"{measure} holds {table[measure].dtype}, which cannot be drawn.")
    if repeats := int(table.duplicated(list(labels)).sum()):
        raise ChartError(f"{repeats} rows repeat a value of {' and '.join(labels)}. Add them up, or name another `by`.")
    keys = table[list(labels)].astype(
        {name: object for name in labels if not kinds.is_datetime64_any_dtype(table[name])}
    )
    flat = keys.assign(_value=_numbers(table[measure]), _withheld=released.withheld[measure].to_numpy())
    if len(labels) == 1:
        flat = flat.set_index(labels[0])
        return flat[["_value"]].set_axis([measure], axis=1), flat[["_withheld"]].set_axis([measure], axis=1)
    down, across = (list(dict.fromkeys(flat[name])) for name in labels)
    if len(across) > most:
        raise ChartError(
            f"{len(across)} series are too many to tell apart; {most} at most. Join the smallest as other."
        )
    spread = {
        name: flat.pivot_table(index=labels[0], columns=labels[1], values=name, aggfunc="first", dropna=False).reindex(
            index=down, columns=across
        )
        for name in ("_value", "_withheld")
    }
    return spread["_value"], spread["_withheld"].eq(True)


def _values_in_words(table: pd.DataFrame, withheld: pd.DataFrame, released: Released) -> list[str]:
    """The numbers of a one-column table as they are written at the ends of bars."""
    measure = str(table.columns[0])
    places = places_for(table[measure].tolist(), measure)
    return [
        WITHHELD if hidden else number_in_words(value, measure, released, places)
        for value, hidden in zip(table[measure], withheld.iloc[:, 0], strict=True)
    ]


def _last_values(table: pd.DataFrame, measure: str, released: Released, *, named: bool) -> list[str]:
    """Each series' name and last known value."""
    ends = {name: table[name].dropna() for name in table.columns}
    said = {name: number_in_words(float(end.iloc[-1]), measure, released) if len(end) else WITHHELD
            for name, end in ends.items()}  # fmt: skip
    return [f"{capital(name)} {value}" if named else value for name, value in said.items()]


def _numbers(column: pd.Series) -> np.ndarray:
    return column.to_numpy(dtype=float, na_value=np.nan)


def _spread_of_what(middle: str, released: Released) -> str:
    """What quantile columns are quantiles of, with its unit."""
    _point, _, measure = middle.partition("_")
    return f"{in_words(measure)} ({unit_of(middle, released)})" if in_words(measure) else unit_of(middle, released)


def _names(by: str | Sequence[str]) -> list[str]:
    return [by] if isinstance(by, str) else list(by)


def _column_holding(released: Released, name: str) -> str:
    found = [column for column in released.table.columns if (released.table[column].astype(object) == name).any()]
    if len(found) != 1:
        raise ChartError(f"{name!r} to pick out is in {len(found)} columns of the table; it must be in exactly one.")
    return found[0]
