"""An earlier report's growth in spend taken apart: what would have to hold for it, and where it sits in our draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from cip_analysis.demand.others import value_of
from cip_analysis.money.change.splitting import DriversError
from cip_analysis.money.drivers import element_draws, split_change, total_split
from cip_analysis.money.spend import UNMATCHED
from cip_analysis.records import Comparators, Spend
from cip_analysis.returns.payments.cells import to_pence
from cip_analysis.returns.published import LOOKED_AFTER

LOWEST_RISE, HIGHEST_RISE = -0.99, 10.0
MOVERS: Mapping[str, tuple[str, ...]] = {"demand": ("volume",), "mix": ("mix",), "price": ("inflation", "price")}
SPEND = "spend_gbp"


@dataclass(frozen=True, slots=True)
class GrowthClaim:
    """Spend said to grow by so much. £ of one price base throughout.

    base_gbp: spend of the year it grows from. growth_gbp: how much more it will be `years` years later.
    basis: whose spend, in words, e.g. "placements paid for" or "section 251, all spend on looked-after children".
    """

    base_gbp: float
    growth_gbp: float
    years: int
    basis: str

    def __post_init__(self) -> None:
        if self.base_gbp <= 0 or self.base_gbp + self.growth_gbp <= 0 or self.years < 1:
            raise DriversError(
                f"A claim of growth needs spend above nought at both ends and a year or more between, not "
                f"£{self.base_gbp:,.0f} and {self.growth_gbp:+,.0f} over {self.years} years."
            )

    @property
    def times(self) -> float:
        """Spend at the end ÷ spend at the start."""
        return (self.base_gbp + self.growth_gbp) / self.base_gbp


# ---- what must hold -------------------------------------------------------------------------------------------


def what_must_hold(
    claim: GrowthClaim, days: Mapping[str, float], mixes: Mapping[str, float], prices: Mapping[str, float]
) -> pd.DataFrame:
    """What demand, mix and price would have to be, together, for spend to grow as claimed; every row would do it.

    days: name -> child-days at the end ÷ at the start. mixes: name -> what the change in mix alone does to the mean
    price (1.0 for none). prices: name -> price rise a year, a fraction, general inflation included where the claim is
    nominal. First a row for each of days × mixes, solved for the price rise a year; then one for each of prices ×
    mixes, solved for child-days. With base × child-days × mix × (1 + rise)^years = base + growth, the rise is
    (times ÷ days ÷ mix)^(1 ÷ years) - 1.
    Columns basis, solved_for ("price rise" or "child-days"), given, mix, more_child_days_share, mix_share,
    price_rise_a_year_share (fractions), base_gbp, growth_gbp.
    Raises DriversError for a factor that is not above nought.

    By hand: £30m + £12m over four years is 1.4 times. With 1.2 times the child-days and no change of mix,
    (1.4 ÷ 1.2)^(1/4) - 1 = 3.93% a year; at 2% a year, 1.4 ÷ 1.02^4 = 1.2934: 29.3% more child-days.
    """
    _above_nought({**days, **mixes, **{name: 1 + rise for name, rise in prices.items()}})
    for_price = [("price rise", given, mix, more, shift, (claim.times / more / shift) ** (1 / claim.years) - 1)
                 for given, more in days.items() for mix, shift in mixes.items()]  # fmt: skip
    for_days = [("child-days", given, mix, claim.times / shift / (1 + rise) ** claim.years, shift, rise)
                for given, rise in prices.items() for mix, shift in mixes.items()]  # fmt: skip
    columns = ["solved_for", "given", "mix", "more_child_days_share", "mix_share", "price_rise_a_year_share"]
    table = pd.DataFrame([*for_price, *for_days], columns=columns)
    less_one = {name: table[name] - 1 for name in ("more_child_days_share", "mix_share")}
    table = table.assign(**less_one, base_gbp=claim.base_gbp, growth_gbp=claim.growth_gbp)
    table.insert(0, "basis", claim.basis)
    return table


def points_over_trend(
    last: pd.DataFrame, days_after: Mapping[str, float], trends: Mapping[str, float], claim: GrowthClaim
) -> float:
    """The points a year to be added to every setting's own price trend for spend to grow as claimed; below nought too.

    last: the last year of outturn, a row a setting: setting, child_days, spend_gbp; lines without days are left out.
    days_after: setting -> child-days at the end. trends: setting -> price rise a year, a fraction.
    Finds x where Σ days after × old price × (1 + trend + x)^years = claim.times × Σ old days × old price, by Brent's
    method; with one trend for all it is the rise of `what_must_hold` less that trend.
    Raises DriversError where a setting has no trend or no days after, or no rise below 1,000% a year would do.
    Source: R. P. Brent, Algorithms for minimization without derivatives, 1973, chapter 4.
    """
    lived = last[last["child_days"] > 0].set_index("setting")
    if missing := sorted(set(lived.index) - (trends.keys() & days_after.keys())):
        raise DriversError(f"No trend of price, or no child-days ahead, for {', '.join(missing)}.")
    price = (lived[SPEND] / lived["child_days"]).to_numpy()
    days = np.array([days_after[str(name)] for name in lived.index])
    trend = np.array([trends[str(name)] for name in lived.index])
    target = claim.times * float(lived[SPEND].sum())

    def beyond(points: float) -> float:
        """How far spend with so many points more a year lies above the target."""
        return float((days * price * np.maximum(0.0, 1 + trend + points) ** claim.years).sum()) - target

    if beyond(LOWEST_RISE - trend.max()) > 0 or beyond(HIGHEST_RISE) < 0:
        raise DriversError("No rise in prices below 1,000% a year would make spend grow as claimed.")
    return float(brentq(beyond, LOWEST_RISE - trend.max(), HIGHEST_RISE, xtol=1e-14))


def demand_ahead(outturn: Spend, ahead: Spend, year: int) -> tuple[float, float]:
    """The mean child-days of a year ahead ÷ the last year of outturn's, and what the mean mix does to the mean price.

    The two to give to `what_must_hold`: at old prices, spend would be their product times what it was. Settings new
    since have no old price: they are mix at the price they are projected at.
    """
    base = _like_with_like(outturn)
    parts = _year_parts(outturn, ahead, year, 1.0)
    last = _last(outturn)
    days = ahead.table.loc[ahead.table["financial_year"].eq(year)].groupby("draw")["child_days"].sum().mean()
    more = float(days / last["child_days"].sum())
    return more, float((base + parts["volume"].mean() + parts["mix"].mean()) / base / more)


# ---- where it sits --------------------------------------------------------------------------------------------


def where_it_sits(
    outturn: Spend, ahead: Spend, year: int, growth_gbp: float, bases: Mapping[str, float]
) -> pd.DataFrame:
    """Where a claimed growth lies among our draws, in each price base: a row a base.

    bases: price base in words -> what to divide a later year's £ by: {"nominal": 1.0, "2017/18 prices": 1.08}. Growth
    is from the last year of outturn, like with like: payments that met no stay are in neither year.
    Columns price_base, base_gbp, claimed_gbp, mean_gbp, p10_gbp, p50_gbp, p90_gbp (growth), share_at_or_above,
    share_below (of draws, against the claim), verdict: in words, to follow "it lies".
    Raises DriversError where the year is not projected, or a real projection is to be divided again.
    """
    if ahead.price_base != "nominal" and any(factor != 1 for factor in bases.values()):
        raise DriversError(f"The spend is in {ahead.price_base} already: give that one base, with 1.")
    base = _like_with_like(outturn)
    chosen = ahead.table[ahead.table["financial_year"].eq(year)]
    if chosen.empty:
        raise DriversError(f"The year to March {year} is not among those projected.")
    spent = chosen.assign(pence=to_pence(chosen[SPEND])).groupby("draw")["pence"].sum().to_numpy()
    rows = []
    for name, factor in bases.items():
        growth = (spent / factor - base) / 100
        low, middle, high = np.quantile(growth, [0.1, 0.5, 0.9])
        at_least = float((growth >= growth_gbp).mean())
        rows.append((name, base / 100, growth_gbp, growth.mean(), low, middle, high, at_least, 1 - at_least,
                     _verdict(at_least, growth_gbp, low, high)))  # fmt: skip
    return pd.DataFrame(rows, columns=[
        "price_base", "base_gbp", "claimed_gbp", "mean_gbp", "p10_gbp", "p50_gbp", "p90_gbp", "share_at_or_above",
        "share_below", "verdict",
    ])  # fmt: skip


def what_moves_most(outturn: Spend, ahead: Spend, year: int, index: float) -> pd.DataFrame:
    """Demand, mix and price (general inflation included) beside one another in the growth to one year ahead.

    index: general price index of that year ÷ of the last year of outturn. Columns mover, mean_gbp, p10_gbp, p90_gbp,
    and chance_largest: the share of draws in which it moves spend furthest, either way.
    """
    parts = _year_parts(outturn, ahead, year, index)
    moved = np.stack([sum(parts[name] for name in names) for names in MOVERS.values()]) / 100
    won = np.abs(moved).argmax(axis=0)
    low, high = np.quantile(moved, [0.1, 0.9], axis=1)
    return pd.DataFrame({
        "mover": list(MOVERS), "mean_gbp": moved.mean(axis=1), "p10_gbp": low, "p90_gbp": high,
        "chance_largest": [(won == place).mean() for place in range(len(MOVERS))],
    })  # fmt: skip


# ---- hindsight ------------------------------------------------------------------------------------------------


def what_happened(comparators: Comparators, area_code: str, first: int, last: int, index: float) -> pd.DataFrame:
    """What published spend on looked-after children came to between two years, taken apart; known only afterwards.

    index: general price index of `last` ÷ of `first`. The volume is the average of the 31 March counts at either end of
    each year, because published figures hold no child-days; mix cannot be told and is within price. Nominal £.
    One row: before_gbp, volume_gbp, inflation_gbp, price_gbp, after_gbp, change_gbp, children_before, children_after
    (averages), price_rise_a_year_share.
    Raises DriversError where a figure is not held.
    Source: DfE, section 251 outturn; Children looked after in England.
    """
    spend = {year: value_of(comparators, area_code, SPEND, year) for year in (first, last)}
    stock = {
        year: value_of(comparators, area_code, LOOKED_AFTER, year) for end in (first, last) for year in (end - 1, end)
    }
    if missing := sorted(year for held in (spend, stock) for year, value in held.items() if value is None):
        raise DriversError(f"Published spend or children are not held for {', '.join(map(str, missing))}.")
    known = {year: value or 0.0 for year, value in stock.items()}
    pair = [pd.DataFrame({"area": [area_code], "child_days": (known[year - 1] + known[year]) / 2, SPEND: spend[year]})
            for year in (first, last)]  # fmt: skip
    split = total_split(split_change(pair[0], pair[1], ["area"], index))
    split = split.rename(columns={"child_days_before": "children_before", "child_days_after": "children_after"})
    each = split["after_gbp"] / split["children_after"] / (split["before_gbp"] / split["children_before"])
    split = split.assign(price_rise_a_year_share=each ** (1 / (last - first)) - 1)
    return split.drop(columns=["mix_gbp", "without_days_gbp"])


# ---- the parts ------------------------------------------------------------------------------------------------


def _last(outturn: Spend) -> pd.DataFrame:
    """The last year of outturn, without the payments that met no stay."""
    table = outturn.table
    return table[table["financial_year"].eq(table["financial_year"].max()) & table["setting"].ne(UNMATCHED)]


def _like_with_like(outturn: Spend) -> int:
    """What the last year's child-days cost, in pence."""
    return int(to_pence(_last(outturn)[SPEND]).sum())


