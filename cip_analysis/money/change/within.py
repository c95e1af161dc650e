"""Why one setting's spend changed: days, platforms, fees, support billed beside them, and what others contribute."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cip_analysis.money.change.splitting import Cells, DriversError, Pence, take_apart
from cip_analysis.money.outturn import SUPPORT
from cip_analysis.money.spend import ON_A_STAY, yearly_stays
from cip_analysis.records import Episodes, Payments
from cip_analysis.returns.payments.cells import to_pence

FEES, SUPPORTED, CONTRIBUTED = "fees", "support billed beside the fee", "health and education contributions"
NO_PLATFORM = "no platform given"
CARRIES_DAYS = ("payment", "late payment")
WITHIN = ("volume", "platform", "inflation", "fee_price", "support", "contributions", "without_days")
WITHIN_WORDS: Mapping[str, str] = {
    "volume": "number of child-days",
    "platform": "share on the framework",
    "inflation": "general inflation",
    "fee_price": "fees beyond inflation",
    "support": "support billed beside the fee",
    "contributions": "paid by health and education",
    "without_days": "payments without child-days",
}
OF_PRICE = {FEES: "fee_price", SUPPORTED: "support", CONTRIBUTED: "contributions"}
CELL = ["part", "platform"]


def setting_parts(episodes: Episodes, payments: Payments, setting: str, year: int) -> pd.DataFrame:
    """What one setting's spend of a year is made of: fees by platform, support, and contributions (below nought).

    Columns part, platform, children, child_days, spend_gbp, nominal. The lines sum to the setting's spend to the
    penny, as `spend.price_outturn` gives it. Fees are gross of contributions, net of credit notes. Child-days are the
    setting's nights in care; those of a platform are its share of the days that fees were paid for, because a return
    does not say on which terms a night was bought; where no fee was paid for any they are NO_PLATFORM's. Support and
    contributions rest on all the setting's days.
    """
    stays = yearly_stays(episodes, year, year)
    nights = float(stays.loc[stays["setting"].eq(setting), "days"].sum())
    lines = _own_lines(payments, setting, year)
    fees = _fees_by_platform(lines, nights)
    rest = [(SUPPORTED, lines[lines["kind"].eq(SUPPORT)], "gross"), (CONTRIBUTED, lines, "given")]
    others = [(part, "all", int(own.loc[own[of].ne(0), "child"].nunique()), nights, int(own[of].sum()))
              for part, own, of in rest]  # fmt: skip
    table = pd.DataFrame(others, columns=[*CELL, "children", "child_days", "pence"])
    whole = pd.concat([fees, table], ignore_index=True)
    return whole.assign(spend_gbp=whole["pence"] / 100).drop(columns="pence")


def split_within(before: pd.DataFrame, after: pd.DataFrame, index: float) -> pd.DataFrame:
    """The change in one setting's spend between two years by what drove it, a row a part and platform, exact.

    before, after: as `setting_parts` makes them. index: general price index of the later year ÷ of the earlier.
    Columns part, platform, children_before, children_after, child_days_before, child_days_after, before_gbp, one a name
    of WITHIN (volume_gbp: all child-days, at old mean prices; platform_gbp: the mix of framework, spot and block at
    old fees; inflation_gbp; fee_price_gbp, support_gbp, contributions_gbp: what a child-day came to cost beyond
    inflation in fees, in support and, below nought, in what others gave), after_gbp, change_gbp. Rows and columns sum
    to the penny. Its steps: `drivers.steps_of` with WITHIN_WORDS.
    Raises DriversError where the earlier year has no child-days.
    """
    old, new = (table.set_index(CELL) for table in (before, after))
    cells = old.index.union(new.index, sort=False)
    old, new = (table.reindex(cells, fill_value=0) for table in (old, new))
    first, second = (Cells(table["child_days"].to_numpy(dtype="float64"), to_pence(table["spend_gbp"]).to_numpy())
                     for table in (old, new))  # fmt: skip
    nights = [table.xs(SUPPORTED, level="part")["child_days"].sum() for table in (old, new)]
    if not nights[0]:
        raise DriversError("Nobody lived in the setting in the earlier year. Take another.")
    parts = take_apart(first, second, nights[1] / nights[0], index)
    pence = _named(parts, cells.get_level_values("part").to_numpy())
    change = {"after": second.pence, "change": second.pence - first.pence}
    money = {f"{name}_gbp": each / 100 for name, each in {"before": first.pence, **pence, **change}.items()}
    counts = {f"{name}_{when}": table[name] for name in ("children", "child_days")
              for when, table in (("before", old), ("after", new))}  # fmt: skip
    return pd.DataFrame({**counts, **money}, index=cells).reset_index()


def _own_lines(payments: Payments, setting: str, year: int) -> pd.DataFrame:
    """The payments that met a stay in the setting that year, with pence paid, given by others, and gross of that."""
    paid = payments.table
    paid = paid[paid["setting"].eq(setting) & paid["financial_year"].eq(year) & paid["match"].isin(ON_A_STAY)]
    given = to_pence(paid["health_gbp"]) + to_pence(paid["education_gbp"])
    platform = paid["platform"].fillna("").replace("", NO_PLATFORM)
    return paid.assign(platform=platform, given=-given, gross=to_pence(paid["amount_gbp"]) + given)


def _fees_by_platform(lines: pd.DataFrame, nights: float) -> pd.DataFrame:
    """Fees gross of contributions by platform, the setting's nights shared as the days paid for are."""
    fees = lines[lines["kind"].ne(SUPPORT)]
    days = (fees["end"] - fees["start"]).dt.days.where(fees["kind"].isin(CARRIES_DAYS), 0)
    grouped = fees.assign(days=days).groupby("platform", as_index=False)
    table = grouped.agg(children=("child", "nunique"), days=("days", "sum"), pence=("gross", "sum"))
    if nights and not table["days"].sum():
        unpaid = pd.DataFrame({"platform": [NO_PLATFORM], "children": 0, "days": 1, "pence": 0})
        table = pd.concat([table, unpaid]).groupby("platform", as_index=False).sum()
    shared = table["days"] * (nights / max(1, table["days"].sum()))
    return table.assign(part=FEES, child_days=shared)[[*CELL, "children", "child_days", "pence"]]


def _named(parts: Mapping[str, Pence], part: np.ndarray) -> dict[str, Pence]:
    """The elements under the names of WITHIN: what is price in each part is an element of its own."""
    price = {OF_PRICE[name]: np.where(part == name, parts["price"], 0) for name in OF_PRICE}
    of_all = {"volume": parts["volume"], "platform": parts["mix"], "inflation": parts["inflation"]}
    return {**of_all, **price, "without_days": parts["without_days"]}
