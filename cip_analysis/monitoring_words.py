"""The in-year position in sentences and conventions: what a page says beside its tables."""

from __future__ import annotations

import math

import pandas as pd

from cip_analysis.money.in_year import Position
from cip_analysis.monitoring import DAYS_BILLS_TAKE, Month
from cip_analysis.monitoring_account import Headline

CERTAIN = 0.995
WITHHELD = "[c]"


def say_source(month: Month) -> str:
    """Where the page's figures come from, for the foot of an exhibit."""
    whose = f"{month.run.council.name}'s " if month.run.own_data else ""
    paid = "placement payments" if month.run.has_payments else "assumed prices, for want of a payments file"
    budget = f"; {_lower(month.budget.title)}" if month.budget else ""
    return f"{whose}SSDA903 returns and {paid}, nominal £, all as known on {_day(month)}{budget}"


def say_answer(month: Month, year: Headline) -> str:
    """What has been spent, what the year will come to, and how that stands to the budget."""
    if month.closed:
        return f"The year to {_day(month)} came to {_millions(year.outturn)}. {say_against_budget(month, year)}"
    return (
        f"By {_day(month)} care had cost {_millions(year.to_date)}, of which {_millions(year.accrued, 2)} is not "
        f"billed yet. The year is forecast to come to {_millions(year.outturn)}: eight times in ten between "
        f"{_millions(year.low)} and {_millions(year.high)}, and nineteen in twenty between {_millions(year.lowest)} "
        f"and {_millions(year.highest)}. {say_against_budget(month, year)}"
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
    how = "came to" if month.closed else "heads for"
    beside = f", {_millions(abs(year.variance))} {_side(year.variance)} its budget" if month.budget else ""
    return f"The year {how} {_millions(year.outturn)}{beside}"


def say_finding(month: Month, year: Headline, drivers: pd.DataFrame) -> str:
    """The answer in brief, with the largest driver of the variance. drivers: as `show_drivers` gives them."""
    if drivers.empty:
        return f"{say_course(month, year)}."
    parts = drivers.iloc[:-1]
    same = parts[(parts["variance_gbp"] > 0) == (year.variance > 0)]
    if same.empty:
        return f"{say_course(month, year)}."
    driver, gbp = max(zip(same["driver"], same["variance_gbp"].abs(), strict=True), key=lambda part: part[1])
    return f"{say_course(month, year)}. The largest part of the difference is {driver}: {_millions(gbp / 1e6)}."


def say_record(record: pd.DataFrame) -> str:
    """How far such forecasts missed, beside the run rate, in a sentence."""
    if record.empty:
        return "Too few years of returns to forecast from the past."
    ours, naive = (record[name].abs().mean() for name in ("share_missed", "share_missed_by_run_rate"))
    held = int(record["in_the_range"].eq("yes").sum())
    return (
        f"Made at this month of {len(record)} earlier years, such forecasts missed by {ours:.1%} on average; spend so "
        f"far carried on as it was missed by {naive:.1%}. The 80% range held {held} of {len(record)} outturns."
    )


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
