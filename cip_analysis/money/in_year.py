"""The year's position at a month's end: what is paid and owed, what the rest may cost, and how that stands to budget.

    known = known_payments(payments, day, received_by)          # as the ledger stood at the end of the day
    spent = spend_to_date(known_episodes, known, received_by)
    position = Position(spent, months, pence, present, days, basis)
    compare_budget(position, budget)

Money is whole pence until it is shown, so that paid + accrued + rest = outturn, and volume + mix + price = variance, to
the penny. Our choices are in docs/decisions/0022-in-year-position.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cip_analysis.budget_settings import Budget
from cip_analysis.codes import SETTINGS
from cip_analysis.money.drivers import split_change
from cip_analysis.money.reconciliation import unpaid_stays
from cip_analysis.money.spend import ON_A_STAY, UNMATCHED, yearly_stays
from cip_analysis.records import Episodes, Payments
from cip_analysis.returns.payments.cells import to_pence
from cip_analysis.returns.payments.matching import split_by_year

Pence = NDArray[np.int64]
Numbers = NDArray[np.float64]
LINES = (*SETTINGS, UNMATCHED)
FEES = ("payment", "late payment", "accrual")
"""Kinds of row that pay for nights; support, credit notes and adjustments come beside them."""
LATE, ACCRUED = "late payment", "accrual"
MARCH = 3
DAY = pd.Timedelta(days=1)
DAYS_A_KEY = 200_000
COMPARED = (
    "setting", "budget_weeks", "outturn_weeks", "budget_gbp", "outturn_gbp", "variance_gbp", "volume_gbp", "mix_gbp",
    "price_gbp", "without_days_gbp",
)  # fmt: skip


class InYearError(ValueError):
    """A position within the year cannot be worked out from what was given."""


# ---- what is known at the month's end ---------------------------------------------------------------------------


def known_payments(payments: Payments, day: date, received_by: date) -> Payments:
    """The payments as the ledger held them at the end of a day: periods cut there, each row's £ shared by its days.

    received_by: the last night for which bills of kind "late payment" had come by then; later nights of such rows are
    left out, as not yet billed. Whole pence; a row of which nothing is left is gone. `match` is kept: match again
    where the histories are cut too.
    """
    rows = payments.table
    ends = pd.Series(pd.Timestamp(day) + DAY, index=rows.index)
    ends = ends.mask(rows["kind"].eq(LATE), pd.Timestamp(received_by) + DAY)
    begun = rows["start"] < ends
    rows, ends = rows[begun], ends[begun]
    until = rows["end"].where(rows["end"] < ends, ends)
    kept, whole = _nights(rows["start"], until), _nights(rows["start"], rows["end"])
    shared = {name: _shared(rows[name], kept, whole) for name in ("health_gbp", "education_gbp", "amount_gbp")}
    return replace(payments, table=rows.assign(end=until, **shared).reset_index(drop=True))


def _nights(start: pd.Series, end: pd.Series) -> Pence:
    return np.asarray((end - start).dt.days, dtype="int64")


def _shared(gbp: pd.Series, kept: Pence, whole: Pence) -> Numbers:
    """£ of the first `kept` of `whole` days, in whole pence, halves up."""
    return np.asarray(_part(to_pence(gbp).to_numpy("int64"), kept, whole) / 100, dtype="float64")


def _part(pence: Pence, kept: Pence, whole: Pence) -> Pence:
    return np.asarray((2 * pence * kept + whole) // (2 * whole), dtype="int64")


@dataclass(frozen=True, slots=True, eq=False)
class ToDate:
    """What the year has cost up to a month's end.

    day: that end. table: a row a line of LINES: setting, children (who spent a night there; on the unmatched line,
    identifiers paid for), child_days, unpaid_days (nights nobody has paid for yet that are accrued), paid_pence,
    accrued_pence. months: month ends of the year up to the day. by_month: pence, paid and accrued, of each month.
    """

    day: date
    table: pd.DataFrame
    months: tuple[date, ...]
    by_month: Pence
    synthetic: bool = False

    @property
    def pence(self) -> Pence:
        """What each line has cost, paid and accrued, pence."""
        return (self.table["paid_pence"] + self.table["accrued_pence"]).to_numpy("int64")

    @property
    def year(self) -> int:
        """The financial year, as the year of its 31 March."""
        return self.day.year + (self.day.month > MARCH)


def spend_to_date(
    episodes: Episodes, payments: Payments, received_by: date, assumed: Mapping[str, float] | None = None
) -> ToDate:
    """What the year has cost up to the census date, by line: paid, and accrued for nights that no bill has come for.

    episodes, payments: as known at the end of that day, matched to each other. received_by: as `known_payments`
    takes it; the day itself at the year's end, when every bill is in and nothing is accrued. assumed: £ a week by
    setting, for use where there is no payments file: then every night is accrued at it.
    """
    day = episodes.census_date
    year = day.year + (day.month > MARCH)
    months = months_between(date(year - 1, MARCH, 31), day)
    nights = yearly_stays(episodes, year, year)
    paid = payments.table[payments.table["financial_year"].eq(year)]
    paid = paid.assign(setting=paid["setting"].where(paid["match"].isin(ON_A_STAY), UNMATCHED))
    pence = to_pence(paid["amount_gbp"])
    owed = _owed(episodes, payments, received_by, assumed or {})
    own = pence.where(paid["kind"].ne(ACCRUED), 0).groupby(paid["setting"]).sum()
    said = pence.where(paid["kind"].eq(ACCRUED), 0).groupby(paid["setting"]).sum()
    worked = owed.groupby("setting")["pence"].sum()
    lost = paid.loc[paid["setting"].eq(UNMATCHED), "child"].nunique()
    children = nights.groupby("setting")["child"].nunique()
    columns = {
        "children": pd.concat([children, pd.Series({UNMATCHED: lost})]),
        "child_days": nights.groupby("setting")["days"].sum(),
        "unpaid_days": owed.groupby("setting").size(),
        "paid_pence": own,
        "accrued_pence": said.add(worked, fill_value=0),
    }
    held = {name: values.reindex(list(LINES)).fillna(0).astype("int64") for name, values in columns.items()}
    table = pd.DataFrame(held).rename_axis("setting").reset_index()
    by_month = np.diff(_paid_up_to(paid, months), prepend=0) + _by_month(owed, months)
    return ToDate(day, table, months, by_month, episodes.synthetic or payments.synthetic)


def months_between(after: date, up_to: date) -> tuple[date, ...]:
    """The month ends after one day, up to and including another.

    >>> months_between(date(2018, 3, 31), date(2018, 5, 31))
    (datetime.date(2018, 4, 30), datetime.date(2018, 5, 31))
    """
    ends = pd.date_range(pd.Timestamp(after) + DAY, pd.Timestamp(up_to), freq="ME")
    return tuple(end.date() for end in ends)


def _paid_up_to(paid: pd.DataFrame, months: tuple[date, ...]) -> Pence:
    """Pence paid for the nights up to each month's end; the last has everything, as every row is then over."""
    pence, whole = to_pence(paid["amount_gbp"]).to_numpy("int64"), _nights(paid["start"], paid["end"])
    running = []
    for month in months:
        until = paid["end"].where(paid["end"] <= pd.Timestamp(month) + DAY, pd.Timestamp(month) + DAY)
        running.append(_part(pence, _nights(paid["start"], until).clip(min=0), whole).sum())
    return np.array(running, dtype="int64")


