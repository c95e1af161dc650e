"""What of the ledger is likely to come: delivery drawn, savings that wear off, running costs, and a target reached.

A claim's likely saving = its saving in the ledger × the share delivered in that draw × the share that has not worn
off; net of what it costs to run, which is spent whether it delivers or not. Money is nominal £, in whole pence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import triang

from cip_analysis.demand.inputs import stream
from cip_analysis.money.saving.ledger import Ledger, LedgerError
from cip_analysis.savings_settings import KINDS, Claim, Delivered
from cip_analysis.settings import Judgement

Draws = NDArray[np.float64]
SHARED, COST_RISE = "savings.shared-delivery", "savings.running-cost-rise"
DAYS_IN_YEAR = 365.25
MONTHS = 12
ALL_KINDS = "all kinds together"
LIKELY = ["claim", "kind", "draw", "financial_year", "gross_pence", "cost_pence", "net_pence"]
PERCENTILES = {"p10_saving_gbp": 10, "p50_saving_gbp": 50, "p90_saving_gbp": 90}


@dataclass(frozen=True, slots=True)
class Terms:
    """How savings are discounted for life as it is.

    seed: of the draws of delivery. shared: part of the luck of delivery that all claims have in common, 0 to 1: a
    service short of staff is short for every programme. cost_rise: fraction a year by which running costs rise.
    """

    seed: int
    shared: float
    cost_rise: float

    def __post_init__(self) -> None:
        if not 0 <= self.shared <= 1:
            raise LedgerError(f"The shared part of the luck of delivery is {self.shared:g}: it lies from 0 to 1.")


def terms_of(assumptions: Mapping[str, Judgement], seed: int) -> Terms:
    """The terms from the assumptions. Raises LedgerError naming one that is missing."""
    if missing := [key for key in (SHARED, COST_RISE) if key not in assumptions]:
        raise LedgerError(f"The assumptions have no {', '.join(missing)}. Add them to config/assumptions.toml.")
    return Terms(seed, assumptions[SHARED].value, assumptions[COST_RISE].value)


def draw_delivery(claims: Sequence[Claim], draws: int, terms: Terms) -> dict[str, Draws]:
    """Claim's key -> the share of its saving delivered, a number a draw.

    Each follows the triangle of its low, mid and high, whose mean is their mean; a part of the luck is common to all
    (normal scores √shared × common + √(1 - shared) × own). Adding a claim leaves the others' numbers as they were.
    """
    common = stream(terms.seed, "savings delivery, all").standard_normal(draws)
    delivered = {}
    for claim in claims:
        own = stream(terms.seed, f"savings delivery, {claim.key}").standard_normal(draws)
        luck = ndtr(np.sqrt(terms.shared) * common + np.sqrt(1 - terms.shared) * own)
        delivered[claim.key] = _triangle(claim.delivered, luck)
    return delivered


def _triangle(how: Delivered, luck: Draws) -> Draws:
    """The triangle's value at each luck from 0 to 1; the one value where low and high are the same."""
    width = how.high - how.low
    if width == 0:
        return np.full(len(luck), how.mid)
    return np.asarray(triang.ppf(luck, (how.mid - how.low) / width, loc=how.low, scale=width))


def staying(claim: Claim, days: Sequence[date]) -> Draws:
    """The share of a claim's saving that has not worn off, at each day: (1 - drop_off)^years since it was in full.

    By hand: a tenth a year, two years after: 0.9² = 0.81; before it is in full, all of it.
    """
    years = np.array([(day - claim.in_full).days for day in days], dtype="float64") / DAYS_IN_YEAR
    return np.asarray((1 - claim.drop_off) ** np.maximum(years, 0.0))


def month_ends_of(year: int) -> list[date]:
    """The twelve month ends of the financial year ending 31 March `year`."""
    ends = pd.date_range(f"{year - 1}-04-30", periods=MONTHS, freq="ME")
    return [end.date() for end in ends]


