"""One setting's spend shaped for its page: outturn and what may come, what moved it, the framework, a home of our own.

£ are nominal, in £ million where a column says so.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from cip_analysis.cost_account import in_millions
from cip_analysis.demand.forecast import ALL
from cip_analysis.homes_account import home_table
from cip_analysis.money.basis.providers import count_providers, paid_by_setting, with_providers
from cip_analysis.money.change.turnover import spend_turnover
from cip_analysis.money.change.within import WITHIN_WORDS, setting_parts, split_within
from cip_analysis.money.concentration import weekly_cost_spread, weekly_costs
from cip_analysis.money.drivers import steps_of
from cip_analysis.money.homes import SAVING_OF_A_BED
from cip_analysis.money.outturn import share_spend
from cip_analysis.money.prices import fee_lines, framework_premium, year_name
from cip_analysis.money.pricing.looking_back import LookedBack, spend_record
from cip_analysis.money.pricing.paths import PricePaths
from cip_analysis.money.spend import count_child_days
from cip_analysis.projections import Projection
from cip_analysis.records import Released, Spend
from cip_analysis.run import Run
from cip_analysis.spend_account import spend_to_come


class ResidentialAccountError(ValueError):
    """A page was asked for of a setting that has no spend."""


NEAREST_WEEKLY_COST = -1
"""A percentile of few children is one child's cost: it is told to the nearest ten pounds."""
BEYOND = {"tenth_of_children": ("p10", "p90"), "quarter_of_children": ("p25", "p75"), "half_of_children": ("p50",)}
"""How many children lie beyond a percentile of weekly cost -> the percentiles it stands behind."""
LIKE_FOR_LIKE, SPOT, FRAMEWORK = "like for like", "spot", "framework"


def spent_on(spend: Spend, setting: str) -> pd.DataFrame:
    """One setting's outturn by year: financial_year, children, spend_gbp_million, share_of_spend (of all placements).

    Raises ResidentialAccountError where it has no line in any year, or none in the last.
    """
    told = share_spend(spend)
    told = told[told["setting"].eq(setting)].drop(columns="setting").reset_index(drop=True)
    if told.empty:
        raise ResidentialAccountError(f"No spend on {setting} in any year. Name a setting that children lived in.")
    if int(told["financial_year"].max()) < (last := int(spend.table["financial_year"].max())):
        raise ResidentialAccountError(
            f"Nobody lived in {setting} care in {year_name(last)}, so the page has no last year. Name another setting."
        )
    return told


def paid_in_both(run: Run, spend: Spend, setting: str) -> bool:
    """Whether payments tell a setting's spend in the last year and the one before, so that its change is known."""
    told = spend.table[spend.table["setting"].eq(setting)].set_index("financial_year")["spend_gbp"]
    both = told.reindex([run.last_year - 1, run.last_year], fill_value=0.0)
    return run.has_payments and bool(both.gt(0).all())


def bought_both_ways(gap: pd.DataFrame, year: int) -> bool:
    """Whether a setting's table of platforms has both framework and spot placements in a year, so they can be compared.

    gap: as `concentration.framework_gap` gives it, of one setting.
    """
    return {FRAMEWORK, SPOT} <= set(gap.loc[gap["financial_year"].eq(year), "platform"])


def why_not(run: Run, setting: str) -> str:
    """Why something cannot be worked out from payments: there are none, or they tell too little of the setting."""
    if not run.has_payments:
        return "No payments file was given for these returns, so this cannot be worked out."
    return f"The payments tell too little of {setting} care for this to be worked out."


def to_come_on(spend: Spend, projection: Projection, setting: str) -> pd.DataFrame:
    """One setting's spend ahead by year: financial_year, children_at_census and its statistics in £ million."""
    told = spend_to_come(spend, projection)
    return told[told["setting"].eq(setting)].drop(columns="setting").reset_index(drop=True)


def past_misses(looked: LookedBack, setting: str) -> pd.DataFrame:
    """How right past forecasts of spend were, of the setting and of all placements, a row each number of years ahead.

    Columns spending, ahead (words), average_miss_share, no_change_miss_share (what saying that nothing changes missed
    by), within_80_range and within_95_range (words: how many of how many). No rows where none could be made.
    """
    record = spend_record(looked.table)
    told = record[record["setting"].isin([setting, ALL])].sort_values("setting", key=lambda names: names.eq(ALL))
    made = told["n"].astype(str)
    return pd.DataFrame(
        {
            "spending": told["setting"].replace({ALL: "all placements"}),
            "ahead": told["years_ahead"].map(lambda years: "1 year" if years == 1 else f"{years} years"),
            "average_miss_share": told["missed"],
            "no_change_miss_share": told["missed_no_change"],
            "within_80_range": told["held_80"].astype(str) + " of " + made,
            "within_95_range": told["held_95"].astype(str) + " of " + made,
        }
    ).reset_index(drop=True)


