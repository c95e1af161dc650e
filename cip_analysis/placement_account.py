"""Where children will live, how they move and how long they stay, in tables shaped for a page.

Each function takes what the run and its forecast give and returns a plain table: nothing is drawn, released or said
here. Shares and chances are fractions; lengths of stay are in months; counts of children are whole.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binom, gamma

from cip_analysis.codes import SETTINGS, WAYS_OUT
from cip_analysis.demand.backtest import Scored, track_record, within
from cip_analysis.demand.forecast import ALL, STATISTICS
from cip_analysis.demand.inputs import DAYS_IN_YEAR, Pathways, Seen
from cip_analysis.demand.pathways import mean_stay
from cip_analysis.forecasts import Ahead

Numbers = NDArray[np.float64]
OTHER, STARTED, LEFT = "other", "not in care", "left care"
SHOWN_SETTINGS, ONCE_IN_TWENTY = 4, 0.05
FEWEST_EVENTS = 20
"""Leaving and moving from a setting together: with fewer, its chances are those of other settings, and not shown."""
LEAVES, MOVES, OTHER_WAYS = "leaves care before 18", "moves to another setting", "any other way"
HOMES_OF: Mapping[str, str] = {
    "in-house foster": "in-house foster homes",
    "independent foster": "independent foster homes",
    "kinship": "kinship homes",
    "external residential": "external residential care",
    "in-house residential": "in-house residential homes",
    "16+ supported": "16+ supported homes",
    "with parents": "placement with parents",
    "placed for adoption": "placement for adoption",
    "secure and health": "secure and health units",
    "family centre": "family centres",
    "other": "other placements",
}
"""Setting -> what a sentence calls it."""

RATE_RANGE = {"p02_5_chance": 0.025, "p97_5_chance": 0.975}
DAYS_IN_MONTH = DAYS_IN_YEAR / 12
SHARE_OF_DRAWS = {"p10": 10, "p50": 50, "p90": 90}


class PlacementAccountError(ValueError):
    """A table of the page was asked of something that does not hold it."""


# ---- where they will live ---------------------------------------------------------------------------------------


def list_settings_ahead(ahead: Ahead) -> pd.DataFrame:
    """The baseline by setting: setting, month and the statistics of a forecast, settings in their own order."""
    table = ahead.table
    own = table[(table["scenario"] == ahead.baseline.scenario) & (table["age_band"] == ALL) & (table["setting"] != ALL)]
    place = own["setting"].map({name: place for place, name in enumerate(SETTINGS)})
    ordered = own.assign(place=place).sort_values(["place", "month"], kind="stable", ignore_index=True)
    return ordered[["setting", "month", *STATISTICS]]


def count_setting(caseload: pd.DataFrame, setting: str) -> pd.DataFrame:
    """One setting's outturn: month, children. caseload: the table of a Caseload."""
    monthly = caseload[caseload["setting"] == setting].groupby("month", observed=True)["stock"].sum()
    return monthly.rename("children").reset_index()


def say_ahead(setting: str, now: float, low: float, high: float, until: pd.Timestamp) -> str:
    """Where a setting's count goes, for a title: the count now and the ends of the 80% range, as they are shown.

    A blank stands for a number that is withheld.

    >>> say_ahead("kinship", 80, 70, 120, pd.Timestamp(2022, 3, 31))
    'Kinship homes: may grow or shrink, from 80 children now to between 70 and 120 by March 2022'
    """
    name = _capital(HOMES_OF[setting])
    if any(pd.isna(value) for value in (now, low, high)):
        return f"{name}: too few children to show a forecast"
    course = "may grow or shrink"
    if low >= now:
        course = "likely to grow" if low > now else "may grow"
    elif high <= now:
        course = "likely to shrink" if high < now else "may shrink"
    ends = f"between {low:,.0f} and {high:,.0f}" if low < high else f"about {low:,.0f}"
    return f"{name}: {course}, from {now:,.0f} children now to {ends} by {until:%B %Y}"


