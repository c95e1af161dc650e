"""Homes and carers on a page: tables agree with the formulas by hand, with each other, and with what may be shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from builders import ROOT, SHARED

from cip_analysis.codes import SETTINGS
from cip_analysis.costs import prices_ahead
from cip_analysis.forecasts import asked_of, forecast_run
from cip_analysis.homes_account import (
    AS_HOMES_ARE,
    SHUT,
    break_even_table,
    carers_found,
    carers_table,
    heat_table,
    home_costs,
    home_notes,
    home_of,
    home_table,
    households_table,
    list_judgements,
)
from cip_analysis.money.homes import SAVING_OF_A_BED, HomesError, break_even_occupancy
from cip_analysis.money.own.same_basis import published_table, same_basis_table
from cip_analysis.money.pricing.paths import FeePool, PricePaths
from cip_analysis.publish import charts
from cip_analysis.publish.disclosure import About, release
from cip_analysis.run import open_run
from cip_analysis.settings import Home

RUN = ROOT / "config" / "runs" / "autumn-2018.toml"
SAMPLE = SHARED / "ssda903_sample"
ABOUT = About("invented", date(2018, 3, 31), unit="£", synthetic=True)
pytestmark = pytest.mark.skipif(
    not (ROOT / "data" / "synthetic" / "leicestershire").exists(), reason="the invented county is not made: make data"
)


@pytest.fixture(scope="module")
def county():
    """The default run, its returns not held against the rules."""
    return open_run(str(RUN), check=False)


@pytest.fixture(scope="module")
def certain(county):
    """The default run with every judgement without a range, so that tables can be worked by hand."""
    fixed = {name: one.model_copy(update={"low": one.value, "high": one.value})
             for name, one in county.assumptions.items()}  # fmt: skip
    return replace(county, assumptions=fixed)


@pytest.fixture(scope="module")
def known_prices():
    return make_paths(external=4_000.0)


@pytest.fixture(scope="module")
def own_paths(county, tmp_path_factory):
    """Prices as the run itself draws them, beside a short forecast kept in a folder of its own."""
    quick = replace(county, scenarios=(), root=tmp_path_factory.mktemp("root"))
    return prices_ahead(quick, forecast_run(quick, asked_of(quick, horizon_months=24, draws=60)))


def make_paths(external, draws=3, months=48, rise=0.0):
    """Nominal prices from March 2018, the same in every draw: all rise by `rise` each 1 April."""
    ends = tuple(day.date() for day in pd.date_range("2018-03-31", periods=months + 1, freq="ME"))
    years = np.array([day.year + (day.month > 3) - 2018 for day in ends])
    base = {"external residential": external, "in-house residential": 3_400.0, "independent foster": 820.0,
            "in-house foster": 475.0}  # fmt: skip
    level = np.array([base.get(name, 0.0) for name in SETTINGS]) * np.ones((draws, len(ends), 1))
    level = level * ((1 + rise) ** years)[:, None]
    return PricePaths(ends, level, dict.fromkeys(SETTINGS, FeePool.flat()), "nominal", "prices as the test says")


# ---- by hand ----------------------------------------------------------------------------------------------------


def test_the_home_by_hand_in_the_last_year_of_outturn(certain, known_prices):
    """£571,000 fixed and £36,404 for the building; four beds are 208.72 weeks; £180 a child-week; bought at £3,600."""
    options = home_table(certain, known_prices).query("financial_year == 2018").set_index("option")
    full = options.loc["open, 85% full"]
    weeks = 208.72 * 0.85
    assert full["child_weeks_in_it"] == pytest.approx(weeks)
    assert full["year_cost_gbp"] == pytest.approx(607_404.42 + 180 * weeks, abs=0.01)
    assert full["weekly_cost_gbp"] == pytest.approx(full["year_cost_gbp"] / weeks)
    assert full["bought_gbp"] == pytest.approx(4_000 * 0.9 * weeks)
    assert full["p50_saving_gbp"] == pytest.approx(full["bought_gbp"] - full["year_cost_gbp"])
    shut = options.loc[SHUT]
    assert shut["year_cost_gbp"] == pytest.approx(60_000 + 36_404.42, abs=0.01)
    assert shut["p50_saving_gbp"] == pytest.approx(-shut["year_cost_gbp"])
    assert full["gain_over_shut_gbp"] == pytest.approx(full["p50_saving_gbp"] + shut["year_cost_gbp"])


def test_where_everything_rises_alike_break_even_stays_where_it_was(certain):
    table = break_even_table(certain, make_paths(external=4_000.0, rise=0.05))
    assert table["p50_break_even_share"].tolist() == pytest.approx([table["p50_break_even_share"].iloc[0]] * 5)
    assert table["external_price_gbp"].tolist() == pytest.approx([4_000 * 1.05**years for years in range(5)])


def test_the_heat_table_is_in_the_homes_own_price_base_and_no_share_for_matching_is_taken_off(certain):
    table, home = heat_table(certain), home_costs(certain)
    top = table.query("occupancy == '100%' and external_price == '£4,000'")[SAVING_OF_A_BED].iloc[0]
    assert top == pytest.approx(4_000 - 180 - 607_404.42 / 208.72, abs=0.01)
    at = break_even_occupancy(home, 4_000)
    pays = table.query("external_price == '£4,000'").set_index("occupancy")[SAVING_OF_A_BED] > 0
    assert {share for share, does in pays.items() if does} == {
        share for share in pays.index if float(share.rstrip("%")) / 100 > at
    }


# ---- what must hold between them --------------------------------------------------------------------------------


def test_a_home_saves_more_the_fuller_it_is_and_the_dearer_a_bought_week(county):
    cheap, dear = (home_table(county, make_paths(external=price)) for price in (3_000.0, 6_000.0))
    for _, year in dear[dear["option"].str.contains("%")].groupby("financial_year"):
        assert year["p50_saving_gbp"].is_monotonic_increasing and year["chance_cheaper"].is_monotonic_increasing
    opened = cheap["option"].ne(SHUT)
    assert (dear["p50_saving_gbp"] > cheap["p50_saving_gbp"])[opened].all()
    assert (dear["p50_saving_gbp"] == cheap["p50_saving_gbp"])[~opened].all()


def test_children_who_would_have_cost_less_elsewhere_make_the_home_harder_to_justify(county, known_prices):
    share = county.assumptions["home.matched-price-share"]
    named = {"value": 0.8, "low": 0.8, "high": 0.8}
    matched = {**county.assumptions, "home.matched-price-share": share.model_copy(update=named)}
    all_alike = {**county.assumptions, "home.matched-price-share": share.model_copy(update=dict.fromkeys(named, 1.0))}
    harder, easier = (
        break_even_table(replace(county, assumptions=judged), known_prices) for judged in (matched, all_alike)
    )
    assert (harder["p50_break_even_share"] > easier["p50_break_even_share"]).all()
    assert harder["matched_price_gbp"].tolist() == pytest.approx((0.8 * harder["external_price_gbp"]).tolist())


def test_a_bought_week_that_costs_less_than_the_child_alone_never_breaks_even_and_says_so(certain):
    table = break_even_table(certain, make_paths(external=150.0))
    assert table["p50_break_even_share"].isna().all()
    assert table["chance_break_even_possible"].eq(0).all()
    assert table["reading"].str.startswith("never").all()


def test_opening_a_home_that_stands_is_worth_it_at_a_lower_occupancy_than_its_true_cost_is_met_at(county, own_paths):
    table = break_even_table(county, own_paths)
    assert (table["reopening_share"] < table["p50_break_even_share"]).all()
    assert (table["chance_reopening_possible"] >= table["chance_break_even_possible"]).all()


def test_the_last_year_of_outturn_has_one_price_and_the_years_ahead_a_spread(county, own_paths):
    fixed = {name: one.model_copy(update={"low": one.value, "high": one.value})
             for name, one in county.assumptions.items() if name.startswith(("home.", "capacity."))}  # fmt: skip
    table = home_table(replace(county, assumptions={**county.assumptions, **fixed}), own_paths)
    opened = table[table["option"].eq("open, 85% full")].set_index("financial_year")
    spread = opened["p90_saving_gbp"] - opened["p10_saving_gbp"]
    assert spread[2018] == pytest.approx(0, abs=1e-6)
    assert 0 < spread[2019] < spread[2020]


def test_the_home_as_full_as_homes_are_lies_between_its_emptiest_and_its_fullest(county, own_paths):
    made = home_table(county, own_paths)
    table = made.pivot_table(index="financial_year", columns="option", values="p50_saving_gbp")
    assert table[AS_HOMES_ARE].between(table["open, 70% full"], table["open, 100% full"]).all()


def test_one_seed_gives_one_table_and_another_gives_another(county, own_paths):
    first, again = home_table(county, own_paths), home_table(county, own_paths)
    pd.testing.assert_frame_equal(first, again)
    other = replace(county, settings=county.settings.model_copy(update={"seed": 7}))
    assert (home_table(other, own_paths)["p50_saving_gbp"] != first["p50_saving_gbp"]).any()


# ---- carers -----------------------------------------------------------------------------------------------------


def test_no_households_cost_the_uplift_and_more_households_never_make_payback_less_likely(certain):
    table = households_table(certain, make_paths(external=4_000.0))
    none = table.iloc[0]
    assert none["campaign"] == "no households" and none["chance_paid_back"] == 0
    assert none["paid_back_by"] == "not by March 2022"
    assert none["p50_cumulative_gbp"] == pytest.approx(-160_000 * 42 / 12)  # October 2018 to March 2022
    assert table["chance_paid_back"].is_monotonic_increasing


def test_the_years_of_a_campaign_add_up_to_what_the_sizes_table_says_of_it(certain, known_prices):
    yearly, sizes = carers_table(certain, known_prices), households_table(certain, known_prices, [30])
    assert yearly["net_gbp"].sum() == pytest.approx(sizes["p50_cumulative_gbp"].iloc[1])
    assert yearly["financial_year"].tolist() == [2019, 2020, 2021, 2022]


def test_what_is_found_of_carers_agrees_with_playing_as_many_households_as_it_says_are_needed(certain, known_prices):
    found = carers_found(certain, known_prices)
    assert found.recruiting_gbp == pytest.approx(250 / 0.08 + 6_500)
    assert found.saving_week_gbp == pytest.approx(0.95 * 820 - 420)
    needed = found.households_needed[1]
    just, fewer = (
        households_table(certain, known_prices, [number])["p50_cumulative_gbp"].iloc[1]
        for number in (needed, needed - 1)
    )
    assert just == pytest.approx(0, abs=0.01)
    assert fewer < 0
    assert (found.payback[1] is None) == (found.plan.households < needed)


# ---- what else the page says ------------------------------------------------------------------------------------


def test_every_table_can_be_released_as_its_docstring_declares_it(county, own_paths):
    resting = {
        home_table: ["bought_gbp", "p10_saving_gbp", "p50_saving_gbp", "p90_saving_gbp", "chance_cheaper",
                     "gain_over_shut_gbp", "chance_beats_shut"],
        break_even_table: ["external_price_gbp", "matched_price_gbp", "p10_break_even_share", "p50_break_even_share",
                           "p90_break_even_share", "chance_break_even_possible", "reopening_share",
                           "chance_reopening_possible", "reading"],
        carers_table: ["saving_gbp", "net_gbp",
                       *(f"p{at}_{what}_gbp" for what in ("net", "cumulative") for at in (10, 50, 90))],
        households_table: ["p10_cumulative_gbp", "p50_cumulative_gbp", "p90_cumulative_gbp", "chance_paid_back",
                           "paid_back_by"],
    }  # fmt: skip
    for make, values in resting.items():
        assert all(name in make.__doc__ or name.split("_")[0] in ("p10", "p50", "p90") for name in values)
        table = make(county, own_paths)
        plain = [name for name in table if name not in (*values, "children")]
        for children, hidden in ((table["children"], 0), (3, len(table) * (len(values) + 1))):
            counted = table.assign(children=children)
            shown = release(counted, ABOUT, counts=["children"], bases=dict.fromkeys(values, "children"), plain=plain)
            assert shown.withheld_count == hidden


def test_the_heat_map_draws_with_its_heavy_line(county):
    heat = release(heat_table(county), ABOUT, plain=["occupancy", "external_price", SAVING_OF_A_BED])
    axes = charts.heat(heat, SAVING_OF_A_BED, by=["occupancy", "external_price"], title="What a bed saves")
    assert len(axes.texts) == 11 * 9
    assert "heavy line" in axes.get_xlabel()


def test_the_published_pairs_and_what_is_in_a_fee_are_tables_anyone_may_see():
    pairs = published_table().set_index("area")
    assert pairs["break_even_share"].round(2).to_dict() == {"England": 1.02, "Lincolnshire": 0.66, "Derbyshire": 0.54}
    assert pairs["how_read"].notna().all()
    basis = same_basis_table()
    assert not basis.duplicated("what").any() and basis.notna().all().all()
    for table in (published_table(), basis):
        assert release(table, ABOUT, plain=list(table)).withheld_count == 0


def test_every_judgement_a_page_rests_on_is_listed_with_who_answers_for_it(county):
    for about, number in (("home", 9 + 2), ("carers", 12 + 5)):
        listed = list_judgements(county, about)
        assert len(listed) == number
        assert listed["owner"].notna().all() and listed["source"].notna().all()
        assert (listed["low"] <= listed["value"]).all() and (listed["value"] <= listed["high"]).all()


# ---- other councils ---------------------------------------------------------------------------------------------


def test_a_council_that_names_no_home_is_shown_one_of_four_beds_and_told_so(county, known_prices):
    bare = county.council.model_copy(update={"capacity": county.council.capacity.model_copy(update={"homes": ()})})
    nameless = replace(county, council=bare)
    assert home_of(nameless).beds == 4
    assert "no home is named" in " ".join(home_notes(nameless, known_prices))
    assert len(home_table(nameless, known_prices)) == len(home_table(county, known_prices))


def test_the_home_that_is_shut_is_the_one_looked_at_and_other_beds_are_remarked_on(county, known_prices):
    homes = (Home(name="one", beds=6, open=True), Home(name="two", beds=3, open=False))
    capacity = county.council.capacity.model_copy(update={"homes": homes})
    several = replace(county, council=county.council.model_copy(update={"capacity": capacity}))
    assert home_of(several).name == "two"
    assert "this home has 3" in " ".join(home_notes(several, known_prices))
    assert "this home has" not in " ".join(home_notes(county, known_prices))


def test_prices_that_are_not_nominal_or_leave_own_homes_free_are_refused(county, known_prices):
    with pytest.raises(HomesError, match="2017/18 prices"):
        home_table(county, replace(known_prices, price_base="2017/18 prices"))
    free = known_prices.level.copy()
    free[:, :, SETTINGS.index("in-house residential")] = 0.0
    with pytest.raises(HomesError, match="costs nothing"):
        home_table(county, replace(known_prices, level=free))


@pytest.mark.skipif(not SAMPLE.exists(), reason="the public sample of returns is not beside the project")
def test_another_councils_returns_without_payments_have_tables_at_assumed_prices_and_a_note(county, tmp_path):
    other = replace(open_run(str(RUN), returns=str(SAMPLE), check=False), scenarios=(), root=tmp_path)
    paths = prices_ahead(other, forecast_run(other, asked_of(other, horizon_months=12, draws=20)))
    assert "assumed" in " ".join(home_notes(other, paths))
    for table in (home_table(other, paths), break_even_table(other, paths), carers_table(other, paths),
                  households_table(other, paths)):  # fmt: skip
        assert len(table) and table["children"].ge(0).all()
