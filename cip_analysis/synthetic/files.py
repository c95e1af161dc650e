"""The invented county's returns: each collection year's children and episodes in that year's own codes.

A return is what was known on 31 March: what ended later is written as open. Codes that changed are those of the
collection year. The statutory rules that shaped this are named where they bite; docs/decisions/0006 lists the rest.
Source: DfE, guide to the SSDA903 collection, by year; the rules of the csc-validator-be-903 package.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import pandas as pd

from cip_analysis.codes import KEEPS_CARER, RESPITE_STATUSES, STARTS_A_PERIOD
from cip_analysis.synthetic.chance import stream
from cip_analysis.synthetic.history import Histories

FIRST_ID, LAST_ID = 100_000, 999_999
UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
NO_SUCH_AUTHORITY = "000"
SEX_AS_LETTERS_FROM = 2025
FOSTER_AS_Q_UNTIL = 2015
FOSTER_CODES_SPLIT = pd.Timestamp(FOSTER_AS_Q_UNTIL, 4, 1)
SUPPORTED_ACCOMMODATION_FROM = 2024
SUPPORTED_ACCOMMODATION_DAY = pd.Timestamp(2023, 10, 28)  # registration with Ofsted became compulsory
OTHER_PLACEMENT_SPLIT_FROM = 2026
CUSTODY_REASON_FROM = 2019
GUARDIANSHIP_SPLIT_FROM = 2019
OLD_FOSTER = {"U1": "Q1", "U2": "Q1", "U3": "Q1", "U4": "Q2", "U5": "Q2", "U6": "Q2"}
OLD_GUARDIANSHIP = {"E45": "E43", "E46": "E43", "E47": "E44", "E48": "E44"}
NEW_OTHER = {"H5": "Z11", "P2": "Z11", "Z1": "Z14"}


class ReturnFilesError(ValueError):
    """The county asked for cannot be written as returns."""


@dataclass(frozen=True, slots=True)
class ReturnYear:
    """What was known of the county on one 31 March, still in modern codes.

    year: the collection year, by the 31 March that ends it.
    lines: columns of history.EPISODE_COLUMNS plus birth_date, uasc and `respite`; every line active at any time in
    the year, in order of child and start. Whatever happened after 31 March is blank.
    children: history.CHILD_COLUMNS of the children with a line, in order of child.
    """

    year: int
    lines: pd.DataFrame
    children: pd.DataFrame

    @property
    def first(self) -> pd.Timestamp:
        """1 April that opens the year."""
        return pd.Timestamp(self.year - 1, 4, 1)

    @property
    def last(self) -> pd.Timestamp:
        """31 March that closes the year."""
        return pd.Timestamp(self.year, 3, 31)

    def earliest_lines(self) -> pd.Series:
        """By child, the start of the first line in the year's file, which may lie before the year."""
        return self.lines.groupby("child")["start"].min()

    def in_care(self) -> frozenset[int]:
        """Children with a line other than respite: those whose motherhood and postcodes are asked for."""
        return frozenset(self.lines.loc[~self.lines["respite"], "child"])


def collection_years(histories: Histories) -> range:
    """The collection years the histories cover, by the 31 March that ends each."""
    return range(histories.first_day.year + 1, histories.last_day.year + 1)


def lines_of_year(histories: Histories, year: int) -> ReturnYear:
    """The lines active at any time from 1 April to 31 March, as they stood on that 31 March.

    A line that ends on 1 April was open the day before and belongs to both years; one that ends on 31 March to one.
    """
    first, last = pd.Timestamp(year - 1, 4, 1), pd.Timestamp(year, 3, 31)
    episodes = lines_as_told(histories.episodes)
    active = episodes[(episodes["start"] <= last) & (episodes["end"].isna() | (episodes["end"] >= first))]
    closed = active["end"] <= last
    children = histories.children.set_index("child")
    lines = active.assign(
        end=active["end"].where(closed),
        end_reason=active["end_reason"].where(closed, ""),
        move_reason=active["move_reason"].where(closed, ""),
        birth_date=active["child"].map(children["birth_date"]),
        uasc=active["child"].map(children["uasc"]),
        respite=active["legal_status"].isin(RESPITE_STATUSES),
    )
    told = histories.children.assign(mother_child_birth_date=births_as_told(histories))
    present = told[told["child"].isin(lines["child"])].sort_values("child")
    return ReturnYear(year, lines.reset_index(drop=True), present.reset_index(drop=True))