def list_changes(ahead: Ahead, base: int) -> pd.DataFrame:
    """How far each setting lived in now may move by the horizon, largest now first.

    base: changes are rounded to its multiples, so that they tell no more of a count than the count shown does.
    Columns: setting, children (now), p10_change, p50_change, p90_change: over draws, in children.
    """
    stock = ahead.baseline.stock.sum(axis=2, dtype="int64")
    change = np.percentile(stock[:, -1] - stock[:, 0], list(SHARE_OF_DRAWS.values()), axis=0)
    table = pd.DataFrame({"setting": list(SETTINGS), "children": stock[0, 0]})
    rounded = zip(SHARE_OF_DRAWS, to_base(change, base), strict=True)
    table = table.assign(**{f"{point}_change": row for point, row in rounded})
    lived_in = table[table["children"] > 0]
    return lived_in.sort_values("children", ascending=False, kind="stable", ignore_index=True)


def to_base(values: Numbers, base: int) -> NDArray[np.int64]:
    """Numbers to the nearest multiple of a base, halves up.

    >>> to_base(np.array([-8.0, -1.0, 12.5]), 5).tolist()
    [-10, 0, 15]
    """
    return np.asarray(np.floor(values / base + 0.5) * base).astype("int64")


def say_changes(changes: pd.DataFrame) -> str:
    """The setting that is likely to change most, for a title. changes: as `list_changes`, released."""
    known = changes.dropna()
    if known.empty or not known["p50_change"].any():
        return "No setting is likely to change much"
    most = known.loc[known["p50_change"].abs().sort_values(kind="stable").index[-1]]
    middle, low, high = (_more_or_fewer(int(most[f"{point}_change"])) for point in ("p50", "p10", "p90"))
    return f"Largest change: {HOMES_OF[most['setting']]}, about {middle} (from {low} to {high}, eight times in ten)"


def _more_or_fewer(change: int) -> str:
    """A change in words: "35 more", "5 fewer", "none"."""
    return f"{abs(change):,} {'more' if change > 0 else 'fewer'}" if change else "no change"


def say_mix(ends: pd.DataFrame, month: date, most: int = 5) -> str:
    """How many are likely to live in each of the largest settings on a day, for a sentence.

    ends: a released forecast's table, with setting, month and p50; settings withheld, or with none, are not spoken of.
    """
    there = ends[(ends["month"] == pd.Timestamp(month)) & (ends["p50"].fillna(0) > 0)]
    largest = there.sort_values("p50", ascending=False, kind="stable").head(most)
    named = [
        f"{int(middle):,} in {HOMES_OF[name]}" for name, middle in zip(largest["setting"], largest["p50"], strict=True)
    ]
    return f"{', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else "".join(named)


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


# ---- how they move, and how long they stay ----------------------------------------------------------------------


def name_largest(caseload: pd.DataFrame, day: date, most: int = SHOWN_SETTINGS) -> list[str]:
    """The settings with most children on a month's end, most first. caseload: the table of a Caseload."""
    there = caseload[caseload["month"] == pd.Timestamp(day)]
    stock = there.groupby("setting", observed=True)["stock"].sum()
    return [str(name) for name in stock.sort_values(ascending=False, kind="stable").index[:most]]


def gather_flows(flows: pd.DataFrame, kept: Sequence[str]) -> pd.DataFrame:
    """Flows between few enough places to draw: come_from, gone_to and children, over the whole window, largest first.

    flows: as pathways.flows_between gives them. kept: settings shown by themselves; the rest are "other",
    and moves among those are left out. Every way out of care is one.
    """
    names = {name: name if name in kept else OTHER for name in SETTINGS}
    gathered = pd.DataFrame(
        {
            "come_from": flows["from"].map(names).fillna(STARTED),
            "gone_to": flows["to"].map(names).fillna(LEFT),
            "children": flows["children"],
        }
    )
    apart = gathered[gathered["come_from"] != gathered["gone_to"]]
    summed = apart.groupby(["come_from", "gone_to"], sort=False)["children"].sum().reset_index()
    return summed.sort_values("children", ascending=False, kind="stable", ignore_index=True)


def say_busiest(flows: pd.DataFrame) -> str:
    """The largest flow between two settings, for a title. flows: released, a year, as `gather_flows` names them."""
    named = ~flows["come_from"].isin([STARTED, OTHER]) & ~flows["gone_to"].isin([LEFT, OTHER])
    within_care = flows[named].dropna()
    if within_care.empty:
        return "Too few children moved between any two settings to show"
    most = within_care.sort_values("children_a_year", kind="stable").iloc[-1]
    return (
        f"The busiest move is from {HOMES_OF[most['come_from']]} to {HOMES_OF[most['gone_to']]}: about "
        f"{most['children_a_year']:,} children a year"
    )


