"""`cip fetch published`: what each call prints, and the code it leaves with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from datetime import date
from pathlib import Path

import pytest
from builders import ROOT
from publisher import COLUMNS, a_publisher, a_release, fine, pausing, plain
from typer.testing import CliRunner

from cip_analysis.cli import app
from cip_analysis.returns.published import MEASURES, read_published
from cip_analysis.settings import SettingsError, read_settings
from cip_analysis.source_settings import Source, Sources, is_protected

RELEASE = a_release()


@pytest.fixture(autouse=True)
def _from_the_project(monkeypatch):
    monkeypatch.chdir(ROOT)


def call(*arguments: object):
    return CliRunner().invoke(app, ["fetch", "published", *(str(argument) for argument in arguments)])


def said(result) -> str:
    """Everything printed, on one line."""
    return " ".join(result.output.split())


def a_file_of_sources(folder: Path, *addresses: str, **changes: object) -> Path:
    """A file of sources in which first, second, … are the looked-after data set at these addresses."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for name, address in zip(("first", "second", "third"), addresses, strict=False):
        told = {
            "name": name, "title": "CLA numbers and rates", "publisher": "A publisher", "release": "March 2025",
            "licence": "Open Government Licence v3.0", "page": "https://example.org/looked-after", "address": address,
            "reader": "published", "gives": "children looked after", "columns": list(COLUMNS), "largest_mb": 2,
            "measures": ["looked_after", "started", "ceased", "population_0_17"], **changes,
        }  # fmt: skip
        lines += ["[[sources]]", *(f"{key} = {json.dumps(value)}" for key, value in told.items())]
    path = folder / "sources.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_source_is_fetched_and_the_line_for_a_run_is_printed(tmp_path):
    with a_publisher(fine(RELEASE)) as server:
        result = call("--sources", a_file_of_sources(tmp_path, server.address), "--to", tmp_path / "kept")
    assert result.exit_code == 0
    (file,) = (tmp_path / "kept" / "first").glob("2*.csv")
    assert file.name.startswith(f"{date.today():%Y-%m-%d}-")
    assert f'In a run: published = "{file.as_posix()}"' in said(result)
    assert "first: fetched; 18 rows, 2024 to 2025, SHA-256" in said(result)
    assert not read_published(file).table.empty


def test_without_being_told_where_it_goes_into_the_project_and_is_named_from_its_root(tmp_path, monkeypatch):
    for folder in ("config/councils", "notebooks/deep"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "notebooks" / "deep")
    with a_publisher(fine(RELEASE)) as server:
        result = call("--sources", a_file_of_sources(tmp_path, server.address))
    (file,) = (tmp_path / "data" / "published" / "first").glob("2*.csv")
    assert f'In a run: published = "data/published/first/{file.name}"' in said(result)
    assert str(tmp_path) not in said(result)


def test_a_second_call_says_since_when_it_is_unchanged(tmp_path):
    with a_publisher(fine(RELEASE)) as server:
        sources = a_file_of_sources(tmp_path, server.address)
        call("--sources", sources, "--to", tmp_path / "kept")
        result = call("--sources", sources, "--to", tmp_path / "kept")
    assert result.exit_code == 0
    today = date.today()
    assert f"first: unchanged since {today.day} {today:%B %Y}" in said(result)


def test_one_source_that_fails_stops_no_other(tmp_path):
    with a_publisher(plain(404)) as gone, a_publisher(fine(RELEASE)) as server:
        sources = a_file_of_sources(tmp_path, gone.address, server.address)
        result = call("--sources", sources, "--to", tmp_path / "kept")
    assert result.exit_code == 1
    assert "second: fetched" in said(result)
    assert "first: 127.0.0.1 holds nothing at this address any more (404)" in said(result)
    assert "1 of 2 sources not had: first." in said(result)


def test_nothing_but_lines_is_printed_where_nobody_looks_on(tmp_path):
    with a_publisher(fine(RELEASE)) as server:
        result = call("--sources", a_file_of_sources(tmp_path, server.address), "--to", tmp_path / "kept")
    assert result.stderr == ""
    assert len(result.stdout.splitlines()) == 2


def test_what_would_be_fetched_and_what_is_held_can_be_listed_without_a_network(tmp_path):
    sources = a_file_of_sources(tmp_path, "https://nobody.invalid/csv")
    (tmp_path / "a.csv").write_bytes(RELEASE)
    call("--sources", sources, "--to", tmp_path / "kept", "--source", "first", "--from", tmp_path / "a.csv")
    result = call("--sources", sources, "--to", tmp_path / "kept", "--list")
    assert result.exit_code == 0
    assert "from https://nobody.invalid/csv" in said(result)
    assert f"held: {date.today():%Y-%m-%d}-" in said(result)
    next((tmp_path / "kept" / "first").glob("2*.csv")).unlink()
    assert "gone, or altered since" in said(call("--sources", sources, "--to", tmp_path / "kept", "--list"))


def test_a_file_downloaded_by_hand_is_filed(tmp_path):
    (tmp_path / "a.csv").write_bytes(RELEASE)
    sources = a_file_of_sources(tmp_path, "https://nobody.invalid/csv", "https://nobody.invalid/other")
    result = call("--sources", sources, "--to", tmp_path / "kept", "--source", "second", "--from", tmp_path / "a.csv")
    assert result.exit_code == 0
    assert "second: filed; 18 rows" in said(result)
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["second"]


