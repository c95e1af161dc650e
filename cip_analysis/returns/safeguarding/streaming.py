"""Rows out of a database as text, some thousands at a time, whatever types its columns have.

What a column holds is read where it has one reading: a day as a day, a whole number as the digits of a code. What is
neither is passed on as it stands, for the readers of the return (`returns.reading`) to find and to say.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd
import sqlalchemy as sa

from cip_analysis.returns.reading.fields import type_columns
from cip_analysis.returns.safeguarding.connecting import Counter
from cip_analysis.returns.safeguarding.refusals import DatabaseError
from cip_analysis.safeguarding import DAY, MARK_TABLE, NEEDED, TABLES

AT_ONCE = 20_000
OWN_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")
A_DAY = "DOB"  # any column of days of the return: they are all read alike


@dataclass(frozen=True, slots=True)
class Source:
    """A database as it is read.

    schema: where its tables stand, None for the connection's own. held: table -> the columns of safeguarding.TABLES
    that it has. synthetic: it carries the mark of invented data.
    """

    connection: sa.Connection
    counted: Counter
    schema: str | None
    held: Mapping[str, tuple[str, ...]]
    synthetic: bool

    def table(self, name: str) -> sa.TableClause:
        """A table with those of its columns that are read."""
        return sa.table(name, *(sa.column(column) for column in self.held[name]), schema=self.schema)

    def has(self, name: str) -> bool:
        """Whether the table is there, with its child and something more."""
        return len(self.held.get(name, ())) > 1


def look(connection: sa.Connection, counted: Counter, schema: str) -> Source:
    """What of the standard the database holds.

    Raises DatabaseError naming every needed table and column that is not there, or every such table that is empty.
    """
    inspector = sa.inspect(connection)
    within = schema or None
    if within and within not in inspector.get_schema_names():
        raise DatabaseError(f"The database has no schema {schema}. Correct db_schema in the run's [database].")
    names = {*inspector.get_table_names(schema=within), *inspector.get_view_names(schema=within)}
    if absent := [name for name in NEEDED if name not in names]:
        raise DatabaseError(
            f"The database has no table {', '.join(absent)}. Deploy the Standard Safeguarding Dataset to it, or name "
            "the schema it stands in as db_schema in the run's [database]."
        )
    held = {}
    for name in TABLES.keys() & names:
        there = {str(column["name"]).lower() for column in inspector.get_columns(name, schema=within)}
        held[name] = tuple(column for column in TABLES[name] if column in there)
    lacking = [f"{name}.{column}" for name, needed in NEEDED.items() for column in needed if column not in held[name]]
    if lacking:
        raise DatabaseError(
            f"The database has no column {', '.join(lacking)}. Bring it to the standard's version 1.3, or give a view "
            "that has it."
        )
    source = Source(connection, counted, within, held, MARK_TABLE in names)
    asked = {name: sa.select(sa.literal(1)).select_from(source.table(name)).limit(1) for name in NEEDED}
    if empty := [name for name, one in asked.items() if connection.execute(one).first() is None]:
        raise DatabaseError(
            f"The database has no rows in {', '.join(empty)}, and children cannot be counted without them. Ask its "
            "keeper whether the standard's tables have been filled."
        )
    return source


def stream(source: Source, statement: sa.Select[tuple[object, ...]]) -> Iterator[pd.DataFrame]:
    """The rows of a statement as frames of text under its own column names, blanks as "", some thousands at a time."""
    told: dict[object, str] = {}
    with source.connection.execution_options(stream_results=True, yield_per=AT_ONCE).execute(statement) as rows:
        names = list(rows.keys())
        for part in rows.partitions():
            source.counted.rows += len(part)
            columns = zip(*part, strict=True)
            yield pd.DataFrame(
                {name: pd.array(_texts(values, told), dtype="str") for name, values in zip(names, columns, strict=True)}
            )


def _texts(values: Sequence[object], told: dict[object, str]) -> list[str]:
    """Each value as text. told: what days met before were told as, because there are few and they take long."""
    texts = []
    for value in values:
        if value is None:
            texts.append("")
        elif type(value) is str:
            texts.append(_own_day(value, told) if len(value) >= 10 and value[4] == "-" else value)
        elif isinstance(value, date):
            texts.append(
                told.get(value) or told.setdefault(value, f"{value.day:02d}/{value.month:02d}/{value.year:04d}")
            )
        else:
            texts.append(_other(value))
    return texts


def _own_day(value: str, told: dict[object, str]) -> str:
    """A day as databases without days keep it (year first), told as the return tells days; other text as it is."""
    if value not in told:
        match = OWN_DAY.fullmatch(value)
        told[value] = f"{match[3]}/{match[2]}/{match[1]}" if match else value
    return told[value]


def _other(value: object) -> str:
    """Numbers as digits, bytes as text."""
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", errors="replace")
    return f"{value:f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def read_whole(source: Source, name: str) -> pd.DataFrame:
    """A table beside the episodes, whole: its columns as text and, of each column of days, the day too (`COLUMN day`).

    A column the table lacks is blank. Without rows where the table is not there.
    """
    columns = TABLES[name]
    parts = list(stream(source, sa.select(*source.table(name).c))) if source.has(name) else []
    text = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    text = pd.DataFrame({column: text.get(column, pd.Series("", text.index, dtype="str")) for column in columns})
    days = {f"{column} day": days_of(text[column]) for column, kind in columns.items() if kind == DAY}
    return text.assign(**days)


def days_of(text: pd.Series) -> pd.Series:
    """The days that a column of text tells, by the same rules as the return's own files; blank where it tells none."""
    known = text.where(text != "")
    table = pd.DataFrame({A_DAY: known, "CHILD": "", "file": "", "row": 0}, index=text.index)
    return type_columns(table, (A_DAY,)).table[A_DAY].astype("datetime64[us]")


def today(connection: sa.Connection) -> date:
    """The day it is where the database stands."""
    said = connection.execute(
        sa.select(sa.func.current_date() if connection.dialect.name != "mssql" else sa.func.getdate())
    )
    value = said.scalar_one()
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


class ByChild:
    """A table whose rows of some children are found without looking at all the others' each time."""

    def __init__(self, table: pd.DataFrame) -> None:
        codes, known = pd.factorize(table["CHILD"])
        order = np.argsort(codes, kind="stable")
        self.table = table
        self._known = pd.Index(known)
        self._order = order
        self._begins = np.searchsorted(codes[order], np.arange(len(known) + 1))

    def rows(self, children: Collection[str]) -> pd.DataFrame:
        """Those children's rows, in the order of the table."""
        places = self._known.get_indexer(pd.Index(sorted(children), dtype="str"))
        spans = [self._order[self._begins[place] : self._begins[place + 1]] for place in places[places >= 0]]
        return self.table.iloc[np.sort(np.concatenate(spans)) if spans else []]
