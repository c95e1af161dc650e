"""Rows of a database spoiled at random: each cell may be of any type, any row may be lost, doubled or another's."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import numpy as np
from databases import EPISODE, LEGAL, PERSON, PLACEMENT
from fuzzing import CANARY
from spoiling import TOKENS

from cip_analysis.returns.checks import check_returns
from cip_analysis.returns.database import Asked, DatabaseError, read_database
from cip_analysis.returns.episodes import build_episodes
from cip_analysis.returns.ssda903 import ReturnError
from cip_analysis.safeguarding import DAY, TABLES

ROWS_A_DATABASE = 250
AWKWARD: tuple[object, ...] = (
    None, "", 0, -1, 1.5, 1e308, float("inf"), 2**62, b"\x00\xff", b"text", "NULL", "0001-01-01", "9999-12-31 23:59:59",
    "2018-02-30 00:00:00", "2016-06-01T00:00:00Z", "31/12/2016", "06/13/2016", 42736, 20160601, "x" * 4_000,
    "\u202e", "é",
    *(token.decode("latin-1") for token in TOKENS),
)  # fmt: skip
GOOD: dict[str, dict[str, object]] = {
    "ssd_person": dict(PERSON),
    "ssd_cla_episodes": dict(EPISODE),
    "ssd_cla_placement": dict(PLACEMENT),
    "ssd_legal_status": dict(LEGAL),
}


def a_row(table: str, child: str, chance: np.random.Generator) -> dict[str, object]:
    """A row of a table for a child, its days somewhere in six years, one cell in twelve awkward."""
    row: dict[str, object] = {}
    for column, kind in TABLES[table].items():
        day = f"{int(chance.integers(2013, 2019))}-{int(chance.integers(1, 13)):02d}-{int(chance.integers(1, 29)):02d}"
        value = GOOD.get(table, {}).get(column, day if kind == DAY else str(int(chance.integers(0, 9))))
        if kind == DAY:
            value = day if value is not None or chance.random() < 0.5 else None
        if column.endswith(("_id",)):
            value = child
        row[column] = value if chance.random() > 1 / 12 else AWKWARD[int(chance.integers(len(AWKWARD)))]
    return row


def fill(path: Path, seed: int) -> None:
    """A database of so many spoiled rows. The same seed gives the same."""
    chance = np.random.default_rng([seed, 903])
    names = list(TABLES)
    with closing(sqlite3.connect(path)) as connection:
        for name, columns in TABLES.items():
            connection.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
        for number in range(ROWS_A_DATABASE):
            child = CANARY if number % 50 == 0 else str(int(chance.integers(1, 40)))
            table = names[number % 4] if number < ROWS_A_DATABASE // 2 else names[int(chance.integers(len(names)))]
            row = a_row(table, child, chance)
            connection.execute(
                f"INSERT INTO {table} VALUES ({', '.join('?' for _ in row)})",  # noqa: S608 -- our own names
                tuple(row.values()),
            )
        connection.commit()


def fault_of_rows(seed: int, folder: Path) -> str:
    """What came of one database that may not: an error nobody documents, a child named, or an episode lost."""
    path = folder / f"{seed}.db"
    fill(path, seed)
    try:
        returns = read_database(f"sqlite:///{path}", Asked(date(2018, 3, 31), 2014))
        check_returns(returns)
        build_episodes(returns)
    except (DatabaseError, ReturnError) as error:
        return f"names a child: {type(error).__name__}" if CANARY in str(error) else ""
    except Exception as error:  # noqa: BLE001  (the whole point: nothing else may come)
        import traceback

        ours = [each for each in traceback.extract_tb(error.__traceback__) if "cip_analysis" in each.filename]
        return f"{type(error).__name__} at {Path(ours[-1].filename).name}:{ours[-1].lineno}: {str(error)[:80]}"
    finally:
        path.unlink()
    return ""
