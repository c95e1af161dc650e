"""Episodes joined to their placements, legal statuses and addresses: lines with everything the return asks of them.

A placement's reason for change belongs to the line that ends with it. A legal status is the last that began by the
day the line begins; a home, the address of the day before the period of care began, for afterwards it may be where the
child is placed. Respite and unaccompanied children's homes are left blank, as the return asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import sqlalchemy as sa

from cip_analysis.codes import RESPITE_STATUSES, STARTS_A_PERIOD
from cip_analysis.returns.safeguarding.streaming import ByChild, Source, days_of, read_whole, stream
from cip_analysis.returns.safeguarding.years import looked_up

ONE_DAY = pd.Timedelta(days=1)
LONG_AGO = pd.Timestamp(1900, 1, 1)
RETURNED = {
    "clae_person_id": "CHILD",
    "clae_cla_episode_start_date": "DECOM",
    "clae_cla_episode_start_reason": "RNE",
    "clae_cla_primary_need_code": "CIN",
    "clap_cla_placement_type": "PLACE",
    "clap_cla_placement_provider": "PLACE_PROVIDER",
    "clae_cla_episode_ceased_date": "DEC",
    "clae_cla_episode_ceased_reason": "REC",
    "clap_cla_placement_change_reason": "REASON_PLACE_CHANGE",
    "clap_cla_placement_postcode": "PL_POST",
    "clap_cla_placement_urn": "URN",
}


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the episodes, read whole: legal statuses, addresses, and who is unaccompanied."""

    legal: ByChild
    addresses: ByChild
    unaccompanied: frozenset[str]

    @classmethod
    def of(cls, source: Source, unaccompanied: frozenset[str]) -> Beside:
        """The tables beside, in the order of their days, as joining asks."""
        legal = read_whole(source, "ssd_legal_status").rename(columns={"lega_person_id": "CHILD"})
        legal = legal.assign(since=legal["lega_legal_status_start_date day"], LS=legal["lega_legal_status"])
        address = read_whole(source, "ssd_address").rename(columns={"addr_person_id": "CHILD"})
        began = address["addr_address_start_date day"].fillna(LONG_AGO)
        address = address.assign(since=began, HOME_POST=address["addr_address_postcode"])
        return cls(_by_day(legal, "LS"), _by_day(address, "HOME_POST"), unaccompanied)


def _by_day(table: pd.DataFrame, what: str) -> ByChild:
    known = table[["CHILD", "since", what]].dropna(subset=["since"])
    return ByChild(known[known["CHILD"] != ""].sort_values("since", kind="stable", ignore_index=True))


def lines_of(source: Source, beside: Beside) -> Iterator[tuple[pd.DataFrame, int]]:
    """Lines by whole children, some thousands at a time, and how many placements held twice were left out of them.

    Columns: those of the episodes table of the return as text, with `start`, `end` and `respite`.
    """
    for part, twice in _whole_children(stream(source, lines_statement(source))):
        yield _described(part, beside), twice


def lines_statement(source: Source) -> sa.Select[tuple[object, ...]]:
    """Episodes, each with its placement's columns where it has one, in the order of child and day."""
    episodes, placements = source.table("ssd_cla_episodes"), source.table("ssd_cla_placement")
    joined = episodes.outerjoin(placements, episodes.c.clae_cla_placement_id == placements.c.clap_cla_placement_id)
    wanted = [column for column in episodes.c if column.name != "clae_cla_placement_id"]
    wanted += [column for column in placements.c if column.name != "clap_cla_placement_start_date"]
    order = [episodes.c.clae_person_id, episodes.c.clae_cla_episode_start_date]
    if "clae_cla_episode_id" in episodes.c:
        order.append(episodes.c.clae_cla_episode_id)
    return sa.select(*wanted).select_from(joined).order_by(*order)


def _whole_children(parts: Iterator[pd.DataFrame]) -> Iterator[tuple[pd.DataFrame, int]]:
    """The rows again, no child's divided between two parts; and how many repeat an episode for a placement's sake."""
    held = pd.DataFrame()
    for part in parts:
        rows = pd.concat([held, part], ignore_index=True) if len(held) else part
        last = rows["clae_person_id"].eq(rows["clae_person_id"].iloc[-1]).to_numpy()
        begins = len(rows) - int(np.argmin(last[::-1])) if not last.all() else 0
        held = rows.iloc[begins:].reset_index(drop=True)
        if begins:
            yield _once(rows.iloc[:begins].reset_index(drop=True))
    if len(held):
        yield _once(held)


def _once(rows: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Each episode once: joined to a placement that is there twice, it comes twice."""
    if "clae_cla_episode_id" not in rows:
        return rows, 0
    again = rows.duplicated("clae_cla_episode_id") & rows["clae_cla_episode_id"].ne("")
    again &= rows.duplicated([name for name in rows if str(name).startswith("clae_")])
    return rows[~again].reset_index(drop=True), int(again.sum())


def _described(rows: pd.DataFrame, beside: Beside) -> pd.DataFrame:
    """The rows under the return's own names."""
    blank = pd.Series("", rows.index, dtype="str")
    named = {new: rows.get(old, blank) for old, new in RETURNED.items()}
    start, end = days_of(named["DECOM"]), days_of(named["DEC"])
    ends_with_placement = days_of(rows.get("clap_cla_placement_end_date", blank)).eq(end)
    lines = pd.DataFrame({**named, "start": start, "end": end, "period": rows.get("clae_cla_id", blank)})
    lines = lines.assign(REASON_PLACE_CHANGE=lines["REASON_PLACE_CHANGE"].where(ends_with_placement, ""))
    lines = lines.assign(LS=_in_force(lines, start, beside.legal, "LS"))
    respite = lines["LS"].str.strip().str.upper().isin(RESPITE_STATUSES)
    home = _in_force(lines, _period_starts(lines) - ONE_DAY, beside.addresses, "HOME_POST")
    nowhere = respite | lines["CHILD"].isin(beside.unaccompanied)
    return lines.assign(respite=respite, HOME_POST=home.where(~nowhere, ""))


def _period_starts(lines: pd.DataFrame) -> pd.Series:
    """The day each line's period of care began: of the line last before it, or itself, that started one."""
    opens = lines["RNE"].str.strip().str.upper().eq(STARTS_A_PERIOD) | lines["CHILD"].ne(lines["CHILD"].shift())
    return lines["start"].where(opens).groupby(opens.cumsum()).transform("first")


def _in_force(lines: pd.DataFrame, on: pd.Series, changes: ByChild, what: str) -> pd.Series:
    """What was in force for each line's child on a day: the last change by then; blank before the first."""
    asked = pd.DataFrame({"CHILD": lines["CHILD"], "since": on, "line": np.arange(len(lines))}).dropna()
    known = changes.rows(frozenset(lines["CHILD"]))
    met = pd.merge_asof(asked.sort_values("since", kind="stable"), known, on="since", by="CHILD")
    return looked_up(pd.Series(np.arange(len(lines)), lines.index), met.set_index("line")[what])