def lines_as_told(episodes: pd.DataFrame) -> pd.DataFrame:
    """The lines of the histories without the changes that the codes in use until 31 March 2015 could not tell.

    One foster code then became another without any change of carer, place or provider: nothing happened that a return
    could say. The line goes on (T), or only its legal status changes (U becomes L).
    """
    before = episodes.shift()
    follows = episodes["child"].eq(before["child"]) & episodes["start"].eq(before["end"])
    alike = episodes["placement"].replace(OLD_FOSTER).eq(before["placement"].replace(OLD_FOSTER))
    for column in ("provider", "placement_postcode", "urn"):
        alike &= episodes[column].eq(before[column])
    untold = follows & alike & episodes["start_reason"].isin(KEEPS_CARER) & (episodes["start"] < FOSTER_CODES_SPLIT)
    goes_on = untold & episodes["start_reason"].eq("T")
    line = (~goes_on).cumsum()
    reasons = episodes["start_reason"].mask(untold, "L")
    told = episodes.assign(
        start=episodes["start"].groupby(line).transform("first"),
        start_reason=reasons.groupby(line).transform("first"),
        move_reason=episodes["move_reason"].mask(untold.shift(-1, fill_value=False), ""),
    )
    return told[~goes_on.shift(-1, fill_value=False)]


def births_as_told(histories: Histories) -> pd.Series:
    """The birth dates of mothers' children, none after the last line the mother ended in the year of the birth.

    A later one is told as of the day that line ended: rule 625 as published refuses it, though she be still in care.
    """
    children = histories.children
    ended = histories.episodes.merge(children.loc[children["mother"], ["child", "mother_child_birth_date"]], on="child")
    same_year = _collection_year(ended["end"]).eq(_collection_year(ended["mother_child_birth_date"]))
    last = ended[same_year].groupby("child")["end"].max().reindex(children["child"]).set_axis(children.index)
    born = children["mother_child_birth_date"]
    return born.mask(born > last, last)


def _collection_year(days: pd.Series) -> pd.Series:
    """The collection year each day lies in, by the 31 March that ends it."""
    years: pd.Series = days.dt.year + (days.dt.month > 3)
    return years


# ---- who is who -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Identities:
    """The invented numbers a child is known by in every file, indexed by `child`.

    ids: six digits as text, unrelated to the order in which children came. upns: thirteen characters in the form of
    a unique pupil number that none can have: no authority is numbered 000, and the check letter is wrong.
    """

    ids: pd.Series
    upns: pd.Series


def invent_identities(children: pd.DataFrame, seed: int) -> Identities:
    """A number for every child, without repeats.

    Raises ReturnFilesError where there are more children than six-digit numbers.
    """
    if len(children) > LAST_ID - FIRST_ID + 1:
        raise ReturnFilesError(
            f"{len(children)} children do not fit into six-digit numbers. Ask for fewer with --children."
        )
    names = pd.Index(children["child"].sort_values())
    numbers = FIRST_ID + stream(seed, "child numbers").choice(LAST_ID - FIRST_ID + 1, len(names), replace=False)
    serials = stream(seed, "pupil numbers").choice(10**9, len(names), replace=False)
    upns = [_impossible_upn(int(serial)) for serial in serials]
    return Identities(pd.Series(numbers, names).astype(str), pd.Series(upns, names, dtype="str"))


def _impossible_upn(serial: int) -> str:
    """A pupil number whose check letter is the one after the right letter."""
    digits = f"{NO_SUCH_AUTHORITY}{serial:09d}"
    right = sum(int(digit) * weight for weight, digit in enumerate(digits, start=2)) % len(UPN_LETTERS)
    return UPN_LETTERS[(right + 1) % len(UPN_LETTERS)] + digits


# ---- codes of the year ----------------------------------------------------------------------------------------


def placement_codes(year: ReturnYear) -> pd.Series:
    """PLACE for each line, in the codes of the collection year.

    Until 2014/15 fostering is Q1 or Q2. Supported accommodation is K3 from 28 October 2023 for those of 16 or over,
    and H5 before. From 2025/26 what was H5, P2 or Z1 is K3 or one of Z11 to Z14.
    """
    lines = year.lines
    placement = lines["placement"].astype(object)
    sixteen = lines["birth_date"] + pd.DateOffset(years=16) <= lines["start"]
    if year.year <= FOSTER_AS_Q_UNTIL:
        placement = placement.replace(OLD_FOSTER)
    if year.year < SUPPORTED_ACCOMMODATION_FROM:
        return placement.replace({"K3": "H5"}).astype("str")
    ended_before = lines["end"] < SUPPORTED_ACCOMMODATION_DAY
    placement = placement.mask(placement.eq("H5") & sixteen & ~ended_before, "K3")
    placement = placement.mask(placement.eq("K3") & ended_before, "H5")
    if year.year >= OTHER_PLACEMENT_SPLIT_FROM:
        placement = placement.mask(placement.eq("P2") & sixteen, "K3").replace(NEW_OTHER)
    return placement.astype("str")


def end_codes(year: ReturnYear) -> pd.Series:
    """REC for each line: special guardianship is E43 or E44 until 2017/18, then E45 to E48."""
    reasons = year.lines["end_reason"].astype(object)
    old = OLD_GUARDIANSHIP if year.year < GUARDIANSHIP_SPLIT_FROM else {}
    return reasons.replace(old).astype("str")


