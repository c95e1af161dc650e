"""A run's savings: played on its forecast's own draws, kept, and told without a file, a payment or a whole year too."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from builders import ROOT
from savings_builders import a_claim, a_scenario, some_savings, write_register

from cip_analysis import savings_account
from cip_analysis.costs import prices_ahead
from cip_analysis.forecasts import asked_of, forecast_run
from cip_analysis.money.saving.telling import (
    TOTAL,
    compare_stated,
    count_now,
    list_claims,
    list_targets,
    list_terms,
    net_claims,
    spread_claims,
    weigh_claims,
    weigh_weeks,
)
from cip_analysis.money.spend import price_projection
from cip_analysis.returns.payments.cells import to_pence
from cip_analysis.run import open_run
from cip_analysis.savings_account import SavingsAccountError, play_savings, read_claims, savings_run, track_run

RUN = ROOT / "config" / "runs" / "autumn-2018.toml"
pytestmark = pytest.mark.skipif(
    not (ROOT / "data" / "synthetic" / "leicestershire").exists(), reason="the invented county is not made: make data"
)


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """The default run with one scenario that a claim rests on, keeping its results in a folder of its own."""
    opened = open_run(str(RUN), check=False)
    root = tmp_path_factory.mktemp("root")
    (root / "config").symlink_to(ROOT / "config")
    return replace(opened, scenarios=tuple(one for one in opened.scenarios if one.name == "step-down"), root=root)


@pytest.fixture(scope="module")
def ahead(county):
    return forecast_run(county, asked_of(county, horizon_months=24, draws=60))


@pytest.fixture(scope="module")
def saved(county, ahead):
    return savings_run(county, ahead)


@pytest.fixture(scope="module")
def now(saved, ahead):
    return count_now(ahead.baseline, saved.claims)


def test_every_claim_of_the_default_run_is_played_in_the_order_stated(county, saved):
    assert [claim.key for claim in saved.claims] == list(saved.settings.order)
    assert saved.ledger.left_out == ()
    assert sorted(saved.ledger.table["financial_year"].unique()) == [2019, 2020]
    assert saved.ledger.synthetic == county.synthetic


def test_the_ledger_of_a_run_starts_from_the_forecasts_own_spend(county, ahead, saved):
    first = saved.ledger.order[0]
    paths = prices_ahead(county, ahead)
    baseline = price_projection(ahead.baseline, paths, ahead.seed).table
    lever = read_claims(county)[1]["mistle"][0]
    played = next(one for one in ahead.scenarios if one.scenario == lever.name)
    apart = to_pence(baseline["spend_gbp"]) - to_pence(price_projection(played, paths, ahead.seed).table["spend_gbp"])
    by_claim = saved.ledger.table.groupby("claim")[["alone_pence", "saved_pence"]].sum()
    assert by_claim.loc["mistle", "alone_pence"] == apart.sum()
    assert by_claim.loc[first, "alone_pence"] == by_claim.loc[first, "saved_pence"]


def test_what_was_kept_is_what_was_made(county, ahead, saved, monkeypatch):
    monkeypatch.setattr(savings_account, "_build", None)
    again = savings_run(county, ahead)
    pd.testing.assert_frame_equal(again.ledger.table, saved.ledger.table)
    pd.testing.assert_frame_equal(again.plan, saved.plan)
    assert (again.ledger.order, again.ledger.notes) == (saved.ledger.order, saved.ledger.notes)


def test_the_table_of_claims_adds_up_across_and_down(saved, now):
    table = weigh_claims(saved.ledger, saved.claims, 2020, now).set_index("claim")
    money = table[["alone_gbp_million", "double_counted_gbp_million", "in_ledger_gbp_million"]]
    across = money["alone_gbp_million"] - money["double_counted_gbp_million"] - money["in_ledger_gbp_million"]
    assert across.abs().max() < 1e-9
    assert (money.drop(index=TOTAL).sum() - money.loc[TOTAL]).abs().max() < 1e-9
    assert table.loc[TOTAL, "children_now"] > table["children_now"].drop(TOTAL).max()


def test_from_in_full_to_net_adds_up_and_nets_every_cost(saved, now):
    table = net_claims(saved.likely, saved.ledger, saved.claims, 2020, now).set_index("claim")
    lost = table["in_full_gbp_million"] - table["not_delivered_gbp_million"] - table["likely_gbp_million"]
    net = table["likely_gbp_million"] - table["running_cost_gbp_million"] - table["net_gbp_million"]
    assert lost.abs().max() < 1e-9
    assert net.abs().max() < 1e-9
    assert table.loc["MISTLE step-down", "running_cost_gbp_million"] == pytest.approx(0.459)


def test_weeks_leave_the_setting_a_claim_takes_them_from_and_are_had_where_it_brings_them(saved, now):
    weeks = weigh_weeks(saved.ledger, saved.claims, 2020, now).set_index(["claim", "setting"])["child_weeks"]
    mistle = weeks["MISTLE step-down"]
    assert mistle["external residential"] > 50
    assert mistle["in-house foster"] < -50
    year = saved.ledger.table[saved.ledger.table["financial_year"].eq(2020)]
    days = year.loc[year["setting"].eq("external residential"), "saved_days"].sum() / year["draw"].nunique()
    assert weeks[TOTAL]["external residential"] == pytest.approx(days / 7)


def test_each_claim_is_told_with_its_terms_its_spread_and_what_the_council_said(saved, now):
    assert list_claims(saved.claims)["otherwise"].str.len().min() > 10
    assert list_terms(saved.claims)["running_cost_gbp"].sum() == 760_000
    spread = spread_claims(saved.ledger, saved.claims, 2020, now)
    assert (spread["p10_saving_gbp_million"] <= spread["p90_saving_gbp_million"]).all()
    assert len(spread) == 2 * len(saved.claims) + 1
    said = compare_stated(saved.likely, saved.claims, 2020, now)
    assert set(said["council_said_gbp"]) == {450_000, 900_000, 1_500_000, 3_000_000}
    assert list_targets(saved.settings.targets)["target_gbp"].tolist() == [6.47e6, 3.7e6, 54e6]


def test_a_run_without_a_file_of_savings_has_none(county, ahead):
    bare = replace(county, settings=county.settings.model_copy(update={"savings": ""}))
    assert read_claims(bare) is None
    assert savings_run(bare, ahead) is None


def test_the_councils_claims_are_not_played_on_other_children(county, ahead):
    elsewhere = replace(county, own_data=False)
    assert savings_run(elsewhere, ahead) is None
    assert "other children" in savings_account.why_none(elsewhere, None)
    assert "no file of savings" in savings_account.why_none(county, None)


def test_where_no_year_is_projected_whole_the_ledger_is_empty_and_says_why(county):
    short = forecast_run(county, asked_of(county, horizon_months=6, draws=10))
    saved = savings_run(county, short)
    assert saved.claims == ()
    assert "lengthen the horizon" in saved.ledger.left_out[0]
    assert track_run(county, saved).delivered is None


def test_a_claim_whose_levers_need_what_the_run_has_not_is_left_out_and_said(county, ahead):
    closer = a_scenario({"what": "converge", "from": date(2018, 4, 1), "share": "estimated"})
    savings = some_savings(a_claim(key="closer", title="Nearer the neighbours"), a_claim())
    named = {"closer": (closer,), "first": (a_scenario(name="none"),)}
    elsewhere = replace(county, own_data=False)
    saved = play_savings(elsewhere, ahead, (savings, named), prices_ahead(county, ahead))
    assert [claim.key for claim in saved.claims] == ["first"]
    assert saved.ledger.left_out[0].startswith("Left out: Nearer the neighbours.")
    assert (saved.ledger.table["saved_pence"] == 0).all()


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ({"ages": ("under 1",)}, "acts on 10 to 15, 5 to 9, which the claim does not name"),
        ({"settings": ("kinship",)}, "acts on external residential, which"),
    ],
)
def test_a_claim_whose_levers_act_on_children_it_does_not_name_is_refused(claim, said):
    lever = {"what": "moving", "from": date(2018, 4, 1), "children_a_year": 8, "from_setting": "external residential",
             "to_setting": "in-house foster", "ages": ["5 to 9", "10 to 15"]}  # fmt: skip
    with pytest.raises(SavingsAccountError, match=said):
        savings_account.refuse_beyond(a_claim(**claim), [a_scenario(lever)])


def test_without_a_register_the_plan_stands_alone(county, saved):
    tracked = track_run(county, saved)
    assert tracked.delivered is None
    assert tracked.beside.empty
    assert set(tracked.planned["claim"]) == {*saved.ledger.order, "all claims"}


def test_a_register_is_held_against_the_returns_and_set_beside_the_plan(county, saved, tmp_path):
    """A child in the council's foster homes throughout March 2018, said to be saved by a claim that began before it."""
    stays = county.episodes.table
    there = stays[stays["setting"].eq("in-house foster") & (stays["start"] < "2018-03-01") & stays["end"].isna()]
    child = there["child"].iloc[0]
    lines = [
        {"claim": "mistle", "child": child, "start": "2018-03-01", "end": "2018-03-29"},
        {"claim": "fostering", "child": child, "start": "2018-03-01", "end": "2018-03-08"},
    ]
    path = write_register(tmp_path, lines)
    early = tuple(claim.model_copy(update={"start": date(2018, 1, 1)}) for claim in saved.settings.claims)
    settings = saved.settings.model_copy(update={"delivered": str(path), "claims": early})
    here = replace(county, settings=county.settings.model_copy(update={"in_year": ""}))
    tracked = track_run(here, replace(saved, settings=settings))
    assert tracked.known_until == county.as_at
    reasons = tracked.delivered.by_reason().set_index("claim")
    assert reasons.loc["mistle", ["reason", "child_weeks", "saved_gbp"]].tolist() == ["counted", 4, 2800]
    assert reasons.loc["fostering", "saved_gbp"] == 700
    assert reasons.loc["fostering", "reason"] == "already saved by a claim before it"
    assert "child" not in tracked.beside.columns


def test_another_folders_children_are_not_held_against_the_councils_register(county, saved):
    settings = saved.settings.model_copy(update={"delivered": "no-such-file.csv"})
    assert track_run(replace(county, own_data=False), replace(saved, settings=settings)).delivered is None
