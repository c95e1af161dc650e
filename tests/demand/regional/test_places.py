"""Places in homes beside children, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cip_analysis.demand.regional.places import (
    OTHERS,
    OWN,
    PlacesError,
    beside_places,
    children_in_homes,
    count_places,
)
from cip_analysis.region_settings import Joined

SHIRE = Joined(code="928", name="The shire", before=("928",), after=("940", "941"), since=2022)
COUNCILS = {"928": "The shire", "857": "The rest", "000": "None"}
HOMES = pd.DataFrame(
    [
        (2022, "North", "940", "Private", 3, 12),
        (2022, "North", "940", "Local authority", 1, 4),
        (2022, "West", "941", "Voluntary", 1, 5),
        (2022, "Rest", "857", "Private", 2, 6),
        (2021, "Shire", "928", "Private", 9, 90),
    ],
    columns=["year", "area", "area_code", "sector", "homes", "places"],
)


def test_places_of_a_split_council_are_added_back_and_councils_own_told_apart():
    counted = count_places(HOMES, COUNCILS, [SHIRE], 2022)
    assert counted.loc["928"].to_dict() == {"homes": 5, OWN: 4, OTHERS: 17, "places": 21}
    assert counted.loc["000"].sum() == 0
    assert counted["places"].sum() == HOMES[HOMES["year"] == 2022]["places"].sum()


def test_a_year_not_held_is_refused_with_those_that_are():
    with pytest.raises(PlacesError, match="31 March 2019, but 2021 to 2022"):
        count_places(HOMES, COUNCILS, [SHIRE], 2019)


def test_places_a_child_are_places_over_the_middle_and_the_regions_range_is_of_sums():
    counted = count_places(HOMES, COUNCILS, [SHIRE], 2022)
    children = children_in_homes(np.array([[200.0, 40, 0], [400, 20, 0], [300, 30, 0]]), np.array([0.1, 0.1, 0.1]))
    told = beside_places(counted, children)
    assert told.loc["928", "p50"] == 30
    assert told.loc["928", "places_per_child"] == pytest.approx(0.7)
    assert told.loc["", "p50"] == 33
    assert told.loc["", "p90"] < told.drop(index="")["p90"].sum()
