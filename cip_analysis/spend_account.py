"""Spend shaped for pages: outturn and what may come side by side, by year and setting, with the counts it rests on.

Money is in £ million and every table says, by its `Spend`, in what £. A figure ahead rests on the children there on
the last day of outturn (`children_at_census`): where those are too few to show, so is everything that follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from cip_analysis.codes import SETTINGS
from cip_analysis.demand.forecast import ALL, STATISTICS, describe_draws
from cip_analysis.money.basis.providers import count_providers, paid_by_setting, with_providers
from cip_analysis.money.reconciliation import reconcile_payments
from cip_analysis.money.spend import summarise_spend
from cip_analysis.projections import Projection
from cip_analysis.records import Payments, Spend
from cip_analysis.run import Run

MILLION = 1e6
SPEND = "spend_gbp_million"
AT_CENSUS = "children_at_census"
STATISTICS_AHEAD = tuple(f"{name}_{SPEND}" for name in STATISTICS)

PEOPLE: Mapping[str, str] = MappingProxyType(
    {
        "children": "children in the year",
        "children_in_year": "children in the year",
        AT_CENSUS: "children looked after",
        "children_31_march": "children looked after on 31 March",
        "children_31_march_before": "children looked after on the 31 March before",
    }
)
"""Columns of tables of spend that count children, and what they count (docs/data_dictionary.md)."""
SUMS: Mapping[str, str] = MappingProxyType(
    {
        "spend_gbp": "placement spend",
        SPEND: "placement spend",
        "child_weeks": "weeks of care",
        f"mean_{SPEND}": "placement spend ahead, on average",
    }
)
"""Columns of tables of spend that add up over settings, and what they sum."""


def declare_spend(table: pd.DataFrame, run: Run) -> dict[str, Any]:
    """How a table of spend is declared to `release`: which columns count, sum, and rest on which, and what they are.

    table: with columns of PEOPLE, the first of which all money rests on, and `providers` where £ are to be withheld for
    few of them (`with_providers`). Shares and prices rest on the sums beside them too, because each gives the other.
    """
    counts, sums = ([name for name in names if name in table] for names in (PEOPLE, SUMS))
    figures = [name for name in table.select_dtypes("number") if name not in (*counts, "financial_year", "providers")]
    paid = [name for name in figures if name != "child_weeks"]
    at_census = f"children looked after on {run.as_at.isoformat()}"
    measures = {name: at_census if name == AT_CENSUS else PEOPLE[name] for name in counts}
    return {
        "counts": counts,
        "bases": {name: counts[0] if name in sums else [counts[0], *sums] for name in figures},
        "measure": measures | {name: SUMS[name] for name in sums},
        "adding": sums,
        "providers": dict.fromkeys(paid, "providers") if "providers" in table else {},
    }


def last_providers(table: pd.DataFrame, run: Run) -> pd.DataFrame:
    """A table of spend ahead with the providers of the last year: what it foretells of a price, one of them may ask."""
    return with_providers(table, run.payments, run.last_year) if run.closed_years else table


def paid_by_match(payments: Payments) -> pd.DataFrame:
    """Where every £ of the payments went, as `reconcile_payments` has it, with the providers behind each line."""
    met = reconcile_payments(payments)
    number = count_providers(paid_by_setting(payments), ["match"])
    return met.assign(providers=pd.Series(number.reindex(met["match"]).to_numpy(), met.index, dtype="Int64"))


def declare_match(table: pd.DataFrame) -> dict[str, Any]:
    """How `paid_by_match` is declared to `release`, with or without its shares."""
    shares = {"share_of_spend": ["children", "spend_gbp"]} if "share_of_spend" in table else {}
    return {
        "counts": ["children", "rows"],
        "bases": {"spend_gbp": ["children"], **shares},
        "adding": ["spend_gbp"],
        "measure": {"children": "identifiers paid for", "rows": "lines of payments", "spend_gbp": "all that was paid"},
        "providers": dict.fromkeys(["spend_gbp", *shares], "providers"),
    }


def spend_by_year(spend: Spend) -> pd.DataFrame:
    """Outturn by year, "all" settings first, then each: financial_year, setting, children, spend_gbp_million.

    "all" holds what met no stay too, and its children are summed over settings: one who was in two counts in both.
    """
    lines = spend.table[["financial_year", "setting", "children", "spend_gbp"]]
    total = lines.groupby("financial_year", as_index=False)[["children", "spend_gbp"]].sum().assign(setting=ALL)
    both = pd.concat([total, lines], ignore_index=True)
    return both.assign(**{SPEND: both["spend_gbp"] / MILLION})[["financial_year", "setting", "children", SPEND]]


def spend_to_come(spend: Spend, projection: Projection) -> pd.DataFrame:
    """What spend may be, by financial year (number) and setting, "all" first in each.

    Columns financial_year, setting, children_at_census, then STATISTICS_AHEAD in £ million.
    """
    told = summarise_spend(spend, describe_draws)
    years = told["financial_year"].str[:4].astype("int64") + 1
    money = {f"{name}_{SPEND}": told[name] / MILLION for name in STATISTICS}
    there = there_at_census(projection)
    return pd.DataFrame(
        {
            "financial_year": years,
            "setting": told["setting"],
            AT_CENSUS: told["setting"].map(there).astype("int64"),
            **money,
        }
    )


def there_at_census(projection: Projection) -> dict[str, int]:
    """Children on the last day of outturn in each setting, and in "all"."""
    there = projection.stock[0, 0].sum(axis=0, dtype="int64").tolist()
    return {ALL: sum(there), **dict(zip(SETTINGS, there, strict=True))}


def split_commitment(spend: Spend, projection: Projection, setting: str = ALL) -> pd.DataFrame:
    """Of the mean spend of each year ahead, what children already in care cost and what those yet to come will.

    setting: one, or "all". Columns financial_year, children_at_census, already_in_care_gbp_million,
    yet_to_come_gbp_million, spend_gbp_million (their sum), share_already_in_care. Means, so that they add up.
    """
    table = spend.table if setting == ALL else spend.table[spend.table["setting"].eq(setting)]
    sums = table.groupby("financial_year")[["spend_gbp", "present_gbp"]].sum() / projection.draws / MILLION
    already, whole = sums["present_gbp"], sums["spend_gbp"]
    return pd.DataFrame(
        {
            AT_CENSUS: there_at_census(projection)[setting],
            "already_in_care_gbp_million": already,
            "yet_to_come_gbp_million": whole - already,
            SPEND: whole,
            "share_already_in_care": already / whole.where(whole > 0),
        }
    ).reset_index()


def compare_spend(baseline: Spend, others: Sequence[tuple[str, Spend]], year: int, children: int) -> pd.DataFrame:
    """What each scenario moves spend by in one financial year, on the same draws.

    others: (title, its spend). children: those in care at the census, on whom all of it rests. Columns scenario,
    children_at_census, p10_difference_gbp_million, p50_…, p90_…, chance_cheaper (in so many draws it costs less).
    """
    base = _totals(baseline, year)
    rows = []
    for title, spend in others:
        apart = (_totals(spend, year) - base) / MILLION
        low, middle, high = np.quantile(apart, [0.1, 0.5, 0.9])
        rows.append((title, children, low, middle, high, float((apart < 0).mean())))
    ends = [f"{end}_difference_gbp_million" for end in ("p10", "p50", "p90")]
    return pd.DataFrame(rows, columns=["scenario", AT_CENSUS, *ends, "chance_cheaper"])


def chance_above(spend: Spend, year: int, gbp: float, setting: str = ALL) -> float:
    """The share of draws in which a year's spend is at least so many £."""
    table = spend.table if setting == ALL else spend.table[spend.table["setting"].eq(setting)]
    return float((_totals(spend, year, table) >= gbp).mean())


def _totals(spend: Spend, year: int, table: pd.DataFrame | None = None) -> np.ndarray:
    """Each draw's spend in one year, £, in the order of the draws."""
    lines = spend.table if table is None else table
    of_year = lines[lines["financial_year"].eq(year)]
    return of_year.groupby("draw", sort=True)["spend_gbp"].sum().to_numpy()
