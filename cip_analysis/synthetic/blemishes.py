"""What is wrong with real payments files, put into an invented one at known rates."""

from __future__ import annotations

import numpy as np
import pandas as pd

LATE_SHARE = 0.020
OVERRUN_SHARE, OVERRUN_DAYS, NEVER_CREDITED = 0.05, (4, 29), 0.2
SHORTEST_OVERRUN_STAY = 28
NOT_OURS_SHARE = 0.003
REPEATED_SHARE = 0.003
TEXT_SHARE = 0.006
LEFT_OPEN_SHARE, LEFT_OPEN_AFTER, FORTNIGHT = 0.006, pd.Timedelta(days=95), pd.Timedelta(days=14)
REKEYED_STAYS_SHARE = 0.002
VOID_DAYS = (14, 57)
EXTRA = "additional support"
OTHER_SYSTEM = "P{:06d}"


def add_blemishes(rows: pd.DataFrame, ids: frozenset[str], chance: np.random.Generator) -> pd.DataFrame:
    """The rows with late payments, overruns and their credit notes, payments for nobody of ours, voids of block beds,
    re-keyed children, exact repeats, and some amounts typed as text.

    ids: the numbers in the returns, which a payment for nobody of ours must not hold.
    """
    rows = rows.assign(
        kind=rows["kind"].mask(rows["kind"].eq("payment") & (chance.random(len(rows)) < LATE_SHARE), "late payment")
    )
    rows = _rekeyed(rows, ids, chance)
    rows = _overrun(rows, chance)
    rows = pd.concat(
        [rows, _not_ours(rows, chance), _after_care(rows, chance), _voids(rows, chance)], ignore_index=True
    )
    rows = rows.assign(typed_as_text=chance.random(len(rows)) < TEXT_SHARE)
    repeated = rows[chance.random(len(rows)) < REPEATED_SHARE]
    return pd.concat([rows, repeated]).sort_index(kind="stable").reset_index(drop=True)


def _overrun(rows: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    """Some stays that ended were paid for beyond their end; most were then credited for those days."""
    ends = rows["end"].eq(rows["placement_end"]) & rows["setting"].ne("in-house residential")
    ends &= (rows["placement_end"] - rows["placement_start"]).dt.days >= SHORTEST_OVERRUN_STAY
    ends &= rows["end"] + pd.Timedelta(days=OVERRUN_DAYS[1]) <= _closes(rows)
    over = ends & rows["kind"].ne(EXTRA) & (chance.random(len(rows)) < OVERRUN_SHARE)
    days = pd.Series(chance.integers(*OVERRUN_DAYS, len(rows)), index=rows.index).where(over, 0)
    extra = (days * rows["weekly_fee"].fillna(0) / 7).round(2)
    until = rows["end"] + pd.to_timedelta(days, unit="D")
    credited = over & (chance.random(len(rows)) > NEVER_CREDITED)
    nothing = 0.0
    credits = rows.assign(
        start=rows["end"], end=until, amount=-extra, health=nothing, education=nothing, kind="credit note"
    )[credited]
    longer = rows.assign(end=until, amount=(rows["amount"] + extra).round(2))
    return pd.concat([longer, credits]).sort_index(kind="stable").reset_index(drop=True)


def _rekeyed(rows: pd.DataFrame, ids: frozenset[str], chance: np.random.Generator) -> pd.DataFrame:
    """A few stays at a registered place paid for under a number with two digits changed over: another child's key."""
    keys = ["child", "placement_start"]
    stays = rows.loc[rows["urn"].ne("") & rows["platform"].ne("in-house"), keys].drop_duplicates()
    some = stays.iloc[np.sort(chance.permutation(len(stays))[: max(1, round(len(stays) * REKEYED_STAYS_SHARE))])]
    wrong = some["child"].str[:2] + some["child"].str[3] + some["child"].str[2] + some["child"].str[4:]
    some = some.assign(wrong=wrong)[~wrong.isin(ids) & wrong.ne(some["child"])]
    found = rows[keys].merge(some, on=keys, how="left")["wrong"]
    return rows.assign(child=rows["child"].where(found.isna().to_numpy(), found.to_numpy()))


def _not_ours(rows: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    """Payments for children who are not in the returns: care leavers, and other councils' children recharged."""
    some = rows[(chance.random(len(rows)) < NOT_OURS_SHARE) & rows["kind"].eq("payment")]
    numbers = pd.Series(chance.permutation(900_000)[: len(some)] + 100_000, index=some.index)
    return some.assign(child=numbers.map(OTHER_SYSTEM.format), urn="")


def _after_care(rows: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    """A few orders left open by mistake: a fortnight paid for months after the stay ended, and never recovered."""
    ended = rows["end"].eq(rows["placement_end"]) & rows["kind"].eq("payment")
    ended &= rows["end"] + LEFT_OPEN_AFTER + FORTNIGHT <= _closes(rows)
    some = rows[ended & (chance.random(len(rows)) < LEFT_OPEN_SHARE)]
    start = some["end"] + LEFT_OPEN_AFTER
    return some.assign(
        start=start, end=start + FORTNIGHT, amount=(2 * some["weekly_fee"]).round(2), health=0.0, education=0.0,
        year=start.dt.year + (start.dt.month > 3),
    )  # fmt: skip


def _voids(rows: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    """One void a year on the block contract: a bed paid for with no child in it, so no child's number."""
    block = rows[rows["platform"].eq("block") & rows["kind"].ne(EXTRA)].groupby("year").head(1)
    days = chance.integers(*VOID_DAYS, len(block))
    amount = (days * block["weekly_fee"] / 7).round(2)
    end = block["start"] + pd.to_timedelta(days, unit="D")
    return block.assign(
        child="", end=end, amount=amount, health=0.0, education=0.0, kind="payment",
        placement_start=block["start"], placement_end=end,
    )  # fmt: skip


def _closes(rows: pd.DataFrame) -> pd.Timestamp:
    """The day after the file's last: nothing is paid for beyond it."""
    return pd.Timestamp(int(rows["year"].max()), 4, 1)
