"""The outcomes framework: what became of children, by year, from the returns alone.

Every measure is a share of children of whom it could be true, with its exact interval: how often they moved, how long
they have stayed, whether those who left went home, whether they came back, their health, and what care leavers do. None
of it says why. Source of the two measures of stability: DfE, children looked after: three or more placements in the
year; and the same placement for two years, of those under 16 looked after for two and a half.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import pandas as pd

from cip_analysis.codes import WAY_OUT_OF
from cip_analysis.demand.caseload import birthdays
from cip_analysis.demand.profile import children_on
from cip_analysis.impact.equality import share_interval
from cip_analysis.records import Episodes

MANY_PLACEMENTS, LONG_DAYS, STEADY_DAYS, YOUNG = 3, 913, 731, 16
HOME = "returned home"
FOLLOWED = 365
FRAMEWORK = ["measure", "of_whom", "year", "children", "children_so"]
GROUPS: Mapping[str, tuple[str, ...]] = {
    "all children": (),
    "external residential": ("external residential",),
    "foster homes": ("in-house foster", "independent foster", "kinship"),
}
Told = pd.DataFrame


class FrameworkError(ValueError):
    """A year cannot be told from the returns."""


def measure_year(episodes: Episodes, year: int) -> Told:
    """Every measure of the returns' own histories for the year to 31 March: columns FRAMEWORK.

    Measures that need a later year (who came back) are told where the returns reach so far, and left out else.
    Raises FrameworkError where the year is not over by the census date.
    """
    if date(year, 3, 31) > episodes.census_date:
        raise FrameworkError(f"The year to March {year} is not over on {episodes.census_date:%d %B %Y}.")
    rows = []
    for name, measure in MEASURES.items():
        told = measure(episodes, year)
        if told is None:
            continue
        for group, settings in GROUPS.items():
            kept = told[told["setting"].isin(settings)] if settings else told
            rows.append((name, group, year, len(kept), int(kept["so"].sum())))
    return pd.DataFrame(rows, columns=FRAMEWORK)


def measure_run(
    episodes: Episodes, answers: pd.DataFrame, years: Sequence[int], base: int, distance: Told | None = None
) -> Told:
    """The framework of several years, with shares worked from counts rounded to `base`: FRAMEWORK and the shares.

    answers: as returns.answers.read_answers. distance: as `measure_distance`; none where it is not known. Years without
    a measure are left out of it.
    """
    own = [measure_year(episodes, year) for year in years]
    beside = [] if distance is None or distance.empty else [distance]
    whole = pd.concat([*own, *beside, measure_answers(answers, years)], ignore_index=True)
    return with_shares(whole.sort_values(["measure", "of_whom", "year"], kind="stable", ignore_index=True), base)


def say_course(framework: Told) -> str:
    """Measures whose latest year lies surely apart from the first, of all children: framework: as released."""
    known = framework.dropna(subset=["share", "low_share", "high_share"])
    whole = known[known["of_whom"].isin(["all children", *asked_of(known)])]
    ends = whole.sort_values("year").groupby("measure", sort=False).agg(
        first=("share", "first"), last=("share", "last"), low=("low_share", "last"), high=("high_share", "last"),
        low_first=("low_share", "first"), high_first=("high_share", "first"),
    )  # fmt: skip
    up, down = ends[ends["low"] > ends["high_first"]], ends[ends["high"] < ends["low_first"]]
    if up.empty and down.empty:
        return (
            "No measure lies surely apart from what it was in the first year shown: numbers are small, and ranges wide."
        )
    parts = [f"{word}: {', '.join(map(str, rows.index))}" for word, rows in (("Surely up", up), ("Surely down", down))
             if len(rows)]  # fmt: skip
    return f"{'. '.join(parts)}."


def asked_of(known: pd.DataFrame) -> list[str]:
    """Whom the return's own questions are asked of."""
    return [str(name) for name in known["of_whom"].unique() if name not in GROUPS]


def measure_distance(episodes: Episodes, bands: pd.Series, far: str, unknown: str, years: Sequence[int]) -> Told:
    """Children placed far from home at each 31 March, of those whose distance is known: columns FRAMEWORK.

    bands: as returns.reference.postcodes.band_distances, of which `far` is the one counted and `unknown` is left out.
    No rows where no distance is known.
    """
    rows = []
    for year in years:
        there = children_on(episodes, date(year, 3, 31))
        band = bands.reindex(pd.MultiIndex.from_frame(there[["file", "row"]])).fillna(unknown).to_numpy()
        known = there[band != unknown].assign(so=(band == far)[band != unknown])
        for group, settings in GROUPS.items():
            kept = known[known["setting"].isin(settings)] if settings else known
            rows.append((f"placed {far} from home", group, year, len(kept), int(kept["so"].sum())))
    told = pd.DataFrame(rows, columns=FRAMEWORK)
    return told if told["children"].sum() else told.iloc[:0]


