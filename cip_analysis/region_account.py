"""A region as a page tells it: its forecast and its councils', and how right such forecasts have been (notebook 14).

    county = open_region("config/runs/autumn-2018.toml", "config/regions/east-midlands.toml")
    ahead = forecast_of(county)

It rests on published figures and stated judgements alone: no council's own returns are opened. Choices:
docs/decisions/0038-the-region-together.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from cip_analysis.accuracy_account import years_in_words
from cip_analysis.demand.accuracy.scores import NO_CHANGE, Numbers
from cip_analysis.demand.national.backtest import ORIGINS
from cip_analysis.demand.national.panel import Panel, panel_at
from cip_analysis.demand.regional.backtest import COUNCIL, EVERY_ORIGIN, REGION
from cip_analysis.demand.regional.forecast import (
    APART,
    METHODS,
    TOGETHER,
    Base,
    Lessons,
    base_at,
    forecast_region,
)
from cip_analysis.demand.regional.joining import join_parts, shares_of_parts, split_draws
from cip_analysis.demand.regional.reconcile import TOLERANCE, Together
from cip_analysis.records import Comparators
from cip_analysis.region_settings import Region
from cip_analysis.returns.published import last_march, read_published
from cip_analysis.returns.reference.national import read_national
from cip_analysis.returns.reference.regions import read_homes, read_lessons, read_region_record
from cip_analysis.settings import Disclosure, Judgement, Run, find_root, read_assumptions, read_settings

RECORD_SOURCE = (
    "worked out from DfE, Children looked after in England: nine regions forecast again from past years and judged by "
    "what came"
)
STATED = {"p02_5": 0.025, "p10": 0.10, "p50": 0.50, "p90": 0.90, "p97_5": 0.975}


class RegionAccountError(ValueError):
    """A region's page was asked for that the run, or its parameters, do not allow."""


