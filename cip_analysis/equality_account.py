"""A run's children by group, for the equality impact assessment, and what children have said, in tables for a page.

    rates = rate_groups(county, "age band"); shares = share_groups(county); reached = reach_groups(county)

Counts are rounded as the run's rule says before anything is worked from them, so that no rate gives a count back.
Choices: docs/decisions/0035-equality-and-views.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from cip_analysis.appraisal_account import list_packages
from cip_analysis.demand.profile import children_on, children_who, count_on, groups_of, tell_apart
from cip_analysis.equality_settings import METHODS, EqualityFile, Views
from cip_analysis.impact.equality import POOLED, pool_small, rates_by_group, shares_by_group
from cip_analysis.impact.outcomes_framework import MEASURES
from cip_analysis.run import Run
from cip_analysis.settings import read_settings
from cip_analysis.work_package_settings import WorkPackage

FOLDER, VIEWS, PACKAGES = Path("config") / "equality", Path("config") / "views", "config/work_packages"
RESIDENTIAL = "external residential"
DISABILITY = "child's disability"
FEWEST_REACHED = 40
TIMES = ["times_as_often_as_others", "range_of_times"]
LIVE_AWAY = "live in external residential care"
MANY_PLACEMENTS, ONE_PLACEMENT = "had three or more placements in the year", "had one placement for two years"
FRAMEWORK_NAMES = {
    MANY_PLACEMENTS: "three or more placements in the year",
    ONE_PLACEMENT: "in one placement for two years, of those long in care",
}
OUTCOMES = {
    LIVE_AWAY: "lives in external residential care",
    MANY_PLACEMENTS: MANY_PLACEMENTS,
    ONE_PLACEMENT: ONE_PLACEMENT,
}
"""What is told of each group, as of many; and of one."""

SHARED_BY = ("sex", "age band", "ethnic group", "unaccompanied asylum-seeking")


def open_equality(run: Run) -> EqualityFile | None:
    """The file of the run's council, named as the council's own; none where there is none.

    Raises SettingsError naming every key at fault.
    """
    path = run.root / FOLDER / Path(run.settings.council).name
    return read_settings(path, EqualityFile) if path.is_file() and run.own_data else None


def rate_groups(run: Run, by: str) -> pd.DataFrame:
    """Rates per 10,000 by group on the census date, beside all others: columns of impact.equality.RATED, and basis.

    basis: "published" or "judged", of the population. No rows where no population of it is held.
    """
    held = open_equality(run)
    groups = {one.group: one for one in held.population if one.characteristic == by} if held else {}
    if len(groups) < 2:
        return pd.DataFrame()
    counted = count_on(run.episodes, run.episodes.census_date, by).set_index(by)["children"]
    counts = {group: _rounded(run, int(counted.get(group, 0))) for group in groups}
    table = rates_by_group(counts, {group: one.people for group, one in groups.items()})
    basis = ["judged" if groups[group].judged else "published" for group in table["group"]]
    return table.assign(basis=basis)


def share_groups(run: Run, outcome: str = LIVE_AWAY) -> pd.DataFrame:
    """The share of each group of whom an outcome is true: by (the characteristic), columns of SHARED.

    outcome: one of OUTCOMES. Groups too small to tell are pooled within their characteristic; disability is known only
    as the main need.
    """
    day, episodes = _outcome_day(run, outcome), run.episodes
    present, there = _children_and_outcome(run, outcome)
    marks = {by: tell_apart(episodes, present, day, by) for by in SHARED_BY}
    marks["disability as the main need"] = present["need"].eq(DISABILITY).map({True: "yes", False: "no"})
    floor = run.disclosure.threshold
    parts = [shares_by_group(groups, there, floor).assign(by=by) for by, groups in marks.items()]
    return pd.concat([_from_rounded(run, part) for part in parts], ignore_index=True)


def enough_to_tell(run: Run, outcome: str) -> bool:
    """Whether an outcome is true of so many children, and false of as many, that groups can be told apart by it."""
    present, true = _children_and_outcome(run, outcome)
    return min(int(true.sum()), len(present) - int(true.sum())) >= FEWEST_REACHED


def whole_share(run: Run, outcome: str = LIVE_AWAY) -> float:
    """The share of all children of whom an outcome is true, from rounded counts; nought with no children."""
    present, true = _children_and_outcome(run, outcome)
    whole, there = (_rounded(run, int(count)) for count in (len(present), true.sum()))
    return there / whole if whole else 0.0


def reach_groups(run: Run) -> pd.DataFrame:
    """Who each package is for beside who is looked after: package, group, children, children_reached, two shares.

    Groups in which too few are reached to tell are pooled. Shares are worked from rounded counts, and blank where so
    few are reached in all (under FEWEST_REACHED) that rounding would make them.
    """
    day, episodes = run.episodes.census_date, run.episodes
    present = children_on(episodes, day)
    rows = []
    for package in list_packages(run, PACKAGES) if run.own_data else ():
        cohort = package.cohort
        reached = present["child"].isin(
            children_who(episodes, day, cohort.settings, cohort.ages, cohort.needs)["child"]
        )
        for by in ("sex", "ethnic group"):
            groups = tell_apart(episodes, present, day, by).astype("str")
            few = {group: int((reached & (groups == group)).sum()) for group in groups.unique()}
            told = groups.map(pool_small(few, run.disclosure.threshold))
            names = [*dict.fromkeys(name for name in groups_of(by) if (told == name).any()), POOLED]
            for name in (name for name in names if (told == name).any()):
                mine = told == name
                rows.append((package.title, f"{by}: {name}", int(mine.sum()), int((mine & reached).sum()),
                             len(present), int(reached.sum())))  # fmt: skip
    table = pd.DataFrame(rows, columns=["package", "group", "children", "children_reached", "all", "all_reached"])
    whole, chosen = (
        table[name].map(lambda count: max(_rounded(run, int(count)), 1)) for name in ("all", "all_reached")
    )
    chosen = chosen.where(chosen >= FEWEST_REACHED)
    return table.assign(
        share_of_all=table["children"].map(lambda count: _rounded(run, int(count))) / whole,
        share_of_reached=table["children_reached"].map(lambda count: _rounded(run, int(count))) / chosen,
    ).drop(columns=["all", "all_reached"]).astype({"package": "str", "group": "str"})  # fmt: skip


def list_actions(run: Run) -> pd.DataFrame:
    """The action plan: gap, who, action, owner, by_when, measure; no rows where the council has none."""
    held = open_equality(run)
    rows = [one.model_dump() for one in held.actions] if held else []
    return pd.DataFrame(rows, columns=["gap", "who", "action", "owner", "by_when", "measure"], dtype="str")


def list_population(run: Run) -> pd.DataFrame:
    """Where the population comes from: characteristic, group, people, basis, source."""
    held = open_equality(run)
    rows = [
        (one.characteristic, one.group, one.people, "judged" if one.judged else "published", one.source)
        for one in (held.population if held else ())
    ]
    return pd.DataFrame(rows, columns=["characteristic", "group", "people", "basis", "source"])


def show_rates(rates: pd.DataFrame) -> pd.DataFrame:
    """Rates for a page: group, basis, children, people, rate_per_10k, range_per_10k, times_as_often_as_others and
    range_of_times, the last three in words.
    """
    return rates.assign(
        range_per_10k=_ranges(rates["low_per_10k"], rates["high_per_10k"], "{:.1f}"),
        times_as_often_as_others=[f"{ratio:.2f}" for ratio in rates["ratio"]],
        range_of_times=_ranges(rates["low_ratio"], rates["high_ratio"], "{:.2f}"),
    )[["group", "basis", "children", "people", "rate_per_10k", "range_per_10k", *TIMES]]


def say_rates(rates: pd.DataFrame, shown: pd.DataFrame) -> str:
    """Which group stands furthest above all others, surely, for a title; else below. shown: `show_rates`, released."""
    known = rates[rates["group"].isin(shown.loc[shown["rate_per_10k"].notna(), "group"])]
    above = known[known["low_ratio"] > 1].sort_values("ratio", ascending=False)
    below = known[known["high_ratio"] < 1].sort_values("ratio")
    chosen = below if above.empty else above
    if chosen.empty:
        return "No group stands surely above or below all others"
    group, ratio = chosen["group"].iloc[0], chosen["ratio"].iloc[0]
    return f"Those {group} are looked after {ratio:.1f} times as often as all others"


def say_shares(shares: pd.DataFrame, whole: float, outcome: str = LIVE_AWAY) -> str:
    """Of which groups an outcome is true more or less often than of all children, surely. shares: released."""
    known = shares.dropna(subset=["share", "low_share", "high_share"])
    over = known[known["low_share"] > whole]
    under = known[known["high_share"] < whole]
    parts = [
        f"{word} often: {', '.join(f'{group} ({by})' for by, group in zip(rows['by'], rows['group'], strict=True))}"
        for word, rows in (("more", over), ("less", under))
        if len(rows)
    ]
    if not parts:
        return f"No group surely {OUTCOMES[outcome]} more or less often than all children."
    return f"Surely beside all children ({whole:.0%}), these {outcome} {'; '.join(parts)}."


# ---- what children have said ------------------------------------------------------------------------------------


def open_views(run: Run) -> Views | None:
    """The newest record of what children have said, by the day it ends; none where there is none."""
    paths = sorted((run.root / VIEWS).glob("*.toml")) if run.own_data else []
    held = [read_settings(path, Views) for path in paths]
    return max(held, key=lambda one: one.gathered_to, default=None)


def list_views(views: Views) -> pd.DataFrame:
    """Themes by priority: priority, theme and a column a method of engagement, counted as said.

    They are not added up: one child may have spoken at more than one event.
    """
    rows = [
        {"priority": str(one.priority), "theme": one.theme}
        | {f"{method.replace(' ', '_')}_children": one.said.get(method, 0) for method in METHODS}
        for one in sorted(views.themes, key=lambda theme: theme.priority)
    ]
    return pd.DataFrame(rows).astype({"theme": "str"})


def views_beside_money(views: Views, packages: Sequence[WorkPackage]) -> pd.DataFrame:
    """Each theme beside what answers it: priority, theme, answered_by, capital_gbp, running_cost_gbp (of the preferred
    option, as stated; blank where no package answers), what_was_done.
    """
    named = {package.key: package for package in packages}
    rows = []
    for one in sorted(views.themes, key=lambda theme: theme.priority):
        package = named.get(one.answered_by)
        option = package.named[package.preferred] if package else None
        capital = float(sum(spent.gbp for spent in option.capital)) if option else np.nan
        running = float(sum(cost.gbp_a_year for cost in option.revenue if cost.until is None)) if option else np.nan
        rows.append((str(one.priority), one.theme, package.title if package else "no package yet", capital, running,
                     one.what_was_done))  # fmt: skip
    columns = ["priority", "theme", "answered_by", "capital_gbp", "running_cost_gbp", "what_was_done"]
    return pd.DataFrame(rows, columns=columns)


# ---- rounding ---------------------------------------------------------------------------------------------------


def _outcome_day(run: Run, outcome: str) -> date:
    """The day an outcome is told of: the census, or the last 31 March over by it."""
    return run.episodes.census_date if outcome == LIVE_AWAY else date(run.last_year, 3, 31)


def _children_and_outcome(run: Run, outcome: str) -> tuple[pd.DataFrame, pd.Series]:
    """The children an outcome is told of, and whether it is true of each."""
    present = children_on(run.episodes, _outcome_day(run, outcome))
    if outcome == LIVE_AWAY:
        return present, present["setting"].eq(RESIDENTIAL)
    told = MEASURES[FRAMEWORK_NAMES[outcome]](run.episodes, run.last_year)
    if told is None:  # of these measures each is told of any year that is over
        return present.iloc[:0], pd.Series(dtype=bool)
    return present.loc[told.index], told["so"]


def _ranges(low: pd.Series, high: pd.Series, form: str) -> list[str]:
    return [f"{form.format(one)} to {form.format(other)}" for one, other in zip(low, high, strict=True)]


def _rounded(run: Run, count: int) -> int:
    """A count as the run's rule rounds it, halves up."""
    base = run.disclosure.rounding_base
    return (count + base // 2) // base * base


def _from_rounded(run: Run, shares: pd.DataFrame) -> pd.DataFrame:
    """The shares again from counts as they are rounded."""
    rows = []
    for row in shares.to_dict("records"):
        whole, part = (_rounded(run, int(row[name])) for name in ("children", "children_there"))
        children = pd.Series(["x"] * max(whole, 1))
        again = shares_by_group(children, pd.Series(np.arange(len(children)) < part), 0).iloc[0]
        rows.append(row | {name: float(again[name]) for name in ("share", "low_share", "high_share")})
    return pd.DataFrame(rows, columns=list(shares))
