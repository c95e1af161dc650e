"""Labels beside the ends of lines: in one column, each near its mark, none over another."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import offset_copy
from scipy.optimize import isotonic_regression

from cip_analysis.publish.drawing import style

LINE_INCHES = 0.158
AROUND_AXES_INCHES = 1.75


@dataclass(frozen=True, slots=True)
class EndLabel:
    """Words that belong to a point (x, y) of a chart. tie: colour of the line to it. bold: what matters most."""

    words: str
    at: tuple[Any, float]
    tie: str = style.FAINT
    colour: str = style.INK
    bold: bool = False


def stack_apart(heights: Sequence[float], sizes: Sequence[float], bottom: float, top: float) -> list[float]:
    """The middle of each label, as near to its height as may be with none over another and all within the axes.

    sizes: the room each takes, in the units of the heights. Labels keep the order of their heights.

    >>> stack_apart([10.0, 10.5, 20.0], [2.0, 2.0, 2.0], 0.0, 30.0)
    [9.25, 11.25, 20.0]
    """
    order = sorted(range(len(heights)), key=lambda place: (heights[place], place))
    room = np.array([sizes[place] for place in order])
    starts = np.concatenate([[0.0], np.cumsum(room)[:-1]]) + room / 2
    wanted = np.array([heights[place] for place in order]) - starts
    placed = np.clip(isotonic_regression(wanted).x, bottom, max(bottom, top - room.sum())) + starts
    return [float(placed[order.index(place)]) for place in range(len(heights))]


def write_ends(ax: Axes, labels: Sequence[EndLabel], edge: Any, characters: int = 24) -> None:
    """The labels in a column to the right of `edge`, folded, each tied by a line to where it belongs."""
    if not labels:
        return
    bottom, top = ax.get_ylim()
    figure = ax.get_figure(root=True)
    height = figure.get_figheight() - AROUND_AXES_INCHES if figure is not None else 2.8
    line = (top - bottom) * LINE_INCHES / height
    folded = [
        "\n".join(textwrap.fill(part, characters, break_long_words=False) for part in label.words.splitlines())
        for label in labels
    ]
    sizes = [line * (1.15 + words.count("\n")) for words in folded]
    placed = stack_apart([label.at[1] for label in labels], sizes, bottom, top * 1.03)
    beside = offset_copy(ax.transData, figure, 0.16, 0)
    for label, words, spot in zip(labels, folded, placed, strict=True):
        tie = {"arrowstyle": "-", "color": label.tie, "linewidth": 0.9, "relpos": (0, 0.5), "shrinkA": 1, "shrinkB": 2}
        ax.annotate(
            words, label.at, xytext=(edge, spot), textcoords=beside, va="center", ha="left", fontsize=9.5,
            color=label.colour, fontweight="bold" if label.bold else "normal", linespacing=1.1, arrowprops=tie,
            annotation_clip=False,
        )  # fmt: skip
