"""A disk with no room left: the pack is refused in words, and what stood before stands."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from publish.projects import make_project

from cip_analysis.publish.plan import PackError


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk of four megabytes, where this user may mount one."""
    place = tmp_path / "small"
    place.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only the superuser can mount a small disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine lets nobody mount a disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
def test_a_full_disk_is_said_and_the_last_pack_stands(tmp_path, small_disk):
    project = make_project(tmp_path)
    made = project.render(to=small_disk)
    before = {path.relative_to(made): path.read_bytes() for path in sorted(made.rglob("*")) if path.is_file()}
    with suppress(OSError), (small_disk / "filling").open("wb") as filling:
        while filling.write(b"\0" * 4096):
            filling.flush()
    with pytest.raises(PackError, match="The disk is full"):
        project.render(to=small_disk, fresh=True)
    assert {path.relative_to(made): path.read_bytes() for path in sorted(made.rglob("*")) if path.is_file()} == before
    assert sorted(path.name for path in small_disk.iterdir()) == ["filling", made.name]
