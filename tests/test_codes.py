"""The code lists agree with themselves and with our groupings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cip_analysis import codes


def test_every_placement_and_provider_falls_in_one_of_our_settings():
    settings = {codes.setting_of(place, who) for place in codes.PLACEMENTS for who in ("", *codes.PROVIDERS)}
    assert settings == set(codes.SETTINGS)


def test_a_foster_placement_without_a_provider_is_not_guessed():
    assert codes.setting_of("U6", "") == "other"


@pytest.mark.parametrize(
    ("place", "provider", "setting"),
    [
        ("U4", "PR1", "in-house foster"),
        ("U5", "PR5", "independent foster"),
        ("U3", "PR1", "kinship"),
        ("K2", "PR2", "external residential"),
        ("K2", "PR1", "in-house residential"),
        ("K1", "PR4", "secure and health"),
        ("K3", "PR4", "16+ supported"),
        ("Z12", "PR4", "other"),
    ],
)
def test_a_placement_falls_where_the_domain_says(place, provider, setting):
    assert codes.setting_of(place, provider) == setting


@given(st.integers(0, 25))
def test_age_bands_follow_one_another_without_gap(age):
    band = codes.AGE_BANDS.index(codes.age_band(age))
    starts = (*codes.AGE_BAND_STARTS, 99)
    assert starts[band] <= age < starts[band + 1]


def test_supported_accommodation_takes_over_from_semi_independent_living():
    assert codes.PLACEMENTS["H5"].valid_in(2025)
    assert not codes.PLACEMENTS["H5"].valid_in(2026)
    assert not codes.PLACEMENTS["K3"].valid_in(2023)
    assert [walk.year for walk in codes.crosswalks_between(2018, 2025)] == [2024]
    assert codes.crosswalks_between(2011, 2018) == ()


def test_every_legal_status_has_a_group():
    assert codes.LEGAL_GROUPS.keys() == codes.LEGAL_STATUSES.keys()


def test_a_table_is_told_from_every_other_by_its_columns():
    columns = [frozenset(names) for names in codes.TABLES.values()]
    assert len(set(columns)) == len(columns)
