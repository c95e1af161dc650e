"""Open a run as it stood at a month's end, and say where the year stands: `open_month`, `stand`, `look_back`.

    month = open_month("config/runs/autumn-2018.toml", "2018-09")
    position = stand(month)

Everything after the month's end is cut away first, so a month long past is told as it would have been told then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cip_analysis.budget_settings import Budget
from cip_analysis.codes import SETTINGS
from cip_analysis.demand.capacity import count_capacity
from cip_analysis.demand.caseload import last_whole_month
from cip_analysis.demand.pathways import known_at
from cip_analysis.demand.simulate import simulate
from cip_analysis.forecasts import KEPT, asked_of, evidence_of, prepare_run
from cip_analysis.money.in_year import (
    LINES,
    MARCH,
    Pence,
    Position,
    ToDate,
    carry_unmatched,
    known_payments,
    months_between,
    run_rate,
    spend_to_date,
)
from cip_analysis.money.outturn import spend_of, years_paid
from cip_analysis.money.pricing.indices import NOMINAL
from cip_analysis.money.pricing.paths import FeePool, PricePaths
from cip_analysis.money.pricing.pools import fee_pools
from cip_analysis.money.pricing.today import WEEKS_TO_TELL_A_PRICE
from cip_analysis.money.spend import count_child_days, price_months, price_outturn, weekly_prices
from cip_analysis.projections import Projection
from cip_analysis.returns.capacity import read_capacity
from cip_analysis.returns.payments.matching import match_payments
from cip_analysis.run import Run, open_run
from cip_analysis.settings import Run as RunSettings
from cip_analysis.settings import find_root, read_settings
from cip_analysis.store import code_files, fingerprint, keep_projection, keep_table

DAYS_BILLS_TAKE = "monitoring.days-bills-take"
MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
WHOLE_YEAR = 12
"""Months played ahead, whatever is left of the year: the spread of the total is only told by the year."""
FEWEST_YEARS = 2
"""Of returns before a month that is looked back on."""
HISTORY = ("financial_year", "month", "forecast_gbp", "p10_gbp", "p90_gbp", "run_rate_gbp", "outturn_gbp")


class MonitoringError(ValueError):
    """A month cannot be told of: it is misspelt, not covered by the returns, or nothing can be held against it."""


@dataclass(frozen=True, slots=True, eq=False)
class Month:
    """A run as it was known at a month's end.

    run: with histories and payments cut there. whole: with all that was read, for what came later. received_by: the
    last night that late bills had come for by then. budget: of the financial year the month lies in; none where the
    run names none of that year. run_file: the run's settings file, from the root: the one that `in_year` names, if
    the run asked for names one.
    """

    day: date
    run: Run
    whole: Run
    received_by: date
    budget: Budget | None
    run_file: str
    notes: tuple[str, ...]

    @property
    def year(self) -> int:
        """The financial year the month lies in, as the year of its 31 March."""
        return self.day.year + (self.day.month > MARCH)

    @property
    def closed(self) -> bool:
        """Whether the month is the year's last, so that nothing is left to forecast."""
        return self.day.month == MARCH


def open_month(run: str, month: str, *, returns: str = "", payments: str = "", audience: str = "public") -> Month:
    """The run that holds the year now running, as it was known at the end of a month.

    run: a settings file; where its key `in_year` names another, that one is opened instead, unless other returns are
    given. month: year and month, as 2018-09. The rest as `run.open_run` takes them; the rules are not checked again.
    Raises MonitoringError for a month that is not one, or that the returns do not cover; and what `open_run` raises.
    """
    day = read_month(month)
    run_file, notes = follow(run, own=not returns)
    opened = open_run(run_file, returns=returns, payments=payments, audience=audience, check=False)
    _refuse_uncovered(opened, day)
    budget, told = _budget_of(opened, day)
    return Month(day, as_known(opened, day), opened, received_by(opened, day), budget, run_file, (*notes, *told))


def read_month(month: str) -> date:
    """The last day of a month written as 2018-09. Raises MonitoringError for anything else.

    >>> read_month("2018-09")
    datetime.date(2018, 9, 30)
    """
    found = MONTH.fullmatch(month.strip())
    if not found:
        raise MonitoringError(f"{month!r} is not a month. Write the year and the month's number, as 2018-09.")
    return (pd.Timestamp(int(found[1]), int(found[2]), 1) + pd.offsets.MonthEnd(0)).date()


def follow(run: str, *, own: bool = True) -> tuple[str, tuple[str, ...]]:
    """The run file that holds the year now running, and what to say where it is another than the one asked for."""
    settings = read_settings(find_root(Path.cwd()) / run, RunSettings)
    if not settings.in_year or not own:
        return run, ()
    said = f"The run asked for, {settings.title}, names {Path(settings.in_year).name} for the year now running."
    return settings.in_year, (said,)


