"""A pack beside the papermill command line, one notebook after another: the same notebooks and parameters, in one run.

    python benchmarks/pack_speed.py config/packs/cabinet-autumn-2018.toml

Every figure is seconds by the clock, from nothing but the run's own data: a pack made fresh, made again unchanged, and
papermill over the same notebooks. The ratio is papermill's seconds to those of the fresh pack's notebooks alone; the
fresh pack also rules on its tables, writes every product and audits them, which papermill does not.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from measuring import ROOT

from cip_analysis.publish import provenance
from cip_analysis.publish.pack import PackRequest, plan_pack, render_pack

RENDER = (str(Path(sys.executable).with_name("cip")), "pack")
PRODUCTS_BEGIN = "Writing pages"


def main(pack_file: str) -> None:
    """Print each way's seconds, and the ratios, as JSON."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        request = PackRequest((ROOT / pack_file).resolve(), ROOT, folder)
        told = {
            "fresh": _fresh(request),
            "unchanged": _seconds(*RENDER, pack_file, "--to", name),
            "papermill": _one_after_another(request, folder),
        }
    notebooks, whole = told["fresh"]
    print(
        json.dumps(
            {
                "cores": os.cpu_count(),
                "commit": provenance.code_version(ROOT).in_words,
                "fresh_notebooks_seconds": round(notebooks, 1),
                "fresh_pack_seconds": round(whole, 1),
                "unchanged_pack_seconds": round(told["unchanged"], 1),
                "papermill_seconds": round(told["papermill"], 1),
                "papermill_to_notebooks": round(told["papermill"] / notebooks, 2),
                "papermill_to_pack": round(told["papermill"] / whole, 2),
            },
            indent=1,
        )
    )


def _fresh(request: PackRequest) -> tuple[float, float]:
    """Seconds until every notebook is done, and until the pack stands."""
    begun, moments = time.monotonic(), dict[str, float]()
    render_pack(replace(request, fresh=True), lambda _done, what: moments.setdefault(what, time.monotonic()))
    return moments[PRODUCTS_BEGIN] - begun, time.monotonic() - begun


def _one_after_another(request: PackRequest, folder: Path) -> float:
    """Seconds that papermill's own command takes over every notebook of the pack."""
    plan, begun = plan_pack(request), time.monotonic()
    for path in plan.notebooks:
        words = [str(word) for name, value in plan.values[path.stem].items() for word in ("-p", name, value)]
        _seconds(sys.executable, "-m", "papermill", str(path), str(folder / path.name), "--cwd", str(ROOT), *words)
    return time.monotonic() - begun


def _seconds(*words: str) -> float:
    """Seconds a command takes; one that fails ends the benchmark, with what it said."""
    begun = time.monotonic()
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words[:4])} failed:\n{done.stderr[-2000:]}")
    return time.monotonic() - begun


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "config/packs/cabinet-autumn-2018.toml")
