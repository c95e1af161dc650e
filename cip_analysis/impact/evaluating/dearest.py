"""The dearest children of one year a year later: how far their cost falls when nothing at all is done.

A child is among the dearest partly because that year was unlike its others. Whoever picks such children for a
programme sees them fall back whether it works or not (regression to the mean). How far is told by how one year's weekly
cost goes with the next's among all children, the dearest or not. Names no child.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cip_analysis.money.basis.providers import count_providers, paid_by_setting
from cip_analysis.money.concentration import SHORTEST_STAY_DAYS
from cip_analysis.money.spend import ON_A_STAY, yearly_stays
from cip_analysis.records import Episodes, Payments
from cip_analysis.returns.payments.cells import to_pence

FEWEST_BOTH = 30
COLUMNS = (
    "financial_year", "children", "dearest_children", "gone_children", "then_gbp_per_week", "later_gbp_per_week",
    "as_others_gbp_per_week", "regressed_gbp_per_week", "providers",
)  # fmt: skip


def weekly_by_child(episodes: Episodes, payments: Payments, year: int) -> pd.Series:
    """£ a week of each child paid for in care for 28 days or more of a financial year. Names children: internal."""
    days = yearly_stays(episodes, year, year).groupby("child")["days"].sum()
    paid = payments.table
    paid = paid[paid["financial_year"].eq(year) & paid["match"].isin(ON_A_STAY)]
    pence = paid.assign(pence=to_pence(paid["amount_gbp"])).groupby("child")["pence"].sum()
    long = days[days >= SHORTEST_STAY_DAYS]
    both = long.index.intersection(pence.index[pence > 0])
    weekly: pd.Series = pence.loc[both] / 100 / (long.loc[both] / 7)
    return weekly


def follow_dearest(episodes: Episodes, payments: Payments, years: Sequence[int], dearest: float = 0.10) -> pd.DataFrame:
    """The dearest tenth of each year, and the next, one row a year that has a next among `years`.

    dearest: their share of the children, a part of a child rounded up. Columns COLUMNS: children paid for in both
    years; the dearest of those of the first year; of them gone by the next, in care less than 28 days of it; and of the
    dearest still there: £ a week then; a year later; what it would be had they moved as all children's did; and what
    regression alone makes of it, from the line of one year's cost on the year's before among all children; providers of
    them, as money/basis/providers.py counts.
    Years with fewer than 30 children in both are left out.
    """
    rows, paid = [], paid_by_setting(payments)
    for year in [one for one in years if one + 1 in years]:
        now, later = weekly_by_child(episodes, payments, year), weekly_by_child(episodes, payments, year + 1)
        both = now.index.intersection(later.index)
        if len(both) < FEWEST_BOTH:
            continue
        picked = now.sort_values(ascending=False, kind="stable").index[: int(np.ceil(len(now) * dearest))]
        there = picked.intersection(both)
        level = np.array([now[both].mean(), later[both].mean()])
        slope = float(np.cov(now[both], later[both])[0, 1] / now[both].var())
        then = float(now[there].mean())
        behind = count_providers(
            paid[paid["child"].isin(there) & paid["financial_year"].isin([year, year + 1])], []
        ).iloc[0]
        rows.append((year, len(both), len(picked), len(picked) - len(there), then, float(later[there].mean()),
                     then * level[1] / level[0], level[1] + slope * (then - level[0]), behind))  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))
