"""A chart of flows between settings: where children came from on the left, where they went on the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from cip_analysis.publish.drawing import style
from cip_analysis.publish.drawing.labels import stack_apart
from cip_analysis.publish.drawing.positions import ChartError, by_labels
from cip_analysis.publish.words import WITHHELD, capital, counted, number_in_words
from cip_analysis.records import Released

MOST_NODES, MOST_NAMES = 6, 30
OTHER = "other"
LEFT, RIGHT, NODE_WIDTH = 0.0, 1.0, 0.022
ROOM_BETWEEN = 0.05
TALL = 5.2
WRITTEN_SHARE = 0.045


@dataclass(frozen=True, slots=True)
class _Node:
    """One end of the flows. bottom, top: where its bar stands, in children from the foot of its column."""

    name: str
    bottom: float
    top: float


def flow(released: Released, *, source: str, target: str, measure: str, title: str) -> Axes:
    """Ribbons between settings, as wide as the children who went that way, each end named and counted.

    source, target: columns of where children came from and where they went, a row a pair. The five largest of each
    side stand by themselves in order of size; the rest are joined as "other". The number at an end adds up the
    rounded flows drawn. Flows withheld are not drawn, and the
    line above says how many there are, because the sums are then short of them.
    Raises ChartError where a pair is repeated, no flow is above nought, or the table is not released.
    """
    table, withheld = by_labels(released, measure, [source, target], most=MOST_NAMES)
    joined = _join_smallest(_join_smallest(table.fillna(0.0)).T).T
    if not joined.to_numpy().sum() > 0:
        raise ChartError("There is no flow above nought to draw.")
    gap = float(joined.to_numpy().sum()) * ROOM_BETWEEN
    sides = (_column(joined.sum(axis=1), gap), _column(joined.sum(axis=0), gap))
    with style.canvas(released, title, None, grid="", height=TALL) as drawn:
        drawn.set_xlim(LEFT - 0.01, RIGHT + 0.01)
        drawn.set_ylim(0, max(node.top for side in sides for node in side.values()) * 1.02)
        _draw_ribbons(drawn, joined, sides, measure, released)
        for side, x in zip(sides, (LEFT, RIGHT), strict=True):
            _draw_nodes(drawn, side, x, measure, released)
        drawn.set_axis_off()
        hidden = int(withheld.to_numpy().sum())
        short = f" {capital(counted(hidden, 'flow'))} {WITHHELD} withheld and not drawn." if hidden else ""
        drawn.set_title(f"Left: where they were. Right: where they went.{short}", loc="left", fontsize=9.5,
                        fontweight="normal", color=style.QUIET)  # fmt: skip
    return drawn


def _join_smallest(table: pd.DataFrame) -> pd.DataFrame:
    """The rows from the largest to the smallest, those beyond the fifth joined as other; empty rows left out."""
    sums = table.sum(axis=1)
    ordered = table.loc[sums[sums > 0].sort_values(ascending=False, kind="stable").index]
    if len(ordered) <= MOST_NODES:
        return ordered
    named = [name for name in ordered.index if name != OTHER][: MOST_NODES - 1]
    rest = ordered.drop(index=named).sum().rename(OTHER)
    return pd.concat([ordered.loc[named], rest.to_frame().T])


def _column(sums: pd.Series, gap: float) -> dict[str, _Node]:
    """One side's nodes from the top down, in the order given, a gap between each and the next."""
    top = float(sums.sum()) + gap * (MOST_NODES - 1)
    nodes: dict[str, _Node] = {}
    for name, size in sums.items():
        nodes[str(name)] = _Node(str(name), top - float(size), top)
        top -= float(size) + gap
    return nodes


def _draw_ribbons(
    ax: Axes, table: pd.DataFrame, sides: Sequence[Mapping[str, _Node]], measure: str, released: Released
) -> None:
    """Each flow as a ribbon in its source's colour; the wide ones carry their number at their start."""
    used_left = dict.fromkeys(sides[0], 0.0)
    used_right = dict.fromkeys(sides[1], 0.0)
    everything = float(table.to_numpy().sum())
    for source in table.index:
        row = table.loc[source]
        colour = _colour_of(str(source))
        for target, size in row[row > 0].items():
            left = sides[0][str(source)].top - used_left[str(source)]
            right = sides[1][str(target)].top - used_right[str(target)]
            ax.add_patch(PathPatch(_ribbon(left, right, float(size)), facecolor=colour, alpha=0.32, linewidth=0))
            ax.add_patch(
                PathPatch(_ribbon(left, right, float(size)), facecolor="none", edgecolor=colour, linewidth=0.9)
            )
            used_left[str(source)] += float(size)
            used_right[str(target)] += float(size)
            if size / everything >= WRITTEN_SHARE:
                ax.text(LEFT + NODE_WIDTH + 0.015, left - float(size) / 2,
                        number_in_words(float(size), measure, released), fontsize=9, va="center")  # fmt: skip


def _colour_of(name: str) -> str:
    """A setting's own colour; grey for what is no setting, such as starting to be looked after."""
    return style.SETTING_LOOKS[name].colour if name in style.SETTING_LOOKS else style.QUIET


def _ribbon(left: float, right: float, size: float) -> Path:
    """A band of one width from a height on the left to a height on the right."""
    start, end = LEFT + NODE_WIDTH, RIGHT - NODE_WIDTH
    bend = (start + end) / 2
    points = [(start, left), (bend, left), (bend, right), (end, right), (end, right - size), (bend, right - size),
              (bend, left - size), (start, left - size), (start, left)]  # fmt: skip
    curve = [Path.CURVE4] * 3
    return Path(points, [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY])


def _draw_nodes(ax: Axes, side: Mapping[str, _Node], x: float, measure: str, released: Released) -> None:
    """One side's bars, each with its name and number beside it, moved apart where they are thin."""
    bottom, top = ax.get_ylim()
    nodes = list(side.values())
    words = [style.folded(f"{node.name} {number_in_words(node.top - node.bottom, measure, released)}", 20)
             for node in nodes]  # fmt: skip
    line = (top - bottom) * 0.047
    sizes = [line * (1.1 + said.count("\n")) for said in words]
    placed = stack_apart([(node.top + node.bottom) / 2 for node in nodes], sizes, bottom, top)
    for node, said, height in zip(nodes, words, placed, strict=True):
        start = x if x == LEFT else x - NODE_WIDTH
        ax.add_patch(Rectangle((start, node.bottom), NODE_WIDTH, node.top - node.bottom, linewidth=0,
                               facecolor=_colour_of(node.name) if x == LEFT else style.INK))  # fmt: skip
        ax.annotate(said, (x, (node.top + node.bottom) / 2), fontsize=9.5,
                    xytext=(x + (-0.02 if x == LEFT else 0.02), height), textcoords="data", va="center",
                    ha="right" if x == LEFT else "left", linespacing=1.1, annotation_clip=False)  # fmt: skip
