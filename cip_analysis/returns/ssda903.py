"""Reading a council's SSDA903 returns as they were sent, from whatever files it holds.

Tables are told by their columns, never by the name of a file. What is odd is read where there is one reading of it and
said; what is beyond reading is left out and said; and the rest is untouched by it. `reading.files` opens,
`reading.fields` types, `reading.years` dates; this module says which table is which and puts them together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd

from cip_analysis.ledgers import Findings, Treatments
from cip_analysis.records import Returns
from cip_analysis.returns.reading.fields import by_file
from cip_analysis.returns.reading.files import MOST_FILES, Found, find_files, open_file
from cip_analysis.returns.reading.kinds import Kind, by_kind, is_header, read_kind
from cip_analysis.returns.reading.submissions import give_years, key_by_authority
from cip_analysis.returns.reading.text_tables import MENDED_ON_OPENING, Notice, Repair, repairs_on_opening
from cip_analysis.returns.reading.years import census_date
from cip_analysis.returns.rules.sent import with_years

MARK_OF_SYNTHETIC = "SYNTHETIC.TXT"
UNKNOWN_WITHOUT = {
    "header": "sex, birth date and ethnic group are unknown, and with them every age",
    "uasc": "unaccompanied asylum-seeking children cannot be told apart",
    "reviews": "reviews are not known",
    "oc2": "health and conviction outcomes are not known",
    "oc3": "what care leavers are doing is not known",
    "ad1": "adoption steps are not known",
    "placed_adoption": "placements for adoption that ended are not known",
    "previous_permanence": "returns to care after adoption or guardianship are not known",
    "missing": "missing episodes are not known",
    "social_workers": "social worker changes are not known",
}
WHY = {
    **MENDED_ON_OPENING,
    "blank rows": "rows without a single filled cell say nothing",
    "totals and footers": "totals, footers and repeated headers are not children",
    "twin files": "a file that is byte for byte another of the same year adds nothing",
    "stray spaces and quotes": "a code is the same with or without the spaces, quotes or tabs around it",
    "lower case": "codes are written in capitals",
    "words for a blank": "NULL, N/A, a dash and the like stand for a blank",
    "whole numbers with a point": "a spreadsheet wrote a whole number as a decimal",
    "unreadable dates": "what cannot be read as a date is left blank, not guessed",
    "dates with the month first": "a date with the month first is left blank, not turned round",
    "identifiers a spreadsheet rounded": "the last figures are lost, so the child is left blank",
    "authority put before the child": "the files pool several authorities, whose identifiers may coincide",
}


class ReturnError(ValueError):
    """Nothing usable can be had from what was given. findings: what was noticed of each file on the way."""

    def __init__(self, message: str, findings: Findings | None = None) -> None:
        super().__init__(message)
        self.findings = findings if findings is not None else Findings.of([])


def read_returns(folder: Path, as_at: date | None = None) -> Returns:
    """The statutory returns found at `folder`: a folder of files however nested, or one file.

    Reads CSV (any usual encoding and delimiter), Excel workbooks and the statutory XML; one table a file, or pooled
    with LA and YEAR columns. Every row gets the year its collection ended in (`reading.years` says how). Where a year
    was sent twice, both are here, the later file (in the natural order of names) further down.
    as_at: the day an extract was cut, where it lies within the last collection year. Left blank, the census date is
    31 March of that year, unless events visibly stop earlier (`reading.years.census_date`).
    Raises ReturnError, with the findings so far, if there is no such folder, it holds more than 2,000 files, no file
    is an episodes table, or no row of it has both a child and a start. Anything else is a finding.
    """
    found = _look(folder)
    names = [name for name in found.files if Path(name).name.upper() != MARK_OF_SYNTHETIC]
    opened = [open_file(found.root, name, is_header) for name in names]
    notices = [*found.notices, *(notice for file in opened for notice in file.notices)]
    digests = {table.source: file.digest for file in opened for table in file.tables}
    mended = repairs_on_opening(opened)
    texts = by_kind(opened)
    del opened  # each kind's text is let go as soon as it is typed: held together they double the memory needed
    read = [read_kind(kind, texts.pop(kind)) for kind in list(texts)]
    tables = {part.kind: part.table for part in read if part.table is not None}
    if "episodes" not in tables or not tables["episodes"][["CHILD", "DECOM"]].notna().all(axis="columns").any():
        notices += [notice for part in read for notice in part.notices]
        raise ReturnError(_why_nothing(folder.name or "The folder", len(names), notices), _findings(notices))
    keyed = key_by_authority(tables)
    placed = give_years(keyed.tables, digests)
    census = census_date(placed.tables["episodes"], as_at)
    days = with_years(placed.tables["episodes"], pd.Timestamp(census.day))["days"]
    notices += _with_child_days(read, keyed.tables["episodes"], days)
    notices += [*keyed.notices, *placed.notices, *census.notices]
    tables = {kind: table.reset_index(drop=True) for kind, table in placed.tables.items()}
    notices += [*_absences(tables), *_leading_zeros(tables)]
    repairs = [*mended, *(repair for part in read for repair in part.repairs), *keyed.repairs, *placed.repairs]
    synthetic = _is_synthetic(found, tables)
    return Returns(tables, census.day, _findings(notices), _treatments(repairs), synthetic)


def _look(folder: Path) -> Found:
    """The files to read, or a refusal where there is nothing to look at."""
    try:
        found = find_files(folder) if folder.exists() else None
    except OSError as error:
        raise ReturnError(f"{folder.name}: cannot be opened ({error.strerror}). Check who may read it.") from None
    if found is None:
        raise ReturnError(f"{folder.name}: there is no such folder or file. Check the path given.")
    if len(found.files) > MOST_FILES:
        raise ReturnError(
            f"{folder.name}: more than {MOST_FILES:,} files, so this is not a folder of returns. Point at the folder "
            "that holds them."
        )
    return found


def _why_nothing(name: str, files: int, notices: Sequence[Notice]) -> str:
    """The refusal in words: what was looked for, how many files were looked at, and what was wrong with the first."""
    faults = [notice for notice in notices if notice.severity in ("refusal", "error", "warning")]
    because = " ".join(f"{fault.where}: {fault.meaning}" for fault in faults[:3])
    more = f" And {len(faults) - 3} more findings." if len(faults) > 3 else ""
    return (
        f"{name}: no episodes with a child and a start were found in {files} file{'s' * (files != 1)}, so there is "
        f"nothing to count. {because}{more} Point at the folder that holds the SSDA903 files."
    ).replace("  ", " ")


def _is_synthetic(found: Found, tables: Mapping[str, pd.DataFrame]) -> bool:
    """Whether a mark of invented data stands beside, or above, any file that was read."""
    marked = {Path(name).parent for name in found.files if Path(name).name.upper() == MARK_OF_SYNTHETIC}
    if found.single and (found.root / "SYNTHETIC.txt").is_file():
        return True
    read = {Path(str(file).partition(" [")[0]) for table in tables.values() for file in table["file"].unique()}
    return any(mark in path.parents for mark in marked for path in read)


def _with_child_days(read: Sequence[Kind], sent: pd.DataFrame, days: pd.Series) -> list[Notice]:
    """What was noticed of each kind of table; of the episodes, with the child-days of the rows concerned.

    sent: the episodes as files gave them. days: of those of its rows that were not left out as a twin's.
    """
    known = days.groupby([sent.loc[days.index, "file"], sent.loc[days.index, "row"]]).sum()
    return [
        replace(notice, child_days=_total(known, notice)) if part.kind == "episodes" and notice.rows else notice
        for part in read
        for notice in part.notices
    ]


def _total(days: pd.Series, notice: Notice) -> float:
    return float(days.reindex(pd.MultiIndex.from_product([[notice.where], notice.rows])).sum())


def _absences(tables: Mapping[str, pd.DataFrame]) -> list[Notice]:
    """Tables that were not sent at all, or not for every year of the episodes, and what is unknown without them."""
    years = set(tables["episodes"]["year"].unique())
    notices = []
    for kind, unknown in UNKNOWN_WITHOUT.items():
        sent = set(tables[kind]["year"].unique()) if kind in tables else set()
        lacking = sorted(years - sent)
        if not lacking:
            continue
        when = f" for the years ending 31 March {', '.join(str(year) for year in lacking)}" if sent else ""
        meaning = f"No {kind.replace('_', ' ')} table was found{when}: {unknown}."
        severity, step = (
            ("warning", "Send it.") if kind == "header" else ("note", "Nothing, unless it was meant to be.")
        )
        notices.append(Notice("table missing", severity, meaning, step, kind))
    return notices


def _leading_zeros(tables: Mapping[str, pd.DataFrame]) -> list[Notice]:
    """Say where identifiers differ by leading zeros only: perhaps one child, but that is not for us to say."""
    children = pd.Series(pd.concat([table["CHILD"] for table in tables.values()]).dropna().unique(), dtype="str")
    bare = children.str.lstrip("0")
    if not (alike := bare.duplicated(keep=False)).any():
        return []
    doubtful = set(children[alike & children.ne(bare)])
    meaning = (
        "Identifiers differ from others by leading zeros only, as when a spreadsheet drops them; taken as different."
    )
    notice = Notice("leading zeros", "warning", meaning, "Write each child's identifier in one way.")
    return [
        found for table in tables.values() for found in by_file(notice, table, table["CHILD"].isin(doubtful).to_numpy())
    ]


def _findings(notices: Sequence[Notice]) -> Findings:
    return Findings.of([notice.as_finding() for notice in notices])


def _treatments(repairs: Sequence[Repair]) -> Treatments:
    """One line a rule over all tables: no reading rule adds or takes a child-day, so both sides are nought."""
    rules: dict[str, list[Repair]] = {}
    for repair in repairs:
        rules.setdefault(repair.rule, []).append(repair)
    return Treatments.of(
        [
            {
                "rule": rule,
                "rows_seen": sum(repair.rows_seen for repair in alike),
                "rows_changed": sum(repair.rows_changed for repair in alike),
                "children": len(frozenset().union(*(repair.children for repair in alike))),
                "child_days_before": 0.0,
                "child_days_after": 0.0,
                "gbp": 0.0,
                "why": WHY.get(rule, "a date has one reading in this form"),
            }
            for rule, alike in rules.items()
        ]
    )
