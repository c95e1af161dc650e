"""Who the children are on a day, and how long placements and care had lasted when they ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from cip_analysis.codes import (
    ADOPTION_PLACEMENTS,
    ADULT_AGE,
    AGE_BAND_STARTS,
    AGE_BANDS,
    AGE_UNKNOWN,
    ETHNIC_GROUPS,
    FOSTER_PLACEMENTS,
    LEGAL_GROUPS,
    LEGAL_STATUSES,
    NEEDS,
    PLACEMENTS,
    PROVIDERS,
    SETTINGS,
)
from cip_analysis.demand.caseload import CaseloadError, Definition, birthdays
from cip_analysis.records import Caseload, Episodes

NOT_RECORDED = "not recorded"
OTHER = "other"
_GROUPS_OF_CODES: Mapping[str, str] = {
    **dict.fromkeys(sorted(FOSTER_PLACEMENTS), "foster"),
    **dict.fromkeys(sorted(ADOPTION_PLACEMENTS), "placed for adoption"),
    "P1": "with parents",
    **dict.fromkeys(("K1", "K2"), "secure or children's home"),
    **dict.fromkeys(("H5", "P2", "K3"), "independent or supported living"),
    "S1": "residential school",
    **dict.fromkeys(("R1", "R2", "R3", "R5", "P3"), "other residential"),
}
PLACEMENT_GROUPS: Mapping[str, str] = {PLACEMENTS[code].name: group for code, group in _GROUPS_OF_CODES.items()}
"""Placement -> the department's group since 2020; earlier releases put some of these together otherwise."""
LEGAL_STATUS_GROUPS: Mapping[str, str] = {LEGAL_STATUSES[code].name: group for code, group in LEGAL_GROUPS.items()}

PLACEMENT_BANDS: tuple[tuple[str, int, int], ...] = (
    ("1 to 7 days", 0, 0),
    ("8 days to under 1 month", 0, 8),
    ("1 month to under 3 months", 1, 0),
    ("3 months to under 6 months", 3, 0),
    ("6 months to under 1 year", 6, 0),
    ("1 year to under 2 years", 12, 0),
    ("2 years to under 5 years", 24, 0),
    ("5 years and over", 60, 0),
)
"""Published band of a placement's duration, and the calendar months and days at which it begins."""
CARE_BANDS: tuple[tuple[str, int, int], ...] = (
    ("under 2 weeks", 0, 0),
    ("2 weeks to under 8 weeks", 0, 14),
    ("8 weeks to under 6 months", 0, 56),
    ("6 months to under 1 year", 6, 0),
    ("1 year to under 2 years", 12, 0),
    ("2 years to under 3 years", 24, 0),
    ("3 years to under 5 years", 36, 0),
    ("5 years to under 10 years", 60, 0),
    ("10 years and over", 120, 0),
)
"""Published band of the duration of a period of care, and the calendar months and days at which it begins."""


def count_on(episodes: Episodes, day: date, by: str, definition: Definition = "published") -> pd.DataFrame:
    """Children looked after at the end of one day, by one characteristic.

    by: one of CHARACTERISTICS. Columns: that name, children, share (of all children that day). Every category of the
    code list is there, nought or not, in its own order; "not recorded" only where a child needs it.
    Raises CaseloadError where the day lies after the census date or the characteristic is not known.
    """
    if by not in CHARACTERISTICS:
        raise CaseloadError(f"No characteristic is called {by!r}: it is one of {', '.join(CHARACTERISTICS)}.")
    categories, translate = CHARACTERISTICS[by]
    present = children_on(episodes, day, definition)
    found = translate(present, episodes, pd.Timestamp(day)).fillna(NOT_RECORDED)
    counts = found.value_counts().reindex([*categories, *sorted(set(found) - set(categories))], fill_value=0)
    table = pd.DataFrame({by: counts.index.astype("str"), "children": counts.to_numpy("int64")})
    return table.assign(share=table["children"] / max(1, len(present)))


