"""The other tables of the return, invented to agree with the histories: reviews, missing spells, social workers.

Each thing that happens to a child is invented once, for the whole of the child's life, and then cut by year as it
stood on 31 March; so what one year leaves open the next year closes. Adoption is in `synthetic.adoption`,
health and leaving care in `synthetic.outcomes`.
Source: the shape of each table and what must agree with what, from the rules of the csc-validator-be-903 package;
the shares are ours, chosen to be unremarkable, and nothing in the suite is calibrated on them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cip_analysis.codes import TEMPORARY_PLACEMENTS
from cip_analysis.synthetic.chance import stream
from cip_analysis.synthetic.files import Identities, ReturnYear, as_text, periods_of_care, sex_codes
from cip_analysis.synthetic.history import Histories

MISSING_FROM = 2015
PREVIOUS_PERMANENCE_FROM = 2017
SOCIAL_WORKERS_FROM = 2024
MISSING_SPELLS_A_YEAR = 0.35
MISSING_AGE, LONGEST_MISSING_DAYS = 11, 9
FIRST_REVIEW_DAYS, SECOND_REVIEW_DAYS, REVIEW_EVERY_DAYS = 26, 90, 180
REVIEW_CODES, REVIEW_SHARES = ("PN1", "PN2", "PN3", "PN4", "PN5", "PN6", "PN7"), (0.5, 0.05, 0.1, 0.1, 0.15, 0.05, 0.05)
SOCIAL_WORKER_DAYS = 420
SOCIAL_WORKER_REASONS = ("LEFTRL", "ORGRST", "TSPROC", "MANAGE", "ABSENC", "OTHERS")
ELSEWHERE = ("803", "856", "891", "892", "830", "831", "928", "330", "SCO", "WAL")  # authorities an order came from


@dataclass(frozen=True, slots=True)
class Events:
    """What happened to the children beside their episodes, over the whole of the histories.

    reviews: child, birth_date, day, code. missing: child, birth_date, kind, start, end; never overlapping.
    workers: child, birth_date, worker, start, end, reason. permanence: child, code, authority, day; those only who
    had a permanent home before their first care.
    """

    reviews: pd.DataFrame
    missing: pd.DataFrame
    workers: pd.DataFrame
    permanence: pd.DataFrame


def invent_events(histories: Histories, la_code: str, seed: int) -> Events:
    """Reviews, missing spells, social workers and earlier permanence of every child.

    la_code: the authority's three-digit code, whence most earlier orders come.
    """
    periods = periods_of_care(histories)
    after = pd.Timestamp(histories.last_day) + pd.Timedelta(days=1)
    spans = periods[~periods["respite"]].drop_duplicates("period")
    spans = spans.assign(until=spans["period_end"].fillna(after + pd.Timedelta(days=REVIEW_EVERY_DAYS)))
    return Events(
        _invent_reviews(spans, stream(seed, "reviews")),
        _invent_missing(periods, after, stream(seed, "missing spells")),
        _invent_workers(spans, stream(seed, "social workers")),
        _invent_permanence(periods, la_code, stream(seed, "previous permanence")),
    )


def _repeat(table: pd.DataFrame, times: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Each row `times` over, and for each copy its number from 0."""
    copies = table.loc[table.index.repeat(times)].reset_index(drop=True)
    before = np.repeat(np.cumsum(times) - times, times)
    return copies, np.arange(len(copies)) - before


def _days(days: np.ndarray) -> pd.TimedeltaIndex:
    return pd.to_timedelta(days, unit="D")


