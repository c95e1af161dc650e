"""A council by its file or by its code."""

from __future__ import annotations

import pytest
from builders import ROOT

from cip_analysis.councils import boundaries_in_words, find_authority, list_authorities, read_council
from cip_analysis.settings import SettingsError


def test_every_authority_of_england_is_listed_once():
    held = list_authorities(ROOT)
    assert len({one.la_code for one in held}) == len(held) == 158
    assert {one.region for one in held} == {
        "North East", "North West", "Yorkshire and The Humber", "East Midlands", "West Midlands", "East of England",
        "London", "South East", "South West",
    }  # fmt: skip
    assert all(len(one.neighbours) == 10 for one in held)


@pytest.mark.parametrize("named", ["855", "E10000018", "Leicestershire", " leicestershire "])
def test_an_authority_is_found_by_either_code_or_its_name(named):
    assert find_authority(ROOT, named).name == "Leicestershire"


def test_a_council_of_a_code_agrees_with_its_file():
    written, found = read_council(ROOT, "config/councils/leicestershire.toml"), read_council(ROOT, "855")
    for field in ("name", "code", "la_code", "region", "region_code", "neighbours", "neighbours_model"):
        assert getattr(written, field) == getattr(found, field), field
    assert found.capacity.homes == ()
    assert "not known" in found.capacity.foster_carers_source


@pytest.mark.parametrize("named", ["999", "", "Rutlandshire"])
def test_one_that_is_none_is_refused_with_what_to_give(named):
    with pytest.raises(SettingsError, match="Give three digits"):
        read_council(ROOT, named)


def test_what_a_reader_must_know_of_boundaries():
    assert "part of Cumbria" in boundaries_in_words(ROOT, "942")
    assert boundaries_in_words(ROOT, "855") == ""
