"""The ledgers kept beside the data: what is wrong with it, what was done about it, and what judgements were used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import pandas as pd

from cip_analysis.contracts import RecordError, check_columns, empty_table

FINDING_COLUMNS = {
    "rule": "text",
    "severity": "text",
    "meaning": "text",
    "where": "text",
    "rows": "whole",
    "first_rows": "text",
    "children": "whole",
    "child_days": "number",
    "next_step": "text",
}
SEVERITIES = ("refusal", "error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Findings:
    """Every rule the returns break, one row a rule and file; never a child's identifier.

    table: rule (the statutory number, or our own name in words), severity (one of SEVERITIES; a refusal means
    that file, or the whole return, could not be used), meaning, where (file name), rows, first_rows (row numbers
    as text, five at most), children, child_days (touched by the rule), next_step.
    """

    table: pd.DataFrame

    def __post_init__(self) -> None:
        check_columns(self.table, FINDING_COLUMNS, "Findings")
        if unknown := set(self.table["severity"]) - set(SEVERITIES):
            raise RecordError(f"Findings: severity {sorted(unknown)} is not one of {', '.join(SEVERITIES)}.")

    @classmethod
    def of(cls, rows: list[dict[str, object]]) -> Findings:
        """Findings from plain rows; an empty list is no findings."""
        return cls(pd.DataFrame(rows, columns=list(FINDING_COLUMNS)) if rows else empty_table(FINDING_COLUMNS))

    def join(self, other: Findings) -> Findings:
        """These findings and then the other's."""
        tables = [table for table in (self.table, other.table) if len(table)]
        return Findings(pd.concat(tables, ignore_index=True)) if tables else self


TREATMENT_COLUMNS = {
    "rule": "text",
    "rows_seen": "whole",
    "rows_changed": "whole",
    "children": "whole",
    "child_days_before": "number",
    "child_days_after": "number",
    "gbp": "number",
    "why": "text",
}


@dataclass(frozen=True, slots=True)
class Treatments:
    """The ledger of every dropped or altered row, in the order the rules were applied.

    table: rule, rows_seen, rows_changed, children, child_days_before, child_days_after, gbp (effect in £, nought
    where the rule touches no money), why. Child-days are of the whole table before and after the rule.
    """

    table: pd.DataFrame

    def __post_init__(self) -> None:
        check_columns(self.table, TREATMENT_COLUMNS, "Treatments")

    @classmethod
    def of(cls, rows: list[dict[str, object]]) -> Treatments:
        """Treatments from plain rows; an empty list is none."""
        return cls(pd.DataFrame(rows, columns=list(TREATMENT_COLUMNS)) if rows else empty_table(TREATMENT_COLUMNS))

    def join(self, other: Treatments) -> Treatments:
        """These treatments and then the other's."""
        tables = [table for table in (self.table, other.table) if len(table)]
        return Treatments(pd.concat(tables, ignore_index=True)) if tables else self


# ---- which judgements were asked for ----------------------------------------------------------------------------

Made = TypeVar("Made")
_heard: list[set[str]] = [set()]


def note_asked(names: Iterable[str]) -> None:
    """Note that judgements were asked for, by this Python and by whoever is listening inside it."""
    asked = set(names)
    for heard in _heard:
        heard |= asked


def judgements_asked() -> tuple[str, ...]:
    """Every judgement this Python has asked for since it began, by name: in a kernel, those its page used."""
    return tuple(sorted(_heard[0]))


@contextmanager
def listening() -> Iterator[set[str]]:
    """The judgements asked for within a `with` block, to be kept with what was made of them."""
    heard: set[str] = set()
    _heard.append(heard)
    try:
        yield heard
    finally:
        _heard[:] = [held for held in _heard if held is not heard]


def once(make: Callable[[], Made]) -> Callable[[], Made]:
    """`make`, called at the first need and not again; each who needs it is noted to have asked all that it asked."""
    held: list[tuple[Made, frozenset[str]]] = []

    def give() -> Made:
        """What was made, the first time or now."""
        if not held:
            with listening() as asked:
                made = make()
            held.append((made, frozenset(asked)))
        note_asked(held[0][1])
        return held[0][0]

    return give
