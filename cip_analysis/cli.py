"""The `cip` command: a thin door. It reads what it was told, calls one stage, and prints what came back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from cip_analysis.ledgers import Findings, Treatments
from cip_analysis.records import Episodes
from cip_analysis.settings import Council, Pack, PaymentColumns, Run, find_root, read_settings

if TYPE_CHECKING:
    import pandas as pd

    from cip_analysis.forecasts import Ahead

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
console = Console()
errors = Console(stderr=True)

NOT_USABLE, WRONG_CALL, INTERRUPTED = 1, 2, 130


def _stop(error: ValueError | OSError, code: int) -> NoReturn:
    """Say what went wrong, in its own words, and leave with `code`."""
    said = str(error)
    if isinstance(error, OSError) and error.strerror:
        name = Path(str(error.filename or "a file")).name
        said = f"{name}: {error.strerror.lower()}. Check the path, and who may use it."
    errors.print(f"[bold red]cip:[/] {escape(said)}", soft_wrap=True, highlight=False)
    raise typer.Exit(code)


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(help="Folder (or one file) of SSDA903 returns.")],
    finance: Annotated[Path | None, typer.Option(help="Placement payments file to check beside them.")] = None,
    council: Annotated[Path | None, typer.Option(help="Council file that maps the payments columns.")] = None,
    as_at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day an extract within the year was cut.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print findings and treatments as JSON.")] = False,
) -> None:
    """List what is wrong with returns and what would be done about it. Exit 0 usable, 1 not usable, 2 wrong call."""
    from cip_analysis.returns.checks import check_returns
    from cip_analysis.returns.episodes import build_episodes
    from cip_analysis.returns.ssda903 import ReturnError, read_returns

    columns = _payment_columns(council, folder, finance)
    try:
        returns = read_returns(folder, as_at.date() if as_at else None)
        findings = returns.findings.join(check_returns(returns))
        episodes, treatments = build_episodes(returns)
        treatments = returns.treatments.join(treatments)
        if finance is not None:
            paid_findings, paid_treatments = _check_finance(finance, columns, episodes)
            findings, treatments = findings.join(paid_findings), treatments.join(paid_treatments)
    except ReturnError as error:
        _print_check(error.findings, Treatments.of([]), as_json)
        _stop(error, NOT_USABLE)
    except ValueError as error:
        _stop(error, NOT_USABLE)
    _print_check(findings, treatments, as_json)
    if not as_json:
        years = f"{returns.years[0]} to {returns.years[-1]}"
        children = episodes.table["child"].nunique()
        console.print(
            f"Usable: {children:,} children, {len(episodes.table):,} placements, years ending March {years}, "
            f"census date {returns.census_date:%d %B %Y}.",
            soft_wrap=True,
        )


def _payment_columns(council: Path | None, *given: Path | None) -> PaymentColumns:
    """The council's names for its payments columns; a wrong call where a path or the council file is no good."""
    for path in given:
        if path is not None and not path.exists():
            _stop(FileNotFoundError(f"{path.name}: no such file or folder. Check the path."), WRONG_CALL)
    try:
        return read_settings(council, Council).payment_columns if council else PaymentColumns()
    except ValueError as error:
        _stop(error, WRONG_CALL)


def _check_finance(finance: Path, columns: PaymentColumns, episodes: Episodes) -> tuple[Findings, Treatments]:
    from cip_analysis.returns.finance import read_payments
    from cip_analysis.returns.payments.matching import match_payments

    paid, findings, treatments = read_payments(finance, columns)
    return findings, treatments.join(match_payments(paid, episodes)[1])


def _print_check(findings: Findings, treatments: Treatments, as_json: bool) -> None:
    from cip_analysis.returns.account import findings_by_rule, repairs_made

    if as_json:
        both = {"findings": findings.table, "treatments": treatments.table}
        print(json.dumps({name: json.loads(table.to_json(orient="records")) for name, table in both.items()}))  # noqa: T201
        return
    for line in findings_by_rule(findings).to_dict("records"):
        colour = {"refusal": "red", "error": "red", "warning": "yellow"}.get(line["severity"], "dim")
        counts = f"{line['rows']:,} rows, {line['children']:,} children, {line['child_days']:,.0f} child-days"
        touched = counts if line["rows"] else ""
        where = line["where"] + (f", first at rows {line['first_rows']}" if line["first_rows"] else "")
        where += f"; and {line['files'] - 1} more files" if line["files"] > 1 else ""
        console.print(f"[{colour}]{line['severity']}[/] [bold]{escape(line['rule'])}[/] {touched}", highlight=False)
        said = f"    {line['meaning']} {line['next_step']} ({where})"
        console.print(said, soft_wrap=True, highlight=False, markup=False)
    if treatments.table.empty:
        return
    made = repairs_made(treatments)
    console.print(f"\n[bold]What would be done about it[/]: {len(treatments.table)} rules applied in order, of which")
    for line in made.to_dict("records"):
        days = line["child_days_change"]
        said = f"    {line['rule']}: {line['rows_changed']:,} of {line['rows_seen']:,} rows, {days:+,.0f} child-days"
        console.print(said, soft_wrap=True, highlight=False, markup=False)
    if made.empty:
        console.print("    none changed a row")


