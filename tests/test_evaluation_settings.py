"""Plans of evaluation: what is refused, what the hash holds to, and the register."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from builders import ROOT
from evaluation_builders import a_plan
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from cip_analysis.evaluation_settings import (
    AS_REGISTERED,
    CHANGED,
    REGISTER,
    UNREGISTERED,
    Entry,
    EvaluationPlan,
    Register,
    check_registered,
    plan_hash,
    read_register,
)
from cip_analysis.settings import SettingsError, read_settings

FOLDER = ROOT / "config" / "evaluations"
SHIPPED = sorted(path for path in FOLDER.glob("*.toml") if path.name != REGISTER)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_plan_shipped_is_as_it_was_registered_before_outcomes(path):
    plan = read_settings(path, EvaluationPlan)
    assert check_registered(plan, read_register(FOLDER)) == AS_REGISTERED
    assert not plan.outcomes_seen and plan.agreed < plan.start


def test_a_plan_that_lists_another_effect_is_another_plan():
    register = Register(plans={"trial": Entry(plan_hash=plan_hash(a_plan()), registered=date(2014, 7, 6))})
    assert check_registered(a_plan(), register) == AS_REGISTERED
    assert check_registered(a_plan(effect=-0.2), register) == CHANGED
    assert check_registered(a_plan(key="other"), register) == UNREGISTERED


@given(name=some.sampled_from([name for name in EvaluationPlan.model_fields if name not in ("key",)]))
def test_every_line_of_a_plan_is_in_its_hash(name):
    other = {
        "ages": ("10 to 15",), "settings": ("kinship",),
        "left_out": ({"from": "2014-01-01", "to": "2014-02-28", "because": "x"},),
        "comparators": ("England",), "slope": True, "season_pairs": 1, "method": "synthetic control",
        "also": ("step-down cohort",), "effect": -0.3, "alpha": 0.1, "power": 0.9,
        "goes_to": "kinship", "planted": -0.2,
        "outcomes_seen": True, "follow_months": 3, "running_cost_gbp": 5, "one_off_gbp": 5, "start": date(2015, 5, 1),
        "full_by": date(2015, 9, 1), "pre_from": date(2012, 5, 1), "pre_to": date(2015, 2, 28),
        "post_to": date(2017, 2, 28), "agreed": date(2014, 7, 7),
    }  # fmt: skip
    assert plan_hash(a_plan(**{name: other.get(name, "another")})) != plan_hash(a_plan())


def test_comments_order_and_defaults_written_out_do_not_move_the_hash(tmp_path: Path):
    text = (FOLDER / "partnership-homes.toml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    (tmp_path / "plan.toml").write_text("\n\n".join([*reversed(lines), "slope = false"]), encoding="utf-8")
    first, second = (read_settings(path, EvaluationPlan) for path in (SHIPPED[0], tmp_path / "plan.toml"))
    assert plan_hash(first) == plan_hash(second)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"pre_to": date(2015, 4, 1)}, "its days are not in order"),
        ({"full_by": date(2014, 4, 1)}, "its days are not in order"),
        ({"post_to": date(2015, 5, 1)}, "its days are not in order"),
        ({"settings": ()}, "names no setting"),
        ({"effect": 0}, "nought is not worth finding"),
        ({"effect": -1.2}, "greater than -1"),
        ({"power": 1.2}, "less than 1"),
        ({"alpha": 0}, "greater than 0"),
        ({"settings": ("moon",)}, "'moon' is not a setting"),
        ({"also": ("interrupted series",)}, "name it once"),
        ({"left_out": ({"from": "2014-03-01", "to": "2014-02-28", "because": "x"},)}, "not in order: from, to"),
        ({"colour": "blue"}, "Extra inputs"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_the_reason(changes, told):
    with pytest.raises(ValidationError, match=told):
        a_plan(**changes)


def test_a_register_with_half_a_hash_is_refused(tmp_path: Path):
    (tmp_path / REGISTER).write_text('[plans.trial]\nplan_hash = "abc"\nregistered = 2018-07-06\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="plan_hash"):
        read_register(tmp_path)


def test_a_folder_without_a_register_has_registered_nothing(tmp_path: Path):
    assert read_register(tmp_path).plans == {}
