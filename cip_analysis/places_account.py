"""The council's own places beside the children who need them, in tables shaped for a page.

Each function takes what the run and its forecast give and returns a plain table or a few words: nothing is drawn or
released here. Chances are fractions; children, places and gaps are whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from cip_analysis.demand.capacity import (
    APPROVALS,
    LEAVING,
    PLACES_EACH,
    USABLE,
    Capacity,
    Places,
    add_places,
    set_against,
)
from cip_analysis.forecasts import PULL_SD, Ahead
from cip_analysis.placement_account import SHARE_OF_DRAWS, to_base
from cip_analysis.projections import Projection
from cip_analysis.records import Episodes
from cip_analysis.returns.reading.years import year_ending
from cip_analysis.scenario_settings import Scenario
from cip_analysis.settings import Judgement

AS_THINGS_ARE = "as things are"
IN_HOUSE, ALL_FOSTER, ALL_HOMES = "in-house foster children", "all foster children", "all children in homes"
KINDS = {"in-house fostering": IN_HOUSE, "fostering": ALL_FOSTER, "children's homes": ALL_HOMES}
"""Kind of gap (capacity.NEEDS) -> whose need is set against the council's own places, in words."""


def state_places(capacity: Capacity, judgements: Mapping[str, Judgement]) -> pd.DataFrame:
    """What the council has of its own on the day, and how carers came and went: what, number, where_from."""
    approved = int(capacity.by_places @ np.arange(1, len(capacity.by_places) + 1))
    from_file, stated = "capacity file", "the council's settings"
    source = from_file if capacity.places_known else stated
    usable = judgements[USABLE["fostering"]].value
    rows: list[tuple[str, float, str]] = [
        ("Foster households open", capacity.households, source),
        ("Places they are approved for", approved, source if capacity.places_known else "assumption"),
        ("Places that can be used, most likely", round(approved * usable), "assumption on the count above"),
        ("Beds in the council's own open homes", capacity.home_beds, source),
    ]
    if capacity.years:
        span = f"in the last {capacity.years:.0f} years"
        rows += [
            (f"Foster households approved {span}", capacity.approvals, source),
            (f"Foster households that left {span}", capacity.resignations, source),
        ]
    table = pd.DataFrame(rows, columns=["what", "number", "where_from"])
    return table.astype({"what": "str", "number": "int64", "where_from": "str"})


def list_gaps(projection: Projection, places: Places, base: int) -> pd.DataFrame:
    """Need, places and the gap between them, a row a kind and month end, kinds as KINDS has them in words.

    base: needs and gaps are rounded to its multiples, so that a gap and the places beside it do not tell a count that
    is rounded. Columns: kind, month, now (children who need a place at the origin: where that is withheld, so is every
    month), p10_needed, p50_needed, p90_needed and the same of places, p10_gap, p50_gap, p90_gap (draw by draw), all in
    whole children, and chance_short.
    """
    between = set_against(projection, places)
    parts = []
    for kind, words in KINDS.items():
        values = {"needed": between.need[kind], "places": between.places[kind], "gap": between.beyond(kind)}
        columns = {
            f"{point}_{what}": to_base(np.percentile(draws, share, axis=0), 1 if what == "places" else base)
            for what, draws in values.items()
            for point, share in SHARE_OF_DRAWS.items()
        }
        named = {"kind": words, "month": pd.DatetimeIndex(list(between.months)), "now": between.need[kind][0, 0]}
        table = pd.DataFrame({**named, **columns})
        parts.append(table.assign(chance_short=between.binds(kind).mean(axis=0)))
    return pd.concat(parts, ignore_index=True)


