"""A hold on a place that one process may have at a time, and that the system lets go of when its holder is killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has no such holds, and none is taken there
    fcntl = None  # type: ignore[assignment]


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Whether the hold at `path` was free and is now this process's, while this lasts. The file is left there."""
    with path.open("a+b") as opened:
        if fcntl is None:
            yield True
            return
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
