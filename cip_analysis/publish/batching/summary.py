"""The index of a batch: every council, what came of its pack, how long it took, and what it says lies ahead."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from cip_analysis.publish.batching.making import FAILED, Outcome
from cip_analysis.publish.batching.members import Member
from cip_analysis.publish.report.layout import Cover, lay_out
from cip_analysis.publish.words import day_in_words

INDEX, TABLE = "index.html", "summary.csv"
WAITING = "not yet"
COLUMNS = ("council", "code", "region", "status", "seconds", "peak_mb", "children_now", "forecast_month", "median",
           "range_80", "pack", "why", "note")  # fmt: skip


def write_summary(folder: Path, cover: Cover, members: Sequence[Member], outcomes: Mapping[str, Outcome]) -> None:
    """index.html and summary.csv in `folder`, a row a council in the order given, those without an outcome too."""
    rows = [_row(member, outcomes.get(member.key)) for member in members]
    counted = {status: sum(row["status"] == status for row in rows) for status in {row["status"] for row in rows}}
    shown = [_shown(row) for row in rows]
    page = lay_out(
        "batch.html.j2", cover, heading=cover.title, rows=shown, counted=sorted(counted.items()),
        failed=[row for row in rows if row["status"] == FAILED], notes=[row for row in rows if row["note"]],
        months=sorted({row["month_in_words"] for row in shown if row["month_in_words"]}), table=TABLE,
    )  # fmt: skip
    _place(folder / INDEX, page)
    making = folder / f".{TABLE}.{os.getpid()}"
    with making.open("w", encoding="utf-8", newline="") as sheet:
        writer = csv.DictWriter(sheet, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    making.replace(folder / TABLE)


def _row(member: Member, outcome: Outcome | None) -> dict[str, str]:
    """One council's line."""
    told = outcome or Outcome(member.key, WAITING)
    ahead = told.headline
    return {
        "council": member.name, "code": member.code, "region": member.region, "status": told.status,
        "seconds": f"{told.seconds:.0f}" if outcome else "", "peak_mb": f"{told.peak_mb}" if told.peak_mb else "",
        "children_now": ahead.get("now", ""), "forecast_month": ahead.get("month", ""),
        "median": ahead.get("middle", ""), "range_80": ahead.get("likely", ""),
        "pack": f"{member.key}/{told.pack}/index.html" if told.pack else "", "why": told.why, "note": member.note,
    }  # fmt: skip


def _shown(row: dict[str, str]) -> dict[str, str]:
    """One council's line as the page shows it: numbers with commas, the month in words."""
    numbers = {name: f"{int(row[name]):,}" for name in ("children_now", "median") if row[name].isdigit()}
    month = day_in_words(date.fromisoformat(row["forecast_month"])) if row["forecast_month"] else ""
    return {**row, **numbers, "month_in_words": month}


def _place(path: Path, text: str) -> None:
    making = path.with_name(f".{path.name}.{os.getpid()}")
    making.write_text(text, encoding="utf-8", newline="\n")
    making.replace(path)
