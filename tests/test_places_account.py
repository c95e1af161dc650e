"""The council's places beside need: tables agree with the draws, and words with the tables."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from builders import ROOT, a_placement, make_episodes
from demand.invented_model import a_model

from cip_analysis.codes import SETTINGS
from cip_analysis.demand.capacity import Capacity, Places, first_binding, project_capacity, set_against
from cip_analysis.demand.simulate import simulate
from cip_analysis.forecasts import Ahead
from cip_analysis.places_account import (
    ALL_FOSTER,
    AS_THINGS_ARE,
    IN_HOUSE,
    compare_gaps,
    count_short_breaks,
    first_short,
    list_assumptions,
    list_gaps,
    say_narrowing,
    say_range_of_shortage,
    state_places,
    when_short,
)
from cip_analysis.projections import Projection
from cip_analysis.publish.disclosure import About, release
from cip_analysis.scenario_settings import PlacesLever, Scenario
from cip_analysis.settings import Disclosure, read_assumptions

ORIGIN = date(2018, 3, 31)
SHIPPED = read_assumptions(ROOT / "config" / "assumptions.toml")
KNOWN = Capacity(ORIGIN, np.array([10, 20, 5]), 4, approvals=12, resignations=10, years=4.0, household_years=140.0)
STATED = Capacity(ORIGIN, np.array([10, 20, 5]), 4, places_known=False, notes=("stated",))


@pytest.fixture(scope="module")
def baseline():
    return simulate(a_model(draws=40, months=24, children=200))


@pytest.fixture(scope="module")
def places(baseline) -> Places:
    return project_capacity(KNOWN, baseline.months, baseline.draws, 1, SHIPPED)


def a_scenario(places: int) -> Scenario:
    lever = PlacesLever.model_validate(
        {"what": "places", "from": date(2018, 4, 1), "setting": "in-house foster", "filled_from": "independent foster",
         "places": places, "occupancy": 1.0}
    )  # fmt: skip
    return Scenario(name="more", title="More carers", source="", owner="", as_of=ORIGIN, levers=(lever,))


def test_what_the_council_has_is_counted_by_hand():
    told = state_places(KNOWN, SHIPPED).set_index("what")["number"].to_dict()
    assert told == {
        "Foster households open": 35, "Places they are approved for": 65, "Places that can be used, most likely": 52,
        "Beds in the council's own open homes": 4, "Foster households approved in the last 4 years": 12,
        "Foster households that left in the last 4 years": 10,
    }  # fmt: skip


def test_what_is_stated_and_not_counted_says_so():
    told = state_places(STATED, SHIPPED).set_index("what")["where_from"]
    assert told["Places they are approved for"] == "assumption"
    assert not told.index.str.contains("approved in the last").any()


def test_a_gap_is_need_less_places_draw_by_draw_and_is_rounded_to_the_base(baseline, places):
    exact = list_gaps(baseline, places, 1).set_index(["kind", "month"])
    rounded = list_gaps(baseline, places, 5).set_index(["kind", "month"])
    gap = set_against(baseline, places)
    last = pd.Timestamp(baseline.months[-1])
    by_hand = gap.need["fostering"][:, -1] - gap.places["fostering"][:, -1]
    assert abs(exact.loc[(ALL_FOSTER, last), "p50_gap"] - np.median(by_hand)) <= 0.5
    assert exact.loc[(ALL_FOSTER, last), "chance_short"] == (by_hand > 0).mean()
    assert (rounded[["p10_gap", "p50_gap", "p90_gap", "p50_needed"]] % 5 == 0).to_numpy().all()
    assert ((rounded["p50_needed"] - exact["p50_needed"]).abs() <= 2.5).all()
    assert (rounded["p50_places"] == exact["p50_places"]).all()
    first = exact.xs(pd.Timestamp(ORIGIN), level="month")
    assert (first["p10_needed"] == first["p90_needed"]).all()
    assert (first["p50_needed"] == first["now"]).all()
    assert set(first.index) >= {IN_HOUSE, ALL_FOSTER}


def played_again(baseline: Projection, name: str) -> Projection:
    """The same projection under a scenario's name."""
    parts = {part.name: getattr(baseline, part.name) for part in fields(baseline)}
    return Projection(**parts | {"scenario": name})


def test_places_opened_with_no_change_in_need_narrow_the_gap_by_as_many(baseline, places):
    ahead = Ahead(baseline, (played_again(baseline, "more"),), {"more": "More carers"})
    told = compare_gaps(ahead, places, [a_scenario(20)], "fostering", 5).set_index("scenario")
    assert told.index.tolist() == [AS_THINGS_ARE, "More carers"]
    assert told.loc["More carers", ["p10_change", "p50_change", "p90_change"]].tolist() == [-20, -20, -20]
    assert told.loc["More carers", "places"] == told.loc[AS_THINGS_ARE, "places"] + 20
    assert told.loc[AS_THINGS_ARE, ["p10_change", "p50_change", "p90_change"]].tolist() == [0, 0, 0]


