"""A small project of its own for each test, and one rendered once for the tests that only look."""

from __future__ import annotations

from pathlib import Path

import pytest
from publish.projects import ABOUT, STOCK, Project, make_project

from cip_analysis.publish.disclosure import release
from cip_analysis.records import Released


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with two notebooks, in a folder of its own."""
    return make_project(tmp_path)


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose pack has been rendered once, for the tests that only look."""
    made = make_project(tmp_path_factory.mktemp("project"))
    made.render()
    return made


@pytest.fixture
def stock() -> Released:
    """Two years and two settings; kinship in 2017 is too small to show."""
    return release(STOCK, ABOUT, counts=["children"], bases={"spend_gbp": "children"}, plain=["year", "setting"])
