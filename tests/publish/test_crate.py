"""What a pack says of itself to machines: a crate that another reader can read, and a seal on every byte."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from publish.projects import Project
from rocrate.rocrate import ROCrate

from cip_analysis.publish.provenance import verify_pack


def folder_of(project: Project) -> Path:
    return project.root / "reports" / "small"


def test_the_crate_reads_back_whole_and_names_every_file_and_input(rendered):
    folder = folder_of(rendered)
    crate = ROCrate(folder)
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    named = {entity.id for entity in crate.data_entities}
    assert named == files - {"manifest.json", "ro-crate-metadata.json"}
    action = crate.root_dataset["mentions"]
    assert action.type == "CreateAction"
    assert {one.id for one in action["result"]} == named
    assert any(one.get("description") == "returns" and one.get("sha256") for one in action["object"])
    assert action["instrument"]["name"] == "cip-analysis"
    assert crate.root_dataset["datePublished"] == "2018-03-31"


def test_the_crate_says_nothing_of_this_machine_and_no_clock(rendered):
    text = (folder_of(rendered) / "ro-crate-metadata.json").read_text(encoding="utf-8")
    assert str(rendered.root) not in text
    assert "SYNTHETIC" in text
    dates = [entity["datePublished"] for entity in json.loads(text)["@graph"] if "datePublished" in entity]
    assert dates == ["2018-03-31"]


@pytest.mark.parametrize(
    "file",
    ["index.html", "01_first.html", "about.html", "tables.xlsx", "small.docx", "small.pdf", "ro-crate-metadata.json",
     "assumptions.csv", "data/contents.csv", "data/cells.csv", "data/01_first-table-1.csv", "manifest.json"],
)  # fmt: skip
def test_one_altered_byte_of_any_file_is_seen(rendered, tmp_path, file):
    folder = tmp_path / "small"
    shutil.copytree(folder_of(rendered), folder)
    assert verify_pack(folder) == []
    raw = bytearray((folder / file).read_bytes())
    place = raw.index(b"Cabinet") if file == "manifest.json" else len(raw) // 2
    raw[place] ^= 1
    (folder / file).write_bytes(bytes(raw))
    assert any(file in problem for problem in verify_pack(folder))


def test_a_file_added_or_taken_away_in_a_folder_of_the_pack_is_seen(rendered, tmp_path):
    folder = tmp_path / "small"
    shutil.copytree(folder_of(rendered), folder)
    (folder / "data" / "more.csv").write_text("a\n")
    (folder / "data" / "contents.csv").unlink()
    assert verify_pack(folder) == ["data/contents.csv: missing", "data/more.csv: not in the manifest"]