def describe_leaving(pathways: Pathways) -> pd.DataFrame:
    """The chance in a year of leaving care, and of moving elsewhere, from each setting, whatever the child's age.

    Columns: setting, what_happens, events (seen), chance_a_year with its 95% range p02_5_chance and p97_5_chance: what
    would happen within a year if nothing else did. Turning 18 is no event. Settings with fewer than FEWEST_EVENTS
    events are left out.
    """
    seen = _seen(pathways)
    shapes = np.stack([pathways.leave.sum(axis=-1), pathways.move.sum(axis=-1)], axis=-1)
    events = np.stack([seen.leave[..., :-1].sum(axis=-1), seen.move.sum(axis=-1)], axis=-1)
    table = _chances(pathways, shapes, events, [LEAVES, MOVES])
    enough = table.groupby("setting")["events"].transform("sum") >= FEWEST_EVENTS
    return table[enough].reset_index(drop=True)


def describe_routes(pathways: Pathways, setting: str, fewest: int) -> pd.DataFrame:
    """Each way a stay in one setting was seen to end before 18, most often first, in plain words.

    fewest: ways taken by fewer children are joined in one row, the last. Columns: what_happens, events, chance_a_year
    and its 95% range, as in `describe_leaving`.
    """
    seen, here = _seen(pathways), SETTINGS.index(setting)
    shapes = np.concatenate([pathways.leave[..., :-1], pathways.move], axis=-1)
    events = np.concatenate([seen.leave[..., :-1], seen.move], axis=-1)
    words = [*(f"leaves care: {way}" for way in WAYS_OUT[:-1]), *(f"moves to: {name}" for name in SETTINGS)]
    often = events.sum(axis=(0, 1, 2))[here] >= max(1, fewest)
    rest = [part[..., ~often].sum(axis=-1, keepdims=True) for part in (shapes, events)]
    shapes, events = (np.concatenate([part[..., often], *few], axis=-1) for part, few in
                      ((shapes, rest[:1]), (events, rest[1:])))  # fmt: skip
    table = _chances(pathways, shapes, events, [*np.array(words)[often], OTHER_WAYS])
    routes = table[(table["setting"] == setting) & (table["events"] > 0)].drop(columns="setting")
    last = routes["what_happens"] == OTHER_WAYS
    return routes.assign(last=last).sort_values(
        ["last", "events"], ascending=[True, False], kind="stable", ignore_index=True
    ).drop(columns="last")  # fmt: skip


def find_chances(leaving: pd.DataFrame, setting: str) -> tuple[float, float]:
    """The chances in a year of leaving and of moving from one setting; blank where they are withheld or not there.

    leaving: `describe_leaving`, released.
    """
    told = leaving[leaving["setting"] == setting].set_index("what_happens")["chance_a_year"]
    return float(told.get(LEAVES, np.nan)), float(told.get(MOVES, np.nan))


def describe_stays(pathways: Pathways) -> pd.DataFrame:
    """How long a stay in each setting lasts on average: setting, stays_ended, stay_months and its 95% range.

    As if nobody turned 18 (demand.pathways.mean_stay), unaccompanied children apart. stays_ended: those seen to end
    by leaving care or moving. A setting in which none ended is left out.
    """
    seen, stays = _seen(pathways), mean_stay(pathways)
    ended = (seen.leave[0, ..., :-1].sum(axis=-1) + seen.move[0].sum(axis=-1)).sum(axis=(0, 1))
    table = pd.DataFrame({"setting": stays["setting"], "stays_ended": ended.astype("int64")})
    for name, column in (("stay_months", "days"), ("p02_5_stay_months", "low"), ("p97_5_stay_months", "high")):
        table = table.assign(**{name: (stays[column] / DAYS_IN_MONTH).round(1)})
    return table[table["stays_ended"] > 0].reset_index(drop=True)


