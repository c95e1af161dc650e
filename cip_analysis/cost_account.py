"""The whole cost of care shaped for pages: prices and their rise, growth year by year, and a claimed growth weighed.

£ are nominal unless a column or a table's `price_base` says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from cip_analysis.costs import general_index, real_year, spend_notes
from cip_analysis.demand.forecast import ALL
from cip_analysis.forecasts import Ahead
from cip_analysis.homes_account import carers_table
from cip_analysis.money.basis.section_251 import own_course
from cip_analysis.money.change.claim import GrowthClaim, demand_ahead, what_must_hold, where_it_sits
from cip_analysis.money.drivers import split_draws, steps_to
from cip_analysis.money.outturn import share_spend
from cip_analysis.money.own.carers import CarersFound
from cip_analysis.money.prices import learn_prices, price_base, uprate, year_name
from cip_analysis.money.pricing.indices import STATED
from cip_analysis.money.pricing.looking_back import LookedBack, spend_record
from cip_analysis.money.pricing.paths import PricePaths
from cip_analysis.money.spend import UNMATCHED, unit_costs
from cip_analysis.records import Spend
from cip_analysis.run import Run
from cip_analysis.spend_account import AT_CENSUS, MILLION, compare_spend, spend_to_come, there_at_census

NEIGHBOURS = "neighbours-2022"
PLACEMENTS, SECTION_251 = "placements paid for", "section 251: all spend on looked-after children"
EXPECTED_WITHIN = 0.7
SAME, EXPECTED = "as last year", "as the forecast expects"


def cost_of_settings(run: Run, outturn: Spend, year: int) -> pd.DataFrame:
    """One year's spend by setting: setting, children, child_weeks, spend_gbp_million, share_of_spend, weekly_cost_gbp.

    weekly_cost_gbp is over child-weeks, blank where there are none; what met no stay has a line and no weeks.
    """
    shares = share_spend(outturn)
    shares = shares[shares["financial_year"].eq(year)]
    costs = unit_costs(outturn, run.episodes, run.council.weeks_per_year)
    costs = costs[costs["financial_year"].eq(year)].set_index("setting")
    told = shares.assign(
        child_weeks=shares["setting"].map(costs["child_weeks"]).round(1),
        weekly_cost_gbp=shares["setting"].map(costs["weekly_by_child_weeks_gbp"]),
    )
    columns = ["setting", "children", "child_weeks", "spend_gbp_million", "share_of_spend", "weekly_cost_gbp"]
    return told[columns].reset_index(drop=True)


def growth_by_year(spend: Spend, ahead: Ahead, outturn: Spend) -> pd.DataFrame:
    """How much more each year ahead may cost than the last year of outturn, like with like: all settings together.

    Payments that met no stay are in neither. Columns financial_year, children_at_census, p10_growth_gbp_million,
    p50_…, p90_…: the pressure a medium-term financial strategy has to find, if nothing is decided.
    """
    told = spend_to_come(spend, ahead.baseline)
    told = told[told["setting"].eq(ALL)].reset_index(drop=True)
    base = last_year_spend(outturn) / MILLION
    ends = ("p10", "p50", "p90")
    growth = {f"{end}_growth_gbp_million": told[f"{end}_spend_gbp_million"] - base for end in ends}
    return told[["financial_year", AT_CENSUS]].assign(**growth)


def last_year_spend(outturn: Spend) -> float:
    """£ of the last year of outturn that met a stay: what the years ahead are set against."""
    table = outturn.table
    last = table[table["financial_year"].eq(table["financial_year"].max()) & table["setting"].ne(UNMATCHED)]
    return round(float(last["spend_gbp"].sum()), 2)


def record_by_setting(looked: LookedBack) -> pd.DataFrame:
    """How right past forecasts of each setting's spend were, as many years ahead as could be looked back on.

    Columns setting, ahead (words), average_miss_share, no_change_miss_share, above_outturn_share (on average; below
    nought: too low), within_80_range (words: how many of how many), range_told (words: whether as many as should were
    within). No rows where there was nothing to look back on.
    """
    record = spend_record(looked.table)
    told = record[record["setting"].ne(ALL) & record["years_ahead"].eq(record["years_ahead"].max())]
    most = told["held_80"] >= EXPECTED_WITHIN * told["n"]
    return pd.DataFrame(
        {
            "setting": told["setting"],
            "ahead": told["years_ahead"].map(lambda years: "1 year" if years == 1 else f"{years} years"),
            "average_miss_share": told["missed"],
            "no_change_miss_share": told["missed_no_change"],
            "above_outturn_share": told["bias"],
            "within_80_range": told["held_80"].astype(str) + " of " + told["n"].astype(str),
            "range_told": most.map({True: "as it should", False: "too narrow"}),
        }
    ).reset_index(drop=True)


def read_narrow(record: pd.DataFrame) -> str:
    """Which settings' ranges have been too narrow, in a sentence to set beside their forecasts."""
    narrow = record.loc[record["range_told"].eq("too narrow"), "setting"].tolist()
    if not narrow:
        return "Each setting's range has held what came about as often as it should, in the few years there are."
    named = narrow[0] if len(narrow) == 1 else f"{', '.join(narrow[:-1])} and {narrow[-1]}"
    return (
        f"The range of {named} care has been too narrow in the years that can be looked back on: take it as wider than "
        "it is told."
    )


