"""A run's market and bidders, in tables shaped for a page (notebook 11).

    market = market_of(county)                    # none without payments
    judged = judge_bids(county, "config/bidders/invented-2018.toml")

Providers are named to exempt readers alone, and real bidders and their prices are told to nobody else
(Local Government Act 1972, Schedule 12A, paragraph 3). Choices: docs/decisions/0034-market-and-bidders.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from cip_analysis.bidder_settings import Bids
from cip_analysis.impact import bidders, market
from cip_analysis.money.spend import ON_A_STAY
from cip_analysis.records import Released
from cip_analysis.returns.reference.filed_accounts import read_accounts
from cip_analysis.returns.reference.postcodes import INSIDE, OUTSIDE, UNKNOWN, locate_placements, read_postcodes
from cip_analysis.run import Run
from cip_analysis.settings import read_settings

PAID = ("spend_gbp", "share_of_spend")
WEEKS = ("weeks_paid", "share_of_weeks")
FEWEST_PAID_FOR = 20
WHEREABOUTS = (INSIDE, OUTSIDE, UNKNOWN)
PLACED_BY_COURT = ("with parents", "placed for adoption")
MOST_NAMED, FEWEST_DRAWN = 10, 20
TOO_SMALL = "No kind of care was bought for enough children to say from whom."
NO_LEAK = "Too little was bought both on the framework and off it to tell what leaves it."


class MarketAccountError(ValueError):
    """A table was asked for that the run cannot give."""


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """What a run's payments tell of the market. bought: lines of bought care; lines: fees; year: the last one."""

    bought: pd.DataFrame
    lines: pd.DataFrame
    year: int

    @property
    def last(self) -> pd.DataFrame:
        """The lines of bought care of the last year."""
        return self.bought[self.bought["financial_year"].eq(self.year)].reset_index(drop=True)

    @property
    def settings(self) -> list[str]:
        """Settings bought in the last year, most £ first."""
        spent = self.last.groupby("setting")["pence"].sum().sort_values(ascending=False)
        return [str(name) for name in spent.index[spent > 0]]


def market_of(run: Run) -> Market | None:
    """The run's market; none where it has no payments for bought care."""
    if not run.has_payments or not run.closed_years:
        return None
    first, last = run.closed_years[0], run.last_year
    bought = market.bought_lines(run.payments, run.episodes, first, last)
    if not len(bought[bought["financial_year"].eq(last)]):
        return None
    return Market(bought, market.like_lines(run.payments, run.episodes, first, last), last)


def why_none(run: Run) -> str:
    """Why there is no market to show, in a sentence."""
    if not run.has_payments:
        return "No payments file was given for these returns, so nothing can be told of who is paid for care."
    return "The payments hold no bought care in the last year that met a stay, so there is no market to show."


def who_supplies(found: Market, by: str) -> pd.DataFrame:
    """Last year's bought care by setting and one column (provider_type, bought_how or rank_band), most £ first.

    A setting of fewer than FEWEST_PAID_FOR children is left out: its £ and weeks, told several ways, would give each
    other away.
    """
    told = found.last[found.last.groupby("setting")["child"].transform("nunique") >= FEWEST_PAID_FOR]
    table = market.buy_table(market.rank_bands(told), ["financial_year", "setting", by])
    place = {name: number for number, name in enumerate(found.settings)}
    kept = table[table["setting"].isin(found.settings)]
    order = kept.assign(order=kept["setting"].map(place))
    ordered = order.sort_values(["order", "spend_gbp"], ascending=[True, False], ignore_index=True)
    return ordered.drop(columns="order")


