"""Warm kernels: one Python imports everything once, and every notebook's kernel is a fork of it.

    with warm_kernels(modules, folder) as zygote:      # None where this system cannot
        kernels.kernels_of_one_run(zygote)

Imports are most of what a notebook waits for. Where the system cannot fork, or the zygote does not come up, kernels
start cold, and what notebooks show is the same.
"""

from __future__ import annotations

import ast
import atexit
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import nbformat
import zmq

from cip_analysis.publish.running.zygote import READY

LASTING = "cip-lasting-"
OF_EVERY_KERNEL = {
    "PYTHONHASHSEED": "0",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "MPLBACKEND": "agg",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
"""What every kernel's environment says, warm or cold: alike, so that both give the same bytes, and with no thread that
begins at import, because a fork leaves it behind."""


def can_fork() -> bool:
    """Whether kernels can be forked here: Linux, with sockets in folders."""
    return sys.platform == "linux" and bool(zmq.has("ipc"))


def modules_of(notebooks: Iterable[nbformat.NotebookNode]) -> list[str]:
    """The modules that notebooks import, each once, in their order; after a package what is taken from it.

    What is taken from a package may be a module too, or not: whoever imports these passes over what is none.
    """
    sources = [str(cell.source) for notebook in notebooks for cell in notebook.cells if cell.cell_type == "code"]
    return list(dict.fromkeys(name for source in sources for name in _imported(source)))


def _imported(source: str) -> Iterator[str]:
    """What one cell imports; nothing where it is no Python."""
    with suppress(SyntaxError):
        for statement in ast.walk(ast.parse(source)):
            if isinstance(statement, ast.Import):
                yield from (one.name for one in statement.names)
            elif isinstance(statement, ast.ImportFrom) and statement.module:
                yield statement.module
                yield from (f"{statement.module}.{one.name}" for one in statement.names)


_lasting: dict[tuple[str, ...], tuple[ExitStack, Path | None]] = {}


@atexit.register
def _end_lasting() -> None:
    for opened, _address in _lasting.values():
        opened.close()


def lasting_kernels(modules: tuple[str, ...]) -> Path | None:
    """The socket at which kernels with these modules can be had for as long as this process lives.

    For a process that makes many packs: its code must not change meanwhile, because what is imported stays as it was.
    One that no longer answers, because it was killed, is begun again.
    """
    opened, address = _lasting.pop(modules, (ExitStack(), None))
    if address is None or not _answers(address):
        opened.close()
        opened = ExitStack()
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix=LASTING, ignore_cleanup_errors=True)))
        address = opened.enter_context(warm_kernels(modules, folder))
    _lasting[modules] = (opened, address)
    return address


def _answers(address: Path) -> bool:
    """Whether somebody listens at a socket."""
    with socket.socket(socket.AF_UNIX) as asking:
        return asking.connect_ex(str(address)) == 0


@contextmanager
def warm_kernels(modules: Iterable[str], folder: Path, ready: str = "") -> Iterator[Path | None]:
    """The socket at which kernels can be had while this lasts; none where they cannot.

    folder: a private one, with a short path. ready: what to call before any kernel is forked (zygote.main).
    """
    if not can_fork():
        yield None
        return
    address = folder / "zygote"
    words = [sys.executable, "-m", "cip_analysis.publish.running.zygote", str(address), ready, *modules]
    with subprocess.Popen(  # noqa: S603
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, **OF_EVERY_KERNEL}, start_new_session=True,
    ) as zygote:  # fmt: skip
        try:
            said = zygote.stdout.readline().decode().strip() if zygote.stdout else ""
            yield address if said == READY else None
        finally:
            if zygote.stdin:
                zygote.stdin.close()
            try:
                zygote.wait(10)
            except subprocess.TimeoutExpired:
                zygote.kill()
