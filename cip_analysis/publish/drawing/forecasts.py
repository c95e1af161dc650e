"""Charts of what may come: the fan of a forecast, and scenarios beside it, from released tables.

Outturn is solid and the forecast dashed; where a median is drawn its band is; every mark says in words what it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import date2num

from cip_analysis.publish.drawing import style
from cip_analysis.publish.drawing.labels import EndLabel, write_ends
from cip_analysis.publish.drawing.positions import ChartError, accept
from cip_analysis.publish.drawing.series import (
    Claim,
    Fan,
    each_series,
    fan_of,
    highest_of,
    label_of,
    measure_of,
    series_of,
    set_days,
    statistic,
)
from cip_analysis.publish.ranges import together
from cip_analysis.publish.words import WITHHELD, capital, day_in_words, number_in_words
from cip_analysis.records import Released

BAND_COLOURS = {95: "#DCE6F0", 80: "#B4CCE3", 50: "#7FA6CC"}
EDGE = "#6E8CAB"
MEDIAN_DASH = (0, (4, 1.6))
RIVAL_DASHES = ((0, (1, 1.4)), (0, (7, 2)), (0, (5, 1.5, 1, 1.5)), (0, (3, 1, 1, 1, 1, 1)))
MOST_RIVALS, MOST_SCENARIOS = 4, 6
TALL = 4.8
BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class Beside:
    """What else a fan may show.

    later: outturn published since, for hindsight. rivals: the medians (p50) of simpler methods, four at most, told
    apart by their one column of words. claim: a number somebody has named.
    """

    later: Released | None = None
    rivals: Released | None = None
    claim: Claim | None = None


def fan(
    outturn: Released, forecast: Released, *, title: str, beside: Beside | None = None, ax: Axes | None = None
) -> Axes:
    """Outturn to the census date, then the median of a forecast in its 50%, 80% and 95% bands, all labelled.

    outturn: a time column and one of figures. forecast: one series of a time column, p50 and at least one pair of
    p25 and p75, p10 and p90, p02_5 and p97_5; or p50_rate_per_10k and so on, where the outturn's column is
    rate_per_10k. A forecast withheld is said to be. beside: later outturn as hollow marks, rivals as thin dashes, a
    claim as a star.
    Raises ChartError where a table is not released, holds more than one series, or has a median and no band.
    """
    extra = beside or Beside()
    measure = measure_of(outturn)
    past, future = series_of(outturn, measure), fan_of(forecast, measure)
    rivals = _medians(extra.rivals, measure, MOST_RIVALS) if extra.rivals else {}
    later = series_of(extra.later, measure_of(extra.later)).dropna() if extra.later else pd.Series(dtype=float)
    shown = [outturn, *[table for table in (extra.later, extra.rivals) if table]]
    claimed = [extra.claim.value] if extra.claim else []
    with style.canvas(together(forecast, *shown), title, ax, height=TALL) as drawn:
        style.measure_axis(drawn, "y", measure, outturn,
                           highest_of(past, [future.highest], later, claimed, *rivals.values()))  # fmt: skip
        edge = max([future.middle.index[-1], *later.index[-1:]])
        set_days(drawn, past.index[0], edge)
        _draw_bands(drawn, future)
        labels = _band_labels(future, measure, forecast)
        labels += _draw_rivals(drawn, rivals, measure, forecast)
        draw_outturn(drawn, past, measure, outturn)
        labels += _draw_later(drawn, later, measure, outturn) + _draw_claim(drawn, extra.claim)
        mark_census(drawn, past, pd.Timestamp(forecast.as_at))
        write_ends(drawn, labels, edge)
    return drawn


def scenarios(
    outturn: Released, forecast: Released, *, title: str, by: str = "scenario", ax: Axes | None = None
) -> Axes:
    """The baseline's 80% band with the median of each scenario beside it, each labelled at its end.

    forecast: series told apart by `by`, one of them called baseline (else the first is), six others at most. Only the
    baseline's band is drawn, because bands over bands cannot be read: `whiskers` shows how sure each difference is.
    Raises ChartError as `fan` does.
    """
    measure = measure_of(outturn)
    every = each_series(forecast, by, MOST_SCENARIOS + 1)
    baseline = BASELINE if BASELINE in every else next(iter(every))
    future = fan_of(every[baseline], measure, bands=[80])
    past = _as_long_as(future, series_of(outturn, measure))
    others = {name: series for name, series in _medians(forecast, measure, MOST_SCENARIOS + 1, by).items()
              if name != baseline}  # fmt: skip
    with style.canvas(together(forecast, outturn), title, ax, height=TALL) as drawn:
        style.measure_axis(drawn, "y", measure, outturn, highest_of(past, [future.highest], *others.values()))
        set_days(drawn, past.index[0], future.middle.index[-1])
        _draw_bands(drawn, future)
        labels = _band_labels(future, measure, forecast, name=f"{capital(baseline)} ")
        for position, (name, median) in enumerate(others.items(), 1):
            look = style.LOOKS[position]
            last = [len(median) - 1]
            drawn.plot(median.index, median, color=look.colour, linestyle=look.dash, linewidth=1.6,
                       marker=look.marker, markevery=last, markersize=6)  # fmt: skip
            labels.append(_end_of(name, median, number_at_end(median, measure, forecast), look.colour))
        draw_outturn(drawn, past, measure, outturn)
        mark_census(drawn, past, pd.Timestamp(forecast.as_at))
        write_ends(drawn, labels, future.middle.index[-1])
    return drawn


# ---- marks that the charts of forecasts share -------------------------------------------------------------------


def draw_outturn(ax: Axes, past: pd.Series, measure: str, released: Released, *, named: bool = True) -> None:
    """The outturn as a solid line, [c] where a day is withheld. named: with its name and last value at its end."""
    known = past.dropna()
    marker = "o" if len(past) <= 20 else ""
    ax.plot(past.index, past, color=style.INK, linestyle="-", linewidth=2.4, marker=marker, markersize=4.5, zorder=5)
    if released.withheld.to_numpy().any():
        style.write_withheld(ax, past.index, (past.isna() & past.shift().notna()).to_frame())
    if known.empty or not named:
        return
    before = known[known.index <= known.index[-1] - (known.index[-1] - known.index[0]) / 6]
    rising = before.empty or before.iloc[-1] <= known.iloc[-1]
    ax.annotate(
        f"Outturn {number_in_words(float(known.iloc[-1]), measure, released)}", (known.index[-1], known.iloc[-1]),
        (-7, 8 if rising else -8), textcoords="offset points", ha="right", va="bottom" if rising else "top",
        fontsize=9.5, fontweight="bold",
    )  # fmt: skip


def mark_census(ax: Axes, past: pd.Series, census: pd.Timestamp) -> None:
    """A thin upright line at the census date, named where the outturn leaves most room."""
    ax.axvline(census, color=style.QUIET, linewidth=1, linestyle=(0, (1, 1)), zorder=1)  # type: ignore[arg-type]
    bottom, top = ax.get_ylim()
    known = past.dropna()
    near = known[known.index >= known.index[0] + (known.index[-1] - known.index[0]) * 0.5] if len(known) else known
    above = len(near) > 0 and (near.min() - bottom) < (top - near.max())
    ax.annotate(
        f"Census date\n{day_in_words(census.date())}", (float(date2num(census)), 0.97 if above else 0.03),  # type: ignore[no-untyped-call]
        (-5, 0), xycoords=ax.get_xaxis_transform(), textcoords="offset points", ha="right",
        va="top" if above else "bottom", fontsize=8.5, color=style.QUIET,
    )  # fmt: skip


def _draw_bands(ax: Axes, future: Fan) -> None:
    """The bands from the widest in, with thin edges that print, then the median dashed over them."""
    for percent, (low, high) in future.bands.items():
        ax.fill_between(low.index, low, high, color=BAND_COLOURS[percent], linewidth=0, zorder=1.5)
        for end in (low, high):
            ax.plot(end.index, end, color=EDGE, linewidth=0.7, zorder=1.6)
    ax.plot(future.middle.index, future.middle, color=style.OURS, linestyle=MEDIAN_DASH, linewidth=2.4, zorder=4)
    if future.middle.dropna().empty:
        middle = future.middle.index[len(future.middle) // 2]
        ax.annotate(f"Forecast withheld {WITHHELD}", (middle, sum(ax.get_ylim()) / 2), ha="center", fontsize=10)


def _as_long_as(future: Fan, past: pd.Series) -> pd.Series:
    """The end of the outturn, as long as the forecast, so that its lines have room to part."""
    begins = future.middle.index[0] - (future.middle.index[-1] - future.middle.index[0])
    return past[past.index >= begins] if (past.index >= begins).any() else past


def _band_labels(future: Fan, measure: str, released: Released, name: str = "") -> list[EndLabel]:
    """The median's last value, and both ends of each band, where the forecast ends."""
    last = future.middle.index[-1]
    if future.middle.dropna().empty:
        return []
    said = number_in_words(float(future.middle.iloc[-1]), measure, released)
    labels = [EndLabel(f"{name}median {said}" if name else f"Median {said}", (last, float(future.middle.iloc[-1])),
                       style.OURS, style.OURS, bold=True)]  # fmt: skip
    for percent, (low, high) in future.bands.items():
        ends = [number_in_words(float(end.iloc[-1]), measure, released) for end in (low, high)]
        words = f"{percent}%: {ends[0]} to {ends[1]}"
        labels.append(EndLabel(words, (last, float(high.iloc[-1])), EDGE))
    return labels