def _chances(pathways: Pathways, shapes: Numbers, events: Numbers, words: Sequence[str]) -> pd.DataFrame:
    """Chances a year by setting and kind of event, cells weighing by the child-days seen in them.

    shapes, events: group x duration x band x setting x kind. The range is that of a gamma with the mean and variance
    of the weighted sum, as in `mean_stay`.
    """
    days, over = pathways.days, (0, 1, 2)
    held = _seen(pathways).days
    weight = np.where(held.sum(axis=over) > 0, held, days)
    weight = (weight / weight.sum(axis=over))[..., None]
    rate = (weight * shapes / days[..., None]).sum(axis=over)
    spread = (weight**2 * shapes / days[..., None] ** 2).sum(axis=over)
    known = np.where(rate > 0, rate, np.nan), np.where(rate > 0, spread, np.nan)
    ends = {
        name: np.nan_to_num(gamma.ppf(share, known[0] ** 2 / known[1], scale=known[1] / known[0]))
        for name, share in RATE_RANGE.items()
    }
    place, kind = (axis.ravel() for axis in np.indices(rate.shape))
    return pd.DataFrame(
        {
            "setting": np.take(SETTINGS, place), "what_happens": np.take(list(words), kind),
            "events": events.sum(axis=over).ravel().astype("int64"), "chance_a_year": _within_a_year(rate),
            **{name: _within_a_year(end) for name, end in ends.items()},
        }
    ).astype({"setting": "str", "what_happens": "str"})  # fmt: skip


def _within_a_year(rate: Numbers) -> Numbers:
    """The chance within a year, from a rate a day."""
    return np.asarray(1 - np.exp(-rate.ravel() * DAYS_IN_YEAR))


def _seen(pathways: Pathways) -> Seen:
    """What the rates were estimated from."""
    if pathways.seen is None:
        raise PlacementAccountError("These rates were stated, not estimated, so no events stand behind them to show.")
    return pathways.seen


def list_fallbacks(ahead: Ahead, *others: Sequence[str]) -> pd.DataFrame:
    """Every fallback that the forecast or anything beside it took, each once, a row each: what_stood_in."""
    told = dict.fromkeys([*ahead.notes, *itertools.chain.from_iterable(others)])
    return pd.DataFrame({"what_stood_in": list(told)}, dtype="str")


# ---- how right ---------------------------------------------------------------------------------------------------


def show_setting_record(scored: Scored, method: str, months_ahead: int = 12) -> pd.DataFrame:
    """How forecasts of each setting made from the council's own past have done at one horizon, a row a setting.

    Columns: setting, forecasts, share_missed and share_missed_by_no_change (of what came), and in words how many
    outturns lay in the 80% range. No rows where nothing can be scored; settings with few children are not.
    """
    if scored.table.empty:
        return pd.DataFrame()
    record = track_record(scored, method)
    settings = {within(name): name for name in SETTINGS}
    chosen = record[record["measure"].isin(list(settings)) & (record["horizon_months"] == months_ahead)]
    return pd.DataFrame(
        {
            "setting": chosen["measure"].map(settings),
            "forecasts": chosen["n"],
            "share_missed": chosen["missed"],
            "share_missed_by_no_change": chosen["missed_no_change"],
            "inside the 80% range": chosen["held_80"].astype("str") + " of " + chosen["n"].astype("str"),
        }
    ).reset_index(drop=True)


def say_record(record: pd.DataFrame) -> str:
    """What the record says of trusting a forecast by setting, in a sentence or three.

    Ranges are said to be too narrow where so few outturns inside would come once in twenty by chance.
    """
    if record.empty:
        return "Nobody can say from these returns how right a forecast of one setting is."
    better = int((record["share_missed"] < record["share_missed_by_no_change"]).sum())
    held, of = record["inside the 80% range"].str.split(" of ", expand=True).astype("int64").sum()
    narrow = " So take the ranges here as too narrow." if binom.cdf(held, of, 0.8) < ONCE_IN_TWENTY else ""
    worst = record.sort_values("share_missed").iloc[-1]
    return (
        f"A year ahead, forecasts made this way came nearer than no change in {better} of {len(record)} settings; the "
        f"worst missed {HOMES_OF[worst['setting']]} by {worst['share_missed']:.0%} on average. Their 80% ranges held "
        f"{held} of {of} outturns, where {round(of * 0.8)} were to be expected.{narrow}"
    )
