"""Pack after pack in one process: nothing is left open, and memory settles. benchmarks/endurance.py makes a hundred."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from builders import ROOT

PROGRAM = """
import json, sys
sys.path.insert(0, "benchmarks")
from endurance import run
print(json.dumps(run(int(sys.argv[1]), tell=False)))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux tells of a process")
def test_packs_made_one_after_another_leave_nothing_behind():
    done = subprocess.run([sys.executable, "-c", PROGRAM, "16"], cwd=ROOT, capture_output=True, text=True, check=True)
    settled, last = json.loads(done.stdout.splitlines()[-1])
    assert last["open_files"] <= settled["open_files"]
    assert last["threads"] <= settled["threads"]
    assert last["children"] <= settled["children"]
    assert last["memory_mb"] - settled["memory_mb"] < 40
