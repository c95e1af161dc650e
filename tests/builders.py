"""Small builders: the least that makes a valid thing, with the one part a test is about named by the test."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from cip_analysis.records import EPISODE_COLUMNS, Episodes

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

EPISODE = {
    "CHILD": "1", "DECOM": "01/06/2016", "RNE": "S", "LS": "C2", "CIN": "N1", "PLACE": "U6",
    "PLACE_PROVIDER": "PR1", "DEC": "", "REC": "", "REASON_PLACE_CHANGE": "", "HOME_POST": "", "PL_POST": "", "URN": "",
}  # fmt: skip
HEADER = {
    "CHILD": "1", "SEX": "1", "DOB": "01/01/2010", "ETHNIC": "WBRI", "UPN": "UN1", "MOTHER": "", "MC_DOB": "",
}  # fmt: skip


def an_episode(**changes: str) -> dict[str, str]:
    """One line of the episodes table as a council would send it, with `changes` to it."""
    return {**EPISODE, **changes}


def a_header(**changes: str) -> dict[str, str]:
    """One line of the header table as a council would send it, with `changes` to it."""
    return {**HEADER, **changes}


def write_table(folder: Path, name: str, rows: list[dict[str, str]]) -> Path:
    """The rows as a CSV file in `folder`; the file's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def write_returns(
    folder: Path, episodes: list[dict[str, str]], headers: list[dict[str, str]] | None = None, year: int = 2017
) -> Path:
    """A folder of one collection year's returns (year ending 31 March `year`): episodes and headers."""
    write_table(folder, f"episodes_{year}.csv", episodes)
    children = dict.fromkeys(row["CHILD"] for row in episodes)
    write_table(folder, f"header_{year}.csv", headers or [a_header(CHILD=child) for child in children])
    return folder


PLACEMENT = {
    "child": "1", "start": "2016-06-01", "end": None, "period": 1, "period_start": None,
    "start_reason": "started to be looked after", "end_reason": None, "move_reason": None,
    "legal_status": "full care order", "need": "abuse or neglect", "placement": "foster carer, other",
    "provider": "own authority", "provider_urn": None, "setting": "in-house foster", "temporary": False,
    "respite": False, "household": None, "birth_date": "2010-01-01", "sex": "male", "ethnic_group": "White",
    "uasc": False, "file": "episodes.csv",
}  # fmt: skip
TEXT_COLUMNS = [name for name, kind in EPISODE_COLUMNS.items() if kind.startswith("text")]


def a_placement(**changes: object) -> dict[str, object]:
    """One placement of one child, as the stages after the reader hold it, with `changes` to it."""
    return {**PLACEMENT, **changes}


def make_episodes(rows: list[dict[str, object]], census: str = "2018-03-31", legal: object = None) -> Episodes:
    """Histories from placements: each row a dict as `a_placement` gives, dates as ISO text, in any order.

    A blank `period_start` is the first start of that child's period. legal: rows of (child, start, end, status);
    left out, each placement carries its own `legal_status`.
    """
    table = pd.DataFrame(rows or [a_placement()]).iloc[: len(rows)]
    for name in ("start", "end", "period_start", "birth_date"):
        table[name] = pd.to_datetime(table[name]).astype("datetime64[us]")
    table = table.sort_values(["child", "start"], ignore_index=True)
    first = table.groupby(["child", "period"])["start"].transform("min")
    table = table.assign(
        period_start=table["period_start"].fillna(first), row=range(2, len(table) + 2),
        household=table["household"].astype("Int64"),
        **{name: table[name].astype("str") for name in TEXT_COLUMNS},
    )  # fmt: skip
    lines = (
        [(row["child"], row["start"], row.get("end"), row["legal_status"]) for row in rows] if legal is None else legal
    )
    statuses = pd.DataFrame(lines, columns=["child", "start", "end", "legal_status"])
    for name in ("start", "end"):
        statuses[name] = pd.to_datetime(statuses[name]).astype("datetime64[us]")
    statuses = statuses.sort_values(["child", "start"], ignore_index=True)
    statuses = statuses.assign(respite=statuses["legal_status"].str.startswith("respite series"))
    return Episodes(table, statuses.astype({"legal_status": "str"}), date.fromisoformat(census), synthetic=True)