def measure_answers(answers: pd.DataFrame, years: Sequence[int]) -> Told:
    """Health and care leavers' answers by year: columns FRAMEWORK. answers: as returns.answers.read_answers."""
    kept = answers[answers["year"].isin(list(years))]
    counted = kept.groupby(["question", "asked_of", "year"], sort=False)["yes"].agg(["size", "sum"]).reset_index()
    counted.columns = pd.Index(["measure", "of_whom", "year", "children", "children_so"])
    return counted.astype({"children": "int64", "children_so": "int64"})[FRAMEWORK]


def with_shares(told: Told, base: int) -> Told:
    """Each measure's share and exact interval, worked from counts rounded to `base`: share, low_share, high_share.

    Counts themselves are left as they are, for disclosure control to round and withhold. Blank where nobody is counted.
    """
    rows = []
    for whole, part in zip(told["children"], told["children_so"], strict=True):
        all_of, so = (_nearest(int(count), base) for count in (whole, part))
        low, high = share_interval(min(so, all_of), all_of) if all_of else (float("nan"), float("nan"))
        rows.append((min(so, all_of) / all_of if all_of else float("nan"), low, high))
    shares = pd.DataFrame(rows, columns=["share", "low_share", "high_share"], index=told.index)
    return pd.concat([told, shares], axis=1)


# ---- the measures: a row a child it could be true of, its setting, and whether it is so --------------------------


def _many_placements(episodes: Episodes, year: int) -> Told:
    """Children there on 31 March: whether they had three or more placements in the year, temporary ones left out."""
    there = children_on(episodes, date(year, 3, 31))
    table = episodes.table
    opens, closes = pd.Timestamp(year - 1, 4, 1), pd.Timestamp(year, 4, 1)
    within = table[(table["start"] < closes) & ~(table["end"] <= opens) & ~table["temporary"] & ~table["respite"]]
    counted = within.groupby("child").size()
    return _as_told(there, there["child"].map(counted).fillna(1) >= MANY_PLACEMENTS)


def _long_in_one_place(episodes: Episodes, year: int) -> Told:
    """Children under 16 there on 31 March and in care two and a half years: whether in one placement for two years."""
    day = pd.Timestamp(year, 3, 31)
    there = children_on(episodes, day.date())
    young = ~(birthdays(there["birth_date"], YOUNG) <= day)
    chosen = there[young & ((day - there["period_start"]).dt.days >= LONG_DAYS)]
    return _as_told(chosen, (day - chosen["start"]).dt.days >= STEADY_DAYS)


def _went_home(episodes: Episodes, year: int) -> Told:
    """Children who ceased in the year, by their last time: whether they returned home."""
    left = _leavers(episodes, year)
    return _as_told(left, left["end_reason"].map(WAY_OUT_OF).eq(HOME))


def _came_back(episodes: Episodes, year: int) -> Told | None:
    """Children who ceased in the year and could come back: whether they started again within twelve months."""
    if pd.Timestamp(year, 3, 31) + pd.Timedelta(days=FOLLOWED) > pd.Timestamp(episodes.census_date):
        return None
    left, table = _leavers(episodes, year), episodes.table
    begun = table.loc[~table["respite"], ["child", "period_start"]].drop_duplicates()
    beside = left[["child", "end"]].reset_index().merge(begun, on="child")
    back = beside[(beside["period_start"] > beside["end"])
                  & ((beside["period_start"] - beside["end"]).dt.days <= FOLLOWED)]  # fmt: skip
    return _as_told(left, pd.Series(left.index.isin(back["index"]), left.index))


MEASURES: Mapping[str, Callable[[Episodes, int], Told | None]] = {
    "three or more placements in the year": _many_placements,
    "in one placement for two years, of those long in care": _long_in_one_place,
    "went home, of those who left": _went_home,
    "came back within a year, of those who left": _came_back,
}


def _leavers(episodes: Episodes, year: int) -> pd.DataFrame:
    """The last placement of each child who ceased in the year, once a child: their last time."""
    table = episodes.table[~episodes.table["respite"]]
    last = table.sort_values("start").drop_duplicates(["child", "period"], keep="last")
    opens, closes = pd.Timestamp(year - 1, 4, 1), pd.Timestamp(year, 4, 1)
    left = last[(last["end"] >= opens) & (last["end"] < closes) & last["end_reason"].notna()]
    return left.drop_duplicates("child", keep="last")


def _as_told(children: pd.DataFrame, so: pd.Series) -> Told:
    return pd.DataFrame({"setting": children["setting"], "so": so.astype(bool)})


def _nearest(count: int, base: int) -> int:
    return (count + base // 2) // base * base
