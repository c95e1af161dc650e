"""The only door out: a table becomes `Released` here or is not shown at all.

Every column is declared. A count of children is withheld where it is small and rounded where it is not; a value that
rests on children (their spend, their mean price) is withheld wherever its count is; a plain column (a year, an area,
an age band) has no child behind it. What is not declared is refused by name, and so is anything that names a child.

    about = About(source="SSDA903 returns", as_at=date(2018, 3, 31), synthetic=True)
    stock = release(table, about, counts=["children"], bases={"spend_gbp": "children"}, plain=["year", "setting"])
    lines(part(stock, ["year", "setting", "children"]), "children", by="setting", title="More children each year")
    forecast = release_forecast(projected, about, by=["scenario", "setting"])

The threshold and the rounding base are the run's `[disclosure]` settings for its audience. A table is protected by
itself as it is released: what would give a small count away is withheld too, and totals stay the sum of their parts.
In a pack the same is then done for all its tables together (protection/pack_wide.py), and the notebook released again
under those rulings; the measure and labels told of a table say which of its cells are other tables' too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Unpack

import numpy as np
import pandas as pd

from cip_analysis.publish.declaring.amounts import list_amounts, work_from_shown
from cip_analysis.publish.declaring.firsts import list_firsts
from cip_analysis.publish.declaring.labels import Declared, Told, list_cells
from cip_analysis.publish.declaring.reasons import (
    few_children,
    few_providers,
    no_reasons,
    what_adds,
    what_is_ruled,
    what_rests,
)
from cip_analysis.publish.declaring.refusals import (
    DisclosureError,
    refuse_bad_counts,
    refuse_bad_forecast,
    refuse_identities,
    refuse_undeclared,
    refuse_unknown,
)
from cip_analysis.publish.protection import ledger
from cip_analysis.publish.protection.cells import Listing
from cip_analysis.publish.protection.deciding import decide_cells
from cip_analysis.publish.protection.rounding import nearest
from cip_analysis.publish.protection.rulings import ADDS, FORECAST, SMALL, Ruled
from cip_analysis.publish.protection.summed import Summed, list_summed, rule_on_values
from cip_analysis.publish.words import STATISTICS
from cip_analysis.records import Released
from cip_analysis.settings import Disclosure

__all__ = [
    "About", "DisclosureError", "forecast_per_10k", "part", "release", "release_forecast", "release_published",
    "rule_in_words",
]  # fmt: skip
PUBLIC_RULE = Disclosure()
NOTHING: Mapping[str, str] = MappingProxyType({})
FORECAST_RULE = "A forecast is withheld whole where it starts from a withheld count, and rounded likewise"
NO_COUNTS = "Nothing in it is withheld or rounded further"
AS_PUBLISHED = "Published figures, as published: not rounded further"
PROTECTED = "Some larger counts are withheld too, because a smaller one could be worked out from them"
SUMS_PROTECTED = "Some sums are withheld too, because that of a few could be worked out from them"
PER_SHOWN = "What is divided by a count is worked from that count as rounded here"
ROUNDED_TO_ADD = "Some are rounded up or down a little further, so that parts add to their totals"
WORKED_OUT = "Worked out from published figures: nothing withheld, nor rounded further"


@dataclass(frozen=True, slots=True)
class About:
    """What a table must say about itself wherever it is shown, and the rule that it is shown under.

    source: where the figures come from, in words. as_at: the day they describe. unit: of the figures.
    synthetic: made from invented children. rule: the run's disclosure rule; the default is the strict public one.
    """

    source: str
    as_at: date
    unit: str = "children"
    synthetic: bool = False
    rule: Disclosure = PUBLIC_RULE


def release(
    table: pd.DataFrame,
    about: About,
    *,
    counts: Sequence[str] = (),
    bases: Mapping[str, str | Sequence[str]] = NOTHING,
    plain: Sequence[str] = (),
    **told: Unpack[Told],
) -> Released:
    """The table as it may be shown.

    counts: columns that count children, whole and never negative. 1 to threshold - 1 are withheld, noughts too unless
    the rule shows them, and so is whatever else would give those away; the others are rounded to the nearest base,
    halves up, or near it where only so totals are the sums of their parts.
    bases: column of values -> the count, or counts, it rests on, or another such column; withheld wherever one of
    those is. plain: labels, years and dates with no children behind them.
    told: `measure`, `labels`, `across`, `totals`, `adding`, `over`, `per`, `providers`, as in declaring/labels.py.
    The index is dropped; a named one is refused, because it is usually the child. A table that declares no count says
    so in place of the rule.
    Raises DisclosureError naming every column that is undeclared, missing, or not what it is declared to be.
    """
    rests_on = _resting(bases)
    hidden = _refuse(table, (counts, rests_on, plain), told)
    refuse_bad_counts(table, counts)
    declared = Declared(counts, plain, told)
    listings = list_cells(table, declared, ledger.next_name())
    ruled = _rule_on(listings, about.rule)
    why = what_rests(what_is_ruled(no_reasons(table), listings, ruled), rests_on)
    why = few_children(few_providers(why, table, told.get("providers", {}), about.rule), table, rests_on, about.rule)
    amounts = list_amounts(table, why, declared, rests_on, ledger.next_name())
    summed = list_summed(amounts, listings, rests_on)
    ruled = {**ruled, **_rule_on_values(summed, ruled)}
    why = what_rests(what_adds(why, summed, ruled), rests_on)
    rounded = {one.column: _as_ruled(table[one.column], one, ruled) for one in listings}
    shown = table.assign(**rounded, **work_from_shown(table, rounded, told.get("per", {}))).drop(columns=hidden)
    kept = why.drop(columns=hidden)
    _note(("table", len(set(kept) - set(plain))), listings, ruled, kept, summed)
    words = _in_words(about.rule, listings, ruled) if counts else NO_COUNTS
    words += f". {PER_SHOWN}" if told.get("per") and about.rule.rounding_base > 1 else ""
    return _released(shown, kept != "", about, words)


def release_forecast(
    table: pd.DataFrame,
    about: About,
    *,
    by: Sequence[str],
    bases: Mapping[str, str | Sequence[str]] = NOTHING,
    plain: Sequence[str] = (),
    **told: Unpack[Told],
) -> Released:
    """A forecast in long form as it may be shown: a row a month of each series, a column a statistic.

    table: `month` (month ends), the labels of `by`, and the statistics of words.STATISTICS that it has, in children;
    p50 is needed. The first month of a series is its last outturn. by: labels that together name a series; none
    where there is one. bases: column of values (a rate, a chance, £) -> the statistic, or statistics, it rests on.
    plain: labels that tell no series apart. told: as for `release`; the labels are those of `by` but the scenario.
    A series whose first month is a count to withhold, being small or to protect another, is withheld whole, every
    month and statistic of it, because a forecast of a withheld count gives it away. The first month of the others is
    shown as that count is, and what follows rounded to the nearest base, halves up, which keeps the statistics in
    order; a low end that rounds to nought is no count of children, and is shown.
    Raises DisclosureError for what `release` refuses, and for statistics that are blank, below nought or out of
    order, or a series that repeats a month.
    """
    statistics = [name for name in STATISTICS if name in table.columns]
    rests_on = _resting(bases)
    _refuse(table, (["p50", *[name for name in statistics if name != "p50"]], rests_on, ["month", *by, *plain]), told)
    refuse_bad_forecast(table, statistics, by)
    firsts = list_firsts(table, statistics, by, told, ledger.next_name())
    ruled = _rule_on([firsts.listing], about.rule)
    hidden = firsts.withheld(ruled, about.rule)
    why = no_reasons(table)
    why = what_rests(why.assign(**{name: why[name].mask(hidden, FORECAST) for name in statistics}), rests_on)
    known = firsts.shown(ruled)
    rounded = {name: _rounded(table[name], about.rule.rounding_base) for name in statistics}
    shown = table.assign(**{name: known.combine_first(column) for name, column in rounded.items()})
    _note(("forecast", len(statistics) + len(rests_on)), [firsts.listing], ruled, why)
    words = f"{_in_words(about.rule, [firsts.listing], ruled)}. {FORECAST_RULE}"
    return _released(shown, why != "", about, words)


def forecast_per_10k(forecast: Released, populations: pd.Series) -> Released:
    """A released forecast as children per 10,000, worked from the rounded numbers, so that it tells no more than they.

    populations: children aged under 18, indexed by month end; months it lacks are left out. The statistics come back
    as p50_rate_per_10k and so on, to one decimal place.
    Raises DisclosureError where no month has a population, or a population is not above nought.
    """
    held = forecast.table["month"].isin(populations.index)
    if not held.any() or not (populations > 0).all():
        raise DisclosureError("Rates need a population above nought for at least one month of the forecast.")
    table, withheld = (half[held].reset_index(drop=True) for half in (forecast.table, forecast.withheld))
    people = table["month"].map(populations).astype(float)
    statistics = [name for name in STATISTICS if name in table.columns]
    rates = {name: (table[name].astype("Float64") / people * 10_000).round(1) for name in statistics}
    names = {name: f"{name}_rate_per_10k" for name in statistics}
    return replace(
        forecast,
        table=table.assign(**rates).rename(columns=names),
        withheld=withheld.rename(columns=names),
        rule=f"{forecast.rule.rstrip('.')}. Rates are worked from the rounded numbers",
        unit="children per 10,000",
    )


def release_published(
    table: pd.DataFrame, about: About, *, symbols: Mapping[str, str] = NOTHING, worked_out: bool = False
) -> Released:
    """Already published statistics as they may be shown: nothing rounded, nothing withheld but by their publisher.

    symbols: column of values -> the column that holds the publisher's symbol where the value is withheld. The symbol
    columns are not shown; a value beside a symbol is refused. worked_out: whether they are rates, scores or the like
    that their publisher does not print, which is then said.
    Raises DisclosureError where a column names a child, is missing, or holds both a value and a symbol.
    """
    refuse_identities(table)
    if missing := sorted({*symbols, *symbols.values()} - set(table.columns)):
        raise DisclosureError(f"The table has no column {', '.join(missing)}. It has {', '.join(table.columns)}.")
    flags = pd.DataFrame(False, index=table.index, columns=table.columns)
    flags = flags.assign(**{value: table[symbol].notna() for value, symbol in symbols.items()})
    for value, symbol in symbols.items():
        if both := int((table[value].notna() & table[symbol].notna()).sum()):
            raise DisclosureError(f"{both} rows hold both a value in {value} and a symbol in {symbol}.")
    shown = [name for name in table.columns if name not in set(symbols.values())]
    return _released(table[shown], flags[shown], about, WORKED_OUT if worked_out else AS_PUBLISHED)


def part(released: Released, columns: Sequence[str] = (), where: Mapping[str, object] = NOTHING) -> Released:
    """Some columns, or some rows, of a table that has been released; what is withheld stays withheld.

    columns: those to keep, in this order; none keeps all. where: column -> the value, or list of values, to keep.
    Raises DisclosureError for an unknown column, or where `where` leaves no row.
    """
    if unknown := sorted({*columns, *where} - set(released.table.columns)):
        raise DisclosureError(f"There is no column {', '.join(unknown)} among {', '.join(released.table.columns)}.")
    kept = pd.Series(True, index=released.table.index)
    for name, wanted in where.items():
        values = list(wanted) if isinstance(wanted, list | tuple | set | frozenset) else [wanted]
        kept &= released.table[name].isin(values)
    if where and not kept.any():
        raise DisclosureError(
            f"No row is left where {', '.join(f'{name} is {value}' for name, value in where.items())}."
        )
    names = list(columns) or list(released.table.columns)
    return Released(
        table=released.table.loc[kept, names].reset_index(drop=True),
        withheld=released.withheld.loc[kept, names].reset_index(drop=True),
        rule=released.rule,
        source=released.source,
        as_at=released.as_at,
        unit=released.unit,
        synthetic=released.synthetic,
    )


def rule_in_words(rule: Disclosure) -> str:
    """The rule as it is printed under every exhibit.

    >>> rule_in_words(Disclosure())
    'Counts of 1 to 4 are withheld; others are rounded to the nearest 5'
    """
    withheld = f"1 to {rule.threshold - 1}" if rule.threshold > 2 else "1"
    if not rule.zeros_shown:
        withheld = f"0 to {rule.threshold - 1}"
    first = f"Counts of {withheld} are withheld" if rule.threshold > 1 else "No count is withheld"
    return first + (
        f"; others are rounded to the nearest {rule.rounding_base}" if rule.rounding_base > 1 else "; none is rounded"
    )


# ---- what is declared ---------------------------------------------------------------------------------------------


def _resting(bases: Mapping[str, str | Sequence[str]]) -> dict[str, list[str]]:
    return {value: [base] if isinstance(base, str) else list(base) for value, base in bases.items()}


def _refuse(
    table: pd.DataFrame, declared: tuple[Sequence[str], Mapping[str, list[str]], Sequence[str]], told: Told
) -> list[str]:
    """Refuse what may not be shown as declared; the columns that are declared only to count providers."""
    counts, rests_on, plain = declared
    refuse_identities(table)
    refuse_unknown(table, told)
    behind = [name for name in dict.fromkeys(told.get("providers", {}).values()) if name not in (*plain, *counts)]
    refuse_undeclared(table, counts, rests_on, [*plain, *behind])
    return behind


# ---- what is ruled ------------------------------------------------------------------------------------------------


def _rule_on(listings: Sequence[Listing], rule: Disclosure) -> Ruled:
    """What is shown of each cell: as the pack has ruled or, where it has not, as the table by itself needs."""
    pending = ledger.ruled_for_next()
    keys = {key for listing in listings for key in listing.cells}
    return {key: pending[key] for key in keys} if keys <= set(pending) else decide_cells(listings, rule)


def _rule_on_values(summed: Sequence[Summed], ruled: Ruled) -> Ruled:
    """What is withheld of the values that add up: as the pack has ruled or, where it has not, as the table needs."""
    pending = ledger.ruled_for_next()
    if {key for one in summed for key in one.amounts.cells} <= set(pending):
        return {key: pending[key] for one in summed for key in one.amounts.cells}
    found = rule_on_values([one.given(ruled) for one in summed])
    return {key: ruling for one in found for key, ruling in one.items()}


def _as_ruled(counts: pd.Series, listing: Listing, ruled: Ruled) -> pd.Series:
    """A column of counts as they are shown; blank where withheld or unknown."""
    shown = [None if key is None else ruled[key].shown for key in listing.keys]
    return pd.Series(shown, index=counts.index, dtype="Int64")


def _rounded(counts: pd.Series, base: int) -> pd.Series:
    """Numbers to the nearest multiple of `base`, halves up; blanks stay blank."""
    return ((counts.astype("Float64") + base / 2) // base * base).astype("Int64")


def _in_words(rule: Disclosure, listings: Sequence[Listing], ruled: Ruled) -> str:
    """The rule, and what more was done to keep small counts small and totals the sums of their parts."""
    counts = {key: count for listing in listings for key, count in listing.cells.items()}
    shown = {key: number for key in counts if (number := ruled[key].shown) is not None}
    near = nearest(np.array([counts[key] for key in shown], dtype="int64"), rule.rounding_base)
    said = [
        (PROTECTED, any(ruled[key].why not in ("", SMALL) for key in counts)),
        (SUMS_PROTECTED, any(ruling.why == ADDS for ruling in ruled.values())),
        (ROUNDED_TO_ADD, rule.rounding_base > 1 and near.tolist() != list(shown.values())),
    ]
    return ". ".join([rule_in_words(rule), *[words for words, so in said if so]])


def _note(
    kind: tuple[str, int], listings: Sequence[Listing], ruled: Ruled, why: pd.DataFrame, summed: Sequence[Summed] = ()
) -> None:
    """Record a released table, where a pack keeps account. kind: table or forecast, and its columns beside labels."""
    reasons = Counter(why.to_numpy().ravel().tolist())
    del reasons[""]
    number, names, cells = ledger.next_number(), tuple(why.columns), len(why) * kind[1]
    ledger.record(ledger.Entry(number, kind[0], names, tuple(listings), ruled, cells, dict(reasons), tuple(summed)))


def _released(table: pd.DataFrame, flags: pd.DataFrame, about: About, rule: str) -> Released:
    shown = table.mask(flags).reset_index(drop=True)
    return Released(shown, flags.reset_index(drop=True), rule, about.source, about.as_at, about.unit, about.synthetic)
