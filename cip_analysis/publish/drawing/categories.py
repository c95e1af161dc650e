"""Charts of one thing beside another: settings, ages, areas, and the steps from one total to another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cip_analysis.publish.drawing import style
from cip_analysis.publish.drawing.positions import (
    ChartError,
    accept,
    by_labels,
    column_holding,
    names_of,
    numbers,
    values_in_words,
)
from cip_analysis.publish.drawing.series import statistic
from cip_analysis.publish.words import (
    NOT_AVAILABLE,
    RANGES,
    WITHHELD,
    capital,
    figure_in_words,
    is_money,
    number_in_words,
    unit_of,
)
from cip_analysis.records import Released

LEVEL, CHANGE = "level", "change"
MOST_STEPS, HALF_BAR, ADDS_UP = 10, 0.36, 1e-3
LEVEL_LOOK = style.Look(style.OURS, "", "-", "")
RISE_LOOK = style.Look("#2073BC", "", "-", "///")
FALL = {"facecolor": "white", "edgecolor": style.OURS, "linewidth": 1.2, "hatch": "..."}


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


def waterfall(released: Released, measure: str, *, by: str, price_base: str, title: str) -> Axes:
    """The steps from one total to another: a bar for each level, and for each change a bar from where the last ended.

    The table's rows are drawn in order. Its column `kind` says whether a row is a "level", which stands on nought, or a
    "change", written with its sign; rises are hatched and falls white. Where it has p10_ and p90_ columns of the
    measure, a thin line shows the 80% range of each step. by: column of the names, 10 at most.
    price_base: what the £ are, e.g. "2017/18 prices", for the axis. A withheld row is marked [c] where it would stand;
    the steps after it go on from there, and the lines up to the next level are dotted.
    Raises ChartError where a name is repeated, a kind is neither, or the changes do not lead to the levels: a step left
    out or a median among means.
    """
    steps = _steps(released, measure, by)
    with style.canvas(released, title, None) as drawn:
        drawn.axhline(0, color=style.INK, linewidth=0.9, zorder=1)
        style.measure_axis(drawn, "y", measure, released, steps[["foot", "end", "low", "high"]].to_numpy().ravel())
        for place, name in enumerate(steps.index):
            _draw_step(drawn, place, steps.loc[name])
        _join_steps(drawn, steps)
        _write_steps(drawn, steps, _steps_in_words(steps, measure, released))
        style.label_categories(drawn, steps.index, by)
        drawn.tick_params(axis="x", labelsize=_size(steps))
        drawn.set_xlim(-0.6, len(steps) - 0.4)
        ranged = ". Thin line: 80% range" if steps["low"].notna().any() else ""
        drawn.yaxis.label.set_text(f"{drawn.get_ylabel().removesuffix(')')}, {price_base}){ranged}")
    return drawn


def _steps(released: Released, measure: str, by: str) -> pd.DataFrame:
    """Each step by name: whether a level, its value, where its bar starts and ends, its range, and if withheld."""
    values, withheld = by_labels(released, measure, by)
    accept(released, ["kind"])
    kinds = released.table["kind"].astype(object)
    if unknown := sorted(set(kinds) - {LEVEL, CHANGE}):
        raise ChartError(f"A step is a level or a change, not {', '.join(map(str, unknown))}.")
    if len(values) > MOST_STEPS:
        raise ChartError(f"{len(values)} steps are too many to read; {MOST_STEPS} at most. Join the smallest as other.")
    steps = pd.DataFrame({"value": values[measure], "hidden": withheld[measure], "level": kinds.eq(LEVEL).to_numpy()})
    ends = {end: statistic(released, point, measure) for end, point in zip(("low", "high"), RANGES[80], strict=True)}
    steps = steps.assign(foot=0.0, end=0.0, **{
        end: numbers(released.table[column]) if column else np.nan for end, column in ends.items()
    })  # fmt: skip
    feet, tops = _stand(steps)
    raised = np.where(steps["level"], 0.0, feet)
    return steps.assign(foot=feet, end=tops, low=steps["low"] + raised, high=steps["high"] + raised)


def _stand(steps: pd.DataFrame) -> tuple[list[float], list[float]]:
    """Where each bar starts and ends; a first level withheld is worked back from the next, or taken for nought."""
    known = steps["value"].fillna(0.0).tolist()
    levels, blank = steps["level"].tolist(), steps["value"].isna().tolist()
    later = next((place for place, level in enumerate(levels) if level and not blank[place]), 0)
    running = known[later] - sum(known[:later]) if levels[later] else 0.0
    feet: list[float] = []
    ends: list[float] = []
    sure = levels[0] and not blank[0]
    most = max(map(abs, known), default=0.0)
    for value, level, unknown in zip(known, levels, blank, strict=True):
        if level and not unknown:
            if sure and feet and abs(running - value) > most * ADDS_UP:
                raise ChartError(
                    f"The steps lead to {running:,.0f}, not to the level of {value:,.0f} they stand beside."
                )
            running, sure = value, True
        elif unknown:
            sure = False
        feet.append(0.0 if level else running)
        running += 0.0 if level else value
        ends.append(0.0 if level and unknown else running)
    return feet, ends


def _draw_step(ax: Axes, place: int, step: pd.Series) -> None:
    """One bar, a line where a change ends (a small one has no height to see), and the thin line of its range."""
    foot, end, low, high = (float(step[name]) for name in ("foot", "end", "low", "high"))
    look = LEVEL_LOOK if step["level"] else RISE_LOOK
    marks = style.bar_look(look) if step["level"] or end >= foot else FALL
    ax.bar(place, end - foot, 2 * HALF_BAR, bottom=foot, zorder=2, **marks)
    if not step["level"] and not step["hidden"]:
        ax.hlines(end, place - HALF_BAR, place + HALF_BAR, colors=style.OURS, linewidth=1.2, zorder=2.5)
    if high > low:
        for colour, width in (("white", 3.2), (style.INK, 1.1)):
            ax.errorbar(place, (low + high) / 2, (high - low) / 2, color=colour, linewidth=width, capsize=4,
                        capthick=width, zorder=3)  # fmt: skip


def _size(steps: pd.DataFrame) -> float:
    """The type's size under and over the bars: smaller where there are many."""
    return 10 if len(steps) < 7 else 9 if len(steps) < 9 else 8


