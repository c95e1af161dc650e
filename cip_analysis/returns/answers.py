"""What the return asks of children a year in care (OC2) and of care leavers (OC3), in plain words, a line an answer.

Codes are translated here and never seen again. A blank is a question not asked or not answered, never a no.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cip_analysis.records import Returns

ANSWER_COLUMNS = ("year", "child", "question", "asked_of", "yes")
HIGH_SCORE = 17
LONG, LEAVERS = "looked after a year or more", "care leavers of 17 to 19"
YES_OR_NO = {
    "HEALTH_ASSESSMENT": "health assessment in the year",
    "TEETH_CHECK": "teeth checked in the year",
    "IMMUNISATIONS": "immunisations up to date",
    "HEALTH_CHECK": "development checks up to date (under 5)",
    "CONVICTED": "convicted or cautioned in the year (10 and over)",
    "SUBSTANCE_MISUSE": "misuse of drugs or alcohol",
}
SCORED = "strengths and difficulties score of 17 or more (4 to 16)"
IN_TOUCH, BUSY, HOUSED = "council in touch", "in education, training or work", "in suitable accommodation"
"""A score of 17 or more is a cause for concern, as the department bands it."""
TOLD, NOT_BUSY = "YES", ("G4", "G5", "G6")


def read_answers(returns: Returns) -> pd.DataFrame:
    """Every answer of the two tables: columns ANSWER_COLUMNS; no rows where the returns hold neither.

    yes: whether it is so of the child. A child is told once a year and question: the last line sent counts.
    """
    parts = [*_long_in_care(returns.tables.get("oc2")), *_leavers(returns.tables.get("oc3"))]
    if not parts:
        return pd.DataFrame(columns=list(ANSWER_COLUMNS))
    every = pd.concat(parts, ignore_index=True).drop_duplicates(["year", "child", "question"], keep="last")
    return every.dropna(subset=["child"]).reset_index(drop=True)[list(ANSWER_COLUMNS)]


def _long_in_care(table: pd.DataFrame | None) -> list[pd.DataFrame]:
    """The answers of OC2; a score is asked as whether it is high."""
    if table is None or table.empty:
        return []
    parts = [_told(table, table[code], question, LONG) for code, question in YES_OR_NO.items() if code in table]
    if "SDQ_SCORE" in table:
        score = pd.to_numeric(table["SDQ_SCORE"], errors="coerce")
        high = pd.Series(np.where(score.isna(), "", np.where(score >= HIGH_SCORE, "1", "0")), table.index)
        parts.append(_told(table, high, SCORED, LONG))
    return parts


def _leavers(table: pd.DataFrame | None) -> list[pd.DataFrame]:
    """The answers of OC3: in touch of all, the other two of those the council is in touch with."""
    if table is None or table.empty:
        return []
    touch = table["IN_TOUCH"].fillna("").astype("str")
    told = touch.eq(TOLD)
    parts = [_told(table, told.map({True: "1", False: "0"}).where(touch.ne(""), ""), IN_TOUCH, LEAVERS)]
    for column, question in (("ACTIV", BUSY), ("ACCOM", HOUSED)):
        answer = table[column].fillna("").astype("str").where(told, "")
        well = ~answer.isin(NOT_BUSY) if column == "ACTIV" else answer.str.endswith("1")
        known = answer.ne("") & answer.ne("0")
        parts.append(_told(table, well.map({True: "1", False: "0"}).where(known, ""), question, LEAVERS))
    return parts


def _told(table: pd.DataFrame, answers: pd.Series, question: str, asked_of: str) -> pd.DataFrame:
    """The lines that answer a question yes (1) or no (0)."""
    words = answers.fillna("").astype("str").str.strip()
    kept = words.isin(["0", "1"])
    lines = table.loc[kept, ["year", "CHILD"]].rename(columns={"CHILD": "child"})
    return lines.assign(question=question, asked_of=asked_of, yes=words[kept].eq("1"))
