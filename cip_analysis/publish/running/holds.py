"""A hold on a place that one process may have at a time, and that the system lets go of when its holder is killed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows has no such holds, and none is taken there
    fcntl = None  # type: ignore[assignment]


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Whether the hold at `path` was free and is now this process's, while this lasts; its file then goes with it."""
    with path.open("a+b") as opened:
        free = _take(opened, path)
        try:
            yield free
        finally:
            if free:
                path.unlink(missing_ok=True)


def _take(opened: BinaryIO, path: Path) -> bool:
    """Whether an opened hold could be taken, and is still the one that stands at its path."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(opened.fileno()).st_ino == path.stat().st_ino
    except OSError:
        return False
