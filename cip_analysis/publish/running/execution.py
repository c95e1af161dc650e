"""Every notebook of a pack executed, several at once; the first that stops stops them all.

Each is run once: under the rulings of the pack as it was last made or, where there are none, by itself. Then the pack
as a whole rules on what may be shown, and those it rules otherwise on are run again under its rulings. A notebook that
was run before on the same inputs, under the same rulings, is taken as kept.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat

from cip_analysis.publish import page
from cip_analysis.publish.plan import PackError, Plan
from cip_analysis.publish.protection import ledger, pack_wide
from cip_analysis.publish.protection.earlier import EarlierError, read_earlier
from cip_analysis.publish.protection.rulings import Rulings
from cip_analysis.publish.provenance import Hashed
from cip_analysis.publish.running import cache, kernels
from cip_analysis.publish.running.cache import Ran
from cip_analysis.publish.running.holds import held
from cip_analysis.publish.running.notebooks import NotebookError, read_notebook
from cip_analysis.publish.running.warm import lasting_kernels, modules_of, warm_kernels

Progress = Callable[[int, str], None]
Executed = Mapping[str, nbformat.NotebookNode]
OURS = "cip-"
HELD = "held"


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Every notebook of a pack as run under the pack's rulings, in the pack's order."""

    ran: Mapping[str, Ran]
    rulings: Mapping[str, Rulings]

    @property
    def executed(self) -> Executed:
        """The notebooks alone."""
        return {name: one.notebook for name, one in self.ran.items()}


def run_all(plan: Plan, inputs: Sequence[Hashed], progress: Progress) -> Runs:
    """Every notebook executed under the pack's own rulings, or taken as kept where nothing it rests on has changed.

    inputs: the plan's, hashed. Raises PackError, naming the notebook and the cell that stopped, or the tables that
    cannot be shown together.
    """
    root, pack = plan.request.root, f"{plan.folder.name}-{plan.audience}"
    with _Workplace(plan, inputs, progress) as place:
        try:
            first = place.run(plan.notebooks, {} if plan.request.fresh else cache.remembered(root, pack))
            rulings = _decide(plan, first)
            again = [path for path in plan.notebooks if _ruled_otherwise(first[path.stem], rulings[path.stem])]
            second = place.run(again, rulings)
        except NotebookError as error:
            raise PackError(f"{error}\n{standing(plan.folder)}") from None
    if unlike := [name for name, ran in second.items() if _ruled_otherwise(ran, rulings[name])]:
        raise PackError(
            f"{', '.join(unlike)}: run twice, it released other tables the second time. Take out what differs from run "
            f"to run, such as a clock or unseeded chance.\n{standing(plan.folder)}"
        )
    cache.remember(root, pack, rulings)
    return Runs({path.stem: second.get(path.stem, first[path.stem]) for path in plan.notebooks}, rulings)


def standing(folder: Path) -> str:
    """What stands in a pack's place after one that failed."""
    if folder.exists():
        return f"The last good pack in {folder.name} is untouched."
    return "No pack was written."


def _decide(plan: Plan, first: Mapping[str, Ran]) -> Mapping[str, Rulings]:
    """What the pack as a whole rules on its tables."""
    ledgers = {name: ran.ledger for name, ran in first.items()}
    try:
        earlier = [read_earlier(cells.parents[1]) for cells in plan.sources.get("earlier", [])]
        return pack_wide.decide(ledgers, plan.run.disclosure_for(plan.audience), earlier)
    except (EarlierError, pack_wide.PackWideError) as error:
        raise PackError(f"{error}\n{standing(plan.folder)}") from None


def _ruled_otherwise(ran: Ran, rulings: Rulings) -> bool:
    return pack_wide.applied(ran.ledger) != rulings.digest()