def compare_gaps(ahead: Ahead, places: Places, scenarios: Sequence[Scenario], kind: str, base: int) -> pd.DataFrame:
    """How each scenario changes the gap of one kind by the horizon, its own places included: the most narrowing first.

    base: needs, gaps and changes are rounded to its multiples. Columns: scenario (its title), now (children who need a
    place at the origin: where that is withheld, so is the row), needed and places (medians, whole), p10_gap, p50_gap,
    p90_gap, and p10_change and so on: of the gap from the baseline's, draw by draw.
    Scenarios that do not change it are left out, but the first row is the baseline, "as things are".
    """
    named = {scenario.name: scenario for scenario in scenarios}
    before = set_against(ahead.baseline, places)
    rows = []
    for projection in ahead.every:
        scenario = named.get(projection.scenario)
        after = set_against(projection, add_places(places, scenario) if scenario else places)
        needed, usable = (np.median(side[kind][:, -1]) for side in (after.need, after.places))
        gap = after.beyond(kind)[:, -1]
        change = gap - before.beyond(kind)[:, -1]
        spread = np.percentile(np.stack([gap, change]), list(SHARE_OF_DRAWS.values()), axis=1).T.ravel()
        rounded = to_base(np.array([needed, *spread]), base).tolist()
        title = ahead.titles.get(projection.scenario, AS_THINGS_ARE)
        rows.append((title, int(before.need[kind][0, 0]), rounded[0], int(np.round(usable)), *rounded[1:]))
    spreads = [f"{point}_{what}" for what in ("gap", "change") for point in SHARE_OF_DRAWS]
    columns = ["scenario", "now", "needed", "places", *spreads]
    table = pd.DataFrame(rows, columns=columns).astype({"scenario": "str"})
    moved = table[table["scenario"].ne(AS_THINGS_ARE) & table[columns[-3:]].any(axis=1)]
    narrowing = moved.sort_values("p50_change", kind="stable")
    return pd.concat([table.iloc[:1], narrowing], ignore_index=True)


def say_narrowing(compared: pd.DataFrame, places: str) -> str:
    """Which scenario narrows a gap most, and by how much of it, for a title. compared: as `compare_gaps`, released."""
    now, rest = compared.iloc[0], compared.iloc[1:].dropna()
    helping = rest[rest["p50_change"] < 0]
    if pd.isna(now["p50_gap"]) or helping.empty:
        return f"No scenario narrows the gap in {places}"
    most = helping.sort_values("p50_change", kind="stable").iloc[0]
    by, gap = -int(most["p50_change"]), int(now["p50_gap"])
    closed = "closes the gap" if by >= gap else f"takes {by:,} from a gap of {gap:,}"
    return f'"{most["scenario"]}" {closed} in {places}, the most of any scenario'


def first_short(binding: pd.DataFrame, kind: str) -> date | None:
    """The month end at which places of one kind are first more likely short than not; none within the forecast.

    binding: as capacity.first_binding gives it.
    """
    month = binding.loc[binding["kind"] == kind, "month"].iloc[0]
    return None if pd.isna(month) else month.date()


def when_short(binding: pd.DataFrame, kind: str, now: date) -> str:
    """When places of one kind first run short, to follow their name in a sentence. now: the day of outturn."""
    month = first_short(binding, kind)
    if month == now:
        return "are short already"
    if month is None:
        return "are more likely than not to suffice throughout"
    return f"are more likely than not to run short by {month:%B %Y}"


def say_range_of_shortage(binding: pd.DataFrame, kind: str) -> str:
    """When places of one kind may first run short, eight futures in ten, for a sentence."""
    row = binding[binding["kind"] == kind].iloc[0]
    never = f"{1 - row['chance_ever']:.0%} of futures do not run short before the forecast ends."
    if pd.isna(row["p10"]):
        return f"But {never}"
    if pd.isna(row["p90"]):
        return f"One future in ten runs short by {row['p10']:%B %Y}; {never}"
    return f"Eight futures in ten first run short between {row['p10']:%B %Y} and {row['p90']:%B %Y}."


def count_short_breaks(episodes: Episodes, years: Sequence[int]) -> pd.DataFrame:
    """Series of short breaks, which no other count here has: year, children, short_stays, nights.

    years: ending 31 March. children: those with a stay that began in the year, once each. nights: of those stays, up
    to the census date. No rows where the returns hold no series.
    """
    breaks = episodes.table[episodes.table["respite"]]
    until = breaks["end"].fillna(pd.Timestamp(episodes.census_date))
    told = breaks.assign(year=year_ending(breaks["start"]).astype("int64"), nights=(until - breaks["start"]).dt.days)
    counted = told[told["year"].isin(list(years))].groupby("year")
    return counted.agg(
        children=("child", "nunique"), short_stays=("child", "size"), nights=("nights", "sum")
    ).reset_index()  # fmt: skip


def list_assumptions(capacity: Capacity | None, judgements: Mapping[str, Judgement]) -> pd.DataFrame:
    """The judgements that this page rests on: assumption (what is judged), value, low, high, source, owner.

    capacity: none where no places are set against the children.
    """
    used = [PULL_SD]
    if capacity is not None:
        used += [*USABLE.values(), *([] if capacity.places_known else [PLACES_EACH])]
        used += [] if capacity.years and capacity.household_years else [APPROVALS, LEAVING]
    held = [judgements[name] for name in used]
    rows = [(one.unit, one.value, one.low, one.high, one.source, one.owner) for one in held]
    return pd.DataFrame(rows, columns=["assumption", "value", "low", "high", "source", "owner"])
