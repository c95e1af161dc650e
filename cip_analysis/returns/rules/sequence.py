"""Rules on sequence: whether each episode follows from the one before it, and each year from the last.

Within a year a child's rows are compared in order of start, inside one submission: an episode that recurs in the next
year's return is not a repeat. Between years the latest submission of each year is compared with the one before.
Numbers are those of DfE, Children looked after return (SSDA903): validation rules; named rules are our own.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from cip_analysis.codes import END_REASONS, EPISODE_CONTINUES, STARTS_A_PERIOD, TABLES
from cip_analysis.returns.rules.sent import Rule, Sent, neighbour

CARRIES_ON = frozenset("PLTBU")
PLACEMENT_ONLY = frozenset("PT")
PLACEMENT_AND_STATUS = frozenset("UB")
NOTHING_MAY_FOLLOW = frozenset({"E2", "E15"})
ENDS_CARE = frozenset(END_REASONS) - {EPISODE_CONTINUES}
WHERE_THE_CHILD_IS = ["PLACE", "PL_POST", "URN", "PLACE_PROVIDER"]


def _follows(sent: Sent) -> pd.Series:
    return sent.episodes["previous"] >= 0


def _before(sent: Sent, column: str) -> pd.Series:
    return neighbour(sent.episodes, column, "previous")


def _changed(sent: Sent, column: str) -> pd.Series:
    """Whether a text column differs from the row before; two blanks are the same."""
    return sent.episodes[column].fillna("").ne(_before(sent, column).fillna(""))


def _any_changed(sent: Sent) -> pd.Series:
    return pd.concat([_changed(sent, column) for column in WHERE_THE_CHILD_IS], axis=1).any(axis=1)


def _begun_without_ending(sent: Sent) -> pd.Series:
    episodes = sent.episodes
    return (episodes["next"] >= 0) & (episodes["DEC"].isna() | episodes["REC"].isna())


def _ending_against_what_follows(sent: Sent) -> pd.Series:
    """The reason says care continues and no episode starts that day, or says it ended and one does."""
    episodes = sent.episodes
    ended = episodes["DEC"].notna() & episodes["CHILD"].notna() & episodes["DECOM"].notna()
    touches = neighbour(episodes, "DECOM", "next").eq(episodes["DEC"])
    continues = episodes["REC"].eq(EPISODE_CONTINUES)
    stops = episodes["REC"].notna() & ~continues
    return ended & ((continues & ~touches) | (stops & touches))


def _start_without_gap(sent: Sent) -> pd.Series:
    return sent.episodes["RNE"].eq(STARTS_A_PERIOD) & (sent.episodes["DECOM"] <= _before(sent, "DEC"))


def _no_start_after_leaving(sent: Sent) -> pd.Series:
    return _before(sent, "REC").isin(ENDS_CARE) & sent.episodes["RNE"].ne(STARTS_A_PERIOD)


def _carries_on_after_gap(sent: Sent) -> pd.Series:
    joined = sent.episodes["DECOM"].eq(_before(sent, "DEC"))
    return _follows(sent) & sent.episodes["RNE"].isin(CARRIES_ON) & ~joined


def _status_change_unseen(sent: Sent) -> pd.Series:
    says = _follows(sent) & sent.episodes["RNE"].eq("L")
    return says & (~_changed(sent, "LS") | _any_changed(sent))


def _move_unseen(sent: Sent) -> pd.Series:
    says = _follows(sent) & sent.episodes["RNE"].isin(PLACEMENT_ONLY)
    return says & (_changed(sent, "LS") | ~_any_changed(sent))


def _both_unseen(sent: Sent) -> pd.Series:
    says = _follows(sent) & sent.episodes["RNE"].isin(PLACEMENT_AND_STATUS)
    return says & (~_changed(sent, "LS") | ~_any_changed(sent))


def _follows_the_last(sent: Sent) -> pd.Series:
    return sent.episodes["REC"].isin(NOTHING_MAY_FOLLOW) & sent.episodes["next"].ge(0)


def _overlaps(sent: Sent) -> pd.Series:
    return sent.episodes["DECOM"] < _before(sent, "DEC")


def _need_changed(sent: Sent) -> pd.Series:
    continued = _before(sent, "REC").eq(EPISODE_CONTINUES) & sent.episodes["DECOM"].eq(_before(sent, "DEC"))
    return continued & _changed(sent, "CIN")


def _first_of_year(sent: Sent) -> pd.DataFrame:
    """Each child's first row in each submission, with the last row of the year before beside it, if that was sent.

    Columns `last_start` and `last_end` are blank, and `seen` is false, where the child was not in that return.
    """
    episodes = sent.episodes
    placed = episodes["CHILD"].notna() & episodes["DECOM"].notna()
    last = episodes[placed & episodes["next"].eq(-1) & episodes["final"]]
    last = last.assign(year=last["year"] + 1, seen=True)[["CHILD", "year", "DECOM", "DEC", "seen"]]
    last = last.rename(columns={"DECOM": "last_start", "DEC": "last_end"})
    first = episodes[placed & episodes["previous"].eq(-1) & (episodes["year"] - 1).isin(sent.years)]
    joined = first.reset_index().merge(last, on=["CHILD", "year"], how="left").set_index("index")
    return joined.assign(seen=joined["seen"].eq(True))


def _as_rows(sent: Sent, broken: pd.Series) -> pd.Series:
    """Flags for a few rows as flags for all."""
    return pd.Series(sent.episodes.index.isin(broken.index[broken]), index=sent.episodes.index)


def _differs_from_last_year(sent: Sent) -> pd.Series:
    first = _first_of_year(sent)
    return _as_rows(sent, first["seen"] & first["last_end"].isna() & first["DECOM"].ne(first["last_start"]))


def _missing_last_year(sent: Sent) -> pd.Series:
    first = _first_of_year(sent)
    return _as_rows(sent, (first["DECOM"] < first["year_start"]) & ~first["DECOM"].eq(first["last_start"]))


def _disappears(sent: Sent) -> pd.Series:
    """A row left open at the year's end for a child who is nowhere in the next year's return."""
    episodes = sent.episodes
    open_rows = episodes[episodes["DEC"].isna() & episodes["final"] & (episodes["year"] + 1).isin(sent.years)]
    present = pd.MultiIndex.from_frame(episodes.loc[episodes["final"], ["CHILD", "year"]])
    wanted = pd.MultiIndex.from_arrays([open_rows["CHILD"], open_rows["year"] + 1])
    gone = open_rows["CHILD"].notna() & ~wanted.isin(present) & open_rows["next"].eq(-1)
    return _as_rows(sent, gone)


def _repeated(table: str) -> Callable[[Sent], pd.Series]:
    """Rows that repeat an earlier row of the same submission in every column sent."""
    return lambda sent: sent.tables[table].duplicated([*TABLES[table], "submission"])


def _twice_in_header(sent: Sent) -> pd.Series:
    header = sent.tables["header"]
    return header["CHILD"].notna() & header.duplicated(["CHILD", "submission"]) & ~_repeated("header")(sent)


def _child_without_header(sent: Sent) -> pd.Series:
    """A child with episodes in a year whose header leaves the child out; a year with no header is another matter."""
    episodes, header = sent.episodes, sent.tables.get("header")
    if header is None:
        return pd.Series(False, index=episodes.index)
    listed = pd.MultiIndex.from_frame(header[["CHILD", "year"]])
    asked = episodes["CHILD"].notna() & episodes["year"].isin(header["year"].unique())
    return asked & ~pd.MultiIndex.from_frame(episodes[["CHILD", "year"]]).isin(listed)


def _disagrees(column: str) -> Callable[[Sent], pd.Series]:
    """Header rows that give a child something else than the child's latest header does; the codes may change name."""

    def broken(sent: Sent) -> pd.Series:
        """Header rows whose value is not the child's latest."""
        header = sent.tables["header"]
        value = header[column]
        if column == "SEX":
            value = value.replace({"1": "M", "2": "F"}).where(value.ne("U"))
        given = pd.DataFrame({"child": header["CHILD"], "year": header["year"], "value": value}).dropna()
        latest = given.sort_values("year", kind="stable").drop_duplicates("child", keep="last")
        settled = latest.set_index("child")["value"].reindex(header["CHILD"]).reset_index(drop=True)
        return value.notna() & settled.notna() & value.ne(settled)

    return broken


