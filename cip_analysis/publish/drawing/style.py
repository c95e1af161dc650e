"""How every chart looks: one colour, marker and dash per setting, the finding as its title, its source at its foot.

The style is the Government Analysis Function's (afcharts). The type is the one that comes with matplotlib, so that the
same figures give the same picture on every machine.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import afcharts  # noqa: F401  (its import is what makes the style sheet known)
import matplotlib as mpl
import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import offset_copy

from cip_analysis.codes import SETTINGS
from cip_analysis.publish.words import (
    WITHHELD,
    capital,
    figure_in_words,
    financial_year,
    foot_of,
    in_words,
    is_money,
    is_share,
    unit_of,
)
from cip_analysis.records import Released

INK, QUIET, FAINT = "#0B0C0C", "#505A5F", "#8C9397"
OURS, OTHERS = "#12436D", "#8C9397"
WIDTH_INCHES, HEIGHT_INCHES = 7.2, 4.4
TITLE_CHARACTERS, FOOT_CHARACTERS = 66, 108


@dataclass(frozen=True, slots=True)
class Look:
    """How one series is told apart, by more than its colour."""

    colour: str
    marker: str
    dash: str | tuple[int, tuple[int, ...]]
    hatch: str


# The first six are the Analysis Function's categorical palette; every one is at least 3:1 against white.
LOOKS: tuple[Look, ...] = (
    Look("#12436D", "o", "-", ""),
    Look("#F46A25", "s", (0, (6, 2)), "///"),
    Look("#28A197", "^", (0, (2, 1)), "..."),
    Look("#801650", "D", "-", "xxx"),
    Look("#9A78CC", "v", (0, (6, 2, 1, 2)), "\\\\\\"),
    Look("#3D3D3D", "P", (0, (4, 1, 1, 1, 1, 1)), "+++"),
    Look("#2073BC", "X", (0, (8, 3)), "---"),
    Look("#8A6100", "<", (0, (3, 3)), "ooo"),
    Look("#B5179E", ">", (0, (1, 2)), "|||"),
    Look("#4F7A1B", "h", (0, (5, 1)), "**"),
    Look("#6F777B", "*", (0, (1, 1)), "OO"),
)
SETTING_LOOKS: dict[str, Look] = dict(zip(SETTINGS, LOOKS, strict=True))


def look_of(name: str, position: int) -> Look:
    """The look of a series: a setting's own everywhere, any other by its position among those shown."""
    return SETTING_LOOKS.get(name, LOOKS[position % len(LOOKS)])


@contextmanager
def house_style() -> Iterator[None]:
    """The house's chart style, for the length of a `with` block."""
    with mpl.style.context("afcharts.afcharts"), mpl.rc_context({
        "font.family": ["DejaVu Sans"], "font.size": 10.5, "axes.edgecolor": FAINT, "xtick.color": FAINT,
        "ytick.color": FAINT, "xtick.labelcolor": INK, "ytick.labelcolor": INK, "axes.labelcolor": INK,
        "text.color": INK, "hatch.linewidth": 0.6, "axes.formatter.useoffset": False, "figure.facecolor": "white",
    }):  # fmt: skip
        yield


