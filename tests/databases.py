"""Databases for tests: SQLite files made by hand, and what stands between a reader and a server."""

from __future__ import annotations

import socket
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from cip_analysis.safeguarding import NEEDED, TABLES

Row = Mapping[str, object]
PERSON = {"pers_person_id": "1", "pers_sex": "M", "pers_ethnicity": "WBRI", "pers_dob": "2010-05-01 00:00:00"}
EPISODE = {
    "clae_cla_episode_id": "e1", "clae_person_id": "1", "clae_cla_placement_id": "p1", "clae_cla_id": "c1",
    "clae_cla_episode_start_date": "2016-06-01 00:00:00", "clae_cla_episode_start_reason": "S",
    "clae_cla_primary_need_code": "N1", "clae_cla_episode_ceased_date": None, "clae_cla_episode_ceased_reason": None,
}  # fmt: skip
PLACEMENT = {
    "clap_cla_placement_id": "p1", "clap_cla_placement_type": "U6", "clap_cla_placement_provider": "PR1",
    "clap_cla_placement_postcode": "AB1 0JD", "clap_cla_placement_end_date": None,
}  # fmt: skip
LEGAL = {"lega_person_id": "1", "lega_legal_status": "C2", "lega_legal_status_start_date": "2016-06-01 00:00:00"}


def a_database(path: Path, tables: Mapping[str, Sequence[Row]], without: Sequence[str] = ()) -> str:
    """An SQLite file with the needed tables, those in `tables` filled with their rows; its address.

    without: tables, or "table.column", that it lacks.
    """
    with closing(sqlite3.connect(path)) as connection:
        for name in {**dict.fromkeys(NEEDED), **dict.fromkeys(tables)}:
            columns = [column for column in TABLES[name] if f"{name}.{column}" not in without]
            if name in without:
                continue
            connection.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
            for row in tables.get(name, ()):
                marks = ", ".join("?" for _ in row)
                filled = f"INSERT INTO {name} ({', '.join(row)}) VALUES ({marks})"  # noqa: S608 -- our own names
                connection.execute(filled, tuple(row.values()))
        connection.commit()
    return f"sqlite:///{path}"


def one_child(**changes: Sequence[Row]) -> dict[str, Sequence[Row]]:
    """The needed tables of one child in care since June 2016, with other rows for the tables named."""
    held: dict[str, Sequence[Row]] = {
        "ssd_person": [PERSON],
        "ssd_cla_episodes": [EPISODE],
        "ssd_cla_placement": [PLACEMENT],
        "ssd_legal_status": [LEGAL],
    }
    return {**held, **changes}


@contextmanager
def cut_off(port: int, after: int, times: int) -> Iterator[int]:
    """A port that leads to the server's, but breaks each of the first `times` connections after so many bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        left = [times]

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    breaks = left[0] > 0
                    left[0] -= 1
                    server = socket.create_connection(("127.0.0.1", port))
                    threading.Thread(target=_pass, args=(client, server, None), daemon=True).start()
                    threading.Thread(
                        target=_pass, args=(server, client, after if breaks else None), daemon=True
                    ).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]


def _pass(source: socket.socket, target: socket.socket, most: int | None) -> None:
    """Bytes from one to the other; both broken off once `most` have gone by."""
    gone = 0
    with suppress(OSError):
        while part := source.recv(65536):
            target.sendall(part)
            gone += len(part)
            if most is not None and gone >= most:
                break
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
