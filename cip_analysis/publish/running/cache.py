"""Executed notebooks kept by the content of everything they rest on, so that an unchanged one is not run again.

What is kept is what the notebook released, and the private ledger of its true counts, which is why only the owner may
read the folder. An entry that is not whole is no entry; those long unused go, and so do the oldest when there are many.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import nbformat

from cip_analysis.publish.plan import Plan
from cip_analysis.publish.protection.ledger import Ledger, LedgerError, read_ledger
from cip_analysis.publish.protection.rulings import Rulings, read_told
from cip_analysis.publish.provenance import Hashed, hash_inputs, key_packages, python_version

FOLDER = Path("reports") / ".cache" / "notebooks"
OWNER_ONLY = 0o700
LONGEST_UNUSED_DAYS = 30
MOST_BYTES = 1_000_000_000
ENDINGS = (".ipynb", ".ledger", ".seconds")
NOT_RUN = frozenset({"notebook", "words", "earlier", "previous"})
"""Roles of inputs that no notebook's Python reads: other notebooks, the front page's words, packs released before."""


@dataclass(frozen=True, slots=True, eq=False)
class Ran:
    """One notebook as executed, the private ledger of what it released, and how long it took."""

    notebook: nbformat.NotebookNode
    ledger: Ledger
    seconds: float


def key_of(plan: Plan, path: Path, inputs: Sequence[Hashed], rulings: str) -> str:
    """A name for everything that one notebook's run rests on, and for nothing else.

    That is its source, its parameters, every input that it may read, the package's code and lock, the versions of what
    is installed, and the pack's rulings. inputs: the plan's, hashed. rulings: their digest; blank for the first run.
    """
    of_pack_alone = {one.path for one in hash_inputs(plan.request.root, {"settings": [plan.request.pack_file]})}
    told = [
        [one.role, one.path, one.sha256]
        for one in sorted(inputs)
        if one.role not in NOT_RUN and not (one.role == "settings" and one.path in of_pack_alone)
    ]
    source = hashlib.sha256(path.read_bytes()).hexdigest()
    facts = [path.stem, source, plan.values[path.stem], told, key_packages(), python_version(), rulings]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode("utf-8")).hexdigest()[:32]


def take(root: Path, key: str) -> Ran | None:
    """A notebook's run kept under this key; none where there is none, or it is not whole."""
    parts = _parts(root, key)
    with suppress(OSError, ValueError, LedgerError, AttributeError, KeyError):
        seal = (root / FOLDER / key).read_text(encoding="ascii")
        if seal == _seal(parts):
            notebook = nbformat.from_dict(json.loads(parts[0].read_text(encoding="utf-8")))  # type: ignore[no-untyped-call]
            ran = Ran(notebook, read_ledger(parts[1]), float(parts[2].read_text(encoding="ascii")))
            os.utime(root / FOLDER / key)
            return ran
    return None


def keep(root: Path, key: str, ran: Ran, ledger: Path) -> None:
    """A run kept for the next time, each part whole and its seal last. A folder that cannot be written costs only time.

    ledger: the file that `ran.ledger` was read from.
    """
    texts = (json.dumps(ran.notebook), ledger.read_text(encoding="utf-8"), f"{ran.seconds:.3f}")
    with suppress(OSError):
        (root / FOLDER).mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
        (root / FOLDER).chmod(OWNER_ONLY)
        parts = _parts(root, key)
        for part, text in zip(parts, texts, strict=True):
            _place(part, text)
        _place(root / FOLDER / key, _seal(parts))
        _prune(root / FOLDER)


def remember(root: Path, pack: str, rulings: Mapping[str, Rulings]) -> None:
    """Keep a pack's rulings: those of the next are likely the same, and no notebook then needs to run twice.

    pack: its name and audience.
    """
    with suppress(OSError):
        (root / FOLDER).mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
        told = {name: one.told() for name, one in rulings.items()}
        _place(root / FOLDER / f"{pack}.rulings", json.dumps(told, sort_keys=True))


def remembered(root: Path, pack: str) -> dict[str, Rulings]:
    """The rulings of a pack as it was last made, by notebook; none where that is not known."""
    with suppress(OSError, ValueError, AttributeError):
        told = json.loads((root / FOLDER / f"{pack}.rulings").read_text(encoding="utf-8"))
        return {name: read_told(one) for name, one in told.items()}
    return {}


def usual_seconds(root: Path, name: str) -> float | None:
    """How long a notebook took when it last ran, whatever has changed since; none if that is not known."""
    with suppress(OSError, ValueError):
        return float((root / FOLDER / f"{name}.usual").read_text(encoding="ascii"))
    return None


def note_seconds(root: Path, name: str, seconds: float) -> None:
    """Remember how long a notebook took, to tell the time left of the next pack."""
    with suppress(OSError):
        (root / FOLDER).mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
        _place(root / FOLDER / f"{name}.usual", f"{seconds:.3f}")


def _parts(root: Path, key: str) -> list[Path]:
    """The files of an entry but its seal."""
    return [root / FOLDER / f"{key}{ending}" for ending in ENDINGS]


def _seal(parts: Sequence[Path]) -> str:
    """A hash of an entry's files."""
    return hashlib.sha256(b"\x1e".join(part.read_bytes() for part in parts)).hexdigest()


def _place(path: Path, text: str) -> None:
    """Write beside the place and move it there whole."""
    part = path.with_name(f".{uuid4().hex}")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _prune(folder: Path) -> None:
    """Remove entries long unused, then the longest unused until the rest fit; and what a killed run left half made."""
    now, held = time.time(), 0
    seals = [path for path in folder.iterdir() if path.suffix == "" and not path.name.startswith(".")]
    for seal in sorted(seals, key=lambda path: path.stat().st_mtime, reverse=True):
        entry = [seal, *_parts(folder.parents[2], seal.name)]
        held += sum(part.stat().st_size for part in entry if part.exists())
        if held > MOST_BYTES or now - seal.stat().st_mtime > LONGEST_UNUSED_DAYS * 86_400:
            for part in entry:
                part.unlink(missing_ok=True)
    for left in folder.glob(".*"):
        if now - left.stat().st_mtime > 3600:
            left.unlink(missing_ok=True)