@app.command()
def synthesise(
    council: Annotated[Path, typer.Argument(help="Council file, e.g. config/councils/leicestershire.toml.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")],
    to: Annotated[Path, typer.Option(help="Folder to write returns, payments and capacity into.")],
    first_year: Annotated[int, typer.Option(help="First collection year (year ending March).")] = 2011,
    last_year: Annotated[int, typer.Option(help="Last collection year.")] = 2018,
    children: Annotated[int | None, typer.Option(help="Scale the county to about this many children in all.")] = None,
) -> None:
    """Invent a county whose returns and payments match published totals. No child in it is real."""
    from cip_analysis.synthetic.write import SynthesisOptions
    from cip_analysis.synthetic.write import synthesise as invent

    try:
        options = SynthesisOptions(seed=seed, first_year=first_year, last_year=last_year, children=children)
        with console.status("Inventing the county"):
            invent(read_settings(council, Council), to, options)
    except (ValueError, OSError) as error:
        _stop(error, WRONG_CALL)
    console.print(f"Written to {to}. SYNTHETIC: no child in it is real.")


@app.command()
def pack(
    pack_file: Annotated[Path, typer.Argument(metavar="PACK", help="Pack file, e.g. config/packs/….toml.")],
    to: Annotated[Path | None, typer.Option(help="Folder for packs; reports/ unless told.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Notebooks run at once.")] = 2,
    audience: Annotated[str | None, typer.Option(help="public or exempt; the pack's own unless told.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A notebook parameter.")] = None,
) -> None:
    """Render an evidence pack: every notebook, or none. Exit 0 made, 1 not made, 2 wrong call: nothing was run."""
    from cip_analysis.publish.pack import PackRequest, plan_pack, render_pack

    try:
        root = find_root(Path.cwd())
        settings = read_settings(pack_file, Pack)
        _make_synthetic_data(root, settings)
        request = PackRequest(
            pack_file=pack_file.resolve(), root=root, to=(to or root / "reports").resolve(), jobs=jobs,
            audience=audience, overrides=tuple(set_ or ()),
        )  # fmt: skip
        plan_pack(request)
    except (ValueError, OSError) as error:
        _stop(error, WRONG_CALL)
    try:
        with Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
            TimeElapsedColumn(), console=errors,
        ) as progress:  # fmt: skip
            task = progress.add_task("Checking parameters", total=len(settings.notebooks))

            def show(done: int, what: str) -> None:
                """Move the bar on."""
                progress.update(task, completed=done, description=what)

            folder = render_pack(request, show)
    except KeyboardInterrupt:
        errors.print("[bold red]cip:[/] stopped before the end. No pack was written, and the last good one stands.")
        raise typer.Exit(INTERRUPTED) from None
    except (ValueError, OSError) as error:
        _stop(error, NOT_USABLE)
    console.print(f"Pack written: {folder / 'index.html'}")


def _make_synthetic_data(root: Path, settings: Pack) -> None:
    """Invent the run's own county where the run asks for one and it is not there yet."""
    run = read_settings(root / settings.run, Run)
    folder = (root / run.returns).parent
    if run.synthetic_seed is None or (root / run.returns).exists():
        return
    from cip_analysis.synthetic.write import SynthesisOptions
    from cip_analysis.synthetic.write import synthesise as invent

    options = SynthesisOptions(run.synthetic_seed, run.synthetic_first_year, run.synthetic_last_year, None)
    with console.status("Inventing the county (SYNTHETIC), once"):
        invent(read_settings(root / run.council, Council), folder, options)


@app.command()
def forecast(
    run_file: Annotated[Path, typer.Argument(metavar="RUN", help="Run file, e.g. config/runs/….toml.")],
    to: Annotated[Path, typer.Option(help="Folder for projection.parquet, forecast.csv, spend.csv, scorecard.csv.")],
    method: Annotated[str | None, typer.Option(help="How starts are forecast; the run's own unless told.")] = None,
    horizon: Annotated[int | None, typer.Option(help="Months ahead; the run's own unless told.")] = None,
    draws: Annotated[int | None, typer.Option(help="Futures to play; the run's own unless told.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same numbers.")] = None,
) -> None:
    """Forecast children in care by month, setting and age, with intervals. Exit 0 made, 1 not made, 2 wrong call."""
    from cip_analysis.forecasts import asked_of, forecast_run, score_run, spend_ahead
    from cip_analysis.run import open_run
    from cip_analysis.store import write_projections

    try:
        with console.status("Reading the run"):
            opened = open_run(str(run_file.resolve()))
        asked = asked_of(opened, method, horizon, draws, seed)
    except (ValueError, OSError) as error:
        _stop(error, WRONG_CALL)
    try:
        with _bar("Playing children forward") as move:
            ahead = forecast_run(opened, asked, move)
        with _bar("Forecasting again from the past") as move:
            card = score_run(opened, asked, move)
        to.mkdir(parents=True, exist_ok=True)
        tables = {"forecast": ahead.table, "spend": spend_ahead(opened, ahead), "scorecard": card}
        for name, table in tables.items():
            table.to_csv(to / f"{name}.csv", index=False, float_format="%.6g", date_format="%Y-%m-%d")
        write_projections(to / "projection.parquet", ahead.every)
    except (ValueError, OSError) as error:
        _stop(error, NOT_USABLE)
    _print_forecast(ahead, opened.synthetic)


