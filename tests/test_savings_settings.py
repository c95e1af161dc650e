"""A file of savings says whose weeks are saved and in what order, and a key or setting that is not known is refused."""

from __future__ import annotations

from datetime import date

import pytest
from builders import ROOT
from pydantic import ValidationError
from savings_builders import CLAIM, a_claim, some_savings

from cip_analysis.savings_settings import Claim, Delivered, Savings
from cip_analysis.settings import SettingsError, read_settings

DEFAULT = ROOT / "config" / "savings" / "cabinet-2018.toml"


@pytest.fixture(scope="module")
def default() -> Savings:
    return read_settings(DEFAULT, Savings)


def test_the_reports_programmes_are_all_claimed_and_each_names_its_children_and_its_counterfactual(default):
    programmes = {claim.programme for claim in default.claims}
    assert {"MISTLE", "Fostering Fees and Recruitment", "Early Help Review"} <= programmes
    assert all(claim.children and claim.counterfactual and claim.owner for claim in default.claims)
    assert {claim.kind for claim in default.claims} == {"cashable", "avoided", "growth reduced"}


def test_the_target_is_the_reports_and_the_whole_councils_is_context_only(default):
    assert (default.target.gbp, default.target.financial_year, default.target.paragraph) == (6_470_000, 2021, 11)
    assert [target.gbp for target in default.targets if target.context] == [3_700_000, 54_000_000]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"settings": ("boarding school",)}, "'boarding school' is not a setting"),
        ({"ages": ("teenagers",)}, "'teenagers' is not an age band"),
        ({"kind": "hoped for"}, "cashable"),
        ({"saving": 5}, "saving"),
        ({"levers": ()}, "it names nothing that saves"),
        ({"full_by": date(2017, 1, 1)}, "its days are not in order"),
        ({"stated_gbp": 450_000}, "give stated_gbp and stated_as together"),
        ({"drop_off": 1.5}, "drop_off"),
        ({"running_cost_gbp": -1}, "running_cost_gbp"),
        ({"delivered": {"low": 0.9, "mid": 0.5}}, "are not in order"),
        ({"prices": ({"setting": "moon", "share_off": 0.1},)}, "'moon' is not a setting"),
    ],
)
def test_what_a_claim_cannot_say_is_refused_by_name(changes, said):
    with pytest.raises(ValidationError, match=said):
        Claim.model_validate({**CLAIM, **changes})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"order": ("first",)}, "order and claims do not name the same: second"),
        ({"order": ("first", "second", "first")}, "first is in order more than once"),
        ({"claims": (a_claim(), a_claim()), "order": ("first",)}, "first is in claims more than once"),
    ],
)
def test_a_ledger_that_leaves_a_claim_out_of_its_order_or_names_one_twice_is_refused(changes, said):
    with pytest.raises(ValidationError, match=said):
        some_savings(a_claim(), a_claim(key="second"), **changes)


def test_a_fault_in_the_file_names_the_file_and_the_key(tmp_path):
    wrong = DEFAULT.read_text(encoding="utf-8").replace('kind = "avoided"', 'kind = "avoidable"', 1)
    (tmp_path / "savings.toml").write_text(wrong, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"savings.toml: claims.3.kind"):
        read_settings(tmp_path / "savings.toml", Savings)


def test_claims_come_in_the_order_stated_and_not_as_they_are_written():
    savings = some_savings(a_claim(), a_claim(key="second"), order=("second", "first"))
    assert [claim.key for claim in savings.in_order] == ["second", "first"]


def test_a_claim_that_says_nothing_of_delivery_is_delivered_in_full():
    assert a_claim().delivered == Delivered(low=1, mid=1, high=1)
    assert a_claim().in_full == date(2018, 4, 1)
