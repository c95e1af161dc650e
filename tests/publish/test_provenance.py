"""What went in and what came out can be checked, and says nothing about this machine."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from cip_analysis.publish.provenance import (
    ProvenanceError,
    check_unchanged,
    code_version,
    hash_inputs,
    hash_outputs,
    run_id,
    verify_pack,
    write_manifest,
)

PARAMETERS = {"01_first": {"years": 3}}
PACKAGES = {"pandas": "3.1.1"}


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A folder with two pages and its manifest, made from one input."""
    root, folder = tmp_path / "project", tmp_path / "project" / "reports" / "small"
    folder.mkdir(parents=True)
    (root / "settings.toml").write_text("a = 1")
    (folder / "index.html").write_text("front")
    (folder / "01_first.html").write_text("first")
    inputs = hash_inputs(root, {"settings": [root / "settings.toml"]})
    facts = {"parameters": PARAMETERS, "packages": PACKAGES, "run_id": run_id(inputs, PARAMETERS, PACKAGES)}
    write_manifest(folder, facts, inputs)
    return folder


def change_manifest(pack: Path, **changes: object) -> None:
    told = json.loads((pack / "manifest.json").read_text())
    (pack / "manifest.json").write_text(json.dumps({**told, **changes}))


def test_a_pack_left_alone_has_no_problems(pack):
    assert verify_pack(pack) == []


def test_a_page_altered_by_one_letter_is_found(pack):
    (pack / "01_first.html").write_text("First")
    assert verify_pack(pack) == ["01_first.html: altered"]


def test_a_page_taken_away_and_a_page_put_in_are_found(pack):
    (pack / "01_first.html").rename(pack / "02_other.html")
    assert verify_pack(pack) == ["01_first.html: missing", "02_other.html: not in the manifest"]


def test_a_manifest_whose_parameters_were_altered_gives_itself_away(pack):
    change_manifest(pack, parameters={"01_first": {"years": 4}})
    unlike = "manifest.json: its run id does not follow from its inputs, parameters and packages"
    assert verify_pack(pack) == ["manifest.json: altered", unlike]


def test_a_manifest_that_says_another_thing_of_its_data_gives_itself_away(pack):
    change_manifest(pack, synthetic="said otherwise")
    assert verify_pack(pack) == ["manifest.json: altered"]


@pytest.mark.parametrize("words", ["{", "[]", '{"layout": 9}', '{"layout": 1}', ""])
def test_a_manifest_that_is_none_is_refused_and_not_called_unaltered(pack, words):
    (pack / "manifest.json").write_text(words)
    with pytest.raises(ProvenanceError, match="small"):
        verify_pack(pack)


def test_a_folder_without_a_manifest_is_refused(tmp_path):
    with pytest.raises(ProvenanceError, match=r"no manifest\.json here"):
        verify_pack(tmp_path)


def test_inputs_inside_the_project_are_told_by_their_path_and_outside_by_their_folders_name_only(tmp_path):
    root, outside = tmp_path / "project", tmp_path / "secret place" / "returns"
    (root / "config").mkdir(parents=True)
    (outside / "2018").mkdir(parents=True)
    (root / "config" / "a.toml").write_text("a")
    (outside / "2018" / "episodes.csv").write_text("b")
    told = hash_inputs(root, {"settings": [root / "config"], "returns": [outside]})
    assert [(one.path, one.outside) for one in told] == [
        ("config/a.toml", False), ("returns/2018/episodes.csv", True),
    ]  # fmt: skip


def test_compiled_code_and_absent_sources_are_left_out(tmp_path):
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("x")
    (tmp_path / "a.py").write_text("x")
    told = hash_inputs(tmp_path, {"code": [tmp_path], "payments": [tmp_path / "none.csv"]})
    assert [one.path for one in told] == ["a.py"]


def test_the_hash_is_the_files_own_sha256(tmp_path):
    (tmp_path / "a.txt").write_text("abc")
    assert hash_outputs(tmp_path)[0].sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_the_run_id_follows_from_inputs_parameters_and_packages_and_from_nothing_else(tmp_path):
    (tmp_path / "a.toml").write_text("a")
    inputs = hash_inputs(tmp_path, {"settings": [tmp_path / "a.toml"]})
    same = run_id(inputs, PARAMETERS, PACKAGES)
    assert same == run_id(list(reversed(inputs)), PARAMETERS, PACKAGES)
    assert same != run_id(inputs, {"01_first": {"years": 4}}, PACKAGES)
    assert same != run_id(inputs, PARAMETERS, {"pandas": "3.1.2"})
    (tmp_path / "a.toml").write_text("b")
    assert same != run_id(hash_inputs(tmp_path, {"settings": [tmp_path / "a.toml"]}), PARAMETERS, PACKAGES)


def test_an_input_altered_meanwhile_is_refused_and_one_added_is_not(tmp_path):
    (tmp_path / "a.csv").write_text("a")
    before = hash_inputs(tmp_path, {"returns": [tmp_path]})
    (tmp_path / "b.csv").write_text("b")
    check_unchanged(before, hash_inputs(tmp_path, {"returns": [tmp_path]}))
    (tmp_path / "a.csv").write_text("c")
    with pytest.raises(ProvenanceError, match=r"1 inputs changed while the pack was being made, first a\.csv"):
        check_unchanged(before, hash_inputs(tmp_path, {"returns": [tmp_path]}))


def test_the_commit_is_told_and_whether_the_tree_was_clean(tmp_path):
    assert code_version(tmp_path).in_words == "not recorded"
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    (tmp_path / "a.txt").write_text("a")
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    clean = code_version(tmp_path)
    assert clean.clean is True
    assert clean.in_words == clean.commit[:10]
    (tmp_path / "a.txt").write_text("b")
    assert code_version(tmp_path).in_words == f"{clean.commit[:10]} with uncommitted changes"
