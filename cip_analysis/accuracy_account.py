"""How right forecasts have been, as a page tells it: the record of every authority, and the council's own past.

The national record judges with every year published since; no forecast uses it. The council's own past is in whole per
cents, each beside the fewest children it rests on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from cip_analysis.demand.accuracy.scores import NO_CHANGE
from cip_analysis.demand.backtest import HORIZONS, Scored, forecast_alike, scorecard, track_record
from cip_analysis.demand.caseload import last_whole_month
from cip_analysis.demand.forecast import WITHOUT_NATIONAL
from cip_analysis.demand.national.backtest import ORIGINS, SIZES, skill
from cip_analysis.demand.national.methods import SHOWN
from cip_analysis.publicly import outturn
from cip_analysis.returns.reference.national import EVERY_ORIGIN, EVERY_SIZE, LATEST
from cip_analysis.run import Run

OURS = "the method used here"
WHOLE_GAP = "the whole gap to neighbours closes"
NATIONAL_WORDS: Mapping[str, str] = {
    SHOWN: OURS, "pool of the best two": "the mean of the best two", "national growth": "each grows as all do",
    "estimated share of gap": "part of the gap closes, as elsewhere",
    "damped trend": "its own trend, dying away", "own flows": "its own starts and leaving go on",
    "random walk with drift": "its own growth of all years goes on",
    "own five-year drift": "its own growth of five years goes on", "whole gap to neighbours": WHOLE_GAP,
}  # fmt: skip
DRAWN = (SHOWN, NO_CHANGE, "damped trend", "estimated share of gap", "own five-year drift", "whole gap to neighbours")
"""Methods on the chart: the best, the plainest, and one of each kind of idea that people have of what comes next."""

ORIGINS_IN_WORDS: Mapping[str, str] = {
    ORIGINS[0]: "years it was chosen on", ORIGINS[1]: "later years", LATEST: "published since",
}  # fmt: skip
SIZES_IN_WORDS = {name: name.removesuffix(" third") for name in SIZES}
NO_GAIN = 0.005
COVERAGE = ("coverage_80", "coverage_95")
STOCK, FLOWS = "stock", {"starts": "starts in the year", "ceases": "ceases in the year"}
IN_80, IN_95 = "in_the_80%_range", "in_the_95%_range"
RESTING = ("missed", "no_change_missed", "worst", IN_80, IN_95)
"""Columns of the council's own record that rest on its fewest children."""


def national_scores(record: pd.DataFrame, measure: str = STOCK) -> pd.DataFrame:
    """Every method at every horizon, all authorities and origins: the statistician's table.

    Columns: method (in words), how_far_ahead, n, mae, mape, crps, coverage_80, coverage_95, and
    share_gained_on_no_change (how far CRPS is below that of no change). The method used here comes first, the others by
    their error at the longest horizon.
    """
    card = _of(record, EVERY_ORIGIN, EVERY_SIZE, measure)
    last = card[card["horizon_months"] == card["horizon_months"].max()].set_index("method")["mape"]
    order = sorted(last.index, key=lambda name: (name != SHOWN, last[name]))
    scores = card.assign(
        share_gained_on_no_change=skill(card), place=card["method"].map(order.index),
        method=card["method"].replace(dict(NATIONAL_WORDS)), how_far_ahead=card["horizon_months"].map(years_in_words),
    )  # fmt: skip
    columns = ["method", "how_far_ahead", "n", "mae", "mape", "crps", "share_gained_on_no_change", *COVERAGE]
    return scores.sort_values(["place", "horizon_months"])[columns].reset_index(drop=True)


