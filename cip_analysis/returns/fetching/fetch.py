"""One source fetched, or one file filed by hand: had, proved, kept beside the others, and told in a line."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from cip_analysis.returns.fetching.download import Asked, DownloadError, Marks, Move, Patience, download, forget
from cip_analysis.returns.fetching.proving import ArrivalError, prove, unpack
from cip_analysis.returns.fetching.vintages import (
    Vintage,
    held_alone,
    keep,
    last_held,
    read_ledger,
    set_aside,
)
from cip_analysis.source_settings import Source

State = Literal["fetched", "filed", "unchanged", "held already"]


class FetchError(ValueError):
    """A source was not had, or what came was not kept. What was held before stands."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of one source: the vintage that now is its last, its file, and what to know about it."""

    state: State
    vintage: Vintage
    file: Path
    notes: tuple[str, ...] = ()


def fetch_source(source: Source, folder: Path, day: date, patience: Patience, move: Move) -> Fetched:
    """The source's data set, filed in its own folder within `folder`; nothing is transferred where it is unchanged.

    day: the day it is fetched, which names its file. move: told the bytes had and, where known, of how many.
    Raises FetchError saying what stands in the way and what to do.
    """
    place = folder / source.name
    with _told(source, place), held_alone(place):
        part = place / ".part"
        held = last_held(place, source.address)
        asked = Asked(source.address, source.most_bytes, part, held.marks if held else Marks())
        try:
            received = download(asked, patience, move)
        except DownloadError as error:
            raise FetchError(f"{source.name}: {error} {by_hand(source)}") from None
        except OSError:
            forget(part)
            raise
        if received is None and held is not None:
            return Fetched("unchanged", held, place / held.file, _notes(source, held, day))
        if received is None:
            raise FetchError(f"{source.name}: said to be unchanged, but nothing is held of it. Fetch it again.")
        with _arriving(place, source) as arrived:
            try:
                unpack(part, received.packed, arrived, source.most_bytes)
            finally:
                forget(part)
            return _file(arrived, source, day, (source.address, received.marks), received.sized)


def file_by_hand(source: Source, folder: Path, given: Path, day: date) -> Fetched:
    """A file that somebody downloaded, proved and filed as one fetched would be. The file given stays where it is.

    Raises FetchError saying what is wrong with it.
    """
    place = folder / source.name
    try:
        given.open("rb").close()
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise FetchError(f"{given.name}: cannot be opened ({reason}). Check the file, and who may read it.") from None
    with _told(source, place), held_alone(place), _arriving(place, source) as arrived:
        unpack(given, "", arrived, source.most_bytes)
        return _file(arrived, source, day, ("", Marks()), sized=True)


def by_hand(source: Source) -> str:
    """What to do where the network will not have it."""
    called = f" (the publisher calls the file {source.filename})" if source.filename else ""
    return (
        f"It can be downloaded by hand on any machine, from {source.page}{called}; unpack it and file it with "
        f"`cip fetch published --source {source.name} --from FILE`: it is proved and kept the same way."
    )


def _file(arrived: Path, source: Source, day: date, came: tuple[str, Marks], sized: bool) -> Fetched:
    """An arrived file proved and kept, or set aside where a person should see why not."""
    place = arrived.parent.parent
    before = read_ledger(place).vintages
    try:
        proof = prove(arrived, source, sized)
    except ArrivalError as error:
        aside = f" What came is kept as {source.name}/{set_aside(arrived, day)}." if error.worth_a_look else ""
        raise FetchError(f"{error}{aside} Nothing held before was touched.") from None
    vintage, new = keep(arrived, source, proof, day, came)
    notes = [*proof.notes, *_notes(source, vintage, day)]
    if new and (later := max((each.newest_year for each in before), default=0)) > vintage.newest_year:
        notes.append(f"its newest year is {vintage.newest_year}, and {later} is held already: an earlier release")
    done: State = ("fetched" if came[0] else "filed") if new else "held already"
    return Fetched(done, vintage, place / vintage.file, tuple(notes))


def _notes(source: Source, vintage: Vintage, day: date) -> tuple[str, ...]:
    """What to know of a vintage on a day: that a later release may be out, which has another address."""
    due = source.next_due
    if due is None or day <= due or vintage.newest_year >= due.year:
        return ()
    return (f"a later release was expected by {due.day} {due:%B %Y}, at an address of its own: see {source.page}",)


@contextmanager
def _arriving(place: Path, source: Source) -> Iterator[Path]:
    """Where an arrived file lies while it is proved, under the source's name, with nothing left over."""
    folder = place / ".arriving"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder / f"{source.name}.csv"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _told(source: Source, place: Path) -> Iterator[None]:
    """Whatever goes wrong with the disk or with what is kept, said of the source."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise FetchError(
            f"{source.name}: {place.parent.name}/{place.name} could not be written ({reason}). Check the room on the "
            "disk and who may use the folder, or name another with --to. Nothing held before was touched."
        ) from None
    except FetchError:
        raise
    except ValueError as error:
        raise FetchError(str(error)) from None