def _by_month(owed: pd.DataFrame, months: tuple[date, ...]) -> Pence:
    """Pence accrued for the nights of each month."""
    place = np.searchsorted(np.array(months, dtype="datetime64[D]"), owed["night"].to_numpy("datetime64[D]"))
    return np.bincount(place, owed["pence"], len(months)).astype("int64")


# ---- what is owed for nights that nobody has billed -------------------------------------------------------------


def _owed(episodes: Episodes, payments: Payments, received_by: date, assumed: Mapping[str, float]) -> pd.DataFrame:
    """Nights of the year that no fee has been paid for and that will be billed: setting, night, pence a night.

    A child paid for in that setting up to `received_by` is accrued at the last fee there. A stay that began later and
    has no bill yet is accrued at what its setting's paid nights cost, times the share of the setting's nights that
    were paid for in the year before, because some placements are never billed. Anything else long unbilled is not
    accrued: past stays like it cost nothing. Where there is no payments file, every night is at the assumed price.
    """
    day = episodes.census_date
    year = day.year + (day.month > MARCH)
    columns = ["setting", "night", "pence"]
    every = _each_night(_stays_of(episodes, year))
    if payments.table.empty:
        price = every["setting"].map({name: round(week * 100 / 7) for name, week in assumed.items()})
        return every.assign(pence=price.fillna(0).astype("int64"))[columns]
    if received_by >= day:
        return every.iloc[:0].assign(pence=np.zeros(0, dtype="int64"))[columns]
    fees = payments.table[payments.table["match"].isin(ON_A_STAY) & payments.table["kind"].isin(FEES)]
    children = pd.Index(every["child"].unique())
    billed = _each_night(fees[fees["financial_year"].eq(year)])
    unpaid = every[~np.isin(_keys(every, children), _keys(billed, children))]
    usual = unpaid["setting"].map(_usual_price(episodes, payments, fees, year))
    usual = usual.where(unpaid["begun"].gt(pd.Timestamp(received_by)), 0).fillna(0)
    own = _last_fee(fees, received_by).reindex(pd.MultiIndex.from_frame(unpaid[["child", "setting"]])).to_numpy()
    price = pd.Series(own, index=unpaid.index).fillna(usual).round().astype("int64")
    return unpaid.assign(pence=price)[price.gt(0)][columns]