def _invent_reviews(spans: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    """A review within 20 working days, another within three months, then every six; never after care ends."""
    length = (spans["until"] - spans["start"]).dt.days.to_numpy()
    rows, turn = _repeat(spans, 2 + length // REVIEW_EVERY_DAYS)
    regular = FIRST_REVIEW_DAYS + SECOND_REVIEW_DAYS + (turn - 1) * REVIEW_EVERY_DAYS
    early = chance.integers(0, 10, len(rows))
    day = rows["start"] + _days(np.where(turn == 0, FIRST_REVIEW_DAYS, regular) - early)
    fourth = rows["birth_date"] + pd.DateOffset(years=4)
    code = pd.Series(chance.choice(REVIEW_CODES, len(rows), p=REVIEW_SHARES)).mask(day < fourth, "PN0")
    reviews = pd.DataFrame({"child": rows["child"], "birth_date": rows["birth_date"], "day": day, "code": code})
    return reviews[day < rows["until"]].reset_index(drop=True)


def _invent_missing(periods: pd.DataFrame, after: pd.Timestamp, chance: np.random.Generator) -> pd.DataFrame:
    """Spells missing, or away without leave, of those of 11 or over; each inside one line and none touching.

    None is open on a 31 March: once rule 365 has run, the validator as published takes that day for the end of every
    open line, and rules 575 and 577 then refuse the spell.
    """
    lasting = periods.assign(until=periods["end"].fillna(after + pd.Timedelta(days=30)))
    settled = ~lasting["respite"] & ~lasting["placement"].isin(TEMPORARY_PLACEMENTS | {"P1"})
    old = lasting["start"] >= lasting["birth_date"] + pd.DateOffset(years=MISSING_AGE)
    length = (lasting["until"] - lasting["start"]).dt.days
    lasting = lasting[settled & old & (length > LONGEST_MISSING_DAYS + 3)]
    room = (lasting["until"] - lasting["start"]).dt.days.to_numpy() - LONGEST_MISSING_DAYS - 2
    rows, _ = _repeat(lasting, chance.poisson(room * (MISSING_SPELLS_A_YEAR / 365.25)))
    room = (rows["until"] - rows["start"]).dt.days.to_numpy() - LONGEST_MISSING_DAYS - 2
    start = rows["start"] + _days(1 + chance.integers(0, room))
    nights = np.minimum(chance.geometric(0.45, len(rows)) - 1, LONGEST_MISSING_DAYS)
    kind = np.where(chance.random(len(rows)) < 0.85, "M", "A")
    spells = pd.DataFrame({"child": rows["child"], "birth_date": rows["birth_date"], "kind": kind, "start": start})
    closes = pd.to_datetime({"year": start.dt.year + (start.dt.month > 3), "month": 3, "day": 31})
    end = (start + _days(nights)).clip(upper=closes)
    spells = spells.assign(end=end).sort_values(["child", "start", "end"], ignore_index=True)
    same = spells["child"].eq(spells["child"].shift())
    close = same & (spells["start"] <= spells["start"].shift() + pd.Timedelta(days=LONGEST_MISSING_DAYS))
    return spells[~close & (spells["start"] < after)].reset_index(drop=True)


def _invent_workers(spans: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    """Social workers one after another from a child's first care to the last, a little over a year each.

    Between two periods of care the child still has one (rules SW10STG2, SW12STG2).
    """
    lives = spans.drop_duplicates("child").set_index("child")
    final = spans.drop_duplicates("child", keep="last").set_index("child")
    lives = lives.assign(until=final["until"], last_end=final["period_end"]).reset_index()
    length = (lives["until"] - lives["start"]).dt.days.to_numpy()
    rows, turn = _repeat(lives, 1 + (length - 1) // SOCIAL_WORKER_DAYS)
    start = rows["start"] + _days(turn * SOCIAL_WORKER_DAYS)
    more = rows["child"].eq(rows["child"].shift(-1))
    end = (start + pd.Timedelta(days=SOCIAL_WORKER_DAYS)).where(more, rows["last_end"])
    pool = 1 + len(spans) // 12
    reason = np.where(turn == 0, "FCONTA", chance.choice(SOCIAL_WORKER_REASONS, len(rows)))
    worker = [f"SW{100_000 + number}" for number in chance.integers(0, pool, len(rows))]
    return pd.DataFrame(
        {"child": rows["child"], "birth_date": rows["birth_date"], "worker": worker, "start": start, "end": end}
    ).assign(reason=reason)


def _invent_permanence(periods: pd.DataFrame, la_code: str, chance: np.random.Generator) -> pd.DataFrame:
    """The few who had been adopted or had a guardian before their first care, and when the order was made."""
    first = periods.drop_duplicates("child")
    old = first["start"] > first["birth_date"] + pd.DateOffset(years=3)
    known = first[(chance.random(len(first)) < 0.06) & old]
    since = (known["start"] - known["birth_date"]).dt.days.to_numpy()
    day = known["birth_date"] + _days(chance.integers(300, np.maximum(since - 120, 301)))
    where = np.where(chance.random(len(known)) < 0.6, la_code, chance.choice(ELSEWHERE, len(known)))
    code = chance.choice(("P1", "P2", "P3"), len(known), p=(0.35, 0.4, 0.25))
    return pd.DataFrame({"child": known["child"], "code": code, "authority": where, "day": day}).reset_index(drop=True)


# ---- a year's tables ------------------------------------------------------------------------------------------


def reviews_table(year: ReturnYear, events: Events, identities: Identities) -> pd.DataFrame:
    """Reviews held in the year; none for those only in respite (rule 399)."""
    reviews = events.reviews
    held = reviews[reviews["day"].between(year.first, year.last) & reviews["child"].isin(year.in_care())]
    return pd.DataFrame(
        {
            "CHILD": held["child"].map(identities.ids),
            "DOB": as_text(held["birth_date"]),
            "REVIEW": as_text(held["day"]),
            "REVIEW_CODE": held["code"],
        }
    )


def missing_table(year: ReturnYear, events: Events, identities: Identities) -> pd.DataFrame:
    """Spells missing or away without leave in the year."""
    spells = events.missing[events.missing["start"].between(year.first, year.last)]
    return pd.DataFrame(
        {
            "CHILD": spells["child"].map(identities.ids),
            "DOB": as_text(spells["birth_date"]),
            "MISSING": spells["kind"],
            "MIS_START": as_text(spells["start"]),
            "MIS_END": as_text(spells["end"]),
        }
    )


def social_workers_table(year: ReturnYear, events: Events, identities: Identities) -> pd.DataFrame:
    """Social workers of the year's children in care; DOB as in the upload, though the suite reads it elsewhere."""
    spells = events.workers
    active = spells[(spells["start"] <= year.last) & (spells["end"].isna() | (spells["end"] >= year.first))]
    active = active[active["child"].isin(year.in_care())]
    return pd.DataFrame(
        {
            "CHILD": active["child"].map(identities.ids),
            "DOB": as_text(active["birth_date"]),
            "SW_ID": active["worker"],
            "SW_DECOM": as_text(active["start"]),
            "SW_DEC": as_text(active["end"].where(active["end"] <= year.last)),
            "SW_REASON": active["reason"],
        }
    )


def previous_permanence_table(year: ReturnYear, events: Events, identities: Identities) -> pd.DataFrame:
    """One row a child who started in the year: the order they had lived under before, or Z1 for none (rule 630).

    An order must come before every line in the year's file (rule 632).
    """
    lines = year.lines
    started = lines[lines["start_reason"].eq("S") & lines["start"].between(year.first, year.last)]
    children = started.drop_duplicates("child")[["child", "birth_date"]]
    rows = children.merge(events.permanence, how="left", on="child")
    earlier = rows["day"] < rows["child"].map(year.earliest_lines())
    return pd.DataFrame(
        {
            "CHILD": rows["child"].map(identities.ids),
            "DOB": as_text(rows["birth_date"]),
            "PREV_PERM": rows["code"].where(earlier, "Z1"),
            "LA_PERM": rows["authority"].where(earlier, ""),
            "DATE_PERM": as_text(rows["day"].where(earlier)),
        }
    )


def uasc_table(year: ReturnYear, identities: Identities) -> pd.DataFrame:
    """Unaccompanied asylum-seeking children of the year; the status lasts to the 18th birthday (rules 205B, 304)."""
    children = year.children[year.children["uasc"] & year.children["child"].isin(year.in_care())]
    return pd.DataFrame(
        {
            "CHILD": children["child"].map(identities.ids),
            "SEX": sex_codes(children["sex"], year.year),
            "DOB": as_text(children["birth_date"]),
            "DUC": as_text(children["birth_date"] + pd.DateOffset(years=18)),
        }
    )