def _refuse_uncovered(run: Run, day: date) -> None:
    """Refuse a month without a year of returns before it, or that the returns do not reach."""
    first, last = date(run.years[0], MARCH, 31), last_whole_month(run.as_at)
    if first <= day <= last:
        return
    where = "ends after the returns do" if day > last else "has less than a year of returns before it"
    raise MonitoringError(
        f"{day:%B %Y} {where}. There are months from {first:%B %Y} to {last:%B %Y}: choose one of them, or name a run "
        "whose returns reach further."
    )


def _budget_of(run: Run, day: date) -> tuple[Budget | None, tuple[str, ...]]:
    """The budget of the month's own financial year; none, and why, where the run has none of it."""
    if not run.settings.budget or not run.own_data:
        return None, ("No budget is named for these returns, so the year is not held against one.",)
    budget = read_settings(run.root / run.settings.budget, Budget)
    if budget.year != day.year + (day.month > MARCH):
        return None, (f"The budget named is of {budget.financial_year}, another year: it is left out.",)
    return budget, ("The budget is invented for the demonstration: no council set it.",) if budget.invented else ()


def received_by(run: Run, day: date) -> date:
    """The last night that late bills had come for at the end of a day; the day itself when the year is closed.

    Raises MonitoringError where the assumptions do not say how long bills take.
    """
    if day.month == MARCH:
        return day
    judged = run.assumptions.get(DAYS_BILLS_TAKE)
    if judged is None:
        raise MonitoringError(f"The assumptions have no {DAYS_BILLS_TAKE}. Add it to config/assumptions.toml.")
    return day - timedelta(days=round(judged.value))


def as_known(run: Run, day: date) -> Run:
    """The run as it was at the end of a day: histories, payments (matched again) and places cut there."""
    episodes = known_at(run.episodes, day)
    payments, treatments = run.payments, run.payment_treatments
    if run.has_payments:
        payments, treatments = match_payments(known_payments(payments, day, received_by(run, day)), episodes)
    capacity = run.capacity
    if run.settings.capacity and run.own_data:
        capacity = count_capacity(read_capacity(run.root / run.settings.capacity), day)
    return replace(run, episodes=episodes, payments=payments, payment_treatments=treatments, capacity=capacity)


# ---- where the year stands --------------------------------------------------------------------------------------


def stand(month: Month) -> Position:
    """Where the year stands at the month's end: to date, and the months to come in as many futures as the run plays."""
    return _stand(month.run, month.day, month.received_by)


def _stand(run: Run, day: date, billed: date) -> Position:
    spent = spend_to_date(run.episodes, run.payments, billed, weekly_prices(run.assumptions))
    months = months_between(day, date(spent.year, MARCH, 31))
    if not months:
        none = np.zeros((run.settings.draws, 0, len(LINES)), dtype="int64")
        return Position(spent, (), none, none, np.zeros((run.settings.draws, 0, len(SETTINGS))), "the year is over")
    projection = play_on(run)
    paths = prices_of(run, spent, projection)
    every, present = price_months(projection, paths, run.settings.seed)
    rest, ours = (_as_pence(gbp[:, 1 : len(months) + 1], carry_unmatched(spent, months)) for gbp in (every, present))
    days = np.asarray(projection.child_days[:, 1 : len(months) + 1], dtype="float64")
    return Position(spent, months, rest, ours, days, paths.basis, (*projection.notes, *paths.notes))


def play_on(run: Run) -> Projection:
    """The children in care at the census date, and those to come, a year ahead: the run's own method and draws."""
    asked = asked_of(run, horizon_months=WHOLE_YEAR)
    name = fingerprint("in year", run.episodes, evidence_of(run), asked, run.capacity, code_files())
    return keep_projection(run.root / KEPT, name, lambda: simulate(prepare_run(run, asked)))


def prices_of(run: Run, spent: ToDate, projection: Projection) -> PricePaths:
    """£ a child-week in the months to come: what the year's weeks have cost so far, children's own fees about it.

    Fees move on 1 April, so within the year the price stays; what moves is who is there and what each costs. A setting
    with under a year of child-weeks so far takes the last year's cost of a week, or the assumed one; a note says which.
    """
    usual, notes = weekly_prices(run.assumptions), []
    base, pools = usual, dict.fromkeys(SETTINGS, FeePool.flat())
    if run.has_payments:
        so_far, before = _cost_so_far(spent), _cost_last_year(run, spent.year - 1)
        base, pools = usual | before | so_far, fee_pools(run.payments, run.episodes, spent.year)
        used = [name for name in SETTINGS if projection.child_days[..., SETTINGS.index(name)].any()]
        last, assumed = ([name for name in used if name not in so_far and (name in before) is known]
                         for known in (True, False))  # fmt: skip
        free = [name for name in used if so_far.get(name) == 0 and usual[name] > 0]
        notes += [f"Nothing has been paid this year for {', '.join(free)}, so what comes there is priced at nought: "
                  "see that the payments file holds all that is paid."] * bool(free)  # fmt: skip
        notes += [f"Too few weeks this year to tell a price, so last year's is taken: {', '.join(last)}."] * bool(last)
        notes += [f"Too few weeks paid for to tell a price, so one is assumed: {', '.join(assumed)}."] * bool(assumed)
    told = (
        f"what a week has cost so far in {spent.year - 1}/{spent.year % 100:02d}; fees are taken to stay until 31 March"
    )
    basis = told if run.has_payments else "assumed weekly prices of 2017/18"
    level = np.broadcast_to(
        np.array([base[name] for name in SETTINGS]), (projection.draws, len(projection.months), len(SETTINGS))
    )
    return PricePaths(projection.months, level, pools, NOMINAL, basis, tuple(notes), run.synthetic)


