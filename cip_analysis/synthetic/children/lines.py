"""The chosen children's histories as the return has them: one line for each stretch of one placement and status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cip_analysis.synthetic.chance import Flags, Numbers, Wholes, pick
from cip_analysis.synthetic.children import journeys as ways
from cip_analysis.synthetic.children.arrivals import day_number
from cip_analysis.synthetic.children.placing import (
    ADOPTERS,
    AGENCY,
    AGENCY_LONG,
    FOSTER,
    KIN,
    KIN_LONG,
    KINDS,
    OWN,
    OWN_LONG,
    PRISON,
    PROVIDERS,
)
from cip_analysis.synthetic.children.providers import Whereabouts
from cip_analysis.synthetic.totals.counting import Pool, status_on

MOVE_REASONS = ("CARPL", "OTHER", "CREQB", "CREQO", "CHILD", "LAREQ", "PLACE", "CLOSE", "ALLEG", "STAND", "APPRR")
MOVE_SHARES = (0.42, 0.29, 0.11, 0.08, 0.04, 0.02, 0.015, 0.005, 0.009, 0.006, 0.005)
CUSTODY_REASON_FROM = day_number(2018, 4, 1)
STAYING_PUT_FROM = day_number(2020, 4, 1)
DIES = 0.003

HOME = {"E4A": 0.62, "E4B": 0.18, "E13": 0.12, "E41": 0.03, "E8": 0.03, "E3": 0.02}
LEAVES: Mapping[str, Mapping[str, float]] = {
    "home": HOME,
    "home, 16 and over": {"E4A": 0.42, "E4B": 0.15, "E13": 0.08, "E5": 0.20, "E6": 0.08, "E8": 0.07},
    "grown": {"E5": 0.48, "E6": 0.14, "E8": 0.22, "E4A": 0.10, "E13": 0.03, "E7": 0.03},
    "grown, with carers": {"E17": 0.45, "E5": 0.28, "E6": 0.08, "E8": 0.12, "E4A": 0.05, "E7": 0.02},
    "grown, disabled": {"E7": 0.65, "E5": 0.15, "E8": 0.15, "E4A": 0.05},
    "unaccompanied, early": {"E15": 0.45, "E8": 0.30, "E5": 0.20, "E16": 0.05},
    "unaccompanied, grown": {"E5": 0.72, "E6": 0.13, "E8": 0.15},
    "court": {"E4A": 0.42, "E41": 0.30, "E13": 0.24, "E8": 0.04},
    "guardian, kinship": {"E45": 0.88, "E47": 0.12},
    "guardian, foster": {"E47": 0.74, "E46": 0.14, "E48": 0.12},
    "guardian, other": {"E47": 0.85, "E48": 0.15},
    "order discharged": {"E4A": 0.55, "E41": 0.15, "E13": 0.17, "E8": 0.13},
    "adopted": {"E12": 0.78, "E11": 0.22},
    "relinquished": {"E11": 1.0},
    "remand": {"E14": 0.60, "E4A": 0.20, "E9": 0.20},
    "police": {"E4B": 0.60, "E13": 0.40},
}
SITUATIONS = tuple(LEAVES)
WAY_SITUATIONS: Mapping[int, str] = {
    ways.COURT_HOME: "court",
    ways.ORDER_OUT: "order discharged",
    ways.ADOPTED: "adopted",
    ways.RELINQUISHED: "relinquished",
    ways.REMAND: "remand",
    ways.POLICE: "police",
}
GUARDIAN_AFTER_ORDER = 0.40


@dataclass(frozen=True, slots=True)
class _Cuts:
    """The lines of every period, in order: which placing they belong to and on which day each starts and ends."""

    placing: Wholes
    start: Wholes
    end: Wholes
    status: Wholes
    moves: Flags
    changes_status: Flags


def write_lines(pool: Pool, whereabouts: Whereabouts, last_day: int, chance: np.random.Generator) -> pd.DataFrame:
    """Every line of every period of the pool up to `last_day`; `child` is the position in the pool's arrivals.

    whereabouts: postcode and URN of each placing.
    """
    periods, placings = pool.periods, pool.placings
    cuts = _cut(pool, last_day)
    period = placings.period[cuts.placing]
    first = np.diff(period, prepend=-1) != 0
    last = np.diff(period, append=-1) != 0
    finished = last & (cuts.end <= last_day) & (cuts.end == periods.end[period])
    leaving = np.where(finished, _leaving_reasons(pool, chance)[period], "X1")
    code, same_carer = _codes(pool)[cuts.placing], placings.same_carer[cuts.placing]
    begun = np.select(
        [first, ~cuts.moves, cuts.changes_status & same_carer, cuts.changes_status, same_carer],
        ["S", "L", "U", "B", "T"],
        "P",
    )
    open_line = last & ~finished
    followed = np.append(cuts.moves[1:], False) & ~last
    return pd.DataFrame(
        {
            "child": periods.child[period],
            "start": cuts.start.astype("datetime64[D]").astype("datetime64[us]"),
            "start_reason": begun,
            "legal_status": np.array(ways.STATUSES)[cuts.status],
            "need": pool.arrivals.need[periods.child[period]],
            "placement": code,
            "provider": np.array(PROVIDERS)[placings.provider[cuts.placing]],
            "end": _dates(cuts.end, open_line),
            "end_reason": np.where(open_line, "", leaving),
            "move_reason": np.where(followed, _move_reasons(pool, cuts, chance), ""),
            "placement_postcode": whereabouts.postcode[cuts.placing],
            "urn": whereabouts.urn[cuts.placing],
        }
    )


def _dates(days: Wholes, blank: Flags) -> np.ndarray:
    dates = days.astype("datetime64[D]").astype("datetime64[us]")
    dates[blank] = np.datetime64("NaT", "us")
    return dates


def _cut(pool: Pool, last_day: int) -> _Cuts:
    """Cut each placing wherever the legal status changes; drop what starts after the last day."""
    periods, placings = pool.periods, pool.placings
    begins = periods.begins[placings.period]
    inside = (begins > placings.start[:, None]) & (begins < placings.end[:, None])
    placing = np.concatenate([np.arange(len(placings)), np.nonzero(inside)[0]])
    offset = np.concatenate([placings.start, begins[inside].astype(np.int64)])
    moves = np.arange(len(placing)) < len(placings)
    order = np.lexsort((offset, placing))
    placing, offset, moves = placing[order], offset[order], moves[order]
    period = placings.period[placing]
    next_offset = np.append(offset[1:], 0)
    ends = np.where(np.append(placing[1:], -1) == placing, next_offset, placings.end[placing])
    status = status_on(periods, period, offset)
    changed = np.diff(status, prepend=-1) != 0
    start = periods.start[period] + offset
    end = periods.start[period] + ends
    kept = start <= last_day
    return _Cuts(placing[kept], start[kept], end[kept], status[kept], moves[kept], changed[kept])


def _codes(pool: Pool) -> np.ndarray:
    """The return's placement code of each placing; adopters' by consent and by whether they were the carer."""
    code = np.array(KINDS, dtype="<U2")[pool.placings.kind]
    adopters = pool.placings.kind == ADOPTERS
    code[adopters & pool.placings.same_carer] = "A5"
    code[adopters & (pool.periods.way[pool.placings.period] == ways.RELINQUISHED)] = "A4"
    return code


def _move_reasons(pool: Pool, cuts: _Cuts, chance: np.random.Generator) -> np.ndarray:
    """Why each line's placement gave way to the next; "" has been ruled out by the caller."""
    reason = np.array(MOVE_REASONS, dtype="<U6")[pick(chance, np.tile(MOVE_SHARES, (len(cuts.placing), 1)))]
    following = np.append(cuts.placing[1:], 0)
    kind = pool.placings.kind[following]
    reason[pool.placings.same_carer[following] | (kind == ADOPTERS)] = "CARPL"
    reason[(kind == PRISON) & (cuts.end >= CUSTODY_REASON_FROM)] = "CUSTOD"
    reason[pool.placings.closes[cuts.placing]] = "CLOSE"
    return reason


