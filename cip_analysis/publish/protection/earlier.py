"""What packs released before have shown: their numbers are out and cannot be called back.

A pack writes `data/cells.csv`, every count that it prints once, as it shows it: what it counts, the labels that pick it
out, the number or that it is withheld. It holds nothing that the pack's pages do not.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cip_analysis.publish.protection.cells import Key
from cip_analysis.publish.protection.deciding import Before
from cip_analysis.publish.protection.rounding import nearest
from cip_analysis.publish.protection.rulings import Ruled, Ruling
from cip_analysis.settings import Disclosure

CELLS_FILE = "data/cells.csv"
COLUMNS = ("measure", "labels", "shown", "withheld", "rounded_to")
ALONE = "only in "
"""How the measure of a cell begins that no other table or pack shares."""


class EarlierError(ValueError):
    """An earlier pack's cells cannot be read, or this pack's cannot be written."""


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """What one earlier pack shows. name: its folder's. shown: cell -> the number, none where withheld; rounded_to: the
    base that its numbers are rounded to, 1 where they are exact.
    """

    name: str
    shown: Mapping[Key, int | None]
    rounded_to: int


def read_earlier(folder: Path) -> Earlier:
    """What a pack released before shows, from its own list of cells.

    folder: the pack's. Raises EarlierError where it has no such list, or one that is not whole.
    """
    path = folder / CELLS_FILE
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        shown = {_read_key(row): int(row["shown"]) if row["withheld"] == "no" else None for row in rows}
        bases = {int(row["rounded_to"]) for row in rows}
    except (OSError, AttributeError, KeyError, TypeError, ValueError):
        raise EarlierError(
            f"{folder.name}: its {CELLS_FILE} cannot be read. Name the folder of a whole pack under `earlier` in the "
            "pack's settings, or leave it out if it was never released."
        ) from None
    return Earlier(folder.name, {key: number for key, number in shown.items() if not key[0].startswith(ALONE)},
                   max(bases, default=1))  # fmt: skip


def write_list(cells: Ruled, rounded_to: int, path: Path) -> None:
    """Every cell as it is shown, a row each, in order. Raises EarlierError where the file cannot be written."""
    rows = sorted(_row(key, ruling, rounded_to) for key, ruling in cells.items())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise EarlierError(f"{path.name}: cannot be written ({reason}). Make room, then render again.") from None


def bind_earlier(earlier: Sequence[Earlier], counts: Mapping[Key, int], rule: Disclosure) -> Before:
    """What earlier packs bind of the counts that are to be shown now.

    A cell that was shown, and may still be the same count, is out. One that was withheld is not shown now; nor is one
    whose exact number then and now differ by 1 to threshold - 1, because the difference is itself a small count.
    """
    out: dict[Key, int] = {}
    hold: set[Key] = set()
    for pack in earlier:
        for key, number in pack.shown.items():
            if key not in counts:
                continue
            if number is None or _differs_by_few(counts[key], number, pack.rounded_to, rule):
                hold.add(key)
            elif abs(counts[key] - number) < pack.rounded_to:
                out[key] = number if pack.rounded_to == rule.rounding_base else _now(counts[key], rule)
    return Before(out, frozenset(hold - set(out)))


def _differs_by_few(count: int, then: int, rounded_to: int, rule: Disclosure) -> bool:
    return rounded_to == rule.rounding_base == 1 and 0 < abs(count - then) < rule.threshold


def _now(count: int, rule: Disclosure) -> int:
    return int(nearest(np.array([count]), rule.rounding_base)[0])


def _row(key: Key, ruling: Ruling, rounded_to: int) -> tuple[str, str, str, str, str]:
    labels = json.dumps(dict(sorted(key[1])), ensure_ascii=False)
    withheld = ruling.shown is None
    return key[0], labels, "" if withheld else str(ruling.shown), "yes" if withheld else "no", str(rounded_to)


def _read_key(row: Mapping[str, str]) -> Key:
    return row["measure"], frozenset((name, str(value)) for name, value in json.loads(row["labels"]).items())