def last_change(run: Run, setting: str, year: int, index: float) -> pd.DataFrame:
    """What moved a setting's spend from the year before to this one, as the steps of a waterfall, £ million.

    index: general price index of the year ÷ of the year before. Columns step, kind, spend_gbp_million,
    children_before, children_after (who were there in either year).
    """
    before, after = (setting_parts(run.episodes, run.payments, setting, ending) for ending in (year - 1, year))
    steps = steps_of(split_within(before, after, index), (year_name(year - 1), year_name(year)), WITHIN_WORDS)
    there = [_children(run, setting, ending) for ending in (year - 1, year)]
    return in_millions(steps).assign(children_before=there[0], children_after=there[1])


def who_changed(run: Run, setting: str, year: int) -> pd.DataFrame:
    """The same change by children who left, stayed or came: columns group, children and £ million.

    by_weeks_gbp_million: what more or fewer weeks moved; by_weekly_cost_gbp_million: what dearer or cheaper ones did.
    """
    told = in_millions(spend_turnover(run.episodes, run.payments, year - 1, year, setting))
    names = {"weeks_gbp_million": "by_weeks_gbp_million", "weekly_cost_gbp_million": "by_weekly_cost_gbp_million"}
    return told.drop(columns=["child_weeks_before", "child_weeks_after"]).rename(columns=names)


def largest_step(steps: Released) -> tuple[str, str] | None:
    """The step that moves a waterfall furthest, and how far in words; none where no step is shown.

    By hand: of +£1.07m, +£0.67m and -£0.07m it is the first, "up £1.1 million".
    """
    shown = steps.table[steps.table["kind"].eq("change")].dropna(subset=["spend_gbp_million"])
    if shown.empty:
        return None
    amounts = shown.set_index("step")["spend_gbp_million"].astype("float64")
    name = str(amounts.abs().idxmax())
    way = "up" if amounts[name] > 0 else "down"
    return name, f"{way} £{abs(amounts[name]):.1f} million"


def spread_of_weeks(run: Run, spend: Spend, year: int) -> pd.DataFrame:
    """The spread of weekly cost by setting in one year, with the children and the £ that each figure rests on.

    Columns of `weekly_cost_spread`, to the nearest ten pounds, spend_gbp, providers, and BEYOND: the children below the
    tenth percentile and above the ninetieth, and so on, one where there are none, so that too few withhold it.
    """
    spread = weekly_cost_spread(weekly_costs(run.episodes, run.payments, year))
    costs = [str(name) for name in spread if str(name).endswith("_gbp")]
    paid = spend.table[spend.table["financial_year"].eq(year)].set_index("setting")["spend_gbp"]
    shares = zip(BEYOND, (0.1, 0.25, 0.5), strict=True)
    beyond = {name: (spread["children"] * share).astype("int64").clip(lower=1) for name, share in shares}
    told = spread.round(dict.fromkeys(costs, NEAREST_WEEKLY_COST))
    return with_providers(told.assign(spend_gbp=spread["setting"].map(paid), **beyond), run.payments, year)


def declare_spread(year: int) -> dict[str, Any]:
    """How `spread_of_weeks` is declared to `release`: a percentile rests on the children beyond it, all on the £."""
    ends = {f"{end}_weekly_cost_gbp": ["children", name, "spend_gbp"] for name, both in BEYOND.items() for end in both}
    bases = {"spend_gbp": ["children"], "mean_weekly_cost_gbp": ["children", "spend_gbp"], **ends}
    return {
        "counts": ["children", *BEYOND],
        "bases": bases,
        "adding": ["spend_gbp"],
        "measure": {"spend_gbp": "placement spend"},
        "labels": {"setting": "setting", "financial_year": year},
        "providers": dict.fromkeys(bases, "providers"),
    }


def beside_framework(run: Run, gap: pd.DataFrame, setting: str) -> pd.DataFrame:
    """One setting's table of platforms with the children and providers that each comparison rests on.

    gap: as `concentration.framework_gap` gives it, of one setting. Adds providers, framework_children, and
    fewer_providers (of a row's and of the framework's that year, whichever are fewer).
    """
    paid = paid_by_setting(run.payments)
    number = count_providers(paid[paid["setting"].eq(setting)], ["financial_year", "platform"])
    wanted = pd.MultiIndex.from_frame(gap[["financial_year", "platform"]])
    own = pd.Series(number.reindex(wanted).to_numpy(), gap.index, dtype="Int64")
    side = gap.assign(providers=own)
    side = side[side["platform"].eq(FRAMEWORK)].set_index("financial_year")
    theirs = gap["financial_year"].map(side["providers"]).astype("Int64")
    children = gap["financial_year"].map(side["children"]).fillna(0).astype("int64")
    return gap.assign(providers=own, framework_children=children, fewer_providers=own.where(own.lt(theirs), theirs))


