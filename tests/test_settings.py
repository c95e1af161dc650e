"""Settings files say what they mean or are refused by the name of the key at fault."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import ROOT

from cip_analysis.settings import (
    Council,
    Pack,
    Run,
    SettingsError,
    find_root,
    read_assumptions,
    read_settings,
)
from cip_analysis.typed_values import contrast_with_white

JUDGEMENT = """
[weekly_price.kinship]
value = {value}
unit = "£ a week"
low = 180
high = 320
source = "a worked example"
as_of = 2018-03-31
owner = "a tester"
"""


def a_run(folder: Path, extra: str = "") -> Path:
    path = folder / "run.toml"
    path.write_text(f'title = "a run"\ncouncil = "c.toml"\nreturns = "r"\n{extra}', encoding="utf-8")
    return path


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("councils/*.toml")), ids=lambda path: path.stem)
def test_every_council_file_in_the_project_reads(path):
    assert read_settings(path, Council).name


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("runs/*.toml")), ids=lambda path: path.stem)
def test_every_run_names_a_council_that_is_there(path):
    assert (ROOT / read_settings(path, Run).council).exists()


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("packs/*.toml")), ids=lambda path: path.stem)
def test_every_pack_names_a_run_and_notebooks_that_are_there(path):
    pack = read_settings(path, Pack)
    assert (ROOT / pack.run).exists()
    assert [name for name in pack.notebooks if not (ROOT / "notebooks" / f"{name}.ipynb").exists()] == []


def test_an_unknown_key_is_refused_by_name(tmp_path):
    with pytest.raises(SettingsError, match=r"run\.toml: horizon: not a known key"):
        read_settings(a_run(tmp_path, "horizon = 3"), Run)


def test_a_missing_key_is_refused_by_name(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text('title = "a run"', encoding="utf-8")
    with pytest.raises(SettingsError, match="council: missing; returns: missing"):
        read_settings(path, Run)


def test_every_fault_is_named_at_once(tmp_path):
    with pytest.raises(SettingsError) as refusal:
        read_settings(a_run(tmp_path, "draws = 0\nhorizon_months = 481"), Run)
    assert "draws" in str(refusal.value)
    assert "horizon_months" in str(refusal.value)


def test_settings_cannot_be_changed_once_read(tmp_path):
    run = read_settings(a_run(tmp_path), Run)
    with pytest.raises(ValueError, match="frozen"):
        run.draws = 5


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"title = ", "not valid TOML"), (b"title = '\xff'", "not readable as UTF-8"), (None, "no such settings file")],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, content, said):
    path = tmp_path / "broken.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=said):
        read_settings(path, Run)


def test_an_audience_nobody_has_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="'press' is not an audience"):
        read_settings(a_run(tmp_path), Run).disclosure_for("press")


def test_a_judgement_outside_its_own_range_is_refused(tmp_path):
    path = tmp_path / "assumptions.toml"
    path.write_text(JUDGEMENT.format(value=500), encoding="utf-8")
    with pytest.raises(SettingsError, match=r"weekly_price\.kinship.*500 lies outside its own range 180 to 320"):
        read_assumptions(path)


def test_a_judgement_is_found_by_its_dotted_name(tmp_path):
    path = tmp_path / "assumptions.toml"
    path.write_text(JUDGEMENT.format(value=250), encoding="utf-8")
    held = read_assumptions(path)
    assert held["weekly_price.kinship"].value == 250
    assert held.get("weekly_price.of_nothing") is None
    with pytest.raises(SettingsError, match=r"have no weekly_price\.of_nothing\. Add it, with range, source and owner"):
        held["weekly_price.of_nothing"]


def test_the_root_is_found_from_a_folder_inside_the_project_and_nowhere_else(tmp_path):
    assert find_root(ROOT / "notebooks") == ROOT
    with pytest.raises(SettingsError, match="No project found"):
        find_root(tmp_path)


def test_a_folder_in_the_place_of_a_settings_file_is_said(tmp_path):
    with pytest.raises(SettingsError, match="cannot be opened"):
        read_settings(tmp_path, Council)


@pytest.mark.parametrize("year", ["2017/18", "2017-19", "2017-2018", "17-18"])
def test_a_ledger_total_of_what_is_no_financial_year_is_refused_and_told_how_to_write_one(tmp_path, year):
    """Years that do not follow each other would otherwise be a total that is never used."""
    kept = (ROOT / "config" / "runs" / "autumn-2018.toml").read_text(encoding="utf-8")
    (tmp_path / "run.toml").write_text(kept.replace('{ "2017-18" =', f'{{ "{year}" ='), encoding="utf-8")
    with pytest.raises(SettingsError, match=f"{year} is not a financial year: write it as 2017-18"):
        read_settings(tmp_path / "run.toml", Run)


@pytest.mark.parametrize(("colour", "contrast"), [("#000000", 21.0), ("#FFFFFF", 1.0), ("#767676", 4.54)])
def test_contrast_with_white_is_the_guidelines_own(colour, contrast):
    assert contrast_with_white(colour) == pytest.approx(contrast, abs=0.005)


@pytest.mark.parametrize(
    ("colour", "fault"),
    [("#FFDD00", r"colour: white on #FFDD00 has a contrast of 1\.3 to 1"), ("navy", "navy is not a colour")],
)
def test_a_councils_colour_that_words_cannot_be_read_on_is_refused(tmp_path, colour, fault):
    shipped = (ROOT / "config" / "councils" / "leicestershire.toml").read_text(encoding="utf-8")
    (tmp_path / "council.toml").write_text(shipped.replace("#12436D", colour), encoding="utf-8")
    with pytest.raises(SettingsError, match=fault):
        read_settings(tmp_path / "council.toml", Council)
