"""Putting the invented county into a database, in the standard's tables, under a mark that none of it is real.

All or nothing, in one transaction. Never into tables that hold rows without the mark: they may be of real children.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from cip_analysis.safeguarding import DAY, MARK_TABLE, TABLES

AT_ONCE = 20_000
LONGEST_TEXT = 255


class CountyNotWrittenError(ValueError):
    """The invented county cannot be put into the database; nothing of it was."""


def write_county(rows: Mapping[str, pd.DataFrame], address: str) -> int:
    """The rows of rows.standard_rows into the database at `address`, in place of an earlier invented county.

    Returns how many rows were written. Raises CountyNotWrittenError, which never tells the address.
    """
    layout = _layout()
    with _writing(address) as connection:
        _refuse_real(connection)
        layout.drop_all(connection)
        layout.create_all(connection)
        return sum(_insert(connection, layout.tables[name], rows[name]) for name in TABLES)


def append_county(rows: Mapping[str, pd.DataFrame], address: str) -> int:
    """More rows of other invented children beside those of an invented county; as `write_county`."""
    layout = _layout()
    with _writing(address) as connection:
        _refuse_real(connection)
        return sum(_insert(connection, layout.tables[name], rows[name]) for name in TABLES)


@contextmanager
def _writing(address: str) -> Iterator[sa.Connection]:
    """A connection in one transaction: all of it is kept, or nothing."""
    try:
        url = sa.make_url(address)
        url = url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url
        engine = sa.create_engine(url, poolclass=NullPool, hide_parameters=True)
    except (ArgumentError, ValueError):
        raise CountyNotWrittenError(
            "That is no address of a database. Write it postgresql://user:password@host/name or sqlite:///file."
        ) from None
    except (NoSuchModuleError, ImportError):
        raise CountyNotWrittenError("No driver for that kind of database is installed: docs/database.md.") from None
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise CountyNotWrittenError(
            f"The database did not take the county ({type(error.orig).__name__}), and nothing was written. Check its "
            "address, that the server is running, and that this name may make tables."
        ) from None
    finally:
        engine.dispose()


def _layout() -> sa.MetaData:
    """The standard's tables, and the mark's."""
    layout = sa.MetaData()
    for name, columns in TABLES.items():
        kinds = {column: sa.DateTime() if kind == DAY else sa.String(LONGEST_TEXT) for column, kind in columns.items()}
        sa.Table(name, layout, *(sa.Column(column, kind) for column, kind in kinds.items()))
    sa.Table(MARK_TABLE, layout, sa.Column("said", sa.String(LONGEST_TEXT)))
    return layout


def _refuse_real(connection: sa.Connection) -> None:
    held = set(sa.inspect(connection).get_table_names())
    if MARK_TABLE in held:
        return
    filled = [name for name in sorted(held & TABLES.keys()) if _has_rows(connection, name)]
    if filled:
        raise CountyNotWrittenError(
            f"The database holds rows in {', '.join(filled)} and no mark that they are invented, so nothing was "
            "written: they may be of real children. Name an empty database."
        )


def _has_rows(connection: sa.Connection, name: str) -> bool:
    return connection.execute(sa.select(sa.literal(1)).select_from(sa.table(name)).limit(1)).first() is not None


def _insert(connection: sa.Connection, table: sa.Table, rows: pd.DataFrame) -> int:
    """A table's rows, some thousands at a time, blanks as NULL."""
    for begin in range(0, len(rows), AT_ONCE):
        part = rows.iloc[begin : begin + AT_ONCE]
        names, columns = [str(name) for name in part], [_values(part[name]) for name in part]
        rows_told = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
        connection.execute(table.insert(), rows_told)
    return len(rows)


def _values(column: pd.Series) -> list[object]:
    if pd.api.types.is_datetime64_any_dtype(column):
        return [None if pd.isna(day) else day.to_pydatetime() for day in column]
    return [None if pd.isna(text) else str(text) for text in column]