def test_a_file_by_hand_that_is_not_the_source_is_not_filed(tmp_path):
    (tmp_path / "a.csv").write_text("<html>", encoding="utf-8")
    sources = a_file_of_sources(tmp_path, "https://nobody.invalid/csv")
    result = call("--sources", sources, "--to", tmp_path / "kept", "--source", "first", "--from", tmp_path / "a.csv")
    assert result.exit_code == 1
    assert "a web page, not CSV" in said(result)


def test_offline_it_says_what_to_do_for_each_source(tmp_path):
    sources = a_file_of_sources(tmp_path, "https://nobody.invalid/csv", "https://nobody.invalid/other")
    result = call("--sources", sources, "--to", tmp_path / "kept")
    assert result.exit_code == 1
    assert said(result).count("could not be found. This machine is offline") == 2
    for name in ("first", "second"):
        assert f"cip fetch published --source {name} --from FILE" in said(result)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--source", "third"), "No source is called third. There are: first, second."),
        (("--from", "pyproject.toml"), "--from files one CSV: say of which source"),
        (("--from", "nowhere.csv", "--source", "first"), "nowhere.csv: no such file"),
        (("--from", "pyproject.toml", "--source", "first", "--list"), "without --list"),
        (("--sources", "nowhere.toml"), "nowhere.toml: no such settings file"),
    ],
)
def test_a_wrong_call_leaves_with_two_and_fetches_nothing(tmp_path, arguments, what):
    sources = a_file_of_sources(tmp_path, "https://nobody.invalid/csv", "https://nobody.invalid/other")
    result = call("--sources", sources, "--to", tmp_path / "kept", *arguments)
    assert result.exit_code == 2
    assert what in said(result)
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"address": "http://example.org/a.csv"}, "it must begin with https://"),
        ({"page": "example.org"}, "it must begin with https://"),
        ({"address": "https://me:secret@example.org/a.csv"}, "carries a user name or password"),
        ({"colour": "blue"}, "colour: not a known key"),
        ({"columns": ["la_name"]}, "columns must include time_period"),
        ({"spellings": "none"}, "spellings"),
        ({"sha256": "abc"}, "sha256"),
        ({"largest_mb": 0}, "largest_mb"),
        ({"name": "../elsewhere"}, "name"),
        ({"reader": "guess"}, "reader"),
    ],
    ids=lambda given: given if isinstance(given, str) else next(iter(given)),
)
def test_a_file_of_sources_that_says_what_it_may_not_is_refused_by_key(tmp_path, changes, what):
    path = a_file_of_sources(tmp_path, "https://example.org/csv", **changes)
    with pytest.raises(SettingsError, match=r"sources\.toml") as refused:
        read_settings(path, Sources)
    assert what in str(refused.value)
    assert "secret" not in str(refused.value)


def test_two_sources_of_one_name_are_refused(tmp_path):
    path = a_file_of_sources(tmp_path, "https://example.org/a", "https://example.org/b", name="twice")
    with pytest.raises(SettingsError, match="two sources are called twice"):
        read_settings(path, Sources)


def the_sources() -> tuple[Source, ...]:
    return read_settings(ROOT / "data" / "reference" / "sources.toml", Sources).sources


@pytest.mark.parametrize("source", the_sources(), ids=lambda source: source.name)
def test_every_source_of_the_project_is_protected_licensed_and_asks_for_measures_that_exist(source):
    assert source.address.startswith("https://")
    assert is_protected(source.page)
    assert source.licence == "Open Government Licence v3.0"
    assert set(source.measures) <= MEASURES.keys()
    assert bool(source.measures) == (source.reader == "published")
    assert source.address == f"{source.page}/csv"


def test_the_page_of_documents_lists_every_source_and_what_it_gives():
    page = (ROOT / "docs" / "published.md").read_text(encoding="utf-8")
    for source in the_sources():
        assert f"`{source.name}`" in page
        assert source.title in page
        assert source.gives in page


def test_the_run_of_the_project_needs_no_network_and_names_no_fetched_file():
    for path in (ROOT / "config" / "runs").glob("*.toml"):
        assert "data/published" not in tomllib.loads(path.read_text(encoding="utf-8")).get("published", "")


def test_a_caller_who_stops_it_leaves_with_130_and_may_go_on(tmp_path):
    """Half the file comes, then nothing; the caller loses patience first."""
    with a_publisher(pausing(RELEASE, 20)) as server:
        sources = a_file_of_sources(tmp_path, server.address)
        asked = ["fetch", "published", "--sources", str(sources), "--to", str(tmp_path / "kept")]
        caller = subprocess.Popen(
            [sys.executable, "-c", "from cip_analysis.cli import app; app()", *asked],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        part = tmp_path / "kept" / "first" / ".part"
        while not part.exists():
            time.sleep(0.05)
        caller.send_signal(signal.SIGINT)
        _, told = caller.communicate(timeout=30)
    assert caller.returncode == 130
    assert "stopped before the end" in told
    assert "Traceback" not in told
    assert list((tmp_path / "kept" / "first").glob("2*.csv")) == []