def _leaving_reasons(pool: Pool, chance: np.random.Generator) -> np.ndarray:
    """Why each period of care ended."""
    reasons = sorted({reason for shares in LEAVES.values() for reason in shares})
    table = np.array([[shares.get(reason, 0.0) for reason in reasons] for shares in LEAVES.values()])
    weights: Numbers = table[_situations(pool, chance)]
    weights[pool.periods.end < STAYING_PUT_FROM, reasons.index("E17")] = 0.0
    reason = np.array(reasons, dtype="<U3")[pick(chance, weights)]
    periods = pool.periods
    returns = pd.Series(periods.start).groupby(periods.child).transform("max").to_numpy() > periods.start
    may_die = ~returns & ~periods.grown & np.isin(periods.way, (ways.HOME_LATER, ways.ORDER_OUT))
    reason[may_die & (chance.random(len(reason)) < DIES)] = "E2"
    return reason


def _situations(pool: Pool, chance: np.random.Generator) -> Wholes:
    """Which row of LEAVES each period's end draws from."""
    periods, arrivals = pool.periods, pool.arrivals
    final = np.zeros(len(periods), dtype=np.int64)
    final[pool.placings.period] = pool.placings.kind
    age = (periods.end - arrivals.birth[periods.child]) / 365.25
    by_way = np.array([WAY_SITUATIONS.get(way, "home") for way in range(len(ways.WAYS))])[periods.way]
    by_way = np.where((by_way == "home") & (age >= 16.02), "home, 16 and over", by_way)
    guardian = (periods.way == ways.COURT_GUARDIAN) | (
        (periods.way == ways.ORDER_OUT) & (age < 14) & (chance.random(len(periods)) < GUARDIAN_AFTER_ORDER)
    )
    kin = np.isin(final, (KIN, KIN_LONG))
    carers = np.isin(final, (OWN, OWN_LONG, AGENCY, AGENCY_LONG))
    kinds = np.where(kin, "guardian, kinship", np.where(carers, "guardian, foster", "guardian, other"))
    alone, disabled = arrivals.uasc[periods.child], arrivals.disabled[periods.child]
    situation = np.select(
        [
            alone & periods.grown,
            alone,
            periods.grown & disabled,
            periods.grown & np.isin(final, FOSTER),
            periods.grown,
            guardian,
        ],
        ["unaccompanied, grown", "unaccompanied, early", "grown, disabled", "grown, with carers", "grown", kinds],
        by_way,
    )
    return pd.Categorical(situation, categories=list(SITUATIONS)).codes.astype(np.int64)