def declare_supply(by: str) -> dict[str, Any]:
    """How `who_supplies` is declared to `release`."""
    name = "platform" if by == "bought_how" else by
    money = [*PAID, *WEEKS]
    return {
        "plain": ["financial_year", "setting", by, "suppliers"],
        "counts": ["children"],
        "bases": {"weeks_paid": ["children"], "spend_gbp": ["children"], "share_of_spend": ["children", "spend_gbp"],
                  "share_of_weeks": ["children", "weeks_paid"]},
        "adding": ["spend_gbp", "weeks_paid"],
        "measure": {"spend_gbp": "placement spend"},
        "over": {"share_of_spend": [by], "share_of_weeks": [by]},
        "labels": {"financial_year": "financial_year", "setting": "setting", by: name},
        "providers": dict.fromkeys(money, "providers"),
    }  # fmt: skip


def how_concentrated(found: Market) -> pd.DataFrame:
    """Concentration by year of the settings bought in the last year, indices to the nearest ten."""
    names = {"hhi_by_spend": "index_by_spend", "hhi_by_weeks": "index_by_weeks"}
    table = market.concentrate(found.bought).rename(columns=names)
    kept = table[table["setting"].isin(found.settings)].drop(columns="providers").reset_index(drop=True)
    return kept.round({"index_by_spend": -1, "index_by_weeks": -1, "as_if_equal": 1})


def declare_concentration() -> dict[str, Any]:
    """How `how_concentrated` is declared: an index asks for three providers, the largest's share for one alone."""
    index = dict.fromkeys(["index_by_spend", "index_by_weeks", "band", "as_if_equal"], "index_providers")
    return {
        "plain": ["financial_year", "setting", "suppliers"],
        "counts": ["children", "largest_children"],
        "bases": {**dict.fromkeys([*index, "top_five_share"], "children"), "largest_share": ["largest_children"]},
        "providers": {**index, "top_five_share": "top_providers", "largest_share": "one_provider"},
    }


def steady_settings(told: Released) -> list[str]:
    """Settings of the released table with an index of enough children in every year drawn, three at least.

    An index of a handful of children leaps from year to year, and says who they were.
    """
    shown = told.table.dropna(subset=["index_by_spend", "children"])
    each = shown.groupby("setting").agg(years=("financial_year", "nunique"), fewest=("children", "min"))
    return [str(name) for name in each.index[(each["years"] >= 3) & (each["fewest"] >= FEWEST_DRAWN)]]


def title_concentration(told: Released, year: int) -> str:
    """What the indices of one year say, for a chart's title."""
    now = told.table[told.table["financial_year"].eq(year) & told.table["setting"].isin(steady_settings(told))]
    now = now.dropna(subset=["index_by_spend"]).sort_values("index_by_spend", ascending=False)
    if now.empty:
        return "Too few providers or children to show how concentrated care is"
    first = now.iloc[0]
    return f"{str(first['setting']).capitalize()} care is bought from the fewest: it is {first['band']}"


def name_providers(run: Run, found: Market) -> pd.DataFrame | None:
    """The ten paid most in the last year, by name: supplier, setting, children, suppliers' £ and weeks; exempt only."""
    if run.audience != "exempt":
        return None
    each = market.buy_table(found.last, ["financial_year", "setting", "supplier"])
    return each.sort_values("spend_gbp", ascending=False).head(MOST_NAMED).reset_index(drop=True)


def spread_of_prices(found: Market) -> pd.DataFrame:
    """How far prices differ among ever more alike placements, by setting (impact/supply/prices.disperse)."""
    return market.disperse(found.lines, found.settings)


def leaked(found: Market) -> pd.DataFrame:
    """Spot purchase beside the framework in the last year, its extra £ to the nearest thousand."""
    told = market.leak(found.bought, found.lines)
    told = told[told["financial_year"].eq(found.year)].reset_index(drop=True)
    providers = found.last[found.last["bought_how"].eq("spot")].groupby("setting")["supplier"].nunique()
    money = {str(name): -3 for name in told if str(name).endswith("extra_gbp")}
    return told.round(money).assign(providers=told["setting"].map(providers))


