"""A small project of many councils, and a real Dask cluster of processes to be killed, stopped and begun again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from builders import ROOT
from publish.projects import IMPORTS, RELEASE, SAY, TABLE, Project, a_code_cell, make_project, prose

from cip_analysis.publish.batch import BatchRequest, read_members
from cip_analysis.settings import Pack, read_settings

PARAMETERS = '''run: str = "config/runs/small.toml"  # settings of this run
audience: str = "public"
council: str = ""'''
HEADER = "la_code,code,name,region,region_code,first_year,last_year,neighbours,neighbours_model,note"
BEGIN = """import os
import time
from pathlib import Path

with Path("begun.log").open("a") as log:
    log.write(f"{council}\\n")"""
STOP = 'assert council != "903", "this council has no returns"'
REST = "time.sleep(1.5)"
ROOM = 'taken = b"x" * (1_200_000_000 if council == "904" else 0)\ntime.sleep(2 if taken else 0)'
END = """with Path("ended.log").open("a") as log:
    log.write(f"{council}\\n")"""
FIVE_SECONDS = "5s"


def make_many(root: Path, councils: int = 6) -> Project:
    """A project whose one notebook notes each council it begins and ends; 903 stops, 904 takes more than a gigabyte."""
    import nbformat

    root.mkdir(parents=True)
    made = make_project(root)
    rows = [f"{900 + place},E0{place},Council {place},Nowhere,E12,2010,2023,,2021," for place in range(councils)]
    (root / "data/reference").mkdir()
    (root / "data/reference/authorities.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    cells = [prose("# Quick\n\nHow many?"), a_code_cell(PARAMETERS, "parameters"), a_code_cell(IMPORTS)]
    cells += [a_code_cell(source) for source in (BEGIN, STOP, ROOM, REST, RELEASE, TABLE)]
    cells += [a_code_cell(SAY, "answer", "finding"), a_code_cell(END), prose("## Caveats\n\nNone is real.")]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    made.write("01_first", nbformat.v4.new_notebook(cells=cells, metadata=kernel))
    pack = root / "config/packs/small.toml"
    pack.write_text(pack.read_text().replace('["01_first", "02_second"]', '["01_first"]'))
    return made


def a_batch(project: Project, councils: str = "all", **changes: object) -> BatchRequest:
    """A batch of the small pack, in the project's own reports."""
    pack_file = project.root / "config/packs/small.toml"
    pack, members = read_settings(pack_file, Pack), read_members(project.root, councils)
    wanted = {"most_mb": 2_000, **changes}
    return BatchRequest(pack_file, pack, project.root, project.root / "reports/batch", members, **wanted)


def noted(project: Project, log: str) -> list[str]:
    """The councils a log names, in order."""
    path = project.root / log
    return path.read_text().split() if path.exists() else []


def wait_until(true: Callable[[], object], seconds: float = 90) -> None:
    """Wait for something to become so."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it never became so"
        time.sleep(0.1)


@dataclass
class Cluster:
    """A scheduler and its workers, each a process (a worker: a nanny and the process it minds)."""

    folder: Path
    port: int
    scheduler: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def start(self, workers: int) -> None:
        """The scheduler, and so many workers."""
        self.scheduler = self._run(
            "dask_scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard", "--no-show"
        )
        words = ("--nthreads", "1", "--nanny", "--no-dashboard", "--local-directory", str(self.folder))
        self.workers = [
            self._run("dask_worker", self.address, *words, "--host", "127.0.0.1", "--death-timeout", "20")
            for _ in range(workers)
        ]

    def pids(self) -> list[int]:
        """The processes that make packs."""
        from distributed import Client

        with Client(self.address, timeout=20, set_as_default=False) as client:
            client.wait_for_workers(len(self.workers), timeout=60)
            return list(client.run(os.getpid).values())

    def stop(self) -> None:
        """Everything ended, stopped processes too."""
        for process in [*self.workers, *([self.scheduler] if self.scheduler else [])]:
            with_children = subprocess.run(
                ["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False
            ).stdout.split()
            for pid in [*map(int, with_children), process.pid]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            process.wait()
        self.workers, self.scheduler = [], None

    def _run(self, program: str, *words: str) -> subprocess.Popen[bytes]:
        told = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": FIVE_SECONDS, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{program}", *words], env={**os.environ, **told},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


@contextmanager
def a_cluster(folder: Path, workers: int = 3) -> Iterator[Cluster]:
    """A cluster of processes on a free port, ended afterwards whatever happened."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(folder, port)
    try:
        cluster.start(workers)
        yield cluster
    finally:
        cluster.stop()
