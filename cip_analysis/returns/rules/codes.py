"""Rules on codes: is each on that year's list, and may these two stand together? Each looks at one row alone.

Numbers are those of DfE, Children looked after return (SSDA903): validation rules; the words are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from cip_analysis.codes import (
    ADOPTION_PLACEMENTS,
    END_REASONS,
    EPISODE_CONTINUES,
    ETHNIC_GROUPS,
    FOSTER_PLACEMENTS,
    LEGAL_STATUSES,
    MOVE_REASONS,
    NEEDS,
    PLACEMENTS,
    PROVIDERS,
    SEXES,
    START_REASONS,
    TEMPORARY_PLACEMENTS,
    Code,
)
from cip_analysis.returns.rules.sent import Rule, Sent

OTHER_PLACEMENTS = frozenset({"Z1", "Z11", "Z12", "Z13", "Z14"})
UNPROVIDED_PLACEMENTS = TEMPORARY_PLACEMENTS | OTHER_PLACEMENTS
NOT_OF_AN_AUTHORITY = frozenset({"P1", "R2", "R5"})
NOT_OF_OTHER_PUBLIC = ADOPTION_PLACEMENTS | (FOSTER_PLACEMENTS - {"Q1", "Q2"}) | {"P1", "K1", "K2"}
STARTS_A_TEMPORARY_PLACEMENT = frozenset({"P", "B"})
ADOPTION_ITEMS = ["DATE_INT", "DATE_MATCH", "FOSTER_CARE", "NB_ADOPTR", "SEX_ADOPTR", "LS_ADOPTR"]
CARE_LEAVER_ITEMS = ["IN_TOUCH", "ACTIV", "ACCOM"]
ETHNIC_CODES: Mapping[str, Code] = {code: Code(group) for code, group in ETHNIC_GROUPS.items()}


def off_list(column: pd.Series, codes: Mapping[str, Code], years: pd.Series) -> pd.Series:
    """Where a code is given that is not on the list of that collection year; a blank is on every list."""
    always = [code for code, entry in codes.items() if entry == Code(entry.name)]
    odd = column[column.notna() & ~column.isin(always)]
    listed = [code in codes and codes[code].valid_in(year) for code, year in zip(odd, years[odd.index], strict=True)]
    return pd.Series(column.index.isin(odd.index[~np.array(listed, dtype=bool)]), index=column.index)


def _off_list(table: str, column: str, codes: Mapping[str, Code]) -> Callable[[Sent], pd.Series]:
    return lambda sent: off_list(sent.tables[table][column], codes, sent.tables[table]["year"])


def _pair(provider: str, placements: frozenset[str]) -> Callable[[Sent], pd.Series]:
    return lambda sent: sent.episodes["PLACE_PROVIDER"].eq(provider) & sent.episodes["PLACE"].isin(placements)


def _partly_filled(table: str, columns: list[str]) -> Callable[[Sent], pd.Series]:
    def broken(sent: Sent) -> pd.Series:
        """Rows with some of the columns filled in and others not."""
        filled = sent.tables[table][columns].notna()
        return filled.any(axis=1) & ~filled.all(axis=1)

    return broken


def _provider_wrong(sent: Sent) -> pd.Series:
    """A provider code off the list, or any provider for a placement that has none."""
    episodes = sent.episodes
    needless = episodes["PLACE_PROVIDER"].notna() & episodes["PLACE"].isin(UNPROVIDED_PLACEMENTS)
    return off_list(episodes["PLACE_PROVIDER"], PROVIDERS, episodes["year"]) | needless


def _provider_needless(sent: Sent) -> pd.Series:
    """A provider for a temporary placement; from 2025/26 for the four new kinds of other placement as well."""
    new_kinds = sent.episodes["PLACE"].isin(OTHER_PLACEMENTS - {"Z1"})
    without = sent.episodes["PLACE"].isin(TEMPORARY_PLACEMENTS) | new_kinds
    return sent.episodes["PLACE_PROVIDER"].notna() & without


def _temporary_first(sent: Sent) -> pd.Series:
    return sent.episodes["PLACE"].isin(TEMPORARY_PLACEMENTS) & ~sent.episodes["RNE"].isin(STARTS_A_TEMPORARY_PLACEMENT)


def _temporary_last(sent: Sent) -> pd.Series:
    ended = sent.episodes["REC"].notna() & sent.episodes["REC"].ne(EPISODE_CONTINUES)
    return sent.episodes["PLACE"].isin(TEMPORARY_PLACEMENTS) & ended


def _parent_elsewhere(sent: Sent) -> pd.Series:
    return sent.episodes["PLACE_PROVIDER"].eq("PR0") & sent.episodes["PLACE"].ne("P1")


def _provider_missing(sent: Sent) -> pd.Series:
    return sent.episodes["PLACE_PROVIDER"].isna() & ~sent.episodes["PLACE"].isin(UNPROVIDED_PLACEMENTS)


LOOK_UP = "Look the code up in the guide for that collection year and correct it at source; until then it is unknown."
SETTLE_PAIR = "Correct whichever of placement and provider is wrong: together they decide the setting and the price."
ERROR, WARNING = "error", "warning"

RULES: tuple[Rule, ...] = (
    Rule("143", ERROR, "episodes", "Why the episode began is not one of that year's codes.", LOOK_UP,
         _off_list("episodes", "RNE", START_REASONS)),
    Rule("144", ERROR, "episodes", "The legal status is not one of that year's codes.", LOOK_UP,
         _off_list("episodes", "LS", LEGAL_STATUSES)),
    Rule("145", ERROR, "episodes", "The category of need is not one of that year's codes.", LOOK_UP,
         _off_list("episodes", "CIN", NEEDS)),
    Rule("146", ERROR, "episodes", "The placement type is not one of that year's codes.", LOOK_UP,
         _off_list("episodes", "PLACE", PLACEMENTS)),
    Rule("149", ERROR, "episodes", "Why the episode ended is not one of that year's codes.", LOOK_UP,
         _off_list("episodes", "REC", END_REASONS)),
    Rule("1009", WARNING, "episodes", "Why the placement changed is not one of that year's codes.", LOOK_UP,
         _off_list("episodes", "REASON_PLACE_CHANGE", MOVE_REASONS)),
    Rule("101", WARNING, "header", "The sex is given by something other than one of that year's codes.", LOOK_UP,
         _off_list("header", "SEX", SEXES)),
    Rule("103", WARNING, "header", "The ethnic group is blank or not one of that year's codes.", LOOK_UP,
         lambda sent: sent.tables["header"]["ETHNIC"].isna()
         | off_list(sent.tables["header"]["ETHNIC"], ETHNIC_CODES, sent.tables["header"]["year"])),
    Rule("151", WARNING, "ad1", "Some adoption details are filled in and others left out.",
         "Fill in all six adoption items or none.", _partly_filled("ad1", ADOPTION_ITEMS)),
    Rule("153", WARNING, "oc3", "Some care leaver details are filled in and others left out.",
         "Fill in all three care leaver items or none.", _partly_filled("oc3", CARE_LEAVER_ITEMS)),
    Rule("178", ERROR, "episodes", "The provider is not one of the codes, or the placement can have none.", LOOK_UP,
         _provider_wrong),
    Rule("213", WARNING, "episodes", "A provider is given for a temporary placement, which has none.",
         "Clear the provider: a temporary stay keeps the setting of the placement before it.", _provider_needless),
    Rule("380", ERROR, "episodes", "A temporary placement opens with something other than a move from another carer.",
         "Correct why the episode began, or record the placement the child was away from.", _temporary_first),
    Rule("381", ERROR, "episodes", "Care is said to have ended from a temporary placement.",
         "Record the return to the lasting placement, then the end of care.", _temporary_last),
    Rule("526", ERROR, "episodes", "No provider is given for a placement that must have one.",
         "Give the provider: without it the setting of a foster placement is unknown.", _provider_missing),
    Rule("527", ERROR, "episodes", "Own authority is given as provider of a placement it cannot provide.", SETTLE_PAIR,
         _pair("PR1", NOT_OF_AN_AUTHORITY)),
    Rule("528", ERROR, "episodes", "Another authority is given as provider of a placement it cannot provide.",
         SETTLE_PAIR, _pair("PR2", NOT_OF_AN_AUTHORITY)),
    Rule("529", ERROR, "episodes", "Another public body is given as provider of a placement it cannot provide.",
         SETTLE_PAIR, _pair("PR3", NOT_OF_OTHER_PUBLIC)),
    Rule("530", ERROR, "episodes", "A private provider is given for a placement with parents.", SETTLE_PAIR,
         _pair("PR4", frozenset({"P1"}))),
    Rule("531", ERROR, "episodes", "A voluntary provider is given for a placement with parents.", SETTLE_PAIR,
         _pair("PR5", frozenset({"P1"}))),
    Rule("550", ERROR, "episodes", "The parent is given as provider of a placement that is not with parents.",
         SETTLE_PAIR, _parent_elsewhere),
)  # fmt: skip