@contextmanager
def canvas(
    released: Released, title: str, ax: Axes | None, *, grid: Literal["x", "y", ""] = "y", height: float = HEIGHT_INCHES
) -> Iterator[Axes]:
    """The axes to draw on, with the finding above and the source below once the block is done.

    height: of a figure made here, in inches. Such a figure is known to no display, so it shows nowhere until an
    exhibit shows it.
    """
    with house_style():
        drawn = ax if ax is not None else _new_axes(height)
        drawn.grid(visible=False)
        if grid:
            drawn.grid(visible=True, axis=grid)
        yield drawn
        if ax is None:
            _write_around(drawn, title, foot_of(released))
        else:
            drawn.set_title(textwrap.fill(title, TITLE_CHARACTERS // 2), loc="left", fontweight="bold", fontsize=11)


def height_for(rows: int, each: float) -> float:
    """The height in inches of a chart of `rows` across, `each` inches apiece, with room for title, axis and foot."""
    return 1.6 + each * max(rows, 3)


def _new_axes(height_inches: float) -> Axes:
    layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.09)
    figure = Figure(figsize=(WIDTH_INCHES, height_inches), dpi=150, layout=layout)
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def _write_around(ax: Axes, title: str, foot: str) -> None:
    """The finding above and the source below, both from the figure's left edge."""
    figure = ax.get_figure(root=True)
    if figure is None:
        return
    figure.suptitle(
        textwrap.fill(title, TITLE_CHARACTERS), x=0.01, ha="left", fontsize=13, fontweight="bold", linespacing=1.25
    )
    figure.supxlabel(textwrap.fill(foot, FOOT_CHARACTERS), x=0.01, ha="left", fontsize=8.5, color=QUIET)


def spread_apart(heights: Sequence[float], least: float, bottom: float) -> list[float]:
    """The heights moved up just far enough that no two are closer than `least`, in the order given.

    >>> spread_apart([10.0, 10.5, 20.0], least=2.0, bottom=0.0)
    [9.25, 11.25, 20.0]
    """
    order = sorted(range(len(heights)), key=lambda place: (heights[place], place))
    groups: list[list[int]] = []
    for place in order:
        groups.append([place])
        while len(groups) > 1 and _top(groups[-2], heights, least) + least > _foot(groups[-1], heights, least):
            groups[-2:] = [groups[-2] + groups[-1]]
    placed = dict.fromkeys(range(len(heights)), 0.0)
    floor = bottom
    for group in groups:
        start = max(_foot(group, heights, least), floor)
        placed |= {place: start + least * step for step, place in enumerate(group)}
        floor = start + least * len(group)
    return [placed[place] for place in range(len(heights))]


def _foot(group: Iterable[int], heights: Sequence[float], least: float) -> float:
    members = list(group)
    return sum(heights[place] for place in members) / len(members) - least * (len(members) - 1) / 2


def _top(group: Iterable[int], heights: Sequence[float], least: float) -> float:
    members = list(group)
    return _foot(members, heights, least) + least * (len(members) - 1)


# ---- marks that several charts share ----------------------------------------------------------------------------


def bar_look(look: Look) -> dict[str, Any]:
    """Colour and hatch of a bar, as matplotlib's own names for them."""
    return {"color": look.colour, "hatch": look.hatch, "edgecolor": "white", "linewidth": 0.8}


def area_look(name: str, picked: Sequence[str]) -> Look:
    """Ours dark, the others picked out hatched, the rest grey."""
    if name == picked[0]:
        return Look(OURS, "o", "-", "")
    return Look("#2073BC", "s", "-", "///") if name in picked else Look(OTHERS, ".", "-", "")


def draw_lines(ax: Axes, table: pd.DataFrame, *, marked: bool) -> None:
    """One line a column of `table`; the gaps are where it is blank."""
    for position, name in enumerate(table.columns):
        look = look_of(str(name), position)
        dash = look.dash if len(table.columns) > 1 else "-"
        marker = look.marker if marked else ""
        ax.plot(table.index, table[name], color=look.colour, linestyle=dash, marker=marker, markersize=5.5)


def label_ends(ax: Axes, table: pd.DataFrame, words: Sequence[str]) -> None:
    """The words of each line beside its last known point, moved apart where they would overlap."""
    ends = [table[name].dropna() for name in table.columns]
    heights = [float(end.iloc[-1]) if len(end) else 0.0 for end in ends]
    bottom, top = ax.get_ylim()
    placed = spread_apart(heights, least=(top - bottom) * 0.055, bottom=bottom)
    last = table.index[-1]
    for position, (name, height, label) in enumerate(zip(table.columns, placed, words, strict=True)):
        look = look_of(str(name), position)
        moved = abs(height - heights[position]) > (top - bottom) * 0.01
        line = {"arrowstyle": "-", "color": look.colour, "linewidth": 0.8, "shrinkB": 3} if moved else None
        start = ends[position].index[-1] if len(ends[position]) else last
        beside = offset_copy(ax.transData, ax.get_figure(root=True), 0.14, 0)
        ax.annotate(label, (start, heights[position]), xytext=(last, height), textcoords=beside, va="center",
                    fontsize=9.5, arrowprops=line, annotation_clip=False)  # fmt: skip


def write_withheld(ax: Axes, places: Iterable[Any], withheld: pd.DataFrame) -> None:
    """[c] on the base line at each place where a figure is withheld."""
    for place, hidden in zip(places, withheld.any(axis=1), strict=True):
        if hidden:
            ax.annotate(
                WITHHELD, (place, 0), (0, 3), textcoords="offset points", ha="center", fontsize=8.5, color=QUIET
            )


def measure_axis(ax: Axes, side: Literal["x", "y"], measure: str, released: Released, values: np.ndarray) -> None:
    """The axis of the measure: from nought, with its unit, thousands marked, and pounds in millions where large."""
    known = values[np.isfinite(values)]
    lowest, highest = float(min([0.0, *known])), float(max([0.0, *known])) or 1.0
    axis = ax.xaxis if side == "x" else ax.yaxis
    (ax.set_xlim if side == "x" else ax.set_ylim)(lowest * 1.08, highest * 1.08)
    unit, words = unit_of(measure, released), in_words(measure)
    scale = 1e6 if is_money(measure, unit) and unit == "£" and highest >= 2e6 else 0.01 if is_share(measure) else 1.0
    unit = "£ million" if scale == 1e6 else unit
    step = highest / scale / 5
    places = 0 if step >= 1 else 1 if step >= 0.1 else 2
    if places == 0:
        axis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10]))
    axis.set_major_formatter(lambda value, _place: figure_in_words(value / scale, places))
    label = words if unit.lower() in words.lower() else f"{words} ({unit})"
    if side == "x":
        ax.set_xlabel(label, loc="left", color=QUIET, fontsize=9.5)
    else:
        ax.set_ylabel(label, rotation=0, ha="left", va="bottom", color=QUIET, fontsize=9.5)
        axis.set_label_coords(0, 1.02)


