"""The invented county's children and every line of their histories: what the rooms that write files are handed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from cip_analysis.codes import (
    END_REASONS,
    EPISODE_CONTINUES,
    LEGAL_STATUSES,
    MOVE_REASONS,
    MOVES_PLACEMENT,
    NEEDS,
    PLACEMENTS,
    PROVIDERS,
    START_REASONS,
    STARTS_A_PERIOD,
)
from cip_analysis.contracts import RecordError, check_columns

CHILD_COLUMNS = {
    "child": "whole",
    "birth_date": "date",
    "sex": "text",
    "ethnicity": "text",
    "uasc": "flag",
    "disabled": "flag",
    "mother": "flag",
    "mother_child_birth_date": "date?",
    "household": "whole",
    "home_postcode": "text",
}
EPISODE_COLUMNS = {
    "child": "whole",
    "start": "date",
    "start_reason": "text",
    "legal_status": "text",
    "need": "text",
    "placement": "text",
    "provider": "text",
    "end": "date?",
    "end_reason": "text",
    "move_reason": "text",
    "placement_postcode": "text",
    "urn": "text",
}
CODE_COLUMNS = {
    "start_reason": frozenset(START_REASONS),
    "legal_status": frozenset(LEGAL_STATUSES),
    "need": frozenset(NEEDS),
    "placement": frozenset(PLACEMENTS),
    "provider": frozenset(PROVIDERS) | {""},
    "end_reason": frozenset(END_REASONS) | {""},
    "move_reason": frozenset(MOVE_REASONS) | {""},
}


@dataclass(frozen=True, slots=True)
class Histories:
    """The invented county's children and every line of their histories, in the return's modern codes.

    children: one row a child, CHILD_COLUMNS. `child` is 1..n and says nothing; `sex` is male or female; `ethnicity`
    is the return's code; `household` is the same number for siblings of one home; `home_postcode` is invented.
    episodes: one row a line of the return, EPISODE_COLUMNS, in the order (child, start). A change of legal status
    alone is a line of its own (start_reason L). `end` is blank where the line was open on `last_day`; `end_reason`
    is then "" too, and X1 where another line follows on the same day. Lines may lie wholly before `first_day`:
    children in care on it have real pasts.
    first_day, last_day: 1 April that opens the first collection year, 31 March that closes the last.
    """

    children: pd.DataFrame
    episodes: pd.DataFrame
    first_day: date
    last_day: date

    def __post_init__(self) -> None:
        check_columns(self.children, CHILD_COLUMNS, "Histories (children)")
        check_columns(self.episodes, EPISODE_COLUMNS, "Histories (episodes)")
        if (self.first_day.month, self.first_day.day, self.last_day.month, self.last_day.day) != (4, 1, 3, 31):
            raise RecordError("Histories: years run from 1 April to 31 March.")
        _check_children(self.children, self.episodes)
        _check_codes(self.episodes)
        _check_order(self.episodes, pd.Timestamp(self.last_day))
        _check_joins(self.episodes)


def _check_children(children: pd.DataFrame, episodes: pd.DataFrame) -> None:
    """Refuse a child listed twice, an episode of nobody, or a line before birth or past the 18th birthday."""
    if not children["child"].is_unique:
        raise RecordError(f"Histories: {int(children['child'].duplicated().sum())} children are listed twice.")
    if unknown := set(children["sex"].unique()) - {"male", "female"}:
        raise RecordError(f"Histories: {len(unknown)} sexes are neither male nor female.")
    born = episodes["child"].map(children.set_index("child")["birth_date"])
    if nobody := int(born.isna().sum()):
        raise RecordError(f"Histories: {nobody} episodes belong to no child.")
    if early := int((episodes["start"] < born).sum()):
        raise RecordError(f"Histories: {early} episodes start before birth.")
    adult = born + pd.DateOffset(years=18)
    if late := int(((episodes["start"] >= adult) | (episodes["end"] > adult)).sum()):
        raise RecordError(f"Histories: {late} episodes run past the 18th birthday.")


def _check_codes(episodes: pd.DataFrame) -> None:
    """Refuse a code the return does not know."""
    for column, known in CODE_COLUMNS.items():
        if unknown := set(episodes[column].unique()) - known:
            raise RecordError(f"Histories: {sorted(unknown)} is not a code for {column}.")


def _check_order(episodes: pd.DataFrame, last_day: pd.Timestamp) -> None:
    """Refuse lines out of order, empty, overlapping, or past the last day."""
    same_child = episodes["child"].eq(episodes["child"].shift())
    if (episodes["child"] < episodes["child"].shift()).any():
        raise RecordError("Histories: episodes are not in the order of children.")
    ends = episodes["end"].fillna(last_day + pd.Timedelta(days=1))
    if empty := int((ends <= episodes["start"]).sum()):
        raise RecordError(f"Histories: {empty} episodes end on or before their start.")
    if late := int((episodes["end"] > last_day).sum()):
        raise RecordError(f"Histories: {late} episodes end after the last day; leave them open.")
    if overlaps := int((same_child & (episodes["start"] < ends.shift())).sum()):
        raise RecordError(f"Histories: {overlaps} episodes overlap the one before.")


def _check_joins(episodes: pd.DataFrame) -> None:
    """Refuse a line that should follow another on the same day and does not, or the other way about."""
    follows = episodes["child"].eq(episodes["child"].shift()) & episodes["start"].eq(episodes["end"].shift())
    continued = follows.shift(-1, fill_value=False)
    if wrong := int((episodes["end_reason"].eq(EPISODE_CONTINUES) != continued).sum()):
        raise RecordError(f"Histories: {wrong} episodes say they continue and do not, or continue and do not say so.")
    if wrong := int((episodes["start_reason"].eq(STARTS_A_PERIOD) == follows).sum()):
        raise RecordError(f"Histories: {wrong} episodes start a period of care within one, or do not start theirs.")
    if wrong := int((episodes["end"].isna() != episodes["end_reason"].eq("")).sum()):
        raise RecordError(f"Histories: {wrong} episodes are open with a reason for ending, or ended without one.")
    moved = episodes["start_reason"].isin(MOVES_PLACEMENT).shift(-1, fill_value=False)
    if wrong := int((episodes["move_reason"].ne("") & ~moved).sum()):
        raise RecordError(f"Histories: {wrong} episodes give a reason for moving, and no move follows.")
