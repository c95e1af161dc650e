"""Health of those long in care (OC2) and what became of those who left (OC3), invented to agree with the lines.

Source: who belongs in each table, and which items are asked at which age, from the rules of the csc-validator-be-903
package, named where they bite. The answers' shares are ours and unremarkable; nothing is calibrated on them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cip_analysis.codes import EPISODE_CONTINUES
from cip_analysis.synthetic.chance import stream
from cip_analysis.synthetic.files import Identities, ReturnYear, as_text

DAYS_AFTER_14, DAYS_AFTER_16 = 91, 1
YOUNGEST_LEAVER, OLDEST_LEAVER = 17, 19
NOT_A_LEAVER = frozenset({"E11", "E12", "E2", "E3"})
NO_SCORE_REASONS = ("SDQ2", "SDQ3", "SDQ4", "SDQ5")
ACTIVITIES, ACTIVITY_SHARES = (
    ("F1", "F2", "P2", "F4", "F5", "P5", "G4", "G5", "G6"),
    (0.05, 0.28, 0.03, 0.05, 0.15, 0.06, 0.11, 0.2, 0.07),
)
HOMES, HOME_SHARES = ("B1", "D1", "E1", "T1", "U1", "V1", "Y1", "K1", "R1", "X2", "W2"), (
    0.12, 0.09, 0.04, 0.12, 0.4, 0.1, 0.03, 0.05, 0.02, 0.02, 0.01,
)  # fmt: skip


def long_in_care(year: ReturnYear) -> frozenset[int]:
    """Children looked after the whole year: no start after 1 April, no leaving before 31 March, no respite.

    Source: the package's definition of continuously looked after, day for day.
    """
    lines = year.lines
    came = lines["start_reason"].eq("S") & (lines["start"] > year.first)
    went = ~lines["end_reason"].isin(["", EPISODE_CONTINUES]) & (lines["end"] < year.last)
    return frozenset(lines["child"]) - frozenset(lines.loc[came | went | lines["respite"], "child"])


def health_table(year: ReturnYear, identities: Identities, seed: int) -> pd.DataFrame:
    """OC2: one row a child looked after the whole year, each item only at the ages it is asked."""
    people = year.children[year.children["child"].isin(long_in_care(year))]
    chance = stream(seed, f"health {year.year}")
    born, size = people["birth_date"], len(people)
    scored = (born + pd.DateOffset(years=4) <= year.last) & (born + pd.DateOffset(years=17) >= year.first)
    answered = scored & (chance.random(size) < 0.8)
    score = pd.Series(chance.binomial(40, chance.beta(2.2, 4.0, size)), people.index).astype("str")
    reason = pd.Series(chance.choice(NO_SCORE_REASONS, size), people.index)
    misuse = (born + pd.DateOffset(years=12) <= year.last) & (chance.random(size) < 0.05)
    received = misuse & (chance.random(size) < 0.5)
    yes_or_no = pd.DataFrame(
        chance.random((size, 6)) < np.array([0.04, 0.9, 0.85, 0.85, 0.9, 0.5]), people.index
    ).replace({True: "1", False: "0"})
    return pd.DataFrame(
        {
            "CHILD": people["child"].map(identities.ids),
            "DOB": as_text(born),
            "SDQ_SCORE": score.where(answered, ""),
            "SDQ_REASON": reason.where(scored & ~answered, ""),
            "CONVICTED": yes_or_no[0].where(born + pd.DateOffset(years=10) <= year.last, ""),
            "HEALTH_CHECK": yes_or_no[1].where(born + pd.DateOffset(years=5) > year.last, ""),
            "IMMUNISATIONS": yes_or_no[2],
            "TEETH_CHECK": yes_or_no[3],
            "HEALTH_ASSESSMENT": yes_or_no[4],
            "SUBSTANCE_MISUSE": misuse.map({True: "1", False: "0"}),
            "INTERVENTION_RECEIVED": received.map({True: "1", False: "0"}).where(misuse, ""),
            "INTERVENTION_OFFERED": yes_or_no[5].where(misuse & ~received, ""),
        }
    )


def leavers_of_year(children: pd.DataFrame, year: ReturnYear, before: ReturnYear) -> pd.DataFrame:
    """Children who had left care before their 17th, 18th or 19th birthday in the year, after long enough in it.

    children: history.CHILD_COLUMNS of everyone; the leavers' rows of it come back. before: the year before.
    Three kinds of real leaver are left out, because the statutory rules as published refuse them: those with no line
    in either year (1001, 1002), those born on 29 February (1007), and mothers with no line in the year (624 wants
    the motherhood that 628 forbids).
    """
    known = pd.concat([before.lines.assign(seen=0), year.lines.assign(seen=1)])
    known = known.sort_values(["child", "start", "seen"]).drop_duplicates(["child", "start"], keep="last")
    last = known.drop_duplicates("child", keep="last").set_index("child")
    birthday = _birthday_in(last["birth_date"], year)
    left = last["end"].notna() & (last["end"] < birthday) & ~last["end_reason"].isin(NOT_A_LEAVER)
    right_age = (birthday.dt.year - last["birth_date"].dt.year).between(YOUNGEST_LEAVER, OLDEST_LEAVER)
    chosen = frozenset(last.index[left & right_age]) & _long_enough(known[~known["respite"]], year.last)
    mothers = frozenset(children.loc[children["mother"], "child"]) - year.in_care()
    return children[children["child"].isin(chosen - mothers - long_in_care(year))].reset_index(drop=True)


def _long_enough(lines: pd.DataFrame, last: pd.Timestamp) -> frozenset[int]:
    """Children looked after 13 weeks since they were 14, some of it since they were 16: relevant children."""
    ends = lines["end"].fillna(last)
    days = {
        age: (ends - lines["start"].clip(lower=lines["birth_date"] + pd.DateOffset(years=age))).dt.days.clip(lower=0)
        for age in (14, 16)
    }
    total = pd.DataFrame(days).groupby(lines["child"]).sum()
    return frozenset(total.index[(total[14] >= DAYS_AFTER_14) & (total[16] >= DAYS_AFTER_16)])


def _birthday_in(born: pd.Series, year: ReturnYear) -> pd.Series:
    """The birthday that falls in the collection year; blank for those born on 29 February."""
    parts = pd.DataFrame({"year": year.year, "month": born.dt.month, "day": born.dt.day})
    leap = parts["month"].eq(2) & parts["day"].eq(29)
    parts = parts.assign(year=parts["year"].mask(parts["month"] >= 4, year.year - 1), day=parts["day"].mask(leap, 28))
    return pd.to_datetime(parts).mask(leap)


def leavers_table(year: ReturnYear, leavers: pd.DataFrame, identities: Identities, seed: int) -> pd.DataFrame:
    """OC3: whether the council was in touch with each leaver, what they did and where they lived.

    Nothing is told of those who died or went home for good (rule 344); all is told of those in touch (rule 345).
    """
    chance = stream(seed, f"leavers {year.year}")
    size = len(leavers)
    touch = pd.Series(chance.choice(("YES", "NO", "REFU", "RHOM"), size, p=(0.86, 0.06, 0.04, 0.04)))
    told = touch.eq("YES")
    return pd.DataFrame(
        {
            "CHILD": leavers["child"].map(identities.ids),
            "DOB": as_text(leavers["birth_date"]),
            "IN_TOUCH": touch,
            "ACTIV": pd.Series(chance.choice(ACTIVITIES, size, p=ACTIVITY_SHARES)).where(told, "0"),
            "ACCOM": pd.Series(chance.choice(HOMES, size, p=HOME_SHARES)).where(told, "0"),
        }
    )
