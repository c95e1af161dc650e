"""Child-days priced: what care cost, what it will, and what a week of it cost on each definition.

Everything here is in nominal £ unless a price base is named; financial years are named by the 31 March that ends
them. Our choices are in docs/decisions/0007-payments-and-stays.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cip_analysis.codes import SETTINGS
from cip_analysis.money.pricing.paths import FeePool, PricePaths
from cip_analysis.money.pricing.queue import mean_multiples
from cip_analysis.projections import Projection
from cip_analysis.records import Episodes, Payments, Spend
from cip_analysis.returns.payments.cells import to_pence
from cip_analysis.returns.payments.matching import split_by_year
from cip_analysis.settings import Judgement

UNMATCHED = "not matched to a stay"
ON_A_STAY = ("stay", "part stay")
WEEKLY_PRICE = "weekly_price"
KEYS = ["financial_year", "setting"]
Draws = NDArray[np.float64]


class SpendError(ValueError):
    """Something cannot be priced."""


# ---- volume ---------------------------------------------------------------------------------------------------


def count_child_days(episodes: Episodes, first_year: int, last_year: int) -> pd.DataFrame:
    """Nights in care by financial year and setting, respite included, because it is paid for too.

    Columns financial_year, setting, children (who spent a night there that year), child_days, child_weeks
    (child_days ÷ 7). A placement `[start, end)` counts end - start nights; one still open counts up to and including
    the census date's. A child's days over all settings never exceed the year's.
    """
    pieces = yearly_stays(episodes, first_year, last_year)
    counted = pieces.groupby(KEYS, as_index=False).agg(children=("child", "nunique"), child_days=("days", "sum"))
    return _in_order(counted).assign(child_weeks=lambda table: table["child_days"] / 7)


def yearly_stays(episodes: Episodes, first_year: int, last_year: int) -> pd.DataFrame:
    """Every stay cut at 31 March: child, setting, start, end, financial_year and days, within the years asked for."""
    known_until = pd.Timestamp(episodes.census_date) + pd.Timedelta(days=1)
    stays = episodes.table[["child", "setting", "start", "end"]]
    pieces = split_by_year(stays.assign(end=stays["end"].fillna(known_until)))
    return pieces[pieces["financial_year"].between(first_year, last_year)].drop(columns="origin")


def count_on(episodes: Episodes, day: date) -> pd.Series:
    """Children in each setting at the end of `day`, respite left out as the department and section 251 do.

    Blank throughout where the day is after the census date: that is unknown, not nought.
    """
    if day > episodes.census_date:
        return pd.Series(pd.NA, index=pd.Index(SETTINGS, name="setting"), dtype="Int64")
    stays, at = episodes.table, pd.Timestamp(day)
    there = (stays["start"] <= at) & (stays["end"].isna() | (stays["end"] > at)) & ~stays["respite"]
    counted = stays[there].groupby("setting")["child"].nunique()
    return counted.reindex(pd.Index(SETTINGS, name="setting"), fill_value=0).astype("Int64")


# ---- spend ----------------------------------------------------------------------------------------------------


def price_outturn(episodes: Episodes, payments: Payments, first_year: int, last_year: int) -> Spend:
    """What was paid, in nominal £, by financial year and the setting of the stay it met.

    Payments that met no stay are a line of their own each year (setting UNMATCHED, no child-days), so that each
    year's lines sum to its payments to the penny. `children` are those with a night in the setting; on the
    unmatched line, the identifiers paid for.
    """
    paid = payments.table[payments.table["financial_year"].between(first_year, last_year)]
    on_a_stay = paid["match"].isin(ON_A_STAY)
    paid = paid.assign(setting=paid["setting"].where(on_a_stay, UNMATCHED), pence=to_pence(paid["amount_gbp"]))
    spent = paid.groupby(KEYS, as_index=False)["pence"].sum()
    lost = paid[~on_a_stay].groupby("financial_year", as_index=False).agg(children=("child", "nunique"))
    volume = count_child_days(episodes, first_year, last_year).drop(columns="child_weeks")
    volume = pd.concat([volume, lost.assign(setting=UNMATCHED, child_days=0)], ignore_index=True)
    table = volume.merge(spent, on=KEYS, how="outer").fillna({"children": 0, "child_days": 0, "pence": 0})
    table = _in_order(table).assign(spend_gbp=lambda lines: lines["pence"] / 100)
    return _as_spend(table, "nominal", "payments, by the setting of the stay they met", payments.synthetic)


def price_by_assumption(
    episodes: Episodes, weekly_prices: Mapping[str, float], first_year: int, last_year: int, price_base: str
) -> Spend:
    """What care would cost at one assumed price a week for each setting: child-days × weekly price ÷ 7, in £.

    weekly_prices: setting -> £ a child a week. price_base: what those £ are, e.g. "2017/18 prices". No convention of
    weeks a year enters: seven nights are a week. Each line is rounded to the penny.
    Raises SpendError naming the settings that have days and no price.
    """
    volume = count_child_days(episodes, first_year, last_year)
    if unpriced := sorted(set(volume["setting"]) - set(weekly_prices)):
        raise SpendError(
            f"{len(unpriced)} settings have child-days and no weekly price: {', '.join(unpriced)}. "
            "Add them to config/assumptions.toml."
        )
    price = volume["setting"].map(weekly_prices).astype("float64")
    table = volume.assign(spend_gbp=(volume["child_days"] * price / 7).round(2))
    return _as_spend(table, price_base, "child-days at assumed weekly prices", episodes.synthetic)


# ---- spend ahead ----------------------------------------------------------------------------------------------


def constant_prices(projection: Projection, weekly_prices: Mapping[str, float], price_base: str) -> PricePaths:
    """One price a week for each setting, the same in every draw and month, and every child at it.

    weekly_prices: setting -> £ a child a week, in the £ that `price_base` names. Volume and mix move; prices do not.
    Raises SpendError naming the settings that have days and no price.
    """
    days = projection.child_days.sum(axis=(0, 1), dtype="float64")
    used = [name for name, any_days in zip(SETTINGS, days.tolist(), strict=True) if any_days]
    if unpriced := sorted(set(used) - set(weekly_prices)):
        raise SpendError(f"No weekly price for {', '.join(unpriced)}. Add them to config/assumptions.toml.")
    price = np.array([weekly_prices.get(name, 0.0) for name in SETTINGS])
    level = np.broadcast_to(price, (1, len(projection.months), len(SETTINGS)))
    return PricePaths(
        projection.months, level, {name: FeePool.flat() for name in SETTINGS}, price_base, "constant weekly prices",
        synthetic=projection.synthetic,
    )  # fmt: skip


def price_months(projection: Projection, paths: PricePaths, seed: int) -> tuple[Draws, Draws]:
    """What each projected month costs, and of it what children already in care on the last day of outturn do.

    Two arrays of draw x month x setting (codes.SETTINGS), £ in the paths' price base, nought in the first month, which
    is outturn's. £ = child-days ÷ 7 × level × mean multiple of the children there (pricing/queue.py); of it, children
    already in care cost their share of the month's child-days. Paths of one draw serve every draw of the projection.
    Raises SpendError where months or draws of the two differ.
    """
    if paths.months != projection.months or paths.draws not in (1, projection.draws):
        raise SpendError(
            f"Prices over {len(paths.months)} months and {paths.draws} draws cannot price a projection over "
            f"{len(projection.months)} and {projection.draws}. Draw them for the same months and draws."
        )
    spent, on_present = np.zeros(projection.child_days.shape), np.zeros(projection.child_days.shape)
    for place, setting in enumerate(SETTINGS):
        multiple = mean_multiples(projection, setting, paths.pools[setting], seed)
        weekly = paths.level[:, :, place] * multiple
        spent[:, :, place] = projection.child_days[:, :, place].astype("float64") * weekly / 7
        on_present[:, :, place] = projection.child_days_present[:, :, place].astype("float64") * weekly / 7
    return spent, on_present


def price_projection(projection: Projection, paths: PricePaths, seed: int) -> Spend:
    """What projected care will cost, draw by draw, by financial year and setting: `price_months` summed, to the penny.

    Columns of SPEND and `present_gbp`: of spend_gbp, what children already in care on the last day of outturn cost, the
    commitment already made; the rest is for children yet to come. Only financial years wholly projected are priced;
    `children` are those there on the last day. Raises SpendError where no year is whole, or prices do not fit.
    Choices: docs/decisions/0018-spend-ahead.md.
    """
    ends = whole_years(projection)
    if not ends:
        raise SpendError("No financial year is projected whole, so none can be priced: lengthen the horizon.")
    days, spent, on_present = (
        np.stack([monthly[:, end - 11 : end + 1].sum(axis=1, dtype="float64") for end in ends], axis=1)
        for monthly in (projection.child_days, *price_months(projection, paths, seed))
    )
    there = np.stack([projection.stock[:, end].sum(axis=1, dtype="int64") for end in ends], axis=1)
    draw, year, setting = (axis.ravel() for axis in np.indices(spent.shape))
    table = pd.DataFrame(
        {
            "draw": draw,
            "financial_year": np.array([projection.months[end].year for end in ends])[year],
            "setting": np.array(SETTINGS)[setting],
            "children": there.ravel(),
            "child_days": days.ravel(),
            "spend_gbp": spent.round(2).ravel(),
            "present_gbp": on_present.round(2).ravel(),
        }
    )
    return Spend(table, paths.price_base, f"projected child-days at {paths.basis}", projection.synthetic)


def whole_years(projection: Projection) -> list[int]:
    """Where in the projection's months each 31 March stands that ends a financial year projected whole."""
    return [place for place, day in enumerate(projection.months) if place >= 12 and day.month == 3]


