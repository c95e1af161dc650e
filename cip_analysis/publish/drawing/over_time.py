"""Charts of what happened over time, and of need against places in time to come, from released tables."""

from __future__ import annotations

from datetime import date

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import date2num

from cip_analysis.publish.drawing import style
from cip_analysis.publish.drawing.labels import EndLabel, write_ends
from cip_analysis.publish.drawing.positions import accept, by_time, last_values
from cip_analysis.publish.drawing.series import fan_of, highest_of, set_days
from cip_analysis.publish.words import WITHHELD, capital, in_words, number_in_words
from cip_analysis.records import Released

NEED, PLACES = style.LOOKS[0], style.LOOKS[1]
TALL = 4.8


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


def gap(
    released: Released,
    *,
    measures: tuple[str, str] = ("needed", "places"),
    title: str,
    binds: date | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Need with its 80% band against places with theirs, and the month when places first run short.

    released: one kind of place by month: p10, p50 and p90 of each of `measures`, as p10_needed and p10_places. need
    is dashed, because it is a forecast, in a plain band; places are dotted in a hatched one. binds: the month end at
    which places first run short, which the caller works out; none leaves it unmarked.
    Raises ChartError where a median has no band, a month is repeated, or the table is not released.
    """
    fans = [fan_of(released, measure, bands=[80]) for measure in measures]
    labels: list[EndLabel] = []
    with style.canvas(released, title, ax, height=TALL) as drawn:
        style.measure_axis(drawn, "y", released.unit, released, highest_of([fan.highest for fan in fans]))
        set_days(drawn, fans[0].middle.index[0], fans[0].middle.index[-1])
        dashes = ((0, (4, 1.6)), (0, (1, 1)))
        for measure, fan, look, dash in zip(measures, fans, (NEED, PLACES), dashes, strict=True):
            low, high = fan.bands[80]
            hatch = "" if look is NEED else "////"
            drawn.fill_between(low.index, low, high, facecolor=look.colour, alpha=0.22, linewidth=0, zorder=1.5)
            drawn.fill_between(low.index, low, high, facecolor="none", edgecolor=look.colour, hatch=hatch,
                               linewidth=0.8, alpha=0.75, zorder=1.6)  # fmt: skip
            drawn.plot(fan.middle.index, fan.middle, color=look.colour, linestyle=dash, linewidth=2.6, zorder=4)
            labels.append(_end_of(measure, fan.middle, (low, high), released))
        _mark_binding(drawn, binds, fans[0].middle)
        write_ends(drawn, labels, fans[0].middle.index[-1], characters=19)
    return drawn


def _end_of(measure: str, middle: pd.Series, band: tuple[pd.Series, pd.Series], released: Released) -> EndLabel:
    """What a line is, its last median, and its range."""
    colour = NEED.colour if measure.startswith("need") else PLACES.colour
    if middle.dropna().empty:
        return EndLabel(f"{in_words(measure)} {WITHHELD}", (middle.index[-1], 0.0), colour)
    last = float(middle.iloc[-1])
    low, high = (float(end.iloc[-1]) for end in band)
    ends = [number_in_words(end, measure, released) for end in (low, high)]
    said = f"{in_words(measure)} {number_in_words(last, measure, released)}\n80%: {ends[0]} to {ends[1]}"
    return EndLabel(said, (middle.index[-1], last), colour)


def _mark_binding(ax: Axes, binds: date | None, need: pd.Series) -> None:
    """An upright line at the month when places first run short, named at its foot."""
    if binds is None:
        return
    when = pd.Timestamp(binds)
    ax.axvline(when, color=style.INK, linewidth=1.3, linestyle=(0, (1, 1)), zorder=3)  # type: ignore[arg-type]
    left = when - need.index[0] < (need.index[-1] - need.index[0]) / 2
    ax.annotate(
        f"Places first run short\n{binds:%B %Y}", (float(date2num(when)), 0.03),  # type: ignore[no-untyped-call]
        (6 if left else -6, 0), xycoords=ax.get_xaxis_transform(), textcoords="offset points",
        ha="left" if left else "right", va="bottom", fontsize=9.5, fontweight="bold",
    )  # fmt: skip