def price_rises(run: Run) -> pd.DataFrame:
    """How fast a week's price rises in each setting: seen in payments, and as drawn ahead.

    Only settings with payments enough to see a rise, in the order of settings.
    Columns setting, children, years, seen_rise_a_year_share, seen_low_share, seen_high_share (95%), then the
    rise ahead, a year's own shock apart: p10_price_rise_a_year_share, p50_…, p90_…; judgement_share (its weight).
    No rows without payments.
    """
    if not run.has_payments or not run.closed_years:
        return pd.DataFrame(columns=["setting", "children"])
    trend = learn_prices(run.payments, run.episodes, run.assumptions, run.last_year).trend
    seen = trend[trend["seen_rise"].notna()]
    told = pd.DataFrame(
        {
            "setting": seen["setting"],
            "children": seen["children"].astype("int64"),
            "years": seen["years"].astype("int64"),
            "seen_rise_a_year_share": seen["seen_rise"],
            "seen_low_share": seen["seen_low_95"],
            "seen_high_share": seen["seen_high_95"],
            "p10_price_rise_a_year_share": seen["rise_low_80"],
            "p50_price_rise_a_year_share": seen["rise"],
            "p90_price_rise_a_year_share": seen["rise_high_80"],
            "judgement_share": 1 - seen["weight_of_payments"],
        }
    )
    return told.reset_index(drop=True)


def steps_ahead(run: Run, ahead: Ahead, outturn: Spend, spend: Spend, setting: str = ALL) -> pd.DataFrame:
    """What moves a bill from the last year of outturn to the last year priced, as the steps of a waterfall.

    setting: one, or "all". Columns step, kind, children_at_census, spend_gbp_million (means, which add up),
    p10_spend_gbp_million and p90_spend_gbp_million, blank for the year of outturn. No rows where the run holds no
    general index.
    """
    if not has_index(run):
        return pd.DataFrame(columns=["step", "kind", AT_CENSUS])
    years = sorted(int(year) for year in spend.table["financial_year"].unique())
    here, coming = (one if setting == ALL else only(one, setting) for one in (outturn, spend))
    draws = split_draws(here, coming, {year: inflation_to(run, year) for year in years})
    names = year_name(int(outturn.table["financial_year"].max())), year_name(years[-1])
    steps = steps_to(draws, here, years[-1], names)
    kept = steps["kind"].eq("level") | steps["spend_gbp"].ne(0)
    return in_millions(steps[kept].reset_index(drop=True)).assign(
        **{AT_CENSUS: there_at_census(ahead.baseline)[setting]}
    )


def only(spend: Spend, setting: str) -> Spend:
    """One setting's lines of a spend, as a spend of its own."""
    lines = spend.table[spend.table["setting"].eq(setting)]
    return replace(spend, table=lines.reset_index(drop=True))


def growth_among_draws(run: Run, outturn: Spend, spend: Spend, year: int, growth_gbp: float) -> pd.DataFrame:
    """Where a claimed growth lies among our futures, in nominal £ and in those of the last year of outturn.

    Columns as `money.change.claim.where_it_sits`, £ as £ million; nominal £ alone where the run holds no general index.
    """
    real = {price_base(real_year(run)): inflation_to(run, year)} if has_index(run) else {}
    bases = {"nominal": 1.0, **real}
    told = where_it_sits(outturn, spend, year, growth_gbp, bases)
    return in_millions(told)


