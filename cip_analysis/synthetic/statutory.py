"""Three small changes that the statutory rules ask of any history before it is written as returns.

Each is lawful as it stands and refused all the same: see docs/decisions/0006-statutory-validator.md. None changes
who is in care on a 31 March, where, or from when.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from cip_analysis.synthetic.adoption import ADOPTED
from cip_analysis.synthetic.history import Histories

EMERGENCY = ("L1", "L2")  # police protection, emergency protection order: days long
ACCOMMODATED = "V2"


def settle(histories: Histories) -> Histories:
    """The histories with adoptions off 31 March, one emergency of a kind a child, and mothers told by their last line.

    Lines and children not concerned come back as they were, in the same order.
    """
    lines = _adopted_a_day_sooner(histories.episodes)
    lines = _one_emergency_of_a_kind(lines)
    return replace(histories, children=_mothers_by_last_line(histories.children, lines), episodes=lines)


def _adopted_a_day_sooner(lines: pd.DataFrame) -> pd.DataFrame:
    """Adoptions of 31 March made on 30 March: rule 187 counts a child who left on the last day as in care all year."""
    last_day = lines["end"].dt.month.eq(3) & lines["end"].dt.day.eq(31)
    sooner = last_day & lines["end_reason"].isin(ADOPTED) & (lines["end"] > lines["start"] + pd.Timedelta(days=1))
    return lines.assign(end=lines["end"].mask(sooner, lines["end"] - pd.Timedelta(days=1)))


def _one_emergency_of_a_kind(lines: pd.DataFrame) -> pd.DataFrame:
    """A child's second police protection, or second protection order, becomes what it led to.

    Rules 361 and 362 measure from the start of the first to the end of the last. The line joins the one after it
    where only the legal status changed, and is otherwise said to be section 20.
    """
    for status in EMERGENCY:
        here = lines["legal_status"].eq(status)
        again = here & here.groupby(lines["child"]).cumsum().gt(1)
        follows = lines["start_reason"].shift(-1).eq("L") & lines["child"].eq(lines["child"].shift(-1))
        joined = again & follows
        before = joined.shift(fill_value=False)
        lines = lines.assign(
            start=lines["start"].mask(before, lines["start"].shift()),
            start_reason=lines["start_reason"].mask(before, lines["start_reason"].shift()),
            legal_status=lines["legal_status"].mask(again & ~joined, ACCOMMODATED),
        )[~joined].reset_index(drop=True)
    return lines


def _mothers_by_last_line(children: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """A mother's child born after the last line she ended that year is born on the day it ended instead (rule 625)."""
    mothers = children.loc[children["mother"], ["child", "mother_child_birth_date"]]
    ended = lines[lines["end"].notna()].merge(mothers, on="child")
    same_year = _collection_year(ended["end"]).eq(_collection_year(ended["mother_child_birth_date"]))
    last = ended[same_year].groupby("child")["end"].max()
    earliest = children["child"].map(last)
    born = children["mother_child_birth_date"]
    return children.assign(mother_child_birth_date=born.mask(earliest.notna() & (born > earliest), earliest))


def _collection_year(days: pd.Series) -> pd.Series:
    """The collection year each day lies in, by the 31 March that ends it."""
    years: pd.Series = days.dt.year + (days.dt.month > 3)
    return years
