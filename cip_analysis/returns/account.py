"""An account of what was sent and of what was done to it: the tables behind "how far can it be trusted"."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from cip_analysis.codes import TABLES
from cip_analysis.ledgers import SEVERITIES, Findings, Treatments
from cip_analysis.records import Returns

TABLE_WORDS: Mapping[str, str] = {
    "children": "children with an episode",
    "header": "children listed (header)",
    "episodes": "episodes",
    "uasc": "unaccompanied asylum seekers (UASC)",
    "reviews": "reviews",
    "oc2": "health and offending, a year in care (OC2)",
    "oc3": "care leavers (OC3)",
    "ad1": "adoptions (AD1)",
    "placed_adoption": "placed for adoption",
    "previous_permanence": "earlier adoption or guardianship",
    "missing": "times missing",
    "social_workers": "social workers",
}
"""What each table of the return is called where members read of it."""


def count_lines(returns: Returns) -> pd.DataFrame:
    """What was sent, one row a collection year.

    Columns: year, children (in the episodes), then one a table of the return that holds lines in any year, with its
    number of lines.
    """
    sent = {name: returns.tables[name] for name in TABLES if name in returns.tables and len(returns.tables[name])}
    lines = {name: table.groupby("year").size() for name, table in sent.items()}
    children = sent["episodes"].groupby("year")["CHILD"].nunique()
    counted = pd.DataFrame({"children": children, **lines}).fillna(0).astype("int64")
    return counted.rename_axis("year").reset_index()


def findings_by_rule(findings: Findings) -> pd.DataFrame:
    """The rules broken, gravest and widest first, one row a rule whatever the number of files.

    Columns: rule, severity, meaning, files, rows, children, child_days, next_step, where and first_rows (of the first
    file). A child in two years' files counts in each, so `children` is of the years' returns, not different children.
    """
    grouped = findings.table.groupby(["rule", "severity", "meaning", "next_step"], as_index=False, sort=False).agg(
        files=("where", "nunique"),
        where=("where", "first"),
        first_rows=("first_rows", "first"),
        rows=("rows", "sum"),
        children=("children", "sum"),
        child_days=("child_days", "sum"),
    )
    gravity = grouped["severity"].map(SEVERITIES.index)
    ordered = grouped.assign(gravity=gravity).sort_values(["gravity", "rows"], ascending=[True, False], kind="stable")
    columns = [
        "rule",
        "severity",
        "meaning",
        "files",
        "rows",
        "children",
        "child_days",
        "next_step",
        "where",
        "first_rows",
    ]
    return ordered[columns].reset_index(drop=True)


def split_sums(broken: pd.DataFrame) -> pd.DataFrame:
    """The rules broken, with the £ that a meaning ends with in a column of its own, `effect_gbp`.

    There it can be withheld with the few children it is of; in a sentence it could not. Blank where there is none.
    """
    meaning = broken["meaning"].astype("str")
    found = meaning.str.extract(r"\((?P<sign>-?)£(?P<sum>[\d,]+\.\d\d)\)$")
    pounds = pd.to_numeric(found["sign"] + found["sum"].str.replace(",", "")).astype("float64")
    return broken.assign(
        meaning=meaning.str.replace(r" \(-?£(?:unknown|[ \w,.]+)\)$", "", regex=True), effect_gbp=pounds
    )


# Lines of the ledger that put years together, and mend nothing: the same days are told again each year.
STITCHING = frozenset(
    {
        "a later submission replaces an earlier one",
        "exact duplicates are counted once",
        "an episode returned in several years becomes one",
    }
)


def share_of_days_changed(treatments: Treatments) -> float:
    """Child-days moved by the repairs, added whichever way they went, as a share of those in the histories built.

    Putting years together is not a repair. Nought where nothing was changed or there are no days.
    """
    ledger = treatments.table
    if ledger.empty or not (days := float(ledger["child_days_after"].iloc[-1])):
        return 0.0
    mended = ledger[~ledger["rule"].isin(STITCHING)]
    return float((mended["child_days_after"] - mended["child_days_before"]).abs().sum() / days)


def repairs_in_words(treatments: Treatments) -> str:
    """What the repairs did to the days of care, for a sentence: "repairs moved 2.36% of the days of care"."""
    changed = share_of_days_changed(treatments)
    if not changed:
        return "no repair moved a day of care"
    return f"repairs moved {f'{changed:.2%}' if changed >= 0.0001 else 'under 0.01%'} of the days of care"


def repairs_made(treatments: Treatments) -> pd.DataFrame:
    """The lines of the ledger that changed a row, in order.

    Columns: rule, rows_seen, rows_changed, children, child_days_change (after less before), why.
    """
    made = treatments.table[treatments.table["rows_changed"] > 0]
    change = made["child_days_after"] - made["child_days_before"]
    columns = ["rule", "rows_seen", "rows_changed", "children", "child_days_change", "why"]
    return made.assign(child_days_change=change)[columns].reset_index(drop=True)
