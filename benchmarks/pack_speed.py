"""A pack beside the papermill command line, one notebook after another: the same notebooks and parameters, in one run.

    python benchmarks/pack_speed.py config/packs/cabinet-autumn-2018.toml

Everything happens in a copy of the project, so that nothing kept here is read or lost. Every figure is seconds by the
clock of a command of its own, interpreter's start and all. `notebooks` is what a pack takes until all its notebooks are
done, which is what papermill does as well; `pack` is until it stands: ruled on, written as pages, tables, workbook,
Word and PDF, and audited. Papermill has the results kept by the pack, as an analyst would.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from measuring import ROOT

from cip_analysis.publish import provenance
from cip_analysis.publish.pack import PackRequest, plan_pack

COPIED = ("cip_analysis", "config", "data", "notebooks")
CACHE = Path("reports") / ".cache"
RENDER = """
import json, sys, time
begun = time.monotonic()
from pathlib import Path
from cip_analysis.publish.pack import PackRequest, render_pack
moments = {}
def told(done, what):
    moments.setdefault(what, time.monotonic() - begun)
asked = PackRequest(Path(sys.argv[1]).resolve(), Path.cwd(), Path(sys.argv[2]), reads_ahead="cip_analysis.run")
render_pack(asked, told)
print(json.dumps(moments.get("Writing pages", max(moments.values()))))
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A copy of the project, and where its packs go."""

    copy: Path
    to: Path


def main(pack_file: str) -> None:
    """Print every case's seconds, and papermill's as a multiple of them, as JSON."""
    with tempfile.TemporaryDirectory(prefix="cip-speed-") as name:
        place = Place(Path(name) / "project", Path(name) / "packs")
        _copy(place.copy)
        told = {
            case: _render(prepare, place, pack_file)
            for case, prepare in {
                "from_nothing": _forget_all,
                "results_kept": _forget_notebooks,
                "one_notebook_changed": _change_one,
                "all_kept_pack_gone": _lose_pack,
                "unchanged": _leave,
            }.items()
        }
        papermill = _one_after_another(place, pack_file)
    ratios = {case: round(papermill / seconds["notebooks"], 1) for case, seconds in told.items() if seconds}
    facts = {
        "cores": os.cpu_count(),
        "commit": provenance.code_version(ROOT).in_words,
        "papermill": round(papermill, 1),
    }
    print(json.dumps({**facts, **told, "papermill_to_notebooks": ratios}, indent=1))


def _copy(copy: Path) -> None:
    """The project, compiled as it is, without its history, its environment and what it keeps."""
    for part in COPIED:
        shutil.copytree(ROOT / part, copy / part)
    for file in ("pyproject.toml", "uv.lock", "environment.yml"):
        shutil.copy2(ROOT / file, copy / file)


def _forget_all(place: Place) -> None:
    shutil.rmtree(place.copy / CACHE, ignore_errors=True)


def _forget_notebooks(place: Place) -> None:
    """Results and the last rulings stay; executed notebooks, workbook, Word and PDF go."""
    _lose_pack(place)
    shutil.rmtree(place.copy / CACHE / "products", ignore_errors=True)
    for path in (place.copy / CACHE / "notebooks").iterdir():
        if path.suffix not in (".rulings", ".usual"):
            path.unlink()


def _change_one(place: Place) -> None:
    """One notebook gets another sentence."""
    path = place.copy / "notebooks" / "05_placement_mix.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    words = next(cell for cell in notebook["cells"][1:] if cell["cell_type"] == "markdown")
    words["source"] = [*words["source"], "\n\nA sentence that was not here before."]
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _lose_pack(place: Place) -> None:
    shutil.rmtree(place.to)


def _leave(place: Place) -> None:
    """Nothing is new."""


def _render(prepare: Callable[[Place], None], place: Place, pack_file: str) -> dict[str, float]:
    """Seconds until every notebook of a pack is done, and until the pack stands."""
    prepare(place)
    begun = time.monotonic()
    notebooks = json.loads(_said_by(place.copy, "-c", RENDER, pack_file, str(place.to)).splitlines()[-1])
    return {"notebooks": round(notebooks, 1), "pack": round(time.monotonic() - begun, 1)}


def _one_after_another(place: Place, pack_file: str) -> float:
    """Seconds that papermill's own command takes over every notebook of the pack."""
    plan, begun = plan_pack(PackRequest(place.copy / pack_file, place.copy, place.to)), time.monotonic()
    for path in plan.notebooks:
        words = [str(word) for name, value in plan.values[path.stem].items() for word in ("-p", name, value)]
        _said_by(place.copy, "-m", "papermill", str(path), str(place.to / path.name), "--cwd", str(place.copy), *words)
    return time.monotonic() - begun


def _said_by(copy: Path, *words: str) -> str:
    """What a command of the copy said; one that fails ends the benchmark, with its last words."""
    own = {**os.environ, "PYTHONPATH": str(copy)}
    done = subprocess.run([sys.executable, *words], cwd=copy, env=own, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words[:3])} failed:\n{done.stderr[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "config/packs/cabinet-autumn-2018.toml")
