"""New, continuing and left: one year's spend against another's by whether the same children were paid for."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cip_analysis.demand.forecast import ALL
from cip_analysis.money.change.splitting import DriversError
from cip_analysis.money.spend import ON_A_STAY, UNMATCHED, yearly_stays
from cip_analysis.records import Episodes, Payments
from cip_analysis.returns.payments.cells import to_pence

LEFT, CONTINUING, NEW = "paid for in the first year only", "paid for in both years", "paid for in the second year only"
GROUPS = (LEFT, CONTINUING, NEW, UNMATCHED)


def spend_turnover(episodes: Episodes, payments: Payments, first: int, last: int, setting: str = ALL) -> pd.DataFrame:
    """The change in spend between two years by whether the children were paid for in one or both, exact to the penny.

    first, last: the years ending 31 March. setting: one setting, so that a child who came from another is new to it;
    "all" for the council's care as a whole. A child is paid for in a year where the £ of its stays, net of credits and
    contributions, are not nought.
    One row for each of GROUPS: group, children, child_weeks_before, child_weeks_after, before_gbp, after_gbp,
    weeks_gbp, weekly_cost_gbp, change_gbp. For children continuing, child by child: weeks_gbp = (weeks after - weeks
    before) × what its week cost before, weekly_cost_gbp = the rest: its weeks came to cost more, or less, where it was
    or because it moved. All that children left or new change is weeks. Payments that met no stay are a row of their
    own (children: the identifiers paid for in either year), with neither; none where a setting is named. Nominal £.
    Names no child. Raises DriversError where nothing was paid in either year.
    """
    children = _by_child(episodes, payments, (first, last), setting)
    if children.empty:
        raise DriversError(f"Nothing was paid for {setting} in the years to March {first} and {last}.")
    rows = [_group(children[children["group"].eq(name)], name) for name in GROUPS[:3]]
    if setting == ALL:
        rows.append(_unmatched(payments, (first, last)))
    table = pd.DataFrame(rows)
    money = [name for name in table.columns if name.endswith("_gbp")]
    return table.assign(**{name: table[name] / 100 for name in money})


def turnover_steps(turnover: pd.DataFrame, names: tuple[str, str]) -> pd.DataFrame:
    """Who came and went as the steps of a waterfall: columns as `drivers.steps_of`, children beside each.

    turnover: as `spend_turnover` makes it. names: what to call the two years. children: those a step rests on; of the
    levels, those paid for in that year.
    """
    rows = turnover.set_index("group")
    left, new = (rows.loc[name] for name in (LEFT, NEW))
    stayed = rows.loc[CONTINUING]
    steps = [
        (names[0], "level", rows["before_gbp"].sum(), left["children"] + stayed["children"]),
        ("children who left", "change", left["change_gbp"], left["children"]),
        ("continuing: weeks", "change", stayed["weeks_gbp"], stayed["children"]),
        ("continuing: cost of a week", "change", stayed["weekly_cost_gbp"], stayed["children"]),
        ("children who were new", "change", new["change_gbp"], new["children"]),
    ]
    if UNMATCHED in rows.index:
        steps.append((UNMATCHED, "change", rows.loc[UNMATCHED, "change_gbp"], rows.loc[UNMATCHED, "children"]))
    steps.append((names[1], "level", rows["after_gbp"].sum(), new["children"] + stayed["children"]))
    table = pd.DataFrame(steps, columns=["step", "kind", "spend_gbp", "children"])
    return table.assign(spend_gbp=table["spend_gbp"].round(2), children=table["children"].astype("int64"))


def _by_child(episodes: Episodes, payments: Payments, years: tuple[int, int], setting: str) -> pd.DataFrame:
    """A row a child paid for in either year: pence and days of both, and its group. Names children: internal only."""
    stays = yearly_stays(episodes, min(years), max(years))
    paid = payments.table[payments.table["match"].isin(ON_A_STAY)]
    if setting != ALL:
        stays, paid = stays[stays["setting"].eq(setting)], paid[paid["setting"].eq(setting)]
    paid = paid.assign(pence=to_pence(paid["amount_gbp"]))
    columns: dict[str, pd.Series] = {}
    for when, year in zip(("before", "after"), years, strict=True):
        columns[f"pence_{when}"] = paid[paid["financial_year"].eq(year)].groupby("child")["pence"].sum()
        columns[f"days_{when}"] = stays[stays["financial_year"].eq(year)].groupby("child")["days"].sum()
    table = pd.DataFrame(columns).fillna(0).astype("int64")
    there, still = table["pence_before"].ne(0), table["pence_after"].ne(0)
    group = np.select([there & still, there, still], [CONTINUING, LEFT, NEW], default="")
    return table.assign(group=group)[there | still]


def _group(children: pd.DataFrame, name: str) -> dict[str, object]:
    """One group's sums, in pence."""
    before, after = (int(children[f"pence_{when}"].sum()) for when in ("before", "after"))
    weeks = int(_weeks_of(children).sum()) if name == CONTINUING else after - before
    return {
        "group": name, "children": len(children), "child_weeks_before": children["days_before"].sum() / 7,
        "child_weeks_after": children["days_after"].sum() / 7, "before_gbp": before, "after_gbp": after,
        "weeks_gbp": weeks, "weekly_cost_gbp": after - before - weeks, "change_gbp": after - before,
    }  # fmt: skip


def _weeks_of(children: pd.DataFrame) -> NDArray[np.int64]:
    """What each continuing child's weeks changed at their old cost, whole pence; nought where a year has no weeks."""
    before, after = children["days_before"].to_numpy(), children["days_after"].to_numpy()
    known = (before > 0) & (after > 0)
    was = children["pence_before"].to_numpy() / np.where(known, before, 1)
    return np.asarray(np.rint(np.where(known, (after - before) * was, 0.0)), dtype="int64")


def _unmatched(payments: Payments, years: tuple[int, int]) -> dict[str, object]:
    """The payments that met no stay, in pence."""
    paid = payments.table[~payments.table["match"].isin(ON_A_STAY) & payments.table["financial_year"].isin(years)]
    pence = to_pence(paid["amount_gbp"]).groupby(paid["financial_year"]).sum()
    before, after = (int(pence.get(year, 0)) for year in years)
    return {
        "group": UNMATCHED, "children": int(paid["child"].nunique()), "child_weeks_before": 0.0,
        "child_weeks_after": 0.0, "before_gbp": before, "after_gbp": after, "weeks_gbp": 0, "weekly_cost_gbp": 0,
        "change_gbp": after - before,
    }  # fmt: skip
