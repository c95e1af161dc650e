"""Rules on dates: whether the day can be read, whether it could have happened, and how old the child was.

Numbers are those of DfE, Children looked after return (SSDA903): validation rules; named rules are our own.
"""

from __future__ import annotations

import pandas as pd

from cip_analysis.codes import TEMPORARY_PLACEMENTS
from cip_analysis.returns.rules.sent import Rule, Sent, adult_from, neighbour, years_on

OLDEST_AT_START = 25  # whole years; a birth date that makes a child older than this is taken as mistyped
LONGEST_CUSTODY_DAYS = 21
LONGEST_RESPITE_STAY_DAYS = 17
MOST_RESPITE_DAYS = 75
YOUNGEST_IN_SUPPORTED = ((0, 2023, "H5", 14), (2024, 9999, "H5", 16), (2024, 9999, "K3", 16))
PLACE_COMPARED_AFTER_TEMPORARY_FROM = 2026


def too_old(birth_date: pd.Series, start: pd.Series) -> pd.Series:
    """Whether the birth date makes the child older than 25 on the day care started."""
    return years_on(birth_date, OLDEST_AT_START + 1) <= start


def _open_until(sent: Sent) -> pd.Series:
    """The episode's end, or the last day of its return where it is open."""
    return sent.episodes["DEC"].fillna(sent.episodes["year_end"])


def _long_custody(sent: Sent) -> pd.Series:
    """Police custody that lasts, over episodes that touch, longer than the law allows."""
    held = sent.episodes[sent.episodes["LS"].eq("J2") & sent.episodes["DECOM"].notna()]
    held = held.assign(until=_open_until(sent)).sort_values(["submission", "CHILD", "DECOM"], kind="stable")
    same = held["submission"].eq(held["submission"].shift()) & held["CHILD"].eq(held["CHILD"].shift())
    stay = (~(same & (held["DECOM"] <= held["until"].shift()))).cumsum()
    days = (held["until"] - held["DECOM"]).dt.days.groupby(stay).transform("sum")
    return days.reindex(sent.episodes.index).gt(LONGEST_CUSTODY_DAYS)


def _long_respite_stay(sent: Sent) -> pd.Series:
    days = (_open_until(sent) - sent.episodes["DECOM"]).dt.days
    return sent.episodes["LS"].eq("V3") & days.gt(LONGEST_RESPITE_STAY_DAYS)


def _much_respite(sent: Sent) -> pd.Series:
    """Respite stays that add up, within the collection year, to more than the law allows."""
    stays = sent.episodes[sent.episodes["LS"].eq("V3") & sent.episodes["DECOM"].notna()]
    until = stays["DEC"].where(stays["DEC"] < stays["year_end"], stays["year_end"])
    begun = stays["DECOM"].where(stays["DECOM"] > stays["year_start"], stays["year_start"])
    days = (until - begun).dt.days
    days = days[days > 0]
    keys = [stays["submission"].reindex(days.index), stays["CHILD"].reindex(days.index)]
    return days.groupby(keys).transform("sum").reindex(sent.episodes.index).gt(MOST_RESPITE_DAYS)


def _too_young_for_supported(sent: Sent) -> pd.Series:
    """Semi-independent or supported accommodation before its lowest age, which rose from 14 to 16 in 2023/24."""
    episodes = sent.episodes
    broken = pd.Series(False, index=episodes.index)
    for first, last, placement, age in YOUNGEST_IN_SUPPORTED:
        there = episodes["PLACE"].eq(placement) & episodes["year"].between(first, last)
        broken |= there & (episodes["DECOM"] < years_on(episodes["birth_date"], age))
    return broken


def _no_return_from_temporary(sent: Sent) -> pd.Series:
    """An episode after a temporary placement that is not the move back to where the child was before it."""
    episodes = sent.episodes
    before = pd.DataFrame({name: neighbour(episodes, name, "previous") for name in ("PLACE", "previous")})
    before["previous"] = before["previous"].fillna(-1).astype("int64")
    away = before["PLACE"].isin(TEMPORARY_PLACEMENTS) & before["previous"].ge(0)
    twice = before.assign(PLACE=episodes["PLACE"], PL_POST=episodes["PL_POST"])
    home, postcode = neighbour(twice, "PLACE", "previous"), neighbour(twice, "PL_POST", "previous")
    elsewhere = episodes["PLACE"].ne(home) & ~(episodes["PLACE"].isna() & home.isna())
    moved = episodes["PL_POST"].fillna("").ne(postcode.fillna(""))
    elsewhere |= moved & episodes["year"].ge(PLACE_COMPARED_AFTER_TEMPORARY_FROM)
    return away & (episodes["RNE"].ne("P") | elsewhere)