def move_codes(year: ReturnYear) -> pd.Series:
    """REASON_PLACE_CHANGE for each line: custody is a reason of its own from 2018/19, and "other" before."""
    reasons = year.lines["move_reason"].astype(object)
    old = {"CUSTOD": "OTHER"} if year.year < CUSTODY_REASON_FROM else {}
    return reasons.replace(old).astype("str")


def sex_codes(sexes: pd.Series, year: int) -> pd.Series:
    """SEX as 1 and 2 until 2023/24, then as M and F."""
    codes = {"male": "M", "female": "F"} if year >= SEX_AS_LETTERS_FROM else {"male": "1", "female": "2"}
    return pd.Series([codes[sex] for sex in sexes], sexes.index, dtype="str")


def as_text(dates: pd.Series) -> pd.Series:
    """Dates as dd/mm/yyyy, blank where there is none."""
    text: pd.Series = dates.dt.strftime("%d/%m/%Y").fillna("").astype("str")
    return text


# ---- the two tables every return has --------------------------------------------------------------------------


def episodes_table(year: ReturnYear, identities: Identities) -> pd.DataFrame:
    """The episodes file of the year, one row a line: respite first, then the youngest children first.

    Respite lines carry no postcode and no URN (rules 214, 398); unaccompanied children no home postcode (rule 406).
    The order is there for rule 1001, which as published takes a row of either year for respite where the row of the
    same number in the other year is: this way it mistakes only small children's rows, of whom it asks nothing.
    """
    lines = year.lines
    place = placement_codes(year)
    homes = lines["child"].map(year.children.set_index("child")["home_postcode"])
    unregistered = place.eq("K3") & lines["urn"].eq("")
    urn = lines["urn"].mask(unregistered, lines["placement_postcode"].map(_supported_accommodation_urn))
    sorting = lines[["respite", "birth_date", "start"]].assign(id=lines["child"].map(identities.ids))
    order = sorting.sort_values(["respite", "birth_date", "id", "start"], ascending=[False, False, True, True]).index
    table = pd.DataFrame(
        {
            "CHILD": lines["child"].map(identities.ids),
            "DECOM": as_text(lines["start"]),
            "RNE": lines["start_reason"],
            "LS": lines["legal_status"],
            "CIN": lines["need"],
            "PLACE": place,
            "PLACE_PROVIDER": lines["provider"],
            "DEC": as_text(lines["end"]),
            "REC": end_codes(year),
            "REASON_PLACE_CHANGE": move_codes(year),
            "HOME_POST": homes.mask(lines["respite"] | lines["uasc"], ""),
            "PL_POST": lines["placement_postcode"].mask(lines["respite"], ""),
            "URN": urn.mask(lines["respite"], ""),
        }
    )
    return table.loc[order]


def _supported_accommodation_urn(postcode: str) -> str:
    """An invented registration number for supported accommodation at a place: registered only from October 2023."""
    return f"29{zlib.crc32(postcode.encode()) % 10**5:05d}"


def header_table(year: ReturnYear, leavers: pd.DataFrame, identities: Identities) -> pd.DataFrame:
    """The header file of the year, one row a child with a line in it, then one a care leaver without.

    leavers: history.CHILD_COLUMNS of the care leavers; whoever has a line as well is written once.
    Motherhood is asked of girls with a line other than respite, and of nobody else (rules 165, 393, 399, 628).
    """
    without_line = leavers[~leavers["child"].isin(year.children["child"])]
    people = pd.concat([year.children, without_line], ignore_index=True)
    asked = people["sex"].eq("female") & people["child"].isin(year.in_care())
    mother = asked & people["mother"] & (people["mother_child_birth_date"] <= year.last)
    young = people["birth_date"] + pd.DateOffset(years=4) > pd.Timestamp(year.year - 2, 8, 31)  # rule 209
    return pd.DataFrame(
        {
            "CHILD": people["child"].map(identities.ids),
            "SEX": sex_codes(people["sex"], year.year),
            "DOB": as_text(people["birth_date"]),
            "ETHNIC": people["ethnicity"],
            "UPN": people["child"].map(identities.upns).mask(young, "UN1"),
            "MOTHER": pd.Series("", people.index).mask(asked, "0").mask(mother, "1"),
            "MC_DOB": as_text(people["mother_child_birth_date"].where(mother)),
        }
    )


def periods_of_care(histories: Histories) -> pd.DataFrame:
    """Every line with `period`, its number within the county, and `period_start` and `period_end` of that period.

    `period_end` is blank where the period was open on the last day. Respite stays are periods of their own.
    """
    episodes = histories.episodes
    period = episodes["start_reason"].eq(STARTS_A_PERIOD).cumsum()
    starts = episodes["start"].set_axis(period)
    ends = episodes["end"].set_axis(period)
    return episodes.assign(
        period=period,
        period_start=period.map(starts[~starts.index.duplicated(keep="first")]),
        period_end=period.map(ends[~ends.index.duplicated(keep="last")]),
        birth_date=episodes["child"].map(histories.children.set_index("child")["birth_date"]),
        respite=episodes["legal_status"].isin(RESPITE_STATUSES),
    )
