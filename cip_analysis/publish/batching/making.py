"""One council's pack made on a worker: timed, its memory watched, and what came of it written down beside it.

A worker makes one pack at a time. Its kernels are warmed up once and shared by every pack it makes.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cip_analysis.publish.batching.members import Member

MADE, UNCHANGED, FAILED = "made", "unchanged", "failed"
OUTCOME = "outcome.json"
LONGEST_WAIT_SECONDS = 900
LOOK_AGAIN_SECONDS = 2.0
SAMPLE_SECONDS = 0.5
MEGABYTE = 1_000_000
YEAR_ENDS = "Children looked after at each year's end, baseline"
RANGE = "80% range"


@dataclass(frozen=True, slots=True)
class Job:
    """One council's pack to be made.

    root: the project; to: the council's own folder of the batch. most_mb: memory that the worker and all it starts may
    use together. code: a name for the package's content, which a worker must share.
    """

    member: Member
    pack_file: Path
    root: Path
    to: Path
    audience: str | None
    overrides: tuple[str, ...]
    fresh: bool
    most_mb: int
    code: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one council's pack.

    status: MADE, UNCHANGED (it stood already) or FAILED. why: of a failure, in words. worker: where it was made.
    seconds, peak_mb: clock time, and the most memory of the worker and all it started. pack: its folder from the
    council's own. headline: children now, the last month forecast, the middle and the 80% range there; blank where the
    pack does not tell them. synthetic: it rests on invented children. for_good: another try would come to the same.
    """

    key: str
    status: str
    why: str = ""
    worker: str = ""
    seconds: float = 0.0
    peak_mb: int = 0
    pack: str = ""
    headline: dict[str, str] = field(default_factory=dict)
    synthetic: bool = False
    for_good: bool = False