def _impossible_birth(sent: Sent) -> pd.Series:
    """A header's birth date that is in the future, or leaves the child over 25 when first seen."""
    header = sent.tables["header"]
    first_start = sent.episodes.groupby("CHILD")["DECOM"].min()
    return (header["DOB"] > sent.census) | too_old(
        header["DOB"], first_start.reindex(header["CHILD"]).reset_index(drop=True)
    )


def _born_after_start(sent: Sent) -> pd.Series:
    return sent.episodes["DECOM"] < sent.episodes["birth_date"]


def _adult(sent: Sent) -> pd.Series:
    """An episode that begins on or runs past the eighteenth birthday."""
    eighteen = adult_from(sent.episodes["birth_date"])
    return (sent.episodes["DECOM"] >= eighteen) | (_open_until(sent) > eighteen)


ERROR, WARNING = "error", "warning"
CHECK_DATE = "Correct the date at source; until then the repairs in docs/methods.md apply."

RULES: tuple[Rule, ...] = (
    Rule("141", ERROR, "episodes", "The day the episode began is blank or is not a date.",
         "Give the day: a row without it cannot be placed in time and is left out.",
         lambda sent: sent.episodes["DECOM"].isna()),
    Rule("355", WARNING, "episodes", "The episode begins and ends on the same day, so has no night in it.",
         "Remove the row, or correct whichever date is wrong.",
         lambda sent: sent.episodes["DECOM"].eq(sent.episodes["DEC"])),
    Rule("356", ERROR, "episodes", "The episode ends before it begins.",
         "Correct whichever date is wrong; until then the end is worked out from what follows.",
         lambda sent: sent.episodes["DEC"] < sent.episodes["DECOM"]),
    Rule("364", WARNING, "episodes", "Police custody in authority accommodation lasts over 21 days.",
         "Check the legal status: the child is probably on remand or accommodated.", _long_custody),
    Rule("365", WARNING, "episodes", "One respite stay lasts over 17 days.",
         "Check the legal status: a longer stay is not respite, and respite is left out of published counts.",
         _long_respite_stay),
    Rule("366", WARNING, "episodes", "A respite stay is recorded as something other than a fresh start.",
         "Record each respite stay as its own start, or correct the legal status.",
         lambda sent: sent.episodes["LS"].eq("V3") & sent.episodes["RNE"].ne("S")),
    Rule("367", WARNING, "episodes", "Respite stays add up to over 75 days in the year.",
         "Check the legal status: beyond 75 days the child is looked after in the ordinary way.", _much_respite),
    Rule("371", WARNING, "episodes", "The child is below the lowest age for semi-independent or supported living.",
         "Check the placement type and the birth date.", _too_young_for_supported),
    Rule("383", WARNING, "episodes", "After a temporary placement the child does not move back to the one before it.",
         "Record the return first; or record the stay as a placement if it was one.", _no_return_from_temporary),
    Rule("385", ERROR, "episodes", "The episode ends after the year it is returned for.",
         "Leave the end blank in this year's return and give it in the next.",
         lambda sent: sent.episodes["DEC"] > sent.episodes["year_end"]),
    Rule("date after the census", ERROR, "episodes", "An episode begins or ends after the last day returned.",
         CHECK_DATE,
         lambda sent: (sent.episodes["DECOM"] > sent.census) | (sent.episodes["DEC"] > sent.census)),
    Rule("birth date unknown", WARNING, "header", "The birth date is blank or is not a date.",
         "Give the birth date: without it the child counts but has no age.",
         lambda sent: sent.tables["header"]["DOB"].isna()),
    Rule("birth date impossible", ERROR, "header",
         "The birth date is in the future, or makes the child over 25 when care began.",
         "Correct the birth date; until then the child counts but has no age.", _impossible_birth),
    Rule("care before birth", ERROR, "episodes", "The episode begins before the child was born.",
         "Correct the birth date or the start of the episode.", _born_after_start),
    Rule("aged 18 or over", WARNING, "episodes", "The episode begins on or runs past the eighteenth birthday.",
         "Correct the birth date or end the episode on the birthday, when care ends in law.", _adult),
)  # fmt: skip
