"""Notebooks run through papermill, several at once in one process, each in a Python of its own.

The kernel is this environment's own Python, whatever kernels the machine has installed. Kernels talk over sockets in a
private folder where the system has them, because numbered ports can be taken between choosing and using them.
"""

from __future__ import annotations

import copy
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import nbformat
import papermill
import zmq
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets import default
from traitlets.config import Config

from cip_analysis.publish.parameters import Value, as_told
from cip_analysis.publish.running import caller
from cip_analysis.publish.running.errors import last_line, own_errors
from cip_analysis.publish.running.notebooks import NotebookError, read_notebook
from cip_analysis.publish.running.warm import OF_EVERY_KERNEL

CALLER = Path(caller.__file__)
INJECTED = "injected-parameters"
WATCHING = "watching"
EXPLORER = "explorer"
OWN_RETURNS = "own-returns"
PUBLISHED_ONLY = "published-only"
"""Tags of cells that packs leave out: those to play with, those that need returns, and those that stand in for them."""

logging.getLogger("papermill").addHandler(logging.NullHandler())  # a notebook that stops is told once, in our words


class OwnPython(AsyncKernelManager):
    """Starts this environment's own Python as the kernel, and remembers what it started.

    zygote: the socket at which a warm kernel can be had; none starts a cold one.
    """

    started: ClassVar[list[OwnPython]] = []
    zygote: ClassVar[Path | None] = None

    @default("kernel_spec_manager")
    def _own_specs(self) -> KernelSpecManager:
        return KernelSpecManager(kernel_dirs=[])

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        """The words that start the kernel: this Python's own or, where it is warm, its caller."""
        if self.zygote is None:
            return list(super().format_kernel_cmd(extra_arguments))
        connection = str(Path(self.connection_file).resolve())
        return [sys.executable, "-I", "-S", str(CALLER), str(self.zygote), connection]

    async def _async_start_kernel(self, **options: Any) -> None:
        folder = {"IPYTHONDIR": str(Path(self.connection_file).parent / "ipython")}
        options["env"] = {**os.environ, **options.get("env", {}), **OF_EVERY_KERNEL, **folder}
        options["stderr"] = subprocess.DEVNULL  # kernels grumble there when told to stop; a notebook's own goes to it
        type(self).started.append(self)
        await super()._async_start_kernel(**options)

    start_kernel = _async_start_kernel


def kernels_of_one_run(zygote: Path | None = None) -> type[OwnPython]:
    """A kernel class that remembers only the kernels of one run, so that only these are ever stopped."""
    return type("OwnPythonOfOneRun", (OwnPython,), {"started": [], "zygote": zygote})


def stop_all(kernels: type[OwnPython]) -> None:
    """Kill every kernel of one run that is still alive; the threads that wait on them then end."""
    for kernel in kernels.started:
        process = getattr(kernel.provisioner, "process", None)
        if process is not None and process.poll() is None:
            process.kill()