def _print_forecast(ahead: Ahead, synthetic: bool) -> None:
    """Each year's end in a line, and every fallback taken."""
    shown = Table("scenario", "month", "lowest 1 in 10", "middle", "highest 1 in 10")
    total = ahead.table[(ahead.table["setting"] == "all") & (ahead.table["age_band"] == "all")]
    months = total["month"].drop_duplicates().iloc[::12]
    for line in total[total["month"].isin(months)].to_dict("records"):
        numbers = [f"{line[name]:,.0f}" for name in ("p10", "p50", "p90")]
        shown.add_row(line["scenario"], f"{line['month']:%B %Y}", *numbers)
    console.print(shown)
    for note in ahead.notes:
        console.print(f"Note: {note}", soft_wrap=True, highlight=False, markup=False)
    if synthetic:
        console.print("SYNTHETIC: made from invented children. Nothing here is about a real one.")


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar, moved on by how many are done and of how many."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(), console=errors,
    ) as progress:  # fmt: skip
        task = progress.add_task(what, total=None)
        yield lambda done, count: progress.update(task, completed=done, total=count)


@app.command()
def backtest(
    national: Annotated[Path, typer.Option(help="Published panel of authorities, releases side by side.")],
    neighbours: Annotated[Path | None, typer.Option(help="Statistical neighbours; everyone else unless told.")] = None,
    model: Annotated[str, typer.Option(help="Which model of neighbours in that file.")] = "2021",
    later: Annotated[Path | None, typer.Option("--outturn", help="Panel of what came; the same unless told.")] = None,
    to: Annotated[
        Path | None, typer.Option(help="Folder for the scores and estimates; only printed unless told.")
    ] = None,
) -> None:
    """Forecast every authority again from each past year with what was known then, and score it. Exit 0 or 2."""
    from cip_analysis.demand.national.backtest import backtest_national, scorecard
    from cip_analysis.demand.national.estimates import learn, origins_of
    from cip_analysis.demand.national.panel import everyone_else
    from cip_analysis.returns.published import read_neighbours, read_published

    try:
        figures = read_published(national)
        near = read_neighbours(neighbours, model) if neighbours else everyone_else(figures)
        came = read_published(later) if later else None
        figures = replace(figures, neighbours=near)
        with console.status("Forecasting from each past year"):
            scored = backtest_national(figures, came)
        card = scorecard(scored)
        if to is not None:
            to.mkdir(parents=True, exist_ok=True)
            for name, by in (("", []), ("_by_size", ["size"]), ("_by_origins", ["origins"])):
                scorecard(scored, by).to_csv(to / f"scorecard{name}.csv", index=False, float_format="%.6f")
            learned = learn(figures, origins_of(figures))
            learned.to_csv(to / "national_estimates.csv", index=False, float_format="%.6g")
    except (ValueError, OSError) as error:
        _stop(error, WRONG_CALL)
    _print_scorecard(card)
    if neighbours is None:
        console.print("No neighbours given: every other authority stood for them.", soft_wrap=True)


def _print_scorecard(card: pd.DataFrame) -> None:
    from cip_analysis.demand.national.backtest import skill

    shown = Table("method", "measure", "years", "n", "MAE", "MAPE", "CRPS", "skill", "80% held", "95% held")
    for line in card.assign(skill=skill(card)).to_dict("records"):
        shares = [f"{line[name]:.1%}" for name in ("mape", "crps", "skill", "coverage_80", "coverage_95")]
        years = str(line["horizon_months"] // 12)
        shown.add_row(line["method"], line["measure"], years, f"{line['n']:,}", f"{line['mae']:.1f}", *shares)
    console.print(shown)
    console.print("CRPS: a share of the count at the origin. Skill: how far below that of no change.", soft_wrap=True)


@app.command()
def verify(folder: Annotated[Path, typer.Argument(help="A pack's folder.")]) -> None:
    """Hash a pack again and compare it with its manifest. Exit 0 unaltered, 1 altered."""
    from cip_analysis.publish.provenance import verify_pack

    try:
        problems = verify_pack(folder)
    except (ValueError, OSError) as error:
        _stop(error, WRONG_CALL)
    for problem in problems:
        errors.print(f"[bold red]altered:[/] {escape(problem)}", highlight=False)
    if problems:
        raise typer.Exit(NOT_USABLE)
    console.print("Unaltered: every file is as the manifest says.")