def time_axis(ax: Axes, times: pd.Index) -> None:
    """Years as years, financial years by their halves, months by the year they fall in."""
    if isinstance(times, pd.DatetimeIndex):
        locator = AutoDateLocator(maxticks=9)  # type: ignore[no-untyped-call]
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    elif times.name == "financial_year":
        ax.set_xticks(list(times), [financial_year(int(year)) for year in times])
    else:
        ax.set_xticks(list(times)[:: 1 + (len(times) - 1) // 12], None)
        ax.xaxis.set_major_formatter(lambda year, _place: f"{year:.0f}")


def label_categories(ax: Axes, names: pd.Index, column: str) -> None:
    """The names under upright bars, folded to fit."""
    said = [financial_year(int(name)) if column == "financial_year" else category_in_words(name) for name in names]
    room = max(6, int(76 / max(len(said), 1)))
    ax.set_xticks(range(len(said)), [folded(name, room) for name in said])
    ax.tick_params(axis="x", length=0)


def category_in_words(name: object) -> str:
    """A category as text: a date by its month, anything else as it is."""
    return f"{name:%B %Y}" if isinstance(name, date) else str(name)


def folded(name: object, characters: int) -> str:
    """A name over as many lines as it needs."""
    return textwrap.fill(capital(name), characters, break_long_words=False)


def bar_legend(ax: Axes, series: int) -> None:
    """A legend above the bars, in the order of the parts, where there is more than one."""
    if series > 1:
        ax.legend(loc="lower left", bbox_to_anchor=(-0.01, 1.09), ncols=min(series, 3), fontsize=9.5, handlelength=1.6,
                  borderpad=0, columnspacing=1.4)  # fmt: skip


def write_key(ax: Axes, template: str, columns: Sequence[str]) -> None:
    """What the marks stand for, in words above the axes."""
    said = template.format(*[in_words(column).lower() for column in columns])
    ax.set_title(textwrap.fill(said, TITLE_CHARACTERS), loc="left", fontsize=9.5, fontweight="normal", color=QUIET)


def write_on_bars(ax: Axes, heights: pd.Series, words: Sequence[str], *, across: bool = False) -> None:
    """Each number at the end of its bar."""
    for place, (height, label) in enumerate(zip(heights.fillna(0), words, strict=True)):
        spot, offset = ((height, place), (4, 0)) if across else ((place, height), (0, 3))
        ax.annotate(label, spot, offset, textcoords="offset points", fontsize=9.5,
                    ha="left" if across else "center", va="center" if across else "bottom")  # fmt: skip
