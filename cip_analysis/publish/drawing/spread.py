"""Charts of how unevenly a thing falls: quantiles, a Lorenz curve, a shaded table, from released tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize

from cip_analysis.publish.drawing import style
from cip_analysis.publish.drawing.positions import ChartError, accept, by_labels, numbers, spread_of_what
from cip_analysis.publish.words import WITHHELD, capital, in_words, number_in_words, unit_of
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

    by: the column of rows, then the column of columns. Withheld cells are white and marked [c]. Where numbers lie on
    both sides of nought, the shades run from white at nought to orange below it and blue above; every number carries
    its sign, and a heavy line runs between the cells below nought and the others, so that nothing is told by colour.
    Raises ChartError as `lines` does.
    """
    table, withheld = by_labels(released, measure, by, most=12)
    values = table.to_numpy()
    signed = bool((values[np.isfinite(values)] < 0).any())
    words = np.array([[_signed(value, measure, released, signed) for value in row] for row in values])
    words[withheld.to_numpy()] = WITHHELD
    with style.canvas(released, title, ax, grid="", height=style.height_for(len(table), 0.34)) as drawn:
        shades, norm = _shades(values, signed)
        drawn.imshow(values, cmap=shades, norm=norm, aspect="auto", interpolation="nearest")
        for (row, column), said in np.ndenumerate(words):
            value = values[row, column]
            colour = _ink_on(shades(float(norm(value)))) if np.isfinite(value) else style.INK
            drawn.text(column, row, said, ha="center", va="center", fontsize=9, color=colour)
        drawn.set_xticks(range(len(table.columns)), [style.folded(name, 12) for name in table.columns])
        drawn.set_yticks(range(len(table)), [style.folded(name, 24) for name in table.index])
        drawn.tick_params(length=0)
        told = f"{in_words(by[1])}. In each cell: {in_words(measure).lower()} ({unit_of(measure, released)})"
        if signed:
            edges = _where_sign_turns(np.char.startswith(words, MINUS), np.isfinite(values))
            drawn.add_collection(LineCollection(edges, colors=style.INK, linewidths=3))
            told += "; heavy line: where it passes nought"
        drawn.set_xlabel(told, loc="left", color=style.QUIET, fontsize=9.5)
        drawn.set_ylabel(in_words(by[0]), rotation=0, ha="left", va="bottom", color=style.QUIET, fontsize=9.5)
        drawn.yaxis.set_label_coords(0, 1.02)
    return drawn


MINUS = "−"
BELOW_NOUGHT, FROM_NOUGHT = ("#8F3A08", "#F46A25", "#FBCDB4"), ("#ADD1F1", "#2073BC", "#12436D")


def _shades(values: np.ndarray, signed: bool) -> tuple[LinearSegmentedColormap, Normalize]:
    """White at nought, darker the further from it, as far on both sides as the number furthest from nought."""
    known = np.abs(values[np.isfinite(values)])
    most = float(known.max()) if len(known) and known.max() > 0 else 1.0
    colours = ["#FFFFFF", *FROM_NOUGHT]
    if signed:
        colours = [*BELOW_NOUGHT, *colours]
    return LinearSegmentedColormap.from_list("house", colours), Normalize(-most if signed else 0, most)


def _signed(value: float, measure: str, released: Released, signed: bool) -> str:
    """The number in words, with a plus where others have a minus."""
    words = number_in_words(value, measure, released)
    return f"+{words}" if signed and value > 0 and set(words) & set("123456789") else words


def _ink_on(shade: Sequence[float]) -> str:
    """Black or white, whichever stands out more on a shade. Source: WCAG 2.2, relative luminance and contrast."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shade[:3])
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "white" if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else style.INK


def _where_sign_turns(below: np.ndarray, known: np.ndarray) -> list[list[tuple[float, float]]]:
    """The edges between a cell below nought and one that is not, as lines on the chart; none beside a withheld cell."""
    edges = []
    for down, across in ((0, 1), (1, 0)):
        here = slice(0, below.shape[0] - down), slice(0, below.shape[1] - across)
        there = slice(down, None), slice(across, None)
        turns = (below[here] != below[there]) & known[here] & known[there]
        for row, column in np.argwhere(turns).tolist():
            x, y = column + across / 2, row + down / 2
            edges.append([(x - down / 2, y - across / 2), (x + down / 2, y + across / 2)])
    return edges
