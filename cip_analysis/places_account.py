"""The council's own places beside the children who need them, in tables shaped for a page.

Each function takes what the run and its forecast give and returns a plain table or a few words: nothing is drawn or
released here. Chances are fractions; children, places and gaps are whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
from cip_analysis.projections import Projection
from cip_analysis.scenario_settings import Scenario
from cip_analysis.settings import Judgement

SHARE_OF_DRAWS = {"p10": 10, "p50": 50, "p90": 90}
KINDS = {
    "in-house fostering": "in-house foster children, own foster places",
    "fostering": "all foster children, own foster places",
    "children's homes": "all children in homes, own beds",
}
"""Kind of gap (capacity.NEEDS) -> what it sets against what, in words."""


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


def list_gaps(projection: Projection, places: Places) -> pd.DataFrame:
    """Need, places and the gap between them, a row a kind and month end, kinds as KINDS has them in words.

    Columns: kind, month, p10_needed, p50_needed, p90_needed and the same of places, p10_gap, p50_gap, p90_gap (draw by
    draw), all to whole children, and chance_short.
    """
    between = set_against(projection, places)
    parts = []
    for kind, words in KINDS.items():
        values = {"needed": between.need[kind], "places": between.places[kind], "gap": between.beyond(kind)}
        columns = {
            f"{point}_{what}": np.round(np.percentile(draws, share, axis=0)).astype("int64")
            for what, draws in values.items()
            for point, share in SHARE_OF_DRAWS.items()
        }
        table = pd.DataFrame({"kind": words, "month": pd.DatetimeIndex(list(between.months)), **columns})
        parts.append(table.assign(chance_short=between.binds(kind).mean(axis=0)))
    return pd.concat(parts, ignore_index=True)


def compare_gaps(ahead: Ahead, places: Places, scenarios: Sequence[Scenario], kind: str) -> pd.DataFrame:
    """The gap of one kind at the horizon, without any scenario and with each of those played, its own places included.

    Columns: scenario (its title), needed and places (medians, whole), gap (the median) with p10_gap and p90_gap, and
    change with p10_change and p90_change: of the gap from the baseline's, draw by draw, all to whole children.
    """
    named = {scenario.name: scenario for scenario in scenarios}
    before = set_against(ahead.baseline, places)
    rows = []
    for projection in ahead.every:
        scenario = named.get(projection.scenario)
        gap = set_against(projection, add_places(places, scenario) if scenario else places)
        beyond = gap.beyond(kind)[:, -1]
        spread = _spread(beyond, "gap") | _spread(beyond - before.beyond(kind)[:, -1], "change")
        title = ahead.titles.get(projection.scenario, "as things are")
        middles = (int(np.round(np.median(side[kind][:, -1]))) for side in (gap.need, gap.places))
        rows.append({"scenario": title, **dict(zip(("needed", "places"), middles, strict=True)), **spread})
    return pd.DataFrame(rows).astype({"scenario": "str"})


def _spread(values: NDArray[np.integer], what: str) -> dict[str, int]:
    """The middle of the draws under its own name, and the ends of its 80% range, to whole numbers."""
    low, middle, high = (int(np.round(np.percentile(values, share))) for share in SHARE_OF_DRAWS.values())
    return {what: middle, f"p10_{what}": low, f"p90_{what}": high}


def first_short(binding: pd.DataFrame, kind: str) -> date | None:
    """The month end at which places of one kind are first more likely short than not; none within the forecast.

    binding: as capacity.first_binding gives it.
    """
    month = binding.loc[binding["kind"] == kind, "month"].iloc[0]
    return None if pd.isna(month) else month.date()


def when_short(binding: pd.DataFrame, kind: str, now: date) -> str:
    """When places of one kind first run short, to follow their name in a sentence. now: the day of outturn."""
    row = binding[binding["kind"] == kind].iloc[0]
    month = first_short(binding, kind)
    if month == now:
        return "are short already"
    if month is None:
        return "are more likely than not to suffice throughout"
    early, late = row["p10"], row["p90"]
    last = "after the forecast ends" if pd.isna(late) else f"{late:%B %Y}"
    return f"are likely to run short by {month:%B %Y} (80% range: {early:%B %Y} to {last})"


def list_assumptions(capacity: Capacity, judgements: Mapping[str, Judgement]) -> pd.DataFrame:
    """The judgements that this page rests on: assumption (what is judged), value, low, high, source, owner."""
    used = [*USABLE.values(), PULL_SD]
    used += [] if capacity.places_known else [PLACES_EACH]
    used += [] if capacity.years and capacity.household_years else [APPROVALS, LEAVING]
    held = [judgements[name] for name in used]
    rows = [(one.unit, one.value, one.low, one.high, one.source, one.owner) for one in held]
    return pd.DataFrame(rows, columns=["assumption", "value", "low", "high", "source", "owner"])