def national_misses(record: pd.DataFrame) -> pd.DataFrame:
    """The mean miss of a handful of methods by horizon, for a chart: method (in words), horizon_months, mape."""
    card = _of(record, EVERY_ORIGIN, EVERY_SIZE)
    chosen = card[card["method"].isin(DRAWN)]
    ordered = chosen.assign(place=chosen["method"].map(DRAWN.index)).sort_values(["place", "horizon_months"])
    words = ordered["method"].replace(dict(NATIONAL_WORDS))
    return ordered.assign(method=words)[["method", "horizon_months", "mape"]].reset_index(drop=True)


def to_expect(record: pd.DataFrame, origins: str = EVERY_ORIGIN) -> pd.DataFrame:
    """What the method used here did at each horizon, all authorities and a group of origins together.

    Columns of a record, and how_far_ahead, share_missed_by_no_change, share_gained_on_no_change.
    """
    card = _of(record, origins, EVERY_SIZE)
    naive = card[card["method"] == NO_CHANGE].set_index("horizon_months")["mape"]
    ours = card.assign(share_gained_on_no_change=skill(card))[card["method"] == SHOWN]
    ahead = ours["horizon_months"]
    told = ours.assign(share_missed_by_no_change=ahead.map(naive), how_far_ahead=ahead.map(years_in_words))
    return told.reset_index(drop=True)


def nearest_in_words(record: pd.DataFrame) -> str:
    """Which method came nearest at the longest horizon, and by how much, for a title."""
    card = _of(record, EVERY_ORIGIN, EVERY_SIZE)
    if card.empty:
        return "There is no record of other authorities"
    last = card[card["horizon_months"] == card["horizon_months"].max()].set_index("method")["mape"]
    nearest = "The method used here came" if last.idxmin() == SHOWN else f"{NATIONAL_WORDS[last.idxmin()]} came"
    ahead = years_in_words(int(card["horizon_months"].max()))
    return (
        f"{nearest[:1].upper()}{nearest[1:]} nearest {ahead} ahead, {last.min():.1%} out; "
        f"no change was {last[NO_CHANGE]:.1%} out"
    )


def whole_gap_missed(record: pd.DataFrame) -> float:
    """The mean miss, at the longest horizon, of taking it that the whole gap to neighbours closes; a share."""
    card = _of(record, EVERY_ORIGIN, EVERY_SIZE)
    gap = card[card["method"] == "whole gap to neighbours"].sort_values("horizon_months")["mape"]
    return float(gap.iloc[-1]) if len(gap) else float("nan")


def confirmed_in_words(record: pd.DataFrame) -> str:
    """How much of the gain over no change the later origins bear out, and the latest years, in sentences."""
    gains = {group: to_expect(record, group).set_index("horizon_months") for group in (*ORIGINS, LATEST)}
    first, last = HORIZONS[0], HORIZONS[-1]
    settling, confirming, latest = (gain["share_gained_on_no_change"] for gain in gains.values())
    if not len(settling) or not len(confirming):
        return "The record does not tell the years the method was chosen on from later ones."
    said = (
        f"From the years it was chosen on, the method's whole-forecast error was {settling[first]:.1%} below that of "
        f"no change {years_in_words(first)} ahead and {settling[last]:.1%} below {years_in_words(last)} ahead. From "
        f"later years it was {confirming[first]:.1%} and {confirming[last]:.1%} below."
    )
    if not len(latest):
        return said
    few, gained = int(gains[LATEST]["authorities"].max()), float(latest[last])
    return (
        f"{said} Against the figures published since, held for {few} authorities, it was {abs(gained):.1%} "
        f"{'below' if gained > 0 else 'above'} {years_in_words(last)} ahead: "
        f"{'the gain went on' if gained > NO_GAIN else 'there the method gained nothing'}."
    )


def by_size(record: pd.DataFrame) -> pd.DataFrame:
    """The method used here by third of authorities: size, how_far_ahead, n, mae, mape, coverage_80, coverage_95."""
    card = record[record["size"].isin(SIZES) & (record["method"] == SHOWN) & (record["measure"] == STOCK)]
    placed = card.assign(
        place=card["size"].map(SIZES.index), size=card["size"].replace(SIZES_IN_WORDS),
        how_far_ahead=card["horizon_months"].map(years_in_words),
    )  # fmt: skip
    columns = ["size", "how_far_ahead", "n", "mae", "mape", *COVERAGE]
    return placed.sort_values(["place", "horizon_months"])[columns].reset_index(drop=True)