ERROR, WARNING = "error", "warning"
END_IT = "Give the end of the earlier episode; until then it is ended by the start of the next."
SAY_WHY = "Correct why the episode began, or the columns it contradicts."

RULES: tuple[Rule, ...] = (
    Rule("142", ERROR, "episodes", "A later episode has begun but this one has no end, or no reason for it.", END_IT,
         _begun_without_ending),
    Rule("388", ERROR, "episodes",
         "The episode is said to continue and nothing starts that day, or to end care and something does.",
         "Correct the reason it ended, or give the episode that is missing.", _ending_against_what_follows),
    Rule("431", ERROR, "episodes", "Care is said to start afresh on or before the day the last episode ended.",
         "Correct why the episode began: an unbroken stay is one period of care.", _start_without_gap),
    Rule("432", ERROR, "episodes", "Care ended with the episode before, yet this one is not a fresh start.",
         "Correct why this episode began, or why the one before ended.", _no_start_after_leaving),
    Rule("433", ERROR, "episodes", "The episode should carry straight on, but does not begin the day the last ended.",
         "Give the missing days or correct the dates: a gap is counted as leaving and returning.",
         _carries_on_after_gap),
    Rule("434", WARNING, "episodes", "Said to change legal status only, but the codes show otherwise.", SAY_WHY,
         _status_change_unseen),
    Rule("435", WARNING, "episodes", "Said to change placement only, but the codes show otherwise.", SAY_WHY,
         _move_unseen),
    Rule("436", WARNING, "episodes", "Said to change placement and legal status, but the codes show otherwise.",
         SAY_WHY, _both_unseen),
    Rule("437", ERROR, "episodes", "The child died or was found to be an adult, yet more episodes follow.",
         "Correct the reason the episode ended, or remove what follows.", _follows_the_last),
    Rule("501", ERROR, "episodes", "The episode begins before the one before it has ended.",
         "Correct the dates; until then the rule of docs/decisions/0001-overlapping-episodes.md applies.", _overlaps),
    Rule("502", ERROR, "episodes", "Last year's return left an episode open that this year's does not begin with.",
         "Carry last year's open episode forward with the same start.", _differs_from_last_year),
    Rule("504", WARNING, "episodes", "The category of need changes within one period of care.",
         "Keep the need recorded at the start of the period.", _need_changed),
    Rule("562", ERROR, "episodes", "The episode began before this year, but last year's return does not end with it.",
         "Add it to last year's return, or correct its start.", _missing_last_year),
    Rule("unexplained disappearance", WARNING, "episodes",
         "In care on 31 March and nowhere in the next year's return.",
         "Find when and why care ended; until then the last night counted is that 31 March.", _disappears),
    Rule("duplicate row", WARNING, "episodes", "The row repeats another of the same file in every column.",
         "Remove the repeat; it is counted once.", _repeated("episodes")),
    Rule("duplicate child", WARNING, "header", "The child has two different rows in one year's header.",
         "Keep one; the later row is used.", _twice_in_header),
    Rule("child not in the header", WARNING, "episodes", "The child has episodes but no row in that year's header.",
         "Add the child to the header: without it there is no birth date, sex or ethnic group.",
         _child_without_header),
    Rule("two birth dates", WARNING, "header", "The birth date differs from the child's latest header.",
         "Settle which is right; the latest is used.", _disagrees("DOB")),
    Rule("two sexes", WARNING, "header", "The sex differs from the child's latest header.",
         "Settle which is right; the latest is used.", _disagrees("SEX")),
    Rule("no child", ERROR, "episodes", "The row names no child.",
         "Give the child's identifier: a row without it is left out.", lambda sent: sent.episodes["CHILD"].isna()),
)  # fmt: skip
