"""What the commands print: findings, forecasts and scores, in tables and plain lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from cip_analysis.ledgers import Findings, Treatments

if TYPE_CHECKING:
    import pandas as pd

    from cip_analysis.forecasts import Ahead
    from cip_analysis.records import Payments

console = Console()
errors = Console(stderr=True)

NOT_USABLE, WRONG_CALL, INTERRUPTED = 1, 2, 130


def stop(error: ValueError | OSError, code: int) -> NoReturn:
    """Say what went wrong, in its own words, and leave with `code`."""
    said = str(error)
    if isinstance(error, OSError) and error.strerror:
        name = Path(str(error.filename or "a file")).name
        said = f"{name}: {error.strerror.lower()}. Check the path, and who may use it."
    errors.print(f"[bold red]cip:[/] {escape(said)}", soft_wrap=True, highlight=False)
    raise typer.Exit(code)


@contextmanager
def bar(what: str, count: int | None = None) -> Iterator[Callable[..., None]]:
    """A progress bar, moved on by how many are done, of how many if that was not known, and what is under way."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(), console=errors,
    ) as progress:  # fmt: skip
        task = progress.add_task(what, total=count)

        def move(done: int, of: int | None = None, now: str = what) -> None:
            """Move the bar on."""
            progress.update(task, completed=done, total=count if of is None else of, description=now)

        yield move


def print_check(findings: Findings, treatments: Treatments, as_json: bool, payments: Payments | None = None) -> None:
    """What is wrong with returns and what would be done about it, in lines or as JSON; in lines, payments unmatched."""
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
    if payments is not None:
        print_unmatched(payments)


def print_unmatched(payments: Payments, most: int = 20) -> None:
    """The payments that met no stay, by row and £, dearest first: so many at most, and how many more there are."""
    from cip_analysis.money.reconciliation import list_unmatched
    from cip_analysis.returns.payments.cells import total_gbp

    listed = list_unmatched(payments)
    if listed.empty:
        return
    total, paid = total_gbp(listed["amount_gbp"]), total_gbp(payments.table["amount_gbp"])
    number = f"{len(listed):,} {'line' if len(listed) == 1 else 'lines'}"
    console.print(f"\n[bold]Payments that met no stay[/]: {number}, £{total:,.2f} of £{paid:,.2f}", highlight=False)
    for line in listed.head(most).to_dict("records"):
        said = f"    {line['file']} row {line['row']}: £{line['amount_gbp']:,.2f}, {line['reason']}"
        console.print(said, soft_wrap=True, highlight=False, markup=False)
    if len(listed) > most:
        rest = total_gbp(listed["amount_gbp"].iloc[most:])
        console.print(f"    and {len(listed) - most:,} more, £{rest:,.2f}", highlight=False)


def print_forecast(ahead: Ahead, synthetic: bool) -> None:
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


def print_spend(spend: pd.DataFrame, notes: Sequence[str]) -> None:
    """What care may cost in all, £ million: the baseline's every year, a scenario's last; nominal and real apart.

    spend: columns of spend.csv. notes: every fallback taken; without rows, why there are none.
    """
    total = spend[spend["setting"] == "all"]
    total = total[(total["scenario"] == "baseline") | (total["financial_year"] == total["financial_year"].max())]
    for base, lines in total.groupby("price_base", sort=False):
        shown = Table("scenario", "year", "lowest 1 in 10", "middle", "highest 1 in 10", title=f"£ million, {base}")
        for line in lines.to_dict("records"):
            numbers = [f"{line[name] / 1e6:,.1f}" for name in ("p10", "p50", "p90")]
            shown.add_row(line["scenario"], line["financial_year"], *numbers)
        console.print(shown)
    for note in notes:
        console.print(f"Note: {note}", soft_wrap=True, highlight=False, markup=False)


def print_scorecard(card: pd.DataFrame) -> None:
    """A scorecard with its skill against *no change*."""
    from cip_analysis.demand.national.backtest import skill

    shown = Table("method", "measure", "years", "n", "MAE", "MAPE", "CRPS", "skill", "80% held", "95% held")
    for line in card.assign(skill=skill(card)).to_dict("records"):
        shares = [f"{line[name]:.1%}" for name in ("mape", "crps", "skill", "coverage_80", "coverage_95")]
        years = str(line["horizon_months"] // 12)
        shown.add_row(line["method"], line["measure"], years, f"{line['n']:,}", f"{line['mae']:.1f}", *shares)
    console.print(shown)
    console.print("CRPS: a share of the count at the origin. Skill: how far below that of no change.", soft_wrap=True)
