"""Places are counted, played forward as carers come and go, and set against need draw by draw."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from builders import ROOT
from demand.invented_model import a_model

from cip_analysis.codes import SETTINGS
from cip_analysis.demand.capacity import (
    GAP_COLUMNS,
    NEEDS,
    Capacity,
    CapacityError,
    Gap,
    Places,
    add_places,
    count_capacity,
    first_binding,
    project_capacity,
    set_against,
    state_capacity,
    sufficiency_gap,
    without_own_homes,
)
from cip_analysis.demand.inputs import month_ends
from cip_analysis.demand.simulate import simulate
from cip_analysis.returns.capacity import OwnPlaces
from cip_analysis.scenario_settings import PlacesLever, Scenario
from cip_analysis.settings import Capacity as StatedCapacity
from cip_analysis.settings import Home, Judgement, read_assumptions

ORIGIN = date(2018, 3, 31)
MONTHS = month_ends(ORIGIN, 24)
SHIPPED = read_assumptions(ROOT / "config" / "assumptions.toml")


def judged(**values: float) -> dict[str, Judgement]:
    """The shipped judgements, some of them certain: keys with hyphens as underscores."""
    certain = {f"capacity.{name.replace('_', '-')}": value for name, value in values.items()}
    return {
        **SHIPPED,
        **{
            name: SHIPPED[name].model_copy(update={"value": value, "low": value, "high": value})
            for name, value in certain.items()
        },
    }


ALL_USED = judged(foster_places_usable=1.0, home_beds_usable=1.0)


def own_places(*rows: tuple[str, int, str, str | None]) -> OwnPlaces:
    table = pd.DataFrame(rows, columns=["kind", "places", "opened", "closed"])
    days = {name: pd.to_datetime(table[name]).astype("datetime64[us]") for name in ("opened", "closed")}
    return OwnPlaces(table.assign(**days, reason=""), "a file")


def a_scenario(*levers: PlacesLever) -> Scenario:
    return Scenario(name="a-trial", title="", source="", owner="", as_of=ORIGIN, levers=levers)


# ---- counting ---------------------------------------------------------------------------------------------------


def test_what_is_open_and_what_came_and_went_is_counted_by_hand():
    own = own_places(
        ("foster household", 2, "2010-01-01", None),
        ("foster household", 3, "2017-03-31", None),
        ("foster household", 1, "2012-01-01", "2016-03-31"),
        ("foster household", 1, "2010-01-01", "2013-01-01"),
        ("foster household", 2, "2018-04-01", None),
        ("foster household", 1, "2014-01-01", "2018-06-30"),
        ("children's home", 4, "2010-01-01", None),
        ("children's home", 5, "2010-01-01", "2017-06-30"),
    )
    counted = count_capacity(own, ORIGIN)
    assert counted.by_places.tolist() == [1, 1, 1]
    assert (counted.households, counted.home_beds, counted.places_each) == (3, 4, 2.0)
    assert (counted.approvals, counted.resignations, counted.years) == (1, 1, 4)
    assert counted.household_years == pytest.approx(4 + 1 + 2 + 4, abs=0.01)


def test_a_file_of_those_still_here_alone_cannot_tell_how_carers_come_and_go():
    own = own_places(("foster household", 2, "2010-01-01", None), ("foster household", 2, "2017-01-01", None))
    counted = count_capacity(own, ORIGIN)
    assert (counted.households, counted.years, counted.household_years) == (2, 0, 0)
    assert "no foster household that closed" in counted.notes[-1]
    places = project_capacity(
        replace(counted, by_places=np.array([0, 1000])), MONTHS, 200, 1,
        judged(foster_places_usable=1.0, foster_leaving_share=0.2, foster_approvals_share=0.0),
    )  # fmt: skip
    assert places.usable["fostering"][:, 12].mean() / 2 == pytest.approx(800, rel=0.01)


def test_a_file_without_a_household_or_without_a_home_is_taken_at_its_word_and_it_is_said():
    home, household = ("children's home", 4, "2010-01-01", None), ("foster household", 2, "2010-01-01", "2017-01-01")
    homes, fostering, both = (
        count_capacity(own_places(*rows), ORIGIN) for rows in ([home], [household], [home, household])
    )
    assert (homes.households, homes.home_beds, fostering.home_beds) == (0, 4, 0)
    assert [note.split(":")[0] for note in (*homes.notes, *fostering.notes)] == [
        "The capacity file lists no foster household", "The capacity file lists no children's home",
    ]  # fmt: skip
    assert both.notes == ()
    assert (project_capacity(homes, MONTHS, 20, 1, SHIPPED).usable["fostering"] == 0).all()


def test_with_no_file_what_the_council_states_stands_in_and_it_is_said():
    stated = StatedCapacity(
        foster_carers=125, foster_carers_source="a report",
        homes=(Home(name="a", beds=4, open=False), Home(name="b", beds=3, open=True)),
    )  # fmt: skip
    capacity = state_capacity(stated, ORIGIN, SHIPPED)
    assert (capacity.households, capacity.home_beds) == (125, 3)
    assert capacity.places_each == pytest.approx(1.8, abs=0.02)
    assert "125 foster households and 3 beds in open homes are stated (a report)" in capacity.notes[0]
    assert project_capacity(capacity, MONTHS, 10, 1, SHIPPED).notes == capacity.notes


def test_a_judgement_that_is_missing_is_named():
    without = {name: held for name, held in SHIPPED.items() if name != "capacity.home-beds-usable"}
    with pytest.raises(CapacityError, match=r"no capacity\.home-beds-usable"):
        project_capacity(Capacity(ORIGIN, np.array([1]), 4), MONTHS, 5, 1, without)


# ---- projecting -------------------------------------------------------------------------------------------------


def test_places_begin_as_counted_and_beds_stay_as_they_are():
    capacity = Capacity(ORIGIN, np.array([10, 20, 5]), 4, 12, 10, 4.0, 140.0)
    places = project_capacity(capacity, MONTHS, 300, 1, ALL_USED)
    assert (places.usable["fostering"][:, 0] == 10 + 40 + 15).all()
    assert (places.usable["homes"] == 4).all()


def test_carers_come_and_go_at_the_rates_counted():
    capacity = Capacity(ORIGIN, np.array([0, 1000]), 0, 400_000, 40_000, 4000.0, 400_000.0)
    places = project_capacity(capacity, MONTHS, 400, 1, ALL_USED).usable["fostering"]
    mean = 1000 * np.exp(-0.1 * 2) + 100 * (1 - np.exp(-0.1 * 2)) / 0.1
    assert places[:, 24].mean() / 2 == pytest.approx(mean, rel=0.005)
    steady = 1000 * np.exp(-0.2) * (1 - np.exp(-0.2)) + 100 * (1 - np.exp(-0.2)) / 0.1
    assert places[:, 24].std() / 2 == pytest.approx(np.sqrt(steady), rel=0.15)


def test_a_short_history_leaves_the_rates_less_certain():
    long = Capacity(ORIGIN, np.array([0, 100]), 0, 4000, 4000, 400.0, 40_000.0)
    short = Capacity(ORIGIN, np.array([0, 100]), 0, 10, 10, 1.0, 100.0)
    spread = [project_capacity(one, MONTHS, 500, 1, ALL_USED).usable["fostering"][:, 24].std() for one in (long, short)]
    assert spread[1] > 1.5 * spread[0]


def test_the_same_seed_gives_the_same_places_and_another_does_not():
    capacity = Capacity(ORIGIN, np.array([10, 20, 5]), 4, 12, 10, 4.0, 140.0)
    first, again, other = (
        project_capacity(capacity, MONTHS, 50, seed, SHIPPED).usable["fostering"] for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert (first != other).any()


def test_places_that_a_scenario_opens_or_closes_are_added_from_their_day():
    places = Places(MONTHS, {"fostering": np.full((2, 25), 30), "homes": np.full((2, 25), 3)})
    opened = PlacesLever(
        begins=date(2018, 6, 1),
        setting="in-house residential",
        filled_from="external residential",
        places=4,
        occupancy=0.5,
    )
    closed = PlacesLever(
        begins=date(2019, 4, 1), setting="in-house foster", filled_from="independent foster", places=-40
    )
    after = add_places(places, a_scenario(opened, closed)).usable
    assert after["homes"][0, :5].tolist() == [3, 3, 3, 5, 5]
    assert after["fostering"][0, [12, 13]].tolist() == [30, 0]
    assert (places.usable["homes"] == 3).all()


# ---- need and places ----------------------------------------------------------------------------------------------

COUNTY = a_model(draws=100, months=24, children=300, starts_a_year=120)
PROJECTION = simulate(COUNTY)
PLACES = project_capacity(Capacity(ORIGIN, np.array([10, 20, 5]), 2, 12, 10, 4.0, 140.0), MONTHS, 100, 1, SHIPPED)


def test_need_at_the_origin_is_outturn():
    table = sufficiency_gap(PROJECTION, PLACES)
    assert list(table.columns) == list(GAP_COLUMNS)
    now = table[table["month"].eq(pd.Timestamp(ORIGIN))].set_index("kind")
    outturn = np.bincount(COUNTY.present.setting, minlength=len(SETTINGS))
    for kind, (settings, _) in NEEDS.items():
        assert (
            now.loc[kind, ["need_mean", "need_p10", "need_p90"]] == outturn[[*map(SETTINGS.index, settings)]].sum()
        ).all()


def test_the_gap_is_need_less_places_draw_by_draw():
    gap, table = set_against(PROJECTION, PLACES), sufficiency_gap(PROJECTION, PLACES)
    for kind, part in table.groupby("kind"):
        assert (gap.beyond(kind) == gap.need[kind] - gap.places[kind]).all()
        assert part["gap_mean"].to_numpy() == pytest.approx((part["need_mean"] - part["places_mean"]).to_numpy())
        assert part["gap_p90"].to_numpy() == pytest.approx(np.percentile(gap.beyond(kind), 90, axis=0))
        assert part["chance_binding"].to_numpy() == pytest.approx((gap.beyond(kind) > 0).mean(axis=0))


def test_what_is_needed_of_fostering_is_every_foster_child_but_with_kin():
    gap = set_against(PROJECTION, PLACES)
    foster = PROJECTION.stock[..., [SETTINGS.index("in-house foster"), SETTINGS.index("independent foster")]]
    assert (gap.need["fostering"] == foster.sum(axis=(2, 3))).all()


def test_other_draws_or_months_cannot_be_set_side_by_side():
    with pytest.raises(CapacityError, match="100 draws of 25 month ends, the places 5 of 25"):
        sufficiency_gap(PROJECTION, project_capacity(Capacity(ORIGIN, np.array([1]), 0), MONTHS, 5, 1, SHIPPED))


def a_gap(need: list[list[int]]) -> Gap:
    """Five places of each kind against a need by draw and month."""
    every = np.array(need)
    return Gap(
        month_ends(ORIGIN, every.shape[1] - 1),
        dict.fromkeys(NEEDS, every),
        dict.fromkeys(NEEDS, np.full_like(every, 5)),
    )


def test_the_month_places_first_run_short_is_found_by_hand():
    rows = [[5, 5, 6, 6], [5, 6, 5, 6], [5, 5, 5, 6], [5, 5, 5, 5]]
    found = first_binding(a_gap(rows)).set_index("kind").loc["fostering"]
    assert found["month"] == pd.Timestamp(2018, 6, 30)
    assert found["p10"] == pd.Timestamp(2018, 4, 30)
    assert pd.isna(found["p90"])
    assert found["chance_ever"] == 0.75


def test_places_that_never_run_short_have_no_month():
    found = first_binding(a_gap([[1, 2], [3, 4]]))
    assert found[["month", "p10", "p90"]].isna().all(axis=None)
    assert (found["chance_ever"] == 0).all()


# ---- closed homes -------------------------------------------------------------------------------------------------


def test_nobody_is_placed_in_a_home_that_is_closed_and_it_is_said():
    own, external = SETTINGS.index("in-house residential"), SETTINGS.index("external residential")
    elsewhere = replace(
        COUNTY.present, setting=np.where(COUNTY.present.setting == own, external, COUNTY.present.setting)
    )
    county = replace(COUNTY, present=elsewhere)
    closed = without_own_homes(county, Capacity(ORIGIN, np.array([1]), 0))
    assert simulate(closed).stock[..., own].sum() == 0
    assert simulate(county).stock[..., own].sum() > 0
    assert "None of the council's own homes is open" in closed.notes[-1]
    assert without_own_homes(county, Capacity(ORIGIN, np.array([1]), 1)) is county
    assert without_own_homes(COUNTY, Capacity(ORIGIN, np.array([1]), 0)) is COUNTY