def declare_leak() -> dict[str, Any]:
    """How `leaked` is declared: a premium rests on the children of both sides, its £ on the £ too."""
    sides = ["children", "framework_children"]
    premium = dict.fromkeys(("dearer_share", "low_95_share", "high_95_share"), sides)
    extra = {name: [*sides, "spend_gbp"] for name in ("extra_gbp", "low_95_extra_gbp", "high_95_extra_gbp")}
    paid = {"spend_gbp": ["children"], "weeks_paid": ["children"], "share_of_spend": ["children", "spend_gbp"],
            "share_of_weeks": ["children", "weeks_paid"]}  # fmt: skip
    return {
        "plain": ["financial_year", "setting"],
        "counts": sides,
        "bases": {**paid, **premium, **extra},
        "adding": ["spend_gbp", "weeks_paid"],
        "providers": dict.fromkeys([*paid, *premium, *extra], "providers"),
    }


def say_leak(shown: Released) -> str:
    """What the released table of leakage comes to, in a sentence."""
    table = shown.table.dropna(subset=["extra_gbp"])
    if table.empty:
        return "Too little was bought either way to tell what buying off the framework cost."
    sure = table[table["low_95_extra_gbp"] > 0]
    words = " and ".join(str(name) for name in sure["setting"]) or "no kind of"
    return (
        f"Had its spot weeks been bought at the framework's like-for-like prices, the year would most likely have cost "
        f"£{table['extra_gbp'].sum():,.0f} less. That it would have cost less at all is beyond chance in {words} care."
    )


def where_placed(run: Run, postcodes: str) -> pd.DataFrame | None:
    """Children on the last 31 March by setting and whether the placement is inside the authority; none without a file.

    postcodes: a CSV (returns/reference/postcodes.py) from the project's root, blank for none. Short breaks, children
    with parents and those placed for adoption are left out. Columns setting, whereabouts, children.
    """
    if not postcodes or not run.closed_years:
        return None
    placed = locate_placements(run.returns, read_postcodes(run.root / postcodes), run.council.code)
    stays, at = run.episodes.table, pd.Timestamp(date(run.last_year, 3, 31))
    there = (stays["start"] <= at) & (stays["end"].isna() | (stays["end"] > at)) & ~stays["respite"]
    here = stays[there & ~stays["setting"].isin(PLACED_BY_COURT)]
    words = placed.reindex(pd.MultiIndex.from_frame(here[["file", "row"]])).to_numpy()
    counted = here.assign(whereabouts=words).groupby(["setting", "whereabouts"])["child"].nunique()
    every = pd.MultiIndex.from_product(
        [sorted(here["setting"].unique()), WHEREABOUTS], names=["setting", "whereabouts"]
    )
    return counted.reindex(every, fill_value=0).rename("children").reset_index().astype({"whereabouts": "str"})


def say_where(table: pd.DataFrame) -> str:
    """The share of all children in the table whose placement is outside the authority, of those known."""
    whole = table.groupby("whereabouts")["children"].sum()
    known = int(whole.get(INSIDE, 0) + whole.get(OUTSIDE, 0))
    if not known:
        return "No placement's postcode is in the file, so nothing can be told."
    return (
        f"Of children whose placement's place is known, {whole.get(OUTSIDE, 0) / known:.0%} are outside the authority."
    )


# ---- bidders ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Bids judged: the settings, and the tables of impact/bidders.py."""

    bids: Bids
    ratios: pd.DataFrame
    marks: pd.DataFrame
    scores: pd.DataFrame
    warnings: pd.DataFrame
    models: pd.DataFrame
    switching: pd.DataFrame
    removed: pd.DataFrame


