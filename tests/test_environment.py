"""One source of versions: the lock. conda's file must agree with it, and no package may drag the stack down."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version

import pytest
from builders import ROOT
from packaging.requirements import Requirement
from packaging.version import Version

LOCK = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKED: dict[str, set[str]] = {}
for package in LOCK["package"]:
    LOCKED.setdefault(package["name"], set()).add(package.get("version", ""))
EXTRAS = [line for lines in PROJECT["project"]["optional-dependencies"].values() for line in lines]
WANTED = [
    Requirement(line) for line in PROJECT["project"]["dependencies"] + EXTRAS + PROJECT["dependency-groups"]["dev"]
]


def conda_lines() -> list[Requirement]:
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    return [Requirement(line) for line in re.findall(r'^      - "([^"]+)"$', text, re.M) if line != "-e ."]


def test_every_version_for_conda_is_the_locked_version():
    for requirement in conda_lines():
        (pin,) = requirement.specifier
        assert pin.operator == "=="
        assert pin.version in LOCKED[requirement.name], requirement.name


def test_every_locked_package_reaches_conda_users():
    named = {requirement.name for requirement in conda_lines()}
    assert named == LOCKED.keys() - {"cip-analysis"}


@pytest.mark.parametrize("requirement", WANTED, ids=lambda requirement: requirement.name)
def test_what_is_installed_meets_the_floor_in_the_project_file(requirement):
    assert requirement.specifier.contains(version(requirement.name), prereleases=True)


def test_no_package_has_dragged_the_tables_back_to_an_older_pandas():
    assert Version(version("pandas")) >= Version("3.1")
    assert Version(version("statsmodels")) >= Version("0.15")


def test_the_owners_packages_are_all_direct_dependencies():
    named = {requirement.name for requirement in WANTED}
    assert named >= {"jupyterlab", "pandas", "matplotlib", "seaborn", "papermill", "nbval", "statsmodels"}