def _stays_of(episodes: Episodes, year: int) -> pd.DataFrame:
    """The year's stays, each with the day it began, before any cut at 1 April."""
    stays = episodes.table[["child", "setting", "start", "end"]]
    until = stays["end"].fillna(pd.Timestamp(episodes.census_date) + DAY)
    pieces = split_by_year(stays.assign(begun=stays["start"], end=until))
    return pieces[pieces["financial_year"].eq(year)]


def _each_night(periods: pd.DataFrame) -> pd.DataFrame:
    """The periods `[start, end)` a row a night: child, setting, night, and begun where the periods have it."""
    nights = _nights(periods["start"], periods["end"])
    at = np.repeat(np.arange(len(periods)), nights)
    along = np.arange(nights.sum()) - np.repeat(nights.cumsum() - nights, nights)
    night = periods["start"].to_numpy("datetime64[D]")[at] + along.astype("timedelta64[D]")
    kept = [name for name in ("child", "setting", "begun") if name in periods]
    return periods[kept].iloc[at].reset_index(drop=True).assign(night=night)


def _keys(nights: pd.DataFrame, children: pd.Index) -> Pence:
    """One number for each child and night; children not of the stays share one of their own, below nought."""
    who = children.get_indexer(pd.Index(nights["child"])).astype("int64")
    return np.asarray(who * DAYS_A_KEY + nights["night"].to_numpy("datetime64[D]").astype("int64"), dtype="int64")


def _last_fee(fees: pd.DataFrame, received_by: date) -> pd.Series:
    """Pence a night of each child's last fee in each setting, net of contributions, where paid up to `received_by`."""
    last = fees[fees["end"] >= pd.Timestamp(received_by)].sort_values("end", kind="stable")
    last = last.drop_duplicates(["child", "setting"], keep="last")
    nightly = to_pence(last["amount_gbp"]) / _nights(last["start"], last["end"])
    return nightly.set_axis(pd.MultiIndex.from_frame(last[["child", "setting"]]))


def _usual_price(episodes: Episodes, payments: Payments, fees: pd.DataFrame, year: int) -> pd.Series:
    """Pence a night by setting that a new stay will cost: paid nights' mean this year × last year's share paid for."""
    this = fees[fees["financial_year"].eq(year)]
    nights = pd.Series(_nights(this["start"], this["end"]), index=this.index).groupby(this["setting"]).sum()
    mean = to_pence(this["amount_gbp"]).groupby(this["setting"]).sum() / nights
    unpaid = unpaid_stays(episodes, payments, year - 1, year - 1).set_index("setting")["share_of_child_days"]
    return mean * (1 - unpaid.reindex(mean.index).fillna(0))