def by_origins(record: pd.DataFrame) -> pd.DataFrame:
    """The method used here where it was chosen, where it was confirmed, and since.

    Columns: forecast_from (which years, and of how many authorities where few), how_far_ahead, n, mape,
    share_missed_by_no_change, share_gained_on_no_change, coverage_80, coverage_95.
    """
    parts = [to_expect(record, group).assign(forecast_from=words) for group, words in ORIGINS_IN_WORDS.items()]
    card = pd.concat(parts, ignore_index=True)
    few = card["forecast_from"] == ORIGINS_IN_WORDS[LATEST]
    said = card["forecast_from"] + ", " + card["authorities"].astype("str") + " authorities"
    columns = ["forecast_from", "how_far_ahead", "n", "mape", "share_missed_by_no_change", "share_gained_on_no_change"]
    return card.assign(forecast_from=said.where(few, card["forecast_from"]))[[*columns, *COVERAGE]]


def latest_outturn(record: pd.DataFrame) -> date:
    """The 31 March of the newest outturn that judges a forecast: the longest horizon from the last origin it has."""
    card = record[record["size"].eq(EVERY_SIZE) & record["horizon_months"].eq(record["horizon_months"].max())]
    last = card["first_origin"] + -(-card["n"] // card["authorities"]) - 1 + card["horizon_months"] // 12
    return date(int(last.max()), 3, 31)


# ---- the council's own past -------------------------------------------------------------------------------------


def method_judged(scored: Scored, wanted: str) -> str:
    """The method whose past forecasts are shown: the run's own, or what stood in for it; "" where neither was made."""
    made = set(scored.table["method"])
    return next((name for name in (wanted, WITHOUT_NATIONAL) if name in made), "")


def count_at_census(run: Run) -> pd.DataFrame:
    """Children looked after at the last whole month of the returns, or as last published: month, children."""
    return outturn(run, last_whole_month(run.as_at)).tail(1).reset_index(drop=True)


def own_outturn(scored: Scored) -> pd.DataFrame:
    """Children looked after on every day forecast from or for, as the returns show it: month, children, ascending."""
    made = scored.table[scored.table["measure"] == STOCK]
    starts = pd.DataFrame({"month": made["origin"], "children": made["stock"]})
    ends = pd.DataFrame({"month": _came(made), "children": made["outturn"]})
    return pd.concat([starts, ends]).drop_duplicates("month").sort_values("month").reset_index(drop=True)


def own_in_words(scored: Scored, method: str) -> str:
    """How the council's own past forecasts of all children did, for a title."""
    if not method:
        return "The council's own past is too short to be forecast again"
    first = track_record(scored, method).query("measure == @STOCK").iloc[0]
    made = int(first["n"])
    return (
        f"One year ahead {made} forecast{'' if made == 1 else 's'} of this council missed by {first['missed']:.0%} "
        f"on average, and the 80% range held {int(first['held_80'])} of {made}"
    )


def own_forecasts(scored: Scored, method: str, months: int = HORIZONS[0]) -> pd.DataFrame:
    """What was forecast of all children up to so many months ahead, from each earlier day, beside what came.

    Columns: made (from when, in words), month, p10, p50, p90 and outturn, whole children. Each begins at its origin
    with what was known there.
    """
    made = scored.table[(scored.table["measure"] == STOCK) & (scored.table["method"] == method)]
    ahead = made[made["horizon_months"] <= months].assign(month=_came(made))
    start = made.drop_duplicates("origin")
    start = start.assign(month=start["origin"], **dict.fromkeys(["p10", "forecast", "p90", "outturn"], start["stock"]))
    both = pd.concat([start, ahead]).sort_values(["origin", "month"])
    told = {"p10": "p10", "p50": "forecast", "p90": "p90", "outturn": "outturn"}
    return pd.DataFrame(
        {"made": "from " + both["origin"].dt.strftime("%B %Y"), "month": both["month"]}
        | {name: _whole(both[column]) for name, column in told.items()}
    ).reset_index(drop=True)


def longest_forecast(scored: Scored, method: str) -> pd.DataFrame:
    """The earliest past forecast, to the longest horizon that is over: as `own_forecasts`, of one origin."""
    every = own_forecasts(scored, method, HORIZONS[-1])
    return every[every["made"] == every["made"].iloc[0]].reset_index(drop=True) if len(every) else every


def last_look(scored: Scored, method: str) -> pd.DataFrame:
    """The latest forecast whose year is over, measure by measure, beside what came.

    Columns: what, at_the_start, p10, p50, p90 and outturn, whole children; the_outturn_was (inside the 80% range, the
    95% range only, or outside both). No rows where nothing was forecast.
    """
    made = scored.table[(scored.table["method"] == method) & (scored.table["horizon_months"] == HORIZONS[0])]
    made = made[made["origin"] == made["origin"].max()]
    return pd.DataFrame(
        {
            "what": made["measure"].map(measure_in_words), "at_the_start": made["stock"], "p10": _whole(made["p10"]),
            "p50": _whole(made["forecast"]), "p90": _whole(made["p90"]), "outturn": made["outturn"],
            "the_outturn_was": _where_it_fell(made),
        }
    ).reset_index(drop=True)  # fmt: skip


def own_record(scored: Scored, method: str) -> pd.DataFrame:
    """How the council's past forecasts did, measure by measure and horizon, with what each figure rests on.

    Columns: what, how_far_ahead, n, those of RESTING in words (missed, no_change_missed and worst in whole per cents;
    "3 of 4" held), fewest_children (the smallest count at an origin or outturn). No rows where none is scored.
    """
    if scored.table.empty or not method:
        return pd.DataFrame()
    record = track_record(scored, method)
    made = scored.table[scored.table["method"] == method]
    rests = made[["stock", "outturn"]].min(axis=1).groupby([made["measure"], made["horizon_months"]]).min()
    keys = pd.MultiIndex.from_frame(record[["measure", "horizon_months"]])
    missed = {name: record[column].map("{:.0%}".format)
              for name, column in zip(RESTING, ("missed", "missed_no_change", "worst"), strict=False)}  # fmt: skip
    told = record.assign(
        what=record["measure"].map(measure_in_words), how_far_ahead=record["horizon_months"].map(years_in_words),
        fewest_children=rests.reindex(keys).to_numpy(),
    )  # fmt: skip
    held = {IN_80: _of_them(record["held_80"], record["n"]), IN_95: _of_them(record["held_95"], record["n"])}
    return told.assign(**missed, **held)[["what", "how_far_ahead", "n", *RESTING, "fewest_children"]]


def worse_in_words(scored: Scored, method: str) -> str:
    """What past forecasts a year ahead missed by more than saying that nothing would change, in a sentence."""
    record = track_record(scored, method)
    first = record[record["horizon_months"] == HORIZONS[0]]
    worse = first.loc[first["missed"].round(2) > first["missed_no_change"].round(2), "measure"].map(measure_in_words)
    if worse.empty:
        return "One year ahead none of these missed by more than saying that nothing would change."
    return (
        f"One year ahead {len(worse)} of the {len(first)} missed by more than saying that nothing would change: "
        f"{', '.join(worse)}. So few forecasts settle nothing, but for those the middle has earned no trust yet."
    )


def own_methods(scored: Scored, used: str, months: int = HORIZONS[0]) -> pd.DataFrame:
    """Every method on the same past days, all children, one horizon, nearest first, in whole per cents.

    used: the method to be marked as used here. Columns: method, n, missed, whole_forecast_missed (CRPS as a share of
    the count at the start). No rows where no day could be forecast by all.
    """
    card = scorecard(forecast_alike(scored))
    card = card[(card["measure"] == STOCK) & (card["horizon_months"] == months)].sort_values("mape", kind="stable")
    told = {name: card[column].map("{:.0%}".format)
            for name, column in (("missed", "mape"), ("whole_forecast_missed", "crps"))}  # fmt: skip
    names = card["method"].replace({used: f"{used} (used here)"})
    return card.assign(method=names, **told)[["method", "n", *told]].reset_index(drop=True)


def beside_outturn(every: pd.DataFrame, since: pd.DataFrame) -> pd.DataFrame:
    """The baseline's forecast of all children beside the outturn published since, with hindsight.

    every: month, scenario and statistics, the baseline first (forecasts.Ahead.cut). since: month (a 31 March) and
    children. Columns: month, p02_5, p10, p50, p90, p97_5, published_since, the_outturn_was. The origin comes first, to
    be released by, with nothing published since; no other rows where nothing was.
    """
    forecast = every[every["scenario"] == every["scenario"].iloc[0]]
    met = forecast.merge(since.rename(columns={"children": "outturn"}), on="month", how="inner")
    told = met.assign(published_since=_whole(met["outturn"]).astype("Int64"), the_outturn_was=_where_it_fell(met))
    columns = ["month", "p02_5", "p10", "p50", "p90", "p97_5", "published_since", "the_outturn_was"]
    both: pd.DataFrame = pd.concat([forecast.iloc[:1], told], ignore_index=True).reindex(columns=columns)
    return both


def measure_in_words(measure: str) -> str:
    """What a measure counts.

    >>> measure_in_words("stock"), measure_in_words("starts"), measure_in_words("stock: aged 1 to 4")
    ('all children', 'starts in the year', 'aged 1 to 4')
    """
    return FLOWS.get(measure, "all children" if measure == STOCK else measure.removeprefix(f"{STOCK}: "))


def years_in_words(months: int) -> str:
    """How far ahead a forecast looked.

    >>> years_in_words(12), years_in_words(48)
    ('1 year', '4 years')
    """
    return f"{months // 12} year{'s' if months != 12 else ''}"


def _of(record: pd.DataFrame, origins: str, size: str, measure: str = STOCK) -> pd.DataFrame:
    """One group's scores of one measure."""
    chosen = (record["origins"] == origins) & (record["size"] == size) & (record["measure"] == measure)
    return record[chosen].reset_index(drop=True)


def _of_them(some: pd.Series[int], every: pd.Series[int]) -> list[str]:
    return [f"{part} of {whole}" for part, whole in zip(some, every, strict=True)]


def _where_it_fell(made: pd.DataFrame) -> list[str]:
    """Where each outturn lay: columns outturn, p10, p90, p02_5, p97_5."""
    ends = (("p10", "p90"), ("p02_5", "p97_5"))
    in_80, in_95 = (made["outturn"].between(made[low], made[high]) for low, high in ends)
    return [
        "inside the 80% range" if near else "inside the 95% range only" if far else "outside both ranges"
        for near, far in zip(in_80, in_95, strict=True)
    ]


def _whole(children: pd.Series[float]) -> pd.Series[float]:  # halves up
    return (children + 0.5) // 1


def _came(made: pd.DataFrame) -> pd.Series[pd.Timestamp]:
    """The month end each forecast was of."""
    horizons = zip(made["origin"], made["horizon_months"].astype(int), strict=True)
    ends = [day + pd.DateOffset(months=months) + pd.offsets.MonthEnd(0) for day, months in horizons]
    return pd.Series(ends, made.index, dtype="datetime64[us]")