def growth_needs(run: Run, outturn: Spend, spends: Mapping[str, Spend], year: int, growth_gbp: float) -> pd.DataFrame:
    """What demand, mix and price would have to be for a claimed nominal growth to come about, each row enough alone.

    For the placements paid for: so many child-days and either mix, solved for the price rise; and at general inflation
    or the prices' own trend, solved for child-days. For section 251's wider spend, the same without a change of mix.
    Nothing is asked of general inflation where the run holds no general index.
    Columns as `money.change.claim.what_must_hold`, £ as £ million. `prices_needed` and `days_needed` lay it out.
    """
    last = int(outturn.table["financial_year"].max())
    more, mix = demand_ahead(outturn, spends["baseline"], year)
    days = {SAME: 1.0, EXPECTED: more}
    if NEIGHBOURS in spends:
        days["at the neighbours' rate"] = demand_ahead(outturn, spends[NEIGHBOURS], year)[0]
    own_rise = {"as its own prices have": own_trend(run, outturn)}
    general = {"as all prices do": inflation_to(run, year) ** (1 / (year - last)) - 1} if has_index(run) else {}
    prices = {**general, **own_rise}
    own = GrowthClaim(last_year_spend(outturn), growth_gbp, year - last, PLACEMENTS)
    parts = [what_must_hold(own, days, {SAME: 1.0, EXPECTED: mix}, prices)]
    course = own_course(run.comparators, run.council, last, last) if run.own_data else pd.DataFrame()
    if len(course):
        wider = GrowthClaim(float(course["spend_gbp_million"].iloc[0]) * MILLION, growth_gbp, year - last, SECTION_251)
        parts.append(what_must_hold(wider, days, {SAME: 1.0}, prices))
    return in_millions(pd.concat(parts, ignore_index=True))


def prices_needed(needs: pd.DataFrame) -> pd.DataFrame:
    """The rows of `growth_needs` solved for price, a row a spending and number of children.

    Columns spending, spend_gbp_million (now), children, child_days_growth_share, and the price rise a year needed with
    the mix as it was (same_mix_rise_a_year_share) and as forecast (forecast_mix_…; blank where no mix is told).
    """
    return _laid_out(needs, "price rise", "price_rise_a_year_share", "rise_a_year_share").rename(
        columns={"given": "children", "more_child_days_share": "child_days_growth_share"}
    )


def days_needed(needs: pd.DataFrame) -> pd.DataFrame:
    """The rows of `growth_needs` solved for child-days, a row a spending and course of prices.

    Columns spending, spend_gbp_million (now), prices_rise, price_rise_a_year_share, and the growth in child-days needed
    with the mix as it was (same_mix_growth_share) and as forecast (forecast_mix_growth_share).
    """
    return _laid_out(needs, "child-days", "more_child_days_share", "growth_share").rename(
        columns={"given": "prices_rise"}
    )


def _laid_out(needs: pd.DataFrame, solved_for: str, answer: str, ending: str) -> pd.DataFrame:
    """One row a basis and what is given, the answer beside itself for either mix."""
    rows = needs[needs["solved_for"].eq(solved_for)]
    given = next(name for name in ("more_child_days_share", "price_rise_a_year_share") if name != answer)
    keys = ["basis", "base_gbp_million", "given", given]
    same = rows[rows["mix"].eq(SAME)].set_index(keys)[answer].rename(f"same_mix_{ending}")
    forecast = rows[rows["mix"].eq(EXPECTED)].set_index(keys)[answer].rename(f"forecast_mix_{ending}")
    both = pd.concat([same, forecast], axis=1).reindex(same.index).reset_index()
    return both.rename(columns={"basis": "spending", "base_gbp_million": "spend_gbp_million"})


def own_trend(run: Run, outturn: Spend) -> float:
    """The rise a year that the settings' own prices, weighed by last year's spend, are expected to make."""
    evidence = learn_prices(run.payments, run.episodes, run.assumptions, int(outturn.table["financial_year"].max()))
    rise = evidence.trend.set_index("setting")["rise"]
    last = outturn.table[outturn.table["financial_year"].eq(outturn.table["financial_year"].max())]
    weights = last[last["setting"].isin(rise.index)].set_index("setting")["spend_gbp"].clip(lower=0)
    return float((rise.reindex(weights.index) * weights).sum() / weights.sum())


