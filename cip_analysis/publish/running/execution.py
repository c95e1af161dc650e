"""Every notebook of a pack executed, several at once; the first that stops stops them all."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

import nbformat

from cip_analysis.publish import page
from cip_analysis.publish.plan import PackError, Plan
from cip_analysis.publish.running import kernels
from cip_analysis.publish.running.warm import modules_of, warm_kernels

Progress = Callable[[int, str], None]
Executed = Mapping[str, nbformat.NotebookNode]


def run_all(plan: Plan, progress: Progress) -> Executed:
    """Every notebook executed, in the pack's order; the first that stops stops them all."""
    with tempfile.TemporaryDirectory(prefix="cip-") as sockets, _zygote(plan, Path(sockets), progress) as zygote:
        ours = kernels.kernels_of_one_run(zygote)
        setting = kernels.Setting(plan.request.root, Path(sockets), plan.pack.timeout_seconds, ours)
        pool = ThreadPoolExecutor(max_workers=plan.request.jobs)
        started = {pool.submit(_run_one, path, plan, setting): path.stem for path in plan.notebooks}
        try:
            return _gather(started, progress)
        except kernels.NotebookError as error:
            raise PackError(f"{error}\n{standing(plan.folder)}") from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            while any(future.running() for future in started):
                kernels.stop_all(ours)
                time.sleep(0.1)


@contextmanager
def _zygote(plan: Plan, folder: Path, progress: Progress) -> Iterator[Path | None]:
    """Where warm kernels can be had, if they are wanted and can be."""
    if not plan.request.warm:
        yield None
        return
    progress(0, "Warming up")
    with warm_kernels(modules_of(map(kernels.read_notebook, plan.notebooks)), folder) as zygote:
        yield zygote


def _run_one(path: Path, plan: Plan, setting: kernels.Setting) -> nbformat.NotebookNode:
    executed = kernels.run_notebook(path, plan.values[path.stem], setting, plan.request.keep_failed)
    try:
        page.check_outputs(executed)
    except page.PageError as error:
        raise kernels.NotebookError(f"{path.name}: {error}") from None
    return executed


def _gather(started: dict[Future[nbformat.NotebookNode], str], progress: Progress) -> Executed:
    waiting, finished = set(started), dict.fromkeys(started.values())
    while waiting:
        under_way = [name for future, name in started.items() if future in waiting and future.running()]
        progress(len(started) - len(waiting), f"Running {', '.join(under_way)}" if under_way else "Starting")
        done, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
        finished |= {started[future]: future.result() for future in done}
    return {name: executed for name, executed in finished.items() if executed is not None}


def standing(folder: Path) -> str:
    """What stands in a pack's place after one that failed."""
    if folder.exists():
        return f"The last good pack in {folder.name} is untouched."
    return "No pack was written."
