"""The in-year position in a few numbers, sentences and conventions: what a page says beside its tables."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from cip_analysis.money.in_year import Position, run_rate
from cip_analysis.monitoring import DAYS_BILLS_TAKE, Month
from cip_analysis.monitoring_account import children_behind

CERTAIN = 0.995
TOO_FEW = "Too few children were in care this year to show what it cost."
WITHHELD = "[c]"


@dataclass(frozen=True, slots=True)
class Headline:
    """The year in a few numbers, £ million; blank where there is no budget, or too few children to show.

    to_date: paid and accrued; of it accrued. low, high: the 80% range; lowest, highest: the 95%. committed: of the rest
    of the year, what children already in care and payments that meet no stay cost; new: what those to come do.
    chance_over: of ending above the budget. at_worst: how far above one year in ten would end, or further. run_rate:
    spend so far × 12 ÷ months gone. moved: the change in the forecast since the month before; blank in April.
    """

    outturn: float
    low: float
    high: float
    lowest: float
    highest: float
    to_date: float
    accrued: float
    committed: float
    new: float
    run_rate: float
    budget: float
    variance: float
    chance_over: float
    at_worst: float
    moved: float


def read_headline(month: Month, position: Position, history: pd.DataFrame) -> Headline:
    """The year in a few numbers. history: as `monitoring.look_back` gives it."""
    total = position.outturn.sum(axis=1) / 1e8
    spent = position.to_date.table
    rest, ours = (float(gbp.sum(axis=(1, 2)).mean() / 1e8) for gbp in (position.pence, position.present_pence))
    blank = float("nan")
    if children_behind(month, position) < month.run.disclosure.threshold:
        return Headline(*[blank] * len(fields(Headline)))
    budget = sum(line.budget_gbp for line in month.budget.lines) / 1e6 if month.budget else blank
    lowest, low, high, highest = (float(end) for end in np.quantile(total, [0.025, 0.1, 0.9, 0.975]))
    outturn = float(position.expected.sum() / 1e8)
    made = history.loc[history["financial_year"].eq(month.year), "forecast_gbp"].to_numpy()
    return Headline(
        outturn=outturn, low=low, high=high, lowest=lowest, highest=highest,
        to_date=float(position.to_date.pence.sum() / 1e8), accrued=float(spent["accrued_pence"].sum() / 1e8),
        committed=ours, new=rest - ours, run_rate=run_rate(position.to_date) / 1e8, budget=budget,
        variance=outturn - budget, chance_over=float((total > budget).mean()) if month.budget else blank,
        at_worst=high - budget, moved=float(made[-1] - made[-2]) / 1e6 if len(made) > 1 else blank,
    )  # fmt: skip


def say_source(month: Month) -> str:
    """Where the page's figures come from, for the foot of an exhibit."""
    whose = f"{month.run.council.name}'s " if month.run.own_data else ""
    paid = (
        "placement payments, nominal £" if month.run.has_payments else "assumed prices of 2017/18, for want of payments"
    )
    budget = f"; {_lower(month.budget.title)}" if month.budget else ""
    return f"{whose}SSDA903 returns and {paid}, all as known on {_day(month)}{budget}"


def say_answer(month: Month, year: Headline) -> str:
    """What has been spent, what the year will come to, and how that stands to the budget."""
    if math.isnan(year.outturn):
        return TOO_FEW
    if month.closed:
        return f"The year to {_day(month)} came to {_millions(year.outturn)}. {say_against_budget(month, year)}"
    paid = f"had cost {_millions(year.to_date)}, of which {_millions(year.accrued, 2)} is not billed yet"
    if not month.run.has_payments:
        paid = f"had cost {_millions(year.to_date)} at the prices assumed, for there is no payments file"
    return (
        f"By {_day(month)} care {paid}. The year is forecast to come to {_millions(year.outturn)}: eight times in ten "
        f"between {_millions(year.low)} and {_millions(year.high)}, and nineteen in twenty between "
        f"{_millions(year.lowest)} and {_millions(year.highest)}. {say_against_budget(month, year)}"
    )


def say_against_budget(month: Month, year: Headline) -> str:
    """How far from its budget the year ends, and how likely it is to end above."""
    if month.budget is None:
        return "No budget of this year is held, so nothing is set against one."
    share = year.variance / year.budget if year.budget else math.nan
    budget = f"the budget of {_millions(year.budget)}"
    by = f"{_millions(abs(year.variance))} ({abs(share):.0%}) {_side(year.variance)} {budget}"
    if month.closed:
        return f"That is {by}."
    worst = (
        f"one future in ten ends {_millions(year.at_worst)} above it or more"
        if year.at_worst > 0 else "nine futures in ten end below it"
    )  # fmt: skip
    return f"That is {by}. {_chance(year.chance_over)} end above the budget; {worst}."


