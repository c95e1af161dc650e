"""The same pack for many councils, here or on a Dask cluster.

    with workers_here(2, request.most_mb) as address:
        outcomes = run_batch(request, address, tell=print)

Every council has a folder of its own, `<to>/<code>/`, with its pack and what came of it. A batch called again makes
only what does not stand yet, so one that was stopped goes on where it was; two at once share what they make.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cip_analysis.publish import provenance
from cip_analysis.publish.batching.engine import PATIENCE_SECONDS, make_all, workers_here
from cip_analysis.publish.batching.making import FAILED, Job, Outcome, package_name, write_outcome
from cip_analysis.publish.batching.members import BatchError, Member, read_members
from cip_analysis.publish.batching.summary import INDEX, write_summary
from cip_analysis.publish.report.layout import Cover
from cip_analysis.settings import Pack

__all__ = ["INDEX", "BatchError", "BatchRequest", "Member", "Outcome", "read_members", "run_batch", "workers_here"]

MEMORY_MB = 2_000
"""What a worker and all it starts may use together, unless told: packs of published figures use about a third of it."""

Progress = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """What to render for whom, and where.

    to: the batch's folder. overrides: `name=value` for every council. most_mb: memory a worker may use.
    """

    pack_file: Path
    pack: Pack
    root: Path
    to: Path
    members: tuple[Member, ...]
    audience: str | None = None
    overrides: tuple[str, ...] = ()
    fresh: bool = False
    most_mb: int = MEMORY_MB


def run_batch(
    request: BatchRequest, address: str, progress: Progress, patience: float = PATIENCE_SECONDS
) -> dict[str, Outcome]:
    """What came of every council, by its key; the index is written as they end.

    address: of a Dask scheduler. progress: told how many are done, and what last happened.
    Raises BatchError where no scheduler answers.
    """
    request.to.mkdir(parents=True, exist_ok=True)
    code = package_name()
    jobs = [_job(request, member, code) for member in request.members]
    names = {member.key: member.name for member in request.members}
    outcomes: dict[str, Outcome] = {}
    write_summary(request.to, _cover(request, outcomes), request.members, outcomes)
    for outcome in make_all(jobs, address, lambda what: progress(len(outcomes), what), patience):
        outcomes[outcome.key] = outcome
        if outcome.status == FAILED:
            write_outcome(request.to / outcome.key, outcome)
        write_summary(request.to, _cover(request, outcomes), request.members, outcomes)
        progress(len(outcomes), f"{names[outcome.key]}: {outcome.status}")
    return outcomes


def _job(request: BatchRequest, member: Member, code: str) -> Job:
    return Job(
        member=member,
        pack_file=request.pack_file,
        root=request.root,
        to=request.to / member.key,
        audience=request.audience,
        overrides=request.overrides,
        fresh=request.fresh,
        most_mb=request.most_mb,
        code=code,
    )


def _cover(request: BatchRequest, outcomes: Mapping[str, Outcome]) -> Cover:
    """What the index says of itself."""
    count = len(request.members)
    return Cover(
        title=f"{request.pack.title}: every council of this batch",
        council=f"{count} council{'' if count == 1 else 's'}",
        meeting=request.pack.meeting,
        status=request.pack.status,
        audience=request.audience or request.pack.audience,
        as_at=None,
        synthetic=any(outcome.synthetic for outcome in outcomes.values()),
        run_id="of each pack is on its own pages",
        code_version=provenance.code_version(request.root).in_words,
    )
