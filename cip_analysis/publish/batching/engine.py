"""The engine: Dask's scheduler hands packs to worker processes, here or on a cluster, and takes back what came of them.

Which worker makes what, what a dead worker was making and who makes it again is Dask's business. Ours is that a council
whose pack failed is tried once more elsewhere, and that a scheduler that goes away is waited for.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib import import_module
from typing import Any
from uuid import uuid4

from cip_analysis.publish.batching.making import FAILED, Job, Outcome, make_one
from cip_analysis.publish.batching.members import BatchError

WORKER_LOST_AFTER = "60s"
TOLD = {
    "distributed.scheduler.worker-ttl": WORKER_LOST_AFTER,
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.admin.log-format": "%(message)s",
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.monitor-interval": "1s",
}
"""What the engine here is told: who says nothing is lost; nobody is given a pack while making another; no worker looks
at its own stack a hundred times a second."""
PATIENCE_SECONDS = 300
TRIES = 2
KIND = "pack"
NO_DASK = (
    "A batch needs Dask, which is not installed. Install it with `pip install 'cip-analysis[cluster]'` "
    "(`uv sync --extra cluster`), or render councils one by one with `cip pack`."
)
Tell = Callable[[str], None]


@contextmanager
def workers_here(count: int, most_mb: int) -> Iterator[str]:
    """The address of a scheduler on this machine with so many worker processes, while this lasts."""
    dask, distributed = _engine()
    with dask.config.set(TOLD):
        here = distributed.LocalCluster(
            n_workers=count, threads_per_worker=1, processes=True, memory_limit=f"{most_mb}MB", host="127.0.0.1",
            dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL,
        )  # fmt: skip
        with here as cluster:
            yield str(cluster.scheduler_address)


def make_all(jobs: Sequence[Job], address: str, tell: Tell, patience: float = PATIENCE_SECONDS) -> Iterator[Outcome]:
    """What came of each job, in the order in which they end; every job has one outcome.

    address: of a Dask scheduler. tell: told what the engine waits for. patience: seconds that a scheduler which is gone
    is waited for. Raises BatchError where none answers for so long; what was made by then stands, and a second call
    takes it as it is.
    """
    pending = {job.member.key: job for job in jobs}
    tried: dict[str, int] = {}
    while pending:
        with _connected(address, patience, tell) as client:
            try:
                for outcome in _made(client, dict(pending), tried):
                    del pending[outcome.key]
                    yield outcome
            except _LostError:
                tell("The scheduler is gone; waiting for it to come back")


class _LostError(Exception):
    """The scheduler is gone, with what it was doing."""


def _engine() -> tuple[Any, Any]:
    """Dask and its distributed scheduler. Raises BatchError where they are not installed."""
    try:
        return import_module("dask"), import_module("distributed")
    except ImportError:
        raise BatchError(NO_DASK) from None


@contextmanager
def _connected(address: str, patience: float, tell: Tell) -> Iterator[Any]:
    """A client of the scheduler, once it answers and has a worker."""
    _dask, distributed = _engine()
    until, client = time.monotonic() + patience, None
    while client is None:
        try:
            client = distributed.Client(address, timeout=5, set_as_default=False)
            client.wait_for_workers(1, timeout=max(until - time.monotonic(), 1))
        except (OSError, TimeoutError) as error:  # a closed connection is an OSError too
            if client is not None:
                client.close()
            client = None
            if time.monotonic() > until:
                raise BatchError(
                    f"No Dask scheduler with a worker answers at {address} ({type(error).__name__}). Start one (the "
                    "README says how) and call again: what was made stands."
                ) from None
            tell("Waiting for the scheduler")
            time.sleep(1)
    try:
        yield client
    finally:
        with suppress(OSError, TimeoutError):
            client.close(timeout=5)


def _made(client: Any, pending: Mapping[str, Job], tried: dict[str, int]) -> Iterator[Outcome]:
    """The outcomes of what is pending, each failure that might not last tried once more elsewhere."""
    from concurrent.futures import CancelledError

    _dask, distributed = _engine()
    under_way = {_submit(client, job, ()): job for job in pending.values()}
    ended = distributed.as_completed(list(under_way), loop=client.loop)
    for future in ended:
        job = under_way[future]
        try:
            outcome = future.result()
        except (CancelledError, OSError) as error:  # a closed connection is an OSError
            raise _LostError from error
        except Exception as error:  # noqa: BLE001  (whatever a worker died of is this council's outcome and no other's)
            outcome = Outcome(job.member.key, FAILED, _in_words(error))
        tried[outcome.key] = tried.get(outcome.key, 0) + 1
        if outcome.status == FAILED and not outcome.for_good and tried[outcome.key] < TRIES:
            again = _submit(client, job, _elsewhere(client, outcome.worker))
            under_way[again] = job
            ended.add(again)
            continue
        yield outcome if outcome.status != FAILED else replace(outcome, key=job.member.key)


def _submit(client: Any, job: Job, workers: tuple[str, ...]) -> Any:
    """One job handed to the scheduler, under a name of its own: the same council may be tried again.

    All names begin alike, which tells the scheduler that they are of one kind: it then holds them back, and gives each
    worker that is free the next. Named each for itself they are dealt out at once, and a worker that is done waits.
    """
    name = (KIND, job.member.key, uuid4().hex)
    chosen = {"workers": list(workers), "allow_other_workers": True} if workers else {}
    return client.submit(make_one, job, key=name, pure=False, **chosen)


def _elsewhere(client: Any, worker: str) -> tuple[str, ...]:
    """Every worker but one; none where there is no other."""
    known = client.scheduler_info(n_workers=-1)["workers"]
    return tuple(address for address in known if address != worker)


def _in_words(error: Exception) -> str:
    """What a worker ended of, without a path or a traceback."""
    if type(error).__name__ == "KilledWorker":
        return "The workers that tried it were killed, one after another. Look at their memory, and call again."
    return (
        f"The worker stopped: {type(error).__name__}. Call again; if it stays so, render this council with `cip pack`."
    )
