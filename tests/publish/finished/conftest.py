"""Builders loaded before the tests are collected, and one pack with every file for the tests that only look."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from publish.finished.packs import write_pack
from publish.shown import released_stock

from cip_analysis.publish.products.exhibits import Exhibit


@dataclass(frozen=True)
class Finished:
    """A finished folder, and what it should show."""

    folder: Path
    exhibits: tuple[Exhibit, ...]


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A pack with pages, comma-separated files, workbook, Word document and PDF."""
    folder = tmp_path_factory.mktemp("finished") / "small"
    return Finished(folder, write_pack(folder, {"01_first": [released_stock()]}, whole=True))
