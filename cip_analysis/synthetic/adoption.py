"""Decisions for adoption and adoptions made, invented to agree with the placement orders and placements in the lines.

Source: what must agree with what is from the rules of the csc-validator-be-903 package, named where they bite.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cip_analysis.codes import ADOPTION_PLACEMENTS
from cip_analysis.synthetic.chance import stream
from cip_analysis.synthetic.files import Identities, ReturnYear, as_text, periods_of_care
from cip_analysis.synthetic.history import Histories

ADOPTED = frozenset({"E11", "E12"})
WITH_CURRENT_CARER = frozenset({"A3", "A5"})
SAME_SEX_MARRIAGE_FROM = 2015
# adopters: how many, their sexes, their legal status; the sexes and the status agree (rules 511 to 524)
ADOPTERS = (
    ("2", "MF", "L11"), ("2", "MF", "L3"), ("1", "F1", "L0"), ("1", "M1", "L0"), ("2", "MM", "L12"), ("2", "FF", "L12"),
)  # fmt: skip
ADOPTER_SHARES = (0.68, 0.1, 0.1, 0.01, 0.06, 0.05)
REVERSALS, REVERSAL_SHARES = ("RD1", "RD2", "RD3", "RD4"), (0.3, 0.2, 0.1, 0.4)


def invent_decisions(histories: Histories, seed: int) -> pd.DataFrame:
    """Every decision that a child should be placed for adoption: at most one a period of care.

    Columns: child, birth_date, decided, ceased, reason (of ceasing), matched, adopters (a row of ADOPTERS).
    The decision comes in the period of care and before any placement order or placement for adoption (rules 552,
    554, 1003); it ceases when the last of these ends without adoption (rules 553, 557, 558).
    """
    periods = periods_of_care(histories)
    placed = periods["placement"].isin(ADOPTION_PLACEMENTS)
    for_adoption = periods[placed | periods["legal_status"].eq("E1")]
    spans = for_adoption.groupby("period")
    first = for_adoption.drop_duplicates("period").set_index("period")
    last = for_adoption.drop_duplicates("period", keep="last").set_index("period")
    placed_first = periods[placed].drop_duplicates("period").set_index("period")["start"].reindex(first.index)
    chance = stream(seed, "adoption decisions")
    lag = pd.to_timedelta(chance.integers(14, 120, len(first)), unit="D")
    decided = (spans["start"].min() - lag).clip(lower=first["period_start"])
    room = ((placed_first - decided).dt.days.fillna(0) + 1).astype("int64").to_numpy()
    matched = decided + pd.to_timedelta((chance.random(len(first)) * room).astype("int64"), unit="D")
    return pd.DataFrame(
        {
            "child": first["child"],
            "birth_date": first["birth_date"],
            "decided": decided,
            "ceased": last["end"].mask(last["end_reason"].isin(ADOPTED)),
            "reason": chance.choice(REVERSALS, len(first), p=REVERSAL_SHARES),
            "matched": matched.where(placed_first.notna()),
            "adopters": chance.choice(len(ADOPTERS), len(first), p=ADOPTER_SHARES),
        }
    ).reset_index(drop=True)


def placed_adoption_table(year: ReturnYear, decisions: pd.DataFrame, identities: Identities) -> pd.DataFrame:
    """Decisions in force at any time in the year, each repeated yearly until it ends (rules 559 to 561)."""
    made = decisions[(decisions["decided"] <= year.last) & decisions["child"].isin(year.children["child"])]
    in_force = made[made["ceased"].isna() | (made["ceased"] >= year.first)]
    ended = in_force["ceased"] <= year.last
    return pd.DataFrame(
        {
            "CHILD": in_force["child"].map(identities.ids),
            "DOB": as_text(in_force["birth_date"]),
            "DATE_PLACED": as_text(in_force["decided"]),
            "DATE_PLACED_CEASED": as_text(in_force["ceased"].where(ended)),
            "REASON_PLACED_CEASED": in_force["reason"].where(ended, ""),
        }
    )


def adoptions_table(year: ReturnYear, decisions: pd.DataFrame, identities: Identities) -> pd.DataFrame:
    """One row a child adopted in the year: the decision's date (rule 523), the match, and who adopted."""
    lines = year.lines
    adopted = lines.loc[lines["end_reason"].isin(ADOPTED), ["child", "placement"]]
    rows = adopted.merge(decisions[decisions["ceased"].isna()].drop_duplicates("child", keep="last"), on="child")
    adopters = np.array(ADOPTERS)[rows["adopters"].to_numpy()].reshape(-1, 3)
    before_marriage = (adopters[:, 2] == "L12") & (year.year < SAME_SEX_MARRIAGE_FROM)
    return pd.DataFrame(
        {
            "CHILD": rows["child"].map(identities.ids),
            "DOB": as_text(rows["birth_date"]),
            "DATE_INT": as_text(rows["decided"]),
            "DATE_MATCH": as_text(rows["matched"]),
            "FOSTER_CARE": np.where(rows["placement"].isin(WITH_CURRENT_CARER), "1", "0"),
            "NB_ADOPTR": adopters[:, 0],
            "SEX_ADOPTR": adopters[:, 1],
            "LS_ADOPTR": np.where(before_marriage, "L2", adopters[:, 2]),
        }
    )
