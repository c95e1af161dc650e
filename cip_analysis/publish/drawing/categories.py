"""Charts of one thing beside another: settings, ages, areas, from released tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from cip_analysis.publish.drawing import style
from cip_analysis.publish.drawing.positions import accept, by_labels, column_holding, names_of, values_in_words
from cip_analysis.publish.words import WITHHELD, capital
from cip_analysis.records import Released


def bars(released: Released, measure: str, *, by: str | Sequence[str], title: str, ax: Axes | None = None) -> Axes:
    """Upright bars, one group a value of the first column of `by`, side by side for each value of the second.

    A single series carries its numbers on the bars. Raises ChartError as `lines` does.
    """
    table, withheld = by_labels(released, measure, by)
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
            style.write_on_bars(drawn, table.iloc[:, 0], values_in_words(table, withheld, released))
        style.label_categories(drawn, table.index, names_of(by)[0])
        style.bar_legend(drawn, len(table.columns))
    return drawn


def stacked(released: Released, measure: str, *, by: Sequence[str], title: str, ax: Axes | None = None) -> Axes:
    """Upright bars of parts that add up: one bar a value of the first column of `by`, one part a value of the second.

    A bar with a part withheld carries [c] above it, because its height is then short of the whole.
    Raises ChartError as `lines` does.
    """
    table, withheld = by_labels(released, measure, by)
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
        style.label_categories(drawn, table.index, names_of(by)[0])
        style.bar_legend(drawn, len(table.columns))
    return drawn


def compare(released: Released, measure: str, *, ours: str | Sequence[str], title: str, ax: Axes | None = None) -> Axes:
    """Areas, or anything with a name, as bars across from the highest to the lowest, ours picked out.

    ours: the name or names to pick out; the first is the council's own, any others (its region, the country) stand
    hatched between. The column of names is the one that holds them. Raises ChartError as `lines` does.
    """
    accept(released, [measure])
    picked = names_of(ours)
    labels = column_holding(released, picked[0])
    table, withheld = by_labels(released, measure, labels)
    ordered = table.iloc[:, 0].sort_values(ascending=True, na_position="first", kind="stable")
    with style.canvas(released, title, ax, grid="x", height=style.height_for(len(ordered), 0.27)) as drawn:
        looks = [style.area_look(str(name), picked) for name in ordered.index]
        for place, (height, look) in enumerate(zip(ordered.fillna(0), looks, strict=True)):
            drawn.barh(place, height, 0.74, **style.bar_look(look))
        style.measure_axis(drawn, "x", measure, released, ordered.to_numpy())
        words = values_in_words(ordered.to_frame(measure), withheld.reindex(ordered.index), released)
        style.write_on_bars(drawn, ordered, words, across=True)
        drawn.set_yticks(range(len(ordered)), [capital(name) for name in ordered.index])
        for label in drawn.get_yticklabels():
            label.set_fontweight("bold" if label.get_text() == capital(picked[0]) else "normal")
    return drawn
