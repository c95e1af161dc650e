"""A register of savings delivered, as programmes keep it: read, held against what can be true, and no child named.

A line says that a child's weeks from one day to another were saved by one claim: where the child would have been,
where it is instead, and what each week saves. Lines that cannot be read are findings and are left out, never guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cip_analysis.codes import SETTINGS
from cip_analysis.contracts import check_columns
from cip_analysis.ledgers import Findings
from cip_analysis.returns.payments.cells import to_pence
from cip_analysis.returns.reading.plain_tables import PlainTable, read_listed_days

COLUMNS = ("claim", "child", "start", "end", "from_setting", "to_setting", "weekly_saving", "evidence")
DELIVERED_COLUMNS = {
    "claim": "text",
    "child": "text",
    "start": "date",
    "end": "date?",
    "from_setting": "text",
    "to_setting": "text",
    "weekly_saving_pence": "whole",
    "evidence": "text",
    "row": "whole",
}
NOT_IN_CARE = "not in care"
MOST_A_WEEK = 20_000
"""£ a week above which a line is doubted: dearer than any week of care in the payments of the time."""

EARLIEST, LONGEST_YEARS = pd.Timestamp(2000, 1, 1), 18

ADVICE = "docs/data_dictionary.md says what a register of savings delivered holds."


class DeliveredError(ValueError):
    """A file is not a register of savings delivered."""


FILE = PlainTable(
    DeliveredError, COLUMNS, ADVICE, optional=("evidence",), absent="Check `delivered` in the savings file.",
    may_be_empty=True,
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Register:
    """Savings said to be delivered, one row a line of the register that could be read.

    table: columns of DELIVERED_COLUMNS. `[start, end)`, the end blank while it goes on; to_setting is one of
    codes.SETTINGS or NOT_IN_CARE; `row` is the line of the file, the first being 1.
    source: the file's name.
    """

    table: pd.DataFrame
    source: str

    def __post_init__(self) -> None:
        check_columns(self.table, DELIVERED_COLUMNS, "Register")


def read_delivered(path: Path, claims: Sequence[str]) -> tuple[Register, Findings]:
    """The register (CSV) of columns COLUMNS, `evidence` left out or not, and what is wrong with it.

    claims: the keys of the ledger's claims. Dates are dd/mm/yyyy or ISO; a blank `to_setting` is not in care; a blank
    `end` goes on. Lines at fault are left out, and each fault is a finding with its rows; a line without evidence is
    kept, and said. Raises DeliveredError where the file cannot be read or lacks a column.
    """
    text = FILE.read(path)
    start, end = read_listed_days(text["start"]), read_listed_days(text["end"])
    saving = _amounts(text["weekly_saving"])
    goes = text["to_setting"].where(text["to_setting"].ne(""), NOT_IN_CARE)
    faults = {
        "a claim that the ledger does not name": ~text["claim"].isin(claims),
        "no child": text["child"].eq(""),
        "no first day that can be read": start.isna(),
        "a last day that cannot be read": end.isna() & text["end"].ne(""),
        "a last day on or before the first": end <= start,
        f"a first day before {EARLIEST:%Y}, or a last one more than {LONGEST_YEARS} years later": (start < EARLIEST)
        | (end > start + pd.DateOffset(years=LONGEST_YEARS)),
        "a setting that is not known": ~text["from_setting"].isin(SETTINGS) | ~goes.isin([*SETTINGS, NOT_IN_CARE]),
        "a weekly saving that is not a number of £": saving.isna(),
        f"a weekly saving of nought, below it, or above £{MOST_A_WEEK:,}": ~saving.between(0.01, MOST_A_WEEK)
        & saving.notna(),
    }
    wrong = pd.concat(faults, axis=1).any(axis=1)
    rows = pd.Series(range(2, len(text) + 2), index=text.index, dtype="int64")
    told = {name: flags for name, flags in faults.items() if flags.any()}
    told |= {"no evidence named": bare} if (bare := text["evidence"].eq("") & ~wrong).any() else {}
    findings = Findings.of([_finding(path, fault, rows[flags]) for fault, flags in told.items()])
    kept = text.assign(start=start, end=end, to_setting=goes, row=rows)[~wrong]
    table = kept.assign(weekly_saving_pence=to_pence(saving[~wrong]))[list(DELIVERED_COLUMNS)]
    return Register(table.reset_index(drop=True), path.name), findings


def _finding(path: Path, fault: str, rows: pd.Series) -> dict[str, object]:
    """One fault as a row of Findings: counted by rows, because a register at fault may not tell children apart."""
    kept = fault.startswith("no evidence")
    return {
        "rule": "savings delivered",
        "severity": "warning" if kept else "error",
        "meaning": f"{fault.capitalize()}: {'kept' if kept else 'left out'}",
        "where": path.name,
        "rows": len(rows),
        "first_rows": ", ".join(str(row) for row in rows.head(5)),
        "children": 0,
        "child_days": 0.0,
        "next_step": "Name the evidence in the register" if kept else "Correct the register",
    }


def _amounts(text: pd.Series) -> pd.Series:
    """£ as numbers, a pound sign and commas allowed; blank where not a number."""
    numbers = pd.to_numeric(text.str.replace("£", "").str.replace(",", "").str.strip(), errors="coerce")
    return numbers.astype("float64").where(numbers.abs() < float("inf"))
