"""Bidders: accounts refused or read, standing, weights, price models, switching weights, losers who decide."""

from __future__ import annotations

import copy
import tomllib

import numpy as np
import pandas as pd
import pytest
from builders import ROOT

from cip_analysis.bidder_settings import MODELS, Bids
from cip_analysis.impact.bidders import (
    MARKING,
    compare_models,
    drop_measures,
    list_bids,
    mark_ratios,
    raise_warnings,
    remove_losers,
    score_bidders,
    switching_weights,
    total_marks,
    try_weights,
    winner_of,
    work_ratios,
)  # fmt: skip
from cip_analysis.returns.reference.filed_accounts import AccountsFileError, read_accounts
from cip_analysis.settings import SettingsError, read_settings

SHIPPED = ROOT / "config" / "bidders" / "invented-2018.toml"
RAW = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
SHEET = pd.read_csv(ROOT / "config" / "bidders" / "invented-accounts.csv", dtype=str)


def some_bids(offers: dict[str, tuple[float, float]], **rules: object) -> Bids:
    """Bids of these prices and qualities, evaluated by the shipped rules with changes."""
    raw = copy.deepcopy(RAW)
    raw["bids"] = [{"bidder": name, "yearly_gbp": gbp, "quality": marks} for name, (gbp, marks) in offers.items()]
    raw["evaluation"] |= rules
    return Bids.model_validate(raw)


def standing_of(**weights: float) -> Bids:
    """The shipped bids with these measures alone scored, underscores for spaces."""
    raw = copy.deepcopy(RAW)
    raw["standing"]["scored"] = [
        {"measure": name.replace("_", " "), "poor": 0, "good": 1, "weight": weight, "why": "a test"}
        for name, weight in weights.items()
    ]
    return Bids.model_validate(raw)


def shipped() -> tuple[Bids, pd.DataFrame]:
    bids = read_settings(SHIPPED, Bids)
    return bids, read_accounts(ROOT / bids.accounts, [bid.bidder for bid in bids.bids])


# ---- standing ---------------------------------------------------------------------------------------------------


def test_ratios_by_hand():
    bids, accounts = shipped()
    ratios = work_ratios(accounts, bids).loc["Bidder A"]
    assert ratios["current ratio"] == pytest.approx(3.0 / 1.8)
    assert ratios["quick ratio"] == pytest.approx(2.98 / 1.8)
    assert ratios["cash days"] == pytest.approx(1.4 / (11.0 - 0.715) * 365)
    assert ratios["gearing"] == pytest.approx(2.2 / 6.1)
    assert ratios["operating margin"] == pytest.approx((0.59 + 0.66 + 0.715) / (9.8 + 10.4 + 11.0))
    assert ratios["interest cover"] == pytest.approx(715 / 85)
    assert ratios["dependency"] == pytest.approx(1.98 / 11)
    assert ratios["turnover growth"] == pytest.approx((11 / 9.8) ** 0.5 - 1, rel=1e-3)


def test_marks_lie_in_line_between_the_ends_and_stop_at_them():
    bids = standing_of(current_ratio=1)
    ratios = pd.DataFrame({"current ratio": [-1.0, 0.0, 0.25, 1.0, np.inf, np.nan]})
    assert mark_ratios(ratios, bids.standing)["current ratio"].tolist() == [0, 0, 25, 100, 100, 0]


def test_less_is_better_where_poor_is_above_good():
    bids, accounts = shipped()
    marks = mark_ratios(work_ratios(accounts, bids), bids.standing)["gearing"]
    assert marks["Bidder D"] == 100
    assert marks["Bidder C"] == 0


def test_one_who_owes_more_than_it_owns_is_marked_worst_and_warned_of():
    bids, accounts = shipped()
    ratios = work_ratios(accounts, bids)
    warned = raise_warnings(accounts, ratios, bids)
    told = set(warned.loc[warned["bidder"].eq("Bidder C"), "warning"])
    assert {"owes more than it owns (equity below nought)", "its accounts doubt that it is a going concern"} <= told
    assert "made a loss in each of its last two years" in told
    assert "Bidder A" not in set(warned["bidder"])


