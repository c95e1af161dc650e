"""One ruling on each count for a whole pack, from what all its notebooks would release.

A count is the same cell wherever it is printed, so it is shown or withheld, and rounded, alike on every page; and what
one page totals cannot be taken from another's parts. A notebook whose rulings differ from what it ran under runs again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from cip_analysis.publish.protection.cells import TIMES, Key, Listing, differing_from
from cip_analysis.publish.protection.deciding import DecisionError, decide_cells
from cip_analysis.publish.protection.earlier import ALONE, Earlier, bind_earlier, write_list
from cip_analysis.publish.protection.ledger import Entry, Ledger, own_name
from cip_analysis.publish.protection.rulings import REASONS, Ruled, Ruling, Rulings
from cip_analysis.publish.protection.summed import rule_on_values
from cip_analysis.publish.protection.values import ValuesError
from cip_analysis.settings import Disclosure

__all__ = ["Rulings", "applied", "decide", "find_conflicts", "statement", "write_cells", "write_rulings"]


class PackWideError(ValueError):
    """A pack's tables cannot all be shown, whatever is withheld, or its rulings cannot be written."""


@dataclass(frozen=True, slots=True, eq=False)
class _Bound:
    """One count column of a pack. listing: as the notebook names its cells; known: as the whole pack does.
    torn: whether some cells had to be set apart, because a table before it gives them another count.
    """

    notebook: str
    entry: Entry
    listing: Listing
    known: Listing
    torn: bool

    @property
    def told(self) -> str:
        """Which table it is, in words."""
        columns = ", ".join(self.entry.columns)
        return f"{self.notebook}, release {self.entry.number} ({columns}), column {self.listing.column}"


def decide(ledgers: Mapping[str, Ledger], rule: Disclosure, earlier: Sequence[Earlier] = ()) -> Mapping[str, Rulings]:
    """What each notebook is to show and withhold, given everything the others print and what is out already.

    ledgers: by notebook, in the pack's order. earlier: packs released before.
    Raises PackWideError naming the tables, never a count, where what is out already gives a small count away.
    """
    bound = list(_bind(ledgers))
    listings = [one.known for one in bound]
    counts = {key: count for listing in listings for key, count in listing.cells.items()}
    try:
        ruled = decide_cells(listings, rule, bind_earlier(earlier, counts, rule))
    except DecisionError as error:
        raise PackWideError(_cannot(error, bound, earlier)) from None
    tables: dict[str, dict[int, dict[Key, Ruling]]] = {
        name: {entry.number: {} for entry in ledger.entries} for name, ledger in ledgers.items()
    }
    for one in bound:
        pairs = zip(one.listing.keys, one.known.keys, strict=True)
        own = {key: ruled[known] for key, known in pairs if key is not None and known is not None}
        tables[one.notebook][one.entry.number] |= own
    for notebook, number, sums in _rule_on_sums(ledgers, tables):
        tables[notebook][number].update(sums)
    return {name: Rulings(own) for name, own in tables.items()}


def _rule_on_sums(
    ledgers: Mapping[str, Ledger], counts: Mapping[str, Mapping[int, Ruled]]
) -> Iterable[tuple[str, int, Ruled]]:
    """Each table's rulings on its values that add up, given what is withheld of its counts and all other tables'."""
    every = [
        (notebook, entry.number, summed)
        for notebook, ledger in ledgers.items()
        for entry in ledger.entries
        for summed in entry.summed
    ]
    known = [
        replace(given, keys=tuple(key and (_whole_name(key[0], notebook, number), key[1]) for key in given.keys))
        for notebook, number, summed in every
        for given in [summed.given(counts[notebook][number])]
    ]
    try:
        decided = rule_on_values(known)
    except ValuesError as error:
        tables = dict.fromkeys(f"{notebook}, release {number}" for notebook, number, _summed in every)
        raise PackWideError(f"{error} It is in one of: {'; '.join(tables)}.") from None
    for (notebook, number, summed), named, ruled in zip(every, known, decided, strict=True):
        pairs = zip(summed.amounts.keys, named.keys, strict=True)
        yield notebook, number, {key: ruled[one] for key, one in pairs if key and one and one in ruled}


def _whole_name(what: str, notebook: str, number: int) -> str:
    """What cells are called in the whole pack: those of no measure are their own table's alone."""
    return f"{ALONE}{notebook}, {what}" if what.startswith(f"{own_name(number)}: ") else what


def applied(ledger: Ledger) -> str:
    """A mark of what a notebook showed and withheld when it ran; that of its rulings where it need not run again."""
    return ledger.outcome().digest()