def _cost_so_far(spent: ToDate) -> dict[str, float]:
    """£ a child-week this year, paid and accrued, in the settings with enough weeks to tell."""
    weeks = spent.table["child_days"] / 7
    told = (weeks >= WEEKS_TO_TELL_A_PRICE) & spent.table["setting"].isin(SETTINGS) & (spent.pence >= 0)
    price = (spent.pence / 100 / weeks.where(weeks > 0))[told]
    return dict(zip(spent.table.loc[told, "setting"], price.astype("float64"), strict=True))


def _cost_last_year(run: Run, year: int) -> dict[str, float]:
    """£ a child-week in the year before, in the settings with enough weeks to tell; none where it is not held."""
    if year not in run.closed_years:
        return {}
    volume = count_child_days(run.episodes, year, year).set_index("setting")["child_weeks"]
    spend = price_outturn(run.episodes, run.payments, year, year).table.set_index("setting")["spend_gbp"]
    known = volume[volume >= WEEKS_TO_TELL_A_PRICE].index
    return {str(name): max(0.0, float(spend[name] / volume[name])) for name in known}


# ---- how such forecasts have done -------------------------------------------------------------------------------


def look_back(month: Month) -> pd.DataFrame:
    """The same forecast made at other month ends: at this month of earlier years, and at this year's months so far.

    Columns HISTORY: the month it was made at, the outturn forecast (mean, 10th and 90th percentile), the run rate
    (spend so far × 12 ÷ months gone), and what the year came to, blank where it was not over on the month's day. In
    order of month; the last row is the month itself. Nothing known only later is used.
    """
    known = replace(month.whole, episodes=month.run.episodes, payments=month.whole.payments)
    days = [
        *(date(year - (month.day.month > MARCH), month.day.month, 1) for year in _years_before(month)),
        *(day.replace(day=1) for day in months_between(date(month.year - 1, MARCH, 31), month.day)),
    ]
    ends = [(pd.Timestamp(day) + pd.offsets.MonthEnd(0)).date() for day in days]
    name = fingerprint(
        "in year looked back", month.whole.episodes, month.whole.payments, evidence_of(month.whole), ends,
        month.run.settings, list(month.run.assumptions.values()), code_files(),
    )  # fmt: skip
    return keep_table(
        month.whole.root / KEPT, name, lambda: pd.DataFrame([_as_it_was(month, known, end) for end in ends])
    )


def _years_before(month: Month) -> list[int]:
    """Financial years over on the month's day, with enough returns before this month of them, and with payments."""
    if month.closed:
        return []
    first = month.whole.years[0] + FEWEST_YEARS
    years = [year for year in month.run.closed_years if first <= year < month.year]
    return [year for year in years if not month.run.has_payments or year in years_paid(month.run.payments)]


def _as_it_was(month: Month, known: Run, end: date) -> dict[str, object]:
    """One row of HISTORY: the forecast made at a month's end, and what came if that was known on the month's day."""
    then = as_known(known, end)
    position = _stand(then, end, received_by(then, end))
    total, year = position.outturn.sum(axis=1) / 100, position.to_date.year
    prices, paid = weekly_prices(month.run.assumptions), month.run.payments
    over = date(year, MARCH, 31) <= month.day and (paid.table.empty or year in years_paid(paid))
    came = spend_of(month.run.episodes, paid, prices, [year]).table["spend_gbp"].sum() if over else float("nan")
    return {
        "financial_year": year, "month": pd.Timestamp(end), "forecast_gbp": float(total.mean()),
        "p10_gbp": float(np.quantile(total, 0.1)), "p90_gbp": float(np.quantile(total, 0.9)),
        "run_rate_gbp": run_rate(position.to_date) / 100, "outturn_gbp": float(came),
    }  # fmt: skip


def _as_pence(gbp: NDArray[np.floating], unmatched: Pence) -> Pence:
    """£ by draw, month and setting as whole pence, with the payments that meet no stay as one line more."""
    pence = np.rint(gbp * 100).astype("int64")
    beside = np.broadcast_to(unmatched[:, None], (*pence.shape[:2], 1))
    return np.concatenate([pence, beside], axis=2)
