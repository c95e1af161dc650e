"""Which councils a batch is for."""

from __future__ import annotations

import pytest
from builders import ROOT

from cip_analysis.publish.batching.members import BatchError, read_members


def listed(tmp_path, text: str) -> str:
    path = tmp_path / "councils.txt"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_all_are_the_authorities_whose_children_are_published():
    members = read_members(ROOT, "all")
    codes = {member.code for member in members}
    assert len(members) == len(codes) == 156
    assert {"855", "201", "420", "839", "940", "909"} <= codes
    assert not {"942", "943"} & codes, "made after the last figures held"


def test_a_line_is_a_code_an_ons_code_a_name_a_council_or_a_run(tmp_path):
    text = "855  # the county\n\nE06000016\nNorth Northamptonshire\nconfig/runs/autumn-2018.toml\n"
    members = read_members(ROOT, listed(tmp_path, text))
    assert [member.name for member in members] == [
        "Leicestershire",
        "Leicester",
        "North Northamptonshire",
        "Leicestershire",
    ]
    assert [member.overrides for member in members] == [
        ("council=855",), ("council=856",), ("council=940",), ("run=config/runs/autumn-2018.toml",),
    ]  # fmt: skip
    assert members[2].note.startswith("Made on 1 April 2021")
    own = read_members(ROOT, listed(tmp_path, "config/councils/leicestershire.toml"))
    assert own[0].overrides == ("council=config/councils/leicestershire.toml",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("855\n999\n", "line 2: No authority has the code or name '999'"),
        ("855\nLeicestershire\n", "855 is named twice"),
        ("# nobody\n", "no council is named"),
        ("config/packs/published-only.toml\n", "line 1: published-only.toml"),
        ("config/councils/none.toml\n", "line 1: none.toml: no such settings file"),
    ],
)
def test_a_line_that_names_no_council_is_refused_by_number(tmp_path, text, said):
    with pytest.raises(BatchError, match=said):
        read_members(ROOT, listed(tmp_path, text))


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(BatchError, match=r"nowhere\.txt: not to be read"):
        read_members(ROOT, "nowhere.txt")