def _join_steps(ax: Axes, steps: pd.DataFrame) -> None:
    """A line from the end of each bar to the next; dotted where a withheld step breaks the sum."""
    ends, blank, levels = (steps[name].tolist() for name in ("end", "hidden", "level"))
    broken = False
    for place in range(len(steps) - 1):
        broken = broken or blank[place]
        if levels[place] and blank[place]:
            continue
        ax.plot([place + HALF_BAR, place + 1 - HALF_BAR], [ends[place]] * 2, color=style.QUIET, linewidth=1,
                linestyle=(0, (1, 2)) if broken or blank[place + 1] else "-", zorder=1)  # fmt: skip


def _steps_in_words(steps: pd.DataFrame, measure: str, released: Released) -> list[str]:
    """What is written at each bar: £ in millions where the axis is, a change with its sign, [c] where withheld."""
    values = steps["value"]
    unit = unit_of(measure, released)
    large = is_money(measure, unit) and unit == "£" and values.abs().max() >= 2e6
    scaled = values / 1e6 if large else values
    places = 0 if not large and "million" not in unit else 2 if scaled[scaled.ne(0)].abs().min() < 0.1 else 1
    said = []
    for value, level, hidden in zip(scaled, steps["level"], steps["hidden"], strict=True):
        if pd.isna(value):
            said.append(WITHHELD if hidden else NOT_AVAILABLE)
            continue
        plain = (
            f"£{figure_in_words(abs(value), places)}m"
            if large
            else number_in_words(abs(value), measure, released, places)
        )
        sign = "−" if round(value, places) < 0 else "+" if not level and round(value, places) > 0 else ""
        said.append(sign + plain)
    return said


def _write_steps(ax: Axes, steps: pd.DataFrame, words: Sequence[str]) -> None:
    """The number of each step above its bar and its range; of a level below nought, under it."""
    tops = steps[["foot", "end", "high"]].max(axis=1)
    lows = steps[["foot", "end", "low"]].min(axis=1)
    for place, (said, level, end) in enumerate(zip(words, steps["level"], steps["end"], strict=True)):
        under = level and end < 0
        ax.annotate(said, (place, lows.iloc[place] if under else tops.iloc[place]), (0, -4 if under else 4),
                    textcoords="offset points", ha="center", va="top" if under else "bottom", fontsize=_size(steps),
                    fontweight="bold" if level else "normal")  # fmt: skip