def declare_bought(setting: str) -> dict[str, Any]:
    """How `beside_framework` is declared to `release`: a fee rests on its £ and weeks, a comparison on both sides."""
    fee = ["children", "spend_gbp", "weeks_paid"]
    paid = dict.fromkeys(["spend_gbp", "share_of_spend", "weekly_fee_gbp"], "providers")
    return {
        "counts": ["children", "framework_children"],
        "bases": {
            "weeks_paid": ["children"],
            "spend_gbp": ["children"],
            "share_of_spend": ["children", "spend_gbp"],
            "weekly_fee_gbp": fee,
            "dearer_than_framework": ["framework_children", *fee, "weekly_fee_gbp"],
        },
        "adding": ["spend_gbp", "weeks_paid"],
        "over": {"share_of_spend": ["platform"]},
        "measure": {"spend_gbp": "placement spend"},
        "labels": {"financial_year": "financial_year", "platform": "platform", "setting": setting},
        "providers": {**paid, "dearer_than_framework": "fewer_providers"},
    }


def premium_on(run: Run, setting: str) -> pd.DataFrame:
    """How much dearer each way of buying is than the framework over all years: as billed, and like for like.

    Columns platform, compared, children, framework_children, dearer_share, low_95_share, high_95_share, and premium,
    those three in words. No rows without payments, or where too few were bought either way.
    """
    if not run.has_payments:
        return pd.DataFrame(columns=["platform", "compared"])
    fees = fee_lines(run.payments, run.episodes, run.closed_years[0], run.last_year)
    names = {"premium": "dearer_share", "low_95": "low_95_share", "high_95": "high_95_share"}
    told = framework_premium(fees, setting).rename(columns=names)
    order = ["platform", "compared", "children", "framework_children", *names.values()]
    ends = zip(*(told[name] for name in names.values()), strict=True)
    words = [f"{_signed(middle)} ({_signed(low)} to {_signed(high)})" for middle, low, high in ends]
    return told[order].assign(premium=pd.Series(words, index=told.index, dtype="str")).reset_index(drop=True)


def read_premium(premium: Released) -> str:
    """What the like-for-like premium of spot purchase says, in a sentence; nothing where it is not shown."""
    rows = premium.table[premium.table["platform"].eq(SPOT) & premium.table["compared"].eq(LIKE_FOR_LIKE)]
    rows = rows.dropna(subset=["dearer_share"])
    if rows.empty:
        return "Like for like, too few were bought either way to tell."
    middle, low, high = (float(rows[name].iloc[0]) for name in ("dearer_share", "low_95_share", "high_95_share"))
    sure = "" if low > 0 or high < 0 else ", so that the framework makes no difference is not ruled out"
    return (
        f"like for like over all years it was {_signed(middle)}, and could be {_signed(low)} to {_signed(high)}{sure}."
    )


def home_choices(run: Run, paths: PricePaths) -> pd.DataFrame:
    """The home shut, and open at each occupancy, in the first year ahead: columns option, children, £ a year.

    year_cost_gbp, bought_gbp (what the same weeks cost elsewhere), p10_, p50_ and p90_saving_gbp, chance_cheaper. £ to
    the nearest thousand: judgements are no surer.
    """
    told = home_table(run, paths)
    year = run.last_year + 1
    columns = ["option", "children", "year_cost_gbp", "bought_gbp", "p10_saving_gbp", "p50_saving_gbp",
               "p90_saving_gbp", "chance_cheaper"]  # fmt: skip
    chosen = told.loc[told["financial_year"].eq(year), columns].reset_index(drop=True)
    return chosen.assign(**{name: chosen[name].round(-3) for name in columns if name.endswith("_gbp")})


def read_heat(savings: pd.DataFrame, price: float) -> str:
    """What a grid of occupancy and price says at the listed price nearest to `price`, for a chart's title.

    savings: as `homes_account.heat_table` gives it. By hand: where a bed saves nothing at 85% and 79 pounds at 90%,
    "Where a bought week costs £3,500, an own bed pays from 90% full".
    """
    prices = savings["external_price"].str.replace(r"[£,]", "", regex=True).astype("int64")
    nearest = int(prices.iloc[(prices - price).abs().argmin()])
    here = savings[prices.eq(nearest)]
    paying = here.loc[here[SAVING_OF_A_BED] >= 0, "occupancy"].str.rstrip("%").astype("int64")
    reads = f"pays from {paying.min()}% full" if len(paying) else "does not pay however full"
    return f"Where a bought week costs £{nearest:,}, an own bed {reads}"


def judgements_in_words(judged: pd.DataFrame) -> pd.DataFrame:
    """Judgements as `homes_account.list_judgements` gives them, their figures as words fit to stand in one column."""
    likely, low, high = (judged[name].map(_figure) for name in ("value", "low", "high"))
    told = pd.DataFrame({"assumption": judged["assumption"], "likeliest": likely, "range": low + " to " + high})
    return told.assign(source=judged["source"], owner=judged["owner"])


def _children(run: Run, setting: str, year: int) -> int:
    """Children who spent a night in the setting in one financial year."""
    counted = count_child_days(run.episodes, year, year)
    return int(counted.loc[counted["setting"].eq(setting), "children"].sum())


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:g}"


def _signed(share: float) -> str:
    return f"{share:+.0%}".replace("-", "−")
