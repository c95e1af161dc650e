"""The same pack, byte for byte, whatever the machine's clock, time zone or language says, and however slow its disk."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from publish.projects import Project, make_project
from publish.test_faults import RENDER

FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="time zones and clocks of POSIX")]
ELSEWHERE = {
    "the far side of the day line": {"TZ": "Pacific/Kiritimati"},
    "a zone with a half hour and summer time": {"TZ": "Australia/Lord_Howe"},
    "no language at all": {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0"},
    "commas for points": {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"},
    "letters without a dot": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
}
DISK = "openat,rename,renameat,renameat2,mkdir,mkdirat,unlink,unlinkat,fsync,fdatasync,getdents64"
SLOW_DISK = ("strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", f"trace={DISK}")
OTHER_CLOCKS = ("@2031-02-28 23:59:50", "@2012-12-31 23:59:55")


def made(project: Project, *before: str, **environment: str) -> dict[str, bytes]:
    """Every file of the pack as another process makes it afresh, but for the manifest's clock and seal.

    before: the words of another program that is to run it.
    """
    afresh = RENDER.replace('root / "reports")', 'root / "reports", fresh=True)')
    words = [*before, sys.executable, "-c", afresh, str(project.root)]
    done = subprocess.run(words, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    folder = project.root / "reports/small"
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest["not_made"] == []
    told = {name: value for name, value in manifest.items() if name not in ("clock", "seal")}
    return {**files, "manifest.json": json.dumps(told).encode()}


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    return make_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def languages(tmp_path_factory) -> dict[str, str]:
    """Where the languages of ELSEWHERE can be found, made here where the machine can make them."""
    folder = tmp_path_factory.mktemp("languages")
    for name in ("de_DE", "tr_TR"):
        words = ["localedef", "-i", name, "-f", "UTF-8", str(folder / f"{name}.UTF-8")]
        if not shutil.which("localedef") or subprocess.run(words, capture_output=True, check=False).returncode > 1:
            return {}
    return {"LOCPATH": str(folder)}


@pytest.fixture(scope="module")
def usual(project) -> dict[str, bytes]:
    return made(project)


@pytest.mark.parametrize("where", ELSEWHERE)
def test_another_zone_or_language_changes_no_byte(project, usual, languages, where):
    there = made(project, **ELSEWHERE[where], **(languages if "LC_ALL" in ELSEWHERE[where] else {}))
    assert sorted(there) == sorted(usual)
    assert [name for name in usual if there[name] != usual[name]] == []


@pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not installed")
@pytest.mark.parametrize("clock", OTHER_CLOCKS)
def test_another_day_changes_no_byte(project, usual, clock):
    there = made(project, LD_PRELOAD=str(FAKETIME), FAKETIME=clock)
    assert [name for name in usual if there[name] != usual[name]] == []


def test_a_slow_disk_changes_no_byte(project, usual):
    """Every file that is opened, renamed or removed takes two milliseconds more, as on a share far away."""
    if not shutil.which("strace") or subprocess.run([*SLOW_DISK, "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace is not installed, or may not be used here")
    there = made(project, *SLOW_DISK, "-e", f"inject={DISK}:delay_exit=2000")
    assert sorted(there) == sorted(usual)
    assert [name for name in usual if there[name] != usual[name]] == []
