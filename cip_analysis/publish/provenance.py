"""What went into a pack and what came out, hashed, and a check that it is still so.

`manifest.json` names inputs by their path from the project's root; of a folder outside it, only the folder's name.
Nothing in it says who a child is: files are hashed, not listed line by line.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
LAYOUT = 1
SKIPPED_PARTS = frozenset({"__pycache__", ".ipynb_checkpoints", ".git", ".venv"})
SKIPPED_NAMES = frozenset({".DS_Store", "Thumbs.db"})


class ProvenanceError(ValueError):
    """A manifest is missing or cannot be read, or an input changed while it was being used."""


@dataclass(frozen=True, slots=True, order=True)
class Hashed:
    """One file: its path as the manifest names it, what it is for, its size and its SHA-256 hash."""

    path: str
    role: str
    bytes: int
    sha256: str
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """The code that ran: commit, and whether the tree held nothing uncommitted."""

    commit: str
    clean: bool | None

    @property
    def in_words(self) -> str:
        """The version as the cover says it."""
        if not self.commit:
            return "not recorded"
        return self.commit[:10] + ("" if self.clean else " with uncommitted changes")


def hash_inputs(root: Path, sources: Mapping[str, Sequence[Path]]) -> tuple[Hashed, ...]:
    """Every file of each source, in the order of their names; a source that is not there gives none.

    sources: role -> files or folders, absolute. root: the project's root, which paths are told from.
    """
    home = root.resolve()
    found = {
        (path, role): _hashed(path, role, home, source)
        for role, listed in sources.items()
        for source in listed
        for path in _files_of(source)
    }
    return tuple(sorted(found.values()))


def hash_outputs(folder: Path) -> tuple[Hashed, ...]:
    """Every file of a pack's folder but its manifest."""
    files, home = (path for path in _files_of(folder) if path != folder / MANIFEST), folder.resolve()
    return tuple(sorted(_hashed(path, "output", home, folder) for path in files))


