"""What was decided of each cell of a notebook's tables: the number to show, or that none is shown, and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cip_analysis.publish.protection.cells import Key

SMALL = "a small count"
PROTECTS = "would give a small count away"
RESTS = "rests on a withheld count"
PROVIDERS = "few providers"
CHILDREN = "a cost of few children"
FORECAST = "a forecast of a withheld count"
ADDS = "would give a withheld sum away"
EARLIER = "shown or withheld otherwise in an earlier pack"
REASONS = (SMALL, PROTECTS, EARLIER, RESTS, CHILDREN, PROVIDERS, ADDS, FORECAST)


class RulingError(ValueError):
    """Decisions on cells cannot be read back."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """One cell. shown: the number as it may be shown; none where it is withheld. why: of REASONS, if withheld."""

    shown: int | None
    why: str = ""


Ruled = Mapping[Key, Ruling]


@dataclass(frozen=True, slots=True, eq=False)
class Rulings:
    """Every cell of one notebook. tables: number of the table, in the order released -> its cells as ruled."""

    tables: Mapping[int, Ruled]

    def digest(self) -> str:
        """A short mark of what is shown and withheld; alike where these are, whatever the reasons."""
        told = [
            [number, *told_key(key), ruling.shown]
            for number, cells in sorted(self.tables.items())
            for key, ruling in sorted(cells.items(), key=lambda pair: told_key(pair[0]))
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]

    def same_as(self, other: Rulings) -> bool:
        """Whether both show and withhold alike."""
        return self.digest() == other.digest()

    def told(self) -> dict[str, Any]:
        """The rulings in plain values, for a file."""
        tables = [{"table": number, "cells": told_cells(cells)} for number, cells in sorted(self.tables.items())]
        return {"tables": tables}


def read_told(told: Mapping[str, Any]) -> Rulings:
    """Rulings from plain values. Raises RulingError where they are none."""
    try:
        return Rulings({one["table"]: read_cells(one["cells"]) for one in told["tables"]})
    except (KeyError, TypeError, ValueError):
        raise RulingError("The rulings on what may be shown cannot be read. Render the pack again.") from None


def told_key(key: Key) -> tuple[str, list[list[str]]]:
    """A cell's name in plain values, its labels in order."""
    return key[0], sorted([name, value] for name, value in key[1])


def read_key(what: str, labels: Iterable[Iterable[str]]) -> Key:
    """A cell's name from plain values."""
    return what, frozenset((name, value) for name, value in labels)


def told_cells(cells: Ruled) -> list[list[Any]]:
    """Cells and their rulings in plain values, in order."""
    return sorted([*told_key(key), ruling.shown, ruling.why] for key, ruling in cells.items())


def read_cells(told: Iterable[Iterable[Any]]) -> dict[Key, Ruling]:
    """Cells and their rulings from plain values."""
    return {read_key(what, labels): Ruling(shown, why) for what, labels, shown, why in told}