def _medians(released: Released, measure: str, most: int, by: str = "") -> dict[str, pd.Series]:
    """The median of each series told apart by `by`, else by the table's one column of words."""
    accept(released, [])
    every = each_series(released, by or label_of(released), most)
    columns = {name: statistic(table, "p50", measure) for name, table in every.items()}
    if None in columns.values():
        raise ChartError("The medians of several series are drawn from p50, which the table does not have.")
    return {name: series_of(every[name], str(column)) for name, column in columns.items()}


def _draw_rivals(ax: Axes, rivals: dict[str, pd.Series], measure: str, released: Released) -> list[EndLabel]:
    """Rivals as thin lines, no two of one dash, with a label for each."""
    labels: list[EndLabel] = []
    for position, (name, median) in enumerate(rivals.items()):
        colour = style.LOOKS[position + 1].colour
        ax.plot(median.index, median, color=colour, linestyle=RIVAL_DASHES[position], linewidth=1.5, zorder=3)
        labels.append(_end_of(name, median, number_at_end(median, measure, released), colour))
    return labels


def number_at_end(column: pd.Series, measure: str, released: Released, places: int | None = None) -> str:
    """The last known number of a column in words, or [c] where none is known. places: decimal ones, if not as usual."""
    known = column.dropna()
    return number_in_words(float(known.iloc[-1]), measure, released, places) if len(known) else WITHHELD


