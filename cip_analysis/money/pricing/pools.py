"""How children's own costs lie about their setting's mean: the tail that a mean price would lose.

Choices, and what becomes of children too briefly there to tell: docs/decisions/0017-prices.md.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cip_analysis.codes import SETTINGS
from cip_analysis.money.concentration import SHORTEST_STAY_DAYS
from cip_analysis.money.pricing.fees import BILLED
from cip_analysis.money.pricing.indices import financial_year_of
from cip_analysis.money.pricing.paths import FeePool
from cip_analysis.money.spend import KEYS, ON_A_STAY, yearly_stays
from cip_analysis.records import Episodes, Payments
from cip_analysis.returns.payments.cells import to_pence
from cip_analysis.returns.payments.matching import split_by_year

FEWEST_IN_A_POOL = 5


def fee_pools(payments: Payments, episodes: Episodes, year: int) -> dict[str, FeePool]:
    """For every setting, children's weekly net cost in the financial year ending `year` as multiples of its mean.

    A child's multiple is £ paid ÷ (days × the setting's £ ÷ its days), over payments that met a stay, support and
    credits included; weights are days, so that the weighted mean is 1. Children there for fewer than 28 days, or whose
    credits outweigh their bills, together hold one multiple, their own mean: their £ stay in and no late bill over
    three nights becomes somebody's price. Children nobody paid for are left out. `present` are the children there on
    the census day by the stay they are in. A setting with fewer than five children paid for is flat.
    """
    last = max(year, financial_year_of(episodes.census_date))
    days = yearly_stays(episodes, year, last)
    paid = _paid(payments, year, last)
    in_year = _by_child(days[days["financial_year"].eq(year)], paid[paid["financial_year"].eq(year)])
    means = _means(days, paid)
    now = _present(episodes, paid, means, year)
    return {
        setting: _pooled(in_year[in_year["setting"].eq(setting)], now[now["setting"].eq(setting)])
        for setting in SETTINGS
    }


def _paid(payments: Payments, first_year: int, last_year: int) -> pd.DataFrame:
    """Payments that met a stay, with their £ in whole pence."""
    table = payments.table
    table = table[table["match"].isin(ON_A_STAY) & table["financial_year"].between(first_year, last_year)]
    return table.assign(pence=to_pence(table["amount_gbp"]))


def _by_child(days: pd.DataFrame, paid: pd.DataFrame) -> pd.DataFrame:
    """Days and pence of each child and setting where there are both."""
    keys = ["child", "setting"]
    spent = paid.groupby(keys, as_index=False)["pence"].sum()
    both = days.groupby(keys, as_index=False)["days"].sum().merge(spent, on=keys)
    told: pd.DataFrame = both[both["pence"].ne(0)]
    return told


def _means(days: pd.DataFrame, paid: pd.DataFrame) -> pd.Series:
    """Pence a day by financial year and setting, over children who were both there and paid for."""
    rows = {}
    for at, there in days.groupby("financial_year"):
        both = _by_child(there, paid[paid["financial_year"].eq(at)]).groupby("setting")[["pence", "days"]].sum()
        rows[at] = both["pence"] / both["days"]
    return pd.concat(rows, names=KEYS) if rows else pd.Series(dtype="float64")


def _pooled(children: pd.DataFrame, present: pd.DataFrame) -> FeePool:
    """One setting's pool; flat where too few were paid for, or nothing was paid on balance."""
    untold = children["days"].lt(SHORTEST_STAY_DAYS) | children["pence"].lt(0)
    if (~untold).sum() < FEWEST_IN_A_POOL:
        return FeePool.flat()
    pence = children.loc[~untold, "pence"].to_numpy(dtype="float64")
    days = children.loc[~untold, "days"].to_numpy(dtype="float64")
    rest = children[untold]
    if len(rest):
        pence = np.append(pence, max(0.0, float(rest["pence"].sum())))
        days = np.append(days, float(rest["days"].sum()))
    weights = days / days.sum()
    pool = pence / days
    pool = pool / (pool * weights).sum()
    return FeePool(present["multiple"].to_numpy(dtype="float64"), pool, weights)


def _present(episodes: Episodes, paid: pd.DataFrame, means: pd.Series, year: int) -> pd.DataFrame:
    """Setting and multiple of each child there on the census day whose present stay's price can be told.

    Over 28 days or more of the stay since the year began: what was paid for it ÷ what its days cost at the setting's
    mean of each year. Over fewer, or with nothing paid yet: its weekly fee ÷ the setting's mean fee, because a bill
    not yet in does not make a child cheap. With neither, the child is left out and is priced as of the pool.
    """
    opens = pd.Timestamp(year - 1, 4, 1)
    table, after = episodes.table, pd.Timestamp(episodes.census_date) + pd.Timedelta(days=1)
    open_now = table[table["end"].isna() & ~table["respite"]]
    stays = open_now[["child", "setting", "start"]].assign(
        since=open_now["start"].where(open_now["start"].gt(opens), opens), end=after
    )
    pieces = split_by_year(stays.assign(start=stays["since"]))
    mean = means.reindex(pd.MultiIndex.from_frame(pieces[KEYS])).to_numpy(dtype="float64")
    pieces = pieces.assign(usual=pieces["days"] * mean).groupby("child")[["days", "usual"]].sum()
    bills = paid.merge(stays[["child", "setting", "since"]], on=["child", "setting"])
    inside = (bills["end"] - bills[["start", "since"]].max(axis=1)).dt.days.clip(lower=0)
    bills = bills.assign(inside=inside, part=bills["pence"] * inside / (bills["end"] - bills["start"]).dt.days)
    by_child = pieces.join(bills.groupby("child")["part"].sum()).join(_fee_multiple(bills, paid))
    told = by_child["days"].ge(SHORTEST_STAY_DAYS) & by_child["part"].gt(0)
    multiple = (by_child["part"] / by_child["usual"]).where(told, by_child["by_fee"])
    now = stays.assign(multiple=stays["child"].map(multiple).astype("float64"))
    known: pd.DataFrame = now[np.isfinite(now["multiple"])]
    return known


def _fee_multiple(bills: pd.DataFrame, paid: pd.DataFrame) -> pd.Series:
    """Each child's latest weekly fee in the present stay ÷ the setting's mean fee over days of the same year."""
    priced = paid[paid["weekly_fee_gbp"].gt(0) & paid["kind"].isin(BILLED)]
    days = (priced["end"] - priced["start"]).dt.days
    totals = priced.assign(days=days, fee=days * priced["weekly_fee_gbp"]).groupby(KEYS)[["days", "fee"]].sum()
    own = bills[bills["weekly_fee_gbp"].gt(0) & bills["kind"].isin(BILLED) & bills["inside"].gt(0)]
    own = own.sort_values("end", kind="stable").groupby("child").tail(1)
    usual = (totals["fee"] / totals["days"]).reindex(pd.MultiIndex.from_frame(own[KEYS])).to_numpy(dtype="float64")
    return pd.Series(own["weekly_fee_gbp"].to_numpy() / usual, index=own["child"], name="by_fee")
