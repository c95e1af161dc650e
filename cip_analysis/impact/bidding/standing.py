"""Financial standing from published accounts: ratios, marks, warnings, and how far the order rests on the weights."""

from __future__ import annotations

import zlib

import numpy as np
import pandas as pd

from cip_analysis.bidder_settings import Bids, Limits, Scored, Standing

DAYS_IN_YEAR = 365.0
LESS_IS_BETTER_WORST = float("inf")
FIRST = 1


class StandingError(ValueError):
    """Standing cannot be judged from what is given."""


def work_ratios(accounts: pd.DataFrame, bids: Bids) -> pd.DataFrame:
    """Every measure of standing at each bidder's latest year-end: a row a bidder, a column a measure (MEASURES).

    accounts: as returns/reference/filed_accounts.read_accounts. current ratio = current assets ÷ current liabilities;
    quick ratio = the same less stock; cash days = cash ÷ a day's running cost (turnover less operating profit);
    gearing = debt ÷ (debt + equity), infinite where those are not above nought; operating margin = operating profit ÷
    turnover over all years given; interest cover = operating profit ÷ interest, infinite where nothing is paid and no
    loss made; dependency = a year of this contract ÷ turnover; largest customer = its share, blank where unknown;
    turnover growth = a year, over the years given, blank where only one is. Fractions, days or multiples.
    """
    latest = accounts.groupby("bidder", sort=False).last()
    first = accounts.groupby("bidder", sort=False).first()
    whole = accounts.groupby("bidder", sort=False)[["turnover_gbp", "operating_profit_gbp"]].sum()
    years = (latest["year_end"] - first["year_end"]).dt.days / 365.25
    asked = pd.Series({bid.bidder: bid.yearly_gbp for bid in bids.bids})
    running = (latest["turnover_gbp"] - latest["operating_profit_gbp"]) / DAYS_IN_YEAR
    capital = latest["debt_gbp"] + latest["equity_gbp"]
    profit, interest = latest["operating_profit_gbp"], latest["interest_gbp"]
    no_interest = pd.Series(np.where(profit < 0, -np.inf, np.inf), latest.index)
    growth = (latest["turnover_gbp"] / first["turnover_gbp"]) ** (1 / years.where(years > 0)) - 1
    ratios = {
        "current ratio": latest["current_assets_gbp"] / latest["current_liabilities_gbp"],
        "quick ratio": (latest["current_assets_gbp"] - latest["stock_gbp"]) / latest["current_liabilities_gbp"],
        "cash days": (latest["cash_gbp"] / running.where(running > 0)).fillna(np.inf),
        "gearing": (latest["debt_gbp"] / capital.where(capital > 0)).fillna(LESS_IS_BETTER_WORST),
        "operating margin": whole["operating_profit_gbp"] / whole["turnover_gbp"],
        "interest cover": (profit / interest.where(interest > 0)).fillna(no_interest),
        "dependency": asked.reindex(latest.index) / latest["turnover_gbp"],
        "largest customer": latest["largest_customer_share"],
        "turnover growth": growth,
    }
    return pd.DataFrame(ratios)


def mark_ratios(ratios: pd.DataFrame, standing: Standing) -> pd.DataFrame:
    """Marks from 0 to 100 of each scored measure: none at `poor`, all at `good`, in line between; unknown gets none.

    By hand: a current ratio of 1.4 between 0.8 and 2.0 is 50.
    """
    return pd.DataFrame({one.measure: _marks(ratios[one.measure], one) for one in standing.scored})


def _marks(values: pd.Series, one: Scored) -> pd.Series:
    return (((values - one.poor) / (one.good - one.poor)).clip(0, 1) * 100).fillna(0.0)


def score_bidders(marks: pd.DataFrame, standing: Standing) -> pd.DataFrame:
    """Each bidder's marks by the chosen weights: columns bidder, score (0 to 100), rank (ties share), standing."""
    score = marks @ pd.Series(standing.weights)
    words = np.select([score >= standing.strong, score >= standing.adequate], ["strong", "adequate"], "weak")
    table = pd.DataFrame({"score": score, "rank": _ranks(score), "standing": words}, index=marks.index)
    return table.rename_axis("bidder").reset_index()


def _ranks(score: pd.Series) -> pd.Series:
    return score.round(9).rank(ascending=False, method="min").astype("int64")