@dataclass(frozen=True, slots=True, eq=False)
class RegionRun:
    """A region's figures as known at one 31 March, with what was learned and judged.

    panel: of its councils, joined; parts: the counts before joining. councils: names by code, in the file's order.
    """

    settings: Run
    region: Region
    disclosure: Disclosure
    origin: int
    panel: Panel
    parts: pd.DataFrame
    figures: Comparators
    lessons: Lessons
    record: pd.DataFrame
    homes: pd.DataFrame
    judgements: Mapping[str, Judgement]

    @property
    def as_at(self) -> date:
        """The 31 March that the forecast starts from."""
        return date(self.origin, 3, 31)

    @property
    def codes(self) -> list[str]:
        """The councils' codes, in the file's order."""
        return list(self.region.councils)

    @property
    def source(self) -> str:
        """Where the figures come from, for the foot of an exhibit."""
        return f"worked out from DfE, Children looked after in England, as known for 31 March {self.origin}"

    @property
    def judged_until(self) -> date:
        """The 31 March of the last outturn that judges the ways of putting regions together."""
        near = self.record[self.record["horizon_months"] == self.record["horizon_months"].min()]
        return date(int(near["last_origin"].max() + near["horizon_months"].max() // 12), 3, 31)

    @property
    def judged_source(self) -> str:
        """The same where judgements are drawn with it."""
        return f"{self.source}, and the judgements that the page names"


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """The forecast. together: draws that add up, councils in the run's order. base: what each is by itself."""

    together: Together
    base: Base
    method: str


def open_region(run: str, region: str, audience: str = "public") -> RegionRun:
    """A run's region with its published figures read; nothing of any child.

    run, region: their settings files, from the project's root. The origin is the last 31 March by the run's as-at day.
    Raises RegionAccountError where the run states none, or a reader's own error.
    """
    root = find_root(Path.cwd())
    settings, chosen = read_settings(root / run, Run), read_settings(root / region, Region)
    if settings.as_at is None:
        raise RegionAccountError(f"{run}: it states no as_at, so there is no 31 March to forecast from. Add one to it.")
    if not settings.national:
        raise RegionAccountError(
            f"{run}: it names no national estimates, which forecast the councils. Name their file."
        )
    origin = last_march(settings.as_at)
    figures = read_published(root / chosen.published)
    known = panel_at(figures, origin)
    return RegionRun(
        settings=settings, region=chosen, disclosure=settings.disclosure_for(audience), origin=origin,
        panel=join_parts(known, chosen.joined), parts=known.children, figures=figures,
        lessons=Lessons(
            read_national(root / settings.national), read_national(root / chosen.estimates),
            read_lessons(root / chosen.lessons),
        ),
        record=read_region_record(root / chosen.track_record), homes=read_homes(root / chosen.homes),
        judgements=read_assumptions(root / "config" / "assumptions.toml"),
    )  # fmt: skip


# ---- how many children ------------------------------------------------------------------------------------------


def forecast_of(county: RegionRun, method: str = "") -> Ahead:
    """The forecast by the region's own method, or another by name."""
    chosen = method or county.region.method
    stock = county.panel.children.reindex(county.codes)[county.origin].astype("float64")
    base = base_at(stock, county.lessons, county.origin, county.region.code)
    return Ahead(forecast_region(base, chosen, county.settings.draws, county.settings.seed), base, chosen)


def history(county: RegionRun) -> pd.DataFrame:
    """Children looked after by all the region's councils at each 31 March to the origin: month, children."""
    summed = county.panel.children.reindex(county.codes).sum(axis=0, min_count=len(county.codes)).dropna()
    return pd.DataFrame({"month": [_march(int(year)) for year in summed.index], "children": summed.to_numpy()})


def fan_of_region(county: RegionRun, ahead: Ahead) -> pd.DataFrame:
    """The region's forecast: month (the origin first), and the statistics STATED, to the nearest child."""
    now = float(ahead.base.stock.sum())
    told = {name: [now, *np.quantile(ahead.together.region, level, axis=0)] for name, level in STATED.items()}
    months = [_march(county.origin + years) for years in range(len(told["p50"]))]
    return pd.DataFrame({"month": months, **{name: np.round(values) for name, values in told.items()}})


def title_region(fan: pd.DataFrame) -> str:
    """What is forecast at the furthest year, for a title. fan: as `fan_of_region`."""
    last, now = fan.iloc[-1], fan.iloc[0]
    return (
        f"By March {last['month']:%Y} most likely {last['p50']:,.0f} children, eight times in ten {last['p10']:,.0f} "
        f"to {last['p90']:,.0f}; in {now['month']:%Y} there were {now['p50']:,.0f}"
    )


def region_in_words(county: RegionRun, fan: pd.DataFrame) -> str:
    """What the region will look after at the furthest year, in a sentence. fan: as `fan_of_region`."""
    last, now = fan.iloc[-1], fan.iloc[0]
    return (
        f"In March {last['month']:%Y} the councils of the {county.region.name} will most likely look after "
        f"{last['p50']:,.0f} children, eight times in ten {last['p10']:,.0f} to {last['p90']:,.0f}; in March "
        f"{now['month']:%Y} they looked after {now['p50']:,.0f}."
    )


def list_councils(county: RegionRun, ahead: Ahead, years: int) -> pd.DataFrame:
    """Every council so many years on, and the region last: council, now, expected, p10 and p90.

    expected is the mean, because means add up as medians do not; whole children, the largest remainders rounded up so
    that the councils' add up to the region's. An authority that has come apart is told by its parts.
    """
    draws, names = _apart(county, ahead.together.councils[:, :, years - 1])
    now, _same = _apart(county, ahead.base.stock[None])
    every = np.column_stack([draws, draws.sum(axis=1)])
    whole = round_together(draws.mean(axis=0))
    stock = round_together(now[0])
    return pd.DataFrame(
        {
            "council": [*names, county.region.name], "now": [*stock, sum(stock)], "expected": [*whole, sum(whole)],
            "p10": np.quantile(every, 0.1, axis=0).round(), "p90": np.quantile(every, 0.9, axis=0).round(),
        }
    )  # fmt: skip


def round_together(numbers: Numbers) -> list[int]:
    """Whole numbers that add up to the rounded sum: the largest remainders are rounded up.

    >>> round_together(np.array([10.4, 20.4, 30.4]))
    [11, 20, 30]
    """
    whole = np.floor(numbers).astype(int)
    short = int(np.floor(numbers.sum() + 0.5)) - int(whole.sum())
    whole[np.argsort(-(numbers - whole), kind="stable")[:short]] += 1
    return [int(each) for each in whole]


def adds_up_in_words(county: RegionRun, ahead: Ahead) -> str:
    """Whether the councils add up to the region in every future and year, and what was done about those split."""
    apart = np.abs(ahead.together.councils.sum(axis=1) - ahead.together.region)
    short = int((apart > TOLERANCE * ahead.together.region).any(axis=1).sum())
    said = (
        f"In all {len(apart):,} futures, in every year, the councils add up to the region."
        if not short
        else f"In {short:,} of {len(apart):,} futures the councils do not add up to the region."
    )
    return f"{said} {split_in_words(county)}".strip()


def split_in_words(county: RegionRun) -> str:
    """What was done about councils that were split, in a sentence; blank where none was."""
    told = [
        f"{one.name}, {len(one.after)} councils since April {one.since - 1}, is "
        f"{'told as one' if county.origin < one.since else 'forecast as one and divided as its parts last were'}."
        for one in county.region.joined
    ]
    return " ".join(told)


# ---- how right --------------------------------------------------------------------------------------------------


def region_record(county: RegionRun) -> pd.DataFrame:
    """What the region's method has done for every region, a row a horizon.

    Columns: how_far_ahead, n, mape, share_missed_by_no_change, coverage_80, coverage_95.
    """
    card = _card(county, EVERY_ORIGIN, REGION)
    naive = card[card["method"] == NO_CHANGE].set_index("horizon_months")["mape"]
    ours = card[card["method"] == county.region.method]
    told = ours.assign(
        how_far_ahead=ours["horizon_months"].map(years_in_words),
        share_missed_by_no_change=ours["horizon_months"].map(naive),
    )
    columns = ["how_far_ahead", "n", "mape", "share_missed_by_no_change", "coverage_80", "coverage_95"]
    return told[columns].reset_index(drop=True)


def record_in_words(county: RegionRun) -> str:
    """How far such forecasts have missed, near and far, beside saying that nothing changes, in a sentence."""
    record = region_record(county)
    first, last = record.iloc[0], record.iloc[-1]
    return (
        f"Looking {first['how_far_ahead']} ahead such forecasts of a region have missed by {first['mape']:.1%} on "
        f"average, and {last['how_far_ahead']} ahead by {last['mape']:.1%}; saying that nothing changes, by "
        f"{first['share_missed_by_no_change']:.1%} and {last['share_missed_by_no_change']:.1%}."
    )


def chosen_in_words(county: RegionRun) -> str:
    """Which way of putting the region together is used and what it was chosen over, in a sentence."""
    return (
        f'Councils and region are put together by the way called "{county.region.method}": of those tried it was '
        f"nearest on years to {ORIGINS[0].rsplit(' ', 1)[-1]} among those whose 95% range held nine times in ten."
    )


def compare_methods(county: RegionRun, origins: str) -> pd.DataFrame:
    """Every way of putting a region together, one group of origins, the mean of four horizons.

    Columns: way, mape, crps (of regions), error_beside_plain_summing (crps ÷ that of summing each by itself, in words),
    coverage_80, coverage_95, share_missed_by_councils. The way used here is marked.
    """
    whole, each = _means(county, origins, REGION), _means(county, origins, COUNCIL)
    names = [name for name in (NO_CHANGE, *METHODS) if name in whole.index]
    ratio = (whole["crps"] / _score(whole, APART, "crps")).map("{:.2f} times".format)
    told = whole.assign(way=whole.index, error_beside_plain_summing=ratio, share_missed_by_councils=each["mape"]).loc[
        names
    ]
    marked = told.assign(way=[_marked(name, county) for name in names])
    columns = ["way", "mape", "crps", "error_beside_plain_summing", "coverage_80", "coverage_95"]
    return marked[[*columns, "share_missed_by_councils"]].reset_index(drop=True)


def confirmed_in_words(county: RegionRun) -> str:
    """What the origins it was chosen on and later ones say of summing and reconciling, in sentences."""
    settled, later = (_means(county, group, REGION) for group in ORIGINS)
    used, to = county.region.method, ORIGINS[0].rsplit(" ", 1)[-1]
    said = (
        f"Each council forecast by itself, its errors taken to be its own, and summed gave a 95% range that held "
        f"{_score(settled, APART, 'coverage_95'):.0%} of regions' outturns from years to {to} and "
        f"{_score(later, APART, 'coverage_95'):.0%} from later ones: too narrow. With errors kept together it held "
        f"{_score(settled, TOGETHER, 'coverage_95'):.0%} and {_score(later, TOGETHER, 'coverage_95'):.0%}."
    )
    best = str(later.loc[list(METHODS), "crps"].idxmin())
    if best == used:
        return f"{said} The way used here was nearest on later years too."
    gain = 1 - _score(later, best, "crps") / _score(later, used, "crps")
    loss = _score(settled, best, "crps") / _score(settled, used, "crps") - 1
    return (
        f"{said} The way used here was chosen on years to {to}. From later years another way, {best}, was nearer by "
        f"{gain:.0%}; from the years of choosing it was {loss:.0%} further off. Reconciling has not been shown to beat "
        "summing; keeping the councils' errors together has been shown to matter."
    )


def beside_other_ways(county: RegionRun, years: int) -> pd.DataFrame:
    """What every way of putting this region together gives so many years on: way, expected, p10, p90."""
    rows = []
    for name in METHODS:
        region = forecast_of(county, name).together.region[:, years - 1]
        rows.append((_marked(name, county), region.mean().round(), *np.quantile(region, [0.1, 0.9]).round()))
    return pd.DataFrame(rows, columns=["way", "expected", "p10", "p90"])


def _apart(county: RegionRun, draws: Numbers) -> tuple[Numbers, list[str]]:
    """Draws x councils, those that have come apart as their parts, and the names of all."""
    shares = shares_of_parts(county.parts, county.region.joined, county.origin)
    split, codes = split_draws(draws, county.codes, shares)
    table = county.figures.table.drop_duplicates("area_code", keep="last").set_index("area_code")["area"]
    return split, [county.region.councils.get(code) or str(table[code]) for code in codes]


def _marked(method: str, county: RegionRun) -> str:
    """A way's name, said to be the one used where it is."""
    return f"{method} (used here)" if method == county.region.method else method


def _score(table: pd.DataFrame, method: str, column: str) -> float:
    return float(table[column].to_dict()[method])


def _card(county: RegionRun, origins: str, level: str) -> pd.DataFrame:
    return county.record[(county.record["origins"] == origins) & (county.record["level"] == level)]


def _means(county: RegionRun, origins: str, level: str) -> pd.DataFrame:
    """Scores by method, the mean over horizons."""
    columns = ["mape", "crps", "coverage_80", "coverage_95"]
    return _card(county, origins, level).groupby("method")[columns].mean()


def _march(year: int) -> pd.Timestamp:
    return pd.Timestamp(date(year, 3, 31))
