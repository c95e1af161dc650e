"""Notebooks are committed clean, tell their story in the house's order, and hold no rule of their own."""

from __future__ import annotations

import ast
import itertools
import re

import nbformat
import pytest
from builders import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
COMMON = ("run", "returns", "payments", "audience")


def sources(notebook: nbformat.NotebookNode, kind: str) -> list[str]:
    return [cell["source"] for cell in notebook.cells if cell["cell_type"] == kind]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request) -> nbformat.NotebookNode:
    read = nbformat.read(request.param, as_version=4)
    nbformat.validate(read)
    return read


def test_there_are_notebooks_to_prove():
    assert [path.stem for path in NOTEBOOKS][:2] == ["00_summary", "01_returns"]


def test_it_is_committed_without_outputs_counts_or_run_metadata(notebook):
    code = [cell for cell in notebook.cells if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
    assert not any("papermill" in cell["metadata"] or "execution" in cell["metadata"] for cell in notebook.cells)
    assert notebook.metadata.keys() <= {"kernelspec", "language_info"}


def test_it_holds_no_absolute_path(notebook):
    text = "\n".join(cell["source"] for cell in notebook.cells)
    assert not re.search(r"(?<![\w.<])/(home|root|Users|work|tmp|var|mnt)/|[A-Z]:\\\\", text)


def test_its_first_cell_asks_its_question_under_one_title(notebook):
    first, *rest = sources(notebook, "markdown")
    assert first.startswith("# ")
    assert first.rstrip().endswith("?")
    assert not any(line.startswith("# ") for text in rest for line in text.splitlines())


def test_its_parameters_are_plain_annotated_values_and_the_common_ones_agree(notebook):
    cells = [cell for cell in notebook.cells if "parameters" in cell["metadata"].get("tags", [])]
    assert len(cells) == 1
    body = ast.parse(cells[0]["source"]).body
    assert all(isinstance(line, ast.AnnAssign) and isinstance(line.value, ast.Constant) for line in body)
    values = {line.target.id: line.value.value for line in body}
    defaults = {"run": "config/runs/autumn-2018.toml", "returns": "", "payments": "", "audience": "public"}
    assert {name: values[name] for name in COMMON} == defaults


def test_its_imports_are_one_cell_and_no_cell_is_long_or_holds_a_rule(notebook):
    code = sources(notebook, "code")
    importing = [text for text in code if re.search(r"^(import|from)\s", text, re.M)]
    assert len(importing) == 1
    for text in code:
        assert text.count("\n") < 12
        assert not re.search(r"^\s*(def|class|for|while)\s|inplace=True", text, re.M)


def test_every_heading_below_the_title_is_one_level_deeper_at_most(notebook):
    levels = [len(mark) for text in sources(notebook, "markdown") for mark in re.findall(r"^(#+) ", text, re.M)]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_it_ends_with_what_it_cannot_say(notebook):
    headings = [line for text in sources(notebook, "markdown") for line in text.splitlines() if line.startswith("## ")]
    assert any("cannot" in heading.lower() or "caveat" in heading.lower() for heading in headings[-3:])
