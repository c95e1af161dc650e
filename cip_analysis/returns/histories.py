"""The last repairs, on rows that already follow one another: ages, reasons, and what counts as one placement.

Rows arrive ordered by child and start, without overlaps. Ages: docs/decisions/0004-birth-dates.md.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cip_analysis.codes import EPISODE_CONTINUES, RESPITE_STATUSES, STARTS_A_PERIOD, TEMPORARY_PLACEMENTS, setting_of
from cip_analysis.returns.repairs import Around, Repair, Repaired
from cip_analysis.returns.rules.dates import too_old
from cip_analysis.returns.rules.sent import adult_from

BORN_LATE = pd.Timedelta(days=365)
UNCODED = ""


def new_periods(rows: pd.DataFrame) -> np.ndarray:
    """Whether each row opens a period of care: a child's first, one after a gap, or one returned as a fresh start."""
    child, start, end = rows["child"].to_numpy(), rows["start"].to_numpy(), rows["end"].to_numpy()
    opens = np.ones(len(rows), dtype=bool)
    opens[1:] = (child[1:] != child[:-1]) | (start[1:] != end[:-1])
    return opens | rows["RNE"].eq(STARTS_A_PERIOD).to_numpy()


def first_of_group(opens: np.ndarray) -> np.ndarray:
    """For each row, the position of the row that opened its group; `opens` flags those."""
    return np.maximum.accumulate(np.where(opens, np.arange(len(opens)), 0))


def closes_of(opens: np.ndarray) -> np.ndarray:
    """Whether each row is the last of its group."""
    return np.append(opens[1:], True)[: len(opens)]


def _date_births(rows: pd.DataFrame, around: Around) -> Repaired:
    """Each child's latest possible birth date; blank, and counted as a change, where none given is possible."""
    first_start = rows.groupby("child")["start"].min()
    given = around.births.assign(first=first_start.reindex(around.births["child"]).to_numpy()).dropna()
    late = (given["birth_date"] > around.census) | (given["birth_date"] - given["first"] > BORN_LATE)
    possible = given[~(late | too_old(given["birth_date"], given["first"]))]
    latest = possible.drop_duplicates("child", keep="last").set_index("child")["birth_date"]
    birth_date = latest.reindex(rows["child"]).reset_index(drop=True)
    changed = birth_date.isna() & rows["child"].isin(given["child"])
    return Repaired(rows.assign(birth_date=birth_date), changed.to_numpy())


def _begin_at_birth(rows: pd.DataFrame, around: Around) -> Repaired:  # noqa: ARG001
    early = rows["start"] < rows["birth_date"]
    moved = rows.assign(start=rows["start"].mask(early, rows["birth_date"]))
    kept = moved["end"].isna() | moved["end"].gt(moved["start"])
    return Repaired(moved[kept].reset_index(drop=True), early.to_numpy())


def _end_at_eighteen(rows: pd.DataFrame, around: Around) -> Repaired:
    """Care ends on the eighteenth birthday; a birthday after the census date is not yet known to have ended it."""
    eighteen = adult_from(rows["birth_date"])
    late = (eighteen <= around.census) & (rows["end"].isna() | (rows["end"] > eighteen))
    cut = rows.assign(end=rows["end"].mask(late, eighteen))
    kept = cut["end"].isna() | cut["end"].gt(cut["start"])
    return Repaired(cut[kept].reset_index(drop=True), late.to_numpy())


def _infer_start_reasons(rows: pd.DataFrame, around: Around) -> Repaired:  # noqa: ARG001
    """A blank reason is read from the rows: after a gap a start, on the same placement a change of legal status."""
    blank = rows["RNE"].isna()
    same_place = _same_placement(rows) & rows["LS"].fillna(UNCODED).ne(rows["LS"].shift().fillna(UNCODED))
    inferred = np.where(new_periods(rows), STARTS_A_PERIOD, np.where(same_place, "L", "P"))
    return Repaired(rows.assign(RNE=rows["RNE"].mask(blank, inferred)), blank.to_numpy())


