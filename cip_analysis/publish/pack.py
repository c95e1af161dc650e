"""A pack of evidence, rendered whole or not at all.

    folder = render_pack(PackRequest(pack_file, root, to=root / "reports"), progress=print)

Parameters are checked before anything runs. Notebooks run in private folders; the pack takes its place only when every
page is made, and the last good pack stands untouched until then. No executed notebook is kept.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, date, datetime
from pathlib import Path

import nbformat

from cip_analysis.publish import kernels, page, provenance
from cip_analysis.publish.disclosure import rule_in_words
from cip_analysis.publish.plan import PackError, PackRequest, Plan, plan_pack
from cip_analysis.publish.words import day_in_words

__all__ = ["PackError", "PackRequest", "Plan", "plan_pack", "render_pack"]

Progress = Callable[[int, str], None]
Executed = Mapping[str, nbformat.NotebookNode]
LEFT_BEHIND_SECONDS = 24 * 3600


def render_pack(request: PackRequest, progress: Progress) -> Path:
    """The pack's folder, every page rendered afresh.

    progress: told how many notebooks are done and what is under way, always from the caller's own thread.
    Raises PackError, or SettingsError and ParameterError before anything runs; the last good pack is then untouched.
    """
    started = datetime.now(UTC)
    plan = plan_pack(request)
    _make_room(plan.folder)
    before = provenance.hash_inputs(request.root, plan.sources)
    executed = _run_all(plan, progress)
    inputs = provenance.hash_inputs(request.root, plan.sources)
    provenance.check_unchanged(before, inputs)
    progress(len(executed), "Writing pages")
    with tempfile.TemporaryDirectory(prefix=f".{plan.folder.name}.making-", dir=request.to) as making:
        folder = Path(making) / plan.folder.name
        folder.mkdir()
        cover = _cover(plan, executed, inputs)
        _write_pages(plan, cover, executed, folder)
        _write_manifest(plan, cover, inputs, folder, started)
        _promote(folder, plan.folder)
    progress(len(executed), "Done")
    return plan.folder


# ---- running ----------------------------------------------------------------------------------------------------


def _run_all(plan: Plan, progress: Progress) -> Executed:
    """Every notebook executed, in the pack's order; the first that stops stops them all."""
    ours = kernels.kernels_of_one_run()
    with tempfile.TemporaryDirectory(prefix="cip-") as sockets:
        setting = kernels.Setting(plan.request.root, Path(sockets), plan.pack.timeout_seconds, ours)
        pool = ThreadPoolExecutor(max_workers=plan.request.jobs)
        started = {pool.submit(_run_one, path, plan, setting): path.stem for path in plan.notebooks}
        try:
            return _gather(started, progress)
        except kernels.NotebookError as error:
            raise PackError(f"{error}\n{_standing(plan.folder)}") from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            while any(future.running() for future in started):
                kernels.stop_all(ours)
                time.sleep(0.1)


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


def _standing(folder: Path) -> str:
    if folder.exists():
        return f"The last good pack in {folder.name} is untouched."
    return "No pack was written."


# ---- writing ----------------------------------------------------------------------------------------------------


def _write_pages(plan: Plan, cover: page.Cover, executed: Executed, folder: Path) -> None:
    """Every page and the front page, into `folder`."""
    pages = tuple(page.summarise(notebook, f"{name}.html") for name, notebook in executed.items())
    links = [None, *[page.Link(one.href, one.title) for one in pages], None]
    for place, (name, notebook) in enumerate(executed.items(), 1):
        context = page.PageContext(cover, previous=links[place - 1], next=links[place + 1])
        try:
            html = page.render_page(notebook, context)
        except page.PageError as error:
            raise PackError(f"{name}.ipynb: {error}\n{_standing(plan.folder)}") from None
        (folder / f"{name}.html").write_text(html, encoding="utf-8", newline="\n")
    rule = rule_in_words(plan.run.disclosure_for(plan.audience))
    index = page.IndexContext(cover, pages, _facts(plan, cover), plan.pack.quality, rule)
    (folder / "index.html").write_text(page.render_index(index), encoding="utf-8", newline="\n")