def inflation_to(run: Run, year: int) -> float:
    """The run's general price index of a year ahead ÷ of the last year of outturn."""
    return inflation_between(run, real_year(run), year)


def inflation_between(run: Run, first: int, last: int) -> float:
    """The run's general price index of one financial year ÷ of an earlier; nought where the run holds no index.

    Raises IndicesError where the index it holds does not reach one of the years.
    """
    return float(uprate(1.0, first, last, general_index(run))) if has_index(run) else 0.0


def has_index(run: Run) -> bool:
    """Whether the run holds a general price index: a file of indices, or the assumption that stands in for one."""
    return run.settings.general_index == STATED or not run.indices.empty


def decisions(ahead: Ahead, spends: Mapping[str, Spend], year: int) -> pd.DataFrame:
    """What each scenario moves the whole budget by in one year: columns as `spend_account.compare_spend`.

    The dearest first; a scenario's own cost of running it is not in here.
    """
    named = [(ahead.titles.get(name, name), spend) for name, spend in spends.items() if name != "baseline"]
    told = compare_spend(spends["baseline"], named, year, there_at_census(ahead.baseline)[ALL])
    return told.sort_values("p50_difference_gbp_million", ascending=False, ignore_index=True)


def carers_by_year(run: Run, paths: PricePaths) -> pd.DataFrame:
    """What recruiting foster carers costs and saves, by financial year: £ to the nearest thousand, means but for net.

    Columns financial_year, children (in independent foster care, on whom the price rests), households_in_post (words),
    child_weeks_diverted, saving_gbp, recruiting_gbp, fee_uplift_gbp, p10_net_saving_gbp, p50_…, p90_….
    """
    told = carers_table(run, paths)
    names = {
        "in_post": "households_in_post",
        "diverted_child_weeks": "child_weeks_diverted",
        "uplift_gbp": "fee_uplift_gbp",
    }
    names |= {f"{end}_net_gbp": f"{end}_net_saving_gbp" for end in ("p10", "p50", "p90")}
    told = told.rename(columns=names)
    columns = ["financial_year", "children", *list(names.values())[:2], "saving_gbp", "recruiting_gbp",
               *list(names.values())[2:]]  # fmt: skip
    thousands = {name: told[name].round(-3) for name in columns if name.endswith("_gbp")}
    whole = {"households_in_post": told["households_in_post"].map(lambda number: f"{number:.0f}"),
             "child_weeks_diverted": told["child_weeks_diverted"].round()}  # fmt: skip
    return told.assign(**thousands, **whole)[columns]


def say_carers(found: CarersFound) -> str:
    """Whether the campaign pays for itself, and how many households it would take, in a sentence or two."""
    low, needed, high = found.households_needed
    many = f"About {needed:,.0f} would" if np.isfinite(needed) else "No number of households would"
    span = f" ({low:,.0f} to {high:,.0f} in eight futures of ten)" if np.isfinite(high) else ""
    end = found.payback[1]
    paid = f"is paid back by {end:%B %Y}" if end else "is not paid back within the years priced"
    return (
        f"In the middle future a campaign for {found.plan.households:,.0f} households {paid}; within those years it is "
        f"in {found.chance:.0%} of futures. By its last year it saves more than it costs in "
        f"{found.chance_pays_its_way:.0%}. {many} just pay{span}."
    )


def list_notes(run: Run, ahead: Ahead) -> pd.DataFrame:
    """Every fallback behind spend ahead, and what it leaves out: one column, note."""
    return pd.DataFrame({"note": list(spend_notes(run, ahead))}, dtype="str")


def base_in_words(run: Run) -> str:
    """The £ of the last year of outturn, for captions and axes.

    By hand: for a run whose last whole year ends in March 2018, "2017/18 prices".
    """
    return price_base(real_year(run))


def in_millions(table: pd.DataFrame) -> pd.DataFrame:
    """The table with every column of £ as £ million, renamed so."""
    money = [name for name in table.columns if name.endswith("_gbp")]
    millions = table.assign(**{name: table[name] / MILLION for name in money})
    return millions.rename(columns={name: f"{name}_million" for name in money})