def _year_parts(outturn: Spend, ahead: Spend, year: int, index: float) -> dict[str, np.ndarray]:
    """Each draw's elements of the change to one year, over all settings, in pence."""
    chosen = ahead.table[ahead.table["financial_year"].eq(year)]
    if chosen.empty:
        raise DriversError(f"The year to March {year} is not among those projected.")
    one = Spend(chosen, ahead.price_base, ahead.basis, ahead.synthetic)
    _years, parts = element_draws(outturn, one, {year: index})
    return {name: pence[:, 0].sum(axis=1, dtype="int64") for name, pence in parts.items()}


def _verdict(at_least: float, claimed: float, low: float, high: float) -> str:
    """Where the claim lies, for a sentence: which side of the 80% range, and how many futures in 100 reach it."""
    where = "below the 10th percentile of" if claimed < low else "above the 90th percentile of"
    where = where if claimed < low or claimed > high else "within the 80% range of"
    count = round(100 * at_least)
    reach = f"{count} in 100" if 0 < count < 100 else ("more than 99 in 100" if count else "fewer than 1 in 100")
    return f"{where} our futures: {reach} grow by as much or more"


def _above_nought(factors: Mapping[str, float]) -> None:
    if wrong := [name for name, factor in factors.items() if not factor > 0]:
        raise DriversError(f"Child-days, mix and price can only be multiplied by more than nought: {', '.join(wrong)}.")
