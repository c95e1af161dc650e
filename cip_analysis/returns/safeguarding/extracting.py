"""Rows of a database into one file a table and collection year, child by child."""

from __future__ import annotations

from collections import Counter as Tally
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path

import pandas as pd
import sqlalchemy as sa

from cip_analysis.codes import TABLES
from cip_analysis.returns.safeguarding.asked import Asked, Extract
from cip_analysis.returns.safeguarding.lines import Beside, lines_of
from cip_analysis.returns.safeguarding.others import Others, other_tables
from cip_analysis.returns.safeguarding.refusals import DatabaseError
from cip_analysis.returns.safeguarding.streaming import Source, days_of, stream, today
from cip_analysis.returns.safeguarding.years import Year, as_return, cut, left_out, year_ending
from cip_analysis.safeguarding import YEARS_KEPT

MARK = "SYNTHETIC.txt"
MARK_TEXT = "SYNTHETIC\nEvery child in this extract is invented: the database it was taken from says so.\n"
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
_NO_DAYS = pd.Series([], dtype="datetime64[us]")


@dataclass(slots=True)
class _Written:
    """The files being written: rows of each table of the return, children met, and what was left out."""

    folder: Path
    rows: Tally[str] = field(default_factory=Tally)
    left_out: Tally[str] = field(default_factory=Tally)
    children: set[str] = field(default_factory=set)

    def add(self, year: int, table: str, rows: pd.DataFrame) -> None:
        """Rows at the end of one year's table; its header too, at the first."""
        path = self.folder / str(year) / f"{table}.csv"
        path.parent.mkdir(exist_ok=True, mode=PRIVATE_FOLDER)
        rows.to_csv(path, mode="a", header=not path.exists(), index=False, lineterminator="\n")
        self.rows[table] += len(rows)


def write_extract(source: Source, folder: Path, asked: Asked) -> Extract:
    """Every year's tables, child by child."""
    first, as_at = _span(source, asked)
    others = Others.read(source)
    found = others.by_child()
    written = _Written(folder)
    years = range(first, year_ending(as_at) + 1)
    for lines, twice in lines_of(source, Beside.of(source, others.unaccompanied)):
        children = frozenset(lines["CHILD"])
        own = others.of(found, lines, children)
        written.children |= children
        written.left_out["placements held twice"] += twice
        written.left_out.update(left_out(lines, first, as_at))
        for number in years:
            _add_year(written, cut(lines, number, as_at), own)
        empty = lines.iloc[:0]
    strangers = others.leavers - written.children
    for number in years if strangers else ():
        _add_year(written, cut(empty, number, as_at), others.of(found, empty, strangers))
    if source.synthetic:
        (folder / MARK).write_text(MARK_TEXT, encoding="utf-8")
    digest = _settle(folder)
    out = {why: count for why, count in written.left_out.items() if count}
    return Extract(as_at, first, dict(written.rows), out, digest, source.synthetic)


def _add_year(written: _Written, year: Year, others: Others) -> None:
    """One year's lines and other tables of some children."""
    written.add(year.number, "episodes", as_return("episodes", {name: year.lines[name] for name in TABLES["episodes"]}))
    for name, table in other_tables(year, others).items():
        written.add(year.number, name, table)


def _span(source: Source, asked: Asked) -> tuple[int, date]:
    """The first collection year to take and the day the extract describes.

    Raises DatabaseError where there are no episodes.
    """
    episodes = source.table("ssd_cla_episodes").c
    start, end = episodes.clae_cla_episode_start_date, episodes.clae_cla_episode_ceased_date
    starts, ends = (
        pd.concat(
            [days_of(part["day"]) for part in stream(source, sa.select(day.label("day")).distinct())] or [_NO_DAYS]
        )
        for day in (start, end)
    )
    if starts.dropna().empty:
        raise DatabaseError(
            "ssd_cla_episodes holds no row with a day it begins, so there is nothing to count. Ask the database's "
            "keeper whether the standard's tables have been filled."
        )
    as_at = asked.as_at
    if as_at is None:
        known = pd.concat([starts, ends]).dropna()
        now = pd.Timestamp(today(source.connection))
        as_at = (known[known <= now].max() if (known <= now).any() else now).date()
    began = year_ending(starts.min().date())
    if asked.first_year is None:
        return max(began, year_ending(as_at) - YEARS_KEPT), as_at
    if asked.first_year > year_ending(as_at):
        raise DatabaseError(
            f"The first year asked for, {asked.first_year}, is after the day of the extract. Correct one of them."
        )
    return max(began, asked.first_year), as_at


def _settle(folder: Path) -> str:
    """Every file in the order of its children, which databases sort each in their own way; a digest of them all."""
    digest = sha256()
    for path in sorted(folder.rglob("*.csv")):
        table = pd.read_csv(path, dtype="str", keep_default_na=False)
        if table.empty:
            path.unlink()
            continue
        table.sort_values("CHILD", kind="stable").to_csv(path, index=False, lineterminator="\n")
        path.chmod(PRIVATE_FILE)
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
