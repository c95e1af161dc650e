"""A private record of every table a notebook releases, and the pack's rulings on them, inside its own Python.

A pack adds one cell before a notebook's own, `ledger.begin(rulings)`, and one after, `ledger.write(path)`. In between
every release notes its true counts, so the file is as private as the returns and never goes into a pack. Without them
(in JupyterLab, in tests) nothing is recorded and each table is protected by itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cip_analysis.publish.protection.cells import Key, Listing
from cip_analysis.publish.protection.rulings import (
    Ruled,
    Rulings,
    read_cells,
    read_key,
    read_told,
    told_cells,
    told_key,
)
from cip_analysis.publish.protection.summed import Summed, read_summed, told_summed

PRIVATE = 0o600


class LedgerError(ValueError):
    """What a notebook released cannot be written down, or read back."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One released table. number: in the order of release. kind: table or forecast. columns: as shown.

    listings: its count columns, or the first months of its series. summed: its columns of values that add up.
    outcome: what became of each count and each such value (nought where it is shown). cells: how many it has beside
    its labels. reasons: why some are withheld -> how many are.
    """

    number: int
    kind: str
    columns: tuple[str, ...]
    listings: tuple[Listing, ...]
    outcome: Ruled
    cells: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    summed: tuple[Summed, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """Everything one notebook released, in order, with its true small counts: private."""

    entries: tuple[Entry, ...]

    def outcome(self) -> Rulings:
        """What the notebook showed and withheld."""
        return Rulings({entry.number: entry.outcome for entry in self.entries})


class _Recorder:
    """What one notebook's Python has released so far; the rulings it runs under."""

    def __init__(self) -> None:
        self.on = False
        self.rulings = Rulings({})
        self.entries: list[Entry] = []


_recorder = _Recorder()


def begin(rulings: str = "") -> None:
    """Start to record every release of this Python, from the first.

    rulings: file of the pack's rulings to release under; none where each table is to be protected by itself.
    Raises LedgerError where the file cannot be read.
    """
    _recorder.entries = []
    _recorder.rulings = _read_rulings(Path(rulings)) if rulings else Rulings({})
    _recorder.on = True


def write(to: str) -> None:
    """Write what was recorded, for its owner's eyes only, and stop recording.

    Raises LedgerError where nothing was begun or the file cannot be written.
    """
    if not _recorder.on:
        raise LedgerError("No record was begun. Call begin() before the first release.")
    path = Path(to)
    told = json.dumps({"entries": [_told_entry(entry) for entry in _recorder.entries]})
    try:
        path.touch(mode=PRIVATE)
        path.write_text(told, encoding="utf-8")
    except OSError as error:
        raise LedgerError(
            f"{path.name}: cannot be written ({(error.strerror or 'no reason given').lower()})."
        ) from None
    _recorder.on, _recorder.entries, _recorder.rulings = False, [], Rulings({})


def read_ledger(path: Path) -> Ledger:
    """What a notebook released, read back.

    Raises LedgerError where the file is not there or is not whole.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Ledger(tuple(_read_entry(one) for one in told["entries"]))
    except (OSError, KeyError, TypeError, ValueError):
        raise LedgerError(f"{path.name}: the record of what was released cannot be read. Render again.") from None


def ruled_for_next() -> Ruled:
    """The pack's rulings on the table that is released next; empty where there are none."""
    return _recorder.rulings.tables.get(len(_recorder.entries) + 1, {})


def next_name() -> str:
    """What the cells of the table that is released next are called, where no other table shares them."""
    return own_name(next_number())


def next_number() -> int:
    """The number of the table that is released next, from one; one where nothing is recorded."""
    return len(_recorder.entries) + 1


def own_name(number: int) -> str:
    """What the cells of a table are called where no other table shares them."""
    return f"table {number}"


def record(entry: Entry) -> None:
    """Note one released table, if a record was begun."""
    if _recorder.on:
        _recorder.entries.append(entry)


def _read_rulings(path: Path) -> Rulings:
    try:
        return read_told(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        raise LedgerError(f"{path.name}: the rulings cannot be read. Render the pack again.") from None


def _told_entry(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "kind": entry.kind,
        "columns": list(entry.columns),
        "listings": [_told_listing(listing) for listing in entry.listings],
        "outcome": told_cells(entry.outcome),
        "cells": entry.cells,
        "reasons": dict(sorted(entry.reasons.items())),
        "summed": [told_summed(one) for one in entry.summed],
    }


def _told_listing(listing: Listing) -> dict[str, Any]:
    keys = [None if key is None else told_key(key) for key in listing.keys]
    return {"column": listing.column, "measure": listing.measure, "keys": keys, "counts": list(listing.counts)}


def _read_entry(told: Mapping[str, Any]) -> Entry:
    return Entry(
        told["number"],
        told["kind"],
        tuple(told["columns"]),
        tuple(_read_listing(one) for one in told["listings"]),
        read_cells(told["outcome"]),
        told["cells"],
        told["reasons"],
        tuple(read_summed(one) for one in told["summed"]),
    )


def _read_listing(told: Mapping[str, Any]) -> Listing:
    keys: list[Key | None] = [None if key is None else read_key(*key) for key in told["keys"]]
    return Listing(told["column"], tuple(keys), tuple(told["counts"]), told["measure"])
