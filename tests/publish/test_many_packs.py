"""Several packs by one call: each whole or not at all, and one that cannot be made stops no other."""

from __future__ import annotations

import pytest
from publish.projects import a_code_cell, a_notebook, make_project
from typer.testing import CliRunner

from cip_analysis.cli import app


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A small project with a pack that can be made and, before it, one whose notebook stops."""
    made = make_project(tmp_path)
    made.write("03_stops", a_notebook("A page that stops", [a_code_cell("raise ValueError('the year is missing')")]))
    good = (tmp_path / "config/packs/small.toml").read_text(encoding="utf-8")
    bad = good.replace('name = "small"', 'name = "stops"').replace('["01_first", "02_second"]', '["03_stops"]')
    (tmp_path / "config/packs/stops.toml").write_text(bad, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return made


def call(*arguments: str):
    return CliRunner().invoke(app, ["pack", *arguments, "--cold"])


def test_one_that_stops_is_named_and_the_others_are_made(project):
    result = call("config/packs/stops.toml", "config/packs/small.toml")
    assert result.exit_code == 1
    assert "1 of 2 packs not made: stops" in result.output
    assert (project.root / "reports" / "small" / "index.html").is_file()
    assert not (project.root / "reports" / "stops").exists()


def test_a_wrong_call_runs_none_of_them(project):
    result = call("config/packs/small.toml", "config/packs/none.toml")
    assert result.exit_code == 2
    assert not (project.root / "reports").exists()