def running_cost_pence(claim: Claim, year: int, rise: float) -> int:
    """What a claim costs in the financial year ending 31 March `year`: its share of it, with rises since it began.

    £ a year × share of the year's days that it runs × (1 + rise)^(years since its first), and the one-off in its first.
    By hand: £450,000 from 1 October 2018 is 182 ÷ 365 of it in 2018/19, £224,383.56; at 2%, £459,000 in 2019/20.
    """
    opens, closes = date(year - 1, 4, 1), date(year, 4, 1)
    first = claim.start.year + (claim.start.month > 3)
    ends = claim.until + timedelta(days=1) if claim.until else closes
    runs = (min(ends, closes) - max(claim.start, opens)).days
    share = max(runs, 0) / (closes - opens).days
    running = claim.running_cost_gbp * share * (1 + rise) ** max(year - first, 0)
    return round(100 * (running + (claim.one_off_gbp if year == first else 0.0)))


def likely_savings(ledger: Ledger, claims: Sequence[Claim], terms: Terms) -> pd.DataFrame:
    """What is likely to be saved: columns LIKELY, a row a claim, draw and financial year; net = gross - cost.

    The share delivered of a claim falls on its saving in the ledger, after all that those before it would save in full:
    where those deliver less, a little more is left than is counted here. It errs on the low side.
    """
    table = ledger.by_claim()
    named = {claim.key: claim for claim in claims}
    draws = int(table["draw"].max()) + 1 if len(table) else 0
    shares = draw_delivery(claims, draws, terms)
    parts = []
    for (key, year), rows in table.groupby(["claim", "financial_year"], sort=False):
        claim = named[str(key)]
        kept = float(staying(claim, month_ends_of(int(str(year)))).mean())
        gross = np.rint(rows["saved_pence"].to_numpy() * shares[claim.key][rows["draw"].to_numpy()] * kept)
        cost = running_cost_pence(claim, int(str(year)), terms.cost_rise)
        lines = rows[["claim", "draw", "financial_year"]].assign(
            kind=claim.kind, gross_pence=gross.astype("int64"), cost_pence=cost
        )
        parts.append(lines.assign(net_pence=lines["gross_pence"] - lines["cost_pence"])[LIKELY])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=LIKELY)


def profile_savings(likely: pd.DataFrame, target_gbp: float) -> pd.DataFrame:
    """Net saving by financial year against a target, for each kind alone and for all of them together.

    likely: as `likely_savings`. Columns: financial_year, kind (savings_settings.KINDS that there are, then ALL_KINDS),
    mean_saving_gbp, p10_, p50_ and p90_saving_gbp, chance_of_target (share of draws with a net saving of the target or
    more in that year), shortfall_at_p10_gbp (target less the 10th percentile, nought where that reaches it). Kinds
    are not alike, and their sum is one kind of money only where `kind` says so.
    """
    sums = likely.groupby(["financial_year", "kind", "draw"])["net_pence"].sum().reset_index()
    both = likely.groupby(["financial_year", "draw"])["net_pence"].sum().reset_index().assign(kind=ALL_KINDS)
    rows = []
    for (year, kind), cell in pd.concat([sums, both]).groupby(["financial_year", "kind"], sort=False):
        net = cell["net_pence"].to_numpy(dtype="float64") / 100
        spread = {name: float(np.percentile(net, point)) for name, point in PERCENTILES.items()}
        rows.append(
            {"financial_year": year, "kind": kind, "mean_saving_gbp": net.mean(), **spread,
             "chance_of_target": float((net >= target_gbp).mean()),
             "shortfall_at_p10_gbp": max(0.0, target_gbp - spread["p10_saving_gbp"])}
        )  # fmt: skip
    order = {kind: place for place, kind in enumerate([*KINDS, ALL_KINDS])}
    table = pd.DataFrame(rows).assign(place=lambda lines: lines["kind"].map(order)) if rows else pd.DataFrame()
    return table.sort_values(["place", "financial_year"], ignore_index=True).drop(columns="place") if rows else table
