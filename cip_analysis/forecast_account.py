"""The forecast as a page tells it: what stood in, what each scenario is and moves, and how right it has been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from cip_analysis.accuracy_account import years_in_words
from cip_analysis.demand.accuracy.rivals import FEWEST_MONTHS, RIVALS
from cip_analysis.demand.accuracy.scores import LEVELS, NO_CHANGE
from cip_analysis.demand.backtest import Scored, track_record
from cip_analysis.demand.forecast import ALL, NATIONAL
from cip_analysis.demand.inputs import MARCH
from cip_analysis.demand.levers.context import PER
from cip_analysis.demand.national.outlook import gap_shares, neighbours_rate, population_ahead, population_known
from cip_analysis.demand.scenarios import compare_scenarios
from cip_analysis.forecasts import Ahead, evidence_of
from cip_analysis.publicly import PublicAhead
from cip_analysis.records import Released
from cip_analysis.run import Run
from cip_analysis.scenario_settings import Scenario

IN_ALL = "children in all"
MOVES = {"p10": "p10_difference", "p50": "p50_difference", "p90": "p90_difference"}
RECORD = {
    "n": "forecasts",
    "missed": "average_miss_share",
    "missed_no_change": "no_change_miss_share",
    "worst": "largest_miss_share",
    "too_high": "too_high",
    "held_80": "held_by_80_range",
    "held_95": "held_by_95_range",
}
METHODS_IN_WORDS = {
    NATIONAL: "The total follows how authorities like this one have grown in England",
    "shrunken drift": "Starts follow the council's own, and how they have drifted",
    "constant rate": "Starts stay at the council's own recent rate",
    "population and season": "Starts follow the child population and the season",
    "stated path": "Starts are as stated in the run",
    NO_CHANGE: "So few children are taken to stay as many, straying as they have",
}
TOLD = (ALL, "external residential")


def list_notes(ahead: Ahead | PublicAhead) -> pd.DataFrame:
    """Every fallback taken, a row each: what_stood_in."""
    return pd.DataFrame({"what_stood_in": list(ahead.notes)}, dtype="str")


def describe_scenarios(scenarios: Sequence[Scenario]) -> pd.DataFrame:
    """Each scenario in words: scenario (its title), source, owner, note."""
    rows = [(one.title, one.source, one.owner, one.note) for one in scenarios]
    return pd.DataFrame(rows, columns=["scenario", "source", "owner", "note"], dtype="str")


def show_differences(ahead: Ahead, settings: Sequence[str] = TOLD) -> pd.DataFrame:
    """How far each scenario is from the baseline at the horizon, draw by draw, in children.

    Columns: scenario (its title), setting, now (children at the origin: where that is withheld, so is the row),
    p10_difference, p50_difference and p90_difference, each to the nearest child; in each setting the one that adds most
    comes first.
    """
    compared = compare_scenarios(ahead.baseline, ahead.scenarios)
    last = compared[(compared["measure"] == "children") & compared["setting"].isin(settings)]
    last = last[last["year_end"] == pd.Timestamp(ahead.baseline.months[-1])].rename(columns=MOVES)
    now = _at_origin(ahead)
    whole = last[list(MOVES.values())].round()
    shown = last.assign(
        **whole, scenario=last["scenario"].map(ahead.titles), now=last["setting"].map(now).astype("int64"),
        setting=last["setting"].replace(ALL, IN_ALL),
    )  # fmt: skip
    ordered = shown.sort_values(["setting", "p50_difference"], ascending=[True, False], kind="stable")
    return ordered[["scenario", "setting", "now", *MOVES.values()]].reset_index(drop=True)


def show_drivers(drivers: pd.DataFrame, ahead: Ahead) -> pd.DataFrame:
    """What each lever moves at the horizon: lever, setting, now, and the difference's middle and 80% range."""
    now = _at_origin(ahead)
    whole = drivers[list(MOVES)].round().rename(columns=MOVES)
    settings, counted = drivers["setting"].replace(ALL, IN_ALL), drivers["setting"].map(now).astype("int64")
    shown = drivers.assign(**whole, now=counted, setting=settings)
    return shown[["lever", "setting", "now", *MOVES.values()]].reset_index(drop=True)


