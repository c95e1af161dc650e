"""What lies ahead outside the returns is known as it was at the origin, and old figures do not stand in for it."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from builders import ROOT

from cip_analysis.demand.national.outlook import gap_shares, neighbours_rate, population_ahead, population_known
from cip_analysis.returns.published import read_published
from cip_analysis.settings import Council, read_settings

COUNCIL = read_settings(ROOT / "config" / "councils" / "leicestershire.toml", Council)


@pytest.fixture(scope="module")
def published():
    return read_published(ROOT / "data" / "reference" / "comparators.csv")


def test_population_grows_on_from_the_last_year_known_as_it_did_on_average_before():
    ahead = population_ahead(pd.Series({2016: 100.0, 2017: 110.0, 2018: 121.0}), date(2018, 3, 31), 24)
    assert ahead == pytest.approx({0: 121.0, 12: 133.1, 24: 146.41})


def test_a_population_two_years_old_is_carried_on_and_an_older_one_is_not():
    population = pd.Series({2014: 100.0, 2015: 100.0})
    assert population_ahead(population, date(2018, 1, 31), 12)
    assert population_ahead(population, date(2018, 3, 31), 12) == {}


def test_the_rate_of_2018_is_known_at_its_census_and_none_of_late_is_known_six_months_before(published):
    assert neighbours_rate(published, COUNCIL, date(2018, 3, 31)) == pytest.approx(50.92, abs=0.01)
    before = date(2017, 9, 30)  # the populations of 2014 to 2017 came out with the release of 2018
    assert neighbours_rate(published, COUNCIL, before) is None
    assert population_ahead(population_known(published, COUNCIL, before), before, 12) == {}


def test_usual_shares_of_the_gap_are_those_learned_by_the_last_march():
    learned = pd.DataFrame(
        [(2017, 1, "share of gap", 0.04), (2018, 1, "share of gap", 0.05)],
        columns=["origin", "horizon_years", "term", "value"],
    )
    assert gap_shares(learned, date(2018, 3, 30)) == {12: 0.04}
    assert gap_shares(learned, date(2018, 3, 31)) == {12: 0.05}