def _cover(plan: Plan, executed: Executed, inputs: tuple[provenance.Hashed, ...]) -> page.Cover:
    marks = [mark for notebook in executed.values() for mark in page.marks_of(notebook)]
    days = [date.fromisoformat(mark["as_at"]) for mark in marks if mark["as_at"]]
    return page.Cover(
        title=plan.pack.title,
        council=plan.council.name,
        meeting=plan.pack.meeting,
        status=plan.pack.status,
        audience=plan.audience,
        as_at=plan.run.as_at if plan.own_data and plan.run.as_at else _commonest(days),
        synthetic=any(mark["synthetic"] for mark in marks),
        run_id=provenance.run_id(inputs, plan.told_values, provenance.key_packages()),
        code_version=provenance.code_version(plan.request.root).in_words,
    )


def _commonest(days: list[date]) -> date | None:
    """The day that most exhibits describe: the returns' census date, for published figures may describe a later day."""
    return max(days, key=lambda day: (days.count(day), day), default=None)


def _facts(plan: Plan, cover: page.Cover) -> tuple[tuple[str, str], ...]:
    """The lines of "About this pack"."""
    chosen = {name: value for each in plan.told_values.values() for name, value in each.items() if value != ""}
    return (
        ("Council", cover.council),
        ("Meeting", cover.meeting),
        ("Status", cover.status.capitalize()),
        ("Audience", cover.audience_in_words),
        ("Figures as at", day_in_words(cover.as_at) if cover.as_at else "as each exhibit says"),
        ("Data", "SYNTHETIC: invented, not real children" if cover.synthetic else "as each exhibit says"),
        ("Run", f"{plan.run.title}; {cover.run_id}"),
        ("Parameters", "; ".join(f"{name} = {value}" for name, value in sorted(chosen.items())) or "none"),
        ("Code version", cover.code_version),
        ("Seed", str(plan.run.seed)),
    )


def _write_manifest(
    plan: Plan, cover: page.Cover, inputs: tuple[provenance.Hashed, ...], folder: Path, started: datetime
) -> None:
    code = provenance.code_version(plan.request.root)
    facts = {
        "pack": {"name": plan.pack.name, "title": cover.title, "meeting": cover.meeting, "status": cover.status},
        "council": cover.council,
        "audience": cover.audience,
        "as_at": cover.as_at.isoformat() if cover.as_at else None,
        "synthetic": cover.synthetic,
        "run_id": cover.run_id,
        "seed": plan.run.seed,
        "parameters": plan.told_values,
        "code": {"commit": code.commit, "clean": code.clean},
        "python": provenance.python_version(),
        "packages": provenance.key_packages(),
        "clock": {name: f"{at:%Y-%m-%dT%H:%M:%SZ}" for name, at in
                  {"started": started, "finished": datetime.now(UTC)}.items()},
    }  # fmt: skip
    provenance.write_manifest(folder, facts, inputs)


# ---- taking its place -------------------------------------------------------------------------------------------


def _make_room(folder: Path) -> None:
    """The folder of packs made, a place that is no pack's refused, and what a killed run left behind put right."""
    if folder.exists() and not folder.is_dir():
        raise PackError(f"{folder.name} is a file. Choose another folder with --to.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / provenance.MANIFEST).is_file():
        raise PackError(f"The folder {folder.name} holds something other than a pack. Choose another with --to.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = _aside(folder)
    if aside.exists() and not folder.exists():
        aside.rename(folder)
    shutil.rmtree(aside, ignore_errors=True)
    for left in folder.parent.glob(f".{folder.name}.making-*"):
        if time.time() - left.stat().st_mtime > LEFT_BEHIND_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def _promote(made: Path, folder: Path) -> None:
    """The finished folder put in the place of the last good one, which is put back should that fail."""
    aside = _aside(folder)
    try:
        if folder.exists():
            folder.rename(aside)
        made.rename(folder)
    except OSError as error:
        if aside.exists() and not folder.exists():
            aside.rename(folder)
        raise PackError(
            f"The finished pack could not take the place of {folder.name}: {error.strerror}. "
            "Close whatever has its pages open, and render again. The last good pack is untouched."
        ) from None
    shutil.rmtree(aside, ignore_errors=True)


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.aside")
