"""Charts of what happened over time, from released tables."""

from __future__ import annotations

from matplotlib.axes import Axes

from cip_analysis.publish.drawing import style
from cip_analysis.publish.drawing.positions import accept, by_time, last_values
from cip_analysis.publish.words import capital
from cip_analysis.records import Released


def lines(released: Released, measure: str, *, by: str | None = None, title: str, ax: Axes | None = None) -> Axes:
    """One line a series over time, each labelled at its end; withheld points are gaps marked [c].

    by: column that tells the series apart, six at most. Outturn is always solid or its setting's own dash with a
    marker at every point; the measure's axis starts at nought.
    Raises ChartError where the table is not released, lacks a column, repeats a point, or holds too many series.
    """
    table, withheld = by_time(released, measure, by)
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
    accept(released, ["month"])
    table, withheld = by_time(released, measure, by)
    with style.canvas(released, title, ax) as drawn:
        style.draw_lines(drawn, table, marked=False)
        style.measure_axis(drawn, "y", measure, released, table.to_numpy())
        style.write_withheld(drawn, table.index, withheld)
        style.label_ends(drawn, table, last_values(table, measure, released, named=by is not None))
        style.time_axis(drawn, table.index)
    return drawn
