"""The commands that fetch what others publish: a thin door, as `cli` is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from cip_analysis.printing import INTERRUPTED, NOT_USABLE, WRONG_CALL, console, errors, stop
from cip_analysis.settings import find_root, read_settings
from cip_analysis.source_settings import Source, Sources

if TYPE_CHECKING:
    from cip_analysis.returns.fetching.fetch import Fetched

fetch = typer.Typer(no_args_is_help=True, help="Fetch what others publish.")

SOURCES = Path("data") / "reference" / "sources.toml"
KEPT = Path("data") / "published"


@fetch.callback()
def _fetch() -> None:
    """Fetch what others publish."""


@fetch.command()
def published(
    source: Annotated[
        list[str] | None, typer.Option(help="One source by name; may be repeated. All unless told.")
    ] = None,
    to: Annotated[Path | None, typer.Option(help="Folder to keep vintages in; data/published unless told.")] = None,
    given: Annotated[
        Path | None, typer.Option("--from", help="File a CSV downloaded by hand; with one --source.")
    ] = None,
    sources: Annotated[
        Path | None, typer.Option(help="File of sources; data/reference/sources.toml unless told.")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="Only list what would be fetched and what is held.")] = False,
    wait: Annotated[float, typer.Option(min=1, help="Seconds to wait for a server before giving up a try.")] = 30,
) -> None:
    """Fetch publishers' data sets, proved and kept beside earlier ones. Exit 0 all had, 1 not all, 2 wrong call."""
    try:
        root = find_root(Path.cwd())
        chosen = _choose(read_settings(sources or root / SOURCES, Sources), source or [])
        if given is not None and (len(chosen) != 1 or listed):
            raise ValueError("--from files one CSV: say of which source with one --source NAME, and without --list.")
        if given is not None and not given.is_file():
            raise ValueError(f"{given.name}: no such file. Check the path given to --from.")
    except (ValueError, OSError) as error:
        stop(error, WRONG_CALL)
    folder = to or root / KEPT
    if listed:
        _list(chosen, folder)
    elif given is not None:
        _file(chosen[0], folder, given, root)
    else:
        _fetch_each(chosen, folder, wait, root)


def _choose(known: Sources, names: Sequence[str]) -> list[Source]:
    """The sources named, in the file's order; all where none is."""
    by_name = {each.name: each for each in known.sources}
    if unknown := [name for name in names if name not in by_name]:
        raise ValueError(f"No source is called {', '.join(unknown)}. There are: {', '.join(by_name)}.")
    return [each for name, each in by_name.items() if not names or name in names]


def _fetch_each(chosen: Sequence[Source], folder: Path, wait: float, root: Path) -> None:
    """Every source, one after another; one that is not had stops no other, and the call then says so at its end."""
    from cip_analysis.returns.fetching.download import Patience
    from cip_analysis.returns.fetching.fetch import FetchError, fetch_source

    patience, missed = Patience(connect=min(wait, 10), read=wait, proxies=True), []
    for source in chosen:
        try:
            with _bar(source.name) as move:
                fetched = fetch_source(source, folder, date.today(), patience, move)
        except FetchError as error:
            errors.print(f"[bold red]cip:[/] {escape(str(error))}", soft_wrap=True, highlight=False)
            missed.append(source.name)
        except KeyboardInterrupt:
            errors.print("[bold red]cip:[/] stopped before the end. Ask again: what came so far is gone on with.")
            raise typer.Exit(INTERRUPTED) from None
        else:
            _say(source, fetched, root)
    if missed:
        errors.print(f"[bold red]cip:[/] {len(missed)} of {len(chosen)} sources not had: {', '.join(missed)}.")
        raise typer.Exit(NOT_USABLE)


def _file(source: Source, folder: Path, given: Path, root: Path) -> None:
    """One file filed by hand."""
    from cip_analysis.returns.fetching.fetch import file_by_hand

    try:
        fetched = file_by_hand(source, folder, given, date.today())
    except ValueError as error:
        stop(error, NOT_USABLE)
    _say(source, fetched, root)


def _say(source: Source, fetched: Fetched, root: Path) -> None:
    """What became of a source, what to know of it, and how a run takes it."""
    kept = fetched.vintage
    day = f"{kept.fetched.day} {kept.fetched:%B %Y}"
    done = f"{fetched.state}{'' if fetched.state in ('fetched', 'filed') else f' since {day}'}"
    years = f"{kept.rows:,} rows, {kept.first_year} to {kept.newest_year}, SHA-256 {kept.sha256[:12]}"
    _print(f"{source.name}: {done}; {years}.")
    for note in fetched.notes:
        _print(f"    Note: {note}.")
    if source.reader == "published":
        _print(f'    In a run: published = "{_from_root(fetched.file, root)}"')
    else:
        _print(f"    Kept as {_from_root(fetched.file, root)}")


def _list(chosen: Sequence[Source], folder: Path) -> None:
    """What would be fetched, and what is held of it."""
    from cip_analysis.returns.fetching.vintages import is_unaltered, read_ledger

    for source in chosen:
        _print(f"{source.name}: {source.title} ({source.release})")
        _print(f"    {source.publisher}; {source.licence}")
        _print(f"    {source.gives}\n    from {source.address}")
        try:
            held = read_ledger(folder / source.name).vintages
        except ValueError as error:
            stop(error, NOT_USABLE)
        for kept in held:
            altered = "" if is_unaltered(folder / source.name, kept) else "; gone, or altered since"
            _print(f"    held: {kept.file}, {kept.rows:,} rows, {kept.first_year} to {kept.newest_year}{altered}")
        if not held:
            _print("    held: none")


@contextmanager
def _bar(name: str) -> Iterator[Callable[[int, int | None], None]]:
    """A bar of the bytes that came, where somebody looks on."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
        console=errors, transient=True, disable=not errors.is_terminal,
    ) as progress:  # fmt: skip
        task = progress.add_task(name, total=None)
        yield lambda got, whole: progress.update(task, completed=got, total=whole)


def _from_root(file: Path, root: Path) -> str:
    """A file as a run names it: from the project's root where it lies within, else as the caller named its folder."""
    resolved = file.resolve()
    return resolved.relative_to(root).as_posix() if resolved.is_relative_to(root) else file.as_posix()


def _print(line: str) -> None:
    console.print(line, soft_wrap=True, highlight=False, markup=False)
