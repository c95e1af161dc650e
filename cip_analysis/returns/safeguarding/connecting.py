"""Opening a database to read and never to write, at one moment of it; and saying what went wrong without its address.

A driver's own message may hold the host, the user or a row, so none is ever passed on: the error is told by its class.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from cip_analysis.returns.safeguarding import refusals
from cip_analysis.returns.safeguarding.refusals import DatabaseError, LostError

AT_ONE_MOMENT: Mapping[str, Mapping[str, object]] = {
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
    "mssql": {"isolation_level": "SNAPSHOT"},
    "sqlite": {},
}
"""How each kind of database is made to show one moment of itself, and (SQLite: by its file) to refuse writing."""
SQLSTATES: Mapping[str, str] = {
    "28": refusals.REFUSED, "3D": refusals.NO_SUCH_DATABASE, "42501": refusals.NO_PERMISSION,
}  # fmt: skip
BROKEN = ("08", "57P", "25P03", "HYT", "01002")


class Counter:
    """How many rows have come, for a message should the connection break."""

    def __init__(self) -> None:
        self.rows = 0


@contextmanager
def reading(address: str, counted: Counter) -> Iterator[sa.Connection]:
    """A connection that can only read, and sees one moment of the database however long it is open.

    counted: rows read so far, kept by whoever reads. Raises DatabaseError; LostError where the connection breaks.
    """
    engine = _engine(address)
    connected = False
    try:
        with engine.connect() as plain:
            connection = plain.execution_options(**AT_ONE_MOMENT[engine.dialect.name])
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")
            connection.execute(sa.text("SELECT 1"))
            connected = True
            yield connection
    except DBAPIError as error:
        raise _told(error, counted, connected=connected) from None
    except (sqlite3.Error, OSError) as error:
        raise DatabaseError(refusals.not_answered(type(error).__name__)) from None
    finally:
        engine.dispose()


def _engine(address: str) -> sa.Engine:
    try:
        url = sa.make_url(address)
        if url.get_backend_name() == "sqlite":
            return _file_engine(url)
        if url.get_backend_name() not in AT_ONE_MOMENT:
            raise DatabaseError(
                f"{url.get_backend_name()} is a kind of database this project has not been tried with. "
                "PostgreSQL, SQL Server and SQLite are read."
            )
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        return sa.create_engine(url, poolclass=NullPool, hide_parameters=True)
    except (ArgumentError, ValueError) as error:
        if isinstance(error, DatabaseError):
            raise
        raise DatabaseError(refusals.NO_ADDRESS) from None
    except (NoSuchModuleError, ImportError):
        raise DatabaseError(refusals.NO_DRIVER) from None


def _file_engine(url: sa.URL) -> sa.Engine:
    """An SQLite file, opened so that nothing can be written to it, and not made where it is not there."""
    path = Path(url.database or "")
    if not path.is_file():
        raise DatabaseError(f"{path.name or 'No file named'}: there is no such database file. Check its address.")
    where = f"file:{quote(str(path.resolve()))}?mode=ro"
    return sa.create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(where, uri=True), poolclass=NullPool, hide_parameters=True
    )


def _told(error: DBAPIError, counted: Counter, *, connected: bool) -> DatabaseError:
    """The driver's error in our words."""
    state = str(getattr(error.orig, "sqlstate", None) or "")
    said = str(error.orig)
    known = next((words for start, words in SQLSTATES.items() if state.startswith(start)), "")
    if known:
        return DatabaseError(known)
    if not connected and "authentication failed" in said:
        return DatabaseError(refusals.REFUSED)
    if not connected and "does not exist" in said:
        return DatabaseError(refusals.NO_SUCH_DATABASE)
    if isinstance(error.orig, sqlite3.Error):
        damaged = any(words in said for words in ("not a database", "malformed", "disk image"))
        return DatabaseError(refusals.DAMAGED if damaged else refusals.not_answered(type(error.orig).__name__))
    if not connected:
        return DatabaseError(refusals.UNREACHED)
    if error.connection_invalidated or state.startswith(BROKEN) or not state:
        return LostError(counted.rows)
    return DatabaseError(refusals.not_answered(type(error.orig).__name__))