def children_on(episodes: Episodes, day: date, definition: Definition = "published") -> pd.DataFrame:
    """The one placement of each child in care at the end of a day; whoever has turned 18 has left.

    Raises CaseloadError where the day lies after the census date: it is unknown, not empty.
    """
    if day > episodes.census_date:
        raise CaseloadError(f"{day:%d %B %Y} is after the census date, {episodes.census_date:%d %B %Y}.")
    table, at = episodes.table, pd.Timestamp(day)
    there = (table["start"] <= at) & ~(table["end"] <= at) & ~(birthdays(table["birth_date"], ADULT_AGE) <= at)
    return table[there & ~table["respite"]] if definition == "published" else table[there]


def tell_apart(episodes: Episodes, present: pd.DataFrame, day: date, by: str) -> pd.Series:
    """Which group of a characteristic (as `count_on` knows them) each of some children belongs to on a day."""
    return CHARACTERISTICS[by][1](present, episodes, pd.Timestamp(day))


def groups_of(by: str) -> tuple[str, ...]:
    """The groups of a characteristic, in their own order."""
    return CHARACTERISTICS[by][0]


def children_who(
    episodes: Episodes, day: date, settings: Sequence[str] = (), ages: Sequence[str] = (), needs: Sequence[str] = ()
) -> pd.DataFrame:
    """Those of `children_on` a day who live in some settings, of some age bands and needs; blank is any."""
    there = children_on(episodes, day)
    bands = _age_band(there, episodes, pd.Timestamp(day))
    columns = ((there["setting"], settings), (bands, ages), (there["need"], needs))
    kept = [column.isin(list(wanted)) for column, wanted in columns if wanted]
    return there[np.logical_and.reduce(kept)] if kept else there


def describe_children(episodes: Episodes, days: Sequence[date], by: Sequence[str]) -> pd.DataFrame:
    """Children on several days by several characteristics, for one table.

    Columns: group ("Sex: male"), and one a day named as it is written, e.g. "31 March 2018". A group that nobody was
    in on any of the days is left out.
    """
    written = [f"{day.day} {day:%B %Y}" for day in days]
    parts = []
    for characteristic in by:
        counts = [count_on(episodes, day, characteristic).set_index(characteristic)["children"] for day in days]
        wide = pd.concat(counts, axis=1, keys=written, sort=False).fillna(0).astype("int64")
        heading = f"{characteristic[:1].upper()}{characteristic[1:]}"
        parts.append(wide.set_axis([f"{heading}: {name}" for name in wide.index]))
    table = pd.concat(parts).rename_axis("group")
    return table[table.sum(axis=1) > 0].reset_index()


def main_settings(caseload: Caseload, most: int = 5) -> pd.DataFrame:
    """Children at each 31 March by setting, all but the `most` largest at the last of them joined into "other".

    Columns: year, setting, children; "other", which holds our setting of that name too, comes last.
    """
    table = caseload.table[caseload.table["month"].dt.month == 3]
    totals = table.groupby([table["month"].dt.year.rename("year"), table["setting"].astype("str")])["stock"].sum()
    if totals.empty:
        return pd.DataFrame({"year": [], "setting": [], "children": []})
    last = totals.xs(totals.index[-1][0])
    largest = list(last.drop(OTHER).nlargest(most).index)
    counted = totals.reset_index(name="children")
    named = counted["setting"].where(counted["setting"].isin(largest), OTHER)
    joined = counted.assign(setting=pd.Categorical(named, [*largest, OTHER], ordered=True))
    summed = joined.groupby(["year", "setting"], as_index=False, observed=False)["children"].sum()
    return pd.DataFrame(summed).astype({"setting": "str", "year": "int64"})


def middle_band(table: pd.DataFrame, counted: str) -> str:
    """The band of duration that the middle stay falls in; "none" where there are no stays."""
    running = table[counted].cumsum()
    if not len(table) or not running.iloc[-1]:
        return "none"
    return str(table.loc[running * 2 >= running.iloc[-1], "duration"].iloc[0])


def placement_durations(episodes: Episodes, year: int, setting: str = "") -> pd.DataFrame:
    """Placements that ended in the year to 31 March `year`, by how long they had lasted.

    setting: one of ours, or blank for all. Temporary stays and respite series are left out, as the department does.
    Columns: duration (the published band), placements, share.
    """
    table = episodes.table
    over = _ended_in(table["end"], year) & ~table["respite"] & ~table["temporary"]
    ended = table[over & (table["setting"] == setting)] if setting else table[over]
    return _banded(ended["start"], ended["end"], PLACEMENT_BANDS, "placements")


