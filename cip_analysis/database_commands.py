"""Taking returns out of a database: a thin door, as `cli` is, and the only one that is told where the database stands.

The address is a secret. It comes from CIP_DATABASE_URL, or from the file that CIP_DATABASE_FILE names outside the
project, and goes no further than the connection: into no settings, manifest, log, message or notebook.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cip_analysis.printing import NOT_USABLE, WRONG_CALL, console, stop
from cip_analysis.settings import Run, find_root, read_settings

if TYPE_CHECKING:
    import pandas as pd

ADDRESS, ADDRESS_FILE = "CIP_DATABASE_URL", "CIP_DATABASE_FILE"
OWN_FOLDER = Path("data") / "returns"
NOT_TOLD = (
    f"This run's returns come from a database, and nothing says where it is. Set {ADDRESS} to its address, or "
    f"{ADDRESS_FILE} to a file outside the project that holds it (docs/database.md)."
)


def extract(
    run_file: Annotated[
        Path, typer.Argument(metavar="RUN", help="Run file with a [database], e.g. config/runs/….toml.")
    ],
) -> None:
    """Take a run's returns out of its database, into the folder the run names. Exit 0 taken, 1 not, 2 wrong call."""
    try:
        root = find_root(Path.cwd())
        run = read_settings(run_file, Run)
        if run.database is None:
            raise ValueError(f"{run_file.name}: this run has no [database]. Its returns are read where they are.")
        address = database_address(root)
        if address is None:
            raise ValueError(NOT_TOLD)
    except (ValueError, OSError) as error:
        stop(error, WRONG_CALL)
    try:
        take(root, run, address)
    except (ValueError, OSError) as error:
        stop(error, NOT_USABLE)


def see_to_extract(root: Path, run: Run) -> None:
    """Have a run's extract new where the database's address is known; as it stands, and said, where it is not.

    Raises ValueError where there is neither an address nor an extract.
    """
    if run.database is None:
        return
    from cip_analysis.returns.database import TOLD_OF

    if (address := database_address(root)) is not None:
        take(root, run, address)
    elif (root / run.returns / TOLD_OF).is_file():
        console.print(f"{ADDRESS} is not set: the extract taken before, in {run.returns}, is read as it stands.")
    else:
        raise ValueError(NOT_TOLD)


def take(root: Path, run: Run, address: str) -> None:
    """The extract of a run with a [database], in the folder its `returns` names; what was taken is printed."""
    from cip_analysis.returns.database import Asked, take_extract

    if run.database is None or not run.returns:
        raise ValueError("A run with a [database] names in `returns` the folder its extract goes into.")
    folder = (root / run.returns).resolve()
    if folder.is_relative_to(root) and not folder.is_relative_to(root / OWN_FOLDER):
        raise ValueError(
            f"An extract holds children's records, so within the project it may only go under {OWN_FOLDER.as_posix()}, "
            "which version control ignores. Correct `returns` in the run's settings."
        )
    asked = Asked(run.as_at, run.database.first_year, run.database.db_schema)
    with console.status("Reading the database"):
        taken = take_extract(address, folder, asked)
    rows = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in taken.rows.items())
    console.print(
        f"Taken from the database as at {taken.as_at:%d %B %Y}, years ending March {taken.first_year} on: {rows}.",
        soft_wrap=True, highlight=False,
    )  # fmt: skip
    for why, count in taken.left_out.items():
        console.print(f"Left out: {count:,} {why}.", soft_wrap=True, highlight=False)


def database_address(root: Path) -> str | None:
    """The address this machine was told; None where it was told none.

    Raises ValueError, without the address, where it was told twice or in a file that others may come to see.
    """
    address, named = os.environ.get(ADDRESS, "").strip(), os.environ.get(ADDRESS_FILE, "").strip()
    if address and named:
        raise ValueError(f"Both {ADDRESS} and {ADDRESS_FILE} are set. Leave one.")
    if not named:
        return address or None
    path = Path(named).resolve()
    if path.is_relative_to(root.resolve()):
        raise ValueError(
            f"{ADDRESS_FILE} names a file within the project, where it could be committed. Move it outside."
        )
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        raise ValueError(
            f"The file {ADDRESS_FILE} names cannot be read. Check its path, and who may read it."
        ) from None


def address_in(to: str) -> str | None:
    """The database that `--to` means, its address typed or known to this machine; None where it means a folder."""
    if to != "database":
        return to if "://" in to or to.startswith("sqlite:") else None
    if (address := database_address(Path.cwd())) is None:
        raise ValueError(f"--to database needs {ADDRESS} or {ADDRESS_FILE} to say which.")
    return address


def write_to(address: str, files: Mapping[str, pd.DataFrame]) -> int:
    """An invented county's returns into a database; how many rows. Its payments have no place in the standard."""
    try:
        from cip_analysis.synthetic.database.writing import write_county
    except ImportError:
        raise ValueError("Install the databases extra first: pip install 'cip-analysis[databases]'.") from None
    from cip_analysis.synthetic.database.rows import by_year, standard_rows

    return write_county(standard_rows(by_year(files)), address)
