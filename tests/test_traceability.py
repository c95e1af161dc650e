"""Every exhibit that docs/traceability.md promises a paragraph of the report is in its notebook, under its heading."""

from __future__ import annotations

import ast
import json
import re

import pytest
from builders import ROOT

PAGE = (ROOT / "docs" / "traceability.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if re.match(r"\| \d+ \|", line)
]
SHOWING = {"table", "exhibit", "say"}


def sections_of(name: str) -> dict[str, list[str]]:
    """Heading -> the captions shown under it, as far as they are written out; "" where one begins with a figure."""
    notebook = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {}
    heading = ""
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            headings = re.findall(r"^## (.+)$", source, re.M)
            heading = headings[-1] if headings else heading
        else:
            found.setdefault(heading, []).extend(captions_in(source))
    return found


def captions_in(source: str) -> list[str]:
    """The captions of a cell's exhibits, up to the first figure in each."""
    assigned, captions = {}, []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            assigned[node.targets[0].id] = node.value
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SHOWING:
            given = next((word.value for word in node.keywords if word.arg == "caption"), None)
            given = given or (node.args[-1] if node.args else None)
            captions.append(_beginning(assigned.get(given.id, given) if isinstance(given, ast.Name) else given))
    return captions


def _beginning(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return _beginning(node.values[0]) if node.values else ""
    return ""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}: {row[1][:40]}")
def test_what_a_paragraph_is_promised_is_there(row):
    _paragraph, _asks, notebook, heading, begins = row
    sections = sections_of(notebook)
    assert heading in sections, f"{notebook} has no heading {heading!r}"
    assert sections[heading], f"nothing is shown under {heading!r}"
    assert not begins or any(caption.startswith(begins) for caption in sections[heading]), sections[heading]


def test_every_paragraph_that_asks_for_evidence_is_traced():
    process = {*range(1, 11), *range(14, 17), 24, 28, 30, 34, *range(37, 40), 45}
    assert {int(row[0]) for row in ROWS} >= set(range(1, 46)) - process


def test_what_rests_on_a_file_of_the_councils_own_is_said():
    assert "the distance of placements from home" in PAGE[PAGE.index("Given only where") :]
