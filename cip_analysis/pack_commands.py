"""The commands that make and hold evidence packs: a thin door, as `cli` is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from cip_analysis.database_commands import see_to_extract
from cip_analysis.printing import INTERRUPTED, NOT_USABLE, WRONG_CALL, bar, console, errors, stop
from cip_analysis.settings import Pack, Run, find_root, read_settings

if TYPE_CHECKING:
    from cip_analysis.publish.pack import PackRequest


READS_AHEAD = "cip_analysis.run"
NOT_FOR_PUBLICATION = "Needed for what is exempt from publication: written apart, into a folder called exempt."


def pack(
    pack_files: Annotated[list[Path], typer.Argument(metavar="PACK…", help="Pack files, e.g. config/packs/….toml.")],
    to: Annotated[Path | None, typer.Option(help="Folder for packs; reports/ unless told.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Notebooks run at once.")] = 2,
    audience: Annotated[str | None, typer.Option(help="public or exempt; the pack's own unless told.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A notebook parameter.")] = None,
    not_for_publication: Annotated[bool, typer.Option(help=NOT_FOR_PUBLICATION)] = False,
    fresh: Annotated[bool, typer.Option(help="Run and make everything again, whatever is kept.")] = False,
    cold: Annotated[
        bool, typer.Option(help="Start each notebook's Python from nothing: slower, the same pages.")
    ] = False,
) -> None:
    """Render evidence packs, each whole or not at all. Exit 0 all made, 1 not all, 2 wrong call: nothing was run."""
    from cip_analysis.publish.pack import PackRequest, plan_pack

    try:
        root = find_root(Path.cwd())
        shared = PackRequest(
            pack_file=root, root=root, to=(to or root / "reports").resolve(), jobs=jobs, audience=audience,
            overrides=tuple(set_ or ()), warm=not cold, fresh=fresh, reads_ahead=READS_AHEAD,
        )  # fmt: skip
        requests = []
        for pack_file in pack_files:
            settings = read_settings(pack_file, Pack)
            refuse_unmeant(audience or settings.audience, not_for_publication)
            see_to_data(root, _run_of(settings, shared.overrides))
            requests.append(replace(shared, pack_file=pack_file.resolve()))
            plan_pack(requests[-1])
    except (ValueError, OSError) as error:
        stop(error, WRONG_CALL)
    _render_each(requests)


def _render_each(requests: Sequence[PackRequest]) -> None:
    """Every pack, one after another; one that cannot be made stops no other, and the call then says so at its end."""
    from cip_analysis.publish.provenance import read_manifest

    not_made = []
    for request in requests:
        try:
            folder = _render(request, len(read_settings(request.pack_file, Pack).notebooks))
        except typer.Exit as stopped:
            if len(requests) == 1 or stopped.exit_code != NOT_USABLE:
                raise
            not_made.append(request.pack_file.stem)
            continue
        console.print(read_manifest(folder)["audit"], soft_wrap=True, highlight=False, markup=False)
        console.print(f"Pack written: {folder / 'index.html'}", soft_wrap=True)
    if not_made:
        errors.print(f"[bold red]cip:[/] {len(not_made)} of {len(requests)} packs not made: {', '.join(not_made)}.")
        raise typer.Exit(NOT_USABLE)


def refuse_unmeant(audience: str, meant: bool) -> None:
    """Refuse an exempt pack that was not asked for in so many words."""
    if audience == "exempt" and not meant:
        raise ValueError(
            "An exempt pack tells more than may be published. If that is what you want, add --not-for-publication: it "
            "goes into a folder of its own, exempt, and every page says so."
        )


def _render(request: PackRequest, notebooks: int) -> Path:
    """The pack's folder, rendered with a bar; what stops it said, and the code it leaves with."""
    from cip_analysis.publish.pack import render_pack

    try:
        with bar("Checking parameters", notebooks) as move:
            return render_pack(request, lambda done, what: move(done, None, what))
    except KeyboardInterrupt:
        errors.print("[bold red]cip:[/] stopped before the end. No pack was written, and the last good one stands.")
        raise typer.Exit(INTERRUPTED) from None
    except (ValueError, OSError) as error:
        stop(error, NOT_USABLE)