def summarise_spend(
    spend: Spend,
    statistics: Callable[[Draws], pd.DataFrame],
    of: Literal["spend_gbp", "present_gbp"] = "spend_gbp",
) -> pd.DataFrame:
    """Statistics over draws by financial year, for every setting and "all" first.

    statistics: draw x cell -> a row a cell, as demand.forecast.describe_draws. of: all spend, or that on children
    already in care on the last day of outturn. Columns: financial_year ("2018-19"), setting, price_base, and the
    statistics in £.
    """
    wide = spend.table.pivot_table(index="draw", columns=KEYS, values=of, aggfunc="sum", sort=False)
    total = wide.T.groupby(level=0).sum().T
    total.columns = pd.MultiIndex.from_product([total.columns, ["all"]], names=KEYS)
    both = pd.concat([total, wide], axis=1)
    years = [f"{year - 1}-{year % 100:02d}" for year in both.columns.get_level_values("financial_year")]
    labels = {"financial_year": years, "setting": both.columns.get_level_values("setting")}
    named = pd.DataFrame(labels).assign(price_base=spend.price_base)
    return pd.concat([named, statistics(both.to_numpy())], axis=1)


# ---- assumed prices -------------------------------------------------------------------------------------------


def price_key(setting: str) -> str:
    """The setting's name as a key of the assumptions file.

    >>> price_key("external residential"), price_key("16+ supported")
    ('external-residential', '16-plus-supported')
    """
    return setting.replace("+", "-plus").replace(" ", "-")


