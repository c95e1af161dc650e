"""What arrived is proved before it is kept: the publisher's CSV, whole, with the columns and figures expected."""

from __future__ import annotations

import csv
import gzip
import hashlib
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cip_analysis.returns.published import PublishedError, read_published, read_sheet
from cip_analysis.source_settings import PERIOD, Source

PIECE = 1 << 20


class ArrivalError(ValueError):
    """What arrived is not what was asked for; `worth_a_look` where it is CSV, which a person should see."""

    def __init__(self, said: str, worth_a_look: bool = False) -> None:
        super().__init__(said)
        self.worth_a_look = worth_a_look


@dataclass(frozen=True, slots=True)
class Proof:
    """What a proved file holds: its hash, size in bytes, rows, first and newest year, and what is new in it."""

    sha256: str
    size: int
    rows: int
    first_year: int
    newest_year: int
    notes: tuple[str, ...] = ()


def unpack(part: Path, packed: str, to: Path, most_bytes: int) -> None:
    """The file that a part is, unpacked where it came packed, written out to the disk itself.

    Raises ArrivalError where it is damaged, or larger than `most_bytes` once unpacked.
    """
    try:
        with part.open("rb") as sent, to.open("wb") as file:
            source = gzip.GzipFile(fileobj=sent) if packed == "gzip" else sent
            while piece := source.read(PIECE):
                file.write(piece)
                if file.tell() > most_bytes:
                    raise ArrivalError(
                        f"{to.name}: unpacked it is more than {most_bytes / 1e6:g} MB. Look at the page."
                    )
            file.flush()
            os.fsync(file.fileno())
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise ArrivalError(f"{to.name}: arrived damaged and cannot be unpacked. Fetch it again.") from None


def hash_of(path: Path) -> str:
    """The SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def prove(path: Path, source: Source, sized: bool = True) -> Proof:
    """That a file is the source's: CSV, whole, its columns, its years, and the figures its reader must find.

    sized: whether its length was known beforehand; where it was not, a file must end with its line.
    Raises ArrivalError saying what it is instead.
    """
    digest = hash_of(path)
    try:
        sheet = read_sheet(path)
    except PublishedError as error:
        raise ArrivalError(str(error)) from None
    if source.sha256 and digest != source.sha256:
        raise ArrivalError(
            f"{path.name}: its SHA-256 begins {digest[:12]}, and the file of sources insists on {source.sha256[:12]}. "
            "Ask the publisher what changed; then correct sha256 there.",
            worth_a_look=True,
        )
    notes = _check_columns(path.name, sheet, source)
    _check_whole(path, sheet.shape[1], sized)
    years = _years(path.name, sheet)
    if source.reader == "published":
        _check_figures(path, source)
    return Proof(digest, path.stat().st_size, len(sheet), int(years.min()), int(years.max()), notes)


def _check_columns(name: str, sheet: pd.DataFrame, source: Source) -> tuple[str, ...]:
    """Refuse a sheet that lacks columns; those it has beyond what was expected, as a note."""
    held = [source.spellings.get(column, column) for column in map(str, sheet)]
    missing = [column for column in source.columns if column not in held]
    added = [column for column in held if column not in source.columns]
    new = f"new: {', '.join(added[:12])}" if added else "none is new"
    if missing:
        raise ArrivalError(
            f"{name}: columns changed. Missing: {', '.join(missing)}; {new}. If a column was renamed, say so under "
            "spellings and columns in the file of sources; a new layout needs a reader.",
            worth_a_look=True,
        )
    return (f"columns {new}, and left alone",) if added else ()


def _check_whole(path: Path, columns: int, sized: bool) -> None:
    """Refuse a file that ends in the middle: a reader of tables would fill its last row up and say nothing."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            short = [number for number, row in enumerate(csv.reader(file), 1) if row and len(row) < columns]
    except csv.Error as error:
        raise ArrivalError(f"{path.name}: not readable as CSV ({error}). Fetch it again.") from None
    if short:
        raise ArrivalError(
            f"{path.name}: {len(short)} rows have fewer cells than columns, first at row {short[0]}. It was cut short "
            "on its way, or is damaged. Fetch it again."
        )
    if not sized and not path.read_bytes().endswith(b"\n"):
        raise ArrivalError(f"{path.name}: its length was not told and its last line has no end. Fetch it again.")


def _years(name: str, sheet: pd.DataFrame) -> pd.Series[int]:
    """The years a sheet is of, one a row: the first four figures of its period."""
    periods = sheet[PERIOD].str.strip()
    wrong = ~periods.str.fullmatch(r"(19|20)\d{2}(\d{2})?")
    if wrong.any():
        row = int(wrong.to_numpy().argmax()) + 2
        raise ArrivalError(
            f"{name}: {int(wrong.sum())} rows have a {PERIOD} that is no year, first at row {row}. Look at the file "
            "beside the publisher's page.",
            worth_a_look=True,
        )
    return periods.str[:4].astype("int64")


def _check_figures(path: Path, source: Source) -> None:
    """Refuse a file in which the suite's own reader does not find the figures that the source is fetched for."""
    try:
        figures = read_published(path).table
    except ValueError as error:
        raise ArrivalError(str(error), worth_a_look=True) from None
    found = set(figures.loc[figures["level"] == "authority", "measure"])
    if lost := [measure for measure in source.measures if measure not in found]:
        raise ArrivalError(
            f"{path.name}: no figures of authorities for {', '.join(lost)}. The publisher's wording may have changed: "
            "look at the file, and at the wordings in cip_analysis/returns/published.py.",
            worth_a_look=True,
        )