def write_rulings(rulings: Rulings, path: Path) -> None:
    """One notebook's rulings as a file for `ledger.begin`. Raises PackWideError where it cannot be written."""
    try:
        path.write_text(json.dumps(rulings.told()), encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise PackWideError(f"{path.name}: cannot be written ({reason}). Make room, then render again.") from None


def write_cells(ledgers: Mapping[str, Ledger], rulings: Mapping[str, Rulings], rule: Disclosure, path: Path) -> None:
    """The pack's own list of every count it prints, once and as it shows it, for packs and audits to come.

    Raises EarlierError where the file cannot be written.
    """
    cells: dict[Key, Ruling] = {}
    for one in _bind(ledgers):
        own = rulings[one.notebook].tables[one.entry.number]
        pairs = zip(one.listing.keys, one.known.keys, strict=True)
        cells |= {known: own[key] for key, known in pairs if key is not None and known is not None}
    write_list(cells, rule.rounding_base, path)


def find_conflicts(ledgers: Mapping[str, Ledger]) -> tuple[str, ...]:
    """Tables that are said to count the same thing and do not, in words for whoever wrote the notebooks.

    The cells that differ were set apart: what they say of another table's cells is not guarded against.
    """
    return tuple(
        f"{one.told}: not everywhere the same {one.listing.measure} as in a table before it. Correct measure or labels."
        for one in _bind(ledgers)
        if one.torn
    )


def statement(ledgers: Mapping[str, Ledger]) -> pd.DataFrame:
    """How much each notebook withholds and why: a row a notebook and one, "all", for the pack.

    Columns: notebook, cells (all of its released tables beside their labels), withheld, and one for each of REASONS.
    """
    rows = [_row(name, ledger) for name, ledger in ledgers.items()]
    table = pd.DataFrame(rows, columns=["notebook", "cells", "withheld", *REASONS])
    whole = table.drop(columns="notebook").sum()
    return pd.concat([table, pd.DataFrame([{"notebook": "all", **whole}])], ignore_index=True)


def _row(name: str, ledger: Ledger) -> list[str | int]:
    reasons = [sum(entry.reasons.get(reason, 0) for entry in ledger.entries) for reason in REASONS]
    return [name, sum(entry.cells for entry in ledger.entries), sum(reasons), *reasons]


def _bind(ledgers: Mapping[str, Ledger]) -> Iterable[_Bound]:
    """Every count column of the pack with its cells' names in the whole pack; cells that disagree are set apart."""
    found: dict[Key, int] = {}
    for notebook, ledger in ledgers.items():
        for entry in ledger.entries:
            for listing in entry.listings:
                own = _own_names(listing, notebook, entry.number)
                known = _apart_from(own, found, f"{ALONE}{notebook}, {own_name(entry.number)}: {listing.column}")
                found |= known.cells
                torn = known.keys != own.keys or bool(listing.measure and not own.shared)
                yield _Bound(notebook, entry, listing, known, torn)


def _apart_from(listing: Listing, found: Mapping[Key, int], alone: str) -> Listing:
    """A table's cells, those that another table gives another count under a name of their own.

    A cell with one label beside its day takes the name there ("other" of this table alone), and so stays a part of what
    its table adds up; any other is of a thing of its own.
    """
    if not differing_from(listing, found):
        return listing
    pairs = zip(listing.keys, listing.counts, strict=True)
    keys = tuple(key and (key if found.get(key, count) == count else _renamed(key, alone)) for key, count in pairs)
    return replace(listing, keys=keys)


def _renamed(key: Key, alone: str) -> Key:
    labels = [label for label in key[1] if label[0] not in TIMES]
    if len(labels) != 1:
        return alone, key[1]
    ((name, value),) = labels
    return key[0], key[1] - {*labels} | {(name, f"{value}, {alone}")}


def _own_names(listing: Listing, notebook: str, number: int) -> Listing:
    """The cells by names that hold in the whole pack: those of no measure are this notebook's alone."""
    keys = tuple(key and (_whole_name(key[0], notebook, number), key[1]) for key in listing.keys)
    return Listing(listing.column, keys, listing.counts, listing.measure)


def _cannot(error: DecisionError, bound: Sequence[_Bound], earlier: Sequence[Earlier]) -> str:
    """What cannot be shown and what to do, without a count or a label."""
    told = [one.told for one in bound if set(one.known.cells) & set(error.about)]
    before = ", ".join(pack.name for pack in earlier) or "this pack itself"
    return (
        f"A small count would be given away by what {before} shows already. It is among: {'; '.join(told)}. Leave the "
        "total or the parts out of these tables, or ask whoever approves releases."
    )
