"""Write environment.yml, conda users' way in, from uv.lock: the same versions, whichever route installs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAD = """\
# Made from uv.lock by `make environment`; do not edit. A test compares every version with the lock.
name: cip-analysis
channels:
  - conda-forge
dependencies:
  - python>=3.11
  - pip
  - pip:
"""


def locked_requirements() -> list[str]:
    """Every locked package with its exact version and, where it has one, its environment marker."""
    uv = Path(sys.prefix) / "bin" / "uv"
    quiet = ("--all-extras", "--no-hashes", "--no-annotate", "--no-header", "--no-emit-project")
    listing = subprocess.run(  # noqa: S603
        [uv, "export", "--frozen", *quiet], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [line.strip() for line in listing.stdout.splitlines() if line.strip()]


def environment_text() -> str:
    """The whole of environment.yml."""
    return HEAD + "".join(f'      - "{line}"\n' for line in [*locked_requirements(), "-e ."])


if __name__ == "__main__":
    (ROOT / "environment.yml").write_text(environment_text(), encoding="utf-8")