def _files_of(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    return [
        path
        for path in sorted(source.rglob("*"))
        if path.is_file() and not SKIPPED_PARTS & set(path.parts) and path.name not in SKIPPED_NAMES
    ]


def _hashed(path: Path, role: str, home: Path, source: Path) -> Hashed:
    """One file's name and content. home: the resolved folder that names are told from."""
    real = path.resolve()
    if inside := real.is_relative_to(home):
        name = real.relative_to(home).as_posix()
    else:
        folder = source if source.is_dir() else source.parent
        name = f"{folder.resolve().name}/{path.relative_to(folder).as_posix()}"
    with path.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    return Hashed(name, role, path.stat().st_size, digest, not inside)


def check_unchanged(before: Iterable[Hashed], after: Iterable[Hashed]) -> None:
    """Refuse inputs that were altered between the two; those that were only added are the run's own making.

    Raises ProvenanceError naming the files.
    """
    then = {(one.role, one.path): one.sha256 for one in before}
    now = {(one.role, one.path): one.sha256 for one in after}
    if changed := sorted({path for (role, path), digest in then.items() if now.get((role, path)) != digest}):
        raise ProvenanceError(
            f"{len(changed)} inputs changed while the pack was being made, first {changed[0]}. Render it again."
        )


def run_id(inputs: Iterable[Hashed], parameters: Mapping[str, Any], packages: Mapping[str, str]) -> str:
    """A short name for the run, the same wherever and whenever the same inputs, parameters and packages are used."""
    told = [[one.role, one.path, one.sha256] for one in sorted(inputs)]
    words = json.dumps([told, parameters, dict(packages)], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(words.encode("utf-8")).hexdigest()[:12]


def key_packages() -> dict[str, str]:
    """The version of each package this one depends on directly, and its own."""
    return dict(_versions())


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    """Looked up once: what is imported does not change while Python runs."""
    needed = importlib.metadata.requires("cip-analysis") or []
    names = sorted({re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in needed if "extra ==" not in line})
    return tuple((name, importlib.metadata.version(name)) for name in ["cip-analysis", *names])


def python_version() -> str:
    """The Python that ran, without the machine it ran on."""
    return f"{platform.python_implementation()} {platform.python_version()}"


def code_version(root: Path) -> Code:
    """The commit of the project's tree and whether it was clean; blank where there is no git or no repository."""
    commit = _git(root, "rev-parse", "HEAD")
    if not commit:
        return Code("", None)
    return Code(commit, not _git(root, "status", "--porcelain"))


def _git(root: Path, *words: str) -> str:
    program = shutil.which("git")
    if program is None:
        return ""
    told = subprocess.run([program, *words], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603
    return told.stdout.strip() if told.returncode == 0 else ""


def write_manifest(folder: Path, facts: Mapping[str, Any], inputs: Iterable[Hashed]) -> Path:
    """The manifest of a finished folder: `facts`, then every input and every output with its hash."""
    told = {
        "layout": LAYOUT,
        **facts,
        "inputs": [asdict(one) for one in inputs],
        "outputs": [asdict(one) for one in hash_outputs(folder)],
    }
    sealed = {**told, "seal": seal_of(told)}
    path = folder / MANIFEST
    path.write_text(json.dumps(sealed, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    return path


def seal_of(told: Mapping[str, Any]) -> str:
    """The hash of every fact of a manifest but the seal itself: it shows an edit, not who made it."""
    facts = {name: fact for name, fact in told.items() if name != "seal"}
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode("utf-8")).hexdigest()


def read_manifest(folder: Path) -> dict[str, Any]:
    """A pack's manifest.

    Raises ProvenanceError where the folder holds none, or one that cannot be read.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ProvenanceError(f"{folder.name}: no {MANIFEST} here. Name the folder of a pack.")
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise ProvenanceError(
            f"{folder.name}: {MANIFEST} cannot be read; the pack was altered. Render it again."
        ) from None
    if not isinstance(told, dict) or told.get("layout") != LAYOUT:
        raise ProvenanceError(f"{folder.name}: {MANIFEST} is not of layout {LAYOUT}. Render the pack again.")
    return told


def stands(folder: Path, run: str, audience: str, root: Path) -> bool:
    """Whether a folder holds a whole pack of this run and audience, made by this code, that lacks nothing.

    run: its id (`run_id`). A pack that could not be made whole here, for want of a program, is to be made again.
    """
    try:
        told = read_manifest(folder)
        if told.get("not_made") or verify_pack(folder):
            return False
    except ProvenanceError:
        return False
    made = [told.get(name) for name in ("run_id", "audience", "code", "python")]
    return made == [run, audience, asdict(code_version(root)), python_version()]


def verify_pack(folder: Path) -> list[str]:
    """What is not as the manifest says: files altered, missing or extra, and a manifest at odds with itself.

    Raises ProvenanceError where there is no manifest to hold the pack to.
    """
    told = read_manifest(folder)
    try:
        inputs = [Hashed(**one) for one in told["inputs"]]
        promised = {one["path"]: one["sha256"] for one in told["outputs"]}
        same_run = run_id(inputs, told["parameters"], told["packages"]) == told["run_id"]
    except (KeyError, TypeError):
        raise ProvenanceError(f"{folder.name}: {MANIFEST} lacks what a manifest holds; it was altered.") from None
    found = {one.path: one.sha256 for one in hash_outputs(folder)}
    problems = [f"{path}: missing" for path in promised if path not in found]
    problems += [f"{path}: not in the manifest" for path in found if path not in promised]
    problems += [f"{path}: altered" for path, digest in found.items() if promised.get(path, digest) != digest]
    if told.get("seal") != seal_of(told):
        problems.append(f"{MANIFEST}: altered")
    if not same_run:
        problems.append(f"{MANIFEST}: its run id does not follow from its inputs, parameters and packages")
    return sorted(problems)