def weekly_prices(
    assumptions: Mapping[str, Judgement], at: Literal["value", "low", "high"] = "value"
) -> dict[str, float]:
    """£ a child a week for every setting, from the assumptions (as `settings.read_assumptions` names them).

    at: the central value, or either end of its range. Raises SpendError naming every setting without one.
    """
    keys = {setting: f"{WEEKLY_PRICE}.{price_key(setting)}" for setting in SETTINGS}
    if missing := sorted(key for key in keys.values() if key not in assumptions):
        raise SpendError(f"The assumptions have no {', '.join(missing)}. Add them to config/assumptions.toml.")
    return {setting: float(getattr(assumptions[key], at)) for setting, key in keys.items()}


# ---- unit costs -----------------------------------------------------------------------------------------------


def unit_costs(spend: Spend, episodes: Episodes, weeks_per_year: str) -> pd.DataFrame:
    """What a week cost by financial year and setting, three ways, side by side. £ in the spend's own price base.

    weekly_by_child_weeks_gbp = spend ÷ (child-days ÷ 7): the true one, as it counts everyone for as long as they
    stayed. weekly_by_31_march_gbp = spend ÷ children there on 31 March ÷ weeks a year: section 251's way.
    weekly_by_average_gbp = spend ÷ average of the two 31 Marches ÷ weeks a year. yearly_by_31_march_gbp = spend ÷
    children there on 31 March. Beside them the counts they rest on: children (any night in the year),
    children_31_march, children_31_march_before, average_children, child_days, child_weeks.
    weeks_per_year: the council's convention, "52", "52.14" or "52.18"; the first measure needs none.
    A figure is blank where nobody was there to divide by, or the 31 March is after the census date.
    Source: DfE, section 251 outturn, whose unit cost is outturn ÷ children on 31 March; decision 0007.

    By hand: £9.7m ÷ 63 children = £153,968 a year; ÷ 52.14 = £2,953 a week, ÷ 52.18 = £2,951, ÷ 52 = £2,961.
    """
    if spend.table["draw"].ne(spend.table["draw"].min()).any():
        raise SpendError("Unit costs are of outturn: the spend given has more than one draw. Give one draw.")
    lines = spend.table[spend.table["setting"].ne(UNMATCHED)].drop(columns="draw").reset_index(drop=True)
    years = [int(year) for year in lines["financial_year"].unique()]
    stock = {year: count_on(episodes, date(year, 3, 31)) for year in {*years, *(year - 1 for year in years)}}
    snapshots = pd.concat(stock, names=KEYS).rename("children_31_march").reset_index()
    before = snapshots.assign(financial_year=snapshots["financial_year"] + 1)
    before = before.rename(columns={"children_31_march": "children_31_march_before"})
    lines = lines.merge(snapshots, on=KEYS, how="left").merge(before, on=KEYS, how="left")
    return _divided(lines, float(weeks_per_year))


