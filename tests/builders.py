"""Small builders: the least that makes a valid thing, with the one part a test is about named by the test."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

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
