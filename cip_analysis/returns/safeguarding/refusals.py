"""What can go wrong with a database, said without a word of where it is or who asked."""

from __future__ import annotations


class DatabaseError(ValueError):
    """Returns cannot be had from the database. What was had before stands as it was."""


class LostError(DatabaseError):
    """The connection broke while rows were being read. rows: how many had come by then."""

    def __init__(self, rows: int) -> None:
        super().__init__(
            f"The connection to the database was lost after {rows:,} rows. Nothing of them was kept, and an earlier "
            "extract stands as it was. Try again, or ask the database's keeper whether long reads are cut off."
        )
        self.rows = rows


NO_DRIVER = (
    "Reading a database needs libraries that are not installed. Install them with the project's `databases` extra: "
    "pip install 'cip-analysis[databases]'; for SQL Server, pyodbc and Microsoft's driver too (docs/database.md)."
)
NO_ADDRESS = (
    "That is no address of a database. Write it postgresql://user:password@host/name or sqlite:///file; "
    "docs/database.md shows them all."
)
REFUSED = (
    "The database refused the name or the password. Check what CIP_DATABASE_URL, or the file named by "
    "CIP_DATABASE_FILE, holds."
)
NO_SUCH_DATABASE = "The server has no database of that name. Check the end of its address."
NO_PERMISSION = (
    "The database does not let this name read a table that is needed. Ask its keeper for the grants in "
    "docs/database.md."
)
UNREACHED = (
    "The database cannot be reached. Check that its server is running, that this machine may reach it, and the host "
    "and port in its address."
)
DAMAGED = "The file is not a database, or is damaged. Check the path in its address, or restore it from a copy."


def not_answered(kind: str) -> str:
    """A fault of the database's own that has no better words. kind: the class of the driver's error."""
    return f"The database could not answer ({kind}). Ask its keeper to look at its log; nothing was kept."