class _Workplace:
    """Where a pack's notebooks run: a private folder and, once one has to be run, kernels."""

    def __init__(self, plan: Plan, inputs: Sequence[Hashed], progress: Progress) -> None:
        self.plan, self.inputs, self.progress = plan, inputs, progress
        self.open = ExitStack()

    def __enter__(self) -> _Workplace:
        _clear_left_behind(Path(tempfile.gettempdir()))
        self.folder = Path(
            self.open.enter_context(tempfile.TemporaryDirectory(prefix=OURS, ignore_cleanup_errors=True))
        )
        self.open.enter_context(held(self.folder / HELD))
        return self

    def __exit__(self, *raised: object) -> None:
        self.open.close()

    @cached_property
    def setting(self) -> kernels.Setting:
        """How notebooks run here; kernels are warmed up when it is first asked for."""
        zygote = None
        if self.plan.request.warm:
            self.progress(0, "Warming up")
            modules = [*modules_of(map(read_notebook, self.plan.notebooks)), ledger.__name__]  # every kernel keeps one
            if self.plan.request.lasting:
                zygote = lasting_kernels(tuple(modules))
            else:
                zygote = self.open.enter_context(warm_kernels(modules, self.folder, self._ready()))
            if zygote is None:
                self.progress(0, "Kernels start one by one here: slower, with the same pages")
        ours = kernels.kernels_of_one_run(zygote)
        return kernels.Setting(
            self.plan.request.root, self.folder, self.plan.pack.timeout_seconds, ours, self.plan.returned
        )

    def _ready(self) -> str:
        """What is to be read ahead for every notebook, where all are given the same."""
        named = ("run", "returns", "payments", "audience", "council")
        given = [{name: values[name] for name in named if name in values} for values in self.plan.values.values()]
        if not self.plan.request.reads_ahead or any(one != given[0] for one in given):
            return ""
        return json.dumps([self.plan.request.reads_ahead, {"root": str(self.plan.request.root), **given[0]}])

    def run(self, paths: Sequence[Path], rulings: Mapping[str, Rulings]) -> dict[str, Ran]:
        """Some notebooks, under rulings where there are any, by name; the first that stops stops them all."""
        root = self.plan.request.root
        marks = {path: rulings[path.stem].digest() if path.stem in rulings else "" for path in paths}
        keys = {path: cache.key_of(self.plan, path, self.inputs, mark) for path, mark in marks.items()}
        kept = {} if self.plan.request.fresh else {path: cache.take(root, key) for path, key in keys.items()}
        done = {path.stem: ran for path, ran in kept.items() if ran is not None}
        missing = [path for path in paths if path.stem not in done]
        if missing:
            done |= self._execute(missing, keys, rulings)
        return {path.stem: done[path.stem] for path in paths}

    def _execute(
        self, paths: Sequence[Path], keys: Mapping[Path, str], rulings: Mapping[str, Rulings]
    ) -> dict[str, Ran]:
        """Notebooks run afresh, several at once; each is kept as soon as it is done."""
        setting = self.setting
        pool = ThreadPoolExecutor(max_workers=self.plan.request.jobs)
        started = {
            pool.submit(self._run_one, path, setting, keys[path], self._ruled(path, rulings)): path.stem
            for path in paths
        }
        try:
            return self._gather(started)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            while any(future.running() for future in started):
                kernels.stop_all(setting.kernels)
                time.sleep(0.1)

    def _run_one(self, path: Path, setting: kernels.Setting, key: str, rulings: Path | None) -> Ran:
        """One notebook run, its outputs looked at, and kept: as it was asked for, and as what it came to show."""
        begun, root = time.monotonic(), self.plan.request.root
        watch = kernels.Watch(setting.sockets / f"{path.stem}.ledger", rulings)
        executed = kernels.run_notebook(
            path, self.plan.values[path.stem], setting, watch, self.plan.request.keep_failed
        )
        try:
            page.check_outputs(executed)
        except page.PageError as error:
            raise NotebookError(f"{path.name}: {error}") from None
        ran = Ran(executed, ledger.read_ledger(watch.ledger), time.monotonic() - begun)
        cache.note_seconds(root, path.stem, ran.seconds)
        shown = cache.key_of(self.plan, path, self.inputs, pack_wide.applied(ran.ledger))
        for name in dict.fromkeys((key, shown)):
            cache.keep(root, name, ran, watch.ledger)
        watch.ledger.unlink(missing_ok=True)
        return ran

    def _ruled(self, path: Path, rulings: Mapping[str, Rulings]) -> Path | None:
        """A file of one notebook's rulings; none where there are none yet."""
        if path.stem not in rulings:
            return None
        file = self.folder / f"{path.stem}.rulings"
        pack_wide.write_rulings(rulings[path.stem], file)
        return file

    def _gather(self, started: dict[Future[Ran], str]) -> dict[str, Ran]:
        """The runs as they finish, told as they go."""
        root = self.plan.request.root
        usual = {name: cache.usual_seconds(root, name) for name in started.values()}
        waiting, begun, finished = set(started), time.monotonic(), dict[str, Ran]()
        before = len(self.plan.notebooks) - len(started)
        while waiting:
            under_way = [name for future, name in started.items() if future in waiting and future.running()]
            left = _time_left([usual[started[future]] for future in waiting], self.plan.request.jobs, usual, begun)
            self.progress(before + len(finished), f"Running {', '.join(under_way)}{left}" if under_way else "Starting")
            done, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
            finished |= {started[future]: future.result() for future in done}
        return finished


def _time_left(waiting: Iterable[float | None], jobs: int, usual: Mapping[str, float | None], begun: float) -> str:
    """About how long the rest will take, in words; nothing where no notebook's usual time is known.

    waiting: the usual seconds of those not done. begun: when the first began, by time.monotonic.
    """
    known = [seconds for seconds in usual.values() if seconds is not None]
    if not known:
        return ""
    mean = sum(known) / len(known)
    every = sum(mean if seconds is None else seconds for seconds in usual.values()) / jobs
    rest = sum(mean if seconds is None else seconds for seconds in waiting) / jobs
    left = max(min(rest, every - (time.monotonic() - begun)), rest / 2, 1)
    return f"; about {left:.0f} seconds left" if left < 90 else f"; about {left / 60:.0f} minutes left"


def _clear_left_behind(folder: Path) -> None:
    """Remove the private folders of runs that were killed: those whose hold nobody has."""
    for left in folder.glob(f"{OURS}*"):
        with suppress(OSError):
            if (left / HELD).is_file():
                with held(left / HELD) as free:
                    if free:
                        shutil.rmtree(left, ignore_errors=True)
