"""Returns from a database that keeps the Standard Safeguarding Dataset, read and never written to.

A live database changes from hour to hour, so what a pack rests on is taken out of it once, at one moment: an extract,
in the files the return itself has, one folder a collection year. From there on nothing differs from returns that a
council keeps as files: the same reading, rules, ledger and pages. docs/decisions/0036 says why; docs/database.md how.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from pathlib import Path

from cip_analysis.records import Returns
from cip_analysis.returns.safeguarding.asked import Asked, Extract
from cip_analysis.returns.safeguarding.refusals import NO_DRIVER, DatabaseError, LostError
from cip_analysis.returns.ssda903 import read_returns

__all__ = ["Asked", "DatabaseError", "Extract", "LostError", "read_database", "take_extract"]
TOLD_OF = ".extract.json"
PRIVATE_FOLDER = 0o700


def read_database(address: str, asked: Asked = Asked()) -> Returns:  # noqa: B008 -- frozen
    """The returns of each collection year, as `ssda903.read_returns` gives them, from a database.

    address: of SQLAlchemy's form (postgresql://…, mssql+pyodbc://…, sqlite:///…); it is in no message.
    Raises DatabaseError where it cannot be had, ReturnError where there is nothing in it to count.
    """
    with tempfile.TemporaryDirectory(prefix="extract-") as folder:
        place = Path(folder) / "database"
        taken = take_extract(address, place, asked)
        return read_returns(place, taken.as_at)


def take_extract(address: str, folder: Path, asked: Asked = Asked()) -> Extract:  # noqa: B008 -- frozen
    """The database's record as yearly returns in `folder`, in place of an earlier extract there; only ours to read.

    Read at one moment, in a transaction that cannot write, some thousands of rows at a time. A connection that breaks
    is tried once more from the start. Nothing is put in place before all has come.
    Raises DatabaseError; LostError where the connection broke twice.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / TOLD_OF).is_file():
        raise DatabaseError(
            f"{folder.name}: holds files that are no extract. Name an empty folder as the run's returns."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as beside:
        with suppress(LostError):
            return _take(address, Path(beside) / "first", folder, asked)
        return _take(address, Path(beside) / "second", folder, asked)


def _take(address: str, part: Path, folder: Path, asked: Asked) -> Extract:
    """One try."""
    try:
        from cip_analysis.returns.safeguarding.connecting import Counter, reading
        from cip_analysis.returns.safeguarding.extracting import write_extract
        from cip_analysis.returns.safeguarding.streaming import look
    except ImportError:
        raise DatabaseError(NO_DRIVER) from None
    part.mkdir(mode=PRIVATE_FOLDER)
    counted = Counter()
    with reading(address, counted) as connection:
        taken = write_extract(look(connection, counted, asked.schema), part, asked)
    told = {"source": "Standard Safeguarding Dataset", "as_at": taken.as_at.isoformat(),
            "first_year": taken.first_year, "rows": dict(taken.rows), "left_out": dict(taken.left_out)}  # fmt: skip
    (part / TOLD_OF).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    _put_in_place(part, folder)
    return taken


def _put_in_place(part: Path, folder: Path) -> None:
    """The new extract where the old one was; the old one goes with the folder it was made in."""
    if folder.exists():
        folder.rename(part.with_name("old"))
    part.rename(folder)
