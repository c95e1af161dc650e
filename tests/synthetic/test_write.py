"""A county is written whole, marked as invented, the same for the same seed, and never over anybody's files."""

from __future__ import annotations

import ast
import hashlib
import json

import pandas as pd
import pytest
from builders import ROOT
from synthetic.invented import a_small_county, the_council

from cip_analysis import codes
from cip_analysis.synthetic.capacity import children_with_own_carers, invent_capacity
from cip_analysis.synthetic.children.places import FEWEST_OWN, PUBLIC_PLACES, other_places, own_places
from cip_analysis.synthetic.files import collection_years
from cip_analysis.synthetic.write import (
    MANIFEST,
    MARK,
    SynthesisError,
    SynthesisOptions,
    as_bytes,
    county_tables,
    synthesise,
)

OPTIONS = SynthesisOptions(seed=7, first_year=2017, last_year=2018, children=120)


@pytest.fixture(scope="module")
def county_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written") / "county"
    synthesise(the_council(), folder, OPTIONS)
    return folder


def contents(folder) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_county_is_marked_and_its_manifest_says_how_it_was_made(county_folder):
    manifest = json.loads((county_folder / MANIFEST).read_text())
    assert manifest["synthetic"] is True
    assert [manifest[name] for name in ("seed", "first_year", "last_year", "children")] == [7, 2017, 2018, 120]
    assert (county_folder / MARK).read_text().startswith("SYNTHETIC")
    written = contents(county_folder)
    assert set(manifest["files"]) == set(written) - {MANIFEST, MARK, f"returns/{MARK}"}
    for name, said in manifest["files"].items():
        assert hashlib.sha256(written[name]).hexdigest() == said["sha256"]
        assert written[name].count(b"\n") == said["rows"] + 1


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(county_folder, tmp_path):
    synthesise(the_council(), tmp_path / "again", OPTIONS)
    assert contents(tmp_path / "again") == contents(county_folder)
    other = SynthesisOptions(seed=8, first_year=2017, last_year=2018, children=120)
    synthesise(the_council(), tmp_path / "again", other)
    assert contents(tmp_path / "again") != contents(county_folder)


def test_each_file_has_the_columns_of_its_statutory_table_in_order(county_folder):
    for path in (county_folder / "returns").glob("*/*.csv"):
        columns = path.read_text().splitlines()[0].split(",")
        wanted = list(codes.TABLES[path.stem])
        assert [column for column in columns if column in wanted] == wanted
        assert set(columns) - set(wanted) <= {"DOB"}


def test_tables_appear_in_the_year_they_were_first_asked_for():
    small = a_small_county(2016, 2019)
    tables = {name for name in county_tables(small, the_council(), 7) if name.startswith("returns/")}
    assert "returns/2016/previous_permanence.csv" not in tables
    assert {f"returns/{year}/previous_permanence.csv" for year in (2017, 2018, 2019)} <= tables
    assert not any("social_workers" in name for name in tables)


def test_files_use_line_feeds_and_blanks_alone(county_folder):
    for name, content in contents(county_folder).items():
        assert b"\r" not in content, name
        if name.endswith(".csv"):
            assert not {b"nan", b"NaT", b"None", b"<NA>"} & set(content.replace(b"\n", b",").split(b",")), name


def test_other_files_are_never_overwritten(tmp_path):
    (tmp_path / "mine.csv").write_text("CHILD\n")
    with pytest.raises(SynthesisError, match="Choose an empty folder"):
        synthesise(the_council(), tmp_path, OPTIONS)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]


def test_an_earlier_county_is_replaced_whole(county_folder, tmp_path):
    folder = tmp_path / "county"
    (folder / "returns" / "1999").mkdir(parents=True)
    (folder / "returns" / "1999" / "header.csv").write_text("CHILD\n")
    (folder / MARK).write_text("SYNTHETIC\n")
    synthesise(the_council(), folder, OPTIONS)
    assert contents(folder) == contents(county_folder)


def test_a_failure_leaves_the_earlier_county_as_it_was(county_folder, tmp_path):
    folder = tmp_path / "county"
    synthesise(the_council(), folder, OPTIONS)
    with pytest.raises(ValueError, match="not published"):
        synthesise(the_council(), folder, SynthesisOptions(seed=7, first_year=2017, last_year=2090))
    assert contents(folder) == contents(county_folder)


def test_years_that_run_backwards_are_refused(tmp_path):
    with pytest.raises(SynthesisError, match="comes before the first"):
        synthesise(the_council(), tmp_path / "county", SynthesisOptions(seed=7, first_year=2018, last_year=2017))


def test_a_table_is_the_same_bytes_whatever_the_platform():
    assert as_bytes(pd.DataFrame({"CHILD": ["1", "2"], "DEC": ["", "01/04/2017"]})) == b"CHILD,DEC\n1,\n2,01/04/2017\n"


# ---- capacity and places ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_foster_households_hold_the_children_said_to_be_with_them(seed):
    histories = a_small_county()
    capacity = invent_capacity(histories, the_council(), seed)
    households = capacity[capacity["kind"].eq("foster household")]
    opened = pd.to_datetime(households["opened"], format="%d/%m/%Y")
    closed = pd.to_datetime(households["closed"], format="%d/%m/%Y")
    months = pd.date_range(histories.first_day, histories.last_day, freq="MS")
    here = children_with_own_carers(histories, months)
    for month in months:
        open_now = (opened <= month) & ~(closed <= month)
        assert households["places"].astype(int)[open_now].sum() >= here[month]
    assert closed.isna().sum() == the_council().capacity.foster_carers


def test_a_closed_home_closes_after_the_last_child_has_left_it():
    histories = a_small_county()
    capacity = invent_capacity(histories, the_council(), 1)
    homes = capacity[capacity["kind"].eq("children's home")]
    assert list(homes["places"].astype(int)) == [home.beds for home in the_council().capacity.homes]
    inside = histories.episodes[histories.episodes["placement"].eq("K2") & histories.episodes["provider"].eq("PR1")]
    assert (pd.to_datetime(homes["closed"], format="%d/%m/%Y") >= inside["end"].max()).all()
    assert (pd.to_datetime(homes["opened"], format="%d/%m/%Y") < inside["start"].min()).all()


def test_every_council_has_places_of_its_own_and_none_is_also_elsewhere():
    for code in [*PUBLIC_PLACES, "E99999999"]:
        assert len(own_places(code)) >= FEWEST_OWN
    listed = [place for places in PUBLIC_PLACES.values() for place in places]
    assert len(listed) == len(set(listed))
    assert not set(own_places("E10000018")) & set(other_places("E10000018"))
    assert collection_years(a_small_county()) == range(2016, 2020)


def test_every_rule_allowed_to_fail_is_named_with_its_reason_in_the_decision():
    script = (ROOT / "benchmarks" / "validate_synthetic.py").read_text(encoding="utf-8")
    listed = next(
        ast.literal_eval(part.value)
        for part in ast.parse(script).body
        if isinstance(part, ast.Assign) and part.targets[0].id == "LATER_CODES"
    )
    decision = (ROOT / "docs" / "decisions" / "0006-statutory-validator.md").read_text(encoding="utf-8")
    named = {
        line.split("|")[1].strip() for line in decision.splitlines() if line.count("|") == 4 and "LATER_CODES" in line
    }
    assert named == set(listed)
    assert all(listed.values())
