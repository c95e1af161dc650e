"""What the invented council has of its own: foster households and homes, with the days each opened and closed.

It agrees with the histories: households hold the children said to be with them, and a home is open whenever a child
is in it. Source of the numbers: the council's settings file (Cabinet report, 6 July 2018, paragraphs 21 and 22).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cip_analysis.settings import Council, Home
from cip_analysis.synthetic.chance import stream
from cip_analysis.synthetic.children.placing import OWN_HOMES_CLOSED
from cip_analysis.synthetic.files import as_text, collection_years
from cip_analysis.synthetic.history import Histories

OWN_FOSTER = ("U4", "U5", "U6")
SPARE_PLACES = 1.3
LEAVING_SHARE = 0.09
LEAVING_REASONS = ("retired", "moved to an agency", "adopted or became a guardian", "changed circumstances")
MOST_PLACES = 3
CLOSED_HOMES_SHUT = pd.Timestamp(np.datetime64(OWN_HOMES_CLOSED, "D"))
CAPACITY_COLUMNS = ("name", "kind", "places", "opened", "closed", "reason")


def invent_capacity(histories: Histories, council: Council, seed: int) -> pd.DataFrame:
    """Every foster household and home, one row each, as text: CAPACITY_COLUMNS.

    kind: foster household or children's home. places: children it may hold at once. closed, reason: blank where it
    was open on the last day. Households open on the last day number what the council's settings say, or as many as
    the children with them need.
    """
    households = _invent_households(histories, council.capacity.foster_carers, stream(seed, "foster households"))
    homes = _invent_homes(histories, council.capacity.homes, stream(seed, "own homes"))
    table = pd.concat([households, homes], ignore_index=True)
    return table.assign(
        places=table["places"].astype(str), opened=as_text(table["opened"]), closed=as_text(table["closed"])
    )[list(CAPACITY_COLUMNS)]


def children_with_own_carers(histories: Histories, days: pd.DatetimeIndex) -> pd.Series:
    """Children with the council's own foster carers, other than relatives and friends, on each day."""
    episodes = histories.episodes
    own = episodes[episodes["placement"].isin(OWN_FOSTER) & episodes["provider"].eq("PR1")]
    ends = own["end"].fillna(pd.Timestamp(histories.last_day) + pd.Timedelta(days=1))
    come = np.searchsorted(np.sort(own["start"].to_numpy()), days.to_numpy(), side="right")
    gone = np.searchsorted(np.sort(ends.to_numpy()), days.to_numpy(), side="right")
    return pd.Series(come - gone, days)


def _invent_households(histories: Histories, carers: int, chance: np.random.Generator) -> pd.DataFrame:
    """Households open on each 31 March in proportion to the children with them; some leave and more come each year."""
    marks = pd.date_range(histories.first_day, histories.last_day, freq="MS").union([pd.Timestamp(histories.last_day)])
    stock = children_with_own_carers(histories, marks)
    wanted = np.maximum(carers, np.ceil(stock.iloc[-1] * SPARE_PLACES / MOST_PLACES))
    yearly = stock.groupby(np.where(marks.month >= 4, marks.year + 1, marks.year)).max()
    numbers = np.ceil(yearly * wanted / max(stock.iloc[-1], 1)).astype("int64").clip(lower=1)
    numbers.iloc[-1] = int(wanted)
    opened, closed = _come_and_go(histories, numbers, chance)
    mean = float(np.clip(SPARE_PLACES * (yearly / numbers).max(), 1, MOST_PLACES))
    places = 1 + chance.binomial(MOST_PLACES - 1, (mean - 1) / (MOST_PLACES - 1), len(opened))
    names = [f"Foster household {number:03d}" for number in range(1, len(opened) + 1)]
    table = pd.DataFrame(
        {"name": names, "kind": "foster household", "places": places, "opened": opened, "closed": closed}
    )
    reason = pd.Series(chance.choice(LEAVING_REASONS, len(opened)))
    return table.assign(reason=reason.where(table["closed"].notna(), ""))


def _come_and_go(histories: Histories, numbers: pd.Series, chance: np.random.Generator) -> tuple[pd.Series, pd.Series]:
    """The opening and closing days of households, so that `numbers` (by year) are open at each year's end."""
    first = pd.Timestamp(histories.first_day)
    opened = [first - pd.Timedelta(days=int(days)) for days in chance.integers(30, 5000, int(numbers.iloc[0]))]
    closed: dict[int, pd.Timestamp] = {}
    for year, number in zip(collection_years(histories), numbers, strict=True):
        opens = pd.Timestamp(year - 1, 4, 1)
        here = [row for row in range(len(opened)) if row not in closed]
        leaving = max(round(LEAVING_SHARE * len(here)), len(here) - int(number))
        for row in chance.permutation(here)[:leaving]:
            closed[int(row)] = opens + pd.Timedelta(days=int(chance.integers(180, 365)))
        joining = int(number) - len(here) + leaving
        opened += [opens + pd.Timedelta(days=int(days)) for days in chance.integers(0, 180, joining)]
    dates = pd.DataFrame(
        {"opened": opened, "closed": pd.Series(closed, dtype="datetime64[us]").reindex(range(len(opened)))}
    )
    dates = dates.sort_values("opened", kind="stable", ignore_index=True)
    return dates["opened"], dates["closed"]


def _invent_homes(histories: Histories, homes: tuple[Home, ...], chance: np.random.Generator) -> pd.DataFrame:
    """The council's own homes, as its settings name them: open at least as long as any child was in one."""
    episodes = histories.episodes
    inside = episodes[episodes["placement"].eq("K2") & episodes["provider"].eq("PR1")]
    opened = min([pd.Timestamp(histories.first_day), *inside["start"]])
    emptied = max([CLOSED_HOMES_SHUT, *inside["end"].dropna()])
    in_use = bool(inside["end"].isna().any()) or emptied > pd.Timestamp(histories.last_day)
    closed = [pd.NaT if home.open or in_use else emptied for home in homes]
    return pd.DataFrame(
        {
            "name": [home.name for home in homes],
            "kind": "children's home",
            "places": [home.beds for home in homes],
            "opened": [opened - pd.Timedelta(days=int(days)) for days in chance.integers(200, 4000, len(homes))],
            "closed": pd.Series(closed, dtype="datetime64[us]"),
            "reason": ["" if pd.isna(day) else "temporarily closed" for day in closed],
        }
    )
