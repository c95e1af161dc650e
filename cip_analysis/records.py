"""The frozen records the stages hand on, each with the invariant it checks when it is made.

Frozen protects the fields, not the table inside: stages build new tables and never write into one they were given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from cip_analysis.codes import AGE_BANDS, AGE_UNKNOWN, SETTINGS
from cip_analysis.contracts import RecordError, check_columns, empty_table
from cip_analysis.ledgers import Findings, Treatments

# ---- what we were sent ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Returns:
    """The statutory return's lines as sent, each with its file and row number.

    tables: one frame a table of codes.TABLES that was found, under the return's own column names: text stripped
    and upper-cased, dates as dates (unreadable ones blank), and three columns of provenance: `file`, `row` (the
    line in that file, the first line being 1) and `year` (the collection year ending 31 March `year`).
    census_date: the last day the returns describe. Anything after it is unknown, not absent.
    findings: what the reader noticed. treatments: the spaces, cases and date formats it put right.
    synthetic: the folder carries the mark of invented data.
    """

    tables: Mapping[str, pd.DataFrame]
    census_date: date
    findings: Findings
    treatments: Treatments
    synthetic: bool = False

    def __post_init__(self) -> None:
        provenance = {"CHILD": "text?", "file": "text", "row": "whole", "year": "whole"}
        for name, table in self.tables.items():
            check_columns(table, provenance, f"Returns ({name})")

    @property
    def years(self) -> tuple[int, ...]:
        """The collection years present in the episodes, ascending."""
        return tuple(sorted(int(year) for year in self.tables["episodes"]["year"].unique()))


EPISODE_COLUMNS = {
    "child": "text",
    "start": "date",
    "end": "date?",
    "period": "whole",
    "period_start": "date",
    "start_reason": "text",
    "end_reason": "text?",
    "move_reason": "text?",
    "legal_status": "text?",
    "need": "text?",
    "placement": "text?",
    "provider": "text?",
    "provider_urn": "text?",
    "setting": "text",
    "temporary": "flag",
    "respite": "flag",
    "household": "whole?",
    "birth_date": "date?",
    "sex": "text",
    "ethnic_group": "text",
    "uasc": "flag",
    "file": "text",
    "row": "whole",
}
LEGAL_COLUMNS = {"child": "text", "start": "date", "end": "date?", "legal_status": "text", "respite": "flag"}


@dataclass(frozen=True, slots=True)
class Episodes:
    """Every child's placements, one row each, `[start, end)`, never overlapping, in the order (child, start).

    table: columns of EPISODE_COLUMNS. `end` is blank where the placement was open on the census date. `period`
    numbers a child's periods of care from 1; within one, each placement ends the day the next starts. `setting`
    is one of codes.SETTINGS. `household` is the same number for children of one address who started together.
    `file` and `row` say where the placement's first line came from.
    legal: each legal status of each child, `[start, end)`, LEGAL_COLUMNS, because a status can change within a
    placement.
    census_date: the last day the returns describe. Anything after it is unknown, not absent.
    synthetic: made from invented children.
    """

    table: pd.DataFrame
    legal: pd.DataFrame
    census_date: date
    synthetic: bool = False

    def __post_init__(self) -> None:
        check_columns(self.table, EPISODE_COLUMNS, "Episodes")
        check_columns(self.legal, LEGAL_COLUMNS, "Episodes (legal)")
        for name, table in (("placements", self.table), ("legal statuses", self.legal)):
            _check_intervals(table, pd.Timestamp(self.census_date), f"Episodes ({name})")
        if unknown := set(self.table["setting"].unique()) - set(SETTINGS):
            raise RecordError(f"Episodes: {sorted(unknown)} is not one of our settings.")


def _check_intervals(table: pd.DataFrame, census: pd.Timestamp, record: str) -> None:
    """Refuse intervals that are empty, run backwards, overlap within a child, or lie past the census date."""
    ends = table["end"].fillna(census + pd.Timedelta(days=1))
    if backwards := int((ends <= table["start"]).sum()):
        raise RecordError(f"{record}: {backwards} end on or before their start.")
    if late := int((table["end"] > census).sum()):
        raise RecordError(f"{record}: {late} end after the census date {census:%d %B %Y}; leave them open.")
    same_child = table["child"].eq(table["child"].shift())
    if overlaps := int((same_child & (table["start"] < ends.shift())).sum()):
        raise RecordError(f"{record}: {overlaps} overlap the one before, or are out of order within a child.")


PAYMENT_COLUMNS = {
    "child": "text?",
    "start": "date",
    "end": "date",
    "financial_year": "whole",
    "setting": "text?",
    "provider": "text?",
    "provider_urn": "text?",
    "platform": "text?",
    "weekly_fee_gbp": "number?",
    "health_gbp": "number",
    "education_gbp": "number",
    "amount_gbp": "number",
    "kind": "text",
    "match": "text",
    "file": "text",
    "row": "whole",
}
PAYMENT_MATCHES = ("stay", "part stay", "other child, same stay", "no stay", "no child")
KEPT_OUT_COLUMNS = {
    "rule": "text",
    "child": "text?",
    "financial_year": "whole?",
    "amount_gbp": "number?",
    "file": "text",
    "row": "whole",
}


@dataclass(frozen=True, slots=True)
class Payments:
    """What was paid, one child, one period `[start, end)` within one financial year, one provider, in £.

    table: columns of PAYMENT_COLUMNS. `amount_gbp` is what the council paid, net of the health and education
    contributions beside it, nominal; credit notes are negative. `platform` is framework, spot, block or in-house.
    `match` says how the row met a stay: one of PAYMENT_MATCHES, so that nothing unmatched is lost from a total.
    `financial_year` is the year ending 31 March.
    kept_out: columns of KEPT_OUT_COLUMNS. The rows of the file that are not in the table, each under the rule that kept
    it out, cut at 31 March; `financial_year` is blank where dates cannot be read, `amount_gbp` where the £ cannot.
    """

    table: pd.DataFrame
    synthetic: bool = False
    kept_out: pd.DataFrame = field(default_factory=lambda: empty_table(KEPT_OUT_COLUMNS))

    def __post_init__(self) -> None:
        check_columns(self.table, PAYMENT_COLUMNS, "Payments")
        check_columns(self.kept_out, KEPT_OUT_COLUMNS, "Payments (kept out)")
        if unknown := set(self.table["match"].unique()) - set(PAYMENT_MATCHES):
            raise RecordError(f"Payments: match {sorted(unknown)} is not one of {', '.join(PAYMENT_MATCHES)}.")
        if backwards := int((self.table["end"] <= self.table["start"]).sum()):
            raise RecordError(f"Payments: {backwards} periods end on or before their start.")


COMPARATOR_COLUMNS = {
    "area": "text",
    "area_code": "text",
    "level": "text",
    "year": "whole",
    "measure": "text",
    "value": "number?",
    "symbol": "text?",
    "publication": "text",
}


@dataclass(frozen=True, slots=True)
class Comparators:
    """Published statistics, one row an area, year and measure.

    table: columns of COMPARATOR_COLUMNS. `level` is authority, region or country. Where the publisher withheld a
    figure, `symbol` holds what was printed and `value` is blank: a symbol is never a nought.
    neighbours: authority code -> the codes of its statistical neighbours, nearest first.
    """

    table: pd.DataFrame
    neighbours: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_columns(self.table, COMPARATOR_COLUMNS, "Comparators")
        both = self.table["value"].notna() & self.table["symbol"].notna()
        if both.any():
            raise RecordError(f"Comparators: {int(both.sum())} rows hold both a value and a suppression symbol.")
        keys = ["area_code", "year", "measure", "publication"]
        if repeats := int(self.table.duplicated(keys).sum()):
            raise RecordError(f"Comparators: {repeats} rows repeat an area, year, measure and publication.")


CASELOAD_COLUMNS = {
    "month": "date",
    "age_band": "text",
    "setting": "text",
    "stock": "whole",
    "starts": "whole",
    "ceases": "whole",
    "moves_in": "whole",
    "moves_out": "whole",
    "birthdays_in": "whole",
    "birthdays_out": "whole",
}


@dataclass(frozen=True, slots=True)
class Caseload:
    """Month-end stock and the month's flows by age band and setting; every month holds every cell.

    table: columns of CASELOAD_COLUMNS; `month` is its last day. In a cell, stock changes only by starts - ceases
    + moves in - moves out + birthdays in - birthdays out; over all cells, only by starts - ceases.
    definition: "published" (no respite series, as the department counts) or "full".
    """

    table: pd.DataFrame
    definition: str
    synthetic: bool = False

    def __post_init__(self) -> None:
        check_columns(self.table, CASELOAD_COLUMNS, "Caseload")
        ordered = self.table.sort_values(["age_band", "setting", "month"])
        net = ordered["starts"] - ordered["ceases"] + ordered["moves_in"] - ordered["moves_out"]
        net += ordered["birthdays_in"] - ordered["birthdays_out"]
        before = ordered.groupby(["age_band", "setting"], observed=True)["stock"].shift()
        broken = before.notna() & (ordered["stock"] != before.fillna(0).astype("int64") + net)
        if broken.any():
            raise RecordError(f"Caseload: stock does not follow from its flows in {int(broken.sum())} cells.")
        if unknown := set(ordered["age_band"].unique()) - {*AGE_BANDS, AGE_UNKNOWN}:
            raise RecordError(f"Caseload: {sorted(unknown)} is not an age band.")


SPEND_COLUMNS = {
    "draw": "whole",
    "financial_year": "whole",
    "setting": "text",
    "children": "whole",
    "child_days": "number",
    "spend_gbp": "number",
}


@dataclass(frozen=True, slots=True)
class Spend:
    """What care cost or will cost, one row a draw, financial year (ending 31 March) and setting.

    table: columns of SPEND_COLUMNS. Outturn is draw 0. price_base: "nominal" or e.g. "2017/18 prices".
    basis: what the £ come from, in words: payments matched to stays, or assumed weekly prices.
    """

    table: pd.DataFrame
    price_base: str
    basis: str
    synthetic: bool = False

    def __post_init__(self) -> None:
        check_columns(self.table, SPEND_COLUMNS, "Spend")
        if repeats := int(self.table.duplicated(["draw", "financial_year", "setting"]).sum()):
            raise RecordError(f"Spend: {repeats} rows repeat a draw, year and setting.")


# ---- what may be shown ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Released:
    """A table that has been through disclosure control: the only thing charts, tables and workbooks accept.

    table: as it may be shown; withheld cells are blank and marked in `withheld`.
    withheld: frame of flags in the shape of `table`.
    rule: the disclosure rule applied, in words. source: where the figures come from. as_at: the day they describe.
    unit: of the figures. synthetic: made from invented children, and must say so.
    """

    table: pd.DataFrame
    withheld: pd.DataFrame
    rule: str
    source: str
    as_at: date
    unit: str = "children"
    synthetic: bool = False

    def __post_init__(self) -> None:
        if not self.rule or not self.source:
            raise RecordError("Released: a table cannot be shown without its disclosure rule and its source.")
        if self.table.shape != self.withheld.shape or list(self.table) != list(self.withheld):
            raise RecordError("Released: the withheld flags do not have the shape of the table.")
        shown = self.table.notna() & self.withheld
        if shown.to_numpy().any():
            raise RecordError(f"Released: {int(shown.to_numpy().sum())} withheld cells still hold a value.")

    @property
    def withheld_count(self) -> int:
        """How many cells are withheld."""
        return int(self.withheld.to_numpy().sum())