def _end_of(name: str, median: pd.Series, said: str, colour: str) -> EndLabel:
    known = median.dropna()
    at = (known.index[-1], float(known.iloc[-1])) if len(known) else (median.index[-1], 0.0)
    return EndLabel(f"{capital(name)} {said}", at, colour)


def _draw_later(ax: Axes, later: pd.Series, measure: str, released: Released) -> list[EndLabel]:
    """Outturn published since, as hollow marks."""
    if later.empty:
        return []
    ax.plot(later.index, later, linestyle="", marker="o", markersize=6.5, markerfacecolor="none",
            markeredgecolor=style.INK, markeredgewidth=1.5, zorder=8, clip_on=False)  # fmt: skip
    said = number_in_words(float(later.iloc[-1]), measure, released)
    return [EndLabel(f"○ Outturn since, {said}", (later.index[-1], float(later.iloc[-1])), style.INK)]


def _draw_claim(ax: Axes, claim: Claim | None) -> list[EndLabel]:
    """A named number as a star."""
    if claim is None:
        return []
    when = pd.Timestamp(claim.when)
    ax.plot(pd.DatetimeIndex([when]), [claim.value], color=style.LOOKS[1].colour, marker="*", markersize=13,
            markeredgecolor=style.INK, markeredgewidth=0.8, zorder=7, clip_on=False)  # fmt: skip
    return [EndLabel(f"★ {claim.words}", (when, claim.value), style.LOOKS[1].colour)]
