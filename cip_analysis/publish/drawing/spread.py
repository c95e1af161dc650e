"""Charts of how unevenly a thing falls: quantiles, a Lorenz curve, a shaded table, from released tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from cip_analysis.publish.drawing import style
from cip_analysis.publish.drawing.positions import ChartError, accept, by_labels, numbers, spread_of_what
from cip_analysis.publish.words import WITHHELD, capital, number_in_words, unit_of
from cip_analysis.records import Released

ABOVE: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "fontsize": 9}
BESIDE: dict[str, Any] = {"textcoords": "offset points", "fontsize": 9, "va": "bottom"}


def quantiles(released: Released, *, by: str, title: str, ax: Axes | None = None) -> Axes:
    """The spread of a measure in each group: a thin line between the outer quantiles, a thick one between the inner.

    The table needs columns named p10, p25, p50, p75 and p90 (or any such five), with the unit after where the
    table's own does not say it: p10_weekly_price_gbp. The middle one is written beside its mark.
    Raises ChartError where there are not five of them, or as `lines` does.
    """
    accept(released, [by])
    names = [name for name in released.table.columns if name[:1] == "p" and name[1:].split("_")[0].isdigit()]
    if len(names) != 5:
        raise ChartError(f"A chart of spread needs five quantile columns such as p10 to p90; found {len(names)}.")
    low, lower, middle, upper, high = sorted(names, key=lambda name: int(name[1:].split("_")[0]))
    table = released.table.iloc[::-1].reset_index(drop=True)
    with style.canvas(released, title, ax, grid="x", height=style.height_for(len(table), 0.48)) as drawn:
        places, look = np.arange(len(table)), style.LOOKS[0]
        drawn.hlines(places, numbers(table[low]), numbers(table[high]), colors=style.FAINT, linewidth=2.5)
        drawn.hlines(places, numbers(table[lower]), numbers(table[upper]), colors=look.colour, linewidth=9)
        drawn.plot(numbers(table[middle]), places, "D", color="white", markeredgecolor=style.INK, markersize=7)
        style.measure_axis(drawn, "x", middle, released, numbers(table[high]))
        known = table[middle].astype("Float64")
        for place, height in enumerate(known):
            words = WITHHELD if pd.isna(height) else number_in_words(float(height), middle, released)
            drawn.annotate(words, (0 if pd.isna(height) else height, place), (0, 9), **ABOVE)
        drawn.set_xlabel(spread_of_what(middle, released), loc="left")
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
    accept(released, [measure, against])
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
    table, withheld = by_labels(released, measure, by, most=12)
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