def test_uniform_weights_give_two_opposite_bidders_an_even_chance_and_a_third_where_one_is_half_as_good():
    bids = standing_of(current_ratio=1, quick_ratio=1)
    even = pd.DataFrame({"current ratio": [100.0, 0.0], "quick ratio": [0.0, 100.0]}, index=["P", "Q"])
    half = even.assign(**{"quick ratio": [0.0, 50.0]})
    assert try_weights(even, bids.standing, 1)["chance_first_any"].tolist() == pytest.approx([0.5, 0.5], abs=0.02)
    assert try_weights(half, bids.standing, 1)["chance_first_any"].tolist() == pytest.approx([2 / 3, 1 / 3], abs=0.02)


def test_one_who_is_best_at_everything_is_first_whatever_the_weights():
    bids = standing_of(current_ratio=1, quick_ratio=3)
    marks = pd.DataFrame({"current ratio": [90.0, 10.0], "quick ratio": [80.0, 20.0]}, index=["P", "Q"])
    told = try_weights(marks, bids.standing, 1)
    assert told["chance_first_near"].tolist() == told["chance_first_any"].tolist() == [1, 0]
    assert set(drop_measures(marks, bids.standing)["first"]) == {"P"}


def test_chances_of_coming_first_add_to_one_and_the_same_seed_gives_the_same():
    bids, accounts = shipped()
    marks = mark_ratios(work_ratios(accounts, bids), bids.standing)
    told = try_weights(marks, bids.standing, 7)
    assert told[["chance_first_near", "chance_first_any"]].sum().tolist() == pytest.approx([1, 1])
    pd.testing.assert_frame_equal(told, try_weights(marks, bids.standing, 7))


def test_equal_marks_share_a_rank():
    bids = standing_of(current_ratio=1)
    marks = pd.DataFrame({"current ratio": [50.0, 50.0, 10.0]}, index=["P", "Q", "R"])
    assert score_bidders(marks, bids.standing)["rank"].tolist() == [1, 1, 3]


# ---- accounts at fault ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("turnover_gbp", "0", "turnover of nought"),
        ("turnover_gbp", "", "no number of pounds"),
        ("turnover_gbp", "-5", "below nought"),
        ("cash_gbp", "1e400", "no number of pounds"),
        ("current_liabilities_gbp", "0", "current liabilities of nought"),
        ("largest_customer_share", "40", "40% is written 0.4"),
        ("largest_customer_share", "40%", "40% is written 0.4"),
        ("going_concern_doubt", "perhaps", "neither yes nor no"),
        ("filed_on", "2015-01-01", "before the year's end"),
        ("year_end", "31 March", "no day"),
        ("year_end", "2016-03-31", "repeat a bidder's year"),
        ("current_assets_gbp", "10", "less than the cash and stock"),
        ("bidder", "Nobody", "name no bidder"),
    ],
)
def test_accounts_that_cannot_be_are_refused_by_file_column_and_row(tmp_path, column, value, said):
    wrong = SHEET.copy()
    wrong.loc[1, column] = value
    wrong.to_csv(tmp_path / "accounts.csv", index=False)
    with pytest.raises(AccountsFileError, match=said) as caught:
        read_accounts(tmp_path / "accounts.csv", ["Bidder A", "Bidder B", "Bidder C", "Bidder D"])
    assert "accounts.csv" in str(caught.value)
    assert f"in {column}, first row 3" in str(caught.value)


def test_a_missing_column_and_a_bidder_without_accounts_are_named(tmp_path):
    SHEET.drop(columns="debt_gbp").to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(AccountsFileError, match="no column debt_gbp"):
        read_accounts(tmp_path / "a.csv", ["Bidder A"])
    SHEET.to_csv(tmp_path / "b.csv", index=False)
    with pytest.raises(AccountsFileError, match="no accounts of Bidder E"):
        read_accounts(tmp_path / "b.csv", ["Bidder A", "Bidder B", "Bidder C", "Bidder D", "Bidder E"])


