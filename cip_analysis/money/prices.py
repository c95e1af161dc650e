"""What a week of care costs and will: the door to fees, price indices, trends and paths of prices ahead.

`learn_prices(...)` reads from payments, or judges, how prices move and how children's own lie about the mean;
`price_paths(asked, evidence)` draws them ahead beside a projection. Choices: docs/decisions/0017-prices.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from cip_analysis.codes import SETTINGS
from cip_analysis.money.pricing.ahead import PricesAsked, YearlyShocks, forward_prices, in_price_base
from cip_analysis.money.pricing.fees import fee_lines
from cip_analysis.money.pricing.indices import (
    IndicesError,
    PriceIndex,
    as_known_at,
    choose_index,
    financial_year_of,
    price_base,
    restate_spend,
    stated_index,
    uprate,
    year_name,
)
from cip_analysis.money.pricing.paths import FeePool, PricePaths
from cip_analysis.money.pricing.pools import fee_pools
from cip_analysis.money.pricing.trend import believed_trend, framework_premium, price_trend
from cip_analysis.records import Episodes, Payments
from cip_analysis.settings import Judgement

__all__ = [
    "FeePool",
    "IndicesError",
    "PriceEvidence",
    "PriceIndex",
    "PricePaths",
    "PricesAsked",
    "PricesError",
    "YearlyShocks",
    "as_known_at",
    "choose_index",
    "fee_lines",
    "fee_pools",
    "framework_premium",
    "in_price_base",
    "learn_prices",
    "price_base",
    "price_paths",
    "price_trend",
    "restate_spend",
    "stated_index",
    "uprate",
    "year_name",
]
SHOCK_SD, OWN_SHOCK_SD = "price.yearly-shock-sd", "price.yearly-shock-sd-own"
SHARED_SHOCK = "price.shared-shock"
SET_BY_THE_COUNCIL = ("in-house foster", "kinship", "in-house residential")
"""Settings whose price is the council's own scheme and pay, and strays less than a market's."""


class PricesError(ValueError):
    """How prices move cannot be told from what was given."""


@dataclass(frozen=True, slots=True, eq=False)
class PriceEvidence:
    """What is known of how prices move, before anything is drawn.

    trend: a row a setting, as `pricing.trend.price_trend` gives it. pools: setting -> how children's own prices lie
    about the setting's mean. shocks: how far prices stray from their trend in a year. notes: every fallback.
    """

    trend: pd.DataFrame
    pools: Mapping[str, FeePool]
    shocks: YearlyShocks
    notes: tuple[str, ...] = ()
    synthetic: bool = False


def learn_prices(
    payments: Payments, episodes: Episodes, assumptions: Mapping[str, Judgement], last_year: int
) -> PriceEvidence:
    """How prices have moved up to the financial year ending `last_year`, and how children's lie about the mean in it.

    Without payments the rises are those judged in the assumptions, everyone is at the mean, and `notes` says so.
    Raises PricesError or TrendError naming what the assumptions lack.
    """
    shocks = _shocks(assumptions)
    first_year = int(payments.table["financial_year"].min()) if len(payments.table) else last_year
    seen = price_trend(fee_lines(payments, episodes, first_year, last_year))
    trend, notes = believed_trend(seen, assumptions, shocks.sd)
    if payments.table["financial_year"].ne(last_year).all():
        pools = {setting: FeePool.flat() for setting in SETTINGS}
        notes = (*notes, f"Every child is priced at the setting's mean: no payments are of {year_name(last_year)}.")
    else:
        pools = fee_pools(payments, episodes, last_year)
    return PriceEvidence(trend, pools, shocks, (*notes, *_hindsight(assumptions, last_year)), payments.synthetic)


def price_paths(asked: PricesAsked, evidence: PriceEvidence) -> PricePaths:
    """Nominal £ a child-week ahead, by draw, month and setting, with the pools of fees and every note.

    `in_price_base(paths, index, year)` puts them in one year's £.
    """
    paths = forward_prices(asked, evidence.trend, evidence.shocks, evidence.pools)
    return replace(paths, notes=evidence.notes, synthetic=evidence.synthetic)


def _shocks(assumptions: Mapping[str, Judgement]) -> YearlyShocks:
    """The judged spread of a year's stray from trend, less where the council sets the price, and its shared part."""
    if missing := [key for key in (SHOCK_SD, OWN_SHOCK_SD, SHARED_SHOCK) if key not in assumptions]:
        raise PricesError(f"The assumptions have no {', '.join(missing)}. Add them to config/assumptions.toml.")
    keys = {setting: OWN_SHOCK_SD if setting in SET_BY_THE_COUNCIL else SHOCK_SD for setting in SETTINGS}
    return YearlyShocks(
        {setting: assumptions[key].value for setting, key in keys.items()}, assumptions[SHARED_SHOCK].value
    )


def _hindsight(assumptions: Mapping[str, Judgement], last_year: int) -> tuple[str, ...]:
    """A note where the spread of prices ahead was judged by figures of after the last year known."""
    judged = [assumptions[key] for key in (SHOCK_SD, OWN_SHOCK_SD, SHARED_SHOCK)]
    latest = max(one.as_of for one in judged)
    if financial_year_of(latest) <= last_year + 1:
        return ()
    return (
        f"How far prices may stray from their rise was judged by figures to {latest.year}. That is hindsight, but of "
        "how wide the range is, not of its middle.",
    )
