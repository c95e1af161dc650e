from __future__ import annotations

import pytest
from appraisal_builders import NOTHING, TEAM, a_package, an_option
from builders import ROOT
from pydantic import ValidationError

from cip_analysis.settings import SettingsError, read_settings
from cip_analysis.work_package_settings import KINDS, AppraisalRules, Option, Shares, WorkPackage

PACKAGES = sorted((ROOT / "config" / "work_packages").glob("*.toml"))
CAPITAL = {"what": "a building", "gbp": 100.0, "year": 2020, "asset_class": "standard building", "life_years": 20}
OURS = {"council": 1, "partner": 0, "grant": 0}
HOMES = {"number": 1, "beds": 4, "opens": "2019-04-01", "full_by": "2019-10-01", "occupancy": 0.85}


@pytest.mark.parametrize("path", PACKAGES, ids=lambda path: path.stem)
def test_every_package_shipped_has_the_five_kinds_of_option_and_says_who_says_so(path):
    package = read_settings(path, WorkPackage)
    assert package.key == path.stem
    assert {option.kind for option in package.options} == set(KINDS)
    assert package.nothing.does_nothing
    assert package.source and package.owner and package.risks and package.outcomes


def test_five_packages_are_shipped():
    assert [path.stem for path in PACKAGES] == [
        "assessment-and-resource-team", "family-based-step-down", "fostering", "residential-homes",
        "supported-accommodation",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"capital": [CAPITAL]}, "say who puts up its capital"),
        ({"capital": [CAPITAL], "shares": {"council": 0.5, "partner": 0.2, "grant": 0.2}}, "come to 0.9, not to 1"),
        ({"capital": [CAPITAL], "shares": {"council": 0.5, "partner": 0.5}}, "grant"),
        ({"capital": [{**CAPITAL, "year": 2021}], "shares": OURS, "homes": HOMES}, "after its benefits begin"),
        ({"capital": [{**CAPITAL, "mitigated": 1.4}], "shares": OURS}, "mitigated"),
        ({"homes": {**HOMES, "occupancy": 1.2}}, "occupancy"),
        ({"homes": HOMES, "delivered": {"low": 1, "mid": 1, "high": 1.3}}, "more weeks than there are beds"),
        ({"homes": {**HOMES, "full_by": "2018-01-01"}}, "full before they open"),
        ({"drop_off": {"low": 0, "mid": 0.5, "high": 1.5}}, "a share lost a year"),
        ({"delivered": {"low": 1, "mid": 0.5, "high": 2}}, "not in order"),
        ({"prices": [{"setting": "kinship", "share_off": 0.1}]}, "prices_from"),
        ({"kind": "do nothing"}, "doing nothing alters and costs nothing"),
        ({"partner_rate": 1.2}, "partner_rate"),
        ({"colour": "blue"}, "colour"),
    ],
)  # fmt: skip
def test_an_option_that_cannot_be_weighed_is_refused_in_words(changes, words):
    with pytest.raises(ValidationError, match=words):
        an_option(**changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"options": [Option.model_validate(TEAM)]}, "one option, and only one, does nothing"),
        ({"options": [Option.model_validate(NOTHING)] * 2}, "more than once"),
        ({"preferred": "other"}, "not among the options"),
        ({"contract": "config/contracts/x.toml"}, "together, or neither"),
        ({"outcomes": [{"what": "a", "measure": "b", "evidence": "c", "options": {}}]}, "its options are not those"),
        ({"years": 1}, "years"),
    ],
)  # fmt: skip
def test_a_package_that_does_not_hold_together_is_refused_in_words(changes, words):
    with pytest.raises(ValidationError, match=words):
        a_package(an_option(), **changes)


def test_capital_outside_the_years_appraised_is_refused():
    with pytest.raises(ValidationError, match="outside the years appraised"):
        a_package(an_option(capital=[{**CAPITAL, "year": 2040}], shares=OURS))


def test_shares_are_whole():
    assert Shares(council=0.2, partner=0.3, grant=0.5).partner == 0.3


def test_rules_with_a_gap_between_years_are_refused(tmp_path):
    text = (ROOT / "config" / "appraisal" / "2018.toml").read_text(encoding="utf-8").replace("first = 31", "first = 33")
    (tmp_path / "rules.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="do not run on from 1 without a gap"):
        read_settings(tmp_path / "rules.toml", AppraisalRules)
