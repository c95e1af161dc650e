"""The command that renders one pack for many councils: a thin door, as `cli` is."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cip_analysis.pack_commands import NOT_FOR_PUBLICATION, refuse_unmeant, see_to_data
from cip_analysis.printing import INTERRUPTED, NOT_USABLE, WRONG_CALL, bar, console, errors, stop
from cip_analysis.settings import Pack, find_root, read_settings

if TYPE_CHECKING:
    from cip_analysis.publish.batch import BatchRequest

COUNCILS = "`all`, or a text file: one authority's code, council file or run file a line."


def batch(
    pack_file: Annotated[
        Path, typer.Argument(metavar="PACK", help="Pack file, e.g. config/packs/published-only.toml.")
    ],
    councils: Annotated[str, typer.Option(help=COUNCILS)],
    to: Annotated[Path | None, typer.Option(help="Folder; reports/batch/PACK unless told.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Worker processes on this machine.")] = 2,
    cluster: Annotated[str, typer.Option(help="Address of a Dask scheduler, in place of workers here.")] = "",
    memory: Annotated[int, typer.Option(min=500, help="MB that a worker and all it starts may use.")] = 2_000,
    audience: Annotated[str | None, typer.Option(help="public or exempt; the pack's own unless told.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A notebook parameter.")] = None,
    not_for_publication: Annotated[bool, typer.Option(help=NOT_FOR_PUBLICATION)] = False,
    fresh: Annotated[bool, typer.Option(help="Make everything again, whatever stands.")] = False,
) -> None:
    """Render one pack for many councils, each whole or not at all. Exit 0 all made, 1 not all, 2 wrong call.

    One that fails stops no other. Called again, it makes what does not stand yet.
    """
    from cip_analysis.publish.batch import BatchError, BatchRequest, read_members

    try:
        root = find_root(Path.cwd())
        pack = read_settings(pack_file, Pack)
        refuse_unmeant(audience or pack.audience, not_for_publication)
        see_to_data(root, pack.run)
        folder = (to or root / "reports" / "batch" / pack.name).resolve()
        request = BatchRequest(
            pack_file.resolve(), pack, root, folder, read_members(root, councils), audience, tuple(set_ or ()), fresh,
            memory,
        )  # fmt: skip
    except (ValueError, OSError) as error:
        stop(error, WRONG_CALL)
    try:
        failed = _run(request, jobs, cluster)
    except KeyboardInterrupt:
        errors.print("[bold red]cip:[/] stopped before the end. Call it again, and it goes on where it was.")
        raise typer.Exit(INTERRUPTED) from None
    except BatchError as error:
        stop(error, NOT_USABLE)
    if failed:
        raise typer.Exit(NOT_USABLE)


def _run(request: BatchRequest, jobs: int, cluster: str) -> int:
    """The batch run with a bar; how many councils have no pack."""
    from cip_analysis.publish.batch import INDEX, run_batch, workers_here

    with ExitStack() as open_, bar("Starting workers", len(request.members)) as move:
        address = cluster or open_.enter_context(workers_here(jobs, request.most_mb))
        outcomes = run_batch(request, address, lambda done, what: move(done, None, what))
    lost = [(member.name, outcomes[member.key].why) for member in request.members if not outcomes[member.key].pack]
    for name, why in lost:
        errors.print(f"{name}: {why}", soft_wrap=True, highlight=False, markup=False)
    made = len(request.members) - len(lost)
    peak = max((outcome.peak_mb for outcome in outcomes.values()), default=0)
    console.print(
        f"{made} of {len(request.members)} packs stand; a worker used {peak:,} MB at most.",
        highlight=False,
        markup=False,
    )
    console.print(f"Written: {request.to / INDEX}", soft_wrap=True, highlight=False, markup=False)
    return len(lost)
