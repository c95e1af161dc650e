"""A real PostgreSQL server for tests: in a folder of its own, on a free port, with passwords, gone afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
OWNER, PASSWORD = "warden", "warden's s3cret/word"
NOT_ROOT = "postgres"


def installed() -> bool:
    """Whether this machine has a PostgreSQL to start."""
    return bool(BINARIES) or shutil.which("initdb") is not None


def _binary(name: str) -> str:
    return str(BINARIES[-1] / name) if BINARIES else str(shutil.which(name))


def _run(*command: str, cwd: Path) -> None:
    """A command, as the user Debian makes for it where we are root, whom the server refuses."""
    user = NOT_ROOT if os.geteuid() == 0 else None
    subprocess.run(command, check=True, capture_output=True, cwd=cwd, user=user, timeout=120)


@contextmanager
def a_server() -> Iterator[tuple[str, int]]:
    """A server with a password; its address as its owner, and its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, NOT_ROOT)
    data, word = folder / "data", folder / "word"
    word.write_text(PASSWORD, encoding="utf-8")
    word.chmod(0o644)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    try:
        _run(_binary("initdb"), "-D", str(data), "-U", OWNER, "-A", "scram-sha-256", f"--pwfile={word}",
             "--locale=C.UTF-8", "-E", "UTF8", cwd=folder)  # fmt: skip
        _run(_binary("pg_ctl"), "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start", cwd=folder)
        try:
            yield _address(port), port
        finally:
            _run(_binary("pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop", cwd=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _address(port: int) -> str:
    from urllib.parse import quote

    return f"postgresql://{OWNER}:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/postgres"