def judge_bids(run: Run, path: str) -> Judged | None:
    """The bids in a settings file judged; none where none is named, or where they are real and the page is public.

    Raises SettingsError or AccountsFileError naming what is at fault.
    """
    if not path:
        return None
    bids = read_settings(run.root / path, Bids)
    if not bids.invented and run.audience != "exempt":
        return None
    accounts = read_accounts(run.root / bids.accounts, [bid.bidder for bid in bids.bids])
    ratios = bidders.work_ratios(accounts, bids)
    marks = bidders.mark_ratios(ratios, bids.standing)
    tried = bidders.try_weights(marks, bids.standing, bids.seed)
    offers, rules = bidders.list_bids(bids), bids.evaluation
    every = list(bidders.MARKING)
    return Judged(
        bids, ratios, marks,
        bidders.score_bidders(marks, bids.standing).merge(tried, on="bidder"),
        bidders.raise_warnings(accounts, ratios, bids), bidders.compare_models(bids),
        pd.concat([bidders.switching_weights(offers, rules, name) for name in every], ignore_index=True),
        pd.concat([bidders.remove_losers(offers, rules, name) for name in every], ignore_index=True),
    )  # fmt: skip


def why_no_bids(path: str) -> str:
    """Why bids are not shown, in a sentence."""
    if not path:
        return "No file of bids is named, so none are judged."
    return "Who bids, and at what price, is not for a public page: the exempt pack judges the bids."


def list_ratios(judged: Judged) -> pd.DataFrame:
    """Each measure's ends, weight and reason, and each bidder's figure, in words: a row a measure."""
    rows = []
    for one in judged.bids.standing.scored:
        figures = {name: _figure(judged.ratios.loc[name, one.measure], one.measure) for name in judged.ratios.index}
        rows.append({
            "measure": one.measure, "no_marks_at": _figure(one.poor, one.measure),
            "all_marks_at": _figure(one.good, one.measure), "weight_share": judged.bids.standing.weights[one.measure],
            **figures,
        })  # fmt: skip
    return pd.DataFrame(rows)


PER_CENTS = ("gearing", "operating margin", "dependency", "largest customer", "turnover growth")


def _figure(value: float, measure: str) -> str:
    """One figure of a measure in words."""
    if pd.isna(value):
        return "not known"
    if value in (float("inf"), float("-inf")):
        return "no capital" if measure == "gearing" else "nothing to pay" if value > 0 else "a loss"
    if measure in PER_CENTS:
        return f"{value:.0%}".replace("-", "−")
    return (f"{value:,.0f} days" if measure == "cash days" else f"{value:.1f}").replace("-", "−")


def say_standing(judged: Judged) -> str:
    """Who stands best, and how far that rests on the weights, in a sentence."""
    first = judged.scores.sort_values("rank").iloc[0]
    weak = judged.scores.loc[judged.scores["standing"].eq("weak"), "bidder"].tolist()
    more = f" {', '.join(weak)} {'is' if len(weak) == 1 else 'are'} weak." if weak else ""
    return (
        f"{first['bidder']} stands best, with {first['score']:.0f} marks of 100. With weights drawn near those chosen "
        f"it comes first in {first['chance_first_near']:.0%} of draws, and with any weights at all in "
        f"{first['chance_first_any']:.0%}.{more}"
    )


def say_models(judged: Judged) -> str:
    """Whether the model decides who wins, and whether a bid that loses does, in a sentence."""
    rules, table = judged.bids.evaluation, judged.models
    chosen = table.set_index("model")["winner"]
    others = sorted(set(chosen.drop(index=rules.model)) - {chosen[rules.model]})
    told = f"Under the model chosen, {rules.model}, {chosen[rules.model]} wins."
    told += f" Another model would have {' or '.join(others)} win." if others else " Every other has the same winner."
    turned = judged.removed[judged.removed["changes"]]
    if turned.empty:
        return f"{told} No bid that loses decides who wins."
    row = turned.iloc[0]
    return (
        f"{told} Under {row['model']}, {row['winner']} wins; had {row['without']}, which loses, not bid, "
        f"{row['winner_then']} would have won."
    )


def paid_in_all(found: Market, run: Run) -> float:
    """Share of last year's £ on a stay that bought care takes."""
    rows = run.payments.table
    rows = rows[rows["financial_year"].eq(found.year) & rows["match"].isin(ON_A_STAY)]
    return float(found.last["pence"].sum() / 100 / rows["amount_gbp"].sum())