def say_parts(month: Month, year: Headline) -> str:
    """What of the rest of the year is settled, how the forecast moved, and what the simplest one says."""
    if math.isnan(year.outturn):
        return TOO_FEW
    if month.closed:
        return "The year is over: every bill is taken to be in, nothing is accrued, and nothing is left to forecast."
    moved = (
        "" if math.isnan(year.moved)
        else f" Since the month before, the forecast has {'risen' if year.moved > 0 else 'fallen'} by "
             f"{_millions(abs(year.moved), 2)}."
    )  # fmt: skip
    return (
        f"Of the {_millions(year.committed + year.new)} still to come, {_millions(year.committed)} is for children "
        f"already in care, if they stay as long as such children have, and {_millions(year.new)} for children yet to "
        f"come.{moved} Spend so far carried on as it was would come to {_millions(year.run_rate)}."
    )


def say_course(month: Month, year: Headline) -> str:
    """The chart's finding."""
    if math.isnan(year.outturn):
        return TOO_FEW.rstrip(".")
    how = "came to" if month.closed else "heads for"
    beside = f", {_millions(abs(year.variance))} {_side(year.variance)} its budget" if month.budget else ""
    return f"The year {how} {_millions(year.outturn)}{beside}"


def say_finding(month: Month, year: Headline, drivers: pd.DataFrame) -> str:
    """The answer in brief, with the largest driver of the variance. drivers: as `show_drivers` gives them."""
    if drivers.empty or math.isnan(year.outturn):
        return f"{say_course(month, year)}."
    parts = drivers.iloc[:-1]
    same = parts[(parts["variance_gbp"] > 0) == (year.variance > 0)]
    if same.empty:
        return f"{say_course(month, year)}."
    driver, gbp = max(zip(same["driver"], same["variance_gbp"].abs(), strict=True), key=lambda part: part[1])
    return f"{say_course(month, year)}. The largest part of the difference is {driver}: {_millions(gbp / 1e6)}."


def say_record(month: Month, history: pd.DataFrame) -> str:
    """How far such forecasts missed, beside the run rate, in a sentence. history: as `look_back` gives it."""
    past = history[history["financial_year"].lt(month.year)]
    came, when = past["outturn_gbp"], f"this month of {len(past)} earlier years"
    if month.closed:
        past = history[history["financial_year"].eq(month.year)].iloc[:-1]
        came, when = history["outturn_gbp"].iloc[[-1] * len(past)].set_axis(past.index), "each month's end of the year"
    if past.empty:
        return "Too few years of returns to forecast from the past."
    ours, naive = ((past[name] / came - 1).abs().mean() for name in ("forecast_gbp", "run_rate_gbp"))
    held = int(came.between(past["p10_gbp"], past["p90_gbp"]).sum())
    return (
        f"Made at {when}, such forecasts missed by {ours:.1%} on average; spend so far carried on as it was missed by "
        f"{naive:.1%}. The 80% range held what came in {held} of {len(past)}."
    )


def say_no_record(month: Month) -> str:
    """Why there is no table of earlier years."""
    if month.closed:
        return "The year is closed, so its own months' forecasts are held against it: see below."
    return "Too few years of returns to forecast from the past."


def state_in_year(month: Month, position: Position, stated: pd.DataFrame) -> pd.DataFrame:
    """The conventions of a page of money (convention, here), and those of a position within the year after them."""
    days = month.run.assumptions[DAYS_BILLS_TAKE].value
    rows = {
        "accrued": (
            "nothing: the year is closed, and every bill is taken to be in" if month.closed
            else "nights in care that no bill has come for, at the child's last fee there; a new stay at what its "
                 f"setting's nights cost. Bills marked late are taken to come {days:.0f} days after the night"
        ),
        "forecast": (
            "none is needed" if month.closed
            else f"the average of {len(position.pence):,} futures, and the range that holds eight in ten of them"
        ),
        "payments that met no stay": "to date as paid; for the rest of the year by the day as so far",
        "budget": f"{month.budget.title}; {month.budget.source}" if month.budget else "none is held for this year",
        "rounding": "£ to the nearest 1,000, so lines and totals may differ by one or two; in_year.csv has the pence",
    }  # fmt: skip
    return pd.concat([stated, pd.DataFrame({"convention": list(rows), "here": list(rows.values())})], ignore_index=True)


def say_prices(month: Month) -> str:
    """Where the £ come from, for the table of conventions."""
    if month.run.has_payments:
        return "payments, by the setting of the stay they met, nominal £ of this year"
    return "child-days at assumed weekly prices of 2017/18, for want of a payments file"


def _millions(value: float, places: int = 1) -> str:
    if math.isnan(value):
        return WITHHELD
    if abs(value) < 0.1 and places > 1:
        return f"£{round(value * 1000):,},000" if round(value * 1000) else "nothing"
    return f"{'−' if value < 0 else ''}£{abs(value):,.{places}f} million"


def _side(variance: float) -> str:
    return "above" if variance >= 0 else "below"


def _chance(chance: float) -> str:
    """How many futures, to begin a sentence with."""
    if chance >= CERTAIN:
        return "All futures, or nearly all,"
    return f"{chance:.0%} of futures" if chance > 1 - CERTAIN else "Hardly any future is seen to"


def _day(month: Month) -> str:
    return f"{month.day.day} {month.day:%B %Y}"


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
