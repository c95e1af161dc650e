"""Which year each file was sent for, and what to make of a year that came more than once.

Twins (the same bytes for the same year) are read once. Two files of one year that share children are two submissions:
both are kept, in the natural order of their names, for `returns.episodes` to let the later replace the earlier. Two
files of one year with hardly a child in common are halves of one submission, and are given one name between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cip_analysis.returns.reading.text_tables import Notice, Repair
from cip_analysis.returns.reading.years import (
    Dated,
    Part,
    date_episodes,
    naming_habit,
    parts_of,
    year_ending,
    years_of_history,
)

Tables = Mapping[str, pd.DataFrame]
HARDLY = 0.1
OWN_DATES = {"missing": "MIS_START", "reviews": "REVIEW", "social_workers": "SW_DEC"}
MOST = 0.8


@dataclass(frozen=True, slots=True)
class Placed:
    """The tables with the year of every row, and what was noticed and left out on the way."""

    tables: Tables
    notices: tuple[Notice, ...] = ()
    repairs: tuple[Repair, ...] = ()


def key_by_authority(tables: Tables) -> Placed:
    """The tables with the authority put before each child's identifier, where they pool several authorities.

    Two authorities may give two children the same identifier; one authority's tables are left as they are.
    """
    named = {kind: table["authority"].str.upper().replace("", None) for kind, table in tables.items()}
    authorities = set(pd.concat(list(named.values())).dropna())
    if len(authorities) < 2:
        return Placed({kind: table.drop(columns="authority") for kind, table in tables.items()})
    keyed, repairs = {}, []
    for kind, table in tables.items():
        joined = named[kind] + ":" + table["CHILD"]
        changed = named[kind].notna() & table["CHILD"].notna()
        keyed[kind] = table.assign(CHILD=table["CHILD"].mask(changed, joined)).drop(columns="authority")
        repairs.append(Repair("authority put before the child", len(table), int(changed.sum())))
    meaning = (
        f"The files pool {len(authorities)} authorities; each child is known by authority and identifier together."
    )
    without = sorted(kind for kind, names in named.items() if names.isna().any())
    notices = [Notice("several authorities", "warning", meaning, "Read one authority at a time.", "episodes")]
    if without:
        meaning = f"Rows of {', '.join(without)} name no authority, so they cannot be joined to the children of one."
        notices.append(Notice("authority lacking", "error", meaning, "Fill in the LA column.", without[0]))
    return Placed(keyed, tuple(notices), tuple(repairs))


def give_years(tables: Tables, digests: Mapping[str, str]) -> Placed:
    """Every table with `year` (ending 31 March) on every row, twins left out, later files further down.

    Rows keep the index they have in `tables`, so that one may be found again once its file is known by another name.
    tables: typed, with `file`, `row` and `label` (the YEAR cell, or ""). digests: a fingerprint of each file's bytes.
    """
    parts = {kind: parts_of(kind, table) for kind, table in tables.items()}
    dated = date_episodes(parts["episodes"])
    notices = _episode_notices(dated)
    rules = _Rules.of(dated, tables["episodes"])
    placed: dict[str, pd.DataFrame] = {}
    repairs: list[Repair] = []
    twice: set[int] = set()
    for kind, table in sorted(tables.items(), key=lambda item: item[0] != "episodes"):
        years, said = _years(table, parts[kind], dated if kind == "episodes" else rules)
        rows, twins = _without_twins(table.assign(year=years).drop(columns="label"), digests)
        repeats = _repeats(rows, twice)
        placed[kind] = _with_halves_joined(rows, repeats)
        if kind == "episodes":
            twice = {repeat.year for repeat in repeats if not repeat.halves}
            notices += [_repeat_notice(repeat) for repeat in repeats]
        notices += [*said, *(notice for notice, _ in twins)]
        repairs += [repair for _, repair in twins]
    placed = {kind: placed[kind] for kind in tables}
    return Placed(placed, tuple(notices), tuple(repairs))


# ---- years of tables that have no dates of their own -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rules:
    """What the episodes teach about the years of other tables' files.

    by_name: (folder, name's year) -> years, and ("", name's year) for any folder. by_place: file or folder -> years.
    """

    by_name: Mapping[tuple[str, object], frozenset[int]]
    by_place: Mapping[str, frozenset[int]]
    habit: int
    last: int

    @classmethod
    def of(cls, dated: Mapping[Part, Dated], episodes: pd.DataFrame) -> _Rules:
        """What can be learnt from the parts of the episodes and the years they were given."""
        by_name: dict[tuple[str, object], set[int]] = {}
        by_place: dict[str, set[int]] = {}
        for part, given in dated.items():
            if given.year is None:
                continue
            for key in ((_folder(part.source), part.named), ("", part.named)):
                by_name.setdefault(key, set()).add(given.year)
            for place in (_file(part.source), _folder(part.source)):
                by_place.setdefault(place, set()).add(given.year)
        years = [given.year for given in dated.values() if given.year is not None]
        years += [int(years_of_history(episodes).max())] if None in {given.year for given in dated.values()} else []
        return cls(
            {key: frozenset(found) for key, found in by_name.items()},
            {place: frozenset(found) for place, found in by_place.items()},
            naming_habit(dated),
            max(years),
        )

    def year_of(self, part: Part, rows: pd.DataFrame) -> tuple[int, str]:
        """The year of a part of another table, and how it was come by where that needs saying."""
        if part.named is not None:
            for key in ((_folder(part.source), part.named), ("", part.named)):
                if len(found := self.by_name.get(key, frozenset())) == 1:
                    return next(iter(found)), ""
            return part.named.year + (0 if part.named.sure else self.habit), ""
        for place in (_file(part.source), _folder(part.source)):
            if len(found := self.by_place.get(place, frozenset())) == 1:
                return next(iter(found)), ""
        if column := OWN_DATES.get(part.table):
            years = year_ending(rows[column].dropna()).value_counts()
            if len(years) and years.iloc[0] >= MOST * years.sum():
                return int(years.index[0]), ""
        return self.last, "has no year of its own; filed under the last"


def _file(source: str) -> str:
    return source.partition(" [")[0]


def _folder(source: str) -> str:
    return f"{Path(_file(source)).parent.as_posix()}/"


def _years(
    table: pd.DataFrame, parts: list[Part], given: Mapping[Part, Dated] | _Rules
) -> tuple[pd.Series, list[Notice]]:
    """The year of each row of a table, part by part."""
    years = np.zeros(len(table), dtype="int64")
    notices = []
    groups = table.groupby(["file", "label"], sort=False, observed=True).indices
    for part in parts:
        rows = groups[part.source, part.label]
        if isinstance(given, _Rules):
            year, how = given.year_of(part, table.iloc[rows])
            years[rows] = year
            if how:
                meaning = f"The {part.table} table {how}, the year ending 31 March {year}."
                notices.append(Notice("year unknown", "note", meaning, "Put the year in its name.", part.source))
        else:
            whole = given[part].year
            years[rows] = years_of_history(table.iloc[rows]).to_numpy() if whole is None else whole
    return pd.Series(years, index=table.index), notices


def _episode_notices(dated: Mapping[Part, Dated]) -> list[Notice]:
    """What there is to say of the years of the episodes: names that dispute the dates, histories, and the habit."""
    notices = []
    for part, given in dated.items():
        if given.disputed and part.named:
            meaning = f"The name says {part.named.year} but its episodes end in the year ending 31 March {given.year}."
            step = "The dates were believed; rename the file, or correct its YEAR column."
            notices.append(Notice("year disputed", "warning", meaning, step, part.source))
        if given.year is None:
            meaning = "Episodes of several years stand together with no YEAR column; each was put in the year it ended."
            step = "Send one file a year, or add a YEAR column."
            notices.append(Notice("several years in one", "warning", meaning, step, part.source))
    gaps = {
        given.year - part.named.year
        for part, given in dated.items()
        if part.named and not part.named.sure and given.year and not given.disputed and part.ends
    }
    if gaps == {0, 1}:
        meaning = "Some names give the year a collection starts in and some the year it ends in; the dates decided."
        notices.append(Notice("names disagree", "warning", meaning, "Name the files in one way.", "episodes"))
    elif gaps == {1}:
        meaning = "The years in the names are those in which the collection starts: 2017 is April 2017 to March 2018."
        notices.append(Notice("names give the start", "note", meaning, "Nothing.", "episodes"))
    return notices


# ---- a year that came more than once ----------------------------------------------------------------------------


def _without_twins(table: pd.DataFrame, digests: Mapping[str, str]) -> tuple[pd.DataFrame, list[tuple[Notice, Repair]]]:
    """The table without files that repeat, byte for byte, another file of the same year."""
    left_out = []
    keep = pd.Series(True, index=table.index)
    first: dict[tuple[int, str, str], str] = {}
    for year, file in table[["year", "file"]].drop_duplicates().itertuples(index=False):
        twin = first.setdefault((year, digests.get(file, file), file.partition(" [")[2]), file)
        if twin != file:
            rows = table["file"].eq(file) & table["year"].eq(year)
            keep &= ~rows
            meaning = f"The file is byte for byte the same as {twin}; it was left out."
            notice = Notice("twin file", "warning", meaning, "Take one away.", file, tuple(table.loc[rows, "row"]))
            children = frozenset(table.loc[rows, "CHILD"].dropna())
            left_out.append(
                (replace(notice, children=len(children)), Repair("twin files", len(table), int(rows.sum()), children))
            )
    return table[keep], left_out


@dataclass(frozen=True, slots=True)
class _Repeat:
    """A year that several files of one table hold, in order: submissions one after another, or halves of one."""

    year: int
    files: tuple[str, ...]
    halves: bool


def _repeats(table: pd.DataFrame, twice: set[int]) -> list[_Repeat]:
    """The years that came in several files.

    twice: years whose episodes were submitted anew, so that nothing of them is a half: a short table of a later
    submission may well share no child with the earlier one.
    """
    sent = table[["year", "file"]].drop_duplicates()
    found = []
    for year in sorted(sent.loc[sent["year"].duplicated(), "year"].unique()):
        rows = table[table["year"] == year]
        children = {str(file): set(part["CHILD"].dropna()) for file, part in rows.groupby("file", sort=False)}
        halves = int(year) not in twice and not _share_children(children.values())
        found.append(_Repeat(int(year), tuple(children), halves))
    return found


def _repeat_notice(repeat: _Repeat) -> Notice:
    year, files = repeat.year, repeat.files
    if repeat.halves:
        meaning = (
            f"{len(files)} files share the year ending 31 March {year} and hardly a child; read as one submission."
        )
        return Notice("year in several files", "note", meaning, "Nothing, if that is so.", " + ".join(files))
    meaning = f"{len(files)} submissions for the year ending 31 March {year}; the later, by name, is {files[-1]}."
    step = "Take away the one not meant, or name it so that it sorts first."
    return Notice("year sent twice", "warning", meaning, step, files[0])


def _with_halves_joined(table: pd.DataFrame, repeats: list[_Repeat]) -> pd.DataFrame:
    """The table with the files of one submission under one name."""
    names = {
        (repeat.year, file): " + ".join(repeat.files) for repeat in repeats if repeat.halves for file in repeat.files
    }
    if not names:
        return table
    joint = [names.get(key, key[1]) for key in zip(table["year"], table["file"], strict=True)]
    return table.assign(file=pd.Series(joint, index=table.index, dtype="str"))


def _share_children(groups: Iterable[set[str]]) -> bool:
    """Whether files of one year hold the same children, rather than a part of them each."""
    seen: set[str] = set()
    shared = smaller = 0
    for group in groups:
        if seen and group:
            shared += len(seen & group)
            smaller += min(len(seen), len(group))
        seen |= group
    return smaller > 0 and shared > HARDLY * smaller