def see_to_data(root: Path, run_file: str) -> None:
    """Have a run's returns where it names them: taken from its database, or invented where it asks for that."""
    run = read_settings(root / run_file, Run)
    see_to_extract(root, run)
    if run.synthetic_seed is None or (root / run.returns).exists():
        return
    from cip_analysis.synthetic.write import invent_where_absent

    with console.status("Seeing to the run's data"):
        invent_where_absent(root, run)


def _run_of(pack: Pack, overrides: Sequence[str]) -> str:
    """The run's file: the pack's own unless one is set."""
    chosen = [text.partition("=")[2] for text in overrides if text.startswith("run=")]
    return chosen[-1] if chosen else pack.run


def monitor(
    run_file: Annotated[Path, typer.Argument(metavar="RUN", help="Run file, e.g. config/runs/….toml.")],
    month: Annotated[str, typer.Option(help="The month to stand at the end of, e.g. 2018-09.")],
    to: Annotated[Path | None, typer.Option(help="Folder; reports/monitor-MONTH unless told.")] = None,
    audience: Annotated[str | None, typer.Option(help="public or exempt; public unless told.")] = None,
    not_for_publication: Annotated[bool, typer.Option(help=NOT_FOR_PUBLICATION)] = False,
) -> None:
    """Where the year stands at a month's end: one page, and in_year.csv. Exit 0 made, 1 not made, 2 wrong call."""
    from cip_analysis.monitoring import follow, open_month, read_month, stand
    from cip_analysis.monitoring_account import list_position
    from cip_analysis.publish.pack import PackRequest, plan_pack

    try:
        root = find_root(Path.cwd())
        read_month(month)
        refuse_unmeant(audience or "public", not_for_publication)
        chosen, notes = follow(str(run_file.resolve()))
        see_to_data(root, chosen)
        pack_file = root / "config" / "packs" / "in-year.toml"
        folder = (to or root / "reports" / f"monitor-{month}").resolve()
        request = PackRequest(pack_file, root, folder, 1, audience, (f"run={chosen}", f"month={month}"))
        opened = open_month(chosen, month, audience=audience or "public")
        plan_pack(request)
    except (ValueError, OSError) as error:
        stop(error, WRONG_CALL)
    for note in (*notes, *opened.notes):
        console.print(f"Note: {note}", soft_wrap=True, highlight=False, markup=False)
    made = _render(request, 1)
    try:
        list_position(opened, stand(opened)).to_csv(folder / "in_year.csv", index=False, float_format="%.2f")
    except OSError as error:
        stop(error, NOT_USABLE)
    console.print(f"Written: {made / 'index.html'} and {folder / 'in_year.csv'}", soft_wrap=True)


def verify(folder: Annotated[Path, typer.Argument(help="A pack's folder.")]) -> None:
    """Hash a pack again and compare it with its manifest. Exit 0 unaltered, 1 altered."""
    from cip_analysis.publish.provenance import verify_pack

    try:
        problems = verify_pack(folder)
    except (ValueError, OSError) as error:
        stop(error, WRONG_CALL)
    for problem in problems:
        errors.print(f"[bold red]altered:[/] {escape(problem)}", highlight=False)
    if problems:
        raise typer.Exit(NOT_USABLE)
    console.print("Unaltered: every file is as the manifest says.")


def compare(
    before: Annotated[Path, typer.Argument(help="The earlier pack's folder.")],
    after: Annotated[Path, typer.Argument(help="The later pack's folder.")],
    most: Annotated[int, typer.Option(min=0, help="How many cells to list, the largest moves first; 0 for all.")] = 20,
) -> None:
    """What moved between two packs, and why. Exit 0 compared, whatever moved; 2 wrong call."""
    from cip_analysis.publish.report.comparing import compare as set_side_by_side
    from cip_analysis.publish.report.comparing import read_pack
    from cip_analysis.publish.report.moved import lines_of

    try:
        compared = set_side_by_side(read_pack(before), read_pack(after))
    except (ValueError, OSError) as error:
        stop(error, WRONG_CALL)
    for line in lines_of(compared, most or len(compared.cells)):
        console.print(line, soft_wrap=True, highlight=False, markup=False)
