"""Nights away from the usual placement: hospital, a carer's holiday, a few days elsewhere (codes T1, T3, T4).

A temporary stay splits a placement's line in three: before, away, back again. It never crosses 31 March and a child
has at most one, so that the statutory limits (rules 375 to 379, 380 to 383) hold.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cip_analysis.codes import FOSTER_PLACEMENTS

SHARE_OF_LINES = 0.03
LONG_ENOUGH = pd.Timedelta(days=120)
AWAY_DAYS: Mapping[str, tuple[int, int]] = {"T1": (2, 12), "T3": (5, 15), "T4": (2, 7)}
KINDS, SHARES = ("T1", "T3", "T4"), (0.3, 0.45, 0.25)


def add_temporary_stays(
    lines: pd.DataFrame, places: tuple[str, ...], last_day: pd.Timestamp, chance: np.random.Generator
) -> pd.DataFrame:
    """The lines with a temporary stay inserted in some long foster placements, in the order (child, start).

    places: postcodes at which the children stay meanwhile. No stay ends after `last_day`.
    """
    ends = lines["end"].fillna(last_day)
    able = lines["placement"].isin(FOSTER_PLACEMENTS) & (ends - lines["start"] > LONG_ENOUGH)
    able &= chance.random(len(lines)) < SHARE_OF_LINES
    away = lines[able].drop_duplicates("child")
    kind = chance.choice(KINDS, len(away), p=SHARES)
    low, high = (np.array([AWAY_DAYS[code][side] for code in kind], dtype=np.int64) for side in (0, 1))
    span = (ends[away.index] - away["start"]).dt.days.to_numpy()
    leaves = away["start"] + pd.to_timedelta(30 + chance.integers(0, np.maximum(1, span - 60)), unit="D")
    returns = leaves + pd.to_timedelta(chance.integers(low, high + 1), unit="D")
    same_year = (leaves - pd.Timedelta(days=90)).dt.year.eq((returns - pd.Timedelta(days=88)).dt.year).to_numpy()
    away, leaves, returns, kind = away[same_year], leaves[same_year], returns[same_year], kind[same_year]
    before = away.assign(end=leaves, end_reason="X1", move_reason="")
    elsewhere = away.assign(
        start=leaves, end=returns, start_reason="P", placement=kind, provider="", end_reason="X1", move_reason="",
        placement_postcode=_elsewhere(away, places, chance), urn="",
    )  # fmt: skip
    back = away.assign(start=returns, start_reason="P")
    joined = pd.concat([lines.drop(index=away.index), before, elsewhere, back], ignore_index=True)
    return joined.sort_values(["child", "start"], ignore_index=True)


def _elsewhere(away: pd.DataFrame, places: tuple[str, ...], chance: np.random.Generator) -> np.ndarray:
    """Postcodes other than the placement's own."""
    drawn = chance.integers(0, len(places), len(away))
    clash = np.array(places)[drawn] == away["placement_postcode"].to_numpy()
    return np.array(places)[np.where(clash, (drawn + 1) % len(places), drawn)]