def package_name() -> str:
    """A name for the content of the package as this Python would import it."""
    home, told = Path(__file__).parents[2], hashlib.sha256()
    for path in sorted(home.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            told.update(str(path.relative_to(home)).encode() + b"\0" + path.read_bytes())
    return told.hexdigest()[:16]


IMPORTED = package_name()
"""The package as it was when this worker began: one that has changed since is not what it would run."""

_one_at_a_time = threading.Lock()


def make_one(job: Job) -> Outcome:
    """The pack of one council, made or found standing; a failure is an outcome too, and is written down like any."""
    begun, where = time.monotonic(), _this_worker()
    if refused := _unfit(job):
        return Outcome(job.member.key, FAILED, refused, where)
    with _one_at_a_time, _watched(job.most_mb) as memory:
        outcome = _make(job, memory)
    seconds = round(time.monotonic() - begun, 1)
    outcome = Outcome(**{**asdict(outcome), "worker": where, "seconds": seconds, "peak_mb": memory.peak_mb})
    before = read_outcome(job.to)
    if outcome.status == UNCHANGED and before is not None and before.status != FAILED:
        return Outcome(**{**asdict(before), "status": UNCHANGED})
    write_outcome(job.to, outcome)
    return outcome


def read_outcome(folder: Path) -> Outcome | None:
    """What is written down of a council's pack; none where nothing is, or nothing that can be read."""
    with suppress(OSError, ValueError, TypeError):
        return Outcome(**json.loads((folder / OUTCOME).read_text(encoding="utf-8")))
    return None


def write_outcome(folder: Path, outcome: Outcome) -> None:
    """Write down what came of a council's pack, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    making = folder / f".{OUTCOME}.{os.getpid()}"
    making.write_text(json.dumps(asdict(outcome), indent=1, sort_keys=True), encoding="utf-8")
    making.replace(folder / OUTCOME)


def read_headline(pack: Path) -> dict[str, str]:
    """Children now and ahead, from the pack's table of year ends: now, month, middle, likely; none where none."""
    import pandas as pd

    with suppress(OSError, ValueError, KeyError, IndexError):
        contents = pd.read_csv(pack / "data" / "contents.csv", dtype=str, keep_default_na=False)
        file = contents.loc[contents["caption"].eq(YEAR_ENDS), "file"].iloc[0]
        table = pd.read_csv(pack / "data" / file, dtype=str, keep_default_na=False)
        first, last = table.iloc[0], table.iloc[-1]
        return {"now": first["p50"], "month": last["month"], "middle": last["p50"], "likely": last[RANGE]}
    return {}


@dataclass(slots=True)
class _Memory:
    """The most memory seen, and whether it was more than there was room for."""

    peak_mb: int = 0
    exceeded: bool = False


def _make(job: Job, memory: _Memory) -> Outcome:
    """The pack rendered, waiting for its place where another is making it."""
    from cip_analysis.publish.pack import STANDS, PackRequest, render_pack
    from cip_analysis.publish.plan import PlaceTakenError, plan_pack
    from cip_analysis.publish.provenance import read_manifest

    key, said = job.member.key, list[str]()
    request = PackRequest(
        pack_file=job.pack_file, root=job.root, to=job.to, jobs=1, audience=job.audience,
        overrides=(*job.member.overrides, *job.overrides), fresh=job.fresh, lasting=True,
    )  # fmt: skip
    try:
        plan_pack(request)
    except (ValueError, OSError) as error:
        return Outcome(key, FAILED, str(error), for_good=True)
    until = time.monotonic() + LONGEST_WAIT_SECONDS
    while True:
        try:
            folder = render_pack(request, lambda _done, what: said.append(what))
            status = UNCHANGED if STANDS in said else MADE
            told = read_manifest(folder)
            where, ahead = str(folder.relative_to(job.to)), read_headline(folder)
            return Outcome(key, status, pack=where, headline=ahead, synthetic=bool(told.get("synthetic")))
        except PlaceTakenError as error:
            if time.monotonic() > until:
                return Outcome(key, FAILED, str(error))
            time.sleep(LOOK_AGAIN_SECONDS)
        except (ValueError, OSError) as error:
            more = f"It needed more than the {job.most_mb:,} MB a worker may use: allow more with --memory, or "
            why = f"{more}use fewer draws. {error}" if memory.exceeded else str(error)
            return Outcome(key, FAILED, why)


def _unfit(job: Job) -> str:
    """Why this worker cannot make the pack; blank where it can."""
    if not (job.root / "config").is_dir():
        return (
            "This worker does not see the project's folder. Mount the folder on every worker's machine under the same "
            "path, or start the worker where it is."
        )
    if not IMPORTED == package_name() == job.code:
        return "This worker runs another version of cip-analysis. Install the same one on every machine and restart it."
    return ""


@contextmanager
def _watched(most_mb: int) -> Iterator[_Memory]:
    """The memory of this process and all it starts, while this lasts; what it started ends where that is too much."""
    import psutil

    own, memory, over = psutil.Process(), _Memory(), threading.Event()

    def _watch() -> None:
        most_seen = 0
        while not over.wait(SAMPLE_SECONDS):
            children = own.children(recursive=True)
            if (seen := sum(map(_seen_mb, [own, *children]))) <= most_seen:
                continue  # what is shared is counted in full by this, and telling it apart is slow
            most_seen = seen
            memory.peak_mb = max(memory.peak_mb, used := sum(map(_used_mb, [own, *children])))
            if used > most_mb:
                memory.exceeded = True
                for child in children:
                    with suppress(psutil.Error):
                        child.kill()

    watching = threading.Thread(target=_watch, daemon=True)
    watching.start()
    try:
        yield memory
    finally:
        over.set()
        watching.join()


def _seen_mb(process: object) -> int:
    """Memory of one process, all that it shares counted too; nought where it is gone."""
    import psutil

    try:
        return int(process.memory_info().rss / MEGABYTE)  # type: ignore[attr-defined]
    except psutil.Error:
        return 0


def _used_mb(process: object) -> int:
    """Memory of one process, what it shares counted in shares where the system tells; nought where it is gone."""
    import psutil

    try:
        told = process.memory_full_info()  # type: ignore[attr-defined]
    except psutil.Error:
        return 0
    return int(getattr(told, "pss", told.rss) / MEGABYTE)


def _this_worker() -> str:
    """The address of the worker this runs on; blank outside one."""
    from distributed import get_worker

    try:
        return str(get_worker().address)
    except ValueError:
        return ""
