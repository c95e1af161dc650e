"""The `cip` command: a thin door. It reads what it was told, calls one stage, and prints what came back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cip_analysis import batch_commands, database_commands, fetch_commands, pack_commands
from cip_analysis.ledgers import Findings, Treatments
from cip_analysis.printing import (
    NOT_USABLE,
    WRONG_CALL,
    bar,
    console,
    print_check,
    print_forecast,
    print_scorecard,
    print_spend,
    stop,
)
from cip_analysis.records import Episodes, Payments
from cip_analysis.settings import Council, PaymentColumns, read_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
for command in (
    pack_commands.pack,
    batch_commands.batch,
    pack_commands.monitor,
    pack_commands.verify,
    pack_commands.compare,
    database_commands.extract,
):
    app.command()(command)
app.add_typer(fetch_commands.fetch, name="fetch")


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

    columns, payments = _payment_columns(council, folder, finance), None
    try:
        returns = read_returns(folder, as_at.date() if as_at else None)
        findings = returns.findings.join(check_returns(returns))
        episodes, treatments = build_episodes(returns)
        treatments = returns.treatments.join(treatments)
        if finance is not None:
            payments, paid_findings, paid_treatments = _check_finance(finance, columns, episodes)
            findings, treatments = findings.join(paid_findings), treatments.join(paid_treatments)
    except ReturnError as error:
        print_check(error.findings, Treatments.of([]), as_json)
        stop(error, NOT_USABLE)
    except ValueError as error:
        stop(error, NOT_USABLE)
    print_check(findings, treatments, as_json, payments)
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
            stop(FileNotFoundError(f"{path.name}: no such file or folder. Check the path."), WRONG_CALL)
    try:
        return read_settings(council, Council).payment_columns if council else PaymentColumns()
    except ValueError as error:
        stop(error, WRONG_CALL)


def _check_finance(finance: Path, columns: PaymentColumns, episodes: Episodes) -> tuple[Payments, Findings, Treatments]:
    from cip_analysis.returns.finance import read_payments
    from cip_analysis.returns.payments.against_stays import check_against_stays
    from cip_analysis.returns.payments.matching import match_payments

    paid, findings, treatments = read_payments(finance, columns)
    matched, met = match_payments(paid, episodes)
    return matched, findings.join(check_against_stays(matched, episodes)), treatments.join(met)


@app.command()
def synthesise(
    council: Annotated[Path, typer.Argument(help="Council file, e.g. config/councils/leicestershire.toml.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")],
    to: Annotated[
        str,
        typer.Option(
            help="Folder to write returns, payments and capacity into; or a database's address (postgresql://…, "
            "sqlite:///…), or `database` for the one CIP_DATABASE_URL names, to write the returns into."
        ),
    ],
    first_year: Annotated[int, typer.Option(help="First collection year (year ending March).")] = 2011,
    last_year: Annotated[int, typer.Option(help="Last collection year.")] = 2018,
    children: Annotated[int | None, typer.Option(help="Scale the county to about this many children in all.")] = None,
) -> None:
    """Invent a county whose returns and payments match published totals. No child in it is real."""
    from cip_analysis.synthetic.write import SynthesisOptions, county_files
    from cip_analysis.synthetic.write import synthesise as invent

    try:
        options = SynthesisOptions(seed=seed, first_year=first_year, last_year=last_year, children=children)
        asked, address = read_settings(council, Council), database_commands.address_in(to)
        with console.status("Inventing the county"):
            if address is None:
                invent(asked, Path(to), options)
                said = f"Written to {to}."
            else:
                rows = database_commands.write_to(address, county_files(asked, options))
                said = f"{rows:,} rows written to the database."
    except (ValueError, OSError) as error:
        stop(error, WRONG_CALL)
    console.print(f"{said} SYNTHETIC: no child in it is real.", soft_wrap=True)


@app.command()
def forecast(
    run_file: Annotated[Path, typer.Argument(metavar="RUN", help="Run file, e.g. config/runs/….toml.")],
    to: Annotated[Path, typer.Option(help="Folder for projection.parquet, forecast.csv, spend.csv, scorecard.csv.")],
    method: Annotated[str | None, typer.Option(help="How starts are forecast; the run's own unless told.")] = None,
    horizon: Annotated[int | None, typer.Option(help="Months ahead; the run's own unless told.")] = None,
    draws: Annotated[int | None, typer.Option(help="Futures to play; the run's own unless told.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same numbers.")] = None,
    track_record: Annotated[bool, typer.Option(help="Forecast again from past dates too, and score it.")] = True,
) -> None:
    """Forecast children in care by month, setting and age, with intervals. Exit 0 made, 1 not made, 2 wrong call."""
    from cip_analysis.costs import look_back_spend, spend_ahead, spend_notes
    from cip_analysis.forecasts import asked_of, forecast_run, score_run
    from cip_analysis.money.pricing.looking_back import tell_record
    from cip_analysis.run import open_run
    from cip_analysis.store import write_projections

    try:
        with console.status("Reading the run"):
            opened = open_run(str(run_file.resolve()), check=False)
        asked = asked_of(opened, method, horizon, draws, seed)
    except (ValueError, OSError) as error:
        stop(error, WRONG_CALL)
    try:
        with bar("Playing children forward") as move:
            ahead = forecast_run(opened, asked, move)
        with console.status("Pricing them"):
            tables = {"forecast": ahead.table, "spend": spend_ahead(opened, ahead)}
            said = spend_notes(opened, ahead)
        if track_record:
            with bar("Forecasting again from the past") as move:
                tables["scorecard"] = score_run(opened, asked, move)
                said = (*said, *tell_record(look_back_spend(opened, asked)))
        to.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            digits = "%.2f" if name == "spend" else "%.6g"  # pounds to the penny, so that settings add up to all
            table.to_csv(to / f"{name}.csv", index=False, float_format=digits, date_format="%Y-%m-%d")
        write_projections(to / "projection.parquet", ahead.every)
    except (ValueError, OSError) as error:
        stop(error, NOT_USABLE)
    print_forecast(ahead, opened.synthetic)
    print_spend(tables["spend"], said)


@app.command()
def backtest(
    run_file: Annotated[Path | None, typer.Argument(metavar="RUN", help="Run file: its own returns.")] = None,
    national: Annotated[
        Path | None, typer.Option(help="Published panel of authorities, releases side by side.")
    ] = None,
    neighbours: Annotated[Path | None, typer.Option(help="Statistical neighbours; everyone else unless told.")] = None,
    model: Annotated[str, typer.Option(help="Which model of neighbours in that file.")] = "2021",
    later: Annotated[Path | None, typer.Option("--outturn", help="Panel of what came; the same unless told.")] = None,
    since: Annotated[Path | None, typer.Option(help="Still later outturns of some of them, scored apart.")] = None,
    to: Annotated[
        Path | None, typer.Option(help="Folder for the scores and estimates; only printed unless told.")
    ] = None,
    method: Annotated[str | None, typer.Option(help="Of a RUN: one way of forecasting starts, not every.")] = None,
    draws: Annotated[int | None, typer.Option(help="Of a RUN: futures to play from each past date.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of a RUN: the same seed gives the same numbers.")] = None,
) -> None:
    """Forecast again from past dates with what was known then, and score it: a RUN's returns, or every authority.

    Exit 0 scored, 1 nothing to score, 2 wrong call.
    """
    if run_file is not None and national is None:
        _backtest_own(run_file, to, method, draws, seed)
    elif national is not None and run_file is None:
        _backtest_national(national, (neighbours, model), (later, since), to)
    else:
        stop(ValueError("Name what to look back on: a RUN file, or --national PANEL; one of the two."), WRONG_CALL)


def _backtest_own(run_file: Path, to: Path | None, method: str | None, draws: int | None, seed: int | None) -> None:
    """A run's own returns, forecast again from each 31 March with enough before and after it."""
    from cip_analysis.demand.accuracy.rivals import RIVALS
    from cip_analysis.demand.backtest import LookBack, forecast_alike, scorecard
    from cip_analysis.forecasts import asked_of, look_back_run
    from cip_analysis.run import open_run

    try:
        opened = open_run(str(run_file.resolve()))
        asked = asked_of(opened, method, None, draws, seed)
        LookBack((asked.method,))
        with bar("Forecasting again from the past") as move:
            scored = forecast_alike(look_back_run(opened, asked, move))
        card = scorecard(scored)
        card = card[card["method"].isin([method, *RIVALS])] if method else card
        if to is not None:
            to.mkdir(parents=True, exist_ok=True)
            card.to_csv(to / "scorecard.csv", index=False, float_format="%.6f")
    except (ValueError, OSError) as error:
        stop(error, WRONG_CALL)
    for note in scored.notes:
        console.print(f"Note: {note}", soft_wrap=True, highlight=False, markup=False)
    if card.empty:
        raise typer.Exit(NOT_USABLE)
    print_scorecard(card[~card["measure"].str.contains(":")])


