"""Every rule the returns break, listed; nothing is changed.

Three kinds of rule: on one row (`rules.codes`, `rules.dates`), on what follows what (`rules.sequence`), and, here, on
the run of years as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from cip_analysis.ledgers import Findings
from cip_analysis.records import Returns
from cip_analysis.returns.rules import codes, dates, sequence
from cip_analysis.returns.rules.sent import Rule, Sent, lay_out

RULES: tuple[Rule, ...] = (*codes.RULES, *dates.RULES, *sequence.RULES)
FIRST_ROWS = 5
LEAST_SHARE_OF_LAST_YEAR = 0.5


def check_returns(returns: Returns, rules: Iterable[Rule] = RULES) -> Findings:
    """Every rule broken, one line a rule and file, in the order of `rules`; then findings on the years as a whole.

    `child_days` of an episodes rule are those of the rows that break it, open rows counted through the last day of
    their year; of any other table's rule, those of the children it touches, in that year's return.
    A rule on a table that was not sent is not asked. What the reader noticed is in `returns.findings`, not here.
    """
    sent = lay_out(returns)
    asked = [rule for rule in rules if rule.table in sent.tables]
    return Findings.of([line for rule in asked for line in _broken(rule, sent)] + _on_the_years(sent))


def _broken(rule: Rule, sent: Sent) -> list[dict[str, object]]:
    """One line for each file that breaks the rule."""
    table = sent.tables[rule.table]
    rows = table.loc[rule.broken(sent).to_numpy(dtype=bool), ["CHILD", "year", "file", "row"]]
    if rows.empty:
        return []
    on_episodes = rule.table == "episodes"
    rows = rows.assign(days=sent.episodes["days"]) if on_episodes else _with_child_days(rows, sent)
    return [_line(rule, str(name), group) for name, group in rows.groupby("file", sort=False)]


def _with_child_days(rows: pd.DataFrame, sent: Sent) -> pd.DataFrame:
    """The rows with the child-days of their child in that year's return, counted once a child and year."""
    final = sent.episodes[sent.episodes["final"]]
    days = final.groupby(["CHILD", "year"], as_index=False)["days"].sum()
    joined = rows.merge(days, on=["CHILD", "year"], how="left")
    return joined.assign(days=joined["days"].fillna(0.0).where(~joined.duplicated(["CHILD", "year", "file"]), 0.0))


def _line(rule: Rule, file: str, rows: pd.DataFrame) -> dict[str, object]:
    return _finding(rule.name, rule.severity, rule.meaning, file) | {
        "rows": len(rows),
        "first_rows": ", ".join(str(row) for row in rows["row"].sort_values().head(FIRST_ROWS)),
        "children": int(rows["CHILD"].nunique()),
        "child_days": float(rows["days"].sum()),
        "next_step": rule.next_step,
    }


def _finding(rule: str, severity: str, meaning: str, where: str) -> dict[str, object]:
    nothing = {"rows": 0, "first_rows": "", "children": 0, "child_days": 0.0, "next_step": ""}
    return {"rule": rule, "severity": severity, "meaning": meaning, "where": where} | nothing


def _on_the_years(sent: Sent) -> list[dict[str, object]]:
    """What is wrong with the run of years: several submissions, a year left out, a year that is half empty."""
    return [*_submissions(sent), *_years_left_out(sent), *_half_empty_years(sent)]


def _submissions(sent: Sent) -> list[dict[str, object]]:
    """Episodes files replaced by a later file for the same year."""
    lines = []
    replaced = sent.episodes[~sent.episodes["final"]]
    for (year, file), rows in replaced.groupby(["year", "file"], sort=False):
        latest = sent.episodes[sent.episodes["final"] & sent.episodes["year"].eq(rows["year"].iloc[0])]
        only_here = rows.loc[~rows["CHILD"].isin(latest["CHILD"]), "CHILD"].nunique()
        lines.append(
            _finding(
                "later submission",
                "error" if only_here == rows["CHILD"].nunique() else "warning",
                f"Another file holds the year to March {year} and comes later, so this one is set aside; "
                f"{only_here} of its children are in this file only.",
                str(file),
            )
            | {
                "rows": len(rows),
                "children": int(rows["CHILD"].nunique()),
                "child_days": float(rows["days"].sum()),
                "next_step": "Remove the file that was replaced; if the two are parts of one return, join them.",
            }
        )
    return lines


def _years_left_out(sent: Sent) -> list[dict[str, object]]:
    """Collection years between the first and the last for which there are no episodes."""
    whole = range(sent.years[0], sent.years[-1] + 1) if sent.years else range(0)
    step = "Add that year's return: children open across it are closed at the 31 March before, or carried over it."
    return [
        _finding("year missing", "error", f"There is no return for the year to March {year}.", "all files")
        | {"next_step": step}
        for year in whole
        if year not in sent.years
    ]


def _half_empty_years(sent: Sent) -> list[dict[str, object]]:
    """Whole years with less than half the episodes of the year before: probably an incomplete extract."""
    final = sent.episodes[sent.episodes["final"]]
    size = {year: int(final["year"].eq(year).sum()) for year in sent.years}
    return [
        _half_empty(final[final["year"].eq(year)], year, size[year - 1])
        for year in sent.years
        if size[year] < LEAST_SHARE_OF_LAST_YEAR * size.get(year - 1, 0) and sent.census >= pd.Timestamp(year, 3, 31)
    ]


def _half_empty(rows: pd.DataFrame, year: int, before: int) -> dict[str, object]:
    meaning = f"The year to March {year} holds {len(rows)} episodes, less than half of the {before} before it."
    where = ", ".join(sorted(rows["file"].unique()))
    return _finding("year probably incomplete", "error", meaning, where) | {
        "rows": len(rows),
        "children": int(rows["CHILD"].nunique()),
        "child_days": float(rows["days"].sum()),
        "next_step": "Check that the extract is whole before any number is used.",
    }
