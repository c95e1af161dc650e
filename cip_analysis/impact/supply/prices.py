"""How far prices differ for like needs, and what buying off the framework may have cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cip_analysis.money.pricing.fees import NOT_SAID, fee_lines
from cip_analysis.money.pricing.trend import framework_premium
from cip_analysis.records import Episodes, Payments

LIKE_FOR_LIKE, SPOT = "like for like", "spot"
TYPICAL_GAP = 0.9538725524
"""Two draws of one normal curve lie, by the median, this many standard deviations apart: √2 × 0.6745."""
FEWEST_CHILDREN = 20
STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("of the same setting and year", ()),
    ("and of the same age band and recorded need", ("like_need",)),
    ("and bought the same way for as long", ("platform", "length")),
    ("and from the same provider", ("supplier",)),
)
DISPERSION = ("setting", "two_placements", "children", "providers", "typical_gap_share", "explained_share")
LEAKAGE = (
    "financial_year", "setting", "children", "framework_children", "weeks_paid", "spend_gbp", "share_of_weeks",
    "share_of_spend", "dearer_share", "low_95_share", "high_95_share", "extra_gbp", "low_95_extra_gbp",
    "high_95_extra_gbp",
)  # fmt: skip


def like_lines(payments: Payments, episodes: Episodes, first_year: int, last_year: int) -> pd.DataFrame:
    """Fees as billed (pricing/fees.fee_lines) with `like_need` (the child's age band and need) and supplier."""
    fees = fee_lines(payments, episodes, first_year, last_year)
    need = episodes.table.groupby("child")["need"].first().fillna(NOT_SAID)
    wanted = fees["age_band"].astype("str") + ", " + fees["child"].map(need).fillna(NOT_SAID).astype("str")
    return fees.assign(like_need=wanted, supplier=fees["provider"].str.split().str.join(" ").str.casefold())


def disperse(lines: pd.DataFrame, settings: Sequence[str]) -> pd.DataFrame:
    """How much dearer the dearer of two placements typically is, the more alike they are made, by setting.

    lines: as `like_lines` gives them. Least squares of log weekly fee, weighed by days, on ever more of what payments
    and returns tell; what is left over, with its degrees of freedom, is a standard deviation s of logarithms, and
    typical_gap_share = exp(0.954 s) - 1. explained_share: of the first step's variance; never below nought. Columns
    DISPERSION. Settings with fewer than 20 children, or too few lines to divide so far, are left out.
    """
    rows = []
    for setting in settings:
        own = lines[lines["setting"].eq(setting)]
        if own["child"].nunique() < FEWEST_CHILDREN:
            continue
        known: tuple[str, ...] = ("financial_year",)
        first = float("nan")
        for words, more in STEPS:
            known = (*known, *more)
            left = _left_over(own, known)
            first = left if np.isnan(first) else first
            rows.append((setting, words, own["child"].nunique(), own["supplier"].nunique(),
                         np.expm1(TYPICAL_GAP * np.sqrt(left)), max(0.0, 1 - left / first)))  # fmt: skip
    return pd.DataFrame(rows, columns=list(DISPERSION)).dropna().reset_index(drop=True)


def _left_over(lines: pd.DataFrame, known: Sequence[str]) -> float:
    """The variance of log fees that the columns named leave; blank where they leave no degrees of freedom."""
    dummies = pd.get_dummies(lines[list(known)].astype("str"), dtype="float64").assign(constant=1.0)
    weights = lines["days"].to_numpy(dtype="float64")
    root = np.sqrt(weights / weights.mean())
    logs = np.log(lines["weekly_fee_gbp"].to_numpy(dtype="float64"))
    matrix = dummies.to_numpy() * root[:, None]
    found, _squares, rank, _values = np.linalg.lstsq(matrix, logs * root, rcond=None)
    strayed = logs * root - matrix @ found
    freedom = len(lines) - int(rank)
    return float(strayed @ strayed / freedom) if freedom > 0 else float("nan")


def leak(bought: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """What was bought by spot purchase though a framework is there, by year and setting, and what that may have cost.

    bought: as bought.bought_lines. lines: as `like_lines`, of all years, from which the like-for-like premium p of spot
    purchase comes. extra_gbp = £ × p ÷ (1 + p): what the same weeks would have cost less on the framework, with the 95%
    range of p alone. It takes contributions to move with the fee. Shares are of framework and spot together. Settings
    in which too few were bought either way to tell p are left out.
    """
    both = bought[bought["bought_how"].isin(["framework", SPOT])]
    premiums = [
        told.assign(setting=setting)
        for setting in sorted(both["setting"].unique())
        if len(told := _spot_premium(lines, setting))
    ]
    if not premiums:
        return pd.DataFrame(columns=list(LEAKAGE))
    keys = ["financial_year", "setting"]
    counted = both.groupby([*keys, "bought_how"], as_index=False).agg(
        children=("child", "nunique"), days=("days", "sum"), pence=("pence", "sum")
    )
    whole = counted.groupby(keys)[["days", "pence"]].transform("sum")
    counted = counted.assign(
        share_of_weeks=counted["days"] / whole["days"].where(whole["days"].gt(0)),
        share_of_spend=counted["pence"] / whole["pence"].where(whole["pence"].gt(0)),
        weeks_paid=counted["days"] / 7, spend_gbp=counted["pence"] / 100,
    )  # fmt: skip
    spot = counted[counted["bought_how"].eq(SPOT)].merge(pd.concat(premiums), on="setting")
    ends = {"dearer_share": "extra_gbp", "low_95_share": "low_95_extra_gbp", "high_95_share": "high_95_extra_gbp"}
    cost = {name: spot["spend_gbp"] * spot[end] / (1 + spot[end]) for end, name in ends.items()}
    return spot.assign(**cost)[list(LEAKAGE)].reset_index(drop=True)


def _spot_premium(lines: pd.DataFrame, setting: str) -> pd.DataFrame:
    """The like-for-like premium of spot purchase in one setting, one row; none where it cannot be told."""
    told = framework_premium(lines, setting)
    told = told[told["platform"].eq(SPOT) & told["compared"].eq(LIKE_FOR_LIKE)]
    names = {"premium": "dearer_share", "low_95": "low_95_share", "high_95": "high_95_share"}
    return told.rename(columns=names)[[*names.values(), "framework_children"]]
