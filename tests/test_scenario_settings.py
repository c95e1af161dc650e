"""Scenario files say what they alter, where that comes from and who answers for it, or are refused by name."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from builders import ROOT

from cip_analysis.demand.levers.altering import ALTERATIONS
from cip_analysis.scenario_settings import PlacesLever, Scenario
from cip_analysis.settings import SettingsError, read_settings

SHIPPED = sorted((ROOT / "config" / "scenarios").glob("*.toml"))
HEAD = 'name = "a-trial"\ntitle = "a trial"\nsource = "a test"\nowner = "a tester"\nas_of = 2018-07-06\n'


def a_scenario_file(folder: Path, lever: str) -> Path:
    path = folder / "trial.toml"
    path.write_text(f"{HEAD}\n[[levers]]\nfrom = 2018-04-01\n{lever}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_scenario_shipped_reads_bears_its_files_name_and_says_where_it_comes_from(path):
    scenario = read_settings(path, Scenario)
    assert scenario.name == path.stem
    assert scenario.levers
    assert len(scenario.source) > 30
    assert scenario.owner == "to be confirmed by the council"


def test_the_scenarios_shipped_use_levers_of_every_kind_that_needs_no_bare_share():
    used = {lever.what for path in SHIPPED for lever in read_settings(path, Scenario).levers}
    assert used == ALTERATIONS.keys() - {"diverting"}


def test_the_partnership_is_the_measures_it_names_and_no_others():
    named = ("family-group-conferencing", "step-down", "in-house-carers", "home-reopened")
    alone = [read_settings(ROOT / "config" / "scenarios" / f"{name}.toml", Scenario).levers for name in named]
    together = read_settings(ROOT / "config" / "scenarios" / "partnership.toml", Scenario).levers
    assert together == tuple(lever for levers in alone for lever in levers)


@pytest.mark.parametrize(
    ("lever", "said"),
    [
        ('what = "starts"\nfactor = 0.9\nages = ["10 to 12"]', r"'10 to 12' is not an age band; there are: under 1"),
        ('what = "starts"\nfactor = 0.9\nneeds = ["bad luck"]', r"'bad luck' is not a need; there are: abuse"),
        ('what = "starts"\nfactor = -1', r"levers\.0\.starts\.factor: Input should be greater than or equal to 0"),
        ('what = "starts"\nfactor = inf', r"levers\.0\.starts\.factor: .*finite"),
        ('what = "starting"\nfactor = 1', r"levers\.0: 'starting' is not known; there are: 'starts', 'unaccompanied'"),
        ("factor = 1", r"levers\.0: `what` is missing"),
        ('what = "leaving"\nfactor = 2\nways_out = ["turned 18"]', r"'turned 18' is not a way out that a lever"),
        ('what = "leaving"\nchildren_a_year = 5', r"one way out: name it in ways_out"),
        ('what = "leaving"\nfactor = 2\nsettings = ["hotel"]', r"'hotel' is not a setting; there are: in-house"),
        ('what = "leaving"\nfactor = 2\nchildren_a_year = 1\nways_out = ["adopted"]', r"give one of factor"),
        ('what = "moving"\nfactor = 2\nfrom_setting = "kinship"\nto_setting = "kinship"', r"are both kinship"),
        ('what = "moving"\nfactor = 2\nfrom_setting = "kinship"', r"levers\.0\.moving\.to_setting: missing"),
        ('what = "diverting"\nshare = 1.2\nfrom_setting = "kinship"\nto_setting = "other"', r"share: Input should"),
        ('what = "places"\nplaces = 4\nsetting = "kinship"\nfilled_from = "other"', r"'kinship' is not a setting of"),
        ('what = "places"\nsetting = "in-house foster"\nfilled_from = "other"', r"it opens and closes nothing"),
        ('what = "places"\nplaces = 1\nsetting = "in-house foster"\nfilled_from = "in-house foster"', "are both"),
        ('what = "converge"\nshare = "full"', r"say by which day"),
        ('what = "unaccompanied"', r"give one of factor, children_at_once, share_of_children, and only one"),
        ('what = "starts"\nfactor = 1\nfull_by = 2017-04-01', r"its days are not in order: from, full_by, until"),
        ('what = "starts"\nfactor = 1\nby = 2019-04-01', r"levers\.0\.starts\.by: not a known key"),
    ],
)  # fmt: skip
def test_what_a_lever_may_not_say_is_refused_by_name_with_the_list_there_is(tmp_path, lever, said):
    with pytest.raises(SettingsError, match=rf"trial\.toml: .*{said}"):
        read_settings(a_scenario_file(tmp_path, lever), Scenario)


def test_places_and_households_are_added_up():
    lever = PlacesLever(
        begins=date(2018, 4, 1), setting="in-house foster", filled_from="independent foster",
        places=2, households=10, places_a_household=1.8,
    )  # fmt: skip
    assert lever.in_all == 20
