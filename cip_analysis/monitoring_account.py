"""The in-year position as a page tells it: lines, drivers, the course of the year, and how such forecasts have done.

Money on a page is to the nearest £1,000; `list_position` has it to the penny. Forecasts are the mean of all futures,
because means add up over lines and medians do not. Lines with too few children to show are joined with others, so that
none can be worked out from the total.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cip_analysis.demand.forecast import ALL, STATISTICS, describe_draws
from cip_analysis.money.basis.providers import count_providers, paid_by_setting
from cip_analysis.money.drivers import total_split
from cip_analysis.money.in_year import LINES, MARCH, Position, compare_budget
from cip_analysis.money.spend import UNMATCHED
from cip_analysis.monitoring import Month

OTHERS = "all other lines"
IN_ALL = "all"
NEAREST = 1000
RANGE = "80% range"
SHOWN_LINES = (
    "setting", "children", "budget_gbp", "paid_gbp", "accrued_gbp", "forecast_outturn_gbp", RANGE, "variance_gbp",
)  # fmt: skip
DRIVERS = {
    "volume_gbp": "more or fewer weeks of care in all",
    "mix_gbp": "weeks moving between cheaper and dearer settings",
    "price_gbp": "the price of a week within each setting",
    "without_days_gbp": "payments that met no stay, for which there was no budget",
}
Pounds = NDArray[np.float64]


# ---- by line ----------------------------------------------------------------------------------------------------


def list_position(month: Month, position: Position) -> pd.DataFrame:
    """Every line to the penny, and all of them first: what in_year.csv holds. Exact counts and costs: not for showing.

    Columns month, financial_year, setting, child_days_to_date, paid_gbp, accrued_gbp, rest_committed_gbp, rest_new_gbp,
    outturn_gbp (the mean), the statistics of the outturn's draws, run_rate_gbp, and with a budget COMPARED's. Of the
    means, paid + accrued + both rests = outturn; the rests take the penny of rounding.
    """
    spent = position.to_date.table
    table = pd.DataFrame(
        {
            "setting": LINES, "child_days_to_date": spent["child_days"], "paid": spent["paid_pence"],
            "accrued": spent["accrued_pence"],
            "rest_committed": np.rint(position.present_pence.sum(axis=1).mean(axis=0)).astype("int64"),
            "outturn": position.expected,
        }
    )  # fmt: skip
    table = table.assign(
        rest_new=table["outturn"] - table["paid"] - table["accrued"] - table["rest_committed"],
        run_rate=position.to_date.pence * 12 // len(position.to_date.months),
    )
    draws = np.column_stack([position.outturn.sum(axis=1), position.outturn])
    money = ["paid", "accrued", "rest_committed", "rest_new", "outturn", "run_rate"]
    whole = pd.DataFrame([{"setting": ALL, **table.drop(columns="setting").sum()}])
    every = pd.concat([whole, table], ignore_index=True)
    told = pd.concat([every, (describe_draws(draws) / 100)[list(STATISTICS)].drop(columns="mean")], axis=1)
    told = told.assign(**{name: told[name] / 100 for name in money}).rename(
        columns={name: f"{name}_gbp" for name in money}
    )
    if month.budget:
        split = compare_budget(position, month.budget)
        split = pd.concat([pd.DataFrame([_summed(split)]).assign(setting=ALL), split], ignore_index=True)
        told = told.merge(split.drop(columns="outturn_gbp"), on="setting", how="left").fillna(0.0)
    year = f"{month.year - 1}-{month.year % 100:02d}"
    return told.assign(month=f"{month.day:%Y-%m}", financial_year=year)[
        ["month", "financial_year", *[name for name in told if name not in ("month", "financial_year")]]
    ]


def _summed(split: pd.DataFrame) -> dict[str, float]:
    """The columns of a comparison added up, money in whole pence."""
    weeks = {str(name): float(split[name].sum()) for name in split.columns if str(name).endswith("_weeks")}
    money = total_split(split).iloc[0]
    return {**weeks, **{str(name): float(money[name]) for name in money.index}}


def join_small(month: Month, position: Position) -> dict[str, str]:
    """What each line is called on a page: its own name, or OTHERS where too few children or providers stand behind it.

    The smallest lines are joined until enough children, each counted once, and providers stand behind the sum: a lone
    line withheld could be worked out from the total. Lines that nobody was in and that cost nothing keep their name.
    """
    spent = position.to_date.table.set_index("setting")
    least = month.run.disclosure.threshold
    asked = spent["children"].where(position.expected != 0, np.maximum(spent["children"], 0))
    costly = (asked > 0) | (position.expected != 0) | (position.weeks > 0)
    order = asked[costly].sort_values(kind="stable")
    joined = [str(line) for line in order.index if not _providers_enough(month, [str(line)])]
    for line, children in order.drop(joined).items():
        enough = _children_in(month, joined, spent) >= least and _providers_enough(month, joined)
        if children >= least and (not joined or enough):
            break
        joined.append(str(line))
    return {line: OTHERS if line in joined else line for line in LINES}


def _providers_enough(month: Month, lines: list[str]) -> bool:
    """Whether enough providers stand behind several lines together this year, or none whose price could be told."""
    paid = paid_by_setting(month.run.payments)
    there = paid[paid["setting"].isin(lines) & paid["financial_year"].eq(month.year)]
    number = count_providers(there, [])
    return not number.between(1, month.run.disclosure.fewest_providers - 1).fillna(False).any()


def _children_in(month: Month, lines: list[str], spent: pd.DataFrame) -> int:
    """Different children behind several lines this year: those with a night in them, and identifiers unmatched."""
    table = month.run.episodes.table
    opened = pd.Timestamp(month.year - 1, MARCH + 1, 1)
    there = table["setting"].isin(lines) & (table["end"].isna() | (table["end"] > opened))
    lost = int(spent["children"][UNMATCHED]) if UNMATCHED in lines else 0
    return int(table.loc[there, "child"].nunique()) + lost


def show_lines(month: Month, position: Position) -> pd.DataFrame:
    """Each line's year, £ to the nearest 1,000, the total last.

    Columns setting, children (there this year so far), budget_gbp, paid_gbp, accrued_gbp, forecast_outturn_gbp, RANGE
    (of the outturn, in words), variance_gbp; no budget and no variance where there is none.
    """
    called = join_small(month, position)
    names = pd.Series([called[line] for line in LINES])
    spent = position.to_date.table
    budget = {line.setting: line.budget_gbp for line in month.budget.lines} if month.budget else {}
    columns = pd.DataFrame(
        {
            "setting": names, "budget_gbp": [budget.get(line, 0.0) for line in LINES],
            "paid_gbp": spent["paid_pence"] / 100, "accrued_gbp": spent["accrued_pence"] / 100,
            "forecast_outturn_gbp": position.expected / 100,
        }
    )  # fmt: skip
    table = columns.groupby("setting", sort=False, as_index=False).sum()
    draws = pd.DataFrame(position.outturn.T / 100).groupby(names, sort=False).sum()
    table = table.assign(**{RANGE: [_range(row) for row in draws.to_numpy()]})
    table = table.assign(children=[_children_of(month, position, called, name) for name in table["setting"]])
    table = table[(table["forecast_outturn_gbp"] != 0) | (table["budget_gbp"] != 0)]
    everyone = children_behind(month, position)
    total = pd.DataFrame([{**columns.drop(columns="setting").sum(), "setting": IN_ALL, "children": everyone,
                           RANGE: _range(position.outturn.sum(axis=1) / 100)}])  # fmt: skip
    table = pd.concat([_others_last(table), total], ignore_index=True)
    table = table.assign(variance_gbp=table["forecast_outturn_gbp"] - table["budget_gbp"])
    without = {"budget_gbp", "variance_gbp"} if month.budget is None else set()
    without |= {"paid_gbp", "accrued_gbp", RANGE} if month.closed else set()
    return _as_closed(month, rounded(table[[name for name in SHOWN_LINES if name not in without]]))


def _as_closed(month: Month, table: pd.DataFrame) -> pd.DataFrame:
    """The table with its forecasts called outturn where the year is closed."""
    called = {"forecast_outturn_gbp": "outturn_gbp", "forecast_weeks": "outturn_weeks",
              "forecast_gbp_per_week": "outturn_gbp_per_week"}  # fmt: skip
    return table.rename(columns=called) if month.closed else table


def _range(pounds: Pounds) -> str:
    low, high = (f"{round(end / NEAREST) * NEAREST:,}" for end in np.quantile(pounds, [0.1, 0.9]))
    return low if low == high else f"{low} to {high}"


def _others_last(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values("setting", key=lambda names: names.eq(OTHERS), kind="stable")


def children_behind(month: Month, position: Position) -> int:
    """Different children behind the whole year so far: what its totals rest on."""
    return _children_in(month, [*LINES], position.to_date.table.set_index("setting"))


def _children_of(month: Month, position: Position, called: dict[str, str], name: str) -> int:
    """Different children behind a line as the page calls it."""
    lines = [line for line in LINES if called[line] == name]
    return _children_in(month, lines, position.to_date.table.set_index("setting"))


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """The columns of £ to the nearest 1,000; differences of such sums may be out by one or two thousand."""
    money = [str(name) for name in table.columns if str(name).endswith("_gbp")]
    return table.assign(**{name: (table[name] / NEAREST).round() * NEAREST for name in money})


def show_weeks(month: Month, position: Position) -> pd.DataFrame:
    """The children and placements behind the money, a row a setting that somebody was in or that has a budget.

    Columns setting, children (this year so far), budget_weeks, forecast_weeks, budget_gbp_per_week,
    forecast_gbp_per_week, variance_from_weeks_gbp (at the budget's price) and variance_from_price_gbp. Only the weeks
    and the price forecast where there is no budget.
    """
    called = join_small(month, position)
    spent = pd.DataFrame({"setting": LINES, "forecast_weeks": position.weeks, "outturn_gbp": position.expected / 100})
    table = spent[spent["forecast_weeks"] > 0]
    if month.budget:
        split = compare_budget(position, month.budget).rename(columns={"outturn_weeks": "forecast_weeks"})
        table = split[(split["budget_weeks"] > 0) | (split["forecast_weeks"] > 0)]
        table = table.assign(
            variance_from_weeks_gbp=table["volume_gbp"] + table["mix_gbp"], variance_from_price_gbp=table["price_gbp"]
        )
    table = table.assign(setting=table["setting"].map(called)).groupby("setting", sort=False, as_index=False).sum()
    table = _others_last(table)
    table = table.assign(
        children=[_children_of(month, position, called, name) for name in table["setting"]],
        forecast_gbp_per_week=table["outturn_gbp"] / table["forecast_weeks"].where(table["forecast_weeks"] > 0),
    )
    if not month.budget:
        plain = table[["setting", "children", "forecast_weeks", "forecast_gbp_per_week"]]
        return _as_closed(month, plain.reset_index(drop=True))
    table = table.assign(
        budget_gbp_per_week=table["budget_gbp"] / table["budget_weeks"].where(table["budget_weeks"] > 0)
    )
    shown = ["setting", "children", "budget_weeks", "forecast_weeks", "budget_gbp_per_week", "forecast_gbp_per_week"]
    shown += ["variance_from_weeks_gbp", "variance_from_price_gbp"]
    return _as_closed(month, rounded(table[shown]).round({"forecast_weeks": 0}).reset_index(drop=True))


def show_drivers(month: Month, position: Position) -> pd.DataFrame:
    """Why the year will differ from its budget: driver, children (all there this year), variance_gbp; the sum last.

    No rows where there is no budget.
    """
    if month.budget is None:
        return pd.DataFrame()
    summed = _summed(compare_budget(position, month.budget))
    rows = [(words, summed[name]) for name, words in DRIVERS.items()]
    told = pd.DataFrame([*rows, ("variance in all", summed["variance_gbp"])], columns=["driver", "variance_gbp"])
    everyone = children_behind(month, position)
    return rounded(told.assign(children=everyone))[["driver", "children", "variance_gbp"]]


# ---- the course of the year -------------------------------------------------------------------------------------


def show_spent(month: Month, position: Position) -> pd.DataFrame:
    """Spend so far, running total at each month's end from nought on 31 March: month, children, spend_gbp."""
    spent = np.append(0, position.to_date.by_month.cumsum()) / 100
    opened = pd.Timestamp(month.year - 1, MARCH, 31)
    everyone = children_behind(month, position)
    days = [opened, *(pd.Timestamp(day) for day in position.to_date.months)]
    return rounded(pd.DataFrame({"month": days, "children": everyone, "spend_gbp": spent}))


def show_ahead(month: Month, position: Position) -> pd.DataFrame:
    """The running total in the months to come, from the month itself: month, children, p02_5 … p97_5, £."""
    ahead = position.pence.sum(axis=2).cumsum(axis=1)
    draws = np.column_stack([np.zeros(len(ahead), dtype="int64"), ahead]) + position.to_date.pence.sum()
    told = (describe_draws(draws / 100).drop(columns="mean") / NEAREST).round() * NEAREST
    days = [pd.Timestamp(day) for day in (month.day, *position.months)]
    everyone = children_behind(month, position)
    return told.assign(month=days, children=everyone)[["month", "children", *told.columns]]


def show_closed(month: Month, position: Position) -> pd.DataFrame:
    """A closed year's course beside its budget, if it had one: month, line, children, spend_gbp."""
    spent = show_spent(month, position).assign(line="outturn")
    planned = show_budget(month).rename(columns={"p50": "spend_gbp"}).assign(children=spent["children"].iloc[0])
    return pd.concat([spent, planned.assign(line="budget")] if month.budget else [spent], ignore_index=True)


def show_budget(month: Month) -> pd.DataFrame:
    """The budget spread over the year by days, running total: month, line, p50 (as a chart's rival has it)."""
    opened = pd.Timestamp(month.year - 1, MARCH, 31)
    days = pd.date_range(opened, pd.Timestamp(month.year, MARCH, 31), freq="ME")
    whole = sum(line.budget_gbp for line in month.budget.lines) if month.budget else float("nan")
    return pd.DataFrame(
        {"month": days, "line": "Budget", "p50": whole * (days - opened).days / (days[-1] - opened).days}
    )


# ---- how such forecasts have done -------------------------------------------------------------------------------


def show_record(month: Month, history: pd.DataFrame) -> pd.DataFrame:
    """Forecasts made at this month of earlier years, beside what came, a row a year; no rows where there is none.

    Columns financial_year, forecast_outturn_gbp, RANGE, run_rate_gbp, outturn_gbp, share_missed and
    share_missed_by_run_rate (of what came, above nought where too high), in_the_range (yes or no).
    """
    past = history[history["financial_year"].lt(month.year) & history["outturn_gbp"].notna()]
    came = past["outturn_gbp"]
    told = past.assign(
        share_missed=past["forecast_gbp"] / came - 1, share_missed_by_run_rate=past["run_rate_gbp"] / came - 1,
        in_the_range=np.where(came.between(past["p10_gbp"], past["p90_gbp"]), "yes", "no"),
    )  # fmt: skip
    told = rounded(_with_range(told)).rename(columns={"forecast_gbp": "forecast_outturn_gbp"})
    return told[
        ["financial_year", "forecast_outturn_gbp", RANGE, "run_rate_gbp", "outturn_gbp", "share_missed",
         "share_missed_by_run_rate", "in_the_range"]
    ].reset_index(drop=True)  # fmt: skip


def show_progress(month: Month, history: pd.DataFrame) -> pd.DataFrame:
    """What the year was forecast to come to at each month's end: month, forecast_outturn_gbp, RANGE, moved_gbp.

    Of a closed year, share_missed too (of what it came to), and not the last month, when it was known.
    """
    made = history[history["financial_year"].eq(month.year)]
    told = made.assign(moved_gbp=made["forecast_gbp"].diff())
    if month.closed:
        told = told.assign(share_missed=made["forecast_gbp"] / made["outturn_gbp"].iloc[-1] - 1).iloc[:-1]
    told = rounded(_with_range(told)).rename(columns={"forecast_gbp": "forecast_outturn_gbp"})
    shown = ["month", "forecast_outturn_gbp", RANGE, "moved_gbp", *["share_missed"] * month.closed]
    return told[shown].reset_index(drop=True)


def _with_range(history: pd.DataFrame) -> pd.DataFrame:
    ends = history[["p10_gbp", "p90_gbp"]].to_numpy()
    words = [" to ".join(dict.fromkeys(f"{round(end / NEAREST) * NEAREST:,}" for end in row)) for row in ends]
    return history.assign(**{RANGE: pd.Series(words, index=history.index, dtype="str")})
