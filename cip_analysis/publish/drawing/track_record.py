"""Charts of how forecasts have done: error by method and horizon, and past forecasts against what came."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from cip_analysis.publish.drawing import style
from cip_analysis.publish.drawing.forecasts import EDGE, MEDIAN_DASH, TALL, draw_outturn, number_at_end
from cip_analysis.publish.drawing.intervals import horizon_in_words
from cip_analysis.publish.drawing.labels import EndLabel, write_ends
from cip_analysis.publish.drawing.positions import MOST_SERIES, by_labels
from cip_analysis.publish.drawing.series import Fan, each_series, fan_of, highest_of, measure_of, series_of, set_days
from cip_analysis.publish.ranges import together
from cip_analysis.publish.words import capital, day_in_words
from cip_analysis.records import Released

HORIZONS = ("horizon_months", "months_ahead")
NAIVE = "no change"
MOST_ORIGINS = 12


def errors(released: Released, measure: str, *, by: str = "method", title: str, ax: Axes | None = None) -> Axes:
    """How far forecasts missed by how far ahead they looked, a line a method, each labelled at its end.

    The table needs horizon_months (or months_ahead) and the column `by`; six methods at most. "no change", what any
    method has to beat, is always grey. The axis starts at nought. measure: mae, mape, crps or any other.
    Raises ChartError where a method repeats a horizon, a column is missing, or the table is not released.
    """
    horizon = next((name for name in HORIZONS if name in released.table.columns), HORIZONS[0])
    table, withheld = by_labels(released, measure, [horizon, by], most=MOST_SERIES)
    table = table.set_axis(pd.Index([int(months) for months in table.index])).sort_index()
    with style.canvas(released, title, ax, height=TALL) as drawn:
        style.measure_axis(drawn, "y", measure, released, table.to_numpy().ravel())
        labels: list[EndLabel] = []
        for position, name in enumerate(table.columns):
            look = style.LOOKS[position] if name != NAIVE else style.Look(style.QUIET, "s", (0, (1, 1)), "")
            drawn.plot(table.index, table[name], color=look.colour, marker=look.marker, markersize=6.5,
                       linestyle=look.dash, linewidth=1.8, clip_on=False)  # fmt: skip
            known = table[name].dropna()
            at = (known.index[-1], float(known.iloc[-1])) if len(known) else (table.index[-1], 0.0)
            said = f"{capital(name)} {number_at_end(table[name], measure, released, 1)}"
            labels.append(EndLabel(said, at, look.colour))
        style.write_withheld(drawn, table.index, withheld)
        drawn.set_xlim(table.index[0] - 2, table.index[-1])
        drawn.set_xticks(table.index, [style.folded(horizon_in_words(months), 8) for months in table.index])
        write_ends(drawn, labels, table.index[-1])
    return drawn


def past_forecasts(
    outturn: Released, forecasts: Released, *, by: str = "origin", title: str, ax: Axes | None = None
) -> Axes:
    """What was forecast from each past day against what came: each median dashed, with its 80% range at its end.

    forecasts: series told apart by `by`, the day each was made from, twelve at most, each with p10, p50 and p90 by
    month from that day. The latest is named beside its
    end; all are in the table beneath.
    Raises ChartError where a series has no range, a month is repeated, or a table is not released.
    """
    measure = measure_of(outturn)
    past = series_of(outturn, measure)
    fans = {name: fan_of(one, measure, bands=[80]) for name, one in each_series(forecasts, by, MOST_ORIGINS).items()}
    ends = [fan.middle.index[-1] for fan in fans.values()]
    with style.canvas(together(forecasts, outturn), title, ax, height=TALL) as drawn:
        style.measure_axis(drawn, "y", measure, outturn, highest_of(past, [fan.highest for fan in fans.values()]))
        set_days(drawn, past.index[0], max([past.index[-1], *ends]))
        labels = [EndLabel(f"Outturn {number_at_end(past, measure, outturn)}", _last_of(past), style.INK, bold=True)]
        for position, fan in enumerate(fans.values()):
            _draw_past(drawn, fan, beside=ends[:position].count(ends[position]))
        labels += _latest(list(fans.values()), measure, forecasts)
        draw_outturn(drawn, past, measure, outturn, named=False)
        write_ends(drawn, labels, max([past.index[-1], *ends]), characters=18)
        drawn.set_title("Dashed: the median forecast from each dot. Upright line: its 80% range at the end.",
                        loc="left", pad=22, fontsize=9.5, fontweight="normal", color=style.QUIET)  # fmt: skip
    return drawn


def _last_of(column: pd.Series) -> tuple[pd.Timestamp, float]:
    """The last known point of a column, or nought at its end where none is known."""
    known = column.dropna()
    return (known.index[-1], float(known.iloc[-1])) if len(known) else (column.index[-1], 0.0)


def _latest(fans: list[Fan], measure: str, released: Released) -> list[EndLabel]:
    """What the latest forecast came to, in words."""
    middle = fans[-1].middle
    words = f"From {day_in_words(middle.index[0].date())}: {number_at_end(middle, measure, released)}"
    return [EndLabel(words, _last_of(middle), EDGE)]


def _draw_past(ax: Axes, fan: Fan, *, beside: int) -> None:
    """One past forecast: from a dot where it was made, along its median, to its range at the end.

    beside: how many ranges already stand at that end, so that this one stands clear of them.
    """
    known = fan.middle.dropna()
    if known.empty:
        return
    ax.plot(known.index, known, color=EDGE, linestyle=MEDIAN_DASH, linewidth=1.5, zorder=3)
    ax.plot(known.index[:1], known.iloc[:1], color=style.OURS, marker="o", markersize=5, zorder=6)
    low, high = (float(end.dropna().iloc[-1]) for end in fan.bands[80])
    left, right = ax.get_xlim()
    last = pd.DatetimeIndex([known.index[-1] - pd.Timedelta(days=(right - left) * 0.016 * beside)])
    colour = style.LOOKS[1].colour
    ax.vlines(last, low, high, colors=colour, linewidth=2, zorder=4, clip_on=False)
    for end in (low, high):
        ax.plot(last, [end], marker="_", color=colour, markersize=8, markeredgewidth=2, zorder=4, clip_on=False)
    ax.plot(last, known.iloc[-1:], marker="o", color="white", markeredgecolor=EDGE, zorder=5, clip_on=False)