def test_a_weight_of_price_given_as_forty_and_a_bid_of_nought_are_refused(tmp_path):
    for found, put in (("price_weight = 0.4", "price_weight = 40"), ("yearly_gbp = 1_980_000", "yearly_gbp = 0")):
        (tmp_path / "bids.toml").write_text(SHIPPED.read_text(encoding="utf-8").replace(found, put), encoding="utf-8")
        with pytest.raises(SettingsError, match=r"bids\.toml.*(price_weight|yearly_gbp)"):
            read_settings(tmp_path / "bids.toml", Bids)


# ---- price models -----------------------------------------------------------------------------------------------


def test_the_published_example_of_the_middling_bid_that_never_wins():
    """Qualities 50, 75 and 100 at £50, £75 and £100, half and half: 75, 70.8 and 75."""
    bids = some_bids({"A": (50, 50), "B": (75, 75), "C": (100, 100)}, price_weight=0.5)
    totals = total_marks(list_bids(bids), bids.evaluation, "relative to the lowest")
    assert totals.tolist() == pytest.approx([75, 70.8333333, 75])
    assert winner_of(totals) == "A and C"


def test_each_model_by_hand():
    bids = some_bids({"A": (100, 0), "B": (150, 0), "C": (200, 0)}, ceiling_gbp=250)
    marks = {name: MARKING[name](list_bids(bids)["yearly_gbp"], bids.evaluation).round(4).tolist() for name in MODELS}
    assert marks == {
        "relative to the lowest": [100, 66.6667, 50], "distance from the mean": [83.3333, 50, 16.6667],
        "linear above the lowest": [100, 50, 0], "against the ceiling": [60, 40, 20],
    }  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_switching_weights_agree_with_a_fine_grid(model):
    bids = read_settings(SHIPPED, Bids)
    offers = list_bids(bids)
    told = switching_weights(offers, bids.evaluation, model)
    assert told["from_share"].iloc[0] == 0
    assert told["to_share"].iloc[-1] == 1
    assert told["from_share"].iloc[1:].tolist() == told["to_share"].iloc[:-1].tolist()
    for weight in np.linspace(0.0005, 0.9995, 1000):
        rules = bids.evaluation.model_copy(update={"price_weight": weight})
        here = told[(told["from_share"] <= weight) & (weight <= told["to_share"])]["winner"].tolist()
        assert winner_of(total_marks(offers, rules, model)) in here


def test_where_the_winner_changes_the_two_are_level():
    bids = some_bids({"A": (100, 40), "B": (200, 90)})
    told = switching_weights(list_bids(bids), bids.evaluation, "relative to the lowest")
    assert told["winner"].tolist() == ["B", "A"]
    assert told["to_share"].iloc[0] == pytest.approx(0.5)  # 90 - 40 w = 40 + 60 w


def test_a_losing_bid_can_decide_who_wins_but_not_against_a_ceiling():
    bids = read_settings(SHIPPED, Bids)
    offers, rules = list_bids(bids), bids.evaluation
    told = remove_losers(offers, rules, "linear above the lowest").set_index("without")
    assert told.loc["Bidder C", ["winner", "winner_then", "changes"]].tolist() == ["Bidder A", "Bidder B", True]
    chance = np.random.default_rng(5)
    for _ in range(200):
        drawn = pd.DataFrame(
            {"yearly_gbp": chance.uniform(1e6, 3.4e6, 4), "quality": chance.uniform(30, 100, 4)}, index=list("ABCD")
        )
        assert not remove_losers(drawn, rules, "against the ceiling")["changes"].any()


def test_models_name_the_winner_with_the_most_marks():
    told = compare_models(read_settings(SHIPPED, Bids)).set_index("model")
    assert told.loc["lowest price alone", "winner"] == "Bidder C"
    for model in MODELS:
        row = told.loc[model, ["Bidder A", "Bidder B", "Bidder C", "Bidder D"]].astype(float)
        assert row.idxmax() == told.loc[model, "winner"]
        assert told.loc[model, "lead_marks"] == pytest.approx(row.nlargest(2).iloc[0] - row.nlargest(2).iloc[1])