@pytest.mark.parametrize(("children", "shown"), [(4, False), (5, True)])
def test_a_gap_is_withheld_by_the_count_it_starts_from_however_far_it_grows(children, shown):
    crowded = a_model(draws=20, months=24, children=children, starts_a_year=400)
    fostered = np.full(children, SETTINGS.index("in-house foster"))
    played = simulate(replace(crowded, present=replace(crowded.present, setting=fostered)))
    own = project_capacity(KNOWN, played.months, played.draws, 1, SHIPPED)
    about = About("returns", ORIGIN, rule=Disclosure(threshold=5, rounding_base=5))
    told = compare_gaps(Ahead(played, (), {}), own, [], "fostering", 5)
    assert told.loc[0, "now"] == children and told.loc[0, "needed"] > 20
    resting = dict.fromkeys([name for name in told if name not in ("scenario", "now", "places")], "now")
    released = release(told, about, counts=["now"], bases=resting, plain=["scenario", "places"])
    assert released.table[list(resting)].notna().to_numpy().all() == shown
    months = list_gaps(played, own, 5)
    rest = dict.fromkeys([name for name in months if name.endswith(("needed", "gap", "short"))], "now")
    places = [name for name in months if name.endswith("places")]
    beyond = release(months, about, counts=["now"], bases=rest, plain=["kind", "month", *places]).table
    fostering = beyond[beyond["kind"].isin([IN_HOUSE, ALL_FOSTER])]
    assert len(fostering) == 50
    assert (fostering[list(rest)].notna() == shown).to_numpy().all()


def test_a_scenario_that_changes_nothing_is_left_out(baseline, places):
    ahead = Ahead(baseline, (played_again(baseline, "same"),), {"same": "The same"})
    told = compare_gaps(ahead, places, [], "fostering", 1)
    assert told["scenario"].tolist() == [AS_THINGS_ARE]
    assert say_narrowing(told, "foster places") == "No scenario narrows the gap in foster places"


@pytest.mark.parametrize(("gap", "said"), [(100, "takes 40 from a gap of 100"), (30, "closes the gap")])
def test_the_scenario_that_narrows_most_is_named_with_what_it_leaves(gap, said):
    compared = pd.DataFrame(
        {"scenario": [AS_THINGS_ARE, "a little", "a lot", "worse"], "p50_gap": [gap, 0, 0, 0],
         "p50_change": [0, -10, -40, 20]}
    )  # fmt: skip
    assert say_narrowing(compared, "beds") == f'"a lot" {said} in beds, the most of any scenario'


def binding_of(month: str | None, p10: str | None, p90: str | None, chance: float) -> pd.DataFrame:
    days = {name: pd.to_datetime([day]) for name, day in (("month", month), ("p10", p10), ("p90", p90))}
    return pd.DataFrame({"kind": ["fostering"], **days, "chance_ever": [chance]})


def test_when_places_run_short_is_said_as_it_is():
    later = binding_of("2019-10-31", "2018-08-31", None, 0.85)
    assert first_short(later, "fostering") == date(2019, 10, 31)
    assert when_short(later, "fostering", ORIGIN) == "are more likely than not to run short by October 2019"
    assert say_range_of_shortage(later, "fostering") == (
        "One future in ten runs short by August 2018; 15% of futures do not run short before the forecast ends."
    )
    known = binding_of("2019-10-31", "2018-08-31", "2021-05-31", 1.0)
    assert say_range_of_shortage(known, "fostering").endswith("between August 2018 and May 2021.")


def test_places_short_already_or_never_are_told_apart():
    assert when_short(binding_of("2018-03-31", "2018-03-31", "2018-03-31", 1.0), "fostering", ORIGIN) == (
        "are short already"
    )
    never = binding_of(None, None, None, 0.04)
    assert first_short(never, "fostering") is None
    assert when_short(never, "fostering", ORIGIN) == "are more likely than not to suffice throughout"
    assert say_range_of_shortage(never, "fostering").startswith("But 96% of futures do not run short")


def test_a_gap_that_binds_in_the_draws_binds_in_the_words(baseline, places):
    none = Places(places.months, {kind: np.zeros_like(held) for kind, held in places.usable.items()})
    binding = first_binding(set_against(baseline, none))
    assert when_short(binding, "fostering", ORIGIN) == "are short already"


def test_only_the_judgements_used_are_listed():
    counted, stated, other = (list_assumptions(held, SHIPPED) for held in (KNOWN, STATED, None))
    assert (len(counted), len(stated), len(other)) == (3, 6, 1)
    assert (counted["low"] <= counted["value"]).all()
    assert (counted["value"] <= counted["high"]).all()
    assert counted["owner"].str.len().min() > 0


def test_short_breaks_are_counted_by_the_year_they_begin_in_and_a_child_once_a_year():
    rows = [
        a_placement(child="1", start=start, end=end, period=period, respite=True)
        for period, (start, end) in enumerate(
            [("2016-03-30", "2016-04-02"), ("2016-04-10", "2016-04-12"), ("2016-05-10", "2016-05-11")], start=1
        )
    ]
    rows += [a_placement(child="2", start="2018-03-29", end=None, respite=True), a_placement(child="3")]
    counted = count_short_breaks(make_episodes(rows), [2016, 2017, 2018])
    assert counted.to_dict("list") == {
        "year": [2016, 2017, 2018], "children": [1, 1, 1], "short_stays": [1, 2, 1], "nights": [3, 3, 2]
    }  # fmt: skip
    assert count_short_breaks(make_episodes([a_placement()]), [2017]).empty
