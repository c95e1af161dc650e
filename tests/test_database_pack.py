"""A pack from a database is the pack from files, and knows nothing of where the database stands."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from builders import ROOT
from databases import a_database, one_child
from postgres_server import PASSWORD, a_server, installed
from typer.testing import CliRunner

from cip_analysis.cli import app
from cip_analysis.database_commands import see_to_extract
from cip_analysis.settings import Run, read_settings

COUNCIL = "config/councils/leicestershire.toml"
COUNTY = ["--seed", "5", "--first-year", "2014", "--last-year", "2018", "--children", "700"]
NOTEBOOKS = ("01_returns", "02_children_in_care", "04_demand_forecast", "07_cost_of_care")


def cip(*words: str, address: str = "", **environment: str):
    """The command, run from the project's root, with no database's address but the one given."""
    known = {"CIP_DATABASE_URL": address, "CIP_DATABASE_FILE": "", **environment}
    return CliRunner().invoke(app, list(words), env=known)


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch):
    monkeypatch.chdir(ROOT)


def a_run(folder: Path, returns: Path, county: Path, database: str = "") -> Path:
    """A run file over these returns, its payments the county's."""
    path = folder / "run.toml"
    path.write_text(
        f'title = "Spring"\ncouncil = "{COUNCIL}"\nreturns = "{returns}"\npayments = "{county / "payments.csv"}"\n'
        f'published = "data/reference/comparators.csv"\nas_at = 2018-03-31\n{database}',
        encoding="utf-8",
    )
    return path


def a_pack(folder: Path, run: Path) -> Path:
    path = folder / "spring.toml"
    path.write_text(
        f'name = "spring"\ntitle = "Spring"\nmeeting = "None"\nrun = "{run}"\nnotebooks = {json.dumps(NOTEBOOKS)}\n',
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="module")
def county(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("county") / "files"
    here = Path.cwd()
    os.chdir(ROOT)
    try:
        assert cip("synthesise", COUNCIL, *COUNTY, "--to", str(folder)).exit_code == 0
    finally:
        os.chdir(here)
    return folder


def exhibits(pack: Path) -> dict[str, bytes]:
    """Every table of a pack, as it may be downloaded."""
    return {path.name: path.read_bytes() for path in sorted((pack / "data").glob("*.csv"))}


def packs(tmp_path: Path, county: Path, address: str, environment: dict[str, str]) -> dict[str, Path]:
    """The same pack from files and from the database at `address`."""
    made = {}
    for kind in ("files", "database"):
        folder = tmp_path / kind
        folder.mkdir()
        returns = county / "returns" if kind == "files" else tmp_path / "extract"
        run = a_run(folder, returns, county, "" if kind == "files" else "[database]\nfirst_year = 2014\n")
        told = cip("pack", str(a_pack(folder, run)), "--to", str(folder / "packs"), address=address, **environment)
        assert told.exit_code == 0, told.output
        assert address not in told.output or not address
        made[kind] = folder / "packs" / "spring"
    return made


def hold_the_same(made: dict[str, Path], secrets: list[str]) -> None:
    """Every figure alike, and no file of the pack from the database with a word of its address."""
    assert exhibits(made["files"]) == exhibits(made["database"])
    assert len(exhibits(made["files"])) > 10
    for path in made["database"].rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            assert not [word for word in secrets if word.encode() in raw], path.name
    manifest = json.loads((made["database"] / "manifest.json").read_text(encoding="utf-8"))
    assert any(one["role"] == "returns" for one in manifest["inputs"])


@pytest.mark.slow
def test_a_pack_from_sqlite_is_the_pack_from_files(tmp_path, county):
    address = f"sqlite:///{tmp_path / 'a-name-of-its-own.db'}"
    told = cip("synthesise", COUNCIL, *COUNTY, "--to", address)
    assert told.exit_code == 0 and "rows written to the database" in told.output, told.output
    hold_the_same(packs(tmp_path, county, address, {}), ["a-name-of-its-own"])


@pytest.mark.slow
@pytest.mark.skipif(not installed(), reason="PostgreSQL is not installed")
def test_a_pack_from_postgresql_is_the_pack_from_files(tmp_path, county):
    with a_server() as (address, port):
        told = cip("synthesise", COUNCIL, *COUNTY, "--to", "database", address=address)
        assert told.exit_code == 0, told.output
        secret = tmp_path / "address"
        secret.write_text(f"{address}\n", encoding="utf-8")
        made = packs(tmp_path, county, "", {"CIP_DATABASE_FILE": str(secret)})
    hold_the_same(made, [address, PASSWORD, "warden", f"127.0.0.1:{port}"])


def test_without_an_address_the_extract_taken_before_serves_and_is_said(tmp_path, county, capsys):
    address = a_database(tmp_path / "d", one_child())
    run = a_run(tmp_path, tmp_path / "extract", county, "[database]\nfirst_year = 2017\n")
    none = cip("extract", str(run))
    assert none.exit_code == 2 and "CIP_DATABASE_URL" in none.output
    taken = cip("extract", str(run), address=address)
    assert taken.exit_code == 0, taken.output
    assert "as at 31 March 2018, years ending March 2017 on: 2 episodes" in taken.output.replace("\n", " ")
    see_to_extract(ROOT, read_settings(run, Run))
    assert "the extract taken before" in " ".join(capsys.readouterr().out.split())


def test_an_extract_goes_nowhere_that_could_be_committed(tmp_path, county):
    address = a_database(tmp_path / "d", one_child())
    run = a_run(tmp_path, ROOT / "docs" / "extract", county, "[database]\n")
    told = cip("extract", str(run), address=address)
    assert told.exit_code == 1 and "data/returns" in told.output.replace("\n", " ")
    assert not (ROOT / "docs" / "extract").exists()


def test_an_address_is_told_once_and_outside_the_project(tmp_path, county):
    run = a_run(tmp_path, tmp_path / "extract", county, "[database]\n")
    inside = ROOT / "README.md"
    told = cip("extract", str(run), CIP_DATABASE_FILE=str(inside))
    assert told.exit_code == 2 and "within the project" in told.output.replace("\n", " ")
    both = cip("extract", str(run), address="sqlite:///x", CIP_DATABASE_FILE=str(tmp_path / "y"))
    assert both.exit_code == 2 and "Leave one" in both.output
    gone = cip("extract", str(run), CIP_DATABASE_FILE=str(tmp_path / "y"))
    assert gone.exit_code == 2 and "cannot be read" in gone.output and str(tmp_path) not in gone.output


def test_a_password_in_a_wrong_address_is_not_repeated(tmp_path):
    told = cip("synthesise", COUNCIL, "--seed", "1", "--last-year", "2011", "--children", "60",
               "--to", "postgresql://someone:hush-hush@127.0.0.1:9/x")  # fmt: skip
    assert told.exit_code == 2
    assert "hush-hush" not in told.output and "someone" not in told.output