def show_record(scored: Scored, method: str) -> pd.DataFrame:
    """How forecasts of the total made from the council's own past have done, a row a horizon.

    Columns: years_ahead, forecasts, average_miss_share and largest_miss_share (of what came), no_change_miss_share
    (the average miss of saying that nothing changes), too_high, held_by_80_range, held_by_95_range (of the forecasts,
    how many), years. No rows where the past is too short, or cannot be scored.
    """
    if scored.table.empty:
        return pd.DataFrame()
    record = track_record(scored, method)
    total = record[record["measure"] == "stock"].rename(columns=RECORD)
    return total.assign(years_ahead=total["horizon_months"] // 12)[["years_ahead", *RECORD.values(), "years"]]


def read_record(record: pd.DataFrame) -> pd.DataFrame:
    """The record as a page shows it: how_far_ahead, too_high, and how many ranges held ("3 of 4") in words."""
    of = " of " + record["forecasts"].astype("int64").astype("str")
    held = {
        f"in_the_{level}%_range": record[f"held_by_{level}_range"].astype("int64").astype("str") + of
        for level in (80, 95)
    }
    return pd.DataFrame(
        {
            "how_far_ahead": (record["years_ahead"] * 12).astype("int64").map(years_in_words),
            "n": record["forecasts"],
            "share_missed": record["average_miss_share"],
            "share_missed_by_no_change": record["no_change_miss_share"],
            "share_missed_at_worst": record["largest_miss_share"],
            "too_high": record["too_high"].astype("int64").astype("str") + of,
            **held,
        }
    )


def _at_origin(ahead: Ahead) -> dict[str, int]:
    """Children at the origin, in all and by setting."""
    first = ahead.table[
        (ahead.table["scenario"] == ahead.baseline.scenario)
        & (ahead.table["month"] == pd.Timestamp(ahead.baseline.months[0]))
        & (ahead.table["age_band"] == ALL)
    ]
    return {str(name): round(count) for name, count in zip(first["setting"], first["p50"], strict=True)}


@dataclass(frozen=True, slots=True)
class AtNeighboursRate:
    """How many children the neighbours' rate would mean, how likely so many are, and how such gaps have closed.

    day: the last 31 March projected; none where no rate is held. chance: share of futures with so many or more.
    usual_share: of the gap that authorities closed over as long, as known at the census; none where not known.
    """

    day: date | None = None
    children: float = 0.0
    chance: float = 0.0
    usual_share: float | None = None


def at_neighbours_rate(run: Run, ahead: Ahead | PublicAhead) -> AtNeighboursRate:
    """The earlier report's assumption beside the forecast: the whole gap to the neighbours closed by the last March."""
    months = ahead.baseline.months
    marches = [place for place, day in enumerate(months) if place and day.month == MARCH]
    comparators = evidence_of(run).comparators
    rate = None if comparators.table.empty else neighbours_rate(comparators, run.council, months[0])
    if rate is None or not marches:
        return AtNeighboursRate()
    population = population_known(comparators, run.council, months[0])
    people = population_ahead(population, months[0], len(months) - 1)
    if not people:
        return AtNeighboursRate()
    known = sorted(people)
    children = rate / PER * float(np.interp(marches[-1], known, [people[month] for month in known]))
    usual = gap_shares(run.estimates, months[0]).get(marches[-1])
    return AtNeighboursRate(months[marches[-1]], children, ahead.chance(months[marches[-1]], children), usual)


def largest_movers(ahead: Ahead, most: int = 6) -> list[str]:
    """The scenarios that move the total most at the horizon, in the run's order; six can be told apart on a chart."""
    before = ahead.baseline.total[:, -1].mean()
    moved = {one.scenario: abs(one.total[:, -1].mean() - before) for one in ahead.scenarios}
    kept = sorted(moved, key=lambda name: -moved[name])[:most]
    return [one.scenario for one in ahead.scenarios if one.scenario in kept]


def to_the_child(released: Released) -> Released:
    """Differences between futures, whose foot must say that they are not rounded as counts of children are."""
    told = "Differences between futures are to the nearest child, taken before rounding"
    return replace(released, rule=f"{released.rule.rstrip('.')}. {told}")


def with_titles(released: Released, ahead: Ahead) -> Released:
    """The released forecast with its scenarios called by their titles, in plain words."""
    called = released.table["scenario"].map(ahead.titles).fillna(released.table["scenario"])
    return replace(released, table=released.table.assign(scenario=called))


def widest_apart(released: Released) -> str:
    """Which scenarios end lowest and highest, in a phrase for a title."""
    last = released.table[released.table["month"] == released.table["month"].max()].dropna(subset="p50")
    if len(last) < 2:
        return "There is nothing to set beside the baseline"
    low, high = last.loc[last["p50"].astype(int).idxmin()], last.loc[last["p50"].astype(int).idxmax()]
    return (
        f"By {last['month'].iloc[0]:%B %Y} the scenarios' middles run from {low['p50']:,} to {high['p50']:,} children"
    )


def outturn_nearest(since: pd.DataFrame, day: date) -> str:
    """What was published for the 31 March nearest a day, in words. since: month and children, a row or more."""
    nearest = since.iloc[int((since["month"] - pd.Timestamp(day)).abs().argmin())]
    return f"{nearest['children']:,.0f} children in {nearest['month']:%B %Y}"


def show_rivals(stock: pd.DataFrame, ahead: Ahead) -> pd.DataFrame:
    """What methods that see only the line of past counts make of it: rival, month, p10, p50, p90.

    stock: month and children, every month to the origin. The origin comes first, as outturn. No rows where the line is
    too short for them.
    """
    history = stock["children"].to_numpy(dtype="float64")
    months = pd.DatetimeIndex(list(ahead.baseline.months))
    if len(history) < FEWEST_MONTHS:
        return pd.DataFrame()
    now = np.full((1, 3), history[-1])
    parts = []
    for name, rival in RIVALS.items():
        quantiles = rival(history, range(1, len(months)))
        told = np.array([np.interp([0.1, 0.5, 0.9], LEVELS, column) for column in quantiles.T])
        shown = pd.DataFrame(np.vstack([now, told]), columns=["p10", "p50", "p90"])
        parts.append(shown.assign(rival=name, month=months))
    return pd.concat(parts, ignore_index=True)[["rival", "month", "p10", "p50", "p90"]]


def population_by_month(run: Run, ahead: Ahead | PublicAhead) -> pd.Series[float]:
    """Children under 18 in the area at each month projected, carried on as the last five years went; empty if unknown.

    Between the marks of each year it moves in a straight line.
    """
    months = ahead.baseline.months
    comparators = evidence_of(run).comparators
    if comparators.table.empty:
        return pd.Series(dtype="float64")
    people = population_ahead(population_known(comparators, run.council, months[0]), months[0], len(months) - 1)
    marks = sorted(people)
    if not marks:
        return pd.Series(dtype="float64")
    along = np.interp(np.arange(len(months)), marks, [people[mark] for mark in marks])
    return pd.Series(along, index=pd.DatetimeIndex(list(months)))


def furthest(differences: Released, setting: str) -> str:
    """Which scenario moves one setting furthest up, and which furthest down, in a phrase for a title."""
    every = differences.table[differences.table["setting"] == setting]
    shown = every.dropna(subset="p50_difference")
    if shown.empty:
        return "Too few children there to show what moves it" if len(every) else "No scenario moves it"
    by_middle = shown.assign(middle=shown["p50_difference"].astype(float)).sort_values("middle", kind="stable")
    down, up = by_middle.iloc[0], by_middle.iloc[-1]
    ends = [f'"{up["scenario"]}" adds {up["middle"]:.0f}'] if up["middle"] > 0 else []
    ends += [f'"{down["scenario"]}" takes {-down["middle"]:.0f} away'] if down["middle"] < 0 else []
    return "; ".join(ends) or "No scenario moves it"