def care_durations(episodes: Episodes, year: int) -> pd.DataFrame:
    """Children who ceased to be looked after in the year to 31 March `year`, by the length of that period of care.

    A child who ceased twice counts by the last time. Columns: duration (the published band), children, share.
    """
    table = episodes.table[~episodes.table["respite"]]
    periods = table.groupby(["child", "period"], as_index=False).agg(
        start=("start", "first"), end=("end", "last"), placements=("start", "size"), closed=("end", "count")
    )
    ceased = periods[_ended_in(periods["end"], year) & (periods["placements"] == periods["closed"])]
    last = ceased.drop_duplicates("child", keep="last")
    return _banded(last["start"], last["end"], CARE_BANDS, "children")


def _ended_in(ends: pd.Series, year: int) -> pd.Series:
    return ends.between(pd.Timestamp(year - 1, 4, 1), pd.Timestamp(year, 3, 31))


def _banded(starts: pd.Series, ends: pd.Series, bands: tuple[tuple[str, int, int], ...], counted: str) -> pd.DataFrame:
    """Stays by published band; a stay has reached a band when its calendar months and days are over."""
    start = starts.to_numpy().astype("datetime64[D]")
    end = ends.to_numpy().astype("datetime64[D]")
    month = start.astype("datetime64[M]")
    band = np.zeros(len(start), dtype="int64")
    for months, days in [(months, days) for _, months, days in bands[1:]]:
        reached = (month + np.timedelta64(months, "M")).astype("datetime64[D]") + (start - month)
        band += end >= reached + np.timedelta64(days, "D")
    counts = np.bincount(band, minlength=len(bands))
    table = pd.DataFrame({"duration": [name for name, *_ in bands], counted: counts})
    return table.assign(share=table[counted] / max(1, len(start)))


def _age_band(present: pd.DataFrame, _: Episodes, day: pd.Timestamp) -> pd.Series:
    reached = sum((birthdays(present["birth_date"], age) <= day).astype("int64") for age in AGE_BAND_STARTS[1:])
    bands = pd.Series(reached, index=present.index).map(dict(enumerate(AGE_BANDS)))
    return bands.where(present["birth_date"].notna(), AGE_UNKNOWN)


def _legal_group(present: pd.DataFrame, episodes: Episodes, day: pd.Timestamp) -> pd.Series:
    legal = episodes.legal
    held = legal[(legal["start"] <= day) & ~(legal["end"] <= day)].drop_duplicates("child", keep="last")
    return present["child"].map(held.set_index("child")["legal_status"]).map(LEGAL_STATUS_GROUPS)


Translation = Callable[[pd.DataFrame, Episodes, pd.Timestamp], pd.Series]
CHARACTERISTICS: Mapping[str, tuple[tuple[str, ...], Translation]] = {
    "age band": (AGE_BANDS, _age_band),
    "sex": (("male", "female"), lambda present, _, __: present["sex"]),
    "ethnic group": (
        tuple(dict.fromkeys(ETHNIC_GROUPS.values())),
        lambda present, _, __: present["ethnic_group"],
    ),
    "need": (
        tuple(code.name for code in NEEDS.values()),
        lambda present, _, __: present["need"],
    ),
    "legal status": (
        tuple(group for group in dict.fromkeys(LEGAL_GROUPS.values()) if group != "respite"),
        _legal_group,
    ),
    "setting": (SETTINGS, lambda present, _, __: present["setting"]),
    "placement": (
        (*dict.fromkeys(PLACEMENT_GROUPS.values()), "other"),
        lambda present, _, __: present["placement"].map(PLACEMENT_GROUPS).fillna("other"),
    ),
    "provider": (
        tuple(code.name for code in PROVIDERS.values()),
        lambda present, _, __: present["provider"],
    ),
    "unaccompanied asylum-seeking": (
        ("yes", "no"),
        lambda present, _, __: present["uasc"].map({True: "yes", False: "no"}),
    ),
}
"""What children can be counted by: the categories in their order, and how a placement gets its category."""
