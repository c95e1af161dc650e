"""Whatever goes wrong, and whenever: the last good pack stands, no half pack looks whole, and the next run goes on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from publish.projects import PARAMETERS, Project, a_code_cell, a_notebook, prose

from cip_analysis.publish.pack import PackError
from cip_analysis.publish.provenance import verify_pack

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and mounts of POSIX")
RENDER = """
import sys
from pathlib import Path
from cip_analysis.publish.pack import PackRequest, render_pack
root = Path(sys.argv[1])
request = PackRequest(root / "config/packs/small.toml", root, root / "reports")
render_pack(request, lambda done, what: print(what, flush=True))
"""
KILLS = 20


def only(project: Project, *sources: str) -> None:
    """The pack made of one quick notebook of these cells."""
    notebook = a_notebook()
    notebook.cells = [prose("# Quick\n\nIs it?"), a_code_cell(PARAMETERS, "parameters"), *map(a_code_cell, sources)]
    project.write("01_first", notebook)
    pack = project.root / "config/packs/small.toml"
    pack.write_text(pack.read_text().replace('["01_first", "02_second"]', '["01_first"]'))


def begin(project: Project, **environment: str) -> subprocess.Popen[str]:
    """The pack rendered by another process."""
    return subprocess.Popen(
        [sys.executable, "-c", RENDER, str(project.root)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "CIP_TEST": str(project.root), **environment},
    )  # fmt: skip


def left_running(project: Project) -> list[str]:
    """What still runs of those processes, and of all that they began."""
    mark = f"CIP_TEST={project.root}".encode()
    found = []
    for process in Path("/proc").iterdir():
        try:
            ours = process.name.isdigit() and mark in (process / "environ").read_bytes().split(b"\0")
            if ours and ") Z " not in (process / "stat").read_text():
                found.append((process / "cmdline").read_text().replace("\0", " ")[:200])
        except OSError:
            continue
    return found


def everything(project: Project) -> dict[str, bytes]:
    folder = project.root / "reports/small"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_a_pack_killed_at_any_moment_leaves_the_last_good_one_and_the_next_goes_on(project):
    only(project, "1 + 1; None")
    begun = time.monotonic()
    project.render()
    whole_seconds = time.monotonic() - begun
    chance, good = np.random.default_rng(20), everything(project)
    for number in range(KILLS):
        only(project, f"{number} + 2; None")
        run = begin(project)
        time.sleep(chance.uniform(0.2, whole_seconds + 1.5))
        finished = run.poll() is not None
        run.kill()
        run.communicate(timeout=30)
        standing = everything(project)
        assert verify_pack(project.root / "reports/small") == []
        assert standing == good or finished or standing["01_first.html"] != good["01_first.html"], number
        good = standing
    until = time.monotonic() + 30
    while left_running(project) and time.monotonic() < until:
        time.sleep(0.2)
    assert left_running(project) == []
    project.render()
    assert verify_pack(project.root / "reports/small") == []
    assert sorted(path.name for path in (project.root / "reports").iterdir()) == [".cache", "small"]


def test_two_packs_for_one_place_at_once_are_not_made(project):
    only(project, "import time; open('begun', 'w').close(); time.sleep(60)")
    first = begin(project)
    until = time.monotonic() + 60
    while not (project.root / "begun").exists() and time.monotonic() < until:
        time.sleep(0.1)
    try:
        with pytest.raises(PackError, match="Another pack is being made for small just now"):
            project.render()
    finally:
        first.kill()
        first.communicate(timeout=30)
    only(project, "1; None")
    project.render()


def test_a_run_stopped_from_the_keyboard_says_so_and_leaves_nothing(project):
    only(project, "import time; open('begun', 'w').close(); time.sleep(60)")
    run = begin(project)
    until = time.monotonic() + 60
    while not (project.root / "begun").exists() and time.monotonic() < until:
        time.sleep(0.1)
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=60)
    assert run.returncode != 0
    assert left_running(project) == []
    assert not (project.root / "reports/small").exists()
    assert [path.name for path in (project.root / "reports").iterdir() if path.name != ".cache"] == []


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """A file system in memory at a folder, for those who may mount one."""
    folder.mkdir(exist_ok=True)
    program = shutil.which("mount")
    if program is None or os.getuid() != 0:
        pytest.skip("only the superuser may mount a small disk to fill")
    words = [program, "-t", "tmpfs", "-o", options, "none", str(folder)]
    if subprocess.run(words, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount a small disk to fill")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_said_and_the_last_good_pack_stands(project):
    only(project, "1; None")
    with mounted(project.root / "reports", "size=1500k"):
        project.render()
        before = everything(project)
        only(project, "2; None")
        (project.root / "reports/filler").write_bytes(b"0" * 400_000)
        with pytest.raises(
            PackError, match=r"The disk is full.*Make room(.|\n)*The last good pack in small is untouched"
        ):
            for size in range(40):
                project.render(fresh=True)
                (project.root / f"reports/filler{size}").write_bytes(b"0" * 50_000)
        assert everything(project) == before or verify_pack(project.root / "reports/small") == []
        for filler in (project.root / "reports").glob("filler*"):
            filler.unlink()
        project.render()
        assert verify_pack(project.root / "reports/small") == []


def test_a_folder_that_cannot_be_written_to_is_said(project):
    only(project, "1; None")
    refused = pytest.raises(PackError, match=r"Nothing can be written beside small(.|\n)*choose another with --to")
    with mounted(project.root / "reports", "ro,size=1m"), refused:
        project.render()


def test_no_fonts_to_be_had_is_no_reason_for_no_pack(project):
    only(project, "1; None")
    nothing = project.root / "fonts.conf"
    nothing.write_text("<?xml version='1.0'?><!DOCTYPE fontconfig SYSTEM 'fonts.dtd'><fontconfig></fontconfig>")
    run = begin(project, FONTCONFIG_FILE=str(nothing))
    said, _ = run.communicate(timeout=120)
    assert run.returncode == 0, said
    assert verify_pack(project.root / "reports/small") == []