def try_weights(marks: pd.DataFrame, standing: Standing, seed: int) -> pd.DataFrame:
    """How often each bidder comes first when the weights are drawn: a row a bidder.

    Weights come from a Dirichlet: near the chosen ones (its parameters are nearness × weight), and any at all (every
    parameter one, over the measures with a weight). Columns bidder, chance_first_near, chance_first_any, best_rank and
    worst_rank (5th and 95th percentiles of those near). A tie is shared.
    """
    used = [name for name, weight in standing.weights.items() if weight > 0]
    chosen = np.array([standing.weights[name] for name in used])
    table = marks[used].to_numpy()
    near = _play(table, standing.nearness * chosen, standing.draws, (seed, "weights near"))
    anyone = _play(table, np.ones(len(used)), standing.draws, (seed, "weights any"))
    order = (-near).argsort(axis=1, kind="stable").argsort(axis=1, kind="stable") + 1
    return pd.DataFrame(
        {
            "bidder": marks.index.astype("str"),
            "chance_first_near": _first(near),
            "chance_first_any": _first(anyone),
            "best_rank": np.quantile(order, 0.05, axis=0, method="lower").astype("int64"),
            "worst_rank": np.quantile(order, 0.95, axis=0, method="higher").astype("int64"),
        }
    )


def _play(marks: np.ndarray, parameters: np.ndarray, draws: int, chance: tuple[int, str]) -> np.ndarray:
    """Scores by draw and bidder."""
    stream = np.random.default_rng(np.random.SeedSequence([chance[0], zlib.crc32(chance[1].encode())]))
    scores: np.ndarray = stream.dirichlet(parameters, draws) @ marks.T
    return scores.round(9)


def _first(scores: np.ndarray) -> np.ndarray:
    best = scores == scores.max(axis=1, keepdims=True)
    shares: np.ndarray = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
    return shares


def drop_measures(marks: pd.DataFrame, standing: Standing) -> pd.DataFrame:
    """Who comes first, and each bidder's rank, with one measure left out at a time: first row, with all.

    Columns left_out, first (the bidders, a comma between where tied), and a column of rank a bidder. Leaving out the
    only measure with a weight is not tried.
    """
    rows = []
    for name in ("none", *standing.weights):
        weights = {one: weight for one, weight in standing.weights.items() if one != name}
        whole = sum(weights.values())
        if whole > 0:
            ranks = _ranks(marks[list(weights)] @ (pd.Series(weights) / whole))
            rows.append({"left_out": name, "first": ", ".join(ranks.index[ranks.eq(FIRST)]), **ranks.to_dict()})
    return pd.DataFrame(rows)


def raise_warnings(accounts: pd.DataFrame, ratios: pd.DataFrame, bids: Bids) -> pd.DataFrame:
    """Facts that want an answer whatever the marks: columns bidder, warning; no rows where there are none."""
    limits: Limits = bids.standing.limits
    latest = accounts.groupby("bidder", sort=False).last()
    losses = accounts.groupby("bidder", sort=False)["operating_profit_gbp"].apply(lambda all_: (all_.tail(2) < 0).sum())
    late = (latest["filed_on"] - latest["year_end"]).dt.days
    old = (pd.Timestamp(bids.as_of) - latest["year_end"]).dt.days
    found = {
        "owes more than it owns (equity below nought)": latest["equity_gbp"] < 0,
        "its accounts doubt that it is a going concern": latest["going_concern_doubt"],
        "its auditor qualified the accounts": latest["audit_qualified"],
        f"filed its latest accounts later than {limits.late_days} days after the year's end": late > limits.late_days,
        f"its latest accounts are more than {limits.old_days} days old": old > limits.old_days,
        "made a loss in each of its last two years": losses.eq(2),
        "owes more within a year than it has": ratios["current ratio"] < 1,
        "this contract would be too large a part of its turnover": ratios["dependency"] > limits.dependency_share,
        "lives on one customer": ratios["largest customer"] > limits.customer_share,
        "gave no share of its largest customer": ratios["largest customer"].isna(),
    }
    rows = [(bidder, words) for bidder in latest.index for words, flags in found.items() if flags[bidder]]
    return pd.DataFrame(rows, columns=["bidder", "warning"], dtype="str")
