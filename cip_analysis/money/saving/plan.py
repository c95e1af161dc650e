"""What the ledger plans month by month, and what has been delivered beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cip_analysis.codes import SETTINGS
from cip_analysis.demand.levers.phasing import weight_by_month
from cip_analysis.money.pricing.paths import PricePaths
from cip_analysis.money.saving.profile import Terms, draw_delivery, staying
from cip_analysis.money.spend import price_months
from cip_analysis.projections import Projection
from cip_analysis.savings_settings import Claim
from cip_analysis.scenario_settings import Lever

Draws = NDArray[np.float64]
PLAN = ["claim", "draw", "month", "saved_days", "saved_pence"]
SPREAD = {"p10": 10, "p50": 50, "p90": 90}
IN_ALL = "all claims"


def lower_prices(paths: PricePaths, claims: Sequence[Claim]) -> PricePaths:
    """The price paths with the shares off that some claims take, each phased in on its claim's days.

    Shares off the price of one setting multiply: a tenth and then a tenth leave 81%. The same share off the same
    setting named twice is taken once, by the claim that is first. With no such claim, the paths as they are.
    """
    level, taken = paths.level, set()
    for claim in claims:
        days = Lever.model_validate({"from": claim.start, "full_by": claim.full_by, "until": claim.until})
        for price in (price for price in claim.prices if price not in taken):
            taken.add(price)
            weight = np.concatenate([[0.0], weight_by_month(days, paths.months)])
            factor = np.ones(level.shape[1:])
            factor[:, SETTINGS.index(price.setting)] = 1 - price.share_off * weight
            level = level * factor
    return paths if not taken else replace(paths, level=level)


def monthly_pence(projection: Projection, paths: PricePaths, seed: int) -> NDArray[np.int64]:
    """What the projected care of each month costs over all settings, draw x month, in whole pence."""
    spent, _on_present = price_months(projection, paths, seed)
    return np.asarray(np.rint(spent.sum(axis=2) * 100), dtype="int64")


def plan_claim(
    claim: Claim, before: tuple[Projection, NDArray[np.int64]], after: tuple[Projection, NDArray[np.int64]]
) -> pd.DataFrame:
    """What one claim saves in each month of the ledger, in full: columns PLAN, a row a draw and month.

    before, after: the projection and its `monthly_pence` with the claims before this one, and with this one too.
    saved_days are of the settings the claim names: all, where it names none.
    """
    named = [SETTINGS.index(setting) for setting in claim.settings or SETTINGS]
    days, pence = (
        before[0].child_days[:, 1:, named].sum(axis=2, dtype="float64")
        - after[0].child_days[:, 1:, named].sum(axis=2, dtype="float64"),
        before[1][:, 1:] - after[1][:, 1:],
    )
    draw, month = (axis.ravel() for axis in np.indices(days.shape))
    ends = np.array(before[0].months[1:], dtype="datetime64[us]")
    return pd.DataFrame(
        {"claim": claim.key, "draw": draw, "month": ends[month], "saved_days": days.ravel(),
         "saved_pence": pence.ravel()}
    ).astype({"claim": "str"})  # fmt: skip


def likely_plan(plan: pd.DataFrame, claims: Sequence[Claim], terms: Terms) -> pd.DataFrame:
    """The plan as likely as it is to come, before running costs: claim, month, and p10, p50 and p90 of weeks and £.

    Each draw's days and £ × the share of the claim delivered in that draw × the share not worn off by the month's end.
    Rows for every claim, then for IN_ALL: £ only, because weeks of different settings are not one thing.
    Columns: claim, month, p10_, p50_, p90_child_weeks, p10_, p50_, p90_saving_gbp.
    """
    if plan.empty:
        return pd.DataFrame(columns=["claim", "month", *_names("child_weeks"), *_names("saving_gbp")])
    draws, months = int(plan["draw"].max()) + 1, plan["month"].drop_duplicates().sort_values()
    shares = draw_delivery(claims, draws, terms)
    parts, total = [], np.zeros((draws, len(months)))
    days = [month.date() for month in months]
    for claim in claims:
        own = plan[plan["claim"].eq(claim.key)]
        if own.empty:
            continue
        likely = shares[claim.key][:, None] * staying(claim, days)
        weeks, pounds = (
            own.sort_values(["draw", "month"])[name].to_numpy(dtype="float64").reshape(draws, -1) * likely / unit
            for name, unit in (("saved_days", 7), ("saved_pence", 100))
        )
        total += pounds
        spread = pd.concat([_spread(weeks, "child_weeks"), _spread(pounds, "saving_gbp")], axis=1)
        parts.append(spread.assign(claim=claim.key, month=months.to_numpy()))
    parts.append(_spread(total, "saving_gbp").assign(claim=IN_ALL, month=months.to_numpy()))
    table = pd.concat(parts, ignore_index=True)
    return table[["claim", "month", *_names("child_weeks"), *_names("saving_gbp")]]


def track(planned: pd.DataFrame, delivered: pd.DataFrame) -> pd.DataFrame:
    """Delivered beside planned, a row a claim and month of either: the columns of both, blank where one has none.

    planned: as `likely_plan`. delivered: as `Delivered.monthly`. standing: "within the plan", "below" or "above" its
    10th to 90th percentile of £; blank where there is nothing to hold one against.
    """
    both = planned.merge(delivered, on=["claim", "month"], how="outer").sort_values(["claim", "month"])
    below, above = both["saved_gbp"] < both["p10_saving_gbp"], both["saved_gbp"] > both["p90_saving_gbp"]
    known = both["saved_gbp"].notna() & both["p50_saving_gbp"].notna()
    standing = np.select([~known, below, above], ["", "below", "above"], default="within the plan")
    return both.assign(standing=standing).reset_index(drop=True)


def _names(measure: str) -> list[str]:
    return [f"{point}_{measure}" for point in SPREAD]


def _spread(values: Draws, measure: str) -> pd.DataFrame:
    """Percentiles over draws by month: a row a month."""
    points = np.percentile(values, list(SPREAD.values()), axis=0)
    return pd.DataFrame(dict(zip(_names(measure), points, strict=True)))
