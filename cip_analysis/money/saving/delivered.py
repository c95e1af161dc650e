"""Savings delivered: each child-day of the register held against the returns, and given to one claim only.

A day counts where it lies in its claim's days, is known (not after the census date), the child is then where the
register says, and no claim before it in the order of allocation, or line above it in the register, has it already.
What does not count is listed with its days and £, so that the register's total is accounted for to the penny.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from cip_analysis.records import Episodes
from cip_analysis.returns.payments.delivered import NOT_IN_CARE, Register
from cip_analysis.savings_settings import Claim

COUNTED = "counted"
OUTSIDE = "outside the claim's days"
LATER = "after the last day the returns describe"
ELSEWHERE = "the child was not where the register says"
TWICE = "already saved by a claim before it"
REPEATED = "already on a line of the same claim"
REASONS = (COUNTED, OUTSIDE, LATER, ELSEWHERE, TWICE, REPEATED)
"""Why a day counts or not: the first of these that holds."""

DAY, NEVER = pd.Timedelta(days=1), date(2199, 12, 31)
KEPT = ["claim", "row", "month", "reason", "child", "days", "pence"]


@dataclass(frozen=True, slots=True, eq=False)
class Delivered:
    """What a register comes to, one row a line of it, month and reason.

    table: claim, row (of the register), month (its last day), reason (of REASONS), child, days, pence (days × weekly
    saving ÷ 7, rounded once a row of this table). Counted and the rest together are all that the register claims, but
    for lines that go on, whose days after the last known one are not yet anything.
    """

    table: pd.DataFrame
    source: str

    def monthly(self) -> pd.DataFrame:
        """What counts, by claim and month: claim, month, children, child_weeks, saved_gbp."""
        counted = self.table[self.table["reason"].eq(COUNTED)]
        grouped = counted.groupby(["claim", "month"], as_index=False, sort=False)
        lines = grouped.agg(children=("child", "nunique"), days=("days", "sum"), pence=("pence", "sum"))
        lines = lines.sort_values(["claim", "month"], ignore_index=True)
        return lines.assign(child_weeks=lines["days"] / 7, saved_gbp=lines["pence"] / 100).drop(
            columns=["days", "pence"]
        )

    def by_reason(self) -> pd.DataFrame:
        """What counts and what does not: claim, reason, lines, children, child_weeks, saved_gbp; each £ in one row."""
        grouped = self.table.groupby(["claim", "reason"], as_index=False, sort=False)
        lines = grouped.agg(
            lines=("row", "nunique"), children=("child", "nunique"), days=("days", "sum"), pence=("pence", "sum")
        )
        order = {reason: place for place, reason in enumerate(REASONS)}
        lines = lines.assign(place=lines["reason"].map(order)).sort_values(["claim", "place"], ignore_index=True)
        return lines.assign(child_weeks=lines["days"] / 7, saved_gbp=lines["pence"] / 100).drop(
            columns=["days", "pence", "place"]
        )


def count_delivered(register: Register, episodes: Episodes, claims: Sequence[Claim]) -> Delivered:
    """Every day of the register, counted or not, and why. claims: in the order of allocation.

    A line that goes on is taken up to and including the census date. Where it says the child is not in care, the day
    counts if no placement is open then; otherwise a placement in that setting must be.
    """
    days = _days_of(register, episodes, claims)
    days = days.assign(reason=_first_reason(days, episodes))
    days = days.assign(reason=_once(days))
    month = days["day"].dt.to_period("M").dt.end_time.dt.normalize().astype("datetime64[us]")
    grouped = days.assign(month=month).groupby(["claim", "row", "month", "reason", "child"], as_index=False, sort=False)
    table = grouped.agg(days=("day", "size"), weekly=("weekly_saving_pence", "first"))
    pence = np.rint(table["days"] * table["weekly"] / 7).astype("int64")
    return Delivered(table.assign(pence=pence)[KEPT], register.source)


def _days_of(register: Register, episodes: Episodes, claims: Sequence[Claim]) -> pd.DataFrame:
    """A row a day of each line, in the order of allocation, then of the register."""
    rank = {claim.key: place for place, claim in enumerate(claims)}
    known = pd.Timestamp(episodes.census_date) + DAY
    lines = register.table.assign(rank=register.table["claim"].map(rank))
    ends = lines["end"].fillna(lines["start"].where(lines["start"] > known, known))
    lines = lines.assign(end=ends, length=(ends - lines["start"]).dt.days).sort_values(["rank", "row"])
    opens = {claim.key: pd.Timestamp(claim.start) for claim in claims}
    closes = {claim.key: pd.Timestamp(claim.until or NEVER) for claim in claims}
    repeated = lines.loc[lines.index.repeat(lines["length"])].reset_index(drop=True)
    step = repeated.groupby("row", sort=False).cumcount()
    day = repeated["start"] + pd.to_timedelta(step, unit="D")
    within = day.ge(repeated["claim"].map(opens)) & day.le(repeated["claim"].map(closes))
    return repeated.assign(day=day.astype("datetime64[us]"), within=within, known=day.lt(known))


def _first_reason(days: pd.DataFrame, episodes: Episodes) -> pd.Series:
    """Why each day counts or not, by itself."""
    there = _setting_on(days, episodes).eq(days["to_setting"])
    reason = np.select([~days["within"], ~days["known"], ~there], [OUTSIDE, LATER, ELSEWHERE], default=COUNTED)
    return pd.Series(reason, index=days.index, dtype="str")


def _setting_on(days: pd.DataFrame, episodes: Episodes) -> pd.Series:
    """Where each child was at the end of each day: a setting, or NOT_IN_CARE."""
    stays = episodes.table[["child", "start", "end", "setting"]].rename(
        columns={"start": "since", "end": "left", "setting": "at"}
    )
    asked = days[["child", "day"]].assign(place=days.index).sort_values("day")
    met = pd.merge_asof(asked, stays.sort_values("since"), left_on="day", right_on="since", by="child")
    there = met["since"].notna() & (met["left"].isna() | (met["day"] < met["left"]))
    return met["at"].where(there, NOT_IN_CARE).set_axis(met["place"]).reindex(days.index)


def _once(days: pd.DataFrame) -> pd.Series:
    """The reasons, with every day after a child's first that counts refused: by another claim, or by the same."""
    counted = days[days["reason"].eq(COUNTED)]
    first = counted.groupby(["child", "day"], sort=False)["claim"].transform("first")
    again = counted.duplicated(["child", "day"])
    reason = days["reason"].copy()
    reason.loc[counted.index[again]] = np.where(counted.loc[again, "claim"].eq(first[again]), REPEATED, TWICE)
    return reason