def _backtest_national(
    national: Path, near: tuple[Path | None, str], came: tuple[Path | None, Path | None], to: Path | None
) -> None:
    """Every authority of the published panel, beside its neighbours (a file and a model) and what came (two files)."""
    from cip_analysis.demand.national.backtest import backtest_national, scorecard
    from cip_analysis.demand.national.estimates import learn, origins_of
    from cip_analysis.demand.national.panel import everyone_else
    from cip_analysis.demand.national.record import national_record, score_latest
    from cip_analysis.returns.published import read_neighbours, read_published

    try:
        figures = read_published(national)
        beside = read_neighbours(near[0], near[1]) if near[0] else everyone_else(figures)
        figures = replace(figures, neighbours=beside)
        later, since = (read_published(each) if each else None for each in came)
        with console.status("Forecasting from each past year"):
            scored = backtest_national(figures, later)
            latest = score_latest(figures, since) if since else None
        card = scorecard(scored)
        if to is not None:
            to.mkdir(parents=True, exist_ok=True)
            for name, by in (("", []), ("_by_size", ["size"]), ("_by_origins", ["origins"])):
                scorecard(scored, by).to_csv(to / f"scorecard{name}.csv", index=False, float_format="%.6f")
            record = national_record(scored, latest)
            record.to_csv(to / "national_scorecard.csv", index=False, float_format="%.5g")
            learned = learn(figures, origins_of(figures))
            learned.to_csv(to / "national_estimates.csv", index=False, float_format="%.6g")
    except (ValueError, OSError) as error:
        stop(error, WRONG_CALL)
    print_scorecard(card)
    if near[0] is None:
        console.print("No neighbours given: every other authority stood for them.", soft_wrap=True)
