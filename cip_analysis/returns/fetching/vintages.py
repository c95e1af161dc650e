"""Every vintage of a source, one beside the other, and the ledger that tells where each came from. None is replaced."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from cip_analysis.returns.fetching.download import Marks
from cip_analysis.returns.fetching.proving import Proof, hash_of
from cip_analysis.settings import Settings
from cip_analysis.source_settings import Source

try:
    import fcntl
except ImportError:  # Windows has no such holds, and none is taken there
    fcntl = None  # type: ignore[assignment]

LEDGER = "ledger.json"


class VintageError(ValueError):
    """What is kept of a source cannot be trusted, or cannot be added to."""


class Vintage(Settings):
    """One content of a source, kept in a file of its own.

    file: its name, the day it came and the first twelve characters of its hash. address: where it came from, and
    release: which one that address gives; both blank for one filed by hand. fetched: the day. size: bytes. etag,
    last_modified: what the server said of it.
    """

    file: str
    address: str
    title: str
    release: str
    fetched: date
    size: int
    sha256: str
    etag: str
    last_modified: str
    rows: int
    first_year: int
    newest_year: int

    @property
    def marks(self) -> Marks:
        """What the server said of it."""
        return Marks(self.etag, self.last_modified)


class Ledger(Settings):
    """Every vintage of one source, in the order they came."""

    vintages: tuple[Vintage, ...] = ()

    def of(self, sha256: str) -> Vintage | None:
        """The vintage of a content; None where it never came."""
        return next((vintage for vintage in self.vintages if vintage.sha256 == sha256), None)


def read_ledger(folder: Path) -> Ledger:
    """What has come of a source; nothing where its folder holds no ledger. Raises VintageError for a damaged one."""
    try:
        return Ledger.model_validate_json((folder / LEDGER).read_bytes())
    except FileNotFoundError:
        return Ledger()
    except (ValidationError, OSError):
        raise VintageError(
            f"{folder.name}/{LEDGER}: cannot be read as a ledger. Move it aside: the vintages beside it stand, and the "
            "next fetch begins a new one."
        ) from None


@contextmanager
def held_alone(folder: Path) -> Iterator[None]:
    """A source's folder, made where it is not there, for one process at a time; a killed one's hold is let go of.

    Raises VintageError where another has it, OSError where it cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".held").open("a+b") as hold:
        if fcntl is not None:
            try:
                fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise VintageError(
                    f"{folder.name}: being fetched by somebody else just now. Ask again after."
                ) from None
        yield


def last_held(folder: Path, address: str) -> Vintage | None:
    """The vintage that came last from an address and still lies unaltered in its folder; None where there is none."""
    came = [vintage for vintage in read_ledger(folder).vintages if vintage.address == address]
    return came[-1] if came and is_unaltered(folder, came[-1]) else None


def is_unaltered(folder: Path, vintage: Vintage) -> bool:
    """Whether a vintage's file still has the content it came with."""
    with suppress(OSError):
        return hash_of(folder / vintage.file) == vintage.sha256
    return False


def keep(arrived: Path, source: Source, proof: Proof, day: date, came: tuple[str, Marks]) -> tuple[Vintage, bool]:
    """A proved file moved to its place beside the others and told in the ledger, and whether it is new there.

    arrived: the file, in a folder within the source's own. came: its address ("" by hand) and the server's marks. A
    content that is held already is not kept twice; its marks are brought up to date.
    Raises VintageError where a file of its name lies there with another content.
    """
    folder = arrived.parent.parent
    ledger = read_ledger(folder)
    before = ledger.of(proof.sha256)
    address, marks = came
    named = f"{day:%Y-%m-%d}-{proof.sha256[:12]}.csv"
    if before is None:
        vintage = Vintage(
            file=named, address=address, title=source.title, release=source.release if address else "",
            fetched=day, size=proof.size, sha256=proof.sha256, etag=marks.etag, last_modified=marks.last_modified,
            rows=proof.rows, first_year=proof.first_year, newest_year=proof.newest_year,
        )  # fmt: skip
    else:
        said = {"address": address, "etag": marks.etag, "last_modified": marks.last_modified} if address else {}
        vintage = before.model_copy(update=said)
    _place(arrived, folder / vintage.file, proof.sha256)
    others = tuple(each for each in ledger.vintages if each.sha256 != proof.sha256)
    _write_ledger(folder, Ledger(vintages=(*others, vintage)))
    return vintage, before is None


def set_aside(arrived: Path, day: date) -> str:
    """A file that was refused, kept beside the vintages under a name that no run takes; its name."""
    digest = hash_of(arrived)[:12]
    folder = arrived.parent.parent
    before = sorted(folder.glob(f"rejected-*-{digest}.csv"))
    name = before[0].name if before else f"rejected-{day:%Y-%m-%d}-{digest}.csv"
    arrived.replace(folder / name)
    return name


def _place(arrived: Path, place: Path, sha256: str) -> None:
    """Move a file to its place, whole; one that lies there with the same content is left as it is."""
    if not place.exists():
        arrived.replace(place)
        _settle(place.parent)
    elif hash_of(place) != sha256:
        raise VintageError(
            f"{place.parent.name}/{place.name}: no longer has the content it came with. Move it aside and fetch again."
        )


def _write_ledger(folder: Path, ledger: Ledger) -> None:
    """The ledger, written beside its place and moved there whole."""
    part = folder / f".{LEDGER}"
    with part.open("w", encoding="utf-8") as file:
        json.dump(ledger.model_dump(mode="json"), file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / LEDGER)
    _settle(folder)


def _settle(folder: Path) -> None:
    """See a folder's own list of names onto the disk, where the system lets a folder be opened."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
