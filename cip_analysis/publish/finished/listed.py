"""An intruder with the pack's own list of its counts, data/cells.csv: which cell is which, on whatever page it stands.

The list names what each count counts and the labels that pick it out, so totals meet their parts wherever they are
printed. Whether the parts listed are all of a total's is not told: it is believed where they come to it in some other
group with everything shown, or where nothing tells; elsewhere the total is only no less than its parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from cip_analysis.publish.finished.attack import Recovered, System, attack_sums
from cip_analysis.publish.protection.cells import TIMES, Key
from cip_analysis.publish.protection.earlier import CELLS_FILE, read_earlier
from cip_analysis.settings import Disclosure


@dataclass(frozen=True, slots=True)
class Listed:
    """What was tried of the list: how many withheld cells, by how many sums, and what was recovered."""

    tried: int = 0
    sums: int = 0
    recovered: tuple[Recovered, ...] = ()


@dataclass(frozen=True, slots=True)
class _Family:
    """Sums alike: of one measure, over one set of labels and to one set of labels. sums: total -> parts."""

    sums: Mapping[Key, tuple[Key, ...]]


def attack_listed(folder: Path, rule: Disclosure) -> Listed:
    """What an intruder makes of the pack's list of counts; nothing where the pack has none.

    Raises EarlierError where the list cannot be read.
    """
    if not (folder / CELLS_FILE).is_file():
        return Listed()
    shown = read_earlier(folder).shown
    system = _system(shown, rule)
    return Listed(int(system.hidden.sum()), len(system.totals), attack_sums(system, rule))


def _system(shown: Mapping[Key, int | None], rule: Disclosure) -> System:
    """The listed counts as ranges, and the sums among them."""
    place = {key: number for number, key in enumerate(shown)}
    ends = [_limits(number, rule) for number in shown.values()]
    totals, parts, sure = [], [], []
    for family in _families(shown):
        told = _told(family, shown, rule)
        if told is not None:
            totals += [place[total] for total in family.sums]
            parts += [tuple(place[part] for part in listed) for listed in family.sums.values()]
            sure += [told] * len(family.sums)
    low, high = (np.array([end[side] for end in ends], dtype="float64") for side in (0, 1))
    hidden = np.array([number is None for number in shown.values()], dtype=bool)
    names = [_in_words(key) for key in shown]
    return System(names, low, high, hidden, np.ones(len(names), dtype=bool), tuple(totals), tuple(parts), tuple(sure))


def _in_words(key: Key) -> str:
    labels = ", ".join(f"{name} {value}" for name, value in sorted(key[1]))
    return f"{CELLS_FILE}, {key[0]}{f' ({labels})' if labels else ''}"


def _limits(number: int | None, rule: Disclosure) -> tuple[float, float]:
    """The range of one listed count."""
    least, base = (1 if rule.zeros_shown else 0), rule.rounding_base
    if number is None:
        return least, np.inf
    if number == 0 and rule.zeros_shown:
        return 0, 0
    return max(number - (base - 1), rule.threshold), number + base - 1


def _families(shown: Mapping[Key, int | None]) -> Iterator[_Family]:
    """Every set of sums alike among the listed cells: over one label or, where none lies between, over two."""
    alike: dict[tuple[str, frozenset[str]], list[Key]] = {}
    for key in shown:
        alike.setdefault((key[0], frozenset(name for name, _value in key[1])), []).append(key)
    for (_what, names), keys in alike.items():
        for number in (1, 2):
            for over in combinations(sorted(names - TIMES), number):
                sums: dict[Key, list[Key]] = {}
                for key in keys:
                    total = key[0], frozenset(label for label in key[1] if label[0] not in over)
                    if total in shown:
                        sums.setdefault(total, []).append(key)
                kept = {total: tuple(parts) for total, parts in sums.items() if not _between(parts, over, shown)}
                if kept:
                    yield _Family(kept)


def _between(parts: Sequence[Key], over: tuple[str, ...], shown: Mapping[Key, int | None]) -> bool:
    """Whether sums over fewer labels lie between some parts and their total."""
    return len(over) > 1 and any(
        (key[0], key[1] - {label}) in shown for key in parts for label in key[1] if label[0] in over
    )


def _told(family: _Family, shown: Mapping[Key, int | None], rule: Disclosure) -> bool | None:
    """Whether parts come to their totals: seen so where all is shown, not known (false), or seen otherwise (none)."""
    held = 0
    for total, parts in family.sums.items():
        known = [shown[key] for key in (total, *parts)]
        if None in known:
            continue
        ends = [_limits(number, rule) for number in known]
        least, most = (sum(end[side] for end in ends[1:]) for side in (0, 1))
        if least > ends[0][1] or most < ends[0][0]:
            return None
        held += 1
    return held > 0