def _divided(lines: pd.DataFrame, weeks: float) -> pd.DataFrame:
    """The lines with each unit cost; blank instead of a division by nobody."""
    this, before = (lines[name].astype("Float64") for name in ("children_31_march", "children_31_march_before"))
    average, child_weeks = (this + before) / 2, lines["child_days"].astype("Float64") / 7
    return lines.assign(
        average_children=average,
        child_weeks=child_weeks,
        weekly_by_child_weeks_gbp=lines["spend_gbp"] / child_weeks.where(child_weeks > 0),
        weekly_by_31_march_gbp=lines["spend_gbp"] / this.where(this > 0) / weeks,
        weekly_by_average_gbp=lines["spend_gbp"] / average.where(average > 0) / weeks,
        yearly_by_31_march_gbp=lines["spend_gbp"] / this.where(this > 0),
    )


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Rows by year, then in the order of codes.SETTINGS, anything else last."""
    place = {setting: number for number, setting in enumerate((*SETTINGS, UNMATCHED))}
    order = table["setting"].map(place)
    return table.assign(order=order).sort_values(["financial_year", "order"], ignore_index=True).drop(columns="order")


def _as_spend(table: pd.DataFrame, price_base: str, basis: str, synthetic: bool) -> Spend:
    columns = ["draw", *KEYS, "children", "child_days", "spend_gbp"]
    whole = table.assign(draw=0).astype({"children": "int64", "financial_year": "int64"})
    return Spend(table=whole[columns], price_base=price_base, basis=basis, synthetic=synthetic)