def _agree_end_reasons(rows: pd.DataFrame, around: Around) -> Repaired:  # noqa: ARG001
    """Continues where a placement follows without a gap; unknown where nothing does; blank while open."""
    last, reason = closes_of(new_periods(rows)), rows["REC"]
    continues = reason.eq(EPISODE_CONTINUES)
    agreed = reason.mask(~last, EPISODE_CONTINUES).mask(last & (continues | rows["end"].isna()), np.nan)
    changed = np.where(last, np.where(rows["end"].isna(), reason.notna() & ~continues, continues), ~continues)
    return Repaired(rows.assign(REC=agreed), changed.astype(bool))


def _same_placement(rows: pd.DataFrame) -> pd.Series:
    """Whether a row's placement, provider and, where both give one, provider's number are those of the row before."""
    same = rows["child"].eq(rows["child"].shift())
    for column in ("PLACE", "PLACE_PROVIDER"):
        same &= rows[column].fillna(UNCODED).eq(rows[column].shift().fillna(UNCODED))
    urn_before = rows["URN"].shift()
    return same & (rows["URN"].isna() | urn_before.isna() | rows["URN"].eq(urn_before))


def _join_legal_changes(rows: pd.DataFrame, around: Around) -> Repaired:  # noqa: ARG001
    """Rows that change legal status alone, taken into the placement they fall in; never across respite's edge."""
    respite = rows["LS"].isin(RESPITE_STATUSES)
    joins = rows["RNE"].eq("L") & _same_placement(rows) & respite.eq(respite.shift()) & ~new_periods(rows)
    opens = ~joins.to_numpy()
    last = rows[closes_of(opens)]
    ending = {column: last[column].array for column in ("end", "REC", "REASON_PLACE_CHANGE")}
    urn = rows["URN"].groupby(opens.cumsum()).first()
    return Repaired(rows[opens].assign(**ending, URN=urn.array).reset_index(drop=True), ~opens)


def _give_settings(rows: pd.DataFrame, around: Around) -> Repaired:  # noqa: ARG001
    """Our setting for each placement; a temporary one keeps the setting before it in the same period of care."""
    codes = rows[["PLACE", "PLACE_PROVIDER"]].fillna(UNCODED)
    pairs = codes.drop_duplicates()
    named = pairs.assign(setting=[setting_of(place, by) for place, by in pairs.itertuples(index=False)])
    setting = codes.merge(named, on=["PLACE", "PLACE_PROVIDER"], how="left")["setting"]
    temporary = rows["PLACE"].isin(TEMPORARY_PLACEMENTS).to_numpy()
    lasting = np.maximum.accumulate(np.where(temporary, -1, np.arange(len(rows))))
    carried = temporary & (lasting >= first_of_group(new_periods(rows)))
    taken_from = np.where(carried, lasting, np.arange(len(rows)))
    return Repaired(rows.assign(setting=setting.array.take(taken_from), temporary=temporary), carried)


HISTORY_REPAIRS: tuple[Repair, ...] = (
    Repair("impossible birth dates become unknown", "In the future, over 25 when care began, or more than a year "
           "after it: the child counts but has no age.", _date_births),
    Repair("care begins no earlier than birth", "Days before the birth date are taken off.", _begin_at_birth),
    Repair("care ends on the eighteenth birthday", "Nobody is looked after from that day; later days are taken off.",
           _end_at_eighteen),
    Repair("missing reasons for a new episode are inferred", "Read from gaps and from what changed, so that no "
           "episode is without one.", _infer_start_reasons),
    Repair("reasons for ending agree with what follows", "Continuing where the next placement follows at once; "
           "unknown where nothing follows; none while open.", _agree_end_reasons),
)  # fmt: skip
PLACEMENT_REPAIRS: tuple[Repair, ...] = (
    Repair("changes of legal status alone join their placement", "A new order in the same place is not a move; the "
           "statuses are kept apart.", _join_legal_changes),
    Repair("temporary placements keep the setting before", "A hospital stay or a carer's holiday is not a change of "
           "setting.", _give_settings),
)  # fmt: skip