@dataclass(frozen=True, slots=True)
class Watch:
    """What watches a notebook's releases: where its private ledger goes; the pack's rulings, if there are any yet."""

    ledger: Path
    rulings: Path | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and how notebooks run: the project's root, a private folder, the longest a cell may take, the kernels.

    returned: the run has returns.
    """

    root: Path
    sockets: Path
    timeout_seconds: int
    kernels: type[OwnPython]
    returned: bool = True


def as_for(notebook: nbformat.NotebookNode, returned: bool) -> nbformat.NotebookNode:
    """The notebook less the cells that are there to be played with: their answers hang on who moved the sliders.

    Less, too, the cells that need the council's own returns where it has none, or else those that stand in for them.
    """
    left_out = {EXPLORER, PUBLISHED_ONLY if returned else OWN_RETURNS}
    kept = [cell for cell in notebook.cells if not left_out & set(cell.metadata.get("tags", []))]
    return nbformat.from_dict({**notebook, "cells": kept})  # type: ignore[no-any-return,no-untyped-call]


def run_notebook(
    path: Path, values: Mapping[str, Value], setting: Setting, watch: Watch, keep_failed: Path | None = None
) -> nbformat.NotebookNode:
    """The notebook executed with these values; nothing is written to disk but its ledger.

    keep_failed: a folder in which to leave the notebook as far as it got, should it stop; it may hold children's data.
    Raises NotebookError saying which cell stopped, why and what to do, without a traceback.
    """
    notebook = as_for(read_notebook(path), setting.returned)
    reached: list[int] = []
    try:
        with _event_loop():
            executed = papermill.execute_notebook(
                _watched(notebook, watch),
                str(keep_failed / path.name) if keep_failed else None,
                parameters=dict(values),
                kernel_name="python3",
                language="python",
                progress_bar=False,
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                execution_timeout=setting.timeout_seconds,
                resources={"metadata": {"path": str(setting.root)}},
                kernel_manager_class=setting.kernels,
                config=_transport(setting.sockets, path.stem),
                on_cell_start=_noting(reached),
            )
    except PapermillExecutionError as error:
        said = f"{error.ename}: {last_line(error.evalue, error.ename)}"
        raise NotebookError(_advice(notebook, path, error.cell_index, bool(values), said)) from None
    except CellTimeoutError:
        said = f"it took longer than {setting.timeout_seconds} seconds (timeout_seconds in the pack file)"
        raise NotebookError(_advice(notebook, path, reached[-1], bool(values), said)) from None
    except (DeadKernelError, RuntimeError) as error:
        said = f"its Python died, perhaps for want of memory ({type(error).__name__})"
        raise NotebookError(_advice(notebook, path, reached[-1] if reached else 0, bool(values), said)) from None
    if keep_failed:
        (keep_failed / path.name).unlink(missing_ok=True)
    return scrubbed(executed, values)


def _watched(notebook: nbformat.NotebookNode, watch: Watch) -> nbformat.NotebookNode:
    """The notebook with a cell before and a cell after its own, which record what it releases."""
    door = "from cip_analysis.publish.protection import ledger as _ledger"
    sources = (f"_ledger.begin({str(watch.rulings or '')!r})", f"_ledger.write({str(watch.ledger)!r})")
    first, last = (
        nbformat.from_dict({  # type: ignore[no-untyped-call]
            "cell_type": "code", "id": f"watching-{number}", "metadata": {"tags": [WATCHING]},
            "execution_count": None, "outputs": [], "source": f"{door}\n{source}",
        })
        for number, source in enumerate(sources)
    )  # fmt: skip
    own = copy.deepcopy(notebook)
    own.cells = [first, *own.cells, last]
    return own


@contextmanager
def _event_loop() -> Iterator[None]:
    """An event loop of the thread's own, closed after use, because the Jupyter libraries leave theirs open."""
    loop = ensure_event_loop(prefer_selector_loop=True)
    try:
        yield
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _noting(reached: list[int]) -> Callable[..., None]:
    def _note(cell: object, cell_index: int) -> None:
        del cell
        reached.append(cell_index)

    return _note


def _transport(folder: Path, name: str) -> Config:
    """Sockets in the private folder where the system has them, numbered ports where it has not."""
    config = Config()
    config.KernelManager.connection_file = str(folder / f"{name[:20]}.json")
    if sys.platform != "win32" and zmq.has("ipc"):
        config.KernelManager.transport = "ipc"
    return config


def scrubbed(notebook: nbformat.NotebookNode, values: Mapping[str, Value]) -> nbformat.NotebookNode:
    """The notebook without what papermill wrote into it of this machine.

    That is the paths and times in its metadata, and any path outside the project among the parameters it was given.
    """
    notebook.metadata.pop("papermill", None)
    notebook.cells = [cell for cell in notebook.cells if WATCHING not in cell.metadata.get("tags", [])]
    for cell in notebook.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        if INJECTED in cell.metadata.get("tags", []):
            cell.source = "\n".join(f"{name} = {as_told(value)!r}" for name, value in values.items())
    return notebook


def _advice(notebook: nbformat.NotebookNode, path: Path, index: int, injected: bool, said: str) -> str:
    """Which notebook, which cell under which heading, why, and what to do."""
    at = min(max(index - 1, 0), len(notebook.cells))  # one cell stands before the notebook's own
    at = min(at - (_shift(notebook, at) if injected else 0), len(notebook.cells) - 1)
    headings = [
        line.lstrip("# ").strip()
        for cell in notebook.cells[: at + 1]
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
        if line.startswith("#")
    ]
    under = f", under “{headings[-1]}”," if headings else ""
    mend = f"Open {path.parent.name}/{path.name} with `make lab`, run it to that cell and mend the cause"
    if said.partition(":")[0] in own_errors():
        mend = "Do as it says"
    return (
        f"{path.name}: cell {at + 1} of {len(notebook.cells)}{under} stopped: {said}\n"
        f"{mend}; then render the pack again."
    )


def _shift(notebook: nbformat.NotebookNode, index: int) -> int:
    """How many cells papermill put in before the one at `index`: its own cell follows the parameters cell."""
    places = [place for place, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", [])]
    return 1 if places and index > places[0] else 0
