"""Spend forecast again from each past 31 March, with what was known and paid by then, and set beside what was spent.

    looked = look_back(Past(episodes, payments, assumptions), evidence, asked)
    record = spend_record(looked.table)     # by setting and years ahead: how far off, and how many intervals held

What is known only with hindsight, and is used all the same: the judgements in the assumptions, how the payments met the
stays, and bills that came late. Choices: docs/decisions/0018-spend-ahead.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from cip_analysis.codes import SETTINGS
from cip_analysis.contracts import empty_table
from cip_analysis.demand.backtest import FEWEST_CHILDREN, LookBack, past_origins
from cip_analysis.demand.forecast import ALL, Asked, Evidence, ForecastError, describe_draws, prepare
from cip_analysis.demand.pathways import PathwaysError, known_at
from cip_analysis.demand.simulate import simulate
from cip_analysis.demand.simulation.limits import SimulationError
from cip_analysis.demand.starts import StartsError
from cip_analysis.money.prices import PricesAsked, learn_prices, price_paths
from cip_analysis.money.pricing.today import prices_paid
from cip_analysis.money.spend import UNMATCHED, price_outturn, price_projection, summarise_spend, weekly_prices
from cip_analysis.projections import Projection
from cip_analysis.records import Episodes, Payments
from cip_analysis.settings import Judgement

MOST_YEARS = 3
PAST_COLUMNS = {
    "origin": "date", "years_ahead": "whole", "financial_year": "whole", "setting": "text", "forecast_gbp": "number",
    "p02_5_gbp": "number", "p10_gbp": "number", "p90_gbp": "number", "p97_5_gbp": "number", "outturn_gbp": "number",
    "last_year_gbp": "number", "held_80": "flag", "held_95": "flag",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """What is looked back over: histories, payments matched to them, and the judgements of the assumptions file."""

    episodes: Episodes
    payments: Payments
    assumptions: Mapping[str, Judgement]


@dataclass(frozen=True, slots=True, eq=False)
class LookedBack:
    """Every year's spend forecast from every origin, beside what was spent; nominal £, payments that met a stay.

    table: columns of PAST_COLUMNS, a row an origin, year ahead and setting (ALL, and those with FEWEST_CHILDREN or more
    at every origin). forecast_gbp is the median of the draws; last_year_gbp what the year to the origin cost, which is
    the forecast of whoever expects no change. held_80, held_95: outturn lay within p10 to p90, or p02_5 to p97_5.
    notes: what was left out, and why.
    """

    table: pd.DataFrame
    notes: tuple[str, ...] = ()


def look_back(past: Past, evidence: Evidence, asked: Asked) -> LookedBack:
    """The forecast of spend repeated from every 31 March with three years of returns behind it and payments that year.

    evidence, asked: as for the forecast of children itself; the horizon is MOST_YEARS, or as many whole years as came.
    """
    last = past.episodes.census_date
    paid_years = set(past.payments.table["financial_year"].tolist())
    held = [year for year in evidence.years if date(year, 3, 31) <= last]
    origins = [day for day in past_origins(held, last, LookBack((asked.method,))) if day.year in paid_years]
    if not origins:
        return LookedBack(empty_table(PAST_COLUMNS), (_too_short(held, paid_years),))
    spent = price_outturn(past.episodes, past.payments, min(paid_years), max(held)).table
    spent = spent[spent["setting"].ne(UNMATCHED)]
    parts, notes = [], []
    for origin in origins:
        years = min(MOST_YEARS, max(held) - origin.year)
        try:
            parts.append(_look_from(past, origin, evidence, replace(asked, horizon_months=12 * years)))
        except (ForecastError, PathwaysError, StartsError, SimulationError) as error:
            notes.append(f"Spend could not be forecast from {origin:%B %Y}: {error}")
    if not parts:
        return LookedBack(empty_table(PAST_COLUMNS), tuple(notes))
    made = pd.concat(parts, ignore_index=True)
    told = made[made["children"].groupby(made["setting"]).transform("min").ge(FEWEST_CHILDREN)]
    return LookedBack(_beside_outturn(told.drop(columns="children"), spent), tuple(notes))


def spend_record(table: pd.DataFrame) -> pd.DataFrame:
    """How right forecasts of spend have been, a row a setting and number of years ahead: table as in `LookedBack`.

    Columns setting, years_ahead, n (forecasts), first_origin, last_year, missed (mean of |forecast ÷ outturn - 1|),
    missed_no_change (the same of the year before the origin), bias (mean of forecast ÷ outturn - 1), worst, held_80,
    held_95 (how many of n).

    By hand: £11m forecast and £10m spent, then £9m and £10m: missed 10%, bias nought.
    """
    off = table["forecast_gbp"] / table["outturn_gbp"] - 1
    made = table.assign(off=off, miss=off.abs(), naive=(table["last_year_gbp"] / table["outturn_gbp"] - 1).abs())
    record = made.groupby(["setting", "years_ahead"], sort=False).agg(
        n=("miss", "size"), first_origin=("origin", "min"), last_year=("financial_year", "max"),
        missed=("miss", "mean"), missed_no_change=("naive", "mean"), bias=("off", "mean"), worst=("miss", "max"),
        held_80=("held_80", "sum"), held_95=("held_95", "sum"),
    )  # fmt: skip
    return record.reset_index()


def tell_record(looked: LookedBack) -> tuple[str, ...]:
    """The record of spend in all, a sentence a number of years ahead, then every note of what was left out."""
    record = spend_record(looked.table[looked.table["setting"].eq(ALL)])
    said = []
    for line in record.to_dict("records"):
        ahead = "1 year" if line["years_ahead"] == 1 else f"{line['years_ahead']} years"
        said.append(
            f"Spend looked back on: {line['n']} forecasts {ahead} ahead, made each 31 March from "
            f"{line['first_origin'].year}, missed by {line['missed']:.1%} on average (no change: "
            f"{line['missed_no_change']:.1%}); {line['held_80']} of the {line['n']} outturns lay within the 80% "
            f"interval, {line['held_95']} within the 95%."
        )
    return (*said, *looked.notes)


def _look_from(past: Past, origin: date, evidence: Evidence, asked: Asked) -> pd.DataFrame:
    """The forecast from one origin: its year's and settings' middles and intervals, and the children there."""
    known, year = known_at(past.episodes, origin), origin.year
    rows = past.payments.table
    payments = replace(past.payments, table=rows[rows["financial_year"].le(year)].reset_index(drop=True))
    projection = simulate(prepare(known, evidence, asked))
    today = prices_paid(known, payments, weekly_prices(past.assumptions), year)
    wanted = PricesAsked(today.weekly, year, projection.months, projection.draws, asked.seed, today.basis, today.years)
    paths = price_paths(wanted, learn_prices(payments, known, past.assumptions, year))
    told = summarise_spend(price_projection(projection, paths, asked.seed), describe_draws)
    ending = told["financial_year"].str[:4].astype("int64") + 1
    return pd.DataFrame(
        {
            "origin": pd.Timestamp(origin), "years_ahead": ending - year, "financial_year": ending,
            "setting": told["setting"], "children": told["setting"].map(_there(projection)),
            "forecast_gbp": told["p50"], **{f"{name}_gbp": told[name] for name in ("p02_5", "p10", "p90", "p97_5")},
        }
    )  # fmt: skip


def _there(projection: Projection) -> dict[str, int]:
    """Children at the origin in each setting, and in all."""
    there = projection.stock[0, 0].sum(axis=0, dtype="int64").tolist()
    return {ALL: sum(there), **dict(zip(SETTINGS, there, strict=True))}


def _beside_outturn(made: pd.DataFrame, spent: pd.DataFrame) -> pd.DataFrame:
    """Each forecast with what was spent in its year and in the year to its origin; settings nobody paid for go."""
    whole = spent.groupby("financial_year", as_index=False)["spend_gbp"].sum().assign(setting=ALL)
    cost = pd.concat([whole, spent[["financial_year", "setting", "spend_gbp"]]], ignore_index=True)
    came = cost.rename(columns={"spend_gbp": "outturn_gbp"})
    before = cost.rename(columns={"spend_gbp": "last_year_gbp", "financial_year": "before"})
    made = made.assign(origin=made["origin"].astype("datetime64[us]"), before=made["origin"].dt.year.astype("int64"))
    both = made.merge(came, on=["financial_year", "setting"], how="left").merge(
        before, on=["before", "setting"], how="left"
    )
    both = both[both.groupby("setting")["outturn_gbp"].transform("min").gt(0)].fillna({"last_year_gbp": 0.0})
    outturn = both["outturn_gbp"]
    both = both.assign(
        held_80=outturn.between(both["p10_gbp"], both["p90_gbp"]),
        held_95=outturn.between(both["p02_5_gbp"], both["p97_5_gbp"]),
    )
    order = np.argsort([[ALL, *SETTINGS].index(name) for name in both["setting"]], kind="stable")
    return both[list(PAST_COLUMNS)].iloc[order].reset_index(drop=True)


def _too_short(years: list[int], paid_years: set[int]) -> str:
    """Why nothing can be looked back on."""
    return (
        "How right a forecast of spend would have been is not known: that takes three years of returns before a 31 "
        f"March, payments of the year that ends then, and a year after it. There are {len(years)} whole years of "
        f"returns and payments of {len(paid_years)}."
    )