# ---- the rest of the year, and the whole of it ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Position:
    """The year as it stands: what it has cost, and what its remaining months may, draw by draw.

    months: month ends still to come, none at the year's end. pence: an array of draw x month x line (LINES);
    present_pence: of that, for children in care on the day, and payments that meet no stay: the commitment already
    made. days: child-days, draw x month x setting (SETTINGS).
    """

    to_date: ToDate
    months: tuple[date, ...]
    pence: Pence
    present_pence: Pence
    days: Numbers
    basis: str
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        months = len(self.months)
        if self.pence.shape[1:] != (months, len(LINES)) or self.present_pence.shape != self.pence.shape:
            raise InYearError(f"The rest of the year has shape {self.pence.shape}, not draws by {months} by lines.")
        if (self.present_pence > self.pence).any():
            raise InYearError("Children already in care cost more than all children.")

    @property
    def outturn(self) -> Pence:
        """What the whole year comes to, draw x line: paid, accrued and the rest."""
        return np.asarray(self.to_date.pence + self.pence.sum(axis=1), dtype="int64")

    @property
    def expected(self) -> Pence:
        """The mean outturn of each line to a penny: lines add up, as medians would not."""
        return np.asarray(np.rint(self.outturn.mean(axis=0)), dtype="int64")

    @property
    def weeks(self) -> Numbers:
        """Child-weeks of the whole year by line, the mean over draws; the unmatched line has none."""
        ahead = np.append(self.days.sum(axis=1).mean(axis=0), 0.0)
        return np.asarray((self.to_date.table["child_days"].to_numpy("float64") + ahead) / 7)


def carry_unmatched(spent: ToDate, months: tuple[date, ...]) -> Pence:
    """Pence a month of payments that will meet no stay: they go on by the night as they have this year."""
    so_far = int(spent.table.loc[spent.table["setting"].eq(UNMATCHED), ["paid_pence", "accrued_pence"]].sum().sum())
    gone = (spent.day - date(spent.year - 1, MARCH, 31)).days
    ends = np.array([(month - spent.day).days for month in months], dtype="int64")
    return np.diff(so_far * ends // gone, prepend=0)


def run_rate(spent: ToDate) -> int:
    """The simplest forecast of the year, pence: what it has cost so far × 12 ÷ months gone."""
    return int(spent.pence.sum()) * 12 // len(spent.months)


# ---- against the budget -----------------------------------------------------------------------------------------


def compare_budget(position: Position, budget: Budget) -> pd.DataFrame:
    """Each line's expected outturn against its budget and what drives the difference, a row a line of either.

    Columns setting, budget_weeks, outturn_weeks, budget_gbp, outturn_gbp, variance_gbp = outturn - budget, and its
    parts volume_gbp, mix_gbp, price_gbp and without_days_gbp, as `drivers.split_change` takes a change apart: here
    from the budget, at its weeks and prices, to the outturn. Rows and columns add up to the penny.
    Raises InYearError where the budget is of another year.
    """
    if budget.year != position.to_date.year:
        raise InYearError(
            f"The budget is for {budget.financial_year}, and the month asked for lies in the financial year to March "
            f"{position.to_date.year}. Name that year's budget in the run's settings."
        )
    before = pd.DataFrame(
        [(line.setting, line.child_weeks * 7, line.budget_gbp) for line in budget.lines],
        columns=["setting", "child_days", "spend_gbp"],
    )
    days, spend = position.weeks * 7, position.expected / 100
    after = pd.DataFrame({"setting": LINES, "child_days": days, "spend_gbp": spend})
    after = after[(days > 0) | (spend != 0) | after["setting"].isin(before["setting"])]
    split = split_change(before, after, ["setting"], 1.0).rename(
        columns={"before_gbp": "budget_gbp", "after_gbp": "outturn_gbp", "change_gbp": "variance_gbp"}
    )
    split = split.assign(
        budget_weeks=split["child_days_before"] / 7, outturn_weeks=split["child_days_after"] / 7,
        place=split["setting"].map(dict(zip(LINES, range(len(LINES)), strict=True))),
    ).sort_values("place", ignore_index=True)  # fmt: skip
    return split[list(COMPARED)]
