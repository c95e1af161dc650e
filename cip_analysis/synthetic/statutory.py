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
ONLY_THE_MOVE = {"B": "P", "U": "T"}  # what is left of each where the legal status no longer changes


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
    """A child's second police protection, or second protection order, is said to be what it led to.

    Rules 361 and 362 measure from the start of the first to the end of the last. Where it led to nothing, it is said
    to be section 20. The line that would have begun the new status joins the one before, or keeps only its move.
    """
    for status in EMERGENCY:
        follows = lines["child"].eq(lines["child"].shift()) & lines["start"].eq(lines["end"].shift())
        run = (~(follows & lines["legal_status"].eq(lines["legal_status"].shift()))).cumsum()
        heads = lines.assign(run=run, follows=follows).drop_duplicates("run").set_index("run")
        emergencies = heads[heads["legal_status"].eq(status)]
        second = emergencies.index[emergencies["child"].duplicated()]
        led_to = heads["legal_status"].where(heads["follows"], ACCOMMODATED).shift(-1, fill_value=ACCOMMODATED)
        again = run.isin(second)
        after = follows & again.shift(fill_value=False) & ~again
        joins = after & lines["start_reason"].eq("L")
        lines = lines.assign(
            legal_status=lines["legal_status"].mask(again, run.map(led_to)),
            start_reason=lines["start_reason"].mask(after, lines["start_reason"].replace(ONLY_THE_MOVE)),
        )
        lines = _join_to_line_before(lines, joins)
    return lines


def _join_to_line_before(lines: pd.DataFrame, joins: pd.Series) -> pd.DataFrame:
    """The lines without those that join, each of which gives its ending to the line before it."""
    gains = joins.shift(-1, fill_value=False)
    endings = {name: lines[name].mask(gains, lines[name].shift(-1)) for name in ("end", "end_reason", "move_reason")}
    return lines.assign(**endings)[~joins].reset_index(drop=True)


def _mothers_by_last_line(children: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """A mother's child born after the last line she ended that year is born on the day it ended instead (rule 625)."""
    mothers = children.loc[children["mother"], ["child", "mother_child_birth_date"]]
    ended = lines[lines["end"].notna()].merge(mothers, on="child")
    same_year = _collection_year(ended["end"]).eq(_collection_year(ended["mother_child_birth_date"]))
    last = ended[same_year].groupby("child")["end"].max()
    earliest = last.reindex(children["child"]).set_axis(children.index)
    born = children["mother_child_birth_date"]
    return children.assign(mother_child_birth_date=born.mask(earliest.notna() & (born > earliest), earliest))


def _collection_year(days: pd.Series) -> pd.Series:
    """The collection year each day lies in, by the 31 March that ends it."""
    years: pd.Series = days.dt.year + (days.dt.month > 3)
    return years
