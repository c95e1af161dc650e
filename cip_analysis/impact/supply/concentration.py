"""How few providers a council depends on: the Herfindahl-Hirschman index, the largest five, and what rests on one.

Bands: Competition Commission and Office of Fair Trading, Merger Assessment Guidelines, 2010 (CC2, OFT1254), which the
Competition and Markets Authority had adopted in 2018: above 1,000 concentrated, above 2,000 highly so. Its guidelines
of 2021 set no such ends. They are of markets; here they are of what one council buys.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cip_analysis.money.basis.providers import DOMINANT_SHARE, count_providers

CONCENTRATED, HIGHLY = 1000.0, 2000.0
BANDS = ("not concentrated", "concentrated", "highly concentrated")
RANKS = {"five largest": (1, 5), "next five": (6, 10), "all others": (11, 10**6)}
FEWEST_IN_AN_INDEX = 3
"""Of two providers an index gives both shares; of three or more it does not."""
TOP = 5
"""The share of the five largest of six gives the sixth's away, and counts as one provider's."""
KEYS = ["financial_year", "setting"]


class ConcentrationError(ValueError):
    """There is nothing whose concentration could be told."""


def herfindahl(amounts: pd.Series) -> float:
    """The sum of squared percentage shares, 0 to 10,000; amounts below nought (credits) count as nought.

    >>> herfindahl(pd.Series([50.0, 30.0, 20.0])), herfindahl(pd.Series([1.0] * 4))
    (3800.0, 2500.0)

    Raises ConcentrationError where nothing is above nought.
    """
    held = amounts.clip(lower=0).to_numpy(dtype="float64")
    if not held.sum() > 0:
        raise ConcentrationError("No amount is above nought, so there are no shares. Leave the year or setting out.")
    return float((100 * 100 * held @ held) / (held.sum() * held.sum()))


def band_of(index: float) -> str:
    """The band an index is in.

    >>> band_of(1000), band_of(1001), band_of(2001)
    ('not concentrated', 'concentrated', 'highly concentrated')
    """
    return BANDS[int(index > CONCENTRATED) + int(index > HIGHLY)]


def concentrate(bought: pd.DataFrame) -> pd.DataFrame:
    """Concentration of each financial year and setting: one row each.

    Columns KEYS, children, suppliers, hhi_by_spend, hhi_by_weeks, band (by spend), as_if_equal (10,000 ÷ the index: so
    many equal providers would give it), top_five_share (of spend), largest_share, largest_children, and how many
    providers stand behind: providers, index_providers (one where fewer than three, because an index of two gives both
    away), top_providers, one_provider (always one).
    """
    rows = [row for keys, lines in bought.groupby(KEYS) if (row := _concentrated(keys, lines))]
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype({"financial_year": "int64", "setting": "str"})


_COLUMNS = (
    *KEYS, "children", "suppliers", "hhi_by_spend", "hhi_by_weeks", "band", "as_if_equal", "top_five_share",
    "largest_share", "largest_children", "providers", "index_providers", "top_providers", "one_provider",
)  # fmt: skip


def _concentrated(keys: tuple[object, ...], lines: pd.DataFrame) -> dict[str, object]:
    """One year and setting; nothing where nothing was paid on balance."""
    each = lines.groupby("supplier")[["pence", "days"]].sum().clip(lower=0).sort_values("pence", ascending=False)
    if not (each["pence"].sum() > 0 and each["days"].sum() > 0):
        return {}
    share, index = each["pence"] / each["pence"].sum(), herfindahl(each["pence"])
    behind = count_providers(lines, [])
    number = int(behind.fillna(0).iloc[0])
    return {
        **dict(zip(KEYS, keys, strict=True)),
        "children": lines["child"].nunique(), "suppliers": len(each), "hhi_by_spend": index,
        "hhi_by_weeks": herfindahl(each["days"]), "band": band_of(index), "as_if_equal": 10_000 / index,
        "top_five_share": float(share.head(TOP).sum()), "largest_share": float(share.iloc[0]),
        "largest_children": lines.loc[lines["supplier"].eq(each.index[0]), "child"].nunique(), "providers": number,
        "index_providers": number if number >= FEWEST_IN_AN_INDEX else 1,
        "top_providers": 1 if share.iloc[0] >= DOMINANT_SHARE or len(each) == TOP + 1 else min(number, TOP),
        "one_provider": 1,
    }  # fmt: skip


def rank_bands(bought: pd.DataFrame) -> pd.DataFrame:
    """The lines with `rank_band` (of RANKS): where their supplier stands by £ in that year and setting."""
    paid = bought.groupby([*KEYS, "supplier"])["pence"].sum()
    rank = paid.groupby(level=[0, 1]).rank(ascending=False, method="first").astype("int64")
    placed = rank.reindex(pd.MultiIndex.from_frame(bought[[*KEYS, "supplier"]])).to_numpy()
    names = np.select([placed <= top for _low, top in RANKS.values()], list(RANKS), "all others")
    return bought.assign(rank_band=pd.Series(names, bought.index, dtype="str"))
